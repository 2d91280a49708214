#include "bare_hdf5.hpp"

#include <stdexcept>
#include <utility>

namespace bench {
namespace {

constexpr hsize_t kTimesPerChunk = 1024;
constexpr unsigned kLevel = 4;  // of deflate: what h5py and py-pde take where nothing is said

template <class Result>
Result checked(Result result, const char *what) {
  if (result < 0) throw std::runtime_error(std::string("HDF5: ") + what + " failed");
  return result;
}

hid_t create_dataset(hid_t file, const char *name, hid_t type, hid_t space, hid_t properties) {
  const hid_t dataset =
      checked(H5Dcreate2(file, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT), "making a dataset");
  H5Sclose(space);
  H5Pclose(properties);
  return dataset;
}

hid_t chunked(int rank, const hsize_t *chunk, bool filters) {
  const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  checked(H5Pset_chunk(properties, rank, chunk), "setting chunks");
  if (filters) checked(H5Pset_shuffle(properties), "setting shuffle");
  if (filters) checked(H5Pset_deflate(properties, kLevel), "setting deflate");
  return properties;
}

}  // namespace

BareSeries::BareSeries(hid_t file, DataSet set, int64_t n)
    : file_(checked(file, "opening a file")),
      type_(set == DataSet::f32 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE),
      n_(static_cast<hsize_t>(n)),
      bytes_(static_cast<size_t>(n * n * item_of(set))) {}

BareSeries::BareSeries(BareSeries &&other) noexcept
    : file_(std::exchange(other.file_, -1)),
      data_(other.data_),
      times_(other.times_),
      type_(other.type_),
      n_(other.n_),
      bytes_(other.bytes_),
      rows_(other.rows_) {}

BareSeries BareSeries::create(const std::string &path, DataSet set, int64_t n, Kind kind, int64_t rows) {
  BareSeries series(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), set, n);
  const auto size = static_cast<hsize_t>(n), length = static_cast<hsize_t>(rows);
  const bool fixed = kind == Kind::contiguous;
  const hsize_t shape[] = {length, size, size}, chunk[] = {1, size, size};
  const hsize_t most[] = {fixed ? length : H5S_UNLIMITED, size, size};
  const auto properties = [&](int rank, const hsize_t *of, bool filters) {
    return fixed ? H5Pcreate(H5P_DATASET_CREATE) : chunked(rank, of, filters);
  };
  series.data_ = create_dataset(series.file_, "data", series.type_, H5Screate_simple(3, shape, most),
                                properties(3, chunk, kind == Kind::filtered));
  series.times_ = create_dataset(series.file_, "times", H5T_NATIVE_DOUBLE, H5Screate_simple(1, shape, most),
                                 properties(1, &kTimesPerChunk, false));
  return series;
}

BareSeries BareSeries::open(const std::string &path, DataSet set, int64_t n) {
  BareSeries series(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), set, n);
  series.data_ = checked(H5Dopen2(series.file_, "data", H5P_DEFAULT), "opening /data");
  series.times_ = checked(H5Dopen2(series.file_, "times", H5P_DEFAULT), "opening /times");
  return series;
}

BareSeries::~BareSeries() {
  if (file_ < 0) return;
  H5Dclose(times_);
  H5Dclose(data_);
  H5Fclose(file_);
}

/// The space of a dataset with one row selected.
hid_t BareSeries::select(hid_t dataset, int64_t row) const {
  const hsize_t start[] = {static_cast<hsize_t>(row), 0, 0}, count[] = {1, n_, n_};
  const hid_t space = checked(H5Dget_space(dataset), "asking for a space");
  checked(H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, count, nullptr), "selecting");
  return space;
}

void BareSeries::write(const std::byte *samples) {
  const hsize_t grown[] = {static_cast<hsize_t>(rows_ + 1), n_, n_}, one[] = {1, n_, n_};
  const double time = static_cast<double>(rows_);
  const auto put = [&](hid_t dataset, int rank, hid_t type, const void *from) {
    checked(H5Dset_extent(dataset, grown), "resizing");
    const hid_t into = select(dataset, rows_), memory = H5Screate_simple(rank, one, nullptr);
    checked(H5Dwrite(dataset, type, memory, into, H5P_DEFAULT, from), "writing");
    H5Sclose(memory);
    H5Sclose(into);
  };
  put(data_, 3, type_, samples);
  put(times_, 1, H5T_NATIVE_DOUBLE, &time);
  ++rows_;
}

void BareSeries::write_chunk(const std::byte *samples) {
  const hsize_t grown[] = {static_cast<hsize_t>(rows_ + 1), n_, n_};
  const hsize_t offset[] = {static_cast<hsize_t>(rows_), 0, 0};
  checked(H5Dset_extent(data_, grown), "resizing");
  checked(H5Dwrite_chunk(data_, H5P_DEFAULT, 0, offset, bytes_, samples), "writing a chunk");
  ++rows_;
}

void BareSeries::flush() {
  checked(H5Fflush(file_, H5F_SCOPE_LOCAL), "flushing");
}

void BareSeries::read(int64_t row, std::byte *samples) {
  const hsize_t one[] = {1, n_, n_};
  const hid_t from = select(data_, row), memory = H5Screate_simple(3, one, nullptr);
  checked(H5Dread(data_, type_, memory, from, H5P_DEFAULT, samples), "reading");
  H5Sclose(memory);
  H5Sclose(from);
}

void BareSeries::close() {
  checked(H5Dclose(times_), "closing /times");
  checked(H5Dclose(data_), "closing /data");
  checked(H5Fclose(std::exchange(file_, -1)), "closing a file");
}

void put_root_text(const std::string &path, const std::string &name, const std::string &text) {
  const hid_t file = checked(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), "opening a file");
  const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
  checked(H5Tset_size(type, H5T_VARIABLE), "setting a type");
  checked(H5Tset_cset(type, H5T_CSET_UTF8), "setting a type");
  const hid_t attribute =
      checked(H5Acreate2(file, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), "making an attribute");
  const char *value = text.c_str();
  checked(H5Awrite(attribute, type, &value), "writing an attribute");
  H5Aclose(attribute);
  H5Sclose(space);
  H5Tclose(type);
  checked(H5Fclose(file), "closing a file");
}

}  // namespace bench
