#include "crash/scenario.hpp"

#include <hdf5.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "field/field.hpp"
#include "storage/storage.hpp"

namespace crash {
namespace {

using pde::Field;
using pde::FieldPtr;
using pde::Grid;

// ---- prints: the samples in the upper half, the metadata in the lower

uint64_t hash(uint64_t state, const void *data, size_t size) {
  const auto *bytes = static_cast<const unsigned char *>(data);
  for (size_t i = 0; i < size; ++i) state = (state ^ bytes[i]) * 1099511628211u;
  return state;
}

constexpr uint64_t kSeed = 14695981039346656037u;

Print print_of(double time, const void *samples, size_t size, const std::string &info) {
  const uint64_t upper = hash(hash(kSeed, &time, sizeof time), samples, size);
  const uint64_t lower = hash(kSeed, info.data(), info.size());
  return (upper & 0xffffffff00000000u) | 0x80000000u | (info.empty() ? 0 : (lower & 0x7fffffffu));
}

FieldPtr snapshot(int rows, int columns, double first) {
  const int64_t shape[] = {rows, columns};
  const FieldPtr field =
      Field::create({Grid::unit(shape, {true, true}), PDE_SCALAR, PDE_FLOAT64, std::nullopt, {}});
  auto *data = reinterpret_cast<double *>(field->c_order_data());
  for (int i = 0; i < rows * columns; ++i) data[i] = first + i / 1024.0;
  return field;
}

std::string info_of(double first) {
  return "[" + std::to_string(static_cast<int>(first)) + "]";
}

Print print_of(const Field &field, double time, const std::string &info) {
  return print_of(time, field.c_order_data(), static_cast<size_t>(field.description().bytes()), info);
}

constexpr double kOld = 1000, kNew = 100;

/// One snapshot more.
Print append(pde::Storage &storage, const Scenario &scenario, double first) {
  const FieldPtr field = snapshot(scenario.rows, scenario.columns, first);
  const double time = storage.length() > 0 ? storage.contents().last_time.value() + 1 : 0;
  const std::string info = scenario.infos ? info_of(first) : "";
  storage.append(*field, time, scenario.infos ? &info : nullptr);
  return print_of(*field, time, info);
}

}  // namespace

pde::Options options_of(const std::string &text) {
  pde::Options options;
  options.parse(text);
  return options;
}

Series numbered_series(const Scenario &scenario, int64_t length) {
  const pde::StoragePtr storage = pde::open_storage("memory:", "create", {});
  Series series;
  for (int64_t i = 0; i < length; ++i) series.push_back(append(*storage, scenario, static_cast<double>(i)));
  return series;
}

void append_numbered(pde::Storage &storage, const Scenario &scenario, int64_t index) {
  append(storage, scenario, static_cast<double>(index));
}

const char *Scenario::mode() const {
  return start == Start::extend || start == Start::extend_pypde ? "append" : "truncate_once";
}

std::vector<Scenario> scenarios(bool sync) {
  std::vector<Scenario> all;
  using Start = Scenario::Start;
  const std::pair<const char *, Start> starts[] = {{"fresh", Start::fresh},
                                                   {"replace", Start::replace},
                                                   {"extend", Start::extend},
                                                   {"extend_pypde", Start::extend_pypde}};
  const std::string common = sync ? "fsync=true " : "";
  for (const auto &[name, start] : starts) {
    for (const std::string threads : {"0", "2"}) {
      for (const std::string compression : {"gzip", "none"}) {
        const std::string options =
            common + "threads=" + threads + " compression=" + compression + " commit_seconds=1000 ";
        const std::string prefix = std::string(name) + "/threads" + threads + "/" + compression;
        // Five snapshots share a chunk, or each has its own.
        all.push_back({prefix + "/each", start, options + "chunk_bytes=5200 commit_every=1", 13});
        all.push_back(
            {prefix + "/some", start, options + "chunk_bytes=5200 commit_every=3", 13, 16, 8, true});
        all.push_back({prefix + "/large", start, options + "chunk_bytes=1 commit_every=2", 7, 64, 40});
        all.push_back({prefix + "/truncated", start, options + "chunk_bytes=5200 commit_every=4", 14, 16, 8,
                       true, true});
      }
    }
    all.push_back({std::string(name) + "/tiles", start,
                   common + "threads=2 chunk_shape=3,9,5 commit_every=2 commit_seconds=1000 checksum=true",
                   9});
    all.push_back({std::string(name) + "/tiled_rows", start,
                   common + "threads=0 chunk_shape=1,9,5 commit_every=1 commit_seconds=1000", 5});
  }
  // More than a leaf of the index of chunks takes (64 of them), so that nodes are split.
  all.push_back({"many", Start::fresh, common + "threads=0 chunk_bytes=1 commit_every=5 commit_seconds=1000",
                 140, 4, 4});
  return all;
}

Series prepare(const Scenario &scenario, const std::string &path) {
  if (scenario.start == Scenario::Start::fresh) return {};
  if (scenario.start == Scenario::Start::extend_pypde) {
    // As py-pde writes: a chunk for each snapshot, gzip without shuffle, one time per chunk.
    pde::Options options = options_of("chunk_bytes=1 shuffle=false level=4 threads=0 commit_seconds=1000");
    Scenario plain = scenario;
    plain.infos = false;
    Series series;
    const pde::StoragePtr storage = pde::open_storage(path, "create", options);
    for (int i = 0; i < 4; ++i) series.push_back(append(*storage, plain, kOld + i));
    storage->close();
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    std::vector<double> times(4);
    hid_t dataset = H5Dopen2(file, "times", H5P_DEFAULT);
    H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, times.data());
    H5Dclose(dataset);
    H5Ldelete(file, "times", H5P_DEFAULT);
    const hsize_t size = 4, most = H5S_UNLIMITED, chunk = 1;
    const hid_t space = H5Screate_simple(1, &size, &most), creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 1, &chunk);
    dataset = H5Dcreate2(file, "times", H5T_IEEE_F64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, times.data());
    H5Dclose(dataset);
    dataset = H5Dopen2(file, "data", H5P_DEFAULT);
    H5Adelete(dataset, "pde_format");
    H5Adelete(dataset, "pde_file_id");
    H5Dclose(dataset);
    H5Pclose(creation);
    H5Sclose(space);
    H5Fclose(file);
    return series;
  }
  const pde::StoragePtr storage =
      pde::open_storage(path, "create", options_of("threads=0 chunk_bytes=5200 commit_seconds=1000"));
  Series series;
  for (int i = 0; i < 7; ++i) series.push_back(append(*storage, scenario, kOld + i));
  storage->close();
  return series;
}

void record(const Scenario &scenario, const std::string &path, const Series &before,
            const std::function<void(const Mark &)> &mark) {
  const bool extends = std::string_view(scenario.mode()) == "append";
  Mark now{before, static_cast<int64_t>(before.size())};
  mark(now);
  const pde::StoragePtr storage = pde::open_storage(path, scenario.mode(), options_of(scenario.options));
  if (!extends) now = {};
  const auto truncate = [&](int64_t keep) {
    // Between the two, all that was there has been committed.
    double time;
    storage->times(keep - 1, 1, &time);
    storage->truncate_after(time);
    now.series.resize(static_cast<size_t>(keep));
  };
  for (int i = 0; i < scenario.appends; ++i) {
    if (scenario.truncates && i == 4) truncate(storage->length() - 2);
    if (scenario.truncates && i == 9) truncate(extends ? 3 : 2);
    if (i > 0) {
      now.committed = storage->committed();
      mark(now);
    }
    now.series.push_back(append(*storage, scenario, kNew + i));
    now.committed = storage->committed();
    mark(now);
  }
  storage->close();
  now.committed = static_cast<int64_t>(now.series.size());
  mark(now);
}

bool is_allowed(const Series &found, const Mark &last, const Mark &next) {
  for (const Mark *mark : {&last, &next}) {
    const Series &series = mark->series;
    if (found.size() > series.size() || !std::equal(found.begin(), found.end(), series.begin())) continue;
    const int64_t least = std::min(last.committed, static_cast<int64_t>(series.size()));
    if (static_cast<int64_t>(found.size()) >= least) return true;
  }
  return false;
}

// ---- looking

Found look(const std::string &path, const char *mode) try {
  const pde::StoragePtr storage = pde::open_storage(path, mode, options_of("threads=0"));
  Found found{Found::How::read, {}, {}};
  if (storage->length() == 0) return found;
  const FieldPtr field = Field::create(storage->description());
  for (int64_t i = 0; i < storage->length(); ++i) {
    storage->read(i, *field);
    double time;
    storage->times(i, 1, &time);
    found.series.push_back(print_of(*field, time, storage->snapshot_info(i).value_or("")));
  }
  return found;
} catch (const pde::Error &error) {
  if (error.code() == PDE_ERR_NOT_FOUND) return {Found::How::missing, {}, error.what()};
  return {Found::How::unreadable, {}, error.what()};
}

namespace {

std::optional<int64_t> data_length(hid_t file) {
  if (H5Aexists(file, "data_length") <= 0) return std::nullopt;
  const hid_t attribute = H5Aopen(file, "data_length", H5P_DEFAULT);
  const hid_t type = H5Aget_type(attribute);
  char *text = nullptr;
  std::optional<int64_t> length;
  if (H5Tis_variable_str(type) > 0 && H5Aread(attribute, type, &text) >= 0 && text) {
    length = std::atoll(text);
    H5free_memory(text);
  }
  H5Tclose(type);
  H5Aclose(attribute);
  return length;
}

}  // namespace

Found look_with_hdf5(const std::string &path, int *out_unread) {
  *out_unread = 0;
  if (!std::filesystem::exists(path)) return {Found::How::missing, {}, {}};
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file < 0) return {Found::How::unreadable, {}, "H5Fopen"};
  Found found{Found::How::unreadable, {}, "a dataset"};
  const hid_t data = H5Dopen2(file, "data", H5P_DEFAULT), times = H5Dopen2(file, "times", H5P_DEFAULT);
  if (data >= 0 && times >= 0) {
    const hid_t space = H5Dget_space(data), times_space = H5Dget_space(times);
    hsize_t size[8] = {}, rows = 0;
    const int axes = H5Sget_simple_extent_dims(space, size, nullptr);
    H5Sget_simple_extent_dims(times_space, &rows, nullptr);
    rows = std::min(rows, size[0]);
    if (const auto length = data_length(file)) rows = std::min(rows, static_cast<hsize_t>(*length));
    hsize_t cells = 1;
    for (int axis = 1; axis < axes; ++axis) cells *= size[axis];
    std::vector<double> values(cells), all_times(H5Sget_simple_extent_npoints(times_space) + 1);
    found.how = Found::How::read;
    if (H5Dread(times, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, all_times.data()) < 0)
      found = {Found::How::unreadable, {}, "times"};
    const hid_t memory = H5Screate_simple(1, &cells, nullptr);
    for (hsize_t row = 0; row < rows && found.how == Found::How::read; ++row) {
      hsize_t start[8] = {row}, count[8] = {1};
      for (int axis = 1; axis < axes; ++axis) count[axis] = size[axis];
      H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, count, nullptr);
      const bool read = H5Dread(data, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, values.data()) >= 0;
      *out_unread += !read;
      found.series.push_back(read ? print_of(all_times[row], values.data(), cells * sizeof(double), "") : 0);
    }
    for (const hid_t id : {memory, space, times_space}) H5Sclose(id);
  }
  if (data >= 0) H5Dclose(data);
  if (times >= 0) H5Dclose(times);
  H5Fclose(file);
  return found;
}

Series with_unread(Series found, const Series &expected) {
  for (size_t i = 0; i < found.size() && i < expected.size(); ++i)
    if (found[i] == 0) found[i] = expected[i];
  return found;
}

Print without_info(Print print) {
  return (print & 0xffffffff00000000u) | 0x80000000u;
}

Series without_infos(Series series) {
  std::transform(series.begin(), series.end(), series.begin(), without_info);
  return series;
}

std::string go_on(const std::string &path, const Series &expected, int rows, int columns) {
  Scenario scenario{"going on", Scenario::Start::extend, "threads=0 commit_every=1", 1, rows, columns};
  Series series = expected;
  try {
    const pde::StoragePtr storage = pde::open_storage(path, "append", options_of(scenario.options));
    series.push_back(append(*storage, scenario, 5000));
    storage->close();
  } catch (const pde::Error &error) {
    return std::string("appending: ") + error.what();
  }
  const Found found = look(path);
  if (found.how != Found::How::read || found.series != series)
    return "read after appending: " + found.problem;
  int unread = 0;
  const Found plain = look_with_hdf5(path, &unread);
  if (plain.how != Found::How::read || plain.series != without_infos(series))
    return "read by HDF5 after appending: " + plain.problem;
  return {};
}

int64_t amount(const char *variable, int64_t otherwise) {
  const char *text = std::getenv(variable);
  return text && *text ? std::atoll(text) : otherwise;
}

}  // namespace crash
