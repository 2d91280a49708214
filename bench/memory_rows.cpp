// Appending to a storage in memory: allocations and page faults, counted, and the time beside one memcpy.
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <cstring>
#include <new>

#include "counted_malloc.hpp"
#include "recording.hpp"
#include "rows.hpp"

namespace bench {
namespace {

constexpr int64_t kWarmUp = 8;

int64_t page_faults() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt + usage.ru_majflt;
}

/// What a run of appends took, per snapshot or per 4 KiB.
struct Costs {
  double nanoseconds, allocations, faults;
};

template <class Append>
Costs costs(const Snapshots &snapshots, int64_t count, Append &&append) {
  const int64_t allocated = allocations(), faulted = page_faults();
  const Stopwatch watch;
  for (int64_t i = 0; i < count; ++i) append(i);
  const double seconds = watch.seconds(), pages = static_cast<double>(count * snapshots.bytes_each()) / 4096;
  const auto per_snapshot = [&](double amount) { return amount / static_cast<double>(count); };
  return {per_snapshot(seconds * 1e9), per_snapshot(static_cast<double>(allocations() - allocated)),
          static_cast<double>(page_faults() - faulted) / pages};
}

Costs of_memory_storage(const Snapshots &snapshots, int64_t count) {
  Storage storage("memory:", "create");
  for (int64_t i = 0; i < kWarmUp; ++i) storage.append(snapshots.field(i), i);
  const Costs spent =
      costs(snapshots, count, [&](int64_t i) { storage.append(snapshots.field(i), kWarmUp + i); });
  storage.close();
  return spent;
}

Costs of_memcpy(const Snapshots &snapshots, int64_t count) {
  const auto each = static_cast<size_t>(snapshots.bytes_each()), size = each * static_cast<size_t>(count);
  void *fresh = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (fresh == MAP_FAILED) throw std::bad_alloc();
  auto *to = static_cast<std::byte *>(fresh);
  const Costs spent = costs(snapshots, count, [&](int64_t i) {
    std::memcpy(to + static_cast<size_t>(i) * each, snapshots.bytes(i), each);
  });
  munmap(fresh, size);
  return spent;
}

}  // namespace

void memory_rows(const Settings &settings, Report &report) {
  const Snapshots snapshots(DataSet::noisy_f64, 32, 256);
  const int64_t count = settings.count(50000, 2000);
  Turns time, allocated, faults;
  for (int round = -1; round < settings.rounds; ++round) {
    const Costs ours = of_memory_storage(snapshots, count), bare = of_memcpy(snapshots, count);
    if (round < 0) continue;  // warm-up
    time.ours.push_back(ours.nanoseconds), time.baseline.push_back(bare.nanoseconds);
    allocated.ours.push_back(ours.allocations), allocated.baseline.push_back(bare.allocations);
    faults.ours.push_back(ours.faults), faults.baseline.push_back(bare.faults);
  }
  const std::string how =
      fmt::format("{} appends of 32 x 32 f64 after {} of warm-up, against memcpy of each into fresh memory",
                  count, kWarmUp);
  const auto add = [&](const char *what, const char *unit, Turns turns, Compared compared, double wanted) {
    report.add({.name = fmt::format("memory storage append: {}", what),
                .unit = unit,
                .how = how,
                .compared = compared,
                .turns = std::move(turns),
                .wanted = wanted,
                .at_least = false});
  };
  // A table of slabs, or the array of times, may be allocated anew now and then.
  add("allocations", "per snapshot", allocated, Compared::value, 0.01);
  add("page faults", "per 4 KiB", faults, Compared::value, 1.02);  // times take memory, too: 8 bytes of 8200
  add("time", "ns", time, Compared::ratio, 1.5);
}

}  // namespace bench
