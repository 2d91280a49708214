#include "solver/rates.hpp"

#include <algorithm>
#include <cmath>

#include "solver/laplacian.hpp"
#include "solver/sweep.hpp"

namespace pde {

namespace {

/// What the rates of this file share: the operator and the ghosts of the state.
class LaplaceRate : public Rate {
 protected:
  LaplaceRate(const Grid &grid, const BoundaryConditions &bc)
      : layout_(grid),
        laplacian_(grid, layout_),
        ghosts_(bc.bind(grid, layout_)),
        spectrum_(laplacian_.spectrum(ghosts_)) {}

  WorkLayout layout_;
  Laplacian laplacian_;
  Ghosts ghosts_;
  Spectrum spectrum_;
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
    laplacian_.with_kernel([&](const auto &lap) {
      sweep_combined(layout_, y, how, [u = y.cells(), lap, factor = diffusivity_](int64_t at, int64_t row) {
        return factor * lap.at(u, at, row);
      });
    });
  }
  double spectral_radius(double, double) const override { return diffusivity_ * spectrum_.modulus(); }

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
    laplacian_.with_kernel([&](const auto &lap) {
      sweep_combined(layout_, y, how,
                     [u = y.cells(), lap, g = width_, m = mobility_](int64_t at, int64_t row) {
                       const double c = u[at];
                       return m * (g * lap.at(u, at, row) + (c - c * c * c));
                     });
    });
  }
  /// Gershgorin's discs of the Jacobian M (g L + 1 - 3 c^2): those of L, shifted.
  double spectral_radius(double lowest, double highest) const override {
    const Range slope = parabola_range(-3, 0, lowest, highest);
    return mobility_ * largest_modulus(1 + slope.lowest + width_ * spectrum_.lowest,
                                       1 + slope.highest + width_ * spectrum_.highest);
  }

 private:
  double width_, mobility_;
};

// ---- Cahn-Hilliard: lap m with m = c^3 - c - g lap c

class CahnHilliardRate : public LaplaceRate {
 public:
  CahnHilliardRate(const Grid &grid, const BoundaryConditions &bc_c, const BoundaryConditions &bc_mu,
                   double width)
      : LaplaceRate(grid, bc_c),
        ghosts_mu_(bc_mu.bind(grid, layout_)),
        spectrum_mu_(laplacian_.spectrum(ghosts_mu_)),
        mu_(layout_),
        width_(width) {}

  void evaluate(WorkArray &y, double, const Combination &how) override {
    ghosts_.fill(y);
    laplacian_.with_kernel([&](const auto &lap) {
      double *const mu = mu_.cells();
      sweep(layout_, [u = y.cells(), mu, lap, g = width_](int64_t at, int64_t row) {
        const double c = u[at];
        mu[at] = c * c * c - c - g * lap.at(u, at, row);
      });
      ghosts_mu_.fill(mu_);
      sweep_combined(layout_, y, how, [mu, lap](int64_t at, int64_t row) { return lap.at(mu, at, row); });
    });
  }
  /// The Jacobian is L_mu (3 c^2 - 1 - g L_c); its norm bounds the eigenvalues, whatever the ghosts.
  double spectral_radius(double lowest, double highest) const override {
    const Range slope = parabola_range(3, 0, lowest, highest);
    return spectrum_mu_.modulus() *
           (largest_modulus(slope.lowest - 1, slope.highest - 1) + width_ * spectrum_.modulus());
  }

 private:
  Ghosts ghosts_mu_;
  Spectrum spectrum_mu_;
  WorkArray mu_;
  double width_;
};

// ---- Swift-Hohenberg: (e - k^2) c - 2 k lap c - lap lap c + d c^2 - c^3

class SwiftHohenbergRate : public LaplaceRate {
 public:
  SwiftHohenbergRate(const Grid &grid, const BoundaryConditions &bc, const BoundaryConditions &bc_lap,
                     const SwiftHohenbergParameters &p)
      : LaplaceRate(grid, bc),
        ghosts_lap_(bc_lap.bind(grid, layout_)),
        spectrum_lap_(laplacian_.spectrum(ghosts_lap_)),
        is_symmetric_(ghosts_.acts_like(ghosts_lap_) && Laplacian::is_symmetric(ghosts_)),
        lap_(layout_),
        p_(p) {}

  void evaluate(WorkArray &y, double, const Combination &how) override {
    ghosts_.fill(y);
    laplacian_.with_kernel([&](const auto &lap) {
      double *const w = lap_.cells();
      sweep(layout_, [u = y.cells(), w, lap](int64_t at, int64_t row) { w[at] = lap.at(u, at, row); });
      ghosts_lap_.fill(lap_);
      sweep_combined(layout_, y, how,
                     [u = y.cells(), w, lap, linear = p_.rate - p_.kc2 * p_.kc2, two_k = 2 * p_.kc2,
                      delta = p_.delta](int64_t at, int64_t row) {
                       const double c = u[at];
                       return (linear + (delta - c) * c) * c - two_k * w[at] - lap.at(w, at, row);
                     });
    });
  }
  /// Where both Laplacians are one and symmetric, so is the Jacobian e - k^2 - 2 k L - L^2 + 2 d c - 3 c^2.
  /// In a = -L the part without c is e - (a - k)^2. Otherwise the norms of the parts bound it.
  double spectral_radius(double lowest, double highest) const override {
    const Range slope = parabola_range(-3, 2 * p_.delta, lowest, highest);
    if (is_symmetric_) {
      const double farthest = largest_modulus(-spectrum_.highest - p_.kc2, -spectrum_.lowest - p_.kc2);
      return largest_modulus(p_.rate - farthest * farthest + slope.lowest, p_.rate + slope.highest);
    }
    const double linear = p_.rate - p_.kc2 * p_.kc2;
    return largest_modulus(linear + slope.lowest, linear + slope.highest) +
           (2 * std::fabs(p_.kc2) + spectrum_lap_.modulus()) * spectrum_.modulus();
  }

 private:
  Ghosts ghosts_lap_;
  Spectrum spectrum_lap_;
  bool is_symmetric_;
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
