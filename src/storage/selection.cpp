#include "storage/selection.hpp"

#include "field/field.hpp"
#include "field/strided_copy.hpp"

namespace pde {

BoxCopy::BoxCopy(const FieldDescription &kind, const Selection &selection)
    : item_(dtype_size(kind.dtype)),
      bytes_(item_),
      shape_(selection.shape),
      from_(c_strides(kind.shape(), item_)),
      to_(c_strides(shape_, item_)),
      whole_(shape_ == kind.shape()) {
  for (size_t axis = 0; axis < shape_.size(); ++axis) {
    offset_ += selection.lower[axis] * from_[axis];
    bytes_ *= shape_[axis];
  }
}

void BoxCopy::operator()(const std::byte *snapshot, std::byte *out_box) const {
  strided_copy(out_box, to_, snapshot + offset_, from_, shape_, item_);
}

}  // namespace pde
