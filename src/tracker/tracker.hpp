// What happens when a schedule is due: record the state, call the user, show how far the run has come.
//
// A tracker is told when a run starts and ends, and is handed the state when its schedule is due. It may end
// the run by its verdict, or fail by throwing: the controller then names it and ends the run. It belongs to
// one run at a time.
//
//   rewind  only in a run that goes on, before start: what was left behind after it had been cut is dropped
//   start   once; the state is that of t_start, and is not yet recorded
//   restore only in a run that goes on, after start: the state is recorded already
//   pass    after every step, due or not: for trackers that go by the clock
//   handle  whenever the schedule is due
//   last    once, unless something has failed: the state with which the run ends
//   finish  once, also after a failure anywhere
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/info.hpp"
#include "base/options.hpp"
#include "field/field.hpp"
#include "storage/storage.hpp"
#include "storage/transfer.hpp"
#include "tracker/run_state.hpp"
#include "tracker/schedule.hpp"

namespace pde {

/// The state as trackers see it: shared, not theirs to change.
using StatePtr = std::shared_ptr<const Field>;

/// What a tracker thinks of the run: go on, or end it as a success for this reason.
struct Verdict {
  bool stop = false;
  std::string reason;  // may be empty
};

/// Thrown by a tracker that finds the state wrong: PDE_ERR_UNSOUND. The run ends for the bare reason, in
/// py-pde's words where it has such a tracker.
class Unsound : public Error {
 public:
  Unsound(const std::string &message, std::string reason)
      : Error(PDE_ERR_UNSOUND, message), reason_(std::move(reason)) {}
  const std::string &reason() const { return reason_; }

 private:
  std::string reason_;
};

/// How a run ended.
struct RunEnd {
  double t;
  bool reached_end;  // and nobody stopped the run
  bool handled;      // the tracker has handled the state at t
  Info info;         // for storages: "controller", and "solver" if the solver was ours
};

class Tracker {
 public:
  virtual ~Tracker() = default;
  Tracker(const Tracker &) = delete;
  Tracker &operator=(const Tracker &) = delete;

  /// For messages: `storage run.h5`, `progress`, `callback`.
  virtual std::string name() const = 0;
  /// Copied for each run; null: never due, goes by `pass` alone.
  const Schedule *schedule() const { return schedule_.get(); }
  /// Whether `handle` looks at the state.
  virtual bool needs_state() const { return true; }

  virtual void start(const StatePtr & /*state*/, double /*t_start*/, double /*t_end*/) {}
  virtual void pass(double /*t*/) {}
  virtual Verdict handle(const StatePtr &state, double t) = 0;
  /// True: it has recorded the state, and asks for a commit as handle does.
  virtual bool last(const StatePtr & /*state*/, const RunEnd & /*end*/) { return false; }
  /// `state` is null after a failure of the solver.
  virtual void finish(const StatePtr & /*state*/, const RunEnd & /*end*/) {}

  // ---- runs that go on (run_state.hpp)
  /// Where it appends snapshots; the controller commits them. Null: nowhere.
  virtual Storage *storage() const { return nullptr; }
  /// Whether these are the state itself, from which a run can go on.
  virtual bool records_state() const { return false; }
  /// JSON of what it has to know, besides the state; empty: nothing.
  virtual std::string save() const { return {}; }
  /// `saved`: what is known of this tracker; null: nothing, so what is later than t goes.
  virtual void rewind(const TrackerState * /*saved*/, double /*t*/) {}
  /// Instead of rewind and restore, where the run was cut before there was anything to go on from: what it
  /// has left behind goes, and what was there before stays.
  virtual void forget_cut_run() {}
  virtual void restore(const TrackerState * /*saved*/, const StatePtr & /*state*/, double /*t*/) {}

  /// Whether a controller has it.
  std::atomic<bool> taken{false};

 protected:
  explicit Tracker(SchedulePtr schedule) : schedule_(std::move(schedule)) {}

 private:
  SchedulePtr schedule_;
};
using TrackerPtr = std::shared_ptr<Tracker>;

/// Records the state. Schedule null: constant(1). Storage null: opened now from the options uri and mode,
/// closed at the end of the run. Options: table "tracker:storage".
TrackerPtr make_storage_tracker(StoragePtr storage, SchedulePtr schedule,
                                std::optional<StorageTransform> transform, const Options &options);

/// Calls `act`, which throws to fail. Schedule null: constant(1).
TrackerPtr make_callback_tracker(SchedulePtr schedule,
                                 std::function<Verdict(const StatePtr &state, double t)> act);

/// Numbers about the state: fills `out_values`, one per column, and tells whether the run has reached its
/// aim.
using Measure = std::function<bool(const StatePtr &state, double t, std::span<double> out_values)>;

/// Keeps a table of such numbers. Columns: their names, "mean,max". Schedule null: constant(1). Options:
/// table "tracker:data"; without `path` the table stays in memory.
TrackerPtr make_data_tracker(std::string_view columns, SchedulePtr schedule, Measure measure,
                             const Options &options);
class MemoryTable;
/// That table; PDE_ERR_ARGUMENT for any tracker that has none in memory.
const MemoryTable &data_table(const Tracker &tracker);

/// How fast the state changes: fills `out_rate`, a field like it, but float64 or complex128 and in C order.
using RateFunction = std::function<void(const StatePtr &state, double t, const FieldPtr &out_rate)>;

/// "steady_state" by the user's rate, not by what has changed since the last look.
TrackerPtr make_steady_state_tracker(SchedulePtr schedule, RateFunction rate, const Options &options);

/// By name, as py-pde registers them: "consistency", "material_conservation", "print", "progress",
/// "steady_state", and "runtime". Schedule null: the tracker's default. PDE_ERR_ARGUMENT lists the names.
TrackerPtr make_tracker(std::string_view name, SchedulePtr schedule, const Options &options);

/// The table of "tracker:storage", "tracker:data", "tracker:" with one of these names, "controller" (which
/// may be empty); nothing: no such consumer.
std::optional<OptionTable> tracker_options(std::string_view consumer);
/// All of those consumers, for a message: "controller, tracker:storage, …".
std::string tracker_consumers();

}  // namespace pde
