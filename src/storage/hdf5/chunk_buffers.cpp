#include "storage/hdf5/chunk_buffers.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace pde {
namespace {

constexpr std::align_val_t kAlignment{64};

}  // namespace

void ChunkBuffers::Free::operator()(std::byte *memory) const {
  ::operator delete[](memory, kAlignment);
}

ChunkBuffers::Buffer ChunkBuffers::take() {
  Buffer buffer;
  if (free_.empty()) {
    free_.reserve(static_cast<size_t>(taken_) + 1);  // so that giving back never fails
    buffer.reset(static_cast<std::byte *>(::operator new[](bytes_, kAlignment)));
  } else {
    buffer = std::move(free_.back());
    free_.pop_back();
  }
  most_taken_ = std::max(most_taken_, ++taken_);
  return buffer;
}

void ChunkBuffers::give(Buffer buffer) {
  if (!buffer) return;
  free_.push_back(std::move(buffer));
  --taken_;
}

}  // namespace pde
