#include "solver/boundary.hpp"

#include "base/error.hpp"

namespace pde {
namespace {

constexpr Ghosts::Sides kPeriodic = {{{true, 1}, {true, 1}}};
constexpr Ghosts::Sides kNoFlux = {{{false, 1}, {false, 1}}};

}  // namespace

BoundaryConditions::BoundaryConditions(std::string_view text, std::string_view option) : option_(option) {
  if (text == "auto_periodic_neumann") {
    kind_ = Kind::automatic;
  } else if (text == "periodic") {
    kind_ = Kind::periodic;
  } else if (text == "neumann" || text == "derivative") {
    kind_ = Kind::neumann;
  } else {
    fail(PDE_ERR_ARGUMENT,
         "option {} is \"{}\", expected \"auto_periodic_neumann\", \"periodic\" or \"neumann\"", option,
         text);
  }
}

Ghosts BoundaryConditions::bind(const Grid &grid, const WorkLayout &layout) const {
  Ghosts ghosts(layout);
  for (int axis = 0; axis < grid.ndim(); ++axis) {
    const bool periodic = grid.periodic(axis);
    if (kind_ != Kind::automatic && (kind_ == Kind::periodic) != periodic) {
      fail(PDE_ERR_ARGUMENT,
           "option {} is \"{}\", but axis {} of the grid is {}periodic; \"auto_periodic_neumann\" goes with "
           "both",
           option_, kind_ == Kind::periodic ? "periodic" : "neumann", grid.axis_name(axis),
           periodic ? "" : "not ");
    }
    ghosts.set(static_cast<size_t>(layout.first + axis), periodic ? kPeriodic : kNoFlux);
  }
  return ghosts;
}

void Ghosts::fill(WorkArray &array) const {
  for (size_t axis = static_cast<size_t>(layout_.first); axis < 3; ++axis) fill_axis(array.cells(), axis);
}

void Ghosts::fill_axis(double *cells, size_t axis) const {
  // The face: the two other axes. The last one runs innermost unless it is the axis itself.
  const size_t outer = axis == 0 ? 1 : 0, inner = axis == 2 ? 1 : 2;
  const int64_t stride = layout_.strides[axis], last = (layout_.shape[axis] - 1) * stride;
  const int64_t step = layout_.strides[inner];
  const auto fill_side = [&](int64_t ghost, int64_t source, double factor) {
    for (int64_t i = 0; i < layout_.shape[outer]; ++i) {
      double *face = cells + i * layout_.strides[outer];
      for (int64_t j = 0; j < layout_.shape[inner]; ++j)
        face[ghost + j * step] = factor * face[source + j * step];
    }
  };
  const auto &[lower, upper] = sides_[axis];
  fill_side(last + stride, upper.from_other_end ? 0 : last, upper.factor);
  fill_side(-stride, lower.from_other_end ? last : 0, lower.factor);
}

}  // namespace pde
