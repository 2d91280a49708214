// The built-in backends: one factory line each, with its row of the registry (registry.cpp).
#pragma once

#include <memory>
#include <string>

#include "storage/backend.hpp"
#include "storage/storage.hpp"

namespace pde {

struct BackendRequest {
  std::string location;  // the uri without its scheme: a path, or a name
  Mode mode;
  const ResolvedOptions &options;
};

std::unique_ptr<Backend> open_memory_backend(const BackendRequest &request);
std::unique_ptr<Backend> open_file_backend(const BackendRequest &request);
std::unique_ptr<Backend> open_movie_backend(const BackendRequest &request);

OptionTable file_option_table();
OptionTable movie_option_table();

/// Rows that every backend's table begins with.
inline constexpr OptionSpec kTimeOrderOption = {
    "time_order", OptionType::choice, "nondecreasing", "nondecreasing|increasing|any",
    "which times an append may have, compared with the last stored one"};
inline constexpr OptionSpec kNonfiniteOption = {
    "nonfinite", OptionType::choice, "warn", "allow|warn|refuse",
    "what an append does with NaN and infinity: take them, log the first of a session, or fail"};
inline constexpr OptionSpec kInfoOption = {
    "info", OptionType::text, "", "", "metadata: a JSON object; what the storage already holds wins over it"};

}  // namespace pde
