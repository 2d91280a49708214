// Trackers that judge the state: whether it is finite, holds what it held, or has come to rest.
#include <cmath>
#include <complex>
#include <limits>
#include <optional>
#include <vector>

#include "base/json.hpp"
#include "base/numbers.hpp"
#include "base/progress.hpp"
#include "field/field_math.hpp"
#include "field/nonfinite.hpp"
#include "tracker/tracker_kinds.hpp"

namespace pde {
namespace {

/// About once in a second of the clock, py-pde's default where looking takes time.
SchedulePtr schedule_or_second(SchedulePtr schedule) {
  return schedule ? std::move(schedule) : std::make_unique<RealtimeSchedule>(1);
}

// ---- consistency

class ConsistencyTracker : public Tracker {
 public:
  ConsistencyTracker(SchedulePtr schedule, const ResolvedOptions &)
      : Tracker(schedule_or_second(std::move(schedule))) {}

  std::string name() const override { return "consistency"; }

  Verdict handle(const StatePtr &state, double t) override {
    if (const auto found = find_nonfinite(*state)) {
      constexpr const char *kReason = "Field was not finite";
      throw Unsound(
          fmt::format("{}: sample {} of component {} is {}{} at t = {}", kReason, found->cell, found->row,
                      real_text(found->re), found->im == 0 ? "" : fmt::format(" + {}i", real_text(found->im)),
                      real_text(t)),
          kReason);
    }
    return {};
  }
};

// ---- material

constexpr OptionSpec kMaterialOptions[] = {
    {"atol", OptionType::real, "1e-4", "0 -", "how far the mean of a field may be off"},
    {"rtol", OptionType::real, "1e-4", "0 -", "how far it may be off, relative to what it was at the start"},
};

class MaterialTracker : public Tracker {
 public:
  MaterialTracker(SchedulePtr schedule, const ResolvedOptions &options)
      : Tracker(schedule_or_default(std::move(schedule))),
        atol_(options.real("atol")),
        rtol_(options.real("rtol")) {}

  std::string name() const override { return "material_conservation"; }

  void start(const StatePtr &state, double, double) override {
    before_ = field_statistic(*state, "magnitude");
  }

  Verdict handle(const StatePtr &state, double t) override {
    const std::vector<double> now = field_statistic(*state, "magnitude");
    std::string fields, detail;
    for (size_t i = 0; i < now.size(); ++i) {
      if (std::fabs(now[i] - before_[i]) <= atol_ + rtol_ * std::fabs(before_[i])) continue;
      fields += fmt::format("{}{}", fields.empty() ? "" : " ", i);
      detail += fmt::format("{}{} instead of {}", detail.empty() ? "" : ", ", real_text(now[i]),
                            real_text(before_[i]));
    }
    if (fields.empty()) return {};
    const bool collection = state->description().rank == PDE_COLLECTION;
    const std::string reason = collection ? fmt::format("Material of field [{}] is not conserved", fields)
                                          : "Material is not conserved";
    throw Unsound(fmt::format("{}: the mean is {} at t = {}", reason, detail, real_text(t)), reason);
  }

  std::string save() const override { return json_numbers(before_); }
  /// What there was at the start of the run, not where it goes on.
  void restore(const TrackerState *saved, const StatePtr &, double) override {
    if (!saved) return;
    const std::vector<double> before = json_read_numbers(saved->kept, "what material_conservation has kept");
    if (before.size() == before_.size()) before_ = before;
  }

 private:
  double atol_, rtol_;
  std::vector<double> before_;
};

// ---- steady state

constexpr OptionSpec kSteadyStateOptions[] = {
    {"atol", OptionType::real, "1e-8", "0 -", "how fast samples may still change"},
    {"rtol", OptionType::real, "1e-5", "0 -", "how fast they may still change, relative to what they are"},
    {"progress", OptionType::flag, "false", "", "show on stderr how near it is"},
};

constexpr double kUnbounded = std::numeric_limits<double>::infinity();

/// How near a rate has come to the one that counts as none, on a logarithmic scale.
class Convergence {
 public:
  explicit Convergence(double aim) : aim_(aim) {}

  void start() { first_ = best_ = 0; }

  void show(double rate) {
    if (!std::isfinite(rate)) return;
    if (first_ <= 0) {
      first_ = best_ = rate;
      line_.start();
    } else if (!(rate < best_)) {
      return;
    }
    best_ = rate;
    if (best_ == first_ || best_ <= aim_ || line_.due(done()))
      line_.show(done(), fmt::format("rate {:.3g}, steady at {:.3g}", best_, aim_));
  }

  void end() {
    if (first_ > 0) line_.end();
  }

 private:
  double done() const {
    if (best_ <= aim_) return 1;
    return aim_ > 0 ? std::log(first_ / best_) / std::log(first_ / aim_) : 0;
  }

  ProgressLine line_{stderr, 1};
  double aim_, first_ = 0, best_ = 0;
};

class SteadyStateTracker : public Tracker {
 public:
  SteadyStateTracker(SchedulePtr schedule, const ResolvedOptions &options, RateFunction rate = {})
      : Tracker(schedule_or_second(std::move(schedule))),
        rate_(std::move(rate)),
        atol_(options.real("atol")),
        rtol_(options.real("rtol")) {
    if (options.flag("progress")) shown_.emplace(atol_);
  }

  std::string name() const override { return "steady_state"; }

  void start(const StatePtr &, double, double) override {
    before_.reset();
    if (shown_) shown_->start();
  }

  Verdict handle(const StatePtr &state, double t) override {
    const FieldPtr now = wide_copy(*state);
    const std::optional<double> fastest = rate_ ? given_rate(state, *now, t) : seen_rate(*now, t);
    if (!rate_) before_ = now;
    t_before_ = t;
    if (!fastest) return {};
    if (shown_) shown_->show(*fastest);
    return *fastest <= atol_ ? Verdict{true, "Reached stationary state"} : Verdict{};
  }

  void finish(const StatePtr &, const RunEnd &) override {
    if (shown_) shown_->end();
  }

  void restore(const TrackerState *saved, const StatePtr &state, double t) override {
    if (rate_ || !saved || !saved->handled) return;
    before_ = wide_copy(*state);
    t_before_ = t;
  }

 private:
  /// By the function of the user.
  std::optional<double> given_rate(const StatePtr &state, const Field &now, double t) {
    if (!given_) given_ = Field::create(now.description());
    rate_(state, t, given_);
    return fastest(now, *given_, nullptr, 1);
  }

  /// By what has changed since the last look; nothing at the first.
  std::optional<double> seen_rate(const Field &now, double t) const {
    return before_ ? fastest(now, now, before_.get(), t - t_before_) : std::nullopt;
  }

  /// Of (to - from) / dt at all samples where that is finite, less what the relative tolerance allows;
  /// nothing where none is. `from` null: zeros.
  std::optional<double> fastest(const Field &now, const Field &to, const Field *from, double dt) const {
    const bool complex = dtype_is_complex(now.dtype());
    const auto *c = reinterpret_cast<const double *>(now.c_order_data());
    const auto *a = from ? reinterpret_cast<const double *>(from->c_order_data()) : nullptr;
    const auto *b = reinterpret_cast<const double *>(to.c_order_data());
    const auto change = [&](int64_t i) { return a ? b[i] - a[i] : b[i]; };
    const int64_t count = now.description().count();
    std::optional<double> most;
    for (int64_t i = 0; i < count; ++i) {
      const double size = complex ? std::hypot(c[2 * i], c[2 * i + 1]) : std::fabs(c[i]);
      const double speed =
          (complex ? std::hypot(change(2 * i), change(2 * i + 1)) : std::fabs(change(i))) / dt;
      const double excess = speed - rtol_ * size;
      if (!a && std::isfinite(size) && !std::isfinite(speed)) return kUnbounded;  // who gives it should know
      if (std::isfinite(excess) && !(most && excess <= *most)) most = excess;
    }
    return most;
  }

  RateFunction rate_;  // or none
  double atol_, rtol_;
  std::optional<Convergence> shown_;
  FieldPtr given_, before_;
  double t_before_ = 0;
};

}  // namespace

constinit const TrackerKind kConsistencyTracker = {"consistency", {}, make_tracker_of<ConsistencyTracker>};
constinit const TrackerKind kMaterialTracker = {"material_conservation", kMaterialOptions,
                                                make_tracker_of<MaterialTracker>};
constinit const TrackerKind kSteadyStateTracker = {"steady_state", kSteadyStateOptions,
                                                   make_tracker_of<SteadyStateTracker>};

TrackerPtr make_steady_state_tracker(SchedulePtr schedule, RateFunction rate, const Options &options) {
  const ResolvedOptions resolved(options, kSteadyStateOptions, "tracker:steady_state");
  return std::make_shared<SteadyStateTracker>(std::move(schedule), resolved, std::move(rate));
}

}  // namespace pde
