// The text form of grids: JSON as py-pde writes it, read strictly.
//
// py-pde keeps whole numbers that a user gave as radii and bounds ("radius": [1, 3.5]); we write all as
// floats (1.0), as py-pde itself does on Cartesian grids. Both compare 1 and 1.0 equal, a grid has one text
// instead of many, and grids can be compared by it.
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

bool flag_of(const JsonValue &value, std::string_view class_name, const char *key) {
  if (value.IsBool()) return value.GetBool();
  if (value.IsInt() && (value.GetInt() == 0 || value.GetInt() == 1)) return value.GetInt() == 1;
  bad_grid(class_name, fmt::format("{} is or has something other than true, false, 0, 1", key));
}

std::vector<bool> periodic_of(const JsonValue *value, size_t ndim, std::string_view class_name) {
  if (!value) bad_grid(class_name, "\"periodic\" is missing");
  if (!value->IsArray()) return std::vector<bool>(ndim, flag_of(*value, class_name, "\"periodic\""));
  std::vector<bool> periodic;
  for (const JsonValue &entry : value->GetArray())
    periodic.push_back(flag_of(entry, class_name, "\"periodic\""));
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

/// 3 or [1, 3]: the outer radius alone, or both.
std::pair<double, double> radius_of(const JsonValue *value, std::string_view class_name) {
  if (!value) bad_grid(class_name, "\"radius\" is missing");
  double inner = 0, outer;
  if (value->IsArray()) {
    if (value->Size() != 2)
      bad_grid(class_name, fmt::format("\"radius\" has {} entries, expected a number or two", value->Size()));
    inner = number_of((*value)[0], class_name, "\"radius\"");
    outer = number_of((*value)[1], class_name, "\"radius\"");
  } else {
    outer = number_of(*value, class_name, "\"radius\"");
  }
  if (inner < 0 || inner >= outer) {
    bad_grid(class_name,
             fmt::format("\"radius\" is [{}, {}], expected 0 <= inner < outer radius", inner, outer));
  }
  return {inner, outer};
}

std::pair<double, double> bounds_z_of(const JsonValue *value, std::string_view class_name) {
  if (!value || !value->IsArray() || value->Size() != 2) bad_grid(class_name, "\"bounds_z\" is no pair");
  const double lower = number_of((*value)[0], class_name, "\"bounds_z\"");
  const double upper = number_of((*value)[1], class_name, "\"bounds_z\"");
  if (lower >= upper)
    bad_grid(class_name, fmt::format("\"bounds_z\" is [{}, {}], expected lower < upper", lower, upper));
  return {lower, upper};
}

std::vector<int64_t> shape_of(const JsonValue &object, size_t ndim, std::string_view class_name) {
  std::vector<int64_t> shape = shape_of(json_find(object, "shape"), class_name);
  if (shape.size() != ndim)
    bad_grid(class_name, fmt::format("\"shape\" has {} entries, expected {}", shape.size(), ndim));
  return shape;
}

void check_keys(const JsonValue &object, std::initializer_list<std::string_view> known,
                std::string_view class_name) {
  for (const auto &member : object.GetObject()) {
    bool found = false;
    for (std::string_view key : known) found = found || key == json_text(member.name);
    if (!found) bad_grid(class_name, fmt::format("unknown key \"{}\"", json_text(member.name)));
  }
}

// ---- one reader per class

GridPtr read_unit(const JsonValue &object, std::string_view class_name) {
  check_keys(object, {"class", "shape", "periodic"}, class_name);
  const std::vector<int64_t> shape = shape_of(json_find(object, "shape"), class_name);
  return Grid::unit(shape, periodic_of(json_find(object, "periodic"), shape.size(), class_name));
}

GridPtr read_cartesian(const JsonValue &object, std::string_view class_name) {
  check_keys(object, {"class", "shape", "periodic", "bounds"}, class_name);
  const std::vector<int64_t> shape = shape_of(json_find(object, "shape"), class_name);
  std::vector<bool> periodic = periodic_of(json_find(object, "periodic"), shape.size(), class_name);
  std::vector<double> lower, upper;
  for (const auto &[low, high] : bounds_of(json_find(object, "bounds"), shape.size(), class_name)) {
    lower.push_back(low);
    upper.push_back(high);
  }
  return Grid::cartesian(lower, upper, shape, std::move(periodic));
}

GridPtr read_polar(const JsonValue &object, std::string_view class_name) {
  check_keys(object, {"class", "shape", "radius"}, class_name);
  const auto [inner, outer] = radius_of(json_find(object, "radius"), class_name);
  return Grid::polar(inner, outer, shape_of(object, 1, class_name)[0]);
}

GridPtr read_spherical(const JsonValue &object, std::string_view class_name) {
  check_keys(object, {"class", "shape", "radius"}, class_name);
  const auto [inner, outer] = radius_of(json_find(object, "radius"), class_name);
  return Grid::spherical(inner, outer, shape_of(object, 1, class_name)[0]);
}

GridPtr read_cylindrical(const JsonValue &object, std::string_view class_name) {
  check_keys(object, {"class", "shape", "radius", "bounds_z", "periodic_z"}, class_name);
  const auto [inner, outer] = radius_of(json_find(object, "radius"), class_name);
  const auto [lower, upper] = bounds_z_of(json_find(object, "bounds_z"), class_name);
  const std::vector<int64_t> shape = shape_of(object, 2, class_name);
  const JsonValue *periodic = json_find(object, "periodic_z");
  if (!periodic) bad_grid(class_name, "\"periodic_z\" is missing");
  return Grid::cylindrical({inner, outer, lower, upper}, shape[0], shape[1],
                           flag_of(*periodic, class_name, "\"periodic_z\""));
}

constexpr struct {
  std::string_view class_name;
  GridPtr (*read)(const JsonValue &object, std::string_view class_name);
} kReaders[] = {
    {"UnitGrid", read_unit},
    {"CartesianGrid", read_cartesian},
    {"PolarSymGrid", read_polar},
    {"SphericalSymGrid", read_spherical},
    {"CylindricalSymGrid", read_cylindrical},
};

}  // namespace

GridPtr Grid::parse(std::string_view json) {
  const JsonDocument document = json_parse(json, "grid text");
  const JsonValue *name = json_find(document, "class");
  if (!name || !name->IsString()) fail(PDE_ERR_FORMAT, "grid text has no \"class\": {:.80}", json);
  for (const auto &reader : kReaders) {
    if (json_text(*name) == reader.class_name) return reader.read(document, reader.class_name);
  }
  fail(PDE_ERR_FORMAT,
       "grid text has the unknown class {:.80}, expected UnitGrid, CartesianGrid, PolarSymGrid, "
       "SphericalSymGrid or CylindricalSymGrid",
       json_text(*name));
}

// ---- writing

std::string Grid::compose_text() const {
  std::string shape, periodic, bounds;
  for (int axis = 0; axis < ndim(); ++axis) {
    const char *comma = axis ? ", " : "";
    shape += fmt::format("{}{}", comma, shape_[axis]);
    periodic += fmt::format("{}{}", comma, axes_[axis].periodic);
    bounds +=
        fmt::format("{}[{}, {}]", comma, json_number(axes_[axis].lower), json_number(axes_[axis].upper));
  }
  const std::string end = fmt::format(R"("class": "{}"}})", class_name());
  if (geometry_ == Geometry::unit)
    return fmt::format(R"({{"shape": [{}], "periodic": [{}], {})", shape, periodic, end);
  if (geometry_ == Geometry::cartesian) {
    return fmt::format(R"({{"bounds": [{}], "shape": [{}], "periodic": [{}], {})", bounds, shape, periodic,
                       end);
  }
  // py-pde leaves the inner radius of a cylinder away and so loses it; it reads the pair.
  const std::string outer = json_number(upper(0));
  const std::string radius = lower(0) == 0 ? outer : fmt::format("[{}, {}]", json_number(lower(0)), outer);
  if (geometry_ != Geometry::cylindrical)
    return fmt::format(R"({{"radius": {}, "shape": [{}], {})", radius, shape, end);
  return fmt::format(R"({{"radius": {}, "bounds_z": [{}, {}], "shape": [{}], "periodic_z": {}, {})", radius,
                     json_number(lower(1)), json_number(upper(1)), shape, axes_[1].periodic, end);
}

}  // namespace pde
