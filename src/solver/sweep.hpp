// Loops over all cells that compute something from a cell and its neighbours.
//
// One template, compiled for several instruction sets and chosen when it runs: with contraction off
// (-ffp-contract=off) all give the same bits, only faster. GCC inlines the lambdas into each version and
// vectorises the innermost loop.
#pragma once

#include <type_traits>
#include <utility>

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

/// The terms of a combination, their number known to the compiler.
template <size_t N>
class TermSum {
 public:
  explicit TermSum(const Terms &terms) {
    for (size_t i = 0; i < N; ++i) {
      arrays_[i] = terms[i].array->cells();
      weights_[i] = terms[i].weight;
    }
  }
  [[gnu::always_inline]] double at(int64_t position) const {
    return sum(position, std::make_index_sequence<N>());
  }

 private:
  template <size_t... I>
  [[gnu::always_inline]] double sum(int64_t position, std::index_sequence<I...>) const {
    return (... + (weights_[I] * arrays_[I][position]));
  }

  const double *arrays_[N];
  double weights_[N];
};

/// Rates that are the same in all rows need not know which one it is.
template <class F>
[[gnu::always_inline]] inline double rate_at(const F &rate, int64_t at, [[maybe_unused]] int64_t row) {
  if constexpr (std::is_invocable_v<const F &, int64_t, int64_t>) {
    return rate(at, row);
  } else {
    return rate(at);
  }
}

template <size_t N, class F>
void sweep_sum(const WorkLayout &layout, const Combination &how, const F rate) {
  double *const out = how.out->cells();
  sweep(layout, [=, f = how.f_weight, terms = TermSum<N>(how.terms)](int64_t at, int64_t row) {
    out[at] = terms.at(at) + f * rate_at(rate, at, row);
  });
}

/// The same, and the rate is kept. Terms are read before it is written.
template <size_t N, class F>
void sweep_sum_and_rate(const WorkLayout &layout, const Combination &how, const F rate) {
  double *const out = how.out->cells(), *const kept = how.rate->cells();
  sweep(layout, [=, f = how.f_weight, terms = TermSum<N>(how.terms)](int64_t at, int64_t row) {
    const double value = rate_at(rate, at, row);
    out[at] = terms.at(at) + f * value;
    kept[at] = value;
  });
}

/// Sweeps over rate(position), or rate(position, row), which reads the cells of the state and what else it
/// likes, and combines as asked.
template <class F>
void sweep_combined(const WorkLayout &layout, const WorkArray &y, const Combination &how, const F rate) {
  double *const out = how.out->cells();
  if (how.kind == Combination::Kind::rate)
    return sweep(layout, [=](int64_t at, int64_t row) { out[at] = rate_at(rate, at, row); });
  if (how.rate) return sweep_sum_and_rate<2>(layout, how, rate);
  switch (how.terms.size()) {
    case 1:
      if (how.terms[0].array != &y || how.terms[0].weight != 1) return sweep_sum<1>(layout, how, rate);
      // A plain step, without what is not needed: it is the whole work of Euler.
      return sweep(layout, [=, u = y.cells(), f = how.f_weight](int64_t at, int64_t row) {
        out[at] = u[at] + f * rate_at(rate, at, row);
      });
    case 2:
      return sweep_sum<2>(layout, how, rate);
    case 3:
      return sweep_sum<3>(layout, how, rate);
    case 4:
      return sweep_sum<4>(layout, how, rate);
    case 5:
      return sweep_sum<5>(layout, how, rate);
    default:
      return sweep_sum<6>(layout, how, rate);
  }
}

}  // namespace pde
