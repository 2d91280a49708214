// Storages made out of storages as a program would do it: copied from kind to kind, merged, extracted, made
// of fields; with times, metadata and the metadata of single snapshots.
#include <complex>

#include "support/vector_backend.hpp"
#include "user_program.hpp"

namespace test {
namespace {

/// Every value of a snapshot as a real number; complex ones as pairs.
std::vector<double> values_at(pde_storage *storage, int64_t index) {
  int32_t ndim = 0;
  REQUIRE_OK(pde_storage_ndim(storage, &ndim));
  std::vector<int64_t> shape(static_cast<size_t>(ndim));
  REQUIRE_OK(pde_storage_shape(storage, shape.data(), ndim));
  shape[0] = 1;
  const int64_t count = count_of(shape);
  std::vector<std::complex<double>> wide(static_cast<size_t>(count));
  std::vector<double> values;
  const pde_status status = pde_storage_read_raw(storage, index, 1, 1, PDE_COMPLEX128, wide.data(), count);
  if (status == PDE_ERR_DTYPE) {  // 64-bit integers, which no floating-point number holds
    std::vector<int64_t> whole(static_cast<size_t>(count));
    REQUIRE_OK(pde_storage_read_raw(storage, index, 1, 1, PDE_INT64, whole.data(), count));
    for (int64_t value : whole) values.push_back(static_cast<double>(value));
    return values;
  }
  REQUIRE_OK(status);
  for (const auto &value : wide) {
    values.push_back(value.real());
    if (value.imag() != 0) values.push_back(value.imag());
  }
  return values;
}

std::string snapshot_info_of(pde_storage *storage, int64_t index) {
  const char *json = nullptr;
  REQUIRE_OK(pde_storage_snapshot_info(storage, index, &json));
  return json ? json : "(none)";
}

int32_t dtype_of_storage(pde_storage *storage) {
  int32_t dtype = 0;
  REQUIRE_OK(pde_storage_dtype(storage, &dtype));
  return dtype;
}

bool is_writing(pde_storage *storage) {
  int32_t writing = -1;
  REQUIRE_OK(pde_storage_is_writing(storage, &writing));
  return writing == 1;
}

class Transfer : public ::testing::Test {
 protected:
  /// Collections of u and v at the times 0, 0.5, 1, …, with metadata; every second snapshot has some, too.
  StorageHandle recorded(const std::string &uri, int snapshots) {
    StorageHandle storage = open_storage(uri, nullptr);
    REQUIRE_OK(pde_storage_start(storage, both, R"({"code": "tide", "run": 7})"));
    for (int i = 0; i < snapshots; ++i) {
      set(i);
      const std::string info = "{\"step\": " + std::to_string(10 * i) + "}";
      REQUIRE_OK(i % 2 == 0 ? pde_storage_append(storage, both, i / 2.0)
                            : pde_storage_append_info(storage, both, i / 2.0, info.c_str()));
    }
    REQUIRE_OK(pde_storage_finish(storage));
    return storage;
  }
  void set(int i) {
    REQUIRE_OK(pde_field_fill(u, i, 0));
    REQUIRE_OK(pde_field_fill(v, -i, 0));
  }
  void expect_same(pde_storage *storage, pde_storage *copy) {
    EXPECT_EQ(times_of(copy), times_of(storage));
    EXPECT_EQ(info_of(copy, "code"), "\"tide\"");
    EXPECT_EQ(info_of(copy, "run"), "7");
    const FieldHandle a = sample_of(storage), b = sample_of(copy);
    EXPECT_EQ(grid_text_of(a), grid_text_of(b));
    EXPECT_EQ(label_of(a), label_of(b));
    for (int64_t i = 0; i < length_of(copy); ++i) {
      EXPECT_EQ(snapshot_info_of(copy, i), snapshot_info_of(storage, i)) << i;
      EXPECT_EQ(values_at(copy, i), values_at(storage, i)) << i;
    }
  }

  TemporaryFolder folder;
  GridHandle grid = cartesian_grid({0, 0}, {1, 2}, {2, 3});
  FieldHandle u = new_field(grid, PDE_SCALAR, PDE_FLOAT64, "u"),
              v = new_field(grid, PDE_VECTOR, PDE_FLOAT64, "v"), both = collection_of({u, v}, "tides");
};

// ---- copying

TEST_F(Transfer, CopiesFromKindToKind) {
  StorageHandle file = recorded(folder.file("a.h5"), 5), memory = open_storage("memory:", nullptr),
                second = open_storage(folder.file("b.h5"), nullptr), custom;
  VectorSeries vectors;
  const pde_backend backend = VectorSeries::backend();
  ASSERT_OK(pde_storage_create_custom(&backend, &vectors, nullptr, nullptr, custom.out()));
  pde_storage *const chain[] = {file, memory, second, custom};
  for (size_t i = 1; i < std::size(chain); ++i) {
    ASSERT_OK(pde_storage_copy(chain[i - 1], chain[i], nullptr));
    EXPECT_FALSE(is_writing(chain[i]));
    EXPECT_EQ(length_of(chain[i]), 5);
    expect_same(file, chain[i]);
    EXPECT_OK(pde_storage_check(chain[i], nullptr));
  }
  ASSERT_OK(pde_storage_close(second.release()));
  expect_same(file, open_storage(folder.file("b.h5"), "readonly"));
}

TEST_F(Transfer, CopiesViewsOfFieldsAndSnapshots) {
  StorageHandle storage = recorded("memory:", 6), fields, range,
                copy = open_storage(folder.file("v.h5"), nullptr);
  const int64_t members[] = {1, 0};
  ASSERT_OK(pde_storage_view_fields(storage, members, 2, fields.out()));
  ASSERT_OK(pde_storage_view_range(fields, 1, 3, 2, range.out()));
  ASSERT_OK(pde_storage_copy(range, copy, nullptr));
  EXPECT_EQ(times_of(copy), (std::vector<double>{0.5, 1.5, 2.5}));
  EXPECT_EQ(snapshot_info_of(copy, 0), R"({"step":10})");
  EXPECT_EQ(info_of(copy, "run"), "7");
  EXPECT_EQ(values_at(copy, 1)[0], -3) << "v comes first";
  EXPECT_EQ(values_at(copy, 1)[12], 3);
}

TEST_F(Transfer, CopiesBehindWhatIsThere) {
  StorageHandle first = recorded("memory:", 2), into = open_storage(folder.file("a.h5"), nullptr), later;
  ASSERT_OK(pde_storage_copy(first, into, nullptr));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_copy(first, into, nullptr)) << "its times are over";
  StorageHandle behind = open_storage("memory:", nullptr);
  ASSERT_OK(pde_storage_append_info(behind, both, 9, "[1, 2]"));
  ASSERT_OK(pde_storage_copy(behind, into, nullptr));
  EXPECT_EQ(times_of(into), (std::vector<double>{0, 0.5, 9}));
  EXPECT_EQ(snapshot_info_of(into, 2), "[1,2]");
  EXPECT_EQ(info_of(into, "run"), "7") << "what was there stays";
}

TEST_F(Transfer, ASessionThatGoesOnStaysOpen) {
  const StorageHandle storage = recorded("memory:", 3);
  for (const std::string &uri : {std::string("memory:"), folder.file("open.h5")}) {
    StorageHandle into = open_storage(uri, nullptr);
    ASSERT_OK(pde_storage_start(into, both, R"({"run": 1, "mine": 2})"));
    ASSERT_OK(pde_storage_append(into, both, -1));
    ASSERT_OK(pde_storage_copy(storage, into, nullptr));
    EXPECT_TRUE(is_writing(into));
    ASSERT_OK(pde_storage_append(into, both, 10));
    ASSERT_OK(pde_storage_finish(into));
    EXPECT_EQ(times_of(into), (std::vector<double>{-1, 0, 0.5, 1, 10}));
    EXPECT_EQ(info_of(into, "mine"), "2");
    EXPECT_EQ(info_of(into, "code"), "\"tide\"") << "metadata comes along all the same";
    EXPECT_EQ(info_of(into, "run"), "7") << "as in a session of its own";
    EXPECT_EQ(snapshot_info_of(into, 2), R"({"step":10})");
  }
}

TEST_F(Transfer, AnEmptySeriesGivesAnEmptyDescribedOne) {
  const StorageHandle storage = recorded("memory:", 0);
  for (const std::string &uri : {std::string("memory:"), folder.file("empty.h5")}) {
    StorageHandle into = open_storage(uri, nullptr);
    ASSERT_OK(pde_storage_copy(storage, into, nullptr));
    EXPECT_EQ(length_of(into), 0);
    EXPECT_EQ(shape_of(sample_of(into)), (std::vector<int64_t>{3, 2, 3}));
    EXPECT_EQ(info_of(into, "run"), "7");
  }
}

TEST_F(Transfer, CopiesIntoAMovie) {
  const StorageHandle storage = recorded("memory:", 4);
  StorageHandle scalars, movie;
  ASSERT_OK(pde_storage_view_field(storage, 0, scalars.out()));
  const std::string path = folder.file("tide.mp4");
  const pde_status opened = pde_storage_open(path.c_str(), nullptr, nullptr, movie.out());
  const pde_status status = opened == PDE_OK ? pde_storage_copy(scalars, movie, nullptr) : opened;
  if (status == PDE_ERR_UNSUPPORTED) GTEST_SKIP() << pde_error_message();
  ASSERT_OK(status);
  EXPECT_EQ(length_of(movie), 4);
  const StorageHandle memory = open_storage("memory:", nullptr);
  StorageHandle out;
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_copy(movie, memory, nullptr));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_check(movie, nullptr));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_truncate_after(movie, 0));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_clear(movie, 0));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_append_info(movie, u, 9, "{}"));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_view_field(movie, 0, out.out()));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_view_range(movie, 0, 1, 1, out.out()));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_extract_field(movie, 0, nullptr, out.out()));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_extract_time_range(movie, 0, 1, out.out()));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_extract_time_range(movie, 50, 60, out.out()));
  const void *data = nullptr;
  const char *json = nullptr;
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_data_const(movie, 0, PDE_FLOAT64, &data));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_snapshot_info(movie, 0, &json));
  EXPECT_OK(pde_storage_close(movie.release()));
  EXPECT_GT(std::filesystem::file_size(path), 0u);
}

TEST_F(Transfer, AFailureHalfwayKeepsWhatHasBeenCopied) {
  const StorageHandle storage = recorded("memory:", 5);
  StorageHandle into = open_storage(folder.file("short.h5"), nullptr, options_from("max_length=3"));
  EXPECT_FAILS(PDE_ERR_RANGE, pde_storage_copy(storage, into, nullptr), "3");
  EXPECT_FALSE(is_writing(into));
  EXPECT_EQ(times_of(into), (std::vector<double>{0, 0.5, 1}));
  EXPECT_OK(pde_storage_close(into.release()));
  EXPECT_EQ(length_of(open_storage(folder.file("short.h5"), "readonly")), 3);
}

// ---- merging

StorageHandle one_field(const pde_grid *grid, int32_t rank, int32_t dtype, double value, const char *label) {
  const FieldHandle field = new_field(grid, rank, dtype, label);
  REQUIRE_OK(pde_field_fill(field, value, 0));
  StorageHandle storage = open_storage("memory:", nullptr);
  for (double time : {0.0, 1.0}) REQUIRE_OK(pde_storage_append(storage, field, time));
  REQUIRE_OK(pde_storage_finish(storage));
  return storage;
}

TEST_F(Transfer, MergesMixedRanksIntoCollections) {
  const StorageHandle p = one_field(grid, PDE_SCALAR, PDE_FLOAT32, 1, "p"),
                      w = one_field(grid, PDE_VECTOR, PDE_INT16, 2, "w"),
                      s = one_field(grid, PDE_TENSOR, PDE_FLOAT32, 3, nullptr);
  StorageHandle pair = open_storage("memory:", nullptr), into = open_storage(folder.file("m.h5"), nullptr);
  pde_storage *const first[] = {p, w};
  ASSERT_OK(pde_storage_set_info(p, "run", "1"));
  ASSERT_OK(pde_storage_set_info(w, "run", "2"));
  ASSERT_OK(pde_storage_set_info(w, "only", "3"));
  ASSERT_OK(pde_storage_merge(first, 2, "pair", pair, nullptr));
  EXPECT_EQ(dtype_of_storage(pair), PDE_FLOAT32);
  EXPECT_EQ(info_of(pair, "run"), "1") << "the first counts";
  EXPECT_EQ(info_of(pair, "only"), "3");
  pde_storage *const list[] = {pair, s, pair};
  ASSERT_OK(pde_storage_merge(list, 3, nullptr, into, nullptr));
  const FieldHandle sample = sample_of(into);
  int64_t members = 0;
  ASSERT_OK(pde_field_members(sample, &members));
  ASSERT_EQ(members, 5) << "fields of collections are taken one by one";
  const std::pair<int32_t, const char *> parts[] = {
      {PDE_SCALAR, "p"}, {PDE_VECTOR, "w"}, {PDE_TENSOR, "(none)"}, {PDE_SCALAR, "p"}, {PDE_VECTOR, "w"}};
  for (int64_t i = 0; i < members; ++i) {
    FieldHandle member;
    ASSERT_OK(pde_field_member(sample, i, member.out()));
    EXPECT_EQ(rank_of(member), parts[i].first) << i;
    EXPECT_EQ(label_of(member), parts[i].second) << i;
  }
  EXPECT_EQ(label_of(sample), "(none)");
  const std::vector<double> values = values_at(into, 1);
  std::vector<double> expected;
  for (auto [count, value] : {std::pair{6, 1.}, {12, 2.}, {24, 3.}, {6, 1.}, {12, 2.}})
    expected.insert(expected.end(), static_cast<size_t>(count), value);
  EXPECT_EQ(values, expected);
}

TEST_F(Transfer, MergesIntoTheSmallestDtypeThatHoldsAll) {
  const struct {
    std::vector<int32_t> given;
    int32_t merged;
  } rows[] = {
      {{PDE_BOOL}, PDE_BOOL},
      {{PDE_BOOL, PDE_INT8}, PDE_INT8},
      {{PDE_UINT8, PDE_INT8}, PDE_INT16},
      {{PDE_UINT8, PDE_UINT16}, PDE_UINT16},
      {{PDE_UINT16, PDE_INT8}, PDE_INT32},
      {{PDE_UINT32, PDE_INT32}, PDE_INT64},
      {{PDE_INT64, PDE_UINT32}, PDE_INT64},
      {{PDE_INT16, PDE_FLOAT32}, PDE_FLOAT32},
      {{PDE_INT32, PDE_FLOAT32}, PDE_FLOAT64},
      {{PDE_FLOAT32, PDE_FLOAT64}, PDE_FLOAT64},
      {{PDE_FLOAT32, PDE_COMPLEX64}, PDE_COMPLEX64},
      {{PDE_FLOAT64, PDE_COMPLEX64}, PDE_COMPLEX128},
      {{PDE_INT32, PDE_COMPLEX64}, PDE_COMPLEX128},
  };
  for (const auto &[given, merged] : rows) {
    std::vector<StorageHandle> storages;
    std::vector<pde_storage *> list;
    for (int32_t dtype : given)
      list.push_back(storages.emplace_back(one_field(grid, PDE_SCALAR, dtype, 1, "x")));
    StorageHandle into = open_storage("memory:", nullptr);
    ASSERT_OK(pde_storage_merge(list.data(), static_cast<int64_t>(list.size()), nullptr, into, nullptr));
    EXPECT_EQ(dtype_of_storage(into), merged) << given[0];
    EXPECT_EQ(values_at(into, 0), std::vector<double>(6 * given.size(), 1));
  }
}

TEST_F(Transfer, MergesAStorageWithItsViewsAndWithItself) {
  const StorageHandle storage = recorded("memory:", 3);
  StorageHandle view, into = open_storage("memory:", nullptr);
  ASSERT_OK(pde_storage_view_field(storage, 1, view.out()));
  pde_storage *const list[] = {view, storage, storage};
  ASSERT_OK(pde_storage_merge(list, 3, "thrice", into, nullptr));
  EXPECT_EQ(label_of(sample_of(into)), "thrice");
  const std::vector<double> values = values_at(into, 2);
  ASSERT_EQ(values.size(), 12u + 18 + 18);
  EXPECT_EQ(values[0], -2);
  EXPECT_EQ(values[12], 2);
  EXPECT_EQ(values[47], -2);
  EXPECT_EQ(snapshot_info_of(into, 1), "(none)");
  EXPECT_EQ(length_of(view), 3) << "free again";
}

// ---- extracting

TEST_F(Transfer, ExtractsAFieldWithItsOwnOrANewLabel) {
  const StorageHandle storage = recorded(folder.file("a.h5"), 4);
  for (const auto &[label, expected] : {std::pair<const char *, const char *>{nullptr, "v"},
                                        {"velocity", "velocity"},
                                        {"", ""},
                                        {"v\xc3\xa9lo", "v\xc3\xa9lo"}}) {
    StorageHandle memory;
    ASSERT_OK(pde_storage_extract_field(storage, 1, label, memory.out()));
    EXPECT_EQ(label_of(sample_of(memory)), expected);
    EXPECT_EQ(rank_of(sample_of(memory)), PDE_VECTOR);
    EXPECT_EQ(times_of(memory), times_of(storage));
    EXPECT_EQ(values_at(memory, 3), std::vector<double>(12, -3));
    EXPECT_EQ(info_of(memory, "run"), "7");
    EXPECT_EQ(snapshot_info_of(memory, 1), R"({"step":10})");
    const char *uri = nullptr;
    ASSERT_OK(pde_storage_uri(memory, &uri));
    EXPECT_STREQ(uri, "memory:");
  }
}

TEST_F(Transfer, ExtractsWindowsOfTime) {
  StorageHandle storage = recorded(folder.file("a.h5"), 6), memory;
  ASSERT_OK(pde_storage_extract_time_range(storage, 0.5, 1.5, memory.out()));
  EXPECT_EQ(times_of(memory), (std::vector<double>{0.5, 1, 1.5})) << "both ends belong to it";
  EXPECT_EQ(snapshot_info_of(memory, 0), R"({"step":10})");
  EXPECT_EQ(values_at(memory, 2)[0], 3);
  ASSERT_OK(pde_storage_extract_time_range(storage, 7, 8, memory.out()));
  EXPECT_EQ(length_of(memory), 0);
  EXPECT_EQ(label_of(sample_of(memory)), "tides") << "described all the same";
  ASSERT_OK(pde_storage_append(memory, both, 1)) << "a storage like any other";
}

TEST_F(Transfer, ExtractsWindowsOutOfTimesInAnyOrder) {
  StorageHandle storage = open_storage("memory:", nullptr, options_from("time_order=any")), memory;
  for (double time : {3.0, 1.0, 9.0, 2.0, 0.0, 2.0}) {
    ASSERT_OK(pde_field_fill(u, time, 0));
    ASSERT_OK(pde_storage_append_info(storage, u, time, std::to_string(static_cast<int>(time)).c_str()));
  }
  ASSERT_OK(pde_storage_set_info(storage, "run", "7"));
  ASSERT_OK(pde_storage_extract_time_range(storage, 1, 3, memory.out()));
  EXPECT_EQ(times_of(memory), (std::vector<double>{3, 1, 2, 2})) << "9 and 0 lie in between, but outside";
  EXPECT_EQ(snapshot_info_of(memory, 1), "1");
  EXPECT_EQ(info_of(memory, "run"), "7");
  StorageHandle whole, field;
  ASSERT_OK(pde_storage_extract_field(storage, 0, nullptr, field.out()));
  EXPECT_EQ(times_of(field), times_of(storage));
}

// ---- out of fields

TEST_F(Transfer, FieldsBecomeSnapshots) {
  const FieldHandle a = new_field(grid, PDE_SCALAR, PDE_INT32, "a"),
                    b = new_field(grid, PDE_SCALAR, PDE_FLOAT32, "b");
  ASSERT_OK(pde_field_fill(a, 1, 0));
  ASSERT_OK(pde_field_fill(b, 2.5, 0));
  pde_field *const fields[] = {a, b, a};
  const double times[] = {5, -1, 2};
  StorageHandle memory;
  ASSERT_OK(pde_storage_create_from_fields(fields, nullptr, 3, nullptr, PDE_FLOAT64, memory.out()));
  EXPECT_EQ(times_of(memory), (std::vector<double>{0, 1, 2}));
  EXPECT_EQ(dtype_of_storage(memory), PDE_FLOAT64);
  EXPECT_EQ(label_of(sample_of(memory)), "a");
  EXPECT_EQ(values_at(memory, 1), std::vector<double>(6, 2.5));
  ASSERT_OK(pde_storage_create_from_fields(fields, times, 3, "mine", PDE_COMPLEX64, memory.out()));
  EXPECT_EQ(times_of(memory), (std::vector<double>{5, -1, 2})) << "in any order";
  EXPECT_EQ(dtype_of_storage(memory), PDE_COMPLEX64);
  EXPECT_EQ(label_of(sample_of(memory)), "mine");
  ASSERT_OK(pde_field_fill(a, 9, 0));
  EXPECT_EQ(values_at(memory, 2), std::vector<double>(6, 1)) << "copied";
  int32_t writing = -1;
  ASSERT_OK(pde_storage_is_writing(memory, &writing));
  EXPECT_EQ(writing, 0);
}

TEST_F(Transfer, FieldsOfACollectionBecomeSnapshots) {
  const FieldHandle a = new_field(grid, PDE_VECTOR, PDE_FLOAT32, "a"),
                    b = new_field(grid, PDE_VECTOR, PDE_FLOAT32, "b");
  const FieldHandle collection = collection_of({a, b}, "all");
  ASSERT_OK(pde_field_fill(b, 2, 0));
  const double times[] = {3, 4};
  StorageHandle memory;
  ASSERT_OK(pde_storage_create_from_collection(collection, times, 2, nullptr, memory.out()));
  EXPECT_EQ(times_of(memory), (std::vector<double>{3, 4}));
  EXPECT_EQ(label_of(sample_of(memory)), "a");
  EXPECT_EQ(rank_of(sample_of(memory)), PDE_VECTOR);
  EXPECT_EQ(values_at(memory, 1), std::vector<double>(12, 2));
  ASSERT_OK(pde_storage_create_from_collection(collection, nullptr, 2, "new", memory.out()));
  EXPECT_EQ(times_of(memory), (std::vector<double>{0, 1}));
  EXPECT_EQ(label_of(sample_of(memory)), "new");
}

}  // namespace
}  // namespace test
