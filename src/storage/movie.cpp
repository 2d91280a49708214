// The movie backend: pictures of each snapshot, drawn and encoded by the movie module. Written only; a film
// cannot be added to, and no field can be read from it.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/error.hpp"
#include "base/log.hpp"
#include "storage/backends.hpp"
#include "storage/movie_loader.hpp"

namespace pde {
namespace {

constexpr OptionSpec kMovieOptions[] = {
    {"fps", OptionType::real, "10", "0.01 1000", "snapshots shown per second"},
    kFigureOptions[0],
    kFigureOptions[1],
    kFigureOptions[2],
    kFigureOptions[3],
    kFigureOptions[4],
    kFigureOptions[5],
    {"threads", OptionType::integer, "0", "0 256", "of the encoder; 0: by the size of the picture"},
    kTimeOrderOption,
    kNonfiniteOption,
    kInfoOption,
};

class MovieBackend final : public Backend {
 public:
  explicit MovieBackend(const BackendRequest &request)
      : path_(absolute_path(request.location)), options_(request.options), mode_(request.mode) {
    const std::string ending = std::filesystem::path(path_).extension().string();
    if (ending != ".mp4")
      fail(PDE_ERR_UNSUPPORTED, "movies ending in \"{}\" are not supported by this version, .mp4 is: {}",
           ending, path_);
    if (mode_ == Mode::append || mode_ == Mode::readonly) {
      fail(PDE_ERR_UNSUPPORTED,
           "mode is {}, but a movie is neither read nor added to: use create or truncate_once",
           mode_name(mode_));
    }
    std::error_code error;
    const auto type = std::filesystem::status(path_, error).type();
    if (type == std::filesystem::file_type::none) fail(PDE_ERR_IO, "opening {}: {}", path_, error.message());
    if (type == std::filesystem::file_type::directory)
      fail(PDE_ERR_IO, "{} is a directory, expected a file", path_);
    movie_module();  // says now what is missing, not in the middle of a run
  }
  ~MovieBackend() override {
    pde_movie_message message;
    if (movie_) movie_module().movie_close(movie_, &message);
  }

  std::string name() const override { return "the movie " + path_; }
  bool readable() const override { return false; }
  bool usable() const override { return !broken_; }

  Contents contents() override {
    Contents contents;
    contents.length = static_cast<int64_t>(times_.size());
    if (!times_.empty()) contents.last_time = times_.back();
    contents.description = description_;
    if (description_) {
      contents.dtype = description_->dtype;
      contents.shape = description_->shape();
    }
    return contents;
  }
  Info info() override { return {}; }

  void start(const FieldDescription &sample, StartMode mode, const Info &) override {
    if (mode == StartMode::extend && !times_.empty()) {
      fail(PDE_ERR_UNSUPPORTED, "{} is finished, and a movie cannot be added to: open another one", name());
    }
    std::error_code error;
    if (mode == StartMode::extend && std::filesystem::file_size(path_, error) > 0 && !error) {
      fail(PDE_ERR_EXISTS,
           "{} exists, which mode create never changes: open it with mode truncate_once instead", path_);
    }
    std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), error);
    if (error) fail(PDE_ERR_IO, "creating the folder of {}: {}", path_, error.message());
    figure_ = std::make_unique<Figure>(sample, options_, path_);
    pde_movie_settings &settings = figure_->settings();
    settings.fps = options_.real("fps");
    settings.threads = static_cast<int32_t>(options_.integer("threads"));
    if (!settings.title) settings.title = "t = {time}";
    const auto &panels = figure_->panels();
    pde_movie_message message{};
    check_movie(movie_module().movie_open(&movie_host(), panels.data(), static_cast<int64_t>(panels.size()),
                                          &settings, &movie_, &message),
                message);
    description_ = sample;
    times_.clear();
  }

  void append(const Field &snapshot, double time, const std::string *, bool *) override {
    const auto values = figure_->values(snapshot);
    const auto arrays = pointers(values);
    times_.reserve(times_.size() + 1);
    pde_movie_message message{};
    encode([&] { check_movie(movie_module().movie_append(movie_, arrays.data(), time, &message), message); });
    times_.push_back(time);
  }

  void truncate(int64_t) override { written_only(); }
  void erase() override { written_only(); }

  /// film.mp4 goes on in film-2.mp4, film-3.mp4, …
  void go_on_elsewhere() override {
    std::error_code error;
    if (!(std::filesystem::file_size(path_, error) > 0) || error) return;
    const std::filesystem::path first = path_;
    for (int64_t number = 2; std::filesystem::exists(path_, error); ++number) {
      path_ = (first.parent_path() / first.stem()).string() + fmt::format("-{}", number) +
              first.extension().string();
    }
    log_warning("the movie {} cannot be added to: the run that goes on is shown in {}", first.string(),
                path_);
  }

  void commit(Commit) override {}  // half a stream cannot be committed

  void finish(const Info &) override {
    pde_movie_message message{};
    void *movie = std::exchange(movie_, nullptr);
    encode([&] { check_movie(movie_module().movie_close(movie, &message), message); });
    finished_ = static_cast<int64_t>(times_.size());
  }

  void close() override {
    pde_movie_message message{};
    if (void *movie = std::exchange(movie_, nullptr))
      check_movie(movie_module().movie_close(movie, &message), message);
  }

  int64_t committed() override { return finished_; }

  void times(int64_t first, int64_t count, double *out_times) override {
    std::copy_n(times_.begin() + first, count, out_times);
  }

  void read(const Selection &, void *) override { written_only(); }
  std::optional<std::string> snapshot_info(int64_t) override { written_only(); }
  bool keeps_snapshot_info() const override { return false; }

  BackendStatistics statistics() override {
    std::error_code error;
    const auto size = std::filesystem::file_size(path_, error);
    const int64_t bytes = description_ ? static_cast<int64_t>(times_.size()) * description_->bytes() : 0;
    return {bytes, error ? 0 : static_cast<int64_t>(size), 0};
  }

 private:
  [[noreturn]] void written_only() const { fail(PDE_ERR_UNSUPPORTED, "{} is written only", name()); }

  static std::string absolute_path(const std::string &path) {
    std::error_code error;
    const std::filesystem::path absolute = std::filesystem::absolute(path, error);
    if (error) fail(PDE_ERR_IO, "the path {} cannot be resolved: {}", path, error.message());
    return absolute.lexically_normal().string();
  }

  template <class F>
  void encode(F &&f) {
    try {
      f();
    } catch (...) {
      broken_ = true;
      throw;
    }
  }

  std::string path_;
  ResolvedOptions options_;
  Mode mode_;
  std::unique_ptr<Figure> figure_;
  void *movie_ = nullptr;
  bool broken_ = false;
  std::optional<FieldDescription> description_;
  std::vector<double> times_;  // of this session
  int64_t finished_ = 0;
};

}  // namespace

std::unique_ptr<Backend> open_movie_backend(const BackendRequest &request) {
  return std::make_unique<MovieBackend>(request);
}

OptionTable movie_option_table() {
  return kMovieOptions;
}

}  // namespace pde
