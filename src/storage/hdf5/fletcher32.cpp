#include "storage/hdf5/fletcher32.hpp"

#include <algorithm>

namespace pde {
namespace {

/// The words of one go: few enough that neither sum leaves 64 bits.
constexpr size_t kWords = size_t{1} << 20;

uint64_t folded(uint64_t sum) {
  return sum == 0 ? 0 : (sum - 1) % 65535 + 1;
}

}  // namespace

uint32_t fletcher32(std::span<const std::byte> bytes) {
  const auto *at = reinterpret_cast<const unsigned char *>(bytes.data());
  uint64_t first = 0, second = 0;
  for (size_t words = bytes.size() / 2; words > 0;) {
    const size_t now = std::min(words, kWords);
    words -= now;
    for (const unsigned char *end = at + 2 * now; at != end; at += 2) {
      first += static_cast<uint64_t>(at[0] << 8 | at[1]);
      second += first;
    }
    first = folded(first), second = folded(second);
  }
  if (bytes.size() % 2 != 0) second += first += static_cast<uint64_t>(*at) << 8;
  return static_cast<uint32_t>(folded(second) << 16 | folded(first));
}

bool fletcher32_fits(std::span<const std::byte> bytes, uint32_t stored) {
  const uint32_t sum = fletcher32(bytes);
  const uint32_t reversed = (sum & 0x00ff00ff) << 8 | (sum & 0xff00ff00) >> 8;
  return stored == sum || stored == reversed;
}

}  // namespace pde
