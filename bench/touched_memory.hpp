// Memory of the file system that has been touched before it is recorded to.
//
// A virtual machine gets memory from its host when it touches it first, and gives back what nobody uses: a
// file of some gigabytes then grows ten times slower from a point on that has nothing to do with who writes
// it. Both sides of a comparison take memory that has just been in use instead.
#pragma once

#include <cstdint>
#include <string>

namespace bench {

/// A file of so many bytes, and some more for what a recorder takes to queue them, whose memory goes to
/// whoever asks next.
class TouchedMemory {
 public:
  TouchedMemory(std::string path, int64_t bytes);
  ~TouchedMemory();
  TouchedMemory(const TouchedMemory &) = delete;
  TouchedMemory &operator=(const TouchedMemory &) = delete;

  /// Lets go of so many of them.
  void give(int64_t bytes);

 private:
  static constexpr int64_t kMore = int64_t{512} << 20;
  std::string path_;
  int fd_;
  int64_t bytes_;
};

}  // namespace bench
