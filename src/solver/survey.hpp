// Looking at all cells: for the largest of something (in lanes, so that it is vectorised), for a norm.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "solver/sweep.hpp"

namespace pde {

/// In C order, one after the other.
template <class F>
void for_each_cell(const WorkLayout &layout, F &&f) {
  for (int64_t i = 0; i < layout.shape[0]; ++i) {
    for (int64_t j = 0; j < layout.shape[1]; ++j) {
      for (int64_t k = 0; k < layout.shape[2]; ++k) f(i * layout.strides[0] + j * layout.strides[1] + k);
    }
  }
}

/// Looks at all cells, each in one of so many lanes that share nothing: what a lane has found it keeps apart.
constexpr int64_t kLanes = 8;
template <class F>
[[gnu::always_inline]] inline void for_each_in_lanes(const WorkLayout &layout, const F &look) {
  for (int64_t i = 0; i < layout.shape[0]; ++i) {
    for (int64_t j = 0; j < layout.shape[1]; ++j) {
      const int64_t begin = i * layout.strides[0] + j * layout.strides[1];
      int64_t k = 0;
      for (; k + kLanes <= layout.shape[2]; k += kLanes) {
        for (int64_t lane = 0; lane < kLanes; ++lane) look(begin + k + lane, lane);
      }
      for (; k < layout.shape[2]; ++k) look(begin + k, 0);
    }
  }
}

/// The largest modulus of value(position) over all cells; NaN if one is not finite.
template <class F>
double largest_modulus(const WorkLayout &layout, const F value) {
  double worst[kLanes] = {}, poison[kLanes] = {};
  for_each_in_lanes(layout, [&](int64_t at, int64_t lane) {
    const double e = std::fabs(value(at));
    worst[lane] = e > worst[lane] ? e : worst[lane];
    poison[lane] += e - e;  // 0, or NaN
  });
  double most = 0, not_finite = 0;
  for (int64_t lane = 0; lane < kLanes; ++lane) {
    most = std::max(most, worst[lane]);
    not_finite += poison[lane];
  }
  return not_finite == 0 ? most : std::numeric_limits<double>::quiet_NaN();
}

/// The root of the sum of squares; the order of the additions does not depend on the machine.
template <class F>
double norm(const WorkLayout &layout, const F value) {
  double squares = 0;
  for_each_cell(layout, [&](int64_t at) { squares += value(at) * value(at); });
  return std::sqrt(squares);
}

}  // namespace pde
