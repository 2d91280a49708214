#include "storage/hdf5/chunk_geometry.hpp"

#include <algorithm>
#include <utility>

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

// ---- samples in chunks

ChunkGeometry::ChunkGeometry(std::vector<int64_t> snapshot_shape, std::vector<int64_t> chunk, int64_t item)
    : snapshot_shape_(std::move(snapshot_shape)),
      tile_shape_(chunk.begin() + 1, chunk.end()),
      item_(item),
      rows_(chunk.front()),
      row_bytes_(item) {
  for (size_t axis = 0; axis < snapshot_shape_.size(); ++axis) {
    tiles_along_.push_back((snapshot_shape_[axis] + tile_shape_[axis] - 1) / tile_shape_[axis]);
    tiles_ *= tiles_along_.back();
    row_bytes_ *= tile_shape_[axis];
  }
}

ChunkGeometry::Box ChunkGeometry::tile(int64_t number) const {
  Box box{std::vector<int64_t>(tile_shape_.size()), tile_shape_};
  for (size_t axis = tile_shape_.size(); axis-- > 0;) {
    box.lower[axis] = number % tiles_along_[axis] * tile_shape_[axis];
    box.shape[axis] = std::min(tile_shape_[axis], snapshot_shape_[axis] - box.lower[axis]);
    number /= tiles_along_[axis];
  }
  return box;
}

std::vector<int64_t> ChunkGeometry::tiles_of(const Box &box) const {
  std::vector<int64_t> numbers{0};
  for (size_t axis = 0; axis < tile_shape_.size(); ++axis) {
    const int64_t first = box.lower[axis] / tile_shape_[axis];
    const int64_t last = (box.lower[axis] + box.shape[axis] - 1) / tile_shape_[axis];
    std::vector<int64_t> finer;
    for (const int64_t number : numbers) {
      for (int64_t i = first; i <= last; ++i) finer.push_back(number * tiles_along_[axis] + i);
    }
    numbers = std::move(finer);
  }
  return numbers;
}

std::optional<ChunkGeometry::Box> common_part(const ChunkGeometry::Box &a, const ChunkGeometry::Box &b) {
  ChunkGeometry::Box part = a;
  for (size_t axis = 0; axis < a.lower.size(); ++axis) {
    part.lower[axis] = std::max(a.lower[axis], b.lower[axis]);
    part.shape[axis] =
        std::min(a.lower[axis] + a.shape[axis], b.lower[axis] + b.shape[axis]) - part.lower[axis];
    if (part.shape[axis] <= 0) return std::nullopt;
  }
  return part;
}

}  // namespace pde
