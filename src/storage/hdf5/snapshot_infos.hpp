// Metadata of single snapshots in a file: a group of two datasets, made when first needed (docs/formats.md).
//
//   /snapshot_info/index   int64 [M, 3]   snapshot, begin and end of its text; snapshots increase
//   /snapshot_info/text    uint8 [T]      the JSON texts, one behind the other
//
// Both are compressed and grow in blocks, so a line of text costs a few bytes and no object of its own. All
// functions run inside an H5Session of the caller.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/hdf5/h5.hpp"

namespace pde {

class SnapshotInfos {
 public:
  void attach(hid_t file, const std::string &path);
  /// PDE_ERR_FORMAT if there is a group of this name that makes no sense.
  void check() { open(); }
  /// Kept here until `write`, which is due when there is much of it.
  void append(int64_t snapshot, const std::string &json);
  bool full() const;
  void write();
  /// Drops what belongs to snapshots from `length` on.
  void truncate(int64_t length);
  /// As check.
  std::optional<std::string> find(int64_t snapshot);

  void close();
  /// The library was closed under us.
  void forget();

 private:
  struct Entry {
    int64_t snapshot, begin, end;
  };
  static bool is_before(const Entry &entry, int64_t snapshot);
  bool open();
  void create();
  [[noreturn]] void bad_group(const std::string &what) const;
  const std::vector<Entry> &block(int64_t number);
  int64_t first_from(int64_t snapshot);
  std::string text(const Entry &entry);

  hid_t file_ = H5I_INVALID_HID;
  std::string path_;
  H5Id index_, text_;
  bool looked_ = false;                   // for the group
  int64_t entries_ = 0, text_bytes_ = 0;  // in the file
  std::vector<Entry> pending_;            // behind those
  std::string pending_text_;
  std::vector<Entry> block_;  // the part of the index that was last read
  int64_t block_number_ = -1;
};

}  // namespace pde
