// What a solver feels that computes and records in turn: the time inside libpde, beside one memcpy.
#include <fmt/format.h>
#include <sched.h>

#include <cstring>

#include "recording.hpp"
#include "rows.hpp"
#include "touched_memory.hpp"

namespace bench {
namespace {

constexpr size_t kRingBytes = 64 << 20;
constexpr int64_t kWarmUp = 50;
constexpr double kNanoseconds = 1e9;

int usable_cores() {
  cpu_set_t cores;
  return sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
}

/// The time that compressing one snapshot takes one thread, from a recording at full speed.
double compression_seconds(const Settings &settings, const Snapshots &snapshots) {
  const int64_t count = settings.count(200, 16);
  const ScratchFile file(settings.file("calibration.h5"));
  const double seconds = record(file.path(), snapshots, count);
  const int threads = has_option("hdf5:", "threads") ? usable_cores() : 1;
  return seconds / static_cast<double>(count) * threads;
}

/// A solver's work: passes over its array, which stays as compressible as it was.
void compute(std::vector<double> &u, double seconds) {
  const Stopwatch watch;
  do {
    for (double &x : u) x = -x;
  } while (watch.seconds() < seconds);
}

/// The slots of a ring that has been written before, one after the other.
class Ring {
 public:
  explicit Ring(size_t slot) : slot_(slot), bytes_(kRingBytes, std::byte{1}) {}
  void put(const void *from) {
    if (next_ + slot_ > bytes_.size()) next_ = 0;
    std::memcpy(bytes_.data() + next_, from, slot_);
    next_ += slot_;
  }

 private:
  size_t slot_, next_ = 0;
  std::vector<std::byte> bytes_;
};

struct Felt {
  Turns turns;  // nanoseconds of each append, of each memcpy
  double closing;
};

Felt feel(const std::string &path, std::vector<double> &u, const pde_field *field, int64_t count,
          double step_seconds) {
  const auto step_bytes = static_cast<int64_t>(u.size() * sizeof(double));
  TouchedMemory touched(path + ".touched", (kWarmUp + count) * step_bytes);
  Storage storage(path, "truncate");
  Ring ring(u.size() * sizeof(double));
  for (int64_t i = 0; i < kWarmUp; ++i) storage.append(field, i);
  check(pde_storage_flush(storage.handle()));
  Felt felt;
  const auto timed = [&](std::vector<double> &samples, auto &&work) {
    compute(u, step_seconds / 2);
    const Stopwatch watch;
    work();
    samples.push_back(watch.seconds() * kNanoseconds);
  };
  for (int64_t i = 0; i < count; ++i) {
    timed(felt.turns.ours, [&] { storage.append(field, kWarmUp + i); });
    timed(felt.turns.baseline, [&] { ring.put(u.data()); });
    touched.give(step_bytes);
  }
  const Stopwatch watch;
  storage.close();
  felt.closing = watch.seconds() * kNanoseconds;
  return felt;
}

}  // namespace

void felt_row(const Settings &settings, Report &report) {
  const Snapshots snapshots(DataSet::noisy_f64, settings.count(512, 128), 16);
  std::vector<double> u(static_cast<size_t>(snapshots.n() * snapshots.n()));
  std::memcpy(u.data(), snapshots.bytes(0), u.size() * sizeof(double));
  const FieldHandle field = wrap_square(snapshots.n(), PDE_FLOAT64, u.data());
  const int64_t count = settings.count(settings.length, 32);
  const double step = 1.5 * compression_seconds(settings, snapshots);
  const ScratchFile file(settings.file("felt.h5"));
  Felt felt = feel(file.path(), u, field.get(), count, step);

  Row row;
  row.name = "what the solver feels";
  row.unit = "ns";
  row.turns = std::move(felt.turns);
  const double ours_mean = mean(row.turns.ours) + felt.closing / static_cast<double>(count);
  const double mean_ratio = ours_mean / mean(row.turns.baseline);
  row.how = fmt::format(
      "{0} appends of {1} x {1} noisy f64 after {2} of warm-up, default options, with {3:.2f} ms of "
      "computing on "
      "the array between (1.5 times the compression of one), half of it before each append and half before "
      "each "
      "memcpy of the array into the next slot of a 64 MB ring; ratio of the medians; mean_ratio includes "
      "closing",
      count, snapshots.n(), kWarmUp, step * 1e3);
  row.wanted = 1.6;
  row.at_least = false;
  row.holds_too = mean_ratio <= 2.5;
  row.numbers = {{"mean_ratio", mean_ratio},
                 {"mean_wanted", 2.5},
                 {"p99", quantile(row.turns.ours, 0.99)},
                 {"baseline_p99", quantile(row.turns.baseline, 0.99)},
                 {"closing", felt.closing},
                 {"computing_ms", step * 1e3}};
  report.add(std::move(row));
}

}  // namespace bench
