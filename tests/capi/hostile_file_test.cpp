// HDF5 files that nobody has written by accident: what they point at elsewhere is not followed, what they
// claim is not believed, and neither costs memory or time. A status and a message, whatever is done with
// them.
#include <cstring>

#include "odd_files.hpp"
#include "user_program.hpp"

namespace test {
namespace {

class HostileFile : public ::testing::Test {
 protected:
  void create() { file = std::make_unique<Closing>(make(path), H5Fclose); }
  static hid_t make(const std::string &path) {
    const hid_t made = H5Fcreate(path.c_str(), H5F_ACC_EXCL, H5P_DEFAULT, H5P_DEFAULT);
    if (made < 0) throw std::runtime_error("cannot create " + path);
    return made;
  }
  void close() { file.reset(); }

  using Shape = std::vector<hsize_t>;
  /// With growing datasets: chunks of this shape.
  void add(const char *name, const Shape &shape, const Shape &chunk = {}, hid_t creation = -1,
           hid_t type = H5T_IEEE_F64LE) {
    add_to(*file, name, shape, chunk, creation, type);
  }
  static void add_to(hid_t where, const char *name, const Shape &shape, const Shape &chunk, hid_t creation,
                     hid_t type) {
    const Shape most(shape.size(), H5S_UNLIMITED);
    const Closing space(
        H5Screate_simple(static_cast<int>(shape.size()), shape.data(), chunk.empty() ? nullptr : most.data()),
        H5Sclose);
    const Closing properties(creation < 0 ? H5Pcreate(H5P_DATASET_CREATE) : H5Pcopy(creation), H5Pclose);
    if (!chunk.empty()) H5Pset_chunk(properties, static_cast<int>(chunk.size()), chunk.data());
    const Closing made(H5Dcreate2(where, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
    if (made < 0) throw std::runtime_error(std::string("cannot create the dataset ") + name);
    // HDF5 itself must not be asked to write to what has no samples, or too many.
    double samples = 1;
    for (const hsize_t size : shape) samples *= static_cast<double>(size);
    if (samples == 0 || samples > 1e15) return;
    // The first value tells which file one is in.
    const double mark = 7;
    const Shape first(shape.size(), 0), one(shape.size(), 1);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, first.data(), nullptr, one.data(), nullptr);
    const Closing memory(H5Screate(H5S_SCALAR), H5Sclose);
    H5E_BEGIN_TRY {
      H5Dwrite(made, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, &mark);
    }
    H5E_END_TRY
  }

  void attribute(hid_t object, const char *name, hid_t type, hid_t space, const void *value) {
    const Closing made(H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    if (made < 0) throw std::runtime_error(std::string("cannot create the attribute ") + name);
    if (value) H5Awrite(made, type, value);
  }
  void text_attribute(hid_t object, const char *name, const std::string &text) {
    const Closing type(H5Tcopy(H5T_C_S1), H5Tclose), space(H5Screate(H5S_SCALAR), H5Sclose);
    H5Tset_size(type, H5T_VARIABLE);
    const char *value = text.c_str();
    attribute(object, name, type, space, &value);
  }
  void text_attribute(const char *dataset, const char *name, const std::string &text) {
    const Closing opened(H5Dopen2(*file, dataset, H5P_DEFAULT), H5Dclose);
    text_attribute(opened, name, text);
  }

  void expect_refused(pde_status status, std::vector<std::string> words) {
    words.push_back(path);
    for (const char *mode : {"create", "append", "readonly"}) {
      SCOPED_TRACE(mode);
      StorageHandle storage;
      EXPECT_TRUE(fails_with(status, pde_storage_open(path.c_str(), mode, nullptr, storage.out()), words));
    }
  }

  TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  std::unique_ptr<Closing> file;
};

// ---- what lies elsewhere

TEST_F(HostileFile, ALinkToAnotherFileIsNotFollowed) {
  const std::string other = folder.file("other.h5");
  {
    const Closing there(make(other), H5Fclose);
    add_to(there, "values", {2, 4}, {}, -1, H5T_IEEE_F64LE);
  }
  for (const bool exists : {true, false}) {
    SCOPED_TRACE(exists);
    std::filesystem::remove(path);
    create();
    add("values", {2, 4});  // what was found once: the name in the file that one is in
    add("times", {2});
    H5Lcreate_external(exists ? other.c_str() : folder.file("none.h5").c_str(), "/values", *file, "data",
                       H5P_DEFAULT, H5P_DEFAULT);
    close();
    expect_refused(PDE_ERR_FORMAT, {"/data"});
  }
  EXPECT_EQ(folder.names(), (std::set<std::string>{"other.h5", "run.h5"}));
}

/// Opening another file on the way must not be taken for an end of this one.
TEST_F(HostileFile, ALinkToAnotherFileDoesNotEndTheRecording) {
  create();
  add("data", {2, 4}, {1, 4});
  add("times", {2}, {1024});
  H5Lcreate_external(path.c_str(), "/", *file, "snapshot_info", H5P_DEFAULT, H5P_DEFAULT);
  close();
  {
    const StorageHandle storage = open_storage(path, "readonly");
    const char *json = nullptr;
    EXPECT_FAILS(PDE_ERR_FORMAT, pde_storage_snapshot_info(storage, 0, &json), path, "snapshot_info");
    double values[4];
    ASSERT_OK(pde_storage_read_raw(storage, 0, 1, 1, PDE_FLOAT64, values, 4));
    EXPECT_EQ(values[0], 7);
  }
  record_file(path, 2, "append");
  EXPECT_EQ(length_of(open_storage(path, "readonly")), 4);
}

TEST_F(HostileFile, ADatasetWhoseSamplesLieInOtherFilesIsRefused) {
  const std::string raw = folder.file("there-is-none.raw"), source = folder.file("source.h5");
  for (const char *name : {"data", "times"}) {
    for (const bool is_virtual : {true, false}) {
      SCOPED_TRACE(std::string(name) + (is_virtual ? ", virtual" : ", external"));
      std::filesystem::remove(path);
      create();
      const Shape shape = std::strcmp(name, "data") == 0 ? Shape{2, 4} : Shape{2};
      const Closing properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
      if (is_virtual) {
        const Closing space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
                            H5Sclose);
        ASSERT_GE(H5Pset_virtual(properties, space, source.c_str(), "/data", space), 0);
      } else {
        ASSERT_GE(H5Pset_external(properties, raw.c_str(), 0, 64), 0);
      }
      const Closing space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
      ASSERT_GE(
          H5Dclose(H5Dcreate2(*file, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, properties, H5P_DEFAULT)), 0);
      if (std::strcmp(name, "data") == 0) {
        add("times", {2});
      } else {
        add("data", {2, 4});
      }
      close();
      expect_refused(PDE_ERR_UNSUPPORTED, {std::string("/") + name, "other files"});
    }
  }
  EXPECT_EQ(folder.names(), std::set<std::string>{"run.h5"});
}

TEST_F(HostileFile, MetadataOfSnapshotsInOtherFilesIsRefused) {
  create();
  add("data", {2, 4}, {1, 4});
  add("times", {2}, {1024});
  {
    const Closing group(H5Gcreate2(*file, "snapshot_info", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    const Closing properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    const std::string raw = folder.file("there-is-none.raw");
    ASSERT_GE(H5Pset_external(properties, raw.c_str(), 0, 48), 0);
    add_to(group, "index", {2, 3}, {}, properties, H5T_STD_I64LE);
    std::filesystem::remove(raw);  // to which the first value was written
    add_to(group, "text", {10}, {10}, -1, H5T_STD_U8LE);
  }
  close();
  const StorageHandle storage = open_storage(path, "readonly");
  const char *json = nullptr;
  EXPECT_FAILS(PDE_ERR_FORMAT, pde_storage_snapshot_info(storage, 0, &json), path, "other files");
  EXPECT_EQ(folder.names(), std::set<std::string>{"run.h5"});
}

// ---- claims

TEST_F(HostileFile, ClaimsOfAbsurdLengthsAreNotBelieved) {
  constexpr hsize_t kAbsurd = hsize_t{1} << 60;
  create();
  add("data", {kAbsurd, 4}, {1, 4});
  add("times", {kAbsurd}, {1});
  close();
  expect_refused(PDE_ERR_FORMAT, {"1152921504606846976", "at most"});
}

TEST_F(HostileFile, ALengthThatOnlyOneDatasetClaimsDoesNotCount) {
  create();
  add("data", {2, 4}, {1, 4});
  add("times", {hsize_t{1} << 20}, {1});
  close();
  {
    const StorageHandle storage = open_storage(path, "readonly");
    EXPECT_EQ(length_of(storage), 2);
    EXPECT_EQ(times_of(storage), (std::vector<double>{7, 0}));
  }
  const GridHandle grid = unit_grid({4});
  StorageHandle storage = open_storage(path, "append");
  ASSERT_OK(pde_storage_append(storage, filled_field(grid, 3), 1));
  ASSERT_OK(pde_storage_close(storage.release()));
  storage =
      open_storage(path, "readonly",
                   options_from("grid='{\"class\": \"UnitGrid\", \"shape\": [4], \"periodic\": [false]}'"));
  EXPECT_EQ(times_of(storage), (std::vector<double>{7, 0, 1}));
  EXPECT_EQ(value_at(storage, 0), 7);
  EXPECT_EQ(value_at(storage, 2), 3);
  EXPECT_LT(std::filesystem::file_size(path), 1u << 20);
}

/// HDF5 takes rows away chunk by chunk, whether or not they are there.
TEST_F(HostileFile, ALengthThatWouldTakeForEverToDropIsNotAppendedTo) {
  constexpr hsize_t kMany = hsize_t{1} << 39;
  const struct {
    hsize_t data, times;
    Shape chunk_of_times;
  } cases[] = {{2, kMany, {1}}, {kMany, 2, {1}}, {kMany, 2, {}}};
  for (const auto &test : cases) {
    SCOPED_TRACE(&test - cases);
    std::filesystem::remove(path);
    create();
    add("data", {test.data, 4}, {1, 4});
    add("times", {test.times}, test.chunk_of_times);
    close();
    EXPECT_EQ(length_of(open_storage(path, "readonly")), 2);
    const std::string before = bytes_of_file(path);
    {
      StorageHandle storage = open_storage(path, "append");
      const FieldHandle field = filled_field(unit_grid({4}), 3);
      EXPECT_FAILS(PDE_ERR_FORMAT, pde_storage_append(storage, field, 1), path, "549755813888",
                   "2 snapshots");
      EXPECT_EQ(length_of(storage), 2);
    }
    EXPECT_EQ(bytes_of_file(path), before);
  }
}

/// HDF5 gives a dataset without chunks its place as a whole, and fills all of it.
TEST_F(HostileFile, ABlockThatWouldFillTheDiskIsNotAppendedTo) {
  const struct {
    Shape data, times;
    const char *words[2];
  } cases[] = {{{hsize_t{1} << 35, 512}, {2}, {"/data", "140737488355328 bytes"}},
               {{2, 4}, {hsize_t{1} << 40}, {"/times", "8796093022208 bytes"}}};
  for (const auto &test : cases) {
    SCOPED_TRACE(test.words[0]);
    std::filesystem::remove(path);
    create();
    for (const auto &[name, shape] : {std::pair("data", test.data), std::pair("times", test.times)}) {
      const Closing space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
      const Closing made(
          H5Dcreate2(*file, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Dclose);
      ASSERT_GE(made, 0);
    }
    text_attribute(*file, "data_length", "1");
    close();
    const std::string before = bytes_of_file(path);
    {
      StorageHandle storage = open_storage(path, "append");
      const FieldHandle field = filled_field(unit_grid({static_cast<int64_t>(test.data[1])}), 3);
      EXPECT_FAILS(PDE_ERR_IO, pde_storage_append(storage, field, 1), path, test.words[0], test.words[1],
                   "free on the disk");
      EXPECT_EQ(length_of(storage), 1);
    }
    EXPECT_EQ(bytes_of_file(path), before);
  }
}

/// Where one of the datasets cannot grow, the other one does not, whatever it could.
TEST_F(HostileFile, ABlockIsFullWithTheShorterOfItsDatasets) {
  const struct {
    Shape data, chunk_of_data, times, chunk_of_times;
  } cases[] = {{{3, 4}, {}, {2}, {8}}, {{2, 4}, {1, 4}, {3}, {}}};
  for (const auto &test : cases) {
    SCOPED_TRACE(&test - cases);
    std::filesystem::remove(path);
    create();
    add("data", test.data, test.chunk_of_data);
    add("times", test.times, test.chunk_of_times);
    text_attribute(*file, "data_length", "1");
    close();
    StorageHandle storage = open_storage(path, "append");
    const FieldHandle field = filled_field(unit_grid({4}), 3);
    ASSERT_OK(pde_storage_append(storage, field, 8));
    EXPECT_FAILS(PDE_ERR_RANGE, pde_storage_append(storage, field, 9), path, "full", "2 snapshots");
    ASSERT_OK(pde_storage_close(storage.release()));
    EXPECT_EQ(times_of(open_storage(path, "readonly")), (std::vector<double>{7, 8}));
  }
}

TEST_F(HostileFile, SnapshotsOfAbsurdShapesAreRefused) {
  const struct {
    Shape shape, chunk;
    const char *word;
  } cases[] = {
      {{3, 0}, {1, 1}, "[3, 0]"},                                          // no sample at all
      {{3, 4, 0}, {1, 4, 1}, "[3, 4, 0]"},                                 //
      {{3, hsize_t{1} << 31, hsize_t{1} << 31}, {1, 1, 1}, "2147483648"},  // 2^62 samples
      {{3, hsize_t{1} << 61}, {1, 4}, "2305843009213693952"},              //
      {{hsize_t{1} << 39, hsize_t{1} << 30}, {1, 4}, "1073741824"},        // each by itself is possible
  };
  for (const auto &test : cases) {
    SCOPED_TRACE(test.word);
    std::filesystem::remove(path);
    create();
    add("data", test.shape, test.chunk);
    add("times", {test.shape[0]}, {1024});
    close();
    expect_refused(PDE_ERR_FORMAT, {test.word});
  }
}

TEST_F(HostileFile, ChunksOfSingleCellsTakeNoMemoryOfTheirOwn) {
  create();
  add("data", {130, 16, 16}, {1, 1, 1});
  add("times", {130}, {1024});
  close();
  const StorageHandle storage = open_storage(path, "readonly");
  std::vector<double> values(130 * 16 * 16, -1);
  ASSERT_OK(pde_storage_read_raw(storage, 0, 130, 1, PDE_FLOAT64, values.data(),
                                 static_cast<int64_t>(values.size())));
  EXPECT_EQ(values.front(), 7);
  EXPECT_EQ(values.back(), 0);
}

/// A filter's name has no end in what HDF5 1.10 hands out if it is long.
TEST_F(HostileFile, TheLongNameOfAFilterIsSaidInPart) {
  const std::string name(300, 'n');
  const H5Z_class2_t filter{
      H5Z_CLASS_T_VERS,
      H5Z_filter_t{301},
      1,
      1,
      name.c_str(),
      nullptr,
      nullptr,
      [](unsigned, size_t, const unsigned *, size_t bytes, size_t *, void **) { return bytes; }};
  ASSERT_GE(H5Zregister(&filter), 0);
  create();
  const Closing properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_filter(properties, 301, 0, 0, nullptr);
  add("data", {2, 4}, {1, 4}, properties);
  add("times", {2}, {1024});
  close();
  ASSERT_GE(H5Zunregister(301), 0);
  const StorageHandle storage = open_storage(path, "readonly");
  double values[4];
  EXPECT_FAILS(PDE_ERR_UNSUPPORTED, pde_storage_read_raw(storage, 0, 1, 1, PDE_FLOAT64, values, 4), "nnnn",
               "number 301");
}

// ---- attributes

TEST_F(HostileFile, AttributesOfOthersAreKeptAndPassedOver) {
  create();
  add("data", {2, 4}, {1, 4});
  add("times", {2}, {1024});
  const Closing scalar(H5Screate(H5S_SCALAR), H5Sclose), nothing(H5Screate(H5S_NULL), H5Sclose);
  const hsize_t many = 8000;
  const Closing list(H5Screate_simple(1, &many, nullptr), H5Sclose);
  const std::vector<double> zeros(many);
  const Closing opaque(H5Tcreate(H5T_OPAQUE, 5), H5Tclose), table(H5Tcreate(H5T_COMPOUND, 8), H5Tclose),
      vlen(H5Tvlen_create(H5T_NATIVE_INT), H5Tclose), huge(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tinsert(table, "x", 0, H5T_NATIVE_DOUBLE);
  H5Tset_size(huge, 60000);
  const std::string garbage = std::string(60000, '\xfe');
  text_attribute(*file, "title", "\"fine\"");
  text_attribute(*file, "latin", "gr\xfc\xdf");
  text_attribute(*file, "na\xefve", "\"1\"");
  text_attribute(*file, "\xc3", "1");
  attribute(*file, "opaque", opaque, scalar, "12345");
  attribute(*file, "table", table, scalar, zeros.data());
  attribute(*file, "vlen", vlen, scalar, nullptr);
  attribute(*file, "list", H5T_NATIVE_DOUBLE, list, zeros.data());
  attribute(*file, "nothing", H5T_NATIVE_DOUBLE, nothing, nullptr);
  attribute(*file, "nothing text", H5T_C_S1, nothing, nullptr);
  attribute(*file, "huge", huge, scalar, garbage.data());
  attribute(*file, "largest", H5T_NATIVE_UINT64, scalar, "\xff\xff\xff\xff\xff\xff\xff\xff");
  text_attribute(*file, "deep", std::string(100000, '[') + std::string(100000, ']'));
  close();
  {
    const StorageHandle storage = open_storage(path, "readonly");
    EXPECT_EQ(info_of(storage, "title"), "\"fine\"");
    EXPECT_EQ(info_of(storage, "largest"), "18446744073709551615");
    EXPECT_EQ(info_of(storage, "list"), "(none)");
    const char *json = nullptr;
    ASSERT_OK(pde_storage_info(storage, nullptr, &json));
    EXPECT_NE(std::string(json).find("\"title\": \"fine\""), std::string::npos);
    EXPECT_EQ(std::string(json).find('\xef'), std::string::npos);
  }
  record_file(path, 1, "append");
  const Closing after(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  for (const char *name :
       {"latin", "na\xefve", "\xc3", "opaque", "table", "vlen", "list", "nothing", "huge", "deep"})
    EXPECT_GT(H5Aexists(after, name), 0) << name;
}

/// The mark that says which snapshots are rounded is read where one goes on to write.
TEST_F(HostileFile, AnyHistoryOfRoundingIsSurvived) {
  const std::string brackets(1000000, '['), ends(1000000, ']');
  std::string many = "[";
  for (int i = 0; i < 20000; ++i)
    many += std::string(i ? ", " : "") + "{\"from\": " + std::to_string(i) +
            ", \"keep_bits\": " + std::to_string(1 + i % 2) + "}";
  const std::string cases[] = {
      "[{\"from\": 0, \"keep_bits\": 3, \"x\": " + brackets + ends + "}]",
      brackets + ends,
      brackets,
      many + "]",
      "[{\"from\": -9223372036854775808, \"keep_bits\": 3}, {\"from\": 9223372036854775807, \"keep_bits\": "
      "4}]",
      "[{\"from\": 1e300, \"keep_bits\": 1e300}, {\"from\": 0, \"keep_bits\": 1e300, \"tolerance_abs\": "
      "Infinity}]",
      "[{\"from\": 0, \"tolerance_abs\": NaN, \"tolerance_rel\": -1, \"keep_bits\": -5}]",
      "{\"from\": 0, \"keep_bits\": 3}",
      "\"\xff\"",
      "",
  };
  for (const std::string &text : cases) {
    SCOPED_TRACE(text.substr(0, 60));
    std::filesystem::remove(path);
    create();
    add("data", {2, 4}, {1, 4});
    add("times", {2}, {1024});
    text_attribute("data", "pde_rounding", text);
    close();
    for (const char *settings : {"", "keep_bits=20"}) {
      StorageHandle storage = open_storage(path, "append", options_from(settings));
      const GridHandle grid = unit_grid({4});
      const FieldHandle field = filled_field(grid, 1);
      const char *json = nullptr;
      EXPECT_OK(pde_storage_statistics(storage, &json));
      const pde_status status = pde_storage_append(storage, field, PDE_TIME_AUTO);
      if (status != PDE_OK) {
        EXPECT_STATUS(PDE_ERR_IO, status);  // one that is too long to be written again
      }
      pde_storage_close(storage.release());
      storage = open_storage(path, "readonly");
      EXPECT_GE(length_of(storage), 2);
    }
  }
}

}  // namespace
}  // namespace test
