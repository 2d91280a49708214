#include "solver/rkc_stepper.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/numbers.hpp"
#include "field/random.hpp"
#include "solver/survey.hpp"

namespace pde {

namespace {

constexpr double kSafety = 0.8;
constexpr double kLargestGrowth = 10, kSmallestGrowth = 0.1;
constexpr int kMostStages = 20000;
constexpr int64_t kStepsPerEstimate = 25;  // of the spectral radius

/// T_j(w0) and its first two derivatives for growing j.
class ChebyshevRecursion {
 public:
  explicit ChebyshevRecursion(double w0) : w0_(w0), t_(w0) {}  // at j = 1
  void advance() {
    const double t = 2 * w0_ * t_ - t_before_;
    const double d = 2 * t_ + 2 * w0_ * d_ - d_before_;
    const double d2 = 4 * d_ + 2 * w0_ * d2_ - d2_before_;
    t_before_ = t_, d_before_ = d_, d2_before_ = d2_;
    t_ = t, d_ = d, d2_ = d2;
  }
  double value() const { return t_; }
  double first() const { return d_; }
  double second() const { return d2_; }

 private:
  double w0_;
  double t_before_ = 1, d_before_ = 0, d2_before_ = 0;
  double t_, d_ = 1, d2_ = 0;
};

/// T_s'(w0) / T_s''(w0) for w0 = 1 + excess, from T_s(cosh x) = cosh(s x).
double scaling(int stages, double excess) {
  const double w0 = 1 + excess, square = excess * (2 + excess), root = std::sqrt(square);  // w0^2 - 1
  const double argument = stages * std::log1p(excess + root);
  return std::sinh(argument) * square / (std::cosh(argument) * stages * root - w0 * std::sinh(argument));
}

/// What one look at a state and an error per cell tells.
struct Survey {
  double error;  // the largest; NaN if one is not finite
  double lowest, highest;
};

/// error(position) of all cells relative to max(1, |y|, |z|), and the range of z. In lanes, so that it is
/// vectorised.
template <class F>
Survey survey(const WorkLayout &layout, const WorkArray &y_array, const WorkArray &z_array, const F error) {
  const double *const y = y_array.cells(), *const z = z_array.cells();
  double worst[kLanes] = {}, poison[kLanes] = {}, lowest[kLanes], highest[kLanes];
  std::fill_n(lowest, kLanes, z[0]);
  std::fill_n(highest, kLanes, z[0]);
  for_each_in_lanes(layout, [&](int64_t at, int64_t lane) {
    const double scale = std::max(1.0, std::max(std::fabs(y[at]), std::fabs(z[at])));
    const double e = std::fabs(error(at)) / scale;
    worst[lane] = e > worst[lane] ? e : worst[lane];
    poison[lane] += e - e;  // 0, or NaN
    lowest[lane] = z[at] < lowest[lane] ? z[at] : lowest[lane];
    highest[lane] = z[at] > highest[lane] ? z[at] : highest[lane];
  });
  Survey all{0, lowest[0], highest[0]};
  double not_finite = 0;
  for (int64_t lane = 0; lane < kLanes; ++lane) {
    all.error = std::max(all.error, worst[lane]);
    all.lowest = std::min(all.lowest, lowest[lane]);
    all.highest = std::max(all.highest, highest[lane]);
    not_finite += poison[lane];
  }
  if (not_finite != 0) all.error = std::numeric_limits<double>::quiet_NaN();
  return all;
}

}  // namespace

RkcStepper::RkcStepper(Rate &rate, const WorkLayout &layout, double tolerance, double first_step)
    : Stepper(rate, layout),
      tolerance_(tolerance),
      proposal_(first_step),
      f_(std::make_unique<WorkArray>(layout)),
      new_(std::make_unique<WorkArray>(layout)),
      spare_(std::make_unique<WorkArray>(layout)) {}

void RkcStepper::rate_of(WorkArray &y, double t, WorkArray &out) {
  rate_.evaluate(y, t, {.kind = Combination::Kind::rate, .out = &out});
  ++evaluations_;
}

void RkcStepper::set_radius(double lowest, double highest) {
  // Stages may leave the range of the state; a tenth more covers what the error control lets pass.
  const double margin = 0.1 * std::max(std::fabs(lowest), std::fabs(highest));
  radius_ = rate_.spectral_radius(lowest - margin, highest + margin);
}

/// How much a small change of the state, turned towards the largest eigenvalue again and again, changes the
/// rate.
void RkcStepper::estimate_radius(double t) {
  constexpr int kMostSteps = 50;
  const double *const y = y_->cells(), *const f = f_->cells(), *const f_near = spare_->cells();
  double *const near = new_->cells();
  const double norm_y = norm(layout_, [=](int64_t at) { return y[at]; });
  const double small = std::sqrt(std::numeric_limits<double>::epsilon()) * (norm_y > 0 ? norm_y : 1);
  const RandomStream random(0);
  for_each_cell(layout_, [&](int64_t at) { near[at] = random.normal(static_cast<uint64_t>(at)); });
  const double norm_start = norm(layout_, [=](int64_t at) { return near[at]; });
  sweep(layout_, [=, scale = small / norm_start](int64_t at) { near[at] = y[at] + scale * near[at]; });
  double radius = 0;
  for (int step = 0; step < kMostSteps; ++step) {
    rate_of(*new_, t, *spare_);
    const double change = norm(layout_, [=](int64_t at) { return f_near[at] - f[at]; });
    const double before = std::exchange(radius, change / small);
    if (!std::isfinite(radius) || radius == 0 || std::fabs(radius - before) < 0.01 * radius) break;
    sweep(layout_,
          [=, scale = small / change](int64_t at) { near[at] = y[at] + scale * (f_near[at] - f[at]); });
  }
  constexpr double kMargin = 1.2;  // the estimate comes from below
  if (std::isfinite(radius)) radius_ = kMargin * radius;
  until_estimate_ = kStepsPerEstimate;
}

void RkcStepper::begin(double t) {
  check_sound(t);
  rate_of(*y_, t, *f_);
  begun_ = true;
  if (!rate_.knows_spectrum()) {
    if (until_estimate_ == 0) estimate_radius(t);
    return;
  }
  const Survey start = survey(layout_, *y_, *y_, [](int64_t) { return 0.0; });
  set_radius(start.lowest, start.highest);
}

/// As long as the change of the rate over one explicit step lets expect; the error control corrects it.
double RkcStepper::first_step(double t, double t_target) {
  const double longest = t_target - t;
  const double h = radius_ * longest > 1 ? 1 / radius_ : longest;
  const double *const y = y_->cells(), *const f = f_->cells();
  double *const ahead = new_->cells();
  sweep(layout_, [=](int64_t at) { ahead[at] = y[at] + h * f[at]; });
  rate_of(*new_, t + h, *spare_);
  const double *const f_ahead = spare_->cells();
  const double change =
      survey(layout_, *y_, *y_, [=](int64_t at) { return h * (f_ahead[at] - f[at]); }).error / tolerance_;
  if (!(0.1 * h < longest * std::sqrt(change))) return longest;
  return 0.1 * h / std::sqrt(change);
}

int RkcStepper::stages(double h) const {
  return std::max(2, 1 + static_cast<int>(std::sqrt(1.54 * h * radius_ + 1)));
}

/// From y_, whose rate is f_, to new_ by a step of h to t_new; the rate there goes to spare_.
void RkcStepper::attempt(double t, double h, double t_new) {
  const int s = stages(h);
  const double damping = 2 / (13.0 * s * s), w0 = 1 + damping, w1 = scaling(s, damping);
  ChebyshevRecursion chebyshev(w0);
  double b = 1 / (4 * w0 * w0), b_before = b;  // b_0 = b_1 = b_2
  double time = w1 * b, time_before = 0;       // of the stages, from t on, in steps
  const double *const y = y_->cells(), *const f = f_->cells();
  double *const first = new_->cells();
  sweep(layout_, [=, weight = h * w1 * b](int64_t at) { first[at] = y[at] + weight * f[at]; });
  for (int j = 2; j <= s; ++j) {
    const double a = 1 - chebyshev.value() * b;
    chebyshev.advance();
    const double b_now = chebyshev.second() / (chebyshev.first() * chebyshev.first());
    const double mu = 2 * w0 * b_now / b, nu = -b_now / b_before, mu_rate = 2 * w1 * b_now / b;
    // The stage before last, which for j = 2 is the old state, makes room for the new one.
    Terms terms{{y_.get(), j == 2 ? 1 - mu : 1 - mu - nu}, {new_.get(), mu}};
    if (j > 2) terms.add({spare_.get(), nu});
    terms.add({f_.get(), -h * mu_rate * a});
    rate_.evaluate(
        *new_, t + time * h,
        {.kind = Combination::Kind::sum, .out = spare_.get(), .f_weight = h * mu_rate, .terms = terms});
    new_.swap(spare_);
    const double time_now = mu * time + nu * time_before + mu_rate * (1 - a);
    time_before = std::exchange(time, time_now);
    b_before = std::exchange(b, b_now);
  }
  evaluations_ += s - 1;
  rate_of(*new_, t_new, *spare_);
}

double RkcStepper::go(double t, double t_target, int64_t) {
  if (!begun_) begin(t);
  if (proposal_ == 0) proposal_ = first_step(t, t_target);
  proposal_ = std::max(proposal_, shortest_step(t, t_target));
  while (true) {
    const double h = cut_to(t_target - t), t_new = h == t_target - t ? t_target : t + h;
    attempt(t, h, t_new);
    const double *const y = y_->cells(), *const z = new_->cells(), *const f = f_->cells(),
                        *const g = spare_->cells();
    const Survey result = survey(
        layout_, *y_, *new_, [=](int64_t at) { return 0.8 * (y[at] - z[at]) + 0.4 * h * (f[at] + g[at]); });
    const double error = result.error / tolerance_;
    if (error <= 1) {
      accept(h, std::max(error, 1e-10));
      if (rate_.knows_spectrum()) {
        set_radius(result.lowest, result.highest);
      } else if (--until_estimate_ == 0) {
        estimate_radius(t_new);
      }
      return t_new;
    }
    reject(t, t_target, h, error);
    if (!rate_.knows_spectrum() && until_estimate_ < kStepsPerEstimate) estimate_radius(t);
  }
}

/// The step to make where so much time remains: no short last step, and no more stages than can be.
double RkcStepper::cut_to(double remaining) const {
  const double most_stages = kMostStages;
  const double longest = radius_ > 0 ? (most_stages * most_stages - 1) / (1.54 * radius_) : remaining;
  const double h = std::min(proposal_, longest);
  if (remaining <= std::min(1.1 * h, longest)) return remaining;
  return remaining < 2 * h ? remaining / 2 : h;
}

void RkcStepper::accept(double h, double error) {
  y_.swap(new_);
  f_.swap(spare_);
  ++steps_;
  statistics_.add(h);

  double growth = kSafety / std::cbrt(error);
  if (last_h_ > 0) growth = kSafety * std::cbrt(last_error_) / std::pow(error, 2.0 / 3) * h / last_h_;
  growth = std::clamp(growth, kSmallestGrowth, kLargestGrowth);
  const bool was_cut = h < proposal_;
  // A cut step that shows no limit says nothing against the step that was proposed.
  proposal_ = was_cut && growth == kLargestGrowth ? std::max(proposal_, growth * h) : growth * h;
  last_h_ = h, last_error_ = error;
  dt_ = proposal_;
}

void RkcStepper::reject(double t, double t_target, double h, double error) {
  const double shrink =
      std::isfinite(error) ? std::max(kSmallestGrowth, kSafety / std::cbrt(error)) : kSmallestGrowth;
  proposal_ = shrink * h;
  last_h_ = 0;
  ++rejected_;
  if (proposal_ >= shortest_step(t, t_target)) return;
  check_sound(t);
  fail(PDE_ERR_UNSOUND, "at t = {} no step is short enough: with {} the {}", real_text(t), real_text(h),
       std::isfinite(error)
           ? fmt::format("error is {:.3g} times the tolerance {}", error, real_text(tolerance_))
           : std::string("state is not finite any more"));
}

std::string RkcStepper::extra_info() const {
  return fmt::format(R"(, "dt_statistics": {}, "rejected": {}, "evaluations": {})", statistics_.text(),
                     rejected_, evaluations_);
}

/// The rate at the state and the bound on the spectrum are computed anew from the state.
std::string RkcStepper::save_more() const {
  return fmt::format(
      R"(, "radius": {}, "until_estimate": {}, "proposal": {}, "last_h": {}, "last_error": {}, "rejected": {}, "evaluations": {}, "statistics": {})",
      json_number(radius_), until_estimate_, json_number(proposal_), json_number(last_h_),
      json_number(last_error_), rejected_, evaluations_, statistics_.save());
}

void RkcStepper::restore_more(const JsonValue &saved) {
  radius_ = saved_length(saved, "radius");
  until_estimate_ = saved_integer(saved, "until_estimate");
  proposal_ = saved_length(saved, "proposal");
  last_h_ = saved_length(saved, "last_h");
  last_error_ = saved_length(saved, "last_error");
  rejected_ = saved_integer(saved, "rejected");
  evaluations_ = saved_integer(saved, "evaluations");
  statistics_.restore(saved_object(saved, "statistics"));
}

void RkcStepper::step_uncontrolled(double t, double h) {
  if (!begun_) begin(t);
  attempt(t, h, t + h);
  y_.swap(new_);
  f_.swap(spare_);
}

}  // namespace pde
