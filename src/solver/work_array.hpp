// The steppers' own arrays: one layer of ghost cells around the grid, rows aligned for vector loads.
//
// One- and two-dimensional grids are three-dimensional ones whose leading axes have one cell and no ghosts,
// so that every kernel is written once.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "field/field.hpp"

namespace pde {

/// Shape and strides that all arrays of one run share. Axis a of the grid is axis first + a here.
struct WorkLayout {
  explicit WorkLayout(const Grid &grid);

  int first;                       // 3 minus the grid's axes
  std::array<int64_t, 3> shape;    // cells; 1 along axes that the grid has not
  std::array<int64_t, 3> strides;  // in elements
  int64_t origin;                  // of the first cell
  int64_t size;                    // elements in all
};

class WorkArray {
 public:
  /// Zeros.
  explicit WorkArray(const WorkLayout &layout);

  /// The first cell; cell (i, j, k) is at i * strides[0] + j * strides[1] + k.
  double *cells() { return data_.get() + origin_; }
  const double *cells() const { return data_.get() + origin_; }

  /// From and to one component of a float64 field of any layout; of a complex128 field its part: 0 real, 1
  /// imaginary.
  void load(const Field &field, const WorkLayout &layout, size_t component = 0, int part = 0);
  void store(Field &field, const WorkLayout &layout, size_t component = 0, int part = 0) const;

 private:
  struct Free {
    void operator()(double *data) const { std::free(data); }
  };
  std::unique_ptr<double[], Free> data_;
  int64_t origin_;
};

}  // namespace pde
