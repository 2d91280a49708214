#include "solver/interrupt.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>

namespace pde {
namespace {

// A signal belongs to the process, and so does this.
constinit std::mutex g_mutex;
constinit int g_catchers = 0;            // under the mutex
constinit struct sigaction g_before {};  // of the host; does not change while our handler is there
constinit std::atomic<bool> g_caught{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void pass_on(int signal, siginfo_t *info, void *context) {
  if (g_before.sa_flags & SA_SIGINFO) {
    g_before.sa_sigaction(signal, info, context);
  } else if (g_before.sa_handler == SIG_DFL) {
    // It is delivered when our handler returns, and then ends the process.
    ::sigaction(signal, &g_before, nullptr);
    ::raise(signal);
  } else if (g_before.sa_handler != SIG_IGN) {
    g_before.sa_handler(signal);
  }
}

/// Does nothing but what is safe in a signal handler.
void on_interrupt(int signal, siginfo_t *info, void *context) {
  const int saved = errno;
  if (g_caught.exchange(true)) pass_on(signal, info, context);
  errno = saved;
}

void install() {
  g_caught = false;
  ::sigaction(SIGINT, nullptr, &g_before);
  struct sigaction ours {};
  ours.sa_sigaction = on_interrupt;
  ours.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  sigemptyset(&ours.sa_mask);
  ::sigaction(SIGINT, &ours, nullptr);
}

/// Unless the host has installed another one meanwhile.
void uninstall() {
  struct sigaction now {};
  ::sigaction(SIGINT, nullptr, &now);
  if ((now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_interrupt)
    ::sigaction(SIGINT, &g_before, nullptr);
}

}  // namespace

InterruptCatcher::InterruptCatcher(bool active) : active_(active) {
  if (!active_) return;
  const std::lock_guard lock(g_mutex);
  if (g_catchers++ == 0) install();
}

InterruptCatcher::~InterruptCatcher() {
  if (!active_) return;
  const std::lock_guard lock(g_mutex);
  if (--g_catchers == 0) uninstall();
}

bool InterruptCatcher::caught() const noexcept {
  return active_ && g_caught.load(std::memory_order_relaxed);
}

}  // namespace pde
