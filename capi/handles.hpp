// Handles: what stands behind the opaque pointers of the C API.
//
// A handle is a token, not an address: slot number, generation and kind packed into the bits of a pointer.
// Looking one up takes no lock, so it works in a signal handler; a stale token is never mistaken for a new
// one, because a slot whose generations are used up is not used again. A call pins the slot while it runs, so
// a handle freed meanwhile by another thread goes when the call is through.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/options.hpp"
#include "field/field.hpp"
#include "pde.h"
#include "solver/equation.hpp"
#include "solver/operator.hpp"
#include "storage/storage.hpp"
#include "tracker/controller.hpp"
#include "tracker/schedule.hpp"
#include "tracker/tracker.hpp"

namespace pde::capi {

enum class Kind : uint8_t {
  options = 1,
  grid,
  field,
  storage,
  schedule,
  tracker,
  controller,
  equation,
  operation
};
const char *kind_name(Kind kind);

/// What a slot holds: one reference to the core object, and the text last handed out.
struct Box {
  virtual ~Box() = default;
  std::atomic<int32_t> use{0};  // -1: one call that may change it; n: calls that only look
  std::string text;
};

/// A token for a box; PDE_ERR_MEMORY when no slot is left.
void *make_token(Kind kind, std::unique_ptr<Box> box);
/// Pins the slot and gives its box; null for whatever is no live handle of this kind.
Box *pin(const void *token, Kind kind) noexcept;
void unpin(const void *token) noexcept;
/// The handle is stale from now on; its box goes when the last pin does.
void release(const void *token, Kind kind) noexcept;
/// A mark that a live handle can be given without pinning it; see stop_word.
bool set_stop(const void *token, Kind kind) noexcept;
/// Where the mark of a live handle is, and the value that means it is set.
std::pair<const std::atomic<uint64_t> *, uint64_t> stop_word(const void *token) noexcept;

template <class H>
struct HandleTraits;
template <Kind k, class C>
struct HandleOf {
  static constexpr Kind kind = k;
  using Core = C;
};
template <>
struct HandleTraits<pde_options> : HandleOf<Kind::options, Options> {};
template <>
struct HandleTraits<pde_grid> : HandleOf<Kind::grid, const Grid> {};
template <>
struct HandleTraits<pde_field> : HandleOf<Kind::field, Field> {};
template <>
struct HandleTraits<pde_storage> : HandleOf<Kind::storage, Storage> {};
template <>
struct HandleTraits<pde_schedule> : HandleOf<Kind::schedule, Schedule> {};
template <>
struct HandleTraits<pde_tracker> : HandleOf<Kind::tracker, Tracker> {};
template <>
struct HandleTraits<pde_controller> : HandleOf<Kind::controller, Controller> {};
template <>
struct HandleTraits<pde_equation> : HandleOf<Kind::equation, const Equation> {};
template <>
struct HandleTraits<pde_operator> : HandleOf<Kind::operation, Operator> {};

template <class H>
struct BoxOf : Box {
  using Core = typename HandleTraits<H>::Core;
  explicit BoxOf(std::shared_ptr<Core> object, bool is_readonly = false)
      : core(std::move(object)), readonly(is_readonly) {}
  std::shared_ptr<Core> core;
  bool readonly;  // fields: lent as const
};

template <class H>
H *make_handle(std::shared_ptr<typename HandleTraits<H>::Core> core, bool readonly = false) {
  return static_cast<H *>(
      make_token(HandleTraits<H>::kind, std::make_unique<BoxOf<H>>(std::move(core), readonly)));
}

[[noreturn]] void fail_null(const char *argument);
[[noreturn]] void fail_stale(const char *argument, Kind kind);
[[noreturn]] void fail_busy(const char *argument, Kind kind);

/// A handle for the length of a call: pinned, and alone with it (Exclusive) or among others that only look
/// (Shared).
template <class H, bool exclusive>
class Use {
 public:
  Use(const H *handle, const char *argument) : token_(handle) {
    constexpr Kind kind = HandleTraits<H>::kind;
    if (!handle) fail_null(argument);
    box_ = static_cast<BoxOf<H> *>(pin(handle, kind));
    if (!box_) fail_stale(argument, kind);
    if (!take()) {
      unpin(token_);
      fail_busy(argument, kind);
    }
  }
  ~Use() {
    box_->use.fetch_add(exclusive ? 1 : -1, std::memory_order_release);
    unpin(token_);
  }
  Use(const Use &) = delete;
  Use &operator=(const Use &) = delete;

  typename HandleTraits<H>::Core *operator->() const { return box_->core.get(); }
  typename HandleTraits<H>::Core &operator*() const { return *box_->core; }
  const std::shared_ptr<typename HandleTraits<H>::Core> &core() const { return box_->core; }
  bool readonly() const { return box_->readonly; }
  /// Keeps a text for the caller until the next call that hands one out on this handle.
  const char *keep(std::string text) const {
    box_->text = std::move(text);
    return box_->text.c_str();
  }

 private:
  bool take() {
    int32_t now = box_->use.load(std::memory_order_relaxed);
    while (exclusive ? now == 0 : now >= 0) {
      if (box_->use.compare_exchange_weak(now, exclusive ? -1 : now + 1, std::memory_order_acquire))
        return true;
    }
    return false;
  }

  const void *token_;
  BoxOf<H> *box_;
};

template <class H>
using Exclusive = Use<H, true>;
template <class H>
using Shared = Use<H, false>;

/// A field that the call will write to.
class Writable : public Exclusive<pde_field> {
 public:
  Writable(pde_field *handle, const char *argument) : Use(handle, argument) {
    if (readonly()) fail(PDE_ERR_READONLY, "{} is a field that was lent for reading", argument);
  }
};

/// A storage, which is one with its views and with the trackers that write to it.
class Held {
 public:
  Held(pde_storage *handle, const char *argument) : handle_(handle, argument), use_(*handle_) {}
  Storage *operator->() const { return &*handle_; }
  Storage &operator*() const { return *handle_; }
  const StoragePtr &pointer() const { return handle_.core(); }
  const char *keep(std::string text) const { return handle_.keep(std::move(text)); }

 private:
  Exclusive<pde_storage> handle_;
  StorageUse use_;
};

/// Several storages, among which one may be there twice or as a view of another.
class HeldTogether {
 public:
  void add(pde_storage *handle, const std::string &argument);
  std::span<const StoragePtr> storages() const { return storages_; }
  Storage &operator[](size_t position) const { return *storages_[position]; }

 private:
  std::map<pde_storage *, std::unique_ptr<Exclusive<pde_storage>>> handles_;
  std::map<Storage *, std::unique_ptr<StorageUse>> bases_;
  std::vector<StoragePtr> storages_;
};

/// A field handle lent to a callback; stale when the callback has returned.
class Lent {
 public:
  explicit Lent(FieldPtr field) : handle_(make_handle<pde_field>(std::move(field))) {}
  /// For reading only: the handle refuses whatever would write.
  explicit Lent(const std::shared_ptr<const Field> &field)
      : handle_(make_handle<pde_field>(std::const_pointer_cast<Field>(field), true)) {}
  ~Lent() { release(handle_, Kind::field); }
  Lent(const Lent &) = delete;
  Lent &operator=(const Lent &) = delete;
  pde_field *get() const { return handle_; }

 private:
  pde_field *handle_;
};

}  // namespace pde::capi
