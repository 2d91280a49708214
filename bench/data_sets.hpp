// What the benchmarks record: four kinds of snapshots as simulations give them.
//
// A snapshot is n x n samples at a step; it is a function of these two alone, and no two steps have the same
// samples. The noise comes from a generator of our own (splitmix64), because those of <random> leave their
// distributions to the implementation. The waves are products of sines along the two axes, so that making a
// snapshot takes n calls of the mathematical library, not n * n.
//
//   noisy_f64    waves with noise of 1e-3 of their height: the low bytes of each mantissa do not compress
//   smooth_f64   a travelling pulse and waves, nothing else; what is random is what rounding leaves
//   f32          waves and noise of 1e-5 in single precision, as solvers on graphics cards give
//   rounded_f64  noisy_f64 rounded to the nearest with 20 bits of mantissa
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace bench {

enum class DataSet { noisy_f64, smooth_f64, f32, rounded_f64 };
inline constexpr DataSet kDataSets[] = {DataSet::noisy_f64, DataSet::smooth_f64, DataSet::f32,
                                        DataSet::rounded_f64};

inline const char *name_of(DataSet set) {
  constexpr const char *names[] = {"noisy f64", "smooth f64", "f32", "rounded f64"};
  return names[static_cast<int>(set)];
}

/// Bytes of a sample.
inline int64_t item_of(DataSet set) {
  return set == DataSet::f32 ? 4 : 8;
}

/// Random numbers in [-1, 1); another sequence for each seed.
class Noise {
 public:
  explicit Noise(uint64_t seed) : state_(seed * 0xd1342543de82ef95u) {}
  double next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return static_cast<double>(static_cast<int64_t>(z ^ (z >> 31)) >> 11) * 0x1p-52;
  }

 private:
  uint64_t state_;
};

/// The nearest double with `bits` bits of mantissa; ties to even.
inline double rounded(double value, int bits) {
  const int dropped = 52 - bits;
  const auto x = std::bit_cast<uint64_t>(value);
  const uint64_t half = (uint64_t{1} << (dropped - 1)) - 1 + (x >> dropped & 1);
  return std::bit_cast<double>((x + half) >> dropped << dropped);
}

/// Calls `give(i, value)` for each sample of two waves and a pulse that travel over n x n cells.
template <class Give>
void for_each_wave(int64_t n, int64_t step, Give &&give) {
  constexpr double kTurn = 6.283185307179586;
  const auto size = static_cast<size_t>(n);
  const double time = 0.01 * static_cast<double>(step);
  std::vector<double> first(size), second(size), pulse(size);
  for (size_t i = 0; i < size; ++i) {
    const double x = static_cast<double>(i) / static_cast<double>(n);
    first[i] = std::sin(kTurn * (2 * x - time));
    second[i] = std::cos(kTurn * (5 * x + 0.7 * time) + 0.3);
    const double from_centre = std::sin(0.5 * kTurn * (x - 0.4 - 0.1 * time));
    pulse[i] = std::exp(-40 * from_centre * from_centre);
  }
  size_t at = 0;
  for (size_t i = 0; i < size; ++i)
    for (size_t j = 0; j < size; ++j, ++at)
      give(at, 1.5 + first[i] * second[j] + 0.3 * second[i] * first[j] + 0.8 * pulse[i] * pulse[j]);
}

/// Snapshot `step` of a data set: n * n samples in C order, as bytes.
inline std::vector<std::byte> snapshot(DataSet set, int64_t n, int64_t step) {
  const auto item = static_cast<size_t>(item_of(set));
  std::vector<std::byte> bytes(static_cast<size_t>(n * n) * item);
  Noise noise(static_cast<uint64_t>(step) + 1);
  const auto put = [&](size_t i, auto value) { std::memcpy(bytes.data() + i * item, &value, item); };
  for_each_wave(n, step, [&](size_t i, double wave) {
    switch (set) {
      case DataSet::noisy_f64:
        return put(i, wave + 1e-3 * noise.next());
      case DataSet::smooth_f64:
        return put(i, wave);
      case DataSet::f32:
        return put(i, static_cast<float>(wave + 1e-5 * noise.next()));
      case DataSet::rounded_f64:
        return put(i, rounded(wave + 1e-3 * noise.next(), 20));
    }
  });
  return bytes;
}

}  // namespace bench
