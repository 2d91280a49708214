#include "field/rounding.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "base/dtype.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/numbers.hpp"

namespace pde {

// ---- settings

std::string RoundingSettings::json() const {
  std::string members;
  const auto add = [&](const char *key, const std::string &value) {
    members += fmt::format("{}\"{}\": {}", members.empty() ? "" : ", ", key, value);
  };
  if (keep_bits != 0) add("keep_bits", std::to_string(keep_bits));
  if (tolerance_abs != 0) add("tolerance_abs", json_number(tolerance_abs));
  if (tolerance_rel != 0) add("tolerance_rel", json_number(tolerance_rel));
  return "{" + members + "}";
}

namespace {

/// A member that is a positive number; else 0.
double positive_member(const JsonValue &object, std::string_view key) {
  const JsonValue *member = json_find(object, key);
  if (!member || !member->IsNumber()) return 0;
  const double value = member->GetDouble();
  return value > 0 && std::isfinite(value) ? value : 0;
}

constexpr int mantissa_bits(bool single) {
  return single ? 23 : 52;
}

}  // namespace

std::optional<RoundingSettings> RoundingSettings::parse(std::string_view json) try {
  const JsonDocument document = json_parse(json.substr(0, json.find('\0')), "the settings of rounding");
  const double bits = positive_member(document, "keep_bits");
  RoundingSettings settings;
  if (bits == std::floor(bits) && bits <= mantissa_bits(false)) settings.keep_bits = static_cast<int>(bits);
  settings.tolerance_abs = positive_member(document, "tolerance_abs");
  settings.tolerance_rel = positive_member(document, "tolerance_rel");
  if (!settings.any()) return std::nullopt;
  return settings;
} catch (const Error &) {
  return std::nullopt;
}

namespace {

void check_tolerance(const char *key, double value) {
  if (!(value >= 0) || !std::isfinite(value))
    fail(PDE_ERR_ARGUMENT, "{} is {}; it must be a finite number above 0", key, real_text(value));
}

bool is_floating(int32_t dtype) {
  return dtype == PDE_FLOAT64 || dtype == PDE_FLOAT32 || dtype_is_complex(dtype);
}

}  // namespace

void RoundingSettings::check() const {
  check_tolerance("tolerance_abs", tolerance_abs);
  check_tolerance("tolerance_rel", tolerance_rel);
}

std::optional<Rounding> Rounding::create(int32_t dtype, const RoundingSettings &settings) {
  if (!settings.any()) return std::nullopt;
  if (!is_floating(dtype)) {
    fail(PDE_ERR_DTYPE,
         "keep_bits, tolerance_abs and tolerance_rel round floating-point and complex samples; {} has no "
         "digits to drop",
         dtype_name(dtype));
  }
  Rounding rounding(settings);
  rounding.single_ = dtype == PDE_FLOAT32 || dtype == PDE_COMPLEX64;
  rounding.parts_ = dtype_is_complex(dtype) ? 2 : 1;
  const int mantissa = mantissa_bits(rounding.single_);
  if (settings.keep_bits < 0 || settings.keep_bits > mantissa) {
    fail(PDE_ERR_ARGUMENT, "keep_bits is {}; {} has 1 to {} bits that can be kept", settings.keep_bits,
         dtype_name(dtype), mantissa);
  }
  settings.check();
  int kept = -1;
  if (settings.keep_bits != 0) kept = static_cast<int>(settings.keep_bits);
  // 2^-(kept + 1) <= tolerance_rel, and 2^quantum / 2 <= tolerance_abs: the powers of two just below.
  if (settings.tolerance_rel != 0)
    kept = std::max(kept, std::clamp(-std::ilogb(settings.tolerance_rel) - 1, 0, mantissa));
  if (kept >= 0) rounding.kept_ = kept;
  if (settings.tolerance_abs != 0) rounding.quantum_ = std::ilogb(settings.tolerance_abs) + 1;
  return rounding;
}

// ---- the arithmetic

namespace {

/// The bits of IEEE numbers. Without their sign they are integers in the order of the magnitudes, and a carry
/// out of the mantissa goes where it belongs. Conditions are all-ones or zero, made of differences and their
/// topmost bit: every step has a vector instruction in SSE2 then.
template <class Real>
struct Ieee {
  using Bits = std::conditional_t<sizeof(Real) == 8, uint64_t, uint32_t>;
  static constexpr int kMantissa = std::numeric_limits<Real>::digits - 1;
  static constexpr int kTop = 8 * sizeof(Real) - 1;
  static constexpr Bits kSign = Bits{1} << kTop;
  static constexpr Bits kLowest = Bits{1} << kMantissa;  // of the exponent; as a number, the smallest normal
  static constexpr Bits kInfinity = kSign - kLowest;
  static constexpr int kBias = std::numeric_limits<Real>::max_exponent - 1;

  static Bits load(const std::byte *at) {
    Bits bits;
    std::memcpy(&bits, at, sizeof bits);
    return bits;
  }
  static void store(std::byte *at, Bits bits) { std::memcpy(at, &bits, sizeof bits); }

  static Bits all_if_top(Bits bits) { return Bits{0} - (bits >> kTop); }
  /// Both below 2^kTop.
  static Bits less(Bits a, Bits b) { return all_if_top(a - b); }
  static Bits select(Bits condition, Bits yes, Bits no) { return no ^ ((yes ^ no) & condition); }

  /// The magnitude of 2^(biased - kBias): infinity where that overflows, zero where it underflows.
  static Bits power_of_two(int biased) {
    if (biased > 0) return static_cast<Bits>(std::min(biased, 2 * kBias + 1)) << kMantissa;
    return biased > -kMantissa ? Bits{1} << (biased + kMantissa - 1) : 0;
  }
};

/// As many bits of each mantissa.
template <class Real>
void keep_bits(std::byte *to, const std::byte *from, int64_t count, int kept) {
  using I = Ieee<Real>;
  using Bits = typename I::Bits;
  const int dropped = I::kMantissa - kept;
  const Bits unit = Bits{1} << dropped, below_half = unit / 2 - 1;
  for (int64_t i = 0; i < count; ++i) {
    const Bits bits = I::load(from + i * static_cast<int64_t>(sizeof(Real)));
    const Bits magnitude = bits & ~I::kSign;
    // The bit in front of the point is there, if not in memory: with no bit kept it is the last one.
    const Bits odd = ((magnitude | I::kLowest) >> dropped) & 1;
    const Bits rounded = (magnitude + below_half + odd) & ~(unit - 1);
    // Denormal; not finite; not finite any more.
    const Bits stays =
        I::all_if_top((magnitude - I::kLowest) | (magnitude + I::kLowest) | (rounded + I::kLowest));
    I::store(to + i * static_cast<int64_t>(sizeof(Real)),
             I::select(stays, bits, rounded | (bits & I::kSign)));
  }
}

/// To multiples of a power of two; with `relative`, of a smaller one where a sample has to keep more bits.
///
/// A sample drops as many bits as its exponent is below `top`. Where that would be more than it has, it
/// becomes zero or one quantum, or, with `relative`, the exponent counts as `low`, and denormals stay.
template <class Real, bool relative>
class ToQuantum {
  using I = Ieee<Real>;
  using Bits = typename I::Bits;

 public:
  ToQuantum(int exponent, int kept) {
    const int quantum = exponent + I::kBias;  // biased like the samples' own
    int top = quantum + I::kMantissa;
    quantum_ = I::power_of_two(quantum);
    half_quantum_ = I::power_of_two(quantum - 1);
    large_ = top > 1 ? I::power_of_two(top) : 0;
    const int low = std::clamp(relative ? quantum + kept : quantum, 1, 2 * I::kBias);
    int high = std::min(top - 1, 2 * I::kBias);
    if (high < low || top - low > I::kMantissa) {  // all samples are small or all are large
      high = low;
      top = low + 1;
    }
    low_ = I::power_of_two(low);
    high_ = I::power_of_two(high);
    top_ = static_cast<Bits>(top + I::kBias) << I::kMantissa;
  }

  void operator()(std::byte *to, const std::byte *from, int64_t count) const {
    for (int64_t i = 0; i < count; ++i) {
      const int64_t at = i * static_cast<int64_t>(sizeof(Real));
      I::store(to + at, rounded(I::load(from + at)));
    }
  }

 private:
  Bits rounded(Bits bits) const {
    const Bits magnitude = bits & ~I::kSign;
    const Bits half = half_unit(magnitude), unit = 2 * half;
    const Bits sum = magnitude + half;
    const Bits tie = I::all_if_top((sum & (unit - 1)) - 1);
    // A tie has gone up; if that is odd, one bit less is even. A bit in front of the point is the only one of
    // its mantissa, so two of them are even.
    Bits result = sum & ~(unit - 1) & ~(unit & tie & (I::kLowest - 1));
    Bits stays = ~I::less(magnitude, large_);
    if constexpr (relative) {
      stays |= I::less(magnitude, I::kLowest);
    } else {
      const Bits small = quantum_ & I::less(half_quantum_, magnitude);
      result = I::select(I::less(magnitude, quantum_), small, result);
    }
    stays |= I::all_if_top(result + I::kLowest);
    return I::select(stays, bits, result | (bits & I::kSign));
  }

  /// Half of what the last bit that is kept stands for, in units of the last bit of the mantissa. SSE2 cannot
  /// shift each number by a count of its own; a sum that is exact in any rounding mode can.
  Bits half_unit(Bits magnitude) const {
    Bits exponent = magnitude & I::kInfinity;
    exponent = I::select(I::less(exponent, low_), low_, exponent);
    exponent = I::select(I::less(high_, exponent), high_, exponent);
    constexpr Real kShifter = static_cast<Real>(uint64_t{1} << (I::kMantissa + 1));
    return std::bit_cast<Bits>(kShifter + std::bit_cast<Real>(top_ - exponent)) & (I::kLowest - 1);
  }

  Bits quantum_, half_quantum_, large_, low_, high_, top_;
};

template <class Real>
void round_parts(std::byte *to, const std::byte *from, int64_t count, std::optional<int> kept,
                 std::optional<int> quantum) {
  using I = Ieee<Real>;
  if (kept == I::kMantissa) {
    if (to != from) std::memcpy(to, from, static_cast<size_t>(count) * sizeof(Real));
  } else if (kept && (!quantum || *quantum + *kept > I::kBias)) {  // the quantum asks for less everywhere
    keep_bits<Real>(to, from, count, *kept);
  } else {
    const int exponent = std::clamp(*quantum, 1 - I::kBias - I::kMantissa, I::kBias + 2);
    if (kept)
      ToQuantum<Real, true>(exponent, *kept)(to, from, count);
    else
      ToQuantum<Real, false>(exponent, 0)(to, from, count);
  }
}

}  // namespace

void Rounding::apply(std::byte *to, const std::byte *from, int64_t samples) const {
  const auto round = single_ ? round_parts<float> : round_parts<double>;
  round(to, from, samples * parts_, kept_, quantum_);
}

}  // namespace pde
