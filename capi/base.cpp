#include "base/dtype.hpp"
#include "base/log.hpp"
#include "guard.hpp"

using namespace pde;
using namespace pde::capi;

const char *pde_version_string(void) noexcept {
  return PDE_VERSION_STRING;
}

int32_t pde_version_number(void) noexcept {
  return 10000 * PDE_VERSION_MAJOR + 100 * PDE_VERSION_MINOR + PDE_VERSION_PATCH;
}

const char *pde_status_name(pde_status status) noexcept {
  switch (status) {
    case PDE_OK:
      return "PDE_OK";
    case PDE_STOP:
      return "PDE_STOP";
    case PDE_EMPTY:
      return "PDE_EMPTY";
    case PDE_ERR_ARGUMENT:
      return "PDE_ERR_ARGUMENT";
    case PDE_ERR_HANDLE:
      return "PDE_ERR_HANDLE";
    case PDE_ERR_STATE:
      return "PDE_ERR_STATE";
    case PDE_ERR_SHAPE:
      return "PDE_ERR_SHAPE";
    case PDE_ERR_DTYPE:
      return "PDE_ERR_DTYPE";
    case PDE_ERR_RANGE:
      return "PDE_ERR_RANGE";
    case PDE_ERR_READONLY:
      return "PDE_ERR_READONLY";
    case PDE_ERR_NOT_FOUND:
      return "PDE_ERR_NOT_FOUND";
    case PDE_ERR_EXISTS:
      return "PDE_ERR_EXISTS";
    case PDE_ERR_FORMAT:
      return "PDE_ERR_FORMAT";
    case PDE_ERR_IO:
      return "PDE_ERR_IO";
    case PDE_ERR_BUSY:
      return "PDE_ERR_BUSY";
    case PDE_ERR_MEMORY:
      return "PDE_ERR_MEMORY";
    case PDE_ERR_UNSUPPORTED:
      return "PDE_ERR_UNSUPPORTED";
    case PDE_ERR_UNSOUND:
      return "PDE_ERR_UNSOUND";
    case PDE_ERR_INTERNAL:
      return "PDE_ERR_INTERNAL";
    default:
      return status <= PDE_ERR_USER ? "PDE_ERR_USER" : "PDE_UNKNOWN";
  }
}

pde_status pde_error_set(pde_status status, const char *message) noexcept {
  if (status == PDE_OK) return PDE_OK;
  return set_message(status, message ? message : pde_status_name(status));
}

pde_status pde_set_log_handler(pde_log_handler handler, void *user, pde_destroy destroy) noexcept {
  return guarded([&] { set_log_handler(handler, user, destroy); });
}

int64_t pde_dtype_size(int32_t dtype) noexcept {
  const DtypeInfo *info = find_dtype(dtype);
  return info ? info->size : 0;
}

const char *pde_dtype_name(int32_t dtype) noexcept {
  const DtypeInfo *info = find_dtype(dtype);
  return info ? info->name : nullptr;
}
