#include "base/options.hpp"

#include <fmt/ranges.h>

#include <cmath>
#include <limits>
#include <optional>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/numbers.hpp"

namespace pde {
namespace {

/// A name; behind a colon there may be the side of a grid.
void check_key(std::string_view key) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyz0123456789_";
  constexpr std::string_view kSide = "abcdefghijklmnopqrstuvwxyz+-";
  const std::string_view name = key.substr(0, key.find(':'));
  const std::string_view side = name.size() < key.size() ? key.substr(name.size() + 1) : "x";
  if (!name.empty() && !side.empty() && name.find_first_not_of(kPlain) == key.npos &&
      side.find_first_not_of(kSide) == key.npos)
    return;
  fail(PDE_ERR_ARGUMENT,
       "option key is \"{}\", expected lower-case letters, digits and _ (and, where values along the sides "
       "of a "
       "grid are meant, the side behind a colon, as in bc:x-)",
       key);
}

}  // namespace

void Options::set(std::string_view key, Value value) {
  check_key(key);
  values_.insert_or_assign(std::string(key), std::move(value));
}

void Options::unset(std::string_view key) {
  check_key(key);
  values_.erase(std::string(key));
}

void Options::parse(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> found;
  size_t at = 0;
  const auto blank = [&](size_t i) {
    return text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r';
  };
  while (true) {
    while (at < text.size() && blank(at)) ++at;
    if (at == text.size()) break;
    const size_t equals = text.find('=', at);
    if (equals == text.npos) {
      fail(PDE_ERR_ARGUMENT, "option text has \"{}\" at byte {}, expected key=value", text.substr(at), at);
    }
    const std::string_view key = text.substr(at, equals - at);
    check_key(key);
    at = equals + 1;
    std::string value;
    if (at < text.size() && (text[at] == '\'' || text[at] == '"')) {
      const size_t end = text.find(text[at], at + 1);
      if (end == text.npos) fail(PDE_ERR_ARGUMENT, "option text: the quote after \"{}=\" is not closed", key);
      value = text.substr(at + 1, end - at - 1);
      at = end + 1;
      if (at < text.size() && !blank(at)) {
        fail(PDE_ERR_ARGUMENT, "option text has \"{}\" right after a closing quote, expected a blank",
             text.substr(at));
      }
    } else {
      const size_t begin = at;
      while (at < text.size() && !blank(at)) ++at;
      value = text.substr(begin, at - begin);
    }
    found.emplace_back(key, std::move(value));
  }
  for (auto &[key, value] : found) set(key, std::move(value));
}

// ---- tables

namespace {

const char *type_name(OptionType type) {
  switch (type) {
    case OptionType::flag:
      return "bool";
    case OptionType::integer:
      return "int";
    case OptionType::real:
      return "real";
    case OptionType::text:
      return "text";
    case OptionType::choice:
      return "choice";
    case OptionType::reals:
      return "reals";
  }
  return "";
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t at = 0;;) {
    const size_t end = text.find(separator, at);
    parts.push_back(text.substr(at, end - at));
    if (end == text.npos) return parts;
    at = end + 1;
  }
}

std::string expectation(const OptionSpec &spec) {
  switch (spec.type) {
    case OptionType::flag:
      return "true or false";
    case OptionType::choice:
      return fmt::format("one of {}", fmt::join(split(spec.range, '|'), ", "));
    case OptionType::text:
      return "a text";
    case OptionType::reals:
      return "numbers separated by commas";
    default:
      break;
  }
  std::string text = spec.type == OptionType::integer ? "a whole number" : "a number";
  if (*spec.range) {
    const auto ends = split(spec.range, ' ');
    if (ends[0] != "-") text += fmt::format(" from {}", ends[0]);
    if (ends[1] != "-") text += fmt::format(" up to {}", ends[1]);
  }
  return text;
}

std::string value_text(const Options::Value &value) {
  struct {
    std::string operator()(const std::string &text) const { return fmt::format("\"{}\"", text); }
    std::string operator()(int64_t number) const { return fmt::format("{}", number); }
    std::string operator()(double number) const { return real_text(number); }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(const std::vector<double> &list) const {
      return fmt::format("[{}]", fmt::join(list, ", "));
    }
  } visitor;
  return std::visit(visitor, value);
}

std::optional<bool> as_flag(const Options::Value &value) {
  if (const bool *flag = std::get_if<bool>(&value)) return *flag;
  if (const int64_t *number = std::get_if<int64_t>(&value); number && (*number == 0 || *number == 1))
    return *number == 1;
  if (const std::string *text = std::get_if<std::string>(&value)) {
    if (*text == "true" || *text == "1") return true;
    if (*text == "false" || *text == "0") return false;
  }
  return std::nullopt;
}

std::optional<int64_t> as_integer(const Options::Value &value) {
  if (const int64_t *number = std::get_if<int64_t>(&value)) return *number;
  if (const std::string *text = std::get_if<std::string>(&value)) return parse_integer(*text);
  return std::nullopt;
}

std::optional<double> as_real(const Options::Value &value) {
  if (const double *number = std::get_if<double>(&value)) return *number;
  if (const int64_t *number = std::get_if<int64_t>(&value)) return static_cast<double>(*number);
  if (const std::string *text = std::get_if<std::string>(&value)) return parse_real(*text);
  return std::nullopt;
}

std::optional<std::vector<double>> as_reals(const Options::Value &value) {
  if (const auto *list = std::get_if<std::vector<double>>(&value)) return *list;
  if (const std::string *text = std::get_if<std::string>(&value)) {
    std::vector<double> list;
    for (std::string_view part : split(*text, ',')) {
      const auto number = parse_real(part);
      if (!number) return std::nullopt;
      list.push_back(*number);
    }
    return list;
  }
  if (const auto number = as_real(value)) return std::vector<double>{*number};
  return std::nullopt;
}

bool in_range(double value, const OptionSpec &spec) {
  if (std::isnan(value)) return false;
  if (!*spec.range) return true;
  const auto ends = split(spec.range, ' ');
  return (ends[0] == "-" || value >= *parse_real(ends[0])) &&
         (ends[1] == "-" || value <= *parse_real(ends[1]));
}

/// `value` as the type of the row, or nothing.
std::optional<Options::Value> converted(const Options::Value &value, const OptionSpec &spec) {
  switch (spec.type) {
    case OptionType::flag:
      if (const auto flag = as_flag(value)) return *flag;
      return std::nullopt;
    case OptionType::integer:
      if (const auto number = as_integer(value); number && in_range(static_cast<double>(*number), spec))
        return *number;
      return std::nullopt;
    case OptionType::real:
      if (const auto number = as_real(value); number && in_range(*number, spec)) return *number;
      return std::nullopt;
    case OptionType::reals:
      if (auto list = as_reals(value)) return std::move(*list);
      return std::nullopt;
    case OptionType::text:
      if (std::holds_alternative<std::string>(value)) return value;
      return std::nullopt;
    case OptionType::choice:
      if (const auto *text = std::get_if<std::string>(&value)) {
        for (std::string_view choice : split(spec.range, '|')) {
          if (*text == choice) return value;
        }
      }
      return std::nullopt;
  }
  return std::nullopt;
}

const OptionSpec *find_spec(OptionTable table, std::string_view key) {
  for (const OptionSpec &spec : table) {
    if (key == spec.key) return spec.same_as ? find_spec(table, spec.same_as) : &spec;
    const std::string_view own = spec.key;
    if (own.ends_with('*') && key.starts_with(own.substr(0, own.size() - 1))) return &spec;
  }
  return nullptr;
}

std::string known_keys(OptionTable table) {
  std::string text;
  for (const OptionSpec &spec : table) text += fmt::format("{}{}", text.empty() ? "" : ", ", spec.key);
  return text.empty() ? "it takes none" : "it takes " + text;
}

}  // namespace

ResolvedOptions::ResolvedOptions(const Options &options, OptionTable table, std::string_view consumer)
    : progress_(options.progress()) {
  for (const OptionSpec &spec : table) {
    if (*spec.default_text && !spec.same_as)
      values_[spec.key] = *converted(std::string(spec.default_text), spec);
  }
  for (const auto &[key, value] : options.values()) {
    const OptionSpec *spec = find_spec(table, key);
    if (!spec)
      fail(PDE_ERR_ARGUMENT, "option {} is not known to \"{}\": {}", key, consumer, known_keys(table));
    auto typed = converted(value, *spec);
    if (!typed)
      fail(PDE_ERR_ARGUMENT, "option {} is {}, expected {}", key, value_text(value), expectation(*spec));
    const bool is_one_of_many = std::string_view(spec->key).ends_with('*');
    if (!is_one_of_many && key != spec->key && options.values().contains(spec->key)) {
      fail(PDE_ERR_ARGUMENT, "options {} and {} are two names of one option: set one of them", key,
           spec->key);
    }
    values_.insert_or_assign(is_one_of_many ? key : spec->key, std::move(*typed));
  }
}

bool ResolvedOptions::has(std::string_view key) const {
  return values_.contains(key);
}

std::vector<std::string> ResolvedOptions::keys_under(std::string_view prefix) const {
  std::vector<std::string> keys;
  for (const auto &[key, value] : values_) {
    if (key.starts_with(prefix)) keys.push_back(key);
  }
  return keys;
}

template <class T>
const T &ResolvedOptions::get(std::string_view key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) fail(PDE_ERR_INTERNAL, "option {} is in no table", key);
  return std::get<T>(found->second);
}
bool ResolvedOptions::flag(std::string_view key) const {
  return get<bool>(key);
}
int64_t ResolvedOptions::integer(std::string_view key) const {
  return get<int64_t>(key);
}
double ResolvedOptions::real(std::string_view key) const {
  return get<double>(key);
}
const std::string &ResolvedOptions::text(std::string_view key) const {
  return get<std::string>(key);
}
const std::vector<double> &ResolvedOptions::reals(std::string_view key) const {
  return get<std::vector<double>>(key);
}

std::string describe_options(OptionTable table) {
  std::string text = "[";
  for (const OptionSpec &spec : table) {
    if (text.size() > 1) text += ", ";
    text += fmt::format(R"({{"key": {}, "type": {}, "default": {}, "range": {}, "doc": {}}})",
                        json_quote(spec.key), json_quote(type_name(spec.type)),
                        *spec.default_text ? json_quote(spec.default_text) : "null", json_quote(spec.range),
                        json_quote(spec.doc));
  }
  return text + "]";
}

}  // namespace pde
