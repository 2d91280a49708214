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

/// Along D straight axes, to be given the first cell of an array with ghosts.
template <int D>
struct StraightLaplacian {
  int64_t s0, s1;     // strides of the outer axes
  double w0, w1, w2;  // 1 / spacing^2

  double at(const double *u, int64_t i, int64_t) const {
    const double centre = -2 * u[i];
    double sum = w2 * (u[i + 1] + u[i - 1] + centre);
    if constexpr (D > 1) sum += w1 * (u[i + s1] + u[i - s1] + centre);
    if constexpr (D > 2) sum += w0 * (u[i + s0] + u[i - s0] + centre);
    return sum;
  }
};

/// On polar and spherical grids, whose only axis is r.
struct RadialLaplacian {
  const double *below, *above;  // per cell: weights of the differences to its neighbours

  double at(const double *u, int64_t i, int64_t) const {
    return above[i] * (u[i + 1] - u[i]) - below[i] * (u[i] - u[i - 1]);
  }
};

/// On cylindrical grids: rows lie along z, each at its own r.
struct CylindricalLaplacian {
  const double *below, *above;  // per row
  int64_t s1;
  double w2;

  double at(const double *u, int64_t i, int64_t row) const {
    return above[row] * (u[i + s1] - u[i]) - below[row] * (u[i] - u[i - s1]) +
           w2 * (u[i + 1] + u[i - 1] - 2 * u[i]);
  }
};

/// Weights of the differences to the neighbours along r: (lap u)_i = above_i (u_{i+1} - u_i) - below_i (u_i -
/// u_{i-1}).
struct RadialWeights {
  explicit RadialWeights(const Grid &grid);
  std::vector<double> below, above;
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

  /// Calls f with the kernel that goes with the grid; it must not outlive this object.
  template <class F>
  void with_kernel(F &&f) const {
    const auto [w0, w1, w2] = weights_;
    const int64_t s0 = layout_.strides[0], s1 = layout_.strides[1];
    if (!radial_.above.empty()) {
      if (layout_.first == 2) return f(RadialLaplacian{radial_.below.data(), radial_.above.data()});
      return f(CylindricalLaplacian{radial_.below.data(), radial_.above.data(), s1, w2});
    }
    if (layout_.first == 2) return f(StraightLaplacian<1>{s0, s1, w0, w1, w2});
    if (layout_.first == 1) return f(StraightLaplacian<2>{s0, s1, w0, w1, w2});
    return f(StraightLaplacian<3>{s0, s1, w0, w1, w2});
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
