#include "tracker/controller.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <thread>

#include "base/json.hpp"
#include "base/log.hpp"
#include "support/expect_error.hpp"
#include "tracker/tracker_fixture.hpp"

namespace pde {
namespace {

using Times = std::vector<double>;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// ---- when

TEST(Controller, HitsDueTimesExactly) {
  const auto tenth = noting("constant(0.1)"), list = noting("list(0.25, 0.77)");
  Controller controller({tenth, list}, Options());
  EXPECT_EQ(run_exactly(controller, make_state(), 0, 1, 0.03), 1);
  Times expected;
  for (int n = 0; n <= 10; ++n) expected.push_back(n * 0.1);
  EXPECT_EQ(tenth->times, expected);
  EXPECT_EQ(list->times, (Times{0.25, 0.77}));
}

TEST(Controller, ServesDueTimesThatRoundingKeepsApartTogether) {
  const auto a = noting("constant(0.1)"), b = noting("constant(0.3)");
  Controller controller({a, b}, Options());
  run_exactly(controller, make_state(), 0, 3, 1);
  EXPECT_EQ(a->times.size(), 31u);
  EXPECT_EQ(b->times.size(), 11u);
  // 3 * 0.1 is above 0.3: no step of 5e-17 in between, and each is told its own.
  EXPECT_EQ(a->times[3], 3 * 0.1);
  EXPECT_EQ(b->times[1], 0.3);
}

TEST(Controller, KeepsDueTimesApartThatAreApart) {
  const auto close = noting("list(1, 1.0000001, 1.0000002)"), other = noting("constant(0.5)");
  Controller controller({close, other}, Options());
  run_exactly(controller, make_state(), 0, 2, 0.25);
  EXPECT_EQ(close->times, (Times{1, 1.0000001, 1.0000002}));
}

/// Random schedules and steps: every due time is served exactly once, at its very time.
TEST(Controller, NeverSkipsOrDoublesInExactLoops) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const auto draw = [&](double low, double high) {
    return std::exp(std::uniform_real_distribution(std::log(low), std::log(high))(random));
  };
  const FieldPtr state = make_state();
  for (int run = 0; run < 200; ++run) {
    const double t0 = std::uniform_real_distribution(-10.0, 10.0)(random), t_end = t0 + 20;
    const double intervals[] = {draw(0.02, 5), draw(0.02, 5), 0.1};
    std::vector<TrackerPtr> trackers;
    for (double interval : intervals) {
      trackers.push_back(std::make_shared<NotingTracker>(std::make_unique<ConstantSchedule>(interval)));
    }
    Controller controller(trackers, Options());
    run_exactly(controller, state, t0, t_end, draw(0.01, 3));
    for (size_t i = 0; i < 3; ++i) {
      const Times &times = static_cast<NotingTracker &>(*trackers[i]).times;
      ASSERT_EQ(times.size(), static_cast<size_t>(std::floor((t_end - t0) / intervals[i] * (1 + 1e-14))) + 1)
          << intervals[i];
      for (size_t n = 0; n < times.size(); ++n) {
        ASSERT_EQ(times[n], t0 + static_cast<double>(n) * intervals[i]);
      }
    }
  }
}

TEST(Controller, ServesNearestStepOfLoopsThatCannotHit) {
  const auto tracker = noting("constant(1)");
  Controller controller({tracker}, Options());
  controller.set_step(0.3);
  EXPECT_NEAR(run_fixed(controller, make_state(), 0, 5, 0.3), 5.1, 1e-12);
  ASSERT_EQ(tracker->times.size(), 6u);
  const double expected[] = {0, 0.9, 2.1, 3.0, 3.9, 5.1};  // formats.md 5.3
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(tracker->times[i], expected[i], 1e-12);
}

TEST(Controller, GivesHalfwayToTheLaterStep) {
  const auto tracker = noting("constant(2.5)");
  Controller controller({tracker}, Options());
  controller.set_step(1);
  run_fixed(controller, make_state(), 0, 10, 1);
  EXPECT_EQ(tracker->times, (Times{0, 3, 5, 8, 10}));
}

TEST(Controller, ServesDueTimesThatShareAStepOnce) {
  const auto tracker = noting("list(1, 1.2, 1.4, 5)");
  Controller controller({tracker}, Options());
  controller.set_step(1);
  run_fixed(controller, make_state(), 0, 6, 1);
  EXPECT_EQ(tracker->times, (Times{1, 5}));
}

/// Each due time of a run belongs to the step nearest to it, and each such step is served once.
TEST(Controller, NeverSkipsOrDoublesInFixedLoops) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const FieldPtr state = make_state();
  for (int run = 0; run < 100; ++run) {
    const double dt = std::exp(std::uniform_real_distribution(-5.0, 0.0)(random));
    const double interval = dt * std::exp(std::uniform_real_distribution(-1.0, 4.0)(random));
    const auto tracker = std::make_shared<NotingTracker>(std::make_unique<ConstantSchedule>(interval));
    Controller controller({tracker}, Options());
    controller.set_step(dt);
    const double t_end = run_fixed(controller, state, 0, 2000 * dt, dt);
    std::vector<int64_t> expected;
    bool decided = true;  // up to rounding halfway between two steps it may be either
    for (int64_t n = 0; static_cast<double>(n) * interval <= t_end + dt / 2; ++n) {
      const double steps = static_cast<double>(n) * interval / dt;
      decided = decided && std::fabs(steps - std::floor(steps) - 0.5) > 2e-6;
      const auto nearest = static_cast<int64_t>(std::floor(steps + 0.5));
      if (nearest > 2000) break;
      if (expected.empty() || expected.back() != nearest) expected.push_back(nearest);
    }
    if (!decided) continue;
    ASSERT_EQ(tracker->times.size(), expected.size()) << "dt " << dt << " interval " << interval;
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(tracker->times[i] / dt, static_cast<double>(expected[i]), 1e-6)
          << "dt " << dt << " interval " << interval;
    }
  }
}

/// Without its step told, a loop that adds up 0.1 still meets every due time, though t is off by rounding
/// that grows.
TEST(Controller, AllowsForRoundingThatAddsUp) {
  const auto tracker = noting("constant(0.5)");
  Controller controller({tracker}, Options());
  const double t_end = run_fixed(controller, make_state(), 0, 10000, 0.1);
  EXPECT_NEAR(t_end, 10000, 1e-6);
  ASSERT_EQ(tracker->times.size(), 20001u);
  for (size_t n = 0; n < tracker->times.size(); ++n)
    ASSERT_EQ(tracker->times[n], static_cast<double>(n) * 0.5);
}

TEST(Controller, ServesWhatWasSteppedOverOnce) {
  const auto tracker = noting("constant(1)");
  Controller controller({tracker}, Options());
  run_fixed(controller, make_state(), 0, 10, 2.5);
  EXPECT_EQ(tracker->times, (Times{0, 2.5, 5, 7.5, 10}));
}

TEST(Controller, CountsSteps) {
  const auto steps = noting("steps(4)"), timed = noting("constant(0.5)"), each = noting("steps(1)");
  Controller controller({steps, timed, each}, Options());
  // Of the steps of this loop some end at due times: 0, 0.3, 0.5, 0.8, 1, 1.3, ...
  EXPECT_EQ(run_exactly(controller, make_state(), 0, 5, 0.3), 5);
  EXPECT_EQ(steps->times, (Times{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(timed->times.size(), 11u);
  EXPECT_EQ(each->times.size(), 21u);
}

TEST(Controller, CountsStepsThatWereMadeTogether) {
  const auto thirds = noting("steps(3)"), fifths = noting("steps(5)");
  Controller controller({thirds, fifths}, Options());
  const FieldPtr state = make_state();
  controller.start(state, 0, 100);
  double t = 0;
  for (const int64_t expected : {3, 2, 1, 3, 1, 2, 3, 3}) {  // up to 3, 5, 6, 9, 10, 12, 15, 18
    EXPECT_EQ(controller.steps_to_count(), expected) << t;
    t += static_cast<double>(expected);
    EXPECT_TRUE(controller.due(t, expected));
    controller.handle(state, t, expected);
  }
  EXPECT_FALSE(controller.due(t + 1, 1));
  EXPECT_TRUE(controller.due(t + 2, 2));
  EXPECT_EQ(thirds->times, (Times{0, 3, 6, 9, 12, 15, 18}));
  EXPECT_EQ(fifths->times, (Times{0, 5, 10, 15}));

  Controller without({noting("constant(1)")}, Options());
  without.start(state, 0, 100);
  EXPECT_EQ(without.steps_to_count(), std::numeric_limits<int64_t>::max());
}

TEST(Controller, AsksForTheStateOfCountedSteps) {
  const auto tracker = noting("steps(2)");
  Controller controller({tracker}, Options());
  const FieldPtr state = make_state();
  EXPECT_EQ(controller.start(state, 0, 10).t, 10);  // no step has to end before
  EXPECT_FALSE(controller.due(0));
  EXPECT_FALSE(controller.due(1));
  controller.handle(nullptr, 1);
  EXPECT_TRUE(controller.due(1.5));
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, controller.handle(nullptr, 2), "state is NULL", "\"noting\"", "steps(2)");
  controller.handle(state, 2);
  EXPECT_FALSE(controller.due(2));
  controller.handle(nullptr, 3);
  controller.finish(state, 4);
  EXPECT_EQ(tracker->times, (Times{0, 2, 4}));
}

TEST(Controller, CountsStepsOfFixedLoops) {
  const auto tracker = noting("steps(3)");
  Controller controller({tracker}, Options());
  controller.set_step(0.5);
  run_fixed(controller, make_state(), 0, 5, 0.5);
  EXPECT_EQ(tracker->times, (Times{0, 1.5, 3, 4.5}));
}

/// What the clock says does not move the steps of a run.
TEST(Controller, MakesNoStepEndWhereTheClockSays) {
  const auto clock = noting("realtime(1e-9)"), growing = noting("geometric(0.5, 2)");
  Controller controller({clock, growing}, Options());
  EXPECT_EQ(controller.start(make_state(), 0, 10).t, 0.5);
  EXPECT_EQ(clock->times, (Times{0}));
  Times steps;
  const FieldPtr state = make_state();
  for (double t = 0.5; t < 10; t += 0.5) {
    steps.push_back(t);
    controller.handle(state, t);
  }
  EXPECT_EQ(controller.handle(state, 10).stop, true);
  EXPECT_GT(clock->times.size(), 5u);  // it is handled with each step, or nearly
  for (size_t i = 1; i < clock->times.size(); ++i)
    EXPECT_TRUE(std::find(steps.begin(), steps.end(), clock->times[i]) != steps.end() ||
                clock->times[i] == 10);
  EXPECT_EQ(growing->times, (Times{0.5, 1, 2, 4, 8}));
}

TEST(Controller, RunsWithoutTrackersAndWithoutEnd) {
  Controller none({}, Options());
  EXPECT_EQ(run_exactly(none, make_state(), -1, 1, 0.5), 1);
  const auto tracker = noting("constant(1)");
  tracker->stop_from = 3;
  Controller endless({tracker}, Options());
  EXPECT_EQ(run_exactly(endless, make_state(), 0, kInfinity, 0.5), 3);
  EXPECT_FALSE(endless.reached_end());
  Controller empty({}, Options());
  EXPECT_TRUE(empty.start(make_state(), 2, 2).stop);
}

TEST(Controller, AsksForTheStateOnlyWhenDue) {
  const auto tracker = noting("constant(1)");
  Controller controller({tracker}, Options());
  const FieldPtr state = make_state();
  EXPECT_EQ(controller.start(state, 0, 2).t, 1);
  EXPECT_FALSE(controller.due(0.5));
  EXPECT_EQ(controller.handle(nullptr, 0.5).t, 1);
  EXPECT_TRUE(controller.due(1));
  EXPECT_TRUE(controller.due(1.5));
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, controller.handle(nullptr, 1), "state is NULL", "t = 1", "\"noting\"");
  EXPECT_EQ(controller.handle(state, 1).t, 2);  // the refused call changed nothing
  EXPECT_EQ(tracker->times, (Times{0, 1}));
}

// ---- misuse

TEST(Controller, RefusesTimesThatMakeNoSense) {
  const FieldPtr state = make_state();
  Controller controller({}, Options());
  for (double dt : {-1.0, kInfinity, std::nan("")})
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, controller.set_step(dt), "dt is");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, controller.start(state, std::nan(""), 1), "t_start is nan");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, controller.start(state, 0, std::nan("")), "t_end is nan");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, controller.start(state, 3, 2), "t_end is 2", "t_start = 3");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, controller.start(state, PDE_TIME_AUTO, 1), "t_start is PDE_TIME_AUTO");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, controller.start(nullptr, 0, 1), "state is NULL");
  controller.start(state, 0, 10);
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, controller.handle(state, kInfinity), "t is inf");
  controller.handle(state, 2);
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, controller.handle(state, 1), "t is 1", "more than 2");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, controller.handle(state, 2), "t is 2", "more than 2");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, controller.due(std::nan("")), "t is nan");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, controller.finish(state, 1.5), "t is 1.5", "more than 2");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, controller.finish(nullptr, 3), "state is NULL");
  controller.finish(state, 3);
}

TEST(Controller, RefusesCallsOutOfOrder) {
  const FieldPtr state = make_state();
  Controller controller({}, Options());
  EXPECT_EQ(controller.info(), "{}");
  EXPECT_MESSAGE(PDE_ERR_STATE, controller.handle(state, 1), "has not started");
  EXPECT_MESSAGE(PDE_ERR_STATE, controller.finish(state, 1), "has not started");
  EXPECT_MESSAGE(PDE_ERR_STATE, controller.due(1), "has not started");
  controller.start(state, 0, 1);
  EXPECT_MESSAGE(PDE_ERR_STATE, controller.start(state, 0, 1), "has started already", "t = 0");
  EXPECT_TRUE(controller.handle(state, 1).stop);
  EXPECT_MESSAGE(PDE_ERR_STATE, controller.handle(state, 2), "t = 1", "finish", "Reached final time");
  controller.finish(state, 1);
  EXPECT_MESSAGE(PDE_ERR_STATE, controller.finish(state, 1), "over", "t = 1");
  EXPECT_MESSAGE(PDE_ERR_STATE, controller.start(state, 0, 1), "over");
}

TEST(Controller, RefusesAStateOfAnotherKind) {
  Controller controller({}, Options());
  controller.start(make_state(), 0, 10);
  EXPECT_MESSAGE(PDE_ERR_SHAPE, controller.handle(make_state({5}), 1), "[5]", "[4]");
  EXPECT_MESSAGE(PDE_ERR_DTYPE, controller.handle(make_state({4}, PDE_FLOAT32), 1), "float32", "float64");
  controller.handle(make_state(), 1);
}

TEST(Controller, SharesNoTracker) {
  const auto tracker = noting("constant(1)", "shared");
  {
    Controller controller({tracker}, Options());
    EXPECT_MESSAGE(PDE_ERR_STATE, Controller second({tracker}, Options()), "\"shared\"",
                   "another controller");
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Controller second({tracker, tracker}, Options()), "\"shared\"", "twice");
  }
  Controller controller({tracker}, Options());  // free again
  Options options;
  options.set("speed", std::string("fast"));
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Controller second({}, options), "speed", "controller");
}

// ---- how runs end

TEST(Controller, ReportsTheRunAsPyPdeDoes) {
  const auto tracker = noting("constant(1)");
  Controller controller({tracker}, Options());
  run_exactly(controller, make_state(), 1, 2.5, 0.5);
  const JsonDocument report = json_parse(controller.info(), "info");
  std::vector<std::string> keys;
  for (const auto &member : report.GetObject()) keys.emplace_back(json_text(member.name));
  EXPECT_EQ(keys, (std::vector<std::string>{"mpi_run", "t_start", "t_end", "profiler", "solver_start",
                                            "successful", "stop_reason", "solver_duration", "t_final"}));
  EXPECT_EQ(report["t_start"].GetDouble(), 1);
  EXPECT_EQ(report["t_end"].GetDouble(), 2.5);
  EXPECT_EQ(report["t_final"].GetDouble(), 2.5);
  EXPECT_TRUE(report["successful"].GetBool());
  EXPECT_EQ(json_text(report["stop_reason"]), "Reached final time");
  EXPECT_GE(report["profiler"]["solver"].GetDouble(), 0);
  EXPECT_EQ(std::string(json_text(report["solver_start"])).size(),
            std::string("2026-11-22 10:41:49.271306+00:00").size());
  EXPECT_EQ(std::string(json_text(report["solver_duration"])).substr(0, 8), "0:00:00.");
  EXPECT_EQ(json_parse(tracker->report, "tracker's")["t_final"].GetDouble(), 2.5);
  EXPECT_EQ(tracker->notes, "start 1 2.5; finish 2.5;");
}

TEST(Controller, StopsWhenATrackerIsSatisfied) {
  const auto first = noting("constant(1)", "first"), second = noting("constant(1)", "second");
  first->stop_from = 2;
  first->reason = "Converged";
  Controller controller({first, second}, Options());
  EXPECT_EQ(run_exactly(controller, make_state(), 0, 10, 0.25), 2);
  EXPECT_EQ(second->times, (Times{0, 1, 2}));  // still handled
  EXPECT_EQ(controller.stop_reason(), "Converged");
  EXPECT_FALSE(controller.reached_end());
  EXPECT_TRUE(json_parse(controller.info(), "info")["successful"].GetBool());
}

TEST(Controller, KeepsEveryReasonToStop) {
  const auto first = noting("constant(1)", "first"), second = noting("constant(1)", "second");
  first->stop_from = second->stop_from = 0;
  first->reason = "Converged";
  Controller controller({first, second}, Options());
  EXPECT_TRUE(controller.start(make_state(), 0, 10).stop);
  EXPECT_EQ(controller.stop_reason(), "Converged; Tracker \"second\" is satisfied");
}

TEST(Controller, StopsOnRequestFromAnotherThread) {
  const auto tracker = noting("constant(1)");
  Controller controller({tracker}, Options());
  const FieldPtr state = make_state();
  controller.start(state, 0, 10);
  std::thread([&] { controller.stop(); }).join();
  EXPECT_TRUE(controller.handle(state, 1).stop);
  controller.finish(state, 1);
  EXPECT_EQ(tracker->times, (Times{0, 1}));
  EXPECT_FALSE(json_parse(controller.info(), "info")["successful"].GetBool());
  EXPECT_EQ(controller.stop_reason(), "User interrupted simulation");
}

TEST(Controller, WatchesAWordOfItsOwner) {
  std::atomic<uint64_t> word{6};
  Controller controller({}, Options());
  controller.watch(&word, 7);
  EXPECT_FALSE(controller.start(make_state(), 0, 10).stop);
  word = 7;
  EXPECT_TRUE(controller.handle(nullptr, 1).stop);
}

TEST(Controller, FinishesEarlyWhenTheProgramSaysSo) {
  const auto tracker = noting("constant(1)");
  Controller controller({tracker}, Options());
  const FieldPtr state = make_state();
  controller.start(state, 0, 10);
  controller.finish(state, 1);  // not handled before: the tracker that is due sees it
  EXPECT_EQ(tracker->times, (Times{0, 1}));
  EXPECT_EQ(tracker->notes, "start 0 10; finish 1;");
  EXPECT_EQ(controller.stop_reason(), "Ended by the program");
}

TEST(Controller, FailingTrackerEndsTheRunWithItsName) {
  const auto good = noting("constant(1)", "good"), bad = noting("constant(1)", "bad"),
             last = noting("constant(1)", "last");
  bad->fail_from = 2;
  Controller controller({good, bad, last}, Options());
  const FieldPtr state = make_state();
  controller.start(state, 0, 10);
  controller.handle(state, 1);
  EXPECT_MESSAGE(PDE_ERR_USER - 7, controller.handle(state, 2), "tracker \"bad\"", "had enough");
  EXPECT_EQ(good->notes, "start 0 10; finish 2 without state;");
  EXPECT_EQ(bad->notes, "start 0 10; finish 2 without state;");
  EXPECT_EQ(last->notes, "start 0 10; finish 2 without state;");
  EXPECT_EQ(last->times, (Times{0, 1}));
  const JsonDocument report = json_parse(good->report, "report");
  EXPECT_FALSE(report["successful"].GetBool());
  EXPECT_EQ(json_text(report["stop_reason"]), "tracker \"bad\": had enough");
  EXPECT_MESSAGE(PDE_ERR_STATE, controller.handle(state, 3), "over", "had enough");
  EXPECT_MESSAGE(PDE_ERR_STATE, controller.finish(state, 3), "over", "had enough");
}

TEST(Controller, FailureAtTheStartFinishesTheOthers) {
  const auto good = noting("constant(1)", "good"), bad = noting("constant(1)", "bad");
  bad->fail_start = true;
  Controller controller({good, bad}, Options());
  EXPECT_MESSAGE(PDE_ERR_IO, controller.start(make_state(), 0, 1), "tracker \"bad\"", "cannot start");
  EXPECT_EQ(good->notes, "start 0 1; finish 0 without state;");
}

TEST(Controller, FinishesAllEvenIfOneFailsThen) {
  std::string log;
  set_log_handler([](int32_t, const char *line, void *user) { *static_cast<std::string *>(user) += line; },
                  &log, nullptr);
  const auto a = noting("constant(1)", "a"), b = noting("constant(1)", "b"), c = noting("constant(1)", "c");
  a->fail_finish = b->fail_finish = true;
  Controller controller({a, b, c}, Options());
  const FieldPtr state = make_state();
  controller.start(state, 0, 1);
  controller.handle(state, 1);
  EXPECT_MESSAGE(PDE_ERR_IO, controller.finish(state, 1), "tracker \"a\"", "cannot finish");
  set_log_handler(nullptr, nullptr, nullptr);
  EXPECT_EQ(c->notes, "start 0 1; finish 1;");
  EXPECT_TRUE(contains(log, "tracker \"b\": cannot finish")) << log;
}

TEST(Controller, RemovesTrackers) {
  const auto a = noting("constant(1)", "a"), b = noting("constant(1)", "b");
  Controller controller({a, b}, Options());
  const FieldPtr state = make_state();
  controller.start(state, 0, 10);
  controller.remove(*a);
  EXPECT_EQ(a->notes, "start 0 10; finish 0 without state;");
  EXPECT_MESSAGE(PDE_ERR_NOT_FOUND, controller.remove(*a), "\"a\"");
  controller.handle(state, 1);
  EXPECT_EQ(a->times, (Times{0}));
  EXPECT_EQ(b->times, (Times{0, 1}));
  Controller other({a}, Options());
}

}  // namespace
}  // namespace pde
