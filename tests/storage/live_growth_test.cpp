// A reader of a file that somebody else goes on writing: another handle, another process. What it reads is
// right, or it is told in words why not; with a refresh it sees what has been committed.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>

#include "support/capi_handles.hpp"
#include "support/temporary_folder.hpp"

using namespace test;

namespace {

constexpr int64_t kCells = 600;

/// Different in each cell of each snapshot of each series.
double sample(int64_t series, int64_t index, int64_t cell) {
  return static_cast<double>(series * 1000000 + index) + static_cast<double>(cell * (index % 7 + 1)) / 1024;
}

class LiveGrowth : public ::testing::TestWithParam<const char *> {
 protected:
  StorageHandle open(const char *mode, const std::string &options = "") {
    StorageHandle storage;
    REQUIRE_OK(pde_storage_open(path_.c_str(), mode, options_from(options), storage.out()));
    return storage;
  }
  FieldHandle snapshot(int64_t series, int64_t index) {
    FieldHandle field = new_field(grid_);
    void *data = nullptr;
    REQUIRE_OK(pde_field_data(field, PDE_FLOAT64, &data));
    for (int64_t cell = 0; cell < kCells; ++cell)
      static_cast<double *>(data)[cell] = sample(series, index, cell);
    return field;
  }
  void append(pde_storage *storage, int64_t series, int64_t count) {
    int32_t writing = 0;
    REQUIRE_OK(pde_storage_is_writing(storage, &writing));
    if (!writing) REQUIRE_OK(pde_storage_start(storage, new_field(grid_), nullptr));
    for (int64_t n = 0; n < count; ++n) {
      const int64_t index = length_of(storage);
      const std::string info = "{\"index\":" + std::to_string(index) + "}";
      REQUIRE_OK(pde_storage_append_info(storage, snapshot(series, index), static_cast<double>(index),
                                         info.c_str()));
    }
  }
  /// Whether the storage holds these snapshots of a series, from `first` on.
  static void expect_right(pde_storage *storage, int64_t series, int64_t length, int64_t first = 0) {
    ASSERT_EQ(length, length_of(storage));
    std::vector<double> got(kCells);
    const std::vector<double> times = times_of(storage);
    for (int64_t i = first; i < length; ++i) {
      ASSERT_OK(pde_storage_read_raw(storage, i, 1, 1, PDE_FLOAT64, got.data(), kCells));
      for (int64_t cell = 0; cell < kCells; ++cell)
        ASSERT_EQ(sample(series, i, cell), got[static_cast<size_t>(cell)]) << i;
      EXPECT_EQ(static_cast<double>(i), times[static_cast<size_t>(i)]);
      const char *info = nullptr;
      ASSERT_OK(pde_storage_snapshot_info(storage, i, &info));
      EXPECT_EQ("{\"index\":" + std::to_string(i) + "}", info ? info : "(none)");
    }
  }
  static int64_t refreshed(pde_storage *storage) {
    int64_t length = -1;
    EXPECT_OK(pde_storage_refresh(storage, &length));
    return length;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.file("run.h5");
  GridHandle grid_ = unit_grid({kCells});
};

// A chunk of its own for each snapshot makes the index of chunks grow and split; shared chunks are written
// again, elsewhere, as they fill.
TEST_P(LiveGrowth, ReadersKeepWhatTheyHaveSeenAndSeeMoreWithARefresh) {
  const StorageHandle writer = open("create", GetParam());
  append(writer, 1, 1);
  ASSERT_OK(pde_storage_flush(writer));
  const StorageHandle early = open("readonly"), later = open("readonly");
  StorageHandle view;
  ASSERT_OK(pde_storage_view_range(early, 0, 1, 1, view.out()));
  int64_t seen = 1;
  for (int round = 1; round < 25; ++round) {
    append(writer, 1, round % 5 == 0 ? 90 : 7);
    expect_right(early, 1, 1);
    expect_right(later, 1, seen);  // not yet committed, and no refresh
    ASSERT_OK(pde_storage_flush(writer));
    expect_right(early, 1, 1);
    expect_right(view, 1, 1);
    expect_right(later, 1, seen);
    seen = refreshed(later);
    EXPECT_EQ(length_of(writer), seen);
    expect_right(later, 1, seen);
  }
  ASSERT_OK(pde_storage_finish(writer));
  expect_right(early, 1, 1);
  EXPECT_EQ(seen, refreshed(early));
  expect_right(early, 1, seen);
}

TEST_P(LiveGrowth, TruncationIsSeenOrSaid) {
  StorageHandle writer = open("create", GetParam());
  append(writer, 1, 50);
  ASSERT_OK(pde_storage_flush(writer));
  const StorageHandle reader = open("readonly");
  expect_right(reader, 1, 50);
  ASSERT_OK(pde_storage_truncate_after(writer, 19.5));
  std::vector<double> got(kCells);
  EXPECT_STATUS(PDE_ERR_IO, pde_storage_read_raw(reader, 40, 1, 1, PDE_FLOAT64, got.data(), kCells));
  EXPECT_NE(std::string::npos, std::string(pde_error_message()).find("shorter")) << pde_error_message();
  EXPECT_EQ(20, refreshed(reader));
  expect_right(reader, 1, 20);
  // Grown again behind its back: other snapshots by now, but those that are there.
  append(writer, 1, 40);
  ASSERT_OK(pde_storage_flush(writer));
  expect_right(reader, 1, 20);
  EXPECT_EQ(60, refreshed(reader));
  expect_right(reader, 1, 60);
}

TEST_P(LiveGrowth, AReplacedFileIsReadAsItWasUntilARefresh) {
  StorageHandle writer = open("create", GetParam());
  append(writer, 1, 30);
  ASSERT_OK(pde_storage_close(writer.release()));
  const StorageHandle reader = open("readonly"), idle = open("readonly");
  expect_right(reader, 1, 30);
  writer = open("truncate_once", GetParam());
  append(writer, 2, 40);
  ASSERT_OK(pde_storage_flush(writer));
  expect_right(reader, 1, 30);
  expect_right(idle, 1, 30);
  EXPECT_EQ(40, refreshed(reader));
  expect_right(reader, 2, 40);

  // Of another kind altogether.
  ASSERT_OK(pde_storage_close(writer.release()));
  writer = open("truncate_once");
  ASSERT_OK(pde_storage_append(writer, new_field(unit_grid({3, 2}), PDE_VECTOR, PDE_INT16), 5));
  EXPECT_EQ(1, refreshed(reader));
  EXPECT_EQ(PDE_INT16, dtype_of(sample_of(reader)));
  std::vector<double> got(kCells);
  EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_read_raw(reader, 0, 1, 1, PDE_FLOAT64, got.data(), kCells));
}

TEST_P(LiveGrowth, AWriterThatWroteBeforeSeesThatItsFileWasReplaced) {
  StorageHandle first = open("create", GetParam());
  append(first, 1, 5);
  ASSERT_OK(pde_storage_finish(first));
  expect_right(first, 1, 5);
  // Somebody who knows nothing of locks.
  const TemporaryFolder other;
  {
    StorageHandle storage;
    ASSERT_OK(pde_storage_open(other.file("other.h5").c_str(), "create", nullptr, storage.out()));
    append(storage, 2, 9);
    ASSERT_OK(pde_storage_close(storage.release()));
  }
  std::filesystem::rename(other.file("other.h5"), path_);
  expect_right(first, 1, 5);
  EXPECT_EQ(9, refreshed(first));
  expect_right(first, 2, 9);
}

TEST_P(LiveGrowth, ARemovedFileIsMissed) {
  StorageHandle writer = open("create", GetParam());
  append(writer, 1, 3);
  ASSERT_OK(pde_storage_finish(writer));
  const StorageHandle reader = open("readonly"), other = open("append");
  ASSERT_OK(pde_storage_clear(writer, 1));
  expect_right(reader, 1, 3);
  int64_t length = -1;
  EXPECT_STATUS(PDE_ERR_NOT_FOUND, pde_storage_refresh(reader, &length));
  EXPECT_EQ(0, refreshed(other));
  append(writer, 2, 4);
  ASSERT_OK(pde_storage_flush(writer));
  EXPECT_EQ(4, refreshed(reader));
  expect_right(reader, 2, 4);
  EXPECT_EQ(4, refreshed(other));
  expect_right(other, 2, 4);
}

// In step: the other process says when it has committed.
TEST_P(LiveGrowth, AnotherProcessIsFollowed) {
  int said[2], asked[2];
  ASSERT_EQ(0, ::pipe(said));
  ASSERT_EQ(0, ::pipe(asked));
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  char byte = 0;
  if (child == 0) {
    int status = 1;
    try {
      StorageHandle writer = open("create", GetParam());
      for (int round = 0; round < 20; ++round) {
        if (round == 10) REQUIRE_OK(pde_storage_truncate_after(writer, 99.5));
        append(writer, 1, 30);
        REQUIRE_OK(pde_storage_flush(writer));
        if (::write(said[1], "c", 1) != 1 || ::read(asked[0], &byte, 1) != 1) break;
      }
      REQUIRE_OK(pde_storage_close(writer.release()));
      status = 0;
    } catch (const std::exception &error) {
      std::fprintf(stderr, "%s\n", error.what());
    }
    ::_exit(status);
  }
  ::close(said[1]);
  ::close(asked[0]);
  StorageHandle reader;
  int64_t expected = 0;
  for (int round = 0; ::read(said[0], &byte, 1) == 1; ++round) {
    expected = (round == 10 ? 100 : expected) + 30;
    if (!reader) {
      reader = open("readonly");
    } else {
      EXPECT_EQ(expected, refreshed(reader));
    }
    expect_right(reader, 1, expected, std::max<int64_t>(0, expected - 100));
    if (HasFatalFailure() || ::write(asked[1], "g", 1) != 1) break;
  }
  ::close(asked[1]);
  ::close(said[0]);
  int status = -1;
  ASSERT_EQ(child, ::waitpid(child, &status, 0));
  EXPECT_EQ(0, status);
  EXPECT_EQ(400, expected);
}

std::string layout_name(const ::testing::TestParamInfo<const char *> &info) {
  std::string name = info.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '=' || c == ' '; }, '_');
  return name.empty() ? "defaults" : name;
}

INSTANTIATE_TEST_SUITE_P(Over, LiveGrowth,
                         ::testing::Values("", "chunk_bytes=1", "compression=none",
                                           "compression=none chunk_bytes=1"),
                         layout_name);

}  // namespace
