// The times of a series while it is written: kept here until a commit asks for them, and put behind those of
// the file in one piece.
//
// The chunk at the end is allocated by HDF5 once; what comes later is written into it beside HDF5, so a
// commit of one more time costs its eight bytes. Datasets of others that are laid out otherwise are written
// with H5Dwrite.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "storage/hdf5/series_file.hpp"

namespace pde {

class TimesWriter {
 public:
  /// Goes on behind `length` times; those that the file has behind them are dropped. In an H5Session.
  TimesWriter(SeriesFile &series, int64_t length);

  void append(double time) { kept_.push_back(time); }
  void drop_last() { kept_.pop_back(); }
  /// The file is to have some again that it has had.
  bool owing() const { return static_cast<int64_t>(series_.times_rows()) < owed_; }
  /// So many the file has.
  int64_t written() const { return written_; }
  /// Those up to `length`; the file has them, and room for no others. In an H5Session.
  void write(int64_t length);
  /// Times from this one on are here, whatever the file has.
  int64_t first() const { return first_; }
  void copy(int64_t first, int64_t count, double *out_times) const {
    std::copy_n(kept_from(first), count, out_times);
  }

 private:
  void load_chunk(int64_t length);
  void write_chunk(int64_t end);
  const double *kept_from(int64_t index) const { return kept_.data() + (index - first_); }

  SeriesFile &series_;
  int64_t per_chunk_;         // 0: not direct
  int64_t owed_;              // times that the file has had from the beginning
  int64_t written_;           // times that it has
  int64_t first_;             // of those kept here
  std::vector<double> kept_;  // from there on
  int64_t chunk_first_;       // of the chunk at the end
  FileBlock place_;           // of that chunk; false: it is yet to be made
};

}  // namespace pde
