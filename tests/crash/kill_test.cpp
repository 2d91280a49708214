// Recordings killed at random moments. Flags in shared memory tell which step the writer had done, and
// whether it was completing what an earlier one had left; the rest shows in the journal that is found.
//
// Half of the writers have a slow disk, so that commits, seals and replays take long enough to be hit; the
// other half run at full speed, which is what the share of failing stock readers is counted with. In the
// normal tests a few kills; PDE_KILLS=1000 takes so many of all scenarios together.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <random>
#include <thread>

#include "base/log.hpp"
#include "crash/marks.hpp"
#include "crash/scenario.hpp"
#include "storage/hdf5/journal.hpp"
#include "storage/hdf5/replay.hpp"
#include "storage/storage.hpp"
#include "support/forwarding_ops.hpp"
#include "support/temporary_folder.hpp"

namespace crash {
namespace {

using Clock = std::chrono::steady_clock;
using Random = std::mt19937_64;

struct Counts {
  int64_t kills = 0;
  int64_t start = 0, append = 0, commit = 0, sealing = 0, finish = 0;  // where the writer was
  int64_t replay = 0;                                                  // where who came next was
  int64_t lost = 0, hdf5_wrong = 0, hdf5_failed = 0;
  int64_t each_kills = 0, each_failed = 0;  // at full speed, with each append committed
};

Counts &total() {
  static Counts counts;
  return counts;
}

/// What the writer tells while it lives.
struct Shared {
  std::atomic<int64_t> steps;  // that are over
  std::atomic<bool> replaying;
};

/// A disk that takes its time, at least for what comes through the seam.
class SlowOps final : public test::ForwardingOps {
 public:
  explicit SlowOps(std::chrono::microseconds pause) : pause_(pause) {}
  int64_t pwrite(int fd, const void *data, size_t size, int64_t offset) override {
    std::this_thread::sleep_for(pause_);
    return ForwardingOps::pwrite(fd, data, size, offset);
  }
  int truncate(int fd, int64_t size) override {
    std::this_thread::sleep_for(pause_);
    return ForwardingOps::truncate(fd, size);
  }

 private:
  std::chrono::microseconds pause_;
};

/// What is found behind the kill.
struct Journal {
  bool pending = false, seals = false;
};

Journal journal_of(const std::string &path) {
  pde::FileOps &ops = pde::file_ops();
  const pde::JournalState state = pde::current_commit(ops, path);
  if (!state.applying()) return {};
  const pde::Descriptor file(ops, ops.open(path + ".journal", 0, 0));
  const auto record = pde::JournalRecord::read(ops, file.get(), state);
  return {true, record && record->pieces(pde::Part::sealed) + record->pieces(pde::Part::samples) > 0};
}

class Kills : public testing::TestWithParam<Scenario> {
 protected:
  void SetUp() override {
    pde::set_log_handler([](int32_t, const char *, void *) {}, nullptr, nullptr);
    void *memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    shared_ = new (memory) Shared{};
  }
  void TearDown() override {
    pde::set_log_handler(nullptr, nullptr, nullptr);
    ::munmap(shared_, sizeof(Shared));
  }

  template <class F>
  bool run(std::chrono::microseconds pause, int64_t step, double kill_after, F &&what);
  void check(const std::string &path, const Marks &marks, bool at_full_speed);

  Shared *shared_ = nullptr;
  Random random_{0};
};

/// In a process of its own, killed so many seconds after it has come to a step. Whether it was.
template <class F>
bool Kills::run(std::chrono::microseconds pause, int64_t step, double kill_after, F &&what) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      SlowOps ops(pause);
      const test::WithOps with(pause.count() > 0 ? &ops : &pde::file_ops());
      what();
      ::_exit(0);
    } catch (...) {
      ::_exit(1);
    }
  }
  const auto patience = Clock::now() + std::chrono::seconds(10);
  while (shared_->steps < step && Clock::now() < patience) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::duration<double>(kill_after));
  ::kill(child, SIGKILL);
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << "the writer has failed";
  return WIFSIGNALED(status);
}

void Kills::check(const std::string &path, const Marks &marks, bool at_full_speed) {
  Counts &counts = total();
  const auto steps = static_cast<size_t>(shared_->steps.load());
  const size_t step = steps == 0 ? 0 : steps - 1;
  const Journal journal = journal_of(path);
  ++counts.kills;
  counts.commit += journal.pending, counts.sealing += journal.seals;
  if (!journal.pending)
    ++(steps <= 1 ? counts.start : steps + 1 >= marks.size() ? counts.finish : counts.append);

  // By stock HDF5, before anything is replayed.
  int unread = 0;
  Found plain = look_with_hdf5(path, &unread);
  const bool nothing_yet = marks[step].committed == 0;
  const bool failed =
      unread > 0 || plain.how == Found::How::unreadable || (plain.how == Found::How::missing && !nothing_yet);
  counts.hdf5_failed += failed;
  if (at_full_speed && GetParam().name.find("/each") != std::string::npos) {
    ++counts.each_kills;
    counts.each_failed += failed;
  }
  if (plain.how == Found::How::read) {
    plain.series = with_unread(std::move(plain.series), without_infos(marks[step].series));
    const bool right = marks.allow(plain.series, step, true);
    EXPECT_TRUE(right || unread > 0) << "HDF5 finds " << plain.series.size();
    counts.hdf5_wrong += !right && unread == 0;
  }

  // Whoever comes to complete a commit is killed as well, some times.
  for (int again = 0; again < 3 && journal_of(path).pending; ++again) {
    shared_->replaying = false;
    const double after = std::uniform_real_distribution<>(0, 0.004)(random_);
    const bool killed = run(std::chrono::microseconds(300), 0, after, [&] {
      shared_->replaying = true;
      const pde::StoragePtr storage = pde::open_storage(path, "append", {});
      shared_->replaying = false;
    });
    counts.replay += killed && shared_->replaying && journal_of(path).pending;
  }

  const Found found = look(path);
  bool right = found.how == Found::How::read && marks.allow(found.series, step, false);
  if (found.how == Found::How::missing) right = nothing_yet;
  EXPECT_TRUE(right) << "libpde finds " << found.series.size() << ", committed are " << marks[step].committed
                     << " " << found.problem;
  std::string problem;
  if (right) problem = go_on(path, found.series, GetParam().rows, GetParam().columns);
  EXPECT_EQ(problem, "");
  counts.lost += !right || !problem.empty();
}

TEST_P(Kills, LeaveWhatWasCommitted) {
  const Scenario &scenario = GetParam();
  const auto seed =
      static_cast<uint64_t>(amount("PDE_SEED", static_cast<int64_t>(std::random_device()() & 0xffffffu)));
  random_.seed(seed);
  const auto of_all = static_cast<int64_t>(scenarios(false).size());
  const int64_t kills = (amount("PDE_KILLS", 2 * of_all) + of_all - 1) / of_all;
  const test::TemporaryFolder before_folder;
  const Series before = prepare(scenario, before_folder.file("run.h5"));
  const bool was_there = !before.empty();
  const auto begin_with = [&](const test::TemporaryFolder &folder) {
    if (was_there) std::filesystem::copy_file(before_folder.file("run.h5"), folder.file("run.h5"));
  };
  // The steps do not depend on time.
  Marks marks;
  double seconds[2];
  for (const bool slow : {false, true}) {
    const test::TemporaryFolder folder;
    begin_with(folder);
    marks = {};
    const auto begin = Clock::now();
    SlowOps ops(std::chrono::microseconds(150));
    const test::WithOps with(slow ? &ops : &pde::file_ops());
    record(scenario, folder.file("run.h5"), before, [&](const Mark &mark) { marks.add(marks.size(), mark); });
    seconds[slow] = std::chrono::duration<double>(Clock::now() - begin).count();
  }
  for (int64_t kill = 0; kill < kills && !HasFailure();) {
    const bool slow = kill % 2 == 0;
    SCOPED_TRACE("PDE_SEED=" + std::to_string(seed) + ", kill " + std::to_string(kill));
    const test::TemporaryFolder folder;
    begin_with(folder);
    const std::string path = folder.file("run.h5");
    shared_->steps = 0;
    const double after = std::uniform_real_distribution<>(0, 1.1 * seconds[slow])(random_);
    // Starting takes longer than what is to be looked at, and is hit now and then.
    const int64_t first_step = kill % 8 == 7 ? 0 : 2;
    const bool killed = run(std::chrono::microseconds(slow ? 150 : 0), first_step, after,
                            [&] { record(scenario, path, before, [&](const Mark &) { ++shared_->steps; }); });
    if (!killed) continue;  // it was over before
    check(path, marks, !slow);
    ++kill;
  }
}

INSTANTIATE_TEST_SUITE_P(Of, Kills, testing::ValuesIn(scenarios(false)), test_name);

class Summary : public testing::Environment {
 public:
  void TearDown() override {
    const Counts &c = total();
    std::printf(
        "kills %lld: at the start %lld, in appends %lld, inside a commit %lld (of these with chunks that are "
        "sealed or moved %lld), at the end %lld; inside a replay %lld; lost or wrong %lld; plain HDF5 before "
        "any replay: wrong %lld, failed %lld; of %lld kills at full speed with each append committed, failed "
        "%lld\n",
        static_cast<long long>(c.kills), static_cast<long long>(c.start), static_cast<long long>(c.append),
        static_cast<long long>(c.commit), static_cast<long long>(c.sealing), static_cast<long long>(c.finish),
        static_cast<long long>(c.replay), static_cast<long long>(c.lost),
        static_cast<long long>(c.hdf5_wrong), static_cast<long long>(c.hdf5_failed),
        static_cast<long long>(c.each_kills), static_cast<long long>(c.each_failed));
  }
};
testing::Environment *const g_summary = testing::AddGlobalTestEnvironment(new Summary);

}  // namespace
}  // namespace crash
