#include "storage/movie_loader.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <mutex>

#include "base/error.hpp"
#include "base/log.hpp"

namespace pde {

// ---- the module

namespace {

/// Beside the file that holds this very code, symbolic links resolved: an installed library finds its own
/// module, whatever the search paths say.
std::filesystem::path module_path() {
  Dl_info here;
  if (dladdr(reinterpret_cast<const void *>(&module_path), &here) == 0 || !here.dli_fname) {
    fail(PDE_ERR_UNSUPPORTED,
         "the movie module cannot be looked for: the library does not know where it lies");
  }
  std::error_code error;
  const std::filesystem::path library = std::filesystem::canonical(here.dli_fname, error);
  if (error)
    fail(PDE_ERR_UNSUPPORTED, "the movie module cannot be looked for beside {}: {}", here.dli_fname,
         error.message());
  return library.parent_path() / "libpde-movie.so";
}

const pde_movie_module *load() {
  const std::string path = module_path().string();
  void *module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!module) {
    const char *reason = dlerror();
    fail(PDE_ERR_UNSUPPORTED, "movies and pictures need the movie module, which could not be loaded: {}",
         reason ? reason : path);
  }
  const auto get = reinterpret_cast<pde_movie_module_getter>(dlsym(module, "pde_movie_module_get"));
  const pde_movie_module *table = get ? get() : nullptr;
  if (!table || table->version != PDE_MOVIE_MODULE_VERSION ||
      table->size != static_cast<int64_t>(sizeof(pde_movie_module))) {
    dlclose(module);
    fail(PDE_ERR_UNSUPPORTED, "{} belongs to another version of libpde: install both from one build", path);
  }
  return table;  // never closed: libav leaves threads and handlers that need its code
}

}  // namespace

const pde_movie_module &movie_module() {
  static auto *mutex = new std::mutex;
  static const pde_movie_module *module = nullptr;
  std::lock_guard lock(*mutex);
  if (!module) module = load();
  return *module;
}

const pde_movie_host &movie_host() {
  static constexpr pde_movie_host host = {
      [](int32_t level, const char *message) { log_line(level, message); }};
  return host;
}

void check_movie(int32_t status, const pde_movie_message &message) {
  if (status != PDE_OK) throw Error(status, message.text);
}

// ---- figures

namespace {

void check_drawable(int32_t rank, const FieldDescription &description) {
  if (rank != PDE_SCALAR)
    fail(PDE_ERR_UNSUPPORTED, "a {} cannot be drawn by this version, scalar fields can", rank_name(rank));
  if (dtype_is_complex(description.dtype)) {
    fail(PDE_ERR_UNSUPPORTED, "a {} field cannot be drawn by this version, real ones can",
         dtype_name(description.dtype));
  }
  if (description.grid->ndim() > 2) {
    fail(PDE_ERR_UNSUPPORTED, "a field on {} axes cannot be drawn by this version, on one or two it can",
         description.grid->ndim());
  }
}

pde_movie_panel panel_of(const Grid &grid, const Label &label) {
  pde_movie_panel panel{};
  panel.ndim = grid.ndim();
  for (int axis = 0; axis < grid.ndim(); ++axis) {
    panel.shape[axis] = grid.shape()[static_cast<size_t>(axis)];
    panel.lower[axis] = grid.lower(axis);
    panel.upper[axis] = grid.upper(axis);
    panel.axis_name[axis] = grid.axis_name(axis);
  }
  panel.label = label ? label->c_str() : nullptr;
  panel.curve_count = 1;
  return panel;
}

double limit(const ResolvedOptions &options, const char *key) {
  return options.has(key) ? options.real(key) : std::numeric_limits<double>::quiet_NaN();
}

int64_t pixels(const ResolvedOptions &options, const char *key, double inches) {
  const int64_t chosen = options.integer(key);
  return chosen > 0 ? chosen : std::llround(inches * options.real("dpi"));
}

}  // namespace

Figure::Figure(const FieldDescription &description, const ResolvedOptions &options, std::string path)
    : description_(description), path_(std::move(path)) {
  if (description_.rank == PDE_COLLECTION) {
    for (const MemberDescription &member : description_.members) {
      check_drawable(member.rank, description_);
      panels_.push_back(panel_of(*description_.grid, member.label));
    }
  } else {
    check_drawable(description_.rank, description_);
    panels_.push_back(panel_of(*description_.grid, description_.label));
  }
  settings_.path = path_.c_str();
  if (options.has("title")) set_title(options.text("title"));
  settings_.dpi = options.real("dpi");
  settings_.width = pixels(options, "width", 6.4);
  settings_.height = pixels(options, "height", 4.8);
  settings_.vmin = limit(options, "vmin");
  settings_.vmax = limit(options, "vmax");
}

void Figure::set_title(std::string title) {
  title_ = std::move(title);
  settings_.title = title_.empty() ? nullptr : title_.c_str();
}

void Figure::set_curves(std::vector<std::string> labels) {
  labels_ = std::move(labels);
  curve_labels_.clear();
  for (const std::string &label : labels_) curve_labels_.push_back(label.c_str());
  panels_[0].curve_count = static_cast<int64_t>(labels_.size());
  panels_[0].curve_labels = curve_labels_.data();
}

std::vector<std::vector<double>> Figure::values(const Field &field) const {
  std::vector<std::vector<double>> arrays;
  const auto cells = static_cast<size_t>(field.grid().cells());
  std::vector<std::byte> samples(cells * static_cast<size_t>(dtype_size(field.dtype())));
  for (size_t row = 0; row < field.rows().size(); ++row) {
    auto &array = arrays.emplace_back(cells);
    field.pack_row(row, samples.data());
    visit_dtype(field.dtype(), [&](auto tag) {
      using T = decltype(tag);
      if constexpr (!is_complex<T>::value) {  // no figure is made for complex fields
        // Rounded where an integer has more digits: nobody sees that in a picture.
        for (size_t i = 0; i < cells; ++i)
          array[i] = static_cast<double>(reinterpret_cast<const T *>(samples.data())[i]);
      }
    });
  }
  return arrays;
}

std::vector<const double *> pointers(const std::vector<std::vector<double>> &arrays) {
  std::vector<const double *> list;
  for (const auto &array : arrays) list.push_back(array.data());
  return list;
}

}  // namespace pde
