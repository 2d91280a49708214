// JSON of metadata, and of the mark that says which snapshots are rounded.
#include "base/error.hpp"
#include "base/info.hpp"
#include "base/json.hpp"
#include "fuzz.hpp"
#include "storage/hdf5/rounding_history.hpp"

namespace pde {
namespace {

void read_value(std::string_view text) try {
  const std::string normal = Info::normalised(text, "input");
  PROMISE(Info::normalised(normal, "input") == normal, normal);
  // What can be kept can be looked into, but for numbers that only other programs can hold.
  try {
    json_parse(normal, "input");
  } catch (const Error &error) {
    PROMISE(std::string_view(error.what()).find("Number too big") != std::string_view::npos, error.what());
  }
} catch (const Error &error) {
  PROMISE(error.code() == PDE_ERR_ARGUMENT, error.what());
}

void read_object(std::string_view text) try {
  const std::string all = Info::parse(text, "input").text();
  PROMISE(Info::parse(all, "input").text() == all, all);
} catch (const Error &error) {
  PROMISE(error.code() == PDE_ERR_ARGUMENT, error.what());
}

void read_document(std::string_view text) try {
  const JsonDocument document = json_parse(text, "input");
  json_find(document, "key");
  if (document.IsString())
    PROMISE(json_text(json_parse(json_quote(json_text(document)), "quoted")) == json_text(document), text);
} catch (const Error &error) {
  PROMISE(error.code() == PDE_ERR_FORMAT, error.what());
}

void read_rounding(std::string_view text) {
  const std::string history = RoundingHistory(text).text();
  PROMISE(RoundingHistory(history).text() == history, history);
  if (const auto settings = RoundingSettings::parse(text))
    PROMISE(RoundingSettings::parse(settings->json()) == settings, settings->json());
}

}  // namespace
}  // namespace pde

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  pde::read_value(text);
  pde::read_object(text);
  pde::read_document(text);
  pde::read_rounding(text);
  return 0;
}
