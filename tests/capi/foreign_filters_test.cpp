// Files whose samples went through filters that are not ours: HDF5 reads them, if it has the filter.
#include <algorithm>
#include <functional>

#include "odd_files.hpp"
#include "user_program.hpp"

namespace test {
namespace {

// ---- a filter that only this program has

constexpr H5Z_filter_t kFlip = 305;  // HDF5 keeps 256 to 511 for tests

size_t flip_bytes(unsigned, size_t, const unsigned *, size_t bytes, size_t *, void **buffer) {
  auto *data = static_cast<unsigned char *>(*buffer);
  for (size_t i = 0; i < bytes; ++i) data[i] = static_cast<unsigned char>(data[i] ^ 0x5a);
  return bytes;
}

/// Known to HDF5 while this lives.
class FlipFilter {
 public:
  explicit FlipFilter(bool encodes = true) {
    const H5Z_class2_t filter{H5Z_CLASS_T_VERS,         kFlip,   encodes, 1,
                              "flip of libpde's tests", nullptr, nullptr, flip_bytes};
    if (H5Zregister(&filter) < 0) throw std::runtime_error("H5Zregister");
  }
  ~FlipFilter() { H5Zunregister(kFlip); }
  FlipFilter(const FlipFilter &) = delete;
  FlipFilter &operator=(const FlipFilter &) = delete;
};

// ---- files

constexpr hsize_t kSnapshots = 7, kCells = 6 * 5;

double sample(hsize_t snapshot, hsize_t cell) {
  return static_cast<double>(100 * snapshot + cell);
}

/// A series of 6 x 5 cells, two snapshots to a chunk, that this list of properties filters.
void write_series(const std::string &path, hid_t type, const std::function<herr_t(hid_t)> &add_filters) {
  const Closing file(H5Fcreate(path.c_str(), H5F_ACC_EXCL, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
  const hsize_t shape[] = {kSnapshots, 6, 5}, most[] = {H5S_UNLIMITED, 6, 5}, chunk[] = {2, 6, 5};
  const Closing space(H5Screate_simple(3, shape, most), H5Sclose);
  const Closing times_space(H5Screate_simple(1, shape, most), H5Sclose);
  const Closing properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_chunk(properties, 3, chunk);
  ASSERT_GE(add_filters(properties), 0);
  const Closing times_properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_chunk(times_properties, 1, chunk);
  const Closing data(H5Dcreate2(file, "data", type, space, H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
  const Closing times(
      H5Dcreate2(file, "times", H5T_IEEE_F64LE, times_space, H5P_DEFAULT, times_properties, H5P_DEFAULT),
      H5Dclose);
  std::vector<double> samples, numbers;
  for (hsize_t i = 0; i < kSnapshots; ++i) {
    numbers.push_back(0.5 * static_cast<double>(i));
    for (hsize_t cell = 0; cell < kCells; ++cell) samples.push_back(sample(i, cell));
  }
  ASSERT_GE(H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, samples.data()), 0);
  ASSERT_GE(H5Dwrite(times, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers.data()), 0);
}

herr_t add_flip(hid_t properties) {
  return H5Pset_filter(properties, kFlip, H5Z_FLAG_MANDATORY, 0, nullptr);
}

pde_status read_all(pde_storage *storage, std::vector<double> &out) {
  out.assign(kSnapshots * kCells, -1);
  return pde_storage_read_raw(storage, 0, kSnapshots, 1, PDE_FLOAT64, out.data(),
                              static_cast<int64_t>(out.size()));
}

void expect_right(const std::string &path) {
  for (const char *threads : {"threads=0", "threads=2"}) {
    StorageHandle storage = open_storage(path, "readonly", options_from(threads));
    EXPECT_EQ(length_of(storage), static_cast<int64_t>(kSnapshots));
    std::vector<double> samples;
    EXPECT_OK(read_all(storage, samples));
    for (size_t i = 0; i < samples.size(); ++i) EXPECT_EQ(samples[i], sample(i / kCells, i % kCells)) << i;
    // Every second one, backwards, and a region of it.
    const int64_t lower[] = {2, 1}, shape[] = {3, 2};
    double box[6];
    for (int64_t first = kSnapshots - 1; first >= 0; first -= 2) {
      EXPECT_OK(pde_storage_read_box(storage, first, 1, 1, lower, shape, PDE_FLOAT64, box, nullptr));
      for (hsize_t i = 0; i < 6; ++i)
        EXPECT_EQ(box[i], sample(static_cast<hsize_t>(first), (2 + i / 2) * 5 + 1 + i % 2));
    }
  }
}

class ForeignFilters : public ::testing::Test {
 protected:
  TemporaryFolder folder;
  std::string path = folder.file("foreign.h5");
};

// ---- what HDF5 has

TEST_F(ForeignFilters, AreReadThroughHdf5) {
  const FlipFilter filter;
  write_series(path, H5T_IEEE_F64LE, add_flip);
  expect_right(path);
}

TEST_F(ForeignFilters, AreReadBetweenStockFilters) {
  const FlipFilter filter;
  write_series(path, H5T_IEEE_F64LE, [](hid_t properties) {
    return std::min({H5Pset_shuffle(properties), add_flip(properties), H5Pset_deflate(properties, 4),
                     H5Pset_fletcher32(properties)});
  });
  expect_right(path);
}

TEST_F(ForeignFilters, TakeFurtherSnapshots) {
  const FlipFilter filter;
  write_series(path, H5T_IEEE_F64LE, add_flip);
  const FieldHandle field = filled_field(unit_grid({6, 5}), 42);
  StorageHandle storage = open_storage(path, "append", options_from("threads=2"));
  for (int i = 0; i < 4; ++i) ASSERT_OK(pde_storage_append(storage, field, PDE_TIME_AUTO));
  ASSERT_OK(pde_storage_close(storage.release()));
  storage = open_storage(path, "readonly");
  EXPECT_EQ(length_of(storage), static_cast<int64_t>(kSnapshots) + 4);
  EXPECT_EQ(value_at(storage, 6), sample(6, 0)) << "it shares a chunk with the first new one";
  EXPECT_EQ(value_at(storage, 7), 42);
  EXPECT_EQ(value_at(storage, -1), 42);
}

TEST_F(ForeignFilters, OfHdf5ItselfAreRead) {
  struct Case {
    const char *name;
    H5Z_filter_t id;
    hid_t type;
    std::function<herr_t(hid_t)> add;
  };
  const Case cases[] = {
      {"szip", H5Z_FILTER_SZIP, H5T_IEEE_F64LE,
       [](hid_t properties) { return H5Pset_szip(properties, H5_SZIP_NN_OPTION_MASK, 8); }},
      {"szip after shuffle", H5Z_FILTER_SZIP, H5T_STD_I32LE,
       [](hid_t properties) {
         return std::min(H5Pset_shuffle(properties), H5Pset_szip(properties, H5_SZIP_EC_OPTION_MASK, 4));
       }},
      {"nbit", H5Z_FILTER_NBIT, H5T_STD_I16LE, [](hid_t properties) { return H5Pset_nbit(properties); }},
      {"scaleoffset of integers", H5Z_FILTER_SCALEOFFSET, H5T_STD_I32LE,
       [](hid_t properties) { return H5Pset_scaleoffset(properties, H5Z_SO_INT, 0); }},
      {"scaleoffset of floats", H5Z_FILTER_SCALEOFFSET, H5T_IEEE_F64LE,
       [](hid_t properties) { return H5Pset_scaleoffset(properties, H5Z_SO_FLOAT_DSCALE, 0); }},
      {"deflate before shuffle", H5Z_FILTER_DEFLATE, H5T_IEEE_F64LE,
       [](hid_t properties) { return std::min(H5Pset_deflate(properties, 6), H5Pset_shuffle(properties)); }},
      {"deflate twice", H5Z_FILTER_DEFLATE, H5T_IEEE_F64BE,
       [](hid_t properties) {
         return std::min(H5Pset_deflate(properties, 1), H5Pset_deflate(properties, 9));
       }},
  };
  for (const Case &c : cases) {
    SCOPED_TRACE(c.name);
    unsigned config = 0;
    if (H5Zfilter_avail(c.id) <= 0 || H5Zget_filter_info(c.id, &config) < 0 ||
        !(config & H5Z_FILTER_CONFIG_ENCODE_ENABLED)) {
      continue;  // this HDF5 was built without it
    }
    path = folder.file(std::string(c.name) + ".h5");
    write_series(path, c.type, c.add);
    expect_right(path);
  }
}

TEST_F(ForeignFilters, OfNumbersWithFewBitsAreRead) {
  const Closing type(H5Tcopy(H5T_STD_I16LE), H5Tclose);
  ASSERT_GE(H5Tset_precision(type, 11), 0);
  write_series(path, type, [](hid_t properties) { return H5Pset_nbit(properties); });
  expect_right(path);
}

// ---- what it has not

TEST_F(ForeignFilters, ThatAreMissingAreNamedWhenReading) {
  {
    const FlipFilter filter;
    write_series(path, H5T_IEEE_F64LE, add_flip);
  }
  StorageHandle storage = open_storage(path, "readonly");
  EXPECT_EQ(times_of(storage).back(), 3) << "the rest can be read";
  std::vector<double> samples;
  for (int attempt = 0; attempt < 2; ++attempt) {
    EXPECT_FAILS(PDE_ERR_UNSUPPORTED, read_all(storage, samples), path, "flip of libpde's tests", "305",
                 "HDF5_PLUGIN_PATH");
  }
  const FlipFilter filter;
  EXPECT_OK(read_all(storage, samples)) << "it is there now";
  EXPECT_EQ(samples.back(), sample(kSnapshots - 1, kCells - 1));
  ASSERT_OK(pde_storage_close(storage.release()));
  expect_right(path);
}

TEST_F(ForeignFilters, ThatAreMissingAreNamedInAProcessThatNeverHadThem) {
  {
    const FlipFilter filter;
    write_series(path, H5T_IEEE_F64LE, [](hid_t properties) {
      return std::min({H5Pset_shuffle(properties), add_flip(properties), H5Pset_deflate(properties, 4)});
    });
  }
  H5close();
  EXPECT_TRUE(exited_well(run_in_child([&] {
    StorageHandle storage = open_storage(path, "readonly", options_from("threads=2"));
    std::vector<double> samples;
    EXPECT_FAILS(PDE_ERR_UNSUPPORTED, read_all(storage, samples), "flip of libpde's tests", "305",
                 "HDF5_PLUGIN_PATH");
    return HasFailure() ? 1 : 0;
  })));
}

TEST_F(ForeignFilters, ThatAreMissingLeaveTheFileAsItIsWhenAppending) {
  {
    const FlipFilter filter;
    write_series(path, H5T_IEEE_F64LE, add_flip);
  }
  const std::string before = bytes_of_file(path);
  const FieldHandle field = filled_field(unit_grid({6, 5}), 42);
  StorageHandle storage = open_storage(path, "append");
  EXPECT_FAILS(PDE_ERR_UNSUPPORTED, pde_storage_append(storage, field, PDE_TIME_AUTO),
               "flip of libpde's tests", "305", "HDF5_PLUGIN_PATH");
  EXPECT_EQ(times_of(storage).size(), kSnapshots) << "it can still be read";
  ASSERT_OK(pde_storage_close(storage.release()));
  {
    const FlipFilter only_decodes(false);
    expect_right(path);
    storage = open_storage(path, "append");
    EXPECT_FAILS(PDE_ERR_UNSUPPORTED, pde_storage_append(storage, field, PDE_TIME_AUTO), "305");
    ASSERT_OK(pde_storage_close(storage.release()));
  }
  EXPECT_TRUE(bytes_of_file(path) == before);
}

TEST_F(ForeignFilters, ThatAreMissingAreNotTakenForDamage) {
  {
    const FlipFilter filter;
    write_series(path, H5T_IEEE_F64LE, [](hid_t properties) {
      return std::min(add_flip(properties), H5Pset_fletcher32(properties));
    });
  }
  std::string bytes = bytes_of_file(path);
  std::string flipped(8, '\0');
  const double value = sample(5, 3);
  std::memcpy(flipped.data(), &value, sizeof value);
  for (char &c : flipped) c = static_cast<char>(c ^ 0x5a);
  const size_t at = bytes.find(flipped);
  ASSERT_NE(at, std::string::npos);
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  write_bytes(path, bytes);
  const FlipFilter filter;
  StorageHandle storage = open_storage(path, "readonly");
  std::vector<double> samples;
  EXPECT_FAILS(PDE_ERR_FORMAT, read_all(storage, samples), path);
  samples.resize(kCells);
  EXPECT_OK(pde_storage_read_raw(storage, 1, 1, 1, PDE_FLOAT64, samples.data(), kCells));
  EXPECT_EQ(samples[2], sample(1, 2));
}

}  // namespace
}  // namespace test
