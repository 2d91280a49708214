#include "storage/hdf5/incompressible.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace pde {
namespace {

// Fewer bytes than this say too little.
constexpr size_t kLeastBytes = 4096;
constexpr size_t kWindows = 64, kWindowBytes = 64;  // of the histogram
constexpr size_t kAnchors = 4, kAnchorBytes = 4;
constexpr size_t kReach = 32768;  // of deflate

/// How often two bytes of the sample are equal, times 256 and in thousandths: 1000 if all values are equally
/// frequent. If values are only a little uneven, deflate gains (log2(this / 1000) / 2) / 8 of the size.
uint64_t unevenness(std::span<const std::byte> bytes) {
  std::array<uint32_t, 256> counts{};
  const size_t step = (bytes.size() - kWindowBytes) / (kWindows - 1);
  for (size_t window = 0; window < kWindows; ++window)
    for (size_t i = 0; i < kWindowBytes; ++i) ++counts[static_cast<size_t>(bytes[window * step + i])];
  uint64_t pairs = 0;
  for (const uint64_t count : counts) pairs += count * (count - (count > 0));
  constexpr uint64_t kSample = kWindows * kWindowBytes;
  return pairs * 256 * 1000 / (kSample * (kSample - 1));
}

/// Whether the word at `anchor` also stands somewhere before it, in reach of a match.
bool came_before(const std::byte *begin, const std::byte *anchor) {
  const std::byte *at = anchor - begin > static_cast<std::ptrdiff_t>(kReach) ? anchor - kReach : begin;
  while (at < anchor) {
    at = static_cast<const std::byte *>(
        std::memchr(at, static_cast<int>(*anchor), static_cast<size_t>(anchor - at)));
    if (!at) return false;
    if (std::memcmp(at, anchor, kAnchorBytes) == 0) return true;
    ++at;
  }
  return false;
}

/// Finds rows that repeat, whose values may still be as frequent as those of noise.
bool repeats(std::span<const std::byte> bytes) {
  for (size_t i = 1; i <= kAnchors; ++i)
    if (came_before(bytes.data(), bytes.data() + (bytes.size() - kAnchorBytes) * i / kAnchors)) return true;
  return false;
}

}  // namespace

bool is_incompressible(std::span<const std::byte> bytes, LeastGain least) {
  if (bytes.size() < kLeastBytes) return false;
  const uint64_t most = least == LeastGain::two_percent ? 1250 : 1050;
  return unevenness(bytes) < most && !repeats(bytes);
}

}  // namespace pde
