// The discrete Laplace operator as the equations use it: kernels for the innermost loop, and bounds on its
// eigenvalues.
//
// Along straight axes it is the central second difference. Around a centre it is the difference of the fluxes
// through the faces of a cell, divided by its volume, so that without flux through the sides the integral is
// conserved; the fluxes' weights depend on the distance from the centre only.
#pragma once

#include <vector>

#include "solver/ghosts.hpp"

namespace pde {

// Kernels add the Laplacian at a cell to a number. They are made with a factor in their weights, so that a
// rate and the step that goes with it cost no multiplications of their own. A cell is seen through an object
// that has
//   centre(), left(), right()   itself, and its neighbours along the last axis
//   below(), above()            its neighbours along the axis before that
//   behind(), ahead()           and along the first of three
//   position(), row()           where it is in the array, and along the middle axis

/// The cells of an array with ghosts.
class ArrayCells {
 public:
  ArrayCells(const WorkArray &array, const WorkLayout &layout)
      : u_(array.cells()), s0_(layout.strides[0]), s1_(layout.strides[1]) {}

  struct Cell {
    const double *u;
    int64_t s0, s1, at, row_;

    double centre() const { return u[at]; }
    double left() const { return u[at - 1]; }
    double right() const { return u[at + 1]; }
    double below() const { return u[at - s1]; }
    double above() const { return u[at + s1]; }
    double behind() const { return u[at - s0]; }
    double ahead() const { return u[at + s0]; }
    int64_t position() const { return at; }
    int64_t row() const { return row_; }
  };
  Cell at(int64_t position, int64_t row) const { return {u_, s0_, s1_, position, row}; }

 private:
  const double *u_;
  int64_t s0_, s1_;
};

/// Along D straight axes.
template <int D>
struct StraightLaplacian {
  double w0, w1, w2;  // factor / spacing^2

  template <class A, class Cell>
  [[gnu::always_inline]] double add_to(double base, const Cell &cell) const {
    const double c = cell.centre();
    double sum = A::multiply_add(w2, A::multiply_add(-2, c, cell.left() + cell.right()), base);
    if constexpr (D > 1) sum = A::multiply_add(w1, A::multiply_add(-2, c, cell.below() + cell.above()), sum);
    if constexpr (D > 2) sum = A::multiply_add(w0, A::multiply_add(-2, c, cell.behind() + cell.ahead()), sum);
    return sum;
  }
};

/// On a plane with square cells.
struct SquareLaplacian {
  double w;

  template <class A, class Cell>
  [[gnu::always_inline]] double add_to(double base, const Cell &cell) const {
    const double neighbours = (cell.left() + cell.right()) + (cell.below() + cell.above());
    return A::multiply_add(w, A::multiply_add(-4, cell.centre(), neighbours), base);
  }
};

/// On polar and spherical grids, whose only axis is r.
struct RadialLaplacian {
  const double *inner, *outer;  // per cell: weights of the differences to its neighbours
  double factor;

  template <class A, class Cell>
  [[gnu::always_inline]] double add_to(double base, const Cell &cell) const {
    const double c = cell.centre(), in = inner[cell.position()] * (c - cell.left());
    return A::multiply_add(factor, A::multiply_add(outer[cell.position()], cell.right() - c, -in), base);
  }
};

/// On cylindrical grids: rows lie along z, each at its own r.
struct CylindricalLaplacian {
  const double *inner, *outer;  // per row
  double w2, factor;

  template <class A, class Cell>
  [[gnu::always_inline]] double add_to(double base, const Cell &cell) const {
    const double c = cell.centre(), in = inner[cell.row()] * (c - cell.below());
    const double radial = A::multiply_add(outer[cell.row()], cell.above() - c, -in);
    const double along = A::multiply_add(w2, A::multiply_add(-2, c, cell.left() + cell.right()), base);
    return A::multiply_add(factor, radial, along);
  }
};

/// Weights of the differences to the neighbours along r: (lap u)_i = outer_i (u_{i+1} - u_i) - inner_i (u_i -
/// u_{i-1}).
struct RadialWeights {
  explicit RadialWeights(const Grid &grid);
  std::vector<double> inner, outer;
};

/// An interval that the discs of Gershgorin's theorem cut out of the real axis, where all their centres lie.
/// So it holds the real parts of all eigenvalues, and its farther end bounds their moduli and the norm of the
/// largest absolute row sum.
struct Spectrum {
  double lowest, highest;  // lowest <= 0 <= highest
  double modulus() const { return -lowest > highest ? -lowest : highest; }
};

class Laplacian {
 public:
  Laplacian(const Grid &grid, const WorkLayout &layout);

  /// Calls f(kernel_of) for the kind of kernel that goes with the grid; kernel_of(factor) gives one. They
  /// must not outlive this object.
  template <class F>
  void with_kernel(F &&f) const {
    const double w0 = weights_[0], w1 = weights_[1], w2 = weights_[2];
    if (!radial_.outer.empty() && layout_.first == 2)
      return f([this](double factor) {
        return RadialLaplacian{radial_.inner.data(), radial_.outer.data(), factor};
      });
    if (layout_.first == 2) return f([=](double factor) { return StraightLaplacian<1>{0, 0, factor * w2}; });
    if (layout_.first == 1) return with_plane_kernel(f);
    f([=](double factor) { return StraightLaplacian<3>{factor * w0, factor * w1, factor * w2}; });
  }
  /// For grids of two axes.
  template <class F>
  void with_plane_kernel(F &&f) const {
    const double w1 = weights_[1], w2 = weights_[2];
    if (!radial_.outer.empty())
      return f([this, w2](double factor) {
        return CylindricalLaplacian{radial_.inner.data(), radial_.outer.data(), factor * w2, factor};
      });
    if (w1 == w2) return f([w2](double factor) { return SquareLaplacian{factor * w2}; });
    f([=](double factor) { return StraightLaplacian<2>{0, factor * w1, factor * w2}; });
  }

  /// Where the eigenvalues lie with these rules for ghost cells. Value and derivative conditions stay within
  /// 4 / spacing^2 per axis; mixed conditions with a negative gamma go beyond it, or let states grow (highest
  /// above 0).
  Spectrum spectrum(const Ghosts &ghosts) const;
  /// Whether it is symmetric with these rules, in the scalar product weighted with the volumes of cells. Only
  /// curvature conditions couple neighbours one way.
  static bool is_symmetric(const Ghosts &ghosts);

 private:
  Spectrum along(size_t axis, const Ghosts::Sides &sides) const;

  WorkLayout layout_;
  std::array<double, 3> weights_{};  // 1 / spacing^2 along straight axes
  RadialWeights radial_;             // empty where no axis is r
};

}  // namespace pde
