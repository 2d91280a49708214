// The reference solutions and interrupt runs of py-pde, frame by frame.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "solver/solve.hpp"
#include "support/golden.hpp"
#include "support/golden_schedules.hpp"

namespace pde {
namespace {

constexpr double kTolerance = 1e-12;  // relative to the largest value

struct Frame {
  double t;
  std::vector<double> values;
};

std::vector<double> packed(const Field &field) {
  std::vector<double> values(static_cast<size_t>(field.description().count()));
  field.pack(values.data());
  return values;
}

Options euler_steps(double dt) {
  Options options;
  options.set("stepper", std::string("euler"));
  options.set("step_rule", std::string("fixed"));
  options.set("dt", dt);
  return options;
}

/// Solves, and keeps what a tracker sees.
std::vector<Frame> frames_of(const Equation &equation, const FieldPtr &state, double t_start, double t_end,
                             const Options &options, SchedulePtr schedule) {
  std::vector<Frame> frames;
  Controller controller({make_callback_tracker(std::move(schedule),
                                               [&](const StatePtr &seen, double t) {
                                                 frames.push_back({t, packed(*seen)});
                                                 return Verdict();
                                               })},
                        Options());
  solve(equation, state, t_start, t_end, options, &controller);
  return frames;
}

/// Text as it is, everything else as JSON.
std::string text_of(const JsonValue &value) {
  if (value.IsString()) return std::string(json_text(value));
  JsonBuffer text;
  JsonWriter writer(text);
  value.Accept(writer);
  return {text.GetString(), text.GetSize()};
}

EquationPtr equation_of(const JsonValue &solver) {
  const std::string name(json_text(solver["equation"]));
  Options options;
  for (const auto &argument : solver["arguments"].GetObject()) {
    if (argument.value.IsNumber()) {
      options.set(json_text(argument.name), argument.value.GetDouble());
    } else {
      options.set(json_text(argument.name), text_of(argument.value));
    }
  }
  return make_equation(name == "DiffusionPDE"      ? "diffusion"
                       : name == "AllenCahnPDE"    ? "allen-cahn"
                       : name == "CahnHilliardPDE" ? "cahn-hilliard"
                                                   : "swift-hohenberg",
                       options);
}

/// As it was solved there.
Options stepping_of(const JsonValue &solver) {
  const bool euler = json_text(solver["solver"]) == "euler";
  if (!solver["adaptive"].GetBool()) {
    Options options = euler_steps(solver["dt"].GetDouble());
    if (!euler) options.set("stepper", std::string("runge-kutta"));
    return options;
  }
  Options options;
  options.set("stepper", std::string(euler ? "euler-adaptive" : "rk45"));
  options.set("tolerance", solver["tolerance"].GetDouble());
  return options;
}

double largest(const std::vector<double> &values) {
  double most = 0;
  for (double value : values) most = std::max(most, std::fabs(value));
  return most;
}

/// Times of fixed steps to the bit, with py-pde's own rounding; where steps vary it misses due times by that.
void compare(const std::vector<Frame> &frames, const GoldenSeries &golden, bool adaptive) {
  ASSERT_EQ(frames.size(), golden.times.size());
  for (size_t i = 0; i < frames.size(); ++i) {
    EXPECT_NEAR(frames[i].t, golden.times[i], adaptive ? 1e-12 : 0) << "frame " << i;
    const double tolerance = kTolerance * largest(golden.frames[i]);
    for (size_t cell = 0; cell < frames[i].values.size(); ++cell) {
      ASSERT_NEAR(frames[i].values[cell], golden.frames[i][cell], tolerance)
          << "frame " << i << " cell " << cell;
    }
  }
}

TEST(GoldenSolver, ReferenceSolutionsAreMet) {
  const JsonDocument manifest = golden_json("manifest.json");
  std::vector<std::string> compared;
  for (const JsonValue &file : manifest["files"].GetArray()) {
    if (json_text(file["kind"]) != "solver") continue;
    const std::string path(json_text(file["path"]));
    SCOPED_TRACE(path);
    const JsonValue &solver = file["solver"];
    const GoldenSeries golden = golden_series(path);
    FieldDescription description;
    description.grid = Grid::parse(text_of(file["grid"]["state"]));
    const FieldPtr state = Field::create(description);
    state->unpack(golden.frames[0].data());
    const std::vector<double> range = golden_numbers(solver["t_range"]);
    compare(frames_of(*equation_of(solver), state, range[0], range[1], stepping_of(solver),
                      schedule_of(solver["interrupts"])),
            golden, solver["adaptive"].GetBool());
    // These runs end at the time of their last frame.
    const std::vector<double> end = packed(*state);
    for (size_t cell = 0; cell < end.size(); ++cell) {
      ASSERT_NEAR(end[cell], golden.frames.back()[cell], kTolerance * largest(golden.frames.back()));
    }
    compared.push_back(path);
  }
  EXPECT_EQ(compared.size(), 30u);
}

/// The numbers of the steps nearest to due times, halfway the later one; `out_shared`: whether due times
/// share one.
std::vector<int64_t> nearest_steps(Schedule &schedule, double t_start, double t_end, double dt,
                                   bool &out_shared) {
  const double steps = std::ceil((t_end - t_start) / dt * (1 - 1e-12));
  std::vector<int64_t> nearest;
  out_shared = false;
  for (double due = schedule.first(t_start); std::isfinite(due); due = schedule.next(due)) {
    const double later = (due - t_start) / dt + 0.5 + 1e-9, step = std::floor(later);
    out_shared = out_shared || later - step < 2e-9;
    if (step > steps) break;
    if (!nearest.empty() && nearest.back() == static_cast<int64_t>(step)) {
      out_shared = true;
    } else {
      nearest.push_back(static_cast<int64_t>(step));
    }
  }
  return nearest;
}

/// Where due times lie closer together than steps, py-pde hands out one with each step and falls behind: it
/// serves 0.225 with the step to 0.3, of 0.1. Ours go to the nearest step, which is served once.
TEST(GoldenInterrupts, TimesOfRunsAgree) {
  const JsonDocument golden = golden_json("interrupts.json");
  const EquationPtr equation = make_equation("diffusion", Options());
  int equal = 0, nearest = 0;
  for (const JsonValue &run : golden["runs"].GetArray()) {
    SchedulePtr schedule = schedule_of(run["spec"]);
    if (!schedule) continue;
    JsonBuffer text;
    JsonWriter writer(text);
    run.Accept(writer);
    SCOPED_TRACE(text.GetString());
    const std::vector<double> range = golden_numbers(run["t_range"]);
    const double dt = run["dt"].GetDouble();
    bool shared = false;
    const std::vector<int64_t> steps = nearest_steps(*schedule, range[0], range[1], dt, shared);
    FieldDescription description;
    description.grid = Grid::unit(std::vector<int64_t>{4}, {false});
    const auto frames = frames_of(*equation, Field::create(description), range[0], range[1], euler_steps(dt),
                                  std::move(schedule));
    std::vector<double> handled;
    std::vector<int64_t> handled_steps;
    for (const Frame &frame : frames) {
      handled.push_back(frame.t);
      handled_steps.push_back(std::llround((frame.t - range[0]) / dt));
    }
    EXPECT_EQ(handled_steps, steps);
    const std::vector<double> expected = golden_numbers(run["handled"]);
    if (handled == expected) {
      ++equal;
    } else {
      EXPECT_TRUE(shared);
      ++nearest;
    }
  }
  EXPECT_EQ(nearest, 5);
  EXPECT_EQ(equal, 63);
}

}  // namespace
}  // namespace pde
