// The reading half of the storage front: times and how they are searched, snapshots, boxes of them, and the
// conversion to the caller's dtype and layout.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "base/numbers.hpp"
#include "field/strided_copy.hpp"
#include "storage/storage.hpp"

namespace pde {

const Contents &Storage::contents() {
  look("contents");
  return contents_;
}

int64_t Storage::length() {
  look("length");
  return contents_.length;
}

std::optional<double> Storage::last_time() {
  look("times");
  return contents_.last_time;
}

int64_t Storage::committed() {
  look("committed");
  return backend_->committed();
}

/// While it is being written nobody else writes to it, so that there is nothing new to see.
void Storage::refresh() {
  check_open("refresh");
  if (state_ != State::idle) return;
  backend_->refresh();
  adopt_contents();
}

const FieldDescription &Storage::description() {
  look("sample");
  if (!contents_.description) {
    fail(contents_.dtype == 0 ? PDE_ERR_STATE : PDE_ERR_UNSUPPORTED, "{}: {}", backend_->name(),
         contents_.no_description.empty() ? "nothing is stored yet, so no snapshot is known"
                                          : contents_.no_description);
  }
  return *contents_.description;
}

// ---- which snapshots

int64_t Storage::checked_index(int64_t index) {
  const int64_t length = contents_.length;
  const int64_t from_start = index < 0 ? index + length : index;
  if (from_start < 0 || from_start >= length) {
    if (length == 0) fail(PDE_ERR_RANGE, "index is {}, but {} holds no snapshots", index, backend_->name());
    fail(PDE_ERR_RANGE, "index is {}, but {} holds {} snapshots: expected {} to {}", index, backend_->name(),
         length, -length, length - 1);
  }
  return from_start;
}

int64_t Storage::checked_range(int64_t first, int64_t count, int64_t step) {
  if (count < 0) fail(PDE_ERR_ARGUMENT, "count is {}, expected at least 0", count);
  if (step < 1) fail(PDE_ERR_ARGUMENT, "step is {}, expected at least 1", step);
  if (count == 0) return 0;
  const int64_t begin = checked_index(first);
  if (count - 1 > (contents_.length - 1 - begin) / step) {
    fail(PDE_ERR_RANGE, "first is {}, count {} and step {}, but {} holds {} snapshots", first, count, step,
         backend_->name(), contents_.length);
  }
  return begin;
}

// ---- times

void Storage::times(int64_t first, int64_t count, double *out_times) {
  look("times");
  const int64_t begin = checked_range(first, count, 1);
  if (count > 0) backend_->times(begin, count, out_times);
}

/// Calls `f(index, time)` from `first` on until it says no. Never holds more than a block of times.
template <class F>
void Storage::for_each_time(int64_t first, F &&f) {
  constexpr int64_t kBlock = 4096;
  std::vector<double> times(static_cast<size_t>(std::clamp<int64_t>(contents_.length - first, 0, kBlock)));
  while (first < contents_.length) {
    const int64_t count = std::min(kBlock, contents_.length - first);
    backend_->times(first, count, times.data());
    for (int64_t i = 0; i < count; ++i) {
      if (!f(first + i, times[static_cast<size_t>(i)])) return;
    }
    first += count;
  }
}

void Storage::check_takes_times_of(Storage &from) {
  look("start");
  check_may_write();
  std::optional<double> last = time_before_next();
  from.look("times");
  from.for_each_time(0, [&](int64_t index, double time) {
    try {
      last = checked_time(time, last);
    } catch (const Error &error) {
      fail(error.code(), "snapshot {} of {} cannot be stored: {}", index, from.name(), error.what());
    }
    return true;
  });
}

/// Looks at each time once; files of others may hold any order.
bool Storage::times_in_order() {
  look("times");
  if (disorder_ || ordered_ == contents_.length) return !disorder_;
  double last = -std::numeric_limits<double>::infinity();
  if (ordered_ > 0) backend_->times(ordered_ - 1, 1, &last);
  for_each_time(ordered_, [&](int64_t index, double time) {
    disorder_ = !(time >= last);
    last = time;
    if (!disorder_) ordered_ = index + 1;
    return !disorder_;
  });
  return !disorder_;
}

/// The first snapshot whose time has `reached` something, or the length. In order: by bisection.
template <class Reached>
int64_t Storage::first_where(Reached &&reached) {
  int64_t begin = 0, end = contents_.length;
  if (!times_in_order()) {
    for_each_time(0, [&](int64_t index, double time) {
      if (reached(time)) end = index;
      return end > index;
    });
    return end;
  }
  while (begin < end) {
    const int64_t middle = std::midpoint(begin, end);
    double time;
    backend_->times(middle, 1, &time);
    if (reached(time)) {
      end = middle;
    } else {
      begin = middle + 1;
    }
  }
  return end;
}

int64_t Storage::first_at_or_after(double time) {
  return first_where([=](double stored) { return stored >= time; });
}

int64_t Storage::first_after(double time) {
  return first_where([=](double stored) { return stored > time; });
}

std::pair<int64_t, int64_t> Storage::find_range(double t_start, double t_end) {
  look("find_range");
  if (!(t_start <= t_end))
    fail(PDE_ERR_ARGUMENT, "t_start is {} and t_end {}, expected t_start <= t_end", real_text(t_start),
         real_text(t_end));
  if (times_in_order()) {
    const int64_t first = first_at_or_after(t_start);
    return {first, first_after(t_end) - first};
  }
  int64_t first = -1, last = -1;
  for_each_time(0, [&](int64_t index, double time) {
    if (time < t_start || time > t_end || std::isnan(time)) return true;
    if (first < 0) first = index;
    last = index;
    return true;
  });
  return first < 0 ? std::pair<int64_t, int64_t>{0, 0} : std::pair{first, last - first + 1};
}

int64_t Storage::find_nearest(double time) {
  look("find_nearest");
  if (!std::isfinite(time)) fail(PDE_ERR_ARGUMENT, "time is {}, expected a finite number", real_text(time));
  if (contents_.length == 0) fail(PDE_ERR_RANGE, "{} holds no snapshots", name());
  if (times_in_order()) {
    const int64_t after = first_at_or_after(time);
    if (after == 0) return 0;
    double neighbours[2];
    backend_->times(after - 1, after < contents_.length ? 2 : 1, neighbours);
    if (after < contents_.length && neighbours[1] - time < time - neighbours[0]) return after;
    return first_at_or_after(neighbours[0]);
  }
  int64_t best = 0;
  double distance = std::numeric_limits<double>::infinity();
  for_each_time(0, [&](int64_t index, double stored) {
    if (std::fabs(stored - time) < distance) {
      best = index;
      distance = std::fabs(stored - time);
    }
    return true;
  });
  return best;
}

// ---- samples

void Storage::read(int64_t index, Field &into) {
  look("read");
  check_readable("read");
  const int64_t position = checked_index(index);
  const FieldDescription &target = into.description();
  check_same_shape(target, "the field");
  if (!dtype_converts_lossless(contents_.dtype, target.dtype)) {
    fail(PDE_ERR_DTYPE,
         "the field is {}, {} holds {}, whose values it cannot all hold: read into a field of that dtype",
         dtype_name(target.dtype), backend_->name(), dtype_name(contents_.dtype));
  }
  const Selection whole{position, 1, 1, std::vector<int64_t>(contents_.shape.size(), 0), contents_.shape};
  std::byte *direct = target.dtype == contents_.dtype ? into.c_order_data() : nullptr;
  if (direct) return backend_->read(whole, direct);
  std::vector<std::byte> snapshot(static_cast<size_t>(target.count() * dtype_size(contents_.dtype)));
  backend_->read(whole, snapshot.data());
  into.unpack(snapshot.data(), contents_.dtype);
}

void Storage::read_raw(int64_t first, int64_t count, int64_t step, int32_t dtype, void *out_data,
                       int64_t size) {
  look("read_raw");
  check_readable("read_raw");
  dtype_info(dtype);
  checked_range(first, count, step);
  if (count == 0) return check_count(size, 0, "no snapshots, no samples");
  const int64_t sizes[] = {count, checked_product(contents_.shape).value_or(-1), dtype_size(dtype)};
  if (!checked_product(sizes))
    fail(PDE_ERR_RANGE, "{} snapshots of shape {} are more than can be addressed", count,
         shape_text(contents_.shape));
  check_count(size, count * sizes[1], "snapshots times samples of each");
  read_box(first, count, step, {}, {}, dtype, out_data, {});
}

namespace {

void check_box(std::span<const int64_t> lower, std::span<const int64_t> shape,
               std::span<const int64_t> stored) {
  for (size_t axis = 0; axis < stored.size(); ++axis) {
    if (shape[axis] < 1) fail(PDE_ERR_RANGE, "shape[{}] is {}, expected at least 1", axis, shape[axis]);
    if (lower[axis] < 0 || lower[axis] >= stored[axis])
      fail(PDE_ERR_RANGE, "lower[{}] is {}, expected 0 to {}", axis, lower[axis], stored[axis] - 1);
    if (shape[axis] > stored[axis] - lower[axis]) {
      fail(PDE_ERR_RANGE, "lower[{}] is {} and shape[{}] is {}, but a snapshot has {} entries there", axis,
           lower[axis], axis, shape[axis], stored[axis]);
    }
  }
}

/// In bytes. Along an axis of one entry no step is taken, whatever the stride is.
std::vector<int64_t> target_strides(std::span<const int64_t> strides, std::span<const int64_t> shape,
                                    int64_t item) {
  std::vector<int64_t> bytes = c_strides(shape, item);
  int64_t reach = 0;  // minus the bytes between the samples that lie furthest apart
  for (size_t axis = 0; axis < strides.size(); ++axis) {
    if (shape[axis] == 1) continue;
    if (strides[axis] == 0) {
      fail(PDE_ERR_ARGUMENT, "strides[{}] is 0 on an axis of {} entries: they would be one and the same",
           axis, shape[axis]);
    }
    int64_t span;
    if (__builtin_mul_overflow(strides[axis], item, &bytes[axis]) ||
        __builtin_mul_overflow(bytes[axis], shape[axis] - 1, &span) ||
        __builtin_add_overflow(reach, span < 0 ? span : -span, &reach) || reach < -(INT64_MAX / 2)) {
      fail(PDE_ERR_RANGE, "strides[{}] is {}: the array would reach beyond the address space", axis,
           strides[axis]);
    }
  }
  return bytes;
}

}  // namespace

void Storage::read_box(int64_t first, int64_t count, int64_t step, std::span<const int64_t> lower,
                       std::span<const int64_t> shape, int32_t dtype, void *out_data,
                       std::span<const int64_t> strides) {
  look("read_box");
  check_readable("read_box");
  dtype_info(dtype);
  // The step of a single snapshot means nothing, and a view would multiply it.
  Selection box{checked_range(first, count, step),
                count,
                count > 1 ? step : 1,
                {lower.begin(), lower.end()},
                {shape.begin(), shape.end()}};
  if (count == 0) return;
  if (shape.empty()) {
    box.lower.assign(contents_.shape.size(), 0);
    box.shape = contents_.shape;
  }
  check_box(box.lower, box.shape, contents_.shape);
  if (!dtype_converts_lossless(contents_.dtype, dtype)) {
    fail(PDE_ERR_DTYPE, "dtype is {}, {} holds {}, whose values it cannot all hold", dtype_name(dtype),
         backend_->name(), dtype_name(contents_.dtype));
  }
  read_converted(std::move(box), dtype, static_cast<std::byte *>(out_data), strides);
}

/// Some snapshots at a time, so that a long range needs no second copy of itself.
void Storage::read_converted(Selection selection, int32_t dtype, std::byte *out_data,
                             std::span<const int64_t> strides) {
  constexpr int64_t kBlockBytes = int64_t{4} << 20;
  const int64_t item = dtype_size(dtype), stored_item = dtype_size(contents_.dtype);
  std::vector<int64_t> shape{selection.count};
  shape.insert(shape.end(), selection.shape.begin(), selection.shape.end());
  const int64_t sizes[] = {checked_product(shape).value_or(-1), item};
  if (!checked_product(sizes))
    fail(PDE_ERR_RANGE, "{} boxes of shape {} are more than can be addressed", selection.count,
         shape_text(selection.shape));
  const std::vector<int64_t> to = target_strides(strides, shape, item);
  if (dtype == contents_.dtype && to == c_strides(shape, item)) return backend_->read(selection, out_data);

  const int64_t samples = *checked_product(selection.shape);
  const int64_t block = std::clamp<int64_t>(kBlockBytes / (samples * stored_item), 1, selection.count);
  std::vector<std::byte> stored(static_cast<size_t>(block * samples * stored_item));
  std::vector<std::byte> converted(dtype == contents_.dtype ? 0
                                                            : static_cast<size_t>(block * samples * item));
  for (int64_t done = 0; done < shape[0]; done += block, out_data += block * to[0]) {
    Selection part = selection;
    part.first += done * selection.step;
    part.count = std::min(block, shape[0] - done);
    backend_->read(part, stored.data());
    const std::byte *values = stored.data();
    if (dtype != contents_.dtype) {
      convert_samples(converted.data(), dtype, stored.data(), contents_.dtype, part.count * samples);
      values = converted.data();
    }
    std::vector<int64_t> part_shape = shape;
    part_shape[0] = part.count;
    strided_copy(out_data, to, values, c_strides(part_shape, item), part_shape, item);
  }
}

void Storage::read_selection(const Selection &selection, void *out_data) {
  look("read");
  check_readable("read");
  backend_->read(selection, out_data);
}

const void *Storage::data(int64_t index, int32_t dtype) {
  look("data_const");
  dtype_info(dtype);
  const int64_t position = checked_index(index);
  if (dtype != contents_.dtype) {
    fail(PDE_ERR_DTYPE, "dtype is {}, {} holds {}", dtype_name(dtype), name(), dtype_name(contents_.dtype));
  }
  const void *data = backend_->data(position);
  if (!data) fail(PDE_ERR_UNSUPPORTED, "{} does not keep whole snapshots in memory: read them", name());
  return data;
}

// ---- metadata of snapshots

std::optional<std::string> Storage::snapshot_info(int64_t index) {
  look("snapshot_info");
  check_readable("snapshot_info");
  return backend_->snapshot_info(checked_index(index));
}

}  // namespace pde
