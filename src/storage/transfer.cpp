#include "storage/transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/numbers.hpp"
#include "base/progress.hpp"
#include "storage/snapshot_stream.hpp"

namespace pde {
namespace {

constexpr OptionSpec kCopyOptions[] = {kProgressOption};
constexpr OptionSpec kMergeOptions[] = {
    {"rtol", OptionType::real, "1e-5", "0 -", "times t and s count as equal if |t - s| <= atol + rtol |s|"},
    {"atol", OptionType::real, "1e-8", "0 -", "user's time unit; see rtol"},
    kProgressOption,
};

}  // namespace

// ---- copying

namespace {

void copy_snapshots(Storage &from, Storage &into, const Label &label, Progress &progress) {
  FieldDescription kind = from.description();
  if (label) kind.label = label;
  into.check_takes_times_of(from);
  SnapshotReader reader(from);
  reader.begin();
  SnapshotWriter writer(into, kind, without_own_entries(from.info()));
  const bool with_infos = from.keeps_snapshot_info() && into.keeps_snapshot_info();
  for (int64_t i = 0; i < reader.length(); ++i) {
    writer.append(*reader.field(i), reader.time(i), with_infos ? from.snapshot_info(i) : std::nullopt);
    progress.tell(i + 1);
  }
  writer.finish();
}

}  // namespace

void copy_storage(Storage &from, Storage &into, const Options &options) {
  const ResolvedOptions resolved(options, kCopyOptions, "copy");
  Progress progress(resolved, "copying", from.length());
  copy_snapshots(from, into, std::nullopt, progress);
}

// ---- merging

namespace {

/// The smallest dtype that holds all values of these.
int32_t common_dtype(std::span<const StoragePtr> storages) {
  static constexpr int32_t kBySize[] = {PDE_BOOL,    PDE_INT8,      PDE_UINT8,     PDE_INT16, PDE_UINT16,
                                        PDE_INT32,   PDE_UINT32,    PDE_FLOAT32,   PDE_INT64, PDE_UINT64,
                                        PDE_FLOAT64, PDE_COMPLEX64, PDE_COMPLEX128};
  for (int32_t dtype : kBySize) {
    const bool holds_all = std::all_of(storages.begin(), storages.end(), [&](const StoragePtr &storage) {
      return dtype_converts_lossless(storage->description().dtype, dtype);
    });
    if (holds_all) return dtype;
  }
  std::string dtypes;
  for (const StoragePtr &storage : storages)
    dtypes += fmt::format("{}{}", dtypes.empty() ? "" : ", ", dtype_name(storage->description().dtype));
  fail(PDE_ERR_DTYPE, "no dtype holds all values of the storages, which are {}", dtypes);
}

/// What a merged snapshot is.
FieldDescription merged_kind(std::span<const StoragePtr> storages, const Label &label) {
  const GridPtr grid = storages[0]->description().grid;
  FieldDescription kind{grid, PDE_COLLECTION, common_dtype(storages), label, {}};
  for (size_t i = 0; i < storages.size(); ++i) {
    const FieldDescription &part = storages[i]->description();
    if (!(*part.grid == *grid)) {
      fail(PDE_ERR_SHAPE, "storages[{}] is on the grid {}, storages[0] on {}", i, part.grid->text(),
           grid->text());
    }
    for (int64_t k = 0; k < part.member_count(); ++k) {
      const FieldDescription member = part.member(k);
      kind.members.push_back({member.rank, member.label});
    }
  }
  return kind;
}

/// Compares all times before anything is written, as numpy's allclose does.
void check_equal_times(std::span<const StoragePtr> storages, double rtol, double atol) {
  const int64_t length = storages[0]->length();
  constexpr int64_t kBlock = 4096;
  std::vector<double> times(kBlock), others(kBlock);
  for (size_t k = 1; k < storages.size(); ++k) {
    if (storages[k]->length() != length) {
      fail(PDE_ERR_SHAPE, "storages[{}] holds {} snapshots, storages[0] holds {}", k, storages[k]->length(),
           length);
    }
    for (int64_t first = 0; first < length; first += kBlock) {
      const int64_t count = std::min(kBlock, length - first);
      storages[0]->times(first, count, times.data());
      storages[k]->times(first, count, others.data());
      for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
        if (std::fabs(times[i] - others[i]) <= atol + rtol * std::fabs(others[i])) continue;
        fail(PDE_ERR_RANGE,
             "snapshot {} is at {} in storages[{}], but at {} in storages[0] (options rtol, atol)",
             first + static_cast<int64_t>(i), real_text(others[i]), k, real_text(times[i]));
      }
    }
  }
}

/// The fields of a merged snapshot that come from each storage.
std::vector<FieldPtr> parts_of(const Field &merged, std::span<const StoragePtr> storages) {
  std::vector<FieldPtr> parts;
  int64_t member = 0;
  for (const StoragePtr &storage : storages) {
    const FieldDescription &kind = storage->description();
    if (kind.rank != PDE_COLLECTION) {
      parts.push_back(merged.member(member++));
      continue;
    }
    std::vector<FieldPtr> members;
    for (size_t i = 0; i < kind.members.size(); ++i) members.push_back(merged.member(member++));
    parts.push_back(Field::collection(members, kind.label));
  }
  return parts;
}

}  // namespace

void merge_storages(std::span<const StoragePtr> storages, const Label &label, Storage &into,
                    const Options &options) {
  const ResolvedOptions resolved(options, kMergeOptions, "merge");
  if (storages.empty()) fail(PDE_ERR_ARGUMENT, "count is 0, expected at least one storage");
  const FieldDescription kind = merged_kind(storages, label);
  check_equal_times(storages, resolved.real("rtol"), resolved.real("atol"));
  into.check_takes_times_of(*storages[0]);
  Info info;
  for (size_t k = storages.size(); k-- > 0;) info.merge(without_own_entries(storages[k]->info()));
  std::vector<SnapshotReader> readers;
  for (const StoragePtr &storage : storages) readers.emplace_back(*storage).begin();
  const FieldPtr merged = Field::create(kind);
  const std::vector<FieldPtr> parts = parts_of(*merged, storages);
  Progress progress(resolved, "merging", readers[0].length());
  SnapshotWriter writer(into, kind, info);
  for (int64_t i = 0; i < readers[0].length(); ++i) {
    for (size_t k = 0; k < readers.size(); ++k) parts[k]->assign(*readers[k].field(i));
    writer.append(*merged, readers[0].time(i));
    progress.tell(i + 1);
  }
  writer.finish();
}

// ---- extracting

namespace {

/// A new storage in memory that takes times as they come.
StoragePtr new_memory(bool any_order) {
  Options options;
  options.set("nonfinite", std::string("allow"));
  if (any_order) options.set("time_order", std::string("any"));
  return open_storage("memory:", nullptr, options);
}

StoragePtr copied(Storage &from, const Label &label) {
  const StoragePtr memory = new_memory(!from.times_in_order());
  Progress silent;
  copy_snapshots(from, *memory, label, silent);
  return memory;
}

}  // namespace

StoragePtr extract_field(const StoragePtr &storage, int64_t member, const Label &label) {
  return copied(*view_field(storage, member), label);
}

StoragePtr extract_time_range(const StoragePtr &storage, double t_start, double t_end) {
  const auto [first, count] = storage->find_range(t_start, t_end);
  if (storage->times_in_order()) return copied(*view_range(storage, first, count, 1), std::nullopt);
  // Between the first and the last there may be others.
  const StoragePtr memory = new_memory(true);
  SnapshotReader reader(*storage);
  reader.begin();
  SnapshotWriter writer(*memory, storage->description(), without_own_entries(storage->info()));
  for (int64_t i = first; i < first + count; ++i) {
    const double time = reader.time(i);
    if (!(time >= t_start && time <= t_end)) continue;
    writer.append(*reader.field(i), time, storage->snapshot_info(i));
  }
  writer.finish();
  return memory;
}

// ---- from fields

StoragePtr storage_of_fields(std::span<const FieldPtr> fields, std::span<const double> times,
                             const Label &label, int32_t dtype) {
  if (fields.empty()) fail(PDE_ERR_ARGUMENT, "count is 0, expected at least one field");
  FieldDescription kind = fields[0]->description();
  if (label) kind.label = label;
  if (dtype != 0) kind.dtype = dtype;
  const StoragePtr memory = new_memory(!std::is_sorted(times.begin(), times.end()));
  SnapshotWriter writer(*memory, kind, {});
  for (size_t i = 0; i < fields.size(); ++i) {
    const bool converts = dtype != 0 && fields[i]->dtype() != dtype;
    try {
      const FieldPtr field = converts ? fields[i]->copy(dtype, std::nullopt) : fields[i];
      writer.append(*field, times.empty() ? PDE_TIME_AUTO : times[i]);
    } catch (const Error &error) {
      fail(error.code(), "fields[{}]: {}", i, error.what());
    }
  }
  writer.finish();
  return memory;
}

// ---- checking

namespace {

void check_snapshot(Storage &storage, SnapshotReader &reader, int64_t index) {
  if (!std::isfinite(reader.time(index)))
    fail(PDE_ERR_FORMAT, "its time is {}", real_text(reader.time(index)));
  const std::byte *samples = reader.samples(index);
  if (storage.contents().dtype == PDE_BOOL) {
    const std::span flags(samples, static_cast<size_t>(*checked_product(storage.contents().shape)));
    const auto bad =
        std::find_if(flags.begin(), flags.end(), [](std::byte flag) { return flag > std::byte{1}; });
    if (bad != flags.end()) {
      fail(PDE_ERR_FORMAT, "sample {} is {}, expected 0 or 1 in a bool field", bad - flags.begin(),
           static_cast<int>(*bad));
    }
  }
  if (!storage.keeps_snapshot_info()) return;
  if (const auto info = storage.snapshot_info(index)) json_parse(*info, "its metadata");
}

}  // namespace

void check_storage(Storage &storage, const Options &options) {
  const ResolvedOptions resolved(options, kCopyOptions, "check");
  const int64_t length = storage.length();
  Progress progress(resolved, "checking", length);
  storage.check_readable("check");
  if (length == 0) return;
  SnapshotReader reader(storage);
  for (int64_t i = 0; i < length; ++i) {
    try {
      check_snapshot(storage, reader, i);
    } catch (const Error &error) {
      fail(error.code(), "snapshot {} of {}: {}", i, storage.name(), error.what());
    }
    progress.tell(i + 1);
  }
  if (!storage.times_in_order()) log_warning("the times of {} are not in order", storage.name());
}

std::optional<OptionTable> transfer_options(std::string_view consumer) {
  if (consumer == "copy" || consumer == "check") return OptionTable(kCopyOptions);
  if (consumer == "merge") return OptionTable(kMergeOptions);
  if (consumer == "apply") return apply_options();
  return std::nullopt;
}

}  // namespace pde
