#include "storage/hdf5/series_path.hpp"

#include <fcntl.h>

#include <cerrno>
#include <filesystem>
#include <string_view>

#include "base/error.hpp"

namespace pde {

std::string resolved_path(const std::string &path) {
  std::error_code error;
  std::filesystem::path resolved =
      std::filesystem::weakly_canonical(std::filesystem::absolute(path, error), error);
  // A link to a file that is yet to be made stays a link: the file is made where it points.
  std::error_code ignored;
  for (int links = 0; !error && links < 40 && std::filesystem::is_symlink(resolved, ignored); ++links) {
    const std::filesystem::path target = std::filesystem::read_symlink(resolved, error);
    if (!error) resolved = std::filesystem::weakly_canonical(resolved.parent_path() / target, error);
  }
  if (error) fail(PDE_ERR_IO, "the path {} cannot be resolved: {}", path, error.message());
  return resolved.string();
}

namespace {

constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n";

/// HDF5 looks at 0, 512, 1024, 2048, …: a block of the user may come first.
void check_signature(FileOps &ops, int fd, const std::string &path, int64_t size) {
  for (int64_t offset = 0; offset < size; offset = offset == 0 ? 512 : 2 * offset) {
    char bytes[8];
    const int64_t got = read_fully(ops, fd, bytes, sizeof bytes, offset);
    if (got < 0) fail(PDE_ERR_IO, "reading {}: {}", path, errno_text(static_cast<int>(-got)));
    if (got == 8 && std::string_view(bytes, 8) == kSignature) return;
  }
  fail(PDE_ERR_FORMAT, "{} is no HDF5 file ({} bytes without its signature); it is left as it is", path,
       size);
}

}  // namespace

int open_hdf5_file(FileOps &ops, const std::string &path, bool writable) {
  // Not waiting for the other end of what turns out to be a pipe.
  const int fd = ops.open(path, (writable ? O_RDWR : O_RDONLY) | O_NONBLOCK, 0);
  if (fd == -ENOENT) return -1;
  if (fd < 0) fail(PDE_ERR_IO, "opening {}: {}", path, errno_text(-fd));
  try {
    FileStatus status;
    const int result = ops.status(fd, &status);
    if (result < 0) fail(PDE_ERR_IO, "opening {}: {}", path, errno_text(-result));
    if (status.directory) fail(PDE_ERR_IO, "{} is a directory, expected a file", path);
    if (!status.regular) fail(PDE_ERR_IO, "{} is a device, pipe or socket, expected a file", path);
    if (status.size > 0) {
      check_signature(ops, fd, path, status.size);
      return fd;
    }
  } catch (...) {
    ops.close(fd);
    throw;
  }
  ops.close(fd);
  return -1;
}

int create_beside(FileOps &ops, const std::string &path) {
  int fd = ops.open(path, O_RDWR | O_CREAT | O_EXCL, 0666);
  if (fd == -EEXIST) {
    // Left by a run that was killed before its first commit: we hold the writer's lock, so nobody uses it.
    // Anything else of this name is left alone.
    const int old = ops.open(path, O_RDONLY | O_NONBLOCK, 0);
    if (old < 0) fail(PDE_ERR_IO, "opening {}: {}", path, errno_text(-old));
    try {
      FileStatus status;
      if (ops.status(old, &status) < 0 || !status.regular)
        fail(PDE_ERR_EXISTS, "{} exists and is no file", path);
      if (status.size > 0) check_signature(ops, old, path, status.size);
    } catch (...) {
      ops.close(old);
      throw;
    }
    ops.close(old);
    ops.unlink(path);
    fd = ops.open(path, O_RDWR | O_CREAT | O_EXCL, 0666);
  }
  if (fd < 0) fail(PDE_ERR_IO, "creating {}: {}", path, errno_text(-fd));
  return fd;
}

}  // namespace pde
