// Tables of numbers: a time and one value per column in each row. What the data tracker fills.
//
// One is kept in memory, or in a text file that grows by whole rows, so that others can follow it and a kill
// loses none. The JSON that py-pde writes cannot grow like that: its rows are kept in memory and written in
// the end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/storage.hpp"

namespace pde {

/// "mean, max": names that no reader of such files takes for anything else; PDE_ERR_ARGUMENT says which is
/// not.
std::vector<std::string> table_columns(std::string_view text);

class Table {
 public:
  virtual ~Table() = default;
  Table(const Table &) = delete;
  Table &operator=(const Table &) = delete;

  const std::vector<std::string> &columns() const { return columns_; }
  /// The file; empty for one in memory.
  const std::string &path() const { return path_; }

  /// A run begins, behind the rows that are there or without them, as the mode has it.
  void start();
  /// One more row, not before the last one in time; as many values as there are columns. Whole or not at all.
  void append(double time, std::span<const double> values);
  /// Drops the rows later than `time`. The run that starts next goes on behind the others, whatever the mode.
  void truncate_after(double time);
  /// A run ends. The next one goes on behind it, unless the mode is truncate.
  virtual void finish() = 0;

 protected:
  Table(std::vector<std::string> columns, std::string path, Mode mode);
  /// PDE_ERR_EXISTS for mode create if there are rows.
  void refuse_rows() const;
  Mode mode() const { return mode_; }

 private:
  virtual std::optional<double> last_time() const = 0;
  virtual void begin(bool keep) = 0;
  virtual void add(double time, std::span<const double> values) = 0;
  virtual void drop_after(double time) = 0;

  std::vector<std::string> columns_;
  std::string path_;
  Mode mode_;
  bool resumed_ = false;
};

class MemoryTable : public Table {
 public:
  explicit MemoryTable(std::vector<std::string> columns)
      : MemoryTable(std::move(columns), "", Mode::truncate) {}

  int64_t length() const { return static_cast<int64_t>(cells_.size()) / width(); }
  /// Numbers in a row: the time and the values.
  int64_t width() const { return 1 + static_cast<int64_t>(columns().size()); }
  /// Whole rows; `first` may be negative, counting from the end. `size`: numbers in out_rows.
  void read(int64_t first, int64_t count, double *out_rows, int64_t size) const;
  void finish() override {}

 protected:
  MemoryTable(std::vector<std::string> columns, std::string path, Mode mode)
      : Table(std::move(columns), std::move(path), mode) {}
  std::span<const double> row(int64_t index) const;
  std::optional<double> last_time() const override;
  void begin(bool keep) override;
  void add(double time, std::span<const double> values) override;
  void drop_after(double time) override;

 private:
  std::vector<double> cells_;  // row after row
};

enum class TableFormat { csv, jsonl, json };

/// A table in a file, in the words of storages: mode create refuses one that holds rows, now and not in the
/// middle of a run; nothing is dropped before `start`. Missing folders are made.
std::unique_ptr<Table> open_table_file(std::string path, TableFormat format, std::vector<std::string> columns,
                                       Mode mode);
std::unique_ptr<Table> open_row_table(std::string path, TableFormat format, std::vector<std::string> columns,
                                      Mode mode);
std::unique_ptr<Table> open_json_table(std::string path, std::vector<std::string> columns, Mode mode);

/// How numbers stand in the files: the shortest text that reads back the same, with a point or an exponent.
/// JSON has no others than finite ones: null. CSV has none for NaN, and inf, as pandas writes them.
std::string json_cell(double value);
std::string csv_cell(double value);

}  // namespace pde
