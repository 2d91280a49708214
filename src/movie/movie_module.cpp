/* The module's table: C arguments in, one guard around everything, statuses and words out. */
#include "movie_module.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "film.hpp"
#include "movie_error.hpp"
#include "picture.hpp"
#include "request.hpp"

namespace {

using namespace pde::movie;

void put_message(pde_movie_message *message, const char *text) {
  if (message == nullptr) return;
  std::size_t length = std::min(std::strlen(text), sizeof message->text - 1);
  while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80)
    --length;  // cut between characters
  std::memcpy(message->text, text, length);
  message->text[length] = 0;
}

template <class Body>
int32_t guarded(pde_movie_message *message, Body &&body) noexcept {
  try {
    body();
    return ok;
  } catch (const MovieError &error) {
    put_message(message, error.what());
    return error.status();
  } catch (const std::bad_alloc &) {
    put_message(message, "no memory left in the movie module");
    return memory;
  } catch (const std::exception &error) {
    put_message(message, error.what());
    return internal;
  } catch (...) {
    put_message(message, "unknown failure in the movie module");
    return internal;
  }
}

Log log_of(const pde_movie_host *host) {
  const auto log = host != nullptr ? host->log : nullptr;
  return [log](int32_t level, const std::string &text) {
    if (log != nullptr) log(level, text.c_str());
  };
}

void require(bool given, const char *name) {
  if (!given) throw MovieError(argument, std::string(name) + " is NULL");
}

void check_values(const FigureSpec &spec, const double *const *values) {
  require(values != nullptr, "values");
  std::size_t count = 0;
  for (const Panel &panel : spec.panels) count += panel.curve_count;
  for (std::size_t i = 0; i < count; ++i) require(values[i] != nullptr, "an array of values");
}

void check_film_ending(const std::string &path) {
  const std::string ending = path_ending(path);
  if (ending == ".mp4") return;
  throw MovieError(unsupported, "'" + path + "': movies end in .mp4, not in '" + ending + "'");
}

int32_t movie_open(const pde_movie_host *host, const pde_movie_panel *panels, int64_t count,
                   const pde_movie_settings *settings, void **out_movie, pde_movie_message *message) {
  return guarded(message, [&] {
    require(out_movie != nullptr, "out_movie");
    *out_movie = nullptr;
    require(settings != nullptr, "settings");
    FilmSettings film{checked_path(settings), checked_fps(settings), settings->vmin,
                      settings->vmax,         settings->threads,     ""};
    check_film_ending(film.path);
    *out_movie =
        std::make_unique<Film>(checked_figure(panels, count, settings), film, log_of(host)).release();
  });
}

int32_t movie_append(void *movie, const double *const *values, double time, pde_movie_message *message) {
  return guarded(message, [&] {
    require(movie != nullptr, "movie");
    auto &film = *static_cast<Film *>(movie);
    check_values(film.spec(), values);
    film.append(values, time);
  });
}

int32_t movie_close(void *movie, pde_movie_message *message) {
  const std::unique_ptr<Film> film(static_cast<Film *>(movie));
  return guarded(message, [&] {
    require(movie != nullptr, "movie");
    film->close();
  });
}

int32_t plot(const pde_movie_host *, const pde_movie_panel *panels, int64_t count,
             const double *const *values, double time, const pde_movie_settings *settings,
             pde_movie_message *message) {
  return guarded(message, [&] {
    require(settings != nullptr, "settings");
    const std::string path = checked_path(settings);
    check_picture_ending(path);
    FigureSpec spec = checked_figure(panels, count, settings);
    check_values(spec, values);
    const double *const *at = values;
    for (Panel &panel : spec.panels) {
      ValueLimits limits(settings->vmin, settings->vmax);
      limits.include(at, panel.curve_count, panel.cells());
      panel.limits = shown_limits(panel, limits);
      at += panel.curve_count;
    }
    Figure figure(std::move(spec));
    write_picture(path, figure, values, time);
  });
}

constexpr pde_movie_module table = {
    sizeof(pde_movie_module), PDE_MOVIE_MODULE_VERSION, movie_open, movie_append, movie_close, plot};

}  // namespace

extern "C" __attribute__((visibility("default"))) const pde_movie_module *pde_movie_module_get(void) {
  return &table;
}
