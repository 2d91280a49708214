#include "field/field_description.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/numbers.hpp"

namespace pde {

const char *rank_name(int32_t rank) {
  switch (rank) {
    case PDE_SCALAR:
      return "scalar field";
    case PDE_VECTOR:
      return "vector field";
    case PDE_TENSOR:
      return "tensor field";
    default:
      return "collection";
  }
}

int64_t FieldDescription::components(int32_t rank, const Grid &grid) {
  int64_t count = 1;
  for (int32_t i = 0; i < rank; ++i) count *= grid.dimension();
  return count;
}

int64_t FieldDescription::rows() const {
  if (rank != PDE_COLLECTION) return components(rank, *grid);
  int64_t count = 0;
  for (const MemberDescription &member : members) count += components(member.rank, *grid);
  return count;
}

std::vector<int64_t> FieldDescription::leading_shape() const {
  if (rank == PDE_COLLECTION) return {rows()};
  return std::vector<int64_t>(static_cast<size_t>(rank), grid->dimension());
}

std::vector<int64_t> FieldDescription::shape() const {
  std::vector<int64_t> shape = leading_shape();
  shape.insert(shape.end(), grid->shape().begin(), grid->shape().end());
  return shape;
}

bool FieldDescription::has_shape(std::span<const int64_t> wanted) const {
  const size_t leading = rank == PDE_COLLECTION ? 1 : static_cast<size_t>(rank);
  if (wanted.size() != leading + grid->shape().size()) return false;
  const int64_t length = rank == PDE_COLLECTION ? rows() : grid->dimension();
  const auto space = wanted.begin() + static_cast<std::ptrdiff_t>(leading);
  return std::all_of(wanted.begin(), space, [&](int64_t size) { return size == length; }) &&
         std::equal(space, wanted.end(), grid->shape().begin());
}

// ---- members

int64_t FieldDescription::member_count() const {
  return rank == PDE_COLLECTION ? static_cast<int64_t>(members.size()) : 1;
}

FieldDescription FieldDescription::member(int64_t index) const {
  if (rank != PDE_COLLECTION) return *this;
  const MemberDescription &chosen = members[static_cast<size_t>(index)];
  return {grid, chosen.rank, dtype, chosen.label, {}};
}

int64_t FieldDescription::first_row(int64_t member) const {
  int64_t row = 0;
  for (int64_t i = 0; i < member; ++i) row += components(members[static_cast<size_t>(i)].rank, *grid);
  return row;
}

int64_t FieldDescription::find_member(std::string_view wanted) const {
  for (int64_t i = 0; i < member_count(); ++i) {
    if ((rank == PDE_COLLECTION ? members[static_cast<size_t>(i)].label : label) == wanted) return i;
  }
  fail(PDE_ERR_NOT_FOUND, "no field is labelled \"{}\"", wanted);
}

// ---- text form

namespace {

constexpr const char *kClassNames[] = {"ScalarField", "VectorField", "Tensor2Field"};

std::string label_text(const Label &label) {
  return label ? json_quote(*label) : "null";
}

/// {"class": "\"ScalarField\"", "grid": "{…}", "label": "null", "dtype": "\"<f8\""}: each value quoted once
/// more.
std::string single_text(int32_t rank, const Grid &grid, const Label &label, int32_t dtype) {
  return fmt::format(R"({{"class": {}, "grid": {}, "label": {}, "dtype": {}}})",
                     json_quote(json_quote(kClassNames[rank])), json_quote(grid.text()),
                     json_quote(label_text(label)), json_quote(json_quote(dtype_info(dtype).code)));
}

/// The document inside the string `key` of an object; null if there is none.
JsonDocument inner(const JsonValue &object, std::string_view key) {
  const JsonValue *value = json_find(object, key);
  if (!value) return {};
  if (!value->IsString()) fail(PDE_ERR_FORMAT, "field_attributes: \"{}\" is no string that holds JSON", key);
  return json_parse(json_text(*value), fmt::format("\"{}\" in field_attributes", key));
}

Label parse_label(const JsonValue &attributes) {
  const JsonDocument label = inner(attributes, "label");
  if (label.IsNull()) return std::nullopt;
  if (!label.IsString()) fail(PDE_ERR_FORMAT, "field_attributes: the label is neither text nor null");
  return std::string(json_text(label));
}

int32_t parse_dtype(const JsonValue &attributes) {
  const JsonDocument text = inner(attributes, "dtype");
  if (text.IsNull()) return PDE_FLOAT64;  // py-pde's default
  const int32_t dtype = text.IsString() ? dtype_from_text(json_text(text)) : 0;
  if (!dtype) {
    fail(PDE_ERR_UNSUPPORTED, "field_attributes: dtype {} is not supported",
         text.IsString() ? json_text(text) : std::string_view("(no text)"));
  }
  return dtype;
}

std::string parse_class(const JsonValue &attributes) {
  if (!attributes.IsObject()) fail(PDE_ERR_FORMAT, "field_attributes is no JSON object");
  const JsonDocument name = inner(attributes, "class");
  if (!name.IsString()) fail(PDE_ERR_FORMAT, "field_attributes has no \"class\"");
  return std::string(json_text(name));
}

FieldDescription parse_single(const JsonValue &attributes) {
  const std::string name = parse_class(attributes);
  FieldDescription description;
  description.rank = PDE_COLLECTION;
  for (int32_t rank = PDE_SCALAR; rank <= PDE_TENSOR; ++rank) {
    if (name == kClassNames[rank]) description.rank = rank;
  }
  if (description.rank == PDE_COLLECTION)
    fail(PDE_ERR_FORMAT, "field_attributes: unknown class {:.80}", name);
  const JsonValue *grid = json_find(attributes, "grid");
  if (!grid || !grid->IsString())
    fail(PDE_ERR_FORMAT, "field_attributes of class {} has no \"grid\" in a string", name);
  description.grid = Grid::parse(json_text(*grid));
  description.label = parse_label(attributes);
  description.dtype = parse_dtype(attributes);
  return description;
}

}  // namespace

const char *FieldDescription::class_name() const {
  return rank == PDE_COLLECTION ? "FieldCollection" : kClassNames[rank];
}

std::string FieldDescription::text() const {
  if (rank != PDE_COLLECTION) return single_text(rank, *grid, label, dtype);
  std::string fields = "[";
  for (const MemberDescription &member : members) {
    if (fields.size() > 1) fields += ", ";
    fields += single_text(member.rank, *grid, member.label, dtype);
  }
  fields += "]";
  return fmt::format(R"({{"class": {}, "label": {}, "dtype": {}, "fields": {}}})",
                     json_quote(json_quote("FieldCollection")), json_quote(label_text(label)),
                     json_quote(json_quote(dtype_info(dtype).code)), json_quote(fields));
}

FieldDescription FieldDescription::parse(std::string_view json) {
  const JsonDocument attributes = json_parse(json, "field_attributes");
  if (parse_class(attributes) != "FieldCollection") return parse_single(attributes);
  FieldDescription description;
  description.rank = PDE_COLLECTION;
  description.label = parse_label(attributes);
  description.dtype = parse_dtype(attributes);
  const JsonDocument fields = inner(attributes, "fields");
  if (!fields.IsArray() || fields.Empty())
    fail(PDE_ERR_FORMAT, "field_attributes: a collection without \"fields\"");
  for (const JsonValue &entry : fields.GetArray()) {
    FieldDescription member = parse_single(entry);
    if (description.grid && !(*member.grid == *description.grid)) {
      fail(PDE_ERR_FORMAT, "field_attributes: fields of one collection on different grids");
    }
    if (!description.grid) description.grid = member.grid;
    description.members.push_back({member.rank, member.label});
  }
  return description;
}

std::optional<FieldDescription> FieldDescription::guess(GridPtr grid, std::span<const int64_t> shape,
                                                        int32_t dtype) {
  for (int32_t rank = PDE_SCALAR; rank <= PDE_TENSOR; ++rank) {
    FieldDescription description{grid, rank, dtype, std::nullopt, {}};
    const std::vector<int64_t> wanted = description.shape();
    if (std::equal(wanted.begin(), wanted.end(), shape.begin(), shape.end())) return description;
  }
  return std::nullopt;
}

}  // namespace pde
