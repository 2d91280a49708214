// The movie module, loaded at first use and kept, and what its two users share: figures described in its
// terms.
//
// libav and Cairo pull in over a hundred libraries, which a solver that writes HDF5 must not pay for.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/options.hpp"
#include "field/field.hpp"
#include "movie/movie_module.h"

namespace pde {

/// PDE_ERR_UNSUPPORTED that says which file is missing, or does not fit.
const pde_movie_module &movie_module();
const pde_movie_host &movie_host();
/// Throws what a function of the module has answered.
void check_movie(int32_t status, const pde_movie_message &message);

/// Rows that the tables of movies and pictures share.
inline constexpr OptionSpec kFigureOptions[] = {
    {"dpi", OptionType::real, "100", "10 1200", "pixels per inch: the size of letters and lines"},
    {"width", OptionType::integer, "0", "0 16384", "of the picture in pixels; 0: 6.4 inches"},
    {"height", OptionType::integer, "0", "0 16384", "of the picture in pixels; 0: 4.8 inches"},
    {"vmin", OptionType::real, "", "", "lower limit of colours or of the value axis; not set: from the data"},
    {"vmax", OptionType::real, "", "", "upper limit of colours or of the value axis; not set: from the data"},
    {"title", OptionType::text, "", "", "text above the picture; {time}, {time:g} and {index} are replaced"},
};

/// Panels for fields of one description: real scalars (or a collection of such) on one or two axes, else
/// PDE_ERR_UNSUPPORTED.
class Figure {
 public:
  Figure(const FieldDescription &description, const ResolvedOptions &options, std::string path);
  Figure(const Figure &) = delete;
  Figure &operator=(const Figure &) = delete;

  const std::vector<pde_movie_panel> &panels() const { return panels_; }
  pde_movie_settings &settings() { return settings_; }
  void set_title(std::string title);
  /// Several curves in the one panel of a 1-D scalar, with their labels for the legend.
  void set_curves(std::vector<std::string> labels);
  /// Samples as the module takes them: float64, one array per panel.
  std::vector<std::vector<double>> values(const Field &field) const;

 private:
  FieldDescription description_;
  std::string path_, title_;
  std::vector<std::string> labels_;
  std::vector<const char *> curve_labels_;
  std::vector<pde_movie_panel> panels_;
  pde_movie_settings settings_{};
};

std::vector<const double *> pointers(const std::vector<std::vector<double>> &arrays);

}  // namespace pde
