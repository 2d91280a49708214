// How a process ends, and what its recordings leave: all that was appended where it ends in good order
// (exit(), the end of main, a stop that was asked for), all that was committed where it does not.
//
// Each recording is made by a child that ends in one way, with files that begin anew or go on, with and
// without workers, compression and commits, and with snapshots that share chunks or have their own. The
// parent reads what is left through the library and with HDF5 alone, and records on.
#include <hdf5.h>
#include <sys/mman.h>

#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <limits>
#include <thread>

#include "after_fork.hpp"
#include "odd_files.hpp"
#include "user_program.hpp"

namespace test {
namespace {

// ---- what is recorded

struct Variant {
  bool goes_on, gzip, large;
  int threads, commit_every;

  std::string mode() const { return goes_on ? "append" : "truncate_once"; }
  std::string options() const {
    return std::string("commit_seconds=1000000 level=6 compression=") + (gzip ? "gzip" : "none") +
           " threads=" + std::to_string(threads) + " commit_every=" + std::to_string(commit_every) +
           (large ? " chunk_bytes=1" : " chunk_bytes=1400");
  }
  std::vector<int64_t> shape() const {
    return large ? std::vector<int64_t>{96, 96} : std::vector<int64_t>{24};
  }
  std::string text() const { return mode() + (large ? ", large, " : ", small, ") + options(); }
  /// All of them; where everything is slow, so many that any two choices meet in each of their combinations.
  static std::vector<int> numbers() {
    std::vector<int> all;
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
    for (int i = 0; i < 8; ++i) all.push_back(i | ((i ^ (i >> 1)) & 1) << 3 | ((i ^ (i >> 2)) & 1) << 4);
#else
    for (int i = 0; i < 32; ++i) all.push_back(i);
#endif
    return all;
  }
  static Variant of(int number) {
    return {(number & 1) != 0, (number & 2) != 0, (number & 4) != 0, (number & 8) != 0 ? 2 : 0,
            (number & 16) != 0 ? 1 : 0};
  }
};
constexpr int kBefore = 3, kAppends = 10;  // the small ones: seven in a chunk

std::vector<double> samples(const Variant &variant, int64_t index) {
  std::vector<double> values(static_cast<size_t>(count_of(variant.shape())));
  for (size_t cell = 0; cell < values.size(); ++cell) {
    const double noise = static_cast<double>((cell * 7919 + static_cast<size_t>(index) * 104729) % 1009);
    values[cell] = std::sin(0.01 * static_cast<double>(cell) + static_cast<double>(index)) + 1e-6 * noise;
  }
  return values;
}

void fill(pde_field *field, const Variant &variant, int64_t index) {
  const std::vector<double> values = samples(variant, index);
  void *data = nullptr;
  REQUIRE_OK(pde_field_data(field, PDE_FLOAT64, &data));
  std::copy(values.begin(), values.end(), static_cast<double *>(data));
}

/// What a recording tells of itself, up to its end.
struct Report {
  std::atomic<int64_t> appended, committed;
  std::atomic<pde_status> refused;
};

/// Shared with a child, and with the program that takes its place.
class SharedReport {
 public:
  explicit SharedReport(const std::string &path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT, 0600);
    if (fd < 0 || ::ftruncate(fd, sizeof(Report)) != 0) throw std::runtime_error("no report");
    void *memory = ::mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    if (memory == MAP_FAILED) throw std::runtime_error("no report");
    report_ = static_cast<Report *>(memory);
  }
  ~SharedReport() { ::munmap(report_, sizeof(Report)); }
  SharedReport(const SharedReport &) = delete;
  SharedReport &operator=(const SharedReport &) = delete;
  Report *operator->() const { return report_; }
  Report *keep() { return std::exchange(report_, nullptr); }

 private:
  Report *report_;
};

/// In the child: a storage that is being recorded to.
struct Recording {
  Recording(const std::string &file, const Variant &of, Report *to) : path(file), variant(of), report(to) {
    field = new_field(unit_grid(variant.shape()));
    storage = open_storage(path, variant.mode().c_str(), options_from(variant.options()));
    next = length_of(storage) * variant.goes_on;
  }

  void append() {
    fill(field, variant, next);
    REQUIRE_OK(pde_storage_append(storage, field, static_cast<double>(next)));
    ++next;
    tell();
  }
  void record(int count = kAppends) {
    for (int i = 0; i < count; ++i) append();
  }
  void tell() {
    int64_t committed = 0;
    REQUIRE_OK(pde_storage_committed(storage, &committed));
    report->appended = next;
    report->committed = committed;
  }

  std::string path;
  Variant variant;
  Report *report;
  FieldHandle field;
  StorageHandle storage;
  int64_t next = 0;
};

// ---- endings

enum class Leaves { all, committed };

struct Ending {
  const char *name;
  Leaves leaves;
  /// What waitpid says: an exit code, or minus a signal.
  int outcome;
  std::function<int(Recording &)> run;  // gives the exit code if it comes back
};

void say_nothing() {
  if (!std::freopen("/dev/null", "w", stderr)) std::_Exit(91);
}

/// A run with trackers: one that records, and one that calls `at_last` at the last time.
int run_with_callback(Recording &run, std::function<pde_status()> at_last) {
  TrackerHandle recorder, caller;
  struct User {
    std::function<pde_status()> act;
    double last;
  };
  static User user;
  user = {std::move(at_last), static_cast<double>(run.next + kAppends - 1)};
  const auto first = static_cast<double>(run.next);
  REQUIRE_OK(pde_tracker_create_storage(run.storage, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                                        recorder.out()));
  const pde_callback call = [](const pde_field *, double t, void *) {
    return t < user.last ? pde_status{PDE_OK} : user.act();
  };
  REQUIRE_OK(pde_tracker_create_callback(nullptr, call, nullptr, nullptr, caller.out()));
  pde_tracker *list[] = {recorder, caller};
  ControllerHandle controller;
  REQUIRE_OK(pde_controller_create(list, 2, nullptr, controller.out()));
  double t = first, t_next = 0;
  const auto handle = [&](auto &&call_it) {
    fill(run.field, run.variant, run.next);
    run.report->appended = ++run.next;
    const pde_status status = call_it();
    if (status < 0) throw std::runtime_error(pde_error_message());
    return status;
  };
  pde_status status =
      handle([&] { return pde_controller_start(controller, run.field, t, first + 1000, &t_next); });
  while (status == PDE_OK) {
    t = t_next;
    status = handle([&] { return pde_controller_handle(controller, run.field, t, &t_next); });
  }
  REQUIRE_OK(pde_controller_finish(controller, run.field, t));
  return 0;
}

int exit_in_transform(Recording &run) {
  static Recording *of;
  of = &run;
  TrackerHandle recorder;
  const int64_t last = run.next + kAppends;
  static int64_t exits_at;
  exits_at = last;
  const pde_transform transform = [](const pde_field *in, double t, pde_field *out, void *) {
    of->report->appended = static_cast<int64_t>(t);  // those before
    if (t >= static_cast<double>(exits_at)) std::exit(7);
    return pde_field_assign(out, in);
  };
  REQUIRE_OK(pde_tracker_create_storage(run.storage, nullptr, run.field, transform, nullptr, nullptr, nullptr,
                                        recorder.out()));
  pde_tracker *list[] = {recorder};
  ControllerHandle controller;
  REQUIRE_OK(pde_controller_create(list, 1, nullptr, controller.out()));
  double t = static_cast<double>(run.next), t_next = 0;
  fill(run.field, run.variant, run.next);
  pde_status status = pde_controller_start(controller, run.field, t, t + 1000, &t_next);
  while (status == PDE_OK) {
    fill(run.field, run.variant, ++run.next);
    status = pde_controller_handle(controller, run.field, t_next, &t_next);
  }
  return 90;
}

/// The storage is held by the very call that runs the function.
int exit_in_apply(Recording &run) {
  StorageHandle source = open_storage("memory:", nullptr);
  for (int i = 0; i < kAppends + 5; ++i) {
    fill(run.field, run.variant, run.next + i);
    REQUIRE_OK(pde_storage_append(source, run.field, static_cast<double>(run.next + i)));
  }
  struct User {
    Recording *run;
    int calls;
  } user{&run, 0};
  const pde_transform transform = [](const pde_field *in, double, pde_field *out, void *data) {
    User &of = *static_cast<User *>(data);
    of.run->report->appended = of.run->next + of.calls;
    if (of.calls++ == kAppends) std::exit(7);
    return pde_field_assign(out, in);
  };
  pde_storage_apply(source, nullptr, transform, &user, run.storage, nullptr);
  return 90;
}

/// Another thread ends the process while this one goes on; it gets statuses, nothing else.
int exit_on_another_thread(Recording &run) {
  const int64_t enough = run.next + kAppends;
  std::thread other([&run, enough] {
    while (run.report->appended < enough) std::this_thread::yield();
    std::exit(7);
  });
  for (;;) {
    fill(run.field, run.variant, run.next);
    const pde_status status = pde_storage_append(run.storage, run.field, static_cast<double>(run.next));
    if (status != PDE_OK) {
      run.report->refused = status;
      for (;;) ::pause();
    }
    run.report->appended = ++run.next;
  }
  other.join();
}

/// Another thread kills the process, at a moment that hits a commit now and then.
int killed_by_another_thread(Recording &run) {
  const int64_t enough = run.next + kAppends;
  std::thread other([&run, enough] {
    while (run.report->committed == 0 || run.report->appended < enough) std::this_thread::yield();
    ::usleep(static_cast<useconds_t>(::getpid() * 7919 % 400));
    ::raise(SIGKILL);
  });
  for (;;) run.append();
}

std::atomic<pde_controller *> g_running{nullptr};

/// Nothing but the stop call in the handler of the signal; then the program ends as it always does.
int stop_at_signal(Recording &run) {
  struct sigaction action {};
  action.sa_handler = [](int) { pde_controller_stop(g_running); };
  ::sigaction(SIGTERM, &action, nullptr);
  TrackerHandle recorder;
  REQUIRE_OK(pde_tracker_create_storage(run.storage, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                                        recorder.out()));
  pde_tracker *list[] = {recorder};
  ControllerHandle controller;
  REQUIRE_OK(pde_controller_create(list, 1, nullptr, controller.out()));
  g_running = controller.get();
  const int64_t enough = run.next + kAppends;
  std::thread other([&run, enough] {
    while (run.report->appended < enough) std::this_thread::yield();
    ::kill(::getpid(), SIGTERM);
  });
  double t = static_cast<double>(run.next), t_next = 0;
  fill(run.field, run.variant, run.next);
  pde_status status = pde_controller_start(controller, run.field, t, t + 1e9, &t_next);
  while (status == PDE_OK) {
    run.report->appended = ++run.next;
    fill(run.field, run.variant, run.next);
    t = t_next;
    status = pde_controller_handle(controller, run.field, t, &t_next);
  }
  run.report->appended = ++run.next;
  other.join();
  if (status != PDE_STOP) return 90;
  REQUIRE_OK(pde_controller_finish(controller, run.field, t));
  REQUIRE_OK(pde_storage_close(run.storage.release()));
  return 7;
}

/// A child of the recording does `body` in the middle of it; the recording goes on.
template <class F>
int with_child(Recording &run, F &&body) {
  run.record(kAppends / 2);
  const pid_t child = ::fork();
  if (child == 0) {
    has_memory_of_others = true;
    body(run);
    std::_Exit(0);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return 92;
  run.record(kAppends / 2);
  REQUIRE_OK(pde_storage_close(run.storage.release()));
  return 7;
}

void take_what_is_the_parents(Recording &run) {
  say_nothing();
  fill(run.field, run.variant, run.next);
  if (pde_storage_append(run.storage, run.field, 1e6) >= 0) std::_Exit(1);
  if (pde_storage_flush(run.storage) >= 0) std::_Exit(2);
  if (pde_storage_close(run.storage.release()) != PDE_ERR_IO) std::_Exit(3);
  std::exit(0);
}

int record_and(Recording &run, const std::function<void(Recording &)> &end) {
  run.record();
  end(run);
  return 93;
}

Ending at_once(const char *name, Leaves leaves, int outcome, std::function<void(Recording &)> end) {
  return {name, leaves, outcome, [end](Recording &run) { return record_and(run, end); }};
}

const std::vector<Ending> &endings() {
  static const std::vector<Ending> all = {
      // In good order.
      at_once("Close", Leaves::all, 7,
              [](Recording &run) {
                REQUIRE_OK(pde_storage_close(run.storage.release()));
                std::_Exit(7);
              }),
      at_once("Exit", Leaves::all, 7, [](Recording &) { std::exit(7); }),
      at_once("ExitBetweenSessions", Leaves::all, 7,
              [](Recording &run) {
                REQUIRE_OK(pde_storage_finish(run.storage));
                std::exit(7);
              }),
      at_once("ExitWithAStaticHandle", Leaves::all, 7,
              [](Recording &run) {
                static StorageHandle closed_late;
                closed_late = std::move(run.storage);
                std::exit(7);
              }),
      {"ExitInACallback", Leaves::all, 7,
       [](Recording &run) { return run_with_callback(run, []() -> pde_status { std::exit(7); }); }},
      {"ExitInATransform", Leaves::all, 7, exit_in_transform},
      {"ExitInApply", Leaves::all, 7, exit_in_apply},
      {"ExitOnAnotherThread", Leaves::all, 7, exit_on_another_thread},
      {"StopAtSigterm", Leaves::all, 7, stop_at_signal},
      {"ChildExits", Leaves::all, 7,
       [](Recording &run) { return with_child(run, [](Recording &) { std::exit(0); }); }},
      {"ChildLeaves", Leaves::all, 7,
       [](Recording &run) { return with_child(run, [](Recording &) { ::_exit(0); }); }},
      {"ChildBecomesAnotherProgram", Leaves::all, 7,
       [](Recording &run) {
         return with_child(run, [](Recording &) { ::execl("/proc/self/exe", "ends", "--end", nullptr); });
       }},
      {"ChildAppendsAndCloses", Leaves::all, 7,
       [](Recording &run) { return with_child(run, take_what_is_the_parents); }},
      {"ChildIsKilled", Leaves::all, 7,
       [](Recording &run) {
         return with_child(run, [](Recording &) {
           const pid_t child = ::fork();
           if (child == 0) ::raise(SIGKILL);
           ::waitpid(child, nullptr, 0);
         });
       }},
      // Without a word.
      at_once("ImmediateExit", Leaves::committed, 7, [](Recording &) { ::_exit(7); }),
      at_once("QuickExit", Leaves::committed, 7, [](Recording &) { std::quick_exit(7); }),
      at_once("Abort", Leaves::committed, -SIGABRT, [](Recording &) { std::abort(); }),
      at_once("UncaughtException", Leaves::committed, -SIGABRT,
              [](Recording &) {
                say_nothing();
                const auto fails = [] { throw std::runtime_error("not caught"); };
                [&]() noexcept { fails(); }();
              }),
      at_once("UncaughtExceptionOnAnotherThread", Leaves::committed, -SIGABRT,
              [](Recording &) {
                say_nothing();
                std::thread([] { throw std::runtime_error("not caught"); }).join();
              }),
      at_once("Kill", Leaves::committed, -SIGKILL, [](Recording &) { ::raise(SIGKILL); }),
      {"KillOnAnotherThread", Leaves::committed, -SIGKILL, killed_by_another_thread},
      at_once("Terminate", Leaves::committed, -SIGTERM,
              [](Recording &) {
                ::signal(SIGTERM, SIG_DFL);
                ::raise(SIGTERM);
              }),
      at_once("Exec", Leaves::committed, 0,
              [](Recording &) { ::execl("/proc/self/exe", "ends", "--end", nullptr); }),
      at_once("HostClosesHdf5AndExits", Leaves::committed, 7,
              [](Recording &) {
                say_nothing();
                H5close();
                std::exit(7);
              }),
      at_once("HostClosesHdf5AndGoesOn", Leaves::committed, 7,
              [](Recording &run) {
                say_nothing();
                H5close();
                pde_status status = PDE_OK;
                for (int i = 0; status == PDE_OK && i < 5000; ++i)
                  status = pde_storage_append(run.storage, run.field, PDE_TIME_AUTO);
                run.report->refused = status;
                pde_storage_close(run.storage.release());
                std::exit(7);
              }),
      at_once("OnlyAChildIsLeft", Leaves::committed, 7,
              [](Recording &run) {
                int done[2];
                if (::pipe(done) != 0) ::_exit(94);
                const pid_t child = ::fork();
                if (child == 0) {
                  has_memory_of_others = true;
                  take_what_is_the_parents(run);
                }
                ::close(done[1]);
                char byte;
                if (::read(done[0], &byte, 1) != 0) ::_exit(95);  // the other end is closed with the child
                ::_exit(7);
              }),
  };
  return all;
}

// ---- programs: where the end of main, or exit handlers of the host, are part of it

int g_close_at_exit_said = 0;
pde_storage *g_closed_at_exit = nullptr;

void close_at_exit() {
  g_close_at_exit_said = pde_storage_close(g_closed_at_exit);
  if (g_close_at_exit_said != PDE_OK) std::_Exit(96);
}

struct ClosedByStaticDestructor {
  ~ClosedByStaticDestructor() {
    if (storage && pde_storage_close(storage) != PDE_OK) std::_Exit(97);
  }
  pde_storage *storage = nullptr;
};
ClosedByStaticDestructor g_static;  // before main, and so before anything of the library

const char *const kPrograms[] = {"main-returns", "host-handler-closes", "static-destructor-closes"};

int record_as_program(const std::string &name, const std::string &path, int number,
                      const std::string &report) {
  if (name == "host-handler-closes") std::atexit(close_at_exit);
  SharedReport shared(report);
  Recording run(path, Variant::of(number), shared.keep());
  run.record();
  pde_storage *storage = run.storage.release();
  if (name == "host-handler-closes") g_closed_at_exit = storage;
  if (name == "static-destructor-closes") g_static.storage = storage;
  return 7;
}

// ---- what is left

/// Right in every sample, in the library and without it.
void expect_left(const std::string &path, const Variant &variant, int64_t least, int64_t most) {
  StorageHandle storage = open_storage(path, "readonly");
  const int64_t length = length_of(storage);
  EXPECT_GE(length, least);
  EXPECT_LE(length, most);
  std::vector<double> got(samples(variant, 0).size());
  const std::vector<double> times = times_of(storage);
  for (int64_t i = 0; i < length; ++i) {
    ASSERT_OK(
        pde_storage_read_raw(storage, i, 1, 1, PDE_FLOAT64, got.data(), static_cast<int64_t>(got.size())));
    ASSERT_TRUE(got == samples(variant, i)) << "snapshot " << i << " of " << length;
    ASSERT_EQ(times[static_cast<size_t>(i)], static_cast<double>(i));
  }
  EXPECT_OK(pde_storage_check(storage, nullptr));
}

void expect_left_for_others(const std::string &path, const Variant &variant, int64_t least) {
  const Closing file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  ASSERT_GE(file, 0);
  const Closing data(H5Dopen2(file, "data", H5P_DEFAULT), H5Dclose);
  const Closing times(H5Dopen2(file, "times", H5P_DEFAULT), H5Dclose);
  const Closing space(H5Dget_space(data), H5Sclose), times_space(H5Dget_space(times), H5Sclose);
  std::vector<hsize_t> size(1 + variant.shape().size());
  hsize_t rows = 0;
  H5Sget_simple_extent_dims(space, size.data(), nullptr);
  H5Sget_simple_extent_dims(times_space, &rows, nullptr);
  rows = std::min(rows, size[0]);
  ASSERT_GE(static_cast<int64_t>(rows), least);
  size[0] = 1;
  const Closing memory(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr), H5Sclose);
  std::vector<double> got(samples(variant, 0).size()), stored_times(rows);
  ASSERT_GE(H5Dread(times, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, stored_times.data()), 0);
  std::vector<hsize_t> start(size.size(), 0);
  for (hsize_t row = 0; row < rows; ++row) {
    start[0] = row;
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr);
    ASSERT_GE(H5Dread(data, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, got.data()), 0) << row;
    ASSERT_TRUE(got == samples(variant, static_cast<int64_t>(row))) << "row " << row << " of " << rows;
    ASSERT_EQ(stored_times[row], static_cast<double>(row));
  }
}

void expect_to_go_on(const std::string &path, const Variant &variant) {
  int64_t length = 0;
  {
    StorageHandle storage = open_storage(path, "append", options_from(variant.options()));
    length = length_of(storage);
    const FieldHandle field = new_field(unit_grid(variant.shape()));
    for (int i = 0; i < 5; ++i) {
      fill(field, variant, length + i);
      ASSERT_OK(pde_storage_append(storage, field, static_cast<double>(length + i)));
    }
    ASSERT_OK(pde_storage_close(storage.release()));
  }
  expect_left(path, variant, length + 5, length + 5);
}

class ExitPaths : public ::testing::TestWithParam<size_t> {
 protected:
  /// Runs `child` for a variant, and looks at what it leaves.
  void look(const Variant &variant, Leaves leaves, int outcome, int64_t slack,
            const std::function<void(const std::string &path, const std::string &report)> &child) {
    const TemporaryFolder folder, beside;
    const std::string path = folder.file("run.h5"), report_path = beside.file("report");
    begin(path, variant);
    SharedReport report(report_path);
    std::fflush(nullptr);
    const pid_t pid = ::fork();
    if (pid == 0) {
      child(path, report_path);
      std::_Exit(98);
    }
    int status = -1;
    ::waitpid(pid, &status, 0);
    const int got = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    ASSERT_EQ(got, outcome);
    const int64_t appended = report->appended, committed = report->committed;
    ASSERT_GE(appended, kAppends);
    if (variant.commit_every == 1 && slack == 0 && committed > 0) {
      EXPECT_EQ(committed, appended);
    }
    const int64_t least = leaves == Leaves::all ? appended : committed;
    expect_left(path, variant, least, appended + slack);
    expect_left_for_others(path, variant, least);
    if (leaves == Leaves::all) {
      EXPECT_EQ(folder.names(), std::set<std::string>{"run.h5"});
    }
    if (!HasFatalFailure()) expect_to_go_on(path, variant);
    EXPECT_EQ(folder.names(), std::set<std::string>{"run.h5"});
    if (report->refused != 0) {
      const std::set<pde_status> allowed{PDE_ERR_STATE, PDE_ERR_IO, PDE_ERR_BUSY};  // busy: being closed
      EXPECT_TRUE(allowed.contains(report->refused)) << report->refused;
    }
  }

  /// Where there is something before: of another run, or that goes on.
  static void begin(const std::string &path, const Variant &variant) {
    StorageHandle storage = open_storage(path, nullptr, options_from(variant.options()));
    const FieldHandle field = new_field(unit_grid(variant.shape()));
    for (int i = 0; i < kBefore; ++i) {
      fill(field, variant, variant.goes_on ? i : 1000 + i);
      REQUIRE_OK(pde_storage_append(storage, field, i));
    }
    REQUIRE_OK(pde_storage_close(storage.release()));
  }
};

/// Null if it can.
const char *cannot_be_tried(const std::string &ending, const Variant &variant) {
  const bool forks = ending.starts_with("Child") || ending == "OnlyAChildIsLeft";
  if (!forks || variant.threads == 0) return nullptr;
  if (!kThreadsAfterFork) return "ThreadSanitizer ends a child of a process with threads";
  if (!kAllocatesAfterFork && ending == "ChildAppendsAndCloses")
    return "AddressSanitizer's allocator may be locked in a forked child";
  return nullptr;
}

TEST_P(ExitPaths, LeavesWhatItShould) {
  const Ending &ending = endings()[GetParam()];
  const std::string name = ending.name;
  for (const int number : Variant::numbers()) {
    const Variant variant = Variant::of(number);
    if (const char *reason = cannot_be_tried(name, variant)) {
      std::printf("not with threads=%d: %s\n", variant.threads, reason);
      continue;
    }
    SCOPED_TRACE(variant.text());
    // What another thread appends just then may be there as well.
    const int64_t slack = name.ends_with("OnAnotherThread") && !name.starts_with("Uncaught") ? 1 : 0;
    look(variant, ending.leaves, ending.outcome, slack,
         [&](const std::string &path, const std::string &report) {
           try {
             SharedReport shared(report);
             Recording *run = new Recording(path, variant, shared.keep());  // never closed by a destructor
             std::exit(ending.run(*run));
           } catch (const std::exception &error) {
             std::fprintf(stderr, "%s: %s\n", ending.name, error.what());
             std::_Exit(99);
           }
         });
    if (HasFatalFailure()) return;
  }
}

std::string ending_name(const ::testing::TestParamInfo<size_t> &info) {
  return endings()[info.param].name;
}
INSTANTIATE_TEST_SUITE_P(By, ExitPaths, ::testing::Range(size_t{0}, endings().size()), ending_name);

class ExitOfAProgram : public ExitPaths {};

TEST_P(ExitOfAProgram, LeavesAll) {
  const char *name = kPrograms[GetParam()];
  for (const int number : Variant::numbers()) {
    const Variant variant = Variant::of(number);
    SCOPED_TRACE(variant.text());
    look(variant, Leaves::all, 7, 0, [&](const std::string &path, const std::string &report) {
      ::execl("/proc/self/exe", "records", "--record", name, path.c_str(), std::to_string(number).c_str(),
              report.c_str(), nullptr);
    });
    if (HasFatalFailure()) return;
  }
}
INSTANTIATE_TEST_SUITE_P(By, ExitOfAProgram, ::testing::Range(size_t{0}, std::size(kPrograms)));

}  // namespace
}  // namespace test

int main(int argc, char **argv) {
  if (argc > 1 && std::string(argv[1]) == "--end") return 0;
  if (argc == 6 && std::string(argv[1]) == "--record") {
    try {
      return test::record_as_program(argv[2], argv[3], std::atoi(argv[4]), argv[5]);
    } catch (const std::exception &error) {
      std::fprintf(stderr, "%s\n", error.what());
      return 99;
    }
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
