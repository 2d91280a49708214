#include "solver/rates.hpp"

#include <algorithm>
#include <cmath>

#include "solver/laplacian.hpp"
#include "solver/sweep.hpp"
#include "solver/wavefront.hpp"

namespace pde {

namespace {

// Formulas are inline lambdas that compute from a cell and its neighbours. Sweeps over whole arrays and
// wavefronts of Euler steps share them. An equation makes them with factors in their weights, of kernels that
// it gets as kernel_of(factor).

/// What the rates of this file share: the operator and the ghosts of the state.
class LaplaceRate : public Rate {
 public:
  int64_t euler_steps_at_once() const override { return at_once_; }

 protected:
  LaplaceRate(const Grid &grid, const BoundaryConditions &bc, size_t stages)
      : layout_(grid),
        laplacian_(grid, layout_),
        ghosts_(bc.bind(grid, layout_)),
        spectrum_(laplacian_.spectrum(ghosts_)),
        wavefront_(layout_),
        at_once_(Wavefront::fits(layout_, ghosts_) ? wavefront_.steps_at_once(stages) : 0) {}

  WorkLayout layout_;
  Laplacian laplacian_;
  Ghosts ghosts_;
  Spectrum spectrum_;
  Wavefront wavefront_;
  int64_t at_once_;
};

/// Equation::formula(kernel_of, f) gives add_rate(arithmetic, base, cell): base + f times the rate.
template <class Equation>
class OneStageRate : public LaplaceRate {
 public:
  OneStageRate(const Grid &grid, const BoundaryConditions &bc, const Equation &equation)
      : LaplaceRate(grid, bc, 1), equation_(equation) {}

  void evaluate(WorkArray &y, double, const Combination &how) override {
    ghosts_.fill(y);
    laplacian_.with_kernel([&](const auto &kernel_of) {
      sweep_combined(layout_, how, [&](double f) {
        const ArrayCells cells(y, layout_);
        return [cells, add_rate = equation_.formula(kernel_of, f)](auto arithmetic, double base, int64_t at,
                                                                   int64_t row)
                   PDE_INLINE { return add_rate(arithmetic, base, cells.at(at, row)); };
      });
    });
  }

  void euler_steps(WorkArray &y, WorkArray &out, double h, int64_t steps) override {
    laplacian_.with_plane_kernel([&](const auto &kernel_of) {
      const auto step =
          [add_rate = equation_.formula(kernel_of, h)](auto arithmetic, const auto &cell, double)
              PDE_INLINE { return add_rate(arithmetic, cell.centre(), cell); };
      const FormulaStage stage(ghosts_, step);
      const RowStage *const stages[] = {&stage};
      wavefront_.run(y, out, stages, steps);
    });
  }

 protected:
  Equation equation_;
};

/// A quantity between state and rate, which has ghosts of its own. Equation::inner(kernel_of) gives
/// inner(arithmetic, cell), cells being those of the state; Equation::outer(kernel_of, f) gives
/// add_rate(arithmetic, base, c, cell), cells being those of that quantity, and c the state there.
template <class Equation>
class TwoStageRate : public LaplaceRate {
 public:
  TwoStageRate(const Grid &grid, const BoundaryConditions &bc, const BoundaryConditions &bc_inner,
               const Equation &equation)
      : LaplaceRate(grid, bc, 2),
        ghosts_inner_(bc_inner.bind(grid, layout_)),
        spectrum_inner_(laplacian_.spectrum(ghosts_inner_)),
        equation_(equation) {}

  void evaluate(WorkArray &y, double, const Combination &how) override {
    if (!inner_) inner_ = std::make_unique<WorkArray>(layout_);
    ghosts_.fill(y);
    laplacian_.with_kernel([&](const auto &kernel_of) {
      const ArrayCells state(y, layout_), inner(*inner_, layout_);
      sweep(layout_, [state, out = inner_->cells(), formula = equation_.inner(kernel_of)](
                         auto arithmetic, int64_t at, int64_t row)
                         PDE_INLINE { out[at] = formula(arithmetic, state.at(at, row)); });
      ghosts_inner_.fill(*inner_);
      sweep_combined(layout_, how, [&](double f) {
        return [inner, u = y.cells(), add_rate = equation_.outer(kernel_of, f)](auto arithmetic, double base,
                                                                                int64_t at, int64_t row)
                   PDE_INLINE { return add_rate(arithmetic, base, u[at], inner.at(at, row)); };
      });
    });
  }

  void euler_steps(WorkArray &y, WorkArray &out, double h, int64_t steps) override {
    laplacian_.with_plane_kernel([&](const auto &kernel_of) {
      const auto first = [formula = equation_.inner(kernel_of)](auto arithmetic, const auto &cell, double)
                             PDE_INLINE { return formula(arithmetic, cell); };
      const auto second =
          [add_rate = equation_.outer(kernel_of, h)](auto arithmetic, const auto &cell, double c)
              PDE_INLINE { return add_rate(arithmetic, c, c, cell); };
      const FormulaStage first_stage(ghosts_inner_, first);
      const FormulaStage second_stage(ghosts_, second);
      const RowStage *const stages[] = {&first_stage, &second_stage};
      wavefront_.run(y, out, stages, steps);
    });
  }

 protected:
  Ghosts ghosts_inner_;
  Spectrum spectrum_inner_;
  Equation equation_;

 private:
  std::unique_ptr<WorkArray> inner_;
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

struct Diffusion {
  double diffusivity;

  template <class KernelOf>
  auto formula(const KernelOf &kernel_of, double f) const {
    return [lap = kernel_of(f * diffusivity)](auto arithmetic, double base, const auto &cell)
               PDE_INLINE { return lap.template add_to<decltype(arithmetic)>(base, cell); };
  }
};

class DiffusionRate : public OneStageRate<Diffusion> {
 public:
  using OneStageRate::OneStageRate;
  double spectral_radius(double, double) const override {
    return equation_.diffusivity * spectrum_.modulus();
  }
};

// ---- Allen-Cahn: M (g lap c - c^3 + c)

struct AllenCahn {
  double width, mobility;

  template <class KernelOf>
  auto formula(const KernelOf &kernel_of, double f) const {
    return [lap = kernel_of(f * mobility * width), weight = f * mobility](auto arithmetic, double base,
                                                                          const auto &cell) PDE_INLINE {
      const double c = cell.centre(), reaction = c * arithmetic.multiply_add(-c, c, 1);
      return lap.template add_to<decltype(arithmetic)>(arithmetic.multiply_add(weight, reaction, base), cell);
    };
  }
};

class AllenCahnRate : public OneStageRate<AllenCahn> {
 public:
  using OneStageRate::OneStageRate;
  /// Gershgorin's discs of the Jacobian M (g L + 1 - 3 c^2): those of L, shifted.
  double spectral_radius(double lowest, double highest) const override {
    const Range slope = parabola_range(-3, 0, lowest, highest);
    const auto [width, mobility] = equation_;
    return mobility * largest_modulus(1 + slope.lowest + width * spectrum_.lowest,
                                      1 + slope.highest + width * spectrum_.highest);
  }
};

// ---- Cahn-Hilliard: lap m with m = c^3 - c - g lap c

struct CahnHilliard {
  double width;

  template <class KernelOf>
  auto inner(const KernelOf &kernel_of) const {
    return [lap = kernel_of(-width)](auto arithmetic, const auto &cell) PDE_INLINE {
      const double c = cell.centre(), bulk = c * arithmetic.multiply_add(c, c, -1);
      return lap.template add_to<decltype(arithmetic)>(bulk, cell);
    };
  }
  template <class KernelOf>
  auto outer(const KernelOf &kernel_of, double f) const {
    return [lap = kernel_of(f)](auto arithmetic, double base, double, const auto &cell)
               PDE_INLINE { return lap.template add_to<decltype(arithmetic)>(base, cell); };
  }
};

class CahnHilliardRate : public TwoStageRate<CahnHilliard> {
 public:
  using TwoStageRate::TwoStageRate;
  /// The Jacobian is L_mu (3 c^2 - 1 - g L_c); its norm bounds the eigenvalues, whatever the ghosts.
  double spectral_radius(double lowest, double highest) const override {
    const Range slope = parabola_range(3, 0, lowest, highest);
    return spectrum_inner_.modulus() *
           (largest_modulus(slope.lowest - 1, slope.highest - 1) + equation_.width * spectrum_.modulus());
  }
};

// ---- Swift-Hohenberg: (e - k^2) c - 2 k w - lap w + d c^2 - c^3 with w = lap c

struct SwiftHohenberg {
  SwiftHohenbergParameters p;

  double linear() const { return p.rate - p.kc2 * p.kc2; }

  template <class KernelOf>
  auto inner(const KernelOf &kernel_of) const {
    return [lap = kernel_of(1)](auto arithmetic, const auto &cell)
               PDE_INLINE { return lap.template add_to<decltype(arithmetic)>(0, cell); };
  }
  template <class KernelOf>
  auto outer(const KernelOf &kernel_of, double f) const {
    return [lap = kernel_of(-f), one = f * linear(), two = f * p.delta, three = -f, of_lap = -2 * f * p.kc2](
               auto arithmetic, double base, double c, const auto &cell) PDE_INLINE {
      const double growth = arithmetic.multiply_add(arithmetic.multiply_add(three, c, two), c, one);
      const double own = arithmetic.multiply_add(of_lap, cell.centre(), base);
      return lap.template add_to<decltype(arithmetic)>(arithmetic.multiply_add(growth, c, own), cell);
    };
  }
};

class SwiftHohenbergRate : public TwoStageRate<SwiftHohenberg> {
 public:
  SwiftHohenbergRate(const Grid &grid, const BoundaryConditions &bc, const BoundaryConditions &bc_lap,
                     const SwiftHohenbergParameters &p)
      : TwoStageRate(grid, bc, bc_lap, {p}),
        is_symmetric_(ghosts_.acts_like(ghosts_inner_) && Laplacian::is_symmetric(ghosts_)) {}

  /// Where both Laplacians are one and symmetric, so is the Jacobian e - k^2 - 2 k L - L^2 + 2 d c - 3 c^2.
  /// In a = -L the part without c is e - (a - k)^2. Otherwise the norms of the parts bound it.
  double spectral_radius(double lowest, double highest) const override {
    const SwiftHohenbergParameters &p = equation_.p;
    const Range slope = parabola_range(-3, 2 * p.delta, lowest, highest);
    if (is_symmetric_) {
      const double farthest = largest_modulus(-spectrum_.highest - p.kc2, -spectrum_.lowest - p.kc2);
      return largest_modulus(p.rate - farthest * farthest + slope.lowest, p.rate + slope.highest);
    }
    return largest_modulus(equation_.linear() + slope.lowest, equation_.linear() + slope.highest) +
           (2 * std::fabs(p.kc2) + spectrum_inner_.modulus()) * spectrum_.modulus();
  }

 private:
  bool is_symmetric_;
};

}  // namespace

std::unique_ptr<Rate> diffusion_rate(const Grid &grid, const BoundaryConditions &bc, double diffusivity) {
  return std::make_unique<DiffusionRate>(grid, bc, Diffusion{diffusivity});
}

std::unique_ptr<Rate> allen_cahn_rate(const Grid &grid, const BoundaryConditions &bc, double width,
                                      double mobility) {
  return std::make_unique<AllenCahnRate>(grid, bc, AllenCahn{width, mobility});
}

std::unique_ptr<Rate> cahn_hilliard_rate(const Grid &grid, const BoundaryConditions &bc_c,
                                         const BoundaryConditions &bc_mu, double width) {
  return std::make_unique<CahnHilliardRate>(grid, bc_c, bc_mu, CahnHilliard{width});
}

std::unique_ptr<Rate> swift_hohenberg_rate(const Grid &grid, const BoundaryConditions &bc,
                                           const BoundaryConditions &bc_lap,
                                           const SwiftHohenbergParameters &parameters) {
  return std::make_unique<SwiftHohenbergRate>(grid, bc, bc_lap, parameters);
}

}  // namespace pde
