#include "solver/operator.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "field/field_math.hpp"
#include "support/expect_error.hpp"
#include "support/golden.hpp"

namespace pde {
namespace {

FieldDescription described(GridPtr grid, int rank, int32_t dtype = PDE_FLOAT64) {
  FieldDescription description;
  description.grid = std::move(grid);
  description.rank = rank;
  description.dtype = dtype;
  return description;
}
FieldPtr new_field(GridPtr grid, int rank, int32_t dtype = PDE_FLOAT64) {
  return Field::create(described(std::move(grid), rank, dtype));
}
FieldPtr random_field(GridPtr grid, int rank, int64_t seed, int32_t dtype = PDE_FLOAT64) {
  const FieldPtr field = new_field(std::move(grid), rank, dtype);
  field->fill_random("uniform", seed, -1, 1);
  return field;
}
std::vector<double> packed(const Field &field) {
  std::vector<double> values(static_cast<size_t>(field.description().bytes() / 8));
  field.pack(values.data());
  return values;
}
double largest(const std::vector<double> &values) {
  double most = 0;
  for (const double value : values) most = std::max(most, std::fabs(value));
  return most;
}

Options options_of(const std::string &text, const std::string &bc = {}) {
  Options options;
  options.parse(text);
  if (!bc.empty()) options.set("bc", bc);
  return options;
}

std::vector<double> applied(const char *name, const Field &in, int rank_out, const Options &options) {
  const FieldPtr out = new_field(in.description().grid, rank_out, in.dtype());
  Operator(in.description().grid, name, options).apply(in, 0, *out);
  return packed(*out);
}

// ---- what py-pde computes

/// Relative to the largest number of a case. py-pde adds in another order, with fast-math; differences are of
/// some units in the last place of the largest term.
constexpr double kGoldenTolerance = 1e-12;

std::string text_of(const JsonValue &json) {
  if (json.IsString()) return std::string(json_text(json));
  JsonBuffer buffer;
  JsonWriter writer(buffer);
  json.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

void flatten(const JsonValue &json, std::vector<double> &into) {
  if (!json.IsArray()) return into.push_back(json.GetDouble());
  for (const JsonValue &entry : json.GetArray()) flatten(entry, into);
}

/// The text of a hollow cylinder lacks its inner radius (defect D7 of py-pde); the bounds beside it have it.
GridPtr golden_grid(const JsonValue &grid) {
  const GridPtr parsed = Grid::parse(text_of(grid["state"]));
  if (parsed->geometry() != Grid::Geometry::cylindrical) return parsed;
  const std::vector<double> r = golden_numbers(grid["bounds"][0]), z = golden_numbers(grid["bounds"][1]);
  return Grid::cylindrical({r[0], r[1], z[0], z[1]}, parsed->shape()[0], parsed->shape()[1],
                           parsed->periodic(1));
}

Options golden_options(const JsonValue &test) {
  Options options;
  options.set("bc", text_of(test["bc"]));
  for (const auto &option : test["options"].GetObject()) {
    const std::string_view key = json_text(option.name);
    if (option.value.IsBool()) options.set(key, option.value.GetBool());
    if (option.value.IsNumber()) options.set(key, option.value.GetDouble());
    if (option.value.IsString()) options.set(key, std::string(json_text(option.value)));
  }
  return options;
}

TEST(GoldenOperator, ResultsAreThoseOfPyPde) {
  const JsonDocument golden = golden_json("operators.json");
  int compared = 0;
  for (const JsonValue &test : golden["cases"].GetArray()) {
    SCOPED_TRACE(test["name"].GetString());
    const FieldPtr in = new_field(golden_grid(test["grid"]), test["rank_in"].GetInt());
    std::vector<double> input, expected;
    flatten(test["input"], input);
    flatten(test["output"], expected);
    ASSERT_EQ(static_cast<int64_t>(input.size()), in->description().count());
    in->unpack(input.data());
    const std::vector<double> got =
        applied(test["operator"].GetString(), *in, test["rank_out"].GetInt(), golden_options(test));
    ASSERT_EQ(got.size(), expected.size());
    for (size_t i = 0; i < got.size(); ++i)
      ASSERT_NEAR(got[i], expected[i], kGoldenTolerance * largest(expected)) << i;
    ++compared;
  }
  EXPECT_EQ(compared, 120);
}

// ---- orders, measured on functions whose derivatives are known

/// sin(a x + b) along each axis, multiplied; with its first and second derivatives.
struct Wave {
  double value = 1, d[3] = {1, 1, 1}, dd[3] = {1, 1, 1};

  Wave(size_t component, int axes, const double *position) {
    for (int axis = 0; axis < axes; ++axis) {
      const double a = 1 + 0.3 * axis + 0.1 * static_cast<double>(component),
                   b = 0.4 + 0.7 * static_cast<double>(component) - axis;
      const double s = std::sin(a * position[axis] + b), c = std::cos(a * position[axis] + b);
      value *= s;
      for (int other = 0; other < axes; ++other) {
        d[other] *= other == axis ? a * c : s;
        dd[other] *= other == axis ? -a * a * s : s;
      }
    }
  }
};
using Waves = std::vector<Wave>;
using Exact = std::function<std::vector<double>(const Waves &, double r)>;

GridPtr box(int ndim, int64_t n) {
  const auto axes = static_cast<size_t>(ndim);
  std::vector<double> lower(axes, 0), upper(axes);
  std::vector<int64_t> shape(axes);
  for (size_t axis = 0; axis < axes; ++axis) {
    upper[axis] = 1 + 0.2 * static_cast<double>(axis);
    shape[axis] = n;
  }
  return Grid::cartesian(lower, upper, shape, std::vector<bool>(axes, false));
}

/// The largest error but for an eighth at each side, where it is that of the boundary conditions.
double error_of(const char *name, const Options &options, const GridPtr &grid, int rank_in, int rank_out,
                const Exact &exact) {
  const int ndim = grid->ndim();
  const FieldPtr in = new_field(grid, rank_in);
  const auto inputs = static_cast<size_t>(in->description().rows());
  std::vector<double> values(static_cast<size_t>(in->description().count()));
  const auto cells = static_cast<size_t>(grid->cells());
  const auto place = [&](size_t cell, double *position) {  // whether it is inside
    auto rest = static_cast<int64_t>(cell);
    bool inside = true;
    for (int axis = ndim - 1; axis >= 0; --axis) {
      const int64_t count = grid->shape()[static_cast<size_t>(axis)], at = rest % count;
      rest /= count;
      position[axis] = grid->centre(axis, at);
      inside = inside && 8 * at >= count && 8 * (at + 1) <= 7 * count;
    }
    return inside;
  };
  double position[3];
  for (size_t component = 0; component < inputs; ++component) {
    for (size_t cell = 0; cell < cells; ++cell) {
      place(cell, position);
      values[component * cells + cell] = Wave(component, ndim, position).value;
    }
  }
  in->unpack(values.data());
  const std::vector<double> got = applied(name, *in, rank_out, options);
  double most = 0;
  for (size_t cell = 0; cell < cells; ++cell) {
    if (!place(cell, position)) continue;
    Waves waves;
    for (size_t component = 0; component < inputs; ++component) waves.emplace_back(component, ndim, position);
    const std::vector<double> expected = exact(waves, position[0]);
    EXPECT_EQ(expected.size() * cells, got.size());
    for (size_t i = 0; i < expected.size(); ++i)
      most = std::max(most, std::fabs(got[i * cells + cell] - expected[i]));
  }
  return most;
}

struct OrderCase {
  const char *name, *options;
  int rank_in, rank_out;
  double order;
  Exact exact;
};

template <class MakeGrid>
void expect_orders(const std::vector<OrderCase> &cases, int64_t coarse, const MakeGrid &grid) {
  for (const OrderCase &one : cases) {
    const auto error = [&](int64_t n) {
      return error_of(one.name, options_of(one.options), grid(n), one.rank_in, one.rank_out, one.exact);
    };
    const double first = error(coarse), second = error(2 * coarse);
    EXPECT_NEAR(std::log2(first / second), one.order, 0.15)
        << one.name << " " << one.options << " on " << grid(coarse)->text() << ": " << first << ", "
        << second;
  }
}

std::vector<OrderCase> cartesian_cases(int ndim) {
  const auto n = static_cast<size_t>(ndim);
  const Exact laplace = [=](const Waves &u, double) {
    double sum = 0;
    for (size_t k = 0; k < n; ++k) sum += u[0].dd[k];
    return std::vector{sum};
  };
  const Exact gradient = [=](const Waves &u, double) { return std::vector(u[0].d, u[0].d + n); };
  const Exact squared = [=](const Waves &u, double) {
    double sum = 0;
    for (size_t k = 0; k < n; ++k) sum += u[0].d[k] * u[0].d[k];
    return std::vector{sum};
  };
  const Exact divergence = [=](const Waves &u, double) {
    double sum = 0;
    for (size_t k = 0; k < n; ++k) sum += u[k].d[k];
    return std::vector{sum};
  };
  const Exact vector_gradient = [=](const Waves &u, double) {
    std::vector<double> all;
    for (size_t i = 0; i < n; ++i) all.insert(all.end(), u[i].d, u[i].d + n);
    return all;
  };
  const Exact vector_laplace = [=](const Waves &u, double) {
    std::vector<double> all(n, 0);
    for (size_t i = 0; i < n; ++i) {
      for (size_t k = 0; k < n; ++k) all[i] += u[i].dd[k];
    }
    return all;
  };
  const Exact tensor_divergence = [=](const Waves &u, double) {
    std::vector<double> all(n, 0);
    for (size_t i = 0; i < n; ++i) {
      for (size_t k = 0; k < n; ++k) all[i] += u[i * n + k].d[k];
    }
    return all;
  };
  std::vector<OrderCase> cases = {{"laplace", "", 0, 0, 2, laplace},
                                  {"gradient_squared", "", 0, 0, 2, squared},
                                  {"gradient_squared", "central=false", 0, 0, 2, squared},
                                  {"vector_laplace", "", 1, 1, 2, vector_laplace}};
  for (const auto &[method, order] :
       {std::pair{"method=central", 2.0}, {"method=forward", 1.0}, {"method=backward", 1.0}}) {
    cases.push_back({"gradient", method, 0, 1, order, gradient});
    cases.push_back({"divergence", method, 1, 0, order, divergence});
    cases.push_back({"vector_gradient", method, 1, 2, order, vector_gradient});
    cases.push_back({"tensor_divergence", method, 2, 1, order, tensor_divergence});
  }
  const auto first = [](const Waves &u, double) { return std::vector{u[0].d[0]}; };
  cases.push_back({"d_dx", "", 0, 0, 2, first});
  cases.push_back({"d_dx_forward", "", 0, 0, 1, first});
  cases.push_back({"d_dx_backward", "", 0, 0, 1, first});
  cases.push_back({"d2_dx2", "", 0, 0, 2, [](const Waves &u, double) { return std::vector{u[0].dd[0]}; }});
  return cases;
}

TEST(Operator, HasItsOrderOnCartesianGrids) {
  expect_orders(cartesian_cases(1), 32, [](int64_t n) { return box(1, n); });
  expect_orders(cartesian_cases(2), 32, [](int64_t n) { return box(2, n); });
  expect_orders(cartesian_cases(3), 24, [](int64_t n) { return box(3, n); });
}

/// The nine-point formula of py-pde is one of the Laplace operator where cells are square.
TEST(Operator, TheNinePointLaplacianHasItsOrderOnSquareCells) {
  const Exact laplace = [](const Waves &u, double) { return std::vector{u[0].dd[0] + u[0].dd[1]}; };
  expect_orders({{"laplace", "corner_weight=0.3333333333333333", 0, 0, 2, laplace},
                 {"laplace", "corner_weight=0.5", 0, 0, 2, laplace}},
                32, [](int64_t n) {
                  return Grid::cartesian(std::vector<double>{0, 0}, std::vector<double>{1, 1},
                                         std::vector<int64_t>{n, n}, {false, false});
                });
}

// Around a hole: at the centre itself some of py-pde's formulas lose an order.

TEST(Operator, HasItsOrderOnPolarGrids) {
  const std::vector<OrderCase> cases = {
      {"laplace", "", 0, 0, 2,
       [](const Waves &u, double r) { return std::vector{u[0].dd[0] + u[0].d[0] / r}; }},
      {"gradient", "", 0, 1, 2,
       [](const Waves &u, double) {
         return std::vector{u[0].d[0], 0.0};
       }},
      {"gradient", "method=forward", 0, 1, 1,
       [](const Waves &u, double) {
         return std::vector{u[0].d[0], 0.0};
       }},
      {"gradient", "method=backward", 0, 1, 1,
       [](const Waves &u, double) {
         return std::vector{u[0].d[0], 0.0};
       }},
      {"gradient_squared", "", 0, 0, 2,
       [](const Waves &u, double) { return std::vector{u[0].d[0] * u[0].d[0]}; }},
      {"divergence", "", 1, 0, 2,
       [](const Waves &u, double r) { return std::vector{u[0].d[0] + u[0].value / r}; }},
      {"vector_gradient", "", 1, 2, 2,
       [](const Waves &u, double r) {
         return std::vector{u[0].d[0], -u[1].value / r, u[1].d[0], u[0].value / r};
       }},
      {"tensor_divergence", "", 2, 1, 2,
       [](const Waves &u, double r) {
         return std::vector{u[0].d[0] + (u[0].value - u[3].value) / r,
                            u[2].d[0] + (u[1].value + u[2].value) / r};
       }},
      {"d2_dr2", "", 0, 0, 2, [](const Waves &u, double) { return std::vector{u[0].dd[0]}; }},
  };
  expect_orders(cases, 32, [](int64_t n) { return Grid::polar(1, 2.5, n); });
}

TEST(Operator, HasItsOrderOnSphericalGrids) {
  const Exact laplace = [](const Waves &u, double r) { return std::vector{u[0].dd[0] + 2 * u[0].d[0] / r}; };
  const Exact divergence = [](const Waves &u, double r) {
    return std::vector{u[0].d[0] + 2 * u[0].value / r};
  };
  const auto tensor_divergence = [](const Waves &u, double r) {
    return std::vector{u[0].d[0] + 2 * (u[0].value - u[8].value) / r, u[3].d[0] + 2 * u[3].value / r,
                       u[6].d[0] + (2 * u[6].value + u[2].value) / r};
  };
  const Exact twice = [](const Waves &u, double r) {
    return std::vector{u[0].dd[0] + 4 * u[0].d[0] / r + 2 * (u[0].value - u[8].value) / (r * r) -
                       2 * u[8].d[0] / r};
  };
  const std::vector<OrderCase> cases = {
      {"laplace", "", 0, 0, 2, laplace},
      {"laplace", "conservative=false", 0, 0, 2, laplace},
      {"gradient", "", 0, 1, 2,
       [](const Waves &u, double) {
         return std::vector{u[0].d[0], 0.0, 0.0};
       }},
      {"divergence", "safe=false", 1, 0, 2, divergence},
      {"divergence", "safe=false method=forward", 1, 0, 1, divergence},
      {"divergence", "safe=false method=backward", 1, 0, 1, divergence},
      {"divergence", "safe=false conservative=false", 1, 0, 2, divergence},
      {"divergence", "safe=false conservative=false method=forward", 1, 0, 1, divergence},
      {"divergence", "safe=false conservative=false method=backward", 1, 0, 1, divergence},
      {"vector_gradient", "safe=false", 1, 2, 2,
       [](const Waves &u, double r) {
         const double ring = u[0].value / r;
         return std::vector{u[0].d[0], 0.0, 0.0, 0.0, ring, 0.0, 0.0, 0.0, ring};
       }},
      {"tensor_divergence", "safe=false", 2, 1, 2, tensor_divergence},
      {"tensor_divergence", "safe=false conservative=true", 2, 1, 2,
       [=](const Waves &u, double r) {
         return std::vector{tensor_divergence(u, r)[0], 0.0, 0.0};
       }},
      {"tensor_double_divergence", "safe=false", 2, 0, 2, twice},
      {"tensor_double_divergence", "safe=false conservative=false", 2, 0, 2, twice},
  };
  expect_orders(cases, 32, [](int64_t n) { return Grid::spherical(1, 2.5, n); });
}

TEST(Operator, HasItsOrderOnCylindricalGrids) {
  const std::vector<OrderCase> cases = {
      {"laplace", "", 0, 0, 2,
       [](const Waves &u, double r) { return std::vector{u[0].dd[0] + u[0].d[0] / r + u[0].dd[1]}; }},
      {"gradient", "", 0, 1, 2,
       [](const Waves &u, double) {
         return std::vector{u[0].d[0], u[0].d[1], 0.0};
       }},
      {"gradient_squared", "", 0, 0, 2,
       [](const Waves &u, double) { return std::vector{u[0].d[0] * u[0].d[0] + u[0].d[1] * u[0].d[1]}; }},
      {"divergence", "", 1, 0, 2,
       [](const Waves &u, double r) { return std::vector{u[0].d[0] + u[0].value / r + u[1].d[1]}; }},
      {"vector_gradient", "", 1, 2, 2,
       [](const Waves &u, double r) {
         return std::vector{u[0].d[0], u[0].d[1], -u[2].value / r, u[1].d[0],     u[1].d[1],
                            0.0,       u[2].d[0], u[2].d[1],       u[0].value / r};
       }},
      {"vector_laplace", "", 1, 1, 2,
       [](const Waves &u, double r) {
         std::vector<double> all;
         for (size_t i = 0; i < 3; ++i) {
           const double whirl = i == 1 ? 0 : u[i].value / (r * r);
           all.push_back(u[i].dd[0] + u[i].d[0] / r + u[i].dd[1] - whirl);
         }
         return all;
       }},
      {"tensor_divergence", "", 2, 1, 2,
       [](const Waves &u, double r) {
         return std::vector{u[1].d[1] + u[0].d[0] + (u[0].value - u[8].value) / r,
                            u[4].d[1] + u[3].d[0] + u[3].value / r,
                            u[7].d[1] + u[6].d[0] + (u[2].value + u[6].value) / r};
       }},
      {"d_dz", "", 0, 0, 2, [](const Waves &u, double) { return std::vector{u[0].d[1]}; }},
  };
  expect_orders(cases, 24, [](int64_t n) { return Grid::cylindrical({1, 2.5, 0, 1}, n, n, false); });
}

// ---- what has to hold whatever the numbers

/// Without flux through the sides nothing is made or lost.
TEST(Operator, FluxesConserve) {
  const GridPtr grids[] = {box(1, 9),
                           box(2, 9),
                           box(3, 5),
                           Grid::polar(0, 3, 9),
                           Grid::polar(1, 3, 9),
                           Grid::spherical(0, 3, 9),
                           Grid::spherical(1, 3, 9),
                           Grid::cylindrical({0, 3, 0, 2}, 9, 7, false),
                           Grid::cylindrical({1, 3, 0, 2}, 9, 7, true)};
  const auto integral = [](const GridPtr &grid, const char *name, const Field &in, const Options &options) {
    const FieldPtr out = new_field(grid, 0);
    Operator(grid, name, options).apply(in, 0, *out);
    double whole = 0;  // of the moduli, to compare with
    for (int64_t cell = 0; cell < grid->cells(); ++cell)
      whole += std::fabs(packed(*out)[static_cast<size_t>(cell)]) * grid->cell_volume(cell);
    return field_statistic(*out, "integral")[0] / whole;
  };
  for (const GridPtr &grid : grids) {
    const FieldPtr state = random_field(grid, 0, 3);
    EXPECT_LT(std::fabs(integral(grid, "laplace", *state, options_of(""))), 1e-14) << grid->text();
    if (grid->ndim() == 2 && grid->is_cartesian()) {
      EXPECT_LT(std::fabs(integral(grid, "laplace", *state, options_of("corner_weight=0.5"))), 1e-14);
    }
  }
  for (const double inner : {0, 1}) {
    const GridPtr grid = Grid::spherical(inner, 3, 9);
    const FieldPtr flow = random_field(grid, 1, 4);
    flow->component(1)->fill(0, 0);
    EXPECT_LT(std::fabs(integral(grid, "divergence", *flow, options_of("", "normal_value"))), 1e-14);
  }
}

/// Where both axes are periodic a shift of the input shifts the result: no corner is special. Where only one
/// is, shifts along it do.
TEST(Operator, TheNinePointLaplacianKnowsNoCornersAlongPeriodicAxes) {
  for (const bool along_x : {true, false}) {
    for (const bool both : {true, false}) {
      const GridPtr grid = Grid::unit(std::vector<int64_t>{4, 5}, {along_x || both, !along_x || both});
      const FieldPtr state = random_field(grid, 0, 8), shifted = new_field(grid, 0);
      const std::vector<double> before = packed(*state);
      const auto moved = [&](size_t i, size_t j) {
        return along_x ? (i + 1) % 4 * 5 + j : i * 5 + (j + 1) % 5;
      };
      std::vector<double> values(20);
      for (size_t i = 0; i < 4; ++i) {
        for (size_t j = 0; j < 5; ++j) values[moved(i, j)] = before[i * 5 + j];
      }
      shifted->unpack(values.data());
      const Options options = options_of("corner_weight=0.5");
      const std::vector<double> a = applied("laplace", *state, 0, options),
                                b = applied("laplace", *shifted, 0, options);
      for (size_t i = 0; i < 4; ++i) {
        for (size_t j = 0; j < 5; ++j) EXPECT_NEAR(b[moved(i, j)], a[i * 5 + j], 1e-13);
      }
    }
  }
}

/// The parts of a complex field go their own ways; numbers of boundary conditions are real.
TEST(Operator, TreatsRealAndImaginaryPartsAlike) {
  const GridPtr grid = Grid::cylindrical({1, 2, 0, 1}, 4, 3, false);
  const FieldPtr re = random_field(grid, 1, 1), im = random_field(grid, 1, 2);
  const FieldPtr both = new_field(grid, 1, PDE_COMPLEX128);
  std::vector<double> values, parts[] = {packed(*re), packed(*im)};
  for (size_t i = 0; i < parts[0].size(); ++i) values.insert(values.end(), {parts[0][i], parts[1][i]});
  both->unpack(values.data());
  const std::vector<double> got = applied("divergence", *both, 0, options_of("", R"({"value": 2})"));
  const std::vector<double> expected_re = applied("divergence", *re, 0, options_of("", R"({"value": 2})"));
  const std::vector<double> expected_im = applied("divergence", *im, 0, options_of("", R"({"value": 0})"));
  ASSERT_EQ(got.size(), 2 * expected_re.size());
  for (size_t i = 0; i < expected_re.size(); ++i) {
    EXPECT_EQ(got[2 * i], expected_re[i]);
    EXPECT_EQ(got[2 * i + 1], expected_im[i]);
  }
  EXPECT_MESSAGE(PDE_ERR_DTYPE,
                 applied("gradient_squared", *new_field(grid, 0, PDE_COMPLEX128), 0, options_of("")),
                 "gradient_squared", "float64");
}

TEST(Operator, WorksOnAnyLayout) {
  const GridPtr grid = Grid::unit(std::vector<int64_t>{6, 8}, {false, false});
  const FieldPtr plain = random_field(grid, 0, 7);
  const std::vector<double> expected = applied("gradient", *plain, 1, options_of("", "value"));
  // From Fortran order with a halo, into components that lie interleaved and backwards.
  std::vector<double> halo(8 * 10, 77), interleaved(2 * 48);
  const int64_t fortran[] = {1, 8}, backwards[] = {1, -16, -2};
  const FieldPtr in = Field::wrap(described(grid, 0), &halo[9], fortran);
  const FieldPtr out = Field::wrap(described(grid, 1), &interleaved[94], backwards);
  in->assign(*plain);
  Operator(grid, "gradient", options_of("", "value")).apply(*in, 0, *out);
  EXPECT_EQ(packed(*out), expected);
  EXPECT_EQ(std::count(halo.begin(), halo.end(), 77), 32);
}

TEST(Operator, CanBeAppliedAgain) {
  const GridPtr grid = Grid::polar(0, 2, 6);
  Operator laplace(grid, "laplace", options_of(""));
  for (int64_t seed = 1; seed < 4; ++seed) {
    const FieldPtr in = random_field(grid, 0, seed), out = new_field(grid, 0);
    laplace.apply(*in, 0, *out);
    EXPECT_EQ(packed(*out), applied("laplace", *in, 0, options_of("")));
  }
}

// ---- what does not go together

TEST(Operator, SaysWhatIsWrongWithANameOrOption) {
  const GridPtr plane = box(2, 4), disk = Grid::polar(0, 1, 4), ball = Grid::spherical(0, 1, 4);
  const auto make = [](const GridPtr &grid, const char *name, const Options &options) {
    Operator made(grid, name, options);
  };
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make(plane, "curl", options_of("")), "\"curl\"", "vector_laplace",
                 "d2_dx2");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make(plane, "d_dz", options_of("")), "\"d_dz\"");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make(plane, "d_dx_", options_of("")), "\"d_dx_\"");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make(plane, "", options_of("")), "laplace");
  EXPECT_MESSAGE(PDE_ERR_UNSUPPORTED, make(disk, "vector_laplace", options_of("")), "PolarSymGrid", "d_dr");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make(disk, "divergence", options_of("method=forward")), "method",
                 "divergence", "PolarSymGrid");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make(plane, "laplace", options_of("conservative=true")), "conservative");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make(box(1, 4), "laplace", options_of("corner_weight=0.5")),
                 "corner_weight", "1 axis");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make(plane, "laplace", options_of("corner_weight=inf")), "corner_weight");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make(plane, "gradient", options_of("method=upwind")), "upwind", "forward");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make(plane, "gradient", options_of("levl=1")), "levl", "operator");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make(plane, "laplace", options_of("", R"({"x": "value"})")), "side y-",
                 "not given");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make(plane, "vector_laplace", options_of("", "normal_value")), "side y-",
                 "vector_laplace", "normal");
  make(plane, "divergence", options_of("", "normal_value"));
  make(plane, "tensor_divergence", options_of("", "normal_value"));
  make(ball, "vector_gradient", options_of("", "normal_value"));  // looks at v_r only
}

TEST(Operator, SaysWhatIsWrongWithAField) {
  const GridPtr grid = box(2, 4);
  Operator gradient(grid, "gradient", options_of(""));
  const FieldPtr in = random_field(grid, 0, 1), out = new_field(grid, 1);
  EXPECT_MESSAGE(PDE_ERR_SHAPE, gradient.apply(*out, 0, *out), "in is a VectorField", "gradient", "scalar",
                 "vector");
  EXPECT_MESSAGE(PDE_ERR_SHAPE, gradient.apply(*in, 0, *in), "out is a ScalarField");
  EXPECT_MESSAGE(PDE_ERR_SHAPE, gradient.apply(*new_field(box(2, 5), 0), 0, *out), "in is on the grid");
  EXPECT_MESSAGE(PDE_ERR_SHAPE, gradient.apply(*in, 0, *new_field(box(2, 5), 1)), "out is on the grid");
  const FieldPtr members[] = {in};
  EXPECT_MESSAGE(PDE_ERR_SHAPE, gradient.apply(*Field::collection(members, std::nullopt), 0, *out),
                 "FieldCollection");
  EXPECT_MESSAGE(PDE_ERR_DTYPE, gradient.apply(*new_field(grid, 0, PDE_FLOAT32), 0, *out), "float32",
                 "float64");
  EXPECT_MESSAGE(PDE_ERR_DTYPE, gradient.apply(*new_field(grid, 0, PDE_COMPLEX128), 0, *out), "complex128",
                 "the same");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, gradient.apply(*in, std::nan(""), *out), "time", "nan");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, gradient.apply(*out->component(0), 0, *out), "share");
  Operator laplace(grid, "laplace", options_of(""));
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, laplace.apply(*in, 0, *in), "share");
}

/// On spherical grids nothing depends on the angles, which not every vector and tensor agrees with.
TEST(Operator, AsksForTheSymmetryOfASphere) {
  const GridPtr grid = Grid::spherical(0, 1, 3);
  const FieldPtr flow = random_field(grid, 1, 1), stress = random_field(grid, 2, 2);
  const FieldPtr scalar = new_field(grid, 0), vector = new_field(grid, 1);
  Operator divergence(grid, "divergence", options_of(""));
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, divergence.apply(*flow, 0, *scalar), "component 1 of cell 0", "needs 0",
                 "safe=false");
  Operator(grid, "divergence", options_of("safe=false")).apply(*flow, 0, *scalar);
  flow->component(1)->fill(0, 0);
  divergence.apply(*flow, 0, *scalar);
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Operator(grid, "vector_gradient", options_of("")).apply(*flow, 0, *stress),
                 "component 2");
  Operator tensor_divergence(grid, "tensor_divergence", options_of(""));
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, tensor_divergence.apply(*stress, 0, *vector), "component 1");
  stress->component(1)->fill(0, 0);
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, tensor_divergence.apply(*stress, 0, *vector), "component 4",
                 "that of component 8");
  stress->component(4)->assign(*stress->component(8));
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, tensor_divergence.apply(*stress, 0, *vector), "component 7",
                 "minus that of component 5");
  stress->component(7)->combine(0, -1, stress->component(5).get());
  tensor_divergence.apply(*stress, 0, *vector);
  EXPECT_MESSAGE(
      PDE_ERR_ARGUMENT,
      Operator(grid, "tensor_divergence", options_of("conservative=true")).apply(*stress, 0, *vector),
      "component 2");
}

}  // namespace
}  // namespace pde
