// Option catch_interrupt of pde_solve: SIGINT ends the run, and the handler of the host comes back in every
// case.
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <functional>
#include <thread>

#include "user_program.hpp"

namespace test {
namespace {

int g_signals = 0;
void count_signal(int) {
  ++g_signals;
}
void count_signal_info(int, siginfo_t *info, void *) {
  g_signals += info ? 10 : 1000;
}

/// The host has a handler of its own, which is to be there afterwards.
class Interrupts : public ::testing::Test {
 protected:
  void SetUp() override {
    g_signals = 0;
    struct sigaction own {};
    own.sa_handler = count_signal;
    sigemptyset(&own.sa_mask);
    sigaddset(&own.sa_mask, SIGUSR1);
    own.sa_flags = SA_RESTART;
    ASSERT_EQ(::sigaction(SIGINT, &own, &before_), 0);
  }
  void TearDown() override {
    struct sigaction now {};
    ASSERT_EQ(::sigaction(SIGINT, &before_, &now), 0);
    EXPECT_EQ(now.sa_handler, count_signal);
    EXPECT_EQ(now.sa_flags & SA_SIGINFO, 0);
    EXPECT_EQ(sigismember(&now.sa_mask, SIGUSR1), 1);
  }

  /// Runs with a callback at 0, 1, 2, …; gives what pde_solve gave.
  pde_status solve(std::function<pde_status(double)> act, const std::string &options, double t_end = 10,
                   double *out_t = nullptr, pde_storage *storage = nullptr) {
    const GridHandle grid = unit_grid({4});
    const FieldHandle state = filled_field(grid, 1);
    EquationHandle equation;
    REQUIRE_OK(pde_equation_create("diffusion", nullptr, equation.out()));
    TrackerHandle tracker, recorder;
    REQUIRE_OK(pde_tracker_create_callback(
        nullptr,
        [](const pde_field *, double t, void *user) {
          return (*static_cast<std::function<pde_status(double)> *>(user))(t);
        },
        &act, nullptr, tracker.out()));
    std::vector<pde_tracker *> list = {tracker};
    if (storage) {
      REQUIRE_OK(pde_tracker_create_storage(storage, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                                            recorder.out()));
      list.push_back(recorder);
    }
    ControllerHandle run;
    REQUIRE_OK(pde_controller_create(list.data(), static_cast<int64_t>(list.size()), nullptr, run.out()));
    return pde_solve(equation, state, 0, t_end, options_from(options), run, out_t);
  }

 private:
  struct sigaction before_ {};
};

TEST_F(Interrupts, EndTheRunIfAskedFor) {
  for (const char *stepper : {"", " stepper=euler dt=0.25", " stepper=rk45"}) {
    StorageHandle storage = open_storage("memory:", nullptr);
    double t = -1;
    const auto act = [](double time) {
      if (time == 3) std::raise(SIGINT);
      return PDE_OK;
    };
    const pde_status status = solve(act, std::string("catch_interrupt=true") + stepper, 10, &t, storage);
    EXPECT_TRUE(fails_with(PDE_STOP, status, {"User interrupted simulation"}));
    EXPECT_EQ(t, 3);
    EXPECT_EQ(times_of(storage), (std::vector<double>{0, 1, 2, 3}));
    int32_t writing = 1;
    EXPECT_OK(pde_storage_is_writing(storage, &writing));
    EXPECT_EQ(writing, 0);
    const std::string report = info_of(storage, "controller");
    EXPECT_NE(report.find("User interrupted simulation"), std::string::npos) << report;
    EXPECT_NE(report.find("\"successful\":false"), std::string::npos) << report;
  }
  EXPECT_EQ(g_signals, 0);
}

TEST_F(Interrupts, AreTheHostsIfNotAskedFor) {
  const auto act = [](double) {
    std::raise(SIGINT);
    return PDE_OK;
  };
  EXPECT_OK(solve(act, "", 2));
  EXPECT_OK(solve(act, "catch_interrupt=false", 2));
  EXPECT_EQ(g_signals, 6);
}

TEST_F(Interrupts, AtTheEndDoNotTakeItAway) {
  const auto act = [](double time) {
    if (time == 2) std::raise(SIGINT);
    return PDE_OK;
  };
  EXPECT_OK(solve(act, "catch_interrupt=true", 2));
  // Neither is the next run affected.
  EXPECT_OK(solve([](double) { return PDE_OK; }, "catch_interrupt=true", 2));
}

TEST_F(Interrupts, SecondOnesGoToTheHandlerBefore) {
  const auto twice = [](double time) {
    for (int i = 0; i < 3 && time == 1; ++i) std::raise(SIGINT);
    return PDE_OK;
  };
  EXPECT_STATUS(PDE_STOP, solve(twice, "catch_interrupt=true"));
  EXPECT_EQ(g_signals, 2);
  struct sigaction simple {
  }, with_info{};
  ASSERT_EQ(::sigaction(SIGINT, nullptr, &simple), 0);
  with_info.sa_sigaction = count_signal_info;
  with_info.sa_flags = SA_SIGINFO;
  ASSERT_EQ(::sigaction(SIGINT, &with_info, nullptr), 0);
  EXPECT_STATUS(PDE_STOP, solve(twice, "catch_interrupt=true"));
  EXPECT_EQ(g_signals, 22);
  std::signal(SIGINT, SIG_IGN);
  EXPECT_STATUS(PDE_STOP, solve(twice, "catch_interrupt=true"));
  EXPECT_EQ(g_signals, 22);
  ASSERT_EQ(::sigaction(SIGINT, &simple, nullptr), 0);
}

TEST_F(Interrupts, GiveTheHandlerBackWhereTheRunFails) {
  const auto good = [](double) { return PDE_OK; };
  EXPECT_STATUS(PDE_ERR_USER - 2, solve([](double) { return PDE_ERR_USER - 2; }, "catch_interrupt=true"));
  EXPECT_STATUS(PDE_STOP, solve([](double) { return PDE_STOP; }, "catch_interrupt=true"));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, solve(good, "catch_interrupt=true stepper=euler"));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, solve(good, "catch_interrupt=maybe"));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, solve(good, "catch_interrupt=true", std::nan("")));
  std::raise(SIGINT);
  EXPECT_EQ(g_signals, 1);
}

/// A handler that the host installs during the run is not taken away from it.
TEST_F(Interrupts, LeaveAHandlerAloneThatCameLater) {
  struct sigaction before {};
  ASSERT_EQ(::sigaction(SIGINT, nullptr, &before), 0);
  EXPECT_OK(solve(
      [](double time) {
        if (time == 1) std::signal(SIGINT, SIG_IGN);
        return PDE_OK;
      },
      "catch_interrupt=true"));
  struct sigaction now {};
  ASSERT_EQ(::sigaction(SIGINT, &before, &now), 0);
  EXPECT_EQ(now.sa_handler, SIG_IGN);
}

TEST_F(Interrupts, EndAllRunsThatAskedForThem) {
  // One inside another.
  pde_status inner = PDE_OK;
  const auto outer = [&](double time) {
    if (time == 1) {
      inner = solve(
          [](double) {
            std::raise(SIGINT);
            return PDE_OK;
          },
          "catch_interrupt=true");
    }
    return PDE_OK;
  };
  EXPECT_STATUS(PDE_STOP, solve(outer, "catch_interrupt=true"));
  EXPECT_STATUS(PDE_STOP, inner);
  // Several threads.
  std::atomic<int> running{0};
  std::vector<std::thread> threads;
  std::array<pde_status, 3> statuses{};
  for (pde_status &status : statuses) {
    threads.emplace_back([&] {
      const auto act = [&](double time) {
        if (time == 0) ++running;
        return PDE_OK;
      };
      status = solve(act, "catch_interrupt=true stepper=euler dt=0.1", 1e12);
    });
  }
  while (running < 3) std::this_thread::yield();
  EXPECT_EQ(::kill(::getpid(), SIGINT), 0);
  for (std::thread &thread : threads) thread.join();
  for (const pde_status status : statuses) EXPECT_STREQ(pde_status_name(status), "PDE_STOP");
  EXPECT_EQ(g_signals, 0);
}

/// A program that is interrupted from outside, as by Ctrl-C: once, and it ends well; twice, and it is killed.
class InterruptedProgram : public Interrupts {
 protected:
  /// Gives what waitpid gave.
  int interrupt(const std::string &path, bool impatient) {
    std::array<int, 2> pipe{};
    EXPECT_EQ(::pipe(pipe.data()), 0);
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
      std::signal(SIGINT, SIG_DFL);
      StorageHandle storage = open_storage(path, "truncate", options_from("commit_every=1"));
      const auto act = [&](double time) {
        if (time != 2) return pde_status{PDE_OK};
        // Not before it waits, so that no signal comes too early.
        sigset_t interrupt, before;
        sigemptyset(&interrupt);
        sigaddset(&interrupt, SIGINT);
        ::sigprocmask(SIG_BLOCK, &interrupt, &before);
        if (::write(pipe[1], "x", 1) != 1) return pde_status{PDE_ERR_USER - 1};
        do {
          ::sigsuspend(&before);
        } while (impatient);
        ::sigprocmask(SIG_SETMASK, &before, nullptr);
        return pde_status{PDE_OK};
      };
      const pde_status status = solve(act, "catch_interrupt=true", 1e9, nullptr, storage);
      const bool well = status == PDE_STOP && pde_storage_close(storage.release()) == PDE_OK;
      std::exit(well ? 0 : 1);
    }
    char byte = 0;
    EXPECT_EQ(::read(pipe[0], &byte, 1), 1);
    EXPECT_EQ(::kill(child, SIGINT), 0);
    int status = 0;
    while (::waitpid(child, &status, impatient ? WNOHANG : 0) == 0) {
      // Signals that wait at the same time are one.
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      ::kill(child, SIGINT);
    }
    ::close(pipe[0]);
    ::close(pipe[1]);
    return status;
  }
  TemporaryFolder folder_;
};

TEST_F(InterruptedProgram, EndsWellAfterOne) {
  const std::string path = folder_.file("run.h5");
  EXPECT_TRUE(exited_well(interrupt(path, false)));
  StorageHandle storage = open_storage(path, "readonly");
  EXPECT_EQ(times_of(storage), (std::vector<double>{0, 1, 2}));
  EXPECT_NE(info_of(storage, "controller").find("User interrupted simulation"), std::string::npos);
}

TEST_F(InterruptedProgram, IsKilledByTheSecond) {
  const std::string path = folder_.file("run.h5");
  const int status = interrupt(path, true);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGINT);
  StorageHandle storage = open_storage(path, "readonly");
  EXPECT_EQ(times_of(storage).size(), 2u);  // what was committed
}

}  // namespace
}  // namespace test
