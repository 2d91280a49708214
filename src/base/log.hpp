// Log lines: to the handler the host has set, else warnings and errors to stderr.
//
// Only ever called on a thread that called us, and never under a lock of ours, because a handler may call
// back into the library or into an interpreter that allows one thread only.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "pde/base.h"

namespace pde {

void log_line(int32_t level, const std::string &message);

/// For code that holds a lock: lines of this thread wait until it is given back.
class LinesWait {
 public:
  LinesWait() noexcept;
  ~LinesWait();
  LinesWait(const LinesWait &) = delete;
  LinesWait &operator=(const LinesWait &) = delete;

 private:
  friend void log_line(int32_t level, const std::string &message);
  LinesWait *const outer_;
  std::vector<std::pair<int32_t, std::string>> lines_;
};

void set_log_handler(pde_log_handler handler, void *user, pde_destroy destroy);
/// Lines go where they go without a handler: when the process ends, what the host's needs may be gone. It is
/// neither called nor destroyed any more.
void forget_log_handler() noexcept;

template <class... Args>
void log_info(fmt::format_string<Args...> text, Args &&...args) {
  log_line(PDE_LOG_INFO, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void log_warning(fmt::format_string<Args...> text, Args &&...args) {
  log_line(PDE_LOG_WARNING, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace pde
