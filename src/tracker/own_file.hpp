// A file of which one tracker is the only writer, through the seam of file operations.
#pragma once

#include <cstdint>
#include <string>

#include "storage/hdf5/file_ops.hpp"

namespace pde {

/// The folder of a file, with those it is in, if they are not there.
void make_folder_of(const std::string &path, const std::string &named);

/// To read and write, made with its folder if it is not there; PDE_ERR_BUSY while another tracker has it.
/// File systems without locks do without. `named`: how messages call it.
Descriptor open_alone(const std::string &path, const std::string &named);
void close_file(Descriptor &file, const std::string &named);

/// `result`: minus an errno.
[[noreturn]] void fail_io(const char *doing, const std::string &named, int64_t result);

}  // namespace pde
