// All steppers: their orders, and what each does differently from the others.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "base/json.hpp"
#include "solver/stepper_fixture.hpp"
#include "support/expect_error.hpp"

namespace pde {
namespace {

constexpr double kPi = std::numbers::pi;

/// Steps of h whatever the error.
StepperSettings equal_steps(double h) {
  return {.dt = h, .tolerance = 1e300, .dt_min = h, .dt_max = h};
}

/// The state at t_end after equal steps; those of RKC without its control.
std::vector<double> result_of(const std::string &name, Rate &rate, const FieldPtr &state, double t_start,
                              double t_end, int steps) {
  const double h = (t_end - t_start) / steps;
  const auto stepper = make_stepper(name, rate, WorkLayout(state->grid()), equal_steps(h));
  stepper->state().load(*state, stepper->layout());
  double t = t_start;
  for (int i = 0; i < steps; ++i) {
    if (auto *rkc = dynamic_cast<RkcStepper *>(stepper.get())) {
      rkc->step_uncontrolled(t_start + i * h, h);
    } else {
      t = stepper->step(t, t_end);
    }
  }
  if (name != "rkc") {
    EXPECT_EQ(t, t_end) << name;
    EXPECT_EQ(stepper->steps(), steps) << name;
  }
  return cells_of(*stepper);
}

double order_of(const std::string &name) {
  if (name == "rk4" || name == "rk45") return 4;
  return name == "rkc" || name == "adams-bashforth" ? 2 : 1;
}

/// dy/dt = -2 t y^2, which depends on time and is not linear: y = 1 / (1 / y0 + t^2).
TEST(Steppers, HaveTheirOrderOnARateThatDependsOnTime) {
  const FieldPtr state = line_state(3, 3, false, [](double x) { return 0.5 * x; });
  PointRate rate(
      WorkLayout(state->grid()), [](double y, double t) { return -2 * t * y * y; }, 6);
  std::vector<double> exact(3);
  state->pack(exact.data());
  for (double &y : exact) y = 1 / (1 / y + 4.0);
  for (const char *name : kSteppers) {
    for (const int steps : {64, 128}) {
      const double error = largest_difference(result_of(name, rate, state, 0, 2, steps), exact);
      const double half = largest_difference(result_of(name, rate, state, 0, 2, 2 * steps), exact);
      RecordProperty(std::string(name) + std::to_string(steps), std::to_string(std::log2(error / half)));
      EXPECT_NEAR(std::log2(error / half), order_of(name), 0.2)
          << name << ", " << steps << " steps: " << error << ", " << half;
    }
  }
}

/// A cosine is an eigenvector of the discrete Laplacian without flux, so that time is the only error.
TEST(Steppers, HaveTheirOrderOnTheHeatEquation) {
  const FieldPtr state = line_state(20, 10, false, [](double x) { return std::cos(kPi * x / 10 * 3); });
  const double spacing = 0.5,
               eigenvalue = -4 / (spacing * spacing) * std::pow(std::sin(kPi * 3 / 10 * spacing / 2), 2);
  std::vector<double> exact(20);
  state->pack(exact.data());
  for (double &value : exact) value *= std::exp(eigenvalue);
  for (const char *name : kSteppers) {
    const auto rate = make_equation("diffusion", Options())->prepare(state->grid());
    const double error = largest_difference(result_of(name, *rate, state, 0, 1, 64), exact);
    const double half = largest_difference(result_of(name, *rate, state, 0, 1, 128), exact);
    EXPECT_NEAR(std::log2(error / half), order_of(name), 0.15) << name << ": " << error << ", " << half;
  }
}

/// The scheme as py-pde writes it: with the state before, from which the rate before is computed again.
TEST(AdamsBashforthStepper, StepsAsPyPde) {
  const auto f = [](double y, double t) { return std::cos(3 * t) - y * y; };
  for (const auto rule : {FixedStepper::Rule::exact, FixedStepper::Rule::fixed}) {
    const FieldPtr state = line_state(5, 5, false, [](double x) { return 0.2 * x; });
    PointRate rate(WorkLayout(state->grid()), f, 2);
    const auto stepper =
        make_stepper("adams-bashforth", rate, WorkLayout(state->grid()), {.dt = 0.125, .rule = rule});
    stepper->state().load(*state, stepper->layout());
    double t = 0;
    while (t < 2) t = stepper->step(t, 2);
    std::vector<double> got = cells_of(*stepper), expected(5);
    state->pack(expected.data());
    for (double &y : expected) {
      const double dt = 0.125;
      double before = y - dt * f(y, 0);
      for (int i = 0; i < 16; ++i) {
        const double rate_before = f(before, (i - 1) * dt), rate_now = f(y, i * dt);
        before = y;
        y += dt * (1.5 * rate_now - 0.5 * rate_before);
      }
    }
    EXPECT_LT(largest_difference(got, expected), 1e-14);
  }
}

/// Starting anew at every due time leaves the order as it is.
TEST(AdamsBashforthStepper, KeepsItsOrderWhereItIsStopped) {
  const FieldPtr state = line_state(3, 3, false, [](double x) { return 0.5 * x; });
  PointRate rate(
      WorkLayout(state->grid()), [](double y, double t) { return -2 * t * y * y; }, 6);
  std::vector<double> exact(3);
  state->pack(exact.data());
  for (double &y : exact) y = 1 / (1 / y + 4.0);
  // A stretch of three steps each time, and of one.
  for (const int stretch : {3, 1}) {
    double before = 0;
    for (const int stretches : {60, 120, 240}) {
      const auto stepper =
          make_stepper("adams-bashforth", rate, WorkLayout(state->grid()), {.dt = 2.0 / stretches / stretch});
      stepper->state().load(*state, stepper->layout());
      double t = 0;
      for (int n = 1; n <= stretches; ++n) {
        const double target = 2.0 * n / stretches;
        while (t < target) t = stepper->step(t, target);
      }
      EXPECT_EQ(stepper->steps(), stretches * stretch);
      const double error = largest_difference(cells_of(*stepper), exact);
      if (before > 0) {
        EXPECT_NEAR(std::log2(before / error), 2, 0.2) << stretch << " " << stretches;
      }
      before = error;
    }
  }
}

// ---- error control

/// dc/dt = 2 t, where py-pde's rate of the time before needs 54 steps for an error of -0.0289.
TEST(AdaptiveEulerStepper, TakesTheRateOfTheNewTime) {
  const FieldPtr state = line_state(2, 2, false, [](double) { return 0.0; });
  PointRate rate(
      WorkLayout(state->grid()), [](double, double t) { return 2 * t; }, 0);
  const auto stepper =
      make_stepper("euler-adaptive", rate, WorkLayout(state->grid()), {.dt = 1e-3, .tolerance = 1e-3});
  stepper->state().load(*state, stepper->layout());
  double t = 0;
  while (t < 1) t = stepper->step(t, 1);
  EXPECT_EQ(stepper->steps(), 34);
  EXPECT_NEAR(cells_of(*stepper)[0] - 1, -0.0163, 1e-4);
}

TEST(AdaptiveSteppers, KeepToTheirTolerance) {
  const FieldPtr state = line_state(64, 32, true, [](double x) {
    return 0.5 * std::sin(2 * kPi * x / 32) + 0.2 * std::cos(2 * kPi * x / 8);
  });
  const auto rate = make_equation("allen-cahn", Options())->prepare(state->grid());
  const std::vector<double> fine = result_of("rk4", *rate, state, 0, 1, 4096);
  for (const char *name : {"rk45", "euler-adaptive"}) {
    double before = 1;
    for (const double tolerance : {1e-2, 1e-4, 1e-6}) {
      const auto stepper =
          make_stepper(name, *rate, WorkLayout(state->grid()), {.dt = 1e-3, .tolerance = tolerance});
      stepper->state().load(*state, stepper->layout());
      double t = 0;
      while (t < 1) t = stepper->step(t, 1);
      EXPECT_EQ(t, 1);
      const double error = largest_difference(cells_of(*stepper), fine);
      // Each step may add one tolerance.
      EXPECT_LT(error, tolerance * static_cast<double>(stepper->steps())) << name << " " << tolerance;
      EXPECT_LT(error, before) << name << " " << tolerance;
      before = error;
    }
  }
}

TEST(AdaptiveSteppers, KeepToTheLimitsOfTheirSteps) {
  const FieldPtr state = line_state(4, 4, false, [](double x) { return x; });
  PointRate still(
      WorkLayout(state->grid()), [](double, double) { return 0.0; }, 0);
  PointRate wild(
      WorkLayout(state->grid()), [](double, double t) { return 1e6 * std::cos(1e5 * t); }, 0);
  PointRate pole(
      WorkLayout(state->grid()), [](double y, double) { return y * y; }, 0);
  PointRate none(
      WorkLayout(state->grid()),
      [](double, double t) { return t < 0.5 ? 1.0 : std::numeric_limits<double>::quiet_NaN(); }, 0);
  for (const char *name : {"rk45", "euler-adaptive"}) {
    const auto run = [&](Rate &rate, StepperSettings settings) {
      const auto stepper = make_stepper(name, rate, WorkLayout(state->grid()), settings);
      stepper->state().load(*state, stepper->layout());
      double t = 0;
      while (t < 1) t = stepper->step(t, 1);
      return stepper->steps();
    };
    // 0.001 four times as long each time until it is cut: six steps. With a limit of 0.125: 0.001, 0.004,
    // 0.016, 0.064, and 0.915 is seven of 0.125 and one that is cut.
    EXPECT_EQ(run(still, {.dt = 1e-3}), 6) << name;
    EXPECT_EQ(run(still, {.dt = 1e-3, .dt_max = 0.125}), 12) << name;
    EXPECT_MESSAGE(PDE_ERR_UNSOUND, run(wild, {.dt = 1e-3, .dt_min = 1e-4}), "no step is short enough",
                   "dt_min is 0.0001", "times the tolerance 0.0001");
    EXPECT_MESSAGE(PDE_ERR_UNSOUND, run(pole, {.dt = 1e-3, .dt_min = 1e-6}), "no step is short enough");
    EXPECT_MESSAGE(PDE_ERR_UNSOUND, run(none, {.dt = 1e-3}), "not finite any more", "at t = 0.");
    // Where dt_min does not move the time any more.
    const auto far = make_stepper(name, wild, WorkLayout(state->grid()), {.dt = 1, .dt_min = 1e-300});
    far->state().load(*state, far->layout());
    EXPECT_MESSAGE(PDE_ERR_UNSOUND, far->step(1e12, 2e12), "no step is short enough");
  }
}

// ---- instability

TEST(FixedSteppers, SayWhereTheyAreStable) {
  const FieldPtr state = line_state(40, 40, true, [](double x) { return std::fmod(x, 2) < 1 ? 0.1 : -0.1; });
  for (const auto &[name, limit] :
       {std::pair{"euler", "0.5"}, {"rk4", "0.696"}, {"adams-bashforth", "0.25"}}) {
    const auto rate = make_equation("diffusion", Options())->prepare(state->grid());
    const auto run = [&, name = name](double dt) {
      const auto stepper = make_stepper(name, *rate, WorkLayout(state->grid()), {.dt = dt});
      stepper->state().load(*state, stepper->layout());
      double t = 0;
      while (t < 10000 * dt) t = stepper->step(t, 10000 * dt);
      return largest_difference(cells_of(*stepper), std::vector<double>(40, 0.0));
    };
    const double stable = std::stod(limit);
    EXPECT_LT(run(0.98 * stable), 0.1) << name;
    EXPECT_MESSAGE(PDE_ERR_UNSOUND, run(1.1 * stable), std::string("has blown up"),
                   std::string("stable up to dt = ") + limit);
  }
}

}  // namespace
}  // namespace pde
