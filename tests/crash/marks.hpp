// What may be found of a recording that is cut off between two of its steps.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "crash/scenario.hpp"

namespace crash {

/// What holds after each step, and how many changes of files had been made by then.
class Marks {
 public:
  void add(size_t changes, const Mark &mark) { all_.emplace_back(changes, mark); }
  size_t size() const { return all_.size(); }
  const Mark &operator[](size_t step) const { return all_[step].second; }

  /// The last step that was over after so many changes.
  const Mark &last(size_t changes) const {
    const auto next = std::upper_bound(all_.begin(), all_.end(), changes,
                                       [](size_t count, const auto &mark) { return count < mark.first; });
    return std::prev(next)->second;
  }

  /// `without`: metadata of snapshots are not looked at.
  bool allow(const Series &found, size_t changes, bool without) const {
    const Mark last = seen(this->last(changes), without);
    if (is_allowed(found, last, last)) return true;
    for (const auto &[count, mark] : all_) {
      if (count < changes) continue;
      if (is_allowed(found, last, seen(mark, without))) return true;
      if (count > changes) break;  // what comes with the same change is as good
    }
    return false;
  }

  static Mark seen(Mark mark, bool without) {
    if (without) mark.series = without_infos(mark.series);
    return mark;
  }

 private:
  std::vector<std::pair<size_t, Mark>> all_;
};

inline std::string test_name(const testing::TestParamInfo<Scenario> &info) {
  std::string name = info.param.name;
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

}  // namespace crash
