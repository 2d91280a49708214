// Records the state, or what a function of the user makes of it, in a storage.

#include <exception>
#include <utility>

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
    storage_->start(transform_ ? transform_->result : state->description(), Info());
    started_ = true;
  }

  Verdict handle(const StatePtr &state, double t) override {
    record(state, t);
    return {};
  }

  void finish(const StatePtr &state, const RunEnd &end) override {
    if (!std::exchange(started_, false)) return;
    // The session ends whatever goes wrong with the last state, and a storage of our own is closed.
    const bool ours = !uri_.empty();
    const StoragePtr storage = storage_;
    std::exception_ptr failure;
    try {
      if (final_ && state && !end.handled) record(state, end.t);
    } catch (...) {
      failure = std::current_exception();
    }
    if (ours) storage_.reset();
    StorageUse use(*storage);
    for (const auto &[key, json] : end.info.entries()) storage->set_info(key, json.c_str());
    storage->finish();
    if (ours) storage->close();
    if (failure) std::rethrow_exception(failure);
  }

 private:
  void record(const StatePtr &state, double t) {
    // The user's function may use this very storage, so it is not held yet.
    if (transform_) transform_->call(state, t, transformed_);
    StorageUse use(*storage_);
    storage_->append(transform_ ? *transformed_ : *state, t);
  }

  StoragePtr storage_;      // null: closed by us after a run
  std::string uri_, mode_;  // of a storage that we opened, else empty
  std::optional<StorageTransform> transform_;
  FieldPtr transformed_;
  bool final_;
  bool started_ = false;
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
