// Copies of samples between any two layouts, and conversion between dtypes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace pde {

/// Copies an array of `shape` items of `item` bytes. Strides are in bytes and may be negative.
void strided_copy(std::byte *to, std::span<const int64_t> to_strides, const std::byte *from,
                  std::span<const int64_t> from_strides, std::span<const int64_t> shape, int64_t item);

/// Converts `count` adjacent samples; returns the first position whose value `to_dtype` cannot hold, or -1.
/// Rounding to a narrower floating-point type is no failure; overflow, a fraction, an imaginary part or a
/// digit of an integer that would be dropped is.
int64_t convert_samples(void *to, int32_t to_dtype, const void *from, int32_t from_dtype, int64_t count);

}  // namespace pde
