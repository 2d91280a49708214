// What HDF5's filters shuffle, deflate and Fletcher-32 make of a chunk, and back, without HDF5: so that it
// can be done on any thread. A stock reader reads the result with the filters that it brings along.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "storage/hdf5/zlib_stream.hpp"

namespace pde {

class Rounding;

/// What a dataset's filters do with a chunk, in HDF5's order: shuffle, deflate, Fletcher-32.
struct ChunkFilters {
  bool shuffle = false, deflate = false, checksum = false;
  int level = 1;     // of deflate, 0 to 9
  int64_t item = 1;  // bytes of an element, as the shuffle filter sees them: 16 for complex numbers

  /// Filters that are there.
  int count() const { return shuffle + deflate + checksum; }
  /// The filter mask that skips every one of them. Bit i of a mask skips the i-th filter of the pipeline.
  uint32_t all_skipped() const { return (uint32_t{1} << count()) - 1; }
};

/// Compressors and scratch memory of one thread; not shared between threads. Takes memory when it is needed
/// first and keeps it. Throws nothing but pde::Error and std::bad_alloc, after which it can still be used.
class ChunkCodec {
 public:
  /// The most bytes encode() gives.
  static size_t bound(const ChunkFilters &filters, size_t chunk_bytes);
  /// The most bytes a codec holds that encodes and decodes chunks of this size with these filters; while
  /// choose() runs, twice as much.
  static size_t scratch_bytes(const ChunkFilters &filters, size_t chunk_bytes);

  /// What levels 1 and 2 shall use for data like this chunk: ISA-L, which is many times faster, unless its
  /// result is more than 8 % larger than that of libdeflate at level 1. Other levels need no choice. A
  /// function of what is given, and of the libraries in this build.
  DeflateChoice choose(const ChunkFilters &filters, std::span<const std::byte> chunk,
                       const Rounding *rounding = nullptr);

  /// Rounds (null: does not), shuffles, deflates, appends the checksum. `out` has room for bound() and does
  /// not overlap the chunk. Returns the bytes written, which depend on the arguments alone. Rounding takes
  /// each `item` bytes for a sample.
  size_t encode(const ChunkFilters &filters, DeflateChoice choice, const Rounding *rounding,
                std::span<const std::byte> chunk, std::span<std::byte> out);

  /// The reverse; `mask` is the chunk's filter mask. PDE_ERR_FORMAT if `stored` is no such chunk of the size
  /// of `out`, which then holds anything. Never touches memory outside of the two, whatever `stored` holds.
  void decode(const ChunkFilters &filters, uint32_t mask, std::span<const std::byte> stored,
              std::span<std::byte> out);

 private:
  /// Memory that grows and is not set to zero first.
  class Scratch {
   public:
    std::span<std::byte> get(size_t bytes);

   private:
    std::unique_ptr<std::byte[]> bytes_;
    size_t size_ = 0;
  };

  std::span<const std::byte> prepared(const ChunkFilters &filters, const Rounding *rounding,
                                      std::span<const std::byte> chunk);
  void prepare(const ChunkFilters &filters, const Rounding *rounding, std::span<const std::byte> chunk,
               std::byte *to);

  Scratch shuffled_, block_;
  ZlibStream stream_;
  Inflater inflater_;
};

}  // namespace pde
