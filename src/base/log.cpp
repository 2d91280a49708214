#include "base/log.hpp"

#include <cstdio>
#include <memory>
#include <mutex>

namespace pde {
namespace {

/// The host's handler; its destroy runs when the last line that uses it is through.
struct Handler {
  pde_log_handler call;
  void *user;
  pde_destroy destroy;
  ~Handler() {
    if (destroy) destroy(user);
  }
};

struct Registration {
  std::mutex mutex;
  std::shared_ptr<Handler> handler;
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

void log_line(int32_t level, const std::string &message) {
  std::shared_ptr<Handler> handler;
  {
    std::lock_guard lock(registration().mutex);
    handler = registration().handler;
  }
  if (handler) {
    handler->call(level, message.c_str(), handler->user);
  } else if (level <= PDE_LOG_WARNING) {
    std::fprintf(stderr, "libpde %s: %s\n", level_name(level), message.c_str());
  }
}

void set_log_handler(pde_log_handler handler, void *user, pde_destroy destroy) {
  std::shared_ptr<Handler> next;
  if (handler) next = std::shared_ptr<Handler>(new Handler{handler, user, destroy});
  if (!handler && destroy) destroy(user);
  std::lock_guard lock(registration().mutex);
  registration().handler.swap(next);
  // `next`, now the old handler, is destroyed after the lock: declared before it.
}

}  // namespace pde
