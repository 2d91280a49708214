// All that can be done with a storage, in random order, against a model of vectors: sessions, metadata of
// series and snapshots, truncation, clearing, boxes, searches, views, extracts, copies.
//
// The seed is printed and can be given by the environment variable PDE_TEST_SEED, with which the sequence
// that failed comes first; PDE_TEST_SEQUENCES is how many sequences each kind of storage gets at most.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <optional>

#include "storage/random_kind.hpp"
#include "storage/storage_world.hpp"

using namespace test;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Snapshot {
  Bytes samples;
  double time;
  std::optional<std::string> info;
};

using Series = std::vector<Snapshot>;
using Entries = std::map<std::string, std::string>;

/// Which rows of a snapshot belong to a field of it.
struct Part {
  int64_t first, count;  // bytes
};

Series part_of(const Series &series, const Part &part) {
  Series result = series;
  for (Snapshot &snapshot : result) {
    const auto begin = snapshot.samples.begin() + part.first;
    snapshot.samples = Bytes(begin, begin + part.count);
  }
  return result;
}

void expect_same(const Series &expected, pde_storage *storage, int32_t dtype, const char *what) {
  SCOPED_TRACE(what);
  ASSERT_EQ(static_cast<int64_t>(expected.size()), length_of(storage));
  const std::vector<double> times = times_of(storage);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(expected[i].time, times[i]) << i;
    const auto index = static_cast<int64_t>(i);
    const int64_t count = static_cast<int64_t>(expected[i].samples.size()) / pde_dtype_size(dtype);
    ASSERT_EQ(expected[i].samples, raw_snapshot(storage, index, dtype, count)) << i;
    const char *info = nullptr;
    ASSERT_OK(pde_storage_snapshot_info(storage, index, &info));
    EXPECT_EQ(expected[i].info.value_or("(none)"), info ? info : "(none)") << i;
  }
}

void expect_entries(const Entries &expected, pde_storage *storage) {
  for (const auto &[key, value] : expected) EXPECT_EQ(value, info_of(storage, key.c_str())) << key;
}

class Sequence {
 public:
  Sequence(const StorageKind &kind, uint64_t seed)
      : random_(seed),
        kind_(random_),
        place_(kind),
        world_(kind, kind_.shape().size()),
        ordered_(random_() % 2 == 0) {
    open("create");
  }

  void run(int operations) {
    for (int i = 0; i < operations && !::testing::Test::HasFailure(); ++i) step();
    if (::testing::Test::HasFailure()) return;
    finish();
    check_all();
  }

 private:
  // ---- the state of the handle

  void open(const std::string &mode) {
    if (random_() % 2) view_.reset();
    storage_.reset();
    if (view_) {
      int64_t length = 0;
      EXPECT_STATUS(PDE_ERR_STATE, pde_storage_length(view_, &length)) << "a view of what has been closed";
      view_.reset();
    }
    mode_ = mode;
    writing_ = false;
    if (mode_ == "readonly" && !described_) mode_ = "append";  // nothing is there
    storage_ = world_.open(mode_.c_str(), ordered_ ? "nonfinite=allow" : "nonfinite=allow time_order=any");
    pending_.clear();
  }

  bool truncates() const { return mode_ == "truncate" || mode_ == "truncate_once"; }
  /// What writing answers, begun or not: PDE_OK, or why not.
  pde_status refusal() const {
    if (mode_ == "readonly") return PDE_ERR_READONLY;
    return mode_ == "create" && !series_.empty() ? PDE_ERR_EXISTS : PDE_OK;
  }
  /// What beginning a session does. `goes_on`: whatever the mode says.
  void begun(bool goes_on = false) {
    described_ = writing_ = true;
    if (truncates() && !goes_on) {
      series_.clear();
      entries_.clear();
      for (const auto &[key, value] : pending_) entries_[key] = value;
    }
    pending_.clear();
    if (mode_ != "truncate") mode_ = "append";
  }
  double next_time() {
    const double some = static_cast<double>(random_() % 64) / 8;
    if (!ordered_) return some;
    const bool first = series_.empty() || (truncates() && !writing_);
    return (first ? 0.0 : series_.back().time) + (random_() % 3 == 0 ? 0 : some);
  }
  double any_time() { return static_cast<double>(random_() % 1000) / 8 - 2; }
  int64_t length() const { return static_cast<int64_t>(series_.size()); }
  int64_t below(int64_t limit) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(limit)); }
  int64_t item() const { return pde_dtype_size(kind_.dtype()); }

  // ---- operations

  void step() {
    using Operation = void (Sequence::*)();
    static constexpr Operation kOperations[] = {
        &Sequence::append,         &Sequence::append,        &Sequence::append,        &Sequence::append,
        &Sequence::append,         &Sequence::append,        &Sequence::start,         &Sequence::finish,
        &Sequence::flush,          &Sequence::truncate,      &Sequence::clear,         &Sequence::set_info,
        &Sequence::reopen,         &Sequence::refresh,       &Sequence::read_box,      &Sequence::read_box,
        &Sequence::ask_times,      &Sequence::find_range,    &Sequence::find_nearest,  &Sequence::show_field,
        &Sequence::show_range,     &Sequence::extract_field, &Sequence::extract_times, &Sequence::copy,
        &Sequence::look_at_memory, &Sequence::check_all};
    (this->*kOperations[random_() % std::size(kOperations)])();
  }

  void start() {
    const RandomKind::Made sample = kind_.make();
    const pde_status expected = writing_ ? PDE_ERR_STATE : refusal();
    const std::string value = std::to_string(below(100));
    ASSERT_STATUS(expected, pde_storage_start(storage_, sample.field, ("{\"k0\": " + value + "}").c_str()));
    if (expected != PDE_OK) return;
    begun();
    entries_["k0"] = value;
  }

  void append() {
    RandomKind::Made field = kind_.make();
    Snapshot snapshot{random_samples(random_, kind_.dtype(), kind_.count()), next_time(), std::nullopt};
    field.set(snapshot.samples);
    if (random_() % 3 == 0) snapshot.info = "{\"n\":[" + std::to_string(below(1000000)) + ",null]}";
    const pde_status expected = writing_ ? PDE_OK : refusal();
    if (snapshot.info) {
      ASSERT_STATUS(expected,
                    pde_storage_append_info(storage_, field.field, snapshot.time, snapshot.info->c_str()));
    } else {
      ASSERT_STATUS(expected, pde_storage_append(storage_, field.field, snapshot.time));
    }
    if (expected != PDE_OK) return;
    if (!writing_) begun();
    series_.push_back(std::move(snapshot));
  }

  void finish() {
    ASSERT_OK(pde_storage_finish(storage_));
    writing_ = false;
  }

  void flush() { ASSERT_OK(pde_storage_flush(storage_)); }

  void truncate() {
    // Rarely much: else nothing ever grows.
    const double time = random_() % 4 ? (series_.empty() ? 0 : series_.back().time - 1) : any_time();
    const pde_status expected = writing_ ? PDE_OK : refusal();
    ASSERT_STATUS(expected, pde_storage_truncate_after(storage_, time));
    if (expected != PDE_OK) return;
    const auto later =
        std::find_if(series_.begin(), series_.end(), [=](const Snapshot &s) { return s.time > time; });
    if (later == series_.end()) return;
    if (!writing_) {
      begun(true);
      writing_ = false;
    }
    series_.erase(later, series_.end());
    EXPECT_EQ(length(), length_of(storage_));
  }

  void clear() {
    if (random_() % 4) return;
    const int32_t forget = random_() % 2 ? 1 : 0;
    const pde_status expected = writing_ ? PDE_OK : refusal();
    ASSERT_STATUS(expected, pde_storage_clear(storage_, forget));
    if (expected != PDE_OK) return;
    if (forget) {
      series_.clear();
      described_ = writing_ = false;
      pending_ = entries_;  // for the next session, and no other
      return;
    }
    if (!writing_ && !series_.empty()) {
      begun(true);
      writing_ = false;
    }
    series_.clear();
  }

  void set_info() {
    const std::string key = "k" + std::to_string(below(4)), value = std::to_string(below(100));
    const pde_status expected = writing_ ? PDE_OK : refusal();
    ASSERT_STATUS(expected, pde_storage_set_info(storage_, key.c_str(), value.c_str()));
    if (expected != PDE_OK) return;
    entries_[key] = value;
    if (!writing_) pending_[key] = value;
  }

  /// Metadata of a series that is not there, or that the next session drops, has nowhere to stay.
  void reopen() {
    if (!place_.lasts() || (!described_ && !entries_.empty())) return;
    if (!pending_.empty() && mode_ != "append") return;
    ASSERT_OK(pde_storage_close(storage_.release()));
    const char *modes[] = {"append", "append", "append", "create", "readonly", "truncate", "truncate_once"};
    open(modes[random_() % std::size(modes)]);
    ASSERT_EQ(length(), length_of(storage_));
  }

  void refresh() {
    if (!pending_.empty()) return;
    int64_t now = -1;
    ASSERT_OK(pde_storage_refresh(storage_, &now));
    EXPECT_EQ(length(), now);
  }

  // ---- reading

  /// Snapshots first, first + step, ...
  struct Range {
    int64_t first, count, step;
  };
  Range random_range() {
    const int64_t step = 1 + below(4), first = below(length());
    return {first, below((length() - 1 - first) / step + 2), step};
  }
  /// Counted from the end in every second case.
  int64_t from_either_end(int64_t index) { return random_() % 2 ? index : index - length(); }

  void read_box() {
    if (series_.empty()) return;
    const std::vector<int64_t> &whole = kind_.shape();
    const Range range = random_range();
    std::vector<int64_t> lower(whole.size()), shape(whole.size());
    for (size_t axis = 0; axis < whole.size(); ++axis) {
      lower[axis] = below(whole[axis]);
      shape[axis] = 1 + below(whole[axis] - lower[axis]);
    }
    std::vector<int64_t> sizes{std::max<int64_t>(range.count, 1)};
    sizes.insert(sizes.end(), shape.begin(), shape.end());
    const Placement place(sizes, random_layout(random_, sizes.size()));
    const auto bytes = static_cast<size_t>(item());
    Bytes memory(static_cast<size_t>(place.room) * bytes, std::byte{0xEE});
    ASSERT_OK(pde_storage_read_box(
        storage_, from_either_end(range.first), range.count, range.step, lower.data(), shape.data(),
        kind_.dtype(), memory.data() + static_cast<size_t>(place.origin) * bytes, place.strides.data()));
    Bytes expected(memory.size(), std::byte{0xEE});
    std::vector<int64_t> index(sizes.size(), 0);
    place.for_each([&](size_t at) {
      if (range.count > 0) {
        const auto &snapshot = series_[static_cast<size_t>(range.first + index[0] * range.step)];
        int64_t position = 0;
        for (size_t axis = 0; axis < whole.size(); ++axis)
          position = position * whole[axis] + lower[axis] + index[axis + 1];
        std::copy_n(snapshot.samples.begin() + position * item(), bytes,
                    expected.begin() + static_cast<std::ptrdiff_t>(at * bytes));
      }
      for (size_t axis = sizes.size(); axis-- > 0 && ++index[axis] == sizes[axis];) index[axis] = 0;
    });
    EXPECT_EQ(expected, memory);
  }

  void ask_times() {
    if (series_.empty()) return;
    const Range range = random_range();
    const int64_t count = std::min(range.count, length() - range.first);
    std::vector<double> times(static_cast<size_t>(count));
    ASSERT_OK(pde_storage_times(storage_, from_either_end(range.first), count, times.data()));
    for (size_t i = 0; i < times.size(); ++i)
      EXPECT_EQ(series_[static_cast<size_t>(range.first) + i].time, times[i]);
  }

  /// The shortest range of snapshots that has all with a <= time <= b.
  std::pair<int64_t, int64_t> range_of(double a, double b) const {
    int64_t first = -1, last = -1, before = 0;
    bool in_order = true;
    for (int64_t i = 0; i < length(); ++i) {
      const double time = series_[static_cast<size_t>(i)].time;
      in_order = in_order && (i == 0 || series_[static_cast<size_t>(i) - 1].time <= time);
      before += time < a;
      if (time < a || time > b) continue;
      first = first < 0 ? i : first;
      last = i;
    }
    if (first < 0) return {in_order ? before : 0, 0};
    return {first, last - first + 1};
  }

  std::pair<double, double> random_window() {
    double a = any_time(), b = any_time();
    if (!series_.empty() && random_() % 2) a = series_[static_cast<size_t>(below(length()))].time;
    if (!series_.empty() && random_() % 2) b = series_[static_cast<size_t>(below(length()))].time;
    if (random_() % 8 == 0) a = -kInfinity;
    if (random_() % 8 == 0) b = kInfinity;
    return std::minmax({a, b});
  }

  void find_range() {
    const auto [a, b] = random_window();
    int64_t first = -1, count = -1;
    ASSERT_OK(pde_storage_find_range(storage_, a, b, &first, &count));
    EXPECT_EQ(range_of(a, b), std::pair(first, count)) << a << " to " << b;
  }

  void find_nearest() {
    const double time = random_window().first;
    int64_t found = -1;
    if (std::isinf(time)) {
      EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_storage_find_nearest(storage_, time, &found));
      return;
    }
    if (series_.empty()) {
      EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_find_nearest(storage_, time, &found));
      return;
    }
    ASSERT_OK(pde_storage_find_nearest(storage_, time, &found));
    const auto nearest = std::min_element(series_.begin(), series_.end(), [=](const auto &x, const auto &y) {
      return std::fabs(x.time - time) < std::fabs(y.time - time);
    });
    EXPECT_EQ(nearest - series_.begin(), found) << time;
  }

  // ---- views and copies

  Part part(int64_t member) const {
    if (!kind_.is_collection()) return {0, kind_.count() * item()};
    std::vector<int64_t> components;
    int64_t rows = 0;
    int32_t dimension = 0;
    REQUIRE_OK(pde_grid_dimension(kind_.grid(), &dimension));
    for (int32_t rank : kind_.ranks())
      rows += components.emplace_back(rank == 0 ? 1 : rank == 1 ? dimension : dimension * dimension);
    const int64_t row = kind_.count() / rows * item();
    int64_t first = 0;
    for (int64_t i = 0; i < member; ++i) first += components[static_cast<size_t>(i)];
    return {first * row, components[static_cast<size_t>(member)] * row};
  }
  int64_t random_member() {
    return kind_.is_collection() ? below(static_cast<int64_t>(kind_.ranks().size())) : 0;
  }

  void show_field() {
    const int64_t member = random_member();
    StorageHandle view;
    ASSERT_STATUS(described_ ? PDE_OK : PDE_ERR_STATE, pde_storage_view_field(storage_, member, view.out()));
    if (!described_) return;
    expect_same(part_of(series_, part(member)), view, kind_.dtype(), "a view of a field");
    const std::string &label = kind_.labels()[static_cast<size_t>(member)];
    EXPECT_EQ(label.empty() ? "(none)" : label, label_of(sample_of(view)));
    if (!series_.empty()) {
      const Range range = random_range();
      StorageHandle some;
      ASSERT_OK(pde_storage_view_range(view, range.first, range.count, range.step, some.out()));
      expect_same(part_of(some_of(range), part(member)), some, kind_.dtype(), "a range of it");
    }
    view_ = std::move(view);  // to see how it follows
    viewed_ = member;
  }

  Series some_of(const Range &range) const {
    Series some;
    for (int64_t i = 0; i < range.count; ++i)
      some.push_back(series_[static_cast<size_t>(range.first + i * range.step)]);
    return some;
  }

  void show_range() {
    if (series_.empty()) return;
    const Range range = random_range();
    StorageHandle view;
    ASSERT_OK(
        pde_storage_view_range(storage_, from_either_end(range.first), range.count, range.step, view.out()));
    expect_same(some_of(range), view, kind_.dtype(), "a view of a range");
  }

  void extract_field() {
    const int64_t member = random_member();
    StorageHandle memory;
    ASSERT_STATUS(described_ ? PDE_OK : PDE_ERR_STATE,
                  pde_storage_extract_field(storage_, member, "new", memory.out()));
    if (!described_) return;
    expect_same(part_of(series_, part(member)), memory, kind_.dtype(), "an extracted field");
    EXPECT_EQ("new", label_of(sample_of(memory)));
    expect_entries(entries_, memory);
  }

  void extract_times() {
    const auto [a, b] = random_window();
    StorageHandle memory;
    ASSERT_STATUS(described_ ? PDE_OK : PDE_ERR_STATE,
                  pde_storage_extract_time_range(storage_, a, b, memory.out()));
    if (!described_) return;
    Series expected;
    for (const Snapshot &snapshot : series_) {
      if (snapshot.time >= a && snapshot.time <= b) expected.push_back(snapshot);
    }
    expect_same(expected, memory, kind_.dtype(), "an extracted range");
    expect_entries(entries_, memory);
  }

  void copy() {
    const bool to_file = random_() % 2;
    const std::string uri = to_file ? world_.folder().file("copy.h5") : "memory:";
    const OptionsHandle options = options_from("time_order=any nonfinite=allow");
    StorageHandle into;
    REQUIRE_OK(pde_storage_open(uri.c_str(), "truncate_once", options, into.out()));
    ASSERT_STATUS(described_ ? PDE_OK : PDE_ERR_STATE, pde_storage_copy(storage_, into, nullptr));
    if (!described_) return;
    if (to_file) {
      ASSERT_OK(pde_storage_close(into.release()));
      REQUIRE_OK(pde_storage_open(uri.c_str(), "readonly", nullptr, into.out()));
    }
    expect_same(series_, into, kind_.dtype(), "a copy");
    expect_entries(entries_, into);
  }

  void look_at_memory() {
    if (series_.empty()) return;
    const int64_t index = below(length());
    const void *data = nullptr;
    const bool in_memory = place_.place == StorageKind::memory || place_.place == StorageKind::named_memory;
    ASSERT_STATUS(in_memory ? PDE_OK : PDE_ERR_UNSUPPORTED,
                  pde_storage_data_const(storage_, from_either_end(index), kind_.dtype(), &data));
    const Bytes &samples = series_[static_cast<size_t>(index)].samples;
    EXPECT_TRUE(!in_memory || std::memcmp(data, samples.data(), samples.size()) == 0);
  }

  void check_all() {
    int32_t writing = -1;
    EXPECT_OK(pde_storage_is_writing(storage_, &writing));
    EXPECT_EQ(writing_, writing == 1);
    expect_entries(entries_, storage_);
    expect_same(series_, storage_, kind_.dtype(), "the storage");
    ASSERT_OK(pde_storage_check(storage_, nullptr));
    if (described_ && view_)
      expect_same(part_of(series_, part(viewed_)), view_, kind_.dtype(), "an older view of a field");
    int32_t ndim = 0;
    ASSERT_STATUS(described_ ? PDE_OK : PDE_ERR_STATE, pde_storage_ndim(storage_, &ndim));
    if (!described_) return;
    std::vector<int64_t> expected{length()}, shape(static_cast<size_t>(ndim));
    expected.insert(expected.end(), kind_.shape().begin(), kind_.shape().end());
    ASSERT_OK(pde_storage_shape(storage_, shape.data(), ndim));
    EXPECT_EQ(expected, shape);
    int32_t collection = -1;
    ASSERT_OK(pde_storage_has_collection(storage_, &collection));
    EXPECT_EQ(kind_.is_collection(), collection == 1);
  }

  std::mt19937_64 random_;
  RandomKind kind_;
  StorageKind place_;
  StorageWorld world_;
  bool ordered_;
  StorageHandle storage_, view_;
  int64_t viewed_ = 0;
  // The model:
  Series series_;
  Entries entries_;
  Entries pending_;  // set outside of sessions, and not yet taken in by one
  std::string mode_;
  bool described_ = false, writing_ = false;
};

class Operations : public ::testing::TestWithParam<StorageKind> {};

TEST_P(Operations, InRandomOrderGiveWhatTheModelSays) {
  const uint64_t first = number_from("PDE_TEST_SEED", std::random_device{}());
  const uint64_t sequences = number_from("PDE_TEST_SEQUENCES", 40);
  std::printf("PDE_TEST_SEED=%llu\n", static_cast<unsigned long long>(first));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  uint64_t done = 0;
  for (; done < sequences && (done == 0 || std::chrono::steady_clock::now() < end); ++done) {
    SCOPED_TRACE("to see this sequence alone: PDE_TEST_SEQUENCES=1 PDE_TEST_SEED=" +
                 std::to_string(first + done));
    Sequence sequence(GetParam(), first + done);
    sequence.run(60);
    if (HasFailure()) return;
  }
  RecordProperty("sequences", std::to_string(done));
}

INSTANTIATE_TEST_SUITE_P(Over, Operations, ::testing::ValuesIn(kinds(is_dropping)), kind_name);

}  // namespace
