// The seam between the storage front and what keeps a series: the few things a backend must do.
//
// The front checks everything once (mode, shape, dtype, grid, time, index) and calls in this order:
//   contents, info            when opened, and again after begin and refresh
//   begin, then start         once per writing session; begin, then cancel: the front has refused the session
//   append, truncate, commit  while writing; commit makes appended snapshots durable as far as the backend
//                             can, and follows every truncate, and every append that says that it is due
//   finish                    end of the session; the series stays readable
//   begin, then erase         outside a session: forgets the whole series; no session follows
//   close                     at the end; may still fail, and nothing is called after it
// A backend throws pde::Error. After a failed step that writes the front asks `usable`: if not, the storage
// stays failed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/info.hpp"
#include "base/options.hpp"
#include "field/field.hpp"
#include "storage/selection.hpp"

namespace pde {

/// What is stored, as far as it is known.
struct Contents {
  int64_t length = 0;
  std::optional<double> last_time;
  /// Empty while nothing is stored, and for series whose file does not say (raw access still works).
  std::optional<FieldDescription> description;
  /// Why there is no description although something is stored; empty if there is nothing to explain.
  std::string no_description;
  /// Of one snapshot; known without a description. dtype 0: not known.
  int32_t dtype = 0;
  std::vector<int64_t> shape;
};

enum class StartMode {
  replace,  // what is stored goes, at the latest with the first commit of the new series
  extend,   // goes on behind what is stored
};

/// Which snapshots a commit makes durable.
enum class Commit {
  none,
  ready,  // those that are on their way no more: nobody waits
  all,
};

struct BackendStatistics {
  int64_t bytes_in = 0;      // samples of all snapshots, as they were handed over
  int64_t bytes_stored = 0;  // what they take in the storage; for files: the whole file
  int64_t commits = 0;
  double seconds_waited = 0;  // for compression and the disk, in appends and commits
  int64_t queue_peak = 0;     // most bytes that were on their way at once
  std::string rounding = {};  // JSON: what was lost on purpose; empty: nothing
};

class Backend {
 public:
  virtual ~Backend() = default;

  /// For messages: "the file /data/run.h5", "memory:".
  virtual std::string name() const = 0;

  virtual Contents contents() = 0;
  virtual Info info() = 0;
  /// Looks again at what is stored; others may have written.
  virtual void refresh() {}
  /// Contents or info may differ from what was last given. Asked before each use outside a session, so only
  /// where it costs nothing.
  virtual bool changed() { return false; }

  /// Takes what a writer needs (locks), and looks again at what is stored.
  virtual void begin() {}
  virtual void cancel() {}
  virtual void start(const FieldDescription &sample, StartMode mode, const Info &info) = 0;
  /// `info`: JSON, the metadata of this snapshot; or null. `out_finite`: null, or for backends that look at
  /// samples on the way: set to false if one of them is not finite.
  virtual void append(const Field &snapshot, double time, const std::string *info, bool *out_finite) = 0;
  /// Whether it does, which is cheaper than to search them first.
  virtual bool looks_at_samples() const { return false; }
  /// Keeps the first `length` snapshots.
  virtual void truncate(int64_t length) = 0;
  /// PDE_ERR_UNSUPPORTED where snapshots cannot be dropped; asked before anything is done.
  virtual void check_truncates() const {}
  virtual void commit(Commit which) = 0;
  /// What the appends since the last commit ask for, by the rules of the backend.
  virtual Commit commit_due() const { return Commit::none; }

  /// What the program that writes needs, besides the last snapshots, to go on from them: JSON, stored with
  /// the next commit, or at once where there are none; empty: nothing. A session begins with what is stored.
  virtual void set_run_state(std::string) {}
  virtual std::string run_state() { return {}; }
  virtual bool keeps_run_state() const { return false; }
  /// What cannot be added to: the next session writes beside what is there, and says where.
  virtual void go_on_elsewhere() {}
  /// Whether its samples are not what was appended.
  virtual bool rounded(int64_t) { return false; }
  virtual void finish(const Info &info) = 0;
  virtual void erase() = 0;
  virtual void close() = 0;

  /// Snapshots that would be left if the process were killed now.
  virtual int64_t committed() = 0;
  virtual bool usable() const { return true; }

  virtual void times(int64_t first, int64_t count, double *out_times) = 0;
  /// The selected samples in C order and the stored dtype, snapshot behind snapshot.
  virtual void read(const Selection &selection, void *out_data) = 0;
  virtual bool readable() const { return true; }
  /// Where a snapshot lies in memory, in C order; null for storages that keep none there.
  virtual const void *data(int64_t) { return nullptr; }
  virtual std::optional<std::string> snapshot_info(int64_t index) = 0;
  virtual bool keeps_snapshot_info() const { return true; }

  virtual BackendStatistics statistics() = 0;

  /// What it holds outlives the process, if it is closed: exit() does that.
  virtual bool lasts() const { return true; }

  /// The same for storages that are known to hold one and the same series.
  virtual const void *series() const { return this; }
};

}  // namespace pde
