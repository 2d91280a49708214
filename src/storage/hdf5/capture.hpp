// Copies of those places of a file that HDF5 reads, all taken at one moment: what it finds in them fits
// together however long it takes, and whatever a writer does meanwhile.
//
// Which places these are shows by trying: what is read and not there is noted, and is there the next time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "storage/hdf5/file_ops.hpp"
#include "storage/hdf5/overlay.hpp"

namespace pde {

class Capture {
 public:
  /// Reads all places again that have been wanted so far. Minus an errno; std::bad_alloc.
  int64_t take(FileOps &ops, int fd);
  /// False: it is to be read from the file, as it is by then.
  bool serve(int64_t offset, std::span<std::byte> out);
  /// Whether something was wanted since `take` that was not there.
  bool missed() const { return missed_; }
  /// Of the file, at that moment.
  int64_t size() const { return size_; }

 private:
  struct Place {
    int64_t begin, end;
  };
  void join_places();

  std::vector<Place> places_;
  Overlay bytes_;
  int64_t size_ = 0;
  bool missed_ = false;
};

}  // namespace pde
