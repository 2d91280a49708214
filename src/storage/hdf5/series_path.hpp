// Where a file lies, and what lies there: a directory, a pipe or the file of another program is refused here,
// before HDF5 or anything that writes gets to see it.
#pragma once

#include <string>

#include "storage/hdf5/file_ops.hpp"

namespace pde {

/// Absolute and without symbolic links: the file stays the same when the process changes its folder, and a
/// rename replaces the file, not a link to it.
std::string resolved_path(const std::string &path);

/// False where nothing is stored: no file, or an empty one. PDE_ERR_IO; PDE_ERR_FORMAT if it is no HDF5
/// file.
Descriptor open_hdf5_file(FileOps &ops, const std::string &path, bool writable);

/// A new, empty file. What a killed run has left under this name is replaced, which the
/// writer's lock must allow; anything else is left alone (PDE_ERR_EXISTS, PDE_ERR_FORMAT).
Descriptor create_beside(FileOps &ops, const std::string &path);

}  // namespace pde
