// Power cuts of recordings with fsync: of what was written to a file since it was last put on the disk, any
// part may be there, in any order, and sectors of a write without each other. Names follow the order in which
// they were changed, as journalling file systems have it, up to anywhere since the folder was last put on the
// disk.
//
// In the normal tests a few; PDE_POWERCUTS=10000 takes so many of all scenarios together.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <random>
#include <vector>

#include "base/log.hpp"
#include "crash/file_log.hpp"
#include "crash/marks.hpp"
#include "crash/recorded_run.hpp"
#include "crash/scenario.hpp"
#include "support/temporary_folder.hpp"

namespace crash {
namespace {

using What = FileChange::What;
using Random = std::mt19937_64;

struct Counts {
  int64_t cuts = 0, torn = 0, lost = 0, kept_aside = 0;
};

Counts &total() {
  static Counts counts;
  return counts;
}

bool coin(Random &random, double chance = 0.5) {
  return std::uniform_real_distribution<>()(random) < chance;
}

/// Some of the sectors of a write.
void apply_some_sectors(FileState &state, const FileChange &change, Random &random) {
  constexpr int64_t kSector = 512;
  for (int64_t begin = 0; begin < static_cast<int64_t>(change.bytes.size());) {
    const auto left = static_cast<int64_t>(change.bytes.size()) - begin;
    const int64_t here = std::min(kSector - (change.offset + begin) % kSector, left);
    if (coin(random)) {
      FileChange part = change;
      part.offset += begin;
      part.bytes = change.bytes.substr(static_cast<size_t>(begin), static_cast<size_t>(here));
      state.apply(part);
    }
    begin += here;
  }
}

/// The files after a power cut behind the first `end` changes.
FileState after_power_cut(FileState state, const std::vector<FileChange> &changes, size_t end, Random &random,
                          Counts &counts) {
  std::map<int, size_t> synced;  // of each file, up to where it is on the disk for sure
  size_t names_synced = 0;
  for (size_t i = 0; i < end; ++i) {
    if (changes[i].what == What::sync) synced[changes[i].node] = i;
    if (changes[i].what == What::sync_folder) names_synced = i;
  }
  std::vector<size_t> of_names;
  for (size_t i = 0; i < end; ++i) {
    const What what = changes[i].what;
    if (what == What::create || what == What::rename || what == What::unlink) of_names.push_back(i);
    if (what == What::create) state.contents[changes[i].node];
  }
  const auto sure = static_cast<size_t>(
      std::count_if(of_names.begin(), of_names.end(), [&](size_t i) { return i <= names_synced; }));
  const size_t names = std::uniform_int_distribution<size_t>(sure, of_names.size())(random);
  for (size_t i = 0; i < names; ++i) state.apply(changes[of_names[i]]);
  // How much gets there differs from cut to cut: hardly anything, nearly all.
  const double chance = std::uniform_real_distribution<>()(random);
  std::vector<size_t> loose;
  for (size_t i = 0; i < end; ++i) {
    if (changes[i].what != What::write && changes[i].what != What::truncate) continue;
    const auto on_disk = synced.find(changes[i].node);
    if (on_disk != synced.end() && i < on_disk->second) {
      state.apply(changes[i]);
    } else if (coin(random, chance)) {
      loose.push_back(i);
    }
  }
  if (coin(random)) std::shuffle(loose.begin(), loose.end(), random);
  for (const size_t i : loose) {
    if (changes[i].what == What::write && coin(random, 0.2)) {
      ++counts.torn;
      apply_some_sectors(state, changes[i], random);
    } else {
      state.apply(changes[i]);
    }
  }
  return state;
}

class PowerCuts : public testing::TestWithParam<Scenario> {
 protected:
  void SetUp() override {
    pde::set_log_handler([](int32_t, const char *, void *) {}, nullptr, nullptr);
  }
  void TearDown() override { pde::set_log_handler(nullptr, nullptr, nullptr); }
};

TEST_P(PowerCuts, LeaveWhatWasCommitted) {
  const Scenario &scenario = GetParam();
  const test::TemporaryFolder folder;
  const auto [state, changes, marks] = record_once(scenario);
  const auto seed =
      static_cast<uint64_t>(amount("PDE_SEED", static_cast<int64_t>(std::random_device()() & 0xffffffu)));
  const auto of_all = static_cast<int64_t>(scenarios(true).size());
  const int64_t cuts = (amount("PDE_POWERCUTS", 2 * of_all) + of_all - 1) / of_all;
  Random random(seed);
  for (int64_t cut = 0; cut < cuts && !HasFailure(); ++cut) {
    Counts counts;
    const size_t end = std::uniform_int_distribution<size_t>(0, changes.size())(random);
    SCOPED_TRACE("PDE_SEED=" + std::to_string(seed) + ", cut " + std::to_string(cut) + " behind change " +
                 std::to_string(end) + " of " + std::to_string(changes.size()));
    after_power_cut(state, changes, end, random, counts).store(folder.path());
    ++counts.cuts;
    const std::string file = folder.file("run.h5");
    const Found found = look(file);
    const bool nothing_yet = marks.last(end).committed == 0;
    bool right = found.how == Found::How::read && marks.allow(found.series, end, false);
    if (found.how == Found::How::missing) right = nothing_yet;
    counts.lost += !right;
    EXPECT_TRUE(right) << "found " << found.series.size() << ", committed " << marks.last(end).committed
                       << " " << found.problem;
    if (right) {
      const std::string problem = go_on(file, found.series, scenario.rows, scenario.columns);
      EXPECT_EQ(problem, "");
      counts.lost += !problem.empty();
    }
    for (const std::string &name : folder.names()) counts.kept_aside += name.find(".kept") != name.npos;
    total().cuts += counts.cuts, total().torn += counts.torn, total().lost += counts.lost;
    total().kept_aside += counts.kept_aside;
  }
}

INSTANTIATE_TEST_SUITE_P(Of, PowerCuts, testing::ValuesIn(scenarios(true)), test_name);

class Summary : public testing::Environment {
 public:
  void TearDown() override {
    std::printf("power cuts %lld, torn writes %lld, lost %lld; journals kept aside %lld\n",
                static_cast<long long>(total().cuts), static_cast<long long>(total().torn),
                static_cast<long long>(total().lost), static_cast<long long>(total().kept_aside));
  }
};
testing::Environment *const g_summary = testing::AddGlobalTestEnvironment(new Summary);

}  // namespace
}  // namespace crash
