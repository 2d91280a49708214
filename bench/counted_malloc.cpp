// A program's own malloc comes before the C library's, for shared libraries as well. The C library's does the
// work.
#include "counted_malloc.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>

extern "C" {
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
}

namespace {
std::atomic<int64_t> calls{0};
void count() {
  calls.fetch_add(1, std::memory_order_relaxed);
}
}  // namespace

extern "C" {

__attribute__((visibility("default"))) void *malloc(size_t size) noexcept {
  count();
  return __libc_malloc(size);
}

__attribute__((visibility("default"))) void *calloc(size_t items, size_t size) noexcept {
  count();
  return __libc_calloc(items, size);
}

__attribute__((visibility("default"))) void *realloc(void *old, size_t size) noexcept {
  count();
  return __libc_realloc(old, size);
}

__attribute__((visibility("default"))) void *aligned_alloc(size_t alignment, size_t size) noexcept {
  count();
  return __libc_memalign(alignment, size);
}

__attribute__((visibility("default"))) int posix_memalign(void **out, size_t alignment,
                                                          size_t size) noexcept {
  count();
  void *memory = __libc_memalign(alignment, size);
  if (!memory) return ENOMEM;
  *out = memory;
  return 0;
}
}

namespace bench {

int64_t allocations() {
  return calls.load(std::memory_order_relaxed);
}

}  // namespace bench
