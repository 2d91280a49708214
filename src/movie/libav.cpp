#include "libav.hpp"

#include <array>
#include <cerrno>
#include <cstdio>

#include "movie_error.hpp"

namespace pde::movie {
namespace {
constexpr int buffer_size = 1 << 16;
}

std::string libav_words(int code) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(code, text.data(), text.size());
  return text.data();
}

void throw_libav(const std::string &what, const std::string &path, int code, int file_error) {
  if (file_error != 0) throw MovieError(io, cannot_write(path, file_error));
  if (code == AVERROR(ENOMEM)) throw MovieError(memory, "no memory left: " + what + " for '" + path + "'");
  throw MovieError(internal, what + " for '" + path + "': " + libav_words(code));
}

LibavFile::LibavFile(OutputFile &file) : file_(file) {
  auto *buffer = static_cast<unsigned char *>(av_malloc(buffer_size));
  if (buffer != nullptr)
    context_ = avio_alloc_context(buffer, buffer_size, 1, this, read_some, write_all, seek);
  if (context_ != nullptr) return;
  av_free(buffer);
  throw MovieError(memory, "no memory left for writing '" + file.path() + "'");
}

LibavFile::~LibavFile() {
  av_freep(&context_->buffer);
  avio_context_free(&context_);
}

int LibavFile::read_some(void *self, uint8_t *data, int size) {
  auto &file = *static_cast<LibavFile *>(self);
  std::size_t done = 0;
  const int error = file.file_.read(data, static_cast<std::size_t>(size), file.position_, &done);
  if (error != 0) return AVERROR(error);
  file.position_ += static_cast<int64_t>(done);
  return done == 0 ? AVERROR_EOF : static_cast<int>(done);
}

int LibavFile::write_all(void *self, uint8_t *data, int size) {
  auto &file = *static_cast<LibavFile *>(self);
  if (file.error_ == 0) file.error_ = file.file_.write(data, static_cast<std::size_t>(size), file.position_);
  if (file.error_ != 0) return AVERROR(file.error_);
  file.position_ += size;
  return size;
}

int64_t LibavFile::seek(void *self, int64_t offset, int whence) {
  auto &file = *static_cast<LibavFile *>(self);
  if ((whence & AVSEEK_SIZE) != 0) return file.file_.size();
  switch (whence & ~AVSEEK_FORCE) {
    case SEEK_SET:
      file.position_ = offset;
      break;
    case SEEK_CUR:
      file.position_ += offset;
      break;
    case SEEK_END:
      file.position_ = file.file_.size() + offset;
      break;
    default:
      return AVERROR(EINVAL);
  }
  return file.position_;
}

}  // namespace pde::movie
