// The record of a run in the form that py-pde writes: the value of the info key `controller`.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace pde {

struct RunReport {
  struct End {
    bool successful;
    std::string reason;
    double seconds;  // from start to end, wall clock
    double t_final;
  };

  double t_start, t_end;
  std::chrono::system_clock::time_point began;
  std::optional<End> end;  // nothing: the run goes on
  double solver_seconds = 0, tracker_seconds = 0;

  std::string text() const;
};

}  // namespace pde
