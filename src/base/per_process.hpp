// What a process has one of, and a forked child another one.
#pragma once

#include <sys/types.h>

#include <atomic>

#include "base/threads.hpp"

namespace pde {

/// The only T of this process. Never destroyed: exit handlers use it, too. A forked child begins with a new
/// one, as a mutex of the old one may be held by a thread that it does not have.
template <class T>
T &of_this_process() {
  struct Owned {
    pid_t owner;
    Owned *of_parent;  // not lost, as far as anybody looks for memory that is
    T object;
  };
  static std::atomic<Owned *> current{nullptr};
  Owned *found = current.load(std::memory_order_acquire);
  while (!found || found->owner != process_id()) {
    auto *fresh = new Owned{process_id(), found, {}};
    if (current.compare_exchange_strong(found, fresh, std::memory_order_acq_rel)) return fresh->object;
    delete fresh;
  }
  return found->object;
}

}  // namespace pde
