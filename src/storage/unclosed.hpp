// Storages that are to be closed when the process ends by exit(): from the first session of each until it is
// closed.
#pragma once

#include <sys/types.h>

#include <memory>

namespace pde {

class Backend;
class Storage;

/// The place of a storage among them.
class Unclosed {
 public:
  Unclosed() = default;
  ~Unclosed() { leave(); }
  Unclosed(const Unclosed &) = delete;
  Unclosed &operator=(const Unclosed &) = delete;

  /// Once its backend has started, so that exit handlers of the libraries behind it come after ours. Where
  /// there is no memory for it, exit() closes nothing.
  void join(std::weak_ptr<Storage> storage, const Backend &backend) noexcept;
  void leave() noexcept;

 private:
  struct List;
  static void close_all() noexcept;

  std::weak_ptr<Storage> storage_;
  pid_t owner_ = 0;  // the process in whose list it is
  Unclosed *before_ = nullptr, *behind_ = nullptr;
};

/// Whether another thread is ending the process, and waits for this one to let go of its storages.
bool process_ends_elsewhere() noexcept;

}  // namespace pde
