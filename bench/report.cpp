#include "report.hpp"

#include <fmt/format.h>
#include <hdf5.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace bench {
namespace {

using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

/// "AMD EPYC, 2 cores, HDF5 1.10.8"
std::string machine() {
  std::string processor = "unknown processor", line;
  std::ifstream about("/proc/cpuinfo");
  while (std::getline(about, line))
    if (line.starts_with("model name")) processor = line.substr(line.find(':') + 2);
  unsigned major, minor, release;
  H5get_libversion(&major, &minor, &release);
  return fmt::format("{}, {} cores, HDF5 {}.{}.{}", processor, std::thread::hardware_concurrency(), major,
                     minor, release);
}

void put_text(Writer &out, const char *key, const std::string &value) {
  out.Key(key);
  out.String(value.c_str(), static_cast<rapidjson::SizeType>(value.size()));
}

void put_value(Writer &out, double value) {
  const std::string digits = fmt::format("{:.6g}", value);
  out.RawValue(digits.data(), digits.size(), rapidjson::kNumberType);
}

void put_number(Writer &out, const char *key, double value) {
  out.Key(key);
  put_value(out, value);
}

void put_samples(Writer &out, const char *key, const std::vector<double> &samples) {
  out.Key(key);
  out.StartArray();
  for (double sample : samples) put_value(out, sample);
  out.EndArray();
}

void put_row(Writer &out, const Row &row, const std::string &on) {
  constexpr const char *compared[] = {"ours / baseline", "ours - baseline", "ours"};
  out.StartObject();
  put_text(out, "name", row.name);
  put_text(out, "unit", row.unit);
  put_text(out, "how", row.how);
  put_text(out, "machine", on);
  put_samples(out, "samples", row.turns.ours);
  put_samples(out, "baseline_samples", row.turns.baseline);
  put_text(out, "compared", compared[static_cast<int>(row.compared)]);
  put_number(out, "ratio", row.ratio());
  put_number(out, "wanted", row.wanted);
  put_text(out, "wanted_is", row.at_least ? "at least" : "at most");
  out.Key("holds");
  out.Bool(row.holds());
  for (const auto &[key, value] : row.numbers) put_number(out, key.c_str(), value);
  for (const auto &[key, values] : row.series) put_samples(out, key.c_str(), values);
  out.EndObject();
}

}  // namespace

double Row::ratio() const {
  const double ours = median(turns.ours), baseline = median(turns.baseline);
  if (compared == Compared::value) return ours;
  if (compared == Compared::difference) return ours - baseline;
  return ours / baseline;
}

bool Row::holds() const {
  return holds_too && (at_least ? ratio() >= wanted : ratio() <= wanted);
}

void Report::add(Row row) {
  std::fprintf(stderr, "%s: %.4g (%s %.4g wanted)%s\n", row.name.c_str(), row.ratio(),
               row.at_least ? "at least" : "at most", row.wanted, row.holds() ? "" : ", does not hold");
  rows_.push_back(std::move(row));
  write();
}

void Report::write() const {
  rapidjson::StringBuffer text;
  Writer out(text);
  out.SetIndent(' ', 1);
  out.SetFormatOptions(rapidjson::kFormatSingleLineArray);
  const std::string on = machine();
  out.StartArray();
  for (const Row &row : rows_) put_row(out, row, on);
  out.EndArray();
  std::ofstream file(path_);
  file << text.GetString() << '\n';
  if (!file.flush()) throw std::runtime_error("cannot write " + path_);
}

}  // namespace bench
