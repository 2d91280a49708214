// Options as a text, and as each table of options takes them: the first line names a storage ("memory:",
// "hdf5:"), the rest is the text.
#include "base/error.hpp"
#include "base/options.hpp"
#include "fuzz.hpp"
#include "storage/storage.hpp"

namespace pde {
namespace {

void resolve(const Options &options, std::string_view consumer) {
  const auto table = storage_options(consumer);
  if (!table) return;
  const ResolvedOptions resolved(options, *table, consumer);
  for (const auto &[key, value] : options.values()) {
    for (const OptionSpec &spec : *table) {
      if (key == spec.key && !spec.same_as) PROMISE(resolved.has(key), key);
    }
  }
  storage_settings(std::string(consumer), Mode::create, resolved);
}

}  // namespace
}  // namespace pde

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) try {
  std::string_view text = fuzz::text_of(data, size);
  const std::string_view consumer = fuzz::take_line(text);
  pde::Options options;
  options.parse(text);
  pde::resolve(options, consumer);
  if (consumer == "memory:") pde::open_storage("memory:", "create", options);
  return 0;
} catch (const pde::Error &error) {
  PROMISE(error.code() == PDE_ERR_ARGUMENT || error.code() == PDE_ERR_RANGE, error.what());
  return 0;
}
