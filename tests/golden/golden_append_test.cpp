// Copies of the reference files are continued: what py-pde wrote stays, what libpde appends follows.
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <filesystem>
#include <map>

#include "golden/golden_manifest.hpp"
#include "support/temporary_folder.hpp"

using namespace test;
using namespace golden;

namespace {

/// A copy of a reference file in a folder of its own.
class Copy {
 public:
  explicit Copy(const std::string &path) : path_(folder_.file("copy.h5")), listed_(entry(path)) {
    std::filesystem::copy_file(full_path(path), path_);
  }
  const std::string &path() const { return path_; }
  const TemporaryFolder &folder() const { return folder_; }
  std::vector<int64_t> shape() const { return integers(listed_["frame_shape"]); }
  int32_t dtype() const { return dtype_named(listed_["dtype"].GetString()); }
  int64_t length() const { return listed_["num_frames"].GetInt64(); }
  int64_t snapshot_bytes() const { return count_of(shape()) * pde_dtype_size(dtype()); }
  StorageHandle open(const char *mode) const { return golden::open(path_, mode); }

 private:
  TemporaryFolder folder_;
  std::string path_;
  const rapidjson::Value &listed_;
};

/// A field as the file has them; where it does not say, one that fits what the manifest says.
FieldHandle field_for(pde_storage *storage, const Copy &copy, const rapidjson::Value &listed) {
  FieldHandle field;
  if (pde_storage_sample(storage, field.out()) == PDE_OK) return field;
  GridHandle grid;
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  listed["grid"]["state"].Accept(writer);
  REQUIRE_OK(pde_grid_parse(buffer.GetString(), grid.out()));
  return new_field(grid, listed["field"]["rank"].GetInt(), copy.dtype(), "added");
}

/// Samples that no snapshot of the reference files has: bytes 0 and 1, which are numbers in every dtype.
Bytes fresh_samples(int64_t bytes, int seed) {
  Bytes samples(static_cast<size_t>(bytes));
  for (size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<std::byte>(((i * 7 + static_cast<size_t>(seed) * 3) % 5) % 2);
  return samples;
}

/// How many snapshots fit behind those that are there.
int64_t room(const std::string &name) {
  if (name == "maxlen3_full") return 0;
  if (name.starts_with("maxlen5")) return 2;
  return 1000;
}

class GoldenAppend : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenAppend, KeepsWhatIsThereAndGoesOnBehindIt) {
  const Copy copy(GetParam());
  const auto &listed = entry(GetParam());
  const std::string name = stem(GetParam());
  Bytes expected = plain_snapshots(copy.path(), listed, copy.length());
  std::vector<double> times(listed["times"].Size());
  for (size_t i = 0; i < times.size(); ++i)
    times[i] = listed["times"][static_cast<rapidjson::SizeType>(i)].GetDouble();
  times.resize(static_cast<size_t>(copy.length()));
  const std::string before = bytes_of_file(copy.path());

  StorageHandle storage = copy.open("append");
  const std::string description = info_of(storage, "field_attributes");
  const FieldHandle field = field_for(storage, copy, listed);
  ASSERT_OK(pde_storage_start(storage, field, R"({"continued": [true, NaN]})"));
  for (int i = 0; i < 3; ++i) {
    const Bytes samples = fresh_samples(copy.snapshot_bytes(), i);
    const double time = 100.5 + i;
    const pde_status status =
        pde_storage_append_raw(storage, copy.dtype(), samples.data(), count_of(copy.shape()), time);
    if (i >= room(name)) {
      EXPECT_STATUS(PDE_ERR_RANGE, status);
      continue;
    }
    ASSERT_OK(status);
    expected.insert(expected.end(), samples.begin(), samples.end());
    times.push_back(time);
    EXPECT_EQ(expected, all_snapshots(storage, copy.shape(), copy.dtype())) << "while it is written";
  }
  EXPECT_OK(pde_storage_close(storage.release()));
  EXPECT_EQ(std::set<std::string>{"copy.h5"}, copy.folder().names());

  storage = copy.open("readonly");
  EXPECT_EQ(times, times_of(storage));
  EXPECT_EQ(expected, all_snapshots(storage, copy.shape(), copy.dtype()));
  EXPECT_TRUE(same_json("[true, NaN]", info_of(storage, "continued")));
  if (description != "(none)") {
    EXPECT_EQ(description, info_of(storage, "field_attributes"));
  }
  EXPECT_EQ(copy.shape(), shape_of(sample_of(storage)));
  for (const auto &item : listed["info"].GetObject()) {
    if (item.name != "data_length") {
      EXPECT_NE("(none)", info_of(storage, item.name.GetString()));
    }
  }
  const Bytes plain = plain_snapshots(copy.path(), listed, static_cast<int64_t>(times.size()));
  EXPECT_EQ(expected, plain) << "as plain HDF5 reads it";
}

std::string parameter_name(const ::testing::TestParamInfo<std::string> &info) {
  return stem(info.param);
}

INSTANTIATE_TEST_SUITE_P(Golden, GoldenAppend, ::testing::ValuesIn(series_files()), parameter_name);

TEST(GoldenContinued, AHollowCylinderIsNoFullOne) {
  const Copy hollow("filestorage/scalar_cylindrical_hollow_pair.hdf5");
  const Copy full("filestorage/scalar_cylindrical_hollow_lossy.hdf5");
  const std::string before = bytes_of_file(hollow.path());
  const FieldHandle field = sample_of(full.open("readonly"));
  StorageHandle storage = hollow.open("append");
  EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_start(storage, field, nullptr));
  EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_append(storage, field, 100));
  EXPECT_OK(pde_storage_close(storage.release()));
  EXPECT_TRUE(before == bytes_of_file(hollow.path())) << "the file has changed";
}

TEST(GoldenContinued, ForeignAttributesStayAsTheyWere) {
  const Copy copy("filestorage/foreign_attributes.hdf5");
  StorageHandle storage = copy.open("append");
  const FieldHandle field = sample_of(storage);
  ASSERT_OK(pde_storage_append(storage, field, 9));
  ASSERT_OK(pde_storage_close(storage.release()));

  const auto attribute_types = [](const std::string &path) {
    std::map<std::string, std::string> found;
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    for (const char *name : {"an_integer", "plain_text", "an_array"}) {
      const hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
      const hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
      std::string text = std::to_string(H5Tget_class(type)) + ":" + std::to_string(H5Tget_size(type)) + ":" +
                         std::to_string(H5Sget_simple_extent_npoints(space)) + ":";
      if (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type)) {
        char *data = nullptr;
        H5Aread(attribute, type, &data);
        text += data;
        H5free_memory(data);
      } else {
        text.resize(text.size() + H5Aget_storage_size(attribute));
        H5Aread(attribute, type, text.data() + text.size() - H5Aget_storage_size(attribute));
      }
      found[name] = text;
      H5Sclose(space);
      H5Tclose(type);
      H5Aclose(attribute);
    }
    H5Fclose(file);
    return found;
  };
  EXPECT_EQ(attribute_types(full_path("filestorage/foreign_attributes.hdf5")), attribute_types(copy.path()));
}

TEST(GoldenContinued, OtherObjectsInTheFileStay) {
  const Copy copy("filestorage/extra_objects.hdf5");
  StorageHandle storage = copy.open("append");
  const FieldHandle field = sample_of(storage);
  ASSERT_OK(pde_storage_append(storage, field, 9));
  ASSERT_OK(pde_storage_close(storage.release()));

  const auto contents = [](const std::string &path, const char *dataset) {
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t data = H5Dopen2(file, dataset, H5P_DEFAULT);
    const hid_t type = H5Dget_type(data), space = H5Dget_space(data);
    std::string text;
    if (H5Tis_variable_str(type) > 0) {
      char *value = nullptr;
      EXPECT_GE(H5Dread(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value), 0) << dataset;
      text = value;
      H5free_memory(value);
    } else {
      text.resize(static_cast<size_t>(H5Sget_simple_extent_npoints(space)) * H5Tget_size(type));
      EXPECT_GE(H5Dread(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data()), 0) << dataset;
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(data);
    H5Fclose(file);
    return text;
  };
  for (const char *dataset : {"/user/stuff/x", "/more"}) {
    const std::string expected = contents(full_path("filestorage/extra_objects.hdf5"), dataset);
    EXPECT_FALSE(expected.empty());
    EXPECT_EQ(expected, contents(copy.path(), dataset));
  }
}

TEST(GoldenContinued, TheFirstSessionGivesTheLabels) {
  const Copy copy("filestorage/collection_cart2d.hdf5");
  StorageHandle storage = copy.open("append");
  const FieldHandle stored = sample_of(storage);
  GridHandle grid;
  ASSERT_OK(pde_field_grid(stored, grid.out()));
  FieldHandle a = new_field(grid, PDE_SCALAR, PDE_FLOAT64, "x"),
              b = new_field(grid, PDE_VECTOR, PDE_FLOAT64, "y"), c = new_field(grid, PDE_TENSOR, PDE_FLOAT64);
  const FieldHandle other = collection_of({a, b, c}, "another name");
  ASSERT_OK(pde_storage_start(storage, other, nullptr));
  ASSERT_OK(pde_storage_append(storage, other, 50));
  ASSERT_OK(pde_storage_finish(storage));
  EXPECT_EQ("coll", label_of(sample_of(storage)));
  ASSERT_OK(pde_storage_close(storage.release()));
  storage = copy.open("readonly");
  const FieldHandle sample = sample_of(storage);
  EXPECT_EQ("coll", label_of(sample));
  FieldHandle member;
  ASSERT_OK(pde_field_member(sample, 2, member.out()));
  EXPECT_EQ("ten\u00f6r \"q\" \\ it's", label_of(member));
}

TEST(GoldenContinued, AnotherGridKindOrDtypeIsRefused) {
  const Copy copy("filestorage/scalar_cart2d.hdf5");
  const std::string before = bytes_of_file(copy.path());
  StorageHandle storage = copy.open("append");
  const auto refused = [&](pde_status expected, const FieldHandle &field) {
    EXPECT_STATUS(expected, pde_storage_start(storage, field, nullptr));
    EXPECT_STATUS(expected, pde_storage_append(storage, field, 100));
  };
  GridHandle grid;
  ASSERT_OK(pde_field_grid(sample_of(storage), grid.out()));
  refused(PDE_ERR_DTYPE, new_field(grid, PDE_SCALAR, PDE_FLOAT32));
  refused(PDE_ERR_SHAPE, new_field(grid, PDE_VECTOR));
  refused(PDE_ERR_SHAPE, new_field(unit_grid({4, 3}, {0, 1})));
  refused(PDE_ERR_SHAPE, new_field(cartesian_grid({-1, 0.5}, {2, 1.25}, {4, 3}, {0, 0})));
  refused(PDE_ERR_SHAPE, new_field(cartesian_grid({-1, 0.5}, {2, 1.25}, {3, 4}, {0, 1})));
  FieldHandle scalar = new_field(grid);
  refused(PDE_ERR_SHAPE, collection_of({scalar}));
  EXPECT_EQ(3, length_of(storage));
  EXPECT_OK(pde_storage_close(storage.release()));
  EXPECT_TRUE(before == bytes_of_file(copy.path())) << "the file has changed";
  EXPECT_EQ(std::set<std::string>{"copy.h5"}, copy.folder().names());
}

TEST(GoldenContinued, TruncationLeavesNothingOfTheOldFile) {
  for (const char *mode : {"truncate", "truncate_once"}) {
    SCOPED_TRACE(mode);
    const Copy copy("filestorage/info_values.hdf5");
    StorageHandle storage = copy.open(mode);
    const FieldHandle field = new_field(unit_grid({2}), PDE_VECTOR, PDE_INT16, "new");
    ASSERT_OK(pde_storage_append(storage, field, 7));
    ASSERT_OK(pde_storage_close(storage.release()));
    storage = copy.open("readonly");
    EXPECT_EQ(std::vector<double>{7}, times_of(storage));
    EXPECT_EQ("new", label_of(sample_of(storage)));
    EXPECT_EQ("(none)", info_of(storage, "text"));
    EXPECT_EQ(std::set<std::string>{"copy.h5"}, copy.folder().names());
  }
}

TEST(GoldenContinued, CreateLeavesASeriesAlone) {
  const Copy copy("filestorage/scalar_unit2d.hdf5");
  const std::string before = bytes_of_file(copy.path());
  StorageHandle storage = copy.open(nullptr);
  const FieldHandle field = sample_of(storage);
  EXPECT_STATUS(PDE_ERR_EXISTS, pde_storage_start(storage, field, nullptr));
  EXPECT_STATUS(PDE_ERR_EXISTS, pde_storage_append(storage, field, 100));
  EXPECT_STATUS(PDE_ERR_EXISTS, pde_storage_set_info(storage, "a", "1"));
  EXPECT_OK(pde_storage_close(storage.release()));
  EXPECT_TRUE(before == bytes_of_file(copy.path())) << "the file has changed";
}

}  // namespace
