#include "tracker/run_state.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <cmath>

#include "base/error.hpp"
#include "base/json.hpp"

namespace pde {
namespace {

constexpr int64_t kVersion = 1;
constexpr size_t kLongestSchedule = 80;

}  // namespace

std::string schedule_key(const std::string &text) {
  if (text.size() <= kLongestSchedule) return text;
  const auto *bytes = reinterpret_cast<const Bytef *>(text.data());
  return fmt::format("{}…, crc32 {:08x}", text.substr(0, text.find('(')),
                     crc32(0, bytes, static_cast<uInt>(text.size())));
}

// ---- writing

std::string RunState::text() const {
  std::string text = fmt::format(
      R"({{"version": {}, "t_start": {}, "t": {}, "steps": {}, "last_step": {}, "own": {}, "trackers": [)",
      kVersion, json_number(t_start), json_number(t), steps, json_number(last_step), own);
  for (const TrackerState &tracker : trackers) {
    text += fmt::format(R"({}{{"kind": {}, "schedule": {}, "position": {}, "handled": {})",
                        &tracker == trackers.data() ? "" : ", ", json_quote(tracker.kind),
                        json_quote(tracker.schedule), json_numbers(tracker.position), tracker.handled);
    if (tracker.length >= 0) text += fmt::format(R"(, "length": {})", tracker.length);
    if (tracker.last_time) text += fmt::format(R"(, "last_time": {})", json_number(*tracker.last_time));
    if (!tracker.kept.empty()) text += fmt::format(R"(, "kept": {})", tracker.kept);
    text += "}";
  }
  text += "]";
  if (!solver.empty()) text += R"(, "solver": )" + solver;
  if (length_at_end) text += fmt::format(R"(, "length_at_end": {})", *length_at_end);
  return text + "}";
}

std::string NoRunState::text() const {
  std::string text = fmt::format(R"({{"version": {})", kVersion);
  if (transformed) text += R"(, "transformed": true)";
  if (began_at) text += fmt::format(R"(, "began_at": {})", *began_at);
  return text + "}";
}

// ---- reading

namespace {

/// Reads members of an object; what is missing or of another kind is PDE_ERR_FORMAT.
class Members {
 public:
  Members(const JsonValue &object, std::string_view what) : object_(object), what_(what) {
    if (!object.IsObject()) refuse("is no object");
  }

  double number(const char *key) const {
    const JsonValue &value = need(key);
    if (!value.IsNumber()) refuse(fmt::format("has no number as \"{}\"", key));
    return value.GetDouble();
  }
  double finite(const char *key) const {
    const double value = number(key);
    if (!std::isfinite(value)) refuse(fmt::format("has {} as \"{}\"", json_number(value), key));
    return value;
  }
  int64_t integer(const char *key, int64_t least) const {
    const JsonValue &value = need(key);
    if (!value.IsInt64() || value.GetInt64() < least)
      refuse(fmt::format("has no whole number from {} on as \"{}\"", least, key));
    return value.GetInt64();
  }
  std::string text(const char *key) const {
    const JsonValue &value = need(key);
    if (!value.IsString()) refuse(fmt::format("has no text as \"{}\"", key));
    return std::string(json_text(value));
  }
  bool flag(const char *key) const {
    const JsonValue &value = need(key);
    if (!value.IsBool()) refuse(fmt::format("has neither true nor false as \"{}\"", key));
    return value.GetBool();
  }
  const JsonValue &list(const char *key) const {
    const JsonValue &value = need(key);
    if (!value.IsArray()) refuse(fmt::format("has no list as \"{}\"", key));
    return value;
  }
  bool has(const char *key) const { return json_find(object_, key) != nullptr; }
  /// The document under a key, as text; empty where there is none.
  std::string json(const char *key) const {
    const JsonValue *value = json_find(object_, key);
    if (!value) return {};
    JsonBuffer buffer;
    JsonWriter writer(buffer);
    value->Accept(writer);
    return {buffer.GetString(), buffer.GetSize()};
  }
  std::vector<double> numbers(const char *key) const {
    std::vector<double> numbers;
    for (const JsonValue &value : list(key).GetArray()) {
      if (!value.IsNumber()) refuse(fmt::format("has something else than numbers in \"{}\"", key));
      numbers.push_back(value.GetDouble());
    }
    return numbers;
  }
  [[noreturn]] void refuse(std::string_view why) const { fail(PDE_ERR_FORMAT, "{} {}", what_, why); }

 private:
  const JsonValue &need(const char *key) const {
    const JsonValue *value = json_find(object_, key);
    if (!value) refuse(fmt::format("has no \"{}\"", key));
    return *value;
  }

  const JsonValue &object_;
  std::string_view what_;
};

TrackerState parse_tracker(const JsonValue &object, std::string_view what) {
  const Members members(object, what);
  TrackerState tracker{members.text("kind"), members.text("schedule"), members.numbers("position"),
                       members.flag("handled"), members.json("kept")};
  if (members.has("length")) tracker.length = members.integer("length", 0);
  if (members.has("last_time")) tracker.last_time = members.finite("last_time");
  return tracker;
}

}  // namespace

std::optional<NoRunState> NoRunState::parse(std::string_view json) {
  constexpr const char *kWhat = "the state of a run";
  const JsonDocument document = json_parse(json, kWhat);
  if (!document.IsObject() || json_find(document, "t")) return std::nullopt;
  const Members members(document, kWhat);
  NoRunState none;
  if (members.has("transformed")) none.transformed = members.flag("transformed");
  if (members.has("began_at")) none.began_at = members.integer("began_at", 0);
  return none;
}

RunState RunState::parse(std::string_view json, std::string_view what) {
  const JsonDocument document = json_parse(json, what);
  const Members members(document, what);
  if (const int64_t version = members.integer("version", 1); version > kVersion)
    fail(PDE_ERR_UNSUPPORTED, "{} is of version {}, this library understands {}", what, version, kVersion);
  RunState state;
  state.t_start = members.finite("t_start");
  state.t = members.finite("t");
  state.last_step = members.finite("last_step");
  state.steps = members.integer("steps", 0);
  state.own = members.integer("own", 0);
  for (const JsonValue &tracker : members.list("trackers").GetArray())
    state.trackers.push_back(parse_tracker(tracker, what));
  state.solver = members.json("solver");
  if (members.has("length_at_end")) state.length_at_end = members.integer("length_at_end", 0);
  const bool stored = static_cast<size_t>(state.own) < state.trackers.size() &&
                      state.trackers[static_cast<size_t>(state.own)].length > 0;
  if (!stored) members.refuse("does not say which snapshot it belongs to");
  if (!(state.t >= state.t_start)) members.refuse("has a time before the run began");
  return state;
}

}  // namespace pde
