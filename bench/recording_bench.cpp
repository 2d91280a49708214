// What recording costs, against HDF5's own calls doing the same in the same process.
//
// Both sides write the same snapshots with the same filters into a folder on a memory file system where there
// is one. They take turns, five times each; the medians and their ratio are printed as one JSON object per
// row.
//
// Usage: recording_bench [folder, /dev/shm if left out]
#include <hdf5.h>
#include <pde.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace {

constexpr int kRounds = 5;

void check(pde_status status) {
  if (status >= 0) return;
  std::fprintf(stderr, "%s\n", pde_error_message());
  std::exit(EXIT_FAILURE);
}

void check(bool fine, const char *what) {
  if (fine) return;
  std::fprintf(stderr, "HDF5: %s failed\n", what);
  std::exit(EXIT_FAILURE);
}

/// Smooth waves with noise in the low half of the mantissa: compresses a little, like a real solution.
std::vector<double> snapshot(int64_t n) {
  std::vector<double> values(static_cast<size_t>(n * n));
  uint64_t state = 1;
  for (int64_t i = 0; i < n * n; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const double noise = static_cast<double>(state >> 40) * 0x1p-24;
    values[static_cast<size_t>(i)] = std::sin(0.05 * static_cast<double>(i % n)) + 1e-3 * noise;
  }
  return values;
}

struct Case {
  const char *name;
  int64_t n, count;
  bool compress;
  int level;  // of both sides
};

void record(const std::string &path, const Case &c, const std::vector<double> &data) {
  const int64_t shape[] = {c.n, c.n};
  pde_grid *grid;
  pde_field *field;
  pde_options *options;
  pde_storage *storage;
  check(pde_grid_create_unit(2, shape, nullptr, &grid));
  check(pde_field_wrap(grid, PDE_SCALAR, PDE_FLOAT64, nullptr, const_cast<double *>(data.data()), nullptr,
                       &field));
  check(pde_options_create(&options));
  check(pde_options_set(options, "compression", c.compress ? "gzip" : "none"));
  check(pde_options_set_int(options, "level", c.level));
  check(pde_storage_open(path.c_str(), "truncate", options, &storage));
  for (int64_t i = 0; i < c.count; ++i) check(pde_storage_append(storage, field, static_cast<double>(i)));
  check(pde_storage_close(storage));
  pde_options_free(options);
  pde_field_free(field);
  pde_grid_free(grid);
}

/// One chunk per snapshot, the filters of HDF5, one H5Dwrite per snapshot.
void record_bare(const std::string &path, const Case &c, const std::vector<double> &data) {
  const auto n = static_cast<hsize_t>(c.n);
  const hsize_t size[] = {0, n, n}, max[] = {H5S_UNLIMITED, n, n}, chunk[] = {1, n, n};
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t space = H5Screate_simple(3, size, max), properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(properties, 3, chunk);
  if (c.compress) {
    H5Pset_shuffle(properties);
    H5Pset_deflate(properties, static_cast<unsigned>(c.level));
  }
  const hid_t dataset = H5Dcreate2(file, "data", H5T_IEEE_F64LE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  const hid_t memory = H5Screate_simple(3, chunk, nullptr);
  for (hsize_t i = 0; i < static_cast<hsize_t>(c.count); ++i) {
    const hsize_t grown[] = {i + 1, n, n}, start[] = {i, 0, 0};
    check(H5Dset_extent(dataset, grown) >= 0, "resizing");
    const hid_t part = H5Dget_space(dataset);
    H5Sselect_hyperslab(part, H5S_SELECT_SET, start, nullptr, chunk, nullptr);
    check(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, memory, part, H5P_DEFAULT, data.data()) >= 0, "writing");
    H5Sclose(part);
  }
  H5Dclose(dataset);
  H5Sclose(memory);
  H5Sclose(space);
  H5Pclose(properties);
  check(H5Fclose(file) >= 0, "closing");
}

double seconds(const std::function<void()> &work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double median(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  return samples[samples.size() / 2];
}

void row(const Case &c, const char *what, const std::function<void()> &ours,
         const std::function<void()> &bare) {
  std::vector<double> a, b;
  ours();
  bare();  // both once before anything counts
  for (int round = 0; round < kRounds; ++round) {
    a.push_back(seconds(ours));
    b.push_back(seconds(bare));
  }
  const double bytes = static_cast<double>(c.n * c.n * c.count * 8);
  std::printf(
      "{\"name\": \"%s %s\", \"megabytes_per_second\": %.0f, \"hdf5_megabytes_per_second\": %.0f, \"ratio\": "
      "%.2f}\n",
      what, c.name, bytes / median(a) / 1e6, bytes / median(b) / 1e6, median(b) / median(a));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char **argv) {
  const std::filesystem::path folder =
      std::filesystem::path(argc > 1                              ? argv[1]
                            : std::filesystem::exists("/dev/shm") ? "/dev/shm"
                                                                  : ".") /
      "pde-recording-bench";
  std::filesystem::create_directories(folder);
  const std::string ours = (folder / "ours.h5").string(), bare = (folder / "bare.h5").string();
  const Case cases[] = {
      {"512x512 float64, gzip 1", 512, 60, true, 1},
      {"512x512 float64, gzip 4", 512, 60, true, 4},
      {"512x512 float64, no compression", 512, 200, false, 0},
      {"32x32 float64, gzip 1", 32, 4000, true, 1},
  };
  for (const Case &c : cases) {
    const std::vector<double> data = snapshot(c.n);
    row(
        c, "record", [&] { record(ours, c, data); }, [&] { record_bare(bare, c, data); });
  }
  std::filesystem::remove_all(folder);
  return EXIT_SUCCESS;
}
