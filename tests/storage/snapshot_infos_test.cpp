// /snapshot_info in files: what it costs, and what becomes of it when sessions, truncation, copies and damage
// come along. What every storage does with the metadata of snapshots is in the conformance suite.
#include <gtest/gtest.h>
#include <hdf5.h>

#include <filesystem>
#include <functional>
#include <random>
#include <string>

#include "base/error.hpp"
#include "storage/storage.hpp"
#include "storage/transfer.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

namespace pde {
namespace {

FieldPtr snapshot(double value) {
  const int64_t shape[] = {3};
  const FieldPtr field = Field::create({Grid::unit(shape, {true}), PDE_SCALAR, PDE_FLOAT64, "c", {}});
  std::fill_n(reinterpret_cast<double *>(field->c_order_data()), 3, value);
  return field;
}

std::string text_of(int64_t index) {
  return "{\"step\": " + std::to_string(index * index) + ", \"dt\": 0.01}";
}

void append(Storage &storage, int64_t index, bool with_info = true) {
  const std::string info = text_of(index);
  storage.append(*snapshot(static_cast<double>(index)), static_cast<double>(index),
                 with_info ? &info : nullptr);
}

/// Values, times, and metadata of every `every`-th snapshot.
void expect_series(Storage &storage, int64_t length, int64_t every = 1) {
  ASSERT_EQ(storage.length(), length);
  const FieldPtr field = Field::create(storage.description());
  for (int64_t i = 0; i < length; ++i) {
    storage.read(i, *field);
    EXPECT_EQ(reinterpret_cast<const double *>(field->c_order_data())[2], static_cast<double>(i));
    const auto info = storage.snapshot_info(i);
    ASSERT_EQ(info.has_value(), i % every == 0) << i;
    if (info) {
      EXPECT_EQ(*info, text_of(i));
    }
  }
}

StoragePtr opened(const std::string &path, const char *mode = "readonly") {
  return open_storage(path, mode, {});
}

void record(const std::string &path, int64_t length, int64_t every = 1) {
  const StoragePtr storage = opened(path, "truncate_once");
  for (int64_t i = 0; i < length; ++i) append(*storage, i, i % every == 0);
  storage->close();
}

/// Runs `change` on a file through plain HDF5.
void edit(const std::string &path, const std::function<void(hid_t)> &change) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  ASSERT_GE(file, 0);
  change(file);
  ASSERT_GE(H5Fclose(file), 0);
}

bool has_group(const std::string &path) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const bool there = H5Lexists(file, "snapshot_info", H5P_DEFAULT) > 0;
  H5Fclose(file);
  return there;
}

int64_t rows_of(const std::string &path, const char *dataset) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t id = H5Dopen2(file, dataset, H5P_DEFAULT), space = H5Dget_space(id);
  hsize_t size[2] = {0, 0};
  H5Sget_simple_extent_dims(space, size, nullptr);
  H5Sclose(space);
  H5Dclose(id);
  H5Fclose(file);
  return static_cast<int64_t>(size[0]);
}

class SnapshotInfosInFiles : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  std::string path_ = folder_.file("run.h5");
};

TEST_F(SnapshotInfosInFiles, TheGroupIsMadeWhenFirstUsed) {
  record(path_, 5, 1000000);  // the first snapshot has some
  EXPECT_TRUE(has_group(path_));
  StoragePtr storage = opened(path_, "truncate_once");
  for (int64_t i = 0; i < 5; ++i) append(*storage, i, false);
  storage->close();
  EXPECT_FALSE(has_group(path_));
  EXPECT_EQ(opened(path_)->snapshot_info(4), std::nullopt);
  storage = opened(path_, "append");
  append(*storage, 5);
  EXPECT_EQ(storage->snapshot_info(5), text_of(5)) << "before it is committed";
  EXPECT_EQ(storage->snapshot_info(4), std::nullopt);
  storage->close();
  EXPECT_TRUE(has_group(path_));
  EXPECT_EQ(opened(path_)->snapshot_info(-1), text_of(5));
  EXPECT_EQ(opened(path_)->snapshot_info(0), std::nullopt);
}

TEST_F(SnapshotInfosInFiles, EveryHundredthOfManySnapshots) {
  record(path_, 100000, 100);
  const StoragePtr storage = opened(path_);
  EXPECT_EQ(rows_of(path_, "snapshot_info/index"), 1000);
  for (int64_t i = 0; i < 100000; i += 7) {
    const auto info = storage->snapshot_info(i);
    ASSERT_EQ(info.has_value(), i % 100 == 0) << i;
    if (info) {
      EXPECT_EQ(*info, text_of(i));
    }
  }
}

TEST_F(SnapshotInfosInFiles, AHundredThousandEntries) {
  constexpr int64_t kLength = 100000;
  record(path_, kLength);
  const auto with = static_cast<double>(std::filesystem::file_size(path_));
  const std::string plain = folder_.file("plain.h5");
  StoragePtr storage = opened(plain, "create");
  for (int64_t i = 0; i < kLength; ++i) append(*storage, i, false);
  storage->close();
  const double each = (with - static_cast<double>(std::filesystem::file_size(plain))) / kLength;
  std::printf("%.2f bytes for the metadata of a snapshot, %.2f of which are text before compression\n", each,
              static_cast<double>(rows_of(path_, "snapshot_info/text")) / kLength);
  RecordProperty("bytes_per_entry", std::to_string(each));
  EXPECT_LT(each, 24) << "less than the index alone would take uncompressed";

  storage = opened(path_);
  for (int64_t i = 0; i < kLength; ++i) ASSERT_EQ(storage->snapshot_info(i), text_of(i)) << i;
  std::mt19937 random(1);
  for (int n = 0; n < 2000; ++n) {
    const int64_t i = static_cast<int64_t>(random() % kLength);
    ASSERT_EQ(storage->snapshot_info(i - (n % 2 ? kLength : 0)), text_of(i)) << i;
  }
}

TEST_F(SnapshotInfosInFiles, CommitsAfterEachLeaveNoHoles) {
  constexpr int64_t kLength = 300;
  Options options;
  options.set("commit_every", int64_t{1});
  StoragePtr storage = open_storage(path_, "create", options);
  for (int64_t i = 0; i < kLength; ++i) append(*storage, i);
  storage->close();
  const std::string at_once = folder_.file("at_once.h5");
  record(at_once, kLength);
  const auto size = std::filesystem::file_size(path_), least = std::filesystem::file_size(at_once);
  std::printf("%zu bytes committed one by one, %zu at once\n", static_cast<size_t>(size),
              static_cast<size_t>(least));
  EXPECT_LT(size, 4 * least + 200000);
  expect_series(*opened(path_), kLength);
}

TEST_F(SnapshotInfosInFiles, SeveralSessionsAndHandles) {
  for (int64_t begin : {0, 1000, 1500, 2600}) {
    const StoragePtr storage = opened(path_, "append");
    const int64_t end = begin == 0 ? 1000 : begin == 1000 ? 1500 : begin == 1500 ? 2600 : 2601;
    for (int64_t i = begin; i < end; ++i) append(*storage, i, i % 3 == 0);
    storage->finish();
    EXPECT_EQ(storage->snapshot_info(0), text_of(0));
    storage->close();
  }
  expect_series(*opened(path_), 2601, 3);
}

TEST_F(SnapshotInfosInFiles, TruncationCutsThem) {
  for (const bool in_session : {false, true}) {
    for (int64_t keep : {2999, 1025, 1024, 1023, 1, 0}) {
      SCOPED_TRACE(keep);
      StoragePtr storage = opened(path_, "truncate_once");
      for (int64_t i = 0; i < 3000; ++i) append(*storage, i);
      if (!in_session) storage->finish();
      storage->truncate_after(static_cast<double>(keep) - 0.5);
      if (keep > 0) {
        EXPECT_EQ(storage->snapshot_info(-1), text_of(keep - 1));
      }
      for (int64_t i = keep; i < keep + 20; ++i) append(*storage, i, i % 2 == 0);
      for (int64_t i = keep; i < keep + 20; ++i)
        EXPECT_EQ(storage->snapshot_info(i).has_value(), i % 2 == 0) << i;
      storage->close();
      storage = opened(path_);
      ASSERT_EQ(storage->length(), keep + 20);
      for (int64_t i = 0; i < keep + 20; ++i)
        ASSERT_EQ(storage->snapshot_info(i).has_value(), i < keep || i % 2 == 0) << i;
      EXPECT_EQ(rows_of(path_, "snapshot_info/index"), keep + 10);
    }
  }
}

TEST_F(SnapshotInfosInFiles, ClearingDropsThem) {
  for (const bool in_session : {false, true}) {
    record(path_, 50);
    StoragePtr storage = opened(path_, "append");
    if (in_session) storage->start(snapshot(0)->description(), {});
    storage->clear(false);
    append(*storage, 0, false);
    EXPECT_EQ(storage->snapshot_info(0), std::nullopt);
    storage->close();
    EXPECT_EQ(opened(path_)->snapshot_info(0), std::nullopt);
  }
}

TEST_F(SnapshotInfosInFiles, CopiesHaveThem) {
  record(path_, 1500, 4);
  const StoragePtr storage = opened(path_), memory = open_storage("memory:", nullptr, {});
  copy_storage(*storage, *memory, {});
  expect_series(*memory, 1500, 4);
  const std::string other = folder_.file("other.h5");
  const StoragePtr file = opened(other, "create");
  copy_storage(*memory, *file, {});
  expect_series(*file, 1500, 4);
  file->close();
  expect_series(*opened(other), 1500, 4);
  EXPECT_EQ(view_range(opened(other), 400, 10, 10)->snapshot_info(2), text_of(420));
  EXPECT_EQ(extract_time_range(opened(other), 400, 500)->snapshot_info(0), text_of(400));
}

TEST_F(SnapshotInfosInFiles, WhatAKilledSessionLeftDoesNotBelongToLaterSnapshots) {
  record(path_, 10);
  edit(path_, [](hid_t file) {
    for (const char *name : {"data", "times"}) {
      const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
      const hsize_t size[] = {6, 3};
      ASSERT_GE(H5Dset_extent(dataset, size), 0);
      H5Dclose(dataset);
    }
  });
  StoragePtr storage = opened(path_, "append");
  for (int64_t i = 6; i < 9; ++i) append(*storage, i, false);
  storage->close();
  storage = opened(path_);
  EXPECT_EQ(storage->snapshot_info(5), text_of(5));
  for (int64_t i = 6; i < 9; ++i) EXPECT_EQ(storage->snapshot_info(i), std::nullopt);
}

// ---- damage

/// A file whose group has been damaged. Samples stay readable, plain appends go on, the rest is refused in
/// words.
void expect_damaged(const std::string &path, int64_t asked, const char *words) {
  {
    const StoragePtr storage = opened(path);
    EXPECT_MESSAGE(PDE_ERR_FORMAT, storage->snapshot_info(asked), "snapshot_info", words);
    const FieldPtr field = Field::create(storage->description());
    storage->read(-1, *field);
    EXPECT_EQ(reinterpret_cast<const double *>(field->c_order_data())[0], 9);
    EXPECT_MESSAGE(PDE_ERR_FORMAT, check_storage(*storage, {}), "snapshot_info", words);
  }
  const StoragePtr storage = opened(path, "append");
  storage->append(*snapshot(10), 10);
  storage->close();
  EXPECT_EQ(opened(path)->length(), 11);
}

void replace_dataset(hid_t file, const char *name, hid_t type, std::vector<hsize_t> size, const void *data) {
  if (H5Lexists(file, name, H5P_DEFAULT) > 0) {
    ASSERT_GE(H5Ldelete(file, name, H5P_DEFAULT), 0);
  }
  const hid_t space = H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr);
  const hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  ASSERT_GE(dataset, 0);
  if (data) {
    ASSERT_GE(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data), 0);
  }
  H5Dclose(dataset);
  H5Sclose(space);
}

TEST_F(SnapshotInfosInFiles, GroupsOfOthersAreLeftAlone) {
  record(path_, 10, 1000000);
  edit(path_, [](hid_t file) {
    ASSERT_GE(H5Ldelete(file, "snapshot_info", H5P_DEFAULT), 0);
    H5Gclose(H5Gcreate2(file, "snapshot_info", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    const int value = 7;
    replace_dataset(file, "snapshot_info/theirs", H5T_NATIVE_INT, {1}, &value);
  });
  expect_damaged(path_, 0, "not readable");
  StoragePtr storage = opened(path_, "append");
  EXPECT_MESSAGE(PDE_ERR_FORMAT, append(*storage, 11), "snapshot_info");
  EXPECT_EQ(storage->length(), 11) << "a refused snapshot is not there";
  EXPECT_MESSAGE(PDE_ERR_FORMAT, storage->truncate_after(3), "snapshot_info");
  append(*storage, 11, false);
  storage->close();
  storage = opened(path_);
  EXPECT_EQ(storage->length(), 12);
  const FieldPtr field = Field::create(storage->description());
  storage->read(-1, *field);
  EXPECT_EQ(reinterpret_cast<const double *>(field->c_order_data())[0], 11);
  EXPECT_EQ(rows_of(path_, "snapshot_info/theirs"), 1);
}

TEST_F(SnapshotInfosInFiles, DatasetsOfAnotherShapeOrKind) {
  using Sizes = std::vector<hsize_t>;
  const std::pair<const char *, Sizes> wrong[] = {{"snapshot_info/index", Sizes{10}},
                                                  {"snapshot_info/index", Sizes{10, 2}},
                                                  {"snapshot_info/index", Sizes{2, 3, 1}},
                                                  {"snapshot_info/text", Sizes{4, 4}}};
  for (const auto &[name, size] : wrong) {
    record(path_, 10);
    edit(path_, [&, name = name, size = size](hid_t file) {
      replace_dataset(file, name, H5T_NATIVE_INT64, size, nullptr);
    });
    expect_damaged(path_, 3, "another shape");
  }
  record(path_, 10);
  edit(path_, [](hid_t file) {
    const hid_t text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, 8);
    replace_dataset(file, "snapshot_info/index", text, {10, 3}, nullptr);
    H5Tclose(text);
  });
  EXPECT_MESSAGE(PDE_ERR_FORMAT, opened(path_)->snapshot_info(3), "snapshot_info");
  // Not even a group.
  record(path_, 10);
  edit(path_, [](hid_t file) {
    ASSERT_GE(H5Ldelete(file, "snapshot_info", H5P_DEFAULT), 0);
    replace_dataset(file, "snapshot_info", H5T_NATIVE_INT64, {2}, nullptr);
  });
  expect_damaged(path_, 3, "not readable");
}

TEST_F(SnapshotInfosInFiles, TextsOutOfRange) {
  const int64_t wrong[][3] = {{9, -5, 10},
                              {9, 10, 5},
                              {9, 0, 100000},
                              {9, 0, int64_t{1} << 62},
                              {9, int64_t{1} << 62, (int64_t{1} << 62) + 3}};
  for (const auto &entry : wrong) {
    SCOPED_TRACE(entry[2]);
    record(path_, 10);
    edit(path_, [&](hid_t file) {
      replace_dataset(file, "snapshot_info/index", H5T_NATIVE_INT64, {1, 3}, entry);
    });
    const StoragePtr storage = opened(path_);
    EXPECT_MESSAGE(PDE_ERR_FORMAT, storage->snapshot_info(9), "snapshot_info", "text of snapshot 9");
    EXPECT_EQ(storage->snapshot_info(8), std::nullopt);
    EXPECT_MESSAGE(PDE_ERR_FORMAT, check_storage(*storage, {}), "snapshot 9");
  }
}

TEST_F(SnapshotInfosInFiles, TextThatIsNoJsonIsFoundByCheck) {
  record(path_, 10);
  edit(path_, [](hid_t file) {
    const std::vector<uint8_t> text(4000, '{');
    replace_dataset(file, "snapshot_info/text", H5T_NATIVE_UINT8, {text.size()}, text.data());
  });
  EXPECT_MESSAGE(PDE_ERR_FORMAT, check_storage(*opened(path_), {}), "snapshot 0", "metadata");
}

TEST_F(SnapshotInfosInFiles, NumbersThatNobodyHas) {
  record(path_, 10);
  edit(path_, [](hid_t file) {
    for (const char *name : {"snapshot_info/index", "snapshot_info/text"}) {
      const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
      const hsize_t size[] = {hsize_t{1} << 60, 3};
      ASSERT_GE(H5Dset_extent(dataset, size), 0);
      H5Dclose(dataset);
    }
  });
  expect_damaged(path_, 3, "claims");
}

TEST_F(SnapshotInfosInFiles, AnIndexOutOfOrderGivesWrongAnswersButNoCrash) {
  record(path_, 10);
  std::mt19937_64 random(3);
  for (int n = 0; n < 20; ++n) {
    std::vector<int64_t> index(3 * 3000);
    for (int64_t &number : index) number = static_cast<int64_t>(random() % 40) - 5;
    edit(path_, [&](hid_t file) {
      replace_dataset(file, "snapshot_info/index", H5T_NATIVE_INT64, {3000, 3}, index.data());
    });
    const StoragePtr storage = opened(path_);
    for (int64_t i = 0; i < 10; ++i) {
      try {
        storage->snapshot_info(i);
      } catch (const Error &error) {
        EXPECT_EQ(error.code(), PDE_ERR_FORMAT) << error.what();
      }
    }
  }
}

}  // namespace
}  // namespace pde
