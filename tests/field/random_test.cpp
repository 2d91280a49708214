#include "field/random.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <complex>
#include <fstream>
#include <string>
#include <vector>

#include "field/field.hpp"
#include "support/array_layout.hpp"
#include "support/expect_error.hpp"

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

// ---- numbers that were computed elsewhere: random_reference.py

std::vector<std::string> words_of(const std::string &file) {
  std::ifstream stream(std::string(PDE_RANDOM_REFERENCE_DIR "/") + file);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

/// Equal in each bit.
void expect_bits(double actual, const std::string &expected, size_t position) {
  EXPECT_EQ(std::bit_cast<uint64_t>(actual), std::bit_cast<uint64_t>(std::strtod(expected.c_str(), nullptr)))
      << actual << " is not " << expected << " at " << position;
}

TEST(Random, NumbersAreTheSameOnEachMachine) {
  for (const int64_t seed : {int64_t{0}, int64_t{1}, int64_t{-7}, int64_t{1234567890123456789}}) {
    SCOPED_TRACE(seed);
    const RandomStream random(seed);
    const std::vector<std::string> words = words_of("seed_" + std::to_string(seed) + ".txt");
    ASSERT_EQ(words.size(), 3000u);
    for (size_t i = 0; i < 1000; ++i) {
      EXPECT_EQ(random.bits(i), std::stoull(words[3 * i], nullptr, 16)) << i;
      expect_bits(random.uniform(i), words[3 * i + 1], i);
      expect_bits(random.normal(i), words[3 * i + 2], i);
    }
  }
}

TEST(Random, CosineIsAccurate) {
  for (int64_t denominator : {1, 2, 3, 4, 5, 7, 8, 360, 12345}) {
    for (int64_t k = 0; k < 2 * denominator; ++k) {
      const long double angle =
          3.14159265358979323846264338L * static_cast<long double>(k) / static_cast<long double>(denominator);
      EXPECT_NEAR(cos_half_turns(k, denominator), static_cast<double>(std::cos(angle)), 3e-16)
          << k << '/' << denominator;
    }
  }
  EXPECT_EQ(cos_half_turns(0, 5), 1);
  EXPECT_EQ(cos_half_turns(1, 2), 0);
  EXPECT_EQ(cos_half_turns(5, 5), -1);
  EXPECT_EQ(cos_half_turns(3, 2), 0);
}

// ---- harmonic fields

FieldDescription harmonic_kind(int32_t rank, int32_t dtype = PDE_FLOAT64) {
  const int64_t shape[] = {8, 6};
  return {Grid::unit(shape, {true, true}), rank, dtype, std::nullopt, {}};
}

template <class T = double>
std::vector<T> packed(const Field &field) {
  std::vector<T> values(static_cast<size_t>(field.description().count()));
  field.pack(values.data());
  return values;
}

TEST(RandomHarmonic, FieldIsTheSameOnEachMachineAndInEachLayout) {
  const std::vector<std::string> expected = words_of("harmonic_8x6.txt");
  ASSERT_EQ(expected.size(), 48u);
  for (test::Order order : test::kOrders) {
    const FieldDescription kind = harmonic_kind(PDE_SCALAR);
    const test::Placement place(kind.shape(), test::layout_of(order, 0, 2));
    std::vector<double> memory(static_cast<size_t>(place.room));
    const FieldPtr field = Field::wrap(kind, memory.data() + place.origin, place.strides);
    field->fill_random("harmonic", 3, 3, 1);
    const std::vector<double> values = packed(*field);
    for (size_t i = 0; i < expected.size(); ++i) expect_bits(values[i], expected[i], i);
  }
}

/// One component by the formula; `first` is the number of its first draw.
double harmonic_at(int64_t seed, uint64_t first, uint64_t modes, int64_t i, int64_t j) {
  const RandomStream random(seed);
  const double x[] = {(static_cast<double>(i) + 0.5) / 8, (static_cast<double>(j) + 0.5) / 6};
  double product = 1;
  for (uint64_t axis = 0; axis < 2; ++axis) {
    double sum = 0;
    for (uint64_t mode = 1; mode <= modes; ++mode)
      sum += random.uniform(first + axis * modes + mode - 1) *
             std::cos(2 * 3.14159265358979323846 * static_cast<double>(mode) * x[axis]);
    product *= sum;
  }
  return product;
}

TEST(RandomHarmonic, ComponentsAndPartsHaveAmplitudesOfTheirOwn) {
  const FieldPtr tensor = Field::create(harmonic_kind(PDE_TENSOR, PDE_COMPLEX128));
  tensor->fill_random("harmonic", -5, 14, -2);  // more modes than cells
  const std::vector<std::complex<double>> values = packed<std::complex<double>>(*tensor);
  for (uint64_t row = 0; row < 4; ++row) {
    for (int64_t cell = 0; cell < 48; ++cell) {
      const std::complex<double> value = values[row * 48 + static_cast<uint64_t>(cell)];
      EXPECT_NEAR(value.real(), -2 * harmonic_at(-5, row * 56, 14, cell / 6, cell % 6), 1e-13);
      EXPECT_NEAR(value.imag(), -2 * harmonic_at(-5, row * 56 + 28, 14, cell / 6, cell % 6), 1e-13);
    }
  }
}

TEST(RandomHarmonic, CollectionsAndShortTypesFollowTheSameDraws) {
  const FieldPtr vector = Field::create(harmonic_kind(PDE_VECTOR));
  vector->fill_random("harmonic", 11, 3, 1);
  const FieldPtr members[] = {Field::create(harmonic_kind(PDE_SCALAR)),
                              Field::create(harmonic_kind(PDE_SCALAR))};
  const FieldPtr collection = Field::collection(members, std::nullopt);
  collection->fill_random("harmonic", 11, 3, 1);
  EXPECT_EQ(packed(*vector), packed(*collection));
  const FieldPtr narrow = Field::create(harmonic_kind(PDE_VECTOR, PDE_FLOAT32));
  narrow->fill_random("harmonic", 11, 3, 1);
  EXPECT_EQ(packed<float>(*narrow), packed<float>(*vector->copy(PDE_FLOAT32, std::nullopt)));
}

TEST(RandomHarmonic, RefusesWhatMakesNoSense) {
  const FieldPtr field = Field::create(harmonic_kind(PDE_SCALAR));
  field->fill(7, 0);
  for (double modes : {0.0, -1.0, 2.5, 1e6 + 1, 1e300})
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, field->fill_random("harmonic", 1, modes, 1), "a is ", "1 to 1000000");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, field->fill_random("harmonic", 1, NAN, 1), "finite");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, field->fill_random("harmonic", 1, 3, INFINITY), "finite");
  const FieldPtr whole = field->copy(PDE_INT32, std::nullopt);
  EXPECT_MESSAGE(PDE_ERR_RANGE, whole->fill_random("harmonic", 1, 3, 1), "sample 0", "int32");
  EXPECT_EQ(packed(*field), std::vector<double>(48, 7));
  EXPECT_EQ(packed<int32_t>(*whole), std::vector<int32_t>(48, 7));
}

}  // namespace
}  // namespace pde
