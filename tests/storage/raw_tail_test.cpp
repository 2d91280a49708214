// Chunks that several snapshots share, as they are committed half full, killed, cut and gone on with; and the
// times beside them. Looked at through the C API and, with HDF5 alone, as any other program sees the file.
#include <hdf5.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "capi/odd_files.hpp"
#include "support/capi_handles.hpp"
#include "support/temporary_folder.hpp"

using namespace test;

namespace {

constexpr int64_t kSide = 16, kCells = kSide * kSide;
constexpr int64_t kPerChunk = 8;
constexpr hsize_t kChunkBytes = kPerChunk * kCells * sizeof(double);
const std::string kShared = "chunk_bytes=" + std::to_string(kChunkBytes) + " ";
const std::string kNever = "commit_seconds=1e9 ";  // but for what is asked for

/// A snapshot by what it was made from: negative numbers give noise, which gets no smaller.
using Made = std::vector<int64_t>;

double sample(int64_t made, int64_t cell) {
  if (made >= 0) return static_cast<double>(made * 1000 + cell) / 8;
  uint64_t mixed = static_cast<uint64_t>(made * kCells + cell) * 0x9e3779b97f4a7c15U;
  mixed = (mixed ^ (mixed >> 29)) * 0xbf58476d1ce4e5b9U;
  mixed ^= mixed >> 32;
  return static_cast<double>(mixed) / 3;
}

std::vector<double> samples_of(int64_t made) {
  std::vector<double> samples(kCells);
  for (int64_t cell = 0; cell < kCells; ++cell) samples[static_cast<size_t>(cell)] = sample(made, cell);
  return samples;
}

double time_of(size_t index) {
  return static_cast<double>(index) / 4;
}
// ---- what plain HDF5 finds

struct StoredChunk {
  hsize_t row = 0;
  unsigned mask = 0;
  hsize_t size = 0;
};

struct Seen {
  std::vector<double> times;
  std::vector<std::vector<double>> snapshots;
  std::vector<StoredChunk> chunks;
  hsize_t times_chunk = 0;  // 0: contiguous
};

hid_t opened(hid_t id) {
  if (id < 0) throw std::runtime_error("HDF5 cannot open it");
  return id;
}

hsize_t rows_of(hid_t dataset) {
  const Closing space(opened(H5Dget_space(dataset)), H5Sclose);
  hsize_t size[3] = {};
  H5Sget_simple_extent_dims(space, size, nullptr);
  return size[0];
}

std::vector<double> values_of(hid_t dataset) {
  const Closing space(opened(H5Dget_space(dataset)), H5Sclose);
  std::vector<double> values(static_cast<size_t>(H5Sget_simple_extent_npoints(space)));
  if (H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
    throw std::runtime_error("HDF5 cannot read it");
  return values;
}

/// Along the first axis; 0: contiguous.
hsize_t chunk_rows(hid_t dataset) {
  const Closing properties(opened(H5Dget_create_plist(dataset)), H5Pclose);
  hsize_t chunk[3] = {};
  if (H5Pget_layout(properties) == H5D_CHUNKED) H5Pget_chunk(properties, 3, chunk);
  return chunk[0];
}

std::vector<StoredChunk> chunks_of(hid_t data) {
  if (chunk_rows(data) == 0) return {};
  const Closing space(opened(H5Dget_space(data)), H5Sclose);
  hsize_t count = 0;
  if (H5Dget_num_chunks(data, space, &count) < 0) throw std::runtime_error("HDF5 cannot count chunks");
  std::vector<StoredChunk> chunks;
  for (hsize_t i = 0; i < count; ++i) {
    StoredChunk chunk;
    hsize_t lower[3] = {};
    haddr_t address = 0;
    if (H5Dget_chunk_info(data, space, i, lower, &chunk.mask, &address, &chunk.size) < 0)
      throw std::runtime_error("HDF5 cannot find a chunk");
    chunk.row = lower[0];
    chunks.push_back(chunk);
  }
  std::sort(chunks.begin(), chunks.end(), [](const auto &a, const auto &b) { return a.row < b.row; });
  return chunks;
}

Seen look(const std::string &path) {
  const Closing file(opened(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT)), H5Fclose);
  const Closing data(opened(H5Dopen2(file, "data", H5P_DEFAULT)), H5Dclose);
  const Closing times(opened(H5Dopen2(file, "times", H5P_DEFAULT)), H5Dclose);
  Seen seen;
  seen.times = values_of(times);
  seen.chunks = chunks_of(data);
  seen.times_chunk = chunk_rows(times);
  const std::vector<double> all = values_of(data);
  const size_t rows = std::min<size_t>(rows_of(data), seen.times.size());
  for (size_t i = 0; i < rows; ++i) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(i) * kCells;
    seen.snapshots.emplace_back(begin, begin + kCells);
  }
  seen.times.resize(rows);
  return seen;
}

void expect_seen(const Seen &seen, const Made &made) {
  ASSERT_EQ(made.size(), seen.snapshots.size());
  for (size_t i = 0; i < made.size(); ++i) {
    ASSERT_TRUE(samples_of(made[i]) == seen.snapshots[i]) << "plain HDF5, snapshot " << i;
    ASSERT_EQ(time_of(i), seen.times[i]) << "plain HDF5, snapshot " << i;
  }
}

void expect_all_filtered(const Seen &seen) {
  for (const StoredChunk &chunk : seen.chunks) EXPECT_EQ(0U, chunk.mask) << "chunk at row " << chunk.row;
}

// ---- recording

class RawTail : public ::testing::Test {
 protected:
  StorageHandle open(const char *mode, const std::string &options = "") {
    StorageHandle storage;
    REQUIRE_OK(pde_storage_open(path_.c_str(), mode, options_from(options), storage.out()));
    return storage;
  }
  /// Behind what `made` tells of.
  void append(pde_storage *storage, Made &made, int64_t from) {
    const std::vector<double> samples = samples_of(from);
    int32_t writing = 0;
    REQUIRE_OK(pde_storage_is_writing(storage, &writing));
    if (!writing) REQUIRE_OK(pde_storage_start(storage, field_, nullptr));
    REQUIRE_OK(pde_storage_append_raw(storage, PDE_FLOAT64, samples.data(), kCells, time_of(made.size())));
    made.push_back(from);
  }
  void append_some(pde_storage *storage, Made &made, int64_t from, int count) {
    const int64_t step = from < 0 ? -1 : 1;
    for (int i = 0; i < count; ++i) append(storage, made, from + step * i);
  }
  void expect_read(pde_storage *storage, const Made &made) {
    ASSERT_EQ(static_cast<int64_t>(made.size()), length_of(storage));
    const std::vector<double> times = times_of(storage);
    std::vector<double> got(kCells);
    for (size_t i = 0; i < made.size(); ++i) {
      ASSERT_OK(
          pde_storage_read_raw(storage, static_cast<int64_t>(i), 1, 1, PDE_FLOAT64, got.data(), kCells));
      ASSERT_TRUE(samples_of(made[i]) == got) << "C API, snapshot " << i;
      ASSERT_EQ(time_of(i), times[i]) << "C API, snapshot " << i;
    }
  }
  /// By both, and as it is to be when nobody writes it.
  void expect_closed(const Made &made) {
    expect_read(open("readonly"), made);
    const Seen seen = look(path_);
    expect_seen(seen, made);
    expect_all_filtered(seen);
  }
  void start_again() { std::filesystem::remove(path_); }

  TemporaryFolder folder_;
  std::string path_ = folder_.file("run.h5");
  GridHandle grid_ = unit_grid({kSide, kSide});
  FieldHandle field_ = new_field(grid_);
};

/// The chunk at the end is as it is; what is full may still wait for its worker.
void expect_tail(const Seen &seen, unsigned all_skipped) {
  const size_t length = seen.snapshots.size();
  ASSERT_EQ((length + kPerChunk - 1) / kPerChunk, seen.chunks.size());
  for (const StoredChunk &chunk : seen.chunks) {
    const bool open = chunk.row + kPerChunk > length;
    EXPECT_TRUE(chunk.mask == all_skipped || (!open && chunk.mask == 0)) << chunk.mask;
    EXPECT_TRUE(chunk.mask == 0 || chunk.size == kChunkBytes) << chunk.size;
  }
}

struct Recording {
  const char *options;
  unsigned all_skipped;
};

class Committing : public RawTail, public ::testing::WithParamInterface<Recording> {};

TEST_P(Committing, ShowsEachSnapshotToEveryReader) {
  for (const int64_t from : {int64_t{1}, int64_t{-1}}) {
    SCOPED_TRACE(from < 0 ? "noise" : "smooth");
    start_again();
    StorageHandle storage = open("create", kShared + kNever + "commit_every=1 " + GetParam().options);
    Made made;
    for (int i = 0; i < 27; ++i) {
      SCOPED_TRACE(i);
      append(storage, made, from * (i + 1));
      const Seen seen = look(path_);
      ASSERT_NO_FATAL_FAILURE(expect_seen(seen, made));
      ASSERT_NO_FATAL_FAILURE(expect_tail(seen, GetParam().all_skipped));
    }
    ASSERT_OK(pde_storage_close(storage.release()));
    ASSERT_NO_FATAL_FAILURE(expect_closed(made));
  }
}

TEST_P(Committing, CostsNoRoom) {
  const auto size_of = [&](int64_t from, const char *commits) {
    start_again();
    StorageHandle storage = open("create", kShared + kNever + commits + GetParam().options);
    Made made;
    append_some(storage, made, from, 100);
    EXPECT_OK(pde_storage_close(storage.release()));
    expect_closed(made);
    return std::filesystem::file_size(path_);
  };
  for (const int64_t from : {int64_t{1}, int64_t{-1}}) {
    const uintmax_t without = size_of(from, ""), most = without + 16 * 1024;
    uintmax_t with = size_of(from, "commit_every=1 ");
    // Where workers fall behind, more than one chunk lies in the file as it is, and leaves a gap.
    for (int again = 0; with > most && again < 20; ++again) with = size_of(from, "commit_every=1 ");
    EXPECT_LE(with, most) << (from < 0 ? "noise" : "smooth");
    EXPECT_GE(with + 16 * 1024, without) << (from < 0 ? "noise" : "smooth");
  }
}

/// Full chunks that wait for their worker when the process ends are sealed by whoever goes on.
TEST_F(RawTail, OfAKilledSessionIsSealedByTheNextOne) {
  size_t left = 0;
  for (int again = 0; again < 10; ++again) {
    start_again();
    const pid_t child = fork();
    if (child == 0) {
      StorageHandle storage = open("create", kShared + kNever + "commit_every=1 threads=1 level=9");
      Made made;
      for (int i = 0; i < 40; ++i) append(storage, made, 1 + i);
      _exit(0);
    }
    waitpid(child, nullptr, 0);
    Made made;
    for (int i = 0; i < 40; ++i) made.push_back(1 + i);
    const Seen seen = look(path_);
    ASSERT_NO_FATAL_FAILURE(expect_seen(seen, made));
    for (const StoredChunk &chunk : seen.chunks) left += chunk.mask != 0 && chunk.row + kPerChunk <= 40;
    {
      StorageHandle storage = open("append", "threads=2 level=9");
      ASSERT_NO_FATAL_FAILURE(expect_read(storage, made));
      append_some(storage, made, 41, again % 3);
      ASSERT_NO_FATAL_FAILURE(expect_read(storage, made));
      if (again % 3 == 0) REQUIRE_OK(pde_storage_start(storage, field_, nullptr));
      ASSERT_OK(pde_storage_close(storage.release()));
    }
    ASSERT_NO_FATAL_FAILURE(expect_closed(made));
  }
  EXPECT_GT(left, 0U) << "nothing waited, so nothing has been tested";
}

std::string options_name(const ::testing::TestParamInfo<Recording> &recording) {
  std::string name = recording.param.options;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '=' || c == ' '; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Over, Committing,
                         ::testing::Values(Recording{"threads=0", 3}, Recording{"threads=2", 3},
                                           Recording{"threads=0 checksum=true", 7},
                                           Recording{"threads=2 checksum=true", 7},
                                           Recording{"threads=2 shuffle=false", 1}),
                         options_name);

}  // namespace
