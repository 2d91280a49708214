// When a tracker acts: schedules are functions of time with a counter, nothing else.
//
// The n-th due time is computed from n, never accumulated, so it does not drift however long a run is. A
// schedule is begun with first(t) and asked next(t) each time it has been handled; handling may be early (by
// up to half a step, see Controller::set_step) or late, so it is the counter, not t, that says which due time
// has just been served.
//
// Two kinds do not tell a loop where to go. One that goes by the clock guesses when it will be due, and steps
// must not depend on guesses (`binding`); one that counts steps is due by their number (`every_steps`).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
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

  /// Where it is, for another schedule of the same text to go on from: numbers that mean something to its
  /// kind alone.
  virtual std::vector<double> position() const = 0;
  /// Goes on from a position in a run that has come to t; the next due time. A position that makes no sense
  /// (PDE_ERR_FORMAT) leaves a schedule that has not begun.
  double resume(std::span<const double> position, double t);

  /// Whether steps are to end at its due times, not only behind them.
  virtual bool binding() const { return true; }
  /// Due at every so many-th step of a run, and where it begins, whatever its due times are; 0: by these.
  virtual int64_t every_steps() const { return 0; }

  /// "constant(0.1)", "constant(0.1, 5)", "list(0, 1, 2.5)", "geometric(1, 2)", "logarithmic(1, 2)",
  /// "logarithmic(1, 2, 5)", "steps(100)", "realtime(30)", "0:30" and other durations (parse_duration).
  /// PDE_ERR_ARGUMENT lists the forms.
  static std::unique_ptr<Schedule> parse(std::string_view text);

 private:
  virtual double begin(double t) = 0;
  virtual double advance(double t) = 0;
  /// The due time at a position; nothing: there is no such position.
  virtual std::optional<double> go_to(std::span<const double> position, double t) = 0;
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
  std::vector<double> position() const override;

 private:
  double begin(double t) override;
  double advance(double t) override;
  std::optional<double> go_to(std::span<const double> position, double t) override;
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
  std::vector<double> position() const override;

 private:
  double begin(double t) override;
  double advance(double t) override;
  std::optional<double> go_to(std::span<const double> position, double t) override;
  double due() const;

  std::vector<double> times_;
  size_t n_ = 0;
};

/// Due at scale * factor^n for n = 0, 1, 2, …: py-pde's GeometricInterrupts.
class GeometricSchedule : public Schedule {
 public:
  /// scale: finite, above 0. factor: finite, above 1.
  GeometricSchedule(double scale, double factor);
  std::string text() const override;
  std::unique_ptr<Schedule> clone() const override;
  std::vector<double> position() const override;

 private:
  double begin(double t) override;
  double advance(double t) override;
  std::optional<double> go_to(std::span<const double> position, double t) override;
  double due(double n) const;
  double first_not_before(double t) const;

  double scale_, factor_;
  double n_ = 0, last_ = 0;
};

/// Due in intervals that grow by a factor: t0 + dt (factor^n - 1) / (factor - 1), where t0 is as with
/// ConstantSchedule. py-pde's LogarithmicInterrupts, but for what comes after it was handled late: that goes
/// on from there, this drops what has passed.
class LogarithmicSchedule : public Schedule {
 public:
  /// dt_initial: the first interval, finite, above 0. factor: finite, 1 or more. t_start: as with
  /// ConstantSchedule.
  LogarithmicSchedule(double dt_initial, double factor, double t_start = PDE_TIME_AUTO);
  std::string text() const override;
  std::unique_ptr<Schedule> clone() const override;
  std::vector<double> position() const override;

 private:
  double begin(double t) override;
  double advance(double t) override;
  std::optional<double> go_to(std::span<const double> position, double t) override;
  double span(double n) const;

  double dt_initial_, factor_, t_start_;
  double t0_ = 0, last_ = 0;
  double n_ = 0;
};

/// Due about once in so many seconds of the clock: py-pde's RealtimeInterrupts, which guesses from the
/// progress of the run how much of its time that will be.
class RealtimeSchedule : public Schedule {
 public:
  using Clock = double (*)();  // seconds since some time in the past

  /// seconds, dt_initial (the first guess, in the time of the run): finite, above 0.
  explicit RealtimeSchedule(double seconds, double dt_initial = kFirstGuess, Clock clock = steady_seconds);
  std::string text() const override;
  std::unique_ptr<Schedule> clone() const override;
  std::vector<double> position() const override;
  bool binding() const override { return false; }

  static constexpr double kFirstGuess = 0.01;
  static double steady_seconds();

 private:
  double begin(double t) override;
  double advance(double t) override;
  std::optional<double> go_to(std::span<const double> position, double t) override;

  double seconds_, dt_initial_;
  Clock clock_;
  double dt_ = 0, last_ = 0, last_seconds_ = 0;
};

/// Due at every count-th step of a run, the start counting as step 0. By time it is due where the run begins,
/// and never again.
class StepSchedule : public Schedule {
 public:
  /// count: 1 or more.
  explicit StepSchedule(int64_t count);
  std::string text() const override;
  std::unique_ptr<Schedule> clone() const override;
  std::vector<double> position() const override;
  int64_t every_steps() const override { return count_; }

 private:
  double begin(double t) override;
  double advance(double t) override;
  std::optional<double> go_to(std::span<const double> position, double t) override;

  int64_t count_;
};

/// By how much a time near `t` may be off from rounding alone, in a run that began at `t_start`: four units
/// in the last place of the larger one.
double time_rounding(double t, double t_start);

}  // namespace pde
