#include "solver/wavefront.hpp"

#include <algorithm>

namespace pde {

namespace {

constexpr int64_t kRing = 8;       // rows that a level between keeps
constexpr int64_t kLeastRows = 8;  // more than any level reaches beyond the grid

/// Of a row that may lie beyond the grid, at most once around it.
int64_t wrapped(int64_t row, int64_t rows) {
  return row < 0 ? row + rows : row >= rows ? row - rows : row;
}

}  // namespace

/// Rows [begin, end) are computed; at a side that is not periodic there is one of ghosts beyond.
struct Wavefront::Level {
  enum class Storage { whole, around, ring };
  const RowStage *stage;  // that computes it; null: level 0
  double *cells;          // of the first row, or of a ring
  int64_t stride, rows;
  int64_t begin, end;
  Storage storage;

  double *row(int64_t row) const {
    switch (storage) {
      case Storage::whole:
        return cells + row * stride;
      case Storage::around:
        return cells + wrapped(row, rows) * stride;
      case Storage::ring:
        break;
    }
    return cells + (row & (kRing - 1)) * stride;
  }
};

bool Wavefront::fits(const WorkLayout &layout, const Ghosts &ghosts) {
  const GhostRule &rule = ghosts.sides(1)[0];
  const bool changes_sign = rule.source == GhostRule::Source::other_end && rule.factor != 1;
  return layout.component == 0 && layout.first == 1 && layout.shape[1] >= kLeastRows && !changes_sign;
}

/// Two levels in all: more of them take more cache than they save.
int64_t Wavefront::steps_at_once(size_t stages) const {
  return stages == 1 ? 2 : 1;
}

void Wavefront::run(WorkArray &from, WorkArray &to, std::span<const RowStage *const> stages, int64_t steps) {
  const int64_t rows = layout_.shape[1], stride = layout_.strides[1];
  const size_t count = static_cast<size_t>(steps) * stages.size();
  const Ghosts &state_ghosts = stages.back()->ghosts();
  const bool is_around = state_ghosts.sides(1)[0].source == GhostRule::Source::other_end;
  state_ghosts.fill(from);
  while (rings_.size() + 1 < count) rings_.emplace_back(layout_.rows(kRing));
  using enum Level::Storage;
  std::vector<Level> levels;
  levels.push_back({nullptr, from.cells(), stride, rows, 0, rows, is_around ? around : whole});
  for (size_t level = 1; level < count; ++level) {
    // Around a periodic axis the levels below reach further, so that nothing is missing at the last one.
    const int64_t beyond = is_around ? static_cast<int64_t>(count - level) : 0;
    levels.push_back({stages[(level - 1) % stages.size()], rings_[level - 1].cells(), stride, rows, -beyond,
                      rows + beyond, ring});
  }
  levels.push_back({stages.back(), to.cells(), stride, rows, 0, rows, whole});
  // Pairs of rows; each level is one behind the level below, which is all that it has to be.
  const int64_t depth = static_cast<int64_t>(count);
  for (int64_t front = -depth; front <= rows / 2 + depth + 1; ++front) {
    for (size_t level = 1; level <= count; ++level)
      compute(levels, level, front - static_cast<int64_t>(level));
  }
}

void Wavefront::compute(std::span<const Level> levels, size_t level, int64_t pair) const {
  const Level &own = levels[level], &below = levels[level - 1];
  const int64_t begin = std::max(2 * pair, own.begin), end = std::min(2 * pair + 2, own.end);
  if (begin >= end) return;
  const Level &state = levels[level < 2 ? 0 : level - 2];
  StageRows rows{{},    {state.row(begin), state.row(end - 1)}, {own.row(begin), own.row(end - 1)},
                 begin, static_cast<int>(end - begin),          layout_.shape[2]};
  for (int64_t i = 0; i < rows.count + 2; ++i) rows.near[static_cast<size_t>(i)] = below.row(begin - 1 + i);
  own.stage->compute(rows);
  if (level + 1 < levels.size()) set_ghosts(own, begin, end);
}

/// What is beyond the rows [begin, end) that have just been computed.
void Wavefront::set_ghosts(const Level &level, int64_t begin, int64_t end) const {
  const Ghosts &ghosts = level.stage->ghosts();
  const int64_t rows = layout_.shape[1];
  for (int64_t row = begin; row < end; ++row) ghosts.fill_row_ends(level.row(row), wrapped(row, rows));
  if (begin == level.begin && level.begin == 0)
    ghosts.fill_row(level.row(-1), level.row(0), level.row(1), false);
  if (end == rows && level.end == rows)
    ghosts.fill_row(level.row(rows), level.row(rows - 1), level.row(rows - 2), true);
}

}  // namespace pde
