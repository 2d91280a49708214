// What a run has left to go on from: any text in the place of it.
#include <cmath>

#include "base/error.hpp"
#include "fuzz.hpp"
#include "tracker/run_state.hpp"
#include "tracker/schedule.hpp"

namespace pde {
namespace {

constexpr const char *kWhat = "the state";

/// Schedules take a position that they understand, and go on from it as from any other.
void go_on(const TrackerState &tracker, double t) {
  for (const char *text : {"constant(0.1)", "list(0, 1, 2)", "geometric(1, 2)", "logarithmic(1, 2)",
                           "realtime(30)", "steps(3)"}) {
    const SchedulePtr schedule = Schedule::parse(text);
    try {
      double due = schedule->resume(tracker.position, t);
      PROMISE(!std::isnan(due), text);
      if (!std::isfinite(due)) continue;
      const double next = schedule->next(std::max(t, due));
      PROMISE(next > std::max(t, due), text);
      due = next;
    } catch (const Error &error) {
      PROMISE(error.code() == PDE_ERR_FORMAT, error.what());
    }
  }
}

}  // namespace
}  // namespace pde

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) try {
  const std::string_view text = fuzz::text_of(data, size);
  if (const auto none = pde::NoRunState::parse(text)) {
    PROMISE(pde::NoRunState::parse(none->text())->text() == none->text(), none->text());
    return 0;
  }
  const pde::RunState state = pde::RunState::parse(text, pde::kWhat);
  PROMISE(pde::RunState::parse(state.text(), pde::kWhat).text() == state.text(), state.text());
  for (const pde::TrackerState &tracker : state.trackers) pde::go_on(tracker, state.t);
  return 0;
} catch (const pde::Error &error) {
  PROMISE(error.code() == PDE_ERR_FORMAT || error.code() == PDE_ERR_UNSUPPORTED, error.what());
  return 0;
}
