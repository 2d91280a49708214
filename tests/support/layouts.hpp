// Arrays as solvers keep them: any order of axes, halo cells, gaps, axes that run backwards.
#pragma once

#include <algorithm>
#include <numeric>
#include <random>

#include "support/capi_handles.hpp"

namespace test {

/// How the axes of a field's array (components first) lie in memory.
struct Layout {
  std::vector<size_t> fastest_first;   // the axes
  std::vector<int64_t> before, after;  // halo cells along each axis
  std::vector<bool> backwards;
};

enum class Order { c, fortran, interleaved, halo, backwards, gaps };
constexpr Order kOrders[] = {Order::c,    Order::fortran,   Order::interleaved,
                             Order::halo, Order::backwards, Order::gaps};

inline Layout layout_of(Order order, size_t components, size_t axes) {
  Layout layout{std::vector<size_t>(axes), std::vector<int64_t>(axes, 0), std::vector<int64_t>(axes, 0),
                std::vector<bool>(axes, false)};
  for (size_t i = 0; i < axes; ++i) layout.fastest_first[i] = order == Order::fortran ? i : axes - 1 - i;
  if (order == Order::interleaved)  // components fastest, then space in C order
    std::rotate(layout.fastest_first.begin(),
                layout.fastest_first.begin() + static_cast<std::ptrdiff_t>(axes - components),
                layout.fastest_first.end());
  for (size_t axis = components; axis < axes; ++axis) {
    if (order == Order::halo) layout.before[axis] = 1, layout.after[axis] = 2;
    if (order == Order::backwards) layout.backwards[axis] = true;
  }
  if (order == Order::gaps) layout.after[axes - 1] = 3;
  return layout;
}

inline Layout random_layout(std::mt19937_64 &random, size_t axes) {
  Layout layout{std::vector<size_t>(axes), std::vector<int64_t>(axes), std::vector<int64_t>(axes),
                std::vector<bool>(axes)};
  std::iota(layout.fastest_first.begin(), layout.fastest_first.end(), size_t{0});
  std::shuffle(layout.fastest_first.begin(), layout.fastest_first.end(), random);
  for (size_t axis = 0; axis < axes; ++axis) {
    layout.before[axis] = static_cast<int64_t>(random() % 3 / 2);
    layout.after[axis] = static_cast<int64_t>(random() % 3 / 2);
    layout.backwards[axis] = random() % 4 == 0;
  }
  return layout;
}

/// A field that looks at memory of the test's own, in any layout.
class LaidOutField {
 public:
  LaidOutField(const pde_grid *grid, int32_t rank, int32_t dtype, const Layout &layout,
               const char *label = nullptr)
      : item_(static_cast<size_t>(pde_dtype_size(dtype))) {
    const FieldHandle plain = new_field(grid, rank, dtype);
    shape_ = shape_of(plain);
    strides_.resize(shape_.size());
    int64_t cells = 1;
    for (size_t axis : layout.fastest_first) {
      const int64_t along =
          layout.backwards[axis] ? layout.before[axis] + shape_[axis] - 1 : layout.before[axis];
      origin_ += along * cells;
      strides_[axis] = layout.backwards[axis] ? -cells : cells;
      cells *= layout.before[axis] + shape_[axis] + layout.after[axis];
    }
    memory_.assign(static_cast<size_t>(cells) * item_, kUntouched);
    REQUIRE_OK(pde_field_wrap(grid, rank, dtype, label, memory_.data() + static_cast<size_t>(origin_) * item_,
                              strides_.data(), field_.out()));
  }

  pde_field *field() const { return field_; }
  operator pde_field *() const { return field_; }

  void set(const Bytes &samples) {
    for_each([&](size_t at, size_t in_memory) {
      std::memcpy(memory_.data() + in_memory, samples.data() + at, item_);
    });
  }
  Bytes get() const {
    Bytes samples(static_cast<size_t>(count_of(shape_)) * item_);
    for_each([&](size_t at, size_t in_memory) {
      std::memcpy(samples.data() + at, memory_.data() + in_memory, item_);
    });
    return samples;
  }
  /// Whether nothing but samples has been written.
  bool halo_untouched() const {
    std::vector<bool> sample(memory_.size() / item_, false);
    for_each([&](size_t, size_t in_memory) { sample[in_memory / item_] = true; });
    for (size_t i = 0; i < memory_.size(); ++i) {
      if (!sample[i / item_] && memory_[i] != kUntouched) return false;
    }
    return true;
  }

 private:
  static constexpr std::byte kUntouched{0xEE};

  template <class F>
  void for_each(F &&f) const {
    std::vector<int64_t> index(shape_.size(), 0);
    const auto bytes = static_cast<size_t>(count_of(shape_)) * item_;
    for (size_t at = 0; at < bytes; at += item_) {
      int64_t offset = origin_;
      for (size_t axis = 0; axis < shape_.size(); ++axis) offset += index[axis] * strides_[axis];
      f(at, static_cast<size_t>(offset) * item_);
      for (size_t axis = shape_.size(); axis-- > 0 && ++index[axis] == shape_[axis];) index[axis] = 0;
    }
  }

  size_t item_;
  std::vector<int64_t> shape_, strides_;
  int64_t origin_ = 0;
  Bytes memory_;
  FieldHandle field_;
};

/// Any bits that are values of a dtype: NaNs with payloads, infinities and denormals among them; bools are 0
/// or 1.
inline Bytes random_samples(std::mt19937_64 &random, int32_t dtype, int64_t count) {
  Bytes samples(static_cast<size_t>(count * pde_dtype_size(dtype)));
  for (std::byte &byte : samples) byte = static_cast<std::byte>(dtype == PDE_BOOL ? random() & 1 : random());
  return samples;
}

constexpr int32_t kDtypes[] = {PDE_FLOAT64, PDE_FLOAT32, PDE_COMPLEX128, PDE_COMPLEX64, PDE_INT64,
                               PDE_INT32,   PDE_INT16,   PDE_INT8,       PDE_UINT64,    PDE_UINT32,
                               PDE_UINT16,  PDE_UINT8,   PDE_BOOL};

}  // namespace test
