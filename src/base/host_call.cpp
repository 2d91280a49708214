#include "base/host_call.hpp"

#include <utility>

namespace pde {
namespace {

thread_local constinit LibraryCall *t_call = nullptr;

}  // namespace

LibraryCall::LibraryCall() noexcept : outer_(std::exchange(t_call, this)) {}

LibraryCall::~LibraryCall() {
  t_call = outer_;
}

bool LibraryCall::interrupted() noexcept {
  return t_call && !t_call->in_host_;
}

HostCall::HostCall() noexcept : from_(t_call), nested_(from_ && std::exchange(from_->in_host_, true)) {}

HostCall::~HostCall() {
  if (from_ && !nested_) from_->in_host_ = false;
}

}  // namespace pde
