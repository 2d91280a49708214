// Every field function for every dtype: what works, what is refused, and what then stays as it was.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <map>
#include <set>

#include "support/layouts.hpp"

namespace test {
namespace {

bool is_complex(int32_t dtype) {
  return dtype == PDE_COMPLEX128 || dtype == PDE_COMPLEX64;
}
bool is_float(int32_t dtype) {
  return dtype == PDE_FLOAT64 || dtype == PDE_FLOAT32 || is_complex(dtype);
}

/// Which dtypes hold every value of one.
const std::map<int32_t, std::set<int32_t>> kWider = {
    {PDE_FLOAT64, {PDE_COMPLEX128}},
    {PDE_FLOAT32, {PDE_FLOAT64, PDE_COMPLEX128, PDE_COMPLEX64}},
    {PDE_COMPLEX128, {}},
    {PDE_COMPLEX64, {PDE_COMPLEX128}},
    {PDE_INT64, {}},
    {PDE_INT32, {PDE_INT64, PDE_FLOAT64, PDE_COMPLEX128}},
    {PDE_INT16, {PDE_INT64, PDE_INT32, PDE_FLOAT64, PDE_FLOAT32, PDE_COMPLEX128, PDE_COMPLEX64}},
    {PDE_INT8, {PDE_INT64, PDE_INT32, PDE_INT16, PDE_FLOAT64, PDE_FLOAT32, PDE_COMPLEX128, PDE_COMPLEX64}},
    {PDE_UINT64, {}},
    {PDE_UINT32, {PDE_UINT64, PDE_INT64, PDE_FLOAT64, PDE_COMPLEX128}},
    {PDE_UINT16,
     {PDE_UINT64, PDE_UINT32, PDE_INT64, PDE_INT32, PDE_FLOAT64, PDE_FLOAT32, PDE_COMPLEX128, PDE_COMPLEX64}},
    {PDE_UINT8,
     {PDE_UINT64, PDE_UINT32, PDE_UINT16, PDE_INT64, PDE_INT32, PDE_INT16, PDE_FLOAT64, PDE_FLOAT32,
      PDE_COMPLEX128, PDE_COMPLEX64}},
    {PDE_BOOL,
     {PDE_UINT64, PDE_UINT32, PDE_UINT16, PDE_UINT8, PDE_INT64, PDE_INT32, PDE_INT16, PDE_INT8, PDE_FLOAT64,
      PDE_FLOAT32, PDE_COMPLEX128, PDE_COMPLEX64}},
};

/// 0, 1, 1, 0 in the four cells, which every dtype holds; component 1, if any, has the opposite.
pde_status pattern(const double *position, int64_t, double *out_values, int64_t count, void *user) {
  const bool one = position[0] > 1 && position[0] < 3;
  const int64_t parts = *static_cast<int32_t *>(user);
  for (int64_t i = 0; i < count; ++i) out_values[i] = i % parts == 0 && one == (i / parts % 2 == 0);
  return PDE_OK;
}

class EachDtype : public ::testing::TestWithParam<int32_t> {
 protected:
  FieldHandle patterned(int32_t rank = PDE_SCALAR) {
    FieldHandle field = new_field(grid, rank, dtype);
    REQUIRE_OK(pde_field_fill_function(field, pattern, &parts));
    return field;
  }
  Bytes bytes_as(const pde_field *field, int32_t to) {
    FieldHandle copy;
    REQUIRE_OK(pde_field_copy(field, to, nullptr, copy.out()));
    return bytes_of(copy);
  }
  std::vector<double> reals(const pde_field *field) {
    const Bytes bytes = bytes_as(field, PDE_FLOAT64);
    std::vector<double> values(bytes.size() / sizeof(double));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
  std::vector<double> statistic(const pde_field *field, const char *name, int64_t count) {
    std::vector<double> values(static_cast<size_t>(count), -99);
    EXPECT_OK(pde_field_statistic(field, name, values.data(), count)) << name;
    return values;
  }

  int32_t dtype = GetParam(), parts = is_complex(GetParam()) ? 2 : 1;
  GridHandle grid = unit_grid({4});
};

using Values = std::vector<double>;

TEST_P(EachDtype, StartsAsZerosAndIsFilled) {
  const FieldHandle field = new_field(grid, PDE_VECTOR, dtype);
  EXPECT_EQ(bytes_of(field), Bytes(static_cast<size_t>(4 * pde_dtype_size(dtype))));
  EXPECT_OK(pde_field_fill(field, 1, 0));
  EXPECT_EQ(reals(field), Values(4, 1));
  const Bytes ones = bytes_of(field);
  EXPECT_STATUS(is_complex(dtype) ? PDE_OK : PDE_ERR_DTYPE, pde_field_fill(field, 1, 2));
  EXPECT_EQ(bytes_of(field) == ones, !is_complex(dtype));
  for (double odd : {0.5, std::nan(""), static_cast<double>(INFINITY), 0x1p64, -0x1p63 - 0x1p20}) {
    const Bytes before = bytes_of(field);
    EXPECT_STATUS(is_float(dtype) ? PDE_OK : PDE_ERR_RANGE, pde_field_fill(field, odd, 0)) << odd;
    EXPECT_EQ(bytes_of(field) == before, !is_float(dtype));
  }
}

TEST_P(EachDtype, HandsOutItsSamplesAndNoOthers) {
  const FieldHandle field = patterned();
  for (int32_t asked : kDtypes) {
    void *data = &grid;
    const void *looked = &grid;
    EXPECT_STATUS(asked == dtype ? PDE_OK : PDE_ERR_DTYPE, pde_field_data(field, asked, &data));
    EXPECT_STATUS(asked == dtype ? PDE_OK : PDE_ERR_DTYPE,
                  pde_field_data_const(field, asked, &looked, nullptr, 0));
    EXPECT_EQ(data == &grid, asked != dtype);
    EXPECT_EQ(looked, data);
  }
}

TEST_P(EachDtype, IsCopiedToEachOther) {
  const FieldHandle field = patterned(PDE_VECTOR);
  const Bytes original = bytes_of(field);
  for (int32_t to : kDtypes) {
    FieldHandle there, back;
    ASSERT_OK(pde_field_copy(field, to, "copy", there.out()));
    EXPECT_EQ(dtype_of(there), to);
    EXPECT_EQ(reals(there), (Values{0, 1, 1, 0}));
    ASSERT_OK(pde_field_copy(there, dtype, nullptr, back.out()));
    EXPECT_EQ(bytes_of(back), original) << pde_dtype_name(to);
  }
}

TEST_P(EachDtype, IsAssignedWhereEachValueIsHeld) {
  const FieldHandle from = patterned();
  for (int32_t to : kDtypes) {
    const bool wider = to == dtype || kWider.at(dtype).count(to) == 1;
    const FieldHandle into = new_field(grid, PDE_SCALAR, to);
    EXPECT_STATUS(wider ? PDE_OK : PDE_ERR_DTYPE, pde_field_assign(into, from)) << pde_dtype_name(to);
    EXPECT_EQ(reals(into), wider ? (Values{0, 1, 1, 0}) : Values(4, 0));
  }
}

TEST_P(EachDtype, IsCombinedWithEachOther) {
  for (int32_t other_dtype : kDtypes) {
    SCOPED_TRACE(pde_dtype_name(other_dtype));
    const FieldHandle field = patterned(), other = new_field(grid, PDE_SCALAR, other_dtype);
    ASSERT_OK(pde_field_fill(other, 1, 0));
    const bool mixed = is_complex(other_dtype) && !is_complex(dtype);
    EXPECT_STATUS(mixed ? PDE_ERR_DTYPE : PDE_OK, pde_field_combine(field, -1, 1, other));
    EXPECT_EQ(reals(field), mixed ? (Values{0, 1, 1, 0}) : (Values{1, 0, 0, 1}));
  }
  const FieldHandle field = patterned();
  EXPECT_STATUS(is_float(dtype) ? PDE_OK : PDE_ERR_RANGE, pde_field_combine(field, 0.5, 0, nullptr));
  EXPECT_EQ(reals(field), is_float(dtype) ? (Values{0, 0.5, 0.5, 0}) : (Values{0, 1, 1, 0}));
}

TEST_P(EachDtype, TakesTheRandomNumbersItHolds) {
  const FieldHandle field = patterned();
  for (const char *kind : {"uniform", "normal", "harmonic"}) {
    const Bytes before = bytes_of(field);
    EXPECT_STATUS(is_float(dtype) ? PDE_OK : PDE_ERR_RANGE, pde_field_fill_random(field, kind, 1, 1, 2));
    EXPECT_EQ(bytes_of(field) == before, !is_float(dtype)) << kind;
  }
  EXPECT_OK(pde_field_fill_random(field, "normal", 1, 1, 0));
  const Values first = statistic(field, "integral", parts);
  EXPECT_EQ(first, Values(static_cast<size_t>(parts), 4));
}

TEST_P(EachDtype, HasStatistics) {
  const FieldHandle field = patterned();
  Values mean(static_cast<size_t>(parts), -1);
  EXPECT_OK(pde_field_average(field, mean.data(), parts));
  EXPECT_EQ(mean, parts == 2 ? (Values{0.5, 0}) : (Values{0.5}));
  EXPECT_EQ(statistic(field, "integral", parts)[0], 2);
  EXPECT_EQ(statistic(field, "variance", 1), (Values{0.25}));
  EXPECT_EQ(statistic(field, "fluctuations", 1), (Values{0.5}));
  EXPECT_EQ(statistic(field, "magnitude", 1), (Values{0.5}));
  double extremum = -99;
  for (const char *name : {"min", "max"}) {
    EXPECT_STATUS(is_complex(dtype) ? PDE_ERR_DTYPE : PDE_OK, pde_field_statistic(field, name, &extremum, 1));
    EXPECT_EQ(extremum, is_complex(dtype) ? -99 : *name == 'm' && name[1] == 'a');
  }
}

TEST_P(EachDtype, SharesItsParts) {
  const GridHandle plane = unit_grid({2, 2});
  FieldHandle x = new_field(plane, PDE_SCALAR, dtype), y = new_field(plane, PDE_SCALAR, dtype, "y");
  pde_field *const both[] = {x, y};
  FieldHandle vector, second, member;
  ASSERT_OK(pde_field_stack(both, 2, PDE_VECTOR, "v", vector.out()));
  const FieldHandle collection = collection_of({vector, y});
  ASSERT_OK(pde_field_component(collection, 1, second.out()));
  ASSERT_OK(pde_field_member(collection, 1, member.out()));
  ASSERT_OK(pde_field_fill(second, 1, 0));
  EXPECT_EQ(reals(y), Values(4, 1));
  EXPECT_EQ(reals(member), Values(4, 1));
  EXPECT_EQ(dtype_of(member), dtype);
  EXPECT_EQ(reals(collection), (Values{0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1}));
}

INSTANTIATE_TEST_SUITE_P(Dtypes, EachDtype, ::testing::ValuesIn(kDtypes),
                         [](const auto &instance) { return std::string(pde_dtype_name(instance.param)); });

// ---- values that one dtype has and another has not

template <class T>
FieldHandle holding(int32_t dtype, T value) {
  FieldHandle field = new_field(unit_grid({3}), PDE_SCALAR, dtype);
  void *data = nullptr;
  REQUIRE_OK(pde_field_data(field, dtype, &data));
  static_cast<T *>(data)[2] = value;
  return field;
}

struct Refusal {
  FieldHandle field;
  std::vector<int32_t> to;
};

TEST(Copy, RefusesValuesThatADtypeDoesNotHold) {
  const double inf = INFINITY, nan = NAN;
  std::vector<Refusal> rows;
  const auto add = [&](FieldHandle field, std::vector<int32_t> to) {
    rows.push_back({std::move(field), std::move(to)});
  };
  const std::vector<int32_t> whole = {PDE_INT64,  PDE_INT32,  PDE_INT16, PDE_INT8, PDE_UINT64,
                                      PDE_UINT32, PDE_UINT16, PDE_UINT8, PDE_BOOL};
  for (double value : {nan, inf, -inf, 0.5, -0.5, 0x1p64, -0x1p64, 5e-324}) {
    add(holding(PDE_FLOAT64, value), whole);
    add(holding(PDE_FLOAT32, static_cast<float>(value == 5e-324 ? 1e-45 : value)), whole);
    add(holding(PDE_COMPLEX128, std::complex<double>(value, 0)), whole);
  }
  std::vector<int32_t> real = whole;
  real.insert(real.end(), {PDE_FLOAT64, PDE_FLOAT32});
  for (double im : {nan, inf, 5e-324, -1.0}) {
    add(holding(PDE_COMPLEX128, std::complex<double>(1, im)), real);
  }
  add(holding(PDE_COMPLEX64, std::complex<float>(1, 1e-45f)), real);
  add(holding(PDE_FLOAT64, 1e39), {PDE_FLOAT32, PDE_COMPLEX64, PDE_INT64});
  add(holding(PDE_COMPLEX128, std::complex<double>(0, -1e39)), {PDE_COMPLEX64});
  add(holding(PDE_INT8, int8_t{-1}), {PDE_UINT64, PDE_UINT32, PDE_UINT16, PDE_UINT8, PDE_BOOL});
  add(holding(PDE_FLOAT64, -1.0), {PDE_UINT64, PDE_UINT32, PDE_UINT16, PDE_UINT8, PDE_BOOL});
  add(holding(PDE_UINT8, uint8_t{2}), {PDE_BOOL});
  add(holding(PDE_FLOAT32, 2.0f), {PDE_BOOL});
  add(holding(PDE_INT64, int64_t{-129}), {PDE_INT8, PDE_UINT64});
  add(holding(PDE_UINT64, UINT64_MAX), {PDE_INT64, PDE_UINT32, PDE_FLOAT64, PDE_COMPLEX128, PDE_FLOAT32});
  add(holding(PDE_INT64, (int64_t{1} << 53) + 1), {PDE_FLOAT64, PDE_COMPLEX128, PDE_FLOAT32, PDE_INT32});
  add(holding(PDE_INT32, (1 << 24) + 1), {PDE_FLOAT32, PDE_COMPLEX64, PDE_INT16});
  add(holding(PDE_FLOAT64, 0x1p63), {PDE_INT64});
  for (const Refusal &row : rows) {
    for (int32_t to : row.to) {
      FieldHandle copy;
      EXPECT_STATUS(PDE_ERR_RANGE, pde_field_copy(row.field, to, nullptr, copy.out()))
          << pde_dtype_name(dtype_of(row.field)) << " to " << pde_dtype_name(to);
      EXPECT_EQ(copy.get(), nullptr);
      EXPECT_NE(std::string(pde_error_message()).find("sample 2"), std::string::npos) << pde_error_message();
    }
  }
}

TEST(Copy, KeepsWhatBothDtypesHave) {
  const auto copied = [](const FieldHandle &from, int32_t to) {
    FieldHandle copy;
    EXPECT_OK(pde_field_copy(from, to, nullptr, copy.out()));
    return bytes_of(copy);
  };
  EXPECT_EQ(copied(holding(PDE_INT64, INT64_MIN), PDE_FLOAT64), bytes_of(holding(PDE_FLOAT64, -0x1p63)));
  EXPECT_EQ(copied(holding(PDE_FLOAT64, -0x1p63), PDE_INT64), bytes_of(holding(PDE_INT64, INT64_MIN)));
  EXPECT_EQ(copied(holding(PDE_UINT64, uint64_t{1} << 63), PDE_FLOAT32),
            bytes_of(holding(PDE_FLOAT32, 0x1p63f)));
  EXPECT_EQ(copied(holding(PDE_FLOAT32, -0.0f), PDE_FLOAT64), bytes_of(holding(PDE_FLOAT64, -0.0)));
  EXPECT_EQ(copied(holding(PDE_FLOAT64, -0.0), PDE_UINT8), bytes_of(holding(PDE_UINT8, uint8_t{0})));
  EXPECT_EQ(copied(holding(PDE_FLOAT64, 0.1), PDE_FLOAT32), bytes_of(holding(PDE_FLOAT32, 0.1f)));
  EXPECT_EQ(copied(holding(PDE_FLOAT64, double{-INFINITY}), PDE_COMPLEX64),
            bytes_of(holding(PDE_COMPLEX64, std::complex<float>(-INFINITY, 0))));
  EXPECT_EQ(copied(holding(PDE_COMPLEX128, std::complex<double>(1, -0.0)), PDE_BOOL),
            bytes_of(holding(PDE_BOOL, uint8_t{1})));
}

}  // namespace
}  // namespace test
