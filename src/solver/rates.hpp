// The right-hand sides of the equations on a grid: fused kernels over arrays with ghost cells.
//
// equation.cpp knows the names and options; what is computed from them is here.
#pragma once

#include <memory>

#include "solver/boundary.hpp"
#include "solver/rate.hpp"

namespace pde {

/// D lap c
std::unique_ptr<Rate> diffusion_rate(const Grid &grid, const BoundaryConditions &bc, double diffusivity);

/// M (g lap c - c^3 + c)
std::unique_ptr<Rate> allen_cahn_rate(const Grid &grid, const BoundaryConditions &bc, double width,
                                      double mobility);

/// lap m with m = c^3 - c - g lap c
std::unique_ptr<Rate> cahn_hilliard_rate(const Grid &grid, const BoundaryConditions &bc_c,
                                         const BoundaryConditions &bc_mu, double width);

struct SwiftHohenbergParameters {
  double rate, kc2, delta;
};
/// (e - k^2) c - 2 k lap c - lap lap c + d c^2 - c^3
std::unique_ptr<Rate> swift_hohenberg_rate(const Grid &grid, const BoundaryConditions &bc,
                                           const BoundaryConditions &bc_lap,
                                           const SwiftHohenbergParameters &parameters);

}  // namespace pde
