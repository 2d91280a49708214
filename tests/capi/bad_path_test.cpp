// Paths that lead nowhere, to what may not be written, or somewhere else than they seem to.
#include <sys/prctl.h>

#include <climits>

#include "odd_files.hpp"
#include "user_program.hpp"

namespace test {
namespace {

namespace fs = std::filesystem;

/// Runs as somebody who may not write everywhere; the tests may run as root.
template <class F>
int run_as_nobody(F &&body) {
  return run_in_child([&] {
    const bool root = ::geteuid() == 0;
    if (root && ::seteuid(65534) != 0) return 1;
    const int code = body();
    // As it was, or the leak checker at the exit may not look into its own process.
    if (root && (::seteuid(0) != 0 || ::prctl(PR_SET_DUMPABLE, 1) != 0)) return 1;
    return code;
  });
}

TEST(BadPath, BelowAFileIsRefused) {
  const TemporaryFolder folder;
  write_bytes(folder.file("file.txt"), "text");
  const std::string path = folder.file("file.txt/run.h5");
  for (const char *mode : {"create", "truncate_once", "append", "readonly"}) {
    StorageHandle storage;
    EXPECT_FAILS(PDE_ERR_IO, pde_storage_open(path.c_str(), mode, nullptr, storage.out()), path);
  }
  EXPECT_EQ(bytes_of_file(folder.file("file.txt")), "text");
}

TEST(BadPath, ThatDoesNotExistCanOnlyBeWritten) {
  const TemporaryFolder folder;
  const std::string path = folder.file("a/b/run.h5");
  StorageHandle storage;
  EXPECT_FAILS(PDE_ERR_NOT_FOUND, pde_storage_open(path.c_str(), "readonly", nullptr, storage.out()), path);
  EXPECT_FALSE(fs::exists(folder.file("a"))) << "opening changes nothing";
  record_file(path, 1);
  EXPECT_TRUE(fs::exists(path));
}

TEST(BadPath, ThatIsTooLongIsRefused) {
  const TemporaryFolder folder;
  const std::string path = folder.file(std::string(NAME_MAX + 20, 'x') + ".h5");
  const FieldHandle field = filled_field(unit_grid({4}), 1);
  StorageHandle storage;
  const pde_status opened = pde_storage_open(path.c_str(), nullptr, nullptr, storage.out());
  EXPECT_STATUS(PDE_ERR_IO, opened);
  const std::string film = folder.file(std::string(NAME_MAX + 20, 'x') + ".mp4");
  const pde_status film_opened = pde_storage_open(film.c_str(), nullptr, nullptr, storage.out());
  EXPECT_TRUE(film_opened == PDE_ERR_IO || film_opened == PDE_ERR_UNSUPPORTED) << pde_error_message();
}

TEST(BadPath, WithoutNameOrKindIsRefused) {
  StorageHandle storage;
  for (const char *uri : {"", "run", "run.txt", "hdf5", "file:run.h5x", "h5", "hdf5:", "movie:"})
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_open(uri, nullptr, nullptr, storage.out()), "uri", uri);
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_open("\xff\xfe.h5", nullptr, nullptr, storage.out()), "uri",
               "UTF-8");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_open("memory:", "write", nullptr, storage.out()), "write",
               "create", "truncate_once", "truncate", "append", "readonly");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_open("memory:", "", nullptr, storage.out()), "mode");
}

TEST(BadPath, InAFolderThatMayNotBeWrittenIsRefused) {
  const TemporaryFolder folder;
  const std::string closed = folder.file("closed");
  fs::create_directory(closed);
  record_file(closed + "/old.h5", 2);
  const std::string before = bytes_of_file(closed + "/old.h5");
  fs::permissions(folder.path(), fs::perms::all);
  fs::permissions(closed, static_cast<fs::perms>(0555));
  EXPECT_TRUE(exited_well(run_as_nobody([&] {
    const FieldHandle field = filled_field(unit_grid({4}), 1);
    StorageHandle storage = open_storage(closed + "/new.h5", nullptr);
    EXPECT_FAILS(PDE_ERR_IO, pde_storage_append(storage, field, 0), closed, "ermission");
    EXPECT_EQ(length_of(storage), 0);
    EXPECT_OK(pde_storage_close(storage.release()));
    storage = open_storage(closed + "/deeper/new.h5", nullptr);
    EXPECT_FAILS(PDE_ERR_IO, pde_storage_append(storage, field, 0), closed, "ermission");
    EXPECT_OK(pde_storage_close(storage.release()));
    for (const char *mode : {"truncate_once", "append"}) {
      storage = open_storage(closed + "/old.h5", mode);
      EXPECT_FAILS(PDE_ERR_IO, pde_storage_append(storage, field, 9), closed, "ermission");
      EXPECT_EQ(length_of(storage), 2) << mode;
      EXPECT_EQ(value_at(storage, 1), 2) << mode;
      EXPECT_OK(pde_storage_close(storage.release()));
    }
    EXPECT_EQ(value_at(open_storage(closed + "/old.h5", "readonly"), 0), 1);
    return HasFailure() ? 1 : 0;
  })));
  fs::permissions(closed, fs::perms::owner_all);
  EXPECT_EQ(bytes_of_file(closed + "/old.h5"), before);
  EXPECT_EQ(std::distance(fs::directory_iterator(closed), {}), 1);
}

TEST(BadPath, ToAFileThatMayNotBeWrittenCanBeReadAndReplacedOnly) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  record_file(path, 2);
  const std::string before = bytes_of_file(path);
  fs::permissions(folder.path(), fs::perms::all);
  fs::permissions(path, fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
  EXPECT_TRUE(exited_well(run_as_nobody([&] {
    const FieldHandle field = filled_field(unit_grid({4}), 1);
    StorageHandle storage = open_storage(path, "append");
    EXPECT_FAILS(PDE_ERR_IO, pde_storage_append(storage, field, 9), path, "ermission");
    EXPECT_EQ(value_at(storage, 1), 2);
    EXPECT_OK(pde_storage_close(storage.release()));
    EXPECT_EQ(length_of(open_storage(path, "readonly")), 2);
    return HasFailure() ? 1 : 0;
  })));
  EXPECT_EQ(bytes_of_file(path), before);
  EXPECT_EQ(folder.names(), std::set<std::string>{"run.h5"});
}

TEST(BadPath, ToAFileThatMayNotBeReadIsRefused) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  record_file(path, 1);
  fs::permissions(folder.path(), fs::perms::all);
  fs::permissions(path, fs::perms::none);
  EXPECT_TRUE(exited_well(run_as_nobody([&] {
    for (const char *mode : {"create", "truncate_once", "append", "readonly"}) {
      StorageHandle storage;
      EXPECT_FAILS(PDE_ERR_IO, pde_storage_open(path.c_str(), mode, nullptr, storage.out()), path,
                   "ermission");
    }
    return HasFailure() ? 1 : 0;
  })));
}

TEST(BadPath, ThroughALinkChangesTheFileAndKeepsTheLink) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5"), link = folder.file("link.h5");
  record_file(path, 3);
  fs::create_symlink("run.h5", link);
  record_file(link, 2, "truncate_once");
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_FALSE(fs::is_symlink(path));
  EXPECT_EQ(length_of(open_storage(path, "readonly")), 2);
  record_file(link, 1, "append");
  EXPECT_EQ(length_of(open_storage(path, "readonly")), 3);
  EXPECT_EQ(folder.names(), (std::set<std::string>{"link.h5", "run.h5"}));
}

TEST(BadPath, ThroughALinkToNothingMakesTheFileThatItNames) {
  const TemporaryFolder folder;
  fs::create_symlink("later.h5", folder.file("link.h5"));
  record_file(folder.file("link.h5"), 2);
  EXPECT_TRUE(fs::is_symlink(folder.file("link.h5")));
  EXPECT_EQ(length_of(open_storage(folder.file("later.h5"), "readonly")), 2);
}

TEST(BadPath, ThroughALinkToItselfIsRefused) {
  const TemporaryFolder folder;
  fs::create_symlink("loop.h5", folder.file("loop.h5"));
  StorageHandle storage;
  EXPECT_STATUS(PDE_ERR_IO,
                pde_storage_open(folder.file("loop.h5").c_str(), nullptr, nullptr, storage.out()));
  EXPECT_TRUE(fs::is_symlink(folder.file("loop.h5")));
}

TEST(BadPath, ThatIsRelativeStaysTheSameFileWhenTheFolderChanges) {
  const TemporaryFolder folder;
  const fs::path before = fs::current_path();
  fs::create_directory(folder.file("elsewhere"));
  fs::current_path(folder.path());
  StorageHandle storage = open_storage("run.h5", nullptr);
  fs::current_path(folder.file("elsewhere"));
  const FieldHandle field = filled_field(unit_grid({4}), 7);
  EXPECT_OK(pde_storage_append(storage, field, 0));
  EXPECT_OK(pde_storage_finish(storage));
  EXPECT_EQ(value_at(storage, 0), 7);
  EXPECT_OK(pde_storage_close(storage.release()));
  fs::current_path(before);
  EXPECT_EQ(folder.names(), (std::set<std::string>{"elsewhere", "run.h5"}));
  EXPECT_TRUE(fs::is_empty(folder.file("elsewhere")));
}

}  // namespace
}  // namespace test
