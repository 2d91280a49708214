// JSON in tests: parsing Python's dialect, comparing by value.
#pragma once

#include <rapidjson/document.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace test {

inline rapidjson::Document parse_json(const std::string &text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseNanAndInfFlag | rapidjson::kParseFullPrecisionFlag>(text.data(),
                                                                                      text.size());
  if (document.HasParseError()) throw std::runtime_error("not JSON: " + text.substr(0, 200));
  return document;
}

inline rapidjson::Document parse_json_file(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read " + path);
  return parse_json({std::istreambuf_iterator<char>(stream), {}});
}

/// Whether 1 is the same as 1.0.
enum class Numbers { with_kind, by_value };

/// Whether two values are the same: order of keys does not count, a NaN equals a NaN, 1 is not true, nor,
/// unless numbers count by value, 1.0.
inline bool same_json(const rapidjson::Value &a, const rapidjson::Value &b,
                      Numbers numbers = Numbers::with_kind) {
  if (a.IsNumber() && b.IsNumber()) {
    if (numbers == Numbers::by_value) return a.GetDouble() == b.GetDouble();
    if (a.IsDouble() != b.IsDouble()) return false;
    if (!a.IsDouble()) return a == b;
    const double x = a.GetDouble(), y = b.GetDouble();
    return (std::isnan(x) && std::isnan(y)) || (x == y && std::signbit(x) == std::signbit(y));
  }
  if (a.GetType() != b.GetType()) return false;
  if (a.IsString()) return a == b;
  if (a.IsArray()) {
    if (a.Size() != b.Size()) return false;
    for (rapidjson::SizeType i = 0; i < a.Size(); ++i) {
      if (!same_json(a[i], b[i], numbers)) return false;
    }
    return true;
  }
  if (a.IsObject()) {
    if (a.MemberCount() != b.MemberCount()) return false;
    for (const auto &member : a.GetObject()) {
      const auto other = b.FindMember(member.name);
      if (other == b.MemberEnd() || !same_json(member.value, other->value, numbers)) return false;
    }
    return true;
  }
  return true;  // null, true, false: the type says it all
}

inline bool same_json(const std::string &a, const std::string &b) {
  return same_json(parse_json(a), parse_json(b));
}

}  // namespace test
