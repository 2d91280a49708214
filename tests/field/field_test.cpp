#include "field/field.hpp"

#include <gtest/gtest.h>

#include <complex>
#include <cstring>
#include <numeric>

#include "support/expect_error.hpp"

namespace pde {
namespace {

GridPtr grid(std::vector<int64_t> shape = {3, 4}) {
  return Grid::unit(shape, std::vector<bool>(shape.size(), false));
}

FieldDescription kind(int32_t rank, int32_t dtype = PDE_FLOAT64, Label label = std::nullopt) {
  return {grid(), rank, dtype, std::move(label), {}};
}

std::vector<double> packed(const Field &field) {
  std::vector<double> values(static_cast<size_t>(field.description().count()));
  field.pack(values.data());
  return values;
}

std::vector<double> iota(size_t count, double first = 0) {
  std::vector<double> values(count);
  std::iota(values.begin(), values.end(), first);
  return values;
}

TEST(Field, StartsAsZerosInCOrder) {
  const FieldPtr field = Field::create(kind(PDE_TENSOR));
  EXPECT_EQ(packed(*field), std::vector<double>(48, 0.0));
  EXPECT_EQ(*field->strides(), (std::vector<int64_t>{24, 12, 4, 1}));
  EXPECT_NE(field->c_order_data(), nullptr);
}

TEST(Field, WrapsAnArrayWithHaloCells) {
  double u[5][6];
  for (int i = 0; i < 5; ++i) {
    for (int j = 0; j < 6; ++j) u[i][j] = 10 * i + j;
  }
  const int64_t strides[] = {6, 1};
  const FieldPtr field = Field::wrap(kind(PDE_SCALAR), &u[1][1], strides);
  EXPECT_EQ(packed(*field), (std::vector<double>{11, 12, 13, 14, 21, 22, 23, 24, 31, 32, 33, 34}));
  EXPECT_EQ(field->c_order_data(), nullptr);
  EXPECT_EQ(*field->strides(), (std::vector<int64_t>{6, 1}));
  field->fill(7, 0);
  EXPECT_EQ(u[1][1], 7);
  EXPECT_EQ(u[3][4], 7);
  EXPECT_EQ(u[0][0], 0);
  EXPECT_EQ(u[1][5], 15) << "the halo stays";
}

TEST(Field, WrapsFortranOrderInterleavedAndReversed) {
  std::vector<double> u = iota(24);
  const int64_t fortran[] = {1, 3};
  EXPECT_EQ(packed(*Field::wrap(kind(PDE_SCALAR), u.data(), fortran)),
            (std::vector<double>{0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11}));
  const int64_t interleaved[] = {1, 8, 2};  // components side by side
  const FieldPtr vector = Field::wrap(kind(PDE_VECTOR), u.data(), interleaved);
  EXPECT_EQ(packed(*vector->component(1)), (std::vector<double>{1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23}));
  const int64_t reversed[] = {-4, -1};
  EXPECT_EQ(packed(*Field::wrap(kind(PDE_SCALAR), u.data() + 11, reversed))[0], 11);
  EXPECT_EQ(packed(*Field::wrap(kind(PDE_SCALAR), u.data() + 11, reversed))[11], 0);
}

TEST(Field, StridesOfAxesWithOneEntryDoNotMatter) {
  double u[4] = {1, 2, 3, 4};
  const int64_t strides[] = {999, 1};
  const FieldPtr field = Field::wrap({grid({1, 4}), PDE_SCALAR, PDE_FLOAT64, std::nullopt, {}}, u, strides);
  EXPECT_EQ(reinterpret_cast<double *>(field->c_order_data()), u);
}

TEST(Field, RefusesStridesThatFoldOrOverflow) {
  double u[12];
  const int64_t folded[] = {0, 1}, far[] = {INT64_MAX / 8, 1};
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Field::wrap(kind(PDE_SCALAR), u, folded), "strides[0] is 0");
  EXPECT_MESSAGE(PDE_ERR_RANGE, Field::wrap(kind(PDE_SCALAR), u, far), "strides[0]");
}

TEST(Field, WhoeverSharesAWrapFollowsIt) {
  std::vector<double> a = iota(24), b = iota(24, 100);
  const FieldPtr vector = Field::wrap(kind(PDE_VECTOR), a.data(), {});
  const FieldPtr scalar = Field::create(kind(PDE_SCALAR));
  const FieldPtr both[] = {scalar, vector};
  const FieldPtr collection = Field::collection(both, "all");
  const FieldPtr second = vector->component(1);
  vector->rebind(b.data());
  EXPECT_EQ(packed(*second)[0], 112);
  EXPECT_EQ(packed(*collection)[12], 100);
  EXPECT_EQ(packed(*collection->member(1))[0], 100);
  second->rebind(a.data() + 12);  // a part may be moved as well, and the whole follows
  EXPECT_EQ(packed(*vector)[0], 0);
  EXPECT_MESSAGE(PDE_ERR_STATE, scalar->rebind(a.data()), "owns its samples");
  EXPECT_MESSAGE(PDE_ERR_STATE, collection->rebind(a.data()), "");
}

TEST(Field, CollectionsAndStacksShareTheirParts) {
  const FieldPtr x = Field::create(kind(PDE_SCALAR, PDE_FLOAT64, "x")),
                 y = Field::create(kind(PDE_SCALAR, PDE_FLOAT64, "y"));
  const FieldPtr parts[] = {x, y};
  const FieldPtr stack = Field::stack(parts, PDE_VECTOR, "v");
  const FieldPtr collection = Field::collection(parts, std::nullopt);
  y->fill(3, 0);
  EXPECT_EQ(packed(*stack)[12], 3);
  EXPECT_EQ(packed(*collection)[12], 3);
  EXPECT_EQ(collection->description().find_member("y"), 1);
  EXPECT_EQ(collection->member(1)->description().label, "y");
  EXPECT_MESSAGE(PDE_ERR_NOT_FOUND, collection->description().find_member("z"), "\"z\"");
  EXPECT_MESSAGE(PDE_ERR_RANGE, collection->member(2), "2", "0 to 1");
  EXPECT_MESSAGE(PDE_ERR_RANGE, collection->component(-1), "-1");
}

TEST(Field, PartsOfOneFieldCanBeStackedBack) {
  const FieldPtr vector = Field::create(kind(PDE_VECTOR));
  const FieldPtr parts[] = {vector->component(0), vector->component(1)};
  EXPECT_EQ(Field::stack(parts, PDE_VECTOR, std::nullopt)->c_order_data(), vector->c_order_data());
  const FieldPtr swapped[] = {parts[1], parts[0]};
  EXPECT_EQ(*Field::stack(swapped, PDE_VECTOR, std::nullopt)->strides(), (std::vector<int64_t>{-12, 4, 1}));
}

TEST(Field, RefusesPartsThatDoNotGoTogether) {
  const FieldPtr a = Field::create(kind(PDE_SCALAR)), narrow = Field::create(kind(PDE_SCALAR, PDE_FLOAT32));
  const FieldPtr elsewhere = Field::create({grid({4, 3}), PDE_SCALAR, PDE_FLOAT64, std::nullopt, {}});
  const FieldPtr one[] = {a}, mixed[] = {a, narrow}, apart[] = {a, elsewhere};
  EXPECT_MESSAGE(PDE_ERR_SHAPE, Field::stack(one, PDE_VECTOR, std::nullopt), "count is 1, expected 2");
  EXPECT_MESSAGE(PDE_ERR_DTYPE, Field::collection(mixed, std::nullopt), "float32", "float64");
  EXPECT_MESSAGE(PDE_ERR_SHAPE, Field::collection(apart, std::nullopt), "[4, 3]", "[3, 4]");
  const FieldPtr nested[] = {Field::collection(one, std::nullopt)};
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Field::collection(nested, std::nullopt), "collection");
}

TEST(Field, AssignConvertsWithoutLoss) {
  const FieldPtr narrow = Field::create(kind(PDE_SCALAR, PDE_FLOAT32)),
                 wide = Field::create(kind(PDE_SCALAR, PDE_COMPLEX128));
  narrow->fill(0.1f, 0);
  wide->assign(*narrow);
  std::complex<double> first;
  std::memcpy(&first, wide->c_order_data(), sizeof first);
  EXPECT_EQ(first, std::complex<double>(0.1f));
  EXPECT_MESSAGE(PDE_ERR_DTYPE, narrow->assign(*wide), "complex128", "float32");
  EXPECT_MESSAGE(PDE_ERR_SHAPE, narrow->assign(*Field::create(kind(PDE_VECTOR, PDE_FLOAT32))), "vector");
}

TEST(Field, AssignWorksInPlace) {
  std::vector<double> u = iota(12);
  const FieldPtr straight =
      Field::wrap({grid({12}), PDE_SCALAR, PDE_FLOAT64, std::nullopt, {}}, u.data(), {});
  const int64_t backwards[] = {-1};
  const FieldPtr reversed =
      Field::wrap({grid({12}), PDE_SCALAR, PDE_FLOAT64, std::nullopt, {}}, u.data() + 11, backwards);
  straight->assign(*reversed);
  EXPECT_EQ(u[0], 11);
  EXPECT_EQ(u[11], 0);
}

TEST(Field, CopyNamesTheSampleThatDoesNotFit) {
  const FieldPtr field = Field::create(kind(PDE_SCALAR));
  reinterpret_cast<double *>(field->c_order_data())[5] = 1e300;
  EXPECT_MESSAGE(PDE_ERR_RANGE, field->copy(PDE_FLOAT32, std::nullopt), "sample 5", "float32");
  EXPECT_EQ(field->copy(PDE_FLOAT64, Label("n"))->description().label, "n");
}

TEST(Field, FillKnowsWhatTheDtypeHolds) {
  const FieldPtr real = Field::create(kind(PDE_SCALAR)), bytes = Field::create(kind(PDE_SCALAR, PDE_UINT8));
  EXPECT_MESSAGE(PDE_ERR_DTYPE, real->fill(1, 2), "im is 2", "float64");
  EXPECT_MESSAGE(PDE_ERR_RANGE, bytes->fill(256, 0), "256", "uint8");
  EXPECT_MESSAGE(PDE_ERR_RANGE, bytes->fill(0.5, 0), "0.5");
}

TEST(Field, MemoryIsTakenWhenItIsFirstUsed) {
  const GridPtr huge = Grid::unit(std::vector<int64_t>{int64_t{1} << 50}, {false});
  const FieldPtr field = Field::create({huge, PDE_SCALAR, PDE_FLOAT64, std::nullopt, {}});
#ifndef __SANITIZE_ADDRESS__  // which ends the program instead of failing
  EXPECT_MESSAGE(PDE_ERR_MEMORY, field->c_order_data(), "9007199254740992 bytes");
#endif
}

}  // namespace
}  // namespace pde
