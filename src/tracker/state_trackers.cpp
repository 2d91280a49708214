// Trackers that judge the state: whether it is finite, holds what it held, or has come to rest.
#include <cmath>
#include <complex>
#include <vector>

#include "base/numbers.hpp"
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

 private:
  double atol_, rtol_;
  std::vector<double> before_;
};

// ---- steady state

constexpr OptionSpec kSteadyStateOptions[] = {
    {"atol", OptionType::real, "1e-8", "0 -", "how fast samples may still change"},
    {"rtol", OptionType::real, "1e-5", "0 -", "how fast they may still change, relative to what they are"},
};

class SteadyStateTracker : public Tracker {
 public:
  SteadyStateTracker(SchedulePtr schedule, const ResolvedOptions &options)
      : Tracker(schedule_or_second(std::move(schedule))),
        atol_(options.real("atol")),
        rtol_(options.real("rtol")) {}

  std::string name() const override { return "steady_state"; }

  void start(const StatePtr &, double, double) override { before_.reset(); }

  Verdict handle(const StatePtr &state, double t) override {
    const FieldPtr now = wide_copy(*state);
    const bool steady = before_ && is_steady(*before_, *now, t - t_before_);
    before_ = now;
    t_before_ = t;
    return steady ? Verdict{true, "Reached stationary state"} : Verdict{};
  }

 private:
  /// Of all samples that are finite, of which there has to be one.
  bool is_steady(const Field &before, const Field &now, double dt) const {
    const bool complex = dtype_is_complex(now.dtype());
    const auto *a = reinterpret_cast<const double *>(before.c_order_data());
    const auto *b = reinterpret_cast<const double *>(now.c_order_data());
    const int64_t count = now.description().count();
    bool any = false;
    for (int64_t i = 0; i < count; ++i) {
      const double change =
          complex ? std::hypot(b[2 * i] - a[2 * i], b[2 * i + 1] - a[2 * i + 1]) : b[i] - a[i];
      const double size = complex ? std::hypot(b[2 * i], b[2 * i + 1]) : b[i];
      const double excess = std::fabs(change) / dt - rtol_ * std::fabs(size);
      if (!std::isfinite(excess)) continue;
      if (!(excess <= atol_)) return false;
      any = true;
    }
    return any;
  }

  double atol_, rtol_;
  FieldPtr before_;
  double t_before_ = 0;
};

}  // namespace

constinit const TrackerKind kConsistencyTracker = {"consistency", {}, make_tracker_of<ConsistencyTracker>};
constinit const TrackerKind kMaterialTracker = {"material_conservation", kMaterialOptions,
                                                make_tracker_of<MaterialTracker>};
constinit const TrackerKind kSteadyStateTracker = {"steady_state", kSteadyStateOptions,
                                                   make_tracker_of<SteadyStateTracker>};

}  // namespace pde
