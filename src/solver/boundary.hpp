// Boundary conditions: what an operator finds beyond the edge of the grid.
//
// Every condition is a rule that gives a ghost cell from a cell inside. Today the text names one rule for the
// whole grid; conditions per side, with numbers, are further rules of the same form (docs: mixed, value,
// derivative, anti-periodic), so kernels and equations do not change with them.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "solver/work_array.hpp"

namespace pde {

/// ghost = factor * source, where the source is the cell at the other end of the axis, or the one next to the
/// ghost.
struct GhostRule {
  bool from_other_end;
  double factor;
};

/// The rules of a grid: what fills ghost cells.
class Ghosts {
 public:
  using Sides = std::array<GhostRule, 2>;  // lower, upper

  explicit Ghosts(const WorkLayout &layout) : layout_(layout) {}
  void set(size_t axis, const Sides &sides) { sides_[axis] = sides; }
  /// Sets the ghost cells next to cells of the grid; no corners.
  void fill(WorkArray &array) const;

 private:
  void fill_axis(double *cells, size_t axis) const;

  WorkLayout layout_;
  std::array<Sides, 3> sides_{};
};

class BoundaryConditions {
 public:
  /// "auto_periodic_neumann", "periodic", "neumann"; `option` names it in messages. PDE_ERR_ARGUMENT lists
  /// them.
  BoundaryConditions(std::string_view text, std::string_view option);
  /// PDE_ERR_ARGUMENT if a condition does not go with the periodicity of an axis.
  Ghosts bind(const Grid &grid, const WorkLayout &layout) const;

 private:
  enum class Kind { automatic, periodic, neumann };
  Kind kind_;
  std::string option_;
};

}  // namespace pde
