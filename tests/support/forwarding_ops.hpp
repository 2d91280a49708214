// File operations of the system behind the seam of the file backend, for tests that change or watch some of
// them.
#pragma once

#include <string>

#include "storage/hdf5/file_ops.hpp"

namespace test {

class ForwardingOps : public pde::FileOps {
 public:
  int open(const std::string &path, int flags, unsigned permissions) override {
    return system_.open(path, flags, permissions);
  }
  int close(int fd) override { return system_.close(fd); }
  int64_t pread(int fd, void *data, size_t size, int64_t offset) override {
    return system_.pread(fd, data, size, offset);
  }
  int64_t pwrite(int fd, const void *data, size_t size, int64_t offset) override {
    return system_.pwrite(fd, data, size, offset);
  }
  int truncate(int fd, int64_t size) override { return system_.truncate(fd, size); }
  int sync(int fd) override { return system_.sync(fd); }
  int start_writeback(int fd, int64_t offset, int64_t size) override {
    return system_.start_writeback(fd, offset, size);
  }
  int status(int fd, pde::FileStatus *out) override { return system_.status(fd, out); }
  int path_status(const std::string &path, pde::FileStatus *out) override {
    return system_.path_status(path, out);
  }
  int rename(const std::string &from, const std::string &to) override { return system_.rename(from, to); }
  int unlink(const std::string &path) override { return system_.unlink(path); }
  int lock(int fd, int operation) override { return system_.lock(fd, operation); }
  int file_system(int fd, pde::FileSystem *out) override { return system_.file_system(fd, out); }

 private:
  pde::FileOps &system_ = pde::file_ops();
};

/// Puts them in force for the life of this object.
class WithOps {
 public:
  explicit WithOps(pde::FileOps *ops) : before_(pde::replace_file_ops(ops)) {}
  ~WithOps() { pde::replace_file_ops(before_); }
  WithOps(const WithOps &) = delete;
  WithOps &operator=(const WithOps &) = delete;

 private:
  pde::FileOps *before_;
};

}  // namespace test
