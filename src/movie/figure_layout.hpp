/* Where everything in a figure stands; pure geometry, in pixels, before anything is drawn.
 *
 * The promise, checked by the tests at many sizes: no text leaves the figure, overlaps another or lies on the
 * data. For that each text owns a strip of the figure, and is made to fit into it. Where a figure is too
 * small for its furniture, names of axes go first, then ticks. Sizes are in em, the size of the text of
 * ticks: 10 pt, or less in figures that are small for their dpi. */
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "figure_text.hpp"
#include "ticks.hpp"
#include "value_limits.hpp"

namespace pde::movie {

/* One axes: an image with its colour bar (ndim 2), or curves over one axis (ndim 1). */
struct Panel {
  int ndim = 1;
  std::size_t shape[2] = {1, 1};
  Range bounds[2] = {{0, 1}, {0, 1}};
  std::string axis_name[2];
  std::string label;
  std::size_t curve_count = 1;
  std::vector<std::string> curve_labels;  // empty: no legend
  Range limits{0, 1};                     // of colours, or of the value axis

  std::size_t cells() const { return ndim == 2 ? shape[0] * shape[1] : shape[0]; }
};

struct FigureSpec {
  int width = 640, height = 480;
  double dpi = 100;
  std::string title;  // with {time} and {index}
  std::vector<Panel> panels;
};

struct Segment {
  double x1, y1, x2, y2;
};

struct LegendEntry {
  Segment sample;
  std::size_t curve;
};

struct PanelLayout {
  Rect axes;                  // the data area, on whole pixels
  Rect bar;                   // of colours; empty: none
  bool bar_is_below = false;  // else to the right
  std::vector<Segment> ticks;
  std::vector<TextItem> texts;
  std::vector<LegendEntry> legend;
};

struct FigureLayout {
  double em = 0;
  double line = 1;     // width of spines and ticks
  Rect title;          // its strip; empty: no title
  double title_x = 0;  // wanted centre
  std::vector<PanelLayout> panels;
};

FigureLayout lay_out(const FigureSpec &spec, const TextMeter &meter);

/* The title's text for a frame, and its place. */
struct TitleValues {
  std::string time, time_g;
  int64_t index;
};
std::string title_text(const std::string &title, const TitleValues &values);
TextItem place_title(const FigureLayout &layout, const std::string &text, const TextMeter &meter);

}  // namespace pde::movie
