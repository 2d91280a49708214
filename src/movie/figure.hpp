/* Draws figures: once as a picture on any Cairo surface, or again and again as the frames of a film.
 *
 * Furniture (spines, ticks, names, colour bar, legend) depends on the limits only. A film draws it once,
 * keeps it, and repaints just the data areas and the title of each frame. */
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "figure_layout.hpp"
#include "image_raster.hpp"

namespace pde::movie {

class Figure {
 public:
  explicit Figure(FigureSpec spec);

  const FigureSpec &spec() const { return spec_; }
  const FigureLayout &layout() const { return layout_; }
  /* New limits of some panels; lays the figure out again. */
  void set_limits(const std::vector<Range> &limits);

  void draw_furniture(cairo_t *context) const;
  void draw_title(cairo_t *context, const TextItem &title) const;
  /* values: one array per curve of each panel. `finer` > 1: image pixels per unit, for surfaces without
   * pixels. */
  void draw_data(cairo_t *context, const double *const *values, int finer);
  TextItem title(double time, int64_t index);

 private:
  struct ImageLayer {
    Surface surface;
    std::unique_ptr<ImageRaster> raster;
  };

  void draw_panel_furniture(cairo_t *context, std::size_t panel) const;
  void draw_bar(cairo_t *context, std::size_t panel) const;
  void draw_image(cairo_t *context, std::size_t panel, const double *values, int finer);
  void draw_curves(cairo_t *context, std::size_t panel, const double *const *values) const;

  FigureSpec spec_;
  TextMeter meter_;
  FigureLayout layout_;
  std::vector<ImageLayer> layers_;  // [panel], made at first use
  TimeText time_text_;
};

/* The frames of a film: pixels 0xffRRGGBB of the figure, padded with background to even sizes (yuv420p asks
 * for that). */
class FrameCanvas {
 public:
  explicit FrameCanvas(Figure &figure);

  int width() const { return width_; }
  int height() const { return height_; }
  /* To be called after the figure's limits changed. */
  void redraw_furniture();
  void paint(const double *const *values, double time, int64_t index);
  const uint8_t *pixels() const;
  int stride() const;  // bytes

 private:
  Figure &figure_;
  int width_, height_;
  Surface furniture_, frame_;
  Context frame_context_;
};

}  // namespace pde::movie
