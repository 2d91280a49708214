// What every storage promises about going into another one: copied, merged, transformed, extracted, each out
// of and into every kind.
#include "storage/storage_fixture.hpp"

using namespace test;

namespace {

/// A world of the kind in question, with more storages beside it.
class TransferredStorage : public StorageTest {
 protected:
  static StorageHandle new_memory(const char *mode = nullptr, const char *options = "") {
    StorageHandle memory;
    const OptionsHandle bag = options_from(options);
    REQUIRE_OK(pde_storage_open("memory:", mode, bag, memory.out()));
    return memory;
  }
  /// Five snapshots, the second and third of one time, with metadata of the series and of some snapshots.
  void record_five(pde_storage *storage) {
    ASSERT_OK(pde_storage_start(storage, field_, R"({"who": "me", "n": 5})"));
    const double times[] = {0, 1, 1, 2.5, 4};
    for (int i = 0; i < 5; ++i) {
      if (i % 2) {
        append(storage, i, times[i]);
      } else {
        append_info(storage, i, times[i], std::to_string(i).c_str());
      }
    }
    ASSERT_OK(pde_storage_finish(storage));
  }
  void expect_five(pde_storage *storage) {
    expect_snapshots(storage, {0, 1, 2, 3, 4});
    EXPECT_EQ((std::vector<double>{0, 1, 1, 2.5, 4}), times_of(storage));
    EXPECT_EQ("u", label_of(sample_of(storage)));
    EXPECT_EQ(R"("me")", info_of(storage, "who"));
    for (int i = 0; i < 5; ++i) EXPECT_EQ(i % 2 ? "(none)" : std::to_string(i), snapshot_info_of(storage, i));
  }
  /// out = in + 1000, a snapshot number later by 10.
  static pde_status add_1000(const pde_field *in, double, pde_field *out, void *user) {
    if (user) ++*static_cast<int64_t *>(user);
    const Bytes given = bytes_of(in);
    void *data = nullptr;
    if (const pde_status status = pde_field_data(out, PDE_FLOAT64, &data)) return status;
    for (size_t k = 0; k < 6; ++k) {
      double value;
      std::memcpy(&value, given.data() + k * sizeof value, sizeof value);
      static_cast<double *>(data)[k] = value + 1000;
    }
    return PDE_OK;
  }
};

// ---- copying

TEST_P(TransferredStorage, IsCopiedIntoEveryKind) {
  StorageHandle source = world_.open();
  record_five(source);
  if (GetParam().lasts()) source = world_.reopen(source, "readonly");
  for (const StorageKind &kind : kStorageKinds) {
    SCOPED_TRACE(kind.name);
    StorageWorld world(kind);
    StorageHandle into = world.open(nullptr, R"(info='{"n": 6, "own": 7}')");
    ASSERT_OK(pde_storage_copy(source, into, nullptr));
    EXPECT_FALSE(is_writing(into));
    EXPECT_EQ("append", mode_of(into));
    if (kind.lasts()) into = world.reopen(into, "readonly");
    expect_five(into);
    EXPECT_EQ("5", info_of(into, "n")) << "as a start would say it";
    EXPECT_EQ("7", info_of(into, "own"));
  }
  expect_five(source);
}

TEST_P(TransferredStorage, IsCopiedIntoAsItsModeSays) {
  const StorageHandle source = new_memory();
  record_five(source);
  struct Case {
    const char *mode;
    pde_status status;
    size_t length;
  };
  const pde_status emptied = GetParam().truncates() ? PDE_OK : PDE_ERR_UNSUPPORTED;
  for (const Case &now :
       {Case{"append", PDE_OK, 6}, Case{"truncate_once", emptied, 5}, Case{"truncate", emptied, 5}}) {
    SCOPED_TRACE(now.mode);
    StorageWorld world(GetParam());
    StorageHandle into = world.open();
    append(into, 9, 0);
    ASSERT_OK(pde_storage_finish(into));
    if (GetParam().lasts()) {
      into = world.reopen(into, "create");
      EXPECT_STATUS(PDE_ERR_EXISTS, pde_storage_copy(source, into, nullptr));
      into = world.reopen(into, "readonly");
      EXPECT_STATUS(PDE_ERR_READONLY, pde_storage_copy(source, into, nullptr));
      expect_snapshots(into, {9});
      into = world.reopen(into, now.mode);
    } else if (now.status != PDE_OK || now.length == 5) {
      into = new_memory(now.mode);
      append(into, 9, 0);
      ASSERT_OK(pde_storage_finish(into));
      if (std::string(now.mode) == "truncate_once") continue;  // of this storage the first session is over
    }
    EXPECT_STATUS(now.status, pde_storage_copy(source, into, nullptr));
    EXPECT_EQ(now.status == PDE_OK ? now.length : 1, times_of(into).size());
  }
}

TEST_P(TransferredStorage, IsCopiedIntoASessionThatGoesOn) {
  const StorageHandle source = new_memory(), into = world_.open();
  record_five(source);
  ASSERT_OK(pde_storage_start(into, field_, R"({"n": 1, "own": 7})"));
  append(into, 9, -1);
  ASSERT_OK(pde_storage_copy(source, into, nullptr));
  EXPECT_TRUE(is_writing(into));
  append(into, 10, 5);
  ASSERT_OK(pde_storage_finish(into));
  expect_snapshots(into, {9, 0, 1, 2, 3, 4, 10});
  EXPECT_EQ("4", snapshot_info_of(into, 5));
  EXPECT_EQ(R"("me")", info_of(into, "who")) << "the metadata comes along";
  EXPECT_EQ("5", info_of(into, "n"));
  EXPECT_EQ("7", info_of(into, "own"));
}

TEST_P(TransferredStorage, IsNotCopiedWhereItDoesNotFit) {
  const StorageHandle source = world_.open(nullptr, "time_order=any");
  StorageHandle into = new_memory();
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_copy(source, into, nullptr)) << "nothing is described yet";
  append(source, 0, 3);
  append(source, 1, 1);
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_copy(source, into, nullptr)) << "times out of order";
  EXPECT_EQ(0, length_of(into));
  EXPECT_FALSE(is_writing(into));
  EXPECT_EQ("create", mode_of(into));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_copy(source, source, nullptr));
  const OptionsHandle bad = options_from("rtol=1");
  into = new_memory(nullptr, "time_order=any");
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_copy(source, into, bad));
  ASSERT_OK(pde_storage_copy(source, into, nullptr));
  expect_snapshots(into, {0, 1});
  EXPECT_STATUS(PDE_ERR_SHAPE, [&] {
    const StorageHandle other = new_memory(nullptr, "time_order=any");
    REQUIRE_OK(pde_storage_append(other, new_field(grid_, PDE_VECTOR), 0));
    return pde_storage_copy(source, other, nullptr);
  }());
}

TEST_P(TransferredStorage, CopyingASeriesWithoutSnapshotsDescribesTheOther) {
  const StorageHandle source = world_.open(), into = new_memory();
  ASSERT_OK(pde_storage_start(source, field_, R"({"a": 1})"));
  ASSERT_OK(pde_storage_copy(source, into, nullptr));
  EXPECT_EQ(0, length_of(into));
  EXPECT_EQ("u", label_of(sample_of(into)));
  EXPECT_EQ("1", info_of(into, "a"));
}

/// Progress that notes how far it came and stops there.
struct Progress {
  int64_t calls = 0, total = 0, stop_at = -1;
  static pde_status tell(int64_t done, int64_t total, void *user) {
    Progress &progress = *static_cast<Progress *>(user);
    ++progress.calls;
    progress.total = total;
    return done == progress.stop_at ? PDE_STOP : PDE_OK;
  }
  OptionsHandle options() {
    OptionsHandle bag;
    REQUIRE_OK(pde_options_create(bag.out()));
    REQUIRE_OK(pde_options_set_progress(bag, tell, this, nullptr));
    return bag;
  }
};

TEST_P(TransferredStorage, CopyingCanBeCancelled) {
  const StorageHandle source = new_memory(), into = world_.open();
  record_five(source);
  Progress progress{0, 0, 1};  // the first call, as later ones come with time
  const OptionsHandle options = progress.options();
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_copy(source, into, options));
  EXPECT_EQ(5, progress.total);
  EXPECT_FALSE(is_writing(into)) << "a session of its own ends";
  expect_snapshots(into, {0});
  append(into, 7, 9);
  expect_snapshots(into, {0, 7});
}

// ---- merging

TEST_P(TransferredStorage, IsMergedWithOthers) {
  const StorageHandle first = world_.open();
  record_five(first);
  const StorageHandle second = new_memory();
  const FieldHandle vector = new_field(grid_, PDE_VECTOR, PDE_INT8, "v");
  ASSERT_OK(pde_storage_start(second, vector, R"({"who": "you", "more": 1})"));
  for (double time : {0.0, 1.0, 1.0, 2.5, 4.0}) {
    ASSERT_OK(pde_field_fill(vector, time * 2, 0));
    ASSERT_OK(pde_storage_append(second, vector, time));
  }
  StorageHandle view;
  ASSERT_OK(pde_storage_view_field(first, 0, view.out()));
  pde_storage *all[] = {first, second, view};
  StorageHandle into = new_memory();
  ASSERT_OK(pde_storage_merge(all, 3, "merged", into, nullptr));
  EXPECT_EQ((std::vector<double>{0, 1, 1, 2.5, 4}), times_of(into));
  const FieldHandle sample = sample_of(into);
  EXPECT_EQ(PDE_COLLECTION, rank_of(sample));
  EXPECT_EQ("merged", label_of(sample));
  EXPECT_EQ(PDE_FLOAT64, dtype_of(sample)) << "which holds both";
  EXPECT_EQ((std::vector<int64_t>{4, 2, 3}), shape_of(sample));
  EXPECT_EQ(R"("me")", info_of(into, "who")) << "the first counts";
  EXPECT_EQ("1", info_of(into, "more"));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ("(none)", snapshot_info_of(into, i));
    const Bytes merged = raw_snapshot(into, i, PDE_FLOAT64, 24), one = samples(i);
    EXPECT_TRUE(std::equal(one.begin(), one.end(), merged.begin()));
    EXPECT_TRUE(std::equal(one.begin(), one.end(), merged.end() - 48));
    double value;
    std::memcpy(&value, merged.data() + 6 * sizeof value, sizeof value);
    EXPECT_EQ(times_of(into)[static_cast<size_t>(i)] * 2, value);
  }
  pde_storage *again[] = {into, first};
  const StorageHandle larger = new_memory();
  ASSERT_OK(pde_storage_merge(again, 2, nullptr, larger, nullptr));
  EXPECT_EQ((std::vector<int64_t>{5, 2, 3}), shape_of(sample_of(larger)))
      << "fields of collections one by one";
  EXPECT_EQ("(none)", label_of(sample_of(larger)));
}

TEST_P(TransferredStorage, IsMergedInto) {
  const StorageHandle a = new_memory();
  record_five(a);
  StorageWorld world(GetParam(), 3);
  StorageHandle into = world.open();
  pde_storage *twice[] = {a, a};
  ASSERT_OK(pde_storage_merge(twice, 2, "pair", into, nullptr));
  EXPECT_FALSE(is_writing(into));
  if (GetParam().lasts()) into = world.reopen(into, "readonly");
  EXPECT_EQ(5, length_of(into));
  EXPECT_EQ("pair", label_of(sample_of(into)));
  const Bytes merged = raw_snapshot(into, 3, PDE_FLOAT64, 12), one = samples(3);
  EXPECT_TRUE(std::equal(one.begin(), one.end(), merged.begin()));
  EXPECT_TRUE(std::equal(one.begin(), one.end(), merged.begin() + 48));
}

TEST_P(TransferredStorage, IsNotMergedWithWhatDoesNotFit) {
  const StorageHandle a = world_.open();
  record_five(a);
  const StorageHandle into = new_memory();
  const auto merged = [&](pde_storage *other, const char *options = "") {
    pde_storage *both[] = {a, other};
    const OptionsHandle bag = options_from(options);
    return pde_storage_merge(both, 2, nullptr, into, bag);
  };
  StorageHandle other = new_memory();
  EXPECT_STATUS(PDE_ERR_STATE, merged(other)) << "not described";
  for (double time : {0.0, 1.0, 1.0, 2.5}) append(other, 0, time);
  EXPECT_STATUS(PDE_ERR_SHAPE, merged(other)) << "shorter";
  append(other, 0, 4.001);
  EXPECT_STATUS(PDE_ERR_RANGE, merged(other));
  EXPECT_NE(std::string::npos, std::string(pde_error_message()).find("snapshot 4")) << pde_error_message();
  EXPECT_STATUS(PDE_ERR_ARGUMENT, merged(other, "rtol=-1"));
  other = new_memory();
  const FieldHandle elsewhere = new_field(unit_grid({2, 4}));
  for (double time : {0.0, 1.0, 1.0, 2.5, 4.0}) ASSERT_OK(pde_storage_append(other, elsewhere, time));
  EXPECT_STATUS(PDE_ERR_SHAPE, merged(other)) << "on another grid";
  pde_storage *one[] = {a}, *with_into[] = {a, into}, *with_null[] = {a, nullptr};
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_merge(one, 0, nullptr, into, nullptr));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_merge(one, 1, nullptr, a, nullptr));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_merge(with_into, 2, nullptr, into, nullptr));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_merge(with_null, 2, nullptr, into, nullptr));
  EXPECT_EQ(0, length_of(into));
  EXPECT_EQ("create", mode_of(into)) << "nothing of this has begun a session";
  other = new_memory();
  for (double time : {0.0, 1.0, 1.0, 2.5, 4.001}) append(other, 0, time);
  EXPECT_OK(merged(other, "atol=0.01"));
  EXPECT_EQ(4, times_of(into).back()) << "times are those of the first";
}

// ---- a function over all snapshots

TEST_P(TransferredStorage, IsTransformed) {
  const StorageHandle source = world_.open();
  record_five(source);
  for (const char *options : {"", "parallel=true threads=3"}) {
    SCOPED_TRACE(options);
    const StorageHandle into = new_memory();
    const OptionsHandle bag = options_from(options);
    ASSERT_OK(pde_storage_apply(source, nullptr, add_1000, nullptr, into, bag));
    expect_snapshots(into, {10, 11, 12, 13, 14});
    EXPECT_EQ((std::vector<double>{0, 1, 1, 2.5, 4}), times_of(into));
    EXPECT_EQ("u", label_of(sample_of(into)));
    EXPECT_EQ("(none)", info_of(into, "who")) << "metadata is not taken over";
    EXPECT_EQ("(none)", snapshot_info_of(into, 0));
  }
}

TEST_P(TransferredStorage, TakesResultsOfAnyKind) {
  const StorageHandle source = new_memory();
  record_five(source);
  const FieldHandle a = new_field(grid_, PDE_SCALAR, PDE_FLOAT32, "a"),
                    b = new_field(grid_, PDE_VECTOR, PDE_FLOAT32, "b");
  const FieldHandle both = collection_of({a, b}, "both");
  StorageWorld world(GetParam(), 3);
  StorageHandle into = world.open();
  int64_t calls = 0;
  ASSERT_OK(pde_storage_apply(
      source, both,
      [](const pde_field *in, double time, pde_field *out, void *user) {
        EXPECT_STATUS(PDE_ERR_READONLY, pde_field_fill(const_cast<pde_field *>(in), 1, 0));
        ++*static_cast<int64_t *>(user);
        return pde_field_fill(out, time, 0);
      },
      &calls, into, nullptr));
  EXPECT_EQ(5, calls);
  if (GetParam().lasts()) into = world.reopen(into, "readonly");
  const FieldHandle sample = sample_of(into);
  EXPECT_EQ("both", label_of(sample));
  EXPECT_EQ(PDE_FLOAT32, dtype_of(sample));
  for (int64_t i = 0; i < 5; ++i) {
    const Bytes bytes = raw_snapshot(into, i, PDE_FLOAT32, 18);
    float first, last;
    std::memcpy(&first, bytes.data(), sizeof first);
    std::memcpy(&last, bytes.data() + 17 * sizeof last, sizeof last);
    EXPECT_EQ(times_of(source)[static_cast<size_t>(i)], first);
    EXPECT_EQ(first, last);
  }
}

TEST_P(TransferredStorage, EndsWithTheFirstFailureOfTheFunction) {
  const StorageHandle source = new_memory();
  record_five(source);
  for (const char *options : {"", "parallel=true threads=2"}) {
    for (bool in_session : {false, true}) {
      SCOPED_TRACE(options);
      StorageWorld world(GetParam());
      const StorageHandle into = world.open();
      if (in_session) {
        ASSERT_OK(pde_storage_start(into, field_, nullptr));
      }
      const OptionsHandle bag = options_from(options);
      const auto fails_late = [](const pde_field *in, double time, pde_field *out, void *) {
        if (time > 2) return pde_error_set(PDE_ERR_USER - 3, time < 3 ? "no more" : "not even that");
        return add_1000(in, time, out, nullptr);
      };
      EXPECT_STATUS(PDE_ERR_USER - 3, pde_storage_apply(source, nullptr, fails_late, nullptr, into, bag));
      const std::string message = pde_error_message();
      EXPECT_NE(std::string::npos, message.find("snapshot 3")) << message;
      EXPECT_NE(std::string::npos, message.find("no more")) << message;
      EXPECT_EQ(in_session, is_writing(into));
      expect_snapshots(into, {10, 11, 12});
      append(into, 7, PDE_TIME_AUTO);
      EXPECT_EQ(4, length_of(into)) << "it goes on";
    }
  }
}

TEST_P(TransferredStorage, ARefusedTransformBeginsNothing) {
  const StorageHandle source = new_memory(), into = world_.open();
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_apply(source, nullptr, add_1000, nullptr, into, nullptr));
  record_five(source);
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_apply(source, nullptr, nullptr, nullptr, into, nullptr));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_apply(source, nullptr, add_1000, nullptr, source, nullptr));
  const OptionsHandle bad = options_from("threads=-1");
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_apply(source, nullptr, add_1000, nullptr, into, bad));
  EXPECT_EQ("create", mode_of(into));
  EXPECT_EQ(0, length_of(into));
}

// ---- what cannot be read

/// A storage on callbacks without those that read: it is written only, as a movie is.
class WrittenOnly : public TransferredStorage {};

TEST_P(WrittenOnly, IsNoSourceAndSpoilsNothing) {
  VectorSeries series;
  pde_backend entries = VectorSeries::backend();
  entries.read = nullptr;
  StorageHandle storage, made;
  ASSERT_OK(pde_storage_create_custom(&entries, &series, nullptr, nullptr, storage.out()));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_check(storage, nullptr)) << "though it is empty";
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_view_range(storage, 0, 0, 1, made.out()));
  record(storage, 2);
  EXPECT_EQ(2, length_of(storage));
  StorageHandle into = world_.open(nullptr, "time_order=any");
  record(into, 2);
  if (GetParam().lasts()) {
    into = world_.reopen(into, GetParam().truncates() ? "truncate" : "append", "time_order=any");
  }
  pde_storage *alone[] = {storage};
  const char *json = nullptr;
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_copy(storage, into, nullptr));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_merge(alone, 1, nullptr, into, nullptr));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_apply(storage, nullptr, add_1000, nullptr, into, nullptr));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_check(storage, nullptr));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_view_field(storage, 0, made.out()));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_view_range(storage, 0, 1, 1, made.out()));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_extract_field(storage, 0, nullptr, made.out()));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_extract_time_range(storage, 0, 1, made.out()));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_snapshot_info(storage, 0, &json));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED,
                pde_storage_read_box(storage, 0, 0, 1, nullptr, nullptr, PDE_FLOAT64, nullptr, nullptr));
  expect_snapshots(into, {0, 1});
}

// ---- extracting

TEST_P(TransferredStorage, GivesAWindowOfTime) {
  const StorageHandle storage = world_.open();
  record_five(storage);
  const auto extracted = [&](double start, double end) {
    StorageHandle memory;
    REQUIRE_OK(pde_storage_extract_time_range(storage, start, end, memory.out()));
    return memory;
  };
  StorageHandle memory = extracted(1, 2.5);
  expect_snapshots(memory, {1, 2, 3});
  EXPECT_EQ("2", snapshot_info_of(memory, 1));
  EXPECT_EQ(R"("me")", info_of(memory, "who"));
  append(memory, 9, 8);
  expect_snapshots(storage, {0, 1, 2, 3, 4});
  expect_five(extracted(-kInfinity, kInfinity));
  memory = extracted(1.5, 2);
  EXPECT_EQ(0, length_of(memory));
  EXPECT_EQ("u", label_of(sample_of(memory))) << "described all the same";
  memory.reset();
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_extract_time_range(storage, 2, 1, memory.out()));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_extract_time_range(storage, kNaN, 1, memory.out()));
  EXPECT_EQ(nullptr, memory.get());
}

TEST_P(TransferredStorage, GivesAWindowOfTimesOutOfOrder) {
  const StorageHandle storage = world_.open(nullptr, "time_order=any");
  StorageHandle memory;
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_extract_time_range(storage, 0, 1, memory.out()));
  int i = 0;
  for (double time : {4.0, 1.0, 9.0, 2.0, -3.0}) append_info(storage, i++, time, "1");
  ASSERT_OK(pde_storage_extract_time_range(storage, 1, 4, memory.out()));
  expect_snapshots(memory, {0, 1, 3});
  EXPECT_EQ((std::vector<double>{4, 1, 2}), times_of(memory));
  EXPECT_EQ("1", snapshot_info_of(memory, 2));
}

TEST_P(TransferredStorage, GivesOneFieldOfItsCollections) {
  const FieldHandle a = new_field(grid_, PDE_SCALAR, PDE_FLOAT64, "a"),
                    b = new_field(grid_, PDE_VECTOR, PDE_FLOAT64, "b");
  const FieldHandle both = collection_of({a, b});
  StorageWorld world(GetParam(), 3);
  const StorageHandle storage = world.open();
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(pde_field_fill(b, i, 0));
    ASSERT_OK(pde_storage_append_info(storage, both, i, "3"));
  }
  StorageHandle memory;
  ASSERT_OK(pde_storage_extract_field(storage, 1, nullptr, memory.out()));
  EXPECT_EQ("b", label_of(sample_of(memory)));
  EXPECT_EQ(PDE_VECTOR, rank_of(sample_of(memory)));
  EXPECT_EQ((std::vector<double>{0, 1, 2}), times_of(memory));
  EXPECT_EQ("3", snapshot_info_of(memory, 1));
  EXPECT_EQ(bytes_of(b), raw_snapshot(memory, -1, PDE_FLOAT64, 12));
  EXPECT_NE(std::string::npos, info_of(memory, "field_attributes").find("VectorField"));
  ASSERT_OK(pde_storage_extract_field(storage, 0, "renamed", memory.out()));
  EXPECT_EQ("renamed", label_of(sample_of(memory)));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_extract_field(storage, 2, nullptr, memory.out()));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_extract_field(storage, -1, nullptr, memory.out()));
}

// ---- from fields

class FieldsInMemory : public ::testing::Test {};

TEST_F(FieldsInMemory, BecomeSnapshots) {
  const GridHandle grid = unit_grid({2, 3});
  const FieldHandle a = new_field(grid, PDE_SCALAR, PDE_INT16, "a"),
                    b = new_field(grid, PDE_SCALAR, PDE_INT16, "b");
  ASSERT_OK(pde_field_fill(b, 300, 0));
  pde_field *fields[] = {a, b};
  const double times[] = {5, -1};
  StorageHandle memory;
  ASSERT_OK(pde_storage_create_from_fields(fields, nullptr, 2, nullptr, 0, memory.out()));
  EXPECT_EQ((std::vector<double>{0, 1}), times_of(memory));
  EXPECT_EQ("a", label_of(sample_of(memory)));
  EXPECT_EQ(bytes_of(b), raw_snapshot(memory, 1, PDE_INT16, 6));
  ASSERT_OK(pde_storage_create_from_fields(fields, times, 2, "c", PDE_FLOAT32, memory.out()));
  EXPECT_EQ((std::vector<double>{5, -1}), times_of(memory)) << "in any order";
  EXPECT_EQ("c", label_of(sample_of(memory)));
  EXPECT_EQ(PDE_FLOAT32, dtype_of(sample_of(memory)));
  int64_t first = -1, count = -1;
  ASSERT_OK(pde_storage_find_range(memory, -1, 5, &first, &count));
  EXPECT_EQ(2, count);
  EXPECT_STATUS(PDE_ERR_RANGE,
                pde_storage_create_from_fields(fields, nullptr, 2, nullptr, PDE_INT8, memory.out()));
  EXPECT_EQ(nullptr, memory.get());
  EXPECT_STATUS(PDE_ERR_DTYPE, pde_storage_create_from_fields(fields, nullptr, 2, nullptr, 99, memory.out()));
  EXPECT_STATUS(PDE_ERR_ARGUMENT,
                pde_storage_create_from_fields(fields, nullptr, 0, nullptr, 0, memory.out()));
  const double bad[] = {0, kNaN};
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_create_from_fields(fields, bad, 2, nullptr, 0, memory.out()));
}

TEST_F(FieldsInMemory, MustBeOfOneKind) {
  const GridHandle grid = unit_grid({2, 3});
  const FieldHandle a = new_field(grid), wide = new_field(grid, PDE_SCALAR, PDE_COMPLEX64),
                    vector = new_field(grid, PDE_VECTOR), elsewhere = new_field(unit_grid({3, 2}));
  StorageHandle memory;
  for (const auto &[other, status] : {std::pair{wide.get(), PDE_ERR_DTYPE},
                                      {vector.get(), PDE_ERR_SHAPE},
                                      {elsewhere.get(), PDE_ERR_SHAPE}}) {
    pde_field *fields[] = {a, other};
    EXPECT_STATUS(status, pde_storage_create_from_fields(fields, nullptr, 2, nullptr, 0, memory.out()));
    EXPECT_NE(std::string::npos, std::string(pde_error_message()).find("fields[1]")) << pde_error_message();
  }
}

TEST_F(FieldsInMemory, OfACollectionBecomeSnapshots) {
  const GridHandle grid = unit_grid({2, 3});
  const FieldHandle a = new_field(grid, PDE_SCALAR, PDE_FLOAT64, "a"), b = new_field(grid),
                    vector = new_field(grid, PDE_VECTOR);
  ASSERT_OK(pde_field_fill(b, 4, 0));
  const FieldHandle both = collection_of({a, b}), mixed = collection_of({a, vector});
  StorageHandle memory;
  ASSERT_OK(pde_storage_create_from_collection(both, nullptr, 2, nullptr, memory.out()));
  EXPECT_EQ("a", label_of(sample_of(memory)));
  EXPECT_EQ(bytes_of(b), raw_snapshot(memory, 1, PDE_FLOAT64, 6));
  const double times[] = {1, 0};
  ASSERT_OK(pde_storage_create_from_collection(both, times, 2, "c", memory.out()));
  EXPECT_EQ((std::vector<double>{1, 0}), times_of(memory));
  EXPECT_EQ("c", label_of(sample_of(memory)));
  EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_create_from_collection(both, times, 1, nullptr, memory.out()));
  EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_create_from_collection(mixed, times, 2, nullptr, memory.out()));
  EXPECT_EQ(nullptr, memory.get());
}

RUN_OVER(TransferredStorage, is_any);
RUN_OVER(WrittenOnly, is_any);

}  // namespace
