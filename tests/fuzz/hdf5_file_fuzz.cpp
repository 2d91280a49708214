// HDF5 files with hostile content, read and appended to through the C API.
#include <chrono>
#include <filesystem>

#include "fuzz.hpp"
#include "hostile_hdf5.hpp"
#include "support/temporary_folder.hpp"
#include "use_series.hpp"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const test::TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  fuzz::Choices choices(data, size);
  fuzz::make_hostile_file(path, choices);
  // Of a file written just now, each call looks anew at all there is: so do those behind the append.
  std::error_code none;  // there may be no file
  std::filesystem::last_write_time(
      path, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1), none);
  // What cannot be opened for reading is not for writing, but for a file without a series.
  fuzz::read_series(path);
  fuzz::append_to_series(path);
  fuzz::read_series(path);
  for (const auto &entry : std::filesystem::directory_iterator(folder.path()))
    std::filesystem::remove(entry.path());
  return 0;
}
