// What is done with whole storages: copying, merging, applying a function, extracting, checking.
//
// Each goes through its storages snapshot by snapshot, in blocks, so memory does not grow with their length,
// and tells how far it has come. `into` is written in the session it is in, or in one of its own. Callers
// hold the storages (StorageUse).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "storage/storage.hpp"

namespace pde {

/// What becomes of each snapshot: `call` fills `out`, a field like `result`, which holds anything before.
struct StorageTransform {
  FieldDescription result;
  std::function<void(const std::shared_ptr<const Field> &in, double time, const FieldPtr &out)> call;
};

/// Snapshots, times and metadata. Options: `progress`, as in all of these.
void copy_storage(Storage &from, Storage &into, const Options &options);

/// Storages of equal times become one of collections: the fields of each, in order. Options `rtol`, `atol`.
void merge_storages(std::span<const StoragePtr> storages, const Label &label, Storage &into,
                    const Options &options);

/// Options `parallel`, `threads`: the function runs on several threads at once; the results keep their order.
void apply_to_storage(Storage &from, const StorageTransform &transform, Storage &into,
                      const Options &options);

OptionTable apply_options();

/// Reads everything and fails at the first thing that is wrong.
void check_storage(Storage &storage, const Options &options);

/// New storages in memory. `label`: of the field; nothing: its own.
StoragePtr extract_field(const StoragePtr &storage, int64_t member, const Label &label);
StoragePtr extract_time_range(const StoragePtr &storage, double t_start, double t_end);
/// times empty: 0, 1, …; dtype 0: that of the first field.
StoragePtr storage_of_fields(std::span<const FieldPtr> fields, std::span<const double> times,
                             const Label &label, int32_t dtype);

/// The table of "copy", "merge", "apply", "check"; nothing: no such consumer.
std::optional<OptionTable> transfer_options(std::string_view consumer);

}  // namespace pde
