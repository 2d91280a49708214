// What an append to a storage in memory costs, counted: allocations, page faults, memory.
//
// All of the heap is counted here, so that a buffer that a snapshot takes a detour through would show.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <new>
#include <numeric>
#include <string>
#include <vector>

#include "storage/storage.hpp"

namespace {

std::atomic<int64_t> allocations{0}, allocated_bytes{0};

void *counted(size_t bytes) {
  ++allocations;
  allocated_bytes += static_cast<int64_t>(bytes);
  void *memory = std::malloc(std::max<size_t>(bytes, 1));
  if (!memory) throw std::bad_alloc();
  return memory;
}

}  // namespace

void *operator new(size_t bytes) {
  return counted(bytes);
}
void *operator new[](size_t bytes) {
  return counted(bytes);
}
void operator delete(void *memory) noexcept {
  std::free(memory);
}
void operator delete[](void *memory) noexcept {
  std::free(memory);
}
void operator delete(void *memory, size_t) noexcept {
  std::free(memory);
}
void operator delete[](void *memory, size_t) noexcept {
  std::free(memory);
}

namespace pde {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kOwnPages = false;  // a sanitizer keeps books, in pages of its own
#else
constexpr bool kOwnPages = true;
#endif

constexpr int64_t kPage = 4096;

int64_t page_faults() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt + usage.ru_majflt;
}

/// What of the process lies in memory, in bytes.
int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

FieldPtr ones(const std::vector<int64_t> &shape) {
  const FieldPtr field = Field::create(
      {Grid::unit(shape, std::vector<bool>(shape.size(), false)), PDE_SCALAR, PDE_FLOAT64, std::nullopt, {}});
  std::fill_n(reinterpret_cast<double *>(field->c_order_data()), field->grid().cells(), 1.0);
  return field;
}

struct Cost {
  int64_t allocations, allocated_bytes, faults, resident;
};

/// Of `count` appends.
Cost cost_of_appends(Storage &storage, const Field &field, int64_t count) {
  const Cost before{allocations, allocated_bytes, page_faults(), resident_bytes()};
  const int64_t first = storage.length();
  for (int64_t i = 0; i < count; ++i) storage.append(field, static_cast<double>(first + i));
  return {allocations - before.allocations, allocated_bytes - before.allocated_bytes,
          page_faults() - before.faults, resident_bytes() - before.resident};
}

/// Room for slabs and times, which double.
constexpr int64_t kDoublings = 60;

void expect_one_copy(const std::vector<int64_t> &shape, int64_t count) {
  SCOPED_TRACE(std::to_string(count) + " snapshots of " + std::to_string(shape[0]) + " lines");
  const FieldPtr field = ones(shape);
  const StoragePtr storage = open_storage("memory:", "truncate_once", {});
  storage->append(*field, 0);
  storage->append(*field, 1);
  const Cost cost = cost_of_appends(*storage, *field, count);
  const int64_t bytes = count * field->description().bytes();
  EXPECT_LE(cost.allocations, kDoublings);
  // No room for the samples, not even of one snapshot, but times twice over and what knows the slabs.
  EXPECT_LE(cost.allocated_bytes, 4 * count * static_cast<int64_t>(sizeof(double)) + 16 * 1024);
  if (kOwnPages) {
    EXPECT_LE(cost.faults, bytes / kPage + kDoublings);
    EXPECT_LE(cost.resident, bytes + (int64_t{3} << 20));  // a huge page may be hardly used
  }
}

TEST(MemoryCost, OfAnAppendIsOneCopyWithoutAnAllocation) {
  expect_one_copy({512, 512}, 100);
  expect_one_copy({64, 64}, 2000);
  expect_one_copy({1000, 1000}, 20);
}

TEST(MemoryCost, OfManySmallSnapshotsIsTheirBytes) {
  const FieldPtr field = ones({4});
  const StoragePtr storage = open_storage("memory:", "truncate_once", {});
  storage->append(*field, 0);
  const Cost cost = cost_of_appends(*storage, *field, 200000);
  EXPECT_LE(cost.allocations, kDoublings);
  if (kOwnPages) {
    EXPECT_LE(cost.faults, 200000 * 4 * 8 / kPage + 4 * 200000 * 8 / kPage + kDoublings);
  }
}

TEST(MemoryCost, OfASmallSeriesIsSmall) {
  if (!kOwnPages) GTEST_SKIP() << "a sanitizer keeps books in pages of its own";
  const FieldPtr field = ones({8, 8});
  open_storage("memory:", "truncate_once", {})->append(*field, 0);  // what is taken once
  const StoragePtr storage = open_storage("memory:", "truncate_once", {});
  // Not more than a huge page, which some systems give unasked.
  EXPECT_LE(cost_of_appends(*storage, *field, 100).resident, int64_t{2} << 20);
}

TEST(MemoryCost, OfAnyLayoutIsOneCopyToo) {
  const GridPtr grid = Grid::unit(std::vector<int64_t>{300, 200}, {false, false});
  std::vector<double> array(302 * 202, 1.0);
  const int64_t strides[] = {1, 302};
  const FieldPtr field = Field::wrap({grid, PDE_SCALAR, PDE_FLOAT64, std::nullopt, {}}, &array[303], strides);
  const StoragePtr storage = open_storage("memory:", "truncate_once", {});
  storage->append(*field, 0);
  const Cost cost = cost_of_appends(*storage, *field, 100);
  EXPECT_LE(cost.allocations, kDoublings);
  EXPECT_LE(cost.allocated_bytes, field->description().bytes() / 4);
}

TEST(MemoryCost, OfReadingWhereSamplesLieIsNothing) {
  const FieldPtr field = ones({512, 64});
  const StoragePtr storage = open_storage("memory:", "truncate_once", {});
  auto *samples = reinterpret_cast<double *>(field->c_order_data());
  std::vector<const void *> places;
  for (int64_t i = 0; i < 300; ++i) {
    samples[7] = static_cast<double>(i);
    storage->append(*field, static_cast<double>(i));
    places.push_back(storage->data(i, PDE_FLOAT64));
  }
  const int64_t before = allocations, faults = page_faults();
  for (int64_t i = 0; i < 300; ++i) {
    const void *place = storage->data(i, PDE_FLOAT64);
    ASSERT_EQ(place, places[static_cast<size_t>(i)]) << "snapshot " << i << " has moved";
    ASSERT_EQ(static_cast<const double *>(place)[7], static_cast<double>(i));
  }
  EXPECT_EQ(allocations, before);
  if (kOwnPages) {
    EXPECT_LE(page_faults() - faults, 8);
  }
}

TEST(MemoryCost, GoesBackToTheSystemWithWhatIsDropped) {
  const FieldPtr field = ones({512, 512});
  const StoragePtr storage = open_storage("memory:", "truncate_once", {});
  const int64_t before = resident_bytes();
  cost_of_appends(*storage, *field, 150);
  storage->truncate_after(9);
  ASSERT_EQ(storage->length(), 10);
  EXPECT_EQ(static_cast<const double *>(storage->data(9, PDE_FLOAT64))[5], 1.0);
  if (kOwnPages) {
    EXPECT_LE(resident_bytes() - before, int64_t{40} << 20);
  }
  cost_of_appends(*storage, *field, 30);
  EXPECT_EQ(storage->length(), 40);
  storage->clear(false);
  if (kOwnPages) {
    EXPECT_LE(resident_bytes() - before, int64_t{4} << 20);
  }
}

}  // namespace
}  // namespace pde
