// The whole way of a snapshot into a file and back: arrays in every layout, every size of sample, chunks that
// hold several snapshots, one, or a part of one, with any number of workers.
#include "capi/user_program.hpp"
#include "support/layouts.hpp"

namespace test {
namespace {

constexpr int32_t kSizes[] = {PDE_INT8, PDE_INT16, PDE_FLOAT32, PDE_FLOAT64,
                              PDE_COMPLEX128};  // 1 to 16 bytes

struct Way {
  const char *name, *options;
};

class Pipeline : public ::testing::TestWithParam<std::tuple<int, Way>> {
 protected:
  OptionsHandle options(int32_t rank) const {
    const auto &[threads, way] = GetParam();
    std::string text = "nonfinite=allow threads=" + std::to_string(threads) + " " + way.options;
    if (const size_t components = text.find("COMPONENTS,"); components != text.npos)
      text.replace(components, std::strlen("COMPONENTS,"), rank == PDE_VECTOR ? "2," : "");
    return options_from(text);
  }

  /// Records random samples from one layout, and reads them into another one: each as soon as it is there,
  /// an earlier one in between, and all of them later.
  void record(Order order, int32_t rank, int32_t dtype) {
    const TemporaryFolder folder;
    const std::string path = folder.file("run.h5");
    const GridHandle grid = unit_grid({19, 23});
    const size_t axes = static_cast<size_t>(rank) + 2;
    LaidOutField from(grid, rank, dtype, layout_of(order, static_cast<size_t>(rank), axes));
    LaidOutField into(grid, rank, dtype, layout_of(Order::halo, static_cast<size_t>(rank), axes));
    std::mt19937_64 random(19);
    std::vector<Bytes> made;
    StorageHandle storage = open_storage(path, "create", options(rank));
    for (int i = 0; i < 14; ++i) {
      made.push_back(random_samples(random, dtype, count_of(shape_of(from))));
      from.set(made.back());
      ASSERT_OK(pde_storage_append(storage, from, i));
      from.set(Bytes(made.back().size()));  // which is the solver's again
      for (const int64_t back : {int64_t{-1}, -1 - static_cast<int64_t>(random() % made.size())}) {
        ASSERT_OK(pde_storage_read(storage, back, into));
        ASSERT_EQ(into.get(), made[made.size() - static_cast<size_t>(-back)]) << i << ", " << back;
      }
    }
    ASSERT_OK(pde_storage_close(storage.release()));
    storage = open_storage(path, "readonly", options(rank));
    ASSERT_EQ(length_of(storage), 14);
    for (size_t i = 0; i < made.size(); ++i) {
      ASSERT_OK(pde_storage_read(storage, static_cast<int64_t>(i), into));
      ASSERT_EQ(into.get(), made[i]) << i;
    }
    EXPECT_TRUE(into.halo_untouched());
  }
};

TEST_P(Pipeline, TakesEveryLayoutAndSizeOfSample) {
  for (const int32_t rank : {PDE_SCALAR, PDE_VECTOR}) {
    for (const Order order : kOrders) {
      for (const int32_t dtype : kSizes) {
        SCOPED_TRACE("rank " + std::to_string(rank) + ", order " + std::to_string(static_cast<int>(order)) +
                     ", " + pde_dtype_name(dtype));
        ASSERT_NO_FATAL_FAILURE(record(order, rank, dtype));
      }
    }
  }
}

/// What a callback of a run looks at, and what it has found.
struct Watch {
  pde_storage *storage;
  StorageHandle view{};  // shows the second of two fields, once there are any
  int seen = 0, wrong = 0;
};

pde_status look_at_newest(const pde_field *state, double, void *user) {
  auto &watch = *static_cast<Watch *>(user);
  if (!watch.view && pde_storage_view_field(watch.storage, 1, watch.view.out()) < 0) return PDE_ERR_STATE;
  const Bytes expected = bytes_of(state);
  const auto count = static_cast<int64_t>(expected.size() / sizeof(double));
  const Bytes second(expected.begin() + static_cast<std::ptrdiff_t>(expected.size() / 2), expected.end());
  watch.wrong += raw_snapshot(watch.storage, -1, PDE_FLOAT64, count) != expected;
  watch.wrong += raw_snapshot(watch.view, -1, PDE_FLOAT64, count / 2) != second;
  ++watch.seen;
  return PDE_OK;
}

/// By another tracker of the same run, which reads it from the storage and through a view.
TEST_P(Pipeline, ShowsTheNewestSnapshotToATracker) {
  const TemporaryFolder folder;
  const GridHandle grid = unit_grid({19, 23});
  FieldHandle first = new_field(grid, PDE_SCALAR, PDE_FLOAT64, "first");
  FieldHandle second = new_field(grid, PDE_SCALAR, PDE_FLOAT64, "second");
  const FieldHandle state = collection_of({first, second});
  // A collection has an axis of members, as a vector field has one of components.
  StorageHandle storage = open_storage(folder.file("run.h5"), "create", options(PDE_VECTOR));
  Watch watch{storage};
  pde_tracker *trackers[2] = {};
  ASSERT_OK(pde_tracker_create_storage(storage, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                                       &trackers[0]));
  ASSERT_OK(pde_tracker_create_callback(nullptr, look_at_newest, &watch, nullptr, &trackers[1]));
  pde_controller *run = nullptr;
  double next = 0;
  ASSERT_OK(pde_controller_create(trackers, 2, nullptr, &run));
  pde_status status = pde_controller_start(run, state, 0, 30, &next);
  for (int i = 1; status == PDE_OK; ++i) {
    for (int64_t member = 0; member < 2; ++member) {
      void *data = nullptr;
      ASSERT_OK(pde_field_data(member == 0 ? first : second, PDE_FLOAT64, &data));
      std::fill_n(static_cast<double *>(data), 19 * 23, 100.0 * i + static_cast<double>(member));
    }
    status = pde_controller_handle(run, state, next, &next);
  }
  EXPECT_STATUS(PDE_STOP, status);
  EXPECT_OK(pde_controller_finish(run, state, 30));
  EXPECT_GE(watch.seen, 30);
  EXPECT_EQ(watch.wrong, 0);
  pde_controller_free(run);
  for (pde_tracker *tracker : trackers) pde_tracker_free(tracker);
}

INSTANTIATE_TEST_SUITE_P(
    Over, Pipeline,
    ::testing::Combine(::testing::Values(0, 1, 2, 8),
                       ::testing::Values(Way{"one_chunk", ""}, Way{"several_share", "chunk_bytes=30000"},
                                         Way{"one_each", "chunk_bytes=1 commit_every=3"},
                                         Way{"tiles", "chunk_bytes=1000 checksum=true"},
                                         Way{"shared_tiles",
                                             "chunk_shape=3,COMPONENTS,10,10 commit_every=1 level=6"},
                                         Way{"no_filters", "compression=none chunk_bytes=20000"},
                                         Way{"no_queue", "queue_bytes=0 chunk_bytes=9000"})),
    [](const auto &way) {
      return std::string(std::get<1>(way.param).name) + "_" + std::to_string(std::get<0>(way.param));
    });

}  // namespace
}  // namespace test
