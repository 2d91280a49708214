// The one exception of the core: a status code of the C API with the words that go with it.
//
// Everything below capi/ throws it; the guard in capi/ turns it into a status and the thread's message. The
// words name the argument, its value, and what was expected, because they are all that a user of a foreign
// language gets to see.
#pragma once

#include <fmt/format.h>

#include <exception>
#include <string>
#include <utility>

#include "pde/base.h"

namespace pde {

class Error : public std::exception {
 public:
  Error(pde_status code, std::string message) : code_(code), message_(std::move(message)) {}
  pde_status code() const { return code_; }
  const char *what() const noexcept override { return message_.c_str(); }

 private:
  pde_status code_;
  std::string message_;
};

template <class... Args>
[[noreturn]] void fail(pde_status code, fmt::format_string<Args...> text, Args &&...args) {
  throw Error(code, fmt::format(text, std::forward<Args>(args)...));
}

/// Words for an errno, with its number where the C library has none.
std::string errno_text(int error);

}  // namespace pde
