#include "solver/operator.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/numbers.hpp"
#include "solver/boundary.hpp"
#include "solver/sweep.hpp"

namespace pde {
namespace {

constexpr const char *kName = "operator";
constexpr OptionSpec kOptions[] = {
    {"bc", OptionType::text, "auto_periodic_neumann", "",
     "boundary conditions: a name, or JSON with conditions per axis and side; all sides have to be there"},
    {"bc:*", OptionType::reals, "", "", "values along a side (bc:x-, bc:left), one or one per point"},
    {"method", OptionType::choice, "central", "central|forward|backward",
     "how first derivatives are formed: second order, or first order to one side"},
    {"central", OptionType::flag, "true", "",
     "gradient_squared: the square of the central difference, not the mean square of those to both sides"},
    {"corner_weight", OptionType::real, "0", "",
     "laplace on two straight axes: weight of the diagonal neighbours, for square cells; 1/3: nine-point "
     "formula"},
    {"conservative", OptionType::flag, "", "",
     "spherical grids: fluxes through the faces of cells; if not set true, but for tensor_divergence"},
    {"safe", OptionType::flag, "true", "",
     "spherical grids: check that the result does not depend on angles"},
};

/// An option that the operator does not look at was meant for another.
void check_all_asked_for(const Options &given, const FormulaOptions &formula, std::string_view name,
                         const Grid &grid) {
  for (const auto &[key, value] : given.values()) {
    if (key == "bc" || key.starts_with("bc:") || formula.was_asked_for(key)) continue;
    fail(PDE_ERR_ARGUMENT, "option {} is set, which \"{}\" on a {} with {} {} has not", key, name,
         grid.class_name(), grid.ndim(), grid.ndim() == 1 ? "axis" : "axes");
  }
}

}  // namespace

OptionTable operator_options() {
  return kOptions;
}

Operator::Operator(GridPtr grid, std::string_view name, const Options &options)
    : grid_(std::move(grid)), name_(name), layout_(*grid_) {
  const ResolvedOptions resolved(options, kOptions, kName);
  FormulaOptions formula_options(resolved);
  formula_ = make_formula(*grid_, name, formula_options);
  check_all_asked_for(options, formula_options, name, *grid_);
  check_factors();
  const BoundaryConditions bc(resolved, "bc", BoundaryConditions::Missing::refused);
  const int64_t components = FieldDescription::components(formula_.rank_in, *grid_);
  for (int64_t component = 0; component < components; ++component)
    ghosts_.push_back(bc.bind(*grid_, layout_, formula_.rank_in, component));
  check_ghosts();
}

/// Cells may be too small to be squared, a weight too large to be multiplied.
void Operator::check_factors() const {
  const auto is_finite = [](double factor) { return std::isfinite(factor); };
  for (const auto &sum : formula_.sums) {
    for (const FormulaTerm &term : sum) {
      if (std::all_of(term.factors.begin(), term.factors.end(), is_finite)) continue;
      fail(PDE_ERR_ARGUMENT,
           "\"{}\" on the grid {} has numbers that are too large: cells too small, or corner_weight", name_,
           grid_->text());
    }
  }
}

/// Conditions for normal components leave ghosts open that some operators look at.
void Operator::check_ghosts() const {
  for (const auto &sum : formula_.sums) {
    for (const FormulaTerm &term : sum) {
      const Ghosts::Sides &sides =
          ghosts_[term.component].sides(static_cast<size_t>(layout_.first + term.axis));
      for (const bool upper : {false, true}) {
        if (!(upper ? term.reads_above() : term.reads_below())) continue;
        if (sides[upper].source != GhostRule::Source::none) continue;
        fail(PDE_ERR_ARGUMENT,
             "option bc says of side {}{} what holds for normal components only, but \"{}\" looks at "
             "component {}, too: give a condition for all of them",
             grid_->axis_name(term.axis), upper ? '+' : '-', name_, term.component);
      }
    }
  }
}

// ---- applying

void Operator::check_field(const Field &field, int rank, const char *argument) const {
  const FieldDescription &given = field.description();
  if (given.rank != rank || !given.members.empty()) {
    fail(PDE_ERR_SHAPE, "{} is a {} of shape {}, but \"{}\" takes a {} to a {}", argument, given.class_name(),
         shape_text(given.shape()), name_, rank_name(formula_.rank_in), rank_name(formula_.rank_out));
  }
  if (!(field.grid() == *grid_)) {
    fail(PDE_ERR_SHAPE, "{} is on the grid {}, the operator on {}", argument, field.grid().text(),
         grid_->text());
  }
  if (given.dtype != PDE_FLOAT64 && given.dtype != PDE_COMPLEX128) {
    fail(PDE_ERR_DTYPE, "{} is {}, expected float64 or complex128", argument, dtype_name(given.dtype));
  }
}

/// Samples as floating-point numbers say it; what was made to be symmetric is so to the bit.
void Operator::check_symmetries(const Field &in) const {
  for (const Symmetry &symmetry : formula_.symmetries) {
    const double *const one = in_[symmetry.component]->cells();
    const double *const other = symmetry.other ? in_[*symmetry.other]->cells() : nullptr;
    for (int64_t cell = 0; cell < layout_.shape[2]; ++cell) {  // spherical grids only: one row
      const double expected = other ? symmetry.sign * other[cell] : 0;
      if (one[cell] == expected) continue;
      fail(PDE_ERR_ARGUMENT,
           "in has {} as component {} of cell {}, where \"{}\" on a {} needs {}{}: else the result would "
           "depend "
           "on angles (option safe=false: do not look)",
           real_text(one[cell]), symmetry.component, cell, name_, in.grid().class_name(), real_text(expected),
           other ? fmt::format(", {}that of component {}", symmetry.sign < 0 ? "minus " : "", *symmetry.other)
                 : std::string());
    }
  }
}

void Operator::load(const Field &in, int part) {
  for (size_t component = 0; component < in_.size(); ++component) {
    in_[component]->load(in, layout_, component, part);
  }
  check_symmetries(in);
  for (size_t component = 0; component < in_.size(); ++component) {
    if (part == 0) {
      ghosts_[component].fill(*in_[component]);
    } else {
      ghosts_[component].fill_homogeneous(*in_[component]);
    }
  }
}

namespace {

bool share_samples(const Field &in, const Field &out) {
  for (const Field::Row &a : in.rows()) {
    for (const Field::Row &b : out.rows()) {
      if (a.data() == b.data()) return true;
    }
  }
  return false;
}

}  // namespace

void Operator::apply(const Field &in, double time, Field &out) {
  check_field(in, formula_.rank_in, "in");
  check_field(out, formula_.rank_out, "out");
  if (in.dtype() != out.dtype()) {
    fail(PDE_ERR_DTYPE, "in is {} and out {}, expected the same", dtype_name(in.dtype()),
         dtype_name(out.dtype()));
  }
  if (share_samples(in, out)) fail(PDE_ERR_ARGUMENT, "in and out share samples, expected two fields apart");
  if (!std::isfinite(time)) fail(PDE_ERR_ARGUMENT, "time is {}, expected a finite number", real_text(time));
  const int parts = in.dtype() == PDE_COMPLEX128 ? 2 : 1;
  if (parts == 2 && name_ == "gradient_squared")
    fail(PDE_ERR_DTYPE, "in is complex128, but \"gradient_squared\" takes float64");
  while (in_.size() < ghosts_.size()) in_.push_back(std::make_unique<WorkArray>(layout_));
  if (!out_) out_ = std::make_unique<WorkArray>(layout_);
  for (int part = 0; part < parts; ++part) {
    load(in, part);
    for (size_t component = 0; component < formula_.sums.size(); ++component) {
      evaluate(formula_.sums[component]);
      out_->store(out, layout_, component, part);
    }
  }
}

// ---- the sums

void Operator::evaluate(const std::vector<FormulaTerm> &sum) {
  double *const out = out_->cells();
  sweep_rows<BaselineArithmetic>(layout_, [=](int64_t at) { out[at] = 0; });
  for (const FormulaTerm &term : sum) {
    if (term.kind == FormulaTerm::Kind::corners) ghosts_[term.component].fill_corners(*in_[term.component]);
    add(term);
  }
}

namespace {

/// out += factor * difference, where the factor is the same all over, or goes with the row or the cell in it.
template <class F>
void accumulate(const WorkLayout &layout, const FormulaTerm &term, double *out, const F difference) {
  const double *const factors = term.factors.data();
  const bool by_cell = term.factors.size() > 1 && layout.first == 2;
  const bool by_row = term.factors.size() > 1 && !by_cell;
  const auto run = [&](auto factor, auto square) {
    sweep_rows<BaselineArithmetic>(layout, [=](int64_t at, int64_t row) {
      const double d = difference(at);
      out[at] += factor(at, row) * (square() ? d * d : d);
    });
  };
  const auto choose = [&](auto square) {
    if (by_cell) return run([=](int64_t at, int64_t) { return factors[at]; }, square);
    if (by_row) return run([=](int64_t, int64_t row) { return factors[row]; }, square);
    run([factor = factors[0]](int64_t, int64_t) { return factor; }, square);
  };
  term.squared ? choose(std::true_type()) : choose(std::false_type());
}

}  // namespace

void Operator::add(const FormulaTerm &term) {
  using Kind = FormulaTerm::Kind;
  const double *const u = in_[term.component]->cells();
  double *const out = out_->cells();
  const int64_t s = layout_.strides[static_cast<size_t>(layout_.first + term.axis)], x = layout_.strides[1];
  const auto with = [&](auto difference) { accumulate(layout_, term, out, difference); };
  switch (term.kind) {
    case Kind::value:
      return with([=](int64_t at) { return u[at]; });
    case Kind::central:
      return with([=](int64_t at) { return u[at + s] - u[at - s]; });
    case Kind::forward:
      return with([=](int64_t at) { return u[at + s] - u[at]; });
    case Kind::backward:
      return with([=](int64_t at) { return u[at] - u[at - s]; });
    case Kind::second:
      return with([=](int64_t at) { return u[at + s] - 2 * u[at] + u[at - s]; });
    case Kind::sum_above:
      return with([=](int64_t at) { return u[at] + u[at + s]; });
    case Kind::sum_below:
      return with([=](int64_t at) { return u[at - s] + u[at]; });
    case Kind::corners:
      return with([=](int64_t at) {
        return (u[at - x - 1] + u[at - x + 1]) + (u[at + x - 1] + u[at + x + 1]) - 4 * u[at];
      });
  }
}

}  // namespace pde
