#include "grid/grid.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
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

TEST(Grid, EveryGoldenCartesianGridComesBack) {
  const JsonDocument golden = json_parse(file_text(PDE_GOLDEN_DIR "/grids.json"), "grids.json");
  int checked = 0;
  for (const JsonValue &entry : json_find(golden, "grids")->GetArray()) {
    const std::string_view name = json_text(*json_find(entry, "class"));
    if (name != "UnitGrid" && name != "CartesianGrid") continue;
    const std::string text(json_text(*json_find(entry, "state_serialized")));
    SCOPED_TRACE(text);
    const GridPtr grid = Grid::parse(text);
    EXPECT_EQ(grid->text(), text);
    EXPECT_EQ(grid->volume(), json_find(entry, "volume")->GetDouble());
    std::vector<double> volumes;
    flatten(*json_find(entry, "cell_volumes"), volumes);
    ASSERT_EQ(static_cast<int64_t>(volumes.size()), grid->cells());
    for (size_t cell = 0; cell < volumes.size(); ++cell) {
      EXPECT_EQ(grid->cell_volume(static_cast<int64_t>(cell)), volumes[cell]);
    }
    const JsonValue &coordinates = *json_find(entry, "coordinates");
    for (int axis = 0; axis < grid->ndim(); ++axis) {
      const JsonValue &centres = coordinates[static_cast<rapidjson::SizeType>(axis)];
      for (rapidjson::SizeType i = 0; i < centres.Size(); ++i)
        EXPECT_EQ(grid->centre(axis, i), centres[i].GetDouble());
    }
    ++checked;
  }
  EXPECT_EQ(checked, 9);
}

TEST(Grid, UpperBoundsAreRoundedAsInPyPde) {
  const double lower[] = {-3.14}, upper[] = {1.41};
  const int64_t shape[] = {4};
  const GridPtr grid = Grid::cartesian(lower, upper, shape, {false});
  EXPECT_EQ(grid->upper(0), 1.4099999999999997);
  EXPECT_TRUE(*Grid::parse(grid->text()) == *grid);
}

TEST(Grid, TextRoundTripsForRandomGrids) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> number(-1e3, 1e3);
  for (int i = 0; i < 2000; ++i) {
    const size_t ndim = 1 + random() % 3;
    std::vector<double> lower, upper;
    std::vector<int64_t> shape;
    std::vector<bool> periodic;
    for (size_t axis = 0; axis < ndim; ++axis) {
      const double a = number(random), b = number(random);
      lower.push_back(std::min(a, b));
      upper.push_back(std::max(a, b));
      shape.push_back(static_cast<int64_t>(1 + random() % 50));
      periodic.push_back(random() % 2 == 0);
    }
    const GridPtr grid = Grid::cartesian(lower, upper, shape, periodic);
    EXPECT_TRUE(*Grid::parse(grid->text()) == *grid) << grid->text();
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
}

TEST(Grid, EqualityIsExactAndKnowsTheClass) {
  const auto grid = [](const char *text) { return Grid::parse(text); };
  const auto unit = grid(R"({"shape": [2], "periodic": [false], "class": "UnitGrid"})");
  EXPECT_FALSE(*unit ==
               *grid(R"({"bounds": [[0, 2]], "shape": [2], "periodic": [false], "class": "CartesianGrid"})"));
  EXPECT_FALSE(*unit == *grid(R"({"shape": [2], "periodic": [true], "class": "UnitGrid"})"));
  EXPECT_FALSE(*unit == *grid(R"({"shape": [3], "periodic": [false], "class": "UnitGrid"})"));
}

TEST(Grid, ABadTextSaysWhatIsWrong) {
  const auto bad = [](const char *text, pde_status status, const char *words) {
    EXPECT_MESSAGE(status, Grid::parse(text), words);
  };
  bad("{", PDE_ERR_FORMAT, "not JSON");
  bad("[1]", PDE_ERR_FORMAT, "no \"class\"");
  bad(R"({"class": "Foo"})", PDE_ERR_FORMAT, "Foo");
  bad(R"({"class": "PolarSymGrid", "radius": 2.0, "shape": [5]})", PDE_ERR_UNSUPPORTED, "PolarSymGrid");
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

}  // namespace
}  // namespace pde
