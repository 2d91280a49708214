#include "faststart.hpp"

extern "C" {
#include <libavutil/opt.h>
}

#include <utility>

#include "movie_error.hpp"

namespace pde::movie {
namespace {

/* Both ends of the copy, released in any case. */
struct Copy {
  LibavFile from, into;
  AVFormatContext *reader = nullptr, *writer = nullptr;
  Libav<AVPacket> packet{av_packet_alloc()};

  Copy(OutputFile &old_file, OutputFile &new_file) : from(old_file), into(new_file) {}
  Copy(const Copy &) = delete;
  Copy &operator=(const Copy &) = delete;
  ~Copy() {
    avformat_close_input(&reader);
    avformat_free_context(writer);
  }
};

/* An upper bound of the index in bytes: sizes and key frames of all frames, and the chunks, which hold up to
 * 1 MiB, and two neighbours of which hold more than that (ISO/IEC 14496-12: stsz, stss, sdtp, co64, stsc). */
int64_t index_bytes(int64_t frames, int64_t bytes) {
  return 6144 + 9 * frames + 20 * (2 * (bytes >> 20) + 2);
}

int open_both(Copy &copy, const AVCodecParameters &stream, int64_t reserved) {
  copy.reader = avformat_alloc_context();
  if (copy.reader == nullptr) return AVERROR(ENOMEM);
  copy.reader->pb = copy.from.context();
  copy.reader->pb->write_flag = 0;
  int status = avformat_open_input(&copy.reader, nullptr, av_find_input_format("mov"), nullptr);
  if (status < 0) return status;
  if (copy.reader->nb_streams == 0) return AVERROR_INVALIDDATA;
  status = avformat_alloc_output_context2(&copy.writer, nullptr, "mp4", nullptr);
  if (status < 0) return status;
  copy.writer->pb = copy.into.context();
  copy.writer->flags |= AVFMT_FLAG_CUSTOM_IO;
  const AVStream *source = copy.reader->streams[0];
  AVStream *target = avformat_new_stream(copy.writer, nullptr);
  if (target == nullptr) return AVERROR(ENOMEM);
  status = avcodec_parameters_copy(target->codecpar, &stream);
  // Except for the headers, which the first muxer has brought into the form that belongs to its packets.
  std::swap(target->codecpar->extradata, source->codecpar->extradata);
  std::swap(target->codecpar->extradata_size, source->codecpar->extradata_size);
  target->time_base = source->time_base;
  target->avg_frame_rate = source->avg_frame_rate;
  if (status >= 0) status = av_opt_set_int(copy.writer->priv_data, "moov_size", reserved, 0);
  return status < 0 ? status : avformat_write_header(copy.writer, nullptr);
}

int copy_packets(Copy &copy) {
  int status = 0;
  while ((status = av_read_frame(copy.reader, copy.packet.get())) >= 0) {
    av_packet_rescale_ts(copy.packet.get(), copy.reader->streams[0]->time_base,
                         copy.writer->streams[0]->time_base);
    copy.packet->pos = -1;
    status = av_write_frame(copy.writer, copy.packet.get());
    av_packet_unref(copy.packet.get());
    if (status < 0) return status;
  }
  return status == AVERROR_EOF ? av_write_trailer(copy.writer) : status;
}

}  // namespace

void make_faststart(OutputFile &fragmented, const AVCodecParameters &stream, int64_t frames) {
  OutputFile finished(fragmented.path(), &fragmented);
  {
    Copy copy(fragmented, finished);
    if (copy.packet == nullptr) throw MovieError(memory, "no memory left");
    int status = open_both(copy, stream, index_bytes(frames, fragmented.size()));
    if (status >= 0) status = copy_packets(copy);
    avio_flush(copy.into.context());
    if (status < 0 || copy.into.error() != 0) {
      throw_libav("moving the index to the front", fragmented.path(), status, copy.into.error());
    }
  }
  finished.publish();
}

}  // namespace pde::movie
