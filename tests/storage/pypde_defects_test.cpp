// Defects of py-pde's FileStorage, collections and metadata that were found while files were exchanged with
// it, each with what libpde does in its place. The numbers only tell the defects apart.
#include <filesystem>
#include <fstream>

#include "support/capi_handles.hpp"
#include "support/json_values.hpp"
#include "support/temporary_folder.hpp"

using namespace test;

namespace {

class PyPdeDefects : public ::testing::Test {
 protected:
  StorageHandle open(const char *mode, const std::string &options = "") {
    StorageHandle storage;
    REQUIRE_OK(pde_storage_open(path_.c_str(), mode, options_from(options), storage.out()));
    return storage;
  }
  /// A snapshot that has this value everywhere.
  FieldHandle snapshot(double value, int32_t rank = PDE_SCALAR, int32_t dtype = PDE_FLOAT64) {
    FieldHandle field = new_field(grid_, rank, dtype, "c");
    if (dtype == PDE_FLOAT64) {
      void *data = nullptr;
      REQUIRE_OK(pde_field_data(field, dtype, &data));
      std::fill_n(static_cast<double *>(data), count_of(shape_of(field)), value);
    }
    return field;
  }
  void append(pde_storage *storage, double value, double time = PDE_TIME_AUTO) {
    REQUIRE_OK(pde_storage_append(storage, snapshot(value), time));
  }
  void close(StorageHandle &storage) { REQUIRE_OK(pde_storage_close(storage.release())); }
  /// The first sample of each snapshot.
  std::vector<double> values(pde_storage *storage) {
    std::vector<double> values;
    const FieldHandle field = sample_of(storage);
    for (int64_t i = 0; i < length_of(storage); ++i) {
      REQUIRE_OK(pde_storage_read(storage, i, field));
      double value;
      std::memcpy(&value, bytes_of(field).data(), sizeof value);
      values.push_back(value);
    }
    return values;
  }
  void use_golden(const std::string &name) {
    std::filesystem::copy_file(std::string(PDE_GOLDEN_DIR "/filestorage/") + name + ".hdf5", path_,
                               std::filesystem::copy_options::overwrite_existing);
  }

  using Values = std::vector<double>;
  TemporaryFolder folder_;
  std::string path_ = folder_.file("run.h5");
  GridHandle grid_ = unit_grid({5, 4}, {1, 0});
};

// With keep_opened=False py-pde fails at the end of each session and stores no final metadata.
TEST_F(PyPdeDefects, D1SessionsThatCommitEachSnapshotEndWithTheirMetadata) {
  StorageHandle storage = open("create", "commit_every=1");
  ASSERT_OK(pde_storage_start(storage, snapshot(0), R"({"begin": 1})"));
  append(storage, 1);
  ASSERT_OK(pde_storage_set_info(storage, "end", R"({"successful": true})"));
  ASSERT_OK(pde_storage_finish(storage));
  close(storage);
  storage = open("readonly");
  EXPECT_EQ("1", info_of(storage, "begin"));
  EXPECT_TRUE(same_json(R"({"successful": true})", info_of(storage, "end")));
  EXPECT_EQ("1", info_of(storage, "data_length"));
}

// With it, snapshots appended to an existing file overwrite one another.
TEST_F(PyPdeDefects, D2SnapshotsAppendedOneByOneFollowEachOther) {
  for (const char *options : {"commit_every=1", "commit_every=0"}) {
    use_golden("scalar_unit2d");
    StorageHandle storage = open("append", options);
    const Values before = values(storage);
    ASSERT_EQ(3u, before.size());
    for (int i = 0; i < 3; ++i) append(storage, 100 + i);
    close(storage);
    storage = open("readonly");
    EXPECT_EQ((Values{before[0], before[1], before[2], 100, 101, 102}), values(storage));
    EXPECT_EQ("6", info_of(storage, "data_length"));
  }
}

// Attributes are only written at the end: what a killed run leaves has no grid.
TEST_F(PyPdeDefects, D3WhatIsCommittedIsDescribedBeforeTheSessionEnds) {
  StorageHandle storage = open("create", "commit_every=1");
  ASSERT_OK(pde_storage_start(storage, snapshot(0), R"({"who": "me"})"));
  append(storage, 7, 0.5);
  std::filesystem::copy_file(path_, folder_.file("killed.h5"));  // as a killed writer leaves it
  close(storage);
  REQUIRE_OK(pde_storage_open(folder_.file("killed.h5").c_str(), "readonly", nullptr, storage.out()));
  EXPECT_EQ(grid_text_of(snapshot(0)), grid_text_of(sample_of(storage)));
  EXPECT_EQ("c", label_of(sample_of(storage)));
  EXPECT_EQ("\"me\"", info_of(storage, "who"));
  EXPECT_EQ(Values{7}, values(storage));
}

// With keep_opened=False, truncation over an older file leaves its length in force.
TEST_F(PyPdeDefects, D4TruncationForgetsTheOldLengthAndMetadata) {
  for (const char *mode : {"truncate", "truncate_once"}) {
    StorageHandle storage = open("truncate_once");
    ASSERT_OK(pde_storage_start(storage, snapshot(0), R"({"owner": "old"})"));
    for (int i = 0; i < 5; ++i) append(storage, i);
    close(storage);
    storage = open(mode, "commit_every=1");
    append(storage, 10);
    append(storage, 11);
    EXPECT_EQ("(none)", info_of(storage, "data_length"));
    close(storage);
    storage = open("readonly");
    EXPECT_EQ((Values{10, 11}), values(storage));
    EXPECT_EQ("2", info_of(storage, "data_length"));
    EXPECT_EQ("(none)", info_of(storage, "owner"));
  }
}

// Rows that max_length has made and nobody has written show up as times, in ranges, and as the last time.
TEST_F(PyPdeDefects, D5UnusedRowsOfMaxLengthFilesDoNotLeak) {
  for (const char *name : {"maxlen5_gzip", "maxlen5_contiguous", ""}) {
    SCOPED_TRACE(name);
    if (*name) {
      use_golden(name);
    } else {
      StorageHandle storage = open("truncate_once", "max_length=5");
      for (int i = 0; i < 3; ++i) append(storage, i, i);
      close(storage);
    }
    StorageHandle storage = open("append");
    const Values times = times_of(storage);
    ASSERT_EQ(3u, times.size());
    EXPECT_TRUE(std::is_sorted(times.begin(), times.end()) && times[2] > 0);
    int64_t first = -1, count = -1, nearest = -1;
    EXPECT_OK(pde_storage_find_range(storage, times[1], 1e9, &first, &count));
    EXPECT_EQ(1, first);
    EXPECT_EQ(2, count);
    EXPECT_OK(pde_storage_find_nearest(storage, -1, &nearest));
    EXPECT_EQ(0, nearest);
    StorageHandle memory;
    ASSERT_OK(pde_storage_extract_time_range(storage, times[0], times[2], memory.out()));
    EXPECT_EQ(times, times_of(memory));
    int64_t shape[3] = {};
    ASSERT_OK(pde_storage_shape(storage, shape, 3));
    EXPECT_EQ(3, shape[0]);
    append(storage, 50);  // at the last time + 1, twice
    append(storage, 51);
    EXPECT_EQ((Values{times[0], times[1], times[2], times[2] + 1, times[2] + 2}), times_of(storage));
    EXPECT_EQ(51, values(storage)[4]);
  }
}

// Scalars are repeated over the components of a vector file, floats are cut to integers.
TEST_F(PyPdeDefects, D6NothingIsBroadcastOrRoundedOnTheWayIn) {
  for (const char *name : {"run.h5", "memory:"}) {
    path_ = name == std::string("memory:") ? name : folder_.file(name);
    StorageHandle storage = open("truncate_once");
    ASSERT_OK(pde_storage_append(storage, snapshot(1, PDE_VECTOR), 0));
    EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_append(storage, snapshot(2, PDE_SCALAR), 1));
    EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_append(storage, snapshot(2, PDE_TENSOR), 1));
    EXPECT_STATUS(PDE_ERR_DTYPE, pde_storage_append(storage, snapshot(2, PDE_VECTOR, PDE_FLOAT32), 1));
    double one = 1;
    EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_append_raw(storage, PDE_FLOAT64, &one, 1, 1));
    EXPECT_EQ(Values{1}, values(storage));
    storage = open("truncate_once");
    ASSERT_OK(pde_storage_append(storage, snapshot(0, PDE_SCALAR, PDE_INT32), 0));
    EXPECT_STATUS(PDE_ERR_DTYPE, pde_storage_append(storage, snapshot(1.5), 1));
    EXPECT_EQ(1, length_of(storage));
  }
}

// Collections of any other dtype come back as float64 or complex128.
TEST_F(PyPdeDefects, D8CollectionsKeepTheirDtype) {
  for (int32_t dtype : {PDE_FLOAT32, PDE_COMPLEX64, PDE_INT64, PDE_INT8, PDE_UINT16, PDE_BOOL}) {
    SCOPED_TRACE(dtype);
    const FieldHandle a = new_field(grid_, PDE_SCALAR, dtype, "a"), b = new_field(grid_, PDE_VECTOR, dtype);
    const FieldHandle both = collection_of({a, b});
    Bytes samples(static_cast<size_t>(60 * pde_dtype_size(dtype)), std::byte{1});
    StorageHandle storage = open("truncate_once");
    ASSERT_OK(pde_storage_start(storage, both, nullptr));
    ASSERT_OK(pde_storage_append_raw(storage, dtype, samples.data(), 60, 0));
    close(storage);
    storage = open("readonly");
    const FieldHandle sample = sample_of(storage);
    EXPECT_EQ(dtype, dtype_of(sample));
    ASSERT_OK(pde_storage_read(storage, 0, sample));
    EXPECT_EQ(samples, bytes_of(sample));
    StorageHandle member;
    ASSERT_OK(pde_storage_extract_field(storage, 1, nullptr, member.out()));
    EXPECT_EQ(dtype, dtype_of(sample_of(member)));
  }
  use_golden("dtype_f4_collection");
  EXPECT_EQ(PDE_FLOAT32, dtype_of(sample_of(open("readonly"))));
}

// One attribute of another program makes a file unreadable.
TEST_F(PyPdeDefects, D10AttributesOfOthersDoNoHarm) {
  use_golden("foreign_attributes");
  StorageHandle storage = open("append");
  const Values before = values(storage);
  EXPECT_EQ(3u, before.size());
  EXPECT_OK(pde_storage_check(storage, nullptr));
  FieldHandle last = sample_of(storage);
  ASSERT_OK(pde_storage_read(storage, 0, last));
  ASSERT_OK(pde_storage_append(storage, last, 100));
  close(storage);
  EXPECT_EQ((Values{before[0], before[1], before[2], before[0]}), values(open("readonly")));
}

// What cannot be said when the session begins, such as the numbers of an adaptive stepper, is lost.
TEST_F(PyPdeDefects, D11MetadataOfTheEndOfARunIsStored) {
  StorageHandle storage = open("create");
  ASSERT_OK(pde_storage_start(storage, snapshot(0), R"({"solver": null})"));
  append(storage, 1);
  const char *solver = R"({"class": "adaptive", "steps": 12, "dt_statistics": {"min": 0.01, "max": 0.5}})";
  ASSERT_OK(pde_storage_set_info(storage, "solver", solver));
  close(storage);
  EXPECT_TRUE(same_json(solver, info_of(open("readonly"), "solver")));
}

// Metadata that cannot be stored vanishes without a word.
TEST_F(PyPdeDefects, MetadataThatIsNoJsonIsRefused) {
  StorageHandle storage = open("create");
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_start(storage, snapshot(0), R"({"a": object()})"));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_set_info(storage, "a", "<object>"));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_append_info(storage, snapshot(0), 0, "{'a': 1}"));
  EXPECT_EQ(0, length_of(storage));
}

// A session that clears its storage and ends claims a snapshot that is not there.
TEST_F(PyPdeDefects, ClearedSeriesAreEmptyInTheFileToo) {
  StorageHandle storage = open("create");
  append(storage, 1);
  ASSERT_OK(pde_storage_clear(storage, 0));
  close(storage);
  storage = open("append");
  EXPECT_EQ(0, length_of(storage));
  EXPECT_EQ("(none)", info_of(storage, "data_length"));
  append(storage, 2);
  EXPECT_EQ(Values{0}, times_of(storage));
  use_golden("clear_then_end");
  EXPECT_EQ(0, length_of(open("readonly")));
}

// Clearing with the shape forgotten makes every later append of the session fail.
TEST_F(PyPdeDefects, AnyFieldMayFollowOnceTheShapeIsForgotten) {
  for (const bool in_session : {true, false}) {
    StorageHandle storage = open("truncate_once");
    append(storage, 1);
    if (!in_session) {
      ASSERT_OK(pde_storage_finish(storage));
    }
    ASSERT_OK(pde_storage_clear(storage, 1));
    EXPECT_FALSE(std::filesystem::exists(path_));
    ASSERT_OK(pde_storage_append(storage, snapshot(3, PDE_VECTOR), 0));
    close(storage);
    storage = open("readonly");
    EXPECT_EQ(PDE_VECTOR, rank_of(sample_of(storage)));
    EXPECT_EQ(Values{3}, values(storage));
  }
}

}  // namespace
