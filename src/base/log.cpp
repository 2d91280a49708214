#include "base/log.hpp"

#include <cstdio>
#include <memory>
#include <mutex>
#include <utility>

#include "base/host_call.hpp"

namespace pde {
namespace {

/// The host's handler; its destroy runs when the last line that uses it is through.
struct Handler {
  pde_log_handler call;
  void *user;
  pde_destroy destroy;
  ~Handler() {
    if (!destroy) return;
    const HostCall host;
    destroy(user);
  }
};

struct Registration {
  std::mutex mutex;
  std::shared_ptr<Handler> handler, forgotten;
};

/// Never destroyed: lines may still come from exit handlers.
Registration &registration() {
  static auto *instance = new Registration;
  return *instance;
}

const char *level_name(int32_t level) {
  switch (level) {
    case PDE_LOG_ERROR:
      return "error";
    case PDE_LOG_WARNING:
      return "warning";
    default:
      return "info";
  }
}

}  // namespace

namespace {

thread_local constinit LinesWait *t_waiting = nullptr;

}  // namespace

LinesWait::LinesWait() noexcept : outer_(std::exchange(t_waiting, this)) {}

LinesWait::~LinesWait() {
  t_waiting = outer_;
  for (const auto &[level, message] : lines_) log_line(level, message);
}

void log_line(int32_t level, const std::string &message) {
  if (t_waiting) return static_cast<void>(t_waiting->lines_.emplace_back(level, message));
  std::shared_ptr<Handler> handler;
  {
    std::lock_guard lock(registration().mutex);
    handler = registration().handler;
  }
  if (handler) {
    const HostCall host;
    handler->call(level, message.c_str(), handler->user);
  } else if (level <= PDE_LOG_WARNING) {
    std::fprintf(stderr, "libpde %s: %s\n", level_name(level), message.c_str());
  }
}

void set_log_handler(pde_log_handler handler, void *user, pde_destroy destroy) {
  std::shared_ptr<Handler> next;
  if (handler) next = std::shared_ptr<Handler>(new Handler{handler, user, destroy});
  if (!handler && destroy) {
    const HostCall host;
    destroy(user);
  }
  std::lock_guard lock(registration().mutex);
  registration().handler.swap(next);
  // `next`, now the old handler, is destroyed after the lock: declared before it.
}

void forget_log_handler() noexcept {
  std::lock_guard lock(registration().mutex);
  if (registration().handler) registration().forgotten = std::exchange(registration().handler, nullptr);
}

}  // namespace pde
