// One writer per path: an exclusive lock on PATH.journal, and a shared one on the data file that keeps stock
// HDF5 writers out while readers come in. The kernel lets go of both when the process dies, so nothing is
// ever left locked.
#pragma once

#include <sys/types.h>

#include <string>

#include "storage/hdf5/file_ops.hpp"

namespace pde {

class WriterLock {
 public:
  /// PDE_ERR_BUSY that names the holder; PDE_ERR_IO if the folder cannot be written.
  WriterLock(FileOps &ops, const std::string &data_path);
  ~WriterLock();
  WriterLock(const WriterLock &) = delete;
  WriterLock &operator=(const WriterLock &) = delete;

  /// Whether this process has taken the lock; a child of it has inherited no right to write.
  bool owned() const;

 private:
  void take(const std::string &data_path);
  bool named() const;
  void write_holder();

  FileOps &ops_;
  std::string path_;
  Descriptor journal_;
  pid_t owner_;
};

/// The shared lock on an open data file; PDE_ERR_BUSY if another program has it open for writing.
void lock_data_file(FileOps &ops, int fd, const std::string &path);

}  // namespace pde
