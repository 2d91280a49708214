#include "solver/adaptive_stepper.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/numbers.hpp"

namespace pde {

AdaptiveStepper::AdaptiveStepper(Rate &rate, const WorkLayout &layout, const Control &control)
    : Stepper(rate, layout), control_(control) {
  dt_ = std::clamp(control.dt, control.dt_min, control.dt_max);
}

double AdaptiveStepper::go(double t, double t_target, int64_t) {
  while (true) {
    const double h = std::min(dt_, t_target - t), t_new = h < t_target - t ? t + h : t_target;
    const double error = attempt(t, h) / control_.tolerance;
    if (error <= 1) {
      accept(t_new);
      ++steps_;
      statistics_.add(h);
      if (t_new < t_target) adjust(t, h, error);
      return std::min(t_new, t_target);
    }
    ++rejected_;
    adjust(t, h, error);
  }
}

void AdaptiveStepper::adjust(double t, double h, double error) {
  constexpr double kTiny = 0.00057665;  // where the factor would be 4
  const double factor = std::isnan(error) ? 0.25
                        : error < kTiny   ? 4
                                          : std::max(0.9 * std::pow(error, -0.2), 0.1);
  dt_ = std::min(h * factor, control_.dt_max);
  if (dt_ >= std::max(control_.dt_min, shortest_step(t, t))) return;
  check_sound(t);
  fail(PDE_ERR_UNSOUND, "at t = {} no step is short enough (option dt_min is {}): with {} the {}",
       real_text(t), real_text(control_.dt_min), real_text(h),
       std::isfinite(error)
           ? fmt::format("error is {:.3g} times the tolerance {}", error, real_text(control_.tolerance))
           : std::string("state is not finite any more"));
}

std::string AdaptiveStepper::extra_info() const {
  return fmt::format(R"(, "dt_statistics": {}, "rejected": {})", statistics_.text(), rejected_);
}

std::string AdaptiveStepper::save_more() const {
  return fmt::format(R"(, "rejected": {}, "statistics": {})", rejected_, statistics_.save());
}

void AdaptiveStepper::restore_more(const JsonValue &saved) {
  dt_ = std::clamp(dt_, control_.dt_min, control_.dt_max);
  rejected_ = saved_integer(saved, "rejected");
  statistics_.restore(saved_object(saved, "statistics"));
}

}  // namespace pde
