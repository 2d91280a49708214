// What every storage promises about reading: what was given comes back, from any snapshot, in any layout.
#include "storage/storage_fixture.hpp"

using namespace test;

namespace {

TEST_P(AnyStorage, GivesTimesByRange) {
  const StorageHandle storage = world_.open();
  record(storage, 5);
  double times[5] = {};
  ASSERT_OK(pde_storage_times(storage, -2, 2, times));
  EXPECT_EQ(3, times[0]);
  EXPECT_EQ(4, times[1]);
  ASSERT_OK(pde_storage_times(storage, 1, 3, times));
  EXPECT_EQ(3, times[2]);
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_times(storage, 3, 3, times));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_times(storage, 5, 1, times));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_times(storage, -6, 1, times));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_times(storage, INT64_MIN, 1, times));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_times(storage, 1, INT64_MAX, times));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_times(storage, 0, -1, times));
}

// ---- reading

TEST_P(AnyStorage, CountsFromTheEnd) {
  const StorageHandle storage = world_.open();
  record(storage, 3);
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(pde_storage_read(storage, i - 3, field_));
    EXPECT_EQ(samples(i), bytes_of(field_));
  }
  for (int64_t bad : {int64_t{3}, int64_t{-4}, INT64_MAX, INT64_MIN}) {
    EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_read(storage, bad, field_));
    EXPECT_NE(std::string::npos, std::string(pde_error_message()).find('3')) << "the message has the length";
  }
  EXPECT_EQ(samples(2), bytes_of(field_)) << "a refused call changes nothing";
}

TEST_P(AnyStorage, ReadsRangesWithSteps) {
  const StorageHandle storage = world_.open();
  record(storage, 7);
  const auto read = [&](int64_t first, int64_t count, int64_t step) {
    Bytes got(static_cast<size_t>(count) * 48);
    EXPECT_OK(pde_storage_read_raw(storage, first, count, step, PDE_FLOAT64, got.data(), 6 * count));
    Bytes expected;
    for (int64_t i = 0; i < count; ++i) {
      const Bytes one = samples(static_cast<int>((first < 0 ? first + 7 : first) + i * step));
      expected.insert(expected.end(), one.begin(), one.end());
    }
    EXPECT_EQ(expected, got) << first << ", " << count << ", " << step;
  };
  for (int64_t first = -7; first < 7; ++first) {
    const int64_t from = first < 0 ? first + 7 : first;
    for (int64_t step = 1; step <= 8; ++step) {
      for (int64_t count = 1; from + (count - 1) * step < 7; ++count) read(first, count, step);
    }
  }
  Bytes buffer(7 * 48);
  const auto status = [&](int64_t first, int64_t count, int64_t step, int64_t size) {
    return pde_storage_read_raw(storage, first, count, step, PDE_FLOAT64, buffer.data(), size);
  };
  EXPECT_OK(pde_storage_read_raw(storage, 0, 0, 1, PDE_FLOAT64, nullptr, 0));
  EXPECT_STATUS(PDE_ERR_RANGE, status(0, 4, 3, 24));
  EXPECT_STATUS(PDE_ERR_RANGE, status(6, 2, 1, 12));
  EXPECT_STATUS(PDE_ERR_RANGE, status(0, 2, INT64_MAX, 12));
  EXPECT_STATUS(PDE_ERR_RANGE, status(0, INT64_MAX, 1, 12));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, status(0, -1, 1, 6));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, status(0, 1, 0, 6));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, status(0, 1, -1, 6));
  EXPECT_STATUS(PDE_ERR_SHAPE, status(0, 2, 1, 11));
  EXPECT_STATUS(PDE_ERR_SHAPE, status(0, 0, 1, 1));
}

TEST_P(AnyStorage, WidensButNeverNarrows) {
  const FieldHandle narrow = new_field(grid_, PDE_SCALAR, PDE_FLOAT32);
  ASSERT_OK(pde_field_fill(narrow, 0.1f, 0));
  const StorageHandle storage = world_.open();
  ASSERT_OK(pde_storage_append(storage, narrow, 0));
  for (int32_t dtype : kDtypes) {
    SCOPED_TRACE(pde_dtype_name(dtype));
    const FieldHandle into = new_field(grid_, PDE_SCALAR, dtype);
    const bool holds =
        dtype == PDE_FLOAT64 || dtype == PDE_FLOAT32 || dtype == PDE_COMPLEX128 || dtype == PDE_COMPLEX64;
    Bytes raw(static_cast<size_t>(6 * pde_dtype_size(dtype)));
    EXPECT_STATUS(holds ? PDE_OK : PDE_ERR_DTYPE, pde_storage_read(storage, 0, into));
    EXPECT_STATUS(holds ? PDE_OK : PDE_ERR_DTYPE,
                  pde_storage_read_raw(storage, 0, 1, 1, dtype, raw.data(), 6));
    if (holds) {
      EXPECT_EQ(raw, bytes_of(into));
    }
    if (dtype == PDE_FLOAT64) {
      double value = 0;
      std::memcpy(&value, raw.data(), sizeof value);
      EXPECT_EQ(static_cast<double>(0.1f), value);
    }
  }
}

TEST_P(AnyStorage, ReadsOnlyIntoFieldsOfItsKind) {
  const StorageHandle storage = world_.open();
  record(storage, 1);
  const auto refused = [&](const FieldHandle &into) {
    const Bytes before = bytes_of(into);
    EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_read(storage, 0, into));
    EXPECT_EQ(before, bytes_of(into));
  };
  refused(new_field(grid_, PDE_VECTOR));
  refused(new_field(unit_grid({3, 2}, {1, 0})));
  refused(new_field(unit_grid({2, 3}, {0, 0})));
  refused(new_field(unit_grid({6})));
  refused(new_field(cartesian_grid({0, 0}, {2, 3}, {2, 3}, {1, 0})));
  const FieldHandle member = new_field(grid_);
  refused(collection_of({member}));
}

// ---- samples of all sorts

TEST_P(AnyStorage, TakesEveryLayoutAndGivesIntoEveryLayout) {
  std::mt19937_64 random(1);
  const std::vector<int64_t> shapes[] = {{7}, {3, 5}, {3, 2, 4}};
  for (size_t ndim = 1; ndim <= 3; ++ndim) {
    const GridHandle grid = unit_grid(shapes[ndim - 1]);
    for (int32_t rank : {PDE_SCALAR, PDE_VECTOR, PDE_TENSOR}) {
      const auto components = static_cast<size_t>(rank), axes = components + ndim;
      StorageWorld world(GetParam(), axes);
      const StorageHandle storage = world.open();
      std::vector<Bytes> given;
      for (Order order : kOrders) {
        LaidOutField field(grid, rank, PDE_FLOAT32, layout_of(order, components, axes));
        given.push_back(random_samples(random, PDE_FLOAT32, count_of(shape_of(field))));
        field.set(given.back());
        ASSERT_OK(pde_storage_append(storage, field, PDE_TIME_AUTO));
      }
      for (size_t i = 0; i < given.size(); ++i) {
        const int64_t count = static_cast<int64_t>(given[i].size()) / 4;
        EXPECT_EQ(given[i], raw_snapshot(storage, static_cast<int64_t>(i), PDE_FLOAT32, count));
        for (Order order : kOrders) {
          LaidOutField into(grid, rank, PDE_FLOAT32, layout_of(order, components, axes));
          ASSERT_OK(pde_storage_read(storage, static_cast<int64_t>(i), into));
          EXPECT_EQ(given[i], into.get())
              << "axes " << ndim << ", rank " << rank << ", order " << static_cast<int>(order);
          EXPECT_TRUE(into.halo_untouched());
        }
      }
    }
  }
}

TEST_P(AnyStorage, KeepsEveryDtypeRankAndDimensionBitForBit) {
  std::mt19937_64 random(2);
  for (int32_t dtype : kDtypes) {
    for (size_t ndim = 1; ndim <= 3; ++ndim) {
      const GridHandle grid = unit_grid(std::vector<int64_t>(ndim, 3));
      for (int32_t rank : {PDE_SCALAR, PDE_VECTOR, PDE_TENSOR}) {
        SCOPED_TRACE(std::string(pde_dtype_name(dtype)) + ", rank " + std::to_string(rank) + ", axes " +
                     std::to_string(ndim));
        StorageWorld world(GetParam(), ndim + static_cast<size_t>(rank));
        StorageHandle storage = world.open();
        const FieldHandle field = new_field(grid, rank, dtype, "q");
        const int64_t count = count_of(shape_of(field));
        const Bytes first = random_samples(random, dtype, count),
                    second = random_samples(random, dtype, count);
        ASSERT_OK(pde_storage_start(storage, field, nullptr));
        ASSERT_OK(pde_storage_append_raw(storage, dtype, first.data(), count, 0));
        ASSERT_OK(pde_storage_append_raw(storage, dtype, second.data(), count, 1));
        ASSERT_OK(pde_storage_finish(storage));
        if (GetParam().lasts()) storage = world.reopen(storage, "readonly");
        EXPECT_EQ(first, raw_snapshot(storage, 0, dtype, count));
        const FieldHandle sample = sample_of(storage);
        EXPECT_EQ(dtype, dtype_of(sample));
        EXPECT_EQ(rank, rank_of(sample));
        EXPECT_EQ(shape_of(field), shape_of(sample));
        EXPECT_EQ(grid_text_of(field), grid_text_of(sample));
        ASSERT_OK(pde_storage_read(storage, 1, sample));
        EXPECT_EQ(second, bytes_of(sample));
      }
    }
  }
}

TEST_P(AnyStorage, KeepsSpecialNumbersBitForBit) {
  const uint64_t special[6] = {
      0x7FF8000000000001,          0xFFF0DEADBEEF0001 /* a signalling NaN with payload */,
      0x8000000000000000 /* -0 */, 0x0000000000000001 /* the smallest number */,
      0x7FF0000000000000,          0xFFF0000000000000};
  Bytes bits(sizeof special);
  std::memcpy(bits.data(), special, sizeof special);
  StorageHandle storage = world_.open();
  ASSERT_OK(pde_storage_start(storage, field_, nullptr));
  ASSERT_OK(pde_storage_append_raw(storage, PDE_FLOAT64, special, 6, 0));
  LaidOutField strided(grid_, PDE_SCALAR, PDE_FLOAT64, layout_of(Order::fortran, 0, 2));
  strided.set(bits);
  ASSERT_OK(pde_storage_append(storage, strided, 1));
  ASSERT_OK(pde_storage_finish(storage));
  if (GetParam().lasts()) storage = world_.reopen(storage, "readonly");
  for (int64_t i : {0, 1}) {
    EXPECT_EQ(bits, raw_snapshot(storage, i, PDE_FLOAT64, 6));
    ASSERT_OK(pde_storage_read(storage, i, strided));
    EXPECT_EQ(bits, strided.get());
  }
}

TEST_P(AnyStorage, KeepsCollectionsWithTheirMembers) {
  std::mt19937_64 random(3);
  const GridHandle grid = cartesian_grid({-1, 0.5}, {2, 1.25}, {4, 3}, {0, 1});
  LaidOutField a(grid, PDE_SCALAR, PDE_COMPLEX64, layout_of(Order::halo, 0, 2), "a");
  LaidOutField b(grid, PDE_VECTOR, PDE_COMPLEX64, layout_of(Order::interleaved, 1, 3));
  LaidOutField c(grid, PDE_TENSOR, PDE_COMPLEX64, layout_of(Order::fortran, 2, 4),
                 "ten\u00f6r \"q\" \\ \U0001F642");
  StorageWorld world(GetParam(), 3);
  StorageHandle storage = world.open();
  const FieldHandle state = collection_of({a, b, c}, "all");
  std::vector<Bytes> given;
  for (int i = 0; i < 3; ++i) {
    Bytes rows;
    for (LaidOutField *member : {&a, &b, &c}) {
      const Bytes part = random_samples(random, PDE_COMPLEX64, count_of(shape_of(*member)));
      member->set(part);
      rows.insert(rows.end(), part.begin(), part.end());
    }
    given.push_back(rows);
    ASSERT_OK(pde_storage_append(storage, state, i));
  }
  ASSERT_OK(pde_storage_finish(storage));
  if (GetParam().lasts()) storage = world.reopen(storage, "readonly");
  const FieldHandle sample = sample_of(storage);
  EXPECT_EQ(PDE_COLLECTION, rank_of(sample));
  EXPECT_EQ("all", label_of(sample));
  EXPECT_EQ((std::vector<int64_t>{7, 4, 3}), shape_of(sample));
  const std::pair<int32_t, std::string> members[] = {
      {PDE_SCALAR, "a"}, {PDE_VECTOR, "(none)"}, {PDE_TENSOR, "ten\u00f6r \"q\" \\ \U0001F642"}};
  for (int64_t i = 0; i < 3; ++i) {
    FieldHandle member;
    ASSERT_OK(pde_field_member(sample, i, member.out()));
    EXPECT_EQ(members[i].first, rank_of(member));
    EXPECT_EQ(members[i].second, label_of(member));
    EXPECT_EQ(given[static_cast<size_t>(i)], raw_snapshot(storage, i, PDE_COMPLEX64, 84));
    ASSERT_OK(pde_storage_read(storage, i, sample));
    EXPECT_EQ(given[static_cast<size_t>(i)], bytes_of(sample));
    ASSERT_OK(pde_storage_read(storage, i, state));
    EXPECT_EQ(given[static_cast<size_t>(i)], bytes_of(state)) << "into the arrays of its members";
  }
  const FieldHandle other_order = collection_of({b, a, c});
  EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_read(storage, 0, other_order)) << "same shape, other members";
}

RUN_OVER(AnyStorage, is_any);

}  // namespace
