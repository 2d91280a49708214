// Differential operators by themselves: applied to any field that fits, once boundaries and grid are bound.
//
// The equations have kernels of their own (rates.cpp), because they fuse what an operator gives with what
// becomes of it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/options.hpp"
#include "field/field.hpp"
#include "solver/formula.hpp"
#include "solver/ghosts.hpp"

namespace pde {

class Operator {
 public:
  /// PDE_ERR_ARGUMENT or PDE_ERR_UNSUPPORTED for names, options and boundary conditions.
  Operator(GridPtr grid, std::string_view name, const Options &options);

  /// out = operator(in). PDE_ERR_SHAPE, PDE_ERR_DTYPE, and PDE_ERR_ARGUMENT for an input without the symmetry
  /// that the grid asks for, or an output that shares memory with it.
  void apply(const Field &in, double time, Field &out);

 private:
  void check_factors() const;
  void check_ghosts() const;
  void check_field(const Field &field, int rank, const char *argument) const;
  void check_symmetries(const Field &in) const;
  void load(const Field &in, int part);
  void evaluate(const std::vector<FormulaTerm> &sum);
  void add(const FormulaTerm &term);

  GridPtr grid_;
  std::string name_;
  Formula formula_;
  WorkLayout layout_;
  std::vector<Ghosts> ghosts_;  // per component of the input
  std::vector<std::unique_ptr<WorkArray>> in_;
  std::unique_ptr<WorkArray> out_;
};

/// The table of "operator".
OptionTable operator_options();

}  // namespace pde
