#include "grid/grid.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

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
  for (size_t axis = 0; axis < axes_.size(); ++axis) {
    Axis &a = axes_[axis];
    a.lower += 0.0;  // -0.0 becomes 0.0: they are equal, so their texts must be
    a.upper += 0.0;
    a.spacing = (a.upper - a.lower) / static_cast<double>(shape_[axis]);
  }
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

Grid::Axis Grid::radial_axis(double inner, double outer) {
  if (!std::isfinite(inner) || !std::isfinite(outer) || !(inner >= 0) || !(inner < outer)) {
    fail(PDE_ERR_ARGUMENT,
         "inner and outer radius are {} and {}, expected finite numbers with 0 <= inner < outer", inner,
         outer);
  }
  return {inner, outer, false};
}

GridPtr Grid::polar(double inner, double outer, int64_t count) {
  return GridPtr(new Grid(Geometry::polar, {radial_axis(inner, outer)}, {&count, 1}));
}

GridPtr Grid::spherical(double inner, double outer, int64_t count) {
  return GridPtr(new Grid(Geometry::spherical, {radial_axis(inner, outer)}, {&count, 1}));
}

GridPtr Grid::cylindrical(const Cylinder &cylinder, int64_t count_r, int64_t count_z, bool periodic_z) {
  const double lower = cylinder.z_lower, upper = cylinder.z_upper;
  const Axis r = radial_axis(cylinder.inner, cylinder.outer);
  if (!std::isfinite(lower) || !std::isfinite(upper) || !(lower < upper)) {
    fail(PDE_ERR_ARGUMENT, "bounds of z are [{}, {}], expected finite numbers with lower < upper", lower,
         upper);
  }
  if (!std::isfinite(upper - lower))
    fail(PDE_ERR_RANGE, "bounds of z are [{}, {}]: their difference is not finite", lower, upper);
  // Unlike those of Cartesian grids, py-pde keeps these bounds as they are given.
  const int64_t shape[] = {count_r, count_z};
  return GridPtr(new Grid(Geometry::cylindrical, {r, {lower, upper, periodic_z}}, shape));
}

// ---- geometry

const char *Grid::class_name() const {
  switch (geometry_) {
    case Geometry::unit:
      return "UnitGrid";
    case Geometry::cartesian:
      return "CartesianGrid";
    case Geometry::polar:
      return "PolarSymGrid";
    case Geometry::spherical:
      return "SphericalSymGrid";
    case Geometry::cylindrical:
      break;
  }
  return "CylindricalSymGrid";
}

int Grid::dimension() const {
  if (is_cartesian()) return ndim();
  return geometry_ == Geometry::polar ? 2 : 3;
}

const char *Grid::axis_name(int axis) const {
  static constexpr const char *kStraight[kMaxAxes] = {"x", "y", "z"};
  static constexpr const char *kRound[] = {"r", "z"};
  return is_cartesian() ? kStraight[axis] : kRound[axis];
}

// The order of operations is that of py-pde: other orders give other last bits.

double Grid::volume_within(double radius) const {
  if (geometry_ == Geometry::polar) return std::numbers::pi * (radius * radius);
  return 4.0 / 3.0 * std::numbers::pi * std::pow(radius, 3);
}

double Grid::cell_volume(int64_t cell) const {
  if (geometry_ == Geometry::cylindrical) {
    return 2 * std::numbers::pi * spacing(0) * centre(0, cell / shape_[1]) * spacing(1);
  }
  if (!is_cartesian()) {
    const double r = centre(0, cell), half = 0.5 * spacing(0);
    return volume_within(r + half) - volume_within(r - half);
  }
  double volume = 1;
  for (const Axis &axis : axes_) volume *= axis.spacing;
  return volume;
}

double Grid::volume() const {
  const double inner = lower(0), outer = upper(0);
  if (geometry_ == Geometry::cylindrical)
    return std::numbers::pi * (upper(1) - lower(1)) * (outer * outer - inner * inner);
  if (!is_cartesian()) return volume_within(outer) - (inner > 0 ? volume_within(inner) : 0);
  double volume = 1;
  for (const Axis &axis : axes_) volume *= axis.upper - axis.lower;
  return volume;
}

bool Grid::operator==(const Grid &other) const {
  // The text holds class, shape, bounds in exact form and periodicity: what equality means, and nothing else.
  return text_ == other.text_;
}

}  // namespace pde
