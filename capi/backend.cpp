// Storages of the user: the callbacks of pde_backend behind the same seam as the built-in backends.
#include <cstddef>
#include <cstring>

#include "base/log.hpp"
#include "guard.hpp"
#include "storage/backend.hpp"

using namespace pde;
using namespace pde::capi;

namespace {

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

  Contents contents() override {
    Contents contents;
    contents.length = length_ = stored_length();
    if (!readable_) {
      if (kind_) adopt(contents, *kind_);
      return contents;
    }
    const Info stored = stored_info();
    if (const std::string *text = stored.find("field_attributes")) {
      stored_kind_ = FieldDescription::parse(*text);
      adopt(contents, *stored_kind_);
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
    return contents;
  }

  Info info() override { return readable_ ? stored_info() : Info(); }

  void start(const FieldDescription &sample, StartMode mode, const Info &info) override {
    if (!writable_) fail(PDE_ERR_UNSUPPORTED, "{} cannot be written: append or set_info is NULL", name());
    const int64_t length = stored_length();
    const bool shorten = mode == StartMode::replace && length > 0;
    if (shorten && !calls_.truncate) {
      fail(PDE_ERR_UNSUPPORTED, "{} holds {} snapshots and cannot drop them: truncate is NULL", name(),
           length);
    }
    writing("truncate", [&] { return shorten ? calls_.truncate(0, user()) : PDE_OK; });
    length_ = committed_ = shorten ? 0 : length;
    committed_ = std::min(committed(), length_);
    kind_ = sample;
    if (calls_.start) {
      const Lent lent(std::shared_ptr<const Field>(Field::create(sample)));
      writing("start", [&] { return calls_.start(lent.get(), user()); });
    }
    store(info);
  }

  void append(const Field &snapshot, double time) override {
    const FieldDescription &kind = snapshot.description();
    const void *samples = snapshot.c_order_data();
    if (!samples) {
      scratch_.resize(static_cast<size_t>(kind.bytes()));
      snapshot.pack(scratch_.data());
      samples = scratch_.data();
    }
    writing("append", [&] { return calls_.append(kind.dtype, samples, kind.count(), time, user()); });
    ++length_;
  }

  void commit() override {
    writing("flush", [&] { return calls_.flush ? calls_.flush(user()) : PDE_OK; });
    committed_ = length_;
    ++commits_;
  }

  void finish(const Info &info) override {
    store(info);
    commit();
    writing("finish", [&] { return calls_.finish ? calls_.finish(user()) : PDE_OK; });
  }

  void close() override {}

  int64_t committed() override { return kind_ ? committed_ : length_; }

  void times(int64_t first, int64_t count, double *out_times) override {
    if (!calls_.times) fail(PDE_ERR_UNSUPPORTED, "{} gives no times: times is NULL", name());
    call("times", [&] { return calls_.times(first, count, out_times, user()); });
  }

  void read(int64_t first, int64_t count, int64_t step, void *out_data) override {
    const FieldDescription &kind = kind_ ? *kind_ : *stored_kind_;
    std::byte *out = static_cast<std::byte *>(out_data);
    for (int64_t i = 0; i < count; ++i) {
      call("read", [&] {
        return calls_.read(first + i * step, kind.dtype, out + i * kind.bytes(), kind.count(), user());
      });
    }
  }

  BackendStatistics statistics() override {
    if (kind_) return {length_ * kind_->bytes(), length_ * kind_->bytes(), commits_};
    const Contents stored = contents();
    const int64_t bytes = stored.description ? stored.length * stored.description->bytes() : 0;
    return {bytes, bytes, commits_};
  }

 private:
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

  void store(const Info &info) {
    const std::string text = info.text();
    writing("set_info", [&] { return calls_.set_info(text.c_str(), user()); });
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
  std::optional<FieldDescription> kind_;         // of the session, once there was one
  std::optional<FieldDescription> stored_kind_;  // of what was there before
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
  if (backend->size < least || (backend->size - least) % entry != 0)
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
        const Mode wanted = parse_mode(mode);
        const ResolvedOptions resolved(options_of(options), *storage_options("custom:"), "custom:");
        Storage::Settings settings = storage_settings("custom:", wanted, resolved);
        return make_handle<pde_storage>(
            std::make_shared<Storage>(std::make_unique<CustomBackend>(calls, owner), std::move(settings)));
      });
}
