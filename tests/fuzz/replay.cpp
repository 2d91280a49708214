// Runs a fuzz target over files, without a fuzzer: REPLAY FILE-OR-FOLDER...
#include <cstdio>
#include <exception>
#include <filesystem>
#include <set>
#include <vector>

#include "fuzz.hpp"
#include "support/temporary_folder.hpp"

namespace {

/// In the order of their names.
std::set<std::filesystem::path> inputs(int count, char **arguments) {
  std::set<std::filesystem::path> files;
  for (int i = 1; i < count; ++i) {
    if (!std::filesystem::is_directory(arguments[i])) {
      files.insert(arguments[i]);
      continue;
    }
    for (const auto &entry : std::filesystem::directory_iterator(arguments[i])) files.insert(entry.path());
  }
  return files;
}

}  // namespace

int main(int count, char **arguments) try {
  const std::set<std::filesystem::path> files = inputs(count, arguments);
  for (const std::filesystem::path &file : files) {
    const std::string bytes = test::bytes_of_file(file.string());
    std::fprintf(stderr, "%s, %zu bytes\n", file.filename().c_str(),
                 bytes.size());  // the last line names the culprit
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
  }
  std::printf("%zu inputs\n", files.size());
  return files.empty() ? 1 : 0;
} catch (const std::exception &error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
