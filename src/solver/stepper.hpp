// What all time steppers have in common: a state in work arrays, and steps that lead to a target.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "solver/rate.hpp"
#include "solver/work_array.hpp"

namespace pde {

class Stepper {
 public:
  virtual ~Stepper() = default;

  /// One step from t towards t_target; the time then reached. It is t_target itself, bit for bit, unless the
  /// rule of the stepper is not to shorten steps. PDE_ERR_UNSOUND if there is no finite state to step to.
  virtual double step(double t, double t_target) = 0;

  WorkArray &state() { return *y_; }
  const WorkLayout &layout() const { return layout_; }
  /// PDE_ERR_UNSOUND if a value of the state is not finite; says what may be wrong.
  virtual void check_sound(double t) const;
  bool sound() const;

  virtual const char *class_name() const = 0;  // as py-pde would call it
  virtual bool adaptive() const = 0;
  /// For the info of files.
  int64_t steps() const { return steps_; }
  double dt() const { return dt_; }
  /// More members for the same JSON object, each with a leading comma.
  virtual std::string extra_info() const { return {}; }

 protected:
  Stepper(Rate &rate, const WorkLayout &layout)
      : rate_(rate), layout_(layout), y_(std::make_unique<WorkArray>(layout)) {}

  Rate &rate_;
  WorkLayout layout_;
  std::unique_ptr<WorkArray> y_;
  int64_t steps_ = 0;
  double dt_ = 0;
};

}  // namespace pde
