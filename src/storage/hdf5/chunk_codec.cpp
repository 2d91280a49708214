#include "storage/hdf5/chunk_codec.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"
#include "field/rounding.hpp"
#include "storage/hdf5/fletcher32.hpp"
#include "storage/hdf5/shuffle.hpp"

namespace pde {
namespace {

constexpr size_t kChecksum = 4;
/// What is rounded at once, so that it is still in the cache when it is shuffled.
constexpr size_t kBlock = 65536;

size_t item_of(const ChunkFilters &filters) {
  return static_cast<size_t>(std::max<int64_t>(filters.item, 1));
}

bool shuffles(const ChunkFilters &filters, size_t chunk_bytes) {
  return filters.shuffle && item_of(filters) > 1 && chunk_bytes > item_of(filters);
}

/// Bytes of a plane, 0 if there are none.
size_t plane_of(const ChunkFilters &filters, size_t chunk_bytes) {
  return shuffles(filters, chunk_bytes) ? chunk_bytes / item_of(filters) : 0;
}

void copy(std::byte *to, std::span<const std::byte> from) {
  if (!from.empty()) std::memcpy(to, from.data(), from.size());
}

size_t append_checksum(std::span<std::byte> out, size_t size) {
  const uint32_t sum = fletcher32(out.first(size));
  for (size_t i = 0; i < kChecksum; ++i) out[size + i] = static_cast<std::byte>(sum >> (8 * i) & 255);
  return size + kChecksum;
}

/// What is left when the checksum was found to fit.
std::span<const std::byte> without_checksum(std::span<const std::byte> stored) {
  if (stored.size() < kChecksum)
    fail(PDE_ERR_FORMAT, "a chunk of {} bytes is too short for its checksum", stored.size());
  const auto checked = stored.first(stored.size() - kChecksum);
  uint32_t sum = 0;
  for (size_t i = 0; i < kChecksum; ++i) sum |= static_cast<uint32_t>(stored[checked.size() + i]) << (8 * i);
  if (!fletcher32_fits(checked, sum))
    fail(PDE_ERR_FORMAT, "a chunk of {} bytes does not fit its checksum", stored.size());
  return checked;
}

}  // namespace

size_t ChunkCodec::bound(const ChunkFilters &filters, size_t chunk_bytes) {
  return (filters.deflate ? ZlibStream::bound(chunk_bytes) : chunk_bytes) +
         (filters.checksum ? kChecksum : 0);
}

size_t ChunkCodec::scratch_bytes(const ChunkFilters &filters, size_t chunk_bytes) {
  const size_t block = std::max(kBlock, item_of(filters));
  if (!filters.deflate) return block;
  return block + chunk_bytes + ZlibStream::held_bytes(filters.level, chunk_bytes) + Inflater::held_bytes();
}

std::span<std::byte> ChunkCodec::Scratch::get(size_t bytes) {
  if (size_ < bytes) {
    bytes_.reset(), size_ = 0;
    bytes_ = std::make_unique_for_overwrite<std::byte[]>(bytes);
    size_ = bytes;
  }
  return {bytes_.get(), bytes};
}

// ---- writing

DeflateChoice ChunkCodec::choose(const ChunkFilters &filters, std::span<const std::byte> chunk,
                                 const Rounding *rounding) {
  if (!has_deflate(DeflateChoice::libdeflate))
    return has_deflate(DeflateChoice::isal) ? DeflateChoice::isal : DeflateChoice::zlib;
  if (!has_deflate(DeflateChoice::isal) || !filters.deflate || filters.level < 1 || filters.level > 2)
    return DeflateChoice::libdeflate;
  const auto data = prepared(filters, rounding, chunk);
  const size_t plane = plane_of(filters, chunk.size());
  Scratch scratch;
  const auto out = scratch.get(ZlibStream::bound(chunk.size()));
  const size_t dense = stream_.write(DeflateChoice::libdeflate, 1, plane, data, out);
  const size_t fast = stream_.write(DeflateChoice::isal, filters.level, plane, data, out);
  return fast <= dense + dense * 8 / 100 ? DeflateChoice::isal : DeflateChoice::libdeflate;
}

size_t ChunkCodec::encode(const ChunkFilters &filters, DeflateChoice choice, const Rounding *rounding,
                          std::span<const std::byte> chunk, std::span<std::byte> out) {
  if (out.size() < bound(filters, chunk.size()))
    fail(PDE_ERR_ARGUMENT, "{} bytes are too few for an encoded chunk of {}", out.size(), chunk.size());
  size_t size = chunk.size();
  if (filters.deflate)
    size = stream_.write(choice, filters.level, plane_of(filters, size), prepared(filters, rounding, chunk),
                         out);
  else
    prepare(filters, rounding, chunk, out.data());
  return filters.checksum ? append_checksum(out, size) : size;
}

/// The chunk as it is deflated: itself if nothing is to be done to it.
std::span<const std::byte> ChunkCodec::prepared(const ChunkFilters &filters, const Rounding *rounding,
                                                std::span<const std::byte> chunk) {
  if (!rounding && !shuffles(filters, chunk.size())) return chunk;
  const auto to = shuffled_.get(chunk.size());
  prepare(filters, rounding, chunk, to.data());
  return to;
}

void ChunkCodec::prepare(const ChunkFilters &filters, const Rounding *rounding,
                         std::span<const std::byte> chunk, std::byte *to) {
  const size_t item = item_of(filters), elements = chunk.size() / item;
  const bool shuffled = shuffles(filters, chunk.size());
  const size_t per_block = std::max<size_t>(1, kBlock / item);
  for (size_t first = 0; first < elements; first += per_block) {
    const size_t count = std::min(per_block, elements - first);
    const std::byte *from = chunk.data() + first * item;
    std::byte *const straight = to + first * item;
    if (rounding) {
      std::byte *const rounded = shuffled ? block_.get(per_block * item).data() : straight;
      rounding->apply(rounded, from, static_cast<int64_t>(count));
      from = rounded;
    }
    if (shuffled)
      shuffle_block(to + first, elements, from, count, item);
    else if (from != straight)
      copy(straight, {from, count * item});
  }
  copy(to + elements * item, chunk.subspan(elements * item));
}

// ---- reading

void ChunkCodec::decode(const ChunkFilters &filters, uint32_t mask, std::span<const std::byte> stored,
                        std::span<std::byte> out) {
  int place = 0;
  const auto in_use = [&](bool there) { return there && (mask >> place++ & 1) == 0; };
  const bool shuffled = in_use(filters.shuffle) && shuffles(filters, out.size());
  const bool deflated = in_use(filters.deflate);
  if (in_use(filters.checksum)) stored = without_checksum(stored);

  if (deflated) {
    const auto to = shuffled ? shuffled_.get(out.size()) : out;
    if (!inflater_.inflate(stored, to))
      fail(PDE_ERR_FORMAT, "a chunk of {} bytes is damaged: it does not inflate to {} bytes", stored.size(),
           out.size());
    stored = to;
  } else if (stored.size() != out.size()) {
    fail(PDE_ERR_FORMAT, "a chunk has {} bytes instead of {}", stored.size(), out.size());
  }
  if (shuffled)
    unshuffle(out.data(), stored, item_of(filters));
  else if (stored.data() != out.data())
    copy(out.data(), stored);
}

}  // namespace pde
