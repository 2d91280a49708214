#include "panel_layout.hpp"

#include <algorithm>
#include <cmath>

namespace pde::movie {
namespace {

/* Distances in em. */
constexpr double tick_length = 0.35, tick_gap = 0.3, name_gap = 0.45, text_height = text_rise + text_drop;
constexpr double legend_sample = 1.8, legend_row = 1.5;
constexpr std::size_t legend_most = 10;

enum class Furniture { all, ticks, none };

/* Ticks of an axis with the widths of their labels. */
struct Scale {
  Range range{0, 1};
  Ticks ticks;
  double first_width = 0, last_width = 0, widest = 0;

  double place(const Tick &tick) const { return (tick.value - range.lower) / (range.upper - range.lower); }
};

/* Tries the sizes of everything until they agree, then writes the result down. Lengths without a name are
 * pixels. */
class PanelFit {
 public:
  PanelFit(const Panel &panel, const Rect &cell, double em, Furniture furniture, bool bar_is_below,
           const TextMeter &meter);

  double width() const { return width_; }
  double height() const { return height_; }
  /* The data area's room, before its aspect ratio took some. */
  double smaller_room() const { return std::min(room_width_, room_height_); }
  PanelLayout write() const;

 private:
  bool has_bar() const { return panel_.ndim == 2 && furniture_ != Furniture::none; }
  bool has_name(std::size_t axis) const;
  std::string name_of(const std::string &name, const Scale &scale) const;
  Scale scale_along(Range range, double length, bool across) const;
  void measure(Scale &scale) const;
  double bar_thickness() const;
  double legend_width() const;

  void choose_ticks();
  void sum_margins();
  void fill_room();

  void write_axis_x(PanelLayout &out) const;
  void write_axis_y(PanelLayout &out) const;
  void write_bar(PanelLayout &out) const;
  void write_names(PanelLayout &out) const;
  void write_legend(PanelLayout &out) const;
  void across(PanelLayout &out, const Scale &scale, double x, double y, double length) const;
  void up(PanelLayout &out, const Scale &scale, double x, double y, double length, bool to_the_right) const;
  void name_across(PanelLayout &out, const FittedText &text, double middle, double left, double right,
                   double baseline) const;
  void name_up(PanelLayout &out, const FittedText &text, double middle, double top, double bottom,
               double baseline) const;

  const Panel &panel_;
  const Rect cell_;
  const double em_;
  const Furniture furniture_;
  const bool bar_is_below_;
  const TextMeter &meter_;
  Scale x_, y_, bar_;
  double width_, height_, room_width_ = 0, room_height_ = 0;
  double left_ = 0, right_ = 0, top_ = 0, bottom_ = 0;
};

PanelFit::PanelFit(const Panel &panel, const Rect &cell, double em, Furniture furniture, bool bar_is_below,
                   const TextMeter &meter)
    : panel_(panel),
      cell_(cell),
      em_(em),
      furniture_(furniture),
      bar_is_below_(bar_is_below),
      meter_(meter),
      width_(0.7 * cell.width),
      height_(0.7 * cell.height) {
  for (int round = 0; round < 5; ++round) {
    choose_ticks();
    sum_margins();
    fill_room();
  }
}

/* ---- measuring */

void PanelFit::measure(Scale &scale) const {
  const auto &marks = scale.ticks.marks;
  for (const Tick &tick : marks) scale.widest = std::max(scale.widest, meter_.width(tick.label, em_));
  if (marks.empty()) return;
  scale.first_width = meter_.width(marks.front().label, em_);
  scale.last_width = meter_.width(marks.back().label, em_);
}

/* As many ticks as there is room for their labels; for two, these may come a little closer than usual. */
Scale PanelFit::scale_along(Range range, double length, bool across) const {
  const int wanted = std::clamp(static_cast<int>(length / (2.4 * em_)), 1, 9);
  for (int most = wanted + 3;; --most) {
    Scale scale{range, make_ticks(range.lower, range.upper, most), 0, 0, 0};
    measure(scale);
    auto &marks = scale.ticks.marks;
    if (marks.size() < 2) return scale;
    if (most > wanted && marks.size() > 2) continue;
    const double distance = length * (scale.place(marks[1]) - scale.place(marks[0]));
    if (distance >= (across ? scale.widest + 0.8 * em_ : 1.3 * em_)) return scale;
    if (most == 1) marks.resize(1);
    if (most == 1) return scale;
  }
}

std::string PanelFit::name_of(const std::string &name, const Scale &scale) const {
  const std::string &suffix = scale.ticks.suffix;
  return name.empty() || suffix.empty() ? suffix : " (" + suffix + ")";
}

bool PanelFit::has_name(std::size_t axis) const {
  const Scale &scale = axis == 0 ? x_ : y_;
  const std::string &name = axis == 1 && panel_.ndim == 1 ? panel_.label : panel_.axis_name[axis];
  return furniture_ == Furniture::all && !(name.empty() && scale.ticks.suffix.empty());
}

double PanelFit::bar_thickness() const {
  const double along = bar_is_below_ ? width_ : height_;
  return std::round(std::clamp(along / 20, 0.7 * em_, std::max(2 * em_, 0.02 * cell_.width)));
}

double PanelFit::legend_width() const {
  if (panel_.curve_labels.empty() || furniture_ != Furniture::all) return 0;
  double widest = 0;
  for (const std::string &label : panel_.curve_labels)
    widest = std::max(widest, meter_.width(label, 0.9 * em_));
  return std::min(widest, 0.25 * cell_.width) + (legend_sample + 0.5) * em_;
}

void PanelFit::choose_ticks() {
  if (furniture_ == Furniture::none) return;
  x_ = scale_along(panel_.bounds[0], width_, true);
  y_ = scale_along(panel_.ndim == 2 ? panel_.bounds[1] : panel_.limits, height_, false);
  if (panel_.ndim == 2) bar_ = scale_along(panel_.limits, bar_is_below_ ? width_ : height_, bar_is_below_);
  Scale &moving = panel_.ndim == 2 ? bar_ : y_;
  moving.widest =
      std::max(moving.widest, meter_.width("\u22120.0", em_));  // what wider limits are likely to need
}

void PanelFit::sum_margins() {
  left_ = right_ = top_ = bottom_ = 0;
  if (furniture_ == Furniture::none) return;
  const double ticks = (tick_length + tick_gap) * em_, name = (name_gap + text_height) * em_;
  left_ = std::max(ticks + y_.widest, x_.first_width / 2) + (has_name(1) ? name : 0);
  right_ = std::max(x_.last_width / 2, 0.3 * em_);
  top_ = 0.5 * em_;
  bottom_ = ticks + text_height * em_ + (has_name(0) ? name : 0);
  const bool named = furniture_ == Furniture::all && !(panel_.label.empty() && bar_.ticks.suffix.empty());
  if (has_bar() && !bar_is_below_) {
    right_ =
        std::max(right_ + 0.3 * em_, 0.9 * em_) + bar_thickness() + ticks + bar_.widest + (named ? name : 0);
  }
  if (has_bar() && bar_is_below_) {
    right_ = std::max(right_, bar_.last_width / 2);
    left_ = std::max(left_, bar_.first_width / 2);
    bottom_ += 0.9 * em_ + bar_thickness() + ticks + text_height * em_ + (named ? name : 0);
  }
  if (legend_width() > 0) right_ = std::max(right_, em_ + legend_width());
}

/* The data area takes what is left. Images keep the aspect ratio of their grid, but a sliver is widened until
 * it can be seen. */
void PanelFit::fill_room() {
  room_width_ = cell_.width - left_ - right_;
  room_height_ = cell_.height - top_ - bottom_;
  width_ = std::max(room_width_, 1.0);
  height_ = std::max(room_height_, 1.0);
  if (panel_.ndim == 2) {
    const double least = 1.5 * em_;
    const double aspect =
        (panel_.bounds[0].upper - panel_.bounds[0].lower) / (panel_.bounds[1].upper - panel_.bounds[1].lower);
    const double full_width = width_, full_height = height_;
    width_ = std::clamp(full_height * aspect, std::min(least, full_width), full_width);
    height_ = std::clamp(full_width / aspect, std::min(least, full_height), full_height);
  }
  width_ = std::max(1.0, std::floor(width_));
  height_ = std::max(1.0, std::floor(height_));
}

/* ---- writing down */

PanelLayout PanelFit::write() const {
  PanelLayout out;
  out.axes = {std::round(cell_.x + (cell_.width - left_ - width_ - right_) / 2 + left_),
              std::round(cell_.y + (cell_.height - top_ - height_ - bottom_) / 2 + top_), width_, height_};
  if (furniture_ == Furniture::none) return out;
  write_axis_x(out);
  write_axis_y(out);
  write_bar(out);
  write_names(out);
  write_legend(out);
  return out;
}

/* Ticks below a horizontal line, labels centred beneath them. */
void PanelFit::across(PanelLayout &out, const Scale &scale, double x, double y, double length) const {
  for (const Tick &tick : scale.ticks.marks) {
    const double at = x + length * scale.place(tick);
    out.ticks.push_back({at, y, at, y + tick_length * em_});
    const double baseline = y + (tick_length + tick_gap + text_rise) * em_;
    out.texts.push_back({tick.label, em_, at - meter_.width(tick.label, em_) / 2, baseline});
  }
}

/* Ticks beside a vertical line that ends at y from below; labels aligned towards it. */
void PanelFit::up(PanelLayout &out, const Scale &scale, double x, double y, double length,
                  bool to_the_right) const {
  const double side = to_the_right ? 1 : -1;
  for (const Tick &tick : scale.ticks.marks) {
    const double at = y + length * (1 - scale.place(tick));
    out.ticks.push_back({x, at, x + side * tick_length * em_, at});
    const double left =
        x + side * (tick_length + tick_gap) * em_ - (to_the_right ? 0 : meter_.width(tick.label, em_));
    out.texts.push_back({tick.label, em_, left, at + text_rise / 2 * em_});
  }
}

void PanelFit::write_axis_x(PanelLayout &out) const {
  across(out, x_, out.axes.x, out.axes.bottom(), out.axes.width);
}

void PanelFit::write_axis_y(PanelLayout &out) const {
  up(out, y_, out.axes.x, out.axes.y, out.axes.height, false);
}

void PanelFit::write_bar(PanelLayout &out) const {
  if (!has_bar()) return;
  const double thickness = bar_thickness();
  out.bar_is_below = bar_is_below_;
  if (bar_is_below_) {
    const double ticks = (tick_length + tick_gap + text_height) * em_;
    const double names = has_name(0) ? (name_gap + text_height) * em_ : 0;
    out.bar = {out.axes.x, std::round(out.axes.bottom() + ticks + names + 0.9 * em_), out.axes.width,
               thickness};
    across(out, bar_, out.bar.x, out.bar.bottom(), out.bar.width);
  } else {
    const double gap = std::max(std::max(x_.last_width / 2, 0.3 * em_) + 0.3 * em_, 0.9 * em_);
    out.bar = {std::round(out.axes.right() + gap), out.axes.y, thickness, out.axes.height};
    up(out, bar_, out.bar.right(), out.bar.y, out.bar.height, true);
  }
}

void PanelFit::name_across(PanelLayout &out, const FittedText &text, double middle, double left, double right,
                           double baseline) const {
  const double x = std::clamp(middle - text.width / 2, left, std::max(left, right - text.width));
  if (!text.text.empty()) out.texts.push_back({text.text, text.size, x, baseline});
}

void PanelFit::name_up(PanelLayout &out, const FittedText &text, double middle, double top, double bottom,
                       double baseline) const {
  const double low = top + text.width;
  const double y = std::clamp(middle + text.width / 2, std::min(low, bottom), bottom);
  if (!text.text.empty()) out.texts.push_back({text.text, text.size, baseline, y, true});
}

/* Upright names own their columns over the whole height; the name of the x axis gives way to those that need
 * it. */
void PanelFit::write_names(PanelLayout &out) const {
  if (furniture_ != Furniture::all) return;
  const Rect &axes = out.axes;
  double left = cell_.x, right = cell_.right(), low = cell_.bottom();
  const double ticks = (tick_length + tick_gap) * em_;

  const std::string bar_suffix = name_of(panel_.label, bar_);
  if (has_bar() && bar_is_below_) {
    const FittedText text = meter_.fit(panel_.label, bar_suffix, em_, cell_.width);
    const double baseline = out.bar.bottom() + ticks + (text_height + name_gap + text_rise) * em_;
    name_across(out, text, out.bar.center_x(), left, right, baseline);
    low = out.bar.y;
  } else if (has_bar()) {
    const FittedText text = meter_.fit(panel_.label, bar_suffix, em_, cell_.height);
    const double column = out.bar.right() + ticks + bar_.widest + name_gap * em_;
    name_up(out, text, axes.center_y(), cell_.y, low, column + text_rise * em_);
    if (text.width > axes.height) right = column - 0.3 * em_;
  }

  const std::string &name_y = panel_.ndim == 1 ? panel_.label : panel_.axis_name[1];
  if (has_name(1)) {
    const FittedText text = meter_.fit(name_y, name_of(name_y, y_), em_, low - cell_.y);
    const double column = axes.x - left_ + text_rise * em_;
    name_up(out, text, axes.center_y(), cell_.y, low, column);
    if (text.width > axes.height) left = column + (text_drop + 0.3) * em_;
  }
  if (has_name(0)) {
    const std::string &name_x = panel_.axis_name[0];
    const FittedText text = meter_.fit(name_x, name_of(name_x, x_), em_, right - left);
    const double baseline = axes.bottom() + ticks + (text_height + name_gap + text_rise) * em_;
    name_across(out, text, axes.center_x(), left, right, baseline);
  }
}

/* Beside the axes, so that it never covers data; of many curves a few, evenly chosen, first and last among
 * them. */
void PanelFit::write_legend(PanelLayout &out) const {
  if (legend_width() <= 0) return;
  const std::size_t curves = panel_.curve_labels.size();
  const auto fitting = static_cast<std::size_t>(std::max(1.0, out.axes.height / (legend_row * em_)));
  const std::size_t rows = std::min({curves, legend_most, fitting});
  const double left = out.axes.right() + em_, text_left = left + (legend_sample + 0.5) * em_;
  const double span = legend_width() - (legend_sample + 0.5) * em_;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t curve = rows == 1 ? 0 : (row * (curves - 1) + (rows - 1) / 2) / (rows - 1);
    const double middle = out.axes.y + (static_cast<double>(row) + 0.5) * legend_row * em_;
    const FittedText text = meter_.fit(panel_.curve_labels[curve], "", 0.9 * em_, span);
    out.legend.push_back({{left, middle, left + legend_sample * em_, middle}, curve});
    out.texts.push_back({text.text, text.size, text_left, middle + text_rise / 2 * text.size});
  }
}

/* The colour bar stands beside the image, unless that makes the image much smaller or the bar too short to
 * read. */
bool below_is_better(const PanelFit &beside, const PanelFit &below, double em, double least) {
  if (beside.smaller_room() < least) return true;
  if (below.width() * below.height() > 1.6 * beside.width() * beside.height()) return true;
  return beside.height() < 9 * em && below.height() >= beside.height();
}

}  // namespace

PanelLayout lay_out_panel(const Panel &panel, const Rect &cell, double em, bool bare,
                          const TextMeter &meter) {
  const auto least = bare ? 0 : 3 * em;
  for (const Furniture furniture : {Furniture::all, Furniture::ticks}) {
    if (bare) break;
    const PanelFit beside(panel, cell, em, furniture, false, meter);
    const PanelFit below(panel, cell, em, furniture, true, meter);
    const bool prefer_below = panel.ndim == 2 && below_is_better(beside, below, em, least);
    const PanelFit &better = prefer_below ? below : beside;
    if (better.smaller_room() >= least) return better.write();
  }
  return PanelFit(panel, cell, em, Furniture::none, false, meter).write();
}

}  // namespace pde::movie
