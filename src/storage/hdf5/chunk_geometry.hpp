// How a series is cut into chunks: pure arithmetic, no HDF5.
#pragma once

#include <cstdint>
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

}  // namespace pde
