// The method of Runge, Kutta and Fehlberg of fourth order, with an error estimate of fifth.
//
// E. Fehlberg: Low-order classical Runge-Kutta formulas with stepsize control, NASA TR R-315 (1969), table
// III, formula 2. What is accepted is the solution of fourth order, as in py-pde.
//
// Stages are kept instead of rates (as in runge_kutta_stepper.hpp): a stage is y + h (b_1 k_1 + … + b_i k_i),
// so the rates up to k_i are sums of y and the stages up to the next one, with weights that do not depend on
// h. Whatever is a sum of rates is therefore a sum of stages.
#pragma once

#include <array>

#include "solver/adaptive_stepper.hpp"

namespace pde {

/// Seven arrays.
class FehlbergStepper : public AdaptiveStepper {
 public:
  static constexpr const char *kName = "rk45";
  FehlbergStepper(Rate &rate, const WorkLayout &layout, const Control &control);

  const char *name() const override { return kName; }
  const char *class_name() const override { return "RungeKuttaSolver"; }

 private:
  static constexpr int kStages = 6;
  /// Weights of h k_1 … h k_5, and what they are for y and the stages 2 … 6.
  using Weights = std::array<double, kStages>;

  double attempt(double t, double h) override;
  void accept(double t_new) override;
  WorkArray &stage(int i) { return i == 0 ? *y_ : *stages_[static_cast<size_t>(i - 1)]; }
  Terms terms(const Weights &of_stages, int count);
  static Weights stage_weights(const Weights &of_rates, int rates);

  std::array<std::unique_ptr<WorkArray>, kStages - 1> stages_;
  std::unique_ptr<WorkArray> error_;
};

}  // namespace pde
