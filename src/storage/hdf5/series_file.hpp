// One HDF5 file of a series as we have it open: its two datasets, their geometry, and moving samples in and
// out.
//
// No policy here: what is written when, and what a failure means, is decided in file_storage.cpp. All
// functions run inside an H5Session of the caller.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "field/field_description.hpp"
#include "storage/backend.hpp"
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
  SeriesFile(FileOps &ops, int fd, const std::string &path, bool writable)
      : shared_driver_(std::make_shared<DriverFile>(ops, fd, path, writable)),
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

  /// Makes room for this many rows, or takes room away. Only where rows can be added (`fixed` is false).
  void set_rows(hsize_t rows);
  /// Rows in C order and our dtype; writing needs room for them.
  void write_row(hsize_t row, const void *samples, double time);
  void read_box(const Selection &selection, void *samples) const;
  void read_times(hsize_t first, hsize_t count, double *times) const;
  std::optional<std::string> read_snapshot_info(int64_t snapshot);
  void flush();

  SnapshotInfos &snapshot_infos() { return infos_; }
  const SnapshotInfos &snapshot_infos() const { return infos_; }
  DriverFile &driver() { return driver_; }
  const DriverFile &driver() const { return driver_; }
  hid_t file() const { return file_; }
  hid_t data() const { return data_.get(); }
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

 private:
  H5Id open_dataset(const char *name);

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
  int64_t rows_that_move_ = 1;
  bool fixed_ = false;  // a contiguous dataset: rows cannot be added or removed
};

}  // namespace pde
