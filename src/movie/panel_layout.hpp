/* The layout of one panel within its cell of the figure; see figure_layout.hpp for the promise. */
#pragma once

#include "figure_layout.hpp"

namespace pde::movie {

/* `bare`: the data area only. */
PanelLayout lay_out_panel(const Panel &panel, const Rect &cell, double em, bool bare, const TextMeter &meter);

}  // namespace pde::movie
