#include "guard.hpp"

#include <cstring>

#include "base/json.hpp"

namespace pde::capi {
namespace {

// Plain data, so that a thread can end, and the process too, without anything to run.
struct Message {
  uint64_t count;
  char text[2048];
};
thread_local constinit Message t_message{};

}  // namespace

pde_status set_message(pde_status status, const char *message) noexcept {
  size_t length = std::strlen(message);
  if (length >= sizeof t_message.text) {
    length = sizeof t_message.text - 1;
    while (length > 0 && (static_cast<unsigned char>(message[length]) & 0xC0) == 0x80)
      --length;  // whole characters
  }
  std::memmove(t_message.text, message, length);  // it may be this very buffer
  t_message.text[length] = '\0';
  ++t_message.count;
  return status;
}

uint64_t message_count() noexcept {
  return t_message.count;
}

pde_status translate_exception() noexcept {
  try {
    throw;
  } catch (const Error &error) {
    return set_message(error.code(), error.what());
  } catch (const std::bad_alloc &) {
    return set_message(PDE_ERR_MEMORY, "no memory");
  } catch (const std::exception &error) {
    return set_message(PDE_ERR_INTERNAL, error.what());
  } catch (...) {
    return set_message(PDE_ERR_INTERNAL, "an exception of unknown type");
  }
}

const char *needed_text(const char *text, const char *argument) {
  if (!text) fail_null(argument);
  try {
    json_quote(text);
  } catch (const Error &) {
    fail(PDE_ERR_ARGUMENT, "{} is not valid UTF-8", argument);
  }
  return text;
}

const char *optional_text(const char *text, const char *argument) {
  return text ? needed_text(text, argument) : nullptr;
}

Label optional_label(const char *text) {
  if (!text) return std::nullopt;
  return needed_text(text, "label");
}

bool checked_flag(int32_t flag, const char *argument) {
  if (flag != 0 && flag != 1) fail(PDE_ERR_ARGUMENT, "{} is {}, expected 0 or 1", argument, flag);
  return flag == 1;
}

Options options_of(const pde_options *options) {
  if (!options) return {};
  return *Shared<pde_options>(options, "options");
}

void check_callback(pde_status status, uint64_t count_before, const char *what, bool may_stop) {
  if (status == PDE_OK || (may_stop && status == PDE_STOP)) return;
  if (status > 0)
    fail(PDE_ERR_USER, "{} returned the status {}, expected PDE_OK{} or a failure", what, status,
         may_stop ? ", PDE_STOP" : "");
  if (message_count() != count_before) throw Error(status, t_message.text);
  fail(status, "{} returned the status {}", what, status);
}

std::shared_ptr<UserData> own_user(void *user, pde_destroy destroy) {
  try {
    return std::make_shared<UserData>(user, destroy);
  } catch (...) {
    const UserData failed(user, destroy);
    throw;
  }
}

StorageTransform transform_of(FieldDescription result, pde_transform transform,
                              std::shared_ptr<UserData> user) {
  return {std::move(result), [transform, user = std::move(user)](const std::shared_ptr<const Field> &in,
                                                                 double time, const FieldPtr &out) {
            const Lent lent(in), filled(out);
            call_back("transform", [&] { return transform(lent.get(), time, filled.get(), user->get()); });
          }};
}

}  // namespace pde::capi

extern "C" const char *pde_error_message(void) noexcept {
  return pde::capi::t_message.text;
}
