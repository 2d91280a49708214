// Boundary conditions of a whole grid: which condition holds at which side.
//
// A text gives one condition for all sides, or an object with conditions per axis and side; bound to a grid
// it becomes rules for ghost cells (ghosts.hpp). What is said of no side, or of a side that the grid has not,
// is an error: a side that was misspelt would be simulated with another condition.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/options.hpp"
#include "solver/condition.hpp"
#include "solver/ghosts.hpp"

namespace pde {

class BoundaryConditions {
 public:
  /// What becomes of sides that an object does not mention.
  enum class Missing { refused, auto_periodic_neumann };

  /// `key` is an option with the text; options "KEY:SIDE" hold values along sides. PDE_ERR_ARGUMENT or
  /// PDE_ERR_UNSUPPORTED for what makes no sense on any grid.
  BoundaryConditions(const ResolvedOptions &options, std::string_view key, Missing missing);

  /// PDE_ERR_ARGUMENT for what does not go with this grid. `component` is one of a field of this rank.
  Ghosts bind(const Grid &grid, const WorkLayout &layout, int rank = 0, int64_t component = 0) const;

 private:
  struct Sides {
    std::optional<Condition> low, high;
  };
  struct Found {  // what holds at one side
    Condition condition;
    std::string where;
  };

  void parse(std::string_view text);
  void parse_object(const JsonValue &object);
  void parse_list(const JsonValue &list);
  Sides parse_axis(const JsonValue &json, const std::string &where) const;

  std::vector<Sides> listed(const Grid &grid) const;
  Found find(const Grid &grid, const std::vector<Sides> &list, int axis, bool upper) const;
  void add_values(Found &found, const std::vector<std::string> &keys) const;
  void check_keys(const Grid &grid) const;
  void check_periodic(const Grid &grid, int axis, const Found &low, const Found &high) const;

  std::string option_;
  Missing missing_;
  std::map<std::string, Sides, std::less<>> by_key_;  // "*": wherever nothing else is said
  std::vector<Sides> list_;                           // per axis, where it was given so
  bool is_list_ = false;
  std::map<std::string, std::vector<double>, std::less<>> values_;  // by side
};

}  // namespace pde
