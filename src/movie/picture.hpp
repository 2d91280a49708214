/* One figure to one file: PNG as pixels, SVG and PDF as shapes and text. */
#pragma once

#include <string>

#include "figure.hpp"

namespace pde::movie {

/* Throws MovieError(unsupported) naming the known endings. */
void check_picture_ending(const std::string &path);

void write_picture(const std::string &path, Figure &figure, const double *const *values, double time);

}  // namespace pde::movie
