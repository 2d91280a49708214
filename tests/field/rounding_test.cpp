// Rounding against its promise, in exact arithmetic: a reference that scales by powers of two, and the bounds
// as inequalities between real numbers.
//
// The seed is printed and can be given by the environment variable PDE_TEST_SEED; PDE_TEST_STRIDE is the
// distance of the float32 patterns that the sweep visits (1: all of them).
#include "field/rounding.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cfenv>
#include <cmath>
#include <complex>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "pde/base.h"
#include "support/expect_error.hpp"

namespace pde {
namespace {

uint64_t number_from(const char *variable, uint64_t otherwise) {
  const char *text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

template <class Real>
using BitsOf = std::conditional_t<sizeof(Real) == 8, uint64_t, uint32_t>;
template <class Real>
constexpr int kMantissa = std::numeric_limits<Real>::digits - 1;
template <class Real>
constexpr int32_t kDtype = sizeof(Real) == 8 ? PDE_FLOAT64 : PDE_FLOAT32;

template <class Real>
BitsOf<Real> bits_of(Real value) {
  return std::bit_cast<BitsOf<Real>>(value);
}

template <class Real>
std::vector<Real> rounded(const Rounding &rounding, const std::vector<Real> &values) {
  std::vector<Real> out(values.size());
  rounding.apply(reinterpret_cast<std::byte *>(out.data()),
                 reinterpret_cast<const std::byte *>(values.data()), static_cast<int64_t>(values.size()));
  return out;
}

// ---- the reference

/// The mantissa bits that keep_bits and tolerance_rel leave, or -1.
int kept_bits(const RoundingSettings &settings, int mantissa) {
  int kept = settings.keep_bits > 0 ? static_cast<int>(settings.keep_bits) : -1;
  if (settings.tolerance_rel > 0) {
    int needed = 0;
    while (needed < mantissa && std::ldexp(1.0, -(needed + 1)) > settings.tolerance_rel) ++needed;
    kept = std::max(kept, needed);
  }
  return kept;
}

/// The largest power of two whose half is within the tolerance.
int quantum_exponent(double tolerance) {
  int exponent = std::numeric_limits<double>::max_exponent + 2;
  while (std::ldexp(1.0L, exponent - 1) > static_cast<long double>(tolerance)) --exponent;
  return exponent;
}

/// The nearest multiple of 2^exponent, the even one of two. Exact: what is scaled is a double that has room
/// for the digits of `value`, and a long double has room for the exponents.
template <class Real>
Real nearest_multiple(Real value, int exponent) {
  const long double scaled = std::ldexp(static_cast<long double>(value), -exponent);
  if (std::fabs(scaled) >= 0x1p62L) return value;  // is one, in spite of its few digits
  return static_cast<Real>(std::ldexp(std::nearbyint(scaled), exponent));
}

template <class Real>
class Reference {
 public:
  explicit Reference(const RoundingSettings &settings) : kept_(kept_bits(settings, kMantissa<Real>)) {
    if (settings.tolerance_abs > 0) quantum_ = quantum_exponent(settings.tolerance_abs);
  }
  Real operator()(Real value) const {
    if (!std::isfinite(value) || value == 0) return value;
    if (kept_ >= 0 && std::fabs(value) < std::numeric_limits<Real>::min()) return value;
    int exponent = quantum_;
    if (kept_ >= 0) exponent = std::min(exponent, std::ilogb(value) - kept_);
    const Real result = std::copysign(nearest_multiple(value, exponent), value);
    return std::isfinite(result) ? result : value;
  }

 private:
  int kept_;
  int quantum_ = std::numeric_limits<int>::max();
};

// ---- the bounds

/// Whether |a - b| <= bound and, for normal numbers with bits to keep, the relative bounds hold. No step
/// rounds: the difference of a number and itself rounded has no more digits than the number.
template <class Real>
void expect_bounds(const RoundingSettings &settings, Real value, Real result) {
  ASSERT_TRUE(std::isfinite(result));
  const long double error = std::fabs(static_cast<long double>(value) - static_cast<long double>(result));
  if (settings.tolerance_abs > 0) {
    ASSERT_LE(error, static_cast<long double>(settings.tolerance_abs));
  }
  const long double size = std::fabs(static_cast<long double>(value));
  if (settings.keep_bits > 0 && (std::isnormal(value) || error > 0)) {
    ASSERT_LE(error, std::ldexp(size, -static_cast<int>(settings.keep_bits) - 1));
  }
  if (settings.tolerance_rel > 0) {  // a product of 117 digits: its sign beside the error is exact with fma
    ASSERT_GE(std::fma(static_cast<long double>(settings.tolerance_rel), size, -error), 0);
  }
}

template <class Real>
void check(const RoundingSettings &settings, const std::vector<Real> &values) {
  SCOPED_TRACE(settings.json());
  const Rounding rounding = Rounding::create(kDtype<Real>, settings).value();
  const Reference<Real> reference(settings);
  const std::vector<Real> once = rounded(rounding, values), twice = rounded(rounding, once);
  for (size_t i = 0; i < values.size(); ++i) {
    const auto where = [&] { return ::testing::Message() << std::hexfloat << values[i]; };
    ASSERT_EQ(bits_of(once[i]), bits_of(reference(values[i]))) << where();
    ASSERT_EQ(bits_of(twice[i]), bits_of(once[i])) << where() << " twice";
    if (!std::isfinite(values[i])) continue;
    ASSERT_EQ(std::signbit(once[i]), std::signbit(values[i])) << where();
    expect_bounds(settings, values[i], once[i]);
    if (::testing::Test::HasFatalFailure()) FAIL() << where() << " became " << once[i];
  }
}

// ---- which settings and which values

RoundingSettings keep(int64_t bits) {
  return {.keep_bits = bits};
}
RoundingSettings within(double tolerance) {
  return {.tolerance_abs = tolerance};
}
RoundingSettings relatively(double tolerance) {
  return {.tolerance_rel = tolerance};
}

template <class Real>
std::vector<RoundingSettings> all_settings() {
  using Limits = std::numeric_limits<Real>;
  std::vector<RoundingSettings> all;
  for (int64_t bits : {1, 2, 3, 7, 10, 20, kMantissa<Real> - 1, kMantissa<Real>})
    if (bits <= kMantissa<Real>) all.push_back(keep(bits));
  for (double tolerance : {1e-3,
                           0.5,
                           0.25,
                           1.0,
                           1 / 3.0,
                           7e5,
                           1e-30,
                           0x1p-20,
                           std::nextafter(0x1p-20, 0),
                           3e30,
                           static_cast<double>(Limits::max()),
                           static_cast<double>(Limits::max()) / 2,
                           static_cast<double>(Limits::max()) / 3,
                           static_cast<double>(Limits::max()) / 9,
                           static_cast<double>(Limits::min()),
                           static_cast<double>(Limits::min()) / 2,
                           static_cast<double>(Limits::min()) * 3,
                           static_cast<double>(Limits::denorm_min()),
                           static_cast<double>(Limits::denorm_min()) * 5,
                           std::numeric_limits<double>::max(),
                           std::numeric_limits<double>::denorm_min()})
    all.push_back(within(tolerance));
  for (double tolerance :
       {1e-3, 0.5, 0.25, 1.0, 1 / 3.0, 1e-6, 0x1p-12, std::nextafter(0x1p-12, 0), 5.0, 1e-300})
    all.push_back(relatively(tolerance));
  for (double tolerance : {1e-3, 1e-30, 1e30, static_cast<double>(Limits::max()),
                           static_cast<double>(Limits::denorm_min()), static_cast<double>(Limits::min())}) {
    all.push_back({.keep_bits = 5, .tolerance_abs = tolerance});
    all.push_back({.tolerance_abs = tolerance, .tolerance_rel = 0.7});
    all.push_back({.keep_bits = 3, .tolerance_abs = tolerance, .tolerance_rel = 1e-4});
    all.push_back({.keep_bits = kMantissa<Real>, .tolerance_abs = tolerance});
  }
  return all;
}

/// Every exponent with the mantissas at which something changes, in both signs.
template <class Real>
std::vector<Real> edges() {
  using Bits = BitsOf<Real>;
  constexpr Bits kUnit = Bits{1} << kMantissa<Real>;
  std::vector<Bits> mantissas = {0, kUnit - 1, kUnit / 3, kUnit / 3 * 2};
  for (int bit = 0; bit < kMantissa<Real>; bit += sizeof(Real) == 8 ? 17 : 1) {
    const Bits one = Bits{1} << bit;
    mantissas.insert(mantissas.end(), {one, one - 1, one + 1, kUnit - one, (3 * one) % kUnit,
                                       (kUnit / 2 + one) % kUnit, (kUnit - one - 1) % kUnit});
  }
  std::vector<Real> values;
  const Bits exponents = Bits{1} << (8 * sizeof(Real) - 1 - kMantissa<Real>);
  for (Bits exponent = 0; exponent < 2 * exponents; ++exponent) {
    for (Bits mantissa : mantissas)
      values.push_back(std::bit_cast<Real>(exponent << kMantissa<Real> | mantissa));
  }
  return values;
}

TEST(Rounding, HoldsAtEveryEdgeOfFloat32) {
  const std::vector<float> values = edges<float>();
  for (const RoundingSettings &settings : all_settings<float>()) check(settings, values);
}

TEST(Rounding, HoldsAtEveryEdgeOfFloat64) {
  const std::vector<double> values = edges<double>();
  for (const RoundingSettings &settings : all_settings<double>()) check(settings, values);
}

TEST(Rounding, HoldsForFloat32OfAnyBits) {
  const uint64_t stride = number_from("PDE_TEST_STRIDE", 2039);
  for (const RoundingSettings &settings :
       {keep(9), within(1e-3), relatively(1e-4), RoundingSettings{.keep_bits = 4, .tolerance_abs = 0.01}}) {
    std::vector<float> values;
    for (uint64_t first = 0; first < uint64_t{1} << 32;) {
      values.clear();
      for (; first < uint64_t{1} << 32 && values.size() < 1 << 16; first += stride)
        values.push_back(std::bit_cast<float>(static_cast<uint32_t>(first)));
      check(settings, values);
      if (HasFatalFailure()) return;
    }
  }
}

/// Numbers whose exponents are those of a solution as often as any others.
double any_double(std::mt19937_64 &random) {
  uint64_t bits = random();
  if (random() % 2) bits = (bits & ~(uint64_t{0x7ff} << 52)) | (1023 - 20 + random() % 40) << 52;
  if (random() % 4 == 0) bits &= ~uint64_t{0} << random() % 53;
  return std::bit_cast<double>(bits);
}

RoundingSettings any_settings(std::mt19937_64 &random) {
  std::uniform_real_distribution<double> exponent(-12, 6);
  RoundingSettings settings;
  while (!settings.any()) {
    if (random() % 3 == 0) settings.keep_bits = 1 + static_cast<int64_t>(random() % 52);
    if (random() % 3 == 0) settings.tolerance_abs = std::pow(10, exponent(random));
    if (random() % 3 == 0) settings.tolerance_rel = std::pow(10, exponent(random));
  }
  return settings;
}

TEST(Rounding, HoldsForFloat64OfAnyBits) {
  const uint64_t seed = number_from("PDE_TEST_SEED", std::random_device()());
  std::printf("PDE_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  SCOPED_TRACE("PDE_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::vector<double> values(1000);
  for (int round = 0; round < 1000 && !HasFatalFailure(); ++round) {
    for (double &value : values) value = any_double(random);
    check(any_settings(random), values);
  }
}

// ---- what the words say

TEST(Rounding, LeavesWhatIsNoNumberBitForBit) {
  const std::vector<uint64_t> patterns = {0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000,
                                          0xfff8000000000123, 0x7ff0000000000001, 0x7fffffffffffffff,
                                          0xffffffffffffffff, 0xfff0000000000001, 0,
                                          0x8000000000000000};
  for (const RoundingSettings &settings : all_settings<double>()) {
    std::vector<uint64_t> out(patterns.size());
    Rounding::create(PDE_FLOAT64, settings)
        ->apply(reinterpret_cast<std::byte *>(out.data()),
                reinterpret_cast<const std::byte *>(patterns.data()), static_cast<int64_t>(patterns.size()));
    EXPECT_EQ(out, patterns) << settings.json();
  }
}

TEST(Rounding, KeepsBitsAndGivesTiesToTheEven) {
  constexpr double kLargest = std::numeric_limits<double>::max();
  const Rounding rounding = Rounding::create(PDE_FLOAT64, keep(2)).value();
  EXPECT_EQ(rounded<double>(rounding, {1.125, 1.375, 1.3, -1.875, 1.9, 1e-310, kLargest}),
            (std::vector<double>{1.0, 1.5, 1.25, -2.0, 2.0, 1e-310, kLargest}));
}

TEST(Rounding, MakesMultiplesOfAPowerOfTwoOfWhatMayBeOff) {
  const Rounding rounding = Rounding::create(PDE_FLOAT64, within(0.3)).value();  // multiples of 1/2
  EXPECT_EQ(rounded<double>(rounding, {0.25, 0.26, -0.75, 1.25, 3.3, 1e6 + 0.2, 0x1p52 + 1}),
            (std::vector<double>{0.0, 0.5, -1.0, 1.0, 3.5, 1e6, 0x1p52 + 1}));
  const std::vector<double> small = rounded<double>(rounding, {-0.2, 1e-320});
  EXPECT_TRUE(small[0] == 0 && std::signbit(small[0]) && small[1] == 0 && !std::signbit(small[1]));
}

TEST(Rounding, MakesNothingZeroUnlessTheAbsoluteBoundAloneIsSet) {
  const std::vector<double> tiny = {1e-300, -1e-310, 5e-324, 0x1.fffp-30};
  for (const RoundingSettings &settings :
       {keep(1), relatively(0.9), RoundingSettings{.keep_bits = 1, .tolerance_abs = 10}}) {
    for (double value : rounded(Rounding::create(PDE_FLOAT64, settings).value(), tiny)) EXPECT_NE(value, 0);
  }
}

TEST(Rounding, TakesPartsOfComplexSamplesByThemselves) {
  using Complex = std::complex<float>;
  const std::vector<Complex> values = {{1.3f, 1e-3f}, {NAN, 1.9f}, {-0.0f, INFINITY}};
  const Rounding pairs = Rounding::create(PDE_COMPLEX64, keep(2)).value();
  std::vector<Complex> out(values.size());
  pairs.apply(reinterpret_cast<std::byte *>(out.data()), reinterpret_cast<const std::byte *>(values.data()),
              3);
  const Rounding singles = Rounding::create(PDE_FLOAT32, keep(2)).value();
  std::vector<float> parts(6);
  singles.apply(reinterpret_cast<std::byte *>(parts.data()),
                reinterpret_cast<const std::byte *>(values.data()), 6);
  EXPECT_EQ(std::memcmp(out.data(), parts.data(), sizeof(float) * 6), 0);
  EXPECT_EQ(parts[0], 1.25f);

  std::vector<std::complex<double>> wide = {{0.3, 7.9}};
  Rounding::create(PDE_COMPLEX128, within(0.5))
      ->apply(reinterpret_cast<std::byte *>(wide.data()), reinterpret_cast<const std::byte *>(wide.data()),
              1);
  EXPECT_EQ(wide[0], (std::complex<double>{0, 8}));
}

TEST(Rounding, WorksInPlaceAndAtAnyAddress) {
  std::mt19937_64 random(7);
  for (const RoundingSettings &settings : {keep(20), within(1e-6), relatively(1e-3)}) {
    const Rounding rounding = Rounding::create(PDE_FLOAT64, settings).value();
    for (size_t count : {size_t{0}, size_t{1}, size_t{5}, size_t{1023}}) {
      std::vector<double> values(count);
      for (double &value : values) value = any_double(random);
      const std::vector<double> expected = rounded(rounding, values);
      std::vector<std::byte> shifted(count * 8 + 2, std::byte{0xAA});
      if (count > 0) std::memcpy(shifted.data() + 1, values.data(), count * 8);
      rounding.apply(shifted.data() + 1, shifted.data() + 1, static_cast<int64_t>(count));
      EXPECT_TRUE(std::equal(shifted.begin() + 1, shifted.end() - 1,
                             reinterpret_cast<const std::byte *>(expected.data())));
      EXPECT_TRUE(shifted.front() == std::byte{0xAA} && shifted.back() == std::byte{0xAA});
    }
  }
}

TEST(Rounding, DoesNotAskForTheRoundingMode) {
  const std::vector<double> values = edges<double>();
  for (const RoundingSettings &settings :
       {keep(20), within(1e-6), RoundingSettings{.keep_bits = 9, .tolerance_abs = 1e-9}}) {
    const Rounding rounding = Rounding::create(PDE_FLOAT64, settings).value();
    const std::vector<double> expected = rounded(rounding, values);
    for (int mode : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
      std::fesetround(mode);
      std::feclearexcept(FE_ALL_EXCEPT);
      const std::vector<double> out = rounded(rounding, values);
      const int raised = std::fetestexcept(FE_ALL_EXCEPT);
      std::fesetround(FE_TONEAREST);
      EXPECT_EQ(raised, 0) << settings.json();
      EXPECT_EQ(std::memcmp(out.data(), expected.data(), out.size() * 8), 0) << settings.json();
    }
  }
}

// ---- settings

TEST(Rounding, IsNothingWithoutASetting) {
  EXPECT_FALSE(Rounding::create(PDE_FLOAT64, {}));
  EXPECT_FALSE(Rounding::create(PDE_INT32, {}));
}

TEST(Rounding, RefusesWhatCannotBeMeant) {
  for (int32_t dtype : {PDE_INT64, PDE_UINT8, PDE_BOOL}) {
    EXPECT_MESSAGE(PDE_ERR_DTYPE, Rounding::create(dtype, keep(3)), "floating-point");
  }
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Rounding::create(PDE_FLOAT64, keep(53)), "keep_bits is 53", "1 to 52");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Rounding::create(PDE_COMPLEX64, keep(24)), "complex64", "1 to 23");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Rounding::create(PDE_FLOAT64, keep(-1)), "keep_bits is -1");
  for (double wrong : {-1.0, static_cast<double>(INFINITY), static_cast<double>(NAN)}) {
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Rounding::create(PDE_FLOAT64, within(wrong)), "tolerance_abs",
                   "above 0");
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Rounding::create(PDE_FLOAT64, relatively(wrong)), "tolerance_rel",
                   "above 0");
  }
}

TEST(RoundingSettings, AreReadAsTheyWereWritten) {
  EXPECT_EQ(keep(20).json(), R"({"keep_bits": 20})");
  EXPECT_EQ(within(0.5).json(), R"({"tolerance_abs": 0.5})");
  const RoundingSettings longest{
      .keep_bits = 52, .tolerance_abs = 2.2250738585072014e-308, .tolerance_rel = 2.2250738585072014e-308};
  EXPECT_LE(longest.json().size(), kRoundingJsonBytes);
  for (const RoundingSettings &settings : {keep(1), within(1e-3), relatively(1 / 3.0), longest}) {
    EXPECT_EQ(RoundingSettings::parse(settings.json()), settings);
    EXPECT_EQ(RoundingSettings::parse(settings.json() + std::string(40, '\0')), settings);
  }
}

TEST(RoundingSettings, AreReadWithPatience) {
  EXPECT_EQ(RoundingSettings::parse(R"( {"keep_bits": 7.0, "later": [1], "tolerance_abs": "no"} )"), keep(7));
  for (const char *text :
       {"", "no", "[]", "7", "{}", R"({"keep_bits": 0})", R"({"keep_bits": 1.5})", R"({"keep_bits": 1e300})",
        R"({"tolerance_abs": NaN})", R"({"tolerance_rel": -1})", R"({"keep_bits": 7} trailing)"})
    EXPECT_FALSE(RoundingSettings::parse(text)) << text;
}

}  // namespace
}  // namespace pde
