/* Films and pictures through the table: what is seen in them. */
#include <fcntl.h>
#include <unistd.h>

#include "support/descriptors.hpp"
#include "table_fixture.hpp"

using namespace movie_test;

namespace {

const std::array<int, 3> low = {0x44, 0x01, 0x54}, high = {0xfd, 0xe7, 0x25}, bad = {0xb8, 0xb8, 0xb8};

/* Columns and rows of a figure whose pixels have a colour: the corners of what is drawn in it. */
struct Extent {
  int left = 1 << 30, right = -1, top = 1 << 30, bottom = -1;
};
Extent extent_of(const Frame &frame, std::array<int, 3> color, int tolerance, int until_x) {
  Extent extent;
  for (int y = 0; y < frame.height; ++y) {
    for (int x = 0; x < until_x; ++x) {
      if (frame.distance(x, y, color) > tolerance) continue;
      extent.left = std::min(extent.left, x), extent.right = std::max(extent.right, x);
      extent.top = std::min(extent.top, y), extent.bottom = std::max(extent.bottom, y);
    }
  }
  return extent;
}

/* Grows a spot as far as its colour reaches along its rows and columns. */
Extent grown(const Frame &frame, Extent spot, std::array<int, 3> color) {
  const int x = spot.left, y = spot.top;
  while (spot.left > 0 && frame.distance(spot.left - 1, y, color) <= 16) --spot.left;
  while (spot.right + 1 < frame.width && frame.distance(spot.right + 1, y, color) <= 16) ++spot.right;
  while (spot.top > 0 && frame.distance(x, spot.top - 1, color) <= 16) --spot.top;
  while (spot.bottom + 1 < frame.height && frame.distance(x, spot.bottom + 1, color) <= 16) ++spot.bottom;
  return spot;
}

}  // namespace

TEST(Film, shows_a_hot_cell_at_its_place) {
  NEEDS_FFMPEG();
  const Folder folder;
  Request request(folder / "hot.mp4", 2, 8, 8);
  request.settings.vmin = 0;
  request.settings.vmax = 1;
  std::vector<double> values(64, 0.0);
  values[7 * 8 + 0] = 1;  // the last x, the first y
  ASSERT_EQ(request.film({std::vector<double>(64, not_a_number), values}), 0) << request.message.text;
  const Frame blank = decode(request.path, 0), frame = decode(request.path, 1);
  const Extent axes =
      grown(blank, {blank.width * 2 / 5, blank.width * 2 / 5, blank.height / 2, blank.height / 2}, bad);
  const int cell = (axes.right - axes.left + 1) / 8;
  ASSERT_GT(cell, 10);
  EXPECT_NEAR(axes.bottom - axes.top, axes.right - axes.left, 1);
  const int right = axes.right - cell / 2, bottom = axes.bottom - cell / 2;
  EXPECT_LE(frame.distance(right, bottom, high), 12);
  EXPECT_LE(frame.distance(right - cell, bottom, low), 12);
  EXPECT_LE(frame.distance(right, bottom - cell, low), 12);
  EXPECT_LE(frame.distance(axes.left + cell / 2, axes.top + cell / 2, low), 12);
}

TEST(Film, has_the_frames_rate_and_duration_asked_for) {
  NEEDS_FFMPEG();
  const Folder folder;
  Request request(folder / "rate.mp4", 1, 50, 1);
  request.settings.fps = 12.5;
  ASSERT_EQ(request.film(std::vector<std::vector<double>>(25, std::vector<double>(50, 1.0))), 0);
  EXPECT_EQ(probe(request.path, "nb_frames"), "25");
  EXPECT_EQ(probe(request.path, "nb_read_frames"), "25");
  EXPECT_EQ(probe(request.path, "avg_frame_rate"), "25/2");
  EXPECT_NEAR(std::atof(probe(request.path, "duration").c_str()), 2.0, 1e-6);
  EXPECT_EQ(probe(request.path, "pix_fmt"), "yuv420p");
  EXPECT_NE(log_lines.front().find("encoding with"), std::string::npos);
}

TEST(Film, pads_odd_sizes_to_even_ones) {
  NEEDS_FFMPEG();
  const Folder folder;
  for (const auto &[width, height] : {std::pair(321, 241), {1, 1}, {2, 3}, {33, 480}, {641, 16}}) {
    Request request(folder / "odd.mp4", 2, 5, 4);
    request.settings.width = width;
    request.settings.height = height;
    ASSERT_EQ(request.film({std::vector<double>(20, 1.0)}), 0) << request.message.text;
    EXPECT_EQ(probe(request.path, "width"), std::to_string((width + 1) / 2 * 2));
    EXPECT_EQ(probe(request.path, "height"), std::to_string((height + 1) / 2 * 2));
    EXPECT_EQ(probe(request.path, "nb_read_frames"), "1");
  }
}

TEST(Film, takes_any_grid_and_any_values) {
  NEEDS_FFMPEG();
  const Folder folder;
  for (const int32_t ndim : {1, 2}) {
    for (const auto &[nx, ny] :
         {std::pair<int64_t, int64_t>(1, 1), {1, 300}, {300, 1}, {2000, 3}, {17, 16}}) {
      const std::size_t cells = static_cast<std::size_t>(nx) * static_cast<std::size_t>(ndim == 2 ? ny : 1);
      std::vector<double> mixed(cells, 0.5);
      mixed[0] = not_a_number;
      mixed[cells / 2] = infinity;
      mixed[cells - 1] = -infinity;
      std::vector<std::vector<double>> snapshots;
      for (const double value : {not_a_number, infinity, 0.0, 0.0, -3.0, 1e308, -1e308, 5e-324}) {
        snapshots.emplace_back(cells, value);
      }
      snapshots.push_back(mixed);
      Request request(folder / "any.mp4", ndim, nx, ny);
      ASSERT_EQ(request.film(snapshots), 0) << request.message.text;
      EXPECT_EQ(probe(request.path, "nb_read_frames"), "9");
    }
  }
}

TEST(Film, draws_missing_values_grey) {
  NEEDS_FFMPEG();
  const Folder folder;
  Request request(folder / "nan.mp4", 2, 8, 8);
  ASSERT_EQ(request.film({std::vector<double>(64, not_a_number), std::vector<double>(64, not_a_number)}), 0);
  const Frame frame = decode(request.path, 1);
  EXPECT_LE(frame.distance(frame.width * 2 / 5, frame.height / 2, bad), 6);
}

TEST(Film, widens_limits_with_one_line_each) {
  const Folder folder;
  Request request(folder / "wide.mp4", 2, 4, 4);
  std::vector<double> values(16, 0.0);
  values[3] = 1;
  auto beyond = values, far = values;
  beyond[3] = 1.05;
  far[3] = 2;
  ASSERT_EQ(request.film({values, beyond, far, far, beyond}), 0);
  EXPECT_EQ(widenings(), 1U);
  request.settings.vmin = 0;
  request.settings.vmax = 1;
  ASSERT_EQ(request.film({values, far}), 0);
  EXPECT_EQ(widenings(), 0U);
}

TEST(Film, says_nothing_and_leaks_no_descriptor) {
  const Folder folder;
  Request request(folder / "quiet.mp4", 2, 16, 16);
  const std::vector<std::vector<double>> snapshots(30, std::vector<double>(256, 1.0));
  ASSERT_EQ(request.film(snapshots), 0);  // caches of fonts are filled now
  const std::size_t before = test::open_descriptors();
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  ASSERT_EQ(request.film(snapshots), 0);
  Request(folder / "missing/film.mp4", 2, 16, 16).film(snapshots);
  Request(folder / "film.xyz", 2, 16, 16).film(snapshots);
  Request(folder / "a.svg", 2, 16, 16).plot({snapshots[0]});
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(test::open_descriptors(), before);
}

TEST(Film, has_several_panels) {
  NEEDS_FFMPEG();
  const Folder folder;
  Request request(folder / "panels.mp4", 2, 6, 6);
  pde_movie_panel panels[2] = {request.panel, request.panel};
  panels[1].ndim = 1;
  const std::vector<double> image(36, 1.0), line(6, 2.0);
  const double *values[2] = {image.data(), line.data()};
  request.settings.path = request.path.c_str();
  void *movie = nullptr;
  ASSERT_EQ(module()->movie_open(&request.host, panels, 2, &request.settings, &movie, &request.message), 0);
  EXPECT_EQ(module()->movie_append(movie, values, 0, &request.message), 0);
  EXPECT_EQ(module()->movie_close(movie, &request.message), 0);
  EXPECT_EQ(probe(request.path, "nb_read_frames"), "1");
}

TEST(Picture, is_drawn_in_every_format) {
  const Folder folder;
  for (const auto &[ending, magic] :
       {std::pair("png", "\x89PNG"), {"svg", "<?xml"}, {"pdf", "%PDF"}, {"PNG", "\x89PNG"}}) {
    Request request(folder / (std::string("picture.") + ending), 2, 9, 9);
    ASSERT_EQ(request.plot({std::vector<double>(81, 1.0)}), 0) << request.message.text;
    EXPECT_TRUE(contents(request.path).starts_with(magic));
  }
  EXPECT_EQ(folder.files(), 4U);
}

TEST(Picture, shows_an_evolution) {
  NEEDS_FFMPEG();
  const Folder folder;
  Request request(folder / "evolution.png", 1, 40, 1);
  const std::vector<const char *> labels(30, "t");
  request.panel.curve_count = 30;
  request.panel.curve_labels = labels.data();
  std::vector<std::vector<double>> curves;
  for (int i = 0; i < 30; ++i) curves.emplace_back(40, i);
  ASSERT_EQ(request.plot(curves), 0) << request.message.text;
  const Frame frame = decode(request.path);
  const Extent first = extent_of(frame, low, 20, frame.width / 2);
  EXPECT_GT(first.top, frame.height / 2);  // the lowest curve has the darkest colour
}
