/* A film being made: snapshots in, limits followed, frames drawn and encoded. */
#pragma once

#include <optional>
#include <vector>

#include "encoder.hpp"
#include "figure.hpp"
#include "movie_error.hpp"
#include "value_limits.hpp"

namespace pde::movie {

struct FilmSettings {
  std::string path;
  double fps = 30, vmin = 0, vmax = 0;  // vmin, vmax: NaN for limits from the data
  int threads = 0;
  std::string codec;  // empty: the best there is
};

class Film {
 public:
  Film(FigureSpec spec, const FilmSettings &settings, Log log);

  /* One array per curve of each panel. After a failure the film stays failed, with the same words; what was
   * written before it stays, and plays. */
  void append(const double *const *values, double time);
  void close();
  const FigureSpec &spec() const { return figure_.spec(); }

 private:
  void follow_limits(const double *const *values, double time);
  void log_limits(std::size_t panel, Range before, double time);

  template <class Work>
  void once_failed_always(Work &&work);

  Log log_;
  std::optional<MovieError> failure_;
  Figure figure_;
  std::vector<ValueLimits> limits_;
  FrameCanvas canvas_;
  Encoder encoder_;
};

}  // namespace pde::movie
