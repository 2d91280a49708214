// One writer per path: an exclusive lock on PATH.journal, and a shared one on the data file that keeps stock
// HDF5 writers out while readers come in. The kernel lets go of both when the process dies, so nothing is
// ever left locked.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "storage/hdf5/file_ops.hpp"
#include "storage/hdf5/journal.hpp"

namespace pde {

class WriterLock {
 public:
  /// PDE_ERR_BUSY that names the holder; PDE_ERR_IO if the folder cannot be written. `sync`: as of a Journal.
  WriterLock(FileOps &ops, const std::string &data_path, bool sync);
  /// Removes the journal, unless it holds what a replay is to complete.
  ~WriterLock();
  WriterLock(const WriterLock &) = delete;
  WriterLock &operator=(const WriterLock &) = delete;

  /// Whether this process has taken the lock; a child of it has inherited no right to write.
  bool owned() const;
  Journal &journal() { return *journal_; }
  /// Who has left a record to be replayed; for messages.
  const std::string &left_by() const { return left_by_; }
  int fd() const { return file_.get(); }
  /// Renames a journal that is of no use here but may be to somebody, and begins a new one. Returns its new
  /// name.
  std::string keep_aside();

 private:
  void take();
  void open_and_lock();
  bool named() const;
  void write_holder();

  FileOps &ops_;
  std::string data_path_, path_, left_by_;
  std::string found_header_;  // of a journal that was there
  bool sync_;
  Descriptor file_;
  std::optional<Journal> journal_;
  pid_t owner_;
};

/// The shared lock on an open data file; PDE_ERR_BUSY if another program has it open for writing.
void lock_data_file(FileOps &ops, int fd, const std::string &path);

}  // namespace pde
