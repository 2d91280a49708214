// What the files of single trackers offer to the factory in tracker.cpp.
#pragma once

#include <string>

#include "tracker/tracker.hpp"

namespace pde {

/// The schedule, or where it is null constant(1), py-pde's default.
SchedulePtr schedule_or_default(SchedulePtr schedule);

OptionTable storage_tracker_options();

TrackerPtr make_progress_tracker(SchedulePtr schedule, const Options &options);
OptionTable progress_tracker_options();

}  // namespace pde
