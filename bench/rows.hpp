// The groups of rows, one function each; every one adds what it measured to the report.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "report.hpp"

namespace bench {

struct Settings {
  std::string folder = ".";  // for the files, on a memory file system
  bool quick = false;        // sizes of a smoke test
  int64_t length = 2000;     // snapshots of a long recording
  int rounds = 5;
  int64_t peak_bytes = 20'000'000'000;

  std::string file(const std::string &name) const { return folder + '/' + name; }
  int64_t count(int64_t full, int64_t quick_count) const { return quick ? quick_count : full; }
};

/// A file that is gone with its scope: the memory it takes is shared with everything else.
class ScratchFile {
 public:
  explicit ScratchFile(std::string path) : path_(std::move(path)) {}
  ~ScratchFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  ScratchFile(const ScratchFile &) = delete;
  ScratchFile &operator=(const ScratchFile &) = delete;
  const std::string &path() const { return path_; }
  double bytes() const { return static_cast<double>(std::filesystem::file_size(path_)); }

 private:
  std::string path_;
};

void append_rows(const Settings &, Report &);
void felt_row(const Settings &, Report &);
void raw_row(const Settings &, Report &);
void small_row(const Settings &, Report &);
void commits_row(const Settings &, Report &);
void read_rows(const Settings &, Report &);
void memory_rows(const Settings &, Report &);
void length_row(const Settings &, Report &);
void idle_row(const Settings &, Report &);
void peak_rows(const Settings &, Report &);
void load_rows(const Settings &, Report &);
void flatness_rows(const Settings &, Report &);

/// What the child processes of peak_rows and flatness_rows do: they print figures.
int print_peak(const std::string &what, const std::string &folder, int64_t bytes);
int print_growth(const std::string &what, const std::string &folder, int64_t length);

}  // namespace bench
