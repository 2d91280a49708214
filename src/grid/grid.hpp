// Grids: geometry, coordinates and volumes of cells, and the text form that files hold.
//
// A grid is immutable and shared. Numbers follow py-pde to the bit, because grids of files are compared
// exactly.
//
// Polar, spherical and cylindrical grids leave out the angles that nothing depends on: they have fewer axes
// than space has dimensions. Vectors have all components, those of the axes first: (r, phi), (r, theta, phi)
// and, on cylindrical grids, (r, z, phi).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pde {

class Grid;
using GridPtr = std::shared_ptr<const Grid>;

class Grid {
 public:
  enum class Geometry { unit, cartesian, polar, spherical, cylindrical };

  static constexpr int kMaxAxes = 3;

  static GridPtr unit(std::span<const int64_t> shape, std::vector<bool> periodic);
  static GridPtr cartesian(std::span<const double> lower, std::span<const double> upper,
                           std::span<const int64_t> shape, std::vector<bool> periodic);
  /// A disk or an annulus, a ball or a shell: rings around the centre, from radius `inner` to `outer`.
  static GridPtr polar(double inner, double outer, int64_t count);
  static GridPtr spherical(double inner, double outer, int64_t count);
  /// A cylinder, hollow if `inner` is above 0; axis 0 is r, axis 1 is z.
  struct Cylinder {
    double inner, outer, z_lower, z_upper;
  };
  static GridPtr cylindrical(const Cylinder &cylinder, int64_t count_r, int64_t count_z, bool periodic_z);
  /// From the text form, e.g. {"shape": [5, 4], "periodic": [true, false], "class": "UnitGrid"}.
  /// PDE_ERR_FORMAT.
  static GridPtr parse(std::string_view json);

  /// The text form, as Python would write it; bounds and radii always as floats, so that equal grids have
  /// equal texts.
  const std::string &text() const { return text_; }
  Geometry geometry() const { return geometry_; }
  const char *class_name() const;
  /// Unit or Cartesian: axes are straight, cells alike.
  bool is_cartesian() const { return geometry_ == Geometry::unit || geometry_ == Geometry::cartesian; }

  /// Discretised axes, and dimension of space: the components of a vector.
  int ndim() const { return static_cast<int>(axes_.size()); }
  int dimension() const;
  const std::vector<int64_t> &shape() const { return shape_; }
  int64_t cells() const { return cells_; }
  double lower(int axis) const { return axes_[axis].lower; }
  double upper(int axis) const { return axes_[axis].upper; }
  bool periodic(int axis) const { return axes_[axis].periodic; }
  const char *axis_name(int axis) const;
  double spacing(int axis) const { return axes_[axis].spacing; }
  /// Centre of cell i, in the order of operations of py-pde.
  double centre(int axis, int64_t i) const {
    return (static_cast<double>(i) + 0.5) * spacing(axis) + lower(axis);
  }

  /// Volume of the cell with this position in C order, and of the grid.
  double cell_volume(int64_t cell) const;
  double volume() const;

  /// Class, shape, bounds and periodicity agree exactly.
  bool operator==(const Grid &other) const;

 private:
  struct Axis {
    double lower, upper;
    bool periodic;
    double spacing = 0;  // set by the constructor
  };
  Grid(Geometry geometry, std::vector<Axis> axes, std::span<const int64_t> shape);
  static std::vector<Axis> cartesian_axes(std::span<const double> lower, std::span<const double> upper,
                                          const std::vector<bool> &periodic);
  static Axis radial_axis(double inner, double outer);
  /// Volume within `radius` on polar and spherical grids.
  double volume_within(double radius) const;
  std::string compose_text() const;

  Geometry geometry_;
  std::vector<Axis> axes_;
  std::vector<int64_t> shape_;
  int64_t cells_;
  std::string text_;
};

}  // namespace pde
