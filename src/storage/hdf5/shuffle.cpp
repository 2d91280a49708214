#include "storage/hdf5/shuffle.hpp"

#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#define PDE_SHUFFLE_X86 1
#include <immintrin.h>
#endif

namespace pde {
namespace {

size_t shuffle_nothing(std::byte *, size_t, const std::byte *, size_t, size_t) {
  return 0;
}

size_t unshuffle_nothing(std::byte *, const std::byte *, size_t, size_t, size_t) {
  return 0;
}

#ifdef PDE_SHUFFLE_X86

// The bytes of 16 elements of N bytes fill N registers; the place of a byte among them is a number of 4 bits
// for the element and log2(N) for the byte in it. Interleaving the first half of the registers with the
// second rotates these bits by one to the left. So four rounds turn (element, byte) into (byte, element), and
// log2(N) rounds turn it back. With AVX2, 16 more elements go through the upper halves of the registers.

template <size_t N>
constexpr int kBits = N == 2   ? 1
                      : N == 4 ? 2
                      : N == 8 ? 3
                               : 4;

template <size_t N, int rounds>
[[gnu::always_inline]] inline void interleave_sse2(__m128i (&r)[N]) {
#pragma GCC unroll 4
  for (int round = 0; round < rounds; ++round) {
    __m128i next[N];
#pragma GCC unroll 8
    for (size_t k = 0; k < N / 2; ++k) {
      next[2 * k] = _mm_unpacklo_epi8(r[k], r[k + N / 2]);
      next[2 * k + 1] = _mm_unpackhi_epi8(r[k], r[k + N / 2]);
    }
#pragma GCC unroll 16
    for (size_t k = 0; k < N; ++k) r[k] = next[k];
  }
}

template <size_t N>
size_t shuffle_sse2(std::byte *planes, size_t distance, const std::byte *from, size_t elements) {
  size_t done = 0;
  for (; done + 16 <= elements; done += 16) {
    __m128i r[N];
    const auto *source = reinterpret_cast<const __m128i *>(from + done * N);
#pragma GCC unroll 16
    for (size_t k = 0; k < N; ++k) r[k] = _mm_loadu_si128(source + k);
    interleave_sse2<N, 4>(r);
#pragma GCC unroll 16
    for (size_t b = 0; b < N; ++b)
      _mm_storeu_si128(reinterpret_cast<__m128i *>(planes + b * distance + done), r[b]);
  }
  return done;
}

template <size_t N>
size_t unshuffle_sse2(std::byte *to, const std::byte *planes, size_t distance, size_t elements) {
  size_t done = 0;
  for (; done + 16 <= elements; done += 16) {
    __m128i r[N];
#pragma GCC unroll 16
    for (size_t b = 0; b < N; ++b)
      r[b] = _mm_loadu_si128(reinterpret_cast<const __m128i *>(planes + b * distance + done));
    interleave_sse2<N, kBits<N>>(r);
    auto *target = reinterpret_cast<__m128i *>(to + done * N);
#pragma GCC unroll 16
    for (size_t k = 0; k < N; ++k) _mm_storeu_si128(target + k, r[k]);
  }
  return done;
}

#define PDE_AVX2 __attribute__((target("avx2")))

template <size_t N, int rounds>
[[gnu::always_inline]] PDE_AVX2 inline void interleave_avx2(__m256i (&r)[N]) {
#pragma GCC unroll 4
  for (int round = 0; round < rounds; ++round) {
    __m256i next[N];
#pragma GCC unroll 8
    for (size_t k = 0; k < N / 2; ++k) {
      next[2 * k] = _mm256_unpacklo_epi8(r[k], r[k + N / 2]);
      next[2 * k + 1] = _mm256_unpackhi_epi8(r[k], r[k + N / 2]);
    }
#pragma GCC unroll 16
    for (size_t k = 0; k < N; ++k) r[k] = next[k];
  }
}

template <size_t N>
PDE_AVX2 size_t shuffle_avx2(std::byte *planes, size_t distance, const std::byte *from, size_t elements) {
  size_t done = 0;
  for (; done + 32 <= elements; done += 32) {
    __m256i r[N];
    const auto *source = reinterpret_cast<const __m128i *>(from + done * N);
#pragma GCC unroll 16
    for (size_t k = 0; k < N; ++k)
      r[k] = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(source + k)),
                                     _mm_loadu_si128(source + N + k), 1);
    interleave_avx2<N, 4>(r);
#pragma GCC unroll 16
    for (size_t b = 0; b < N; ++b)
      _mm256_storeu_si256(reinterpret_cast<__m256i *>(planes + b * distance + done), r[b]);
  }
  return done;
}

template <size_t N>
PDE_AVX2 size_t unshuffle_avx2(std::byte *to, const std::byte *planes, size_t distance, size_t elements) {
  size_t done = 0;
  for (; done + 32 <= elements; done += 32) {
    __m256i r[N];
#pragma GCC unroll 16
    for (size_t b = 0; b < N; ++b)
      r[b] = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(planes + b * distance + done));
    interleave_avx2<N, kBits<N>>(r);
    auto *target = reinterpret_cast<__m128i *>(to + done * N);
#pragma GCC unroll 16
    for (size_t k = 0; k < N; ++k) {
      _mm_storeu_si128(target + k, _mm256_castsi256_si128(r[k]));
      _mm_storeu_si128(target + N + k, _mm256_extracti128_si256(r[k], 1));
    }
  }
  return done;
}

size_t shuffle_sse2_any(std::byte *planes, size_t distance, const std::byte *from, size_t elements,
                        size_t item) {
  switch (item) {
    case 2:
      return shuffle_sse2<2>(planes, distance, from, elements);
    case 4:
      return shuffle_sse2<4>(planes, distance, from, elements);
    case 8:
      return shuffle_sse2<8>(planes, distance, from, elements);
    case 16:
      return shuffle_sse2<16>(planes, distance, from, elements);
    default:
      return 0;
  }
}

size_t unshuffle_sse2_any(std::byte *to, const std::byte *planes, size_t distance, size_t elements,
                          size_t item) {
  switch (item) {
    case 2:
      return unshuffle_sse2<2>(to, planes, distance, elements);
    case 4:
      return unshuffle_sse2<4>(to, planes, distance, elements);
    case 8:
      return unshuffle_sse2<8>(to, planes, distance, elements);
    case 16:
      return unshuffle_sse2<16>(to, planes, distance, elements);
    default:
      return 0;
  }
}

size_t shuffle_avx2_any(std::byte *planes, size_t distance, const std::byte *from, size_t elements,
                        size_t item) {
  switch (item) {
    case 2:
      return shuffle_avx2<2>(planes, distance, from, elements);
    case 4:
      return shuffle_avx2<4>(planes, distance, from, elements);
    case 8:
      return shuffle_avx2<8>(planes, distance, from, elements);
    case 16:
      return shuffle_avx2<16>(planes, distance, from, elements);
    default:
      return 0;
  }
}

size_t unshuffle_avx2_any(std::byte *to, const std::byte *planes, size_t distance, size_t elements,
                          size_t item) {
  switch (item) {
    case 2:
      return unshuffle_avx2<2>(to, planes, distance, elements);
    case 4:
      return unshuffle_avx2<4>(to, planes, distance, elements);
    case 8:
      return unshuffle_avx2<8>(to, planes, distance, elements);
    case 16:
      return unshuffle_avx2<16>(to, planes, distance, elements);
    default:
      return 0;
  }
}

#endif

const ShuffleLoops &best_loops() {
  return shuffle_loops().back();
}

}  // namespace

const std::vector<ShuffleLoops> &shuffle_loops() {
  // Never destroyed: workers go on while exit handlers run.
  static const auto *loops = [] {
    auto *all = new std::vector<ShuffleLoops>{{"portable", shuffle_nothing, unshuffle_nothing}};
#ifdef PDE_SHUFFLE_X86
    all->push_back({"SSE2", shuffle_sse2_any, unshuffle_sse2_any});
    if (__builtin_cpu_supports("avx2")) all->push_back({"AVX2", shuffle_avx2_any, unshuffle_avx2_any});
#endif
    return all;
  }();
  return *loops;
}

void shuffle_block(const ShuffleLoops &loops, std::byte *planes, size_t distance, const std::byte *from,
                   size_t elements, size_t item) {
  const size_t done = loops.shuffle(planes, distance, from, elements, item);
  for (size_t b = 0; b < item; ++b)
    for (size_t i = done; i < elements; ++i) planes[b * distance + i] = from[i * item + b];
}

void unshuffle_block(const ShuffleLoops &loops, std::byte *to, const std::byte *planes, size_t distance,
                     size_t elements, size_t item) {
  const size_t done = loops.unshuffle(to, planes, distance, elements, item);
  for (size_t b = 0; b < item; ++b)
    for (size_t i = done; i < elements; ++i) to[i * item + b] = planes[b * distance + i];
}

void shuffle_block(std::byte *planes, size_t distance, const std::byte *from, size_t elements, size_t item) {
  shuffle_block(best_loops(), planes, distance, from, elements, item);
}

namespace {

void copy(std::byte *to, std::span<const std::byte> from) {
  if (!from.empty()) std::memcpy(to, from.data(), from.size());
}

}  // namespace

void shuffle(std::byte *to, std::span<const std::byte> from, size_t item) {
  const size_t elements = item > 1 ? from.size() / item : 0, whole = elements * item;
  shuffle_block(to, elements, from.data(), elements, item);
  copy(to + whole, from.subspan(whole));
}

void unshuffle(std::byte *to, std::span<const std::byte> from, size_t item) {
  const size_t elements = item > 1 ? from.size() / item : 0, whole = elements * item;
  unshuffle_block(best_loops(), to, from.data(), elements, elements, item);
  copy(to + whole, from.subspan(whole));
}

}  // namespace pde
