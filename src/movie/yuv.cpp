#include "yuv.hpp"

#include <cmath>

/* A second version for newer processors, chosen at load time. Sanitizers are not up yet at that moment. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("avx2", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

namespace pde::movie {
namespace {

using Weights = YuvConversion::Weights;

int32_t fixed(double weight) {
  return static_cast<int32_t>(std::lround(65536 * weight));
}

FOR_EACH_PROCESSOR
void convert_luma(const uint32_t *__restrict pixels, int count, Weights weights, uint8_t *__restrict luma) {
  constexpr int32_t black = (16 << 16) + (1 << 15);
  for (int i = 0; i < count; ++i) {
    const auto red = static_cast<int32_t>(pixels[i] >> 16 & 0xff),
               green = static_cast<int32_t>(pixels[i] >> 8 & 0xff),
               blue = static_cast<int32_t>(pixels[i] & 0xff);
    luma[i] =
        static_cast<uint8_t>((weights.red * red + weights.green * green + weights.blue * blue + black) >> 16);
  }
}

/* Red and blue are added in one word: sums of four do not run into each other. */
FOR_EACH_PROCESSOR
void convert_chroma(const uint32_t *__restrict upper, const uint32_t *__restrict lower, int count,
                    Weights weights, uint8_t *__restrict chroma) {
  constexpr int32_t grey = (128 << 18) + (1 << 17);
  constexpr uint32_t mask = 0xff00ff;
  for (int i = 0; i < count; ++i) {
    const uint32_t a = upper[2 * i], b = upper[2 * i + 1], c = lower[2 * i], d = lower[2 * i + 1];
    const uint32_t both = (a & mask) + (b & mask) + (c & mask) + (d & mask);
    const uint32_t green = (a >> 8 & 0xff) + (b >> 8 & 0xff) + (c >> 8 & 0xff) + (d >> 8 & 0xff);
    const int32_t sum = weights.red * static_cast<int32_t>(both >> 16) +
                        weights.green * static_cast<int32_t>(green) +
                        weights.blue * static_cast<int32_t>(both & 0xffff);
    chroma[i] = static_cast<uint8_t>((sum + grey) >> 18);
  }
}

const uint32_t *row_of(const uint8_t *pixels, int stride, int row) {
  return reinterpret_cast<const uint32_t *>(pixels + static_cast<std::ptrdiff_t>(row) * stride);
}

}  // namespace

YuvConversion::YuvConversion(ColorMatrix matrix) {
  const double red = matrix == ColorMatrix::bt709 ? 0.2126 : 0.299;
  const double blue = matrix == ColorMatrix::bt709 ? 0.0722 : 0.114;
  const double green = 1 - red - blue, luma = 219.0 / 255, chroma = 112.0 / 255;
  y_ = {fixed(luma * red), fixed(luma * green), fixed(luma * blue)};
  u_ = {fixed(-chroma * red / (1 - blue)), fixed(-chroma * green / (1 - blue)), fixed(chroma)};
  v_ = {fixed(chroma), fixed(-chroma * green / (1 - red)), fixed(-chroma * blue / (1 - red))};
}

void YuvConversion::convert(const uint8_t *pixels, int stride, int width, int height,
                            uint8_t *const planes[3], const int plane_strides[3]) const {
  for (int row = 0; row < height; ++row) {
    convert_luma(row_of(pixels, stride, row), width, y_,
                 planes[0] + static_cast<std::ptrdiff_t>(row) * plane_strides[0]);
  }
  for (int row = 0; row < height / 2; ++row) {
    const uint32_t *upper = row_of(pixels, stride, 2 * row), *lower = row_of(pixels, stride, 2 * row + 1);
    convert_chroma(upper, lower, width / 2, u_,
                   planes[1] + static_cast<std::ptrdiff_t>(row) * plane_strides[1]);
    convert_chroma(upper, lower, width / 2, v_,
                   planes[2] + static_cast<std::ptrdiff_t>(row) * plane_strides[2]);
  }
}

}  // namespace pde::movie
