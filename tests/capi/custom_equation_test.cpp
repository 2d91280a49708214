// Equations whose rate is a function of the user's.
#include <array>
#include <cmath>
#include <functional>

#include "user_program.hpp"

namespace test {
namespace {

constexpr const char *kSteppers[] = {"stepper=rk45 tolerance=1e-9",
                                     "stepper=rkc tolerance=1e-9",
                                     "stepper=euler-adaptive tolerance=1e-7",
                                     "stepper=euler dt=0.0005",
                                     "stepper=rk4 dt=0.01",
                                     "stepper=adams-bashforth dt=0.005",
                                     "stepper=rk4 dt=0.01 step_rule=fixed"};

/// What a rate does, and how often it was asked and given up.
struct User {
  std::function<pde_status(const pde_field *, double, pde_field *)> act;
  int calls = 0, destroyed = 0;

  static pde_status rate(const pde_field *state, double time, pde_field *out_rate, void *user) {
    auto &self = *static_cast<User *>(user);
    ++self.calls;
    return self.act(state, time, out_rate);
  }
  static void destroy(void *user) { ++static_cast<User *>(user)->destroyed; }
};

EquationHandle custom(User &user, const char *options = "") {
  EquationHandle equation;
  REQUIRE_OK(
      pde_equation_create_custom(User::rate, &user, User::destroy, options_from(options), equation.out()));
  return equation;
}

const double *values_of(const pde_field *field, int32_t dtype = PDE_FLOAT64) {
  const void *data = nullptr;
  REQUIRE_OK(pde_field_data_const(field, dtype, &data, nullptr, 0));
  return static_cast<const double *>(data);
}

double *data_of(pde_field *field, int32_t dtype = PDE_FLOAT64) {
  void *data = nullptr;
  REQUIRE_OK(pde_field_data(field, dtype, &data));
  return static_cast<double *>(data);
}

/// dc/dt = -2 t c^2 for each number.
pde_status quadratic(const pde_field *state, double time, pde_field *out_rate) {
  const double *c = values_of(state);
  double *rate = data_of(out_rate);
  for (int64_t i = 0; i < count_of(shape_of(state)); ++i) rate[i] = -2 * time * c[i] * c[i];
  return PDE_OK;
}

TEST(CustomEquation, IsSolvedForFieldsOfAllKindsOnAllGrids) {
  std::vector<GridHandle> grids;
  grids.push_back(unit_grid({5}));
  grids.push_back(unit_grid({3, 4}, {1, 0}));
  grids.push_back(unit_grid({2, 3, 4}));
  GridHandle round;
  REQUIRE_OK(pde_grid_create_polar(1, 2, 6, round.out()));
  grids.push_back(std::move(round));
  REQUIRE_OK(pde_grid_create_cylindrical(0, 2, 0, 1, 3, 4, 1, round.out()));
  grids.push_back(std::move(round));
  User user{quadratic};
  const EquationHandle equation = custom(user);
  for (const GridHandle &grid : grids) {
    for (const char *options : kSteppers) {
      SCOPED_TRACE(options);
      FieldHandle u = new_field(grid), v = new_field(grid, PDE_VECTOR), w = new_field(grid, PDE_TENSOR);
      std::vector<FieldHandle> states;
      states.push_back(collection_of({u, v}, "both"));
      states.push_back(std::move(u));
      states.push_back(std::move(v));
      states.push_back(std::move(w));
      for (const FieldHandle &state : states) {
        REQUIRE_OK(pde_field_fill_random(state, "uniform", 3, 0.5, 1.5));
        const Bytes start = bytes_of(state);
        double t = -1;
        EXPECT_OK(pde_solve(equation, state, 0, 1, options_from(options), nullptr, &t));
        EXPECT_EQ(t, 1);
        const Bytes end = bytes_of(state);
        ASSERT_EQ(end.size(), start.size());
        for (size_t i = 0; i < end.size(); i += sizeof(double)) {
          double before, after;
          std::memcpy(&before, &start[i], sizeof before);
          std::memcpy(&after, &end[i], sizeof after);
          EXPECT_NEAR(after, 1 / (1 / before + 1), 3e-4);
        }
      }
    }
  }
}

/// dc/dt = i c turns a number once round in 2 pi.
TEST(CustomEquation, IsSolvedForComplexNumbers) {
  User user{[](const pde_field *state, double, pde_field *out_rate) {
    const double *c = values_of(state, PDE_COMPLEX128);
    double *rate = data_of(out_rate, PDE_COMPLEX128);
    for (int64_t i = 0; i < count_of(shape_of(state)); ++i) {
      rate[2 * i] = -c[2 * i + 1];
      rate[2 * i + 1] = c[2 * i];
    }
    return PDE_OK;
  }};
  const EquationHandle equation = custom(user);
  const GridHandle grid = unit_grid({3, 2});
  for (const char *options : {"", "stepper=rk4 dt=0.01"}) {
    const FieldHandle state = new_field(grid, PDE_VECTOR, PDE_COMPLEX128);
    REQUIRE_OK(pde_field_fill(state, 1, 0.5));
    ASSERT_OK(pde_solve(equation, state, 0, 2 * M_PI, options_from(options), nullptr, nullptr));
    for (int i = 0; i < 12; ++i) {
      EXPECT_NEAR(values_of(state, PDE_COMPLEX128)[2 * i], 1, 2e-3);
      EXPECT_NEAR(values_of(state, PDE_COMPLEX128)[2 * i + 1], 0.5, 2e-3);
    }
  }
}

TEST(CustomEquation, SeesTheStateInAnyLayoutInCOrder) {
  User user{[](const pde_field *state, double, pde_field *out_rate) {
    EXPECT_STREQ(label_of(state).c_str(), "u");
    EXPECT_STATUS(PDE_ERR_READONLY, pde_field_fill(const_cast<pde_field *>(state), 0, 0));
    const double *c = values_of(state);
    for (int i = 0; i < 6; ++i) data_of(out_rate)[i] = 10 * i - c[i];
    return PDE_OK;
  }};
  const EquationHandle equation = custom(user);
  std::array<double, 6> values{};
  const int64_t fortran[] = {1, 2};
  FieldHandle state;
  REQUIRE_OK(
      pde_field_wrap(unit_grid({2, 3}), PDE_SCALAR, PDE_FLOAT64, "u", values.data(), fortran, state.out()));
  ASSERT_OK(pde_solve(equation, state, 0, 30, nullptr, nullptr, nullptr));
  for (int x = 0; x < 2; ++x) {
    for (int y = 0; y < 3; ++y) EXPECT_NEAR(values[static_cast<size_t>(x + 2 * y)], 10 * (3 * x + y), 1e-2);
  }
}

/// Heat on a line with its own loop: the estimated spectral radius lets RKC take few steps, as the given one.
TEST(CustomEquation, LetsRkcEstimateItsSpectralRadius) {
  constexpr int kCells = 200;
  User user{[](const pde_field *state, double, pde_field *out_rate) {
    const double *c = values_of(state);
    double *rate = data_of(out_rate);
    for (int i = 0; i < kCells; ++i)
      rate[i] = 100 * (c[i > 0 ? i - 1 : 0] - 2 * c[i] + c[i < kCells - 1 ? i + 1 : i]);
    return PDE_OK;
  }};
  const GridHandle grid = unit_grid({kCells});
  const double decay = 100 * (2 - 2 * std::cos(M_PI / kCells));
  const auto solve = [&](const char *equation_options, const char *options) {
    const EquationHandle equation = custom(user, equation_options);
    const FieldHandle state = new_field(grid);
    // A smooth state, which says nothing about the fastest modes.
    for (int i = 0; i < kCells; ++i) data_of(state)[i] = std::cos(M_PI * (i + 0.5) / kCells);
    user.calls = 0;
    EXPECT_OK(pde_solve(equation, state, 0, 20, options_from(options), nullptr, nullptr));
    for (int i = 0; i < kCells; ++i)
      EXPECT_NEAR(data_of(state)[i], std::cos(M_PI * (i + 0.5) / kCells) * std::exp(-decay * 20), 1e-3);
    return user.calls;
  };
  const int known = solve("spectral_radius=400", "stepper=rkc"), estimated = solve("", "stepper=rkc");
  const int stiff = solve("", "stepper=rk45");
  EXPECT_LT(estimated, known + 200);
  EXPECT_GT(stiff, 10 * estimated);
  std::printf("calls of the rate: radius known %d, estimated %d, rk45 %d\n", known, estimated, stiff);
}

TEST(CustomEquation, MayHaveAnyScaleWhereItsSpectrumIsEstimated) {
  for (const double factor : {0.0, 1e-8, 1.0, 1e8}) {
    User user{[&](const pde_field *state, double, pde_field *out_rate) {
      for (int i = 0; i < 4; ++i) data_of(out_rate)[i] = -factor * values_of(state)[i];
      return PDE_OK;
    }};
    const EquationHandle equation = custom(user);
    for (const double start : {0.0, 1e-30, 1.0, 1e30}) {
      const FieldHandle state = filled_field(unit_grid({4}), start);
      const double end = factor > 0 ? 1 / factor : 1;
      EXPECT_OK(pde_solve(equation, state, 0, end, options_from("stepper=rkc"), nullptr, nullptr));
      const double expected = factor > 0 ? start * std::exp(-1) : start;
      EXPECT_NEAR(data_of(state)[0], expected, 1e-3 * std::max(1.0, start)) << factor << " " << start;
      EXPECT_LT(user.calls, 2000);
    }
  }
}

// ---- failures

class FailingRate : public ::testing::TestWithParam<const char *> {};

TEST_P(FailingRate, EndsTheRunWithItsOwnStatus) {
  constexpr pde_status kOwn = PDE_ERR_USER - 7;
  User user;
  int allowed = 0;
  user.act = [&](const pde_field *state, double time, pde_field *out_rate) {
    if (user.calls > allowed) {
      data_of(out_rate)[0] = 1e300;
      return pde_error_set(kOwn, "the kettle is dry");
    }
    return quadratic(state, time, out_rate);
  };
  const GridHandle grid = unit_grid({3});
  // At the n-th call, for as many n as a run of some steps has.
  for (; allowed < 60; ++allowed) {
    const EquationHandle equation = custom(user);
    const FieldHandle state = filled_field(grid, 1);
    StorageHandle storage = open_storage("memory:", nullptr);
    ScheduleHandle schedule;
    TrackerHandle tracker;
    ControllerHandle run;
    ASSERT_OK(pde_schedule_create_constant(0.25, 0, schedule.out()));
    ASSERT_OK(pde_tracker_create_storage(storage, schedule, nullptr, nullptr, nullptr, nullptr, nullptr,
                                         tracker.out()));
    pde_tracker *list[] = {tracker};
    ASSERT_OK(pde_controller_create(list, 1, nullptr, run.out()));
    user.calls = 0;
    double t = -7;
    const pde_status status = pde_solve(equation, state, 0, 100, options_from(GetParam()), run, &t);
    ASSERT_TRUE(fails_with(kOwn, status, {"the kettle is dry"})) << allowed;
    EXPECT_EQ(t, -7);
    EXPECT_EQ(user.calls, allowed + 1);
    // The last sound state: one on the way, whatever the failed call has written.
    EXPECT_GT(data_of(state)[0], 0);
    EXPECT_LE(data_of(state)[0], 1);
    int32_t writing = 1;
    ASSERT_OK(pde_storage_is_writing(storage, &writing));
    EXPECT_EQ(writing, 0);
    EXPECT_NE(info_of(storage, "controller").find("the kettle is dry"), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(Steppers, FailingRate,
                         ::testing::Values("stepper=rk45 dt=0.01", "stepper=rkc", "stepper=euler-adaptive",
                                           "stepper=euler dt=0.05", "stepper=rk4 dt=0.05",
                                           "stepper=adams-bashforth dt=0.05"));

TEST(CustomEquation, TakesNewsForAFailure) {
  User user{[](const pde_field *, double, pde_field *) { return static_cast<pde_status>(PDE_STOP); }};
  const EquationHandle equation = custom(user);
  EXPECT_FAILS(PDE_ERR_USER,
               pde_solve(equation, filled_field(unit_grid({3}), 1), 0, 1, nullptr, nullptr, nullptr),
               "rate returned the status 1");
}

TEST(CustomEquation, NoticesRatesThatAreNotFinite) {
  for (const char *options : kSteppers) {
    User user{[](const pde_field *state, double time, pde_field *out_rate) {
      const pde_status status = quadratic(state, time, out_rate);
      if (time > 0.5) data_of(out_rate)[1] = std::nan("");
      return status;
    }};
    const EquationHandle equation = custom(user);
    const FieldHandle state = filled_field(unit_grid({3}), 1);
    EXPECT_FAILS(PDE_ERR_UNSOUND, pde_solve(equation, state, 0, 100, options_from(options), nullptr, nullptr),
                 "finite");
    EXPECT_TRUE(std::isfinite(data_of(state)[1])) << options;
  }
}

TEST(CustomEquation, RefusesWhatItCannotHold) {
  User user{quadratic};
  const EquationHandle equation = custom(user);
  const GridHandle grid = unit_grid({3});
  for (const int32_t dtype : {PDE_FLOAT32, PDE_COMPLEX64, PDE_INT64, PDE_BOOL}) {
    EXPECT_FAILS(PDE_ERR_DTYPE,
                 pde_solve(equation, new_field(grid, PDE_SCALAR, dtype), 0, 1, nullptr, nullptr, nullptr),
                 pde_dtype_name(dtype), "complex128");
  }
  EquationHandle other;
  EXPECT_FAILS(PDE_ERR_ARGUMENT,
               pde_equation_create_custom(nullptr, &user, User::destroy, nullptr, other.out()), "rate");
  EXPECT_EQ(user.destroyed, 1);
  for (const auto &[options, word] : {std::pair{"spectral_radius=-1", "spectral_radius"},
                                      {"spectral_radius=inf", "spectral_radius"},
                                      {"bc=neumann", "bc"}}) {
    EXPECT_FAILS(
        PDE_ERR_ARGUMENT,
        pde_equation_create_custom(User::rate, &user, User::destroy, options_from(options), other.out()),
        word);
  }
  EXPECT_EQ(user.destroyed, 4);
  EXPECT_EQ(user.calls, 0);
}

// ---- rules of callbacks

TEST(CustomEquation, FindsItsHandlesBusyAndOthersFree) {
  const GridHandle grid = unit_grid({3});
  const FieldHandle state = filled_field(grid, 1);
  EquationHandle equation;
  int inner = 0;
  User quiet{quadratic};
  const EquationHandle other = custom(quiet);
  User user{[&](const pde_field *c, double time, pde_field *out_rate) {
    double number = 0;
    EXPECT_STATUS(PDE_ERR_BUSY, pde_field_average(state, &number, 1));
    EXPECT_STATUS(PDE_ERR_BUSY, pde_solve(equation, state, 0, 1, nullptr, nullptr, nullptr));
    const FieldHandle mine = filled_field(grid, 1);
    if (inner++ == 0) {
      EXPECT_OK(pde_solve(other, mine, 0, 1, nullptr, nullptr, nullptr));
    }
    EXPECT_OK(pde_field_combine(out_rate, 0, -1, c));
    (void)time;
    return static_cast<pde_status>(PDE_OK);
  }};
  equation = custom(user);
  ASSERT_OK(pde_solve(equation, state, 0, 1, nullptr, nullptr, nullptr));
  EXPECT_GT(quiet.calls, 0);
}

TEST(CustomEquation, GivesItsUserBackOnceAndIsNamedInFiles) {
  User user{quadratic};
  pde_equation *equation = custom(user, "name='my \"own\"'").release();
  StorageHandle storage = open_storage("memory:", nullptr);
  TrackerHandle tracker;
  ControllerHandle run;
  ASSERT_OK(pde_tracker_create_storage(storage, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                                       tracker.out()));
  pde_tracker *list[] = {tracker};
  ASSERT_OK(pde_controller_create(list, 1, nullptr, run.out()));
  ASSERT_OK(pde_solve(equation, filled_field(unit_grid({3}), 1), 0, 1, nullptr, run, nullptr));
  const std::string info = info_of(storage, "solver");
  EXPECT_NE(info.find(R"("pde_class":"my \"own\"")"), std::string::npos) << info;
  EXPECT_NE(info.find("\"RungeKuttaSolver\""), std::string::npos) << info;
  EXPECT_EQ(user.destroyed, 0);
  pde_equation_free(equation);
  EXPECT_EQ(user.destroyed, 1);
  const char *table = nullptr;
  ASSERT_OK(pde_options_describe("equation:custom", &table));
  EXPECT_NE(std::string(table).find("spectral_radius"), std::string::npos);
}

}  // namespace
}  // namespace test
