#include "solver/equation.hpp"

#include <cmath>

#include "base/error.hpp"
#include "base/numbers.hpp"
#include "solver/boundary.hpp"
#include "solver/custom_equation.hpp"
#include "solver/operator.hpp"
#include "solver/rates.hpp"
#include "solver/solve.hpp"

namespace pde {
namespace {

constexpr const char *kBcDoc = "boundary conditions: a name, or JSON with conditions per axis and side";
constexpr const char *kValuesDoc = "values along a side (KEY:x-, KEY:left), one or one per point";

constexpr OptionSpec kDiffusionOptions[] = {
    {"diffusivity", OptionType::real, "1", "0 -", "factor of the Laplace operator; length^2 per time"},
    {"noise", OptionType::real, "0", "0 -",
     "variance of the noise that each step adds, per volume and time; with stepper euler only"},
    {"bc", OptionType::text, "auto_periodic_neumann", "", kBcDoc},
    {"bc:*", OptionType::reals, "", "", kValuesDoc},
};
constexpr OptionSpec kAllenCahnOptions[] = {
    {"interface_width", OptionType::real, "1", "0 -", "factor of the Laplace operator; length^2"},
    {"mobility", OptionType::real, "1", "0 -", "factor of the whole rate; per time"},
    {"bc", OptionType::text, "auto_periodic_neumann", "", kBcDoc},
    {"bc:*", OptionType::reals, "", "", kValuesDoc},
};
constexpr OptionSpec kCahnHilliardOptions[] = {
    {"interface_width", OptionType::real, "1", "0 -", "factor of the inner Laplace operator; length^2"},
    {"bc_c", OptionType::text, "auto_periodic_neumann", "", "those of the state; a name, or JSON"},
    {"bc_c:*", OptionType::reals, "", "", kValuesDoc},
    {"bc_mu", OptionType::text, "auto_periodic_neumann", "",
     "those of the chemical potential; a name, or JSON"},
    {"bc_mu:*", OptionType::reals, "", "", kValuesDoc},
};
constexpr OptionSpec kSwiftHohenbergOptions[] = {
    {"rate", OptionType::real, "0.1", "", "growth rate of the critical mode; per time"},
    {"kc2", OptionType::real, "1", "", "square of the critical wave number; per length^2"},
    {"delta", OptionType::real, "1", "", "factor of the quadratic term"},
    {"bc", OptionType::text, "auto_periodic_neumann", "", "those of the state; a name, or JSON"},
    {"bc:*", OptionType::reals, "", "", kValuesDoc},
    {"bc_lap", OptionType::text, "", "", "those of its Laplacian; if not set those of bc"},
    {"bc_lap:*", OptionType::reals, "", "", kValuesDoc},
};

double finite_real(const ResolvedOptions &options, const char *key) {
  const double value = options.real(key);
  if (!std::isfinite(value))
    fail(PDE_ERR_ARGUMENT, "option {} is {}, expected a finite number", key, real_text(value));
  return value;
}

/// Sides that are not mentioned get py-pde's default.
BoundaryConditions boundary(const ResolvedOptions &options, const char *key) {
  return {options, key, BoundaryConditions::Missing::auto_periodic_neumann};
}

class Diffusion : public Equation {
 public:
  explicit Diffusion(const ResolvedOptions &options)
      : diffusivity_(finite_real(options, "diffusivity")),
        noise_(finite_real(options, "noise")),
        bc_(boundary(options, "bc")) {}
  double noise() const override { return noise_; }
  const char *name() const override { return "diffusion"; }
  const char *class_name() const override { return "DiffusionPDE"; }
  std::unique_ptr<Rate> prepare(const Grid &grid) const override {
    return diffusion_rate(grid, bc_, diffusivity_);
  }

 private:
  double diffusivity_, noise_;
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
    return allen_cahn_rate(grid, bc_, width_, mobility_);
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
    return cahn_hilliard_rate(grid, bc_c_, bc_mu_, width_);
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
    return swift_hohenberg_rate(grid, bc_, bc_lap_, parameters_);
  }

 private:
  SwiftHohenbergParameters parameters_;
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
  if (consumer == "operator") return operator_options();
  if (consumer == "equation:custom") return custom_equation_options();
  for (const EquationKind &kind : kKinds) {
    if (kind.consumer == consumer) return kind.options;
  }
  return std::nullopt;
}

}  // namespace pde
