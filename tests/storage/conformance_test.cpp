// What every storage promises, wherever it keeps its snapshots: one suite for all of them, through the C API.
#include <cmath>
#include <limits>
#include <random>

#include "storage/storage_world.hpp"
#include "support/json_values.hpp"
#include "support/layouts.hpp"

using namespace test;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// A world with a scalar field of 6 cells in it.
class StorageTest : public ::testing::TestWithParam<StorageKind> {
 protected:
  StorageTest()
      : world_(GetParam()),
        grid_(unit_grid({2, 3}, {1, 0})),
        field_(new_field(grid_, PDE_SCALAR, PDE_FLOAT64, "u")) {}

  /// The samples of snapshot number i.
  static Bytes samples(int i) {
    Bytes bytes(6 * sizeof(double));
    for (size_t k = 0; k < 6; ++k) {
      const double value = 100.0 * i + static_cast<double>(k) + 0.1;
      std::memcpy(bytes.data() + k * sizeof value, &value, sizeof value);
    }
    return bytes;
  }
  void fill(int i) {
    void *data = nullptr;
    REQUIRE_OK(pde_field_data(field_, PDE_FLOAT64, &data));
    std::memcpy(data, samples(i).data(), 6 * sizeof(double));
  }
  void append(pde_storage *storage, int i, double time) {
    fill(i);
    ASSERT_OK(pde_storage_append(storage, field_, time));
  }
  /// Snapshots number 0 to count - 1, at these times, in one session.
  void record(pde_storage *storage, int count) {
    ASSERT_OK(pde_storage_start(storage, field_, nullptr));
    for (int i = 0; i < count; ++i) append(storage, i, i);
    ASSERT_OK(pde_storage_finish(storage));
  }
  void expect_snapshots(pde_storage *storage, const std::vector<int> &numbers) {
    ASSERT_EQ(static_cast<int64_t>(numbers.size()), length_of(storage));
    for (size_t i = 0; i < numbers.size(); ++i)
      EXPECT_EQ(samples(numbers[i]), raw_snapshot(storage, static_cast<int64_t>(i), PDE_FLOAT64, 6)) << i;
  }
  static bool is_writing(pde_storage *storage) {
    int32_t writing = -1;
    EXPECT_OK(pde_storage_is_writing(storage, &writing));
    return writing == 1;
  }
  static std::string mode_of(pde_storage *storage) {
    const char *mode = nullptr;
    EXPECT_OK(pde_storage_mode(storage, &mode));
    return mode;
  }
  static int64_t committed(pde_storage *storage) {
    int64_t length = -1;
    EXPECT_OK(pde_storage_committed(storage, &length));
    return length;
  }

  StorageWorld world_;
  GridHandle grid_;
  FieldHandle field_;
};

class AnyStorage : public StorageTest {};
class LastingStorage : public StorageTest {};
class ExclusiveStorage : public StorageTest {};

// ---- opening

TEST_P(AnyStorage, StartsEmpty) {
  StorageHandle storage = world_.open();
  EXPECT_EQ(0, length_of(storage));
  EXPECT_EQ(0, committed(storage));
  EXPECT_FALSE(is_writing(storage));
  EXPECT_EQ("create", mode_of(storage));
  EXPECT_EQ("{}", info_of(storage, nullptr));
  const char *uri = nullptr;
  ASSERT_OK(pde_storage_uri(storage, &uri));
  EXPECT_EQ(world_.uri(), uri);
  FieldHandle sample;
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_sample(storage, sample.out()));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_read(storage, 0, field_));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_read(storage, -1, field_));
  double time = 7;
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_times(storage, 0, 1, &time));
  EXPECT_OK(pde_storage_times(storage, 0, 0, nullptr));
  EXPECT_OK(pde_storage_flush(storage));
  EXPECT_OK(pde_storage_finish(storage));
  EXPECT_OK(pde_storage_close(storage.release()));
  EXPECT_TRUE(world_.folder().names().empty()) << "opening makes no file";
}

TEST_P(AnyStorage, KnowsItsModes) {
  const std::pair<const char *, const char *> modes[] = {{nullptr, "create"},
                                                         {"create", "create"},
                                                         {"truncate", "truncate"},
                                                         {"truncate_always", "truncate"},
                                                         {"truncate_once", "truncate_once"},
                                                         {"append", "append"}};
  for (const auto &[given, in_force] : modes) {
    const StorageHandle storage = world_.open(given);
    EXPECT_EQ(in_force, mode_of(storage));
  }
  StorageHandle storage;
  for (const char *bad : {"", "write", "w", "Append", "read-only"})
    EXPECT_STATUS(PDE_ERR_ARGUMENT, world_.try_open(bad, "", storage)) << bad;
}

TEST_P(AnyStorage, RefusesOptionsThatItDoesNotHave) {
  StorageHandle storage;
  EXPECT_STATUS(PDE_ERR_ARGUMENT, world_.try_open(nullptr, "colour=blue", storage));
  EXPECT_NE(std::string::npos, std::string(pde_error_message()).find("time_order"))
      << "legal ones are listed";
  EXPECT_STATUS(PDE_ERR_ARGUMENT, world_.try_open(nullptr, "time_order=sideways", storage));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, world_.try_open(nullptr, "info=[1]", storage));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, world_.try_open(nullptr, "info='{'", storage));
  EXPECT_EQ(nullptr, storage.get());
}

// ---- sessions

TEST_P(AnyStorage, GivesBackWhatItWasGiven) {
  const StorageHandle storage = world_.open();
  record(storage, 4);
  expect_snapshots(storage, {0, 1, 2, 3});
  EXPECT_EQ((std::vector<double>{0, 1, 2, 3}), times_of(storage));
}

TEST_P(AnyStorage, IsReadableRightAfterEachAppend) {
  const StorageHandle storage = world_.open();
  ASSERT_OK(pde_storage_start(storage, field_, nullptr));
  std::vector<int> numbers;
  for (int i = 0; i < 9; ++i) {
    append(storage, i, i);
    numbers.push_back(i);
    expect_snapshots(storage, numbers);
    EXPECT_EQ(static_cast<size_t>(i + 1), times_of(storage).size());
    const FieldHandle copy = sample_of(storage);
    ASSERT_OK(pde_storage_read(storage, -1, copy));
    EXPECT_EQ(samples(i), bytes_of(copy));
  }
  EXPECT_TRUE(is_writing(storage));
}

TEST_P(AnyStorage, AppendBeginsASession) {
  const StorageHandle storage = world_.open();
  append(storage, 1, 5);
  EXPECT_TRUE(is_writing(storage));
  append(storage, 2, 6);
  ASSERT_OK(pde_storage_finish(storage));
  EXPECT_FALSE(is_writing(storage));
  expect_snapshots(storage, {1, 2});
}

TEST_P(AnyStorage, BareArraysNeedASession) {
  const StorageHandle storage = world_.open();
  const Bytes array = samples(3);
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_append_raw(storage, PDE_FLOAT64, array.data(), 6, 0));
  ASSERT_OK(pde_storage_start(storage, field_, nullptr));
  EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_append_raw(storage, PDE_FLOAT64, array.data(), 5, 0));
  EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_append_raw(storage, PDE_FLOAT64, array.data(), -1, 0));
  EXPECT_STATUS(PDE_ERR_DTYPE, pde_storage_append_raw(storage, PDE_FLOAT32, array.data(), 6, 0));
  EXPECT_STATUS(PDE_ERR_DTYPE, pde_storage_append_raw(storage, 99, array.data(), 6, 0));
  EXPECT_OK(pde_storage_append_raw(storage, PDE_FLOAT64, array.data(), 6, 0));
  expect_snapshots(storage, {3});
  ASSERT_OK(pde_storage_finish(storage));
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_append_raw(storage, PDE_FLOAT64, array.data(), 6, 1));
  expect_snapshots(storage, {3});
}

TEST_P(AnyStorage, StartsOnceAndFinishesAnyNumberOfTimes) {
  const StorageHandle storage = world_.open();
  ASSERT_OK(pde_storage_start(storage, field_, nullptr));
  append(storage, 0, 0);
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_start(storage, field_, nullptr));
  EXPECT_TRUE(is_writing(storage)) << "the session goes on";
  append(storage, 1, 1);
  EXPECT_OK(pde_storage_finish(storage));
  EXPECT_OK(pde_storage_finish(storage));
  EXPECT_OK(pde_storage_flush(storage));
  expect_snapshots(storage, {0, 1});
}

TEST_P(AnyStorage, IsGoneWhenClosed) {
  StorageHandle storage = world_.open();
  append(storage, 0, 0);
  pde_storage *stale = storage.get();
  EXPECT_OK(pde_storage_close(storage.release()));
  int64_t length = 7;
  EXPECT_STATUS(PDE_ERR_HANDLE, pde_storage_append(stale, field_, 1));
  EXPECT_STATUS(PDE_ERR_HANDLE, pde_storage_length(stale, &length));
  EXPECT_STATUS(PDE_ERR_HANDLE, pde_storage_close(stale));
  EXPECT_EQ(7, length);
}

TEST_P(AnyStorage, MayHaveManySnapshots) {
  // More than fit in one chunk of times, and in one slab or chunk of samples.
  const GridHandle grid = unit_grid({16, 16});
  const FieldHandle field = new_field(grid, PDE_SCALAR, PDE_INT16);
  const StorageHandle storage = world_.open();
  const int64_t count = 2500, cells = 256;
  std::vector<int16_t> array(cells), read(array.size());
  ASSERT_OK(pde_storage_start(storage, field, nullptr));
  for (int64_t i = 0; i < count; ++i) {
    for (size_t k = 0; k < array.size(); ++k)
      array[k] = static_cast<int16_t>(i * 13 + static_cast<int64_t>(k));
    ASSERT_OK(pde_storage_append_raw(storage, PDE_INT16, array.data(), cells, 0.25 * static_cast<double>(i)));
  }
  const std::vector<double> times = times_of(storage);
  for (int64_t i :
       {int64_t{0}, int64_t{1}, int64_t{1023}, int64_t{1024}, int64_t{2047}, int64_t{2048}, count - 1}) {
    ASSERT_OK(pde_storage_read_raw(storage, i, 1, 1, PDE_INT16, read.data(), cells));
    EXPECT_EQ(static_cast<int16_t>(i * 13), read[0]) << i;
    EXPECT_EQ(static_cast<int16_t>(i * 13 + 255), read[255]) << i;
    EXPECT_EQ(0.25 * static_cast<double>(i), times[static_cast<size_t>(i)]);
  }
}

// ---- modes

TEST_P(AnyStorage, SecondSessionsGoOnUnlessTheModeTruncates) {
  const std::pair<const char *, bool> modes[] = {{"create", true},
                                                 {"truncate_once", true},
                                                 {"append", true},
                                                 {"truncate", false},
                                                 {"truncate_always", false}};
  for (const auto &[mode, goes_on] : modes) {
    SCOPED_TRACE(mode);
    StorageWorld world(GetParam());
    const StorageHandle storage = world.open(mode);
    record(storage, 2);
    EXPECT_EQ(goes_on ? "append" : "truncate", mode_of(storage));
    ASSERT_OK(pde_storage_start(storage, field_, nullptr));
    EXPECT_EQ(goes_on ? 2 : 0, length_of(storage));
    append(storage, 7, 7);
    ASSERT_OK(pde_storage_finish(storage));
    expect_snapshots(storage, goes_on ? std::vector<int>{0, 1, 7} : std::vector<int>{7});
  }
}

TEST_P(LastingStorage, ModesDecideWhatANewStorageDoes) {
  const std::pair<const char *, bool> modes[] = {
      {"truncate_once", false}, {"append", true}, {"truncate", false}};
  for (const auto &[mode, goes_on] : modes) {
    SCOPED_TRACE(mode);
    StorageWorld world(GetParam());
    StorageHandle storage = world.open();
    record(storage, 2);
    storage = world.reopen(storage, mode);
    expect_snapshots(storage, {0, 1});  // opening changes nothing
    append(storage, 7, 7);
    expect_snapshots(storage, goes_on ? std::vector<int>{0, 1, 7} : std::vector<int>{7});
    storage = world.reopen(storage, "readonly");
    expect_snapshots(storage, goes_on ? std::vector<int>{0, 1, 7} : std::vector<int>{7});
  }
}

TEST_P(LastingStorage, CreateRefusesToWriteOverSnapshots) {
  StorageHandle storage = world_.open();
  record(storage, 2);
  storage = world_.reopen(storage, nullptr);
  EXPECT_STATUS(PDE_ERR_EXISTS, pde_storage_start(storage, field_, nullptr));
  EXPECT_STATUS(PDE_ERR_EXISTS, pde_storage_append(storage, field_, 9));
  EXPECT_STATUS(PDE_ERR_EXISTS, pde_storage_set_info(storage, "a", "1"));
  EXPECT_FALSE(is_writing(storage));
  expect_snapshots(storage, {0, 1});
  storage = world_.reopen(storage, "append");
  expect_snapshots(storage, {0, 1});
}

TEST_P(LastingStorage, ReadonlyOnlyReads) {
  StorageHandle storage = world_.open();
  record(storage, 3);
  storage = world_.reopen(storage, "readonly");
  EXPECT_EQ("readonly", mode_of(storage));
  EXPECT_STATUS(PDE_ERR_READONLY, pde_storage_start(storage, field_, nullptr));
  EXPECT_STATUS(PDE_ERR_READONLY, pde_storage_append(storage, field_, 9));
  EXPECT_STATUS(PDE_ERR_READONLY, pde_storage_set_info(storage, "a", "1"));
  EXPECT_OK(pde_storage_flush(storage));
  EXPECT_OK(pde_storage_finish(storage));
  expect_snapshots(storage, {0, 1, 2});
}

TEST_P(LastingStorage, TruncationForgetsKindAndInfo) {
  StorageHandle storage = world_.open();
  ASSERT_OK(pde_storage_start(storage, field_, R"({"old": 1})"));
  append(storage, 0, 50);
  storage = world_.reopen(storage, "truncate_once");
  const FieldHandle other = new_field(unit_grid({4, 2}), PDE_SCALAR, PDE_UINT8, "other");
  ASSERT_OK(pde_storage_start(storage, other, R"({"new": 2})"));
  ASSERT_OK(pde_storage_append(storage, other, -3)) << "times begin anew";
  EXPECT_EQ(PDE_UINT8, dtype_of(sample_of(storage)));
  EXPECT_EQ("(none)", info_of(storage, "old"));
  storage = world_.reopen(storage, "append");
  EXPECT_EQ(std::vector<double>{-3}, times_of(storage));
  EXPECT_EQ("other", label_of(sample_of(storage)));
  EXPECT_EQ((std::vector<int64_t>{4, 2}), shape_of(sample_of(storage)));
  EXPECT_EQ("(none)", info_of(storage, "old"));
  EXPECT_EQ("2", info_of(storage, "new"));
}

TEST_P(LastingStorage, ASessionWithoutSnapshotsDescribesTheSeries) {
  StorageHandle storage = world_.open();
  ASSERT_OK(pde_storage_start(storage, field_, R"({"who": "me"})"));
  ASSERT_OK(pde_storage_finish(storage));
  storage = world_.reopen(storage, "append");
  EXPECT_EQ(0, length_of(storage));
  EXPECT_EQ("u", label_of(sample_of(storage)));
  EXPECT_EQ("\"me\"", info_of(storage, "who"));
  const FieldHandle other = new_field(grid_, PDE_VECTOR);
  EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_start(storage, other, nullptr));
  append(storage, 4, 1);
  expect_snapshots(storage, {4});
}

TEST_P(LastingStorage, ClosingEndsTheSession) {
  StorageHandle storage = world_.open();
  ASSERT_OK(pde_storage_start(storage, field_, R"({"a": 1})"));
  append(storage, 1, 1);
  append(storage, 2, 2);
  ASSERT_OK(pde_storage_set_info(storage, "b", "2"));
  storage = world_.reopen(storage, "readonly");
  expect_snapshots(storage, {1, 2});
  EXPECT_EQ("1", info_of(storage, "a"));
  EXPECT_EQ("2", info_of(storage, "b"));
}

TEST_P(ExclusiveStorage, HasOneWriterAtATime) {
  const StorageHandle first = world_.open("append");
  StorageHandle second = world_.open("append");
  append(first, 0, 0);
  EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_start(second, field_, nullptr));
  EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_append(second, field_, 1));
  append(first, 1, 1);
  expect_snapshots(first, {0, 1});
}

TEST_P(ExclusiveStorage, TheNextWriterSeesWhatTheLastOneWrote) {
  StorageHandle first = world_.open("append");
  const StorageHandle second = world_.open("append");
  record(first, 3);
  EXPECT_OK(pde_storage_close(first.release()));
  append(second, 7, 7);
  expect_snapshots(second, {0, 1, 2, 7});
}

// ---- times

TEST_P(AnyStorage, ChoosesTimesByItself) {
  const StorageHandle storage = world_.open();
  for (double time : {PDE_TIME_AUTO, PDE_TIME_AUTO, 4.5, PDE_TIME_AUTO}) append(storage, 0, time);
  ASSERT_OK(pde_storage_finish(storage));
  append(storage, 0, PDE_TIME_AUTO);
  EXPECT_EQ((std::vector<double>{0, 1, 4.5, 5.5, 6.5}), times_of(storage));
}

TEST_P(AnyStorage, RefusesTimesThatAreNone) {
  const StorageHandle storage = world_.open();
  for (double bad : {kNaN, -kNaN, kInfinity, -kInfinity})
    EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_append(storage, field_, bad));
  EXPECT_FALSE(is_writing(storage)) << "a refused call begins no session";
  append(storage, 1, 1);
  for (double bad : {kNaN, kInfinity, -kInfinity})
    EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_append(storage, field_, bad));
  const double end = std::numeric_limits<double>::max();
  append(storage, 2, end);
  EXPECT_EQ((std::vector<double>{1, end}), times_of(storage));
  expect_snapshots(storage, {1, 2});
}

TEST_P(AnyStorage, KeepsTheOrderOfTimes) {
  struct Case {
    const char *options;
    bool equal, earlier;
  };
  for (const Case &order :
       {Case{"", true, false}, Case{"time_order=nondecreasing", true, false},
        Case{"time_order=increasing", false, false}, Case{"time_order=any", true, true}}) {
    SCOPED_TRACE(order.options);
    StorageWorld world(GetParam());
    const StorageHandle storage = world.open(nullptr, order.options);
    append(storage, 0, 2);
    EXPECT_STATUS(order.equal ? PDE_OK : PDE_ERR_ARGUMENT, pde_storage_append(storage, field_, 2));
    EXPECT_STATUS(order.earlier ? PDE_OK : PDE_ERR_ARGUMENT, pde_storage_append(storage, field_, 1.5));
    append(storage, 1, 2.5);
    EXPECT_EQ(2 + order.equal + order.earlier, length_of(storage));
  }
}

TEST_P(AnyStorage, TimesThatCannotGrowAreNotInvented) {
  const StorageHandle storage = world_.open(nullptr, "time_order=increasing");
  append(storage, 0, 1e300);
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_append(storage, field_, PDE_TIME_AUTO))
      << "1e300 + 1 is no later time";
  EXPECT_EQ(1, length_of(storage));
}

TEST_P(AnyStorage, GivesTimesByRange) {
  const StorageHandle storage = world_.open();
  record(storage, 5);
  double times[5] = {};
  ASSERT_OK(pde_storage_times(storage, -2, 2, times));
  EXPECT_EQ(3, times[0]);
  EXPECT_EQ(4, times[1]);
  ASSERT_OK(pde_storage_times(storage, 1, 3, times));
  EXPECT_EQ(3, times[2]);
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_times(storage, 3, 3, times));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_times(storage, 5, 1, times));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_times(storage, -6, 1, times));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_times(storage, INT64_MIN, 1, times));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_times(storage, 1, INT64_MAX, times));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_times(storage, 0, -1, times));
}

// ---- reading

TEST_P(AnyStorage, CountsFromTheEnd) {
  const StorageHandle storage = world_.open();
  record(storage, 3);
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(pde_storage_read(storage, i - 3, field_));
    EXPECT_EQ(samples(i), bytes_of(field_));
  }
  for (int64_t bad : {int64_t{3}, int64_t{-4}, INT64_MAX, INT64_MIN}) {
    EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_read(storage, bad, field_));
    EXPECT_NE(std::string::npos, std::string(pde_error_message()).find('3')) << "the message has the length";
  }
  EXPECT_EQ(samples(2), bytes_of(field_)) << "a refused call changes nothing";
}

TEST_P(AnyStorage, ReadsRangesWithSteps) {
  const StorageHandle storage = world_.open();
  record(storage, 7);
  const auto read = [&](int64_t first, int64_t count, int64_t step) {
    Bytes got(static_cast<size_t>(count) * 48);
    EXPECT_OK(pde_storage_read_raw(storage, first, count, step, PDE_FLOAT64, got.data(), 6 * count));
    Bytes expected;
    for (int64_t i = 0; i < count; ++i) {
      const Bytes one = samples(static_cast<int>((first < 0 ? first + 7 : first) + i * step));
      expected.insert(expected.end(), one.begin(), one.end());
    }
    EXPECT_EQ(expected, got) << first << ", " << count << ", " << step;
  };
  for (int64_t first = -7; first < 7; ++first) {
    const int64_t from = first < 0 ? first + 7 : first;
    for (int64_t step = 1; step <= 8; ++step) {
      for (int64_t count = 1; from + (count - 1) * step < 7; ++count) read(first, count, step);
    }
  }
  Bytes buffer(7 * 48);
  const auto status = [&](int64_t first, int64_t count, int64_t step, int64_t size) {
    return pde_storage_read_raw(storage, first, count, step, PDE_FLOAT64, buffer.data(), size);
  };
  EXPECT_OK(pde_storage_read_raw(storage, 0, 0, 1, PDE_FLOAT64, nullptr, 0));
  EXPECT_STATUS(PDE_ERR_RANGE, status(0, 4, 3, 24));
  EXPECT_STATUS(PDE_ERR_RANGE, status(6, 2, 1, 12));
  EXPECT_STATUS(PDE_ERR_RANGE, status(0, 2, INT64_MAX, 12));
  EXPECT_STATUS(PDE_ERR_RANGE, status(0, INT64_MAX, 1, 12));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, status(0, -1, 1, 6));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, status(0, 1, 0, 6));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, status(0, 1, -1, 6));
  EXPECT_STATUS(PDE_ERR_SHAPE, status(0, 2, 1, 11));
  EXPECT_STATUS(PDE_ERR_SHAPE, status(0, 0, 1, 1));
}

TEST_P(AnyStorage, WidensButNeverNarrows) {
  const FieldHandle narrow = new_field(grid_, PDE_SCALAR, PDE_FLOAT32);
  ASSERT_OK(pde_field_fill(narrow, 0.1f, 0));
  const StorageHandle storage = world_.open();
  ASSERT_OK(pde_storage_append(storage, narrow, 0));
  for (int32_t dtype : kDtypes) {
    SCOPED_TRACE(pde_dtype_name(dtype));
    const FieldHandle into = new_field(grid_, PDE_SCALAR, dtype);
    const bool holds =
        dtype == PDE_FLOAT64 || dtype == PDE_FLOAT32 || dtype == PDE_COMPLEX128 || dtype == PDE_COMPLEX64;
    Bytes raw(static_cast<size_t>(6 * pde_dtype_size(dtype)));
    EXPECT_STATUS(holds ? PDE_OK : PDE_ERR_DTYPE, pde_storage_read(storage, 0, into));
    EXPECT_STATUS(holds ? PDE_OK : PDE_ERR_DTYPE,
                  pde_storage_read_raw(storage, 0, 1, 1, dtype, raw.data(), 6));
    if (holds) {
      EXPECT_EQ(raw, bytes_of(into));
    }
    if (dtype == PDE_FLOAT64) {
      double value = 0;
      std::memcpy(&value, raw.data(), sizeof value);
      EXPECT_EQ(static_cast<double>(0.1f), value);
    }
  }
}

TEST_P(AnyStorage, ReadsOnlyIntoFieldsOfItsKind) {
  const StorageHandle storage = world_.open();
  record(storage, 1);
  const auto refused = [&](const FieldHandle &into) {
    const Bytes before = bytes_of(into);
    EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_read(storage, 0, into));
    EXPECT_EQ(before, bytes_of(into));
  };
  refused(new_field(grid_, PDE_VECTOR));
  refused(new_field(unit_grid({3, 2}, {1, 0})));
  refused(new_field(unit_grid({2, 3}, {0, 0})));
  refused(new_field(unit_grid({6})));
  refused(new_field(cartesian_grid({0, 0}, {2, 3}, {2, 3}, {1, 0})));
  const FieldHandle member = new_field(grid_);
  refused(collection_of({member}));
}

// ---- samples of all sorts

TEST_P(AnyStorage, TakesEveryLayoutAndGivesIntoEveryLayout) {
  std::mt19937_64 random(1);
  const std::vector<int64_t> shapes[] = {{7}, {3, 5}, {3, 2, 4}};
  for (size_t ndim = 1; ndim <= 3; ++ndim) {
    const GridHandle grid = unit_grid(shapes[ndim - 1]);
    for (int32_t rank : {PDE_SCALAR, PDE_VECTOR, PDE_TENSOR}) {
      const auto components = static_cast<size_t>(rank), axes = components + ndim;
      StorageWorld world(GetParam(), axes);
      const StorageHandle storage = world.open();
      std::vector<Bytes> given;
      for (Order order : kOrders) {
        LaidOutField field(grid, rank, PDE_FLOAT32, layout_of(order, components, axes));
        given.push_back(random_samples(random, PDE_FLOAT32, count_of(shape_of(field))));
        field.set(given.back());
        ASSERT_OK(pde_storage_append(storage, field, PDE_TIME_AUTO));
      }
      for (size_t i = 0; i < given.size(); ++i) {
        const int64_t count = static_cast<int64_t>(given[i].size()) / 4;
        EXPECT_EQ(given[i], raw_snapshot(storage, static_cast<int64_t>(i), PDE_FLOAT32, count));
        for (Order order : kOrders) {
          LaidOutField into(grid, rank, PDE_FLOAT32, layout_of(order, components, axes));
          ASSERT_OK(pde_storage_read(storage, static_cast<int64_t>(i), into));
          EXPECT_EQ(given[i], into.get())
              << "axes " << ndim << ", rank " << rank << ", order " << static_cast<int>(order);
          EXPECT_TRUE(into.halo_untouched());
        }
      }
    }
  }
}

TEST_P(AnyStorage, KeepsEveryDtypeRankAndDimensionBitForBit) {
  std::mt19937_64 random(2);
  for (int32_t dtype : kDtypes) {
    for (size_t ndim = 1; ndim <= 3; ++ndim) {
      const GridHandle grid = unit_grid(std::vector<int64_t>(ndim, 3));
      for (int32_t rank : {PDE_SCALAR, PDE_VECTOR, PDE_TENSOR}) {
        SCOPED_TRACE(std::string(pde_dtype_name(dtype)) + ", rank " + std::to_string(rank) + ", axes " +
                     std::to_string(ndim));
        StorageWorld world(GetParam(), ndim + static_cast<size_t>(rank));
        StorageHandle storage = world.open();
        const FieldHandle field = new_field(grid, rank, dtype, "q");
        const int64_t count = count_of(shape_of(field));
        const Bytes first = random_samples(random, dtype, count),
                    second = random_samples(random, dtype, count);
        ASSERT_OK(pde_storage_start(storage, field, nullptr));
        ASSERT_OK(pde_storage_append_raw(storage, dtype, first.data(), count, 0));
        ASSERT_OK(pde_storage_append_raw(storage, dtype, second.data(), count, 1));
        ASSERT_OK(pde_storage_finish(storage));
        if (GetParam().lasts()) storage = world.reopen(storage, "readonly");
        EXPECT_EQ(first, raw_snapshot(storage, 0, dtype, count));
        const FieldHandle sample = sample_of(storage);
        EXPECT_EQ(dtype, dtype_of(sample));
        EXPECT_EQ(rank, rank_of(sample));
        EXPECT_EQ(shape_of(field), shape_of(sample));
        EXPECT_EQ(grid_text_of(field), grid_text_of(sample));
        ASSERT_OK(pde_storage_read(storage, 1, sample));
        EXPECT_EQ(second, bytes_of(sample));
      }
    }
  }
}

TEST_P(AnyStorage, KeepsSpecialNumbersBitForBit) {
  const uint64_t special[6] = {
      0x7FF8000000000001,          0xFFF0DEADBEEF0001 /* a signalling NaN with payload */,
      0x8000000000000000 /* -0 */, 0x0000000000000001 /* the smallest number */,
      0x7FF0000000000000,          0xFFF0000000000000};
  Bytes bits(sizeof special);
  std::memcpy(bits.data(), special, sizeof special);
  StorageHandle storage = world_.open();
  ASSERT_OK(pde_storage_start(storage, field_, nullptr));
  ASSERT_OK(pde_storage_append_raw(storage, PDE_FLOAT64, special, 6, 0));
  LaidOutField strided(grid_, PDE_SCALAR, PDE_FLOAT64, layout_of(Order::fortran, 0, 2));
  strided.set(bits);
  ASSERT_OK(pde_storage_append(storage, strided, 1));
  ASSERT_OK(pde_storage_finish(storage));
  if (GetParam().lasts()) storage = world_.reopen(storage, "readonly");
  for (int64_t i : {0, 1}) {
    EXPECT_EQ(bits, raw_snapshot(storage, i, PDE_FLOAT64, 6));
    ASSERT_OK(pde_storage_read(storage, i, strided));
    EXPECT_EQ(bits, strided.get());
  }
}

TEST_P(AnyStorage, KeepsCollectionsWithTheirMembers) {
  std::mt19937_64 random(3);
  const GridHandle grid = cartesian_grid({-1, 0.5}, {2, 1.25}, {4, 3}, {0, 1});
  LaidOutField a(grid, PDE_SCALAR, PDE_COMPLEX64, layout_of(Order::halo, 0, 2), "a");
  LaidOutField b(grid, PDE_VECTOR, PDE_COMPLEX64, layout_of(Order::interleaved, 1, 3));
  LaidOutField c(grid, PDE_TENSOR, PDE_COMPLEX64, layout_of(Order::fortran, 2, 4),
                 "ten\u00f6r \"q\" \\ \U0001F642");
  StorageWorld world(GetParam(), 3);
  StorageHandle storage = world.open();
  const FieldHandle state = collection_of({a, b, c}, "all");
  std::vector<Bytes> given;
  for (int i = 0; i < 3; ++i) {
    Bytes rows;
    for (LaidOutField *member : {&a, &b, &c}) {
      const Bytes part = random_samples(random, PDE_COMPLEX64, count_of(shape_of(*member)));
      member->set(part);
      rows.insert(rows.end(), part.begin(), part.end());
    }
    given.push_back(rows);
    ASSERT_OK(pde_storage_append(storage, state, i));
  }
  ASSERT_OK(pde_storage_finish(storage));
  if (GetParam().lasts()) storage = world.reopen(storage, "readonly");
  const FieldHandle sample = sample_of(storage);
  EXPECT_EQ(PDE_COLLECTION, rank_of(sample));
  EXPECT_EQ("all", label_of(sample));
  EXPECT_EQ((std::vector<int64_t>{7, 4, 3}), shape_of(sample));
  const std::pair<int32_t, std::string> members[] = {
      {PDE_SCALAR, "a"}, {PDE_VECTOR, "(none)"}, {PDE_TENSOR, "ten\u00f6r \"q\" \\ \U0001F642"}};
  for (int64_t i = 0; i < 3; ++i) {
    FieldHandle member;
    ASSERT_OK(pde_field_member(sample, i, member.out()));
    EXPECT_EQ(members[i].first, rank_of(member));
    EXPECT_EQ(members[i].second, label_of(member));
    EXPECT_EQ(given[static_cast<size_t>(i)], raw_snapshot(storage, i, PDE_COMPLEX64, 84));
    ASSERT_OK(pde_storage_read(storage, i, sample));
    EXPECT_EQ(given[static_cast<size_t>(i)], bytes_of(sample));
    ASSERT_OK(pde_storage_read(storage, i, state));
    EXPECT_EQ(given[static_cast<size_t>(i)], bytes_of(state)) << "into the arrays of its members";
  }
  const FieldHandle other_order = collection_of({b, a, c});
  EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_read(storage, 0, other_order)) << "same shape, other members";
}

// ---- what is refused leaves the series alone

TEST_P(AnyStorage, TakesOnlySnapshotsOfItsKind) {
  const StorageHandle storage = world_.open();
  record(storage, 2);
  for (bool in_session : {false, true}) {
    SCOPED_TRACE(in_session);
    if (in_session) {
      ASSERT_OK(pde_storage_start(storage, field_, nullptr));
    }
    const auto refused = [&](pde_status expected, const FieldHandle &field) {
      EXPECT_STATUS(expected, pde_storage_append(storage, field, 50));
      if (!in_session) {
        EXPECT_STATUS(expected, pde_storage_start(storage, field, nullptr));
      }
      EXPECT_EQ(in_session, is_writing(storage));
    };
    refused(PDE_ERR_DTYPE, new_field(grid_, PDE_SCALAR, PDE_FLOAT32));
    refused(PDE_ERR_DTYPE, new_field(grid_, PDE_SCALAR, PDE_COMPLEX128));
    refused(PDE_ERR_SHAPE, new_field(grid_, PDE_VECTOR));
    refused(PDE_ERR_SHAPE, new_field(unit_grid({3, 2}, {1, 0})));
    refused(PDE_ERR_SHAPE, new_field(unit_grid({2, 3})));
    refused(PDE_ERR_SHAPE, new_field(cartesian_grid({0, 0}, {2, 3}, {2, 3}, {1, 0})));
    EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_append(storage, field_, 0.5)) << "too early";
    expect_snapshots(storage, {0, 1});
  }
  append(storage, 2, 2);
  expect_snapshots(storage, {0, 1, 2});
}

TEST_P(AnyStorage, ARefusedStartLeavesAllAsItWas) {
  const StorageHandle storage = world_.open();
  for (const char *bad : {"", "[]", "{", "{\"a\": }", "1", "{\"a\": 1} x", "null"}) {
    EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_start(storage, field_, bad)) << bad;
    EXPECT_FALSE(is_writing(storage));
  }
  EXPECT_EQ("{}", info_of(storage, nullptr));
  EXPECT_EQ("create", mode_of(storage));
  EXPECT_TRUE(world_.folder().names().empty());
}

// ---- description

TEST_P(AnyStorage, SamplesAreOfTheirOwn) {
  StorageHandle storage = world_.open();
  const FieldHandle sample = [&] {
    record(storage, 1);
    return sample_of(storage);
  }();
  EXPECT_EQ(Bytes(48, std::byte{0}), bytes_of(sample)) << "all zero";
  ASSERT_OK(pde_storage_read(storage, 0, sample));
  EXPECT_OK(pde_storage_close(storage.release()));
  EXPECT_EQ(samples(0), bytes_of(sample));
  EXPECT_EQ("u", label_of(sample));
  EXPECT_EQ(grid_text_of(field_), grid_text_of(sample));
}

TEST_P(AnyStorage, SeriesKeepTheLabelOfTheFirstSession) {
  const StorageHandle storage = world_.open();
  record(storage, 1);
  const FieldHandle renamed = new_field(grid_, PDE_SCALAR, PDE_FLOAT64, "v");
  ASSERT_OK(pde_storage_append(storage, renamed, 5));
  EXPECT_EQ("u", label_of(sample_of(storage)));
}

TEST_P(AnyStorage, LabelsComeBackAsTheyWere) {
  for (const char *label : {"", "c", "\u03b1\u03b2", "a \"b\" \\ it's", "\U0001F642\n\t\x01", "{title}"}) {
    StorageWorld world(GetParam());
    StorageHandle storage = world.open();
    const FieldHandle field = new_field(grid_, PDE_SCALAR, PDE_FLOAT64, label);
    ASSERT_OK(pde_storage_append(storage, field, 0));
    ASSERT_OK(pde_storage_finish(storage));
    if (GetParam().lasts()) storage = world.reopen(storage, "readonly");
    EXPECT_EQ(label, label_of(sample_of(storage)));
  }
  StorageWorld world(GetParam());
  const StorageHandle storage = world.open();
  const FieldHandle unnamed = new_field(grid_);
  ASSERT_OK(pde_storage_append(storage, unnamed, 0));
  EXPECT_EQ("(none)", label_of(sample_of(storage)));
}

TEST_P(AnyStorage, GridsComeBackBitForBit) {
  std::vector<GridHandle> grids;
  grids.push_back(cartesian_grid({-3.14}, {1.41}, {5}, {1}));
  grids.push_back(cartesian_grid({0.1, -1e-300}, {0.3, 1e-300}, {2, 3}, {0, 1}));
  grids.push_back(cartesian_grid({1e15, -0.0, -1e200}, {1e15 + 2, 5e-324, 1e200}, {1, 2, 3}, {1, 1, 0}));
  grids.push_back(unit_grid({1, 1, 1}, {0, 1, 0}));
  for (const GridHandle &grid : grids) {
    int32_t ndim = 0;
    ASSERT_OK(pde_grid_ndim(grid, &ndim));
    StorageWorld world(GetParam(), static_cast<size_t>(ndim));
    StorageHandle storage = world.open();
    const FieldHandle field = new_field(grid);
    ASSERT_OK(pde_storage_append(storage, field, 0));
    ASSERT_OK(pde_storage_finish(storage));
    if (GetParam().lasts()) storage = world.reopen(storage, "append");
    GridHandle stored;
    ASSERT_OK(pde_field_grid(sample_of(storage), stored.out()));
    int32_t equal = -1;
    ASSERT_OK(pde_grid_equal(grid, stored, &equal));
    EXPECT_EQ(1, equal) << grid_text_of(field);
    EXPECT_OK(pde_storage_append(storage, field, 1)) << "so the series goes on";
  }
}

// ---- metadata

TEST_P(AnyStorage, InfoIsMergedLaterOverEarlier) {
  const StorageHandle storage = world_.open(nullptr, R"(info='{"a": 1, "b": 1, "c": 1}')");
  EXPECT_EQ("1", info_of(storage, "a"));
  ASSERT_OK(pde_storage_set_info(storage, "b", "2"));
  ASSERT_OK(pde_storage_set_info(storage, "c", "2"));
  ASSERT_OK(pde_storage_start(storage, field_, R"({"c": 3, "d": {"e": [null, true, "x"]}})"));
  EXPECT_EQ("1", info_of(storage, "a"));
  EXPECT_EQ("2", info_of(storage, "b"));
  EXPECT_EQ("3", info_of(storage, "c"));
  EXPECT_TRUE(same_json(R"({"e": [null, true, "x"]})", info_of(storage, "d")));
  ASSERT_OK(pde_storage_set_info(storage, "c", "4"));
  EXPECT_EQ("4", info_of(storage, "c"));
  ASSERT_OK(pde_storage_finish(storage));
  EXPECT_EQ("4", info_of(storage, "c"));
  ASSERT_OK(pde_storage_start(storage, field_, R"({"b": 5})"));
  EXPECT_EQ("5", info_of(storage, "b"));
  EXPECT_EQ("4", info_of(storage, "c"));
}

TEST_P(AnyStorage, TheLastWordOnAnEntryHolds) {
  const StorageHandle storage = world_.open();
  record(storage, 1);
  ASSERT_OK(pde_storage_set_info(storage, "a", "1"));
  ASSERT_OK(pde_storage_start(storage, field_, R"({"a": 2})"));
  ASSERT_OK(pde_storage_finish(storage));
  ASSERT_OK(pde_storage_start(storage, field_, nullptr));
  ASSERT_OK(pde_storage_finish(storage));
  EXPECT_EQ("2", info_of(storage, "a")) << "what was set before the second session must not come back";
}

TEST_P(LastingStorage, StoredInfoWinsOverTheOption) {
  StorageHandle storage = world_.open(nullptr, R"(info='{"a": 1}')");
  record(storage, 1);
  storage = world_.reopen(storage, "append", R"(info='{"a": 9, "b": 9}')");
  EXPECT_EQ("1", info_of(storage, "a"));
  EXPECT_EQ("9", info_of(storage, "b"));
  ASSERT_OK(pde_storage_start(storage, field_, R"({"a": 2})"));
  storage = world_.reopen(storage, "readonly");
  EXPECT_EQ("2", info_of(storage, "a"));
  EXPECT_EQ("9", info_of(storage, "b"));
}

TEST_P(LastingStorage, InfoSetBetweenSessionsIsKept) {
  StorageHandle storage = world_.open();
  record(storage, 2);
  ASSERT_OK(pde_storage_set_info(storage, "kept", R"("by closing")"));
  storage = world_.reopen(storage, "append");
  EXPECT_EQ(R"("by closing")", info_of(storage, "kept"));
  ASSERT_OK(pde_storage_set_info(storage, "kept", nullptr));
  ASSERT_OK(pde_storage_set_info(storage, "never there", nullptr));
  ASSERT_OK(pde_storage_set_info(storage, "flushed", "[1, 2]"));
  EXPECT_OK(pde_storage_flush(storage));
  EXPECT_FALSE(is_writing(storage));
  EXPECT_EQ("(none)", info_of(storage, "kept"));
  storage = world_.reopen(storage, "readonly");
  EXPECT_EQ("(none)", info_of(storage, "kept"));
  EXPECT_TRUE(same_json("[1, 2]", info_of(storage, "flushed")));
  expect_snapshots(storage, {0, 1});
}

TEST_P(LastingStorage, InfoKeepsEveryJsonValue) {
  const char *values[] = {"null",
                          "true",
                          "0",
                          "-1.5e-300",
                          "0.1",
                          "1e400",
                          "123456789012345678901234567890",
                          "NaN",
                          "Infinity",
                          "-Infinity",
                          R"("a \"b\" \\ \u00fc \ud83d\ude42 it's")",
                          "[1, [2.5, \"x\"], []]",
                          R"({"k": {"deep": [null, false, NaN]}, "": {}})"};
  StorageHandle storage = world_.open();
  record(storage, 1);
  int i = 0;
  for (const char *value : values) {
    const pde_status status = pde_storage_set_info(storage, ("key " + std::to_string(i++)).c_str(), value);
    if (std::string_view(value) == "1e400") {
      EXPECT_TRUE(status == PDE_OK || status == PDE_ERR_ARGUMENT);
      continue;
    }
    EXPECT_OK(status) << value;
  }
  const std::string long_text = "\"" + std::string(100000, 'x') + "\"";
  ASSERT_OK(pde_storage_set_info(storage, "long", long_text.c_str()));
  storage = world_.reopen(storage, "readonly");
  i = 0;
  for (const char *value : values) {
    const std::string key = "key " + std::to_string(i++);
    if (std::string_view(value) == "1e400") continue;
    if (std::string_view(value).size() == 30) {
      EXPECT_EQ(value, info_of(storage, key.c_str())) << "numbers keep their digits";
      continue;
    }
    EXPECT_TRUE(same_json(value, info_of(storage, key.c_str()))) << value;
  }
  EXPECT_EQ(long_text, info_of(storage, "long"));
}

TEST_P(AnyStorage, InfoRefusesWhatIsNone) {
  const StorageHandle storage = world_.open();
  record(storage, 1);
  const std::string before = info_of(storage, nullptr);
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_set_info(storage, "", "1"));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_set_info(storage, "a/b", "1"));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_set_info(storage, "field_attributes", "1"));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_set_info(storage, "data_length", "1"));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_set_info(storage, "field_attributes", nullptr));
  for (const char *bad : {"", "x", "[1", "1 2", "\"\xff\"", "nan", "'a'"})
    EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_set_info(storage, "a", bad)) << bad;
  EXPECT_EQ(before, info_of(storage, nullptr));
}

TEST_P(AnyStorage, StartCannotSetWhatTheStorageKeepsItself) {
  const StorageHandle storage = world_.open();
  const pde_status status =
      pde_storage_start(storage, field_, R"({"data_length": 77, "field_attributes": 1, "a": 1})");
  if (status == PDE_OK) {
    append(storage, 0, 0);
    ASSERT_OK(pde_storage_finish(storage));
    EXPECT_NE("77", info_of(storage, "data_length"));
    EXPECT_NE("1", info_of(storage, "field_attributes"));
    expect_snapshots(storage, {0});
    EXPECT_EQ("u", label_of(sample_of(storage)));
  } else {
    EXPECT_STATUS(PDE_ERR_ARGUMENT, status);
  }
}

// ---- numbers about the writing

TEST_P(AnyStorage, CountsWhatItStores) {
  const StorageHandle storage = world_.open();
  const auto number = [&](const char *key) {
    const char *json = nullptr;
    EXPECT_OK(pde_storage_statistics(storage, &json));
    const auto statistics = parse_json(json);
    return statistics.HasMember(key) ? statistics[key].GetDouble() : -1;
  };
  EXPECT_EQ(0, number("snapshots"));
  EXPECT_EQ(0, number("bytes_in"));
  EXPECT_EQ(0, number("ratio"));
  EXPECT_EQ(0, number("commits"));
  record(storage, 5);
  EXPECT_EQ(5, number("snapshots"));
  EXPECT_EQ(5 * 48, number("bytes_in"));
  EXPECT_GT(number("bytes_stored"), 0);
  EXPECT_EQ(number("bytes_in") / number("bytes_stored"), number("ratio"));
  if (GetParam().commits()) {
    EXPECT_GE(number("commits"), 1);
  }
}

TEST_P(LastingStorage, CountsWhatIsThereAlready) {
  StorageHandle storage = world_.open();
  record(storage, 5);
  storage = world_.reopen(storage, "append");
  const char *json = nullptr;
  ASSERT_OK(pde_storage_statistics(storage, &json));
  const auto statistics = parse_json(json);
  EXPECT_EQ(5, statistics["snapshots"].GetInt());
  EXPECT_EQ(5 * 48, statistics["bytes_in"].GetInt());
}

TEST_P(AnyStorage, CommitsWhenAsked) {
  const StorageHandle storage = world_.open();
  ASSERT_OK(pde_storage_start(storage, field_, nullptr));
  for (int i = 0; i < 5; ++i) append(storage, i, i);
  EXPECT_LE(committed(storage), 5);
  ASSERT_OK(pde_storage_flush(storage));
  EXPECT_EQ(GetParam().commits() ? 5 : 0, committed(storage));
  append(storage, 5, 5);
  ASSERT_OK(pde_storage_finish(storage));
  EXPECT_EQ(GetParam().commits() ? 6 : 0, committed(storage));
  expect_snapshots(storage, {0, 1, 2, 3, 4, 5});
}

TEST_P(LastingStorage, WhatWasCommittedStaysSoInTheNextSession) {
  StorageHandle storage = world_.open();
  record(storage, 3);
  storage = world_.reopen(storage, "append");
  EXPECT_EQ(GetParam().commits() ? 3 : 0, committed(storage));
  ASSERT_OK(pde_storage_start(storage, field_, nullptr));
  EXPECT_EQ(GetParam().commits() ? 3 : 0, committed(storage));
}

// ---- files alone

class FileStorage : public StorageTest {};

TEST_P(FileStorage, LeavesNothingBeside) {
  StorageHandle storage = world_.open();
  record(storage, 2);
  storage = world_.reopen(storage, "truncate_once");
  record(storage, 1);
  EXPECT_OK(pde_storage_close(storage.release()));
  EXPECT_EQ(std::set<std::string>{"series.h5"}, world_.folder().names());
}

TEST_P(FileStorage, TheOldFileStaysUntilTheFirstCommit) {
  StorageHandle storage = world_.open();
  record(storage, 2);
  EXPECT_OK(pde_storage_close(storage.release()));
  const std::string before = bytes_of_file(world_.uri());
  storage = world_.open("truncate_once");
  ASSERT_OK(pde_storage_start(storage, field_, nullptr));
  EXPECT_TRUE(before == bytes_of_file(world_.uri()));
  append(storage, 9, 0);
  ASSERT_OK(pde_storage_flush(storage));
  EXPECT_FALSE(before == bytes_of_file(world_.uri()));
  const StorageHandle reader = world_.open("readonly");
  expect_snapshots(reader, {9});
}

TEST_P(FileStorage, OthersReadWhatIsCommitted) {
  const StorageHandle storage = world_.open();
  ASSERT_OK(pde_storage_start(storage, field_, R"({"a": 1})"));
  std::vector<int> numbers;
  for (int i = 0; i < 4; ++i) {
    append(storage, i, i);
    numbers.push_back(i);
    ASSERT_OK(pde_storage_flush(storage));
    const StorageHandle reader = world_.open("readonly");
    expect_snapshots(reader, numbers);
    EXPECT_EQ("1", info_of(reader, "a"));
    EXPECT_EQ("u", label_of(sample_of(reader)));
  }
}

TEST_P(FileStorage, ReadonlyNeedsAFile) {
  StorageHandle storage;
  EXPECT_STATUS(PDE_ERR_NOT_FOUND, world_.try_open("readonly", "", storage));
}

TEST_P(FileStorage, TakesNoMoreThanItsLimit) {
  StorageHandle storage = world_.open(nullptr, "max_length=3");
  record(storage, 3);
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_append(storage, field_, 9));
  expect_snapshots(storage, {0, 1, 2});
  storage = world_.reopen(storage, "append", "max_length=0");
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_append(storage, field_, 9)) << "the file itself has the limit";
  storage = world_.reopen(storage, "readonly");
  expect_snapshots(storage, {0, 1, 2});
}

TEST_P(FileStorage, FoldersAreMadeAtTheFirstSession) {
  const std::string path = world_.folder().file("a/b/c.hdf5");
  StorageHandle storage;
  ASSERT_OK(pde_storage_open(path.c_str(), nullptr, nullptr, storage.out()));
  EXPECT_TRUE(world_.folder().names().empty());
  append(storage, 0, 0);
  EXPECT_OK(pde_storage_close(storage.release()));
  ASSERT_OK(pde_storage_open(("hdf5:" + path).c_str(), "readonly", nullptr, storage.out()));
  expect_snapshots(storage, {0});
}

template <class Wanted>
std::vector<StorageKind> kinds(Wanted &&wanted) {
  std::vector<StorageKind> found;
  for (const StorageKind &kind : kStorageKinds) {
    if (wanted(kind)) found.push_back(kind);
  }
  return found;
}

INSTANTIATE_TEST_SUITE_P(Over, AnyStorage, ::testing::ValuesIn(kStorageKinds), kind_name);
INSTANTIATE_TEST_SUITE_P(Over, LastingStorage,
                         ::testing::ValuesIn(kinds([](const StorageKind &kind) { return kind.lasts(); })),
                         kind_name);
INSTANTIATE_TEST_SUITE_P(Over, ExclusiveStorage,
                         ::testing::ValuesIn(kinds([](const StorageKind &kind) { return kind.exclusive(); })),
                         kind_name);
INSTANTIATE_TEST_SUITE_P(Over, FileStorage, ::testing::ValuesIn(kinds([](const StorageKind &kind) {
                           return kind.place == StorageKind::file;
                         })),
                         kind_name);

}  // namespace
