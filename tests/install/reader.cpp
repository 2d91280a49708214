// A C++ program outside the tree; it reads what recorder.c wrote.
#include <pde.h>

#include <cstdint>
#include <cstdio>
#include <memory>

struct Close {
  void operator()(pde_storage *storage) const { pde_storage_close(storage); }
};

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  pde_storage *opened = nullptr;
  const pde_status status = pde_storage_open(argv[1], "readonly", nullptr, &opened);
  const std::unique_ptr<pde_storage, Close> storage(opened);
  std::int64_t length = 0;
  if (status != PDE_OK || pde_storage_length(storage.get(), &length) != PDE_OK) {
    std::fprintf(stderr, "%s: %s\n", pde_status_name(status), pde_error_message());
    return 1;
  }
  return length == 3 ? 0 : 1;
}
