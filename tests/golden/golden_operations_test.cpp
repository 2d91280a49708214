// What can be done with the reference files: searching, boxes, views, extracts, copies. Everything is
// compared with what plain HDF5 calls and the manifest say of each file. Files that do not say what their
// snapshots are get a grid by option.
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cmath>

#include "golden/golden_manifest.hpp"
#include "support/temporary_folder.hpp"

using namespace test;
using namespace golden;

namespace {

std::string text_of(const rapidjson::Value &value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return buffer.GetString();
}

bool tells_nothing(const std::string &path) {
  const std::string name = stem(path);
  return name == "not_ended" || name == "empty_not_ended" || name.starts_with("no_field_attributes");
}

class GoldenOperations : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    OptionsHandle options;
    REQUIRE_OK(pde_options_create(options.out()));
    if (tells_nothing(path()))
      REQUIRE_OK(pde_options_set(options, "grid", text_of(file()["grid"]["state"]).c_str()));
    REQUIRE_OK(pde_storage_open(full_path(path()).c_str(), "readonly", options, storage_.out()));
    plain_ = plain_snapshots(full_path(path()), file(), length());
    const std::vector<double> listed = reals(file()["times"]);
    times_.assign(listed.begin(), listed.begin() + length());
  }

  const std::string &path() const { return GetParam(); }
  const rapidjson::Value &file() const { return entry(path()); }
  std::vector<int64_t> shape() const { return integers(file()["frame_shape"]); }
  int32_t dtype() const { return dtype_named(file()["dtype"].GetString()); }
  int64_t length() const { return file()["num_frames"].GetInt64(); }
  int64_t item() const { return pde_dtype_size(dtype()); }
  int64_t snapshot_bytes() const { return count_of(shape()) * item(); }
  bool is_collection() const { return file()["field"].HasMember("fields"); }
  Bytes part(int64_t begin, int64_t size) const {
    return {plain_.begin() + begin, plain_.begin() + begin + size};
  }

  /// All that a whole copy must have; what the storage keeps itself aside.
  void expect_copy(pde_storage *copy) {
    EXPECT_EQ(times_, times_of(copy));
    EXPECT_EQ(plain_, all_snapshots(copy, shape(), dtype()));
    const FieldHandle sample = sample_of(copy), ours = sample_of(storage_);
    EXPECT_EQ(grid_text_of(ours), grid_text_of(sample));
    EXPECT_EQ(label_of(ours), label_of(sample));
    EXPECT_EQ(rank_of(ours), rank_of(sample));
    EXPECT_EQ(dtype(), dtype_of(sample));
    rapidjson::Document from = parse_json(info_of(storage_, nullptr)),
                        to = parse_json(info_of(copy, nullptr));
    for (const char *key : {"field_attributes", "data_length"}) {
      from.RemoveMember(key);
      to.RemoveMember(key);
    }
    EXPECT_TRUE(same_json(from, to)) << info_of(copy, nullptr);
  }

  StorageHandle storage_;
  Bytes plain_;  // all valid snapshots
  std::vector<double> times_;
};

TEST_P(GoldenOperations, ShapeDtypeAndGrid) {
  int32_t found = 0, ndim = 0, collection = -1;
  ASSERT_OK(pde_storage_dtype(storage_, &found));
  EXPECT_EQ(dtype(), found);
  ASSERT_OK(pde_storage_ndim(storage_, &ndim));
  std::vector<int64_t> whole(static_cast<size_t>(ndim)), expected = shape();
  expected.insert(expected.begin(), length());
  ASSERT_OK(pde_storage_shape(storage_, whole.data(), ndim));
  EXPECT_EQ(expected, whole);
  ASSERT_OK(pde_storage_has_collection(storage_, &collection));
  EXPECT_EQ(is_collection(), collection == 1);
  GridHandle grid, listed;
  ASSERT_OK(pde_storage_grid(storage_, grid.out()));
  ASSERT_OK(pde_grid_parse(text_of(file()["grid"]["state"]).c_str(), listed.out()));
  int32_t equal = 0;
  ASSERT_OK(pde_grid_equal(grid, listed, &equal));
  // The manifest says what py-pde would write, which is not what this file says.
  EXPECT_EQ(stem(path()) == "scalar_cylindrical_hollow_pair" ? 0 : 1, equal);
  const FieldHandle sample = sample_of(storage_);
  EXPECT_EQ(is_collection() ? PDE_COLLECTION : file()["field"]["rank"].GetInt(), rank_of(sample));
}

TEST_P(GoldenOperations, EverythingIsSound) {
  EXPECT_OK(pde_storage_check(storage_, nullptr));
  int64_t now = -1;
  EXPECT_OK(pde_storage_refresh(storage_, &now));
  EXPECT_EQ(length(), now);
  const char *info = "";
  if (length() > 0) {
    EXPECT_OK(pde_storage_snapshot_info(storage_, -1, &info));
    EXPECT_EQ(nullptr, info) << "py-pde stores none";
  }
}

TEST_P(GoldenOperations, SnapshotsCountFromEitherEnd) {
  const FieldHandle field = sample_of(storage_);
  for (int64_t i = 0; i < length(); ++i) {
    ASSERT_OK(pde_storage_read(storage_, i - length(), field));
    EXPECT_EQ(part(i * snapshot_bytes(), snapshot_bytes()), bytes_of(field)) << i;
  }
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_read(storage_, -1 - length(), field));
}

TEST_P(GoldenOperations, TimesAreFound) {
  int64_t first = -1, count = -1;
  ASSERT_OK(pde_storage_find_range(storage_, -INFINITY, INFINITY, &first, &count));
  EXPECT_EQ(0, first);
  EXPECT_EQ(length(), count);
  const bool in_order = std::is_sorted(times_.begin(), times_.end());
  for (size_t i = 0; i < times_.size(); ++i) {
    const auto same = std::count(times_.begin(), times_.end(), times_[i]);
    const auto at = std::find(times_.begin(), times_.end(), times_[i]) - times_.begin();
    int64_t nearest = -1;
    ASSERT_OK(pde_storage_find_range(storage_, times_[i], times_[i], &first, &count));
    ASSERT_OK(pde_storage_find_nearest(storage_, times_[i], &nearest));
    EXPECT_EQ(at, nearest);
    EXPECT_EQ(at, first);
    if (in_order) {
      EXPECT_EQ(same, count);
    }
  }
}

TEST_P(GoldenOperations, BoxesAreThoseOfAPlainReading) {
  if (length() == 0) return;
  // The upper half of each axis, of every second snapshot.
  const std::vector<int64_t> whole = shape();
  std::vector<int64_t> lower, size;
  for (int64_t n : whole) {
    lower.push_back(n / 2);
    size.push_back(n - n / 2);
  }
  const int64_t snapshots = (length() + 1) / 2;
  Bytes got(static_cast<size_t>(snapshots * count_of(size) * item())), expected;
  ASSERT_OK(pde_storage_read_box(storage_, 0, snapshots, 2, lower.data(), size.data(), dtype(), got.data(),
                                 nullptr));
  for (int64_t i = 0; i < snapshots; ++i) {
    for (int64_t k = 0; k < count_of(size); ++k) {
      int64_t at = 0, rest = k, stride = 1;
      for (size_t axis = whole.size(); axis-- > 0; stride *= whole[axis]) {
        at += (lower[axis] + rest % size[axis]) * stride;
        rest /= size[axis];
      }
      const Bytes one = part(2 * i * snapshot_bytes() + at * item(), item());
      expected.insert(expected.end(), one.begin(), one.end());
    }
  }
  EXPECT_EQ(expected, got);
}

TEST_P(GoldenOperations, FieldsOfCollectionsAreViewedAndExtracted) {
  if (!is_collection()) {
    StorageHandle view;
    ASSERT_OK(pde_storage_view_field(storage_, 0, view.out()));
    EXPECT_EQ(plain_, all_snapshots(view, shape(), dtype()));
    return;
  }
  const auto &fields = file()["field"]["fields"];
  int64_t begin = 0;  // bytes of the fields before it
  for (rapidjson::SizeType i = 0; i < fields.Size(); ++i) {
    std::vector<int64_t> part_shape(static_cast<size_t>(fields[i]["rank"].GetInt()),
                                    file()["grid"]["dim"].GetInt());
    for (int64_t n : integers(file()["grid"]["shape"])) part_shape.push_back(n);
    const int64_t size = count_of(part_shape) * item();
    Bytes expected;
    for (int64_t k = 0; k < length(); ++k) {
      const Bytes one = part(k * snapshot_bytes() + begin, size);
      expected.insert(expected.end(), one.begin(), one.end());
    }
    begin += size;
    int64_t member = i;
    std::string label = "(none)";
    if (fields[i]["label"].IsString()) {
      label = fields[i]["label"].GetString();
      ASSERT_OK(pde_storage_find_member(storage_, label.c_str(), &member));
      EXPECT_EQ(static_cast<int64_t>(i), member);
    }
    StorageHandle view, memory;
    ASSERT_OK(pde_storage_view_field(storage_, member, view.out()));
    ASSERT_OK(pde_storage_extract_field(storage_, member, nullptr, memory.out()));
    for (pde_storage *shown : {view.get(), memory.get()}) {
      EXPECT_EQ(expected, all_snapshots(shown, part_shape, dtype()));
      EXPECT_EQ(times_, times_of(shown));
      EXPECT_EQ(label, label_of(sample_of(shown)));
      EXPECT_EQ(part_shape, shape_of(sample_of(shown)));
    }
  }
  EXPECT_EQ(snapshot_bytes(), begin) << "no row is left over";
}

TEST_P(GoldenOperations, WindowsOfTimeAreExtracted) {
  if (length() == 0) return;
  StorageHandle memory;
  ASSERT_OK(pde_storage_extract_time_range(storage_, times_[0], times_[0], memory.out()));
  const FieldHandle field = sample_of(memory);
  ASSERT_OK(pde_storage_read(memory, 0, field));
  EXPECT_EQ(part(0, snapshot_bytes()), bytes_of(field));
  ASSERT_OK(pde_storage_extract_time_range(storage_, -INFINITY, INFINITY, memory.out()));
  expect_copy(memory);
}

TEST_P(GoldenOperations, CopiesAreTheSame) {
  const TemporaryFolder folder;
  const OptionsHandle options = options_from("time_order=any nonfinite=allow");
  StorageHandle copy;
  ASSERT_OK(pde_storage_open("memory:", nullptr, options, copy.out()));
  ASSERT_OK(pde_storage_copy(storage_, copy, nullptr));
  expect_copy(copy);
  const std::string target = folder.file("copy.h5");
  ASSERT_OK(pde_storage_open(target.c_str(), "create", options, copy.out()));
  ASSERT_OK(pde_storage_copy(storage_, copy, nullptr));
  ASSERT_OK(pde_storage_close(copy.release()));
  copy = golden::open(target, "readonly");
  expect_copy(copy);
  EXPECT_OK(pde_storage_check(copy, nullptr));
  EXPECT_EQ(plain_, plain_rows(target)) << "as plain HDF5 reads it";
}

std::string parameter_name(const ::testing::TestParamInfo<std::string> &info) {
  return stem(info.param);
}

INSTANTIATE_TEST_SUITE_P(Golden, GoldenOperations, ::testing::ValuesIn(series_files()), parameter_name);

TEST(GoldenGridOption, DoesNotOverruleWhatAFileSays) {
  const OptionsHandle options = options_from("");
  REQUIRE_OK(pde_options_set(options, "grid",
                             R"({"shape": [4, 5], "periodic": [false, false], "class": "UnitGrid"})"));
  StorageHandle storage;
  ASSERT_OK(pde_storage_open(full_path("filestorage/scalar_unit2d.hdf5").c_str(), "readonly", options,
                             storage.out()));
  EXPECT_EQ((std::vector<int64_t>{5, 4}), shape_of(sample_of(storage)));
  ASSERT_OK(pde_storage_open(full_path("filestorage/no_field_attributes_scalar.hdf5").c_str(), "readonly",
                             options, storage.out()));
  FieldHandle sample;
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_sample(storage, sample.out())) << "a grid that does not fit";
}

}  // namespace
