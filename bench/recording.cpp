#include "recording.hpp"

#include <stdexcept>
#include <utility>

#include "measure.hpp"

namespace bench {

void check(pde_status status) {
  if (status < 0) throw std::runtime_error(pde_error_message());
}

bool has_option(const char *backend, const std::string &name) {
  const char *table = nullptr;
  check(pde_options_describe(backend, &table));
  return std::string(table).find('"' + name + '"') != std::string::npos;
}

FieldHandle wrap_square(int64_t n, int32_t dtype, void *data) {
  const int64_t shape[] = {n, n};
  pde_grid *grid = nullptr;
  pde_field *field = nullptr;
  check(pde_grid_create_unit(2, shape, nullptr, &grid));
  const pde_status status = pde_field_wrap(grid, PDE_SCALAR, dtype, nullptr, data, nullptr, &field);
  pde_grid_free(grid);
  check(status);
  return FieldHandle(field);
}

Snapshots::Snapshots(DataSet set, int64_t n, int64_t count) : set_(set), n_(n) {
  const int32_t dtype = set == DataSet::f32 ? PDE_FLOAT32 : PDE_FLOAT64;
  for (int64_t i = 0; i < count; ++i) {
    bytes_.push_back(snapshot(set, n, i));
    fields_.push_back(wrap_square(n, dtype, bytes_.back().data()));
  }
}

Storage::Storage(const std::string &uri, const char *mode, const std::string &options) {
  pde_options *bag = nullptr;
  check(pde_options_create(&bag));
  pde_status status = pde_options_parse(bag, options.c_str());
  if (status >= 0) status = pde_storage_open(uri.c_str(), mode, bag, &handle_);
  pde_options_free(bag);
  check(status);
}

Storage::~Storage() {
  if (handle_) pde_storage_close(handle_);
}

int64_t Storage::committed() {
  int64_t count = 0;
  check(pde_storage_committed(handle_, &count));
  return count;
}

void Storage::close() {
  check(pde_storage_close(std::exchange(handle_, nullptr)));
}

double record(const std::string &path, const Snapshots &snapshots, int64_t count,
              const std::string &options) {
  const Stopwatch watch;
  Storage storage(path, "truncate", options);
  for (int64_t i = 0; i < count; ++i) storage.append(snapshots.field(i), i);
  storage.close();
  return watch.seconds();
}

}  // namespace bench
