#include "base/dtype.hpp"

#include <gtest/gtest.h>

#include "support/expect_error.hpp"

namespace pde {
namespace {

TEST(Dtype, NamesSizesAndCodesAreNumpys) {
  EXPECT_EQ(dtype_size(PDE_COMPLEX128), 16);
  EXPECT_STREQ(dtype_name(PDE_BOOL), "bool");
  EXPECT_EQ(find_dtype(0), nullptr);
  EXPECT_EQ(find_dtype(14), nullptr);
  EXPECT_MESSAGE(PDE_ERR_DTYPE, dtype_info(99), "99", "1 to 13");
  for (int32_t dtype = PDE_FLOAT64; dtype <= PDE_BOOL; ++dtype) {
    EXPECT_EQ(dtype_from_text(dtype_info(dtype).code), dtype);
    EXPECT_EQ(dtype_from_text(dtype_info(dtype).name), dtype);
  }
  EXPECT_EQ(dtype_from_text(">f8"), PDE_FLOAT64);
  EXPECT_EQ(dtype_from_text("=c8"), PDE_COMPLEX64);
  for (const char *text : {"", "<", "<f2", "f16", "<f", "object"})
    EXPECT_EQ(dtype_from_text(text), 0) << text;
}

TEST(Dtype, LosslessMeansEveryValueHasAPlace) {
  const auto check = [](int32_t from, int32_t to, bool expected) {
    EXPECT_EQ(dtype_converts_lossless(from, to), expected) << dtype_name(from) << " to " << dtype_name(to);
  };
  check(PDE_FLOAT32, PDE_FLOAT64, true);
  check(PDE_FLOAT64, PDE_FLOAT32, false);
  check(PDE_FLOAT64, PDE_COMPLEX128, true);
  check(PDE_FLOAT64, PDE_COMPLEX64, false);
  check(PDE_COMPLEX64, PDE_FLOAT64, false);
  check(PDE_INT32, PDE_FLOAT64, true);
  check(PDE_INT64, PDE_FLOAT64, false);
  check(PDE_INT16, PDE_FLOAT32, true);
  check(PDE_INT32, PDE_FLOAT32, false);
  check(PDE_UINT8, PDE_INT16, true);
  check(PDE_UINT8, PDE_INT8, false);
  check(PDE_INT8, PDE_UINT64, false);
  check(PDE_BOOL, PDE_UINT8, true);
  check(PDE_BOOL, PDE_FLOAT32, true);
  check(PDE_UINT8, PDE_BOOL, false);
  check(PDE_FLOAT64, PDE_INT64, false);
}

}  // namespace
}  // namespace pde
