/* Frames to an mp4 file, through libavcodec and libavformat.
 *
 * While a run lasts, the file is a fragmented mp4: each fragment is complete in itself, so a film whose
 * writer was killed plays. Lost are the frames since the last fragment, which ends a second after the one
 * before (or with the next frame, if these come slower), and those inside the encoder: five with x264, and
 * two for each further thread. The file takes its final name with the first fragment; before, an existing
 * file of that name is untouched. When closed it is rewritten once, without encoding again, as an ordinary
 * mp4 with its index in front, which every player opens at once (see faststart.hpp). */
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "libav.hpp"
#include "yuv.hpp"

namespace pde::movie {

struct EncoderSettings {
  std::string path;
  int width = 0, height = 0;  // even
  double fps = 30;
  int threads = 0;    // 0: as many as there are usable cores
  std::string codec;  // libav's name; empty: the best there is
};

using Log = std::function<void(int32_t level, const std::string &message)>;

class Encoder {
 public:
  Encoder(EncoderSettings settings, Log log);
  ~Encoder();
  Encoder(const Encoder &) = delete;
  Encoder &operator=(const Encoder &) = delete;

  /* 32-bit pixels 0xffRRGGBB, rows `stride` bytes apart. */
  void write(const uint8_t *pixels, int stride);
  void close();
  int64_t frames() const { return frames_; }

 private:
  void open_codec();
  bool try_codec(const char *name);
  void open_container();
  void encode(const AVFrame *frame);
  void end_fragment();

  EncoderSettings settings_;
  Log log_;
  OutputFile file_;
  std::optional<LibavFile> stream_;
  Libav<AVCodecContext> codec_;
  Libav<AVFrame> frame_;
  Libav<AVPacket> packet_;
  YuvConversion colors_;
  AVFormatContext *container_ = nullptr;
  int64_t frames_ = 0, packets_ = 0;
  std::chrono::steady_clock::time_point fragment_began_;
};

}  // namespace pde::movie
