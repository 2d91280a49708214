// HDF5 files made of fuzz bytes through the HDF5 API: well-formed as files, hostile in what they hold.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fuzz {

/// Choices out of bytes. Zeros, and no bytes at all, choose what a file of ours has, so that the empty input
/// is a valid series and each further byte makes one thing odd.
class Choices {
 public:
  Choices(const uint8_t *data, size_t size) : data_(data), size_(size) {}

  uint8_t byte() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }
  size_t below(size_t count) { return byte() % count; }
  bool rarely() { return byte() % 8 == 7; }
  template <class T, size_t count>
  const T &one_of(const std::array<T, count> &all) {
    return all[below(count)];
  }
  /// Up to so many bytes; as many as the next one says.
  std::string text(size_t most);

 private:
  const uint8_t *data_;
  size_t size_;
};

/// Makes the file. Whatever HDF5 refuses to make is left out.
void make_hostile_file(const std::string &path, Choices &choices);

}  // namespace fuzz
