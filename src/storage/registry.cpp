// Which backend a uri names, and the option table of each.
#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "storage/backends.hpp"

namespace pde {
namespace {

constexpr OptionSpec kMemoryOptions[] = {kTimeOrderOption, kNonfiniteOption, kInfoOption};

struct Kind {
  std::string_view scheme;      // with its colon
  std::string_view extensions;  // "|"-separated; a path that ends so needs no scheme
  std::unique_ptr<Backend> (*open)(const BackendRequest &);
  OptionTable (*options)();
};

constexpr std::array kKinds = {
    Kind{"memory:", "", open_memory_backend, [] { return OptionTable(kMemoryOptions); }},
    Kind{"hdf5:", ".h5|.hdf5|.hdf", open_file_backend, file_option_table},
    Kind{"movie:", ".mp4|.webm|.mkv|.avi|.mov|.gif|.apng", open_movie_backend, movie_option_table},
};

bool ends_with_one_of(std::string_view path, std::string_view extensions) {
  std::string lower(path);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return c < 128 ? std::tolower(c) : c; });
  for (size_t at = 0; at < extensions.size();) {
    const size_t end = std::min(extensions.find('|', at), extensions.size());
    if (lower.ends_with(extensions.substr(at, end - at))) return true;
    at = end + 1;
  }
  return false;
}

const Kind &kind_of(std::string_view uri) {
  for (const Kind &kind : kKinds) {
    if (uri.starts_with(kind.scheme)) return kind;
  }
  for (const Kind &kind : kKinds) {
    if (!kind.extensions.empty() && ends_with_one_of(uri, kind.extensions)) return kind;
  }
  fail(PDE_ERR_ARGUMENT,
       "uri is \"{}\", expected \"memory:\", \"memory:NAME\", \"hdf5:PATH\", \"movie:PATH\", or a path that "
       "ends in .h5, .hdf5, "
       ".hdf, .mp4",
       uri);
}

}  // namespace

StoragePtr open_storage(const std::string &uri, const char *mode_text, const Options &options) {
  const Kind &kind = kind_of(uri);
  const Mode mode = parse_mode(mode_text);
  const ResolvedOptions resolved(options, kind.options(), kind.scheme);
  Storage::Settings settings = storage_settings(uri, mode, resolved);
  const BackendRequest request{uri.starts_with(kind.scheme) ? uri.substr(kind.scheme.size()) : uri, mode,
                               resolved};
  if (request.location.empty() && kind.scheme != "memory:")
    fail(PDE_ERR_ARGUMENT, "uri is \"{}\": the path is empty", uri);
  return std::make_shared<Storage>(kind.open(request), std::move(settings));
}

namespace {

GridPtr grid_option(const std::string &text) {
  try {
    return Grid::parse(text);
  } catch (const Error &error) {
    fail(PDE_ERR_ARGUMENT, "option grid: {}", error.what());
  }
}

}  // namespace

Storage::Settings storage_settings(const std::string &uri, Mode mode, const ResolvedOptions &options) {
  Storage::Settings settings;
  settings.uri = uri;
  settings.mode = mode;
  const std::string &order = options.text("time_order");
  settings.time_order = order == "any"          ? TimeOrder::any
                        : order == "increasing" ? TimeOrder::increasing
                                                : TimeOrder::nondecreasing;
  const std::string &nonfinite = options.text("nonfinite");
  settings.nonfinite = nonfinite == "allow"    ? NonfiniteRule::allow
                       : nonfinite == "refuse" ? NonfiniteRule::refuse
                                               : NonfiniteRule::warn;
  if (options.has("grid")) settings.grid = grid_option(options.text("grid"));
  if (options.has("info")) settings.info = Info::parse(options.text("info"), "option info");
  return settings;
}

std::optional<OptionTable> storage_options(std::string_view consumer) {
  for (const Kind &kind : kKinds) {
    if (consumer == kind.scheme) return kind.options();
  }
  if (consumer == "custom:") return OptionTable(kMemoryOptions);
  return std::nullopt;
}

}  // namespace pde
