// Two threads with one handle: against the rules, and yet each call gets an answer, which is PDE_ERR_BUSY
// where the other one has what it needs. With every function of the table, twice at once and beside a long
// call.
#include <barrier>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "function_calls.hpp"
#include "support/vector_backend.hpp"

namespace test {
namespace {

/// Goes through the rows on several threads, in the world of each row.
template <class F>
void on_threads(int count, F &&body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(body);
  for (std::thread &thread : threads) thread.join();
}

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kRounds = 1, kCalls = 4;
#else
constexpr int kRounds = 3, kCalls = 8;
#endif

TEST(BusyHandles, OfEveryFunctionAtOnceOnTwoThreads) {
  for (Row row : table()) {
    for (int round = 0; round < kRounds; ++round) {
      World world;
      std::barrier together(2);
      on_threads(2, [&] {
        together.arrive_and_wait();
        for (int call = 0; call < kCalls; ++call) {
          Probe probe(0, Expect::any);
          row(world, probe);
        }
      });
      ASSERT_FALSE(HasFailure());
    }
  }
}

/// Any function on one thread, any other on the next, all in one world.
TEST(BusyHandles, OfAllFunctionsAtOnceOnFourThreads) {
  const std::vector<Row> rows = table();
  for (int round = 0; round < kRounds; ++round) {
    World world;
    std::atomic<size_t> step{static_cast<size_t>(round)};
    std::atomic<size_t> left{rows.size() * 4};
    on_threads(4, [&] {
      while (left.load() > 0) {
        if (left.fetch_sub(1) > rows.size() * 4) break;
        Probe probe(0, Expect::any);
        rows[(step += 17) % rows.size()](world, probe);
      }
    });
    ASSERT_FALSE(HasFailure());
  }
}

// ---- beside a long call

/// Where callbacks wait until the test lets them go on.
class Gate {
 public:
  pde_status wait() {
    std::unique_lock lock(mutex_);
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
    return PDE_OK;
  }
  void wait_for(int inside) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return inside_ >= inside; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;
  bool open_ = false;
};

/// A series that keeps an append waiting, once it is told to.
struct SlowSeries : VectorSeries {
  Gate *gate = nullptr;
  std::atomic<bool> slow{false};
};

pde_backend slow_backend() {
  pde_backend backend = VectorSeries::backend();
  backend.append = [](int32_t dtype, const void *data, int64_t count, double time, void *user) {
    SlowSeries &series = *static_cast<SlowSeries *>(static_cast<VectorSeries *>(user));
    if (series.slow) series.gate->wait();
    return VectorSeries::backend().append(dtype, data, count, time, &series);
  };
  backend.destroy = nullptr;
  return backend;
}

/// All its objects are in the middle of a call on a thread of their own: an append, the filling of a field, a
/// run.
class BusyWorld : public World {
 public:
  BusyWorld() {
    for (StorageHandle *handle : {&storage, &writing}) make_slow(*handle, handle == &storage);
    const pde_profile profile = [](const double *, int64_t, double *out_values, int64_t count, void *user) {
      std::fill_n(out_values, count, 1.0);
      return static_cast<Gate *>(user)->wait();
    };
    for (pde_field *one : {field.get(), other_field.get()})
      run([this, one, profile] { return pde_field_fill_function(one, profile, &gate); });
    const pde_callback callback = [](const pde_field *, double, void *user) {
      return static_cast<Gate *>(user)->wait();
    };
    for (ControllerHandle *handle : {&controller, &idle_controller}) {
      TrackerHandle waiting;
      EXPECT_OK(pde_tracker_create_callback(nullptr, callback, &gate, nullptr, waiting.out()));
      pde_tracker *list[] = {waiting};
      EXPECT_OK(pde_controller_create(list, 1, nullptr, handle->out()));
      run([this, one = handle->get()] {
        const FieldHandle state = filled_field(grid, 1);
        double t = 0;
        return pde_controller_start(one, state, 0, 5, &t);
      });
    }
    gate.wait_for(static_cast<int>(threads.size()));
  }
  ~BusyWorld() {
    end();
    storage.reset(), writing.reset();  // before what they are kept in
  }
  void end() {
    gate.open();
    for (std::thread &thread : threads) thread.join();
    threads.clear();
  }

 private:
  void make_slow(StorageHandle &handle, bool finished) {
    series.push_back(std::make_unique<SlowSeries>());
    SlowSeries &slow = *series.back();
    slow.gate = &gate;
    const pde_backend backend = slow_backend();
    VectorSeries *user = &slow;
    EXPECT_OK(pde_storage_create_custom(&backend, user, nullptr, nullptr, handle.out()));
    EXPECT_OK(pde_storage_append(handle, filled_field(grid, 1), 0));
    if (finished) {
      EXPECT_OK(pde_storage_finish(handle));
    }
    slow.slow = true;
    run([this, one = handle.get()] { return pde_storage_append(one, filled_field(grid, 2), 1); });
  }
  template <class F>
  void run(F &&call) {
    threads.emplace_back([call] { EXPECT_GE(call(), 0) << pde_error_message(); });
  }

  Gate gate;
  std::vector<std::unique_ptr<SlowSeries>> series;
  std::vector<std::thread> threads;
};

/// Those that need nothing that is in use, or only look at what others may look at, too.
const std::set<std::string> kNeverBusy = {"pde_set_log_handler",
                                          "pde_controller_stop",
                                          "pde_controller_create",
                                          "pde_field_create",
                                          "pde_field_wrap",
                                          "pde_field_rebind",
                                          "pde_field_find_member",
                                          "pde_storage_open",
                                          "pde_storage_create_custom",
                                          "pde_tracker_create",
                                          "pde_tracker_create_callback",
                                          "pde_tracker_create_data",
                                          "pde_tracker_create_steady_state",
                                          "pde_equation_create",
                                          "pde_equation_create_custom",
                                          "pde_equation_initial_state"};

bool needs_what_is_in_use(const std::string &name) {
  for (const char *noun : {"pde_storage_", "pde_field_", "pde_controller_", "pde_tracker_create_storage",
                           "pde_solve", "pde_operator_apply"}) {
    if (name.starts_with(noun)) return !kNeverBusy.contains(name);
  }
  return false;
}

TEST(BusyHandles, AreToldOfWhileALongCallOfAnotherThreadHasThem) {
  size_t busy = 0, free = 0;
  for (Row row : table()) {
    BusyWorld world;
    Probe probe(0, Expect::any);
    row(world, probe);
    if (probe.name().ends_with("_free")) {
    } else if (needs_what_is_in_use(probe.name())) {
      EXPECT_STREQ(pde_status_name(probe.status()), "PDE_ERR_BUSY") << probe.name();
      ++busy;
    } else {
      EXPECT_GE(probe.status(), 0) << probe.name() << ": " << pde_error_message();
      ++free;
    }
    world.end();  // the long calls end well
    ASSERT_FALSE(HasFailure()) << probe.name();
    if (probe.name().ends_with("_free")) continue;
    int64_t length = 0;
    EXPECT_OK(pde_storage_length(world.storage, &length)) << probe.name();
    EXPECT_EQ(length, 2);
    EXPECT_EQ(value_at(world.storage, 1), 2);
    EXPECT_OK(pde_storage_flush(world.writing));
    EXPECT_OK(pde_field_fill(world.field, 3, 0));
  }
  std::printf("%zu functions busy, %zu free\n", busy, free);
}

}  // namespace
}  // namespace test
