/* What the users of libav within the module share: owners, errors as words, and file access through
 * OutputFile.
 *
 * libav never opens files itself: so the cause of a failed write is known exactly, descriptors are
 * close-on-exec, and names with colons are no URLs. Its log goes nowhere without touching the host's
 * callback: coders get a level offset that no log level reaches, and the containers say nothing when used as
 * here. */
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include <memory>
#include <string>

#include "output_file.hpp"

namespace pde::movie {

struct LibavDelete {
  void operator()(AVCodecContext *context) const { avcodec_free_context(&context); }
  void operator()(AVFrame *frame) const { av_frame_free(&frame); }
  void operator()(AVPacket *packet) const { av_packet_free(&packet); }
};
template <class T>
using Libav = std::unique_ptr<T, LibavDelete>;

/* libav's words for one of its negative codes. */
std::string libav_words(int code);

/* A position in an OutputFile with libav's face. The first error is kept, and everything after fails like it.
 */
class LibavFile {
 public:
  explicit LibavFile(OutputFile &file);
  ~LibavFile();
  LibavFile(const LibavFile &) = delete;
  LibavFile &operator=(const LibavFile &) = delete;

  AVIOContext *context() { return context_; }
  int error() const { return error_; }  // an errno, or 0

 private:
  static int read_some(void *self, uint8_t *data, int size);
  static int write_all(void *self, uint8_t *data, int size);
  static int64_t seek(void *self, int64_t offset, int whence);

  OutputFile &file_;
  AVIOContext *context_ = nullptr;
  int64_t position_ = 0;
  int error_ = 0;
};

/* Throws what happened: the file's own error where there is one, else libav's. */
[[noreturn]] void throw_libav(const std::string &what, const std::string &path, int code, int file_error);

}  // namespace pde::movie
