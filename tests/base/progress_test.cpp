// What long calls tell of themselves: to a callback, and as a bar on a terminal or lines in a pipe.
#include "base/progress.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "support/expect_error.hpp"
#include "support/written_text.hpp"

namespace pde {
namespace {

constexpr OptionSpec kTable[] = {kProgressOption};
constexpr int64_t kSteps = 400;

/// A callback that keeps what it is told, and answers PDE_STOP from some step on.
struct Listener {
  std::vector<int64_t> told;
  int64_t total = 0, stop_at = INT64_MAX;

  ResolvedOptions options(bool bar = false) {
    Options options;
    options.set("progress", bar);
    options.set_progress(std::make_shared<ProgressTarget>(
        ProgressTarget{[](int64_t done, int64_t of, void *user) {
                         auto &self = *static_cast<Listener *>(user);
                         self.told.push_back(done);
                         self.total = of;
                         return pde_status{done >= self.stop_at ? PDE_STOP : PDE_OK};
                       },
                       this, nullptr}));
    return {options, kTable, "copy"};
  }
};

ResolvedOptions bar() {
  Options options;
  options.set("progress", true);
  return {options, kTable, "copy"};
}

int64_t count_in(const std::string &text, char character) {
  return std::count(text.begin(), text.end(), character);
}

// ---- the callback

TEST(ProgressOfACall, TellsTheFirstStepAndTheLast) {
  Listener listener;
  Progress progress(listener.options(), "copying", kSteps);
  for (int64_t i = 1; i <= kSteps; ++i) progress.tell(i);
  ASSERT_GE(listener.told.size(), 2u);
  EXPECT_EQ(listener.told.front(), 1);
  EXPECT_EQ(listener.told.back(), kSteps);
  EXPECT_EQ(listener.total, kSteps);
  EXPECT_TRUE(std::is_sorted(listener.told.begin(), listener.told.end()));
}

TEST(ProgressOfACall, TellsNoMoreThanTenTimesASecond) {
  Listener listener;
  Progress progress(listener.options(), "copying", INT64_MAX);
  const auto began = std::chrono::steady_clock::now();
  int64_t i = 0;
  while (std::chrono::steady_clock::now() - began < std::chrono::milliseconds(350)) progress.tell(++i);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  EXPECT_GE(listener.told.size(), 2u);
  EXPECT_LE(static_cast<double>(listener.told.size()), took.count() * 10 + 1);
}

TEST(ProgressOfACall, IsCancelledByStop) {
  Listener listener;
  listener.stop_at = 1;
  Progress progress(listener.options(), "copying", 3);
  EXPECT_MESSAGE(PDE_ERR_STATE, progress.tell(1), "copying", "cancelled", "1 of 3");
}

TEST(ProgressOfACall, IsNotCancelledWhenAllIsDone) {
  Listener listener;
  listener.stop_at = 3;
  Progress progress(listener.options(), "copying", 3);
  for (int64_t i : {1, 2, 3}) EXPECT_NO_THROW(progress.tell(i));
  EXPECT_EQ(listener.told.back(), 3);
}

TEST(ProgressOfACall, IsSilentUnlessAskedFor) {
  const std::string text = test::written_to_pipe(STDERR_FILENO, [] {
    Progress silent, other(ResolvedOptions(Options(), kTable, "copy"), "copying", 3);
    for (int64_t i : {1, 2, 3}) silent.tell(i), other.tell(i);
  });
  EXPECT_EQ(text, "");
}

// ---- the bar

TEST(ProgressBar, EndsWithOneLineInAPipe) {
  const std::string text = test::written_to_pipe(STDERR_FILENO, [] {
    Progress progress(bar(), "copying", kSteps);
    for (int64_t i = 1; i <= kSteps; ++i) progress.tell(i);
  });
  EXPECT_EQ(text, "100 %  copying 400 of 400  elapsed 0:00:00  remaining 0:00:00\n");
}

TEST(ProgressBar, SaysNothingOfWhatFailsAtOnce) {
  const auto stopped = [] {
    Listener listener;
    listener.stop_at = 1;
    Progress progress(listener.options(true), "copying", 3);
    EXPECT_MESSAGE(PDE_ERR_STATE, progress.tell(1), "cancelled");
  };
  EXPECT_EQ(test::written_to_pipe(STDERR_FILENO, stopped), "");
  const auto on_terminal = test::written_to_terminal(STDERR_FILENO, stopped);
  if (!on_terminal) GTEST_SKIP() << "no terminal can be made here (/dev/pts)";
  EXPECT_EQ(*on_terminal, "") << "no empty line either";
}

TEST(ProgressBar, RewritesItsLineOnATerminal) {
  const auto written = test::written_to_terminal(STDERR_FILENO, [] {
    Progress progress(bar(), "copying", 2);
    std::this_thread::sleep_for(std::chrono::milliseconds(1050));
    progress.tell(1);
    progress.tell(2);
  });
  if (!written) GTEST_SKIP() << "no terminal can be made here (/dev/pts)";
  EXPECT_EQ(count_in(*written, '\n'), 1) << *written;
  EXPECT_TRUE(contains(*written, "\r[###############...............]  50 %  copying 1 of 2")) << *written;
  EXPECT_TRUE(contains(*written, "\r[##############################] 100 %  copying 2 of 2")) << *written;
  EXPECT_FALSE(contains(*written, "\033"));
}

// ---- the line

TEST(ProgressLine, CoversALongerLineWithBlanks) {
  const auto written = test::written_to_terminal(STDERR_FILENO, [] {
    ProgressLine line(stderr, 0);
    line.start();
    EXPECT_TRUE(line.on_terminal());
    line.show(0.5, "a long way to go");
    line.show(0.5, "short");
    line.end();
  });
  if (!written) GTEST_SKIP() << "no terminal can be made here (/dev/pts)";
  const size_t second = written->rfind('\r', written->size() - 3);  // the terminal makes \r\n of \n
  ASSERT_NE(second, std::string::npos);
  const std::string first_line = written->substr(1, second - 1), second_line = written->substr(second + 1);
  EXPECT_EQ(second_line.substr(0, second_line.find_first_of("\r\n")).size(), first_line.size()) << *written;
}

TEST(ProgressLine, IsDueInAPipeForEveryTenth) {
  const std::string text = test::written_to_pipe(STDERR_FILENO, [] {
    ProgressLine line(stderr, 0);
    line.start();
    EXPECT_FALSE(line.on_terminal());
    for (int i = 1; i <= 100; ++i) {
      if (line.due(i / 100.0)) line.show(i / 100.0, "on the way");
    }
    line.end();
  });
  EXPECT_EQ(count_in(text, '\n'), 10) << text;
  EXPECT_TRUE(contains(text, " 10 %  on the way  elapsed")) << text;
  EXPECT_TRUE(contains(text, "100 %  on the way  elapsed")) << text;
}

TEST(ProgressLine, WaitsForItsInterval) {
  test::written_to_pipe(STDERR_FILENO, [] {
    ProgressLine line(stderr, 3600);
    line.start();
    EXPECT_FALSE(line.due(0.5));
    EXPECT_FALSE(line.due(1));
  });
}

TEST(ProgressLine, DoesNotKnowTheRestAtTheBeginning) {
  const std::string text = test::written_to_pipe(STDERR_FILENO, [] {
    ProgressLine line(stderr, 0);
    line.start();
    line.show(0, "at the start");
  });
  EXPECT_TRUE(contains(text, "  0 %  at the start  elapsed 0:00:00  remaining ?\n")) << text;
}

}  // namespace
}  // namespace pde
