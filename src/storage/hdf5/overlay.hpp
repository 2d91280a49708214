// Bytes that are to be seen in place of those that a file has: what the next commit is going to write, or
// what a journal says a killed process had begun to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace pde {

/// What a piece belongs to. `sealed`: a filtered chunk in the place of samples as they are, of which the last
/// commit tells; readers are told of it before it is there, as they notice samples that are not filtered, but
/// do not notice the opposite. `samples` come in places that nothing refers to before.
enum class Part : uint8_t { superblock, samples, other, tree, sealed, header };

class Overlay {
 public:
  struct Piece {
    std::vector<std::byte> bytes;
    Part part;
    uint8_t depth;                 // in a tree, from its root
    std::vector<uint32_t> before;  // sector_checksums (journal.hpp) of what the file has here; empty: unknown
  };
  using Pieces = std::map<int64_t, Piece>;

  /// Takes the place of what was put there before. Afterwards pieces do not overlap. std::bad_alloc, and then
  /// nothing is changed but that some of what was there may be gone.
  void put(int64_t offset, std::span<const std::byte> bytes, Part part, std::vector<uint32_t> before = {});
  /// Forgets these bytes.
  void drop(int64_t offset, int64_t size);
  void clear() {
    pieces_.clear();
    bytes_ = 0;
  }

  /// Puts over `bytes`, which the file has at `offset`, what is to be seen there instead. Returns up to where
  /// within them there was any; 0: nowhere.
  int64_t patch(int64_t offset, std::span<std::byte> bytes) const;
  /// All of these bytes from one piece; false if there is none that has them.
  bool copy(int64_t offset, std::span<std::byte> out) const;

  bool empty() const { return pieces_.empty(); }
  int64_t bytes() const { return bytes_; }
  int64_t end() const;
  const Pieces &pieces() const { return pieces_; }

 private:
  Pieces::const_iterator first_behind(int64_t offset) const;

  Pieces pieces_;
  int64_t bytes_ = 0;
};

}  // namespace pde
