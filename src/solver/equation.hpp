// Equations: what is solved, independent of grid and stepper.
//
// An equation holds its parameters and the names of its boundary conditions; `prepare` binds both to a grid
// and gives the right-hand side that steppers evaluate (rate.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/options.hpp"
#include "field/field.hpp"
#include "solver/rate.hpp"

namespace pde {

class Equation {
 public:
  virtual ~Equation() = default;

  /// "diffusion"; and the name that py-pde gives to it, "DiffusionPDE".
  virtual const char *name() const = 0;
  virtual const char *class_name() const = 0;
  /// PDE_ERR_ARGUMENT for boundary conditions that do not go with the grid.
  virtual std::unique_ptr<Rate> prepare(const Grid &grid) const = 0;
  /// The same for a state, and how its arrays are laid out.
  virtual std::unique_ptr<Rate> prepare_for(const FieldDescription &state) const {
    return prepare(*state.grid);
  }
  virtual WorkLayout layout_for(const FieldDescription &state) const { return WorkLayout(*state.grid); }
  /// Whether it takes states of any rank and collections, on any grid, float64 or complex128. Otherwise only
  /// float64 scalars.
  virtual bool takes_any_field() const { return false; }
  /// The variance of the noise per volume and time; 0: the equation is deterministic.
  virtual double noise() const { return 0; }
  /// Where none is asked for.
  virtual const char *default_stepper() const { return "rkc"; }

  /// A scalar float64 field, uniform in [-0.1, 0.1): small noise about 0, where every equation here is at
  /// rest.
  FieldPtr initial_state(GridPtr grid, int64_t seed) const;
};
using EquationPtr = std::shared_ptr<const Equation>;

/// "diffusion", "allen-cahn", "cahn-hilliard", "swift-hohenberg". PDE_ERR_ARGUMENT lists them.
EquationPtr make_equation(std::string_view name, const Options &options);

/// The table of "solve", of "operator", or of "equation:" and a name; nothing: no such consumer.
std::optional<OptionTable> solver_options(std::string_view consumer);

}  // namespace pde
