/* From the plain C of the seam to the module's own types, checked: every text valid UTF-8, every number
 * usable. */
#pragma once

#include "figure_layout.hpp"
#include "movie_module.h"
#include "value_limits.hpp"

namespace pde::movie {

/* Throws MovieError(argument) naming what is wrong. */
FigureSpec checked_figure(const pde_movie_panel *panels, int64_t count, const pde_movie_settings *settings);
std::string checked_path(const pde_movie_settings *settings);
double checked_fps(const pde_movie_settings *settings);

/* Limits of a panel's axis or colour bar from the limits of its values: lines get a margin where they are not
 * fixed. */
Range shown_limits(const Panel &panel, const ValueLimits &limits);

}  // namespace pde::movie
