#include "storage/hdf5/snapshot_infos.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/error.hpp"

namespace pde {
namespace {

constexpr const char *kGroup = "snapshot_info";
constexpr hsize_t kEntriesPerChunk = 1024, kBytesPerChunk = 32768;
constexpr size_t kMostPending = size_t{1} << 20;  // bytes
constexpr size_t kColumns = 3;
/// Larger numbers in a file are damage; nobody has so many entries or so much text.
constexpr hsize_t kMostEntries = hsize_t{1} << 40, kMostText = hsize_t{1} << 50;
constexpr int64_t kMostTextOfOne = int64_t{1} << 30;

void resize(const H5Id &dataset, int64_t rows, hsize_t columns, const std::string &what) {
  const hsize_t size[] = {static_cast<hsize_t>(rows), columns};
  h5_check(H5Dset_extent(dataset.get(), size), what);
}

H5Id create_dataset(const H5Id &group, const char *name, hid_t type, int axes, hsize_t chunk, hsize_t columns,
                    const std::string &what) {
  const hsize_t size[] = {0, columns}, most[] = {H5S_UNLIMITED, columns}, chunks[] = {chunk, columns};
  const H5Id space = h5_own(H5Screate_simple(axes, size, most), H5Sclose, what);
  const H5Id properties = h5_own(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, what);
  h5_check(H5Pset_chunk(properties.get(), axes, chunks), what);
  if (H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0) {
    h5_check(H5Pset_shuffle(properties.get()), what);
    h5_check(H5Pset_deflate(properties.get(), 1), what);
  }
  return h5_own(H5Dcreate2(group.get(), name, type, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT),
                H5Dclose, what);
}

}  // namespace

void SnapshotInfos::attach(hid_t file, const std::string &path) {
  close();
  file_ = file;
  path_ = path;
}

void SnapshotInfos::close() {
  index_.reset();
  text_.reset();
  looked_ = false;
  pending_.clear();
  pending_text_.clear();
  block_.clear();
  block_number_ = -1;
  entries_ = text_bytes_ = 0;
}

void SnapshotInfos::forget() {
  index_.forget();
  text_.forget();
  close();
}

void SnapshotInfos::bad_group(const std::string &what) const {
  fail(PDE_ERR_FORMAT, "/{} of {} {}", kGroup, path_, what);
}

/// Whether there is a group; looked up once.
bool SnapshotInfos::open() {
  if (looked_) return static_cast<bool>(index_);
  const htri_t there = H5Lexists(file_, kGroup, H5P_DEFAULT);
  h5_check(there, fmt::format("looking for /{} in {}", kGroup, path_));
  if (there == 0) {
    looked_ = true;
    return false;
  }
  H5Id index(H5Dopen2(file_, "snapshot_info/index", H5P_DEFAULT), H5Dclose);
  H5Id text(H5Dopen2(file_, "snapshot_info/text", H5P_DEFAULT), H5Dclose);
  if (!index || !text)
    h5_fail(PDE_ERR_FORMAT, fmt::format("/{} of {} is not readable as metadata of snapshots", kGroup, path_));
  for (const H5Id *dataset : {&index, &text}) {
    if (h5_layout(dataset->get()).elsewhere) bad_group("has its content in other files");
  }
  const H5Shape shape = h5_shape(index.get()), bytes = h5_shape(text.get());
  if (shape.size.size() != 2 || shape.size[1] != kColumns || bytes.size.size() != 1)
    bad_group("has datasets of another shape than [entries, 3] and [bytes]");
  if (shape.size[0] > kMostEntries || bytes.size[0] > kMostText)
    bad_group(fmt::format("claims to have {} entries and {} bytes", shape.size[0], bytes.size[0]));
  entries_ = static_cast<int64_t>(shape.size[0]);
  text_bytes_ = static_cast<int64_t>(bytes.size[0]);
  index_ = std::move(index);
  text_ = std::move(text);
  looked_ = true;
  return true;
}

void SnapshotInfos::create() {
  const std::string what = fmt::format("creating /{} of {}", kGroup, path_);
  const H5Id group = h5_own(H5Gcreate2(file_, kGroup, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose, what);
  index_ = create_dataset(group, "index", H5T_STD_I64LE, 2, kEntriesPerChunk, kColumns, what);
  text_ = create_dataset(group, "text", H5T_STD_U8LE, 1, kBytesPerChunk, 1, what);
}

// ---- writing

void SnapshotInfos::append(int64_t snapshot, const std::string &json) {
  if (pending_.size() == pending_.capacity()) pending_.reserve(2 * pending_.size() + 16);
  const auto begin = static_cast<int64_t>(pending_text_.size());
  pending_text_ += json;
  pending_.push_back({snapshot, begin, begin + static_cast<int64_t>(json.size())});
}

bool SnapshotInfos::full() const {
  return pending_text_.size() >= kMostPending;
}

void SnapshotInfos::write() {
  if (pending_.empty()) return;
  if (!open()) create();
  const std::string what = fmt::format("writing /{} of {}", kGroup, path_);
  const auto bytes = static_cast<int64_t>(pending_text_.size());
  const auto count = static_cast<int64_t>(pending_.size());
  for (Entry &entry : pending_) {
    entry.begin += text_bytes_;
    entry.end += text_bytes_;
  }
  // Text first: the index never points at what is not there.
  resize(text_, text_bytes_ + bytes, 1, what);
  h5_transfer(true, text_.get(), H5T_NATIVE_UINT8, {static_cast<hsize_t>(text_bytes_)},
              {static_cast<hsize_t>(bytes)}, 1, pending_text_.data(), what);
  resize(index_, entries_ + count, kColumns, what);
  h5_transfer(true, index_.get(), H5T_NATIVE_INT64, {static_cast<hsize_t>(entries_), 0},
              {static_cast<hsize_t>(count), kColumns}, 1, pending_.data(), what);
  text_bytes_ += bytes;
  entries_ += count;
  pending_.clear();
  pending_text_.clear();
  block_number_ = -1;
}

void SnapshotInfos::truncate(int64_t length) {
  write();
  if (!open()) return;
  const int64_t keep = first_from(length);
  if (keep == entries_) return;
  const int64_t bytes =
      keep == 0
          ? 0
          : block((keep - 1) /
                  static_cast<int64_t>(kEntriesPerChunk))[static_cast<size_t>(keep - 1) % kEntriesPerChunk]
                .end;
  const std::string what = fmt::format("shortening /{} of {}", kGroup, path_);
  resize(index_, keep, kColumns, what);
  entries_ = keep;
  block_number_ = -1;
  if (bytes < 0 || bytes > text_bytes_) return;  // what is left of the text is of no use, but does no harm
  resize(text_, bytes, 1, what);
  text_bytes_ = bytes;
}

// ---- reading

/// A chunk's worth of the index; the last one stays here, so that going through snapshots in order reads each
/// once.
const std::vector<SnapshotInfos::Entry> &SnapshotInfos::block(int64_t number) {
  if (number == block_number_) return block_;
  const int64_t first = number * static_cast<int64_t>(kEntriesPerChunk);
  const int64_t count = std::min(static_cast<int64_t>(kEntriesPerChunk), entries_ - first);
  block_number_ = -1;
  block_.resize(static_cast<size_t>(count));
  h5_transfer(false, index_.get(), H5T_NATIVE_INT64, {static_cast<hsize_t>(first), 0},
              {static_cast<hsize_t>(count), kColumns}, 1, block_.data(),
              fmt::format("reading /{} of {}", kGroup, path_));
  block_number_ = number;
  return block_;
}

bool SnapshotInfos::is_before(const Entry &entry, int64_t snapshot) {
  return entry.snapshot < snapshot;
}

/// The first entry that belongs to this snapshot or a later one.
int64_t SnapshotInfos::first_from(int64_t snapshot) {
  const auto size = static_cast<int64_t>(kEntriesPerChunk);
  int64_t begin = 0, end = (entries_ + size - 1) / size;  // blocks
  if (block_number_ >= 0 && !block_.empty() && block_.front().snapshot <= snapshot &&
      snapshot <= block_.back().snapshot) {
    begin = block_number_;
    end = begin + 1;
  }
  while (begin < end) {
    const int64_t middle = begin + (end - begin) / 2;
    const std::vector<Entry> &entries = block(middle);
    if (entries.back().snapshot < snapshot) {
      begin = middle + 1;
    } else if (entries.front().snapshot > snapshot) {
      end = middle;
    } else {
      const auto found = std::lower_bound(entries.begin(), entries.end(), snapshot, is_before);
      return middle * size + (found - entries.begin());
    }
  }
  return std::min(begin * size, entries_);
}

std::string SnapshotInfos::text(const Entry &entry) {
  if (entry.begin < 0 || entry.end < entry.begin || entry.end > text_bytes_ ||
      entry.end - entry.begin > kMostTextOfOne) {
    bad_group(fmt::format("says that the text of snapshot {} lies from {} to {}, but has {} bytes",
                          entry.snapshot, entry.begin, entry.end, text_bytes_));
  }
  // What no chunk is stored of reads as zeros: of a text so long, not even deflate would leave so little.
  constexpr int64_t kLong = 1 << 20;
  const int64_t size = entry.end - entry.begin;
  if (size > kLong && static_cast<hsize_t>(size) / kMostDeflated > H5Dget_storage_size(text_.get()))
    bad_group(fmt::format("claims that the text of snapshot {} has {} bytes", entry.snapshot, size));
  std::string text(static_cast<size_t>(entry.end - entry.begin), '\0');
  if (!text.empty()) {
    h5_transfer(false, text_.get(), H5T_NATIVE_UINT8, {static_cast<hsize_t>(entry.begin)},
                {static_cast<hsize_t>(text.size())}, 1, text.data(),
                fmt::format("reading /{} of {}", kGroup, path_));
  }
  return text;
}

std::optional<std::string> SnapshotInfos::find(int64_t snapshot) {
  const auto waiting = std::lower_bound(pending_.begin(), pending_.end(), snapshot, is_before);
  if (waiting != pending_.end() && waiting->snapshot == snapshot) {
    return pending_text_.substr(static_cast<size_t>(waiting->begin),
                                static_cast<size_t>(waiting->end - waiting->begin));
  }
  if (!open() || entries_ == 0) return std::nullopt;
  const int64_t position = first_from(snapshot);
  if (position >= entries_) return std::nullopt;
  const auto size = static_cast<int64_t>(kEntriesPerChunk);
  const Entry entry = block(position / size)[static_cast<size_t>(position % size)];
  if (entry.snapshot != snapshot) return std::nullopt;
  return text(entry);
}

}  // namespace pde
