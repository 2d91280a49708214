#include "base/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/duration.hpp"
#include "base/error.hpp"

namespace pde {
namespace {

constexpr int kBarWidth = 30;
constexpr int kPlainParts = 10;       // plain lines: for every tenth of the work …
constexpr double kPlainSeconds = 30;  // … and every half a minute

}  // namespace

// ---- the line

void ProgressLine::start() {
  terminal_ = isatty(fileno(stream_)) == 1;
  began_ = Clock::now();
  shown_ = shown_seconds_ = 0;
  width_ = 0;
}

bool ProgressLine::due(double done) const {
  const double seconds = elapsed() - shown_seconds_;
  if (seconds < interval_) return false;
  return terminal_ || seconds >= kPlainSeconds || parts(kPlainParts, done) > parts(kPlainParts, shown_);
}

std::string ProgressLine::line(double done, const std::string &where, double seconds) const {
  const std::string place = fmt::format("{:3} %  {}", parts(100, done), where);
  const std::string remaining = done <= 0 ? "?" : duration_text(seconds * (1 - done) / done);
  if (!terminal_)
    return fmt::format("{}  elapsed {}  remaining {}", place, duration_text(seconds), remaining);
  const auto filled = static_cast<size_t>(parts(kBarWidth, done));
  return fmt::format("[{}{}] {}  {} < {}", std::string(filled, '#'), std::string(kBarWidth - filled, '.'),
                     place, duration_text(seconds), remaining);
}

void ProgressLine::show(double done, const std::string &where) {
  const double seconds = elapsed();
  std::string text = line(done, where, seconds);
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
  shown_ = done;
}

void ProgressLine::end(bool leave) {
  if (!terminal_ || width_ == 0) return;  // nothing was shown
  if (leave) {
    std::fputc('\n', stream_);
  } else {
    std::fputs(fmt::format("\r{}\r", std::string(width_, ' ')).c_str(), stream_);
  }
  std::fflush(stream_);
}

// ---- long calls

Progress::Progress(const ResolvedOptions &options, const char *what, int64_t total)
    : target_(options.progress()), what_(what), total_(total) {
  if (!options.flag("progress")) return;
  bar_.emplace(stderr, 1.0);
  bar_->start();
}

Progress::~Progress() {
  if (bar_ && told_) bar_->end();
}

void Progress::tell(int64_t done) {
  if (!target_ && !bar_) return;
  const auto now = Clock::now();
  const bool last = done == total_;
  if (told_ && !last && now - *told_ < std::chrono::milliseconds(100)) return;
  told_ = now;
  if (bar_) {
    const double part = static_cast<double>(done) / static_cast<double>(total_);
    if (last || bar_->due(part)) bar_->show(part, fmt::format("{} {} of {}", what_, done, total_));
  }
  if (target_ && target_->call(done, total_, target_->user) == PDE_STOP && !last)
    fail(PDE_ERR_STATE, "{} was cancelled by the progress callback after {} of {}", what_, done, total_);
}

}  // namespace pde
