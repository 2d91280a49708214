// Series in memory: slabs of whole snapshots, so that an append copies once and allocates rarely.
//
// "memory:" is private to its storage; "memory:NAME" is shared by all storages of the process with that name,
// and lives as long as one of them.
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

#include "base/error.hpp"
#include "field/nonfinite.hpp"
#include "storage/backends.hpp"

namespace pde {
namespace {

// ---- slabs

/// Memory of a slab. Large ones are pages straight from the system, which go back to it at once, and huge
/// ones where it has such: to get and clear small pages takes several times as long as to fill them. Pages
/// take memory when they are first written; what a slab has not been used for yet takes none.
class SlabMemory {
 public:
  explicit SlabMemory(size_t bytes) {
    if (bytes < 2 * kHugePage) {
      block_ = {std::malloc(bytes), Release{0}};
      if (!block_) throw std::bad_alloc();
      data_ = static_cast<std::byte *>(block_.get());
      return;
    }
    const size_t room = bytes + kHugePage;
    void *base = mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) throw std::bad_alloc();
    block_ = {base, Release{room}};
    const size_t beyond = reinterpret_cast<uintptr_t>(base) % kHugePage;
    data_ = static_cast<std::byte *>(base) + (kHugePage - beyond) % kHugePage;
#ifdef MADV_HUGEPAGE
    madvise(data_, bytes, MADV_HUGEPAGE);  // a wish: small ones do
#endif
  }
  std::byte *data() const {
    return data_;
  }

 private:
  static constexpr size_t kHugePage = size_t{2} << 20;
  struct Release {
    size_t mapped;
    void operator()(void *block) const {
      if (mapped)
        munmap(block, mapped);
      else
        std::free(block);
    }
  };
  std::unique_ptr<void, Release> block_{nullptr, Release{0}};
  std::byte *data_;
};

/// Room for snapshots of one size, which stay where they are. It doubles with each slab, until slabs are as
/// large as pays.
class Slabs {
 public:
  void reset(int64_t snapshot_bytes) {
    slabs_.clear();
    room_ = 0;
    snapshot_bytes_ = snapshot_bytes;
  }
  /// Room for so many snapshots at least.
  void reserve(int64_t count) {
    while (room_ < count) {
      const int64_t bytes = std::clamp(room_ * snapshot_bytes_, kFirstSlab, kLargestSlab);
      const int64_t snapshots = std::max<int64_t>(1, bytes / snapshot_bytes_);
      slabs_.push_back({room_, SlabMemory(static_cast<size_t>(snapshots * snapshot_bytes_))});
      room_ += snapshots;
    }
  }
  /// Gives back what lies behind the slab of the last of so many snapshots.
  void shrink(int64_t count) {
    while (!slabs_.empty() && slabs_.back().first >= count) {
      room_ = slabs_.back().first;
      slabs_.pop_back();
    }
  }
  std::byte *at(int64_t index) const {
    const auto after = std::upper_bound(slabs_.begin(), slabs_.end(), index,
                                        [](int64_t i, const Slab &slab) { return i < slab.first; });
    const Slab &slab = *std::prev(after);
    return slab.memory.data() + (index - slab.first) * snapshot_bytes_;
  }

 private:
  static constexpr int64_t kFirstSlab = int64_t{1} << 20, kLargestSlab = int64_t{64} << 20;
  struct Slab {
    int64_t first;  // index of its first snapshot
    SlabMemory memory;
  };
  std::vector<Slab> slabs_;
  int64_t room_ = 0, snapshot_bytes_ = 1;  // room: in snapshots
};

// ---- series

/// What storages of one name share.
struct Series {
  std::mutex mutex;  // storages of one name may be used by different threads at once
  Slabs slabs;
  int64_t snapshot_bytes = 1;
  std::vector<double> times;
  std::map<int64_t, std::string> snapshot_infos;
  std::optional<FieldDescription> description;
  Info info;
  std::string run_state;
  bool being_written = false;
  int64_t generation = 0;  // counts the times that all snapshots went
  int64_t revision = 0;    // counts all changes

  int64_t length() const { return static_cast<int64_t>(times.size()); }
  void reset() {
    slabs.reset(snapshot_bytes);
    times.clear();
    snapshot_infos.clear();
    description.reset();
    run_state.clear();
    ++generation;
  }
  void begin_with(const FieldDescription &sample) {
    snapshot_bytes = sample.bytes();
    reset();
    description = sample;
  }
};

std::shared_ptr<Series> shared_series(const std::string &name) {
  static auto *mutex = new std::mutex;  // never destroyed: exit handlers may still open storages
  static auto *registry = new std::map<std::string, std::weak_ptr<Series>>;
  std::lock_guard lock(*mutex);
  std::erase_if(*registry, [](const auto &entry) { return entry.second.expired(); });
  std::shared_ptr<Series> series = (*registry)[name].lock();
  if (!series) {
    series = std::make_shared<Series>();
    (*registry)[name] = series;
  }
  return series;
}

class MemoryBackend final : public Backend {
 public:
  explicit MemoryBackend(const std::string &name)
      : name_("memory:" + name), series_(name.empty() ? std::make_shared<Series>() : shared_series(name)) {}
  ~MemoryBackend() override { MemoryBackend::close(); }

  std::string name() const override { return name_; }
  bool lasts() const override { return false; }

  Contents contents() override {
    std::lock_guard lock(series_->mutex);
    generation_ = series_->generation;
    revision_ = series_->revision;
    Contents contents;
    contents.length = series_->length();
    if (contents.length > 0) contents.last_time = series_->times.back();
    contents.description = series_->description;
    if (contents.description) {
      contents.dtype = contents.description->dtype;
      contents.shape = contents.description->shape();
    }
    return contents;
  }

  Info info() override {
    std::lock_guard lock(series_->mutex);
    info_revision_ = series_->revision;
    return series_->info;
  }

  bool changed() override {
    std::lock_guard lock(series_->mutex);
    return revision_ != series_->revision || info_revision_ != series_->revision;
  }

  void begin() override {
    std::lock_guard lock(series_->mutex);
    if (series_->being_written)
      fail(PDE_ERR_BUSY, "{} is being written by another storage of this process", name_);
    series_->being_written = writing_ = true;
  }

  void cancel() override { MemoryBackend::close(); }

  void start(const FieldDescription &sample, StartMode mode, const Info &info) override {
    std::lock_guard lock(series_->mutex);
    if (mode == StartMode::replace || series_->length() == 0) series_->begin_with(sample);
    series_->info = info;
    note_change();
  }

  void append(const Field &snapshot, double time, const std::string *info, bool *out_finite) override {
    std::lock_guard lock(series_->mutex);
    Series &series = *series_;
    const int64_t index = series.length();
    // All that can fail comes first, so that a failure leaves the series as it was.
    if (series.times.size() == series.times.capacity()) series.times.reserve(2 * series.times.size() + 64);
    series.slabs.reserve(index + 1);
    if (info) series.snapshot_infos.insert_or_assign(index, *info);
    if (out_finite) {
      *out_finite = pack_finite(snapshot, series.slabs.at(index));
    } else {
      snapshot.pack(series.slabs.at(index));
    }
    series.times.push_back(time);
    note_change();
  }

  bool looks_at_samples() const override { return true; }

  void truncate(int64_t length) override {
    std::lock_guard lock(series_->mutex);
    Series &series = *series_;
    series.times.resize(static_cast<size_t>(length));
    series.slabs.shrink(length);
    series.snapshot_infos.erase(series.snapshot_infos.lower_bound(length), series.snapshot_infos.end());
    ++series.generation;
    note_change();
  }

  void commit(Commit) override {}

  void set_run_state(std::string json) override {
    std::lock_guard lock(series_->mutex);
    series_->run_state = std::move(json);
  }
  std::string run_state() override {
    std::lock_guard lock(series_->mutex);
    return series_->run_state;
  }
  bool keeps_run_state() const override { return true; }

  void finish(const Info &info) override {
    std::lock_guard lock(series_->mutex);
    series_->info = info;
    series_->being_written = writing_ = false;
    note_change();
  }

  void erase() override {
    std::lock_guard lock(series_->mutex);
    series_->reset();
    series_->info = {};
    series_->being_written = writing_ = false;
    note_change();
  }

  void close() override {
    std::lock_guard lock(series_->mutex);
    if (writing_) series_->being_written = writing_ = false;
  }

  int64_t committed() override { return 0; }  // a kill takes the memory with it

  void times(int64_t first, int64_t count, double *out_times) override {
    std::lock_guard lock(series_->mutex);
    check_current();
    std::copy_n(series_->times.begin() + first, count, out_times);
  }

  void read(const Selection &selection, void *out_data) override {
    std::lock_guard lock(series_->mutex);
    check_current();
    const BoxCopy copy(*series_->description, selection);
    std::byte *out = static_cast<std::byte *>(out_data);
    for (int64_t i = 0; i < selection.count; ++i, out += copy.bytes())
      copy(series_->slabs.at(selection.first + i * selection.step), out);
  }

  const void *data(int64_t index) override {
    std::lock_guard lock(series_->mutex);
    check_current();
    return series_->slabs.at(index);
  }

  std::optional<std::string> snapshot_info(int64_t index) override {
    std::lock_guard lock(series_->mutex);
    check_current();
    const auto found = series_->snapshot_infos.find(index);
    if (found == series_->snapshot_infos.end()) return std::nullopt;
    return found->second;
  }

  BackendStatistics statistics() override {
    std::lock_guard lock(series_->mutex);
    const int64_t bytes = series_->length() * series_->snapshot_bytes;
    return {bytes, bytes, 0};
  }

  const void *series() const override { return series_.get(); }

 private:
  /// Under the lock: a change of ours, which the front knows of already.
  void note_change() {
    revision_ = info_revision_ = ++series_->revision;
    generation_ = series_->generation;
  }

  /// Another storage of the same name, used by another thread, may have dropped snapshots since the front
  /// looked: positions and sizes are those of a series that is no more.
  void check_current() const {
    if (generation_ != series_->generation)
      fail(PDE_ERR_STATE, "another storage has replaced the snapshots of {} during this call", name_);
  }

  std::string name_;
  std::shared_ptr<Series> series_;
  bool writing_ = false;
  int64_t generation_ = 0, revision_ = 0, info_revision_ = 0;  // of the series when the front last looked
};

}  // namespace

std::unique_ptr<Backend> open_memory_backend(const BackendRequest &request) {
  return std::make_unique<MemoryBackend>(request.location);
}

}  // namespace pde
