// Child processes: this program once more, or another, with what it prints; and the memory of this one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/// What a program printed; throws if it failed. Its first word is the program.
std::string output_of(const std::vector<std::string> &command);

/// The same of this program's own sub-command.
std::string output_of_child(const std::vector<std::string> &arguments);

/// Most bytes that were resident since the start or since forget_peak.
int64_t peak_memory();
void forget_peak();

}  // namespace bench
