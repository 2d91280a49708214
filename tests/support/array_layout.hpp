// Ways for an array to lie in memory, as solvers keep theirs: any order of axes, halo cells, gaps, axes that
// run backwards.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

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

/// Where the elements of an array of some shape are, counted in elements.
struct Placement {
  Placement(const std::vector<int64_t> &array_shape, const Layout &layout)
      : shape(array_shape), strides(array_shape.size()) {
    for (size_t axis : layout.fastest_first) {
      const int64_t along =
          layout.backwards[axis] ? layout.before[axis] + shape[axis] - 1 : layout.before[axis];
      origin += along * room;
      strides[axis] = layout.backwards[axis] ? -room : room;
      room *= layout.before[axis] + shape[axis] + layout.after[axis];
    }
  }

  /// Calls `f(position in memory)` for each element in C order.
  template <class F>
  void for_each(F &&f) const {
    std::vector<int64_t> index(shape.size(), 0);
    int64_t count = 1;
    for (int64_t size : shape) count *= size;
    for (; count > 0; --count) {
      int64_t at = origin;
      for (size_t axis = 0; axis < shape.size(); ++axis) at += index[axis] * strides[axis];
      f(static_cast<size_t>(at));
      for (size_t axis = shape.size(); axis-- > 0 && ++index[axis] == shape[axis];) index[axis] = 0;
    }
  }

  std::vector<int64_t> shape, strides;
  int64_t origin = 0;  // the element whose indices are all 0
  int64_t room = 1;    // elements in all, halo cells included
};

}  // namespace test
