// Tables in the JSON of py-pde, one object per column: {"time": {"0": 0.0, "1": 0.5}, "mean": {…}}.
//
// Such a text cannot grow at its end. So the rows stay in memory, and the file is written when a run is over:
// as PATH.tmp, which then takes the name, so there is never half a file.

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/numbers.hpp"
#include "storage/hdf5/series_path.hpp"
#include "tracker/own_file.hpp"
#include "tracker/table.hpp"

namespace pde {
namespace {

/// A file that takes its name when it is complete.
class Replacement {
 public:
  Replacement(const std::string &target, const std::string &named)
      : target_(target), named_(named), file_(open_alone(temporary(), named)) {
    if (const int result = file_ops().truncate(file_.get(), 0); result < 0)
      fail_io("writing", named_, result);
  }
  ~Replacement() {
    if (file_) file_ops().unlink(temporary());
  }
  Replacement(const Replacement &) = delete;
  Replacement &operator=(const Replacement &) = delete;

  void publish(const std::string &text) {
    const int64_t result = write_fully(file_ops(), file_.get(), text.data(), text.size(), 0);
    if (result < 0) fail_io("writing", named_, result);
    if (const int renamed = file_ops().rename(temporary(), target_); renamed < 0)
      fail_io("writing", named_, renamed);
    close_file(file_, named_);
  }

 private:
  std::string temporary() const { return target_ + ".tmp"; }

  std::string target_, named_;
  Descriptor file_;
};

class JsonFile final : public MemoryTable {
 public:
  JsonFile(std::string path, std::vector<std::string> columns, Mode mode)
      : MemoryTable(std::move(columns), std::move(path), mode), target_(resolved_path(this->path())) {
    open();
    refuse_rows();
  }

  void finish() override {
    const auto file = std::exchange(file_, nullptr);
    if (file) file->publish(text());
  }

 private:
  void open() {
    file_ = std::make_unique<Replacement>(target_, path());
    if (mode() == Mode::create || mode() == Mode::append) load();
  }

  void begin(bool keep) override {
    if (!file_) open();
    MemoryTable::begin(keep);
  }

  void drop_after(double time) override {
    if (!file_) open();
    if (length() == 0) load();
    MemoryTable::drop_after(time);
  }

  std::string text() const {
    std::string text = "{";
    for (size_t column = 0; column <= columns().size(); ++column) {
      text += fmt::format("{}{}: {{", column == 0 ? "" : ", ",
                          column == 0 ? "\"time\"" : json_quote(columns()[column - 1]));
      for (int64_t i = 0; i < length(); ++i)
        text += fmt::format("{}\"{}\": {}", i == 0 ? "" : ", ", i, json_cell(row(i)[column]));
      text += "}";
    }
    return text + "}\n";
  }

  [[noreturn]] void fail_format() const {
    fail(PDE_ERR_FORMAT, "{} is no table of time, {}: it is left as it is", path(),
         fmt::join(columns(), ", "));
  }

  void load() {
    MemoryTable::begin(false);
    const std::string text = old_text();
    if (trimmed(text).empty()) return;
    const JsonDocument table = json_parse(text, path());
    if (!table.IsObject() || table.MemberCount() != columns().size() + 1) fail_format();
    std::vector<std::vector<double>> values{column(table, "time")};
    for (const std::string &name : columns()) values.push_back(column(table, name));
    for (const auto &each : values) {
      if (each.size() != values[0].size()) fail_format();
    }
    std::vector<double> cells(columns().size());
    for (size_t i = 0; i < values[0].size(); ++i) {
      for (size_t k = 0; k < cells.size(); ++k) cells[k] = values[k + 1][i];
      add(values[0][i], cells);
    }
  }

  std::vector<double> column(const JsonValue &table, const std::string &name) const {
    const JsonValue *cells = json_find(table, name);
    if (!cells || !cells->IsObject()) fail_format();
    std::vector<double> values;
    for (const auto &cell : cells->GetObject()) {
      if (!cell.value.IsNumber() && !cell.value.IsNull()) fail_format();
      values.push_back(cell.value.IsNull() ? std::numeric_limits<double>::quiet_NaN()
                                           : cell.value.GetDouble());
      if (name == "time" && !std::isfinite(values.back())) fail_format();
    }
    return values;
  }

  std::string old_text() const {
    FileOps &ops = file_ops();
    const Descriptor old(ops, ops.open(target_, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0));
    if (old.get() == -ENOENT) return "";
    if (!old) fail_io("opening", path(), old.get());
    std::string text;
    std::array<char, 65536> block{};
    for (;;) {
      const int64_t got =
          read_fully(ops, old.get(), block.data(), block.size(), static_cast<int64_t>(text.size()));
      if (got < 0) fail_io("reading", path(), got);
      text.append(block.data(), static_cast<size_t>(got));
      if (got < static_cast<int64_t>(block.size())) return text;
    }
  }

  std::string target_;
  std::unique_ptr<Replacement> file_;  // while a run may write to it
};

}  // namespace

std::unique_ptr<Table> open_json_table(std::string path, std::vector<std::string> columns, Mode mode) {
  return std::make_unique<JsonFile>(std::move(path), std::move(columns), mode);
}

}  // namespace pde
