// PATH.journal: what a commit is about to overwrite in the data file PATH, written there first, so that a
// kill in the middle leaves either the state before or all that is needed to go on to the state after.
//
//   byte   0   "libpde journal 1\n" and who writes, 512 bytes of text (writer_lock.hpp)
//   byte 512   the state: a sequence number, odd while the record is being applied, and the record's checksum
//   byte 576   the record: what goes where, checksums of what is there before, the bytes (docs/formats.md)
//
// There is one record at a time. Whoever finds an odd number and nobody who holds the lock applies the record
// again (replays it); applying it twice does no harm. Readers need no lock: with an odd number they see the
// file with the record laid over, and a number that stays the same says that nothing has moved in between.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/hdf5/file_ops.hpp"
#include "storage/hdf5/overlay.hpp"

namespace pde {

constexpr std::string_view kJournalMagic = "libpde journal 1\n";
constexpr size_t kJournalTextBytes = 512;

/// A write that is cut off ends between two sectors, by all we know of disks; the memory of the system is cut
/// between multiples of it.
constexpr int64_t kSectorBytes = 512;

/// What identifies a series, in its file and in its journal; zeros for files that have no such mark.
using SeriesId = std::array<char, 32>;

struct JournalState {
  uint64_t sequence = 0;  // 0: nothing has been committed through this journal
  int64_t record_bytes = 0;
  uint64_t shortened = 0;  // the number of the last commit that took rows away; 0: there was none
  uint32_t checksum = 0;   // of the record
  bool applying() const { return sequence % 2 == 1; }
};

/// Nothing if the file has no valid one, as a journal without any commit. `out_damaged`: something is there.
std::optional<JournalState> read_journal_state(FileOps &ops, int fd, bool *out_damaged = nullptr);

/// How many of the file such bytes reach into.
int64_t sectors(int64_t offset, int64_t size);
/// Of the bytes that a file has at an offset, one for each of its sectors (docs/formats.md, 1.8) that they
/// reach into.
std::vector<uint32_t> sector_checksums(int64_t offset, std::span<const std::byte> bytes);

/// A commit as a journal has it.
class JournalRecord {
 public:
  /// Nothing if the journal holds no whole, valid record of this state. std::bad_alloc.
  static std::optional<JournalRecord> read(FileOps &ops, int fd, const JournalState &state);
  static std::optional<JournalRecord> parse(std::vector<std::byte> bytes);

  const SeriesId &series() const { return series_; }
  int64_t size() const { return size_; }  // of the data file after it
  size_t pieces() const { return entries_.size(); }
  int64_t bytes() const;
  size_t pieces(Part part) const;
  size_t largest(Part part) const;

  enum class Fit {
    open,     // some places still hold what was there before
    applied,  // all hold what they are to hold
    foreign,  // some hold neither, or the file is too short: it is not the one, or has been changed since
    unknown,  // they could not be read
  };
  Fit fit(FileOps &ops, int data_fd) const;
  /// Minus the errno of what failed, and where.
  int apply(FileOps &ops, int data_fd, int64_t *out_offset) const;
  void lay_over(Overlay &overlay) const;

 private:
  struct Entry {
    int64_t offset;
    Part part;
    std::span<const std::byte> before;  // checksums of its sectors
    std::span<const std::byte> bytes;
  };
  bool parse();

  std::vector<std::byte> storage_;
  SeriesId series_{};
  int64_t size_ = 0;
  std::vector<Entry> entries_;
};

/// The journal of the one who writes.
class Journal {
 public:
  /// `sync`: records wait until they are on the disk.
  Journal(FileOps &ops, int fd, std::string path, bool sync);

  const std::string &path() const { return path_; }
  bool syncs() const { return sync_; }
  /// A record stands there that may not have been applied to its end.
  bool pending() const { return state_.applying(); }
  /// What stands there is no state at all, and tells nothing of what was being done.
  bool damaged() const { return damaged_; }
  /// It has been, but is not marked so.
  bool unsettled() const { return pending() && complete_; }
  const JournalState &state() const { return state_; }

  using ReadOld = std::function<int64_t(int64_t offset, std::span<std::byte> out)>;
  struct Failure {
    int error = 0;  // errno; 0: none
    bool in_data = false;
    int64_t offset = 0;
  };
  struct Commit {
    SeriesId series;
    int64_t size = 0;       // that the file is going to have
    bool shortens = false;  // there are fewer rows than there were
  };
  /// Writes down what is held over a file. From here on a replay would complete the commit. `read_old`: what
  /// the file has now, or minus an errno.
  Failure record(const Overlay &held, const Commit &commit, const ReadOld &read_old);
  /// Brings it to the file, in order. If that fails it is for a replay.
  Failure apply(int data_fd);
  /// It is all there, as is what was found here when the lock was taken.
  Failure applied();

 private:
  struct Change {
    int64_t offset;
    std::span<const std::byte> bytes;
    Part part;
    uint8_t order, depth;
    int64_t place;     // among those of the same order
    size_t checksums;  // of what was there, in checksums_
  };
  Failure compare(int64_t offset, const Overlay::Piece &piece, bool shortens, const ReadOld &read_old);
  Failure add_change(int64_t offset, std::span<const std::byte> bytes, const Overlay::Piece &piece,
                     uint8_t order, const ReadOld &read_old);
  void write_table(const Commit &commit);
  Failure write_record(bool shortens);
  int put(const void *bytes, size_t size, int64_t offset);
  void write_state();

  FileOps &ops_;
  int fd_;
  std::string path_;
  bool sync_, folder_synced_ = false;
  JournalState state_;
  bool damaged_ = false;
  bool complete_ = false;          // all of the record has been applied
  std::vector<std::byte> buffer_;  // the state, and behind it the record or its table
  std::vector<Change> changes_;    // in the order in which they are applied
  std::vector<uint32_t> checksums_;
  std::vector<std::byte> old_, sector_;
};

}  // namespace pde
