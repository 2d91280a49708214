#include <gtest/gtest.h>

#include <algorithm>

#include "support/expect_error.hpp"
#include "support/written_text.hpp"
#include "tracker/tracker_fixture.hpp"

namespace pde {
namespace {

using test::written_to_pipe;

void run(const char *options_text, const char *schedule, double t_end, double dt) {
  Options options;
  options.parse(options_text);
  Controller controller({make_tracker("progress", schedule ? Schedule::parse(schedule) : nullptr, options)},
                        Options());
  run_exactly(controller, make_state(), 0, t_end, dt);
}

int64_t lines_in(const std::string &text) {
  return std::count(text.begin(), text.end(), '\n');
}

TEST(ProgressTracker, WritesPlainLinesToAPipe) {
  const std::string text = written_to_pipe(STDERR_FILENO, [] { run("interval=0", nullptr, 10, 0.01); });
  EXPECT_EQ(lines_in(text), 11) << text;  // a line per tenth, the first and the last among them
  EXPECT_TRUE(contains(text, "  0 %  t = 0 of 10")) << text;
  EXPECT_TRUE(contains(text, "100 %  t = 10 of 10  elapsed 0:00:00  remaining 0:00:00\n")) << text;
  EXPECT_FALSE(contains(text, "\r"));
}

TEST(ProgressTracker, KeepsQuietInBetween) {
  const std::string text = written_to_pipe(STDERR_FILENO, [] { run("", nullptr, 10, 0.01); });
  EXPECT_EQ(lines_in(text), 2) << text;  // over within a second: beginning and end
}

TEST(ProgressTracker, WritesToTheStreamThatIsAskedFor) {
  const std::string text = written_to_pipe(STDOUT_FILENO, [] { run("stream=stdout", "constant(2)", 10, 1); });
  EXPECT_EQ(lines_in(text), 6) << text;
}

TEST(ProgressTracker, RewritesItsLineOnATerminal) {
  const auto written = test::written_to_terminal(STDERR_FILENO, [] { run("interval=0", nullptr, 4, 1); });
  if (!written) GTEST_SKIP() << "no terminal can be made here (/dev/pts)";
  const std::string &text = *written;
  EXPECT_EQ(lines_in(text), 1) << text;
  EXPECT_TRUE(contains(text, "\r[...............")) << text;
  EXPECT_TRUE(contains(text, "\r[###############...............]  50 %  t = 2 of 4")) << text;
  EXPECT_TRUE(contains(text, "\r[##############################] 100 %  t = 4 of 4")) << text;
  EXPECT_FALSE(contains(text, "\033"));
}

TEST(ProgressTracker, WritesAsManyDigitsAsAreAskedFor) {
  const std::string text = written_to_pipe(STDERR_FILENO, [] { run("ndigits=2", "constant(10)", 10, 1); });
  EXPECT_TRUE(contains(text, "t = 0.00 of 10.00  ")) << text;
  EXPECT_TRUE(contains(text, "t = 10.00 of 10.00  ")) << text;
}

TEST(ProgressTracker, LeavesTheTerminalCleanIfThatIsAskedFor) {
  const auto written =
      test::written_to_terminal(STDERR_FILENO, [] { run("interval=0 leave=false", nullptr, 4, 1); });
  if (!written) GTEST_SKIP() << "no terminal can be made here (/dev/pts)";
  EXPECT_EQ(lines_in(*written), 0) << *written;
  const size_t last = written->rfind('\r'), before = written->rfind('\r', last - 1);
  EXPECT_EQ(last + 1, written->size());
  EXPECT_EQ(written->find_first_not_of(' ', before + 1), last);
}

TEST(ProgressTracker, NeedsNoStateAndShortensNoStep) {
  const std::string text = written_to_pipe(STDERR_FILENO, [] {
    Controller controller({make_tracker("progress", nullptr, Options())}, Options());
    const Controller::Next next = controller.start(make_state(), 0, 8);
    EXPECT_EQ(next.t, 8);
    EXPECT_FALSE(controller.due(4));
    EXPECT_FALSE(controller.handle(nullptr, 4).stop);
    controller.stop();
    EXPECT_TRUE(controller.handle(nullptr, 5).stop);
    controller.finish(make_state(), 5);
  });
  EXPECT_TRUE(contains(text, " 62 %  t = 5 of 8")) << text;
}

TEST(ProgressTracker, ChecksItsOptions) {
  Options options;
  options.set("stream", std::string("file"));
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make_tracker("progress", nullptr, options), "stream", "stdout");
}

}  // namespace
}  // namespace pde
