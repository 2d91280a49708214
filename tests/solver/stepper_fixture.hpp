// What tests of steppers share: every stepper by its name, rates given as formulas, runs over due times.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "solver/adams_bashforth_stepper.hpp"
#include "solver/adaptive_euler_stepper.hpp"
#include "solver/equation.hpp"
#include "solver/euler_stepper.hpp"
#include "solver/fehlberg_stepper.hpp"
#include "solver/rkc_stepper.hpp"
#include "solver/runge_kutta_stepper.hpp"
#include "solver/sweep.hpp"

namespace pde {

constexpr const char *kSteppers[] = {"rkc", "euler", "rk4", "rk45", "euler-adaptive", "adams-bashforth"};

/// A rate without neighbours: f(y, t) in each cell. A radius below 0 is one that it does not know.
class PointRate : public Rate {
 public:
  using Formula = double (*)(double y, double t);
  PointRate(const WorkLayout &layout, Formula formula, double radius)
      : layout_(layout), formula_(formula), radius_(radius) {}
  void evaluate(WorkArray &y, double t, const Combination &how) override {
    sweep_combined(layout_, how, [u = y.cells(), f = formula_, t](double weight) {
      return [=](auto arithmetic, double base, int64_t at, int64_t) PDE_INLINE {
        return arithmetic.multiply_add(weight, f(u[at], t), base);
      };
    });
  }
  double spectral_radius(double, double) const override { return radius_; }
  bool knows_spectrum() const override { return radius_ >= 0; }

 private:
  WorkLayout layout_;
  Formula formula_;
  double radius_;
};

struct StepperSettings {
  double dt;
  FixedStepper::Rule rule = FixedStepper::Rule::exact;
  double tolerance = 1e-4;
  double dt_min = 1e-10, dt_max = 1e10;
};

inline std::unique_ptr<Stepper> make_stepper(const std::string &name, Rate &rate, const WorkLayout &layout,
                                             const StepperSettings &s) {
  const AdaptiveStepper::Control control{s.tolerance, s.dt, s.dt_min, s.dt_max};
  if (name == "euler") return std::make_unique<EulerStepper>(rate, layout, s.dt, s.rule);
  if (name == "rk4") return std::make_unique<RungeKuttaStepper>(rate, layout, s.dt, s.rule);
  if (name == "adams-bashforth") return std::make_unique<AdamsBashforthStepper>(rate, layout, s.dt, s.rule);
  if (name == "rk45") return std::make_unique<FehlbergStepper>(rate, layout, control);
  if (name == "euler-adaptive") return std::make_unique<AdaptiveEulerStepper>(rate, layout, control);
  return std::make_unique<RkcStepper>(rate, layout, s.tolerance, s.dt);
}

inline GridPtr line(int64_t cells, double length, bool periodic) {
  return Grid::cartesian(std::vector<double>{0}, std::vector<double>{length}, std::vector<int64_t>{cells},
                         {periodic});
}

inline FieldPtr line_state(int64_t cells, double length, bool periodic, double (*profile)(double)) {
  FieldDescription description;
  description.grid = line(cells, length, periodic);
  const FieldPtr state = Field::create(description);
  auto *values = reinterpret_cast<double *>(state->c_order_data());
  for (int64_t i = 0; i < cells; ++i) values[i] = profile(description.grid->centre(0, i));
  return state;
}

/// Cells of a one-dimensional work array.
inline std::vector<double> cells_of(Stepper &stepper) {
  const double *cells = stepper.state().cells();
  return {cells, cells + stepper.layout().shape[2]};
}

inline double largest_difference(const std::vector<double> &a, const std::vector<double> &b) {
  double most = 0;
  for (size_t i = 0; i < a.size(); ++i) most = std::max(most, std::fabs(a[i] - b[i]));
  return most;
}

}  // namespace pde
