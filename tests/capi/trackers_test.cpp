// Schedules by their text and trackers by their name, in a time loop of one's own.
#include <cmath>

#include "user_program.hpp"

namespace test {
namespace {

ScheduleHandle schedule_from(const char *text) {
  ScheduleHandle schedule;
  REQUIRE_OK(pde_schedule_parse(text, schedule.out()));
  return schedule;
}

std::vector<double> due_times(const char *text, double t_start, size_t count) {
  const ScheduleHandle schedule = schedule_from(text);
  std::vector<double> times(count);
  REQUIRE_OK(pde_schedule_first(schedule, t_start, &times[0]));
  for (size_t i = 1; i < count; ++i) REQUIRE_OK(pde_schedule_next(schedule, times[i - 1], &times[i]));
  return times;
}

TEST(Schedules, AreDueWhenTheirTextSays) {
  using Times = std::vector<double>;
  EXPECT_EQ(due_times("constant(0.5, 1)", 0, 3), (Times{1, 1.5, 2}));
  EXPECT_EQ(due_times("list(0, 1, 2.5)", 0, 4), (Times{0, 1, 2.5, HUGE_VAL}));
  EXPECT_EQ(due_times("geometric(1, 2)", 0, 5), (Times{1, 2, 4, 8, 16}));
  EXPECT_EQ(due_times("logarithmic(1, 2)", 3, 4), (Times{3, 4, 6, 10}));
  EXPECT_EQ(due_times("steps(10)", 3, 2), (Times{3, HUGE_VAL}));
}

TEST(Schedules, SayWhatTheyAre) {
  const struct {
    const char *text, *same;
  } cases[] = {{"geometric( 1e-1 , 10 )", "geometric(0.1, 10)"},
               {"logarithmic(1, 1.5, 2)", "logarithmic(1, 1.5, 2)"},
               {"steps(100)", "steps(100)"},
               {"0:30", "realtime(30)"},
               {"1 day, 0:00:05", "realtime(86405)"},
               {"PT1M30S", "realtime(90)"},
               {"1h30m", "realtime(5400)"}};
  for (const auto &[text, same] : cases) {
    const char *found = nullptr;
    const ScheduleHandle schedule = schedule_from(text);
    REQUIRE_OK(pde_schedule_text(schedule, &found));
    EXPECT_STREQ(found, same);
  }
}

TEST(Schedules, AreRefusedWithAReason) {
  pde_schedule *schedule = nullptr;
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_schedule_parse("geometric(1, 1)", &schedule), "factor is 1", "above 1");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_schedule_parse("steps(0.5)", &schedule), "0.5", "whole number");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_schedule_parse("30", &schedule), "bare number", "constant(30)");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_schedule_parse("0:00", &schedule), "duration is 0");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_schedule_parse("Geometric(1, 2)", &schedule),
               "geometric(SCALE, FACTOR)");
  EXPECT_EQ(schedule, nullptr);
}

pde_status count_call(const pde_field *, double, void *user) {
  ++*static_cast<int *>(user);
  return PDE_OK;
}

/// A loop that goes where it is told: counted steps and the clock do not tell it anything.
TEST(Schedules, OfStepsAndOfTheClockMoveNoStep) {
  int steps = 0, looks = 0;
  TrackerHandle counting, clock;
  REQUIRE_OK(
      pde_tracker_create_callback(schedule_from("steps(3)"), count_call, &steps, nullptr, counting.out()));
  REQUIRE_OK(
      pde_tracker_create_callback(schedule_from("realtime(3600)"), count_call, &looks, nullptr, clock.out()));
  pde_tracker *const trackers[] = {counting, clock};
  ControllerHandle run;
  REQUIRE_OK(pde_controller_create(trackers, 2, nullptr, run.out()));
  const FieldHandle state = filled_field(unit_grid({4}), 1);
  double next = 0;
  REQUIRE_OK(pde_controller_start(run, state, 0, 1, &next));
  EXPECT_EQ(next, 1);
  for (int step = 1; step <= 9; ++step) {
    REQUIRE_OK(pde_controller_handle(run, state, 0.1 * step, &next));
    EXPECT_EQ(next, 1);
  }
  EXPECT_EQ(pde_controller_handle(run, state, 1, &next), PDE_STOP);
  REQUIRE_OK(pde_controller_finish(run, state, 1));
  EXPECT_EQ(steps, 4);  // 0, 3, 6, 9
  EXPECT_GE(looks, 1);
}

/// What ends a run: one tracker as a success, the other as a failure whose reason the report has.
TEST(NamedTrackers, EndARun) {
  const FieldHandle state = filled_field(unit_grid({4}), 1);
  const auto run_with = [&](const char *name, const char *options, pde_status expected) {
    TrackerHandle tracker;
    REQUIRE_OK(pde_tracker_create(name, schedule_from("constant(1)"), options_from(options), tracker.out()));
    pde_tracker *const trackers[] = {tracker};
    ControllerHandle run;
    REQUIRE_OK(pde_controller_create(trackers, 1, nullptr, run.out()));
    double next = 0;
    REQUIRE_OK(pde_field_fill(state, 1, 0));
    REQUIRE_OK(pde_controller_start(run, state, 0, 10, &next));
    if (expected == PDE_ERR_UNSOUND) REQUIRE_OK(pde_field_fill(state, HUGE_VAL, 0));
    EXPECT_EQ(pde_controller_handle(run, state, 1, &next), expected) << name;
    if (expected == PDE_STOP) REQUIRE_OK(pde_controller_finish(run, state, 1));
    const char *report = nullptr;
    REQUIRE_OK(pde_controller_info(run, &report));
    return std::string(report);
  };
  EXPECT_NE(run_with("steady_state", "", PDE_STOP).find("\"Reached stationary state\""), std::string::npos);
  EXPECT_NE(run_with("consistency", "", PDE_ERR_UNSOUND).find("\"Field was not finite\""), std::string::npos);
  EXPECT_NE(run_with("material_conservation", "", PDE_ERR_UNSOUND).find("\"Material is not conserved\""),
            std::string::npos);
  EXPECT_NE(run_with("runtime", "max_runtime=1h", PDE_OK).find("\"t_start\""), std::string::npos);
}

/// dc/dt = -c where `user` says how many times it was asked.
pde_status decay(const pde_field *state, double, pde_field *out_rate, void *user) {
  ++*static_cast<int *>(user);
  return pde_field_combine(out_rate, 0, -1, state);
}

TEST(SteadyState, IsJudgedByTheRateOfTheUser) {
  for (const int32_t dtype : {PDE_FLOAT64, PDE_FLOAT32, PDE_COMPLEX64}) {
    int asked = 0;
    TrackerHandle tracker;
    REQUIRE_OK(pde_tracker_create_steady_state(schedule_from("constant(1)"), decay, &asked, nullptr,
                                               options_from("atol=0.25 rtol=0"), tracker.out()));
    pde_tracker *const trackers[] = {tracker};
    ControllerHandle run;
    REQUIRE_OK(pde_controller_create(trackers, 1, nullptr, run.out()));
    const FieldHandle state = filled_field(unit_grid({4}), 1, PDE_SCALAR, dtype);
    double next = 0, t = 0;
    pde_status status = pde_controller_start(run, state, 0, 10, &next);
    for (; status == PDE_OK; status = pde_controller_handle(run, state, t, &next)) {
      t = next;
      REQUIRE_OK(pde_field_combine(state, 0.5, 0, nullptr));
    }
    EXPECT_EQ(status, PDE_STOP) << pde_error_message();
    EXPECT_EQ(t, 2);  // 1, 0.5, 0.25
    EXPECT_EQ(asked, 3);
    REQUIRE_OK(pde_controller_finish(run, state, t));
    const char *report = nullptr;
    REQUIRE_OK(pde_controller_info(run, &report));
    EXPECT_NE(std::string(report).find("\"Reached stationary state\""), std::string::npos);
  }
}

TEST(SteadyState, FailsAsTheRateDoes) {
  const pde_rate broken = [](const pde_field *, double, pde_field *, void *) {
    return pde_error_set(PDE_ERR_USER - 5, "no rate today");
  };
  TrackerHandle tracker;
  int destroyed = 0;
  const pde_destroy destroy = [](void *user) { ++*static_cast<int *>(user); };
  REQUIRE_OK(pde_tracker_create_steady_state(nullptr, broken, &destroyed, destroy, nullptr, tracker.out()));
  {
    pde_tracker *const trackers[] = {tracker};
    ControllerHandle run;
    REQUIRE_OK(pde_controller_create(trackers, 1, nullptr, run.out()));
    double next = 0;
    EXPECT_FAILS(PDE_ERR_USER - 5, pde_controller_start(run, filled_field(unit_grid({4}), 1), 0, 1, &next),
                 "tracker \"steady_state\"", "no rate today");
  }
  tracker.reset();
  EXPECT_EQ(destroyed, 1);
  EXPECT_FAILS(PDE_ERR_ARGUMENT,
               pde_tracker_create_steady_state(nullptr, nullptr, &destroyed, destroy, nullptr, tracker.out()),
               "rate", "NULL");
  EXPECT_EQ(destroyed, 2);
  EXPECT_FAILS(PDE_ERR_ARGUMENT,
               pde_tracker_create_steady_state(nullptr, broken, nullptr, nullptr, options_from("atol=-1"),
                                               tracker.out()),
               "atol");
}

}  // namespace
}  // namespace test
