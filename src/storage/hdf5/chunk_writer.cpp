#include "storage/hdf5/chunk_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"
#include "field/nonfinite.hpp"
#include "storage/hdf5/chunk_jobs.hpp"

namespace pde {

// ---- beginning

/// Chunks of a slab that are filled at the same time. Where a slab is one snapshot they are so one by one.
int64_t ChunkWriter::open_chunks(const ChunkGeometry &geometry) {
  return geometry.rows() == 1 ? 1 : geometry.tiles();
}

bool ChunkWriter::suits(const ChunkGeometry &geometry, int64_t queue_bytes) {
  constexpr int64_t kAlways = int64_t{64} << 20;
  const int64_t most = std::max(kAlways, queue_bytes / 2);
  return geometry.chunk_bytes() <= most / open_chunks(geometry);
}

ChunkWriter::ChunkWriter(SeriesFile &series, const Settings &settings, int64_t length)
    : series_(series),
      geometry_(*series.direct()),
      filters_(series.filters()),
      settings_(settings),
      buffers_(ChunkCodec::bound(filters_, static_cast<size_t>(geometry_.chunk_bytes()))),
      before_(length),
      length_(length),
      slab_(length / geometry_.rows()),
      rows_(length % geometry_.rows()),
      lane_(settings.threads) {
  const auto bytes = static_cast<int64_t>(buffers_.bytes());
  const auto scratch =
      static_cast<int64_t>(ChunkCodec::scratch_bytes(filters_, static_cast<size_t>(geometry_.chunk_bytes())));
  // Less than this is too little to move at all: the open chunks, one that is encoded, and what it becomes.
  most_buffers_ =
      std::max(open_chunks(geometry_) + 2, (settings.queue_bytes - (settings.threads + 1) * scratch) / bytes);
  if (rows_ > 0) load_open_slab();
  if (static_cast<int64_t>(series.data_rows()) > length) drop_rest();
  seal_what_was_left();
}

ChunkWriter::~ChunkWriter() = default;

/// What the file has of the slab that goes on.
void ChunkWriter::load_open_slab() {
  for (int64_t tile = 0; tile < geometry_.tiles(); ++tile)
    open_.push_back(load(slab_, find(slab_, tile), rows_));
}

SeriesFile::ChunkPlace ChunkWriter::find(int64_t slab, int64_t tile) {
  const H5Session session;
  return series_.find_chunk(slab, tile);
}

ChunkWriter::OpenChunk ChunkWriter::load(int64_t slab, const SeriesFile::ChunkPlace &place, int64_t rows) {
  OpenChunk chunk{buffers_.take(), {}};
  try {
    const auto bytes = static_cast<size_t>(geometry_.chunk_bytes());
    series_.read_chunk(place, codec_, {chunk.samples.get(), bytes});
  } catch (const Error &error) {
    buffers_.give(std::move(chunk.samples));
    fail(error.code(), "reading {} of {}, which is to go on: {}", snapshots(slab), series_.path(),
         error.what());
  }
  chunk.stored.exists = static_cast<bool>(place.block);
  if (series_.is_raw(place)) {
    chunk.stored.tail = place.block;
    chunk.stored.tail_rows = rows;
  }
  return chunk;
}

/// Raw chunks that are full: an earlier session was killed, or a truncation came, while they waited for their
/// worker. What there is no memory for, or cannot be read, stays as it is. A chunk of one snapshot is never
/// open.
void ChunkWriter::seal_what_was_left() {
  if (filters_.count() == 0 || geometry_.rows() == 1) return;
  bool any = true;
  for (int64_t slab = slab_ - 1; slab >= 0 && any; --slab) {
    any = false;
    for (int64_t tile = 0; tile < geometry_.tiles(); ++tile) {
      const SeriesFile::ChunkPlace place = find(slab, tile);
      if (!series_.is_raw(place)) continue;
      any = true;
      if (crowded()) return;
      try {
        hand_over(slab, tile, load(slab, place, geometry_.rows()), geometry_.rows());
      } catch (const Error &error) {
        log_info("{}", error.what());
        return;
      }
    }
  }
}

/// Whole slabs, and the open one is written anew with the next commit. Where HDF5 cuts a slab itself it puts
/// the rest of it through its filters, and if that has the size of a raw tail, 1.10 keeps the mask of that.
void ChunkWriter::drop_rest() {
  const H5Session session;
  series_.set_data_rows(static_cast<hsize_t>(slab_ * geometry_.rows()));
  for (OpenChunk &chunk : open_) chunk.stored = {};
  owing_ = rows_ > 0;
}

// ---- appending

void ChunkWriter::append(const Field &snapshot, bool *out_finite) {
  intact_ = false;
  collect();
  intact_ = true;
  if (geometry_.rows() == 1 && geometry_.tiles() > 1) {
    if (out_finite) *out_finite = !find_nonfinite(snapshot);
    pack_in_tiles(snapshot);
  } else {
    if (open_.empty()) begin_slab();
    intact_ = false;
    pack(snapshot, out_finite);
    ++length_;
    if (++rows_ == geometry_.rows()) end_slab();
  }
  intact_ = true;
  appended_bytes_ += snapshot.description().bytes();
  check_slow_disk();
}

void ChunkWriter::begin_slab() {
  make_room(geometry_.tiles());
  std::vector<OpenChunk> chunks(static_cast<size_t>(geometry_.tiles()));
  try {
    for (OpenChunk &chunk : chunks) chunk.samples = buffers_.take();
  } catch (...) {
    for (OpenChunk &chunk : chunks) buffers_.give(std::move(chunk.samples));
    throw;
  }
  open_ = std::move(chunks);
}

void ChunkWriter::pack(const Field &snapshot, bool *out_finite) {
  if (geometry_.whole()) {
    std::byte *to = open_[0].samples.get() + rows_ * geometry_.row_bytes();
    if (!out_finite) return snapshot.pack(to);
    *out_finite = pack_finite(snapshot, to);
    return;
  }
  if (out_finite) *out_finite = !find_nonfinite(snapshot);
  for (int64_t tile = 0; tile < geometry_.tiles(); ++tile)
    pack_tile(snapshot, tile, open_[static_cast<size_t>(tile)].samples.get() + rows_ * geometry_.row_bytes());
}

/// Cells of a tile that the snapshot does not have are 0.
void ChunkWriter::pack_tile(const Field &snapshot, int64_t tile, std::byte *to) const {
  const ChunkGeometry::Box box = geometry_.tile(tile);
  if (box.shape != geometry_.tile_shape()) std::memset(to, 0, static_cast<size_t>(geometry_.row_bytes()));
  snapshot.pack_box(box.lower, box.shape, to, c_strides(geometry_.tile_shape(), geometry_.item()));
}

/// A large snapshot goes tile by tile, so that no more of it is here than the queue may hold.
void ChunkWriter::pack_in_tiles(const Field &snapshot) {
  for (int64_t tile = 0; tile < geometry_.tiles(); ++tile) {
    make_room(1);
    OpenChunk chunk{buffers_.take(), {}};
    intact_ = false;
    pack_tile(snapshot, tile, chunk.samples.get());
    hand_over(slab_, tile, std::move(chunk), 1);
  }
  ++slab_;
  ++length_;
}

void ChunkWriter::end_slab() {
  std::vector<OpenChunk> chunks = std::exchange(open_, {});
  for (size_t tile = 0; tile < chunks.size(); ++tile)
    hand_over(slab_, static_cast<int64_t>(tile), std::move(chunks[tile]), rows_);
  ++slab_;
  rows_ = 0;
}

/// A chunk that takes no more snapshots.
void ChunkWriter::hand_over(int64_t slab, int64_t tile, OpenChunk chunk, int64_t rows) {
  const int64_t row = geometry_.row_bytes();
  if (filters_.count() == 0) {
    const Stored &stored = chunk.stored;
    round(slab, chunk.samples.get(), stored.tail ? stored.tail_rows : 0, rows);
    if (stored.tail) {
      const WritePtr job =
          write_job(slab, std::move(chunk.samples), stored.tail_rows * row, (rows - stored.tail_rows) * row);
      job->offset = stored.tail.offset + stored.tail_rows * row;
      lane_.submit(job);
    } else {
      const H5Session session;
      place_and_write(slab, tile, std::move(chunk.samples), geometry_.chunk_bytes(), stored.exists);
    }
    return;
  }
  make_room(1);
  const auto job = std::make_shared<EncodeJob>(*this);
  job->slab = slab;
  job->tile = tile;
  job->rows = rows;
  if (slab * geometry_.rows() < before_) {
    round(slab, chunk.samples.get(), 0, rows);
    job->rounded = true;
  }
  choose_compressor(job);
  job->encoded = buffers_.take();
  job->samples = std::move(chunk.samples);
  job->stored = chunk.stored;
  if (job->stored.tail && !settings_.rounding) job->replaces = job->stored.tail.offset;
  (job->stored.exists ? sealing_ : encoding_).push_back(job);
  lane_.submit(job);
}

/// By the first chunk, which the second one waits for.
void ChunkWriter::choose_compressor(const EncodePtr &job) {
  const bool fast = filters_.deflate && (filters_.level == 1 || filters_.level == 2);
  if (!fast) return;
  if (!choice_ && !choosing_) {
    job->chooses = true;
    choosing_ = job;
    return;
  }
  if (!choice_) {
    lane_.wait(choosing_);
    choice_ = choosing_->choice;
    choosing_.reset();
  }
  job->choice = *choice_;
}

/// Only rounded samples may be seen; rounding again what a worker rounds changes nothing.
void ChunkWriter::round(int64_t slab, std::byte *samples, int64_t begin, int64_t end) const {
  if (!settings_.rounding) return;
  begin = std::max(begin, before_ - slab * geometry_.rows());
  if (begin >= end) return;
  std::byte *first = samples + begin * geometry_.row_bytes();
  settings_.rounding->apply(first, first, (end - begin) * geometry_.row_bytes() / geometry_.item());
}

/// A chunk that has been through all filters. In an H5Session.
void ChunkWriter::place_and_write(int64_t slab, int64_t tile, Buffer bytes, int64_t size, bool replaces) {
  const int64_t first = slab * geometry_.rows();
  const int64_t rows = std::max(first + 1, std::min(first + geometry_.rows(), length_));
  if (static_cast<int64_t>(series_.data_rows()) < rows) series_.set_data_rows(static_cast<hsize_t>(rows));
  // Made before HDF5 knows of the chunk, so that nothing can come between that and the bytes.
  const WritePtr job = write_job(slab, std::move(bytes), 0, size);
  bool held = false;
  try {
    job->offset = series_.place_chunk(slab, tile, size, 0, replaces, placing_).offset;
    held = hold(*job);
  } catch (...) {
    writing_.pop_back();
    throw;
  }
  if (held) {
    buffers_.give(std::move(job->bytes));
    writing_.pop_back();
  } else {
    lane_.submit(job);
  }
  placing_ = false;
}

/// Where the last commit tells of something else, the chunk waits for the next one. Says whether it does.
/// What of it lies outside of a raw tail that is replaced comes before what leads to it, as an older chunk
/// may be there.
bool ChunkWriter::hold(const WriteJob &job) {
  DriverFile &driver = series_.driver();
  if (!driver.holds(job.offset)) return false;
  for (int64_t begin = 0, end = 0; begin < job.size; begin = end) {
    end = job.size;
    const Retired *sealed = nullptr;
    for (const Retired &retired : retired_) {
      const int64_t first = retired.tail.offset - job.offset, last = first + retired.tail.size;
      if (first > begin) {
        end = std::min(end, first);
      } else if (begin < last) {
        sealed = &retired;
        end = std::min(end, last);
      }
    }
    if (sealed) {
      hold_sealed(job.bytes.get() + begin, end - begin, job.offset + begin, *sealed);
    } else {
      driver.write(job.bytes.get() + begin, static_cast<size_t>(end - begin), job.offset + begin);
    }
  }
  return true;
}

/// Of what was there whole sectors are known; the rest is read.
void ChunkWriter::hold_sealed(const std::byte *bytes, int64_t size, int64_t offset, const Retired &retired) {
  int64_t known = 0;
  if (offset == retired.tail.offset)
    known =
        std::max<int64_t>(0, (offset + std::min(size, retired.known)) / kSectorBytes * kSectorBytes - offset);
  DriverFile &driver = series_.driver();
  if (known > 0) {
    driver.write(bytes, static_cast<size_t>(known), offset, Part::sealed,
                 {retired.before.begin(), retired.before.begin() + sectors(offset, known)});
  }
  if (known < size)
    driver.write(bytes + known, static_cast<size_t>(size - known), offset + known, Part::sealed);
}

/// To be handed in by the caller.
ChunkWriter::WritePtr ChunkWriter::write_job(int64_t slab, Buffer bytes, int64_t begin, int64_t size) {
  const auto job = std::make_shared<WriteJob>(series_.driver());
  job->slab = slab;
  job->bytes = std::move(bytes);
  job->begin = begin;
  job->size = size;
  writing_.push_back(job);
  return job;
}

// ---- what has finished, and waiting for it

std::string ChunkWriter::snapshots(int64_t slab) const {
  const int64_t first = slab * geometry_.rows();
  const int64_t last = std::min(first + geometry_.rows(), length_) - 1;
  return first >= last ? fmt::format("snapshot {}", first) : fmt::format("snapshots {} to {}", first, last);
}

/// So much more memory may be taken than is on its way now. What fails here concerns earlier snapshots.
void ChunkWriter::make_room(int64_t buffers) {
  const bool intact = std::exchange(intact_, false);
  while (buffers_.taken() + buffers > most_buffers_) {
    if (collect()) continue;
    if (!encoded_.empty()) {
      place_encoded();
    } else if (!encoding_.empty() || !writing_.empty()) {
      wait_for_progress();
    } else {
      break;
    }
  }
  intact_ = intact;
}

/// Says whether anything had finished.
bool ChunkWriter::collect() {
  const bool encoded = collect_encoded();
  return collect_written() || encoded;
}

/// Some are placed at a time: HDF5 has left the cache since the last ones, and has to come back for each
/// time.
bool ChunkWriter::collect_encoded() {
  bool any = false;
  for (; !encoding_.empty() && encoding_.front()->finished(); any = true) {
    take_result(*encoding_.front());
    buffers_.give(std::move(encoding_.front()->samples));
    encoded_.push_back(std::move(encoding_.front()));
    encoding_.pop_front();
  }
  constexpr size_t kSome = 8;
  if (encoded_.size() >= kSome && !settling_) place_encoded();
  return any;
}

void ChunkWriter::place_encoded() {
  if (encoded_.empty()) return;
  const H5Session session;
  for (; !encoded_.empty(); encoded_.pop_front()) {
    EncodeJob &job = *encoded_.front();
    place_and_write(job.slab, job.tile, std::move(job.encoded), job.size, false);
  }
}

bool ChunkWriter::collect_written() {
  bool any = false;
  for (const WritePtr &job : writing_) {
    if (!job->finished()) continue;
    any = true;
    if (job->error != 0) {
      series_.driver().fail_write("writing " + snapshots(job->slab) + " to", job->error, job->offset);
      fail(PDE_ERR_IO, "{}", series_.driver().problem());
    }
    written_bytes_ += job->size;
    buffers_.give(std::move(job->bytes));
  }
  if (any) std::erase_if(writing_, [](const WritePtr &job) { return job->finished() && !job->bytes; });
  return any;
}

void ChunkWriter::take_result(EncodeJob &job) {
  if (job.status() == PDE_OK) return;
  fail(job.status(), "compressing {} of {}: {}", snapshots(job.slab), series_.path(), job.problem());
}

/// The caller lends a hand; where there is nothing left to begin, it waits for the oldest.
void ChunkWriter::wait_for_progress() {
  const Clock::time_point start = Clock::now();
  const bool for_disk = 2 * static_cast<int64_t>(writing_.size()) > buffers_.taken();
  if (!lane_.help()) {
    if (!writing_.empty()) {
      lane_.wait(writing_.front());
    } else {
      lane_.wait(encoding_.front());
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  waited_ += seconds;
  if (for_disk) waited_for_disk_ += seconds;
}

void ChunkWriter::check_slow_disk() {
  if (told_slow_disk_ || waited_for_disk_ < 1) return;
  told_slow_disk_ = true;
  const double seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
  log_warning(
      "{}: the disk is slower than the recording: it has taken {:.1f} MB/s of {:.1f} MB/s of samples, and "
      "appends have waited for it {:.1f} s of {:.1f} s",
      series_.path(), 1e-6 * static_cast<double>(written_bytes_) / seconds,
      1e-6 * static_cast<double>(appended_bytes_) / seconds, waited_for_disk_, seconds);
}

void ChunkWriter::finish_front() {
  const EncodePtr job = encoding_.front();
  while (!job->finished())
    if (!lane_.help()) lane_.wait(job);
  collect();
}

}  // namespace pde
