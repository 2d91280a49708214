// Scripted recordings for tests that cut them off: what is recorded, which states of the series may be found
// afterwards, and looking at what is there, through libpde and through plain HDF5.
#pragma once

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace pde {
class Options;
class Storage;
}  // namespace pde

namespace crash {

/// One snapshot of a series as it is compared: of time, samples, and for libpde also metadata.
using Print = uint64_t;
using Series = std::vector<Print>;

struct Scenario {
  enum class Start { fresh, replace, extend, extend_pypde };
  std::string name;
  Start start = Start::fresh;
  std::string options;
  int appends = 12;
  int rows = 16, columns = 8;  // cells of a snapshot
  bool infos = false;
  bool truncates = false;  // twice on the way
  const char *mode() const;
};
inline void PrintTo(const Scenario &scenario, std::ostream *out) {
  *out << scenario.name << " (" << scenario.options << ")";
}

/// All of them: modes, threads, compression, sizes, commits.
std::vector<Scenario> scenarios(bool sync);

/// What a series is whose snapshots are appended one by one, and what does that: snapshot number `index`.
Series numbered_series(const Scenario &scenario, int64_t length);
void append_numbered(pde::Storage &storage, const Scenario &scenario, int64_t index);
pde::Options options_of(const std::string &text);

/// What the series is at some moment, and how much of it a kill must leave from then on.
struct Mark {
  Series series;
  int64_t committed = 0;
};

/// What the path holds before the run.
Series prepare(const Scenario &scenario, const std::string &path);
/// Records, and says what holds after each step.
void record(const Scenario &scenario, const std::string &path, const Series &before,
            const std::function<void(const Mark &)> &mark);

/// Whether a series may be found between these two moments.
bool is_allowed(const Series &found, const Mark &last, const Mark &next);

struct Found {
  enum class How { read, missing, unreadable };
  How how = How::unreadable;
  Series series;
  std::string problem;
};
/// Prints without metadata are compared where `with_infos` is false, as plain HDF5 sees the file.
Found look(const std::string &path, const char *mode = "readonly");
/// Rows whose samples cannot be read count as `unread`, and have the print 0.
Found look_with_hdf5(const std::string &path, int *out_unread);
/// What was not read is not wrong: taken to be as expected.
Series with_unread(Series found, const Series &expected);
/// The prints of plain HDF5 for a series of libpde's.
Print without_info(Print print);
Series without_infos(Series series);

/// Appends one snapshot, finishes, and looks at all of it in both ways; the problem, or nothing.
std::string go_on(const std::string &path, const Series &expected, int rows, int columns);

/// How much of a campaign is run: the environment variable, or what is given.
int64_t amount(const char *variable, int64_t otherwise);

}  // namespace crash
