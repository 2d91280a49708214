// Trackers inside a time loop: says when the next one is due, hands them the state, ends the run.
//
// One run is start, handle after each step, finish; then another may start. The rules about time:
//
// due      A tracker is due at t if its due time d <= t + w. Without a step w covers rounding alone: 4 units
// in the last
//          place of t, plus one for each step of the run so far (the error that adding up steps can have at
//          most) while that is below a thousandth of the last step. With a step of dt, w is just under dt/2,
//          so that d is served by the step nearest to it, halfway by the later one, as in py-pde. Several due
//          times nearest to the same step are served once.
// late     A due time that a loop has stepped over is served by the next step, once.
// next     The time returned is the earliest due time or t_end: always above t, never above t_end.
// end      A run has ended when t >= t_end - w, with w the rounding above or a millionth of the step: a loop
// of fixed steps
//          ends with the first step that reaches t_end.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/info.hpp"
#include "base/options.hpp"
#include "tracker/tracker.hpp"

namespace pde {

class Controller {
 public:
  /// What to do after a step.
  struct Next {
    bool stop;  // PDE_STOP: the run is over, finish it
    double t;   // else: due then
  };

  Controller(std::vector<TrackerPtr> trackers, const Options &options);
  /// Abandons a run that was not finished: what was appended stays, storages are left as they are.
  ~Controller();
  Controller(const Controller &) = delete;
  Controller &operator=(const Controller &) = delete;

  /// The step of a loop that cannot hit due times; 0: it hits them.
  void set_step(double dt);
  Next start(const StatePtr &state, double t_start, double t_end);
  bool due(double t) const;
  /// State null: only if nothing that looks at it is due.
  Next handle(const StatePtr &state, double t);
  void finish(const StatePtr &state, double t);
  /// Ends the run because the solver failed; the trackers are finished without a state, what they throw is
  /// logged.
  void fail_run(const std::string &reason, double t);
  void remove(const TrackerPtr &tracker);

  /// From any thread or signal handler: the next handle stops. Lasts until finish.
  void stop() noexcept { stop_.store(true, std::memory_order_relaxed); }
  /// A second flag to watch besides stop(); null: none. Whoever owns it clears it.
  void watch(const std::atomic<bool> *flag) noexcept { watched_ = flag; }
  bool stop_requested() const noexcept {
    return stop_.load(std::memory_order_relaxed) || (watched_ && watched_->load(std::memory_order_relaxed));
  }

  /// py-pde's `controller` object of the present or last run, as far as it has come; "{}" before the first.
  const std::string &info();
  /// JSON for the info key `solver` of the storages; taken at finish.
  void set_solver_info(std::string json) { solver_info_ = std::move(json); }
  /// Why the run stopped; empty while it goes on.
  const std::string &stop_reason() const { return stop_reason_; }
  /// Whether the end was t_end, not a tracker, a request or a failure.
  bool reached_end() const { return reached_end_; }
  bool running() const { return state_ == State::running; }

 private:
  enum class State { idle, running, stopped, failed };
  using Clock = std::chrono::steady_clock;
  struct Entry {
    TrackerPtr tracker;
    SchedulePtr schedule;  // null: never due
    double due;
  };

  void check_running(const char *what) const;
  void check_time(double t) const;
  double rounding(double t) const;
  double window(double t) const;
  bool ended(double t) const;
  bool is_due(const Entry &entry, double t) const;
  void check_state(const StatePtr &state, double t) const;
  void take_trackers();
  void release_trackers();
  void serve(const StatePtr &state, double t);
  void serve(Entry &entry, const StatePtr &state, double t);
  Next conclude(double t);
  void note_stop(const std::string &reason, bool successful);
  void finish_trackers(const StatePtr &state, const Entry *failing, double t, bool quiet);
  [[noreturn]] void fail_tracker(const Entry &entry, const Error &error, double t);
  void end_run(State state);
  std::string report() const;
  RunEnd run_end(double t) const;
  template <class F>
  void timed(F &&action);

  std::vector<Entry> entries_;
  State state_ = State::idle;
  double step_ = 0;
  double t_start_ = 0, t_end_ = 0, t_ = 0, last_step_ = 0;
  int64_t steps_ = 0;
  std::atomic<bool> stop_{false};
  const std::atomic<bool> *watched_ = nullptr;
  bool successful_ = false, reached_end_ = false;
  std::string stop_reason_, failure_, info_ = "{}", solver_info_;
  std::optional<double> t_final_;
  std::chrono::system_clock::time_point began_;
  Clock::time_point clock_start_, clock_end_;
  Clock::duration tracker_time_{};
};

}  // namespace pde
