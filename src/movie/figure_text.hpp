/* Text in figures: how wide it is, and how it is made to fit.
 *
 * Cairo's "toy" text with DejaVu Sans. Without that font fontconfig offers another; without any, Cairo draws
 * with its built-in one. Text handed to Cairo is always valid UTF-8, since anything else would put its
 * context into an error state and end all drawing. */
#pragma once

#include <cairo.h>

#include <memory>
#include <string>

namespace pde::movie {

struct Rect {
  double x = 0, y = 0, width = 0, height = 0;
  double right() const { return x + width; }
  double bottom() const { return y + height; }
  double center_x() const { return x + width / 2; }
  double center_y() const { return y + height / 2; }
};

struct CairoDelete {
  void operator()(cairo_t *context) const { cairo_destroy(context); }
  void operator()(cairo_surface_t *surface) const { cairo_surface_destroy(surface); }
};
using Context = std::unique_ptr<cairo_t, CairoDelete>;
using Surface = std::unique_ptr<cairo_surface_t, CairoDelete>;

/* Invalid bytes become U+FFFD, control characters spaces; NULL gives "". */
std::string clean_utf8(const char *text);

/* Font and its rendering, the same for measuring and drawing. */
void use_font(cairo_t *context, double size);

/* A line of text at its place. Upright text reads from bottom to top. */
struct TextItem {
  std::string text;
  double size = 0;
  double x = 0, y = 0;  // where the baseline begins
  bool upright = false;
};

void draw_text(cairo_t *context, const TextItem &item);

/* A text and the size at which it is to be drawn. */
struct FittedText {
  std::string text;
  double size = 0, width = 0;
};

class TextMeter {
 public:
  TextMeter();

  double width(const std::string &text, double size) const;

  /* Makes name + suffix fit into `span`: first smaller, down to 60 %, then with the end of the name cut off.
   */
  FittedText fit(const std::string &name, const std::string &suffix, double size, double span) const;

  /* The pixels that the ink of an item covers. */
  Rect ink(const TextItem &item) const;

 private:
  Surface surface_;
  Context context_;
};

/* Heights of a line in units of its size: of capitals and digits above the baseline, of descenders below. */
constexpr double text_rise = 0.73, text_drop = 0.24;

}  // namespace pde::movie
