// What exit() does with all that is open: every kind of storage, and what the host has lent.
#include <sys/mman.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <limits>
#include <thread>

#include "support/vector_backend.hpp"
#include "user_program.hpp"

namespace test {
namespace {

/// Numbers that a child leaves to its parent.
struct Shared {
  std::atomic<int64_t> lines, calls, destroyed, status;
};

class AtExit : public ::testing::Test {
 protected:
  AtExit() {
    void *memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("no memory to share");
    shared = static_cast<Shared *>(memory);
  }
  ~AtExit() override { ::munmap(shared, sizeof(Shared)); }

  StorageHandle recording(const std::string &path, int64_t snapshots,
                          const std::string &options = "commit_seconds=1000000") {
    StorageHandle storage = open_storage(path, "truncate_once", options_from(options));
    for (int64_t i = 0; i < snapshots; ++i) append(storage, i);
    return storage;
  }
  void append(pde_storage *storage, int64_t index) {
    REQUIRE_OK(pde_storage_append(storage, filled_field(grid, static_cast<double>(index)), PDE_TIME_AUTO));
  }
  void expect_recorded(const std::string &path, int64_t snapshots) {
    StorageHandle storage = open_storage(path, "readonly");
    ASSERT_EQ(length_of(storage), snapshots) << path;
    for (int64_t i = 0; i < snapshots; ++i) EXPECT_EQ(value_at(storage, i), static_cast<double>(i)) << path;
    EXPECT_OK(pde_storage_check(storage, nullptr));
  }

  TemporaryFolder folder;
  GridHandle grid = unit_grid({5, 4});
  Shared *shared;
};

TEST_F(AtExit, EveryFileIsClosedWhereverItWasOpened) {
  EXPECT_TRUE(exited_well(run_in_child([&] {
    for (int i = 0; i < 4; ++i) recording(folder.file("plain" + std::to_string(i) + ".h5"), 5 + i).release();
    // One that a tracker has opened.
    TrackerHandle tracker;
    REQUIRE_OK(pde_tracker_create_storage(nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                                          options_from("uri='" + folder.file("tracker.h5") + "'"),
                                          tracker.out()));
    pde_tracker *list[] = {tracker};
    ControllerHandle run;
    double t = 0;
    REQUIRE_OK(pde_controller_create(list, 1, nullptr, run.out()));
    REQUIRE_OK(pde_controller_start(run, filled_field(grid, 0), 0, 100, &t));
    for (int i = 1; i < 7; ++i) REQUIRE_OK(pde_controller_handle(run, filled_field(grid, i), t, &t));
    run.release();
    // One on whose view the program holds a handle only.
    StorageHandle base = recording(folder.file("viewed.h5"), 9), view;
    REQUIRE_OK(pde_storage_view_range(base, 0, 3, 1, view.out()));
    base.release();
    view.release();
    std::exit(0);
    return 1;
  })));
  for (int i = 0; i < 4; ++i) expect_recorded(folder.file("plain" + std::to_string(i) + ".h5"), 5 + i);
  expect_recorded(folder.file("tracker.h5"), 7);
  expect_recorded(folder.file("viewed.h5"), 9);
  for (const std::string &name : folder.names()) EXPECT_TRUE(name.ends_with(".h5")) << name;
}

TEST_F(AtExit, FilmsAreClosed) {
  const std::string path = folder.file("film.mp4"), closed = folder.file("closed.mp4");
  StorageHandle probe;
  if (pde_storage_open(path.c_str(), "create", nullptr, probe.out()) == PDE_ERR_UNSUPPORTED)
    GTEST_SKIP() << pde_error_message();
  probe.reset();
  EXPECT_TRUE(exited_well(run_in_child([&] {
    recording(closed, 12, "width=160 height=120 fps=25");
    recording(path, 12, "width=160 height=120 fps=25").release();
    std::exit(0);
    return 1;
  })));
  EXPECT_EQ(bytes_of_file(path).size(), bytes_of_file(closed).size());
}

TEST_F(AtExit, NothingOfTheHostIsCalled) {
  EXPECT_TRUE(exited_well(run_in_child([&] {
    static Shared *counts;
    counts = shared;
    pde_set_log_handler([](int32_t, const char *, void *) { ++counts->lines; }, nullptr,
                        [](void *) { ++counts->destroyed; });
    VectorSeries series;
    pde_backend backend = VectorSeries::backend();
    StorageHandle custom;
    REQUIRE_OK(pde_storage_create_custom(&backend, &series, "create", nullptr, custom.out()));
    append(custom, 0);
    custom.release();
    recording(folder.file("file.h5"), 5).release();
    ::signal(SIGXFSZ, SIG_IGN);
    recording(folder.file("full.h5"), 5, "commit_seconds=1000000 compression=none").release();
    const rlimit nothing{0, 0};
    ::setrlimit(RLIMIT_FSIZE, &nothing);  // what is to be written fails from now on
    static VectorSeries *left;
    left = &series;
    std::fclose(stderr);
    std::atexit([] { counts->calls = left->calls["finish"] + left->destroyed; });
    std::exit(0);
    return 1;
  })));
  EXPECT_EQ(shared->lines, 0);
  EXPECT_EQ(shared->destroyed, 0);
  EXPECT_EQ(shared->calls, 0);
}

TEST_F(AtExit, FailuresAreToldOnStandardError) {
  const std::string path = folder.file("full.h5");
  int said[2];  // no file, which could not be written either
  ASSERT_EQ(::pipe(said), 0);
  const int status = run_in_child([&] {
    ::dup2(said[1], 2);
    ::signal(SIGXFSZ, SIG_IGN);
    StorageHandle storage = recording(path, 1, "commit_seconds=1000000 compression=none");
    append(storage, 1);
    storage.release();
    const rlimit nothing{0, 0};
    ::setrlimit(RLIMIT_FSIZE, &nothing);
    std::exit(5);
    return 1;
  });
  char buffer[4096];
  ::close(said[1]);
  const ssize_t size = ::read(said[0], buffer, sizeof buffer);
  ::close(said[0]);
  const std::string text(buffer, static_cast<size_t>(std::max<ssize_t>(size, 0)));
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 5);
  EXPECT_NE(text.find("libpde error"), std::string::npos) << text;
  EXPECT_NE(text.find(path), std::string::npos) << text;
}

TEST_F(AtExit, OfAnotherThreadWhichWaitsForACallInTheMiddle) {
  const std::string path = folder.file("run.h5");
  EXPECT_TRUE(exited_well(run_in_child([&] {
    static std::atomic<bool> inside{false};
    static Shared *seen;
    seen = shared;
    std::atexit(
        [] {  // runs after the library's handler: the call in the middle may now tell what became of it
          for (int i = 0; i < 20'000 && !seen->status; ++i) ::usleep(1000);
        });
    StorageHandle source = open_storage("memory:", nullptr), into = recording(path, 0);
    for (int64_t i = 0; i < 20; ++i) append(source, i);
    const pde_transform slow = [](const pde_field *in, double t, pde_field *out, void *) {
      if (t >= 10) {
        inside = true;
        ::usleep(50'000);
      }
      return pde_field_assign(out, in);
    };
    std::thread([] {
      while (!inside) std::this_thread::yield();
      std::exit(0);
    }).detach();
    shared->status = pde_storage_apply(source, nullptr, slow, nullptr, into, nullptr);
    for (;;) ::pause();
    return 1;
  })));
  EXPECT_EQ(shared->status, PDE_ERR_STATE) << "its next append is refused";
  StorageHandle storage = open_storage(path, "readonly");
  const int64_t length = length_of(storage);
  EXPECT_GE(length, 10);
  expect_recorded(path, length);
}

TEST_F(AtExit, InALogHandler) {
  const std::string path = folder.file("run.h5");
  EXPECT_TRUE(exited_well(run_in_child([&] {
    StorageHandle storage = recording(path, 6);
    pde_set_log_handler([](int32_t, const char *, void *) { std::exit(0); }, nullptr, nullptr);
    const FieldHandle bad = filled_field(grid, std::numeric_limits<double>::quiet_NaN());
    pde_storage_append(storage, bad, PDE_TIME_AUTO);  // which is worth a warning
    return 1;
  })));
  StorageHandle storage = open_storage(path, "readonly");
  EXPECT_GE(length_of(storage), 6);
  EXPECT_LE(length_of(storage), 7) << "the one that the warning is about";
  for (int64_t i = 0; i < 6; ++i) EXPECT_EQ(value_at(storage, i), static_cast<double>(i));
}

const std::string *g_late = nullptr;

TEST_F(AtExit, LaterHandlersFindWhatIsClosedAndMayRecordAnew) {
  const std::string early = folder.file("early.h5"), late = folder.file("late.h5");
  g_late = &late;
  EXPECT_TRUE(exited_well(run_in_child([&] {
    static pde_storage *closed;
    std::atexit([] {
      int64_t length = 0;
      if (pde_storage_length(closed, &length) != PDE_ERR_STATE) std::_Exit(2);
      const GridHandle cells = unit_grid({5, 4});
      if (pde_storage_append(closed, filled_field(cells, 9), PDE_TIME_AUTO) != PDE_ERR_STATE) std::_Exit(3);
      if (pde_storage_close(closed) != PDE_OK) std::_Exit(4);
      StorageHandle again =
          open_storage(*g_late, "truncate_once", options_from("commit_seconds=1000000 threads=2"));
      for (int i = 0; i < 8; ++i)
        REQUIRE_OK(pde_storage_append(again, filled_field(cells, i), PDE_TIME_AUTO));
      again.release();  // closed by a handler that it brings along
    });
    closed = recording(early, 4).release();
    std::exit(0);
    return 1;
  })));
  expect_recorded(early, 4);
  expect_recorded(late, 8);
}

}  // namespace
}  // namespace test
