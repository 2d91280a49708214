// What is no time series, given as a storage: refused with the documented status, and never changed.
#include <sys/stat.h>

#include <cmath>

#include "odd_files.hpp"
#include "user_program.hpp"

namespace test {
namespace {

constexpr const char *kModes[] = {"create",          "truncate_once", "truncate",
                                  "truncate_always", "append",        "readonly"};

bool truncates(const std::string &mode) {
  return mode.starts_with("truncate");
}

struct OddFile {
  const char *name;
  void (*make)(const std::string &path);
  pde_status status;  // of opening it
  pde_status status_when_truncating;
  pde_status status_when_appending;
  std::vector<std::string> words;  // of the message
};

const OddFile kOddFiles[] = {
    {"directory",
     [](const std::string &path) { ::mkdir(path.c_str(), 0777); },
     PDE_ERR_IO,
     PDE_ERR_IO,
     PDE_ERR_IO,
     {"directory", "expected a file"}},
    {"text",
     [](const std::string &path) { write_bytes(path, "time,mean\n0,1\n"); },
     PDE_ERR_FORMAT,
     PDE_ERR_FORMAT,
     PDE_ERR_FORMAT,
     {"HDF5", "14 bytes"}},
    {"one byte",
     [](const std::string &path) { write_bytes(path, "\x89"); },
     PDE_ERR_FORMAT,
     PDE_ERR_FORMAT,
     PDE_ERR_FORMAT,
     {"HDF5"}},
    {"long text",
     [](const std::string &path) { write_bytes(path, std::string(100000, 'x')); },
     PDE_ERR_FORMAT,
     PDE_ERR_FORMAT,
     PDE_ERR_FORMAT,
     {"HDF5"}},
    {"pipe",
     [](const std::string &path) { ::mkfifo(path.c_str(), 0666); },
     PDE_ERR_IO,
     PDE_ERR_IO,
     PDE_ERR_IO,
     {"pipe", "expected a file"}},
    {"cut in half",
     [](const std::string &path) { write_truncated_series(path, 0.5); },
     PDE_ERR_FORMAT,
     PDE_OK,
     PDE_ERR_FORMAT,
     {"HDF5", "cut off"}},
    {"cut behind the signature",
     [](const std::string &path) { write_truncated_series(path, 0.005); },
     PDE_ERR_FORMAT,
     PDE_OK,
     PDE_ERR_FORMAT,
     {"HDF5"}},
    {"nothing of ours",
     [](const std::string &path) {
       write_hdf5(path, {{"temperature", H5T_IEEE_F64LE, {3}}});
     },
     PDE_ERR_FORMAT,
     PDE_OK,
     PDE_OK,
     {"/data", "expected data and times"}},
    {"no times",
     [](const std::string &path) {
       write_hdf5(path, {{"data", H5T_IEEE_F64LE, {3, 4}}});
     },
     PDE_ERR_FORMAT,
     PDE_OK,
     PDE_ERR_FORMAT,
     {"/times", "expected data and times"}},
    {"no data",
     [](const std::string &path) {
       write_hdf5(path, {{"times", H5T_IEEE_F64LE, {3}}});
     },
     PDE_ERR_FORMAT,
     PDE_OK,
     PDE_ERR_FORMAT,
     {"/data", "expected data and times"}},
    {"single value as data",
     [](const std::string &path) {
       write_hdf5(path, {{"data", H5T_IEEE_F64LE, {}}, {"times", H5T_IEEE_F64LE, {3}}});
     },
     PDE_ERR_FORMAT,
     PDE_OK,
     PDE_ERR_FORMAT,
     {"/data", "expected"}},
    {"table of times",
     [](const std::string &path) {
       write_hdf5(path, {{"data", H5T_IEEE_F64LE, {3, 4}}, {"times", H5T_IEEE_F64LE, {3, 2}}});
     },
     PDE_ERR_FORMAT,
     PDE_OK,
     PDE_ERR_FORMAT,
     {"/times", "2 axes", "expected 1"}},
    {"strings as data",
     [](const std::string &path) {
       write_hdf5(path, {{"data", H5T_C_S1, {3, 4}}, {"times", H5T_IEEE_F64LE, {3}}});
     },
     PDE_ERR_UNSUPPORTED,
     PDE_OK,
     PDE_ERR_UNSUPPORTED,
     {"/data", "a string"}},
    {"strings as times",
     [](const std::string &path) {
       write_hdf5(path, {{"data", H5T_IEEE_F64LE, {3, 4}}, {"times", H5T_C_S1, {3}}});
     },
     PDE_ERR_FORMAT,
     PDE_OK,
     PDE_ERR_FORMAT,
     {"/times", "expected numbers"}},
};

/// The bytes of a file; nothing of what has none.
std::string content(const std::string &path) {
  return std::filesystem::is_regular_file(path) ? bytes_of_file(path) : std::string();
}

TEST(BadFile, IsRefusedAndLeftAsItIs) {
  for (const OddFile &file : kOddFiles) {
    for (const std::string mode : kModes) {
      SCOPED_TRACE(std::string(file.name) + ", mode " + mode);
      const TemporaryFolder folder;
      const std::string path = folder.file("odd.h5");
      file.make(path);
      const std::string before = content(path);
      const pde_status expected = truncates(mode)    ? file.status_when_truncating
                                  : mode == "append" ? file.status_when_appending
                                                     : file.status;
      pde_storage *storage = reinterpret_cast<pde_storage *>(0x5a5a);
      const pde_status status = pde_storage_open(path.c_str(), mode.c_str(), nullptr, &storage);
      ASSERT_STATUS(expected, status);
      if (status == PDE_OK) {
        EXPECT_EQ(length_of(storage), 0);
        const FieldHandle field = filled_field(unit_grid({4}), 1);
        EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_append(storage, field, NAN), "nan", "finite");
        EXPECT_OK(pde_storage_close(storage));
      } else {
        EXPECT_EQ(storage, nullptr);
        std::vector<std::string> words = file.words;
        words.push_back(path);
        EXPECT_TRUE(fails_with(expected, status, words));
      }
      EXPECT_EQ(content(path), before);
      EXPECT_EQ(folder.names(), std::set<std::string>{"odd.h5"});
    }
  }
}

TEST(BadFile, ThatIsEmptyIsAnEmptyStorageExceptForReading) {
  for (const std::string mode : kModes) {
    SCOPED_TRACE(mode);
    const TemporaryFolder folder;
    const std::string path = folder.file("empty.h5");
    write_bytes(path, "");
    StorageHandle storage;
    const pde_status status = pde_storage_open(path.c_str(), mode.c_str(), nullptr, storage.out());
    if (mode == "readonly") {
      EXPECT_TRUE(fails_with(PDE_ERR_FORMAT, status, {path, "empty", "expected an HDF5 file"}));
    } else {
      ASSERT_OK(status);
      EXPECT_EQ(length_of(storage), 0);
      ASSERT_OK(pde_storage_close(storage.release()));
    }
    EXPECT_EQ(bytes_of_file(path), "");
    EXPECT_EQ(folder.names(), std::set<std::string>{"empty.h5"});
  }
}

TEST(BadFile, WithoutASeriesTakesOneBesideWhatIsThere) {
  const TemporaryFolder folder;
  const std::string path = folder.file("shared.h5");
  write_hdf5(path, {{"temperature", H5T_IEEE_F64LE, {3}}});
  record_file(path, 2, "append");
  EXPECT_EQ(length_of(open_storage(path, "readonly")), 2);
  const Closing file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  EXPECT_GT(H5Lexists(file, "temperature", H5P_DEFAULT), 0);
  EXPECT_GT(H5Aexists(file, "owner"), 0);
}

TEST(BadFile, ThatIsCutOffIsReplacedByAModeThatTruncates) {
  const TemporaryFolder folder;
  const std::string path = folder.file("cut.h5");
  write_truncated_series(path, 0.5);
  record_file(path, 2, "truncate_once");
  EXPECT_EQ(length_of(open_storage(path, "readonly")), 2);
  EXPECT_EQ(folder.names(), std::set<std::string>{"cut.h5"});
}

TEST(BadFile, DamageInsideIsNoticedWhenItIsRead) {
  const TemporaryFolder folder;
  const std::string path = folder.file("damaged.h5");
  const GridHandle grid = unit_grid({5000});
  StorageHandle storage = open_storage(path, nullptr, options_from("checksum=true compression=none"));
  for (int i = 0; i < 3; ++i) ASSERT_OK(pde_storage_append(storage, filled_field(grid, 1234.5), i));
  ASSERT_OK(pde_storage_close(storage.release()));
  std::string bytes = bytes_of_file(path);
  std::string pattern(8, '\0');
  const double value = 1234.5;
  std::memcpy(pattern.data(), &value, sizeof value);
  const size_t at = bytes.rfind(pattern + pattern);  // the first commit has left an older copy before it
  ASSERT_NE(at, std::string::npos);
  bytes[at] ^= 1;
  write_bytes(path, bytes);
  storage = open_storage(path, "readonly");
  const FieldHandle field = sample_of(storage);
  EXPECT_FAILS(PDE_ERR_FORMAT, pde_storage_read(storage, 0, field), path);
  double t = -1;
  EXPECT_OK(pde_storage_times(storage, 2, 1, &t));
  EXPECT_EQ(t, 2);
}

TEST(BadFile, AMovieIsNeitherReadNorAddedTo) {
  const TemporaryFolder folder;
  const std::string path = folder.file("film.mp4");
  for (const char *mode : {"append", "readonly"}) {
    StorageHandle storage;
    EXPECT_FAILS(PDE_ERR_UNSUPPORTED, pde_storage_open(path.c_str(), mode, nullptr, storage.out()), mode);
  }
  StorageHandle storage;
  for (const char *ending : {".webm", ".gif"}) {
    EXPECT_FAILS(
        PDE_ERR_UNSUPPORTED,
        pde_storage_open(folder.file(std::string("film") + ending).c_str(), nullptr, nullptr, storage.out()),
        ending, ".mp4");
  }
  EXPECT_EQ(folder.names(), std::set<std::string>{});
}

TEST(BadFile, OfOthersIsNotTurnedIntoAMovie) {
  const TemporaryFolder folder;
  const std::string path = folder.file("film.mp4");
  write_bytes(path, "precious");
  StorageHandle storage;
  const pde_status status = pde_storage_open(path.c_str(), "create", nullptr, storage.out());
  if (status == PDE_ERR_UNSUPPORTED) GTEST_SKIP() << "no movie module: " << pde_error_message();
  ASSERT_OK(status);
  const FieldHandle field = filled_field(unit_grid({8, 8}), 1);
  EXPECT_FAILS(PDE_ERR_EXISTS, pde_storage_append(storage, field, 0), path);
  ASSERT_OK(pde_storage_close(storage.release()));
  EXPECT_EQ(bytes_of_file(path), "precious");
  ::mkdir(folder.file("folder.mp4").c_str(), 0777);
  EXPECT_FAILS(PDE_ERR_IO,
               pde_storage_open(folder.file("folder.mp4").c_str(), nullptr, nullptr, storage.out()),
               "folder.mp4", "directory");
  EXPECT_EQ(folder.names(), (std::set<std::string>{"film.mp4", "folder.mp4"}));
}

}  // namespace
}  // namespace test
