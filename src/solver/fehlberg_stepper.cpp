#include "solver/fehlberg_stepper.hpp"

#include "solver/survey.hpp"

namespace pde {
namespace {

constexpr double kNode[6] = {0, 1.0 / 4, 3.0 / 8, 12.0 / 13, 1, 1.0 / 2};
/// Row i leads to stage i + 1, counted from 0: weights of k_1 … k_(i+1).
constexpr std::array<double, 6> kStage[5] = {
    {1.0 / 4},
    {3.0 / 32, 9.0 / 32},
    {1932.0 / 2197, -7200.0 / 2197, 7296.0 / 2197},
    {439.0 / 216, -8, 3680.0 / 513, -845.0 / 4104},
    {-8.0 / 27, 2, -3544.0 / 2565, 1859.0 / 4104, -11.0 / 40},
};
constexpr std::array<double, 6> kSolution = {25.0 / 216, 0, 1408.0 / 2565, 2197.0 / 4104, -1.0 / 5};
constexpr std::array<double, 6> kError = {1.0 / 360, 0, -128.0 / 4275, -2197.0 / 75240, 1.0 / 50, 2.0 / 55};

}  // namespace

FehlbergStepper::FehlbergStepper(Rate &rate, const WorkLayout &layout, const Control &control)
    : AdaptiveStepper(rate, layout, control), error_(std::make_unique<WorkArray>(layout)) {
  for (auto &stage : stages_) stage = std::make_unique<WorkArray>(layout);
}

/// From the last rate back: the stage after it is the only one that has it, so it gives that stage its
/// weight.
FehlbergStepper::Weights FehlbergStepper::stage_weights(const Weights &of_rates, int rates) {
  Weights rest = of_rates, result{};
  for (int i = rates - 1; i >= 0; --i) {
    const auto last = static_cast<size_t>(i);
    const double weight = rest[last] / kStage[i][last];
    for (size_t j = 0; j <= last; ++j) rest[j] -= weight * kStage[i][j];
    result[last + 1] = weight;
    result[0] -= weight;  // stages begin with y
  }
  return result;
}

Terms FehlbergStepper::terms(const Weights &of_stages, int count) {
  Terms sum;
  for (int i = 0; i < count; ++i) sum.add({&stage(i), of_stages[static_cast<size_t>(i)]});
  return sum;
}

double FehlbergStepper::attempt(double t, double h) {
  using enum Combination::Kind;
  for (int i = 0; i < kStages - 1; ++i) {
    Weights weights = stage_weights(kStage[i], i);
    weights[0] += 1;
    rate_.evaluate(stage(i), t + kNode[i] * h,
                   {.kind = sum,
                    .out = &stage(i + 1),
                    .f_weight = h * kStage[i][static_cast<size_t>(i)],
                    .terms = terms(weights, i + 1)});
  }
  rate_.evaluate(stage(5), t + kNode[5] * h,
                 {.kind = sum,
                  .out = error_.get(),
                  .f_weight = h * kError[5],
                  .terms = terms(stage_weights(kError, 5), 6)});
  return largest_modulus(layout_, [error = error_->cells()](int64_t at) { return error[at]; });
}

void FehlbergStepper::accept(double) {
  Weights weights = stage_weights(kSolution, 5);
  weights[0] += 1;
  sweep(layout_, [y = y_->cells(), sum = TermSum<6>(terms(weights, 6))](
                     auto arithmetic, int64_t at, int64_t) { y[at] = sum.at(arithmetic, at); });
}

}  // namespace pde
