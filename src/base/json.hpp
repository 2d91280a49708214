// JSON as the files hold it: Python's dialect, with NaN, Infinity and -Infinity, read and written through
// RapidJSON.
//
// RapidJSON is told never to abort and never to recurse: its assertions and failed allocations become
// exceptions, and parsing is iterative, so a hostile file of ten million brackets costs time, not the stack.
// What is done with a document afterwards may recurse, here and in every program that reads our files, so
// texts that nest deeper than any metadata are refused.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#define RAPIDJSON_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : throw std::logic_error("RapidJSON: " #condition))
#define RAPIDJSON_NOEXCEPT_ASSERT(condition) static_cast<void>(0)
#define RAPIDJSON_HAS_STDSTRING 1
// The sanitizer of clang would stop at what RapidJSON does with an empty stack (adds to a null pointer) and
// with 0e5 (counts the leading zeros of 0, but shifts nothing by them).
#ifdef __clang__
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow", "builtin"))), apply_to = function)
#endif
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#ifdef __clang__
#pragma clang attribute pop
#endif

namespace pde {

/// malloc that throws, because RapidJSON does not look at what it gets.
class JsonAllocator {
 public:
  static const bool kNeedFree = true;
  void *Malloc(size_t size) { return size ? checked(std::malloc(size)) : nullptr; }
  void *Realloc(void *old, size_t, size_t size) {
    if (size == 0) {
      std::free(old);
      return nullptr;
    }
    return checked(std::realloc(old, size));
  }
  static void Free(void *data) noexcept { std::free(data); }

 private:
  static void *checked(void *data) {
    if (!data) throw std::bad_alloc();
    return data;
  }
};

using JsonEncoding = rapidjson::UTF8<>;
using JsonPool = rapidjson::MemoryPoolAllocator<JsonAllocator>;
using JsonDocument = rapidjson::GenericDocument<JsonEncoding, JsonPool, JsonAllocator>;
using JsonValue = rapidjson::GenericValue<JsonEncoding, JsonPool>;
using JsonBuffer = rapidjson::GenericStringBuffer<JsonEncoding, JsonAllocator>;
/// Pure ASCII (other characters as \uXXXX) and the three tokens of Python.
using JsonWriter = rapidjson::Writer<JsonBuffer, JsonEncoding, rapidjson::ASCII<>, JsonAllocator,
                                     rapidjson::kWriteNanAndInfFlag | rapidjson::kWriteDefaultFlags>;

constexpr unsigned kJsonParseFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseFullPrecisionFlag |
                                     rapidjson::kParseNanAndInfFlag | rapidjson::kParseValidateEncodingFlag;

/// Python's own reader gives up at less than a thousand.
constexpr int64_t kMostJsonDepth = 256;
/// How deep the arrays and objects in a text nest, whether or not it is JSON otherwise.
int64_t json_depth(std::string_view text);

/// Whether there is half of a character beyond the first 65536 in a text that is UTF-8 otherwise. RapidJSON
/// itself refuses the first half that comes alone ("\\ud834"), and lets the second ("\\udd1e") pass.
bool has_surrogate(std::string_view text);

/// Parses a whole document; PDE_ERR_FORMAT that names `what` and where it went wrong.
JsonDocument json_parse(std::string_view text, std::string_view what);

/// The member `key` of an object, or null.
const JsonValue *json_find(const JsonValue &object, std::string_view key);

inline std::string_view json_text(const JsonValue &string) {
  return {string.GetString(), string.GetStringLength()};
}

/// `text` as a JSON string with its quotes.
std::string json_quote(std::string_view text);

/// Shortest exact form; NaN, Infinity, -Infinity where it is none.
std::string json_number(double value);

/// A list of numbers, and back; PDE_ERR_FORMAT that names `what` if it is none.
std::string json_numbers(std::span<const double> numbers);
std::vector<double> json_read_numbers(std::string_view text, std::string_view what);

}  // namespace pde
