// Wrong values given to what makes storages out of storages and fields, and callbacks that fail there: the
// caller learns what was wrong, and a file that was to be written stays as it was.
#include <cmath>
#include <functional>
#include <limits>

#include "user_program.hpp"

namespace test {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN(),
                 kInf = std::numeric_limits<double>::infinity();

StorageHandle series(const pde_grid *grid, const std::vector<double> &times, int32_t rank = PDE_SCALAR,
                     int32_t dtype = PDE_FLOAT64) {
  StorageHandle storage = open_storage("memory:", nullptr, options_from("time_order=any"));
  const FieldHandle sample = new_field(grid, rank, dtype);
  REQUIRE_OK(pde_storage_start(storage, sample, nullptr));
  int value = 0;
  for (double time : times)
    REQUIRE_OK(pde_storage_append(storage, filled_field(grid, ++value % 2, rank, dtype), time));
  REQUIRE_OK(pde_storage_finish(storage));
  return storage;
}

// ---- out of fields

class RefusedFields : public ::testing::Test {
 protected:
  void expect_refused(pde_status status, std::vector<pde_field *> fields, const double *times, int32_t dtype,
                      const std::vector<std::string> &words, const char *label = nullptr) {
    StorageHandle memory;
    EXPECT_TRUE(
        fails_with(status,
                   pde_storage_create_from_fields(fields.data(), times, static_cast<int64_t>(fields.size()),
                                                  label, dtype, memory.out()),
                   words));
    EXPECT_EQ(memory.get(), nullptr);
  }

  GridHandle grid = unit_grid({4}), longer = unit_grid({5});
  FieldHandle a = filled_field(grid, 1), b = filled_field(grid, 2);
};

TEST_F(RefusedFields, OfDifferentKinds) {
  expect_refused(PDE_ERR_SHAPE, {a, b, new_field(longer)}, nullptr, 0, {"fields[2]", "5", "4"});
  expect_refused(PDE_ERR_SHAPE, {a, new_field(grid, PDE_VECTOR)}, nullptr, 0, {"fields[1]"});
  expect_refused(PDE_ERR_SHAPE, {a, collection_of({a})}, nullptr, 0, {"fields[1]"});
  expect_refused(PDE_ERR_SHAPE, {a, new_field(longer)}, nullptr, PDE_COMPLEX128, {"fields[1]"});
  expect_refused(PDE_ERR_DTYPE, {a, new_field(grid, PDE_SCALAR, PDE_FLOAT32)}, nullptr, 0,
                 {"fields[1]", "float32", "float64"});
}

TEST_F(RefusedFields, OfUnknownDtypes) {
  for (int32_t dtype : {-1, 14, INT32_MIN, INT32_MAX})
    expect_refused(PDE_ERR_DTYPE, {a}, nullptr, dtype, {std::to_string(dtype)});
}

TEST_F(RefusedFields, WithValuesThatTheDtypeCannotHold) {
  const struct {
    double value;
    int32_t dtype;
    const char *name;
  } wrong[] = {{300, PDE_UINT8, "uint8"},      {-1, PDE_UINT64, "uint64"}, {0.5, PDE_INT32, "int32"},
               {kNaN, PDE_INT64, "int64"},     {kInf, PDE_INT16, "int16"}, {2, PDE_BOOL, "bool"},
               {1e39, PDE_FLOAT32, "float32"}, {1e19, PDE_INT64, "int64"}};
  for (const auto &[value, dtype, name] : wrong) {
    const FieldHandle wide = filled_field(grid, value);
    expect_refused(PDE_ERR_RANGE, {filled_field(grid, 1), wide}, nullptr, dtype,
                   {"fields[1]", name, "float64"});
  }
}

TEST_F(RefusedFields, AtTimesThatAreNotFinite) {
  for (double time : {kNaN, kInf, -kInf}) {
    const double first[] = {time, 1}, last[] = {0, time};
    expect_refused(PDE_ERR_ARGUMENT, {a, b}, first, 0, {"fields[0]", "time"});
    expect_refused(PDE_ERR_ARGUMENT, {a, b}, last, 0, {"fields[1]", "time"});
  }
}

TEST_F(RefusedFields, OfWrongNumber) {
  pde_field *const fields[] = {a};
  StorageHandle memory;
  for (int64_t count : {int64_t{0}, int64_t{-1}, INT64_MIN})
    EXPECT_FAILS(PDE_ERR_ARGUMENT,
                 pde_storage_create_from_fields(fields, nullptr, count, nullptr, 0, memory.out()), "count",
                 std::to_string(count));
  const FieldHandle two = collection_of({a, b});
  for (int64_t count : {int64_t{0}, int64_t{1}, int64_t{3}, int64_t{-2}, INT64_MIN, INT64_MAX})
    EXPECT_FAILS(PDE_ERR_SHAPE,
                 pde_storage_create_from_collection(two, nullptr, count, nullptr, memory.out()), "2",
                 std::to_string(count));
  EXPECT_EQ(memory.get(), nullptr);
}

TEST_F(RefusedFields, ThatAreNone) {
  expect_refused(PDE_ERR_ARGUMENT, {a, nullptr}, nullptr, 0, {"fields[1]", "NULL"});
  FieldHandle freed = new_field(grid);
  pde_field *stale = freed.get();
  freed.reset();
  expect_refused(PDE_ERR_HANDLE, {a, stale}, nullptr, 0, {"fields[1]"});
  expect_refused(PDE_ERR_ARGUMENT, {a}, nullptr, 0, {"label", "UTF-8"}, "\xed\xa0\x80");
}

TEST_F(RefusedFields, OfCollectionsOfSeveralRanks) {
  const FieldHandle vector = new_field(grid, PDE_VECTOR), mixed = collection_of({a, vector}),
                    scalars = collection_of({a, b});
  const double times[] = {0, kNaN};
  StorageHandle memory;
  EXPECT_FAILS(PDE_ERR_SHAPE, pde_storage_create_from_collection(mixed, nullptr, 2, nullptr, memory.out()),
               "fields[1]");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_create_from_collection(scalars, times, 2, nullptr, memory.out()),
               "time");
  EXPECT_FAILS(PDE_ERR_ARGUMENT,
               pde_storage_create_from_collection(scalars, nullptr, 2, "\x80", memory.out()), "label");
  EXPECT_EQ(memory.get(), nullptr);
}

// ---- into another storage

/// The ways of writing into another storage, which are refused.
class RefusedTransfer : public RefusedCall {
 protected:
  using Refused = std::function<pde_status(pde_storage *into)>;
  /// The three ways of writing all of `from` into another storage.
  std::vector<std::pair<const char *, Refused>> ways(pde_storage *from) {
    return {{"copy", [=](pde_storage *into) { return pde_storage_copy(from, into, nullptr); }},
            {"merge",
             [=](pde_storage *into) {
               pde_storage *const list[] = {from, from};
               return pde_storage_merge(list, 2, nullptr, into, nullptr);
             }},
            {"apply", [=, this](pde_storage *into) {
               return pde_storage_apply(from, nullptr, same, nullptr, into, nullptr);
             }}};
  }
  static pde_status same(const pde_field *in, double, pde_field *out, void *) {
    return pde_field_assign(out, in);
  }
};

TEST_F(RefusedTransfer, IntoWhatIsRead) {
  StorageHandle storage = series(grid, {0, 1}), view, view_of_view, other = series(grid, {0, 1});
  ASSERT_OK(pde_storage_view_range(storage, 0, 2, 1, view.out()));
  ASSERT_OK(pde_storage_view_range(view, 0, 1, 1, view_of_view.out()));
  for (pde_storage *from : {storage.get(), view.get(), view_of_view.get()}) {
    for (pde_storage *into : {storage.get(), view.get(), view_of_view.get()}) {
      for (const auto &[name, call] : ways(from)) {
        SCOPED_TRACE(name);
        EXPECT_FAILS(PDE_ERR_ARGUMENT, call(into), "into");
      }
    }
  }
  pde_storage *const list[] = {other, view};
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_merge(list, 2, nullptr, storage, nullptr), "into");
  EXPECT_EQ(length_of(storage), 2);
}

TEST_F(RefusedTransfer, IntoAnotherHandleOfTheSameMemory) {
  for (const char *mode : {"truncate", "append"}) {
    StorageHandle storage = open_storage("memory:both", "truncate"), view,
                  into = open_storage("memory:both", mode);
    ASSERT_OK(pde_storage_append(storage, filled_field(grid, 1), 0));
    ASSERT_OK(pde_storage_finish(storage));
    ASSERT_OK(pde_storage_view_range(storage, 0, 1, 1, view.out()));
    for (pde_storage *from : {storage.get(), view.get()}) {
      for (const auto &[name, call] : ways(from)) {
        SCOPED_TRACE(name);
        EXPECT_FAILS(PDE_ERR_ARGUMENT, call(into), "into", "memory:both");
      }
    }
    EXPECT_EQ(length_of(storage), 1) << mode;
    EXPECT_EQ(value_at(storage, 0), 1) << mode;
  }
}

TEST_F(RefusedTransfer, IntoWhatIsNotWritten) {
  StorageHandle from = series(grid, {0, 1}), readonly = open_storage(path, "readonly"),
                create = open_storage(path, nullptr), other = series(grid, {0}), view, view_of_gone,
                stale = open_storage("memory:", nullptr);
  pde_storage *gone = stale.get();
  ASSERT_OK(pde_storage_view_range(other, 0, 1, 1, view.out()));
  StorageHandle closed = series(grid, {0});
  ASSERT_OK(pde_storage_view_range(closed, 0, 1, 1, view_of_gone.out()));
  closed.reset();
  stale.reset();
  for (const auto &[name, call] : ways(from)) {
    SCOPED_TRACE(name);
    EXPECT_FAILS(PDE_ERR_READONLY, call(readonly), path, "readonly");
    EXPECT_FAILS(PDE_ERR_EXISTS, call(create), path, "create");
    EXPECT_FAILS(PDE_ERR_READONLY, call(view), "view");
    EXPECT_FAILS(PDE_ERR_HANDLE, call(gone), "into");
    EXPECT_FAILS(PDE_ERR_STATE, call(view_of_gone), "closed");
  }
}

TEST_F(RefusedTransfer, OfWhatIsNotDescribed) {
  StorageHandle from = open_storage("memory:", nullptr), into = open_storage(path, "truncate");
  for (const auto &[name, call] : ways(from)) {
    SCOPED_TRACE(name);
    EXPECT_STATUS(PDE_ERR_STATE, call(into));
    expect_unchanged();
  }
}

/// Nothing is replaced by a series that could not be stored to its end.
TEST_F(RefusedTransfer, OfTimesOutOfOrder) {
  const struct {
    std::vector<double> times;
    const char *order;
  } wrong[] = {{{0, 2, 1}, "nondecreasing"}, {{1, 1}, "increasing"}, {{0, 1, 1, 2}, "increasing"}};
  for (const auto &[times, order] : wrong) {
    const StorageHandle from = series(grid, times);
    for (const char *mode : {"truncate", "truncate_once", "append"}) {
      StorageHandle into = open_storage(path, mode, options_from(std::string("time_order=") + order));
      for (const auto &[name, call] : ways(from)) {
        SCOPED_TRACE(name);
        EXPECT_FAILS(PDE_ERR_ARGUMENT, call(into), "time_order", order);
        EXPECT_EQ(length_of(into), 3);
        EXPECT_OK(pde_storage_finish(into));
        expect_unchanged();
      }
    }
  }
  const StorageHandle early = series(grid, {1, 5});
  StorageHandle into = open_storage(path, "append");
  for (const auto &[name, call] : ways(early)) {
    SCOPED_TRACE(name);
    EXPECT_FAILS(PDE_ERR_ARGUMENT, call(into), "time", "1", "2");
    EXPECT_OK(pde_storage_close(into.release()));
    expect_unchanged();
    into = open_storage(path, "append");
  }
}

TEST_F(RefusedTransfer, OfAnotherKindBehindWhatIsThere) {
  const GridHandle longer = unit_grid({5});
  const struct {
    StorageHandle from;
    pde_status status;
  } wrong[] = {{series(longer, {9}), PDE_ERR_SHAPE},
               {series(grid, {9}, PDE_VECTOR), PDE_ERR_SHAPE},
               {series(grid, {9}, PDE_SCALAR, PDE_FLOAT32), PDE_ERR_DTYPE}};
  for (const auto &[from, status] : wrong) {
    StorageHandle into = open_storage(path, "append");
    EXPECT_FAILS(status, pde_storage_copy(from, into, nullptr), path);
    EXPECT_FAILS(status, pde_storage_apply(from, nullptr, same, nullptr, into, nullptr), path);
    EXPECT_OK(pde_storage_close(into.release()));
    expect_unchanged();
  }
}

TEST_F(RefusedTransfer, WithOptionsOfOtherCalls) {
  const StorageHandle from = series(grid, {0, 1});
  StorageHandle into = open_storage(path, "truncate");
  pde_storage *const list[] = {from};
  for (const char *options : {"rtol=1", "threads=2", "progress=7", "oops=1"})
    EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_copy(from, into, options_from(options)));
  for (const char *options : {"rtol=-1", "atol=-1e-9", "rtol=nan", "rtol=x", "parallel=true"})
    EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_merge(list, 1, nullptr, into, options_from(options)));
  for (const char *options : {"threads=-1", "threads=1025", "threads=2.5", "parallel=2", "rtol=1"})
    EXPECT_STATUS(PDE_ERR_ARGUMENT,
                  pde_storage_apply(from, nullptr, same, nullptr, into, options_from(options)));
}

// ---- merging

TEST_F(RefusedTransfer, MergingWhatDoesNotFit) {
  const GridHandle longer = unit_grid({5}), periodic = unit_grid({4}, {1});
  const StorageHandle three = series(grid, {0, 1, 2});
  const struct {
    StorageHandle other;
    pde_status status;
    std::vector<std::string> words;
  } wrong[] = {
      {series(longer, {0, 1, 2}), PDE_ERR_SHAPE, {"storages[1]", "storages[0]", "grid"}},
      {series(periodic, {0, 1, 2}), PDE_ERR_SHAPE, {"storages[1]", "true", "false"}},
      {series(grid, {0, 1}), PDE_ERR_SHAPE, {"storages[1]", "2", "3"}},
      {series(grid, {}), PDE_ERR_SHAPE, {"storages[1]", "0", "3"}},
      {series(grid, {0, 1.5, 2}), PDE_ERR_RANGE, {"snapshot 1", "1.5", "storages[1]", "rtol"}},
      {series(grid, {0, 1, 2.0001}), PDE_ERR_RANGE, {"snapshot 2", "2.0001"}},
      {series(grid, {1e-7, 1, 2}), PDE_ERR_RANGE, {"snapshot 0", "1e-07"}},
      {series(grid, {0, 1, 2}, PDE_SCALAR, PDE_INT64), PDE_ERR_DTYPE, {"int64", "float64"}},
      {series(grid, {0, 1, 2}, PDE_SCALAR, PDE_UINT64), PDE_ERR_DTYPE, {"uint64", "float64"}},
  };
  for (const auto &[other, status, words] : wrong) {
    StorageHandle into = open_storage(path, "truncate");
    pde_storage *const list[] = {three, other};
    EXPECT_TRUE(fails_with(status, pde_storage_merge(list, 2, nullptr, into, nullptr), words));
    EXPECT_OK(pde_storage_close(into.release()));
    expect_unchanged();
  }
  StorageHandle into = open_storage("memory:", nullptr);
  pde_storage *const close_enough[] = {three, wrong[5].other};
  EXPECT_OK(pde_storage_merge(close_enough, 2, nullptr, into, options_from("rtol=1e-3")));
  EXPECT_EQ(times_of(into), (std::vector<double>{0, 1, 2}));
}

TEST_F(RefusedTransfer, MergingAWrongList) {
  StorageHandle into = open_storage(path, "truncate"), from = series(grid, {0}), gone = series(grid, {0});
  pde_storage *const list[] = {from, nullptr}, *const stale[] = {from, gone};
  for (int64_t count : {int64_t{0}, int64_t{-1}, INT64_MIN})
    EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_merge(list, count, nullptr, into, nullptr), "count",
                 std::to_string(count));
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_merge(list, 2, nullptr, into, nullptr), "storages[1]", "NULL");
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_merge(list, 1, "\xff", into, nullptr), "label", "UTF-8");
  gone.reset();
  EXPECT_FAILS(PDE_ERR_HANDLE, pde_storage_merge(stale, 2, nullptr, into, nullptr), "storages[1]");
}

// ---- functions that misbehave

/// What a transform of these tests does with its fields.
struct Misbehaviour {
  std::function<pde_status(const pde_field *in, double time, pde_field *out)> act;
  static pde_status transform(const pde_field *in, double time, pde_field *out, void *user) {
    return static_cast<Misbehaviour *>(user)->act(in, time, out);
  }
};

/// Both ways of calling it: on this thread, and on others.
class RefusedTransform : public ::testing::TestWithParam<const char *> {
 protected:
  pde_status apply(decltype(Misbehaviour::act) act) {
    Misbehaviour user{std::move(act)};
    return pde_storage_apply(from, nullptr, Misbehaviour::transform, &user, into, options);
  }

  GridHandle grid = unit_grid({4});
  StorageHandle from = series(grid, {0, 1, 2, 3}), into = open_storage("memory:", nullptr);
  OptionsHandle options = options_from(GetParam());
};

TEST_P(RefusedTransform, OwnStatusAndMessageComeThrough) {
  EXPECT_FAILS(PDE_ERR_USER - 42, apply([](const pde_field *, double time, pde_field *) {
                 return time < 2 ? PDE_OK : pde_error_set(PDE_ERR_USER - 42, "no water left");
               }),
               "snapshot 2", "t = 2", "no water left");
  EXPECT_EQ(times_of(into), (std::vector<double>{0, 1}));
}

TEST_P(RefusedTransform, StatusWithoutAMessageGetsOne) {
  EXPECT_FAILS(PDE_ERR_IO, apply([](const pde_field *, double, pde_field *) { return PDE_ERR_IO; }),
               "snapshot 0", "transform", std::to_string(PDE_ERR_IO));
  EXPECT_EQ(length_of(into), 0);
}

TEST_P(RefusedTransform, NewsAreNoAnswer) {
  for (const pde_status news : {pde_status{PDE_STOP}, pde_status{PDE_EMPTY}, pde_status{77}})
    EXPECT_FAILS(PDE_ERR_USER, apply([=](const pde_field *, double, pde_field *) { return news; }),
                 "snapshot 0", "transform", std::to_string(news));
}

TEST_P(RefusedTransform, MayNotFreeWhatItWasLent) {
  EXPECT_OK(apply([](const pde_field *in, double time, pde_field *out) {
    EXPECT_OK(pde_field_fill(out, time, 0));
    pde_field_free(const_cast<pde_field *>(in));
    pde_field_free(out);
    return pde_field_fill(out, -1, 0) == PDE_ERR_HANDLE ? PDE_OK : PDE_ERR_USER;
  }));
  EXPECT_EQ(value_at(into, 3), 3);
}

TEST_P(RefusedTransform, MayNotWriteToItsInput) {
  EXPECT_FAILS(PDE_ERR_READONLY, apply([](const pde_field *in, double, pde_field *) {
                 return pde_field_fill(const_cast<pde_field *>(in), -1, 0);
               }),
               "snapshot 0");
  EXPECT_EQ(value_at(from, 0), 1);
}

TEST_P(RefusedTransform, PartsItKeepsMayBeReadAfterwards) {
  FieldHandle kept, kept_out;
  EXPECT_OK(apply([&](const pde_field *in, double time, pde_field *out) {
    if (time < 3) return pde_field_assign(out, in);
    if (const pde_status status = pde_field_member(in, 0, kept.out())) return status;
    if (const pde_status status = pde_field_member(out, 0, kept_out.out())) return status;
    return pde_field_assign(out, in);
  }));
  from.reset();
  into.reset();
  const Bytes zeros = bytes_of(filled_field(grid, 0));
  EXPECT_EQ(bytes_of(kept), zeros);
  EXPECT_EQ(bytes_of(kept_out), zeros);
  EXPECT_STATUS(PDE_ERR_READONLY, pde_field_fill(kept, 1, 0));
}

TEST_P(RefusedTransform, FindsBothStoragesBusy) {
  EXPECT_OK(apply([&](const pde_field *in, double, pde_field *out) {
    int64_t length = -7;
    EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_length(from, &length));
    EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_length(into, &length));
    EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_append(into, in, 9));
    EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_close(from));
    EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_close(into));
    EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_copy(from, into, nullptr));
    EXPECT_EQ(length, -7);
    return pde_field_assign(out, in);
  }));
  EXPECT_EQ(length_of(into), 4);
  into = open_storage("memory:", nullptr);
  EXPECT_FAILS(PDE_ERR_BUSY, apply([&](const pde_field *, double, pde_field *) {
                 return pde_storage_append(from, nullptr, 9);
               }),
               "storage");
}

TEST_P(RefusedTransform, AnotherGridIsRefusedWhereItIsAssigned) {
  const FieldHandle longer = new_field(unit_grid({5}));
  EXPECT_FAILS(PDE_ERR_SHAPE, apply([&](const pde_field *, double, pde_field *out) {
                 return pde_field_assign(out, longer);
               }),
               "snapshot 0", "[5]", "[4]");
}

INSTANTIATE_TEST_SUITE_P(OnThisThread, RefusedTransform, ::testing::Values(""));
INSTANTIATE_TEST_SUITE_P(OnOthers, RefusedTransform,
                         ::testing::Values("parallel=true threads=3", "parallel=true threads=1"));

// ---- progress callbacks

struct Watcher {
  int64_t stop_at = 0;
  pde_status answer = PDE_OK;
  const char *words = nullptr;
  std::vector<int64_t> told;
  int64_t total = 0;

  static pde_status progress(int64_t done, int64_t total, void *user) {
    auto &self = *static_cast<Watcher *>(user);
    self.told.push_back(done);
    self.total = total;
    if (done < self.stop_at) return PDE_OK;
    return self.words ? pde_error_set(self.answer, self.words) : self.answer;
  }
};

class WatchedTransfer : public RefusedTransfer {
 protected:
  std::vector<std::pair<std::string, std::function<pde_status(pde_storage *, const pde_options *)>>> calls() {
    return {
        {"copying", [&](pde_storage *into, const pde_options *o) { return pde_storage_copy(from, into, o); }},
        {"merging",
         [&](pde_storage *into, const pde_options *o) {
           pde_storage *const list[] = {from, from};
           return pde_storage_merge(list, 2, nullptr, into, o);
         }},
        {"applying",
         [&](pde_storage *into, const pde_options *o) {
           return pde_storage_apply(from, nullptr, same, nullptr, into, o);
         }},
        {"checking", [&](pde_storage *, const pde_options *o) { return pde_storage_check(from, o); }}};
  }
  OptionsHandle watched(Watcher &watcher) {
    OptionsHandle options;
    REQUIRE_OK(pde_options_create(options.out()));
    REQUIRE_OK(pde_options_set_progress(options, Watcher::progress, &watcher, nullptr));
    return options;
  }
  StorageHandle from = series(grid, {0, 1, 2});
};

TEST_F(WatchedTransfer, CountsSnapshots) {
  for (const auto &[name, call] : calls()) {
    SCOPED_TRACE(name);
    Watcher watcher;
    StorageHandle into = open_storage("memory:", nullptr);
    EXPECT_OK(call(into, watched(watcher)));
    ASSERT_FALSE(watcher.told.empty());
    EXPECT_EQ(watcher.told.back(), 3);
    EXPECT_EQ(watcher.total, 3);
  }
}

TEST_F(WatchedTransfer, IsCancelledAndSaysHowFarItCame) {
  for (const auto &[name, call] : calls()) {
    SCOPED_TRACE(name);
    Watcher watcher{0, PDE_STOP, nullptr, {}, 0};
    StorageHandle into = open_storage("memory:", nullptr);
    EXPECT_FAILS(PDE_ERR_STATE, call(into, watched(watcher)), name, "cancelled", "1 of 3");
    EXPECT_EQ(length_of(into), name == "checking" ? 0 : 1) << "what has been copied stays";
    int32_t writing = -7;
    EXPECT_OK(pde_storage_is_writing(into, &writing));
    EXPECT_EQ(writing, 0);
  }
}

TEST_F(WatchedTransfer, CannotBeCancelledWhenItIsThrough) {
  for (const auto &[name, call] : calls()) {
    SCOPED_TRACE(name);
    Watcher watcher{3, PDE_STOP, nullptr, {}, 0};
    StorageHandle into = open_storage("memory:", nullptr);
    EXPECT_OK(call(into, watched(watcher)));
  }
}

TEST_F(WatchedTransfer, PassesOnWhatTheCallbackFailsWith) {
  for (const auto &[name, call] : calls()) {
    SCOPED_TRACE(name);
    StorageHandle into = open_storage("memory:", nullptr);
    Watcher failing{0, PDE_ERR_USER - 3, "the window was closed", {}, 0}, news{3, 77, nullptr, {}, 0};
    EXPECT_FAILS(PDE_ERR_USER - 3, call(into, watched(failing)), "the window was closed");
    StorageHandle another = open_storage("memory:", nullptr);
    EXPECT_FAILS(PDE_ERR_USER, call(another, watched(news)), "progress", "77");
  }
}

}  // namespace
}  // namespace test
