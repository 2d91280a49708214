// The schedules of golden/interrupts.json.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "support/expect_error.hpp"
#include "support/golden.hpp"
#include "tracker/schedule.hpp"

namespace pde {

/// Nothing for lists out of order, which are refused: py-pde takes any order, drops what lies behind and
/// handles duplicates twice (defect D27).
inline SchedulePtr schedule_of(const JsonValue &spec) {
  if (spec.IsNumber()) return std::make_unique<ConstantSchedule>(spec.GetDouble());
  if (spec.IsString()) return Schedule::parse(spec.GetString());
  if (spec.IsObject()) {
    const double t_start = spec.HasMember("t_start") ? spec["t_start"].GetDouble() : PDE_TIME_AUTO;
    if (std::string_view(spec["type"].GetString()) == "constant")
      return std::make_unique<ConstantSchedule>(spec["dt"].GetDouble(), t_start);
    return std::make_unique<LogarithmicSchedule>(spec["dt_initial"].GetDouble(), spec["factor"].GetDouble(),
                                                 t_start);
  }
  const std::vector<double> times = golden_numbers(spec);
  if (std::adjacent_find(times.begin(), times.end(), std::greater_equal()) == times.end())
    return std::make_unique<ListSchedule>(times);
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, ListSchedule schedule(times), "expected more than");
  return nullptr;
}

}  // namespace pde
