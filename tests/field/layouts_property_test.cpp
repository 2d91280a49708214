// Random fields in random layouts, and random operations on them: against copies in C order, bit for bit, and
// against a model of a few lines.
//
// The seed is printed and can be given by the environment variable PDE_TEST_SEED; PDE_TEST_SEQUENCES is how
// many sequences are run.
#include <cmath>
#include <complex>
#include <cstdlib>
#include <limits>
#include <random>

#include "support/layouts.hpp"

namespace test {
namespace {

uint64_t number_from(const char *variable, uint64_t otherwise) {
  const char *text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// Calls `run` with generators of many seeds, which the messages name.
template <class F>
void with_seeds(F &&run) {
  const uint64_t first = number_from("PDE_TEST_SEED", std::random_device()());
  const uint64_t count = number_from("PDE_TEST_SEQUENCES", 150);
  std::printf("PDE_TEST_SEED=%llu\n", static_cast<unsigned long long>(first));
  for (uint64_t i = 0; i < count && !::testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE("PDE_TEST_SEED=" + std::to_string(first + i) + " PDE_TEST_SEQUENCES=1");
    std::mt19937_64 random(first + i);
    run(random);
  }
}

bool is_complex(int32_t dtype) {
  return dtype == PDE_COMPLEX128 || dtype == PDE_COMPLEX64;
}

std::vector<int64_t> random_shape(std::mt19937_64 &random) {
  std::vector<int64_t> shape(1 + random() % 3);
  for (int64_t &size : shape) size = 1 + static_cast<int64_t>(random() % (shape.size() == 1 ? 70 : 6));
  return shape;
}

std::unique_ptr<LaidOutField> random_wrap(std::mt19937_64 &random, const pde_grid *grid, int32_t rank,
                                          int32_t dtype) {
  int32_t ndim = 0;
  REQUIRE_OK(pde_grid_ndim(grid, &ndim));
  return std::make_unique<LaidOutField>(grid, rank, dtype,
                                        random_layout(random, static_cast<size_t>(rank + ndim)));
}

// ---- against copies in C order

/// A field made of wraps in layouts of their own: one, or a stack, or a collection of such.
struct Made {
  Made(std::mt19937_64 &random, const pde_grid *grid, int32_t dtype, int kind) {
    if (kind < 3) {
      field = part(random, grid, dtype, kind);
    } else {
      std::vector<FieldHandle> members;
      std::vector<pde_field *> handles;
      for (int i = 0; i < kind - 2; ++i) {
        members.push_back(part(random, grid, dtype, (kind + i) % 3));
        handles.push_back(members.back());
      }
      field = collection_of(handles);
    }
  }
  /// One wrap, or for vectors and tensors in every second case a stack of wraps.
  FieldHandle part(std::mt19937_64 &random, const pde_grid *grid, int32_t dtype, int32_t rank) {
    FieldHandle made;
    if (rank == PDE_SCALAR || random() % 2) {
      parts.push_back(random_wrap(random, grid, rank, dtype));
      REQUIRE_OK(pde_field_member(*parts.back(), 0, made.out()));
      return made;
    }
    int32_t dimension = 0;
    REQUIRE_OK(pde_grid_dimension(grid, &dimension));
    const int64_t count = rank == PDE_VECTOR ? dimension : dimension * dimension;
    std::vector<pde_field *> components;
    for (int64_t i = 0; i < count; ++i) {
      parts.push_back(random_wrap(random, grid, PDE_SCALAR, dtype));
      components.push_back(*parts.back());
    }
    REQUIRE_OK(pde_field_stack(components.data(), count, rank, nullptr, made.out()));
    return made;
  }
  void set(const Bytes &samples) {
    auto from = samples.begin();
    for (auto &one : parts) {
      const auto size = static_cast<std::ptrdiff_t>(one->get().size());
      one->set(Bytes(from, from + size));
      from += size;
    }
  }
  Bytes get() const {
    Bytes all;
    for (const auto &one : parts) {
      const Bytes samples = one->get();
      all.insert(all.end(), samples.begin(), samples.end());
    }
    return all;
  }
  bool halo_untouched() const {
    return std::all_of(parts.begin(), parts.end(), [](auto &one) { return one->halo_untouched(); });
  }

  std::vector<std::unique_ptr<LaidOutField>> parts;
  FieldHandle field;
};

/// The samples of a field that owns them; sees them all at once, as bytes_of cannot for stacks.
Bytes dense_bytes(const pde_field *field) {
  FieldHandle copy;
  REQUIRE_OK(pde_field_copy(field, dtype_of(field), nullptr, copy.out()));
  return bytes_of_strided(copy);
}

/// Zeros and ones, by position and component.
pde_status checkers(const double *position, int64_t, double *out_values, int64_t count, void *) {
  for (int64_t i = 0; i < count; ++i)
    out_values[i] = static_cast<double>((static_cast<int64_t>(position[0]) + i) % 2);
  return PDE_OK;
}

/// One operation that writes, on `field`; `other` has the same kind.
pde_status change(uint64_t operation, uint64_t seed, pde_field *field, const pde_field *other) {
  const double a = static_cast<double>(seed % 5) - 2, b = static_cast<double>(seed % 7) / 2 - 1;
  switch (operation) {
    case 0:
      return pde_field_fill(field, a, b);
    case 1:
      return pde_field_fill(field, static_cast<double>(seed % 2), 0);
    case 2:
      return pde_field_fill_random(field, "uniform", static_cast<int64_t>(seed), a, a + 3);
    case 3:
      return pde_field_fill_random(field, "normal", static_cast<int64_t>(seed), a, 2);
    case 4:
      return pde_field_fill_random(field, "harmonic", static_cast<int64_t>(seed), 1 + a * a, b);
    case 5:
      return pde_field_fill_function(field, checkers, nullptr);
    case 6:
      return pde_field_combine(field, 1, 0, other);
    case 7:
      return pde_field_combine(field, a, b, other);
    case 8:
      return pde_field_combine(field, b, 0, nullptr);
    default:
      return pde_field_assign(field, other);
  }
}

/// All numbers that can be asked for, as bytes; failures count as their status.
Bytes numbers_of(const pde_field *field) {
  Bytes all;
  const auto ask = [&](auto &&call) {
    for (int64_t count = 1; count <= 200; ++count) {
      std::vector<double> values(static_cast<size_t>(count), -99);
      const pde_status status = call(values.data(), count);
      if (status == PDE_ERR_SHAPE) continue;
      // Which one a sum of several becomes is up to the compiler.
      for (double &value : values)
        if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
      const auto *first = reinterpret_cast<const std::byte *>(values.data());
      all.insert(all.end(), first, first + values.size() * sizeof(double));
      all.push_back(static_cast<std::byte>(status));
      return;
    }
    ADD_FAILURE() << "no count will do";
  };
  ask([&](double *out, int64_t count) { return pde_field_average(field, out, count); });
  for (const char *name : {"integral", "variance", "fluctuations", "min", "max", "magnitude"})
    ask([&](double *out, int64_t count) { return pde_field_statistic(field, name, out, count); });
  return all;
}

void expect_same_copies(const pde_field *field, const pde_field *dense) {
  for (int32_t to : kDtypes) {
    FieldHandle left, right;
    const pde_status status = pde_field_copy(dense, to, nullptr, right.out());
    EXPECT_STATUS(status, pde_field_copy(field, to, nullptr, left.out())) << pde_dtype_name(to);
    if (status != PDE_OK) continue;
    EXPECT_EQ(bytes_of(left), bytes_of(right)) << pde_dtype_name(to);
  }
}

void expect_same_components(const pde_field *field, const pde_field *dense) {
  FieldHandle left, right;
  for (int64_t i = 0; pde_field_component(dense, i, right.out()) == PDE_OK; ++i) {
    ASSERT_OK(pde_field_component(field, i, left.out()));
    EXPECT_EQ(bytes_of(left), bytes_of(right)) << i;
  }
  EXPECT_EQ(pde_field_component(field, 200, left.out()), PDE_ERR_RANGE);
}

TEST(AnyLayout, GivesWhatACopyInCOrderGives) {
  with_seeds([](std::mt19937_64 &random) {
    const GridHandle grid = unit_grid(random_shape(random));
    const int32_t dtype = kDtypes[random() % std::size(kDtypes)];
    const int kind = static_cast<int>(random() % 6);
    SCOPED_TRACE(std::string(pde_dtype_name(dtype)) + ", kind " + std::to_string(kind));
    Made made(random, grid, dtype, kind), other(random, grid, dtype, kind);
    const auto count = static_cast<int64_t>(made.get().size()) / pde_dtype_size(dtype);
    for (uint64_t operation = 0; operation < 10; ++operation) {
      SCOPED_TRACE("operation " + std::to_string(operation));
      const Bytes samples = random_samples(random, dtype, count);
      made.set(samples);
      other.set(random_samples(random, dtype, count));
      EXPECT_EQ(dense_bytes(made.field), samples);
      FieldHandle dense, dense_other;
      ASSERT_OK(pde_field_copy(made.field, dtype, nullptr, dense.out()));
      ASSERT_OK(pde_field_copy(other.field, dtype, nullptr, dense_other.out()));
      const uint64_t seed = random();
      const pde_status status = change(operation, seed, dense, dense_other);
      EXPECT_STATUS(status, change(operation, seed, made.field, random() % 2 ? other.field : dense_other));
      EXPECT_EQ(made.get(), bytes_of(dense));
      EXPECT_TRUE(status == PDE_OK || made.get() == samples);
      EXPECT_EQ(numbers_of(made.field), numbers_of(dense));
      expect_same_copies(made.field, dense);
      expect_same_components(made.field, dense);
      made.parts[random() % made.parts.size()]->move();
      EXPECT_EQ(dense_bytes(made.field), bytes_of(dense)) << "after a rebind";
      EXPECT_TRUE(made.halo_untouched() && other.halo_untouched());
    }
  });
}

// ---- against a model

using Number = std::complex<double>;

/// What integers a dtype holds; of floating-point numbers those that take part here.
struct Bounds {
  double low, high;
};
Bounds bounds_of(int32_t dtype) {
  switch (dtype) {
    case PDE_INT64:
    case PDE_INT32:
      return {-0x1p31, 0x1p31 - 1};  // of int64 those that take part here
    case PDE_INT16:
      return {-0x1p15, 0x1p15 - 1};
    case PDE_INT8:
      return {-0x1p7, 0x1p7 - 1};
    case PDE_UINT64:
    case PDE_UINT32:
      return {0, 0x1p32 - 1};
    case PDE_UINT16:
      return {0, 0x1p16 - 1};
    case PDE_UINT8:
      return {0, 0x1p8 - 1};
    case PDE_BOOL:
      return {0, 1};
    default:
      return {-0x1p24, 0x1p24};  // whole numbers that a float32 holds
  }
}

template <class T>
Number number_at(const std::byte *sample) {
  T value;
  std::memcpy(&value, sample, sizeof value);
  if constexpr (std::is_arithmetic_v<T>)
    return static_cast<double>(value);
  else
    return Number(value);
}

std::vector<Number> numbers_in(const Bytes &bytes, int32_t dtype) {
  const auto read = [&]() {
    switch (dtype) {
      case PDE_FLOAT64:
        return number_at<double>;
      case PDE_FLOAT32:
        return number_at<float>;
      case PDE_COMPLEX128:
        return number_at<std::complex<double>>;
      case PDE_COMPLEX64:
        return number_at<std::complex<float>>;
      case PDE_INT64:
        return number_at<int64_t>;
      case PDE_INT32:
        return number_at<int32_t>;
      case PDE_INT16:
        return number_at<int16_t>;
      case PDE_INT8:
        return number_at<int8_t>;
      case PDE_UINT64:
        return number_at<uint64_t>;
      case PDE_UINT32:
        return number_at<uint32_t>;
      case PDE_UINT16:
        return number_at<uint16_t>;
      default:
        return number_at<uint8_t>;
    }
  }();
  std::vector<Number> numbers;
  for (size_t at = 0; at < bytes.size(); at += static_cast<size_t>(pde_dtype_size(dtype)))
    numbers.push_back(read(bytes.data() + at));
  return numbers;
}

/// Fields that share rows in many ways, and the numbers that each row must have.
class Sequence {
 public:
  explicit Sequence(std::mt19937_64 &random)
      : random_(random),
        dtype_(kDtypes[random() % std::size(kDtypes)]),
        grid_(unit_grid(random_shape(random))) {
    for (int32_t rank : {PDE_SCALAR, PDE_SCALAR, PDE_VECTOR, PDE_TENSOR}) {
      wraps_.push_back(random_wrap(random_, grid_, rank, dtype_));
      Entry entry;
      REQUIRE_OK(pde_field_member(*wraps_.back(), 0, entry.field.out()));
      REQUIRE_OK(pde_field_fill(entry.field, 0, 0));
      entry.rank = rank;
      const auto count = static_cast<int64_t>(wraps_.back()->get().size()) / pde_dtype_size(dtype_);
      REQUIRE_OK(pde_grid_volumes(grid_, nullptr, 0, &cells_));  // of unit size
      for (int64_t i = 0; i < count / static_cast<int64_t>(cells_); ++i) entry.rows.push_back(new_row());
      entries_.push_back(std::move(entry));
    }
  }

  void step() {
    switch (random_() % 9) {
      case 0:
        return fill();
      case 1:
      case 2:
        return combine();
      case 3:
        return assign();
      case 4:
        return component();
      case 5:
        return member();
      case 6:
        return join();
      case 7:
        return copy();
      default:
        return wraps_[random_() % wraps_.size()]->move();
    }
  }

  void check() {
    for (const Entry &entry : entries_) {
      std::vector<Number> expected;
      for (size_t row : entry.rows) expected.insert(expected.end(), rows_[row].begin(), rows_[row].end());
      ASSERT_EQ(numbers_in(dense_bytes(entry.field), dtype_), expected) << pde_dtype_name(dtype_);
    }
    for (const auto &wrap : wraps_) ASSERT_TRUE(wrap->halo_untouched());
  }

 private:
  struct Entry {
    FieldHandle field;
    int32_t rank = PDE_SCALAR;
    std::vector<size_t> rows;
    std::vector<std::pair<size_t, int32_t>> members;  // first row and rank
  };
  using Rows = std::vector<std::vector<Number>>;

  size_t new_row() {
    rows_.emplace_back(static_cast<size_t>(cells_));
    return rows_.size() - 1;
  }
  Entry &any() { return entries_[random_() % entries_.size()]; }
  double small(int low, int high) {
    return static_cast<double>(low + static_cast<int>(random_() % static_cast<uint64_t>(high - low + 1)));
  }
  Rows values_of(const Entry &entry) const {
    Rows values;
    for (size_t row : entry.rows) values.push_back(rows_[row]);
    return values;
  }
  bool held(const Rows &values) const {
    const Bounds bounds = bounds_of(dtype_);
    for (const auto &row : values) {
      for (Number value : row) {
        for (double part : {value.real(), value.imag()}) {
          if (part < bounds.low || part > bounds.high) return false;
        }
      }
    }
    return true;
  }
  void put(const Entry &entry, const Rows &values) {
    for (size_t i = 0; i < values.size(); ++i) rows_[entry.rows[i]] = values[i];  // the last one stays
  }
  void keep(Entry entry) {
    if (entries_.size() < 16) {
      entries_.push_back(std::move(entry));
    } else {
      entries_[4 + random_() % 12] = std::move(entry);
    }
  }

  void fill() {
    const Entry &entry = any();
    const Number value(small(-2, 3), is_complex(dtype_) ? small(-2, 2) : 0);
    const Rows wanted(entry.rows.size(), std::vector<Number>(static_cast<size_t>(cells_), value));
    const bool fits = held(wanted);
    ASSERT_STATUS(fits ? PDE_OK : PDE_ERR_RANGE, pde_field_fill(entry.field, value.real(), value.imag()));
    if (fits) put(entry, wanted);
  }

  void combine() {
    const Entry &entry = any(), &other = any();
    if (other.rows.size() != entry.rows.size()) return;
    const double a = small(-1, 2), b = small(-2, 2);
    Rows wanted = values_of(entry);
    const Rows add = values_of(other);
    for (size_t row = 0; row < wanted.size(); ++row) {
      for (size_t i = 0; i < wanted[row].size(); ++i) wanted[row][i] = a * wanted[row][i] + b * add[row][i];
    }
    const bool fits = held(wanted);
    const bool all = dtype_ != PDE_INT64 && dtype_ != PDE_UINT64 &&
                     bounds_of(dtype_).high != 0x1p24;  // whether the bounds are those of the dtype
    if (!fits && !all) return fill();
    ASSERT_STATUS(fits ? PDE_OK : PDE_ERR_RANGE, pde_field_combine(entry.field, a, b, other.field));
    if (fits) put(entry, wanted);
  }

  void assign() {
    const Entry &into = any(), &from = any();
    const bool same = into.rank == from.rank && into.rows.size() == from.rows.size();
    ASSERT_STATUS(same ? PDE_OK : PDE_ERR_SHAPE, pde_field_assign(into.field, from.field));
    if (same) put(into, values_of(from));
  }

  void component() {
    const Entry &whole = any();
    const size_t index = random_() % whole.rows.size();
    Entry part;
    ASSERT_OK(pde_field_component(whole.field, static_cast<int64_t>(index), part.field.out()));
    part.rows = {whole.rows[index]};
    keep(std::move(part));
  }

  void member() {
    const Entry &whole = any();
    if (whole.members.empty()) return;
    const size_t index = random_() % whole.members.size();
    const auto [first, rank] = whole.members[index];
    const size_t last = index + 1 < whole.members.size() ? whole.members[index + 1].first : whole.rows.size();
    Entry part;
    ASSERT_OK(pde_field_member(whole.field, static_cast<int64_t>(index), part.field.out()));
    part.rank = rank;
    part.rows.assign(whole.rows.begin() + static_cast<std::ptrdiff_t>(first),
                     whole.rows.begin() + static_cast<std::ptrdiff_t>(last));
    keep(std::move(part));
  }

  /// A stack of scalars, or a collection.
  void join() {
    const bool stack = random_() % 2;
    int32_t dimension = 0;
    REQUIRE_OK(pde_grid_dimension(grid_, &dimension));
    const size_t count = stack ? static_cast<size_t>(dimension) : 1 + random_() % 3;
    Entry joined;
    joined.rank = stack ? PDE_VECTOR : PDE_COLLECTION;
    std::vector<pde_field *> parts;
    while (parts.size() < count) {
      const Entry &part = any();
      if (part.rank == PDE_COLLECTION || (stack && part.rank != PDE_SCALAR)) continue;
      parts.push_back(part.field);
      if (!stack) joined.members.push_back({joined.rows.size(), part.rank});
      joined.rows.insert(joined.rows.end(), part.rows.begin(), part.rows.end());
    }
    if (stack) {
      ASSERT_OK(pde_field_stack(parts.data(), static_cast<int64_t>(count), PDE_VECTOR, nullptr,
                                joined.field.out()));
    } else {
      joined.field = collection_of(parts);
    }
    keep(std::move(joined));
  }

  void copy() {
    const Entry &from = any();
    Entry made;
    made.rank = from.rank;
    made.members = from.members;
    ASSERT_OK(pde_field_copy(from.field, dtype_, nullptr, made.field.out()));
    for (const auto &row : values_of(from)) {
      made.rows.push_back(new_row());
      rows_.back() = row;
    }
    keep(std::move(made));
  }

  std::mt19937_64 &random_;
  int32_t dtype_;
  GridHandle grid_;
  double cells_ = 0;
  std::vector<std::unique_ptr<LaidOutField>> wraps_;
  std::vector<Entry> entries_;  // the first four: one per wrap
  Rows rows_;
};

TEST(AnyLayout, BehavesLikeAModelOfNumbers) {
  with_seeds([](std::mt19937_64 &random) {
    Sequence sequence(random);
    for (int i = 0; i < 60 && !::testing::Test::HasFailure(); ++i) {
      sequence.step();
      sequence.check();
    }
  });
}

}  // namespace
}  // namespace test
