#include "figure_text.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <numbers>

namespace pde::movie {
namespace {

const char *const ellipsis = "\u2026";
constexpr double smallest = 0.6;  // of the wanted size

/* Length of the UTF-8 sequence that starts at `text`, 0 if it is no valid one (Unicode 15, table 3-7). */
std::size_t sequence_length(const unsigned char *text) {
  const unsigned char lead = text[0];
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xc2 && lead < 0xe0   ? 2
                             : lead >= 0xe0 && lead < 0xf0 ? 3
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                                                           : 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((text[i] & 0xc0) != 0x80) return 0;  // the terminating zero ends here too
  }
  const bool overlong = (lead == 0xe0 && text[1] < 0xa0) || (lead == 0xf0 && text[1] < 0x90);
  const bool outside = (lead == 0xed && text[1] >= 0xa0) || (lead == 0xf4 && text[1] >= 0x90);
  return overlong || outside ? 0 : length;
}

/* Cairo's built-in font knows ASCII only; a minus sign drawn as a box would be a wrong number. */
bool has_only_ascii(cairo_t *context) {
  return cairo_scaled_font_get_type(cairo_get_scaled_font(context)) == CAIRO_FONT_TYPE_USER;
}

std::string in_ascii(std::string text) {
  static const std::array<const char *, 14> signs = {"\u2212", "\u207b", "\u00d7", "\u2026", "\u2070",
                                                     "\u00b9", "\u00b2", "\u00b3", "\u2074", "\u2075",
                                                     "\u2076", "\u2077", "\u2078", "\u2079"};
  static const std::array<const char *, 14> plain = {"-", "-", "x", "...", "0", "1", "2",
                                                     "3", "4", "5", "6",   "7", "8", "9"};
  for (std::size_t i = 0; i < signs.size(); ++i) {
    for (auto at = text.find(signs[i]); at != std::string::npos; at = text.find(signs[i], at)) {
      text.replace(at, std::strlen(signs[i]), plain[i]);
    }
  }
  return text;
}

std::string drawable(cairo_t *context, const std::string &text) {
  return has_only_ascii(context) ? in_ascii(text) : text;
}

cairo_text_extents_t extents_of(cairo_t *context, const std::string &text, double size) {
  use_font(context, size);
  cairo_text_extents_t extents{};
  cairo_text_extents(context, drawable(context, text).c_str(), &extents);
  return extents;
}

void drop_last_character(std::string &text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
  if (!text.empty()) text.pop_back();
}

}  // namespace

std::string clean_utf8(const char *text) {
  std::string clean;
  if (text == nullptr) return clean;
  for (const auto *at = reinterpret_cast<const unsigned char *>(text); *at != 0;) {
    const std::size_t length = sequence_length(at);
    if (length == 0) {
      clean += "\ufffd";
    } else if (length == 1 && (*at < 0x20 || *at == 0x7f)) {
      clean += ' ';
    } else {
      clean.append(reinterpret_cast<const char *>(at), length);
    }
    at += std::max<std::size_t>(length, 1);
  }
  return clean;
}

void use_font(cairo_t *context, double size) {
  cairo_select_font_face(context, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(context, size);
  cairo_font_options_t *options = cairo_font_options_create();
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_set_font_options(context, options);
  cairo_font_options_destroy(options);
}

void draw_text(cairo_t *context, const TextItem &item) {
  if (item.text.empty()) return;
  cairo_save(context);
  use_font(context, item.size);
  cairo_move_to(context, item.x, item.y);
  if (item.upright) cairo_rotate(context, -std::numbers::pi / 2);
  cairo_show_text(context, drawable(context, item.text).c_str());
  cairo_restore(context);
}

TextMeter::TextMeter()
    : surface_(cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1)), context_(cairo_create(surface_.get())) {}

double TextMeter::width(const std::string &text, double size) const {
  return extents_of(context_.get(), text, size).x_advance;
}

FittedText TextMeter::fit(const std::string &name, const std::string &suffix, double size,
                          double span) const {
  const double natural = width(name + suffix, size);
  if (natural <= span) return {name + suffix, size, natural};
  const double factor = span / natural;
  if (factor >= smallest) return {name + suffix, size * factor, span};

  size *= smallest;
  std::string kept = name, text;
  do {
    drop_last_character(kept);
    text = kept + ellipsis + suffix;
  } while (!kept.empty() && width(text, size) > span);
  const double reached = width(text, size);
  if (reached > span) return {"", size, 0};
  return {text, size, reached};
}

Rect TextMeter::ink(const TextItem &item) const {
  const cairo_text_extents_t extents = extents_of(context_.get(), item.text, item.size);
  if (item.upright)
    return {item.x + extents.y_bearing, item.y - extents.x_bearing - extents.width, extents.height,
            extents.width};
  return {item.x + extents.x_bearing, item.y + extents.y_bearing, extents.width, extents.height};
}

}  // namespace pde::movie
