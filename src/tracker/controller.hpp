// Trackers inside a time loop: says when the next one is due, hands them the state, ends the run.
//
// A controller does one run: start, handle after each step, finish. The rules about time:
//
// due   A tracker is due at t if its due time d <= t + w. Without a step, w covers rounding alone: 4 units in
//       the last place of t and one more for each step of the run so far, the most that adding up steps can
//       be off, as long as that is below a thousandth of the last step. A d within w is what t stands for:
//       the tracker is told d, so that what is recorded carries the very due times. With a step dt, w is just
//       below dt/2: d is served by the step nearest to it, halfway by the later one, as in py-pde, and with
//       the time of that step. Due times that share their nearest step are served once.
// late  A due time that a loop has stepped over is served by the step that ends behind it, once.
// steps A tracker that counts steps is due at the start and at every so many-th call of handle, and of finish
//       if that ends a step; it has no due time.
// clock A tracker that goes by the clock is due as any other, but no step is to end there: that would make
//       the steps of a run depend on how fast the machine is.
// next  The time returned is the earliest due time or t_end: always above t, never above t_end.
// end   A run ends when t >= t_end, up to rounding as above: a loop of fixed steps ends with the step that
//       reaches t_end, as in py-pde.
//
// What is recorded is committed once all trackers have handled a time, together with what a run needs to go
// on from there (run_state.hpp; controller_state.cpp).
//
// When a tracker fails, the run is over: the others are finished (what goes wrong then is logged), and the
// failure is thrown again with the tracker's name. Trackers that stop the run keep none of those behind them
// from being handled.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/info.hpp"
#include "base/options.hpp"
#include "tracker/tracker.hpp"

namespace pde {

class Controller {
 public:
  /// What to do after a call.
  struct Next {
    bool stop;  // PDE_STOP: the run is over, finish it
    double t;   // else: call again no later than at this time
  };

  /// Takes the trackers until it goes; PDE_ERR_STATE for one that another controller has. Options: table
  /// "controller".
  Controller(std::vector<TrackerPtr> trackers, const Options &options);
  /// Abandons a run that was not finished: what was appended stays.
  ~Controller();
  Controller(const Controller &) = delete;
  Controller &operator=(const Controller &) = delete;

  /// Before start: goes on where a run of the same trackers was cut that recorded its states in `from`. Reads
  /// the last one that it can go on from, and drops what was recorded after it; its time, from which to
  /// start. Nothing: `from` is empty.
  std::optional<double> resume(const StoragePtr &from, Field &state);
  /// The step of a loop that cannot hit due times; 0: it hits them.
  void set_step(double dt);
  Next start(const StatePtr &state, double t_start, double t_end);
  /// Loops that make several steps between calls say how many there were: a tracker that counts steps gets
  /// its turn if there are no more than `steps_to_count`.
  bool due(double t, int64_t steps = 1) const;
  /// State null: only if nothing that looks at it is due.
  Next handle(const StatePtr &state, double t, int64_t steps = 1);
  /// After how many steps one is due that counts them; the largest number: none is.
  int64_t steps_to_count() const;
  void finish(const StatePtr &state, double t);
  /// Ends the run because the solver failed: the trackers are finished without a state, what they throw is
  /// logged.
  void fail_run(const std::string &reason, double t);
  /// Takes a tracker out; in a run its part is finished.
  void remove(const Tracker &tracker);

  /// From any thread or signal handler: the next handle stops.
  void stop() noexcept { stop_.store(true, std::memory_order_relaxed); }
  /// A word to watch besides: the run is asked to stop while it holds `value`. It must outlive the
  /// controller.
  void watch(const std::atomic<uint64_t> *word, uint64_t value) noexcept {
    watched_ = word;
    watched_value_ = value;
  }
  bool stop_requested() const noexcept {
    return stop_.load(std::memory_order_relaxed) ||
           (watched_ && watched_->load(std::memory_order_acquire) == watched_value_);
  }
  /// Ends the run at the next handle as a success or not, for a reason of the solver's.
  void note_stop(const std::string &reason, bool successful);

  /// py-pde's `controller` object as far as the run has come; "{}" before it. Times in the profiler are
  /// wall-clock seconds.
  std::string info() const;
  /// Gives JSON of what the stepper has to know, besides the state, to go on.
  void set_solver_state(std::function<std::string()> save) { save_solver_ = std::move(save); }
  /// What it gave in the run that goes on; empty: nothing.
  std::string resumed_solver_state() const { return resumed_ ? resumed_->solver : std::string(); }
  /// JSON for the key `solver` of the storages; taken by finish.
  void set_solver_info(std::string json) { solver_info_ = std::move(json); }
  /// Why the run has stopped; empty while it goes on.
  const std::string &stop_reason() const { return stop_reason_; }
  /// Whether t_end was reached and nobody stopped the run.
  bool reached_end() const { return reached_end_; }

 private:
  enum class State { idle, running, stopped, over };
  using Clock = std::chrono::steady_clock;
  struct Entry {
    TrackerPtr tracker;
    SchedulePtr schedule;  // null: never due
    double due;
    std::optional<double> handled_at = {};  // t of the call, not the due time
    bool failed = false;
    std::optional<TrackerState> saved = {};  // of the run that goes on; nothing: not known
    std::string schedule_key = {};           // of the schedule
    std::deque<RunState> states = {};        // not stored yet, the oldest first
    std::optional<RunState> stored = {};     // with the storage
    Clock::time_point noted = {};            // when the latest of them was taken
  };

  void begin(const StatePtr &state, double t_start, double t_end);
  void begin_schedule(Entry &entry);
  void check_state(State expected, const char *what) const;
  void check_field(const StatePtr &state, double t, int64_t steps = 1) const;
  void check_time(double t) const;
  void advance(double t, int64_t steps);
  double rounding(double t, int64_t steps = 1) const;
  double window(double t, int64_t steps = 1) const;
  double snapped(double t, double target) const;
  bool is_due(const Entry &entry, double t, int64_t steps = 1) const;
  void handle_due(const StatePtr &state, double t);
  void check_resumed(double t_start) const;
  void commit_recorded();
  void commit_recorders(Commit which);
  Commit commit_due();
  void note_states(bool commits);
  RunState run_state(size_t own) const;
  bool store_state(size_t i, bool is_committed);
  void store_states_at_end();
  void commit(Entry &entry, Commit which);
  void note_end(double t);
  Next conclude(double t);
  void finish_all(const StatePtr &state, bool report_failure);
  void end_run();
  RunEnd run_end(const Entry &entry) const;
  template <class F>
  void act(Entry &entry, F &&action);
  template <class F>
  void before_run(Entry &entry, F &&action);

  std::vector<Entry> entries_;
  State state_ = State::idle;
  double step_ = 0;
  double t_start_ = 0, t_end_ = 0, t_ = 0;
  double last_step_ = 0;
  int64_t steps_ = 0;
  std::optional<FieldDescription> kind_;  // of the state
  std::optional<RunState> resumed_;       // where the run goes on
  std::function<std::string()> save_solver_;
  std::atomic<bool> stop_{false};
  const std::atomic<uint64_t> *watched_ = nullptr;
  uint64_t watched_value_ = 0;
  bool successful_ = true, reached_end_ = false;
  std::string stop_reason_, solver_info_;
  std::chrono::system_clock::time_point began_;
  Clock::time_point clock_start_, clock_end_;
  Clock::duration tracker_time_{};
};

/// Runs what a tracker does, on its account: its time is measured, its failures carry its name.
template <class F>
void Controller::act(Entry &entry, F &&action) {
  const Clock::time_point begin = Clock::now();
  const auto account = [&] {
    if (state_ != State::over) tracker_time_ += Clock::now() - begin;
  };
  const auto named = [&](const char *message) {
    entry.failed = true;
    account();
    return fmt::format("tracker \"{}\": {}", entry.tracker->name(), message);
  };
  try {
    action(*entry.tracker);
  } catch (const Unsound &error) {
    throw Unsound(named(error.what()), error.reason());
  } catch (const Error &error) {
    throw Error(error.code(), named(error.what()));
  } catch (const std::bad_alloc &) {
    throw Error(PDE_ERR_MEMORY, named("no memory"));
  } catch (const std::exception &error) {
    throw Error(PDE_ERR_INTERNAL, named(error.what()));
  }
  account();
}

}  // namespace pde
