// Every prefix of what a recording does to its files: rebuilt, and read by libpde and by plain HDF5, before
// and after a replay. Each write is also cut off within, after 512 bytes and after 4 KiB.
//
// In the normal tests a part of the prefixes, beginning anywhere; PDE_PREFIX_STRIDE=1 takes all of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "base/log.hpp"
#include "crash/file_log.hpp"
#include "crash/marks.hpp"
#include "crash/recorded_run.hpp"
#include "crash/scenario.hpp"
#include "storage/hdf5/journal.hpp"
#include "support/temporary_folder.hpp"

namespace crash {
namespace {

struct Counts {
  int64_t prefixes = 0, cuts = 0, pending = 0, kept_aside = 0;
  int64_t hdf5_unread = 0, hdf5_unopened = 0, hdf5_torn = 0;
  int64_t lost = 0, wrong = 0;

  void add(const Counts &other) {
    prefixes += other.prefixes, cuts += other.cuts, pending += other.pending;
    kept_aside += other.kept_aside, hdf5_unread += other.hdf5_unread;
    hdf5_unopened += other.hdf5_unopened, hdf5_torn += other.hdf5_torn, lost += other.lost,
        wrong += other.wrong;
  }
};

Counts &total() {
  static Counts counts;
  return counts;
}

/// Whether the journal holds a commit: one with samples in it, where a chunk is being sealed, or moved; one
/// that changes more of the headers of objects than the two numbers of rows, as the first and the last of a
/// session do.
struct Pending {
  bool commit = false, samples = false, headers = false;
};

Pending pending_in(const FileState &state) {
  const auto name = state.names.find("run.h5.journal");
  if (name == state.names.end()) return {};
  const test::TemporaryFolder folder;
  FileState journal;
  journal.names["journal"] = name->second;
  journal.contents[name->second] = state.contents.at(name->second);
  journal.store(folder.path());
  pde::FileOps &ops = pde::file_ops();
  const pde::Descriptor file(ops, ops.open(folder.file("journal"), 0, 0));
  const auto written = pde::read_journal_state(ops, file.get());
  if (!written || !written->applying()) return {};
  const auto record = pde::JournalRecord::read(ops, file.get(), *written);
  if (!record) return {true, false, false};
  using pde::Part;
  return {true, record->pieces(Part::samples) + record->pieces(Part::sealed) > 0,
          record->largest(Part::header) > 8};
}

class Prefixes : public testing::TestWithParam<Scenario> {
 protected:
  void SetUp() override {
    pde::set_log_handler([](int32_t, const char *, void *) {}, nullptr, nullptr);
  }
  void TearDown() override { pde::set_log_handler(nullptr, nullptr, nullptr); }

  /// `torn`: a sector of the disk is in the middle of a write, which a kill never leaves.
  void check(const FileState &state, const Marks &marks, size_t changes, bool torn = false);
  void check_with_hdf5(const Marks &marks, size_t changes, const Pending &pending, bool torn);

  Counts counts_;
  test::TemporaryFolder folder_;
};

void Prefixes::check_with_hdf5(const Marks &marks, size_t changes, const Pending &pending, bool torn) {
  int unread = 0;
  Found plain = look_with_hdf5(folder_.file("run.h5"), &unread);
  const bool nothing_yet = marks.last(changes).series.empty();
  if (plain.how == Found::How::missing && nothing_yet) return;
  if (plain.how != Found::How::read) {
    ++(torn ? counts_.hdf5_torn : counts_.hdf5_unopened);
    EXPECT_TRUE(torn || pending.headers) << "HDF5 cannot open what is there: " << plain.problem;
    return;
  }
  counts_.hdf5_unread += unread;
  EXPECT_TRUE(unread == 0 || pending.samples || torn)
      << "HDF5 does not read a row, but nothing is being sealed";
  // What cannot be read is not wrong; the rest has to be right.
  plain.series = with_unread(std::move(plain.series), without_infos(marks.last(changes).series));
  const bool right = marks.allow(plain.series, changes, true);
  counts_.hdf5_torn += torn && !right;
  counts_.wrong += !torn && !right;
  EXPECT_TRUE(right || torn) << "HDF5 finds " << plain.series.size();
}

void Prefixes::check(const FileState &state, const Marks &marks, size_t changes, bool torn) {
  const Scenario &scenario = GetParam();
  const std::string path = folder_.file("run.h5");
  const bool nothing_yet = marks.last(changes).series.empty();
  const Pending pending = pending_in(state);
  counts_.pending += pending.commit;
  state.store(folder_.path());
  check_with_hdf5(marks, changes, pending, torn);
  const Found found = look(path);
  if (found.how == Found::How::missing) {
    EXPECT_TRUE(nothing_yet);
    counts_.lost += !nothing_yet;
  } else {
    const bool right = found.how == Found::How::read && marks.allow(found.series, changes, false);
    counts_.lost += !right;
    EXPECT_TRUE(right) << "libpde finds " << found.series.size() << " " << found.problem;
  }
  const std::string problem = go_on(path, found.series, scenario.rows, scenario.columns);
  EXPECT_EQ(problem, "");
  counts_.lost += !problem.empty();
  std::set<std::string> names = folder_.names();
  names.erase("run.h5");
  counts_.kept_aside += static_cast<int64_t>(names.erase("run.h5.journal.kept"));
  names.erase("run.h5.tmp");
  EXPECT_EQ(names, std::set<std::string>{});
}

TEST_P(Prefixes, LeaveWhatWasCommitted) {
  const Scenario &scenario = GetParam();
  auto [state, changes, marks] = record_once(scenario);
  const int64_t stride = amount("PDE_PREFIX_STRIDE", 23);
  auto phase = static_cast<int64_t>(std::hash<std::string>()(scenario.name) % static_cast<uint64_t>(stride));
  for (size_t i = 0; i < changes.size() && !HasFailure(); ++i) {
    SCOPED_TRACE("change " + std::to_string(i) + " of " + std::to_string(changes.size()));
    const FileChange &change = changes[i];
    const bool write = change.what == FileChange::What::write;
    if (++phase % stride == 0) {
      ++counts_.prefixes;
      check(state, marks, i);
    }
    if (!write) {
      state.apply(change);
      continue;
    }
    // After so many bytes, and where the file has a page or a sector of the disk to its end.
    const int64_t page = 4096 - change.offset % 4096, sector = 512 - change.offset % 512;
    for (const auto &[bytes, torn] :
         {std::pair<int64_t, bool>{page, false}, {sector, true}, {512, true}, {4096, true}}) {
      const auto size = static_cast<size_t>(bytes);
      if (size >= change.bytes.size() || ++phase % stride != 0) continue;
      SCOPED_TRACE("cut off after " + std::to_string(size));
      FileState cut = state;
      cut.apply(change, size);
      ++counts_.cuts;
      check(cut, marks, i, torn && size != static_cast<size_t>(page));
    }
    state.apply(change);
  }
  if (!HasFailure()) check(state, marks, changes.size());
  total().add(counts_);
}

INSTANTIATE_TEST_SUITE_P(Of, Prefixes, testing::ValuesIn(scenarios(false)), test_name);

class Summary : public testing::Environment {
 public:
  void TearDown() override {
    const Counts &c = total();
    std::printf(
        "prefixes %lld, cut writes %lld, with a commit pending %lld, lost %lld, wrong %lld; plain HDF5: "
        "rows not read %lld, files not opened %lld, wrong or not opened with a torn sector %lld; journals "
        "kept "
        "aside %lld\n",
        static_cast<long long>(c.prefixes), static_cast<long long>(c.cuts), static_cast<long long>(c.pending),
        static_cast<long long>(c.lost), static_cast<long long>(c.wrong),
        static_cast<long long>(c.hdf5_unread), static_cast<long long>(c.hdf5_unopened),
        static_cast<long long>(c.hdf5_torn), static_cast<long long>(c.kept_aside));
  }
};
testing::Environment *const g_summary = testing::AddGlobalTestEnvironment(new Summary);

}  // namespace
}  // namespace crash
