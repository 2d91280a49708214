// The right-hand side of an equation on a grid, as steppers see it.
//
// Steppers hardly need the rate itself: they need sums of states and rates. So the sum is formed in the loop
// that computes the rate, cell by cell, and no array of rates is written only to be read again.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>

#include "solver/work_array.hpp"

namespace pde {

/// An array with its factor in a sum.
struct Term {
  const WorkArray *array;
  double weight;
};

/// As many as any stepper needs.
class Terms {
 public:
  static constexpr size_t kMost = 6;

  Terms() = default;
  Terms(std::initializer_list<Term> terms) : count_(terms.size()) {
    std::copy(terms.begin(), terms.end(), terms_.begin());
  }
  void add(Term term) { terms_[count_++] = term; }
  size_t size() const { return count_; }
  const Term &operator[](size_t i) const { return terms_[i]; }

 private:
  std::array<Term, kMost> terms_{};
  size_t count_ = 0;
};

/// What becomes of F, the rate of a state y.
struct Combination {
  enum class Kind {
    rate,  // out = F
    sum,   // out = (the terms, added in their order) + f_weight F
  };
  Kind kind = Kind::rate;
  WorkArray *out;  // not y; it may be one of the terms
  double f_weight = 1;
  Terms terms = {};
  /// If not null, F itself goes here as well. Not y; it may be one of the terms. For two terms only.
  WorkArray *rate = nullptr;
};

class Rate {
 public:
  virtual ~Rate() = default;

  /// Combines the rate of y at time t with other arrays; sets ghost cells of y on the way.
  virtual void evaluate(WorkArray &y, double t, const Combination &combination) = 0;
  /// How many steps of explicit Euler it makes best in one go; 0: it makes none itself.
  virtual int64_t euler_steps_at_once() const { return 0; }
  /// So many steps of h, at most 3, from y to out, another array. Ghosts of y are set on the way. For rates
  /// that do not depend on time. The result does not depend on how steps are divided among calls.
  virtual void euler_steps(WorkArray & /*y*/, WorkArray & /*out*/, double /*h*/, int64_t /*steps*/) {}
  /// A bound on the moduli of the eigenvalues of dF/dy, for states with values in [lowest, highest].
  virtual double spectral_radius(double lowest, double highest) const = 0;
  /// False if there is no such bound: steppers that need one estimate it.
  virtual bool knows_spectrum() const { return true; }
};

}  // namespace pde
