// The kinds of storages that the conformance and property tests run over, each with what it can do, and a
// world in which a series of that kind lives.
#pragma once

#include <unistd.h>

#include <atomic>
#include <memory>
#include <ostream>

#include "support/capi_handles.hpp"
#include "support/temporary_folder.hpp"
#include "support/vector_backend.hpp"

namespace test {

struct StorageKind {
  enum Place { memory, named_memory, file, custom };
  const char *name;
  Place place;
  const char *options = "";
  bool only_required = false;  // custom: the entries that may be NULL are

  /// The series is still there when the storage has been closed.
  bool lasts() const { return place != memory; }
  /// One writer at a time.
  bool exclusive() const { return place == named_memory || place == file; }
  /// Snapshots can be committed, that is survive the process.
  bool commits() const { return place == file || place == custom; }
  /// Snapshots can be dropped; else PDE_ERR_UNSUPPORTED.
  bool truncates() const { return !only_required; }
  /// Whole snapshots lie in memory, where pde_storage_data_const shows them; else PDE_ERR_UNSUPPORTED.
  bool shows_data() const { return place == memory || place == named_memory; }
};

inline void PrintTo(const StorageKind &kind, std::ostream *stream) {
  *stream << kind.name;
}

constexpr StorageKind kStorageKinds[] = {
    {"memory", StorageKind::memory},
    {"named_memory", StorageKind::named_memory},
    {"custom", StorageKind::custom},
    {"custom_of_required_entries", StorageKind::custom, "", true},
    {"file", StorageKind::file},
    {"file_uncompressed", StorageKind::file, "compression=none"},
    {"file_checked", StorageKind::file, "checksum=true shuffle=false level=9"},
    {"file_of_single_chunks", StorageKind::file, "chunk_bytes=1 level=0"},
    {"file_with_chunks_by_hand", StorageKind::file, "chunk_shape=2,2,3,2,1,2"},
    {"file_with_a_limit", StorageKind::file, "max_length=4000"},
    {"file_that_commits_each", StorageKind::file, "commit_every=1"},
    {"file_on_the_disk", StorageKind::file, "commit_every=3 fsync=true"},
};

inline std::string kind_name(const ::testing::TestParamInfo<StorageKind> &info) {
  return info.param.name;
}

template <class Wanted>
std::vector<StorageKind> kinds(Wanted &&wanted) {
  std::vector<StorageKind> found;
  for (const StorageKind &kind : kStorageKinds) {
    if (wanted(kind)) found.push_back(kind);
  }
  return found;
}

inline bool is_dropping(const StorageKind &kind) {
  return kind.truncates();
}

class StorageWorld {
 public:
  /// `axes`: of the arrays to be stored, which chunk shapes must fit.
  explicit StorageWorld(const StorageKind &kind, size_t axes = 2) : kind_(kind), options_(kind.options) {
    static std::atomic<int> count{0};
    if (kind.place == StorageKind::file) uri_ = folder_.file("series.h5");
    if (kind.place == StorageKind::custom) uri_ = "custom:";
    if (kind.place == StorageKind::memory) uri_ = "memory:";
    if (kind.place == StorageKind::named_memory) {
      uri_ = "memory:world " + std::to_string(::getpid()) + "/" + std::to_string(count++);
      REQUIRE_OK(pde_storage_open(uri_.c_str(), "append", nullptr, keeper_.out()));
    }
    const std::string by_hand = "chunk_shape=";
    if (options_.starts_with(by_hand))
      options_.resize(by_hand.size() + 2 * axes + 1);  // one digit for the snapshots and one for each axis
  }

  const std::string &uri() const { return uri_; }
  TemporaryFolder &folder() { return folder_; }
  VectorSeries &series() { return series_; }

  pde_status try_open(const char *mode, const std::string &more_options, StorageHandle &storage) {
    const OptionsHandle options = options_from(options_ + " " + more_options);
    if (kind_.place != StorageKind::custom)
      return pde_storage_open(uri_.c_str(), mode, options, storage.out());
    const pde_backend backend =
        kind_.only_required ? VectorSeries::required_entries() : VectorSeries::backend();
    return pde_storage_create_custom(&backend, &series_, mode, options, storage.out());
  }
  StorageHandle open(const char *mode = nullptr, const std::string &more_options = "") {
    StorageHandle storage;
    REQUIRE_OK(try_open(mode, more_options, storage));
    return storage;
  }
  /// Closes it and opens the series again.
  StorageHandle reopen(StorageHandle &storage, const char *mode, const std::string &more_options = "") {
    REQUIRE_OK(pde_storage_close(storage.release()));
    return open(mode, more_options);
  }

 private:
  StorageKind kind_;
  std::string options_, uri_;
  TemporaryFolder folder_;
  VectorSeries series_;
  StorageHandle keeper_;  // named series live while a storage has them
};

}  // namespace test
