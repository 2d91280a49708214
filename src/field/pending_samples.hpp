// Samples on their way into a field, which gets all of them at once or, after a failure, none.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "field/field.hpp"
#include "field/strided_copy.hpp"

namespace pde {

/// Real numbers per sample: 2 for complex dtypes.
inline int64_t parts_of(const Field &field) {
  return dtype_is_complex(field.dtype()) ? 2 : 1;
}

class PendingSamples {
 public:
  explicit PendingSamples(Field &field)
      : field_(field), bytes_(static_cast<size_t>(field.description().bytes())) {}

  /// Numbers for adjacent cells of a row, in pairs if the field is complex; PDE_ERR_RANGE.
  void put(int64_t row, int64_t first_cell, std::span<const double> values) {
    const int64_t parts = parts_of(field_), sample = row * field_.grid().cells() + first_cell;
    const int64_t bad =
        convert_samples(at(sample), field_.dtype(), values.data(), parts == 2 ? PDE_COMPLEX128 : PDE_FLOAT64,
                        static_cast<int64_t>(values.size()) / parts);
    if (bad >= 0) fail_range(sample + bad);
  }
  /// The place of one sample, by its number in C order.
  std::byte *at(int64_t sample) { return bytes_.data() + sample * dtype_size(field_.dtype()); }
  [[noreturn]] void fail_range(int64_t sample) const {
    fail(PDE_ERR_RANGE, "the value for sample {} is one that {} cannot hold", sample,
         dtype_name(field_.dtype()));
  }
  void give() { field_.unpack(bytes_.data()); }

 private:
  Field &field_;
  std::vector<std::byte> bytes_;
};

}  // namespace pde
