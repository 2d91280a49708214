// What a file of the file backend holds, and reading it, also while other processes write.
#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/numbers.hpp"
#include "storage/hdf5/file_backend.hpp"
#include "storage/hdf5/h5.hpp"
#include "storage/hdf5/rounding_history.hpp"
#include "storage/hdf5/series_path.hpp"

namespace pde {

// ---- what is there

void FileBackend::inspect() {
  steadily([this] { inspect_now(); });
}

/// Looks at what is there. A mode that replaces it does not mind what it cannot read, as long as it is HDF5.
void FileBackend::inspect_now() {
  const bool replaces = mode_ == Mode::truncate || mode_ == Mode::truncate_once;
  contents_ = {};
  info_ = {};
  stored_info_.clear();
  length_ = 0;
  close_series(series_);
  try {
    series_ = open_series(false);
    if (series_) learn(*series_);
  } catch (const Error &error) {
    close_series(series_);
    if (!replaces || !open_hdf5_file(ops_, path_, false)) throw;
    log_info("what {} holds cannot be read and would be replaced: {}", path_, error.what());
    contents_ = {};
    info_ = {};
  }
  if (series_ || mode_ != Mode::readonly) return;
  FileStatus status;
  if (ops_.path_status(path_, &status) == 0)
    fail(PDE_ERR_FORMAT, "{} is empty (0 bytes), expected an HDF5 file", path_);
  fail(PDE_ERR_NOT_FOUND, "there is no file {}", path_);
}

FileBackend::SeriesPtr FileBackend::open_series(bool writable) {
  forget_look();
  Descriptor file = open_hdf5_file(ops_, path_, writable);
  if (!file) return nullptr;
  auto series =
      std::make_unique<SeriesFile>(ops_, std::move(file), path_, writable ? &lock_->journal() : nullptr);
  try {
    if (writable) {
      look_at(series->driver().fd());
    } else {
      look_through(series->driver());
    }
    const H5Session session;
    series->open();
  } catch (...) {
    close_series(series);
    throw;
  }
  return series;
}

namespace {

/// The number in the text of `data_length`: Python's int, or leniently a float or a text of one; nothing if
/// it is none.
std::optional<int64_t> parse_length(const std::string &json) {
  std::string_view text = json;
  if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
  const auto number = parse_real(text);
  if (!number || !(*number >= 0 && *number < 9e15) || *number != std::floor(*number)) return std::nullopt;
  return static_cast<int64_t>(*number);
}

}  // namespace

/// Attributes, shapes and length of an open file.
void FileBackend::learn(SeriesFile &series) {
  const H5Session session;
  contents_ = {};
  info_ = {};
  stored_info_.clear();
  for (auto &[key, json] : h5_read_attributes(series.file())) {
    info_.set(key, json);
    stored_info_[key] = json;
  }
  length_ = 0;
  const bool bare = series.has_no_datasets();
  series.driver().check_reads();              // an attribute that could not be read must not count as missing
  if (mode_ == Mode::append && bare) return;  // a series can be put next to what else is there
  series.open_datasets();
  hsize_t rows = std::min(series.data_rows(), series.times_rows());
  if (const std::string *text = info_.find("data_length")) {
    if (const auto valid = parse_length(*text)) rows = std::min(rows, static_cast<hsize_t>(*valid));
  }
  length_ = contents_.length = static_cast<int64_t>(rows);
  contents_.dtype = series.dtype();
  contents_.shape.assign(series.snapshot_shape().begin(), series.snapshot_shape().end());
  const int64_t sizes[] = {checked_product(contents_.shape).value_or(-1), dtype_size(series.dtype())};
  const auto bytes = checked_product(sizes);
  if (!bytes)
    fail(PDE_ERR_FORMAT, "/data of {} has snapshots of shape {}, more than can be addressed", path_,
         shape_text(contents_.shape));
  snapshot_bytes_ = *bytes;
  if (length_ > 0) {
    double last;
    series.read_times(rows - 1, 1, &last);
    contents_.last_time = last;
  }
  describe();
}

/// The description in the attributes, if there is one and it fits the data.
void FileBackend::describe() {
  const std::string *attributes = info_.find("field_attributes");
  if (!attributes) {
    contents_.no_description =
        "the file does not say what its snapshots are (no field_attributes): read them into a field of your "
        "own, or raw";
    return;
  }
  try {
    FieldDescription description = FieldDescription::parse(*attributes);
    description.dtype = contents_.dtype;  // what is stored counts, whatever the attribute says
    if (description.shape() == contents_.shape) {
      contents_.description = std::move(description);
    } else {
      contents_.no_description =
          fmt::format("field_attributes describe snapshots of shape {}, but /data holds {}",
                      shape_text(description.shape()), shape_text(contents_.shape));
    }
  } catch (const Error &error) {
    contents_.no_description = error.what();
  }
}

std::string FileBackend::run_state() {
  if (writing_) return run_state_;
  if (length_ == 0) return {};
  std::string text;
  steadily([&] {
    SeriesFile &series = readable_series();
    const H5Session session;
    text = series.run_state();
    series.driver().check_reads();
  });
  return text;
}

bool FileBackend::rounded(int64_t index) {
  bool rounded = false;
  steadily([&] {
    SeriesFile &series = readable_series();
    const H5Session session;
    rounded = RoundingHistory(series.rounding()).rounded(index);
  });
  return rounded;
}

// ---- reading

/// Whatever is done: what was not committed when writing failed is gone.
void FileBackend::check_not_lost(int64_t last) {
  if (broken_ && (!temporary_.empty() || last >= committed()))
    fail(PDE_ERR_IO, "snapshot {} of {} was not committed before writing failed", last, path_);
}

/// The file that reading goes to: the one being written, or the finished one, opened again where need be.
/// After a failure that is what was committed, as everybody else sees it.
SeriesFile &FileBackend::readable_series() {
  if (writing_ && !broken_) {
    check_alive();
    return *series_;
  }
  if (series_ && (series_->driver().lost() || series_->driver().writable())) close_series(series_);
  if (!series_) {
    open_again();
  } else if (seen_just_written_ || is_written()) {
    look_anew();  // what HDF5 remembers, such as its index of chunks, does not fit any more
  }
  return *series_;
}

/// The same file as before, for reading. Another one is not read as if it were the one that was looked at.
void FileBackend::open_again() {
  const FileStatus before = seen_;
  series_ = open_series(false);
  if (!series_) fail(PDE_ERR_IO, "the file {} is gone", path_);
  if (seen_.device != before.device || seen_.inode != before.inode) {
    seen_ = before;
    close_series(series_);
    fail(PDE_ERR_IO, "the file {} has been replaced by another one: refresh, or open it again", path_);
  }
  check_contents();
}

/// Through the descriptor that is open: another file may have the path by now.
void FileBackend::look_anew() {
  leave_series();
  try {
    const H5Session session;
    series_->close();
    look_through(series_->driver());
    series_->open();
  } catch (...) {
    close_series(series_);
    throw;
  }
  check_contents();
}

/// Whether what was looked at is still there.
void FileBackend::check_contents() {
  try {
    const H5Session session;
    series_->open_datasets();
    const int64_t wanted = broken_ ? committed() : length_;
    if (static_cast<int64_t>(std::min(series_->data_rows(), series_->times_rows())) < wanted)
      fail(PDE_ERR_IO, "the file {} has become shorter: another program has changed it", path_);
    const std::vector<int64_t> shape(series_->snapshot_shape().begin(), series_->snapshot_shape().end());
    if (series_->dtype() != contents_.dtype || shape != contents_.shape) {
      fail(PDE_ERR_IO, "the file {} holds {} of shape {} by now, and no longer {} of shape {}", path_,
           dtype_name(series_->dtype()), shape_text(shape), dtype_name(contents_.dtype),
           shape_text(contents_.shape));
    }
  } catch (...) {
    close_series(series_);
    throw;
  }
}

void FileBackend::times(int64_t first, int64_t count, double *out_times) {
  check_not_lost(first + count - 1);
  steadily([&] { read_times(first, count, out_times); });
}

void FileBackend::read_times(int64_t first, int64_t count, double *out_times) {
  SeriesFile &series = readable_series();
  const int64_t here = times_ ? std::max(first, std::min(times_->first(), first + count)) : first + count;
  if (here < first + count) times_->copy(here, first + count - here, out_times + (here - first));
  if (here == first) return;
  const H5Session session;
  series.read_times(static_cast<hsize_t>(first), static_cast<hsize_t>(here - first), out_times);
}

/// Whether chunks are to be read beside HDF5: not where it would read less of them than we do.
bool FileBackend::reads_direct(const SeriesFile &series, const Selection &selection) const {
  if (writing_ && !broken_) return writer_ != nullptr;
  const ChunkGeometry *geometry = series.direct();
  constexpr int64_t kMostChunk = int64_t{128} << 20;
  if (!geometry || geometry->chunk_bytes() > kMostChunk) return false;
  if (series.filters().count() > 0 || (reader_ && reader_->continued_by(selection))) return true;
  int64_t wanted = geometry->item() * std::min(geometry->rows(), selection.count);
  for (const int64_t size : selection.shape) wanted *= size;
  return wanted >= geometry->chunk_bytes() / 2;
}

void FileBackend::read(const Selection &selection, void *out_data) {
  check_not_lost(selection.last());
  read_steadily(selection, out_data);
}

void FileBackend::read_part(const Selection &selection, void *out_data) {
  SeriesFile &series = readable_series();
  if (reads_direct(series, selection)) {
    if (!reader_) reader_ = std::make_unique<ChunkReader>(series, threads_);
    read_beside_ = true;
    const int64_t length = copies_ ? 0 : length_;  // what is ahead is not among the copies
    return reader_->read(selection, static_cast<std::byte *>(out_data), writer_.get(), length);
  }
  const H5Session session;
  series.read_box(selection, out_data);
}

std::optional<std::string> FileBackend::snapshot_info(int64_t index) {
  check_not_lost(index);
  std::optional<std::string> info;
  steadily([&] {
    SeriesFile &series = readable_series();
    const H5Session session;
    info = series.read_snapshot_info(index);
  });
  return info;
}

}  // namespace pde
