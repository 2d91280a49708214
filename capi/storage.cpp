#include "guard.hpp"
#include "storage/plot.hpp"

using namespace pde;
using namespace pde::capi;

// ---- opening and writing

pde_status pde_storage_open(const char *uri, const char *mode, const pde_options *options,
                            pde_storage **out_storage) noexcept {
  return creating(out_storage, "out_storage", [&] {
    return make_handle<pde_storage>(open_storage(needed_text(uri, "uri"), mode, options_of(options)));
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
