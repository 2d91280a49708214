#include "storage/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <vector>

#include "base/error.hpp"
#include "base/numbers.hpp"
#include "storage/movie_loader.hpp"

namespace pde {
namespace {

constexpr OptionSpec kPlotOptions[] = {
    kFigureOptions[0],
    kFigureOptions[1],
    kFigureOptions[2],
    kFigureOptions[3],
    kFigureOptions[4],
    kFigureOptions[5],
    {"curves", OptionType::integer, "8", "2 64",
     "evolution: how many snapshots are drawn at most, evenly chosen"},
};

void draw(Figure &figure, const std::vector<std::vector<double>> &values, double time) {
  pde_movie_message message{};
  const std::vector<const double *> arrays = pointers(values);
  const auto &panels = figure.panels();
  check_movie(movie_module().plot(&movie_host(), panels.data(), static_cast<int64_t>(panels.size()),
                                  arrays.data(), time, &figure.settings(), &message),
              message);
}

void check_ending(const std::string &path) {
  std::string ending = std::filesystem::path(path).extension().string();
  for (char &c : ending) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  if (ending != ".png" && ending != ".svg" && ending != ".pdf")
    fail(PDE_ERR_ARGUMENT, "path is \"{}\", expected one that ends in .png, .svg or .pdf", path);
}

/// Snapshots from the first to the last: at equal distance where that leaves at least half as many as are
/// allowed.
std::vector<int64_t> spread(int64_t length, int64_t most) {
  const int64_t last = length - 1, gaps = std::min(last, most - 1);
  std::vector<int64_t> chosen{0};
  if (gaps == 0) return chosen;
  int64_t step = (last + gaps - 1) / gaps;
  while (last % step != 0 && 2 * last / step >= most) ++step;
  if (last % step == 0) {
    while (chosen.back() < last) chosen.push_back(chosen.back() + step);
  } else {
    for (int64_t i = 1; i <= gaps; ++i) chosen.push_back(i * last / gaps);
  }
  return chosen;
}

}  // namespace

void check_picture(const std::string &path) {
  check_ending(path);
  movie_module();
}

void check_picture_of(const FieldDescription &description, const ResolvedOptions &look) {
  Figure(description, look, "");
}

void plot_field(const Field &field, const std::string &path, const ResolvedOptions &look,
                const std::string &title, double time) {
  Figure figure(field.description(), look, path);
  figure.set_title(title);
  draw(figure, figure.values(field), time);
}

void plot_field(const Field &field, const std::string &path, const Options &options) {
  const ResolvedOptions resolved(options, kPlotOptions, "plot");
  check_ending(path);
  Figure figure(field.description(), resolved, path);
  draw(figure, figure.values(field), 0);
}

void plot_storage(Storage &storage, std::string_view kind, const std::string &path, const Options &options) {
  if (kind != "evolution") fail(PDE_ERR_ARGUMENT, "kind is \"{}\", expected evolution", kind);
  const ResolvedOptions resolved(options, kPlotOptions, "plot");
  check_ending(path);
  if (storage.length() == 0)
    fail(PDE_ERR_RANGE, "{} holds no snapshots: there is nothing to draw", storage.uri());
  const FieldDescription &description = storage.description();
  if (description.rank != PDE_SCALAR || description.grid->ndim() != 1) {
    fail(PDE_ERR_UNSUPPORTED, "an evolution is drawn of scalar fields on one axis, {} holds a {} on {} axes",
         storage.uri(), rank_name(description.rank), description.grid->ndim());
  }
  Figure figure(description, resolved, path);
  std::vector<std::string> labels;
  std::vector<std::vector<double>> curves;
  const FieldPtr snapshot = Field::create(description);
  double time = 0;
  for (int64_t index : spread(storage.length(), resolved.integer("curves"))) {
    storage.times(index, 1, &time);
    storage.read(index, *snapshot);
    labels.push_back(fmt::format("t = {:.6g}", time));
    curves.push_back(std::move(figure.values(*snapshot)[0]));
  }
  figure.set_curves(std::move(labels));
  draw(figure, curves, time);
}

std::optional<OptionTable> plot_options(std::string_view consumer) {
  if (consumer == "plot") return OptionTable(kPlotOptions);
  return std::nullopt;
}

}  // namespace pde
