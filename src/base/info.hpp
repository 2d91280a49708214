// Metadata of a series: keys with JSON documents as values, in the order in which they were first set.
//
// Values are kept as text. A number of forty digits, which no C++ type holds, goes through unchanged.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pde {

class Info {
 public:
  using Entry = std::pair<std::string, std::string>;  // key, JSON text

  /// From the text of a JSON object; `what` names it in the message (PDE_ERR_ARGUMENT).
  static Info parse(std::string_view json, std::string_view what);
  /// A single document brought to our form (ASCII, no blanks); throws like parse.
  static std::string normalised(std::string_view json, std::string_view what);

  void set(std::string_view key, std::string json_value);
  void remove(std::string_view key);
  /// Entries of `other` win.
  void merge(const Info &other);

  const std::string *find(std::string_view key) const;
  const std::vector<Entry> &entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }
  /// One JSON object.
  std::string text() const;

 private:
  std::vector<Entry> entries_;
};

}  // namespace pde
