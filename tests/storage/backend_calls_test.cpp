// What the callbacks of a storage of the user see: how often each is called, and that a failure of any single
// call, wherever it falls, comes through unchanged and leaves a series that can be read.
#include <functional>

#include "support/capi_handles.hpp"
#include "support/vector_backend.hpp"

namespace test {
namespace {

class BackendCalls : public ::testing::Test {
 protected:
  BackendCalls()
      : grid_(unit_grid({2, 3})),
        field_(new_field(grid_, PDE_SCALAR, PDE_FLOAT64, "a")),
        vector_(new_field(grid_, PDE_VECTOR, PDE_FLOAT64, "b")) {
    pde_set_log_handler([](int32_t, const char *, void *) {}, nullptr, nullptr);
  }
  ~BackendCalls() override { pde_set_log_handler(nullptr, nullptr, nullptr); }

  StorageHandle open(const char *mode = nullptr) {
    StorageHandle storage;
    const pde_backend backend = VectorSeries::backend();
    REQUIRE_OK(pde_storage_create_custom(&backend, &series_, mode, nullptr, storage.out()));
    return storage;
  }
  void record(pde_storage *storage, int count, pde_field *field) {
    ASSERT_OK(pde_storage_start(storage, field, nullptr));
    for (int i = 0; i < count; ++i) ASSERT_OK(pde_storage_append(storage, field, i));
    ASSERT_OK(pde_storage_finish(storage));
  }
  /// What is called from here on.
  void forget_calls() {
    series_.calls.clear();
    series_.times_given = 0;
  }
  using Calls = std::map<std::string, int>;
  static StorageHandle new_memory() {
    StorageHandle memory;
    REQUIRE_OK(pde_storage_open("memory:", nullptr, nullptr, memory.out()));
    return memory;
  }

  GridHandle grid_;
  FieldHandle field_, vector_;
  VectorSeries series_;
};

// ---- how often

TEST_F(BackendCalls, OpeningReadsNoSamples) {
  StorageHandle storage = open();
  EXPECT_EQ((Calls{{"length", 1}, {"get_info", 2}}), series_.calls);
  record(storage, 100, field_);
  EXPECT_OK(pde_storage_close(storage.release()));
  forget_calls();
  storage = open("append");
  EXPECT_EQ(1, series_.calls["length"]);
  EXPECT_EQ(0, series_.calls["read"]);
  EXPECT_EQ(1, series_.times_given) << "the last time, not all";
  forget_calls();
  EXPECT_EQ(100, length_of(storage));
  EXPECT_EQ("a", label_of(sample_of(storage)));
  EXPECT_TRUE(series_.calls.empty()) << "what is known is not asked for again";
}

TEST_F(BackendCalls, SessionsCallWhatTheyNeed) {
  const StorageHandle storage = open();
  forget_calls();
  ASSERT_OK(pde_storage_start(storage, field_, nullptr));
  EXPECT_EQ(1, series_.calls["start"]);
  EXPECT_EQ(1, series_.calls["set_info"]);
  EXPECT_EQ(0, series_.calls["truncate"]);
  forget_calls();
  for (int i = 0; i < 10; ++i) ASSERT_OK(pde_storage_append(storage, field_, i));
  ASSERT_OK(pde_storage_append_info(storage, field_, 10, "1"));
  EXPECT_EQ((Calls{{"append", 11}}), series_.calls) << "one call each, and nothing else";
  forget_calls();
  ASSERT_OK(pde_storage_flush(storage));
  EXPECT_EQ((Calls{{"flush", 1}}), series_.calls);
  forget_calls();
  ASSERT_OK(pde_storage_finish(storage));
  EXPECT_EQ((Calls{{"set_info", 1}, {"flush", 1}, {"finish", 1}}), series_.calls);
}

TEST_F(BackendCalls, SearchingLooksAtEachTimeOnce) {
  const StorageHandle storage = open();
  record(storage, 1000, field_);
  forget_calls();
  int64_t first = 0, count = 0;
  ASSERT_OK(pde_storage_find_range(storage, 200, 300, &first, &count));
  EXPECT_EQ(101, count);
  EXPECT_EQ(0, series_.calls["read"]);
  EXPECT_LE(series_.times_given, 1000 + 2 * 10) << "all once, then by bisection";
  forget_calls();
  ASSERT_OK(pde_storage_find_range(storage, 200, 300, &first, &count));
  ASSERT_OK(pde_storage_find_nearest(storage, 555, &first));
  EXPECT_EQ(555, first);
  EXPECT_LE(series_.times_given, 4 * 10 + 2) << "by bisection";
  ASSERT_OK(pde_storage_append(storage, field_, 1000));
  forget_calls();
  ASSERT_OK(pde_storage_find_nearest(storage, 7, &first));
  EXPECT_LE(series_.times_given, 2 * 10 + 4 + 1001);
  forget_calls();
  ASSERT_OK(pde_storage_append(storage, field_, 1001));
  ASSERT_OK(pde_storage_find_nearest(storage, 8, &first));
  EXPECT_LE(series_.times_given, 2 * 10 + 4) << "in a session only what is new";
}

TEST_F(BackendCalls, ReadingAsksForEachSnapshotOnce) {
  const FieldHandle state = collection_of({field_, vector_});
  const StorageHandle storage = open();
  record(storage, 10, state);
  StorageHandle b;
  ASSERT_OK(pde_storage_view_field(storage, 1, b.out()));
  EXPECT_EQ(10, length_of(b));
  forget_calls();
  std::vector<double> array(3 * 18);
  ASSERT_OK(pde_storage_read_raw(storage, 0, 3, 4, PDE_FLOAT64, array.data(), 54));
  EXPECT_EQ((Calls{{"read", 3}}), series_.calls);
  forget_calls();
  const int64_t lower[] = {0, 1, 1}, shape[] = {2, 1, 2};
  ASSERT_OK(pde_storage_read_box(storage, 1, 3, 2, lower, shape, PDE_FLOAT64, array.data(), nullptr));
  EXPECT_EQ((Calls{{"read", 3}}), series_.calls);
  forget_calls();
  ASSERT_OK(pde_storage_read_raw(b, 0, 3, 1, PDE_FLOAT64, array.data(), 36));
  EXPECT_EQ((Calls{{"read", 3}}), series_.calls) << "the rows of a field lie side by side";
  forget_calls();
  ASSERT_OK(pde_storage_read(storage, -1, state));
  EXPECT_EQ((Calls{{"read", 1}}), series_.calls);
}

TEST_F(BackendCalls, WholeSeriesAreReadOnce) {
  const StorageHandle storage = open();
  record(storage, 10, field_);
  const auto expect_one_pass = [&](const char *what) {
    EXPECT_EQ(10, series_.calls["read"]) << what;
    EXPECT_EQ(0, series_.calls["append"] + series_.calls["set_info"] + series_.calls["length"]) << what;
    EXPECT_LE(series_.times_given, 2 * 10 + 2) << what;
    forget_calls();
  };
  forget_calls();
  EXPECT_OK(pde_storage_check(storage, nullptr));
  expect_one_pass("check");
  ASSERT_OK(pde_storage_copy(storage, new_memory(), nullptr));
  expect_one_pass("copy");
  const auto leave = [](const pde_field *, double, pde_field *out, void *) {
    return pde_field_fill(out, 0, 0);
  };
  ASSERT_OK(pde_storage_apply(storage, nullptr, leave, nullptr, new_memory(), nullptr));
  expect_one_pass("apply");
  pde_storage *alone[] = {storage};
  ASSERT_OK(pde_storage_merge(alone, 1, nullptr, new_memory(), nullptr));
  expect_one_pass("merge");
}

TEST_F(BackendCalls, CopyingIntoAppendsOnly) {
  const StorageHandle source = new_memory(), storage = open();
  record(source, 10, field_);
  forget_calls();
  ASSERT_OK(pde_storage_copy(source, storage, nullptr));
  EXPECT_EQ(10, series_.calls["append"]);
  EXPECT_EQ(0, series_.calls["read"]);
  EXPECT_EQ(0, series_.times_given);
  EXPECT_EQ(2, series_.calls["set_info"]) << "when the session begins and when it ends";
  EXPECT_EQ(1, series_.calls["finish"]);
}

TEST_F(BackendCalls, DroppingIsOneCall) {
  const StorageHandle storage = open();
  record(storage, 10, field_);
  ASSERT_OK(pde_storage_start(storage, field_, nullptr));
  forget_calls();
  ASSERT_OK(pde_storage_truncate_after(storage, 4));
  EXPECT_EQ(1, series_.calls["truncate"]);
  EXPECT_EQ(0, series_.calls["read"]);
  forget_calls();
  ASSERT_OK(pde_storage_clear(storage, 0));
  EXPECT_EQ(1, series_.calls["truncate"]);
  EXPECT_EQ(0, series_.times_given);
}

// ---- each call fails once

/// All there is to do with a storage, step by step, on callbacks of which one fails.
class Script : public BackendCalls {
 protected:
  struct Run {
    int steps = 0;
    pde_status status = PDE_OK;
    std::string failed;
  };

  /// Samples hold their number, so that one shows which snapshot it is.
  void fill(double value) { REQUIRE_OK(pde_field_fill(field_, value, 0)); }
  static double number(const VectorSeries &series, size_t index) {
    double value;
    std::memcpy(&value, series.snapshots[index].data(), sizeof value);
    return value;
  }
  /// The series is the beginning of what was appended.
  static void expect_prefix(const VectorSeries &series, const std::vector<double> &appended) {
    ASSERT_LE(series.snapshots.size(), appended.size());
    ASSERT_EQ(series.snapshots.size(), series.times.size());
    for (size_t i = 0; i < series.snapshots.size(); ++i) EXPECT_EQ(appended[i], number(series, i)) << i;
  }

  pde_status open_on(VectorSeries &series, const char *mode, StorageHandle &storage) {
    const pde_backend backend = VectorSeries::backend();
    const OptionsHandle options = options_from("time_order=any");
    ++opened_[&series];
    return pde_storage_create_custom(&backend, &series, mode, options, storage.out());
  }
  pde_status append(double value, double time) {
    appended_.push_back(value);
    fill(value);
    return pde_storage_append(storage_, field_, time);
  }
  static pde_status same(const pde_field *in, double, pde_field *out, void *) {
    return pde_field_assign(out, in);
  }

  /// Whatever a storage can be asked for; what it answers after a failure is its own affair.
  void ask_for_everything() {
    int64_t length = 0, number = 0;
    if (!storage_ || pde_storage_length(storage_, &length) != PDE_OK) return;
    double values[6], time;
    const char *text;
    for (int64_t i = 0; i < length; ++i) {
      pde_storage_read_raw(storage_, i, 1, 1, PDE_FLOAT64, values, 6);
      pde_storage_times(storage_, i, 1, &time);
      pde_storage_snapshot_info(storage_, i, &text);
    }
    pde_storage_find_range(storage_, 1, 2, &length, &number);
    pde_storage_find_nearest(storage_, 1, &number);
    pde_storage_committed(storage_, &number);
    pde_storage_info(storage_, nullptr, &text);
    pde_storage_statistics(storage_, &text);
    int32_t writing = 0;
    pde_storage_is_writing(storage_, &writing);
    pde_storage_mode(storage_, &text);
    const bool anew = !writing && std::string_view(text) == "truncate";
    if (append(99, PDE_TIME_AUTO) == PDE_OK && anew) appended_ = {99};
    pde_storage_truncate_after(storage_, 1);
    pde_storage_find_range(storage_, 0, 1, &length, &number);
  }
  static std::vector<double> numbers(const VectorSeries &series) {
    std::vector<double> numbers;
    for (size_t i = 0; i < series.snapshots.size(); ++i) numbers.push_back(number(series, i));
    return numbers;
  }
  /// Opened again, all of it can be read, and it goes on.
  void expect_sound(VectorSeries &series) {
    StorageHandle storage;
    ASSERT_OK(open_on(series, "append", storage));
    EXPECT_OK(pde_storage_check(storage, nullptr));
    ASSERT_EQ(static_cast<int64_t>(series.snapshots.size()), length_of(storage));
    if (length_of(storage) == 0) return;
    const FieldHandle like = sample_of(storage);
    EXPECT_OK(pde_storage_read(storage, -1, like));
    EXPECT_OK(pde_storage_append(storage, like, PDE_TIME_AUTO));
    EXPECT_OK(pde_storage_close(storage.release()));
  }

  using Step = std::pair<const char *, std::function<pde_status()>>;
  std::vector<Step> writing_steps();
  std::vector<Step> reading_steps();
  std::vector<Step> dropping_steps();
  std::vector<Step> transfer_steps();
  std::vector<Step> clearing_steps();

  Run run() {
    Run run;
    for (const auto &steps :
         {writing_steps(), reading_steps(), dropping_steps(), transfer_steps(), clearing_steps()}) {
      for (const auto &[name, step] : steps) {
        ++run.steps;
        run.status = step();
        if (run.status == PDE_OK) continue;
        run.failed = name;
        return run;
      }
    }
    return run;
  }

  VectorSeries other_;  // counts its calls with the first
  StorageHandle storage_, into_, memory_, made_;
  std::vector<double> appended_;
  std::map<VectorSeries *, int> opened_;
};

std::vector<Script::Step> Script::writing_steps() {
  return {
      {"open", [&] { return open_on(series_, "create", storage_); }},
      {"start", [&] { return pde_storage_start(storage_, field_, R"({"a": 1})"); }},
      {"append", [&] { return append(1, 0); }},
      {"append", [&] { return append(2, 1); }},
      {"append_info",
       [&] {
         appended_.push_back(3);
         fill(3);
         return pde_storage_append_info(storage_, field_, 2, "[3]");
       }},
      {"flush", [&] { return pde_storage_flush(storage_); }},
      {"set_info", [&] { return pde_storage_set_info(storage_, "b", "2"); }},
      {"finish", [&] { return pde_storage_finish(storage_); }},
      {"append between", [&] { return append(4, 3); }},
      {"close", [&] { return pde_storage_close(storage_.release()); }},
  };
}

std::vector<Script::Step> Script::reading_steps() {
  return {
      {"reopen", [&] { return open_on(series_, "append", storage_); }},
      {"read", [&] { return pde_storage_read(storage_, -1, field_); }},
      {"read_box",
       [&] {
         const int64_t lower[] = {0, 1}, shape[] = {2, 1};
         double box[8];
         return pde_storage_read_box(storage_, 0, 4, 1, lower, shape, PDE_FLOAT64, box, nullptr);
       }},
      {"times",
       [&] {
         double times[4];
         return pde_storage_times(storage_, 0, 4, times);
       }},
      {"find_range",
       [&] {
         int64_t first, count;
         return pde_storage_find_range(storage_, 1, 2, &first, &count);
       }},
      {"find_nearest",
       [&] {
         int64_t index;
         return pde_storage_find_nearest(storage_, 1.7, &index);
       }},
      {"refresh",
       [&] {
         int64_t length;
         return pde_storage_refresh(storage_, &length);
       }},
      {"check", [&] { return pde_storage_check(storage_, nullptr); }},
      {"view_field", [&] { return pde_storage_view_field(storage_, 0, made_.out()); }},
      {"read a view", [&] { return pde_storage_read(made_, 1, field_); }},
      {"view_range", [&] { return pde_storage_view_range(storage_, 0, 2, 2, made_.out()); }},
      {"check a view", [&] { return pde_storage_check(made_, nullptr); }},
      {"close a view", [&] { return pde_storage_close(made_.release()); }},
  };
}

std::vector<Script::Step> Script::dropping_steps() {
  const auto dropped = [&](double time, size_t left) {
    const pde_status status = pde_storage_truncate_after(storage_, time);
    if (status == PDE_OK) appended_.resize(left);
    return status;
  };
  return {
      {"truncate between", [=] { return dropped(2, 3); }},
      {"append", [&] { return append(5, 4); }},
      {"append", [&] { return append(6, 5); }},
      {"find_range",
       [&] {
         int64_t first, count;
         return pde_storage_find_range(storage_, 0, 9, &first, &count);
       }},
      {"truncate within", [=] { return dropped(4, 4); }},
      {"append", [&] { return append(7, PDE_TIME_AUTO); }},
      {"finish", [&] { return pde_storage_finish(storage_); }},
  };
}

std::vector<Script::Step> Script::transfer_steps() {
  const auto grown = [&] {  // by what the copy in memory holds: the series itself
    appended_.resize(5);
    for (size_t i = 0; i < 5; ++i) appended_.push_back(appended_[i]);
  };
  return {
      {"copy out",
       [&] {
         memory_ = new_memory();
         return pde_storage_copy(storage_, memory_, nullptr);
       }},
      {"extract_time_range", [&] { return pde_storage_extract_time_range(storage_, 1, 4, made_.out()); }},
      {"extract_field", [&] { return pde_storage_extract_field(storage_, 0, nullptr, made_.out()); }},
      {"apply out",
       [&] { return pde_storage_apply(storage_, nullptr, same, nullptr, new_memory(), nullptr); }},
      {"open another", [&] { return open_on(other_, "append", into_); }},
      {"merge",
       [&] {
         pde_storage *twice[] = {storage_, storage_};
         return pde_storage_merge(twice, 2, nullptr, into_, nullptr);
       }},
      {"close another", [&] { return pde_storage_close(into_.release()); }},
      {"copy in",
       [&, grown] {
         grown();
         return pde_storage_copy(memory_, storage_, nullptr);
       }},
      {"truncate",
       [&] {
         const pde_status status = pde_storage_clear(storage_, 0);
         if (status == PDE_OK) appended_.clear();
         return status;
       }},
      {"apply in",
       [&] {
         appended_ = {1, 2, 3, 5, 7};
         return pde_storage_apply(memory_, nullptr, same, nullptr, storage_, nullptr);
       }},
  };
}

std::vector<Script::Step> Script::clearing_steps() {
  const auto cleared = [&](int32_t forget_shape) {
    const pde_status status = pde_storage_clear(storage_, forget_shape);
    if (status == PDE_OK) appended_.clear();
    return status;
  };
  return {
      {"append", [&] { return append(8, 10); }},
      {"clear within", [=] { return cleared(0); }},
      {"append", [&] { return append(9, 0); }},
      {"forget within", [=] { return cleared(1); }},
      {"append", [&] { return append(10, 0); }},
      {"finish", [&] { return pde_storage_finish(storage_); }},
      {"clear between", [=] { return cleared(0); }},
      {"append", [&] { return append(11, 0); }},
      {"finish", [&] { return pde_storage_finish(storage_); }},
      {"forget between", [=] { return cleared(1); }},
      {"append", [&] { return append(12, 0); }},
      {"close", [&] { return pde_storage_close(storage_.release()); }},
      {"reopen", [&] { return open_on(series_, "truncate", storage_); }},
      {"start anew",
       [&] {
         const pde_status status = pde_storage_start(storage_, field_, nullptr);
         if (status == PDE_OK) appended_.clear();
         return status;
       }},
      {"append", [&] { return append(13, 0); }},
      {"append", [&] { return append(14, 1); }},
      {"close", [&] { return pde_storage_close(storage_.release()); }},
  };
}

TEST_F(Script, WorksWhileNothingFails) {
  other_.counter = &series_;
  const Run complete = run();
  EXPECT_OK(complete.status) << complete.failed;
  EXPECT_EQ((std::vector<double>{13, 14}), numbers(series_));
  EXPECT_EQ(std::vector<double>({1, 2, 3, 5, 7}), numbers(other_));
  EXPECT_EQ(opened_[&series_], series_.destroyed);
  EXPECT_EQ(opened_[&other_], other_.destroyed);
}

TEST_F(Script, AnyCallMayFailOnce) {
  int n = 1;
  for (;; ++n) {
    series_ = {};
    other_ = {};
    other_.counter = &series_;
    series_.failing_call = n;
    appended_.clear();
    opened_.clear();
    const Run failed = run();
    if (failed.status == PDE_OK) break;
    SCOPED_TRACE("call " + std::to_string(n) + " in " + failed.failed);
    EXPECT_STATUS(VectorSeries::kFailure, failed.status);
    EXPECT_NE(std::string::npos, std::string(pde_error_message()).find("told to fail"));
    expect_prefix(series_, appended_);
    expect_prefix(other_, {1, 2, 3, 5, 7});
    appended_ = numbers(series_);
    ask_for_everything();
    for (StorageHandle *handle : {&made_, &memory_, &into_, &storage_}) handle->reset();
    expect_prefix(series_, appended_);
    EXPECT_EQ(opened_[&series_], series_.destroyed) << "each once";
    EXPECT_EQ(opened_[&other_], other_.destroyed);
    expect_sound(series_);
    expect_sound(other_);
    EXPECT_EQ(opened_[&series_], series_.destroyed);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(n, 150) << "each of them has failed once";
  EXPECT_EQ((std::vector<double>{13, 14}), numbers(series_));
}

}  // namespace
}  // namespace test
