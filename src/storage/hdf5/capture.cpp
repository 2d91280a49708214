#include "storage/hdf5/capture.hpp"

#include <algorithm>

namespace pde {

int64_t Capture::take(FileOps &ops, int fd) {
  join_places();
  missed_ = false;
  bytes_.clear();
  FileStatus status;
  const int result = ops.status(fd, &status);
  if (result < 0) return result;
  size_ = status.size;
  std::vector<std::byte> bytes;
  for (const Place &place : places_) {
    bytes.assign(static_cast<size_t>(place.end - place.begin), std::byte{});
    const int64_t done = read_fully(ops, fd, bytes.data(), bytes.size(), place.begin);
    if (done < 0) return done;
    bytes_.put(place.begin, bytes, Part::other);
  }
  return 0;
}

/// So that whatever is wanted again lies in one piece.
void Capture::join_places() {
  std::sort(places_.begin(), places_.end(), [](const Place &a, const Place &b) { return a.begin < b.begin; });
  std::vector<Place> joined;
  for (const Place &place : places_) {
    if (joined.empty() || place.begin > joined.back().end) {
      joined.push_back(place);
    } else {
      joined.back().end = std::max(joined.back().end, place.end);
    }
  }
  places_ = std::move(joined);
}

bool Capture::serve(int64_t offset, std::span<std::byte> out) {
  if (bytes_.copy(offset, out)) return true;
  missed_ = true;
  // Long reads are of samples; whoever wants those takes fewer of them at a time.
  constexpr size_t kLongest = size_t{8} << 20;
  if (out.size() <= kLongest) places_.push_back({offset, offset + static_cast<int64_t>(out.size())});
  return false;
}

}  // namespace pde
