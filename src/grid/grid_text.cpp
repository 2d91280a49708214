// The text form of grids: JSON as py-pde writes it, read strictly.
#include <fmt/format.h>

#include <cmath>

#include "base/error.hpp"
#include "base/json.hpp"
#include "grid/grid.hpp"

namespace pde {
namespace {

[[noreturn]] void bad_grid(std::string_view class_name, std::string_view what) {
  fail(PDE_ERR_FORMAT, "grid text of class {}: {}", class_name, what);
}

double number_of(const JsonValue &value, std::string_view class_name, const char *key) {
  if (!value.IsNumber() || !std::isfinite(value.GetDouble()))
    bad_grid(class_name, fmt::format("{} has an entry that is no finite number", key));
  return value.GetDouble();
}

std::vector<int64_t> shape_of(const JsonValue *value, std::string_view class_name) {
  if (!value || !value->IsArray()) bad_grid(class_name, "\"shape\" is no array");
  std::vector<int64_t> shape;
  for (const JsonValue &entry : value->GetArray()) {
    const double size = number_of(entry, class_name, "\"shape\"");
    // Python accepts 4.0 for 4.
    if (size < 1 || size != std::floor(size) || size > 9007199254740992.0) {
      bad_grid(class_name,
               fmt::format("\"shape\" has the entry {}, expected whole numbers of at least 1", size));
    }
    shape.push_back(static_cast<int64_t>(size));
  }
  if (shape.empty() || shape.size() > Grid::kMaxAxes) {
    bad_grid(class_name, fmt::format("\"shape\" has {} entries, expected 1 to 3", shape.size()));
  }
  return shape;
}

bool flag_of(const JsonValue &value, std::string_view class_name) {
  if (value.IsBool()) return value.GetBool();
  if (value.IsInt() && (value.GetInt() == 0 || value.GetInt() == 1)) return value.GetInt() == 1;
  bad_grid(class_name, "\"periodic\" has an entry other than true, false, 0, 1");
}

std::vector<bool> periodic_of(const JsonValue *value, size_t ndim, std::string_view class_name) {
  if (!value) bad_grid(class_name, "\"periodic\" is missing");
  if (!value->IsArray()) return std::vector<bool>(ndim, flag_of(*value, class_name));
  std::vector<bool> periodic;
  for (const JsonValue &entry : value->GetArray()) periodic.push_back(flag_of(entry, class_name));
  if (periodic.size() != ndim)
    bad_grid(class_name, fmt::format("\"periodic\" has {} entries, expected {}", periodic.size(), ndim));
  return periodic;
}

/// [[lower, upper], …] or [[upper], …].
std::vector<std::pair<double, double>> bounds_of(const JsonValue *value, size_t ndim,
                                                 std::string_view class_name) {
  if (!value || !value->IsArray() || value->Size() != ndim) {
    bad_grid(class_name, fmt::format("\"bounds\" is no array of {} pairs", ndim));
  }
  std::vector<std::pair<double, double>> bounds;
  for (const JsonValue &entry : value->GetArray()) {
    if (!entry.IsArray() || entry.Size() < 1 || entry.Size() > 2)
      bad_grid(class_name, "\"bounds\" has an entry that is no pair");
    double lower = entry.Size() == 2 ? number_of(entry[0], class_name, "\"bounds\"") : 0.0;
    double upper = number_of(entry[entry.Size() - 1], class_name, "\"bounds\"");
    if (lower > upper) std::swap(lower, upper);  // as py-pde does
    if (lower == upper)
      bad_grid(class_name, fmt::format("\"bounds\" has the empty interval [{}, {}]", lower, upper));
    bounds.emplace_back(lower, upper);
  }
  return bounds;
}

void check_keys(const JsonValue &object, std::initializer_list<std::string_view> known,
                std::string_view class_name) {
  for (const auto &member : object.GetObject()) {
    bool found = false;
    for (std::string_view key : known) found = found || key == json_text(member.name);
    if (!found) bad_grid(class_name, fmt::format("unknown key \"{}\"", json_text(member.name)));
  }
}

}  // namespace

GridPtr Grid::parse(std::string_view json) {
  const JsonDocument document = json_parse(json, "grid text");
  const JsonValue *name = json_find(document, "class");
  if (!name || !name->IsString()) fail(PDE_ERR_FORMAT, "grid text has no \"class\": {:.80}", json);
  const std::string_view class_name = json_text(*name);
  const bool is_unit = class_name == "UnitGrid";
  if (!is_unit && class_name != "CartesianGrid") {
    for (std::string_view later : {"PolarSymGrid", "SphericalSymGrid", "CylindricalSymGrid"}) {
      if (class_name == later)
        fail(PDE_ERR_UNSUPPORTED, "grids of class {} are not supported by this version", class_name);
    }
    fail(PDE_ERR_FORMAT, "grid text has the unknown class {:.80}, expected UnitGrid or CartesianGrid",
         class_name);
  }
  const std::vector<int64_t> shape = shape_of(json_find(document, "shape"), class_name);
  std::vector<bool> periodic = periodic_of(json_find(document, "periodic"), shape.size(), class_name);
  if (is_unit) {
    check_keys(document, {"class", "shape", "periodic"}, class_name);
    return unit(shape, std::move(periodic));
  }
  check_keys(document, {"class", "shape", "periodic", "bounds"}, class_name);
  std::vector<double> lower, upper;
  for (const auto &[low, high] : bounds_of(json_find(document, "bounds"), shape.size(), class_name)) {
    lower.push_back(low);
    upper.push_back(high);
  }
  return cartesian(lower, upper, shape, std::move(periodic));
}

std::string Grid::compose_text() const {
  std::string shape, periodic, bounds;
  for (int axis = 0; axis < ndim(); ++axis) {
    const char *comma = axis ? ", " : "";
    shape += fmt::format("{}{}", comma, shape_[axis]);
    periodic += fmt::format("{}{}", comma, axes_[axis].periodic);
    bounds +=
        fmt::format("{}[{}, {}]", comma, json_number(axes_[axis].lower), json_number(axes_[axis].upper));
  }
  std::string text = "{";
  if (geometry_ == Geometry::cartesian) text += fmt::format("\"bounds\": [{}], ", bounds);
  return text +
         fmt::format(R"("shape": [{}], "periodic": [{}], "class": "{}"}})", shape, periodic, class_name());
}

}  // namespace pde
