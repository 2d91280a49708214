// The option bag of the C API, and the tables that say which keys a consumer takes.
//
// A bag holds whatever was set, under any key. Whoever consumes it resolves it against its table: an unknown
// key, a wrong type or a value out of range is an error there, and the message lists what is legal. The same
// table is what pde_options_describe prints, so documentation and validation cannot drift apart.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pde/base.h"
#include "pde/options.h"

namespace pde {

enum class OptionType { flag, integer, real, text, choice, reals };

/// One row of a table. Defaults are written as text, as a user would set them; empty: none.
struct OptionSpec {
  const char *key;  // "bc:*" stands for all keys that begin alike
  OptionType type;
  const char *default_text;
  const char *range;  // choice: "none|gzip"; numbers: "0 9", either end may be "-"; else ""
  const char *doc;
  const char *same_as = nullptr;  // this key is another name of that one
};
using OptionTable = std::span<const OptionSpec>;

/// A progress callback; `owner` keeps what `user` points at until the last copy of the bag is gone.
struct ProgressTarget {
  pde_progress call;
  void *user;
  std::shared_ptr<void> owner;
};

class Options {
 public:
  using Value = std::variant<std::string, int64_t, double, bool, std::vector<double>>;

  void set(std::string_view key, Value value);
  void unset(std::string_view key);
  /// "compression=gzip level=9 label='a b'": all or nothing.
  void parse(std::string_view text);
  void set_progress(std::shared_ptr<ProgressTarget> progress) { progress_ = std::move(progress); }

  const std::map<std::string, Value, std::less<>> &values() const { return values_; }
  const std::shared_ptr<ProgressTarget> &progress() const { return progress_; }

 private:
  std::map<std::string, Value, std::less<>> values_;
  std::shared_ptr<ProgressTarget> progress_;
};

/// A bag checked against a table: typed look-ups that cannot fail any more.
class ResolvedOptions {
 public:
  /// `consumer` is the name under which the table is described: "hdf5:", "tracker:progress", "solve" …
  ResolvedOptions(const Options &options, OptionTable table, std::string_view consumer);

  bool has(std::string_view key) const;  // set, or with a default
  /// Those that were set and begin so.
  std::vector<std::string> keys_under(std::string_view prefix) const;
  bool flag(std::string_view key) const;
  int64_t integer(std::string_view key) const;
  double real(std::string_view key) const;
  const std::string &text(std::string_view key) const;
  const std::vector<double> &reals(std::string_view key) const;
  const std::shared_ptr<ProgressTarget> &progress() const { return progress_; }

 private:
  template <class T>
  const T &get(std::string_view key) const;
  std::map<std::string, Options::Value, std::less<>> values_;
  std::shared_ptr<ProgressTarget> progress_;
};

/// A table as a JSON array of objects with key, type, default, range, doc.
std::string describe_options(OptionTable table);

}  // namespace pde
