#include "field/random.hpp"

#include <cmath>

namespace pde {

uint64_t RandomStream::bits(uint64_t position) const {
  uint32_t counter[4] = {static_cast<uint32_t>(position >> 1), static_cast<uint32_t>(position >> 33), 0, 0};
  uint32_t key[2] = {static_cast<uint32_t>(seed_), static_cast<uint32_t>(seed_ >> 32)};
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53} * counter[0];
    const uint64_t b = uint64_t{0xCD9E8D57} * counter[2];
    const uint32_t next[4] = {static_cast<uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(b),
                              static_cast<uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(a)};
    for (int i = 0; i < 4; ++i) counter[i] = next[i];
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  // A block holds two numbers: the even position takes its first half.
  const int half = (position & 1) ? 2 : 0;
  return counter[half] | uint64_t{counter[half + 1]} << 32;
}

namespace {

/// Natural logarithm by additions, multiplications and divisions alone, which IEEE 754 rounds alike
/// everywhere (the file is compiled without contraction); std::log differs between C libraries in the last
/// bit.
double portable_log(double x) {
  int exponent;
  double mantissa = std::frexp(x, &exponent);
  if (mantissa < 0.70710678118654752) {
    mantissa *= 2;
    --exponent;
  }
  const double s = (mantissa - 1) / (mantissa + 1), s2 = s * s;
  double series = 0;
  for (int k = 27; k >= 1; k -= 2) series = series * s2 + 1.0 / k;
  return 2 * s * series + exponent * 0.69314718055994530942;
}

double horner(const double (&c)[8], double x) {
  double value = c[7];
  for (int i = 6; i >= 0; --i) value = value * x + c[i];
  return value;
}

}  // namespace

double normal_quantile(double probability) {
  static constexpr double kA[8] = {
      3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3, 1.3731693765509461125e+4,
      4.5921953931549871457e+4, 6.7265770927008700853e+4, 3.3430575583588128105e+4, 2.5090809287301226727e+3};
  static constexpr double kB[8] = {1.0,
                                   4.2313330701600911252e+1,
                                   6.8718700749205790830e+2,
                                   5.3941960214247511077e+3,
                                   2.1213794301586595867e+4,
                                   3.9307895800092710610e+4,
                                   2.8729085735721942674e+4,
                                   5.2264952788528545610e+3};
  static constexpr double kC[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                   5.76949722146069140550e0,  3.64784832476320460504e0,
                                   1.27045825245236838258e0,  2.41780725177450611770e-1,
                                   2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr double kD[8] = {1.0,
                                   2.05319162663775882187e0,
                                   1.67638483018380384940e0,
                                   6.89767334985100004550e-1,
                                   1.48103976427480074590e-1,
                                   1.51986665636164571966e-2,
                                   5.47593808499534494600e-4,
                                   1.05075007164441684324e-9};
  static constexpr double kE[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                   1.78482653991729133580e0,  2.96560571828504891230e-1,
                                   2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                   2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr double kF[8] = {1.0,
                                   5.99832206555887937690e-1,
                                   1.36929880922735805310e-1,
                                   1.48753612908506148525e-2,
                                   7.86869131145613259100e-4,
                                   1.84631831751005468180e-5,
                                   1.42151175831644588870e-7,
                                   2.04426310338993978564e-15};
  const double q = probability - 0.5;
  if (std::fabs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * horner(kA, r) / horner(kB, r);
  }
  const double r = std::sqrt(-portable_log(q < 0 ? probability : 1 - probability));
  const double value =
      r <= 5 ? horner(kC, r - 1.6) / horner(kD, r - 1.6) : horner(kE, r - 5) / horner(kF, r - 5);
  return q < 0 ? -value : value;
}

double cos_half_turns(int64_t numerator, int64_t denominator) {
  // cos(x) = cos(2 pi - x), cos(x) = -cos(pi - x), cos(x) = sin(pi / 2 - x): all on whole numbers, down to
  // angles of at most pi / 4.
  if (numerator > denominator) numerator = 2 * denominator - numerator;
  const bool negative = numerator > denominator - numerator;
  if (negative) numerator = denominator - numerator;
  const bool sine = numerator > denominator / 4;
  const double turns =
      sine ? static_cast<double>(denominator - 2 * numerator) / static_cast<double>(2 * denominator)
           : static_cast<double>(numerator) / static_cast<double>(denominator);
  const double x = turns * 3.14159265358979323846, x2 = x * x;
  double series = 1;  // of Taylor, from its end
  for (int k = sine ? 17 : 16; k >= 2; k -= 2) series = 1 - series * x2 / ((k - 1) * k);
  const double value = sine ? x * series : series;
  return negative ? -value : value;
}

double RandomStream::normal(uint64_t position) const {
  return normal_quantile(static_cast<double>((bits(position) >> 11) * 2 + 1) * 0x1p-54);
}

}  // namespace pde
