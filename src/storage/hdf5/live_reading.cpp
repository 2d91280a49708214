// Reading a file while others write it: all that one call reads is of one commit, however many there are
// meanwhile, and nobody is kept waiting for it.
//
// The number in the journal tells whether anything that was committed has moved. Whoever reads looks at it
// before and after, and reads again if it has gone on. Where commits come faster than that, HDF5 is given
// copies of what it reads, taken at once between two of them; and samples, which take longer, are right if
// afterwards their chunks are still where they were, as no place is used anew while something leads to it.
#include <algorithm>
#include <chrono>
#include <exception>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "storage/hdf5/file_backend.hpp"
#include "storage/hdf5/h5.hpp"
#include "storage/hdf5/replay.hpp"

namespace pde {
namespace {

/// Whether nothing that was committed has moved from one look to a later one. What is laid over a file during
/// a commit is what it has after it.
bool same_commit(const JournalState &before, const JournalState &now) {
  if (before.sequence == 0) return false;
  return now.sequence == before.sequence || (before.applying() && now.sequence == before.sequence + 1);
}

}  // namespace

/// As long as there is nothing to look into, what has the path is all that counts.
void FileBackend::forget_look() {
  if (ops_.path_status(path_, &seen_) < 0) seen_ = {};
  seen_commit_ = {};
  seen_just_written_ = seen_torn_ = copied_ = false;
}

/// Before anything is read, so that later changes show.
void FileBackend::look_at(int fd) {
  // Clocks of file systems are coarse: after a change just now another one may look the same.
  constexpr auto kCoarse = std::chrono::milliseconds(50);
  ops_.status(fd, &seen_);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  seen_just_written_ = now - std::chrono::nanoseconds(seen_.modified) < kCoarse;
  seen_commit_ = current_commit(ops_, path_);
}

/// What the file is by now, for who only reads.
void FileBackend::look_through(DriverFile &driver) {
  constexpr int kMostTries = 1000;
  std::optional<JournalRecord> record;
  copied_ = false;
  for (int tries = 0; tries < kMostTries && !copied_; ++tries) {
    look_at(driver.fd());
    record.reset();
    if (seen_commit_.applying()) record = find_pending_commit(ops_, path_, seen_commit_, driver.fd());
    seen_torn_ = seen_commit_.applying() && !record;
    if (!copies_ || copies_->take(ops_, driver.fd()) < 0) break;
    copied_ = !seen_torn_ && same_commit(seen_commit_, current_commit(ops_, path_));
  }
  driver.look_through(copies_);
  if (record) driver.lay_over(*record);
}

/// Whether the file has been written to since it was looked at.
bool FileBackend::is_written() {
  FileStatus now;
  const int result = series_ ? ops_.status(series_->driver().fd(), &now) : ops_.path_status(path_, &now);
  if (result < 0) return false;
  return now.size != seen_.size || now.modified != seen_.modified || now.inode != seen_.inode;
}

/// Whether all that was read since then fits together.
bool FileBackend::is_of_one_commit() {
  const bool written = is_written();
  if (!written && !seen_just_written_) return true;
  const JournalState now = current_commit(ops_, path_);
  if (seen_commit_.sequence == 0 && now.sequence == 0) return !written;
  if (!seen_torn_ && same_commit(seen_commit_, now)) return true;
  if (!copied_ || copies_->missed()) return false;
  return !std::exchange(read_beside_, false) || chunks_stay();
}

/// Whether the chunks read last are where they were, and have been all the time.
bool FileBackend::chunks_stay() try {
  const std::vector<ChunkReader::Located> read = reader_->located();
  const uint64_t before = seen_commit_.sequence;
  look_anew();
  if (!copied_ || seen_commit_.shortened > before) return false;
  const H5Session session;
  for (const ChunkReader::Located &chunk : read) {
    if (series_->find_chunk(chunk.slab, chunk.tile) != chunk.place) return false;
  }
  return !copies_->missed();
} catch (const Error &) {
  return false;
}

/// Calls `read` until all that it has read is of one commit. It must not mind being called again.
void FileBackend::steadily(const std::function<void()> &read) {
  if (writing_ && !broken_) return read();
  constexpr auto kPatience = std::chrono::seconds(30);
  const Clock::time_point begin = Clock::now();
  for (int tries = 0;; ++tries) {
    std::exception_ptr failure;
    read_beside_ = false;
    try {
      read();
    } catch (const Error &) {
      failure = std::current_exception();
    }
    if (is_of_one_commit()) {
      if (failure) std::rethrow_exception(failure);
      return;
    }
    if (Clock::now() - begin > kPatience) {
      fail(PDE_ERR_BUSY,
           "{} is changed by another program faster than it can be read: nothing is damaged, try again",
           path_);
    }
    copied_ = false;
    if (!copies_) copies_ = std::make_shared<Capture>();
    constexpr int kAtOnce = 16;
    if (tries >= kAtOnce) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

/// The same, of fewer snapshots at a time where all of them take too long.
void FileBackend::read_steadily(const Selection &selection, void *out_data) {
  int64_t box_bytes = dtype_size(contents_.dtype);
  for (const int64_t size : selection.shape) box_bytes *= size;
  Selection part = selection;
  for (int64_t done = 0; done < selection.count; done += part.count) {
    part.first = selection.first + done * selection.step;
    part.count = std::min(part.count, selection.count - done);
    bool again = false;
    steadily([&] {
      if (std::exchange(again, true)) part.count = std::max<int64_t>(1, part.count / 8);
      read_part(part, static_cast<std::byte *>(out_data) + done * box_bytes);
    });
  }
}

}  // namespace pde
