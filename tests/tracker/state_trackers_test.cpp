// Trackers that come by name: what they say of the state, and when they end a run. The runs are those of
// golden/trackers.json, Euler steps of py-pde.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <functional>
#include <limits>

#include "base/json.hpp"
#include "support/expect_error.hpp"
#include "support/golden.hpp"
#include "tracker/tracker_fixture.hpp"

namespace pde {
namespace {

using Rate = std::function<double(double)>;

Options options_of(const std::string &text) {
  Options options;
  options.parse(text);
  return options;
}

TrackerPtr tracker_of(const char *name, const char *schedule, const std::string &options = "") {
  return make_tracker(name, schedule ? Schedule::parse(schedule) : nullptr, options_of(options));
}

/// The initial state of those runs, with a number added: -1 to 2 in equal steps.
FieldPtr initial_state(double offset = 0) {
  const FieldPtr state = make_state({4, 3});
  auto *samples = reinterpret_cast<double *>(state->c_order_data());
  for (int i = 0; i < 12; ++i) samples[i] = -1 + 3.0 * i / 11 + offset;
  return state;
}

/// Euler steps of one length; returns the status with which the run ended, and its report.
struct Outcome {
  pde_status status = PDE_OK;
  std::string message;
  JsonDocument report;
};
Outcome run(std::vector<TrackerPtr> trackers, const FieldPtr &state, double t_end, double dt,
            const Rate &rate) {
  Controller controller(std::move(trackers), Options());
  controller.set_step(dt);
  Outcome outcome;
  double t = 0;
  try {
    for (bool stop = controller.start(state, 0, t_end).stop; !stop;) {
      auto *samples = reinterpret_cast<double *>(state->c_order_data());
      for (int64_t i = 0; i < state->description().count(); ++i) samples[i] += dt * rate(samples[i]);
      t += dt;
      stop = controller.handle(state, t).stop;
    }
    controller.finish(state, t);
  } catch (const Error &error) {
    outcome.status = error.code();
    outcome.message = error.what();
  }
  outcome.report = json_parse(controller.info(), "the report");
  return outcome;
}

void expect_end(const JsonValue &report, const JsonValue &golden) {
  EXPECT_EQ(report["t_final"].GetDouble(), golden["t_final"].GetDouble());
  EXPECT_EQ(report["successful"].GetBool(), golden["successful"].GetBool());
  EXPECT_STREQ(report["stop_reason"].GetString(), golden["stop_reason"].GetString());
}

double ramp(double) {
  return 1;
}
double decay(double c) {
  return -c;
}

TEST(PrintTracker, PrintsTheLinesOfPyPde) {
  const JsonDocument golden = golden_json("trackers.json");
  testing::internal::CaptureStdout();
  run({tracker_of("print", "constant(0.4)")}, initial_state(), 1, 0.1, ramp);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), golden["print"]["text"].GetString());
}

TEST(PrintTracker, TakesOtherNumbersAndTheOtherStream) {
  const FieldPtr state = make_state({2}, PDE_COMPLEX128);
  auto *samples = reinterpret_cast<std::complex<double> *>(state->c_order_data());
  samples[0] = {1, -2};
  samples[1] = {3, -2};
  testing::internal::CaptureStderr();
  Controller controller({tracker_of("print", nullptr, "stream=stderr")}, Options());
  controller.start(state, 2.5, 3);
  const FieldPtr whole = make_state({2}, PDE_INT32);
  reinterpret_cast<int32_t *>(whole->c_order_data())[0] = 7;
  Controller another({tracker_of("print", nullptr, "stream=stderr")}, Options());
  another.start(whole, 0, 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "t=2.5, c=2-2j\u00b11\nt=0, c=3.5\u00b13.5\n");
}

TEST(SteadyStateTracker, EndsTheRunsOfPyPde) {
  const JsonDocument golden = golden_json("trackers.json");
  int runs = 0;
  for (const JsonValue &each : golden["steady_state"].GetArray()) {
    const std::string options =
        fmt::format("atol={} rtol={}", each["atol"].GetDouble(), each["rtol"].GetDouble());
    const Outcome outcome =
        run({tracker_of("steady_state", "constant(0.5)", options)}, initial_state(), 50, 0.125, decay);
    EXPECT_EQ(outcome.status, PDE_OK) << outcome.message;
    expect_end(outcome.report, each);
    ++runs;
  }
  EXPECT_EQ(runs, 3);
}

TEST(SteadyStateTracker, LooksAtFiniteSamplesOnly) {
  for (const int32_t dtype : {PDE_FLOAT64, PDE_COMPLEX64, PDE_INT16}) {
    const FieldPtr state = make_state({3}, dtype);
    if (dtype == PDE_FLOAT64)
      reinterpret_cast<double *>(state->c_order_data())[1] = std::numeric_limits<double>::quiet_NaN();
    Controller controller({tracker_of("steady_state", "constant(1)")}, Options());
    EXPECT_FALSE(controller.start(state, 0, 9).stop);  // nothing to compare with yet
    EXPECT_TRUE(controller.handle(state, 1).stop);
  }
  const FieldPtr nothing = make_state({1});
  reinterpret_cast<double *>(nothing->c_order_data())[0] = std::numeric_limits<double>::infinity();
  Controller controller({tracker_of("steady_state", "constant(1)")}, Options());
  controller.start(nothing, 0, 9);
  EXPECT_FALSE(controller.handle(nothing, 1).stop);
}

/// The decay is told, not seen: with the same tolerances the run ends with the first look at which it is met.
TEST(SteadyStateTracker, TakesARate) {
  const JsonDocument golden = golden_json("trackers.json");
  for (const JsonValue &each : golden["steady_state"].GetArray()) {
    const double atol = each["atol"].GetDouble(), rtol = each["rtol"].GetDouble();
    const RateFunction rate = [](const StatePtr &state, double, const FieldPtr &out_rate) {
      out_rate->combine(0, -1, state.get());
    };
    const Outcome outcome =
        run({make_steady_state_tracker(Schedule::parse("constant(0.5)"), rate,
                                       options_of(fmt::format("atol={} rtol={}", atol, rtol)))},
            initial_state(), 50, 0.125, decay);
    EXPECT_EQ(outcome.status, PDE_OK) << outcome.message;
    double t = 0, largest = 2;  // of -1 to 2
    for (; !(largest - rtol * largest <= atol); t += 0.5) largest *= std::pow(1 - 0.125, 4);
    EXPECT_EQ(outcome.report["t_final"].GetDouble(), t);
    EXPECT_STREQ(outcome.report["stop_reason"].GetString(), "Reached stationary state");
  }
}

TEST(SteadyStateTracker, DoesNotTrustARateThatIsNoNumber) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const FieldPtr state = make_state({3});
  const RateFunction rate = [&](const StatePtr &, double, const FieldPtr &out_rate) {
    out_rate->fill(0, 0);
    reinterpret_cast<double *>(out_rate->c_order_data())[1] = kNone;
  };
  Controller controller({make_steady_state_tracker(Schedule::parse("constant(1)"), rate, Options())},
                        Options());
  EXPECT_FALSE(controller.start(state, 0, 9).stop);
  reinterpret_cast<double *>(state->c_order_data())[1] = kNone;  // where the state is none, either
  EXPECT_TRUE(controller.handle(state, 1).stop);
}

TEST(SteadyStateTracker, ShowsHowNearItIs) {
  const auto shown = [](const char *options) {
    testing::internal::CaptureStderr();
    run({tracker_of("steady_state", "constant(0.5)", options)}, initial_state(), 50, 0.125, decay);
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(shown("atol=0.001 rtol=0"), "");
  const std::string text = shown("atol=0.001 rtol=0 progress=true");
  EXPECT_NE(text.find("  0 %  rate 1.66, steady at 0.001"), std::string::npos) << text;
  EXPECT_NE(text.find("100 %  rate "), std::string::npos) << text;
}

TEST(MaterialTracker, EndsTheRunsOfPyPde) {
  const JsonDocument golden = golden_json("trackers.json");
  int runs = 0;
  for (const JsonValue &each : golden["material_conservation"].GetArray()) {
    const bool ramps = std::string_view(each["equation"].GetString()) == "Ramp";
    const Outcome outcome = run({tracker_of("material_conservation", "constant(0.25)")}, initial_state(2), 1,
                                0.125, ramps ? ramp : decay);
    EXPECT_EQ(outcome.status, PDE_ERR_UNSOUND);
    EXPECT_NE(outcome.message.find("\"material_conservation\""), std::string::npos) << outcome.message;
    EXPECT_NE(outcome.message.find("at t = 0.25"), std::string::npos) << outcome.message;
    expect_end(outcome.report, each);
    ++runs;
  }
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(run({tracker_of("material_conservation", nullptr)}, initial_state(2), 3, 0.5,
                [](double) { return 0.0; })
                .status,
            PDE_OK);
  // Within what is allowed.
  EXPECT_EQ(
      run({tracker_of("material_conservation", nullptr, "atol=1 rtol=1")}, initial_state(2), 2, 0.5, ramp)
          .status,
      PDE_OK);
}

TEST(MaterialTracker, NamesTheFieldsOfACollection) {
  const FieldPtr a = make_state(), b = make_state(), c = make_state();
  const FieldPtr members[] = {a, b, c};
  const FieldPtr state = Field::collection(members, std::nullopt);
  Controller controller({tracker_of("material_conservation", nullptr)}, Options());
  controller.start(state, 0, 9);
  b->fill(1, 0);
  c->fill(2, 0);
  EXPECT_MESSAGE(PDE_ERR_UNSOUND, controller.handle(state, 1), "Material of field [1 2] is not conserved",
                 "1 instead of 0, 2 instead of 0");
  EXPECT_STREQ(json_parse(controller.info(), "the report")["stop_reason"].GetString(),
               "Material of field [1 2] is not conserved");
}

TEST(ConsistencyTracker, EndsTheRunsOfPyPde) {
  const JsonDocument golden = golden_json("trackers.json");
  const auto last = noting("constant(0.25)");
  const Outcome outcome = run({tracker_of("consistency", "constant(0.25)"), last}, initial_state(), 2, 0.125,
                              [](double c) { return 50 * c * c * c; });
  EXPECT_EQ(outcome.status, PDE_ERR_UNSOUND);
  EXPECT_NE(outcome.message.find("tracker \"consistency\": Field was not finite: sample "), std::string::npos)
      << outcome.message;
  expect_end(outcome.report, golden["consistency"]);
  // Who stands behind it has not seen that state, and was finished.
  EXPECT_EQ(last->times, (std::vector<double>{0, 0.25, 0.5}));
  EXPECT_NE(last->notes.find("finish 0.75 without state"), std::string::npos) << last->notes;
}

TEST(RuntimeTracker, EndsARunAsASuccess) {
  const Outcome outcome =
      run({tracker_of("runtime", nullptr, "max_runtime=0:05 before=5")}, initial_state(), 100, 1, ramp);
  EXPECT_EQ(outcome.status, PDE_OK);
  EXPECT_EQ(outcome.report["t_final"].GetDouble(), 0);
  EXPECT_TRUE(outcome.report["successful"].GetBool());
  EXPECT_STREQ(outcome.report["stop_reason"].GetString(), "Reached maximal runtime of 0:00:05");
  EXPECT_STREQ(run({tracker_of("runtime", nullptr, "max_runtime=1h30m")}, initial_state(), 5, 1, ramp)
                   .report["stop_reason"]
                   .GetString(),
               "Reached final time");
  // Less than a second is something, too.
  EXPECT_STREQ(
      run({tracker_of("runtime", nullptr, "max_runtime=0.25 before=0.25")}, initial_state(), 5, 1, ramp)
          .report["stop_reason"]
          .GetString(),
      "Reached maximal runtime of 0:00:00.250000");
  // It neither asks for the state nor for a step.
  Controller controller({tracker_of("runtime", nullptr, "max_runtime=3600")}, Options());
  EXPECT_EQ(controller.start(initial_state(), 0, 10).t, 10);
  EXPECT_FALSE(controller.due(1));
  EXPECT_FALSE(controller.handle(nullptr, 1).stop);
}

TEST(RuntimeTracker, SaysWhatIsNoDuration) {
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, tracker_of("runtime", nullptr), "max_runtime", "duration");
  for (const char *text : {"abc", "-1", "nan", "'-0:30'"})
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, tracker_of("runtime", nullptr, std::string("max_runtime=") + text),
                   "max_runtime is", "1h30m");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, tracker_of("runtime", nullptr, "max_runtime=60 before=2m"), "before is 2m",
                 "60");
}

TEST(NamedTrackers, AreThoseOfPyPde) {
  const JsonDocument golden = golden_json("trackers.json");
  for (const auto &name : golden["registered_names"].GetObject()) {
    const std::string text = name.name.GetString();
    if (text == "interactive") continue;  // a window of napari
    if (text == "plot") {                 // needs a path, and the movie module: see tests of the C API
      EXPECT_TRUE(tracker_options("tracker:plot"));
      continue;
    }
    EXPECT_EQ(tracker_of(text.c_str(), nullptr)->name(), text);
    EXPECT_TRUE(tracker_options("tracker:" + text)) << text;
  }
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, tracker_of("plots", nullptr), "\"plots\"", "\"consistency\"",
                 "\"steady_state\"");
  EXPECT_FALSE(tracker_options("tracker:plots"));
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, tracker_of("consistency", nullptr, "atol=1"), "atol");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, tracker_of("steady_state", nullptr, "atol=-1"), "atol");
}

}  // namespace
}  // namespace pde
