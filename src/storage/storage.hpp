// The storage front: everything that is the same for all storages, decided once.
//
// Write modes, the lock on shape, dtype and grid, the time rule, index arithmetic, metadata, and what a
// failure leaves behind. A backend below it (backend.hpp) only moves snapshots.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/info.hpp"
#include "storage/backend.hpp"

namespace pde {

enum class Mode { create, truncate_once, truncate, append, readonly };
Mode parse_mode(const char *text);  // NULL: create; PDE_ERR_ARGUMENT lists the modes
const char *mode_name(Mode mode);

enum class TimeOrder { nondecreasing, increasing, any };

class Storage {
 public:
  struct Settings {
    std::string uri;
    Mode mode = Mode::create;
    TimeOrder time_order = TimeOrder::nondecreasing;
    Info info;  // of the option `info`
  };
  Storage(std::unique_ptr<Backend> backend, Settings settings);
  ~Storage();
  Storage(const Storage &) = delete;
  Storage &operator=(const Storage &) = delete;

  // ---- writing
  void start(const FieldDescription &sample, const Info &info);
  /// Starts writing if need be. `time` may be PDE_TIME_AUTO: last + 1, or 0.
  void append(const Field &field, double time);
  void append_raw(int32_t dtype, const void *data, int64_t count, double time);
  void flush();
  void finish();
  void close();
  bool is_writing() const { return state_ == State::writing; }

  // ---- reading
  int64_t length();
  int64_t committed();
  void times(int64_t first, int64_t count, double *out_times);
  /// The stored description; PDE_ERR_STATE if nothing says what a snapshot is.
  const FieldDescription &description();
  void read(int64_t index, Field &into);
  void read_raw(int64_t first, int64_t count, int64_t step, int32_t dtype, void *out_data, int64_t size);

  // ---- metadata
  const Info &info() const;
  void set_info(std::string_view key, const char *json);
  std::string statistics_text();
  const std::string &uri() const { return settings_.uri; }
  Mode mode() const { return mode_; }

  /// A storage and its views are used by one call at a time: callers take this (capi, trackers) or get
  /// PDE_ERR_BUSY.
  std::atomic<bool> in_use{false};

 private:
  enum class State { idle, writing, failed, closed };
  void check_open(const char *what) const;
  void check_may_write() const;
  void check_same_shape(const FieldDescription &given, const char *what) const;
  void check_same_kind(const FieldDescription &given, const char *what) const;
  bool will_replace() const;
  double checked_time(double time) const;
  void append_checked(const Field &field, double time);
  int64_t checked_index(int64_t index) const;
  void adopt_contents();
  void adopt_what_is_left();
  void apply_changes(Info &info) const;
  void start_session(const FieldDescription &sample, const Info &info);
  void store_changed_info();
  template <class F>
  void writing_step(F &&step);

  std::unique_ptr<Backend> backend_;
  Settings settings_;
  Mode mode_;  // truncate_once turns into append
  State state_ = State::idle;
  std::string failure_;
  Contents contents_;
  Info info_;
  std::vector<std::pair<std::string, std::optional<std::string>>>
      info_changes_;           // by set_info, not yet taken in by a session; nothing: removed
  bool info_changed_ = false;  // since it was last stored
};

using StoragePtr = std::shared_ptr<Storage>;

/// Holds a storage for the length of a call; PDE_ERR_BUSY if another call has it.
class StorageUse {
 public:
  explicit StorageUse(Storage &storage);
  ~StorageUse() { storage_.in_use.store(false, std::memory_order_release); }
  StorageUse(const StorageUse &) = delete;
  StorageUse &operator=(const StorageUse &) = delete;

 private:
  Storage &storage_;
};

/// Opens what a uri names: "memory:", "memory:NAME", "run.h5", "hdf5:PATH", "film.mp4", "movie:PATH".
StoragePtr open_storage(const std::string &uri, const char *mode, const Options &options);

/// What the front takes from the options of any backend.
Storage::Settings storage_settings(const std::string &uri, Mode mode, const ResolvedOptions &options);

/// The option table of "memory:", "hdf5:", "movie:", "custom:"; nothing: no such consumer.
std::optional<OptionTable> storage_options(std::string_view consumer);

}  // namespace pde
