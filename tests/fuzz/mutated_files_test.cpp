// Valid files with bytes changed at random, read and appended to in child processes.
//
// PDE_TEST_MUTATIONS says how many files there are, PDE_TEST_SEED with which one it begins; each file has a
// seed of its own, which is printed where it matters.
#include <gtest/gtest.h>
#include <hdf5.h>

#include <cstdio>
#include <cstring>
#include <random>

#include "fuzz/fuzz.hpp"
#include "fuzz/in_child.hpp"
#include "fuzz/use_series.hpp"
#include "support/capi_handles.hpp"
#include "support/temporary_folder.hpp"

namespace test {
namespace {

// ---- the files

struct ValidFile {
  std::string name, bytes, journal;
};

uint32_t crc32(std::string_view bytes) {
  uint32_t crc = ~0u;
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

/// Makes a journal tell of a commit that was cut off, and its checksums fit what is in it.
void mend(std::string &journal) {
  constexpr size_t kState = 512, kRecord = 576;
  if (journal.size() < kRecord) return;
  const auto put = [&](size_t offset, uint32_t number) {
    std::memcpy(&journal[kState + offset], &number, 4);
  };
  journal[kState + 8] = static_cast<char>(journal[kState + 8] | 1);  // an odd number: not applied to its end
  put(32, crc32(std::string_view(journal).substr(kRecord)));
  put(36, crc32(std::string_view(journal).substr(kState, 36)));
}

/// The record of the last commit alone, without what longer ones have left behind it.
std::string last_record(std::string journal) {
  constexpr size_t kState = 512, kRecord = 576;
  uint64_t size = 0;
  if (journal.size() < kRecord) return {};
  std::memcpy(&size, &journal[kState + 16], sizeof size);
  journal.resize(std::min<size_t>(journal.size(), kRecord + size));
  return journal;
}

/// Snapshots committed one by one, so that the last chunk is a raw tail until the series is finished.
std::vector<ValidFile> valid_files() {
  std::vector<ValidFile> files;
  for (const char *settings : {"", "compression=none", "checksum=true chunk_shape='2,3'"}) {
    const TemporaryFolder folder;
    const std::string path = folder.file("run.h5"), journal = path + ".journal";
    const OptionsHandle options = options_from(std::string("commit_every=1 info='{\"a\": [1]}' ") + settings);
    StorageHandle storage;
    REQUIRE_OK(pde_storage_open(path.c_str(), "create", options, storage.out()));
    const GridHandle grid = unit_grid({40});
    const FieldHandle field = new_field(grid);
    for (int i = 0; i < 5; ++i) {
      REQUIRE_OK(pde_field_fill(field, i, 0));
      REQUIRE_OK(pde_storage_append_info(storage, field, i, "{\"step\": 1}"));
    }
    files.push_back({std::string("raw tail, ") + settings, bytes_of_file(path), {}});
    files.push_back(
        {std::string("journal, ") + settings, bytes_of_file(path), last_record(bytes_of_file(journal))});
    REQUIRE_OK(pde_storage_close(storage.release()));
    files.push_back({std::string("plain, ") + settings, bytes_of_file(path), {}});
  }
  return files;
}

/// Some bytes, mostly where HDF5 keeps its own: at the beginning.
void mutate(std::string &bytes, std::mt19937_64 &random) {
  const size_t changes = 1 + random() % 4;
  for (size_t i = 0; i < changes && !bytes.empty(); ++i) {
    const size_t range = random() % 2 == 0 ? std::min<size_t>(bytes.size(), 4096) : bytes.size();
    const size_t at = random() % range;
    switch (random() % 4) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
        break;
      case 1:
        bytes[at] = static_cast<char>(random());
        break;
      case 2:
        bytes.replace(at, std::min<size_t>(8, bytes.size() - at), std::min<size_t>(8, bytes.size() - at),
                      random() % 2 == 0 ? '\xff' : '\0');
        break;
      default:
        if (random() % 8 == 0) bytes.resize(at);
    }
  }
}

void write_file(const std::string &path, const std::string &bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// What becomes of one of the files: the name tells which.
const ValidFile &write_mutated(const std::vector<ValidFile> &files, const std::string &path, uint64_t seed) {
  std::mt19937_64 random(seed);
  const ValidFile &file = files[random() % files.size()];
  std::string bytes = file.bytes, journal = file.journal;
  mutate(!journal.empty() && random() % 2 == 0 ? journal : bytes, random);
  mend(journal);
  write_file(path, bytes);
  if (!journal.empty()) write_file(path + ".journal", journal);
  return file;
}

TEST(MutatedFiles, CrashNothingOfOurs) {
  const uint64_t count = fuzz::number_from("PDE_TEST_MUTATIONS", 100);
  const uint64_t first = fuzz::number_from("PDE_TEST_SEED", std::random_device()());
  const std::vector<ValidFile> files = valid_files();
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  fuzz::Crashes crashes;
  fuzz::in_children(
      first, count, 1,
      [&](uint64_t seed) {
        write_mutated(files, path, seed);
        fuzz::read_series(path);
        fuzz::append_to_series(path);
        fuzz::read_series(path);
        PROMISE(H5Fget_obj_count(static_cast<hid_t>(H5F_OBJ_ALL), H5F_OBJ_ALL) == 0, "what is open in HDF5");
        folder.clear();
      },
      [&](uint64_t seed, const std::string &place) {
        crashes.add(seed, place, write_mutated(files, path, seed).name);
        folder.clear();
      });
  std::printf("%llu files from seed %llu on; %llu crashes in HDF5\n", static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(first), static_cast<unsigned long long>(crashes.count()));
  crashes.print();
}

}  // namespace
}  // namespace test
