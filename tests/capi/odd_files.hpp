// Files that other programs could have left: made with HDF5 itself, or with no HDF5 at all.
#pragma once

#include <hdf5.h>

#include <string>
#include <vector>

namespace test {

void write_bytes(const std::string &path, const std::string &bytes);

/// One dataset of a foreign file: its name, type and shape. Its values are zeros; strings are empty.
struct OddDataset {
  const char *name;
  hid_t type;
  std::vector<hsize_t> shape;
};
/// An HDF5 file with these datasets, an attribute of its own and nothing else.
void write_hdf5(const std::string &path, const std::vector<OddDataset> &datasets);

/// A file of a time series cut off after `part` of its bytes.
void write_truncated_series(const std::string &path, double part);

/// Closes an id of HDF5 at the end of a block.
class Closing {
 public:
  Closing(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Closing() {
    if (id_ >= 0) close_(id_);
  }
  Closing(const Closing &) = delete;
  Closing &operator=(const Closing &) = delete;
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

}  // namespace test
