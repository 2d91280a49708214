// What every storage promises about finding and picking: snapshots by time, its description piece by piece,
// regions of snapshots, samples where they lie; and what it says to samples that are not finite.
#include "storage/storage_fixture.hpp"

using namespace test;

namespace {

// ---- by time

using Range = std::pair<int64_t, int64_t>;

Range range_of(pde_storage *storage, double t_start, double t_end) {
  int64_t first = -7, count = -7;
  EXPECT_OK(pde_storage_find_range(storage, t_start, t_end, &first, &count));
  return {first, count};
}

int64_t nearest_of(pde_storage *storage, double time) {
  int64_t index = -7;
  EXPECT_OK(pde_storage_find_nearest(storage, time, &index));
  return index;
}

TEST_P(AnyStorage, FindsSnapshotsByTime) {
  StorageHandle storage = world_.open();
  const std::vector<double> times{1, 2, 2, 2, 4, 8};
  int i = 0;
  for (double time : times) append(storage, i++, time);
  for (bool in_session : {true, false}) {
    if (!in_session) {
      ASSERT_OK(pde_storage_finish(storage));
      if (GetParam().lasts()) storage = world_.reopen(storage, "readonly");
    }
    EXPECT_EQ(Range(0, 6), range_of(storage, -kInfinity, kInfinity));
    EXPECT_EQ(Range(1, 3), range_of(storage, 2, 2)) << "both ends belong to it";
    EXPECT_EQ(Range(1, 4), range_of(storage, 1.5, 4));
    EXPECT_EQ(Range(0, 1), range_of(storage, -kInfinity, 1.5));
    EXPECT_EQ(Range(4, 2), range_of(storage, 3, kInfinity));
    EXPECT_EQ(Range(4, 0), range_of(storage, 3, 3.5)) << "where it would be";
    EXPECT_EQ(Range(0, 0), range_of(storage, -5, 0));
    EXPECT_EQ(Range(6, 0), range_of(storage, 9, 10));
    EXPECT_EQ(Range(6, 0), range_of(storage, kInfinity, kInfinity));
    EXPECT_EQ(0, nearest_of(storage, -1e300));
    EXPECT_EQ(0, nearest_of(storage, 1.5)) << "of two equally near the first";
    EXPECT_EQ(1, nearest_of(storage, 2));
    EXPECT_EQ(1, nearest_of(storage, 2.9)) << "of several at one time the first";
    EXPECT_EQ(1, nearest_of(storage, 3));
    EXPECT_EQ(4, nearest_of(storage, 3.1));
    EXPECT_EQ(4, nearest_of(storage, 6));
    EXPECT_EQ(5, nearest_of(storage, 1e300));
  }
}

TEST_P(AnyStorage, FindsSnapshotsThatAreNotInOrder) {
  const StorageHandle storage = world_.open(nullptr, "time_order=any");
  append(storage, 0, 1);
  append(storage, 1, 2);
  EXPECT_EQ(Range(1, 1), range_of(storage, 2, 9)) << "in order so far";
  int i = 2;
  for (double time : {-3.0, 7.0, 7.0, 2.0}) append(storage, i++, time);
  EXPECT_EQ(Range(0, 6), range_of(storage, -kInfinity, kInfinity));
  EXPECT_EQ(Range(1, 5), range_of(storage, 2, 2)) << "the shortest with both";
  EXPECT_EQ(Range(0, 3), range_of(storage, -3, 1));
  EXPECT_EQ(Range(3, 2), range_of(storage, 7, 7));
  EXPECT_EQ(0, range_of(storage, 3, 6).second);
  EXPECT_EQ(0, range_of(storage, 8, 9).second);
  EXPECT_EQ(2, nearest_of(storage, -100));
  EXPECT_EQ(1, nearest_of(storage, 2));
  EXPECT_EQ(0, nearest_of(storage, 1.5)) << "of two equally near the first";
  EXPECT_EQ(3, nearest_of(storage, 100));
}

TEST_P(AnyStorage, FindsNothingWhereNothingIs) {
  const StorageHandle storage = world_.open();
  int64_t index = -7;
  for (bool described : {false, true}) {
    if (described) {
      ASSERT_OK(pde_storage_start(storage, field_, nullptr));
    }
    EXPECT_EQ(Range(0, 0), range_of(storage, 0, 1));
    EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_find_nearest(storage, 0, &index));
  }
  EXPECT_EQ(-7, index);
}

TEST_P(AnyStorage, RefusesToLookForWhatIsNoTime) {
  const StorageHandle storage = world_.open();
  record(storage, 2);
  int64_t first = -7, count = -7, index = -7;
  for (const auto &[start, end] :
       {std::pair{kNaN, 1.0}, {1.0, kNaN}, {2.0, 1.0}, {kInfinity, -kInfinity}, {kNaN, kNaN}})
    EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_find_range(storage, start, end, &first, &count));
  for (double bad : {kNaN, kInfinity, -kInfinity})
    EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_find_nearest(storage, bad, &index));
  EXPECT_EQ(Range(-7, -7), Range(first, count));
  EXPECT_EQ(-7, index);
}

TEST_P(LastingStorage, OthersFindWhatHasCome) {
  StorageHandle writer = world_.open();
  record(writer, 2);
  const StorageHandle reader = world_.open("readonly");
  EXPECT_EQ(Range(0, 2), range_of(reader, 0, 9));
  append(writer, 2, 5);
  ASSERT_OK(pde_storage_flush(writer));
  int64_t length = -1;
  ASSERT_OK(pde_storage_refresh(reader, &length));
  EXPECT_EQ(3, length);
  EXPECT_EQ(Range(0, 3), range_of(reader, 0, 9));
  EXPECT_EQ(2, nearest_of(reader, 4));
  ASSERT_OK(pde_storage_refresh(writer, &length)) << "there is nothing to do";
  EXPECT_EQ(3, length);
  EXPECT_TRUE(is_writing(writer));
  append(writer, 3, 6);
  ASSERT_OK(pde_storage_set_info(writer, "late", "1"));
  ASSERT_OK(pde_storage_finish(writer));
  ASSERT_OK(pde_storage_refresh(reader, &length));
  expect_snapshots(reader, {0, 1, 2, 3});
  EXPECT_EQ("1", info_of(reader, "late"));
}

TEST_P(AnyStorage, RefreshesWhatIsOnlyItsOwn) {
  const StorageHandle storage = world_.open(nullptr, R"(info='{"a": 1}')");
  int64_t length = -1;
  ASSERT_OK(pde_storage_refresh(storage, &length));
  EXPECT_EQ(0, length);
  record(storage, 2);
  ASSERT_OK(pde_storage_set_info(storage, "b", "2"));
  ASSERT_OK(pde_storage_refresh(storage, &length));
  EXPECT_EQ(2, length);
  expect_snapshots(storage, {0, 1});
  EXPECT_EQ("1", info_of(storage, "a"));
  EXPECT_EQ("2", info_of(storage, "b")) << "what is not yet stored stays";
}

// ---- the description, piece by piece

TEST_P(AnyStorage, SaysWhatItsSnapshotsAre) {
  const FieldHandle a = new_field(grid_, PDE_SCALAR, PDE_FLOAT32, "a"),
                    b = new_field(grid_, PDE_VECTOR, PDE_FLOAT32, "b"),
                    again = new_field(grid_, PDE_SCALAR, PDE_FLOAT32, "a");
  StorageHandle storage = world_.open();
  int32_t number = -7;
  int64_t shape[4] = {-7, -7, -7, -7}, member = -7;
  GridHandle grid;
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_dtype(storage, &number));
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_ndim(storage, &number));
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_has_collection(storage, &number));
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_shape(storage, shape, 4));
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_find_member(storage, "a", &member));
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_grid(storage, grid.out()));
  EXPECT_EQ(-7, number);
  EXPECT_EQ(-7, shape[0]);

  StorageWorld world(GetParam(), 3);
  storage = world.open();
  const FieldHandle state = collection_of({a, b, again});
  ASSERT_OK(pde_storage_append(storage, state, 0));
  ASSERT_OK(pde_storage_append(storage, state, 1));
  for (bool in_session : {true, false}) {
    if (!in_session) {
      ASSERT_OK(pde_storage_finish(storage));
    }
    if (!in_session && GetParam().lasts()) storage = world.reopen(storage, "readonly");
    ASSERT_OK(pde_storage_dtype(storage, &number));
    EXPECT_EQ(PDE_FLOAT32, number);
    ASSERT_OK(pde_storage_ndim(storage, &number));
    EXPECT_EQ(4, number);
    ASSERT_OK(pde_storage_shape(storage, shape, 4));
    EXPECT_EQ((std::vector<int64_t>{2, 4, 2, 3}), std::vector<int64_t>(shape, shape + 4));
    EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_shape(storage, shape, 3));
    ASSERT_OK(pde_storage_has_collection(storage, &number));
    EXPECT_EQ(1, number);
    ASSERT_OK(pde_storage_find_member(storage, "b", &member));
    EXPECT_EQ(1, member);
    ASSERT_OK(pde_storage_find_member(storage, "a", &member));
    EXPECT_EQ(0, member) << "the first of several";
    EXPECT_STATUS(PDE_ERR_NOT_FOUND, pde_storage_find_member(storage, "c", &member));
    ASSERT_OK(pde_storage_grid(storage, grid.out()));
    int32_t equal = -1;
    ASSERT_OK(pde_grid_equal(grid_, grid, &equal));
    EXPECT_EQ(1, equal);
  }
}

TEST_P(AnyStorage, SingleFieldsAreNoCollection) {
  const StorageHandle storage = world_.open();
  record(storage, 3);
  int32_t number = -7;
  int64_t shape[3], member = -7;
  ASSERT_OK(pde_storage_has_collection(storage, &number));
  EXPECT_EQ(0, number);
  ASSERT_OK(pde_storage_shape(storage, shape, 3));
  EXPECT_EQ((std::vector<int64_t>{3, 2, 3}), std::vector<int64_t>(shape, shape + 3));
  ASSERT_OK(pde_storage_find_member(storage, "u", &member));
  EXPECT_EQ(0, member);
}

// ---- metadata of snapshots

TEST_P(AnyStorage, KeepsMetadataOfSnapshots) {
  StorageHandle storage = world_.open();
  append_info(storage, 0, 0, R"({"dt": 0.5, "name": "\u00fc"})");
  append(storage, 1, 1);
  append_info(storage, 2, 2, "[1, null, NaN]");
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_append_info(storage, field_, 3, "{"));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_append_info(storage, field_, 3, ""));
  expect_snapshots(storage, {0, 1, 2});
  ASSERT_OK(pde_storage_finish(storage));
  append_info(storage, 3, 3, R"("of another session")");
  for (bool in_session : {true, false}) {
    if (!in_session) {
      ASSERT_OK(pde_storage_finish(storage));
    }
    if (!in_session && GetParam().lasts()) storage = world_.reopen(storage, "readonly");
    EXPECT_TRUE(same_json(R"({"dt": 0.5, "name": "\u00fc"})", snapshot_info_of(storage, 0)));
    EXPECT_EQ("(none)", snapshot_info_of(storage, 1));
    EXPECT_TRUE(same_json("[1, null, NaN]", snapshot_info_of(storage, -2)));
    EXPECT_EQ(R"("of another session")", snapshot_info_of(storage, -1));
    const char *json = "untouched";
    EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_snapshot_info(storage, 4, &json));
    EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_snapshot_info(storage, -5, &json));
    EXPECT_STREQ("untouched", json);
  }
  EXPECT_EQ("(none)", info_of(storage, "pde_snapshot_info")) << "it is none of the series";
}

TEST_P(AnyStorage, RefusedMetadataOfSnapshotsBeginsNoSession) {
  const StorageHandle storage = world_.open();
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_append_info(storage, field_, 0, "{"));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_append_info(storage, field_, kNaN, "{}"));
  EXPECT_FALSE(is_writing(storage));
  const char *json = nullptr;
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_snapshot_info(storage, 0, &json));
}

TEST_P(LastingStorage, AnEntryOfTheSeriesMayHaveAnyName) {
  StorageHandle storage = world_.open();
  append(storage, 0, 0);
  for (const char *key : {"pde_snapshot_info", "snapshot_info", "data", "times"})
    ASSERT_OK(pde_storage_set_info(storage, key, "1"));
  storage = world_.reopen(storage, "append");
  expect_snapshots(storage, {0});
  EXPECT_EQ("(none)", snapshot_info_of(storage, 0));
  append_info(storage, 1, 1, "2");
  storage = world_.reopen(storage, "readonly");
  EXPECT_EQ("2", snapshot_info_of(storage, 1));
}

// ---- samples that are not finite

/// Collects the warnings that come while it lives.
struct Warnings {
  Warnings() {
    EXPECT_OK(pde_set_log_handler(
        [](int32_t level, const char *message, void *user) {
          if (level == PDE_LOG_WARNING) static_cast<Warnings *>(user)->messages.push_back(message);
        },
        this, nullptr));
  }
  ~Warnings() { pde_set_log_handler(nullptr, nullptr, nullptr); }
  std::vector<std::string> messages;
};

TEST_P(AnyStorage, WarnsOfWhatIsNotFiniteOncePerSession) {
  for (const char *option : {"", "nonfinite=warn", "nonfinite=allow"}) {
    SCOPED_TRACE(option);
    StorageWorld world(GetParam());
    const StorageHandle storage = world.open(nullptr, option);
    const size_t expected = std::string_view(option) == "nonfinite=allow" ? 0 : 1;
    for (int session = 0; session < 2; ++session) {
      const Warnings log;
      append(storage, 0, PDE_TIME_AUTO);
      EXPECT_TRUE(log.messages.empty());
      for (double bad : {kNaN, kInfinity, -kInfinity}) {
        ASSERT_OK(pde_field_fill(field_, bad, 0));
        ASSERT_OK(pde_storage_append(storage, field_, PDE_TIME_AUTO));
        const Bytes array = bytes_of(field_);
        ASSERT_OK(pde_storage_append_raw(storage, PDE_FLOAT64, array.data(), 6, PDE_TIME_AUTO));
        EXPECT_EQ(array, raw_snapshot(storage, -1, PDE_FLOAT64, 6)) << "it is taken as it is";
      }
      ASSERT_OK(pde_storage_finish(storage));
      ASSERT_EQ(expected, log.messages.size());
      if (expected) {
        EXPECT_NE(std::string::npos, log.messages[0].find("nonfinite"));
      }
    }
  }
}

TEST_P(AnyStorage, RefusesWhatIsNotFiniteIfToldTo) {
  const Warnings log;
  const StorageHandle storage = world_.open(nullptr, "nonfinite=refuse");
  ASSERT_OK(pde_field_fill(field_, kNaN, 0));
  EXPECT_STATUS(PDE_ERR_UNSOUND, pde_storage_append(storage, field_, 0));
  EXPECT_STATUS(PDE_ERR_UNSOUND, pde_storage_append_info(storage, field_, 0, "1"));
  EXPECT_FALSE(is_writing(storage)) << "a refused call begins no session";
  append(storage, 0, 0);
  LaidOutField one(grid_, PDE_SCALAR, PDE_FLOAT64, layout_of(Order::halo, 0, 2));
  Bytes array = samples(1);
  std::memcpy(array.data() + 4 * sizeof(double), &kInfinity, sizeof(double));
  one.set(array);
  EXPECT_STATUS(PDE_ERR_UNSOUND, pde_storage_append(storage, one, 1));
  EXPECT_NE(std::string::npos, std::string(pde_error_message()).find("inf")) << pde_error_message();
  EXPECT_STATUS(PDE_ERR_UNSOUND, pde_storage_append_raw(storage, PDE_FLOAT64, array.data(), 6, 1));
  append(storage, 1, 1);
  ASSERT_OK(pde_storage_finish(storage));
  expect_snapshots(storage, {0, 1});
  EXPECT_TRUE(log.messages.empty());
}

TEST_P(LastingStorage, WhatIsRefusedReplacesNothing) {
  StorageHandle storage = world_.open();
  record(storage, 2);
  for (const char *mode : {"truncate", "truncate_once"}) {
    storage = world_.reopen(storage, mode, "nonfinite=refuse");
    ASSERT_OK(pde_field_fill(field_, -kInfinity, 0));
    EXPECT_STATUS(PDE_ERR_UNSOUND, pde_storage_append(storage, field_, 0));
    EXPECT_EQ(mode, mode_of(storage));
    expect_snapshots(storage, {0, 1});
  }
  storage = world_.reopen(storage, "readonly");
  expect_snapshots(storage, {0, 1});
}

TEST_P(AnyStorage, LooksAtBothPartsOfComplexNumbers) {
  const StorageHandle storage = world_.open(nullptr, "nonfinite=refuse");
  const FieldHandle complex = new_field(grid_, PDE_SCALAR, PDE_COMPLEX64);
  ASSERT_OK(pde_field_fill(complex, 1, kNaN));
  EXPECT_STATUS(PDE_ERR_UNSOUND, pde_storage_append(storage, complex, 0));
  ASSERT_OK(pde_field_fill(complex, 1, 2));
  EXPECT_OK(pde_storage_append(storage, complex, 0));
}

// ---- checking

TEST_P(AnyStorage, ChecksItself) {
  StorageHandle storage = world_.open(nullptr, "time_order=any nonfinite=allow");
  EXPECT_OK(pde_storage_check(storage, nullptr)) << "nothing is there";
  append_info(storage, 0, 5, "{}");
  append(storage, 1, 6);
  EXPECT_OK(pde_storage_check(storage, nullptr)) << "in a session";
  ASSERT_OK(pde_storage_finish(storage));
  if (GetParam().lasts()) storage = world_.reopen(storage, "readonly");
  EXPECT_OK(pde_storage_check(storage, nullptr));
  const OptionsHandle bad = options_from("deep=true");
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_check(storage, bad));
}

TEST_P(AnyStorage, CheckingCountsAndCanBeCancelled) {
  const StorageHandle storage = world_.open();
  record(storage, 5);
  struct Count {
    int64_t calls = 0, last = 0, stop_at = 0;
  } count;
  OptionsHandle options;
  ASSERT_OK(pde_options_create(options.out()));
  ASSERT_OK(pde_options_set_progress(
      options,
      [](int64_t done, int64_t total, void *user) {
        Count &seen = *static_cast<Count *>(user);
        EXPECT_EQ(5, total);
        ++seen.calls;
        seen.last = done;
        return pde_status{done == seen.stop_at ? PDE_STOP : PDE_OK};
      },
      &count, nullptr));
  EXPECT_OK(pde_storage_check(storage, options));
  EXPECT_EQ(5, count.last);
  count = {0, 0, 1};  // the first call, as later ones come with time
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_check(storage, options));
  EXPECT_EQ(1, count.last);
  expect_snapshots(storage, {0, 1, 2, 3, 4});
}

RUN_OVER(AnyStorage, is_any);
RUN_OVER(LastingStorage, is_lasting);

}  // namespace
