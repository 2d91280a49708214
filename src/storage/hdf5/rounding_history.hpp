// Which snapshots of a file are rounded, and how: the text of a mark on /data (docs/formats.md 1.4).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "field/rounding.hpp"

namespace pde {

class RoundingHistory {
 public:
  RoundingHistory() = default;
  /// [{"from": 0, "keep_bits": 20}, {"from": 100}]; what makes no sense in it is passed over.
  explicit RoundingHistory(std::string_view json);

  /// Snapshots from `first` on are rounded like this, those before as they were.
  void note(int64_t first, const RoundingSettings &settings);
  bool rounded(int64_t snapshot) const;
  /// Empty where nothing has been rounded.
  std::string text() const;

 private:
  struct Entry {
    int64_t first;
    RoundingSettings settings;
  };
  std::vector<Entry> entries_;
};

}  // namespace pde
