#include "film.hpp"

#include "movie_error.hpp"
#include "request.hpp"

namespace pde::movie {

Film::Film(FigureSpec spec, const FilmSettings &settings, Log log)
    : log_(log),
      figure_(std::move(spec)),
      limits_(figure_.spec().panels.size(), ValueLimits(settings.vmin, settings.vmax)),
      canvas_(figure_),
      encoder_(
          {settings.path, canvas_.width(), canvas_.height(), settings.fps, settings.threads, settings.codec},
          std::move(log)) {}

template <class Work>
void Film::once_failed_always(Work &&work) {
  if (failure_) throw MovieError(*failure_);
  try {
    work();
  } catch (const MovieError &error) {
    failure_ = error;
    throw;
  } catch (const std::exception &error) {
    failure_ = MovieError(internal, error.what());
    throw;
  }
}

void Film::append(const double *const *values, double time) {
  once_failed_always([&] {
    follow_limits(values, time);
    canvas_.paint(values, time, encoder_.frames());
    encoder_.write(canvas_.pixels(), canvas_.stride());
  });
}

void Film::close() {
  once_failed_always([&] { encoder_.close(); });
}

void Film::follow_limits(const double *const *values, double time) {
  std::vector<Range> shown;
  bool moved = encoder_.frames() == 0;
  for (std::size_t i = 0; i < limits_.size(); ++i) {
    const Panel &panel = figure_.spec().panels[i];
    const Range before = limits_[i].range();
    if (limits_[i].include(values, panel.curve_count, panel.cells())) log_limits(i, before, time);
    values += panel.curve_count;
    shown.push_back(shown_limits(panel, limits_[i]));
    moved = moved || shown.back().lower != panel.limits.lower || shown.back().upper != panel.limits.upper;
  }
  if (!moved) return;
  figure_.set_limits(shown);
  canvas_.redraw_furniture();
}

void Film::log_limits(std::size_t panel, Range before, double time) {
  const std::string &label = figure_.spec().panels[panel].label;
  const Range now = limits_[panel].range();
  const auto text = [](Range range) {
    return std::string("[")
        .append(plain_number(range.lower))
        .append(", ")
        .append(plain_number(range.upper))
        .append("]");
  };
  log_(log_info, "movie: limits" + (label.empty() ? "" : " of '" + label + "'") + " widened from " +
                     text(before) + " to " + text(now) + " at time " + plain_number(time));
}

}  // namespace pde::movie
