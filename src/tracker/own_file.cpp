#include "tracker/own_file.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <filesystem>

#include "base/error.hpp"

namespace pde {

void fail_io(const char *doing, const std::string &named, int64_t result) {
  fail(PDE_ERR_IO, "{} {}: {}", doing, named, errno_text(static_cast<int>(-result)));
}

void make_folder_of(const std::string &path, const std::string &named) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) fail(PDE_ERR_IO, "creating the folder of {}: {}", named, error.message());
}

Descriptor open_alone(const std::string &path, const std::string &named) {
  make_folder_of(path, named);
  FileOps &ops = file_ops();
  // Not waiting for the other end of what turns out to be a pipe.
  Descriptor file(ops, ops.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666));
  if (!file) fail_io("opening", named, file.get());
  FileStatus status;
  if (const int result = ops.status(file.get(), &status); result < 0) fail_io("opening", named, result);
  if (status.regular && ops.lock(file.get(), LOCK_EX | LOCK_NB) == -EWOULDBLOCK)
    fail(PDE_ERR_BUSY, "{} is being written by another tracker", named);
  return file;
}

void close_file(Descriptor &file, const std::string &named) {
  if (const int result = file.close(); result < 0) fail_io("closing", named, result);
}

}  // namespace pde
