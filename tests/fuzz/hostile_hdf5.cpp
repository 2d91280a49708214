#include "fuzz/hostile_hdf5.hpp"

#include <hdf5.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace fuzz {
namespace {

/// An id and how it is closed; negative where HDF5 has refused.
class Id {
 public:
  Id(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Id() {
    if (id_ >= 0) close_(id_);
  }
  Id(Id &&other) noexcept : id_(other.id_), close_(other.close_) { other.id_ = -1; }
  Id(const Id &) = delete;
  Id &operator=(const Id &) = delete;
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

using Shape = std::vector<hsize_t>;

constexpr hsize_t kEnormous = hsize_t{1} << 60;

// ---- types

Id plain(hid_t type) {
  return Id(H5Tcopy(type), H5Tclose);
}

Id text_type(size_t size) {
  Id type = plain(H5T_C_S1);
  H5Tset_size(type, size);
  return type;
}

Id compound_type(hid_t first, const char *first_name, hid_t second, const char *second_name, size_t gap) {
  const size_t a = H5Tget_size(first), b = H5Tget_size(second);
  Id type(H5Tcreate(H5T_COMPOUND, a + gap + b), H5Tclose);
  H5Tinsert(type, first_name, 0, first);
  H5Tinsert(type, second_name, a + gap, second);
  return type;
}

Id enum_type(hid_t base, const char *no, const char *yes) {
  Id type(H5Tenum_create(base), H5Tclose);
  const int64_t values[] = {0, 1};
  H5Tenum_insert(type, no, &values[0]);
  H5Tenum_insert(type, yes, &values[1]);
  return type;
}

Id odd_float() {
  Id type = plain(H5T_IEEE_F64LE);
  H5Tset_fields(type, 40, 30, 10, 0, 30);
  H5Tset_precision(type, 41);
  return type;
}

Id odd_integer(size_t size, size_t precision) {
  Id type = plain(H5T_STD_I64LE);
  H5Tset_precision(type, precision);
  H5Tset_size(type, size);
  return type;
}

Id any_type(Choices &choices) {
  const hsize_t three = 3;
  switch (choices.below(32)) {
    case 1:
      return plain(H5T_IEEE_F32LE);
    case 2:
      return plain(H5T_IEEE_F64BE);
    case 3:
      return plain(H5T_STD_I64LE);
    case 4:
      return plain(H5T_STD_I32BE);
    case 5:
      return plain(H5T_STD_U16LE);
    case 6:
      return plain(H5T_STD_U8LE);
    case 7:
      return plain(H5T_STD_U64LE);
    case 8:
      return enum_type(H5T_STD_I8LE, "FALSE", "TRUE");
    case 9:
      return compound_type(H5T_IEEE_F64LE, "r", H5T_IEEE_F64LE, "i", 0);
    case 10:
      return compound_type(H5T_IEEE_F32LE, "r", H5T_IEEE_F32LE, "i", 0);
    case 11:
      return compound_type(H5T_IEEE_F64LE, "r", H5T_IEEE_F64LE, "i", 8);
    case 12:
      return compound_type(H5T_IEEE_F64LE, "r", H5T_IEEE_F32LE, "i", 0);
    case 13:
      return compound_type(H5T_C_S1, "r", H5T_C_S1, "i", 0);
    case 14:
      return compound_type(H5T_IEEE_F64BE, "i", H5T_IEEE_F64BE, "r", 0);
    case 15:
      return enum_type(H5T_STD_I64LE, "FALSE", "TRUE");
    case 16:
      return enum_type(H5T_STD_I8LE, "NO", "YES");
    case 17:
      return text_type(8);
    case 18:
      return text_type(H5T_VARIABLE);
    case 19:
      return Id(H5Tcreate(H5T_OPAQUE, 8), H5Tclose);
    case 20:
      return Id(H5Tarray_create2(H5T_IEEE_F64LE, 1, &three), H5Tclose);
    case 21:
      return Id(H5Tvlen_create(H5T_IEEE_F64LE), H5Tclose);
    case 22:
      return plain(H5T_STD_B64LE);
    case 23:
      return plain(H5T_STD_REF_OBJ);
    case 24:
      return plain(H5T_STD_REF_DSETREG);
    case 25:
      return odd_float();
    case 26:
      return odd_integer(3, 24);
    case 27:
      return odd_integer(8, 7);
    case 28:
      return odd_integer(16, 100);
    case 29:
      return text_type(60000);
    case 30:
      return plain(H5T_NATIVE_LDOUBLE);
    case 31:
      return plain(H5T_UNIX_D32LE);
    default:
      return plain(H5T_IEEE_F64LE);
  }
}

bool has_pointers(hid_t type) {
  return H5Tis_variable_str(type) > 0 || H5Tdetect_class(type, H5T_VLEN) > 0 ||
         H5Tdetect_class(type, H5T_REFERENCE) > 0;
}

/// As many bytes as values of a type take. Zeros where they would be pointers.
std::vector<uint8_t> any_values(Choices &choices, hid_t type, size_t count) {
  std::vector<uint8_t> bytes(std::max<size_t>(1, count * H5Tget_size(type)));
  if (!has_pointers(type))
    for (size_t i = 0; i < std::min<size_t>(bytes.size(), 256); ++i) bytes[i] = choices.byte();
  return bytes;
}

// ---- attributes

const std::array<std::string_view, 14> kNames = {
    "field_attributes", "data_length",  "pde_rounding", "pde_file_id", "pde_format", "controller",    "a",
    "\xff\xfe",         "na\xc3\xafve", "__class__",    " ",           "a\nb",       "pde_run_state", "info"};

const std::array<std::string_view, 24> kTexts = {
    R"({"class": "\"ScalarField\"", "grid": "{\"shape\": [4], \"periodic\": [false], \"class\": \"UnitGrid\"}", "label": "null", "dtype": "\"<f8\""})",
    R"({"class": "\"VectorField\"", "grid": "{\"radius\": 2.0, \"shape\": [4], \"class\": \"PolarSymGrid\"}", "label": "\"u\"", "dtype": "\"<f4\""})",
    R"({"class": "\"FieldCollection\"", "label": "null", "dtype": "\"<f8\"", "fields": "[{\"class\": \"\\\"ScalarField\\\"\", \"grid\": \"{\\\"shape\\\": [4], \\\"periodic\\\": [false], \\\"class\\\": \\\"UnitGrid\\\"}\", \"label\": \"null\", \"dtype\": \"\\\"<f8\\\"\"}]"})",
    R"({"class": "\"ScalarField\"", "grid": "{\"shape\": [2, 2], \"periodic\": [false, true], \"class\": \"UnitGrid\"}", "label": "null", "dtype": "\"<f8\""})",
    R"({"class": "\"ScalarField\"", "grid": "{\"shape\": [9007199254740992], \"periodic\": false, \"class\": \"UnitGrid\"}"})",
    R"({"class": "\"ScalarField\"", "grid": null})",
    R"([{"from": 0, "keep_bits": 20}])",
    R"x({"version": 1, "t_start": 0.0, "t": 0.0, "steps": 0, "last_step": 0.0, "own": 0, "trackers": [{"kind": "storage", "schedule": "constant(1)", "position": [0.0, 1.0, 1.0], "handled": true, "length": 1, "last_time": 0.0}]})x",
    R"({"version": 1, "t_start": 0.0, "t": 9e99, "steps": -1, "last_step": NaN, "own": 5, "trackers": [3, {}]})",
    R"([{"from": 1, "tolerance_abs": 1e-3}, {"from": -5, "keep_bits": 52}, {"from": 9223372036854775807}])",
    R"([{"from": 0, "keep_bits": 1e300, "tolerance_rel": NaN}, 3, "x", [[[[]]]]])",
    "2",
    "-1",
    "1e300",
    "9223372036854775808",
    "NaN",
    "null",
    "\"2\"",
    "\"",
    "[",
    "{\"a\"",
    "\xff",
    "",
    "0"};

void add_attribute(hid_t object, Choices &choices) {
  std::string name(choices.one_of(kNames));
  if (choices.rarely()) name = choices.text(80).c_str();
  const Id scalar(H5Screate(H5S_SCALAR), H5Sclose);
  const size_t kind = choices.below(8);
  if (kind < 5) {
    std::string value(choices.one_of(kTexts));
    if (kind == 3) value = choices.text(255);
    if (kind == 4)
      value = std::string(size_t{1} << choices.below(16), static_cast<char>(choices.byte())) + value;
    const bool fixed = choices.rarely();
    const Id type = text_type(fixed ? value.size() + 1 : H5T_VARIABLE);
    const char *pointer = value.c_str();
    const Id attribute(H5Acreate2(object, name.c_str(), type, scalar, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    if (attribute >= 0) H5Awrite(attribute, type, fixed ? static_cast<const void *>(pointer) : &pointer);
    return;
  }
  const Id type = any_type(choices);
  const std::array<hsize_t, 6> counts = {1, 0, 2, 100, 7000, 1};
  const hsize_t count = choices.one_of(counts);
  const Id space(kind == 7   ? H5Screate(H5S_NULL)
                 : kind == 6 ? H5Screate_simple(1, &count, nullptr)
                             : H5Screate(H5S_SCALAR),
                 H5Sclose);
  const Id attribute(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  if (attribute < 0 || kind == 7) return;
  const std::vector<uint8_t> values = any_values(choices, type, kind == 6 ? static_cast<size_t>(count) : 1);
  H5Awrite(attribute, type, values.data());
}

void add_attributes(hid_t object, Choices &choices) {
  for (size_t i = choices.below(8); i > 0; --i) add_attribute(object, choices);
}

// ---- datasets

hsize_t any_size(Choices &choices, hsize_t usual) {
  const std::array<hsize_t, 16> odd = {usual,
                                       usual,
                                       usual,
                                       0,
                                       1,
                                       2,
                                       3,
                                       5,
                                       17,
                                       1000,
                                       1 << 20,
                                       hsize_t{1} << 33,
                                       hsize_t{1} << 40,
                                       kEnormous,
                                       H5S_UNLIMITED - 1,
                                       hsize_t{1} << 31};
  return choices.one_of(odd);
}

double bytes_of(const Shape &shape, hid_t type) {
  return std::accumulate(shape.begin(), shape.end(), static_cast<double>(H5Tget_size(type)),
                         [](double bytes, hsize_t size) { return bytes * static_cast<double>(size); });
}

constexpr H5Z_filter_t kUnknownFilter = 310;

void add_filter(hid_t properties, Choices &choices) {
  const unsigned values[] = {choices.byte(), choices.byte(), choices.byte(), choices.byte()};
  switch (choices.below(9)) {
    case 1:
      H5Pset_deflate(properties, 9);
      break;
    case 2:
      H5Pset_shuffle(properties);
      break;
    case 3:
      H5Pset_fletcher32(properties);
      break;
    case 4:
      H5Pset_nbit(properties);
      break;
    case 5:
      H5Pset_scaleoffset(properties, H5Z_SO_FLOAT_DSCALE, choices.byte() % 16);
      break;
    case 6:
      H5Pset_scaleoffset(properties, H5Z_SO_INT, H5Z_SO_INT_MINBITS_DEFAULT);
      break;
    case 7:
      H5Pset_filter(properties, kUnknownFilter, H5Z_FLAG_OPTIONAL, choices.below(5), values);
      break;
    case 8:
      H5Pset_filter(properties, H5Z_FILTER_DEFLATE, H5Z_FLAG_OPTIONAL, choices.below(5), values);
      break;
    default:
      H5Pset_deflate(properties, 1);
  }
}

/// What all chunks together take.
double bytes_of_chunks(const Shape &shape, const Shape &chunk, hid_t type) {
  double bytes = bytes_of(chunk, type);
  for (size_t axis = 0; axis < chunk.size(); ++axis) {
    if (chunk[axis] > 0)
      bytes *= std::ceil(static_cast<double>(shape[axis]) / static_cast<double>(chunk[axis]));
  }
  return bytes;
}

/// Nothing that takes room before it is used: contiguous and early allocation only where there is little.
Id layout(Choices &choices, const Shape &shape, const Shape &usual_chunk, hid_t type) {
  constexpr double kLittle = 1 << 16;
  Id properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  bool little = bytes_of(shape, type) <= kLittle;
  const size_t kind = choices.below(8);
  if (kind == 5 && little) {
    H5Pset_layout(properties, H5D_COMPACT);
  } else if (kind == 6 && little) {
    H5Pset_layout(properties, H5D_CONTIGUOUS);
  } else if (kind == 7) {
    const Id space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
    if (choices.byte() % 2 == 0) {
      H5Pset_virtual(properties, space, choices.byte() % 2 == 0 ? "." : "/nowhere/there-is-none.h5", "/times",
                     space);
    } else {
      H5Pset_external(properties, "/nowhere/there-is-none.raw", 0, H5F_UNLIMITED);
    }
  } else if (!shape.empty()) {
    Shape chunk(shape.size());
    for (size_t axis = 0; axis < chunk.size(); ++axis)
      chunk[axis] = any_size(choices, axis < usual_chunk.size() ? usual_chunk[axis] : 1);
    // Chunks that HDF5 itself has to hold in memory stay small enough for that.
    if (bytes_of(chunk, type) > (1 << 24) && choices.byte() % 4 != 3) chunk = Shape(shape.size(), 1);
    H5Pset_chunk(properties, static_cast<int>(chunk.size()), chunk.data());
    little = bytes_of_chunks(shape, chunk, type) <= kLittle;
    if (bytes_of(chunk, type) <= (1 << 24))
      for (size_t i = choices.below(5); i > 0; --i) add_filter(properties, choices);
  }
  if (choices.rarely() && !has_pointers(type)) {
    const std::vector<uint8_t> value = any_values(choices, type, 1);
    H5Pset_fill_value(properties, type, value.data());
  }
  const std::array<H5D_fill_time_t, 3> times = {H5D_FILL_TIME_IFSET, H5D_FILL_TIME_NEVER,
                                                H5D_FILL_TIME_ALLOC};
  H5Pset_fill_time(properties, choices.one_of(times));
  if (choices.rarely() && little) H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY);
  if (choices.rarely()) H5Pset_attr_phase_change(properties, 0, 0);
  return properties;
}

void write_some(hid_t dataset, hid_t type, const Shape &shape, Choices &choices) {
  if (bytes_of(shape, type) > 4096 || bytes_of(shape, type) <= 0) return;
  size_t count = 1;
  for (const hsize_t size : shape) count *= static_cast<size_t>(size);
  const std::vector<uint8_t> values = any_values(choices, type, count);
  H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
}

/// Bytes of no sense where HDF5 expects what its filters make.
void write_raw_chunk(hid_t dataset, size_t axes, Choices &choices) {
  const Shape offset(axes, 0);
  std::string bytes = choices.text(255);
  bytes.resize(std::max<size_t>(1, bytes.size() << choices.below(6)));
  H5Dwrite_chunk(dataset, H5P_DEFAULT, choices.byte() % 16, offset.data(), bytes.size(), bytes.data());
}

void add_dataset(hid_t where, const char *name, const Shape &usual, const Shape &usual_chunk,
                 hid_t usual_type, Choices &choices) {
  const bool odd_type = choices.byte() % 4 == 3;
  const Id type = odd_type ? any_type(choices) : plain(usual_type);
  Shape shape = usual;
  if (choices.rarely()) shape.resize(choices.below(6), 1);
  for (hsize_t &size : shape) size = any_size(choices, size);
  Shape most = shape;
  for (hsize_t &size : most) size = choices.byte() % 4 == 3 ? any_size(choices, size) : H5S_UNLIMITED;
  const Id properties = layout(choices, shape, usual_chunk, type);
  const bool grows = H5Pget_layout(properties) == H5D_CHUNKED;
  const Id space(shape.empty() ? H5Screate(choices.byte() % 2 == 0 ? H5S_SCALAR : H5S_NULL)
                               : H5Screate_simple(static_cast<int>(shape.size()), shape.data(),
                                                  grows ? most.data() : nullptr),
                 H5Sclose);
  const Id dataset(H5Dcreate2(where, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
  if (dataset < 0) return;
  // Not through a virtual or external layout, which leads out of the file.
  const H5D_layout_t kind = H5Pget_layout(properties);
  if (kind != H5D_VIRTUAL && H5Pget_external_count(properties) == 0)
    write_some(dataset, type, shape, choices);
  // HDF5 1.10 crashes over chunks of a dataset whose bytes it cannot count.
  if (grows && choices.rarely() && bytes_of(shape, type) < 1e15)
    write_raw_chunk(dataset, shape.size(), choices);
  add_attributes(dataset, choices);
}

/// A dataset of this name, or something else that has it.
void add_object(hid_t file, const char *name, const Shape &shape, const Shape &chunk, hid_t type,
                Choices &choices) {
  const std::string other = choices.byte() % 2 == 0 ? "/data" : "/times";
  switch (choices.byte() % 32) {
    case 25:
      return;
    case 26:
      H5Gclose(H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
      return;
    case 27:
      H5Lcreate_external("/nowhere/there-is-none.h5", "/data", file, name, H5P_DEFAULT, H5P_DEFAULT);
      return;
    case 28:
      H5Lcreate_soft(other.c_str(), file, name, H5P_DEFAULT, H5P_DEFAULT);
      return;
    case 29:
      H5Lcreate_hard(file, other.c_str(), file, name, H5P_DEFAULT, H5P_DEFAULT);
      return;
    case 30:
      H5Tcommit2(file, name, any_type(choices), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
      return;
    default:
      add_dataset(file, name, shape, chunk, type, choices);
  }
}

void add_snapshot_info(hid_t file, Choices &choices) {
  const Id group(H5Gcreate2(file, "snapshot_info", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  if (group < 0) return;
  add_object(group, "index", {2, 3}, {1024, 3}, H5T_STD_I64LE, choices);
  add_object(group, "text", {16}, {32768}, H5T_STD_U8LE, choices);
}

}  // namespace

std::string Choices::text(size_t most) {
  std::string text(std::min<size_t>(byte(), most), '\0');
  for (char &c : text) c = static_cast<char>(byte());
  return text;
}

void make_hostile_file(const std::string &path, Choices &choices) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  // HDF5 keeps the large blocks that it needs for each open file: getting them anew takes longer than all
  // else.
  H5set_free_list_limits(-1, -1, -1, -1, -1, -1);
  const Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose), creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
  if (choices.rarely()) H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
  if (choices.rarely()) H5Pset_userblock(creation, 512);
  if (choices.rarely()) H5Pset_file_space_strategy(creation, H5F_FSPACE_STRATEGY_PAGE, true, 1);
  const Id file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation, access), H5Fclose);
  if (file < 0) return;
  add_object(file, "data", {3, 4}, {1, 4}, H5T_IEEE_F64LE, choices);
  add_object(file, "times", {3}, {1024}, H5T_IEEE_F64LE, choices);
  add_attributes(file, choices);
  if (choices.byte() % 4 == 3) add_snapshot_info(file, choices);
}

}  // namespace fuzz
