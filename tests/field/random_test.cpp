#include "field/random.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace pde {
namespace {

TEST(Random, PhiloxGivesItsPublishedNumbers) {
  // Known answer of Philox4x32-10 for counter 0 and key 0, from the test vectors of the Random123 library.
  const RandomStream zero(0);
  EXPECT_EQ(zero.bits(0), 0xe169c58d6627e8d5u);
  EXPECT_EQ(zero.bits(1), 0x9b00dbd8bc57ac4cu);
}

TEST(Random, NumbersDependOnSeedAndPositionAlone) {
  const RandomStream a(1), b(2);
  EXPECT_NE(a.bits(0), b.bits(0));
  EXPECT_NE(a.bits(0), a.bits(1));
  EXPECT_EQ(a.bits(uint64_t{1} << 40), RandomStream(1).bits(uint64_t{1} << 40));
}

TEST(Random, NormalQuantileIsAccurate) {
  // Values from tables of the normal distribution.
  EXPECT_DOUBLE_EQ(normal_quantile(0.5), 0.0);
  EXPECT_NEAR(normal_quantile(0.975), 1.9599639845400542, 3e-15);
  EXPECT_NEAR(normal_quantile(0.001), -3.0902323061678136, 1e-14);
  EXPECT_NEAR(normal_quantile(1e-20), -9.2623400897985, 1e-12);
  for (double p : {0.01, 0.2, 0.37, 0.49})
    EXPECT_NEAR(normal_quantile(p), -normal_quantile(1 - p), 1e-14) << p;
}

TEST(Random, MomentsAreThoseOfTheDistribution) {
  const RandomStream random(42);
  constexpr int kCount = 200'000;
  double sum = 0, squares = 0, uniform = 0;
  for (uint64_t i = 0; i < kCount; ++i) {
    const double x = random.normal(i);
    sum += x;
    squares += x * x;
    uniform += random.uniform(i);
    ASSERT_TRUE(random.uniform(i) >= 0 && random.uniform(i) < 1);
  }
  // Five standard errors.
  EXPECT_NEAR(sum / kCount, 0, 5 / std::sqrt(kCount));
  EXPECT_NEAR(squares / kCount, 1, 5 * std::sqrt(2.0 / kCount));
  EXPECT_NEAR(uniform / kCount, 0.5, 5 / std::sqrt(12.0 * kCount));
}

}  // namespace
}  // namespace pde
