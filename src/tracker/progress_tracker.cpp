// Shows how far the run has come: on a terminal one line that rewrites itself, elsewhere a plain line now and
// then.
//
// Without a schedule it goes by the clock, and neither needs the state nor keeps the solver from its step.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "base/numbers.hpp"
#include "tracker/tracker_kinds.hpp"

namespace pde {
namespace {

constexpr OptionSpec kOptions[] = {
    {"stream", OptionType::choice, "stderr", "stderr|stdout", "where to write"},
    {"interval", OptionType::real, "1", "0 -", "wall-clock seconds between two lines, at least"},
};

constexpr int kBarWidth = 30;
constexpr int kPlainParts = 10;       // plain lines: for every tenth of the run …
constexpr double kPlainSeconds = 30;  // … and every half a minute

class ProgressTracker : public Tracker {
 public:
  ProgressTracker(SchedulePtr schedule, const ResolvedOptions &options)
      : Tracker(std::move(schedule)),
        stream_(options.text("stream") == "stdout" ? stdout : stderr),
        interval_(options.real("interval")) {}

  std::string name() const override { return "progress"; }
  bool needs_state() const override { return false; }

  void start(const StatePtr &, double t_start, double t_end) override {
    terminal_ = isatty(fileno(stream_)) == 1;
    began_ = Clock::now();
    t_start_ = t_start;
    t_end_ = t_end;
    shown_seconds_ = 0;
    shown_t_ = t_start;
    width_ = 0;
    if (!schedule()) show(t_start, 0);
  }

  void pass(double t) override {
    if (schedule()) return;
    const double seconds = elapsed();
    if (seconds - shown_seconds_ < interval_) return;
    const bool worth_a_line =
        parts(kPlainParts, t) > parts(kPlainParts, shown_t_) || seconds - shown_seconds_ >= kPlainSeconds;
    if (terminal_ || worth_a_line) show(t, seconds);
  }

  Verdict handle(const StatePtr &, double t) override {
    show(t, elapsed());
    return {};
  }

  void finish(const StatePtr &, const RunEnd &end) override {
    const bool shown = shown_t_ == end.t || (end.reached_end && parts(100, shown_t_) == 100);
    if (terminal_ || !shown) show(end.t, elapsed());
    if (!terminal_) return;
    std::fputc('\n', stream_);
    std::fflush(stream_);
  }

 private:
  using Clock = std::chrono::steady_clock;

  double elapsed() const { return std::chrono::duration<double>(Clock::now() - began_).count(); }

  /// Of the way from start to end; 0 where the run has no end, 1 where it has no length.
  double fraction(double t) const {
    if (!std::isfinite(t_end_)) return 0;
    return t_end_ > t_start_ ? std::clamp((t - t_start_) / (t_end_ - t_start_), 0.0, 1.0) : 1;
  }

  /// Of so many parts of the way, those that are done, up to rounding.
  int parts(int count, double t) const { return static_cast<int>(count * fraction(t) + 1e-6); }

  std::string remaining(double done, double seconds) const {
    if (done <= 0) return "?";
    return duration_text(seconds * (1 - done) / done);
  }

  std::string line(double t, double seconds) const {
    const double done = fraction(t);
    const std::string where = fmt::format("{:3} %  t = {:.5g} of {:.5g}", parts(100, t), t, t_end_);
    if (!terminal_) {
      return fmt::format("{}  elapsed {}  remaining {}", where, duration_text(seconds),
                         remaining(done, seconds));
    }
    const auto filled = static_cast<size_t>(parts(kBarWidth, t));
    return fmt::format("[{}{}] {}  {} < {}", std::string(filled, '#'), std::string(kBarWidth - filled, '.'),
                       where, duration_text(seconds), remaining(done, seconds));
  }

  void show(double t, double seconds) {
    std::string text = line(t, seconds);
    const size_t length = text.size();
    if (terminal_) {
      // Blanks cover the rest of a longer line before it; no escape codes.
      if (length < width_) text.append(width_ - length, ' ');
      text.insert(0, "\r");
      width_ = length;
    } else {
      text += '\n';
    }
    std::fputs(text.c_str(), stream_);
    std::fflush(stream_);
    shown_seconds_ = seconds;
    shown_t_ = t;
  }

  FILE *stream_;
  double interval_;
  bool terminal_ = false;
  Clock::time_point began_;
  double t_start_ = 0, t_end_ = 0, shown_t_ = 0, shown_seconds_ = 0;
  size_t width_ = 0;  // of the line on the terminal
};

}  // namespace

OptionTable progress_tracker_options() {
  return kOptions;
}

TrackerPtr make_progress_tracker(SchedulePtr schedule, const Options &options) {
  const ResolvedOptions resolved(options, kOptions, "tracker:progress");
  return std::make_shared<ProgressTracker>(std::move(schedule), resolved);
}

std::string duration_text(double seconds) {
  constexpr double kLongest = 1e9 * 86400;  // Python's, about
  const auto whole = static_cast<int64_t>(std::clamp(seconds, 0.0, kLongest));
  const int64_t days = whole / 86400;
  const std::string clock = fmt::format("{}:{:02}:{:02}", whole / 3600 % 24, whole / 60 % 60, whole % 60);
  return days == 0 ? clock : fmt::format("{} day{}, {}", days, days == 1 ? "" : "s", clock);
}

}  // namespace pde
