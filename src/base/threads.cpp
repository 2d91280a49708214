#include "base/threads.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <fstream>
#include <limits>
#include <new>
#include <string>
#include <thread>

#include "base/numbers.hpp"

namespace pde {
namespace {

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

/// Quota over period; a quota of "max" or -1 is none.
double cores_of(const std::string &quota, const std::string &period) {
  const auto allowed = parse_real(quota), of = parse_real(period);
  return allowed && of && *allowed > 0 && *of > 0 ? *allowed / *of : kNoLimit;
}

/// Control groups of version 2, at `folder`: "max 100000" or "150000 100000".
double cores_of_group(const std::string &folder) {
  std::ifstream file("/sys/fs/cgroup" + folder + "/cpu.max");
  std::string quota, period;
  return file >> quota >> period ? cores_of(quota, period) : kNoLimit;
}

double cores_of_old_group(const std::string &folder) {
  const std::string base = "/sys/fs/cgroup/cpu" + folder;
  std::ifstream quota_file(base + "/cpu.cfs_quota_us"), period_file(base + "/cpu.cfs_period_us");
  std::string quota, period;
  return quota_file >> quota && period_file >> period ? cores_of(quota, period) : kNoLimit;
}

/// The group of this process and those above it; in a container its own group is the root of what it sees.
double cores_by_group() {
  double cores = kNoLimit;
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == line.npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (!controllers.empty() && ("," + controllers + ",").find(",cpu,") == std::string::npos) continue;
    for (std::string folder = line.substr(second + 1);; folder.resize(folder.rfind('/'))) {
      if (folder == "/") folder.clear();
      cores = std::min(cores, controllers.empty() ? cores_of_group(folder) : cores_of_old_group(folder));
      if (folder.rfind('/') == folder.npos) break;
    }
  }
  return cores;
}

}  // namespace

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const int present = sched_getaffinity(0, sizeof set, &set) == 0
                          ? CPU_COUNT(&set)
                          : static_cast<int>(std::thread::hardware_concurrency());
  return std::max(1, static_cast<int>(std::min<double>(present, std::ceil(cores_by_group()))));
}

namespace {

/// A page that a forked child finds empty; null where the system has none (Linux before 4.14).
std::atomic<pid_t> *page_of_process() {
  const auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void *page = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return nullptr;
  if (madvise(page, size, MADV_WIPEONFORK) != 0) {
    munmap(page, size);
    return nullptr;
  }
  return new (page) std::atomic<pid_t>(0);
}

}  // namespace

pid_t process_id() {
  static std::atomic<pid_t> *const remembered = page_of_process();
  if (!remembered) return ::getpid();
  pid_t id = remembered->load(std::memory_order_relaxed);
  if (id == 0) {
    id = ::getpid();
    remembered->store(id, std::memory_order_relaxed);
  }
  return id;
}

SignalsBlocked::SignalsBlocked() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before_);
}

SignalsBlocked::~SignalsBlocked() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace pde
