// Going through the snapshots of one storage, several read at a time, and putting snapshots into another one
// in a session that ends with the call.
#pragma once

#include <vector>

#include "storage/storage.hpp"

namespace pde {

class SnapshotReader {
 public:
  explicit SnapshotReader(Storage &storage);

  int64_t length() const { return length_; }
  /// Reads the first snapshots, so that what cannot be read at all is found before anything is written.
  void begin();
  /// A snapshot in C order and the stored dtype, and its time; until the next one is asked for.
  const std::byte *samples(int64_t index);
  double time(int64_t index);
  /// The same one each time, at this snapshot. PDE_ERR_STATE or PDE_ERR_UNSUPPORTED if the storage does not
  /// know what its snapshots are.
  const FieldPtr &field(int64_t index);

 private:
  void load(int64_t index);

  Storage &storage_;
  int64_t length_, count_, bytes_;  // snapshots; samples and bytes of each
  int64_t first_ = 0, loaded_ = 0, per_block_;
  std::vector<std::byte> samples_;
  std::vector<double> times_;
  FieldPtr field_;
};

class SnapshotWriter {
 public:
  /// Starts a session unless `into` is in one, which gets the metadata in the end.
  SnapshotWriter(Storage &into, const FieldDescription &kind, const Info &info);
  /// Ends it quietly after a failure: what has been appended stays.
  ~SnapshotWriter();
  SnapshotWriter(const SnapshotWriter &) = delete;
  SnapshotWriter &operator=(const SnapshotWriter &) = delete;

  void append(const Field &field, double time, const std::optional<std::string> &info = std::nullopt);
  void finish();

 private:
  Storage &into_;
  Info info_;
  bool ours_;
};

}  // namespace pde
