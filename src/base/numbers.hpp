// Numbers in text, and sums and products of sizes that notice overflow. Independent of the locale.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pde {

/// The whole of `text` as a number; nothing if it is anything else ("inf" and "nan" are numbers here).
std::optional<double> parse_real(std::string_view text);
std::optional<int64_t> parse_integer(std::string_view text);

/// The shortest text that reads back as exactly this number.
std::string real_text(double value);

/// "[4, 3]", for messages.
std::string shape_text(std::span<const int64_t> shape);

/// Product of sizes; nothing if it does not fit.
std::optional<int64_t> checked_product(std::span<const int64_t> sizes);

std::string_view trimmed(std::string_view text);

}  // namespace pde
