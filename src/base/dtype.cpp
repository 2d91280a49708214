#include "base/dtype.hpp"

#include <limits>

namespace pde {
namespace {

constexpr DtypeInfo kDtypes[] = {
    {PDE_FLOAT64, 8, "float64", "<f8"},
    {PDE_FLOAT32, 4, "float32", "<f4"},
    {PDE_COMPLEX128, 16, "complex128", "<c16"},
    {PDE_COMPLEX64, 8, "complex64", "<c8"},
    {PDE_INT64, 8, "int64", "<i8"},
    {PDE_INT32, 4, "int32", "<i4"},
    {PDE_INT16, 2, "int16", "<i2"},
    {PDE_INT8, 1, "int8", "|i1"},
    {PDE_UINT64, 8, "uint64", "<u8"},
    {PDE_UINT32, 4, "uint32", "<u4"},
    {PDE_UINT16, 2, "uint16", "<u2"},
    {PDE_UINT8, 1, "uint8", "|u1"},
    {PDE_BOOL, 1, "bool", "|b1"},
};

/// Bits of mantissa and kind, as far as lossless conversion needs them.
struct Traits {
  enum Kind { boolean, unsigned_integer, signed_integer, real, complex } kind;
  int digits;  // bits of magnitude (integers), of mantissa (floating point)
};

template <class T>
constexpr Traits traits_of() {
  if constexpr (std::is_same_v<T, Bool8>) {
    return {Traits::boolean, 1};
  } else if constexpr (is_complex<T>::value) {
    return {Traits::complex, std::numeric_limits<typename T::value_type>::digits};
  } else if constexpr (std::is_floating_point_v<T>) {
    return {Traits::real, std::numeric_limits<T>::digits};
  } else {
    return {std::is_signed_v<T> ? Traits::signed_integer : Traits::unsigned_integer,
            std::numeric_limits<T>::digits};
  }
}

Traits traits(int32_t dtype) {
  return visit_dtype(dtype, [](auto value) { return traits_of<decltype(value)>(); });
}

}  // namespace

const DtypeInfo *find_dtype(int32_t dtype) {
  for (const DtypeInfo &info : kDtypes) {
    if (info.dtype == dtype) return &info;
  }
  return nullptr;
}

void fail_dtype(int32_t dtype) {
  fail(PDE_ERR_DTYPE, "dtype is {}, expected one of the PDE_FLOAT64 … PDE_BOOL constants (1 to 13)", dtype);
}

const DtypeInfo &dtype_info(int32_t dtype) {
  const DtypeInfo *info = find_dtype(dtype);
  if (!info) fail_dtype(dtype);
  return *info;
}

int32_t dtype_from_text(std::string_view text) {
  for (const DtypeInfo &info : kDtypes) {
    if (text == info.name) return info.dtype;
  }
  if (!text.empty() && std::string_view("<>|=").find(text.front()) != std::string_view::npos)
    text.remove_prefix(1);
  for (const DtypeInfo &info : kDtypes) {
    if (text == info.code + 1) return info.dtype;
  }
  return 0;
}

bool dtype_is_complex(int32_t dtype) {
  return dtype == PDE_COMPLEX128 || dtype == PDE_COMPLEX64;
}

bool dtype_converts_lossless(int32_t from, int32_t to) {
  if (from == to) return true;
  const Traits a = traits(from), b = traits(to);
  if (b.kind == Traits::boolean) return false;
  if (a.kind == Traits::complex && b.kind != Traits::complex) return false;
  if (a.kind == Traits::real && b.kind != Traits::real && b.kind != Traits::complex) return false;
  if (a.kind == Traits::signed_integer && b.kind == Traits::unsigned_integer) return false;
  return a.digits <= b.digits;
}

}  // namespace pde
