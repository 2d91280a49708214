// What a writer that was killed in the middle of a commit has left in its journal.
#pragma once

#include <optional>
#include <string>

#include "storage/hdf5/file_ops.hpp"
#include "storage/hdf5/journal.hpp"
#include "storage/hdf5/writer_lock.hpp"

namespace pde {

/// Whether the journal of a data file holds a commit that may be half done, or one that is going on, or
/// nobody knows what.
bool is_commit_pending(FileOps &ops, const std::string &path);
/// What its journal says of a data file by now; zeros if there is none, or none that we may read.
JournalState current_commit(FileOps &ops, const std::string &path);
/// The commit that is going on in this state, if it fits the open data file: what is to be laid over it by
/// who only reads.
std::optional<JournalRecord> find_pending_commit(FileOps &ops, const std::string &path,
                                                 const JournalState &state, int data_fd);

/// Completes it in the file itself, if it fits and the result is an HDF5 file with the series that the
/// journal is of; else the journal is kept aside, as the log tells, and the file left as it is. PDE_ERR_IO if
/// it cannot be done now, but could be later.
void replay(FileOps &ops, const std::string &path, WriterLock &lock);

}  // namespace pde
