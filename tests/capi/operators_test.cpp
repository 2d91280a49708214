// Differential operators, as a program uses them.
#include <complex>
#include <numbers>

#include "user_program.hpp"

namespace test {
namespace {

OperatorHandle made(const pde_grid *grid, const char *name, const pde_options *options = nullptr) {
  OperatorHandle op;
  REQUIRE_OK(pde_operator_create(grid, name, options, op.out()));
  return op;
}

/// The samples of an owned float64 field.
double *samples(pde_field *field) {
  void *data = nullptr;
  REQUIRE_OK(pde_field_data(field, PDE_FLOAT64, &data));
  return static_cast<double *>(data);
}

TEST(Operators, ComputeOnStraightAxes) {
  const GridHandle grid = unit_grid({5, 4});
  const FieldHandle state = new_field(grid, PDE_SCALAR, PDE_FLOAT64, "u");
  const FieldHandle slope = new_field(grid, PDE_VECTOR, PDE_FLOAT64, "v");
  const FieldHandle curvature = new_field(grid, PDE_SCALAR, PDE_FLOAT64, "w");
  for (int i = 0; i < 5; ++i) {
    for (int j = 0; j < 4; ++j) samples(state)[4 * i + j] = i * i + 3 * j;
  }
  const OptionsHandle straight = options_from("bc=extrapolate");  // a line goes on as it is
  ASSERT_OK(pde_operator_apply(made(grid, "gradient", straight), state, 0, slope));
  EXPECT_EQ(samples(slope)[4 * 2 + 1], 4);  // along x
  for (int i = 0; i < 20; ++i) EXPECT_EQ(samples(slope)[20 + i], 3) << i;
  const OperatorHandle laplace = made(grid, "laplace", straight);
  ASSERT_OK(pde_operator_apply(laplace, state, 0, curvature));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(samples(curvature)[i], i < 4 || i >= 16 ? 0 : 2) << i;
  // The operator keeps its grid, and can be applied again.
  ASSERT_OK(pde_operator_apply(laplace, curvature, 1, state));
  EXPECT_EQ(samples(state)[4], -2);
}

TEST(Operators, ComputeAroundACentre) {
  GridHandle ball, cylinder;
  ASSERT_OK(pde_grid_create_spherical(0, 2, 4, ball.out()));
  ASSERT_OK(pde_grid_create_cylindrical(1, 3, 0, 1, 4, 3, 0, cylinder.out()));
  const FieldHandle flow = new_field(ball, PDE_VECTOR, PDE_FLOAT64, "v");
  const FieldHandle source = new_field(ball, PDE_SCALAR, PDE_FLOAT64, "q");
  for (int i = 0; i < 4; ++i) samples(flow)[i] = 0.25 + 0.5 * i;  // v_r = r: a divergence of 3
  const OptionsHandle options = options_from("bc:outer=2");
  ASSERT_OK(pde_options_set(options, "bc", R"({"inner": "normal_value", "outer": "normal_value"})"));
  ASSERT_OK(pde_operator_apply(made(ball, "divergence", options), flow, 0, source));
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(samples(source)[i], 3, 1e-13) << i;

  const FieldHandle height = new_field(cylinder, PDE_SCALAR, PDE_FLOAT64, "z");
  const FieldHandle up = new_field(cylinder, PDE_VECTOR, PDE_FLOAT64, "e");
  for (int i = 0; i < 12; ++i) samples(height)[i] = i % 3;
  ASSERT_OK(pde_operator_apply(made(cylinder, "gradient", options_from("bc=extrapolate")), height, 0, up));
  for (int i = 0; i < 36; ++i) EXPECT_NEAR(samples(up)[i], i / 12 == 1 ? 3 : 0, 1e-13) << i;  // r, z, phi
}

TEST(Operators, TakeComplexFieldsInAnyLayout) {
  const GridHandle grid = unit_grid({8}, {1});
  std::complex<double> wave[16], result[8];
  for (int i = 0; i < 8; ++i) wave[2 * i] = std::polar(1.0, 2 * std::numbers::pi * i / 8);
  const int64_t every_other[] = {2}, backwards[] = {-1};
  FieldHandle in, out;
  ASSERT_OK(pde_field_wrap(grid, PDE_SCALAR, PDE_COMPLEX128, nullptr, wave, every_other, in.out()));
  ASSERT_OK(pde_field_wrap(grid, PDE_SCALAR, PDE_COMPLEX128, nullptr, result + 7, backwards, out.out()));
  ASSERT_OK(pde_operator_apply(made(grid, "laplace"), in, 0, out));
  const double eigenvalue = 2 * std::cos(2 * std::numbers::pi / 8) - 2;
  for (int i = 0; i < 8; ++i) EXPECT_LT(std::abs(result[7 - i] - eigenvalue * wave[2 * i]), 1e-15) << i;
}

TEST(Operators, RefuseWhatDoesNotFit) {
  const GridHandle grid = unit_grid({4}), other = unit_grid({5});
  const FieldHandle state = filled_field(grid, 1), result = filled_field(grid, 7);
  const FieldHandle vector = new_field(grid, PDE_VECTOR, PDE_FLOAT64, "v"),
                    small = new_field(grid, PDE_SCALAR, PDE_FLOAT32, "s");
  OperatorHandle op = made(grid, "laplace");
  EXPECT_FAILS(PDE_ERR_SHAPE, pde_operator_apply(op, vector, 0, result), "in ", "laplace", "scalar field");
  EXPECT_FAILS(PDE_ERR_SHAPE, pde_operator_apply(op, state, 0, vector), "out ");
  EXPECT_FAILS(PDE_ERR_SHAPE, pde_operator_apply(op, filled_field(other, 1), 0, result), "in ", "[5]");
  EXPECT_FAILS(PDE_ERR_DTYPE, pde_operator_apply(op, small, 0, result), "in ", "float32", "complex128");
  EXPECT_FAILS(PDE_ERR_DTYPE, pde_operator_apply(op, state, 0, small), "out ", "float32");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_operator_apply(op, state, NAN, result), "time", "nan");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_operator_apply(op, state, 0, state), "out is the field in");
  FieldHandle same;
  ASSERT_OK(pde_field_component(state, 0, same.out()));
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_operator_apply(op, state, 0, same), "share");
  EXPECT_EQ(samples(result)[3], 7);

  OperatorHandle refused;
  const auto refuses = [&](pde_status status, const char *name, const OptionsHandle &options,
                           const char *part) {
    EXPECT_FAILS(status, pde_operator_create(grid, name, options, refused.out()), part);
    EXPECT_EQ(refused.get(), nullptr);
  };
  refuses(PDE_ERR_ARGUMENT, "rotation", options_from(""), "\"d2_dx2\"");
  refuses(PDE_ERR_UNSUPPORTED, "tensor_double_divergence", options_from(""), "UnitGrid");
  refuses(PDE_ERR_ARGUMENT, "laplace", options_from("method=forward"), "method");
  refuses(PDE_ERR_ARGUMENT, "laplace", options_from("bc=periodic"), "not periodic");
  refuses(PDE_ERR_ARGUMENT, "laplace", options_from("bc='{\"left\": \"value\"}'"), "x+");
  refuses(PDE_ERR_UNSUPPORTED, "laplace", options_from("bc='{\"value\": \"x\"}'"), "one number per point");
  const char *table = nullptr;
  ASSERT_OK(pde_options_describe("operator", &table));
  for (const char *key : {"\"bc\"", "\"bc:*\"", "\"corner_weight\"", "\"safe\""})
    EXPECT_NE(std::string(table).find(key), std::string::npos) << key;
}

TEST(Operators, LookForTheSymmetryOfASphere) {
  GridHandle ball;
  ASSERT_OK(pde_grid_create_spherical(1, 2, 3, ball.out()));
  const FieldHandle flow = new_field(ball, PDE_VECTOR, PDE_FLOAT64, "v");
  const FieldHandle source = new_field(ball, PDE_SCALAR, PDE_FLOAT64, "q");
  const OperatorHandle divergence = made(ball, "divergence");
  EXPECT_OK(pde_operator_apply(divergence, flow, 0, source));
  for (const double wrong : {1e-300, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    samples(flow)[3 + 2] = wrong;
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_operator_apply(divergence, flow, 0, source), "component 1 of cell 2",
                 "safe");
    EXPECT_OK(pde_operator_apply(made(ball, "divergence", options_from("safe=false")), flow, 0, source));
  }
}

}  // namespace
}  // namespace test
