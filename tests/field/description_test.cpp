#include "field/field_description.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "support/expect_error.hpp"
#include "support/golden.hpp"

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

/// Two texts say the same: keys in this order, texts inside texts, 1 and 1.0 alike.
void expect_alike(const JsonValue &ours, const JsonValue &theirs) {
  ASSERT_EQ(ours.IsNumber(), theirs.IsNumber());
  if (theirs.IsNumber()) {
    EXPECT_EQ(ours.GetDouble(), theirs.GetDouble());
  } else if (theirs.IsObject()) {
    ASSERT_EQ(ours.MemberCount(), theirs.MemberCount());
    for (auto a = ours.MemberBegin(), b = theirs.MemberBegin(); b != theirs.MemberEnd(); ++a, ++b) {
      ASSERT_EQ(json_text(a->name), json_text(b->name));
      expect_alike(a->value, b->value);
    }
  } else if (theirs.IsArray()) {
    ASSERT_EQ(ours.Size(), theirs.Size());
    for (rapidjson::SizeType i = 0; i < theirs.Size(); ++i) expect_alike(ours[i], theirs[i]);
  } else if (theirs.IsString() &&
             (json_text(theirs).starts_with('{') || json_text(theirs).starts_with('['))) {
    expect_alike(json_parse(json_text(ours), "ours"), json_parse(json_text(theirs), "theirs"));
  } else {
    EXPECT_EQ(ours, theirs);
  }
}

TEST(FieldDescription, AttributesOfEveryGoldenFieldComeBack) {
  const JsonDocument golden = golden_json("grids.json");
  int checked = 0;
  for (const JsonValue &entry : json_find(golden, "grids")->GetArray()) {
    for (const char *part : {"scalar", "vector", "tensor2", "collection"}) {
      SCOPED_TRACE(std::string(part) + " on " + std::string(json_text(*json_find(entry, "name"))));
      const JsonValue &sample = *json_find(entry, part);
      JsonBuffer buffer;
      JsonWriter writer(buffer);
      json_find(sample, "attributes_serialized")->Accept(writer);
      const FieldDescription description = FieldDescription::parse({buffer.GetString(), buffer.GetSize()});
      expect_alike(json_parse(description.text(), "text"), *json_find(sample, "attributes_serialized"));
      if (const JsonValue *shape = json_find(sample, "shape")) {
        ASSERT_EQ(description.shape().size(), shape->Size());
        for (rapidjson::SizeType i = 0; i < shape->Size(); ++i)
          EXPECT_EQ(description.shape()[i], (*shape)[i].GetInt64());
      }
      ++checked;
    }
  }
  EXPECT_EQ(checked, 4 * 16);
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
  // A vector on a cylinder has three components on two axes.
  const GridPtr cylinder = Grid::cylindrical({0, 1, 0, 1}, 4, 3, false);
  EXPECT_EQ(FieldDescription::guess(cylinder, odd, PDE_FLOAT64)->rank, PDE_VECTOR);
  EXPECT_FALSE(FieldDescription::guess(cylinder, vector, PDE_FLOAT64));
}

}  // namespace
}  // namespace pde
