// The C API for tests in C++: handles that free themselves, and statuses that bring their message along.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "pde/backend.h"
#include "pde/base.h"
#include "pde/field.h"
#include "pde/grid.h"
#include "pde/options.h"
#include "pde/storage.h"

namespace test {

using Bytes = std::vector<std::byte>;

/// PDE_OK, or what went wrong; the other status must come with a message.
inline ::testing::AssertionResult status_is(pde_status expected, pde_status got) {
  if (got != expected) {
    return ::testing::AssertionFailure() << "expected " << pde_status_name(expected) << ", got "
                                         << pde_status_name(got) << ": " << pde_error_message();
  }
  if (got != PDE_OK && *pde_error_message() == '\0')
    return ::testing::AssertionFailure() << pde_status_name(got) << " has no message";
  return ::testing::AssertionSuccess();
}

#define EXPECT_OK(call) EXPECT_TRUE(::test::status_is(PDE_OK, (call)))
#define ASSERT_OK(call) ASSERT_TRUE(::test::status_is(PDE_OK, (call)))
#define EXPECT_STATUS(status, call) EXPECT_TRUE(::test::status_is((status), (call)))
#define ASSERT_STATUS(status, call) ASSERT_TRUE(::test::status_is((status), (call)))
/// For helpers that must give a value.
#define REQUIRE_OK(call)                                                                   \
  do {                                                                                     \
    if (const pde_status status_ = (call); status_ != PDE_OK) {                            \
      throw std::runtime_error(std::string(#call ": ") + pde_status_name(status_) + ": " + \
                               pde_error_message());                                       \
    }                                                                                      \
  } while (false)

inline void close_quietly(pde_storage *storage) {
  if (storage) pde_storage_close(storage);
}

template <class T, void (*free_it)(T *)>
class Handle {
 public:
  Handle() = default;
  ~Handle() { reset(); }
  Handle(Handle &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Handle &operator=(Handle &&other) noexcept {
    if (this != &other) {
      reset();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }

  operator T *() const { return handle_; }
  T *get() const { return handle_; }
  T *release() { return std::exchange(handle_, nullptr); }
  void reset() {
    if (handle_) free_it(std::exchange(handle_, nullptr));
  }
  /// For an out_ parameter.
  T **out() {
    reset();
    return &handle_;
  }

 private:
  T *handle_ = nullptr;
};

using GridHandle = Handle<pde_grid, pde_grid_free>;
using FieldHandle = Handle<pde_field, pde_field_free>;
using OptionsHandle = Handle<pde_options, pde_options_free>;
using StorageHandle = Handle<pde_storage, close_quietly>;

// ---- making things

inline OptionsHandle options_from(const std::string &text) {
  OptionsHandle options;
  REQUIRE_OK(pde_options_create(options.out()));
  REQUIRE_OK(pde_options_parse(options, text.c_str()));
  return options;
}

inline GridHandle unit_grid(const std::vector<int64_t> &shape, const std::vector<int32_t> &periodic = {}) {
  GridHandle grid;
  REQUIRE_OK(pde_grid_create_unit(static_cast<int32_t>(shape.size()), shape.data(),
                                  periodic.empty() ? nullptr : periodic.data(), grid.out()));
  return grid;
}

inline GridHandle cartesian_grid(const std::vector<double> &lower, const std::vector<double> &upper,
                                 const std::vector<int64_t> &shape,
                                 const std::vector<int32_t> &periodic = {}) {
  GridHandle grid;
  REQUIRE_OK(pde_grid_create_cartesian(static_cast<int32_t>(shape.size()), lower.data(), upper.data(),
                                       shape.data(), periodic.empty() ? nullptr : periodic.data(),
                                       grid.out()));
  return grid;
}

inline FieldHandle new_field(const pde_grid *grid, int32_t rank = PDE_SCALAR, int32_t dtype = PDE_FLOAT64,
                             const char *label = nullptr) {
  FieldHandle field;
  REQUIRE_OK(pde_field_create(grid, rank, dtype, label, field.out()));
  return field;
}

inline FieldHandle collection_of(const std::vector<pde_field *> &members, const char *label = nullptr) {
  FieldHandle field;
  REQUIRE_OK(
      pde_field_collection_create(members.data(), static_cast<int64_t>(members.size()), label, field.out()));
  return field;
}

// ---- asking

inline std::vector<int64_t> shape_of(const pde_field *field) {
  int32_t ndim = 0;
  REQUIRE_OK(pde_field_ndim(field, &ndim));
  std::vector<int64_t> shape(static_cast<size_t>(ndim));
  REQUIRE_OK(pde_field_shape(field, shape.data(), ndim));
  return shape;
}

inline int64_t count_of(const std::vector<int64_t> &shape) {
  int64_t count = 1;
  for (int64_t size : shape) count *= size;
  return count;
}

inline int32_t dtype_of(const pde_field *field) {
  int32_t dtype = 0;
  REQUIRE_OK(pde_field_dtype(field, &dtype));
  return dtype;
}

inline int32_t rank_of(const pde_field *field) {
  int32_t rank = 99;
  REQUIRE_OK(pde_field_rank(field, &rank));
  return rank;
}

/// "(none)" stands for no label.
inline std::string label_of(const pde_field *field) {
  const char *label = nullptr;
  REQUIRE_OK(pde_field_label(field, &label));
  return label ? label : "(none)";
}

inline std::string grid_text_of(const pde_field *field) {
  GridHandle grid;
  REQUIRE_OK(pde_field_grid(field, grid.out()));
  const char *text = nullptr;
  REQUIRE_OK(pde_grid_text(grid, &text));
  return text;
}

inline int64_t length_of(pde_storage *storage) {
  int64_t length = -1;
  REQUIRE_OK(pde_storage_length(storage, &length));
  return length;
}

inline std::vector<double> times_of(pde_storage *storage) {
  std::vector<double> times(static_cast<size_t>(length_of(storage)));
  REQUIRE_OK(pde_storage_times(storage, 0, static_cast<int64_t>(times.size()), times.data()));
  return times;
}

inline FieldHandle sample_of(pde_storage *storage) {
  FieldHandle field;
  REQUIRE_OK(pde_storage_sample(storage, field.out()));
  return field;
}

/// "(none)" where there is no such entry.
inline std::string info_of(pde_storage *storage, const char *key) {
  const char *json = nullptr;
  REQUIRE_OK(pde_storage_info(storage, key, &json));
  return json ? json : "(none)";
}

inline Bytes raw_snapshot(pde_storage *storage, int64_t index, int32_t dtype, int64_t count) {
  Bytes bytes(static_cast<size_t>(count * pde_dtype_size(dtype)));
  REQUIRE_OK(pde_storage_read_raw(storage, index, 1, 1, dtype, bytes.data(), count));
  return bytes;
}

/// The samples of a field that strides describe, in C order.
inline Bytes bytes_of_strided(const pde_field *field) {
  const std::vector<int64_t> shape = shape_of(field);
  const int32_t dtype = dtype_of(field);
  std::vector<int64_t> strides(shape.size());
  const void *data = nullptr;
  REQUIRE_OK(pde_field_data_const(field, dtype, &data, strides.data(), static_cast<int64_t>(strides.size())));
  const auto item = static_cast<size_t>(pde_dtype_size(dtype));
  Bytes bytes(static_cast<size_t>(count_of(shape)) * item);
  std::vector<int64_t> index(shape.size(), 0);
  for (size_t at = 0; at < bytes.size(); at += item) {
    int64_t offset = 0;
    for (size_t axis = 0; axis < shape.size(); ++axis) offset += index[axis] * strides[axis];
    std::memcpy(bytes.data() + at, static_cast<const std::byte *>(data) + offset * static_cast<int64_t>(item),
                item);
    for (size_t axis = shape.size(); axis-- > 0 && ++index[axis] == shape[axis];) index[axis] = 0;
  }
  return bytes;
}

/// The samples of a field in C order, whatever its layout; members of a collection one after the other.
inline Bytes bytes_of(const pde_field *field) {
  if (rank_of(field) != PDE_COLLECTION) return bytes_of_strided(field);
  Bytes bytes;
  int64_t members = 0;
  REQUIRE_OK(pde_field_members(field, &members));
  for (int64_t i = 0; i < members; ++i) {
    FieldHandle member;
    REQUIRE_OK(pde_field_member(field, i, member.out()));
    const Bytes part = bytes_of_strided(member);
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

}  // namespace test
