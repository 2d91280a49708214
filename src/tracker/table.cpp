#include "tracker/table.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/numbers.hpp"

namespace pde {
namespace {

/// Characters with a meaning in one of the formats, or none to people.
bool is_plain(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '"' && c != '\'' && c != '\\';
}

void check_name(const std::string &name, std::string_view text, const std::vector<std::string> &before) {
  if (name.empty())
    fail(PDE_ERR_ARGUMENT, "columns is {}, expected names between its commas", json_quote(text));
  if (!std::all_of(name.begin(), name.end(), is_plain)) {
    fail(PDE_ERR_ARGUMENT, "columns holds {}, expected names without quotes, backslashes and line breaks",
         json_quote(name));
  }
  if (name == "time") fail(PDE_ERR_ARGUMENT, "columns holds \"time\", which each table has as its first");
  if (std::find(before.begin(), before.end(), name) != before.end())
    fail(PDE_ERR_ARGUMENT, "columns holds \"{}\" twice", name);
}

}  // namespace

std::vector<std::string> table_columns(std::string_view text) {
  std::vector<std::string> names;
  for (std::string_view rest = text;;) {
    const size_t comma = rest.find(',');
    std::string name(trimmed(rest.substr(0, comma)));
    check_name(name, text, names);
    names.push_back(std::move(name));
    if (comma == rest.npos) return names;
    rest.remove_prefix(comma + 1);
  }
}

std::string json_cell(double value) {
  return std::isfinite(value) ? json_number(value) : "null";
}

std::string csv_cell(double value) {
  if (std::isfinite(value)) return json_number(value);
  return std::isnan(value) ? "" : value > 0 ? "inf" : "-inf";
}

// ---- any table

Table::Table(std::vector<std::string> columns, std::string path, Mode mode)
    : columns_(std::move(columns)), path_(std::move(path)), mode_(mode) {
  if (mode_ == Mode::readonly) fail(PDE_ERR_ARGUMENT, "mode is readonly, but a table is there to be written");
}

void Table::refuse_rows() const {
  if (mode_ != Mode::create || resumed_ || !last_time()) return;
  fail(PDE_ERR_EXISTS, "{} holds rows up to time {}, which mode create never changes: use append or truncate",
       path_, real_text(*last_time()));
}

void Table::start() {
  refuse_rows();
  const bool fresh = mode_ == Mode::truncate || mode_ == Mode::truncate_once;
  begin(resumed_ || !fresh);
  resumed_ = false;
  if (mode_ != Mode::truncate) mode_ = Mode::append;
}

void Table::append(double time, std::span<const double> values) {
  if (const auto last = last_time(); last && !(time >= *last)) {
    fail(PDE_ERR_ARGUMENT, "time is {}, before {}, that of the last row{}", real_text(time), real_text(*last),
         path_.empty() ? "" : fmt::format(" in {}: use mode truncate, or resume the run", path_));
  }
  add(time, values);
}

void Table::truncate_after(double time) {
  drop_after(time);
  resumed_ = true;
}

std::unique_ptr<Table> open_table_file(std::string path, TableFormat format, std::vector<std::string> columns,
                                       Mode mode) {
  return format == TableFormat::json ? open_json_table(std::move(path), std::move(columns), mode)
                                     : open_row_table(std::move(path), format, std::move(columns), mode);
}

// ---- in memory

std::span<const double> MemoryTable::row(int64_t index) const {
  return std::span(cells_).subspan(static_cast<size_t>(index * width()), static_cast<size_t>(width()));
}

std::optional<double> MemoryTable::last_time() const {
  return cells_.empty() ? std::nullopt : std::optional(row(length() - 1)[0]);
}

void MemoryTable::begin(bool keep) {
  if (!keep) cells_.clear();
}

void MemoryTable::add(double time, std::span<const double> values) {
  std::vector<double> cells{time};
  cells.insert(cells.end(), values.begin(), values.end());
  cells_.insert(cells_.end(), cells.begin(), cells.end());
}

void MemoryTable::drop_after(double time) {
  while (!cells_.empty() && *last_time() > time) cells_.resize(cells_.size() - static_cast<size_t>(width()));
}

void MemoryTable::read(int64_t first, int64_t count, double *out_rows, int64_t size) const {
  if (count < 0) fail(PDE_ERR_ARGUMENT, "count is {}, expected at least 0", count);
  const int64_t begin = first < 0 ? first + length() : first;
  if (begin < 0 || begin > length() || count > length() - begin)
    fail(PDE_ERR_RANGE, "first is {} and count {}, but the table holds {} rows", first, count, length());
  if (size != count * width()) {
    fail(PDE_ERR_SHAPE, "size is {}, expected {}: {} rows of the time and {} values", size, count * width(),
         count, columns().size());
  }
  if (count == 0) return;
  const auto from = cells_.begin() + begin * width();
  std::copy(from, from + size, out_rows);
}

}  // namespace pde
