// The steppers' own arrays: either one scalar with a layer of ghost cells around the grid, rows aligned for
// vector loads; or all samples of any field in C order and without ghosts, which is what a rate of the user
// sees.
//
// One- and two-dimensional grids are three-dimensional ones whose leading axes have one cell and no ghosts,
// so that every kernel is written once. A field without ghosts is one long row.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "field/field.hpp"

namespace pde {

/// Shape and strides that all arrays of one run share. Axis a of the grid is axis first + a here.
struct WorkLayout {
  /// A float64 scalar with ghosts.
  explicit WorkLayout(const Grid &grid);
  /// All numbers of a float64 or complex128 field, complex ones as two, in one row without ghosts.
  static WorkLayout flat(const FieldDescription &description);
  /// So many rows like those of this one.
  WorkLayout rows(int64_t count) const;

  int first;                       // 3 minus the grid's axes
  std::array<int64_t, 3> shape;    // cells; 1 along axes that the grid has not
  std::array<int64_t, 3> strides;  // in elements
  int64_t origin;                  // of the first cell
  int64_t size;                    // elements in all
  int64_t component = 0;           // elements of a component of the field; 0: there is one, with ghosts
  int64_t item = 8;                // bytes of a sample

 private:
  WorkLayout() = default;
};

class WorkArray {
 public:
  /// Zeros.
  explicit WorkArray(const WorkLayout &layout);

  /// The first cell; cell (i, j, k) is at i * strides[0] + j * strides[1] + k.
  double *cells() { return data_.get() + origin_; }
  const double *cells() const { return data_.get() + origin_; }

  /// From and to a field such as the layout was made for, itself laid out in any way.
  void load(const Field &field, const WorkLayout &layout);
  void store(Field &field, const WorkLayout &layout) const;
  /// From and to one component of a field of any layout, in a layout of its grid; of a complex128 field its
  /// part: 0 real, 1 imaginary.
  void load(const Field &field, const WorkLayout &layout, size_t component, int part);
  void store(Field &field, const WorkLayout &layout, size_t component, int part) const;

 private:
  struct Free {
    void operator()(double *data) const { std::free(data); }
  };
  std::unique_ptr<double[], Free> data_;
  int64_t origin_;
};

}  // namespace pde
