// The way of snapshots into direct chunks: packed on the caller's thread, encoded and written by workers, and
// placed in the file by HDF5 in between, again on the caller's thread and in order.
//
//   append   packs the snapshot into the open slab; a slab that is full is handed over
//   encode   on a worker: rounding, shuffle, deflate, checksum
//   place    HDF5 enters the chunk into its index and says where it lies
//   write    on a worker, beside HDF5
//
// A slab that is still open when a commit comes is written as it is, a raw tail: chunks of full size whose
// filters are left out, into which later snapshots are written in place. When it is full, a later commit
// replaces these by the encoded ones (it is sealed). Chunks of which a commit has told are replaced in a
// commit only, never between two.
//
// Memory is bounded by `queue_bytes`: when so much is on its way, an append encodes a chunk itself, or waits.
// What fails on a worker is thrown by the next call, with the snapshots that it concerns. These functions
// open H5Sessions of their own, and must not be called inside one unless they say so.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "field/field.hpp"
#include "field/rounding.hpp"
#include "storage/hdf5/chunk_buffers.hpp"
#include "storage/hdf5/chunk_codec.hpp"
#include "storage/hdf5/series_file.hpp"
#include "storage/hdf5/worker_pool.hpp"

namespace pde {

class ChunkWriter {
 public:
  struct Settings {
    int threads = 0;
    int64_t queue_bytes = 0;
    std::optional<Rounding> rounding;
  };
  using Clock = std::chrono::steady_clock;

  /// Whether so much memory suffices for the slab of a series; else it is for H5Dwrite.
  static bool suits(const ChunkGeometry &geometry, int64_t queue_bytes);

  /// Goes on behind `length` snapshots, of which the last slab may be partly filled. What the file has behind
  /// them is dropped; chunks before them that an earlier session has left raw are sealed with the next
  /// commits.
  ChunkWriter(SeriesFile &series, const Settings &settings, int64_t length);
  /// Forgets what has not been settled.
  ~ChunkWriter();
  ChunkWriter(const ChunkWriter &) = delete;
  ChunkWriter &operator=(const ChunkWriter &) = delete;

  /// `out_finite`: null, or set to false if a sample is not finite.
  void append(const Field &snapshot, bool *out_finite);
  /// Whether the last append that failed has changed nothing.
  bool intact() const { return intact_; }

  /// After a failure: whether the file has, or now gets, the bytes of all chunks that HDF5 knows of.
  bool complete();
  /// So many snapshots have their samples in these, all but those that an earlier session has encoded.
  int64_t stored() const;

  /// Brings to the file what has been appended and is in full slabs, all but HDF5's own metadata, and waits
  /// for it. Returns how many snapshots the file can have now, the open slab counted in. The commit must
  /// follow at once, as of the next.
  int64_t settle();
  /// The same for what is encoded by now, hardly waiting: nothing until the writes that this begins are done,
  /// as a later call will find.
  std::optional<int64_t> settle_ready();
  /// Whether the file has the open slab filtered, and is to have it in another place, as it is.
  bool moves_open_slab() const;
  /// Brings the open slab to the file, if so many snapshots reach into it. What was placed before has been
  /// committed. Inside an H5Session.
  void settle_open_slab(int64_t length);
  /// The same for all, with the open slab encoded, too: the end of a session.
  void seal();
  /// The samples of a chunk that is here and, as far as anybody may rely on it, not in the file; else null,
  /// and the file has it. Until the next call.
  const std::byte *chunk(int64_t slab, int64_t tile);

  int64_t queue_peak() const { return buffers_.most_taken() * static_cast<int64_t>(buffers_.bytes()); }
  double seconds_waited() const { return waited_; }

 private:
  using Buffer = ChunkBuffers::Buffer;
  /// What a commit has left of a chunk in the file.
  struct Stored {
    bool exists = false;
    FileBlock tail;         // false: it is encoded
    int64_t tail_rows = 0;  // that the raw tail has
  };
  struct OpenChunk {
    Buffer samples;
    Stored stored;
  };
  /// A raw tail that has been replaced.
  struct Retired {
    FileBlock tail;
    int64_t known = 0;             // its first bytes, of which these are
    std::vector<uint32_t> before;  // sector_checksums of what the file has there
  };
  struct EncodeJob;
  struct WriteJob;
  using EncodePtr = std::shared_ptr<EncodeJob>;
  using WritePtr = std::shared_ptr<WriteJob>;

  static int64_t open_chunks(const ChunkGeometry &geometry);
  void load_open_slab();
  SeriesFile::ChunkPlace find(int64_t slab, int64_t tile);
  OpenChunk load(int64_t slab, const SeriesFile::ChunkPlace &place, int64_t rows);
  void seal_what_was_left();
  void drop_rest();
  void pack(const Field &snapshot, bool *out_finite);
  void pack_tile(const Field &snapshot, int64_t tile, std::byte *to) const;
  void pack_in_tiles(const Field &snapshot);
  void begin_slab();
  void end_slab();
  void choose_compressor(const EncodePtr &job);
  void hand_over(int64_t slab, int64_t tile, OpenChunk chunk, int64_t rows);
  void place_and_write(int64_t slab, int64_t tile, Buffer bytes, int64_t size, bool replaces);
  bool hold(const WriteJob &job);
  void hold_sealed(const std::byte *bytes, int64_t size, int64_t offset, const Retired &retired);
  WritePtr write_job(int64_t slab, Buffer bytes, int64_t begin, int64_t size);

  void make_room(int64_t buffers);
  bool collect();
  bool collect_encoded();
  void place_encoded();
  bool collect_written();
  void wait_for_progress();
  void take_result(EncodeJob &job);
  void finish_front();

  void finish_jobs(bool all);
  void finish_writes();
  void settle_seals(bool wait);
  bool crowded() const;
  bool settle_seal(const EncodePtr &job, bool wait);
  void clear_rest(std::byte *samples, int64_t rows) const;
  void store_tail(int64_t slab, int64_t tile, std::byte *samples, Stored &stored, int64_t rows);
  void round(int64_t slab, std::byte *samples, int64_t begin, int64_t end) const;
  void check_slow_disk();
  std::string snapshots(int64_t slab) const;

  SeriesFile &series_;
  const ChunkGeometry &geometry_;
  const ChunkFilters filters_;
  const Settings settings_;
  ChunkBuffers buffers_;
  int64_t most_buffers_;
  ChunkCodec codec_;                     // of the caller's thread
  std::optional<DeflateChoice> choice_;  // of the compressor, once it is made
  EncodePtr choosing_;                   // the job that makes it

  const int64_t before_;             // snapshots that were there, which are not rounded
  int64_t length_;                   // snapshots so far
  int64_t slab_, rows_;              // the open slab, and how many of them it has
  std::vector<OpenChunk> open_;      // its chunks; none while it is empty
  std::optional<int64_t> settling_;  // snapshots that the file has once the writes that are going on are done
  bool intact_ = true;
  bool owing_ = false;              // the file has had the open slab, and is to have it again
  bool placing_ = false;            // HDF5 knows of a chunk whose bytes nobody has begun to write
  std::deque<EncodePtr> encoding_;  // chunks that are new to the file, in order
  std::deque<EncodePtr> encoded_;   // the first of them, which have no place yet
  std::deque<EncodePtr> sealing_;   // chunks that replace what a commit has told of
  std::deque<WritePtr> writing_;
  std::vector<Retired> retired_;  // since the last commit

  double waited_ = 0, waited_for_disk_ = 0;  // seconds
  int64_t appended_bytes_ = 0, written_bytes_ = 0;
  Clock::time_point begun_ = Clock::now();
  bool told_slow_disk_ = false;
  WorkerLane lane_;  // last: its jobs end before what they use goes
};

}  // namespace pde
