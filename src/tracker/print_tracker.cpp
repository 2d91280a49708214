// Prints a line about the state: its mean and how much it varies, over all samples alike.
#include <cmath>
#include <complex>
#include <cstdio>

#include "tracker/tracker_kinds.hpp"

namespace pde {
namespace {

constexpr OptionSpec kOptions[] = {
    {"stream", OptionType::choice, "stdout", "stderr|stdout", "where to write"},
};

/// As Python writes it with three digits.
std::string number_text(std::complex<double> number, bool complex) {
  if (!complex) return fmt::format("{:.3g}", number.real());
  return fmt::format("{:.3g}{:+.3g}j", number.real(), number.imag());
}

class PrintTracker : public Tracker {
 public:
  PrintTracker(SchedulePtr schedule, const ResolvedOptions &options)
      : Tracker(schedule_or_default(std::move(schedule))),
        stream_(options.text("stream") == "stdout" ? stdout : stderr) {}

  std::string name() const override { return "print"; }

  Verdict handle(const StatePtr &state, double t) override {
    const FieldPtr wide = wide_copy(*state);
    const bool complex = dtype_is_complex(wide->dtype());
    const auto *samples = reinterpret_cast<const double *>(wide->c_order_data());
    const int64_t count = wide->description().count();
    const auto sample = [&](int64_t i) {
      return complex ? std::complex<double>(samples[2 * i], samples[2 * i + 1])
                     : std::complex<double>(samples[i]);
    };
    std::complex<double> sum = 0;
    for (int64_t i = 0; i < count; ++i) sum += sample(i);
    const std::complex<double> mean = sum / static_cast<double>(count);
    double squares = 0;
    for (int64_t i = 0; i < count; ++i) squares += std::norm(sample(i) - mean);
    const std::string line = fmt::format("t={:g}, c={}\u00b1{:.3g}\n", t, number_text(mean, complex),
                                         std::sqrt(squares / static_cast<double>(count)));
    if (std::fwrite(line.data(), 1, line.size(), stream_) != line.size() || std::fflush(stream_) != 0)
      fail(PDE_ERR_IO, "cannot write to {}: {}", stream_ == stdout ? "standard output" : "standard error",
           errno_text(errno));
    return {};
  }

 private:
  FILE *stream_;
};

}  // namespace

constinit const TrackerKind kPrintTracker = {"print", kOptions, make_tracker_of<PrintTracker>};

}  // namespace pde
