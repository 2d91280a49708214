// A host that loads the library by its path and lets go of it: again and again, with handles that are alive,
// with threads that are inside, and with recordings that are open when it ends.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <pde.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/temporary_folder.hpp"

namespace {

constexpr int64_t kCells = 2000;

/// The library, as far as these tests use it.
class Library {
 public:
  Library() : handle_(::dlopen(PDE_LIBRARY, RTLD_NOW | RTLD_LOCAL)) {
    if (!handle_) throw std::runtime_error(::dlerror());
#define PDE_TEST_FIND(name) find(name, #name)
    PDE_TEST_FIND(pde_error_message);
    PDE_TEST_FIND(pde_error_set);
    PDE_TEST_FIND(pde_options_create);
    PDE_TEST_FIND(pde_options_parse);
    PDE_TEST_FIND(pde_options_free);
    PDE_TEST_FIND(pde_grid_create_unit);
    PDE_TEST_FIND(pde_grid_free);
    PDE_TEST_FIND(pde_field_create);
    PDE_TEST_FIND(pde_field_fill);
    PDE_TEST_FIND(pde_field_average);
    PDE_TEST_FIND(pde_field_free);
    PDE_TEST_FIND(pde_storage_open);
    PDE_TEST_FIND(pde_storage_append);
    PDE_TEST_FIND(pde_storage_length);
    PDE_TEST_FIND(pde_storage_read);
    PDE_TEST_FIND(pde_storage_close);
#undef PDE_TEST_FIND
  }
  ~Library() {
    close();
  }
  Library(const Library &) = delete;
  Library &operator=(const Library &) = delete;
  void close() {
    if (void *handle = std::exchange(handle_, nullptr)) {
      EXPECT_EQ(::dlclose(handle), 0);
    }
  }

  decltype(&::pde_error_message) pde_error_message;
  decltype(&::pde_error_set) pde_error_set;
  decltype(&::pde_options_create) pde_options_create;
  decltype(&::pde_options_parse) pde_options_parse;
  decltype(&::pde_options_free) pde_options_free;
  decltype(&::pde_grid_create_unit) pde_grid_create_unit;
  decltype(&::pde_grid_free) pde_grid_free;
  decltype(&::pde_field_create) pde_field_create;
  decltype(&::pde_field_fill) pde_field_fill;
  decltype(&::pde_field_average) pde_field_average;
  decltype(&::pde_field_free) pde_field_free;
  decltype(&::pde_storage_open) pde_storage_open;
  decltype(&::pde_storage_append) pde_storage_append;
  decltype(&::pde_storage_length) pde_storage_length;
  decltype(&::pde_storage_read) pde_storage_read;
  decltype(&::pde_storage_close) pde_storage_close;

  void need(pde_status status) const {
    if (status != PDE_OK) throw std::runtime_error(pde_error_message());
  }
  pde_field *field() const {
    pde_grid *grid = nullptr;
    pde_field *made = nullptr;
    need(pde_grid_create_unit(1, &kCells, nullptr, &grid));
    need(pde_field_create(grid, PDE_SCALAR, PDE_FLOAT64, "u", &made));
    pde_grid_free(grid);
    return made;
  }
  pde_storage *open(const std::string &uri, const char *mode, const char *text = "") const {
    pde_options *options = nullptr;
    pde_storage *storage = nullptr;
    need(pde_options_create(&options));
    need(pde_options_parse(options, text));
    need(pde_storage_open(uri.c_str(), mode, options, &storage));
    pde_options_free(options);
    return storage;
  }
  /// Snapshots with the values 0, 1, …
  void record(pde_storage *storage, int count) const {
    pde_field *one = field();
    for (int i = 0; i < count; ++i) {
      need(pde_field_fill(one, i, 0));
      need(pde_storage_append(storage, one, i));
    }
    pde_field_free(one);
  }
  void expect_recorded(pde_storage *storage, int64_t count) const {
    int64_t length = -1;
    need(pde_storage_length(storage, &length));
    EXPECT_EQ(length, count);
    pde_field *one = field();
    for (int64_t i = 0; i < length; ++i) {
      double average = -1;
      need(pde_storage_read(storage, i, one));
      need(pde_field_average(one, &average, 1));
      EXPECT_DOUBLE_EQ(average, static_cast<double>(i));
    }
    pde_field_free(one);
  }

 private:
  template <class F>
  void find(F *&function, const char *name) {
    void *symbol = ::dlsym(handle_, name);
    if (!symbol) throw std::runtime_error(std::string("no ") + name);
    std::memcpy(&function, &symbol, sizeof symbol);
  }

  void *handle_;
};

constexpr const char *kInFlight = "threads=2 level=6 commit_seconds=1000000 chunk_bytes=20000";

class Loading : public ::testing::Test {
 protected:
  /// Ends with exit() and the result of `body`.
  template <class F>
  void expect_child(F &&body) {
    const pid_t child = ::fork();
    if (child == 0) {
      int code = 97;
      try {
        code = body();
      } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
      }
      std::exit(code);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
  void expect_file(int64_t count) {
    const Library library;
    pde_storage *storage = library.open(path, "readonly");
    library.expect_recorded(storage, count);
    EXPECT_EQ(library.pde_storage_close(storage), PDE_OK);
  }

  test::TemporaryFolder folder;
  std::string path = folder.file("run.h5");
};

/// Before any other of these tests: in a process that has never had the library.
TEST_F(Loading, FirstOfAllByAThreadThatEnds) {
  expect_child([&] {
    std::thread([&] {
      const Library library;
      pde_storage *storage = library.open(path, "truncate_once", kInFlight);
      library.record(storage, 40);
    }).join();
    return 0;  // and open at exit
  });
  expect_file(40);
}

TEST_F(Loading, AgainAndAgain) {
  for (int round = 0; round < 100; ++round) {
    const Library library;
    pde_storage *storage = library.open(round % 10 == 0 ? path : "memory:", "truncate_once", "");
    library.record(storage, 3);
    library.expect_recorded(storage, 3);
    ASSERT_EQ(library.pde_storage_close(storage), PDE_OK);
  }
}

TEST_F(Loading, WithHandlesThatAreAlive) {
  std::vector<pde_storage *> storages;
  std::vector<pde_field *> fields;
  for (int round = 0; round < 20; ++round) {
    const Library library;
    storages.push_back(library.open(folder.file(std::to_string(round) + ".h5"), nullptr, kInFlight));
    library.record(storages.back(), 20);
    fields.push_back(library.field());
    for (pde_storage *storage : storages) library.expect_recorded(storage, 20);
  }
  const Library library;
  for (pde_field *field : fields) {
    double average = -1;
    EXPECT_EQ(library.pde_field_average(field, &average, 1), PDE_OK);
    EXPECT_EQ(average, 0);
    library.pde_field_free(field);
  }
  for (pde_storage *storage : storages) EXPECT_EQ(library.pde_storage_close(storage), PDE_OK);
}

TEST_F(Loading, WhileAnotherThreadRecords) {
  std::atomic<bool> recorded{false};
  std::string problem;
  std::thread recorder([&] {
    try {
      Library library;
      pde_storage *storage = library.open(path, nullptr, kInFlight);
      library.record(storage, 300);
      // What it has is enough, whoever else lets go of the library.
      library.close();
      library.need(library.pde_storage_close(storage));
    } catch (const std::exception &error) {
      problem = error.what();
    }
    recorded = true;
  });
  int rounds = 0;
  for (; !recorded || rounds < 20; ++rounds) {
    const Library library;
    pde_field *field = library.field();
    library.pde_field_free(field);
  }
  recorder.join();
  EXPECT_EQ(problem, "");
  expect_file(300);
}

TEST_F(Loading, WithAThreadThatEndsLater) {
  std::atomic<bool> used{false}, closed{false};
  Library library;
  std::thread later([&] {
    library.pde_error_set(PDE_ERR_USER, "of this thread");
    used = true;
    while (!closed) std::this_thread::yield();
    EXPECT_STREQ(library.pde_error_message(), "of this thread");
  });
  while (!used) std::this_thread::yield();
  library.close();
  closed = true;
  later.join();
}

TEST_F(Loading, ClosesWhatIsOpenAtTheEndThoughItWasLetGo) {
  expect_child([&] {
    Library library;
    pde_storage *storage = library.open(path, "truncate_once", kInFlight);
    library.record(storage, 50);
    library.close();
    return 0;
  });
  expect_file(50);
  EXPECT_EQ(folder.names(), std::set<std::string>{"run.h5"});
}

TEST_F(Loading, StaysWhereItIs) {
  Library first;
  first.close();
  EXPECT_NE(::dlopen(PDE_LIBRARY, RTLD_NOW | RTLD_NOLOAD), nullptr) << "HDF5 may call it until the very end";
  const Library second;
  EXPECT_EQ(first.pde_storage_open, second.pde_storage_open);
}

}  // namespace
