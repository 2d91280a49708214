// The chunk codec: against HDF5's own filters, both ways; against zlib; and against damage of every kind.
//
// The seed is printed and can be given by the environment variable PDE_TEST_SEED; PDE_TEST_SEQUENCES is how
// many sequences are run.
#include "storage/hdf5/chunk_codec.hpp"

#include <gtest/gtest.h>
#include <hdf5.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "bench/data_sets.hpp"
#include "field/rounding.hpp"
#include "storage/hdf5/fletcher32.hpp"
#include "storage/hdf5/shuffle.hpp"
#include "support/expect_error.hpp"

namespace pde {
namespace {

using Bytes = std::vector<std::byte>;

constexpr DeflateChoice kChoices[] = {DeflateChoice::zlib, DeflateChoice::isal, DeflateChoice::libdeflate};
constexpr int64_t kItems[] = {1, 2, 3, 4, 8, 16};

// ---- data

Bytes random_bytes(std::mt19937_64 &random, size_t size) {
  Bytes bytes(size);
  for (std::byte &byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

Bytes constant(size_t size) {
  return Bytes(size, std::byte{0x40});
}

/// Elements that grow slowly: the low bytes run through all values again and again, the high ones hardly
/// change.
Bytes smooth(size_t size, int64_t item) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) {
    const size_t element = i / static_cast<size_t>(item), byte = i % static_cast<size_t>(item);
    bytes[i] = static_cast<std::byte>(byte < 4 ? element * 3 >> (8 * byte) : 7);
  }
  return bytes;
}

/// Stretches of noise, zeros and text, so that what is stored and what is deflated take turns.
Bytes mixed(std::mt19937_64 &random, size_t size) {
  Bytes bytes;
  while (bytes.size() < size) {
    const size_t stretch = 1 + random() % 150000;
    const uint64_t kind = random() % 3;
    for (size_t i = 0; i < stretch; ++i)
      bytes.push_back(static_cast<std::byte>(kind == 0 ? random() : kind == 1 ? 0 : random() % 5));
  }
  bytes.resize(size);
  return bytes;
}

Bytes data_of_kind(std::mt19937_64 &random, uint64_t kind, size_t size, int64_t item) {
  switch (kind % 4) {
    case 0:
      return random_bytes(random, size);
    case 1:
      return constant(size);
    case 2:
      return smooth(size, item);
    default:
      return mixed(random, size);
  }
}

// ---- round trips

Bytes encoded(ChunkCodec &codec, const ChunkFilters &filters, DeflateChoice choice, const Bytes &chunk,
              const Rounding *rounding = nullptr) {
  Bytes out(ChunkCodec::bound(filters, chunk.size()));
  out.resize(codec.encode(filters, choice, rounding, chunk, out));
  return out;
}

Bytes decoded(ChunkCodec &codec, const ChunkFilters &filters, const Bytes &stored, size_t size,
              uint32_t mask = 0) {
  Bytes out(size);
  codec.decode(filters, mask, stored, out);
  return out;
}

std::string text_of(const ChunkFilters &filters) {
  return std::string(filters.shuffle ? "shuffle " : "") + (filters.deflate ? "deflate " : "") +
         (filters.checksum ? "checksum " : "") + "level " + std::to_string(filters.level) + " item " +
         std::to_string(filters.item);
}

ChunkFilters filters_of(unsigned bits, int level, int64_t item) {
  return {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, level, item};
}

TEST(ChunkCodec, EveryCombinationOfFiltersComesBack) {
  std::mt19937_64 random(1);
  ChunkCodec codec;
  const size_t sizes[] = {0, 1, 2, 3, 7, 16, 33, 4095, 4096, 4099, 65535, 65536, 65537, 100003};
  for (unsigned bits = 0; bits < 8; ++bits)
    for (int level : {0, 1, 2, 4, 9})
      for (int64_t item : kItems)
        for (size_t size : sizes)
          for (uint64_t kind = 0; kind < 4; ++kind) {
            if (level == 9 && size > 5000 && kind > 1) continue;  // slow, and has a test of its own
            const ChunkFilters filters = filters_of(bits, level, item);
            const Bytes chunk = data_of_kind(random, kind, size, item);
            const Bytes stored = encoded(codec, filters, kChoices[kind % 3], chunk);
            ASSERT_LE(stored.size(), ChunkCodec::bound(filters, size));
            ASSERT_EQ(decoded(codec, filters, stored, size), chunk)
                << text_of(filters) << ", " << size << " bytes of kind " << kind;
          }
}

TEST(ChunkCodec, EveryLevelAndLibraryComesBack) {
  std::mt19937_64 random(2);
  ChunkCodec codec;
  for (int level = 0; level <= 9; ++level)
    for (DeflateChoice choice : kChoices)
      for (uint64_t kind = 0; kind < 4; ++kind) {
        const ChunkFilters filters{true, true, true, level, 8};
        const Bytes chunk = data_of_kind(random, kind, 300007, 8);
        const Bytes stored = encoded(codec, filters, choice, chunk);
        ASSERT_EQ(decoded(codec, filters, stored, chunk.size()), chunk)
            << text_of(filters) << " kind " << kind;
      }
}

uint64_t number_from(const char *variable, uint64_t otherwise) {
  const char *text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(ChunkCodecProperty, RandomChunksComeBackAndZlibReadsThem) {
  const uint64_t first = number_from("PDE_TEST_SEED", std::random_device()());
  const uint64_t count = number_from("PDE_TEST_SEQUENCES", 60);
  std::printf("PDE_TEST_SEED=%llu\n", static_cast<unsigned long long>(first));
  ChunkCodec codec;
  for (uint64_t i = 0; i < count && !::testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE("PDE_TEST_SEED=" + std::to_string(first + i) + " PDE_TEST_SEQUENCES=1");
    std::mt19937_64 random(first + i);
    const int64_t item = random() % 5 == 0 ? 1 + static_cast<int64_t>(random() % 5000) : kItems[random() % 6];
    const ChunkFilters filters = filters_of(random() % 8 | 2, static_cast<int>(random() % 9), item);
    const Bytes chunk = data_of_kind(random, random(), random() % 600000, item);
    const Bytes stored = encoded(codec, filters, kChoices[random() % 3], chunk);
    ASSERT_EQ(decoded(codec, filters, stored, chunk.size()), chunk) << text_of(filters);
    Bytes inflated(chunk.size() + 1);
    uLongf size = inflated.size();
    ASSERT_EQ(uncompress(reinterpret_cast<Bytef *>(inflated.data()), &size,
                         reinterpret_cast<const Bytef *>(stored.data()), stored.size()),
              Z_OK)
        << text_of(filters);
    ASSERT_EQ(size, chunk.size());
  }
}

TEST(ChunkCodec, TheSameChunkGivesTheSameBytesWhateverCameBefore) {
  std::mt19937_64 random(3);
  for (int level : {1, 2, 5, 9}) {
    const ChunkFilters filters{true, true, false, level, 8};
    const Bytes chunk = mixed(random, 200000), other = smooth(150001, 8);
    for (DeflateChoice choice : kChoices) {
      ChunkCodec fresh, used;
      const Bytes expected = encoded(fresh, filters, choice, chunk);
      encoded(used, {false, true, true, 3, 4}, DeflateChoice::libdeflate, other);
      encoded(used, filters, choice, other);
      EXPECT_EQ(used.choose(filters, chunk), fresh.choose(filters, chunk));
      EXPECT_EQ(encoded(used, filters, choice, chunk), expected) << text_of(filters);
    }
  }
}

#ifdef __GLIBC__

size_t bytes_in_use() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST(ChunkCodec, HoldsNoMoreThanItSays) {
  const Bytes chunk = bench::snapshot(bench::DataSet::noisy_f64, 200, 1);
  for (int level : {0, 1, 3, 9}) {
    const ChunkFilters filters{true, true, true, level, 8};
    Bytes stored(ChunkCodec::bound(filters, chunk.size())), back(chunk.size());
    const size_t before = bytes_in_use();
    ChunkCodec codec;
    const size_t size = codec.encode(filters, DeflateChoice::isal, nullptr, chunk, stored);
    codec.decode(filters, 0, std::span(stored).first(size), back);
    const size_t after = bytes_in_use();
    EXPECT_LE(after - std::min(before, after), ChunkCodec::scratch_bytes(filters, chunk.size())) << level;
  }
}

#endif

TEST(ChunkCodec, MaskSkipsFiltersOfThePipelineThatIsThere) {
  std::mt19937_64 random(4);
  ChunkCodec codec;
  const Bytes chunk = smooth(10001, 8);
  for (unsigned bits = 0; bits < 8; ++bits) {
    const ChunkFilters filters = filters_of(bits, 4, 8);
    for (uint32_t mask = 0; mask <= filters.all_skipped(); ++mask) {
      ChunkFilters used = filters;
      int place = 0;
      for (bool *filter : {&used.shuffle, &used.deflate, &used.checksum})
        if (*filter && (mask >> place++ & 1) != 0) *filter = false;
      const Bytes stored = encoded(codec, used, DeflateChoice::isal, chunk);
      EXPECT_EQ(decoded(codec, filters, stored, chunk.size(), mask), chunk) << text_of(filters) << mask;
      if (mask == filters.all_skipped()) {
        EXPECT_EQ(stored, chunk);
      }
    }
  }
}

TEST(ChunkCodec, RoundsBeforeItShuffles) {
  RoundingSettings settings;
  settings.keep_bits = 20;
  const auto rounding = Rounding::create(PDE_FLOAT64, settings);
  ASSERT_TRUE(rounding);
  const Bytes chunk = bench::snapshot(bench::DataSet::noisy_f64, 150, 1);
  Bytes expected(chunk.size());
  rounding->apply(expected.data(), chunk.data(), static_cast<int64_t>(chunk.size() / 8));
  ASSERT_NE(expected, chunk);
  ChunkCodec codec;
  for (unsigned bits = 0; bits < 8; ++bits) {
    const ChunkFilters filters = filters_of(bits, 1, 8);
    const Bytes stored = encoded(codec, filters, DeflateChoice::isal, chunk, &*rounding);
    EXPECT_EQ(decoded(codec, filters, stored, chunk.size()), expected) << text_of(filters);
    EXPECT_EQ(stored, encoded(codec, filters, DeflateChoice::isal, expected));
  }
  const ChunkFilters filters = filters_of(3, 1, 8);
  EXPECT_EQ(codec.choose(filters, chunk, &*rounding), codec.choose(filters, expected));
}

// ---- against HDF5's own filters

/// A dataset of one chunk in a file in memory.
class OneChunk {
 public:
  OneChunk(const ChunkFilters &filters, size_t elements)
      : size_(elements * static_cast<size_t>(filters.item)) {
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS), creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_fapl_core(access, 1 << 16, 0);
    file_ = H5Fcreate("one_chunk.h5", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    type_ = H5Tcreate(H5T_OPAQUE, static_cast<size_t>(filters.item));
    const hsize_t shape[] = {elements};
    H5Pset_chunk(creation, 1, shape);
    if (filters.shuffle) H5Pset_shuffle(creation);
    if (filters.deflate) H5Pset_deflate(creation, static_cast<unsigned>(filters.level));
    if (filters.checksum) H5Pset_fletcher32(creation);
    space_ = H5Screate_simple(1, shape, nullptr);
    dataset_ = H5Dcreate2(file_, "data", type_, space_, H5P_DEFAULT, creation, H5P_DEFAULT);
    EXPECT_GE(dataset_, 0);
    H5Pclose(access), H5Pclose(creation);
  }
  OneChunk(const OneChunk &) = delete;
  OneChunk &operator=(const OneChunk &) = delete;
  ~OneChunk() { H5Dclose(dataset_), H5Sclose(space_), H5Tclose(type_), H5Fclose(file_); }

  void write(const Bytes &chunk) {
    EXPECT_GE(H5Dwrite(dataset_, type_, H5S_ALL, H5S_ALL, H5P_DEFAULT, chunk.data()), 0);
    EXPECT_GE(H5Dflush(dataset_), 0);
  }
  Bytes read() {
    Bytes chunk(size_);
    EXPECT_GE(H5Dread(dataset_, type_, H5S_ALL, H5S_ALL, H5P_DEFAULT, chunk.data()), 0);
    return chunk;
  }
  void write_stored(const Bytes &stored, uint32_t mask) {
    const hsize_t origin[] = {0};
    EXPECT_GE(H5Dwrite_chunk(dataset_, H5P_DEFAULT, mask, origin, stored.size(), stored.data()), 0);
    // HDF5 1.10 remembers the chunk without its new mask until the dataset is closed.
    H5Dclose(dataset_);
    dataset_ = H5Dopen2(file_, "data", H5P_DEFAULT);
  }
  Bytes read_stored(uint32_t &mask) {
    const hsize_t origin[] = {0};
    hsize_t size = 0;
    EXPECT_GE(H5Dget_chunk_storage_size(dataset_, origin, &size), 0);
    Bytes stored(size);
    EXPECT_GE(H5Dread_chunk(dataset_, H5P_DEFAULT, origin, &mask, stored.data()), 0);
    return stored;
  }

 private:
  size_t size_;
  hid_t file_, type_, space_, dataset_;
};

void for_each_pipeline(void (*run)(ChunkCodec &, const ChunkFilters &, const Bytes &)) {
  std::mt19937_64 random(5);
  ChunkCodec codec;
  for (unsigned bits = 0; bits < 8; ++bits)
    for (int level : {0, 1, 4, 9})
      for (int64_t item : kItems)
        for (size_t elements : {1, 2, 5, 47, 1001, 20011}) {
          if ((bits & 2) == 0 && level > 0) continue;
          const ChunkFilters filters = filters_of(bits, level, item);
          SCOPED_TRACE(text_of(filters) + ", " + std::to_string(elements) + " elements");
          const uint64_t kind = elements % 4;
          run(codec, filters, data_of_kind(random, kind, elements * static_cast<size_t>(item), item));
          if (::testing::Test::HasFailure()) return;
        }
}

TEST(ChunkCodec, StockFiltersReadWhatItWrote) {
  for_each_pipeline([](ChunkCodec &codec, const ChunkFilters &filters, const Bytes &chunk) {
    for (DeflateChoice choice : kChoices) {
      OneChunk file(filters, chunk.size() / static_cast<size_t>(filters.item));
      file.write_stored(encoded(codec, filters, choice, chunk), 0);
      EXPECT_EQ(file.read(), chunk);
      if (!filters.deflate || filters.level == 0 || filters.level > 2) break;
    }
  });
}

TEST(ChunkCodec, ReadsWhatStockFiltersWrote) {
  for_each_pipeline([](ChunkCodec &codec, const ChunkFilters &filters, const Bytes &chunk) {
    OneChunk file(filters, chunk.size() / static_cast<size_t>(filters.item));
    file.write(chunk);
    uint32_t mask = 0;
    const Bytes stored = file.read_stored(mask);
    EXPECT_EQ(decoded(codec, filters, stored, chunk.size(), mask), chunk);
    // Nothing but deflate leaves a choice.
    if (!filters.deflate && mask == 0) {
      EXPECT_EQ(stored, encoded(codec, filters, DeflateChoice::zlib, chunk));
    }
  });
}

TEST(ChunkCodec, StockFiltersHonourTheMaskOfAllSkipped) {
  const ChunkFilters filters{true, true, true, 1, 8};
  OneChunk file(filters, 100);
  const Bytes chunk = smooth(800, 8);
  file.write_stored(chunk, filters.all_skipped());
  EXPECT_EQ(file.read(), chunk);
}

// ---- shuffle and checksum

/// Its definition: byte b of element i lies at b * elements + i; what is left over follows.
Bytes shuffled_by_definition(const Bytes &from, size_t item) {
  const size_t elements = from.size() / item;
  Bytes to = from;
  for (size_t i = 0; i < elements; ++i)
    for (size_t b = 0; b < item; ++b) to[b * elements + i] = from[i * item + b];
  return to;
}

TEST(Shuffle, EveryLoopGivesTheSame) {
  std::mt19937_64 random(6);
  for (size_t item : {2, 3, 4, 5, 8, 16, 24})
    for (size_t elements : {0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 1000, 4099}) {
      const Bytes from = random_bytes(random, elements * item);
      const Bytes expected = shuffled_by_definition(from, item);
      for (const ShuffleLoops &loops : shuffle_loops()) {
        Bytes to(from.size()), back(from.size());
        shuffle_block(loops, to.data(), elements, from.data(), elements, item);
        EXPECT_EQ(to, expected) << loops.name << " item " << item << " elements " << elements;
        unshuffle_block(loops, back.data(), to.data(), elements, elements, item);
        EXPECT_EQ(back, from) << loops.name << " item " << item << " elements " << elements;
      }
    }
}

TEST(Shuffle, LoopsLeaveNoElementThatFillsTheirRegisters) {
  for (const ShuffleLoops &loops : shuffle_loops()) {
    if (std::string(loops.name) == "portable") continue;
    for (size_t item : {2, 4, 8, 16}) {
      const Bytes from(64 * item);
      Bytes to(from.size());
      EXPECT_EQ(loops.shuffle(to.data(), 64, from.data(), 64, item), 64u) << loops.name;
      EXPECT_EQ(loops.unshuffle(to.data(), from.data(), 64, 64, item), 64u) << loops.name;
    }
  }
}

TEST(Shuffle, BytesBehindTheLastElementAreCopied) {
  std::mt19937_64 random(7);
  for (size_t item : {0, 1, 2, 3, 8, 16, 100})
    for (size_t size : {0, 1, 7, 33, 99, 1003}) {
      const Bytes from = random_bytes(random, size);
      Bytes to(size), back(size);
      shuffle(to.data(), from, item);
      EXPECT_EQ(to, item < 2 ? from : shuffled_by_definition(from, item));
      unshuffle(back.data(), to, item);
      EXPECT_EQ(back, from);
    }
}

TEST(Fletcher32, HoldsForTheCornersOfItsSums) {
  EXPECT_EQ(fletcher32(Bytes{}), 0u);
  EXPECT_EQ(fletcher32(Bytes(1000)), 0u);
  EXPECT_EQ(fletcher32(Bytes{std::byte{1}, std::byte{2}}), 0x01020102u);
  EXPECT_EQ(fletcher32(Bytes{std::byte{1}, std::byte{2}, std::byte{3}}), 0x05040402u);
  EXPECT_EQ(fletcher32(Bytes(2, std::byte{0xff})), 0xffffffffu);  // 65535 is not 0
  EXPECT_EQ(fletcher32(Bytes(size_t{6} << 20, std::byte{0xff})), 0xffffffffu);
}

TEST(Fletcher32, TheBytesOfOldReleasesFit) {
  const Bytes bytes = smooth(101, 1);
  const uint32_t sum = fletcher32(bytes);
  EXPECT_TRUE(fletcher32_fits(bytes, sum));
  EXPECT_TRUE(fletcher32_fits(
      bytes, (sum & 0xff) << 8 | (sum >> 8 & 0xff) | (sum >> 16 & 0xff) << 24 | (sum >> 24) << 16));
  EXPECT_FALSE(fletcher32_fits(bytes, sum + 1));
}

// ---- damage

/// Bytes that end where memory ends: one byte further is a crash, also in a library that no sanitizer has
/// seen.
class AtTheEdge {
 public:
  explicit AtTheEdge(size_t size) : size_(size) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    room_ = (size + page - 1) / page * page;
    memory_ = static_cast<std::byte *>(
        mmap(nullptr, room_ + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (memory_ == MAP_FAILED || mprotect(memory_ + room_, page, PROT_NONE) != 0) std::abort();
    mapped_ = room_ + page;
  }
  explicit AtTheEdge(std::span<const std::byte> bytes) : AtTheEdge(bytes.size()) {
    if (!bytes.empty()) std::memcpy(span().data(), bytes.data(), bytes.size());
  }
  AtTheEdge(const AtTheEdge &) = delete;
  AtTheEdge &operator=(const AtTheEdge &) = delete;
  ~AtTheEdge() { munmap(memory_, mapped_); }

  std::span<std::byte> span() { return {memory_ + room_ - size_, size_}; }

 private:
  size_t size_, room_, mapped_;
  std::byte *memory_;
};

/// Whether it decodes; if not, the failure is of the right kind.
bool decodes(ChunkCodec &codec, const ChunkFilters &filters, std::span<const std::byte> stored,
             std::span<std::byte> out) {
  AtTheEdge input(stored);
  try {
    codec.decode(filters, 0, input.span(), out);
    return true;
  } catch (const Error &error) {
    EXPECT_EQ(error.code(), PDE_ERR_FORMAT) << error.what();
    return false;
  }
}

TEST(ChunkCodecDamage, EveryTruncationIsNoticed) {
  std::mt19937_64 random(8);
  ChunkCodec codec;
  for (unsigned bits = 0; bits < 8; ++bits)
    for (uint64_t kind = 0; kind < 4; ++kind) {
      const ChunkFilters filters = filters_of(bits, 1, 8);
      const Bytes chunk = data_of_kind(random, kind, 3000, 8);
      const Bytes stored = encoded(codec, filters, DeflateChoice::isal, chunk);
      AtTheEdge out(chunk.size());
      for (size_t size = 0; size < stored.size(); ++size)
        ASSERT_FALSE(decodes(codec, filters, std::span(stored).first(size), out.span()))
            << text_of(filters) << ": " << size << " of " << stored.size();
      ASSERT_TRUE(decodes(codec, filters, stored, out.span()));
    }
}

TEST(ChunkCodecDamage, EveryFlippedBitIsNoticed) {
  ChunkCodec codec;
  for (unsigned bits : {2u, 3u, 4u, 5u, 6u, 7u}) {
    const ChunkFilters filters = filters_of(bits, 1, 4);
    const Bytes chunk = smooth(1500, 4);
    Bytes stored = encoded(codec, filters, DeflateChoice::isal, chunk);
    AtTheEdge out(chunk.size());
    for (size_t bit = 0; bit < stored.size() * 8; ++bit) {
      const auto flip = std::byte{1} << (bit % 8);
      stored[bit / 8] ^= flip;
      // A flip that no reader minds, such as in the level that the header gives, must still leave the data
      // whole.
      if (decodes(codec, filters, stored, out.span())) {
        ASSERT_EQ(std::memcmp(out.span().data(), chunk.data(), chunk.size()), 0) << text_of(filters) << bit;
      }
      stored[bit / 8] ^= flip;
    }
  }
}

TEST(ChunkCodecDamage, RandomBytesAreRefused) {
  std::mt19937_64 random(9);
  ChunkCodec codec;
  for (int i = 0; i < 20000; ++i) {
    const ChunkFilters filters = filters_of(i % 2 == 0 ? 3 : 7, 1, 8);
    Bytes stored = random_bytes(random, random() % 300);
    if (stored.size() > 2 && i % 4 < 2) stored[0] = std::byte{0x78}, stored[1] = std::byte{0x01};
    AtTheEdge out(1 + random() % 5000);
    ASSERT_FALSE(decodes(codec, filters, stored, out.span()));
  }
}

TEST(ChunkCodecDamage, AnotherSizeIsRefused) {
  ChunkCodec codec;
  const Bytes chunk = smooth(5000, 8);
  for (unsigned bits = 0; bits < 8; ++bits) {
    const ChunkFilters filters = filters_of(bits, 1, 8);
    const Bytes stored = encoded(codec, filters, DeflateChoice::isal, chunk);
    for (size_t size : {0, 1, 8, 4999, 5001, 70000}) {
      AtTheEdge out(size);
      EXPECT_FALSE(decodes(codec, filters, stored, out.span())) << text_of(filters) << ", " << size;
    }
  }
}

TEST(ChunkCodecDamage, MessagesSayWhatIsWrong) {
  ChunkCodec codec;
  const Bytes chunk = smooth(800, 8);
  Bytes stored = encoded(codec, {true, true, true, 1, 8}, DeflateChoice::isal, chunk);
  stored.back() ^= std::byte{1};
  Bytes out(800);
  const auto message = [&](const ChunkFilters &filters, const Bytes &bytes) {
    return message_of(PDE_ERR_FORMAT, [&] { codec.decode(filters, 0, bytes, out); });
  };
  EXPECT_TRUE(contains(message({true, true, true, 1, 8}, stored), "checksum"));
  EXPECT_TRUE(contains(message({true, true, true, 1, 8}, Bytes(3)), "too short"));
  EXPECT_TRUE(contains(message({true, true, false, 1, 8}, Bytes(3)), "inflate to 800 bytes"));
  EXPECT_TRUE(contains(message({true, false, false, 1, 8}, Bytes(3)), "3 bytes instead of 800"));
}

// ---- sizes

size_t zlib_size(const Bytes &chunk, size_t item, int level) {
  const Bytes shuffled = shuffled_by_definition(chunk, item);
  uLongf size = compressBound(chunk.size());
  Bytes out(size);
  EXPECT_EQ(compress2(reinterpret_cast<Bytef *>(out.data()), &size,
                      reinterpret_cast<const Bytef *>(shuffled.data()), shuffled.size(), level),
            Z_OK);
  return size;
}

size_t our_size(bench::DataSet set, int level, const Bytes &chunk) {
  ChunkCodec codec;
  const ChunkFilters filters{true, true, false, level, bench::item_of(set)};
  return encoded(codec, filters, codec.choose(filters, chunk), chunk).size();
}

TEST(ChunkCodecSize, Level9IsAsDenseAsZlib) {
  for (bench::DataSet set : bench::kDataSets) {
    const Bytes chunk = bench::snapshot(set, 256, 3);
    const auto zlib = static_cast<double>(zlib_size(chunk, static_cast<size_t>(bench::item_of(set)), 9));
    EXPECT_LE(static_cast<double>(our_size(set, 9, chunk)), 1.01 * zlib) << bench::name_of(set);
  }
}

TEST(ChunkCodecSize, Level1StaysNearLevel4OfZlib) {
  if (!has_deflate(DeflateChoice::isal) && !has_deflate(DeflateChoice::libdeflate))
    GTEST_SKIP() << "zlib's level 1 is what it is";
  const double more[] = {1.03, 1.03, 1.06, 1.15};
  for (bench::DataSet set : bench::kDataSets) {
    const Bytes chunk = bench::snapshot(set, 512, 3);
    const auto zlib = static_cast<double>(zlib_size(chunk, static_cast<size_t>(bench::item_of(set)), 4));
    EXPECT_LE(static_cast<double>(our_size(set, 1, chunk)), more[static_cast<int>(set)] * zlib)
        << bench::name_of(set);
  }
}

TEST(ChunkCodecSize, NoiseCostsNoMoreThanItsBlocks) {
  std::mt19937_64 random(10);
  const Bytes chunk = random_bytes(random, 1 << 20);
  ChunkCodec codec;
  for (int level = 0; level <= 9; ++level)
    EXPECT_LT(encoded(codec, {true, true, false, level, 8}, DeflateChoice::isal, chunk).size(),
              chunk.size() + chunk.size() / 1000);
}

TEST(ChunkCodecSize, RepeatedNoiseIsNotTakenForNoise) {
  std::mt19937_64 random(11);
  const Bytes row = random_bytes(random, 4096);
  Bytes chunk;
  for (int i = 0; i < 64; ++i) chunk.insert(chunk.end(), row.begin(), row.end());
  ChunkCodec codec;
  for (int level : {1, 4, 9})
    EXPECT_LT(encoded(codec, {true, true, false, level, 8}, DeflateChoice::isal, chunk).size(),
              chunk.size() / 20)
        << level;
}

TEST(ChunkCodecSize, ChoosesIsalUnlessLibdeflateIsMuchDenser) {
  ChunkCodec codec;
  const ChunkFilters filters{true, true, false, 1, 8};
  const Bytes noisy = bench::snapshot(bench::DataSet::noisy_f64, 128, 0);
  const bool isal = has_deflate(DeflateChoice::isal), libdeflate = has_deflate(DeflateChoice::libdeflate);
  EXPECT_EQ(codec.choose(filters, noisy), isal         ? DeflateChoice::isal
                                          : libdeflate ? DeflateChoice::libdeflate
                                                       : DeflateChoice::zlib);
  if (!isal || !libdeflate) return;
  // Over all data that can be thought of, the choice is the smaller one within the 8 %.
  std::mt19937_64 random(12);
  for (uint64_t kind = 0; kind < 4; ++kind) {
    const Bytes chunk = data_of_kind(random, kind, 200000, 8);
    const auto dense = encoded(codec, filters, DeflateChoice::libdeflate, chunk).size();
    const auto fast = encoded(codec, filters, DeflateChoice::isal, chunk).size();
    EXPECT_EQ(codec.choose(filters, chunk) == DeflateChoice::isal, fast * 100 <= dense * 108) << kind;
  }
}

}  // namespace
}  // namespace pde
