#include "fuzz/in_child.hpp"

#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

// Of AddressSanitizer, where the program has it: the signals of children are taken here, and leaks are looked
// for in the child.
extern "C" {
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));
// Found by name. A claim of gigabytes is refused as it is without sanitizers, where the memory of a child is
// bounded: to clear them takes seconds, each time that a file is opened.
__attribute__((visibility("default"))) const char *__asan_default_options();
__attribute__((visibility("default"))) const char *__lsan_default_suppressions();
const char *__asan_default_options() {
  return "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_abort=0:handle_sigill=0:"
         "allocator_may_return_null=1:max_allocation_size_mb=512";
}
// HDF5 loses what it has made of many a damaged file. Whether we give back what we have of HDF5, tests count.
const char *__lsan_default_suppressions() {
  return "leak:libhdf5\n";
}
}

namespace fuzz {
namespace {

int verdict_fd = -1;

/// Of computing, so that a machine that is busy or sleeps meanwhile does not count; and of waiting.
constexpr unsigned kMostSeconds = 20, kMostWaiting = 600;

/// Whose code is innermost.
std::string innermost() {
  void *frames[64];
  const int count = ::backtrace(frames, 64);
  for (int i = 0; i < count; ++i) {
    Dl_info info{};
    if (::dladdr(frames[i], &info) == 0 || !info.dli_fname) continue;
    for (const char *library : {"libhdf5", "libpde"}) {
      if (!std::strstr(info.dli_fname, library)) continue;
      const auto offset = static_cast<char *>(frames[i]) - static_cast<char *>(info.dli_fbase);
      char text[200];
      std::snprintf(text, sizeof text, "%s %s+%#tx", library, info.dli_sname ? info.dli_sname : "?", offset);
      return text;
    }
  }
  return "the test";
}

/// The child is lost anyway: what is not allowed in a handler of signals mostly works.
void say_where() {
  const std::string place = innermost();
  if (::write(verdict_fd, place.data(), place.size()) < 0) ::_exit(3);
}

void on_signal(int) {
  say_where();
  ::_exit(2);
}

void on_time_up(int) {
  constexpr std::string_view kWhat = "too slow, in ";
  if (::write(verdict_fd, kWhat.data(), kWhat.size()) < 0) ::_exit(3);
  on_signal(0);
}

void allow_time(unsigned computing, unsigned waiting) {
  const itimerval time{{}, {static_cast<time_t>(computing), 0}};
  ::setitimer(ITIMER_PROF, &time, nullptr);
  ::alarm(waiting);
}

void prepare_child() {
  void *unused[1];
  ::backtrace(unused, 1);  // loads what it needs
  static std::array<char, 1 << 16> stack;
  const stack_t other{stack.data(), 0, stack.size()};
  ::sigaltstack(&other, nullptr);
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_ONSTACK;
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::sigaction(signal, &action, nullptr);
  action.sa_handler = on_time_up;
  for (const int signal : {SIGALRM, SIGPROF}) ::sigaction(signal, &action, nullptr);
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit file{1 << 26, 1 << 26}, memory{rlim_t{4} << 30, rlim_t{4} << 30}, core{0, 0};
  ::setrlimit(RLIMIT_FSIZE, &file);
  ::setrlimit(RLIMIT_CORE, &core);
  if (__sanitizer_set_death_callback) {
    __sanitizer_set_death_callback(say_where);
  } else {
    ::setrlimit(RLIMIT_AS, &memory);
  }
}

[[noreturn]] void run_child(std::atomic<uint64_t> &next, uint64_t end,
                            const std::function<void(uint64_t)> &act) {
  prepare_child();
  for (uint64_t number = next; number < end; next = ++number) {
    allow_time(kMostSeconds, kMostWaiting);
    act(number);
  }
  allow_time(0, 0);
  if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check() != 0) {
    const std::string_view leak = "a leak";
    ::_exit(::write(verdict_fd, leak.data(), leak.size()) < 0 ? 3 : 2);
  }
  ::_exit(0);
}

/// How a child ended: nothing for well, else whose code was innermost.
std::string end_of_child(std::atomic<uint64_t> &next, uint64_t end,
                         const std::function<void(uint64_t)> &act) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    verdict_fd = ends[1];
    run_child(next, end, act);
  }
  ::close(ends[1]);
  std::string place;
  char text[256];
  for (ssize_t got; (got = ::read(ends[0], text, sizeof text)) > 0;)
    place.append(text, static_cast<size_t>(got));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return place.empty() ? "nobody knows where (status " + std::to_string(status) + ")" : place;
}

}  // namespace

void in_children(uint64_t first, uint64_t count, uint64_t batch, const std::function<void(uint64_t)> &act,
                 const std::function<void(uint64_t, const std::string &)> &failed) {
  void *memory = ::mmap(nullptr, sizeof(std::atomic<uint64_t>), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("no memory to share");
  auto &next = *new (memory) std::atomic<uint64_t>(first);
  while (next < first + count) {
    const uint64_t end = std::min(first + count, next + batch);
    const std::string place = end_of_child(next, end, act);
    if (place.empty()) continue;
    failed(next, place);
    if (next < end) ++next;  // a leak is found when all of a batch has been done
  }
  ::munmap(memory, sizeof(std::atomic<uint64_t>));
}

void Crashes::add(uint64_t number, const std::string &place, const std::string &what) {
  if (place.starts_with("libhdf5")) {
    ++count_;
    ++places_[place];
  } else {
    ADD_FAILURE() << "number " << number << " (" << what << "): " << place;
  }
}

void Crashes::print() const {
  for (const auto &[place, times] : places_)
    std::printf("  %llu in %s\n", static_cast<unsigned long long>(times), place.c_str());
}

uint64_t number_from(const char *variable, uint64_t otherwise) {
  const char *text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace fuzz
