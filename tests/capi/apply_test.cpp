// A function over all snapshots: on this thread or on several, the results are the same and in order.
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <functional>
#include <mutex>
#include <thread>

#include "user_program.hpp"

namespace test {
namespace {

/// Calls whatever a test has; from several threads at once.
struct Function {
  std::function<pde_status(const pde_field *in, double time, pde_field *out)> act;
  static pde_status call(const pde_field *in, double time, pde_field *out, void *user) {
    return static_cast<Function *>(user)->act(in, time, out);
  }
};

StorageHandle ramp(const pde_grid *grid, int snapshots) {
  StorageHandle storage = open_storage("memory:", nullptr);
  const FieldHandle field = new_field(grid, PDE_SCALAR, PDE_FLOAT64, "ramp");
  REQUIRE_OK(pde_storage_start(storage, field, R"({"run": 7})"));
  void *data = nullptr;
  REQUIRE_OK(pde_field_data(field, PDE_FLOAT64, &data));
  const int64_t cells = count_of(shape_of(field));
  for (int i = 0; i < snapshots; ++i) {
    for (int64_t cell = 0; cell < cells; ++cell)
      static_cast<double *>(data)[cell] = i + 0.01 * static_cast<double>(cell);
    REQUIRE_OK(pde_storage_append_info(storage, field, i, "1"));
  }
  REQUIRE_OK(pde_storage_finish(storage));
  return storage;
}

pde_status apply(pde_storage *from, const pde_field *sample, decltype(Function::act) act, pde_storage *into,
                 const std::string &options) {
  Function function{std::move(act)};
  return pde_storage_apply(from, sample, Function::call, &function, into, options_from(options));
}

/// Something whose bits depend on each input, and which takes longer for some snapshots.
pde_status wave(const pde_field *in, double time, pde_field *out) {
  const void *from = nullptr;
  void *to = nullptr;
  int64_t strides[1];
  if (const pde_status status = pde_field_data_const(in, PDE_FLOAT64, &from, strides, 1)) return status;
  if (const pde_status status = pde_field_data(out, PDE_FLOAT64, &to)) return status;
  if (static_cast<int>(time) % 7 == 0) std::this_thread::sleep_for(std::chrono::microseconds(300));
  for (int i = 0; i < 16; ++i)
    static_cast<double *>(to)[i] = std::sin(static_cast<const double *>(from)[i * strides[0]]) / (1 + time);
  return PDE_OK;
}

class Apply : public ::testing::Test {
 protected:
  GridHandle grid = unit_grid({16});
  StorageHandle from = ramp(grid, 100);
};

TEST_F(Apply, GivesTheSameBitsInOrderForAnyNumberOfThreads) {
  StorageHandle expected = open_storage("memory:", nullptr);
  ASSERT_OK(apply(from, nullptr, wave, expected, ""));
  ASSERT_EQ(length_of(expected), 100);
  for (int threads : {0, 1, 2, 3, 8, 64, 101, 1024}) {
    SCOPED_TRACE(threads);
    StorageHandle into = open_storage("memory:", nullptr);
    ASSERT_OK(apply(from, nullptr, wave, into, "parallel=true threads=" + std::to_string(threads)));
    EXPECT_EQ(times_of(into), times_of(from));
    for (int64_t i = 0; i < 100; ++i)
      ASSERT_EQ(raw_snapshot(into, i, PDE_FLOAT64, 16), raw_snapshot(expected, i, PDE_FLOAT64, 16)) << i;
  }
}

TEST_F(Apply, TakesOverNoMetadata) {
  StorageHandle into = open_storage("memory:", nullptr);
  ASSERT_OK(apply(from, nullptr, wave, into, ""));
  EXPECT_EQ(info_of(into, "run"), "(none)");
  const char *json = "kept";
  ASSERT_OK(pde_storage_snapshot_info(into, 0, &json));
  EXPECT_EQ(json, nullptr);
  EXPECT_EQ(label_of(sample_of(into)), "ramp") << "like the snapshots";
}

TEST_F(Apply, GivesWhatTheSampleIs) {
  const FieldHandle x = new_field(unit_grid({5}), PDE_VECTOR, PDE_FLOAT32, "x"),
                    y = new_field(unit_grid({5}), PDE_SCALAR, PDE_FLOAT32, "y");
  const FieldHandle sample = collection_of({x, y}, "both");
  for (const char *options : {"", "parallel=true threads=3"}) {
    StorageHandle into = open_storage("memory:", nullptr);
    ASSERT_OK(apply(
        from, sample,
        [](const pde_field *, double time, pde_field *out) { return pde_field_fill(out, 2 * time, 0); }, into,
        options));
    const FieldHandle result = sample_of(into);
    EXPECT_EQ(rank_of(result), PDE_COLLECTION);
    EXPECT_EQ(dtype_of(result), PDE_FLOAT32);
    EXPECT_EQ(label_of(result), "both");
    ASSERT_OK(pde_storage_read(into, 7, result));
    EXPECT_EQ(bytes_of(result).size(), 40u);
    float value = 0;
    std::memcpy(&value, bytes_of(result).data(), sizeof value);
    EXPECT_EQ(value, 14);
  }
}

TEST_F(Apply, RunsOnOtherThreadsOnlyWhenAskedTo) {
  const auto threads_of = [&](const std::string &options, pde_storage *storage) {
    std::mutex mutex;
    std::set<std::thread::id> threads;
    StorageHandle into = open_storage("memory:", nullptr);
    EXPECT_OK(apply(
        storage, nullptr,
        [&](const pde_field *in, double, pde_field *out) {
          {
            std::lock_guard lock(mutex);
            threads.insert(std::this_thread::get_id());
          }
          std::this_thread::sleep_for(std::chrono::microseconds(200));
          return pde_field_assign(out, in);
        },
        into, options));
    return threads;
  };
  const std::set<std::thread::id> here{std::this_thread::get_id()};
  EXPECT_EQ(threads_of("", from), here);
  EXPECT_EQ(threads_of("threads=4", from), here) << "parallel was not asked for";
  const auto four = threads_of("parallel=true threads=4", from);
  EXPECT_GE(four.size(), 2u);
  EXPECT_LE(four.size(), 4u);
  const StorageHandle short_one = ramp(grid, 1);
  for (const char *options : {"parallel=true threads=4", "parallel=true threads=1", "parallel=true"}) {
    for (pde_storage *storage : {from.get(), short_one.get()}) {
      const auto others = threads_of(options, storage);
      EXPECT_EQ(others.count(std::this_thread::get_id()), 0u) << options;
      EXPECT_GE(others.size(), 1u) << options;
    }
  }
}

TEST_F(Apply, WorkersLeaveSignalsToTheProgram) {
  sigset_t before, after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  std::atomic<int> open_signals{0};
  StorageHandle into = open_storage("memory:", nullptr);
  ASSERT_OK(apply(
      from, nullptr,
      [&](const pde_field *in, double, pde_field *out) {
        sigset_t mask;
        pthread_sigmask(SIG_SETMASK, nullptr, &mask);
        for (int signal : {SIGINT, SIGTERM, SIGALRM, SIGUSR1, SIGUSR2, SIGHUP, SIGCHLD, SIGPROF})
          if (!sigismember(&mask, signal)) ++open_signals;
        return pde_field_assign(out, in);
      },
      into, "parallel=true threads=2"));
  EXPECT_EQ(open_signals, 0);
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (int signal = 1; signal < SIGRTMAX; ++signal)
    EXPECT_EQ(sigismember(&before, signal), sigismember(&after, signal)) << signal;
}

TEST_F(Apply, ReportsTheFirstSnapshotThatFailed) {
  for (int round = 0; round < 10; ++round) {
    StorageHandle into = open_storage("memory:", nullptr);
    // 30 fails long after 31, 32, 33 have.
    EXPECT_FAILS(PDE_ERR_USER - 30,
                 apply(
                     from, nullptr,
                     [](const pde_field *in, double time, pde_field *out) {
                       const int index = static_cast<int>(time);
                       if (index == 30) std::this_thread::sleep_for(std::chrono::milliseconds(5));
                       if (index < 30) return pde_field_assign(out, in);
                       return pde_error_set(PDE_ERR_USER - index,
                                            ("failed at " + std::to_string(index)).c_str());
                     },
                     into, "parallel=true threads=4"),
                 "snapshot 30", "t = 30", "failed at 30");
    EXPECT_EQ(length_of(into), 30) << "those before it stay";
    EXPECT_EQ(value_at(into, 29), 29);
  }
}

TEST_F(Apply, StressManySnapshotsOnManyThreads) {
  const StorageHandle many = ramp(grid, 3000);
  StorageHandle into = open_storage("memory:", nullptr);
  std::atomic<int> calls{0};
  ASSERT_OK(apply(
      many, nullptr,
      [&](const pde_field *in, double, pde_field *out) {
        ++calls;
        return pde_field_assign(out, in);
      },
      into, "parallel=true threads=8"));
  EXPECT_EQ(calls, 3000);
  ASSERT_EQ(length_of(into), 3000);
  for (int64_t i = 0; i < 3000; ++i)
    ASSERT_EQ(raw_snapshot(into, i, PDE_FLOAT64, 16), raw_snapshot(many, i, PDE_FLOAT64, 16)) << i;
}

TEST_F(Apply, WritesToAFileWhileTheFunctionsRun) {
  const TemporaryFolder folder;
  StorageHandle file = open_storage(folder.file("in.h5"), nullptr),
                into = open_storage(folder.file("out.h5"), nullptr);
  ASSERT_OK(pde_storage_copy(from, file, nullptr));
  ASSERT_OK(apply(file, nullptr, wave, into, "parallel=true threads=4"));
  StorageHandle expected = open_storage("memory:", nullptr);
  ASSERT_OK(apply(file, nullptr, wave, expected, ""));
  for (int64_t i = 0; i < 100; ++i)
    ASSERT_EQ(raw_snapshot(into, i, PDE_FLOAT64, 16), raw_snapshot(expected, i, PDE_FLOAT64, 16)) << i;
}

/// An address space with room for the stacks of a few threads, though a thousand are wanted.
TEST_F(Apply, MakesDoWithTheThreadsThatTheSystemGives) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need an address space without limits";
#endif
  EXPECT_TRUE(exited_well(run_in_child([&] {
    long pages = 0;
    std::FILE *file = std::fopen("/proc/self/statm", "r");
    if (!file || std::fscanf(file, "%ld", &pages) != 1) return 1;
    std::fclose(file);
    const auto room =
        static_cast<rlim_t>(pages) * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + (rlim_t{200} << 20);
    const rlimit limit{room, room};
    if (::setrlimit(RLIMIT_AS, &limit) != 0) return 2;
    const StorageHandle many = ramp(grid, 1000);
    StorageHandle into = open_storage("memory:", nullptr);
    REQUIRE_OK(apply(many, nullptr, wave, into, "parallel=true threads=1000"));
    return length_of(into) == 1000 ? 0 : 3;
  })));
}

TEST_F(Apply, OfNothingIsNothing) {
  const StorageHandle empty = ramp(grid, 0);
  for (const char *options : {"", "parallel=true"}) {
    StorageHandle into = open_storage("memory:", nullptr);
    ASSERT_OK(apply(empty, nullptr, wave, into, options));
    EXPECT_EQ(length_of(into), 0);
    EXPECT_EQ(label_of(sample_of(into)), "ramp");
  }
}

}  // namespace
}  // namespace test
