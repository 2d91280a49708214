// Tables of numbers in files: their text, what a kill leaves of them, and going on behind their rows.
#include "tracker/table.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>

#include "base/json.hpp"
#include "base/numbers.hpp"
#include "support/expect_error.hpp"
#include "support/forwarding_ops.hpp"
#include "support/golden.hpp"
#include "support/temporary_folder.hpp"

namespace pde {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN(), kInf = HUGE_VAL;
constexpr TableFormat kFormats[] = {TableFormat::csv, TableFormat::jsonl, TableFormat::json};
const char *const kNames[] = {"table.csv", "table.jsonl", "table.json"};

void put(const std::string &path, const std::string &text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// A row per time, of values that tell it.
void add_rows(Table &table, std::initializer_list<double> times) {
  std::vector<double> values(table.columns().size());
  for (const double time : times) {
    for (size_t i = 0; i < values.size(); ++i) values[i] = 10 * time + static_cast<double>(i);
    table.append(time, values);
  }
}

class TableFile : public ::testing::TestWithParam<TableFormat> {
 protected:
  std::unique_ptr<Table> open(Mode mode, const char *columns = "mean,max") {
    return open_table_file(path, GetParam(), table_columns(columns), mode);
  }
  void record(std::initializer_list<double> times, Mode mode = Mode::create) {
    const auto table = open(mode);
    table->start();
    add_rows(*table, times);
    table->finish();
  }
  /// What a table of just these rows is.
  std::string text_of(std::initializer_list<double> times) {
    const std::string other = folder.file("other");
    const auto table = open_table_file(other, GetParam(), table_columns("mean,max"), Mode::truncate);
    table->start();
    add_rows(*table, times);
    table->finish();
    return test::bytes_of_file(other);
  }
  std::string text() const { return test::bytes_of_file(path); }

  test::TemporaryFolder folder;
  std::string path = folder.file(kNames[static_cast<int>(GetParam())]);
};
INSTANTIATE_TEST_SUITE_P(AllFormats, TableFile, ::testing::ValuesIn(kFormats), [](const auto &each) {
  return std::string(kNames[static_cast<int>(each.param)] + 6);
});

TEST_P(TableFile, TakesTheModesOfStorages) {
  record({0, 1});
  const std::string before = text();
  EXPECT_MESSAGE(PDE_ERR_EXISTS, open(Mode::create), path.c_str(), "up to time 1", "append");
  EXPECT_EQ(text(), before);
  record({1, 2}, Mode::append);
  EXPECT_EQ(text(), text_of({0, 1, 1, 2}));
  open(Mode::truncate);  // nothing is dropped before a run starts
  EXPECT_EQ(text(), text_of({0, 1, 1, 2}));
  record({0, 5}, Mode::truncate_once);
  EXPECT_EQ(text(), text_of({0, 5}));
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, open(Mode::readonly), "readonly");
  EXPECT_EQ(folder.names().size(), 2u);  // and "other"
}

TEST_P(TableFile, GoesOnInTheNextRun) {
  for (const Mode mode : {Mode::create, Mode::truncate_once, Mode::truncate}) {
    const auto table = open(mode);
    for (const double begin : {0.0, 2.0}) {
      table->start();
      add_rows(*table, {begin, begin + 1});
      table->finish();
    }
    EXPECT_EQ(text(), mode == Mode::truncate ? text_of({2, 3}) : text_of({0, 1, 2, 3}));
    std::filesystem::remove(path);
  }
}

TEST_P(TableFile, DropsWhatIsLaterThanATime) {
  for (const Mode mode : {Mode::append, Mode::truncate, Mode::truncate_once}) {
    for (const double last : {-1.0, 0.0, 0.5, 1.0, 2.0, 9.0}) {
      std::filesystem::remove(path);
      record({0, 1, 1, 2, 3});
      const auto table = open(mode);
      table->truncate_after(last);
      table->start();
      add_rows(*table, {10});
      table->finish();
      EXPECT_EQ(text(), last < 0   ? text_of({10})
                        : last < 1 ? text_of({0, 10})
                        : last < 2 ? text_of({0, 1, 1, 10})
                        : last < 3 ? text_of({0, 1, 1, 2, 10})
                                   : text_of({0, 1, 1, 2, 3, 10}))
          << last;
    }
  }
}

/// A row in between that is none: nothing is cut off, whatever comes next.
TEST_P(TableFile, LeavesAFileAloneInWhichItDoesNotFindATime) {
  if (GetParam() == TableFormat::json) return;
  record({0, 1, 2, 3});
  std::string broken = text();
  broken[broken.find(GetParam() == TableFormat::csv ? "\n2," : "\n{\"time\": 2") + 1] = '?';
  put(path, broken);
  const auto table = open(Mode::append);
  for (int i = 0; i < 2; ++i)
    EXPECT_MESSAGE(PDE_ERR_FORMAT, table->truncate_after(0.5), path.c_str(), "expected a row");
  table->start();
  table->finish();
  EXPECT_EQ(text(), broken);
}

TEST_P(TableFile, RefusesATimeBeforeTheLast) {
  record({0, 1});
  const auto table = open(Mode::append);
  table->start();
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, add_rows(*table, {0.5}), "time is 0.5, before 1", path.c_str());
  add_rows(*table, {1});
  table->finish();
  EXPECT_EQ(text(), text_of({0, 1, 1}));
}

TEST_P(TableFile, BelongsToOneTracker) {
  const auto table = open(Mode::create);
  EXPECT_MESSAGE(PDE_ERR_BUSY, open(Mode::append), path.c_str(), "another tracker");
  table->start();
  table->finish();
  open(Mode::append);
}

TEST_P(TableFile, LeavesOtherFilesAlone) {
  const std::string others[] = {"no table\n",
                                "time,mean,max\n0,1,2\n",
                                ",time,mean\n0,0.0,1.0\n",
                                ",time,mean,max\nx,0.0,1.0,2.0\n",
                                ",time,mean,max\n0,nan,1.0,2.0\n",
                                ",time,mean,max\n9223372036854775807,0.0,1.0,2.0\n",
                                "{\"time\": NaN, \"mean\": 1.0, \"max\": 2.0}\n",
                                "{\"time\": 1e999, \"mean\": 1.0, \"max\": 2.0}\n",
                                "{\"time\": 0.0, \"mean\": 1.0}\n",
                                "{\"time\": {\"0\": 0.0}, \"mean\": {}, \"max\": {\"0\": 0}}",
                                "{\"time\": {\"0\": null}, \"mean\": {\"0\": 1}, \"max\": {\"0\": 0}}",
                                "{\"time\": {\"0\": 0.0}, \"mean\": {\"0\": \"1\"}, \"max\": {\"0\": 0}}",
                                "\x89PNG\r\n",
                                "[1, 2]",
                                "{\"a\": 1}"};
  for (const std::string &other : others) {
    put(path, other);
    SCOPED_TRACE(other);
    for (const Mode mode : {Mode::append, Mode::create})
      EXPECT_MESSAGE(PDE_ERR_FORMAT, open(mode), path.c_str());
    EXPECT_EQ(text(), other);
  }
  put(path, "");
  record({0});
  EXPECT_EQ(text(), text_of({0}));
}

TEST_P(TableFile, SaysWhereItCannotBe) {
  EXPECT_MESSAGE(PDE_ERR_IO, open_table_file("/dev/null/a", GetParam(), {"a"}, Mode::create), "/dev/null/a");
  EXPECT_MESSAGE(PDE_ERR_IO, open_table_file("/proc/a", GetParam(), {"a"}, Mode::create), "/proc/a");
  if (GetParam() != TableFormat::json)
    EXPECT_MESSAGE(PDE_ERR_IO, open_table_file(folder.file(""), GetParam(), {"a"}, Mode::create),
                   "directory");
  path = folder.file("new/folder/table");
  record({0});
  EXPECT_EQ(text(), text_of({0}));
}

/// Rows of random numbers, of all sizes and signs, read back bit for bit.
TEST_P(TableFile, KeepsEveryNumber) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const auto any = [&] {
    const auto bits = random();
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return std::isfinite(value) ? value : static_cast<double>(bits % 1000);
  };
  std::vector<double> times, firsts;
  const auto table = open(Mode::create);
  table->start();
  for (int i = 0; i < 200; ++i) {
    times.push_back(i == 0 ? -1e-300 : std::nextafter(times.back() + 0.1 * i, kInf));
    firsts.push_back(any());
    table->append(times.back(), std::vector<double>{firsts.back(), any()});
  }
  table->finish();
  std::ifstream file(path);
  std::string line;
  if (GetParam() == TableFormat::csv) std::getline(file, line);
  const JsonDocument whole = GetParam() == TableFormat::json ? json_parse(text(), path) : JsonDocument();
  for (size_t i = 0; i < times.size(); ++i) {
    double time, first;
    if (GetParam() == TableFormat::csv) {
      std::getline(file, line);
      const size_t a = line.find(','), b = line.find(',', a + 1), c = line.find(',', b + 1);
      time = *parse_real(line.substr(a + 1, b - a - 1));
      first = *parse_real(line.substr(b + 1, c - b - 1));
    } else if (GetParam() == TableFormat::jsonl) {
      std::getline(file, line);
      const JsonDocument row = json_parse(line, path);
      time = row["time"].GetDouble(), first = row["mean"].GetDouble();
    } else {
      const std::string key = std::to_string(i);
      time = whole["time"][key].GetDouble(), first = whole["mean"][key].GetDouble();
    }
    EXPECT_EQ(time, times[i]);
    EXPECT_EQ(first, firsts[i]);
  }
}

/// The file ends anywhere in what one row would have made of it: the whole rows before are there.
TEST_P(TableFile, GoesOnBehindAnyTornRow) {
  if (GetParam() == TableFormat::json) return;  // never half a file
  record({0, 1, 2});
  const std::string whole = text(), before = text_of({0, 1});
  for (size_t size = 0; size < whole.size(); ++size) {
    put(path, whole.substr(0, size));
    record({7}, Mode::append);
    const auto rows = std::count(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size), '\n') -
                      (GetParam() == TableFormat::csv ? 1 : 0);
    EXPECT_EQ(text(), rows <= 0 ? text_of({7}) : rows == 1 ? text_of({0, 7}) : text_of({0, 1, 7})) << size;
  }
  put(path, before + std::string(10'000, '\0'));  // what a power cut may leave
  record({7}, Mode::append);
  EXPECT_EQ(text(), text_of({0, 1, 7}));
}

/// The n-th write takes `part` of what it is given, and the next ones nothing.
class FullDisk : public test::ForwardingOps {
 public:
  int64_t pwrite(int fd, const void *data, size_t size, int64_t offset) override {
    if (writes++ < last) return ForwardingOps::pwrite(fd, data, size, offset);
    if (part == 0 || writes > last + 1) return -ENOSPC;
    return ForwardingOps::pwrite(fd, data, std::min(part, size), offset);
  }
  int64_t writes = 0, last = INT64_MAX;
  size_t part = 0;
};

TEST_P(TableFile, HoldsWholeRowsWhenTheDiskIsFull) {
  if (GetParam() == TableFormat::json) return;
  FullDisk disk;
  for (const size_t part : {0, 3}) {
    disk.last = INT64_MAX;
    {
      const test::WithOps with(&disk);
      const auto table = open(Mode::truncate);
      table->start();
      add_rows(*table, {0, 1});
      disk.writes = 0, disk.last = 0, disk.part = part;
      EXPECT_MESSAGE(PDE_ERR_IO, add_rows(*table, {2}), "writing", path.c_str(), "No space left");
      disk.last = INT64_MAX;
      EXPECT_EQ(text(), text_of({0, 1}));
      add_rows(*table, {3});
      table->finish();
    }
    EXPECT_EQ(text(), text_of({0, 1, 3}));
  }
}

TEST(JsonTable, LeavesTheOldFileWhenTheDiskIsFull) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("table.json");
  put(path, "what was there");
  FullDisk disk;
  {
    const test::WithOps with(&disk);
    const auto table = open_table_file(path, TableFormat::json, {"a"}, Mode::truncate);
    table->start();
    add_rows(*table, {0});
    disk.last = 0;
    EXPECT_MESSAGE(PDE_ERR_IO, table->finish(), path.c_str(), "No space left");
  }
  EXPECT_EQ(test::bytes_of_file(path), "what was there");
  EXPECT_EQ(folder.names(), std::set<std::string>{"table.json"});
}

TEST(TableText, OfNumbersThatAreNone) {
  const test::TemporaryFolder folder;
  const char *const expected[] = {",time,a,b,c\n0,0.0,,inf,-inf\n",
                                  "{\"time\": 0.0, \"a\": null, \"b\": null, \"c\": null}\n",
                                  "{\"time\": {\"0\": 0.0}, \"a\": {\"0\": null}, \"b\": {\"0\": null}, "
                                  "\"c\": {\"0\": null}}\n"};
  for (const TableFormat format : kFormats) {
    const std::string path = folder.file(kNames[static_cast<int>(format)]);
    for (const Mode mode : {Mode::create, Mode::append}) {
      const auto table = open_table_file(path, format, table_columns("a,b,c"), mode);
      table->start();
      if (mode == Mode::create) table->append(0, std::vector<double>{kNan, kInf, -kInf});
      table->finish();
      EXPECT_EQ(test::bytes_of_file(path), expected[static_cast<int>(format)]);
    }
  }
}

TEST(TableText, NamesItsColumns) {
  EXPECT_EQ(table_columns(" mean ,max"), (std::vector<std::string>{"mean", "max"}));
  EXPECT_EQ(table_columns("\u00b5 x"), (std::vector<std::string>{"\u00b5 x"}));
  for (const char *text : {"", ",", "a,", ",a", "a,,b", " "})
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, table_columns(text), "columns is", "between its commas");
  for (const char *text : {"a\"b", "'a'", "a\nb", "a\tb", "a\\b"})
    EXPECT_MESSAGE(PDE_ERR_ARGUMENT, table_columns(text), "columns holds", "without quotes");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, table_columns("a,b, a"), "\"a\" twice");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, table_columns("a,time"), "\"time\"");
}

// ---- py-pde's files

std::vector<std::vector<double>> rows_of_csv(const std::string &text) {
  std::vector<std::vector<double>> rows;
  size_t at = text.find('\n') + 1;
  while (at < text.size()) {
    const size_t end = text.find('\n', at);
    auto &row = rows.emplace_back();
    for (std::string_view rest(text.data() + at, end - at); !rest.empty();) {
      const size_t comma = rest.find(',');
      row.push_back(*parse_real(rest.substr(0, comma)));
      rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
    }
    at = end + 1;
  }
  return rows;
}

/// The numbers of py-pde's files, written by us: the same bytes, but for integers, which we have none of, and
/// the digits that pandas leaves out of JSON (10 are kept).
TEST(TableText, IsThatOfPyPde) {
  const test::TemporaryFolder folder;
  const JsonDocument golden = golden_json("trackers.json");
  int files = 0;
  for (const JsonValue &each : golden["data_files"].GetArray()) {
    const std::string csv = each["csv"].GetString(), path = folder.file("table"),
                      columns = csv.substr(6, csv.find('\n') - 6);
    const auto rows = rows_of_csv(csv);
    ASSERT_EQ(rows.size(), 3u);
    for (const TableFormat format : {TableFormat::csv, TableFormat::json}) {
      const auto table = open_table_file(path, format, table_columns(columns), Mode::truncate);
      table->start();
      for (const auto &row : rows) table->append(row[1], std::span(row).subspan(2));
      table->finish();
      const std::string text = test::bytes_of_file(path);
      if (format == TableFormat::csv) {
        if (std::string_view(each["returns"].GetString()) == "list")
          EXPECT_EQ(rows_of_csv(text), rows);
        else
          EXPECT_EQ(text, csv);
        continue;
      }
      const JsonDocument ours = json_parse(text, path),
                         theirs = json_parse(each["json"].GetString(), "golden");
      ASSERT_EQ(ours.MemberCount(), theirs.MemberCount());
      for (const auto &column : theirs.GetObject()) {
        const JsonValue &cells = ours[column.name.GetString()];
        ASSERT_EQ(cells.MemberCount(), 3u);
        for (const auto &cell : column.value.GetObject())
          EXPECT_NEAR(cells[cell.name.GetString()].GetDouble(), cell.value.GetDouble(), 1e-10);
      }
    }
    ++files;
  }
  EXPECT_EQ(files, 3);
}

TEST(MemoryTable, ReadsRowsBack) {
  MemoryTable table(table_columns("mean,max"));
  table.start();
  add_rows(table, {0, 1, 2});
  std::vector<double> rows(6);
  table.read(1, 2, rows.data(), 6);
  EXPECT_EQ(rows, (std::vector<double>{1, 10, 11, 2, 20, 21}));
  table.read(-3, 1, rows.data(), 3);
  EXPECT_EQ(rows[0], 0);
  table.read(3, 0, nullptr, 0);
  EXPECT_MESSAGE(PDE_ERR_RANGE, table.read(2, 2, rows.data(), 6), "3 rows");
  EXPECT_MESSAGE(PDE_ERR_RANGE, table.read(-4, 1, rows.data(), 3), "first is -4");
  EXPECT_MESSAGE(PDE_ERR_RANGE, table.read(0, INT64_MAX, rows.data(), 6), "3 rows");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, table.read(0, -1, rows.data(), 0), "count is -1");
  EXPECT_MESSAGE(PDE_ERR_SHAPE, table.read(0, 2, rows.data(), 5), "expected 6");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, add_rows(table, {1.5}), "before 2");
  table.truncate_after(1);
  table.start();
  EXPECT_EQ(table.length(), 2);
  table.start();
  EXPECT_EQ(table.length(), 0);
}

}  // namespace
}  // namespace pde
