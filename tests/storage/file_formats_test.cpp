// Which formats of HDF5 we write, and which we read and go on with.
#include <gtest/gtest.h>
#include <hdf5.h>

#include <string>

#include "base/error.hpp"
#include "storage/storage.hpp"
#include "support/expect_error.hpp"
#include "support/forwarding_ops.hpp"
#include "support/temporary_folder.hpp"

namespace pde {
namespace {

constexpr const char *kAttributes =
    R"({"class": "\"ScalarField\"", "grid": "{\"shape\": [2, 4], \"periodic\": [false, false], \"class\": \"UnitGrid\"}"})";

void write_root_attribute(hid_t file, const char *name, const char *json) {
  const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
  H5Tset_size(type, H5T_VARIABLE);
  const hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(attribute, type, &json);
  H5Aclose(attribute);
  H5Sclose(space);
  H5Tclose(type);
}

/// A series of three snapshots as another program would write it, in the newest format that HDF5 has.
void write_newest(const std::string &path) {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  ASSERT_GE(file, 0);
  double data[24], times[3] = {0, 1, 2};
  for (int i = 0; i < 24; ++i) data[i] = i;
  const hsize_t size[] = {3, 2, 4}, max[] = {H5S_UNLIMITED, 2, 4}, chunk[] = {1, 2, 4};
  for (const bool is_data : {true, false}) {
    const int ndim = is_data ? 3 : 1;
    const hid_t space = H5Screate_simple(ndim, size, max), properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(properties, ndim, chunk);
    const hid_t dataset = H5Dcreate2(file, is_data ? "data" : "times", H5T_IEEE_F64LE, space, H5P_DEFAULT,
                                     properties, H5P_DEFAULT);
    H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, is_data ? data : times);
    H5Dclose(dataset);
    H5Pclose(properties);
    H5Sclose(space);
  }
  write_root_attribute(file, "field_attributes", kAttributes);
  EXPECT_GE(H5Fclose(file), 0);
  H5Pclose(access);
}

TEST(FileFormats, FilesOfTheNewestFormatAreReadAndContinued) {
  test::TemporaryFolder folder;
  const std::string path = folder.file("new.h5");
  write_newest(path);
  ASSERT_FALSE(HasFatalFailure());
  {
    const StoragePtr storage = open_storage(path, "append", {});
    EXPECT_EQ(storage->length(), 3);
    const FieldPtr field = Field::create(storage->description());
    storage->read(-1, *field);
    EXPECT_EQ(reinterpret_cast<const double *>(field->c_order_data())[7], 23);
    storage->append(*field, 10);
    storage->close();
  }
  const StoragePtr storage = open_storage(path, "readonly", {});
  const FieldPtr field = Field::create(storage->description());
  storage->read(3, *field);
  EXPECT_EQ(reinterpret_cast<const double *>(field->c_order_data())[7], 23);
  double time = 0;
  storage->times(3, 1, &time);
  EXPECT_EQ(time, 10);
}

TEST(FileFormats, NewFilesHaveTheOldestFormat) {
  test::TemporaryFolder folder;
  const std::string path = folder.file("old.h5");
  const int64_t shape[] = {4};
  {
    const StoragePtr storage = open_storage(path, "create", {});
    storage->append(*Field::create({Grid::unit(shape, {false}), PDE_SCALAR, PDE_FLOAT64, std::nullopt, {}}),
                    0);
    storage->close();
  }
  // Byte 8 is the version of the superblock; 0 is what HDF5 wrote before 1.8 already.
  EXPECT_EQ(test::bytes_of_file(path)[8], 0);
}

class SmallDisk final : public test::ForwardingOps {
 public:
  int file_system(int fd, FileSystem *out) override {
    const int result = ForwardingOps::file_system(fd, out);
    out->free_bytes = free_bytes;
    return fails ? -EIO : result;
  }
  int64_t free_bytes = 0;
  bool fails = false;
};

/// A dataset without chunks takes its place as a whole, when the first of its snapshots is written.
TEST(FileFormats, ABlockIsWrittenWhereTheDiskHasRoomForIt) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("block.h5");
  const auto make = [&] {
    const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hsize_t rows = 1000, shape[] = {rows, 32, 32};
    for (const int ndim : {3, 1}) {
      const hid_t space = H5Screate_simple(ndim, shape, nullptr);
      H5Dclose(H5Dcreate2(file, ndim == 3 ? "data" : "times", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT,
                          H5P_DEFAULT));
      H5Sclose(space);
    }
    write_root_attribute(
        file, "field_attributes",
        R"({"class": "\"ScalarField\"", "grid": "{\"shape\": [32, 32], \"periodic\": [false, false], \"class\": \"UnitGrid\"}"})");
    write_root_attribute(file, "data_length", "0");
    H5Fclose(file);
  };
  constexpr int64_t kBlock = int64_t{1000} * 32 * 32 * 8;
  const int64_t shape[] = {32, 32};
  const FieldPtr field =
      Field::create({Grid::unit(shape, {false, false}), PDE_SCALAR, PDE_FLOAT64, std::nullopt, {}});
  SmallDisk disk;
  const test::WithOps with(&disk);
  make();
  disk.free_bytes = kBlock - 1;
  EXPECT_MESSAGE(PDE_ERR_IO, open_storage(path, "append", {})->append(*field, 0), path.c_str(),
                 "8192000 bytes", "8191999");
  for (const bool knows : {true, false}) {
    make();
    disk.free_bytes = kBlock;
    disk.fails = !knows;
    const StoragePtr storage = open_storage(path, "append", {});
    storage->append(*field, 0);
    storage->close();
    EXPECT_EQ(open_storage(path, "readonly", {})->length(), 1);
  }
}

TEST(FileFormats, AnUnreadableFileSaysWhatHdf5SaysOfIt) {
  test::TemporaryFolder folder;
  const std::string path = folder.file("cut.h5");
  write_newest(path);
  std::filesystem::resize_file(path, 300);
  EXPECT_MESSAGE(PDE_ERR_FORMAT, open_storage(path, "readonly", {}), "cut.h5", "truncated file");
}

}  // namespace
}  // namespace pde
