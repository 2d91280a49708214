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
