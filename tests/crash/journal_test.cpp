// Journals that are found: whole, cut off, damaged, of another file, held, on odd file systems. What does not
// fit is never applied and never removed.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/log.hpp"
#include "crash/file_log.hpp"
#include "crash/scenario.hpp"
#include "storage/hdf5/journal.hpp"
#include "storage/hdf5/replay.hpp"
#include "storage/storage.hpp"
#include "support/forwarding_ops.hpp"
#include "support/temporary_folder.hpp"

namespace pde {
namespace {

using crash::FileChange;
using crash::FileState;
using crash::Found;
using crash::Scenario;

std::vector<std::string> &lines() {
  static std::vector<std::string> lines;
  return lines;
}

bool said(const std::string &words) {
  return std::any_of(lines().begin(), lines().end(),
                     [&](const std::string &line) { return line.find(words) != line.npos; });
}

void write_file(const std::string &path, const std::string &bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// A file in the middle of a commit: 6 snapshots were committed, the 7th is half there.
class Journals : public testing::Test {
 protected:
  void SetUp() override {
    lines().clear();
    set_log_handler([](int32_t, const char *line, void *) { lines().push_back(line); }, nullptr, nullptr);
    const test::TemporaryFolder run;
    crash::FileLog log(run.path());
    size_t begin = 0;
    {
      const test::WithOps with(&log);
      const StoragePtr storage =
          open_storage(run.file("run.h5"), "truncate", crash::options_of(scenario_.options));
      for (int64_t i = 0; i < 7; ++i) {
        begin = log.size();
        crash::append_numbered(*storage, scenario_, i);
      }
      begin_ = begin;
      end_ = log.size();
      storage->close();
    }
    FileState state;
    for (size_t i = 0; i < end_; ++i) {
      state.apply(log.changes()[i]);
      // As soon as the record stands there, and one place of it has been written.
      if (i < begin_ || !is_odd(state)) continue;
      state.apply(log.changes()[i + 1]);
      break;
    }
    data_ = state.contents.at(state.names.at("run.h5"));
    journal_ = state.contents.at(state.names.at("run.h5.journal"));
    series_ = crash::numbered_series(scenario_, 7);
    put(data_, journal_);
  }
  void TearDown() override { set_log_handler(nullptr, nullptr, nullptr); }

  static bool is_odd(const FileState &state) {
    const auto name = state.names.find("run.h5.journal");
    if (name == state.names.end()) return false;
    const std::string &bytes = state.contents.at(name->second);
    return bytes.size() > 600 && bytes.compare(512, 8, "pdestate") == 0 && (bytes[520] & 1) != 0;
  }
  void put(const std::string &data, const std::string &journal) {
    write_file(path(), data);
    write_file(path() + ".journal", journal);
  }
  std::string path() const { return folder_.file("run.h5"); }
  bool has(const std::string &name) const { return std::filesystem::exists(folder_.file(name)); }

  /// Reading and going on find these many snapshots, all right.
  void expect_found(size_t length) {
    const Found found = crash::look(path());
    ASSERT_EQ(found.how, Found::How::read) << found.problem;
    EXPECT_EQ(found.series, crash::Series(series_.begin(), series_.begin() + static_cast<int64_t>(length)));
    EXPECT_EQ(crash::go_on(path(), found.series, scenario_.rows, scenario_.columns), "");
  }

  const Scenario scenario_{"", Scenario::Start::fresh,
                           "threads=0 commit_every=1 chunk_bytes=5200 commit_seconds=1000", 0};
  test::TemporaryFolder folder_;
  size_t begin_ = 0, end_ = 0;
  std::string data_, journal_;
  crash::Series series_;
};

TEST_F(Journals, AreCompletedByWhoeverMayWriteAndTheLogTells) {
  open_storage(path(), "append", {})->close();
  EXPECT_FALSE(has("run.h5.journal"));
  EXPECT_TRUE(said("completed the commit that process ")) << lines().size();
  expect_found(7);
}

TEST_F(Journals, AreLaidOverByWhoOnlyReads) {
  const Found found = crash::look(path());
  EXPECT_EQ(found.series, series_);
  EXPECT_TRUE(test::bytes_of_file(path()) == data_);
  EXPECT_TRUE(test::bytes_of_file(path() + ".journal") == journal_);
}

TEST_F(Journals, OfFilesThatMustNotBeWrittenAreLaidOver) {
  class ReadOnly final : public test::ForwardingOps {
   public:
    int open(const std::string &path, int flags, unsigned permissions) override {
      if ((flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0) return -EROFS;
      return ForwardingOps::open(path, flags, permissions);
    }
  } ops;
  const test::WithOps with(&ops);
  for (const char *mode : {"readonly", "append", "create"}) {
    const Found found = crash::look(path(), mode);
    EXPECT_EQ(found.how, Found::How::read) << mode << found.problem;
    EXPECT_EQ(found.series, series_) << mode;
  }
  EXPECT_TRUE(test::bytes_of_file(path()) == data_);
  EXPECT_TRUE(test::bytes_of_file(path() + ".journal") == journal_);
}

/// Any byte of the record or its state: it is seen, and nothing is applied.
TEST_F(Journals, ThatAreDamagedAreKeptAside) {
  uint64_t size = 0;
  std::memcpy(&size, journal_.data() + 528, sizeof size);
  for (size_t at = 512; at < 576 + size; at += at < 552 ? 1 : 41) {
    if (at >= 552 && at < 576) continue;  // zeros that mean nothing yet
    std::string damaged = journal_;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x5a);
    put(data_, damaged);
    SCOPED_TRACE(at);
    lines().clear();
    open_storage(path(), "append", {})->close();
    ASSERT_TRUE(has("run.h5.journal.kept"));
    EXPECT_TRUE(test::bytes_of_file(path() + ".journal.kept") == damaged);
    EXPECT_TRUE(said("is not applied, but kept as"));
    EXPECT_TRUE(test::bytes_of_file(path()) == data_);
    EXPECT_FALSE(has("run.h5.journal"));
    std::filesystem::remove(path() + ".journal.kept");
  }
}

TEST_F(Journals, ThatAreCutOffHaveChangedNothingYet) {
  uint64_t record = 0;
  std::memcpy(&record, journal_.data() + 528, sizeof record);
  for (const size_t size : {0, 17, 512, 513, 575, 576, 577 + static_cast<int>(record) - 2}) {
    put(data_, journal_.substr(0, size));
    SCOPED_TRACE(size);
    open_storage(path(), "append", {})->close();
    EXPECT_TRUE(test::bytes_of_file(path()) == data_);
    EXPECT_EQ(has("run.h5.journal.kept"), size > 512);
    std::filesystem::remove(path() + ".journal.kept");
  }
}

TEST_F(Journals, OfAnotherFileAreKeptAside) {
  const test::TemporaryFolder other;
  const StoragePtr storage =
      open_storage(other.file("run.h5"), "truncate", crash::options_of(scenario_.options));
  for (int64_t i = 0; i < 7; ++i) crash::append_numbered(*storage, scenario_, i);
  storage->close();
  const std::string stranger = test::bytes_of_file(other.file("run.h5"));
  put(stranger, journal_);
  open_storage(path(), "append", {})->close();
  EXPECT_TRUE(test::bytes_of_file(path()) == stranger);
  EXPECT_TRUE(has("run.h5.journal.kept"));
  EXPECT_TRUE(said("kept as"));
  expect_found(7);
  // The next one does not take its place.
  put(stranger, journal_);
  open_storage(path(), "append", {})->close();
  EXPECT_TRUE(has("run.h5.journal.kept2"));
}

TEST_F(Journals, WithoutTheirFileAreKeptAsideWhenItIsMadeAnew) {
  std::filesystem::remove(path());
  const StoragePtr storage = open_storage(path(), "create", crash::options_of(scenario_.options));
  crash::append_numbered(*storage, scenario_, 0);
  storage->close();
  EXPECT_TRUE(has("run.h5.journal.kept"));
  expect_found(1);
}

TEST_F(Journals, OfZerosAreOurs) {
  // As a power cut leaves what had a name and a size, but nothing yet on the disk.
  open_storage(path(), "append", {})->close();
  for (const size_t size : {100, 512, 5000}) {
    write_file(path() + ".journal", std::string(size, '\0'));
    open_storage(path(), "append", {})->close();
    expect_found(7);
    put(data_, journal_);
    open_storage(path(), "append", {})->close();
  }
}

TEST_F(Journals, OfAnotherKindAreLeftAlone) {
  open_storage(path(), "append", {})->close();
  write_file(path() + ".journal", "Dear diary");
  const StoragePtr storage = open_storage(path(), "append", {});
  try {
    crash::append_numbered(*storage, scenario_, 7);
    FAIL() << "appended";
  } catch (const Error &error) {
    EXPECT_EQ(error.code(), PDE_ERR_EXISTS);
    EXPECT_NE(std::string(error.what()).find("is no journal of libpde: move it away"), std::string::npos);
  }
  EXPECT_EQ(test::bytes_of_file(path() + ".journal"), "Dear diary");
}

TEST_F(Journals, ThatCannotBeReadNowAreNoExcuseToReadWhatIsHalfDone) {
  class Unreadable final : public test::ForwardingOps {
   public:
    int open(const std::string &path, int flags, unsigned permissions) override {
      if (path.ends_with(".journal")) return -EIO;
      return ForwardingOps::open(path, flags, permissions);
    }
  } ops;
  const test::WithOps with(&ops);
  const Found found = crash::look(path());
  EXPECT_EQ(found.how, Found::How::unreadable);
  EXPECT_NE(found.problem.find(".journal: "), std::string::npos) << found.problem;
}

// ---- file systems

class OddFileSystem final : public test::ForwardingOps {
 public:
  int lock(int fd, int operation) override {
    return locks_ ? ForwardingOps::lock(fd, operation) : -EOPNOTSUPP;
  }
  int file_system(int, FileSystem *out) override {
    *out = {magic_, 0};
    return 0;
  }
  bool locks_ = true;
  int64_t magic_ = 0xef53;
};

TEST_F(Journals, OnNetworkFileSystemsTheLogSaysOnceWhatHolds) {
  OddFileSystem ops;
  const test::WithOps with(&ops);
  for (const int64_t magic : {0xef53, 0x6969, 0x0bd00bd0}) {
    ops.magic_ = magic;
    lines().clear();
    const StoragePtr storage = open_storage(path(), "append", crash::options_of(scenario_.options));
    const int64_t length = storage->length();
    crash::append_numbered(*storage, scenario_, length);
    crash::append_numbered(*storage, scenario_, length + 1);
    storage->close();
    const auto told = std::count_if(lines().begin(), lines().end(), [](const std::string &line) {
      return line.find("is on a network file system") != line.npos;
    });
    EXPECT_EQ(told, magic == 0xef53 ? 0 : 1);
  }
  EXPECT_TRUE(said("(Lustre)"));
}

TEST_F(Journals, WithoutLocksTheirTextTellsOfAWriterOnThisMachine) {
  OddFileSystem ops;
  ops.locks_ = false;
  const test::WithOps with(&ops);
  open_storage(path(), "append", {})->close();
  EXPECT_TRUE(said("is on a file system without locks"));
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  const auto journal_of = [&](int pid, const std::string &where) {
    std::string text = "libpde journal 1\nprocess " + std::to_string(pid) + " on " + where +
                       " since 2026-01-01 00:00:00 UTC\n";
    text.resize(512, '\0');
    write_file(path() + ".journal", text);
  };
  journal_of(static_cast<int>(::getppid()), host);
  const StoragePtr storage = open_storage(path(), "append", crash::options_of(scenario_.options));
  try {
    crash::append_numbered(*storage, scenario_, 7);
    FAIL() << "appended";
  } catch (const Error &error) {
    EXPECT_EQ(error.code(), PDE_ERR_BUSY);
    EXPECT_NE(std::string(error.what()).find("process " + std::to_string(::getppid())), std::string::npos);
  }
  // One that has ended, or is on another machine, is no hindrance: it may have been killed.
  const pid_t ended = ::fork();
  if (ended == 0) ::_exit(0);
  ::waitpid(ended, nullptr, 0);
  journal_of(ended, host);
  crash::append_numbered(*storage, scenario_, 7);
  storage->close();
  journal_of(1, "elsewhere");
  const StoragePtr again = open_storage(path(), "append", crash::options_of(scenario_.options));
  crash::append_numbered(*again, scenario_, 8);
  again->close();
}

}  // namespace
}  // namespace pde
