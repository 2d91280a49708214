#include "grid/grid.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <numbers>
#include <random>

#include "base/json.hpp"
#include "support/expect_error.hpp"

namespace pde {
namespace {

std::string file_text(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Numbers of nested arrays, in C order.
void flatten(const JsonValue &value, std::vector<double> &out) {
  if (value.IsNumber()) {
    out.push_back(value.GetDouble());
    return;
  }
  for (const JsonValue &entry : value.GetArray()) flatten(entry, out);
}

/// Without the words that only say how a number is written: 3 and 3.0 are the same.
void expect_same_json(const JsonValue &actual, const JsonValue &expected) {
  if (expected.IsNumber()) {
    ASSERT_TRUE(actual.IsNumber());
    EXPECT_EQ(actual.GetDouble(), expected.GetDouble());
  } else if (expected.IsArray()) {
    ASSERT_TRUE(actual.IsArray() && actual.Size() == expected.Size());
    for (rapidjson::SizeType i = 0; i < expected.Size(); ++i) expect_same_json(actual[i], expected[i]);
  } else {
    EXPECT_EQ(actual, expected);
  }
}

void expect_same_text(const std::string &actual, const std::string &expected) {
  const JsonDocument ours = json_parse(actual, "ours"), theirs = json_parse(expected, "theirs");
  ASSERT_EQ(ours.MemberCount(), theirs.MemberCount());
  for (auto a = ours.MemberBegin(), b = theirs.MemberBegin(); b != theirs.MemberEnd(); ++a, ++b) {
    EXPECT_EQ(json_text(a->name), json_text(b->name)) << "keys come in the order of py-pde";
    expect_same_json(a->value, b->value);
  }
}

/// The golden grids: those that lie in the file, and the hollow cylinder as py-pde would have to write it.
GridPtr golden_grid(const JsonValue &entry) {
  const std::string text(json_text(*json_find(entry, "state_serialized")));
  const JsonValue &bounds = *json_find(entry, "bounds");
  const GridPtr grid = Grid::parse(text);
  expect_same_text(grid->text(), text);
  if (grid->lower(0) == bounds[0][0].GetDouble()) return grid;
  EXPECT_EQ(json_text(*json_find(entry, "name")), "cylindrical_hollow");
  return Grid::cylindrical({bounds[0][0].GetDouble(), bounds[0][1].GetDouble(), bounds[1][0].GetDouble(),
                            bounds[1][1].GetDouble()},
                           grid->shape()[0], grid->shape()[1], false);
}

void expect_axes_as_in(const JsonValue &entry, const Grid &grid) {
  EXPECT_EQ(grid.ndim(), json_find(entry, "num_axes")->GetInt());
  EXPECT_EQ(grid.dimension(), json_find(entry, "dim")->GetInt());
  EXPECT_EQ(grid.class_name(), json_text(*json_find(entry, "class")));
  for (int axis = 0; axis < grid.ndim(); ++axis) {
    const auto at = static_cast<rapidjson::SizeType>(axis);
    EXPECT_EQ(grid.axis_name(axis), json_text((*json_find(entry, "axes"))[at]));
    EXPECT_EQ(grid.shape()[at], (*json_find(entry, "shape"))[at].GetInt64());
    EXPECT_EQ(grid.lower(axis), (*json_find(entry, "bounds"))[at][0].GetDouble());
    EXPECT_EQ(grid.upper(axis), (*json_find(entry, "bounds"))[at][1].GetDouble());
    EXPECT_EQ(grid.periodic(axis), (*json_find(entry, "periodic"))[at].GetBool());
    EXPECT_EQ(grid.spacing(axis), (*json_find(entry, "discretization"))[at].GetDouble());
    const JsonValue &centres = (*json_find(entry, "coordinates"))[at];
    ASSERT_EQ(grid.shape()[at], centres.Size());
    for (rapidjson::SizeType i = 0; i < centres.Size(); ++i)
      EXPECT_EQ(grid.centre(axis, i), centres[i].GetDouble());
  }
}

TEST(Grid, EveryGoldenGridComesBack) {
  const JsonDocument golden = json_parse(file_text(PDE_GOLDEN_DIR "/grids.json"), "grids.json");
  int checked = 0;
  for (const JsonValue &entry : json_find(golden, "grids")->GetArray()) {
    SCOPED_TRACE(json_text(*json_find(entry, "name")));
    const GridPtr grid = golden_grid(entry);
    expect_axes_as_in(entry, *grid);
    EXPECT_TRUE(*Grid::parse(grid->text()) == *grid);
    // Cubes come from pow(), whose last bit is not the same everywhere; all else is exact.
    const double tolerance = grid->geometry() == Grid::Geometry::spherical ? 1e-14 * grid->volume() : 0;
    EXPECT_NEAR(grid->volume(), json_find(entry, "volume")->GetDouble(), tolerance);
    std::vector<double> volumes;
    flatten(*json_find(entry, "cell_volumes"), volumes);
    ASSERT_EQ(static_cast<int64_t>(volumes.size()), grid->cells());
    for (size_t cell = 0; cell < volumes.size(); ++cell) {
      EXPECT_NEAR(grid->cell_volume(static_cast<int64_t>(cell)), volumes[cell], tolerance);
    }
    ++checked;
  }
  EXPECT_EQ(checked, 16);
}

TEST(Grid, RadiiAndBoundsOfZStayAsTheyAreGiven) {
  const GridPtr grid = Grid::cylindrical({3.14, 10.41, -3.14, 1.41}, 2, 2, true);
  EXPECT_EQ(grid->lower(0), 3.14);
  EXPECT_EQ(grid->upper(0), 10.41);
  EXPECT_EQ(grid->upper(1), 1.41);  // on a Cartesian grid: 1.4099999999999997
  EXPECT_EQ(grid->text(),
            R"({"radius": [3.14, 10.41], "bounds_z": [-3.14, 1.41], "shape": [2, 2], "periodic_z": true, )"
            R"("class": "CylindricalSymGrid"})");
}

TEST(Grid, AHollowCylinderKeepsItsInnerRadius) {
  const GridPtr hollow = Grid::cylindrical({1, 2, 0, 3}, 4, 6, false);
  const GridPtr full = Grid::cylindrical({0, 2, 0, 3}, 4, 6, false);
  EXPECT_EQ(hollow->text(), R"({"radius": [1.0, 2.0], "bounds_z": [0.0, 3.0], "shape": [4, 6], )"
                            R"("periodic_z": false, "class": "CylindricalSymGrid"})");
  EXPECT_FALSE(*hollow == *full);
  EXPECT_TRUE(*Grid::parse(hollow->text()) == *hollow);
  EXPECT_EQ(hollow->volume(), full->volume() * 0.75);
}

TEST(Grid, CellsOfACylinderCountRFirst) {
  const GridPtr grid = Grid::cylindrical({0, 3, 0, 2}, 3, 2, false);
  // Cell (i, j) is number 2 i + j, and its volume depends on i.
  EXPECT_EQ(grid->cell_volume(0), grid->cell_volume(1));
  EXPECT_EQ(grid->cell_volume(3), 3 * grid->cell_volume(1));
  EXPECT_NEAR(grid->cell_volume(5), 5 * std::numbers::pi, 1e-14);
}

TEST(Grid, BadRadiiAndBoundsOfZAreRefused) {
  const double inf = INFINITY, nan = NAN;
  for (const auto &[inner, outer] : {std::pair{-1.0, 2.0},
                                     {2.0, 2.0},
                                     {3.0, 2.0},
                                     {nan, 2.0},
                                     {0.0, nan},
                                     {0.0, inf},
                                     {inf, inf},
                                     {0.0, 0.0}}) {
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Grid::polar(inner, outer, 3), "inner and outer radius are");
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Grid::spherical(inner, outer, 3), "0 <= inner < outer");
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Grid::cylindrical({inner, outer, 0, 1}, 3, 3, false), "radius");
  }
  for (const auto &[lower, upper] : {std::pair{1.0, 1.0}, {2.0, 1.0}, {nan, 1.0}, {0.0, inf}, {-inf, 0.0}})
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Grid::cylindrical({0, 1, lower, upper}, 3, 3, false), "bounds of z");
  EXPECT_MESSAGE(PDE_ERR_RANGE, Grid::cylindrical({0, 1, -1e308, 1e308}, 3, 3, false), "not finite");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Grid::polar(0, 1, 0), "shape[0] is 0");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Grid::cylindrical({0, 1, 0, 1}, 3, -2, false), "shape[1] is -2");
  EXPECT_MESSAGE(PDE_ERR_RANGE, Grid::spherical(0, 1, INT64_MAX), "more cells");
  EXPECT_MESSAGE(PDE_ERR_RANGE, Grid::cylindrical({0, 1, 0, 1}, 4000000000, 4000000000, false), "more cells");
}

TEST(Grid, UpperBoundsAreRoundedAsInPyPde) {
  const double lower[] = {-3.14}, upper[] = {1.41};
  const int64_t shape[] = {4};
  const GridPtr grid = Grid::cartesian(lower, upper, shape, {false});
  EXPECT_EQ(grid->upper(0), 1.4099999999999997);
  EXPECT_TRUE(*Grid::parse(grid->text()) == *grid);
}

/// Numbers of few digits and of many, small and large ones.
double random_number(std::mt19937_64 &random) {
  const double scale[] = {1e-3, 1, 1, 1e3};
  const double x = std::uniform_real_distribution<double>(-10, 10)(random);
  return (random() % 2 ? x : std::round(x)) * scale[random() % 4];
}

std::pair<double, double> random_interval(std::mt19937_64 &random) {
  const double a = random_number(random), b = random_number(random);
  if (a == b) return {a, a + 1};
  return {std::min(a, b), std::max(a, b)};
}

/// From 0 in every second case.
std::pair<double, double> random_radii(std::mt19937_64 &random) {
  const double a = random() % 2 ? std::fabs(random_number(random)) : 0;
  const double b = std::fabs(random_number(random));
  if (a == b) return {a, a + 1};
  return {std::min(a, b), std::max(a, b)};
}

GridPtr random_straight_grid(std::mt19937_64 &random, bool unit) {
  const size_t ndim = 1 + random() % 3;
  std::vector<double> lower, upper;
  std::vector<int64_t> shape;
  std::vector<bool> periodic;
  for (size_t axis = 0; axis < ndim; ++axis) {
    const auto [low, high] = random_interval(random);
    lower.push_back(low);
    upper.push_back(high);
    shape.push_back(static_cast<int64_t>(1 + random() % 20));
    periodic.push_back(random() % 2 == 0);
  }
  return unit ? Grid::unit(shape, periodic) : Grid::cartesian(lower, upper, shape, periodic);
}

GridPtr random_grid(std::mt19937_64 &random) {
  const uint64_t kind = random() % 5;
  if (kind < 2) return random_straight_grid(random, kind == 0);
  const auto [inner, outer] = random_radii(random);
  const auto count = static_cast<int64_t>(1 + random() % 50);
  if (kind == 2) return Grid::polar(inner, outer, count);
  if (kind == 3) return Grid::spherical(inner, outer, count);
  const auto [lower, upper] = random_interval(random);
  return Grid::cylindrical({inner, outer, lower, upper}, count, static_cast<int64_t>(1 + random() % 20),
                           random() % 2 == 0);
}

/// What the cells' volumes may lack of the whole: rounding, of volumes that reach to the centre even where
/// the grid does not.
double volume_tolerance(const Grid &grid) {
  double reach = grid.volume();
  if (!grid.is_cartesian() && grid.lower(0) > 0) {
    const double share = grid.lower(0) / grid.upper(0);
    reach /= 1 - std::pow(share, grid.geometry() == Grid::Geometry::spherical ? 3 : 2);
  }
  return 1e-15 * static_cast<double>(10 + grid.cells()) * reach;
}

TEST(Grid, RandomGridsKeepTheirTextAndTheirVolume) {
  const char *given = std::getenv("PDE_TEST_SEED");
  const uint64_t first = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::printf("PDE_TEST_SEED=%llu\n", static_cast<unsigned long long>(first));
  for (uint64_t i = 0; i < 3000 && !::testing::Test::HasFailure(); ++i) {
    std::mt19937_64 random(first + i);
    const GridPtr grid = random_grid(random);
    SCOPED_TRACE("PDE_TEST_SEED=" + std::to_string(first + i) + ": " + grid->text());
    const GridPtr again = Grid::parse(grid->text());
    EXPECT_TRUE(*again == *grid);
    EXPECT_EQ(again->text(), grid->text());
    for (int axis = 0; axis < grid->ndim(); ++axis) {
      EXPECT_EQ(again->lower(axis), grid->lower(axis));
      EXPECT_EQ(again->upper(axis), grid->upper(axis));
      EXPECT_EQ(again->periodic(axis), grid->periodic(axis));
    }
    double sum = 0;
    for (int64_t cell = 0; cell < grid->cells(); ++cell) {
      EXPECT_GT(grid->cell_volume(cell), 0);
      sum += grid->cell_volume(cell);
    }
    EXPECT_NEAR(sum, grid->volume(), volume_tolerance(*grid));
  }
}

TEST(Grid, ReadsTheFormsThatPyPdeReads) {
  const auto same = [](const char *lenient, const char *canonical) {
    EXPECT_EQ(Grid::parse(lenient)->text(), canonical) << lenient;
  };
  same(R"({"class": "UnitGrid", "shape": [4.0, 2], "periodic": [1, 0]})",
       R"({"shape": [4, 2], "periodic": [true, false], "class": "UnitGrid"})");
  same(R"({"class": "UnitGrid", "shape": [4, 2], "periodic": true})",
       R"({"shape": [4, 2], "periodic": [true, true], "class": "UnitGrid"})");
  same(R"({"class": "CartesianGrid", "shape": [4], "periodic": [false], "bounds": [[3]]})",
       R"({"bounds": [[0.0, 3.0]], "shape": [4], "periodic": [false], "class": "CartesianGrid"})");
  same(R"({"class": "CartesianGrid", "shape": [4], "periodic": [false], "bounds": [[3, 1]]})",
       R"({"bounds": [[1.0, 3.0]], "shape": [4], "periodic": [false], "class": "CartesianGrid"})");
  same(R"({"class": "PolarSymGrid", "shape": [4.0], "radius": [0, 3]})",
       R"({"radius": 3.0, "shape": [4], "class": "PolarSymGrid"})");
  same(R"({"class": "SphericalSymGrid", "shape": [4], "radius": [-0.0, 3]})",
       R"({"radius": 3.0, "shape": [4], "class": "SphericalSymGrid"})");
  same(R"({"class": "SphericalSymGrid", "shape": [4], "radius": [1, 3.5]})",
       R"({"radius": [1.0, 3.5], "shape": [4], "class": "SphericalSymGrid"})");
  same(
      R"({"class": "CylindricalSymGrid", "radius": 2, "shape": [2, 3], "bounds_z": [-0.0, 1], "periodic_z": 1})",
      R"({"radius": 2.0, "bounds_z": [0.0, 1.0], "shape": [2, 3], "periodic_z": true, )"
      R"("class": "CylindricalSymGrid"})");
}

TEST(Grid, EqualityIsExactAndKnowsTheClass) {
  const auto grid = [](const char *text) { return Grid::parse(text); };
  const auto unit = grid(R"({"shape": [2], "periodic": [false], "class": "UnitGrid"})");
  EXPECT_FALSE(*unit ==
               *grid(R"({"bounds": [[0, 2]], "shape": [2], "periodic": [false], "class": "CartesianGrid"})"));
  EXPECT_FALSE(*unit == *grid(R"({"shape": [2], "periodic": [true], "class": "UnitGrid"})"));
  EXPECT_FALSE(*unit == *grid(R"({"shape": [3], "periodic": [false], "class": "UnitGrid"})"));
  const auto polar = Grid::polar(1, 3, 4);
  EXPECT_TRUE(*polar == *grid(R"({"radius": [1, 3], "shape": [4], "class": "PolarSymGrid"})"));
  EXPECT_FALSE(*polar == *Grid::polar(1, std::nextafter(3, 4), 4));
  EXPECT_FALSE(*polar == *Grid::polar(0, 3, 4));
  EXPECT_FALSE(*polar == *Grid::spherical(1, 3, 4));
  const auto cylinder = Grid::cylindrical({0, 3, -0.0, 1}, 4, 2, false);
  EXPECT_TRUE(*cylinder == *Grid::cylindrical({-0.0, 3, 0.0, 1}, 4, 2, false));
  EXPECT_FALSE(*cylinder == *Grid::cylindrical({0, 3, 0, 1}, 4, 2, true));
  EXPECT_FALSE(*cylinder == *Grid::cylindrical({0, 3, 0, 1}, 2, 4, false));
}

TEST(Grid, ABadTextSaysWhatIsWrong) {
  const auto bad = [](const char *text, pde_status status, const char *words) {
    EXPECT_MESSAGE(status, Grid::parse(text), words);
  };
  bad("{", PDE_ERR_FORMAT, "not JSON");
  bad("[1]", PDE_ERR_FORMAT, "no \"class\"");
  bad(R"({"class": "Foo"})", PDE_ERR_FORMAT, "Foo");
  bad(R"({"class": "UnitGrid", "periodic": [false]})", PDE_ERR_FORMAT, "shape");
  bad(R"({"class": "UnitGrid", "shape": [], "periodic": []})", PDE_ERR_FORMAT, "0 entries");
  bad(R"({"class": "UnitGrid", "shape": [2, 2, 2, 2], "periodic": true})", PDE_ERR_FORMAT, "4 entries");
  bad(R"({"class": "UnitGrid", "shape": [2.5], "periodic": true})", PDE_ERR_FORMAT, "2.5");
  bad(R"({"class": "UnitGrid", "shape": [0], "periodic": true})", PDE_ERR_FORMAT, "at least 1");
  bad(R"({"class": "UnitGrid", "shape": [NaN], "periodic": true})", PDE_ERR_FORMAT, "finite");
  bad(R"({"class": "UnitGrid", "shape": [1e300], "periodic": true})", PDE_ERR_FORMAT, "1e+300");
  bad(R"({"class": "UnitGrid", "shape": [4000000000, 4000000000], "periodic": true})", PDE_ERR_RANGE,
      "4000000000");
  bad(R"({"class": "UnitGrid", "shape": [2], "periodic": [2]})", PDE_ERR_FORMAT, "periodic");
  bad(R"({"class": "UnitGrid", "shape": [2], "periodic": [true, true]})", PDE_ERR_FORMAT,
      "2 entries, expected 1");
  bad(R"({"class": "UnitGrid", "shape": [2], "periodic": true, "colour": 1})", PDE_ERR_FORMAT, "colour");
  bad(R"({"class": "CartesianGrid", "shape": [2], "periodic": true})", PDE_ERR_FORMAT, "bounds");
  bad(R"({"class": "CartesianGrid", "shape": [2], "periodic": true, "bounds": [[1, 1]]})", PDE_ERR_FORMAT,
      "empty interval");
  bad(R"({"class": "CartesianGrid", "shape": [2], "periodic": true, "bounds": [[0, Infinity]]})",
      PDE_ERR_FORMAT, "finite");
}

TEST(Grid, ABadTextOfARoundGridSaysWhatIsWrong) {
  for (const char *name : {"PolarSymGrid", "SphericalSymGrid"}) {
    const auto bad = [&](const char *rest, const char *words) {
      const std::string text = std::string("{\"class\": \"") + name + "\", " + rest + "}";
      EXPECT_MESSAGE(PDE_ERR_FORMAT, Grid::parse(text), words);
      EXPECT_MESSAGE(PDE_ERR_FORMAT, Grid::parse(text), name);
    };
    bad(R"("shape": [5])", "\"radius\" is missing");
    bad(R"("radius": 2)", "\"shape\" is no array");
    bad(R"("radius": 2, "shape": 5)", "\"shape\" is no array");
    bad(R"("radius": 2, "shape": [5, 5])", "\"shape\" has 2 entries, expected 1");
    bad(R"("radius": 2, "shape": [])", "\"shape\" has 0 entries");
    bad(R"("radius": 2, "shape": [0])", "at least 1");
    bad(R"("radius": 2, "shape": [5], "periodic": [false])", "unknown key \"periodic\"");
    bad(R"("radius": 2, "shape": [5], "bounds": [[0, 2]])", "unknown key \"bounds\"");
    bad(R"("radius": 0, "shape": [5])", "\"radius\" is [0, 0]");
    bad(R"("radius": -1, "shape": [5])", "\"radius\" is [0, -1]");
    bad(R"("radius": [2, 1], "shape": [5])", "\"radius\" is [2, 1]");
    bad(R"("radius": [2, 2], "shape": [5])", "\"radius\" is [2, 2]");
    bad(R"("radius": [-1, 2], "shape": [5])", "\"radius\" is [-1, 2]");
    bad(R"("radius": [2], "shape": [5])", "\"radius\" has 1 entries");
    bad(R"("radius": [1, 2, 3], "shape": [5])", "\"radius\" has 3 entries");
    bad(R"("radius": NaN, "shape": [5])", "no finite number");
    bad(R"("radius": [0, Infinity], "shape": [5])", "no finite number");
    bad(R"("radius": "2", "shape": [5])", "no finite number");
    bad(R"("radius": true, "shape": [5])", "no finite number");
    bad(R"("radius": null, "shape": [5])", "no finite number");
  }
}

TEST(Grid, ABadTextOfACylinderSaysWhatIsWrong) {
  const auto bad = [](const char *radius, const char *bounds, const char *shape, const char *periodic,
                      const char *words) {
    const std::string text = std::string("{\"radius\": ") + radius + ", \"bounds_z\": " + bounds +
                             ", \"shape\": " + shape + ", \"periodic_z\": " + periodic +
                             ", \"class\": \"CylindricalSymGrid\"}";
    EXPECT_MESSAGE(PDE_ERR_FORMAT, Grid::parse(text), words);
  };
  bad("-2", "[0, 1]", "[2, 2]", "true", "\"radius\" is [0, -2]");
  bad("[2, 1]", "[0, 1]", "[2, 2]", "true", "\"radius\" is [2, 1]");
  bad("2", "[1, 0]", "[2, 2]", "true", "\"bounds_z\" is [1, 0]");
  bad("2", "[1, 1]", "[2, 2]", "true", "\"bounds_z\" is [1, 1]");
  bad("2", "[1]", "[2, 2]", "true", "\"bounds_z\" is no pair");
  bad("2", "1", "[2, 2]", "true", "\"bounds_z\" is no pair");
  bad("2", "[0, NaN]", "[2, 2]", "true", "no finite number");
  bad("2", "[[0, 1]]", "[2, 2]", "true", "\"bounds_z\" is no pair");
  bad("2", "[0, 1]", "[2]", "true", "\"shape\" has 1 entries, expected 2");
  bad("2", "[0, 1]", "[2, 2, 2]", "true", "\"shape\" has 3 entries, expected 2");
  bad("2", "[0, 1]", "2", "true", "\"shape\" is no array");
  bad("2", "[0, 1]", "[2, 2]", "[true]", "\"periodic_z\" is");
  bad("2", "[0, 1]", "[2, 2]", "[false, true]", "\"periodic_z\" is");
  bad("2", "[0, 1]", "[2, 2]", "2", "\"periodic_z\" is");
  bad("2", "[0, 1]", "[2, 2]", "null", "\"periodic_z\" is");
  EXPECT_MESSAGE(PDE_ERR_FORMAT,
                 Grid::parse(R"({"class": "CylindricalSymGrid", "radius": 2, "shape": [2, 2], )"
                             R"("bounds_z": [0, 1]})"),
                 "\"periodic_z\" is missing");
  EXPECT_MESSAGE(PDE_ERR_FORMAT,
                 Grid::parse(R"({"class": "CylindricalSymGrid", "radius": 2, "shape": [2, 2], )"
                             R"("periodic_z": false})"),
                 "\"bounds_z\" is no pair");
  EXPECT_MESSAGE(PDE_ERR_FORMAT,
                 Grid::parse(R"({"class": "CylindricalSymGrid", "radius": 2, "shape": [2, 2], )"
                             R"("bounds_z": [0, 1], "periodic_z": false, "periodic": [false, false]})"),
                 "unknown key \"periodic\"");
  EXPECT_MESSAGE(PDE_ERR_RANGE,
                 Grid::parse(R"({"class": "CylindricalSymGrid", "radius": 2, "shape": [2, 2], )"
                             R"("bounds_z": [-1e308, 1e308], "periodic_z": false})"),
                 "not finite");
}

}  // namespace
}  // namespace pde
