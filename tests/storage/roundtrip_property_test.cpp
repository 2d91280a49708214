// Random series and random operations on them, against a model of a few lines: a vector of byte vectors.
//
// The seed is printed and can be given by the environment variable PDE_TEST_SEED; PDE_TEST_SEQUENCES is how
// many sequences each kind of storage gets.
#include "storage/random_kind.hpp"
#include "storage/storage_world.hpp"
#include "support/json_values.hpp"

using namespace test;

namespace {

/// What a series must hold.
struct Model {
  std::vector<Bytes> snapshots;
  std::vector<double> times;
  std::map<std::string, std::string> info;
  bool described = false;
};

/// One sequence of operations.
class Sequence {
 public:
  Sequence(const StorageKind &kind, uint64_t seed)
      : random_(seed),
        kind_(random_),
        lasts_(kind.lasts()),
        truncates_(kind.truncates()),
        world_(kind, kind_.shape().size()) {
    open("create");
  }

  void run(int operations) {
    for (int i = 0; i < operations && !::testing::Test::HasFatalFailure(); ++i) step();
    finish();
    check_all();
    if (!may_reopen()) return;
    open("readonly");
    check_all();
  }

 private:
  void open(const char *mode) {
    storage_.reset();
    mode_ = mode;
    writing_ = false;
    // A series that never had a session is nothing: there is no file to read.
    if (mode_ == "readonly" && !model_.described) mode_ = "append";
    storage_ = world_.open(mode_.c_str(), "time_order=any nonfinite=allow");
  }

  void step() {
    switch (random_() % 16) {
      case 0:
        return start();
      case 1:
        return append_raw();
      case 2:
        return finish();
      case 3:
        ASSERT_OK(pde_storage_flush(storage_));
        return;
      case 4:
        return read_range();
      case 5:
        return refuse();
      case 6:
        return set_info();
      case 7:
        return check_all();
      case 8:
        return maybe_reopen();
      case 9:
      case 10:
        return read_one();
      default:
        return append();
    }
  }

  bool refuses_to_write() const {
    return mode_ == "readonly" || (mode_ == "create" && !model_.snapshots.empty() && !writing_);
  }
  pde_status refusal() const { return mode_ == "readonly" ? PDE_ERR_READONLY : PDE_ERR_EXISTS; }

  /// What beginning a session does to the model.
  void begun() {
    writing_ = true;
    model_.described = true;
    if (mode_ == "truncate" || mode_ == "truncate_once") {
      model_.snapshots.clear();
      model_.times.clear();
      model_.info = pending_;
    }
    pending_.clear();
    if (mode_ != "truncate") mode_ = "append";
  }

  void start() {
    const RandomKind::Made sample = kind_.make();
    if (writing_) {
      ASSERT_STATUS(PDE_ERR_STATE, pde_storage_start(storage_, sample.field, nullptr));
      return;
    }
    if (refuses_to_write()) {
      ASSERT_STATUS(refusal(), pde_storage_start(storage_, sample.field, nullptr));
      return;
    }
    const std::string value = std::to_string(random_() % 100);
    ASSERT_OK(pde_storage_start(storage_, sample.field, ("{\"k0\": " + value + "}").c_str()));
    begun();
    model_.info["k0"] = value;
  }

  double next_time() { return static_cast<double>(random_() % 1000) / 8; }

  void append() {
    RandomKind::Made field = kind_.make();
    const Bytes samples = random_samples(random_, kind_.dtype(), kind_.count());
    field.set(samples);
    const double time = next_time();
    if (!writing_ && refuses_to_write()) {
      ASSERT_STATUS(refusal(), pde_storage_append(storage_, field.field, time));
      return;
    }
    ASSERT_OK(pde_storage_append(storage_, field.field, time));
    if (!writing_) begun();
    model_.snapshots.push_back(samples);
    model_.times.push_back(time);
    EXPECT_EQ(samples, field.get()) << "appending only reads";
  }

  void append_raw() {
    const Bytes samples = random_samples(random_, kind_.dtype(), kind_.count());
    const double time = next_time();
    const pde_status status =
        pde_storage_append_raw(storage_, kind_.dtype(), samples.data(), kind_.count(), time);
    if (!writing_) {
      ASSERT_STATUS(refuses_to_write() ? refusal() : PDE_ERR_STATE, status);
      return;
    }
    ASSERT_OK(status);
    model_.snapshots.push_back(samples);
    model_.times.push_back(time);
  }

  void finish() {
    ASSERT_OK(pde_storage_finish(storage_));
    writing_ = false;
  }

  void set_info() {
    const std::string key = "k" + std::to_string(random_() % 4);
    const std::string value = std::to_string(random_() % 100);
    if (mode_ == "readonly" || (mode_ == "create" && !model_.snapshots.empty())) {
      ASSERT_STATUS(refusal(), pde_storage_set_info(storage_, key.c_str(), value.c_str()));
      return;
    }
    ASSERT_OK(pde_storage_set_info(storage_, key.c_str(), value.c_str()));
    model_.info[key] = value;
    if (!writing_) pending_[key] = value;
  }

  /// Info about a series that does not exist yet, or that the next session drops, has nowhere to stay.
  bool may_reopen() const { return lasts_ && (pending_.empty() || (model_.described && mode_ == "append")); }

  void maybe_reopen() {
    if (!may_reopen()) return;
    ASSERT_OK(pde_storage_close(storage_.release()));
    pending_.clear();
    const char *modes[] = {"append", "append", "append", "create", "readonly", "truncate", "truncate_once"};
    open(modes[random_() % (truncates_ ? 7 : 5)]);
    ASSERT_EQ(static_cast<int64_t>(model_.snapshots.size()), length_of(storage_));
  }

  void read_one() {
    if (model_.snapshots.empty()) return;
    const size_t index = random_() % model_.snapshots.size();
    const int64_t number =
        static_cast<int64_t>(index) - (random_() % 2 ? static_cast<int64_t>(model_.snapshots.size()) : 0);
    RandomKind::Made into = kind_.make();
    ASSERT_OK(pde_storage_read(storage_, number, into.field));
    EXPECT_EQ(model_.snapshots[index], into.get());
    EXPECT_TRUE(into.halo_untouched());
  }

  void read_range() {
    if (model_.snapshots.empty()) return;
    const auto length = static_cast<int64_t>(model_.snapshots.size());
    const int64_t first = static_cast<int64_t>(random_()) % length,
                  step = 1 + static_cast<int64_t>(random_() % 5);
    const int64_t from = first < 0 ? first + length : first;
    const int64_t count =
        static_cast<int64_t>(random_() % static_cast<uint64_t>((length - 1 - from) / step + 2));
    Bytes got(static_cast<size_t>(count * kind_.count() * pde_dtype_size(kind_.dtype())));
    ASSERT_OK(
        pde_storage_read_raw(storage_, first, count, step, kind_.dtype(), got.data(), count * kind_.count()));
    Bytes expected;
    for (int64_t i = 0; i < count; ++i) {
      const Bytes &one = model_.snapshots[static_cast<size_t>(from + i * step)];
      expected.insert(expected.end(), one.begin(), one.end());
    }
    EXPECT_EQ(expected, got);
  }

  /// Calls that must fail; that nothing has changed is seen by the checks that follow.
  void refuse() {
    const auto length = static_cast<int64_t>(model_.snapshots.size());
    RandomKind::Made into = kind_.make();
    EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_read(storage_, length, into.field));
    EXPECT_STATUS(PDE_ERR_RANGE, pde_storage_read(storage_, -length - 1, into.field));
    EXPECT_TRUE(into.halo_untouched());
    if (!model_.described || refuses_to_write() || (!writing_ && mode_.starts_with("truncate"))) return;
    const FieldHandle other = new_field(unit_grid({9, 9}), PDE_VECTOR, kind_.dtype());
    EXPECT_STATUS(PDE_ERR_SHAPE, pde_storage_append(storage_, other, 0));
    FieldHandle other_dtype;
    const int32_t dtype = kind_.dtype() == PDE_FLOAT64 ? PDE_FLOAT32 : PDE_FLOAT64;
    into.set(Bytes(static_cast<size_t>(kind_.count() * pde_dtype_size(kind_.dtype())), std::byte{0}));
    ASSERT_OK(pde_field_copy(into.field, dtype, nullptr, other_dtype.out()));
    EXPECT_STATUS(PDE_ERR_DTYPE, pde_storage_append(storage_, other_dtype, 0));
    EXPECT_STATUS(PDE_ERR_ARGUMENT,
                  pde_storage_append(storage_, into.field, std::numeric_limits<double>::quiet_NaN()));
  }

  void check_all() {
    ASSERT_EQ(static_cast<int64_t>(model_.snapshots.size()), length_of(storage_));
    EXPECT_EQ(model_.times, times_of(storage_));
    for (size_t i = 0; i < model_.snapshots.size(); ++i) {
      ASSERT_EQ(model_.snapshots[i],
                raw_snapshot(storage_, static_cast<int64_t>(i), kind_.dtype(), kind_.count()))
          << i;
    }
    int32_t writing = -1;
    EXPECT_OK(pde_storage_is_writing(storage_, &writing));
    EXPECT_EQ(writing_, writing == 1);
    for (const auto &[key, value] : model_.info) EXPECT_EQ(value, info_of(storage_, key.c_str())) << key;
    if (!model_.described) return;
    const FieldHandle sample = sample_of(storage_);
    const RandomKind::Made like = kind_.make();
    EXPECT_EQ(rank_of(like.field), rank_of(sample));
    EXPECT_EQ(label_of(like.field), label_of(sample));
    EXPECT_EQ(shape_of(like.field), shape_of(sample));
    EXPECT_EQ(grid_text_of(like.field), grid_text_of(sample));
  }

  std::mt19937_64 random_;
  RandomKind kind_;
  bool lasts_, truncates_;
  StorageWorld world_;
  StorageHandle storage_;
  Model model_;
  std::map<std::string, std::string> pending_;  // info that no session has taken in
  std::string mode_;
  bool writing_ = false;
};

class RoundTrip : public ::testing::TestWithParam<StorageKind> {};

TEST_P(RoundTrip, RandomOperationsGiveWhatTheModelSays) {
  const uint64_t first = number_from("PDE_TEST_SEED", std::random_device{}());
  const uint64_t sequences = number_from("PDE_TEST_SEQUENCES", 40);
  std::printf("PDE_TEST_SEED=%llu\n", static_cast<unsigned long long>(first));
  for (uint64_t i = 0; i < sequences; ++i) {
    // The seed of a failing sequence, given as PDE_TEST_SEED, makes it the first one.
    SCOPED_TRACE("PDE_TEST_SEED=" + std::to_string(first + i));
    Sequence sequence(GetParam(), first + i);
    sequence.run(40);
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Over, RoundTrip, ::testing::ValuesIn(kStorageKinds), kind_name);

}  // namespace
