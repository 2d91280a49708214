#include "fuzz/use_series.hpp"

#include <chrono>
#include <cmath>
#include <filesystem>
#include <vector>

#include "fuzz/fuzz.hpp"
#include "pde.h"

namespace fuzz {
namespace {

constexpr int64_t kMostBytes = 1 << 16, kMostSnapshots = 64;
/// What looks at every time takes as long as there are rows, whether or not anything is stored of them.
constexpr int64_t kMostTimes = 4096;
constexpr const char *kGrid = R"(grid='{"shape": [4], "periodic": [false], "class": "UnitGrid"}')";

/// Whether it went well. PDE_ERR_INTERNAL is an exception that nobody has thought of.
bool good(pde_status status) {
  if (status == PDE_OK) return true;
  PROMISE(status <= PDE_ERR_ARGUMENT && status > PDE_ERR_INTERNAL, pde_error_message());
  PROMISE(*pde_error_message() != '\0', pde_status_name(status));
  return false;
}

template <class T, void (*free_it)(T *)>
struct Owned {
  T *handle = nullptr;
  Owned() = default;
  Owned(const Owned &) = delete;
  Owned &operator=(const Owned &) = delete;
  ~Owned() { free_it(handle); }
};
void close(pde_storage *storage) {
  if (storage) good(pde_storage_close(storage));
}
using Storage = Owned<pde_storage, close>;
using Field = Owned<pde_field, pde_field_free>;
using Options = Owned<pde_options, pde_options_free>;
using Grid = Owned<pde_grid, pde_grid_free>;
using Controller = Owned<pde_controller, pde_controller_free>;

/// Samples of one snapshot; 0: unknown, or too many to be read.
int64_t modest_count(pde_storage *storage, int32_t dtype) {
  int32_t ndim = 0;
  if (!good(pde_storage_ndim(storage, &ndim))) return 0;
  std::vector<int64_t> shape(static_cast<size_t>(ndim));
  if (!good(pde_storage_shape(storage, shape.data(), ndim))) return 0;
  double count = 1;
  for (size_t axis = 1; axis < shape.size(); ++axis) {
    PROMISE(shape[axis] > 0, "shape");
    count *= static_cast<double>(shape[axis]);
  }
  return count * static_cast<double>(pde_dtype_size(dtype)) <= kMostBytes ? static_cast<int64_t>(count) : 0;
}

void read_times(pde_storage *storage, int64_t length) {
  const int64_t some = std::min(length, kMostSnapshots);
  std::vector<double> times(static_cast<size_t>(some) + 1);
  good(pde_storage_times(storage, 0, some, times.data()));
  good(pde_storage_times(storage, length - some, some, times.data()));
  int64_t first = 0, count = 0, index = 0;
  if (length > kMostTimes) return;
  good(pde_storage_find_range(storage, 0, 1, &first, &count));
  good(pde_storage_find_nearest(storage, 0.5, &index));
}

void read_metadata(pde_storage *storage, int64_t length) {
  const char *text = nullptr;
  good(pde_storage_info(storage, nullptr, &text));
  good(pde_storage_info(storage, "field_attributes", &text));
  good(pde_storage_statistics(storage, &text));
  good(pde_storage_uri(storage, &text));
  for (const int64_t index : {int64_t{0}, length / 2, int64_t{-1}})
    good(pde_storage_snapshot_info(storage, index, &text));
  int64_t committed = 0;
  PROMISE(good(pde_storage_committed(storage, &committed)) && committed <= length, "committed");
  Grid grid;
  good(pde_storage_grid(storage, &grid.handle));
  int32_t collection = 0;
  good(pde_storage_has_collection(storage, &collection));
}

void read_samples(pde_storage *storage, int64_t length, int32_t dtype, int64_t count) {
  const int64_t some = std::min<int64_t>(length, 4);
  std::vector<char> samples(static_cast<size_t>(some * count * pde_dtype_size(dtype)) + 1);
  good(pde_storage_read_raw(storage, 0, some, 1, dtype, samples.data(), some * count));
  good(pde_storage_read_raw(storage, length - 1, 1, 1, dtype, samples.data(), count));
  if (length >= 3) good(pde_storage_read_raw(storage, 0, 2, 2, dtype, samples.data(), 2 * count));
  Field field;
  if (!good(pde_storage_sample(storage, &field.handle))) return;
  for (const int64_t index : {int64_t{0}, int64_t{-1}}) good(pde_storage_read(storage, index, field.handle));
  Storage view;
  if (good(pde_storage_view_field(storage, 0, &view.handle))) {
    int64_t same = 0;
    PROMISE(good(pde_storage_length(view.handle, &same)) && same == length, "length of a view");
  }
}

void copy(pde_storage *storage) {
  good(pde_storage_check(storage, nullptr));
  Storage memory;
  if (good(pde_storage_open("memory:", "create", nullptr, &memory.handle)))
    good(pde_storage_copy(storage, memory.handle, nullptr));
}

/// A run without trackers: nothing is written.
void go_on(pde_storage *storage) {
  Field state;
  Controller run;
  double t = 0;
  if (good(pde_storage_sample(storage, &state.handle)) &&
      good(pde_controller_create(nullptr, 0, nullptr, &run.handle)))
    good(pde_controller_resume(run.handle, storage, state.handle, &t));
}

void use(pde_storage *storage) {
  int64_t length = 0;
  int32_t dtype = 0;
  PROMISE(good(pde_storage_length(storage, &length)) && length >= 0, "length");
  read_metadata(storage, length);
  read_times(storage, length);
  if (!good(pde_storage_dtype(storage, &dtype))) return;
  PROMISE(pde_dtype_size(dtype) > 0, "dtype");
  const int64_t count = modest_count(storage, dtype);
  if (count == 0 || length == 0) return;
  read_samples(storage, length, dtype, count);
  if (length <= kMostSnapshots) copy(storage);
  go_on(storage);
  good(pde_storage_refresh(storage, &length));
}

bool open(const std::string &path, const char *mode, const char *text, pde_storage **out) {
  Options options;
  PROMISE(good(pde_options_create(&options.handle)) && good(pde_options_parse(options.handle, text)), text);
  return good(pde_storage_open(path.c_str(), mode, options.handle, out));
}

void ignore(int32_t, const char *, void *) {}

}  // namespace

bool read_series(const std::string &path) {
  pde_set_log_handler(ignore, nullptr, nullptr);
  Storage plain, described;
  const bool opened = open(path, "readonly", "threads=1", &plain.handle);
  if (opened) use(plain.handle);
  if (open(path, "readonly", kGrid, &described.handle)) use(described.handle);
  return opened;
}

void append_to_series(const std::string &path) {
  pde_set_log_handler(ignore, nullptr, nullptr);
  Storage storage;
  if (!open(path, "append", (std::string("threads=1 ") + kGrid).c_str(), &storage.handle)) return;
  int32_t dtype = 0;
  int64_t length = 0, longer = 0;
  PROMISE(good(pde_storage_length(storage.handle, &length)), "length");
  if (length > kMostTimes) return;
  if (!good(pde_storage_dtype(storage.handle, &dtype)) || modest_count(storage.handle, dtype) == 0) return;
  Field field;
  if (!good(pde_storage_sample(storage.handle, &field.handle))) return;
  for (int i = 0; i < 3; ++i) {
    if (!good(pde_storage_append_info(storage.handle, field.handle, PDE_TIME_AUTO, "{\"n\": 1}"))) break;
    PROMISE(good(pde_storage_length(storage.handle, &longer)) && longer == ++length, "length");
    good(pde_storage_flush(storage.handle));
  }
  good(pde_storage_read(storage.handle, -1, field.handle));
  good(pde_storage_truncate_after(storage.handle, 1));
  good(pde_storage_append(storage.handle, field.handle, PDE_TIME_AUTO));
  good(pde_storage_finish(storage.handle));
}

namespace {

/// Of a file written just now, each call looks anew at all there is, which takes several times as long.
void make_old(const std::string &path) {
  using Clock = std::filesystem::file_time_type::clock;
  std::error_code none;  // there may be no file
  std::filesystem::last_write_time(path, Clock::now() - std::chrono::hours(1), none);
}

}  // namespace

void use_hostile_file(const std::string &path) {
  // What cannot be opened for reading is not for writing, but for a file without a series.
  make_old(path);
  read_series(path);
  append_to_series(path);
  make_old(path);
  read_series(path);
}

}  // namespace fuzz
