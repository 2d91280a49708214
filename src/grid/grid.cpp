#include "grid/grid.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/error.hpp"
#include "base/numbers.hpp"

namespace pde {
namespace {

/// Bytes of one tensor field of complex128 on a grid must be countable.
constexpr int64_t kMaxCells = INT64_MAX / (9 * 16) / 2;

void check_ndim(size_t ndim) {
  if (ndim < 1 || ndim > Grid::kMaxAxes) fail(PDE_ERR_ARGUMENT, "ndim is {}, expected 1, 2 or 3", ndim);
}

int64_t checked_cells(std::span<const int64_t> shape) {
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] < 1)
      fail(PDE_ERR_ARGUMENT, "shape[{}] is {}, expected at least 1 cell", axis, shape[axis]);
  }
  const auto cells = checked_product(shape);
  if (!cells || *cells > kMaxCells) {
    fail(PDE_ERR_RANGE, "shape {} has more cells than can be addressed (at most {})", shape_text(shape),
         kMaxCells);
  }
  return *cells;
}

}  // namespace

// ---- creation

Grid::Grid(Geometry geometry, std::vector<Axis> axes, std::span<const int64_t> shape)
    : geometry_(geometry),
      axes_(std::move(axes)),
      shape_(shape.begin(), shape.end()),
      cells_(checked_cells(shape)) {
  text_ = compose_text();
}

GridPtr Grid::unit(std::span<const int64_t> shape, std::vector<bool> periodic) {
  check_ndim(shape.size());
  checked_cells(shape);
  std::vector<Axis> axes;
  for (size_t axis = 0; axis < shape.size(); ++axis)
    axes.push_back({0.0, static_cast<double>(shape[axis]), periodic[axis]});
  return GridPtr(new Grid(Geometry::unit, std::move(axes), shape));
}

GridPtr Grid::cartesian(std::span<const double> lower, std::span<const double> upper,
                        std::span<const int64_t> shape, std::vector<bool> periodic) {
  check_ndim(shape.size());
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (!std::isfinite(lower[axis]) || !std::isfinite(upper[axis]) || !(lower[axis] < upper[axis])) {
      fail(PDE_ERR_ARGUMENT, "bounds of axis {} are [{}, {}], expected finite numbers with lower < upper",
           axis, lower[axis], upper[axis]);
    }
  }
  return GridPtr(new Grid(Geometry::cartesian, cartesian_axes(lower, upper, periodic), shape));
}

std::vector<Grid::Axis> Grid::cartesian_axes(std::span<const double> lower, std::span<const double> upper,
                                             const std::vector<bool> &periodic) {
  std::vector<Axis> axes;
  for (size_t axis = 0; axis < lower.size(); ++axis) {
    const double size = upper[axis] - lower[axis];
    if (!std::isfinite(size)) {
      fail(PDE_ERR_RANGE, "bounds of axis {} are [{}, {}]: their difference is not finite", axis, lower[axis],
           upper[axis]);
    }
    // py-pde keeps lower bound and size; the sum can differ from `upper` in the last bit, and files hold the
    // sum.
    axes.push_back({lower[axis], lower[axis] + size, periodic[axis]});
  }
  return axes;
}

const char *Grid::class_name() const {
  return geometry_ == Geometry::unit ? "UnitGrid" : "CartesianGrid";
}

// ---- geometry

const char *Grid::axis_name(int axis) const {
  static constexpr const char *kNames[kMaxAxes] = {"x", "y", "z"};
  return kNames[axis];
}

double Grid::spacing(int axis) const {
  return (upper(axis) - lower(axis)) / static_cast<double>(shape_[axis]);
}

double Grid::cell_volume(int64_t) const {
  double volume = 1;
  for (int axis = 0; axis < ndim(); ++axis) volume *= spacing(axis);
  return volume;
}

double Grid::volume() const {
  double volume = 1;
  for (int axis = 0; axis < ndim(); ++axis) volume *= upper(axis) - lower(axis);
  return volume;
}

bool Grid::operator==(const Grid &other) const {
  // The text holds class, shape, bounds in exact form and periodicity: what equality means, and nothing else.
  return text_ == other.text_;
}

}  // namespace pde
