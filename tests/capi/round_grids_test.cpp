// Polar, spherical and cylindrical grids, as programs see them: fewer axes than dimensions, components in the
// order r, z, phi, and files and pictures that know about both.
#include <cmath>
#include <numbers>

#include "user_program.hpp"

namespace test {
namespace {

GridHandle polar(double inner, double outer, int64_t count) {
  GridHandle grid;
  REQUIRE_OK(pde_grid_create_polar(inner, outer, count, grid.out()));
  return grid;
}

GridHandle spherical(double inner, double outer, int64_t count) {
  GridHandle grid;
  REQUIRE_OK(pde_grid_create_spherical(inner, outer, count, grid.out()));
  return grid;
}

GridHandle cylindrical(double inner, double outer, int64_t count_r = 4, int64_t count_z = 3) {
  GridHandle grid;
  REQUIRE_OK(pde_grid_create_cylindrical(inner, outer, -1, 2, count_r, count_z, 1, grid.out()));
  return grid;
}

std::string text_of(const pde_grid *grid) {
  const char *text = nullptr;
  REQUIRE_OK(pde_grid_text(grid, &text));
  return text;
}

bool equal(const pde_grid *a, const pde_grid *b) {
  int32_t result = -1;
  REQUIRE_OK(pde_grid_equal(a, b, &result));
  return result == 1;
}

std::vector<double> samples_of(const pde_field *field) {
  const Bytes bytes = bytes_of(field);
  std::vector<double> values(bytes.size() / sizeof(double));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

TEST(RoundGrid, AnswersWhatEveryGridAnswers) {
  const GridHandle grid = cylindrical(0.5, 2.5);
  int32_t ndim = 0, dimension = 0, periodic[2] = {-1, -1};
  int64_t shape[2] = {};
  double lower[2], upper[2], r[4], z[3], volumes[12], total = 0;
  ASSERT_OK(pde_grid_ndim(grid, &ndim));
  ASSERT_OK(pde_grid_dimension(grid, &dimension));
  ASSERT_OK(pde_grid_shape(grid, shape, 2));
  ASSERT_OK(pde_grid_bounds(grid, lower, upper, 2));
  ASSERT_OK(pde_grid_periodic(grid, periodic, 2));
  ASSERT_OK(pde_grid_coordinates(grid, 0, r, 4));
  ASSERT_OK(pde_grid_coordinates(grid, 1, z, 3));
  ASSERT_OK(pde_grid_volumes(grid, volumes, 12, &total));
  EXPECT_EQ(2, ndim);
  EXPECT_EQ(3, dimension);
  EXPECT_EQ((std::vector<int64_t>{4, 3}), std::vector<int64_t>(shape, shape + 2));
  EXPECT_EQ((std::vector<double>{0.5, -1, 2.5, 2}),
            (std::vector<double>{lower[0], lower[1], upper[0], upper[1]}));
  EXPECT_EQ((std::vector<int32_t>{0, 1}), std::vector<int32_t>(periodic, periodic + 2));
  EXPECT_EQ((std::vector<double>{0.75, 1.25, 1.75, 2.25}), std::vector<double>(r, r + 4));
  EXPECT_EQ((std::vector<double>{-0.5, 0.5, 1.5}), std::vector<double>(z, z + 3));
  double sum = 0;
  for (int cell = 0; cell < 12; ++cell) {
    EXPECT_DOUBLE_EQ(std::numbers::pi * r[cell / 3], volumes[cell]) << cell;  // 2 pi r * 0.5 * 1
    sum += volumes[cell];
  }
  EXPECT_DOUBLE_EQ(18 * std::numbers::pi, total);
  EXPECT_NEAR(total, sum, 1e-13);
  EXPECT_STATUS(PDE_ERR_SHAPE, pde_grid_shape(grid, shape, 3));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_grid_coordinates(grid, 2, z, 3));
}

TEST(RoundGrid, IsEqualToTheOneOfItsText) {
  for (const GridHandle &grid : {polar(0, 2, 5), polar(1, 3.5, 5), spherical(0, 2, 5), spherical(0.1, 0.3, 5),
                                 cylindrical(0, 2), cylindrical(0.1, 0.3)}) {
    GridHandle again;
    ASSERT_OK(pde_grid_parse(text_of(grid).c_str(), again.out())) << text_of(grid);
    EXPECT_TRUE(equal(grid, again)) << text_of(grid);
  }
  EXPECT_FALSE(equal(polar(1, 2, 5), spherical(1, 2, 5)));
}

// Defect D31 of py-pde: equality is exact. It is so here, and says so where it matters.
TEST(RoundGrid, EqualityIsThatOfNumbersToTheLastBit) {
  GridHandle whole;
  ASSERT_OK(pde_grid_parse(R"({"radius": [1, 3], "shape": [4], "class": "PolarSymGrid"})", whole.out()));
  EXPECT_TRUE(equal(whole, polar(1.0, 3.0, 4)));
  const GridHandle other = polar(1.0, std::nextafter(3.0, 4.0), 4);
  EXPECT_FALSE(equal(whole, other));
  const StorageHandle storage = open_storage("memory:", "truncate");
  ASSERT_OK(pde_storage_append(storage, filled_field(whole, 1), 0));
  EXPECT_FAILS(PDE_ERR_SHAPE, pde_storage_append(storage, filled_field(other, 1), 1), "[1.0, 3.0]",
               "[1.0, 3.0000000000000004]");
}

pde_status position_and_number(const double *position, int64_t ndim, double *out, int64_t count, void *) {
  for (int64_t i = 0; i < count; ++i) out[i] = 100 * static_cast<double>(i);
  out[0] += position[0];
  if (count > 1) out[1] += position[ndim - 1];
  return PDE_OK;
}

// Defect D9 of py-pde: some of its functions take components as r, phi, z.
TEST(RoundGrid, ComponentsOnACylinderAreRZPhi) {
  const FieldHandle field = new_field(cylindrical(0.5, 2.5), PDE_VECTOR);
  ASSERT_OK(pde_field_fill_function(field, position_and_number, nullptr));
  EXPECT_EQ((std::vector<int64_t>{3, 4, 3}), shape_of(field));
  FieldHandle r, z, phi, none;
  ASSERT_OK(pde_field_component(field, 0, r.out()));
  ASSERT_OK(pde_field_component(field, 1, z.out()));
  ASSERT_OK(pde_field_component(field, 2, phi.out()));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_field_component(field, 3, none.out()));
  EXPECT_EQ((std::vector<double>{0.75, 0.75, 0.75, 1.25, 1.25, 1.25, 1.75, 1.75, 1.75, 2.25, 2.25, 2.25}),
            samples_of(r));
  EXPECT_EQ(
      (std::vector<double>{99.5, 100.5, 101.5, 99.5, 100.5, 101.5, 99.5, 100.5, 101.5, 99.5, 100.5, 101.5}),
      samples_of(z));
  EXPECT_EQ(std::vector<double>(12, 200), samples_of(phi));

  // The same through a file: nothing on the way turns them around.
  const TemporaryFolder folder;
  StorageHandle storage = open_storage(folder.file("a.h5"), "create");
  ASSERT_OK(pde_storage_append(storage, field, 0));
  ASSERT_OK(pde_storage_close(storage.release()));
  storage = open_storage(folder.file("a.h5"), "readonly");
  const FieldHandle read = sample_of(storage);
  ASSERT_OK(pde_storage_read(storage, 0, read));
  EXPECT_EQ(samples_of(field), samples_of(read));
}

TEST(RoundGrid, StacksNeedAComponentForEachDimension) {
  const GridHandle grid = polar(0, 2, 5);
  const FieldHandle a = filled_field(grid, 1), b = filled_field(grid, 2);
  pde_field *const parts[] = {a.get(), b.get()};
  FieldHandle vector;
  ASSERT_OK(pde_field_stack(parts, 2, PDE_VECTOR, nullptr, vector.out()));
  EXPECT_EQ((std::vector<int64_t>{2, 5}), shape_of(vector));
  EXPECT_STATUS(PDE_ERR_SHAPE, pde_field_stack(parts, 1, PDE_VECTOR, nullptr, vector.out()));
}

// Defect D32 of py-pde: rows of collections are counted by axes where they must be by dimensions.
TEST(RoundGrid, CollectionsHaveRowsForAllComponents) {
  const std::pair<GridHandle, int64_t> grids[] = {
      {polar(0, 2, 5), 2}, {spherical(0, 2, 5), 3}, {cylindrical(1, 2), 3}};
  const TemporaryFolder folder;
  for (const auto &[grid, dimension] : grids) {
    SCOPED_TRACE(text_of(grid));
    const FieldHandle scalar = filled_field(grid, 1), vector = filled_field(grid, 2, PDE_VECTOR),
                      tensor = filled_field(grid, 3, PDE_TENSOR);
    const FieldHandle all = collection_of({vector.get(), tensor.get(), scalar.get()});
    const int64_t rows = dimension + dimension * dimension + 1;
    EXPECT_EQ(rows, shape_of(all)[0]);
    const int64_t cells = count_of(shape_of(scalar));
    std::vector<double> numbered(static_cast<size_t>(rows * cells));
    for (size_t i = 0; i < numbered.size(); ++i)
      numbered[i] = static_cast<double>(static_cast<int64_t>(i) / cells);

    const StorageHandle storage = open_storage(folder.file("series.h5"), "truncate");
    ASSERT_OK(pde_storage_start(storage, all, nullptr));
    ASSERT_OK(pde_storage_append_raw(storage, PDE_FLOAT64, numbered.data(), rows * cells, 0));
    const FieldHandle read = sample_of(storage);
    ASSERT_OK(pde_storage_read(storage, 0, read));
    int64_t row = 0;
    for (int64_t member = 0; member < 3; ++member) {
      FieldHandle part;
      ASSERT_OK(pde_field_member(read, member, part.out()));
      for (double value : samples_of(part)) EXPECT_EQ(row++ / cells, value) << "member " << member;
    }
    EXPECT_EQ(rows * cells, row);
  }
}

// Defect D7 of py-pde: its files do not hold the inner radius of a cylinder.
TEST(RoundGrid, AHollowCylinderComesBackFromAFile) {
  const TemporaryFolder folder;
  const GridHandle grid = cylindrical(1, 2);
  StorageHandle storage = open_storage(folder.file("a.h5"), "create");
  ASSERT_OK(pde_storage_append(storage, filled_field(grid, 1), 0));
  EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_append(storage, filled_field(cylindrical(0, 2), 1), 1));
  ASSERT_OK(pde_storage_close(storage.release()));
  storage = open_storage(folder.file("a.h5"), "append");
  GridHandle read;
  ASSERT_OK(pde_field_grid(sample_of(storage), read.out()));
  EXPECT_TRUE(equal(grid, read)) << text_of(read);
  EXPECT_OK(pde_storage_append(storage, filled_field(grid, 2), 1));
}

TEST(RoundGrid, EquationsAreSolvedOnIt) {
  OptionsHandle options = options_from("bc:outer=3");
  ASSERT_OK(pde_options_set(options, "bc", R"({"outer": "value"})"));
  EquationHandle equation;
  ASSERT_OK(pde_equation_create("diffusion", options, equation.out()));
  for (const GridHandle &grid : {polar(0, 2, 5), spherical(0, 2, 5), cylindrical(0, 2)}) {
    const FieldHandle state = filled_field(grid, 1);
    ASSERT_OK(pde_solve(equation, state, 0, 100, nullptr, nullptr, nullptr));
    for (double value : samples_of(state)) EXPECT_NEAR(value, 3, 1e-3) << text_of(grid);
  }
}

// ---- pictures: over r a curve, over r and z an image

pde_status wave(const double *position, int64_t ndim, double *out, int64_t, void *) {
  out[0] = std::exp(-position[0]) * (ndim == 2 ? std::sin(2 * position[1]) : std::cos(5 * position[0]));
  return PDE_OK;
}

std::string picture_of(const pde_grid *grid, const std::string &path) {
  FieldHandle field;
  REQUIRE_OK(pde_field_create(grid, PDE_SCALAR, PDE_FLOAT64, "c", field.out()));
  REQUIRE_OK(pde_field_fill_function(field, wave, nullptr));
  const pde_status status = pde_field_plot(field, path.c_str(), nullptr);
  if (status == PDE_ERR_UNSUPPORTED) return "";  // a build without the movie module
  REQUIRE_OK(status);
  return bytes_of_file(path);
}

TEST(RoundGrid, PicturesNameTheAxesRAndZ) {
  const TemporaryFolder folder;
  const std::string curve = picture_of(polar(0.5, 3, 60), folder.file("polar.png"));
  if (curve.empty()) GTEST_SKIP() << pde_error_message();
  // The same numbers on straight axes give the same picture, but for the names of the axes.
  EXPECT_EQ(curve, picture_of(spherical(0.5, 3, 60), folder.file("spherical.png")));
  const std::string straight = picture_of(cartesian_grid({0.5}, {3}, {60}, {0}), folder.file("x.png"));
  EXPECT_EQ("\x89PNG", curve.substr(0, 4));
  EXPECT_NE(curve, straight);
  const std::string image = picture_of(cylindrical(0.5, 3, 40, 60), folder.file("cylindrical.png"));
  EXPECT_NE(image, picture_of(cartesian_grid({0.5, -1}, {3, 2}, {40, 60}, {0, 1}), folder.file("xy.png")));
}

TEST(RoundGrid, MoviesAreMade) {
  const TemporaryFolder folder;
  for (const GridHandle &grid : {polar(0.5, 3, 60), cylindrical(0.5, 3, 40, 60)}) {
    const std::string path = folder.file("movie.mp4");
    StorageHandle storage;
    const pde_status status = pde_storage_open(path.c_str(), "truncate", nullptr, storage.out());
    if (status == PDE_ERR_UNSUPPORTED) GTEST_SKIP() << pde_error_message();
    ASSERT_OK(status);
    const FieldHandle field = new_field(grid);
    for (int frame = 0; frame < 3; ++frame) {
      ASSERT_OK(pde_field_fill_function(field, wave, nullptr));
      ASSERT_OK(pde_field_combine(field, 1.0 + frame, 0, nullptr));
      ASSERT_OK(pde_storage_append(storage, field, frame));
    }
    ASSERT_OK(pde_storage_close(storage.release()));
    EXPECT_EQ("ftyp", bytes_of_file(path).substr(4, 4));
  }
}

}  // namespace
}  // namespace test
