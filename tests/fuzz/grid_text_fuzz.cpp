// The text form of grids.
#include <cmath>

#include "base/error.hpp"
#include "fuzz.hpp"
#include "grid/grid.hpp"

namespace pde {
namespace {

void use(const Grid &grid) {
  const GridPtr again = Grid::parse(grid.text());
  PROMISE(*again == grid, grid.text());
  PROMISE(again->text() == grid.text(), grid.text());
  PROMISE(grid.cells() >= 1, grid.text());
  for (int axis = 0; axis < grid.ndim(); ++axis) {
    const int64_t last = grid.shape()[static_cast<size_t>(axis)] - 1;
    for (const int64_t i : {int64_t{0}, last / 2, last})
      PROMISE(!std::isnan(grid.centre(axis, i)), grid.text());
  }
  for (const int64_t cell : {int64_t{0}, grid.cells() / 2, grid.cells() - 1}) grid.cell_volume(cell);
  grid.volume();
}

}  // namespace
}  // namespace pde

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) try {
  const std::string_view text = fuzz::text_of(data, size);
  pde::use(*pde::Grid::parse(text));
  return 0;
} catch (const pde::Error &) {
  return 0;
}
