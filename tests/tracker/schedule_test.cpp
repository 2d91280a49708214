#include "tracker/schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include "base/json.hpp"
#include "support/expect_error.hpp"
#include "support/golden.hpp"

namespace pde {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

TEST(ConstantSchedule, ComputesItsDueTimes) {
  ConstantSchedule schedule(0.1);
  EXPECT_EQ(schedule.first(2), 2);
  for (int n = 1; n < 1000; ++n) EXPECT_EQ(schedule.next(2 + (n - 1) * 0.1), 2 + n * 0.1) << n;
}

TEST(ConstantSchedule, StartsAtTheLaterOfRunAndStart) {
  EXPECT_EQ(ConstantSchedule(1, 5).first(2), 5);
  EXPECT_EQ(ConstantSchedule(1, 5).first(7.25), 7.25);
  EXPECT_EQ(ConstantSchedule(1).first(-3), -3);
}

TEST(ConstantSchedule, BeginsAfresh) {
  ConstantSchedule schedule(1);
  schedule.first(0);
  schedule.next(10.5);
  EXPECT_EQ(schedule.first(3), 3);
  EXPECT_EQ(schedule.next(3), 4);
}

TEST(ConstantSchedule, TakesEarlyHandlingForTheDueTime) {
  ConstantSchedule schedule(1);
  schedule.first(0);
  EXPECT_EQ(schedule.next(0), 1);
  EXPECT_EQ(schedule.next(0.55), 2);  // that was due time 1, half a step early
  EXPECT_EQ(schedule.next(2.45), 3);
}

TEST(ConstantSchedule, DropsWhatLiesBehind) {
  ConstantSchedule schedule(0.1);
  schedule.first(0);
  EXPECT_EQ(schedule.next(0.95), 10 * 0.1);
  EXPECT_EQ(schedule.next(7.3), 74 * 0.1);  // 7.3 is due time 73 up to rounding: served
  EXPECT_EQ(schedule.next(std::nextafter(8.0, 0)), 81 * 0.1);
}

/// A loop that hits due times gets each of them once, in order, for a million of them.
TEST(ConstantSchedule, NeverSkipsOrDoubles) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int series = 0; series < 50; ++series) {
    const double interval = std::exp(std::uniform_real_distribution(-12.0, 5.0)(random));
    const double t0 = std::uniform_real_distribution(-1e3, 1e3)(random);
    ConstantSchedule schedule(interval);
    double due = schedule.first(t0);
    for (int n = 0; n < 20000; ++n) {
      ASSERT_EQ(due, t0 + n * interval) << "interval " << interval << " from " << t0;
      due = schedule.next(due);
    }
  }
}

/// A loop of fixed steps that adds them up, handled at the nearest step: due times in order, none twice, none
/// dropped.
TEST(ConstantSchedule, StaysInOrderWhenHandledEarlyOrLate) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int series = 0; series < 20; ++series) {
    const double interval = std::exp(std::uniform_real_distribution(-5.0, 3.0)(random));
    const double step = interval * std::uniform_real_distribution(0.01, 0.99)(random);
    ConstantSchedule schedule(interval);
    double t = 0, due = schedule.first(0);
    int64_t served = 0;
    for (int64_t i = 0; i < 50000; ++i, t += step) {
      if (due > t + step / 2) continue;
      ASSERT_NEAR(due, static_cast<double>(served) * interval, 1e-9 * due)
          << "interval " << interval << " step " << step;
      ++served;
      due = schedule.next(t);
      ASSERT_GT(due, t);
    }
    EXPECT_NEAR(static_cast<double>(served), t / interval, 2);
  }
}

TEST(ConstantSchedule, CountsFarWithoutLooping) {
  ConstantSchedule schedule(1e-9);
  schedule.first(0);
  const double next = schedule.next(1e9);  // due time 10^18; times are 10^-7 apart here
  EXPECT_GT(next, 1e9);
  EXPECT_LT(next, 1e9 + 1e-6);
  EXPECT_GT(schedule.next(next), next);
  ConstantSchedule coarse(1e300);
  coarse.first(0);
  EXPECT_EQ(coarse.next(1e308), 100000001 * 1e300);
  ConstantSchedule far(1);
  EXPECT_EQ(far.first(1e300), 1e300);
  EXPECT_GT(far.next(1e300), 1e300);
}

TEST(ConstantSchedule, KeepsGoingWhereIntervalsAreBeyondCounting) {
  ConstantSchedule fine(1e-320);
  EXPECT_EQ(fine.first(1), 1);
  EXPECT_EQ(fine.next(1), std::nextafter(1, 2));
  EXPECT_EQ(fine.next(5), std::nextafter(5, 6));
  EXPECT_EQ(fine.next(5), std::nextafter(std::nextafter(5, 6), 6));  // served early
  ConstantSchedule coarse(1e308);
  EXPECT_EQ(coarse.first(-1.7e308), -1.7e308);
  EXPECT_EQ(coarse.next(-1.7e308), -1.7e308 + 1e308);
  EXPECT_DOUBLE_EQ(coarse.next(-0.7e308), 0.3e308);
  EXPECT_DOUBLE_EQ(coarse.next(0.5e308), 1.3e308);
  EXPECT_EQ(coarse.next(1.3e308), kNever);
  constexpr double kLargest = std::numeric_limits<double>::max();
  ConstantSchedule longest(9);
  EXPECT_EQ(longest.first(-kLargest), -kLargest);
  EXPECT_EQ(longest.next(std::nextafter(kLargest, 0)), kLargest);
  EXPECT_EQ(longest.next(kLargest), kNever);
  ConstantSchedule wide(1.5e308);
  EXPECT_EQ(wide.first(-1.7e308), -1.7e308);
  EXPECT_EQ(wide.next(1.2e308), 1.3e308);
}

TEST(ConstantSchedule, RefusesWhatIsNoInterval) {
  for (double interval : {0.0, -1.0, kNever, std::nan("")}) {
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, ConstantSchedule schedule(interval), "interval is", "above 0");
  }
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, ConstantSchedule schedule(1, kNever), "t_start is inf");
  ConstantSchedule schedule(1);
  EXPECT_MESSAGE(PDE_ERR_STATE, schedule.next(0), "constant(1)", "has not begun");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, schedule.first(std::nan("")), "nan");
  schedule.first(0);
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, schedule.next(kNever), "inf");
}

TEST(ListSchedule, GoesThroughItsTimes) {
  const double times[] = {-1, 0.25, 1, 100};
  ListSchedule schedule(times);
  EXPECT_EQ(schedule.first(0), 0.25);
  EXPECT_EQ(schedule.next(0.2), 1);  // early
  EXPECT_EQ(schedule.next(1), 100);
  EXPECT_EQ(schedule.next(250), kNever);
  EXPECT_EQ(schedule.next(251), kNever);
  EXPECT_EQ(schedule.first(1), 1);
  EXPECT_EQ(schedule.next(99), 100);
  EXPECT_EQ(ListSchedule({}).first(0), kNever);
}

TEST(ListSchedule, RefusesTimesThatDoNotIncrease) {
  const double doubled[] = {1, 2, 2, 3}, unsorted[] = {3, 1, 2}, infinite[] = {1, kNever};
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, ListSchedule schedule(doubled), "entry 2", "more than 2");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, ListSchedule schedule(unsorted), "entry 1", "is 1", "more than 3");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, ListSchedule schedule(infinite), "entry 1", "inf");
}

// ---- text

TEST(ScheduleText, ReadsItsForms) {
  EXPECT_EQ(Schedule::parse("constant(0.1)")->text(), "constant(0.1)");
  EXPECT_EQ(Schedule::parse(" constant ( 1e-1 , +5 ) ")->text(), "constant(0.1, 5)");
  EXPECT_EQ(Schedule::parse("list(0, 1, 2.5)")->text(), "list(0, 1, 2.5)");
  EXPECT_EQ(Schedule::parse("list( )")->text(), "list()");
}

TEST(ScheduleText, GoesRoundExactly) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> exponent(-300, 300);
  for (int i = 0; i < 1000; ++i) {
    const double interval = std::pow(10, exponent(random)), t_start = -std::pow(10, exponent(random));
    const ConstantSchedule schedule(interval, t_start);
    const auto copy = Schedule::parse(schedule.text());
    EXPECT_EQ(copy->text(), schedule.text());
    EXPECT_EQ(copy->first(-1e308), t_start);
    EXPECT_EQ(schedule.clone()->text(), schedule.text());
    const double times[] = {t_start, 0, interval};
    EXPECT_EQ(Schedule::parse(ListSchedule(times).text())->text(), ListSchedule(times).text());
  }
}

TEST(ScheduleText, SaysWhyItRefuses) {
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Schedule::parse("0.5"), "bare number \"0.5\"", "wall-clock",
                 "constant(0.5)");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Schedule::parse("inf"), "bare number");
  for (const char *text :
       {"", "abc", "every(1)", "Constant(1)", "constant", "constant(1", "constant 1)", ")("}) {
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Schedule::parse(text), text, "constant(INTERVAL)", "list(TIME");
  }
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Schedule::parse("constant(a)"), "\"a\"", "number");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Schedule::parse("list(1,,2)"), "\"\"", "number");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Schedule::parse("constant(1 2)"), "\"1 2\"");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Schedule::parse("constant()"), "0 numbers");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Schedule::parse("constant(1,2,3)"), "3 numbers");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Schedule::parse("constant(0)"), "interval is 0");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Schedule::parse("constant(nan)"), "interval is nan");
}

// ---- py-pde's interrupts

/// The schedule of a specification in interrupts.json, or nothing for kinds that are not here.
SchedulePtr schedule_of(const JsonValue &spec) {
  if (spec.IsNumber()) return std::make_unique<ConstantSchedule>(spec.GetDouble());
  if (!spec.IsArray()) return nullptr;
  const std::vector<double> times = golden_numbers(spec);
  if (std::adjacent_find(times.begin(), times.end(), std::greater_equal()) != times.end()) {
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, ListSchedule schedule(times), "expected more than");
    return nullptr;  // defect D27: py-pde takes any order, drops what lies behind and handles duplicates
                     // twice
  }
  return std::make_unique<ListSchedule>(times);
}

TEST(GoldenInterrupts, SequencesAgree) {
  const JsonDocument golden = golden_json("interrupts.json");
  int compared = 0;
  for (const JsonValue &sequence : golden["sequences"].GetArray()) {
    const SchedulePtr schedule = schedule_of(sequence["spec"]);
    if (!schedule) continue;
    const std::vector<double> expected = golden_numbers(sequence["times"]);
    double due = schedule->first(sequence["t_start"].GetDouble());
    for (double time : expected) {
      // py-pde adds intervals up: equal up to that.
      if (std::isinf(time)) {
        EXPECT_EQ(due, time);
      } else {
        EXPECT_NEAR(due, time, 1e-13 * std::max(1.0, std::fabs(time))) << schedule->text();
      }
      if (std::isfinite(due)) due = schedule->next(due);
    }
    ++compared;
  }
  EXPECT_GE(compared, 20);
}

}  // namespace
}  // namespace pde
