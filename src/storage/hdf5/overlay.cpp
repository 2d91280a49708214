#include "storage/hdf5/overlay.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

namespace pde {
namespace {

int64_t size_of(std::span<const std::byte> bytes) {
  return static_cast<int64_t>(bytes.size());
}

/// Of a node of HDF5's trees, from its level above the leaves; nodes of symbols are below all of them.
uint8_t depth_of(Part part, std::span<const std::byte> bytes) {
  constexpr uint8_t kDeepest = 255;
  if (part != Part::tree || bytes.size() < 8) return kDeepest;
  const std::string_view signature(reinterpret_cast<const char *>(bytes.data()), 4);
  if (signature == "TREE") return static_cast<uint8_t>(kDeepest - 1 - std::to_integer<uint8_t>(bytes[5]));
  if (signature == "BTHD") return 0;
  if (signature == "BTIN") return 1;
  return kDeepest;
}

}  // namespace

/// The first piece that ends behind this offset.
Overlay::Pieces::const_iterator Overlay::first_behind(int64_t offset) const {
  auto piece = pieces_.upper_bound(offset);
  if (piece == pieces_.begin()) return piece;
  const auto before = std::prev(piece);
  return before->first + size_of(before->second.bytes) > offset ? before : piece;
}

void Overlay::put(int64_t offset, std::span<const std::byte> bytes, Part part, std::vector<uint32_t> before) {
  const auto same = pieces_.find(offset);
  if (same != pieces_.end() && same->second.bytes.size() == bytes.size()) {
    std::memcpy(same->second.bytes.data(), bytes.data(), bytes.size());
    same->second.part = part;
    same->second.depth = depth_of(part, bytes);
    same->second.before = std::move(before);
    return;
  }
  Piece piece{{bytes.begin(), bytes.end()}, part, depth_of(part, bytes), std::move(before)};
  drop(offset, size_of(bytes));
  pieces_.emplace(offset, std::move(piece));
  bytes_ += size_of(bytes);
}

void Overlay::drop(int64_t offset, int64_t size) {
  const int64_t end = size > std::numeric_limits<int64_t>::max() - offset
                          ? std::numeric_limits<int64_t>::max()
                          : offset + size;
  for (auto next = first_behind(offset); next != pieces_.end() && next->first < end;) {
    const auto here = pieces_.erase(next, next);  // the same, to be changed
    const int64_t begin = here->first, stop = begin + size_of(here->second.bytes);
    if (stop > end) {
      const std::span<const std::byte> rest(here->second.bytes);
      Piece behind{{rest.begin() + (end - begin), rest.end()}, here->second.part, here->second.depth, {}};
      pieces_.emplace(end, std::move(behind));
    }
    bytes_ -= std::min(stop, end) - std::max(begin, offset);
    next = std::next(here);
    if (begin < offset) {
      here->second.bytes.resize(static_cast<size_t>(offset - begin));
      here->second.before.clear();
    } else {
      pieces_.erase(here);
    }
  }
}

int64_t Overlay::patch(int64_t offset, std::span<std::byte> bytes) const {
  const int64_t end = offset + size_of(bytes);
  int64_t reached = 0;
  for (auto piece = first_behind(offset); piece != pieces_.end() && piece->first < end; ++piece) {
    const int64_t begin = std::max(offset, piece->first);
    const int64_t stop = std::min(end, piece->first + size_of(piece->second.bytes));
    std::memcpy(bytes.data() + (begin - offset), piece->second.bytes.data() + (begin - piece->first),
                static_cast<size_t>(stop - begin));
    reached = stop - offset;
  }
  return reached;
}

bool Overlay::copy(int64_t offset, std::span<std::byte> out) const {
  const auto piece = first_behind(offset);
  if (piece == pieces_.end() || piece->first > offset) return false;
  const std::span<const std::byte> bytes(piece->second.bytes);
  const auto skip = static_cast<size_t>(offset - piece->first);
  if (bytes.size() - skip < out.size()) return false;
  std::memcpy(out.data(), bytes.data() + skip, out.size());
  return true;
}

int64_t Overlay::end() const {
  if (pieces_.empty()) return 0;
  return pieces_.rbegin()->first + size_of(pieces_.rbegin()->second.bytes);
}

}  // namespace pde
