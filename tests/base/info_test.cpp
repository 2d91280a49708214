#include "base/info.hpp"

#include <gtest/gtest.h>

#include "support/expect_error.hpp"

namespace pde {
namespace {

TEST(Info, KeepsValuesAsTheyWereWritten) {
  const Info info = Info::parse(
      R"({"big": 1234567890123456789012345678901234567890, "tiny": 1e-400, "odd": 1.10, "nan": NaN, "inf": -Infinity})",
      "info");
  EXPECT_EQ(*info.find("big"), "1234567890123456789012345678901234567890");
  EXPECT_EQ(*info.find("tiny"), "1e-400");
  EXPECT_EQ(*info.find("odd"), "1.10");
  EXPECT_EQ(*info.find("nan"), "NaN");
  EXPECT_EQ(*info.find("inf"), "-Infinity");
}

TEST(Info, NestedValuesStayWhole) {
  const Info info =
      Info::parse(R"({"a": {"b": [1, {"c": null}], "d": {}}, "e": [], "f": [[true], false]})", "info");
  EXPECT_EQ(*info.find("a"), R"({"b":[1,{"c":null}],"d":{}})");
  EXPECT_EQ(*info.find("e"), "[]");
  EXPECT_EQ(*info.find("f"), "[[true],false]");
}

TEST(Info, TextIsPureAscii) {
  EXPECT_EQ(*Info::parse(R"({"a": "tensör 𝄞"})", "info").find("a"), R"("tens\u00F6r \uD834\uDD1E")");
}

TEST(Info, LaterEntriesWinAndKeepTheirPlace) {
  Info info = Info::parse(R"({"a": 1, "b": 2, "a": 3})", "info");
  info.merge(Info::parse(R"({"b": 4, "c": 5})", "info"));
  EXPECT_EQ(info.text(), R"({"a": 3, "b": 4, "c": 5})");
  info.remove("b");
  EXPECT_EQ(info.text(), R"({"a": 3, "c": 5})");
}

TEST(Info, RefusesWhatIsNoObject) {
  for (const char *text : {"[1]", "3", "\"a\"", "null", ""}) {
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Info::parse(text, "option info"), "option info");
  }
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Info::parse(R"({"a": 1,})", "option info"), "at byte 8");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Info::parse(R"({"": 1})", "option info"), "empty");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Info::parse("{\"a\\u0000b\": 1}", "option info"), "zero byte");
}

TEST(Info, RefusesHalfACharacter) {
  for (const char *text : {R"({"a": "\udd1e"})", R"({"\udd1e": 1})", R"({"a": {"\udd1e": 1}})"})
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Info::parse(text, "info"), "info", "surrogate");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Info::normalised(R"("\udd1e")", "info"), "surrogate");
}

TEST(Info, RefusesToNestDeeperThanAnyMetadata) {
  const auto nested = [](size_t depth) {
    return "{\"a\": " + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(Info::parse(nested(255), "option info").find("a")->size(), 510u);
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Info::parse(nested(256), "option info"), "257 levels", "at most 256");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, Info::normalised(std::string(2'000'000, '['), "option info"), "2000000");
}

}  // namespace
}  // namespace pde
