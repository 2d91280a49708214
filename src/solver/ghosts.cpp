#include "solver/ghosts.hpp"

namespace pde {

bool GhostRule::acts_like(const GhostRule &other) const {
  return source == other.source && factor == other.factor && factor2 == other.factor2 &&
         factors == other.factors;
}

bool Ghosts::acts_like(const Ghosts &other) const {
  for (size_t axis = 0; axis < 3; ++axis) {
    for (size_t side = 0; side < 2; ++side) {
      if (!sides_[axis][side].acts_like(other.sides_[axis][side])) return false;
    }
  }
  return true;
}

void Ghosts::fill(WorkArray &array, bool with_constants) const {
  for (size_t axis = static_cast<size_t>(layout_.first); axis < 3; ++axis) {
    fill_side(array.cells(), axis, true, with_constants);
    fill_side(array.cells(), axis, false, with_constants);
  }
}

void Ghosts::fill_side(double *cells, size_t axis, bool upper, bool with_constants) const {
  const GhostRule &rule = sides_[axis][upper];
  if (rule.source == GhostRule::Source::none) return;
  // The face: the two other axes. The last one runs innermost unless it is the axis itself.
  const size_t outer = axis == 0 ? 1 : 0, inner = axis == 2 ? 1 : 2;
  const int64_t stride = layout_.strides[axis], last = (layout_.shape[axis] - 1) * stride;
  const int64_t step = layout_.strides[inner], count = layout_.shape[inner];
  const int64_t ghost = upper ? last + stride : -stride;
  const int64_t edge = upper ? last : 0, inwards = upper ? -stride : stride;
  const int64_t source = rule.source == GhostRule::Source::edge ? edge : last - edge;
  const auto for_each = [&](auto value) {
    for (int64_t i = 0; i < layout_.shape[outer]; ++i) {
      double *face = cells + i * layout_.strides[outer];
      for (int64_t j = 0; j < count; ++j) face[ghost + j * step] = value(face + j * step, i * count + j);
    }
  };
  const double factor = rule.factor, factor2 = rule.factor2;
  const double constant = with_constants ? rule.constant : 0;
  if (!rule.factors.empty()) {
    const double *const factors = rule.factors.data();
    for_each([&, factors](const double *cell, int64_t point) {
      const double second = factor2 != 0 ? cell[source + inwards] : 0;
      if (with_constants) return rule.value(point, cell[source], second);
      return factors[point] * cell[source] + factor2 * second;
    });
  } else if (factor2 != 0) {
    for_each([=](const double *cell, int64_t) {
      return constant + factor * cell[source] + factor2 * cell[source + inwards];
    });
  } else if (constant != 0) {
    for_each([=](const double *cell, int64_t) { return constant + factor * cell[source]; });
  } else {
    for_each([=](const double *cell, int64_t) { return factor * cell[source]; });
  }
}

void Ghosts::fill_corners(WorkArray &array) const {
  const int64_t nx = layout_.shape[1], ny = layout_.shape[2];
  const auto at = [&, cells = array.cells()](int64_t i, int64_t j) -> double & {
    return cells[i * layout_.strides[1] + j];
  };
  const auto around = [](const GhostRule &rule) { return rule.source == GhostRule::Source::other_end; };
  for (const bool right : {false, true}) {
    for (const bool top : {false, true}) {
      const int64_t i = right ? nx : -1, j = top ? ny : -1;
      const GhostRule &along_x = sides_[1][right], &along_y = sides_[2][top];
      if (around(along_x)) {
        at(i, j) = along_x.factor * at(right ? 0 : nx - 1, j);
      } else if (around(along_y)) {
        at(i, j) = along_y.factor * at(i, top ? 0 : ny - 1);
      } else {
        at(i, j) = 0.5 * (at(i, top ? ny - 1 : 0) + at(right ? nx - 1 : 0, j));
      }
    }
  }
}

void Ghosts::fill_row_ends(double *cells, int64_t row) const {
  const int64_t last = layout_.shape[2] - 1;
  for (const bool upper : {true, false}) {
    const GhostRule &rule = sides_[2][upper];
    if (rule.source == GhostRule::Source::none) continue;
    const bool around = rule.source == GhostRule::Source::other_end;
    const int64_t source = around == upper ? 0 : last, inwards = upper ? -1 : 1;
    cells[upper ? last + 1 : -1] =
        rule.value(row, cells[source], rule.factor2 != 0 ? cells[source + inwards] : 0);
  }
}

void Ghosts::fill_row(double *ghosts, const double *edge, const double *second, bool upper) const {
  const GhostRule &rule = sides_[1][upper];
  if (rule.source != GhostRule::Source::edge) return;
  for (int64_t i = 0; i < layout_.shape[2]; ++i) ghosts[i] = rule.value(i, edge[i], second[i]);
}

}  // namespace pde
