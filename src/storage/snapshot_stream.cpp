#include "storage/snapshot_stream.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/numbers.hpp"

namespace pde {
namespace {

constexpr int64_t kBlockBytes = int64_t{512} << 10;  // stays in a cache near the core
constexpr int64_t kMostSnapshots = 4096;

}  // namespace

// ---- reading

SnapshotReader::SnapshotReader(Storage &storage)
    : storage_(storage),
      length_(storage.length()),
      count_(checked_product(storage.contents().shape).value_or(0)),
      bytes_(count_ * (storage.contents().dtype == 0 ? 0 : dtype_size(storage.contents().dtype))) {
  per_block_ = std::clamp<int64_t>(kBlockBytes / std::max<int64_t>(bytes_, 1), 1,
                                   std::clamp<int64_t>(length_, 1, kMostSnapshots));
  samples_.resize(static_cast<size_t>(per_block_ * bytes_));
  times_.resize(static_cast<size_t>(per_block_));
}

void SnapshotReader::load(int64_t index) {
  if (index >= first_ && index < first_ + loaded_) return;
  loaded_ = 0;
  const int64_t count = std::min(per_block_, length_ - index);
  storage_.read_raw(index, count, 1, storage_.contents().dtype, samples_.data(), count * count_);
  storage_.times(index, count, times_.data());
  first_ = index;
  loaded_ = count;
}

void SnapshotReader::begin() {
  storage_.check_readable("read");
  if (length_ > 0) load(0);
}

const std::byte *SnapshotReader::samples(int64_t index) {
  load(index);
  return samples_.data() + (index - first_) * bytes_;
}

double SnapshotReader::time(int64_t index) {
  load(index);
  return times_[static_cast<size_t>(index - first_)];
}

const FieldPtr &SnapshotReader::field(int64_t index) {
  if (!field_) field_ = Field::wrap(storage_.description(), samples_.data(), {});
  // Reading only, though a wrap could also be written to.
  field_->rebind(const_cast<std::byte *>(samples(index)));
  return field_;
}

// ---- writing

SnapshotWriter::SnapshotWriter(Storage &into, const FieldDescription &kind, const Info &info)
    : into_(into), info_(info), ours_(!into.is_writing()) {
  if (ours_) into.start(kind, info);
}

SnapshotWriter::~SnapshotWriter() {
  if (!ours_) return;
  try {
    into_.finish();
  } catch (const std::exception &error) {
    log_warning("{}", error.what());
  }
}

void SnapshotWriter::append(const Field &field, double time, const std::optional<std::string> &info) {
  into_.append(field, time, info ? &*info : nullptr);
}

void SnapshotWriter::finish() {
  if (!ours_) return into_.merge_info(info_);
  ours_ = false;
  into_.finish();
}

}  // namespace pde
