// Pictures that a run draws of its state.
#include <cmath>

#include "user_program.hpp"

namespace test {
namespace {

/// A run of the tracker "plot" from 0 to 3 that draws at whole numbers; skips where there is no movie module.
struct PlotTracker : ::testing::Test {
  void SetUp() override {
    if (create("path=a.png") == PDE_ERR_UNSUPPORTED) GTEST_SKIP() << pde_error_message();
  }
  pde_status create(const std::string &options) {
    ScheduleHandle schedule;
    REQUIRE_OK(pde_schedule_create_constant(1, 0, schedule.out()));
    return pde_tracker_create("plot", schedule, options_from(options.c_str()), tracker.out());
  }
  /// What the run ended with.
  pde_status record(double t_end = 2.5) {
    pde_tracker *list[] = {tracker};
    ControllerHandle run;
    REQUIRE_OK(pde_controller_create(list, 1, nullptr, run.out()));
    double t = 0, t_next = 0;
    pde_status status = pde_controller_start(run, state, 0, t_end, &t_next);
    while (status == PDE_OK) {
      t = t_next;
      REQUIRE_OK(pde_field_fill_random(state, "uniform", static_cast<int64_t>(10 * t), 0, 1 + t));
      status = pde_controller_handle(run, state, t, &t_next);
    }
    return status == PDE_STOP ? pde_controller_finish(run, state, t) : status;
  }
  static void expect_picture(const std::string &path) {
    EXPECT_EQ(bytes_of_file(path).substr(1, 3), "PNG") << path;
  }

  TemporaryFolder folder;
  FieldHandle state = filled_field(unit_grid({16, 8}), 0);
  TrackerHandle tracker;
};

TEST_F(PlotTracker, ReplacesOnePicture) {
  const std::string path = folder.file("new/state.png"), before = folder.file("before.png");
  ASSERT_OK(create("final=false path=" + path));
  REQUIRE_OK(record());
  expect_picture(path);
  std::filesystem::rename(path, before);
  ASSERT_OK(create("path=" + path));
  REQUIRE_OK(record());
  EXPECT_NE(bytes_of_file(path), bytes_of_file(before));  // that of the end, after that of t = 2
  EXPECT_EQ(folder.names(), (std::set<std::string>{"before.png", "new"}));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.file("new")), {}), 1);
}

TEST_F(PlotTracker, NumbersPictures) {
  ASSERT_OK(create("path=" + folder.file("a{index:04}.png")));
  REQUIRE_OK(record());
  EXPECT_EQ(folder.names(), (std::set<std::string>{"a0000.png", "a0001.png", "a0002.png", "a0003.png"}));
  for (const std::string &name : folder.names()) expect_picture(folder.file(name));
  folder.clear();
  ASSERT_OK(create("title='' final=false path=" + folder.file("a{index}.svg")));
  REQUIRE_OK(record(1));
  EXPECT_EQ(folder.names(), (std::set<std::string>{"a0.svg", "a1.svg"}));
}

TEST_F(PlotTracker, StaysWhereItsPathWas) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  const pde_status status = create("final=false path=a{index}.png");
  std::filesystem::current_path(before);
  ASSERT_OK(status);
  REQUIRE_OK(record(1));
  EXPECT_EQ(folder.names(), (std::set<std::string>{"a0.png", "a1.png"}));
}

TEST_F(PlotTracker, TellsTheTimeAboveThePicture) {
  const auto drawn = [&](const std::string &title) {
    const std::string path = folder.file("a.png");
    EXPECT_OK(create("final=false path=" + path + title));
    REQUIRE_OK(record(1));
    return bytes_of_file(path);
  };
  const std::string same = drawn("");
  EXPECT_EQ(same, drawn(" title='Time: {time:g}'"));
  EXPECT_EQ(same, drawn(" title='Time: 1'"));
  EXPECT_EQ(same, drawn(" title='Time: {index}'"));
  EXPECT_NE(same, drawn(" title='Time: 2'"));
  EXPECT_NE(same, drawn(" vmin=-1"));
}

TEST_F(PlotTracker, EndsTheRunWithAPictureThatFails) {
  const std::string path = folder.file("folder.png");
  std::filesystem::create_directory(path);
  ASSERT_OK(create("path=" + path));
  EXPECT_FAILS(PDE_ERR_IO, record(), "tracker \"plot\"", path, "a directory");
  ASSERT_OK(create("path=/proc/a.png"));
  EXPECT_FAILS(PDE_ERR_IO, record(), "tracker \"plot\"", "/proc/a.png");
  ASSERT_OK(create("path=/dev/null/a.png"));
  EXPECT_FAILS(PDE_ERR_IO, record(), "tracker \"plot\"", "/dev/null/a.png");
  state = new_field(unit_grid({4, 4}), PDE_VECTOR, PDE_FLOAT64);
  ASSERT_OK(create("path=" + folder.file("a.png")));
  EXPECT_FAILS(PDE_ERR_UNSUPPORTED, record(), "tracker \"plot\"", "vector");
}

TEST_F(PlotTracker, SaysWhatIsWrongWithItsOptions) {
  EXPECT_FAILS(PDE_ERR_ARGUMENT, create(""), "path");
  for (const char *path :
       {"a{}.png", "a{index.png", "aindex}.png", "}a{.png", "a{index:4}.png", "a{index:00}.png",
        "a{index:012}.png", "a{index}{index}.png", "a{indexes}.png", "a{time}.png"})
    EXPECT_FAILS(PDE_ERR_ARGUMENT, create(std::string("path=") + path), path, "{index:04}");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, create("path=a.gif"), "a.gif", ".png");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, create("path=a.png dpi=0"), "dpi");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, create("path=a.png movie=a.mp4"), "movie", "path");
}

}  // namespace
}  // namespace test
