// The storage front: everything that is the same for all storages, decided once.
//
// Write modes, the lock on shape, dtype and grid, the time rule, index arithmetic, metadata, and what a
// failure leaves behind. A backend below it (backend.hpp) only moves snapshots. Writing is in storage.cpp,
// reading in storage_reading.cpp; what is done with whole storages (copy, merge, apply) in transfer.hpp.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/info.hpp"
#include "storage/backend.hpp"
#include "storage/unclosed.hpp"

namespace pde {

enum class Mode { create, truncate_once, truncate, append, readonly };
Mode parse_mode(const char *text);  // NULL: create; PDE_ERR_ARGUMENT lists the modes
const char *mode_name(Mode mode);

enum class TimeOrder { nondecreasing, increasing, any };
enum class NonfiniteRule { allow, warn, refuse };

/// Entries of the metadata that a storage keeps itself.
bool is_own_entry(std::string_view key);
Info without_own_entries(Info info);

class Storage : public std::enable_shared_from_this<Storage> {
 public:
  struct Settings {
    std::string uri;
    Mode mode = Mode::create;
    TimeOrder time_order = TimeOrder::nondecreasing;
    NonfiniteRule nonfinite = NonfiniteRule::warn;
    Info info;     // of the option `info`
    GridPtr grid;  // of the option `grid`: where what is stored does not say
  };
  /// `base`: of a view, the storage it shows; it is no view itself.
  Storage(std::unique_ptr<Backend> backend, Settings settings, std::shared_ptr<Storage> base = nullptr);
  ~Storage();
  Storage(const Storage &) = delete;
  Storage &operator=(const Storage &) = delete;

  // ---- writing
  /// `keeps_run_state`: what a run has left to go on from is still true, as it is this run that goes on.
  void start(const FieldDescription &sample, const Info &info, bool keeps_run_state = false);
  /// Starts writing if need be. `time` may be PDE_TIME_AUTO: last + 1, or 0. `info`: JSON, or null.
  void append(const Field &field, double time, const std::string *info = nullptr);
  void append_raw(int32_t dtype, const void *data, int64_t count, double time);
  /// As append, but for the commit that may then be due: that is left to the caller.
  void append_uncommitted(const Field &field, double time, const std::string *info = nullptr);
  Commit commit_due() const { return is_writing() ? backend_->commit_due() : Commit::none; }
  void commit(Commit which);
  void flush();
  void finish();
  void close();
  /// False: another thread is using it. Failures go to the log.
  bool close_at_exit() noexcept;
  bool is_writing() const { return state_ == State::writing; }
  /// Refuses what would fail halfway, before anything is written: times of which one would not be taken.
  void check_takes_times_of(Storage &from);
  /// Drops the first snapshot that is later, and all behind it.
  void truncate_after(double time);
  /// Drops all but the first `length`; what a run has left to go on from stays.
  void keep_first(int64_t length);
  void clear(bool forget_shape);

  // ---- reading
  /// PDE_ERR_UNSUPPORTED for what is only written, such as a movie.
  void check_readable(const char *what) const;
  bool is_readable() const { return backend_ && backend_->readable(); }
  int64_t length();
  std::optional<double> last_time();
  int64_t committed();
  void refresh();
  void times(int64_t first, int64_t count, double *out_times);
  /// The snapshots from t_start to t_end: first and count. Where times are not in order: the shortest range
  /// that has all of them.
  std::pair<int64_t, int64_t> find_range(double t_start, double t_end);
  int64_t find_nearest(double time);
  bool times_in_order();
  /// What is stored, up to date.
  const Contents &contents();
  /// The stored description; PDE_ERR_STATE if nothing says what a snapshot is.
  const FieldDescription &description();
  void read(int64_t index, Field &into);
  void read_raw(int64_t first, int64_t count, int64_t step, int32_t dtype, void *out_data, int64_t size);
  /// A box of `shape` from `lower` on, over the axes of a snapshot (both empty: all of it), into an array
  /// with these strides over [1 + axes], in elements (empty: C order).
  void read_box(int64_t first, int64_t count, int64_t step, std::span<const int64_t> lower,
                std::span<const int64_t> shape, int32_t dtype, void *out_data,
                std::span<const int64_t> strides);
  /// The stored samples as they are, of a selection that the caller has checked.
  void read_selection(const Selection &selection, void *out_data);
  const void *data(int64_t index, int32_t dtype);
  std::optional<std::string> snapshot_info(int64_t index);
  bool keeps_snapshot_info() const { return backend_ && backend_->keeps_snapshot_info(); }
  /// From the end if negative; PDE_ERR_RANGE.
  int64_t checked_index(int64_t index);
  /// The first of `count` snapshots, every step-th; PDE_ERR_RANGE unless all are there.
  int64_t checked_range(int64_t first, int64_t count, int64_t step);

  // ---- runs that go on
  /// A run that has written here goes on: false, if what it has written stays as it is and the rest goes
  /// somewhere else, as with movies.
  bool go_on();
  /// What a run needs to go on from its snapshots (Backend::set_run_state); in a session.
  void set_run_state(std::string json) {
    if (is_writing()) backend_->set_run_state(std::move(json));
  }
  bool keeps_run_state() const { return backend_ && backend_->keeps_run_state(); }
  std::string run_state();
  /// Whether what would be read is not what was appended.
  bool rounded(int64_t index);
  bool lasts() const { return backend_ && backend_->lasts(); }

  // ---- metadata
  const Info &info();
  void set_info(std::string_view key, const char *json);
  /// Of a session that goes on: as if it had been started with this, too.
  void merge_info(const Info &info);
  std::string statistics_text();
  const std::string &uri() const { return settings_.uri; }
  Mode mode() const { return mode_; }
  TimeOrder time_order() const { return settings_.time_order; }
  /// For messages.
  std::string name() const { return backend_ ? backend_->name() : settings_.uri; }

  /// The storage that a view shows, itself for any other.
  Storage &base() { return base_ ? *base_ : *this; }
  const std::shared_ptr<Storage> &base_pointer() const { return base_; }
  const Backend *backend() const { return backend_.get(); }
  /// Whether this storage, or what it shows, is the other one or shares its snapshots (memory:NAME).
  bool shares_series_with(Storage &other);
  /// Grows with whatever is changed through this storage.
  int64_t revision() const { return revision_; }

  /// A storage and its views are used by one call at a time: callers take this (capi, trackers) or get
  /// PDE_ERR_BUSY.
  std::atomic<bool> in_use{false};
  int64_t uses = 0;                     // calls so far; of the one that is in use
  std::atomic<std::thread::id> user{};  // of the one that is in use

 private:
  enum class State { idle, writing, failed, closed };
  void check_open(const char *what) const;
  void check_process_goes_on() const;
  void look(const char *what);
  void check_may_write() const;
  void check_same_shape(const FieldDescription &given, const char *what) const;
  void check_same_kind(const FieldDescription &given, const char *what) const;
  bool will_replace() const;
  std::optional<double> time_before_next() const;
  double checked_time(double time, std::optional<double> last) const;
  void check_values(const Field &field);
  void append_checked(const Field &field, double time, const std::string *info);
  void adopt_contents();
  void adopt_what_is_left();
  void guess_description();
  void note_other_snapshots();
  void apply_changes(Info &info) const;
  template <class F>
  void begin_session(F &&start);
  template <class F>
  void in_short_session(F &&step);
  void start_session(const FieldDescription &sample, const Info &info, bool replaces, bool keeps_run_state);
  void store_changed_info();
  void truncate(int64_t length);
  void erase();
  int64_t first_at_or_after(double time);
  int64_t first_after(double time);
  template <class Reached>
  int64_t first_where(Reached &&reached);
  void read_converted(Selection selection, int32_t dtype, std::byte *out_data,
                      std::span<const int64_t> strides);
  template <class F>
  void for_each_time(int64_t first, F &&f);
  template <class F>
  void writing_step(F &&step);
  void fail_for_good(const char *cause);

  std::unique_ptr<Backend> backend_;
  Settings settings_;
  std::shared_ptr<Storage> base_;
  Mode mode_;  // truncate_once turns into append
  State state_ = State::idle;
  std::string failure_;
  Contents contents_;
  Info info_;
  std::vector<std::pair<std::string, std::optional<std::string>>>
      info_changes_;               // by set_info, not yet taken in by a session; nothing: removed
  bool info_changed_ = false;      // since it was last stored
  bool warned_nonfinite_ = false;  // in this session
  int64_t ordered_ = 0;            // so many times are known to be in order
  bool disorder_ = false;          // the one behind them is not
  int64_t revision_ = 0;
  int64_t looked_in_ = -1;  // the use of the base in which this last looked for changes
  Unclosed unclosed_;
};

using StoragePtr = std::shared_ptr<Storage>;

/// Holds a storage for the length of a call; PDE_ERR_BUSY if another call has it.
class StorageUse {
 public:
  explicit StorageUse(Storage &storage);
  ~StorageUse() { base_.in_use.store(false, std::memory_order_release); }
  StorageUse(const StorageUse &) = delete;
  StorageUse &operator=(const StorageUse &) = delete;

 private:
  Storage &base_;
};

/// Opens what a uri names: "memory:", "memory:NAME", "run.h5", "hdf5:PATH", "film.mp4", "movie:PATH".
StoragePtr open_storage(const std::string &uri, const char *mode, const Options &options);

/// What the front takes from the options of any backend.
Storage::Settings storage_settings(const std::string &uri, Mode mode, const ResolvedOptions &options);

/// A storage that shows part of another one, for reading: the fields at these positions of a collection (one
/// by itself, or several as a collection), or the snapshots first, first + step, … Views of fields follow the
/// other one as it grows.
StoragePtr view_field(const StoragePtr &storage, int64_t member);
StoragePtr view_fields(const StoragePtr &storage, std::span<const int64_t> members);
StoragePtr view_range(const StoragePtr &storage, int64_t first, int64_t count, int64_t step);

/// The option table of "memory:", "hdf5:", "movie:", "custom:"; nothing: no such consumer.
std::optional<OptionTable> storage_options(std::string_view consumer);

}  // namespace pde
