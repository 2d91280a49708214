// Records the state, or what a function of the user makes of it, in a storage.

#include <utility>

#include "base/numbers.hpp"
#include "tracker/tracker_kinds.hpp"

namespace pde {
namespace {

constexpr OptionSpec kOptions[] = {
    {"final", OptionType::flag, "false", "",
     "record the last state of the run, too, unless it was due anyway"},
    {"uri", OptionType::text, "", "",
     "where no storage is given: the one to open; it is closed at the end of the run"},
    {"mode", OptionType::choice, "create", "create|truncate_once|truncate|truncate_always|append|readonly",
     "how to open it"},
};

class StorageTracker : public Tracker {
 public:
  StorageTracker(StoragePtr storage, SchedulePtr schedule, std::optional<StorageTransform> transform,
                 const ResolvedOptions &options)
      : Tracker(schedule_or_default(std::move(schedule))),
        storage_(std::move(storage)),
        transform_(std::move(transform)),
        final_(options.flag("final")) {
    no_state_.transformed = transform_.has_value();
    if (storage_) return;
    uri_ = options.text("uri");
    mode_ = options.text("mode");
    storage_ = open_storage(uri_, mode_.c_str(), Options());
  }

  std::string name() const override { return "storage " + (storage_ ? storage_->uri() : uri_); }

  void start(const StatePtr &state, double, double) override {
    if (!storage_) storage_ = open_storage(uri_, mode_.c_str(), Options());
    if (transform_) transformed_ = Field::create(transform_->result);
    StorageUse use(*storage_);
    storage_->start(transform_ ? transform_->result : state->description(), Info(), goes_on_);
    started_ = true;
    if (goes_on_ && !storage_->run_state().empty()) return;
    no_state_.began_at = storage_->is_readable() ? storage_->length() : 0;
    storage_->set_run_state(no_state_.text());
  }

  Verdict handle(const StatePtr &state, double t) override {
    record(state, t);
    return {};
  }

  bool last(const StatePtr &state, const RunEnd &end) override {
    if (!final_ || !started_ || end.handled) return false;
    record(state, end.t);
    return true;
  }

  void finish(const StatePtr &state, const RunEnd &end) override {
    if (!std::exchange(started_, false)) return;
    goes_on_ = false;
    const bool ours = !uri_.empty();
    const StoragePtr storage = storage_;
    if (ours) storage_.reset();
    StorageUse use(*storage);
    if (state) forget_beginning(*storage);
    for (const auto &[key, json] : end.info.entries()) storage->set_info(key, json.c_str());
    storage->finish();
    if (ours) storage->close();
  }

  Storage *storage() const override { return storage_.get(); }
  bool records_state() const override { return !transform_; }

  void rewind(const TrackerState *saved, double t) override {
    if (!storage_) storage_ = open_storage(uri_, mode_.c_str(), Options());
    StorageUse use(*storage_);
    goes_on_ = true;
    if (!storage_->go_on()) return;
    const int64_t length = storage_->length();
    if (length == 0) return;  // another storage than that of the run before
    if (const Mode mode = storage_->mode(); mode == Mode::truncate || mode == Mode::truncate_once) {
      fail(PDE_ERR_STATE,
           "the run goes on, but {} was opened with mode {}, which starts anew: open it with mode append",
           storage_->name(), mode_name(mode));
    }
    if (!saved || saved->length < 0) return storage_->truncate_after(t);
    check_recorded(*saved, length);
    storage_->keep_first(saved->length);
  }

  void forget_cut_run() override {
    if (!storage_) return;
    StorageUse use(*storage_);
    if (!storage_->go_on() || storage_->length() == 0) return;
    const std::string json = storage_->run_state();
    const auto none = json.empty() ? std::nullopt : NoRunState::parse(json);
    if (none && none->began_at) storage_->keep_first(*none->began_at);
  }

 private:
  /// The run has ended in good order: what it has recorded is there to stay.
  void forget_beginning(Storage &storage) const {
    if (!storage.is_writing()) return;
    const std::string json = storage.run_state();
    if (json.empty() || !NoRunState::parse(json)) return;
    storage.set_run_state(transform_ ? NoRunState{true, {}}.text() : std::string());
  }

  /// Whether it is the storage that the run has written to until it was cut.
  void check_recorded(const TrackerState &saved, int64_t length) const {
    std::optional<double> last_time;
    if (saved.length > 0 && saved.length <= length)
      storage_->times(saved.length - 1, 1, &last_time.emplace());
    if (saved.length <= length && last_time == saved.last_time) return;
    fail(PDE_ERR_STATE,
         "{} holds {} snapshots, but the run that is to go on had recorded {} there{}: expected the storage "
         "that it wrote to, or an empty one",
         storage_->name(), length, saved.length,
         saved.last_time ? ", the last at t = " + real_text(*saved.last_time) : "");
  }

  void record(const StatePtr &state, double t) {
    // The user's function may use this very storage, so it is not held yet.
    if (transform_) transform_->call(state, t, transformed_);
    StorageUse use(*storage_);
    storage_->append_uncommitted(transform_ ? *transformed_ : *state, t);
  }

  StoragePtr storage_;      // null: closed by us after a run
  std::string uri_, mode_;  // of a storage that we opened, else empty
  std::optional<StorageTransform> transform_;
  FieldPtr transformed_;
  bool final_;
  bool started_ = false;
  bool goes_on_ = false;  // where the run before it was cut
  NoRunState no_state_;
};

}  // namespace

OptionTable storage_tracker_options() {
  return kOptions;
}

TrackerPtr make_storage_tracker(StoragePtr storage, SchedulePtr schedule,
                                std::optional<StorageTransform> transform, const Options &options) {
  const ResolvedOptions resolved(options, kOptions, "tracker:storage");
  if (storage && (options.values().contains("uri") || options.values().contains("mode"))) {
    fail(PDE_ERR_ARGUMENT, "options uri and mode go with no storage of yours, but the storage {} is given",
         storage->uri());
  }
  if (!storage && !resolved.has("uri")) {
    fail(PDE_ERR_ARGUMENT, "storage is NULL and option uri is not set, expected one of them");
  }
  return std::make_shared<StorageTracker>(std::move(storage), std::move(schedule), std::move(transform),
                                          resolved);
}

}  // namespace pde
