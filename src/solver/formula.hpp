// What a differential operator computes: for each component of the result a sum of terms, each a difference
// of one component of the input along one axis, times a number that may depend on the radius.
//
// The formulas are those of py-pde. Operators that exist on several kinds of grids have one here for each;
// operator.hpp applies them.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/options.hpp"
#include "grid/grid.hpp"

namespace pde {

struct FormulaTerm {
  enum class Kind {
    value,      // u
    central,    // u+ - u-
    forward,    // u+ - u
    backward,   // u - u-
    second,     // u+ - 2 u + u-
    sum_above,  // u + u+
    sum_below,  // u- + u
    corners,    // the four diagonal neighbours in two dimensions - 4 u
  };

  Kind kind;
  size_t component;             // of the input
  int axis;                     // of the grid
  std::vector<double> factors;  // one, or one per cell along r
  bool squared = false;         // the difference, before it is multiplied

  bool reads_below() const { return kind != Kind::value && kind != Kind::forward && kind != Kind::sum_above; }
  bool reads_above() const {
    return kind != Kind::value && kind != Kind::backward && kind != Kind::sum_below;
  }
};

/// A component that has to be a multiple of another, or 0.
struct Symmetry {
  size_t component;
  std::optional<size_t> other;
  double sign = 1;
};

struct Formula {
  int rank_in = 0, rank_out = 0;
  std::vector<std::vector<FormulaTerm>> sums;  // per component of the result
  std::vector<Symmetry> symmetries;            // of the input; without them the result would depend on angles
};

/// What may be said of an operator beside its name; the formula takes note of what it asks for.
class FormulaOptions {
 public:
  explicit FormulaOptions(const ResolvedOptions &options) : options_(options) {}

  const std::string &method() { return ask("method"), options_.text("method"); }
  bool central() { return ask("central"), options_.flag("central"); }
  double corner_weight() { return ask("corner_weight"), options_.real("corner_weight"); }
  bool safe() { return ask("safe"), options_.flag("safe"); }
  bool conservative(bool otherwise) {
    ask("conservative");
    return options_.has("conservative") ? options_.flag("conservative") : otherwise;
  }
  bool was_asked_for(std::string_view key) const { return asked_.contains(key); }

 private:
  void ask(const char *key) { asked_.insert(key); }

  const ResolvedOptions &options_;
  std::set<std::string, std::less<>> asked_;
};

/// PDE_ERR_ARGUMENT for unknown names, PDE_ERR_UNSUPPORTED for those that this kind of grid has not; both
/// list what it has.
Formula make_formula(const Grid &grid, std::string_view name, FormulaOptions &options);

}  // namespace pde
