// How a series is cut into chunks: pure arithmetic, no HDF5.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace pde {

/// A snapshot larger than this is tiled along its slowest axes, into tiles of at most kTileBytes.
inline constexpr int64_t kMaxSnapshotChunk = int64_t{32} << 20;
inline constexpr int64_t kTileBytes = int64_t{4} << 20;
/// HDF5 cannot hold a chunk of 4 GiB.
inline constexpr int64_t kMaxChunk = (int64_t{4} << 30) - 1;
/// Times per chunk of the dataset `times`.
inline constexpr int64_t kTimesPerChunk = 1024;

/// [snapshots per chunk, cells along each axis]: as many whole snapshots as fit into `chunk_bytes`, at least
/// one; huge ones tiled.
std::vector<int64_t> chunk_shape(std::span<const int64_t> snapshot_shape, int64_t item, int64_t chunk_bytes);

/// Where samples lie in chunks. The chunks that hold the same snapshots make a slab; each of them is a tile
/// of these snapshots, and tiles at the far ends reach beyond the snapshot.
class ChunkGeometry {
 public:
  ChunkGeometry() = default;
  /// `chunk`: [snapshots, cells along each axis]; `item`: bytes per sample.
  ChunkGeometry(std::vector<int64_t> snapshot_shape, std::vector<int64_t> chunk, int64_t item);

  int64_t item() const { return item_; }
  int64_t rows() const { return rows_; }            // snapshots per slab
  int64_t tiles() const { return tiles_; }          // chunks per slab
  int64_t row_bytes() const { return row_bytes_; }  // of one snapshot in one chunk
  int64_t chunk_bytes() const { return rows_ * row_bytes_; }
  const std::vector<int64_t> &snapshot_shape() const { return snapshot_shape_; }
  const std::vector<int64_t> &tile_shape() const { return tile_shape_; }
  /// A chunk is a run of whole snapshots as they are.
  bool whole() const { return tiles_ == 1 && tile_shape_ == snapshot_shape_; }

  /// A part of a snapshot: where it begins and its cells along each axis.
  struct Box {
    std::vector<int64_t> lower, shape;
  };
  /// The cells of a tile that the snapshot has.
  Box tile(int64_t number) const;
  /// The tiles that hold cells of a box, in order.
  std::vector<int64_t> tiles_of(const Box &box) const;

 private:
  std::vector<int64_t> snapshot_shape_, tile_shape_, tiles_along_;
  int64_t item_ = 1, rows_ = 1, tiles_ = 1, row_bytes_ = 1;
};

/// The cells that both have; nothing if there are none.
std::optional<ChunkGeometry::Box> common_part(const ChunkGeometry::Box &a, const ChunkGeometry::Box &b);

}  // namespace pde
