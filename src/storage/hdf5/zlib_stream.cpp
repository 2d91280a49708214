#include "storage/hdf5/zlib_stream.hpp"

#include <algorithm>
#include <cstring>

#include "storage/hdf5/incompressible.hpp"

namespace pde {
namespace {

constexpr size_t kHeader = 2, kTrailer = 4;
constexpr size_t kStoredMax = 65535, kStoredHeader = 5;  // of a stored block
/// What is decided to be stored or not at once.
constexpr size_t kPiece = 65536;
/// Planes smaller than this are not looked at one by one.
constexpr size_t kLeastPlane = 4096;

/// Bytes that `bytes` take in stored blocks.
size_t stored_size(size_t bytes) {
  const size_t blocks = std::max<size_t>(1, (bytes + kStoredMax - 1) / kStoredMax);
  return bytes + blocks * kStoredHeader;
}

std::byte *put_16(std::byte *to, size_t value) {
  to[0] = static_cast<std::byte>(value & 255);
  to[1] = static_cast<std::byte>(value >> 8 & 255);
  return to + 2;
}

/// Stored blocks, at a byte boundary. Returns their bytes.
size_t write_stored(std::span<const std::byte> run, std::byte *out, bool last) {
  std::byte *to = out;
  do {
    const auto now = run.first(std::min(run.size(), kStoredMax));
    run = run.subspan(now.size());
    *to++ = static_cast<std::byte>(last && run.empty());
    to = put_16(to, now.size());
    to = put_16(to, ~now.size());
    if (!now.empty()) std::memcpy(to, now.data(), now.size());
    to += now.size();
  } while (!run.empty());
  return static_cast<size_t>(to - out);
}

/// RFC 1950: deflate with a window of 32 KiB, how hard was tried, and check bits. No reader looks at the
/// level.
std::byte *write_header(std::byte *to, int level) {
  const int tried = level < 2 ? 0 : level < 6 ? 1 : level == 6 ? 2 : 3;
  const int method = 0x78, flags = tried << 6;
  to[0] = static_cast<std::byte>(method);
  to[1] = static_cast<std::byte>(flags + 31 - (method * 256 + flags) % 31);
  return to + kHeader;
}

std::byte *write_trailer(std::byte *to, uint32_t adler) {
  for (int shift = 24; shift >= 0; shift -= 8) *to++ = static_cast<std::byte>(adler >> shift & 255);
  return to;
}

}  // namespace

size_t ZlibStream::bound(size_t bytes) {
  // A run takes no more than stored blocks do, of which one per run is not full; a run is no smaller than a
  // plane, but for the last.
  return kHeader + stored_size(bytes) + (bytes / kLeastPlane + 2) * kStoredHeader + kTrailer;
}

size_t ZlibStream::held_bytes(int level, size_t bytes) {
  const size_t runs = (bytes / kLeastPlane + 2) * sizeof(Run) * 2;  // a vector may be half empty
  return runs + (level > 0 ? deflate_engine_bytes(level, bound(bytes)) : 0);
}

size_t ZlibStream::write(DeflateChoice choice, int level, size_t plane, std::span<const std::byte> data,
                         std::span<std::byte> out) {
  plan(level, plane, data);
  DeflateEngine *const deflater = level > 0 ? &engine(choice, level) : nullptr;
  if (deflater && !deflater->joins()) merge_all_but_first_stored(data.size());
  std::byte *to = write_header(out.data(), level);
  uint32_t adler = 1;
  for (const Run &run : runs_) {
    const auto bytes = data.subspan(run.begin, run.size);
    const bool last = &run == &runs_.back();
    adler = adler32_of(adler, bytes);
    size_t written = 0;
    if (!run.stored) written = deflater->deflate(bytes, std::span(to, stored_size(run.size)), last);
    to += written > 0 ? written : write_stored(bytes, to, last);
  }
  return static_cast<size_t>(write_trailer(to, adler) - out.data());
}

/// Runs of pieces of one kind, none across planes. At least one run, even of nothing.
void ZlibStream::plan(int level, size_t plane, std::span<const std::byte> data) {
  runs_.clear();
  if (level == 0 || data.empty()) {
    runs_.push_back({0, data.size(), true});
    return;
  }
  if (plane < kLeastPlane) plane = data.size();
  for (size_t begin = 0; begin < data.size(); begin += plane) {
    // Bytes behind the planes go with the last.
    const size_t left = data.size() - begin, size = left < plane + kLeastPlane ? left : plane;
    cut(level, data, begin, begin + size, kPiece);
    if (size == left) break;
  }
}

void ZlibStream::cut(int level, std::span<const std::byte> data, size_t begin, size_t end, size_t piece) {
  const LeastGain least = level <= 2 ? LeastGain::two_percent : LeastGain::half_percent;
  const size_t first = runs_.size();
  while (begin < end) {
    const size_t size = end - begin < piece + kLeastPlane ? end - begin : piece;
    const bool stored = is_incompressible(data.subspan(begin, size), least);
    if (runs_.size() > first && runs_.back().stored == stored)
      runs_.back().size += size;
    else
      runs_.push_back({begin, size, stored});
    begin += size;
  }
}

/// For an engine whose blocks always end the stream: what is stored can only come before.
void ZlibStream::merge_all_but_first_stored(size_t bytes) {
  const auto first = std::find_if(runs_.begin(), runs_.end(), [](const Run &run) { return !run.stored; });
  if (first == runs_.end()) return;
  first->size = bytes - first->begin;
  runs_.erase(first + 1, runs_.end());
}

DeflateEngine &ZlibStream::engine(DeflateChoice choice, int level) {
  if (!engine_ || choice != choice_ || level != level_) {
    engine_.reset();  // before the next: both at once would take more than held_bytes()
    engine_ = make_deflate_engine(choice, level);
    choice_ = choice, level_ = level;
  }
  return *engine_;
}

}  // namespace pde
