#include "tracker/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/numbers.hpp"

namespace pde {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr const char *kForms =
    "\"constant(INTERVAL)\", \"constant(INTERVAL, START)\" or \"list(TIME, TIME, …)\"";

void check_finite(double value, const char *what) {
  if (!std::isfinite(value))
    fail(PDE_ERR_ARGUMENT, "{} is {}, expected a finite number", what, real_text(value));
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

// ---- constant

ConstantSchedule::ConstantSchedule(double interval, double t_start) : interval_(interval), t_start_(t_start) {
  if (!(interval > 0) || !std::isfinite(interval)) {
    fail(PDE_ERR_ARGUMENT, "interval is {}, expected a finite number above 0", real_text(interval));
  }
  check_finite(t_start, "t_start");
}

double ConstantSchedule::due(double n) const {
  const double span = n * interval_;
  // Halves, where the whole span from a start far below zero has no number.
  return std::isfinite(span) ? t0_ + span : 2 * (t0_ / 2 + n / 2 * interval_);
}

double ConstantSchedule::begin(double t) {
  t0_ = t_start_ == PDE_TIME_AUTO ? t : std::max(t, t_start_);
  n_ = 0;
  return last_ = t0_;
}

double ConstantSchedule::advance(double t) {
  // A millionth of an interval before a due time counts as there; less where that is below rounding, but
  // never so much that a due time could be passed over.
  const double near = std::min(std::max(time_rounding(t, t0_), 1e-6 * interval_), interval_ / 2);
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
  if (open == whole.npos || whole.back() != ')')
    fail(PDE_ERR_ARGUMENT, "schedule is \"{}\", expected {}", text, kForms);
  const std::string_view name = trimmed(whole.substr(0, open));
  const std::string_view list = whole.substr(open + 1, whole.size() - open - 2);
  if (name != "constant" && name != "list")
    fail(PDE_ERR_ARGUMENT, "schedule is \"{}\", expected {}", text, kForms);
  const std::vector<double> numbers = parse_numbers(list, text);
  if (name == "list") return std::make_unique<ListSchedule>(numbers);
  if (numbers.empty() || numbers.size() > 2) {
    fail(PDE_ERR_ARGUMENT, "schedule \"{}\" has {} numbers, expected an interval and perhaps a start", text,
         numbers.size());
  }
  return std::make_unique<ConstantSchedule>(numbers[0], numbers.size() > 1 ? numbers[1] : PDE_TIME_AUTO);
}

}  // namespace pde
