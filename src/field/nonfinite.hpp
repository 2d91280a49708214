// The search for samples that are no numbers.
#pragma once

#include <cstdint>
#include <optional>

#include "field/field.hpp"

namespace pde {

struct NonFinite {
  int64_t row, cell;  // component, and position within it in C order
  double re, im;      // im: 0 unless complex
};

/// The first sample in C order that is NaN or infinite, or has such a part. Looks at bits, so it also works
/// where the compiler may assume that there are no such numbers. Runs at the speed of memory in any layout
/// without gaps.
std::optional<NonFinite> find_nonfinite(const Field &field);

/// Packs a field as Field::pack does, and says whether all of its samples are finite: rows without gaps are
/// looked at while they are copied, which costs no more than memcpy.
bool pack_finite(const Field &field, std::byte *to);

}  // namespace pde
