// Wrong values given to what asks a storage, reads parts of it and drops snapshots: refused with a status and
// a message that names the value; nothing that is stored and no output changes.
#include <cmath>
#include <filesystem>
#include <limits>

#include "user_program.hpp"

namespace test {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN(),
                 kInf = std::numeric_limits<double>::infinity();
constexpr int64_t kFar[] = {INT64_MIN,     INT64_MIN + 1, -INT64_MAX / 2,
                            INT64_MAX / 2, INT64_MAX - 1, INT64_MAX};

/// A file with five collections of u (scalar), v (vector) and u again (scalar) at the times 0 to 4, to be
/// found unchanged at the end; and a storage in memory that holds the same.
class RefusedByStorage : public ::testing::Test {
 protected:
  void SetUp() override {
    StorageHandle file = open_storage(path, nullptr);
    for (int i = 0; i < 5; ++i) {
      REQUIRE_OK(pde_field_fill(all, i + 1, 0));
      REQUIRE_OK(pde_storage_append(file, all, i));
      REQUIRE_OK(pde_storage_append(memory, all, i));
    }
    REQUIRE_OK(pde_storage_close(file.release()));
    before = bytes_of_file(path);
    stored = open_storage(path, "readonly");
  }
  void TearDown() override {
    stored.reset();
    expect_unchanged();
    EXPECT_EQ(length_of(memory), 5);
  }
  void expect_unchanged() {
    EXPECT_TRUE(bytes_of_file(path) == before) << "the file was changed";
    EXPECT_EQ(folder.names(), std::set<std::string>{"run.h5"});
  }
  std::vector<pde_storage *> both() { return {stored, memory}; }

  TemporaryFolder folder;
  std::string path = folder.file("run.h5"), before;
  GridHandle grid = unit_grid({2, 3});
  FieldHandle u = new_field(grid, PDE_SCALAR, PDE_FLOAT64, "u"),
              v = new_field(grid, PDE_VECTOR, PDE_FLOAT64, "v"),
              u_again = new_field(grid, PDE_SCALAR, PDE_FLOAT64, "u");
  FieldHandle all = collection_of({u, v, u_again});
  StorageHandle stored, memory = open_storage("memory:", nullptr);
};

// ---- asking

TEST_F(RefusedByStorage, LabelsThatAreNotThere) {
  for (pde_storage *storage : both()) {
    int64_t member = -7;
    EXPECT_FAILS(PDE_ERR_NOT_FOUND, pde_storage_find_member(storage, "w", &member), "\"w\"");
    EXPECT_STATUS(PDE_ERR_NOT_FOUND, pde_storage_find_member(storage, "", &member));
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_find_member(storage, "u\xff", &member), "label", "UTF-8");
    EXPECT_EQ(member, -7);
    EXPECT_OK(pde_storage_find_member(storage, "u", &member));
    EXPECT_EQ(member, 0) << "of several the first";
    EXPECT_OK(pde_storage_find_member(storage, "v", &member));
    EXPECT_EQ(member, 1);
  }
}

TEST_F(RefusedByStorage, ShapesOfAnotherLength) {
  for (pde_storage *storage : both()) {
    int64_t shape[8] = {-7, -7, -7, -7, -7, -7, -7, -7};
    for (int64_t count : {int64_t{0}, int64_t{-1}, int64_t{3}, int64_t{5}, INT64_MIN, INT64_MAX})
      EXPECT_FAILS(PDE_ERR_SHAPE, pde_storage_shape(storage, shape, count), "4", std::to_string(count));
    EXPECT_EQ(shape[0], -7);
    EXPECT_OK(pde_storage_shape(storage, shape, 4));
    EXPECT_EQ(std::vector<int64_t>(shape, shape + 5), (std::vector<int64_t>{5, 4, 2, 3, -7}));
  }
}

TEST_F(RefusedByStorage, WindowsThatAreNone) {
  for (pde_storage *storage : both()) {
    int64_t first = -7, count = -8;
    const struct {
      double start, end;
    } wrong[] = {{kNaN, 1}, {0, kNaN}, {kNaN, kNaN}, {1, 0.5}, {kInf, -kInf}, {kInf, 1e308}};
    for (const auto &[start, end] : wrong) {
      EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_find_range(storage, start, end, &first, &count), "t_start",
                   "t_end");
      StorageHandle extract;
      EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_extract_time_range(storage, start, end, extract.out()),
                   "t_start", "t_end");
      EXPECT_EQ(extract.get(), nullptr);
    }
    for (double time : {kNaN, kInf, -kInf})
      EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_find_nearest(storage, time, &first), "time", "finite");
    EXPECT_EQ(first, -7);
    EXPECT_EQ(count, -8);
    const struct {
      double start, end;
      int64_t first, count;
    } right[] = {{-kInf, kInf, 0, 5}, {1, 1, 1, 1},   {0.5, 3, 1, 3},       {0.2, 0.8, 1, 0},
                 {5, kInf, 5, 0},     {-9, -1, 0, 0}, {-kInf, -kInf, 0, 0}, {kInf, kInf, 5, 0}};
    for (const auto &row : right) {
      EXPECT_OK(pde_storage_find_range(storage, row.start, row.end, &first, &count));
      EXPECT_EQ(first, row.first) << row.start << " to " << row.end;
      EXPECT_EQ(count, row.count) << row.start << " to " << row.end;
    }
    const std::pair<double, int64_t> nearest[] = {{-1.7e308, 0}, {1.7e308, 4}, {1.5, 1}, {1.6, 2}, {3, 3}};
    for (const auto &[time, index] : nearest) {
      EXPECT_OK(pde_storage_find_nearest(storage, time, &first));
      EXPECT_EQ(first, index) << time;
    }
  }
}

TEST_F(RefusedByStorage, QuestionsToASeriesThatIsNotDescribed) {
  for (const std::string &uri : {std::string("memory:"), folder.file("none.h5")}) {
    StorageHandle empty = open_storage(uri, nullptr), out;
    int32_t number = -7;
    int64_t wide = -7;
    const int64_t member = 0;
    GridHandle of;
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_dtype(empty, &number));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_ndim(empty, &number));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_shape(empty, &wide, 1));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_has_collection(empty, &number));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_find_member(empty, "u", &wide));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_grid(empty, of.out()));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_view_field(empty, 0, out.out()));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_view_fields(empty, &member, 1, out.out()));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_extract_field(empty, 0, nullptr, out.out()));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_extract_time_range(empty, 0, 1, out.out()));
    EXPECT_FAILS(PDE_ERR_RANGE, pde_storage_find_nearest(empty, 0, &wide), "no snapshots");
    EXPECT_EQ(number, -7);
    EXPECT_EQ(wide, -7);
    EXPECT_EQ(of.get(), nullptr);
    EXPECT_EQ(out.get(), nullptr);
    EXPECT_OK(pde_storage_check(empty, nullptr));
  }
}

TEST_F(RefusedByStorage, RefreshOfAFileThatIsGone) {
  const std::string other = folder.file("gone.h5");
  record_file(other, 2);
  StorageHandle storage = open_storage(other, "readonly");
  std::filesystem::remove(other);
  int64_t length = -7;
  EXPECT_FAILS(PDE_ERR_NOT_FOUND, pde_storage_refresh(storage, &length), other);
  EXPECT_EQ(length, -7);
}

TEST_F(RefusedByStorage, OptionsOfOtherCalls) {
  for (pde_storage *storage : both()) {
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_check(storage, options_from("rtol=1")), "rtol", "progress");
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_check(storage, options_from("progress=7")), "progress", "7");
  }
}

// ---- reading

TEST_F(RefusedByStorage, IndicesBeyondBothEnds) {
  for (int64_t index : {int64_t{5}, int64_t{-6}, kFar[0], kFar[1], kFar[2], kFar[3], kFar[4], kFar[5]}) {
    for (pde_storage *storage : both()) {
      const char *json = "kept";
      const void *data = &index;
      double sample = -7;
      EXPECT_FAILS(PDE_ERR_RANGE, pde_storage_snapshot_info(storage, index, &json), std::to_string(index),
                   "5");
      EXPECT_FAILS(PDE_ERR_RANGE, pde_storage_data_const(storage, index, PDE_FLOAT64, &data),
                   std::to_string(index), "5");
      EXPECT_FAILS(
          PDE_ERR_RANGE,
          pde_storage_read_box(storage, index, 1, 1, nullptr, nullptr, PDE_FLOAT64, &sample, nullptr),
          std::to_string(index), "5");
      EXPECT_STREQ(json, "kept");
      EXPECT_EQ(data, &index);
      EXPECT_EQ(sample, -7);
    }
  }
}

TEST_F(RefusedByStorage, DataThatIsNotInMemoryOrOfAnotherDtype) {
  const void *data = &grid;
  EXPECT_FAILS(PDE_ERR_UNSUPPORTED, pde_storage_data_const(stored, 0, PDE_FLOAT64, &data), path, "memory");
  EXPECT_FAILS(PDE_ERR_DTYPE, pde_storage_data_const(memory, 0, PDE_FLOAT32, &data), "float32", "float64");
  for (int32_t dtype : {0, -1, 14, INT32_MIN, INT32_MAX})
    EXPECT_FAILS(PDE_ERR_DTYPE, pde_storage_data_const(memory, 0, dtype, &data), std::to_string(dtype));
  // The rows of v lie side by side, those of u and u again do not.
  StorageHandle side_by_side, apart;
  const int64_t members[] = {0, 2};
  ASSERT_OK(pde_storage_view_field(memory, 1, side_by_side.out()));
  ASSERT_OK(pde_storage_view_fields(memory, members, 2, apart.out()));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_data_const(apart, 0, PDE_FLOAT64, &data));
  EXPECT_EQ(data, &grid);
  EXPECT_OK(pde_storage_data_const(side_by_side, -1, PDE_FLOAT64, &data));
  EXPECT_EQ(static_cast<const double *>(data)[0], 5);
}

class RefusedBox : public RefusedByStorage {
 protected:
  RefusedBox() : data(120, -7) {}
  pde_status read(pde_storage *storage, int64_t first, int64_t count, int64_t step,
                  std::vector<int64_t> lower, std::vector<int64_t> shape, std::vector<int64_t> strides = {},
                  int32_t dtype = PDE_FLOAT64) {
    return pde_storage_read_box(storage, first, count, step, lower.empty() ? nullptr : lower.data(),
                                shape.empty() ? nullptr : shape.data(), dtype, data.data(),
                                strides.empty() ? nullptr : strides.data());
  }
  void TearDown() override {
    EXPECT_EQ(data, std::vector<double>(120, -7)) << "the output was touched";
    RefusedByStorage::TearDown();
  }
  std::vector<double> data;
};

TEST_F(RefusedBox, CountsAndStepsOutOfRange) {
  for (pde_storage *storage : both()) {
    for (int64_t count : {int64_t{-1}, INT64_MIN, INT64_MIN + 1})
      EXPECT_FAILS(PDE_ERR_ARGUMENT, read(storage, 0, count, 1, {}, {}), "count", std::to_string(count));
    for (int64_t step : {int64_t{0}, int64_t{-1}, INT64_MIN})
      EXPECT_FAILS(PDE_ERR_ARGUMENT, read(storage, 0, 2, step, {}, {}), "step", std::to_string(step));
    EXPECT_FAILS(PDE_ERR_RANGE, read(storage, 0, 6, 1, {}, {}), "5");
    EXPECT_FAILS(PDE_ERR_RANGE, read(storage, 0, 2, 5, {}, {}), "5");
    EXPECT_FAILS(PDE_ERR_RANGE, read(storage, 1, 3, 2, {}, {}), "5");
    EXPECT_FAILS(PDE_ERR_RANGE, read(storage, 0, INT64_MAX, 1, {}, {}), "5");
    EXPECT_FAILS(PDE_ERR_RANGE, read(storage, 0, 2, INT64_MAX, {}, {}), "5");
    EXPECT_FAILS(PDE_ERR_RANGE, read(storage, -1, INT64_MAX, INT64_MAX, {}, {}), "5");
    EXPECT_OK(read(storage, 0, 0, INT64_MAX, {}, {})) << "no snapshots, no samples";
    EXPECT_OK(pde_storage_read_box(storage, 99, 0, 1, nullptr, nullptr, PDE_FLOAT64, nullptr, nullptr));
  }
}

TEST_F(RefusedBox, RegionsBeyondTheSnapshotNameTheAxis) {
  const struct {
    std::vector<int64_t> lower, shape;
    std::vector<std::string> words;
  } wrong[] = {
      {{-1, 0, 0}, {1, 1, 1}, {"lower[0]", "-1"}},
      {{0, 2, 0}, {1, 1, 1}, {"lower[1]", "2"}},
      {{0, 0, 3}, {1, 1, 1}, {"lower[2]", "3"}},
      {{4, 0, 0}, {1, 1, 1}, {"lower[0]", "4"}},
      {{0, 0, 0}, {5, 1, 1}, {"shape[0]", "5"}},
      {{0, 1, 0}, {1, 2, 1}, {"shape[1]", "2"}},
      {{0, 0, 2}, {1, 1, 2}, {"shape[2]", "2"}},
      {{0, 0, 0}, {1, 0, 1}, {"shape[1]", "0"}},
      {{0, 0, 0}, {1, 1, -1}, {"shape[2]", "-1"}},
      {{0, 0, 0}, {INT64_MIN, 1, 1}, {"shape[0]", std::to_string(INT64_MIN)}},
      {{0, 0, 1}, {1, 1, INT64_MAX}, {"shape[2]", std::to_string(INT64_MAX)}},
      {{INT64_MAX, 0, 0}, {INT64_MAX, 1, 1}, {"lower[0]", std::to_string(INT64_MAX)}},
      {{0, INT64_MIN, 0}, {1, 1, 1}, {"lower[1]", std::to_string(INT64_MIN)}},
  };
  for (const auto &row : wrong) {
    for (pde_storage *storage : both())
      EXPECT_TRUE(fails_with(PDE_ERR_RANGE, read(storage, 0, 1, 1, row.lower, row.shape), row.words));
  }
}

TEST_F(RefusedBox, OneOfLowerAndShape) {
  EXPECT_FAILS(PDE_ERR_ARGUMENT, read(stored, 0, 1, 1, {0, 0, 0}, {}), "shape", "NULL", "lower");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, read(stored, 0, 1, 1, {}, {1, 1, 1}), "lower", "NULL", "shape");
}

TEST_F(RefusedBox, DtypesThatDoNotHoldTheValues) {
  for (pde_storage *storage : both()) {
    EXPECT_FAILS(PDE_ERR_DTYPE, read(storage, 0, 1, 1, {}, {}, {}, PDE_FLOAT32), "float32", "float64");
    EXPECT_FAILS(PDE_ERR_DTYPE, read(storage, 0, 1, 1, {}, {}, {}, PDE_COMPLEX64), "complex64");
    for (int32_t dtype : {0, -1, 14, INT32_MIN, INT32_MAX})
      EXPECT_FAILS(PDE_ERR_DTYPE, read(storage, 0, 1, 1, {}, {}, {}, dtype), std::to_string(dtype));
  }
}

TEST_F(RefusedBox, StridesOfZeroOrBeyondAllMemory) {
  for (pde_storage *storage : both()) {
    EXPECT_FAILS(PDE_ERR_ARGUMENT, read(storage, 0, 2, 1, {}, {}, {0, 6, 3, 1}), "strides[0]", "0");
    EXPECT_FAILS(PDE_ERR_ARGUMENT, read(storage, 0, 1, 1, {}, {}, {24, 6, 3, 0}), "strides[3]", "0");
    EXPECT_FAILS(PDE_ERR_RANGE, read(storage, 0, 2, 1, {}, {}, {INT64_MAX, 6, 3, 1}), "strides[0]");
    EXPECT_FAILS(PDE_ERR_RANGE, read(storage, 0, 2, 1, {}, {}, {INT64_MIN, 6, 3, 1}), "strides[0]");
    EXPECT_FAILS(PDE_ERR_RANGE, read(storage, 0, 2, 1, {}, {}, {24, 6, INT64_MAX / 8, 1}), "strides[2]");
    EXPECT_FAILS(PDE_ERR_RANGE, read(storage, 0, 2, 1, {}, {}, {INT64_MAX / 32, 6, INT64_MAX / 32, 1}),
                 "strides");
    EXPECT_FAILS(PDE_ERR_RANGE, read(storage, 0, 1, 1, {}, {}, {24, INT64_MIN / 32, 3, INT64_MIN / 32}),
                 "strides");
  }
}

TEST_F(RefusedByStorage, AxesOfOneEntryTakeAnyStride) {
  const int64_t lower[] = {3, 1, 2}, one[] = {1, 1, 1};
  for (pde_storage *storage : both()) {
    for (int64_t stride : {int64_t{0}, INT64_MIN, INT64_MAX, INT64_MIN / 8, INT64_MAX / 8}) {
      for (int32_t dtype : {PDE_FLOAT64, PDE_COMPLEX128}) {
        double sample[2] = {-7, -7};
        const int64_t strides[] = {stride, stride, stride, stride};
        EXPECT_OK(pde_storage_read_box(storage, -1, 1, INT64_MAX, lower, one, dtype, sample, strides));
        EXPECT_EQ(sample[0], 5) << stride;
      }
    }
  }
}

TEST_F(RefusedByStorage, AnyStepIsFineForOneSnapshot) {
  for (pde_storage *storage : both()) {
    StorageHandle odd, odd_member;
    ASSERT_OK(pde_storage_view_range(storage, 1, 2, 2, odd.out()));
    ASSERT_OK(pde_storage_view_field(odd, 2, odd_member.out()));
    for (pde_storage *view : {odd.get(), odd_member.get()}) {
      double samples[24] = {};
      StorageHandle last, last_of_last;
      EXPECT_OK(pde_storage_read_raw(view, -1, 1, INT64_MAX, PDE_FLOAT64, samples, view == odd ? 24 : 6));
      EXPECT_EQ(samples[0], 4);
      ASSERT_OK(pde_storage_view_range(view, -1, 1, INT64_MAX, last.out()));
      ASSERT_OK(pde_storage_view_range(last, 0, 1, INT64_MAX - 1, last_of_last.out()));
      EXPECT_EQ(times_of(last_of_last), std::vector<double>{3});
      EXPECT_EQ(value_at(last_of_last, 0), 4);
    }
  }
}

// ---- views

TEST_F(RefusedByStorage, ViewsOfFieldsThatAreNotThere) {
  for (pde_storage *storage : both()) {
    StorageHandle view;
    for (int64_t member : {int64_t{-1}, int64_t{3}, INT64_MIN, INT64_MAX}) {
      const int64_t members[] = {0, member};
      EXPECT_FAILS(PDE_ERR_RANGE, pde_storage_view_field(storage, member, view.out()), "member",
                   std::to_string(member), "2");
      EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_view_fields(storage, members, 2, view.out()));
      EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_extract_field(storage, member, nullptr, view.out()));
    }
    const int64_t member = 0;
    for (int64_t count : {int64_t{0}, int64_t{-1}, INT64_MIN})
      EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_view_fields(storage, &member, count, view.out()), "count",
                   std::to_string(count));
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_extract_field(storage, 0, "\xc3(", view.out()), "label",
                 "UTF-8");
    EXPECT_EQ(view.get(), nullptr);
    StorageHandle single;
    ASSERT_OK(pde_storage_view_field(storage, 1, single.out()));
    EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_view_field(single, 1, view.out()));
  }
}

TEST_F(RefusedByStorage, ViewsOfSnapshotsThatAreNotThere) {
  for (pde_storage *storage : both()) {
    StorageHandle view;
    for (int64_t first : {int64_t{5}, int64_t{-6}, INT64_MIN, INT64_MAX})
      EXPECT_FAILS(PDE_ERR_RANGE, pde_storage_view_range(storage, first, 1, 1, view.out()),
                   std::to_string(first));
    for (int64_t count : {int64_t{-1}, INT64_MIN})
      EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_view_range(storage, 0, count, 1, view.out()), "count");
    for (int64_t step : {int64_t{0}, int64_t{-2}, INT64_MIN})
      EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_view_range(storage, 0, 1, step, view.out()), "step");
    for (int64_t count : {int64_t{6}, INT64_MAX - 1, INT64_MAX})
      EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_view_range(storage, 0, count, 1, view.out()));
    EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_view_range(storage, 0, 2, INT64_MAX, view.out()));
    EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_view_range(storage, 0, INT64_MAX, INT64_MAX, view.out()));
    EXPECT_EQ(view.get(), nullptr);
    EXPECT_OK(pde_storage_view_range(storage, INT64_MAX, 0, INT64_MAX, view.out()));
    EXPECT_EQ(length_of(view), 0);
  }
}

TEST_F(RefusedByStorage, ViewsAreOnlyRead) {
  StorageHandle view;
  ASSERT_OK(pde_storage_view_range(memory, 0, 5, 1, view.out()));
  const double data[24] = {};
  EXPECT_FAILS(PDE_ERR_READONLY, pde_storage_append(view, all, 9), "view");
  EXPECT_FAILS(PDE_ERR_READONLY, pde_storage_append_info(view, all, 9, "{}"), "view");
  EXPECT_FAILS(PDE_ERR_READONLY, pde_storage_append_raw(view, PDE_FLOAT64, data, 24, 9), "view");
  EXPECT_FAILS(PDE_ERR_READONLY, pde_storage_start(view, all, nullptr), "view");
  EXPECT_FAILS(PDE_ERR_READONLY, pde_storage_set_info(view, "a", "1"), "view");
  EXPECT_FAILS(PDE_ERR_READONLY, pde_storage_truncate_after(view, 2), "view");
  EXPECT_FAILS(PDE_ERR_READONLY, pde_storage_clear(view, 0), "view");
  EXPECT_FAILS(PDE_ERR_READONLY, pde_storage_clear(view, 1), "view");
  EXPECT_OK(pde_storage_flush(view));
  EXPECT_OK(pde_storage_finish(view));
  EXPECT_EQ(length_of(view), 5);
}

TEST_F(RefusedByStorage, ViewsOfAStorageThatIsClosed) {
  StorageHandle copy = open_storage("memory:", nullptr), view, nested, other;
  ASSERT_OK(pde_storage_copy(memory, copy, nullptr));
  ASSERT_OK(pde_storage_view_field(copy, 1, view.out()));
  ASSERT_OK(pde_storage_view_range(view, 0, 2, 2, nested.out()));
  ASSERT_OK(pde_storage_close(copy.release()));
  for (pde_storage *gone : {view.get(), nested.get()}) {
    int64_t number = -7, other_number = -7;
    int32_t small = -7;
    double values[12];
    const char *text = "kept";
    EXPECT_FAILS(PDE_ERR_STATE, pde_storage_length(gone, &number), "closed");
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_refresh(gone, &number));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_committed(gone, &number));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_times(gone, 0, 1, values));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_find_range(gone, 0, 1, &number, &other_number));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_find_nearest(gone, 0, &number));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_dtype(gone, &small));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_read(gone, 0, v));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_read_raw(gone, 0, 1, 1, PDE_FLOAT64, values, 12));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_info(gone, nullptr, &text));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_snapshot_info(gone, 0, &text));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_statistics(gone, &text));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_check(gone, nullptr));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_view_field(gone, 0, other.out()));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_view_range(gone, 0, 1, 1, other.out()));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_extract_time_range(gone, 0, 1, other.out()));
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_copy(gone, memory, nullptr));
    EXPECT_STREQ(text, "kept");
    EXPECT_EQ(number, -7);
  }
  EXPECT_OK(pde_storage_close(view.release()));
  EXPECT_OK(pde_storage_close(nested.release()));
}

// ---- dropping

TEST_F(RefusedByStorage, DroppingWithWrongValues) {
  StorageHandle storage = open_storage(path, "append");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_truncate_after(storage, kNaN), "time", "nan");
  for (int32_t flag : {2, -1, INT32_MIN, INT32_MAX})
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_clear(storage, flag), "forget_shape", std::to_string(flag));
  EXPECT_OK(pde_storage_truncate_after(storage, kInf)) << "nothing is later";
  EXPECT_OK(pde_storage_truncate_after(storage, 4));
  EXPECT_OK(pde_storage_close(storage.release()));
}

TEST_F(RefusedByStorage, DroppingWhatMayNotBeDropped) {
  for (const auto &[mode, status] : {std::pair<const char *, pde_status>{"readonly", PDE_ERR_READONLY},
                                     {"create", PDE_ERR_EXISTS},
                                     {nullptr, PDE_ERR_EXISTS}}) {
    StorageHandle storage = open_storage(path, mode);
    EXPECT_FAILS(status, pde_storage_truncate_after(storage, 1), path);
    EXPECT_FAILS(status, pde_storage_clear(storage, 0), path);
    EXPECT_FAILS(status, pde_storage_clear(storage, 1), path);
    EXPECT_EQ(length_of(storage), 5);
    EXPECT_OK(pde_storage_close(storage.release()));
    expect_unchanged();
  }
}

// ---- metadata of snapshots

/// A file without field_attributes cannot stay what it was described to be; it can go.
TEST_F(RefusedByStorage, ClearingAFileThatDoesNotSayWhatItHolds) {
  const TemporaryFolder other;
  const std::string copy = other.file("not_ended.hdf5");
  std::filesystem::copy_file(PDE_GOLDEN_DIR "/filestorage/not_ended.hdf5", copy);
  const std::string held = bytes_of_file(copy);
  StorageHandle undescribed = open_storage(copy.c_str(), "append");
  EXPECT_FAILS(PDE_ERR_UNSUPPORTED, pde_storage_clear(undescribed, 0), "field_attributes");
  EXPECT_TRUE(bytes_of_file(copy) == held);
  EXPECT_OK(pde_storage_clear(undescribed, 1));
  EXPECT_EQ(length_of(undescribed), 0);
  EXPECT_FALSE(std::filesystem::exists(copy));
}

TEST_F(RefusedByStorage, SnapshotMetadataThatIsNoJson) {
  for (const char *info : {"", " ", "{", "nonsense", "[1,", "{\"a\": }", "1 2", "\"\xff\""}) {
    SCOPED_TRACE(info);
    for (const char *mode : {"truncate", "truncate_once", "append"}) {
      StorageHandle storage = open_storage(path, mode);
      EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_append_info(storage, all, 9, info), "info_json");
      EXPECT_OK(pde_storage_close(storage.release()));
    }
    EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_append_info(memory, all, 9, info));
  }
  StorageHandle storage = open_storage(path, "truncate");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_append_info(storage, all, kNaN, "{}"), "time");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_append_info(storage, all, kInf, "{}"), "time");
}

}  // namespace
}  // namespace test
