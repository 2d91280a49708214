// What a run needs besides its last snapshot to go on as if it had never been cut: the place of each
// schedule, what trackers keep, and what the stepper keeps. It is stored with the snapshots, as JSON
// (docs/formats.md).
//
// It tells of the moment at which everything that was due at `t` had been done. What was recorded after it
// belongs to nobody: a run that goes on drops it and records it again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pde {

struct TrackerState {
  std::string kind;      // the first word of its name
  std::string schedule;  // text, or a checksum of a long one; empty: none
  std::vector<double> position;
  bool handled = false;                  // at t
  std::string kept = {};                 // JSON of the tracker's own; empty: nothing
  int64_t length = -1;                   // of the storage that it writes to; -1: to none
  std::optional<double> last_time = {};  // in that storage
};

struct RunState {
  double t_start = 0, t = 0;
  double last_step = 0;
  int64_t steps = 0;
  std::vector<TrackerState> trackers;
  int64_t own = -1;    // which of them writes to the storage that this is stored in
  std::string solver;  // JSON of the stepper's own; empty: the loop is not ours
  /// Snapshots in the storage when the run ended in good order: more means that others have added to it.
  std::optional<int64_t> length_at_end;

  std::string text() const;
  /// PDE_ERR_FORMAT for what is none, PDE_ERR_UNSUPPORTED for that of a later version; `what` names it.
  static RunState parse(std::string_view json, std::string_view what);
};

/// What a storage has instead, while it has no state: where its run began, as long as that has not ended; and
/// whether its snapshots are what a function made of the state, from which nothing can go on.
struct NoRunState {
  bool transformed = false;
  std::optional<int64_t> began_at;  // snapshots that were there before

  std::string text() const;
  /// Nothing: the text is that of a state, or of neither.
  static std::optional<NoRunState> parse(std::string_view json);
};

/// How a schedule is named in a state.
std::string schedule_key(const std::string &text);

}  // namespace pde
