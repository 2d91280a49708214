// HDF5's shuffle filter: the bytes of elements, sorted into one plane for each byte of an element. The planes
// of exponents compress well, those of noise not at all; mixed, neither does.
//
// The same bytes come out whatever the processor can do.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace pde {

/// Byte b of element i of `from` goes to planes[b * distance + i].
void shuffle_block(std::byte *planes, size_t distance, const std::byte *from, size_t elements, size_t item);

/// What the filter makes of a whole chunk; `to` and `from` do not overlap. Bytes behind the last whole
/// element are copied behind the planes. An item of 0 or 1 bytes: a copy.
void shuffle(std::byte *to, std::span<const std::byte> from, size_t item);
void unshuffle(std::byte *to, std::span<const std::byte> from, size_t item);

/// The inner loops, which are chosen once for the processor at hand. They take as many of the elements as
/// fill registers and say how many; the others are left.
struct ShuffleLoops {
  const char *name;
  size_t (*shuffle)(std::byte *planes, size_t distance, const std::byte *from, size_t elements, size_t item);
  size_t (*unshuffle)(std::byte *to, const std::byte *planes, size_t distance, size_t elements, size_t item);
};

/// All that run on this processor, the best last; for tests of one against another.
const std::vector<ShuffleLoops> &shuffle_loops();
void shuffle_block(const ShuffleLoops &loops, std::byte *planes, size_t distance, const std::byte *from,
                   size_t elements, size_t item);
void unshuffle_block(const ShuffleLoops &loops, std::byte *to, const std::byte *planes, size_t distance,
                     size_t elements, size_t item);

}  // namespace pde
