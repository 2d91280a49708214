// Storages on callbacks: a fake that notes each call, checks what it was promised, and fails when it is told
// to.
#include <algorithm>
#include <cmath>
#include <cstddef>

#include "user_program.hpp"

namespace test {
namespace {

constexpr pde_status kOwnCode = PDE_ERR_USER - 5;

/// Keeps a series of float64 in memory, outlives its storages, and knows what the library may ask of it and
/// when.
struct Fake {
  // What is kept.
  std::vector<std::vector<double>> snapshots;
  std::vector<double> times;
  std::string info;
  // What has happened.
  std::vector<std::string> calls;
  int destroyed = 0, fail_at = 0;
  std::string refuse;  // the name of a call
  bool in_session = false, told_info = false;
  pde_storage *storage = nullptr;  // which answers PDE_ERR_BUSY in every callback

  int64_t length() const { return static_cast<int64_t>(snapshots.size()); }
  int count(const std::string &name) const {
    return static_cast<int>(std::count(calls.begin(), calls.end(), name));
  }

  pde_status called(const char *name) {
    calls.push_back(name);
    EXPECT_EQ(destroyed, 0) << name << " after destroy";
    if (storage) {
      int64_t n = -7;
      EXPECT_EQ(pde_storage_length(storage, &n), PDE_ERR_BUSY) << name;
      EXPECT_EQ(pde_storage_close(storage), PDE_ERR_BUSY) << name;
      EXPECT_EQ(n, -7);
    }
    if (static_cast<int>(calls.size()) != fail_at && refuse != name) return PDE_OK;
    return pde_error_set(kOwnCode, (std::string("the fake refuses ") + name).c_str());
  }

  static Fake &of(void *user) { return *static_cast<Fake *>(user); }

  static pde_status get_length(int64_t *out_length, void *user) {
    if (pde_status status = of(user).called("length")) return status;
    *out_length = of(user).length();
    return PDE_OK;
  }
  static pde_status get_times(int64_t first, int64_t count, double *out_times, void *user) {
    EXPECT_GE(first, 0);
    EXPECT_LE(first + count, of(user).length()) << "all of them exist";
    if (pde_status status = of(user).called("times")) return status;
    std::copy_n(of(user).times.begin() + first, count, out_times);
    return PDE_OK;
  }
  static pde_status read(int64_t index, int32_t dtype, void *out_data, int64_t count, void *user) {
    Fake &fake = of(user);
    EXPECT_EQ(dtype, PDE_FLOAT64);
    EXPECT_TRUE(index >= 0 && index < fake.length()) << index;
    if (pde_status status = fake.called("read")) return status;
    const auto &snapshot = fake.snapshots[static_cast<size_t>(index)];
    EXPECT_EQ(count, static_cast<int64_t>(snapshot.size()));
    std::copy(snapshot.begin(), snapshot.end(), static_cast<double *>(out_data));
    return PDE_OK;
  }
  static pde_status append(int32_t dtype, const void *data, int64_t count, double time, void *user) {
    Fake &fake = of(user);
    EXPECT_TRUE(fake.in_session && fake.told_info) << "an append outside a session, or before its set_info";
    EXPECT_EQ(dtype, PDE_FLOAT64);
    if (pde_status status = fake.called("append")) return status;
    const double *values = static_cast<const double *>(data);
    fake.snapshots.emplace_back(values, values + count);
    fake.times.push_back(time);
    return PDE_OK;
  }
  static pde_status get_info(char *out_text, int64_t size, int64_t *out_length, void *user) {
    Fake &fake = of(user);
    const auto length = static_cast<int64_t>(fake.info.size());
    EXPECT_TRUE(size == 0 || size == length) << size;
    if (pde_status status = fake.called(size == 0 ? "ask info" : "get_info")) return status;
    *out_length = length;
    if (size > 0) std::copy(fake.info.begin(), fake.info.end(), out_text);
    return PDE_OK;
  }
  static pde_status set_info(const char *json, void *user) {
    if (pde_status status = of(user).called("set_info")) return status;
    EXPECT_EQ(json[0], '{');
    of(user).info = json;
    of(user).told_info = true;
    return PDE_OK;
  }
  static pde_status truncate(int64_t length, void *user) {
    Fake &fake = of(user);
    if (pde_status status = fake.called("truncate")) return status;
    EXPECT_TRUE(length >= 0 && length <= fake.length());
    fake.snapshots.resize(static_cast<size_t>(length));
    fake.times.resize(static_cast<size_t>(length));
    return PDE_OK;
  }
  static pde_status start(const pde_field *sample, void *user) {
    int32_t dtype = 0;
    EXPECT_OK(pde_field_dtype(sample, &dtype));
    EXPECT_EQ(dtype, PDE_FLOAT64);
    EXPECT_STATUS(PDE_ERR_READONLY, pde_field_fill(const_cast<pde_field *>(sample), 1, 0));
    if (pde_status status = of(user).called("start")) return status;
    of(user).in_session = true;
    of(user).told_info = false;
    return PDE_OK;
  }
  static pde_status flush(void *user) { return of(user).called("flush"); }
  static pde_status finish(void *user) {
    of(user).in_session = false;
    return of(user).called("finish");
  }
  static void destroy(void *user) { ++of(user).destroyed; }
};

pde_backend whole_table() {
  return {sizeof(pde_backend), Fake::get_length, Fake::get_times, Fake::read,  Fake::append, Fake::get_info,
          Fake::set_info,      Fake::truncate,   Fake::start,     Fake::flush, Fake::finish, Fake::destroy};
}

class CustomBackend : public ::testing::Test {
 protected:
  StorageHandle open(const char *mode = nullptr) {
    fake.destroyed = 0;  // by a storage of before
    StorageHandle storage;
    REQUIRE_OK(pde_storage_create_custom(&table, &fake, mode, nullptr, storage.out()));
    return storage;
  }
  pde_status create(const pde_backend *backend, const char *mode = nullptr,
                    const pde_options *options = nullptr) {
    StorageHandle storage;
    return pde_storage_create_custom(backend, &fake, mode, options, storage.out());
  }
  void record(int snapshots, const char *mode = nullptr) {
    StorageHandle storage = open(mode);
    for (int i = 0; i < snapshots; ++i)
      EXPECT_OK(pde_storage_append(storage, filled_field(grid, i + 1), PDE_TIME_AUTO));
    EXPECT_OK(pde_storage_close(storage.release()));
    EXPECT_EQ(fake.destroyed, 1);
    fake.destroyed = 0;
    fake.calls.clear();
  }

  Fake fake;
  pde_backend table = whole_table();
  GridHandle grid = unit_grid({4});
};

// ---- what is called, and when

TEST_F(CustomBackend, IsCalledInTheOrderThatIsPromised) {
  StorageHandle storage = open();
  fake.storage = storage;
  EXPECT_EQ(fake.count("length"), 1);
  EXPECT_EQ(fake.count("start") + fake.count("set_info"), 0) << "opening writes nothing";
  fake.calls.clear();
  EXPECT_OK(pde_storage_append(storage, filled_field(grid, 1), 0));
  EXPECT_OK(pde_storage_append(storage, filled_field(grid, 2), 1));
  EXPECT_OK(pde_storage_flush(storage));
  EXPECT_OK(pde_storage_finish(storage));
  std::vector<std::string> writing;
  for (const std::string &call : fake.calls) {
    if (call != "length" && call != "ask info" && call != "get_info" && call != "times")
      writing.push_back(call);
  }
  EXPECT_EQ(writing, (std::vector<std::string>{"start", "set_info", "append", "append", "flush", "set_info",
                                               "flush", "finish"}));
  fake.calls.clear();
  EXPECT_EQ(length_of(storage), 2);
  EXPECT_EQ(value_at(storage, -1), 2);
  EXPECT_EQ(fake.calls, std::vector<std::string>{"read"}) << "in between the library counts by itself";
  EXPECT_EQ(times_of(storage), (std::vector<double>{0, 1}));
  fake.storage = nullptr;
  EXPECT_EQ(fake.destroyed, 0);
  EXPECT_OK(pde_storage_close(storage.release()));
  EXPECT_EQ(fake.destroyed, 1);
}

TEST_F(CustomBackend, OfAnotherDayIsReadAndGoesOn) {
  record(3);
  StorageHandle storage = open("append");
  fake.calls.clear();
  EXPECT_EQ(length_of(storage), 3);
  EXPECT_EQ(value_at(storage, 0), 1);
  EXPECT_EQ(value_at(storage, 2), 3);
  int64_t committed = -1;
  EXPECT_OK(pde_storage_committed(storage, &committed));
  EXPECT_EQ(committed, 3);
  EXPECT_EQ(fake.calls, (std::vector<std::string>{"read", "read"}));
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_append(storage, filled_field(grid, 9), 1), "time");
  EXPECT_OK(pde_storage_append(storage, filled_field(grid, 9), 5));
  EXPECT_OK(pde_storage_committed(storage, &committed));
  EXPECT_EQ(committed, 3) << "the new one is not yet";
  EXPECT_OK(pde_storage_flush(storage));
  EXPECT_OK(pde_storage_committed(storage, &committed));
  EXPECT_EQ(committed, 4);
  EXPECT_OK(pde_storage_close(storage.release()));
  EXPECT_EQ(fake.times, (std::vector<double>{0, 1, 2, 5}));
}

TEST_F(CustomBackend, IsTruncatedOnlyByModesThatDo) {
  record(3);
  EXPECT_STATUS(PDE_ERR_EXISTS, pde_storage_append(open("create"), filled_field(grid, 1), 9));
  EXPECT_STATUS(PDE_ERR_READONLY, pde_storage_append(open("readonly"), filled_field(grid, 1), 9));
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_append(open("truncate_once"), filled_field(grid, 1), NAN),
               "time");
  EXPECT_EQ(fake.count("truncate"), 0);
  EXPECT_EQ(fake.length(), 3);
  fake.destroyed = 0;
  record(1, "truncate_once");
  EXPECT_EQ(fake.length(), 1);
}

// ---- tables that are not complete

TEST_F(CustomBackend, OfAnOlderHeaderIsTakenAsFarAsItGoes) {
  table.size = offsetof(pde_backend, truncate);
  table.truncate = [](int64_t, void *) { return ADD_FAILURE(), pde_status{PDE_ERR_INTERNAL}; };
  table.start = [](const pde_field *, void *) { return ADD_FAILURE(), pde_status{PDE_ERR_INTERNAL}; };
  table.flush = table.finish = [](void *) { return ADD_FAILURE(), pde_status{PDE_ERR_INTERNAL}; };
  table.destroy = [](void *) { ADD_FAILURE(); };
  fake.in_session = true;  // nobody tells
  StorageHandle storage = open();
  EXPECT_OK(pde_storage_append(storage, filled_field(grid, 4), 0));
  EXPECT_OK(pde_storage_close(storage.release()));
  storage = open("truncate_once");
  EXPECT_EQ(value_at(storage, 0), 4);
  EXPECT_FAILS(PDE_ERR_UNSUPPORTED, pde_storage_append(storage, filled_field(grid, 4), 0), "truncate");
  EXPECT_EQ(fake.length(), 1);
}

TEST_F(CustomBackend, OfANewerHeaderIsTakenAsFarAsItIsKnown) {
  struct {
    pde_backend known;
    void *later[2];
  } newer{table, {&newer, &newer}};
  newer.known.size = sizeof newer;
  StorageHandle storage;
  EXPECT_OK(pde_storage_create_custom(&newer.known, &fake, nullptr, nullptr, storage.out()));
  EXPECT_OK(pde_storage_append(storage, filled_field(grid, 4), 0));
}

TEST_F(CustomBackend, OfASizeThatIsNoneIsRefused) {
  const auto whole = static_cast<int64_t>(sizeof(pde_backend));
  for (int64_t size : {int64_t{0}, int64_t{-1}, int64_t{-8}, INT64_MIN, int64_t{1}, int64_t{8}, int64_t{15},
                       int64_t{20}, whole - 1, whole - 4, whole + 4}) {
    SCOPED_TRACE(size);
    table.size = size;
    EXPECT_FAILS(PDE_ERR_ARGUMENT, create(&table), "size", std::to_string(size));
  }
  EXPECT_TRUE(fake.calls.empty());
}

TEST_F(CustomBackend, NeedsTheEntriesToReadOrThoseToWrite) {
  const auto without = [&](auto... entries) {
    pde_backend part = table;
    ((part.*entries = nullptr), ...);
    return create(&part);
  };
  EXPECT_FAILS(PDE_ERR_ARGUMENT, without(&pde_backend::length), "length");
  EXPECT_STATUS(PDE_ERR_ARGUMENT, without(&pde_backend::times, &pde_backend::append));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, without(&pde_backend::read, &pde_backend::set_info));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, without(&pde_backend::get_info, &pde_backend::append));
  EXPECT_EQ(fake.destroyed, 4);
  fake.destroyed = 0;
  EXPECT_OK(without(&pde_backend::append, &pde_backend::set_info));
  fake.destroyed = 0;
  EXPECT_OK(without(&pde_backend::times));
  fake.destroyed = 0;
  EXPECT_OK(without(&pde_backend::truncate, &pde_backend::start, &pde_backend::flush, &pde_backend::finish,
                    &pde_backend::destroy));
  EXPECT_EQ(fake.destroyed, 0);
}

TEST_F(CustomBackend, ThatCannotBeWrittenIsReadOnly) {
  record(2);
  table.append = nullptr;
  StorageHandle storage = open("append");
  EXPECT_EQ(value_at(storage, 1), 2);
  EXPECT_FAILS(PDE_ERR_UNSUPPORTED, pde_storage_append(storage, filled_field(grid, 1), 9), "append");
  EXPECT_EQ(value_at(storage, 1), 2);
  EXPECT_OK(pde_storage_close(storage.release()));
}

TEST_F(CustomBackend, ThatCannotBeReadIsWrittenOnly) {
  table.read = nullptr;
  StorageHandle storage = open();
  const FieldHandle field = filled_field(grid, 1);
  EXPECT_OK(pde_storage_append(storage, field, 0));
  EXPECT_EQ(length_of(storage), 1);
  EXPECT_FAILS(PDE_ERR_UNSUPPORTED, pde_storage_read(storage, 0, field), "written only");
  double data[4];
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_read_raw(storage, 0, 1, 1, PDE_FLOAT64, data, 4));
  EXPECT_EQ(fake.count("ask info") + fake.count("get_info"), 0);
}

// ---- what it answers

TEST_F(CustomBackend, WhoseCreationFailsIsDestroyedOnce) {
  EXPECT_STATUS(PDE_ERR_ARGUMENT, create(&table, "no mode"));
  EXPECT_EQ(fake.destroyed, 1);
  EXPECT_STATUS(PDE_ERR_ARGUMENT, create(&table, nullptr, options_from("level=1")));
  EXPECT_EQ(fake.destroyed, 2);
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_create_custom(&table, &fake, nullptr, nullptr, nullptr));
  EXPECT_EQ(fake.destroyed, 3);
  fake.destroyed = 0;
  fake.info = "nonsense";
  EXPECT_FAILS(PDE_ERR_FORMAT, create(&table), "get_info");
  EXPECT_EQ(fake.destroyed, 1);
}

TEST_F(CustomBackend, ThatGivesImpossibleAnswersIsNotBelieved) {
  table.length = [](int64_t *out_length, void *) { return *out_length = -1, pde_status{PDE_OK}; };
  EXPECT_FAILS(PDE_ERR_FORMAT, create(&table), "length", "-1");
  fake.destroyed = 0;
  table = whole_table();
  table.get_info = [](char *, int64_t, int64_t *out_length, void *) {
    return *out_length = -5, pde_status{PDE_OK};
  };
  EXPECT_FAILS(PDE_ERR_FORMAT, create(&table), "get_info", "-5");
  fake.destroyed = 0;
  table = whole_table();
  table.length = [](int64_t *out_length, void *) { return *out_length = 3, pde_status{PDE_OK}; };
  EXPECT_FAILS(PDE_ERR_FORMAT, create(&table), "field_attributes") << "three snapshots of nobody knows what";
  fake.destroyed = 0;
  for (pde_status news : {PDE_STOP + 0, PDE_EMPTY + 0, 99}) {
    static pde_status answer;
    answer = news;
    table = whole_table();
    table.length = [](int64_t *, void *) { return answer; };
    EXPECT_FAILS(PDE_ERR_USER, create(&table), "length", std::to_string(news));
    fake.destroyed = 0;
  }
}

/// Records and reads; gives the first failure, and goes on as a careless caller would.
pde_status careless_session(const pde_backend &table, Fake &fake, const pde_grid *grid, const char *mode) {
  pde_status first = PDE_OK;
  std::string words;
  const auto note = [&](pde_status status) {
    if (status == PDE_OK || first != PDE_OK) return;
    first = status;
    words = pde_error_message();
  };
  pde_storage *storage = nullptr;
  note(pde_storage_create_custom(&table, &fake, mode, nullptr, &storage));
  EXPECT_EQ(storage == nullptr, first != PDE_OK);
  const FieldHandle field = filled_field(grid, 1);
  for (int i = 0; storage && i < 2; ++i) {
    int64_t length = 0;
    for (int k = 0; k < 2; ++k) {
      const size_t before = fake.snapshots.size();
      const pde_status status = pde_storage_append(storage, field, PDE_TIME_AUTO);
      note(status);
      EXPECT_TRUE(status == PDE_OK || fake.snapshots.size() <= before);
    }
    note(pde_storage_flush(storage));
    note(pde_storage_finish(storage));
    note(pde_storage_length(storage, &length));
    std::vector<double> times(static_cast<size_t>(length)), data(static_cast<size_t>(4 * length));
    note(pde_storage_times(storage, 0, length, times.data()));
    if (length > 0) note(pde_storage_read(storage, -1, field));
    note(pde_storage_read_raw(storage, 0, length, 1, PDE_FLOAT64, data.data(), 4 * length));
    note(pde_storage_set_info(storage, "round", i == 0 ? "0" : "1"));
    note(pde_storage_committed(storage, &length));
  }
  if (storage) note(pde_storage_close(storage));
  if (first != PDE_OK) pde_error_set(first, words.c_str());
  return first;
}

TEST_F(CustomBackend, MayFailAtAnyCall) {
  for (const char *mode : {"create", "append", "truncate_once", "truncate"}) {
    int n = 1;
    for (;; ++n) {
      SCOPED_TRACE(std::string(mode) + ", call " + std::to_string(n));
      fake = {};
      if (std::string(mode) != "create") record(2);
      fake.fail_at = n;
      const size_t descriptors = open_descriptors();
      const pde_status status = careless_session(table, fake, grid, mode);
      EXPECT_EQ(fake.destroyed, 1);
      EXPECT_EQ(open_descriptors(), descriptors);
      if (static_cast<int>(fake.calls.size()) < n) {
        EXPECT_OK(status);
        break;
      }
      EXPECT_TRUE(
          fails_with(kOwnCode, status, {"the fake refuses " + fake.calls[static_cast<size_t>(n - 1)]}));
      ASSERT_LT(n, 1000);
    }
    EXPECT_GT(n, 20) << mode;
  }
}

TEST_F(CustomBackend, ThatHasFailedToWriteWritesNoMore) {
  for (const std::string failing : {"append", "set_info", "start", "flush", "finish"}) {
    SCOPED_TRACE(failing);
    fake = {};
    StorageHandle storage = open();
    const FieldHandle field = filled_field(grid, 1);
    ASSERT_OK(pde_storage_append(storage, field, 0));
    if (failing == "start") {
      ASSERT_OK(pde_storage_finish(storage));
    }
    fake.refuse = failing;
    const bool appending = failing == "append" || failing == "start";
    EXPECT_FAILS(kOwnCode, appending ? pde_storage_append(storage, field, 1) : pde_storage_finish(storage),
                 failing);
    fake.refuse.clear();
    fake.calls.clear();
    EXPECT_FAILS(PDE_ERR_STATE, pde_storage_append(storage, field, 1), "the fake refuses " + failing);
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_flush(storage));
    EXPECT_EQ(fake.calls, std::vector<std::string>{}) << "not tried again";
    EXPECT_EQ(length_of(storage), 1);
    EXPECT_EQ(value_at(storage, 0), 1) << "what is there can be read";
    EXPECT_FAILS(PDE_ERR_IO, pde_storage_close(storage.release()), "the fake refuses " + failing);
    EXPECT_EQ(fake.destroyed, 1);
  }
}

}  // namespace
}  // namespace test
