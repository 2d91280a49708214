// How much of a large file is read: counted in bytes at the seam of file operations, not timed.
//
// Plain HDF5 tells where the chunks of samples lie. What a read may cost is the chunks that it needs, each
// once, and some metadata of HDF5 (a few nodes of its chunk index, the headers, the chunks of times that are
// asked for), for which kMetadata stands. Reading one snapshot after another, a few chunks behind the last
// one are read ahead.
#include <gtest/gtest.h>
#include <hdf5.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "base/threads.hpp"
#include "storage/storage.hpp"
#include "storage/transfer.hpp"
#include "support/forwarding_ops.hpp"
#include "support/temporary_folder.hpp"

namespace pde {
namespace {

constexpr int64_t kKiB = 1024, kMiB = 1024 * kKiB, kGiB = 1024 * kMiB;
/// Headers, attributes, and the nodes of two or three levels of index.
constexpr int64_t kMetadata = 96 * kKiB;

/// The most chunks that reading in order fetches before they are asked for.
const size_t kReadAhead = static_cast<size_t>(2 * usable_cores());

/// What has been read since it was last asked.
struct Amount {
  int64_t calls = 0, bytes = 0;
  int64_t samples = 0;       // bytes of those
  std::set<int64_t> chunks;  // addresses of the chunks that were touched
  int64_t chunk_bytes = 0;   // all of theirs
};

class CountingOps final : public test::ForwardingOps {
 public:
  /// Those of /data.
  void learn_chunks(const std::string &path) {
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t data = H5Dopen2(file, "data", H5P_DEFAULT), space = H5Dget_space(data);
    hsize_t count = 0;
    H5Dget_num_chunks(data, space, &count);
    for (hsize_t i = 0; i < count; ++i) {
      hsize_t offset[8], size = 0;
      unsigned mask;
      haddr_t address;
      H5Dget_chunk_info(data, space, i, offset, &mask, &address, &size);
      chunks_[static_cast<int64_t>(address)] = static_cast<int64_t>(size);
    }
    H5Sclose(space);
    H5Dclose(data);
    H5Fclose(file);
  }
  int64_t pread(int fd, void *data, size_t size, int64_t offset) override {
    const int64_t done = ForwardingOps::pread(fd, data, size, offset);
    if (done > 0) count(offset, offset + done);
    return done;
  }

  template <class F>
  Amount of(F &&f) {
    amount_ = {};
    f();
    return amount_;
  }
  size_t chunks() const { return chunks_.size(); }

 private:
  void count(int64_t begin, int64_t end) {
    const std::lock_guard lock(mutex_);  // workers read, too
    ++amount_.calls;
    amount_.bytes += end - begin;
    auto chunk = chunks_.upper_bound(begin);
    if (chunk != chunks_.begin()) --chunk;
    for (; chunk != chunks_.end() && chunk->first < end; ++chunk) {
      const auto &[address, size] = *chunk;
      const int64_t common = std::min(end, address + size) - std::max(begin, address);
      if (common <= 0) continue;
      amount_.samples += common;
      if (amount_.chunks.insert(address).second) amount_.chunk_bytes += size;
    }
  }

  std::mutex mutex_;
  std::map<int64_t, int64_t> chunks_;  // address and size
  Amount amount_;
};

/// A series in a file. The sample at `position` of snapshot `index` is
/// known.
class LargeFile {
 public:
  LargeFile(FieldDescription kind, int64_t length, const Options &options)
      : kind_(std::move(kind)), length_(length) {
    const StoragePtr storage = open_storage(path(), "create", options);
    storage->start(kind_, {});
    std::vector<double> samples(static_cast<size_t>(kind_.count()));
    for (int64_t index = 0; index < length; ++index) {
      for (size_t i = 0; i < samples.size(); ++i) samples[i] = sample(index, static_cast<int64_t>(i));
      storage->append_raw(PDE_FLOAT64, samples.data(), kind_.count(), time(index));
    }
    storage->close();
    ops_.learn_chunks(path());
    // A file that was written just now is looked at anew with each read, as clocks of file systems are
    // coarse.
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }

  static double sample(int64_t index, int64_t position) {
    return static_cast<double>((index * 1000 + position) * 2654435761 % 1000003);
  }
  static double time(int64_t index) { return 0.5 * static_cast<double>(index); }
  std::string path() const { return folder_.file("run.h5"); }
  size_t chunks() const { return ops_.chunks(); }

  /// What opening the file reads, and then what `f` reads from the storage.
  template <class F>
  std::pair<Amount, Amount> reading(F &&f) {
    const test::WithOps with(&ops_);
    StoragePtr storage;
    const Amount opening = ops_.of([&] { storage = open_storage(path(), "readonly", {}); });
    return {opening, ops_.of([&] { f(storage); })};
  }

  /// Expects `f` to touch at most `chunks` chunks and to read each of them once, and nothing else but
  /// metadata.
  template <class F>
  void expect(const char *what, size_t chunks, F &&f, int64_t metadata = kMetadata) {
    const auto [opening, amount] = reading(f);
    EXPECT_EQ(opening.samples, 0) << what << ": opening reads samples";
    EXPECT_LE(opening.bytes, kMetadata) << what;
    EXPECT_LE(amount.chunks.size(), chunks) << what;
    EXPECT_LE(amount.samples, amount.chunk_bytes) << what << ": chunks are read more than once";
    EXPECT_LE(amount.bytes - amount.samples, metadata) << what;
    std::printf("%-28s %4zu of %4zu chunks, %9lld bytes of samples, %7lld of metadata, %6lld calls\n", what,
                amount.chunks.size(), chunks, static_cast<long long>(amount.samples),
                static_cast<long long>(amount.bytes - amount.samples), static_cast<long long>(amount.calls));
  }

 private:
  test::TemporaryFolder folder_;
  CountingOps ops_;
  FieldDescription kind_;
  int64_t length_;
};

bool has_space(int64_t bytes) {
  return static_cast<int64_t>(std::filesystem::space(std::filesystem::temp_directory_path()).available) >=
         bytes;
}

Options uncompressed() {
  Options options;
  options.set("compression", std::string("none"));
  options.set("nonfinite", std::string("allow"));
  return options;
}

FieldDescription collection(std::vector<int64_t> shape) {
  std::vector<bool> periodic(shape.size(), false);
  return {Grid::unit(shape, periodic),
          PDE_COLLECTION,
          PDE_FLOAT64,
          std::nullopt,
          {{PDE_SCALAR, "a"}, {PDE_VECTOR, "v"}, {PDE_SCALAR, "b"}}};
}

/// Reads a box of some snapshots and compares each sample; the grid has two axes.
void read_box(Storage &storage, int64_t first, int64_t count, int64_t step, std::vector<int64_t> lower,
              std::vector<int64_t> shape) {
  const std::vector<int64_t> whole = storage.contents().shape;
  std::vector<double> got(static_cast<size_t>(count * shape[0] * shape[1] * shape[2]), -1);
  storage.read_box(first, count, step, lower, shape, PDE_FLOAT64, got.data(), {});
  size_t at = 0, wrong = 0;
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t row = lower[0]; row < lower[0] + shape[0]; ++row) {
      for (int64_t x = lower[1]; x < lower[1] + shape[1]; ++x) {
        for (int64_t y = lower[2]; y < lower[2] + shape[2]; ++y) {
          wrong += got[at++] != LargeFile::sample(first + i * step, (row * whole[1] + x) * whole[2] + y);
        }
      }
    }
  }
  EXPECT_EQ(wrong, 0u);
}

/// Whole snapshots, of a storage whose rows are those of the file from `row` on.
void read_range(Storage &storage, int64_t first, int64_t count, int64_t step, int64_t row = 0) {
  const std::vector<int64_t> shape = storage.contents().shape;
  int64_t each = 1;
  for (int64_t size : shape) each *= size;
  const int64_t offset = row * shape[shape.size() - 1] * shape[shape.size() - 2];
  std::vector<double> got(static_cast<size_t>(count * each), -1);
  storage.read_raw(first, count, step, PDE_FLOAT64, got.data(), count * each);
  size_t wrong = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    const auto snapshot = static_cast<int64_t>(i) / each, position = static_cast<int64_t>(i) % each;
    wrong += got[i] != LargeFile::sample(first + snapshot * step, offset + position);
  }
  EXPECT_EQ(wrong, 0u);
}

TEST(ReadAmount, SmallSnapshotsThatShareChunks) {
  if (!has_space(3 * kGiB)) GTEST_SKIP() << "less than 3 GiB free in the folder for temporary files";
  // 64 KiB each, 16 to a chunk of 1 MiB.
  constexpr int64_t kLength = 32768, kShared = 16;
  LargeFile file(collection({64, 32}), kLength, uncompressed());
  ASSERT_EQ(file.chunks(), static_cast<size_t>(kLength / kShared));
  ASSERT_GE(static_cast<int64_t>(std::filesystem::file_size(file.path())), 2 * kGiB);

  file.expect("nothing", 0,
              [&](const StoragePtr &storage) { EXPECT_EQ(storage->length(), int64_t{kLength}); });
  file.expect("one snapshot", 1, [](const StoragePtr &storage) { read_range(*storage, 20001, 1, 1); });
  file.expect("a field", 1, [](const StoragePtr &storage) {
    const FieldPtr field = Field::create(storage->description());
    storage->read(-1, *field);
    EXPECT_EQ(*reinterpret_cast<const double *>(field->rows()[0].data()), LargeFile::sample(32767, 0));
  });
  file.expect("a range", 7, [](const StoragePtr &storage) { read_range(*storage, 1000, 100, 1); });
  file.expect("a range with a small step", 38,
              [](const StoragePtr &storage) { read_range(*storage, 1000, 200, 3); });
  file.expect(
      "a range with a large step", 50, [](const StoragePtr &storage) { read_range(*storage, 5, 50, 600); },
      3 * kMetadata);
  file.expect("a box of cells of a range", 3, [](const StoragePtr &storage) {
    read_box(*storage, 32, 48, 1, {1, 10, 5}, {2, 20, 7});
  });
  file.expect("one snapshot after another", 4, [](const StoragePtr &storage) {
    for (int64_t i = 64; i < 128; ++i) read_range(*storage, i, 1, 1);
  });
  file.expect("one snapshot before another", 4, [](const StoragePtr &storage) {
    for (int64_t i = 128; i-- > 64;) read_range(*storage, i, 1, 1);
  });
  file.expect("in a wider dtype", 4, [](const StoragePtr &storage) {
    std::vector<double> got(2 * 64 * 8192);
    storage->read_raw(64, 64, 1, PDE_COMPLEX128, got.data(), 64 * 8192);
    EXPECT_EQ(got[2 * 63 * 8192], LargeFile::sample(127, 0));
  });
  file.expect("a view of a field", 4,
              [](const StoragePtr &storage) { read_range(*view_field(storage, 1), 64, 64, 1, 1); });
  file.expect("a view of two fields", 4, [](const StoragePtr &storage) {
    const int64_t members[] = {2, 0};
    const StoragePtr view = view_fields(storage, members);
    std::vector<double> got(64 * 2 * 2048);
    view->read_raw(64, 64, 1, PDE_FLOAT64, got.data(), 64 * 2 * 2048);
    EXPECT_EQ(got[0], LargeFile::sample(64, 3 * 2048));
    EXPECT_EQ(got[2048], LargeFile::sample(64, 0));
  });
  file.expect("a view of a range", 5, [](const StoragePtr &storage) {
    const StoragePtr view = view_range(storage, 160, 40, 32);
    std::vector<double> got(5 * 8192);
    view->read_raw(3, 5, 1, PDE_FLOAT64, got.data(), 5 * 8192);
    EXPECT_EQ(got[8192], LargeFile::sample(160 + 4 * 32, 0));
  });

  // All times are looked at once, so that a search knows whether they are in order.
  constexpr int64_t kTimes = kLength * 8 + 3 * kMetadata;
  file.expect(
      "searching times", 0,
      [](const StoragePtr &storage) {
        EXPECT_EQ(storage->find_range(500, 549.5), std::pair(int64_t{1000}, int64_t{100}));
        EXPECT_EQ(storage->find_nearest(7000.2), 14000);
      },
      kTimes);
  file.expect(
      "a window of time", 7,
      [](const StoragePtr &storage) {
        const auto [first, count] = storage->find_range(500, 549.5);
        read_range(*storage, first, count, 1);
      },
      kTimes);
  file.expect(
      "extracting a window of time", 7 + kReadAhead,
      [](const StoragePtr &storage) {
        const StoragePtr memory = extract_time_range(storage, 500, 549.5);
        EXPECT_EQ(memory->length(), 100);
      },
      kTimes + kMetadata);
  file.expect("a few times", 0, [](const StoragePtr &storage) {
    double times[3];
    storage->times(30000, 3, times);
    EXPECT_EQ(times[2], 15001);
  });
}

TEST(ReadAmount, LargeSnapshotsInTiles) {
  if (!has_space(3 * kGiB)) GTEST_SKIP() << "less than 3 GiB free in the folder for temporary files";
  // 128 MiB each: 4 rows of 2048 x 2048, in tiles of 256 x 2048 of one row, 4 MiB.
  constexpr int64_t kLength = 16;
  LargeFile file(collection({2048, 2048}), kLength, uncompressed());
  ASSERT_EQ(file.chunks(), static_cast<size_t>(kLength * 32));
  ASSERT_GE(static_cast<int64_t>(std::filesystem::file_size(file.path())), 2 * kGiB);

  file.expect("one snapshot", 32, [](const StoragePtr &storage) { read_range(*storage, 9, 1, 1); });
  file.expect("a box within a tile", 1, [](const StoragePtr &storage) {
    read_box(*storage, 3, 1, 1, {1, 300, 100}, {1, 200, 50});
  });
  file.expect("a box over tiles", 4, [](const StoragePtr &storage) {
    read_box(*storage, 3, 1, 1, {2, 500, 0}, {2, 20, 2048});
  });
  file.expect("a column of cells", 8, [](const StoragePtr &storage) {
    read_box(*storage, 15, 1, 1, {0, 0, 7}, {1, 2048, 2});
  });
  file.expect("a box of a range with a step", 5, [](const StoragePtr &storage) {
    read_box(*storage, 1, 5, 3, {3, 10, 10}, {1, 100, 100});
  });
  file.expect("a view of a field", 16,
              [](const StoragePtr &storage) { read_range(*view_field(storage, 1), 4, 1, 1, 1); });
  file.expect("a box of a view", 2, [](const StoragePtr &storage) {
    std::vector<double> got(2 * 30 * 30);
    view_field(storage, 2)
        ->read_box(4, 2, 1, std::vector<int64_t>{100, 5}, std::vector<int64_t>{30, 30}, PDE_FLOAT64,
                   got.data(), {});
    EXPECT_EQ(got[0], LargeFile::sample(4, (3 * 2048 + 100) * 2048 + 5));
    EXPECT_EQ(got[30 * 30], LargeFile::sample(5, (3 * 2048 + 100) * 2048 + 5));
  });
  file.expect("searching times", 0, [](const StoragePtr &storage) {
    EXPECT_EQ(storage->find_range(1, 2), std::pair(int64_t{2}, int64_t{3}));
  });
}

/// Compressed chunks are read whole, also those that the cache does not hold.
TEST(ReadAmount, CompressedSnapshotsOfEitherKind) {
  Options options;
  options.set("nonfinite", std::string("allow"));
  {
    LargeFile file(collection({1152, 1024}), 2, options);  // 36 MiB: tiles of 512 x 1024, and a rest
    ASSERT_EQ(file.chunks(), 2u * 4 * 3);
    file.expect("a box over tiles", 2, [](const StoragePtr &storage) {
      read_box(*storage, 1, 1, 1, {1, 500, 100}, {1, 20, 50});
    });
    file.expect("a box of both", 2, [](const StoragePtr &storage) {
      read_box(*storage, 0, 2, 1, {1, 3, 100}, {1, 20, 50});
    });
  }
  LargeFile file(collection({64, 32}), 512, options);
  ASSERT_EQ(file.chunks(), 32u);
  file.expect("one snapshot after another", 4 + kReadAhead, [](const StoragePtr &storage) {
    for (int64_t i = 64; i < 128; ++i) read_range(*storage, i, 1, 1);
  });
  file.expect("a view of two fields", 4, [](const StoragePtr &storage) {
    const int64_t members[] = {2, 0};
    std::vector<double> got(64 * 2 * 2048);
    view_fields(storage, members)->read_raw(64, 64, 1, PDE_FLOAT64, got.data(), 64 * 2 * 2048);
    EXPECT_EQ(got[2048], LargeFile::sample(64, 0));
  });
}

}  // namespace
}  // namespace pde
