// Several steps in one pass over a grid of two axes.
//
// Computing one step all over and then the next reads and writes the whole state each time; that takes longer
// than to compute it. Here the rows of several steps follow each other as closely as they can: a row of a
// level is computed from three rows of the level below, which have just been computed and are still in the
// cache. Level 0 is the state before, the last one the state after; of the levels between there are only the
// few rows that are needed at a time. What a cell becomes does not depend on how many steps a pass makes.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "solver/ghosts.hpp"
#include "solver/sweep.hpp"

namespace pde {

/// Where a stage reads and writes: one row, or two that share what they read.
struct StageRows {
  std::array<const double *, 4> near;   // rows row - 1 … row + 2 of the level below
  std::array<const double *, 2> state;  // rows row, row + 1 of the level below that; of no meaning to level 1
  std::array<double *, 2> out;
  int64_t row;
  int count;  // of rows: 1 or 2
  int64_t cells;
};

/// A cell between three rows.
struct RowCell {
  double below_, left_, centre_, right_, above_;
  int64_t row_;

  double centre() const { return centre_; }
  double left() const { return left_; }
  double right() const { return right_; }
  double below() const { return below_; }
  double above() const { return above_; }
  int64_t row() const { return row_; }
};

/// Computes a level from the level below.
class RowStage {
 public:
  /// `ghosts` are those of the level that is computed.
  explicit RowStage(const Ghosts &ghosts) : ghosts_(ghosts) {}
  virtual ~RowStage() = default;
  virtual void compute(const StageRows &rows) const = 0;
  const Ghosts &ghosts() const { return ghosts_; }

 private:
  const Ghosts &ghosts_;
};

/// By formula(arithmetic, cell, state), an inline lambda; state is the same cell two levels below.
template <class Formula>
class FormulaStage final : public RowStage {
 public:
  FormulaStage(const Ghosts &ghosts, Formula formula) : RowStage(ghosts), formula_(formula) {}

  void compute(const StageRows &rows) const override {
    run_wide([&](auto arithmetic) PDE_INLINE { compute_as(arithmetic, rows); });
  }

 private:
  template <class A>
  [[gnu::always_inline]] void compute_as(A arithmetic, const StageRows &rows) const {
    const Formula formula = formula_;
    const auto [r0, r1, r2, r3] = rows.near;
    const auto [s0, s1] = rows.state;
    const auto [out0, out1] = rows.out;
    const int64_t row = rows.row, cells = rows.cells;
    if (rows.count == 1) {
      PDE_INDEPENDENT_STEPS
      for (int64_t i = 0; i < cells; ++i)
        out0[i] = formula(arithmetic, RowCell{r0[i], r1[i - 1], r1[i], r1[i + 1], r2[i], row}, s0[i]);
      return;
    }
    PDE_INDEPENDENT_STEPS
    for (int64_t i = 0; i < cells; ++i) {
      const RowCell lower{r0[i], r1[i - 1], r1[i], r1[i + 1], r2[i], row};
      const RowCell upper{r1[i], r2[i - 1], r2[i], r2[i + 1], r3[i], row + 1};
      const double a = formula(arithmetic, lower, s0[i]), b = formula(arithmetic, upper, s1[i]);
      out0[i] = a;
      out1[i] = b;
    }
  }

  Formula formula_;
};

class Wavefront {
 public:
  explicit Wavefront(const WorkLayout &layout) : layout_(layout) {}

  /// Whether it can be used: along two axes, with rows enough, and not where going around changes the sign.
  static bool fits(const WorkLayout &layout, const Ghosts &ghosts);
  /// How many steps of so many stages to make at once, so that what lies between stays in the cache.
  int64_t steps_at_once(size_t stages) const;
  /// Makes `steps` steps, each of one stage, or of two, of which the second sees the state before the step.
  /// Sets ghosts of `from` on the way; those of `to` stay as they are.
  void run(WorkArray &from, WorkArray &to, std::span<const RowStage *const> stages, int64_t steps);

 private:
  struct Level;
  void compute(std::span<const Level> levels, size_t level, int64_t pair) const;
  void set_ghosts(const Level &level, int64_t begin, int64_t end) const;

  WorkLayout layout_;
  std::vector<WorkArray> rings_;  // of the levels between
};

}  // namespace pde
