// The libraries that deflate and inflate, behind one door: ISA-L and libdeflate where they were found when
// this was built, zlib always. Their headers are known to deflate_engine.cpp alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace pde {

/// What levels 1 and 2 use; decided from the first chunk of a session.
enum class DeflateChoice { zlib, isal, libdeflate };

/// Whether the library is in this build.
bool has_deflate(DeflateChoice library);

/// Makes deflate blocks. Keeps its memory from call to call; the same input gives the same output, whatever
/// came before.
class DeflateEngine {
 public:
  virtual ~DeflateEngine() = default;

  /// Writes blocks that hold `run` and refer to nothing before it, the last of them marked as the end of the
  /// stream if `last`. They end at a byte boundary. Returns their bytes, or 0 if there are more than `out`
  /// takes.
  virtual size_t deflate(std::span<const std::byte> run, std::span<std::byte> out, bool last) = 0;
  /// Whether it can write runs that are not the last.
  virtual bool joins() const { return true; }
};

/// The engine for a level from 1 to 9, where `choice` counts for levels 1 and 2. What is not in this build is
/// replaced by what is.
std::unique_ptr<DeflateEngine> make_deflate_engine(DeflateChoice choice, int level);
/// The most bytes such an engine holds for runs of up to `bytes`.
size_t deflate_engine_bytes(int level, size_t bytes);

/// The Adler-32 checksum goes on: `before` is that of the bytes before, 1 at first.
uint32_t adler32_of(uint32_t before, std::span<const std::byte> bytes);
/// The CRC-32 checksum of gzip goes on: `before` is that of the bytes before, 0 at first.
uint32_t crc32_of(uint32_t before, std::span<const std::byte> bytes);

/// Inflates zlib streams. Keeps its memory from call to call.
class Inflater {
 public:
  Inflater();
  ~Inflater();

  /// Whether `stream` begins with a whole, undamaged zlib stream of exactly the size of `out`. What may
  /// follow it is not looked at, as HDF5 does. Reads nothing outside `stream` and writes nothing outside
  /// `out`, whatever they hold.
  bool inflate(std::span<const std::byte> stream, std::span<std::byte> out);
  static size_t held_bytes();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pde
