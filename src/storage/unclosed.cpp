#include "storage/unclosed.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <typeinfo>
#include <utility>
#include <vector>

#include "base/host_call.hpp"
#include "base/log.hpp"
#include "base/per_process.hpp"
#include "storage/storage.hpp"

namespace pde {
namespace {

/// For calls of other threads that are in the middle of something. One that waits for its host longer than
/// this must not keep the process alive.
constexpr std::chrono::seconds kPatience{30};

constinit std::atomic<pthread_t> g_ending{};  // the thread that ends the process; 0: none

}  // namespace

bool process_ends_elsewhere() noexcept {
  const pthread_t ending = g_ending.load(std::memory_order_relaxed);
  return ending != 0 && ending != pthread_self();
}

struct Unclosed::List {
  std::mutex mutex;
  Unclosed *first = nullptr, *last = nullptr;
  std::vector<const std::type_info *> backends;  // behind whose libraries an exit handler is registered

  void add(Unclosed &entry) {
    entry.before_ = last;
    entry.behind_ = nullptr;
    (last ? last->behind_ : first) = &entry;
    last = &entry;
  }
  void remove(Unclosed &entry) {
    (entry.before_ ? entry.before_->behind_ : first) = entry.behind_;
    (entry.behind_ ? entry.behind_->before_ : last) = entry.before_;
  }
};

void Unclosed::join(std::weak_ptr<Storage> storage, const Backend &backend) noexcept try {
  if (owner_ == process_id()) return;
  List &list = of_this_process<List>();
  const std::lock_guard lock(list.mutex);
  const std::type_info *kind = &typeid(backend);
  if (std::find(list.backends.begin(), list.backends.end(), kind) == list.backends.end()) {
    list.backends.push_back(kind);
    std::atexit([] { close_all(); });
  }
  storage_ = std::move(storage);
  owner_ = process_id();
  list.add(*this);
} catch (const std::exception &) {
}

void Unclosed::leave() noexcept {
  if (owner_ != process_id()) return;
  List &list = of_this_process<List>();
  const std::lock_guard lock(list.mutex);
  list.remove(*this);
  owner_ = 0;
}

void Unclosed::close_all() noexcept {
  if (LibraryCall::interrupted()) return;  // exit() in a signal handler: what this thread was at is half done
  const LibraryCall call;
  List &list = of_this_process<List>();
  const auto end = std::chrono::steady_clock::now() + kPatience;
  for (bool first = true;; first = false) {
    std::shared_ptr<Storage> storage;
    {
      const std::lock_guard lock(list.mutex);
      if (first) list.backends.clear();  // what later exit handlers open is closed in its turn
      Unclosed *entry = list.first;
      if (!entry) return;
      list.remove(*entry);
      list.add(*entry);  // behind the others, should it be in use
      storage = entry->storage_.lock();
    }
    if (first) {
      g_ending = pthread_self();
      forget_log_handler();
    }
    if (storage && storage->close_at_exit()) continue;
    if (std::chrono::steady_clock::now() >= end) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace pde
