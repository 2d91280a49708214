// Readers that open a file again and again while it is written: how often libpde and plain HDF5 find what is
// right, at several numbers of commits per second. Plain HDF5 knows nothing of commits: where it opens a file
// before one and reads it after it, it may fail, and where its index of chunks is so old that their places
// have been used anew, find other snapshots. That is counted.
//
// In the normal tests a second of each; PDE_LIVE_SECONDS=20 takes so many.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "base/log.hpp"
#include "crash/scenario.hpp"
#include "storage/storage.hpp"
#include "support/temporary_folder.hpp"

namespace crash {
namespace {

using Clock = std::chrono::steady_clock;

/// So many appends per second, each of which is committed; 0: as many as there can be.
class LiveReaders : public testing::TestWithParam<int> {};

struct Counts {
  int64_t looks = 0, rows = 0, unopened = 0, looks_with_unread = 0, rows_unread = 0, wrong = 0;
};

/// How many are not what they should be; those that were not read do not count.
int64_t wrong_in(const Series &found, const Series &expected) {
  int64_t wrong = 0;
  for (size_t i = 0; i < found.size(); ++i)
    wrong += found[i] != 0 && (i >= expected.size() || found[i] != expected[i]);
  return wrong;
}

TEST_P(LiveReaders, FindWhatIsRight) {
  const int rate = GetParam();
  const auto seconds = std::chrono::seconds(amount("PDE_LIVE_SECONDS", 1));
  const Scenario scenario{"live",
                          Scenario::Start::fresh,
                          "threads=0 commit_every=1 chunk_bytes=100000 commit_seconds=1000",
                          0,
                          32,
                          32};
  const int64_t most = rate > 0 ? 4 + 2 * rate * seconds.count() : 20000;
  const Series series = numbered_series(scenario, most), plain_series = without_infos(series);
  const test::TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      const pde::StoragePtr storage = pde::open_storage(path, "truncate", options_of(scenario.options));
      for (int64_t i = 0; i < most; ++i) {
        append_numbered(*storage, scenario, i);
        if (rate > 0 && i > 2) std::this_thread::sleep_for(std::chrono::seconds(1) / rate);
      }
      std::this_thread::sleep_for(std::chrono::seconds(100));
    } catch (...) {
    }
    ::_exit(1);
  }
  while (!std::filesystem::exists(path)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  Counts ours, plain;
  int64_t length = 0;
  const Clock::time_point end = Clock::now() + seconds;
  while (Clock::now() < end) {
    const Found found = look(path);
    ++ours.looks;
    ours.rows += static_cast<int64_t>(found.series.size());
    ours.unopened += found.how != Found::How::read;
    EXPECT_EQ(found.how, Found::How::read) << found.problem;
    ours.wrong += wrong_in(found.series, series);
    EXPECT_GE(static_cast<int64_t>(found.series.size()), length) << "there was more before";
    length = std::max(length, static_cast<int64_t>(found.series.size()));

    int unread = 0;
    const Found seen = look_with_hdf5(path, &unread);
    ++plain.looks;
    plain.rows += static_cast<int64_t>(seen.series.size());
    plain.unopened += seen.how != Found::How::read;
    plain.looks_with_unread += unread > 0;
    plain.rows_unread += unread;
    plain.wrong += wrong_in(seen.series, plain_series);
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(ours.wrong, 0);
  for (const auto &[name, c] : {std::pair("libpde", ours), std::pair("plain HDF5", plain)}) {
    std::printf(
        "live, %s commits per second: %s looked %lld times at %lld snapshots: not opened %lld, "
        "with snapshots not read %lld (%lld of them), wrong snapshots %lld\n",
        rate > 0 ? std::to_string(rate).c_str() : "as many as there can be", name,
        static_cast<long long>(c.looks), static_cast<long long>(c.rows), static_cast<long long>(c.unopened),
        static_cast<long long>(c.looks_with_unread), static_cast<long long>(c.rows_unread),
        static_cast<long long>(c.wrong));
  }
}

INSTANTIATE_TEST_SUITE_P(At, LiveReaders, testing::Values(1, 10, 100, 0), [](const auto &rate) {
  return rate.param > 0 ? std::to_string(rate.param) + "PerSecond" : std::string("FullSpeed");
});

}  // namespace
}  // namespace crash
