// A program that uses HDF5 itself finds it as it left it, whatever it does with the library in between.
#include <unistd.h>

#include "odd_files.hpp"
#include "user_program.hpp"

namespace test {
namespace {

/// Fails inside HDF5 and outside of it, and succeeds, on all paths that are worth a look.
void use_the_library(const std::string &folder) {
  const std::string good = folder + "/good.h5", cut = folder + "/cut.h5", foreign = folder + "/foreign.h5";
  record_file(good, 2);
  write_truncated_series(cut, 0.5);
  {
    // Not in this process's HDF5 more than needed: the error stack must not be ours to begin with.
    if (!std::filesystem::exists(foreign)) write_hdf5(foreign, {{"data", H5T_C_S1, {3}}});
  }
  StorageHandle storage;
  EXPECT_STATUS(PDE_ERR_FORMAT, pde_storage_open(cut.c_str(), "readonly", nullptr, storage.out()));
  EXPECT_STATUS(PDE_ERR_FORMAT, pde_storage_open(foreign.c_str(), "readonly", nullptr, storage.out()));
  storage = open_storage(good, "append");
  EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_append(storage, filled_field(unit_grid({9}), 1), 9));
  EXPECT_OK(pde_storage_append(storage, filled_field(unit_grid({4}), 1), 9));
  EXPECT_EQ(value_at(storage, 0), 1);
  EXPECT_OK(pde_storage_close(storage.release()));
  std::filesystem::remove(good);
  std::filesystem::remove(cut);
  std::filesystem::remove(foreign);
}

std::vector<std::string> error_stack() {
  std::vector<std::string> entries;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_DOWNWARD,
      [](unsigned, const H5E_error2_t *entry, void *user) -> herr_t {
        static_cast<std::vector<std::string> *>(user)->push_back(std::string(entry->func_name) + ": " +
                                                                 entry->desc);
        return 0;
      },
      &entries);
  return entries;
}

herr_t quiet(hid_t, void *user) {
  ++*static_cast<int *>(user);
  return 0;
}
herr_t quiet_old(void *user) {
  ++*static_cast<int *>(user);
  return 0;
}

class Guest : public ::testing::Test {
 protected:
  ~Guest() override { H5Eset_auto2(H5E_DEFAULT, reinterpret_cast<H5E_auto2_t>(H5Eprint2), stderr); }
  TemporaryFolder folder;
};

TEST_F(Guest, LeavesTheErrorStackOfTheHost) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  write_hdf5(folder.file("foreign.h5"), {{"data", H5T_C_S1, {3}}});
  EXPECT_LT(H5Fopen(folder.file("nowhere.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), 0);
  const std::vector<std::string> before = error_stack();
  ASSERT_FALSE(before.empty());
  StorageHandle storage;
  EXPECT_STATUS(PDE_ERR_FORMAT,
                pde_storage_open(folder.file("foreign.h5").c_str(), "readonly", nullptr, storage.out()));
  EXPECT_EQ(error_stack(), before);
  storage = open_storage(folder.file("run.h5"), nullptr);
  EXPECT_OK(pde_storage_append(storage, filled_field(unit_grid({4}), 1), 0));
  EXPECT_OK(pde_storage_close(storage.release()));
  EXPECT_EQ(error_stack(), before);
}

TEST_F(Guest, LeavesThePrintingOfTheHostAndPrintsNothing) {
  int printed = 0;
  ASSERT_GE(H5Eset_auto2(H5E_DEFAULT, quiet, &printed), 0);
  use_the_library(folder.path().string());
  EXPECT_EQ(printed, 0);
  H5E_auto2_t function = nullptr;
  void *user = nullptr;
  ASSERT_GE(H5Eget_auto2(H5E_DEFAULT, &function, &user), 0);
  EXPECT_EQ(function, quiet);
  EXPECT_EQ(user, &printed);
}

TEST_F(Guest, LeavesThePrintingChosenThroughTheOlderInterface) {
  int printed = 0;
  ASSERT_GE(H5Eset_auto1(quiet_old, &printed), 0);
  use_the_library(folder.path().string());
  EXPECT_EQ(printed, 0);
  H5E_auto1_t function = nullptr;
  void *user = nullptr;
  ASSERT_GE(H5Eget_auto1(&function, &user), 0);
  EXPECT_EQ(function, quiet_old);
  EXPECT_EQ(user, &printed);
  H5Fopen(folder.file("nowhere.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  EXPECT_EQ(printed, 1) << "the host still hears of its own errors";
}

TEST_F(Guest, LeavesTheDefaultPrinting) {
  H5E_auto2_t before = nullptr, after = nullptr;
  void *user = nullptr;
  ASSERT_GE(H5Eget_auto2(H5E_DEFAULT, &before, &user), 0);
  Captured err(2);
  use_the_library(folder.path().string());
  EXPECT_EQ(err.text(), "");
  ASSERT_GE(H5Eget_auto2(H5E_DEFAULT, &after, &user), 0);
  EXPECT_EQ(before, after);
}

TEST_F(Guest, LeavesNoIdsBehind) {
  use_the_library(folder.path().string());
  const ssize_t files = H5Fget_obj_count(static_cast<hid_t>(H5F_OBJ_ALL), H5F_OBJ_ALL);
  for (int i = 0; i < 3; ++i) use_the_library(folder.path().string());
  EXPECT_EQ(H5Fget_obj_count(static_cast<hid_t>(H5F_OBJ_ALL), H5F_OBJ_ALL), files);
}

TEST_F(Guest, LeavesOpenFilesOfTheHostAlone) {
  const std::string path = folder.file("host.h5");
  write_hdf5(path, {{"numbers", H5T_IEEE_F64LE, {3}}});
  const Closing file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
  const Closing dataset(H5Dopen2(file, "numbers", H5P_DEFAULT), H5Dclose);
  const double written[3] = {1, 2, 3};
  ASSERT_GE(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, written), 0);
  use_the_library(folder.path().string());
  double read[3] = {};
  EXPECT_GE(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, read), 0);
  EXPECT_EQ(read[2], 3);
  EXPECT_GE(H5Fflush(file, H5F_SCOPE_GLOBAL), 0);
}

TEST_F(Guest, TheHostMayReadTheFileThatIsBeingReadHere) {
  const std::string path = folder.file("run.h5");
  record_file(path, 2);
  StorageHandle storage = open_storage(path, "readonly");
  EXPECT_EQ(value_at(storage, 0), 1);
  {
    const Closing file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
    EXPECT_GE(file, 0);
    EXPECT_EQ(value_at(storage, 1), 2);
  }
  EXPECT_EQ(value_at(storage, 0), 1) << "closing the host's file does not close ours";
}

// ---- H5close() by the host; in a child, whose exit handlers are part of the test

TEST_F(Guest, SurvivesThatTheHostClosesHdf5WhileItRecords) {
  const std::string path = folder.file("run.h5");
  EXPECT_TRUE(exited_well(run_in_child([&] {
    const FieldHandle field = filled_field(unit_grid({4}), 7);
    StorageHandle storage = open_storage(path, nullptr, options_from("commit_every=1"));
    EXPECT_OK(pde_storage_append(storage, field, 0));
    EXPECT_OK(pde_storage_append(storage, field, 1));
    H5close();
    EXPECT_FAILS(PDE_ERR_IO, pde_storage_append(storage, field, 2), path, "H5close");
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_append(storage, field, 2)) << "over for good";
    EXPECT_FAILS(PDE_ERR_IO, pde_storage_close(storage.release()), path, "H5close");
    EXPECT_EQ(value_at(open_storage(path, "readonly"), 1), 7) << "what was committed stays";
    record_file(folder.file("next.h5"), 3);
    return HasFailure() ? 1 : 0;
  })));
  EXPECT_EQ(length_of(open_storage(path, "readonly")), 2);
}

TEST_F(Guest, SurvivesThatTheHostClosesHdf5WhileItReads) {
  const std::string path = folder.file("run.h5");
  record_file(path, 3);
  EXPECT_TRUE(exited_well(run_in_child([&] {
    StorageHandle storage = open_storage(path, "readonly");
    EXPECT_EQ(value_at(storage, 0), 1);
    H5close();
    // The host's new ids must not be taken for ours.
    const Closing file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
    EXPECT_EQ(value_at(storage, 2), 3) << "it opens the file again";
    EXPECT_OK(pde_storage_close(storage.release()));
    EXPECT_GT(H5Lexists(file, "data", H5P_DEFAULT), 0);
    return HasFailure() ? 1 : 0;
  })));
}

TEST_F(Guest, SurvivesThatTheHostClosesHdf5BeforeTheFirstCommit) {
  const std::string path = folder.file("run.h5");
  record_file(path, 3);
  const std::string before = bytes_of_file(path);
  EXPECT_TRUE(exited_well(run_in_child([&] {
    const FieldHandle field = filled_field(unit_grid({4}), 7);
    StorageHandle storage = open_storage(path, "truncate_once");
    EXPECT_OK(pde_storage_start(storage, field, nullptr));
    H5close();
    EXPECT_STATUS(PDE_ERR_IO, pde_storage_append(storage, field, 0));
    EXPECT_STATUS(PDE_ERR_IO, pde_storage_close(storage.release()));
    return HasFailure() ? 1 : 0;
  })));
  EXPECT_TRUE(bytes_of_file(path) == before);
  EXPECT_EQ(folder.names(), std::set<std::string>{"run.h5"});
}

TEST_F(Guest, ExitsWellWithARecordingStillOpen) {
  for (const bool closed : {false, true}) {
    SCOPED_TRACE(closed);
    const std::string path = folder.file(closed ? "a.h5" : "b.h5");
    EXPECT_TRUE(exited_well(run_in_child([&] {
      StorageHandle storage = open_storage(path, nullptr);
      EXPECT_OK(pde_storage_append(storage, filled_field(unit_grid({4}), 7), 0));
      storage.release();  // never closed
      if (closed) H5close();
      return HasFailure() ? 1 : 0;
    })));
    EXPECT_EQ(length_of(open_storage(path, "readonly")), 1) << "the first append commits";
  }
}

TEST_F(Guest, StorageThatFailedCanStillBeReadAsFarAsItWasCommitted) {
  const std::string path = folder.file("run.h5");
  EXPECT_TRUE(exited_well(run_in_child([&] {
    const FieldHandle field = filled_field(unit_grid({4}), 7);
    StorageHandle storage = open_storage(path, nullptr, options_from("commit_every=1"));
    EXPECT_OK(pde_storage_append(storage, field, 0));
    H5close();
    EXPECT_STATUS(PDE_ERR_IO, pde_storage_append(storage, field, 1));
    EXPECT_EQ(length_of(storage), 1);
    EXPECT_EQ(value_at(storage, 0), 7);
    EXPECT_EQ(times_of(storage), std::vector<double>{0});
    EXPECT_STATUS(PDE_ERR_IO, pde_storage_close(storage.release()));
    return HasFailure() ? 1 : 0;
  })));
}

}  // namespace
}  // namespace test
