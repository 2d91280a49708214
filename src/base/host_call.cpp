#include "base/host_call.hpp"

#include <cstdint>
#include <utility>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace pde {
namespace {

thread_local constinit LibraryCall *t_call = nullptr;

/// Asked in each call, so without one of the system's functions where that is possible.
bool numbers_are_ours() noexcept {
#if defined(__x86_64__)
  // All but the flags of what has happened: nothing traps, rounding to nearest, nothing is flushed.
  constexpr unsigned kSettings = 0xffc0, kOurs = 0x1f80;
  constexpr uint16_t kOursOld = 0x037f;  // of the x87, which long double is computed with
  uint16_t old_settings;
  asm volatile("fnstcw %0" : "=m"(old_settings));
  return (_mm_getcsr() & kSettings) == kOurs && old_settings == kOursOld;
#else
  return std::fegetround() == FE_TONEAREST && fegetexcept() == 0;
#endif
}

}  // namespace

LibraryCall::LibraryCall() noexcept : outer_(std::exchange(t_call, this)) {
  take_numbers();
}

LibraryCall::~LibraryCall() {
  give_numbers_back();
  t_call = outer_;
}

void LibraryCall::take_numbers() noexcept {
  altered_ = !numbers_are_ours();
  if (!altered_) return;
  std::fegetenv(&host_);
  std::fesetenv(FE_DFL_ENV);
}

void LibraryCall::give_numbers_back() noexcept {
  if (altered_) std::fesetenv(&host_);
}

bool LibraryCall::interrupted() noexcept {
  return t_call && !t_call->in_host_;
}

HostCall::HostCall() noexcept : from_(t_call) {
  if (from_ && std::exchange(from_->in_host_, true)) from_ = nullptr;
  if (from_) from_->give_numbers_back();
}

HostCall::~HostCall() {
  if (!from_) return;
  from_->take_numbers();
  from_->in_host_ = false;
}

}  // namespace pde
