// The reference files as their manifest tells of them, and what plain HDF5 calls find in them.
#pragma once

#include <hdf5.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "support/capi_handles.hpp"
#include "support/json_values.hpp"

namespace golden {

inline const rapidjson::Document &manifest() {
  static const rapidjson::Document document = test::parse_json_file(PDE_GOLDEN_DIR "/manifest.json");
  return document;
}

inline const rapidjson::Value &entry(const std::string &path) {
  for (const auto &file : manifest()["files"].GetArray()) {
    if (file["path"].GetString() == path) return file;
  }
  throw std::runtime_error("the manifest has no " + path);
}

inline std::string full_path(const std::string &path) {
#ifdef PDE_GOLDEN_RESOURCES
  if (path.starts_with("resources/")) return PDE_GOLDEN_RESOURCES + path.substr(path.find('/'));
#endif
  return PDE_GOLDEN_DIR "/" + path;
}

/// The time series that are there. The folder resources/ does not come with this repository.
inline std::vector<std::string> series_files() {
  std::vector<std::string> paths;
  for (const auto &file : manifest()["files"].GetArray()) {
    if (std::string_view(file["kind"].GetString()) == "filestorage" &&
        std::filesystem::exists(full_path(file["path"].GetString()))) {
      paths.emplace_back(file["path"].GetString());
    }
  }
  return paths;
}

/// "filestorage/dtype_f8.hdf5" is dtype_f8.
inline std::string stem(const std::string &path) {
  const size_t slash = path.rfind('/'), dot = path.rfind('.');
  return path.substr(slash + 1, dot - slash - 1);
}

inline int32_t dtype_named(std::string_view text) {
  text.remove_prefix(1);  // the byte order is gone once samples are in memory
  const std::pair<std::string_view, int32_t> names[] = {
      {"f8", PDE_FLOAT64}, {"f4", PDE_FLOAT32}, {"c16", PDE_COMPLEX128}, {"c8", PDE_COMPLEX64},
      {"i8", PDE_INT64},   {"i4", PDE_INT32},   {"i2", PDE_INT16},       {"i1", PDE_INT8},
      {"u8", PDE_UINT64},  {"u4", PDE_UINT32},  {"u2", PDE_UINT16},      {"u1", PDE_UINT8},
      {"b1", PDE_BOOL}};
  for (const auto &[name, dtype] : names) {
    if (name == text) return dtype;
  }
  throw std::runtime_error("no dtype " + std::string(text));
}

inline std::vector<int64_t> integers(const rapidjson::Value &array) {
  std::vector<int64_t> values;
  for (const auto &value : array.GetArray()) values.push_back(value.GetInt64());
  return values;
}

inline std::vector<double> reals(const rapidjson::Value &array) {
  std::vector<double> values;
  for (const auto &value : array.GetArray()) values.push_back(value.GetDouble());
  return values;
}

/// All rows of /data, as plain HDF5 reads them into native types.
inline test::Bytes plain_rows(const std::string &path) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t data = H5Dopen2(file, "data", H5P_DEFAULT);
  const hid_t stored = H5Dget_type(data), native = H5Tget_native_type(stored, H5T_DIR_ASCEND);
  const hid_t space = H5Dget_space(data);
  test::Bytes bytes(static_cast<size_t>(H5Sget_simple_extent_npoints(space)) * H5Tget_size(native));
  const herr_t result =
      bytes.empty() ? 0 : H5Dread(data, native, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data());
  H5Sclose(space);
  H5Tclose(native);
  H5Tclose(stored);
  H5Dclose(data);
  H5Fclose(file);
  if (result < 0) throw std::runtime_error("plain HDF5 cannot read " + path);
  return bytes;
}

/// The first `count` snapshots of those rows.
inline test::Bytes plain_snapshots(const std::string &path, const rapidjson::Value &file, int64_t count) {
  test::Bytes bytes = plain_rows(path);
  const int64_t each =
      test::count_of(integers(file["frame_shape"])) * pde_dtype_size(dtype_named(file["dtype"].GetString()));
  if (static_cast<int64_t>(bytes.size()) < count * each) throw std::runtime_error("too few rows in " + path);
  bytes.resize(static_cast<size_t>(count * each));
  return bytes;
}

inline test::StorageHandle open(const std::string &path, const char *mode) {
  test::StorageHandle storage;
  REQUIRE_OK(pde_storage_open(path.c_str(), mode, nullptr, storage.out()));
  return storage;
}

/// All snapshots of a storage at once.
inline test::Bytes all_snapshots(pde_storage *storage, const std::vector<int64_t> &shape, int32_t dtype) {
  const int64_t length = test::length_of(storage), size = length * test::count_of(shape);
  test::Bytes bytes(static_cast<size_t>(size * pde_dtype_size(dtype)));
  REQUIRE_OK(pde_storage_read_raw(storage, 0, length, 1, dtype, bytes.data(), size));
  return bytes;
}

}  // namespace golden
