// What must not depend on how many snapshots there are: opening, reading, appending, memory.
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <sstream>

#include "child.hpp"
#include "recording.hpp"
#include "rows.hpp"

namespace bench {
namespace {

// ---- the next thing that one does with a short and with a long file

struct Steps {
  std::array<std::vector<double>, 4> milliseconds;  // open, read the last, append one, close
};

/// Appends one snapshot of time `time`. Milliseconds; the steps' own times are added to `steps`.
double touch(const std::string &path, pde_field *field, int64_t time, Steps &steps) {
  const Stopwatch whole;
  double before = 0;
  size_t step = 0;
  const auto done = [&] {
    const double now = whole.seconds() * 1e3;
    steps.milliseconds[step++].push_back(now - before);
    before = now;
  };
  Storage storage(path, "append");
  done();
  storage.read(-1, field);
  done();
  storage.append(field, time);
  done();
  storage.close();
  done();
  return before;
}

// ---- one recording, watched as it grows

constexpr const char *kPointFormat = "%lld %.9f %lld\n";

/// What the child is to do: with default options, or with a queue that is full early on.
constexpr const char *kDefault = "growth", *kSmallQueue = "growth, queue_bytes=8388608";

}  // namespace

void length_row(const Settings &settings, Report &report) {
  const int64_t shorter = settings.count(1000, 50), longer = settings.count(1'000'000, 5000);
  const Snapshots snapshots(DataSet::noisy_f64, 4, 256);
  std::vector<double> array(16);
  const FieldHandle field = wrap_square(4, PDE_FLOAT64, array.data());
  const ScratchFile small(settings.file("short.h5")), large(settings.file("long.h5"));
  record(small.path(), snapshots, shorter);
  record(large.path(), snapshots, longer);
  int64_t time = longer;
  Steps steps, bare_steps;
  Row row;
  row.turns = take_turns(
      2 * settings.rounds, [&] { return touch(large.path(), field.get(), time++, steps); },
      [&] { return touch(small.path(), field.get(), time++, bare_steps); });
  row.name = fmt::format("{} against {} snapshots: open, read last, append one", longer, shorter);
  row.unit = "ms";
  row.how =
      "files of 4 x 4 f64: open to append, read the last, append one, close; the steps' own medians beside";
  row.wanted = 3;
  row.at_least = false;
  constexpr const char *names[] = {"open", "read_last", "append_one", "close"};
  for (size_t i = 0; i < 4; ++i) {
    row.numbers.emplace_back(names[i], median(steps.milliseconds[i]));
    row.numbers.emplace_back(std::string("baseline_") + names[i], median(bare_steps.milliseconds[i]));
  }
  report.add(std::move(row));
}

/// The child: records `length` snapshots and says at 1, 2, 5, 10 ... thousand how long it took and what it
/// holds.
int print_growth(const std::string &what, const std::string &folder, int64_t length) {
  const Snapshots snapshots(DataSet::noisy_f64, 16, 256);
  const ScratchFile file(folder + "/growing.h5");
  forget_peak();
  const int64_t at_start = peak_memory();
  const size_t options = what.find("queue_bytes");
  Storage storage(file.path(), "truncate", options == what.npos ? "" : what.substr(options));
  const Stopwatch watch;
  int64_t next = length / 1000, factor = 0;
  for (int64_t i = 0; i < length; ++i) {
    storage.append(snapshots.field(i), i);
    if (i + 1 < next) continue;
    std::printf(kPointFormat, static_cast<long long>(next), watch.seconds(),
                static_cast<long long>(peak_memory() - at_start));
    constexpr double kSteps[] = {2, 2.5, 2};
    next = static_cast<int64_t>(static_cast<double>(next) * kSteps[factor++ % 3]);
  }
  storage.close();
  return 0;
}

namespace {

struct Growth {
  std::vector<double> snapshots, nanoseconds /* per append since the point before */, mebibytes;
};

Growth watch_growth(const Settings &settings, const char *what, int64_t length) {
  std::istringstream lines(output_of_child({what, settings.folder, std::to_string(length)}));
  Growth growth;
  double count, seconds, bytes, count_before = 0, seconds_before = 0;
  while (lines >> count >> seconds >> bytes) {
    growth.snapshots.push_back(count);
    growth.nanoseconds.push_back((seconds - seconds_before) / (count - count_before) * 1e9);
    growth.mebibytes.push_back(bytes / 1048576);
    count_before = count, seconds_before = seconds;
  }
  return growth;
}

/// At each point the median of all runs.
std::vector<double> medians(const std::vector<Growth> &runs, std::vector<double> Growth::*what) {
  std::vector<double> result;
  for (size_t i = 0; i < runs.front().snapshots.size(); ++i) {
    std::vector<double> samples;
    for (const Growth &run : runs) samples.push_back((run.*what)[i]);
    result.push_back(median(samples));
  }
  return result;
}

}  // namespace

void flatness_rows(const Settings &settings, Report &report) {
  const int64_t length = settings.count(1'000'000, 10000);
  std::vector<Growth> runs, small;
  Turns time, memory, small_memory;
  for (int round = 0; round < settings.rounds; ++round) {
    runs.push_back(watch_growth(settings, kDefault, length));
    small.push_back(watch_growth(settings, kSmallQueue, length));
    const Growth &run = runs.back();
    time.ours.push_back(mean({run.nanoseconds.end() - 3, run.nanoseconds.end()}));
    time.baseline.push_back(mean({run.nanoseconds.begin() + 1, run.nanoseconds.begin() + 4}));
    memory.ours.push_back(run.mebibytes.back());
    memory.baseline.push_back(run.mebibytes[3]);
    small_memory.ours.push_back(small.back().mebibytes.back());
    small_memory.baseline.push_back(small.back().mebibytes[3]);
  }
  const std::string how = fmt::format(
      "{} appends of 16 x 16 noisy f64, as fast as they go; the last decade against the first whole one, or "
      "the memory at the end alone, of which the queue takes its 256 MiB as the compression falls behind; "
      "`at` and `values` have all points",
      length);
  const auto add = [&](const char *what, const char *unit, Compared compared, Turns turns, double wanted,
                       const std::vector<Growth> &of, std::vector<double> Growth::*values) {
    report.add({.name = fmt::format("flatness: {}", what),
                .unit = unit,
                .how = how,
                .compared = compared,
                .turns = std::move(turns),
                .wanted = wanted,
                .at_least = false,
                .series = {{"at", of.front().snapshots}, {"values", medians(of, values)}}});
  };
  add("time per append", "ns", Compared::ratio, time, 1.5, runs, &Growth::nanoseconds);
  add("peak memory", "MiB", Compared::value, memory, 320, runs, &Growth::mebibytes);
  add("peak memory, queue_bytes=8388608", "MiB", Compared::ratio, small_memory, 1.5, small,
      &Growth::mebibytes);
}

}  // namespace bench
