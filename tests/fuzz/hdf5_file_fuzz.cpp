// HDF5 files with hostile content, read and appended to through the C API.
#include "fuzz.hpp"
#include "hostile_hdf5.hpp"
#include "support/temporary_folder.hpp"
#include "use_series.hpp"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const test::TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  fuzz::Choices choices(data, size);
  fuzz::make_hostile_file(path, choices);
  fuzz::use_hostile_file(path);
  folder.clear();
  return 0;
}
