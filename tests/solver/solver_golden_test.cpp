// The reference solutions and interrupt runs of py-pde: fixed Euler steps, frame by frame.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "solver/solve.hpp"
#include "support/golden.hpp"

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

SchedulePtr schedule_of(const JsonValue &spec) {
  if (spec.IsNumber()) return std::make_unique<ConstantSchedule>(spec.GetDouble());
  return std::make_unique<ListSchedule>(golden_numbers(spec));
}

/// Solves as py-pde does with a fixed dt, and keeps what a tracker sees.
std::vector<Frame> frames_of(const Equation &equation, const FieldPtr &state, double t_start, double t_end,
                             double dt, SchedulePtr schedule) {
  std::vector<Frame> frames;
  Controller controller({make_callback_tracker(std::move(schedule),
                                               [&](const StatePtr &seen, double t) {
                                                 frames.push_back({t, packed(*seen)});
                                                 return Verdict();
                                               })},
                        Options());
  Options options;
  options.set("stepper", std::string("euler"));
  options.set("step_rule", std::string("fixed"));
  options.set("dt", dt);
  solve(equation, state, t_start, t_end, options, &controller);
  return frames;
}

EquationPtr equation_of(const JsonValue &solver) {
  const std::string name(json_text(solver["equation"]));
  Options options;
  for (const auto &argument : solver["arguments"].GetObject()) {
    options.set(json_text(argument.name), argument.value.GetDouble());
  }
  return make_equation(name == "DiffusionPDE"      ? "diffusion"
                       : name == "AllenCahnPDE"    ? "allen-cahn"
                       : name == "CahnHilliardPDE" ? "cahn-hilliard"
                                                   : "swift-hohenberg",
                       options);
}

/// Whether this version can solve it: its grid, fixed Euler steps, and the default boundary conditions.
bool is_ours(const JsonValue &file) {
  const JsonValue &solver = file["solver"];
  const std::string_view grid = json_text(file["grid"]["class"]);
  if (grid != "UnitGrid" && grid != "CartesianGrid") return false;
  if (json_text(solver["solver"]) != "euler" || solver["adaptive"].GetBool()) return false;
  for (const auto &argument : solver["arguments"].GetObject()) {
    if (json_text(argument.name).starts_with("bc")) return false;
  }
  return true;
}

GridPtr grid_of(const JsonValue &file) {
  JsonBuffer text;
  JsonWriter writer(text);
  file["grid"]["state"].Accept(writer);
  return Grid::parse({text.GetString(), text.GetSize()});
}

double largest(const std::vector<double> &values) {
  double most = 0;
  for (double value : values) most = std::max(most, std::fabs(value));
  return most;
}

void compare(const std::vector<Frame> &frames, const GoldenSeries &golden) {
  ASSERT_EQ(frames.size(), golden.times.size());
  for (size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(frames[i].t, golden.times[i]) << "frame " << i;  // to the bit, with py-pde's own rounding
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
    if (json_text(file["kind"]) != "solver" || !is_ours(file)) continue;
    const std::string path(json_text(file["path"]));
    SCOPED_TRACE(path);
    const JsonValue &solver = file["solver"];
    const GoldenSeries golden = golden_series(path);
    FieldDescription description;
    description.grid = grid_of(file);
    const FieldPtr state = Field::create(description);
    state->unpack(golden.frames[0].data());
    const std::vector<double> range = golden_numbers(solver["t_range"]);
    compare(frames_of(*equation_of(solver), state, range[0], range[1], solver["dt"].GetDouble(),
                      schedule_of(solver["interrupts"])),
            golden);
    // These runs end at the time of their last frame.
    const std::vector<double> end = packed(*state);
    for (size_t cell = 0; cell < end.size(); ++cell) {
      ASSERT_NEAR(end[cell], golden.frames.back()[cell], kTolerance * largest(golden.frames.back()));
    }
    compared.push_back(path);
  }
  EXPECT_EQ(compared.size(), 11u);
  for (const char *name :
       {"diffusion_periodic", "diffusion_default_args", "diffusion_3d", "diffusion_uneven_steps",
        "diffusion_tstart", "allen_cahn_periodic", "allen_cahn_default", "cahn_hilliard_periodic",
        "cahn_hilliard_default", "swift_hohenberg_periodic", "swift_hohenberg_default_bc"}) {
    EXPECT_TRUE(std::find(compared.begin(), compared.end(), std::string("solvers/") + name + ".hdf5") !=
                compared.end())
        << name;
  }
}

TEST(GoldenInterrupts, TimesOfRunsAgree) {
  const JsonDocument golden = golden_json("interrupts.json");
  const EquationPtr equation = make_equation("diffusion", Options());
  int compared = 0;
  for (const JsonValue &run : golden["runs"].GetArray()) {
    const JsonValue &spec = run["spec"];
    if (!spec.IsNumber() && !spec.IsArray()) continue;  // schedules of later versions
    if (spec.IsArray()) {
      const std::vector<double> times = golden_numbers(spec);
      // Lists out of order or with duplicates are refused: defect D27.
      if (std::adjacent_find(times.begin(), times.end(), std::greater_equal()) != times.end()) continue;
    }
    const std::vector<double> range = golden_numbers(run["t_range"]);
    FieldDescription description;
    description.grid = Grid::unit(std::vector<int64_t>{4}, {false});
    const auto frames = frames_of(*equation, Field::create(description), range[0], range[1],
                                  run["dt"].GetDouble(), schedule_of(spec));
    std::vector<double> handled;
    for (const Frame &frame : frames) handled.push_back(frame.t);
    const std::vector<double> expected = golden_numbers(run["handled"]);
    JsonBuffer text;
    JsonWriter writer(text);
    run.Accept(writer);
    ASSERT_EQ(handled.size(), expected.size()) << text.GetString();
    for (size_t i = 0; i < handled.size(); ++i)
      EXPECT_EQ(handled[i], expected[i]) << i << " of " << text.GetString();
    ++compared;
  }
  EXPECT_GE(compared, 20);
}

}  // namespace
}  // namespace pde
