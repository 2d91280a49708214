#include "touched_memory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

namespace bench {

TouchedMemory::TouchedMemory(std::string path, int64_t bytes)
    : path_(std::move(path)),
      fd_(::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600)),
      bytes_(bytes + std::min(bytes, kMore)) {
  if (fd_ < 0) throw std::runtime_error("cannot create " + path_);
  const std::vector<char> block(size_t{1} << 20, 1);
  const auto size = static_cast<int64_t>(block.size());
  for (int64_t at = 0; at < bytes_; at += size) {
    const int64_t part = std::min(size, bytes_ - at);
    if (::pwrite(fd_, block.data(), static_cast<size_t>(part), at) == part) continue;
    bytes_ = at;  // as much as there is room for
  }
}

TouchedMemory::~TouchedMemory() {
  ::close(fd_);
  ::unlink(path_.c_str());
}

void TouchedMemory::give(int64_t bytes) {
  bytes_ = std::max<int64_t>(0, bytes_ - bytes);
  if (::ftruncate(fd_, bytes_) != 0) throw std::runtime_error("cannot shrink " + path_);
}

}  // namespace bench
