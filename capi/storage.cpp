#include <algorithm>
#include <tuple>

#include "guard.hpp"
#include "storage/plot.hpp"

using namespace pde;
using namespace pde::capi;

// ---- opening and writing

pde_status pde_storage_open(const char *uri, const char *mode, const pde_options *options,
                            pde_storage **out_storage) noexcept {
  return creating(out_storage, "out_storage", [&] {
    return make_handle<pde_storage>(
        open_storage(needed_text(uri, "uri"), optional_text(mode, "mode"), options_of(options)));
  });
}

pde_status pde_storage_start(pde_storage *storage, const pde_field *sample, const char *info_json) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    const Shared<pde_field> field(sample, "sample");
    s->start(field->description(), info_json ? Info::parse(info_json, "info_json") : Info());
  });
}

pde_status pde_storage_append(pde_storage *storage, const pde_field *field, double time) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    s->append(*Shared<pde_field>(field, "field"), time);
  });
}

pde_status pde_storage_append_raw(pde_storage *storage, int32_t dtype, const void *data, int64_t count,
                                  double time) noexcept {
  return guarded([&] { Held(storage, "storage")->append_raw(dtype, needed(data, "data"), count, time); });
}

pde_status pde_storage_append_info(pde_storage *storage, const pde_field *field, double time,
                                   const char *info_json) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    const Shared<pde_field> f(field, "field");
    const std::string info = Info::normalised(needed_text(info_json, "info_json"), "info_json");
    s->append(*f, time, &info);
  });
}

pde_status pde_storage_flush(pde_storage *storage) noexcept {
  return guarded([&] { Held(storage, "storage")->flush(); });
}

pde_status pde_storage_finish(pde_storage *storage) noexcept {
  return guarded([&] { Held(storage, "storage")->finish(); });
}

pde_status pde_storage_close(pde_storage *storage) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    release(storage, Kind::storage);  // gone whatever closing says
    s->close();
  });
}

pde_status pde_storage_truncate_after(pde_storage *storage, double time) noexcept {
  return guarded([&] { Held(storage, "storage")->truncate_after(time); });
}

pde_status pde_storage_clear(pde_storage *storage, int32_t forget_shape) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    s->clear(checked_flag(forget_shape, "forget_shape"));
  });
}

// ---- asking a storage

pde_status pde_storage_is_writing(pde_storage *storage, int32_t *out_writing) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    *needed(out_writing, "out_writing") = s->is_writing();
  });
}

pde_status pde_storage_length(pde_storage *storage, int64_t *out_length) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    *needed(out_length, "out_length") = s->length();
  });
}

pde_status pde_storage_committed(pde_storage *storage, int64_t *out_length) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    *needed(out_length, "out_length") = s->committed();
  });
}

pde_status pde_storage_times(pde_storage *storage, int64_t first, int64_t count, double *out_times) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    if (count != 0) needed(out_times, "out_times");
    s->times(first, count, out_times);
  });
}

pde_status pde_storage_refresh(pde_storage *storage, int64_t *out_length) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    needed(out_length, "out_length");
    s->refresh();
    *out_length = s->length();
  });
}

pde_status pde_storage_find_range(pde_storage *storage, double t_start, double t_end, int64_t *out_first,
                                  int64_t *out_count) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    needed(out_first, "out_first");
    needed(out_count, "out_count");
    std::tie(*out_first, *out_count) = s->find_range(t_start, t_end);
  });
}

pde_status pde_storage_find_nearest(pde_storage *storage, double time, int64_t *out_index) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    *needed(out_index, "out_index") = s->find_nearest(time);
  });
}

namespace {

/// What is stored, where that is known at least as an array.
const Contents &known_contents(Storage &storage) {
  const Contents &contents = storage.contents();
  if (contents.dtype == 0) storage.description();  // says why there is none
  return contents;
}

}  // namespace

pde_status pde_storage_dtype(pde_storage *storage, int32_t *out_dtype) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    *needed(out_dtype, "out_dtype") = known_contents(*s).dtype;
  });
}

pde_status pde_storage_ndim(pde_storage *storage, int32_t *out_ndim) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    *needed(out_ndim, "out_ndim") = static_cast<int32_t>(1 + known_contents(*s).shape.size());
  });
}

pde_status pde_storage_shape(pde_storage *storage, int64_t *out_shape, int64_t count) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    needed(out_shape, "out_shape");
    const Contents &contents = known_contents(*s);
    check_count(count, static_cast<int64_t>(1 + contents.shape.size()), "snapshots, then the axes of each");
    out_shape[0] = contents.length;
    std::copy(contents.shape.begin(), contents.shape.end(), out_shape + 1);
  });
}

pde_status pde_storage_grid(pde_storage *storage, pde_grid **out_grid) noexcept {
  return creating(out_grid, "out_grid",
                  [&] { return make_handle<pde_grid>(Held(storage, "storage")->description().grid); });
}

pde_status pde_storage_has_collection(pde_storage *storage, int32_t *out_collection) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    *needed(out_collection, "out_collection") = s->description().rank == PDE_COLLECTION;
  });
}

pde_status pde_storage_find_member(pde_storage *storage, const char *label, int64_t *out_member) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    needed(out_member, "out_member");
    *out_member = s->description().find_member(needed_text(label, "label"));
  });
}

pde_status pde_storage_sample(pde_storage *storage, pde_field **out_field) noexcept {
  return creating(out_field, "out_field", [&] {
    return make_handle<pde_field>(Field::create(Held(storage, "storage")->description()));
  });
}

// ---- reading

pde_status pde_storage_read(pde_storage *storage, int64_t index, pde_field *into) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    s->read(index, *Writable(into, "into"));
  });
}

pde_status pde_storage_read_raw(pde_storage *storage, int64_t first, int64_t count, int64_t step,
                                int32_t dtype, void *out_data, int64_t size) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    if (count != 0) needed(out_data, "out_data");
    s->read_raw(first, count, step, dtype, out_data, size);
  });
}

pde_status pde_storage_read_box(pde_storage *storage, int64_t first, int64_t count, int64_t step,
                                const int64_t *lower, const int64_t *shape, int32_t dtype, void *out_data,
                                const int64_t *strides) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    if (!lower != !shape)
      fail(PDE_ERR_ARGUMENT, "{} is NULL, but {} is not", lower ? "shape" : "lower",
           lower ? "lower" : "shape");
    if (count != 0) needed(out_data, "out_data");
    const size_t axes = s->contents().shape.size();
    s->read_box(first, count, step, {lower, lower ? axes : 0}, {shape, shape ? axes : 0}, dtype, out_data,
                {strides, strides ? 1 + axes : 0});
  });
}

pde_status pde_storage_data_const(pde_storage *storage, int64_t index, int32_t dtype,
                                  const void **out_data) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    *needed(out_data, "out_data") = s->data(index, dtype);
  });
}

pde_status pde_storage_check(pde_storage *storage, const pde_options *options) noexcept {
  return guarded([&] { check_storage(*Held(storage, "storage"), options_of(options)); });
}

// ---- metadata and numbers about a storage

pde_status pde_storage_info(pde_storage *storage, const char *key, const char **out_json) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    needed(out_json, "out_json");
    if (!key) {
      *out_json = s.keep(s->info().text());
      return;
    }
    const std::string *value = s->info().find(needed_text(key, "key"));
    *out_json = value ? s.keep(*value) : nullptr;
  });
}

pde_status pde_storage_set_info(pde_storage *storage, const char *key, const char *json) noexcept {
  return guarded([&] { Held(storage, "storage")->set_info(needed_text(key, "key"), json); });
}

pde_status pde_storage_snapshot_info(pde_storage *storage, int64_t index, const char **out_json) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    needed(out_json, "out_json");
    auto info = s->snapshot_info(index);
    *out_json = info ? s.keep(std::move(*info)) : nullptr;
  });
}

pde_status pde_storage_statistics(pde_storage *storage, const char **out_json) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    needed(out_json, "out_json");
    *out_json = s.keep(s->statistics_text());
  });
}

pde_status pde_storage_uri(pde_storage *storage, const char **out_uri) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    *needed(out_uri, "out_uri") = s->uri().c_str();
  });
}

pde_status pde_storage_mode(pde_storage *storage, const char **out_mode) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    *needed(out_mode, "out_mode") = mode_name(s->mode());
  });
}

pde_status pde_storage_plot(pde_storage *storage, const char *kind, const char *path,
                            const pde_options *options) noexcept {
  return guarded([&] {
    const Held s(storage, "storage");
    needed_text(kind, "kind");
    plot_storage(*s, kind, needed_text(path, "path"), options_of(options));
  });
}
