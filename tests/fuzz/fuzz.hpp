// What fuzz targets share: each is one function that takes any bytes, and ends the program where a promise is
// broken. replay.cpp runs it over its corpus in every test run; with clang, libFuzzer goes on from there
// (scripts/fuzz.sh).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

namespace fuzz {

[[noreturn]] inline void broken(const char *promise, std::string_view detail, const char *file, int line) {
  std::fprintf(stderr, "%s:%d: %s: %.*s\n", file, line, promise, static_cast<int>(detail.size()),
               detail.data());
  std::abort();
}

inline std::string_view text_of(const uint8_t *data, size_t size) {
  return {reinterpret_cast<const char *>(data), size};
}

/// What comes before the first line break, which is taken away with it.
inline std::string_view take_line(std::string_view &text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(line.size() < text.size() ? line.size() + 1 : text.size());
  return line;
}

}  // namespace fuzz

/// `detail` is printed: what was fed in, or what came of it.
#define PROMISE(condition, detail) \
  ((condition) ? static_cast<void>(0) : ::fuzz::broken(#condition, (detail), __FILE__, __LINE__))
