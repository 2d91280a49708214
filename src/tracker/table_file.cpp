// Tables in text files that grow row by row: CSV and JSON lines.
//
// A row is written by one call, behind the last whole row. What a kill or a full disk has left of one does
// not count as a row, and the next one is written over it. Only the beginning and the last rows are ever
// read.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/numbers.hpp"
#include "storage/hdf5/series_path.hpp"
#include "tracker/own_file.hpp"
#include "tracker/table.hpp"

namespace pde {
namespace {

// ---- rows of text

/// What a file holds, for a message: it may be anything.
std::string quoted(std::string_view bytes) {
  std::string text(bytes.substr(0, 100));
  for (char &c : text) c = c >= 0x20 && c < 0x7f ? c : c == '\n' ? ' ' : '?';
  return "\"" + text + "\"";
}

struct RowKey {
  int64_t index;
  double time;
};

/// What makes CSV of a table, or JSON lines.
class RowFormat {
 public:
  explicit RowFormat(std::span<const std::string> columns) : columns_(columns) {}
  virtual ~RowFormat() = default;
  RowFormat(const RowFormat &) = delete;
  RowFormat &operator=(const RowFormat &) = delete;

  virtual std::string header() const = 0;  // with its line end; may be empty
  /// Of each such file, for messages, and whether a file begins so, or with a part of that.
  virtual std::string beginning() const = 0;
  virtual bool begins(std::string_view text) const = 0;
  virtual std::string row(RowKey key, std::span<const double> values) const = 0;
  /// Of a row without its line end; nothing: it is none of such a table.
  virtual std::optional<RowKey> key_of(std::string_view line) const = 0;

 protected:
  std::span<const std::string> columns_;
};

class CsvFormat : public RowFormat {
 public:
  using RowFormat::RowFormat;

  std::string header() const override { return fmt::format(",time,{}\n", fmt::join(columns_, ",")); }

  std::string beginning() const override { return header(); }
  bool begins(std::string_view text) const override {
    const std::string same = header();
    return same.starts_with(text.substr(0, same.size()));
  }

  std::string row(RowKey key, std::span<const double> values) const override {
    std::string line = fmt::format("{},{}", key.index, csv_cell(key.time));
    for (const double value : values) line += "," + csv_cell(value);
    return line + "\n";
  }

  std::optional<RowKey> key_of(std::string_view line) const override {
    if (std::count(line.begin(), line.end(), ',') != static_cast<int64_t>(columns_.size()) + 1)
      return std::nullopt;
    const size_t comma = line.find(',');
    const auto index = parse_integer(line.substr(0, comma));
    line.remove_prefix(comma + 1);
    const auto time = parse_real(line.substr(0, line.find(',')));
    const bool sound = index && *index >= 0 && *index < INT64_MAX && time && std::isfinite(*time);
    return sound ? std::optional(RowKey{*index, *time}) : std::nullopt;
  }
};

class JsonLinesFormat : public RowFormat {
 public:
  using RowFormat::RowFormat;

  std::string header() const override { return ""; }

  std::string beginning() const override { return R"({"time": )"; }
  /// A number behind it: the JSON of py-pde begins alike.
  bool begins(std::string_view text) const override {
    const std::string same = beginning();
    if (text.size() <= same.size()) return same.starts_with(text);
    const char next = text[same.size()];
    return text.starts_with(same) && (next == '-' || (next >= '0' && next <= '9'));
  }

  std::string row(RowKey key, std::span<const double> values) const override {
    std::string line = fmt::format(R"({{"time": {})", json_cell(key.time));
    for (size_t i = 0; i < values.size(); ++i)
      line += fmt::format(", {}: {}", json_quote(columns_[i]), json_cell(values[i]));
    return line + "}\n";
  }

  std::optional<RowKey> key_of(std::string_view line) const override {
    try {
      const JsonDocument object = json_parse(line, "a row");
      if (!object.IsObject() || object.MemberCount() != columns_.size() + 1) return std::nullopt;
      for (const std::string &name : columns_) {
        if (!json_find(object, name)) return std::nullopt;
      }
      const JsonValue *time = json_find(object, "time");
      const bool sound = time && time->IsNumber() && std::isfinite(time->GetDouble());
      return sound ? std::optional(RowKey{0, time->GetDouble()}) : std::nullopt;
    } catch (const Error &) {
      return std::nullopt;
    }
  }
};

class RowFile final : public Table {
 public:
  RowFile(std::string path, TableFormat format, std::vector<std::string> columns, Mode mode)
      : Table(std::move(columns), std::move(path), mode), target_(resolved_path(this->path())) {
    if (format == TableFormat::csv)
      format_ = std::make_unique<CsvFormat>(this->columns());
    else
      format_ = std::make_unique<JsonLinesFormat>(this->columns());
    open(mode == Mode::create || mode == Mode::append);
    refuse_rows();
  }

  void finish() override {
    if (file_) close_file(file_, path());
  }

 private:
  std::optional<double> last_time() const override {
    return last_ ? std::optional(last_->time) : std::nullopt;
  }

  /// `look`: whether what is there is to be kept.
  void open(bool look) {
    file_ = open_alone(target_, path());
    looked_ = false;
    end_ = 0;
    last_.reset();
    if (look) find_last();
  }

  void begin(bool keep) override {
    if (!file_) open(keep);
    if (keep && !looked_) find_last();
    if (!keep) {
      end_ = 0;
      last_.reset();
    }
    cut();
    looked_ = true;
    if (end_ == 0) write(format_->header());
  }

  void add(double time, std::span<const double> values) override {
    const RowKey key{last_ ? last_->index + 1 : 0, time};
    write(format_->row(key, values));
    last_ = key;
  }

  void drop_after(double time) override {
    if (!file_) open(true);
    if (!looked_) find_last();
    looked_ = false;  // until this has come to its end
    while (last_ && last_->time > time) {
      end_ = line_before(end_).begin;
      read_last();
    }
    cut();
    looked_ = true;
  }

  struct Line {
    int64_t begin;
    std::string text;  // without its end
  };

  int64_t size() const {
    FileStatus status;
    const int result = file_ops().status(file_.get(), &status);
    if (result < 0) fail_io("reading", path(), result);
    return status.size;
  }

  std::string read(int64_t offset, int64_t size) const {
    std::string text(static_cast<size_t>(size), '\0');
    const int64_t got = read_fully(file_ops(), file_.get(), text.data(), text.size(), offset);
    if (got < 0) fail_io("reading", path(), got);
    text.resize(static_cast<size_t>(got));
    return text;
  }

  /// Where the last line of the file's first `end` bytes begins that does not end there: behind a line end.
  int64_t line_begin(int64_t end) const {
    constexpr int64_t kBlock = 4096;
    while (end > 0) {
      const int64_t from = std::max<int64_t>(0, end - kBlock);
      const size_t found = read(from, end - from).rfind('\n');
      if (found != std::string::npos) return from + static_cast<int64_t>(found) + 1;
      end = from;
    }
    return 0;
  }

  /// The whole line that ends at `end`, behind a line end.
  Line line_before(int64_t end) const {
    const int64_t begin = line_begin(end - 1);
    return {begin, read(begin, end - 1 - begin)};
  }

  /// What is there already: whole rows of these columns, or nothing.
  void find_last() {
    const int64_t size = this->size();
    const std::string expected = format_->beginning();
    const std::string found = read(0, std::min(size, static_cast<int64_t>(expected.size()) + 1));
    if (!format_->begins(found)) {
      fail(PDE_ERR_FORMAT, "{} begins with {}, expected {}: it is left as it is", path(), quoted(found),
           quoted(expected));
    }
    end_ = line_begin(size);
    read_last();
    looked_ = true;
  }

  void read_last() {
    last_.reset();
    if (end_ <= static_cast<int64_t>(format_->header().size())) return;
    const Line line = line_before(end_);
    last_ = format_->key_of(line.text);
    if (!last_) {
      fail(PDE_ERR_FORMAT, "{} holds {} at byte {}, expected a row of time, {}: it is left as it is", path(),
           quoted(line.text), line.begin, fmt::join(columns(), ", "));
    }
  }

  /// Drops what is behind the last whole row.
  void cut() {
    if (size() <= end_) return;
    if (const int result = file_ops().truncate(file_.get(), end_); result < 0)
      fail_io("truncating", path(), result);
  }

  void write(const std::string &text) {
    const int64_t result = write_fully(file_ops(), file_.get(), text.data(), text.size(), end_);
    if (result < 0) {
      file_ops().truncate(file_.get(), end_);  // half a row, if that can be undone
      fail_io("writing", path(), result);
    }
    end_ += static_cast<int64_t>(text.size());
  }

  std::string target_;  // whatever becomes of the working directory
  std::unique_ptr<RowFormat> format_;
  Descriptor file_;
  bool looked_ = false;  // end_ and last_ are those of the file
  int64_t end_ = 0;      // of the last whole row
  std::optional<RowKey> last_;
};

}  // namespace

std::unique_ptr<Table> open_row_table(std::string path, TableFormat format, std::vector<std::string> columns,
                                      Mode mode) {
  return std::make_unique<RowFile>(std::move(path), format, std::move(columns), mode);
}

}  // namespace pde
