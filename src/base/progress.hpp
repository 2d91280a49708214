// How far a long piece of work has come: the line that people watch, and what long calls tell.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "base/options.hpp"

namespace pde {

/// On a terminal one line that rewrites itself, elsewhere a plain line now and then.
class ProgressLine {
 public:
  /// `interval`: wall-clock seconds between two lines, at least.
  ProgressLine(FILE *stream, double interval) : stream_(stream), interval_(interval) {}

  void start();
  /// Whether it is time for a line. `done`: 0 to 1.
  bool due(double done) const;
  /// `where`: how far that is, in the words of the work, such as "t = 3 of 10".
  void show(double done, const std::string &where);
  /// `leave`: the line on the terminal, else it is wiped out.
  void end(bool leave = true);
  bool on_terminal() const { return terminal_; }
  /// Whole parts of `count` that are done, up to rounding.
  static int parts(int count, double done) { return static_cast<int>(count * done + 1e-6); }

 private:
  using Clock = std::chrono::steady_clock;
  double elapsed() const { return std::chrono::duration<double>(Clock::now() - began_).count(); }
  std::string line(double done, const std::string &where, double seconds) const;

  FILE *stream_;
  double interval_;
  bool terminal_ = false;
  Clock::time_point began_;
  double shown_ = 0, shown_seconds_ = 0;
  size_t width_ = 0;  // of the line on the terminal
};

inline constexpr OptionSpec kProgressOption = {"progress", OptionType::flag, "false", "",
                                               "draw a bar on stderr"};

/// What a long call tells of itself: to the callback of its options, and as a bar if option `progress` is
/// set.
class Progress {
 public:
  Progress() = default;  // silent
  /// `what`: "copying", for messages; `total`: steps.
  Progress(const ResolvedOptions &options, const char *what, int64_t total);
  ~Progress();
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  /// At most ten times a second, and at the end. Throws what the callback fails with; PDE_ERR_STATE if it
  /// cancels.
  void tell(int64_t done);

 private:
  using Clock = std::chrono::steady_clock;
  std::shared_ptr<ProgressTarget> target_;
  std::optional<ProgressLine> bar_;
  const char *what_ = "";
  int64_t total_ = 0;
  std::optional<Clock::time_point> told_;
};

}  // namespace pde
