#include "field/strided_copy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "base/dtype.hpp"

namespace pde {
namespace {

/// The plain way: every element by its indices.
void reference_copy(std::byte *to, const std::vector<int64_t> &to_strides, const std::byte *from,
                    const std::vector<int64_t> &from_strides, const std::vector<int64_t> &shape,
                    int64_t item) {
  std::vector<int64_t> index(shape.size(), 0);
  while (true) {
    int64_t a = 0, b = 0;
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      a += index[axis] * to_strides[axis];
      b += index[axis] * from_strides[axis];
    }
    std::memcpy(to + a, from + b, static_cast<size_t>(item));
    size_t axis = shape.size();
    while (axis > 0 && ++index[axis - 1] == shape[axis - 1]) index[--axis] = 0;
    if (axis == 0) return;
  }
}

struct Layout {
  std::vector<int64_t> strides;
  int64_t origin = 0, bytes = 0;
};

/// A random order of axes, gaps between them, some reversed. Lines may be whole cache lines, and may begin
/// anywhere in one.
Layout random_layout(const std::vector<int64_t> &shape, int64_t item, std::mt19937_64 &random) {
  const bool whole_lines = random() % 3 == 0;
  std::vector<size_t> order(shape.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), random);
  Layout layout;
  layout.strides.resize(shape.size());
  int64_t stride = item;
  for (size_t axis : order) {
    layout.strides[axis] = stride;
    stride *= shape[axis] + static_cast<int64_t>(random() % 3);
    if (whole_lines) stride = (stride + 63) / 64 * 64;
    if (random() % 3 == 0) {
      layout.origin += (shape[axis] - 1) * layout.strides[axis];
      layout.strides[axis] = -layout.strides[axis];
    }
  }
  const auto shift = static_cast<int64_t>(random() % 2 ? random() % 64 : random() % 8 * 8);
  layout.origin += shift;
  layout.bytes = stride + shift;
  return layout;
}

uint64_t number_from(const char *variable, uint64_t otherwise) {
  const char *text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// Copies of random layouts; `longest` of an axis, by the number of axes.
void compare_with_the_plain_way(int rounds, const std::vector<uint64_t> &longest) {
  const uint64_t seed = number_from("PDE_TEST_SEED", std::random_device()());
  std::printf("PDE_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  SCOPED_TRACE("PDE_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < rounds; ++round) {
    std::vector<int64_t> shape(1 + random() % longest.size());
    for (int64_t &size : shape) size = static_cast<int64_t>(1 + random() % longest[shape.size() - 1]);
    const int64_t items[] = {1, 2, 4, 8, 16};
    const int64_t item = items[random() % 5];
    const Layout from = random_layout(shape, item, random), to = random_layout(shape, item, random);
    std::vector<std::byte> source(static_cast<size_t>(from.bytes));
    for (std::byte &byte : source) byte = static_cast<std::byte>(random());
    std::vector<std::byte> target(static_cast<size_t>(to.bytes), std::byte{0xAA}), expected = target;
    strided_copy(target.data() + to.origin, to.strides, source.data() + from.origin, from.strides, shape,
                 item);
    reference_copy(expected.data() + to.origin, to.strides, source.data() + from.origin, from.strides, shape,
                   item);
    ASSERT_EQ(target, expected);
  }
}

TEST(StridedCopy, EqualsThePlainWayForRandomLayouts) {
  compare_with_the_plain_way(3000, {80, 80, 9, 9});
}

TEST(StridedCopy, EqualsThePlainWayForLargePlanes) {
  compare_with_the_plain_way(100, {5000, 700, 70});
}

TEST(StridedCopy, EqualsThePlainWayForSolids) {
  compare_with_the_plain_way(200, {200, 200, 40, 20, 10});
}

template <class To, class From>
int64_t convert(std::vector<From> values, std::vector<To> &out, int32_t to, int32_t from) {
  out.resize(values.size());
  return convert_samples(out.data(), to, values.data(), from, static_cast<int64_t>(values.size()));
}

TEST(ConvertSamples, KeepsEachDigitOfAnInteger) {
  constexpr int64_t kEdge = int64_t{1} << 53;
  std::vector<double> reals;
  EXPECT_EQ((convert<double, int64_t>({0, kEdge, -kEdge, kEdge + 2, INT64_MIN, kEdge + 1}, reals, PDE_FLOAT64,
                                      PDE_INT64)),
            5);
  EXPECT_EQ(reals[4], -0x1p63);
  EXPECT_EQ((convert<double, int64_t>({-kEdge - 1}, reals, PDE_FLOAT64, PDE_INT64)), 0);
  EXPECT_EQ((convert<double, int64_t>({INT64_MAX}, reals, PDE_FLOAT64, PDE_INT64)), 0);
  EXPECT_EQ((convert<double, uint64_t>({uint64_t{1} << 63, UINT64_MAX}, reals, PDE_FLOAT64, PDE_UINT64)), 1);
  std::vector<float> floats;
  EXPECT_EQ((convert<float, int32_t>({1 << 24, INT32_MIN, (1 << 24) + 1}, floats, PDE_FLOAT32, PDE_INT32)),
            2);
  EXPECT_EQ((convert<float, int16_t>({INT16_MIN, INT16_MAX, -1}, floats, PDE_FLOAT32, PDE_INT16)), -1);
  std::vector<std::complex<double>> pairs;
  EXPECT_EQ((convert<std::complex<double>, int64_t>({3, kEdge + 1}, pairs, PDE_COMPLEX128, PDE_INT64)), 1);
}

TEST(ConvertSamples, NamesTheFirstValueThatDoesNotFit) {
  std::vector<float> floats;
  EXPECT_EQ((convert<float, double>({0.1, 1e30, INFINITY, 1e39}, floats, PDE_FLOAT32, PDE_FLOAT64)), 3);
  EXPECT_EQ((convert<float, double>({0.1, -INFINITY, NAN}, floats, PDE_FLOAT32, PDE_FLOAT64)), -1);
  EXPECT_EQ(floats[0], 0.1f);
  std::vector<int32_t> ints;
  EXPECT_EQ((convert<int32_t, double>({1, -2147483648.0, 2147483648.0}, ints, PDE_INT32, PDE_FLOAT64)), 2);
  EXPECT_EQ((convert<int32_t, double>({1.5}, ints, PDE_INT32, PDE_FLOAT64)), 0);
  EXPECT_EQ((convert<int32_t, double>({NAN}, ints, PDE_INT32, PDE_FLOAT64)), 0);
  std::vector<int64_t> longs;
  EXPECT_EQ((convert<int64_t, double>({-9223372036854775808.0, 9223372036854775808.0}, longs, PDE_INT64,
                                      PDE_FLOAT64)),
            1);
  std::vector<double> reals;
  EXPECT_EQ(
      (convert<double, std::complex<double>>({{1, 0}, {1, 1e-300}}, reals, PDE_FLOAT64, PDE_COMPLEX128)), 1);
  std::vector<Bool8> flags;
  EXPECT_EQ((convert<Bool8, uint8_t>({0, 1, 2}, flags, PDE_BOOL, PDE_UINT8)), 2);
  std::vector<uint8_t> bytes;
  EXPECT_EQ((convert<uint8_t, int8_t>({0, 127, -1}, bytes, PDE_UINT8, PDE_INT8)), 2);
}

}  // namespace
}  // namespace pde
