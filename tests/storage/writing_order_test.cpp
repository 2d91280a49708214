// How samples get to the disk: one write at a time, in order, each sent on its way at once.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <mutex>
#include <utility>
#include <vector>

#include "storage/storage.hpp"
#include "support/forwarding_ops.hpp"
#include "support/temporary_folder.hpp"

namespace pde {
namespace {

constexpr int64_t kCells = 256;

class WatchingOps final : public test::ForwardingOps {
 public:
  using Piece = std::pair<int64_t, int64_t>;  // offset, size

  int64_t pwrite(int fd, const void *data, size_t size, int64_t offset) override {
    if (size < static_cast<size_t>(kSmallestChunk)) return ForwardingOps::pwrite(fd, data, size, offset);
    if (inside_.fetch_add(1) > 0) ++crowds;
    const int64_t done = ForwardingOps::pwrite(fd, data, size, offset);
    inside_.fetch_sub(1);
    const std::lock_guard lock(mutex_);
    written.emplace_back(offset, static_cast<int64_t>(size));
    return done;
  }
  int start_writeback(int fd, int64_t offset, int64_t size) override {
    const std::lock_guard lock(mutex_);
    sent.emplace_back(offset, size);
    return ForwardingOps::start_writeback(fd, offset, size);
  }

  std::vector<Piece> written, sent;
  std::atomic<int> crowds = 0;  // times that a write began before the last one had ended

 private:
  static constexpr int64_t kSmallestChunk = 16384;
  std::mutex mutex_;
  std::atomic<int> inside_ = 0;
};

class WritingOrder : public ::testing::TestWithParam<const char *> {};

TEST_P(WritingOrder, IsThatOfTheSnapshots) {
  test::TemporaryFolder folder;
  WatchingOps ops;
  const test::WithOps with(&ops);
  Options options;
  options.parse(GetParam());
  const StoragePtr storage = open_storage(folder.file("run.h5"), "create", options);
  const int64_t shape[] = {kCells, kCells};
  const FieldPtr field =
      Field::create({Grid::unit(shape, {false, false}), PDE_SCALAR, PDE_FLOAT64, std::nullopt, {}});
  constexpr int kSnapshots = 40;
  for (int i = 0; i < kSnapshots; ++i) {
    field->fill_random("normal", i, 0, 1);
    storage->append(*field, i);
  }
  storage->close();
  EXPECT_EQ(ops.crowds, 0) << "writes at the same time only wait for each other in the system";
  EXPECT_EQ(ops.sent, ops.written);
  ASSERT_EQ(ops.written.size(), size_t{kSnapshots});
  for (size_t i = 1; i < ops.written.size(); ++i)
    EXPECT_GE(ops.written[i].first, ops.written[i - 1].first + ops.written[i - 1].second) << i;
}

INSTANTIATE_TEST_SUITE_P(With, WritingOrder,
                         ::testing::Values("threads=0 chunk_bytes=1", "threads=1 chunk_bytes=1",
                                           "threads=4 chunk_bytes=1",
                                           "threads=4 chunk_bytes=1 compression=none",
                                           "threads=2 chunk_bytes=1 queue_bytes=0"));

}  // namespace
}  // namespace pde
