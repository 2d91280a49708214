// Random series cut into random chunks, read in parts and in any order by any number of workers, against a
// model kept in memory; also with chunks that are damaged, and with a file that is cut off.
//
// The seed is printed and can be given by the environment variable PDE_TEST_SEED, with which the series that
// failed comes first; PDE_TEST_SEQUENCES is how many series each test tries at most.
#include <hdf5.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <set>

#include "capi/odd_files.hpp"
#include "storage/random_kind.hpp"
#include "support/temporary_folder.hpp"

using namespace test;

namespace {

// ---- the series

/// A chunk as the file has it.
struct StoredChunk {
  std::vector<int64_t> lower;  // snapshot first, then cells
  haddr_t address = 0;
  hsize_t size = 0;
  unsigned mask = 0;
};

class Series {
 public:
  explicit Series(uint64_t seed) : random_(seed), dtype_(kDtypes[random_() % 13]) {
    const size_t axes = 1 + random_() % 3;
    const int64_t most[] = {60, 14, 7};
    for (size_t axis = 0; axis < axes; ++axis) shape_.push_back(between(1, most[axes - 1]));
    length_ = between(1, 40);
    chunk_ = {between(1, 9)};
    for (const int64_t size : shape_) chunk_.push_back(random_() % 2 ? size : between(1, size));
    for (int64_t i = 0; i < length_; ++i) snapshots_.push_back(snapshot());
    record();
  }

  /// Filters that notice each damage.
  bool checks() const { return checks_; }
  int64_t length() const { return length_; }
  int32_t dtype() const { return dtype_; }
  const std::vector<int64_t> &shape() const { return shape_; }
  const std::vector<int64_t> &chunk() const { return chunk_; }
  const std::string &path() const { return path_; }
  std::mt19937_64 &random() { return random_; }
  int64_t between(int64_t first, int64_t last) {
    return first + static_cast<int64_t>(random_() % static_cast<uint64_t>(last - first + 1));
  }

  StorageHandle open() {
    StorageHandle storage;
    const std::string options = "threads=" + std::to_string(random_() % 5);
    REQUIRE_OK(pde_storage_open(path_.c_str(), "readonly", options_from(options), storage.out()));
    return storage;
  }

  /// What a region of a snapshot is.
  Bytes region(int64_t index, const std::vector<int64_t> &lower, const std::vector<int64_t> &shape) const {
    const Bytes &all = snapshots_[static_cast<size_t>(index)];
    const auto item = pde_dtype_size(dtype_);
    Bytes result;
    std::vector<int64_t> at(shape.size(), 0);
    for (int64_t n = count_of(shape); n > 0; --n) {
      int64_t offset = 0;
      for (size_t axis = 0; axis < shape.size(); ++axis)
        offset = offset * shape_[axis] + lower[axis] + at[axis];
      const auto begin = all.begin() + offset * item;
      result.insert(result.end(), begin, begin + item);
      for (size_t axis = shape.size(); axis-- > 0 && ++at[axis] == shape[axis];) at[axis] = 0;
    }
    return result;
  }

  std::vector<StoredChunk> chunks() const {
    const Closing file(H5Fopen(path_.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
    const Closing data(H5Dopen2(file, "data", H5P_DEFAULT), H5Dclose);
    const Closing space(H5Dget_space(data), H5Sclose);
    hsize_t count = 0;
    H5Dget_num_chunks(data, space, &count);
    std::vector<StoredChunk> result;
    for (hsize_t i = 0; i < count; ++i) {
      StoredChunk chunk;
      std::vector<hsize_t> lower(1 + shape_.size());
      H5Dget_chunk_info(data, space, i, lower.data(), &chunk.mask, &chunk.address, &chunk.size);
      chunk.lower.assign(lower.begin(), lower.end());
      result.push_back(chunk);
    }
    return result;
  }

 private:
  /// Constant, smooth or noise, so that chunks differ in how they compress.
  Bytes snapshot() {
    const auto item = static_cast<size_t>(pde_dtype_size(dtype_));
    Bytes samples(static_cast<size_t>(count_of(shape_)) * item);
    const uint64_t kind = random_() % 3, start = random_();
    for (size_t i = 0; i < samples.size(); ++i) {
      const uint64_t byte = kind == 0 ? start : kind == 1 ? start + i / item / 3 : random_();
      samples[i] = static_cast<std::byte>(dtype_ == PDE_BOOL ? byte % 2 : byte % 256);
    }
    return samples;
  }

  std::string options() {
    const bool gzip = random_() % 4 != 0, checksum = random_() % 2 != 0;
    checks_ = gzip || checksum;
    std::string text = "nonfinite=allow threads=" + std::to_string(random_() % 5);
    text += gzip ? " level=" + std::to_string(random_() % 10) : std::string(" compression=none");
    if (checksum) text += " checksum=true";
    if (random_() % 3 == 0) text += " shuffle=false";
    if (random_() % 3 == 0) text += " commit_every=" + std::to_string(between(1, 7));
    text += " chunk_shape=";
    for (size_t i = 0; i < chunk_.size(); ++i) text += (i ? "," : "") + std::to_string(chunk_[i]);
    return text;
  }

  void record() {
    StorageHandle storage;
    REQUIRE_OK(pde_storage_open(path_.c_str(), "create", options_from(options()), storage.out()));
    const FieldHandle field = new_field(unit_grid(shape_), PDE_SCALAR, dtype_);
    REQUIRE_OK(pde_storage_start(storage, field, nullptr));
    for (const Bytes &samples : snapshots_) {
      REQUIRE_OK(pde_storage_append_raw(storage, dtype_, samples.data(), count_of(shape_), PDE_TIME_AUTO));
      if (random_() % 20 == 0) REQUIRE_OK(pde_storage_flush(storage));
    }
    REQUIRE_OK(pde_storage_close(storage.release()));
  }

  std::mt19937_64 random_;
  TemporaryFolder folder_;
  std::string path_ = folder_.file("series.h5");
  int32_t dtype_;
  std::vector<int64_t> shape_, chunk_;
  int64_t length_ = 0;
  bool checks_ = false;
  std::vector<Bytes> snapshots_;
};

// ---- reading

struct Box {
  int64_t first = 0, count = 1, step = 1;
  std::vector<int64_t> lower, shape;
};

Box random_box(Series &series) {
  Box box;
  box.first = series.between(0, series.length() - 1);
  box.step = series.random()() % 2 ? 1 : series.between(1, 5);
  box.count = series.between(1, (series.length() - 1 - box.first) / box.step + 1);
  for (const int64_t size : series.shape()) {
    box.lower.push_back(series.random()() % 2 ? 0 : series.between(0, size - 1));
    const int64_t most = size - box.lower.back();
    box.shape.push_back(series.random()() % 2 ? most : series.between(1, most));
  }
  return box;
}

/// Whole snapshots, one after the other.
Box whole(const Series &series, int64_t first, int64_t count = 1) {
  return {first, count, 1, std::vector<int64_t>(series.shape().size(), 0), series.shape()};
}

bool touches(const Series &series, const Box &box, const StoredChunk &chunk) {
  for (size_t axis = 0; axis < box.shape.size(); ++axis) {
    const int64_t begin = chunk.lower[axis + 1], end = begin + series.chunk()[axis + 1];
    if (box.lower[axis] >= end || box.lower[axis] + box.shape[axis] <= begin) return false;
  }
  for (int64_t i = 0; i < box.count; ++i) {
    const int64_t row = box.first + i * box.step - chunk.lower[0];
    if (row >= 0 && row < series.chunk()[0]) return true;
  }
  return false;
}

pde_status read_box(const Series &series, pde_storage *storage, const Box &box, Bytes &out) {
  const int64_t samples = count_of(box.shape) * box.count;
  // Guards behind it, so that writing beyond the end shows.
  out.assign(static_cast<size_t>(samples * pde_dtype_size(series.dtype())) + 16, std::byte{0xee});
  const pde_status status = pde_storage_read_box(storage, box.first, box.count, box.step, box.lower.data(),
                                                 box.shape.data(), series.dtype(), out.data(), nullptr);
  EXPECT_TRUE(std::all_of(out.end() - 16, out.end(), [](std::byte b) { return b == std::byte{0xee}; }));
  out.resize(out.size() - 16);
  return status;
}

Bytes expected(const Series &series, const Box &box) {
  Bytes all;
  for (int64_t i = 0; i < box.count; ++i) {
    const Bytes one = series.region(box.first + i * box.step, box.lower, box.shape);
    all.insert(all.end(), one.begin(), one.end());
  }
  return all;
}

void expect_right(const Series &series, pde_storage *storage, const Box &box) {
  Bytes got;
  ASSERT_OK(read_box(series, storage, box, got));
  ASSERT_TRUE(got == expected(series, box))
      << box.count << " snapshots from " << box.first << " on, step " << box.step;
}

/// In order, backwards, in order by several, or anywhere.
void read_in_some_order(Series &series, pde_storage *storage) {
  const int64_t length = series.length();
  switch (series.random()() % 4) {
    case 0:
      for (int64_t i = 0; i < length; ++i) expect_right(series, storage, whole(series, i));
      return;
    case 1:
      for (int64_t i = length; i-- > 0;) expect_right(series, storage, whole(series, i));
      return;
    case 2: {
      const Box like = random_box(series);
      for (int64_t i = 0, count = 0; i < length; i += count) {
        count = std::min(series.between(1, 6), length - i);
        expect_right(series, storage, {i, count, 1, like.lower, like.shape});
      }
      return;
    }
    default:
      for (int i = 0; i < 20; ++i) expect_right(series, storage, random_box(series));
  }
}

// ---- damage

void flip_bytes(const std::string &path, const StoredChunk &chunk) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  const auto middle = static_cast<std::streamoff>(chunk.address + chunk.size / 2);
  file.seekg(middle);
  const int byte = file.get();
  file.seekp(middle);
  file.put(static_cast<char>(byte ^ 0x35));
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

/// Other bytes for a chunk, as many as may be; none of its filters left out.
void store_garbage(Series &series, const StoredChunk &chunk) {
  const Closing file(H5Fopen(series.path().c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
  const Closing data(H5Dopen2(file, "data", H5P_DEFAULT), H5Dclose);
  const std::vector<hsize_t> lower(chunk.lower.begin(), chunk.lower.end());
  Bytes garbage(1 + series.random()() % (2 * chunk.size));
  for (std::byte &byte : garbage) byte = static_cast<std::byte>(series.random()() % 256);
  garbage[0] = std::byte{0xff};  // with which no deflated data begin
  if (H5Dwrite_chunk(data, H5P_DEFAULT, 0, lower.data(), garbage.size(), garbage.data()) < 0)
    throw std::runtime_error("H5Dwrite_chunk");
}

/// Whether a chunk went through a filter that notices what changes in it.
bool is_checked(const Series &series, const StoredChunk &chunk) {
  return series.checks() && chunk.mask == 0 && chunk.size > 0;
}

void expect_damaged(const Series &series, pde_storage *storage, const Box &box, const StoredChunk &chunk) {
  Bytes got;
  ASSERT_STATUS(PDE_ERR_FORMAT, read_box(series, storage, box, got));
  const std::string message = pde_error_message();
  EXPECT_NE(message.find(series.path()), std::string::npos) << message;
  EXPECT_NE(message.find("snapshots from " + std::to_string(chunk.lower[0]) + " on"), std::string::npos)
      << message;
}

void read_around_damage(Series &series, pde_storage *storage, const StoredChunk &damaged) {
  for (int i = 0; i < 12; ++i) {
    const Box box = random_box(series);
    touches(series, box, damaged) ? expect_damaged(series, storage, box, damaged)
                                  : expect_right(series, storage, box);
    if (::testing::Test::HasFailure()) return;
  }
  // In order, so that it is met by reading ahead, too.
  for (int64_t i = 0; i < series.length(); ++i) {
    const Box box = whole(series, i);
    touches(series, box, damaged) ? expect_damaged(series, storage, box, damaged)
                                  : expect_right(series, storage, box);
    if (::testing::Test::HasFailure()) return;
  }
}

// ---- the tests

template <class Body>
void for_random_series(uint64_t otherwise, Body &&body) {
  const uint64_t first = number_from("PDE_TEST_SEED", std::random_device{}());
  const uint64_t sequences = number_from("PDE_TEST_SEQUENCES", otherwise);
  std::printf("PDE_TEST_SEED=%llu\n", static_cast<unsigned long long>(first));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  for (uint64_t done = 0; done < sequences && (done == 0 || std::chrono::steady_clock::now() < end); ++done) {
    SCOPED_TRACE("to see this series alone: PDE_TEST_SEQUENCES=1 PDE_TEST_SEED=" +
                 std::to_string(first + done));
    Series series(first + done);
    body(series);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(ChunkReading, InAnyOrderGivesWhatWasRecorded) {
  for_random_series(150, [](Series &series) {
    StorageHandle storage = series.open();
    expect_right(series, storage, whole(series, 0, series.length()));
    for (int i = 0; i < 3 && !::testing::Test::HasFailure(); ++i) read_in_some_order(series, storage);
  });
}

TEST(ChunkReading, OfSeveralStoragesAtATime) {
  for_random_series(40, [](Series &series) {
    StorageHandle storages[] = {series.open(), series.open(), series.open()};
    for (int i = 0; i < 60 && !::testing::Test::HasFailure(); ++i)
      expect_right(series, storages[series.random()() % 3], random_box(series));
  });
}

TEST(ChunkReading, NamesWhatIsDamagedAndGivesTheRest) {
  for_random_series(150, [](Series &series) {
    const std::vector<StoredChunk> chunks = series.chunks();
    ASSERT_FALSE(chunks.empty());
    const StoredChunk chunk = chunks[series.random()() % chunks.size()];
    if (!is_checked(series, chunk)) return;
    flip_bytes(series.path(), chunk);
    StorageHandle storage = series.open();
    read_around_damage(series, storage, chunk);
    if (::testing::Test::HasFailure()) return;
    flip_bytes(series.path(), chunk);  // as it was
    read_in_some_order(series, storage);
  });
}

TEST(ChunkReading, NamesGarbageAndGivesTheRest) {
  for_random_series(150, [](Series &series) {
    const std::vector<StoredChunk> chunks = series.chunks();
    ASSERT_FALSE(chunks.empty());
    const StoredChunk chunk = chunks[series.random()() % chunks.size()];
    if (!is_checked(series, chunk)) return;
    store_garbage(series, chunk);
    StorageHandle storage = series.open();
    read_around_damage(series, storage, chunk);
  });
}

TEST(ChunkReading, OfAFileThatIsCutOffFailsUntilItIsWhole) {
  for_random_series(60, [](Series &series) {
    const std::string bytes = bytes_of_file(series.path());
    StorageHandle storage = series.open();
    expect_right(series, storage, random_box(series));
    std::filesystem::resize_file(series.path(), series.random()() % bytes.size());
    for (int i = 0; i < 5; ++i) {
      Bytes got;
      const Box box = random_box(series);
      const pde_status status = read_box(series, storage, box, got);
      EXPECT_TRUE(status == PDE_ERR_FORMAT || status == PDE_ERR_IO) << pde_status_name(status);
      EXPECT_NE(std::string(pde_error_message()).find(series.path()), std::string::npos)
          << pde_error_message();
    }
    std::ofstream(series.path(), std::ios::binary | std::ios::in | std::ios::out) << bytes;
    read_in_some_order(series, storage);
  });
}

}  // namespace
