// Recording through workers, as seen through the C API: what was just appended, what a kill leaves, and
// samples that are rounded.
#include <gtest/gtest.h>
#include <hdf5.h>
#include <pde.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/temporary_folder.hpp"

namespace {

constexpr int64_t kCells = 24;
using Samples = std::vector<double>;

Samples samples(int number) {
  Samples values(kCells * kCells);
  uint64_t state = static_cast<uint64_t>(number) * 2654435761u + 1;
  for (size_t i = 0; i < values.size(); ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    values[i] =
        std::sin(0.1 * static_cast<double>(i) + number) + 1e-3 * static_cast<double>(state >> 40) * 0x1p-24;
  }
  return values;
}

/// A storage with a field on it.
class Recording {
 public:
  Recording(const std::string &path, const char *mode, const std::string &text) {
    const int64_t shape[] = {kCells, kCells};
    check(pde_grid_create_unit(2, shape, nullptr, &grid_));
    check(pde_field_create(grid_, PDE_SCALAR, PDE_FLOAT64, nullptr, &field_));
    check(pde_options_create(&options_));
    check(pde_options_parse(options_, text.c_str()));
    check(pde_storage_open(path.c_str(), mode, options_, &storage_));
  }
  ~Recording() {
    pde_options_free(options_);
    pde_field_free(field_);
    pde_grid_free(grid_);
    if (storage_) pde_storage_close(storage_);
  }
  Recording(const Recording &) = delete;
  Recording &operator=(const Recording &) = delete;

  static void check(pde_status status) { ASSERT_EQ(status, PDE_OK) << pde_error_message(); }
  void append(int number) {
    void *data;
    check(pde_field_data(field_, PDE_FLOAT64, &data));
    std::memcpy(data, samples(number).data(), sizeof(double) * kCells * kCells);
    check(pde_storage_append(storage_, field_, number));
  }
  Samples read(int64_t index) {
    Samples values(kCells * kCells);
    check(pde_storage_read_raw(storage_, index, 1, 1, PDE_FLOAT64, values.data(), kCells * kCells));
    return values;
  }
  int64_t length() {
    int64_t length = -1;
    check(pde_storage_length(storage_, &length));
    return length;
  }
  std::string statistics() {
    const char *json = nullptr;
    check(pde_storage_statistics(storage_, &json));
    return json;
  }
  void close() { check(pde_storage_close(std::exchange(storage_, nullptr))); }
  pde_storage *storage() { return storage_; }

 private:
  pde_grid *grid_ = nullptr;
  pde_field *field_ = nullptr;
  pde_options *options_ = nullptr;
  pde_storage *storage_ = nullptr;
};

class JustAppended : public ::testing::TestWithParam<const char *> {};

TEST_P(JustAppended, IsReadAsItIsReadLater) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  constexpr int kSnapshots = 60;
  std::vector<Samples> seen;
  {
    Recording recording(path, "create", GetParam());
    for (int i = 0; i < kSnapshots; ++i) {
      recording.append(i);
      seen.push_back(recording.read(-1));
      EXPECT_EQ(recording.read(0), seen[0]) << i;
      EXPECT_EQ(recording.read(i / 2), seen[static_cast<size_t>(i / 2)]) << i;
      double times[2];
      Recording::check(pde_storage_times(recording.storage(), i / 2, i > 0 ? 2 : 1, times));
      EXPECT_EQ(times[0], i / 2);
    }
    recording.close();
  }
  Recording later(path, "readonly", "");
  for (int i = 0; i < kSnapshots; ++i) EXPECT_EQ(later.read(i), seen[static_cast<size_t>(i)]) << i;
  if (std::string(GetParam()).find("keep") == std::string::npos) {
    for (int i = 0; i < kSnapshots; ++i) EXPECT_EQ(seen[static_cast<size_t>(i)], samples(i)) << i;
  }
}

// Seven snapshots share a chunk, or each has its own, or there are tiles.
INSTANTIATE_TEST_SUITE_P(
    With, JustAppended,
    ::testing::Values("threads=0 chunk_bytes=33000", "threads=2 chunk_bytes=33000",
                      "threads=8 chunk_bytes=33000 commit_every=3", "threads=2 chunk_bytes=1",
                      "threads=2 chunk_bytes=33000 keep_bits=12", "threads=0 chunk_bytes=33000 keep_bits=12",
                      "threads=2 chunk_bytes=33000 keep_bits=12 commit_every=1",
                      "threads=2 chunk_bytes=33000 keep_bits=12 compression=none commit_every=2",
                      "threads=2 chunk_shape=4,10,9 commit_every=5", "threads=2 chunk_shape=1,10,9",
                      "threads=2 chunk_bytes=33000 compression=none checksum=true commit_every=1"));

/// How many chunks of /data leave filters out, and how many snapshots plain HDF5 finds right.
struct Found {
  int raw = 0, right = 0;
  hsize_t rows = 0;
};

Found look(const std::string &path) {
  Found found;
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t data = H5Dopen2(file, "data", H5P_DEFAULT), times = H5Dopen2(file, "times", H5P_DEFAULT);
  const hid_t space = H5Dget_space(data), times_space = H5Dget_space(times);
  hsize_t size[3] = {}, chunks = 0;
  H5Sget_simple_extent_dims(times_space, &found.rows, nullptr);
  H5Sget_simple_extent_dims(space, size, nullptr);
  found.rows = std::min(found.rows, size[0]);
  H5Dget_num_chunks(data, space, &chunks);
  for (hsize_t i = 0; i < chunks; ++i) {
    hsize_t offset[3], bytes;
    unsigned mask = 0;
    haddr_t address;
    H5Dget_chunk_info(data, space, i, offset, &mask, &address, &bytes);
    found.raw += mask != 0;
  }
  const hsize_t one[] = {1, kCells, kCells};
  const hid_t memory = H5Screate_simple(3, one, nullptr);
  for (hsize_t row = 0; row < found.rows; ++row) {
    const hsize_t start[] = {row, 0, 0};
    Samples values(kCells * kCells);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, one, nullptr);
    if (H5Dread(data, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, values.data()) >= 0)
      found.right += values == samples(static_cast<int>(row));
  }
  for (const hid_t id : {memory, space, times_space}) H5Sclose(id);
  H5Dclose(data);
  H5Dclose(times);
  H5Fclose(file);
  return found;
}

/// Seven snapshots share a chunk. The child ends without a word after each number of them.
TEST(KilledRecording, LeavesARawTailThatIsReadAndGoesOn) {
  for (const char *options :
       {"threads=0 commit_every=1 chunk_bytes=33000", "threads=2 commit_every=1 chunk_bytes=33000",
        "threads=0 commit_every=1 chunk_bytes=33000 checksum=true",
        "threads=0 commit_every=1 chunk_shape=7,10,9"}) {
    for (int count = 1; count <= 16; ++count) {
      SCOPED_TRACE(::testing::Message() << options << ", " << count << " snapshots");
      const test::TemporaryFolder folder;
      const std::string path = folder.file("run.h5");
      const pid_t child = fork();
      if (child == 0) {
        Recording recording(path, "create", options);
        for (int i = 0; i < count; ++i) recording.append(i);
        _exit(0);
      }
      waitpid(child, nullptr, 0);
      const Found left = look(path);
      EXPECT_EQ(left.rows, static_cast<hsize_t>(count));
      EXPECT_EQ(left.right, count);
      const bool workers = std::string(options).find("threads=0") == std::string::npos;
      if (count % 7 != 0) {
        EXPECT_GT(left.raw, 0) << "the open chunk";
      } else if (!workers) {
        EXPECT_EQ(left.raw, 0) << "a full one is sealed";
      }
      {
        Recording recording(path, "append", "level=9 threads=1");
        EXPECT_EQ(recording.length(), count);
        for (int i = count; i < count + 10; ++i) recording.append(i);
        recording.close();
      }
      const Found whole = look(path);
      EXPECT_EQ(whole.rows, static_cast<hsize_t>(count + 10));
      EXPECT_EQ(whole.right, count + 10);
      // A full chunk that was still being compressed when the writer was killed stays as it was written.
      EXPECT_LE(whole.raw, workers ? left.raw : 0) << "the end of a session seals";
    }
  }
}

/// Commits by time take several appends, as they wait for nothing; the child ends in the middle of some of
/// them.
TEST(KilledRecording, LosesNothingBetweenTheStepsOfACommit) {
  for (int count = 30; count < 70; ++count) {
    SCOPED_TRACE(::testing::Message() << count << " snapshots");
    const test::TemporaryFolder folder;
    const std::string path = folder.file("run.h5");
    const pid_t child = fork();
    if (child == 0) {
      Recording recording(path, "create", "threads=2 chunk_bytes=33000 commit_seconds=0.05");
      for (int i = 0; i < count; ++i) {
        recording.append(i);
        usleep(1000);
      }
      _exit(0);
    }
    waitpid(child, nullptr, 0);
    const Found left = look(path);
    EXPECT_GE(left.rows, 1u);
    EXPECT_EQ(left.right, static_cast<int>(left.rows));
  }
}

/// A chunk that is to go on is read first; if it cannot be, nothing is changed.
/// As h5py writes with libver="latest": version 3 of the first block, which tells of who has the file open.
void write_newest_format(const std::string &path) {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  const hsize_t size[] = {1, kCells, kCells}, most[] = {H5S_UNLIMITED, kCells, kCells}, one = 1;
  for (const char *name : {"data", "times"}) {
    const int axes = name[0] == 'd' ? 3 : 1;
    const hid_t space = H5Screate_simple(axes, size, most), creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, axes, axes == 3 ? size : &one);
    const hid_t dataset = H5Dcreate2(file, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    const Samples first = axes == 3 ? samples(0) : Samples{0};
    H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, first.data());
    H5Dclose(dataset), H5Pclose(creation), H5Sclose(space);
  }
  H5Fclose(file), H5Pclose(access);
}

TEST(KilledRecording, OfAFileOfTheNewestFormatIsOpenedByAnyReader) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  write_newest_format(path);
  ASSERT_EQ(test::bytes_of_file(path)[8], 3);
  const pid_t child = fork();
  if (child == 0) {
    Recording recording(path, "append", "commit_every=1");
    for (int i = 1; i < 5; ++i) recording.append(i);
    _exit(0);
  }
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_EQ(test::bytes_of_file(path)[11], 0);
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  ASSERT_GE(file, 0) << "HDF5 takes it for one that is being written";
  const hid_t data = H5Dopen2(file, "data", H5P_DEFAULT);
  Samples values(5 * kCells * kCells);
  EXPECT_GE(H5Dread(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
  for (int i = 0; i < 5; ++i) {
    const auto begin = values.begin() + i * kCells * kCells;
    EXPECT_EQ(Samples(begin, begin + kCells * kCells), samples(i)) << i;
  }
  H5Dclose(data), H5Fclose(file);
  Recording recording(path, "append", "");
  EXPECT_EQ(recording.length(), 5);
  recording.append(5);
  EXPECT_EQ(recording.read(5), samples(5));
}

TEST(GoingOn, NeedsTheLastChunk) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  {
    Recording recording(path, "create", "checksum=true");
    for (int i = 0; i < 5; ++i) recording.append(i);
    recording.close();
  }
  std::string bytes = test::bytes_of_file(path);
  // The first chunk begins with the header of a zlib stream; it is the only one.
  const size_t chunk = bytes.find("\x78\x01");
  ASSERT_NE(chunk, bytes.npos);
  bytes[chunk + 2000] = static_cast<char>(~bytes[chunk + 2000]);
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  {
    Recording recording(path, "append", "checksum=true");
    pde_field *field = nullptr;
    ASSERT_EQ(pde_storage_sample(recording.storage(), &field), PDE_OK);
    EXPECT_EQ(pde_storage_append(recording.storage(), field, 5), PDE_ERR_FORMAT);
    pde_field_free(field);
    const std::string message = pde_error_message();
    EXPECT_NE(message.find("snapshots 0 to 4"), std::string::npos) << message;
    EXPECT_NE(message.find("run.h5"), std::string::npos) << message;
  }
  Recording later(path, "readonly", "");
  EXPECT_EQ(later.length(), 5);
  double times[5];
  EXPECT_EQ(pde_storage_times(later.storage(), 0, 5, times), PDE_OK);
  EXPECT_EQ(times[4], 4);
}

/// However often it was committed: chunks of 1 MiB, a raw tail among them, do not stay behind in a short run.
TEST(ShortRecording, TakesAShortFile) {
  for (const char *options : {"", "commit_every=1", "commit_every=7 threads=0", "commit_seconds=1e9"}) {
    const test::TemporaryFolder folder;
    const std::string path = folder.file("run.h5");
    Recording recording(path, "create", options);
    for (int i = 0; i < 20; ++i) recording.append(i);
    recording.close();
    EXPECT_LT(std::filesystem::file_size(path), uintmax_t{20 * sizeof(double) * kCells * kCells + 32768})
        << options;
  }
}

TEST(RoundedRecording, KeepsItsBoundAndTellsOfIt) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  const auto worst = [&](Recording &recording, int64_t from, int64_t to) {
    double error = 0;
    for (int64_t i = from; i < to; ++i) {
      const Samples got = recording.read(i), given = samples(static_cast<int>(i));
      for (size_t k = 0; k < got.size(); ++k) error = std::max(error, std::fabs(got[k] - given[k]));
    }
    return error;
  };
  for (const char *options : {"tolerance_abs=0.01", "tolerance_abs=0.01", "", "keep_bits=8"}) {
    Recording recording(path, "append", options);
    const auto first = static_cast<int>(recording.length());
    for (int i = first; i < first + 5; ++i) recording.append(i);
    recording.close();
  }
  Recording later(path, "readonly", "");
  EXPECT_NE(later.statistics().find(
                R"("rounding": [{"from":0,"tolerance_abs":0.01},{"from":10},{"from":15,"keep_bits":8}])"),
            std::string::npos)
      << later.statistics();
  EXPECT_LE(worst(later, 0, 10), 0.01);
  EXPECT_GT(worst(later, 0, 10), 0.001);
  EXPECT_EQ(worst(later, 10, 15), 0);
  EXPECT_LE(worst(later, 15, 20), 0x1p-9);
  Recording lossless(folder.file("lossless.h5"), "create", "");
  lossless.append(0);
  EXPECT_NE(lossless.statistics().find(R"("rounding": null)"), std::string::npos);
}

TEST(RoundedRecording, RefusesBoundsThatCannotBeMeant) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  for (const std::string option :
       {"keep_bits=-1", "keep_bits=53", "keep_bits=1.5", "tolerance_abs=-1e-9", "tolerance_abs=nan",
        "tolerance_abs=inf", "tolerance_rel=-0.1", "tolerance_rel=1.01", "tolerance_rel=nan"}) {
    pde_options *options = nullptr;
    pde_storage *storage = nullptr;
    ASSERT_EQ(pde_options_create(&options), PDE_OK);
    pde_status status = pde_options_parse(options, option.c_str());
    if (status == PDE_OK) status = pde_storage_open(path.c_str(), "create", options, &storage);
    EXPECT_EQ(status, PDE_ERR_ARGUMENT) << option;
    const std::string message = pde_error_message(), name = option.substr(0, option.find('='));
    EXPECT_NE(message.find(name), std::string::npos) << message;
    EXPECT_NE(message.find(option.substr(option.find('=') + 1)), std::string::npos) << message;
    EXPECT_EQ(storage, nullptr);
    EXPECT_NE(access(path.c_str(), F_OK), 0) << option;
    pde_options_free(options);
  }
}

TEST(RoundedRecording, IsRefusedForIntegersBeforeThereIsAFile) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  Recording recording(path, "create", "keep_bits=8");
  const int64_t shape[] = {4};
  pde_grid *grid;
  pde_field *field;
  ASSERT_EQ(pde_grid_create_unit(1, shape, nullptr, &grid), PDE_OK);
  ASSERT_EQ(pde_field_create(grid, PDE_SCALAR, PDE_INT32, nullptr, &field), PDE_OK);
  EXPECT_EQ(pde_storage_append(recording.storage(), field, 0), PDE_ERR_DTYPE);
  EXPECT_NE(access(path.c_str(), F_OK), 0);
  pde_field_free(field);
  pde_grid_free(grid);
}

}  // namespace
