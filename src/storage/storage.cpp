#include "storage/storage.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/numbers.hpp"
#include "field/strided_copy.hpp"

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

StorageUse::StorageUse(Storage &storage) : storage_(storage) {
  if (storage.in_use.exchange(true, std::memory_order_acquire)) {
    fail(PDE_ERR_BUSY,
         "the storage {} is in use by another call (of another thread, or the one that runs this callback)",
         storage.uri());
  }
}

// ---- life

Storage::Storage(std::unique_ptr<Backend> backend, Settings settings)
    : backend_(std::move(backend)), settings_(std::move(settings)), mode_(settings_.mode) {
  adopt_contents();
}

Storage::~Storage() {
  try {
    close();
  } catch (const std::exception &error) {
    log_line(PDE_LOG_ERROR, error.what());
  }
}

void Storage::adopt_contents() {
  contents_ = backend_->contents();
  // What is stored wins over the option; what set_info said, and then what a start says, wins over both.
  info_ = settings_.info;
  info_.merge(backend_->info());
  apply_changes(info_);
}

/// After a start that failed halfway: what was stored may be gone already.
void Storage::adopt_what_is_left() {
  try {
    adopt_contents();
  } catch (const std::exception &) {
    contents_ = {};  // nobody knows, so nothing is promised
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
  } catch (const std::exception &error) {
    if (!backend_->usable()) {
      failure_ = error.what();
      state_ = State::failed;
    }
    throw;
  }
}

namespace {

/// Rank, and the ranks of the members.
std::vector<int32_t> parts(const FieldDescription &description) {
  std::vector<int32_t> ranks{description.rank};
  for (const MemberDescription &member : description.members) ranks.push_back(member.rank);
  return ranks;
}

}  // namespace

/// Grid, shape and parts, as far as what is stored is described.
void Storage::check_same_shape(const FieldDescription &given, const char *what) const {
  const auto &stored = contents_.description;
  if (stored && !(*given.grid == *stored->grid)) {
    fail(PDE_ERR_SHAPE, "{} is on the grid {}, {} holds snapshots on {}", what, given.grid->text(),
         backend_->name(), stored->grid->text());
  }
  if (contents_.dtype != 0 && given.shape() != contents_.shape) {
    fail(PDE_ERR_SHAPE, "{} has the shape {}, {} holds snapshots of {}", what, shape_text(given.shape()),
         backend_->name(), shape_text(contents_.shape));
  }
  if (stored && parts(given) != parts(*stored)) {
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
  if (mode_ == Mode::readonly) fail(PDE_ERR_READONLY, "{} was opened with mode readonly", backend_->name());
  if (mode_ == Mode::create && contents_.length > 0) {
    fail(PDE_ERR_EXISTS,
         "{} holds {} snapshots, which mode create never changes: use append or truncate_once",
         backend_->name(), contents_.length);
  }
}

void Storage::start(const FieldDescription &sample, const Info &info) {
  check_open("start");
  if (state_ == State::writing)
    fail(PDE_ERR_STATE, "{} is being written already: finish first", backend_->name());
  writing_step([&] {
    check_may_write();
    backend_->begin();
    try {
      adopt_contents();
      check_may_write();  // others may have written since it was opened
      start_session(sample, info);
    } catch (...) {
      backend_->cancel();
      if (!backend_->usable()) adopt_what_is_left();
      throw;
    }
  });
}

void Storage::start_session(const FieldDescription &sample, const Info &info) {
  const bool replaces = will_replace();
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
  backend_->start(kind, replaces ? StartMode::replace : StartMode::extend, merged);
  if (replaces) contents_ = {};
  contents_.description = kind;
  contents_.dtype = kind.dtype;
  contents_.shape = kind.shape();
  info_ = std::move(merged);
  info_changes_.clear();
  info_changed_ = false;
  // A storage that has written goes on behind its own snapshots from now on; only truncate starts anew each
  // time.
  if (mode_ == Mode::truncate_once || mode_ == Mode::create) mode_ = Mode::append;
  state_ = State::writing;
}

bool Storage::will_replace() const {
  return mode_ == Mode::truncate || mode_ == Mode::truncate_once;
}

double Storage::checked_time(double time) const {
  const bool first = !contents_.last_time || (state_ == State::idle && will_replace());
  if (time == PDE_TIME_AUTO) time = first ? 0.0 : *contents_.last_time + 1;
  if (!std::isfinite(time))
    fail(PDE_ERR_ARGUMENT, "time is {}, expected a finite number or PDE_TIME_AUTO", time);
  if (first || settings_.time_order == TimeOrder::any) return time;
  const bool strict = settings_.time_order == TimeOrder::increasing;
  const double last = *contents_.last_time;
  if (time < last || (strict && time == last)) {
    fail(PDE_ERR_ARGUMENT,
         "time is {}, but the last snapshot of {} is at {}: expected {} (option time_order is {})", time,
         backend_->name(), last, strict ? "a later time" : "no earlier time",
         strict ? "increasing" : "nondecreasing");
  }
  return time;
}

void Storage::append(const Field &field, double time) {
  check_open("append");
  writing_step([&] {
    if (state_ == State::writing) check_same_kind(field.description(), "the field");
    if (state_ == State::idle) check_may_write();
    // Checked before a start, which may replace a file: a refused call must leave it alone.
    checked_time(time);
    if (state_ == State::idle) start(field.description(), {});
    append_checked(field, time);
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
    append_checked(*Field::wrap(*contents_.description, const_cast<void *>(data), {}), time);
  });
}

void Storage::append_checked(const Field &field, double time) {
  const double when = checked_time(time);
  backend_->append(field, when);
  ++contents_.length;
  contents_.last_time = when;
}

void Storage::flush() {
  check_open("flush");
  writing_step([&] {
    if (state_ == State::writing) backend_->commit();
    if (state_ == State::idle) store_changed_info();
  });
}

/// Metadata set between sessions: a session without snapshots takes it in.
void Storage::store_changed_info() {
  if (!info_changed_ || mode_ != Mode::append || !contents_.description) return;
  start(*contents_.description, {});
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
  step([&] { backend_->close(); });
  backend_.reset();
  if (code != PDE_OK) throw Error(code, problem);
}

// ---- reading

int64_t Storage::length() {
  check_open("length");
  return contents_.length;
}

int64_t Storage::committed() {
  check_open("committed");
  return backend_->committed();
}

int64_t Storage::checked_index(int64_t index) const {
  const int64_t length = contents_.length;
  const int64_t from_start = index < 0 ? index + length : index;
  if (from_start < 0 || from_start >= length) {
    if (length == 0) fail(PDE_ERR_RANGE, "index is {}, but {} holds no snapshots", index, backend_->name());
    fail(PDE_ERR_RANGE, "index is {}, but {} holds {} snapshots: expected {} to {}", index, backend_->name(),
         length, -length, length - 1);
  }
  return from_start;
}

namespace {

void check_readable(const Backend &backend) {
  if (!backend.readable())
    fail(PDE_ERR_UNSUPPORTED, "{} is written only: no field can be read from it", backend.name());
}

}  // namespace

void Storage::times(int64_t first, int64_t count, double *out_times) {
  check_open("times");
  if (count < 0) fail(PDE_ERR_ARGUMENT, "count is {}, expected at least 0", count);
  if (count == 0) return;
  const int64_t begin = checked_index(first);
  if (count > contents_.length - begin) {
    fail(PDE_ERR_RANGE, "first is {} and count {}, but {} holds {} snapshots", first, count, backend_->name(),
         contents_.length);
  }
  backend_->times(begin, count, out_times);
}

const FieldDescription &Storage::description() {
  check_open("sample");
  if (!contents_.description) {
    fail(contents_.dtype == 0 ? PDE_ERR_STATE : PDE_ERR_UNSUPPORTED, "{}: {}", backend_->name(),
         contents_.no_description.empty() ? "nothing is stored yet, so no snapshot is known"
                                          : contents_.no_description);
  }
  return *contents_.description;
}

void Storage::read(int64_t index, Field &into) {
  check_open("read");
  check_readable(*backend_);
  const int64_t position = checked_index(index);
  const FieldDescription &target = into.description();
  check_same_shape(target, "the field");
  if (!dtype_converts_lossless(contents_.dtype, target.dtype)) {
    fail(PDE_ERR_DTYPE,
         "the field is {}, {} holds {}, whose values it cannot all hold: read into a field of that dtype",
         dtype_name(target.dtype), backend_->name(), dtype_name(contents_.dtype));
  }
  std::byte *direct = target.dtype == contents_.dtype ? into.c_order_data() : nullptr;
  if (direct) {
    backend_->read(position, 1, 1, direct);
    return;
  }
  std::vector<std::byte> snapshot(static_cast<size_t>(target.count() * dtype_size(contents_.dtype)));
  backend_->read(position, 1, 1, snapshot.data());
  into.unpack(snapshot.data(), contents_.dtype);
}

void Storage::read_raw(int64_t first, int64_t count, int64_t step, int32_t dtype, void *out_data,
                       int64_t size) {
  check_open("read_raw");
  check_readable(*backend_);
  dtype_info(dtype);
  if (count < 0) fail(PDE_ERR_ARGUMENT, "count is {}, expected at least 0", count);
  if (step < 1) fail(PDE_ERR_ARGUMENT, "step is {}, expected at least 1", step);
  if (count == 0) return check_count(size, 0, "no snapshots, no samples");
  const int64_t begin = checked_index(first);
  if ((count - 1) > (contents_.length - 1 - begin) / step) {
    fail(PDE_ERR_RANGE, "first is {}, count {} and step {}, but {} holds {} snapshots", first, count, step,
         backend_->name(), contents_.length);
  }
  const auto per_snapshot = checked_product(contents_.shape);
  const int64_t sizes[] = {count, per_snapshot.value_or(-1), dtype_size(dtype)};
  if (!checked_product(sizes))
    fail(PDE_ERR_RANGE, "{} snapshots of shape {} are more than can be addressed", count,
         shape_text(contents_.shape));
  check_count(size, count * *per_snapshot, "snapshots times samples of each");
  if (!dtype_converts_lossless(contents_.dtype, dtype)) {
    fail(PDE_ERR_DTYPE, "dtype is {}, {} holds {}, whose values it cannot all hold", dtype_name(dtype),
         backend_->name(), dtype_name(contents_.dtype));
  }
  if (dtype == contents_.dtype) return backend_->read(begin, count, step, out_data);
  std::vector<std::byte> snapshot(static_cast<size_t>(*per_snapshot * dtype_size(contents_.dtype)));
  for (int64_t i = 0; i < count; ++i) {
    backend_->read(begin + i * step, 1, 1, snapshot.data());
    convert_samples(static_cast<std::byte *>(out_data) + i * *per_snapshot * dtype_size(dtype), dtype,
                    snapshot.data(), contents_.dtype, *per_snapshot);
  }
}

// ---- metadata

const Info &Storage::info() const {
  check_open("info");
  return info_;
}

void Storage::set_info(std::string_view key, const char *json) {
  check_open("set_info");
  check_may_write();
  if (key == "field_attributes" || key == "data_length") {
    fail(PDE_ERR_ARGUMENT, "key is \"{}\", which the storage keeps itself", key);
  }
  if (key.empty()) fail(PDE_ERR_ARGUMENT, "key is empty");
  if (key.find('/') != key.npos) fail(PDE_ERR_ARGUMENT, "key is \"{}\": / is not allowed in a key", key);
  std::optional<std::string> value;
  if (json) value = Info::normalised(json, fmt::format("the value of \"{}\"", key));
  info_changes_.emplace_back(key, std::move(value));
  apply_changes(info_);
  info_changed_ = true;
}

std::string Storage::statistics_text() {
  check_open("statistics");
  const BackendStatistics numbers = backend_->statistics();
  const double ratio = numbers.bytes_stored > 0
                           ? static_cast<double>(numbers.bytes_in) / static_cast<double>(numbers.bytes_stored)
                           : 0.0;
  return fmt::format(R"({{"snapshots": {}, "bytes_in": {}, "bytes_stored": {}, "ratio": {}, "commits": {}}})",
                     contents_.length, numbers.bytes_in, numbers.bytes_stored, json_number(ratio),
                     numbers.commits);
}

}  // namespace pde
