#include <algorithm>

#include "guard.hpp"

using namespace pde;
using namespace pde::capi;

namespace {

int checked_ndim(int32_t ndim) {
  if (ndim < 1 || ndim > Grid::kMaxAxes) fail(PDE_ERR_ARGUMENT, "ndim is {}, expected 1, 2 or 3", ndim);
  return ndim;
}

std::vector<bool> flags(const int32_t *periodic, int ndim) {
  std::vector<bool> result(static_cast<size_t>(ndim), false);
  for (int axis = 0; periodic && axis < ndim; ++axis) {
    result[static_cast<size_t>(axis)] = checked_flag(periodic[axis], "an entry of periodic");
  }
  return result;
}

int64_t checked_axis(const Grid &grid, int32_t axis) {
  if (axis < 0 || axis >= grid.ndim())
    fail(PDE_ERR_RANGE, "axis is {}, expected 0 to {}", axis, grid.ndim() - 1);
  return axis;
}

pde_grid *handle(GridPtr grid) {
  return make_handle<pde_grid>(std::move(grid));
}

}  // namespace

pde_status pde_grid_create_unit(int32_t ndim, const int64_t *shape, const int32_t *periodic,
                                pde_grid **out_grid) noexcept {
  return creating(out_grid, "out_grid", [&] {
    const int axes = checked_ndim(ndim);
    return handle(Grid::unit({needed(shape, "shape"), static_cast<size_t>(axes)}, flags(periodic, axes)));
  });
}

pde_status pde_grid_create_cartesian(int32_t ndim, const double *lower, const double *upper,
                                     const int64_t *shape, const int32_t *periodic,
                                     pde_grid **out_grid) noexcept {
  return creating(out_grid, "out_grid", [&] {
    const int axes = checked_ndim(ndim);
    const auto n = static_cast<size_t>(axes);
    return handle(Grid::cartesian({needed(lower, "lower"), n}, {needed(upper, "upper"), n},
                                  {needed(shape, "shape"), n}, flags(periodic, axes)));
  });
}

pde_status pde_grid_create_polar(double r_inner, double r_outer, int64_t count,
                                 pde_grid **out_grid) noexcept {
  return creating(out_grid, "out_grid", [&] { return handle(Grid::polar(r_inner, r_outer, count)); });
}

pde_status pde_grid_create_spherical(double r_inner, double r_outer, int64_t count,
                                     pde_grid **out_grid) noexcept {
  return creating(out_grid, "out_grid", [&] { return handle(Grid::spherical(r_inner, r_outer, count)); });
}

pde_status pde_grid_create_cylindrical(double r_inner, double r_outer, double z_lower, double z_upper,
                                       int64_t count_r, int64_t count_z, int32_t periodic_z,
                                       pde_grid **out_grid) noexcept {
  return creating(out_grid, "out_grid", [&] {
    const bool periodic = checked_flag(periodic_z, "periodic_z");
    return handle(Grid::cylindrical({r_inner, r_outer, z_lower, z_upper}, count_r, count_z, periodic));
  });
}

pde_status pde_grid_parse(const char *json, pde_grid **out_grid) noexcept {
  return creating(out_grid, "out_grid", [&] { return handle(Grid::parse(needed_text(json, "json"))); });
}

pde_status pde_grid_text(const pde_grid *grid, const char **out_json) noexcept {
  return guarded([&] {
    Shared<pde_grid> g(grid, "grid");
    *needed(out_json, "out_json") = g->text().c_str();
  });
}

pde_status pde_grid_ndim(const pde_grid *grid, int32_t *out_ndim) noexcept {
  return guarded([&] {
    Shared<pde_grid> g(grid, "grid");
    *needed(out_ndim, "out_ndim") = g->ndim();
  });
}

pde_status pde_grid_dimension(const pde_grid *grid, int32_t *out_dimension) noexcept {
  return guarded([&] {
    Shared<pde_grid> g(grid, "grid");
    *needed(out_dimension, "out_dimension") = g->dimension();
  });
}

pde_status pde_grid_shape(const pde_grid *grid, int64_t *out_shape, int64_t count) noexcept {
  return guarded([&] {
    Shared<pde_grid> g(grid, "grid");
    needed(out_shape, "out_shape");
    check_count(count, g->ndim(), "one number per axis");
    std::copy(g->shape().begin(), g->shape().end(), out_shape);
  });
}

pde_status pde_grid_bounds(const pde_grid *grid, double *out_lower, double *out_upper,
                           int64_t count) noexcept {
  return guarded([&] {
    Shared<pde_grid> g(grid, "grid");
    needed(out_lower, "out_lower");
    needed(out_upper, "out_upper");
    check_count(count, g->ndim(), "one number per axis");
    for (int axis = 0; axis < g->ndim(); ++axis) {
      out_lower[axis] = g->lower(axis);
      out_upper[axis] = g->upper(axis);
    }
  });
}

pde_status pde_grid_periodic(const pde_grid *grid, int32_t *out_periodic, int64_t count) noexcept {
  return guarded([&] {
    Shared<pde_grid> g(grid, "grid");
    needed(out_periodic, "out_periodic");
    check_count(count, g->ndim(), "one flag per axis");
    for (int axis = 0; axis < g->ndim(); ++axis) out_periodic[axis] = g->periodic(axis);
  });
}

pde_status pde_grid_coordinates(const pde_grid *grid, int32_t axis, double *out_centres,
                                int64_t count) noexcept {
  return guarded([&] {
    Shared<pde_grid> g(grid, "grid");
    needed(out_centres, "out_centres");
    checked_axis(*g, axis);
    check_count(count, g->shape()[static_cast<size_t>(axis)], "one number per cell along the axis");
    for (int64_t i = 0; i < count; ++i) out_centres[i] = g->centre(axis, i);
  });
}

pde_status pde_grid_volumes(const pde_grid *grid, double *out_cells, int64_t count,
                            double *out_total) noexcept {
  return guarded([&] {
    Shared<pde_grid> g(grid, "grid");
    check_count(count, out_cells ? g->cells() : 0, out_cells ? "one number per cell" : "out_cells is NULL");
    for (int64_t cell = 0; cell < count; ++cell) out_cells[cell] = g->cell_volume(cell);
    if (out_total) *out_total = g->volume();
  });
}

pde_status pde_grid_equal(const pde_grid *grid, const pde_grid *other, int32_t *out_equal) noexcept {
  return guarded([&] {
    Shared<pde_grid> a(grid, "grid"), b(other, "other");
    *needed(out_equal, "out_equal") = *a == *b;
  });
}

void pde_grid_free(pde_grid *grid) noexcept {
  release(grid, Kind::grid);
}
