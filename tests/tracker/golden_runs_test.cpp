// Runs of py-pde with several trackers: which are called when, and how a run ends (golden/interrupts.json,
// golden/trackers.json). The loop makes steps of one length, as py-pde's does.
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "support/golden.hpp"
#include "support/golden_schedules.hpp"
#include "tracker/tracker_fixture.hpp"

namespace pde {
namespace {

/// Steps that were made.
int64_t run_steps(Controller &controller, double t_end, double dt) {
  const FieldPtr state = make_state();
  controller.set_step(dt);
  int64_t steps = 0;
  double t = 0;
  for (bool stop = controller.start(state, 0, t_end).stop; !stop; ++steps) {
    t += dt;
    stop = controller.handle(state, t).stop;
  }
  controller.finish(state, t);
  return steps;
}

TEST(GoldenRuns, TrackersAreCalledInTheirOrder) {
  const JsonDocument golden = golden_json("interrupts.json");
  for (const JsonValue &run : golden["collections"].GetArray()) {
    std::vector<std::pair<double, int64_t>> calls;
    std::vector<TrackerPtr> trackers;
    for (const JsonValue &spec : run["specs"].GetArray()) {
      const auto number = static_cast<int64_t>(trackers.size());
      trackers.push_back(
          make_callback_tracker(schedule_of(spec), [number, &calls](const StatePtr &, double t) {
            calls.emplace_back(t, number);
            return Verdict{};
          }));
    }
    Controller controller(trackers, Options());
    const int64_t steps = run_steps(controller, run["t_range"][1].GetDouble(), run["dt"].GetDouble());
    EXPECT_EQ(steps, run["steps"].GetInt64());
    ASSERT_EQ(calls.size(), run["calls"].Size());
    for (size_t i = 0; i < calls.size(); ++i) {
      const JsonValue &expected = run["calls"][static_cast<unsigned>(i)];
      EXPECT_NEAR(calls[i].first, expected[0].GetDouble(), 1e-14) << i;
      EXPECT_EQ(calls[i].second, expected[1].GetInt64()) << i;
    }
  }
}

/// What py-pde's exceptions say here: a verdict; a failure, for whatever is not FinishedSimulation; and a
/// request to stop.
Verdict end_as(const std::string &raised, Controller *run) {
  const size_t quote = raised.find('\'');
  const std::string reason =
      quote == raised.npos ? "" : raised.substr(quote + 1, raised.rfind('\'') - quote - 1);
  if (raised.starts_with("FinishedSimulation")) return {true, reason};
  if (raised.starts_with("KeyboardInterrupt")) run->stop();
  if (raised.starts_with("StopIteration"))
    throw Unsound("wrong", reason.empty() ? "Tracker raised StopIteration" : reason);
  return {};
}

/// One difference in each: a failure and what fails the run keeps trackers behind it from seeing the state,
/// and a request to stop does not; and a tracker that has nothing to say is named.
TEST(GoldenRuns, EndAsTrackersSay) {
  const JsonDocument golden = golden_json("trackers.json");
  for (const JsonValue &stop : golden["stopping"].GetArray()) {
    const std::string raised = stop["raised_by_first_tracker"].GetString();
    SCOPED_TRACE(raised);
    Controller *run = nullptr;
    std::vector<double> times;
    const auto first = make_callback_tracker(
        Schedule::parse("constant(0.25)"),
        [&](const StatePtr &, double t) { return t < 0.49 ? Verdict{} : end_as(raised, run); });
    const auto second =
        make_callback_tracker(Schedule::parse("constant(0.25)"), [&](const StatePtr &, double t) {
          times.push_back(t);
          return Verdict{};
        });
    Controller controller({first, second}, Options());
    run = &controller;
    const JsonValue &expected = stop["controller"];
    const bool unsound = raised.starts_with("StopIteration");
    try {
      EXPECT_EQ(run_steps(controller, 1, 0.05), stop["steps"].GetInt64());
      EXPECT_FALSE(unsound);
    } catch (const Error &error) {
      EXPECT_EQ(error.code(), PDE_ERR_UNSOUND);
      EXPECT_TRUE(unsound);
    }
    const JsonDocument report = json_parse(controller.info(), "the report");
    EXPECT_EQ(report["successful"].GetBool(), expected["successful"].GetBool());
    EXPECT_NEAR(report["t_final"].GetDouble(), expected["t_final"].GetDouble(), 1e-14);
    for (const JsonValue &key : stop["controller_keys"].GetArray())
      EXPECT_TRUE(report.HasMember(key.GetString())) << key.GetString();
    const std::string reason = report["stop_reason"].GetString();
    if (expected["stop_reason"] == "Tracker raised FinishedSimulation")
      EXPECT_EQ(reason, "Tracker \"callback\" is satisfied");
    else
      EXPECT_EQ(reason, expected["stop_reason"].GetString());
    std::vector<double> seen = golden_numbers(stop["second_tracker_times"]);
    if (unsound) seen.pop_back();
    if (raised.starts_with("KeyboardInterrupt")) seen.push_back(0.5);
    ASSERT_EQ(times.size(), seen.size());
    for (size_t i = 0; i < times.size(); ++i) EXPECT_NEAR(times[i], seen[i], 1e-14);
  }
}

}  // namespace
}  // namespace pde
