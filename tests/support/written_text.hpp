// What a piece of a program writes to standard output or error, to a pipe or to a terminal.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>

namespace test {

/// What `action` writes to a descriptor while that leads to `write_end`; `read_end` belongs to it. Not more
/// than a pipe holds.
template <class F>
std::string written(int descriptor, int read_end, int write_end, F &&action) {
  std::fflush(nullptr);
  const int kept = ::dup(descriptor);
  ::dup2(write_end, descriptor);
  action();
  std::fflush(nullptr);
  ::dup2(kept, descriptor);
  ::close(kept);
  ::close(write_end);  // so that reading comes to an end: with nothing from a pipe, with EIO from a terminal
  std::string text;
  char part[4096];
  for (ssize_t size; (size = ::read(read_end, part, sizeof part)) > 0;)
    text.append(part, static_cast<size_t>(size));
  ::close(read_end);
  return text;
}

template <class F>
std::string written_to_pipe(int descriptor, F &&action) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  return written(descriptor, ends[0], ends[1], action);
}

/// Nothing where the system has no pseudo-terminals to give (/dev/pts), as in some containers.
template <class F>
std::optional<std::string> written_to_terminal(int descriptor, F &&action) {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0) return std::nullopt;
  const char *name = ::grantpt(master) == 0 && ::unlockpt(master) == 0 ? ::ptsname(master) : nullptr;
  const int terminal = name ? ::open(name, O_RDWR | O_NOCTTY) : -1;
  if (terminal < 0) {
    ::close(master);
    return std::nullopt;
  }
  return written(descriptor, master, terminal, action);
}

}  // namespace test
