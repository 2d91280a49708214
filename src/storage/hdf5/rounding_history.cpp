#include "storage/hdf5/rounding_history.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/json.hpp"

namespace pde {

RoundingHistory::RoundingHistory(std::string_view json) {
  if (json.empty()) return;
  try {
    const JsonDocument document = json_parse(json, "pde_rounding");
    if (!document.IsArray()) return;
    for (const JsonValue &entry : document.GetArray()) {
      const JsonValue *first = entry.IsObject() ? json_find(entry, "from") : nullptr;
      if (!first || !first->IsInt64()) continue;
      JsonBuffer buffer;
      JsonWriter writer(buffer);
      entry.Accept(writer);
      note(first->GetInt64(),
           RoundingSettings::parse({buffer.GetString(), buffer.GetSize()}).value_or(RoundingSettings{}));
    }
  } catch (const Error &) {
  }
}

void RoundingHistory::note(int64_t first, const RoundingSettings &settings) {
  while (!entries_.empty() && entries_.back().first >= first) entries_.pop_back();
  const RoundingSettings last = entries_.empty() ? RoundingSettings{} : entries_.back().settings;
  if (!(settings == last)) entries_.push_back({first, settings});
}

bool RoundingHistory::rounded(int64_t snapshot) const {
  bool rounded = false;
  for (const Entry &entry : entries_) {
    if (entry.first <= snapshot) rounded = entry.settings.any();
  }
  return rounded;
}

std::string RoundingHistory::text() const {
  if (entries_.empty()) return {};
  std::string text;
  for (const Entry &entry : entries_) {
    const std::string settings = entry.settings.any() ? entry.settings.json() : "{}";
    text += fmt::format(R"({}{{"from": {}{}{})", text.empty() ? "[" : ", ", entry.first,
                        settings.size() > 2 ? ", " : "", settings.substr(1));
  }
  return text + "]";
}

}  // namespace pde
