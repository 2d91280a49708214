// Storages of the user: the callbacks of pde_backend behind the same seam as the built-in backends.
#include <cstddef>
#include <cstring>
#include <map>

#include "base/json.hpp"
#include "base/log.hpp"
#include "guard.hpp"
#include "storage/backend.hpp"

using namespace pde;
using namespace pde::capi;

namespace {

constexpr const char *kSnapshotInfoKey = "pde_snapshot_info";

class CustomBackend final : public Backend {
 public:
  CustomBackend(const pde_backend &calls, std::shared_ptr<UserData> user)
      : calls_(calls), user_(std::move(user)) {
    const bool reads = calls_.length && calls_.times && calls_.read && calls_.get_info;
    const bool writes = calls_.length && calls_.append && calls_.set_info;
    if (!reads && !writes) {
      fail(PDE_ERR_ARGUMENT,
           "backend can neither be read (length, times, read, get_info) nor written (length, append, "
           "set_info): entries are NULL");
    }
    readable_ = reads;
    writable_ = writes;
  }

  std::string name() const override { return "the custom storage"; }
  bool readable() const override { return readable_; }
  bool usable() const override { return !broken_; }
  /// Whatever it does: at exit() the functions of the host may have nothing left to work on.
  bool lasts() const override { return false; }

  /// Takes over what it has learnt at the end, so that a callback that fails leaves all as it was.
  Contents contents() override {
    Contents contents;
    contents.length = stored_length();
    if (!readable_) {
      if (kind_) adopt(contents, *kind_);
      length_ = committed_ = contents.length;
      return contents;
    }
    const Info stored = stored_info();
    SnapshotInfos snapshot_infos = snapshot_infos_in(stored);
    std::optional<FieldDescription> kind;
    if (const std::string *text = stored.find("field_attributes")) {
      kind = FieldDescription::parse(*text);
      adopt(contents, *kind);
    } else if (contents.length > 0) {
      fail(PDE_ERR_FORMAT,
           "callback length gives {}, but get_info gives no \"field_attributes\" that say what they are",
           contents.length);
    }
    if (contents.length > 0) {
      double last;
      call("times", [&] { return calls_.times(contents.length - 1, 1, &last, user()); });
      contents.last_time = last;
    }
    snapshot_infos_ = std::move(snapshot_infos);
    kind_ = std::move(kind);
    length_ = committed_ = contents.length;
    return contents;
  }

  Info info() override {
    Info info = readable_ ? stored_info() : Info();
    info.remove(kSnapshotInfoKey);
    return info;
  }

  void start(const FieldDescription &sample, StartMode mode, const Info &info) override {
    if (!writable_) fail(PDE_ERR_UNSUPPORTED, "{} cannot be written: append or set_info is NULL", name());
    length_ = stored_length();
    const bool shorten = mode == StartMode::replace && length_ > 0;
    if (shorten) check_truncates();
    writing("truncate", [&] { return shorten ? calls_.truncate(0, user()) : PDE_OK; });
    if (mode == StartMode::replace) snapshot_infos_.clear();
    if (shorten) length_ = 0;
    committed_ = length_;
    kind_ = sample;
    if (calls_.start) {
      const Lent lent(std::shared_ptr<const Field>(Field::create(sample)));
      writing("start", [&] { return calls_.start(lent.get(), user()); });
    }
    store(info);
  }

  void append(const Field &snapshot, double time, const std::string *info, bool *) override {
    const FieldDescription &kind = snapshot.description();
    const void *samples = snapshot.c_order_data();
    if (!samples) {
      scratch_.resize(static_cast<size_t>(kind.bytes()));
      snapshot.pack(scratch_.data());
      samples = scratch_.data();
    }
    writing("append", [&] { return calls_.append(kind.dtype, samples, kind.count(), time, user()); });
    if (info) snapshot_infos_.insert_or_assign(length_, *info);
    ++length_;
  }

  void check_truncates() const override {
    if (!calls_.truncate) {
      fail(PDE_ERR_UNSUPPORTED, "{} holds {} snapshots and cannot drop them: truncate is NULL", name(),
           length_);
    }
  }

  void truncate(int64_t length) override {
    check_truncates();
    writing("truncate", [&] { return calls_.truncate(length, user()); });
    snapshot_infos_.erase(snapshot_infos_.lower_bound(length), snapshot_infos_.end());
    length_ = length;
    committed_ = std::min(committed_, length);
  }

  void erase() override {
    if (length_ > 0) truncate(0);
    kind_.reset();
    writing("set_info", [&] { return calls_.set_info ? calls_.set_info("{}", user()) : PDE_OK; });
  }

  void commit(Commit) override {
    writing("flush", [&] { return calls_.flush ? calls_.flush(user()) : PDE_OK; });
    committed_ = length_;
    ++commits_;
  }

  void finish(const Info &info) override {
    store(info);
    commit(Commit::all);
    writing("finish", [&] { return calls_.finish ? calls_.finish(user()) : PDE_OK; });
  }

  void close() override {}

  int64_t committed() override { return committed_; }

  void times(int64_t first, int64_t count, double *out_times) override {
    if (!calls_.times) fail(PDE_ERR_UNSUPPORTED, "{} gives no times: times is NULL", name());
    call("times", [&] { return calls_.times(first, count, out_times, user()); });
  }

  void read(const Selection &selection, void *out_data) override {
    const FieldDescription &kind = *kind_;
    const BoxCopy copy(kind, selection);
    if (!copy.whole()) scratch_.resize(static_cast<size_t>(kind.bytes()));
    std::byte *out = static_cast<std::byte *>(out_data);
    for (int64_t i = 0; i < selection.count; ++i, out += copy.bytes()) {
      std::byte *target = copy.whole() ? out : scratch_.data();
      call("read", [&] {
        return calls_.read(selection.first + i * selection.step, kind.dtype, target, kind.count(), user());
      });
      if (!copy.whole()) copy(target, out);
    }
  }

  std::optional<std::string> snapshot_info(int64_t index) override {
    const auto found = snapshot_infos_.find(index);
    if (found == snapshot_infos_.end()) return std::nullopt;
    return found->second;
  }

  BackendStatistics statistics() override {
    const int64_t bytes = kind_ ? length_ * kind_->bytes() : 0;
    return {bytes, bytes, commits_};
  }

 private:
  using SnapshotInfos = std::map<int64_t, std::string>;

  void *user() const { return user_->get(); }

  template <class F>
  void call(const char *entry, F &&f) {
    call_back(fmt::format("callback {}", entry).c_str(), f);
  }

  /// One that writes: after a failure nobody knows what is stored.
  template <class F>
  void writing(const char *entry, F &&f) {
    try {
      call(entry, f);
    } catch (...) {
      broken_ = true;
      throw;
    }
  }

  /// The callbacks know one text of metadata; that of the snapshots is an entry of it.
  void store(const Info &info) {
    Info all = info;
    all.remove(kSnapshotInfoKey);
    if (!snapshot_infos_.empty()) all.set(kSnapshotInfoKey, snapshot_infos_text());
    const std::string text = all.text();
    writing("set_info", [&] { return calls_.set_info(text.c_str(), user()); });
  }

  /// [[3, "{...}"], …]: snapshots and their texts.
  std::string snapshot_infos_text() const {
    std::string text;
    for (const auto &[index, json] : snapshot_infos_)
      text += fmt::format("{}[{}, {}]", text.empty() ? "[" : ", ", index, json_quote(json));
    return text + "]";
  }

  static SnapshotInfos snapshot_infos_in(const Info &stored) {
    SnapshotInfos infos;
    const std::string *text = stored.find(kSnapshotInfoKey);
    if (!text) return infos;
    const JsonDocument pairs = json_parse(*text, kSnapshotInfoKey);
    if (!pairs.IsArray()) fail(PDE_ERR_FORMAT, "entry {} of callback get_info is no array", kSnapshotInfoKey);
    for (const JsonValue &pair : pairs.GetArray()) {
      if (!pair.IsArray() || pair.Size() != 2 || !pair[0].IsInt64() || !pair[1].IsString()) {
        fail(PDE_ERR_FORMAT, "entry {} of callback get_info is no array of pairs of snapshot and text",
             kSnapshotInfoKey);
      }
      infos[pair[0].GetInt64()] = json_text(pair[1]);
    }
    return infos;
  }

  int64_t stored_length() {
    int64_t length = 0;
    call("length", [&] { return calls_.length(&length, user()); });
    if (length < 0) fail(PDE_ERR_FORMAT, "callback length gives {}, expected at least 0", length);
    return length;
  }

  Info stored_info() {
    int64_t length = 0;
    call("get_info", [&] { return calls_.get_info(nullptr, 0, &length, user()); });
    if (length < 0)
      fail(PDE_ERR_FORMAT, "callback get_info gives the length {}, expected at least 0", length);
    if (length == 0) return {};
    std::string text(static_cast<size_t>(length), '\0');
    int64_t again = length;
    call("get_info", [&] { return calls_.get_info(text.data(), length, &again, user()); });
    if (again != length)
      fail(PDE_ERR_FORMAT, "callback get_info gives the length {}, and {} when asked again", length, again);
    try {
      return Info::parse(text, "the text of callback get_info");
    } catch (const Error &error) {
      throw Error(PDE_ERR_FORMAT, error.what());
    }
  }

  static void adopt(Contents &contents, FieldDescription kind) {
    contents.dtype = kind.dtype;
    contents.shape = kind.shape();
    contents.description = std::move(kind);
  }

  pde_backend calls_;
  std::shared_ptr<UserData> user_;
  bool readable_ = false, writable_ = false, broken_ = false;
  std::optional<FieldDescription> kind_;  // of what is stored, as far as it is known
  SnapshotInfos snapshot_infos_;          // as last stored, and what came since
  int64_t length_ = 0, committed_ = 0, commits_ = 0;
  std::vector<std::byte> scratch_;
};

/// What the caller's header knew of; the rest is NULL.
pde_backend known_part(const pde_backend *backend) {
  needed(backend, "backend");
  pde_backend calls{};
  // The size itself and whole entries, as many as the caller's header had.
  constexpr auto entry = static_cast<int64_t>(sizeof backend->length);
  constexpr auto least = static_cast<int64_t>(offsetof(pde_backend, length)) + entry;
  constexpr int64_t most = least + 1000 * entry;  // no version will ever have so many
  if (backend->size < least || backend->size > most || (backend->size - least) % entry != 0)
    fail(PDE_ERR_ARGUMENT, "backend->size is {}, expected sizeof(pde_backend)", backend->size);
  std::memcpy(&calls, backend, static_cast<size_t>(std::min<int64_t>(backend->size, sizeof calls)));
  return calls;
}

}  // namespace

pde_status pde_storage_create_custom(const pde_backend *backend, void *user, const char *mode,
                                     const pde_options *options, pde_storage **out_storage) noexcept {
  // The destroy of user data stands in the table; a table too short to have one has none.
  pde_destroy destroy = nullptr;
  constexpr auto through_destroy = static_cast<int64_t>(offsetof(pde_backend, destroy) + sizeof(pde_destroy));
  if (backend && backend->size >= through_destroy) destroy = backend->destroy;
  return creating_with_user(
      out_storage, "out_storage", user, destroy, [&](const std::shared_ptr<UserData> &owner) {
        const pde_backend calls = known_part(backend);
        const Mode wanted = parse_mode(optional_text(mode, "mode"));
        const ResolvedOptions resolved(options_of(options), *storage_options("custom:"), "custom:");
        Storage::Settings settings = storage_settings("custom:", wanted, resolved);
        return make_handle<pde_storage>(
            std::make_shared<Storage>(std::make_unique<CustomBackend>(calls, owner), std::move(settings)));
      });
}
