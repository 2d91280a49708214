#include "storage/hdf5/chunk_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "field/field.hpp"
#include "field/strided_copy.hpp"

namespace pde {
namespace {

constexpr int64_t kKeptBytes = int64_t{32} << 20, kMostKept = 256;
/// Chunks at a time, so that a long range takes no memory of its own.
constexpr int64_t kMostPieces = 64;

}  // namespace

struct ChunkReader::DecodeJob final : Job {
  explicit DecodeJob(const SeriesFile &file) : series(file) {}

  void run(ChunkCodec &codec) override {
    const auto bytes = static_cast<size_t>(series.direct()->chunk_bytes());
    series.read_chunk(place, codec, {out ? out : samples.get(), bytes});
  }

  const SeriesFile &series;
  SeriesFile::ChunkPlace place;
  bool handed_in = false;
  Buffer samples;            // of a chunk that is kept
  std::byte *out = nullptr;  // or straight to its place
};

ChunkReader::ChunkReader(SeriesFile &series, int threads)
    : series_(series),
      geometry_(*series.direct()),
      buffers_(static_cast<size_t>(geometry_.chunk_bytes())),
      most_kept_(std::clamp<int64_t>(kKeptBytes / geometry_.chunk_bytes(), 2, kMostKept)),
      lane_(threads) {}

ChunkReader::~ChunkReader() = default;

void ChunkReader::read(const Selection &selection, std::byte *out, ChunkWriter *writer, int64_t length) {
  located_.clear();
  const auto most = static_cast<size_t>(std::min(kMostPieces, most_kept_));
  const auto tiles = static_cast<int64_t>(geometry_.tiles_of({selection.lower, selection.shape}).size());
  const int64_t block = std::max<int64_t>(1, kMostPieces * geometry_.rows() / selection.step / tiles);
  for (int64_t index = 0; index < selection.count; index += block) {
    std::vector<Piece> all = pieces(selection, index, std::min(block, selection.count - index));
    for (std::span<Piece> rest(all); !rest.empty();) {
      const std::span<Piece> some = rest.first(std::min(most, rest.size()));
      read_pieces(selection, out, some, writer);
      rest = rest.subspan(some.size());
    }
  }
  if (writer) return;
  try {
    read_ahead(selection, length);
  } catch (const std::exception &) {
    drop_failed();  // what was wanted is there; what is wrong ahead is said when it is wanted
  }
}

// ---- the pieces of a selection

std::vector<ChunkReader::Piece> ChunkReader::pieces(const Selection &selection, int64_t first,
                                                    int64_t count) const {
  const std::vector<int64_t> tiles = geometry_.tiles_of({selection.lower, selection.shape});
  std::vector<Piece> result;
  for (int64_t index = first; index < first + count;) {
    const int64_t snapshot = selection.first + index * selection.step;
    const int64_t slab = snapshot / geometry_.rows(), row = snapshot % geometry_.rows();
    const int64_t here =
        std::min(first + count - index, (geometry_.rows() - row + selection.step - 1) / selection.step);
    for (const int64_t tile : tiles) result.push_back({slab, tile, row, here, index, nullptr, nullptr});
    index += here;
  }
  return result;
}

void ChunkReader::read_pieces(const Selection &selection, std::byte *out, std::span<Piece> pieces,
                              ChunkWriter *writer) {
  for (Piece &piece : pieces) {
    if (writer) piece.samples = writer->chunk(piece.slab, piece.tile);
    if (piece.samples) {
      copy(selection, piece, out);  // now: the next call of the writer may move them
    } else {
      piece.job = kept(piece.slab, piece.tile);
    }
  }
  try {
    begin(selection, out, pieces);
    for (const Piece &piece : pieces) {
      if (piece.job) located_.push_back({piece.slab, piece.tile, piece.job->place});
    }
    take(selection, out, pieces);
  } catch (...) {
    wait_for(pieces);  // they write into the caller's array
    drop_failed();
    throw;
  }
}

/// Hands in what is not here yet.
void ChunkReader::begin(const Selection &selection, std::byte *out, std::span<Piece> pieces) {
  bool any = false;
  for (Piece &piece : pieces) {
    if (piece.samples || piece.job) continue;
    any = true;
    const auto job = std::make_shared<DecodeJob>(series_);
    job->out = direct_place(selection, piece, out);
    if (!job->out) job->samples = room();
    piece.job = job;
    if (!job->out) keep(piece);
  }
  if (!any) return;
  locate(pieces);
  if (pieces.size() == 1) return;  // whoever wants it does it
  for (const Piece &piece : pieces) {
    if (!piece.job || piece.job->handed_in) continue;
    piece.job->handed_in = true;
    lane_.submit(piece.job);
  }
}

void ChunkReader::wait_for(std::span<Piece> pieces) {
  for (const Piece &piece : pieces) {
    if (piece.job && piece.job->handed_in) lane_.wait(piece.job);
  }
}

void ChunkReader::take(const Selection &selection, std::byte *out, std::span<Piece> pieces) {
  for (Piece &piece : pieces) {
    if (piece.samples) continue;
    if (!piece.job->handed_in) {
      piece.job->handed_in = true;
      lane_.run(piece.job);
    }
    lane_.wait(piece.job);
    const DecodeJob &job = *piece.job;
    if (job.status() != PDE_OK) {
      fail(job.status(), "reading snapshots from {} on of {}: {}", piece.slab * geometry_.rows(),
           series_.path(), job.problem());
    }
    if (job.out) continue;
    piece.samples = job.samples.get();
    copy(selection, piece, out);
  }
}

/// Where the whole chunk belongs in the caller's array; null if only some of it does.
std::byte *ChunkReader::direct_place(const Selection &selection, const Piece &piece, std::byte *out) const {
  if (!geometry_.whole() || selection.shape != geometry_.snapshot_shape()) return nullptr;
  if (piece.count != geometry_.rows() || selection.step != 1) return nullptr;
  return out + piece.index * geometry_.row_bytes();
}

void ChunkReader::locate(std::span<Piece> pieces) {
  const H5Session session;
  for (Piece &piece : pieces) {
    if (piece.job && !piece.job->handed_in) piece.job->place = series_.find_chunk(piece.slab, piece.tile);
  }
}

void ChunkReader::copy(const Selection &selection, const Piece &piece, std::byte *out) const {
  const ChunkGeometry::Box tile = geometry_.tile(piece.tile);
  const auto part = common_part(tile, {selection.lower, selection.shape});
  if (!part) return;
  const int64_t item = geometry_.item();
  std::vector<int64_t> from = c_strides(geometry_.tile_shape(), item), to = c_strides(selection.shape, item);
  const std::byte *source = piece.samples + piece.row * geometry_.row_bytes();
  int64_t box_bytes = item;
  for (const int64_t size : selection.shape) box_bytes *= size;
  std::byte *target = out + piece.index * box_bytes;
  for (size_t axis = 0; axis < part->lower.size(); ++axis) {
    source += (part->lower[axis] - tile.lower[axis]) * from[axis];
    target += (part->lower[axis] - selection.lower[axis]) * to[axis];
  }
  from.insert(from.begin(), selection.step * geometry_.row_bytes());
  to.insert(to.begin(), box_bytes);
  std::vector<int64_t> shape = part->shape;
  shape.insert(shape.begin(), piece.count);
  strided_copy(target, to, source, from, shape, item);
}

// ---- what is kept

ChunkReader::DecodePtr ChunkReader::kept(int64_t slab, int64_t tile) {
  for (auto entry = kept_.begin(); entry != kept_.end(); ++entry) {
    if (entry->slab != slab || entry->tile != tile) continue;
    kept_.splice(kept_.begin(), kept_, entry);
    return entry->job;
  }
  return nullptr;
}

void ChunkReader::keep(const Piece &piece) {
  kept_.push_front({piece.slab, piece.tile, piece.job});
}

/// Memory for one more chunk, in place of the one that was wanted longest ago.
ChunkReader::Buffer ChunkReader::room() {
  while (static_cast<int64_t>(kept_.size()) >= most_kept_) {
    const DecodePtr job = std::move(kept_.back().job);
    kept_.pop_back();
    if (job->handed_in) lane_.wait(job);
    buffers_.give(std::move(job->samples));
  }
  return buffers_.take();
}

/// So that they are tried again when they are wanted again.
void ChunkReader::drop_failed() {
  std::erase_if(kept_, [&](const Kept &entry) {
    const bool good = entry.job->handed_in && (!entry.job->finished() || entry.job->status() == PDE_OK);
    if (!good) buffers_.give(std::move(entry.job->samples));
    return !good;
  });
}

// ---- reading ahead

void ChunkReader::read_ahead(const Selection &selection, int64_t length) {
  const bool follows = continued_by(selection) && selection.step == 1;
  last_read_ = selection.last();
  in_order_ = follows ? in_order_ + 1 : 0;
  constexpr int64_t kEnough = 2;
  if (in_order_ < kEnough || lane_.threads() == 0) return;
  const std::vector<int64_t> tiles = geometry_.tiles_of({selection.lower, selection.shape});
  const auto per_slab = static_cast<int64_t>(tiles.size());
  const int64_t slabs = std::min<int64_t>(2 * lane_.threads(), most_kept_ / 2 / per_slab);
  const int64_t slab = selection.last() / geometry_.rows();
  std::vector<Piece> ahead;
  for (int64_t next = slab + 1; next <= slab + slabs && next * geometry_.rows() < length; ++next) {
    for (const int64_t tile : tiles) {
      if (kept(next, tile)) continue;
      const auto job = std::make_shared<DecodeJob>(series_);
      job->samples = room();
      ahead.push_back({next, tile, 0, 0, 0, nullptr, job});
    }
  }
  if (ahead.empty()) return;
  locate(ahead);
  for (const Piece &piece : ahead) {
    keep(piece);
    piece.job->handed_in = true;
    lane_.submit(piece.job);
  }
}

}  // namespace pde
