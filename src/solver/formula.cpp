#include "solver/formula.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "field/field_description.hpp"
#include "solver/laplacian.hpp"

namespace pde {
namespace {

using Kind = FormulaTerm::Kind;
using Factors = std::vector<double>;

/// Collects the terms of a formula. Components are counted as in fields: T_ij has number i * dimension + j.
class Builder {
 public:
  Builder(const Grid &grid, FormulaOptions &options) : grid_(grid), options_(options) {}

  void ranks(int in, int out) {
    formula_.rank_in = in;
    formula_.rank_out = out;
    formula_.sums.resize(static_cast<size_t>(FieldDescription::components(out, grid_)));
  }
  Formula take() { return std::move(formula_); }

  const Grid &grid() const { return grid_; }
  FormulaOptions &options() { return options_; }
  size_t dim() const { return static_cast<size_t>(grid_.dimension()); }
  size_t at(size_t row, size_t column) const { return row * dim() + column; }

  void add(size_t out, Kind kind, size_t in, int axis, Factors factors, bool squared = false) {
    formula_.sums[out].push_back({kind, in, axis, std::move(factors), squared});
  }
  /// A function of the radius times u.
  template <class F>
  void add_value(size_t out, size_t in, const F &f) {
    add(out, Kind::value, in, 0, along_r(f));
  }
  /// factor times the first derivative along an axis: central, unless the method says otherwise.
  void add_derivative(size_t out, size_t in, int axis, std::string_view method = "central") {
    const double spacing = grid_.spacing(axis);
    if (method == "forward") return add(out, Kind::forward, in, axis, {1 / spacing});
    if (method == "backward") return add(out, Kind::backward, in, axis, {1 / spacing});
    add(out, Kind::central, in, axis, {0.5 / spacing});
  }
  void add_second_derivative(size_t out, size_t in, int axis) {
    const double spacing = grid_.spacing(axis);
    add(out, Kind::second, in, axis, {1 / (spacing * spacing)});
  }
  /// The Laplace operator along r as a difference of fluxes.
  void add_radial_fluxes(size_t out, size_t in) {
    RadialWeights weights(grid_);
    for (double &weight : weights.inner) weight = -weight;
    add(out, Kind::forward, in, 0, std::move(weights.outer));
    add(out, Kind::backward, in, 0, std::move(weights.inner));
  }

  template <class F>
  Factors along_r(const F &f) const {
    Factors factors;
    for (int64_t i = 0; i < grid_.shape()[0]; ++i) factors.push_back(f(grid_.centre(0, i)));
    return factors;
  }
  /// The same of the faces of a cell: their radii, and a third of the difference of the cubes.
  struct Shell {
    double inner, outer, volume;
  };
  template <class F>
  Factors along_shells(const F &f) const {
    const double half = grid_.spacing(0) / 2;
    return along_r([&](double r) {
      const double inner = r - half, outer = r + half;
      return f(Shell{inner, outer, (outer * outer * outer - inner * inner * inner) / 3});
    });
  }

  void require(std::initializer_list<Symmetry> symmetries) {
    if (options_.safe()) formula_.symmetries.insert(formula_.symmetries.end(), symmetries);
  }

 private:
  const Grid &grid_;
  FormulaOptions &options_;
  Formula formula_;
};

// ---- on all grids

void gradient_squared(Builder &b) {
  b.ranks(0, 0);
  const bool central = b.options().central();
  for (int axis = 0; axis < b.grid().ndim(); ++axis) {
    const double spacing = b.grid().spacing(axis), square = spacing * spacing;
    if (central) {
      b.add(0, Kind::central, 0, axis, {0.25 / square}, true);
    } else {
      b.add(0, Kind::forward, 0, axis, {0.5 / square}, true);
      b.add(0, Kind::backward, 0, axis, {0.5 / square}, true);
    }
  }
}

// ---- unit and Cartesian

void straight_laplace(Builder &b) {
  b.ranks(0, 0);
  const int ndim = b.grid().ndim();
  const double weight = ndim == 2 ? b.options().corner_weight() : 0;
  if (weight == 0) {
    for (int axis = 0; axis < ndim; ++axis) b.add_second_derivative(0, 0, axis);
    return;
  }
  double sum = 0;
  for (int axis = 0; axis < ndim; ++axis) {
    const double square = 1 / (b.grid().spacing(axis) * b.grid().spacing(axis));
    b.add(0, Kind::second, 0, axis, {(1 - weight) * square});
    sum += square;
  }
  b.add(0, Kind::corners, 0, 0, {0.25 * weight * sum});
}

void straight_gradient(Builder &b) {
  b.ranks(0, 1);
  for (size_t i = 0; i < b.dim(); ++i) b.add_derivative(i, 0, static_cast<int>(i), b.options().method());
}

void straight_divergence(Builder &b) {
  b.ranks(1, 0);
  for (size_t i = 0; i < b.dim(); ++i) b.add_derivative(0, i, static_cast<int>(i), b.options().method());
}

void straight_vector_gradient(Builder &b) {
  b.ranks(1, 2);
  for (size_t i = 0; i < b.dim(); ++i) {
    for (size_t j = 0; j < b.dim(); ++j)
      b.add_derivative(b.at(i, j), i, static_cast<int>(j), b.options().method());
  }
}

void straight_vector_laplace(Builder &b) {
  b.ranks(1, 1);
  for (size_t i = 0; i < b.dim(); ++i) {
    for (int axis = 0; axis < b.grid().ndim(); ++axis) b.add_second_derivative(i, i, axis);
  }
}

void straight_tensor_divergence(Builder &b) {
  b.ranks(2, 1);
  for (size_t i = 0; i < b.dim(); ++i) {
    for (size_t j = 0; j < b.dim(); ++j)
      b.add_derivative(i, b.at(i, j), static_cast<int>(j), b.options().method());
  }
}

// ---- polar: components r, phi

double inverse(double r) {
  return 1 / r;
}
double minus_inverse(double r) {
  return -1 / r;
}

void polar_laplace(Builder &b) {
  b.ranks(0, 0);
  b.add_radial_fluxes(0, 0);
}

void radial_gradient(Builder &b) {
  b.ranks(0, 1);
  b.add_derivative(0, 0, 0, b.options().method());
}

void polar_divergence(Builder &b) {
  b.ranks(1, 0);
  b.add_derivative(0, 0, 0);
  b.add_value(0, 0, inverse);
}

void polar_vector_gradient(Builder &b) {
  b.ranks(1, 2);
  b.add_derivative(b.at(0, 0), 0, 0);
  b.add_value(b.at(0, 1), 1, minus_inverse);
  b.add_derivative(b.at(1, 0), 1, 0);
  b.add_value(b.at(1, 1), 0, inverse);
}

void polar_tensor_divergence(Builder &b) {
  b.ranks(2, 1);
  b.add_derivative(0, b.at(0, 0), 0);
  b.add_value(0, b.at(0, 0), inverse);
  b.add_value(0, b.at(1, 1), minus_inverse);
  b.add_derivative(1, b.at(1, 0), 0);
  b.add_value(1, b.at(0, 1), inverse);
  b.add_value(1, b.at(1, 0), inverse);
}

// ---- spherical: components r, theta, phi

double twice_inverse(double r) {
  return 2 / r;
}
double minus_twice_inverse(double r) {
  return -2 / r;
}

void spherical_laplace(Builder &b) {
  b.ranks(0, 0);
  if (b.options().conservative(true)) return b.add_radial_fluxes(0, 0);
  const double spacing = b.grid().spacing(0);
  b.add_second_derivative(0, 0, 0);
  b.add(0, Kind::central, 0, 0, b.along_r([&](double r) { return 1 / (r * spacing); }));
}

/// (r+^2 a+ - r-^2 a-) / V, where a are sums or values of one component at the faces.
void add_area_fluxes(Builder &b, size_t out, size_t in, std::string_view method) {
  using Shell = Builder::Shell;
  const auto above = [](const Shell &s) { return s.outer * s.outer / s.volume; };
  const auto below = [](const Shell &s) { return s.inner * s.inner / s.volume; };
  const auto growth = [](const Shell &s) { return (s.outer * s.outer - s.inner * s.inner) / s.volume; };
  if (method == "forward") {
    b.add(out, Kind::forward, in, 0, b.along_shells(above));
    b.add(out, Kind::value, in, 0, b.along_shells(growth));
  } else if (method == "backward") {
    b.add(out, Kind::backward, in, 0, b.along_shells(below));
    b.add(out, Kind::value, in, 0, b.along_shells(growth));
  } else {
    b.add(out, Kind::sum_above, in, 0, b.along_shells([&](const Shell &s) { return above(s) / 2; }));
    b.add(out, Kind::sum_below, in, 0, b.along_shells([&](const Shell &s) { return -below(s) / 2; }));
  }
}

void spherical_divergence(Builder &b) {
  b.ranks(1, 0);
  b.require({{1, {}}});
  const std::string &method = b.options().method();
  if (b.options().conservative(true)) return add_area_fluxes(b, 0, 0, method);
  b.add_derivative(0, 0, 0, method);
  b.add_value(0, 0, twice_inverse);
}

void spherical_vector_gradient(Builder &b) {
  b.ranks(1, 2);
  b.require({{1, {}}, {2, {}}});
  b.add_derivative(b.at(0, 0), 0, 0, b.options().method());
  b.add_value(b.at(1, 1), 0, inverse);
  b.add_value(b.at(2, 2), 0, inverse);
}

void spherical_tensor_divergence(Builder &b) {
  b.ranks(2, 1);
  const size_t rr = b.at(0, 0), r_theta = b.at(0, 1), r_phi = b.at(0, 2), theta_r = b.at(1, 0),
               phi_r = b.at(2, 0), phi_phi = b.at(2, 2);
  b.require({{r_theta, {}}, {b.at(1, 1), phi_phi}, {b.at(2, 1), b.at(1, 2), -1}});
  if (b.options().conservative(false)) {
    b.require({{r_phi, {}}, {theta_r, {}}, {phi_r, {}}});
    add_area_fluxes(b, 0, rr, "central");
    b.add(0, Kind::value, phi_phi, 0, b.along_shells([](const Builder::Shell &s) {
      return -(s.outer * s.outer - s.inner * s.inner) / s.volume;
    }));
    return;
  }
  b.add_derivative(0, rr, 0);
  b.add_value(0, rr, twice_inverse);
  b.add_value(0, phi_phi, minus_twice_inverse);
  b.add_derivative(1, theta_r, 0);
  b.add_value(1, theta_r, twice_inverse);
  b.add_derivative(2, phi_r, 0);
  b.add_value(2, phi_r, twice_inverse);
  b.add_value(2, r_phi, inverse);
}

void spherical_tensor_double_divergence(Builder &b) {
  using Shell = Builder::Shell;
  b.ranks(2, 0);
  const size_t rr = b.at(0, 0), phi_phi = b.at(2, 2);
  b.require({{b.at(0, 1), b.at(1, 0), -1}, {b.at(1, 1), phi_phi}});
  const double spacing = b.grid().spacing(0);
  if (b.options().conservative(true)) {
    const auto outer = [](const Shell &s) { return s.outer / s.volume; };
    const auto inner = [](const Shell &s) { return s.inner / s.volume; };
    const auto minus = [](const auto &f) { return [&f](const Shell &s) { return -f(s); }; };
    b.add_radial_fluxes(0, rr);
    b.add(0, Kind::sum_above, rr, 0, b.along_shells(outer));
    b.add(0, Kind::sum_below, rr, 0, b.along_shells(minus(inner)));
    b.add(0, Kind::sum_above, phi_phi, 0, b.along_shells(minus(outer)));
    b.add(0, Kind::sum_below, phi_phi, 0, b.along_shells(inner));
    return;
  }
  const auto twice_inverse_square = [](double r) { return 2 / (r * r); };
  b.add_second_derivative(0, rr, 0);
  b.add(0, Kind::central, rr, 0, b.along_r([&](double r) { return 2 / (r * spacing); }));
  b.add_value(0, rr, twice_inverse_square);
  b.add_value(0, phi_phi, [&](double r) { return -twice_inverse_square(r); });
  b.add(0, Kind::central, phi_phi, 0, b.along_r([&](double r) { return -1 / (r * spacing); }));
}

// ---- cylindrical: components r, z, phi

void cylindrical_laplace(Builder &b) {
  b.ranks(0, 0);
  b.add_radial_fluxes(0, 0);
  b.add_second_derivative(0, 0, 1);
}

void cylindrical_gradient(Builder &b) {
  b.ranks(0, 1);
  b.add_derivative(0, 0, 0);
  b.add_derivative(1, 0, 1);
}

void cylindrical_divergence(Builder &b) {
  b.ranks(1, 0);
  b.add_derivative(0, 0, 0);
  b.add_value(0, 0, inverse);
  b.add_derivative(0, 1, 1);
}

void cylindrical_vector_gradient(Builder &b) {
  b.ranks(1, 2);
  for (size_t i = 0; i < 3; ++i) {
    b.add_derivative(b.at(i, 0), i, 0);
    b.add_derivative(b.at(i, 1), i, 1);
  }
  b.add_value(b.at(0, 2), 2, minus_inverse);
  b.add_value(b.at(2, 2), 0, inverse);
}

void cylindrical_vector_laplace(Builder &b) {
  b.ranks(1, 1);
  for (size_t i = 0; i < 3; ++i) {
    b.add_radial_fluxes(i, i);
    b.add_second_derivative(i, i, 1);
    if (i != 1) b.add_value(i, i, [](double r) { return -1 / (r * r); });
  }
}

void cylindrical_tensor_divergence(Builder &b) {
  b.ranks(2, 1);
  for (size_t i = 0; i < 3; ++i) {
    b.add_derivative(i, b.at(i, 0), 0);
    b.add_derivative(i, b.at(i, 1), 1);
    b.add_value(i, b.at(i, 0), inverse);
  }
  b.add_value(0, b.at(2, 2), minus_inverse);
  b.add_value(2, b.at(0, 2), inverse);
}

// ---- names

struct Entry {
  std::string_view name;
  void (*build)(Builder &);
};
constexpr Entry kStraight[] = {
    {"laplace", straight_laplace},
    {"gradient", straight_gradient},
    {"gradient_squared", gradient_squared},
    {"divergence", straight_divergence},
    {"vector_gradient", straight_vector_gradient},
    {"vector_laplace", straight_vector_laplace},
    {"tensor_divergence", straight_tensor_divergence},
};
constexpr Entry kPolar[] = {
    {"laplace", polar_laplace},
    {"gradient", radial_gradient},
    {"gradient_squared", gradient_squared},
    {"divergence", polar_divergence},
    {"vector_gradient", polar_vector_gradient},
    {"tensor_divergence", polar_tensor_divergence},
};
constexpr Entry kSpherical[] = {
    {"laplace", spherical_laplace},
    {"gradient", radial_gradient},
    {"gradient_squared", gradient_squared},
    {"divergence", spherical_divergence},
    {"vector_gradient", spherical_vector_gradient},
    {"tensor_divergence", spherical_tensor_divergence},
    {"tensor_double_divergence", spherical_tensor_double_divergence},
};
constexpr Entry kCylindrical[] = {
    {"laplace", cylindrical_laplace},
    {"gradient", cylindrical_gradient},
    {"gradient_squared", gradient_squared},
    {"divergence", cylindrical_divergence},
    {"vector_gradient", cylindrical_vector_gradient},
    {"vector_laplace", cylindrical_vector_laplace},
    {"tensor_divergence", cylindrical_tensor_divergence},
};
constexpr std::span<const Entry> kAll[] = {kStraight, kPolar, kSpherical, kCylindrical};

std::span<const Entry> entries_of(const Grid &grid) {
  switch (grid.geometry()) {
    case Grid::Geometry::polar:
      return kPolar;
    case Grid::Geometry::spherical:
      return kSpherical;
    case Grid::Geometry::cylindrical:
      return kCylindrical;
    default:
      return kStraight;
  }
}

const Entry *find_entry(std::span<const Entry> entries, std::string_view name) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const Entry &entry) { return entry.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

/// "d_dx", "d_dx_forward", "d_dx_backward", "d2_dx2" for each axis; false: none of them.
bool build_derivative(Builder &b, std::string_view name) {
  for (int axis = 0; axis < b.grid().ndim(); ++axis) {
    const std::string x = b.grid().axis_name(axis), first = "d_d" + x;
    const bool is_second = name == "d2_d" + x + "2";
    if (!is_second && name != first && name != first + "_forward" && name != first + "_backward") continue;
    b.ranks(0, 0);
    if (is_second) {
      b.add_second_derivative(0, 0, axis);
    } else {
      b.add_derivative(0, 0, axis, name.substr(std::min(name.size(), first.size() + 1)));
    }
    return true;
  }
  return false;
}

[[noreturn]] void refuse_name(const Grid &grid, std::string_view name) {
  std::string known;
  for (const Entry &entry : entries_of(grid)) known += fmt::format("\"{}\", ", entry.name);
  const std::string x = grid.axis_name(0);
  known += fmt::format("\"d_d{0}\", \"d_d{0}_forward\", \"d_d{0}_backward\", \"d2_d{0}2\"", x);
  if (grid.ndim() > 1) known += " (and along its other axes)";
  const bool elsewhere = std::any_of(std::begin(kAll), std::end(kAll),
                                     [&](const auto &entries) { return find_entry(entries, name); });
  if (elsewhere)
    fail(PDE_ERR_UNSUPPORTED, "name is \"{}\", which a {} has not; it has {}", name, grid.class_name(),
         known);
  fail(PDE_ERR_ARGUMENT, "name is \"{}\", expected that of an operator; a {} has {}", name, grid.class_name(),
       known);
}

}  // namespace

Formula make_formula(const Grid &grid, std::string_view name, FormulaOptions &options) {
  Builder builder(grid, options);
  if (const Entry *entry = find_entry(entries_of(grid), name)) {
    entry->build(builder);
  } else if (!build_derivative(builder, name)) {
    refuse_name(grid, name);
  }
  return builder.take();
}

}  // namespace pde
