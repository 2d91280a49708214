/* The table's manners: statuses and words for everything that can be asked wrongly. */
#include <unistd.h>

#include "table_fixture.hpp"

using namespace movie_test;

namespace {

constexpr int32_t argument = -1, io = -11, unsupported = -14;

const std::vector<std::vector<double>> one_snapshot = {std::vector<double>(16, 1.0)};

void expect_refused(Request &request, int32_t status, const std::string &words) {
  void *movie = &request;
  EXPECT_EQ(request.open(&movie), status);
  EXPECT_EQ(movie, nullptr);
  EXPECT_NE(std::string(request.message.text).find(words), std::string::npos) << request.message.text;
}

}  // namespace

TEST(MovieModule, says_its_size_and_version) {
  ASSERT_NE(module(), nullptr);
  EXPECT_EQ(module()->size, static_cast<int64_t>(sizeof(pde_movie_module)));
  EXPECT_EQ(module()->version, PDE_MOVIE_MODULE_VERSION);
}

TEST(MovieModule, refuses_unknown_endings_and_names_the_known) {
  const Folder folder;
  Request film(folder / "film.xyz", 2, 4, 4), none(folder / "film", 2, 4, 4),
      picture(folder / "a.jpg", 2, 4, 4);
  expect_refused(film, unsupported, ".mp4");
  expect_refused(none, unsupported, ".mp4");
  EXPECT_EQ(picture.plot(one_snapshot), unsupported);
  EXPECT_NE(std::string(picture.message.text).find(".png, .svg or .pdf"), std::string::npos);
  EXPECT_EQ(folder.files(), 0U);
}

TEST(MovieModule, names_path_and_cause_of_an_unwritable_file) {
  const Folder folder;
  Request missing(folder / "missing/film.mp4", 2, 4, 4), picture(folder / "missing/a.png", 2, 4, 4);
  expect_refused(missing, io, missing.path + "': No such file or directory");
  EXPECT_EQ(picture.plot(one_snapshot), io);
  std::filesystem::create_directory(folder / "folder.mp4");
  Request directory(folder / "folder.mp4", 2, 4, 4);
  expect_refused(directory, io, "a directory");
  if (::geteuid() == 0) return;
  std::filesystem::permissions(folder / "folder.mp4",
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  Request closed(folder / "folder.mp4/film.mp4", 2, 4, 4);
  expect_refused(closed, io, "Permission denied");
}

TEST(MovieModule, refuses_what_makes_no_figure) {
  const Folder folder;
  const auto refused = [&](const std::function<void(Request &)> &spoil, const std::string &words) {
    Request request(folder / "film.mp4", 2, 4, 4);
    spoil(request);
    expect_refused(request, argument, words);
  };
  refused([](Request &r) { r.settings.fps = 0; }, "fps is 0");
  refused([](Request &r) { r.settings.fps = not_a_number; }, "fps is NaN");
  refused([](Request &r) { r.settings.dpi = -5; }, "dpi is -5");
  refused([](Request &r) { r.settings.width = 0; }, "width is 0");
  refused([](Request &r) { r.settings.height = 1 << 30; }, "height is 1073741824");
  refused([](Request &r) { r.settings.vmin = 2, r.settings.vmax = 1; }, "vmin 2 is above vmax 1");
  refused([](Request &r) { r.settings.vmax = infinity; }, "vmax is inf");
  refused([](Request &r) { r.panel.ndim = 3; }, "3 dimensions");
  refused([](Request &r) { r.panel.shape[1] = 0; }, "axis 1 has 0 cells");
  refused([](Request &r) { r.panel.shape[0] = r.panel.shape[1] = int64_t{1} << 40; }, "too many cells");
  refused([](Request &r) { r.panel.upper[0] = r.panel.lower[0]; }, "bounds 0 and 0");
  refused([](Request &r) { r.panel.upper[0] = not_a_number; }, "bounds 0 and NaN");
  refused([](Request &r) { r.panel.curve_count = 2; }, "2 curves");
  refused([](Request &r) { r.path = ""; }, "path is empty");
  EXPECT_EQ(folder.files(), 0U);
}

TEST(MovieModule, answers_null_with_a_status) {
  const Folder folder;
  Request request(folder / "film.mp4", 2, 4, 4);
  request.settings.path = request.path.c_str();
  const pde_movie_module &table = *module();
  void *movie = nullptr;
  EXPECT_EQ(table.movie_open(nullptr, nullptr, 1, &request.settings, &movie, nullptr), argument);
  EXPECT_EQ(table.movie_open(nullptr, &request.panel, 0, &request.settings, &movie, nullptr), argument);
  EXPECT_EQ(table.movie_open(nullptr, &request.panel, 1, nullptr, &movie, nullptr), argument);
  EXPECT_EQ(table.movie_open(nullptr, &request.panel, 1, &request.settings, nullptr, nullptr), argument);
  EXPECT_EQ(table.movie_append(nullptr, nullptr, 0, nullptr), argument);
  EXPECT_EQ(table.movie_close(nullptr, nullptr), argument);
  EXPECT_EQ(table.plot(nullptr, nullptr, 1, nullptr, 0, nullptr, nullptr), argument);
  ASSERT_EQ(table.movie_open(nullptr, &request.panel, 1, &request.settings, &movie, nullptr), 0);
  EXPECT_EQ(table.movie_append(movie, nullptr, 0, nullptr), argument);
  EXPECT_EQ(request.append(movie, one_snapshot[0], 0), 0);  // a refused call spoils nothing
  EXPECT_EQ(table.movie_close(movie, nullptr), 0);
  EXPECT_EQ(folder.files(), 1U);
}

TEST(MovieModule, cuts_long_messages) {
  Request request("/" + std::string(3000, 'x') + "/film.mp4", 2, 4, 4);
  expect_refused(request, io, "cannot write '/xxx");
  EXPECT_LT(std::strlen(request.message.text), sizeof request.message.text);
}

TEST(MovieModule, takes_names_with_colons_and_blanks) {
  const Folder folder;
  Request request(folder / "a:b c%d.mp4", 2, 4, 4);
  EXPECT_EQ(request.film(one_snapshot), 0) << request.message.text;
  EXPECT_TRUE(std::filesystem::exists(request.path));
}

TEST(MovieModule, closes_an_empty_film_with_a_warning_and_no_file) {
  const Folder folder;
  Request request(folder / "empty.mp4", 2, 4, 4);
  EXPECT_EQ(request.film({}), 0);
  EXPECT_TRUE(log_lines.back().starts_with("2 "));
  EXPECT_EQ(folder.files(), 0U);
}
