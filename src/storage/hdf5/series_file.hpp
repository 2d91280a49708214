// One HDF5 file of a series as we have it open: its two datasets, their geometry, and moving samples in and
// out.
//
// Chunks that hold nothing but our own types behind the stock filters are `direct`: HDF5 only tells where
// they lie, and their bytes are moved beside it (chunk_writer.hpp, chunk_reader.hpp). Everything else, such
// as contiguous datasets, other byte orders and foreign filters, goes through H5Dread and H5Dwrite.
//
// No policy here: what is written when, and what a failure means, is decided in file_storage.cpp. All
// functions run inside an H5Session of the caller, but for those that only tell what is known.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "field/field_description.hpp"
#include "field/rounding.hpp"
#include "storage/backend.hpp"
#include "storage/hdf5/chunk_codec.hpp"
#include "storage/hdf5/chunk_geometry.hpp"
#include "storage/hdf5/file_driver.hpp"
#include "storage/hdf5/h5.hpp"
#include "storage/hdf5/snapshot_infos.hpp"

namespace pde {

/// How new datasets are laid out.
struct SeriesLayout {
  bool gzip = true, shuffle = true, checksum = false;
  unsigned level = 1;
  int64_t chunk_bytes = 0, max_length = 0;
  std::vector<int64_t> chunk_shape;  // by hand; else empty
};

class SeriesFile {
 public:
  /// `journal`: of the path, for who writes; null for who reads.
  SeriesFile(FileOps &ops, Descriptor file, const std::string &path, Journal *journal)
      : shared_driver_(std::make_shared<DriverFile>(ops, std::move(file), path, journal)),
        driver_(*shared_driver_),
        path_(path) {}
  ~SeriesFile();
  SeriesFile(const SeriesFile &) = delete;
  SeriesFile &operator=(const SeriesFile &) = delete;

  /// PDE_ERR_FORMAT if HDF5 cannot open it.
  void open();
  void create();
  /// Opens /data and /times; PDE_ERR_FORMAT or PDE_ERR_UNSUPPORTED says what is not as it should be.
  void open_datasets();
  void create_datasets(const FieldDescription &sample, const SeriesLayout &layout);
  /// Neither /data nor /times is there.
  bool has_no_datasets() const;
  /// Closes all ids; PDE_ERR_IO if that, or any write before it, failed.
  void close();

  /// PDE_ERR_UNSUPPORTED if HDF5 lacks a filter of /data; `direction`: H5Z_FILTER_CONFIG_DECODE_ENABLED, or
  /// that of encoding.
  void check_filters(unsigned direction) const;

  // ---- direct chunks
  /// Null unless chunks are direct.
  const ChunkGeometry *direct() const { return direct_ ? &geometry_ : nullptr; }
  const ChunkFilters &filters() const { return filters_; }
  struct ChunkPlace {
    FileBlock block;    // false: there is no such chunk
    uint32_t mask = 0;  // filters that were left out
    bool operator==(const ChunkPlace &) const = default;
  };
  ChunkPlace find_chunk(int64_t slab, int64_t tile);
  /// Whether these are plain samples, as a raw tail has them, and every chunk of a file without filters.
  bool is_raw(const ChunkPlace &place) const {
    return place.block && place.mask == filters_.all_skipped() && place.block.size == geometry_.chunk_bytes();
  }
  /// Reads the samples of a whole chunk, beside HDF5, on any thread.
  void read_chunk(const ChunkPlace &place, ChunkCodec &codec, std::span<std::byte> samples) const;
  /// Makes room in the file for `size` bytes of this chunk, which are the caller's to write. /data must have
  /// a row of it already. `replaces`: there is such a chunk. `told`: set to true once HDF5 may know of it,
  /// from when on nothing else than HDF5 can fail here.
  FileBlock place_chunk(int64_t slab, int64_t tile, int64_t size, uint32_t mask, bool replaces, bool &told);
  /// Refuses a file to which nothing can be added in any bearable time: PDE_ERR_FORMAT if it claims so many
  /// rows beyond these that HDF5 would not come to an end in taking them away, PDE_ERR_UNSUPPORTED if its
  /// datasets are so large that HDF5 would fill the disk with them.
  void check_extending(hsize_t rows) const;
  /// Makes room for this many rows, or takes room away. Only where rows can be added (`fixed` is false).
  void set_data_rows(hsize_t rows);

  // ---- times
  void set_times_rows(hsize_t rows);
  /// The chunk of /times that begins at this row; unfiltered chunks only.
  FileBlock find_times_chunk(int64_t first);
  FileBlock place_times_chunk(int64_t first, int64_t size);
  void write_times(int64_t first, int64_t count, const double *times);
  /// Where each chunk of /times holds a few of them only, puts a new /times of larger chunks in its place.
  /// Says whether it has, which is to be committed before anything takes the space of the old one.
  bool gather_times();

  // ---- rounding
  /// Notes that snapshots from `first` on are rounded like this; earlier ones keep what was noted.
  void mark_rounding(int64_t first, const RoundingSettings &settings);
  /// What is noted, JSON; empty: nothing has been rounded.
  std::string rounding() const;

  // ---- state of a run
  /// Takes the place of the text that is there, where it fits; it keeps its place in the file then.
  void write_run_state(const std::string &json);
  /// Empty where there is none.
  std::string run_state() const;

  // ---- through HDF5
  /// Rows in C order and our dtype; writing needs room for them.
  void write_row(hsize_t row, const void *samples);
  void read_box(const Selection &selection, void *samples) const;
  void read_times(hsize_t first, hsize_t count, double *times) const;
  std::optional<std::string> read_snapshot_info(int64_t snapshot);
  /// All that has been written is what a kill leaves; a failure is the driver's problem.
  void commit();

  /// From our mark on /data; zeros where there is none.
  SeriesId series_id() const;
  const std::string &path() const { return path_; }
  SnapshotInfos &snapshot_infos() { return infos_; }
  const SnapshotInfos &snapshot_infos() const { return infos_; }
  DriverFile &driver() { return driver_; }
  const DriverFile &driver() const { return driver_; }
  hid_t file() const { return file_; }
  hid_t data() const { return data_.get(); }
  hid_t times() const { return times_.get(); }
  bool has_datasets() const { return static_cast<bool>(data_); }
  int32_t dtype() const { return dtype_; }
  const std::vector<hsize_t> &snapshot_shape() const { return snapshot_shape_; }
  hsize_t data_rows() const { return data_rows_; }
  hsize_t times_rows() const { return times_rows_; }
  /// More than these can never be there.
  hsize_t most_rows() const { return most_rows_; }
  bool fixed() const { return fixed_; }
  /// Rows that share a chunk which is written elsewhere when it is written again, being compressed; else 1.
  int64_t rows_that_move() const { return rows_that_move_; }
  /// /data lies in one piece, in which each row has its place from the beginning.
  bool contiguous() const { return contiguous_; }

 private:
  H5Id open_dataset(const char *name);
  void learn_chunks();

  std::shared_ptr<DriverFile> shared_driver_;  // with HDF5
  DriverFile &driver_;
  std::string path_;
  hid_t file_ = H5I_INVALID_HID;
  H5Id data_, times_, memory_type_;
  SnapshotInfos infos_;
  int32_t dtype_ = 0;
  std::vector<hsize_t> snapshot_shape_;
  hsize_t data_rows_ = 0, times_rows_ = 0;  // allocated, which may be more than are valid
  hsize_t most_rows_ = 0;
  hsize_t committed_data_rows_ = 0, committed_times_rows_ = 0;  // as readers see them
  bool direct_ = false;
  ChunkGeometry geometry_;
  ChunkFilters filters_;
  int64_t placed_slab_ = -1, placed_tile_ = -1;  // last
  uint32_t placed_mask_ = 0;
  int64_t rows_that_move_ = 1;
  bool contiguous_ = false;
  std::optional<SeriesId> id_;  // once it is asked for
  size_t run_state_bytes_ = 0;  // that there is room for, once it is asked for
  bool fixed_ = false;          // a contiguous dataset: rows cannot be added or removed
};

}  // namespace pde
