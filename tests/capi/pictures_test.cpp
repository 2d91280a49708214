// Pictures of fields, as programs ask for them.
#include "user_program.hpp"

namespace test {
namespace {

/// The file, or nothing where this build has no movie module.
std::string picture_of(const pde_field *field, const std::string &path) {
  const pde_status status = pde_field_plot(field, path.c_str(), nullptr);
  if (status == PDE_ERR_UNSUPPORTED) return "";
  REQUIRE_OK(status);
  return bytes_of_file(path);
}

TEST(Pictures, RoundIntegersThatDoublePrecisionCannotHold) {
  const TemporaryFolder folder;
  const GridHandle grid = unit_grid({3, 2});
  const FieldHandle whole = new_field(grid, PDE_SCALAR, PDE_INT64), real = filled_field(grid, 0);
  void *wholes = nullptr, *reals = nullptr;
  REQUIRE_OK(pde_field_data(whole, PDE_INT64, &wholes));
  REQUIRE_OK(pde_field_data(real, PDE_FLOAT64, &reals));
  for (int i = 0; i < 6; ++i) {
    const int64_t value = (int64_t{1} << 53) + (int64_t{i} << 40) + 1;
    static_cast<int64_t *>(wholes)[i] = value;
    static_cast<double *>(reals)[i] = static_cast<double>(value);
  }
  const std::string picture = picture_of(whole, folder.file("whole.png"));
  if (picture.empty()) GTEST_SKIP() << pde_error_message();
  EXPECT_EQ(picture.substr(1, 3), "PNG");
  EXPECT_EQ(picture, picture_of(real, folder.file("real.png")));
}

}  // namespace
}  // namespace test
