#include "storage/hdf5/chunk_geometry.hpp"

#include <algorithm>

namespace pde {

std::vector<int64_t> chunk_shape(std::span<const int64_t> snapshot_shape, int64_t item, int64_t chunk_bytes) {
  std::vector<int64_t> shape{1};
  shape.insert(shape.end(), snapshot_shape.begin(), snapshot_shape.end());
  int64_t bytes = item;
  for (int64_t size : snapshot_shape) bytes *= size;
  if (bytes <= kMaxSnapshotChunk) {
    shape[0] = std::max<int64_t>(1, chunk_bytes / bytes);
    return shape;
  }
  // From the slowest axis on: one cell thick, until what is left of the last cut axis fits.
  for (size_t axis = 1; axis < shape.size() && bytes > kTileBytes; ++axis) {
    const int64_t slice = bytes / shape[axis];
    shape[axis] = std::clamp<int64_t>(kTileBytes / std::max<int64_t>(slice, 1), 1, shape[axis]);
    bytes = slice * shape[axis];
  }
  return shape;
}

}  // namespace pde
