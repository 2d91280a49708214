// The one place where exceptions become statuses. Every exported function runs its whole body, checks of
// arguments included, inside `guarded`.
#pragma once

#include <cstddef>
#include <limits>
#include <new>
#include <span>
#include <string>
#include <type_traits>

#include "base/host_call.hpp"
#include "handles.hpp"
#include "storage/transfer.hpp"

namespace pde::capi {

/// Sets this thread's message and returns the status.
pde_status set_message(pde_status status, const char *message) noexcept;
/// Counts the messages this thread has set: tells whether a callback has set one.
uint64_t message_count() noexcept;

pde_status translate_exception() noexcept;  // inside a catch block

template <class F>
pde_status guarded(F &&body) noexcept {
  const LibraryCall call;
  try {
    if constexpr (std::is_void_v<decltype(body())>) {
      body();
      return PDE_OK;
    } else {
      return body();
    }
  } catch (...) {
    return translate_exception();
  }
}

/// For functions that make a handle: the output is NULL until `make` has succeeded.
template <class H, class F>
pde_status creating(H **out, const char *argument, F &&make) noexcept {
  return guarded([&] {
    if (!out) fail_null(argument);
    *out = nullptr;
    *out = make();
  });
}

/// A pointer that must not be NULL.
template <class T>
T *needed(T *pointer, const char *argument) {
  if (!pointer) fail_null(argument);
  return pointer;
}

/// The entries of an array whose number the caller chooses.
template <class T>
std::span<T> entries(T *array, int64_t count, int64_t least, const char *argument) {
  if (count < least) fail(PDE_ERR_ARGUMENT, "count is {}, expected at least {}", count, least);
  if (count > std::numeric_limits<std::ptrdiff_t>::max() / static_cast<std::ptrdiff_t>(sizeof(T)))
    fail(PDE_ERR_ARGUMENT, "count is {}, more than any memory holds of {}", count, argument);
  if (count > 0) needed(array, argument);
  return {array, static_cast<size_t>(count)};
}

/// A text that must be there and be UTF-8.
const char *needed_text(const char *text, const char *argument);
/// One that may be NULL.
const char *optional_text(const char *text, const char *argument);
/// A text that may be NULL: none.
Label optional_label(const char *text);

bool checked_flag(int32_t flag, const char *argument);

/// The core's options of a bag; NULL: all defaults.
Options options_of(const pde_options *options);

/// Throws unless a callback has returned PDE_OK: its own failure, with its message if it has set one; any
/// news are PDE_ERR_USER. `what` names it.
void check_callback(pde_status status, uint64_t count_before, const char *what, bool may_stop);

template <class F>
pde_status call_host(F &&call) {
  const HostCall host;
  return call();
}

/// Calls a callback that answers with a status; throws if it fails.
template <class F>
void call_back(const char *what, F &&call) {
  const uint64_t before = message_count();
  check_callback(call_host(call), before, what, false);
}

/// The same for one that may answer PDE_STOP: whether it has.
template <class F>
bool call_back_stops(const char *what, F &&call) {
  const uint64_t before = message_count();
  const pde_status status = call_host(call);
  check_callback(status, before, what, true);
  return status == PDE_STOP;
}

/// The user's pointer with its destroy, which runs once when the last holder is gone.
class UserData {
 public:
  UserData(void *user, pde_destroy destroy) : user_(user), destroy_(destroy) {}
  ~UserData() {
    if (!destroy_) return;
    const HostCall host;
    destroy_(user_);
  }
  UserData(const UserData &) = delete;
  UserData &operator=(const UserData &) = delete;
  void *get() const { return user_; }

 private:
  void *user_;
  pde_destroy destroy_;
};
/// Owned from the first line of a function on, also if it fails. A failed allocation runs destroy, too.
std::shared_ptr<UserData> own_user(void *user, pde_destroy destroy);

/// The user's function from snapshot to snapshot; a snapshot is lent for the call.
StorageTransform transform_of(FieldDescription result, pde_transform transform,
                              std::shared_ptr<UserData> user);

/// creating(), where the function takes over user data, whatever becomes of it.
template <class H, class F>
pde_status creating_with_user(H **out, const char *argument, void *user, pde_destroy destroy,
                              F &&make) noexcept {
  std::shared_ptr<UserData> owner;
  const pde_status status = guarded([&] { owner = own_user(user, destroy); });
  if (status != PDE_OK) {
    if (out) *out = nullptr;
    return status;
  }
  return creating(out, argument, [&] { return make(owner); });
}

}  // namespace pde::capi
