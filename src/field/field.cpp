#include "field/field.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdlib>
#include <new>

#include "base/error.hpp"
#include "base/numbers.hpp"
#include "field/strided_copy.hpp"

namespace pde {

// ---- memory

Memory::~Memory() {
  if (!wrapped_) std::free(data_);
}

std::byte *Memory::data() {
  if (!data_) {
    // calloc takes large blocks from the system as untouched zero pages.
    data_ = static_cast<std::byte *>(std::calloc(static_cast<size_t>(std::max<int64_t>(bytes_, 1)), 1));
    if (!data_) fail(PDE_ERR_MEMORY, "no memory for a field of {} bytes", bytes_);
  }
  return data_;
}

std::vector<int64_t> c_strides(std::span<const int64_t> shape, int64_t item) {
  std::vector<int64_t> strides(shape.size());
  int64_t stride = item;
  for (size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

void check_count(int64_t count, int64_t expected, const char *what) {
  if (count != expected) fail(PDE_ERR_SHAPE, "count is {}, expected {}: {}", count, expected, what);
}

// ---- creation

namespace {

void check_description(const FieldDescription &description) {
  dtype_info(description.dtype);
  const auto &members = description.members;
  const int64_t rows = description.rows();
  const int64_t sizes[] = {rows, description.grid->cells(), dtype_size(description.dtype)};
  if (!checked_product(sizes)) {
    fail(PDE_ERR_RANGE, "a {} of {} rows on shape {} is larger than can be addressed",
         rank_name(members.empty() ? description.rank : PDE_COLLECTION), rows,
         shape_text(description.grid->shape()));
  }
}

/// Rows that follow one another in one block of memory, as strides say.
std::vector<Field::Row> rows_in(const std::shared_ptr<Memory> &memory, const FieldDescription &description,
                                std::span<const int64_t> byte_strides) {
  const std::vector<int64_t> leading = description.leading_shape();
  std::array<int64_t, Grid::kMaxAxes> grid_strides{};
  std::copy(byte_strides.begin() + static_cast<std::ptrdiff_t>(leading.size()), byte_strides.end(),
            grid_strides.begin());
  std::vector<Field::Row> rows;
  for (int64_t row = 0; row < description.rows(); ++row) {
    int64_t offset = 0, rest = row;
    for (size_t axis = leading.size(); axis-- > 0;) {
      offset += rest % leading[axis] * byte_strides[axis];
      rest /= leading[axis];
    }
    rows.push_back({memory, offset, grid_strides});
  }
  return rows;
}

}  // namespace

FieldPtr Field::create(FieldDescription description) {
  check_description(description);
  const auto memory = std::make_shared<Memory>(description.bytes());
  auto rows = rows_in(memory, description, c_strides(description.shape(), dtype_size(description.dtype)));
  return FieldPtr(new Field(std::move(description), std::move(rows)));
}

FieldPtr Field::wrap(FieldDescription description, void *data, std::span<const int64_t> strides) {
  check_description(description);
  const std::vector<int64_t> shape = description.shape();
  const int64_t item = dtype_size(description.dtype);
  std::vector<int64_t> byte_strides = c_strides(shape, item);
  for (size_t axis = 0; axis < strides.size(); ++axis) {
    int64_t reach;
    if (__builtin_mul_overflow(strides[axis], item, &byte_strides[axis]) ||
        __builtin_mul_overflow(byte_strides[axis], shape[axis], &reach)) {
      fail(PDE_ERR_RANGE, "strides[{}] is {}: the array would reach beyond the address space", axis,
           strides[axis]);
    }
    if (strides[axis] == 0 && shape[axis] > 1) {
      fail(PDE_ERR_ARGUMENT, "strides[{}] is 0 on an axis of {} entries: they would be one and the same",
           axis, shape[axis]);
    }
  }
  auto rows = rows_in(std::make_shared<Memory>(data), description, byte_strides);
  return FieldPtr(new Field(std::move(description), std::move(rows)));
}

FieldPtr Field::stack(std::span<const FieldPtr> components, int32_t rank, Label label) {
  const Field &first = *components[0];
  const FieldDescription &one = first.description();
  FieldDescription description{one.grid, rank, one.dtype, std::move(label), {}};
  std::vector<Row> rows;
  for (size_t i = 0; i < components.size(); ++i) {
    const FieldDescription &other = components[i]->description();
    if (other.rank != PDE_SCALAR)
      fail(PDE_ERR_ARGUMENT, "components[{}] is a {}, expected a scalar field", i, rank_name(other.rank));
    if (!(*other.grid == *one.grid)) {
      fail(PDE_ERR_SHAPE, "components[{}] is on the grid {}, components[0] on {}", i, other.grid->text(),
           one.grid->text());
    }
    if (other.dtype != one.dtype) {
      fail(PDE_ERR_DTYPE, "components[{}] is {}, components[0] is {}", i, dtype_name(other.dtype),
           dtype_name(one.dtype));
    }
    rows.push_back(components[i]->rows_[0]);
  }
  check_count(static_cast<int64_t>(components.size()), description.rows(), "one scalar field per component");
  return FieldPtr(new Field(std::move(description), std::move(rows)));
}

FieldPtr Field::collection(std::span<const FieldPtr> fields, Label label) {
  const FieldDescription &one = fields[0]->description();
  FieldDescription description{one.grid, PDE_COLLECTION, one.dtype, std::move(label), {}};
  std::vector<Row> rows;
  for (size_t i = 0; i < fields.size(); ++i) {
    const FieldDescription &other = fields[i]->description();
    if (other.rank == PDE_COLLECTION) fail(PDE_ERR_ARGUMENT, "fields[{}] is itself a collection", i);
    if (!(*other.grid == *one.grid)) {
      fail(PDE_ERR_SHAPE, "fields[{}] is on the grid {}, fields[0] on {}", i, other.grid->text(),
           one.grid->text());
    }
    if (other.dtype != one.dtype) {
      fail(PDE_ERR_DTYPE, "fields[{}] is {}, fields[0] is {}: a collection has one dtype", i,
           dtype_name(other.dtype), dtype_name(one.dtype));
    }
    description.members.push_back({other.rank, other.label});
    rows.insert(rows.end(), fields[i]->rows_.begin(), fields[i]->rows_.end());
  }
  return FieldPtr(new Field(std::move(description), std::move(rows)));
}

FieldPtr Field::copy(int32_t dtype, std::optional<Label> label) const {
  FieldDescription description = description_;
  description.dtype = dtype;
  if (label) description.label = std::move(*label);
  const FieldPtr result = create(std::move(description));
  std::byte *target = result->c_order_data();
  if (dtype == this->dtype()) {
    pack(target);
    return result;
  }
  const int64_t cells = grid().cells();
  std::vector<std::byte> packed(static_cast<size_t>(cells * dtype_size(this->dtype())));
  for (size_t row = 0; row < rows_.size(); ++row) {
    pack_row(row, packed.data());
    const int64_t first = static_cast<int64_t>(row) * cells;
    const int64_t bad =
        convert_samples(target + first * dtype_size(dtype), dtype, packed.data(), this->dtype(), cells);
    if (bad >= 0) {
      fail(PDE_ERR_RANGE, "sample {} of the {} field has a value that {} cannot hold", first + bad,
           dtype_name(this->dtype()), dtype_name(dtype));
    }
  }
  return result;
}

// ---- parts

FieldPtr Field::member(int64_t index) const {
  if (index < 0 || index >= description_.member_count()) {
    fail(PDE_ERR_RANGE, "member is {}, expected 0 to {}", index, description_.member_count() - 1);
  }
  FieldDescription part = description_.member(index);
  const auto begin = rows_.begin() + description_.first_row(index), end = begin + part.rows();
  return FieldPtr(new Field(std::move(part), {begin, end}));
}

FieldPtr Field::component(int64_t index) const {
  const auto count = static_cast<int64_t>(rows_.size());
  if (index < 0 || index >= count) fail(PDE_ERR_RANGE, "component is {}, expected 0 to {}", index, count - 1);
  FieldDescription description{description_.grid, PDE_SCALAR, description_.dtype, std::nullopt, {}};
  return FieldPtr(new Field(std::move(description), {rows_[static_cast<size_t>(index)]}));
}

void Field::rebind(void *data) {
  const std::shared_ptr<Memory> &memory = rows_[0].memory;
  if (!memory->wrapped())
    fail(PDE_ERR_STATE, "the field owns its samples: only what pde_field_wrap made can be rebound");
  for (const Row &row : rows_) {
    if (row.memory != memory)
      fail(PDE_ERR_STATE, "the field shares several arrays: rebind each of its parts");
  }
  memory->rebind(static_cast<std::byte *>(data) - rows_[0].offset);
}

// ---- layout

std::optional<std::vector<int64_t>> Field::strides() const {
  const int64_t item = dtype_size(dtype());
  const std::vector<int64_t> leading = description_.leading_shape();
  std::vector<int64_t> strides = c_strides(description_.shape(), item);
  const size_t ndim = static_cast<size_t>(grid().ndim());
  for (size_t axis = 0; axis < ndim; ++axis) {
    if (grid().shape()[axis] > 1) strides[leading.size() + axis] = rows_[0].strides[axis];
  }
  const std::byte *origin = rows_[0].data();
  // The step of each leading axis is the distance of two neighbours along it; then every row must lie where
  // they say.
  int64_t step = 1;
  for (size_t axis = leading.size(); axis-- > 0;) {
    if (leading[axis] > 1) strides[axis] = rows_[static_cast<size_t>(step)].data() - origin;
    step *= leading[axis];
  }
  for (size_t row = 0; row < rows_.size(); ++row) {
    int64_t offset = 0, rest = static_cast<int64_t>(row);
    for (size_t axis = leading.size(); axis-- > 0;) {
      offset += rest % leading[axis] * strides[axis];
      rest /= leading[axis];
    }
    if (rows_[row].data() - origin != offset) return std::nullopt;
    for (size_t axis = 0; axis < ndim; ++axis) {
      if (grid().shape()[axis] > 1 && rows_[row].strides[axis] != rows_[0].strides[axis]) return std::nullopt;
    }
  }
  for (int64_t &stride : strides) {
    if (stride % item != 0) return std::nullopt;
    stride /= item;
  }
  return strides;
}

std::byte *Field::c_order_data() const {
  const auto actual = strides();
  if (!actual || *actual != c_strides(description_.shape(), 1)) return nullptr;
  return rows_[0].data();
}

// ---- values

std::array<int64_t, Grid::kMaxAxes> row_strides(const Grid &grid, int64_t item) {
  std::array<int64_t, Grid::kMaxAxes> strides{};
  for (size_t axis = grid.shape().size(); axis-- > 0; item *= grid.shape()[axis]) strides[axis] = item;
  return strides;
}

void Field::pack(void *to) const {
  const int64_t bytes = grid().cells() * dtype_size(dtype());
  for (size_t row = 0; row < rows_.size(); ++row)
    pack_row(row, static_cast<std::byte *>(to) + static_cast<int64_t>(row) * bytes);
}

void Field::pack_box(std::span<const int64_t> lower, std::span<const int64_t> shape, std::byte *to,
                     std::span<const int64_t> to_strides) const {
  const int64_t item = dtype_size(dtype());
  const std::vector<int64_t> whole = description_.shape();
  const size_t leading = whole.size() - grid().shape().size();  // axes of components
  const std::span<const int64_t> cells = shape.subspan(leading);
  int64_t components = 1;
  for (size_t axis = 0; axis < leading; ++axis) components *= shape[axis];
  for (int64_t number = 0; number < components; ++number) {
    int64_t row = 0, offset = 0, rest = number, stride = 1;
    for (size_t axis = leading; axis-- > 0; rest /= shape[axis], stride *= whole[axis]) {
      row += (lower[axis] + rest % shape[axis]) * stride;
      offset += rest % shape[axis] * to_strides[axis];
    }
    const Row &from = rows_[static_cast<size_t>(row)];
    const std::byte *first = from.data();
    for (size_t axis = 0; axis < cells.size(); ++axis) first += lower[leading + axis] * from.strides[axis];
    strided_copy(to + offset, to_strides.subspan(leading), first, from.strides, cells, item);
  }
}

void Field::pack_row(size_t row, void *to) const {
  const int64_t item = dtype_size(dtype());
  strided_copy(static_cast<std::byte *>(to), row_strides(grid(), item), rows_[row].data(), rows_[row].strides,
               grid().shape(), item);
}

void Field::unpack(const void *from) {
  const int64_t bytes = grid().cells() * dtype_size(dtype());
  for (size_t row = 0; row < rows_.size(); ++row)
    unpack_row(row, static_cast<const std::byte *>(from) + static_cast<int64_t>(row) * bytes);
}

void Field::unpack_row(size_t row, const void *from) {
  const int64_t item = dtype_size(dtype());
  strided_copy(rows_[row].data(), rows_[row].strides, static_cast<const std::byte *>(from),
               row_strides(grid(), item), grid().shape(), item);
}

void Field::unpack(const void *from, int32_t from_dtype) {
  if (from_dtype == dtype()) return unpack(from);
  if (!dtype_converts_lossless(from_dtype, dtype())) {
    fail(PDE_ERR_DTYPE, "values are {}, the field is {}, which cannot hold each of them",
         dtype_name(from_dtype), dtype_name(dtype()));
  }
  const int64_t cells = grid().cells();
  const auto *source = static_cast<const std::byte *>(from);
  std::vector<std::byte> converted(static_cast<size_t>(cells * dtype_size(dtype())));
  for (size_t row = 0; row < rows_.size(); ++row) {
    convert_samples(converted.data(), dtype(), source, from_dtype, cells);
    unpack_row(row, converted.data());
    source += cells * dtype_size(from_dtype);
  }
}

bool Field::overlaps(const Field &other) const {
  for (const Row &a : rows_) {
    for (const Row &b : other.rows_) {
      // Two wraps of one array are different memories here; so any two wrapped arrays may overlap.
      if (a.memory == b.memory || (a.memory->wrapped() && b.memory->wrapped())) return true;
    }
  }
  return false;
}

void Field::assign(const Field &from) {
  const FieldDescription &source = from.description_;
  if (!(*source.grid == grid())) {
    fail(PDE_ERR_SHAPE, "the source is on the grid {}, the target on {}", source.grid->text(), grid().text());
  }
  if (source.rows() != description_.rows() || source.rank != description_.rank) {
    fail(PDE_ERR_SHAPE, "the source is a {} of {} rows, the target a {} of {}", rank_name(source.rank),
         source.rows(), rank_name(description_.rank), description_.rows());
  }
  if (source.dtype == dtype() && !overlaps(from)) {
    const int64_t item = dtype_size(dtype());
    for (size_t row = 0; row < rows_.size(); ++row) {
      strided_copy(rows_[row].data(), rows_[row].strides, from.rows_[row].data(), from.rows_[row].strides,
                   grid().shape(), item);
    }
    return;
  }
  std::vector<std::byte> packed(static_cast<size_t>(source.bytes()));
  from.pack(packed.data());
  unpack(packed.data(), source.dtype);
}

void Field::fill(double re, double im) {
  if (im != 0 && !dtype_is_complex(dtype())) {
    fail(PDE_ERR_DTYPE, "im is {}, but the field is {}: expected 0", im, dtype_name(dtype()));
  }
  std::array<std::byte, 16> value;
  const std::complex<double> wanted(re, im);
  if (convert_samples(value.data(), dtype(), &wanted, PDE_COMPLEX128, 1) >= 0) {
    fail(PDE_ERR_RANGE, "re is {}, which {} cannot hold", re, dtype_name(dtype()));
  }
  constexpr std::array<int64_t, Grid::kMaxAxes> still{};  // strides of 0: the same value for every cell
  const auto ndim = static_cast<size_t>(grid().ndim());
  for (const Row &row : rows_) {
    strided_copy(row.data(), row.strides, value.data(), std::span(still).first(ndim), grid().shape(),
                 dtype_size(dtype()));
  }
}

}  // namespace pde
