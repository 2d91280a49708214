#include "figure.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "movie_error.hpp"

namespace pde::movie {
namespace {

constexpr uint32_t background = 0xffffffU, ink = 0x1a1a1aU, single_curve = 0x1f77b4U;
constexpr double curve_width = 0.15;  // em

void set_color(cairo_t *context, uint32_t rgb) {
  const auto part = [rgb](unsigned shift) { return static_cast<double>(rgb >> shift & 0xffU) / 255; };
  cairo_set_source_rgb(context, part(16), part(8), part(0));
}

void add_rectangle(cairo_t *context, const Rect &rect) {
  cairo_rectangle(context, rect.x, rect.y, rect.width, rect.height);
}

/* Around the outside of an area, so that the line hides none of it. */
void stroke_frame(cairo_t *context, const Rect &rect, double line) {
  cairo_set_line_width(context, line);
  cairo_rectangle(context, rect.x - line / 2, rect.y - line / 2, rect.width + line, rect.height + line);
  cairo_stroke(context);
}

Surface make_image(int width, int height) {
  Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height));
  if (cairo_surface_status(surface.get()) != CAIRO_STATUS_SUCCESS) {
    throw MovieError(memory,
                     "no memory for an image of " + std::to_string(width) + " x " + std::to_string(height));
  }
  return surface;
}

/* Dark to green-yellow; the brightest tenth of the map is too faint on white. */
uint32_t curve_color(std::size_t curve, std::size_t count) {
  if (count == 1) return single_curve;
  return viridis().pixels[curve * 230 / (count - 1)] & 0xffffffU;
}

void paint_raster(cairo_surface_t *surface, ImageRaster &raster, const double *values, Range limits) {
  cairo_surface_flush(surface);
  auto *pixels = reinterpret_cast<uint32_t *>(cairo_image_surface_get_data(surface));
  const auto stride = static_cast<std::size_t>(cairo_image_surface_get_stride(surface)) / sizeof(uint32_t);
  raster.paint(values, ColorScale(viridis(), limits.lower, limits.upper), pixels, stride);
  cairo_surface_mark_dirty(surface);
}

void place_image(cairo_t *context, cairo_surface_t *image, const Rect &rect) {
  cairo_save(context);
  cairo_translate(context, rect.x, rect.y);
  cairo_scale(context, rect.width / cairo_image_surface_get_width(image),
              rect.height / cairo_image_surface_get_height(image));
  cairo_set_source_surface(context, image, 0, 0);
  cairo_pattern_set_filter(cairo_get_source(context), CAIRO_FILTER_NEAREST);
  cairo_paint(context);
  cairo_restore(context);
}

/* Builds the path of a curve: gaps where values are missing, dots where they are alone. */
class CurvePath {
 public:
  CurvePath(cairo_t *context, const Rect &axes, Range limits, double line)
      : context_(context), axes_(axes), limits_(limits), radius_(1.2 * line) {}

  void add(double x, double value) {
    const double size = limits_.upper - limits_.lower;
    const double up =
        std::clamp((value - limits_.lower) / size, -10.0, 11.0);  // far outside: coordinates overflow
    const double y = axes_.bottom() - up * axes_.height;
    length_ == 0 ? cairo_move_to(context_, x, y) : cairo_line_to(context_, x, y);
    ++length_;
    last_x_ = x, last_y_ = y;
  }
  void gap() {
    if (length_ == 1) dots_.push_back({last_x_, last_y_});
    length_ = 0;
  }
  void stroke() {
    gap();
    cairo_stroke(context_);
    for (const auto &[x, y] : dots_) {
      cairo_arc(context_, x, y, radius_, 0, 2 * std::numbers::pi);
      cairo_fill(context_);
    }
  }

 private:
  cairo_t *context_;
  Rect axes_;
  Range limits_;
  double radius_, last_x_ = 0, last_y_ = 0;
  std::size_t length_ = 0;
  std::vector<std::pair<double, double>> dots_;
};

void trace_all(CurvePath &path, const double *values, std::size_t count, const Rect &axes) {
  for (std::size_t i = 0; i < count; ++i) {
    const double x = axes.x + (static_cast<double>(i) + 0.5) / static_cast<double>(count) * axes.width;
    std::isfinite(values[i]) ? path.add(x, values[i]) : path.gap();
  }
}

/* With many values per pixel: of each column of pixels the lowest and the highest, which looks the same. */
void trace_extremes(CurvePath &path, const double *values, std::size_t count, const Rect &axes) {
  const auto columns = static_cast<std::size_t>(axes.width);
  for (std::size_t column = 0; column < columns; ++column) {
    const std::size_t begin = column * count / columns, end = (column + 1) * count / columns;
    std::size_t low = end, high = end;
    for (std::size_t i = begin; i < end; ++i) {
      if (!std::isfinite(values[i])) continue;
      if (low == end || values[i] < values[low]) low = i;
      if (high == end || values[i] > values[high]) high = i;
    }
    const double x = axes.x + static_cast<double>(column) + 0.5;
    if (low == end) {
      path.gap();
    } else {
      path.add(x, values[std::min(low, high)]);
      path.add(x, values[std::max(low, high)]);
    }
  }
}

}  // namespace

Figure::Figure(FigureSpec spec)
    : spec_(std::move(spec)), layout_(lay_out(spec_, meter_)), layers_(spec_.panels.size()) {}

void Figure::set_limits(const std::vector<Range> &limits) {
  for (std::size_t i = 0; i < limits.size(); ++i) spec_.panels[i].limits = limits[i];
  const FigureLayout before = std::move(layout_);
  layout_ = lay_out(spec_, meter_);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Rect &was = before.panels[i].axes, &is = layout_.panels[i].axes;
    if (was.width != is.width || was.height != is.height) layers_[i] = {};
  }
}

/* ---- furniture */

void Figure::draw_furniture(cairo_t *context) const {
  set_color(context, background);
  cairo_paint(context);
  for (std::size_t panel = 0; panel < spec_.panels.size(); ++panel) draw_panel_furniture(context, panel);
}

void Figure::draw_panel_furniture(cairo_t *context, std::size_t panel) const {
  const PanelLayout &place = layout_.panels[panel];
  draw_bar(context, panel);
  set_color(context, ink);
  if (!place.ticks.empty() || !place.texts.empty()) stroke_frame(context, place.axes, layout_.line);
  const auto crisp = [this](double at) {
    return std::floor(at) + (std::fmod(layout_.line, 2) == 1 ? 0.5 : 0.0);
  };
  for (const Segment &tick : place.ticks) {
    const bool upright = tick.x1 == tick.x2;
    cairo_move_to(context, upright ? crisp(tick.x1) : tick.x1, upright ? tick.y1 : crisp(tick.y1));
    cairo_line_to(context, upright ? crisp(tick.x2) : tick.x2, upright ? tick.y2 : crisp(tick.y2));
  }
  cairo_stroke(context);
  for (const TextItem &item : place.texts) draw_text(context, item);
  cairo_set_line_width(context, curve_width * layout_.em);
  for (const LegendEntry &entry : place.legend) {
    set_color(context, curve_color(entry.curve, spec_.panels[panel].curve_count));
    cairo_move_to(context, entry.sample.x1, entry.sample.y1);
    cairo_line_to(context, entry.sample.x2, entry.sample.y2);
    cairo_stroke(context);
  }
}

void Figure::draw_bar(cairo_t *context, std::size_t panel) const {
  const PanelLayout &place = layout_.panels[panel];
  if (place.bar.width <= 0) return;
  std::vector<double> levels(color_count);
  for (std::size_t i = 0; i < color_count; ++i) levels[i] = static_cast<double>(i) + 0.5;
  const bool below = place.bar_is_below;
  const auto width = static_cast<int>(place.bar.width), height = static_cast<int>(place.bar.height);
  const Surface image = make_image(width, height);
  ImageRaster raster(below ? color_count : 1, below ? 1 : color_count, static_cast<std::size_t>(width),
                     static_cast<std::size_t>(height));
  paint_raster(image.get(), raster, levels.data(), {0, color_count});
  place_image(context, image.get(), place.bar);
  set_color(context, ink);
  stroke_frame(context, place.bar, layout_.line);
}

TextItem Figure::title(double time, int64_t index) {
  if (spec_.title.empty()) return {};
  return place_title(layout_, title_text(spec_.title, {time_text_(time), number_text(time), index}), meter_);
}

void Figure::draw_title(cairo_t *context, const TextItem &title) const {
  set_color(context, ink);
  draw_text(context, title);
}

/* ---- data */

void Figure::draw_data(cairo_t *context, const double *const *values, int finer) {
  for (std::size_t panel = 0; panel < spec_.panels.size(); ++panel) {
    if (spec_.panels[panel].ndim == 2) {
      draw_image(context, panel, *values, finer);
    } else {
      draw_curves(context, panel, values);
    }
    values += spec_.panels[panel].curve_count;
  }
}

void Figure::draw_image(cairo_t *context, std::size_t panel, const double *values, int finer) {
  const Rect &axes = layout_.panels[panel].axes;
  const Panel &spec = spec_.panels[panel];
  ImageLayer &layer = layers_[panel];
  if (layer.surface == nullptr) {
    const int width = static_cast<int>(axes.width) * finer, height = static_cast<int>(axes.height) * finer;
    layer.surface = make_image(width, height);
    layer.raster = std::make_unique<ImageRaster>(
        spec.shape[0], spec.shape[1], static_cast<std::size_t>(width), static_cast<std::size_t>(height));
  }
  paint_raster(layer.surface.get(), *layer.raster, values, spec.limits);
  place_image(context, layer.surface.get(), axes);
}

void Figure::draw_curves(cairo_t *context, std::size_t panel, const double *const *values) const {
  const Rect &axes = layout_.panels[panel].axes;
  const Panel &spec = spec_.panels[panel];
  const double line = std::max(1.0, curve_width * layout_.em);
  cairo_save(context);
  set_color(context, background);
  add_rectangle(context, axes);
  cairo_fill_preserve(context);
  cairo_clip(context);
  cairo_set_line_width(context, line);
  cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND);
  for (std::size_t curve = 0; curve < spec.curve_count; ++curve) {
    CurvePath path(context, axes, spec.limits, line);
    const bool dense = static_cast<double>(spec.shape[0]) > 4 * axes.width;
    set_color(context, curve_color(curve, spec.curve_count));
    (dense ? trace_extremes : trace_all)(path, values[curve], spec.shape[0], axes);
    path.stroke();
  }
  cairo_restore(context);
}

/* ---- frames */

FrameCanvas::FrameCanvas(Figure &figure)
    : figure_(figure),
      width_((figure.spec().width + 1) / 2 * 2),
      height_((figure.spec().height + 1) / 2 * 2),
      furniture_(make_image(width_, height_)),
      frame_(make_image(width_, height_)),
      frame_context_(cairo_create(frame_.get())) {
  redraw_furniture();
}

void FrameCanvas::redraw_furniture() {
  const Context context(cairo_create(furniture_.get()));
  figure_.draw_furniture(context.get());
  cairo_set_source_surface(frame_context_.get(), furniture_.get(), 0, 0);
  cairo_paint(frame_context_.get());
}

void FrameCanvas::paint(const double *const *values, double time, int64_t index) {
  cairo_t *context = frame_context_.get();
  const Rect &strip = figure_.layout().title;
  if (strip.height > 0) {
    cairo_save(context);
    const double margin = 0.35 * figure_.layout().em;  // for what rises above capitals: accents, brackets
    cairo_rectangle(context, 0, std::floor(strip.y - margin), width_, std::ceil(strip.height + 2 * margin));
    cairo_clip(context);
    cairo_set_source_surface(context, furniture_.get(), 0, 0);
    cairo_paint(context);
    cairo_restore(context);
  }
  figure_.draw_title(context, figure_.title(time, index));
  figure_.draw_data(context, values, 1);
  cairo_surface_flush(frame_.get());
  if (cairo_status(context) != CAIRO_STATUS_SUCCESS) {
    throw MovieError(internal,
                     std::string("drawing a frame: ") + cairo_status_to_string(cairo_status(context)));
  }
}

const uint8_t *FrameCanvas::pixels() const {
  return cairo_image_surface_get_data(frame_.get());
}
int FrameCanvas::stride() const {
  return cairo_image_surface_get_stride(frame_.get());
}

}  // namespace pde::movie
