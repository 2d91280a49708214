// Pictures of fields and series, drawn by the movie module.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/options.hpp"
#include "field/field.hpp"
#include "storage/storage.hpp"

namespace pde {

/// .png, .svg or .pdf. Real scalar fields on one or two axes; a collection gets one panel per member.
void plot_field(const Field &field, const std::string &path, const Options &options);

/// kind "evolution": snapshots of a scalar on one axis as curves of one picture.
void plot_storage(Storage &storage, std::string_view kind, const std::string &path, const Options &options);

/// The table of "plot"; nothing for any other consumer.
std::optional<OptionTable> plot_options(std::string_view consumer);

}  // namespace pde
