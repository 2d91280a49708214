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

/// Whether there can be pictures at such a path, and of such fields: said now, not in the middle of a run.
/// The path must have one of the endings, and the movie module must be there.
void check_picture(const std::string &path);
void check_picture_of(const FieldDescription &description, const ResolvedOptions &look);
/// One of a series of pictures. `look`: options that hold kFigureOptions.
void plot_field(const Field &field, const std::string &path, const ResolvedOptions &look,
                const std::string &title, double time);

/// kind "evolution": snapshots of a scalar on one axis as curves of one picture.
void plot_storage(Storage &storage, std::string_view kind, const std::string &path, const Options &options);

/// The table of "plot"; nothing for any other consumer.
std::optional<OptionTable> plot_options(std::string_view consumer);

}  // namespace pde
