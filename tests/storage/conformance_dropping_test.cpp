// What storages promise about dropping snapshots: what is later than a time, or all of them, with or without
// the lock on their kind. Those that cannot drop any say so and stay as they are.
#include "storage/storage_fixture.hpp"

using namespace test;

namespace {

// ---- what is later than a time

TEST_P(DroppingStorage, DropsWhatIsLaterBetweenSessions) {
  const StorageHandle storage = world_.open();
  record(storage, 5);
  EXPECT_OK(pde_storage_truncate_after(storage, 4)) << "nothing is later";
  EXPECT_OK(pde_storage_truncate_after(storage, kInfinity));
  expect_snapshots(storage, {0, 1, 2, 3, 4});
  ASSERT_OK(pde_storage_truncate_after(storage, 2));
  EXPECT_FALSE(is_writing(storage));
  EXPECT_EQ("append", mode_of(storage));
  EXPECT_EQ(GetParam().commits() ? 3 : 0, committed(storage));
  expect_snapshots(storage, {0, 1, 2});
  EXPECT_EQ((std::vector<double>{0, 1, 2}), times_of(storage));
  append(storage, 7, PDE_TIME_AUTO);
  ASSERT_OK(pde_storage_finish(storage));
  expect_snapshots(storage, {0, 1, 2, 7});
  EXPECT_EQ((std::vector<double>{0, 1, 2, 3}), times_of(storage)) << "time goes on behind what is left";
  ASSERT_OK(pde_storage_truncate_after(storage, 1.5));
  expect_snapshots(storage, {0, 1});
  ASSERT_OK(pde_storage_truncate_after(storage, -kInfinity));
  EXPECT_EQ(0, length_of(storage));
  EXPECT_EQ("u", label_of(sample_of(storage))) << "it is still described";
  append(storage, 8, PDE_TIME_AUTO);
  EXPECT_EQ(std::vector<double>{0}, times_of(storage));
  expect_snapshots(storage, {8});
}

TEST_P(DroppingStorage, DropsWhatIsLaterDuringASession) {
  const StorageHandle storage = world_.open();
  ASSERT_OK(pde_storage_start(storage, field_, nullptr));
  for (int i = 0; i < 5; ++i) append(storage, i, i);
  int64_t first = -1, count = -1;
  ASSERT_OK(pde_storage_find_range(storage, 3, 9, &first, &count));  // looks at all times
  EXPECT_EQ(3, first);
  ASSERT_OK(pde_storage_truncate_after(storage, 2.5));
  EXPECT_TRUE(is_writing(storage)) << "the session goes on";
  EXPECT_EQ(GetParam().commits() ? 3 : 0, committed(storage)) << "what is left is committed";
  expect_snapshots(storage, {0, 1, 2});
  ASSERT_OK(pde_storage_find_range(storage, 1, 9, &first, &count));
  EXPECT_EQ(1, first);
  EXPECT_EQ(2, count);
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_append(storage, field_, 1)) << "too early";
  append(storage, 6, 2.25);
  append(storage, 7, PDE_TIME_AUTO);
  ASSERT_OK(pde_storage_finish(storage));
  expect_snapshots(storage, {0, 1, 2, 6, 7});
  EXPECT_EQ((std::vector<double>{0, 1, 2, 2.25, 3.25}), times_of(storage));
}

TEST_P(DroppingStorage, DropsFromTheFirstThatIsLater) {
  const StorageHandle storage = world_.open(nullptr, "time_order=any");
  int i = 0;
  for (double time : {0.0, 5.0, 2.0, 3.0}) append(storage, i++, time);
  ASSERT_OK(pde_storage_truncate_after(storage, 4));
  expect_snapshots(storage, {0});
  for (double time : {3.0, 1.0, 4.0}) append(storage, i++, time);
  ASSERT_OK(pde_storage_finish(storage));
  ASSERT_OK(pde_storage_truncate_after(storage, 3));
  expect_snapshots(storage, {0, 4, 5});
}

TEST_P(DroppingStorage, RefusesATimeThatIsNone) {
  const StorageHandle storage = world_.open();
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_truncate_after(storage, kNaN));
  EXPECT_OK(pde_storage_truncate_after(storage, 0)) << "nothing is there, so nothing is later";
  EXPECT_EQ("create", mode_of(storage));
  record(storage, 3);
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_truncate_after(storage, kNaN));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_truncate_after(storage, -kNaN));
  expect_snapshots(storage, {0, 1, 2});
}

TEST_P(DroppingStorage, DropsTheMetadataOfSnapshotsWithThem) {
  StorageHandle storage = world_.open();
  ASSERT_OK(pde_storage_start(storage, field_, R"({"series": 1})"));
  for (int i = 0; i < 4; ++i) append_info(storage, i, i, std::to_string(i).c_str());
  for (bool in_session : {true, false}) {
    if (!in_session) {
      ASSERT_OK(pde_storage_finish(storage));
    }
    ASSERT_OK(pde_storage_truncate_after(storage, in_session ? 2 : 1));
    append(storage, 9, 9);
    EXPECT_EQ("1", snapshot_info_of(storage, 1));
    EXPECT_EQ("(none)", snapshot_info_of(storage, -1)) << "not that of the one that was there before";
  }
  ASSERT_OK(pde_storage_finish(storage));
  EXPECT_EQ("1", info_of(storage, "series"));
  if (!GetParam().lasts()) return;
  storage = world_.reopen(storage, "readonly");
  expect_snapshots(storage, {0, 1, 9});
  EXPECT_EQ("1", info_of(storage, "series"));
  EXPECT_EQ("0", snapshot_info_of(storage, 0));
  EXPECT_EQ("1", snapshot_info_of(storage, 1));
  EXPECT_EQ("(none)", snapshot_info_of(storage, 2));
}

TEST_P(LastingDroppingStorage, ModesDecideWhatDroppingDoes) {
  struct Case {
    const char *mode, *in_force;
    bool goes_on;
  };
  for (const Case &now : {Case{"append", "append", true}, Case{"truncate_once", "append", true},
                          Case{"truncate", "truncate", false}}) {
    SCOPED_TRACE(now.mode);
    StorageWorld world(GetParam());
    StorageHandle storage = world.open();
    record(storage, 4);
    storage = world.reopen(storage, now.mode);
    EXPECT_OK(pde_storage_truncate_after(storage, 3));
    EXPECT_EQ(now.mode, mode_of(storage)) << "nothing has been dropped";
    ASSERT_OK(pde_storage_truncate_after(storage, 1));
    EXPECT_EQ(now.in_force, mode_of(storage));
    expect_snapshots(storage, {0, 1});
    append(storage, 5, 5);
    storage = world.reopen(storage, "append");
    expect_snapshots(storage, now.goes_on ? std::vector<int>{0, 1, 5} : std::vector<int>{5});
  }
}

TEST_P(LastingDroppingStorage, CreateAndReadonlyDropNothing) {
  StorageHandle storage = world_.open();
  record(storage, 3);
  for (const auto &[mode, refusal] : {std::pair{"create", PDE_ERR_EXISTS}, {"readonly", PDE_ERR_READONLY}}) {
    storage = world_.reopen(storage, mode);
    EXPECT_STATUS(refusal, pde_storage_truncate_after(storage, 1));
    EXPECT_STATUS(refusal, pde_storage_clear(storage, 0));
    EXPECT_STATUS(refusal, pde_storage_clear(storage, 1));
    expect_snapshots(storage, {0, 1, 2});
    EXPECT_EQ(mode, mode_of(storage));
  }
}

TEST_P(LastingDroppingStorage, WhatWasDroppedDoesNotComeBack) {
  StorageHandle storage = world_.open();
  record(storage, 6);
  storage = world_.reopen(storage, "append");
  ASSERT_OK(pde_storage_truncate_after(storage, 3));
  storage = world_.reopen(storage, "append");
  expect_snapshots(storage, {0, 1, 2, 3});
  append(storage, 7, PDE_TIME_AUTO);
  ASSERT_OK(pde_storage_truncate_after(storage, 2));
  storage = world_.reopen(storage, "readonly");
  expect_snapshots(storage, {0, 1, 2});
  EXPECT_EQ((std::vector<double>{0, 1, 2}), times_of(storage));
}

TEST_P(LastingDroppingStorage, TruncationForgetsKindAndInfo) {
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

// ---- all of them

TEST_P(DroppingStorage, ClearingKeepsKindAndMetadata) {
  for (bool in_session : {false, true}) {
    SCOPED_TRACE(in_session);
    StorageWorld world(GetParam());
    StorageHandle storage = world.open(nullptr, R"(info='{"option": 1}')");
    ASSERT_OK(pde_storage_start(storage, field_, R"({"start": 2})"));
    for (int i = 0; i < 3; ++i) append_info(storage, i, i, "true");
    ASSERT_OK(pde_storage_set_info(storage, "set", "3"));
    if (!in_session) {
      ASSERT_OK(pde_storage_finish(storage));
    }
    ASSERT_OK(pde_storage_clear(storage, 0));
    EXPECT_EQ(in_session, is_writing(storage));
    EXPECT_EQ(0, length_of(storage));
    EXPECT_EQ(0, committed(storage));
    EXPECT_EQ("u", label_of(sample_of(storage)));
    EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_read(storage, 0, field_));
    EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_append(storage, new_field(grid_, PDE_VECTOR), 0));
    EXPECT_STATUS(PDE_ERR_DTYPE, pde_storage_append(storage, new_field(grid_, PDE_SCALAR, PDE_FLOAT32), 0));
    append(storage, 5, PDE_TIME_AUTO);
    ASSERT_OK(pde_storage_finish(storage));
    if (GetParam().lasts()) storage = world.reopen(storage, "append");
    EXPECT_EQ(std::vector<double>{0}, times_of(storage));
    expect_snapshots(storage, {5});
    EXPECT_EQ("(none)", snapshot_info_of(storage, 0));
    for (const auto &[key, value] : {std::pair{"option", "1"}, {"start", "2"}, {"set", "3"}})
      EXPECT_EQ(value, info_of(storage, key)) << key;
  }
}

TEST_P(DroppingStorage, ClearingCanForgetTheKind) {
  for (bool in_session : {false, true}) {
    SCOPED_TRACE(in_session);
    StorageWorld world(GetParam());
    StorageHandle storage = world.open();
    ASSERT_OK(pde_storage_start(storage, field_, R"({"a": 1})"));
    for (int i = 0; i < 3; ++i) append_info(storage, i, i, "true");
    if (!in_session) {
      ASSERT_OK(pde_storage_finish(storage));
    }
    ASSERT_OK(pde_storage_clear(storage, 1));
    EXPECT_FALSE(is_writing(storage));
    EXPECT_EQ(0, length_of(storage));
    EXPECT_EQ(0, committed(storage));
    FieldHandle sample;
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_sample(storage, sample.out()));
    EXPECT_EQ("1", info_of(storage, "a")) << "the metadata waits";
    EXPECT_FALSE(world.folder().names().contains("series.h5"));
    const FieldHandle other = new_field(unit_grid({4, 2}), PDE_SCALAR, PDE_UINT8, "other");
    ASSERT_OK(pde_storage_append(storage, other, PDE_TIME_AUTO));
    ASSERT_OK(pde_storage_finish(storage));
    if (GetParam().lasts()) storage = world.reopen(storage, "append");
    EXPECT_EQ(std::vector<double>{0}, times_of(storage));
    EXPECT_EQ(PDE_UINT8, dtype_of(sample_of(storage)));
    EXPECT_EQ("other", label_of(sample_of(storage)));
    EXPECT_EQ((std::vector<int64_t>{4, 2}), shape_of(sample_of(storage)));
    EXPECT_EQ("1", info_of(storage, "a"));
    EXPECT_EQ("(none)", snapshot_info_of(storage, 0));
  }
}

TEST_P(DroppingStorage, ClearingNothingIsFine) {
  const StorageHandle storage = world_.open(nullptr, R"(info='{"a": 1}')");
  EXPECT_OK(pde_storage_clear(storage, 0));
  EXPECT_OK(pde_storage_clear(storage, 1));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_clear(storage, 2));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_clear(storage, -1));
  EXPECT_EQ("create", mode_of(storage));
  EXPECT_EQ("1", info_of(storage, "a"));
  record(storage, 2);
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_clear(storage, 2));
  expect_snapshots(storage, {0, 1});
  EXPECT_EQ("1", info_of(storage, "a"));
}

TEST_P(DroppingStorage, MayBeClearedAgainAndAgain) {
  const StorageHandle storage = world_.open();
  for (int round = 0; round < 3; ++round) {
    for (int32_t forget_shape : {0, 1}) {
      record(storage, 2 + round);
      ASSERT_OK(pde_storage_clear(storage, forget_shape));
      ASSERT_OK(pde_storage_clear(storage, forget_shape));
      EXPECT_EQ(0, length_of(storage));
    }
  }
  record(storage, 2);
  expect_snapshots(storage, {0, 1});
}

TEST_P(LastingDroppingStorage, ModesDecideWhatComesAfterClearing) {
  struct Case {
    const char *mode;
    int32_t forget_shape;
    const char *in_force;
  };
  for (const Case &now : {Case{"append", 0, "append"}, Case{"append", 1, "append"},
                          Case{"truncate_once", 0, "append"}, Case{"truncate_once", 1, "truncate_once"},
                          Case{"truncate", 0, "truncate"}, Case{"truncate", 1, "truncate"}}) {
    SCOPED_TRACE(std::string(now.mode) + (now.forget_shape ? ", kind forgotten" : ""));
    StorageWorld world(GetParam());
    StorageHandle storage = world.open();
    record(storage, 4);
    storage = world.reopen(storage, now.mode);
    ASSERT_OK(pde_storage_clear(storage, now.forget_shape));
    EXPECT_EQ(now.in_force, mode_of(storage));
    record(storage, 1);
    record(storage, 1);
    EXPECT_EQ(std::string(now.mode) == "truncate" ? 1 : 2, length_of(storage));
    const int64_t length = length_of(storage);
    storage = world.reopen(storage, "readonly");
    EXPECT_EQ(length, length_of(storage));
  }
}

TEST_P(LastingDroppingStorage, AClearedSeriesIsThereAndEmpty) {
  StorageHandle storage = world_.open();
  ASSERT_OK(pde_storage_start(storage, field_, R"({"a": 1})"));
  append(storage, 0, 0);
  ASSERT_OK(pde_storage_finish(storage));
  ASSERT_OK(pde_storage_clear(storage, 0));
  storage = world_.reopen(storage, "readonly");
  EXPECT_EQ(0, length_of(storage));
  EXPECT_EQ("u", label_of(sample_of(storage)));
  EXPECT_EQ("1", info_of(storage, "a"));
}

// ---- metadata of a kind that was forgotten

TEST_P(DroppingStorage, MetadataOfAForgottenKindWaitsForOneSession) {
  const StorageHandle storage = world_.open("truncate", R"(info='{"option": 1}')");
  ASSERT_OK(pde_storage_start(storage, field_, R"({"a": 2, "b": 3})"));
  append(storage, 0, 0);
  ASSERT_OK(pde_storage_clear(storage, 1));
  ASSERT_OK(pde_storage_start(storage, field_, R"({"b": 4})"));
  EXPECT_EQ("2", info_of(storage, "a"));
  EXPECT_EQ("4", info_of(storage, "b")) << "the session has the last word";
  ASSERT_OK(pde_storage_finish(storage));
  ASSERT_OK(pde_storage_start(storage, field_, nullptr));
  EXPECT_EQ("(none)", info_of(storage, "a")) << "mode truncate begins anew";
  EXPECT_EQ("1", info_of(storage, "option"));
}

TEST_P(DroppingStorage, InfoOfAForgottenKindCanBeRemoved) {
  const StorageHandle storage = world_.open();
  ASSERT_OK(pde_storage_start(storage, field_, R"({"a": 2})"));
  append(storage, 0, 0);
  ASSERT_OK(pde_storage_clear(storage, 1));
  record(storage, 1);
  ASSERT_OK(pde_storage_set_info(storage, "a", nullptr));
  record(storage, 1);
  record(storage, 1);
  EXPECT_EQ("(none)", info_of(storage, "a"));
}

// ---- others who use the same series

TEST_P(ExclusiveStorage, DropsNothingWhileAnotherWrites) {
  const StorageHandle first = world_.open("append"), second = world_.open("append");
  record(second, 1);
  ASSERT_OK(pde_storage_clear(second, 1));
  if (GetParam().place == StorageKind::file) return;  // which stays locked until it is closed; see below
  append(first, 0, 0);
  append(first, 1, 1);
  EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_truncate_after(second, 0));
  EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_clear(second, 0));
  EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_clear(second, 1));
  expect_snapshots(first, {0, 1});
  ASSERT_OK(pde_storage_finish(first));
  ASSERT_OK(pde_storage_truncate_after(second, 0));
  expect_snapshots(first, {0});
  ASSERT_OK(pde_storage_clear(second, 1));
  EXPECT_EQ(0, length_of(first));
}

TEST_P(FileStorage, StaysLockedUntilItIsClosed) {
  StorageHandle first = world_.open("append");
  const StorageHandle second = world_.open("append");
  record(first, 2);
  const auto expect_locked = [&] {
    EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_start(second, field_, nullptr));
    EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_truncate_after(second, 0));
    EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_clear(second, 0));
    EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_clear(second, 1));
  };
  int64_t length = 0;
  ASSERT_OK(pde_storage_refresh(second, &length));
  ASSERT_EQ(2, length);
  expect_locked();
  EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_start(first, new_field(grid_, PDE_VECTOR), nullptr));
  expect_locked();
  ASSERT_OK(pde_storage_clear(first, 0));
  EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_start(second, field_, nullptr));
  ASSERT_OK(pde_storage_clear(first, 1));
  EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_start(second, field_, nullptr));
  EXPECT_OK(pde_storage_close(first.release()));
  record(second, 1);
}

TEST_P(LastingDroppingStorage, OthersSeeItWhenTheyLook) {
  const StorageHandle writer = world_.open();
  record(writer, 5);
  const StorageHandle reader = world_.open("append");
  expect_snapshots(reader, {0, 1, 2, 3, 4});
  ASSERT_OK(pde_storage_truncate_after(writer, 1));
  int64_t length = -1;
  ASSERT_OK(pde_storage_refresh(reader, &length));
  EXPECT_EQ(2, length);
  expect_snapshots(reader, {0, 1});
  ASSERT_OK(pde_storage_clear(writer, 1));
  ASSERT_OK(pde_storage_refresh(reader, &length));
  EXPECT_EQ(0, length);
  FieldHandle sample;
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_sample(reader, sample.out()));
  const FieldHandle larger = new_field(unit_grid({8, 9}), PDE_SCALAR, PDE_COMPLEX128);
  ASSERT_OK(pde_field_fill(larger, 3, 4));
  ASSERT_OK(pde_storage_append(writer, larger, 1));
  ASSERT_OK(pde_storage_finish(writer));
  ASSERT_OK(pde_storage_refresh(reader, &length));
  EXPECT_EQ(1, length);
  EXPECT_EQ(bytes_of(larger), raw_snapshot(reader, 0, PDE_COMPLEX128, 72)) << "of another kind by now";
}

TEST_P(LastingDroppingStorage, WritersSeeAnotherKindWhenTheyLook) {
  const StorageHandle first = world_.open("append");
  record(first, 2);  // so that it has written itself
  StorageHandle second;
  if (GetParam().exclusive() && GetParam().place == StorageKind::file) {
    EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_clear(second = world_.open("append"), 1));
    return;
  }
  second = world_.open("append");
  ASSERT_OK(pde_storage_clear(second, 1));
  const FieldHandle larger = new_field(unit_grid({8, 9}), PDE_SCALAR, PDE_COMPLEX128);
  ASSERT_OK(pde_field_fill(larger, 3, 4));
  ASSERT_OK(pde_storage_append(second, larger, 1));
  ASSERT_OK(pde_storage_finish(second));
  int64_t length = -1;
  ASSERT_OK(pde_storage_refresh(first, &length));
  EXPECT_EQ(1, length);
  EXPECT_EQ(bytes_of(larger), raw_snapshot(first, 0, PDE_COMPLEX128, 72));
  EXPECT_EQ(GetParam().commits() ? 1 : 0, committed(first));
}

// ---- kinds that cannot drop anything

TEST_P(KeepingStorage, SaysSoAndStaysAsItIs) {
  StorageHandle storage = world_.open();
  record(storage, 3);
  const auto expect_refusals = [&] {
    EXPECT_OK(pde_storage_truncate_after(storage, 9)) << "nothing is later";
    EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_truncate_after(storage, 1));
    EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_clear(storage, 0));
    EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_clear(storage, 1));
  };
  expect_refusals();
  EXPECT_FALSE(is_writing(storage));
  expect_snapshots(storage, {0, 1, 2});
  ASSERT_OK(pde_storage_start(storage, field_, nullptr));
  append(storage, 3, 3);
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_truncate_after(storage, 1));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_clear(storage, 0));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_clear(storage, 1)) << "before the session would end";
  EXPECT_TRUE(is_writing(storage));
  append(storage, 4, 4);
  storage = world_.reopen(storage, "append");
  expect_refusals();
  for (const char *mode : {"truncate", "truncate_once"}) {
    storage = world_.reopen(storage, mode);
    EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_start(storage, field_, nullptr));
    EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_clear(storage, 1));
    EXPECT_EQ(mode, mode_of(storage));
  }
  storage = world_.reopen(storage, "append");
  expect_snapshots(storage, {0, 1, 2, 3, 4});
  append(storage, 5, PDE_TIME_AUTO);
  expect_snapshots(storage, {0, 1, 2, 3, 4, 5});
}

TEST_P(KeepingStorage, HasNothingToDropWhileItIsEmpty) {
  for (const char *mode : {"truncate", "truncate_once", "append", "create"}) {
    StorageWorld world(GetParam());
    const StorageHandle storage = world.open(mode);
    EXPECT_OK(pde_storage_clear(storage, 0));
    EXPECT_OK(pde_storage_clear(storage, 1));
    EXPECT_OK(pde_storage_truncate_after(storage, -kInfinity));
    record(storage, 2);
    expect_snapshots(storage, {0, 1});
  }
}

RUN_OVER(DroppingStorage, is_dropping);
RUN_OVER(LastingDroppingStorage, is_lasting_dropping);
RUN_OVER(KeepingStorage, is_keeping);
RUN_OVER(ExclusiveStorage, is_exclusive);
RUN_OVER(FileStorage, is_file);

}  // namespace
