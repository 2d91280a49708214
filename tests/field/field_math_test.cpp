#include "field/field_math.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <fstream>
#include <iterator>

#include "base/json.hpp"
#include "support/expect_error.hpp"

namespace pde {
namespace {

void flatten(const JsonValue &value, std::vector<double> &out) {
  if (value.IsNumber()) {
    out.push_back(value.GetDouble());
    return;
  }
  for (const JsonValue &entry : value.GetArray()) flatten(entry, out);
}

std::vector<double> numbers(const JsonValue &value) {
  std::vector<double> list;
  flatten(value, list);
  return list;
}

void expect_near(const std::vector<double> &actual, const std::vector<double> &expected, const char *what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  for (size_t i = 0; i < actual.size(); ++i)
    EXPECT_NEAR(actual[i], expected[i], 1e-13 * (1 + std::fabs(expected[i]))) << what << i;
}

/// The attributes as files hold them: one text.
std::string attributes_of(const JsonValue &sample) {
  std::string attributes = "{";
  for (const auto &member : json_find(sample, "attributes_serialized")->GetObject()) {
    if (attributes.size() > 1) attributes += ", ";
    attributes += json_quote(json_text(member.name)) + ": " + json_quote(json_text(member.value));
  }
  return attributes + "}";
}

/// The field of that text. On a hollow cylinder the text lacks the inner radius (defect D7 of py-pde), and
/// its numbers are those of the hollow one.
FieldDescription described(const JsonValue &entry, const JsonValue &sample) {
  FieldDescription description = FieldDescription::parse(attributes_of(sample));
  const double inner = (*json_find(entry, "bounds"))[0][0].GetDouble();
  const Grid &grid = *description.grid;
  if (grid.geometry() == Grid::Geometry::cylindrical && grid.lower(0) != inner) {
    description.grid = Grid::cylindrical({inner, grid.upper(0), grid.lower(1), grid.upper(1)},
                                         grid.shape()[0], grid.shape()[1], grid.periodic(1));
  }
  return description;
}

TEST(FieldMath, IntegralsAveragesAndMagnitudesAreThoseOfPyPde) {
  std::ifstream stream(PDE_GOLDEN_DIR "/grids.json", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const JsonDocument golden = json_parse(text, "grids.json");
  int checked = 0;
  for (const JsonValue &entry : json_find(golden, "grids")->GetArray()) {
    for (const char *part : {"scalar", "vector", "tensor2"}) {
      const JsonValue *sample = json_find(entry, part);
      ASSERT_TRUE(sample);
      SCOPED_TRACE(std::string(part) + " on " + std::string(json_text(*json_find(entry, "name"))));
      const FieldPtr field = Field::create(described(entry, *sample));
      const std::vector<double> data = numbers(*json_find(*sample, "data"));
      ASSERT_EQ(static_cast<int64_t>(data.size()), field->description().count());
      field->unpack(data.data());
      expect_near(field_statistic(*field, "integral"), numbers(*json_find(*sample, "integral")), "integral");
      expect_near(field_average(*field), numbers(*json_find(*sample, "average")), "average");
      expect_near(field_statistic(*field, "magnitude"), numbers(*json_find(*sample, "magnitude")),
                  "magnitude");
      expect_near(field_statistic(*field, "fluctuations"), numbers(*json_find(*sample, "fluctuations")),
                  "fluctuations");
      ++checked;
    }
  }
  EXPECT_EQ(checked, 3 * 16);
}

/// The variance as its definition has it: the mean square deviation from the average, weighted by volumes.
TEST(FieldMath, VarianceWeighsCellsByTheirVolume) {
  for (const GridPtr &grid :
       {Grid::polar(1, 3, 2), Grid::spherical(0, 2, 2), Grid::cylindrical({0, 2, 0, 1}, 2, 1, false)}) {
    const FieldPtr field = Field::create({grid, PDE_SCALAR, PDE_FLOAT64, std::nullopt, {}});
    const double values[] = {3, 7};
    field->unpack(values);
    const double share = grid->cell_volume(0) / grid->volume(), mean = 3 * share + 7 * (1 - share);
    expect_near(field_average(*field), {mean}, grid->class_name());
    expect_near(field_statistic(*field, "variance"),
                {share * (3 - mean) * (3 - mean) + (1 - share) * (7 - mean) * (7 - mean)},
                grid->class_name());
  }
}

FieldPtr line(std::vector<double> values, int32_t dtype = PDE_FLOAT64) {
  const int64_t shape[] = {static_cast<int64_t>(values.size())};
  const FieldPtr field =
      Field::create({Grid::unit(shape, {false}), PDE_SCALAR, PDE_FLOAT64, std::nullopt, {}});
  field->unpack(values.data());
  return dtype == PDE_FLOAT64 ? field : field->copy(dtype, std::nullopt);
}

template <class T>
FieldPtr integers(std::vector<T> values, int32_t dtype) {
  const int64_t shape[] = {static_cast<int64_t>(values.size())};
  const FieldPtr field = Field::create({Grid::unit(shape, {false}), PDE_SCALAR, dtype, std::nullopt, {}});
  field->unpack(values.data());
  return field;
}

template <class T>
std::vector<T> integers_of(const Field &field) {
  std::vector<T> values(static_cast<size_t>(field.description().count()));
  field.pack(values.data());
  return values;
}

TEST(FieldMath, ExtremaAndVariance) {
  const FieldPtr field = line({3, -1, 4, -2});
  EXPECT_EQ(field_statistic(*field, "min"), (std::vector<double>{-2}));
  EXPECT_EQ(field_statistic(*field, "max"), (std::vector<double>{4}));
  EXPECT_EQ(field_statistic(*field, "variance"), (std::vector<double>{6.5}));
  EXPECT_TRUE(std::isnan(field_statistic(*line({1, NAN, 2}), "max")[0]));
  EXPECT_TRUE(std::isnan(field_statistic(*line({1, NAN, 2}), "min")[0]));
  EXPECT_EQ(field_statistic(*line({1, 5, 2}, PDE_INT16), "max"), (std::vector<double>{5}));
  EXPECT_MESSAGE(PDE_ERR_DTYPE, field_statistic(*line({1}, PDE_COMPLEX128), "max"), "complex128");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, field_statistic(*field, "median"), "median", "integral");
}

TEST(FieldMath, SumsDoNotLoseSmallNumbers) {
  EXPECT_EQ(field_statistic(*line({1e16, 1, 1, -1e16}), "integral"), (std::vector<double>{2}));
  EXPECT_EQ(field_statistic(*line({INFINITY, 1}), "integral"), (std::vector<double>{INFINITY}));
}

TEST(FieldMath, StatisticsDoNotDependOnTheLayout) {
  double u[6][7] = {};
  for (int i = 0; i < 6; ++i) {
    for (int j = 0; j < 7; ++j) u[i][j] = std::sin(i + 10.0 * j);
  }
  const int64_t shape[] = {4, 5}, strides[] = {7, 1};
  const FieldPtr halo = Field::wrap(
      {Grid::unit(shape, {false, false}), PDE_SCALAR, PDE_FLOAT64, std::nullopt, {}}, &u[1][1], strides);
  const FieldPtr dense = halo->copy(PDE_FLOAT64, std::nullopt);
  for (const char *name : {"integral", "variance", "fluctuations", "min", "max", "magnitude"}) {
    EXPECT_EQ(field_statistic(*halo, name), field_statistic(*dense, name)) << name;
  }
}

TEST(FieldMath, StatisticsOfComplexFieldsAreThoseOfNumpy) {
  const double lower[] = {0}, upper[] = {2};
  const int64_t shape[] = {4};  // volumes of 0.5
  const std::complex<double> samples[] = {{1, 2}, {3, -1}, {0, 0}, {-2, 4}};
  const FieldPtr field = Field::create(
      {Grid::cartesian(lower, upper, shape, {false}), PDE_SCALAR, PDE_COMPLEX128, std::nullopt, {}});
  field->unpack(samples);
  EXPECT_EQ(field_statistic(*field, "integral"), (std::vector<double>{1, 2.5}));
  EXPECT_EQ(field_average(*field), (std::vector<double>{0.5, 1.25}));
  EXPECT_EQ(field_statistic(*field, "variance"), (std::vector<double>{6.9375}));  // numpy.var
  expect_near(field_statistic(*field, "fluctuations"), {1.8624580532189177}, "fluctuations");
  expect_near(field_statistic(*field, "magnitude"), {1.346291201783626}, "magnitude");
}

TEST(FieldMath, StatisticsSeeEachDigitOfIntegers) {
  constexpr int64_t kBig = int64_t{1} << 62;
  const FieldPtr field = integers<int64_t>({kBig + 1, kBig + 3, kBig + 1, kBig + 3}, PDE_INT64);
  EXPECT_EQ(field_statistic(*field, "variance"), (std::vector<double>{1}));
  EXPECT_EQ(field_statistic(*field, "fluctuations"), (std::vector<double>{1}));
  EXPECT_EQ(field_statistic(*field, "max"), (std::vector<double>{0x1p62})) << "rounded";
  const FieldPtr sum = integers<int64_t>({kBig + 1, 2 - kBig, INT64_MIN, INT64_MAX}, PDE_INT64);
  EXPECT_EQ(field_statistic(*sum, "integral"), (std::vector<double>{2}));
  EXPECT_EQ(field_average(*sum), (std::vector<double>{0.5}));
  const FieldPtr high = integers<uint64_t>({UINT64_MAX, UINT64_MAX - 2}, PDE_UINT64);
  EXPECT_EQ(field_statistic(*high, "variance"), (std::vector<double>{1}));
  EXPECT_EQ(field_statistic(*high, "min"), (std::vector<double>{0x1p64}));
}

TEST(FieldMath, VarianceOfAConstantIsZero) {
  EXPECT_EQ(field_statistic(*line({0.1, 0.1, 0.1}), "variance"), (std::vector<double>{0}));
  EXPECT_EQ(field_statistic(*line({0.1, 0.1, 0.1}), "fluctuations"), (std::vector<double>{0}));
  EXPECT_EQ(field_statistic(*line({1e16, 1e16 + 2, 1e16 + 4, 1e16 + 2}), "variance"),
            (std::vector<double>{2}));
  EXPECT_TRUE(std::isnan(field_statistic(*line({1, NAN}), "fluctuations")[0]));
}

TEST(FieldMath, FunctionsSeeTheCentresInCOrder) {
  const double lower[] = {0, 10}, upper[] = {2, 14};
  const int64_t shape[] = {2, 2};
  const FieldPtr field = Field::create(
      {Grid::cartesian(lower, upper, shape, {false, false}), PDE_VECTOR, PDE_COMPLEX128, std::nullopt, {}});
  field_fill_function(*field, [](std::span<const double> position, std::span<double> values) {
    ASSERT_EQ(values.size(), 4u);
    values[0] = position[0];
    values[1] = position[1];
    values[2] = -position[0];
    values[3] = 0;
  });
  std::vector<std::complex<double>> samples(8);
  field->pack(samples.data());
  EXPECT_EQ(samples[1], std::complex<double>(0.5, 13));
  EXPECT_EQ(samples[2], std::complex<double>(1.5, 11));
  EXPECT_EQ(samples[6], std::complex<double>(-1.5, 0));
}

TEST(FieldMath, AFunctionThatFailsLeavesTheFieldAlone) {
  const FieldPtr field = line({1, 2, 3});
  int calls = 0;
  EXPECT_MESSAGE(PDE_ERR_USER,
                 field_fill_function(*field,
                                     [&](auto, auto values) {
                                       values[0] = 9;
                                       if (++calls == 3) fail(PDE_ERR_USER, "enough");
                                     }),
                 "enough");
  EXPECT_EQ(field_statistic(*field, "max"), (std::vector<double>{3}));
}

TEST(FieldMath, RandomFieldsAreTheSameInAnyLayout) {
  std::vector<double> u(12);
  const int64_t shape[] = {3, 4}, fortran[] = {1, 3};
  const FieldDescription kind{Grid::unit(shape, {false, false}), PDE_SCALAR, PDE_FLOAT64, std::nullopt, {}};
  const FieldPtr a = Field::create(kind), b = Field::wrap(kind, u.data(), fortran);
  std::vector<double> left(12), right(12);
  for (const char *name : {"uniform", "normal"}) {
    a->fill_random(name, 7, -1, 2);
    b->fill_random(name, 7, -1, 2);
    a->pack(left.data());
    b->pack(right.data());
    EXPECT_EQ(left, right);
  }
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, a->fill_random("gauss", 1, 0, 1), "gauss", "uniform, normal or harmonic");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, a->fill_random("uniform", 1, 2, 1), "empty");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, a->fill_random("normal", 1, 0, -1), "-1");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, a->fill_random("normal", 1, NAN, 1), "finite");
}

TEST(FieldMath, CombineScalesAndAdds) {
  const FieldPtr a = line({1, 2, 3}), b = line({10, 20, 30});
  a->combine(2, 0.5, b.get());
  EXPECT_EQ(field_statistic(*a, "max"), (std::vector<double>{21}));
  a->combine(-1, 0, nullptr);
  EXPECT_EQ(field_statistic(*a, "min"), (std::vector<double>{-21}));
  a->combine(1, 1, a.get());
  EXPECT_EQ(field_statistic(*a, "min"), (std::vector<double>{-42}));
  EXPECT_MESSAGE(PDE_ERR_DTYPE, a->combine(1, 1, line({1, 2, 3}, PDE_COMPLEX64).get()), "complex");
  EXPECT_MESSAGE(PDE_ERR_SHAPE, a->combine(1, 1, line({1, 2}).get()), "[3]");
}

TEST(FieldMath, CombineKeepsEachDigitOfIntegers) {
  constexpr int64_t kEdge = int64_t{1} << 53;
  const FieldPtr a = integers<int64_t>({kEdge + 1, INT64_MIN, INT64_MAX, -kEdge - 1}, PDE_INT64);
  a->combine(1, 0, nullptr);
  EXPECT_EQ(integers_of<int64_t>(*a)[0], kEdge + 1);
  EXPECT_EQ(integers_of<int64_t>(*a)[2], INT64_MAX);
  const FieldPtr b = integers<uint64_t>({1, uint64_t{1} << 63, 1, 0}, PDE_UINT64);
  a->combine(1, -2, integers<int64_t>({-1, INT64_MIN / 2, INT64_MAX / 2, 3}, PDE_INT64).get());
  EXPECT_EQ(integers_of<int64_t>(*a), (std::vector<int64_t>{kEdge + 3, 0, 1, -kEdge - 7}));
  EXPECT_MESSAGE(PDE_ERR_RANGE, b->combine(1, 1, b.get()), "sample 1", "uint64");
  EXPECT_EQ(integers_of<uint64_t>(*b), (std::vector<uint64_t>{1, uint64_t{1} << 63, 1, 0}));
  b->combine(-1, 2, b.get());  // terms may be beyond, if the sum is not
  EXPECT_EQ(integers_of<uint64_t>(*b)[1], uint64_t{1} << 63);
  b->combine(-0x1p60, 0x1p60, b.get());
  EXPECT_EQ(integers_of<uint64_t>(*b), std::vector<uint64_t>(4, 0));
}

TEST(FieldMath, CombineRefusesWhatDoublePrecisionWouldRound) {
  constexpr int64_t kEdge = int64_t{1} << 53;
  const std::vector<int64_t> large{0, kEdge + 1};
  const FieldPtr a = integers(large, PDE_INT64);
  EXPECT_MESSAGE(PDE_ERR_RANGE, a->combine(0.5, 0, nullptr), "sample 1", "int64", "whole factors");
  EXPECT_MESSAGE(PDE_ERR_RANGE, a->combine(1, 1, line({1, 1}).get()), "sample 1", "whole factors");
  EXPECT_MESSAGE(PDE_ERR_RANGE, line({1, 1})->combine(1, 1, a.get()), "sample 1", "int64");
  EXPECT_EQ(integers_of<int64_t>(*a), large);
  const FieldPtr even = integers<int64_t>({2, kEdge - 2}, PDE_INT64);
  EXPECT_MESSAGE(PDE_ERR_RANGE, even->combine(1.5, 0, nullptr), "sample 1");
  EXPECT_MESSAGE(PDE_ERR_RANGE, even->combine(0.75, 0.5, even.get()), "sample 1");
  EXPECT_MESSAGE(PDE_ERR_RANGE, even->combine(1, 0x1p60, line({1, 1}).get()), "sample 0");
  EXPECT_MESSAGE(PDE_ERR_RANGE, even->combine(NAN, 0, nullptr), "sample 0");
  EXPECT_MESSAGE(PDE_ERR_RANGE, even->combine(0.25, 0, nullptr), "sample 0");
  even->combine(0.5, 1, line({2, -1}).get());
  EXPECT_EQ(integers_of<int64_t>(*even), (std::vector<int64_t>{3, kEdge / 2 - 2}));
  const FieldPtr real = line({0.5, 1});
  real->combine(1, 1, integers<int64_t>({3, INT64_MIN}, PDE_INT64).get());  // a float64 holds both
  EXPECT_EQ(field_statistic(*real, "max"), (std::vector<double>{3.5}));
  const FieldPtr flag = integers<uint8_t>({1, 0}, PDE_BOOL);
  flag->combine(-1, 1, integers<int64_t>({1, 1}, PDE_INT64).get());
  EXPECT_EQ(integers_of<uint8_t>(*flag), (std::vector<uint8_t>{0, 1}));
  EXPECT_MESSAGE(PDE_ERR_RANGE, flag->combine(2, 0, nullptr), "sample 1", "bool");
}

}  // namespace
}  // namespace pde
