#include "tracker/schedule.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "base/duration.hpp"
#include "base/numbers.hpp"

namespace pde {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr const char *kForms =
    "\"constant(INTERVAL)\", \"constant(INTERVAL, START)\", \"list(TIME, TIME, …)\", \"geometric(SCALE, "
    "FACTOR)\", "
    "\"logarithmic(INTERVAL, FACTOR)\", \"logarithmic(INTERVAL, FACTOR, START)\", \"steps(COUNT)\", "
    "\"realtime(SECONDS)\" or a duration of wall-clock time as \"0:30\"";

void check_finite(double value, const char *what) {
  if (!std::isfinite(value))
    fail(PDE_ERR_ARGUMENT, "{} is {}, expected a finite number", what, real_text(value));
}

void check_positive(double value, const char *what) {
  if (!(value > 0) || !std::isfinite(value))
    fail(PDE_ERR_ARGUMENT, "{} is {}, expected a finite number above 0", what, real_text(value));
}

/// Where a schedule begins in a run that begins at t.
double later_start(double t, double t_start) {
  return t_start == PDE_TIME_AUTO ? t : std::max(t, t_start);
}

/// How long before a due time counts as there: a millionth of the interval that ends with it, less where that
/// is below rounding, but never so much that a due time could be passed over.
double nearness(double rounding, double interval) {
  return std::min(std::max(rounding, 1e-6 * interval), interval / 2);
}

}  // namespace

double time_rounding(double t, double t_start) {
  return 4 * std::numeric_limits<double>::epsilon() * std::max(std::fabs(t), std::fabs(t_start));
}

double Schedule::first(double t) {
  check_finite(t, "the time at which a schedule begins");
  const double due = begin(t);
  begun_ = true;
  return due;
}

double Schedule::next(double t) {
  if (!begun_)
    fail(PDE_ERR_STATE, "the schedule {} has not begun: ask for its first due time before the next", text());
  check_finite(t, "the time at which a schedule was handled");
  return advance(t);
}

double Schedule::resume(std::span<const double> position, double t) {
  begun_ = false;
  const std::optional<double> due = go_to(position, t);
  if (!due || std::isnan(*due)) {
    std::string numbers;
    for (double number : position) numbers += (numbers.empty() ? "" : ", ") + real_text(number);
    fail(PDE_ERR_FORMAT, "the schedule {} cannot go on from position [{}]", text(), numbers);
  }
  begun_ = true;
  return *due;
}

namespace {

/// Whether these are a count and times: numbers of a position, where each is finite, or the last is never.
bool is_position(std::span<const double> position, size_t size) {
  if (position.size() != size) return false;
  const auto is_usable = [&](const double &number) {
    return std::isfinite(number) || (&number == &position.back() && number == kNever);
  };
  for (const double &number : position) {
    if (!is_usable(number)) return false;
  }
  return true;
}

}  // namespace

// ---- constant

ConstantSchedule::ConstantSchedule(double interval, double t_start) : interval_(interval), t_start_(t_start) {
  check_positive(interval, "interval");
  check_finite(t_start, "t_start");
}

double ConstantSchedule::due(double n) const {
  const double span = n * interval_;
  // Halves, where the whole span from a start far below zero has no number.
  return std::isfinite(span) ? t0_ + span : 2 * (t0_ / 2 + n / 2 * interval_);
}

double ConstantSchedule::begin(double t) {
  t0_ = later_start(t, t_start_);
  n_ = 0;
  return last_ = t0_;
}

double ConstantSchedule::advance(double t) {
  const double near = nearness(time_rounding(t, t0_), interval_);
  const double span = t + near - t0_;
  const double steps = std::isfinite(span) ? span / interval_ : t / interval_ - t0_ / interval_;
  // Where times are coarser than intervals, each representable time is due.
  const double soonest = std::nextafter(std::max(t, last_), kNever);
  if (!std::isfinite(steps)) return last_ = soonest;  // no number counts them
  double n = std::max(n_ + 1, std::floor(steps) + 1);
  // The quotient may be one off after rounding.
  if (n - 1 > n_ && due(n - 1) > t + near) n -= 1;
  if (due(n) <= t + near && due(n + 1) > t) n += 1;
  n_ = n;
  const double next = due(n);
  // Rounding may take a span that is longer than any number beyond the largest time.
  if (!std::isfinite(next) && std::isfinite(t + interval_)) return last_ = soonest;
  return last_ = std::max(next, soonest);
}

std::string ConstantSchedule::text() const {
  if (t_start_ == PDE_TIME_AUTO) return fmt::format("constant({})", real_text(interval_));
  return fmt::format("constant({}, {})", real_text(interval_), real_text(t_start_));
}

SchedulePtr ConstantSchedule::clone() const {
  return std::make_unique<ConstantSchedule>(interval_, t_start_);
}

std::vector<double> ConstantSchedule::position() const {
  return {t0_, n_, last_};
}

std::optional<double> ConstantSchedule::go_to(std::span<const double> position, double) {
  if (!is_position(position, 3) || position[1] < 0) return std::nullopt;
  t0_ = position[0], n_ = position[1], last_ = position[2];
  return last_;
}

// ---- list

ListSchedule::ListSchedule(std::span<const double> times) : times_(times.begin(), times.end()) {
  for (size_t i = 0; i < times_.size(); ++i) {
    if (!std::isfinite(times_[i])) {
      fail(PDE_ERR_ARGUMENT, "entry {} of the list of times is {}, expected a finite number", i,
           real_text(times_[i]));
    }
    if (i > 0 && !(times_[i] > times_[i - 1])) {
      fail(PDE_ERR_ARGUMENT,
           "entry {} of the list of times is {}, expected more than {}, which stands before it", i,
           real_text(times_[i]), real_text(times_[i - 1]));
    }
  }
}

double ListSchedule::due() const {
  return n_ < times_.size() ? times_[n_] : kNever;
}

double ListSchedule::begin(double t) {
  n_ = static_cast<size_t>(std::lower_bound(times_.begin(), times_.end(), t) - times_.begin());
  return due();
}

double ListSchedule::advance(double t) {
  const auto behind = std::upper_bound(times_.begin(), times_.end(), t + time_rounding(t, 0));
  n_ = std::max(n_ + 1, static_cast<size_t>(behind - times_.begin()));
  return due();
}

std::string ListSchedule::text() const {
  std::string text = "list(";
  for (double time : times_) text += (text.back() == '(' ? "" : ", ") + real_text(time);
  return text + ")";
}

SchedulePtr ListSchedule::clone() const {
  return std::make_unique<ListSchedule>(times_);
}

std::vector<double> ListSchedule::position() const {
  return {static_cast<double>(n_)};
}

std::optional<double> ListSchedule::go_to(std::span<const double> position, double) {
  if (!is_position(position, 1)) return std::nullopt;
  if (!(position[0] >= 0 && position[0] <= static_cast<double>(times_.size()))) return std::nullopt;
  n_ = static_cast<size_t>(position[0]);
  return due();
}

// ---- geometric

GeometricSchedule::GeometricSchedule(double scale, double factor) : scale_(scale), factor_(factor) {
  check_positive(scale, "scale");
  if (!(factor > 1) || !std::isfinite(factor))
    fail(PDE_ERR_ARGUMENT, "factor is {}, expected a finite number above 1", real_text(factor));
}

double GeometricSchedule::due(double n) const {
  const double time = scale_ * std::pow(factor_, n);
  return std::isfinite(time) ? time : kNever;
}

/// A few numbers off what has been computed, after rounding; more only where due times are closer than times.
constexpr int kMostOff = 4;

/// The number of the first due time that is t or later.
double GeometricSchedule::first_not_before(double t) const {
  if (t <= scale_) return 0;
  double n = std::ceil((std::log(t) - std::log(scale_)) / std::log(factor_));
  for (int i = 0; i < kMostOff && n > 0 && due(n - 1) >= t; ++i) n -= 1;
  for (int i = 0; i < kMostOff && due(n) < t; ++i) n += 1;
  return n;
}

double GeometricSchedule::begin(double t) {
  n_ = first_not_before(t);
  return last_ = std::max(due(n_), t);
}

double GeometricSchedule::advance(double t) {
  if (last_ == kNever) return kNever;
  const auto served = [&](double n) {
    return due(n) <= t + nearness(time_rounding(t, 0), due(n) - due(n - 1)) || due(n) <= last_;
  };
  double n = std::max(n_ + 1, first_not_before(t));
  for (int i = 0; i < kMostOff && served(n); ++i) n += 1;
  n_ = n;
  return last_ = std::max(due(n), std::nextafter(std::max(t, last_), kNever));
}

std::string GeometricSchedule::text() const {
  return fmt::format("geometric({}, {})", real_text(scale_), real_text(factor_));
}

SchedulePtr GeometricSchedule::clone() const {
  return std::make_unique<GeometricSchedule>(scale_, factor_);
}

std::vector<double> GeometricSchedule::position() const {
  return {n_, last_};
}

std::optional<double> GeometricSchedule::go_to(std::span<const double> position, double) {
  if (!is_position(position, 2) || position[0] < 0) return std::nullopt;
  n_ = position[0], last_ = position[1];
  return last_;
}

// ---- logarithmic

LogarithmicSchedule::LogarithmicSchedule(double dt_initial, double factor, double t_start)
    : dt_initial_(dt_initial), factor_(factor), t_start_(t_start) {
  check_positive(dt_initial, "interval");
  if (!(factor >= 1) || !std::isfinite(factor))
    fail(PDE_ERR_ARGUMENT, "factor is {}, expected a finite number, 1 or more", real_text(factor));
  check_finite(t_start, "t_start");
}

/// Of the first n intervals together.
double LogarithmicSchedule::span(double n) const {
  if (factor_ == 1) return n * dt_initial_;
  const double power = std::pow(factor_, n);
  // Where the power is close to 1, taking that away would leave little of it.
  const double grown = power >= 1.5 ? power - 1 : std::expm1(n * std::log1p(factor_ - 1));
  return dt_initial_ * (grown / (factor_ - 1));
}

double LogarithmicSchedule::begin(double t) {
  t0_ = later_start(t, t_start_);
  n_ = 0;
  return last_ = t0_;
}

double LogarithmicSchedule::advance(double t) {
  if (last_ == kNever) return kNever;
  const auto served = [&](double n) {
    const double interval = dt_initial_ * std::pow(factor_, n - 1);
    return t0_ + span(n) <= t + nearness(time_rounding(t, t0_), interval);
  };
  const double passed = std::max(0.0, (t - t0_) / dt_initial_), growth = factor_ - 1;
  double n = std::floor(growth == 0 ? passed : std::log1p(passed * growth) / std::log1p(growth));
  n = std::max(n_ + 1, n);
  for (int i = 0; i < kMostOff && n - 1 > n_ && !served(n - 1); ++i) n -= 1;
  for (int i = 0; i < kMostOff && served(n); ++i) n += 1;
  const double soonest = std::nextafter(std::max(t, last_), kNever);
  if (!std::isfinite(n)) return last_ = soonest;  // no number counts them
  n_ = n;
  const double next = t0_ + span(n);
  return last_ = std::isfinite(next) ? std::max(next, soonest) : kNever;
}

std::string LogarithmicSchedule::text() const {
  const std::string numbers = real_text(dt_initial_) + ", " + real_text(factor_);
  if (t_start_ == PDE_TIME_AUTO) return fmt::format("logarithmic({})", numbers);
  return fmt::format("logarithmic({}, {})", numbers, real_text(t_start_));
}

SchedulePtr LogarithmicSchedule::clone() const {
  return std::make_unique<LogarithmicSchedule>(dt_initial_, factor_, t_start_);
}

std::vector<double> LogarithmicSchedule::position() const {
  return {t0_, n_, last_};
}

std::optional<double> LogarithmicSchedule::go_to(std::span<const double> position, double) {
  if (!is_position(position, 3) || position[1] < 0) return std::nullopt;
  t0_ = position[0], n_ = position[1], last_ = position[2];
  return last_;
}

// ---- wall-clock time

RealtimeSchedule::RealtimeSchedule(double seconds, double dt_initial, Clock clock)
    : seconds_(seconds), dt_initial_(dt_initial), clock_(clock) {
  check_positive(seconds, "duration");
  check_positive(dt_initial, "dt_initial");
}

double RealtimeSchedule::steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double RealtimeSchedule::begin(double t) {
  last_seconds_ = clock_();
  dt_ = dt_initial_;
  return last_ = t;
}

/// The geometric mean of the last guess and of what would have been right, which is bounded from below so
/// that one long pause does not end in steps without end.
double RealtimeSchedule::advance(double t) {
  constexpr double kLeast = 0.001, kMost = 1e150;
  const double now = clock_(), passed = now - last_seconds_;
  last_seconds_ = now;
  dt_ = passed > 0 ? std::sqrt(dt_) * std::sqrt(std::max(kLeast, dt_ * seconds_ / passed)) : 2 * dt_;
  dt_ = std::min(dt_, kMost);  // where the clock stands still
  double next = last_ + dt_;
  if (next <= t) next += (std::floor((t - next) / dt_) + 1) * dt_;
  const double soonest = std::nextafter(std::max(t, last_), kNever);
  return last_ = std::isfinite(next) ? std::max(next, soonest) : soonest;
}

std::string RealtimeSchedule::text() const {
  if (dt_initial_ == kFirstGuess) return fmt::format("realtime({})", real_text(seconds_));
  return fmt::format("realtime({}, {})", real_text(seconds_), real_text(dt_initial_));
}

SchedulePtr RealtimeSchedule::clone() const {
  return std::make_unique<RealtimeSchedule>(seconds_, dt_initial_, clock_);
}

std::vector<double> RealtimeSchedule::position() const {
  return {dt_};
}

/// The clock goes on from now: what it said in another process means nothing.
std::optional<double> RealtimeSchedule::go_to(std::span<const double> position, double t) {
  if (!is_position(position, 1) || !(position[0] > 0)) return std::nullopt;
  begin(t);
  dt_ = position[0];
  const double next = t + dt_;
  return last_ = std::isfinite(next) ? std::max(next, std::nextafter(t, kNever)) : kNever;
}

// ---- steps

StepSchedule::StepSchedule(int64_t count) : count_(count) {
  if (count < 1) fail(PDE_ERR_ARGUMENT, "the number of steps is {}, expected 1 or more", count);
}

double StepSchedule::begin(double t) {
  return t;
}

double StepSchedule::advance(double) {
  return kNever;
}

std::string StepSchedule::text() const {
  return fmt::format("steps({})", count_);
}

SchedulePtr StepSchedule::clone() const {
  return std::make_unique<StepSchedule>(count_);
}

std::vector<double> StepSchedule::position() const {
  return {};
}

std::optional<double> StepSchedule::go_to(std::span<const double> position, double) {
  if (!position.empty()) return std::nullopt;
  return kNever;
}

// ---- text

namespace {

std::vector<double> parse_numbers(std::string_view list, std::string_view text) {
  std::vector<double> numbers;
  if (trimmed(list).empty()) return numbers;
  for (size_t at = 0;;) {
    const size_t end = list.find(',', at);
    const std::string_view part = list.substr(at, end == list.npos ? end : end - at);
    const auto number = parse_real(part);
    if (!number)
      fail(PDE_ERR_ARGUMENT, "schedule \"{}\" has \"{}\" where a number is expected", text, trimmed(part));
    numbers.push_back(*number);
    if (end == list.npos) return numbers;
    at = end + 1;
  }
}

/// A form with a name and so many numbers.
struct Form {
  std::string_view name;
  size_t least, most;
  const char *numbers;  // in words
  SchedulePtr (*make)(const std::vector<double> &);
};

double or_auto(const std::vector<double> &numbers, size_t i) {
  return numbers.size() > i ? numbers[i] : PDE_TIME_AUTO;
}

SchedulePtr make_steps(const std::vector<double> &numbers) {
  constexpr double kMost = 9007199254740992;  // 2^53: all of them are numbers
  if (!(numbers[0] >= 1 && numbers[0] <= kMost) || numbers[0] != std::floor(numbers[0]))
    fail(PDE_ERR_ARGUMENT, "the number of steps is {}, expected a whole number, 1 or more",
         real_text(numbers[0]));
  return std::make_unique<StepSchedule>(static_cast<int64_t>(numbers[0]));
}

constexpr Form kNamed[] = {
    {"constant", 1, 2, "an interval and perhaps a start",
     [](const std::vector<double> &n) -> SchedulePtr {
       return std::make_unique<ConstantSchedule>(n[0], or_auto(n, 1));
     }},
    {"list", 0, static_cast<size_t>(-1), "times",
     [](const std::vector<double> &n) -> SchedulePtr { return std::make_unique<ListSchedule>(n); }},
    {"geometric", 2, 2, "a scale and a factor",
     [](const std::vector<double> &n) -> SchedulePtr {
       return std::make_unique<GeometricSchedule>(n[0], n[1]);
     }},
    {"logarithmic", 2, 3, "an interval, a factor and perhaps a start",
     [](const std::vector<double> &n) -> SchedulePtr {
       return std::make_unique<LogarithmicSchedule>(n[0], n[1], or_auto(n, 2));
     }},
    {"steps", 1, 1, "how many of them", make_steps},
    {"realtime", 1, 2, "seconds and perhaps a first guess",
     [](const std::vector<double> &n) -> SchedulePtr {
       return std::make_unique<RealtimeSchedule>(n[0], n.size() > 1 ? n[1] : RealtimeSchedule::kFirstGuess);
     }},
};

}  // namespace

SchedulePtr Schedule::parse(std::string_view text) {
  const std::string_view whole = trimmed(text);
  if (const auto number = parse_real(whole)) {
    fail(PDE_ERR_ARGUMENT,
         "schedule is the bare number \"{}\", which is simulation time to some and wall-clock seconds to "
         "others (py-pde): "
         "say \"constant({})\" for every {} of simulation time",
         text, whole, whole);
  }
  const size_t open = whole.find('(');
  if (open == whole.npos || whole.back() != ')') {
    const auto seconds = parse_duration(whole);
    if (!seconds) fail(PDE_ERR_ARGUMENT, "schedule is \"{}\", expected {}", text, kForms);
    return std::make_unique<RealtimeSchedule>(*seconds);
  }
  const std::string_view name = trimmed(whole.substr(0, open));
  const auto form =
      std::find_if(std::begin(kNamed), std::end(kNamed), [&](const Form &each) { return each.name == name; });
  if (form == std::end(kNamed)) fail(PDE_ERR_ARGUMENT, "schedule is \"{}\", expected {}", text, kForms);
  const std::vector<double> numbers = parse_numbers(whole.substr(open + 1, whole.size() - open - 2), text);
  if (numbers.size() < form->least || numbers.size() > form->most)
    fail(PDE_ERR_ARGUMENT, "schedule \"{}\" has {} numbers, expected {}", text, numbers.size(),
         form->numbers);
  return form->make(numbers);
}

}  // namespace pde
