// A program that uses HDF5 itself while the library records with workers: on a thread of its own, by closing
// HDF5 in the middle of it, and by forking in the middle of it.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

#include "after_fork.hpp"
#include "odd_files.hpp"
#include "user_program.hpp"

namespace test {
namespace {

// ---- what is recorded

constexpr int64_t kSide = 96, kCells = kSide * kSide;

/// Smooth, with some noise in the last digits, so that deflate has work.
double sample(int64_t series, int64_t index, int64_t cell) {
  const double x = static_cast<double>(cell / kSide) / 30, y = static_cast<double>(cell % kSide) / 20;
  const double noise = static_cast<double>((cell * 7919 + index * 104729) % 1009) * 1e-9;
  return std::sin(x + static_cast<double>(index)) * std::cos(y - static_cast<double>(series)) + noise;
}

void fill(std::vector<double> &samples, int64_t series, int64_t index) {
  samples.resize(kCells);
  for (int64_t cell = 0; cell < kCells; ++cell)
    samples[static_cast<size_t>(cell)] = sample(series, index, cell);
}

/// With work on its way to the workers after each append: nothing is committed between.
constexpr const char *kInFlight = "threads=2 level=9 commit_seconds=1000000 chunk_bytes=300000";

void start(pde_storage *storage) {
  REQUIRE_OK(pde_storage_start(storage, new_field(unit_grid({kSide, kSide})), nullptr));
}

pde_status append(pde_storage *storage, int64_t series, int64_t index) {
  thread_local std::vector<double> samples;
  fill(samples, series, index);
  return pde_storage_append_raw(storage, PDE_FLOAT64, samples.data(), kCells, static_cast<double>(index));
}

void record(pde_storage *storage, int64_t series, int64_t first, int64_t count) {
  for (int64_t i = first; i < first + count; ++i) REQUIRE_OK(append(storage, series, i));
}

/// The number of snapshots that are not what they should be.
int64_t wrong_snapshots(pde_storage *storage, int64_t series, int64_t count) {
  std::vector<double> got(kCells), expected;
  int64_t wrong = 0;
  for (int64_t i = 0; i < count; ++i) {
    fill(expected, series, i);
    REQUIRE_OK(pde_storage_read_raw(storage, i, 1, 1, PDE_FLOAT64, got.data(), kCells));
    wrong += got != expected;
  }
  return wrong;
}

void expect_file(const std::string &path, int64_t series, int64_t length) {
  StorageHandle storage = open_storage(path, "readonly", options_from("threads=2"));
  EXPECT_EQ(length_of(storage), length);
  EXPECT_EQ(wrong_snapshots(storage, series, length_of(storage)), 0);
}

// ---- the host at work

herr_t count_errors(hid_t, void *user) {
  ++*static_cast<int *>(user);
  return 0;
}

int errors_on_stack() {
  return static_cast<int>(H5Eget_num(H5E_DEFAULT));
}

/// One file of the host's own, written and read back.
bool one_file(const std::string &path, int round) {
  std::vector<int> written(5000), read(written.size(), -1);
  for (size_t i = 0; i < written.size(); ++i) written[i] = static_cast<int>(i) * (round + 1) % 777;
  const hsize_t size = written.size(), chunk = 700;
  {
    const Closing file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    const Closing space(H5Screate_simple(1, &size, nullptr), H5Sclose);
    const Closing properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_chunk(properties, 1, &chunk);
    H5Pset_shuffle(properties);
    H5Pset_deflate(properties, 6);
    const Closing data(H5Dcreate2(file, "data", H5T_STD_I32LE, space, H5P_DEFAULT, properties, H5P_DEFAULT),
                       H5Dclose);
    if (H5Dwrite(data, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, written.data()) < 0) return false;
  }
  const Closing file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  const Closing data(H5Dopen2(file, "data", H5P_DEFAULT), H5Dclose);
  return H5Dread(data, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, read.data()) >= 0 && read == written;
}

struct HostResult {
  int rounds = 0, wrong_files = 0, wrong_errors = 0;
};

/// Uses HDF5 until it is told that it is enough, and hears of its own errors only.
HostResult use_hdf5(const std::string &folder, const std::atomic<bool> &enough) {
  HostResult result;
  int printed = 0;
  H5Eset_auto2(H5E_DEFAULT, count_errors, &printed);
  for (; !enough || result.rounds < 3; ++result.rounds) {
    const int before = printed;
    result.wrong_files += !one_file(folder + "/host.h5", result.rounds);
    result.wrong_errors += printed != before;
    const hid_t none = H5Fopen((folder + "/nowhere.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    const int entries = errors_on_stack();
    std::this_thread::yield();
    H5E_auto2_t function = nullptr;
    void *user = nullptr;
    result.wrong_errors += none >= 0 || entries == 0 || errors_on_stack() != entries || printed != before + 1;
    H5Eget_auto2(H5E_DEFAULT, &function, &user);
    result.wrong_errors += function != count_errors || user != &printed;
  }
  H5Eset_auto2(H5E_DEFAULT, reinterpret_cast<H5E_auto2_t>(H5Eprint2), stderr);
  return result;
}

/// Records and reads series with workers; fails inside HDF5 as well.
int64_t use_the_library(const std::string &folder, int64_t series) {
  const std::string path = folder + "/run" + std::to_string(series) + ".h5";
  int64_t wrong = 0;
  for (int round = 0; round < 2; ++round) {
    StorageHandle storage = open_storage(
        path, "truncate", options_from("threads=2 level=4 commit_every=9 checksum=true chunk_bytes=300000"));
    start(storage);
    record(storage, series, 0, 40);
    wrong += wrong_snapshots(storage, series, 40);  // some of them on their way
    REQUIRE_OK(pde_storage_close(storage.release()));
    storage = open_storage(path, "readonly", options_from("threads=2"));
    wrong += wrong_snapshots(storage, series, 40);
    StorageHandle none;
    wrong +=
        pde_storage_open((folder + "/bad.h5").c_str(), "readonly", nullptr, none.out()) != PDE_ERR_FORMAT;
  }
  return wrong;
}

class Host : public ::testing::Test {
 protected:
  TemporaryFolder folder;
  std::string path = folder.file("run.h5");
};

TEST_F(Host, UsesHdf5OnAThreadOfItsOwnWhileWeRecordAndRead) {
  hbool_t safe = 0;
  ASSERT_GE(H5is_library_threadsafe(&safe), 0);
  if (!safe) GTEST_SKIP() << "this HDF5 is not thread-safe";
  write_bytes(folder.file("bad.h5"), "\x89HDF\r\n\x1a\n and then nothing that makes sense");
  const std::string place = folder.path().string();
  for (const int64_t recorders : {1, 2}) {
    SCOPED_TRACE(recorders);
    const ssize_t objects = H5Fget_obj_count(static_cast<hid_t>(H5F_OBJ_ALL), H5F_OBJ_ALL);
    std::atomic<bool> enough{false};
    std::atomic<int64_t> wrong{0};
    HostResult host;
    std::thread host_thread([&] { host = use_hdf5(place, enough); });
    std::vector<std::thread> threads;
    for (int64_t series = 0; series < recorders; ++series) {
      threads.emplace_back([&, series] {
        try {
          wrong += use_the_library(place, series);
        } catch (const std::exception &error) {
          ADD_FAILURE() << error.what();
        }
      });
    }
    for (std::thread &thread : threads) thread.join();
    enough = true;
    host_thread.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_GE(host.rounds, 3);
    EXPECT_EQ(host.wrong_files, 0);
    EXPECT_EQ(host.wrong_errors, 0);
    EXPECT_EQ(H5Fget_obj_count(static_cast<hid_t>(H5F_OBJ_ALL), H5F_OBJ_ALL), objects);
    for (int64_t series = 0; series < recorders; ++series)
      expect_file(folder.file("run" + std::to_string(series) + ".h5"), series, 40);
  }
}

// ---- H5close() in the middle; in a child, whose exit handlers are part of the test

TEST_F(Host, ClosesHdf5WithWorkInFlight) {
  for (const bool appends : {true, false}) {
    SCOPED_TRACE(appends);
    EXPECT_TRUE(exited_well(run_in_child([&] {
      StorageHandle storage = open_storage(path, "truncate", options_from(kInFlight));
      start(storage);
      record(storage, 1, 0, 5);
      REQUIRE_OK(pde_storage_flush(storage));
      record(storage, 1, 5, 40);
      H5close();
      if (appends) {
        // One of the next appends needs HDF5, and says so.
        pde_status status = PDE_OK;
        for (int64_t i = 45; status == PDE_OK && i < 200; ++i) status = append(storage, 1, i);
        EXPECT_FAILS(PDE_ERR_IO, status, path, "H5close");
        EXPECT_STATUS(PDE_ERR_STATE, append(storage, 1, 200)) << "over for good";
      }
      EXPECT_FAILS(PDE_ERR_IO, pde_storage_close(storage.release()), path, "H5close");
      // The next one begins anew.
      storage = open_storage(folder.file("next.h5"), "truncate", options_from(kInFlight));
      start(storage);
      record(storage, 2, 0, 10);
      REQUIRE_OK(pde_storage_close(storage.release()));
      expect_file(folder.file("next.h5"), 2, 10);
      return HasFailure() ? 1 : 0;
    })));
    expect_file(path, 1, 5);  // what was committed
  }
}

TEST_F(Host, ClosesHdf5WithWorkInFlightAndExits) {
  EXPECT_TRUE(exited_well(run_in_child([&] {
    StorageHandle storage = open_storage(path, "truncate", options_from(kInFlight));
    start(storage);
    record(storage, 1, 0, 40);
    H5close();
    storage.release();  // never closed
    return 0;
  })));
  expect_file(path, 1, 1);  // the first append commits
}

TEST_F(Host, ClosesHdf5WhileWeReadAhead) {
  EXPECT_TRUE(exited_well(run_in_child([&] {
    StorageHandle storage = open_storage(path, "truncate", options_from(kInFlight));
    start(storage);
    record(storage, 1, 0, 60);
    REQUIRE_OK(pde_storage_close(storage.release()));
    storage = open_storage(path, "readonly", options_from("threads=2"));
    EXPECT_EQ(wrong_snapshots(storage, 1, 9), 0);  // in order, so what comes next is being read
    H5close();
    EXPECT_EQ(wrong_snapshots(storage, 1, 60), 0) << "it opens the file again";
    EXPECT_OK(pde_storage_close(storage.release()));
    return HasFailure() ? 1 : 0;
  })));
}

// ---- fork() in the middle

template <class F>
int fork_with_work_in_flight(F &&body) {
  return run_in_child([&] {
    has_memory_of_others = true;
    return body();
  });
}

/// A child that ends at once, without exit handlers.
int child_that_leaves() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  int status = -1;
  if (child > 0) ::waitpid(child, &status, 0);
  return status;
}

TEST_F(Host, ForksWithWorkInFlight) {
  StorageHandle storage = open_storage(path, nullptr, options_from(kInFlight));
  start(storage);
  record(storage, 1, 0, 30);
  EXPECT_TRUE(exited_well(fork_with_work_in_flight([] { return 0; }))) << "exit()";
  record(storage, 1, 30, 10);
  EXPECT_TRUE(exited_well(child_that_leaves())) << "_exit()";
  record(storage, 1, 40, 10);
  EXPECT_TRUE(exited_well(fork_with_work_in_flight([&] {
    EXPECT_FAILS(PDE_ERR_IO, pde_storage_flush(storage), path, "process");
    EXPECT_STATUS(PDE_ERR_IO, pde_storage_close(storage.release()));
    return HasFailure() ? 1 : 0;
  }))) << "lets go of it";
  record(storage, 1, 50, 10);
  ASSERT_OK(pde_storage_close(storage.release()));
  expect_file(path, 1, 60);
  EXPECT_EQ(folder.names(), std::set<std::string>{"run.h5"});
}

TEST_F(Host, RecordsInAChildForkedWithWorkInFlight) {
  if (!kThreadsAfterFork) GTEST_SKIP() << "ThreadSanitizer allows no threads in a forked child";
  StorageHandle storage = open_storage(path, nullptr, options_from(kInFlight));
  start(storage);
  record(storage, 1, 0, 30);
  const std::string own = folder.file("own.h5"), left = folder.file("left.h5");
  EXPECT_TRUE(exited_well(fork_with_work_in_flight([&] {
    StorageHandle mine = open_storage(own, nullptr, options_from(kInFlight));
    start(mine);
    record(mine, 2, 0, 30);
    REQUIRE_OK(pde_storage_close(mine.release()));
    expect_file(own, 2, 30);
    mine = open_storage(left, nullptr, options_from(kInFlight));
    start(mine);
    record(mine, 3, 0, 30);
    mine.release();  // and exits with work in flight, which is finished
    return HasFailure() ? 1 : 0;
  })));
  record(storage, 1, 30, 30);
  ASSERT_OK(pde_storage_close(storage.release()));
  expect_file(path, 1, 60);
  expect_file(own, 2, 30);
  expect_file(left, 3, 30);
}

/// With the storage of its parent as well, whose workers it does not have.
TEST_F(Host, ReadsInAChildForkedWhileWeReadAhead) {
  if (!kThreadsAfterFork) GTEST_SKIP() << "ThreadSanitizer allows no threads in a forked child";
  if (!kAllocatesAfterFork) GTEST_SKIP() << "AddressSanitizer's allocator may be locked in a forked child";
  StorageHandle storage = open_storage(path, nullptr, options_from("chunk_bytes=2000000"));
  start(storage);
  record(storage, 1, 0, 160);  // 27 a chunk
  ASSERT_OK(pde_storage_close(storage.release()));
  std::vector<double> got(kCells);
  for (int again = 0; again < 20; ++again) {
    SCOPED_TRACE(again);
    storage = open_storage(path, "readonly", options_from("threads=2"));
    for (int64_t i = 0; i < 3; ++i)  // in order, so what comes next is being read when the child is made
      REQUIRE_OK(pde_storage_read_raw(storage, i, 1, 1, PDE_FLOAT64, got.data(), kCells));
    ASSERT_TRUE(exited_well(fork_with_work_in_flight([&] {
      if (again == 0) expect_file(path, 1, 160);
      EXPECT_EQ(wrong_snapshots(storage, 1, 60), 0) << "in the storage that was inherited";
      EXPECT_OK(pde_storage_close(storage.release()));
      return HasFailure() ? 1 : 0;
    })));
    EXPECT_EQ(wrong_snapshots(storage, 1, 60), 0);
    ASSERT_OK(pde_storage_close(storage.release()));
  }
}

}  // namespace
}  // namespace test
