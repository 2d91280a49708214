#include "solver/equation.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/numbers.hpp"
#include "solver/boundary.hpp"
#include "solver/solve.hpp"
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
  struct Parameters {
    double rate, kc2, delta;
  };
  SwiftHohenbergRate(const Grid &grid, const BoundaryConditions &bc, const BoundaryConditions &bc_lap,
                     Parameters p)
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
  Parameters p_;
};

// ---- equations and their options

constexpr const char *kBcDoc = "boundary conditions: auto_periodic_neumann, periodic or neumann";

constexpr OptionSpec kDiffusionOptions[] = {
    {"diffusivity", OptionType::real, "1", "0 -", "factor of the Laplace operator; length^2 per time"},
    {"bc", OptionType::text, "auto_periodic_neumann", "", kBcDoc},
};
constexpr OptionSpec kAllenCahnOptions[] = {
    {"interface_width", OptionType::real, "1", "0 -", "factor of the Laplace operator; length^2"},
    {"mobility", OptionType::real, "1", "0 -", "factor of the whole rate; per time"},
    {"bc", OptionType::text, "auto_periodic_neumann", "", kBcDoc},
};
constexpr OptionSpec kCahnHilliardOptions[] = {
    {"interface_width", OptionType::real, "1", "0 -", "factor of the inner Laplace operator; length^2"},
    {"bc_c", OptionType::text, "auto_periodic_neumann", "",
     "those of the state: auto_periodic_neumann, periodic or neumann"},
    {"bc_mu", OptionType::text, "auto_periodic_neumann", "",
     "those of the chemical potential: auto_periodic_neumann, periodic or neumann"},
};
constexpr OptionSpec kSwiftHohenbergOptions[] = {
    {"rate", OptionType::real, "0.1", "", "growth rate of the critical mode; per time"},
    {"kc2", OptionType::real, "1", "", "square of the critical wave number; per length^2"},
    {"delta", OptionType::real, "1", "", "factor of the quadratic term"},
    {"bc", OptionType::text, "auto_periodic_neumann", "",
     "those of the state: auto_periodic_neumann, periodic or neumann"},
    {"bc_lap", OptionType::text, "", "", "those of its Laplacian; if not set those of bc"},
};

double finite_real(const ResolvedOptions &options, const char *key) {
  const double value = options.real(key);
  if (!std::isfinite(value))
    fail(PDE_ERR_ARGUMENT, "option {} is {}, expected a finite number", key, real_text(value));
  return value;
}

BoundaryConditions boundary(const ResolvedOptions &options, const char *key) {
  return {options.text(key), key};
}

class Diffusion : public Equation {
 public:
  explicit Diffusion(const ResolvedOptions &options)
      : diffusivity_(finite_real(options, "diffusivity")), bc_(boundary(options, "bc")) {}
  const char *name() const override { return "diffusion"; }
  const char *class_name() const override { return "DiffusionPDE"; }
  std::unique_ptr<Rate> prepare(const Grid &grid) const override {
    return std::make_unique<DiffusionRate>(grid, bc_, diffusivity_);
  }

 private:
  double diffusivity_;
  BoundaryConditions bc_;
};

class AllenCahn : public Equation {
 public:
  explicit AllenCahn(const ResolvedOptions &options)
      : width_(finite_real(options, "interface_width")),
        mobility_(finite_real(options, "mobility")),
        bc_(boundary(options, "bc")) {}
  const char *name() const override { return "allen-cahn"; }
  const char *class_name() const override { return "AllenCahnPDE"; }
  std::unique_ptr<Rate> prepare(const Grid &grid) const override {
    return std::make_unique<AllenCahnRate>(grid, bc_, width_, mobility_);
  }

 private:
  double width_, mobility_;
  BoundaryConditions bc_;
};

class CahnHilliard : public Equation {
 public:
  explicit CahnHilliard(const ResolvedOptions &options)
      : width_(finite_real(options, "interface_width")),
        bc_c_(boundary(options, "bc_c")),
        bc_mu_(boundary(options, "bc_mu")) {}
  const char *name() const override { return "cahn-hilliard"; }
  const char *class_name() const override { return "CahnHilliardPDE"; }
  std::unique_ptr<Rate> prepare(const Grid &grid) const override {
    return std::make_unique<CahnHilliardRate>(grid, bc_c_, bc_mu_, width_);
  }

 private:
  double width_;
  BoundaryConditions bc_c_, bc_mu_;
};

class SwiftHohenberg : public Equation {
 public:
  explicit SwiftHohenberg(const ResolvedOptions &options)
      : parameters_{finite_real(options, "rate"), finite_real(options, "kc2"), finite_real(options, "delta")},
        bc_(boundary(options, "bc")),
        bc_lap_(boundary(options, options.has("bc_lap") ? "bc_lap" : "bc")) {}
  const char *name() const override { return "swift-hohenberg"; }
  const char *class_name() const override { return "SwiftHohenbergPDE"; }
  std::unique_ptr<Rate> prepare(const Grid &grid) const override {
    return std::make_unique<SwiftHohenbergRate>(grid, bc_, bc_lap_, parameters_);
  }

 private:
  SwiftHohenbergRate::Parameters parameters_;
  BoundaryConditions bc_, bc_lap_;
};

template <class T>
EquationPtr make(const ResolvedOptions &options) {
  return std::make_shared<T>(options);
}

struct EquationKind {
  std::string_view consumer;  // "equation:" and the name
  OptionTable options;
  EquationPtr (*make)(const ResolvedOptions &);
};
constexpr EquationKind kKinds[] = {
    {"equation:diffusion", kDiffusionOptions, make<Diffusion>},
    {"equation:allen-cahn", kAllenCahnOptions, make<AllenCahn>},
    {"equation:cahn-hilliard", kCahnHilliardOptions, make<CahnHilliard>},
    {"equation:swift-hohenberg", kSwiftHohenbergOptions, make<SwiftHohenberg>},
};

}  // namespace

EquationPtr make_equation(std::string_view name, const Options &options) {
  std::string known;
  for (const EquationKind &kind : kKinds) {
    const std::string_view own = kind.consumer.substr(kind.consumer.find(':') + 1);
    if (own == name) return kind.make(ResolvedOptions(options, kind.options, kind.consumer));
    known += fmt::format("{}\"{}\"", known.empty() ? "" : ", ", own);
  }
  fail(PDE_ERR_ARGUMENT, "name is \"{}\", expected that of an equation: {}", name, known);
}

FieldPtr Equation::initial_state(GridPtr grid, int64_t seed) const {
  FieldDescription description;
  description.grid = std::move(grid);
  const FieldPtr state = Field::create(std::move(description));
  state->fill_random("uniform", seed, -0.1, 0.1);
  return state;
}

std::optional<OptionTable> solver_options(std::string_view consumer) {
  if (consumer == "solve") return solve_options();
  for (const EquationKind &kind : kKinds) {
    if (kind.consumer == consumer) return kind.options;
  }
  return std::nullopt;
}

}  // namespace pde
