#include "output_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <system_error>

#include "movie_error.hpp"

namespace pde::movie {
namespace {

/* A link keeps pointing where it points: its target is what is replaced. */
std::string resolved(const std::string &path) {
  const std::unique_ptr<char, void (*)(void *)> target(::realpath(path.c_str(), nullptr), std::free);
  return target != nullptr ? std::string(target.get()) : path;
}

}  // namespace

std::string cannot_write(const std::string &path, int error) {
  return "cannot write '" + path + "': " + std::generic_category().message(error);
}

std::string path_ending(const std::string &path) {
  const auto dot = path.find_last_of("./");
  if (dot == std::string::npos || path[dot] == '/') return "";
  std::string ending = path.substr(dot);
  for (char &letter : ending)
    letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  return ending;
}

OutputFile::OutputFile(const std::string &path, const OutputFile *replaced)
    : path_(path), temporary_(resolved(path) + ".tmp") {
  if (replaced == nullptr) {
    refuse_unfit();
    refuse_busy();
  }
  try {
    open();
  } catch (...) {
    if (descriptor_ >= 0) ::close(descriptor_);
    throw;
  }
}

void OutputFile::refuse_unfit() const {
  struct stat status {};
  if (path_.empty()) throw MovieError(argument, "the path is empty");
  if (::stat(path_.c_str(), &status) != 0 || S_ISREG(status.st_mode)) return;
  const std::string kind = S_ISDIR(status.st_mode) ? "a directory" : "not a regular file";
  throw MovieError(io, "cannot write '" + path_ + "': it exists and is " + kind);
}

void OutputFile::refuse_busy() const {
  const int existing = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (existing < 0) return;
  const bool is_busy = ::flock(existing, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(existing);
  if (is_busy) throw MovieError(busy, "'" + path_ + "' is being written by another movie");
}

void OutputFile::open() {
  descriptor_ = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw MovieError(io, cannot_write(path_, errno));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    throw MovieError(busy, "'" + path_ + "' is being written by another movie");
  }
  if (::ftruncate(descriptor_, 0) != 0) throw MovieError(io, cannot_write(path_, errno));
}

OutputFile::~OutputFile() {
  if (!published_) ::unlink(temporary_.c_str());
  ::close(descriptor_);
}

int OutputFile::write(const void *data, std::size_t size, int64_t offset) {
  const auto *at = static_cast<const char *>(data);
  while (size > 0) {
    const ssize_t done = ::pwrite(descriptor_, at, size, static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return done < 0 ? errno : ENOSPC;
    at += done;
    offset += done;
    size -= static_cast<std::size_t>(done);
  }
  return 0;
}

int OutputFile::read(void *data, std::size_t size, int64_t offset, std::size_t *out_size) {
  ssize_t done = 0;
  do {
    done = ::pread(descriptor_, data, size, static_cast<off_t>(offset));
  } while (done < 0 && errno == EINTR);
  *out_size = done < 0 ? 0 : static_cast<std::size_t>(done);
  return done < 0 ? errno : 0;
}

int64_t OutputFile::size() const {
  struct stat status {};
  return ::fstat(descriptor_, &status) == 0 ? static_cast<int64_t>(status.st_size) : 0;
}

void OutputFile::publish() {
  const std::string target = temporary_.substr(0, temporary_.size() - 4);
  if (std::rename(temporary_.c_str(), target.c_str()) != 0) throw MovieError(io, cannot_write(path_, errno));
  published_ = true;
}

}  // namespace pde::movie
