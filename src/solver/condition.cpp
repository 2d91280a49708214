#include "solver/condition.hpp"

#include <cmath>

#include "base/error.hpp"
#include "base/numbers.hpp"

namespace pde {
namespace {

struct Name {
  std::string_view text;
  Condition::Kind kind;
  bool normal = false;
};
constexpr Name kNames[] = {
    {"value", Condition::Kind::value},
    {"dirichlet", Condition::Kind::value},
    {"derivative", Condition::Kind::derivative},
    {"neumann", Condition::Kind::derivative},
    {"mixed", Condition::Kind::mixed},
    {"robin", Condition::Kind::mixed},
    {"curvature", Condition::Kind::curvature},
    {"second_derivative", Condition::Kind::curvature},
    {"extrapolate", Condition::Kind::curvature},
    {"periodic", Condition::Kind::periodic},
    {"anti-periodic", Condition::Kind::anti_periodic},
    {"normal_value", Condition::Kind::value, true},
    {"normal_dirichlet", Condition::Kind::value, true},
    {"dirichlet_normal", Condition::Kind::value, true},
    {"normal_derivative", Condition::Kind::derivative, true},
    {"normal_neumann", Condition::Kind::derivative, true},
    {"neumann_normal", Condition::Kind::derivative, true},
    {"normal_mixed", Condition::Kind::mixed, true},
    {"normal_robin", Condition::Kind::mixed, true},
    {"normal_curvature", Condition::Kind::curvature, true},
};
constexpr std::string_view kAuto = "auto_periodic_";

const Name *find_name(std::string_view text) {
  for (const Name &name : kNames) {
    if (name.text == text) return &name;
  }
  return nullptr;
}

/// Conditions of py-pde that are formulas or functions.
bool is_expression(std::string_view name) {
  return name == "user" || name == "virtual_point" || name.ends_with("_expression") ||
         name.ends_with("_expr");
}

[[noreturn]] void refuse_expression(std::string_view text, std::string_view where) {
  fail(PDE_ERR_UNSUPPORTED,
       "{} has \"{}\": expressions are not evaluated; give a number, or a list with one number per point of "
       "the boundary",
       where, text);
}

[[noreturn]] void refuse_name(std::string_view text, std::string_view where) {
  if (is_expression(text)) refuse_expression(text, where);
  std::string known;
  for (const Name &name : kNames) known += fmt::format("\"{}\", ", name.text);
  fail(PDE_ERR_ARGUMENT, "{} has \"{}\", expected the name of a boundary condition: {}or \"{}\" before one",
       where, text, known, kAuto);
}

/// Appends the numbers of `json` in C order; `shape` is that of the first entries, which the others share.
void collect(const JsonValue &json, size_t depth, ConditionNumbers &into, std::string_view where) {
  if (json.IsArray()) {
    const auto length = static_cast<int64_t>(json.Size());
    if (depth == into.shape.size() && into.values.empty()) into.shape.push_back(length);
    if (depth >= into.shape.size()) fail(PDE_ERR_ARGUMENT, "{} has numbers and lists inside one list", where);
    if (into.shape[depth] != length)
      fail(PDE_ERR_ARGUMENT, "{} has lists of different lengths inside one list", where);
    for (const JsonValue &entry : json.GetArray()) collect(entry, depth + 1, into, where);
    return;
  }
  if (depth != into.shape.size()) fail(PDE_ERR_ARGUMENT, "{} has numbers and lists inside one list", where);
  if (json.IsNumber()) return into.values.push_back(json.GetDouble());
  if (!json.IsString()) fail(PDE_ERR_ARGUMENT, "{} has a value that is neither a number nor a list", where);
  const auto number = parse_real(trimmed(json_text(json)));
  if (!number) refuse_expression(json_text(json), where);
  into.values.push_back(*number);
}

ConditionNumbers parse_numbers(const JsonValue &json, std::string_view where) {
  ConditionNumbers numbers;
  numbers.values.clear();
  collect(json, 0, numbers, where);
  if (numbers.values.empty()) fail(PDE_ERR_ARGUMENT, "{} has an empty list of values", where);
  return numbers;
}

/// The condition that an object names, by `type` or by a key; and the key of its value.
std::pair<Condition, std::string_view> named_condition(const JsonValue &object, std::string_view where) {
  if (const JsonValue *type = json_find(object, "type")) {
    if (!type->IsString()) fail(PDE_ERR_ARGUMENT, "{} has a type that is no text", where);
    return {parse_condition(json_text(*type), where), "value"};
  }
  std::string_view found;
  for (const auto &member : object.GetObject()) {
    const std::string_view key = json_text(member.name);
    if (key == "const") continue;
    if (!find_name(key)) refuse_name(key, where);
    if (!found.empty())
      fail(PDE_ERR_ARGUMENT, "{} has both \"{}\" and \"{}\", expected one condition", where, found, key);
    found = key;
  }
  if (found.empty()) fail(PDE_ERR_ARGUMENT, "{} has no condition, only \"const\"", where);
  return {parse_condition(found, where), found};
}

}  // namespace

bool is_condition(const JsonValue &object) {
  for (const auto &member : object.GetObject()) {
    const std::string_view key = json_text(member.name);
    if (key == "type" || key == "const" || find_name(key) || is_expression(key)) return true;
  }
  return false;
}

void check_finite(const ConditionNumbers &numbers, bool may_be_infinite, std::string_view where) {
  for (const double number : numbers.values) {
    if (std::isfinite(number) || (may_be_infinite && std::isinf(number))) continue;
    fail(PDE_ERR_ARGUMENT, "{} has the value {}, expected {}", where, real_text(number),
         may_be_infinite ? "a number" : "a finite number");
  }
}

Condition parse_condition(std::string_view name, std::string_view where) {
  Condition condition;
  condition.name = name;
  condition.unless_periodic = name.starts_with(kAuto);
  const Name *found = find_name(condition.unless_periodic ? name.substr(kAuto.size()) : name);
  if (!found) refuse_name(name, where);
  condition.kind = found->kind;
  condition.normal = found->normal;
  return condition;
}

Condition parse_condition(const JsonValue &json, std::string_view where) {
  if (json.IsString()) return parse_condition(json_text(json), where);
  if (!json.IsObject()) {
    fail(PDE_ERR_ARGUMENT, "{} is neither the name of a condition nor an object like {{\"value\": 2}}",
         where);
  }
  auto [condition, value_key] = named_condition(json, where);
  for (const auto &member : json.GetObject()) {
    const std::string_view key = json_text(member.name);
    if (key == "type") continue;
    if (key != value_key && key != "const")
      fail(PDE_ERR_ARGUMENT, "{} has the key \"{}\", expected type, value or const", where, key);
    if (key == "const" && condition.kind != Condition::Kind::mixed)
      fail(PDE_ERR_ARGUMENT, "{} has \"const\", which goes with \"mixed\" only", where);
    if (condition.is_periodic()) {
      if (member.value.IsNull() || member.value.IsTrue()) continue;
      fail(PDE_ERR_ARGUMENT, "{} has a value for \"{}\", which takes none", where, condition.name);
    }
    ConditionNumbers numbers = parse_numbers(member.value, where);
    check_finite(numbers, key != "const" && condition.kind == Condition::Kind::mixed, where);
    if (key == "const") {
      condition.constant = std::move(numbers);
    } else {
      condition.value = std::move(numbers);
    }
  }
  return condition;
}

}  // namespace pde
