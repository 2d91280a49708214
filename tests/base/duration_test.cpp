#include "base/duration.hpp"

#include <gtest/gtest.h>

namespace pde {
namespace {

TEST(Duration, OfAClock) {
  EXPECT_EQ(parse_duration("0:30"), 30);
  EXPECT_EQ(parse_duration(" 1:00 "), 60);
  EXPECT_EQ(parse_duration("1:02:03.5"), 3723.5);
  EXPECT_EQ(parse_duration("1 day, 0:00:05"), 86405);
  EXPECT_EQ(parse_duration("2 days, 5"), 2 * 86400 + 5);
  EXPECT_EQ(parse_duration("3 days 04:05:06"), 273906);
  EXPECT_EQ(parse_duration("-1 day, 23:59:59"), -1);
  EXPECT_EQ(parse_duration("-0:30"), -30);
  EXPECT_EQ(parse_duration("0:00.0000019"), 1e-6);
  EXPECT_EQ(parse_duration("0:90"), 90);
}

TEST(Duration, OfIso8601) {
  EXPECT_EQ(parse_duration("PT10S"), 10);
  EXPECT_EQ(parse_duration("PT1M30.5S"), 90.5);
  EXPECT_EQ(parse_duration("P1DT2H"), 93600);
  EXPECT_EQ(parse_duration("P2D"), 172800);
  EXPECT_EQ(parse_duration("-PT1M"), -60);
}

TEST(Duration, WithUnits) {
  EXPECT_EQ(parse_duration("90s"), 90);
  EXPECT_EQ(parse_duration("1h30m"), 5400);
  EXPECT_EQ(parse_duration("1 h 30 min 15 s"), 5415);
  EXPECT_EQ(parse_duration("2d12h"), 216000);
  EXPECT_EQ(parse_duration("1.5 h"), 5400);
  EXPECT_EQ(parse_duration("-5m"), -300);
}

TEST(Duration, NothingElse) {
  for (const char *text : {"",
                           " ",
                           "5",
                           "-5",
                           "1e3",
                           "abc",
                           ":",
                           "1:",
                           ":5",
                           "1:2:3:4",
                           "2 days 3",
                           "2 days",
                           "1 day,",
                           "P",
                           "PT",
                           "T5S",
                           "P1H",
                           "PT1S2M",
                           "1m1h",
                           "5x",
                           "1.h",
                           "1.5:30",
                           "inf",
                           "nan",
                           "1h nan s",
                           "0x1s",
                           "1:2:3 s",
                           "1,5 h",
                           "1 day, 1 day, 0:05"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(DurationText, IsPythons) {
  EXPECT_EQ(duration_text(0.9), "0:00:00");
  EXPECT_EQ(duration_text(3723), "1:02:03");
  EXPECT_EQ(duration_text(86400), "1 day, 0:00:00");
  EXPECT_EQ(duration_text(3 * 86400 + 3599), "3 days, 0:59:59");
  EXPECT_EQ(duration_text_micros(0.779192), "0:00:00.779192");
  EXPECT_EQ(duration_text_micros(5), "0:00:05");
  EXPECT_EQ(duration_text_micros(59.9999996), "0:01:00");
}

}  // namespace
}  // namespace pde
