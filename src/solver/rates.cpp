#include "solver/rates.hpp"

#include <algorithm>
#include <cmath>

#include "solver/sweep.hpp"

namespace pde {

Laplacian::Laplacian(const Grid &grid, const WorkLayout &layout)
    : bound(0), ndim(grid.ndim()), s0(layout.strides[0]), s1(layout.strides[1]), w0(0), w1(0), w2(0) {
  double *const weights[] = {&w0, &w1, &w2};
  for (int axis = 0; axis < ndim; ++axis) {
    const double spacing = grid.spacing(axis);
    *weights[layout.first + axis] = 1 / (spacing * spacing);
    bound += 4 / (spacing * spacing);
  }
}

namespace {

/// What the rates of this file share: the operator and the ghosts of the state.
class LaplaceRate : public Rate {
 protected:
  LaplaceRate(const Grid &grid, const BoundaryConditions &bc)
      : layout_(grid), laplacian_(grid, layout_), ghosts_(bc.bind(grid, layout_)) {}

  /// Calls f with the number of axes as a constant.
  template <class F>
  void with_ndim(F &&f) const {
    switch (laplacian_.ndim) {
      case 1:
        return f(std::integral_constant<int, 1>());
      case 2:
        return f(std::integral_constant<int, 2>());
      default:
        return f(std::integral_constant<int, 3>());
    }
  }

  WorkLayout layout_;
  Laplacian laplacian_;
  Ghosts ghosts_;
};

struct Range {
  double lowest, highest;
};

/// Of a c^2 + b c over [lowest, highest].
Range parabola_range(double a, double b, double lowest, double highest) {
  const auto value = [&](double c) { return (a * c + b) * c; };
  Range range{std::min(value(lowest), value(highest)), std::max(value(lowest), value(highest))};
  const double vertex = a != 0 ? -b / (2 * a) : lowest;
  if (vertex > lowest && vertex < highest) {
    range.lowest = std::min(range.lowest, value(vertex));
    range.highest = std::max(range.highest, value(vertex));
  }
  return range;
}

double largest_modulus(double lowest, double highest) {
  return std::max(std::fabs(lowest), std::fabs(highest));
}

// ---- diffusion: D lap c

class DiffusionRate : public LaplaceRate {
 public:
  DiffusionRate(const Grid &grid, const BoundaryConditions &bc, double diffusivity)
      : LaplaceRate(grid, bc), diffusivity_(diffusivity) {}

  void evaluate(WorkArray &y, double, const Combination &how) override {
    ghosts_.fill(y);
    with_ndim([&](auto d) {
      constexpr int D = d();
      sweep_combined(layout_, y, how, [u = y.cells(), lap = laplacian_, factor = diffusivity_](int64_t at) {
        return factor * lap.at<D>(u, at);
      });
    });
  }
  double spectral_radius(double, double) const override { return diffusivity_ * laplacian_.bound; }

 private:
  double diffusivity_;
};

// ---- Allen-Cahn: M (g lap c - c^3 + c)

class AllenCahnRate : public LaplaceRate {
 public:
  AllenCahnRate(const Grid &grid, const BoundaryConditions &bc, double width, double mobility)
      : LaplaceRate(grid, bc), width_(width), mobility_(mobility) {}

  void evaluate(WorkArray &y, double, const Combination &how) override {
    ghosts_.fill(y);
    with_ndim([&](auto d) {
      constexpr int D = d();
      sweep_combined(layout_, y, how,
                     [u = y.cells(), lap = laplacian_, g = width_, m = mobility_](int64_t at) {
                       const double c = u[at];
                       return m * (g * lap.at<D>(u, at) + (c - c * c * c));
                     });
    });
  }
  /// The Jacobian is symmetric, M (g L + 1 - 3 c^2) with L in [-bound, 0].
  double spectral_radius(double lowest, double highest) const override {
    const Range slope = parabola_range(-3, 0, lowest, highest);
    return mobility_ * largest_modulus(1 + slope.lowest - width_ * laplacian_.bound, 1 + slope.highest);
  }

 private:
  double width_, mobility_;
};

// ---- Cahn-Hilliard: lap m with m = c^3 - c - g lap c

class CahnHilliardRate : public LaplaceRate {
 public:
  CahnHilliardRate(const Grid &grid, const BoundaryConditions &bc_c, const BoundaryConditions &bc_mu,
                   double width)
      : LaplaceRate(grid, bc_c), ghosts_mu_(bc_mu.bind(grid, layout_)), mu_(layout_), width_(width) {}

  void evaluate(WorkArray &y, double, const Combination &how) override {
    ghosts_.fill(y);
    with_ndim([&](auto d) {
      constexpr int D = d();
      double *const mu = mu_.cells();
      sweep(layout_, [u = y.cells(), mu, lap = laplacian_, g = width_](int64_t at) {
        const double c = u[at];
        mu[at] = c * c * c - c - g * lap.at<D>(u, at);
      });
      ghosts_mu_.fill(mu_);
      sweep_combined(layout_, y, how, [mu, lap = laplacian_](int64_t at) { return lap.at<D>(mu, at); });
    });
  }
  /// The Jacobian is L (3 c^2 - 1 - g L); its norm bounds the eigenvalues.
  double spectral_radius(double lowest, double highest) const override {
    const Range slope = parabola_range(3, 0, lowest, highest);
    return laplacian_.bound *
           (largest_modulus(slope.lowest - 1, slope.highest - 1) + width_ * laplacian_.bound);
  }

 private:
  Ghosts ghosts_mu_;
  WorkArray mu_;
  double width_;
};

// ---- Swift-Hohenberg: (e - k^2) c - 2 k lap c - lap lap c + d c^2 - c^3

class SwiftHohenbergRate : public LaplaceRate {
 public:
  SwiftHohenbergRate(const Grid &grid, const BoundaryConditions &bc, const BoundaryConditions &bc_lap,
                     const SwiftHohenbergParameters &p)
      : LaplaceRate(grid, bc), ghosts_lap_(bc_lap.bind(grid, layout_)), lap_(layout_), p_(p) {}

  void evaluate(WorkArray &y, double, const Combination &how) override {
    ghosts_.fill(y);
    with_ndim([&](auto d) {
      constexpr int D = d();
      double *const w = lap_.cells();
      sweep(layout_, [u = y.cells(), w, lap = laplacian_](int64_t at) { w[at] = lap.at<D>(u, at); });
      ghosts_lap_.fill(lap_);
      sweep_combined(layout_, y, how,
                     [u = y.cells(), w, lap = laplacian_, linear = p_.rate - p_.kc2 * p_.kc2,
                      two_k = 2 * p_.kc2, delta = p_.delta](int64_t at) {
                       const double c = u[at];
                       return (linear + (delta - c) * c) * c - two_k * w[at] - lap.at<D>(w, at);
                     });
    });
  }
  /// With no flux or periodic sides L is symmetric, and so is the Jacobian e - k^2 - 2 k L - L^2 + 2 d c - 3
  /// c^2. In a = -L the part without c is e - (a - k)^2, with a in [0, bound].
  double spectral_radius(double lowest, double highest) const override {
    const Range slope = parabola_range(-3, 2 * p_.delta, lowest, highest);
    const double farthest = largest_modulus(p_.kc2, laplacian_.bound - p_.kc2);
    return largest_modulus(p_.rate - farthest * farthest + slope.lowest, p_.rate + slope.highest);
  }

 private:
  Ghosts ghosts_lap_;
  WorkArray lap_;
  SwiftHohenbergParameters p_;
};

}  // namespace

std::unique_ptr<Rate> diffusion_rate(const Grid &grid, const BoundaryConditions &bc, double diffusivity) {
  return std::make_unique<DiffusionRate>(grid, bc, diffusivity);
}

std::unique_ptr<Rate> allen_cahn_rate(const Grid &grid, const BoundaryConditions &bc, double width,
                                      double mobility) {
  return std::make_unique<AllenCahnRate>(grid, bc, width, mobility);
}

std::unique_ptr<Rate> cahn_hilliard_rate(const Grid &grid, const BoundaryConditions &bc_c,
                                         const BoundaryConditions &bc_mu, double width) {
  return std::make_unique<CahnHilliardRate>(grid, bc_c, bc_mu, width);
}

std::unique_ptr<Rate> swift_hohenberg_rate(const Grid &grid, const BoundaryConditions &bc,
                                           const BoundaryConditions &bc_lap,
                                           const SwiftHohenbergParameters &parameters) {
  return std::make_unique<SwiftHohenbergRate>(grid, bc, bc_lap, parameters);
}

}  // namespace pde
