// Memory for chunks, taken from the system once and used over and over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace pde {

/// Memory of one size, used over and over: what was given back last is taken first, being in the cache.
class ChunkBuffers {
 public:
  struct Free {
    void operator()(std::byte *memory) const;
  };
  using Buffer = std::unique_ptr<std::byte[], Free>;

  explicit ChunkBuffers(size_t bytes) : bytes_(bytes) {}
  Buffer take();
  void give(Buffer buffer);
  size_t bytes() const { return bytes_; }
  int64_t taken() const { return taken_; }
  int64_t most_taken() const { return most_taken_; }

 private:
  size_t bytes_;
  int64_t taken_ = 0, most_taken_ = 0;
  std::vector<Buffer> free_;
};

}  // namespace pde
