// Where a thread is: in the library, or in a function of the host that the library calls.
#pragma once

namespace pde {

/// A call of the host into the library, for as long as it lasts. One may be inside another, with a HostCall
/// between them.
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
  LibraryCall *const outer_;
  bool in_host_ = false;
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
  LibraryCall *const from_;  // null on threads of our own
  const bool nested_;
};

}  // namespace pde
