// pde_solve: its steppers, their options, and what files say about them.
#include <cmath>
#include <limits>

#include "user_program.hpp"

namespace test {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

EquationHandle equation_named(const char *name, const char *options = "") {
  EquationHandle equation;
  REQUIRE_OK(pde_equation_create(name, options_from(options), equation.out()));
  return equation;
}

double *data_of(pde_field *field) {
  void *data = nullptr;
  REQUIRE_OK(pde_field_data(field, PDE_FLOAT64, &data));
  return static_cast<double *>(data);
}

/// A cosine without flux through the ends, and what becomes of it: it decays at a known rate.
class Decay {
 public:
  static constexpr int kCells = 16;
  Decay() : grid_(unit_grid({kCells})), state_(new_field(grid_)) {
    for (int i = 0; i < kCells; ++i) data_of(state_)[i] = profile(i);
  }
  pde_field *state() const { return state_; }
  /// The largest error at time t.
  double error(double t) const {
    const double rate = 2 - 2 * std::cos(M_PI / kCells);
    double most = 0;
    for (int i = 0; i < kCells; ++i)
      most = std::max(most, std::fabs(data_of(state_)[i] - profile(i) * std::exp(-rate * t)));
    return most;
  }

 private:
  static double profile(int i) { return std::cos(M_PI * (i + 0.5) / kCells); }
  GridHandle grid_;
  FieldHandle state_;
};

ControllerHandle recorder(pde_storage *storage, TrackerHandle &tracker) {
  ScheduleHandle schedule;
  REQUIRE_OK(pde_schedule_create_constant(1, 0, schedule.out()));
  REQUIRE_OK(pde_tracker_create_storage(storage, schedule, nullptr, nullptr, nullptr, nullptr, nullptr,
                                        tracker.out()));
  ControllerHandle run;
  pde_tracker *list[] = {tracker};
  REQUIRE_OK(pde_controller_create(list, 1, nullptr, run.out()));
  return run;
}

TEST(Solving, IsDoneByEachStepper) {
  const struct {
    const char *options, *class_name, *adaptive;
    double error;
  } steppers[] = {
      {"", "RungeKuttaChebyshevSolver", "true", 1e-3},
      {"stepper=rkc tolerance=1e-8", "RungeKuttaChebyshevSolver", "true", 1e-5},
      {"stepper=euler dt=0.01", "EulerSolver", "false", 1e-3},
      {"stepper=euler-adaptive", "EulerSolver", "true", 1e-2},
      {"stepper=rk4 dt=0.1", "RungeKuttaSolver", "false", 1e-8},
      {"stepper=runge-kutta dt=0.1", "RungeKuttaSolver", "false", 1e-8},
      {"stepper=rk45 tolerance=1e-8", "RungeKuttaSolver", "true", 1e-6},
      {"stepper=adams-bashforth dt=0.05", "AdamsBashforthSolver", "false", 1e-4},
      {"stepper=rk4 dt=0.125 step_rule=fixed", "RungeKuttaSolver", "false", 1e-8},
      {"stepper=adams-bashforth dt=0.0625 step_rule=fixed", "AdamsBashforthSolver", "false", 1e-4},
  };
  for (const auto &each : steppers) {
    SCOPED_TRACE(each.options);
    const EquationHandle equation = equation_named("diffusion");
    const Decay decay;
    StorageHandle storage = open_storage("memory:", nullptr);
    TrackerHandle tracker;
    const ControllerHandle run = recorder(storage, tracker);
    double t = -1;
    EXPECT_OK(pde_solve(equation, decay.state(), 0, 3, options_from(each.options), run, &t));
    EXPECT_EQ(t, 3);
    EXPECT_LT(decay.error(3), each.error);
    EXPECT_EQ(times_of(storage), (std::vector<double>{0, 1, 2, 3}));
    const std::string info = info_of(storage, "solver");
    const bool adaptive = std::string(each.adaptive) == "true";
    EXPECT_NE(info.find(std::string("\"class\":\"") + each.class_name + '"'), std::string::npos) << info;
    EXPECT_NE(info.find(std::string("\"dt_adaptive\":") + each.adaptive), std::string::npos) << info;
    EXPECT_NE(info.find("\"stochastic\":false"), std::string::npos) << info;
    EXPECT_EQ(info.find("\"dt_statistics\":{\"min\":") != std::string::npos, adaptive) << info;
  }
}

TEST(Solving, ChecksTheOptionsOfItsSteppers) {
  const EquationHandle equation = equation_named("diffusion");
  const Decay decay;
  const Bytes before = bytes_of(decay.state());
  const auto solve = [&](const std::string &options) {
    return pde_solve(equation, decay.state(), 0, 1, options_from(options), nullptr, nullptr);
  };
  for (const char *stepper : {"euler", "rk4", "adams-bashforth", "rk45", "euler-adaptive", "rkc"}) {
    const std::string with = std::string("stepper=") + stepper;
    for (const char *bad : {"0", "-1", "inf"})
      EXPECT_FAILS(PDE_ERR_ARGUMENT, solve(with + " dt=" + bad), "option dt is", bad);
    for (const char *key : {"dt", "tolerance", "dt_min", "dt_max"}) {
      for (const double bad : {kNaN, kInf, 0.0}) {
        const OptionsHandle options = options_from(with + (std::string(key) == "dt" ? "" : " dt=0.1"));
        ASSERT_OK(pde_options_set_real(options, key, bad));
        EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_solve(equation, decay.state(), 0, 1, options, nullptr, nullptr),
                     key,
                     std::isnan(bad)   ? "nan"
                     : std::isinf(bad) ? "inf"
                                       : "0");
      }
    }
    EXPECT_FAILS(PDE_ERR_ARGUMENT, solve(with + " dt=0.1 dt_min=1 dt_max=0.5"), "dt_min is 1", "dt_max, 0.5");
  }
  for (const char *stepper : {"rkc", "rk45", "euler-adaptive"}) {
    EXPECT_FAILS(PDE_ERR_ARGUMENT, solve(std::string("step_rule=fixed dt=0.1 stepper=") + stepper),
                 "step_rule", stepper, "vary", "\"rk4\"");
  }
  EXPECT_FAILS(PDE_ERR_ARGUMENT, solve("stepper=euler"), "dt is not set", "stable up to dt = 0.5");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, solve("stepper=rk4"), "dt is not set", "\"rk4\"", "stable up to dt = 0.696");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, solve("stepper=adams-bashforth"), "dt is not set", "stable up to dt = 0.25");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, solve("stepper=leapfrog"), "leapfrog", "rk45", "adams-bashforth");
  EXPECT_EQ(bytes_of(decay.state()), before);
  const char *table = nullptr;
  ASSERT_OK(pde_options_describe("solve", &table));
  for (const char *key : {"stepper", "dt_min", "dt_max", "step_rule", "runge-kutta"})
    EXPECT_NE(std::string(table).find(key), std::string::npos) << key;
}

TEST(Solving, SaysWhichStepWouldHaveBeenStable) {
  const GridHandle grid = unit_grid({8, 8}, {1, 1});
  const EquationHandle equation = equation_named("diffusion");
  for (const char *stepper : {"euler", "rk4", "adams-bashforth"}) {
    FieldHandle state;
    ASSERT_OK(pde_equation_initial_state(equation, grid, 1, state.out()));
    EXPECT_FAILS(PDE_ERR_UNSOUND,
                 pde_solve(equation, state, 0, 1000, options_from(std::string("dt=0.9 stepper=") + stepper),
                           nullptr, nullptr),
                 "blown up", "dt = 0.9", "stable up to dt = 0.");
    EXPECT_TRUE(std::isfinite(data_of(state)[0]));
  }
}

TEST(Solving, AddsNoiseFromASeed) {
  const GridHandle grid = unit_grid({8, 8}, {1, 1});
  const EquationHandle equation = equation_named("diffusion", "noise=2");
  const auto solve = [&](const std::string &options, std::string *info = nullptr) {
    const FieldHandle state = filled_field(grid, 1);
    StorageHandle storage = open_storage("memory:", nullptr);
    TrackerHandle tracker;
    const ControllerHandle run = recorder(storage, tracker);
    EXPECT_OK(
        pde_solve(equation, state, 0, 1, options_from("stepper=euler dt=0.1 " + options), run, nullptr));
    if (info) *info = info_of(storage, "solver");
    return bytes_of(state);
  };
  std::string info;
  const Bytes first = solve("seed=4", &info);
  EXPECT_NE(info.find("\"stochastic\":true"), std::string::npos) << info;
  EXPECT_NE(info.find("\"class\":\"EulerSolver\""), std::string::npos) << info;
  EXPECT_EQ(solve("seed=4"), first);
  EXPECT_NE(solve("seed=5"), first);
  EXPECT_FAILS(PDE_ERR_UNSUPPORTED,
               pde_solve(equation, filled_field(grid, 1), 0, 1, nullptr, nullptr, nullptr), "noise", "rkc",
               "\"euler\"");
}

}  // namespace
}  // namespace test
