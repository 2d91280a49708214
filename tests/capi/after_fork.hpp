// What sanitizers make of a forked child of a process with threads. Included by one file of a program.
#pragma once

namespace test {

/// Set in a child that has the memory of its parent's threads, but not the threads: it has no leaks of its
/// own.
inline bool has_memory_of_others = false;

#if defined(__SANITIZE_THREAD__)
constexpr bool kThreadsAfterFork = false;  // ThreadSanitizer ends such a child
#else
constexpr bool kThreadsAfterFork = true;
#endif

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kAllocatesAfterFork = false;  // not while other threads allocate, in GCC 12
#else
constexpr bool kAllocatesAfterFork = true;
#endif

}  // namespace test

#if defined(__SANITIZE_ADDRESS__)
extern "C" __attribute__((visibility("default"))) int __lsan_is_turned_off();  // asked when it ends
extern "C" int __lsan_is_turned_off() {
  return test::has_memory_of_others;
}
#endif
