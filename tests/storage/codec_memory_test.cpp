// Codecs, and code of ours that asks malloc itself, without memory: at each single allocation of a recording
// that is read back.
//
// This malloc stands before that of the C library, so that it is not built with sanitizers, which do the
// same. HDF5, and all that allocates with operator new (worker_faults_test), get what they ask for.
#include <gtest/gtest.h>
#include <link.h>

#include <array>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <new>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "storage/random_snapshots.hpp"
#include "storage/storage.hpp"
#include "support/descriptors.hpp"
#include "support/temporary_folder.hpp"

namespace {

struct Range {
  uintptr_t begin, end;
};
/// Code whose allocations fail: this program, with the library in it, and the libraries of the codecs.
std::array<Range, 16> victims;
size_t victim_count = 0;
std::atomic<int64_t> until_failure{0};  // 0: none is to fail
std::atomic<int64_t> failed{0};

int note_code(dl_phdr_info *info, size_t, void *) {
  const char *name = info->dlpi_name;
  const bool own = *name == '\0' && victim_count == 0;  // the program comes first
  if (!own && !std::strstr(name, "/libdeflate.") && !std::strstr(name, "/libz.") &&
      !std::strstr(name, "/libisal."))
    return 0;
  for (size_t i = 0; i < info->dlpi_phnum && victim_count < victims.size(); ++i) {
    const ElfW(Phdr) &part = info->dlpi_phdr[i];
    if (part.p_type != PT_LOAD || !(part.p_flags & PF_X)) continue;
    const uintptr_t begin = info->dlpi_addr + part.p_vaddr;
    victims[victim_count++] = {begin, begin + part.p_memsz};
  }
  return 0;
}

bool fails_now(const void *caller) {
  if (until_failure.load(std::memory_order_relaxed) <= 0) return false;
  const auto address = reinterpret_cast<uintptr_t>(caller);
  bool is_victim = false;
  for (size_t i = 0; i < victim_count; ++i)
    is_victim |= victims[i].begin <= address && address < victims[i].end;
  if (!is_victim || until_failure.fetch_sub(1) != 1) return false;
  ++failed;
  return true;
}

}  // namespace

extern "C" {
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) {
  return fails_now(__builtin_return_address(0)) ? nullptr : __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
  return fails_now(__builtin_return_address(0)) ? nullptr : __libc_calloc(count, size);
}
void *realloc(void *memory, size_t size) {
  return fails_now(__builtin_return_address(0)) ? nullptr : __libc_realloc(memory, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
  return fails_now(__builtin_return_address(0)) ? nullptr : __libc_memalign(alignment, size);
}
}

namespace pde {
namespace {

using test::open_with;

constexpr int kBefore = 3, kMore = 6, kAll = kBefore + kMore;

constexpr int64_t kShape[] = {48, 32};

FieldPtr snapshot(int64_t number) {
  return test::random_snapshot(number, kShape);
}

void check_contents(Storage &storage, int64_t least) {
  test::expect_random_snapshots(storage, least, kShape);
}

class CodecMemory : public testing::TestWithParam<std::string> {
 protected:
  CodecMemory() {
    if (victim_count == 0) ::dl_iterate_phdr(note_code, nullptr);
    for (int i = 0; i < kAll; ++i) snapshots.push_back(snapshot(i));
  }

  /// Appends to the file, and reads it: whole snapshots, and boxes, which HDF5 inflates itself.
  void record_and_read(const std::string &path, int64_t &committed) {
    {
      const StoragePtr storage = open_with(path, "append", GetParam());
      for (int i = kBefore; i < kAll; ++i) {
        Info info;
        info.set("number", std::to_string(i));
        const std::string json = info.text();
        storage->append(*snapshots[static_cast<size_t>(i)], i, &json);
        committed = std::max(committed, storage->committed());
      }
      storage->close();
      committed = kAll;
    }
    const StoragePtr storage = open_with(path, "readonly", GetParam());
    check_contents(*storage, kAll);
    const int64_t lower[] = {5, 5}, size[] = {2, 2};
    double values[4];
    for (int64_t i = 0; i < kAll; ++i) {
      storage->read_box(i, 1, 1, lower, size, PDE_FLOAT64, values, {});
      EXPECT_NE(storage->snapshot_info(i), "?");
    }
  }

  std::vector<FieldPtr> snapshots;
};

TEST_P(CodecMemory, NothingIsLostWhicheverAllocationFails) {
  test::TemporaryFolder original_folder;
  const std::string original = original_folder.file("run.h5");
  {
    const StoragePtr storage = open_with(original, "create", GetParam());
    for (int i = 0; i < kBefore; ++i) storage->append(*snapshots[static_cast<size_t>(i)], i);
    storage->close();
  }
  int refused = 0;
  for (int64_t nth = 1;; ++nth) {
    SCOPED_TRACE("allocation " + std::to_string(nth));
    ASSERT_LT(nth, 20000);
    test::TemporaryFolder folder;
    const std::string path = folder.file("run.h5");
    std::filesystem::copy_file(original, path);
    const size_t descriptors = test::open_descriptors();
    int64_t committed = kBefore;
    bool thrown = false;
    failed = 0;
    until_failure = nth;
    try {
      record_and_read(path, committed);
    } catch (const std::bad_alloc &) {
      thrown = true;
    } catch (const Error &error) {
      thrown = true;
      EXPECT_EQ(error.code(), PDE_ERR_MEMORY) << error.what();
    }
    until_failure = 0;
    if (HasFailure()) return;
    refused += thrown;
    EXPECT_EQ(test::open_descriptors(), descriptors);
    {
      const StoragePtr storage = open_with(path, "append", GetParam());
      check_contents(*storage, committed);
      const auto next = storage->length();
      storage->append(*snapshot(next), static_cast<double>(next));
      storage->close();
      check_contents(*open_with(path, "readonly", ""), next + 1);
    }
    if (failed == 0) break;  // a whole run has passed
  }
  EXPECT_GT(refused, 10);
}

INSTANTIATE_TEST_SUITE_P(Storage, CodecMemory,
                         testing::Values("threads=0 level=1 chunk_bytes=30000 commit_every=2",
                                         "threads=0 level=6 shuffle=true checksum=true commit_every=1",
                                         "threads=2 level=9 chunk_bytes=1 commit_every=3",
                                         "threads=0 compression=none"));

}  // namespace
}  // namespace pde
