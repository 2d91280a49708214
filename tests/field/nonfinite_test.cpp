#include "field/nonfinite.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <limits>

#include "support/array_layout.hpp"

namespace pde {
namespace {

using test::kOrders;
using test::Order;

template <class Real>
using Bits = std::conditional_t<sizeof(Real) == 8, uint64_t, uint32_t>;

/// Numbers next to the edge, none of them over it.
template <class Real>
std::vector<Bits<Real>> finite_bits() {
  using Limits = std::numeric_limits<Real>;
  std::vector<Bits<Real>> bits;
  for (Real value : {Limits::max(), Limits::lowest(), Limits::min(), Limits::denorm_min(),
                     -Limits::denorm_min(), Real(0), Real(-0.0), Real(1), Real(-1.5)})
    bits.push_back(std::bit_cast<Bits<Real>>(value));
  return bits;
}

/// Infinities, quiet and signalling NaNs, of both signs and with other bits set.
template <class Real>
std::vector<Bits<Real>> nonfinite_bits() {
  using Limits = std::numeric_limits<Real>;
  const auto infinity = std::bit_cast<Bits<Real>>(Limits::infinity());
  const auto quiet = std::bit_cast<Bits<Real>>(Limits::quiet_NaN());
  const auto sign = std::bit_cast<Bits<Real>>(Real(-0.0));
  std::vector<Bits<Real>> bits;
  for (Bits<Real> one : {infinity, quiet, infinity + 1, quiet + 5, sign - 1}) {
    bits.push_back(one);
    bits.push_back(one | sign);
  }
  return bits;
}

/// A field in an array whose other cells are all NaN.
template <class Real>
struct Array {
  Array(const std::vector<int64_t> &grid_shape, int32_t rank, int32_t dtype, Order order) {
    FieldDescription description{
        Grid::unit(grid_shape, std::vector<bool>(grid_shape.size(), false)), rank, dtype, std::nullopt, {}};
    const std::vector<int64_t> shape = description.shape();
    const test::Placement place(shape, test::layout_of(order, static_cast<size_t>(rank), shape.size()));
    parts = dtype_is_complex(dtype) ? 2 : 1;
    memory.assign(static_cast<size_t>(place.room) * parts, ~Bits<Real>{0});
    place.for_each([&](size_t at) {
      for (size_t part = 0; part < parts; ++part) numbers.push_back(at * parts + part);
    });
    const std::vector<Bits<Real>> finite = finite_bits<Real>();
    for (size_t i = 0; i < numbers.size(); ++i) memory[numbers[i]] = finite[i % finite.size()];
    field = Field::wrap(std::move(description), memory.data() + static_cast<size_t>(place.origin) * parts,
                        place.strides);
  }

  size_t parts;
  std::vector<Bits<Real>> memory;
  std::vector<size_t> numbers;  // where they lie, in C order; two per complex sample
  FieldPtr field;
};

/// What packing says on the way; it packs the same as without looking, to any address.
bool packs_finite(const Field &field) {
  const auto bytes = static_cast<size_t>(field.description().bytes());
  std::vector<std::byte> plain(bytes), looked(bytes + 16, std::byte{0x5A});
  field.pack(plain.data());
  bool finite = true;
  for (const size_t shift : {size_t{0}, size_t{5}}) {
    finite = pack_finite(field, looked.data() + shift);
    EXPECT_EQ(std::memcmp(looked.data() + shift, plain.data(), bytes), 0);
    EXPECT_EQ(looked[bytes + shift], std::byte{0x5A}) << "behind the end";
    std::fill(looked.begin(), looked.end(), std::byte{0x5A});
  }
  return finite;
}

/// Puts each kind of bad number at each place, alone and with another one at the end.
template <class Real>
void check_each_place(Array<Real> &array) {
  ASSERT_FALSE(find_nonfinite(*array.field));
  const std::vector<Bits<Real>> bad = nonfinite_bits<Real>();
  const auto cells = static_cast<size_t>(array.field->grid().cells());
  for (size_t i = 0; i < array.numbers.size(); ++i) {
    const Bits<Real> kept = array.memory[array.numbers[i]], kept_last = array.memory[array.numbers.back()];
    const Bits<Real> value = bad[i % bad.size()];
    array.memory[array.numbers[i]] = value;
    for (bool another : {false, true}) {
      if (another && i + 1 == array.numbers.size()) continue;
      if (another) array.memory[array.numbers.back()] = bad[0];
      const auto found = find_nonfinite(*array.field);
      ASSERT_TRUE(found) << i;
      EXPECT_FALSE(packs_finite(*array.field));
      const size_t sample = i / array.parts;
      EXPECT_EQ(found->row, static_cast<int64_t>(sample / cells));
      EXPECT_EQ(found->cell, static_cast<int64_t>(sample % cells));
      const double part = i % array.parts ? found->im : found->re;
      const Real expected = std::bit_cast<Real>(value);
      EXPECT_EQ(std::isnan(part), std::isnan(expected));
      EXPECT_TRUE(std::isnan(part) || part == expected) << part;
      EXPECT_EQ(std::signbit(part), std::signbit(expected));
    }
    array.memory[array.numbers[i]] = kept;
    array.memory[array.numbers.back()] = i + 1 == array.numbers.size() ? kept : kept_last;
  }
  EXPECT_FALSE(find_nonfinite(*array.field));
  EXPECT_TRUE(packs_finite(*array.field));
}

template <class Real>
void check_layouts(int32_t dtype) {
  const std::vector<int64_t> shapes[] = {{1}, {7}, {4, 5}, {1, 6}, {5, 1}, {3, 2, 4}, {1, 1, 1}, {2, 1, 3}};
  for (const std::vector<int64_t> &shape : shapes) {
    for (int32_t rank : {PDE_SCALAR, PDE_VECTOR, PDE_TENSOR}) {
      for (Order order : kOrders) {
        SCOPED_TRACE(::testing::Message() << dtype_name(dtype) << " of rank " << rank << " on "
                                          << ::testing::PrintToString(shape) << ", order " << int(order));
        Array<Real> array(shape, rank, dtype, order);
        check_each_place(array);
      }
    }
  }
}

TEST(NonFinite, IsFoundAtEachPlaceOfEachLayout) {
  check_layouts<double>(PDE_FLOAT64);
  check_layouts<float>(PDE_FLOAT32);
  check_layouts<double>(PDE_COMPLEX128);
  check_layouts<float>(PDE_COMPLEX64);
}

TEST(NonFinite, IsFoundAtEitherEndOfManyBlocks) {
  for (Order order : kOrders) {
    Array<double> array({130, 200}, PDE_SCALAR, PDE_FLOAT64, order);
    EXPECT_FALSE(find_nonfinite(*array.field));
    for (size_t cell : {size_t{25999}, size_t{16384}, size_t{4096}, size_t{4095}, size_t{0}}) {
      array.memory[array.numbers[cell]] = std::bit_cast<uint64_t>(std::nan(""));
      ASSERT_TRUE(find_nonfinite(*array.field));
      EXPECT_EQ(find_nonfinite(*array.field)->cell, static_cast<int64_t>(cell)) << "order " << int(order);
    }
  }
}

/// More than is kept in the cache, and no whole number of blocks.
TEST(NonFinite, IsNoticedAnywhereWhileALargeFieldIsPacked) {
  Array<float> array({421, 419}, PDE_SCALAR, PDE_FLOAT32, Order::c);
  EXPECT_TRUE(packs_finite(*array.field));
  for (size_t cell : {size_t{0}, size_t{15}, size_t{16}, size_t{100000}, size_t{176383}, size_t{176398}}) {
    const uint32_t kept = array.memory[array.numbers[cell]];
    array.memory[array.numbers[cell]] = std::bit_cast<uint32_t>(-INFINITY);
    EXPECT_FALSE(packs_finite(*array.field)) << cell;
    array.memory[array.numbers[cell]] = kept;
  }
}

TEST(NonFinite, IsTheFirstOfTheRowsOfACollection) {
  Array<float> scalar({4, 5}, PDE_SCALAR, PDE_COMPLEX64, Order::fortran);
  Array<float> vector({4, 5}, PDE_VECTOR, PDE_COMPLEX64, Order::interleaved);
  const FieldPtr members[] = {scalar.field, vector.field};
  const FieldPtr collection = Field::collection(members, std::nullopt);
  EXPECT_FALSE(find_nonfinite(*collection));
  vector.memory[vector.numbers[2 * 25 + 1]] = std::bit_cast<uint32_t>(-INFINITY);  // second component, cell 5
  const auto found = find_nonfinite(*collection);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->row, 2);
  EXPECT_EQ(found->cell, 5);
  EXPECT_EQ(found->im, -INFINITY);
  scalar.memory[scalar.numbers[2 * 19]] = std::bit_cast<uint32_t>(INFINITY);
  EXPECT_EQ(find_nonfinite(*collection)->row, 0);
  EXPECT_EQ(find_nonfinite(*collection)->cell, 19);
  EXPECT_EQ(find_nonfinite(*collection)->re, INFINITY);
}

TEST(NonFinite, IsNoneInIntegersAndBools) {
  for (int32_t dtype :
       {PDE_INT64, PDE_INT32, PDE_INT16, PDE_INT8, PDE_UINT64, PDE_UINT32, PDE_UINT16, PDE_UINT8, PDE_BOOL}) {
    const int64_t shape[] = {3, 4};
    const FieldPtr field =
        Field::create({Grid::unit(shape, {false, false}), PDE_SCALAR, dtype, std::nullopt, {}});
    const std::byte ones{dtype == PDE_BOOL ? std::byte{1} : std::byte{0xFF}};
    std::memset(field->c_order_data(), std::to_integer<int>(ones),
                static_cast<size_t>(field->description().bytes()));
    EXPECT_FALSE(find_nonfinite(*field)) << dtype_name(dtype);
  }
}

}  // namespace
}  // namespace pde
