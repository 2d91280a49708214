// Runs that go on: what a controller stores with the snapshots, when it commits them, and how another
// controller takes up the run from there.
//
// A run can be cut at any moment, between two commits of two storages as well. So a state is stored with the
// snapshots it belongs to only when everything that had been recorded by then, in whatever storage, has been
// committed; until then the state before it stays. What a storage holds beyond its state is dropped when the
// run goes on, and recorded again.

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/numbers.hpp"
#include "tracker/controller.hpp"

namespace pde {
namespace {

/// How often a state is taken where snapshots come faster.
constexpr auto kLeastBetweenStates = std::chrono::milliseconds(1);

/// "storage" of "storage run.h5": the name without what differs between two runs of one program.
std::string kind_of(const Tracker &tracker) {
  const std::string name = tracker.name();
  return name.substr(0, name.find(' '));
}

/// What lives in this process alone: there is nothing to be committed.
bool is_memory(const Storage &storage) {
  return storage.keeps_run_state() && !storage.lasts();
}

/// Whether what has been recorded there can be missing after a kill, and could be read.
bool is_to_be_committed(const Storage &storage) {
  return storage.is_readable() && !is_memory(storage);
}

}  // namespace

// ---- committing what is recorded

/// After all trackers have handled a time: what their storages ask for.
void Controller::commit_recorded() {
  const auto recorded = [&](const Entry &entry) {
    return entry.handled_at == t_ && entry.tracker->storage() != nullptr;
  };
  if (std::none_of(entries_.begin(), entries_.end(), recorded)) return;
  const Commit due = commit_due();
  note_states(due != Commit::none);
  if (due != Commit::none) commit_recorders(due);
}

/// The most that a storage asks for.
Commit Controller::commit_due() {
  Commit due = Commit::none;
  for (Entry &entry : entries_) {
    Storage *storage = entry.tracker->storage();
    if (!storage || entry.failed) continue;
    act(entry, [&](Tracker &) {
      const StorageUse use(*storage);
      due = std::max(due, storage->commit_due());
    });
  }
  return due;
}

/// All others before those that get a state; a single one that gets a state is committed once, with it.
void Controller::commit_recorders(Commit which) {
  std::vector<size_t> with_state;
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (!entries_[i].states.empty()) with_state.push_back(i);
  }
  const bool alone = with_state.size() == 1;
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (!(alone && i == with_state[0])) commit(entries_[i], which);
  }
  for (size_t i : with_state) {
    const bool stored = store_state(i, !alone || which != Commit::all);
    if (stored || alone) commit(entries_[i], which);
  }
}

void Controller::commit(Entry &entry, Commit which) {
  Storage *storage = entry.tracker->storage();
  if (!storage || entry.failed || !is_to_be_committed(*storage)) return;
  act(entry, [&](Tracker &) {
    const StorageUse use(*storage);
    storage->commit(which);
  });
}

// ---- states

/// Takes the state of the run for each storage that has just got the state of the system.
void Controller::note_states(bool commits) {
  const Clock::time_point now = Clock::now();
  for (size_t i = 0; i < entries_.size(); ++i) {
    Entry &entry = entries_[i];
    Storage *storage = entry.tracker->storage();
    if (!storage || entry.failed || entry.handled_at != t_) continue;
    if (!entry.tracker->records_state() || !storage->keeps_run_state()) continue;
    if (!commits && now - entry.noted < kLeastBetweenStates) continue;
    act(entry, [&](Tracker &) {
      entry.states.push_back(run_state(i));
      entry.noted = now;
      if (is_memory(*storage)) store_state(i, true);
    });
  }
}

RunState Controller::run_state(size_t own) const {
  RunState state{t_start_, t_, last_step_, steps_, {}, static_cast<int64_t>(own), {}, {}};
  if (save_solver_) state.solver = save_solver_();
  for (const Entry &entry : entries_) {
    TrackerState saved{
        kind_of(*entry.tracker), entry.schedule_key, {}, entry.handled_at == t_, entry.tracker->save()};
    if (entry.schedule) saved.position = entry.schedule->position();
    if (Storage *storage = entry.tracker->storage(); storage && storage->is_readable()) {
      const StorageUse use(*storage);
      saved.length = storage->length();
      saved.last_time = storage->last_time();
    }
    state.trackers.push_back(std::move(saved));
  }
  return state;
}

/// Gives the storage the latest state of which everything is committed, for the next commit. `is_committed`:
/// its own snapshots are, too, as far as they will be. Whether there is such a state, and it is a new one.
bool Controller::store_state(size_t i, bool is_committed) {
  Entry &entry = entries_[i];
  const auto is_safe = [&](const RunState &state) {
    for (size_t j = 0; j < entries_.size(); ++j) {
      Storage *storage = entries_[j].tracker->storage();
      if (!storage || !is_to_be_committed(*storage) || (j == i && !is_committed)) continue;
      const StorageUse use(*storage);
      if (storage->committed() < state.trackers[j].length) return false;
    }
    return true;
  };
  const auto safe = std::find_if(entry.states.rbegin(), entry.states.rend(), is_safe);
  if (safe == entry.states.rend()) return false;
  entry.stored = std::move(*safe);
  entry.states.erase(entry.states.begin(), safe.base());
  const StorageUse use(*entry.tracker->storage());
  entry.tracker->storage()->set_run_state(entry.stored->text());
  return true;
}

/// Before storages are finished, each with its state. A storage that others add to later is told from one
/// that was left behind by the length that it has now.
void Controller::store_states_at_end() {
  const auto has_states = [](const Entry &entry) { return entry.stored || !entry.states.empty(); };
  const auto with_state = std::count_if(entries_.begin(), entries_.end(), has_states);
  if (with_state == 0) return;
  for (Entry &entry : entries_) {
    if (!(with_state == 1 && has_states(entry))) commit(entry, Commit::all);
  }
  for (size_t i = 0; i < entries_.size(); ++i) {
    Entry &entry = entries_[i];
    Storage *storage = entry.tracker->storage();
    if (!storage || entry.failed || !storage->is_writing() || !has_states(entry)) continue;
    act(entry, [&](Tracker &) {
      store_state(i, with_state != 1);
      if (!entry.stored) return;
      const StorageUse use(*storage);
      entry.stored->length_at_end = storage->length();
      storage->set_run_state(entry.stored->text());
    });
  }
}

// ---- going on

namespace {

bool is_empty(Storage &from) {
  const StorageUse use(from);
  from.check_readable("resume");
  return from.length() == 0;
}

void check_same_state(const FieldDescription &stored, const FieldDescription &given,
                      const std::string &from) {
  if (*given.grid != *stored.grid || given.shape() != stored.shape() || given.rank != stored.rank) {
    fail(PDE_ERR_SHAPE, "state is a {} of shape {} on {}, but {} holds a {} of shape {} on {}",
         given.class_name(), shape_text(given.shape()), given.grid->text(), from, stored.class_name(),
         shape_text(stored.shape()), stored.grid->text());
  }
  if (given.dtype != stored.dtype) {
    fail(
        PDE_ERR_UNSUPPORTED,
        "state is {}, but {} holds {}: what was narrowed when it was recorded is not the state any more, and "
        "no run can go on from it",
        dtype_name(given.dtype), from, dtype_name(stored.dtype));
  }
}

/// Of a series without one, as other programs write them: only the time is known, and perhaps where the run
/// began.
RunState guessed_state(Storage &from) {
  RunState state;
  double first;
  from.times(0, 1, &first);
  from.times(-1, 1, &state.t);
  state.t_start = std::min(first, state.t);
  if (const std::string *json = from.info().find("controller")) {
    const JsonDocument document = json_parse(*json, "controller");
    const JsonValue *t_start = document.IsObject() ? json_find(document, "t_start") : nullptr;
    if (t_start && t_start->IsNumber() && t_start->GetDouble() <= state.t)
      state.t_start = t_start->GetDouble();
  }
  log_info("{} does not say how the run that wrote it stood: schedules are those of a run from t = {}",
           from.name(), real_text(state.t_start));
  return state;
}

/// Of the snapshot that a run can go on from; its index.
std::pair<RunState, int64_t> stored_state(Storage &from) {
  const int64_t length = from.length();
  const std::string json = from.run_state();
  if (json.empty()) return {guessed_state(from), length - 1};
  if (const auto none = NoRunState::parse(json)) {
    if (!none->transformed) return {guessed_state(from), length - 1};
    fail(PDE_ERR_UNSUPPORTED,
         "the snapshots of {} are what a function made of the state, and no run can go on from them",
         from.name());
  }
  RunState state = RunState::parse(json, "the state of the run in " + from.name());
  const TrackerState &own = state.trackers[static_cast<size_t>(state.own)];
  if (state.length_at_end && *state.length_at_end < length) {
    log_warning("{} has {} snapshots more than when the run that wrote it ended: it goes on behind them",
                from.name(), length - *state.length_at_end);
    return {guessed_state(from), length - 1};
  }
  double t = std::nan("");
  if (own.length <= length) from.times(own.length - 1, 1, &t);
  if (t != own.last_time) {
    fail(PDE_ERR_FORMAT,
         "the state of the run in {} belongs to snapshot {} at t = {}, which is not there: it holds {} "
         "snapshots",
         from.name(), own.length - 1, own.last_time ? real_text(*own.last_time) : "?", length);
  }
  return {std::move(state), own.length - 1};
}

/// What is known of a tracker: where the run had one of its kind at its place, with the same schedule.
std::optional<TrackerState> saved_of(const Tracker &tracker, size_t place, const RunState &run) {
  if (place >= run.trackers.size()) return std::nullopt;
  const TrackerState &saved = run.trackers[place];
  const Schedule *schedule = tracker.schedule();
  const std::string key = schedule ? schedule_key(schedule->text()) : std::string();
  return saved.kind == kind_of(tracker) && saved.schedule == key ? std::optional(saved) : std::nullopt;
}

}  // namespace

/// As act, of a run that has not begun: who refuses to go on has not failed in it, and may start afresh.
template <class F>
void Controller::before_run(Entry &entry, F &&action) {
  try {
    act(entry, action);
  } catch (...) {
    entry.failed = false;
    throw;
  }
}

std::optional<double> Controller::resume(const StoragePtr &from, Field &state) {
  check_state(State::idle, "resume");
  if (resumed_) fail(PDE_ERR_STATE, "resume: the run goes on at t = {} already", real_text(resumed_->t));
  if (is_empty(*from)) {
    for (Entry &entry : entries_) before_run(entry, [](Tracker &tracker) { tracker.forget_cut_run(); });
    return std::nullopt;
  }
  FieldPtr last;
  RunState found;
  {
    const StorageUse use(*from);
    if (&from->base() != from.get())
      fail(PDE_ERR_UNSUPPORTED, "{} shows another storage: a run goes on from that one", from->name());
    if (from->is_writing())
      fail(PDE_ERR_STATE, "{} is being written: finish it before a run goes on from it", from->name());
    check_same_state(from->description(), state.description(), from->name());
    int64_t index;
    std::tie(found, index) = stored_state(*from);
    if (from->rounded(index)) {
      fail(PDE_ERR_UNSUPPORTED,
           "snapshot {} of {} was rounded when it was recorded (options keep_bits, tolerance_abs, "
           "tolerance_rel): it is not the state any more, and no run can go on from it",
           index, from->name());
    }
    last = Field::create(from->description());
    from->read(index, *last);
  }
  // Only now that there is something to go on from is anything dropped.
  resumed_ = std::move(found);
  try {
    for (size_t i = 0; i < entries_.size(); ++i) {
      Entry &entry = entries_[i];
      entry.saved = saved_of(*entry.tracker, i, *resumed_);
      before_run(entry, [&](Tracker &tracker) {
        tracker.rewind(entry.saved ? &*entry.saved : nullptr, resumed_->t);
      });
    }
  } catch (...) {
    resumed_.reset();
    for (Entry &entry : entries_) entry.saved.reset();
    throw;
  }
  state.assign(*last);
  return resumed_->t;
}

void Controller::check_resumed(double t_start) const {
  if (!resumed_ || t_start == resumed_->t) return;
  fail(PDE_ERR_ARGUMENT, "t_start is {}, but the run goes on at {}, which resume has said",
       real_text(t_start), real_text(resumed_->t));
}

/// From where its run had come to, or from the beginning of the run.
void Controller::begin_schedule(Entry &entry) {
  const Schedule *schedule = entry.tracker->schedule();
  if (!schedule) return;
  entry.schedule = schedule->clone();
  entry.schedule_key = schedule_key(schedule->text());
  if (entry.saved) {
    if (entry.saved->handled) entry.handled_at = t_;
    entry.due = entry.schedule->resume(entry.saved->position, t_);
    return;
  }
  entry.due = entry.schedule->first(t_start_);
  if (!resumed_) return;
  entry.handled_at = t_;
  if (is_due(entry, t_) || entry.due <= t_ + window(t_)) entry.due = entry.schedule->next(t_ + window(t_));
}

}  // namespace pde
