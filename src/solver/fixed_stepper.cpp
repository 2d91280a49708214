#include "solver/fixed_stepper.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/numbers.hpp"

namespace pde {

namespace {
constexpr int64_t kLookEvery = 64;  // steps, for numbers that are not finite
}

FixedStepper::FixedStepper(Rate &rate, const WorkLayout &layout, double dt, Rule rule)
    : Stepper(rate, layout), rule_(rule), step_size_(dt) {
  dt_ = dt;
}

void FixedStepper::plan(double t, double t_target) {
  const double steps = (t_target - t) / step_size_;
  if (!(steps < 9e15))
    fail(PDE_ERR_ARGUMENT, "option dt is {}, too short for the {} up to t = {}", real_text(step_size_),
         real_text(t_target - t), real_text(t_target));
  t0_ = t;
  t1_ = t_target;
  done_ = 0;
  // A millionth of a step too much is rounding, not another step.
  const double count = rule_ == Rule::fixed ? std::nearbyint(steps) : std::ceil(steps - 1e-6);
  planned_ = std::max<int64_t>(1, static_cast<int64_t>(count));
  h_ = rule_ == Rule::fixed ? step_size_ : (t1_ - t0_) / static_cast<double>(planned_);
  begin_stretch();
}

double FixedStepper::go(double t, double t_target, int64_t most) {
  if (!within_stretch() || t_target != t1_) plan(t, t_target);
  // Steps that are made at once do not reach beyond the next look at the state.
  const int64_t until_look = kLookEvery - steps_ % kLookEvery;
  const int64_t made = advance(t, h_, std::min({most, planned_ - done_, until_look}));
  done_ += made;
  steps_ += made;
  if (made == until_look) check_sound(t + static_cast<double>(made) * h_);
  if (within_stretch()) return t0_ + static_cast<double>(done_) * h_;
  if (rule_ == Rule::exact) return t1_;
  return (t0_ + static_cast<double>(planned_ - 1) * h_) + h_;
}

void FixedStepper::check_sound(double t) const {
  if (sound()) return;
  fail(PDE_ERR_UNSOUND, "the state is not finite any more at t = {}: {} with dt = {} has blown up{}",
       real_text(t), method(), real_text(step_size_), stability_hint(rate_, stability()));
}

std::string stability_hint(const Rate &rate, double stability) {
  if (!rate.knows_spectrum()) return {};
  const double radius = rate.spectral_radius(-1, 1);
  return fmt::format("; for values between -1 and 1 it is stable up to dt = {:.3g}", stability / radius);
}

std::string FixedStepper::save_more() const {
  return fmt::format(R"(, "stretch": {{"from": {}, "to": {}, "h": {}, "planned": {}, "done": {}}})",
                     json_number(t0_), json_number(t1_), json_number(h_), planned_, done_);
}

void FixedStepper::restore_more(const JsonValue &saved) {
  const JsonValue &stretch = saved_object(saved, "stretch");
  t0_ = saved_real(stretch, "from");
  t1_ = saved_real(stretch, "to");
  h_ = saved_length(stretch, "h");
  planned_ = saved_integer(stretch, "planned");
  done_ = saved_integer(stretch, "done");
}

}  // namespace pde
