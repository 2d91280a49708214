#include "solver/noise.hpp"

#include <cmath>

#include "solver/survey.hpp"

namespace pde {

Noise::Noise(double variance, int64_t seed, const Grid &grid)
    : random_(seed), deviations_(static_cast<size_t>(grid.cells())) {
  for (int64_t cell = 0; cell < grid.cells(); ++cell)
    deviations_[static_cast<size_t>(cell)] = std::sqrt(variance / grid.cell_volume(cell));
}

void Noise::add(WorkArray &state, const WorkLayout &layout, int64_t step, double h) const {
  const double root = std::sqrt(h);
  uint64_t position = static_cast<uint64_t>(step) * deviations_.size();
  auto deviation = deviations_.begin();
  for_each_cell(layout, [&, cells = state.cells()](int64_t at) {
    cells[at] += root * *deviation++ * random_.normal(position++);
  });
}

}  // namespace pde
