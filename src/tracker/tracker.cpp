#include "tracker/tracker.hpp"

#include <algorithm>

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

FieldPtr wide_copy(const Field &state) {
  return state.copy(dtype_is_complex(state.dtype()) ? PDE_COMPLEX128 : PDE_FLOAT64, std::nullopt);
}

TrackerPtr make_callback_tracker(SchedulePtr schedule, std::function<Verdict(const StatePtr &, double)> act) {
  return std::make_shared<CallbackTracker>(schedule_or_default(std::move(schedule)), std::move(act));
}

namespace {

constexpr std::string_view kPrefix = "tracker:";

const TrackerKind *const kKinds[] = {&kConsistencyTracker, &kMaterialTracker, &kPlotTracker,
                                     &kPrintTracker,       &kProgressTracker, &kRuntimeTracker,
                                     &kSteadyStateTracker};

const TrackerKind *find_kind(std::string_view name) {
  const auto found = std::find_if(std::begin(kKinds), std::end(kKinds),
                                  [&](const TrackerKind *each) { return each->name == name; });
  return found == std::end(kKinds) ? nullptr : *found;
}

}  // namespace

TrackerPtr make_tracker(std::string_view name, SchedulePtr schedule, const Options &options) {
  const TrackerKind *kind = find_kind(name);
  if (!kind) {
    std::string names;
    for (const TrackerKind *each : kKinds)
      names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", each->name);
    fail(PDE_ERR_ARGUMENT, "name is \"{}\", expected that of a tracker: {}", name, names);
  }
  const ResolvedOptions resolved(options, kind->options, fmt::format("{}{}", kPrefix, name));
  return kind->make(std::move(schedule), resolved);
}

std::optional<OptionTable> tracker_options(std::string_view consumer) {
  if (consumer == "controller") return OptionTable();
  if (!consumer.starts_with(kPrefix)) return std::nullopt;
  const std::string_view name = consumer.substr(kPrefix.size());
  if (name == "storage") return storage_tracker_options();
  if (name == "data") return data_tracker_options();
  const TrackerKind *kind = find_kind(name);
  return kind ? std::optional(kind->options) : std::nullopt;
}

std::string tracker_consumers() {
  std::string names = "controller, tracker:storage, tracker:data";
  for (const TrackerKind *each : kKinds) names += fmt::format(", {}{}", kPrefix, each->name);
  return names;
}

}  // namespace pde
