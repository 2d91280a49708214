// Threads of our own in a foreign process: how many it allows, and that they leave its signals alone.
#pragma once

#include <signal.h>
#include <sys/types.h>

namespace pde {

/// The cores that this process may use, by its affinity and by its control group; at least 1.
int usable_cores();

/// getpid(), which no forked child mistakes for its own, without a call of the system.
pid_t process_id();

/// Threads that are started while one of these lives block all signals: those are for the threads of the
/// host.
class SignalsBlocked {
 public:
  SignalsBlocked();
  ~SignalsBlocked();
  SignalsBlocked(const SignalsBlocked &) = delete;
  SignalsBlocked &operator=(const SignalsBlocked &) = delete;

 private:
  sigset_t before_;
};

}  // namespace pde
