// When a tracker acts: schedules are functions of time with a counter, nothing else.
//
// The n-th due time is computed from n, never accumulated, so it does not drift however long a run is. A
// schedule is begun with first(t) and asked next(t) each time it has been handled; handling may be early (by
// up to half a step, see Controller::set_step) or late, so it is the counter, not t, that says which due time
// has just been served.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace pde {

class Schedule {
 public:
  virtual ~Schedule() = default;

  /// Begins at t: the first due time, not before t; +infinity: never. Begins afresh when called again.
  double first(double t);
  /// Handled at t: the following due time, strictly after t and after the due time before it; +infinity:
  /// never.
  ///
  /// Due times that lie behind t are dropped, as is one that t has reached up to rounding. PDE_ERR_STATE
  /// before first.
  double next(double t);

  /// The form that `parse` reads: two schedules with the same text have the same due times.
  virtual std::string text() const = 0;
  /// A copy that has not begun.
  virtual std::unique_ptr<Schedule> clone() const = 0;

  /// "constant(0.1)", "constant(0.1, 5)", "list(0, 1, 2.5)". PDE_ERR_ARGUMENT lists the forms.
  static std::unique_ptr<Schedule> parse(std::string_view text);

 private:
  virtual double begin(double t) = 0;
  virtual double advance(double t) = 0;
  bool begun_ = false;
};
using SchedulePtr = std::unique_ptr<Schedule>;

/// Due at t0 + n * interval, where t0 is the time of first(t), or `t_start` if that is later.
class ConstantSchedule : public Schedule {
 public:
  /// interval: finite, above 0. t_start: finite, or PDE_TIME_AUTO: that of the run.
  explicit ConstantSchedule(double interval, double t_start = PDE_TIME_AUTO);
  std::string text() const override;
  std::unique_ptr<Schedule> clone() const override;

 private:
  double begin(double t) override;
  double advance(double t) override;
  double due(double n) const;

  double interval_, t_start_;
  double t0_ = 0, last_ = 0;
  double n_ = 0;  // as a number: exact up to 2^53, and beyond that times are coarser than intervals anyway
};

/// Due at given times, which increase strictly. An empty list is never due.
class ListSchedule : public Schedule {
 public:
  explicit ListSchedule(std::span<const double> times);
  std::string text() const override;
  std::unique_ptr<Schedule> clone() const override;

 private:
  double begin(double t) override;
  double advance(double t) override;
  double due() const;

  std::vector<double> times_;
  size_t n_ = 0;
};

/// By how much a time near `t` may be off from rounding alone, in a run that began at `t_start`: four units
/// in the last place of the larger one.
double time_rounding(double t, double t_start);

}  // namespace pde
