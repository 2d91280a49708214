// Rules that hold for the whole library: messages per thread, the log, what is written to standard output,
// descriptors, locales, errno.
#include <cerrno>
#include <clocale>
#include <cstring>
#include <thread>

#include "odd_files.hpp"
#include "user_program.hpp"

namespace test {
namespace {

TEST(Messages, BelongToTheirThread) {
  pde_error_set(PDE_ERR_USER, "of the main thread");
  std::string at_first, later;
  std::thread other([&] {
    at_first = pde_error_message();
    GridHandle grid;
    EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_grid_create_unit(7, nullptr, nullptr, grid.out()));
    later = pde_error_message();
  });
  other.join();
  EXPECT_EQ(at_first, "");
  EXPECT_NE(later.find("7"), std::string::npos);
  EXPECT_STREQ(pde_error_message(), "of the main thread");
}

TEST(Messages, AreCutBetweenWholeCharacters) {
  std::string text;
  while (text.size() < 10000) text += "\xe2\x82\xac";  // the euro sign, three bytes
  pde_error_set(PDE_ERR_USER, text.c_str());
  const std::string message = pde_error_message();
  EXPECT_GT(message.size(), 100U);
  EXPECT_LT(message.size(), text.size());
  EXPECT_EQ(message.size() % 3, 0U);
  EXPECT_EQ(text.compare(0, message.size(), message), 0);
  EXPECT_EQ(pde_error_set(PDE_ERR_USER, pde_error_message()), PDE_ERR_USER) << "its own buffer";
  EXPECT_EQ(message, pde_error_message());
}

TEST(Messages, SurviveCleaningUp) {
  GridHandle grid = unit_grid({4});
  FieldHandle field;
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_field_create(grid, 5, PDE_FLOAT64, nullptr, field.out()));
  const std::string message = pde_error_message();
  StorageHandle storage = open_storage("memory:", nullptr);
  EXPECT_OK(pde_storage_append(storage, filled_field(grid, 1), 0));
  EXPECT_OK(pde_storage_close(storage.release()));
  grid.reset();
  EXPECT_EQ(message, pde_error_message());
}

TEST(Texts, OfTheLibraryAreUtf8AndThoseGivenMustBe) {
  const GridHandle grid = unit_grid({4});
  FieldHandle field;
  const char *label = "c\xcc\x88 [\xc2\xb5m]";
  ASSERT_OK(pde_field_create(grid, PDE_SCALAR, PDE_FLOAT64, label, field.out()));
  EXPECT_EQ(label_of(field), label);
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_field_create(grid, PDE_SCALAR, PDE_FLOAT64, "\xff", field.out()),
               "label", "UTF-8");
  const TemporaryFolder folder;
  const std::string path = folder.file("M\xc3\xa4rz \xe2\x82\xac.h5");
  record_file(path, 2);
  EXPECT_EQ(length_of(open_storage(path, "readonly")), 2);
}

// ---- the log

struct Lines {
  std::vector<std::pair<int32_t, std::string>> lines;
  int destroyed = 0;
  static void take(int32_t level, const char *message, void *user) {
    static_cast<Lines *>(user)->lines.emplace_back(level, message);
  }
  static void destroy(void *user) { ++static_cast<Lines *>(user)->destroyed; }
};

/// Opening what cannot be read with a mode that would replace it is worth a line of information.
void cause_a_line() {
  const TemporaryFolder folder;
  const std::string path = folder.file("cut.h5");
  record_file(path, 1);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  open_storage(path, "truncate_once");
}

TEST(Log, GoesToTheHandlerWhoseUserIsDestroyedOnce) {
  Lines first, second;
  ASSERT_OK(pde_set_log_handler(Lines::take, &first, Lines::destroy));
  cause_a_line();
  ASSERT_EQ(first.lines.size(), 1U);
  EXPECT_EQ(first.lines[0].first, PDE_LOG_INFO);
  EXPECT_NE(first.lines[0].second.find("cut.h5"), std::string::npos);
  EXPECT_EQ(first.lines[0].second.find('\n'), std::string::npos);
  EXPECT_EQ(first.destroyed, 0);
  ASSERT_OK(pde_set_log_handler(Lines::take, &second, Lines::destroy));
  EXPECT_EQ(first.destroyed, 1);
  cause_a_line();
  EXPECT_EQ(first.lines.size(), 1U);
  EXPECT_EQ(second.lines.size(), 1U);
  ASSERT_OK(pde_set_log_handler(nullptr, nullptr, nullptr));
  EXPECT_EQ(second.destroyed, 1);
  EXPECT_OK(pde_set_log_handler(nullptr, &second, Lines::destroy))
      << "nothing to hand it to: destroyed at once";
  EXPECT_EQ(second.destroyed, 2);
}

TEST(Log, HandlersMayCallTheLibrary) {
  struct Busy {
    int64_t seen = 0;
    static void take(int32_t, const char *, void *user) {
      StorageHandle storage = open_storage("memory:", nullptr);
      EXPECT_OK(pde_storage_append(storage, filled_field(unit_grid({4}), 1), 0));
      static_cast<Busy *>(user)->seen += length_of(storage);
    }
  } busy;
  ASSERT_OK(pde_set_log_handler(Busy::take, &busy, nullptr));
  cause_a_line();
  ASSERT_OK(pde_set_log_handler(nullptr, nullptr, nullptr));
  EXPECT_EQ(busy.seen, 1);
}

/// Whatever the line is about: a handler that waits for a lock of its caller would wait for ever.
TEST(Log, HandlersMayUseFiles) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5"), other = folder.file("other.h5");
  record_file(path, 2);
  record_file(other, 3);
  {
    const Closing file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
    const Closing space(H5Screate(H5S_SCALAR), H5Sclose);
    const Closing odd(
        H5Dcreate2(file, "snapshot_info", H5T_STD_I32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
        H5Dclose);
    ASSERT_GE(odd, 0);
  }
  EXPECT_TRUE(exited_well(run_in_child([&] {
    struct Reader {
      std::string path;
      int64_t seen = 0;
    } reader{other};
    REQUIRE_OK(pde_set_log_handler(
        [](int32_t, const char *, void *user) {
          Reader &of = *static_cast<Reader *>(user);
          of.seen += length_of(open_storage(of.path, "readonly"));
        },
        &reader, nullptr));
    ::alarm(20);
    StorageHandle storage = open_storage(path, "append");
    EXPECT_OK(pde_storage_append(storage, filled_field(unit_grid({4}), 1), 9));
    EXPECT_GE(reader.seen, 3) << "there was a line about the odd dataset";
    EXPECT_OK(pde_storage_close(storage.release()));
    REQUIRE_OK(pde_set_log_handler(nullptr, nullptr, nullptr));
    return HasFailure() ? 1 : 0;
  })));
}

TEST(Log, WithoutAHandlerInformationGoesNowhere) {
  Captured out(1), err(2);
  cause_a_line();
  EXPECT_EQ(err.text(), "");
  EXPECT_EQ(out.text(), "");
}

// ---- the process

/// A whole session with failures in between, and a run.
void work(const std::string &folder) {
  const std::string path = folder + "/run.h5";
  record_file(path, 3);
  const GridHandle grid = unit_grid({16}, {1});
  StorageHandle storage = open_storage(path, nullptr), broken;
  EXPECT_STATUS(PDE_ERR_EXISTS, pde_storage_append(storage, filled_field(grid, 1), 9));
  EXPECT_STATUS(PDE_ERR_IO,
                pde_storage_open((folder + "/run.h5/x.h5").c_str(), nullptr, nullptr, broken.out()));
  EXPECT_STATUS(PDE_ERR_FORMAT, pde_grid_parse("{", GridHandle().out()));
  EquationHandle equation;
  EXPECT_OK(pde_equation_create("diffusion", nullptr, equation.out()));
  FieldHandle state;
  EXPECT_OK(pde_equation_initial_state(equation, grid, 1, state.out()));
  StorageHandle memory = open_storage("memory:", nullptr);
  TrackerHandle tracker;
  EXPECT_OK(pde_tracker_create_storage(memory, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                                       tracker.out()));
  pde_tracker *list[] = {tracker};
  ControllerHandle run;
  EXPECT_OK(pde_controller_create(list, 1, nullptr, run.out()));
  EXPECT_OK(pde_solve(equation, state, 0, 2, nullptr, run, nullptr));
  EXPECT_EQ(length_of(memory), 3);
  EXPECT_OK(pde_storage_close(storage.release()));
  std::filesystem::remove(path);
}

TEST(Process, NothingIsWrittenToStandardOutputOrError) {
  const TemporaryFolder folder;
  Captured out(1), err(2);
  work(folder.path().string());
  EXPECT_EQ(out.text(), "");
  EXPECT_EQ(err.text(), "");
}

TEST(Process, TheProgressTrackerWritesPlainLinesToStandardError) {
  EquationHandle equation;
  ASSERT_OK(pde_equation_create("diffusion", nullptr, equation.out()));
  const FieldHandle state = filled_field(unit_grid({16}), 1);
  TrackerHandle tracker;
  ASSERT_OK(pde_tracker_create("progress", nullptr, nullptr, tracker.out()));
  pde_tracker *list[] = {tracker};
  ControllerHandle run;
  ASSERT_OK(pde_controller_create(list, 1, nullptr, run.out()));
  Captured out(1), err(2);
  const pde_status status = pde_solve(equation, state, 0, 1, nullptr, run, nullptr);
  const std::string errors = err.text();
  EXPECT_EQ(out.text(), "");
  EXPECT_OK(status);
  EXPECT_NE(errors.find('%'), std::string::npos) << errors;
  EXPECT_EQ(errors.find('\r'), std::string::npos) << "not on a terminal";
  EXPECT_TRUE(errors.ends_with('\n'));
}

TEST(Process, NoDescriptorIsLeftOpen) {
  const TemporaryFolder folder;
  work(folder.path().string());  // what is opened once and for all is open now
  const size_t before = open_descriptors();
  for (int i = 0; i < 5; ++i) work(folder.path().string());
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Process, DescriptorsDoNotPassToOtherPrograms) {
  const TemporaryFolder folder;
  StorageHandle storage = open_storage(folder.file("run.h5"), nullptr);
  ASSERT_OK(pde_storage_append(storage, filled_field(unit_grid({4}), 1), 0));
  for (const auto &entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
    if (target.starts_with(folder.path().string())) {
      const int fd = std::stoi(entry.path().filename().string());
      EXPECT_TRUE(::fcntl(fd, F_GETFD) & FD_CLOEXEC) << target;
    }
  }
}

TEST(Process, NumbersKeepTheirPointInEveryLocale) {
  const char *found = nullptr;
  for (const char *name :
       {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "fr_FR.utf8", "pl_PL.UTF-8"}) {
    if ((found = std::setlocale(LC_ALL, name))) break;
  }
  if (!found) GTEST_SKIP() << "no locale with a decimal comma is installed";
  const TemporaryFolder folder;
  const GridHandle grid = cartesian_grid({0.25}, {1.75}, {4});
  StorageHandle storage = open_storage(folder.file("run.h5"), nullptr, options_from("commit_seconds=0.5"));
  EXPECT_OK(pde_storage_start(storage, filled_field(grid, 1.5), R"({"rate": 0.125})"));
  EXPECT_OK(pde_storage_append(storage, filled_field(grid, 1.5), 0.5));
  EXPECT_OK(pde_storage_close(storage.release()));
  storage = open_storage(folder.file("run.h5"), "readonly");
  EXPECT_EQ(info_of(storage, "rate"), "0.125");
  EXPECT_EQ(grid_text_of(sample_of(storage)), grid_text_of(new_field(grid)));
  EXPECT_EQ(times_of(storage), std::vector<double>{0.5});
  ScheduleHandle schedule;
  EXPECT_OK(pde_schedule_parse("constant(0.5, 1.5)", schedule.out()));
  const char *text = "";
  EXPECT_OK(pde_schedule_text(schedule, &text));
  EXPECT_STREQ(text, "constant(0.5, 1.5)");
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_append(storage, nullptr, 0.5));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_read(storage, 5, sample_of(storage)));
  std::setlocale(LC_ALL, "C");
}

TEST(Process, ErrnoOfTheHostSaysNothingToTheLibrary) {
  for (int before : {0, EINTR, ENOMEM, ERANGE, EAGAIN}) {
    errno = before;
    const TemporaryFolder folder;
    errno = before;
    work(folder.path().string());
  }
}

TEST(Process, DetachedThreadsMayStillHoldHandlesAtTheEnd) {
  EXPECT_TRUE(exited_well(run_in_child([] {
    StorageHandle storage = open_storage("memory:", nullptr);
    EXPECT_OK(pde_storage_append(storage, filled_field(unit_grid({4}), 1), 0));
    std::thread([] { pde_error_set(PDE_ERR_USER, "last words"); }).join();
    storage.release();  // left open, on purpose
    return HasFailure() ? 1 : 0;
  })));
}

}  // namespace
}  // namespace test
