// One writer at a time: of this process, of another one, of another library; and what killed ones leave
// behind.
#include <sys/stat.h>

#include <cerrno>
#include <csignal>

#include "odd_files.hpp"
#include "user_program.hpp"

namespace test {
namespace {

const std::string kMe = "process " + std::to_string(::getpid());

/// A child that writes a file and waits to be told, or killed.
class OtherProcess {
 public:
  explicit OtherProcess(const std::string &path, const char *mode = nullptr) {
    int ready[2], go[2];
    if (::pipe(ready) != 0 || ::pipe(go) != 0) throw std::system_error(errno, std::generic_category());
    std::fflush(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(go[1]);
      ::_exit(write(path, mode, ready[1], go[0]));
    }
    ::close(ready[1]);
    ::close(go[0]);
    go_ = go[1];
    char byte = 0;
    writing_ = ::read(ready[0], &byte, 1) == 1;
    ::close(ready[0]);
  }
  ~OtherProcess() {
    if (pid_ > 0) kill();
  }
  OtherProcess(const OtherProcess &) = delete;
  OtherProcess &operator=(const OtherProcess &) = delete;

  pid_t pid() const { return pid_; }
  bool writing() const { return writing_; }
  int close() {
    ::close(std::exchange(go_, -1));
    int status = -1;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return status;
  }
  void kill() {
    ::kill(pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
    if (go_ >= 0) ::close(std::exchange(go_, -1));
  }

 private:
  static int write(const std::string &path, const char *mode, int ready, int go) {
    try {
      StorageHandle storage = open_storage(path, mode);
      const GridHandle grid = unit_grid({4});
      for (int i = 0; i < 2; ++i) REQUIRE_OK(pde_storage_append(storage, filled_field(grid, 10 + i), i));
      REQUIRE_OK(pde_storage_flush(storage));
      char byte = 1;
      if (::write(ready, &byte, 1) != 1) return 2;
      while (::read(go, &byte, 1) < 0 && errno == EINTR) continue;
      return pde_storage_close(storage.release()) == PDE_OK ? 0 : 3;
    } catch (const std::exception &error) {
      std::fprintf(stderr, "child: %s\n", error.what());
      return 1;
    }
  }

  pid_t pid_;
  int go_ = -1;
  bool writing_ = false;
};

class Writers : public ::testing::Test {
 protected:
  TemporaryFolder folder;
  std::string path = folder.file("run.h5");
  GridHandle grid = unit_grid({4});
  FieldHandle field = filled_field(grid, 1);
};

TEST_F(Writers, ASecondOneOfThisProcessIsRefusedUntilTheFirstIsClosed) {
  record_file(path, 1);
  StorageHandle first = open_storage(path, "append");
  ASSERT_OK(pde_storage_append(first, field, 5));
  for (const char *mode : {"append", "truncate_once", "truncate"}) {
    StorageHandle second = open_storage(path, mode);
    EXPECT_FAILS(PDE_ERR_BUSY, pde_storage_append(second, field, 6), path, kMe);
    EXPECT_FAILS(PDE_ERR_BUSY, pde_storage_start(second, field, nullptr), path, kMe);
    EXPECT_OK(pde_storage_close(second.release()));
  }
  ASSERT_OK(pde_storage_finish(first));
  StorageHandle second = open_storage(path, "append");
  EXPECT_FAILS(PDE_ERR_BUSY, pde_storage_append(second, field, 6), kMe) << "locked until close";
  ASSERT_OK(pde_storage_close(first.release()));
  EXPECT_OK(pde_storage_append(second, field, 6));
  ASSERT_OK(pde_storage_close(second.release()));
  EXPECT_EQ(times_of(open_storage(path, "readonly")), (std::vector<double>{0, 5, 6}));
  EXPECT_EQ(folder.names(), std::set<std::string>{"run.h5"});
}

TEST_F(Writers, TheLockIsOfTheFileNotOfItsName) {
  std::filesystem::create_symlink("run.h5", folder.file("link.h5"));
  record_file(path, 1);
  StorageHandle first = open_storage(path, "append"), second = open_storage(folder.file("link.h5"), "append");
  ASSERT_OK(pde_storage_append(first, field, 5));
  EXPECT_FAILS(PDE_ERR_BUSY, pde_storage_append(second, field, 6), kMe);
}

TEST_F(Writers, AnotherProcessIsNamedAndLeavesTheFileFreeWhenItCloses) {
  OtherProcess other(path);
  ASSERT_TRUE(other.writing());
  StorageHandle storage = open_storage(path, "append");
  EXPECT_FAILS(PDE_ERR_BUSY, pde_storage_append(storage, field, 6), path,
               "process " + std::to_string(other.pid()));
  EXPECT_TRUE(exited_well(other.close()));
  EXPECT_OK(pde_storage_append(storage, field, 6));
  ASSERT_OK(pde_storage_close(storage.release()));
  EXPECT_EQ(length_of(open_storage(path, "readonly")), 3);
}

TEST_F(Writers, AKilledProcessLeavesTheFileFreeAndWhatItHadCommitted) {
  OtherProcess other(path);
  ASSERT_TRUE(other.writing());
  StorageHandle storage = open_storage(path, "append");
  EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_append(storage, field, 6));
  other.kill();
  EXPECT_OK(pde_storage_append(storage, field, 6));
  ASSERT_OK(pde_storage_close(storage.release()));
  StorageHandle reader = open_storage(path, "readonly");
  EXPECT_EQ(times_of(reader), (std::vector<double>{0, 1, 6}));
  EXPECT_EQ(value_at(reader, 1), 11);
  EXPECT_EQ(folder.names(), std::set<std::string>{"run.h5"});
}

TEST_F(Writers, OneOfMemoryIsAloneToo) {
  StorageHandle first = open_storage("memory:shared", nullptr),
                second = open_storage("memory:shared", nullptr);
  ASSERT_OK(pde_storage_append(first, field, 0));
  EXPECT_FAILS(PDE_ERR_BUSY, pde_storage_append(second, field, 1), "memory:shared");
  ASSERT_OK(pde_storage_close(first.release()));
  second = open_storage("memory:shared", "append");
}

TEST_F(Writers, AProgramThatWritesWithStockHdf5IsRespected) {
  record_file(path, 2);
  const std::string before = bytes_of_file(path);
  {
    const Closing file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
    ASSERT_GE(file, 0);
    for (const char *mode : {"append", "truncate_once"}) {
      StorageHandle storage = open_storage(path, mode);
      EXPECT_FAILS(PDE_ERR_BUSY, pde_storage_append(storage, field, 9), path);
      EXPECT_EQ(length_of(storage), 2) << mode;
      EXPECT_OK(pde_storage_close(storage.release()));
    }
  }
  EXPECT_TRUE(bytes_of_file(path) == before);
  EXPECT_EQ(folder.names(), std::set<std::string>{"run.h5"});
  record_file(path, 1, "append");
}

TEST_F(Writers, StockHdf5CannotWriteWhatIsBeingRecorded) {
  StorageHandle storage = open_storage(path, nullptr);
  ASSERT_OK(pde_storage_append(storage, field, 0));
  H5E_BEGIN_TRY {
    const Closing file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
    EXPECT_LT(file, 0);
  }
  H5E_END_TRY
  ASSERT_OK(pde_storage_close(storage.release()));
  const Closing file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
  EXPECT_GE(file, 0);
}

// ---- what lies beside the file

TEST_F(Writers, WhatAKilledRunLeftBesideTheFileIsReplaced) {
  record_file(path, 3);
  {
    const std::string half = folder.file("half.h5");
    record_file(half, 1);
    std::filesystem::rename(half, path + ".tmp");
  }
  write_bytes(path + ".journal", "libpde journal 1\nprocess 1 on nowhere since long ago\n");
  record_file(path, 2, "truncate_once");
  EXPECT_EQ(length_of(open_storage(path, "readonly")), 2);
  EXPECT_EQ(folder.names(), std::set<std::string>{"run.h5"});
}

TEST_F(Writers, AnEmptyLeftoverIsReplaced) {
  write_bytes(path + ".tmp", "");
  write_bytes(path + ".journal", "");
  record_file(path, 2);
  EXPECT_EQ(folder.names(), std::set<std::string>{"run.h5"});
}

TEST_F(Writers, AnotherFileOfThatNameIsLeftAlone) {
  for (const bool exists : {false, true}) {
    if (exists) record_file(path, 2);
    const std::string before = exists ? bytes_of_file(path) : "";
    for (const std::string ending : {".tmp", ".journal"}) {
      SCOPED_TRACE(ending);
      write_bytes(path + ending, "my own notes");
      StorageHandle storage = open_storage(path, "truncate_once");
      const pde_status status = pde_storage_append(storage, field, 0);
      EXPECT_TRUE(status == PDE_ERR_EXISTS || status == PDE_ERR_FORMAT) << pde_status_name(status);
      EXPECT_NE(std::string(pde_error_message()).find(path + ending), std::string::npos)
          << pde_error_message();
      EXPECT_EQ(length_of(storage), exists ? 2 : 0);
      EXPECT_OK(pde_storage_close(storage.release()));
      EXPECT_EQ(bytes_of_file(path + ending), "my own notes");
      EXPECT_TRUE((exists ? bytes_of_file(path) : std::string()) == before);
      std::filesystem::remove(path + ending);
    }
    EXPECT_EQ(folder.names(), exists ? std::set<std::string>{"run.h5"} : std::set<std::string>{});
  }
}

TEST_F(Writers, FoldersPipesAndLinksOfThatNameAreLeftAlone) {
  for (const std::string ending : {".tmp", ".journal"}) {
    SCOPED_TRACE(ending);
    const std::string beside = path + ending;
    const auto expect_refused = [&](const char *what) {
      StorageHandle storage = open_storage(path, "truncate_once");
      const pde_status status = pde_storage_append(storage, field, 0);
      EXPECT_TRUE(status == PDE_ERR_EXISTS || status == PDE_ERR_IO || status == PDE_ERR_FORMAT)
          << what << ": " << pde_status_name(status);
      EXPECT_OK(pde_storage_close(storage.release()));
      EXPECT_TRUE(std::filesystem::is_symlink(beside) || std::filesystem::exists(beside)) << what;
      std::filesystem::remove(beside);
    };
    std::filesystem::create_directory(beside);
    expect_refused("folder");
    ASSERT_EQ(::mkfifo(beside.c_str(), 0666), 0);
    expect_refused("pipe");
    write_bytes(folder.file("notes"), "my own notes");
    std::filesystem::create_symlink("notes", beside);
    expect_refused("link");
    EXPECT_EQ(bytes_of_file(folder.file("notes")), "my own notes");
    std::filesystem::remove(folder.file("notes"));
  }
}

// ---- children that inherit a writer

TEST_F(Writers, AChildThatEndsDoesNotDisturbTheRecording) {
  record_file(path, 1);
  for (const char *mode : {"append", "truncate_once"}) {
    SCOPED_TRACE(mode);
    StorageHandle storage = open_storage(path, mode, options_from("commit_seconds=1000"));
    ASSERT_OK(pde_storage_append(storage, field, 10));
    ASSERT_OK(pde_storage_append(storage, field, 11));
    EXPECT_TRUE(exited_well(run_in_child([] { return 0; })));
    ASSERT_OK(pde_storage_append(storage, field, 12));
    const int64_t length = length_of(storage);
    ASSERT_OK(pde_storage_close(storage.release()));
    StorageHandle reader = open_storage(path, "readonly");
    EXPECT_EQ(length_of(reader), length);
    EXPECT_EQ(value_at(reader, -1), 1);
  }
  EXPECT_EQ(folder.names(), std::set<std::string>{"run.h5"});
}

TEST_F(Writers, AChildThatClosesWhatItInheritedDoesNotDisturbTheRecording) {
  record_file(path, 1);
  for (const bool committed : {false, true}) {
    SCOPED_TRACE(committed);
    StorageHandle storage = open_storage(path, "truncate_once", options_from("commit_seconds=1000"));
    ASSERT_OK(pde_storage_start(storage, field, nullptr));
    if (committed) {
      ASSERT_OK(pde_storage_append(storage, field, 10));
    }
    EXPECT_TRUE(exited_well(run_in_child([&] {
      EXPECT_STATUS(PDE_ERR_IO, pde_storage_append(storage, field, 10));
      EXPECT_FAILS(PDE_ERR_IO, pde_storage_close(storage.release()), path, std::to_string(::getppid()));
      return HasFailure() ? 1 : 0;
    })));
    StorageHandle second = open_storage(path, "append");
    EXPECT_FAILS(PDE_ERR_BUSY, pde_storage_append(second, field, 99), kMe)
        << "the lock is still the parent's";
    ASSERT_OK(pde_storage_append(storage, field, 11));
    ASSERT_OK(pde_storage_close(storage.release()));
    EXPECT_EQ(length_of(open_storage(path, "readonly")), committed ? 2 : 1);
  }
  EXPECT_EQ(folder.names(), std::set<std::string>{"run.h5"});
}

TEST_F(Writers, AFileIsFreeWhenItsWriterHasClosedItThoughAChildLives) {
  StorageHandle storage = open_storage(path, nullptr);
  ASSERT_OK(pde_storage_append(storage, field, 0));
  int hold[2];
  ASSERT_EQ(::pipe(hold), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(hold[1]);
    char byte;
    while (::read(hold[0], &byte, 1) < 0 && errno == EINTR) continue;
    ::_exit(0);
  }
  ASSERT_OK(pde_storage_close(storage.release()));
  record_file(path, 1, "append");
  H5E_BEGIN_TRY {
    const Closing file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
    EXPECT_GE(file, 0) << "stock HDF5 may write it now";
  }
  H5E_END_TRY
  ::close(hold[1]);
  ::close(hold[0]);
  ::waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace test
