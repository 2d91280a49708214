// Draws the state while a run goes on: into one file, which viewers reload, or into one file after the other.
//
// A picture takes its name only when it is complete, so whoever looks at it never sees half of one.

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>

#include "base/numbers.hpp"
#include "storage/movie_loader.hpp"
#include "storage/plot.hpp"
#include "tracker/own_file.hpp"
#include "tracker/tracker_kinds.hpp"

namespace pde {
namespace {

constexpr OptionSpec kOptions[] = {
    {"path", OptionType::text, "", "",
     "the picture: .png, .svg or .pdf. It is replaced each time; with {index} or {index:04} in its name each "
     "picture has a file of its own, numbered from 0"},
    {"title", OptionType::text, "Time: {time:g}", "",
     "text above the picture; {time}, {time:g} and {index} are replaced"},
    kFigureOptions[0],
    kFigureOptions[1],
    kFigureOptions[2],
    kFigureOptions[3],
    kFigureOptions[4],
    {"final", OptionType::flag, "true", "", "draw the last state of the run, too, unless it was due anyway"},
};

/// A path in which {index} or {index:04} stands for the number of the picture.
class NumberedPath {
 public:
  explicit NumberedPath(const std::string &text) : before_(text) {
    std::error_code none;
    folder_ = std::filesystem::current_path(none);
    const size_t open = text.find('{'), close = text.find('}');
    if (open == text.npos && close == text.npos) return;
    if (open == text.npos || close == text.npos || close < open) fail_form(text);
    const std::string inside = text.substr(open + 1, close - open - 1);
    before_ = text.substr(0, open);
    after_ = text.substr(close + 1);
    if (!inside.starts_with("index") || after_.find_first_of("{}") != after_.npos) fail_form(text);
    const std::string width = inside.substr(5);
    const bool plain = width.empty();
    if (!plain && (width.size() != 3 || !width.starts_with(":0") || width[2] < '1' || width[2] > '9'))
      fail_form(text);
    digits_ = plain ? 1 : width[2] - '0';
  }

  std::string at(int64_t index) const {
    return (folder_ / (digits_ == 0 ? before_ : fmt::format("{}{:0{}}{}", before_, index, digits_, after_)))
        .string();
  }

 private:
  [[noreturn]] static void fail_form(const std::string &text) {
    fail(PDE_ERR_ARGUMENT, "path is \"{}\", expected no braces but those of {{index}} or {{index:04}}, once",
         text);
  }

  std::filesystem::path folder_;  // a relative path stays where it was, whatever the program goes to
  std::string before_, after_;
  int digits_ = 0;  // at least so many; 0: no number
};

class PlotTracker : public Tracker {
 public:
  PlotTracker(SchedulePtr schedule, const ResolvedOptions &options)
      : Tracker(schedule ? std::move(schedule) : std::make_unique<RealtimeSchedule>(3)),
        options_(options),
        path_(path_of(options)),
        title_(options.text("title")),
        final_(options.flag("final")) {
    check_picture(path_.at(0));
  }

  std::string name() const override { return "plot"; }

  void start(const StatePtr &state, double, double) override {
    check_picture_of(state->description(), options_);
    make_folder_of(path_.at(0), path_.at(0));
    index_ = 0;
  }

  Verdict handle(const StatePtr &state, double t) override {
    draw(*state, t);
    return {};
  }

  bool last(const StatePtr &state, const RunEnd &end) override {
    if (!final_ || end.handled) return false;
    draw(*state, end.t);
    return true;
  }

  std::string save() const override { return std::to_string(index_); }
  void restore(const TrackerState *saved, const StatePtr &, double) override {
    if (saved) index_ = std::max(int64_t{0}, parse_integer(saved->kept).value_or(0));
  }

 private:
  static NumberedPath path_of(const ResolvedOptions &options) {
    if (!options.has("path"))
      fail(PDE_ERR_ARGUMENT, "option path is not set, expected the file of the picture");
    return NumberedPath(options.text("path"));
  }

  void draw(const Field &state, double t) {
    plot_field(state, path_.at(index_), options_, title(), t);
    ++index_;
  }

  /// The movie module knows of times, but not that there are pictures before this one.
  std::string title() const {
    constexpr std::string_view kIndex = "{index}";
    std::string text = title_;
    for (size_t at; (at = text.find(kIndex)) != text.npos;)
      text.replace(at, kIndex.size(), std::to_string(index_));
    return text;
  }

  ResolvedOptions options_;
  NumberedPath path_;
  std::string title_;
  bool final_;
  int64_t index_ = 0;
};

}  // namespace

constinit const TrackerKind kPlotTracker = {"plot", kOptions, make_tracker_of<PlotTracker>};

}  // namespace pde
