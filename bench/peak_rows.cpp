// The memory that recording takes, each time in a process of its own.
#include <fmt/format.h>

#include <cstdio>
#include <sstream>

#include "bare_hdf5.hpp"
#include "child.hpp"
#include "recording.hpp"
#include "rows.hpp"

namespace bench {
namespace {

constexpr int64_t kCells = 512;
constexpr double kMebibyte = 1048576;
constexpr double kWanted = 64 + 256;  // MiB: 64, and what the queue holds by default

/// A snapshot that compresses well, so that 20 GB of them fit into a memory file system.
std::vector<double> coarse_waves(int64_t step) {
  std::vector<double> values(kCells * kCells);
  for_each_wave(kCells, step, [&](size_t i, double wave) { values[i] = rounded(wave, 6); });
  return values;
}

class Source {
 public:
  Source() {
    for (int64_t i = 0; i < kCount; ++i) {
      arrays_.push_back(coarse_waves(i));
      fields_.push_back(wrap_square(kCells, PDE_FLOAT64, arrays_.back().data()));
    }
  }
  void append(Storage &storage, int64_t first, int64_t count) {
    for (int64_t i = first; i < first + count; ++i)
      storage.append(fields_[static_cast<size_t>(i % kCount)].get(), i);
  }

 private:
  static constexpr int64_t kCount = 8;
  std::vector<std::vector<double>> arrays_;
  std::vector<FieldHandle> fields_;
};

/// A file of another program: /data of `rows` snapshots without chunks, none of them used yet.
void make_contiguous(const std::string &path, int64_t rows) {
  BareSeries::create(path, DataSet::noisy_f64, kCells, BareSeries::Kind::contiguous, rows).close();
  put_root_text(path, "data_length", "0");
}

/// What an options text says about the snapshots of such a file.
const std::string kGrid =
    fmt::format(R"(grid='{{"class":"UnitGrid","shape":[{0},{0}],"periodic":[false,false]}}')", kCells);

void record_long(Source &source, const std::string &path, int64_t count) {
  Storage storage(path, "truncate");
  source.append(storage, 0, count);
  storage.close();
}

void record_truncated(Source &source, const std::string &path, int64_t count) {
  Storage storage(path, "truncate");
  source.append(storage, 0, 100);
  check(pde_storage_truncate_after(storage.handle(), 49));
  source.append(storage, 50, count);
  storage.close();
}

void record_contiguous(Source &source, const std::string &path, int64_t count) {
  make_contiguous(path, count);
  Storage storage(path, "append", kGrid);
  source.append(storage, 0, count);
  storage.close();
}

void peak_row(const Settings &settings, Report &report, const std::string &what, int64_t bytes,
              const char *where) {
  Row row;
  for (int round = 0; round < (settings.quick ? 1 : settings.rounds); ++round) {
    std::istringstream line(output_of_child({what, settings.folder, std::to_string(bytes)}));
    double start = 0, peak = 0;
    line >> start >> peak;
    row.turns.ours.push_back(peak / kMebibyte);
    row.turns.baseline.push_back(start / kMebibyte);
  }
  row.name = fmt::format("peak memory: {:g} GB{}", static_cast<double>(bytes) * 1e-9, where);
  row.unit = "MiB";
  row.how = fmt::format(
      "VmHWM at the end and before the first append, in a process of its own: {0} x {0} f64 that compress "
      "well",
      kCells);
  row.compared = Compared::difference;
  row.wanted = kWanted;
  row.at_least = false;
  report.add(std::move(row));
}

}  // namespace

/// The child: prints VmHWM before the first append and after closing.
int print_peak(const std::string &what, const std::string &folder, int64_t bytes) {
  Source source;
  forget_peak();
  const int64_t start = peak_memory(), count = bytes / (kCells * kCells * 8);
  const ScratchFile file(folder + "/peak.h5");
  if (what == "long") record_long(source, file.path(), count);
  if (what == "truncated") record_truncated(source, file.path(), count);
  if (what == "contiguous") record_contiguous(source, file.path(), count);
  std::printf("%lld %lld\n", static_cast<long long>(start), static_cast<long long>(peak_memory()));
  return 0;
}

void peak_rows(const Settings &settings, Report &report) {
  const int64_t some = settings.count(2'000'000'000, 40'000'000);
  peak_row(settings, report, "long", settings.count(settings.peak_bytes, 80'000'000), "");
  peak_row(settings, report, "truncated", some, " after a truncation");
  peak_row(settings, report, "contiguous", some, " into a contiguous file");
}

}  // namespace bench
