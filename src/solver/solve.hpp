// From t_start to t_end: the time loop of ours that drives a controller.
#pragma once

#include <string>

#include "base/options.hpp"
#include "field/field.hpp"
#include "solver/equation.hpp"
#include "tracker/controller.hpp"

namespace pde {

struct SolveResult {
  double t;            // where it ended
  bool stopped;        // by a tracker, a request or the progress callback (PDE_STOP); else t_end was reached
  std::string reason;  // words for it
};

/// Solves in place; `state` is a scalar float64 field in any layout. `controller` may be null.
///
/// Options: table "solve"; their progress callback hears of millionths of the way. Before a tracker is due,
/// and at the end, the state is brought up to date; after PDE_ERR_UNSOUND it is the last one found sound.
SolveResult solve(const Equation &equation, const FieldPtr &state, double t_start, double t_end,
                  const Options &options, Controller *controller);

}  // namespace pde
