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
  bool stopped;        // before t_end: by a tracker, a request or the progress callback (PDE_STOP)
  std::string reason;  // words for it
};

/// Solves in place; `state` is such as the equation takes, in any layout. `controller` has not started, or is
/// null.
///
/// Before a tracker is due and at the end the state is brought up to date; after a failure it is the last
/// sound one that was reached. The progress callback of the options hears of thousandths of the way.
SolveResult solve(const Equation &equation, const FieldPtr &state, double t_start, double t_end,
                  const Options &options, Controller *controller);

/// The table of "solve".
OptionTable solve_options();

}  // namespace pde
