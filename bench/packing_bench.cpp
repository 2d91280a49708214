// What the solver's thread pays for an append before anything is compressed: packing, the search for samples
// that are no numbers, an append to memory; and what a worker pays for rounding. Against memcpy of the same
// bytes.
//
// Both sides take turns on memory that was touched before, in five rounds of many turns; the medians and
// their ratio are printed as one JSON object per row.
//
// Usage: packing_bench [how the names of the rows to run begin]
#include <algorithm>
#include <chrono>
#include <complex>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "field/field.hpp"
#include "field/nonfinite.hpp"
#include "field/rounding.hpp"
#include "field/strided_copy.hpp"
#include "storage/storage.hpp"

namespace {

constexpr int kRounds = 5;
const char *wanted = "";
int64_t found = 0;  // keeps searches from being optimised away

double seconds(const std::function<void()> &work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double median(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  return samples[samples.size() / 2];
}

void row(const std::string &name, int64_t bytes, const std::function<void()> &ours,
         const std::function<void()> &plain) {
  if (!name.starts_with(wanted)) return;
  ours();
  plain();  // both once before anything counts
  const int64_t turns = 5 + (int64_t{64} << 20) / bytes;
  std::vector<double> a, b;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> ours_took, plain_took;
    for (int64_t turn = 0; turn < turns; ++turn) {
      ours_took.push_back(seconds(ours));
      plain_took.push_back(seconds(plain));
    }
    a.push_back(median(ours_took));
    b.push_back(median(plain_took));
  }
  const double size = static_cast<double>(bytes);
  std::printf(
      "{\"name\": \"%s\", \"gigabytes_per_second\": %.2f, \"memcpy_gigabytes_per_second\": %.2f, \"ratio\": "
      "%.2f}\n",
      name.c_str(), size / median(a) / 1e9, size / median(b) / 1e9, median(b) / median(a));
  std::fflush(stdout);
}

// ---- packing

using Shape = std::vector<int64_t>;

struct Layout {
  const char *name;
  bool fortran, reversed;
  int64_t halo;
};

constexpr Layout kLayouts[] = {
    {"C order", false, false, 0},
    {"C order, halo", false, false, 1},
    {"C order, backwards", false, true, 0},
    {"Fortran order", true, false, 0},
    {"Fortran order, halo", true, false, 1},
    {"Fortran order, backwards", true, true, 0},
};

std::string shape_name(const Shape &shape) {
  std::string name;
  for (int64_t size : shape) name += (name.empty() ? "" : "x") + std::to_string(size);
  return name;
}

/// An array with strides in bytes, and where its first sample is.
struct Source {
  Source(const Shape &shape, const Layout &layout, int64_t item) : strides(shape.size()) {
    int64_t stride = item;
    for (size_t i = 0; i < shape.size(); ++i) {
      const size_t axis = layout.fortran ? i : shape.size() - 1 - i;
      strides[axis] = stride;
      first += stride * layout.halo;
      if (layout.reversed) {
        first += stride * (shape[axis] - 1);
        strides[axis] = -stride;
      }
      stride *= shape[axis] + 2 * layout.halo;
    }
    bytes.assign(static_cast<size_t>(stride), std::byte{1});
  }
  std::vector<std::byte> bytes;
  Shape strides;
  int64_t first = 0;
};

void packing_row(const Shape &shape, const Layout &layout, int64_t item, const char *item_name) {
  const int64_t bytes = std::accumulate(shape.begin(), shape.end(), item, std::multiplies<>());
  const Source source(shape, layout, item);
  const Shape dense = pde::c_strides(shape, item);
  std::vector<std::byte> target(static_cast<size_t>(bytes)), plain(target.size(), std::byte{1});
  row(
      "pack " + shape_name(shape) + " " + item_name + ", " + layout.name, bytes,
      [&] {
        pde::strided_copy(target.data(), dense, source.bytes.data() + source.first, source.strides, shape,
                          item);
      },
      [&] { std::memcpy(target.data(), plain.data(), plain.size()); });
}

void packing() {
  const std::pair<int64_t, const char *> items[] = {
      {8, "float64"}, {4, "float32"}, {16, "complex128"}, {2, "int16"}, {1, "int8"}};
  for (const Shape &shape : {Shape{512, 512}, Shape{2048, 2048}, Shape{128, 128, 128}}) {
    for (const auto &[item, item_name] : items) {
      for (const Layout &layout : kLayouts) packing_row(shape, layout, item, item_name);
    }
  }
}

// ---- looking for what is no number

/// A field of ones in a layout; the source stays in cache, as it does behind a solver's step.
template <class Real>
void searching_rows(int32_t dtype, const Shape &shape, const Layout &layout) {
  const int64_t item = pde::dtype_size(dtype);
  Source source(shape, layout, item);
  const std::vector<Real> ones(source.bytes.size() / sizeof(Real), 1);
  std::memcpy(source.bytes.data(), ones.data(), source.bytes.size());
  Shape strides = source.strides;
  for (int64_t &stride : strides) stride /= item;
  pde::FieldDescription description;
  description.grid = pde::Grid::unit(shape, std::vector<bool>(shape.size(), false));
  description.dtype = dtype;
  const pde::FieldPtr field = pde::Field::wrap(description, source.bytes.data() + source.first, strides);

  const auto bytes = static_cast<size_t>(description.bytes());
  std::vector<std::byte> ring(std::max(size_t{64} << 20, bytes), std::byte{1});
  std::vector<std::byte> dense(bytes, std::byte{1});
  size_t slot = 0;
  const auto next_slot = [&] {
    slot = (slot + 1) % (ring.size() / bytes);
    return ring.data() + slot * bytes;
  };
  const auto copy = [&] { std::memcpy(next_slot(), dense.data(), bytes); };
  const std::string what = shape_name(shape) + " " + pde::dtype_name(dtype) + ", " + layout.name;
  row(
      "search " + what, description.bytes(), [&] { found += pde::find_nonfinite(*field).has_value(); }, copy);
  row(
      "search and pack " + what, description.bytes(),
      [&] {
        found += pde::find_nonfinite(*field).has_value();
        field->pack(next_slot());
      },
      copy);
}

void searching() {
  for (const Layout &layout : kLayouts) {
    searching_rows<double>(PDE_FLOAT64, {512, 512}, layout);
    searching_rows<float>(PDE_FLOAT32, {512, 512}, layout);
    searching_rows<double>(PDE_COMPLEX128, {512, 512}, layout);
  }
  searching_rows<double>(PDE_FLOAT64, {2048, 2048}, kLayouts[0]);
  searching_rows<double>(PDE_FLOAT64, {128, 128, 128}, kLayouts[1]);
}

// ---- appending to memory

void appending_row(const Shape &shape, int64_t count) {
  pde::FieldDescription description;
  description.grid = pde::Grid::unit(shape, std::vector<bool>(shape.size(), false));
  const pde::FieldPtr field = pde::Field::create(description);
  const auto bytes = static_cast<size_t>(description.bytes());
  std::vector<std::byte> ring(bytes * static_cast<size_t>(count), std::byte{1}), dense(bytes, std::byte{1});
  row(
      "append to memory " + shape_name(shape) + " float64, " + std::to_string(count) + " snapshots",
      static_cast<int64_t>(ring.size()),
      [&] {
        const pde::StoragePtr storage = pde::open_storage("memory:", "truncate_once", {});
        for (int64_t i = 0; i < count; ++i) storage->append(*field, static_cast<double>(i));
      },
      [&] {
        for (size_t at = 0; at < ring.size(); at += bytes) std::memcpy(ring.data() + at, dense.data(), bytes);
      });
}

void appending() {
  appending_row({512, 512}, 100);
  appending_row({32, 32}, 10000);
  appending_row({32, 32}, 100);
}

// ---- rounding

template <class Real>
void rounding_row(const char *name, int32_t dtype, const pde::RoundingSettings &settings) {
  std::vector<Real> values(size_t{1} << 17), out(values.size());
  uint64_t state = 1;
  for (Real &value : values) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    value = static_cast<Real>(static_cast<double>(state >> 11) * 0x1p-53 - 0.5);
  }
  const pde::Rounding rounding = *pde::Rounding::create(dtype, settings);
  const auto bytes = static_cast<int64_t>(values.size() * sizeof(Real));
  std::string what = settings.json();
  std::erase(what, '"');
  row(
      "round " + std::string(name) + " " + what, bytes,
      [&] {
        rounding.apply(reinterpret_cast<std::byte *>(out.data()),
                       reinterpret_cast<const std::byte *>(values.data()),
                       static_cast<int64_t>(values.size()));
      },
      [&] { std::memcpy(out.data(), values.data(), values.size() * sizeof(Real)); });
}

void rounding() {
  for (const pde::RoundingSettings &settings :
       {pde::RoundingSettings{.keep_bits = 20}, pde::RoundingSettings{.tolerance_abs = 1e-4},
        pde::RoundingSettings{.tolerance_rel = 1e-4},
        pde::RoundingSettings{.keep_bits = 10, .tolerance_abs = 1e-4}}) {
    rounding_row<double>("float64", PDE_FLOAT64, settings);
    rounding_row<float>("float32", PDE_FLOAT32, settings);
  }
}

}  // namespace

int main(int argc, char **argv) {
  if (argc > 1) wanted = argv[1];
  packing();
  searching();
  appending();
  rounding();
  if (found > 0) std::fprintf(stderr, "a one is no number\n");
  return found > 0;
}
