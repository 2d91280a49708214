// A storage of the simplest kind behind the callbacks of pde_backend: vectors. It survives the storages that
// are opened on it, counts the calls it gets, and fails when told to.
#pragma once

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

  static constexpr pde_status kFailure = PDE_ERR_USER - 17;

  pde_status called(const char *entry) {
    ++calls[entry];
    return failing == entry ? pde_error_set(kFailure, "told to fail") : PDE_OK;
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
      std::copy_n(series.times.begin() + first, count, out_times);
      return pde_status{PDE_OK};
    };
    entries.read = [](int64_t index, int32_t dtype, void *out_data, int64_t count, void *user) {
      VectorSeries &series = of(user);
      if (const pde_status status = series.called("read")) return status;
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
};

}  // namespace test
