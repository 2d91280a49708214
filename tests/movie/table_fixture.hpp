/* The module's table as a fixture, with a log that is kept and settings that are easy to vary. */
#pragma once

#include "movie_fixture.hpp"
#include "movie_module.h"

namespace movie_test {

inline std::vector<std::string> log_lines;
inline void keep_line(int32_t level, const char *message) {
  log_lines.push_back(std::to_string(level) + " " + message);
}

inline const pde_movie_module *module() {
  static const pde_movie_module *const table = [] {
    void *library = dlopen(PDE_MOVIE_MODULE_FILE, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return static_cast<const pde_movie_module *>(nullptr);
    return reinterpret_cast<pde_movie_module_getter>(dlsym(library, "pde_movie_module_get"))();
  }();
  return table;
}

struct Request {
  pde_movie_panel panel{};
  pde_movie_settings settings{};
  std::string path;
  pde_movie_host host{keep_line};
  pde_movie_message message{};

  Request(std::string file, int32_t ndim, int64_t nx, int64_t ny) : path(std::move(file)) {
    panel.ndim = ndim;
    panel.shape[0] = nx;
    panel.shape[1] = ny;
    panel.upper[0] = static_cast<double>(nx);
    panel.upper[1] = static_cast<double>(ny);
    panel.axis_name[0] = "x";
    panel.axis_name[1] = "y";
    panel.label = "c";
    panel.curve_count = 1;
    settings.title = "Time: {time}";
    settings.fps = 10;
    settings.dpi = 100;
    settings.width = 320;
    settings.height = 240;
    settings.vmin = settings.vmax = not_a_number;
    settings.threads = 1;
  }
  int32_t open(void **movie) {
    settings.path = path.c_str();
    return module()->movie_open(&host, &panel, 1, &settings, movie, &message);
  }
  int32_t append(void *movie, const std::vector<double> &values, double time) {
    const double *data = values.data();
    return module()->movie_append(movie, &data, time, &message);
  }
  int32_t close(void *movie) { return module()->movie_close(movie, &message); }
  int32_t plot(const std::vector<std::vector<double>> &curves) {
    settings.path = path.c_str();
    std::vector<const double *> data;
    for (const auto &curve : curves) data.push_back(curve.data());
    return module()->plot(&host, &panel, 1, data.data(), 1.5, &settings, &message);
  }
  /* A whole film of these snapshots. */
  int32_t film(const std::vector<std::vector<double>> &snapshots) {
    log_lines.clear();
    void *movie = nullptr;
    int32_t status = open(&movie);
    for (std::size_t i = 0; status == 0 && i < snapshots.size(); ++i) {
      status = append(movie, snapshots[i], 0.1 * static_cast<double>(i));
    }
    const int32_t closed = movie != nullptr ? close(movie) : 0;
    return status != 0 ? status : closed;
  }
};

inline std::size_t widenings() {
  std::size_t count = 0;
  for (const std::string &line : log_lines)
    count += line.starts_with("3 ") && line.find("widened") != std::string::npos;
  return count;
}

}  // namespace movie_test
