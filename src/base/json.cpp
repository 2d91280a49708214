#include "base/json.hpp"

#include <algorithm>
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

JsonDocument json_parse(std::string_view text, std::string_view what) {
  if (const int64_t depth = json_depth(text); depth > kMostJsonDepth)
    fail(PDE_ERR_FORMAT, "{} nests {} levels deep, expected at most {}", what, depth, kMostJsonDepth);
  JsonDocument document;
  document.Parse<kJsonParseFlags>(text.data(), text.size());
  if (document.HasParseError()) {
    fail(PDE_ERR_FORMAT, "{} is not JSON: {} (at byte {} of {})", what,
         rapidjson::GetParseError_En(document.GetParseError()), document.GetErrorOffset(), text.size());
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

}  // namespace pde
