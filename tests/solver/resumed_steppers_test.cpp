// A run that is cut off and goes on makes the same steps to the bit.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numbers>
#include <regex>

#include "base/json.hpp"
#include "solver/stepper_fixture.hpp"
#include "support/expect_error.hpp"

namespace pde {
namespace {

/// What is there after a step.
struct Moment {
  double t;
  size_t target;  // the one that this step was made for
  std::vector<double> cells;
  std::string saved;
};

using RateMaker = std::function<std::unique_ptr<Rate>(const Grid &)>;

struct Series {
  RateMaker make_rate;
  FieldPtr start;
  std::vector<double> targets;
  std::string method;
  StepperSettings settings;

  /// From the start, or from a moment.
  std::vector<Moment> run(const Moment *from) const {
    const auto rate = make_rate(start->grid());
    const auto stepper = make_stepper(method, *rate, WorkLayout(start->grid()), settings);
    stepper->state().load(*start, stepper->layout());
    double t = 0;
    size_t target = 0;
    if (from) {
      std::copy(from->cells.begin(), from->cells.end(), stepper->state().cells());
      stepper->restore(from->saved);
      t = from->t;
      target = from->target;
    }
    std::vector<Moment> moments;
    const bool fixed = settings.rule == FixedStepper::Rule::fixed;
    for (; target < targets.size(); ++target) {
      const double near = fixed ? 0.5 * settings.dt : 0;
      while (t < targets[target] - near) {
        t = stepper->step(t, targets[target]);
        moments.push_back({t, target, cells_of(*stepper), stepper->save()});
      }
    }
    return moments;
  }
};

/// Without what counts evaluations: a run that goes on computes one rate that the other had already.
std::string without_evaluations(const std::string &saved) {
  const size_t begin = saved.find(", \"evaluations\"");
  if (begin == std::string::npos) return saved;
  return saved.substr(0, begin) + saved.substr(saved.find(',', begin + 1));
}

bool same_bits(const std::vector<double> &a, const std::vector<double> &b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

/// Cuts the run where a due time is reached, and at some thirty steps in between if asked to.
void expect_resumable(const Series &series, bool in_between) {
  const std::vector<Moment> whole = series.run(nullptr);
  ASSERT_GT(whole.size(), series.targets.size());
  const size_t every = 1 + whole.size() / 30;
  int cuts = 0;
  for (size_t cut = 0; cut < whole.size(); ++cut) {
    const bool due = cut + 1 == whole.size() || whole[cut + 1].target != whole[cut].target;
    if (!due && !(in_between && cut % every == 0)) continue;
    ++cuts;
    const std::vector<Moment> rest = series.run(&whole[cut]);
    ASSERT_EQ(rest.size(), whole.size() - cut - 1) << "cut at t = " << whole[cut].t;
    for (size_t i = 0; i < rest.size(); ++i) {
      const Moment &expected = whole[cut + 1 + i];
      ASSERT_EQ(rest[i].t, expected.t) << "cut at t = " << whole[cut].t;
      ASSERT_TRUE(same_bits(rest[i].cells, expected.cells))
          << "cut at t = " << whole[cut].t << ", different at t = " << expected.t;
      ASSERT_EQ(without_evaluations(rest[i].saved), without_evaluations(expected.saved));
    }
  }
  EXPECT_GE(cuts, static_cast<int>(series.targets.size()));
}

FieldPtr start(int64_t cells) {
  return line_state(cells, 10, true,
                    [](double x) { return 0.5 * std::sin(0.2 * std::numbers::pi * x) + 0.3; });
}

std::vector<double> due_times() {
  std::vector<double> times;
  for (int n = 1; n <= 8; ++n) times.push_back(0.1 * n);
  times.push_back(0.83);
  times.push_back(1.7);
  return times;
}

double dt_of(const std::string &stepper) {
  return stepper == "rkc" || stepper == "rk45" || stepper == "euler-adaptive" ? 1e-3 : 0.007;
}

TEST(ResumedSteppers, MakeTheSameStepsForEquations) {
  for (const char *stepper : kSteppers) {
    for (const char *equation : {"allen-cahn", "cahn-hilliard"}) {
      SCOPED_TRACE(std::string(stepper) + " " + equation);
      const double dt = std::string(equation) == "cahn-hilliard" ? 0.1 * dt_of(stepper) : dt_of(stepper);
      expect_resumable({[&](const Grid &grid) { return make_equation(equation, Options())->prepare(grid); },
                        start(20),
                        due_times(),
                        stepper,
                        {.dt = dt}},
                       true);
    }
  }
}

std::unique_ptr<Rate> driven(const Grid &grid) {
  return std::make_unique<PointRate>(
      WorkLayout(grid), [](double y, double t) { return std::sin(7 * t) * y - y * y * y + t * t; }, 10);
}

TEST(ResumedSteppers, MakeTheSameStepsWhereRatesDependOnTime) {
  for (const char *stepper : kSteppers) {
    SCOPED_TRACE(stepper);
    expect_resumable({driven, start(20), due_times(), stepper, {.dt = dt_of(stepper)}}, true);
  }
}

/// The estimate of the spectral radius is renewed on the way.
TEST(ResumedSteppers, MakeTheSameStepsWhereTheSpectrumIsEstimated) {
  const auto unknown = [](const Grid &grid) -> std::unique_ptr<Rate> {
    return std::make_unique<PointRate>(
        WorkLayout(grid), [](double y, double t) { return -(50 + 40 * std::sin(5 * t)) * y - y * y * y; },
        -1);
  };
  const Series series{unknown, start(20), due_times(), "rkc", {.dt = 1e-3, .tolerance = 1e-7}};
  EXPECT_GT(series.run(nullptr).size(), 60u);
  expect_resumable(series, true);
}

TEST(ResumedSteppers, MakeTheSameStepsWithFixedSteps) {
  for (const char *stepper : {"euler", "rk4", "adams-bashforth"}) {
    SCOPED_TRACE(stepper);
    expect_resumable(
        {driven, start(20), due_times(), stepper, {.dt = 0.013, .rule = FixedStepper::Rule::fixed}}, true);
  }
}

/// Of larger arrays the rate before is not saved, so that between due times the method starts again.
TEST(ResumedSteppers, SaveNoLargeArrays) {
  const int64_t cells = AdamsBashforthStepper::kMostSaved + 1;
  const Series series{driven, start(cells), due_times(), "adams-bashforth", {.dt = 0.03}};
  expect_resumable(series, false);
  for (const Moment &moment : series.run(nullptr)) EXPECT_LT(moment.saved.size(), 300u);
}

TEST(ResumedSteppers, RefuseWhatTheyHaveNotSaved) {
  const FieldPtr state = start(4);
  const auto rate = driven(state->grid());
  const WorkLayout layout(state->grid());
  for (const char *name : kSteppers) {
    const auto restore = [&](const std::string &text) {
      make_stepper(name, *rate, layout, {.dt = 0.1})->restore(text);
    };
    for (const char *other : kSteppers) {
      if (std::string(other) == name) continue;
      EXPECT_MESSAGE(PDE_ERR_ARGUMENT, restore(make_stepper(other, *rate, layout, {.dt = 0.1})->save()),
                     std::string("\"") + other + '"', std::string("expected \"") + name + '"');
    }
    for (const char *text : {"", "[]", "{}", "1", R"({"stepper": 1})"}) {
      try {
        restore(text);
        ADD_FAILURE() << text;
      } catch (const Error &error) {
        EXPECT_TRUE(error.code() == PDE_ERR_FORMAT || error.code() == PDE_ERR_ARGUMENT) << error.what();
      }
    }
    const std::string whole = make_stepper(name, *rate, layout, {.dt = 0.1})->save();
    restore(whole);
    EXPECT_MESSAGE(PDE_ERR_FORMAT,
                   restore(std::regex_replace(whole, std::regex("\"dt\": [^,]*"), "\"dt\": -0.5")), "\"dt\"",
                   "-0.5");
    EXPECT_MESSAGE(PDE_ERR_FORMAT,
                   restore(std::regex_replace(whole, std::regex("\"dt\": [^,]*"), "\"dt\": NaN")), "\"dt\"",
                   "finite");
    EXPECT_MESSAGE(PDE_ERR_FORMAT,
                   restore(std::regex_replace(whole, std::regex("\"steps\": 0"), "\"steps\": -1")),
                   "\"steps\"");
    // Each member taken out, or of another kind.
    const JsonDocument saved = json_parse(whole, "saved");
    for (const auto &member : saved.GetObject()) {
      for (const bool wrong : {false, true}) {
        JsonDocument other;
        other.CopyFrom(saved, other.GetAllocator());
        other.RemoveMember(member.name);
        if (wrong) {
          JsonValue key(member.name, other.GetAllocator());
          other.AddMember(key, JsonValue("text", other.GetAllocator()), other.GetAllocator());
        }
        JsonBuffer text;
        JsonWriter writer(text);
        other.Accept(writer);
        EXPECT_THROW(restore({text.GetString(), text.GetSize()}), Error) << text.GetString();
      }
    }
  }
  const auto adams = make_stepper("adams-bashforth", *rate, layout, {.dt = 0.1});
  adams->state().load(*state, layout);
  adams->step(0, 1);
  std::string saved = adams->save();
  ASSERT_NE(saved.find("\"before\""), std::string::npos);
  const size_t digit = saved.rfind('"') - 1;
  const auto again = [&](const std::string &text) {
    make_stepper("adams-bashforth", *rate, layout, {.dt = 0.1})->restore(text);
  };
  again(saved);
  EXPECT_MESSAGE(PDE_ERR_FORMAT, again(saved.substr(0, digit) + "x\"}"), "other characters");
  EXPECT_MESSAGE(PDE_ERR_FORMAT, again(saved.substr(0, digit) + "\"}"), "63 digits", "16 for each of 4");
}

}  // namespace
}  // namespace pde
