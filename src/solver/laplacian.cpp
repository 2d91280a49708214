#include "solver/laplacian.hpp"

#include <algorithm>
#include <cmath>

namespace pde {

RadialWeights::RadialWeights(const Grid &grid) {
  if (grid.is_cartesian()) return;
  const double spacing = grid.spacing(0);
  for (int64_t i = 0; i < grid.shape()[0]; ++i) {
    const double r = grid.centre(0, i), near = r - spacing / 2, far = r + spacing / 2;
    if (grid.geometry() == Grid::Geometry::spherical) {
      const double volume = (far * far * far - near * near * near) / 3;
      inner.push_back(near * near / (spacing * volume));
      outer.push_back(far * far / (spacing * volume));
    } else {
      inner.push_back(near / (r * spacing * spacing));
      outer.push_back(far / (r * spacing * spacing));
    }
  }
}

Laplacian::Laplacian(const Grid &grid, const WorkLayout &layout) : layout_(layout), radial_(grid) {
  for (int axis = 0; axis < grid.ndim(); ++axis) {
    const double spacing = grid.spacing(axis);
    weights_[static_cast<size_t>(layout.first + axis)] = 1 / (spacing * spacing);
  }
}

namespace {

/// A row of the matrix along one axis: what the cell itself has, and the sum of moduli of its neighbours.
struct MatrixRow {
  double centre, others;

  void widen(Spectrum &spectrum) const {
    spectrum.lowest = std::min(spectrum.lowest, centre - others);
    spectrum.highest = std::max(spectrum.highest, centre + others);
  }
};

/// The factors of a side that are farthest apart; in between a row's disc lies between theirs.
std::pair<double, double> factor_range(const GhostRule &rule) {
  if (rule.factors.empty()) return {rule.factor, rule.factor};
  const auto [least, most] = std::minmax_element(rule.factors.begin(), rule.factors.end());
  return {*least, *most};
}

/// The rows of one axis of `count` cells; weights(i) gives those of the differences to the neighbours of cell
/// i.
template <class Weights>
void widen_by_rows(Spectrum &spectrum, int64_t count, const Ghosts::Sides &sides, const Weights &weights) {
  const auto [low_least, low_most] = factor_range(sides[0]);
  const auto [high_least, high_most] = factor_range(sides[1]);
  const bool around = sides[0].source == GhostRule::Source::other_end;
  for (int64_t i = 0; i < count; ++i) {
    const auto [below, above] = weights(i);
    for (const double low : {low_least, low_most}) {
      for (const double high : {high_least, high_most}) {
        // The weights that fall on the cell itself and on the neighbours below and above.
        double centre = -(below + above), down = below, up = above;
        if (i == 0) {
          down = around && count > 1 ? below * low : 0;
          if (!around || count == 1) centre += below * low;
          up += below * sides[0].factor2;
        }
        if (i == count - 1) {
          up = around && count > 1 ? above * high : 0;
          if (!around || count == 1) centre += above * high;
          down += above * sides[1].factor2;
        }
        MatrixRow{centre, std::fabs(down) + std::fabs(up)}.widen(spectrum);
      }
    }
  }
}

}  // namespace

Spectrum Laplacian::along(size_t axis, const Ghosts::Sides &sides) const {
  const int64_t count = layout_.shape[axis];
  Spectrum spectrum{0, 0};
  if (!radial_.outer.empty() && axis == static_cast<size_t>(layout_.first)) {
    widen_by_rows(spectrum, count, sides, [&](int64_t i) {
      const auto at = static_cast<size_t>(i);
      return std::pair{radial_.inner[at], radial_.outer[at]};
    });
    return spectrum;
  }
  // Rows inside are all alike, so three cells stand for any number; and there may be rows with neighbours on
  // both sides.
  const double weight = weights_[axis];
  MatrixRow{-2 * weight, 2 * weight}.widen(spectrum);
  widen_by_rows(spectrum, std::min<int64_t>(count, 3), sides, [&](int64_t) {
    return std::pair{weight, weight};
  });
  return spectrum;
}

Spectrum Laplacian::spectrum(const Ghosts &ghosts) const {
  Spectrum sum{0, 0};
  for (size_t axis = static_cast<size_t>(layout_.first); axis < 3; ++axis) {
    const Spectrum one = along(axis, ghosts.sides(axis));
    sum.lowest += one.lowest;
    sum.highest += one.highest;
  }
  return sum;
}

bool Laplacian::is_symmetric(const Ghosts &ghosts) {
  for (size_t axis = 0; axis < 3; ++axis) {
    for (const GhostRule &rule : ghosts.sides(axis)) {
      if (rule.factor2 != 0) return false;
    }
  }
  return true;
}

}  // namespace pde
