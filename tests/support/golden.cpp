#include "support/golden.hpp"

#include <gtest/gtest.h>
#include <hdf5.h>

#include <fstream>
#include <sstream>

#include "base/numbers.hpp"

namespace pde {
namespace {

std::string golden_path(const std::string &name) {
  return std::string(PDE_GOLDEN_DIR "/") + name;
}

std::vector<double> read_doubles(hid_t file, const char *name) {
  const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
  const hid_t space = H5Dget_space(dataset);
  std::vector<double> values(static_cast<size_t>(H5Sget_simple_extent_npoints(space)));
  EXPECT_GE(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0) << name;
  H5Sclose(space);
  H5Dclose(dataset);
  return values;
}

}  // namespace

JsonDocument golden_json(const std::string &name) {
  std::ifstream file(golden_path(name));
  EXPECT_TRUE(file.good()) << golden_path(name);
  std::stringstream text;
  text << file.rdbuf();
  return json_parse(text.str(), name);
}

std::vector<double> golden_numbers(const JsonValue &array) {
  std::vector<double> numbers;
  for (const JsonValue &entry : array.GetArray()) {
    numbers.push_back(entry.IsString() ? parse_real(json_text(entry)).value() : entry.GetDouble());
  }
  return numbers;
}

GoldenSeries golden_series(const std::string &name) {
  GoldenSeries series;
  const hid_t file = H5Fopen(golden_path(name).c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  EXPECT_GE(file, 0) << golden_path(name);
  if (file < 0) return series;
  series.times = read_doubles(file, "times");
  const std::vector<double> data = read_doubles(file, "data");
  const size_t size = data.size() / series.times.size();
  for (auto at = data.begin(); at != data.end(); at += static_cast<std::ptrdiff_t>(size)) {
    series.frames.emplace_back(at, at + static_cast<std::ptrdiff_t>(size));
  }
  H5Fclose(file);
  return series;
}

}  // namespace pde
