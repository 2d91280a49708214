// Our HDF5 virtual file driver: HDF5 keeps the format, we keep the bytes.
//
// One file, one descriptor, opened by the storage and lent to HDF5 for the time between attach and detach.
//
// What is committed is never overwritten between two commits. Writes behind the end that the file had at the
// last commit pass through at once, as nothing refers to them yet; all others are held here, seen by every
// read through this driver, until `commit` writes them to the journal first and then to the file, in an order
// in which each state in between can be read (journal.hpp, overlay.hpp). The space of rows that no committed
// state tells of is the one exception: it is written in place.
//
// Samples need not pass through HDF5: while they are noted, HDF5 finds or makes the place of a chunk as ever,
// but nothing is moved, and we learn where it lies in the file; its bytes are then read or written beside
// HDF5, on any thread.
//
// After a failed write, in a forked child, and after the host has called H5close(), the driver is dead: it
// answers success and drops the bytes, because an error returned from a driver leaves HDF5 1.10 with metadata
// that it can neither write nor forget, and it crashes at exit. The storage asks `problem` after each step
// and fails with what it hears.
#pragma once

#include <hdf5.h>
#include <sys/types.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "storage/hdf5/capture.hpp"
#include "storage/hdf5/file_ops.hpp"
#include "storage/hdf5/journal.hpp"
#include "storage/hdf5/overlay.hpp"

namespace pde {

/// A piece of the file.
struct FileBlock {
  int64_t offset = -1, size = 0;
  bool operator==(const FileBlock &) const = default;
  explicit operator bool() const { return offset >= 0; }
};

class DriverFile : public std::enable_shared_from_this<DriverFile> {
 public:
  /// HDF5 shares the object: a file that it fails to close keeps a driver until the process ends, though one
  /// without a descriptor. `journal`: of the path, for who writes; null for who reads.
  DriverFile(FileOps &ops, Descriptor descriptor, std::string path, Journal *journal);
  ~DriverFile();
  DriverFile(const DriverFile &) = delete;
  DriverFile &operator=(const DriverFile &) = delete;

  /// Lets go of descriptor and lock; whatever HDF5 still wants to write is dropped.
  void shut();

  /// H5Fcreate or H5Fopen through this driver; negative as HDF5's own. std::bad_alloc where the driver had no
  /// memory, whatever HDF5 says of it. Inside an H5Session.
  hid_t create();
  hid_t open();
  /// HDF5's words for the last of the two that failed.
  const std::string &refusal() const { return refusal_; }
  /// H5Fclose of the last id, expected by us, and a last commit of what HDF5 writes in it. Never writes once
  /// the file is dead.
  herr_t close(hid_t file);
  /// HDF5 has closed the file, but not because we asked: the host called H5close(), and old ids may name its
  /// objects.
  bool lost() const { return lost_; }

  /// Why the bytes no longer reach the disk: words with path and cause; empty while all is well.
  std::string problem() const;
  /// Whether it is that there was no memory.
  bool lacks_memory() const { return error_ == ENOMEM; }
  /// Puts everything written so far on the disk itself; minus an errno.
  int sync() { return ops_.sync(fd()); }
  int64_t size() const;
  /// On the disk that has the file; nothing: nobody knows.
  std::optional<int64_t> free_bytes() const;
  /// How many reads the operating system has refused so far.
  int64_t failed_reads() const { return failed_reads_; }
  /// PDE_ERR_IO with its cause if there was one: what HDF5 has made of the gap is not to be trusted.
  void check_reads() const;
  int fd() const { return descriptor_.get(); }
  bool writable() const { return journal_ != nullptr; }
  /// Whether this process has opened the file; its children inherit what they must not touch.
  bool owned() const;
  void moved(std::string path) { path_ = std::move(path); }
  /// Drops everything from now on, and all that is held: the file stays as the last commit has left it.
  void abandon() { abandoned_ = true; }

  // ---- commits

  /// What has been written so far is what a kill leaves, from the return on. HDF5 must have been flushed, and
  /// nobody may be writing beside it. What goes wrong is a problem. `series`: whose journal it is;
  /// `shortens`: rows are taken away.
  void commit(const SeriesId &series, bool shortens = false);
  /// Bytes that wait for the next commit.
  int64_t held() const { return held_bytes_; }
  /// Whether there are samples among them.
  bool held_samples() const;

  // ---- a file that others write

  /// What a journal holds is seen in place of what the file has.
  void lay_over(const JournalRecord &record);
  /// The file as it is now, with nothing laid over it; where there are copies of it, these. HDF5 must not
  /// have it open.
  void look_through(std::shared_ptr<Capture> copies);

  // ---- samples beside HDF5

  enum class Noting { none, reads, writes };
  /// Until `noted`, samples that HDF5 wants to read, or to write, are not moved; only where is noted.
  void note_samples(Noting which) {
    noting_ = which;
    noted_ = {};
  }
  /// False if HDF5 has not wanted to.
  FileBlock noted() {
    noting_ = Noting::none;
    return noted_;
  }
  /// On any thread, while the file is open. Minus an errno.
  int64_t read_beside(void *data, size_t size, int64_t offset) const;
  /// Only where bytes here need not be held, or are of rows that no committed state tells of.
  int64_t write_beside(const void *data, size_t size, int64_t offset) const;
  /// Whether what is written here has to wait for a commit, and goes through `write`.
  bool holds(int64_t offset) const { return offset < committed_end_; }
  /// Rows that no committed state tells of, in a place of which it does: not held.
  void write_in_place(const void *data, size_t size, int64_t offset);
  /// Whether HDF5 itself does so with samples.
  void samples_in_place(bool in_place) { samples_in_place_ = in_place; }
  /// Whether nobody has written anything from here on: it reads as zeros.
  bool untouched(int64_t offset) const { return size() <= offset; }
  /// Makes an untouched end of the file reach at least so far.
  void reach(int64_t end);
  /// A write beside HDF5 has failed with this errno; `what`: "writing snapshot 3 to".
  void fail_write(const std::string &what, int error, int64_t offset);

  // ---- for the driver's callbacks
  /// Whether it is this file that HDF5 opens, and because we asked.
  bool expects(std::string_view path) const { return expected_ && path == path_; }
  void opened();
  void refuse_for_memory() { without_memory_ = true; }
  void closed();
  int64_t end_of_file() const { return end_of_file_; }
  void allocated(int64_t end) { end_of_allocation_ = end; }
  /// All of it, with zeros behind the end of the file; or minus an errno.
  int64_t read(void *data, size_t size, int64_t offset);
  /// std::bad_alloc where there is no memory to hold it.
  /// `before`: as an Overlay takes it.
  void write(const void *data, size_t size, int64_t offset, Part part = Part::samples,
             std::vector<uint32_t> before = {});
  void fail_for_memory() { die("holding what is to be written to", ENOMEM, 0); }
  bool samples_are_in_place() const { return samples_in_place_; }
  /// Whether these samples are noted only.
  bool note(Noting which, int64_t offset, size_t size);
  void extend(int64_t end) { end_of_file_ = std::max(end_of_file_, end); }
  void truncate(int64_t size);

 private:
  hid_t attach(bool create);
  bool dropping() const;
  void write_now(const void *data, size_t size, int64_t offset);
  void note_written(int64_t end) const;
  void shrink();
  void settle_journal();
  bool commit_held(const Journal::Commit &commit);
  int64_t read_old(int64_t offset, std::span<std::byte> out) const;
  void remember_applied();
  void die(const Journal::Failure &failure, std::string_view what_to_data);
  void die(std::string_view what, int error, int64_t offset);

  FileOps &ops_;
  Descriptor descriptor_;
  std::string path_;
  Journal *journal_;
  SeriesId series_{};  // of the last commit
  pid_t owner_;
  hid_t access_ =
      H5I_INVALID_HID;  // keeps the driver registered while HDF5 has the file; goes with the host's H5close()
  int64_t end_of_file_ = 0, end_of_allocation_ = 0;  // as HDF5 sees them
  int64_t committed_end_ = 0;                        // what is written before it is held
  mutable std::atomic<int64_t> written_end_ = 0;  // how long the file is at most, by all we have done to it
  bool samples_in_place_ = false;
  std::shared_ptr<Capture> copies_;  // what is read instead, for who only reads
  Overlay held_, applied_;  // what the file has where this was applied to, as far as it is worth remembering
  mutable std::mutex held_mutex_;  // workers read what is held
  std::atomic<int64_t> held_bytes_ = 0;
  bool without_memory_ = false;
  bool expected_ = false;           // an opening or a close that comes now is ours
  std::atomic<bool> lost_ = false;  // set by whichever thread of the host calls H5close()
  std::atomic<bool> abandoned_ = false;
  Noting noting_ = Noting::none;
  FileBlock noted_;
  std::atomic<int> error_ = 0;
  int64_t failed_reads_ = 0;
  std::string failure_, refusal_;
};

/// What HDF5 cannot read although every byte of it could be is damaged.
template <class F>
void reading(const DriverFile &driver, F &&transfer) {
  const int64_t failures = driver.failed_reads();
  try {
    transfer();
  } catch (const Error &error) {
    if (error.code() != PDE_ERR_IO || driver.failed_reads() != failures || !driver.problem().empty()) throw;
    throw Error(PDE_ERR_FORMAT, error.what());
  }
}

}  // namespace pde
