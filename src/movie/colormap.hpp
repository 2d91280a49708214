/* Colour maps as tables of ready pixels, and the step from values to pixels.
 *
 * Later maps are one more table each; what a map looks like is known here only. */
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace pde::movie {

constexpr std::size_t color_count = 256;
constexpr uint32_t bad_color = 0xffb8b8b8U;  // neutral grey: NaN

/* 0xffRRGGBB from low to high, as Cairo's 32-bit pixels; the last entry is the colour of NaN. */
struct ColorMap {
  std::array<uint32_t, color_count + 1> pixels;
};

const ColorMap &viridis();

/* A map bound to limits. Values outside, infinite ones included, take the colour of the nearer end. */
class ColorScale {
 public:
  ColorScale(const ColorMap &map, double lower, double upper);
  /* Pixels of values[0], values[stride], ... */
  void colors(const double *values, std::size_t count, std::size_t stride, uint32_t *pixels) const;

 private:
  const uint32_t *pixels_;
  double lower_, factor_;
};

}  // namespace pde::movie
