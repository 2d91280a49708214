// Series in memory: slabs of whole snapshots, so that an append copies once and allocates rarely.
//
// "memory:" is private to its storage; "memory:NAME" is shared by all storages of the process with that name,
// and lives as long as one of them.
#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "base/error.hpp"
#include "storage/backends.hpp"

namespace pde {
namespace {

constexpr int64_t kSlabBytes = int64_t{1} << 20;

/// What storages of one name share.
struct Series {
  std::mutex mutex;  // storages of one name may be used by different threads at once
  std::vector<std::unique_ptr<std::byte[]>> slabs;
  int64_t snapshot_bytes = 0, per_slab = 1;
  std::vector<double> times;
  std::optional<FieldDescription> description;
  Info info;
  bool being_written = false;

  int64_t length() const { return static_cast<int64_t>(times.size()); }
  std::byte *snapshot(int64_t index) {
    return slabs[static_cast<size_t>(index / per_slab)].get() + index % per_slab * snapshot_bytes;
  }
  void reset(const FieldDescription &sample) {
    slabs.clear();
    times.clear();
    description = sample;
    snapshot_bytes = sample.bytes();
    per_slab = std::max<int64_t>(1, kSlabBytes / snapshot_bytes);
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

  Contents contents() override {
    std::lock_guard lock(series_->mutex);
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
    return series_->info;
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
    if (mode == StartMode::replace || series_->length() == 0) series_->reset(sample);
    series_->info = info;
  }

  void append(const Field &snapshot, double time) override {
    std::lock_guard lock(series_->mutex);
    Series &series = *series_;
    const int64_t index = series.length();
    // All that can fail comes first, so that a failure leaves the series as it was.
    if (series.times.size() == series.times.capacity()) series.times.reserve(2 * series.times.size() + 64);
    if (index == static_cast<int64_t>(series.slabs.size()) * series.per_slab) {
      series.slabs.push_back(std::make_unique_for_overwrite<std::byte[]>(
          static_cast<size_t>(series.per_slab * series.snapshot_bytes)));
    }
    snapshot.pack(series.snapshot(index));
    series.times.push_back(time);
  }

  void commit() override {}

  void finish(const Info &info) override {
    std::lock_guard lock(series_->mutex);
    series_->info = info;
    series_->being_written = writing_ = false;
  }

  void close() override {
    std::lock_guard lock(series_->mutex);
    if (writing_) series_->being_written = writing_ = false;
  }

  int64_t committed() override { return 0; }  // a kill takes the memory with it

  void times(int64_t first, int64_t count, double *out_times) override {
    std::lock_guard lock(series_->mutex);
    check_range(first, count, 1);
    std::copy_n(series_->times.begin() + first, count, out_times);
  }

  void read(int64_t first, int64_t count, int64_t step, void *out_data) override {
    std::lock_guard lock(series_->mutex);
    check_range(first, count, step);
    std::byte *out = static_cast<std::byte *>(out_data);
    const auto bytes = static_cast<size_t>(series_->snapshot_bytes);
    for (int64_t i = 0; i < count; ++i)
      std::memcpy(out + static_cast<size_t>(i) * bytes, series_->snapshot(first + i * step), bytes);
  }

  BackendStatistics statistics() override {
    std::lock_guard lock(series_->mutex);
    const int64_t bytes = series_->length() * series_->snapshot_bytes;
    return {bytes, bytes, 0};
  }

 private:
  /// Another storage of the same name may have replaced the series since the front looked.
  void check_range(int64_t first, int64_t count, int64_t step) const {
    if (first + (count - 1) * step >= series_->length()) {
      fail(PDE_ERR_RANGE, "{} holds {} snapshots by now: another storage has replaced it", name_,
           series_->length());
    }
  }

  std::string name_;
  std::shared_ptr<Series> series_;
  bool writing_ = false;
};

}  // namespace

std::unique_ptr<Backend> open_memory_backend(const BackendRequest &request) {
  return std::make_unique<MemoryBackend>(request.location);
}

}  // namespace pde
