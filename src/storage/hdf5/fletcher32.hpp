// The checksum of HDF5's Fletcher-32 filter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace pde {

/// Two sums modulo 65535 over the bytes taken as big-endian 16-bit words, an odd last byte as the upper half
/// of one; a sum that is a multiple of 65535 is that number, not zero, unless all words are zero.
uint32_t fletcher32(std::span<const std::byte> bytes);

/// Whether `stored` is what HDF5 takes for the checksum. Before its release 1.6.3 it wrote the bytes of
/// each half the other way round.
bool fletcher32_fits(std::span<const std::byte> bytes, uint32_t stored);

}  // namespace pde
