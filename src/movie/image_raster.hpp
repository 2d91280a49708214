/* From the values of an image to its pixels.
 *
 * Values come as [nx][ny], x first, and are drawn with x to the right and y up. Cells larger than a pixel are
 * drawn as crisp blocks; along an axis with more cells than pixels the values (not their colours) in a pixel
 * are averaged, NaN aside. All index arithmetic is done once, since a film paints the same geometry many
 * times. */
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "colormap.hpp"

namespace pde::movie {

class ImageRaster {
 public:
  ImageRaster(std::size_t nx, std::size_t ny, std::size_t width, std::size_t height);

  /* Fills height rows of width pixels; `stride` is the distance of rows in pixels. */
  void paint(const double *values, const ColorScale &scale, uint32_t *pixels, std::size_t stride);

 private:
  const double *average(const double *values);

  std::size_t nx_, ny_, width_, height_;
  std::size_t bins_x_, bins_y_;        // of what is painted: cells, or fewer
  std::vector<uint32_t> column_bin_;   // [width]
  std::vector<double> averages_;       // [bins_x][bins_y], if averaging
  std::vector<double> sums_, counts_;  // [bins_y]
  std::vector<uint32_t> bin_of_y_;     // [ny]
  std::vector<uint32_t> row_;          // [bins_x] pixels of a row of cells
};

}  // namespace pde::movie
