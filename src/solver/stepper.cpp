#include "solver/stepper.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/numbers.hpp"

namespace pde {

bool Stepper::sound() const {
  const double *cells = y_->cells();
  for (int64_t i = 0; i < layout_.shape[0]; ++i) {
    for (int64_t j = 0; j < layout_.shape[1]; ++j) {
      const double *row = cells + i * layout_.strides[0] + j * layout_.strides[1];
      // x - x is 0 for finite x and NaN otherwise.
      double sum = 0;
      for (int64_t k = 0; k < layout_.shape[2]; ++k) sum += row[k] - row[k];
      if (sum != 0) return false;
    }
  }
  return true;
}

void Stepper::check_sound(double t) const {
  if (!sound()) fail(PDE_ERR_UNSOUND, "the state is not finite at t = {}", real_text(t));
}

// ---- cut off and going on

namespace {

const JsonValue &saved_member(const JsonValue &saved, const char *key) {
  const JsonValue *found = saved.IsObject() ? json_find(saved, key) : nullptr;
  if (!found) fail(PDE_ERR_FORMAT, "the saved state of the stepper has no \"{}\"", key);
  return *found;
}

}  // namespace

double saved_real(const JsonValue &saved, const char *key) {
  const JsonValue &value = saved_member(saved, key);
  if (!value.IsNumber() || !std::isfinite(value.GetDouble()))
    fail(PDE_ERR_FORMAT, "\"{}\" in the saved state of the stepper is no finite number", key);
  return value.GetDouble();
}

double saved_length(const JsonValue &saved, const char *key) {
  const double value = saved_real(saved, key);
  if (value >= 0) return value;
  fail(PDE_ERR_FORMAT, "\"{}\" in the saved state of the stepper is {}, expected 0 or more", key,
       real_text(value));
}

int64_t saved_integer(const JsonValue &saved, const char *key) {
  const JsonValue &value = saved_member(saved, key);
  if (!value.IsInt64() || value.GetInt64() < 0)
    fail(PDE_ERR_FORMAT, "\"{}\" in the saved state of the stepper is no number of steps", key);
  return value.GetInt64();
}

const JsonValue &saved_object(const JsonValue &saved, const char *key) {
  const JsonValue &value = saved_member(saved, key);
  if (!value.IsObject()) fail(PDE_ERR_FORMAT, "\"{}\" in the saved state of the stepper is no object", key);
  return value;
}

std::string Stepper::save() const {
  return fmt::format(R"({{"stepper": "{}", "steps": {}, "dt": {}{}}})", name(), steps_, json_number(dt_),
                     save_more());
}

void Stepper::restore(std::string_view json) {
  const JsonDocument saved = json_parse(json, "the saved state of the stepper");
  const JsonValue &stepper = saved_member(saved, "stepper");
  if (!stepper.IsString() || json_text(stepper) != name()) {
    fail(PDE_ERR_ARGUMENT, "the saved state is that of the stepper {}, expected \"{}\"",
         stepper.IsString() ? json_quote(json_text(stepper)) : "(not a text)", name());
  }
  steps_ = saved_integer(saved, "steps");
  dt_ = saved_length(saved, "dt");
  restore_more(saved);
}

// ---- statistics

void StepStatistics::add(double h) {
  ++count_;
  const double deviation = h - mean_;
  mean_ += deviation / static_cast<double>(count_);
  squares_ += deviation * (h - mean_);
  min_ = count_ == 1 ? h : std::min(min_, h);
  max_ = std::max(max_, h);
}

std::string StepStatistics::text() const {
  const double deviation = count_ > 0 ? std::sqrt(squares_ / static_cast<double>(count_)) : 0;
  return fmt::format(R"({{"min": {}, "max": {}, "mean": {}, "std": {}, "count": {}}})", json_number(min_),
                     json_number(max_), json_number(mean_), json_number(deviation), count_);
}

std::string StepStatistics::save() const {
  return fmt::format(R"({{"count": {}, "min": {}, "max": {}, "mean": {}, "squares": {}}})", count_,
                     json_number(min_), json_number(max_), json_number(mean_), json_number(squares_));
}

void StepStatistics::restore(const JsonValue &saved) {
  count_ = saved_integer(saved, "count");
  min_ = saved_real(saved, "min");
  max_ = saved_real(saved, "max");
  mean_ = saved_real(saved, "mean");
  squares_ = saved_real(saved, "squares");
}

double shortest_step(double t, double t_target) {
  return 16 * std::numeric_limits<double>::epsilon() * std::max(std::fabs(t), std::fabs(t_target));
}

}  // namespace pde
