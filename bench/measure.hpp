// Timing, taking turns, and the statistics of samples.
#pragma once

#include <algorithm>
#include <chrono>
#include <numeric>
#include <vector>

namespace bench {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// The value that a share of the samples lies below.
inline double quantile(std::vector<double> samples, double share) {
  if (samples.empty()) return 0;
  std::sort(samples.begin(), samples.end());
  const auto last = static_cast<double>(samples.size() - 1);
  return samples[static_cast<size_t>(share * last + 0.5)];
}

inline double median(std::vector<double> samples) {
  if (samples.empty()) return 0;
  std::sort(samples.begin(), samples.end());
  return (samples[(samples.size() - 1) / 2] + samples[samples.size() / 2]) / 2;
}

inline double mean(const std::vector<double> &samples) {
  if (samples.empty()) return 0;
  return std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
}

struct Turns {
  std::vector<double> ours, baseline;
};

/// Both once before anything counts, then in turn; each gives its sample.
template <class Ours, class Baseline>
Turns take_turns(int rounds, Ours &&ours, Baseline &&baseline) {
  Turns turns;
  ours();
  baseline();
  for (int round = 0; round < rounds; ++round) {
    turns.ours.push_back(ours());
    turns.baseline.push_back(baseline());
  }
  return turns;
}

}  // namespace bench
