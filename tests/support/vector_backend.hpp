// A storage of the simplest kind behind the callbacks of pde_backend: vectors. It survives the storages that
// are opened on it, counts the calls it gets, and fails when told to.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "pde/backend.h"

namespace test {

struct VectorSeries {
  std::vector<std::vector<std::byte>> snapshots;
  std::vector<double> times;
  int32_t dtype = 0;
  std::string info;
  std::map<std::string, int> calls;  // by entry
  int destroyed = 0;
  std::string failing;  // the entry that fails from now on
  int calls_in_all = 0;
  int failing_call = 0;             // the call that fails, counted from 1
  VectorSeries *counter = nullptr;  // where the calls in all are counted, if not here
  int64_t times_given = 0;

  static constexpr pde_status kFailure = PDE_ERR_USER - 17;

  pde_status called(const char *entry) {
    ++calls[entry];
    VectorSeries &counts = counter ? *counter : *this;
    const bool fails = ++counts.calls_in_all == counts.failing_call;
    return failing == entry || fails ? pde_error_set(kFailure, "told to fail") : PDE_OK;
  }

  /// What the library asks for must be there.
  bool has(int64_t first, int64_t count) const {
    const bool all_there =
        first >= 0 && count >= 0 && first + count <= static_cast<int64_t>(snapshots.size());
    EXPECT_TRUE(all_there) << count << " snapshots from " << first << " on, of " << snapshots.size();
    return all_there;
  }

  static VectorSeries &of(void *user) { return *static_cast<VectorSeries *>(user); }

  static pde_backend backend() {
    pde_backend entries{};
    entries.size = sizeof entries;
    entries.length = [](int64_t *out_length, void *user) {
      VectorSeries &series = of(user);
      if (const pde_status status = series.called("length")) return status;
      *out_length = static_cast<int64_t>(series.times.size());
      return pde_status{PDE_OK};
    };
    entries.times = [](int64_t first, int64_t count, double *out_times, void *user) {
      VectorSeries &series = of(user);
      if (const pde_status status = series.called("times")) return status;
      if (!series.has(first, count)) return pde_status{PDE_ERR_USER};
      series.times_given += count;
      std::copy_n(series.times.begin() + first, count, out_times);
      return pde_status{PDE_OK};
    };
    entries.read = [](int64_t index, int32_t dtype, void *out_data, int64_t count, void *user) {
      VectorSeries &series = of(user);
      if (const pde_status status = series.called("read")) return status;
      if (!series.has(index, 1)) return pde_status{PDE_ERR_USER};
      const auto &bytes = series.snapshots.at(static_cast<size_t>(index));
      if (dtype != series.dtype || static_cast<size_t>(count * pde_dtype_size(dtype)) != bytes.size())
        return pde_error_set(PDE_ERR_USER, "asked for something else than was appended");
      std::memcpy(out_data, bytes.data(), bytes.size());
      return pde_status{PDE_OK};
    };
    entries.append = [](int32_t dtype, const void *data, int64_t count, double time, void *user) {
      VectorSeries &series = of(user);
      if (const pde_status status = series.called("append")) return status;
      const auto *bytes = static_cast<const std::byte *>(data);
      series.dtype = dtype;
      series.snapshots.emplace_back(bytes, bytes + count * pde_dtype_size(dtype));
      series.times.push_back(time);
      return pde_status{PDE_OK};
    };
    entries.get_info = [](char *out_text, int64_t size, int64_t *out_length, void *user) {
      VectorSeries &series = of(user);
      if (const pde_status status = series.called("get_info")) return status;
      *out_length = static_cast<int64_t>(series.info.size());
      if (size > 0) std::memcpy(out_text, series.info.data(), static_cast<size_t>(size));
      return pde_status{PDE_OK};
    };
    entries.set_info = [](const char *json, void *user) {
      VectorSeries &series = of(user);
      if (const pde_status status = series.called("set_info")) return status;
      series.info = json;
      return pde_status{PDE_OK};
    };
    entries.truncate = [](int64_t length, void *user) {
      VectorSeries &series = of(user);
      if (const pde_status status = series.called("truncate")) return status;
      if (!series.has(0, length)) return pde_status{PDE_ERR_USER};
      series.snapshots.resize(static_cast<size_t>(length));
      series.times.resize(static_cast<size_t>(length));
      return pde_status{PDE_OK};
    };
    entries.start = [](const pde_field *, void *user) { return of(user).called("start"); };
    entries.flush = [](void *user) { return of(user).called("flush"); };
    entries.finish = [](void *user) { return of(user).called("finish"); };
    entries.destroy = [](void *user) { ++of(user).destroyed; };
    return entries;
  }

  /// Those that a storage cannot do without, to be read and written; the others are NULL.
  static pde_backend required_entries() {
    const pde_backend all = backend();
    pde_backend entries{};
    entries.size = sizeof entries;
    entries.length = all.length;
    entries.times = all.times;
    entries.read = all.read;
    entries.append = all.append;
    entries.get_info = all.get_info;
    entries.set_info = all.set_info;
    return entries;
  }
};

}  // namespace test
