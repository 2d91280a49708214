// Boundary conditions of equations, as a program sets them.
#include "user_program.hpp"

namespace test {
namespace {

EquationHandle equation_with(const char *name, const pde_options *options) {
  EquationHandle equation;
  REQUIRE_OK(pde_equation_create(name, options, equation.out()));
  return equation;
}

OptionsHandle conditions(const char *text) {
  OptionsHandle options;
  REQUIRE_OK(pde_options_create(options.out()));
  REQUIRE_OK(pde_options_set(options, "bc", text));
  return options;
}

std::vector<double> samples_of(pde_field *field) {
  int64_t shape[2] = {1, 1}, strides[2];
  int32_t ndim = 0;
  const void *data = nullptr;
  REQUIRE_OK(pde_field_ndim(field, &ndim));
  REQUIRE_OK(pde_field_shape(field, shape, ndim));
  REQUIRE_OK(pde_field_data_const(field, PDE_FLOAT64, &data, strides, ndim));
  const auto *first = static_cast<const double *>(data);
  return {first, first + shape[0] * shape[1]};
}

/// Long enough to be at rest.
std::vector<double> at_rest(const pde_equation *equation, const pde_grid *grid) {
  const FieldHandle state = filled_field(grid, 0);
  REQUIRE_OK(pde_solve(equation, state, 0, 100, options_from("tolerance=1e-10"), nullptr, nullptr));
  return samples_of(state);
}

TEST(Boundaries, SetWhatASolutionTendsTo) {
  // Between two walls at 1 and 5: a straight line, through the centres of four cells.
  const EquationHandle walls =
      equation_with("diffusion", conditions(R"({"left": {"value": 1}, "right": {"value": 5}})"));
  const std::vector<double> line = at_rest(walls, unit_grid({4}));
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(line[i], 1.5 + static_cast<double>(i), 1e-6);
  // Heat that leaves at one end in proportion to what is there: c = 3 at the other, d_n c + c = 0 at x = 4.
  const EquationHandle leak =
      equation_with("diffusion", conditions(R"({"x-": {"value": 3}, "x+": {"type": "mixed", "value": 1}})"));
  const std::vector<double> slope = at_rest(leak, unit_grid({4}));
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(slope[i], 3 - 0.6 * (static_cast<double>(i) + 0.5), 1e-6);
}

TEST(Boundaries, TakeValuesFromAnArray) {
  const double left[] = {2, 4, 6};
  const OptionsHandle options = conditions(R"({"x-": "value"})");
  ASSERT_OK(pde_options_set_reals(options, "bc:x-", left, 3));
  const std::vector<double> by_array = at_rest(equation_with("diffusion", options), unit_grid({5, 3}));
  const std::vector<double> by_text =
      at_rest(equation_with("diffusion", conditions(R"({"x-": {"value": [2, 4, 6]}})")), unit_grid({5, 3}));
  EXPECT_EQ(by_array, by_text);
  EXPECT_NEAR(by_array.back(), 4, 0.05);  // far from the side little but the mean is left
  EXPECT_GT(by_array[2], by_array[0] + 1);
}

TEST(Boundaries, ThatMakeNoSenseAreRefused) {
  const GridHandle grid = unit_grid({4});
  EquationHandle refused;
  const auto expect = [&](pde_status status, const char *text, const char *part) {
    const OptionsHandle options = conditions(text);
    EXPECT_FAILS(status, pde_equation_create("diffusion", options, refused.out()), "option bc", part);
    EXPECT_EQ(refused.get(), nullptr);
  };
  expect(PDE_ERR_ARGUMENT, "wall", "neumann");
  expect(PDE_ERR_ARGUMENT, "{\"value\": ", "JSON");
  expect(PDE_ERR_ARGUMENT, R"({"up": "value"})", "left");
  expect(PDE_ERR_UNSUPPORTED, R"({"value": "x**2"})", "one number per point");
  expect(PDE_ERR_UNSUPPORTED, R"({"value_expression": "x"})", "value_expression");

  const FieldHandle state = filled_field(grid, 2);
  for (const char *text :
       {R"({"y": "value"})", R"({"x-": {"value": [1, 2]}})", "periodic", R"({"mixed": -2})"}) {
    const EquationHandle equation = equation_with("diffusion", conditions(text));
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_solve(equation, state, 0, 1, nullptr, nullptr, nullptr), "option bc");
  }
  EXPECT_EQ(samples_of(state), std::vector<double>(4, 2));

  const OptionsHandle options = conditions("value");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_options_set_real(options, "bc:", 1), "bc:x-");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_options_set_real(options, "bc:x-:y", 1), "bc:x-:y");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_options_set_real(options, ":x", 1), ":x");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_options_set_real(options, "b-c", 1), "b-c");
  ASSERT_OK(pde_options_set(options, "bc:x+", "wet"));
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_equation_create("diffusion", options, refused.out()), "bc:x+", "wet",
               "numbers");
  ASSERT_OK(pde_options_set(options, "bc:x+", nullptr));
  ASSERT_OK(pde_options_set(options, "bc_mu:x+", "1"));
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_equation_create("diffusion", options, refused.out()), "bc_mu:x+",
               "bc:*");
}

}  // namespace
}  // namespace test
