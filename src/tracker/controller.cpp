#include "tracker/controller.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>

#include "base/log.hpp"
#include "base/numbers.hpp"
#include "tracker/run_report.hpp"

namespace pde {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr const char *kEndReached = "Reached final time";  // the words of py-pde: readers of its files
constexpr const char *kInterrupted = "User interrupted simulation";  // compare with them

void check_finite(double value, const char *what) {
  if (value == PDE_TIME_AUTO) fail(PDE_ERR_ARGUMENT, "{} is PDE_TIME_AUTO, expected a time", what);
  if (!std::isfinite(value))
    fail(PDE_ERR_ARGUMENT, "{} is {}, expected a finite number", what, real_text(value));
}

/// Why a run ends that fails with this.
std::string reason_of(const Error &error) {
  const auto *unsound = dynamic_cast<const Unsound *>(&error);
  return unsound ? unsound->reason() : error.what();
}

}  // namespace

// ---- trackers

Controller::Controller(std::vector<TrackerPtr> trackers, const Options &options) {
  const ResolvedOptions none(options, {}, "controller");
  for (TrackerPtr &tracker : trackers) {
    for (const Entry &entry : entries_) {
      if (entry.tracker == tracker)
        fail(PDE_ERR_ARGUMENT, "the tracker \"{}\" is given twice", tracker->name());
    }
    entries_.push_back({std::move(tracker), nullptr, kNever});
  }
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (!entries_[i].tracker->taken.exchange(true)) continue;
    const std::string name = entries_[i].tracker->name();
    entries_.resize(i);
    for (const Entry &entry : entries_) entry.tracker->taken = false;
    fail(PDE_ERR_STATE, "the tracker \"{}\" belongs to another controller already", name);
  }
}

Controller::~Controller() {
  for (const Entry &entry : entries_) entry.tracker->taken = false;
}

void Controller::remove(const Tracker &tracker) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry &entry) { return entry.tracker.get() == &tracker; });
  if (found == entries_.end())
    fail(PDE_ERR_NOT_FOUND, "the controller does not have the tracker \"{}\"", tracker.name());
  const Entry removed = std::move(*found);
  entries_.erase(found);
  for (Entry &entry : entries_) entry.states.clear();  // they tell of a tracker that is there no more
  removed.tracker->taken = false;
  if (state_ == State::running || state_ == State::stopped)
    removed.tracker->finish(nullptr, run_end(removed));
}

// ---- time

void Controller::set_step(double dt) {
  if (!(dt >= 0) || !std::isfinite(dt)) {
    fail(PDE_ERR_ARGUMENT, "dt is {}, expected a finite number above 0, or 0", real_text(dt));
  }
  step_ = dt;
}

/// What t may be off from rounding. The same for `due` before steps are handled and for `handle` itself.
double Controller::rounding(double t, int64_t steps) const {
  const int64_t ahead = t > t_ ? steps : 0;
  const double step = step_ > 0 ? step_ : ahead > 0 ? (t - t_) / static_cast<double>(ahead) : last_step_;
  const double added_up = static_cast<double>(steps_ + ahead) * std::numeric_limits<double>::epsilon() *
                          std::max(std::fabs(t), std::fabs(t_start_));
  return std::max(time_rounding(t, t_start_), std::min(added_up, 1e-3 * step));
}

/// How far ahead of t a due time may be and still be served by t.
double Controller::window(double t, int64_t steps) const {
  // Halfway between two steps is the later one's, also when rounding says otherwise.
  return step_ > 0 ? std::max(step_ * (0.5 - 1e-6), time_rounding(t, t_start_)) : rounding(t, steps);
}

/// At the time of the last call it is not due once more.
bool Controller::is_due(const Entry &entry, double t, int64_t steps) const {
  const int64_t every = entry.schedule ? entry.schedule->every_steps() : 0;
  if (every == 0) return entry.due <= t + window(t, steps);
  const int64_t step = steps_ + (t > t_ ? steps : 0);
  return step % every == 0 && entry.handled_at != t;
}

/// What trackers are told: in a loop that hits times, the very time if t is it up to rounding.
double Controller::snapped(double t, double target) const {
  return step_ == 0 && std::fabs(t - target) <= rounding(t) ? target : t;
}

void Controller::check_time(double t) const {
  check_finite(t, "t");
  if (t > t_) return;
  fail(PDE_ERR_ARGUMENT, "t is {}, expected more than {}, the time of the call before", real_text(t),
       real_text(t_));
}

void Controller::advance(double t, int64_t steps) {
  last_step_ = (t - t_) / static_cast<double>(steps);
  t_ = t;
  steps_ += steps;
}

int64_t Controller::steps_to_count() const {
  int64_t least = std::numeric_limits<int64_t>::max();
  for (const Entry &entry : entries_) {
    const int64_t every = entry.schedule ? entry.schedule->every_steps() : 0;
    if (every > 0) least = std::min(least, every - steps_ % every);
  }
  return least;
}

// ---- the run

void Controller::check_state(State expected, const char *what) const {
  if (state_ == expected) return;
  switch (state_) {
    case State::idle:
      fail(PDE_ERR_STATE, "{}: the run has not started", what);
    case State::running:
      fail(PDE_ERR_STATE, "{}: the run has started already, at t = {}", what, real_text(t_start_));
    case State::stopped:
      fail(PDE_ERR_STATE, "{}: the run has stopped at t = {} and waits for finish ({})", what, real_text(t_),
           stop_reason_);
    case State::over:
      fail(PDE_ERR_STATE, "{}: the run is over since t = {} ({})", what, real_text(t_), stop_reason_);
  }
}

void Controller::check_field(const StatePtr &state, double t, int64_t steps) const {
  if (state) {
    const FieldDescription &given = state->description();
    if (*given.grid != *kind_->grid || given.shape() != kind_->shape() || given.rank != kind_->rank) {
      fail(PDE_ERR_SHAPE, "state is a {} of shape {} on {}, expected a {} of shape {} on {}, as at the start",
           given.class_name(), shape_text(given.shape()), given.grid->text(), kind_->class_name(),
           shape_text(kind_->shape()), kind_->grid->text());
    }
    if (given.dtype != kind_->dtype) {
      fail(PDE_ERR_DTYPE, "state is {}, expected {}, as at the start", dtype_name(given.dtype),
           dtype_name(kind_->dtype));
    }
    return;
  }
  for (const Entry &entry : entries_) {
    if (!entry.tracker->needs_state() || !is_due(entry, t, steps)) continue;
    const bool by_time = entry.schedule->every_steps() == 0;
    fail(PDE_ERR_ARGUMENT, "state is NULL at t = {}, where the tracker \"{}\" is due ({})", real_text(t),
         entry.tracker->name(), by_time ? "since " + real_text(entry.due) : entry.schedule->text());
  }
}

Controller::Next Controller::start(const StatePtr &state, double t_start, double t_end) {
  check_state(State::idle, "start");
  check_finite(t_start, "t_start");
  check_resumed(t_start);
  if (!(t_end >= t_start)) {
    fail(PDE_ERR_ARGUMENT, "t_end is {}, expected a time not before t_start = {}", real_text(t_end),
         real_text(t_start));
  }
  if (!state) fail(PDE_ERR_ARGUMENT, "state is NULL, expected that at t_start = {}", real_text(t_start));
  begin(state, t_start, t_end);
  try {
    for (Entry &entry : entries_) {
      act(entry, [&](Tracker &tracker) {
        tracker.start(state, t_start_, t_end);
        if (resumed_) tracker.restore(entry.saved ? &*entry.saved : nullptr, state, t_);
      });
    }
    if (!resumed_) handle_due(state, t_start);
  } catch (const Error &error) {
    fail_run(reason_of(error), t_start);
    throw;
  }
  return conclude(t_start);
}

void Controller::begin(const StatePtr &state, double t_start, double t_end) {
  state_ = State::running;
  kind_ = state->description();
  t_start_ = t_ = t_start;
  if (resumed_) t_start_ = resumed_->t_start, steps_ = resumed_->steps, last_step_ = resumed_->last_step;
  t_end_ = t_end;
  began_ = std::chrono::system_clock::now();
  clock_start_ = Clock::now();
  for (Entry &entry : entries_) begin_schedule(entry);
}

bool Controller::due(double t, int64_t steps) const {
  check_state(State::running, "due");
  check_finite(t, "t");
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry &entry) {
    return entry.tracker->needs_state() && is_due(entry, t, steps);
  });
}

Controller::Next Controller::handle(const StatePtr &state, double t, int64_t steps) {
  check_state(State::running, "handle");
  check_time(t);
  check_field(state, t, steps);
  advance(t, steps);
  try {
    handle_due(state, t);
  } catch (const Error &error) {
    fail_run(reason_of(error), t);
    throw;
  }
  for (Entry &entry : entries_) entry.tracker->pass(t);
  return conclude(t);
}

void Controller::handle_due(const StatePtr &state, double t) {
  for (Entry &entry : entries_) {
    if (!is_due(entry, t)) continue;
    const double time = snapped(t, entry.due);
    act(entry, [&](Tracker &tracker) {
      const Verdict verdict = tracker.handle(state, time);
      if (verdict.stop) {
        note_stop(verdict.reason.empty() ? fmt::format("Tracker \"{}\" is satisfied", tracker.name())
                                         : verdict.reason,
                  true);
      }
    });
    entry.handled_at = t;
    entry.due = entry.schedule->next(std::max(t, time));
    // Another due time nearest to this same step has been served with it.
    if (step_ > 0 && is_due(entry, t)) entry.due = entry.schedule->next(t + window(t));
  }
  commit_recorded();
}

void Controller::note_stop(const std::string &reason, bool successful) {
  stop_reason_ += (stop_reason_.empty() ? "" : "; ") + reason;
  successful_ = successful_ && successful;
}

void Controller::note_end(double t) {
  if (!(t >= t_end_ - rounding(t)) || !stop_reason_.empty()) return;
  reached_end_ = true;
  note_stop(kEndReached, true);
}

Controller::Next Controller::conclude(double t) {
  note_end(t);
  if (stop_reason_.empty() && stop_requested()) note_stop(kInterrupted, false);
  if (!stop_reason_.empty()) {
    state_ = State::stopped;
    return {true, t};
  }
  double next = t_end_;
  for (const Entry &entry : entries_) {
    if (entry.schedule && entry.schedule->binding()) next = std::min(next, entry.due);
  }
  return {false, next};
}

// ---- the end

void Controller::finish(const StatePtr &state, double t) {
  if (state_ != State::stopped) check_state(State::running, "finish");
  check_finite(t, "t");
  if (!state) fail(PDE_ERR_ARGUMENT, "state is NULL, expected that at t = {}", real_text(t));
  if (t != t_) check_time(t);
  check_field(state, t);
  if (t != t_) {
    advance(t, 1);
    try {
      handle_due(state, t);
    } catch (const Error &error) {
      fail_run(reason_of(error), t);
      throw;
    }
    note_end(t);
  }
  if (stop_reason_.empty()) note_stop("Ended by the program", true);
  end_run();
  finish_all(state, true);
}

void Controller::fail_run(const std::string &reason, double t) {
  if (state_ != State::running && state_ != State::stopped) return;
  t_ = std::max(t_, t);
  reached_end_ = false;
  note_stop(reason, false);
  end_run();
  finish_all(nullptr, false);
}

void Controller::end_run() {
  state_ = State::over;
  clock_end_ = Clock::now();
}

/// Finishes every tracker, whatever the others do. The first failure is thrown in the end, if it is news.
void Controller::finish_all(const StatePtr &state, bool report_failure) {
  std::exception_ptr failure;
  const auto attempt = [&](bool is_news, auto &&step) {
    try {
      step();
    } catch (const Error &error) {
      if (report_failure && !failure) {
        failure = std::current_exception();
      } else if (is_news) {
        log_warning("{}", error.what());
      }
    }
  };
  for (Entry &entry : entries_) {
    if (!state || entry.failed) continue;
    attempt(true, [&] {
      act(entry, [&](Tracker &tracker) {
        if (tracker.last(state, run_end(entry))) entry.handled_at = t_;
      });
    });
  }
  attempt(true, [&] {
    if (state) note_states(true);
    store_states_at_end();
  });
  for (Entry &entry : entries_) {
    const bool is_news = !entry.failed;
    attempt(is_news, [&] { act(entry, [&](Tracker &tracker) { tracker.finish(state, run_end(entry)); }); });
  }
  if (failure) std::rethrow_exception(failure);
}

RunEnd Controller::run_end(const Entry &entry) const {
  Info info;
  info.set("controller", this->info());
  if (!solver_info_.empty()) info.set("solver", solver_info_);
  return {snapped(t_, t_end_), reached_end_, entry.handled_at == t_, std::move(info)};
}

std::string Controller::info() const {
  if (state_ == State::idle) return "{}";
  RunReport report{t_start_, t_end_, began_, {}};
  const bool over = state_ == State::over;
  const Clock::duration total = (over ? clock_end_ : Clock::now()) - clock_start_;
  report.solver_seconds = std::chrono::duration<double>(total - tracker_time_).count();
  report.tracker_seconds = std::chrono::duration<double>(tracker_time_).count();
  if (over)
    report.end = {successful_, stop_reason_, std::chrono::duration<double>(total).count(),
                  snapped(t_, t_end_)};
  return report.text();
}

}  // namespace pde
