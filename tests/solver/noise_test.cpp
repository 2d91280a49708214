// Noise: its distribution, and that it depends on seed, step and cell alone.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "field/random.hpp"
#include "solver/solve.hpp"
#include "solver/stepper_fixture.hpp"
#include "support/expect_error.hpp"

namespace pde {
namespace {

Options parsed(const std::string &text) {
  Options options;
  options.parse(text);
  return options;
}

/// Cells of a volume of 0.5 * 0.25.
GridPtr plane(int64_t nx, int64_t ny) {
  return Grid::cartesian(std::vector<double>{0, 0},
                         std::vector<double>{0.5 * static_cast<double>(nx), 0.25 * static_cast<double>(ny)},
                         std::vector<int64_t>{nx, ny}, {true, false});
}

FieldPtr zeros(GridPtr grid) {
  FieldDescription description;
  description.grid = std::move(grid);
  return Field::create(description);
}

std::vector<double> solved(const GridPtr &grid, double t_end, const std::string &options,
                           const char *equation = "diffusivity=0 noise=3") {
  const FieldPtr state = zeros(grid);
  solve(*make_equation("diffusion", parsed(equation)), state, 0, t_end, parsed("stepper=euler " + options),
        nullptr);
  std::vector<double> values(static_cast<size_t>(grid->cells()));
  state->pack(values.data());
  return values;
}

/// Without diffusion the cells are independent: after a time t their variance is t noise / volume, however
/// long the steps. The bounds are 4.5 standard deviations of the estimates.
TEST(Noise, HasMeanAndVariance) {
  const GridPtr grid = plane(256, 200);
  const double cells = static_cast<double>(grid->cells());
  for (const char *options : {"dt=0.5 seed=1", "dt=0.1 seed=2", "dt=0.3 seed=3"}) {
    const double variance = 0.5 * 3 / (0.5 * 0.25);
    double sum = 0, squares = 0, neighbours = 0;
    const std::vector<double> values = solved(grid, 0.5, options);
    for (size_t i = 0; i < values.size(); ++i) {
      sum += values[i];
      squares += values[i] * values[i];
      if (i > 0) neighbours += values[i] * values[i - 1];
    }
    EXPECT_LT(std::fabs(sum / cells), 4.5 * std::sqrt(variance / cells)) << options;
    EXPECT_NEAR(squares / cells, variance, 4.5 * variance * std::sqrt(2 / cells)) << options;
    EXPECT_LT(std::fabs(neighbours / cells), 4.5 * variance / std::sqrt(cells)) << options;
  }
}

TEST(Noise, DependsOnSeedStepAndCellAlone) {
  const GridPtr grid = plane(6, 5);
  const std::vector<double> values = solved(grid, 0.75, "dt=0.25 seed=-8");
  const RandomStream random(-8);
  for (uint64_t cell = 0; cell < 30; ++cell) {
    double expected = 0;
    for (uint64_t step = 0; step < 3; ++step)
      expected += std::sqrt(0.25) * std::sqrt(3 / 0.125) * random.normal(30 * step + cell);
    EXPECT_EQ(values[cell], expected);
  }
  EXPECT_EQ(solved(grid, 0.75, "dt=0.25 seed=-8"), values);
  EXPECT_EQ(solved(grid, 0.75, "dt=0.25 seed=-8 step_rule=fixed"), values);
  EXPECT_NE(solved(grid, 0.75, "dt=0.25 seed=8"), values);
  EXPECT_EQ(solved(grid, 0.75, "dt=0.25"), solved(grid, 0.75, "dt=0.25 seed=0"));
}

/// Diffusion takes the fluctuations of a mode k down to noise / (2 D k^2 volume of the grid).
TEST(Noise, BalancesDiffusion) {
  const GridPtr grid = line(16, 16, true);
  const auto rate = make_equation("diffusion", Options())->prepare(*grid);
  const WorkLayout layout(*grid);
  EulerStepper stepper(*rate, layout, 0.05, FixedStepper::Rule::exact, Noise(2, 11, *grid));
  const double wave = 2 * std::acos(-1.0) / 16, decay = 2 - 2 * std::cos(wave);
  double sum = 0;
  int count = 0;
  double t = 0;
  // Far apart, so that the samples are nearly independent.
  for (int sample = 1; sample <= 2000; ++sample) {
    const double target = 20.0 * sample;
    while (t < target) t = stepper.step(t, target);
    const std::vector<double> c = cells_of(stepper);
    for (const double phase : {0.0, std::acos(0.0)}) {
      double amplitude = 0;
      for (size_t i = 0; i < 16; ++i) amplitude += c[i] * std::cos(wave * static_cast<double>(i) + phase);
      sum += amplitude * amplitude;
      ++count;
    }
  }
  // Of Euler with step h: the factor 1 - h decay each time; the sum of 16 cells times cos^2 is 8.
  const double expected = 8 * 2 / (decay * (2 - 0.05 * decay));
  EXPECT_NEAR(sum / count, expected, 4.5 * expected * std::sqrt(2.0 / count));
}

TEST(Noise, GoesOnWhereItWasCut) {
  const GridPtr grid = plane(7, 9);
  const auto rate = make_equation("diffusion", parsed("diffusivity=0.1"))->prepare(*grid);
  const WorkLayout layout(*grid);
  const auto stepper_of = [&] {
    return EulerStepper(*rate, layout, 0.02, FixedStepper::Rule::exact, Noise(3, 5, *grid));
  };
  const FieldPtr state = zeros(grid);
  const auto bits = [&](Stepper &stepper) {
    std::vector<double> values(63);
    stepper.state().store(*state, layout);
    state->pack(values.data());
    return values;
  };
  EulerStepper whole = stepper_of(), first = stepper_of();
  double t = 0;
  for (int i = 0; i < 17; ++i) t = first.step(t, 1);
  const std::string saved = first.save();
  EulerStepper second = stepper_of();
  first.state().store(*state, layout);
  second.state().load(*state, layout);
  second.restore(saved);
  while (t < 1) t = second.step(t, 1);
  for (double time = 0; time < 1;) time = whole.step(time, 1);
  EXPECT_EQ(bits(whole), bits(second));
  EXPECT_EQ(whole.save(), second.save());
}

TEST(Noise, GoesWithEulerOnly) {
  const EquationPtr equation = make_equation("diffusion", parsed("noise=0.5"));
  const FieldPtr state = zeros(plane(4, 4));
  for (const char *options : {"", "stepper=rkc", "stepper=rk4 dt=0.01", "stepper=rk45",
                              "stepper=euler-adaptive", "stepper=adams-bashforth dt=0.01"}) {
    EXPECT_MESSAGE(PDE_ERR_UNSUPPORTED, solve(*equation, state, 0, 1, parsed(options), nullptr),
                   "noise of the equation is 0.5", "stochastic", "\"euler\"");
  }
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make_equation("diffusion", parsed("noise=-1")), "noise", "-1");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make_equation("diffusion", parsed("noise=inf")), "noise", "finite");
  // Without noise every stepper serves.
  solve(*make_equation("diffusion", parsed("noise=0")), state, 0, 1, Options(), nullptr);
}

}  // namespace
}  // namespace pde
