// The reference solutions of py-pde with Runge-Kutta and with adaptive steps.
//
// They have a boundary condition of another kind on each side, so the rate is written here, cell by cell,
// from the formulas alone.
#include <gtest/gtest.h>

#include <cmath>

#include "base/json.hpp"
#include "solver/stepper_fixture.hpp"
#include "support/golden.hpp"

namespace pde {
namespace {

/// lap c - c^3 + c with c = 1.5 at x-, dc/dn = -0.5 at x+, dc/dn + 2 c = 7 at y-, d2c/dn2 = 0.3 at y+.
class ReferenceRate : public Rate {
 public:
  explicit ReferenceRate(const Grid &grid)
      : layout_(grid),
        nx_(grid.shape()[0]),
        ny_(grid.shape()[1]),
        dx_(grid.spacing(0)),
        dy_(grid.spacing(1)) {}

  void evaluate(WorkArray &y, double, const Combination &how) override {
    double *const c = y.cells();
    const int64_t sx = layout_.strides[1];
    for (int64_t j = 0; j < ny_; ++j) {
      c[-sx + j] = 2 * 1.5 - c[j];
      c[nx_ * sx + j] = c[(nx_ - 1) * sx + j] + dx_ * -0.5;
    }
    for (int64_t i = 0; i < nx_; ++i) {
      double *const row = c + i * sx;
      row[-1] = (2 * dy_ * 7 + (2 - dy_ * 2) * row[0]) / (2 + dy_ * 2);
      row[ny_] = dy_ * dy_ * 0.3 + 2 * row[ny_ - 1] - row[ny_ - 2];
    }
    sweep_combined(layout_, how, [c, sx, dx = dx_, dy = dy_](double weight) {
      return [=](auto arithmetic, double base, int64_t at, int64_t) PDE_INLINE {
        const double lap = (c[at - sx] - 2 * c[at] + c[at + sx]) / (dx * dx) +
                           (c[at - 1] - 2 * c[at] + c[at + 1]) / (dy * dy);
        return arithmetic.multiply_add(weight, lap - c[at] * c[at] * c[at] + c[at], base);
      };
    });
  }
  double spectral_radius(double, double) const override { return 8 / (dx_ * dx_) + 8 / (dy_ * dy_); }

 private:
  WorkLayout layout_;
  int64_t nx_, ny_;
  double dx_, dy_;
};

struct Reference {
  explicit Reference(const std::string &name)
      : series(golden_series(name)), manifest(golden_json("manifest.json")) {
    for (const JsonValue &file : manifest["files"].GetArray()) {
      if (json_text(file["path"]) != name) continue;
      JsonBuffer text;
      JsonWriter writer(text);
      file["grid"]["state"].Accept(writer);
      grid = Grid::parse({text.GetString(), text.GetSize()});
      solver = &file["solver"];
    }
  }
  GoldenSeries series;
  JsonDocument manifest;
  GridPtr grid;
  const JsonValue *solver = nullptr;
};

/// The largest difference over all frames, relative to the largest value; the frames are met at their times.
double difference(const Reference &reference, Stepper &stepper) {
  FieldDescription description;
  description.grid = reference.grid;
  const FieldPtr state = Field::create(description);
  state->unpack(reference.series.frames[0].data());
  stepper.state().load(*state, stepper.layout());
  double t = 0, most = 0, scale = 0;
  std::vector<double> values(reference.series.frames[0].size());
  for (size_t frame = 1; frame < reference.series.times.size(); ++frame) {
    const double due = 0.1 * static_cast<double>(frame);
    while (t < due - 1e-6) t = stepper.step(t, due);
    EXPECT_EQ(t, reference.series.times[frame]);
    stepper.state().store(*state, stepper.layout());
    state->pack(values.data());
    most = std::max(most, largest_difference(values, reference.series.frames[frame]));
    for (const double value : values) scale = std::max(scale, std::fabs(value));
  }
  return most / scale;
}

TEST(GoldenStepper, RungeKuttaWithEqualSteps) {
  const Reference reference("solvers/allen_cahn_rk4_fixed.hdf5");
  ReferenceRate rate(*reference.grid);
  const auto stepper =
      make_stepper("rk4", rate, WorkLayout(*reference.grid), {.dt = 0.01, .rule = FixedStepper::Rule::fixed});
  const double found = difference(reference, *stepper);
  RecordProperty("difference", fmt::format("{:.3g}", found));
  EXPECT_LT(found, 1e-12);
  EXPECT_EQ(stepper->steps(), 50);
}

/// The equation does not depend on time, so that py-pde's rate of the time before is the right one, and all
/// can be compared: steps, their lengths, and the state. Both round differently (py-pde in fast-math mode),
/// and differences in the error estimate make steps a little different in length.
TEST(GoldenStepper, AdaptiveStepsAreThoseOfPyPde) {
  for (const auto &[file, name] : {std::pair{"solvers/allen_cahn_rk_adaptive.hdf5", "rk45"},
                                   {"solvers/allen_cahn_euler_adaptive.hdf5", "euler-adaptive"}}) {
    SCOPED_TRACE(name);
    const Reference reference(file);
    ReferenceRate rate(*reference.grid);
    const auto stepper = make_stepper(name, rate, WorkLayout(*reference.grid), {.dt = 1e-3});
    const double found = difference(reference, *stepper);
    RecordProperty(name, fmt::format("{:.3g}", found));
    EXPECT_LT(found, 1e-10);
    const JsonValue &info = (*reference.solver)["info"];
    EXPECT_EQ(stepper->steps(), info["steps"].GetInt64());
    EXPECT_EQ(stepper->class_name(), json_text(info["class"]));
    EXPECT_NEAR(stepper->dt(), info["dt"].GetDouble(), 1e-9 * stepper->dt());
    const JsonDocument own = json_parse("{\"a\": 1" + stepper->extra_info() + "}", "info");
    for (const char *key : {"min", "max", "mean", "std", "count"}) {
      const double expected = info["dt_statistics"][key].GetDouble();
      EXPECT_NEAR(own["dt_statistics"][key].GetDouble(), expected, 1e-9 * expected) << key;
    }
  }
}

}  // namespace
}  // namespace pde
