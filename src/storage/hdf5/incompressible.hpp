// Which bytes are not worth the attempt to compress them.
#pragma once

#include <cstddef>
#include <span>

namespace pde {

/// How much compression may gain and still not be tried, by the histogram of the bytes.
enum class LeastGain { half_percent, two_percent };

/// Whether the bytes look like noise: all values about as frequent, and nothing in them that came before.
/// Looks at a sample only, at the same places each time, so it costs little and the answer depends on the
/// bytes alone.
bool is_incompressible(std::span<const std::byte> bytes, LeastGain least);

}  // namespace pde
