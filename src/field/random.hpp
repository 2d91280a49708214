// Random numbers that are the same on every platform: Philox4x32-10 counters, and a normal distribution and a
// cosine made of basic arithmetic only.
//
// Source: J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011. The number at position
// i of stream `seed` depends on (seed, i) alone, so a field comes out the same for any layout and any number
// of threads.
#pragma once

#include <cstdint>

namespace pde {

class RandomStream {
 public:
  explicit RandomStream(int64_t seed) : seed_(static_cast<uint64_t>(seed)) {}

  /// 64 random bits at this position.
  uint64_t bits(uint64_t position) const;
  /// In [0, 1), a multiple of 2^-53.
  double uniform(uint64_t position) const { return static_cast<double>(bits(position) >> 11) * 0x1p-53; }
  /// Mean 0, deviation 1: the inverse of the normal distribution at an odd multiple of 2^-54.
  double normal(uint64_t position) const;

 private:
  uint64_t seed_;
};

/// Inverse of the normal distribution, to about 1e-15 relative: M. J. Wichura, algorithm AS 241 (PPND16),
/// Applied Statistics 37 (1988). 0 < probability < 1.
double normal_quantile(double probability);

/// cos(pi * numerator / denominator), to about 1e-16, by basic arithmetic and so the same everywhere.
/// 0 <= numerator < 2 * denominator < 2^62.
double cos_half_turns(int64_t numerator, int64_t denominator);

}  // namespace pde
