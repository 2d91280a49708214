#include "base/log.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pde {
namespace {

struct Lines {
  std::vector<std::string> texts;
  int destroyed = 0;
};

TEST(Log, LinesGoToTheHandlerUntilItIsReplaced) {
  Lines lines;
  set_log_handler(
      [](int32_t level, const char *message, void *user) {
        static_cast<Lines *>(user)->texts.push_back(std::to_string(level) + message);
      },
      &lines, [](void *user) { ++static_cast<Lines *>(user)->destroyed; });
  log_info("{} and {}", 1, "two");
  log_warning("careful");
  EXPECT_EQ(lines.destroyed, 0);
  set_log_handler(nullptr, nullptr, nullptr);
  EXPECT_EQ(lines.destroyed, 1);
  testing::internal::CaptureStderr();
  log_info("not shown without a handler");
  log_warning("shown");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "libpde warning: shown\n");
  EXPECT_EQ(lines.texts, (std::vector<std::string>{"31 and two", "2careful"}));
}

TEST(Log, AHandlerMayReplaceItself) {
  Lines lines;
  set_log_handler([](int32_t, const char *, void *) { set_log_handler(nullptr, nullptr, nullptr); }, &lines,
                  [](void *user) { ++static_cast<Lines *>(user)->destroyed; });
  log_info("once");
  EXPECT_EQ(lines.destroyed, 1);
}

}  // namespace
}  // namespace pde
