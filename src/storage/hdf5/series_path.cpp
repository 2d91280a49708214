#include "storage/hdf5/series_path.hpp"

#include <fcntl.h>

#include <algorithm>
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

/// HDF5 writes its signature with the first commit, or when the file grows large: until then a new file
/// begins with nothing.
bool has_no_beginning(FileOps &ops, int fd) {
  char bytes[8];
  const int64_t got = read_fully(ops, fd, bytes, sizeof bytes, 0);
  return got >= 0 && std::all_of(bytes, bytes + got, [](char byte) { return byte == 0; });
}

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

Descriptor open_hdf5_file(FileOps &ops, const std::string &path, bool writable) {
  // Not waiting for the other end of what turns out to be a pipe.
  Descriptor file(ops, ops.open(path, (writable ? O_RDWR : O_RDONLY) | O_NONBLOCK, 0));
  if (file.get() == -ENOENT) return {};
  if (!file) fail(PDE_ERR_IO, "opening {}: {}", path, errno_text(-file.get()));
  FileStatus status;
  const int result = ops.status(file.get(), &status);
  if (result < 0) fail(PDE_ERR_IO, "opening {}: {}", path, errno_text(-result));
  if (status.directory) fail(PDE_ERR_IO, "{} is a directory, expected a file", path);
  if (!status.regular) fail(PDE_ERR_IO, "{} is a device, pipe or socket, expected a file", path);
  if (status.size == 0) return {};
  check_signature(ops, file.get(), path, status.size);
  return file;
}

Descriptor create_beside(FileOps &ops, const std::string &path) {
  Descriptor file(ops, ops.open(path, O_RDWR | O_CREAT | O_EXCL, 0666));
  if (file.get() == -EEXIST) {
    // Left by a run that was killed before its first commit: we hold the writer's lock, so nobody uses it.
    // Anything else of this name is left alone.
    const Descriptor old(ops, ops.open(path, O_RDONLY | O_NONBLOCK, 0));
    if (!old) fail(PDE_ERR_IO, "opening {}: {}", path, errno_text(-old.get()));
    FileStatus status;
    if (ops.status(old.get(), &status) < 0 || !status.regular)
      fail(PDE_ERR_EXISTS, "{} exists and is no file", path);
    if (!has_no_beginning(ops, old.get())) check_signature(ops, old.get(), path, status.size);
    ops.unlink(path);
    file = Descriptor(ops, ops.open(path, O_RDWR | O_CREAT | O_EXCL, 0666));
  }
  if (!file) fail(PDE_ERR_IO, "creating {}: {}", path, errno_text(-file.get()));
  return file;
}

}  // namespace pde
