// Measures the state, and keeps what a function of the user has found in a table.

#include <algorithm>
#include <filesystem>
#include <limits>
#include <utility>

#include "tracker/table.hpp"
#include "tracker/tracker_kinds.hpp"

namespace pde {
namespace {

constexpr OptionSpec kOptions[] = {
    {"path", OptionType::text, "", "",
     "the file to write, row by row; not set: the table stays in memory, to be read back"},
    {"format", OptionType::choice, "", "csv|jsonl|json",
     "of the file; not set: by the ending of its name. csv, jsonl: one line per row; json: as py-pde writes "
     "it, "
     "once, at the end of the run"},
    {"mode", OptionType::choice, "create", "create|truncate_once|truncate|truncate_always|append",
     "what to do with a file that holds rows: create refuses it, append goes on behind them"},
    {"final", OptionType::flag, "false", "",
     "measure the last state of the run, too, unless it was due anyway"},
};

TableFormat format_of(const ResolvedOptions &options, const std::string &path) {
  std::string name = options.has("format") ? options.text("format") : "";
  if (name.empty()) {
    name = std::filesystem::path(path).extension().string();
    if (!name.empty()) name.erase(0, 1);
  }
  if (name == "csv") return TableFormat::csv;
  if (name == "jsonl") return TableFormat::jsonl;
  if (name == "json") return TableFormat::json;
  fail(PDE_ERR_ARGUMENT, "path is \"{}\", expected one that ends in .csv, .jsonl or .json, or option format",
       path);
}

std::unique_ptr<Table> make_table(std::string_view columns, const Options &given,
                                  const ResolvedOptions &options) {
  std::vector<std::string> names = table_columns(columns);
  if (options.has("path")) {
    const std::string &path = options.text("path");
    return open_table_file(path, format_of(options, path), std::move(names),
                           parse_mode(options.text("mode").c_str()));
  }
  for (const char *key : {"format", "mode"}) {
    if (given.values().contains(key))
      fail(PDE_ERR_ARGUMENT, "option {} is set, but path is not: a table in memory has none", key);
  }
  return std::make_unique<MemoryTable>(std::move(names));
}

class DataTracker : public Tracker {
 public:
  DataTracker(std::unique_ptr<Table> table, SchedulePtr schedule, Measure measure, bool final)
      : Tracker(schedule_or_default(std::move(schedule))),
        table_(std::move(table)),
        measure_(std::move(measure)),
        values_(table_->columns().size()),
        final_(final) {}

  std::string name() const override { return table_->path().empty() ? "data" : "data " + table_->path(); }
  const Table &table() const { return *table_; }

  void start(const StatePtr &, double, double) override {
    started_ = true;  // to be finished, also if this fails
    table_->start();
  }

  Verdict handle(const StatePtr &state, double t) override { return {record(state, t), {}}; }

  bool last(const StatePtr &state, const RunEnd &end) override {
    if (!final_ || end.handled) return false;
    record(state, end.t);
    return true;
  }

  void finish(const StatePtr &, const RunEnd &) override {
    if (std::exchange(started_, false)) table_->finish();
  }

  /// Each row is in the file as soon as it is there at all.
  void rewind(const TrackerState *, double t) override { table_->truncate_after(t); }

 private:
  /// Whether the run has reached its aim, with this row as its last.
  bool record(const StatePtr &state, double t) {
    std::fill(values_.begin(), values_.end(), std::numeric_limits<double>::quiet_NaN());
    const bool stop = measure_(state, t, values_);
    table_->append(t, values_);
    return stop;
  }

  std::unique_ptr<Table> table_;
  Measure measure_;
  std::vector<double> values_;
  bool final_;
  bool started_ = false;
};

}  // namespace

OptionTable data_tracker_options() {
  return kOptions;
}

TrackerPtr make_data_tracker(std::string_view columns, SchedulePtr schedule, Measure measure,
                             const Options &options) {
  const ResolvedOptions resolved(options, kOptions, "tracker:data");
  return std::make_shared<DataTracker>(make_table(columns, options, resolved), std::move(schedule),
                                       std::move(measure), resolved.flag("final"));
}

const MemoryTable &data_table(const Tracker &tracker) {
  const auto *data = dynamic_cast<const DataTracker *>(&tracker);
  if (!data)
    fail(PDE_ERR_ARGUMENT, "tracker is \"{}\", expected one of pde_tracker_create_data", tracker.name());
  if (!data->table().path().empty())
    fail(PDE_ERR_ARGUMENT, "the table is in the file {}, and only one without option path is in memory",
         data->table().path());
  return dynamic_cast<const MemoryTable &>(data->table());
}

}  // namespace pde
