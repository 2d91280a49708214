// The file backend over a disk that fails: at the n-th operation, for n = 1, 2, 3 … until a whole run passes.
//
// What holds for every n: the failure is reported and nothing crashes (the process must also end normally,
// which HDF5 does not when a driver answers with errors); what was committed is read, and right; an old file
// stays byte for byte until the new one is committed; no descriptor, lock or half a file is left, but a
// journal where the failure came in the middle of a commit; and the path can be written again, which ends
// that.
#include <gtest/gtest.h>
#include <hdf5.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "base/log.hpp"
#include "storage/storage.hpp"
#include "support/descriptors.hpp"
#include "support/every_nth.hpp"
#include "support/expect_error.hpp"
#include "support/forwarding_ops.hpp"
#include "support/temporary_folder.hpp"

namespace pde {
namespace {

enum Operation : unsigned {
  kOpen = 1,
  kRead = 2,
  kWrite = 4,
  kTruncate = 8,
  kSync = 16,
  kRename = 32,
};

/// The system's operations, of which one fails; short transfers and interruptions on request.
class FailingOps final : public test::ForwardingOps {
 public:
  FailingOps(unsigned which, int64_t nth, int error) : which_(which), nth_(nth), error_(error) {}

  int open(const std::string &path, int flags, unsigned permissions) override {
    return fails(kOpen) ? -error_ : ForwardingOps::open(path, flags, permissions);
  }
  int64_t pread(int fd, void *data, size_t size, int64_t offset) override {
    if (fails(kRead)) return -error_;
    if (interrupted()) return -EINTR;
    return ForwardingOps::pread(fd, data, part(size), offset);
  }
  int64_t pwrite(int fd, const void *data, size_t size, int64_t offset) override {
    if (fails(kWrite)) return -error_;
    if (interrupted()) return -EINTR;
    return ForwardingOps::pwrite(fd, data, part(size), offset);
  }
  int truncate(int fd, int64_t size) override {
    return fails(kTruncate) ? -error_ : ForwardingOps::truncate(fd, size);
  }
  int sync(int fd) override { return fails(kSync) ? -error_ : ForwardingOps::sync(fd); }
  int rename(const std::string &from, const std::string &to) override {
    return fails(kRename) ? -error_ : ForwardingOps::rename(from, to);
  }

  bool failed() const { return failed_; }
  void transfer_in_bits() { bits_ = true; }

 private:
  bool fails(unsigned operation) {
    if (!(which_ & operation)) return false;
    const int64_t count = ++count_;
    if (count < nth_) return false;
    if (count > nth_ && !(operation & kWrite)) return false;  // a full disk stays full, other faults pass
    return failed_ = true;
  }
  bool interrupted() { return bits_ && ++transfers_ % 3 == 0; }
  size_t part(size_t size) const { return bits_ ? (size + 1) / 2 : size; }

  unsigned which_;
  int64_t nth_;
  std::atomic<int64_t> count_ = 0, transfers_ = 0;  // workers read and write, too
  int error_;
  std::atomic<bool> failed_ = false;
  bool bits_ = false;
};

FieldPtr snapshot(double first) {
  const int64_t shape[] = {16, 8};
  const FieldPtr field =
      Field::create({Grid::unit(shape, {true, true}), PDE_SCALAR, PDE_FLOAT64, std::nullopt, {}});
  auto *data = reinterpret_cast<double *>(field->c_order_data());
  for (int i = 0; i < 128; ++i) data[i] = first + i / 1024.0;
  return field;
}

/// Metadata of the snapshot that begins with this value.
std::string info_of(double first) {
  return "[" + std::to_string(static_cast<int>(first)) + "]";
}

void record(const std::string &path, const char *mode, double first, int count, bool sync,
            bool with_infos = false) {
  Options options;
  options.set("commit_every", int64_t{2});
  options.set("fsync", sync);
  const StoragePtr storage = open_storage(path, mode, options);
  for (int i = 0; i < count; ++i) {
    const std::string info = info_of(first + i);
    storage->append(*snapshot(first + i), first + i, with_infos ? &info : nullptr);
  }
  storage->close();
}

/// What a file holds: the value that its series begins with and how many snapshots, all of which must be
/// right.
struct Found {
  double first = 0;
  int64_t count = -1;  // it cannot be read
  bool right = true;
};

/// `grown_from`, `grown`: from which snapshot on the series goes on with other values.
Found found_in(const std::string &path, int64_t grown_from = 1000, double grown = 0) {
  try {
    const StoragePtr storage = open_storage(path, "readonly", {});
    const FieldPtr field = Field::create(storage->description());
    const auto *data = reinterpret_cast<const double *>(field->c_order_data());
    Found found{0, storage->length()};
    for (int64_t i = 0; i < found.count; ++i) {
      storage->read(i, *field);
      if (i == 0) found.first = data[0];
      const double begin =
          i < grown_from ? found.first + static_cast<double>(i) : grown + static_cast<double>(i - grown_from);
      for (int cell = 0; cell < 128; ++cell) found.right = found.right && data[cell] == begin + cell / 1024.0;
    }
    return found;
  } catch (const Error &) {
    return {};
  }
}

/// A failure in the middle of a commit leaves the journal, from which the next session completes it.
void expect_no_leftovers(const test::TemporaryFolder &folder, bool may_be_pending) {
  std::set<std::string> names = folder.names();
  if (may_be_pending) names.erase("run.h5.journal");
  EXPECT_EQ(names, std::set<std::string>{"run.h5"});
}

struct Fault {
  const char *name;
  unsigned which;
  int error;
};

class FileFaults : public testing::TestWithParam<Fault> {
 protected:
  void SetUp() override {
    // A storage that goes without being closed reports its failure in the log.
    set_log_handler([](int32_t, const char *, void *) {}, nullptr, nullptr);
  }
  void TearDown() override { set_log_handler(nullptr, nullptr, nullptr); }
};

TEST_P(FileFaults, AReplacedFileIsOldOrRightAfterAnyFailure) {
  const auto &[name, which, error] = GetParam();
  test::TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  for (int64_t nth = 1;; nth += test::kEveryNth) {
    SCOPED_TRACE("operation " + std::to_string(nth));
    record(path, "truncate_once", 100, 3, false);
    const std::string old = test::bytes_of_file(path);
    const size_t descriptors = test::open_descriptors();
    FailingOps ops(which, nth, error);
    bool reported = false;
    {
      const test::WithOps with(&ops);
      try {
        record(path, "truncate_once", 200, 5, true);
      } catch (const Error &failure) {
        reported = true;
        EXPECT_NE(std::string(failure.what()).find("run.h5"), std::string::npos) << failure.what();
        if (which == kWrite) {
          EXPECT_EQ(failure.code(), PDE_ERR_IO) << failure.what();
        }
      }
    }
    EXPECT_EQ(test::open_descriptors(), descriptors);
    expect_no_leftovers(folder, reported);
    if (!ops.failed()) {
      EXPECT_FALSE(reported);
      const Found found = found_in(path);
      EXPECT_EQ(found.first, 200);
      EXPECT_EQ(found.count, 5);
      EXPECT_TRUE(found.right);
      break;
    }
    // A failure to look at the old file may pass unnoticed where it is to be replaced anyway.
    if (which != kRead && which != kOpen) {
      EXPECT_TRUE(reported);
    }
    const bool untouched = test::bytes_of_file(path) == old;
    const Found found = found_in(path);
    EXPECT_TRUE(found.right &&
                (untouched ? found.first == 100 && found.count == 3 : found.first == 200 && found.count >= 1))
        << found.count;
    record(path, "truncate_once", 300, 1, false);  // usable again
    expect_no_leftovers(folder, false);
    ASSERT_LT(nth, 2000);
  }
}

TEST_P(FileFaults, AnExtendedFileKeepsWhatItHad) {
  const auto &[name, which, error] = GetParam();
  test::TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  for (int64_t nth = 1;; nth += test::kEveryNth) {
    SCOPED_TRACE("operation " + std::to_string(nth));
    record(path, "truncate_once", 100, 3, false);
    const size_t descriptors = test::open_descriptors();
    FailingOps ops(which, nth, error);
    bool reported = false;
    {
      const test::WithOps with(&ops);
      try {
        record(path, "append", 200, 5, true);
      } catch (const Error &) {
        reported = true;
      }
    }
    EXPECT_EQ(test::open_descriptors(), descriptors);
    expect_no_leftovers(folder, reported);
    const Found found = found_in(path, 3, 200);
    if (!ops.failed()) {
      EXPECT_FALSE(reported);
      EXPECT_EQ(found.count, 8);
      EXPECT_TRUE(found.right);
      break;
    }
    if (!reported) {
      EXPECT_EQ(found.count, 8) << "a fault that is not reported must do no harm";
    }
    EXPECT_TRUE(found.right && found.count >= 3) << found.count;
    ASSERT_LT(nth, 2000);
  }
}

// ---- sessions that do more than append

/// What a fault has led to.
struct Outcome {
  bool failed;     // the fault has happened
  bool reported;   // as an error
  bool untouched;  // the file is byte for byte what it was
  Found found;
};

/// Metadata of all snapshots, where the samples can be read: right, or none.
bool infos_are_right(const std::string &path, const Found &found) {
  try {
    const StoragePtr storage = open_storage(path, "readonly", {});
    for (int64_t i = 0; i < found.count; ++i) {
      double time;
      storage->times(i, 1, &time);
      const auto info = storage->snapshot_info(i);
      if (info && *info != info_of(time)) return false;
    }
    return true;
  } catch (const Error &) {
    return false;
  }
}

/// Prepares six snapshots with metadata, lets the n-th operation of `act` fail for n = 1, 2, 3 … until all
/// passes, and has `check` look at the file. Whatever happens, nothing is left open, locked or half done, and
/// the path can be written again.
template <class Act, class Check>
void with_each_fault(const Fault &fault, Act &&act, Check &&check, bool may_be_gone = false) {
  test::TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  for (int64_t nth = 1;; nth += test::kEveryNth) {
    SCOPED_TRACE("operation " + std::to_string(nth));
    record(path, "truncate_once", 100, 6, false, true);
    const std::string old = test::bytes_of_file(path);
    const size_t descriptors = test::open_descriptors();
    FailingOps ops(fault.which, nth, fault.error);
    Outcome outcome{};
    {
      const test::WithOps with(&ops);
      try {
        act(path);
      } catch (const Error &) {
        outcome.reported = true;
      }
    }
    outcome.failed = ops.failed();
    EXPECT_EQ(test::open_descriptors(), descriptors);
    const auto names = folder.names();
    if (!may_be_gone || !names.empty()) expect_no_leftovers(folder, outcome.reported);
    outcome.untouched = !names.empty() && test::bytes_of_file(path) == old;
    outcome.found = found_in(path);
    check(path, outcome);
    record(path, "truncate_once", 300, 1, false);
    EXPECT_EQ(found_in(path).count, 1) << "the path can be written again";
    expect_no_leftovers(folder, false);
    if (!outcome.failed) break;
    ASSERT_LT(nth, 2000);
  }
}

void expect_kept(const Outcome &outcome, const std::string &path, int64_t least) {
  EXPECT_TRUE(outcome.found.right && outcome.found.count >= least) << outcome.found.count;
  EXPECT_TRUE(infos_are_right(path, outcome.found));
}

TEST_P(FileFaults, MetadataOfSnapshotsComesWithThem) {
  with_each_fault(
      GetParam(), [](const std::string &path) { record(path, "append", 106, 5, true, true); },
      [&](const std::string &path, const Outcome &outcome) {
        expect_kept(outcome, path, 6);
        if (outcome.reported) return;
        EXPECT_EQ(outcome.found.count, 11);
        EXPECT_TRUE(outcome.found.right && infos_are_right(path, outcome.found));
        EXPECT_EQ(open_storage(path, "readonly", {})->snapshot_info(-1), info_of(110));
      });
}

TEST_P(FileFaults, TruncationIsDoneOrReported) {
  with_each_fault(
      GetParam(),
      [](const std::string &path) {
        Options options;
        options.set("fsync", true);
        const StoragePtr storage = open_storage(path, "append", options);
        storage->truncate_after(102.5);
        const std::string info = info_of(103);
        storage->append(*snapshot(103), 103, &info);
        storage->truncate_after(101);
        storage->close();
      },
      [&](const std::string &path, const Outcome &outcome) {
        expect_kept(outcome, path, 2);
        if (outcome.reported) return;
        EXPECT_EQ(outcome.found.count, 2);
        EXPECT_TRUE(outcome.found.right && infos_are_right(path, outcome.found));
      });
}

TEST_P(FileFaults, AClearedFileIsOldOrEmpty) {
  with_each_fault(
      GetParam(),
      [](const std::string &path) {
        Options options;
        options.set("fsync", true);
        const StoragePtr storage = open_storage(path, "append", options);
        storage->clear(false);
        storage->close();
      },
      [&](const std::string &, const Outcome &outcome) {
        EXPECT_TRUE(outcome.untouched || outcome.found.count == 0) << outcome.found.count;
        EXPECT_TRUE(outcome.reported || outcome.found.count == 0);
      });
}

TEST_P(FileFaults, AFileIsRemovedOrAsItWas) {
  with_each_fault(
      GetParam(),
      [](const std::string &path) {
        const StoragePtr storage = open_storage(path, "append", {});
        storage->clear(true);
        storage->close();
      },
      [&](const std::string &path, const Outcome &outcome) {
        EXPECT_NE(outcome.untouched, !std::filesystem::exists(path));
        EXPECT_EQ(outcome.reported, outcome.untouched);
      },
      true);
}

TEST_P(FileFaults, RefreshingCanBeTriedAgain) {
  with_each_fault(
      GetParam(),
      [](const std::string &path) {
        const StoragePtr storage = open_storage(path, "readonly", {});
        const FieldPtr field = Field::create(storage->description());
        std::vector<std::string> errors;
        for (int attempt = 0; attempt < 3; ++attempt) {
          try {
            storage->refresh();
            EXPECT_EQ(storage->length(), 6);
            EXPECT_EQ(storage->find_range(102, 103), std::pair(int64_t{2}, int64_t{2}));
            EXPECT_EQ(storage->snapshot_info(4), info_of(104));
            storage->read(5, *field);
            EXPECT_EQ(*reinterpret_cast<const double *>(field->c_order_data()), 105);
          } catch (const Error &error) {
            errors.emplace_back(error.what());
          }
        }
        EXPECT_LE(errors.size(), 1u) << errors[1];
        if (!errors.empty()) fail(PDE_ERR_IO, "{}", errors[0]);
      },
      [&](const std::string &, const Outcome &outcome) {
        EXPECT_TRUE(outcome.untouched);
        EXPECT_EQ(outcome.reported, outcome.failed);
      });
}

INSTANTIATE_TEST_SUITE_P(Disk, FileFaults,
                         testing::Values(Fault{"full", kWrite | kTruncate, ENOSPC},
                                         Fault{"broken", kWrite, EIO}, Fault{"quota", kWrite, EDQUOT},
                                         Fault{"size_limit", kWrite | kTruncate, EFBIG},
                                         Fault{"sync", kSync, EIO}, Fault{"rename", kRename, EACCES},
                                         Fault{"read", kRead, EIO}, Fault{"descriptors", kOpen, EMFILE}),
                         [](const auto &test) { return test.param.name; });

TEST(FileOperations, ShortTransfersAndInterruptionsGoUnnoticed) {
  test::TemporaryFolder folder;
  FailingOps ops(0, 1, 0);
  ops.transfer_in_bits();
  const test::WithOps with(&ops);
  record(folder.file("run.h5"), "create", 100, 4, true);
  const Found found = found_in(folder.file("run.h5"));
  EXPECT_EQ(found.count, 4);
  EXPECT_TRUE(found.right);
}

TEST(FileFailure, AStorageStaysFailedAndSaysWhy) {
  test::TemporaryFolder folder;
  FailingOps ops(kWrite, 40, ENOSPC);
  const test::WithOps with(&ops);
  Options options;
  options.set("commit_every", int64_t{1});
  const StoragePtr storage = open_storage(folder.file("run.h5"), "create", options);
  std::string first;
  for (int i = 0; i < 100 && first.empty(); ++i) {
    try {
      storage->append(*snapshot(i), i);
    } catch (const Error &error) {
      EXPECT_EQ(error.code(), PDE_ERR_IO);
      first = error.what();
    }
  }
  EXPECT_NE(first.find("No space left on device"), std::string::npos) << first;
  for (int i = 0; i < 2; ++i) {
    try {
      storage->append(*snapshot(0), 1000);
      ADD_FAILURE() << "expected a failed storage to stay failed";
    } catch (const Error &error) {
      EXPECT_EQ(error.code(), PDE_ERR_STATE);
      EXPECT_NE(std::string(error.what()).find(first), std::string::npos) << error.what();
    }
  }
  EXPECT_THROW(storage->close(), Error);
}

TEST(FileFailure, WhatWasNotCommittedIsGoneAtOnce) {
  Options options;
  options.parse("threads=0 compression=none commit_seconds=1e9");
  int failures = 0;
  for (int64_t nth = 1;; ++nth) {
    ASSERT_LT(nth, 500);
    test::TemporaryFolder folder;
    FailingOps ops(kWrite, nth, ENOSPC);
    const test::WithOps with(&ops);
    StoragePtr storage;
    try {
      storage = open_storage(folder.file("run.h5"), "create", options);
      for (int i = 0; i < 3; ++i) storage->append(*snapshot(i), i);
    } catch (const Error &) {
      continue;  // not yet in the flush
    }
    try {
      storage->flush();
      break;  // so many writes there are not
    } catch (const Error &) {
      ++failures;
    }
    const FieldPtr field = snapshot(-1);
    double time = 0;
    const int64_t committed = storage->committed();
    EXPECT_LT(committed, 3);
    for (const int64_t lost : {committed, int64_t{2}}) {
      EXPECT_MESSAGE(PDE_ERR_IO, storage->read(lost, *field), "not committed", "run.h5");
      EXPECT_MESSAGE(PDE_ERR_IO, storage->times(lost, 1, &time), "not committed");
      EXPECT_MESSAGE(PDE_ERR_IO, storage->snapshot_info(lost), "not committed");
    }
    for (int64_t i = 0; i < committed; ++i) storage->read(i, *field);
    EXPECT_THROW(storage->close(), Error);
  }
  EXPECT_GT(failures, 0);
}

/// Samples take their time, but not on the caller's thread.
class SlowWorkers final : public test::ForwardingOps {
 public:
  int64_t pwrite(int fd, const void *data, size_t size, int64_t offset) override {
    if (std::this_thread::get_id() != caller_) std::this_thread::sleep_for(std::chrono::seconds(30));
    return ForwardingOps::pwrite(fd, data, size, offset);
  }

 private:
  std::thread::id caller_ = std::this_thread::get_id();
};

TEST(FileFailure, AProcessThatEndsBeforeItsSamplesAreWrittenLeavesWhatItHasCommitted) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  const pid_t child = ::fork();
  if (child == 0) {
    SlowWorkers ops;
    const test::WithOps with(&ops);
    Options options;
    options.set("threads", int64_t{2});
    options.set("chunk_bytes", int64_t{1});
    options.set("compression", std::string("none"));
    options.set("commit_seconds", 1e9);
    const StoragePtr storage = open_storage(path, "create", options);
    for (int i = 0; i < 9; ++i) storage->append(*snapshot(i), i, nullptr);
    ::H5close();  // as a host may, with samples of ours on the way to the file
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  Found found = found_in(path);
  EXPECT_EQ(found.count, 1);
  EXPECT_TRUE(found.right);
  record(path, "append", 1, 3, false);  // what the end has left behind it is in nobody's way
  found = found_in(path);
  EXPECT_EQ(found.count, 4);
  EXPECT_TRUE(found.right);
}

/// The limit of the system itself. Its signal ends the process as a kill would, unless the host ignores it.
TEST(FileFailure, TheLimitOfTheSizeOfFilesLeavesWhatWasCommitted) {
  for (const bool ignored : {true, false}) {
    for (const int64_t threads : {0, 2}) {
      const test::TemporaryFolder folder;
      const std::string path = folder.file("run.h5");
      int counts[2];
      ASSERT_EQ(::pipe(counts), 0);
      const pid_t child = ::fork();
      if (child == 0) {
        ::signal(SIGXFSZ, ignored ? SIG_IGN : SIG_DFL);
        const rlimit limit{40000, 40000}, no_core{0, 0};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        ::setrlimit(RLIMIT_CORE, &no_core);
        Options options;
        options.set("threads", threads);
        options.set("commit_every", int64_t{1});
        options.set("chunk_bytes", int64_t{4096});
        options.set("compression", std::string("none"));
        const StoragePtr storage = open_storage(path, "create", options);
        for (int64_t i = 0; i < 100; ++i) {
          try {
            storage->append(*snapshot(static_cast<double>(i)), static_cast<double>(i), nullptr);
          } catch (const Error &error) {
            const std::string_view message = error.what();
            const bool said = error.code() == PDE_ERR_IO && message.find("too large") != message.npos;
            ::_exit(said ? 7 : 1);
          }
          const int64_t committed = i + 1;
          if (::write(counts[1], &committed, sizeof committed) < 0) ::_exit(1);
        }
        ::_exit(2);
      }
      ::close(counts[1]);
      int64_t committed = 0, count;
      while (::read(counts[0], &count, sizeof count) == sizeof count) committed = count;
      ::close(counts[0]);
      int status = -1;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      if (ignored) {
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7) << status;
      } else {
        EXPECT_TRUE(WIFSIGNALED(status) ? WTERMSIG(status) == SIGXFSZ : WEXITSTATUS(status) == 7) << status;
      }
      EXPECT_GT(committed, 10);
      Found found = found_in(path);
      EXPECT_GE(found.count, committed);
      EXPECT_TRUE(found.right);
      record(path, "append", static_cast<double>(found.count), 3, false);
      EXPECT_EQ(found_in(path).count, found.count + 3);
    }
  }
}

}  // namespace
}  // namespace pde
