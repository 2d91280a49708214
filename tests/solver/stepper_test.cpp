// Runge-Kutta-Chebyshev, and how steps are counted.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/json.hpp"
#include "solver/stepper_fixture.hpp"
#include "support/expect_error.hpp"

namespace pde {
namespace {

constexpr double kPi = std::numbers::pi;

/// The state at t = 1 after `steps` equal steps of RKC.
std::vector<double> rkc_result(const char *equation, const FieldPtr &state, int steps) {
  const auto rate = make_equation(equation, Options())->prepare(state->grid());
  RkcStepper stepper(*rate, WorkLayout(state->grid()), 1, 0);
  stepper.state().load(*state, stepper.layout());
  for (int i = 0; i < steps; ++i) stepper.step_uncontrolled(static_cast<double>(i) / steps, 1.0 / steps);
  return cells_of(stepper);
}

/// A cosine is an eigenvector of the discrete Laplacian without flux: the exact solution of the discrete heat
/// equation is known, and time is the only error.
TEST(RkcStepper, HasOrderTwoOnTheHeatEquation) {
  const int64_t cells = 50;
  const FieldPtr state = line_state(cells, 10, false, [](double x) { return std::cos(kPi * x / 10 * 3); });
  const double spacing = 0.2,
               eigenvalue = -4 / (spacing * spacing) * std::pow(std::sin(kPi * 3 / 10 * spacing / 2), 2);
  std::vector<double> exact(static_cast<size_t>(cells));
  state->pack(exact.data());
  for (double &value : exact) value *= std::exp(eigenvalue);
  // With many stages, and with two; in between the constant of the error changes with their number.
  for (const int steps : {4, 8, 256, 1024}) {
    const double error = largest_difference(rkc_result("diffusion", state, steps), exact);
    const double half = largest_difference(rkc_result("diffusion", state, 2 * steps), exact);
    EXPECT_NEAR(std::log2(error / half), 2, 0.15) << steps << " steps, error " << error;
  }
}

/// Nonlinear equations against a fine solution of the same scheme.
TEST(RkcStepper, HasOrderTwoOnNonlinearEquations) {
  for (const char *equation : {"allen-cahn", "cahn-hilliard", "swift-hohenberg"}) {
    const FieldPtr state = line_state(32, 32, true, [](double x) {
      return 0.5 * std::sin(2 * kPi * x / 32) + 0.2 * std::cos(2 * kPi * x / 8);
    });
    const std::vector<double> fine = rkc_result(equation, state, 4096);
    const double coarse = largest_difference(rkc_result(equation, state, 32), fine);
    const double half = largest_difference(rkc_result(equation, state, 64), fine);
    EXPECT_NEAR(std::log2(coarse / half), 2, 0.2) << equation << ": " << coarse << " " << half;
  }
}

TEST(RkcStepper, StaysStableAtLongSteps) {
  const FieldPtr state = line_state(1000, 10, false, [](double x) { return x < 5 ? 1.0 : 0.0; });
  // 40000 times the step that explicit Euler could make.
  const std::vector<double> result = rkc_result("diffusion", state, 1);
  for (double value : result) {
    EXPECT_GT(value, -0.2);
    EXPECT_LT(value, 1.2);
  }
}

TEST(RkcStepper, KeepsToItsTolerance) {
  const FieldPtr state = line_state(64, 32, true, [](double x) {
    return 0.5 * std::sin(2 * kPi * x / 32) + 0.2 * std::cos(2 * kPi * x / 8);
  });
  const std::vector<double> fine = rkc_result("allen-cahn", state, 8192);
  double before = 1;
  for (const double tolerance : {1e-2, 1e-4, 1e-6, 1e-8}) {
    const auto rate = make_equation("allen-cahn", Options())->prepare(state->grid());
    RkcStepper stepper(*rate, WorkLayout(state->grid()), tolerance, 0);
    stepper.state().load(*state, stepper.layout());
    for (double t = 0; t < 1;) t = stepper.step(t, 1);
    const double error = largest_difference(cells_of(stepper), fine);
    EXPECT_LT(error, std::pow(tolerance, 2.0 / 3)) << tolerance;  // per step: tolerance
    EXPECT_LT(error, before);
    before = error;
  }
}

TEST(RkcStepper, EndsStepsAtTheTarget) {
  const FieldPtr state = line_state(64, 10, true, [](double x) { return std::sin(2 * kPi * x / 10); });
  const auto rate = make_equation("diffusion", Options())->prepare(state->grid());
  RkcStepper stepper(*rate, WorkLayout(state->grid()), 1e-4, 0);
  stepper.state().load(*state, stepper.layout());
  double t = 0;
  for (int n = 1; n <= 30; ++n) {
    const double target = n * 0.1;
    while (t < target) {
      const double before = t;
      t = stepper.step(t, target);
      ASSERT_GT(t, before);
      ASSERT_LE(t, target);
    }
    EXPECT_EQ(t, target);
  }
  // Cut steps must not make it forget its own.
  EXPECT_LT(stepper.steps(), 60);
  const JsonDocument info = json_parse("{\"a\": 1" + stepper.extra_info() + "}", "info");
  EXPECT_EQ(info["dt_statistics"]["count"].GetInt64(), stepper.steps());
  EXPECT_LE(info["dt_statistics"]["min"].GetDouble(), info["dt_statistics"]["mean"].GetDouble());
  EXPECT_LE(info["dt_statistics"]["max"].GetDouble(), 0.1000001);
}

TEST(EulerStepper, CountsStepsAsPyPde) {
  const FieldPtr state = line_state(4, 4, true, [](double) { return 1.0; });
  const auto rate = make_equation("diffusion", Options())->prepare(state->grid());
  EulerStepper stepper(*rate, WorkLayout(state->grid()), 0.02, EulerStepper::Rule::fixed);
  const auto advance = [&](double t, double target, int steps) {
    for (int i = 0; i < steps; ++i) t = stepper.step(t, target);
    return t;
  };
  EXPECT_EQ(advance(0, 0.25, 12), (0 + 11 * 0.02) + 0.02);  // 12.5 steps: half to even
  EXPECT_EQ(stepper.steps(), 12);
  EXPECT_EQ(advance(0.24, 0.25, 1), (0.24 + 0 * 0.02) + 0.02);    // at least one
  EXPECT_EQ(advance(0.26, 0.53, 14), (0.26 + 13 * 0.02) + 0.02);  // 13.5: to even
}

TEST(EulerStepper, DividesStretchesEvenlyIfExact) {
  const FieldPtr state = line_state(4, 4, true, [](double) { return 1.0; });
  const auto rate = make_equation("diffusion", Options())->prepare(state->grid());
  EulerStepper stepper(*rate, WorkLayout(state->grid()), 0.3, EulerStepper::Rule::exact);
  double t = 0;
  for (int i = 0; i < 4; ++i) t = stepper.step(t, 1);
  EXPECT_EQ(t, 1);
  EXPECT_EQ(stepper.steps(), 4);
  EXPECT_EQ(stepper.step(1, 1.3), 1.3);  // one step, not a second one for what rounding leaves
  EXPECT_EQ(stepper.step(1.3, 1.4), 1.4);
}

}  // namespace
}  // namespace pde
