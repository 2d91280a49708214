// Reading a file while another process writes it. Whatever the writer commits, and at whichever operation of
// the reader it does: what one call reads is of one commit, with right values, and the writer never waits.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "storage/storage.hpp"
#include "support/every_nth.hpp"
#include "support/forwarding_ops.hpp"
#include "support/temporary_folder.hpp"

namespace pde {
namespace {

/// How a series is written.
struct Way {
  const char *name;
  std::vector<int64_t> shape;
  int64_t chunk_bytes;
  bool gzip;
  int64_t threads;
  bool checksum, sync, infos;
};

std::ostream &operator<<(std::ostream &out, const Way &way) {
  return out << way.name;
}

const Way kWays[] = {
    {"small", {6, 5}, 4096, true, 0, false, false, false},
    {"small_with_workers", {6, 5}, 4096, true, 2, false, false, false},
    {"with_infos", {6, 5}, 2048, true, 0, false, false, true},
    {"uncompressed", {6, 5}, 2048, false, 0, false, false, false},
    {"checked", {6, 5}, 2048, true, 0, true, false, false},
    {"synced", {6, 5}, 2048, true, 0, false, true, false},
    {"large", {64, 256}, 1 << 20, true, 2, false, false, false},
};

Options options_of(const Way &way) {
  Options options;
  options.set("commit_every", int64_t{1});
  options.set("chunk_bytes", way.chunk_bytes);
  options.set("compression", std::string(way.gzip ? "gzip" : "none"));
  options.set("threads", way.threads);
  options.set("checksum", way.checksum);
  options.set("fsync", way.sync);
  return options;
}

FieldPtr field_of(const Way &way) {
  return Field::create({Grid::unit(way.shape, {true, true}), PDE_SCALAR, PDE_FLOAT64, std::nullopt, {}});
}

/// Each number tells its snapshot and its cell.
void fill(Field &field, int64_t index) {
  auto *data = reinterpret_cast<double *>(field.c_order_data());
  for (int64_t cell = 0; cell < field.description().count(); ++cell)
    data[cell] = static_cast<double>(index) + static_cast<double>(cell % 1000) / 1024.0;
}

bool is(const double *data, int64_t cells, int64_t index) {
  for (int64_t cell = 0; cell < cells; ++cell)
    if (data[cell] != static_cast<double>(index) + static_cast<double>(cell % 1000) / 1024.0) return false;
  return true;
}

std::string info_of(int64_t index) {
  return "{\"number\": " + std::to_string(index) + "}";
}

void append_to(Storage &storage, const Way &way, Field &field, int64_t index) {
  fill(field, index);
  const std::string info = info_of(index);
  storage.append(field, static_cast<double>(index), way.infos ? &info : nullptr);
}

/// A process that appends one snapshot whenever it is told to.
class Writer {
 public:
  Writer(const Way &way, const std::string &path) {
    if (::pipe(orders_) < 0 || ::pipe(answers_) < 0) throw std::runtime_error("pipe");
    child_ = ::fork();
    if (child_ == 0) {
      try {
        const StoragePtr storage = open_storage(path, "truncate", options_of(way));
        const FieldPtr field = field_of(way);
        char order;
        for (int64_t index = 0; ::read(orders_[0], &order, 1) == 1 && order != 'q'; ++index) {
          append_to(*storage, way, *field, index);
          (void)!::write(answers_[1], &order, 1);
        }
        storage->close();
        ::_exit(0);
      } catch (...) {
        ::_exit(1);
      }
    }
    ::close(answers_[1]);
  }
  ~Writer() {
    (void)!::write(orders_[1], "q", 1);
    int status = -1;
    ::waitpid(child_, &status, 0);
    EXPECT_EQ(status, 0);
    for (const int fd : {orders_[0], orders_[1], answers_[0]}) ::close(fd);
  }
  Writer(const Writer &) = delete;
  Writer &operator=(const Writer &) = delete;

  void append(int count = 1) {
    for (int i = 0; i < count; ++i) {
      char answer;
      ASSERT_EQ(::write(orders_[1], "a", 1), 1);
      ASSERT_EQ(::read(answers_[0], &answer, 1), 1) << "the writer has ended";
      ++length_;
    }
  }
  int64_t length() const { return length_; }

 private:
  int orders_[2], answers_[2];
  pid_t child_;
  int64_t length_ = 0;
};

/// Something happens before some of the file operations.
class DisturbedOps final : public test::ForwardingOps {
 public:
  explicit DisturbedOps(std::function<void(int64_t number)> disturb) : disturb_(std::move(disturb)) {}
  int open(const std::string &path, int flags, unsigned permissions) override {
    disturb_(++count_);
    return ForwardingOps::open(path, flags, permissions);
  }
  int64_t pread(int fd, void *data, size_t size, int64_t offset) override {
    disturb_(++count_);
    return ForwardingOps::pread(fd, data, size, offset);
  }
  int status(int fd, FileStatus *out) override {
    disturb_(++count_);
    return ForwardingOps::status(fd, out);
  }
  int64_t count() const { return count_; }

 private:
  std::function<void(int64_t)> disturb_;
  int64_t count_ = 0;
};

/// All that there is, in one call each.
void check_all(Storage &storage, const Way &way, int64_t at_least, const std::string &when) {
  const int64_t length = storage.length();
  ASSERT_GE(length, at_least) << when;
  const int64_t cells = field_of(way)->description().count();
  std::vector<double> times(static_cast<size_t>(length));
  storage.times(0, length, times.data());
  for (int64_t i = 0; i < length; ++i)
    ASSERT_EQ(times[static_cast<size_t>(i)], static_cast<double>(i)) << when;
  const FieldPtr field = field_of(way);
  for (int64_t i = std::max<int64_t>(0, length - 8); i < length; ++i) {
    storage.read(i, *field);
    ASSERT_TRUE(is(reinterpret_cast<const double *>(field->c_order_data()), cells, i)) << i << " " << when;
    if (way.infos) {
      ASSERT_EQ(storage.snapshot_info(i).value_or(""), info_of(i)) << when;
    }
  }
}

Options reader_options() {
  Options options;
  options.set("threads", int64_t{0});  // so that all operations are those of this thread
  return options;
}

class LiveReading : public testing::TestWithParam<Way> {};

TEST_P(LiveReading, SeesOneCommitWhereverAnotherOneComesInBetween) {
  const Way &way = GetParam();
  const test::TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  Writer writer(way, path);
  writer.append(3);
  int64_t disturbed = 0;
  for (int64_t nth = 1;; nth += test::kEveryNth) {
    bool reached = false;
    DisturbedOps ops([&](int64_t number) {
      if (number != nth) return;
      reached = true;
      writer.append();
    });
    const std::string when = "with a commit at operation " + std::to_string(nth);
    const int64_t before = writer.length();
    {
      const test::WithOps with(&ops);
      const StoragePtr storage = open_storage(path, "readonly", reader_options());
      check_all(*storage, way, before, when);
      if (HasFatalFailure()) return;
      storage->refresh();
      check_all(*storage, way, writer.length(), when);
      if (HasFatalFailure()) return;
    }
    if (!reached) break;
    ++disturbed;
  }
  EXPECT_GT(disturbed, 50 / test::kEveryNth);
}

TEST_P(LiveReading, SeesOneCommitHoweverManyThereAre) {
  const Way &way = GetParam();
  const test::TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  for (const int64_t every : {23, 60}) {
    Writer writer(way, path);
    writer.append(3);
    DisturbedOps ops([&](int64_t number) {
      if (number % every == 0 && writer.length() < 300) writer.append();
    });
    const test::WithOps with(&ops);
    const StoragePtr storage = open_storage(path, "readonly", reader_options());
    for (int round = 0; round < 8; ++round) {
      const int64_t before = writer.length();
      storage->refresh();
      check_all(*storage, way, before, "every " + std::to_string(every) + " operations");
      if (HasFatalFailure()) return;
    }
  }
}

/// As fast as it can, for as long as the reader reads.
TEST_P(LiveReading, GoesOnBesideAWriterThatNeverRests) {
  const Way &way = GetParam();
  const test::TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      const StoragePtr storage = open_storage(path, "truncate", options_of(way));
      const FieldPtr field = field_of(way);
      for (int64_t index = 0; index < 200000; ++index) append_to(*storage, way, *field, index);
    } catch (...) {
    }
    ::_exit(1);
  }
  while (!std::filesystem::exists(path)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  {
    const StoragePtr storage = open_storage(path, "readonly", {});
    int64_t seen = 0;
    // A commit that waits for a slow disk takes longer than many rounds of reading.
    const auto patience = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    for (int round = 0; round < 40 || (seen <= 10 && std::chrono::steady_clock::now() < patience); ++round) {
      storage->refresh();
      check_all(*storage, way, seen, "in round " + std::to_string(round));
      if (HasFatalFailure()) break;
      seen = storage->length();
    }
    EXPECT_GT(seen, 10);
    const StoragePtr anew = open_storage(path, "readonly", {});
    check_all(*anew, way, seen, "opened anew");
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  const StoragePtr left = open_storage(path, "readonly", {});
  check_all(*left, way, 10, "after a kill");
}

INSTANTIATE_TEST_SUITE_P(Over, LiveReading, testing::ValuesIn(kWays),
                         [](const auto &way) { return std::string(way.param.name); });

}  // namespace
}  // namespace pde
