// Counts the allocations of everything in the process, the library included.
#pragma once

#include <cstdint>

namespace bench {

/// Calls of malloc, calloc, realloc and their kind since the program began, by every thread.
int64_t allocations();

}  // namespace bench
