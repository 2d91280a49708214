#include "base/info.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/json.hpp"

namespace pde {
namespace {

/// Passes events of the reader on to a writer; numbers as the text they were. With `info`, the members of the
/// outermost object go there one by one instead.
class Rewriter {
 public:
  explicit Rewriter(Info *info) : info_(info), writer_(buffer_) {}

  bool Null() { return value(writer_.Null()); }
  bool Bool(bool flag) { return value(writer_.Bool(flag)); }
  bool Int(int number) { return value(writer_.Int(number)); }
  bool Uint(unsigned number) { return value(writer_.Uint(number)); }
  bool Int64(int64_t number) { return value(writer_.Int64(number)); }
  bool Uint64(uint64_t number) { return value(writer_.Uint64(number)); }
  bool Double(double number) { return value(writer_.Double(number)); }  // NaN and infinities only
  bool RawNumber(const char *text, rapidjson::SizeType length, bool) {
    return value(writer_.RawValue(text, length, rapidjson::kNumberType));
  }
  bool String(const char *text, rapidjson::SizeType length, bool) {
    return whole({text, length}) && value(writer_.String(text, length));
  }
  bool Key(const char *text, rapidjson::SizeType length, bool) {
    if (!whole({text, length})) return false;
    if (!info_ || depth_ != 1) return writer_.Key(text, length);
    key_.assign(text, length);
    return true;
  }
  bool StartObject() { return depth_++ == 0 && info_ ? true : writer_.StartObject(); }
  bool EndObject(rapidjson::SizeType) { return --depth_ == 0 && info_ ? true : value(writer_.EndObject()); }
  bool StartArray() { return ++depth_ == 1 && info_ ? false : writer_.StartArray(); }
  bool EndArray(rapidjson::SizeType) { return --depth_, value(writer_.EndArray()); }

  std::string text() const { return {buffer_.GetString(), buffer_.GetSize()}; }
  bool met_half_character() const { return half_; }

 private:
  bool value(bool written) {
    if (!written || !info_ || depth_ > 1) return written;
    if (depth_ == 0) return false;  // the document is no object
    info_->set(key_, text());
    buffer_.Clear();
    writer_.Reset(buffer_);
    return true;
  }

  bool whole(std::string_view text) { return !(half_ = has_surrogate(text)); }

  Info *info_;
  JsonBuffer buffer_;
  JsonWriter writer_;
  std::string key_;
  int64_t depth_ = 0;
  bool half_ = false;
};

void rewrite(std::string_view json, std::string_view what, Rewriter &rewriter) {
  if (const int64_t depth = json_depth(json); depth > kMostJsonDepth)
    fail(PDE_ERR_ARGUMENT, "{} nests {} levels deep, expected at most {}", what, depth, kMostJsonDepth);
  rapidjson::GenericReader<JsonEncoding, JsonEncoding, JsonAllocator> reader;
  rapidjson::MemoryStream stream(json.data(), json.size());
  reader.Parse<kJsonParseFlags | rapidjson::kParseNumbersAsStringsFlag>(stream, rewriter);
  if (!reader.HasParseError()) return;
  rapidjson::ParseErrorCode error = reader.GetParseErrorCode();
  if (rewriter.met_half_character()) error = rapidjson::kParseErrorStringUnicodeSurrogateInvalid;
  if (error == rapidjson::kParseErrorTermination) {
    fail(PDE_ERR_ARGUMENT, "{} is not a JSON object such as {{\"key\": 1}}", what);
  }
  fail(PDE_ERR_ARGUMENT, "{} is not JSON: {} (at byte {} of {})", what, rapidjson::GetParseError_En(error),
       reader.GetErrorOffset(), json.size());
}

}  // namespace

Info Info::parse(std::string_view json, std::string_view what) {
  Info info;
  Rewriter rewriter(&info);
  rewrite(json, what, rewriter);
  for (const auto &[key, value] : info.entries()) {
    if (key.empty() || key.find('\0') != key.npos)
      fail(PDE_ERR_ARGUMENT, "{} has a key that is empty or contains a zero byte", what);
  }
  return info;
}

std::string Info::normalised(std::string_view json, std::string_view what) {
  Rewriter rewriter(nullptr);
  rewrite(json, what, rewriter);
  return rewriter.text();
}

void Info::set(std::string_view key, std::string json_value) {
  for (Entry &entry : entries_) {
    if (entry.first == key) {
      entry.second = std::move(json_value);
      return;
    }
  }
  entries_.emplace_back(key, std::move(json_value));
}

void Info::remove(std::string_view key) {
  std::erase_if(entries_, [&](const Entry &entry) { return entry.first == key; });
}

void Info::merge(const Info &other) {
  for (const auto &[key, value] : other.entries_) set(key, value);
}

const std::string *Info::find(std::string_view key) const {
  for (const Entry &entry : entries_) {
    if (entry.first == key) return &entry.second;
  }
  return nullptr;
}

std::string Info::text() const {
  std::string text = "{";
  for (const auto &[key, value] : entries_) {
    if (text.size() > 1) text += ", ";
    text += json_quote(key) + ": " + value;
  }
  return text + "}";
}

}  // namespace pde
