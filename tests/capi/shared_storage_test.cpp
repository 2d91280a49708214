// Storages that belong together: a view and what it shows are one handle, and storages of one memory:NAME
// share their snapshots, also between threads.
#include <atomic>
#include <cmath>
#include <functional>
#include <thread>

#include "user_program.hpp"

namespace test {
namespace {

/// Runs `other` on a second thread while a call on this storage runs.
void while_in_a_call(pde_storage *storage, const std::function<void()> &other) {
  struct User {
    const std::function<void()> &other;
    bool ran = false;
  } user{other};
  OptionsHandle options;
  REQUIRE_OK(pde_options_create(options.out()));
  REQUIRE_OK(pde_options_set_progress(
      options,
      [](int64_t, int64_t, void *data) {
        auto &self = *static_cast<User *>(data);
        if (!self.ran) std::thread(self.other).join();
        self.ran = true;
        return pde_status{PDE_OK};
      },
      &user, nullptr));
  EXPECT_OK(pde_storage_check(storage, options));
  EXPECT_TRUE(user.ran);
}

StorageHandle recorded(const std::string &uri, const pde_grid *grid, int snapshots) {
  StorageHandle storage = open_storage(uri, "truncate");
  for (int i = 0; i < snapshots; ++i) REQUIRE_OK(pde_storage_append(storage, filled_field(grid, i), i));
  REQUIRE_OK(pde_storage_finish(storage));
  return storage;
}

class SharedStorage : public ::testing::Test {
 protected:
  GridHandle grid = unit_grid({4});
  FieldHandle field = filled_field(grid, 1);
};

// ---- views and threads

TEST_F(SharedStorage, AViewIsBusyWhileItsBaseIsAndTheOtherWayRound) {
  const StorageHandle base = recorded("memory:", grid, 3);
  StorageHandle view, sibling;
  ASSERT_OK(pde_storage_view_range(base, 0, 2, 1, view.out()));
  ASSERT_OK(pde_storage_view_range(base, 1, 2, 1, sibling.out()));
  const std::pair<pde_storage *, pde_storage *> pairs[] = {{base, view}, {view, base}, {view, sibling}};
  for (const auto &[used, other] : pairs) {
    while_in_a_call(used, [&, other = other] {
      int64_t length = -7;
      double time = -7;
      StorageHandle out;
      EXPECT_FAILS(PDE_ERR_BUSY, pde_storage_length(other, &length), "in use");
      EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_times(other, 0, 1, &time));
      EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_read(other, 0, field));
      EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_view_field(other, 0, out.out()));
      EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_close(other));
      const StorageHandle into = open_storage("memory:", nullptr);
      EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_copy(other, into, nullptr));
      EXPECT_EQ(length_of(into), 0);
      EXPECT_EQ(length, -7);
      EXPECT_EQ(time, -7);
    });
    EXPECT_GE(length_of(other), 2) << "busy means that nothing has happened";
  }
}

TEST_F(SharedStorage, DistinctStoragesMayBeUsedAtOnce) {
  std::vector<std::thread> threads;
  const TemporaryFolder folder;
  std::atomic<int> good{0};
  for (int k = 0; k < 4; ++k) {
    threads.emplace_back([&, k] {
      const GridHandle own = unit_grid({8});
      const StorageHandle base =
          recorded(k % 2 ? folder.file(std::to_string(k) + ".h5") : "memory:", own, 20);
      StorageHandle view, memory;
      REQUIRE_OK(pde_storage_view_range(base, 1, 5, 3, view.out()));
      REQUIRE_OK(pde_storage_extract_time_range(view, 2, 11, memory.out()));
      if (times_of(memory) == std::vector<double>{4, 7, 10} && value_at(memory, 2) == 10) ++good;
    });
  }
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(good, 4);
}

// ---- one name, one series

TEST_F(SharedStorage, AppendsAreSeenAtOnce) {
  StorageHandle writer = open_storage("memory:shared", nullptr),
                reader = open_storage("memory:shared", "readonly");
  EXPECT_EQ(length_of(reader), 0);
  ASSERT_OK(pde_storage_append_info(writer, field, 0, "7"));
  StorageHandle view;
  ASSERT_OK(pde_storage_view_field(reader, 0, view.out()));
  for (int i = 1; i < 4; ++i) {
    ASSERT_OK(pde_storage_append(writer, field, i));
    EXPECT_EQ(length_of(reader), i + 1) << "before the session ends";
    EXPECT_EQ(length_of(view), i + 1);
    EXPECT_EQ(times_of(view).back(), i);
  }
  const char *json = nullptr;
  ASSERT_OK(pde_storage_snapshot_info(view, 0, &json));
  EXPECT_STREQ(json, "7");
  ASSERT_OK(pde_storage_truncate_after(writer, 1));
  EXPECT_EQ(length_of(view), 2);
  writer.reset();
  EXPECT_EQ(length_of(reader), 2) << "it lives while a handle does";
  view.reset();
  reader.reset();
  EXPECT_EQ(length_of(open_storage("memory:shared", nullptr)), 0);
}

TEST_F(SharedStorage, OneWritesAtATime) {
  StorageHandle first = open_storage("memory:one", nullptr), second = open_storage("memory:one", "append");
  ASSERT_OK(pde_storage_append(first, field, 0));
  EXPECT_FAILS(PDE_ERR_BUSY, pde_storage_start(second, field, nullptr), "memory:one");
  EXPECT_FAILS(PDE_ERR_BUSY, pde_storage_append(second, field, 1), "memory:one");
  EXPECT_FAILS(PDE_ERR_BUSY, pde_storage_truncate_after(second, -1), "memory:one");
  EXPECT_FAILS(PDE_ERR_BUSY, pde_storage_clear(second, 0), "memory:one");
  EXPECT_FAILS(PDE_ERR_BUSY, pde_storage_clear(second, 1), "memory:one");
  const StorageHandle other = recorded("memory:", grid, 3);
  EXPECT_FAILS(PDE_ERR_BUSY, pde_storage_copy(other, second, nullptr), "memory:one");
  EXPECT_EQ(length_of(second), 1);
  ASSERT_OK(pde_storage_finish(first));
  EXPECT_OK(pde_storage_append(second, field, 1));
  EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_append(first, field, 2));
  second.reset();
  EXPECT_OK(pde_storage_append(first, field, 2)) << "closing ends a session";
  EXPECT_EQ(length_of(first), 3);
}

TEST_F(SharedStorage, AllThatAskForTheDefaultGetTheSame) {
  StorageHandle first = open_storage("memory:default", "truncate_once"),
                again = open_storage("memory:default", "append");
  ASSERT_OK(pde_storage_append(first, field, 0));
  ASSERT_OK(pde_storage_finish(first));
  ASSERT_OK(pde_storage_append(again, field, 1));
  EXPECT_EQ(length_of(first), 2);
  EXPECT_EQ(length_of(open_storage("memory:", nullptr)), 0);
  EXPECT_EQ(length_of(open_storage("memory:Default", nullptr)), 0);
}

TEST_F(SharedStorage, ViewsFollowAReplacedSeriesOrSaySo) {
  const GridHandle small = unit_grid({2});
  const StorageHandle base = recorded("memory:again", grid, 5);
  StorageHandle range, member, other = open_storage("memory:again", "truncate");
  ASSERT_OK(pde_storage_view_range(base, 3, 2, 1, range.out()));
  ASSERT_OK(pde_storage_view_field(base, 0, member.out()));
  ASSERT_OK(pde_storage_append(other, filled_field(small, 7, PDE_VECTOR, PDE_FLOAT32), 0));
  EXPECT_EQ(length_of(range), 0);
  EXPECT_EQ(length_of(member), 1);
  EXPECT_EQ(shape_of(sample_of(member)), (std::vector<int64_t>{1, 2}));
  double samples[8] = {-7};
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_read_raw(range, 0, 1, 1, PDE_FLOAT64, samples, 4));
  EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_read_raw(member, 0, 1, 1, PDE_FLOAT64, samples, 4));
  EXPECT_EQ(samples[0], -7);
  EXPECT_OK(pde_storage_read_raw(member, 0, 1, 1, PDE_FLOAT64, samples, 2));
  EXPECT_EQ(samples[0], 7);
}

/// One thread replaces the series by ones of other sizes and dtypes, all of whose samples are the number of
/// their cells; the others read what they find. An answer is right, or says that the series was replaced.
class ReplacedSeries : public ::testing::Test {
 protected:
  static constexpr int kRounds = 400;

  void replace() {
    const GridHandle grids[] = {unit_grid({2}), unit_grid({64}), unit_grid({3, 5})};
    const int32_t dtypes[] = {PDE_FLOAT32, PDE_FLOAT64, PDE_UINT8};
    const int64_t cells[] = {2, 64, 15};
    StorageHandle writer = open_storage("memory:replaced", "truncate");
    for (int i = 0; i < kRounds; ++i) {
      const auto k = static_cast<size_t>(i % 3);
      const FieldHandle field = filled_field(grids[k], static_cast<double>(cells[k]), PDE_SCALAR, dtypes[k]);
      for (int j = 0; j <= i % 4; ++j) REQUIRE_OK(pde_storage_append(writer, field, j));
      if (i % 5 == 0) REQUIRE_OK(pde_storage_truncate_after(writer, 0));
      REQUIRE_OK(pde_storage_finish(writer));
    }
    over = true;
  }

  /// Whether there is an answer. Else it must be STATE, or what a caller meets who asks in two steps, between
  /// which the series was replaced.
  static bool answered(pde_status status) {
    if (status == PDE_OK) return true;
    EXPECT_TRUE(status == PDE_ERR_STATE || status == PDE_ERR_SHAPE || status == PDE_ERR_RANGE ||
                status == PDE_ERR_DTYPE)
        << pde_error_message();
    return false;
  }

  void read_all(pde_storage *storage) {
    for (int64_t size : {2, 64, 15}) {
      std::vector<double> exact(static_cast<size_t>(size));  // a sample too many is noticed
      if (answered(pde_storage_read_raw(storage, -1, 1, 1, PDE_FLOAT64, exact.data(), size))) {
        EXPECT_EQ(exact, std::vector<double>(exact.size(), static_cast<double>(size)));
      }
    }
    FieldHandle sample;
    if (answered(pde_storage_sample(storage, sample.out()))) answered(pde_storage_read(storage, 0, sample));
    // A box of one cell fits all of them: only as many numbers are looked at as a snapshot has axes.
    const int64_t lower[] = {1, 0}, shape[] = {1, 1};
    double one = -7;
    if (answered(pde_storage_read_box(storage, 0, 1, 1, lower, shape, PDE_FLOAT64, &one, nullptr))) {
      EXPECT_TRUE(one == 2 || one == 64 || one == 15) << one;
    }
    int64_t first = -7, count = -7;
    if (answered(pde_storage_find_range(storage, 0, 2, &first, &count))) {
      EXPECT_EQ(first, 0);
      EXPECT_TRUE(count >= 0 && count <= 3) << count;
    }
    const char *json = nullptr;
    answered(pde_storage_snapshot_info(storage, 0, &json));
  }

  void transfer(pde_storage *storage) {
    StorageHandle copy = open_storage("memory:", nullptr);
    answered(pde_storage_copy(storage, copy, nullptr));
    answered(pde_storage_check(storage, nullptr));
    for (int64_t i = 0; i < length_of(copy); ++i) {
      std::vector<double> values(static_cast<size_t>(count_of(shape_of(sample_of(copy)))));
      const auto cells = static_cast<int64_t>(values.size());
      EXPECT_OK(pde_storage_read_raw(copy, i, 1, 1, PDE_FLOAT64, values.data(), cells));
      EXPECT_EQ(values, std::vector<double>(values.size(), static_cast<double>(cells)));
    }
  }

  template <class F>
  void readers(F &&read) {
    std::vector<std::thread> threads;
    for (int k = 0; k < 2; ++k) {
      threads.emplace_back([&] {
        const StorageHandle storage = open_storage("memory:replaced", "readonly");
        do read(storage);
        while (!over);
      });
    }
    replace();
    for (std::thread &thread : threads) thread.join();
  }

  std::atomic<bool> over{false};
};

TEST_F(ReplacedSeries, IsReadRightOrNotAtAll) {
  readers([&](pde_storage *storage) { read_all(storage); });
}

TEST_F(ReplacedSeries, IsReadThroughViewsRightOrNotAtAll) {
  readers([&](pde_storage *storage) {
    StorageHandle view;
    if (!answered(pde_storage_view_field(storage, 0, view.out()))) return;
    read_all(view);
    read_all(view);
  });
}

TEST_F(ReplacedSeries, IsCopiedAndCheckedRightOrNotAtAll) {
  readers([&](pde_storage *storage) { transfer(storage); });
}

}  // namespace
}  // namespace test
