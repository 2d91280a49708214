#include "tracker/tracker.hpp"

#include "tracker/tracker_kinds.hpp"

namespace pde {
namespace {

class CallbackTracker : public Tracker {
 public:
  CallbackTracker(SchedulePtr schedule, std::function<Verdict(const StatePtr &, double)> act)
      : Tracker(std::move(schedule)), act_(std::move(act)) {}

  std::string name() const override { return "callback"; }
  Verdict handle(const StatePtr &state, double t) override { return act_(state, t); }

 private:
  std::function<Verdict(const StatePtr &, double)> act_;
};

}  // namespace

SchedulePtr schedule_or_default(SchedulePtr schedule) {
  return schedule ? std::move(schedule) : std::make_unique<ConstantSchedule>(1);
}

TrackerPtr make_callback_tracker(SchedulePtr schedule, std::function<Verdict(const StatePtr &, double)> act) {
  return std::make_shared<CallbackTracker>(schedule_or_default(std::move(schedule)), std::move(act));
}

TrackerPtr make_tracker(std::string_view name, SchedulePtr schedule, const Options &options) {
  if (name == "progress") return make_progress_tracker(std::move(schedule), options);
  fail(PDE_ERR_ARGUMENT, "name is \"{}\", expected that of a tracker: \"progress\"", name);
}

std::optional<OptionTable> tracker_options(std::string_view consumer) {
  if (consumer == "tracker:storage") return storage_tracker_options();
  if (consumer == "tracker:progress") return progress_tracker_options();
  if (consumer == "controller") return OptionTable();
  return std::nullopt;
}

}  // namespace pde
