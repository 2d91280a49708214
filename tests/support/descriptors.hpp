// What a process has open.
#pragma once

#include <cstddef>
#include <filesystem>
#include <iterator>

namespace test {

/// How many descriptors this process has open, give or take the one that looks.
inline std::size_t open_descriptors() {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                                                std::filesystem::directory_iterator()));
}

}  // namespace test
