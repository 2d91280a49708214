#include "solver/custom_equation.hpp"

#include <cmath>
#include <optional>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/numbers.hpp"
#include "solver/sweep.hpp"

namespace pde {
namespace {

constexpr OptionSpec kOptions[] = {
    {"name", OptionType::text, "custom", "", "what files call the equation (pde_class)"},
    {"spectral_radius", OptionType::real, "", "0 -",
     "a bound on the moduli of the eigenvalues of the rate's derivative, for stepper rkc; if not set it is "
     "estimated; per time"},
};

/// The arrays of a stepper are seen through fields; one is made once and moved to where it is needed.
class Window {
 public:
  explicit Window(const FieldDescription &description) : field_(Field::wrap(description, nullptr, {})) {}
  const FieldPtr &at(const WorkArray &array) {
    field_->rebind(const_cast<double *>(array.cells()));
    return field_;
  }

 private:
  FieldPtr field_;
};

class CustomRate : public Rate {
 public:
  CustomRate(const FieldDescription &state, const RateFunction &function, std::optional<double> radius)
      : layout_(WorkLayout::flat(state)),
        function_(function),
        radius_(radius),
        state_(state),
        rate_(state),
        f_(layout_) {}

  void evaluate(WorkArray &y, double t, const Combination &how) override {
    const bool plain = how.kind == Combination::Kind::rate;
    WorkArray &f = plain ? *how.out : f_;
    function_(state_.at(y), t, rate_.at(f));
    if (plain) return;
    sweep_combined(layout_, how, [f = f.cells()](double weight) {
      return [=](auto arithmetic, double base, int64_t at, int64_t)
                 PDE_INLINE { return arithmetic.multiply_add(weight, f[at], base); };
    });
  }
  double spectral_radius(double, double) const override { return radius_.value_or(0); }
  bool knows_spectrum() const override { return radius_.has_value(); }

 private:
  WorkLayout layout_;
  const RateFunction &function_;
  std::optional<double> radius_;
  Window state_, rate_;
  WorkArray f_;
};

class CustomEquation : public Equation {
 public:
  CustomEquation(RateFunction function, const ResolvedOptions &options)
      : function_(std::move(function)), name_(options.text("name")) {
    if (!options.has("spectral_radius")) return;
    radius_ = options.real("spectral_radius");
    if (std::isfinite(*radius_)) return;
    fail(PDE_ERR_ARGUMENT, "option spectral_radius is {}, expected a finite number", real_text(*radius_));
  }
  const char *name() const override { return "custom"; }
  const char *class_name() const override { return name_.c_str(); }
  bool takes_any_field() const override { return true; }
  /// It needs to know nothing about the rate.
  const char *default_stepper() const override { return "rk45"; }
  std::unique_ptr<Rate> prepare(const Grid &grid) const override {
    FieldDescription scalar;
    scalar.grid = Grid::parse(grid.text());
    return prepare_for(scalar);
  }
  std::unique_ptr<Rate> prepare_for(const FieldDescription &state) const override {
    return std::make_unique<CustomRate>(state, function_, radius_);
  }
  WorkLayout layout_for(const FieldDescription &state) const override { return WorkLayout::flat(state); }

 private:
  RateFunction function_;
  std::string name_;
  std::optional<double> radius_;
};

}  // namespace

EquationPtr make_custom_equation(RateFunction function, const Options &options) {
  return std::make_shared<CustomEquation>(std::move(function),
                                          ResolvedOptions(options, kOptions, "equation:custom"));
}

OptionTable custom_equation_options() {
  return kOptions;
}

}  // namespace pde
