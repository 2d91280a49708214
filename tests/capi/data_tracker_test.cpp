// Tables of numbers about the state, in files and in memory, from programs.
#include <csignal>
#include <fstream>

#include "user_program.hpp"

namespace test {
namespace {

/// Mean and largest sample.
pde_status mean_and_max(const pde_field *state, double, double *out_values, int64_t count, void *user) {
  if (user) ++*static_cast<int *>(user);
  if (count != 2) return pde_error_set(PDE_ERR_USER, "two columns are expected");
  const pde_status status = pde_field_average(state, &out_values[0], 1);
  return status == PDE_OK ? pde_field_statistic(state, "max", &out_values[1], 1) : status;
}

struct DataTracker : ::testing::Test {
  TrackerHandle create(const char *options = "", pde_measure measure = mean_and_max, void *user = nullptr,
                       const char *columns = "mean,max") {
    TrackerHandle tracker;
    ScheduleHandle schedule;
    REQUIRE_OK(pde_schedule_create_constant(1, 0, schedule.out()));
    REQUIRE_OK(pde_tracker_create_data(columns, schedule, measure, user, nullptr, options_from(options),
                                       tracker.out()));
    return tracker;
  }
  std::string with_path(const std::string &more = "") const { return "path='" + path + "' " + more; }

  pde_status start(pde_tracker *tracker, double t = 0, double t_end = 100) {
    REQUIRE_OK(pde_controller_create(&tracker, 1, nullptr, run.out()));
    REQUIRE_OK(pde_field_fill(state, t, 0));
    return pde_controller_start(run, state, t, t_end, &t_next);
  }
  pde_status step(double t) {
    REQUIRE_OK(pde_field_fill(state, t, 0));
    return pde_controller_handle(run, state, t, &t_next);
  }
  void finish(double t) {
    REQUIRE_OK(pde_field_fill(state, t, 0));
    REQUIRE_OK(pde_controller_finish(run, state, t));
  }

  TemporaryFolder folder;
  std::string path = folder.file("table.csv");
  FieldHandle state = filled_field(unit_grid({4}), 0);
  ControllerHandle run;
  double t_next = 0;
};

TEST_F(DataTracker, HasEachRowInTheFileWhenTheCallReturns) {
  const TrackerHandle tracker = create(with_path().c_str());
  REQUIRE_OK(start(tracker));
  std::string expected = ",time,mean,max\n0,0.0,0.0,0.0\n";
  EXPECT_EQ(bytes_of_file(path), expected);
  for (int i = 1; i <= 3; ++i) {
    REQUIRE_OK(step(i));
    const std::string number = std::to_string(i);
    expected += number + "," + number + ".0," + number + ".0," + number + ".0\n";
    EXPECT_EQ(bytes_of_file(path), expected);
  }
  finish(3.5);
  EXPECT_EQ(bytes_of_file(path), expected);
}

TEST_F(DataTracker, WritesJsonAsThePathOrTheOptionSays) {
  path = folder.file("table.jsonl");
  for (const bool lines : {true, false}) {
    const TrackerHandle tracker =
        create(with_path(lines ? "" : "format=json mode=truncate final=true").c_str());
    REQUIRE_OK(start(tracker));
    REQUIRE_OK(step(1));
    finish(1.5);
    EXPECT_EQ(
        bytes_of_file(path),
        lines ? "{\"time\": 0.0, \"mean\": 0.0, \"max\": 0.0}\n{\"time\": 1.0, \"mean\": 1.0, \"max\": 1.0}\n"
              : "{\"time\": {\"0\": 0.0, \"1\": 1.0, \"2\": 1.5}, \"mean\": {\"0\": 0.0, \"1\": 1.0, \"2\": "
                "1.5}, \"max\": {\"0\": 0.0, \"1\": 1.0, \"2\": 1.5}}\n");
  }
}

TEST_F(DataTracker, KeepsItsTableInMemoryWithoutAPath) {
  int calls = 0;
  const TrackerHandle tracker = create("", mean_and_max, &calls);
  int64_t length = -1;
  REQUIRE_OK(pde_tracker_data_length(tracker, &length));
  EXPECT_EQ(length, 0);
  REQUIRE_OK(start(tracker));
  REQUIRE_OK(step(0.5));
  REQUIRE_OK(step(1));
  double rows[6] = {};
  REQUIRE_OK(pde_tracker_data_read(tracker, 0, 2, rows, 6));  // the run goes on
  EXPECT_EQ(std::vector<double>(rows, rows + 6), (std::vector<double>{0, 0, 0, 1, 1, 1}));
  finish(1.5);
  REQUIRE_OK(pde_tracker_data_length(tracker, &length));
  EXPECT_EQ(length, 2);
  EXPECT_EQ(calls, 2);
  REQUIRE_OK(pde_tracker_data_read(tracker, -1, 1, rows, 3));
  EXPECT_EQ(rows[0], 1);
  EXPECT_FAILS(PDE_ERR_RANGE, pde_tracker_data_read(tracker, 1, 2, rows, 6), "2 rows");
  EXPECT_FAILS(PDE_ERR_SHAPE, pde_tracker_data_read(tracker, 0, 2, rows, 4), "size is 4", "expected 6");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_tracker_data_read(tracker, 0, -1, rows, 0), "count is -1");
}

TEST_F(DataTracker, HasNoTableInMemoryBesideAFile) {
  const TrackerHandle file = create(with_path().c_str());
  TrackerHandle other;
  REQUIRE_OK(pde_tracker_create("print", nullptr, nullptr, other.out()));
  int64_t length = 7;
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_tracker_data_length(file, &length), path);
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_tracker_data_length(other, &length), "\"print\"",
               "pde_tracker_create_data");
  EXPECT_EQ(length, 7);
}

/// A path without a folder, in a program that changes its working directory.
TEST_F(DataTracker, StaysWhereItsPathWas) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  for (const char *name : {"a.csv", "a.json"}) {
    path = name;
    const TrackerHandle tracker = create(with_path("mode=append").c_str());
    std::filesystem::current_path("/");
    for (const double t : {0.0, 1.0}) {
      REQUIRE_OK(start(tracker, t));
      finish(t + 0.5);
      run.reset();
    }
    std::filesystem::current_path(folder.path());
    const std::string text = bytes_of_file(name);
    EXPECT_NE(text.find("1.0"), std::string::npos) << text;
  }
  std::filesystem::current_path(before);
  EXPECT_EQ(folder.names(), (std::set<std::string>{"a.csv", "a.json"}));
}

TEST_F(DataTracker, MayEndTheRun) {
  const pde_measure measure = [](const pde_field *, double time, double *out_values, int64_t, void *) {
    out_values[0] = time;
    return pde_status{time >= 2 ? PDE_STOP : PDE_OK};
  };
  const TrackerHandle tracker = create(with_path().c_str(), measure, nullptr, "t, nothing");
  REQUIRE_OK(start(tracker));
  REQUIRE_OK(step(1));
  EXPECT_EQ(step(2), PDE_STOP);
  finish(2);
  // What is not filled in is no number.
  EXPECT_EQ(bytes_of_file(path), ",time,t,nothing\n0,0.0,0.0,\n1,1.0,1.0,\n2,2.0,2.0,\n");
}

TEST_F(DataTracker, PassesFailuresOn) {
  const pde_measure measure = [](const pde_field *, double time, double *, int64_t, void *) {
    return time < 1 ? pde_status{PDE_OK} : pde_error_set(PDE_ERR_USER - 3, "the probe is broken");
  };
  const TrackerHandle tracker = create(with_path().c_str(), measure);
  REQUIRE_OK(start(tracker));
  EXPECT_FAILS(PDE_ERR_USER - 3, step(1), "tracker \"data " + path + "\"", "the probe is broken");
  EXPECT_EQ(bytes_of_file(path), ",time,mean,max\n0,0.0,,\n");
}

TEST_F(DataTracker, EndsTheRunWhereTheDiskIsFull) {
  for (const char *format : {"csv", "jsonl"}) {
    path = "/dev/full";
    const TrackerHandle tracker = create(with_path(std::string("format=") + format).c_str());
    EXPECT_FAILS(PDE_ERR_IO, start(tracker), "tracker \"data /dev/full\"", "writing /dev/full",
                 "No space left on device");
    const char *report = nullptr;
    REQUIRE_OK(pde_controller_info(run, &report));
    EXPECT_NE(std::string(report).find("\"successful\": false"), std::string::npos);
  }
}

/// Killed at no moment that it could prepare for: whole rows are there, and a later run goes on behind them.
TEST_F(DataTracker, LosesNoRowToAKill) {
  const int status = run_in_child([&] {
    const TrackerHandle tracker = create(with_path("mode=append").c_str());
    REQUIRE_OK(start(tracker));
    REQUIRE_OK(step(1));
    REQUIRE_OK(step(2));
    ::raise(SIGKILL);
    return 0;
  });
  ASSERT_TRUE(WIFSIGNALED(status));
  const std::string before = ",time,mean,max\n0,0.0,0.0,0.0\n1,1.0,1.0,1.0\n2,2.0,2.0,2.0\n";
  EXPECT_EQ(bytes_of_file(path), before);
  std::ofstream(path, std::ios::app) << "3,3.0,0.12";  // and one that was cut off
  const TrackerHandle tracker = create(with_path("mode=append").c_str());
  REQUIRE_OK(start(tracker, 3));
  REQUIRE_OK(step(4));
  finish(4);
  EXPECT_EQ(bytes_of_file(path), before + "3,3.0,3.0,3.0\n4,4.0,4.0,4.0\n");
}

TEST_F(DataTracker, SaysWhatIsWrongWithItsArguments) {
  TrackerHandle tracker;
  const auto try_with = [&](const char *columns, const std::string &options, pde_measure measure) {
    return pde_tracker_create_data(columns, nullptr, measure, nullptr, nullptr, options_from(options.c_str()),
                                   tracker.out());
  };
  for (const char *columns : {"", "a,,b", "a,a", "time", "a\"b", "a\nb"})
    EXPECT_FAILS(PDE_ERR_ARGUMENT, try_with(columns, "", mean_and_max), "columns");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, try_with(nullptr, "", mean_and_max), "columns", "NULL");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, try_with("a", "", nullptr), "measure", "NULL");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, try_with("a", "filename=a.csv", mean_and_max), "filename", "path");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, try_with("a", "mode=append", mean_and_max), "mode", "path");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, try_with("a", "path=a.csv mode=readonly", mean_and_max), "readonly");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, try_with("a", "path=a.xls", mean_and_max), "a.xls", ".jsonl");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, try_with("a", "path=a format=xls", mean_and_max), "xls", "jsonl");
  EXPECT_FAILS(PDE_ERR_IO, try_with("a", "path=/proc/a.csv", mean_and_max), "/proc/a.csv");
  std::ofstream(path) << ",time,b\n0,0.0,1.0\n";
  EXPECT_FAILS(PDE_ERR_FORMAT, try_with("a", with_path(), mean_and_max), path, ",time,b", ",time,a");
  EXPECT_FAILS(PDE_ERR_EXISTS, try_with("b", with_path(), mean_and_max), path, "append");
  EXPECT_EQ(bytes_of_file(path), ",time,b\n0,0.0,1.0\n");
  EXPECT_EQ(tracker.get(), nullptr);
}

TEST_F(DataTracker, DestroysItsUserDataOnce) {
  int destroyed = 0;
  const pde_destroy destroy = [](void *user) { ++*static_cast<int *>(user); };
  TrackerHandle tracker;
  EXPECT_FAILS(
      PDE_ERR_ARGUMENT,
      pde_tracker_create_data("", nullptr, mean_and_max, &destroyed, destroy, nullptr, tracker.out()),
      "columns");
  EXPECT_EQ(destroyed, 1);
  REQUIRE_OK(
      pde_tracker_create_data("a", nullptr, mean_and_max, &destroyed, destroy, nullptr, tracker.out()));
  tracker.reset();
  EXPECT_EQ(destroyed, 2);
}

}  // namespace
}  // namespace test
