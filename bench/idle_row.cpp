// Single appends: the first of a file, and one after a pause, which commits before it returns.
#include <fmt/format.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include "bare_hdf5.hpp"
#include "recording.hpp"
#include "rows.hpp"

namespace bench {
namespace {

double milliseconds(auto &&work) {
  const Stopwatch watch;
  work();
  return watch.seconds() * 1e3;
}

}  // namespace

void idle_row(const Settings &settings, Report &report) {
  const Snapshots snapshots(DataSet::noisy_f64, 512, 16);
  const auto pause = std::chrono::milliseconds(settings.count(1050, 1010));
  const int rounds = settings.quick ? 2 : settings.rounds + 2;
  std::vector<double> first;
  for (int round = 0; round < rounds; ++round) {
    const ScratchFile file(settings.file("first.h5"));
    Storage storage(file.path(), "truncate");
    first.push_back(milliseconds([&] { storage.append(snapshots.field(0), 0); }));
    storage.close();
  }
  const ScratchFile file(settings.file("idle.h5")), bare_file(settings.file("idle_bare.h5"));
  Storage storage(file.path(), "truncate");
  BareSeries bare = BareSeries::create(bare_file.path(), snapshots.set(), 512, BareSeries::Kind::filtered);
  storage.append(snapshots.field(0), 0);
  bare.write(snapshots.bytes(0));
  Row row;
  for (int64_t i = 1; i <= rounds; ++i) {
    std::this_thread::sleep_for(pause);
    row.turns.ours.push_back(milliseconds([&] { storage.append(snapshots.field(i), i); }));
    if (storage.committed() != i + 1) throw std::runtime_error("an append after a pause has not committed");
    row.turns.baseline.push_back(milliseconds([&] { bare.write(snapshots.bytes(i)), bare.flush(); }));
  }
  bare.close();
  storage.close();
  row.name = "one append after 1 s idle with its commit, 512 x 512";
  row.unit = "ms";
  row.how =
      "default options, noisy f64; beside H5Dwrite with shuffle and deflate 4 and H5Fflush; first_append: of "
      "a file";
  row.compared = Compared::value;
  row.wanted = 10;
  row.at_least = false;
  row.numbers = {{"first_append", median(first)}};
  row.series = {{"first_append_samples", std::move(first)}};
  report.add(std::move(row));
}

}  // namespace bench
