/* The one exception inside the module: a status of include/pde/base.h and its words. */
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace pde::movie {

/* The part of pde_status and of the log levels that the module uses; their numbers are part of the library's
 * ABI. */
enum Status : int32_t {
  ok = 0,
  argument = -1,
  io = -11,
  busy = -12,
  memory = -13,
  unsupported = -14,
  internal = -16
};
enum LogLevel : int32_t { log_error = 1, log_warning = 2, log_info = 3 };

class MovieError : public std::exception {
 public:
  MovieError(Status status, std::string message) : status_(status), message_(std::move(message)) {}
  Status status() const { return status_; }
  const char *what() const noexcept override { return message_.c_str(); }

 private:
  Status status_;
  std::string message_;
};

}  // namespace pde::movie
