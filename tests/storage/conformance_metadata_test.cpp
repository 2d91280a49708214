// What every storage promises about what it knows of its snapshots: description, metadata, numbers.
#include "storage/storage_fixture.hpp"

using namespace test;

namespace {

// ---- description

TEST_P(AnyStorage, SamplesAreOfTheirOwn) {
  StorageHandle storage = world_.open();
  const FieldHandle sample = [&] {
    record(storage, 1);
    return sample_of(storage);
  }();
  EXPECT_EQ(Bytes(48, std::byte{0}), bytes_of(sample)) << "all zero";
  ASSERT_OK(pde_storage_read(storage, 0, sample));
  EXPECT_OK(pde_storage_close(storage.release()));
  EXPECT_EQ(samples(0), bytes_of(sample));
  EXPECT_EQ("u", label_of(sample));
  EXPECT_EQ(grid_text_of(field_), grid_text_of(sample));
}

TEST_P(AnyStorage, SeriesKeepTheLabelOfTheFirstSession) {
  const StorageHandle storage = world_.open();
  record(storage, 1);
  const FieldHandle renamed = new_field(grid_, PDE_SCALAR, PDE_FLOAT64, "v");
  ASSERT_OK(pde_storage_append(storage, renamed, 5));
  EXPECT_EQ("u", label_of(sample_of(storage)));
}

TEST_P(AnyStorage, LabelsComeBackAsTheyWere) {
  for (const char *label : {"", "c", "\u03b1\u03b2", "a \"b\" \\ it's", "\U0001F642\n\t\x01", "{title}"}) {
    StorageWorld world(GetParam());
    StorageHandle storage = world.open();
    const FieldHandle field = new_field(grid_, PDE_SCALAR, PDE_FLOAT64, label);
    ASSERT_OK(pde_storage_append(storage, field, 0));
    ASSERT_OK(pde_storage_finish(storage));
    if (GetParam().lasts()) storage = world.reopen(storage, "readonly");
    EXPECT_EQ(label, label_of(sample_of(storage)));
  }
  StorageWorld world(GetParam());
  const StorageHandle storage = world.open();
  const FieldHandle unnamed = new_field(grid_);
  ASSERT_OK(pde_storage_append(storage, unnamed, 0));
  EXPECT_EQ("(none)", label_of(sample_of(storage)));
}

TEST_P(AnyStorage, GridsComeBackBitForBit) {
  std::vector<GridHandle> grids;
  grids.push_back(cartesian_grid({-3.14}, {1.41}, {5}, {1}));
  grids.push_back(cartesian_grid({0.1, -1e-300}, {0.3, 1e-300}, {2, 3}, {0, 1}));
  grids.push_back(cartesian_grid({1e15, -0.0, -1e200}, {1e15 + 2, 5e-324, 1e200}, {1, 2, 3}, {1, 1, 0}));
  grids.push_back(unit_grid({1, 1, 1}, {0, 1, 0}));
  for (const GridHandle &grid : grids) {
    int32_t ndim = 0;
    ASSERT_OK(pde_grid_ndim(grid, &ndim));
    StorageWorld world(GetParam(), static_cast<size_t>(ndim));
    StorageHandle storage = world.open();
    const FieldHandle field = new_field(grid);
    ASSERT_OK(pde_storage_append(storage, field, 0));
    ASSERT_OK(pde_storage_finish(storage));
    if (GetParam().lasts()) storage = world.reopen(storage, "append");
    GridHandle stored;
    ASSERT_OK(pde_field_grid(sample_of(storage), stored.out()));
    int32_t equal = -1;
    ASSERT_OK(pde_grid_equal(grid, stored, &equal));
    EXPECT_EQ(1, equal) << grid_text_of(field);
    EXPECT_OK(pde_storage_append(storage, field, 1)) << "so the series goes on";
  }
}

// ---- metadata

TEST_P(AnyStorage, InfoIsMergedLaterOverEarlier) {
  const StorageHandle storage = world_.open(nullptr, R"(info='{"a": 1, "b": 1, "c": 1}')");
  EXPECT_EQ("1", info_of(storage, "a"));
  ASSERT_OK(pde_storage_set_info(storage, "b", "2"));
  ASSERT_OK(pde_storage_set_info(storage, "c", "2"));
  ASSERT_OK(pde_storage_start(storage, field_, R"({"c": 3, "d": {"e": [null, true, "x"]}})"));
  EXPECT_EQ("1", info_of(storage, "a"));
  EXPECT_EQ("2", info_of(storage, "b"));
  EXPECT_EQ("3", info_of(storage, "c"));
  EXPECT_TRUE(same_json(R"({"e": [null, true, "x"]})", info_of(storage, "d")));
  ASSERT_OK(pde_storage_set_info(storage, "c", "4"));
  EXPECT_EQ("4", info_of(storage, "c"));
  ASSERT_OK(pde_storage_finish(storage));
  EXPECT_EQ("4", info_of(storage, "c"));
  ASSERT_OK(pde_storage_start(storage, field_, R"({"b": 5})"));
  EXPECT_EQ("5", info_of(storage, "b"));
  EXPECT_EQ("4", info_of(storage, "c"));
}

TEST_P(AnyStorage, TheLastWordOnAnEntryHolds) {
  const StorageHandle storage = world_.open();
  record(storage, 1);
  ASSERT_OK(pde_storage_set_info(storage, "a", "1"));
  ASSERT_OK(pde_storage_start(storage, field_, R"({"a": 2})"));
  ASSERT_OK(pde_storage_finish(storage));
  ASSERT_OK(pde_storage_start(storage, field_, nullptr));
  ASSERT_OK(pde_storage_finish(storage));
  EXPECT_EQ("2", info_of(storage, "a")) << "what was set before the second session must not come back";
}

TEST_P(AnyStorage, RemovedInfoDoesNotComeBack) {
  StorageHandle storage = world_.open(nullptr, R"(info='{"option": 1, "kept": 2}')");
  record(storage, 1);
  ASSERT_OK(pde_storage_set_info(storage, "option", nullptr));
  record(storage, 1);
  EXPECT_EQ("(none)", info_of(storage, "option"));
  record(storage, 1);
  EXPECT_EQ("(none)", info_of(storage, "option")) << "what the option said is over";
  EXPECT_EQ("2", info_of(storage, "kept"));
  if (GetParam().lasts()) storage = world_.reopen(storage, "readonly");
  EXPECT_EQ("(none)", info_of(storage, "option"));
  EXPECT_EQ("2", info_of(storage, "kept"));
}

TEST_P(LastingStorage, StoredInfoWinsOverTheOption) {
  StorageHandle storage = world_.open(nullptr, R"(info='{"a": 1}')");
  record(storage, 1);
  storage = world_.reopen(storage, "append", R"(info='{"a": 9, "b": 9}')");
  EXPECT_EQ("1", info_of(storage, "a"));
  EXPECT_EQ("9", info_of(storage, "b"));
  ASSERT_OK(pde_storage_start(storage, field_, R"({"a": 2})"));
  storage = world_.reopen(storage, "readonly");
  EXPECT_EQ("2", info_of(storage, "a"));
  EXPECT_EQ("9", info_of(storage, "b"));
}

TEST_P(LastingStorage, InfoSetBetweenSessionsIsKept) {
  StorageHandle storage = world_.open();
  record(storage, 2);
  ASSERT_OK(pde_storage_set_info(storage, "kept", R"("by closing")"));
  storage = world_.reopen(storage, "append");
  EXPECT_EQ(R"("by closing")", info_of(storage, "kept"));
  ASSERT_OK(pde_storage_set_info(storage, "kept", nullptr));
  ASSERT_OK(pde_storage_set_info(storage, "never there", nullptr));
  ASSERT_OK(pde_storage_set_info(storage, "flushed", "[1, 2]"));
  EXPECT_OK(pde_storage_flush(storage));
  EXPECT_FALSE(is_writing(storage));
  EXPECT_EQ("(none)", info_of(storage, "kept"));
  storage = world_.reopen(storage, "readonly");
  EXPECT_EQ("(none)", info_of(storage, "kept"));
  EXPECT_TRUE(same_json("[1, 2]", info_of(storage, "flushed")));
  expect_snapshots(storage, {0, 1});
}

TEST_P(LastingStorage, InfoKeepsEveryJsonValue) {
  const char *values[] = {"null",
                          "true",
                          "0",
                          "-1.5e-300",
                          "0.1",
                          "1e400",
                          "123456789012345678901234567890",
                          "NaN",
                          "Infinity",
                          "-Infinity",
                          R"("a \"b\" \\ \u00fc \ud83d\ude42 it's")",
                          "[1, [2.5, \"x\"], []]",
                          R"({"k": {"deep": [null, false, NaN]}, "": {}})"};
  StorageHandle storage = world_.open();
  record(storage, 1);
  int i = 0;
  for (const char *value : values) {
    const pde_status status = pde_storage_set_info(storage, ("key " + std::to_string(i++)).c_str(), value);
    if (std::string_view(value) == "1e400") {
      EXPECT_TRUE(status == PDE_OK || status == PDE_ERR_ARGUMENT);
      continue;
    }
    EXPECT_OK(status) << value;
  }
  const std::string long_text = "\"" + std::string(100000, 'x') + "\"";
  ASSERT_OK(pde_storage_set_info(storage, "long", long_text.c_str()));
  storage = world_.reopen(storage, "readonly");
  i = 0;
  for (const char *value : values) {
    const std::string key = "key " + std::to_string(i++);
    if (std::string_view(value) == "1e400") continue;
    if (std::string_view(value).size() == 30) {
      EXPECT_EQ(value, info_of(storage, key.c_str())) << "numbers keep their digits";
      continue;
    }
    EXPECT_TRUE(same_json(value, info_of(storage, key.c_str()))) << value;
  }
  EXPECT_EQ(long_text, info_of(storage, "long"));
}

TEST_P(AnyStorage, InfoRefusesWhatIsNone) {
  const StorageHandle storage = world_.open();
  record(storage, 1);
  const std::string before = info_of(storage, nullptr);
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_set_info(storage, "", "1"));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_set_info(storage, "a/b", "1"));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_set_info(storage, "field_attributes", "1"));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_set_info(storage, "data_length", "1"));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_set_info(storage, "field_attributes", nullptr));
  for (const char *bad : {"", "x", "[1", "1 2", "\"\xff\"", "nan", "'a'"})
    EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_set_info(storage, "a", bad)) << bad;
  EXPECT_EQ(before, info_of(storage, nullptr));
}

TEST_P(AnyStorage, StartCannotSetWhatTheStorageKeepsItself) {
  const StorageHandle storage = world_.open();
  const pde_status status =
      pde_storage_start(storage, field_, R"({"data_length": 77, "field_attributes": 1, "a": 1})");
  if (status == PDE_OK) {
    append(storage, 0, 0);
    ASSERT_OK(pde_storage_finish(storage));
    EXPECT_NE("77", info_of(storage, "data_length"));
    EXPECT_NE("1", info_of(storage, "field_attributes"));
    expect_snapshots(storage, {0});
    EXPECT_EQ("u", label_of(sample_of(storage)));
  } else {
    EXPECT_STATUS(PDE_ERR_ARGUMENT, status);
  }
}

// ---- numbers about the writing

TEST_P(AnyStorage, CountsWhatItStores) {
  const StorageHandle storage = world_.open();
  const auto number = [&](const char *key) {
    const char *json = nullptr;
    EXPECT_OK(pde_storage_statistics(storage, &json));
    const auto statistics = parse_json(json);
    return statistics.HasMember(key) ? statistics[key].GetDouble() : -1;
  };
  EXPECT_EQ(0, number("snapshots"));
  EXPECT_EQ(0, number("bytes_in"));
  EXPECT_EQ(0, number("ratio"));
  EXPECT_EQ(0, number("commits"));
  record(storage, 5);
  EXPECT_EQ(5, number("snapshots"));
  EXPECT_EQ(5 * 48, number("bytes_in"));
  EXPECT_GT(number("bytes_stored"), 0);
  EXPECT_EQ(number("bytes_in") / number("bytes_stored"), number("ratio"));
  if (GetParam().commits()) {
    EXPECT_GE(number("commits"), 1);
  }
}

TEST_P(LastingStorage, CountsWhatIsThereAlready) {
  StorageHandle storage = world_.open();
  record(storage, 5);
  storage = world_.reopen(storage, "append");
  const char *json = nullptr;
  ASSERT_OK(pde_storage_statistics(storage, &json));
  const auto statistics = parse_json(json);
  EXPECT_EQ(5, statistics["snapshots"].GetInt());
  EXPECT_EQ(5 * 48, statistics["bytes_in"].GetInt());
}

TEST_P(AnyStorage, CommitsWhenAsked) {
  const StorageHandle storage = world_.open();
  ASSERT_OK(pde_storage_start(storage, field_, nullptr));
  for (int i = 0; i < 5; ++i) append(storage, i, i);
  EXPECT_LE(committed(storage), 5);
  ASSERT_OK(pde_storage_flush(storage));
  EXPECT_EQ(GetParam().commits() ? 5 : 0, committed(storage));
  append(storage, 5, 5);
  ASSERT_OK(pde_storage_finish(storage));
  EXPECT_EQ(GetParam().commits() ? 6 : 0, committed(storage));
  expect_snapshots(storage, {0, 1, 2, 3, 4, 5});
}

TEST_P(LastingStorage, WhatWasCommittedStaysSoInTheNextSession) {
  StorageHandle storage = world_.open();
  record(storage, 3);
  storage = world_.reopen(storage, "append");
  EXPECT_EQ(GetParam().commits() ? 3 : 0, committed(storage));
  ASSERT_OK(pde_storage_start(storage, field_, nullptr));
  EXPECT_EQ(GetParam().commits() ? 3 : 0, committed(storage));
}

RUN_OVER(AnyStorage, is_any);
RUN_OVER(LastingStorage, is_lasting);

}  // namespace
