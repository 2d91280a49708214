// What the files of single trackers offer to the factory in tracker.cpp.
#pragma once

#include <string>

#include "tracker/tracker.hpp"

namespace pde {

/// The schedule, or where it is null constant(1), py-pde's default.
SchedulePtr schedule_or_default(SchedulePtr schedule);

/// The state in C order, as float64, or complex128 if it is complex.
FieldPtr wide_copy(const Field &state);

OptionTable storage_tracker_options();

TrackerPtr make_progress_tracker(SchedulePtr schedule, const Options &options);
OptionTable progress_tracker_options();

/// Ends a run in which the state is no longer what it should be, or does not change any more.
TrackerPtr make_consistency_tracker(SchedulePtr schedule, const Options &options);
OptionTable consistency_tracker_options();
TrackerPtr make_material_tracker(SchedulePtr schedule, const Options &options);
OptionTable material_tracker_options();
TrackerPtr make_steady_state_tracker(SchedulePtr schedule, const Options &options);
OptionTable steady_state_tracker_options();

TrackerPtr make_print_tracker(SchedulePtr schedule, const Options &options);
OptionTable print_tracker_options();
TrackerPtr make_runtime_tracker(SchedulePtr schedule, const Options &options);
OptionTable runtime_tracker_options();

}  // namespace pde
