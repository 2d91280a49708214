#include "solver/solve.hpp"

#include <chrono>
#include <cmath>
#include <optional>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/numbers.hpp"
#include "solver/adams_bashforth_stepper.hpp"
#include "solver/adaptive_euler_stepper.hpp"
#include "solver/euler_stepper.hpp"
#include "solver/fehlberg_stepper.hpp"
#include "solver/interrupt.hpp"
#include "solver/rkc_stepper.hpp"
#include "solver/runge_kutta_stepper.hpp"

namespace pde {
namespace {

constexpr OptionSpec kOptions[] = {
    {"stepper", OptionType::choice, "", "rkc|euler|rk4|runge-kutta|rk45|euler-adaptive|adams-bashforth",
     "rkc: Runge-Kutta-Chebyshev, second order, steps follow the error; euler, rk4 (also runge-kutta), "
     "adams-bashforth: explicit methods of order 1, 4, 2, equal steps; rk45, euler-adaptive: "
     "Runge-Kutta-Fehlberg and Euler, steps follow the error by py-pde's rules; if not set rkc, for custom "
     "equations rk45"},
    {"dt", OptionType::real, "", "0 -",
     "with equal steps: the step, has to be set; else the first step: for rkc, if not set, found by itself, "
     "for rk45 and euler-adaptive 0.001"},
    {"tolerance", OptionType::real, "1e-4", "0 -",
     "where steps follow the error: that which a step may make in any cell; for rkc, where a value is beyond "
     "1, relative to it"},
    {"dt_min", OptionType::real, "1e-10", "0 -", "rk45, euler-adaptive: the shortest step"},
    {"dt_max", OptionType::real, "1e10", "0 -", "rk45, euler-adaptive: the longest step"},
    {"step_rule", OptionType::choice, "exact", "exact|fixed",
     "exact: steps end at due times; fixed, for equal steps: steps are never shortened and the nearest one "
     "serves a due time"},
    {"seed", OptionType::integer, "0", "", "of the noise, if the equation has some"},
    {"catch_interrupt", OptionType::flag, "false", "",
     "SIGINT ends the run after the step in progress, a second one is for the handler that was there before"},
};

struct Settings {
  std::string stepper;
  FixedStepper::Rule rule;
  double dt;  // 0: not set
  AdaptiveStepper::Control control;
  double noise;
  int64_t seed;
};

double positive(const ResolvedOptions &options, const char *key) {
  const double value = options.real(key);
  if (value > 0 && std::isfinite(value)) return value;
  fail(PDE_ERR_ARGUMENT, "option {} is {}, expected a finite number above 0", key, real_text(value));
}

bool has_equal_steps(std::string_view stepper) {
  return stepper == EulerStepper::kName || stepper == RungeKuttaStepper::kName ||
         stepper == AdamsBashforthStepper::kName;
}

AdaptiveStepper::Control read_control(const ResolvedOptions &options, double dt) {
  constexpr double kFirstStep = 1e-3;  // py-pde's
  const AdaptiveStepper::Control control{positive(options, "tolerance"), dt > 0 ? dt : kFirstStep,
                                         positive(options, "dt_min"), positive(options, "dt_max")};
  if (control.dt_min > control.dt_max) {
    fail(PDE_ERR_ARGUMENT, "option dt_min is {}, expected at most dt_max, {}", real_text(control.dt_min),
         real_text(control.dt_max));
  }
  return control;
}

/// Whether the stepper can do what is asked of it.
void check_stepper(const Settings &settings) {
  const std::string &stepper = settings.stepper;
  if (settings.rule == FixedStepper::Rule::fixed && !has_equal_steps(stepper)) {
    fail(PDE_ERR_ARGUMENT,
         "option step_rule is \"fixed\", but the steps of \"{}\" vary: it goes with \"euler\", \"rk4\" and "
         "\"adams-bashforth\"",
         stepper);
  }
  if (settings.noise > 0 && stepper != EulerStepper::kName) {
    fail(PDE_ERR_UNSUPPORTED,
         "option noise of the equation is {}, but the stepper \"{}\" is deterministic and does not support "
         "stochastic equations, expected stepper \"euler\"",
         real_text(settings.noise), stepper);
  }
}

Settings read_settings(const ResolvedOptions &options, const Equation &equation) {
  Settings settings{};
  settings.stepper = options.has("stepper") ? options.text("stepper") : equation.default_stepper();
  if (settings.stepper == "runge-kutta") settings.stepper = RungeKuttaStepper::kName;
  settings.rule =
      options.text("step_rule") == "fixed" ? FixedStepper::Rule::fixed : FixedStepper::Rule::exact;
  if (options.has("dt")) settings.dt = positive(options, "dt");
  settings.control = read_control(options, settings.dt);
  settings.noise = equation.noise();
  settings.seed = options.integer("seed");
  check_stepper(settings);
  return settings;
}

void check_field(const Field &state) {
  const FieldDescription &given = state.description();
  if (given.rank != PDE_SCALAR || !given.members.empty()) {
    fail(PDE_ERR_SHAPE, "state is a {} of shape {}, expected a scalar field", given.class_name(),
         shape_text(given.shape()));
  }
  if (given.dtype != PDE_FLOAT64)
    fail(PDE_ERR_DTYPE, "state is {}, expected float64", dtype_name(given.dtype));
}

void check_dtype(const Field &state) {
  if (state.dtype() == PDE_FLOAT64 || state.dtype() == PDE_COMPLEX128) return;
  fail(PDE_ERR_DTYPE, "state is {}, expected float64 or complex128", dtype_name(state.dtype()));
}

void check_times(double t_start, double t_end) {
  for (const auto &[t, name] : {std::pair{t_start, "t_start"}, {t_end, "t_end"}}) {
    if (!std::isfinite(t)) fail(PDE_ERR_ARGUMENT, "{} is {}, expected a finite number", name, real_text(t));
  }
  if (t_end < t_start) {
    fail(PDE_ERR_ARGUMENT, "t_end is {}, expected a time not before t_start = {}", real_text(t_end),
         real_text(t_start));
  }
}

template <class S, class... More>
std::unique_ptr<Stepper> make_fixed(const Settings &settings, Rate &rate, const WorkLayout &layout,
                                    More &&...more) {
  if (settings.dt == 0) {
    fail(PDE_ERR_ARGUMENT, "option dt is not set, which stepper \"{}\" needs{}", settings.stepper,
         stability_hint(rate, S::kStability));
  }
  return std::make_unique<S>(rate, layout, settings.dt, settings.rule, std::forward<More>(more)...);
}

std::unique_ptr<Stepper> make_stepper(const Settings &settings, Rate &rate, const WorkLayout &layout,
                                      const Grid &grid) {
  const std::string &name = settings.stepper;
  if (name == EulerStepper::kName) {
    std::optional<Noise> noise;
    if (settings.noise > 0) noise.emplace(settings.noise, settings.seed, grid);
    return make_fixed<EulerStepper>(settings, rate, layout, std::move(noise));
  }
  if (name == RungeKuttaStepper::kName) return make_fixed<RungeKuttaStepper>(settings, rate, layout);
  if (name == AdamsBashforthStepper::kName) return make_fixed<AdamsBashforthStepper>(settings, rate, layout);
  if (name == FehlbergStepper::kName)
    return std::make_unique<FehlbergStepper>(rate, layout, settings.control);
  if (name == AdaptiveEulerStepper::kName)
    return std::make_unique<AdaptiveEulerStepper>(rate, layout, settings.control);
  return std::make_unique<RkcStepper>(rate, layout, settings.control.tolerance, settings.dt);
}

/// Reports to the progress callback at most ten times a second; it may end the run.
class ProgressReport {
 public:
  ProgressReport(std::shared_ptr<ProgressTarget> target, double t_start, double t_end)
      : target_(std::move(target)), t_start_(t_start), t_end_(t_end) {}

  /// Whether the run is to end.
  bool pass(double t) {
    if (!target_) return false;
    const auto now = std::chrono::steady_clock::now();
    if (now - told_ < std::chrono::milliseconds(100)) return false;
    told_ = now;
    return tell(t);
  }
  bool tell(double t) {
    if (!target_) return false;
    constexpr int64_t kTotal = 1000;
    const double part = t_end_ > t_start_ ? (t - t_start_) / (t_end_ - t_start_) : 1;
    const pde_status status =
        target_->call(static_cast<int64_t>(kTotal * std::min(part, 1.0)), kTotal, target_->user);
    if (status < 0)
      fail(status, "the progress callback failed with status {} at t = {}", status, real_text(t));
    return status == PDE_STOP;
  }

 private:
  std::shared_ptr<ProgressTarget> target_;
  double t_start_, t_end_;
  std::chrono::steady_clock::time_point told_ = std::chrono::steady_clock::now();
};

/// One call of solve: stepper, controller and the user's field, kept in step.
class Run {
 public:
  Run(const Equation &equation, const FieldPtr &state, Stepper &stepper, Controller &controller,
      ProgressReport progress, bool catch_interrupt)
      : equation_(equation),
        state_(state),
        stepper_(stepper),
        controller_(controller),
        progress_(std::move(progress)),
        interrupt_(catch_interrupt) {
    controller_.set_solver_state([&stepper] { return stepper.save(); });
  }
  ~Run() { controller_.set_solver_state({}); }
  Run(const Run &) = delete;
  Run &operator=(const Run &) = delete;

  SolveResult go(double t_start, double t_end) {
    t_ = t_start;
    Controller::Next next = controller_.start(state_, t_start, t_end);
    try {
      while (!next.stop && !interrupted()) next = advance(next.t);
    } catch (const Error &error) {
      abandon(error.what());
      throw;
    }
    bring_up_to_date();
    progress_.tell(t_);
    controller_.set_solver_info(info());
    controller_.finish(state_, t_);
    return {t_, !controller_.reached_end(), controller_.stop_reason()};
  }

 private:
  Controller::Next advance(double t_next) {
    const int64_t before = stepper_.steps();
    t_ = stepper_.go(t_, t_next, controller_.steps_to_count());
    const int64_t steps = stepper_.steps() - before;
    current_ = false;
    if (progress_.pass(t_)) controller_.note_stop("Ended by the progress callback", false);
    const bool due = controller_.due(t_, steps);
    if (due) {
      bring_up_to_date();
      controller_.set_solver_info(info());  // in case a tracker ends the run
    }
    return controller_.handle(due ? state_ : nullptr, t_, steps);
  }

  bool interrupted() {
    if (!interrupt_.caught()) return false;
    controller_.note_stop("User interrupted simulation", false);  // the words of py-pde
    return true;
  }

  void bring_up_to_date() {
    if (current_) return;
    stepper_.check_sound(t_);
    stepper_.state().store(*state_, stepper_.layout());
    current_ = true;
  }

  void abandon(const std::string &reason) {
    if (!current_ && stepper_.sound()) stepper_.state().store(*state_, stepper_.layout());
    controller_.set_solver_info(info());
    controller_.fail_run(reason, t_);
  }

  std::string info() const {
    return fmt::format(
        R"({{"class": "{}", "pde_class": {}, "dt": {}, "steps": {}, "dt_adaptive": {}, "stochastic": {}, )"
        R"("backend": {{"name": "libpde", "implementation": "c++"}}, "post_step_data": null{}}})",
        stepper_.class_name(), json_quote(equation_.class_name()), json_number(stepper_.dt()),
        stepper_.steps(), stepper_.adaptive(), stepper_.stochastic(), stepper_.extra_info());
  }

  const Equation &equation_;
  FieldPtr state_;
  Stepper &stepper_;
  Controller &controller_;
  ProgressReport progress_;
  const InterruptCatcher interrupt_;
  double t_ = 0;
  bool current_ = true;  // whether the user's field is that of t_
};

/// Where the run was cut, if it is one that goes on.
void take_up(Stepper &stepper, const std::string &saved) {
  if (saved.empty()) return;
  try {
    stepper.restore(saved);
  } catch (const Error &error) {
    if (error.code() != PDE_ERR_ARGUMENT) throw;
    log_info("{}: it begins afresh where the run goes on", error.what());
  }
}

}  // namespace

OptionTable solve_options() {
  return kOptions;
}

SolveResult solve(const Equation &equation, const FieldPtr &state, double t_start, double t_end,
                  const Options &options, Controller *controller) {
  const ResolvedOptions resolved(options, kOptions, "solve");
  const Settings settings = read_settings(resolved, equation);
  if (equation.takes_any_field()) {
    check_dtype(*state);
  } else {
    check_field(*state);
  }
  check_times(t_start, t_end);
  const std::unique_ptr<Rate> rate = equation.prepare_for(state->description());
  const std::unique_ptr<Stepper> stepper =
      make_stepper(settings, *rate, equation.layout_for(state->description()), state->grid());
  stepper->state().load(*state, stepper->layout());
  if (!stepper->sound()) {
    fail(PDE_ERR_UNSOUND, "state has values that are not finite, at t_start = {} already",
         real_text(t_start));
  }
  Controller none({}, Options());
  Controller &driven = controller ? *controller : none;
  if (settings.rule == FixedStepper::Rule::fixed) driven.set_step(settings.dt);
  take_up(*stepper, driven.resumed_solver_state());
  return Run(equation, state, *stepper, driven, {resolved.progress(), t_start, t_end},
             resolved.flag("catch_interrupt"))
      .go(t_start, t_end);
}

}  // namespace pde
