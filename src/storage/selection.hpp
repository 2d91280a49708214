// Which samples of a series are meant, and how they are taken out of whole snapshots.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "field/field_description.hpp"

namespace pde {

/// Of the snapshots first, first + step, … a box of components and cells.
struct Selection {
  int64_t first, count, step;         // count >= 1, step >= 1
  std::vector<int64_t> lower, shape;  // of the box, over the axes of a snapshot's array

  int64_t last() const { return first + (count - 1) * step; }
};

/// For storages that have whole snapshots in C order: copies the selected box of one.
class BoxCopy {
 public:
  BoxCopy(const FieldDescription &kind, const Selection &selection);

  /// The box is the snapshot.
  bool whole() const { return whole_; }
  int64_t bytes() const { return bytes_; }
  void operator()(const std::byte *snapshot, std::byte *out_box) const;

 private:
  int64_t item_, offset_ = 0, bytes_;
  std::vector<int64_t> shape_, from_, to_;
  bool whole_;
};

}  // namespace pde
