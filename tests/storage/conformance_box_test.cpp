// What every storage promises about regions of snapshots, read into arrays of any layout, and about samples
// where they lie.
#include "storage/storage_fixture.hpp"

using namespace test;

namespace {

/// A series of tensors on 3 x 4 cells, whose samples count up.
class BoxStorage : public StorageTest {
 protected:
  static constexpr int64_t kLength = 7, kSamples = 48;
  const std::vector<int64_t> stored_{2, 2, 3, 4};

  BoxStorage() : StorageTest(4), storage_(world_.open()) {
    const FieldHandle field = new_field(unit_grid({3, 4}), PDE_TENSOR, PDE_INT16);
    REQUIRE_OK(pde_storage_start(storage_, field, nullptr));
    std::vector<int16_t> array(kSamples);
    for (int64_t i = 0; i < kLength; ++i) {
      for (int64_t k = 0; k < kSamples; ++k) array[static_cast<size_t>(k)] = value(i, k);
      REQUIRE_OK(pde_storage_append_raw(storage_, PDE_INT16, array.data(), kSamples, static_cast<double>(i)));
    }
  }

  static int16_t value(int64_t snapshot, int64_t sample) {
    return static_cast<int16_t>(100 * snapshot + sample);
  }

  /// What a box should hold, in C order.
  std::vector<int16_t> box(int64_t first, int64_t count, int64_t step, const std::vector<int64_t> &lower,
                           const std::vector<int64_t> &shape) const {
    std::vector<int16_t> values;
    for (int64_t i = 0; i < count; ++i) {
      Placement(shape, layout_of(Order::c, 2, 4)).for_each([&, k = int64_t{0}](size_t) mutable {
        int64_t sample = 0, rest = k++, stride = 1;
        for (size_t axis = 4; axis-- > 0;) {
          sample += (lower[axis] + rest % shape[axis]) * stride;
          rest /= shape[axis];
          stride *= stored_[axis];
        }
        values.push_back(value(first + i * step, sample));
      });
    }
    return values;
  }

  StorageHandle storage_;
};

TEST_P(BoxStorage, ReadsAnyRegion) {
  std::mt19937_64 random(4);
  for (bool in_session : {true, false}) {
    if (!in_session) {
      ASSERT_OK(pde_storage_finish(storage_));
    }
    for (int round = 0; round < 60; ++round) {
      std::vector<int64_t> lower, shape;
      for (int64_t size : stored_) {
        lower.push_back(static_cast<int64_t>(random() % static_cast<uint64_t>(size)));
        shape.push_back(1 + static_cast<int64_t>(random() % static_cast<uint64_t>(size - lower.back())));
      }
      const auto first = static_cast<int64_t>(random() % kLength), step = 1 + first % 3;
      const int64_t count = 1 + (kLength - 1 - first) / step;
      std::vector<int16_t> got(static_cast<size_t>(count * count_of(shape)), -1);
      ASSERT_OK(pde_storage_read_box(storage_, first - (round % 2 ? kLength : 0), count, step, lower.data(),
                                     shape.data(), PDE_INT16, got.data(), nullptr));
      EXPECT_EQ(box(first, count, step, lower, shape), got) << round;
    }
  }
}

TEST_P(BoxStorage, ReadsIntoAnyLayoutAndWiderNumbers) {
  std::mt19937_64 random(5);
  const std::vector<int64_t> lower{0, 1, 1, 0}, shape{2, 1, 2, 3};
  const std::vector<int16_t> expected = box(1, 3, 2, lower, shape);
  std::vector<int64_t> all{3};
  all.insert(all.end(), shape.begin(), shape.end());
  for (int round = 0; round < 25; ++round) {
    const Placement place(all, random_layout(random, 5));
    const auto origin = static_cast<size_t>(place.origin);
    std::vector<int16_t> same(static_cast<size_t>(place.room), -1);
    std::vector<double> wide(static_cast<size_t>(place.room), -1);
    ASSERT_OK(pde_storage_read_box(storage_, 1, 3, 2, lower.data(), shape.data(), PDE_INT16,
                                   same.data() + origin, place.strides.data()));
    ASSERT_OK(pde_storage_read_box(storage_, 1, 3, 2, lower.data(), shape.data(), PDE_FLOAT64,
                                   wide.data() + origin, place.strides.data()));
    size_t i = 0;
    place.for_each([&](size_t at) {
      EXPECT_EQ(expected[i], same[at]);
      EXPECT_EQ(expected[i], wide[at]);
      same[at] = -1;
      wide[at] = -1;
      ++i;
    });
    EXPECT_EQ(std::vector<int16_t>(same.size(), -1), same) << "nothing else is written";
    EXPECT_EQ(std::vector<double>(wide.size(), -1), wide);
  }
}

TEST_P(BoxStorage, ReadsWholeSnapshotsWithoutARegion) {
  std::vector<float> got(3 * kSamples);
  ASSERT_OK(pde_storage_read_box(storage_, -3, 3, 1, nullptr, nullptr, PDE_FLOAT32, got.data(), nullptr));
  for (int64_t i = 0; i < 3 * kSamples; ++i)
    EXPECT_EQ(value(4 + i / kSamples, i % kSamples), got[static_cast<size_t>(i)]);
  EXPECT_OK(pde_storage_read_box(storage_, 0, 0, 1, nullptr, nullptr, PDE_INT16, nullptr, nullptr));
}

TEST_P(BoxStorage, NamesTheAxisThatIsWrong) {
  std::vector<int16_t> got(kLength * kSamples, -1);
  const auto refused = [&](pde_status status, const std::string &part, std::vector<int64_t> lower,
                           std::vector<int64_t> shape) {
    EXPECT_STATUS(status, pde_storage_read_box(storage_, 0, 1, 1, lower.data(), shape.data(), PDE_INT16,
                                               got.data(), nullptr));
    EXPECT_NE(std::string::npos, std::string(pde_error_message()).find(part)) << pde_error_message();
  };
  refused(PDE_ERR_RANGE, "lower[2]", {0, 0, 3, 0}, {1, 1, 1, 1});
  refused(PDE_ERR_RANGE, "lower[0]", {-1, 0, 0, 0}, {1, 1, 1, 1});
  refused(PDE_ERR_RANGE, "shape[3]", {0, 0, 0, 2}, {1, 1, 1, 3});
  refused(PDE_ERR_RANGE, "shape[1]", {0, 0, 0, 0}, {1, 0, 1, 1});
  refused(PDE_ERR_RANGE, "shape[2]", {0, 0, 1, 0}, {1, 1, INT64_MAX, 1});
  refused(PDE_ERR_RANGE, "lower[3]", {0, 0, 0, INT64_MIN}, {1, 1, 1, 1});
  EXPECT_EQ(std::vector<int16_t>(got.size(), -1), got);
}

TEST_P(BoxStorage, RefusesWhatMakesNoSense) {
  std::vector<int16_t> got(kLength * kSamples, -1);
  const std::vector<int64_t> lower(4, 0), shape(4, 1), twice{1, 1, 2, 1};
  const auto status = [&](int64_t first, int64_t count, int64_t step, int32_t dtype = PDE_INT16) {
    return pde_storage_read_box(storage_, first, count, step, lower.data(), shape.data(), dtype, got.data(),
                                nullptr);
  };
  EXPECT_STATUS(PDE_ERR_ARGUMENT, status(0, -1, 1));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, status(0, 1, 0));
  EXPECT_STATUS(PDE_ERR_RANGE, status(7, 1, 1));
  EXPECT_STATUS(PDE_ERR_RANGE, status(-8, 1, 1));
  EXPECT_STATUS(PDE_ERR_RANGE, status(0, 4, 3));
  EXPECT_STATUS(PDE_ERR_RANGE, status(0, INT64_MAX, 1));
  EXPECT_STATUS(PDE_ERR_DTYPE, status(0, 1, 1, 99));
  EXPECT_STATUS(PDE_ERR_DTYPE, status(0, 1, 1, PDE_UINT16));
  EXPECT_STATUS(PDE_ERR_DTYPE, status(0, 1, 1, PDE_INT8));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_read_box(storage_, 0, 1, 1, lower.data(), nullptr, PDE_INT16,
                                                       got.data(), nullptr));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_read_box(storage_, 0, 1, 1, nullptr, shape.data(), PDE_INT16,
                                                       got.data(), nullptr));
  EXPECT_STATUS(PDE_ERR_ARGUMENT,
                pde_storage_read_box(storage_, 0, 1, 1, nullptr, nullptr, PDE_INT16, nullptr, nullptr));
  const int64_t flat[] = {0, 1, 1, 0, 1}, far[] = {INT64_MAX, 1, 1, 1, 1};
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_read_box(storage_, 0, 1, 1, lower.data(), twice.data(),
                                                       PDE_INT16, got.data(), flat));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_read_box(storage_, 0, 2, 1, lower.data(), shape.data(), PDE_INT16,
                                                    got.data(), far));
  EXPECT_EQ(std::vector<int16_t>(got.size(), -1), got);
}

TEST_P(AnyStorage, HasNoRegionsWhileItIsEmpty) {
  const StorageHandle storage = world_.open();
  double value = 7;
  EXPECT_OK(pde_storage_read_box(storage, 0, 0, 1, nullptr, nullptr, PDE_FLOAT64, nullptr, nullptr));
  EXPECT_STATUS(PDE_ERR_RANGE,
                pde_storage_read_box(storage, 0, 1, 1, nullptr, nullptr, PDE_FLOAT64, &value, nullptr));
  EXPECT_EQ(7, value);
}

TEST_P(AnyStorage, ReadsRegionsOfCollectionsAcrossTheirFields) {
  const FieldHandle a = new_field(grid_, PDE_SCALAR), b = new_field(grid_, PDE_VECTOR);
  const FieldHandle state = collection_of({a, b});
  StorageWorld world(GetParam(), 3);
  const StorageHandle storage = world.open();
  ASSERT_OK(pde_storage_start(storage, state, nullptr));
  std::vector<double> array(18);
  for (size_t k = 0; k < array.size(); ++k) array[k] = static_cast<double>(k);
  ASSERT_OK(pde_storage_append_raw(storage, PDE_FLOAT64, array.data(), 18, 0));
  ASSERT_OK(pde_storage_append_raw(storage, PDE_FLOAT64, array.data(), 18, 1));
  const int64_t lower[] = {0, 1, 1}, shape[] = {2, 1, 2};
  std::vector<double> got(4);
  ASSERT_OK(pde_storage_read_box(storage, -1, 1, 1, lower, shape, PDE_FLOAT64, got.data(), nullptr));
  EXPECT_EQ((std::vector<double>{4, 5, 10, 11}), got) << "row 0 is of the first field, row 1 of the second";
}

// ---- samples where they lie

TEST_P(AnyStorage, ShowsSamplesWhereTheyLieInMemory) {
  const StorageHandle storage = world_.open();
  const void *data = nullptr;
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_data_const(storage, 0, PDE_FLOAT64, &data));
  record(storage, 3);
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_data_const(storage, 3, PDE_FLOAT64, &data));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_data_const(storage, -4, PDE_FLOAT64, &data));
  EXPECT_STATUS(PDE_ERR_DTYPE, pde_storage_data_const(storage, 0, PDE_FLOAT32, &data));
  EXPECT_STATUS(PDE_ERR_DTYPE, pde_storage_data_const(storage, 0, 99, &data));
  EXPECT_EQ(nullptr, data);
  if (!GetParam().shows_data()) {
    EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_data_const(storage, 0, PDE_FLOAT64, &data));
    EXPECT_EQ(nullptr, data);
    return;
  }
  ASSERT_OK(pde_storage_data_const(storage, 1, PDE_FLOAT64, &data));
  for (int i = 0; i < 40000; ++i) append(storage, i, PDE_TIME_AUTO);  // more than one slab
  const Bytes expected = samples(1);
  EXPECT_EQ(0, std::memcmp(data, expected.data(), expected.size())) << "appending does not move it";
  const void *again = nullptr;
  ASSERT_OK(pde_storage_data_const(storage, 1 - 40003, PDE_FLOAT64, &again));
  EXPECT_EQ(data, again);
}

RUN_OVER(BoxStorage, is_any);
RUN_OVER(AnyStorage, is_any);

}  // namespace
