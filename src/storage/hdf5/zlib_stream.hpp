// One zlib stream (RFC 1950) for a chunk, put together from pieces that are deflated and pieces that are
// stored.
#pragma once

#include <memory>
#include <vector>

#include "storage/hdf5/deflate_engine.hpp"

namespace pde {

class ZlibStream {
 public:
  /// The most bytes write() gives for `bytes` bytes.
  static size_t bound(size_t bytes);
  /// The most bytes it holds.
  static size_t held_bytes(int level, size_t bytes);

  /// The stream of `data` at a level from 0 to 9. `plane`: where the data changes its nature, every so many
  /// bytes; 0: nowhere. Returns the bytes written to `out`, which has room for bound(). The stream depends on
  /// the arguments alone.
  size_t write(DeflateChoice choice, int level, size_t plane, std::span<const std::byte> data,
               std::span<std::byte> out);

 private:
  struct Run {
    size_t begin, size;
    bool stored;
  };

  void plan(int level, size_t plane, std::span<const std::byte> data);
  void cut(int level, std::span<const std::byte> data, size_t begin, size_t end, size_t piece);
  void merge_all_but_first_stored(size_t bytes);
  DeflateEngine &engine(DeflateChoice choice, int level);

  std::vector<Run> runs_;
  std::unique_ptr<DeflateEngine> engine_;
  DeflateChoice choice_{};
  int level_ = 0;
};

}  // namespace pde
