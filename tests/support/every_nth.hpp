// How many of the n-th operations that fail, or are disturbed, are left out under sanitizers, where each takes
// many times as long; they are those of the other runs.
#pragma once

#include <cstdint>

namespace test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int64_t kEveryNth = 7;
#else
constexpr int64_t kEveryNth = 1;
#endif

}  // namespace test
