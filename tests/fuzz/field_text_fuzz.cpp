// `field_attributes`: JSON in strings of JSON, which says what the snapshots of a file are.
#include "base/error.hpp"
#include "field/field_description.hpp"
#include "fuzz.hpp"

namespace pde {
namespace {

void use(const FieldDescription &description) {
  const std::string text = description.text();
  const FieldDescription again = FieldDescription::parse(text);
  PROMISE(again.text() == text, text);
  const std::vector<int64_t> shape = description.shape();
  PROMISE(again.shape() == shape && description.has_shape(shape), text);
  PROMISE(description.rows() >= 1, text);
  int64_t rows = 0;
  for (int64_t i = 0; i < description.member_count(); ++i) {
    PROMISE(description.first_row(i) == rows, text);
    const FieldDescription member = description.member(i);
    rows += member.rows();
    if (member.label) PROMISE(description.find_member(*member.label) <= i, text);
  }
  PROMISE(rows == description.rows(), text);
  FieldDescription::guess(description.grid, shape, description.dtype);
}

}  // namespace
}  // namespace pde

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) try {
  pde::use(pde::FieldDescription::parse(fuzz::text_of(data, size)));
  return 0;
} catch (const pde::Error &) {
  return 0;
}
