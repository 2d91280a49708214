/* Loads a library into a process that has nothing else: prints the milliseconds, and how many libraries are
 * there then. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <time.h>

static int count_one(struct dl_phdr_info *info, size_t size, void *count) {
  (void)info, (void)size;
  ++*(int *)count;
  return 0;
}

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  const double start = milliseconds();
  void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  const double took = milliseconds() - start;
  if (!library) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  int count = 0;
  dl_iterate_phdr(count_one, &count);
  printf("%.6f %d\n", took, count);
  return 0;
}
