// Chunks of a series that HDF5 is only asked the place of, and its times.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/error.hpp"
#include "storage/hdf5/series_file.hpp"

namespace pde {

// ---- direct chunks

namespace {

/// In samples, as HDF5 names chunks.
std::vector<hsize_t> chunk_offset(const ChunkGeometry &geometry, int64_t slab, int64_t tile) {
  const ChunkGeometry::Box box = geometry.tile(tile);
  std::vector<hsize_t> offset{static_cast<hsize_t>(slab * geometry.rows())};
  offset.insert(offset.end(), box.lower.begin(), box.lower.end());
  return offset;
}

/// Where HDF5 would read a chunk; false if there is none. Nothing is read.
FileBlock find_block(DriverFile &driver, hid_t dataset, const std::vector<hsize_t> &offset,
                     uint32_t *out_mask, const std::string &path) {
  std::byte unused{};
  const int64_t failures = driver.failed_reads();
  driver.note_samples(DriverFile::Noting::reads);
  const herr_t result = H5Dread_chunk(dataset, H5P_DEFAULT, offset.data(), out_mask, &unused);
  const FileBlock block = driver.noted();
  if (result >= 0) return block;
  if (driver.failed_reads() != failures) driver.check_reads();
  // HDF5 says the same of a chunk that is not there and of an index that it cannot follow, but only the first
  // can be read, as zeros.
  std::byte sample[sizeof(double) * 2];
  const H5Id type = h5_own(H5Dget_type(dataset), H5Tclose, "reading the type of a dataset");
  if (H5Tget_size(type.get()) > sizeof sample) fail(PDE_ERR_INTERNAL, "{} has large samples", path);
  reading(driver, [&] {
    h5_transfer(false, dataset, type.get(), offset, std::vector<hsize_t>(offset.size(), 1), 1, sample,
                "reading " + path);
  });
  return {};
}

/// Makes room for a chunk. Nothing is written.
FileBlock place_block(DriverFile &driver, hid_t dataset, const hsize_t *offset, int64_t size, uint32_t mask,
                      const std::string &what) {
  std::byte unused{};
  driver.note_samples(DriverFile::Noting::writes);
  const herr_t result =
      H5Dwrite_chunk(dataset, H5P_DEFAULT, mask, offset, static_cast<size_t>(size), &unused);
  const FileBlock block = driver.noted();
  h5_check(result, what);
  if (!block) fail(PDE_ERR_INTERNAL, "{}: HDF5 has not said where", what);
  return block;
}

}  // namespace

SeriesFile::ChunkPlace SeriesFile::find_chunk(int64_t slab, int64_t tile) {
  ChunkPlace place;
  place.block = find_block(driver_, data_.get(), chunk_offset(geometry_, slab, tile), &place.mask, path_);
  // HDF5 1.10 remembers the chunk that was placed last, but not its mask.
  if (slab == placed_slab_ && tile == placed_tile_) place.mask = placed_mask_;
  return place;
}

namespace {

void fetch(const DriverFile &driver, int64_t offset, std::span<std::byte> bytes) {
  const int64_t done = driver.read_beside(bytes.data(), bytes.size(), offset);
  if (done < 0) {
    fail(PDE_ERR_IO, "reading {} bytes at {}: {}", bytes.size(), offset, errno_text(static_cast<int>(-done)));
  }
  if (done < static_cast<int64_t>(bytes.size()))
    fail(PDE_ERR_FORMAT, "{} bytes at {} are beyond the end of the file", bytes.size(), offset);
}

}  // namespace

void SeriesFile::read_chunk(const ChunkPlace &place, ChunkCodec &codec, std::span<std::byte> samples) const {
  if (!place.block) {
    std::memset(samples.data(), 0, samples.size());
    return;
  }
  if (is_raw(place)) return fetch(driver_, place.block.offset, samples);
  // No deflate makes so much of it, and it takes memory before it is found to be damaged.
  constexpr int64_t kOverhead = 4096;
  if (place.block.size > 2 * geometry_.chunk_bytes() + kOverhead)
    fail(PDE_ERR_FORMAT, "a chunk of {} bytes claims to take {}", geometry_.chunk_bytes(), place.block.size);
  const auto size = static_cast<size_t>(place.block.size);
  const auto stored = std::make_unique_for_overwrite<std::byte[]>(size);
  fetch(driver_, place.block.offset, {stored.get(), size});
  codec.decode(filters_, place.mask, {stored.get(), size}, samples);
}

FileBlock SeriesFile::place_chunk(int64_t slab, int64_t tile, int64_t size, uint32_t mask, bool replaces,
                                  bool &told) {
  const std::string what = fmt::format("placing snapshots from {} on in {}", slab * geometry_.rows(), path_);
  const std::vector<hsize_t> offset = chunk_offset(geometry_, slab, tile);
  const ChunkPlace before = replaces ? find_chunk(slab, tile) : ChunkPlace{};
  told = true;
  // Where the size stays, HDF5 leaves the old mask in its index.
  if (before.block && before.block.size == size && before.mask != mask)
    place_block(driver_, data_.get(), offset.data(), size + 1, mask, what);
  const FileBlock block = place_block(driver_, data_.get(), offset.data(), size, mask, what);
  placed_slab_ = slab;
  placed_tile_ = tile;
  placed_mask_ = mask;
  return block;
}

// ---- times

FileBlock SeriesFile::find_times_chunk(int64_t first) {
  uint32_t mask = 0;
  return find_block(driver_, times_.get(), {static_cast<hsize_t>(first)}, &mask, path_);
}

FileBlock SeriesFile::place_times_chunk(int64_t first, int64_t size) {
  const auto offset = static_cast<hsize_t>(first);
  return place_block(driver_, times_.get(), &offset, size, 0, "placing times in " + path_);
}

void SeriesFile::write_times(int64_t first, int64_t count, const double *times) {
  h5_transfer(true, times_.get(), H5T_NATIVE_DOUBLE, {static_cast<hsize_t>(first)},
              {static_cast<hsize_t>(count)}, 1, const_cast<double *>(times),
              fmt::format("writing time {} of {}", first, path_));
}

namespace {

/// Fewer per chunk than this cost more than they hold.
constexpr hsize_t kFewTimes = 64;

void copy_attributes(hid_t from, hid_t to, const std::string &what) {
  H5O_info_t info;
  h5_check(H5Oget_info(from, &info), what);
  for (hsize_t i = 0; i < info.num_attrs; ++i) {
    const H5Id attribute = h5_own(
        H5Aopen_by_idx(from, ".", H5_INDEX_NAME, H5_ITER_INC, i, H5P_DEFAULT, H5P_DEFAULT), H5Aclose, what);
    const H5Id type = h5_own(H5Aget_type(attribute.get()), H5Tclose, what);
    const H5Id space = h5_own(H5Aget_space(attribute.get()), H5Sclose, what);
    std::string name(static_cast<size_t>(H5Aget_name(attribute.get(), 0, nullptr)), '\0');
    H5Aget_name(attribute.get(), name.size() + 1, name.data());
    std::vector<std::byte> value(static_cast<size_t>(H5Aget_storage_size(attribute.get())) +
                                 H5Tget_size(type.get()) *
                                     static_cast<size_t>(H5Sget_simple_extent_npoints(space.get())));
    h5_check(H5Aread(attribute.get(), type.get(), value.data()), what);
    const H5Id copy = h5_own(H5Acreate2(to, name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
                             H5Aclose, what);
    const herr_t written = H5Awrite(copy.get(), type.get(), value.data());
    H5Dvlen_reclaim(type.get(), space.get(), H5P_DEFAULT, value.data());
    h5_check(written, what);
  }
}

H5Id create_times(hid_t file, const H5Shape &shape, const std::string &what) {
  const hsize_t chunk = std::min<hsize_t>(shape.max[0], static_cast<hsize_t>(kTimesPerChunk));
  const H5Id properties = h5_own(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, what);
  h5_check(H5Pset_chunk(properties.get(), 1, &chunk), what);
  H5Pset_fill_time(properties.get(), H5D_FILL_TIME_NEVER);
  const H5Id space = h5_own(H5Screate_simple(1, shape.size.data(), shape.max.data()), H5Sclose, what);
  return h5_own(H5Dcreate_anon(file, H5T_IEEE_F64LE, space.get(), properties.get(), H5P_DEFAULT), H5Dclose,
                what);
}

}  // namespace

bool SeriesFile::gather_times() {
  const std::string what = "rewriting the times of " + path_;
  const H5Layout layout = h5_layout(times_.get());
  if (!layout.chunked()) return false;
  const H5Shape shape = h5_shape(times_.get());
  H5O_info_t info;
  h5_check(H5Oget_info(times_.get(), &info), what);
  // A dataset with another name besides, or one that never holds much, stays as it is.
  if (layout.chunk[0] >= kFewTimes || shape.max[0] < kFewTimes || info.rc > 1) return false;
  // Rows that nobody has written take no space in the file, but would in the new one.
  if (shape.size[0] / kMostDeflated > H5Dget_storage_size(times_.get())) return false;
  H5Id gathered = create_times(file_, shape, what);
  std::vector<double> block;
  constexpr hsize_t kBlock = 65536;
  for (hsize_t first = 0; first < shape.size[0]; first += block.size()) {
    block.resize(static_cast<size_t>(std::min(kBlock, shape.size[0] - first)));
    for (const hid_t dataset : {times_.get(), gathered.get()}) {
      h5_transfer(dataset == gathered.get(), dataset, H5T_NATIVE_DOUBLE, {first}, {block.size()}, 1,
                  block.data(), what);
    }
  }
  copy_attributes(times_.get(), gathered.get(), what);
  times_.reset();
  h5_check(H5Ldelete(file_, "times", H5P_DEFAULT), what);
  h5_check(H5Olink(gathered.get(), file_, "times", H5P_DEFAULT, H5P_DEFAULT), what);
  gathered.reset();
  times_ = open_dataset("times");
  return true;
}

}  // namespace pde
