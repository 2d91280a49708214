#include "request.hpp"

#include <cmath>
#include <limits>

#include "movie_error.hpp"

namespace pde::movie {
namespace {

constexpr int64_t most_panels = 64, largest_side = 16384, most_curves = 1 << 16;
constexpr double margin_of_lines = 0.05;  // of the span, on either side

[[noreturn]] void refuse(const std::string &what) {
  throw MovieError(argument, what);
}

std::string shown(double value) {
  return std::isnan(value) ? "NaN" : plain_number(value);
}

void check_limits(double vmin, double vmax) {
  if (std::isinf(vmin)) refuse("vmin is " + shown(vmin) + ", expected a finite number or NaN");
  if (std::isinf(vmax)) refuse("vmax is " + shown(vmax) + ", expected a finite number or NaN");
  if (vmin > vmax) refuse("vmin " + shown(vmin) + " is above vmax " + shown(vmax));
}

std::size_t checked_cells(const pde_movie_panel &panel) {
  std::size_t cells = sizeof(double);
  for (int axis = 0; axis < panel.ndim; ++axis) {
    const int64_t count = panel.shape[axis];
    if (count < 1)
      refuse("axis " + std::to_string(axis) + " has " + std::to_string(count) +
             " cells, expected at least 1");
    if (static_cast<std::size_t>(count) > std::numeric_limits<std::size_t>::max() / 2 / cells)
      refuse("the grid has too many cells");
    cells *= static_cast<std::size_t>(count);
  }
  return cells;
}

Range checked_bounds(double lower, double upper) {
  if (!(upper > lower) || !std::isfinite(upper - lower)) {
    refuse("bounds " + shown(lower) + " and " + shown(upper) +
           " of an axis, expected finite ones, ascending");
  }
  return {lower, upper};
}

Panel checked_panel(const pde_movie_panel &given) {
  if (given.ndim != 1 && given.ndim != 2)
    refuse("a panel has " + std::to_string(given.ndim) + " dimensions, expected 1 or 2");
  checked_cells(given);
  Panel panel;
  panel.ndim = given.ndim;
  for (std::size_t axis = 0; axis < static_cast<std::size_t>(given.ndim); ++axis) {
    panel.shape[axis] = static_cast<std::size_t>(given.shape[axis]);
    panel.bounds[axis] = checked_bounds(given.lower[axis], given.upper[axis]);
    panel.axis_name[axis] = clean_utf8(given.axis_name[axis]);
  }
  panel.label = clean_utf8(given.label);
  const int64_t curves = given.curve_count;
  if (curves < 1 || curves > most_curves || (given.ndim == 2 && curves != 1)) {
    refuse(std::to_string(curves) + " curves in a panel of dimension " + std::to_string(given.ndim));
  }
  panel.curve_count = static_cast<std::size_t>(curves);
  if (given.curve_labels == nullptr) return panel;
  for (std::size_t i = 0; i < panel.curve_count; ++i)
    panel.curve_labels.push_back(clean_utf8(given.curve_labels[i]));
  return panel;
}

int checked_side(int64_t pixels, const char *name) {
  if (pixels >= 1 && pixels <= largest_side) return static_cast<int>(pixels);
  refuse(std::string("the ") + name + " is " + std::to_string(pixels) + " pixels, expected 1 to " +
         std::to_string(largest_side));
}

}  // namespace

FigureSpec checked_figure(const pde_movie_panel *panels, int64_t count, const pde_movie_settings *settings) {
  if (panels == nullptr || count < 1 || count > most_panels) {
    refuse(std::to_string(count) + " panels, expected 1 to " + std::to_string(most_panels));
  }
  FigureSpec spec;
  spec.width = checked_side(settings->width, "width");
  spec.height = checked_side(settings->height, "height");
  spec.dpi = settings->dpi;
  if (!(spec.dpi >= 1 && spec.dpi <= 10000)) refuse("dpi is " + shown(spec.dpi) + ", expected 1 to 10000");
  check_limits(settings->vmin, settings->vmax);
  spec.title = clean_utf8(settings->title);
  for (int64_t i = 0; i < count; ++i) spec.panels.push_back(checked_panel(panels[i]));
  return spec;
}

std::string checked_path(const pde_movie_settings *settings) {
  if (settings->path == nullptr || *settings->path == 0) refuse("the path is empty");
  return settings->path;
}

double checked_fps(const pde_movie_settings *settings) {
  if (settings->fps >= 1e-3 && settings->fps <= 1000) return settings->fps;
  refuse("fps is " + shown(settings->fps) + ", expected 0.001 to 1000");
}

Range shown_limits(const Panel &panel, const ValueLimits &limits) {
  Range range = limits.range();
  if (panel.ndim == 2) return range;
  const double margin = margin_of_lines * (range.upper - range.lower);
  if (!limits.fixed_lower()) range.lower -= margin;
  if (!limits.fixed_upper()) range.upper += margin;
  return range;
}

}  // namespace pde::movie
