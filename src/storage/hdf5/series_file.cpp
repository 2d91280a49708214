#include "storage/hdf5/series_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <tuple>

#include "base/error.hpp"
#include "base/numbers.hpp"
#include "storage/hdf5/chunk_geometry.hpp"
#include "storage/hdf5/rounding_history.hpp"

namespace pde {
namespace {

constexpr const char *kFormatVersion = "1";
/// Our marks sit on /data, where py-pde does not look (it parses every attribute of the root).
constexpr const char *kVersionMark = "pde_format";
constexpr const char *kIdMark = "pde_file_id";
constexpr const char *kRoundingMark = "pde_rounding";
constexpr const char *kRunStateMark = "pde_run_state";
constexpr size_t kMarkBytes = 32;

}  // namespace

// ---- life

SeriesFile::~SeriesFile() {
  for (H5Id *id : {&data_, &times_, &memory_type_})
    driver_.lost() ? id->forget() : static_cast<void>(id->reset());
  driver_.lost() ? infos_.forget() : infos_.close();
  if (file_ >= 0 && !driver_.lost()) driver_.close(file_);
  driver_.shut();
}

void SeriesFile::open() {
  file_ = driver_.open();
  if (file_ >= 0) return;
  driver_.check_reads();
  const std::string problem = driver_.problem();
  fail(PDE_ERR_FORMAT, "{} cannot be opened as an HDF5 file; it may be cut off or damaged: {}", path_,
       problem.empty() ? driver_.refusal() : problem);
}

void SeriesFile::create() {
  file_ = driver_.create();
  if (file_ < 0) fail(PDE_ERR_IO, "creating {}: {}", path_, driver_.refusal());
}

void SeriesFile::close() {
  for (H5Id *id : {&data_, &times_, &memory_type_}) id->reset();
  infos_.close();
  const herr_t result = driver_.close(std::exchange(file_, H5I_INVALID_HID));
  const std::string problem = driver_.problem();
  if (!problem.empty()) fail(driver_.lacks_memory() ? PDE_ERR_MEMORY : PDE_ERR_IO, "{}", problem);
  h5_check(result, "closing " + path_);
}

bool SeriesFile::has_no_datasets() const {
  return H5Lexists(file_, "data", H5P_DEFAULT) == 0 && H5Lexists(file_, "times", H5P_DEFAULT) == 0;
}

// ---- opening datasets

namespace {

/// A chunk cache that holds all chunks of one row of chunks, so that snapshots that share a chunk do not
/// compress or inflate it once each; bounded, because chunk shapes of foreign files can be anything.
H5Id dataset_access(hid_t dataset, const H5Layout &layout) {
  H5Id access = h5_own(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose, "preparing to open a dataset");
  if (!layout.chunked()) return access;
  const std::vector<hsize_t> &chunk = layout.chunk;
  const H5Shape shape = h5_shape(dataset);
  const H5Id type = h5_own(H5Dget_type(dataset), H5Tclose, "reading the type of a dataset");
  double bytes = static_cast<double>(H5Tget_size(type.get()));
  for (size_t axis = 0; axis < chunk.size(); ++axis) {
    const double chunks =
        axis == 0 ? 1 : std::ceil(static_cast<double>(shape.size[axis]) / static_cast<double>(chunk[axis]));
    bytes *= static_cast<double>(chunk[axis]) * chunks;
  }
  constexpr double kSmallest = 1 << 20, kLargest = 256 << 20;
  const double cache = chunk[0] > 1 ? std::clamp(2 * bytes, kSmallest, kLargest) : kSmallest;
  // A prime number of slots; 1.0: chunks that have been written or read to their end leave first.
  H5Pset_chunk_cache(access.get(), 12421, static_cast<size_t>(cache), 1.0);
  return access;
}

}  // namespace

H5Id SeriesFile::open_dataset(const char *name) {
  const H5Id plain(H5Dopen2(file_, name, H5P_DEFAULT), H5Dclose);
  if (!plain) {
    h5_fail(PDE_ERR_FORMAT,
            fmt::format("{} has no readable dataset /{}, expected data and times", path_, name));
  }
  const H5Layout layout = h5_layout(plain.get());
  if (layout.elsewhere)
    fail(PDE_ERR_UNSUPPORTED, "/{} of {} has its samples in other files, which are not read", name, path_);
  const H5Id access = dataset_access(plain.get(), layout);
  if (!layout.chunked()) fixed_ = true;
  return h5_own(H5Dopen2(file_, name, access.get()), H5Dclose, fmt::format("opening /{} of {}", name, path_));
}

namespace {

/// Nobody has so many snapshots: a larger number in a file is damage.
constexpr hsize_t kMostRows = hsize_t{1} << 40;

/// What a file claims is checked before anything is computed from it.
void check_claims(const std::string &path, const H5Shape &data, const H5Shape &times, int64_t item) {
  const hsize_t rows = std::max(data.size[0], times.size[0]);
  if (rows > kMostRows)
    fail(PDE_ERR_FORMAT, "{} claims to hold {} snapshots, expected at most {}", path, rows, kMostRows);
  int64_t bytes = item;
  for (const hsize_t size : data.size) {
    const auto factor = static_cast<int64_t>(std::min<hsize_t>(std::max<hsize_t>(size, 1), INT64_MAX));
    if (__builtin_mul_overflow(bytes, factor, &bytes))
      fail(PDE_ERR_FORMAT, "/data of {} has the shape [{}], more than can be addressed", path,
           fmt::join(data.size, ", "));
  }
  if (std::find(data.size.begin() + 1, data.size.end(), 0) != data.size.end())
    fail(PDE_ERR_FORMAT, "/data of {} has the shape [{}], so that snapshots hold nothing", path,
         fmt::join(data.size, ", "));
}

}  // namespace

void SeriesFile::open_datasets() {
  fixed_ = false;
  H5Id data = open_dataset("data"), times = open_dataset("times");
  const H5Shape data_shape = h5_shape(data.get()), times_shape = h5_shape(times.get());
  if (data_shape.size.empty())
    fail(PDE_ERR_FORMAT, "/data of {} is a single value, expected snapshots along its first axis", path_);
  if (times_shape.size.size() != 1)
    fail(PDE_ERR_FORMAT, "/times of {} has {} axes, expected 1", path_, times_shape.size.size());
  const H5Id type = h5_own(H5Dget_type(data.get()), H5Tclose, "reading the type of /data");
  dtype_ = h5_dtype_of(type.get());
  if (dtype_ == 0)
    fail(PDE_ERR_UNSUPPORTED, "/data of {} holds {}, which is no dtype of libpde", path_,
         h5_type_text(type.get()));
  const H5Id times_type = h5_own(H5Dget_type(times.get()), H5Tclose, "reading the type of /times");
  const H5T_class_t kind = H5Tget_class(times_type.get());
  if (kind != H5T_FLOAT && kind != H5T_INTEGER)
    fail(PDE_ERR_FORMAT, "/times of {} holds {}, expected numbers", path_, h5_type_text(times_type.get()));
  check_claims(path_, data_shape, times_shape, dtype_size(dtype_));
  memory_type_ = h5_memory_type(dtype_);
  data_rows_ = data_shape.size[0];
  times_rows_ = times_shape.size[0];
  // Unlimited is the largest number. Where one of the two cannot grow, nothing does.
  most_rows_ = fixed_ ? std::min(data_rows_, times_rows_) : std::min(data_shape.max[0], times_shape.max[0]);
  snapshot_shape_.assign(data_shape.size.begin() + 1, data_shape.size.end());
  data_ = std::move(data);
  times_ = std::move(times);
  learn_chunks();
  id_.reset();
  committed_data_rows_ = data_rows_;
  committed_times_rows_ = times_rows_;
  infos_.attach(file_, path_);
}

SeriesId SeriesFile::series_id() const {
  SeriesId id{};
  const H5Id data(H5Dopen2(file_, "data", H5P_DEFAULT), H5Dclose);
  if (!data) return id;
  const std::string text = h5_read_fixed(data.get(), kIdMark);
  std::copy_n(text.begin(), std::min(text.size(), id.size()), id.begin());
  return id;
}

namespace {

/// The stock filters in their usual order, each at most once; nothing for any other pipeline.
std::optional<ChunkFilters> stock_filters(hid_t creation, int64_t item) {
  ChunkFilters filters;
  filters.item = item;
  const int count = H5Pget_nfilters(creation);
  H5Z_filter_t last = 0;
  const auto rank = [](H5Z_filter_t id) {
    return id == H5Z_FILTER_SHUFFLE ? 1 : id == H5Z_FILTER_DEFLATE ? 2 : id == H5Z_FILTER_FLETCHER32 ? 3 : 0;
  };
  for (int i = 0; i < count; ++i) {
    unsigned flags, values[8], config;
    size_t value_count = std::size(values);
    const H5Z_filter_t id =
        H5Pget_filter2(creation, static_cast<unsigned>(i), &flags, &value_count, values, 0, nullptr, &config);
    if (rank(id) <= rank(last)) return std::nullopt;
    last = id;
    if (id == H5Z_FILTER_SHUFFLE) {
      filters.shuffle = true;
      if (value_count > 0 && values[0] != static_cast<unsigned>(item)) return std::nullopt;
    } else if (id == H5Z_FILTER_DEFLATE) {
      filters.deflate = true;
      if (value_count > 0 && values[0] <= 9) filters.level = static_cast<int>(values[0]);
    } else {
      filters.checksum = true;
    }
  }
  return filters;
}

}  // namespace

/// Whether chunks are direct, and how they are laid out.
void SeriesFile::learn_chunks() {
  direct_ = false;
  placed_slab_ = -1;
  const H5Layout layout = h5_layout(data_.get());
  contiguous_ = layout.kind == H5D_CONTIGUOUS;
  rows_that_move_ = layout.chunked() && layout.filters > 0 ? static_cast<int64_t>(layout.chunk[0]) : 1;
  if (!layout.chunked()) return;
  const H5Id creation = h5_own(H5Dget_create_plist(data_.get()), H5Pclose, "reading the layout of /data");
  const H5Id type = h5_own(H5Dget_type(data_.get()), H5Tclose, "reading the type of /data");
  // Without conversion: the bytes of the file are those of our arrays.
  if (H5Tequal(type.get(), h5_file_type(dtype_).get()) <= 0) return;
  if (H5Tequal(h5_file_type(dtype_).get(), memory_type_.get()) <= 0) return;
  H5D_fill_value_t fill;
  if (H5Pfill_value_defined(creation.get(), &fill) < 0 || fill == H5D_FILL_VALUE_USER_DEFINED) return;
  unsigned edges = 0;
  if (H5Pget_chunk_opts(creation.get(), &edges) < 0 || edges != 0) return;
  const auto filters = stock_filters(creation.get(), dtype_size(dtype_));
  if (!filters) return;
  const std::vector<hsize_t> &chunk = layout.chunk;
  std::vector<int64_t> sizes(chunk.begin(), chunk.end());
  sizes.push_back(dtype_size(dtype_));
  const int64_t bytes = checked_product(sizes).value_or(0);
  if (bytes <= 0 || bytes > kMaxChunk) return;
  filters_ = *filters;
  geometry_ = ChunkGeometry({snapshot_shape_.begin(), snapshot_shape_.end()}, {chunk.begin(), chunk.end()},
                            dtype_size(dtype_));
  direct_ = true;
}

// ---- creating datasets

namespace {

std::vector<hsize_t> checked_chunk(const FieldDescription &sample, const SeriesLayout &layout) {
  const std::vector<int64_t> shape = sample.shape();
  const int64_t item = dtype_size(sample.dtype);
  std::vector<int64_t> chunk = layout.chunk_shape;
  if (chunk.empty()) {
    chunk = chunk_shape(shape, item, layout.chunk_bytes);
  } else {
    if (chunk.size() != shape.size() + 1) {
      fail(PDE_ERR_ARGUMENT,
           "option chunk_shape has {} entries, expected {}: snapshots, then the axes {} of a snapshot",
           chunk.size(), shape.size() + 1, shape_text(shape));
    }
    for (size_t axis = 0; axis < shape.size(); ++axis)
      chunk[axis + 1] = std::min(chunk[axis + 1], shape[axis]);
    const auto samples = checked_product(chunk);
    if (!samples || *samples > kMaxChunk / item) {
      fail(PDE_ERR_ARGUMENT, "option chunk_shape is {}: a chunk of 4 GiB or more, which HDF5 cannot hold",
           shape_text(chunk));
    }
  }
  if (layout.max_length > 0) chunk[0] = std::min(chunk[0], layout.max_length);
  return {chunk.begin(), chunk.end()};
}

H5Id data_properties(const FieldDescription &sample, const SeriesLayout &layout) {
  H5Id properties = h5_own(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "creating /data");
  const std::vector<hsize_t> chunk = checked_chunk(sample, layout);
  h5_check(H5Pset_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data()),
           "choosing the chunks of /data");
  H5Pset_fill_time(properties.get(), H5D_FILL_TIME_NEVER);
  if (layout.gzip) {
    if (H5Zfilter_avail(H5Z_FILTER_DEFLATE) <= 0)
      fail(PDE_ERR_UNSUPPORTED, "this HDF5 library has no gzip filter: set option compression to none");
    if (layout.shuffle && dtype_size(sample.dtype) > 1)
      h5_check(H5Pset_shuffle(properties.get()), "adding the shuffle filter");
    h5_check(H5Pset_deflate(properties.get(), layout.level), "adding the gzip filter");
  }
  if (layout.checksum) h5_check(H5Pset_fletcher32(properties.get()), "adding the checksum filter");
  return properties;
}

H5Id create_growing(hid_t file, const char *name, const H5Id &type, std::span<const hsize_t> row_shape,
                    int64_t max_length, const H5Id &properties) {
  std::vector<hsize_t> size{0}, max{max_length > 0 ? static_cast<hsize_t>(max_length) : H5S_UNLIMITED};
  size.insert(size.end(), row_shape.begin(), row_shape.end());
  max.insert(max.end(), row_shape.begin(), row_shape.end());
  const std::string what = fmt::format("creating /{}", name);
  const H5Id space =
      h5_own(H5Screate_simple(static_cast<int>(size.size()), size.data(), max.data()), H5Sclose, what);
  return h5_own(H5Dcreate2(file, name, type.get(), space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT),
                H5Dclose, what);
}

std::string random_id() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", device(), device(), device(), device());
}

}  // namespace

void SeriesFile::create_datasets(const FieldDescription &sample, const SeriesLayout &layout) {
  const std::vector<int64_t> shape = sample.shape();
  const std::vector<hsize_t> row(shape.begin(), shape.end());
  {
    const H5Id data = create_growing(file_, "data", h5_file_type(sample.dtype), row, layout.max_length,
                                     data_properties(sample, layout));
    h5_write_fixed(data.get(), kVersionMark, kFormatVersion, kMarkBytes);
    h5_write_fixed(data.get(), kIdMark, random_id(), kMarkBytes);
    H5Id properties = h5_own(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "creating /times");
    const hsize_t chunk = layout.max_length > 0
                              ? static_cast<hsize_t>(std::min(layout.max_length, kTimesPerChunk))
                              : kTimesPerChunk;
    h5_check(H5Pset_chunk(properties.get(), 1, &chunk), "choosing the chunks of /times");
    H5Pset_fill_time(properties.get(), H5D_FILL_TIME_NEVER);
    create_growing(file_, "times", h5_file_type(PDE_FLOAT64), {}, layout.max_length, properties);
  }
  open_datasets();
}

// ---- rows

namespace {

/// Chunks that lie beyond so many rows, as if all of them were there.
double chunks_beyond(const H5Layout &layout, const H5Shape &shape, hsize_t rows) {
  if (!layout.chunked() || shape.size[0] <= rows) return 0;
  double chunks = 1;
  for (size_t axis = 0; axis < shape.size.size(); ++axis) {
    const hsize_t cells = axis == 0 ? shape.size[0] - rows : shape.size[axis];
    chunks *= std::ceil(static_cast<double>(cells) / static_cast<double>(layout.chunk[axis]));
  }
  return chunks;
}

/// What HDF5 would fill at the first write, to give it the place where it stays.
double bytes_to_fill(hid_t dataset, const H5Layout &layout, const H5Shape &shape) {
  if (layout.chunked() || H5Dget_storage_size(dataset) > 0) return 0;
  const H5Id type = h5_own(H5Dget_type(dataset), H5Tclose, "reading the type of a dataset");
  double bytes = static_cast<double>(H5Tget_size(type.get()));
  for (const hsize_t size : shape.size) bytes *= static_cast<double>(size);
  return bytes;
}

}  // namespace

void SeriesFile::check_extending(hsize_t rows) const {
  constexpr double kMostChunks = 1 << 24;
  for (const auto &[dataset, name] : {std::pair(data_.get(), "data"), std::pair(times_.get(), "times")}) {
    const H5Layout layout = h5_layout(dataset);
    const H5Shape shape = h5_shape(dataset);
    if (chunks_beyond(layout, shape, rows) > kMostChunks)
      fail(PDE_ERR_FORMAT, "/{} of {} claims to have {} rows for {} snapshots, too many to be taken away",
           name, path_, shape.size[0], rows);
    const double bytes = bytes_to_fill(dataset, layout, shape);
    if (bytes == 0) continue;
    const std::optional<int64_t> free = driver_.free_bytes();
    if (free && bytes > static_cast<double>(*free))
      fail(PDE_ERR_IO,
           "/{} of {} is one block of {:.0f} bytes that nobody has written yet, all of which HDF5 writes for "
           "the first snapshot, but only {} are free on the disk: copy the series to a new file",
           name, path_, bytes, *free);
  }
}

void SeriesFile::set_data_rows(hsize_t rows) {
  if (data_rows_ == rows) return;
  if (rows < data_rows_ && placed_slab_ >= 0) {
    // HDF5 is going to look into chunks, but 1.10 remembers the one that was placed last with a wrong mask,
    // until the dataset is closed.
    data_.reset();
    data_ = open_dataset("data");
    placed_slab_ = -1;
  }
  std::vector<hsize_t> size{rows};
  size.insert(size.end(), snapshot_shape_.begin(), snapshot_shape_.end());
  h5_check(H5Dset_extent(data_.get(), size.data()), "resizing /data of " + path_);
  data_rows_ = rows;
}

void SeriesFile::set_times_rows(hsize_t rows) {
  if (times_rows_ == rows) return;
  h5_check(H5Dset_extent(times_.get(), &rows), "resizing /times of " + path_);
  times_rows_ = rows;
}

// ---- rounding

std::string SeriesFile::rounding() const {
  for (const auto &[name, json] : h5_read_attributes(data_.get())) {
    if (name == kRoundingMark) return json;
  }
  return {};
}

void SeriesFile::mark_rounding(int64_t first, const RoundingSettings &settings) {
  const std::string before = rounding();
  RoundingHistory history(before);
  history.note(first, settings);
  const std::string text = history.text();
  if (text == RoundingHistory(before).text()) return;
  if (text.empty()) return h5_remove_attribute(data_.get(), kRoundingMark);
  h5_write_fixed(data_.get(), kRoundingMark, text,
                 (text.size() / kRoundingJsonBytes + 1) * kRoundingJsonBytes);
}

// ---- state of a run

std::string SeriesFile::run_state() const {
  return h5_read_fixed(data_.get(), kRunStateMark);
}

/// It changes with most commits, and a text of another length would be another attribute: there is room for
/// numbers that grow.
void SeriesFile::write_run_state(const std::string &json) {
  constexpr size_t kStep = 512;
  const size_t wanted = (json.size() + json.size() / 4) / kStep * kStep + kStep;
  if (run_state_bytes_ == 0) run_state_bytes_ = h5_fixed_size(data_.get(), kRunStateMark);
  if (json.size() > run_state_bytes_) run_state_bytes_ = wanted;
  h5_write_fixed(data_.get(), kRunStateMark, json, run_state_bytes_);
}

// ---- rows

namespace {

/// "zstd (number 32015)", as the file names it.
std::string filter_text(const char *name, H5Z_filter_t id) {
  return *name ? fmt::format("{} (number {})", name, id) : fmt::format("number {}", id);
}

}  // namespace

/// HDF5 itself says little more than that a filter is missing.
void SeriesFile::check_filters(unsigned direction) const {
  const H5Id creation = h5_own(H5Dget_create_plist(data_.get()), H5Pclose, "reading the filters of /data");
  const int count = H5Pget_nfilters(creation.get());
  for (int i = 0; i < count; ++i) {
    unsigned flags = 0, config = 0;
    size_t values = 0;
    char name[64] = "";  // of a longer one HDF5 copies as much as there is room for, without an end
    const H5Z_filter_t id = H5Pget_filter2(creation.get(), static_cast<unsigned>(i), &flags, &values, nullptr,
                                           sizeof name - 1, name, nullptr);
    if (id < 0 || (H5Zfilter_avail(id) > 0 && H5Zget_filter_info(id, &config) >= 0 && (config & direction)))
      continue;
    fail(PDE_ERR_UNSUPPORTED,
         "/data of {} is stored with the filter {}, which this HDF5 library does not have: install it as a "
         "plugin of HDF5, and let the environment variable HDF5_PLUGIN_PATH name its folder",
         path_, filter_text(name, id));
  }
}

void SeriesFile::write_row(hsize_t row, const void *samples) {
  std::vector<hsize_t> start(1 + snapshot_shape_.size(), 0), size{1};
  start[0] = row;
  size.insert(size.end(), snapshot_shape_.begin(), snapshot_shape_.end());
  // HDF5's one function for both directions takes a pointer to non-const; writing does not change what it
  // points at.
  h5_transfer(true, data_.get(), memory_type_.get(), start, size, 1, const_cast<void *>(samples),
              fmt::format("writing snapshot {} of {}", row, path_));
}

void SeriesFile::read_box(const Selection &selection, void *samples) const {
  std::vector<hsize_t> start{static_cast<hsize_t>(selection.first)},
      size{static_cast<hsize_t>(selection.count)};
  start.insert(start.end(), selection.lower.begin(), selection.lower.end());
  size.insert(size.end(), selection.shape.begin(), selection.shape.end());
  try {
    reading(driver_, [&] {
      h5_transfer(false, data_.get(), memory_type_.get(), start, size, static_cast<hsize_t>(selection.step),
                  samples, fmt::format("reading snapshot {} of {}", selection.first, path_));
    });
  } catch (const Error &error) {
    if (error.code() == PDE_ERR_FORMAT) check_filters(H5Z_FILTER_CONFIG_DECODE_ENABLED);
    throw;
  }
}

void SeriesFile::read_times(hsize_t first, hsize_t count, double *times) const {
  reading(driver_, [&] {
    h5_transfer(false, times_.get(), H5T_NATIVE_DOUBLE, {first}, {count}, 1, times,
                fmt::format("reading the times of {}", path_));
  });
}

std::optional<std::string> SeriesFile::read_snapshot_info(int64_t snapshot) {
  std::optional<std::string> text;
  reading(driver_, [&] { text = infos_.find(snapshot); });
  return text;
}

void SeriesFile::commit() {
  h5_check(H5Fflush(file_, H5F_SCOPE_LOCAL), "flushing " + path_);
  if (!id_) id_ = series_id();
  driver_.commit(*id_, data_rows_ < committed_data_rows_ || times_rows_ < committed_times_rows_);
  committed_data_rows_ = data_rows_;
  committed_times_rows_ = times_rows_;
}

}  // namespace pde
