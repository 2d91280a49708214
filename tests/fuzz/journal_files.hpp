// A journal and its data file in memory, behind the seam of file operations.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <vector>

#include "storage/hdf5/file_ops.hpp"

namespace fuzz {

/// Descriptors 0, 1, … are files that are there; no names.
class MemoryFiles final : public pde::FileOps {
 public:
  std::vector<std::vector<std::byte>> files;

  int open(const std::string &, int, unsigned) override { return -ENOENT; }
  int close(int) override { return 0; }
  int64_t pread(int fd, void *data, size_t size, int64_t offset) override {
    const std::vector<std::byte> &file = files[static_cast<size_t>(fd)];
    if (offset < 0) return -EINVAL;
    const auto end = static_cast<int64_t>(file.size());
    const size_t here = std::min(size, static_cast<size_t>(std::max<int64_t>(end - offset, 0)));
    if (here > 0) std::memcpy(data, file.data() + offset, here);
    return static_cast<int64_t>(here);
  }
  int64_t pwrite(int fd, const void *data, size_t size, int64_t offset) override {
    std::vector<std::byte> &file = files[static_cast<size_t>(fd)];
    if (offset < 0) return -EINVAL;
    if (offset > kMost - static_cast<int64_t>(size)) return -EFBIG;
    file.resize(std::max(file.size(), static_cast<size_t>(offset) + size));
    if (size > 0) std::memcpy(file.data() + offset, data, size);
    return static_cast<int64_t>(size);
  }
  int truncate(int fd, int64_t size) override {
    if (size < 0) return -EINVAL;
    if (size > kMost) return -EFBIG;
    files[static_cast<size_t>(fd)].resize(static_cast<size_t>(size));
    return 0;
  }
  int sync(int) override { return 0; }
  int start_writeback(int, int64_t, int64_t) override { return 0; }
  int status(int fd, pde::FileStatus *out) override {
    *out = {};
    out->size = static_cast<int64_t>(files[static_cast<size_t>(fd)].size());
    out->regular = true;
    return 0;
  }
  int path_status(const std::string &, pde::FileStatus *) override { return -ENOENT; }
  int rename(const std::string &, const std::string &) override { return -ENOENT; }
  int unlink(const std::string &) override { return -ENOENT; }
  int lock(int, int) override { return 0; }
  int file_system(int, pde::FileSystem *out) override { return *out = {}, 0; }

 private:
  static constexpr int64_t kMost = 1 << 20;
};

/// What the data file holds before anything is done.
inline std::vector<std::byte> data_file() {
  static const std::vector<std::byte> bytes = [] {
    std::vector<std::byte> made(4096);
    for (size_t i = 0; i < made.size(); ++i) made[i] = static_cast<std::byte>(31 * i + 7);
    return made;
  }();
  return bytes;
}

}  // namespace fuzz
