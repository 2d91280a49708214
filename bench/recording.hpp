// libpde's side of a comparison, through the public C API: prepared snapshots and storages.
#pragma once

#include <pde.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "data_sets.hpp"

namespace bench {

/// Throws what the library says if a call failed.
void check(pde_status status);

/// Whether a backend ("hdf5:") has an option of this name.
bool has_option(const char *backend, const std::string &name);

struct FieldDeleter {
  void operator()(pde_field *field) const { pde_field_free(field); }
};
using FieldHandle = std::unique_ptr<pde_field, FieldDeleter>;

/// A scalar field on n x n cells over `data`.
FieldHandle wrap_square(int64_t n, int32_t dtype, void *data);

/// Distinct snapshots of n x n samples made in advance, each with a field that wraps it. Indices go round.
class Snapshots {
 public:
  Snapshots(DataSet set, int64_t n, int64_t count);

  DataSet set() const { return set_; }
  int64_t n() const { return n_; }
  int64_t bytes_each() const { return n_ * n_ * item_of(set_); }
  double megabytes(int64_t count) const { return 1e-6 * static_cast<double>(count * bytes_each()); }
  const std::byte *bytes(int64_t i) const { return bytes_[at(i)].data(); }
  const pde_field *field(int64_t i) const { return fields_[at(i)].get(); }

 private:
  size_t at(int64_t i) const { return static_cast<size_t>(i) % bytes_.size(); }

  DataSet set_;
  int64_t n_;
  std::vector<std::vector<std::byte>> bytes_;
  std::vector<FieldHandle> fields_;
};

class Storage {
 public:
  Storage(const std::string &uri, const char *mode, const std::string &options = "");
  ~Storage();
  Storage(const Storage &) = delete;
  Storage &operator=(const Storage &) = delete;

  pde_storage *handle() { return handle_; }
  void append(const pde_field *field, int64_t i) {
    check(pde_storage_append(handle_, field, static_cast<double>(i)));
  }
  void read(int64_t index, pde_field *into) { check(pde_storage_read(handle_, index, into)); }
  int64_t committed();
  void close();

 private:
  pde_storage *handle_ = nullptr;
};

/// Records `count` snapshots into a new file, and closes it. Seconds.
double record(const std::string &path, const Snapshots &snapshots, int64_t count,
              const std::string &options = "");

}  // namespace bench
