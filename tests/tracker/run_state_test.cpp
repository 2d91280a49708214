// What a run stores to go on from, and when.
#include "tracker/run_state.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/numbers.hpp"
#include "support/expect_error.hpp"
#include "tracker/tracker_fixture.hpp"

namespace pde {
namespace {

// ---- schedules

/// Whatever has been asked of a schedule, another one of the same text goes on from its position with the
/// same due times.
TEST(Schedules, GoOnFromAnyPosition) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> part(0, 1);
  for (int round = 0; round < 2000; ++round) {
    const std::string number = real_text(0.01 + part(random)), larger = real_text(1.01 + part(random));
    const std::string texts[] = {"constant(" + number + ")",
                                 "constant(" + number + ", 3)",
                                 "list(0, 1, 2, 3, " + real_text(5 + part(random)) + ")",
                                 "geometric(" + number + ", " + larger + ")",
                                 "logarithmic(" + number + ", " + larger + ")",
                                 "steps(3)"};
    const std::string &text = texts[random() % std::size(texts)];
    const SchedulePtr schedule = Schedule::parse(text);
    double t = 10 * part(random) - 5, due = schedule->first(t);
    for (int64_t calls = 1 + static_cast<int64_t>(random() % 20); calls > 0 && std::isfinite(due); --calls) {
      t = std::max(t, due + (part(random) - 0.3) * 0.2);
      due = schedule->next(t);
    }
    const SchedulePtr other = Schedule::parse(text);
    ASSERT_EQ(other->resume(schedule->position(), t), due) << text;
    for (int i = 0; i < 5 && std::isfinite(due); ++i) {
      t = due;
      due = schedule->next(t);
      ASSERT_EQ(other->next(t), due) << text << " at " << t;
    }
  }
}

TEST(Schedules, OfTheClockGoOnWithTheirGuess) {
  static double now;
  now = 0;
  RealtimeSchedule schedule(10, 0.01, [] { return now; });
  schedule.first(0);
  now = 1;
  const double guess = schedule.next(0);
  now = 5000;
  RealtimeSchedule other(10, 0.01, [] { return now; });
  EXPECT_EQ(other.resume(schedule.position(), 2), 2 + guess);
}

TEST(Schedules, RefuseAPositionThatMakesNoSense) {
  const std::vector<double> none, counts{0, NAN, 1}, far{99};
  for (const char *text :
       {"constant(1)", "geometric(1, 2)", "logarithmic(1, 2)", "list(0, 1)", "realtime(1)"}) {
    const SchedulePtr schedule = Schedule::parse(text);
    EXPECT_MESSAGE(PDE_ERR_FORMAT, schedule->resume(none, 0), text, "position []");
    EXPECT_MESSAGE(PDE_ERR_FORMAT, schedule->resume(counts, 0), text, "nan");
    EXPECT_MESSAGE(PDE_ERR_STATE, schedule->next(0), "has not begun");
  }
  EXPECT_MESSAGE(PDE_ERR_FORMAT, Schedule::parse("list(0, 1)")->resume(far, 0), "99");
}

// ---- the text

TEST(RunStates, OfLongSchedulesHaveAChecksum) {
  std::string text = "list(0", longer;
  for (int i = 1; i < 200; ++i) text += fmt::format(", {}", i);
  longer = text + ", 200)";
  text += ")";
  EXPECT_EQ(schedule_key("constant(0.1)"), "constant(0.1)");
  EXPECT_LT(schedule_key(text).size(), 40u);
  EXPECT_NE(schedule_key(text), schedule_key(longer));
}

TEST(RunStates, AreRefusedWithAReason) {
  EXPECT_MESSAGE(PDE_ERR_UNSUPPORTED, RunState::parse(R"({"version": 2, "t": 1})", "it"), "version 2",
                 "understands 1");
  EXPECT_MESSAGE(PDE_ERR_FORMAT, RunState::parse(R"({"version": 1, "t_start": 0, "t": "x"})", "it"),
                 "it has no number as \"t\"");
  EXPECT_MESSAGE(PDE_ERR_FORMAT, RunState::parse("[]", "it"), "it is no object");
  EXPECT_MESSAGE(PDE_ERR_FORMAT, RunState::parse("{", "it"), "it");
}

// ---- when it is stored

/// Keeps snapshots in two parts, those that a kill would leave and the others; asks for commits as told.
class CommittingBackend : public Backend {
 public:
  std::string name() const override { return "the series"; }
  Contents contents() override {
    Contents contents;
    contents.length = length;
    contents.description = kind_;
    if (kind_) contents.dtype = kind_->dtype, contents.shape = kind_->shape();
    if (length > 0) contents.last_time = last_;
    return contents;
  }
  Info info() override { return {}; }
  void start(const FieldDescription &sample, StartMode, const Info &) override { kind_ = sample; }
  void append(const Field &, double time, const std::string *, bool *) override {
    ++length;
    last_ = time;
    due_ = std::max(due_, asks ? asks() : Commit::none);
  }
  Commit commit_due() const override { return due_; }
  /// Of what is ready: some of it.
  void commit(Commit which) override {
    committed_length = which == Commit::all ? length : (committed_length + length) / 2;
    due_ = Commit::none;
    stored_state = state_;
    ++commits;
    if (committing) committing();
  }
  void set_run_state(std::string json) override { state_ = std::move(json); }
  std::string run_state() override { return state_; }
  bool keeps_run_state() const override { return true; }
  void truncate(int64_t) override {}
  void finish(const Info &) override { commit(Commit::all); }
  void erase() override {}
  void close() override {}
  int64_t committed() override { return committed_length; }
  void times(int64_t, int64_t, double *) override {}
  void read(const Selection &, void *) override {}
  std::optional<std::string> snapshot_info(int64_t) override { return {}; }
  BackendStatistics statistics() override { return {}; }

  std::function<Commit()> asks;
  std::function<void()> committing;
  std::string stored_state;
  int64_t length = 0, committed_length = 0, commits = 0;

 private:
  std::optional<FieldDescription> kind_;
  double last_ = 0;
  Commit due_ = Commit::none;
  std::string state_;
};

struct Series {
  Series() : backend(new CommittingBackend) {
    Storage::Settings settings;
    settings.mode = Mode::append;
    storage = std::make_shared<Storage>(std::unique_ptr<Backend>(backend), settings);
  }
  CommittingBackend *backend;
  StoragePtr storage;
};

/// After every commit of every storage, which is when a kill could come: what a state tells of is there.
TEST(RunStates, AreStoredWhenAllThatTheyTellOfIsCommitted) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  int64_t states = 0, commits = 0;
  for (int round = 0; round < 100; ++round) {
    std::vector<Series> series(1 + random() % 3);
    std::vector<TrackerPtr> trackers;
    const auto check = [&] {
      for (const Series &one : series) {
        if (one.backend->stored_state.empty() || NoRunState::parse(one.backend->stored_state)) continue;
        const RunState state = RunState::parse(one.backend->stored_state, "it");
        for (size_t i = 0; i < series.size(); ++i)
          ASSERT_LE(state.trackers[i].length, series[i].backend->committed_length);
        ++states;
      }
    };
    for (Series &one : series) {
      const int kind = static_cast<int>(random() % 3);
      one.backend->asks = [kind, &random] {
        if (kind == 0) return Commit::all;
        if (random() % 4 != 0) return Commit::none;
        return kind == 1 ? Commit::all : Commit::ready;
      };
      one.backend->committing = check;
      const auto schedule = fmt::format("constant({})", 1 + random() % 4);
      trackers.push_back(make_storage_tracker(one.storage, Schedule::parse(schedule), {}, Options()));
    }
    Controller controller(trackers, Options());
    run_exactly(controller, make_state(), 0, 30, 0.5);
    for (const Series &one : series) {
      EXPECT_EQ(RunState::parse(one.backend->stored_state, "it").length_at_end, one.backend->length);
      commits += one.backend->commits;
    }
  }
  EXPECT_GT(states, 1000);
  RecordProperty("commits", static_cast<int>(commits));
}

/// One storage is committed as often as it asks for, and once at its end.
TEST(RunStates, CostNoCommitOfTheirOwn) {
  Series series;
  series.backend->asks = [] { return Commit::all; };
  Controller controller({make_storage_tracker(series.storage, Schedule::parse("constant(1)"), {}, Options())},
                        Options());
  run_exactly(controller, make_state(), 0, 10, 0.5);
  EXPECT_EQ(series.backend->length, 11);
  EXPECT_EQ(series.backend->commits, 12);
}

}  // namespace
}  // namespace pde
