// What every storage promises, wherever it keeps its snapshots: opening, sessions, modes and times of one
// suite for all of them, through the C API.
#include "storage/storage_fixture.hpp"

using namespace test;

namespace {

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
    if (!goes_on && !GetParam().truncates()) {
      EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_start(storage, field_, nullptr));
      expect_snapshots(storage, {0, 1});
      continue;
    }
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
    if (!goes_on && !GetParam().truncates()) {
      EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_append(storage, field_, 7));
      expect_snapshots(storage, {0, 1});
      continue;
    }
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

// ---- files alone

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

RUN_OVER(AnyStorage, is_any);
RUN_OVER(LastingStorage, is_lasting);
RUN_OVER(ExclusiveStorage, is_exclusive);
RUN_OVER(FileStorage, is_file);

}  // namespace
