// Wrong values: each has its own status and a message that names it and what was expected, and no file
// suffers.
#include <cmath>
#include <limits>

#include "odd_files.hpp"
#include "user_program.hpp"

namespace test {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN(),
                 kInf = std::numeric_limits<double>::infinity();

// ---- what does not fit the series

TEST_F(RefusedCall, AppendOfAnotherKindLeavesTheFile) {
  const GridHandle longer = unit_grid({5}), cartesian = cartesian_grid({0}, {4}, {4}),
                   periodic = unit_grid({4}, {1});
  const FieldHandle other_scalar = new_field(grid);
  const struct {
    const char *name;
    FieldHandle field;
    pde_status status;
    std::vector<std::string> words;
  } wrong[] = {
      {"shape", new_field(longer), PDE_ERR_SHAPE, {path, "5", "4"}},
      {"kind of grid", new_field(cartesian), PDE_ERR_SHAPE, {path, "CartesianGrid", "UnitGrid"}},
      {"periodicity", new_field(periodic), PDE_ERR_SHAPE, {path, "true", "false"}},
      {"rank", new_field(grid, PDE_VECTOR), PDE_ERR_SHAPE, {path}},
      {"collection", collection_of({field}), PDE_ERR_SHAPE, {path}},
      {"dtype", new_field(grid, PDE_SCALAR, PDE_FLOAT32), PDE_ERR_DTYPE, {path, "float32", "float64"}},
      {"complex",
       new_field(grid, PDE_SCALAR, PDE_COMPLEX128),
       PDE_ERR_DTYPE,
       {path, "complex128", "float64"}},
  };
  for (const auto &row : wrong) {
    SCOPED_TRACE(row.name);
    StorageHandle storage = open_storage(path, "append");
    EXPECT_TRUE(fails_with(row.status, pde_storage_append(storage, row.field, 9), row.words));
    EXPECT_TRUE(fails_with(row.status, pde_storage_start(storage, row.field, nullptr), row.words));
    EXPECT_EQ(length_of(storage), 3);
    EXPECT_EQ(value_at(storage, 2), 3);
    close(storage);
  }
}

TEST_F(RefusedCall, ReadIntoAnotherKindChangesNothing) {
  const GridHandle longer = unit_grid({5});
  StorageHandle storage = open_storage(path, "readonly");
  const auto expect_refused = [&](FieldHandle into, pde_status status, const char *word) {
    const Bytes samples = bytes_of(into);
    EXPECT_FAILS(status, pde_storage_read(storage, 0, into), path, word);
    EXPECT_EQ(bytes_of(into), samples);
  };
  expect_refused(new_field(longer), PDE_ERR_SHAPE, "[5]");
  expect_refused(new_field(grid, PDE_VECTOR), PDE_ERR_SHAPE, "4");
  expect_refused(new_field(grid, PDE_SCALAR, PDE_FLOAT32), PDE_ERR_DTYPE, "float32");
  expect_refused(new_field(grid, PDE_SCALAR, PDE_INT32), PDE_ERR_DTYPE, "int32");
  EXPECT_OK(pde_storage_read(storage, 0, new_field(grid, PDE_SCALAR, PDE_COMPLEX128)));
  close(storage);
}

TEST(WrongKind, AVectorIsNoCollectionOfTwoScalars) {
  const GridHandle grid = unit_grid({3, 2});
  const FieldHandle vector = new_field(grid, PDE_VECTOR), a = new_field(grid), b = new_field(grid);
  const FieldHandle collection = collection_of({a, b});
  for (const bool vector_first : {true, false}) {
    StorageHandle storage = open_storage("memory:", nullptr);
    pde_field *stored = vector_first ? vector : collection, *given = vector_first ? collection : vector;
    ASSERT_OK(pde_storage_append(storage, stored, 0));
    EXPECT_FAILS(PDE_ERR_SHAPE, pde_storage_append(storage, given, 1), "vector", "collection");
    EXPECT_FAILS(PDE_ERR_SHAPE, pde_storage_read(storage, 0, given), "vector", "collection");
    EXPECT_EQ(length_of(storage), 1);
  }
  StorageHandle storage = open_storage("memory:", nullptr);
  ASSERT_OK(pde_storage_append(storage, collection_of({vector, a}), 0));
  EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_append(storage, collection_of({a, vector}), 1));
}

TEST_F(RefusedCall, RawAppendsAreChecked) {
  const double data[8] = {};
  StorageHandle storage = open_storage(path, "append");
  EXPECT_FAILS(PDE_ERR_STATE, pde_storage_append_raw(storage, PDE_FLOAT64, data, 4, 9), "start");
  close(storage);
  storage = open_storage("memory:", nullptr);
  ASSERT_OK(pde_storage_start(storage, field, nullptr));
  for (int64_t count : {int64_t{0}, int64_t{3}, int64_t{5}, int64_t{-4}, INT64_MAX, INT64_MIN})
    EXPECT_FAILS(PDE_ERR_SHAPE, pde_storage_append_raw(storage, PDE_FLOAT64, data, count, 0), "4",
                 std::to_string(count));
  EXPECT_FAILS(PDE_ERR_DTYPE, pde_storage_append_raw(storage, PDE_FLOAT32, data, 4, 0), "float32", "float64");
  for (int32_t dtype : {0, 14, -1, INT32_MAX})
    EXPECT_FAILS(PDE_ERR_DTYPE, pde_storage_append_raw(storage, dtype, data, 4, 0), std::to_string(dtype));
  EXPECT_EQ(length_of(storage), 0);
}

// ---- modes and states

TEST_F(RefusedCall, CreateNeverWritesOverASeries) {
  for (const char *mode : {static_cast<const char *>(nullptr), "create"}) {
    StorageHandle storage = open_storage(path, mode);
    EXPECT_EQ(length_of(storage), 3);
    EXPECT_FAILS(PDE_ERR_EXISTS, pde_storage_append(storage, field, 9), path, "3", "create", "append",
                 "truncate_once");
    EXPECT_STATUS(PDE_ERR_EXISTS, pde_storage_start(storage, field, nullptr));
    EXPECT_STATUS(PDE_ERR_EXISTS, pde_storage_set_info(storage, "a", "1"));
    EXPECT_EQ(value_at(storage, -1), 3);
    close(storage);
  }
}

TEST_F(RefusedCall, ReadonlyTakesNothing) {
  StorageHandle storage = open_storage(path, "readonly");
  EXPECT_FAILS(PDE_ERR_READONLY, pde_storage_append(storage, field, 9), path, "readonly");
  EXPECT_FAILS(PDE_ERR_READONLY, pde_storage_start(storage, field, nullptr), path);
  EXPECT_FAILS(PDE_ERR_READONLY, pde_storage_set_info(storage, "a", "1"), path);
  const double data[4] = {};
  EXPECT_STATUS(PDE_ERR_READONLY, pde_storage_append_raw(storage, PDE_FLOAT64, data, 4, 9));
  EXPECT_OK(pde_storage_flush(storage));
  EXPECT_OK(pde_storage_finish(storage));
  close(storage);
}

TEST_F(RefusedCall, NothingIsAppendedAfterClose) {
  StorageHandle storage = open_storage(path, "append");
  pde_storage *gone = storage.get();
  close(storage);
  EXPECT_FAILS(PDE_ERR_HANDLE, pde_storage_append(gone, field, 9), "storage", "freed");
  int64_t length = -5;
  EXPECT_STATUS(PDE_ERR_HANDLE, pde_storage_length(gone, &length));
  EXPECT_EQ(length, -5);
}

TEST_F(RefusedCall, StartIsForStoragesOutsideASession) {
  StorageHandle storage = open_storage("memory:", nullptr);
  ASSERT_OK(pde_storage_start(storage, field, nullptr));
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_start(storage, field, nullptr));
  EXPECT_OK(pde_storage_append(storage, field, 0));
  EXPECT_EQ(length_of(storage), 1);
}

TEST_F(RefusedCall, TruncatingWithAWrongTimeLeavesTheOldFile) {
  for (const char *mode : {"truncate_once", "truncate", "truncate_always"}) {
    for (double time : {kNaN, kInf, -kInf}) {
      SCOPED_TRACE(mode);
      StorageHandle storage = open_storage(path, mode);
      EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_append(storage, field, time), "time", "finite");
      EXPECT_EQ(length_of(storage), 3);
      EXPECT_EQ(value_at(storage, 0), 1);
      close(storage);
    }
  }
}

TEST_F(RefusedCall, TruncatingWithWrongMetadataLeavesTheOldFile) {
  for (const char *info : {"", "{", "[1]", "3", "{\"a\": }", "nonsense"}) {
    SCOPED_TRACE(info);
    StorageHandle storage = open_storage(path, "truncate_once");
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_start(storage, field, info), "info_json");
    close(storage);
  }
}

TEST_F(RefusedCall, TruncatingWithWrongChunksLeavesTheOldFile) {
  for (const char *chunks : {"chunk_shape=1", "chunk_shape=1,2,3"}) {
    SCOPED_TRACE(chunks);
    StorageHandle storage = open_storage(path, "truncate_once", options_from(chunks));
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_append(storage, field, 0), "chunk_shape", "expected 2");
    EXPECT_EQ(length_of(storage), 3);
    EXPECT_EQ(value_at(storage, 2), 3);
    close(storage);
  }
}

// ---- indices

TEST_F(RefusedCall, IndicesBeyondBothEndsAreRefused) {
  StorageHandle storage = open_storage(path, "readonly");
  const Bytes samples = bytes_of(field);
  for (int64_t index : {int64_t{3}, int64_t{-4}, INT64_MAX, INT64_MIN}) {
    SCOPED_TRACE(index);
    EXPECT_FAILS(PDE_ERR_RANGE, pde_storage_read(storage, index, field), std::to_string(index), "3");
    double t[2] = {-7, -7}, data[8] = {};
    EXPECT_FAILS(PDE_ERR_RANGE, pde_storage_times(storage, index, 1, t), std::to_string(index), "3");
    EXPECT_FAILS(PDE_ERR_RANGE, pde_storage_read_raw(storage, index, 1, 1, PDE_FLOAT64, data, 4),
                 std::to_string(index), "3");
    EXPECT_EQ(t[0], -7);
  }
  double times[8] = {}, data[32] = {};
  EXPECT_FAILS(PDE_ERR_RANGE, pde_storage_times(storage, 1, 3, times), "3");
  EXPECT_FAILS(PDE_ERR_RANGE, pde_storage_times(storage, 0, INT64_MAX, times), "3");
  EXPECT_FAILS(PDE_ERR_RANGE, pde_storage_read_raw(storage, 0, 3, 2, PDE_FLOAT64, data, 12), "3");
  EXPECT_FAILS(PDE_ERR_RANGE, pde_storage_read_raw(storage, 0, 2, INT64_MAX, PDE_FLOAT64, data, 8), "3");
  EXPECT_FAILS(PDE_ERR_RANGE, pde_storage_read_raw(storage, 0, INT64_MAX, 1, PDE_FLOAT64, data, 8), "3");
  EXPECT_EQ(bytes_of(field), samples);
  close(storage);
}

TEST_F(RefusedCall, CountsThatDoNotFitAreRefused) {
  StorageHandle storage = open_storage(path, "readonly");
  double data[12] = {};
  for (int64_t size : {int64_t{11}, int64_t{13}, int64_t{0}, int64_t{-1}, INT64_MIN})
    EXPECT_FAILS(PDE_ERR_SHAPE, pde_storage_read_raw(storage, 0, 3, 1, PDE_FLOAT64, data, size), "12",
                 std::to_string(size));
  for (int64_t step : {int64_t{0}, int64_t{-1}, INT64_MIN})
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_read_raw(storage, 0, 3, step, PDE_FLOAT64, data, 12), "step");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_read_raw(storage, 0, -1, 1, PDE_FLOAT64, data, 12), "count");
  EXPECT_FAILS(PDE_ERR_DTYPE, pde_storage_read_raw(storage, 0, 3, 1, PDE_FLOAT32, data, 12), "float32",
               "float64");
  EXPECT_FAILS(PDE_ERR_DTYPE, pde_storage_read_raw(storage, 0, 3, 1, 99, data, 12), "99");
  EXPECT_FAILS(PDE_ERR_SHAPE, pde_storage_read_raw(storage, 0, 0, 1, PDE_FLOAT64, data, 1), "0");
  close(storage);
}

// ---- times

TEST(WrongTime, IsRefusedAndTheSeriesStays) {
  const FieldHandle field = filled_field(unit_grid({4}), 1);
  for (const char *uri : {"memory:", "run.h5"}) {
    SCOPED_TRACE(uri);
    const TemporaryFolder folder;
    const std::string address = *uri == 'r' ? folder.file(uri) : uri;
    StorageHandle storage = open_storage(address, nullptr);
    for (double time : {kNaN, -kNaN, kInf, -kInf})
      EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_append(storage, field, time), "time", "finite");
    ASSERT_OK(pde_storage_append(storage, field, 2));
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_append(storage, field, 1.5), "1.5", "2", "time_order");
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_append(storage, field, kNaN), "time");
    EXPECT_OK(pde_storage_append(storage, field, 2));
    EXPECT_OK(pde_storage_append(storage, field, PDE_TIME_AUTO));
    EXPECT_EQ(times_of(storage), (std::vector<double>{2, 2, 3}));
    ASSERT_OK(pde_storage_close(storage.release()));
  }
}

TEST(WrongTime, OrderIsThatOfTheOption) {
  const FieldHandle field = filled_field(unit_grid({4}), 1);
  StorageHandle storage = open_storage("memory:", nullptr, options_from("time_order=increasing"));
  ASSERT_OK(pde_storage_append(storage, field, 2));
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_append(storage, field, 2), "2", "increasing");
  storage = open_storage("memory:", nullptr, options_from("time_order=any"));
  ASSERT_OK(pde_storage_append(storage, field, 2));
  EXPECT_OK(pde_storage_append(storage, field, -2));
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_append(storage, field, kNaN), "time");
}

// ---- options

/// Opens an HDF5 storage that does not exist with an option that is wrong.
pde_status open_with(void (*set)(pde_options *)) {
  const TemporaryFolder folder;
  OptionsHandle options;
  REQUIRE_OK(pde_options_create(options.out()));
  set(options);
  StorageHandle storage;
  const pde_status status =
      pde_storage_open(folder.file("run.h5").c_str(), "truncate", options, storage.out());
  EXPECT_EQ(storage.get(), nullptr);
  EXPECT_EQ(folder.names(), std::set<std::string>{});
  return status;
}

TEST(WrongOption, IsNamedTogetherWithWhatIsLegal) {
  const struct {
    void (*set)(pde_options *);
    std::vector<std::string> words;
  } rows[] = {
      {[](pde_options *o) { pde_options_set(o, "compresion", "gzip"); },
       {"compresion", "compression", "level", "fsync"}},
      {[](pde_options *o) { pde_options_set_int(o, "fps", 3); }, {"fps", "hdf5:", "chunk_bytes"}},
      {[](pde_options *o) { pde_options_set(o, "compression", "zip"); },
       {"compression", "zip", "none", "gzip"}},
      {[](pde_options *o) { pde_options_set_int(o, "compression", 1); },
       {"compression", "1", "none", "gzip"}},
      {[](pde_options *o) { pde_options_set(o, "compression", ""); }, {"compression", "none", "gzip"}},
      {[](pde_options *o) { pde_options_set_int(o, "level", 10); }, {"level", "10", "0", "9"}},
      {[](pde_options *o) { pde_options_set_int(o, "level", -1); }, {"level", "-1", "0", "9"}},
      {[](pde_options *o) { pde_options_set_int(o, "level", INT64_MAX); }, {"level", "0", "9"}},
      {[](pde_options *o) { pde_options_set_real(o, "level", 3); }, {"level", "whole number"}},
      {[](pde_options *o) { pde_options_set(o, "level", "three"); }, {"level", "three", "whole number"}},
      {[](pde_options *o) { pde_options_set(o, "level", "99999999999999999999"); },
       {"level", "whole number"}},
      {[](pde_options *o) { pde_options_set_bool(o, "level", 1); }, {"level", "true", "whole number"}},
      {[](pde_options *o) { pde_options_set_int(o, "shuffle", 2); }, {"shuffle", "2", "true or false"}},
      {[](pde_options *o) { pde_options_set(o, "shuffle", "yes"); }, {"shuffle", "yes", "true or false"}},
      {[](pde_options *o) { pde_options_set_real(o, "shuffle", 1); }, {"shuffle", "true or false"}},
      {[](pde_options *o) { pde_options_set_real(o, "commit_seconds", kNaN); },
       {"commit_seconds", "nan", "number"}},
      {[](pde_options *o) { pde_options_set_real(o, "commit_seconds", -1); },
       {"commit_seconds", "-1", "from 0"}},
      {[](pde_options *o) { pde_options_set(o, "commit_seconds", "0,5"); },
       {"commit_seconds", "0,5", "number"}},
      {[](pde_options *o) { pde_options_set_int(o, "chunk_bytes", 0); }, {"chunk_bytes", "0", "from 1"}},
      {[](pde_options *o) { pde_options_set_int(o, "max_length", -1); }, {"max_length", "-1", "from 0"}},
      {[](pde_options *o) { pde_options_set(o, "chunk_shape", "1,two"); },
       {"chunk_shape", "1,two", "numbers"}},
      {[](pde_options *o) { pde_options_set(o, "chunk_shape", "1,0"); }, {"chunk_shape", "0"}},
      {[](pde_options *o) { pde_options_set(o, "chunk_shape", "1,2.5"); }, {"chunk_shape", "2.5"}},
      {[](pde_options *o) { pde_options_set_real(o, "chunk_shape", kNaN); }, {"chunk_shape", "nan"}},
      {[](pde_options *o) { pde_options_set(o, "time_order", "random"); },
       {"time_order", "random", "increasing", "nondecreasing", "any"}},
      {[](pde_options *o) { pde_options_set(o, "info", "[1]"); }, {"info"}},
      {[](pde_options *o) { pde_options_set(o, "info", "{"); }, {"info"}},
      {[](pde_options *o) { pde_options_parse(o, "level=2 compression_opts=3"); },
       {"level", "compression_opts"}},
  };
  for (const auto &row : rows)
    EXPECT_TRUE(fails_with(PDE_ERR_ARGUMENT, open_with(row.set), row.words)) << pde_error_message();
}

TEST(WrongOption, KeysAndTextsAreCheckedWhenSet) {
  OptionsHandle options;
  ASSERT_OK(pde_options_create(options.out()));
  for (const char *key : {"", "Level", "a b", "a-b", "a=b", "\xc3\xa4"}) {
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_options_set(options, key, "1"), "key", key);
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_options_set(options, key, nullptr), "key", key);
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_options_set_int(options, key, 1), "key", key);
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_options_set_real(options, key, 1), "key", key);
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_options_set_bool(options, key, 1), "key", key);
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_options_set_reals(options, key, nullptr, 0), "key", key);
  }
  for (int32_t flag : {-1, 2, INT32_MAX, INT32_MIN})
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_options_set_bool(options, "shuffle", flag), std::to_string(flag),
                 "0 or 1");
  for (const char *text :
       {"level", "=1", "level=1 shuffle", "title='open", "title=\"open'", "a b=1", "title='a'b"})
    EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_options_parse(options, text)) << text;
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_options_parse(options, "level=7 oops"), "oops");
  StorageHandle storage;
  EXPECT_OK(pde_storage_open("memory:", nullptr, options, storage.out())) << "a refused text sets nothing";
}

TEST(WrongOption, IsRefusedByEveryConsumer) {
  const TemporaryFolder folder;
  const OptionsHandle options = options_from("nonsense=1");
  const FieldHandle field = filled_field(unit_grid({4}), 1);
  StorageHandle storage = open_storage("memory:", nullptr), made;
  ASSERT_OK(pde_storage_append(storage, field, 0));
  TrackerHandle tracker;
  ControllerHandle controller;
  EquationHandle equation, refused;
  ASSERT_OK(pde_equation_create("diffusion", nullptr, equation.out()));
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_open("memory:", nullptr, options, made.out()), "nonsense",
               "time_order");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_tracker_create("progress", nullptr, options, tracker.out()), "nonsense");
  EXPECT_FAILS(PDE_ERR_ARGUMENT,
               pde_tracker_create_storage(storage, nullptr, nullptr, nullptr, nullptr, nullptr, options,
                                          tracker.out()),
               "nonsense", "final");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_controller_create(nullptr, 0, options, controller.out()), "nonsense",
               "none");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_equation_create("diffusion", options, refused.out()), "nonsense",
               "diffusivity");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_solve(equation, field, 0, 1, options, nullptr, nullptr), "nonsense",
               "tolerance");
  OperatorHandle op;
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_operator_create(unit_grid({4}), "laplace", options, op.out()),
               "nonsense", "corner_weight");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_field_plot(field, folder.file("a.png").c_str(), options), "nonsense",
               "dpi");
  EXPECT_FAILS(PDE_ERR_ARGUMENT,
               pde_storage_plot(storage, "evolution", folder.file("a.png").c_str(), options), "nonsense",
               "dpi");
  EXPECT_EQ(folder.names(), std::set<std::string>{});
}

TEST(WrongOption, UnknownNamesAreAnsweredWithTheKnownOnes) {
  TrackerHandle tracker;
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_tracker_create("plots", nullptr, nullptr, tracker.out()), "plots",
               "plot", "progress", "steady_state");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_tracker_create("runtime", nullptr, nullptr, tracker.out()),
               "max_runtime");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_tracker_create("plot", nullptr, nullptr, tracker.out()), "path");
  EquationHandle equation;
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_equation_create("heat", nullptr, equation.out()), "heat", "diffusion",
               "allen-cahn", "cahn-hilliard", "swift-hohenberg");
  OperatorHandle op;
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_operator_create(unit_grid({4}), "curl", nullptr, op.out()), "curl",
               "gradient", "d_dx");
  const char *json = "untouched";
  EXPECT_FAILS(PDE_ERR_NOT_FOUND, pde_options_describe("file", &json), "file",
               "memory:", "hdf5:", "movie:", "custom:", "plot", "tracker:progress", "tracker:storage",
               "tracker:data", "tracker:plot", "controller", "operator", "solve", "equation:diffusion");
  EXPECT_STREQ(json, "untouched");
  const FieldHandle field = filled_field(unit_grid({4}), 1);
  double value = 0;
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_field_statistic(field, "median", &value, 1), "median", "integral",
               "variance", "fluctuations", "min", "max", "magnitude");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_field_fill_random(field, "gauss", 1, 0, 1), "gauss", "uniform", "normal",
               "harmonic");
  for (double modes : {0.0, -3.0, 1.5, 1e7, kNaN, kInf})
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_field_fill_random(field, "harmonic", 1, modes, 1), "a ");
  ScheduleHandle schedule;
  for (const char *text : {"",
                           "0.5",
                           "5",
                           "often(1)",
                           "constant",
                           "constant()",
                           "constant(0)",
                           "constant(-1)",
                           "constant(nan)",
                           "constant(inf)",
                           "constant(1",
                           "constant(1) x",
                           "constant(1, 2, 3)",
                           "constant(1,5",
                           "list(1, x)",
                           "list(nan)",
                           "constant(0,5,1)",
                           "geometric(1, 1)",
                           "geometric(1)",
                           "logarithmic(0, 2)",
                           "steps(0)",
                           "steps(x)",
                           "realtime(0)",
                           "0:00",
                           "-1:00",
                           "1:2:3:4"})
    EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_schedule_parse(text, schedule.out())) << text;
}

// ---- shapes

TEST(WrongShape, OfAGridIsRefused) {
  GridHandle grid;
  const auto unit = [&](std::vector<int64_t> shape) {
    return pde_grid_create_unit(static_cast<int32_t>(shape.size()), shape.data(), nullptr, grid.out());
  };
  EXPECT_FAILS(PDE_ERR_ARGUMENT, unit({}), "ndim", "0");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, unit({1, 1, 1, 1}), "ndim", "4");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, unit({0}), "0");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, unit({4, -1}), "-1");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, unit({INT64_MIN}), std::to_string(INT64_MIN));
  EXPECT_STATUS(PDE_ERR_RANGE, unit({INT64_MAX, 2}));
  EXPECT_STATUS(PDE_ERR_RANGE, unit({int64_t{1} << 32, int64_t{1} << 32}));
  EXPECT_STATUS(PDE_ERR_RANGE, unit({int64_t{1} << 21, int64_t{1} << 21, int64_t{1} << 22}));
  EXPECT_STATUS(PDE_ERR_RANGE, unit({3037000500, 3037000500, 1}));
  const int64_t shape[] = {2};
  for (int32_t ndim : {-1, INT32_MIN, INT32_MAX})
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_grid_create_unit(ndim, shape, nullptr, grid.out()), "ndim",
                 std::to_string(ndim));
  const int32_t flag[] = {2};
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_grid_create_unit(1, shape, flag, grid.out()), "periodic", "2", "0 or 1");
}

TEST(WrongShape, BoundsThatMakeNoBoxAreRefused) {
  GridHandle grid;
  const auto box = [&](double lower, double upper) {
    const int64_t shape[] = {2};
    return pde_grid_create_cartesian(1, &lower, &upper, shape, nullptr, grid.out());
  };
  for (double bad : {kNaN, kInf, -kInf}) {
    EXPECT_STATUS(PDE_ERR_ARGUMENT, box(bad, 1));
    EXPECT_STATUS(PDE_ERR_ARGUMENT, box(0, bad));
  }
  EXPECT_STATUS(PDE_ERR_ARGUMENT, box(1, 1));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, box(2, 1));
  EXPECT_STATUS(PDE_ERR_RANGE, box(-1e308, 1e308));
}

TEST(WrongShape, RadiiAndBoundsOfRoundGridsAreChecked) {
  GridHandle grid;
  const auto polar = [&](double inner, double outer, int64_t count = 3) {
    return pde_grid_create_polar(inner, outer, count, grid.out());
  };
  const auto spherical = [&](double inner, double outer, int64_t count = 3) {
    return pde_grid_create_spherical(inner, outer, count, grid.out());
  };
  const auto cylindrical = [&](double inner, double outer, double lower = 0, double upper = 1,
                               int64_t count_r = 3, int64_t count_z = 4, int32_t periodic_z = 0) {
    return pde_grid_create_cylindrical(inner, outer, lower, upper, count_r, count_z, periodic_z, grid.out());
  };
  for (const auto &[inner, outer] : {std::pair{kNaN, 1.0},
                                     {0.0, kNaN},
                                     {0.0, kInf},
                                     {-kInf, 1.0},
                                     {-0.5, 1.0},
                                     {1.0, 1.0},
                                     {2.0, 1.0},
                                     {0.0, 0.0},
                                     {0.0, -1.0}}) {
    EXPECT_STATUS(PDE_ERR_ARGUMENT, polar(inner, outer));
    EXPECT_STATUS(PDE_ERR_ARGUMENT, spherical(inner, outer));
    EXPECT_STATUS(PDE_ERR_ARGUMENT, cylindrical(inner, outer));
  }
  for (const auto &[lower, upper] : {std::pair{kNaN, 1.0}, {0.0, kInf}, {1.0, 1.0}, {2.0, 1.0}})
    EXPECT_STATUS(PDE_ERR_ARGUMENT, cylindrical(0, 1, lower, upper));
  for (int64_t bad : {int64_t{0}, int64_t{-1}, INT64_MIN}) {
    EXPECT_STATUS(PDE_ERR_ARGUMENT, polar(0, 1, bad));
    EXPECT_STATUS(PDE_ERR_ARGUMENT, spherical(0, 1, bad));
    EXPECT_STATUS(PDE_ERR_ARGUMENT, cylindrical(0, 1, 0, 1, bad));
    EXPECT_STATUS(PDE_ERR_ARGUMENT, cylindrical(0, 1, 0, 1, 1, bad));
  }
  EXPECT_STATUS(PDE_ERR_ARGUMENT, cylindrical(0, 1, 0, 1, 3, 4, 2));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, cylindrical(0, 1, 0, 1, 3, 4, -1));
  EXPECT_STATUS(PDE_ERR_RANGE, polar(0, 1, INT64_MAX));
  EXPECT_STATUS(PDE_ERR_RANGE, spherical(0, 1, INT64_MAX));
  EXPECT_STATUS(PDE_ERR_RANGE, cylindrical(0, 1, 0, 1, INT64_MAX, INT64_MAX));
  EXPECT_STATUS(PDE_ERR_RANGE, cylindrical(0, 1, -1e308, 1e308));
}

TEST(WrongShape, TextsOfGridsAreChecked) {
  GridHandle grid;
  for (
      const char *text :
      {"",
       "{}",
       "[]",
       "null",
       "{\"class\": \"UnitGrid\"}",
       R"({"class": "NoGrid", "shape": [2]})",
       R"({"class": "UnitGrid", "shape": [0], "periodic": [false]})",
       R"({"class": "UnitGrid", "shape": [-3], "periodic": [false]})",
       R"({"class": "UnitGrid", "shape": [2.5], "periodic": [false]})",
       R"({"class": "UnitGrid", "shape": "two", "periodic": [false]})",
       R"({"class": "UnitGrid", "shape": [2, 2, 2, 2], "periodic": [false, false, false, false]})",
       R"({"class": "UnitGrid", "shape": [2], "periodic": [false], "more": 1})",
       R"({"class": "UnitGrid", "shape": [2], "periodic": [false])",
       R"({"class": "CartesianGrid", "shape": [2], "periodic": [false], "bounds": [[0, NaN]]})",
       R"({"class": "PolarSymGrid", "shape": [2]})",
       R"({"class": "PolarSymGrid", "shape": [2], "radius": [2, 1]})",
       R"({"class": "SphericalSymGrid", "shape": [2, 2], "radius": 1})",
       R"({"class": "SphericalSymGrid", "shape": [2], "radius": -1})",
       R"({"class": "CylindricalSymGrid", "shape": [2, 2], "radius": 1, "bounds_z": [0, 1]})",
       R"({"class": "CylindricalSymGrid", "shape": [2], "radius": 1, "bounds_z": [0, 1], "periodic_z": true})"}) {
    EXPECT_STATUS(PDE_ERR_FORMAT, pde_grid_parse(text, grid.out())) << text;
  }
  EXPECT_STATUS(PDE_ERR_FORMAT, pde_grid_parse(std::string(100000, '[').c_str(), grid.out()));
  EXPECT_STATUS(PDE_ERR_RANGE,
                pde_grid_parse(R"({"class": "UnitGrid", "shape": [9007199254740993, 9007199254740993],
                                                  "periodic": [false, false]})",
                               grid.out()));
}

TEST(WrongShape, FieldsThatNoMemoryHoldsAreRefused) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the allocators of sanitizers end the process instead";
#endif
  EquationHandle equation;
  ASSERT_OK(pde_equation_create("diffusion", nullptr, equation.out()));
  for (const int64_t cells : {int64_t{1} << 50, int64_t{1} << 54}) {
    const GridHandle grid = unit_grid({cells});
    FieldHandle field;
    EXPECT_STATUS(PDE_ERR_MEMORY, pde_field_create(grid, PDE_SCALAR, PDE_FLOAT64, nullptr, field.out()));
    EXPECT_STATUS(PDE_ERR_MEMORY, pde_field_create(grid, PDE_TENSOR, PDE_COMPLEX128, nullptr, field.out()));
    EXPECT_STATUS(PDE_ERR_MEMORY, pde_equation_initial_state(equation, grid, 1, field.out()));
  }
}

TEST(WrongShape, RanksDtypesStridesAndCountsOfFieldsAreChecked) {
  const GridHandle grid = unit_grid({4});
  FieldHandle field;
  for (int32_t rank : {-1, 3, INT32_MAX, INT32_MIN})
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_field_create(grid, rank, PDE_FLOAT64, nullptr, field.out()), "rank",
                 std::to_string(rank));
  for (int32_t dtype : {0, 14, -1, INT32_MAX})
    EXPECT_FAILS(PDE_ERR_DTYPE, pde_field_create(grid, PDE_SCALAR, dtype, nullptr, field.out()),
                 std::to_string(dtype));
  double data[16] = {};
  const auto wrap = [&](int64_t stride) {
    return pde_field_wrap(grid, PDE_SCALAR, PDE_FLOAT64, nullptr, data, &stride, field.out());
  };
  EXPECT_FAILS(PDE_ERR_ARGUMENT, wrap(0), "stride");
  for (int64_t stride : {INT64_MAX, INT64_MIN, int64_t{1} << 60})
    EXPECT_STATUS(PDE_ERR_RANGE, wrap(stride)) << stride;
  ASSERT_OK(wrap(2));
  void *samples = data + 1;
  EXPECT_STATUS(PDE_ERR_SHAPE, pde_field_data(field, PDE_FLOAT64, &samples));
  EXPECT_FAILS(PDE_ERR_DTYPE, pde_field_data(field, PDE_FLOAT32, &samples), "float32", "float64");
  EXPECT_EQ(samples, data + 1);
  int64_t shape[4] = {-1, -1, -1, -1};
  double numbers[4] = {};
  for (int64_t count : {int64_t{0}, int64_t{2}, int64_t{-1}, INT64_MAX}) {
    EXPECT_FAILS(PDE_ERR_SHAPE, pde_field_shape(field, shape, count), std::to_string(count), "1");
    EXPECT_FAILS(PDE_ERR_SHAPE, pde_grid_shape(grid, shape, count), std::to_string(count), "1");
    EXPECT_FAILS(PDE_ERR_SHAPE, pde_field_average(field, numbers, count), std::to_string(count), "1");
    EXPECT_FAILS(PDE_ERR_SHAPE, pde_field_statistic(field, "max", numbers, count), std::to_string(count),
                 "1");
    EXPECT_FAILS(PDE_ERR_SHAPE, pde_grid_coordinates(grid, 0, numbers, count), std::to_string(count), "4");
  }
  EXPECT_EQ(shape[0], -1);
  for (int32_t axis : {-1, 1, INT32_MAX})
    EXPECT_FAILS(PDE_ERR_RANGE, pde_grid_coordinates(grid, axis, numbers, 4), "axis", std::to_string(axis));
  FieldHandle member;
  for (int64_t index : {int64_t{-1}, int64_t{1}, INT64_MAX, INT64_MIN}) {
    EXPECT_FAILS(PDE_ERR_RANGE, pde_field_member(field, index, member.out()), std::to_string(index));
    EXPECT_FAILS(PDE_ERR_RANGE, pde_field_component(field, index, member.out()), std::to_string(index));
  }
}

TEST(WrongShape, PartsOfCollectionsMustFit) {
  const GridHandle grid = unit_grid({4}), other = unit_grid({5});
  const FieldHandle a = new_field(grid), b = new_field(other), c = new_field(grid, PDE_SCALAR, PDE_FLOAT32);
  FieldHandle made;
  const auto collect = [&](std::vector<pde_field *> fields, int64_t count) {
    return pde_field_collection_create(fields.data(), count, nullptr, made.out());
  };
  EXPECT_STATUS(PDE_ERR_SHAPE, collect({a, b}, 2));
  EXPECT_STATUS(PDE_ERR_DTYPE, collect({a, c}, 2));
  for (int64_t count : {int64_t{0}, int64_t{-1}, INT64_MIN})
    EXPECT_FAILS(PDE_ERR_ARGUMENT, collect({a}, count), "count", std::to_string(count));
  const FieldHandle collection = collection_of({a, a});
  EXPECT_STATUS(PDE_ERR_ARGUMENT, collect({collection}, 1));
  const auto stack = [&](std::vector<pde_field *> fields, int32_t rank) {
    return pde_field_stack(fields.data(), static_cast<int64_t>(fields.size()), rank, nullptr, made.out());
  };
  EXPECT_STATUS(PDE_ERR_SHAPE, stack({a, a}, PDE_VECTOR));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, stack({a}, PDE_SCALAR));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, stack({a}, 7));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, stack({collection}, PDE_VECTOR));
  EXPECT_STATUS(PDE_ERR_SHAPE, pde_field_assign(a, b));
  EXPECT_STATUS(PDE_ERR_SHAPE, pde_field_combine(a, 1, 1, b));
}

// ---- metadata

TEST(WrongMetadata, IsRefused) {
  StorageHandle storage = open_storage("memory:", nullptr);
  for (const char *key : {"", "a/b", "/", "field_attributes", "data_length"})
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_set_info(storage, key, "1"), "key", key);
  for (const char *json : {"", "{", "nonsense", "1 2", "'a'", "\xff"})
    EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_set_info(storage, "a", json)) << json;
  EXPECT_EQ(info_of(storage, "a"), "(none)");
  EXPECT_OK(pde_storage_set_info(storage, "a", "[NaN, -Infinity]"));
}

// ---- runs

TEST(WrongRun, TimesAndStatesAreChecked) {
  const FieldHandle field = filled_field(unit_grid({4}), 1), other = filled_field(unit_grid({5}), 1);
  const FieldHandle single = filled_field(unit_grid({4}), 1, PDE_SCALAR, PDE_FLOAT32);
  double t = -7;
  int32_t due = -7;
  ControllerHandle run;
  ASSERT_OK(pde_controller_create(nullptr, 0, nullptr, run.out()));
  EXPECT_STATUS(PDE_ERR_STATE, pde_controller_handle(run, field, 1, &t));
  EXPECT_STATUS(PDE_ERR_STATE, pde_controller_due(run, 1, &due));
  EXPECT_STATUS(PDE_ERR_STATE, pde_controller_finish(run, field, 1));
  for (double bad : {kNaN, kInf, -kInf}) {
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_controller_start(run, field, bad, 10, &t), "t_start");
    EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_controller_set_step(run, bad));
  }
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_controller_set_step(run, -0.5), "dt", "-0.5");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_controller_start(run, field, 0, kNaN, &t), "t_end", "nan");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_controller_start(run, field, 0, -1, &t), "t_end", "-1");
  EXPECT_EQ(t, -7);
  ASSERT_OK(pde_controller_start(run, field, 0, 10, &t));
  EXPECT_STATUS(PDE_ERR_STATE, pde_controller_start(run, field, 0, 10, &t));
  for (double bad : {kNaN, kInf, -kInf, 0.0, -1.0})
    EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_controller_handle(run, field, bad, &t));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_controller_due(run, kNaN, &due));
  EXPECT_EQ(due, -7);
  EXPECT_STATUS(PDE_ERR_SHAPE, pde_controller_handle(run, other, 1, &t));
  EXPECT_STATUS(PDE_ERR_DTYPE, pde_controller_handle(run, single, 1, &t));
}

TEST(WrongRun, SolveChecksBeforeItStarts) {
  const GridHandle grid = unit_grid({4});
  const FieldHandle field = filled_field(grid, 1);
  EquationHandle equation;
  ASSERT_OK(pde_equation_create("diffusion", nullptr, equation.out()));
  double t = -7;
  const auto solve = [&](pde_field *state, double begin, double end, const char *options) {
    return pde_solve(equation, state, begin, end, options_from(options), nullptr, &t);
  };
  for (double bad : {kNaN, kInf, -kInf}) {
    EXPECT_FAILS(PDE_ERR_ARGUMENT, solve(field, bad, 1, ""), "t_start");
    EXPECT_FAILS(PDE_ERR_ARGUMENT, solve(field, 0, bad, ""), "t_end");
  }
  EXPECT_FAILS(PDE_ERR_ARGUMENT, solve(field, 1, 0, ""), "t_end");
  EXPECT_STATUS(PDE_ERR_SHAPE, solve(new_field(grid, PDE_VECTOR), 0, 1, ""));
  EXPECT_STATUS(PDE_ERR_SHAPE, solve(collection_of({field}), 0, 1, ""));
  EXPECT_STATUS(PDE_ERR_DTYPE, solve(new_field(grid, PDE_SCALAR, PDE_FLOAT32), 0, 1, ""));
  EXPECT_FAILS(PDE_ERR_ARGUMENT, solve(field, 0, 1, "stepper=magic"), "magic", "rkc", "euler");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, solve(field, 0, 1, "stepper=euler"), "dt");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, solve(field, 0, 1, "tolerance=0"), "tolerance");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, solve(field, 0, 1, "dt=-1"), "dt");
  EXPECT_EQ(t, -7);
  ASSERT_OK(pde_field_fill(field, kNaN, 0));
  EXPECT_STATUS(PDE_ERR_UNSOUND, solve(field, 0, 1, ""));
}

TEST(WrongRun, PicturesAreNotDrawnOfWhatCannotBe) {
  const TemporaryFolder folder;
  const FieldHandle field = filled_field(unit_grid({4}), 1);
  StorageHandle empty = open_storage("memory:", nullptr);
  const std::string picture = folder.file("a.png");
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_field_plot(field, folder.file("a.bmp").c_str(), nullptr));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_plot(empty, "evolution", picture.c_str(), nullptr));
  ASSERT_OK(pde_storage_start(empty, field, nullptr));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_plot(empty, "evolution", picture.c_str(), nullptr));
  ASSERT_OK(pde_storage_append(empty, field, 0));
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_plot(empty, "pie", picture.c_str(), nullptr), "pie",
               "evolution");
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED,
                pde_field_plot(new_field(unit_grid({2, 2, 2})), picture.c_str(), nullptr));
  EXPECT_EQ(folder.names(), std::set<std::string>{});
}

}  // namespace
}  // namespace test
