// Handles are tokens: however many come and go, on however many threads, a stale one stays stale. And a run
// can be stopped from anywhere.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <deque>
#include <functional>
#include <random>
#include <thread>

#include "user_program.hpp"

namespace test {
namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kCycles = 100'000, kRounds = 2'000;
#else
constexpr int kCycles = 1'200'000, kRounds = 20'000;  // more than one slot of the table has generations
#endif

TEST(Handles, ThatAreStaleStaySoThroughAMillionOthers) {
  std::deque<pde_options *> gone;
  std::set<pde_options *> early;
  OptionsHandle always;
  ASSERT_OK(pde_options_create(always.out()));
  for (int i = 0; i < kCycles; ++i) {
    pde_options *bag = nullptr;
    ASSERT_EQ(pde_options_create(&bag), PDE_OK);
    if (i % 1000 == 0) {
      ASSERT_EQ(pde_options_set_int(bag, "level", i), PDE_OK);
      ASSERT_FALSE(early.contains(bag)) << "the same token twice";
      early.insert(bag);
    }
    pde_options_free(bag);
    gone.push_back(bag);
    if (gone.size() > 1000) gone.pop_front();
    if (i % 64 != 0) continue;
    // One that has just gone, and one of long ago, whose slot has changed hands many times since.
    ASSERT_EQ(pde_options_set_int(gone.back(), "level", 1), PDE_ERR_HANDLE);
    ASSERT_EQ(pde_options_set_int(gone.front(), "level", 1), PDE_ERR_HANDLE);
  }
  for (pde_options *bag : gone) ASSERT_EQ(pde_options_set_int(bag, "level", 1), PDE_ERR_HANDLE);
  for (pde_options *bag : early) ASSERT_EQ(pde_options_set_int(bag, "level", 1), PDE_ERR_HANDLE);
  EXPECT_OK(pde_options_set_int(always, "level", 1));
}

TEST(Handles, ManyAtOnceAreAllDifferent) {
  std::set<pde_options *> all;
  for (int i = 0; i < 50'000; ++i) {
    pde_options *bag = nullptr;
    ASSERT_EQ(pde_options_create(&bag), PDE_OK);
    ASSERT_TRUE(all.insert(bag).second);
  }
  for (pde_options *bag : all) ASSERT_EQ(pde_options_set_int(bag, "level", 1), PDE_OK);
  for (pde_options *bag : all) pde_options_free(bag);
  for (pde_options *bag : all) ASSERT_EQ(pde_options_set_int(bag, "level", 1), PDE_ERR_HANDLE);
}

TEST(Handles, FitInto47BitsForRuntimesThatKeepNoMore) {
  for (int i = 0; i < 1000; ++i) {
    OptionsHandle bag;
    ASSERT_OK(pde_options_create(bag.out()));
    ASSERT_EQ(reinterpret_cast<uintptr_t>(bag.get()) >> 47, 0U);
  }
}

TEST(Handles, ObjectsLiveAsLongAsTheyAreNeededInWhateverOrderTheyAreFreed) {
  std::mt19937 random(20240501);
  std::printf("seed 20240501\n");
  for (int round = 0; round < 100; ++round) {
    GridHandle grid = unit_grid({8});
    FieldHandle a = filled_field(grid, 1), b = filled_field(grid, 2), collection = collection_of({a, b}),
                member;
    ASSERT_OK(pde_field_member(collection, 1, member.out()));
    StorageHandle storage = open_storage("memory:", nullptr);
    ASSERT_OK(pde_storage_append(storage, collection, 0));
    ScheduleHandle schedule;
    ASSERT_OK(pde_schedule_create_constant(1, 0, schedule.out()));
    TrackerHandle tracker;
    ASSERT_OK(pde_tracker_create_storage(storage, schedule, nullptr, nullptr, nullptr, nullptr, nullptr,
                                         tracker.out()));
    pde_tracker *list[] = {tracker};
    ControllerHandle run;
    ASSERT_OK(pde_controller_create(list, 1, nullptr, run.out()));
    std::vector<std::function<void()>> frees = {[&] { grid.reset(); },    [&] { a.reset(); },
                                                [&] { b.reset(); },       [&] { collection.reset(); },
                                                [&] { storage.reset(); }, [&] { schedule.reset(); },
                                                [&] { tracker.reset(); }, [&] { run.reset(); }};
    std::shuffle(frees.begin(), frees.end(), random);
    for (const auto &free : frees) {
      free();
      double average = 0;
      ASSERT_OK(pde_field_average(member, &average, 1));
      ASSERT_EQ(average, 2);
    }
  }
}

// ---- threads

template <class F>
void on_threads(int count, F &&body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(body, i);
  for (std::thread &thread : threads) thread.join();
}

TEST(Threads, MakeUseAndFreeHandlesOfTheirOwn) {
  std::atomic<int> wrong{0};
  on_threads(4, [&](int number) {
    const int64_t cells = 3 + number;
    for (int i = 0; i < kRounds; ++i) {
      pde_grid *grid = nullptr;
      pde_field *field = nullptr;
      int64_t shape = 0;
      if (pde_grid_create_unit(1, &cells, nullptr, &grid) != PDE_OK) ++wrong;
      if (pde_field_create(grid, PDE_SCALAR, PDE_FLOAT64, nullptr, &field) != PDE_OK) ++wrong;
      pde_grid_free(grid);
      if (pde_field_shape(field, &shape, 1) != PDE_OK || shape != cells) ++wrong;
      pde_field_free(field);
      if (pde_field_shape(field, &shape, 1) != PDE_ERR_HANDLE) ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST(Threads, ShareGrids) {
  const GridHandle grid = cartesian_grid({0, 0}, {1, 2}, {3, 4}, {0, 1});
  const char *first = nullptr;
  ASSERT_OK(pde_grid_text(grid, &first));
  std::atomic<int> wrong{0};
  on_threads(4, [&](int) {
    for (int i = 0; i < kRounds; ++i) {
      const char *text = nullptr;
      double total = 0;
      if (pde_grid_text(grid, &text) != PDE_OK || text != first) ++wrong;
      if (pde_grid_volumes(grid, nullptr, 0, &total) != PDE_OK || total != 2) ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST(Threads, FreeWhatAnotherUsesWithoutHarm) {
  for (int round = 0; round < kRounds / 100; ++round) {
    pde_grid *grid = unit_grid({5}).release();
    std::atomic<bool> go{false};
    std::atomic<int> wrong{0};
    std::thread user([&] {
      while (!go) std::this_thread::yield();
      for (int i = 0; i < 50; ++i) {
        int32_t ndim = 1;
        const pde_status status = pde_grid_ndim(grid, &ndim);
        if ((status != PDE_OK && status != PDE_ERR_HANDLE) || ndim != 1) ++wrong;
      }
    });
    go = true;
    pde_grid_free(grid);
    user.join();
    ASSERT_EQ(wrong, 0);
  }
}

TEST(Threads, ThatShareAHandleAgainstTheRulesGetAnAnswer) {
  OptionsHandle bag;
  ASSERT_OK(pde_options_create(bag.out()));
  std::atomic<int> wrong{0};
  on_threads(4, [&](int number) {
    for (int i = 0; i < kRounds; ++i) {
      const pde_status status = pde_options_set_int(bag, "level", number);
      if (status != PDE_OK && status != PDE_ERR_BUSY) ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST(Threads, RecordIntoFilesOfTheirOwn) {
  const TemporaryFolder folder;
  std::atomic<int> wrong{0};
  on_threads(3, [&](int number) {
    try {
      const std::string path = folder.file("run" + std::to_string(number) + ".h5");
      record_file(path, 20);
      StorageHandle storage = open_storage(path, "readonly");
      if (value_at(storage, -1) != 20) ++wrong;
    } catch (const std::exception &error) {
      std::fprintf(stderr, "%s\n", error.what());
      ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST(Threads, ReplaceTheLogHandlerWhileOthersLog) {
  static std::atomic<int> destroyed{0};
  std::atomic<bool> over{false};
  const auto ignore = [](int32_t, const char *, void *) {};
  std::thread replacing([&] {
    for (int i = 0; i < 200; ++i) pde_set_log_handler(ignore, nullptr, [](void *) { ++destroyed; });
    over = true;
  });
  const TemporaryFolder folder;
  const std::string path = folder.file("cut.h5");
  record_file(path, 1);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  while (!over) open_storage(path, "truncate_once");
  replacing.join();
  ASSERT_OK(pde_set_log_handler(nullptr, nullptr, nullptr));
  EXPECT_EQ(destroyed, 200);
}

// ---- stopping

class Stopping : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(pde_controller_create(nullptr, 0, nullptr, run.out()));
    ASSERT_OK(pde_controller_start(run, field, 0, 1e9, &t_next));
  }
  /// Steps until the run is to end; gives the status that said so.
  pde_status loop() {
    pde_status status = PDE_OK;
    for (double t = 1; status == PDE_OK; t += 1) {
      last = t;
      status = pde_controller_handle(run, nullptr, t, &t_next);
    }
    return status;
  }
  void expect_stopped() {
    EXPECT_OK(pde_controller_finish(run, field, last));
    const char *json = nullptr;
    EXPECT_OK(pde_controller_info(run, &json));
    const std::string text = json;
    EXPECT_NE(text.find("\"successful\": false"), std::string::npos) << text;
    EXPECT_NE(text.find("interrupted"), std::string::npos) << text;
  }

  FieldHandle field = filled_field(unit_grid({4}), 1);
  ControllerHandle run;
  double t_next = 0, last = 0;
};

TEST_F(Stopping, FromTheSameThread) {
  ASSERT_OK(pde_controller_stop(run));
  EXPECT_STATUS(PDE_STOP, pde_controller_handle(run, nullptr, last = 1, &t_next));
  expect_stopped();
}

TEST_F(Stopping, FromAnotherThreadWhileTheRunGoesOn) {
  std::atomic<pde_status> stopped{PDE_ERR_INTERNAL};
  std::thread other([&] { stopped = pde_controller_stop(run); });
  EXPECT_STATUS(PDE_STOP, loop());
  other.join();
  EXPECT_EQ(stopped, PDE_OK);
  expect_stopped();
}

std::atomic<pde_controller *> g_to_stop{nullptr};
std::atomic<int> g_signals{0}, g_wrong{0};

TEST_F(Stopping, FromASignalHandlerInTheMiddleOfACall) {
  pde_error_set(PDE_ERR_USER, "before the signal");
  g_to_stop = run.get();
  struct sigaction action {
  }, before{};
  action.sa_handler = [](int) {
    const int interrupted = errno;
    errno = 123;
    if (pde_controller_stop(g_to_stop) != PDE_OK || errno != 123) ++g_wrong;
    if (pde_controller_stop(nullptr) != PDE_ERR_ARGUMENT || errno != 123) ++g_wrong;
    ++g_signals;
    errno = interrupted;
  };
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &before), 0);
  const pthread_t self = ::pthread_self();
  std::thread other([self] { ::pthread_kill(self, SIGUSR1); });
  EXPECT_STATUS(PDE_STOP, loop());
  other.join();
  ASSERT_EQ(::sigaction(SIGUSR1, &before, nullptr), 0);
  EXPECT_EQ(g_signals, 1);
  EXPECT_EQ(g_wrong, 0);
  expect_stopped();
}

TEST_F(Stopping, OfAStaleHandleDoesNotReachItsSuccessor) {
  std::vector<pde_controller *> gone;
  for (int i = 0; i < 3000; ++i) {
    ControllerHandle other;
    ASSERT_OK(pde_controller_create(nullptr, 0, nullptr, other.out()));
    gone.push_back(other.get());
  }
  ControllerHandle fresh;
  ASSERT_OK(pde_controller_create(nullptr, 0, nullptr, fresh.out()));
  ASSERT_OK(pde_controller_start(fresh, field, 0, 10, &t_next));
  for (pde_controller *stale : gone) ASSERT_EQ(pde_controller_stop(stale), PDE_ERR_HANDLE);
  EXPECT_OK(pde_controller_handle(fresh, nullptr, 1, &t_next));
}

}  // namespace
}  // namespace test
