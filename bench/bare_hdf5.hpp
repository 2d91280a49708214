// The baseline of most rows: a time series of n x n samples through HDF5's own calls, one chunk per snapshot.
#pragma once

#include <hdf5.h>

#include <cstddef>
#include <string>

#include "data_sets.hpp"

namespace bench {

class BareSeries {
 public:
  enum class Kind { filtered /* shuffle, deflate 4 */, plain, contiguous /* as many rows as are said */ };

  /// A new file with /data and /times, as libpde's.
  static BareSeries create(const std::string &path, DataSet set, int64_t n, Kind kind, int64_t rows = 0);
  static BareSeries open(const std::string &path, DataSet set, int64_t n);
  BareSeries(BareSeries &&other) noexcept;
  ~BareSeries();

  /// One more row through the filters, and its time.
  void write(const std::byte *samples);
  /// One more row as a chunk of ready bytes, no time.
  void write_chunk(const std::byte *samples);
  void flush();
  void read(int64_t row, std::byte *samples);
  void close();

 private:
  BareSeries(hid_t file, DataSet set, int64_t n);
  hid_t select(hid_t dataset, int64_t row) const;

  hid_t file_, data_ = -1, times_ = -1, type_;
  hsize_t n_;
  size_t bytes_;
  int64_t rows_ = 0;
};

/// Text in an attribute of the root, as py-pde and libpde put their metadata.
void put_root_text(const std::string &path, const std::string &name, const std::string &text);

}  // namespace bench
