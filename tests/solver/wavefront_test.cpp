// Several Euler steps in one pass: they are the steps that a plain loop makes, however they are divided.
#include "solver/wavefront.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "solver/equation.hpp"

namespace pde {
namespace {

struct Case {
  const char *what;
  GridPtr grid;
  const char *bc;
};

std::vector<Case> cases() {
  const std::vector<double> origin{0, 0};
  const auto plane = [&](int64_t nx, int64_t ny, double width, bool around_x, bool around_y) {
    const std::vector<double> upper{width * static_cast<double>(nx), 1.0 * static_cast<double>(ny)};
    return Grid::cartesian(origin, upper, std::vector<int64_t>{nx, ny}, {around_x, around_y});
  };
  return {
      {"square, around both", plane(16, 33, 1, true, true), "periodic"},
      {"square, around one", plane(9, 40, 1, true, false), "auto_periodic_neumann"},
      {"square, around the other", plane(13, 8, 1, false, true), "auto_periodic_dirichlet"},
      {"odd, closed", plane(11, 17, 1.5, false, false), "neumann"},
      {"even, values", plane(12, 5, 0.75, false, false), R"({"value": 0.3})"},
      {"least rows, around", plane(8, 3, 1.25, true, false), "auto_periodic_neumann"},
      {"curvature and mixed", plane(10, 9, 1, false, false),
       R"({"x-": {"curvature": 0.2}, "x+": {"type": "mixed", "value": 0.5, "const": 0.1}, "y-": {"derivative": 0.1}, "y+": {"curvature": -0.1}})"},
      {"values along sides", plane(8, 3, 1, false, false),
       R"({"x-": {"value": [0.1, 0.2, 0.3]}, "x+": "neumann", "y-": {"value": [1, 2, 3, 4, 5, 6, 7, 8]}, "y+": "neumann"})"},
      {"curvature along a side", plane(8, 3, 1, false, false),
       R"({"x-": {"curvature": [0.1, 0.2, 0.3]}, "x+": "neumann", "y-": {"curvature": [1, 2, 3, 4, 5, 6, 7, 8]}, "y+": "neumann"})"},
      {"cylinder", Grid::cylindrical({0, 8, 0, 12}, 10, 12, true), "auto_periodic_neumann"},
      {"hollow cylinder", Grid::cylindrical({1, 9, 0, 9}, 8, 9, false), R"({"value": 0.1})"},
  };
}

const char *const kEquations[] = {"diffusion", "allen-cahn", "cahn-hilliard", "swift-hohenberg"};

std::unique_ptr<Rate> rate_of(const char *name, const Case &c) {
  Options options;
  const bool two = std::string_view(name) == "cahn-hilliard";
  options.set(two ? "bc_c" : "bc", std::string(c.bc));
  if (std::string_view(name) == "allen-cahn") options.parse("interface_width=1.5 mobility=0.5");
  if (std::string_view(name) == "swift-hohenberg") options.parse("rate=0.2 kc2=0.8 delta=0.5");
  return make_equation(name, options)->prepare(*c.grid);
}

class Steps {
 public:
  Steps(const char *name, const Case &c)
      : rate_(rate_of(name, c)), layout_(*c.grid), y_(layout_), out_(layout_) {
    FieldDescription description;
    description.grid = c.grid;
    state_ = Field::create(description);
    state_->fill_random("uniform", 5, -1, 1);
    y_.load(*state_, layout_);
  }
  Rate &rate() { return *rate_; }
  void at_once(double h, int64_t steps) {
    rate_->euler_steps(y_, out_, h, steps);
    std::swap(y_, out_);
  }
  void plain(double h) {
    rate_->evaluate(y_, 0,
                    {.kind = Combination::Kind::sum, .out = &out_, .f_weight = h, .terms = {{&y_, 1}}});
    std::swap(y_, out_);
  }
  std::vector<double> cells() {
    y_.store(*state_, layout_);
    std::vector<double> cells(static_cast<size_t>(state_->description().grid->cells()));
    state_->pack(cells.data());
    return cells;
  }

 private:
  std::unique_ptr<Rate> rate_;
  WorkLayout layout_;
  WorkArray y_, out_;
  FieldPtr state_;
};

TEST(Wavefront, MakesTheStepsOfAPlainLoop) {
  constexpr double kStep = 1e-3;
  for (const Case &c : cases()) {
    for (const char *name : kEquations) {
      Steps plain(name, c), at_once(name, c);
      ASSERT_GE(at_once.rate().euler_steps_at_once(), 1) << name << ", " << c.what;
      for (int64_t steps = 1; steps <= 3; ++steps) {
        at_once.at_once(kStep, steps);
        for (int64_t i = 0; i < steps; ++i) plain.plain(kStep);
      }
      const std::vector<double> a = plain.cells(), b = at_once.cells();
      for (size_t i = 0; i < a.size(); ++i)
        ASSERT_NEAR(a[i], b[i], 1e-13 * std::max(1.0, std::fabs(a[i])))
            << name << ", " << c.what << ", cell " << i;
    }
  }
}

TEST(Wavefront, GivesTheSameBitsHoweverStepsAreDivided) {
  constexpr double kStep = 1e-3;
  for (const Case &c : cases()) {
    for (const char *name : kEquations) {
      Steps one_by_one(name, c), mixed(name, c);
      int64_t made = 0;
      for (const int64_t steps : {3, 1, 2, 3}) {
        mixed.at_once(kStep, steps);
        made += steps;
      }
      for (int64_t i = 0; i < made; ++i) one_by_one.at_once(kStep, 1);
      ASSERT_EQ(one_by_one.cells(), mixed.cells()) << name << ", " << c.what;
    }
  }
}

TEST(Wavefront, IsLeftToWhereItCanBeUsed) {
  const auto at_once = [](const GridPtr &grid, const char *bc) {
    return rate_of("diffusion", {"", grid, bc})->euler_steps_at_once();
  };
  const auto unit = [](std::vector<int64_t> shape, bool around) {
    return Grid::unit(shape, std::vector<bool>(shape.size(), around));
  };
  EXPECT_GT(at_once(unit({8, 8}, true), "periodic"), 1);
  EXPECT_EQ(at_once(unit({8, 8}, true), R"({"x": "anti-periodic", "y": "periodic"})"), 0);
  EXPECT_EQ(at_once(unit({7, 8}, true), "periodic"), 0);
  EXPECT_EQ(at_once(unit({64}, true), "periodic"), 0);
  EXPECT_EQ(at_once(unit({8, 8, 8}, true), "periodic"), 0);
}

}  // namespace
}  // namespace pde
