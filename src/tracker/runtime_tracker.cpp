// Ends a run when it has taken so much time of the clock, as a success: what it has got by then is kept.
#include <chrono>

#include "base/duration.hpp"
#include "base/numbers.hpp"
#include "tracker/tracker_kinds.hpp"

namespace pde {
namespace {

constexpr OptionSpec kOptions[] = {
    {"max_runtime", OptionType::text, "", "",
     "wall-clock time of the run: a number of seconds, or a duration as 1h30m or 2:30:00"},
    {"before", OptionType::text, "0", "",
     "end so much earlier, for what comes after the run to fit into the time that a batch system gives"},
};

double seconds_of(const ResolvedOptions &options, const char *name) {
  if (!options.has(name)) fail(PDE_ERR_ARGUMENT, "option {} is not set, expected a duration", name);
  const std::string text = options.text(name);
  const auto number = parse_real(text), seconds = number ? number : parse_duration(text);
  if (!seconds || !(*seconds >= 0))
    fail(PDE_ERR_ARGUMENT,
         "option {} is \"{}\", expected a number of seconds or a duration as \"1h30m\" or \"2:30:00\", at "
         "least 0",
         name, text);
  return *seconds;
}

class RuntimeTracker : public Tracker {
 public:
  RuntimeTracker(SchedulePtr schedule, const ResolvedOptions &options)
      : Tracker(schedule ? std::move(schedule) : std::make_unique<StepSchedule>(1)),
        seconds_(seconds_of(options, "max_runtime")),
        before_(seconds_of(options, "before")) {
    if (before_ <= seconds_) return;
    fail(PDE_ERR_ARGUMENT, "option before is {}, expected at most max_runtime, {}", options.text("before"),
         options.text("max_runtime"));
  }

  std::string name() const override { return "runtime"; }
  bool needs_state() const override { return false; }

  void start(const StatePtr &, double, double) override { began_ = Clock::now(); }

  Verdict handle(const StatePtr &, double) override {
    const double passed = std::chrono::duration<double>(Clock::now() - began_).count();
    if (passed < seconds_ - before_) return {};
    return {true, fmt::format("Reached maximal runtime of {}", duration_text_micros(seconds_))};
  }

 private:
  using Clock = std::chrono::steady_clock;
  double seconds_, before_;
  Clock::time_point began_;
};

}  // namespace

constinit const TrackerKind kRuntimeTracker = {"runtime", kOptions, make_tracker_of<RuntimeTracker>};

}  // namespace pde
