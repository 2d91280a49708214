#include "base/error.hpp"

#include <cstring>

namespace pde {

std::string errno_text(int error) {
  char buffer[256] = "";
  // The GNU variant returns the text, which need not be in the buffer; it is independent of other threads.
  return strerror_r(error, buffer, sizeof buffer);
}

}  // namespace pde
