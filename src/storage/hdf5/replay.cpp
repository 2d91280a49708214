#include "storage/hdf5/replay.hpp"

#include <fcntl.h>

#include <cerrno>

#include "base/error.hpp"
#include "base/log.hpp"
#include "storage/hdf5/series_file.hpp"
#include "storage/hdf5/series_path.hpp"

namespace pde {
namespace {

/// False where there is none, or none that we may read. Any other failure would hide that the file is in the
/// middle of a commit.
Descriptor open_journal(FileOps &ops, const std::string &path) {
  Descriptor journal(ops, ops.open(path + ".journal", O_RDONLY | O_NONBLOCK, 0));
  const int error = journal ? 0 : -journal.get();
  if (error != 0 && error != ENOENT && error != ENOTDIR && error != EACCES && error != EPERM)
    fail(PDE_ERR_IO, "opening {}.journal: {}", path, errno_text(error));
  return journal;
}

/// What is wrong with the file as the record would leave it; empty: nothing.
std::string problem_of(FileOps &ops, const std::string &path, const JournalRecord &record) try {
  SeriesFile result(ops, open_hdf5_file(ops, path, false), path, nullptr);
  result.driver().lay_over(record);
  const H5Session session;
  result.open();
  const bool same = result.series_id() == record.series();
  return same ? "" : "it belongs to another series";
} catch (const Error &error) {
  if (error.code() == PDE_ERR_IO) throw;
  return error.what();
}

/// Why a record is not to be applied; empty: it is.
std::string misfit(FileOps &ops, const std::string &path, const JournalRecord &record, int data_fd) {
  switch (record.fit(ops, data_fd)) {
    case JournalRecord::Fit::unknown:
      fail(PDE_ERR_IO, "{} cannot be read to be mended", path);
    case JournalRecord::Fit::foreign:
      return "the file has been changed since, or is another one";
    default:
      return problem_of(ops, path, record);
  }
}

void apply(FileOps &ops, const std::string &path, const JournalRecord &record, int data_fd) {
  int64_t offset = 0;
  int result = record.apply(ops, data_fd, &offset);
  if (result >= 0) result = ops.sync(data_fd);
  if (result < 0)
    fail(PDE_ERR_IO, "completing a commit of {} at byte {}: {}", path, offset, errno_text(-result));
}

}  // namespace

JournalState current_commit(FileOps &ops, const std::string &path) {
  const Descriptor journal = open_journal(ops, path);
  if (!journal) return {};
  return read_journal_state(ops, journal.get()).value_or(JournalState{});
}

bool is_commit_pending(FileOps &ops, const std::string &path) {
  const Descriptor journal = open_journal(ops, path);
  if (!journal) return false;
  bool damaged = false;
  const auto state = read_journal_state(ops, journal.get(), &damaged);
  return damaged || (state && state->applying());
}

std::optional<JournalRecord> find_pending_commit(FileOps &ops, const std::string &path,
                                                 const JournalState &state, int data_fd) {
  const Descriptor journal = open_journal(ops, path);
  if (!journal) return std::nullopt;
  auto record = JournalRecord::read(ops, journal.get(), state);
  if (!record) return std::nullopt;
  const JournalRecord::Fit fit = record->fit(ops, data_fd);
  if (fit != JournalRecord::Fit::open && fit != JournalRecord::Fit::applied) return std::nullopt;
  return record;
}

void replay(FileOps &ops, const std::string &path, WriterLock &lock) {
  if (!lock.journal().pending() && !lock.journal().damaged()) return;
  const std::string left_by = lock.left_by();
  const auto record = JournalRecord::read(ops, lock.fd(), lock.journal().state());
  const Descriptor file = open_hdf5_file(ops, path, true);
  std::string problem = !record ? "it is damaged" : !file ? "the file is gone, or empty" : "";
  if (problem.empty()) problem = misfit(ops, path, *record, file.get());
  if (!problem.empty()) {
    const std::string kept = lock.keep_aside();
    log_warning("the journal that {} has left of a commit to {} is not applied, but kept as {}: {}", left_by,
                path, kept, problem);
    return;
  }
  if (record->fit(ops, file.get()) == JournalRecord::Fit::open) {
    apply(ops, path, *record, file.get());
    log_info("{}: completed the commit that {} has left half done ({} bytes in {} places)", path, left_by,
             record->bytes(), record->pieces());
  }
  const Journal::Failure failure = lock.journal().applied();
  if (failure.error != 0)
    fail(PDE_ERR_IO, "writing {}: {}", lock.journal().path(), errno_text(failure.error));
}

}  // namespace pde
