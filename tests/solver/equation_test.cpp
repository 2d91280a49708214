#include "solver/equation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "field/field_math.hpp"
#include "solver/solve.hpp"
#include "support/expect_error.hpp"

namespace pde {
namespace {

const char *const kEquations[] = {"diffusion", "allen-cahn", "cahn-hilliard", "swift-hohenberg"};

Options parsed(const char *text) {
  Options options;
  options.parse(text);
  return options;
}

TEST(Equation, IsMadeByName) {
  for (const char *name : kEquations) {
    EXPECT_STREQ(make_equation(name, Options())->name(), name);
    EXPECT_TRUE(solver_options(std::string("equation:") + name));
  }
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make_equation("heat", Options()), "\"heat\"", "\"diffusion\"",
                 "\"swift-hohenberg\"");
  EXPECT_FALSE(solver_options("equation:heat"));
  EXPECT_FALSE(solver_options("equations"));
  EXPECT_TRUE(solver_options("solve"));
}

TEST(Equation, ChecksItsParameters) {
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make_equation("diffusion", parsed("diffusivity=-1")), "diffusivity", "-1");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make_equation("diffusion", parsed("diffusivity=inf")), "diffusivity",
                 "inf", "finite");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make_equation("swift-hohenberg", parsed("rate=-inf")), "rate", "finite");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make_equation("allen-cahn", parsed("rate=1")), "rate", "mobility");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make_equation("cahn-hilliard", parsed("bc_mu=open")), "bc_mu", "\"open\"",
                 "neumann");
}

TEST(Equation, ChecksBoundaryConditionsAgainstTheGrid) {
  const GridPtr mixed = Grid::unit(std::vector<int64_t>{4, 4}, {true, false});
  const GridPtr closed = Grid::unit(std::vector<int64_t>{4, 4}, {false, false});
  const GridPtr periodic = Grid::unit(std::vector<int64_t>{4, 4}, {true, true});
  const EquationPtr around = make_equation("diffusion", parsed("bc=periodic"));
  const EquationPtr walls = make_equation("diffusion", parsed("bc=neumann"));
  around->prepare(*periodic);
  walls->prepare(*closed);
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, around->prepare(*mixed), "\"periodic\"", "axis y", "not periodic");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, walls->prepare(*mixed), "\"neumann\"", "axis x", "is periodic",
                 "auto_periodic");
  make_equation("swift-hohenberg", parsed("bc=periodic"))->prepare(*periodic);  // bc_lap follows bc
  const EquationPtr other = make_equation("swift-hohenberg", parsed("bc_lap=neumann"));
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, other->prepare(*periodic), "bc_lap");
}

TEST(Equation, StartsFromSmallNoiseThatDependsOnTheSeedAlone) {
  const GridPtr grid = Grid::unit(std::vector<int64_t>{20, 30}, {true, false});
  const EquationPtr equation = make_equation("swift-hohenberg", Options());
  const FieldPtr a = equation->initial_state(grid, 1), b = equation->initial_state(grid, 1),
                 c = equation->initial_state(grid, 2);
  EXPECT_GE(field_statistic(*a, "min")[0], -0.1);
  EXPECT_LT(field_statistic(*a, "max")[0], 0.1);
  EXPECT_NEAR(field_average(*a)[0], 0, 0.02);
  b->combine(-1, 1, a.get());
  EXPECT_EQ(field_statistic(*b, "max")[0], 0);
  c->combine(-1, 1, a.get());
  EXPECT_GT(field_statistic(*c, "max")[0], 0.05);
}

// ---- the right-hand side against a plain one

/// A field with the discrete Laplacian written as simply as can be.
struct Plain {
  GridPtr grid;
  std::vector<double> cells;

  double laplacian(int64_t cell) const {
    double sum = 0;
    int64_t stride = grid->cells();
    for (int axis = 0; axis < grid->ndim(); ++axis) {
      const int64_t count = grid->shape()[static_cast<size_t>(axis)];
      const int64_t block = stride;
      stride /= count;
      const int64_t at = cell % block / stride;
      const auto value = [&](int64_t index) {
        if (index < 0) index = grid->periodic(axis) ? count - 1 : 0;
        if (index >= count) index = grid->periodic(axis) ? 0 : count - 1;
        return cells[static_cast<size_t>(cell + (index - at) * stride)];
      };
      sum += (value(at + 1) - 2 * value(at) + value(at - 1)) / std::pow(grid->spacing(axis), 2);
    }
    return sum;
  }
  template <class F>
  Plain map(F f) const {
    Plain result{grid, cells};
    for (size_t i = 0; i < cells.size(); ++i) result.cells[i] = f(static_cast<int64_t>(i));
    return result;
  }
};

Plain plain_rate(const std::string &equation, const Plain &c) {
  const auto at = [&](int64_t i) { return c.cells[static_cast<size_t>(i)]; };
  if (equation == "diffusion") return c.map([&](int64_t i) { return 0.7 * c.laplacian(i); });
  if (equation == "allen-cahn") {
    return c.map([&](int64_t i) { return 0.5 * (1.5 * c.laplacian(i) - std::pow(at(i), 3) + at(i)); });
  }
  if (equation == "cahn-hilliard") {
    const Plain mu = c.map([&](int64_t i) { return std::pow(at(i), 3) - at(i) - 1.3 * c.laplacian(i); });
    return mu.map([&](int64_t i) { return mu.laplacian(i); });
  }
  const Plain lap = c.map([&](int64_t i) { return c.laplacian(i); });
  return lap.map([&](int64_t i) {
    return (0.2 - 0.64) * at(i) - 1.6 * c.laplacian(i) - lap.laplacian(i) + 0.5 * at(i) * at(i) -
           std::pow(at(i), 3);
  });
}

const char *parameters(const std::string &equation) {
  if (equation == "diffusion") return "diffusivity=0.7";
  if (equation == "allen-cahn") return "interface_width=1.5 mobility=0.5";
  if (equation == "cahn-hilliard") return "interface_width=1.3";
  return "rate=0.2 kc2=0.8 delta=0.5";
}

/// All equations, dimensions and combinations of periodic axes, on shapes down to a single cell.
TEST(Rate, AgreesWithAPlainLoop) {
  std::mt19937_64 random(11);
  for (const char *name : kEquations) {
    for (int trial = 0; trial < 60; ++trial) {
      const size_t ndim = 1 + random() % 3;
      std::vector<int64_t> shape(ndim);
      std::vector<bool> periodic(ndim);
      std::vector<double> lower(ndim, -1), upper(ndim);
      for (size_t axis = 0; axis < ndim; ++axis) {
        shape[axis] = 1 + static_cast<int64_t>(random() % 19);
        periodic[axis] = random() % 2;
        upper[axis] = -1 + 0.9 * static_cast<double>(shape[axis]) + 0.1 * static_cast<double>(axis);
      }
      Plain c{Grid::cartesian(lower, upper, shape, periodic), {}};
      FieldDescription description;
      description.grid = c.grid;
      const FieldPtr state = Field::create(description);
      state->fill_random("uniform", trial, -1, 1);
      c.cells.resize(static_cast<size_t>(c.grid->cells()));
      state->pack(c.cells.data());

      const auto rate = make_equation(name, parsed(parameters(name)))->prepare(*c.grid);
      const WorkLayout layout(*c.grid);
      WorkArray y(layout), out(layout);
      y.load(*state, layout);
      rate->evaluate(y, 0, {.kind = Combination::Kind::rate, .out = &out});
      out.store(*state, layout);
      std::vector<double> got(c.cells.size());
      state->pack(got.data());
      const Plain expected = plain_rate(name, c);
      for (size_t i = 0; i < got.size(); ++i) {
        ASSERT_NEAR(got[i], expected.cells[i], 1e-10) << name << " on " << c.grid->text() << " cell " << i;
      }
    }
  }
}

/// The modulus of the largest eigenvalue of the Jacobian at `base`, by power iteration.
double largest_eigenvalue(Rate &rate, const FieldPtr &base) {
  const WorkLayout layout(base->grid());
  const FieldPtr direction = Field::create(base->description()), before = Field::create(base->description()),
                 after = Field::create(base->description());
  direction->fill_random("normal", 4, 0, 1);
  WorkArray y(layout), f0(layout), f1(layout);
  y.load(*base, layout);
  rate.evaluate(y, 0, {.kind = Combination::Kind::rate, .out = &f0});
  f0.store(*before, layout);
  const auto size = [](const Field &field) {
    return std::sqrt(field_statistic(field, "variance")[0] + std::pow(field_average(field)[0], 2));
  };
  double radius = 0;
  for (int i = 0; i < 300; ++i) {
    direction->combine(1e-6 / size(*direction), 1, base.get());
    y.load(*direction, layout);
    rate.evaluate(y, 0, {.kind = Combination::Kind::rate, .out = &f1});
    f1.store(*after, layout);
    after->combine(1e6, -1e6, before.get());
    radius = size(*after);
    direction->assign(*after);
  }
  return radius;
}

double spectral_bound(Rate &rate, const Field &base) {
  return rate.spectral_radius(field_statistic(base, "min")[0], field_statistic(base, "max")[0]);
}

/// The largest eigenvalue that power iteration finds stays below the bound, and is near it where the bound is
/// sharp.
TEST(Rate, BoundsItsSpectralRadius) {
  FieldDescription description;
  description.grid = Grid::unit(std::vector<int64_t>{12, 8}, {true, false});
  const FieldPtr base = Field::create(description);
  base->fill_random("uniform", 3, -0.9, 1.1);
  for (const char *name : kEquations) {
    const auto rate = make_equation(name, Options())->prepare(*description.grid);
    const double radius = largest_eigenvalue(*rate, base), bound = spectral_bound(*rate, *base);
    EXPECT_LT(radius, 1.001 * bound) << name;
    EXPECT_GT(radius, 0.7 * bound) << name;
  }
}

TEST(Rate, BoundsItsSpectralRadiusOnRoundGrids) {
  for (const GridPtr &grid : {Grid::polar(0, 9, 9), Grid::spherical(0, 9, 9), Grid::spherical(1, 10, 9),
                              Grid::cylindrical({0, 9, 0, 5}, 9, 5, true)}) {
    FieldDescription description;
    description.grid = grid;
    const FieldPtr base = Field::create(description);
    base->fill_random("uniform", 3, -0.9, 1.1);
    for (const char *name : kEquations) {
      for (const char *text :
           {"auto_periodic_neumann", "auto_periodic_value", R"({"outer": {"mixed": -1.5}})"}) {
        Options options;
        options.set(std::string_view(name) == "cahn-hilliard" ? "bc_c" : "bc", std::string(text));
        const auto rate = make_equation(name, options)->prepare(*grid);
        const double radius = largest_eigenvalue(*rate, base), bound = spectral_bound(*rate, *base);
        EXPECT_LT(radius, 1.001 * bound) << name << " " << text << " " << grid->text();
        EXPECT_GT(radius, 0.3 * bound) << name << " " << text << " " << grid->text();
      }
    }
  }
}

/// Whatever the boundary conditions; some of them make states grow or the operator lose its symmetry.
TEST(Rate, BoundsItsSpectralRadiusWithAllBoundaryConditions) {
  FieldDescription description;
  description.grid = Grid::cartesian(std::vector<double>{0, 0}, std::vector<double>{6, 4},
                                     std::vector<int64_t>{9, 5}, {false, false});
  const FieldPtr base = Field::create(description);
  base->fill_random("uniform", 3, -0.9, 1.1);
  const char *const texts[] = {"value",
                               "neumann",
                               "curvature",
                               R"({"mixed": 3})",
                               R"({"mixed": -1})",
                               R"({"x": {"mixed": -2.6}, "y": "value"})",
                               R"({"x": {"mixed": -4}, "y": "curvature"})",
                               R"({"x-": {"mixed": [0, -2, 5, Infinity, -2.5]}, "x+": "curvature"})"};
  for (const char *name : kEquations) {
    for (const char *one : texts) {
      for (const char *other : {"", "value", "curvature", R"({"mixed": -2})"}) {
        const bool two =
            std::string_view(name) == "cahn-hilliard" || std::string_view(name) == "swift-hohenberg";
        if (!two && *other) continue;
        Options options;
        options.set(std::string_view(name) == "cahn-hilliard" ? "bc_c" : "bc", std::string(one));
        if (*other)
          options.set(std::string_view(name) == "cahn-hilliard" ? "bc_mu" : "bc_lap", std::string(other));
        const auto rate = make_equation(name, options)->prepare(*description.grid);
        EXPECT_LT(largest_eigenvalue(*rate, base), 1.001 * spectral_bound(*rate, *base))
            << name << " " << one << " " << other;
      }
    }
  }
}

}  // namespace
}  // namespace pde
