#include "storage/hdf5/deflate_engine.hpp"

#include <zlib.h>
#ifdef PDE_HAVE_ISAL
#include <isa-l/igzip_lib.h>
#endif
#ifdef PDE_HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif

#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

namespace pde {
namespace {

// None of the libraries writes through its input; two of them forgot to say so.
Bytef *bytes_of(std::span<const std::byte> bytes) {
  return reinterpret_cast<Bytef *>(const_cast<std::byte *>(bytes.data()));
}

Bytef *bytes_of(std::span<std::byte> bytes) {
  return reinterpret_cast<Bytef *>(bytes.data());
}

/// Most that zlib takes at once; a chunk has fewer than 4 GiB.
uInt piece(size_t bytes) {
  return static_cast<uInt>(std::min<size_t>(bytes, UINT32_MAX));
}

// ---- zlib

class ZlibEngine final : public DeflateEngine {
 public:
  explicit ZlibEngine(int level) {
    if (deflateInit2(&stream_, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
  }
  ZlibEngine(const ZlibEngine &) = delete;
  ZlibEngine &operator=(const ZlibEngine &) = delete;
  ~ZlibEngine() override { deflateEnd(&stream_); }

  size_t deflate(std::span<const std::byte> run, std::span<std::byte> out, bool last) override {
    deflateReset(&stream_);
    stream_.next_in = bytes_of(run), stream_.avail_in = piece(run.size());
    stream_.next_out = bytes_of(out), stream_.avail_out = piece(out.size());
    const int status = ::deflate(&stream_, last ? Z_FINISH : Z_FULL_FLUSH);
    const bool complete = last ? status == Z_STREAM_END : status == Z_OK && stream_.avail_out > 0;
    return complete && stream_.avail_in == 0 ? out.size() - stream_.avail_out : 0;
  }

 private:
  z_stream stream_{};
};

/// As zlib.h says for windows of 2^15 and memory level 8, and what belongs to it.
constexpr size_t kZlibBytes = (size_t{1} << 17) + (size_t{1} << 17) + 16384;

// ---- ISA-L

#ifdef PDE_HAVE_ISAL

/// Its level 2 for both of ours: denser than its level 1 and no slower.
class IsalEngine final : public DeflateEngine {
 public:
  size_t deflate(std::span<const std::byte> run, std::span<std::byte> out, bool last) override {
    isal_zstream &stream = *stream_;
    isal_deflate_init(&stream);
    stream.level = 2;
    stream.level_buf = buffer_.data(), stream.level_buf_size = static_cast<uint32_t>(buffer_.size());
    stream.flush = last ? NO_FLUSH : FULL_FLUSH;
    stream.end_of_stream = last;
    stream.next_in = bytes_of(run), stream.avail_in = piece(run.size());
    stream.next_out = bytes_of(out), stream.avail_out = piece(out.size());
    // Room that is left tells that all was written.
    const bool complete = isal_deflate(&stream) == COMP_OK && stream.avail_in == 0 && stream.avail_out > 0;
    return complete ? stream.total_out : 0;
  }

  static constexpr size_t kBytes = sizeof(isal_zstream) + ISAL_DEF_LVL2_DEFAULT;

 private:
  std::unique_ptr<isal_zstream> stream_ = std::make_unique<isal_zstream>();
  std::vector<uint8_t> buffer_ = std::vector<uint8_t>(ISAL_DEF_LVL2_DEFAULT);
};

#endif

// ---- libdeflate

#ifdef PDE_HAVE_LIBDEFLATE

struct FreeCompressor {
  void operator()(libdeflate_compressor *compressor) const { libdeflate_free_compressor(compressor); }
};

/// Ends the stream with each run: libdeflate has no flush.
class LibdeflateEngine final : public DeflateEngine {
 public:
  explicit LibdeflateEngine(int level) : compressor_(libdeflate_alloc_compressor(level)) {
    if (!compressor_) throw std::bad_alloc();
  }
  size_t deflate(std::span<const std::byte> run, std::span<std::byte> out, bool) override {
    return libdeflate_deflate_compress(compressor_.get(), run.data(), run.size(), out.data(), out.size());
  }
  bool joins() const override { return false; }

 private:
  std::unique_ptr<libdeflate_compressor, FreeCompressor> compressor_;
};

/// The denser of levels 9 and 12. 12 searches for the best parse with costs that it estimates, and for data
/// of few different bytes estimates worse than 9.
class DensestEngine final : public DeflateEngine {
 public:
  size_t deflate(std::span<const std::byte> run, std::span<std::byte> out, bool last) override {
    const size_t lazy = lazy_.deflate(run, out, last);
    if (other_.size() < out.size()) other_.resize(out.size());
    const size_t room = lazy > 0 ? lazy - 1 : out.size();
    const size_t best = room > 0 ? best_.deflate(run, std::span(other_).first(room), last) : 0;
    if (best == 0) return lazy;
    std::memcpy(out.data(), other_.data(), best);
    return best;
  }
  bool joins() const override { return false; }

 private:
  LibdeflateEngine lazy_{9}, best_{12};
  std::vector<std::byte> other_;
};

/// Rounded up from what libdeflate 1.14 to 1.20 ask for; not documented, so a test measures it.
constexpr size_t kLibdeflateBytes = size_t{1} << 20, kLibdeflateBestBytes = size_t{10} << 20;

#endif

}  // namespace

bool has_deflate(DeflateChoice library) {
  switch (library) {
    case DeflateChoice::zlib:
      return true;
    case DeflateChoice::isal:
#ifdef PDE_HAVE_ISAL
      return true;
#else
      return false;
#endif
    case DeflateChoice::libdeflate:
#ifdef PDE_HAVE_LIBDEFLATE
      return true;
#else
      return false;
#endif
  }
  return false;
}

std::unique_ptr<DeflateEngine> make_deflate_engine([[maybe_unused]] DeflateChoice choice, int level) {
#ifdef PDE_HAVE_ISAL
  if (level <= 2 &&
      (choice == DeflateChoice::isal || (choice == DeflateChoice::libdeflate && !has_deflate(choice))))
    return std::make_unique<IsalEngine>();
#endif
#ifdef PDE_HAVE_LIBDEFLATE
  if (level == 9) return std::make_unique<DensestEngine>();
  if (level > 2 || choice != DeflateChoice::zlib) return std::make_unique<LibdeflateEngine>(level);
#endif
  return std::make_unique<ZlibEngine>(level);
}

size_t deflate_engine_bytes([[maybe_unused]] int level, [[maybe_unused]] size_t bytes) {
  size_t most = kZlibBytes;
#ifdef PDE_HAVE_ISAL
  if (level <= 2) most = std::max(most, IsalEngine::kBytes);
#endif
#ifdef PDE_HAVE_LIBDEFLATE
  most = std::max(most, kLibdeflateBytes);
  if (level == 9) most = kLibdeflateBytes + kLibdeflateBestBytes + bytes;
#endif
  return most;
}

// ---- Adler-32 and inflating

uint32_t adler32_of(uint32_t before, std::span<const std::byte> bytes) {
#if defined(PDE_HAVE_LIBDEFLATE)
  return bytes.empty() ? before : libdeflate_adler32(before, bytes.data(), bytes.size());
#elif defined(PDE_HAVE_ISAL)
  return isal_adler32(before, bytes_of(bytes), bytes.size());
#else
  return static_cast<uint32_t>(adler32_z(before, bytes_of(bytes), bytes.size()));
#endif
}

uint32_t crc32_of(uint32_t before, std::span<const std::byte> bytes) {
#ifdef PDE_HAVE_LIBDEFLATE
  return bytes.empty() ? before : libdeflate_crc32(before, bytes.data(), bytes.size());
#else
  return static_cast<uint32_t>(crc32_z(before, bytes_of(bytes), bytes.size()));
#endif
}

#if defined(PDE_HAVE_LIBDEFLATE)

struct Inflater::State {
  State() : decompressor(libdeflate_alloc_decompressor()) {
    if (!decompressor) throw std::bad_alloc();
  }
  State(const State &) = delete;
  State &operator=(const State &) = delete;
  ~State() { libdeflate_free_decompressor(decompressor); }

  bool inflate(std::span<const std::byte> stream, std::span<std::byte> out) {
    return libdeflate_zlib_decompress(decompressor, stream.data(), stream.size(), out.data(), out.size(),
                                      nullptr) == LIBDEFLATE_SUCCESS;
  }
  static constexpr size_t kBytes = 32768;

  libdeflate_decompressor *decompressor;
};

#elif defined(PDE_HAVE_ISAL)

struct Inflater::State {
  bool inflate(std::span<const std::byte> stream, std::span<std::byte> out) {
    isal_inflate_init(&state);
    state.crc_flag = ISAL_ZLIB;
    state.next_in = bytes_of(stream), state.avail_in = piece(stream.size());
    state.next_out = bytes_of(out), state.avail_out = piece(out.size());
    const int status = isal_inflate(&state);
    return status == ISAL_DECOMP_OK && state.block_state == ISAL_BLOCK_FINISH && state.avail_out == 0;
  }
  static constexpr size_t kBytes = sizeof(inflate_state);

  inflate_state state;
};

#else

struct Inflater::State {
  bool inflate(std::span<const std::byte> stream, std::span<std::byte> out) {
    z_stream z{};
    z.next_in = bytes_of(stream), z.avail_in = piece(stream.size());
    if (inflateInit(&z) != Z_OK) throw std::bad_alloc();
    Bytef nothing;  // an address even for no output, or zlib refuses
    z.next_out = out.empty() ? &nothing : bytes_of(out), z.avail_out = piece(out.size());
    const int status = ::inflate(&z, Z_FINISH);
    inflateEnd(&z);
    return status == Z_STREAM_END && z.avail_out == 0;
  }
  static constexpr size_t kBytes = 65536;
};

#endif

Inflater::Inflater() = default;
Inflater::~Inflater() = default;

bool Inflater::inflate(std::span<const std::byte> stream, std::span<std::byte> out) {
  if (!state_) state_ = std::make_unique<State>();
  return state_->inflate(stream, out);
}

size_t Inflater::held_bytes() {
  return sizeof(State) + State::kBytes;
}

}  // namespace pde
