// What the writer of chunks has its workers do.
#pragma once

#include "storage/hdf5/chunk_writer.hpp"

namespace pde {

struct ChunkWriter::EncodeJob final : Job {
  explicit EncodeJob(const ChunkWriter &from) : writer(from) {}
  void run(ChunkCodec &codec) override {
    const Rounding *rounding = writer.settings_.rounding && !rounded ? &*writer.settings_.rounding : nullptr;
    const std::span<const std::byte> chunk(samples.get(),
                                           static_cast<size_t>(writer.geometry_.chunk_bytes()));
    if (chooses) choice = codec.choose(writer.filters_, chunk, rounding);
    size = static_cast<int64_t>(
        codec.encode(writer.filters_, choice, rounding, chunk, {encoded.get(), writer.buffers_.bytes()}));
    // Here, beside the caller, rather than by reading it when the chunk is sealed.
    if (replaces >= 0) before = sector_checksums(replaces, chunk);
  }

  const ChunkWriter &writer;  // of which only what never changes is used
  int64_t slab = 0, tile = 0, rows = 0;
  bool chooses = false;  // the compressor of all that follow
  bool rounded = false;  // as far as it is to be
  DeflateChoice choice = DeflateChoice::zlib;
  Stored stored;
  int64_t replaces = -1;         // where its raw tail is, if that has these very samples
  std::vector<uint32_t> before;  // of that, once it is full
  Buffer samples, encoded;
  int64_t size = 0;
};

struct ChunkWriter::WriteJob final : Job {
  explicit WriteJob(const DriverFile &file) : driver(file) {}
  void run(ChunkCodec &) override {
    const int64_t done = driver.write_beside(bytes.get() + begin, static_cast<size_t>(size), offset);
    if (done < 0) error = static_cast<int>(-done);
  }
  bool writes() const override { return true; }

  const DriverFile &driver;
  int64_t slab = 0;
  Buffer bytes;
  int64_t begin = 0, size = 0, offset = 0;
  int error = 0;
};

}  // namespace pde
