// Runs that are cut and go on: what they leave is what an uncut run leaves, bit for bit.
//
// A program of two storages, one of the states and one of what a function makes of them, with schedules of
// every kind. It is cut between two steps (its folder is copied as it is at that moment), or killed at any
// moment, and begun again until it comes to the end.
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <thread>

#include "user_program.hpp"

namespace test {
namespace {

// ---- the program

constexpr int64_t kCells = 6;

struct Program {
  std::string states = "constant(0.25)", sums = "constant(0.1)";  // schedules
  std::string states_options = "commit_every=1", sums_options = "commit_every=1";
  double dt = 0.037, fixed_step = 0;
};

/// What a kill can interrupt: called before each step.
using Cut = std::function<bool(int64_t step)>;

ScheduleHandle schedule_of(const std::string &text) {
  ScheduleHandle schedule;
  REQUIRE_OK(pde_schedule_parse(text.c_str(), schedule.out()));
  return schedule;
}

pde_status sum_up(const pde_field *in, double, pde_field *out, void *) {
  const void *cells = nullptr;
  void *sums = nullptr;
  if (pde_status status = pde_field_data_const(in, PDE_FLOAT64, &cells, nullptr, 0)) return status;
  if (pde_status status = pde_field_data(out, PDE_FLOAT64, &sums)) return status;
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < kCells; ++i) {
    const double cell = static_cast<const double *>(cells)[i];
    sum += cell, squares += cell * cell;
  }
  static_cast<double *>(sums)[0] = sum;
  static_cast<double *>(sums)[1] = squares;
  return PDE_OK;
}

void step(pde_field *state, double t, double dt) {
  void *data = nullptr;
  REQUIRE_OK(pde_field_data(state, PDE_FLOAT64, &data));
  double *u = static_cast<double *>(data), before = u[0];
  for (int64_t i = 0; i < kCells; ++i) {
    const double right = i + 1 < kCells ? u[i + 1] : u[i], here = u[i];
    u[i] += dt * (before - 2 * u[i] + right + 0.3 * std::sin(3 * t + static_cast<double>(i)) - u[i] * u[i]);
    before = here;
  }
}

/// Runs from where the folder says to t_end; false: it has been cut, and nothing was finished.
bool run_program(const TemporaryFolder &folder, const Program &program, double t_end, const Cut &cut = {},
                 double *out_t = nullptr) {
  const FieldHandle state = filled_field(unit_grid({kCells}), 1);
  const FieldHandle sums = filled_field(unit_grid({2}), 0);
  const StorageHandle states_storage =
      open_storage(folder.file("states.h5"), "append", options_from(program.states_options.c_str()));
  const StorageHandle sums_storage =
      open_storage(folder.file("sums.h5"), "append", options_from(program.sums_options.c_str()));
  TrackerHandle trackers[2];
  REQUIRE_OK(pde_tracker_create_storage(sums_storage, schedule_of(program.sums), sums, sum_up, nullptr,
                                        nullptr, nullptr, trackers[0].out()));
  REQUIRE_OK(pde_tracker_create_storage(states_storage, schedule_of(program.states), nullptr, nullptr,
                                        nullptr, nullptr, nullptr, trackers[1].out()));
  pde_tracker *const list[] = {trackers[0], trackers[1]};
  ControllerHandle run;
  REQUIRE_OK(pde_controller_create(list, 2, nullptr, run.out()));
  REQUIRE_OK(pde_controller_set_step(run, program.fixed_step));

  double t = 0, t_next = 0;
  pde_status status = pde_controller_resume(run, states_storage, state, &t);
  if (status >= 0) status = pde_controller_start(run, state, t, t_end, &t_next);
  if (out_t) *out_t = t;
  for (int64_t i = 0; status == PDE_OK; ++i) {
    if (cut && cut(i)) return false;
    double dt = t_next - t, t_new = t_next;
    if (program.fixed_step > 0) {
      dt = program.fixed_step, t_new = t + dt;
    } else if (dt > program.dt) {
      dt = program.dt, t_new = t + dt;
    }
    step(state, t, dt);
    t = t_new;
    status = pde_controller_handle(run, state, t, &t_next);
  }
  if (status != PDE_STOP) throw std::runtime_error(pde_error_message());
  REQUIRE_OK(pde_controller_finish(run, state, t));
  return true;
}

// ---- what it leaves

struct Content {
  std::vector<double> times, samples;
  bool operator==(const Content &other) const {
    const auto same = [](const std::vector<double> &a, const std::vector<double> &b) {
      return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
    };
    return same(times, other.times) && same(samples, other.samples);
  }
};

Content content_of(const std::string &path, int64_t cells) {
  const StorageHandle storage = open_storage(path, "readonly");
  int64_t length = 0;
  REQUIRE_OK(pde_storage_length(storage, &length));
  Content content{std::vector<double>(static_cast<size_t>(length)),
                  std::vector<double>(static_cast<size_t>(length * cells))};
  REQUIRE_OK(pde_storage_times(storage, 0, length, content.times.data()));
  REQUIRE_OK(
      pde_storage_read_raw(storage, 0, length, 1, PDE_FLOAT64, content.samples.data(), length * cells));
  return content;
}

struct Left {
  Content states, sums;
};

Left left_in(const TemporaryFolder &folder) {
  return {content_of(folder.file("states.h5"), kCells), content_of(folder.file("sums.h5"), 2)};
}

::testing::AssertionResult is_same(const Content &expected, const Content &found) {
  if (expected == found) return ::testing::AssertionSuccess();
  auto failure = ::testing::AssertionFailure();
  failure << found.times.size() << " snapshots, expected " << expected.times.size();
  for (size_t i = 0; i < std::min(expected.times.size(), found.times.size()); ++i) {
    if (expected.times[i] == found.times[i]) continue;
    return failure << "; number " << i << " is at " << found.times[i] << ", expected " << expected.times[i];
  }
  return failure << "; times are the same as far as they go";
}

void expect_same(const Left &expected, const TemporaryFolder &folder, const std::string &what) {
  const Left found = left_in(folder);
  EXPECT_TRUE(is_same(expected.states, found.states)) << "states, " << what;
  EXPECT_TRUE(is_same(expected.sums, found.sums)) << "sums, " << what;
}

/// The latest of both storages; 0 where there is none.
double last_time(const TemporaryFolder &folder) {
  double last = 0;
  for (const char *name : {"states.h5", "sums.h5"}) {
    const StorageHandle storage = open_storage(folder.file(name), "append");
    int64_t length = 0;
    REQUIRE_OK(pde_storage_length(storage, &length));
    double t = 0;
    if (length > 0) REQUIRE_OK(pde_storage_times(storage, -1, 1, &t));
    last = std::max(last, t);
  }
  return last;
}

Left uncut(const Program &program, double t_end) {
  const TemporaryFolder folder;
  EXPECT_TRUE(run_program(folder, program, t_end));
  return left_in(folder);
}

// ---- cuts between steps

void copy_folder(const TemporaryFolder &from, const TemporaryFolder &to) {
  to.clear();
  for (const auto &entry : std::filesystem::directory_iterator(from.path()))
    std::filesystem::copy(entry.path(), to.path() / entry.path().filename());
}

const char *const kSchedules[] = {
    "constant(0.25)",        "constant(0.1, 0.5)", "geometric(0.05, 1.3)", "list(0, 0.3, 0.31, 1, 2.5)",
    "logarithmic(0.1, 1.2)", "steps(7)",
};
const char *const kCommits[] = {"commit_every=1",       "commit_every=3",   "commit_every=2 compression=none",
                                "commit_seconds=0.002", "commit_seconds=0", ""};

/// As scripts have it: each schedule meets each other one, with other commits each time, and is cut at
/// random.
TEST(Resuming, LeavesWhatAnUncutRunLeaves) {
  const unsigned seed = std::random_device()();
  RecordProperty("seed", static_cast<int>(seed));
  std::mt19937 random(seed);
  const auto pick = [&](const auto &list) { return list[random() % std::size(list)]; };
  constexpr double kEnd = 3;
  int cuts = 0, resumed = 0, dropped = 0;
  for (int round = 0; cuts < 200; ++round) {
    Program program;
    program.states = kSchedules[static_cast<size_t>(round) % std::size(kSchedules)];
    program.sums = pick(kSchedules);
    if (round % 4 == 3) program.fixed_step = 0.04;
    const Left expected = uncut(program, kEnd);
    ASSERT_GT(expected.states.times.size(), 2u);
    TemporaryFolder folders[2];
    int current = 0;
    std::string story = "seed " + std::to_string(seed) + ": " + program.states + ", " + program.sums;
    for (bool ended = false; !ended;) {
      program.states_options = pick(kCommits), program.sums_options = pick(kCommits);
      const auto at = static_cast<int64_t>(random() % 60);
      story +=
          "; [" + program.states_options + " | " + program.sums_options + "] cut at " + std::to_string(at);
      double t = 0;
      const double recorded = last_time(folders[current]);
      ended = run_program(
          folders[current], program, kEnd,
          [&](int64_t i) {
            if (i < at) return false;
            copy_folder(folders[current], folders[1 - current]);
            return true;
          },
          &t);
      cuts += !ended, resumed += t > 0, dropped += t < recorded;
      if (!ended) current = 1 - current;
    }
    expect_same(expected, folders[current], story);
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(resumed, 50);
  EXPECT_GT(dropped, 50) << "runs that had to record something again";
}

/// In good order, and with an end that was due and one that was not.
TEST(Resuming, GoesOnFromTheEndOfARun) {
  Program program;
  const Left expected = uncut(program, 4);
  for (const double first_end : {1.0, 1.13, 0.01}) {
    const TemporaryFolder folder;
    ASSERT_TRUE(run_program(folder, program, first_end));
    ASSERT_TRUE(run_program(folder, program, 4));
    expect_same(expected, folder, "cut at " + std::to_string(first_end));
    ASSERT_TRUE(run_program(folder, program, 4)) << "a third time: there is nothing left to do";
    expect_same(expected, folder, "at its end");
  }
}

// ---- the solver

int64_t asked_for(const char *variable, int64_t otherwise) {
  const char *text = std::getenv(variable);
  return text && *text ? std::atoll(text) : otherwise;
}

TrackerHandle recorder(pde_storage *storage, const char *schedule = "constant(1)", const char *options = "") {
  TrackerHandle tracker;
  REQUIRE_OK(pde_tracker_create_storage(storage, schedule_of(schedule), nullptr, nullptr, nullptr, nullptr,
                                        options_from(options), tracker.out()));
  return tracker;
}

struct Solving {
  const char *equation, *solve, *states, *looks;  // options, and schedules
};

/// Allen-Cahn from waves, or diffusion with noise; at the cut the folder is copied inside a callback, before
/// what was recorded with it is committed.
bool solve_program(const TemporaryFolder &folder, const Solving &solving,
                   const TemporaryFolder *copy = nullptr, int64_t cut = -1) {
  struct Look {
    const TemporaryFolder *from, *to;
    int64_t left;
  } look{&folder, copy, cut};
  const auto look_at = [](const pde_field *, double, void *user) -> pde_status {
    Look &one = *static_cast<Look *>(user);
    if (!one.to || one.left-- != 0) return PDE_OK;
    copy_folder(*one.from, *one.to);
    return PDE_STOP;
  };
  const GridHandle grid = unit_grid({16});
  const FieldHandle state = new_field(grid);
  void *data = nullptr;
  REQUIRE_OK(pde_field_data(state, PDE_FLOAT64, &data));
  for (int i = 0; i < 16; ++i) static_cast<double *>(data)[i] = 0.5 * std::sin(0.7 * i);
  const StorageHandle storage =
      open_storage(folder.file("states.h5"), "append", options_from("commit_every=1"));
  TrackerHandle trackers[] = {recorder(storage, solving.states), {}};
  REQUIRE_OK(
      pde_tracker_create_callback(schedule_of(solving.looks), look_at, &look, nullptr, trackers[1].out()));
  pde_tracker *const list[] = {trackers[0], trackers[1]};
  ControllerHandle run;
  REQUIRE_OK(pde_controller_create(list, 2, nullptr, run.out()));
  EquationHandle equation;
  const bool noisy = std::string(solving.equation).find("noise") != std::string::npos;
  REQUIRE_OK(pde_equation_create(noisy ? "diffusion" : "allen-cahn", options_from(solving.equation),
                                 equation.out()));
  double t = 0;
  if (pde_controller_resume(run, storage, state, &t) < 0) throw std::runtime_error(pde_error_message());
  const pde_status status = pde_solve(equation, state, t, 8, options_from(solving.solve), run, nullptr);
  if (status < 0) throw std::runtime_error(pde_error_message());
  return status == PDE_OK;
}

/// Each stepper goes on with what it knew: its step, the error before, the rate before, the number of the
/// noise.
TEST(Resuming, LeavesWhatAnUncutSolverLeaves) {
  const auto seed = static_cast<unsigned>(asked_for("PDE_SEED", std::random_device()()));
  SCOPED_TRACE("PDE_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  const Solving all[] = {
      {"", "stepper=euler dt=0.07", "constant(0.3)", "constant(0.25)"},
      {"", "stepper=euler dt=0.07 step_rule=fixed", "constant(0.3)", "constant(0.25)"},
      {"noise=0.1", "stepper=euler dt=0.07 seed=5", "constant(0.3)", "constant(0.25)"},
      {"", "stepper=rk4 dt=0.13", "geometric(0.1, 1.4)", "constant(0.25)"},
      {"", "stepper=adams-bashforth dt=0.07", "constant(0.3)", "constant(0.25)"},
      {"", "stepper=adams-bashforth dt=0.07", "steps(5)", "steps(3)"},
      {"", "stepper=adams-bashforth dt=0.07 step_rule=fixed", "constant(0.3)", "constant(0.25)"},
      {"", "stepper=rk45", "list(0, 0.5, 1.7, 4, 6.1)", "constant(0.25)"},
      {"", "stepper=rk45", "steps(2)", "steps(3)"},
      {"", "stepper=euler-adaptive tolerance=1e-3", "logarithmic(0.2, 1.3)", "constant(0.25)"},
      {"", "stepper=rkc", "constant(0.3)", "constant(0.25)"},
      {"", "stepper=rkc", "steps(2)", "steps(3)"},
  };
  for (const Solving &solving : all) {
    const std::string what = std::string(solving.solve) + ", " + solving.states;
    const TemporaryFolder uncut;
    ASSERT_TRUE(solve_program(uncut, solving)) << what;
    const Content expected = content_of(uncut.file("states.h5"), 16);
    ASSERT_GT(expected.times.size(), 3u) << what;
    for (int round = 0; round < 4; ++round) {
      const TemporaryFolder folders[2];
      int current = 0, cuts = 0;
      while (!solve_program(folders[current], solving, &folders[1 - current],
                            cuts > 4 ? 1000 : static_cast<int64_t>(random() % 12)))
        current = 1 - current, ++cuts;
      EXPECT_TRUE(is_same(expected, content_of(folders[current].file("states.h5"), 16))) << what;
    }
  }
}

// ---- kills

/// Children that are killed by a thread of their own at a random moment, until one comes to the end; again
/// with other schedules, until so many have been killed.
TEST(Resuming, OutlivesKillsAtAnyMoment) {
  const auto seed = static_cast<unsigned>(asked_for("PDE_SEED", std::random_device()()));
  SCOPED_TRACE("PDE_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  const auto pick = [&](const auto &list) { return list[random() % std::size(list)]; };
  const int64_t wanted = asked_for("PDE_RESUME_KILLS", 40);
  int64_t kills = 0, runs = 0;
  for (; kills < wanted; ++runs) {
    Program program;
    program.dt = 0.01;
    program.states = pick(kSchedules), program.sums = pick(kSchedules);
    const Left expected = uncut(program, 6);
    const TemporaryFolder folder;
    unsigned longest = 60000;  // grows: states may be far apart
    for (bool ended = false; !ended; longest += longest / 4) {
      program.states_options = pick(kCommits), program.sums_options = pick(kCommits);
      const auto moment = std::chrono::microseconds(1000 + random() % longest);
      const int status = run_in_child([&] {
        std::thread([moment] {
          std::this_thread::sleep_for(moment);
          ::kill(::getpid(), SIGKILL);
        }).detach();
        run_program(folder, program, 6, [](int64_t) {
          std::this_thread::sleep_for(std::chrono::microseconds(50));
          return false;
        });
        ::_exit(0);
        return 0;
      });
      ended = WIFEXITED(status) && WEXITSTATUS(status) == 0;
      ASSERT_TRUE(ended || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)) << exited_well(status);
      kills += !ended;
    }
    expect_same(expected, folder, program.states + ", " + program.sums);
    if (::testing::Test::HasFailure()) return;
  }
  std::printf("resumed runs %lld: %lld kills, what is left differs 0\n", static_cast<long long>(runs),
              static_cast<long long>(kills));
}

// ---- what there is to go on from

ControllerHandle controller_of(const TrackerHandle &tracker) {
  pde_tracker *const list[] = {tracker};
  ControllerHandle run;
  REQUIRE_OK(pde_controller_create(list, 1, nullptr, run.out()));
  return run;
}

/// A loop of steps of 0.5, whose state is its time; to the end, or up to the time of a cut.
void record(pde_controller *run, pde_field *state, double t, double t_end, double cut = HUGE_VAL) {
  double t_next = 0;
  REQUIRE_OK(pde_field_fill(state, t, 0));
  pde_status status = pde_controller_start(run, state, t, t_end, &t_next);
  while (status == PDE_OK && t < cut) {
    t = std::min(t_next, t + 0.5);
    REQUIRE_OK(pde_field_fill(state, t, 0));
    status = pde_controller_handle(run, state, t, &t_next);
  }
  if (status == PDE_STOP) REQUIRE_OK(pde_controller_finish(run, state, t));
  if (status < 0) throw std::runtime_error(pde_error_message());
}

std::vector<double> times_in(pde_storage *storage) {
  int64_t length = 0;
  REQUIRE_OK(pde_storage_length(storage, &length));
  std::vector<double> times(static_cast<size_t>(length));
  REQUIRE_OK(pde_storage_times(storage, 0, length, times.data()));
  return times;
}

using Times = std::vector<double>;

class Resumes : public ::testing::Test {
 protected:
  TemporaryFolder folder;
  std::string path = folder.file("run.h5");
  GridHandle grid = unit_grid({4});
  FieldHandle state = filled_field(grid, 0);
  double t = -1;
};

TEST_F(Resumes, TellThatThereIsNothing) {
  for (const std::string &uri : {path, std::string("memory:")}) {
    const StorageHandle storage = open_storage(uri, "append");
    const ControllerHandle run = controller_of(recorder(storage));
    EXPECT_FAILS(PDE_EMPTY, pde_controller_resume(run, storage, state, &t), "no snapshot");
    EXPECT_EQ(t, -1);
    record(run, state, 0, 2);
    EXPECT_EQ(times_in(storage), (Times{0, 1, 2}));
  }
}

/// In one process, with storages that hold their series in memory.
TEST_F(Resumes, GoOnInMemory) {
  const StorageHandle keeper = open_storage("memory:resumed", "append");
  for (const double cut : {2.5, 4.0}) {
    const StorageHandle storage = open_storage("memory:resumed", "append");
    const ControllerHandle run = controller_of(recorder(storage));
    const pde_status status = pde_controller_resume(run, storage, state, &t);
    EXPECT_EQ(status, cut == 2.5 ? PDE_EMPTY : PDE_OK);
    EXPECT_TRUE(cut == 2.5 ? t == -1 : t >= 0 && t <= 2) << t;
    record(run, state, cut == 2.5 ? 0 : t, 5, cut);
  }
  EXPECT_EQ(times_in(keeper), (Times{0, 1, 2, 3, 4}));
}

TEST_F(Resumes, GiveTheStateBitForBitInAnyLayout) {
  {
    const StorageHandle storage = open_storage(path, "append");
    record(controller_of(recorder(storage)), state, 0, 3);
  }
  double samples[8] = {};
  const int64_t strides[] = {2};
  FieldHandle wrapped;
  REQUIRE_OK(pde_field_wrap(grid, PDE_SCALAR, PDE_FLOAT64, nullptr, samples, strides, wrapped.out()));
  const StorageHandle storage = open_storage(path, "append");
  const ControllerHandle run = controller_of(recorder(storage));
  REQUIRE_OK(pde_controller_resume(run, storage, wrapped, &t));
  EXPECT_EQ(t, 3);
  EXPECT_EQ(samples[2], 3);
  EXPECT_EQ(samples[3], 0);
  double t_next = 0;
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_controller_start(run, wrapped, 2, 5, &t_next), "t_start is 2", "3");
  EXPECT_FAILS(PDE_ERR_STATE, pde_controller_resume(run, storage, state, &t), "goes on at t = 3");
}

/// Into a new file, from one that is left as it is; and the last state of a run is not recorded twice.
TEST_F(Resumes, GoOnInANewFile) {
  {
    const StorageHandle storage = open_storage(path, "append");
    record(controller_of(recorder(storage, "constant(1)", "final=true")), state, 0, 2.5);
  }
  const std::string before = bytes_of_file(path);
  const StorageHandle from = open_storage(path, "readonly"),
                      into = open_storage(folder.file("on.h5"), nullptr);
  const ControllerHandle run = controller_of(recorder(into, "constant(1)", "final=true"));
  REQUIRE_OK(pde_controller_resume(run, from, state, &t));
  EXPECT_EQ(t, 2.5);
  record(run, state, t, 4);
  EXPECT_EQ(times_in(into), (Times{3, 4}));
  EXPECT_TRUE(bytes_of_file(path) == before);
  const StorageHandle again = open_storage(path, "append");
  const ControllerHandle nothing_to_do = controller_of(recorder(again, "constant(1)", "final=true"));
  REQUIRE_OK(pde_controller_resume(nothing_to_do, again, state, &t));
  record(nothing_to_do, state, t, 2.5);
  EXPECT_EQ(times_in(again), (Times{0, 1, 2, 2.5}));
}

/// What was appended by hand, or by another program, is not taken for what a kill has left.
TEST_F(Resumes, GoOnBehindWhatOthersHaveAppended) {
  {
    const StorageHandle storage = open_storage(path, "append");
    record(controller_of(recorder(storage)), state, 0, 2);
    REQUIRE_OK(pde_storage_append(storage, state, 3));
    REQUIRE_OK(pde_storage_append(storage, state, 3.25));
  }
  const StorageHandle storage = open_storage(path, "append");
  const ControllerHandle run = controller_of(recorder(storage));
  REQUIRE_OK(pde_controller_resume(run, storage, state, &t));
  EXPECT_EQ(t, 3.25);
  record(run, state, t, 5);
  EXPECT_EQ(times_in(storage), (Times{0, 1, 2, 3, 3.25, 4, 5})) << "the schedule is that of a run from 0";
}

/// Files of py-pde: the last snapshot, and the schedule from where its run began.
TEST_F(Resumes, GoOnFromFilesOfPyPde) {
  std::filesystem::copy_file(std::string(PDE_GOLDEN_DIR) + "/solvers/diffusion_tstart.hdf5", path);
  const StorageHandle storage = open_storage(path, "append");
  const FieldHandle like = sample_of(storage);
  const Times before = times_in(storage);
  const ControllerHandle run = controller_of(recorder(storage));
  REQUIRE_OK(pde_controller_resume(run, storage, like, &t));
  EXPECT_EQ(t, before.back());
  record(run, like, t, t + 2);
  Times after = times_in(storage);
  ASSERT_EQ(after.size(), before.size() + 2);
  EXPECT_EQ(std::fmod(after.back() - before.front(), 1), 0);
}

TEST_F(Resumes, OfMoviesGoOnInASecondFile) {
  const StorageHandle storage = open_storage(path, "append");
  const std::string film = folder.file("film.mp4");
  for (const double end : {2.0, 4.0}) {
    StorageHandle movie;
    const pde_status status = pde_storage_open(film.c_str(), "create", nullptr, movie.out());
    if (status == PDE_ERR_UNSUPPORTED) GTEST_SKIP() << "built without movies";
    REQUIRE_OK(status);
    const TrackerHandle recorders[] = {recorder(storage), recorder(movie)};
    pde_tracker *const list[] = {recorders[0], recorders[1]};
    ControllerHandle run;
    REQUIRE_OK(pde_controller_create(list, 2, nullptr, run.out()));
    t = 0;
    Captured log(STDERR_FILENO);
    EXPECT_EQ(pde_controller_resume(run, storage, state, &t), end == 2 ? PDE_EMPTY : PDE_OK);
    EXPECT_EQ(log.text().find("film-2.mp4") != std::string::npos, end == 4);
    record(run, state, t, end);
  }
  EXPECT_TRUE(folder.names().contains("film.mp4") && folder.names().contains("film-2.mp4"));
  EXPECT_EQ(times_in(storage), (Times{0, 1, 2, 3, 4}));
}

/// A table that is whole, and a tracker that remembers what there was at the start of the run, not of its
/// part.
TEST_F(Resumes, OfOtherTrackersGoOnWithWhatTheyKnow) {
  const auto measure = [](const pde_field *field, double, double *out_values, int64_t count, void *) {
    return pde_field_average(field, out_values, count);
  };
  const std::string table = folder.file("means.csv"), options = "mode=append path=" + table;
  const auto run_to = [&](double t_end, double cut, bool resumes) {
    const StorageHandle storage = open_storage(path, "append");
    TrackerHandle trackers[] = {recorder(storage), {}, {}};
    REQUIRE_OK(pde_tracker_create_data("mean", schedule_of("constant(0.5)"), measure, nullptr, nullptr,
                                       options_from(options.c_str()), trackers[1].out()));
    REQUIRE_OK(pde_tracker_create("material_conservation", schedule_of("constant(1)"),
                                  options_from("atol=2.1 rtol=0"), trackers[2].out()));
    pde_tracker *const list[] = {trackers[0], trackers[1], trackers[2]};
    ControllerHandle run;
    REQUIRE_OK(pde_controller_create(list, 3, nullptr, run.out()));
    double start = 0;
    const pde_status status = pde_controller_resume(run, storage, state, &start);
    EXPECT_EQ(status, resumes ? PDE_OK : PDE_EMPTY) << pde_error_message();
    EXPECT_EQ(start, resumes ? 2 : 0);
    record(run, state, start, t_end, cut);
  };
  run_to(2, HUGE_VAL, false);
  std::string rows = ",time,mean\n0,0.0,0.0\n1,0.5,0.5\n2,1.0,1.0\n3,1.5,1.5\n4,2.0,2.0\n";
  EXPECT_EQ(bytes_of_file(table), rows);
  EXPECT_THROW(run_to(9, HUGE_VAL, true), std::exception);  // at 3 the mean is 3 instead of 0
  EXPECT_NE(std::string(pde_error_message()).find("3 instead of 0 "), std::string::npos)
      << pde_error_message();
  rows += "5,2.5,2.5\n6,3.0,3.0\n";
  EXPECT_EQ(bytes_of_file(table), rows);
}

// ---- refusals

class RefusedResume : public Resumes {
 protected:
  void SetUp() override {
    const StorageHandle storage = open_storage(path, "append");
    record(controller_of(recorder(storage)), state, 0, 3);
  }
  void expect_unchanged() { EXPECT_EQ(times_in(open_storage(path, "readonly")), (Times{0, 1, 2, 3})); }
};

pde_status halve(const pde_field *in, double, pde_field *out, void *) {
  if (pde_status status = pde_field_assign(out, in)) return status;
  return pde_field_combine(out, 0.5, 0, nullptr);
}

TEST_F(RefusedResume, OfWhatIsNotTheState) {
  const std::string rounded = folder.file("rounded.h5"), other = folder.file("other.h5");
  {
    const StorageHandle storage = open_storage(rounded, "append", options_from("keep_bits=10"));
    record(controller_of(recorder(storage)), state, 0, 3);
    const StorageHandle transformed = open_storage(other, "append");
    TrackerHandle tracker;
    REQUIRE_OK(pde_tracker_create_storage(transformed, nullptr, state, halve, nullptr, nullptr, nullptr,
                                          tracker.out()));
    record(controller_of(tracker), state, 0, 3);
  }
  const StorageHandle memory = open_storage("memory:", nullptr), storage = open_storage(path, "readonly");
  const ControllerHandle run = controller_of(recorder(memory));
  EXPECT_FAILS(PDE_ERR_UNSUPPORTED, pde_controller_resume(run, open_storage(rounded, "append"), state, &t),
               "snapshot 3", "rounded", "keep_bits");
  EXPECT_FAILS(PDE_ERR_UNSUPPORTED, pde_controller_resume(run, open_storage(other, "append"), state, &t),
               "what a function made of the state");
  const FieldHandle single = new_field(grid, PDE_SCALAR, PDE_FLOAT32);
  EXPECT_FAILS(PDE_ERR_UNSUPPORTED, pde_controller_resume(run, storage, single, &t), "float32", "float64",
               "narrowed");
  StorageHandle view;
  REQUIRE_OK(pde_storage_view_range(storage, 0, 2, 1, view.out()));
  EXPECT_FAILS(PDE_ERR_UNSUPPORTED, pde_controller_resume(run, view, state, &t), "shows another storage");
  EXPECT_EQ(t, -1);
  EXPECT_EQ(pde_controller_resume(run, storage, state, &t), PDE_OK) << pde_error_message();
}

/// Also where it was written by a run that went on, into a new file.
TEST_F(RefusedResume, OfWhatAFunctionMadeOfALaterPart) {
  const std::string later = folder.file("later.h5");
  {
    const StorageHandle from = open_storage(path, "readonly"), into = open_storage(later, "append");
    TrackerHandle tracker;
    REQUIRE_OK(
        pde_tracker_create_storage(into, nullptr, state, halve, nullptr, nullptr, nullptr, tracker.out()));
    const ControllerHandle run = controller_of(tracker);
    REQUIRE_OK(pde_controller_resume(run, from, state, &t));
    record(run, state, t, 5);
  }
  const StorageHandle memory = open_storage("memory:", nullptr), from = open_storage(later, "append");
  EXPECT_FAILS(PDE_ERR_UNSUPPORTED, pde_controller_resume(controller_of(recorder(memory)), from, state, &t),
               "what a function made of the state");
}

TEST_F(RefusedResume, WithAnotherState) {
  const StorageHandle storage = open_storage(path, "append");
  const ControllerHandle run = controller_of(recorder(storage));
  EXPECT_FAILS(PDE_ERR_SHAPE, pde_controller_resume(run, storage, new_field(unit_grid({5})), &t), "[5]",
               "[4]");
  EXPECT_FAILS(PDE_ERR_SHAPE, pde_controller_resume(run, storage, new_field(grid, PDE_VECTOR), &t),
               "VectorField", "ScalarField");
  expect_unchanged();
}

TEST_F(RefusedResume, IntoAStorageThatStartsAnewOrIsOnlyRead) {
  const struct {
    const char *mode;
    pde_status status;
    const char *word;
  } cases[] = {{"truncate_once", PDE_ERR_STATE, "mode append"},
               {"truncate", PDE_ERR_STATE, "mode append"},
               {"readonly", PDE_ERR_READONLY, "readonly"},
               {"create", PDE_ERR_EXISTS, "append"}};
  for (const auto &[mode, status, word] : cases) {
    const StorageHandle storage = open_storage(path, mode);
    const ControllerHandle run = controller_of(recorder(storage));
    EXPECT_FAILS(status, pde_controller_resume(run, storage, state, &t), "storage", word) << mode;
    EXPECT_EQ(t, -1);
  }
  expect_unchanged();
}

/// Output of another run in the place of that which the run has recorded.
TEST_F(RefusedResume, WithTheStorageOfAnotherRun) {
  const std::string other = folder.file("other.h5");
  record_file(other, 2);
  const StorageHandle from = open_storage(path, "append"), into = open_storage(other, "append");
  const ControllerHandle run = controller_of(recorder(into));
  EXPECT_FAILS(PDE_ERR_STATE, pde_controller_resume(run, from, state, &t), "2 snapshots", "recorded 4",
               "t = 3");
  EXPECT_EQ(times_in(into), (Times{0, 1}));
  // The controller is as good as new: what it records from now on is committed.
  double t_next = 0;
  int64_t committed = 0;
  REQUIRE_OK(pde_controller_start(run, state, 5, 9, &t_next));
  REQUIRE_OK(pde_storage_committed(into, &committed));
  EXPECT_EQ(committed, 3);
}

TEST_F(RefusedResume, InAStorageThatIsBeingWrittenOrARunThatHasBegun) {
  const StorageHandle storage = open_storage(path, "append");
  REQUIRE_OK(pde_storage_start(storage, state, nullptr));
  const StorageHandle memory = open_storage("memory:", nullptr);
  const ControllerHandle run = controller_of(recorder(memory));
  EXPECT_FAILS(PDE_ERR_STATE, pde_controller_resume(run, storage, state, &t), "being written");
  const StorageHandle beside = open_storage(path, "append");
  const ControllerHandle second = controller_of(recorder(beside));
  EXPECT_OK(pde_controller_resume(second, beside, state, &t)) << "nothing is to be dropped";
  double t_next = 0;
  REQUIRE_OK(pde_controller_start(run, state, 0, 5, &t_next));
  REQUIRE_OK(pde_storage_finish(storage));
  EXPECT_FAILS(PDE_ERR_STATE, pde_controller_resume(run, storage, state, &t), "has started");
}

}  // namespace
}  // namespace test
