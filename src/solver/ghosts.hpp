// Ghost cells: what lies one cell beyond the edges of a grid, computed from the cells inside.
//
// Every boundary condition becomes a rule for each side, so that kernels and equations know none of them.
#pragma once

#include <array>
#include <vector>

#include "solver/work_array.hpp"

namespace pde {

/// ghost = constant + factor * a + factor2 * a2. a is the cell at the other end of the axis, or the one next
/// to the ghost; a2 the one behind that.
struct GhostRule {
  enum class Source { none, other_end, edge };  // none: the ghosts are left alone

  Source source = Source::none;
  double factor = 1, factor2 = 0, constant = 0;
  /// One per point of the side, in C order, instead of those above; or empty, both.
  std::vector<double> factors, constants;

  /// Whether the ghosts depend on the cells in the same way, whatever the constants.
  bool acts_like(const GhostRule &other) const;
  /// The ghost at a point of the side.
  double value(int64_t point, double a, double a2) const {
    const double second = factor2 != 0 ? factor2 * a2 : 0;
    if (factors.empty()) return constant + factor * a + second;
    const auto at = static_cast<size_t>(point);
    return constants[at] + (factors[at] * a + second);
  }
};

/// The rules of a grid: what fills ghost cells.
class Ghosts {
 public:
  using Sides = std::array<GhostRule, 2>;  // lower, upper

  explicit Ghosts(const WorkLayout &layout) : layout_(layout) {}
  /// `axis` is one of the layout.
  void set(size_t axis, Sides sides) { sides_[axis] = std::move(sides); }
  const Sides &sides(size_t axis) const { return sides_[axis]; }
  bool acts_like(const Ghosts &other) const;

  /// Sets the ghost cells next to cells of the grid; no corners.
  void fill(WorkArray &array) const { fill(array, true); }
  /// The same without the constants, as the imaginary part of a complex field needs it.
  void fill_homogeneous(WorkArray &array) const { fill(array, false); }
  /// Sets the corners of two-dimensional grids, after fill: along a periodic axis from the other end, else
  /// the mean of the two ghosts beside them.
  void fill_corners(WorkArray &array) const;
  /// On two axes, one row at a time: the ghosts at both ends of a row; and the row of ghosts before the first
  /// or behind the last one, from the row next to it and the one behind that.
  void fill_row_ends(double *cells, int64_t row) const;
  void fill_row(double *ghosts, const double *edge, const double *second, bool upper) const;

 private:
  void fill(WorkArray &array, bool with_constants) const;
  void fill_side(double *cells, size_t axis, bool upper, bool with_constants) const;

  WorkLayout layout_;
  std::array<Sides, 3> sides_{};
};

}  // namespace pde
