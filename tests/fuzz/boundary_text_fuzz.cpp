// Boundary conditions as a text, on a grid of each kind: the ghost cells of cells that are finite are, too.
#include <cmath>

#include "base/error.hpp"
#include "fuzz.hpp"
#include "solver/boundary.hpp"

namespace pde {
namespace {

constexpr OptionSpec kTable[] = {{"bc", OptionType::text, "", "", ""},
                                 {"bc:*", OptionType::reals, "", "", ""}};

void fill(const BoundaryConditions &bc, const Grid &grid, int rank, int64_t component) try {
  const WorkLayout layout(grid);
  WorkArray array(layout);
  const Ghosts ghosts = bc.bind(grid, layout, rank, component);
  ghosts.fill(array);
  if (grid.ndim() == 2) ghosts.fill_corners(array);
  for (int64_t i = 0; i < layout.size; ++i)
    PROMISE(std::isfinite(array.cells()[i - layout.origin]), grid.text());
  ghosts.fill_homogeneous(array);
} catch (const Error &error) {
  PROMISE(error.code() == PDE_ERR_ARGUMENT, error.what());
}

void use(std::string_view text) {
  Options options;
  options.set("bc", std::string(text));
  const BoundaryConditions bc(ResolvedOptions(options, kTable, "fuzz"), "bc",
                              BoundaryConditions::Missing::auto_periodic_neumann);
  const GridPtr grids[] = {Grid::unit(std::vector<int64_t>{1}, {false}),
                           Grid::unit(std::vector<int64_t>{3}, {true}),
                           Grid::unit(std::vector<int64_t>{3, 2}, {false, true}),
                           Grid::unit(std::vector<int64_t>{2, 1, 3}, {false, false, false}),
                           Grid::polar(0, 1, 3),
                           Grid::spherical(1, 2, 2),
                           Grid::cylindrical({0, 1, 0, 1}, 2, 3, false)};
  for (const GridPtr &grid : grids) {
    fill(bc, *grid, 0, 0);
    fill(bc, *grid, 1, grid->dimension() - 1);
    fill(bc, *grid, 2, 0);
  }
}

}  // namespace
}  // namespace pde

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) try {
  pde::use(fuzz::text_of(data, size));
  return 0;
} catch (const pde::Error &error) {
  PROMISE(error.code() == PDE_ERR_ARGUMENT || error.code() == PDE_ERR_UNSUPPORTED, error.what());
  return 0;
}
