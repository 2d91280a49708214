// What the files of single trackers offer to the factory in tracker.cpp.
#pragma once

#include <string>

#include "tracker/tracker.hpp"

namespace pde {

/// A tracker that is made by its name, which is also that of its table, "tracker:NAME".
struct TrackerKind {
  std::string_view name;
  OptionTable options;
  TrackerPtr (*make)(SchedulePtr schedule, const ResolvedOptions &options);
};

template <class T>
TrackerPtr make_tracker_of(SchedulePtr schedule, const ResolvedOptions &options) {
  return std::make_shared<T>(std::move(schedule), options);
}

extern const TrackerKind kConsistencyTracker, kMaterialTracker, kPlotTracker, kPrintTracker, kProgressTracker,
    kRuntimeTracker, kSteadyStateTracker;

OptionTable storage_tracker_options();
OptionTable data_tracker_options();

/// The schedule, or where it is null constant(1), py-pde's default.
SchedulePtr schedule_or_default(SchedulePtr schedule);

/// The state in C order, as float64, or complex128 if it is complex.
FieldPtr wide_copy(const Field &state);

}  // namespace pde
