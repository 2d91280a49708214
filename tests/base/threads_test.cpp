#include "base/threads.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

namespace {

TEST(Threads, UseNoMoreCoresThanTheProcessMayUse) {
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  EXPECT_GE(pde::usable_cores(), 1);
  EXPECT_LE(pde::usable_cores(), CPU_COUNT(&before));
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(pde::usable_cores(), 1);
  ASSERT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
}

TEST(Threads, AForkedChildHasAnIdOfItsOwn) {
  const pid_t parent = pde::process_id();
  EXPECT_EQ(parent, getpid());
  const pid_t child = fork();
  if (child == 0) _exit(pde::process_id() == getpid() && pde::process_id() != parent ? 0 : 1);
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(pde::process_id(), parent);
}

sigset_t blocked_now() {
  sigset_t now;
  pthread_sigmask(SIG_SETMASK, nullptr, &now);
  return now;
}

TEST(Threads, StartedWithSignalsBlockedLeaveThemToOthers) {
  sigset_t in_thread;
  sigemptyset(&in_thread);
  std::thread thread;
  {
    const pde::SignalsBlocked blocked;
    thread = std::thread([&] { in_thread = blocked_now(); });
  }
  thread.join();
  const sigset_t here = blocked_now();
  for (const int signal : {SIGINT, SIGTERM, SIGALRM, SIGCHLD}) {
    EXPECT_EQ(sigismember(&in_thread, signal), 1) << signal;
    EXPECT_EQ(sigismember(&here, signal), 0) << signal;
  }
}

}  // namespace
