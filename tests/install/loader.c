/* Loads the library by its path and lets go of it, again and again, as a host with plug-ins would.
 *
 * Usage: loader LIBRARY VERSION
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

typedef const char *(*text_function)(void);

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  for (int round = 0; round < 100; ++round) {
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
      fprintf(stderr, "%s\n", dlerror());
      return 1;
    }
    text_function version_string;
    void *symbol = dlsym(library, "pde_version_string");
    if (symbol == NULL) return 1;
    memcpy(&version_string, &symbol, sizeof symbol); /* ISO C knows no cast between the two */
    if (strcmp(version_string(), argv[2]) != 0) {
      fprintf(stderr, "version %s, expected %s\n", version_string(), argv[2]);
      return 1;
    }
    if (dlclose(library) != 0) return 1;
  }
  return 0;
}
