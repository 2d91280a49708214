// Reading direct chunks: HDF5 says where they lie, workers read and decode them outside any lock, each chunk
// straight into the caller's array where that is its place.
//
// Chunks of which more may be wanted stay here, decoded, up to a bound: those that several snapshots share,
// and those behind the last one read when snapshots are read in order (read-ahead).
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <vector>

#include "storage/hdf5/chunk_writer.hpp"
#include "storage/hdf5/series_file.hpp"
#include "storage/hdf5/worker_pool.hpp"
#include "storage/selection.hpp"

namespace pde {

class ChunkReader {
 public:
  ChunkReader(SeriesFile &series, int threads);
  ~ChunkReader();

  /// `writer`: has what is not in the file yet; or null. `length`: of the series, for reading ahead. Must not
  /// be called inside an H5Session.
  void read(const Selection &selection, std::byte *out, ChunkWriter *writer, int64_t length);

  /// The chunks that the last call has read, and where it has found them.
  struct Located {
    int64_t slab, tile;
    SeriesFile::ChunkPlace place;
  };
  const std::vector<Located> &located() const { return located_; }

  /// Whether a selection begins where the last one ended: some of it may be here already.
  bool continued_by(const Selection &selection) const { return selection.first == last_read_ + 1; }

 private:
  using Buffer = ChunkBuffers::Buffer;
  struct DecodeJob;
  using DecodePtr = std::shared_ptr<DecodeJob>;
  /// A chunk that is kept.
  struct Kept {
    int64_t slab, tile;
    DecodePtr job;
  };
  /// The part of one chunk that a selection takes: `count` snapshots from number `row` of it on, which are
  /// those from `index` on of the selection.
  struct Piece {
    int64_t slab, tile, row, count, index;
    const std::byte *samples = nullptr;  // where the chunk is, if it is here
    DecodePtr job;
  };

  std::vector<Piece> pieces(const Selection &selection, int64_t first, int64_t count) const;
  void read_pieces(const Selection &selection, std::byte *out, std::span<Piece> pieces, ChunkWriter *writer);
  void begin(const Selection &selection, std::byte *out, std::span<Piece> pieces);
  void take(const Selection &selection, std::byte *out, std::span<Piece> pieces);
  std::byte *direct_place(const Selection &selection, const Piece &piece, std::byte *out) const;
  void locate(std::span<Piece> pieces);
  void copy(const Selection &selection, const Piece &piece, std::byte *out) const;
  DecodePtr kept(int64_t slab, int64_t tile);
  void keep(const Piece &piece);
  void drop_failed();
  Buffer room();
  void read_ahead(const Selection &selection, int64_t length);
  void wait_for(std::span<Piece> pieces);

  SeriesFile &series_;
  const ChunkGeometry &geometry_;
  ChunkBuffers buffers_;
  int64_t most_kept_;
  std::vector<Located> located_;
  std::list<Kept> kept_;  // the last that was wanted comes first
  int64_t last_read_ = -1, in_order_ = 0;
  WorkerLane lane_;
};

}  // namespace pde
