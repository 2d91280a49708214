// The method of Adams and Bashforth of second order: y += h (3 F - F_before) / 2, one rate in each step.
#pragma once

#include "solver/fixed_stepper.hpp"

namespace pde {

/// Three arrays.
///
/// The first rate before is that of the state y - h F, as py-pde estimates it; such a step is of second order
/// by itself. py-pde starts once in a run. This one starts at every due time where steps end: the next step
/// may have another length, and a run that goes on from a state recorded there needs no rate from before it.
/// A state that was recorded in between (trackers that go by the clock or count steps) does: it is saved as
/// text where the array has no more than kMostSaved numbers; where it has more, the run that goes on starts
/// the method again.
class AdamsBashforthStepper : public FixedStepper {
 public:
  static constexpr const char *kName = "adams-bashforth";
  static constexpr double kStability = 1;
  static constexpr int64_t kMostSaved = 4096;
  AdamsBashforthStepper(Rate &rate, const WorkLayout &layout, double dt, Rule rule)
      : FixedStepper(rate, layout, dt, rule),
        next_(std::make_unique<WorkArray>(layout)),
        before_(std::make_unique<WorkArray>(layout)) {}

  const char *name() const override { return kName; }
  const char *class_name() const override { return "AdamsBashforthSolver"; }

 private:
  int64_t advance(double t, double h, int64_t most) override;
  void begin_stretch() override { begun_ = false; }
  const char *method() const override { return "Adams-Bashforth of second order"; }
  double stability() const override { return kStability; }
  std::string save_more() const override;
  void restore_more(const JsonValue &saved) override;

  std::unique_ptr<WorkArray> next_, before_;
  bool begun_ = false;
};

}  // namespace pde
