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

struct Named {
  std::string_view name;
  TrackerPtr (*make)(SchedulePtr schedule, const Options &options);
  OptionTable (*options)();
};
constexpr Named kNamed[] = {
    {"consistency", make_consistency_tracker, consistency_tracker_options},
    {"material_conservation", make_material_tracker, material_tracker_options},
    {"print", make_print_tracker, print_tracker_options},
    {"progress", make_progress_tracker, progress_tracker_options},
    {"runtime", make_runtime_tracker, runtime_tracker_options},
    {"steady_state", make_steady_state_tracker, steady_state_tracker_options},
};

const Named *find_named(std::string_view name) {
  const auto found = std::find_if(std::begin(kNamed), std::end(kNamed),
                                  [&](const Named &each) { return each.name == name; });
  return found == std::end(kNamed) ? nullptr : found;
}

}  // namespace

TrackerPtr make_tracker(std::string_view name, SchedulePtr schedule, const Options &options) {
  if (const Named *named = find_named(name)) return named->make(std::move(schedule), options);
  std::string names;
  for (const Named &each : kNamed) names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", each.name);
  fail(PDE_ERR_ARGUMENT, "name is \"{}\", expected that of a tracker: {}", name, names);
}

std::optional<OptionTable> tracker_options(std::string_view consumer) {
  constexpr std::string_view kTracker = "tracker:";
  if (consumer == "controller") return OptionTable();
  if (!consumer.starts_with(kTracker)) return std::nullopt;
  const std::string_view name = consumer.substr(kTracker.size());
  if (name == "storage") return storage_tracker_options();
  const Named *named = find_named(name);
  return named ? std::optional(named->options()) : std::nullopt;
}

}  // namespace pde
