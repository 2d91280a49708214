// What all time steppers have in common: a state in work arrays, and steps that lead to a target.
//
// A stepper can be cut off and go on: `save` gives what its next steps depend on besides the state, as JSON,
// and `restore` takes it. A run that is cut where a step has ended, and goes on with that state and text,
// makes the same steps to the bit. So whatever a step leaves behind for the next one is either a few numbers,
// or can be computed anew from the state at the very same time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "solver/rate.hpp"
#include "solver/work_array.hpp"

namespace pde {

class Stepper {
 public:
  virtual ~Stepper() = default;

  /// One step from t towards t_target; the time then reached. It is t_target itself, bit for bit, unless the
  /// rule of the stepper is not to shorten steps. PDE_ERR_UNSOUND if there is no finite state to step to.
  double step(double t, double t_target) { return go(t, t_target, 1); }
  /// The same, or several steps, at most so many, where that is faster.
  virtual double go(double t, double t_target, int64_t most) = 0;

  WorkArray &state() { return *y_; }
  const WorkLayout &layout() const { return layout_; }
  /// PDE_ERR_UNSOUND if a value of the state is not finite; says what may be wrong.
  virtual void check_sound(double t) const;
  bool sound() const;

  /// A JSON object; of few numbers, unless the stepper says otherwise.
  std::string save() const;
  /// Before the first step. PDE_ERR_ARGUMENT if another stepper has saved it, PDE_ERR_FORMAT.
  void restore(std::string_view json);

  virtual const char *name() const = 0;        // that of option `stepper`
  virtual const char *class_name() const = 0;  // as py-pde would call it
  virtual bool adaptive() const = 0;
  virtual bool stochastic() const { return false; }
  /// For the info of files.
  int64_t steps() const { return steps_; }
  double dt() const { return dt_; }
  /// More members for the same JSON object, each with a leading comma.
  virtual std::string extra_info() const { return {}; }

 protected:
  Stepper(Rate &rate, const WorkLayout &layout)
      : rate_(rate), layout_(layout), y_(std::make_unique<WorkArray>(layout)) {}

  /// More members of what is saved, each with a leading comma; and back.
  virtual std::string save_more() const = 0;
  virtual void restore_more(const JsonValue &saved) = 0;

  Rate &rate_;
  WorkLayout layout_;
  std::unique_ptr<WorkArray> y_;
  int64_t steps_ = 0;
  double dt_ = 0;
};

/// Members of a saved object; PDE_ERR_FORMAT if they are not there or not of that kind. Numbers are finite,
/// lengths and integers not below 0.
double saved_real(const JsonValue &saved, const char *key);
double saved_length(const JsonValue &saved, const char *key);
int64_t saved_integer(const JsonValue &saved, const char *key);
const JsonValue &saved_object(const JsonValue &saved, const char *key);

/// The lengths of the steps that were made.
class StepStatistics {
 public:
  void add(double h);
  /// py-pde's `dt_statistics`.
  std::string text() const;
  std::string save() const;
  void restore(const JsonValue &saved);

 private:
  int64_t count_ = 0;
  double min_ = 0, max_ = 0, mean_ = 0, squares_ = 0;
};

/// The least step that moves the time between these two.
double shortest_step(double t, double t_target);

}  // namespace pde
