// Every time series among the reference files is read exactly as it was written, and left as it is.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <map>

#include "golden/golden_manifest.hpp"
#include "support/temporary_folder.hpp"

using namespace test;
using namespace golden;

namespace {

class GoldenFile : public ::testing::TestWithParam<std::string> {
 protected:
  const std::string &path() const { return GetParam(); }
  const rapidjson::Value &file() const { return entry(path()); }
  std::vector<int64_t> shape() const { return integers(file()["frame_shape"]); }
  int32_t dtype() const { return dtype_named(file()["dtype"].GetString()); }
  int64_t length() const { return file()["num_frames"].GetInt64(); }
};

std::string parameter_name(const ::testing::TestParamInfo<std::string> &info) {
  return stem(info.param);
}

// ---- every file

class GoldenSeries : public GoldenFile {};

/// The real and imaginary parts of samples as doubles; exact but for large 64-bit integers, of which there
/// are none.
std::vector<double> numbers(const Bytes &bytes, int32_t dtype) {
  const auto as = [&]<class T>(T) {
    std::vector<double> values(bytes.size() / sizeof(T));
    for (size_t i = 0; i < values.size(); ++i) {
      T value;
      std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
      values[i] = static_cast<double>(value);
    }
    return values;
  };
  switch (dtype) {
    case PDE_FLOAT64:
    case PDE_COMPLEX128:
      return as(double{});
    case PDE_FLOAT32:
    case PDE_COMPLEX64:
      return as(float{});
    case PDE_INT64:
      return as(int64_t{});
    case PDE_INT32:
      return as(int32_t{});
    case PDE_INT16:
      return as(int16_t{});
    case PDE_INT8:
      return as(int8_t{});
    case PDE_UINT64:
      return as(uint64_t{});
    case PDE_UINT32:
      return as(uint32_t{});
    case PDE_UINT16:
      return as(uint16_t{});
    default:
      return as(uint8_t{});
  }
}

/// Numbers of the manifest, flattened: 1, true, "nan", [re, im].
void collect(const rapidjson::Value &value, std::vector<double> &into) {
  if (value.IsArray()) {
    for (const auto &item : value.GetArray()) collect(item, into);
  } else if (value.IsString()) {
    into.push_back(std::strtod(value.GetString(), nullptr));
  } else {
    into.push_back(value.IsBool() ? value.GetBool() : value.GetDouble());
  }
}

void expect_numbers(const rapidjson::Value &expected, const std::vector<double> &got, const char *what) {
  std::vector<double> wanted;
  collect(expected, wanted);
  ASSERT_EQ(wanted.size(), got.size()) << what;
  for (size_t i = 0; i < got.size(); ++i) {
    EXPECT_TRUE(wanted[i] == got[i] || (std::isnan(wanted[i]) && std::isnan(got[i])))
        << what << ": " << wanted[i] << " and " << got[i];
  }
}

TEST_P(GoldenSeries, HasItsLengthAndTimes) {
  const StorageHandle storage = golden::open(full_path(path()), "readonly");
  EXPECT_EQ(length(), length_of(storage));
  const std::vector<double> listed = reals(file()["times"]);
  ASSERT_GE(static_cast<int64_t>(listed.size()), length());
  EXPECT_EQ(std::vector<double>(listed.begin(), listed.begin() + length()), times_of(storage));
  int64_t committed = -1;
  EXPECT_OK(pde_storage_committed(storage, &committed));
  EXPECT_EQ(length(), committed);
}

TEST_P(GoldenSeries, HasEverySampleOfAPlainReading) {
  const StorageHandle storage = golden::open(full_path(path()), "readonly");
  EXPECT_EQ(plain_snapshots(full_path(path()), file(), length()), all_snapshots(storage, shape(), dtype()));
}

TEST_P(GoldenSeries, HasTheSamplesOfTheManifest) {
  const StorageHandle storage = golden::open(full_path(path()), "readonly");
  ASSERT_LE(length(), file()["frames"].Size());
  const bool complex = dtype() == PDE_COMPLEX128 || dtype() == PDE_COMPLEX64;
  for (int64_t i = 0; i < length(); ++i) {
    SCOPED_TRACE(i);
    const auto &frame = file()["frames"][static_cast<rapidjson::SizeType>(i)];
    const auto values = numbers(raw_snapshot(storage, i, dtype(), count_of(shape())), dtype());
    const size_t parts = complex ? 2 : 1, edge = std::min<size_t>(3 * parts, values.size());
    expect_numbers(frame["first"], {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(edge)},
                   "first");
    expect_numbers(frame["last"], {values.end() - static_cast<std::ptrdiff_t>(edge), values.end()}, "last");
    std::vector<double> least(parts, std::numeric_limits<double>::infinity()), most(parts, -least[0]);
    for (size_t k = 0; k < values.size(); ++k) {
      least[k % parts] = std::min(least[k % parts], values[k]);
      most[k % parts] = std::max(most[k % parts], values[k]);
    }
    expect_numbers(frame["min"], least, "min");
    expect_numbers(frame["max"], most, "max");
  }
}

/// Values of the manifest, where numbers that JSON has no word for are texts and one long text is cut short.
bool same_as_listed(const rapidjson::Value &listed, const rapidjson::Value &got) {
  if (got.IsString() && got.GetStringLength() == 70000)
    return std::string(70000, 'x') == got.GetString() && listed == "<70000 times x>";
  if (got.IsDouble() && std::isnan(got.GetDouble())) return listed == "nan";
  if (got.IsDouble() && std::isinf(got.GetDouble())) return listed == (got.GetDouble() > 0 ? "inf" : "-inf");
  return same_json(listed, got);
}

TEST_P(GoldenSeries, HasItsInfo) {
  const StorageHandle storage = golden::open(full_path(path()), "readonly");
  for (const auto &item : file()["info"].GetObject()) {
    SCOPED_TRACE(item.name.GetString());
    const std::string text = info_of(storage, item.name.GetString());
    ASSERT_NE("(none)", text);
    EXPECT_TRUE(same_as_listed(item.value, parse_json(text))) << text.substr(0, 200);
  }
  std::set<std::string> listed, found;
  for (const auto &name : file()["attributes"].GetArray()) listed.insert(name.GetString());
  const rapidjson::Document whole = parse_json(info_of(storage, nullptr));
  for (const auto &item : whole.GetObject()) found.insert(item.name.GetString());
  listed.erase("an_array");  // which no JSON value of ours stands for
  EXPECT_EQ(listed, found);
}

TEST_P(GoldenSeries, IsNotChangedByReading) {
  const TemporaryFolder folder;
  const std::string copy = folder.file("copy.h5");
  std::filesystem::copy_file(full_path(path()), copy);
  const auto before = std::filesystem::last_write_time(copy);
  for (const char *mode : {"readonly", "append", "create", "truncate", "truncate_once"}) {
    SCOPED_TRACE(mode);
    StorageHandle storage = golden::open(copy, mode);
    EXPECT_EQ(length(), length_of(storage));
    if (length() > 0) raw_snapshot(storage, -1, dtype(), count_of(shape()));
    info_of(storage, nullptr);
    EXPECT_EQ(std::set<std::string>{"copy.h5"}, folder.names()) << "while it is open";
    EXPECT_OK(pde_storage_close(storage.release()));
  }
  EXPECT_EQ(std::set<std::string>{"copy.h5"}, folder.names());
  EXPECT_EQ(before, std::filesystem::last_write_time(copy));
  EXPECT_TRUE(bytes_of_file(full_path(path())) == bytes_of_file(copy)) << "the file has changed";
}

INSTANTIATE_TEST_SUITE_P(Golden, GoldenSeries, ::testing::ValuesIn(series_files()), parameter_name);

// ---- files that say what they hold

class GoldenField : public GoldenFile {};

std::vector<std::string> described_files() {
  std::vector<std::string> paths = series_files();
  std::erase_if(paths, [](const std::string &path) {
    const std::string name = stem(path);
    return name == "not_ended" || name == "empty_not_ended" || name.starts_with("no_field_attributes");
  });
  return paths;
}

/// As label_of says it.
std::string listed_label(const rapidjson::Value &field) {
  if (!field.HasMember("label") || field["label"].IsNull()) return "(none)";
  return field["label"].GetString();
}

TEST_P(GoldenField, SampleHasKindDtypeAndLabel) {
  const StorageHandle storage = golden::open(full_path(path()), "readonly");
  const FieldHandle sample = sample_of(storage);
  const auto &field = file()["field"];
  const bool collection = std::string_view(field["class"].GetString()) == "FieldCollection";
  EXPECT_EQ(collection ? PDE_COLLECTION : field["rank"].GetInt(), rank_of(sample));
  EXPECT_EQ(shape(), shape_of(sample));
  EXPECT_EQ(dtype(), dtype_of(sample));
  EXPECT_EQ(stem(path()) == "field_attributes_minimal" ? "(none)" : listed_label(field), label_of(sample));
}

TEST_P(GoldenField, SampleHasItsMembers) {
  const StorageHandle storage = golden::open(full_path(path()), "readonly");
  const FieldHandle sample = sample_of(storage);
  const auto &field = file()["field"];
  int64_t members = 0;
  ASSERT_OK(pde_field_members(sample, &members));
  if (!field.HasMember("fields")) {
    EXPECT_EQ(1, members);
    return;
  }
  ASSERT_EQ(field["fields"].Size(), members);
  for (int64_t i = 0; i < members; ++i) {
    SCOPED_TRACE(i);
    const auto &listed = field["fields"][static_cast<rapidjson::SizeType>(i)];
    FieldHandle member;
    ASSERT_OK(pde_field_member(sample, i, member.out()));
    EXPECT_EQ(listed["rank"].GetInt(), rank_of(member));
    EXPECT_EQ(listed_label(listed), label_of(member));
    std::vector<int64_t> expected(static_cast<size_t>(listed["rank"].GetInt()),
                                  file()["grid"]["dim"].GetInt());
    for (int64_t size : integers(file()["grid"]["shape"])) expected.push_back(size);
    EXPECT_EQ(expected, shape_of(member));
    if (listed["label"].IsString()) {
      int64_t found = -1;
      EXPECT_OK(pde_field_find_member(sample, listed["label"].GetString(), &found));
      EXPECT_EQ(i, found);
    }
  }
}

/// The grid's text as the manifest lists it, with both radii of a hollow cylinder.
rapidjson::Document listed_grid(const rapidjson::Value &grid) {
  rapidjson::Document state;
  state.CopyFrom(grid["state"], state.GetAllocator());
  if (grid["bounds"][0][0].GetDouble() > 0 && state.HasMember("radius"))
    state["radius"].CopyFrom(grid["bounds"][0], state.GetAllocator());
  return state;
}

TEST_P(GoldenField, SampleIsOnItsGrid) {
  const StorageHandle storage = golden::open(full_path(path()), "readonly");
  const FieldHandle sample = sample_of(storage);
  GridHandle grid;
  ASSERT_OK(pde_field_grid(sample, grid.out()));
  const auto &listed = file()["grid"];
  const char *text = nullptr;
  ASSERT_OK(pde_grid_text(grid, &text));
  // py-pde keeps whole numbers that a user gave for radii: 1 and 1.0 are the same here.
  EXPECT_TRUE(same_json(listed_grid(listed), parse_json(text), Numbers::by_value)) << text;
  int32_t ndim = 0, dimension = 0;
  ASSERT_OK(pde_grid_ndim(grid, &ndim));
  ASSERT_OK(pde_grid_dimension(grid, &dimension));
  EXPECT_EQ(listed["num_axes"].GetInt(), ndim);
  EXPECT_EQ(listed["dim"].GetInt(), dimension);
  const auto axes = static_cast<size_t>(ndim);
  std::vector<int64_t> cells(axes);
  std::vector<double> lower(axes), upper(axes);
  std::vector<int32_t> periodic(axes);
  ASSERT_OK(pde_grid_shape(grid, cells.data(), ndim));
  ASSERT_OK(pde_grid_bounds(grid, lower.data(), upper.data(), ndim));
  ASSERT_OK(pde_grid_periodic(grid, periodic.data(), ndim));
  EXPECT_EQ(integers(listed["shape"]), cells);
  for (size_t axis = 0; axis < axes; ++axis) {
    const auto at = static_cast<rapidjson::SizeType>(axis);
    EXPECT_EQ(listed["bounds"][at][0].GetDouble(), lower[axis]);
    EXPECT_EQ(listed["bounds"][at][1].GetDouble(), upper[axis]);
    EXPECT_EQ(listed["periodic"][at].GetBool(), periodic[axis] == 1);
  }
  double volume = 0;
  ASSERT_OK(pde_grid_volumes(grid, nullptr, 0, &volume));
  EXPECT_EQ(listed["volume"].GetDouble(), volume);
}

TEST_P(GoldenField, FieldsHaveTheSamplesOfARawReading) {
  const StorageHandle storage = golden::open(full_path(path()), "readonly");
  const FieldHandle field = sample_of(storage);
  for (int64_t i = 0; i < length(); ++i) {
    ASSERT_OK(pde_storage_read(storage, i, field));
    EXPECT_EQ(raw_snapshot(storage, i, dtype(), count_of(shape())), bytes_of(field)) << i;
  }
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_read(storage, length(), field));
}

INSTANTIATE_TEST_SUITE_P(Described, GoldenField, ::testing::ValuesIn(described_files()), parameter_name);

// ---- hollow cylinders: py-pde writes their outer radius alone, and reads both

TEST(GoldenHollowCylinder, IsWhatItsFileSays) {
  const auto volume_in = [](const char *name) {
    const StorageHandle storage = golden::open(
        full_path(std::string("filestorage/scalar_cylindrical_hollow_") + name + ".hdf5"), "readonly");
    GridHandle grid;
    REQUIRE_OK(pde_field_grid(sample_of(storage), grid.out()));
    double volume = 0;
    REQUIRE_OK(pde_grid_volumes(grid, nullptr, 0, &volume));
    return volume;
  };
  // Inner radius 1, outer 2, length 3; without the inner radius it is full.
  EXPECT_EQ(28.274333882308138, volume_in("pair"));
  EXPECT_EQ(37.69911184307752, volume_in("lossy"));
}

// ---- files with something odd about them, each by its name

StorageHandle odd(const std::string &name) {
  return golden::open(full_path("filestorage/" + name + ".hdf5"), "readonly");
}

class WithoutDescription : public ::testing::TestWithParam<const char *> {};

TEST_P(WithoutDescription, IsReadRawOrIntoAFieldOfOnesOwn) {
  const std::string name = GetParam();
  const auto &file = entry("filestorage/" + name + ".hdf5");
  const StorageHandle storage = odd(name);
  FieldHandle sample;
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_sample(storage, sample.out()));
  EXPECT_NE(std::string::npos, std::string(pde_error_message()).find("field_attributes"))
      << pde_error_message();

  const GridHandle grid = unit_grid(integers(file["grid"]["shape"]));
  const int32_t rank = file["field"]["rank"].GetInt();
  const FieldHandle own = new_field(grid, rank);
  for (int64_t i = 0; i < file["num_frames"].GetInt64(); ++i) {
    ASSERT_OK(pde_storage_read(storage, i, own));
    EXPECT_EQ(raw_snapshot(storage, i, PDE_FLOAT64, count_of(shape_of(own))), bytes_of(own));
  }
  const FieldHandle other = new_field(grid, rank == PDE_SCALAR ? PDE_VECTOR : PDE_SCALAR);
  EXPECT_STATUS(file["num_frames"].GetInt64() > 0 ? PDE_ERR_SHAPE : PDE_ERR_RANGE,
                pde_storage_read(storage, 0, other));
}

INSTANTIATE_TEST_SUITE_P(Golden, WithoutDescription,
                         ::testing::Values("not_ended", "empty_not_ended", "no_field_attributes_scalar",
                                           "no_field_attributes_vector"),
                         [](const auto &file) { return std::string(file.param); });

TEST(GoldenOddFile, EmptySeriesAreDescribed) {
  for (const char *name : {"empty_ended", "clear_then_end"}) {
    SCOPED_TRACE(name);
    const StorageHandle storage = odd(name);
    EXPECT_EQ(0, length_of(storage));
    EXPECT_EQ((std::vector<int64_t>{5, 4}), shape_of(sample_of(storage)));
    double time = 7;
    EXPECT_OK(pde_storage_times(storage, 0, 0, nullptr));
    EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_times(storage, -1, 1, &time));
    EXPECT_EQ(7, time);
  }
}

TEST(GoldenOddFile, ForeignAttributesAreGivenAsJson) {
  const StorageHandle storage = odd("foreign_attributes");
  EXPECT_TRUE(parse_json(info_of(storage, "an_integer")).IsInt());
  EXPECT_TRUE(parse_json(info_of(storage, "plain_text")).IsString());
  EXPECT_EQ("(none)", info_of(storage, "an_array"));
}

TEST(GoldenOddFile, FixedLengthAttributesAreRead) {
  const StorageHandle storage = odd("attributes_fixed_length");
  EXPECT_EQ("3", info_of(storage, "data_length"));
  EXPECT_EQ("c", label_of(sample_of(storage)));
}

TEST(GoldenOddFile, TheShorterOfDataTimesAndDataLengthCounts) {
  const std::map<std::string, int64_t> lengths = {
      {"no_data_length", 3},         {"data_length_shorter", 2},    {"data_length_longer", 3},
      {"data_longer_than_times", 3}, {"times_longer_than_data", 3}, {"maxlen5_gzip", 3},
      {"maxlen5_contiguous", 3},     {"maxlen3_full", 3},           {"keep_opened_false", 3}};
  for (const auto &[name, length] : lengths) EXPECT_EQ(length, length_of(odd(name))) << name;
}

TEST(GoldenOddFile, SessionsAndInfoAreThoseThatPyPdeLeft) {
  EXPECT_EQ(5, length_of(odd("append_two_instances")));
  EXPECT_EQ(5, length_of(odd("truncate_once_two_sessions_one_instance")));
  EXPECT_EQ(3, length_of(odd("truncate_two_sessions_one_instance")));
  const StorageHandle over_old = odd("truncate_over_old_file");
  EXPECT_EQ(2, length_of(over_old));
  EXPECT_EQ("0", info_of(over_old, "owner"));
}

TEST(GoldenOddFile, BigEndianSamplesAreThoseOfThisMachine) {
  const StorageHandle storage = odd("dtype_f8_bigendian");
  EXPECT_EQ(PDE_FLOAT64, dtype_of(sample_of(storage)));
  double value = 0;
  const Bytes raw = raw_snapshot(storage, 0, PDE_FLOAT64, 20);
  std::memcpy(&value, raw.data(), sizeof value);
  EXPECT_EQ(entry("filestorage/dtype_f8_bigendian.hdf5")["frames"][0]["first"][0].GetDouble(), value);
}

TEST(GoldenOddFile, CollectionsKeepTheirDtype) {
  EXPECT_EQ(PDE_FLOAT32, dtype_of(sample_of(odd("dtype_f4_collection"))));
  EXPECT_EQ(PDE_COMPLEX128, dtype_of(sample_of(odd("dtype_c16_collection"))));
}

TEST(GoldenOddFile, WiderFieldsTakeNarrowerSamplesExactly) {
  const StorageHandle storage = odd("dtype_f4");
  const GridHandle grid = unit_grid({5, 4}, {1, 0});
  const FieldHandle wide = new_field(grid, PDE_SCALAR, PDE_COMPLEX128);
  ASSERT_OK(pde_storage_read(storage, 1, wide));
  const auto got = numbers(bytes_of(wide), PDE_COMPLEX128);
  const auto stored = numbers(raw_snapshot(storage, 1, PDE_FLOAT32, 20), PDE_FLOAT32);
  for (size_t i = 0; i < stored.size(); ++i) {
    EXPECT_EQ(stored[i], got[2 * i]);
    EXPECT_EQ(0, got[2 * i + 1]);
  }
  const FieldHandle narrow = new_field(grid, PDE_SCALAR, PDE_INT32);
  EXPECT_STATUS(PDE_ERR_DTYPE, pde_storage_read(storage, 1, narrow));
}

}  // namespace
