// The file backend: series in HDF5 files that py-pde and any other HDF5 reader open (docs/formats.md).
//
// This file decides what is written when: metadata first, rows as they come, commits by time or count,
// data_length at the end. A new series is written beside the old file and takes its name with the first
// commit; a series that goes on is extended in place.
#include <fcntl.h>
#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/threads.hpp"
#include "field/nonfinite.hpp"
#include "storage/hdf5/file_backend.hpp"
#include "storage/hdf5/h5.hpp"
#include "storage/hdf5/replay.hpp"
#include "storage/hdf5/series_path.hpp"

namespace pde {
namespace {

// ---- options

constexpr OptionSpec kFileOptions[] = {
    {"compression", OptionType::choice, "gzip", "none|gzip", "filter for the samples"},
    {"level", OptionType::integer, "1", "0 9", "effort of gzip: 1 is fast, 9 is small"},
    {"compression_opts", OptionType::integer, "", "0 9", "another name of level", "level"},
    {"shuffle", OptionType::flag, "true", "", "bytes of equal weight side by side before compressing"},
    {"checksum", OptionType::flag, "false", "",
     "Fletcher-32 checksum in each chunk, verified when it is read"},
    {"chunk_bytes", OptionType::integer, "1048576", "1 4294967295",
     "small snapshots share a chunk of at most this many bytes; a larger snapshot has its own"},
    {"chunk_shape", OptionType::reals, "", "",
     "chunk by hand: snapshots, then cells along each axis of a snapshot"},
    {"commit_seconds", OptionType::real, "1", "0 -",
     "wall-clock seconds; an append commits if the last append is this long ago, and what is ready if the "
     "last commit is; the first one always does"},
    {"commit_every", OptionType::integer, "0", "0 -", "commit after this many appends; 0: by time only"},
    {"threads", OptionType::integer, "", "0 1024",
     "workers that compress, write and read beside the caller; 0: none; left out: the cores that the process "
     "may use"},
    {"queue_bytes", OptionType::integer, "268435456", "0 -",
     "memory for snapshots on their way to the file; when it is used up, an append compresses a chunk "
     "itself, or waits"},
    {"keep_bits", OptionType::integer, "0", "0 52",
     "round to so many bits of the mantissa: off by at most 2^-(keep_bits + 1) of the sample; 0: keep all"},
    {"tolerance_abs", OptionType::real, "0", "0 -", "round, off by at most this; 0: do not"},
    {"tolerance_rel", OptionType::real, "0", "0 1", "round, off by at most this times the sample; 0: do not"},
    {"fsync", OptionType::flag, "false", "", "a commit waits until the data is on the disk itself"},
    {"max_length", OptionType::integer, "0", "0 -", "snapshots that the file may hold; 0: no limit"},
    {"grid", OptionType::text, "", "",
     "the text form of a grid, for files that do not say what their snapshots are"},
    kTimeOrderOption,
    kNonfiniteOption,
    kInfoOption,
};

std::vector<int64_t> chunk_shape_option(const ResolvedOptions &options) {
  std::vector<int64_t> shape;
  if (!options.has("chunk_shape")) return shape;
  for (double size : options.reals("chunk_shape")) {
    if (!(size >= 1 && size <= 4294967295.0) || size != std::floor(size)) {
      fail(PDE_ERR_ARGUMENT,
           "option chunk_shape has the entry {}, expected whole numbers from 1 to 4294967295", size);
    }
    shape.push_back(static_cast<int64_t>(size));
  }
  return shape;
}

RoundingSettings rounding_options(const ResolvedOptions &options) {
  return {options.integer("keep_bits"), options.real("tolerance_abs"), options.real("tolerance_rel")};
}

}  // namespace

// ---- opening

FileBackend::FileBackend(const BackendRequest &request)
    : commit_seconds_(request.options.real("commit_seconds")),
      commit_every_(request.options.integer("commit_every")),
      sync_(request.options.flag("fsync")),
      threads_(request.options.has("threads") ? static_cast<int>(request.options.integer("threads"))
                                              : usable_cores()),
      queue_bytes_(request.options.integer("queue_bytes")),
      rounding_(rounding_options(request.options)),
      mode_(request.mode),
      path_(resolved_path(request.location)) {
  const ResolvedOptions &options = request.options;
  layout_ = {.gzip = options.text("compression") == "gzip",
             .shuffle = options.flag("shuffle"),
             .checksum = options.flag("checksum"),
             .level = static_cast<unsigned>(options.integer("level")),
             .chunk_bytes = options.integer("chunk_bytes"),
             .max_length = options.integer("max_length"),
             .chunk_shape = chunk_shape_option(options)};
  rounding_.check();
  recover();
  inspect();
}

/// A mode that may change the file mends it; others see what it would be then (open_series).
void FileBackend::recover() {
  if (mode_ == Mode::readonly || !is_commit_pending(ops_, path_)) return;
  try {
    WriterLock lock(ops_, path_, sync_);
    replay(ops_, path_, lock);
  } catch (const Error &error) {
    log_info("{}", error.what());  // somebody is writing, or we must not
  }
}

// ---- starting

void FileBackend::begin() {
  // Held since an earlier session: nobody else has written, but what this storage has written is to be
  // learnt.
  locked_before_ = lock_ != nullptr;
  if (locked_before_) return inspect();
  const std::filesystem::path folder = std::filesystem::path(path_).parent_path();
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail(PDE_ERR_IO, "creating the folder {}: {}", folder.string(), error.message());
  lock_ = std::make_unique<WriterLock>(ops_, path_, sync_);
  try {
    replay(ops_, path_, *lock_);
    inspect();  // it may have changed since it was opened
  } catch (...) {
    lock_.reset();
    throw;
  }
}

/// A lock that is held since an earlier session stays until the storage is closed.
void FileBackend::cancel() {
  if (!locked_before_) lock_.reset();
}

void FileBackend::start(const FieldDescription &sample, StartMode mode, const Info &info) {
  touched_ = false;
  Rounding::create(sample.dtype, rounding_);  // refuses what it cannot round
  try {
    if (mode == StartMode::extend) start_extending();
    if (mode == StartMode::replace || !series_) start_new();
    {
      const H5Session session;
      if (!series_->has_datasets()) {
        series_->create_datasets(sample, layout_);
        length_ = 0;
        snapshot_bytes_ = sample.bytes();
      }
      series_->mark_rounding(length_, rounding_);
      run_state_ = stored_run_state_ = series_->run_state();
      write_info(info);
      check_alive();
    }
    contents_.length = length_;
    contents_.dtype = series_->dtype();
    contents_.shape.assign(series_->snapshot_shape().begin(), series_->snapshot_shape().end());
    begin_writing();
  } catch (...) {
    // An extended file has been touched: nobody knows better than a new look at it what it holds.
    if (touched_) broken_ = true;
    release();
    if (!broken_) look_again();
    throw;
  }
  writing_ = true;
  committed_ = temporary_.empty() ? length_ : 0;
  committed_once_ = false;
  due_ = Commit::none;
}

/// What brings snapshots into the file, which holds the first length_ from here on.
void FileBackend::begin_writing() {
  leave_series();
  try {
    const ChunkGeometry *geometry = series_->direct();
    if (geometry && ChunkWriter::suits(*geometry, queue_bytes_)) {
      writer_ = std::make_unique<ChunkWriter>(
          *series_,
          ChunkWriter::Settings{threads_, queue_bytes_, Rounding::create(series_->dtype(), rounding_)},
          length_);
    }
    const H5Session session;
    if (!series_->fixed() && !writer_) series_->set_data_rows(static_cast<hsize_t>(length_));
    times_ = std::make_unique<TimesWriter>(*series_, length_);
  } catch (...) {
    series_->driver().abandon();  // half of what was to be done is nothing to be written
    throw;
  }
}

/// After a refused start, so that reading goes on; what cannot be read now says so when it is read.
void FileBackend::look_again() {
  try {
    inspect();
  } catch (const Error &error) {
    log_info("{}", error.what());
  }
}

/// A new file beside the path; the old one stays open, locked against stock writers, until its name is taken.
void FileBackend::start_new() {
  if (series_) lock_data_file(ops_, series_->driver().fd(), path_);
  std::string beside = path_ + ".tmp";
  Descriptor file = create_beside(ops_, beside);
  temporary_ = std::move(beside);  // from here on it is removed if anything fails
  leave_series();
  replaced_ = std::move(series_);
  series_ = std::make_unique<SeriesFile>(ops_, std::move(file), temporary_, &lock_->journal());
  lock_data_file(ops_, series_->driver().fd(), temporary_);
  stored_info_.clear();
  contents_ = {};
  length_ = 0;
  const H5Session session;
  series_->create();
}

void FileBackend::start_extending() {
  close_series(series_);
  series_ = open_series(true);
  if (!series_) return;
  lock_data_file(ops_, series_->driver().fd(), path_);
  learn(*series_);
  const H5Session session;
  if (series_->has_datasets()) {
    series_->check_filters(H5Z_FILTER_CONFIG_ENCODE_ENABLED);
    series_->check_extending(static_cast<hsize_t>(length_));
  }
  touched_ = true;
  if (!series_->has_datasets()) return;
  if (!series_->fixed() && series_->gather_times()) commit_series();
  drop_infos_beyond();
  if (series_->fixed()) return;
  // Rows beyond the valid ones (of a failed append, or py-pde's max_length) are dropped before anything is
  // committed; they would count once data_length is gone.
  h5_remove_attribute(series_->file(), "data_length");
  stored_info_.erase("data_length");
}

/// Metadata of snapshots that are not there, as a killed session may leave it, would become that of later
/// ones. A group that makes no sense is somebody else's, and left alone.
void FileBackend::drop_infos_beyond() {
  try {
    series_->snapshot_infos().truncate(length_);
  } catch (const Error &error) {
    if (error.code() != PDE_ERR_FORMAT) throw;
    log_info("{}", error.what());
  }
}

void FileBackend::write_info(const Info &info) {
  for (const auto &[key, json] : info.entries()) {
    if (key != "data_length") write_attribute(key, json);
  }
  std::vector<std::string> removed;
  for (const auto &[key, json] : stored_info_) {
    if (key != "data_length" && !info.find(key)) removed.push_back(key);
  }
  for (const std::string &key : removed) {
    h5_remove_attribute(series_->file(), key);
    stored_info_.erase(key);
  }
}

void FileBackend::write_attribute(const std::string &key, const std::string &json) {
  const auto stored = stored_info_.find(key);
  if (stored != stored_info_.end() && stored->second == json) return;
  h5_write_text(series_->file(), key, json);
  stored_info_[key] = json;
}

// ---- appending

void FileBackend::append(const Field &snapshot, double time, const std::string *info, bool *out_finite) {
  check_alive();
  if (layout_.max_length > 0 && length_ >= layout_.max_length) {
    fail(PDE_ERR_RANGE, "{} is full: it holds {} snapshots, which option max_length allows", name(), length_);
  }
  if (static_cast<hsize_t>(length_) >= series_->most_rows()) {
    fail(PDE_ERR_RANGE, "{} is full: its datasets were made for {} snapshots and cannot grow", name(),
         series_->most_rows());
  }
  if (info) {
    const H5Session session;
    series_->snapshot_infos().check();
  }
  times_->append(time);
  try {
    append_samples(snapshot, out_finite);
  } catch (...) {
    times_->drop_last();
    throw;
  }
  if (info) breaking([&] { series_->snapshot_infos().append(length_, *info); });
  ++length_;
  const Clock::time_point last = std::exchange(last_append_, Clock::now());
  due_ = std::max(due_, due_after(last));
}

void FileBackend::append_samples(const Field &snapshot, bool *out_finite) {
  if (!writer_) {
    if (out_finite) *out_finite = !find_nonfinite(snapshot);
    return append_row(snapshot);
  }
  try {
    writer_->append(snapshot, out_finite);
  } catch (...) {
    if (!writer_->intact()) give_up();
    throw;
  }
}

/// Through HDF5, for datasets whose chunks are not direct.
void FileBackend::append_row(const Field &snapshot) {
  const auto rounding = Rounding::create(series_->dtype(), rounding_);
  const void *samples = snapshot.c_order_data();
  if (!samples || rounding) {
    scratch_.resize(static_cast<size_t>(snapshot_bytes_));
    snapshot.pack(scratch_.data());
    if (rounding) rounding->apply(scratch_.data(), scratch_.data(), snapshot.description().count());
    samples = scratch_.data();
  }
  const auto row = static_cast<hsize_t>(length_);
  const bool room = row < series_->data_rows();
  try {
    const H5Session session;
    if (!room) series_->set_data_rows(row + 1);
    series_->driver().samples_in_place(series_->contiguous());
    series_->write_row(row, samples);
    series_->driver().samples_in_place(false);
    check_alive();
  } catch (const std::exception &) {
    series_->driver().samples_in_place(false);
    if (!room && !drop_row(row)) give_up();
    throw;
  }
}

bool FileBackend::drop_row(hsize_t row) try {
  const H5Session session;
  series_->set_data_rows(row);
  return true;
} catch (const std::exception &) {
  return false;
}

/// A step in whose middle nothing may fail: afterwards nobody knows what the file would hold.
template <class F>
void FileBackend::breaking(F &&step) {
  try {
    step();
  } catch (...) {
    give_up();
    throw;
  }
}

/// HDF5 closes the file in good order, unless what it has in mind tells of samples that never got there: then
/// none of it is written any more.
void FileBackend::give_up() {
  broken_ = true;
  if (series_ && !is_whole()) series_->driver().abandon();
}

/// Whether HDF5 knows of nothing that the file has not, or can be made to. It keeps as many snapshots as are
/// there from first to last.
bool FileBackend::is_whole() try {
  if (writer_ && !writer_->complete()) return false;
  if (!times_) return true;
  if (times_->owing()) return false;
  const int64_t whole = std::min(writer_ ? writer_->stored() : length_, times_->written());
  const auto rows = static_cast<hsize_t>(std::max(whole, committed_));
  const H5Session session;
  if (!series_->fixed() && series_->times_rows() > rows) series_->set_times_rows(rows);
  return true;
} catch (const std::exception &) {
  return false;
}

/// One after the other, each in a commit of its own: what one of them frees the next may take, and a reader
/// must not find that under what it still sees.
void FileBackend::truncate(int64_t length) {
  check_alive();
  {
    const H5Session session;
    series_->snapshot_infos().check();
  }
  // First of all, so that a failure further on leaves what there was.
  commit(Commit::all);
  breaking([&] {
    leave_series();
    {
      const H5Session session;
      TimesWriter(*series_, length).write(length);
      commit_series();
      series_->snapshot_infos().truncate(length);
      commit_series();
    }
    length_ = length;
    begin_writing();
  });
  committed_ = std::min(committed_, length);
  commit(Commit::all);
}

/// Behind HDF5's own filters, a chunk that was committed half full moves when it is full: its old place may
/// be taken by something else at once, so that must not happen before what tells of the new place is there,
/// too.
bool FileBackend::chunk_moves() const {
  if (writer_) return false;
  const int64_t rows = series_->rows_that_move();
  return committed_ % rows != 0 && length_ / rows != committed_ / rows;
}

/// What is held until the next commit takes memory.
constexpr int64_t kMostHeld = int64_t{32} << 20;

/// A recording that is slow loses nothing; one that is fast is not held up, and commits what has got through.
Commit FileBackend::due_after(Clock::time_point last_append) {
  if (!committed_once_ || chunk_moves() || series_->snapshot_infos().full()) return Commit::all;
  if (series_->driver().held() > kMostHeld) return Commit::all;
  if (commit_every_ > 0 && length_ - committed_ >= commit_every_) return Commit::all;
  const std::chrono::duration<double> interval(commit_seconds_);
  if (last_append_ - last_append >= interval) return Commit::all;
  return last_append_ - last_commit_ >= interval ? Commit::ready : Commit::none;
}

void FileBackend::commit(Commit which) {
  check_alive();
  if (which == Commit::none) return;
  due_ = Commit::none;
  breaking([&] {
    const std::optional<int64_t> settled = !writer_               ? length_
                                           : which == Commit::all ? writer_->settle()
                                                                  : writer_->settle_ready();
    if (!settled) return;
    // Also where nothing was added: what is settled may have taken the place of what was committed.
    const int64_t rows = std::max(*settled, committed_);
    const H5Session session;
    check_alive();
    // What is put next may take the places that seals have freed, of which the last commit still tells.
    if (series_->driver().held_samples()) commit_series();
    // First, so that a raw tail lies at the end of the file, which shrinks again when it is sealed.
    times_->write(rows);
    series_->snapshot_infos().write();
    // The same of a chunk that goes on: it moves.
    if (writer_ && writer_->moves_open_slab()) commit_series();
    if (writer_) writer_->settle_open_slab(rows);
    if (!series_->fixed() && static_cast<int64_t>(series_->data_rows()) < rows)
      series_->set_data_rows(static_cast<hsize_t>(rows));
    // Rows that cannot be taken away are only known to be invalid by this attribute.
    if (series_->fixed()) write_attribute("data_length", fmt::format("{}", rows));
    write_run_state();
    commit_series();
    if (!temporary_.empty()) take_name();
    committed_ = rows;
    committed_once_ = true;
    ++commits_;
    last_commit_ = Clock::now();
  });
}

/// In an H5Session. A text that HDF5 has no room for is none: a run can do without it.
void FileBackend::write_run_state() {
  constexpr size_t kMost = 40000;  // of at most 64 KiB with all that an object header holds
  if (run_state_.size() > kMost) {
    log_warning("what a run would need to go on from {} takes {} bytes, more than the {} there is room for",
                path_, run_state_.size(), kMost);
    run_state_.clear();
  }
  if (run_state_ == stored_run_state_) return;
  series_->write_run_state(run_state_);
  stored_run_state_ = run_state_;
}

/// In an H5Session.
void FileBackend::commit_series() {
  series_->commit();
  check_alive();
}

/// The new file takes the place of the old one: from here on a kill leaves the new series.
void FileBackend::take_name() {
  const int result = ops_.rename(temporary_, path_);
  if (result < 0) fail(PDE_ERR_IO, "renaming {} to {}: {}", temporary_, path_, errno_text(-result));
  temporary_.clear();
  series_->driver().moved(path_);
  look_at(series_->driver().fd());
  if (replaced_) replaced_.reset();
  if (!sync_) return;
  const Descriptor folder(
      ops_, ops_.open(std::filesystem::path(path_).parent_path().string(), O_RDONLY | O_DIRECTORY, 0));
  const int synced = folder ? ops_.sync(folder.get()) : folder.get();
  if (synced < 0) fail(PDE_ERR_IO, "putting the folder of {} on the disk: {}", path_, errno_text(-synced));
}

void FileBackend::check_alive() {
  if (problem_.empty()) problem_ = series_->driver().problem();
  if (problem_.empty()) return;
  broken_ = true;
  fail(series_ && series_->driver().lacks_memory() ? PDE_ERR_MEMORY : PDE_ERR_IO, "{}", problem_);
}

// ---- ending

void FileBackend::finish(const Info &info) {
  check_alive();
  breaking([&] {
    if (writer_) writer_->seal();
    const H5Session session;
    check_alive();
    write_info(info);
    if (length_ > 0) write_attribute("data_length", fmt::format("{}", length_));
  });
  commit(Commit::all);
  leave_series();
  {
    const H5Session session;
    breaking([&] { series_->close(); });
  }
  close_series(series_);
  writing_ = false;
}

/// The lock stays until the storage is closed, as after any session.
void FileBackend::erase() {
  if (series_) lock_data_file(ops_, series_->driver().fd(), path_);
  close_series(series_);
  const int result = ops_.unlink(path_);
  if (result < 0 && result != -ENOENT) fail(PDE_ERR_IO, "removing {}: {}", path_, errno_text(-result));
  contents_ = {};
  info_ = {};
  stored_info_.clear();
  length_ = committed_ = snapshot_bytes_ = 0;
}

void FileBackend::close() {
  release();
}

void FileBackend::close_series(SeriesPtr &series) {
  if (!series) return;
  if (&series == &series_) leave_series();
  const H5Session session;
  series.reset();
}

/// What reads and writes series_ beside HDF5 ends before it.
void FileBackend::leave_series() {
  if (writer_) {
    seconds_waited_ += writer_->seconds_waited();
    queue_peak_ = std::max(queue_peak_, writer_->queue_peak());
  }
  reader_.reset();
  writer_.reset();
  times_.reset();
}

/// Lets go of everything. What has not been committed under its own name is removed.
void FileBackend::release() {
  const bool ours = lock_ && lock_->owned();  // and not of the process that we were forked from
  leave_series();
  if (!temporary_.empty() && series_) series_->driver().abandon();
  close_series(series_);
  close_series(replaced_);
  if (!temporary_.empty() && ours) ops_.unlink(temporary_);
  temporary_.clear();
  lock_.reset();
  writing_ = false;
}

BackendStatistics FileBackend::statistics() {
  FileStatus status;
  int64_t stored = 0;
  if (series_) {
    stored = series_->driver().size();
  } else if (ops_.path_status(path_, &status) == 0) {
    stored = status.size;
  }
  BackendStatistics numbers;
  numbers.bytes_in = length_ * snapshot_bytes_;
  numbers.bytes_stored = stored;
  numbers.commits = commits_;
  numbers.seconds_waited = seconds_waited_ + (writer_ ? writer_->seconds_waited() : 0);
  numbers.queue_peak = std::max(queue_peak_, writer_ ? writer_->queue_peak() : 0);
  if (series_ && series_->has_datasets()) {
    const H5Session session;
    numbers.rounding = series_->rounding();
  }
  return numbers;
}

std::unique_ptr<Backend> open_file_backend(const BackendRequest &request) {
  return std::make_unique<FileBackend>(request);
}

OptionTable file_option_table() {
  return kFileOptions;
}

}  // namespace pde
