#include "storage/hdf5/file_ops.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>

namespace pde {
namespace {

int answer(int result) {
  return result < 0 ? -errno : result;
}

FileStatus status_of(const struct stat &s) {
  FileStatus status{};
  status.size = s.st_size;
  status.device = s.st_dev;
  status.inode = s.st_ino;
  status.modified = int64_t{s.st_mtim.tv_sec} * 1'000'000'000 + s.st_mtim.tv_nsec;
  status.regular = S_ISREG(s.st_mode);
  status.directory = S_ISDIR(s.st_mode);
  return status;
}

class SystemFileOps final : public FileOps {
 public:
  int open(const std::string &path, int flags, unsigned permissions) override {
    return answer(::open(path.c_str(), flags | O_CLOEXEC, permissions));
  }
  int close(int fd) override { return answer(::close(fd)); }
  int64_t pread(int fd, void *data, size_t size, int64_t offset) override {
    const ssize_t done = ::pread(fd, data, size, offset);
    return done < 0 ? -errno : done;
  }
  int64_t pwrite(int fd, const void *data, size_t size, int64_t offset) override {
    const ssize_t done = ::pwrite(fd, data, size, offset);
    return done < 0 ? -errno : done;
  }
  int truncate(int fd, int64_t size) override { return answer(::ftruncate(fd, size)); }
  int sync(int fd) override { return answer(::fsync(fd)); }
  int start_writeback(int fd, int64_t offset, int64_t size) override {
    return answer(::sync_file_range(fd, offset, size, SYNC_FILE_RANGE_WRITE));
  }
  int status(int fd, FileStatus *out) override {
    struct stat s;
    const int result = answer(::fstat(fd, &s));
    if (result == 0) *out = status_of(s);
    return result;
  }
  int path_status(const std::string &path, FileStatus *out) override {
    struct stat s;
    const int result = answer(::stat(path.c_str(), &s));
    if (result == 0) *out = status_of(s);
    return result;
  }
  int rename(const std::string &from, const std::string &to) override {
    return answer(::rename(from.c_str(), to.c_str()));
  }
  int unlink(const std::string &path) override { return answer(::unlink(path.c_str())); }
  int lock(int fd, int operation) override { return answer(::flock(fd, operation)); }
  int file_system(int fd, FileSystem *out) override {
    struct statfs s;
    const int result = answer(::fstatfs(fd, &s));
    if (result != 0) return result;
    out->kind = static_cast<int64_t>(s.f_type) & 0xffffffff;
    const double bytes = static_cast<double>(s.f_bavail) * static_cast<double>(s.f_bsize);
    constexpr int64_t kMost = int64_t{1} << 62;
    out->free_bytes = bytes < static_cast<double>(kMost) ? static_cast<int64_t>(bytes) : kMost;
    return 0;
  }
};

constinit std::atomic<FileOps *> g_replacement{nullptr};

/// One request moves at most this much: Linux transfers no more than 2 GiB at once.
constexpr size_t kMaxTransfer = size_t{1} << 30;

}  // namespace

FileOps &file_ops() {
  static auto *system = new SystemFileOps;  // never destroyed: files are closed by exit handlers too
  FileOps *replacement = g_replacement.load(std::memory_order_acquire);
  return replacement ? *replacement : *system;
}

FileOps *replace_file_ops(FileOps *ops) {
  return g_replacement.exchange(ops, std::memory_order_acq_rel);
}

int64_t read_fully(FileOps &ops, int fd, void *data, size_t size, int64_t offset) {
  size_t done = 0;
  while (done < size) {
    const size_t part = std::min(size - done, kMaxTransfer);
    const int64_t moved =
        ops.pread(fd, static_cast<char *>(data) + done, part, offset + static_cast<int64_t>(done));
    if (moved == -EINTR) continue;
    if (moved < 0) return moved;
    if (moved == 0) break;
    done += static_cast<size_t>(moved);
  }
  return static_cast<int64_t>(done);
}

int64_t write_fully(FileOps &ops, int fd, const void *data, size_t size, int64_t offset) {
  size_t done = 0;
  while (done < size) {
    const size_t part = std::min(size - done, kMaxTransfer);
    const int64_t moved =
        ops.pwrite(fd, static_cast<const char *>(data) + done, part, offset + static_cast<int64_t>(done));
    if (moved == -EINTR) continue;
    if (moved < 0) return moved;
    if (moved == 0) return -EIO;  // no progress and no reason: a file system that lies
    done += static_cast<size_t>(moved);
  }
  return static_cast<int64_t>(done);
}

}  // namespace pde
