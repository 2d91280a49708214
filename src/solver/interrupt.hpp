// Ctrl-C during a run, for those who ask for it.
#pragma once

namespace pde {

/// While this lives and is active, the first SIGINT of the process is noted instead of what would be done
/// with it; later ones go to the handler that was there before. That one is back when the last of these is
/// gone, whatever way a run ends.
///
/// Several may live at once, in runs on several threads or one inside another: the signal is for all of them.
class InterruptCatcher {
 public:
  explicit InterruptCatcher(bool active);
  ~InterruptCatcher();
  InterruptCatcher(const InterruptCatcher &) = delete;
  InterruptCatcher &operator=(const InterruptCatcher &) = delete;

  bool caught() const noexcept;

 private:
  const bool active_;
};

}  // namespace pde
