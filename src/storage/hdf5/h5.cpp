#include "storage/hdf5/h5.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <exception>
#include <memory>

#include "base/dtype.hpp"
#include "base/error.hpp"
#include "base/info.hpp"
#include "base/json.hpp"

namespace pde {

// ---- session

namespace {

std::mutex &process_lock() {
  static auto *mutex = new std::mutex;  // never destroyed: storages are closed by exit handlers too
  return *mutex;
}

}  // namespace

H5Session::H5Session() : lock_(process_lock()) {
  // First of all, because asking for anything else clears it: moves the caller's entries away and leaves the
  // stack empty.
  stack_ = H5Eget_current_stack();
  H5Eauto_is_v2(H5E_DEFAULT, &print_version_);
  if (print_version_ != 0) {
    H5Eget_auto2(H5E_DEFAULT, &print_, &print_user_);
  } else {
    H5Eget_auto1(&old_print_, &print_user_);
  }
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

H5Session::~H5Session() {
  H5Eclear2(H5E_DEFAULT);
  if (print_version_ != 0) {
    H5Eset_auto2(H5E_DEFAULT, print_, print_user_);
  } else {
    H5Eset_auto1(old_print_, print_user_);
  }
  // Last of all, for the same reason. It closes the id too.
  if (stack_ >= 0) H5Eset_current_stack(stack_);
}

namespace {

struct H5Failure {
  bool lacks_memory = false;
  std::string text = "HDF5 gives no reason";
};

/// The innermost entry of HDF5's stack of errors, which names the cause.
H5Failure last_failure() {
  H5Failure failure;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned n, const H5E_error2_t *entry, void *user) -> herr_t {
        if (n > 0) return 0;
        auto &innermost = *static_cast<H5Failure *>(user);
        // Of zlib, which has an allocation fail and nothing else, HDF5 says that it could not be initialised.
        const bool asked = entry->maj_num == H5E_RESOURCE && entry->min_num == H5E_NOSPACE;
        const bool zlib = entry->maj_num == H5E_PLINE && entry->min_num == H5E_CANTINIT;
        innermost.lacks_memory = asked || zlib;
        if (entry->desc && *entry->desc) innermost.text = entry->desc;
        return 0;
      },
      &failure);
  return failure;
}

}  // namespace

std::string h5_error_text() {
  return last_failure().text;
}

void h5_fail(pde_status status, const std::string &what) {
  const H5Failure failure = last_failure();
  fail(failure.lacks_memory ? PDE_ERR_MEMORY : status, "{}: {}", what, failure.text);
}

H5Id h5_own(hid_t id, H5Id::Close close, const std::string &what) {
  if (id < 0) h5_fail(PDE_ERR_IO, what);
  return H5Id(id, close);
}

void h5_check(herr_t result, const std::string &what) {
  if (result < 0) h5_fail(PDE_ERR_IO, what);
}

// ---- dtypes

namespace {

H5Id make_bool_type(hid_t base) {
  H5Id type = h5_own(H5Tenum_create(base), H5Tclose, "creating the type bool");
  const int8_t no = 0, yes = 1;
  h5_check(H5Tenum_insert(type.get(), "FALSE", &no), "creating the type bool");
  h5_check(H5Tenum_insert(type.get(), "TRUE", &yes), "creating the type bool");
  return type;
}

H5Id make_complex_type(hid_t part) {
  const size_t size = H5Tget_size(part);
  H5Id type = h5_own(H5Tcreate(H5T_COMPOUND, 2 * size), H5Tclose, "creating a complex type");
  h5_check(H5Tinsert(type.get(), "r", 0, part), "creating a complex type");
  h5_check(H5Tinsert(type.get(), "i", size, part), "creating a complex type");
  return type;
}

H5Id make_type(int32_t dtype, bool in_file) {
  const auto plain = [](hid_t type) { return h5_own(H5Tcopy(type), H5Tclose, "copying a type"); };
  switch (dtype) {
    case PDE_FLOAT64:
      return plain(in_file ? H5T_IEEE_F64LE : H5T_NATIVE_DOUBLE);
    case PDE_FLOAT32:
      return plain(in_file ? H5T_IEEE_F32LE : H5T_NATIVE_FLOAT);
    case PDE_COMPLEX128:
      return make_complex_type(in_file ? H5T_IEEE_F64LE : H5T_NATIVE_DOUBLE);
    case PDE_COMPLEX64:
      return make_complex_type(in_file ? H5T_IEEE_F32LE : H5T_NATIVE_FLOAT);
    case PDE_INT64:
      return plain(in_file ? H5T_STD_I64LE : H5T_NATIVE_INT64);
    case PDE_INT32:
      return plain(in_file ? H5T_STD_I32LE : H5T_NATIVE_INT32);
    case PDE_INT16:
      return plain(in_file ? H5T_STD_I16LE : H5T_NATIVE_INT16);
    case PDE_INT8:
      return plain(in_file ? H5T_STD_I8LE : H5T_NATIVE_INT8);
    case PDE_UINT64:
      return plain(in_file ? H5T_STD_U64LE : H5T_NATIVE_UINT64);
    case PDE_UINT32:
      return plain(in_file ? H5T_STD_U32LE : H5T_NATIVE_UINT32);
    case PDE_UINT16:
      return plain(in_file ? H5T_STD_U16LE : H5T_NATIVE_UINT16);
    case PDE_UINT8:
      return plain(in_file ? H5T_STD_U8LE : H5T_NATIVE_UINT8);
    default:
      return make_bool_type(in_file ? H5T_STD_I8LE : H5T_NATIVE_INT8);
  }
}

std::string member_name(hid_t type, unsigned index) {
  char *name = H5Tget_member_name(type, index);
  const std::string text = name ? name : "";
  H5free_memory(name);
  return text;
}

int32_t integer_dtype(hid_t type) {
  const bool is_signed = H5Tget_sign(type) == H5T_SGN_2;
  switch (H5Tget_size(type)) {
    case 1:
      return is_signed ? PDE_INT8 : PDE_UINT8;
    case 2:
      return is_signed ? PDE_INT16 : PDE_UINT16;
    case 4:
      return is_signed ? PDE_INT32 : PDE_UINT32;
    case 8:
      return is_signed ? PDE_INT64 : PDE_UINT64;
    default:
      return 0;
  }
}

/// IEEE 754 in either byte order; anything else of this size is no dtype of ours.
int32_t float_dtype(hid_t type) {
  if (H5Tequal(type, H5T_IEEE_F64LE) > 0 || H5Tequal(type, H5T_IEEE_F64BE) > 0) return PDE_FLOAT64;
  if (H5Tequal(type, H5T_IEEE_F32LE) > 0 || H5Tequal(type, H5T_IEEE_F32BE) > 0) return PDE_FLOAT32;
  return 0;
}

int32_t complex_dtype(hid_t type) {
  if (H5Tget_nmembers(type) != 2 || member_name(type, 0) != "r" || member_name(type, 1) != "i") return 0;
  const H5Id re(H5Tget_member_type(type, 0), H5Tclose), im(H5Tget_member_type(type, 1), H5Tclose);
  if (!re || !im || H5Tequal(re.get(), im.get()) <= 0) return 0;
  const int32_t part = float_dtype(re.get());
  return part == PDE_FLOAT64 ? PDE_COMPLEX128 : part == PDE_FLOAT32 ? PDE_COMPLEX64 : 0;
}

bool is_bool_type(hid_t type) {
  if (H5Tget_size(type) != 1 || H5Tget_nmembers(type) != 2) return false;
  for (unsigned i = 0; i < 2; ++i) {
    int8_t value = -1;
    const std::string name = member_name(type, i);
    if (H5Tget_member_value(type, i, &value) < 0) return false;
    if (!(name == "FALSE" && value == 0) && !(name == "TRUE" && value == 1)) return false;
  }
  return true;
}

}  // namespace

H5Id h5_file_type(int32_t dtype) {
  return make_type(dtype, true);
}
H5Id h5_memory_type(int32_t dtype) {
  return make_type(dtype, false);
}

int32_t h5_dtype_of(hid_t type) {
  switch (H5Tget_class(type)) {
    case H5T_FLOAT:
      return float_dtype(type);
    case H5T_INTEGER:
      return integer_dtype(type);
    case H5T_COMPOUND:
      return complex_dtype(type);
    case H5T_ENUM:
      return is_bool_type(type) ? PDE_BOOL : 0;
    default:
      return 0;
  }
}

std::string h5_type_text(hid_t type) {
  const size_t bits = 8 * H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_FLOAT:
      return fmt::format("a {}-bit float", bits);
    case H5T_INTEGER:
      return fmt::format("a {}-bit integer", bits);
    case H5T_COMPOUND:
      return fmt::format("a compound of {} members", H5Tget_nmembers(type));
    case H5T_ENUM:
      return "an enumeration";
    case H5T_STRING:
      return "a string";
    default:
      return "another type";
  }
}

// ---- datasets and attributes

H5Shape h5_shape(hid_t dataset) {
  const H5Id space = h5_own(H5Dget_space(dataset), H5Sclose, "reading the shape of a dataset");
  const int ndim = H5Sget_simple_extent_ndims(space.get());
  if (ndim < 0) fail(PDE_ERR_FORMAT, "a dataset has no simple shape");
  H5Shape shape{std::vector<hsize_t>(static_cast<size_t>(ndim)),
                std::vector<hsize_t>(static_cast<size_t>(ndim))};
  if (ndim > 0) H5Sget_simple_extent_dims(space.get(), shape.size.data(), shape.max.data());
  return shape;
}

H5Layout h5_layout(hid_t dataset) {
  const char *what = "reading the layout of a dataset";
  const H5Id creation = h5_own(H5Dget_create_plist(dataset), H5Pclose, what);
  H5Layout layout{H5Pget_layout(creation.get()), {}, H5Pget_nfilters(creation.get()), false};
  layout.elsewhere = layout.kind == H5D_VIRTUAL || H5Pget_external_count(creation.get()) != 0;
  if (layout.chunked()) {
    layout.chunk.resize(h5_shape(dataset).size.size());
    h5_check(H5Pget_chunk(creation.get(), static_cast<int>(layout.chunk.size()), layout.chunk.data()), what);
    for (hsize_t &size : layout.chunk) size = std::max<hsize_t>(size, 1);
  }
  return layout;
}

void h5_transfer(bool writing, hid_t dataset, hid_t memory_type, const std::vector<hsize_t> &start,
                 const std::vector<hsize_t> &count, hsize_t step, void *buffer, const std::string &what) {
  const H5Id file_space = h5_own(H5Dget_space(dataset), H5Sclose, what);
  std::vector<hsize_t> stride(start.size(), 1);
  stride[0] = step;
  h5_check(H5Sselect_hyperslab(file_space.get(), H5S_SELECT_SET, start.data(), stride.data(), count.data(),
                               nullptr),
           what);
  const H5Id memory_space =
      h5_own(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), H5Sclose, what);
  const herr_t result =
      writing ? H5Dwrite(dataset, memory_type, memory_space.get(), file_space.get(), H5P_DEFAULT, buffer)
              : H5Dread(dataset, memory_type, memory_space.get(), file_space.get(), H5P_DEFAULT, buffer);
  h5_check(result, what);
}

namespace {

/// The one text in a string attribute; nothing if it is no single string or larger than any sane metadata.
std::optional<std::string> read_text(hid_t attribute, hid_t type) {
  const H5Id space(H5Aget_space(attribute), H5Sclose);
  if (!space || H5Sget_simple_extent_npoints(space.get()) != 1) return std::nullopt;
  const H5Id memory(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_cset(memory.get(), H5Tget_cset(type));
  if (H5Tis_variable_str(type) > 0) {
    H5Tset_size(memory.get(), H5T_VARIABLE);
    char *data = nullptr;
    if (H5Aread(attribute, memory.get(), &data) < 0) return std::nullopt;
    const std::unique_ptr<char, herr_t (*)(void *)> owned(data, H5free_memory);
    return std::string(data ? data : "");
  }
  const size_t size = H5Tget_size(type);
  if (size == 0 || size > (size_t{1} << 26)) return std::nullopt;
  H5Tset_size(memory.get(), size + 1);
  std::vector<char> buffer(size + 1, '\0');
  if (H5Aread(attribute, memory.get(), buffer.data()) < 0) return std::nullopt;
  buffer[size] = '\0';
  return std::string(buffer.data());
}

/// A text that is no JSON is a string of some other program.
std::optional<std::string> as_json(const std::string &text) {
  try {
    return Info::normalised(text, "an attribute");
  } catch (const Error &) {
  }
  try {
    return json_quote(text);
  } catch (const Error &) {
    return std::nullopt;  // not even UTF-8
  }
}

std::optional<std::string> read_number(hid_t attribute, hid_t type) {
  const H5Id space(H5Aget_space(attribute), H5Sclose);
  if (!space || H5Sget_simple_extent_npoints(space.get()) != 1) return std::nullopt;
  if (H5Tget_class(type) == H5T_INTEGER && H5Tget_sign(type) == H5T_SGN_NONE) {
    uint64_t value = 0;
    if (H5Aread(attribute, H5T_NATIVE_UINT64, &value) < 0) return std::nullopt;
    return fmt::format("{}", value);
  }
  if (H5Tget_class(type) == H5T_INTEGER) {
    int64_t value = 0;
    if (H5Aread(attribute, H5T_NATIVE_INT64, &value) < 0) return std::nullopt;
    return fmt::format("{}", value);
  }
  double value = 0;
  if (H5Aread(attribute, H5T_NATIVE_DOUBLE, &value) < 0) return std::nullopt;
  return json_number(value);
}

}  // namespace

namespace {

/// Whether a name can be a key in JSON.
bool is_key(const std::string &name) {
  try {
    return !name.empty() && !json_quote(name).empty();
  } catch (const Error &) {
    return false;
  }
}

}  // namespace

std::vector<std::pair<std::string, std::string>> h5_read_attributes(hid_t object) {
  struct Names {
    std::vector<std::string> all;
    std::exception_ptr problem;  // no exception may cross HDF5
  } names;
  const herr_t listed = H5Aiterate2(
      object, H5_INDEX_NAME, H5_ITER_INC, nullptr,
      [](hid_t, const char *name, const H5A_info_t *, void *user) -> herr_t {
        auto &found = *static_cast<Names *>(user);
        try {
          found.all.emplace_back(name);
          return 0;
        } catch (...) {
          found.problem = std::current_exception();
          return -1;
        }
      },
      &names);
  if (names.problem) std::rethrow_exception(names.problem);
  h5_check(listed, "listing the attributes");
  std::vector<std::pair<std::string, std::string>> result;
  for (const std::string &name : names.all) {
    if (!is_key(name)) continue;
    const H5Id attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose);
    const H5Id type(attribute ? H5Aget_type(attribute.get()) : H5I_INVALID_HID, H5Tclose);
    if (!type) continue;
    std::optional<std::string> json;
    const H5T_class_t kind = H5Tget_class(type.get());
    if (kind == H5T_STRING) {
      if (const auto text = read_text(attribute.get(), type.get())) json = as_json(*text);
    } else if (kind == H5T_INTEGER || kind == H5T_FLOAT) {
      json = read_number(attribute.get(), type.get());
    }
    if (json) result.emplace_back(name, std::move(*json));
  }
  return result;
}

namespace {

void write_attribute(hid_t object, const std::string &name, const H5Id &type, const void *data) {
  const std::string what = fmt::format("writing the attribute {}", name);
  h5_remove_attribute(object, name);
  const H5Id space = h5_own(H5Screate(H5S_SCALAR), H5Sclose, what);
  const H5Id properties = h5_own(H5Pcreate(H5P_ATTRIBUTE_CREATE), H5Pclose, what);
  H5Pset_char_encoding(properties.get(), H5T_CSET_UTF8);
  const H5Id attribute =
      h5_own(H5Acreate2(object, name.c_str(), type.get(), space.get(), properties.get(), H5P_DEFAULT),
             H5Aclose, what);
  h5_check(H5Awrite(attribute.get(), type.get(), data), what);
}

H5Id text_type(size_t size) {
  H5Id type = h5_own(H5Tcopy(H5T_C_S1), H5Tclose, "creating a string type");
  H5Tset_size(type.get(), size);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  return type;
}

}  // namespace

void h5_write_text(hid_t object, const std::string &name, const std::string &text) {
  const char *data = text.c_str();
  write_attribute(object, name, text_type(H5T_VARIABLE), &data);
}

void h5_write_fixed(hid_t object, const std::string &name, const std::string &text, size_t size) {
  if (text.size() > size)
    fail(PDE_ERR_INTERNAL, "attribute {}: {} bytes do not fit in {}", name, text.size(), size);
  std::string padded = text;
  padded.resize(size, '\0');
  const H5Id type = text_type(size);
  H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
  if (H5Aexists(object, name.c_str()) > 0) {
    const H5Id attribute =
        h5_own(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose, "opening the attribute " + name);
    const H5Id stored = h5_own(H5Aget_type(attribute.get()), H5Tclose, "reading the attribute " + name);
    if (H5Tequal(stored.get(), type.get()) > 0) {
      h5_check(H5Awrite(attribute.get(), type.get(), padded.data()), "writing the attribute " + name);
      return;
    }
  }
  write_attribute(object, name, type, padded.data());
}

std::string h5_read_fixed(hid_t object, const std::string &name) {
  if (H5Aexists(object, name.c_str()) <= 0) return {};
  const H5Id attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose);
  const H5Id type(attribute ? H5Aget_type(attribute.get()) : H5I_INVALID_HID, H5Tclose);
  if (!type || H5Tget_class(type.get()) != H5T_STRING) return {};
  return read_text(attribute.get(), type.get()).value_or("");
}

size_t h5_fixed_size(hid_t object, const std::string &name) {
  if (H5Aexists(object, name.c_str()) <= 0) return 0;
  const H5Id attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose);
  const H5Id type(attribute ? H5Aget_type(attribute.get()) : H5I_INVALID_HID, H5Tclose);
  if (!type || H5Tget_class(type.get()) != H5T_STRING || H5Tis_variable_str(type.get()) != 0) return 0;
  return H5Tget_size(type.get());
}

void h5_remove_attribute(hid_t object, const std::string &name) {
  if (H5Aexists(object, name.c_str()) > 0)
    h5_check(H5Adelete(object, name.c_str()), "removing the attribute " + name);
}

}  // namespace pde
