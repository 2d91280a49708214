// One boundary condition: what is said of one side of a grid, before it meets a grid.
//
// The words are those of py-pde: a name, or an object that names the condition and gives its numbers. How
// sides are named, and what becomes of a condition on a grid, is in boundary.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace pde {

/// Numbers in the shape in which they were given.
struct ConditionNumbers {
  std::vector<double> values{0};
  std::vector<int64_t> shape;  // empty: a single number, for all components and points
  bool flat = false;           // the shape is not known, only how many there are
};

struct Condition {
  enum class Kind { periodic, anti_periodic, value, derivative, mixed, curvature };

  Kind kind = Kind::derivative;
  bool normal = false;                    // says something of the component normal to the side only
  bool unless_periodic = false;           // "auto_periodic_": along periodic axes periodic instead
  std::string name;                       // as it was given
  std::optional<ConditionNumbers> value;  // mixed: gamma in d_n c + gamma c = const
  ConditionNumbers constant;

  bool is_periodic() const { return kind == Kind::periodic || kind == Kind::anti_periodic; }
};

/// A name alone: its numbers are 0. `where` begins the messages: PDE_ERR_ARGUMENT lists the known names,
/// PDE_ERR_UNSUPPORTED tells what serves instead of expressions.
Condition parse_condition(std::string_view name, std::string_view where);
/// A name, {"value": 2}, or {"type": "mixed", "value": 2, "const": 7}.
Condition parse_condition(const JsonValue &json, std::string_view where);
/// Whether an object says one condition, rather than one for each of several sides.
bool is_condition(const JsonValue &object);
/// PDE_ERR_ARGUMENT for numbers that are not finite, but for an infinite gamma.
void check_finite(const ConditionNumbers &numbers, bool may_be_infinite, std::string_view where);

}  // namespace pde
