// Rows of figures, and the JSON file that they end up in.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "measure.hpp"

namespace bench {

/// What `ratio` of a row is: median of ours over that of the baseline, ours less the baseline, or ours.
enum class Compared { ratio, difference, value };

struct Row {
  std::string name, unit, how;
  Compared compared = Compared::ratio;
  Turns turns;
  double wanted = 0;
  bool at_least = true;                                      // else at most
  bool holds_too = true;                                     // further conditions, which `how` names
  std::vector<std::pair<std::string, double>> numbers = {};  // further keys
  std::vector<std::pair<std::string, std::vector<double>>> series = {};

  double ratio() const;
  bool holds() const;
};

/// Keeps the file up to date with every row, so that a later failure loses none.
class Report {
 public:
  explicit Report(std::string path) : path_(std::move(path)) {}
  void add(Row row);

 private:
  void write() const;

  std::string path_;
  std::vector<Row> rows_;
};

}  // namespace bench
