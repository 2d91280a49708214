// Where a thread is: in the library, or in a function of the host that the library calls; and which of the
// two has set the floating-point unit.
#pragma once

#include <cfenv>

namespace pde {

/// A call of the host into the library, for as long as it lasts. One may be inside another, with a HostCall
/// between them.
///
/// The library computes with the settings that a program begins with, whatever traps, way of rounding or
/// flushing of denormals the host has chosen. Those are back when the call returns.
class LibraryCall {
 public:
  LibraryCall() noexcept;
  ~LibraryCall();
  LibraryCall(const LibraryCall &) = delete;
  LibraryCall &operator=(const LibraryCall &) = delete;

  /// Whether this thread is inside the library and not in a function of the host that it calls: whoever asks
  /// has interrupted it, as signal handlers do.
  static bool interrupted() noexcept;

 private:
  friend class HostCall;
  void take_numbers() noexcept;
  void give_numbers_back() noexcept;

  LibraryCall *const outer_;
  bool in_host_ = false;
  bool altered_ = false;  // the host has other settings than we
  std::fenv_t host_;      // those
};

/// A call of the library to a function of the host. Nothing of ours is locked or half done meanwhile, but
/// what a call has in use.
class HostCall {
 public:
  HostCall() noexcept;
  ~HostCall();
  HostCall(const HostCall &) = delete;
  HostCall &operator=(const HostCall &) = delete;

 private:
  LibraryCall *from_;  // null on threads of our own, and within another one
};

}  // namespace pde
