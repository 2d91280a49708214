// Loops over all cells that compute something from a cell and its neighbours.
//
// One template, compiled for several instruction sets and chosen when it runs: with contraction off
// (-ffp-contract=off) all give the same bits, only faster. GCC inlines the lambdas into each version and
// vectorises the innermost loop.
#pragma once

#include <type_traits>

#include "solver/rate.hpp"

#if defined(__clang__)
#define PDE_INDEPENDENT_STEPS _Pragma("clang loop vectorize(assume_safety)")
#else
#define PDE_INDEPENDENT_STEPS _Pragma("GCC ivdep")
#if defined(__x86_64__)
#define PDE_WIDE_LOOPS 1
#endif
#endif

namespace pde {

template <class Body>
[[gnu::always_inline]] inline void sweep_rows(const WorkLayout &layout, const Body &body) {
  for (int64_t i = 0; i < layout.shape[0]; ++i) {
    for (int64_t j = 0; j < layout.shape[1]; ++j) {
      const int64_t begin = i * layout.strides[0] + j * layout.strides[1], end = begin + layout.shape[2];
      if constexpr (std::is_invocable_v<const Body &, int64_t, int64_t>) {
        PDE_INDEPENDENT_STEPS
        for (int64_t at = begin; at < end; ++at) body(at, j);
      } else {
        PDE_INDEPENDENT_STEPS
        for (int64_t at = begin; at < end; ++at) body(at);
      }
    }
  }
}

#ifdef PDE_WIDE_LOOPS
template <class Body>
[[gnu::target("avx2")]] void sweep_avx2(const WorkLayout &layout, const Body body) {
  sweep_rows(layout, body);
}
template <class Body>
[[gnu::target("avx512f,avx512dq,avx512vl,prefer-vector-width=512")]] void sweep_avx512(
    const WorkLayout &layout, const Body body) {
  sweep_rows(layout, body);
}
#endif

/// Calls body(position), or body(position, row), for all cells; it must be an inline lambda that writes to
/// its own position only. Rows are counted along the middle axis.
template <class Body>
void sweep(const WorkLayout &layout, const Body body) {
#ifdef PDE_WIDE_LOOPS
  if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return sweep_avx512(layout, body);
  if (__builtin_cpu_supports("avx2")) return sweep_avx2(layout, body);
#endif
  sweep_rows(layout, body);
}

/// Sweeps over rate(position, row), which reads the cells of y and what else it likes, and combines as asked.
template <class F>
void sweep_combined(const WorkLayout &layout, const WorkArray &y, const Combination &how, const F rate) {
  double *const out = how.out->cells();
  const double *const u = y.cells();
  const double f = how.f_weight;
  switch (how.kind) {
    case Combination::Kind::rate:
      return sweep(layout, [=](int64_t at, int64_t row) { out[at] = rate(at, row); });
    case Combination::Kind::step:
      return sweep(layout, [=](int64_t at, int64_t row) { out[at] = u[at] + f * rate(at, row); });
    default:
      break;
  }
  const double *const y0 = how.y0->cells(), *const f0 = how.f0->cells();
  const double a0 = how.y0_weight, a1 = how.y_weight, b0 = how.f0_weight, a2 = how.out_weight;
  if (how.kind == Combination::Kind::first_stage) {
    return sweep(layout, [=](int64_t at, int64_t row) {
      out[at] = a0 * y0[at] + a1 * u[at] + b0 * f0[at] + f * rate(at, row);
    });
  }
  sweep(layout, [=](int64_t at, int64_t row) {
    out[at] = a0 * y0[at] + a1 * u[at] + a2 * out[at] + b0 * f0[at] + f * rate(at, row);
  });
}

}  // namespace pde
