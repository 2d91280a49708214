// What a field is, apart from its values: grid, rank, dtype, labels; and how files write that down.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/dtype.hpp"
#include "grid/grid.hpp"
#include "pde/field.h"

namespace pde {

using Label = std::optional<std::string>;

struct MemberDescription {
  int32_t rank;
  Label label;
  bool operator==(const MemberDescription &) const = default;
};

struct FieldDescription {
  GridPtr grid;
  int32_t rank = PDE_SCALAR;  // or PDE_COLLECTION
  int32_t dtype = PDE_FLOAT64;
  Label label;
  std::vector<MemberDescription> members;  // of a collection

  /// Scalar components of a field of this rank: dimension^rank.
  static int64_t components(int32_t rank, const Grid &grid);
  /// Scalar components in all: the rows of a snapshot.
  int64_t rows() const;
  /// Axes before those of the grid: [], [dim], [dim, dim], or [rows] for a collection.
  std::vector<int64_t> leading_shape() const;
  std::vector<int64_t> shape() const;
  /// Whether that is its shape, without making a list of it.
  bool has_shape(std::span<const int64_t> wanted) const;
  int64_t count() const { return rows() * grid->cells(); }  // samples
  int64_t bytes() const { return count() * dtype_size(dtype); }
  const char *class_name() const;

  // A field that is no collection is its own only member.
  int64_t member_count() const;
  FieldDescription member(int64_t index) const;
  /// Where the rows of a member begin.
  int64_t first_row(int64_t member) const;
  /// Of several with this label the first; PDE_ERR_NOT_FOUND.
  int64_t find_member(std::string_view wanted) const;

  /// The value of the attribute `field_attributes`: JSON whose values are strings with JSON
  /// (docs/formats.md).
  std::string text() const;
  /// PDE_ERR_FORMAT, or PDE_ERR_UNSUPPORTED for dtypes this version does not know.
  static FieldDescription parse(std::string_view json);
  /// As py-pde guesses it when a file does not say: by the axes between time and space.
  static std::optional<FieldDescription> guess(GridPtr grid, std::span<const int64_t> shape, int32_t dtype);
};

const char *rank_name(int32_t rank);

}  // namespace pde
