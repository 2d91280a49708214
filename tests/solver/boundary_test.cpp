#include "solver/boundary.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "support/expect_error.hpp"
#include "support/golden.hpp"

namespace pde {
namespace {

constexpr OptionSpec kTable[] = {{"bc", OptionType::text, "", "", ""},
                                 {"bc:*", OptionType::reals, "", "", ""}};

using Missing = BoundaryConditions::Missing;

struct Values {
  std::string key;
  std::vector<double> numbers;
};

BoundaryConditions conditions(const std::string &text, const std::vector<Values> &values = {},
                              Missing missing = Missing::refused) {
  Options options;
  options.set("bc", text);
  for (const Values &some : values) options.set(some.key, some.numbers);
  return {ResolvedOptions(options, kTable, "test"), "bc", missing};
}

std::string text_of(const JsonValue &json) {
  if (json.IsString()) return std::string(json_text(json));
  JsonBuffer buffer;
  JsonWriter writer(buffer);
  json.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

GridPtr line(int64_t cells, bool periodic = false) {
  return Grid::cartesian(std::vector<double>{0}, std::vector<double>{0.5 * static_cast<double>(cells)},
                         std::vector<int64_t>{cells}, {periodic});
}
GridPtr plane(bool periodic_x, bool periodic_y) {
  return Grid::cartesian(std::vector<double>{0, 0}, std::vector<double>{2, 1}, std::vector<int64_t>{4, 3},
                         {periodic_x, periodic_y});
}

/// One component with its ghosts, in C order with one layer around: what was not set is 0.
std::vector<double> filled(const Grid &grid, const Ghosts &ghosts, const std::vector<double> &cells,
                           bool corners = false) {
  const WorkLayout layout(grid);
  WorkArray array(layout);
  FieldDescription description;
  description.grid = Grid::parse(grid.text());
  const FieldPtr field = Field::create(description);
  field->unpack(cells.data());
  array.load(*field, layout);
  ghosts.fill(array);
  if (corners) ghosts.fill_corners(array);
  std::vector<double> all;
  std::array<int64_t, 3> around{};  // ghosts of the axes that the grid has
  for (size_t axis = static_cast<size_t>(layout.first); axis < 3; ++axis) around[axis] = 1;
  for (int64_t i = -around[0]; i < layout.shape[0] + around[0]; ++i) {
    for (int64_t j = -around[1]; j < layout.shape[1] + around[1]; ++j) {
      for (int64_t k = -around[2]; k < layout.shape[2] + around[2]; ++k)
        all.push_back(array.cells()[i * layout.strides[0] + j * layout.strides[1] + k]);
    }
  }
  return all;
}

std::vector<double> filled(const GridPtr &grid, const BoundaryConditions &bc,
                           const std::vector<double> &cells) {
  return filled(*grid, bc.bind(*grid, WorkLayout(*grid)), cells);
}
/// Both ghosts of a line with the cells 3, 5, 4.
std::vector<double> ends(const BoundaryConditions &bc, bool periodic = false) {
  const std::vector<double> all = filled(line(3, periodic), bc, {3, 5, 4});
  return {all.front(), all.back()};
}
using Ends = std::vector<double>;

TEST(Boundary, ConditionsHaveTheirGhosts) {  // cells of size 0.5
  EXPECT_EQ(ends(conditions(R"({"value": 2})")), (Ends{1, 0}));
  EXPECT_EQ(ends(conditions(R"({"derivative": 2})")), (Ends{4, 5}));
  EXPECT_EQ(ends(conditions(R"({"curvature": 8})")), (Ends{3, 5}));
  EXPECT_EQ(ends(conditions(R"({"type": "mixed", "value": 4, "const": 8})")), (Ends{2, 2}));
  EXPECT_EQ(ends(conditions(R"({"mixed": Infinity, "const": 6})")), (Ends{-3, -4}));
  EXPECT_EQ(ends(conditions("periodic"), true), (Ends{4, 3}));
  EXPECT_EQ(ends(conditions("anti-periodic"), true), (Ends{-4, -3}));
}

/// What the ghosts stand for: the value at the edge, and the derivatives along the outward normal.
TEST(Boundary, GhostsMeetTheirConditions) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> number(-3, 3);
  for (int trial = 0; trial < 50; ++trial) {
    const double v = number(random), beta = number(random), spacing = 0.5;
    const std::string words[] = {
        fmt::format(R"({{"value": {}}})", v), fmt::format(R"({{"derivative": {}}})", v),
        fmt::format(R"({{"mixed": {}, "const": {}}})", v, beta), fmt::format(R"({{"curvature": {}}})", v)};
    for (size_t kind = 0; kind < 4; ++kind) {
      if (kind == 2 && std::fabs(2 + spacing * v) < 0.1) continue;
      const std::vector<double> all =
          filled(line(3), conditions(words[kind]), {number(random), number(random), number(random)});
      for (const bool upper : {false, true}) {
        const double ghost = upper ? all[4] : all[0], a = upper ? all[3] : all[1], a2 = all[2];
        const double value = (ghost + a) / 2, slope = (ghost - a) / spacing;
        const double met[] = {value, slope, slope + v * value, (ghost - 2 * a + a2) / (spacing * spacing)};
        EXPECT_NEAR(met[kind], kind == 2 ? beta : v, 1e-11) << words[kind];
      }
    }
  }
}

TEST(Boundary, HasAllNamesOfPyPde) {
  const std::pair<const char *, const char *> same[] = {
      {"dirichlet", "value"},
      {"neumann", "derivative"},
      {"robin", "mixed"},
      {"second_derivative", "curvature"},
      {"extrapolate", "curvature"},
      {"\"neumann\"", "derivative"},
      {" neumann ", "derivative"},
      {"auto_periodic_dirichlet", "value"},
      {R"({"type": "dirichlet"})", "value"},
      {R"({"dirichlet": "2e0"})", R"({"value": 2})"},
      {R"({"x": {"neumann": 3}})", R"({"derivative": 3})"},
      {R"({"x-": "neumann", "x+": "value"})", R"({"left": "neumann", "right": "value"})"},
      {R"({"x": {"low": "neumann", "high": "value"}})", R"({"left": "neumann", "right": "value"})"},
      {R"({"x": ["neumann", "value"]})", R"({"left": "neumann", "right": "value"})"},
      {R"(["neumann", "value"])", R"({"left": "neumann", "right": "value"})"},
      {R"([["neumann", {"value": 1}]])", R"({"left": "neumann", "right": {"value": 1}})"},
      {R"([{"value": 1}])", R"({"value": 1})"},
      {R"({"*": {"value": 1}})", R"({"value": 1})"},
      // A side goes before its axis, a side's own name before both, and * comes last.
      {R"({"x-": {"value": 1}, "x": {"value": 2}})", R"({"x-": {"value": 1}, "x+": {"value": 2}})"},
      {R"({"x-": {"value": 1}, "left": {"value": 3}, "*": "neumann"})",
       R"({"x-": {"value": 3}, "x+": "neumann"})"},
      {R"({"x": {"low": {"value": 1}}, "*": "neumann"})", R"({"x-": {"value": 1}, "x+": "neumann"})"},
      {R"({"x-": null, "x+": "", "*": "neumann"})", "neumann"},
  };
  for (const auto &[one, other] : same) EXPECT_EQ(ends(conditions(one)), ends(conditions(other))) << one;
  EXPECT_EQ(ends(conditions("auto_periodic_dirichlet"), true), ends(conditions("periodic"), true));
  EXPECT_EQ(ends(conditions(R"({"x": "auto_periodic_value"})"), true), ends(conditions("periodic"), true));
}

TEST(Boundary, EquationsCompleteWhatIsNotMentioned) {
  const auto completed = [](const char *text) {
    return conditions(text, {}, Missing::auto_periodic_neumann);
  };
  EXPECT_EQ(ends(completed(R"({"x-": {"value": 1}})")),
            ends(conditions(R"({"x-": {"value": 1}, "x+": "neumann"})")));
  for (const char *nothing : {"", "{}", "null", "[]", R"({"x": {}})"}) {
    EXPECT_EQ(ends(completed(nothing)), ends(conditions("neumann"))) << nothing;
    EXPECT_EQ(ends(completed(nothing), true), ends(conditions("periodic"), true)) << nothing;
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, ends(conditions(nothing)), "side x-", "not given", "left");
  }
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, ends(conditions(R"({"x-": "value"})")), "side x+", "not given");
}

TEST(Boundary, TakesValuesAlongASide) {
  const GridPtr grid = plane(false, false);  // 4 x 3
  const std::vector<double> cells(12, 1);
  const auto with = [&](const std::string &text, const std::vector<Values> &values = {}) {
    return filled(grid, conditions(text, values), cells);
  };
  const std::vector<double> listed = with(R"({"x-": {"value": [1, 2, 3]}, "*": "neumann"})");
  EXPECT_EQ(std::vector<double>(listed.begin() + 1, listed.begin() + 4), (std::vector<double>{1, 3, 5}));
  EXPECT_EQ(with(R"({"x-": "value", "*": "neumann"})", {{"bc:x-", {1, 2, 3}}}), listed);
  EXPECT_EQ(with(R"({"x-": "value", "*": "neumann"})", {{"bc:left", {1, 2, 3}}}), listed);
  EXPECT_EQ(with(R"({"x-": "value", "*": "neumann"})", {{"bc:x-", {7}}}),
            with(R"({"x-": {"value": 7}, "*": "neumann"})"));
  EXPECT_EQ(with("value", {{"bc:y", {1, 2, 3, 4}}}), with(R"({"x": "value", "y": {"value": [1, 2, 3, 4]}})"));
  // Of a mixed condition both numbers may vary.
  const std::vector<double> mixed = with(
      R"({"y+": {"type": "mixed", "value": [0, 2, 4, Infinity], "const": [1, 1, 2, 5]}, "*": "neumann"})");
  const double spacing = 1.0 / 3;
  for (size_t i = 0; i < 4; ++i) {
    const double gamma = i < 3 ? 2 * static_cast<double>(i) : 0, beta = i == 2 ? 2 : 1;
    const double expected =
        i == 3 ? -1 : (2 * spacing * beta + (2 - spacing * gamma)) / (2 + spacing * gamma);
    EXPECT_NEAR(mixed[5 * (i + 1) + 4], expected, 1e-15) << i;
  }
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, with(R"({"x-": {"value": [1, 2]}, "*": "neumann"})"), "side x-", "[2]",
                 "[3] (one per point of the side)");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, with(R"({"x-": {"value": [[1, 2, 3]]}, "*": "neumann"})"), "[1, 3]");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, with("value", {{"bc:x-", {1, 2}}}), "side x-", "2 values", "[3]");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, with(R"({"value": 2})", {{"bc:x-", {1, 2, 3}}}), "bc:x-", "another");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, with("value", {{"bc:z-", {1}}}), "bc:z-", "no such side");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, with("value", {{"bc:north", {1}}}), "bc:north", "no grid");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, with("value", {{"bc:x-", {1, std::nan(""), 3}}}), "side x-", "nan",
                 "finite");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT,
                 filled(plane(true, false), conditions("auto_periodic_value", {{"bc:x-", {1}}}), cells),
                 "bc:x-", "takes no values");
}

TEST(Boundary, GivesComponentsTheirOwnValues) {
  const GridPtr grid = plane(false, false);
  const WorkLayout layout(*grid);
  const auto constant = [&](const char *text, int rank, int64_t component, size_t axis) {
    const GhostRule rule = conditions(text).bind(*grid, layout, rank, component).sides(1 + axis)[0];
    return rule.source == GhostRule::Source::none ? std::nan("") : rule.constant;
  };
  EXPECT_EQ(constant(R"({"value": [1, 2]})", 1, 0, 0), 2);
  EXPECT_EQ(constant(R"({"value": [1, 2]})", 1, 1, 1), 4);
  EXPECT_EQ(constant(R"({"value": [[1, 2], [3, 4]]})", 2, 2, 0), 6);
  EXPECT_EQ(constant(R"({"value": 5})", 2, 3, 0), 10);
  EXPECT_EQ(constant(R"({"normal_value": 5})", 1, 0, 0), 10);
  EXPECT_TRUE(std::isnan(constant(R"({"normal_value": 5})", 1, 0, 1)));
  EXPECT_TRUE(std::isnan(constant(R"({"normal_value": 5})", 1, 1, 0)));
  EXPECT_EQ(constant(R"({"dirichlet_normal": [5, 6]})", 2, 2, 0), 12);  // of T_yx the last index is x
  EXPECT_EQ(constant(R"({"normal_value": [5, 6]})", 2, 1, 1), 10);
  const Ghosts per_point =
      conditions(R"({"x": {"value": [[1, 2, 3], [4, 5, 6]]}, "y": "neumann"})").bind(*grid, layout, 1, 1);
  EXPECT_EQ(per_point.sides(1)[0].constants, (std::vector<double>{8, 10, 12}));
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, constant(R"({"value": [1, 2, 3]})", 1, 0, 0), "[3]",
                 "[2] (one per component)", "[2, 3]");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, constant("normal_value", 0, 0, 0), "normal_value", "vectors");
}

TEST(Boundary, SaysWhatIsWrongWithAText) {
  const auto refuses = [](const char *text, std::vector<std::string> parts,
                          pde_status code = PDE_ERR_ARGUMENT) {
    const std::string message = message_of(code, [&] { conditions(text); });
    for (const std::string &part : parts) EXPECT_TRUE(contains(message, part)) << text << ": " << message;
  };
  refuses("open",
          {"option bc", "\"open\"", "dirichlet", "anti-periodic", "normal_curvature", "auto_periodic_"});
  refuses("auto_periodic_open", {"auto_periodic_open"});
  refuses("0", {"\"0\""});
  refuses("3 + x", {"3 + x"});
  refuses("{\"value\": 2", {"option bc", "JSON"});
  refuses("[1]", {"entry 0", "neither"});
  refuses(R"({"north": "value"})", {"\"north\"", "left"});
  refuses(R"({"x": "value", "x": "value"})", {"\"x\"", "twice"});
  refuses(R"({"x": ["value"]})", {"\"x\"", "pair"});
  refuses(R"({"x": {"low": "value", "middle": "value"}})", {"middle", "low"});
  refuses(R"({"x": 2})", {"\"x\"", "neither"});
  refuses(R"({"x": {"type": 2}})", {"type"});
  refuses(R"({"x": {"type": "open"}})", {"open"});
  refuses(R"({"value": 2, "derivative": 1})", {"value", "derivative", "one condition"});
  refuses(R"({"type": "value", "derivative": 1})", {"derivative", "type, value or const"});
  refuses(R"({"value": 2, "const": 1})", {"const", "mixed"});
  refuses(R"({"const": 1})", {"only \"const\""});
  refuses(R"({"type": "periodic", "value": 1})", {"periodic", "takes none"});
  refuses(R"({"value": true})", {"neither a number"});
  refuses(R"({"value": [1, [2]]})", {"numbers and lists"});
  refuses(R"({"value": [[1, 2], [3]]})", {"different lengths"});
  refuses(R"({"value": [[1, 2], 3]})", {"numbers and lists"});
  refuses(R"({"value": [[], []]})", {"empty"});
  refuses(R"({"value": []})", {"empty"});
  refuses(R"({"value": NaN})", {"nan", "finite"});
  refuses(R"({"value": Infinity})", {"inf", "finite"});
  refuses(R"({"mixed": "nan"})", {"nan"});
  refuses(R"({"mixed": 1, "const": Infinity})", {"inf", "finite"});
  refuses(R"~({"value": "sin(x)"})~", {"sin(x)", "one number per point"}, PDE_ERR_UNSUPPORTED);
  refuses(R"({"value_expression": "x"})", {"value_expression", "one number per point"}, PDE_ERR_UNSUPPORTED);
  refuses(R"({"type": "virtual_point", "value": "x"})", {"virtual_point"}, PDE_ERR_UNSUPPORTED);
  refuses(R"({"x-": {"derivative_expression": "t"}})", {"derivative_expression"}, PDE_ERR_UNSUPPORTED);
  refuses(R"({"x-": "user"})", {"user"}, PDE_ERR_UNSUPPORTED);
}

/// Texts with a few bytes changed, taken out or repeated: refused with words, or ghosts that are finite.
TEST(Boundary, TakesOrRefusesAnyText) {
  const std::string seeds[] = {
      "auto_periodic_neumann", R"({"type": "mixed", "value": 2, "const": 7})",
      R"({"x-": {"value": [1, 2, 3]}, "right": "neumann", "y": ["value", {"curvature": -1}]})",
      R"([["neumann", {"mixed": Infinity}], "value"])",
      R"({"x": {"low": {"value": "1e3"}, "high": "curvature"}, "*": {"derivative": 0.5}})"};
  const uint64_t seed = 20;
  std::mt19937_64 random(seed);
  const GridPtr grid = plane(false, false);
  int taken = 0;
  for (int trial = 0; trial < 30000; ++trial) {
    std::string text = seeds[random() % std::size(seeds)];
    for (uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
      const size_t at = random() % text.size(), length = 1 + random() % 4;
      if (random() % 3 == 0) {
        text[at] = "{}[]\":,-0123456789eInfxy+*"[random() % 26];
      } else if (random() % 2) {
        text.erase(at, length);
      } else {
        text.insert(at, text.substr(random() % text.size(), length));
      }
      if (text.empty()) text = "x";
    }
    SCOPED_TRACE(fmt::format("seed {}, trial {}: {}", seed, trial, text));
    try {
      const BoundaryConditions bc = conditions(text, {}, Missing::auto_periodic_neumann);
      for (const double value : filled(grid, bc, std::vector<double>(12, 1)))
        ASSERT_TRUE(std::isfinite(value));
      ++taken;
    } catch (const Error &error) {
      ASSERT_TRUE(error.code() == PDE_ERR_ARGUMENT || error.code() == PDE_ERR_UNSUPPORTED) << error.what();
    }
  }
  EXPECT_GT(taken, 100);
}

TEST(Boundary, SaysWhatDoesNotGoWithAGrid) {
  const auto refuses = [](const char *text, const GridPtr &grid, std::vector<std::string> parts) {
    const BoundaryConditions bc = conditions(text);
    const std::string message = message_of(PDE_ERR_ARGUMENT, [&] { bc.bind(*grid, WorkLayout(*grid)); });
    for (const std::string &part : parts) EXPECT_TRUE(contains(message, part)) << text << ": " << message;
  };
  refuses(R"({"value": 2})", plane(true, false), {"side x-", "axis x", "is periodic"});
  refuses(R"({"x": "periodic", "y": "periodic"})", plane(true, false), {"side y-", "axis y", "not periodic"});
  refuses(R"({"x-": "periodic", "x+": "neumann"})", line(4, true), {"side x+", "neumann"});
  refuses(R"({"x-": "periodic", "x+": "anti-periodic"})", line(4, true), {"both ends"});
  refuses(R"({"*": "neumann", "y": "value"})", line(4), {"at y", "CartesianGrid", "x, x-, x+, left, right"});
  refuses(R"({"*": "neumann", "inner": "value"})", line(4), {"inner"});
  refuses(R"({"*": "neumann", "left": "value"})", Grid::polar(1, 2, 4), {"left", "r-", "inner", "outer"});
  refuses(R"({"*": "neumann", "radius": "value"})", Grid::cylindrical({0, 1, 0, 1}, 2, 2, false), {"radius"});
  refuses("curvature", line(1), {"side x-", "two cells"});
  refuses(R"({"mixed": -4})", line(4), {"side x-", "-4", "0.5"});
  refuses(R"({"value": 1e308})", line(4), {"1e+308", "too large"});
  refuses(R"({"mixed": 1, "const": 1e308})", Grid::unit(std::vector<int64_t>{4}, {false}),
          {"1e+308", "too large"});
  refuses(R"(["value", "value", "value"])", plane(false, false), {"list of 3", "2 axes"});
}

TEST(Boundary, NamesTheSidesOfRoundGrids) {
  const auto first = [](const GridPtr &grid, const char *text) {
    return conditions(text, {}, Missing::auto_periodic_neumann).bind(*grid, WorkLayout(*grid));
  };
  for (const char *text : {R"({"r-": {"value": 1}})", R"({"inner": {"value": 1}})"}) {
    EXPECT_EQ(first(Grid::polar(1, 2, 4), text).sides(2)[0].factor, -1) << text;
    EXPECT_EQ(first(Grid::cylindrical({1, 2, 0, 1}, 2, 2, true), text).sides(1)[0].factor, -1) << text;
  }
  const Ghosts both = first(Grid::spherical(1, 2, 4), R"({"radius": {"value": 1}})");
  EXPECT_EQ(both.sides(2)[0].factor, -1);
  EXPECT_EQ(both.sides(2)[1].factor, -1);
  const Ghosts lid =
      first(Grid::cylindrical({1, 2, 0, 1}, 2, 2, false), R"({"top": {"value": 1}, "outer": "value"})");
  EXPECT_EQ(lid.sides(2)[1].factor, -1);
  EXPECT_EQ(lid.sides(2)[0].factor, 1);
  EXPECT_EQ(lid.sides(1)[1].factor, -1);
}

// Defect D22 of py-pde: where only y is periodic, two of its corners are not those of the other end.
TEST(Boundary, CornersComeFromTheOtherEndOfAPeriodicAxis) {
  std::vector<double> cells(12);
  for (size_t i = 0; i < 12; ++i) cells[i] = static_cast<double>(i * i + 1);
  for (const bool periodic_x : {false, true}) {
    for (const bool periodic_y : {false, true}) {
      const GridPtr grid = plane(periodic_x, periodic_y);
      const WorkLayout layout(*grid);
      const auto all = filled(*grid, conditions("auto_periodic_dirichlet").bind(*grid, layout), cells, true);
      const auto at = [&](int i, int j) { return all[static_cast<size_t>(5 * i + j)]; };  // 6 x 5
      for (const int i : {0, 5}) {
        for (const int j : {0, 4}) {
          const double mean = (at(i, j ? 3 : 1) + at(i ? 4 : 1, j)) / 2;
          const double expected = periodic_x ? at(i ? 1 : 4, j) : periodic_y ? at(i, j ? 1 : 3) : mean;
          EXPECT_EQ(at(i, j), expected) << periodic_x << periodic_y << " " << i << "," << j;
          EXPECT_NE(at(i, j), 0);
        }
      }
    }
  }
}

/// Relative to the largest value: ghosts are one or two products and a sum, so some units in the last place.
constexpr double kGoldenTolerance = 1e-12;

TEST(GoldenBoundary, GhostCellsAreThoseOfPyPde) {
  const JsonDocument golden = golden_json("operators.json");
  int compared = 0;
  for (const JsonValue &test : golden["cases"].GetArray()) {
    SCOPED_TRACE(test["name"].GetString());
    const GridPtr grid = Grid::parse(text_of(test["grid"]["state"]));
    const BoundaryConditions bc = conditions(text_of(test["bc"]));
    std::vector<double> input, expected;
    const std::function<void(const JsonValue &, std::vector<double> &)> flatten =
        [&](const JsonValue &json, std::vector<double> &into) {
          if (!json.IsArray()) return into.push_back(json.GetDouble());
          for (const JsonValue &entry : json.GetArray()) flatten(entry, into);
        };
    flatten(test["input"], input);
    flatten(test["with_ghost_cells"], expected);
    const int rank = test["rank_in"].GetInt();
    const auto cells = static_cast<size_t>(grid->cells());
    size_t at = 0;
    for (size_t component = 0; component * cells < input.size(); ++component) {
      const std::vector<double> own(input.begin() + static_cast<ptrdiff_t>(component * cells),
                                    input.begin() + static_cast<ptrdiff_t>((component + 1) * cells));
      const Ghosts ghosts = bc.bind(*grid, WorkLayout(*grid), rank, static_cast<int64_t>(component));
      for (const double value : filled(*grid, ghosts, own)) {
        ASSERT_LT(at, expected.size());
        ASSERT_NEAR(value, expected[at], kGoldenTolerance * std::max(1.0, std::fabs(expected[at]))) << at;
        ++at;
      }
    }
    EXPECT_EQ(at, expected.size());
    ++compared;
  }
  EXPECT_EQ(compared, 120);
}

}  // namespace
}  // namespace pde
