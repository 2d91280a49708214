#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/progress.hpp"
#include "support/expect_error.hpp"
#include "tracker/tracker_fixture.hpp"
#include "tracker/tracker_kinds.hpp"

namespace pde {
namespace {

/// What `action` writes to a descriptor while that leads to `write_end`; `read_end` belongs to it.
template <class F>
std::string written(int descriptor, int read_end, int write_end, F &&action) {
  fflush(nullptr);
  const int kept = dup(descriptor);
  dup2(write_end, descriptor);
  action();
  fflush(nullptr);
  dup2(kept, descriptor);
  close(kept);
  close(write_end);  // so that reading comes to an end: with nothing from a pipe, with EIO from a terminal
  std::string text;
  char part[4096];
  for (ssize_t size; (size = read(read_end, part, sizeof part)) > 0;)
    text.append(part, static_cast<size_t>(size));
  close(read_end);
  return text;
}

template <class F>
std::string written_to_pipe(int descriptor, F &&action) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  return written(descriptor, ends[0], ends[1], action);
}

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
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_GE(master, 0);
  ASSERT_EQ(grantpt(master), 0);
  ASSERT_EQ(unlockpt(master), 0);
  const int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  const std::string text = written(STDERR_FILENO, master, terminal, [] { run("interval=0", nullptr, 4, 1); });
  EXPECT_EQ(lines_in(text), 1) << text;
  EXPECT_TRUE(contains(text, "\r[...............")) << text;
  EXPECT_TRUE(contains(text, "\r[###############...............]  50 %  t = 2 of 4")) << text;
  EXPECT_TRUE(contains(text, "\r[##############################] 100 %  t = 4 of 4")) << text;
  EXPECT_FALSE(contains(text, "\033"));
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

TEST(DurationText, IsPythons) {
  EXPECT_EQ(duration_text(0.9), "0:00:00");
  EXPECT_EQ(duration_text(3723), "1:02:03");
  EXPECT_EQ(duration_text(86400), "1 day, 0:00:00");
  EXPECT_EQ(duration_text(3 * 86400 + 3599), "3 days, 0:59:59");
}

}  // namespace
}  // namespace pde
