#include "base/options.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "support/expect_error.hpp"

namespace pde {
namespace {

constexpr OptionSpec kTable[] = {
    {"compression", OptionType::choice, "gzip", "none|gzip", "filter"},
    {"level", OptionType::integer, "1", "0 9", "effort"},
    {"compression_opts", OptionType::integer, "", "0 9", "another name of level", "level"},
    {"shuffle", OptionType::flag, "true", "", "order of bytes"},
    {"seconds", OptionType::real, "1.5", "0 -", "interval"},
    {"limits", OptionType::reals, "", "", "numbers"},
    {"label", OptionType::text, "", "", "words"},
    {"edge:*", OptionType::reals, "", "", "numbers along a side"},
};

ResolvedOptions resolved(const Options &options) {
  return {options, kTable, "test:"};
}

Options with(const char *key, Options::Value value) {
  Options options;
  options.set(key, std::move(value));
  return options;
}

TEST(Options, AnEmptyBagMeansAllDefaults) {
  const ResolvedOptions options = resolved({});
  EXPECT_EQ(options.text("compression"), "gzip");
  EXPECT_EQ(options.integer("level"), 1);
  EXPECT_TRUE(options.flag("shuffle"));
  EXPECT_EQ(options.real("seconds"), 1.5);
  EXPECT_FALSE(options.has("limits"));
  EXPECT_FALSE(options.has("label"));
}

TEST(Options, TextStandsForAnyType) {
  Options options;
  options.parse("compression=none level=9 shuffle=false\tseconds=1e-3\nlimits=1,2.5,-3 label='a \"b\" c'");
  const ResolvedOptions values = resolved(options);
  EXPECT_EQ(values.text("compression"), "none");
  EXPECT_EQ(values.integer("level"), 9);
  EXPECT_FALSE(values.flag("shuffle"));
  EXPECT_EQ(values.real("seconds"), 1e-3);
  EXPECT_EQ(values.reals("limits"), (std::vector<double>{1, 2.5, -3}));
  EXPECT_EQ(values.text("label"), "a \"b\" c");
}

TEST(Options, ParseTakesAllEntriesOrNone) {
  Options options;
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, options.parse("level=3 rubbish"), "rubbish", "key=value");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, options.parse("level=3 label='open"), "label", "not closed");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, options.parse("level=3 Label=x"), "Label");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, options.parse("label='a'b"), "blank");
  EXPECT_TRUE(options.values().empty());
}

TEST(Options, AnUnknownKeyNamesTheKnownOnes) {
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, resolved(with("levl", int64_t{3})), "levl",
                 "test:", "compression, level, ");
}

TEST(Options, AWrongTypeNamesValueAndExpectation) {
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, resolved(with("level", std::string("high"))), "level", "\"high\"",
                 "whole number from 0 up to 9");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, resolved(with("level", 2.5)), "2.5");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, resolved(with("level", int64_t{10})), "10", "up to 9");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, resolved(with("compression", std::string("lzf"))), "lzf", "none, gzip");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, resolved(with("shuffle", std::string("yes"))), "yes", "true or false");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, resolved(with("seconds", -1.0)), "-1", "from 0");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, resolved(with("seconds", std::numeric_limits<double>::quiet_NaN())),
                 "nan");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, resolved(with("label", int64_t{3})), "label", "a text");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, resolved(with("limits", std::string("1,two"))), "1,two");
}

TEST(Options, AnotherNameOfAnOptionIsThatOption) {
  EXPECT_EQ(resolved(with("compression_opts", int64_t{7})).integer("level"), 7);
  Options both = with("compression_opts", int64_t{7});
  both.set("level", int64_t{7});
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, resolved(both), "compression_opts", "level", "two names");
}

TEST(Options, ARowMayStandForAllKeysThatBeginAlike) {
  Options options;
  options.parse("edge:x-=1,2 edge:left=3");
  const ResolvedOptions values = resolved(options);
  EXPECT_EQ(values.keys_under("edge:"), (std::vector<std::string>{"edge:left", "edge:x-"}));
  EXPECT_EQ(values.reals("edge:x-"), (std::vector<double>{1, 2}));
  EXPECT_TRUE(resolved({}).keys_under("edge:").empty());
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, resolved(with("edge:x-", std::string("wet"))), "edge:x-", "wet",
                 "numbers");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, resolved(with("label:x", std::string("a"))), "label:x", "edge:*");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, with("edge:", 1.0), "edge:", "as in bc:x-");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, with("edge:a:b", 1.0), "edge:a:b");
}

TEST(Options, TheTableDescribesItselfAsJson) {
  const JsonDocument table = json_parse(describe_options(kTable), "table");
  ASSERT_EQ(table.Size(), std::size(kTable));
  EXPECT_EQ(json_text(*json_find(table[1], "key")), "level");
  EXPECT_EQ(json_text(*json_find(table[1], "type")), "int");
  EXPECT_EQ(json_text(*json_find(table[1], "default")), "1");
  EXPECT_EQ(json_text(*json_find(table[1], "range")), "0 9");
  EXPECT_TRUE(json_find(table[5], "default")->IsNull());
}

}  // namespace
}  // namespace pde
