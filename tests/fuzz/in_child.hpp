// What may crash, done in a child process, and whose code was innermost if it did.
//
// HDF5 itself does not survive every file, so that a child which crashes with HDF5's code innermost is
// counted and listed; one that crashes in ours, leaks, or takes too long wherever that is, is a failure.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace fuzz {

/// Calls `act` with each number from first on, `count` of them, in child processes of up to `batch` each;
/// where one crashes, the next goes on behind it. `failed` gets to know each number that did not end well,
/// and the place: "libhdf5 H5HL__fl_deserialize+0x12" or "libpde …".
void in_children(uint64_t first, uint64_t count, uint64_t batch, const std::function<void(uint64_t)> &act,
                 const std::function<void(uint64_t, const std::string &)> &failed);

/// Counts what crashes in HDF5; anything else is a failure of the test, by number.
class Crashes {
 public:
  void add(uint64_t number, const std::string &place, const std::string &what);
  /// A line for each place.
  void print() const;
  uint64_t count() const { return count_; }

 private:
  std::map<std::string, uint64_t> places_;
  uint64_t count_ = 0;
};

/// A number from the environment.
uint64_t number_from(const char *variable, uint64_t otherwise);

}  // namespace fuzz
