// What programs in this folder share beyond support/: handles of the remaining nouns, messages, child
// processes, and looking at what the library does to the process it lives in.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "pde.h"
#include "support/capi_handles.hpp"
#include "support/descriptors.hpp"
#include "support/temporary_folder.hpp"

namespace test {

using ScheduleHandle = Handle<pde_schedule, pde_schedule_free>;
using TrackerHandle = Handle<pde_tracker, pde_tracker_free>;
using ControllerHandle = Handle<pde_controller, pde_controller_free>;
using EquationHandle = Handle<pde_equation, pde_equation_free>;
using OperatorHandle = Handle<pde_operator, pde_operator_free>;

/// The status, and a message that has all these words.
inline ::testing::AssertionResult fails_with(pde_status expected, pde_status got,
                                             const std::vector<std::string> &words) {
  if (auto same = status_is(expected, got); !same) return same;
  const std::string message = pde_error_message();
  for (const std::string &word : words) {
    if (message.find(word) == std::string::npos)
      return ::testing::AssertionFailure() << '"' << message << "\" lacks \"" << word << '"';
  }
  return ::testing::AssertionSuccess();
}
#define EXPECT_FAILS(status, call, ...) \
  EXPECT_TRUE(::test::fails_with((status), (call), std::vector<std::string>{__VA_ARGS__}))

inline StorageHandle open_storage(const std::string &uri, const char *mode,
                                  const pde_options *options = nullptr) {
  StorageHandle storage;
  REQUIRE_OK(pde_storage_open(uri.c_str(), mode, options, storage.out()));
  return storage;
}

inline FieldHandle filled_field(const pde_grid *grid, double value, int32_t rank = PDE_SCALAR,
                                int32_t dtype = PDE_FLOAT64) {
  FieldHandle field = new_field(grid, rank, dtype);
  REQUIRE_OK(pde_field_fill(field, value, 0));
  return field;
}

/// A file with snapshots 1, 2, … at the times 0, 1, …
inline void record_file(const std::string &path, int snapshots, const char *mode = nullptr,
                        const pde_options *options = nullptr) {
  const GridHandle grid = unit_grid({4});
  StorageHandle storage = open_storage(path, mode, options);
  for (int i = 0; i < snapshots; ++i)
    REQUIRE_OK(pde_storage_append(storage, filled_field(grid, i + 1), PDE_TIME_AUTO));
  REQUIRE_OK(pde_storage_close(storage.release()));
}

/// A file with three snapshots of one grid, to be found unchanged at the end.
class RefusedCall : public ::testing::Test {
 protected:
  void SetUp() override {
    record_file(path, 3);
    before = bytes_of_file(path);
  }
  void TearDown() override { expect_unchanged(); }
  void expect_unchanged() {
    EXPECT_TRUE(bytes_of_file(path) == before) << "the file was changed";
    EXPECT_EQ(folder.names(), std::set<std::string>{"run.h5"});
  }
  /// Closed after the refusal, which must not change the file either.
  void close(StorageHandle &storage) {
    expect_unchanged();
    EXPECT_OK(pde_storage_close(storage.release()));
    expect_unchanged();
  }

  TemporaryFolder folder;
  std::string path = folder.file("run.h5"), before;
  GridHandle grid = unit_grid({4});
  FieldHandle field = filled_field(grid, 5);
};

/// The first sample of a snapshot.
inline double value_at(pde_storage *storage, int64_t index) {
  const FieldHandle field = sample_of(storage);
  REQUIRE_OK(pde_storage_read(storage, index, field));
  void *data = nullptr;
  REQUIRE_OK(pde_field_data(field, PDE_FLOAT64, &data));
  return *static_cast<double *>(data);
}

constexpr int kChildThrew = 97;

/// Runs `body` in a child process, which ends with exit() and its result, or by a signal. Gives what waitpid
/// gave.
template <class F>
int run_in_child(F &&body) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    int code = kChildThrew;
    try {
      code = body();
    } catch (const std::exception &error) {
      std::fprintf(stderr, "child: %s\n", error.what());
    }
    std::exit(code);  // with exit handlers: those of HDF5 are part of what is tested
  }
  int status = -1;
  if (child > 0) ::waitpid(child, &status, 0);
  return status;
}

inline ::testing::AssertionResult exited_well(int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return ::testing::AssertionSuccess();
  if (WIFSIGNALED(status)) return ::testing::AssertionFailure() << "killed by signal " << WTERMSIG(status);
  return ::testing::AssertionFailure() << "exit code " << WEXITSTATUS(status);
}

/// Collects what is written to a descriptor (1 or 2) while this lives.
class Captured {
 public:
  explicit Captured(int fd) : fd_(fd), file_(std::tmpfile()) {
    std::fflush(nullptr);
    saved_ = ::dup(fd_);
    ::dup2(::fileno(file_), fd_);
  }
  ~Captured() {
    restore();
    std::fclose(file_);
  }
  Captured(const Captured &) = delete;
  Captured &operator=(const Captured &) = delete;

  std::string text() {
    restore();
    std::string text;
    std::rewind(file_);
    for (int c; (c = std::fgetc(file_)) != EOF;) text += static_cast<char>(c);
    return text;
  }

 private:
  void restore() {
    if (saved_ < 0) return;
    std::fflush(nullptr);
    ::dup2(saved_, fd_);
    ::close(saved_);
    saved_ = -1;
  }

  int fd_;
  std::FILE *file_;
  int saved_;
};

}  // namespace test
