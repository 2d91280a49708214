// Fields of the C API in arrays of a test's own, in any layout, and samples of any dtype.
#pragma once

#include <memory>
#include <random>

#include "support/array_layout.hpp"
#include "support/capi_handles.hpp"

namespace test {

/// A field that looks at memory of the test's own, in any layout.
class LaidOutField {
 public:
  LaidOutField(const pde_grid *grid, int32_t rank, int32_t dtype, const Layout &layout,
               const char *label = nullptr)
      : item_(static_cast<size_t>(pde_dtype_size(dtype))) {
    const Placement place(shape_of(new_field(grid, rank, dtype)), layout);
    place.for_each([&](size_t at) { samples_.push_back(at * item_); });
    origin_ = static_cast<size_t>(place.origin) * item_;
    memory_.assign(static_cast<size_t>(place.room) * item_, kUntouched);
    REQUIRE_OK(pde_field_wrap(grid, rank, dtype, label, memory_.data() + origin_, place.strides.data(),
                              field_.out()));
  }

  pde_field *field() const { return field_; }
  operator pde_field *() const { return field_; }

  void set(const Bytes &samples) {
    for (size_t i = 0; i < samples_.size(); ++i)
      std::memcpy(memory_.data() + samples_[i], samples.data() + i * item_, item_);
  }
  Bytes get() const {
    Bytes samples(samples_.size() * item_);
    for (size_t i = 0; i < samples_.size(); ++i)
      std::memcpy(samples.data() + i * item_, memory_.data() + samples_[i], item_);
    return samples;
  }
  /// Takes the samples to another address, and the field along.
  void move() {
    Bytes elsewhere = memory_;
    std::fill(memory_.begin(), memory_.end(), kUntouched);
    memory_.swap(elsewhere);
    REQUIRE_OK(pde_field_rebind(field_, memory_.data() + origin_));
  }
  /// Whether nothing but samples has been written.
  bool halo_untouched() const {
    Bytes rest = memory_;
    for (size_t at : samples_) std::fill_n(rest.begin() + static_cast<std::ptrdiff_t>(at), item_, kUntouched);
    return std::all_of(rest.begin(), rest.end(), [](std::byte byte) { return byte == kUntouched; });
  }

 private:
  static constexpr std::byte kUntouched{0xEE};

  size_t item_, origin_ = 0;
  std::vector<size_t> samples_;  // where each lies in memory, in C order
  Bytes memory_;
  FieldHandle field_;
};

/// Any bits that are values of a dtype: NaNs with payloads, infinities and denormals among them; bools are 0
/// or 1.
inline Bytes random_samples(std::mt19937_64 &random, int32_t dtype, int64_t count) {
  Bytes samples(static_cast<size_t>(count * pde_dtype_size(dtype)));
  for (std::byte &byte : samples) byte = static_cast<std::byte>(dtype == PDE_BOOL ? random() & 1 : random());
  return samples;
}

constexpr int32_t kDtypes[] = {PDE_FLOAT64, PDE_FLOAT32, PDE_COMPLEX128, PDE_COMPLEX64, PDE_INT64,
                               PDE_INT32,   PDE_INT16,   PDE_INT8,       PDE_UINT64,    PDE_UINT32,
                               PDE_UINT16,  PDE_UINT8,   PDE_BOOL};

}  // namespace test
