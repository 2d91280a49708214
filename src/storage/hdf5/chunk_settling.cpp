// The writer of chunks before a commit, at the end, and after a failure: what of the snapshots that were
// appended the file has, or is to have.
#include <algorithm>
#include <cstring>
#include <utility>

#include "storage/hdf5/chunk_jobs.hpp"

namespace pde {

// ---- settling

int64_t ChunkWriter::settle() {
  const Clock::time_point start = Clock::now();
  finish_jobs(false);
  finish_writes();
  settling_.reset();
  waited_ += std::chrono::duration<double>(Clock::now() - start).count();
  return length_;
}

std::optional<int64_t> ChunkWriter::settle_ready() {
  collect();
  if (!settling_) {
    place_encoded();
    settling_ = (encoding_.empty() ? slab_ : encoding_.front()->slab) * geometry_.rows();
    collect_written();
  }
  if (!writing_.empty()) return std::nullopt;
  const int64_t rows = *std::exchange(settling_, std::nullopt);
  // Only now: what takes the place of committed bytes must not be there before the commit that tells of it.
  settle_seals(false);
  finish_writes();
  return encoding_.empty() && encoded_.empty() ? length_ : rows;
}

void ChunkWriter::finish_writes() {
  while (!writing_.empty()) {
    lane_.wait(writing_.front());
    collect_written();
  }
}

bool ChunkWriter::complete() {
  try {
    finish_writes();
  } catch (const std::exception &) {
    return false;
  }
  return !placing_ && !owing_;
}

int64_t ChunkWriter::stored() const {
  int64_t rows = slab_ * geometry_.rows();
  const auto at_most = [&](int64_t slab, int64_t count) {
    rows = std::min(rows, slab * geometry_.rows() + count);
  };
  if (!open_.empty() && rows_ > 0) {
    rows += rows_;
    for (const OpenChunk &chunk : open_) at_most(slab_, chunk.stored.tail ? chunk.stored.tail_rows : 0);
  }
  for (const EncodePtr &job : sealing_)
    if (job->samples) at_most(job->slab, job->stored.tail ? job->stored.tail_rows : 0);
  for (const auto *jobs : {&encoded_, &encoding_})
    if (!jobs->empty()) at_most(jobs->front()->slab, 0);
  return rows;
}

void ChunkWriter::settle_seals(bool wait) {
  for (const EncodePtr &job : sealing_) {
    if (settle_seal(job, wait || crowded())) buffers_.give(std::move(job->samples));
  }
  std::erase_if(sealing_, [](const EncodePtr &job) { return !job->samples; });
}

/// Seals that wait take memory, too: there must be room for another slab.
bool ChunkWriter::crowded() const {
  return buffers_.taken() + 2 * open_chunks(geometry_) > most_buffers_;
}

/// A chunk that takes no more snapshots and of which a commit has told. Says whether it is now what it is to
/// be.
bool ChunkWriter::settle_seal(const EncodePtr &job, bool wait) {
  if (!job->finished() && (wait || !job->stored.tail || settings_.rounding)) lane_.wait(job);
  const H5Session session;
  if (!job->finished()) {
    store_tail(job->slab, job->tile, job->samples.get(), job->stored, job->rows);
    return false;
  }
  take_result(*job);
  if (job->stored.tail) {
    // The worker has seen all rows; the file may lack the last ones.
    const int64_t known = job->before.empty() ? 0 : job->stored.tail_rows * geometry_.row_bytes();
    retired_.push_back({job->stored.tail, known, std::move(job->before)});
  }
  place_and_write(job->slab, job->tile, std::move(job->encoded), job->size, true);
  return true;
}

bool ChunkWriter::moves_open_slab() const {
  return rows_ > 0 && std::any_of(open_.begin(), open_.end(), [](const OpenChunk &chunk) {
           return chunk.stored.exists && !chunk.stored.tail;
         });
}

void ChunkWriter::settle_open_slab(int64_t length) {
  retired_.clear();
  if (rows_ == 0 || length < length_) return;
  for (size_t tile = 0; tile < open_.size(); ++tile)
    store_tail(slab_, static_cast<int64_t>(tile), open_[tile].samples.get(), open_[tile].stored, rows_);
  owing_ = false;
}

/// The first `rows` snapshots of a chunk, as they are. In an H5Session.
void ChunkWriter::store_tail(int64_t slab, int64_t tile, std::byte *samples, Stored &stored, int64_t rows) {
  const int64_t row = geometry_.row_bytes(), first = stored.tail ? stored.tail_rows : 0;
  if (first >= rows) return;
  round(slab, samples, first, rows);
  const auto needed = static_cast<hsize_t>(slab * geometry_.rows() + rows);
  if (series_.data_rows() < needed) series_.set_data_rows(needed);
  DriverFile &driver = series_.driver();
  if (stored.tail) {
    driver.write_in_place(samples + first * row, static_cast<size_t>((rows - first) * row),
                          stored.tail.offset + first * row);
  } else {
    const int64_t bytes = geometry_.chunk_bytes();
    stored.tail = series_.place_chunk(slab, tile, bytes, filters_.all_skipped(), stored.exists, placing_);
    if (driver.untouched(stored.tail.offset)) {  // its zeros need not be written
      driver.write(samples, static_cast<size_t>(rows * row), stored.tail.offset);
      driver.reach(stored.tail.offset + bytes);
    } else {
      clear_rest(samples, rows);
      driver.write(samples, static_cast<size_t>(bytes), stored.tail.offset);
    }
    placing_ = false;
  }
  stored.exists = true;
  stored.tail_rows = rows;
}

/// What a chunk has behind its first snapshots.
void ChunkWriter::clear_rest(std::byte *samples, int64_t rows) const {
  const int64_t used = rows * geometry_.row_bytes();
  std::memset(samples + used, 0, static_cast<size_t>(geometry_.chunk_bytes() - used));
}

void ChunkWriter::seal() {
  finish_jobs(true);
  if (rows_ > 0) {
    for (OpenChunk &chunk : open_) clear_rest(chunk.samples.get(), rows_);
    end_slab();
    finish_jobs(true);
  }
  finish_writes();
  settling_.reset();
  owing_ = false;
}

/// `all`: seals as well; else these may wait, as their snapshots are in the raw tail.
void ChunkWriter::finish_jobs(bool all) {
  collect();
  while (!encoding_.empty()) finish_front();
  place_encoded();
  settle_seals(all);
}

// ---- reading what is on its way

const std::byte *ChunkWriter::chunk(int64_t slab, int64_t tile) {
  place_encoded();
  if (slab == slab_ && rows_ > 0) {
    std::byte *samples = open_[static_cast<size_t>(tile)].samples.get();
    round(slab, samples, 0, rows_);
    return samples;
  }
  for (const auto *jobs : {&encoding_, &sealing_}) {
    for (const EncodePtr &job : *jobs) {
      if (job->slab != slab || job->tile != tile) continue;
      if (!settings_.rounding) return job->samples.get();
      lane_.wait(job);  // which reads them
      round(slab, job->samples.get(), 0, job->rows);
      return job->samples.get();
    }
  }
  finish_writes();
  return nullptr;
}

}  // namespace pde
