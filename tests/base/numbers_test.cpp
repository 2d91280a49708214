#include "base/numbers.hpp"

#include <gtest/gtest.h>

#include <clocale>
#include <cmath>

namespace pde {
namespace {

TEST(Numbers, TheWholeTextMustBeANumber) {
  EXPECT_EQ(parse_real(" 2.5e-3 "), 2.5e-3);
  EXPECT_EQ(parse_real("+4"), 4.0);
  EXPECT_EQ(parse_integer("-12"), -12);
  for (const char *text : {"", " ", "1x", "0x10", "1,5", "--1", "+-1", "1e"})
    EXPECT_FALSE(parse_real(text)) << text;
  for (const char *text : {"", "1.0", "1e3", "99999999999999999999"})
    EXPECT_FALSE(parse_integer(text)) << text;
}

TEST(Numbers, TextReadsBackExactly) {
  for (double value : {0.1, 1.0 / 3, 1e300, 5e-324, -0.0}) EXPECT_EQ(parse_real(real_text(value)), value);
}

TEST(Numbers, TheLocaleDoesNotMatter) {
  const char *set = std::setlocale(LC_ALL, "de_DE.UTF-8");
  if (!set) GTEST_SKIP() << "no locale with a decimal comma on this machine";
  EXPECT_EQ(parse_real("2.5"), 2.5);
  EXPECT_EQ(real_text(2.5), "2.5");
  std::setlocale(LC_ALL, "C");
}

TEST(Numbers, ProductsNoticeOverflow) {
  const int64_t fits[] = {int64_t{1} << 31, int64_t{1} << 31}, over[] = {int64_t{1} << 32, int64_t{1} << 31};
  EXPECT_EQ(checked_product(fits), int64_t{1} << 62);
  EXPECT_FALSE(checked_product(over));
  EXPECT_EQ(checked_product({}), 1);
  EXPECT_EQ(shape_text(fits), "[2147483648, 2147483648]");
}

}  // namespace
}  // namespace pde
