#include "image_raster.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace pde::movie {

ImageRaster::ImageRaster(std::size_t nx, std::size_t ny, std::size_t width, std::size_t height)
    : nx_(nx),
      ny_(ny),
      width_(width),
      height_(height),
      bins_x_(std::min(nx, width)),
      bins_y_(std::min(ny, height)) {
  column_bin_.resize(width);
  for (std::size_t x = 0; x < width; ++x)
    column_bin_[x] = static_cast<uint32_t>((2 * x + 1) * bins_x_ / (2 * width));
  row_.resize(bins_x_);
  if (bins_x_ == nx && bins_y_ == ny) return;
  averages_.resize(bins_x_ * bins_y_);
  sums_.resize(bins_y_);
  counts_.resize(bins_y_);
  bin_of_y_.resize(ny);
  for (std::size_t y = 0; y < ny; ++y) bin_of_y_[y] = static_cast<uint32_t>(y * bins_y_ / ny);
}

void ImageRaster::paint(const double *values, const ColorScale &scale, uint32_t *pixels, std::size_t stride) {
  const double *cells = averages_.empty() ? values : average(values);
  const uint32_t *previous = nullptr;
  std::size_t previous_bin = bins_y_;
  for (std::size_t y = 0; y < height_; ++y, pixels += stride) {
    const std::size_t bin = (2 * (height_ - 1 - y) + 1) * bins_y_ / (2 * height_);
    if (bin == previous_bin) {
      std::memcpy(pixels, previous, width_ * sizeof *pixels);
      continue;
    }
    scale.colors(cells + bin, bins_x_, bins_y_, row_.data());
    for (std::size_t x = 0; x < width_; ++x) pixels[x] = row_[column_bin_[x]];
    previous = pixels;
    previous_bin = bin;
  }
}

const double *ImageRaster::average(const double *values) {
  std::size_t x = 0;
  for (std::size_t bin = 0; bin < bins_x_; ++bin) {
    std::ranges::fill(sums_, 0.0);
    std::ranges::fill(counts_, 0.0);
    for (; x < nx_ && x * bins_x_ / nx_ == bin; ++x) {
      const double *column = values + x * ny_;
      for (std::size_t y = 0; y < ny_; ++y) {
        const bool good = column[y] == column[y];
        sums_[bin_of_y_[y]] += good ? column[y] : 0.0;
        counts_[bin_of_y_[y]] += good ? 1.0 : 0.0;
      }
    }
    double *averages = averages_.data() + bin * bins_y_;
    for (std::size_t i = 0; i < bins_y_; ++i) {
      averages[i] = counts_[i] > 0 ? sums_[i] / counts_[i] : std::numeric_limits<double>::quiet_NaN();
    }
  }
  return averages_.data();
}

}  // namespace pde::movie
