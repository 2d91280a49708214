#include "encoder.hpp"

extern "C" {
#include <libavutil/cpu.h>
#include <libavutil/opt.h>
}

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "faststart.hpp"
#include "movie_error.hpp"

namespace pde::movie {
namespace {

constexpr std::chrono::seconds fragment_length{1};
constexpr int silent =
    128;  // added to the level of each log line: above all limits, below libav's colour bits

/* What the encoders are asked for: good pictures, little delay (frames inside the encoder are lost in a
 * kill). */
struct CodecChoice {
  const char *name;
  std::array<std::pair<const char *, const char *>, 5> options;
};
constexpr std::array<CodecChoice, 4> choices = {{
    {"libx264", {{{"preset", "veryfast"}, {"crf", "18"}, {"rc-lookahead", "4"}}}},
    {"libvpx-vp9",
     {{{"deadline", "realtime"}, {"cpu-used", "6"}, {"crf", "24"}, {"lag-in-frames", "0"}, {"row-mt", "1"}}}},
    {"libaom-av1",
     {{{"usage", "realtime"}, {"cpu-used", "8"}, {"crf", "26"}, {"lag-in-frames", "0"}, {"row-mt", "1"}}}},
    {"mpeg4", {}},
}};

/* Encoder threads are started with all signals blocked: those belong to the host. */
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked &) = delete;
  SignalsBlocked &operator=(const SignalsBlocked &) = delete;

 private:
  sigset_t before_{};
};

/* The matrix that players assume for the size when they ignore the stream's own words (as many do). */
bool is_high_definition(int height) {
  return height >= 720;
}

/* Each thread works on a frame of its own, which delays frames: small ones do not need many. */
int useful_threads(int width, int height) {
  return std::clamp(width * height / 150000, 1, std::clamp(av_cpu_count(), 1, 8));
}

void describe_colors(AVCodecContext &codec) {
  codec.color_range = AVCOL_RANGE_MPEG;
  codec.colorspace = is_high_definition(codec.height) ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
  codec.color_primaries = AVCOL_PRI_BT709;
  codec.color_trc = AVCOL_TRC_BT709;
  codec.chroma_sample_location = AVCHROMA_LOC_CENTER;
}

}  // namespace

Encoder::Encoder(EncoderSettings settings, Log log)
    : settings_(std::move(settings)),
      log_(std::move(log)),
      file_(settings_.path),
      colors_(is_high_definition(settings_.height) ? ColorMatrix::bt709 : ColorMatrix::bt601) {
  stream_.emplace(file_);
  open_codec();
  frame_.reset(av_frame_alloc());
  packet_.reset(av_packet_alloc());
  if (frame_ == nullptr || packet_ == nullptr) {
    throw MovieError(memory, "no memory left for encoding '" + settings_.path + "'");
  }
  frame_->width = settings_.width;
  frame_->height = settings_.height;
  frame_->format = AV_PIX_FMT_YUV420P;
  frame_->color_range = codec_->color_range;
  frame_->colorspace = codec_->colorspace;
  frame_->chroma_location = codec_->chroma_sample_location;
  const int status = av_frame_get_buffer(frame_.get(), 0);
  if (status < 0) throw_libav("allocating a frame", settings_.path, status, 0);
  open_container();
  fragment_began_ = std::chrono::steady_clock::now();
}

Encoder::~Encoder() {
  avformat_free_context(container_);
}

void Encoder::open_codec() {
  for (const CodecChoice &choice : choices) {
    if (!settings_.codec.empty() && settings_.codec != choice.name) continue;
    if (try_codec(choice.name)) {
      log_(log_info, "'" + settings_.path + "': encoding with " + choice.name);
      return;
    }
  }
  throw MovieError(unsupported,
                   "no encoder for '" + settings_.path + "' at " + std::to_string(settings_.width) + " x " +
                       std::to_string(settings_.height) +
                       ": this libavcodec has none that works of libx264, libvpx-vp9, libaom-av1, mpeg4");
}

bool Encoder::try_codec(const char *name) {
  const AVCodec *codec = avcodec_find_encoder_by_name(name);
  if (codec == nullptr) return false;
  codec_.reset(avcodec_alloc_context3(codec));
  if (codec_ == nullptr) throw MovieError(memory, "no memory left for encoding '" + settings_.path + "'");
  const AVRational rate = av_d2q(settings_.fps, 100000);
  codec_->width = settings_.width;
  codec_->height = settings_.height;
  codec_->pix_fmt = AV_PIX_FMT_YUV420P;
  codec_->framerate = rate;
  codec_->time_base = av_inv_q(rate);
  codec_->gop_size = static_cast<int>(std::clamp(5 * settings_.fps, 10.0, 250.0));  // seeking lands near
  codec_->max_b_frames =
      0;  // presentation in writing order: no delay, and no edit list that players disagree about
  codec_->thread_count =
      settings_.threads > 0 ? settings_.threads : useful_threads(settings_.width, settings_.height);
  codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  codec_->log_level_offset = silent;
  describe_colors(*codec_);
  if (std::string(name) == "mpeg4") {
    codec_->flags |= AV_CODEC_FLAG_QSCALE;
    codec_->global_quality = 2 * FF_QP2LAMBDA;
  }
  const auto *choice =
      std::ranges::find_if(choices, [name](const CodecChoice &entry) { return entry.name == name; });
  for (const auto &[key, value] : choice->options) {
    if (key != nullptr) av_opt_set(codec_.get(), key, value, AV_OPT_SEARCH_CHILDREN);
  }
  const SignalsBlocked guard;
  return avcodec_open2(codec_.get(), codec, nullptr) >= 0;
}

void Encoder::open_container() {
  int status = avformat_alloc_output_context2(&container_, nullptr, "mp4", nullptr);
  if (status < 0) throw_libav("opening an mp4", settings_.path, status, 0);
  container_->pb = stream_->context();
  container_->flags |= AVFMT_FLAG_CUSTOM_IO;
  AVStream *stream = avformat_new_stream(container_, nullptr);
  if (stream == nullptr) throw_libav("opening an mp4", settings_.path, AVERROR(ENOMEM), 0);
  status = avcodec_parameters_from_context(stream->codecpar, codec_.get());
  stream->time_base = codec_->time_base;
  stream->avg_frame_rate = codec_->framerate;
  if (status >= 0)
    status = av_opt_set(container_->priv_data, "movflags", "frag_custom+empty_moov+default_base_moof", 0);
  if (status >= 0) status = avformat_write_header(container_, nullptr);
  if (status < 0 || stream_->error() != 0)
    throw_libav("opening an mp4", settings_.path, status, stream_->error());
}

void Encoder::write(const uint8_t *pixels, int stride) {
  int status = av_frame_make_writable(frame_.get());
  if (status < 0) throw_libav("encoding a frame", settings_.path, status, 0);
  colors_.convert(pixels, stride, settings_.width, settings_.height, frame_->data, frame_->linesize);
  frame_->pts = frames_;
  encode(frame_.get());
  ++frames_;
  if (std::chrono::steady_clock::now() - fragment_began_ >= fragment_length) end_fragment();
}

/* NULL: the end; what is left inside the encoder comes out. */
void Encoder::encode(const AVFrame *frame) {
  int status = avcodec_send_frame(codec_.get(), frame);
  while (status >= 0 || status == AVERROR(EAGAIN)) {
    status = avcodec_receive_packet(codec_.get(), packet_.get());
    if (status == AVERROR(EAGAIN) || status == AVERROR_EOF) return;
    if (status < 0) break;
    packet_->stream_index = 0;
    packet_->duration = 1;
    av_packet_rescale_ts(packet_.get(), codec_->time_base, container_->streams[0]->time_base);
    status = av_write_frame(container_, packet_.get());
    av_packet_unref(packet_.get());
    ++packets_;
  }
  throw_libav("encoding a frame", settings_.path, status, stream_->error());
}

void Encoder::end_fragment() {
  fragment_began_ = std::chrono::steady_clock::now();
  if (packets_ == 0) return;
  const int status = av_write_frame(container_, nullptr);
  avio_flush(stream_->context());
  if (status < 0 || stream_->error() != 0)
    throw_libav("writing a fragment", settings_.path, status, stream_->error());
  if (!file_.published()) file_.publish();
  packets_ = 0;
}

void Encoder::close() {
  if (frames_ == 0) {
    log_(log_warning, "'" + settings_.path + "': no frame was recorded, so no film is written");
    return;
  }
  encode(nullptr);
  end_fragment();
  const int status = av_write_trailer(container_);
  avio_flush(stream_->context());
  if (status < 0 || stream_->error() != 0)
    throw_libav("ending the film", settings_.path, status, stream_->error());
  try {
    make_faststart(file_, *container_->streams[0]->codecpar, frames_);
  } catch (const MovieError &error) {
    log_(log_warning, "'" + settings_.path + "' stays a fragmented mp4: " + error.what());
  }
}

}  // namespace pde::movie
