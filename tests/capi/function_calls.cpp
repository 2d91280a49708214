#include "function_calls.hpp"

#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

namespace test {

// ---- what the headers say

namespace {

const std::map<std::string, pde_status> &statuses() {
  static const std::map<std::string, pde_status> all = [] {
    std::map<std::string, pde_status> found;
    for (pde_status status = PDE_ERR_INTERNAL; status <= PDE_EMPTY; ++status)
      found[pde_status_name(status)] = status;
    found["PDE_ERR_USER"] = PDE_ERR_USER;
    return found;
  }();
  return all;
}

std::vector<std::string> words(const std::string &text, const char *pattern) {
  std::vector<std::string> found;
  const std::regex word(pattern);
  for (std::sregex_iterator at(text.begin(), text.end(), word), end; at != end; ++at)
    found.push_back(at->str());
  return found;
}

std::vector<std::string> parameters_of(const std::string &declaration) {
  std::vector<std::string> names;
  const size_t open = declaration.find('('),
               close = declaration.rfind(')', declaration.rfind("PDE_NOEXCEPT"));
  std::istringstream list(declaration.substr(open + 1, close - open - 1));
  for (std::string parameter; std::getline(list, parameter, ',');) {
    const std::vector<std::string> parts = words(parameter, "[A-Za-z_][A-Za-z_0-9]*");
    if (!parts.empty() && parts.back() != "void") names.push_back(parts.back());
  }
  return names;
}

struct Sources {
  std::map<std::string, std::string> returns;  // what @return says
  std::map<std::string, std::vector<std::string>> parameters;
};

void read_header(const std::string &path, Sources &sources) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_FALSE(text.empty()) << path;
  for (size_t at = text.find("\nPDE_API "); at != text.npos; at = text.find("\nPDE_API ", at + 1)) {
    const std::string declaration = text.substr(at + 9, text.find(';', at) - at - 9);
    const std::vector<std::string> names = words(declaration.substr(0, declaration.find('(')), "pde_[a-z_]+");
    const size_t begin = text.rfind("/**", at);
    const std::string comment = text.substr(begin, at - begin);
    const size_t returns = comment.find("@return");
    const std::string &name = names.back();
    if (returns != comment.npos)
      sources.returns[name] = comment.substr(returns + 7, comment.find("@", returns + 1) - returns - 7);
    sources.parameters[name] = parameters_of(declaration);
  }
}

void collect(const Sources &sources, const std::string &name, std::set<std::string> &seen,
             std::set<pde_status> &found) {
  const auto source = sources.returns.find(name);
  if (source == sources.returns.end() || !seen.insert(name).second) return;
  for (const std::string &word : words(source->second, "PDE_[A-Z_]+")) {
    const auto status = statuses().find(word);
    EXPECT_TRUE(status != statuses().end()) << name << ": " << word;
    if (status != statuses().end()) found.insert(status->second);
  }
  for (const std::string &other : words(source->second, "pde_[a-z_]+")) collect(sources, other, seen, found);
  if (source->second.find("a storage or callback") != std::string::npos)
    collect(sources, "pde_storage_append", seen, found);
}

}  // namespace

const std::map<std::string, Documented> &documented() {
  static const std::map<std::string, Documented> all = [] {
    Sources sources;
    for (const auto &header : std::filesystem::directory_iterator(PDE_HEADERS))
      read_header(header.path().string(), sources);
    std::map<std::string, Documented> functions;
    for (const auto &[name, parameters] : sources.parameters) {
      Documented function{parameters, {PDE_ERR_ARGUMENT, PDE_ERR_HANDLE, PDE_ERR_BUSY, PDE_ERR_MEMORY}};
      std::set<std::string> seen;
      collect(sources, name, seen, function.statuses);
      functions[name] = function;
    }
    return functions;
  }();
  return all;
}

// ---- texts

std::vector<std::string> odd_texts(const std::string &valid) {
  const std::string odd[] = {"",
                             "%n%s%s%n%p",
                             "\xff\xfe",
                             "\xc3",  // begins a character
                             "\xed\xa0\x80",
                             "\x01\x02\x7f\n\r\t",
                             "/",
                             "../..",
                             "{\"a\": [1, NaN, \"\\u0000\"]}",
                             "1e999999999",
                             "-9223372036854775809",
                             std::string(100'000, '['),
                             std::string(100'000, '('),
                             std::string(1 << 20, 'x')};
  std::vector<std::string> texts;
  for (const std::string &text : odd) {
    texts.push_back(text);
    if (!text.empty()) texts.push_back(valid + text);
  }
  return texts;
}

// ---- calls

namespace {

bool is_utf8(const std::string &text) {
  OptionsHandle bag;
  REQUIRE_OK(pde_options_create(bag.out()));
  return pde_options_set(bag, "text", text.c_str()) == PDE_OK;
}

}  // namespace

void Probe::begin(const char *name, const std::vector<std::string> &names) {
  name_ = name;
  const auto found = documented().find(name);
  ASSERT_TRUE(found != documented().end()) << name << " is in no header";
  names_ = found->second.parameters;
  ASSERT_EQ(names.size(), names_.size()) << name;
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_TRUE(names[i].empty() || names[i] == names_[i]) << name << ' ' << names[i];
  }
}

std::string Probe::text() const {
  return name_ + (varied_ ? " where " + names_[*varied_] + " is " + what_ : "");
}

void Probe::check_status(pde_status good) const {
  const std::string message = pde_error_message(), got = pde_status_name(status_);
  const std::set<pde_status> &allowed = documented().at(name_).statuses;
  const bool exactly = expected_ && expect_ != Expect::any;
  if (exactly) {
    EXPECT_EQ(got, pde_status_name(*expected_)) << message;
  }
  if (!exactly || status_ < 0) {
    EXPECT_TRUE(status_ == good || status_ == PDE_OK || allowed.contains(status_))
        << got << ", which " << name_ << " does not tell of: " << message;
  }
  if (status_ == PDE_OK || silent_) {
    EXPECT_TRUE(expect_ != Expect::success || message == kLeftAlone) << message;
    return;
  }
  EXPECT_FALSE(message.empty());
  EXPECT_NE(message, kLeftAlone);
  EXPECT_TRUE(is_utf8(message)) << '"' << message << '"';
  if (varied_ && exactly && expected_ != good) {
    EXPECT_NE(message.find(names_[*varied_]), std::string::npos) << '"' << message << '"';
  }
}

}  // namespace test
