// Appending to a file as fast as it goes, against HDF5's own calls.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "bare_hdf5.hpp"
#include "recording.hpp"
#include "rows.hpp"
#include "touched_memory.hpp"

namespace bench {
namespace {

constexpr int64_t kDistinct =
    16;  // prepared snapshots; the baseline's count is a multiple, so that sizes compare

struct Wanted {
  double speed, size;
};

Wanted wanted(DataSet set) {
  constexpr Wanted of[] = {{20, 1.03}, {20, 1.03}, {10, 1.06}, {12, 1.15}};
  return of[static_cast<int>(set)];
}

/// Snapshots per second of `count` calls of `append`, creation and closing included.
template <class Append>
double bare_rate(const std::string &path, const Snapshots &snapshots, BareSeries::Kind kind, int64_t count,
                 Append &&append) {
  const Stopwatch watch;
  BareSeries series = BareSeries::create(path, snapshots.set(), snapshots.n(), kind);
  for (int64_t i = 0; i < count; ++i) append(series, snapshots.bytes(i));
  series.close();
  return static_cast<double>(count) / watch.seconds();
}

void append_row(const Settings &settings, Report &report, DataSet set) {
  const Snapshots snapshots(set, settings.count(512, 128), kDistinct);
  const int64_t length = settings.count(settings.length, 32), bare_length = settings.count(48, 16);
  const double megabytes = snapshots.megabytes(1);
  double size = 0, bare_size = 0;
  Row row;
  row.turns = take_turns(
      settings.rounds,
      [&] {
        const ScratchFile file(settings.file("ours.h5"));
        TouchedMemory(settings.file("touched"), length * snapshots.bytes_each());
        const double seconds = record(file.path(), snapshots, length);
        size = file.bytes() / static_cast<double>(length);
        return snapshots.megabytes(length) / seconds;
      },
      [&] {
        const ScratchFile file(settings.file("bare.h5"));
        TouchedMemory(settings.file("touched"), bare_length * snapshots.bytes_each());
        const double rate = bare_rate(file.path(), snapshots, BareSeries::Kind::filtered, bare_length,
                                      [](BareSeries &series, const std::byte *data) { series.write(data); });
        bare_size = file.bytes() / static_cast<double>(bare_length);
        return megabytes * rate;
      });
  row.name = fmt::format("append gzip+shuffle, sustained: {}", name_of(set));
  row.unit = "MB/s";
  row.how = fmt::format(
      "{0} appends of {1} x {1}, default options, close included, against {2} H5Dset_extent and H5Dwrite "
      "with "
      "shuffle and deflate 4, times too; {3} distinct snapshots in turn; size_ratio compares bytes per "
      "snapshot",
      length, snapshots.n(), bare_length, kDistinct);
  row.wanted = wanted(set).speed;
  row.holds_too = size / bare_size <= wanted(set).size;
  row.numbers = {{"size_ratio", size / bare_size},
                 {"size_wanted", wanted(set).size},
                 {"compression", static_cast<double>(snapshots.bytes_each()) / size}};
  report.add(std::move(row));
}

/// What the file system takes: the same bytes in blocks of 1 MiB, which come from more memory than the caches
/// hold. Bytes per second.
double pwrite_rate(const Settings &settings, int64_t bytes) {
  const ScratchFile file(settings.file("plain"));
  TouchedMemory(settings.file("touched"), bytes);
  constexpr int64_t kBlock = 1 << 20, kRing = 64 << 20;
  const std::vector<char> ring(kRing, 1);
  const int fd = ::open(file.path().c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  const Stopwatch watch;
  for (int64_t at = 0; at < bytes; at += kBlock) {
    const auto size = static_cast<size_t>(std::min(kBlock, bytes - at));
    if (::pwrite(fd, ring.data() + at % kRing, size, at) < 0) throw std::runtime_error("cannot write a file");
  }
  const double seconds = watch.seconds();
  ::close(fd);
  return static_cast<double>(bytes) / seconds;
}

/// Rows that compare with H5Dset_extent and H5Dwrite_chunk of ready bytes.
struct ChunkLoop {
  std::string name, options, how;
  int64_t n, distinct, length;
  double wanted;
  bool flush = false;
};

void chunk_loop_row(const Settings &settings, Report &report, const ChunkLoop &loop) {
  const Snapshots snapshots(DataSet::noisy_f64, loop.n, loop.distinct);
  const int64_t bytes = loop.length * snapshots.bytes_each();
  std::vector<double> plain;
  Row row;
  row.turns = take_turns(
      settings.rounds,
      [&] {
        plain.push_back(pwrite_rate(settings, bytes) / static_cast<double>(snapshots.bytes_each()));
        const ScratchFile file(settings.file("ours.h5"));
        TouchedMemory(settings.file("touched"), bytes);
        return static_cast<double>(loop.length) / record(file.path(), snapshots, loop.length, loop.options);
      },
      [&] {
        const ScratchFile file(settings.file("bare.h5"));
        TouchedMemory(settings.file("touched"), bytes);
        return bare_rate(file.path(), snapshots, BareSeries::Kind::plain, loop.length,
                         [&](BareSeries &series, const std::byte *data) {
                           series.write_chunk(data);
                           if (loop.flush) series.flush();
                         });
      });
  row.name = loop.name;
  row.unit = "snapshots/s";
  row.how = fmt::format("{} appends of {} x {} noisy f64, close included, against {}", loop.length, loop.n,
                        loop.n, loop.how);
  row.wanted = loop.wanted;
  row.numbers = {{"megabytes_per_second", median(row.turns.ours) * snapshots.megabytes(1)},
                 {"pwrite_ratio", median(plain) / median(row.turns.baseline)}};
  report.add(std::move(row));
}

}  // namespace

void append_rows(const Settings &settings, Report &report) {
  for (DataSet set : kDataSets) append_row(settings, report, set);
}

void raw_row(const Settings &settings, Report &report) {
  chunk_loop_row(settings, report,
                 {.name = "append, no compression, 512 x 512",
                  .options = "compression=none",
                  .how = "H5Dset_extent and H5Dwrite_chunk",
                  .n = 512,
                  .distinct = kDistinct,
                  .length = settings.count(500, 16),
                  .wanted = 0.95});
}

/// As it is by default, compressed, against bytes that nobody has compressed; and like against like.
struct SmallOptions {
  const char *name, *options;
};
constexpr SmallOptions kSmallOptions[] = {{"", ""}, {", no compression", "compression=none "}};

void small_row(const Settings &settings, Report &report) {
  for (const auto &[name, options] : kSmallOptions) {
    chunk_loop_row(settings, report,
                   {.name = std::string("append 32 x 32, default commits") + name,
                    .options = options,
                    .how = "H5Dset_extent and H5Dwrite_chunk of the bare samples for each",
                    .n = 32,
                    .distinct = 256,
                    .length = settings.count(50000, 500),
                    .wanted = 2});
  }
}

void commits_row(const Settings &settings, Report &report) {
  for (const auto &[name, options] : kSmallOptions) {
    chunk_loop_row(settings, report,
                   {.name = std::string("append 32 x 32, commit_every=1") + name,
                    .options = std::string(options) + "commit_every=1",
                    .how = "H5Dset_extent, H5Dwrite_chunk of the bare samples and H5Fflush for each",
                    .n = 32,
                    .distinct = 256,
                    .length = settings.count(5000, 30),
                    .wanted = 0.8,
                    .flush = true});
  }
}

}  // namespace bench
