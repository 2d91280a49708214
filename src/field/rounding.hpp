// Rounding with a guarantee: samples lose digits that nobody asked for, so that they compress.
//
// A sample keeps the leading bits of its mantissa and gets zeros behind them. How many it keeps follows from
// the sample and the settings alone, and each bound that was set holds exactly, as an inequality between real
// numbers. Only integers are computed with, so that neither the rounding mode of the calling program nor
// flush-to-zero changes a bit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pde {

/// What may be lost; 0: not set. Several at once: each sample keeps as many bits as the strictest of them
/// asks for, so all bounds hold.
struct RoundingSettings {
  int64_t keep_bits = 0;     // bits of the mantissa that are kept: off by no more than 2^-(keep_bits + 1) |x|
  double tolerance_abs = 0;  // off by no more than this
  double tolerance_rel = 0;  // off by no more than tolerance_rel |x|

  /// PDE_ERR_ARGUMENT if it can be meant for no dtype.
  void check() const;
  bool any() const { return keep_bits != 0 || tolerance_abs != 0 || tolerance_rel != 0; }
  /// {"keep_bits": 20}: those that are set, as an attribute of a file holds them.
  std::string json() const;
  /// The reverse; other members are ignored, as are zeros that pad the text. Nothing if it is no JSON object
  /// or sets none of them to what it can be.
  static std::optional<RoundingSettings> parse(std::string_view json);

  bool operator==(const RoundingSettings &) const = default;
};

/// The most bytes that RoundingSettings::json() gives, rounded up.
constexpr size_t kRoundingJsonBytes = 128;

/// To nearest, ties to even. NaN with its payload, infinity, and zero with its sign stay; a finite sample
/// whose rounding would overflow stays, too. keep_bits and tolerance_rel leave denormal numbers as they are.
/// With tolerance_abs alone samples near zero become zero and keep their sign; otherwise none does. Real and
/// imaginary part are rounded each by itself. Rounding twice is rounding once.
///
/// Immutable: any number of threads may share one.
class Rounding {
 public:
  /// Nothing if no setting is set. PDE_ERR_ARGUMENT: out of range; PDE_ERR_DTYPE: neither floating point nor
  /// complex.
  static std::optional<Rounding> create(int32_t dtype, const RoundingSettings &settings);

  /// Rounds `samples` samples of the dtype; `to` may be `from`, but not overlap it otherwise. Both may lie at
  /// any address.
  void apply(std::byte *to, const std::byte *from, int64_t samples) const;

  const RoundingSettings &settings() const { return settings_; }
  std::string json() const { return settings_.json(); }

 private:
  explicit Rounding(const RoundingSettings &settings) : settings_(settings) {}

  RoundingSettings settings_;
  bool single_ = false;         // float32 parts, not float64
  int64_t parts_ = 1;           // of a sample
  std::optional<int> kept_;     // bits of the mantissa, what keep_bits and tolerance_rel ask for together
  std::optional<int> quantum_;  // exponent of two of the spacing that tolerance_abs allows
};

}  // namespace pde
