#include "solver/boundary.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/numbers.hpp"

namespace pde {
namespace {

/// All that may name a side of some grid; which of them do on a grid, side_keys knows.
constexpr std::string_view kKeys[] = {"*",      "x",   "y",    "z",     "r",     "radius", "x-",   "x+",
                                      "y-",     "y+",  "z-",   "z+",    "r-",    "r+",     "left", "right",
                                      "bottom", "top", "back", "front", "inner", "outer"};

/// What stands for a side of a grid, the most specific first.
std::vector<std::string> side_keys(const Grid &grid, int axis, bool upper) {
  static constexpr const char *kStraight[][2] = {{"left", "right"}, {"bottom", "top"}, {"back", "front"}};
  static constexpr const char *kRound[][2] = {{"inner", "outer"}, {"bottom", "top"}};
  const std::string name = grid.axis_name(axis);
  std::vector<std::string> keys = {(grid.is_cartesian() ? kStraight : kRound)[axis][upper],
                                   name + (upper ? "+" : "-"), name};
  if (!grid.is_cartesian() && grid.ndim() == 1) keys.push_back("radius");
  keys.push_back("*");
  return keys;
}

std::string known_keys(const Grid &grid) {
  std::string text;
  for (int axis = 0; axis < grid.ndim(); ++axis) {
    const auto low = side_keys(grid, axis, false), high = side_keys(grid, axis, true);
    text += fmt::format("{}, {}, {}, {}, {}, ", low[2], low[1], high[1], low[0], high[0]);
  }
  return text + "*";
}

bool is_missing(const JsonValue &json) {
  return json.IsNull() || (json.IsString() && json.GetStringLength() == 0) ||
         (json.IsObject() && json.ObjectEmpty()) || (json.IsArray() && json.Empty());
}

JsonDocument parsed(std::string_view text, const std::string &where) {
  try {
    return json_parse(text, where);
  } catch (const Error &error) {
    throw Error(PDE_ERR_ARGUMENT, error.what());
  }
}

}  // namespace

// ---- reading

BoundaryConditions::BoundaryConditions(const ResolvedOptions &options, std::string_view key, Missing missing)
    : option_(key), missing_(missing) {
  parse(trimmed(options.text(key)));
  for (const std::string &given : options.keys_under(option_ + ":")) {
    const std::string side = given.substr(option_.size() + 1);
    if (std::find(std::begin(kKeys), std::end(kKeys), side) == std::end(kKeys))
      fail(PDE_ERR_ARGUMENT, "option {}: no grid has a side \"{}\"", given, side);
    values_[side] = options.reals(given);
  }
}

void BoundaryConditions::parse(std::string_view text) {
  const std::string where = "option " + option_;
  if (text.empty()) return;
  if (text[0] != '{' && text[0] != '[' && text[0] != '"' && text != "null") {
    const Condition condition = parse_condition(text, where);
    by_key_["*"] = {condition, condition};
    return;
  }
  const JsonDocument json = parsed(text, where);
  if (is_missing(json)) return;
  if (json.IsArray()) return parse_list(json);
  if (json.IsObject() && !is_condition(json)) return parse_object(json);
  const Condition condition = parse_condition(json, where);
  by_key_["*"] = {condition, condition};
}

void BoundaryConditions::parse_object(const JsonValue &object) {
  for (const auto &member : object.GetObject()) {
    const std::string key(json_text(member.name));
    if (std::find(std::begin(kKeys), std::end(kKeys), key) == std::end(kKeys)) {
      fail(PDE_ERR_ARGUMENT,
           "option {} has the key \"{}\", expected an axis (x), a side (x-, x+, left, right, bottom, top, "
           "back, front, inner, outer), \"*\" for all others, or the name of a condition",
           option_, key);
    }
    if (by_key_.contains(key)) fail(PDE_ERR_ARGUMENT, "option {} has the key \"{}\" twice", option_, key);
    by_key_[key] = parse_axis(member.value, fmt::format("option {} at \"{}\"", option_, key));
  }
}

void BoundaryConditions::parse_list(const JsonValue &list) {
  is_list_ = true;
  for (const JsonValue &entry : list.GetArray())
    list_.push_back(parse_axis(entry, fmt::format("option {}, entry {}", option_, list_.size())));
}

/// What an axis or a side may say: a condition, a pair, {"low": ..., "high": ...}, or nothing.
BoundaryConditions::Sides BoundaryConditions::parse_axis(const JsonValue &json,
                                                         const std::string &where) const {
  const auto one = [&](const JsonValue &side) -> std::optional<Condition> {
    if (is_missing(side)) return std::nullopt;
    return parse_condition(side, where);
  };
  if (is_missing(json)) return {};
  if (json.IsArray()) {
    if (json.Size() != 2)
      fail(PDE_ERR_ARGUMENT, "{} is a list of {}, expected a pair: the lower and the upper side", where,
           json.Size());
    return {one(json[0]), one(json[1])};
  }
  if (json.IsObject() && (json_find(json, "low") || json_find(json, "high"))) {
    Sides sides;
    for (const auto &member : json.GetObject()) {
      const std::string_view key = json_text(member.name);
      if (key != "low" && key != "high")
        fail(PDE_ERR_ARGUMENT, "{} has the key \"{}\" beside low and high", where, key);
      (key == "low" ? sides.low : sides.high) = one(member.value);
    }
    return sides;
  }
  const Condition condition = parse_condition(json, where);
  return {condition, condition};
}

// ---- which condition holds where

/// The conditions per axis that a list means. One axis may be given by a bare pair.
std::vector<BoundaryConditions::Sides> BoundaryConditions::listed(const Grid &grid) const {
  const auto axes = static_cast<size_t>(grid.ndim());
  if (!is_list_ || list_.size() == axes) return list_;
  if (axes == 1 && list_.size() == 2) return {{list_[0].low, list_[1].high}};
  fail(PDE_ERR_ARGUMENT, "option {} is a list of {}, expected one entry for each of the {} axes of the grid",
       option_, list_.size(), axes);
}

BoundaryConditions::Found BoundaryConditions::find(const Grid &grid, const std::vector<Sides> &list, int axis,
                                                   bool upper) const {
  const std::vector<std::string> keys = side_keys(grid, axis, upper);
  const std::string where = fmt::format("option {} at side {}", option_, keys[1]);
  const auto of = [&](const Sides &sides) { return upper ? sides.high : sides.low; };
  std::optional<Condition> condition;
  if (is_list_) condition = of(list[static_cast<size_t>(axis)]);
  for (const std::string &key : keys) {
    const auto entry = by_key_.find(key);
    if (entry != by_key_.end() && !condition) condition = of(entry->second);
  }
  if (!condition && missing_ == Missing::auto_periodic_neumann)
    condition = parse_condition("auto_periodic_neumann", where);
  if (!condition) {
    fail(PDE_ERR_ARGUMENT, "{} is not given: it goes by {}, {}, {} or *", where, keys[1], keys[0], keys[2]);
  }
  if (condition->unless_periodic && grid.periodic(axis)) {
    condition->kind = Condition::Kind::periodic;
    condition->normal = false;
  }
  Found found{*condition, where};
  add_values(found, keys);
  return found;
}

/// The values that an option of their own gives for a side with these keys.
void BoundaryConditions::add_values(Found &found, const std::vector<std::string> &keys) const {
  auto &[condition, where] = found;
  for (const std::string &key : keys) {
    const auto values = values_.find(key);
    if (values == values_.end()) continue;
    if (condition.value)
      fail(PDE_ERR_ARGUMENT, "{} has a value, and option {}:{} gives another", where, option_, key);
    if (condition.is_periodic()) {
      fail(PDE_ERR_ARGUMENT, "{} is \"{}\", which takes no values, but option {}:{} gives some", where,
           condition.name, option_, key);
    }
    condition.value = {values->second, {}, true};
    check_finite(*condition.value, condition.kind == Condition::Kind::mixed, where);
    return;
  }
}

/// Every key is that of a side of the grid.
void BoundaryConditions::check_keys(const Grid &grid) const {
  std::vector<std::string> known;
  for (int axis = 0; axis < grid.ndim(); ++axis) {
    for (const bool upper : {false, true}) {
      const auto keys = side_keys(grid, axis, upper);
      known.insert(known.end(), keys.begin(), keys.end());
    }
  }
  const auto check = [&](const std::string &key, std::string_view separator) {
    if (std::find(known.begin(), known.end(), key) != known.end()) return;
    fail(PDE_ERR_ARGUMENT, "option {}{}{}: this {} has no such side, expected {}", option_, separator, key,
         grid.class_name(), known_keys(grid));
  };
  for (const auto &[key, sides] : by_key_) check(key, " at ");
  for (const auto &[key, values] : values_) check(key, ":");
}

void BoundaryConditions::check_periodic(const Grid &grid, int axis, const Found &low,
                                        const Found &high) const {
  for (const Found *side : {&low, &high}) {
    if (side->condition.is_periodic() == grid.periodic(axis)) continue;
    fail(PDE_ERR_ARGUMENT,
         "{} is \"{}\", but axis {} of the grid is {}periodic; \"auto_periodic_neumann\" goes with both",
         side->where, side->condition.name, grid.axis_name(axis), grid.periodic(axis) ? "" : "not ");
  }
  if (grid.periodic(axis) && low.condition.kind != high.condition.kind) {
    fail(PDE_ERR_ARGUMENT, "{} is \"{}\" and {} \"{}\", expected the same at both ends of a periodic axis",
         low.where, low.condition.name, high.where, high.condition.name);
  }
}

// ---- from conditions to ghosts

namespace {

/// The shapes that the numbers of a condition may have.
struct Expected {
  std::vector<int64_t> components, points;

  static int64_t product(const std::vector<int64_t> &shape) {
    int64_t count = 1;
    for (const int64_t length : shape) count *= length;
    return count;
  }
  std::vector<int64_t> both() const {
    std::vector<int64_t> shape = components;
    shape.insert(shape.end(), points.begin(), points.end());
    return shape;
  }
};

/// The numbers of one component at the points of a side.
class Look {
 public:
  Look(const ConditionNumbers &numbers, const Expected &expected, int64_t component, const std::string &where)
      : first_(numbers.values.data()) {
    const auto count = static_cast<int64_t>(numbers.values.size());
    const int64_t components = Expected::product(expected.components),
                  points = Expected::product(expected.points);
    if (numbers.flat ? count == 1 : numbers.shape.empty()) return;
    if (numbers.flat ? count == components : numbers.shape == expected.components) {
      first_ += component;
    } else if (numbers.flat ? count == components * points : numbers.shape == expected.both()) {
      first_ += component * points;
      step_ = 1;
    } else {
      refuse(numbers, expected, where);
    }
  }
  double at(int64_t point) const { return first_[point * step_]; }
  bool varies() const { return step_ != 0; }

 private:
  [[noreturn]] static void refuse(const ConditionNumbers &numbers, const Expected &expected,
                                  const std::string &where) {
    std::string shapes;
    if (!expected.components.empty())
      shapes += fmt::format(", {} (one per component)", shape_text(expected.components));
    if (!expected.points.empty()) {
      shapes += fmt::format(", {} (one per {}point of the side)", shape_text(expected.both()),
                            expected.components.empty() ? "" : "component and ");
    }
    const std::string given = numbers.flat ? fmt::format("{} values", numbers.values.size())
                                           : "values of shape " + shape_text(numbers.shape);
    fail(PDE_ERR_ARGUMENT, "{} has {}, expected a single number{}", where, given, shapes);
  }

  const double *first_;
  int64_t step_ = 0;
};

struct Affine {
  double factor, constant;
};

/// ghost = constant + factor * edge (+ what curvature adds) for a cell of this size.
Affine affine(const Condition &condition, double spacing, double value, double constant,
              const std::string &where) {
  switch (condition.kind) {
    case Condition::Kind::periodic:
      return {1, 0};
    case Condition::Kind::anti_periodic:
      return {-1, 0};
    case Condition::Kind::value:
      return {-1, 2 * value};
    case Condition::Kind::derivative:
      return {1, spacing * value};
    case Condition::Kind::curvature:
      return {2, spacing * spacing * value};
    case Condition::Kind::mixed:
      break;
  }
  if (std::isinf(spacing * value)) return {-1, 0};
  const double denominator = 2 + spacing * value;
  if (denominator == 0) {
    fail(PDE_ERR_ARGUMENT,
         "{} is \"{}\" with the value {}, which is -2 / {}, the cell size: no ghost cell meets it", where,
         condition.name, real_text(value), real_text(spacing));
  }
  return {(2 - spacing * value) / denominator, 2 * spacing * constant / denominator};
}

GhostRule rule_of(const Condition &condition, double spacing, const Expected &expected, int64_t component,
                  const std::string &where) {
  GhostRule rule;
  rule.source = condition.is_periodic() ? GhostRule::Source::other_end : GhostRule::Source::edge;
  if (condition.kind == Condition::Kind::curvature) rule.factor2 = -1;
  const ConditionNumbers zero;
  const Look value(condition.value ? *condition.value : zero, expected, component, where);
  const Look constant(condition.constant, expected, component, where);
  const auto at = [&](int64_t point) {
    const Affine result = affine(condition, spacing, value.at(point), constant.at(point), where);
    if (!std::isfinite(result.constant) || !std::isfinite(result.factor)) {
      const bool has_const = condition.kind == Condition::Kind::mixed;
      fail(PDE_ERR_ARGUMENT, "{} is \"{}\" with the value {}{}: too large for ghost cells", where,
           condition.name, real_text(value.at(point)),
           has_const ? " and const " + real_text(constant.at(point)) : std::string());
    }
    return result;
  };
  if (!value.varies() && !constant.varies()) {
    const Affine result = at(0);
    rule.factor = result.factor;
    rule.constant = result.constant;
    return rule;
  }
  for (int64_t point = 0; point < Expected::product(expected.points); ++point) {
    const Affine result = at(point);
    rule.factors.push_back(result.factor);
    rule.constants.push_back(result.constant);
  }
  return rule;
}

}  // namespace

Ghosts BoundaryConditions::bind(const Grid &grid, const WorkLayout &layout, int rank,
                                int64_t component) const {
  check_keys(grid);
  Ghosts ghosts(layout);
  const std::vector<Sides> list = listed(grid);
  const auto side_rule = [&](const Found &side, int axis) -> GhostRule {
    const Condition &condition = side.condition;
    if (condition.kind == Condition::Kind::curvature && grid.shape()[static_cast<size_t>(axis)] < 2) {
      fail(PDE_ERR_ARGUMENT, "{} is \"{}\", which needs two cells, but axis {} has one", side.where,
           condition.name, grid.axis_name(axis));
    }
    Expected expected;
    expected.components.assign(static_cast<size_t>(rank), grid.dimension());
    expected.points = grid.shape();
    expected.points.erase(expected.points.begin() + axis);
    int64_t which = component;
    if (condition.normal) {
      if (rank == 0)
        fail(PDE_ERR_ARGUMENT, "{} is \"{}\", which goes with vectors and tensors only", side.where,
             condition.name);
      if (component % grid.dimension() != axis) return {};
      expected.components.pop_back();
      which = component / grid.dimension();
    }
    return rule_of(condition, grid.spacing(axis), expected, which, side.where);
  };
  for (int axis = 0; axis < grid.ndim(); ++axis) {
    const Found low = find(grid, list, axis, false), high = find(grid, list, axis, true);
    check_periodic(grid, axis, low, high);
    ghosts.set(static_cast<size_t>(layout.first + axis), {side_rule(low, axis), side_rule(high, axis)});
  }
  return ghosts;
}

}  // namespace pde
