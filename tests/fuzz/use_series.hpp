// All that can be done with a file through the C API, whatever is in it: every answer is one of the
// documented statuses with a message, and nothing larger is asked for than a program with some sense would.
#pragma once

#include <string>

namespace fuzz {

/// Opens, asks, reads, copies. Whether it could be opened.
bool read_series(const std::string &path);
/// Goes on writing, shortens, closes.
void append_to_series(const std::string &path);
/// All of that, of a file made just now.
void use_hostile_file(const std::string &path);

}  // namespace fuzz
