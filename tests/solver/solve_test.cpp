#include "solver/solve.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "base/json.hpp"
#include "field/field_math.hpp"
#include "support/expect_error.hpp"

namespace pde {
namespace {

Options parsed(const char *text) {
  Options options;
  options.parse(text);
  return options;
}

GridPtr box(int64_t cells, double length, bool periodic) {
  return Grid::cartesian(std::vector<double>{0, 0}, std::vector<double>{length, length},
                         std::vector<int64_t>{cells, cells + 3}, {periodic, periodic});
}

FieldDescription scalar_on(GridPtr grid) {
  FieldDescription description;
  description.grid = std::move(grid);
  return description;
}

TrackerPtr watcher(const char *schedule, std::function<Verdict(const StatePtr &, double)> act) {
  return make_callback_tracker(Schedule::parse(schedule), std::move(act));
}

/// On round grids to what the volumes of cells are rounded to.
TEST(Solve, ConservesWhatFluxesConserve) {
  const GridPtr grids[] = {box(20, 20, false),
                           Grid::polar(0, 10, 10),
                           Grid::polar(3, 13, 10),
                           Grid::spherical(0, 10, 10),
                           Grid::spherical(3, 13, 10),
                           Grid::cylindrical({0, 10, 0, 8}, 10, 8, false),
                           Grid::cylindrical({3, 13, 0, 8}, 10, 8, true)};
  for (const char *name : {"diffusion", "cahn-hilliard"}) {
    for (const GridPtr &grid : grids) {
      for (const char *options : {"", "stepper=euler dt=0.005"}) {
        const EquationPtr equation = make_equation(name, Options());
        const FieldPtr state = Field::create(scalar_on(grid));
        state->fill_random("uniform", 5, -0.5, 1);
        const double before = field_statistic(*state, "integral")[0];
        const double variance = field_statistic(*state, "variance")[0];
        solve(*equation, state, 0, 5, parsed(options), nullptr);
        EXPECT_NEAR(field_statistic(*state, "integral")[0], before, 1e-10 * std::fabs(before))
            << name << " " << options << " " << grid->text();
        EXPECT_NE(field_statistic(*state, "variance")[0], variance);
      }
    }
  }
}

TEST(Solve, SteppersAgree) {
  for (const char *name : {"diffusion", "allen-cahn", "cahn-hilliard", "swift-hohenberg"}) {
    const EquationPtr equation = make_equation(name, Options());
    const FieldPtr a = equation->initial_state(box(16, 16, true), 1), b = a->copy(PDE_FLOAT64, std::nullopt);
    solve(*equation, a, 0, 3, parsed("tolerance=1e-7"), nullptr);
    solve(*equation, b, 0, 3, parsed("stepper=euler dt=0.0005"), nullptr);
    b->combine(1, -1, a.get());
    EXPECT_LT(field_statistic(*b, "max")[0], 1e-3) << name;
    EXPECT_GT(field_statistic(*b, "min")[0], -1e-3) << name;
    EXPECT_GT(field_statistic(*a, "max")[0], 1e-3) << name;
  }
}

/// Explicit Euler with a step below 2 / spectral radius and the stabilised stepper, which trusts that bound.
TEST(Solve, SteppersAgreeWhateverTheBoundaries) {
  for (const char *text : {"value", "curvature", R"({"mixed": -0.5, "const": 0.2})",
                           R"({"x-": {"value": 1}, "y": "curvature"})"}) {
    for (const GridPtr &grid : {box(8, 8, false), Grid::cylindrical({1, 5, 0, 4}, 8, 8, false)}) {
      if (!grid->is_cartesian() && text[0] == '{' && text[2] == 'x') continue;
      for (const char *name : {"diffusion", "swift-hohenberg"}) {
        Options options;
        options.set("bc", std::string(text));
        const EquationPtr equation = make_equation(name, options);
        const FieldPtr a = equation->initial_state(grid, 1), b = a->copy(PDE_FLOAT64, std::nullopt);
        solve(*equation, a, 0, 1, parsed("tolerance=1e-7"), nullptr);
        solve(*equation, b, 0, 1, parsed("stepper=euler dt=0.0002"), nullptr);
        b->combine(1, -1, a.get());
        EXPECT_LT(field_statistic(*b, "max")[0], 1e-3) << name << " " << text << " " << grid->text();
        EXPECT_GT(field_statistic(*b, "min")[0], -1e-3) << name << " " << text << " " << grid->text();
      }
    }
  }
}

/// The error at t = 0.1 of a mode that decays as exp(-rate t), on a grid with this many cells per axis.
template <class Mode>
double error_of_mode(const GridPtr &grid, const char *bc, double rate, const Mode &mode) {
  const FieldPtr state = Field::create(scalar_on(grid));
  auto *values = reinterpret_cast<double *>(state->c_order_data());
  const int64_t inner = grid->ndim() > 1 ? grid->shape()[1] : 1;
  const auto exact = [&](int64_t cell) {
    return mode(grid->centre(0, cell / inner), grid->ndim() > 1 ? grid->centre(1, cell % inner) : 0);
  };
  for (int64_t cell = 0; cell < grid->cells(); ++cell) values[cell] = exact(cell);
  Options options;
  options.set("bc", std::string(bc));
  solve(*make_equation("diffusion", options), state, 0, 0.1, parsed("tolerance=1e-9"), nullptr);
  double most = 0;
  for (int64_t cell = 0; cell < grid->cells(); ++cell)
    most = std::max(most, std::fabs(values[cell] - exact(cell) * std::exp(-0.1 * rate)));
  return most;
}

/// Modes whose decay is known, around a centre and beside a hole: with twice as many cells a quarter of the
/// error is left.
TEST(Solve, HasOrderTwoInSpaceOnRoundGrids) {
  const double pi = std::numbers::pi, k = 2.404825557695773;  // the first zero of J0
  const auto disk = [&](double r, double) { return std::cyl_bessel_j(0, k * r); };
  const auto ball = [&](double r, double) { return std::sin(pi * r) / r; };
  const auto shell = [&](double r, double) { return std::sin(pi * (r - 1)) / r; };
  const auto cylinder = [&](double r, double z) { return std::cyl_bessel_j(0, k * r) * std::cos(pi * z); };
  const char *const cold = R"({"outer": "value"})", *const cold_inside = R"({"r": "value"})";
  const auto order = [](const auto &error) { return std::log2(error(16) / error(32)); };
  EXPECT_NEAR(order([&](int64_t n) { return error_of_mode(Grid::polar(0, 1, n), cold, k * k, disk); }), 2,
              0.1);
  EXPECT_NEAR(order([&](int64_t n) { return error_of_mode(Grid::spherical(0, 1, n), cold, pi * pi, ball); }),
              2, 0.1);
  EXPECT_NEAR(
      order([&](int64_t n) { return error_of_mode(Grid::spherical(1, 2, n), cold_inside, pi * pi, shell); }),
      2, 0.1);
  EXPECT_NEAR(
      order([&](int64_t n) {
        return error_of_mode(Grid::cylindrical({0, 1, 0, 1}, n, n, false), cold, k * k + pi * pi, cylinder);
      }),
      2, 0.1);
}

/// What does not depend on z evolves as on a disk, and in a row of cells.
TEST(Solve, ACylinderThatIsUniformAlongZIsADisk) {
  for (const char *name : {"diffusion", "allen-cahn", "cahn-hilliard", "swift-hohenberg"}) {
    const EquationPtr equation = make_equation(name, Options());
    const FieldPtr disk = equation->initial_state(Grid::polar(1, 5, 8), 3);
    const FieldPtr cylinder = Field::create(scalar_on(Grid::cylindrical({1, 5, 0, 3}, 8, 5, true)));
    for (int64_t i = 0; i < 40; ++i) {
      reinterpret_cast<double *>(cylinder->c_order_data())[i] =
          reinterpret_cast<const double *>(disk->c_order_data())[i / 5];
    }
    for (const FieldPtr &state : {disk, cylinder})
      solve(*equation, state, 0, 0.5, parsed("stepper=euler dt=0.001"), nullptr);
    for (int64_t i = 0; i < 40; ++i) {
      EXPECT_NEAR(reinterpret_cast<const double *>(cylinder->c_order_data())[i],
                  reinterpret_cast<const double *>(disk->c_order_data())[i / 5], 1e-12)
          << name << " cell " << i;
    }
  }
}

TEST(Solve, TakesItsFirstStepFromTheUser) {
  const EquationPtr equation = make_equation("diffusion", Options());
  const FieldPtr found = equation->initial_state(box(16, 16, true), 1);
  const FieldPtr tiny = found->copy(PDE_FLOAT64, std::nullopt),
                 large = found->copy(PDE_FLOAT64, std::nullopt);
  solve(*equation, found, 1, 2, Options(), nullptr);
  solve(*equation, tiny, 1, 2, parsed("dt=1e-300"), nullptr);
  solve(*equation, large, 1, 2, parsed("dt=1e300"), nullptr);
  for (const FieldPtr &state : {tiny, large}) {
    state->combine(1, -1, found.get());
    EXPECT_LT(field_statistic(*state, "max")[0], 1e-3);
  }
}

TEST(Solve, LeavesAloneWhatIsAtRest) {
  for (const char *name : {"diffusion", "allen-cahn", "cahn-hilliard", "swift-hohenberg"}) {
    const FieldPtr state = Field::create(scalar_on(box(12, 3, false)));
    EXPECT_EQ(solve(*make_equation(name, Options()), state, 0, 10, Options(), nullptr).t, 10);
    EXPECT_EQ(field_statistic(*state, "max")[0], 0) << name;
  }
  const FieldPtr still = make_equation("diffusion", Options())->initial_state(box(8, 8, true), 1);
  const FieldPtr before = still->copy(PDE_FLOAT64, std::nullopt);
  solve(*make_equation("diffusion", parsed("diffusivity=0")), still, 0, 10, Options(), nullptr);
  before->combine(1, -1, still.get());
  EXPECT_LT(field_statistic(*before, "max")[0], 1e-15);
}

TEST(Solve, WorksInPlaceInAnyLayout) {
  const GridPtr grid = box(10, 10, false);
  const EquationPtr equation = make_equation("allen-cahn", Options());
  const FieldPtr plain = equation->initial_state(grid, 9);
  // Fortran order with a halo around it, and one that runs backwards.
  std::vector<double> halo(12 * 15, 77), backwards(10 * 13);
  const int64_t fortran[] = {1, 12}, reversed[] = {-13, -1};
  const FieldPtr a = Field::wrap(scalar_on(grid), &halo[13], fortran);
  const FieldPtr b = Field::wrap(scalar_on(grid), &backwards[129], reversed);
  a->assign(*plain);
  b->assign(*plain);
  for (const FieldPtr &state : {plain, a, b}) solve(*equation, state, 0, 2, Options(), nullptr);
  std::vector<double> expected(130), got(130);
  plain->pack(expected.data());
  for (const FieldPtr &state : {a, b}) {
    state->pack(got.data());
    EXPECT_EQ(got, expected);
  }
  EXPECT_EQ(std::count(halo.begin(), halo.end(), 77), 12 * 15 - 130);
}

TEST(Solve, ShowsTrackersTheStateOfTheirTime) {
  const EquationPtr equation = make_equation("diffusion", Options());
  const FieldPtr state = equation->initial_state(box(12, 12, true), 2);
  std::vector<double> times, variances;
  Controller controller({watcher("constant(0.1)",
                                 [&](const StatePtr &seen, double t) {
                                   times.push_back(t);
                                   variances.push_back(field_statistic(*seen, "variance")[0]);
                                   return Verdict();
                                 })},
                        Options());
  const SolveResult result = solve(*equation, state, 0, 0.75, Options(), &controller);
  EXPECT_EQ(result.t, 0.75);
  EXPECT_FALSE(result.stopped);
  ASSERT_EQ(times.size(), 8u);
  for (size_t n = 0; n < 8; ++n) EXPECT_EQ(times[n], static_cast<double>(n) * 0.1);
  for (size_t n = 1; n < 8; ++n) EXPECT_LT(variances[n], variances[n - 1]);
  EXPECT_LT(field_statistic(*state, "variance")[0], variances.back());
}

/// Steps may be made several at a time: those who count them see each that is theirs, and the result is the
/// same without anybody watching.
TEST(Solve, CountsStepsThatAreMadeTogether) {
  const EquationPtr equation = make_equation("diffusion", Options());
  const auto run = [&](Controller *controller) {
    const FieldPtr state = equation->initial_state(box(12, 12, true), 2);
    solve(*equation, state, 0, 1.1, parsed("stepper=euler dt=0.01"), controller);
    std::vector<double> cells(12 * 15);
    state->pack(cells.data());
    return cells;
  };
  std::vector<double> thirds, quarters;
  const auto noting = [](const char *schedule, std::vector<double> &times) {
    return watcher(schedule, [&times](const StatePtr &, double t) {
      times.push_back(t);
      return Verdict();
    });
  };
  Controller controller({noting("steps(3)", thirds), noting("steps(25)", quarters)}, Options());
  EXPECT_EQ(run(&controller), run(nullptr));
  ASSERT_EQ(thirds.size(), 37u);
  for (size_t n = 0; n < thirds.size(); ++n) EXPECT_NEAR(thirds[n], 0.03 * static_cast<double>(n), 1e-12);
  ASSERT_EQ(quarters.size(), 5u);
  for (size_t n = 0; n < quarters.size(); ++n) EXPECT_NEAR(quarters[n], 0.25 * static_cast<double>(n), 1e-12);
}

TEST(Solve, StopsWhenATrackerIsSatisfied) {
  const EquationPtr equation = make_equation("diffusion", Options());
  Controller controller({watcher("constant(1)",
                                 [&](const StatePtr &, double t) {
                                   return Verdict{t >= 3, "Enough"};
                                 })},
                        Options());
  const SolveResult result =
      solve(*equation, equation->initial_state(box(8, 8, true), 2), 0, 10, Options(), &controller);
  EXPECT_EQ(result.t, 3);
  EXPECT_TRUE(result.stopped);
  EXPECT_EQ(result.reason, "Enough");
}

TEST(Solve, WritesWhatItWasIntoStorages) {
  const EquationPtr equation = make_equation("allen-cahn", Options());
  for (const bool euler : {false, true}) {
    const StoragePtr storage = open_storage("memory:", nullptr, Options());
    Controller controller({make_storage_tracker(storage, nullptr, {}, Options())}, Options());
    solve(*equation, equation->initial_state(box(8, 8, true), 2), 0, 2,
          parsed(euler ? "stepper=euler dt=0.125" : ""), &controller);
    EXPECT_EQ(storage->length(), 3);
    const JsonDocument solver = json_parse(*storage->info().find("solver"), "solver");
    EXPECT_EQ(json_text(solver["class"]), euler ? "EulerSolver" : "RungeKuttaChebyshevSolver");
    EXPECT_EQ(json_text(solver["pde_class"]), "AllenCahnPDE");
    EXPECT_EQ(solver["dt_adaptive"].GetBool(), !euler);
    EXPECT_FALSE(solver["stochastic"].GetBool());
    EXPECT_TRUE(solver["backend"].IsObject());
    if (euler) {
      EXPECT_EQ(solver["dt"].GetDouble(), 0.125);
      EXPECT_EQ(solver["steps"].GetInt64(), 16);
    } else {
      EXPECT_EQ(solver["dt_statistics"]["count"].GetInt64(), solver["steps"].GetInt64());
    }
  }
}

TEST(Solve, ReportsProgressAndLetsItEndTheRun) {
  struct Seen {
    int64_t last = -1, calls = 0, total = 0;
    pde_status answer = PDE_OK;
  } seen;
  const auto target = std::make_shared<ProgressTarget>();
  target->user = &seen;
  target->call = [](int64_t done, int64_t total, void *user) {
    auto &noted = *static_cast<Seen *>(user);
    EXPECT_GE(done, noted.last);
    EXPECT_LE(done, total);
    noted.last = done, noted.total = total, ++noted.calls;
    return noted.answer;
  };
  Options options = parsed("stepper=euler dt=1e-5");
  options.set_progress(target);
  const EquationPtr equation = make_equation("diffusion", Options());
  const FieldPtr state = equation->initial_state(box(4, 4, true), 2);
  EXPECT_FALSE(solve(*equation, state, 0, 1e-3, options, nullptr).stopped);
  EXPECT_EQ(seen.last, seen.total);
  seen = {.answer = PDE_STOP};
  const SolveResult stopped = solve(*equation, state, 0, 1e6, options, nullptr);
  EXPECT_TRUE(stopped.stopped);
  EXPECT_GT(stopped.t, 0);
  EXPECT_LT(stopped.t, 1e6);
  seen = {.answer = PDE_ERR_USER - 1};
  EXPECT_MESSAGE(PDE_ERR_USER - 1, solve(*equation, state, 0, 1e6, options, nullptr), "progress");
}

// ---- misuse and misfortune

TEST(Solve, RefusesWhatItCannotSolve) {
  const EquationPtr equation = make_equation("diffusion", Options());
  const GridPtr grid = box(4, 4, true);
  const auto solve_state = [&](const FieldPtr &state) { solve(*equation, state, 0, 1, Options(), nullptr); };
  FieldDescription narrow = scalar_on(grid), vector = scalar_on(grid);
  narrow.dtype = PDE_FLOAT32;
  vector.rank = PDE_VECTOR;
  EXPECT_MESSAGE(PDE_ERR_DTYPE, solve_state(Field::create(narrow)), "float32", "float64");
  EXPECT_MESSAGE(PDE_ERR_SHAPE, solve_state(Field::create(vector)), "scalar");
  const FieldPtr scalars[] = {Field::create(scalar_on(grid))};
  EXPECT_MESSAGE(PDE_ERR_SHAPE, solve_state(Field::collection(scalars, std::nullopt)), "scalar");
  const FieldPtr state = Field::create(scalar_on(grid));
  const auto solve_times = [&](double t_start, double t_end) {
    solve(*equation, state, t_start, t_end, Options(), nullptr);
  };
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, solve_times(std::nan(""), 1), "t_start is nan");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, solve_times(0, std::numeric_limits<double>::infinity()), "t_end is inf");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, solve_times(2, 1), "t_end is 1", "t_start = 2");
  const auto solve_with = [&](const char *options) {
    solve(*equation, state, 0, 1, parsed(options), nullptr);
  };
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, solve_with("stepper=rk5"), "stepper", "\"rk5\"", "rkc");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, solve_with("stepper=euler"), "option dt is not set",
                 "stable up to dt = 0.123");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, solve_with("stepper=euler dt=0"), "option dt is 0", "above 0");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, solve_with("dt=-1"), "option dt is", "-1");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, solve_with("tolerance=0"), "option tolerance is 0", "above 0");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, solve_with("step_rule=fixed"), "step_rule", "euler");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, solve_with("steps=5"), "steps", "stepper");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, solve_with("stepper=euler dt=1e-300"), "option dt is 1e-300");
}

TEST(Solve, FindsStatesThatAreNotFinite) {
  const EquationPtr equation = make_equation("allen-cahn", Options());
  const FieldPtr state = equation->initial_state(box(4, 4, true), 1);
  reinterpret_cast<double *>(state->c_order_data())[7] = std::nan("");
  EXPECT_MESSAGE(PDE_ERR_UNSOUND, solve(*equation, state, 2, 3, Options(), nullptr), "not finite",
                 "t_start = 2");
}

TEST(Solve, SaysWhenEulerBlowsUp) {
  const EquationPtr equation = make_equation("allen-cahn", Options());
  const FieldPtr state = equation->initial_state(box(16, 4, true), 1);
  const StoragePtr storage = open_storage("memory:", nullptr, Options());
  Controller controller({make_storage_tracker(storage, Schedule::parse("constant(1)"), {}, Options())},
                        Options());
  EXPECT_MESSAGE(PDE_ERR_UNSOUND,
                 solve(*equation, state, 0, 100, parsed("stepper=euler dt=0.05"), &controller), "not finite",
                 "t = ", "dt = 0.05", "stable up to dt = 0.01");
  // What is stored is sound, and its session is finished.
  EXPECT_FALSE(storage->is_writing());
  ASSERT_GE(storage->length(), 1);
  const FieldPtr last = Field::create(scalar_on(state->description().grid));
  storage->read(-1, *last);
  EXPECT_TRUE(std::isfinite(field_average(*last)[0]));
  EXPECT_TRUE(std::isfinite(field_average(*state)[0]));
  EXPECT_FALSE(json_parse(*storage->info().find("controller"), "info")["successful"].GetBool());
}

TEST(Solve, SaysWhenNoStepIsShortEnough) {
  const EquationPtr equation = make_equation("diffusion", Options());
  const FieldPtr state = equation->initial_state(box(16, 16, true), 1);
  EXPECT_MESSAGE(PDE_ERR_UNSOUND, solve(*equation, state, 0, 1, parsed("tolerance=1e-300"), nullptr),
                 "no step is short enough", "tolerance");
  EXPECT_TRUE(std::isfinite(field_average(*state)[0]));
}

TEST(Solve, FailsWithTheTrackerThatFails) {
  const EquationPtr equation = make_equation("diffusion", Options());
  const FieldPtr state = equation->initial_state(box(8, 8, true), 1);
  const auto act = [](const StatePtr &, double t) -> Verdict {
    if (t < 2) return {};
    fail(PDE_ERR_USER - 3, "no disk left");
  };
  const StoragePtr storage = open_storage("memory:", nullptr, Options());
  Controller controller({make_storage_tracker(storage, nullptr, {}, Options()), watcher("constant(1)", act)},
                        Options());
  EXPECT_MESSAGE(PDE_ERR_USER - 3, solve(*equation, state, 0, 10, Options(), &controller),
                 "tracker \"callback\"", "no disk left");
  const JsonDocument report = json_parse(controller.info(), "info");
  EXPECT_EQ(report["t_final"].GetDouble(), 2);
  EXPECT_EQ(json_text(report["stop_reason"]), "tracker \"callback\": no disk left");
  EXPECT_EQ(storage->length(), 3);
  EXPECT_GT(json_parse(*storage->info().find("solver"), "info")["steps"].GetInt64(), 0);
  EXPECT_MESSAGE(PDE_ERR_STATE, solve(*equation, state, 0, 10, Options(), &controller), "over");
}

}  // namespace
}  // namespace pde
