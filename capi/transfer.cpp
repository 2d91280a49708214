// Storages that are made out of other ones: views, extracts, copies, merged and transformed series.
#include "guard.hpp"

using namespace pde;
using namespace pde::capi;

// ---- views

pde_status pde_storage_view_field(pde_storage *storage, int64_t member, pde_storage **out_view) noexcept {
  return creating(out_view, "out_view", [&] {
    const Held s(storage, "storage");
    return make_handle<pde_storage>(view_field(s.pointer(), member));
  });
}

pde_status pde_storage_view_fields(pde_storage *storage, const int64_t *members, int64_t count,
                                   pde_storage **out_view) noexcept {
  return creating(out_view, "out_view", [&] {
    const Held s(storage, "storage");
    return make_handle<pde_storage>(view_fields(s.pointer(), entries(members, count, 1, "members")));
  });
}

pde_status pde_storage_view_range(pde_storage *storage, int64_t first, int64_t count, int64_t step,
                                  pde_storage **out_view) noexcept {
  return creating(out_view, "out_view", [&] {
    const Held s(storage, "storage");
    return make_handle<pde_storage>(view_range(s.pointer(), first, count, step));
  });
}

// ---- into memory

pde_status pde_storage_extract_field(pde_storage *storage, int64_t member, const char *label,
                                     pde_storage **out_memory) noexcept {
  return creating(out_memory, "out_memory", [&] {
    const Held s(storage, "storage");
    return make_handle<pde_storage>(extract_field(s.pointer(), member, optional_label(label)));
  });
}

pde_status pde_storage_extract_time_range(pde_storage *storage, double t_start, double t_end,
                                          pde_storage **out_memory) noexcept {
  return creating(out_memory, "out_memory", [&] {
    const Held s(storage, "storage");
    return make_handle<pde_storage>(extract_time_range(s.pointer(), t_start, t_end));
  });
}

namespace {

std::span<const double> optional_times(const double *times, int64_t count) {
  return {times, times ? static_cast<size_t>(count) : 0};
}

}  // namespace

pde_status pde_storage_create_from_fields(pde_field *const *fields, const double *times, int64_t count,
                                          const char *label, int32_t dtype,
                                          pde_storage **out_memory) noexcept {
  return creating(out_memory, "out_memory", [&] {
    const auto handles = entries(fields, count, 1, "fields");
    if (dtype != 0) dtype_info(dtype);
    std::vector<FieldPtr> given;
    for (pde_field *field : handles)
      given.push_back(Shared<pde_field>(field, fmt::format("fields[{}]", given.size()).c_str()).core());
    return make_handle<pde_storage>(
        storage_of_fields(given, optional_times(times, count), optional_label(label), dtype));
  });
}

pde_status pde_storage_create_from_collection(const pde_field *collection, const double *times, int64_t count,
                                              const char *label, pde_storage **out_memory) noexcept {
  return creating(out_memory, "out_memory", [&] {
    const Shared<pde_field> fields(collection, "collection");
    check_count(count, fields->description().member_count(), "fields in the collection");
    std::vector<FieldPtr> members;
    for (int64_t i = 0; i < count; ++i) members.push_back(fields->member(i));
    return make_handle<pde_storage>(
        storage_of_fields(members, optional_times(times, count), optional_label(label), 0));
  });
}

// ---- into any storage

namespace {

/// The storages that are read come first, then the one that is written.
void check_other(const HeldTogether &held) {
  Storage &into = *held.storages().back();
  for (const StoragePtr &storage : held.storages().first(held.storages().size() - 1)) {
    if (storage->shares_series_with(into))
      fail(PDE_ERR_ARGUMENT, "into is {}, which is also read: expected another storage", into.name());
  }
}

}  // namespace

pde_status pde_storage_copy(pde_storage *storage, pde_storage *into, const pde_options *options) noexcept {
  return guarded([&] {
    HeldTogether held;
    held.add(storage, "storage");
    held.add(into, "into");
    check_other(held);
    copy_storage(held[0], held[1], options_of(options));
  });
}

pde_status pde_storage_merge(pde_storage *const *storages, int64_t count, const char *label,
                             pde_storage *into, const pde_options *options) noexcept {
  return guarded([&] {
    HeldTogether held;
    for (pde_storage *storage : entries(storages, count, 1, "storages"))
      held.add(storage, fmt::format("storages[{}]", held.storages().size()));
    held.add(into, "into");
    check_other(held);
    merge_storages(held.storages().first(static_cast<size_t>(count)), optional_label(label),
                   held[static_cast<size_t>(count)], options_of(options));
  });
}

pde_status pde_storage_apply(pde_storage *storage, const pde_field *sample, pde_transform transform,
                             void *user, pde_storage *into, const pde_options *options) noexcept {
  return guarded([&] {
    HeldTogether held;
    held.add(storage, "storage");
    needed(transform, "transform");
    held.add(into, "into");
    check_other(held);
    const FieldDescription result =
        sample ? Shared<pde_field>(sample, "sample")->description() : held[0].description();
    apply_to_storage(held[0], transform_of(result, transform, own_user(user, nullptr)), held[1],
                     options_of(options));
  });
}
