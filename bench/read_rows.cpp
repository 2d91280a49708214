// Reading a whole series in order, against HDF5's own calls on the same file.
#include <fmt/format.h>

#include <cstring>
#include <stdexcept>

#include "bare_hdf5.hpp"
#include "recording.hpp"
#include "rows.hpp"

namespace bench {
namespace {

constexpr int64_t kBlock = 16;  // snapshots that a call of read_raw takes

double wanted(DataSet set) {
  constexpr double of[] = {4, 4, 3, 3};
  return of[static_cast<int>(set)];
}

void compare(const std::byte *read, const Snapshots &snapshots, int64_t index) {
  if (std::memcmp(read, snapshots.bytes(index), static_cast<size_t>(snapshots.bytes_each())) != 0)
    throw std::runtime_error("what was read is not what was recorded");
}

/// Each of these reads the series from opening to closing, compares the last snapshot, and gives MB/s.
struct Reader {
  const std::string &path;
  const Snapshots &snapshots;
  int64_t length;
  std::vector<std::byte> into;

  double one_by_one(pde_field *field) {
    const Stopwatch watch;
    Storage storage(path, "readonly");
    for (int64_t i = 0; i < length; ++i) storage.read(i, field);
    storage.close();
    return rate(watch, into.data());
  }

  double in_blocks(int32_t dtype) {
    const Stopwatch watch;
    Storage storage(path, "readonly");
    const int64_t samples = snapshots.n() * snapshots.n();
    for (int64_t i = 0; i < length; i += kBlock)
      check(pde_storage_read_raw(storage.handle(), i, kBlock, 1, dtype, into.data(), kBlock * samples));
    storage.close();
    return rate(watch, into.data() + (kBlock - 1) * snapshots.bytes_each());
  }

  double bare() {
    const Stopwatch watch;
    BareSeries series = BareSeries::open(path, snapshots.set(), snapshots.n());
    for (int64_t i = 0; i < length; ++i) series.read(i, into.data());
    series.close();
    return rate(watch, into.data());
  }

  double rate(const Stopwatch &watch, const std::byte *last) const {
    const double seconds = watch.seconds();
    compare(last, snapshots, length - 1);
    return snapshots.megabytes(length) / seconds;
  }
};

void read_row(const Settings &settings, Report &report, DataSet set) {
  const Snapshots snapshots(set, settings.count(512, 128), kBlock);
  const ScratchFile file(settings.file("series.h5"));
  const int64_t length = settings.count(192, 32);
  const int32_t dtype = set == DataSet::f32 ? PDE_FLOAT32 : PDE_FLOAT64;
  record(file.path(), snapshots, length);
  Reader reader{file.path(), snapshots, length,
                std::vector<std::byte>(static_cast<size_t>(kBlock * snapshots.bytes_each()))};
  const FieldHandle field = wrap_square(snapshots.n(), dtype, reader.into.data());
  std::vector<double> blocks;
  Row row;
  row.turns = take_turns(
      settings.rounds,
      [&] {
        blocks.push_back(reader.in_blocks(dtype));
        return reader.one_by_one(field.get());
      },
      [&] { return reader.bare(); });
  blocks.erase(blocks.begin());  // the warm-up
  row.name = fmt::format("sequential read: {}", name_of(set));
  row.unit = "MB/s";
  row.how = fmt::format(
      "{0} snapshots of {1} x {1} that libpde recorded, read one by one into a field, opening and closing "
      "included, against H5Dread of each; blocks: pde_storage_read_raw, {2} at a time",
      length, snapshots.n(), kBlock);
  row.wanted = wanted(set);
  row.numbers = {{"blocks_ratio", median(blocks) / median(row.turns.baseline)}};
  row.series = {{"blocks_samples", std::move(blocks)}};
  report.add(std::move(row));
}

}  // namespace

void read_rows(const Settings &settings, Report &report) {
  for (DataSet set : kDataSets) read_row(settings, report, set);
}

}  // namespace bench
