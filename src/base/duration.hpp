// Durations of wall-clock time in text, as py-pde reads them, and as people write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pde {

/// Seconds; nothing if the text is none of these, where parts may be left out from the left or the right:
///
///   "1:30", "2:01:30", "1 day, 2:01:30.25", "3 days 04:05:06"    days, hours, minutes and seconds
///   "PT1M30S", "P1DT2H"                                           ISO 8601, up to days
///   "1h30m", "2 d 12 h", "90 s", "1.5 h"                          units
///
/// A sign stands before all of it, or in the first form before the days and before the rest. A number alone
/// is no duration: see parse_real. Fractions of the first form count to the microsecond.
std::optional<double> parse_duration(std::string_view text);

/// "1:02:03", or "2 days, 1:02:03" from a day on, as Python writes a duration; whole seconds.
std::string duration_text(double seconds);
/// The same with microseconds, unless they are 0: "0:00:00.779192".
std::string duration_text_micros(double seconds);

}  // namespace pde
