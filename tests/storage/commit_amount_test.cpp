// What a commit asks of the operating system: counted at the seam of file operations, not timed.
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "storage/storage.hpp"
#include "support/forwarding_ops.hpp"
#include "support/temporary_folder.hpp"

namespace pde {
namespace {

class CountingOps final : public test::ForwardingOps {
 public:
  int64_t pread(int fd, void *data, size_t size, int64_t offset) override {
    ++reads;
    bytes_read += static_cast<int64_t>(size);
    return ForwardingOps::pread(fd, data, size, offset);
  }
  int64_t pwrite(int fd, const void *data, size_t size, int64_t offset) override {
    ++writes;
    bytes_written += static_cast<int64_t>(size);
    return ForwardingOps::pwrite(fd, data, size, offset);
  }
  int truncate(int fd, int64_t size) override {
    ++others;
    return ForwardingOps::truncate(fd, size);
  }
  int status(int fd, FileStatus *out) override {
    ++others;
    return ForwardingOps::status(fd, out);
  }
  int path_status(const std::string &path, FileStatus *out) override {
    ++others;
    return ForwardingOps::path_status(path, out);
  }
  void reset() { reads = bytes_read = writes = bytes_written = others = 0; }

  // Workers count, too.
  std::atomic<int64_t> reads = 0, bytes_read = 0, writes = 0, bytes_written = 0, others = 0;
};

class CommitAmount : public ::testing::TestWithParam<const char *> {};

/// Appends of 32 x 32 with commit_every=1, of which 128 share a chunk.
TEST_P(CommitAmount, OfEachAppend) {
  constexpr int64_t kBytes = 32 * 32 * 8, kShared = 128;
  test::TemporaryFolder folder;
  CountingOps ops;
  const test::WithOps with(&ops);
  Options options;
  options.parse(GetParam());
  const StoragePtr storage = open_storage(folder.file("run.h5"), "create", options);
  const int64_t shape[] = {32, 32};
  const FieldPtr field =
      Field::create({Grid::unit(shape, {false, false}), PDE_SCALAR, PDE_FLOAT64, std::nullopt, {}});
  int64_t reads_while_sealing = 0;
  for (int64_t i = 0; i < 5 * kShared; ++i) {
    field->fill_random("normal", static_cast<uint64_t>(i), 0, 1);
    ops.reset();
    storage->append(*field, static_cast<double>(i));
    const bool seals = i % kShared == kShared - 1 || ops.bytes_written > 2 * kBytes;
    if (i >= 2 * kShared) reads_while_sealing += ops.bytes_read;
    if (i < 2 || seals || i % kShared == 0) continue;
    // The samples, the time, the journal before and after, and the number of rows in two headers.
    EXPECT_LE(ops.writes, 6) << i;
    EXPECT_LE(ops.bytes_written, kBytes + 2048) << i;  // once in a second HDF5 writes what time it is
    EXPECT_EQ(ops.reads, 0) << i;
    EXPECT_EQ(ops.others, 0) << i;
  }
  // Of the three chunks sealed since then, what was in the place of their samples is known. What was in the
  // holes that earlier ones have left is read; there are such where a chunk is sealed after the next is
  // begun.
  const bool at_once = std::string(GetParam()).find("threads=0") != std::string::npos;
  EXPECT_LE(reads_while_sealing, at_once ? 3 * 3 * 512 : 2 * kShared * kBytes);
  storage->close();
}

INSTANTIATE_TEST_SUITE_P(With, CommitAmount,
                         ::testing::Values("commit_every=1 threads=0", "commit_every=1 threads=2",
                                           "commit_every=1 threads=2 compression=none",
                                           "commit_every=1 threads=2 checksum=true"));

}  // namespace
}  // namespace pde
