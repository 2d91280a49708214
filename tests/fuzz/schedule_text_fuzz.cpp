// Schedules: the first line is the text of one, the others are the times at which it begins and is handled.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/numbers.hpp"
#include "fuzz.hpp"
#include "tracker/schedule.hpp"

namespace pde {
namespace {

void check_number(std::string_view text) {
  const auto number = parse_real(text);
  if (!number) return;
  const auto again = parse_real(real_text(*number));
  PROMISE(again && (*again == *number || (std::isnan(*again) && std::isnan(*number))), text);
  if (const auto integer = parse_integer(text)) PROMISE(static_cast<double>(*integer) == *number, text);
}

/// Times that come again and again are never over while there are numbers for them.
bool is_over(const Schedule &schedule, double t) {
  const std::string text = schedule.text();
  if (!text.starts_with("constant(")) return true;
  if (t == std::numeric_limits<double>::max()) return true;
  return t > 0 && std::isinf(t + *parse_real(text.substr(9, text.find_first_of(",)") - 9)));
}

void handle(Schedule &schedule, std::string_view times) {
  bool begun = false;
  double due = -std::numeric_limits<double>::infinity();
  while (!times.empty()) {
    const std::string_view line = fuzz::take_line(times);
    check_number(line);
    const auto t = parse_real(line);
    if (!t || !std::isfinite(*t)) continue;
    const double before = due;
    due = begun ? schedule.next(*t) : schedule.first(*t);
    PROMISE(!std::isnan(due), line);
    PROMISE(begun ? due > *t : due >= *t, line);
    PROMISE(due > before || std::isinf(due), line);
    PROMISE(!std::isinf(due) || is_over(schedule, std::max(before, *t)), line);
    begun = true;
  }
}

}  // namespace
}  // namespace pde

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) try {
  std::string_view text = fuzz::text_of(data, size);
  const pde::SchedulePtr schedule = pde::Schedule::parse(fuzz::take_line(text));
  PROMISE(pde::Schedule::parse(schedule->text())->text() == schedule->text(), schedule->text());
  PROMISE(schedule->clone()->text() == schedule->text(), schedule->text());
  pde::handle(*schedule, text);
  return 0;
} catch (const pde::Error &error) {
  PROMISE(error.code() == PDE_ERR_ARGUMENT, error.what());
  return 0;
}
