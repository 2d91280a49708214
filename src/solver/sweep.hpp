// Loops over all cells that compute something from a cell and its neighbours.
//
// One template, compiled for several instruction sets and chosen when it runs. GCC inlines the lambdas into
// each version and vectorises the innermost loop. Nothing is contracted behind our back (-ffp-contract=off):
// where a multiplication and an addition are to be rounded once, `multiply_add` says so, and wherever there
// are such instructions the bits are the same, whatever the width of the vectors. They are missing on x86
// processors made before 2013 only, where the last bits differ.
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

/// For lambdas, which have to be compiled with what calls them: left alone, they know no wide vectors.
#define PDE_INLINE __attribute__((always_inline))

namespace pde {

/// a b + c, rounded once.
struct FusedArithmetic {
  [[gnu::always_inline]] static double multiply_add(double a, double b, double c) {
    return __builtin_fma(a, b, c);
  }
};
/// The same where that would be a call of the C library for each number.
struct PlainArithmetic {
  [[gnu::always_inline]] static double multiply_add(double a, double b, double c) { return a * b + c; }
};

#if defined(__x86_64__) && !defined(__FMA__)
using BaselineArithmetic = PlainArithmetic;
#else
using BaselineArithmetic = FusedArithmetic;
#endif

#ifdef PDE_WIDE_LOOPS
enum class Vectors { none, avx2, avx512 };
/// The widest that this processor has.
inline Vectors widest_vectors() {
  if (!__builtin_cpu_supports("fma")) return Vectors::none;
  if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) return Vectors::avx512;
  return __builtin_cpu_supports("avx2") ? Vectors::avx2 : Vectors::none;
}

template <class F>
[[gnu::target("avx2,fma")]] void run_avx2(const F &f) {
  f(FusedArithmetic());
}
template <class F>
[[gnu::target("avx512f,avx512dq,avx512vl,fma,prefer-vector-width=512")]] void run_avx512(const F &f) {
  f(FusedArithmetic());
}
#endif

/// Calls f(arithmetic), an always_inline lambda, compiled for the widest vectors that there are.
template <class F>
void run_wide(const F &f) {
#ifdef PDE_WIDE_LOOPS
  switch (widest_vectors()) {
    case Vectors::avx512:
      return run_avx512(f);
    case Vectors::avx2:
      return run_avx2(f);
    case Vectors::none:
      break;
  }
#endif
  f(BaselineArithmetic());
}

/// Calls body(position), body(position, row), or body(arithmetic, position, row), as it likes.
template <class Arithmetic, class Body>
[[gnu::always_inline]] inline void call_body(const Body &body, int64_t at, int64_t row) {
  if constexpr (std::is_invocable_v<const Body &, Arithmetic, int64_t, int64_t>) {
    body(Arithmetic(), at, row);
  } else if constexpr (std::is_invocable_v<const Body &, int64_t, int64_t>) {
    body(at, row);
  } else {
    body(at);
  }
}

template <class Arithmetic, class Body>
[[gnu::always_inline]] inline void sweep_rows(const WorkLayout &layout, const Body &body) {
  for (int64_t i = 0; i < layout.shape[0]; ++i) {
    for (int64_t j = 0; j < layout.shape[1]; ++j) {
      const int64_t begin = i * layout.strides[0] + j * layout.strides[1], end = begin + layout.shape[2];
      PDE_INDEPENDENT_STEPS
      for (int64_t at = begin; at < end; ++at) call_body<Arithmetic>(body, at, j);
    }
  }
}

/// Calls the body for all cells; it must be an inline lambda that writes to its own position only. Rows are
/// counted along the middle axis.
template <class Body>
void sweep(const WorkLayout &layout, const Body body) {
  run_wide([&](auto arithmetic)
               __attribute__((always_inline)) { sweep_rows<decltype(arithmetic)>(layout, body); });
}

/// The terms of a combination, their number known to the compiler. Where there are fewer, the first one comes
/// again with weight 0.
template <size_t N>
class TermSum {
 public:
  explicit TermSum(const Terms &terms) {
    for (size_t i = 0; i < N; ++i) {
      arrays_[i] = terms[i < terms.size() ? i : 0].array->cells();
      weights_[i] = i < terms.size() ? terms[i].weight : 0;
    }
  }
  template <class Arithmetic>
  [[gnu::always_inline]] double at(Arithmetic arithmetic, int64_t position) const {
    double sum = weights_[0] * arrays_[0][position];
#pragma GCC unroll 8
    for (size_t i = 1; i < N; ++i) sum = arithmetic.multiply_add(weights_[i], arrays_[i][position], sum);
    return sum;
  }

 private:
  const double *arrays_[N];
  double weights_[N];
};

template <size_t N, class F>
void sweep_sum(const WorkLayout &layout, const Combination &how, const F add_rate) {
  double *const out = how.out->cells();
  sweep(layout, [=, terms = TermSum<N>(how.terms)](auto arithmetic, int64_t at, int64_t row)
                    PDE_INLINE { out[at] = add_rate(arithmetic, terms.at(arithmetic, at), at, row); });
}

/// The same, and the rate is kept. Terms are read before it is written.
template <size_t N, class F>
void sweep_sum_and_rate(const WorkLayout &layout, const Combination &how, const F add_rate) {
  double *const out = how.out->cells(), *const kept = how.rate->cells();
  sweep(layout, [=, f = how.f_weight, terms = TermSum<N>(how.terms)](auto arithmetic, int64_t at, int64_t row)
                    PDE_INLINE {
                      const double rate = add_rate(arithmetic, 0.0, at, row);
                      out[at] = arithmetic.multiply_add(f, rate, terms.at(arithmetic, at));
                      kept[at] = rate;
                    });
}

/// Sweeps over a rate and combines as asked. with_weight(f) gives add_rate(arithmetic, base, position, row),
/// which is base + f rate; it reads what it likes.
template <class F>
void sweep_combined(const WorkLayout &layout, const Combination &how, const F &with_weight) {
  double *const out = how.out->cells();
  if (how.kind == Combination::Kind::rate) {
    return sweep(layout, [=, add_rate = with_weight(1.0)](auto arithmetic, int64_t at, int64_t row)
                             PDE_INLINE { out[at] = add_rate(arithmetic, 0.0, at, row); });
  }
  if (how.rate) return sweep_sum_and_rate<2>(layout, how, with_weight(1.0));
  const auto add_rate = with_weight(how.f_weight);
  const size_t count = how.terms.size();
  if (count == 1 && how.terms[0].weight == 1) {
    // Without what is not needed: it is the whole work of a plain step.
    return sweep(layout, [=, u = how.terms[0].array->cells()](auto arithmetic, int64_t at, int64_t row)
                             PDE_INLINE { out[at] = add_rate(arithmetic, u[at], at, row); });
  }
  if (count <= 2) return sweep_sum<2>(layout, how, add_rate);
  if (count <= 4) return sweep_sum<4>(layout, how, add_rate);
  sweep_sum<6>(layout, how, add_rate);
}

}  // namespace pde
