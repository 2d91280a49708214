#include "field/strided_copy.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <complex>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "base/dtype.hpp"

namespace pde {
namespace {

struct Axis {
  int64_t count, to, from;  // items; strides in bytes
};

constexpr size_t kMaxAxes = 8;

/// The axes without those of length 1, neighbours merged where both sides run on without a gap.
size_t merged_axes(std::array<Axis, kMaxAxes> &axes, std::span<const int64_t> to,
                   std::span<const int64_t> from, std::span<const int64_t> shape) {
  size_t used = 0;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 1) continue;
    const Axis axis{shape[i], to[i], from[i]};
    if (used > 0) {
      Axis &outer = axes[used - 1];
      if (outer.to == axis.to * axis.count && outer.from == axis.from * axis.count) {
        outer = {outer.count * axis.count, axis.to, axis.from};
        continue;
      }
    }
    axes[used++] = axis;
  }
  return used;
}

/// The same items in the other direction.
void turn(Axis &axis, std::byte *&to, const std::byte *&from) {
  to += (axis.count - 1) * axis.to;
  from += (axis.count - 1) * axis.from;
  axis = {axis.count, -axis.to, -axis.from};
}

/// Items of one size: how lines of them are moved, and how planes are transposed.
template <int64_t item>
struct Items {
  // ---- lines

  /// The items of a word in reverse.
  static uint64_t reversed(uint64_t word) {
    if constexpr (item <= 4) word = word << 32 | word >> 32;
    if constexpr (item <= 2) {
      constexpr uint64_t kLow = 0x0000ffff0000ffff;
      word = (word & kLow) << 16 | (word >> 16 & kLow);
    }
    if constexpr (item == 1) {
      constexpr uint64_t kLow = 0x00ff00ff00ff00ff;
      word = (word & kLow) << 8 | (word >> 8 & kLow);
    }
    return word;
  }

  /// Forwards here, backwards there; `count` is a multiple of the items of a word.
  static void reverse_words(std::byte *to, const std::byte *from, int64_t count) {
    constexpr int64_t kItems = 8 / item;
    for (int64_t i = 0; i < count; i += kItems) {
      uint64_t word;
      std::memcpy(&word, from - (i + kItems - 1) * item, sizeof word);
      word = reversed(word);
      std::memcpy(to + i * item, &word, sizeof word);
    }
  }

  static void copy_line(std::byte *to, const std::byte *from, const Axis &axis) {
    int64_t i = 0;
    if constexpr (item < 8) {
      if (axis.to == item && axis.from == -item) {
        i = axis.count / (8 / item) * (8 / item);
        reverse_words(to, from, i);
      }
    }
    for (; i < axis.count; ++i) std::memcpy(to + i * axis.to, from + i * axis.from, item);
  }

  // ---- squares of items, each of their lines as long as a cache line

  static constexpr int64_t kLine = 64, kSide = kLine / item;
  static constexpr int64_t kVector = 16, kLanes = kVector / item;
  using Square = std::byte[kSide][kLine];

#if defined(__GNUC__)
  using Lane = std::conditional_t<
      item == 1, uint8_t,
      std::conditional_t<item == 2, uint16_t, std::conditional_t<item == 4, uint32_t, uint64_t>>>;
  typedef Lane Vector __attribute__((vector_size(kVector)));

  template <size_t... lane>
  static void interleave(Vector &a, Vector &b, std::index_sequence<lane...>) {
    constexpr size_t kCount = sizeof...(lane);
    const Vector low = __builtin_shufflevector(a, b, (lane % 2 * kCount + lane / 2)...);
    b = __builtin_shufflevector(a, b, (lane % 2 * kCount + lane / 2 + kCount / 2)...);
    a = low;
  }
#endif

  /// As many vectors as each has lanes. Vectors that are half of them apart are interleaved, again and again:
  /// each time the numbers of vector and lane, written one behind the other, turn by one bit.
  static void transpose_vectors(std::byte *to, int64_t to_line, const std::byte *from) {
#if defined(__GNUC__)
    if constexpr (kLanes > 1) {
      Vector lines[kLanes], turned[kLanes];
      for (int64_t i = 0; i < kLanes; ++i) std::memcpy(&lines[i], from + i * kLine, kVector);
      for (int64_t round = 1; round < kLanes; round *= 2) {
        for (int64_t i = 0; i < kLanes / 2; ++i) {
          turned[2 * i] = lines[i];
          turned[2 * i + 1] = lines[i + kLanes / 2];
          interleave(turned[2 * i], turned[2 * i + 1], std::make_index_sequence<kLanes>());
        }
        std::memcpy(lines, turned, sizeof lines);
      }
      for (int64_t i = 0; i < kLanes; ++i) std::memcpy(to + i * to_line, &lines[i], kVector);
      return;
    }
#endif
    for (int64_t i = 0; i < kLanes; ++i) {
      for (int64_t j = 0; j < kLanes; ++j)
        std::memcpy(to + i * to_line + j * item, from + j * kLine + i * item, item);
    }
  }

  static void transpose_square(std::byte *to, int64_t to_line, const Square &from) {
    for (int64_t line = 0; line < kSide; line += kLanes) {
      for (int64_t column = 0; column < kSide; column += kLanes)
        transpose_vectors(to + line * to_line + column * item, to_line, &from[column][line * item]);
    }
  }

  /// Each line is read at once: lines that lie a power of two apart share a few places of the cache, and
  /// would push each other out. Where many of them are written piece by piece they would do the same, so
  /// short items are turned aside.
  static void copy_square(std::byte *to, int64_t to_line, const std::byte *from, int64_t from_line) {
    Square square;
    for (int64_t i = 0; i < kSide; ++i) std::memcpy(square[i], from + i * from_line, kLine);
    if constexpr (item > 2) {
      transpose_square(to, to_line, square);
    } else {
      Square turned;
      transpose_square(turned[0], kLine, square);
      for (int64_t i = 0; i < kSide; ++i) std::memcpy(to + i * to_line, turned[i], kLine);
    }
  }

  /// A part of a square, at an edge.
  static void copy_part(std::byte *to, int64_t to_line, int64_t to_count, const std::byte *from,
                        int64_t from_line, int64_t from_count) {
    if (to_count * from_count <= 64) {  // sooner done one by one
      for (int64_t i = 0; i < to_count; ++i)
        copy_line(to + i * to_line, from + i * item, {from_count, item, from_line});
      return;
    }
    Square square = {}, turned;
    for (int64_t i = 0; i < from_count; ++i)
      std::memcpy(square[i], from + i * from_line, static_cast<size_t>(to_count * item));
    transpose_square(turned[0], kLine, square);
    for (int64_t i = 0; i < to_count; ++i)
      std::memcpy(to + i * to_line, turned[i], static_cast<size_t>(from_count * item));
  }

  /// Where the square that begins at `begin` ends: all but the first begin where a line of the cache does, if
  /// the lines of the array agree on where that is.
  static int64_t square_end(int64_t begin, const std::byte *first, int64_t line, int64_t count) {
    const auto address = static_cast<int64_t>(reinterpret_cast<uintptr_t>(first) % kLine);
    const bool uneven = begin == 0 && line % kLine == 0 && address % item == 0;
    return std::min(begin + (uneven ? (kLine - address) / item : kSide), count);
  }

  /// Some lines of the target, from `j` to `j_end` along them.
  static void transpose_lines(std::byte *to, const std::byte *from, const Axis &lines, const Axis &columns,
                              int64_t begin, int64_t end, int64_t j, int64_t j_end) {
    for (int64_t i = begin, i_end; i < end; i = i_end) {
      i_end = square_end(i, from, columns.from, end);
      std::byte *target = to + i * lines.to + j * item;
      const std::byte *source = from + j * columns.from + i * item;
      if (i_end - i == kSide && j_end - j == kSide)
        copy_square(target, lines.to, source, columns.from);
      else
        copy_part(target, lines.to, i_end - i, source, columns.from, j_end - j);
    }
  }

  /// A plane whose source runs along `lines` and whose target runs along `columns`, both without gaps. In
  /// strips: a few streams to read from, and not more lines to write to than a cache has.
  static void transpose_plane(std::byte *to, const std::byte *from, const Axis &lines, const Axis &columns) {
    for (int64_t strip = 0, strip_end; strip < lines.count; strip = strip_end) {
      strip_end = std::min(square_end(strip, from, columns.from, lines.count) + 31 * kSide, lines.count);
      for (int64_t j = 0, j_end; j < columns.count; j = j_end) {
        j_end = square_end(j, to, lines.to, columns.count);
        transpose_lines(to, from, lines, columns, strip, strip_end, j, j_end);
      }
    }
  }
};

template <class F>
void with_items(int64_t item, F &&f) {
  switch (item) {
    case 1:
      return f(Items<1>());
    case 2:
      return f(Items<2>());
    case 4:
      return f(Items<4>());
    case 8:
      return f(Items<8>());
    default:
      return f(Items<16>());
  }
}

void copy_line(std::byte *to, const std::byte *from, const Axis &axis, int64_t item) {
  if (axis.to == item && axis.from == item)
    std::memcpy(to, from, static_cast<size_t>(axis.count * item));
  else
    with_items(item, [&](auto items) { items.copy_line(to, from, axis); });
}

/// Two axes in square blocks: one side of a transposition always strides, and a block keeps its lines in
/// cache.
void copy_blocks(std::byte *to, const std::byte *from, const Axis &outer, const Axis &inner, int64_t item) {
  constexpr int64_t kBlock = 32;
  for (int64_t i0 = 0; i0 < outer.count; i0 += kBlock) {
    const int64_t i1 = std::min(i0 + kBlock, outer.count);
    for (int64_t j0 = 0; j0 < inner.count; j0 += kBlock) {
      const Axis part{std::min(kBlock, inner.count - j0), inner.to, inner.from};
      for (int64_t i = i0; i < i1; ++i)
        copy_line(to + i * outer.to + j0 * inner.to, from + i * outer.from + j0 * inner.from, part, item);
    }
  }
}

/// A plane along which the source is densest in one axis and the target in the other.
void copy_plane(std::byte *to, const std::byte *from, const Axis &lines, const Axis &columns, int64_t item) {
  if (lines.from == item && columns.to == item)
    with_items(item, [&](auto items) { items.transpose_plane(to, from, lines, columns); });
  else
    copy_blocks(to, from, lines, columns, item);
}

/// All axes but the last one or two one after the other.
void copy_axes(std::byte *to, const std::byte *from, std::span<const Axis> axes, size_t innermost,
               int64_t item) {
  if (axes.size() > innermost) {
    for (int64_t i = 0; i < axes[0].count; ++i)
      copy_axes(to + i * axes[0].to, from + i * axes[0].from, axes.subspan(1), innermost, item);
  } else if (innermost == 2) {
    copy_plane(to, from, axes[0], axes[1], item);
  } else if (innermost == 1) {
    copy_line(to, from, axes[0], item);
  } else {
    std::memcpy(to, from, static_cast<size_t>(item));
  }
}

}  // namespace

void strided_copy(std::byte *to, std::span<const int64_t> to_strides, const std::byte *from,
                  std::span<const int64_t> from_strides, std::span<const int64_t> shape, int64_t item) {
  std::array<Axis, kMaxAxes> room;
  const std::span<Axis> axes(room.data(), merged_axes(room, to_strides, from_strides, shape));
  if (axes.empty()) return copy_axes(to, from, axes, 0, item);
  // The target's densest axis comes last, the source's before it if that is another; the others stay outside,
  // the widest steps of the target first. Forwards on the dense side: the other one may go backwards.
  for (auto axis = axes.begin(); axis != axes.end(); ++axis) {
    const auto place = std::upper_bound(axes.begin(), axis, *axis, [](const Axis &a, const Axis &b) {
      return std::abs(a.to) > std::abs(b.to);
    });
    std::rotate(place, axis, axis + 1);
  }
  const auto densest = std::min_element(axes.begin(), axes.end(), [](const Axis &a, const Axis &b) {
    return std::abs(a.from) < std::abs(b.from);
  });
  if (axes.back().to < 0) turn(axes.back(), to, from);
  if (densest == axes.end() - 1) return copy_axes(to, from, axes, 1, item);
  std::rotate(densest, densest + 1, axes.end() - 1);
  if ((axes.end() - 2)->from < 0) turn(*(axes.end() - 2), to, from);
  copy_axes(to, from, axes, 2, item);
}

// ---- conversion

namespace {

/// Whether an integer has at most so many digits, from its first bit to its last that is set.
template <class T>
bool fits_mantissa(T value, int digits) {
  using Unsigned = std::make_unsigned_t<T>;
  const auto magnitude =
      static_cast<Unsigned>(value < 0 ? Unsigned{0} - static_cast<Unsigned>(value) : value);
  return static_cast<int>(std::bit_width(magnitude)) - std::countr_zero(magnitude) <= digits;  // 0: negative
}

/// One value; false where `To` cannot hold it.
template <class To, class From>
bool convert_value(To &to, From from) {
  if constexpr (std::is_same_v<From, Bool8>) {
    return convert_value(to, static_cast<uint8_t>(from != Bool8::no));
  } else if constexpr (std::is_same_v<To, Bool8>) {
    to = from == From(1) ? Bool8::yes : Bool8::no;
    return from == From(0) || from == From(1);
  } else if constexpr (is_complex<From>::value && is_complex<To>::value) {
    typename To::value_type re, im;
    const bool fits = convert_value(re, from.real()) && convert_value(im, from.imag());
    if (fits) to = To(re, im);
    return fits;
  } else if constexpr (is_complex<From>::value) {
    return from.imag() == 0 && convert_value(to, from.real());
  } else if constexpr (is_complex<To>::value) {
    typename To::value_type re;
    const bool fits = convert_value(re, from);
    if (fits) to = To(re, 0);
    return fits;
  } else if constexpr (std::is_floating_point_v<To>) {
    to = static_cast<To>(from);
    if constexpr (std::is_floating_point_v<From>) return std::isfinite(to) || !std::isfinite(from);
    if constexpr (std::is_integral_v<From>) return fits_mantissa(from, std::numeric_limits<To>::digits);
    return true;
  } else if constexpr (std::is_floating_point_v<From>) {
    // The ends of the range as floating-point numbers: 2^digits is exact, the largest integer itself may not
    // be.
    const From end = std::ldexp(From(1), std::numeric_limits<To>::digits);
    const From begin = std::is_signed_v<To> ? -end : From(0);
    if (!(from >= begin && from < end) || from != std::floor(from)) return false;
    to = static_cast<To>(from);
    return true;
  } else {
    if (!std::in_range<To>(from)) return false;
    to = static_cast<To>(from);
    return true;
  }
}

}  // namespace

int64_t convert_samples(void *to, int32_t to_dtype, const void *from, int32_t from_dtype, int64_t count) {
  return visit_dtype(from_dtype, [&](auto from_tag) {
    return visit_dtype(to_dtype, [&](auto to_tag) {
      using From = decltype(from_tag);
      using To = decltype(to_tag);
      const From *source = static_cast<const From *>(from);
      To *target = static_cast<To *>(to);
      for (int64_t i = 0; i < count; ++i) {
        if (!convert_value(target[i], source[i])) return i;
      }
      return int64_t{-1};
    });
  });
}

}  // namespace pde
