#include "base/json.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/expect_error.hpp"

namespace pde {
namespace {

TEST(Json, ReadsPythonsTokens) {
  const JsonDocument list = json_parse("[NaN, Infinity, -Infinity, 0.1, 5e-324]", "list");
  EXPECT_TRUE(std::isnan(list[0].GetDouble()));
  EXPECT_EQ(list[1].GetDouble(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(list[2].GetDouble(), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(list[3].GetDouble(), 0.1);
  EXPECT_EQ(list[4].GetDouble(), 5e-324);
}

TEST(Json, NumbersReadBackExactlyAndStayFloats) {
  for (double value : {0.1, 1.0, -0.0, 1e16, 1e-5, 5e-324, 1.7976931348623157e308, 1.4099999999999997}) {
    const std::string text = json_number(value);
    const JsonDocument document = json_parse(text, "number");
    EXPECT_EQ(document.GetDouble(), value) << text;
    EXPECT_EQ(std::signbit(document.GetDouble()), std::signbit(value)) << text;
    EXPECT_FALSE(document.IsInt64()) << text << " would be an integer in Python";
  }
  EXPECT_EQ(json_number(std::nan("")), "NaN");
  EXPECT_EQ(json_number(-INFINITY), "-Infinity");
}

TEST(Json, ZeroIsZeroWithAnyExponent) {
  for (const char *text : {"0E88", "0e-324", "-0e300", "0.0e-99999", "0.000e5", "0e+1", "1e-400",
                           "0.001e-330", "-1e-99999999999999999999"}) {
    EXPECT_EQ(json_parse(text, "number").GetDouble(), 0) << text;
  }
}

TEST(Json, WholeNumbersStayWholeWhereTheyFit) {
  const JsonDocument list =
      json_parse("[-9223372036854775808, 18446744073709551615, 18446744073709551616, -0]", "list");
  EXPECT_EQ(list[0].GetInt64(), INT64_MIN);
  EXPECT_EQ(list[1].GetUint64(), UINT64_MAX);
  EXPECT_EQ(list[2].GetDouble(), 18446744073709551616.0);
  EXPECT_TRUE(list[3].IsInt());
  for (const char *text : {"1e400", "-1e309", "1e99999999999999999999"})
    EXPECT_MESSAGE(PDE_ERR_FORMAT, json_parse(text, "number"), "too big");
}

TEST(Json, SaysWhereATextGoesWrong) {
  EXPECT_MESSAGE(PDE_ERR_FORMAT, json_parse("{\"a\": tru}", "field_attributes"), "field_attributes", "of 10");
  EXPECT_MESSAGE(PDE_ERR_FORMAT, json_parse("\"\xff\"", "label"), "label");
}

TEST(Json, RefusesHalfACharacter) {
  EXPECT_EQ(json_text(json_parse(R"("\ud834\udd1e \ud7ff í")", "label")), "\xf0\x9d\x84\x9e \xed\x9f\xbf í");
  for (const char *text : {R"("\udd1e")", R"("\ud834")", R"("\ud834x\udd1e")", R"({"\udfff": 1})"})
    EXPECT_MESSAGE(PDE_ERR_FORMAT, json_parse(text, "label"), "label", "surrogate");
}

TEST(Json, RefusesToNestDeeperThanAnyMetadata) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  const auto most = static_cast<size_t>(kMostJsonDepth);
  EXPECT_TRUE(json_parse(nested(most), "list").IsArray());
  EXPECT_MESSAGE(PDE_ERR_FORMAT, json_parse(nested(most + 1), "list"), "list", "257 levels", "at most 256");
  EXPECT_MESSAGE(PDE_ERR_FORMAT, json_parse(std::string(10'000'000, '['), "list"), "10000000 levels");
  EXPECT_EQ(json_depth(R"({"a[[": ["\"[[", {}, "\\"], "[": []})"), 3);
  EXPECT_EQ(json_depth("]]]["), 0);
}

TEST(Json, QuotesForAscii) {
  EXPECT_EQ(json_quote("tensör \"q\" \\ x\n"), R"("tens\u00F6r \"q\" \\ x\n")");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, json_quote("\xc3"), "UTF-8");
}

}  // namespace
}  // namespace pde
