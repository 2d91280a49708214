// What every storage promises about views of it: they show some fields or some snapshots, copy nothing,
// follow what they show, and are only read.
#include "storage/storage_fixture.hpp"

using namespace test;

namespace {

/// A series of collections: a scalar "a" and a vector "b" on 2 x 3 cells; sample k of snapshot i is 100 i +
/// k.
class ViewedStorage : public StorageTest {
 protected:
  ViewedStorage()
      : StorageTest(3),
        a_(new_field(grid_, PDE_SCALAR, PDE_FLOAT64, "a")),
        b_(new_field(grid_, PDE_VECTOR, PDE_FLOAT64, "b")),
        state_(collection_of({a_, b_}, "both")),
        storage_(world_.open(nullptr, R"(info='{"who": "me"}')")) {}

  void add(int count) {
    for (int i = 0; i < count; ++i) {
      std::vector<double> array(18);
      const auto number = static_cast<double>(length_of(storage_));
      for (size_t k = 0; k < 18; ++k) array[k] = 100 * number + static_cast<double>(k);
      if (!is_writing(storage_)) {
        ASSERT_OK(pde_storage_start(storage_, state_, nullptr));
      }
      ASSERT_OK(pde_storage_append_raw(storage_, PDE_FLOAT64, array.data(), 18, number));
    }
  }
  StorageHandle view_field(pde_storage *storage, int64_t member) {
    StorageHandle view;
    REQUIRE_OK(pde_storage_view_field(storage, member, view.out()));
    return view;
  }
  StorageHandle view_fields(pde_storage *storage, const std::vector<int64_t> &members) {
    StorageHandle view;
    REQUIRE_OK(
        pde_storage_view_fields(storage, members.data(), static_cast<int64_t>(members.size()), view.out()));
    return view;
  }
  StorageHandle view_range(pde_storage *storage, int64_t first, int64_t count, int64_t step) {
    StorageHandle view;
    REQUIRE_OK(pde_storage_view_range(storage, first, count, step, view.out()));
    return view;
  }
  /// The view's snapshot is made of these samples of snapshot `number`, six by six.
  static void expect_rows(pde_storage *view, int64_t index, int number, const std::vector<int> &rows) {
    std::vector<double> expected, got(6 * rows.size());
    for (int row : rows) {
      for (int k = 0; k < 6; ++k) expected.push_back(100 * number + 6 * row + k);
    }
    const auto size = static_cast<int64_t>(got.size());
    ASSERT_OK(pde_storage_read_raw(view, index, 1, 1, PDE_FLOAT64, got.data(), size));
    EXPECT_EQ(expected, got) << index;
  }

  FieldHandle a_, b_, state_;
  StorageHandle storage_;
};

TEST_P(ViewedStorage, ShowsOneField) {
  add(3);
  const StorageHandle a = view_field(storage_, 0), b = view_field(storage_, 1);
  EXPECT_EQ(PDE_SCALAR, rank_of(sample_of(a)));
  EXPECT_EQ("a", label_of(sample_of(a)));
  EXPECT_EQ(PDE_VECTOR, rank_of(sample_of(b)));
  EXPECT_EQ("b", label_of(sample_of(b)));
  for (int i = 0; i < 3; ++i) {
    expect_rows(a, i, i, {0});
    expect_rows(b, i, i, {1, 2});
    const FieldHandle into = sample_of(b);
    ASSERT_OK(pde_storage_read(b, i - 3, into));
    EXPECT_EQ(raw_snapshot(b, i, PDE_FLOAT64, 12), bytes_of(into));
  }
  EXPECT_EQ(times_of(storage_), times_of(b));
  int64_t first = -1, count = -1;
  ASSERT_OK(pde_storage_find_range(b, 1, 9, &first, &count));
  EXPECT_EQ(1, first);
  EXPECT_EQ(2, count);
  EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_read(a, 0, b_));
  const int64_t lower[] = {1, 0, 1}, shape[] = {1, 2, 1};
  std::vector<double> box(4);
  ASSERT_OK(pde_storage_read_box(b, 0, 2, 2, lower, shape, PDE_FLOAT64, box.data(), nullptr));
  EXPECT_EQ((std::vector<double>{13, 16, 213, 216}), box);
  EXPECT_OK(pde_storage_check(b, nullptr));
}

TEST_P(ViewedStorage, ShowsSeveralFieldsInTheOrderWanted) {
  add(2);
  const StorageHandle view = view_fields(storage_, {1, 0});
  const FieldHandle sample = sample_of(view);
  EXPECT_EQ(PDE_COLLECTION, rank_of(sample));
  EXPECT_EQ((std::vector<int64_t>{3, 2, 3}), shape_of(sample));
  int64_t member = -1;
  ASSERT_OK(pde_storage_find_member(view, "a", &member));
  EXPECT_EQ(1, member);
  expect_rows(view, 1, 1, {1, 2, 0});
  const StorageHandle single = view_fields(storage_, {0});
  EXPECT_EQ(PDE_COLLECTION, rank_of(sample_of(single)));
  expect_rows(single, 0, 0, {0});
}

TEST_P(ViewedStorage, ShowsSomeSnapshots) {
  add(7);
  const StorageHandle view = view_range(storage_, -6, 3, 2);  // 1, 3, 5
  EXPECT_EQ((std::vector<double>{1, 3, 5}), times_of(view));
  for (int i = 0; i < 3; ++i) expect_rows(view, i, 1 + 2 * i, {0, 1, 2});
  int64_t nearest = -1;
  ASSERT_OK(pde_storage_find_nearest(view, 4.9, &nearest));
  EXPECT_EQ(2, nearest);
  std::vector<double> two(36);
  ASSERT_OK(pde_storage_read_raw(view, 0, 2, 2, PDE_FLOAT64, two.data(), 36));
  EXPECT_EQ(100, two[0]);
  EXPECT_EQ(500, two[18]);
  add(1);
  EXPECT_EQ(3, length_of(view)) << "it does not grow";
  const StorageHandle none = view_range(storage_, 0, 0, 1);
  EXPECT_EQ(0, length_of(none));
  EXPECT_EQ("both", label_of(sample_of(none)));
}

TEST_P(ViewedStorage, ShowsWhatAViewShows) {
  add(7);
  const StorageHandle fields = view_fields(storage_, {1, 0}), odd = view_range(fields, 1, 3, 2),
                      a = view_field(odd, 1), last = view_range(a, -2, 2, 1);
  EXPECT_EQ((std::vector<double>{3, 5}), times_of(last));
  EXPECT_EQ("a", label_of(sample_of(last)));
  expect_rows(last, 0, 3, {0});
  expect_rows(last, -1, 5, {0});
  const StorageHandle again = view_fields(view_field(storage_, 1), {0});
  expect_rows(again, 2, 2, {1, 2});
}

TEST_P(ViewedStorage, FollowsWhatItShows) {
  add(2);
  const StorageHandle view = view_field(storage_, 1);
  for (int i = 2; i < 5; ++i) {
    add(1);
    EXPECT_EQ(i + 1, length_of(view));
    expect_rows(view, -1, i, {1, 2});
  }
  ASSERT_OK(pde_storage_set_info(storage_, "new", "1"));
  EXPECT_EQ("1", info_of(view, "new"));
  ASSERT_OK(pde_storage_finish(storage_));
  EXPECT_EQ(5, length_of(view));
  EXPECT_EQ(committed(storage_), committed(view));
  const StorageHandle range = view_range(storage_, 1, 4, 1);
  if (GetParam().truncates()) {
    ASSERT_OK(pde_storage_truncate_after(storage_, 2));
    EXPECT_EQ(3, length_of(view));
    EXPECT_EQ(2, length_of(range)) << "as many as there are";
    ASSERT_OK(pde_storage_clear(storage_, 1));
    EXPECT_EQ(0, length_of(view));
    EXPECT_EQ(0, length_of(range));
  }
}

TEST_P(ViewedStorage, FollowsAnotherKindAsFarAsItCan) {
  add(2);
  const StorageHandle second = view_field(storage_, 1), first = view_field(storage_, 0);
  if (!GetParam().truncates()) {
    EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_clear(storage_, 1));
    return;
  }
  ASSERT_OK(pde_storage_clear(storage_, 1));
  ASSERT_OK(pde_storage_append(storage_, b_, 0)) << "a vector";
  EXPECT_EQ(1, length_of(first));
  EXPECT_EQ(PDE_VECTOR, rank_of(sample_of(first)));
  std::vector<double> got(6 * 2);
  EXPECT_OK(pde_storage_read_raw(first, 0, 1, 1, PDE_FLOAT64, got.data(), 12));
  FieldHandle sample;
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_sample(second, sample.out())) << "there is no second field now";
  EXPECT_OK(pde_storage_close(storage_.release()));
}

TEST_P(ViewedStorage, DescribesItself) {
  add(2);
  const StorageHandle view = view_field(storage_, 1);
  EXPECT_EQ(R"("me")", info_of(view, "who"));
  const std::string attributes = info_of(view, "field_attributes");
  EXPECT_NE(std::string::npos, attributes.find("VectorField")) << attributes;
  EXPECT_EQ(std::string::npos, attributes.find("FieldCollection")) << attributes;
  EXPECT_EQ("(none)", info_of(view, "data_length"));
  EXPECT_EQ("readonly", mode_of(view));
  EXPECT_FALSE(is_writing(view)) << "though its base is";
  const char *text = nullptr;
  ASSERT_OK(pde_storage_uri(view, &text));
  EXPECT_EQ(world_.uri(), text);
  ASSERT_OK(pde_storage_statistics(view, &text));
  const auto statistics = parse_json(text);
  EXPECT_EQ(2, statistics["snapshots"].GetInt());
  EXPECT_EQ(2 * 12 * 8, statistics["bytes_in"].GetInt());
  EXPECT_EQ(0, statistics["bytes_stored"].GetInt()) << "it copies nothing";
}

TEST_P(ViewedStorage, KeepsMetadataOfSnapshotsInPlace) {
  ASSERT_OK(pde_storage_append_info(storage_, state_, 0, "0"));
  ASSERT_OK(pde_storage_append(storage_, state_, 1));
  ASSERT_OK(pde_storage_append_info(storage_, state_, 2, "2"));
  const StorageHandle view = view_range(view_field(storage_, 1), 1, 2, 1);
  EXPECT_EQ("(none)", snapshot_info_of(view, 0));
  EXPECT_EQ("2", snapshot_info_of(view, 1));
}

TEST_P(ViewedStorage, IsOnlyRead) {
  add(2);
  const StorageHandle view = view_field(storage_, 0);
  EXPECT_STATUS(PDE_ERR_READONLY, pde_storage_start(view, a_, nullptr));
  EXPECT_STATUS(PDE_ERR_READONLY, pde_storage_append(view, a_, 9));
  EXPECT_STATUS(PDE_ERR_READONLY, pde_storage_append_info(view, a_, 9, "1"));
  const Bytes array = bytes_of(a_);
  EXPECT_STATUS(PDE_ERR_READONLY, pde_storage_append_raw(view, PDE_FLOAT64, array.data(), 6, 9));
  EXPECT_STATUS(PDE_ERR_READONLY, pde_storage_set_info(view, "a", "1"));
  EXPECT_STATUS(PDE_ERR_READONLY, pde_storage_truncate_after(view, 0));
  EXPECT_STATUS(PDE_ERR_READONLY, pde_storage_clear(view, 0));
  EXPECT_STATUS(PDE_ERR_READONLY, pde_storage_clear(view, 1));
  EXPECT_OK(pde_storage_flush(view));
  EXPECT_OK(pde_storage_finish(view));
  StorageHandle other = view_field(storage_, 1);
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_copy(storage_, view, nullptr)) << "a view of the storage";
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_copy(view, storage_, nullptr));
  EXPECT_EQ(2, length_of(storage_));
  EXPECT_TRUE(is_writing(storage_));
}

TEST_P(ViewedStorage, RefusesWhatIsNotThere) {
  StorageHandle view;
  for (int64_t member : {0, 1})
    EXPECT_STATUS(PDE_ERR_STATE, pde_storage_view_field(storage_, member, view.out())) << "not described yet";
  add(3);
  for (int64_t member : {int64_t{-1}, int64_t{2}, INT64_MAX, INT64_MIN})
    EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_view_field(storage_, member, view.out()));
  const int64_t members[] = {0, 2};
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_view_fields(storage_, members, 2, view.out()));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_view_fields(storage_, members, 0, view.out()));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_view_fields(storage_, members, -1, view.out()));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_view_range(storage_, 0, -1, 1, view.out()));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_view_range(storage_, 0, 1, 0, view.out()));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_view_range(storage_, 3, 1, 1, view.out()));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_view_range(storage_, -4, 1, 1, view.out()));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_view_range(storage_, 0, 2, 3, view.out()));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_view_range(storage_, 0, 2, INT64_MAX, view.out()));
  EXPECT_EQ(nullptr, view.get());
}

TEST_P(ViewedStorage, EndsWithWhatItShows) {
  add(2);
  StorageHandle view = view_field(storage_, 0);
  const StorageHandle of_view = view_range(view, 0, 1, 1);
  EXPECT_OK(pde_storage_close(view.release())) << "closes the view alone";
  expect_rows(of_view, 0, 0, {0});
  add(1);
  view = view_field(storage_, 0);
  EXPECT_OK(pde_storage_close(storage_.release()));
  int64_t number = -7, count = -7;
  double time = -7;
  const char *text = nullptr;
  const void *data = nullptr;
  StorageHandle made;
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_length(view, &number));
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_committed(view, &number));
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_times(view, 0, 1, &time));
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_read(view, 0, a_));
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_refresh(view, &number));
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_find_range(view, 0, 1, &number, &count));
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_find_nearest(view, 0, &number));
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_info(view, nullptr, &text));
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_snapshot_info(view, 0, &text));
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_statistics(view, &text));
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_data_const(view, 0, PDE_FLOAT64, &data));
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_check(view, nullptr));
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_view_field(view, 0, made.out()));
  EXPECT_STATUS(PDE_ERR_STATE, pde_storage_extract_field(view, 0, nullptr, made.out()));
  EXPECT_EQ(-7, number);
  EXPECT_OK(pde_storage_close(view.release()));
}

TEST_P(ViewedStorage, IsBusyTogetherWithWhatItShows) {
  add(2);
  const StorageHandle view = view_field(storage_, 0);
  StorageHandle memory;
  ASSERT_OK(pde_storage_open("memory:", nullptr, nullptr, memory.out()));
  pde_storage *handles[] = {storage_, view, memory};
  ASSERT_OK(pde_storage_apply(
      view, nullptr,
      [](const pde_field *, double, pde_field *out, void *user) {
        for (int i = 0; i < 3; ++i) {
          pde_storage *used = static_cast<pde_storage **>(user)[i];
          int64_t length = -7;
          EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_length(used, &length));
          EXPECT_STATUS(PDE_ERR_BUSY, pde_storage_close(used));
        }
        return pde_field_fill(out, 1, 0);
      },
      handles, memory, nullptr));
  EXPECT_EQ(2, length_of(memory));
}

TEST_P(ViewedStorage, ShowsDataWhereRowsLieSideBySide) {
  add(2);
  const StorageHandle b = view_field(storage_, 1), same = view_fields(storage_, {0, 1}),
                      turned = view_fields(storage_, {1, 0}), last = view_range(b, 1, 1, 1);
  const void *data = nullptr;
  EXPECT_STATUS(PDE_ERR_DTYPE, pde_storage_data_const(b, 0, PDE_FLOAT32, &data));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_data_const(last, 1, PDE_FLOAT64, &data));
  EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_data_const(turned, 0, PDE_FLOAT64, &data));
  EXPECT_EQ(nullptr, data);
  if (!GetParam().shows_data()) {
    EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_data_const(b, 0, PDE_FLOAT64, &data));
    EXPECT_STATUS(PDE_ERR_UNSUPPORTED, pde_storage_data_const(last, 0, PDE_FLOAT64, &data));
    return;
  }
  const auto first_sample = [&](pde_storage *view) {
    EXPECT_OK(pde_storage_data_const(view, -1, PDE_FLOAT64, &data));
    return *static_cast<const double *>(data);
  };
  EXPECT_EQ(106, first_sample(b));
  EXPECT_EQ(106, first_sample(last));
  EXPECT_EQ(100, first_sample(same));
}

TEST_P(AnyStorage, ASingleFieldIsItsOwnOnlyMember) {
  const StorageHandle storage = world_.open();
  record(storage, 3);
  StorageHandle view, collection;
  ASSERT_OK(pde_storage_view_field(storage, 0, view.out()));
  expect_snapshots(view, {0, 1, 2});
  EXPECT_EQ("u", label_of(sample_of(view)));
  const int64_t members[] = {0, 0};
  ASSERT_OK(pde_storage_view_fields(storage, members, 2, collection.out()));
  EXPECT_EQ((std::vector<int64_t>{2, 2, 3}), shape_of(sample_of(collection)));
  EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_view_field(storage, 1, view.out()));
}

RUN_OVER(ViewedStorage, is_any);
RUN_OVER(AnyStorage, is_any);

}  // namespace
