#include "tracker/run_report.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/json.hpp"

namespace pde {
namespace {

/// "2026-11-22 10:41:49.271306+00:00", as Python prints a time in UTC.
std::string utc_text(std::chrono::system_clock::time_point time) {
  const int64_t micros =
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:06}+00:00",
                     fmt::gmtime(static_cast<std::time_t>(micros / 1000000)), micros % 1000000);
}

}  // namespace

std::string RunReport::text() const {
  std::string text = fmt::format(
      R"({{"mpi_run": false, "t_start": {}, "t_end": {}, "profiler": {{"solver": {}, "tracker": {}, "compilation": 0.0}}, )"
      R"("solver_start": "{}")",
      json_number(t_start), json_number(t_end), json_number(solver_seconds), json_number(tracker_seconds),
      utc_text(began));
  if (end) {
    text += fmt::format(R"(, "successful": {}, "stop_reason": {}, "solver_duration": "{}", "t_final": {})",
                        end->successful, json_quote(end->reason), duration_text_micros(end->seconds),
                        json_number(end->t_final));
  }
  return text + "}";
}

}  // namespace pde
