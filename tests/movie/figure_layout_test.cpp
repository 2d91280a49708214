#include "figure_layout.hpp"

#include "figure.hpp"
#include "movie_fixture.hpp"

using namespace pde::movie;

namespace {

const std::string sixty = "a rather long label that takes sixty characters of the space";

bool overlap(const Rect &a, const Rect &b) {
  constexpr double slack = 0.5;  // antialiased edges may touch
  return a.x + slack < b.right() && b.x + slack < a.right() && a.y + slack < b.bottom() &&
         b.y + slack < a.bottom();
}

std::string where(const Rect &rect) {
  return (testing::Message() << "[" << rect.x << " " << rect.y << " " << rect.width << " " << rect.height
                             << "]")
      .GetString();
}

/* The promise of the layout, for all its texts, data areas and bars. */
void expect_tidy(const FigureSpec &spec) {
  const TextMeter meter;
  const FigureLayout layout = lay_out(spec, meter);
  const Rect figure{0, 0, static_cast<double>(spec.width), static_cast<double>(spec.height)};
  std::vector<std::pair<Rect, std::string>> boxes;
  const TextItem title = place_title(layout, title_text(spec.title, {"1234.56", "1234.56", 1000}), meter);
  if (!title.text.empty()) boxes.emplace_back(meter.ink(title), title.text);
  for (const PanelLayout &panel : layout.panels) {
    for (const TextItem &item : panel.texts) boxes.emplace_back(meter.ink(item), item.text);
    boxes.emplace_back(panel.axes, "axes");
    if (panel.bar.width > 0) boxes.emplace_back(panel.bar, "bar");
    for (const LegendEntry &entry : panel.legend) {
      boxes.emplace_back(Rect{entry.sample.x1, entry.sample.y1 - 1, entry.sample.x2 - entry.sample.x1, 2},
                         "sample");
    }
    EXPECT_GE(panel.axes.width, 1);
    EXPECT_GE(panel.axes.height, 1);
  }
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const auto &[box, text] = boxes[i];
    EXPECT_TRUE(box.x >= -0.5 && box.y >= -0.5 && box.right() <= figure.width + 0.5 &&
                box.bottom() <= figure.height + 0.5)
        << "'" << text << "' leaves the figure: " << where(box);
    for (std::size_t k = i + 1; k < boxes.size(); ++k) {
      EXPECT_FALSE(overlap(box, boxes[k].first)) << "'" << text << "' " << where(box) << " overlaps '"
                                                 << boxes[k].second << "' " << where(boxes[k].first);
    }
  }
}

FigureSpec image(int width, int height, double dpi, double size_x, double size_y, const std::string &label) {
  FigureSpec spec{width, height, dpi, label + " {time}", {}};
  Panel panel;
  panel.ndim = 2;
  panel.shape[0] = panel.shape[1] = 8;
  panel.bounds[0] = {0, size_x};
  panel.bounds[1] = {0, size_y};
  panel.axis_name[0] = panel.axis_name[1] = panel.label = label;
  spec.panels = {panel};
  return spec;
}

const std::vector<std::pair<int, int>> sizes = {{320, 240},   {240, 320},  {333, 241},  {640, 480},
                                                {480, 640},   {1000, 300}, {300, 1000}, {1280, 720},
                                                {1921, 1081}, {3840, 2160}};

}  // namespace

class LayoutOfSize : public testing::TestWithParam<std::pair<int, int>> {};
INSTANTIATE_TEST_SUITE_P(Sizes, LayoutOfSize, testing::ValuesIn(sizes));

TEST_P(LayoutOfSize, images_are_tidy) {
  const auto [width, height] = GetParam();
  for (const double dpi : {50.0, 100.0, 300.0}) {
    for (const auto &[x, y] :
         {std::pair(1.0, 1.0), {10.0, 1.0}, {1.0, 10.0}, {2000.0, 1.0}, {1e-4, 1.0}, {2.0, 1.0}}) {
      for (const std::string &label :
           {std::string("c"), std::string(), sixty, std::string("µ⁻¹ concentration")}) {
        for (const Range limits :
             {Range{0, 1}, {-1e-7, 3e-7}, {1e6, 1e6 + 1}, {-123456, 123456}, {-0.0373, 0.9377}}) {
          SCOPED_TRACE(testing::Message()
                       << width << "x" << height << " at " << dpi << ", " << x << " by " << y << ", '"
                       << label << "', " << limits.lower << " to " << limits.upper);
          FigureSpec spec = image(width, height, dpi, x, y, label);
          spec.panels.front().limits = limits;
          expect_tidy(spec);
          if (HasFailure()) return;
        }
      }
    }
  }
}

TEST_P(LayoutOfSize, curves_are_tidy) {
  const auto [width, height] = GetParam();
  for (const double dpi : {50.0, 100.0, 300.0}) {
    for (const std::size_t curves : {0, 1, 7, 200}) {
      for (const std::string &label : {std::string("c"), std::string(), sixty}) {
        for (const Range limits : {Range{0, 1}, {-1e-7, 3e-7}, {1e6, 1e6 + 1}, {-1e300, 1e300}}) {
          SCOPED_TRACE(testing::Message()
                       << width << "x" << height << " at " << dpi << ", " << curves << " curves, '" << label
                       << "', " << limits.lower << " to " << limits.upper);
          FigureSpec spec = image(width, height, dpi, 10, 1, label);
          spec.panels.front().ndim = 1;
          spec.panels.front().limits = limits;
          spec.panels.front().curve_count = std::max<std::size_t>(curves, 1);
          for (std::size_t i = 0; i < curves; ++i)
            spec.panels.front().curve_labels.push_back(label + std::to_string(i));
          expect_tidy(spec);
          if (HasFailure()) return;
        }
      }
    }
  }
}

TEST_P(LayoutOfSize, several_panels_are_tidy) {
  const auto [width, height] = GetParam();
  for (const std::size_t count : {2, 3, 6}) {
    SCOPED_TRACE(testing::Message() << width << "x" << height << ", " << count << " panels");
    FigureSpec spec = image(width, height, 100, 1, 1, "a label");
    spec.panels.resize(count, spec.panels.front());
    spec.panels.back().ndim = 1;
    expect_tidy(spec);
  }
}

TEST(Layout, never_fails_however_small_the_figure) {
  for (int width = 1; width < 200; width += 11) {
    for (int height = 1; height < 200; height += 13) expect_tidy(image(width, height, 100, 1, 1, "c"));
  }
}

TEST(Layout, keeps_the_aspect_ratio_of_the_grid) {
  const FigureLayout layout = lay_out(image(640, 480, 100, 3, 2, "c"), TextMeter());
  const Rect &axes = layout.panels.front().axes;
  EXPECT_NEAR(axes.width / axes.height, 1.5, 0.01);
}

TEST(Layout, gives_the_bar_the_height_of_the_axes) {
  const FigureLayout layout = lay_out(image(640, 480, 100, 1, 1, "c"), TextMeter());
  const PanelLayout &panel = layout.panels.front();
  EXPECT_EQ(panel.bar.y, panel.axes.y);
  EXPECT_EQ(panel.bar.height, panel.axes.height);
}

TEST(Layout, scales_text_with_dpi) {
  EXPECT_NEAR(lay_out(image(640, 480, 100, 1, 1, "c"), TextMeter()).em, 100 / 7.2, 1e-9);
  EXPECT_NEAR(lay_out(image(1920, 1440, 300, 1, 1, "c"), TextMeter()).em, 300 / 7.2, 1e-9);
}
