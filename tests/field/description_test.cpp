#include "field/field_description.hpp"

#include <gtest/gtest.h>

#include "support/expect_error.hpp"

namespace pde {
namespace {

GridPtr grid() {
  return Grid::parse(
      R"({"bounds": [[-1.0, 2.0], [0.5, 1.25]], "shape": [4, 3], "periodic": [false, true], "class": "CartesianGrid"})");
}

// The text that py-pde writes for these fields, from docs/formats.md.
constexpr const char *kScalar =
    R"({"class": "\"ScalarField\"", "grid": "{\"bounds\": [[-1.0, 2.0], [0.5, 1.25]], \"shape\": [4, 3], \"periodic\": [false, true], \"class\": \"CartesianGrid\"}", "label": "\"c\"", "dtype": "\"<f8\""})";
constexpr const char *kVector =
    R"({"class": "\"VectorField\"", "grid": "{\"bounds\": [[-1.0, 2.0], [0.5, 1.25]], \"shape\": [4, 3], \"periodic\": [false, true], \"class\": \"CartesianGrid\"}", "label": "null", "dtype": "\"<f8\""})";

TEST(FieldDescription, TextIsWhatPyPdeWrites) {
  EXPECT_EQ((FieldDescription{grid(), PDE_SCALAR, PDE_FLOAT64, "c", {}}.text()), kScalar);
  EXPECT_EQ((FieldDescription{grid(), PDE_VECTOR, PDE_FLOAT64, std::nullopt, {}}.text()), kVector);
  const FieldDescription odd =
      FieldDescription::parse(FieldDescription{grid(), PDE_TENSOR, PDE_BOOL, "tensör \"q\" \\ x", {}}.text());
  EXPECT_EQ(odd.label, "tensör \"q\" \\ x");
  EXPECT_EQ(odd.rank, PDE_TENSOR);
  EXPECT_EQ(odd.dtype, PDE_BOOL);
}

TEST(FieldDescription, CollectionsHoldTheirMembers) {
  const FieldDescription made{grid(),
                              PDE_COLLECTION,
                              PDE_COMPLEX128,
                              "coll",
                              {{PDE_SCALAR, "c"}, {PDE_VECTOR, std::nullopt}, {PDE_TENSOR, "T"}}};
  const FieldDescription read = FieldDescription::parse(made.text());
  EXPECT_EQ(read.rank, PDE_COLLECTION);
  EXPECT_EQ(read.label, "coll");
  EXPECT_EQ(read.members, made.members);
  EXPECT_EQ(read.rows(), 7);
  EXPECT_EQ(read.shape(), (std::vector<int64_t>{7, 4, 3}));
  EXPECT_EQ(read.text(), made.text());
}

TEST(FieldDescription, LabelAndDtypeMayBeMissing) {
  const FieldDescription read = FieldDescription::parse(
      R"({"class": "\"ScalarField\"", "grid": "{\"shape\": [2], \"periodic\": [false], \"class\": \"UnitGrid\"}"})");
  EXPECT_FALSE(read.label);
  EXPECT_EQ(read.dtype, PDE_FLOAT64);
}

TEST(FieldDescription, ABadTextSaysWhatIsWrong) {
  const auto bad = [](const char *text, pde_status status, const char *words) {
    EXPECT_MESSAGE(status, FieldDescription::parse(text), words);
  };
  bad("nonsense", PDE_ERR_FORMAT, "field_attributes");
  bad("[]", PDE_ERR_FORMAT, "no JSON object");
  bad("{}", PDE_ERR_FORMAT, "class");
  bad(R"({"class": "ScalarField"})", PDE_ERR_FORMAT, "\"class\" in field_attributes");
  bad(R"({"class": "\"Spinor\""})", PDE_ERR_FORMAT, "Spinor");
  bad(R"({"class": "\"ScalarField\""})", PDE_ERR_FORMAT, "grid");
  bad(R"({"class": "\"ScalarField\"", "grid": {"class": "UnitGrid"}})", PDE_ERR_FORMAT, "grid");
  bad(R"({"class": "\"FieldCollection\""})", PDE_ERR_FORMAT, "fields");
  bad(R"({"class": "\"FieldCollection\"", "fields": "[]"})", PDE_ERR_FORMAT, "fields");
  bad(R"({"class": "\"ScalarField\"", "grid": "{\"shape\": [2], \"periodic\": [false], \"class\": \"UnitGrid\"}", "dtype": "\"<f2\""})",
      PDE_ERR_UNSUPPORTED, "<f2");
  bad(R"({"class": "\"ScalarField\"", "grid": "{\"shape\": [2], \"periodic\": [false], \"class\": \"UnitGrid\"}", "label": "3"})",
      PDE_ERR_FORMAT, "label");
}

TEST(FieldDescription, TheKindIsGuessedFromTheAxes) {
  const std::vector<int64_t> scalar{4, 3}, vector{2, 4, 3}, tensor{2, 2, 4, 3}, odd{3, 4, 3};
  EXPECT_EQ(FieldDescription::guess(grid(), scalar, PDE_FLOAT64)->rank, PDE_SCALAR);
  EXPECT_EQ(FieldDescription::guess(grid(), vector, PDE_FLOAT64)->rank, PDE_VECTOR);
  EXPECT_EQ(FieldDescription::guess(grid(), tensor, PDE_FLOAT64)->rank, PDE_TENSOR);
  EXPECT_FALSE(FieldDescription::guess(grid(), odd, PDE_FLOAT64));
}

}  // namespace
}  // namespace pde
