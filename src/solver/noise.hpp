// White noise that a stochastic equation adds in each step.
//
// The number of cell i in step n depends on (seed, n, i) alone, so that runs can be repeated, cut and taken
// up again, whatever the layout of the state.
#pragma once

#include <cstdint>
#include <vector>

#include "field/random.hpp"
#include "grid/grid.hpp"
#include "solver/work_array.hpp"

namespace pde {

class Noise {
 public:
  /// `variance` per volume and time.
  Noise(double variance, int64_t seed, const Grid &grid);
  /// Adds sqrt(h variance / volume) N(0, 1) to each cell.
  void add(WorkArray &state, const WorkLayout &layout, int64_t step, double h) const;

 private:
  RandomStream random_;
  std::vector<double> deviations_;  // of each cell after a time of 1
};

}  // namespace pde
