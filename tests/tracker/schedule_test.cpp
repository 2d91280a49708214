#include "tracker/schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include "base/json.hpp"
#include "base/numbers.hpp"
#include "support/expect_error.hpp"
#include "support/golden.hpp"
#include "support/golden_schedules.hpp"

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

TEST(GeometricSchedule, ComputesItsDueTimes) {
  GeometricSchedule schedule(0.1, 1.5);
  EXPECT_EQ(schedule.first(0), 0.1);
  for (int n = 1; n < 500; ++n)
    EXPECT_EQ(schedule.next(0.1 * std::pow(1.5, n - 1)), 0.1 * std::pow(1.5, n)) << n;
  EXPECT_EQ(GeometricSchedule(1, 2).first(-3), 1);
  EXPECT_EQ(GeometricSchedule(1, 2).first(4), 4);
  EXPECT_EQ(GeometricSchedule(1, 2).first(4.5), 8);
}

TEST(GeometricSchedule, TakesEarlyHandlingForTheDueTimeAndDropsWhatLiesBehind) {
  GeometricSchedule schedule(1, 2);
  schedule.first(0);
  EXPECT_EQ(schedule.next(0.9), 2);
  EXPECT_EQ(schedule.next(1.9), 4);
  EXPECT_EQ(schedule.next(70), 128);
  EXPECT_EQ(schedule.next(std::nextafter(256.0, 0)), 512);
  EXPECT_EQ(schedule.first(3), 4);  // afresh: py-pde goes on behind the last run (D21)
}

TEST(GeometricSchedule, EndsWhereNumbersDo) {
  GeometricSchedule schedule(1, 1e100);
  schedule.first(0);
  EXPECT_EQ(schedule.next(1e250), 1e300);
  EXPECT_EQ(schedule.next(1e300), kNever);
  EXPECT_EQ(schedule.next(1e301), kNever);
  // Closer than times are: each time is due.
  GeometricSchedule close(1e-300, std::nextafter(1.0, 2));
  double due = close.first(1);
  EXPECT_GE(due, 1);
  for (int i = 0; i < 10; ++i) {
    const double next = close.next(due);
    EXPECT_GT(next, due);
    EXPECT_LT(next, 1 + 1e-9);
    due = next;
  }
}

TEST(LogarithmicSchedule, ComputesItsDueTimes) {
  LogarithmicSchedule schedule(1, 2, 5);
  EXPECT_EQ(schedule.first(0), 5);
  double due = 5;
  for (int n = 1; n < 50; ++n) {
    due = schedule.next(due);
    EXPECT_EQ(due, 5 + (std::pow(2, n) - 1)) << n;
  }
  // Intervals that hardly grow are all there: their sum by Horner's rule, in more digits.
  LogarithmicSchedule slow(0.1, 1 + 1e-9);
  due = slow.first(0);
  long double sum = 0, interval = 0.1L;
  for (int n = 1; n <= 10000; ++n) {
    sum += interval;
    interval *= 1 + 1e-9;
    due = slow.next(due);
    ASSERT_NEAR(due, static_cast<double>(sum), 1e-12 * static_cast<double>(sum)) << n;
  }
}

TEST(LogarithmicSchedule, IsConstantWithAFactorOfOne) {
  LogarithmicSchedule schedule(0.1, 1);
  ConstantSchedule constant(0.1);
  double due = schedule.first(2);
  EXPECT_EQ(constant.first(2), due);
  for (int n = 0; n < 1000; ++n) {
    ASSERT_EQ(schedule.next(due), constant.next(due));
    due = 2 + (n + 1) * 0.1;
  }
}

TEST(LogarithmicSchedule, TakesEarlyHandlingForTheDueTimeAndDropsWhatLiesBehind) {
  LogarithmicSchedule schedule(1, 2);
  EXPECT_EQ(schedule.first(0), 0);
  EXPECT_EQ(schedule.next(0), 1);
  EXPECT_EQ(schedule.next(10), 15);
  EXPECT_EQ(schedule.next(std::nextafter(31.0, 0)), 63);
  EXPECT_EQ(schedule.first(3), 3);  // afresh: py-pde keeps the interval of the last run (D21)
  EXPECT_EQ(schedule.next(3), 4);
  EXPECT_EQ(schedule.next(3.9), 6);  // that was 4, early
  EXPECT_EQ(schedule.next(5.5), 10);
}

TEST(LogarithmicSchedule, EndsWhereNumbersDo) {
  LogarithmicSchedule schedule(1e300, 1e5);
  schedule.first(0);
  EXPECT_EQ(schedule.next(0), 1e300);
  EXPECT_DOUBLE_EQ(schedule.next(1e300), 1.00001e305);
  EXPECT_EQ(schedule.next(1e305), kNever);
  EXPECT_EQ(schedule.next(1e306), kNever);
  LogarithmicSchedule fine(1e-300, 2);
  fine.first(1);
  EXPECT_EQ(fine.next(1e300), std::nextafter(1e300, kNever));
}

TEST(GrowingSchedules, RefuseWhatDoesNotGrow) {
  for (double factor : {1.0, 0.5, 0.0, -2.0, kNever, std::nan("")})
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, GeometricSchedule schedule(1, factor), "factor is", "above 1");
  for (double factor : {0.9, 0.0, -2.0, kNever, std::nan("")})
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, LogarithmicSchedule schedule(1, factor), "factor is", "1 or more");
  for (double number : {0.0, -1.0, kNever, std::nan("")}) {
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, GeometricSchedule schedule(number, 2), "scale is", "above 0");
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, LogarithmicSchedule schedule(number, 2), "interval is", "above 0");
  }
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, LogarithmicSchedule schedule(1, 2, kNever), "t_start is inf");
}

/// Random times of handling, early and late: due times rise, and lie behind what was handled.
TEST(Schedules, RiseHoweverTheyAreHandled) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const auto draw = [&](double low, double high) {
    return std::uniform_real_distribution(low, high)(random);
  };
  for (int series = 0; series < 300; ++series) {
    const double scale = std::exp(draw(-20, 20)), factor = 1 + std::exp(draw(-20, 3));
    const SchedulePtr schedules[] = {std::make_unique<GeometricSchedule>(scale, factor),
                                     std::make_unique<LogarithmicSchedule>(scale, factor),
                                     std::make_unique<ConstantSchedule>(scale)};
    for (const SchedulePtr &schedule : schedules) {
      double t = draw(-10, 10) * scale, due = schedule->first(t);
      ASSERT_GE(due, t) << schedule->text();
      for (int n = 0; n < 200 && std::isfinite(due); ++n) {
        t = due + draw(-0.4, 1) * scale * (random() % 4 == 0 ? 1 : 1e-3);
        const double next = schedule->next(t);
        ASSERT_GT(next, t) << schedule->text();
        ASSERT_GT(next, due) << schedule->text();
        due = next;
      }
    }
  }
}

double clock_now = 0;
double set_clock() {
  return clock_now;
}

TEST(RealtimeSchedule, AimsAtItsIntervalOfTheClock) {
  // A run in which a second of the clock takes it 7 further.
  RealtimeSchedule schedule(2, 0.01, set_clock);
  clock_now = 100;
  double t = 3, due = schedule.first(t);
  EXPECT_EQ(due, 3);
  for (int n = 0; n < 60; ++n) {
    const double before = due;
    due = schedule.next(t);
    clock_now += (due - t) / 7;
    t = due;
    if (n > 40) {
      EXPECT_NEAR(due - before, 14, 0.1) << n;
    }
  }
  EXPECT_FALSE(schedule.binding());
}

TEST(RealtimeSchedule, GoesOnWhereTheClockStandsStill) {
  RealtimeSchedule schedule(1, 0.01, set_clock);
  double due = schedule.first(0);
  for (int n = 0; n < 3000; ++n) {
    const double next = schedule.next(due);
    ASSERT_GT(next, due) << n;
    if (std::isinf(next)) break;
    due = next;
  }
  clock_now += 1;
  EXPECT_GT(schedule.next(0), 0);
  for (double seconds : {0.0, -1.0, kNever, std::nan("")})
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, RealtimeSchedule bad(seconds), "duration is", "above 0");
}

TEST(StepSchedule, HasNoDueTimes) {
  StepSchedule schedule(100);
  EXPECT_EQ(schedule.every_steps(), 100);
  EXPECT_EQ(schedule.first(2), 2);
  EXPECT_EQ(schedule.next(2), kNever);
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, StepSchedule none(0), "number of steps is 0");
}

// ---- text

TEST(ScheduleText, ReadsItsForms) {
  EXPECT_EQ(Schedule::parse("constant(0.1)")->text(), "constant(0.1)");
  EXPECT_EQ(Schedule::parse(" constant ( 1e-1 , +5 ) ")->text(), "constant(0.1, 5)");
  EXPECT_EQ(Schedule::parse("list(0, 1, 2.5)")->text(), "list(0, 1, 2.5)");
  EXPECT_EQ(Schedule::parse("list( )")->text(), "list()");
  EXPECT_EQ(Schedule::parse("geometric( 1e-1 , 10 )")->text(), "geometric(0.1, 10)");
  EXPECT_EQ(Schedule::parse("logarithmic(1,2)")->text(), "logarithmic(1, 2)");
  EXPECT_EQ(Schedule::parse("logarithmic(0.1, 1.5, -1)")->text(), "logarithmic(0.1, 1.5, -1)");
  EXPECT_EQ(Schedule::parse("steps(100)")->text(), "steps(100)");
  EXPECT_EQ(Schedule::parse("realtime(0.5)")->text(), "realtime(0.5)");
  EXPECT_EQ(Schedule::parse("realtime(0.5, 2)")->text(), "realtime(0.5, 2)");
  EXPECT_EQ(Schedule::parse(" 0:30 ")->text(), "realtime(30)");
  EXPECT_EQ(Schedule::parse("1h30m")->text(), "realtime(5400)");
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
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Schedule::parse("geometric(1)"), "1 numbers", "a scale and a factor");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Schedule::parse("logarithmic(1, 2, 3, 4)"), "4 numbers");
  for (const char *text : {"steps(0)", "steps(-1)", "steps(1.5)", "steps(1e300)", "steps(nan)"})
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Schedule::parse(text), "number of steps is", "whole number");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Schedule::parse("-0:30"), "duration is -30", "above 0");
}

// ---- py-pde's interrupts

/// py-pde adds intervals up: equal up to that.
void expect_due(double due, double expected, const std::string &what) {
  if (std::isinf(expected)) {
    EXPECT_EQ(due, expected) << what;
  } else {
    EXPECT_NEAR(due, expected, 1e-13 * std::max(1.0, std::fabs(expected))) << what;
  }
}

TEST(GoldenInterrupts, SequencesAgree) {
  const JsonDocument golden = golden_json("interrupts.json");
  int compared = 0;
  for (const JsonValue &sequence : golden["sequences"].GetArray()) {
    const SchedulePtr schedule = schedule_of(sequence["spec"]);
    if (!schedule) continue;
    double due = schedule->first(sequence["t_start"].GetDouble());
    for (double time : golden_numbers(sequence["times"])) {
      expect_due(due, time, schedule->text());
      if (std::isfinite(due)) due = schedule->next(due);
    }
    ++compared;
  }
  EXPECT_EQ(compared, 51);  // of 57, with two lists that are refused
}

/// Asked for the next time at given ones, in order or not. Where py-pde answers with the very time that it is
/// asked at (defect D27) ours is a later one, and so may be all after it. Growing intervals that are asked
/// for late go on from there in py-pde, and where they would have been here.
TEST(GoldenInterrupts, AnswersAgree) {
  const JsonDocument golden = golden_json("interrupts.json");
  int compared = 0, agreed = 0;
  for (const JsonValue &query : golden["queries"].GetArray()) {
    const SchedulePtr schedule = schedule_of(query["spec"]);
    if (!schedule) continue;
    const JsonValue &first = query["initialize"];
    double due = schedule->first(query["t_start"].GetDouble());
    expect_due(due, first.IsString() ? kNever : first.GetDouble(), schedule->text());
    const std::vector<double> times = golden_numbers(query["next_called_with"]);
    const std::vector<double> expected = golden_numbers(query["next_returned"]);
    bool repeated = false;
    for (size_t i = 0; i < times.size(); ++i) {
      due = schedule->next(times[i]);
      const bool grows = query["spec"].IsObject() && query["spec"].HasMember("factor");
      const bool late = grows && i > 0 && times[i] > expected[i - 1];
      repeated = repeated || late || expected[i] - times[i] <= 1e-12 * std::fabs(times[i]);
      if (repeated) {
        EXPECT_GT(due, times[i]) << schedule->text();
      } else {
        expect_due(due, expected[i], schedule->text() + " at " + real_text(times[i]));
        ++agreed;
      }
    }
    ++compared;
  }
  EXPECT_EQ(compared, 34);  // of 38, with two lists that are refused
  EXPECT_EQ(agreed, 263);
}

/// py-pde begins afresh only some of the time (defect D21).
TEST(GoldenInterrupts, SecondRunsAreAsFirstOnes) {
  const JsonDocument golden = golden_json("interrupts.json");
  for (const JsonValue &use : golden["reuse"].GetArray()) {
    const SchedulePtr schedule = schedule_of(use["spec"]);
    for (int run = 0; run < 2; ++run) {
      double due = schedule->first(0);
      for (double time : golden_numbers(use["first"])) {
        expect_due(due, time, schedule->text());
        if (std::isfinite(due)) due = schedule->next(due);
      }
    }
  }
}

TEST(GoldenInterrupts, RealtimeGuessesAgree) {
  static size_t reading;
  static std::vector<double> readings;
  const JsonDocument golden = golden_json("interrupts.json");
  for (const JsonValue &script : golden["realtime"].GetArray()) {
    readings = golden_numbers(script["clock"]);
    reading = 0;
    RealtimeSchedule schedule(script["duration"].GetDouble(), script["dt_initial"].GetDouble(),
                              [] { return readings.at(reading++); });
    EXPECT_EQ(schedule.first(0), script["initialize"].GetDouble());
    const std::vector<double> times = golden_numbers(script["next_called_with"]);
    const std::vector<double> expected = golden_numbers(script["next_returned"]);
    for (size_t i = 0; i < times.size(); ++i) EXPECT_NEAR(schedule.next(times[i]), expected[i], 1e-15) << i;
  }
}

/// Texts are read as py-pde reads them, but for bare numbers, for no text at all, and for what would never be
/// due again.
TEST(GoldenInterrupts, TextsAgree) {
  const JsonDocument golden = golden_json("interrupts.json");
  int texts = 0;
  for (const JsonValue &entry : golden["parse"].GetArray()) {
    if (!entry["spec"].IsString()) continue;
    const std::string text = entry["spec"].GetString();
    SchedulePtr schedule;
    try {
      schedule = Schedule::parse(text);
    } catch (const Error &error) {
      EXPECT_EQ(error.code(), PDE_ERR_ARGUMENT) << text;
    }
    ++texts;
    if (entry.HasMember("error") || text.empty() || parse_real(text)) {
      EXPECT_FALSE(schedule) << text;
    } else if (entry.HasMember("duration")) {
      ASSERT_TRUE(schedule) << text;
      EXPECT_EQ(schedule->text(), "realtime(" + real_text(entry["duration"].GetDouble()) + ")") << text;
    } else {
      ASSERT_TRUE(schedule) << text;
      EXPECT_EQ(schedule->text(), "geometric(" + real_text(entry["scale"].GetDouble()) + ", " +
                                      real_text(entry["factor"].GetDouble()) + ")");
    }
  }
  EXPECT_GE(texts, 25);
}

}  // namespace
}  // namespace pde
