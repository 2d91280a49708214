// A small state and trackers that note what happens to them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tracker/controller.hpp"

namespace pde {

inline FieldPtr make_state(std::vector<int64_t> shape = {4}, int32_t dtype = PDE_FLOAT64) {
  const std::vector<bool> periodic(shape.size(), false);
  FieldDescription description;
  description.grid = Grid::unit(shape, periodic);
  description.dtype = dtype;
  return Field::create(description);
}

/// Notes each call; does as told.
class NotingTracker : public Tracker {
 public:
  explicit NotingTracker(SchedulePtr schedule, std::string name = "noting")
      : Tracker(std::move(schedule)), name_(std::move(name)) {}

  std::string name() const override { return name_; }
  void start(const StatePtr &state, double t_start, double t_end) override {
    EXPECT_TRUE(state);
    notes += fmt::format("start {} {}; ", t_start, t_end);
    if (fail_start) fail(PDE_ERR_IO, "cannot start");
  }
  Verdict handle(const StatePtr &state, double t) override {
    EXPECT_TRUE(state);
    times.push_back(t);
    if (fail_from <= t) fail(PDE_ERR_USER - 7, "had enough");
    return {stop_from <= t, reason};
  }
  void finish(const StatePtr &state, const RunEnd &end) override {
    notes += fmt::format("finish {}{};", end.t, state ? "" : " without state");
    report = *end.info.find("controller");
    if (fail_finish) fail(PDE_ERR_IO, "cannot finish");
  }

  std::vector<double> times;
  std::string notes, report, reason;
  double stop_from = 1e300, fail_from = 1e300;
  bool fail_start = false, fail_finish = false;

 private:
  std::string name_;
};

inline std::shared_ptr<NotingTracker> noting(const char *schedule, const char *name = "noting") {
  return std::make_shared<NotingTracker>(Schedule::parse(schedule), name);
}

/// The loop of api.md: steps of at most dt_max that end at due times. Gives the time it ended at.
inline double run_exactly(Controller &controller, const FieldPtr &state, double t, double t_end,
                          double dt_max) {
  Controller::Next next = controller.start(state, t, t_end);
  while (!next.stop) {
    EXPECT_GT(next.t, t);
    EXPECT_LE(next.t, t_end);
    t = next.t - t > dt_max ? t + dt_max : next.t;
    next = controller.handle(controller.due(t) ? state : nullptr, t);
  }
  controller.finish(state, t);
  return t;
}

/// A loop of fixed steps that are added up.
inline double run_fixed(Controller &controller, const FieldPtr &state, double t, double t_end, double dt) {
  Controller::Next next = controller.start(state, t, t_end);
  while (!next.stop) {
    EXPECT_GT(next.t, t);
    EXPECT_LE(next.t, t_end);
    t += dt;
    next = controller.handle(controller.due(t) ? state : nullptr, t);
  }
  controller.finish(state, t);
  return t;
}

}  // namespace pde
