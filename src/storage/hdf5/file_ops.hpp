// The seam of file operations: every touch of the disk by the file backend goes through here, so that tests
// can put a simulated disk behind it that is full, slow, broken or cut off.
//
// Functions answer as the system does: a result of at least 0, or minus the errno. Loops over short transfers
// and interruptions are above the seam, where they are tested.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace pde {

struct FileStatus {
  int64_t size;
  uint64_t device, inode;
  int64_t modified;  // the last write, in nanoseconds
  bool regular, directory;
};

struct FileSystem {
  int64_t kind;        // statfs's number
  int64_t free_bytes;  // for who is not root
};

class FileOps {
 public:
  virtual ~FileOps() = default;
  virtual int open(const std::string &path, int flags, unsigned permissions) = 0;
  virtual int close(int fd) = 0;
  virtual int64_t pread(int fd, void *data, size_t size, int64_t offset) = 0;
  virtual int64_t pwrite(int fd, const void *data, size_t size, int64_t offset) = 0;
  virtual int truncate(int fd, int64_t size) = 0;
  virtual int sync(int fd) = 0;
  /// Begins to bring this part to the disk, without waiting for it.
  virtual int start_writeback(int fd, int64_t offset, int64_t size) = 0;
  virtual int status(int fd, FileStatus *out) = 0;
  virtual int path_status(const std::string &path, FileStatus *out) = 0;
  virtual int rename(const std::string &from, const std::string &to) = 0;
  virtual int unlink(const std::string &path) = 0;
  virtual int lock(int fd, int operation) = 0;  // as flock
  virtual int file_system(int fd, FileSystem *out) = 0;
};

/// What is in force: the system's, or what a test has put in its place.
FileOps &file_ops();
FileOps *replace_file_ops(FileOps *ops);  // null: the system's; returns what was in force

/// An open file that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  /// Takes over what `open` has answered.
  Descriptor(FileOps &ops, int fd) : ops_(&ops), fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor &&other) noexcept : ops_(other.ops_), fd_(std::exchange(other.fd_, -1)) {}
  Descriptor &operator=(Descriptor &&other) noexcept {
    reset();
    ops_ = other.ops_;
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }

  explicit operator bool() const { return fd_ >= 0; }
  /// Minus the errno of a file that could not be opened.
  int get() const { return fd_; }
  void reset() {
    if (fd_ >= 0) close();
  }
  /// What the system has said of it: 0, or minus an errno.
  int close() { return ops_->close(std::exchange(fd_, -1)); }

 private:
  FileOps *ops_ = nullptr;
  int fd_ = -1;
};

/// All of it, or minus an errno; reading stops early at the end of the file and returns how much there was.
int64_t read_fully(FileOps &ops, int fd, void *data, size_t size, int64_t offset);
int64_t write_fully(FileOps &ops, int fd, const void *data, size_t size, int64_t offset);

}  // namespace pde
