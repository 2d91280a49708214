#include "solver/runge_kutta_stepper.hpp"

namespace pde {

RungeKuttaStepper::RungeKuttaStepper(Rate &rate, const WorkLayout &layout, double dt, Rule rule)
    : FixedStepper(rate, layout, dt, rule) {
  for (auto &stage : stages_) stage = std::make_unique<WorkArray>(layout);
}

int64_t RungeKuttaStepper::advance(double t, double h, int64_t) {
  WorkArray *const y = y_.get(), *const half = stages_[0].get(), *const better = stages_[1].get(),
                   *const full = stages_[2].get();
  const auto stage = [&](WorkArray &from, double time, double weight, WorkArray *out) {
    rate_.evaluate(from, time,
                   {.kind = Combination::Kind::sum, .out = out, .f_weight = weight, .terms = {{y, 1}}});
  };
  stage(*y, t, h / 2, half);
  stage(*half, t + h / 2, h / 2, better);
  stage(*better, t + h / 2, h, full);
  // y + h (k1 + 2 k2 + 2 k3 + k4) / 6, with h k1 = 2 (half - y), h k2 = 2 (better - y), h k3 = full - y.
  rate_.evaluate(*full, t + h,
                 {.kind = Combination::Kind::sum,
                  .out = y,
                  .f_weight = h / 6,
                  .terms = {{y, -1.0 / 3}, {half, 1.0 / 3}, {better, 2.0 / 3}, {full, 1.0 / 3}}});
  return 1;
}

}  // namespace pde
