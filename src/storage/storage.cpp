#include "storage/storage.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <new>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/numbers.hpp"
#include "field/nonfinite.hpp"

namespace pde {

// ---- modes

namespace {

constexpr std::pair<const char *, Mode> kModes[] = {
    {"create", Mode::create},     {"truncate_once", Mode::truncate_once},
    {"truncate", Mode::truncate}, {"truncate_always", Mode::truncate},
    {"append", Mode::append},     {"readonly", Mode::readonly},
};

}  // namespace

Mode parse_mode(const char *text) {
  if (!text) return Mode::create;
  for (const auto &[name, mode] : kModes) {
    if (std::strcmp(text, name) == 0) return mode;
  }
  fail(PDE_ERR_ARGUMENT,
       "mode is \"{}\", expected create, truncate_once, truncate, truncate_always, append or readonly", text);
}

const char *mode_name(Mode mode) {
  for (const auto &[name, value] : kModes) {
    if (value == mode) return name;
  }
  return "";
}

StorageUse::StorageUse(Storage &storage) : base_(storage.base()) {
  if (base_.in_use.exchange(true, std::memory_order_acquire)) {
    fail(PDE_ERR_BUSY,
         "the storage {} is in use by another call (of another thread, or the one that runs this callback)",
         storage.uri());
  }
  ++base_.uses;
  base_.user.store(std::this_thread::get_id(), std::memory_order_relaxed);
}

// ---- life

Storage::Storage(std::unique_ptr<Backend> backend, Settings settings, std::shared_ptr<Storage> base)
    : backend_(std::move(backend)),
      settings_(std::move(settings)),
      base_(std::move(base)),
      mode_(settings_.mode) {
  adopt_contents();
}

bool Storage::shares_series_with(Storage &other) {
  const Storage &a = base(), &b = other.base();
  return &a == &b || (a.backend_ && b.backend_ && a.backend_->series() == b.backend_->series());
}

Storage::~Storage() {
  try {
    close();
  } catch (const std::exception &error) {
    log_line(PDE_LOG_ERROR, error.what());
  }
}

void Storage::adopt_contents() {
  // What is stored wins over the option; what set_info said, and then what a start says, wins over both.
  Info info = settings_.info;
  info.merge(backend_->info());
  apply_changes(info);
  contents_ = backend_->contents();  // the last step that can fail, so that the backend and we agree on it
  info_ = std::move(info);
  if (!contents_.description && settings_.grid) guess_description();
  note_other_snapshots();
}

/// They have come or gone otherwise than by an append: what is known of their times no longer holds.
void Storage::note_other_snapshots() {
  ordered_ = 0;
  disorder_ = false;
  ++revision_;
}

/// As py-pde does it with the grid of the user, where what is stored does not say what it is.
void Storage::guess_description() {
  if (contents_.dtype == 0 || info_.find("field_attributes")) return;
  contents_.description = FieldDescription::guess(settings_.grid, contents_.shape, contents_.dtype);
  if (!contents_.description) {
    contents_.no_description = fmt::format(
        "snapshots of shape {} are no scalar, vector or tensor field on the grid of option grid, {}",
        shape_text(contents_.shape), settings_.grid->text());
  }
}

/// After a start that failed halfway: what was stored may be gone already.
void Storage::adopt_what_is_left() {
  try {
    adopt_contents();
  } catch (const std::exception &) {
    contents_ = {};  // nobody knows, so nothing is promised
    note_other_snapshots();
  }
}

void Storage::apply_changes(Info &info) const {
  for (const auto &[key, json] : info_changes_) {
    if (json) {
      info.set(key, *json);
    } else {
      info.remove(key);
    }
  }
}

void Storage::check_open(const char *what) const {
  if (state_ == State::closed) fail(PDE_ERR_STATE, "{}: the storage {} has been closed", what, settings_.uri);
}

/// What is appended while another thread ends the process would have to be finished by nobody.
void Storage::check_process_goes_on() const {
  if (process_ends_elsewhere() && backend_->lasts())
    fail(PDE_ERR_STATE, "{} takes nothing any more: another thread is ending the process", backend_->name());
}

/// Open, and what is known of its contents up to date. A call looks once: what it has checked must stay true,
/// whatever other storages of the same series do meanwhile.
void Storage::look(const char *what) {
  check_open(what);
  const Storage &held = base();
  if (held.in_use && looked_in_ == held.uses) return;
  if (state_ == State::idle && backend_->changed()) adopt_contents();
  looked_in_ = held.uses;
}

void Storage::check_readable(const char *what) const {
  if (!backend_->readable())
    fail(PDE_ERR_UNSUPPORTED, "{}: {} is written only, nothing can be read from it", what, name());
}

// ---- writing

/// Runs one step that writes. What it throws is passed on; a backend that cannot go on leaves the storage
/// failed.
template <class F>
void Storage::writing_step(F &&step) {
  if (state_ == State::failed) {
    fail(PDE_ERR_STATE, "{} failed earlier and takes no more snapshots until it is opened again: {}",
         backend_->name(), failure_);
  }
  try {
    step();
  } catch (const std::bad_alloc &) {
    if (!backend_->usable()) {
      fail_for_good("no memory");
      failure_ = "writing " + settings_.uri + ": no memory";  // may fail in its turn
    }
    throw;
  } catch (const std::exception &error) {
    if (!backend_->usable()) fail_for_good(error.what());
    throw;
  }
}

void Storage::fail_for_good(const char *cause) {
  state_ = State::failed;
  failure_ = cause;
}

namespace {

/// Rank, and the ranks of the members.
std::vector<int32_t> parts(const FieldDescription &description) {
  std::vector<int32_t> ranks{description.rank};
  for (const MemberDescription &member : description.members) ranks.push_back(member.rank);
  return ranks;
}

bool same_parts(const FieldDescription &a, const FieldDescription &b) {
  return a.rank == b.rank &&
         std::equal(a.members.begin(), a.members.end(), b.members.begin(), b.members.end(),
                    [](const auto &one, const auto &other) { return one.rank == other.rank; });
}

}  // namespace

/// Grid, shape and parts, as far as what is stored is described.
void Storage::check_same_shape(const FieldDescription &given, const char *what) const {
  const auto &stored = contents_.description;
  if (stored && !(*given.grid == *stored->grid)) {
    fail(PDE_ERR_SHAPE, "{} is on the grid {}, {} holds snapshots on {}", what, given.grid->text(),
         backend_->name(), stored->grid->text());
  }
  if (contents_.dtype != 0 && !given.has_shape(contents_.shape)) {
    fail(PDE_ERR_SHAPE, "{} has the shape {}, {} holds snapshots of {}", what, shape_text(given.shape()),
         backend_->name(), shape_text(contents_.shape));
  }
  if (stored && !same_parts(given, *stored)) {
    fail(PDE_ERR_SHAPE, "{} is a {}, {} holds snapshots that are a {} (ranks [{}] and [{}])", what,
         rank_name(given.rank), backend_->name(), rank_name(stored->rank), fmt::join(parts(given), ", "),
         fmt::join(parts(*stored), ", "));
  }
}

void Storage::check_same_kind(const FieldDescription &given, const char *what) const {
  check_same_shape(given, what);
  if (contents_.dtype != 0 && given.dtype != contents_.dtype) {
    fail(PDE_ERR_DTYPE, "{} is {}, {} holds {}", what, dtype_name(given.dtype), backend_->name(),
         dtype_name(contents_.dtype));
  }
}

/// What the mode says about writing at all.
void Storage::check_may_write() const {
  if (base_) fail(PDE_ERR_READONLY, "{} is only read: write to the storage that it shows", name());
  if (mode_ == Mode::readonly) fail(PDE_ERR_READONLY, "{} was opened with mode readonly", backend_->name());
  if (mode_ == Mode::create && contents_.length > 0) {
    fail(PDE_ERR_EXISTS,
         "{} holds {} snapshots, which mode create never changes: use append or truncate_once",
         backend_->name(), contents_.length);
  }
}

void Storage::start(const FieldDescription &sample, const Info &info, bool keeps_run_state) {
  check_open("start");
  if (state_ == State::writing)
    fail(PDE_ERR_STATE, "{} is being written already: finish first", backend_->name());
  begin_session([&] { start_session(sample, info, will_replace(), keeps_run_state); });
}

/// Takes what a writer needs and calls `start`; what it throws leaves things as they were.
template <class F>
void Storage::begin_session(F &&start) {
  writing_step([&] {
    check_may_write();
    check_process_goes_on();
    backend_->begin();
    try {
      adopt_contents();
      check_may_write();  // others may have written since it was opened
      start();
    } catch (...) {
      backend_->cancel();
      if (!backend_->usable()) adopt_what_is_left();
      throw;
    }
  });
}

void Storage::start_session(const FieldDescription &sample, const Info &info, bool replaces,
                            bool keeps_run_state) {
  if (!replaces && !contents_.description && info_.find("field_attributes")) {
    fail(PDE_ERR_UNSUPPORTED, "{} cannot go on, as what it says about its snapshots is not understood: {}",
         backend_->name(), contents_.no_description);
  }
  if (!replaces) check_same_kind(sample, "the sample");
  const FieldDescription kind = replaces ? sample : contents_.description.value_or(sample);
  Info merged = replaces ? settings_.info : info_;
  if (replaces) apply_changes(merged);
  merged.merge(info);
  merged.remove("data_length");  // the backend's own
  const std::string *stored = replaces ? nullptr : info_.find("field_attributes");
  merged.set("field_attributes", stored && contents_.description ? *stored : kind.text());
  Contents contents = replaces ? Contents{} : contents_;
  contents.description = kind;
  contents.dtype = kind.dtype;
  contents.shape = kind.shape();
  backend_->start(kind, replaces ? StartMode::replace : StartMode::extend, merged);
  // Nothing below may fail: the backend is writing.
  if (!keeps_run_state) backend_->set_run_state({});
  contents_ = std::move(contents);
  info_ = std::move(merged);
  info_changes_.clear();
  info_changed_ = false;
  warned_nonfinite_ = false;
  note_other_snapshots();
  // A storage that has written goes on behind its own snapshots from now on; only truncate starts anew each
  // time.
  if (mode_ == Mode::truncate_once || mode_ == Mode::create) mode_ = Mode::append;
  // From now on the series has what the option gave it, and what is removed must not come back.
  if (mode_ == Mode::append && backend_->readable()) settings_.info = {};
  state_ = State::writing;
  if (backend_->lasts()) unclosed_.join(weak_from_this(), *backend_);
}

bool Storage::will_replace() const {
  return mode_ == Mode::truncate || mode_ == Mode::truncate_once;
}

/// Of the snapshot that the next one follows; nothing: it will be the first.
std::optional<double> Storage::time_before_next() const {
  if (state_ == State::idle && will_replace()) return std::nullopt;
  return contents_.last_time;
}

double Storage::checked_time(double time, std::optional<double> last) const {
  if (time == PDE_TIME_AUTO) time = last ? *last + 1 : 0.0;
  if (!std::isfinite(time))
    fail(PDE_ERR_ARGUMENT, "time is {}, expected a finite number or PDE_TIME_AUTO", time);
  if (!last || settings_.time_order == TimeOrder::any) return time;
  const bool strict = settings_.time_order == TimeOrder::increasing;
  if (time < *last || (strict && time == *last)) {
    fail(PDE_ERR_ARGUMENT,
         "time is {}, but the last snapshot of {} is at {}: expected {} (option time_order is {})", time,
         backend_->name(), *last, strict ? "a later time" : "no earlier time",
         strict ? "increasing" : "nondecreasing");
  }
  return time;
}

/// What option nonfinite says to NaN and infinity.
void Storage::check_values(const Field &field) {
  if (settings_.nonfinite == NonfiniteRule::allow || warned_nonfinite_) return;
  const auto found = find_nonfinite(field);
  if (!found) return;
  const std::string value = dtype_is_complex(field.dtype())
                                ? fmt::format("({}, {})", real_text(found->re), real_text(found->im))
                                : real_text(found->re);
  const std::string what =
      fmt::format("the field is {} in component {}, cell {}", value, found->row, found->cell);
  if (settings_.nonfinite == NonfiniteRule::refuse)
    fail(PDE_ERR_UNSOUND, "{}, and option nonfinite of {} refuses what is not finite", what, name());
  log_warning("{}: {} takes it (option nonfinite), and further ones without a word", what, name());
  warned_nonfinite_ = true;
}

void Storage::append(const Field &field, double time, const std::string *info) {
  append_uncommitted(field, time, info);
  commit(commit_due());
}

void Storage::append_uncommitted(const Field &field, double time, const std::string *info) {
  check_open("append");
  writing_step([&] {
    if (state_ == State::writing) check_same_kind(field.description(), "the field");
    if (state_ == State::idle) check_may_write();
    // Checked before a start, which may replace a file: a refused call must leave it alone.
    checked_time(time, time_before_next());
    if (info && !backend_->keeps_snapshot_info())
      fail(PDE_ERR_UNSUPPORTED, "{} keeps no metadata of single snapshots", name());
    if (state_ == State::idle) {
      if (settings_.nonfinite == NonfiniteRule::refuse) check_values(field);
      start(field.description(), {});
    }
    append_checked(field, time, info);
  });
}

void Storage::append_raw(int32_t dtype, const void *data, int64_t count, double time) {
  check_open("append_raw");
  dtype_info(dtype);
  writing_step([&] {
    if (state_ == State::idle) check_may_write();
    if (state_ == State::idle)
      fail(PDE_ERR_STATE, "{} is not being written: call pde_storage_start first", backend_->name());
    if (dtype != contents_.dtype) {
      fail(PDE_ERR_DTYPE, "dtype is {}, {} holds {}", dtype_name(dtype), backend_->name(),
           dtype_name(contents_.dtype));
    }
    check_count(count, contents_.description->count(), "samples of one snapshot");
    // Reading only: a wrap needs an address that can be written, and append never does.
    append_checked(*Field::wrap(*contents_.description, const_cast<void *>(data), {}), time, nullptr);
  });
  commit(commit_due());
}

void Storage::append_checked(const Field &field, double time, const std::string *info) {
  check_process_goes_on();
  const double when = checked_time(time, time_before_next());
  const bool on_the_way = settings_.nonfinite == NonfiniteRule::warn && backend_->looks_at_samples();
  if (!on_the_way) check_values(field);
  bool finite = true;
  backend_->append(field, when, info, on_the_way && !warned_nonfinite_ ? &finite : nullptr);
  if (!finite) check_values(field);  // which says where
  ++contents_.length;
  contents_.last_time = when;
  ++revision_;
}

void Storage::commit(Commit which) {
  if (which == Commit::none) return;
  check_open("commit");
  writing_step([&] {
    if (state_ == State::writing) backend_->commit(which);
  });
}

void Storage::flush() {
  check_open("flush");
  writing_step([&] {
    if (state_ == State::writing) backend_->commit(Commit::all);
    if (state_ == State::idle) store_changed_info();
  });
}

/// Metadata set between sessions: a session without snapshots takes it in.
void Storage::store_changed_info() {
  if (!info_changed_ || mode_ != Mode::append || !contents_.description) return;
  const FieldDescription kind = *contents_.description;
  start(kind, {}, true);
  finish();
}

void Storage::finish() {
  check_open("finish");
  if (state_ == State::idle) return;
  writing_step([&] {
    backend_->finish(info_);
    state_ = State::idle;
    info_changes_.clear();
    info_changed_ = false;
  });
}

void Storage::close() {
  if (state_ == State::closed) return;
  std::string problem;
  pde_status code = PDE_OK;
  const auto step = [&](auto &&f) {
    try {
      f();
    } catch (const Error &error) {
      if (code == PDE_OK) code = error.code(), problem = error.what();
    } catch (const std::bad_alloc &) {
      if (code == PDE_OK) code = PDE_ERR_MEMORY, problem = "no memory while closing " + settings_.uri;
    }
  };
  if (state_ == State::failed) code = PDE_ERR_IO, problem = failure_;
  if (state_ == State::writing) step([&] { finish(); });
  if (state_ == State::idle) step([&] { store_changed_info(); });
  state_ = State::closed;
  ++revision_;
  step([&] { backend_->close(); });
  backend_.reset();
  unclosed_.leave();
  if (code != PDE_OK) throw Error(code, problem);
}

/// A call of this very thread that has it in use is in a function of the host, which ends the process: it
/// does not come back.
bool Storage::close_at_exit() noexcept {
  const bool taken = !in_use.exchange(true, std::memory_order_acquire);
  if (!taken && user.load(std::memory_order_relaxed) != std::this_thread::get_id()) return false;
  try {
    close();
  } catch (const std::exception &error) {
    log_line(PDE_LOG_ERROR, error.what());
  }
  if (taken) in_use.store(false, std::memory_order_release);
  return true;
}

// ---- dropping snapshots

void Storage::truncate_after(double time) {
  look("truncate_after");
  check_readable("truncate_after");
  if (std::isnan(time)) fail(PDE_ERR_ARGUMENT, "time is nan, expected a number");
  writing_step([&] {
    check_may_write();
    const int64_t length = first_after(time);
    if (length == contents_.length) return;
    backend_->check_truncates();
    if (state_ == State::writing) return truncate(length);
    const FieldDescription kind = description();
    begin_session([&] { start_session(kind, {}, false, false); });
    in_short_session([&] { truncate(first_after(time)); });
  });
}

void Storage::keep_first(int64_t length) {
  look("keep_first");
  check_readable("keep_first");
  if (state_ == State::writing)
    fail(PDE_ERR_STATE, "{} is being written already: finish first", backend_->name());
  writing_step([&] {
    check_may_write();
    if (length >= contents_.length) return;
    backend_->check_truncates();
    const FieldDescription kind = description();
    begin_session([&] { start_session(kind, {}, false, true); });
    in_short_session([&] {
      if (length < contents_.length) truncate(length);
    });
  });
}

/// A session of our own ends whatever `step` does.
template <class F>
void Storage::in_short_session(F &&step) {
  try {
    step();
  } catch (...) {
    if (backend_->usable()) finish();
    throw;
  }
  finish();
}

void Storage::truncate(int64_t length) {
  std::optional<double> last_time;  // asked for first, as this may fail, too
  if (length > 0) backend_->times(length - 1, 1, &last_time.emplace());
  backend_->truncate(length);
  contents_.length = length;
  contents_.last_time = last_time;
  note_other_snapshots();
  backend_->commit(Commit::all);
}

void Storage::clear(bool forget_shape) {
  look("clear");
  check_readable("clear");
  writing_step([&] {
    check_may_write();
    if (contents_.length > 0) backend_->check_truncates();
    if (forget_shape) {
      if (state_ == State::writing) finish();
      return erase();
    }
    if (state_ == State::writing) return truncate(0);
    if (contents_.length == 0) return;
    const FieldDescription kind = description();
    begin_session([&] { start_session(kind, Info(info_), true, false); });
    finish();
  });
}

/// Nothing is stored any more, nor locked to a shape. The metadata stays for the next session.
void Storage::erase() {
  backend_->begin();
  try {
    adopt_contents();
    check_may_write();
    const Info kept = without_own_entries(info_);
    backend_->erase();
    for (const auto &[key, json] : kept.entries()) info_changes_.emplace_back(key, json);
  } catch (...) {
    backend_->cancel();
    adopt_what_is_left();
    throw;
  }
  contents_ = {};
  adopt_contents();
}

// ---- runs that go on

bool Storage::go_on() {
  look("resume");
  if (backend_->readable()) return true;
  if (state_ == State::idle) backend_->go_on_elsewhere();
  return false;
}

std::string Storage::run_state() {
  look("run_state");
  return backend_->run_state();
}

bool Storage::rounded(int64_t index) {
  look("rounded");
  return backend_->rounded(index);
}

// ---- metadata

namespace {

constexpr std::string_view kOwnEntries[] = {"field_attributes", "data_length"};

}  // namespace

bool is_own_entry(std::string_view key) {
  return std::find(std::begin(kOwnEntries), std::end(kOwnEntries), key) != std::end(kOwnEntries);
}

Info without_own_entries(Info info) {
  for (std::string_view key : kOwnEntries) info.remove(key);
  return info;
}

const Info &Storage::info() {
  look("info");
  return info_;
}

void Storage::set_info(std::string_view key, const char *json) {
  check_open("set_info");
  check_may_write();
  if (is_own_entry(key)) fail(PDE_ERR_ARGUMENT, "key is \"{}\", which the storage keeps itself", key);
  if (key.empty()) fail(PDE_ERR_ARGUMENT, "key is empty");
  if (key.find('/') != key.npos) fail(PDE_ERR_ARGUMENT, "key is \"{}\": / is not allowed in a key", key);
  std::optional<std::string> value;
  if (json) value = Info::normalised(json, fmt::format("the value of \"{}\"", key));
  info_changes_.emplace_back(key, std::move(value));
  apply_changes(info_);
  info_changed_ = true;
  ++revision_;
}

void Storage::merge_info(const Info &info) {
  info_.merge(info);
  ++revision_;
}

std::string Storage::statistics_text() {
  look("statistics");
  const BackendStatistics numbers = backend_->statistics();
  const double ratio = numbers.bytes_stored > 0
                           ? static_cast<double>(numbers.bytes_in) / static_cast<double>(numbers.bytes_stored)
                           : 0.0;
  return fmt::format(
      R"({{"snapshots": {}, "bytes_in": {}, "bytes_stored": {}, "ratio": {}, "commits": {}, "seconds_waited": {}, )"
      R"("queue_peak": {}, "rounding": {}}})",
      contents_.length, numbers.bytes_in, numbers.bytes_stored, json_number(ratio), numbers.commits,
      json_number(numbers.seconds_waited), numbers.queue_peak,
      numbers.rounding.empty() ? "null" : numbers.rounding);
}

}  // namespace pde
