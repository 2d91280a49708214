// Reading tests/golden: its JSON, and the series of its HDF5 files by the HDF5 library alone, so that nothing
// of ours stands between the reference and the test.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"

namespace pde {

/// A JSON file of the folder.
JsonDocument golden_json(const std::string &name);
/// Numbers of an array; "inf" and "nan" may be texts.
std::vector<double> golden_numbers(const JsonValue &array);

struct GoldenSeries {
  std::vector<double> times;
  std::vector<std::vector<double>> frames;  // in C order
};
/// The datasets `times` and `data` of a file.
GoldenSeries golden_series(const std::string &name);

}  // namespace pde
