#include "base/json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.hpp"
#include "base/numbers.hpp"

namespace pde {

int64_t json_depth(std::string_view text) {
  int64_t depth = 0, deepest = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') quoted = !quoted;
    if (quoted) {
      if (c == '\\') ++i;  // whatever it is, it ends no string
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return deepest;
}

bool has_surrogate(std::string_view text) {
  for (size_t i = text.find('\xed'); i != text.npos; i = text.find('\xed', i + 1)) {
    if (i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) >= 0xa0) return true;
  }
  return false;
}

namespace {

/// Whether a number that double cannot hold is too large, rather than too small.
bool is_huge(std::string_view number) {
  const size_t mark = std::min(number.find_first_of("eE"), number.size());
  const bool shrinks = mark + 1 < number.size() && number[mark + 1] == '-';
  const std::string_view digits = number.substr(0, mark);
  const size_t first = digits.find_first_of("123456789"), point = std::min(digits.find('.'), digits.size());
  if (first == digits.npos) return false;
  const int64_t places = static_cast<int64_t>(point) - static_cast<int64_t>(first);
  const int64_t exponent =
      mark < number.size() ? parse_integer(number.substr(mark + 1)).value_or(INT32_MAX) : 0;
  return places + (exponent == INT32_MAX && shrinks ? -exponent : exponent) > 0;
}

/// Builds a document, and reads its numbers itself: RapidJSON makes anything out of 0e5. Its errors are those
/// that RapidJSON does not find.
class Builder {
 public:
  explicit Builder(JsonDocument &to) : to_(to) {}

  rapidjson::ParseErrorCode error() const { return error_; }

  bool Null() { return to_.Null(); }
  bool Bool(bool flag) { return to_.Bool(flag); }
  bool Int(int number) { return to_.Int(number); }
  bool Uint(unsigned number) { return to_.Uint(number); }
  bool Int64(int64_t number) { return to_.Int64(number); }
  bool Uint64(uint64_t number) { return to_.Uint64(number); }
  bool Double(double number) { return to_.Double(number); }  // NaN and infinities only
  bool RawNumber(const char *text, rapidjson::SizeType length, bool) {
    const std::string_view number(text, length);
    if (number.find_first_of(".eE") == number.npos) {
      int64_t whole = 0;
      uint64_t large = 0;
      if (std::from_chars(text, text + length, whole).ec == std::errc{}) return to_.Int64(whole);
      if (std::from_chars(text, text + length, large).ec == std::errc{}) return to_.Uint64(large);
    }
    double value = 0;
    if (std::from_chars(text, text + length, value).ec == std::errc{}) return to_.Double(value);
    if (is_huge(number)) return refuse(rapidjson::kParseErrorNumberTooBig);
    return to_.Double(number[0] == '-' ? -0.0 : 0.0);
  }
  bool String(const char *text, rapidjson::SizeType length, bool copy) {
    if (has_surrogate({text, length})) return refuse(rapidjson::kParseErrorStringUnicodeSurrogateInvalid);
    return to_.String(text, length, copy);
  }
  bool Key(const char *text, rapidjson::SizeType length, bool copy) { return String(text, length, copy); }
  bool StartObject() { return to_.StartObject(); }
  bool EndObject(rapidjson::SizeType members) { return to_.EndObject(members); }
  bool StartArray() { return to_.StartArray(); }
  bool EndArray(rapidjson::SizeType entries) { return to_.EndArray(entries); }

 private:
  bool refuse(rapidjson::ParseErrorCode error) {
    error_ = error;
    return false;
  }

  JsonDocument &to_;
  rapidjson::ParseErrorCode error_ = rapidjson::kParseErrorNone;
};

}  // namespace

JsonDocument json_parse(std::string_view text, std::string_view what) {
  if (const int64_t depth = json_depth(text); depth > kMostJsonDepth)
    fail(PDE_ERR_FORMAT, "{} nests {} levels deep, expected at most {}", what, depth, kMostJsonDepth);
  rapidjson::GenericReader<JsonEncoding, JsonEncoding, JsonAllocator> reader;
  rapidjson::MemoryStream stream(text.data(), text.size());
  JsonDocument document;
  Builder builder(document);
  const auto events = [&](JsonDocument &) {
    return !reader.Parse<kJsonParseFlags | rapidjson::kParseNumbersAsStringsFlag>(stream, builder).IsError();
  };
  document.Populate(events);
  if (reader.HasParseError()) {
    const bool ours = builder.error() != rapidjson::kParseErrorNone;
    fail(PDE_ERR_FORMAT, "{} is not JSON: {} (at byte {} of {})", what,
         rapidjson::GetParseError_En(ours ? builder.error() : reader.GetParseErrorCode()),
         reader.GetErrorOffset(), text.size());
  }
  return document;
}

const JsonValue *json_find(const JsonValue &object, std::string_view key) {
  if (!object.IsObject()) return nullptr;
  for (const auto &member : object.GetObject()) {
    if (json_text(member.name) == key) return &member.value;
  }
  return nullptr;
}

std::string json_quote(std::string_view text) {
  JsonBuffer buffer;
  JsonWriter writer(buffer);
  if (!writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()))) {
    fail(PDE_ERR_ARGUMENT, "a text of {} bytes is not valid UTF-8", text.size());
  }
  return {buffer.GetString(), buffer.GetSize()};
}

std::string json_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  const std::string text = real_text(value);
  // Python reads "1" as an integer; a float stays one with its point.
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string json_numbers(std::span<const double> numbers) {
  std::string text;
  for (double number : numbers) text += (text.empty() ? "" : ", ") + json_number(number);
  return "[" + text + "]";
}

std::vector<double> json_read_numbers(std::string_view text, std::string_view what) {
  const JsonDocument document = json_parse(text, what);
  if (!document.IsArray()) fail(PDE_ERR_FORMAT, "{} is no list of numbers", what);
  std::vector<double> numbers;
  for (const JsonValue &value : document.GetArray()) {
    if (!value.IsNumber()) fail(PDE_ERR_FORMAT, "{} is no list of numbers", what);
    numbers.push_back(value.GetDouble());
  }
  return numbers;
}

}  // namespace pde
