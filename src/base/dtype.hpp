// Data types of samples: sizes, names, numpy's codes, and which conversions lose nothing.
#pragma once

#include <complex>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/error.hpp"

namespace pde {

/// A sample of a bool field: one byte, 0 or 1. A type of its own, so that templates can tell it from uint8.
enum class Bool8 : uint8_t { no = 0, yes = 1 };

struct DtypeInfo {
  int32_t dtype;
  int64_t size;
  const char *name;  // numpy's name, "float64"
  const char *code;  // numpy's code as it stands in files, "<f8"
};

/// The table row of a dtype; PDE_ERR_DTYPE for a number that is none.
const DtypeInfo &dtype_info(int32_t dtype);
const DtypeInfo *find_dtype(int32_t dtype);
/// PDE_ERR_DTYPE for a number that is no dtype.
[[noreturn]] void fail_dtype(int32_t dtype);

inline int64_t dtype_size(int32_t dtype) {
  return dtype_info(dtype).size;
}
inline const char *dtype_name(int32_t dtype) {
  return dtype_info(dtype).name;
}

/// "<f8", ">f8", "=f8", "f8", "|b1" or a name such as "float32"; 0 if it is none of ours.
int32_t dtype_from_text(std::string_view text);

bool dtype_is_complex(int32_t dtype);

/// Whether every value of `from` is also a value of `to`.
bool dtype_converts_lossless(int32_t from, int32_t to);

template <class T>
struct is_complex : std::false_type {};
template <class T>
struct is_complex<std::complex<T>> : std::true_type {};

/// Calls `f` with a value of the C++ type that a dtype stands for.
template <class F>
decltype(auto) visit_dtype(int32_t dtype, F &&f) {
  switch (dtype) {
    case PDE_FLOAT64:
      return f(double{});
    case PDE_FLOAT32:
      return f(float{});
    case PDE_COMPLEX128:
      return f(std::complex<double>{});
    case PDE_COMPLEX64:
      return f(std::complex<float>{});
    case PDE_INT64:
      return f(int64_t{});
    case PDE_INT32:
      return f(int32_t{});
    case PDE_INT16:
      return f(int16_t{});
    case PDE_INT8:
      return f(int8_t{});
    case PDE_UINT64:
      return f(uint64_t{});
    case PDE_UINT32:
      return f(uint32_t{});
    case PDE_UINT16:
      return f(uint16_t{});
    case PDE_UINT8:
      return f(uint8_t{});
    case PDE_BOOL:
      return f(Bool8{});
    default:
      break;
  }
  fail_dtype(dtype);
}

}  // namespace pde
