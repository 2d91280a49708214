// How we stay a good guest in a process that uses HDF5 too: one lock around all our calls, the caller's error
// stack and its printing left as they were, ids that close themselves. HDF5 types never leave this folder.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.hpp"

namespace pde {

/// Held around every HDF5 call of ours, on the thread that called us.
class H5Session {
 public:
  H5Session();
  ~H5Session();
  H5Session(const H5Session &) = delete;
  H5Session &operator=(const H5Session &) = delete;

 private:
  LinesWait lines_;  // until the lock is given back
  std::unique_lock<std::mutex> lock_;
  unsigned print_version_ = 1;  // 0: the host chose its printing through the older interface
  H5E_auto1_t old_print_ = nullptr;
  H5E_auto2_t print_ = nullptr;
  void *print_user_ = nullptr;
  hid_t stack_ = H5I_INVALID_HID;
};

/// HDF5's innermost words for the failure just seen; for messages.
std::string h5_error_text();
/// Throws what has failed with these words for it: PDE_ERR_MEMORY if HDF5 did not get memory, else `status`.
[[noreturn]] void h5_fail(pde_status status, const std::string &what);

/// An id and how it is closed. Only ever used inside a session.
class H5Id {
 public:
  using Close = herr_t (*)(hid_t);
  H5Id() = default;
  H5Id(hid_t id, Close close) : id_(id), close_(close) {}
  ~H5Id() { reset(); }
  H5Id(H5Id &&other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  H5Id &operator=(H5Id &&other) noexcept {
    if (this != &other) {
      reset();
      id_ = std::exchange(other.id_, H5I_INVALID_HID);
      close_ = other.close_;
    }
    return *this;
  }

  explicit operator bool() const { return id_ >= 0; }
  hid_t get() const { return id_; }
  herr_t reset() {
    const hid_t id = std::exchange(id_, H5I_INVALID_HID);
    return id >= 0 ? close_(id) : 0;
  }
  /// The id is the caller's to close from now on.
  hid_t release() { return std::exchange(id_, H5I_INVALID_HID); }
  /// The library was closed under us: the number may by now name an object of the host.
  void forget() { id_ = H5I_INVALID_HID; }

 private:
  hid_t id_ = H5I_INVALID_HID;
  Close close_ = nullptr;
};

/// The id of a call that must succeed; else PDE_ERR_IO with `what` and HDF5's words.
H5Id h5_own(hid_t id, H5Id::Close close, const std::string &what);
void h5_check(herr_t result, const std::string &what);

// ---- dtypes (docs/formats.md)

/// The type of samples in files (little-endian), or in memory (native).
H5Id h5_file_type(int32_t dtype);
H5Id h5_memory_type(int32_t dtype);
/// Which dtype a dataset's type is, in any byte order; 0: none of ours.
int32_t h5_dtype_of(hid_t type);
/// For messages: "a 16-bit float".
std::string h5_type_text(hid_t type);

// ---- datasets and attributes

struct H5Shape {
  std::vector<hsize_t> size, max;
};
H5Shape h5_shape(hid_t dataset);
struct H5Layout {
  H5D_layout_t kind;
  std::vector<hsize_t> chunk;  // one size per axis, none of them 0; empty if the dataset has no chunks
  int filters;
  bool elsewhere;  // in other files, which HDF5 would open, or make, on its own

  bool chunked() const { return kind == H5D_CHUNKED; }
};
H5Layout h5_layout(hid_t dataset);

/// Deflate makes no more than so many bytes out of one.
constexpr hsize_t kMostDeflated = 1032;

/// Moves the part of a dataset that begins at `start`; `count` entries along each axis, every `step`-th of
/// the first.
void h5_transfer(bool writing, hid_t dataset, hid_t memory_type, const std::vector<hsize_t> &start,
                 const std::vector<hsize_t> &count, hsize_t step, void *buffer, const std::string &what);

/// All attributes of an object whose name and value can be given as JSON: JSON texts as they are, other texts
/// quoted, numbers.
std::vector<std::pair<std::string, std::string>> h5_read_attributes(hid_t object);
/// A scalar variable-length UTF-8 string, replacing what has this name.
void h5_write_text(hid_t object, const std::string &name, const std::string &text);
/// A scalar fixed-length string, padded to `size` bytes with zeros: rewriting it moves nothing in the file.
void h5_write_fixed(hid_t object, const std::string &name, const std::string &text, size_t size);
/// Such a string, without the zeros; empty where there is none.
std::string h5_read_fixed(hid_t object, const std::string &name);
/// How many bytes it has; 0 where there is none.
size_t h5_fixed_size(hid_t object, const std::string &name);
void h5_remove_attribute(hid_t object, const std::string &name);

}  // namespace pde
