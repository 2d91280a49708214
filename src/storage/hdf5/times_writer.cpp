#include "storage/hdf5/times_writer.hpp"

#include <algorithm>
#include <bit>

namespace pde {
namespace {

/// Times per chunk where bytes can be moved beside HDF5: plain float64 in chunks of some size; else 0.
int64_t direct_chunk(hid_t times) {
  const H5Layout layout = h5_layout(times);
  if (!layout.chunked() || layout.filters != 0) return 0;
  const H5Id type = h5_own(H5Dget_type(times), H5Tclose, "reading the type of /times");
  if (std::endian::native != std::endian::little || H5Tequal(type.get(), H5T_IEEE_F64LE) <= 0) return 0;
  constexpr hsize_t kMost = 1 << 20;
  return layout.chunk[0] <= kMost ? static_cast<int64_t>(layout.chunk[0]) : 0;
}

}  // namespace

TimesWriter::TimesWriter(SeriesFile &series, int64_t length)
    : series_(series),
      per_chunk_(direct_chunk(series.times())),
      owed_(length),
      written_(length),
      first_(per_chunk_ > 0 ? length - length % per_chunk_ : length),
      chunk_first_(first_) {
  if (first_ < length) load_chunk(length);
  if (series.fixed() || series.times_rows() <= static_cast<hsize_t>(length)) return;
  // HDF5 would overwrite what is dropped in place, before anything is committed: it drops whole chunks only,
  // and gets the last one anew.
  series.set_times_rows(static_cast<hsize_t>(first_));
  written_ = first_;
  place_ = {};
}

void TimesWriter::load_chunk(int64_t length) {
  place_ = series_.find_times_chunk(first_);
  kept_.resize(static_cast<size_t>(length - first_), 0.0);
  // A chunk that is not there reads as zeros, and is made when something is put behind them.
  if (!place_) return;
  DriverFile &driver = series_.driver();
  if (driver.read(kept_.data(), kept_.size() * sizeof(double), place_.offset) < 0) driver.check_reads();
}

void TimesWriter::write(int64_t length) {
  if (!series_.fixed()) series_.set_times_rows(static_cast<hsize_t>(length));
  if (per_chunk_ > 0) {
    while (written_ < length) write_chunk(std::min(length, chunk_first_ + per_chunk_));
  } else if (written_ < length) {
    series_.write_times(written_, length - written_, kept_from(written_));
    written_ = chunk_first_ = length;
  }
  kept_.erase(kept_.begin(), kept_.begin() + (chunk_first_ - first_));
  first_ = chunk_first_;
}

/// Up to `end`, for which the chunk at the end has room.
void TimesWriter::write_chunk(int64_t end) {
  DriverFile &driver = series_.driver();
  constexpr auto kItem = static_cast<int64_t>(sizeof(double));
  if (place_) {
    driver.write_in_place(kept_from(written_), static_cast<size_t>((end - written_) * kItem),
                          place_.offset + (written_ - chunk_first_) * kItem);
  } else {
    std::vector<double> chunk(static_cast<size_t>(per_chunk_), 0.0);
    std::copy_n(kept_from(chunk_first_), end - chunk_first_, chunk.begin());
    place_ = series_.place_times_chunk(chunk_first_, per_chunk_ * kItem);
    driver.write(chunk.data(), chunk.size() * sizeof(double), place_.offset);
  }
  written_ = end;
  if (end < chunk_first_ + per_chunk_) return;
  chunk_first_ = end;
  place_ = {};
}

}  // namespace pde
