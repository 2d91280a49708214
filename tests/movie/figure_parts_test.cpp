#include <clocale>
#include <tuple>

#include "colormap.hpp"
#include "figure_text.hpp"
#include "image_raster.hpp"
#include "movie_fixture.hpp"
#include "output_file.hpp"
#include "picture.hpp"
#include "ticks.hpp"
#include "value_limits.hpp"
#include "yuv.hpp"

using namespace pde::movie;
using movie_test::infinity;
using movie_test::not_a_number;

namespace {

std::string labels(const Ticks &ticks) {
  std::string text;
  for (const Tick &tick : ticks.marks) text += tick.label + " ";
  return text + ticks.suffix;
}

bool include(ValueLimits &limits, const std::vector<double> &values) {
  const double *data = values.data();
  return limits.include(&data, 1, values.size());
}

std::vector<uint32_t> painted(const std::vector<double> &values, std::size_t nx, std::size_t ny,
                              std::size_t width, std::size_t height) {
  ImageRaster raster(nx, ny, width, height);
  std::vector<uint32_t> pixels(width * height);
  raster.paint(values.data(), ColorScale(viridis(), 0, 1), pixels.data(), width);
  return pixels;
}

}  // namespace

TEST(Ticks, lie_at_round_numbers_with_equal_decimals) {
  EXPECT_EQ(labels(make_ticks(0, 10, 5)), "0 2 4 6 8 10 ");
  EXPECT_EQ(labels(make_ticks(-1, 1, 4)), "\u22121.0 \u22120.5 0.0 0.5 1.0 ");
  EXPECT_EQ(labels(make_ticks(0, 0.3, 3)), "0.0 0.1 0.2 0.3 ");
  EXPECT_EQ(labels(make_ticks(0, 1, 4)), "0.00 0.25 0.50 0.75 1.00 ");
}

TEST(Ticks, take_powers_and_offsets_out) {
  EXPECT_EQ(labels(make_ticks(0, 2e-6, 2)), "0 1 2 \u00d710\u207b\u2076");
  EXPECT_EQ(labels(make_ticks(0, 3e7, 3)), "0 1 2 3 \u00d710\u2077");
  EXPECT_EQ(labels(make_ticks(1000000, 1000002, 2)), "0 1 2 + 1000000");
  EXPECT_EQ(labels(make_ticks(-100000.1, -99999.9, 2)), "\u22120.1 0.0 0.1 \u2212 100000");
}

TEST(Ticks, are_few_and_inside_for_any_range) {
  for (const double scale : {1e-300, 1e-12, 1.0, 12345.678, 1e12, 1e300}) {
    for (const double lower : {-1.0, 0.0, 0.1, 0.99999, 1000.0}) {
      for (int most = 1; most < 12; ++most) {
        const Ticks ticks = make_ticks(lower * scale, (lower + 1.37) * scale, most);
        EXPECT_LE(static_cast<int>(ticks.marks.size()), most + 1);
        for (const Tick &tick : ticks.marks) {
          EXPECT_GE(tick.value, lower * scale);
          EXPECT_LE(tick.value, (lower + 1.37) * scale);
          EXPECT_LT(tick.label.size(), 16U) << scale << " " << lower << " " << tick.label;
        }
      }
    }
  }
}

TEST(Ticks, do_not_follow_the_locale) {
  const char *set = std::setlocale(LC_ALL, "de_DE.UTF-8");
  EXPECT_EQ(labels(make_ticks(0, 1, 2)), "0.0 0.5 1.0 ");
  if (set != nullptr) std::setlocale(LC_ALL, "C");
}

TEST(TimeText, never_loses_decimals) {
  TimeText text;
  EXPECT_EQ(text(0), "0");
  EXPECT_EQ(text(0.5), "0.5");
  EXPECT_EQ(text(1), "1.0");
  EXPECT_EQ(text(0.1 + 0.2), "0.3");
  EXPECT_EQ(text(123456), "123456");
  EXPECT_EQ(text(1e20), "1e+20");
}

TEST(ValueLimits, are_those_of_the_first_snapshot) {
  ValueLimits limits(not_a_number, not_a_number);
  EXPECT_FALSE(include(limits, {0, not_a_number, 2, infinity, -1}));
  EXPECT_EQ(limits.range().lower, -1);
  EXPECT_EQ(limits.range().upper, 2);
  EXPECT_FALSE(include(limits, {-1.2, 2.2}));  // not left far behind
  EXPECT_EQ(limits.range().upper, 2);
}

TEST(ValueLimits, widen_in_few_steps_when_a_pattern_grows) {
  ValueLimits limits(not_a_number, not_a_number);
  int jumps = 0;
  for (double size = 1e-3; size < 1; size *= 1.02) {
    jumps += include(limits, {-size, size});
    EXPECT_LT(size, 1.25 * limits.range().upper);
  }
  EXPECT_GE(jumps, 3);
  EXPECT_LE(jumps, 18);
}

TEST(ValueLimits, open_around_constants_until_there_is_a_range) {
  ValueLimits limits(not_a_number, not_a_number);
  EXPECT_FALSE(include(limits, {not_a_number, not_a_number}));
  EXPECT_FALSE(include(limits, {3, 3}));
  EXPECT_LT(limits.range().lower, 3);
  EXPECT_GT(limits.range().upper, 3);
  EXPECT_FALSE(include(limits, {3, 3}));
  EXPECT_TRUE(include(limits, {2.9, 3.1}));
  EXPECT_EQ(limits.range().lower, 2.9);
  EXPECT_EQ(limits.range().upper, 3.1);
}

TEST(ValueLimits, keep_fixed_sides) {
  ValueLimits both(0, 1), lower(0, not_a_number), upper(not_a_number, 0), equal(2, 2);
  EXPECT_FALSE(include(both, {-50, 50}));
  EXPECT_EQ(both.range().upper, 1);
  include(lower, {-5, -1});
  EXPECT_EQ(lower.range().lower, 0);
  EXPECT_GT(lower.range().upper, 0);
  include(upper, {1, 5});
  EXPECT_EQ(upper.range().upper, 0);
  EXPECT_LT(upper.range().lower, 0);
  EXPECT_LT(equal.range().lower, 2);
  EXPECT_GT(equal.range().upper, 2);
}

TEST(ValueLimits, stay_finite_and_ascending_for_any_data) {
  const std::vector<double> extremes = {0,         -0.0,   5e-324,  -5e-324,      1e-300,  1,
                                        1 + 1e-15, -1e308, 1.7e308, not_a_number, infinity};
  for (const double first : extremes) {
    for (const double second : extremes) {
      for (const double third : extremes) {
        ValueLimits limits(not_a_number, not_a_number);
        include(limits, {first});
        include(limits, {second});
        include(limits, {first, third});
        const Range range = limits.range();
        EXPECT_TRUE(std::isfinite(range.upper - range.lower) && range.upper > range.lower)
            << first << " " << second;
        EXPECT_TRUE(std::isfinite(256 / (range.upper - range.lower)))
            << first << " " << second << " " << third;
      }
    }
  }
}

TEST(ColorScale, clips_and_marks_bad_values) {
  const ColorScale scale(viridis(), 0, 1);
  const std::vector<double> values = {-1, 0, 0.999999, 1, 7, infinity, -infinity, not_a_number};
  std::vector<uint32_t> pixels(values.size());
  scale.colors(values.data(), values.size(), 1, pixels.data());
  const uint32_t low = 0xff440154, high = 0xfffde725;
  EXPECT_EQ(pixels, (std::vector<uint32_t>{low, low, high, high, high, high, low, bad_color}));
}

/* Against the formulas of BT.601 and BT.709 in floating point, for flat and for mixed blocks. */
TEST(YuvConversion, is_exact_to_half_a_level) {
  for (const auto &[matrix, red_weight, blue_weight] :
       {std::tuple(ColorMatrix::bt601, 0.299, 0.114), std::tuple(ColorMatrix::bt709, 0.2126, 0.0722)}) {
    for (uint32_t seed = 0; seed < 20000; ++seed) {
      const uint32_t color = seed * 2654435761U >> 8;
      const uint32_t pixels[4] = {color, color ^ (seed % 2 ? 0U : 0x9f34c1U), color, color};
      uint8_t y[4], u[1], v[1], *const planes[3] = {y, u, v};
      const int strides[3] = {2, 1, 1};
      YuvConversion(matrix).convert(reinterpret_cast<const uint8_t *>(pixels), 8, 2, 2, planes, strides);
      double sums[3] = {0, 0, 0};
      for (int i = 0; i < 4; ++i) {
        const double red = pixels[i] >> 16 & 0xff, green = pixels[i] >> 8 & 0xff, blue = pixels[i] & 0xff;
        const double luma = red_weight * red + (1 - red_weight - blue_weight) * green + blue_weight * blue;
        ASSERT_NEAR(y[i], 16 + 219 * luma / 255, 0.51);
        sums[0] += luma, sums[1] += blue, sums[2] += red;
      }
      ASSERT_NEAR(u[0], 128 + 112 * (sums[1] - sums[0]) / (1 - blue_weight) / 4 / 255, 0.51);
      ASSERT_NEAR(v[0], 128 + 112 * (sums[2] - sums[0]) / (1 - red_weight) / 4 / 255, 0.51);
    }
  }
}

TEST(ImageRaster, puts_x_to_the_right_and_y_up) {
  const uint32_t low = viridis().pixels[0], high = viridis().pixels[255];
  const auto pixels = painted({0, 0, 1, 0}, 2, 2, 4, 4);  // the hot cell is x = 1, y = 0
  EXPECT_EQ(pixels[3 * 4 + 3], high);
  EXPECT_EQ(pixels[2 * 4 + 2], high);
  EXPECT_EQ(pixels[3 * 4 + 1], low);
  EXPECT_EQ(pixels[1 * 4 + 3], low);
  EXPECT_EQ(pixels[0], low);
}

TEST(ImageRaster, averages_cells_smaller_than_a_pixel) {
  const auto pixels = painted({0, 1, not_a_number, 1, not_a_number, not_a_number, 0, 0}, 2, 4, 2, 2);
  EXPECT_EQ(pixels[1 * 2 + 0], viridis().pixels[128]);  // mean of 0 and 1
  EXPECT_EQ(pixels[0 * 2 + 0], viridis().pixels[255]);  // NaN aside
  EXPECT_EQ(pixels[1 * 2 + 1], bad_color);
}

TEST(ImageRaster, paints_every_pixel_for_any_sizes) {
  for (const std::size_t n : {1, 2, 3, 7, 64, 100}) {
    for (const std::size_t size : {1, 2, 5, 33, 64, 99}) {
      const auto pixels = painted(std::vector<double>(n * (n + 1), 0.5), n, n + 1, size, size + 1);
      for (const uint32_t pixel : pixels) ASSERT_EQ(pixel, viridis().pixels[128]);
    }
  }
}

TEST(Text, is_always_valid_utf8) {
  EXPECT_EQ(clean_utf8(nullptr), "");
  EXPECT_EQ(clean_utf8("a\xff\xc3(b\n"), "a\ufffd\ufffd(b ");
  EXPECT_EQ(clean_utf8("\xed\xa0\x80"), "\ufffd\ufffd\ufffd");  // a surrogate
  EXPECT_EQ(clean_utf8("µ × 10⁻⁵ 𝜙"), "µ × 10⁻⁵ 𝜙");
}

TEST(OutputFile, leaves_no_trace_unless_published) {
  const movie_test::Folder folder;
  const std::string path = folder / "a.bin";
  {
    OutputFile file(path);
    EXPECT_EQ(file.write("x", 1, 0), 0);
  }
  EXPECT_EQ(folder.files(), 0U);
  {
    OutputFile file(path);
    EXPECT_EQ(file.write("y", 1, 0), 0);
    file.publish();
  }
  EXPECT_EQ(movie_test::contents(path), "y");
  EXPECT_EQ(folder.files(), 1U);
  EXPECT_EQ(path_ending("a.b/film.MP4"), ".mp4");
  EXPECT_EQ(path_ending("a.b/film"), "");
}

/* Works in a process of its own only, as ctest runs it: fontconfig looks for its fonts once. */
TEST(Picture, is_drawn_without_any_font) {
  const movie_test::Folder folder;
  std::ofstream(folder / "fonts.conf") << "<fontconfig/>";
  ::setenv("FONTCONFIG_FILE", (folder / "fonts.conf").c_str(), 1);
  Panel panel;
  panel.ndim = 2;
  panel.label = "\u00b5 c";
  Figure figure({320, 240, 100, "Time: {time}", {panel}});
  const double value = 0.5, *values = &value;
  write_picture(folder / "plain.png", figure, &values, 1);
  EXPECT_TRUE(movie_test::contents(folder / "plain.png").starts_with("\x89PNG"));
  ::unsetenv("FONTCONFIG_FILE");
}
