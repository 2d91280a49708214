#include "figure_layout.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "panel_layout.hpp"

namespace pde::movie {
namespace {

constexpr double title_size = 1.2;  // em

/* Text keeps its 10 pt unless the figure is too small for it. */
double text_size(const FigureSpec &spec, int columns, int rows) {
  const double wanted = 10 * spec.dpi / 72;
  return std::min({wanted, spec.width / (7.0 + 15.0 * columns), spec.height / (4.0 + 13.0 * rows)});
}

/* Columns for which the cells come closest to the shape that panels like. */
int column_count(const FigureSpec &spec) {
  const auto count = static_cast<int>(spec.panels.size());
  const double liked = spec.panels.front().ndim == 2 ? 1.25 : 1.6;
  int best = 1;
  double best_misfit = INFINITY;
  for (int columns = 1; columns <= count; ++columns) {
    const int rows = (count + columns - 1) / columns;
    const double aspect =
        (static_cast<double>(spec.width) / columns) / (static_cast<double>(spec.height) / rows);
    const double unused = static_cast<double>(rows * columns - count) / count;
    const double misfit = std::abs(std::log(aspect / liked)) + unused;
    if (misfit < best_misfit) best = columns, best_misfit = misfit;
  }
  return best;
}

/* The title of a single panel stands close above it, also when it does not fill the figure. */
void settle_title(FigureLayout &layout, double gap, const TextMeter &meter) {
  if (layout.title.height <= 0 || layout.panels.size() != 1) return;
  const PanelLayout &panel = layout.panels.front();
  double top = panel.axes.y;
  for (const TextItem &item : panel.texts) top = std::min(top, meter.ink(item).y);
  layout.title.y = std::max(layout.title.y, std::floor(top - gap - layout.title.height));
  layout.title_x = panel.axes.center_x();
}

}  // namespace

FigureLayout lay_out(const FigureSpec &spec, const TextMeter &meter) {
  FigureLayout layout;
  const int columns = column_count(spec);
  const int rows = (static_cast<int>(spec.panels.size()) + columns - 1) / columns;
  const double em = layout.em = text_size(spec, columns, rows);
  layout.line = std::max(1.0, std::round(0.08 * em));

  const bool bare = em < 5;  // nobody could read it
  const double pad = bare ? 0 : std::ceil(0.8 * em);
  Rect room{pad, pad, spec.width - 2 * pad, spec.height - 2 * pad};
  if (!spec.title.empty() && !bare) {
    layout.title = {room.x, room.y, room.width, std::ceil((text_rise + text_drop) * title_size * em)};
    layout.title_x = spec.width / 2.0;
    const double taken = layout.title.height + std::ceil(0.6 * em);
    room.y += taken;
    room.height -= taken;
  }

  const double gap = bare ? 0 : em;
  const double width = (room.width - (columns - 1) * gap) / columns,
               height = (room.height - (rows - 1) * gap) / rows;
  for (std::size_t i = 0; i < spec.panels.size(); ++i) {
    const auto column = static_cast<double>(i % static_cast<std::size_t>(columns));
    const std::size_t rows_above = i / static_cast<std::size_t>(columns);
    const auto row = static_cast<double>(rows_above);
    const Rect cell{room.x + column * (width + gap), room.y + row * (height + gap), width, height};
    layout.panels.push_back(lay_out_panel(spec.panels[i], cell, em, bare, meter));
  }
  settle_title(layout, 0.4 * em, meter);
  return layout;
}

std::string title_text(const std::string &title, const TitleValues &values) {
  const std::array<std::pair<std::string, std::string>, 3> texts = {
      {{"{time}", values.time}, {"{time:g}", values.time_g}, {"{index}", std::to_string(values.index)}}};
  std::string text = title;
  for (const auto &[name, value] : texts) {
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + value.size())) {
      text.replace(at, name.size(), value);
    }
  }
  return text;
}

TextItem place_title(const FigureLayout &layout, const std::string &text, const TextMeter &meter) {
  const Rect &strip = layout.title;
  if (strip.height <= 0) return {};
  const FittedText fitted = meter.fit(text, "", title_size * layout.em, strip.width);
  const double left =
      std::clamp(layout.title_x - fitted.width / 2, strip.x, std::max(strip.x, strip.right() - fitted.width));
  return {fitted.text, fitted.size, left, strip.bottom() - text_drop * title_size * layout.em};
}

}  // namespace pde::movie
