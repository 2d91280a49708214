// Shows how far the run has come: on a terminal one line that rewrites itself, elsewhere a plain line now and
// then.
//
// Without a schedule it goes by the clock, and neither needs the state nor keeps the solver from its step.

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/progress.hpp"
#include "tracker/tracker_kinds.hpp"

namespace pde {
namespace {

constexpr OptionSpec kOptions[] = {
    {"stream", OptionType::choice, "stderr", "stderr|stdout", "where to write"},
    {"interval", OptionType::real, "1", "0 -", "wall-clock seconds between two lines, at least"},
    {"ndigits", OptionType::integer, "", "0 15",
     "digits of the time behind its point; not set: five digits in all"},
    {"leave", OptionType::flag, "true", "", "leave the line on the terminal when the run is over"},
};

class ProgressTracker : public Tracker {
 public:
  ProgressTracker(SchedulePtr schedule, const ResolvedOptions &options)
      : Tracker(std::move(schedule)),
        line_(options.text("stream") == "stdout" ? stdout : stderr, options.real("interval")),
        leave_(options.flag("leave")) {
    if (options.has("ndigits")) digits_ = static_cast<int>(options.integer("ndigits"));
  }

  std::string name() const override { return "progress"; }
  bool needs_state() const override { return false; }

  void start(const StatePtr &, double t_start, double t_end) override {
    t_start_ = t_start;
    t_end_ = t_end;
    shown_t_ = t_start;
    line_.start();
    if (!schedule()) show(t_start);
  }

  void pass(double t) override {
    if (!schedule() && line_.due(fraction(t))) show(t);
  }

  Verdict handle(const StatePtr &, double t) override {
    show(t);
    return {};
  }

  void finish(const StatePtr &, const RunEnd &end) override {
    const bool shown =
        shown_t_ == end.t || (end.reached_end && ProgressLine::parts(100, fraction(shown_t_)) == 100);
    if (line_.on_terminal() || !shown) show(end.t);
    line_.end(leave_);
  }

 private:
  /// Of the way from start to end; 0 where the run has no end, 1 where it has no length.
  double fraction(double t) const {
    if (!std::isfinite(t_end_)) return 0;
    return t_end_ > t_start_ ? std::clamp((t - t_start_) / (t_end_ - t_start_), 0.0, 1.0) : 1;
  }

  void show(double t) {
    line_.show(fraction(t), fmt::format("t = {} of {}", time_text(t), time_text(t_end_)));
    shown_t_ = t;
  }

  std::string time_text(double t) const {
    return digits_ ? fmt::format("{:.{}f}", t, *digits_) : fmt::format("{:.5g}", t);
  }

  ProgressLine line_;
  bool leave_;
  std::optional<int> digits_;
  double t_start_ = 0, t_end_ = 0, shown_t_ = 0;
};

}  // namespace

constinit const TrackerKind kProgressTracker = {"progress", kOptions, make_tracker_of<ProgressTracker>};

}  // namespace pde
