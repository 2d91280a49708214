// What encoding and decoding chunks costs on one thread, against HDF5's own filters.
//
// HDF5's side writes and reads one chunk of a dataset in a file that is kept in memory, with shuffle and
// deflate of the same level. Each row also gives the speed against HDF5's shuffle and level 4, which is what
// the figures in docs/performance.md count from. The sides take turns, five times each; medians are printed,
// one JSON object per row.
//
// Usage: codec_bench [cells along an axis, 512 if left out]
#include <hdf5.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include "data_sets.hpp"
#include "storage/hdf5/chunk_codec.hpp"

namespace {

constexpr int kRounds = 5;
constexpr int64_t kSteps = 4;  // snapshots per round

void check(bool fine, const char *what) {
  if (fine) return;
  std::fprintf(stderr, "%s failed\n", what);
  std::exit(EXIT_FAILURE);
}

double seconds(const std::function<void()> &run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

using Snapshots = std::vector<std::vector<std::byte>>;

/// Chunks that HDF5 filters, in a file in memory.
class Hdf5Side {
 public:
  Hdf5Side(const char *name, bench::DataSet set, int64_t n, bool shuffle, int level) {
    type_ = set == bench::DataSet::f32 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
    const auto size = static_cast<hsize_t>(n);
    const hsize_t shape[] = {static_cast<hsize_t>(kSteps), size, size}, chunk[] = {1, size, size};
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS), creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_fapl_core(access, size_t{64} << 20, 0);
    file_ = H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pset_chunk(creation, 3, chunk);
    H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER);
    if (shuffle) H5Pset_shuffle(creation);
    H5Pset_deflate(creation, static_cast<unsigned>(level));
    const hid_t dataset_access = H5Pcreate(H5P_DATASET_ACCESS);
    H5Pset_chunk_cache(dataset_access, 0, 0, 0);  // a chunk is filtered in the call that writes or reads it
    const hid_t space = H5Screate_simple(3, shape, nullptr);
    dataset_ = H5Dcreate2(file_, "data", type_, space, H5P_DEFAULT, creation, dataset_access);
    check(dataset_ >= 0, "H5Dcreate2");
    space_ = space;
    const hsize_t one[] = {1, size, size};
    memory_ = H5Screate_simple(3, one, nullptr);
    for (hid_t list : {access, creation, dataset_access}) H5Pclose(list);
  }
  Hdf5Side(const Hdf5Side &) = delete;
  Hdf5Side &operator=(const Hdf5Side &) = delete;
  ~Hdf5Side() {
    H5Sclose(memory_);
    H5Sclose(space_);
    H5Dclose(dataset_);
    H5Fclose(file_);
  }

  void write(int64_t step, const std::vector<std::byte> &data) {
    select(step);
    check(H5Dwrite(dataset_, type_, memory_, space_, H5P_DEFAULT, data.data()) >= 0, "H5Dwrite");
  }
  void read(int64_t step, std::vector<std::byte> &data) {
    select(step);
    check(H5Dread(dataset_, type_, memory_, space_, H5P_DEFAULT, data.data()) >= 0, "H5Dread");
  }
  size_t size() const { return static_cast<size_t>(H5Dget_storage_size(dataset_)); }

 private:
  void select(int64_t step) {
    hsize_t shape[3];
    H5Sget_simple_extent_dims(space_, shape, nullptr);
    const hsize_t start[] = {static_cast<hsize_t>(step), 0, 0}, count[] = {1, shape[1], shape[2]};
    H5Sselect_hyperslab(space_, H5S_SELECT_SET, start, nullptr, count, nullptr);
  }

  hid_t type_, file_, dataset_, space_, memory_;
};

class OurSide {
 public:
  OurSide(bench::DataSet set, int64_t n, bool shuffle, int level)
      : bytes_(static_cast<size_t>(n * n * item_of(set))) {
    filters_.shuffle = shuffle, filters_.deflate = true;
    filters_.level = level, filters_.item = item_of(set);
    stored_.resize(kSteps, std::vector<std::byte>(pde::ChunkCodec::bound(filters_, bytes_)));
    sizes_.resize(kSteps);
  }

  void write(int64_t step, const std::vector<std::byte> &data) {
    if (!chosen_) choice_ = codec_.choose(filters_, data);
    chosen_ = true;
    const auto at = static_cast<size_t>(step);
    sizes_[at] = codec_.encode(filters_, choice_, nullptr, data, stored_[at]);
  }
  void read(int64_t step, std::vector<std::byte> &data) {
    const auto at = static_cast<size_t>(step);
    codec_.decode(filters_, 0, std::span(stored_[at]).first(sizes_[at]), data);
  }
  size_t size() const {
    size_t sum = 0;
    for (size_t size : sizes_) sum += size;
    return sum;
  }
  const char *library() const {
    if (filters_.level > 2) return "-";
    return choice_ == pde::DeflateChoice::isal   ? "ISA-L"
           : choice_ == pde::DeflateChoice::zlib ? "zlib"
                                                 : "libdeflate";
  }

 private:
  size_t bytes_;
  pde::ChunkFilters filters_;
  pde::ChunkCodec codec_;
  pde::DeflateChoice choice_{};
  bool chosen_ = false;
  std::vector<std::vector<std::byte>> stored_;
  std::vector<size_t> sizes_;
};

struct Times {
  std::vector<double> write, read;
};

template <class Side>
void run(Side &side, const Snapshots &data, std::vector<std::byte> &back, Times *times) {
  const auto for_each = [&](auto &&f) {
    return seconds([&] {
      for (int64_t step = 0; step < kSteps; ++step) f(step);
    });
  };
  const double write = for_each([&](int64_t step) { side.write(step, data[static_cast<size_t>(step)]); });
  const double read = for_each([&](int64_t step) { side.read(step, back); });
  check(back == data.back(), "reading what was written");
  if (times) times->write.push_back(write), times->read.push_back(read);
}

void compare(bench::DataSet set, int64_t n, bool shuffle, int level) {
  Snapshots data;
  for (int64_t step = 0; step < kSteps; ++step) data.push_back(bench::snapshot(set, n, step));
  std::vector<std::byte> back(data[0].size());
  const double bytes = static_cast<double>(back.size()) * kSteps;
  Hdf5Side hdf5("same level", set, n, shuffle, level), reference("level 4", set, n, true, 4);
  OurSide ours(set, n, shuffle, level);
  Times of_hdf5, of_reference, of_ours;
  run(ours, data, back, nullptr);  // memory is taken, and the library chosen
  run(reference, data, back, nullptr);
  for (int round = 0; round < kRounds; ++round) {
    run(hdf5, data, back, &of_hdf5);
    run(reference, data, back, &of_reference);
    run(ours, data, back, &of_ours);
  }
  const auto rate = [&](const std::vector<double> &times) { return bytes / median(times) * 1e-6; };
  std::printf(
      "{\"data\": \"%s\", \"shuffle\": %s, \"level\": %d, \"library\": \"%s\", \"encode_MBps\": %.0f, "
      "\"hdf5_encode_MBps\": %.1f, \"decode_MBps\": %.0f, \"hdf5_decode_MBps\": %.0f, \"size\": %zu, "
      "\"ratio\": %.3f, \"size_to_hdf5\": %.4f, \"encode_to_level4\": %.2f, \"decode_to_level4\": %.2f, "
      "\"size_to_level4\": %.4f}\n",
      name_of(set), shuffle ? "true" : "false", level, ours.library(), rate(of_ours.write),
      rate(of_hdf5.write), rate(of_ours.read), rate(of_hdf5.read), ours.size() / kSteps,
      bytes / static_cast<double>(ours.size()),
      static_cast<double>(ours.size()) / static_cast<double>(hdf5.size()),
      median(of_reference.write) / median(of_ours.write), median(of_reference.read) / median(of_ours.read),
      static_cast<double>(ours.size()) / static_cast<double>(reference.size()));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char **argv) {
  const int64_t n = argc > 1 ? std::atoll(argv[1]) : 512;
  if (n <= 0) return EXIT_FAILURE;
  for (bench::DataSet set : bench::kDataSets)
    for (bool shuffle : {true, false})
      for (int level : {1, 4, 9}) compare(set, n, shuffle, level);
}
