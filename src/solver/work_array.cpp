#include "solver/work_array.hpp"

#include <cstring>

#include "base/error.hpp"
#include "base/numbers.hpp"
#include "field/strided_copy.hpp"

namespace pde {
namespace {

constexpr int64_t kLine = 8;  // numbers in 64 bytes

int64_t rounded_up(int64_t count) {
  return (count + kLine - 1) / kLine * kLine;
}

/// Strides in bytes of the axes that the grid has.
std::array<int64_t, 3> byte_strides(const WorkLayout &layout, const Grid &grid) {
  if (layout.component > 0) return row_strides(grid, layout.item);
  std::array<int64_t, 3> strides{};
  for (int axis = layout.first; axis < 3; ++axis) {
    strides[static_cast<size_t>(axis - layout.first)] = layout.strides[static_cast<size_t>(axis)] * 8;
  }
  return strides;
}

}  // namespace

WorkLayout::WorkLayout(const Grid &grid) : first(3 - grid.ndim()), shape{1, 1, 1}, strides{} {
  std::array<int64_t, 3> padded{1, 1, 1};
  for (int axis = first; axis < 3; ++axis) {
    const auto a = static_cast<size_t>(axis);
    shape[a] = grid.shape()[static_cast<size_t>(axis - first)];
    padded[a] = shape[a] + 2;
  }
  // The ghost before a row ends one cache line, the row begins the next.
  padded[2] = kLine + rounded_up(shape[2] + 1);
  const int64_t sizes[] = {padded[0], padded[1], padded[2], 8};
  if (!checked_product(sizes))
    fail(PDE_ERR_RANGE, "a grid of shape {} is too large to solve on", shape_text(grid.shape()));
  strides = {padded[1] * padded[2], padded[2], 1};
  size = padded[0] * strides[0];
  origin = kLine + (first < 2 ? strides[1] : 0) + (first < 1 ? strides[0] : 0);
}

WorkLayout WorkLayout::flat(const FieldDescription &description) {
  const int64_t numbers = dtype_is_complex(description.dtype) ? 2 : 1, count = description.count() * numbers;
  WorkLayout layout;
  layout.first = 2;
  layout.shape = {1, 1, count};
  layout.strides = {count, count, 1};
  layout.origin = 0;
  layout.size = rounded_up(count);
  layout.component = description.grid->cells() * numbers;
  layout.item = 8 * numbers;
  return layout;
}

WorkLayout WorkLayout::rows(int64_t count) const {
  WorkLayout layout = *this;
  layout.shape[0] = 1;
  layout.shape[1] = count;
  layout.origin = kLine;
  layout.size = count * strides[1];
  return layout;
}

WorkArray::WorkArray(const WorkLayout &layout)
    : data_(static_cast<double *>(std::aligned_alloc(64, static_cast<size_t>(layout.size) * 8))),
      origin_(layout.origin) {
  if (!data_) fail(PDE_ERR_MEMORY, "no memory for a solver array of {} bytes", layout.size * 8);
  std::memset(data_.get(), 0, static_cast<size_t>(layout.size) * 8);
}

void WorkArray::load(const Field &field, const WorkLayout &layout) {
  const auto axes = static_cast<size_t>(field.grid().ndim());
  const auto strides = byte_strides(layout, field.grid());
  double *to = cells();
  for (const Field::Row &row : field.rows()) {
    strided_copy(reinterpret_cast<std::byte *>(to), std::span(strides).first(axes), row.data(),
                 std::span(row.strides).first(axes), field.grid().shape(), layout.item);
    to += layout.component;
  }
}

void WorkArray::store(Field &field, const WorkLayout &layout) const {
  const auto axes = static_cast<size_t>(field.grid().ndim());
  const auto strides = byte_strides(layout, field.grid());
  const double *from = cells();
  for (const Field::Row &row : field.rows()) {
    strided_copy(row.data(), std::span(row.strides).first(axes), reinterpret_cast<const std::byte *>(from),
                 std::span(strides).first(axes), field.grid().shape(), layout.item);
    from += layout.component;
  }
}

void WorkArray::load(const Field &field, const WorkLayout &layout, size_t component, int part) {
  const Field::Row &row = field.rows()[component];
  const auto axes = static_cast<size_t>(field.grid().ndim());
  const auto strides = byte_strides(layout, field.grid());
  strided_copy(reinterpret_cast<std::byte *>(cells()), std::span(strides).first(axes),
               row.data() + static_cast<ptrdiff_t>(part) * 8, std::span(row.strides).first(axes),
               field.grid().shape(), 8);
}

void WorkArray::store(Field &field, const WorkLayout &layout, size_t component, int part) const {
  const Field::Row &row = field.rows()[component];
  const auto axes = static_cast<size_t>(field.grid().ndim());
  const auto strides = byte_strides(layout, field.grid());
  strided_copy(row.data() + static_cast<ptrdiff_t>(part) * 8, std::span(row.strides).first(axes),
               reinterpret_cast<const std::byte *>(cells()), std::span(strides).first(axes),
               field.grid().shape(), 8);
}

}  // namespace pde
