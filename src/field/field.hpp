// Fields: samples on a grid, owned by us or lying in an array of the solver, in any layout.
//
// A field is a list of rows, one per scalar component; each row knows where its samples begin and how they
// are strided. That one representation covers owned fields, wraps with halo cells, components, members,
// stacks and collections whose fields lie in separate arrays: sharing is copying rows, never samples.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "field/field_description.hpp"

namespace pde {

/// Where samples lie. Owned memory is zeroed and taken when first used; a wrapped array can move (rebind),
/// and every field that shares it follows.
class Memory {
 public:
  explicit Memory(int64_t bytes) : bytes_(bytes) {}
  explicit Memory(void *wrapped) : data_(static_cast<std::byte *>(wrapped)), bytes_(0), wrapped_(true) {}
  ~Memory();
  Memory(const Memory &) = delete;
  Memory &operator=(const Memory &) = delete;

  std::byte *data();
  bool wrapped() const { return wrapped_; }
  void rebind(std::byte *data) { data_ = data; }

 private:
  std::byte *data_ = nullptr;
  int64_t bytes_;
  bool wrapped_ = false;
};

class Field;
using FieldPtr = std::shared_ptr<Field>;

class Field {
 public:
  /// One scalar component: address of its first sample, strides of the grid axes in bytes.
  struct Row {
    std::shared_ptr<Memory> memory;
    int64_t offset;
    std::array<int64_t, Grid::kMaxAxes> strides;
    std::byte *data() const { return memory->data() + offset; }
  };

  static FieldPtr create(FieldDescription description);
  /// `data`: first valid cell; strides in elements, [rank + ndim], empty: C order.
  static FieldPtr wrap(FieldDescription description, void *data, std::span<const int64_t> strides);
  static FieldPtr stack(std::span<const FieldPtr> components, int32_t rank, Label label);
  static FieldPtr collection(std::span<const FieldPtr> fields, Label label);
  FieldPtr copy(int32_t dtype, std::optional<Label> label) const;
  FieldPtr member(int64_t index) const;
  FieldPtr component(int64_t index) const;
  /// Moves what a wrap points at; PDE_ERR_STATE for anything but one wrapped array.
  void rebind(void *data);

  const FieldDescription &description() const { return description_; }
  const Grid &grid() const { return *description_.grid; }
  int32_t dtype() const { return description_.dtype; }
  std::span<const Row> rows() const { return rows_; }

  /// The samples, if they lie in C order without gaps; else null.
  std::byte *c_order_data() const;
  /// Strides in elements of the axes of shape(), if one set of strides describes all rows.
  std::optional<std::vector<int64_t>> strides() const;

  /// All samples in C order, to or from a buffer of description().bytes().
  void pack(void *to) const;
  void pack_row(size_t row, void *to) const;
  /// A box over the axes of shape(), to an array with these strides in bytes.
  void pack_box(std::span<const int64_t> lower, std::span<const int64_t> shape, std::byte *to,
                std::span<const int64_t> to_strides) const;
  void unpack(const void *from);
  /// The same with a buffer of another dtype; lossless, else PDE_ERR_DTYPE.
  void unpack(const void *from, int32_t from_dtype);
  void assign(const Field &from);

  void fill(double re, double im);
  void fill_random(std::string_view kind, int64_t seed, double a, double b);
  /// field = a * field + b * other
  void combine(double a, double b, const Field *other);

 private:
  Field(FieldDescription description, std::vector<Row> rows)
      : description_(std::move(description)), rows_(std::move(rows)) {}
  bool overlaps(const Field &other) const;
  void unpack_row(size_t row, const void *from);

  FieldDescription description_;
  std::vector<Row> rows_;
};

/// Strides in bytes of a C-order array of this shape.
std::vector<int64_t> c_strides(std::span<const int64_t> shape, int64_t item);
/// Of one component on a grid; without memory of its own, as each append needs them.
std::array<int64_t, Grid::kMaxAxes> row_strides(const Grid &grid, int64_t item);

/// PDE_ERR_SHAPE if `count` values were offered where `expected` are needed.
void check_count(int64_t count, int64_t expected, const char *what);

}  // namespace pde
