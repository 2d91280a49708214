// What goes wrong beside the caller: workers without memory, a disk that is full, one that is slow.
//
// Whatever fails on a worker is reported by a later call on that storage, with the snapshots that it
// concerns.
#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "storage/random_snapshots.hpp"
#include "storage/storage.hpp"
#include "support/descriptors.hpp"
#include "support/every_nth.hpp"
#include "support/forwarding_ops.hpp"
#include "support/temporary_folder.hpp"

namespace {

enum class Victim { none, workers, caller };
std::atomic<Victim> victim{Victim::none};
std::atomic<int64_t> until_failure{0};
std::atomic<bool> has_failed{false};
thread_local int is_worker = -1;  // not known yet

bool on_worker() {
  if (is_worker < 0) {
    char name[16] = "";
    pthread_getname_np(pthread_self(), name, sizeof name);
    if (std::strcmp(name, "pde-worker") != 0) return false;  // it may yet get its name
    is_worker = 1;
  }
  return is_worker == 1;
}

bool fails_now() {
  const Victim who = victim.load(std::memory_order_relaxed);
  if (who == Victim::none || (who == Victim::workers) != on_worker()) return false;
  if (until_failure.fetch_sub(1) != 1) return false;
  return has_failed = true;
}

void *taken(size_t bytes, size_t alignment) {
  const size_t size = (std::max<size_t>(bytes, 1) + alignment - 1) / alignment * alignment;
  void *memory = fails_now() ? nullptr : std::aligned_alloc(alignment, size);
  if (!memory) throw std::bad_alloc();
  return memory;
}

constexpr size_t kPlain = alignof(std::max_align_t);

}  // namespace

[[gnu::noinline]] void *operator new(size_t bytes) {
  return taken(bytes, kPlain);
}
[[gnu::noinline]] void *operator new(size_t bytes, const std::nothrow_t &) noexcept {
  try {
    return taken(bytes, kPlain);
  } catch (const std::bad_alloc &) {
    return nullptr;
  }
}
[[gnu::noinline]] void *operator new(size_t bytes, std::align_val_t alignment) {
  return taken(bytes, static_cast<size_t>(alignment));
}
[[gnu::noinline]] void *operator new[](size_t bytes, std::align_val_t alignment) {
  return taken(bytes, static_cast<size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void *memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void *memory, size_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void *memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void *memory, std::align_val_t) noexcept {
  std::free(memory);
}

namespace pde {
namespace {

using test::open_with;

/// Lets the n-th allocation of somebody fail, once, while it lives.
class FailingMemory {
 public:
  FailingMemory(Victim who, int64_t nth) {
    has_failed = false;
    until_failure = nth;
    victim = who;
  }
  ~FailingMemory() { victim = Victim::none; }
};

constexpr int64_t kShape[] = {128, 128};

FieldPtr snapshot(int number) {
  return test::random_snapshot(number, kShape);
}

int64_t check_contents(const std::string &path, int64_t least) {
  return test::expect_random_snapshots(*test::open_with(path, "readonly", ""), least, kShape);
}

TEST(WorkerFaults, WithoutMemoryAWorkerIsReportedByALaterCall) {
  int failures = 0;
  for (int64_t nth = 1; nth <= 40; ++nth) {
    SCOPED_TRACE("allocation " + std::to_string(nth));
    test::TemporaryFolder folder;
    const std::string path = folder.file("run.h5");
    int64_t committed = 0;
    std::string problem;
    {
      const StoragePtr storage = open_with(path, "create", "threads=2 chunk_bytes=1 commit_seconds=1e9");
      std::vector<FieldPtr> snapshots;
      for (int i = 0; i < 20; ++i) snapshots.push_back(snapshot(i));
      const FailingMemory failing(Victim::workers, nth);
      try {
        for (int i = 0; i < 20; ++i) {
          storage->append(*snapshots[static_cast<size_t>(i)], i);
          if (i == 10) storage->flush();
        }
        storage->flush();
      } catch (const Error &error) {
        problem = error.what();
        EXPECT_EQ(error.code(), PDE_ERR_MEMORY) << problem;
        EXPECT_NE(problem.find("snapshot"), std::string::npos) << problem;
        EXPECT_NE(problem.find(path), std::string::npos) << problem;
      }
      committed = storage->committed();
      if (!problem.empty()) {
        EXPECT_THROW(storage->append(*snapshots[0], 100), Error) << "a storage that has failed stays failed";
        EXPECT_THROW(storage->close(), Error);
      } else {
        storage->close();
      }
    }
    EXPECT_EQ(has_failed, !problem.empty()) << "what fails is reported";
    failures += has_failed;
    if (committed > 0) check_contents(path, committed);
  }
  EXPECT_GT(failures, 0);
}

TEST(WorkerFaults, WithoutMemoryAnAppendChangesNothingOrFailsForGood) {
  int unchanged = 0, failed = 0;
  bool passed = false;
  for (int64_t nth = 1; !passed; ++nth) {
    SCOPED_TRACE("allocation " + std::to_string(nth));
    ASSERT_LT(nth, 3000);
    test::TemporaryFolder folder;
    const std::string path = folder.file("run.h5");
    const StoragePtr storage =
        open_with(path, "create", "threads=0 chunk_bytes=300000");  // two share a chunk
    for (int i = 0; i < 3; ++i) storage->append(*snapshot(i), i);
    const FieldPtr next = snapshot(3), last = snapshot(4);
    bool thrown = false;
    {
      const FailingMemory failing(Victim::caller, nth);
      try {
        storage->append(*next, 3);
        storage->append(*last, 4);
      } catch (const std::bad_alloc &) {
        thrown = true;
      } catch (const Error &error) {
        thrown = true;
      }
    }
    passed = !has_failed;
    EXPECT_EQ(thrown, has_failed.load());
    int64_t length = storage->length();
    try {
      for (; length < 8; ++length)
        storage->append(*snapshot(static_cast<int>(length)), static_cast<double>(length));
      storage->close();
      EXPECT_EQ(check_contents(path, 8), 8);
      unchanged += thrown;
    } catch (const Error &) {
      ++failed;
      check_contents(path, 1);
    }
  }
  EXPECT_GT(unchanged, 0);
  RecordProperty("failed", failed);
}

/// From the first call to the last: what was there stays whole, and nothing is left open or lying about.
TEST(WorkerFaults, WithoutMemoryNothingIsLostOrLeaked) {
  constexpr int kBefore = 3, kMore = 5;
  const std::string options = "threads=2 chunk_bytes=300000 commit_every=2";
  test::TemporaryFolder original_folder;
  const std::string original = original_folder.file("run.h5");
  std::vector<FieldPtr> more;
  for (int i = 0; i < kBefore + kMore; ++i) more.push_back(snapshot(i));
  {
    const StoragePtr storage = open_with(original, "create", options);
    for (int i = 0; i < kBefore; ++i) storage->append(*more[static_cast<size_t>(i)], i);
    storage->close();
  }
  for (const char *mode : {"append", "truncate"}) {
    bool passed = false;
    int failures = 0;
    for (int64_t nth = 1; !passed; nth += test::kEveryNth) {
      SCOPED_TRACE(std::string(mode) + ", allocation " + std::to_string(nth));
      ASSERT_LT(nth, 5000);
      test::TemporaryFolder folder;
      const std::string path = folder.file("run.h5");
      std::filesystem::copy_file(original, path);
      const int first = mode == std::string("append") ? kBefore : 0;
      const size_t before = test::open_descriptors();
      int64_t committed = kBefore;
      bool thrown = false;
      {
        StoragePtr storage;
        const FailingMemory failing(Victim::caller, nth);
        try {
          storage = open_with(path, mode, options);
          if (first == 0) committed = 0;  // what was there is replaced
          for (int i = first; i < kBefore + kMore; ++i) {
            storage->append(*more[static_cast<size_t>(i)], i);
            committed = std::max(committed, storage->committed());
          }
          storage->close();
        } catch (const std::bad_alloc &) {
          thrown = true;
        } catch (const Error &error) {
          thrown = true;
          EXPECT_EQ(error.code(), PDE_ERR_MEMORY) << error.what();
        }
      }
      passed = !has_failed;
      failures += thrown;
      EXPECT_TRUE(passed || thrown || check_contents(path, kBefore + kMore) == kBefore + kMore)
          << "what fails is reported, unless it could be done without";
      EXPECT_EQ(test::open_descriptors(), before);
      EXPECT_FALSE(std::filesystem::exists(path + ".tmp"));
      EXPECT_FALSE(std::filesystem::exists(path + ".journal"));
      check_contents(path, committed);
    }
    EXPECT_GT(failures, 100 / test::kEveryNth);
  }
}

/// Large writes fail from the n-th on, or take their time.
class BadDisk final : public test::ForwardingOps {
 public:
  int64_t pwrite(int fd, const void *data, size_t size, int64_t offset) override {
    if (size < 65536) return ForwardingOps::pwrite(fd, data, size, offset);
    if (fails_from > 0 && ++count_ >= fails_from) return -ENOSPC;
    std::this_thread::sleep_for(delay);
    return ForwardingOps::pwrite(fd, data, size, offset);
  }
  int64_t fails_from = 0;
  std::chrono::milliseconds delay{0};

 private:
  std::atomic<int64_t> count_ = 0;
};

TEST(WorkerFaults, AFullDiskIsReportedWithPathCauseAndSnapshots) {
  for (int64_t nth = 2; nth < 12; ++nth) {
    SCOPED_TRACE("write " + std::to_string(nth));
    test::TemporaryFolder folder;
    const std::string path = folder.file("run.h5");
    BadDisk disk;
    disk.fails_from = nth;
    std::string problem;
    int64_t committed = 0;
    {
      const test::WithOps with(&disk);
      const StoragePtr storage = open_with(path, "create", "threads=2 chunk_bytes=1 commit_seconds=1e9");
      try {
        for (int i = 0; i < 20; ++i) storage->append(*snapshot(i), i);
        storage->flush();
      } catch (const Error &error) {
        problem = error.what();
        EXPECT_EQ(error.code(), PDE_ERR_IO);
        committed = storage->committed();
        EXPECT_THROW(storage->close(), Error);
      }
    }
    EXPECT_NE(problem.find("snapshot " + std::to_string(nth - 1)), std::string::npos) << problem;
    EXPECT_NE(problem.find("run.h5"), std::string::npos) << problem;
    EXPECT_NE(problem.find("space"), std::string::npos) << problem;
    EXPECT_EQ(check_contents(path, committed), 1) << "the first append commits";
  }
}

struct Lines {
  std::mutex mutex;
  std::vector<std::string> warnings;
  std::thread::id thread;
};

void keep_line(int32_t level, const char *message, void *user) {
  auto &lines = *static_cast<Lines *>(user);
  const std::lock_guard lock(lines.mutex);
  lines.thread = std::this_thread::get_id();
  if (level == PDE_LOG_WARNING) lines.warnings.emplace_back(message);
}

double number(const std::string &statistics, const char *key) {
  const JsonDocument document = json_parse(statistics, "statistics");
  return json_find(document, key)->GetDouble();
}

/// Raw samples, so that workers do nothing but wait for the disk.
TEST(WorkerFaults, ASlowDiskHoldsUpARecordingThatFillsTheQueue) {
  test::TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  Lines lines;
  set_log_handler(keep_line, &lines, nullptr);
  BadDisk disk;
  disk.delay = std::chrono::milliseconds(25);
  constexpr int kSnapshots = 140;
  constexpr double kQueue = 1 << 20;
  std::string statistics;
  {
    const test::WithOps with(&disk);
    const StoragePtr storage = open_with(
        path, "create", "threads=2 chunk_bytes=1 compression=none commit_seconds=1e9 queue_bytes=1048576");
    for (int i = 0; i < kSnapshots; ++i) storage->append(*snapshot(i), i);
    storage->flush();
    statistics = storage->statistics_text();
    storage->close();
  }
  set_log_handler(nullptr, nullptr, nullptr);
  EXPECT_LE(number(statistics, "queue_peak"), kQueue);
  EXPECT_GT(number(statistics, "queue_peak"), kQueue / 2);
  EXPECT_GT(number(statistics, "seconds_waited"), 1);
  ASSERT_EQ(lines.warnings.size(), 1u) << "once, however long it goes on";
  EXPECT_NE(lines.warnings[0].find("slower than the recording"), std::string::npos) << lines.warnings[0];
  EXPECT_NE(lines.warnings[0].find("MB/s"), std::string::npos) << lines.warnings[0];
  EXPECT_EQ(lines.thread, std::this_thread::get_id()) << "no line from a worker";
  check_contents(path, kSnapshots);
}

TEST(WorkerFaults, AQueueOfNoBytesStillMovesSnapshots) {
  for (const char *more : {" threads=0", " threads=1", " threads=3", " threads=3 chunk_bytes=1000000"}) {
    test::TemporaryFolder folder;
    const std::string path = folder.file("run.h5");
    const StoragePtr storage = open_with(path, "create", "queue_bytes=0 chunk_bytes=1" + std::string(more));
    for (int i = 0; i < 20; ++i) storage->append(*snapshot(i), i);
    storage->close();
    EXPECT_EQ(check_contents(path, 20), 20) << more;
  }
}

/// Chunks that are full, told of by a commit, and not compressed yet take memory of the queue, too.
TEST(WorkerFaults, SealsThatWaitStayWithinTheQueue) {
  test::TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  const StoragePtr storage =
      open_with(path, "create",
                "threads=1 chunk_bytes=300000 level=9 commit_every=1 queue_bytes=16777216");  // two a chunk
  for (int i = 0; i < 120; ++i) storage->append(*snapshot(i), i);
  const std::string statistics = storage->statistics_text();
  storage->close();
  EXPECT_LE(number(statistics, "queue_peak"), 16777216);
  EXPECT_EQ(check_contents(path, 120), 120);
}

/// Compression is what takes time here: the caller lends a hand, and the queue stays within its bound.
TEST(WorkerFaults, AFullQueueIsWorkedOffByTheCaller) {
  test::TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  const StoragePtr storage =
      open_with(path, "create", "threads=1 chunk_bytes=1 level=6 commit_seconds=1e9 queue_bytes=4194304");
  for (int i = 0; i < 60; ++i) storage->append(*snapshot(i), i);
  const std::string statistics = storage->statistics_text();
  storage->close();
  EXPECT_LE(number(statistics, "queue_peak"), 4194304);
  EXPECT_GT(number(statistics, "seconds_waited"), 0);
  EXPECT_EQ(check_contents(path, 60), 60);
}

}  // namespace
}  // namespace pde
