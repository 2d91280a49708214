/**
 * @file
 * Status codes, messages, element types, the log: what every other header builds on.
 *
 * The rules below hold for the whole library. A function's own comment says only where it differs.
 *
 * Handles. Every object is reached through an opaque pointer that one function hands out and one function
 * takes back (`_free`, for storages `_close`). The pointer is a token, not an address: never dereference it
 * or compute with it. A token whose object is gone is noticed (PDE_ERR_HANDLE) and never mistaken for a
 * younger object. A handle received through an `out_` parameter is the caller's to free; one handed to a
 * callback is lent for that call. Objects keep alive what they need, so the order of freeing is free. A
 * `_free` function takes NULL and stale handles, does nothing then, and never fails.
 *
 * Arrays. A `void *` to samples always has its dtype beside it. Order is C: the last axis varies fastest,
 * components come before space. Strides, where they can be given, count elements (not bytes), components
 * first, and may be negative; NULL means C order without gaps.
 *
 * Counts. The `count` (or `size`) beside an array says how many values it holds. It must be exactly the
 * number the call needs, else PDE_ERR_SHAPE, and the message names that number. Where the caller chooses how
 * many, a negative one is PDE_ERR_ARGUMENT.
 *
 * Text. UTF-8, zero-terminated. Text passed in is copied. Text handed out belongs to the library and stays
 * valid until the next call on the same handle (for grids: while the handle lives); it is NULL where there is
 * none. JSON may hold the tokens NaN, Infinity and -Infinity, and nest up to 256 levels deep.
 *
 * Flags. An int32_t that is 0 or 1; any other value is PDE_ERR_ARGUMENT.
 *
 * NULL. Allowed for options (all at their defaults), labels, strides, and where a comment says "or NULL".
 * Anywhere else it is PDE_ERR_ARGUMENT.
 *
 * Status. 0 is success, negative is failure, positive is news that is not a failure; only functions marked
 * [+] give news. After a failure all outputs are as they were, except `out_` handles, which are NULL. Five
 * failures can come from any function and are listed only where they have a further cause: PDE_ERR_ARGUMENT
 * (a NULL that is not allowed), PDE_ERR_HANDLE (stale, or of another type), PDE_ERR_BUSY (called from inside
 * a callback of the same handle, or, where that is noticed, while another thread uses it), PDE_ERR_MEMORY
 * (out of memory), PDE_ERR_INTERNAL (a defect in this library).
 *
 * Messages. Each thread has one message. Every status but PDE_OK sets it: which argument, which value, what
 * was expected. PDE_OK leaves it as it was, so clean-up calls do not lose it.
 *
 * Callbacks. They run on the thread that called the library, under no lock of the library, and only during
 * that call. Where one is kept for longer, a `destroy` (or NULL) goes with it, and runs exactly once on the
 * `user` pointer, also if the function that took it fails. While a callback runs, the handle whose call runs
 * it answers PDE_ERR_BUSY; every other handle may be used. A callback answers with PDE_OK or a negative
 * status, which ends the call and is returned unchanged (own codes: PDE_ERR_USER and below; words:
 * pde_error_set). Only where its type says so it may answer PDE_STOP; any other positive answer counts as
 * PDE_ERR_USER. No exception and no longjmp may leave a callback.
 *
 * Threads. Different handles may be used at the same time; one handle by one thread at a time. Grids never
 * change and may be used by all threads at once, as may the functions without a handle. Any thread may free a
 * handle.
 *
 * Process. The library installs no signal handler unless pde_solve is asked to, sets no environment variable,
 * writes nothing to standard output, and never ends the process. When that ends by exit() or at the end of
 * main, on any thread or in a callback, storages that are being recorded to are closed as by
 * pde_storage_close, in an exit handler that is registered when the first of them is started: handlers of the
 * host that were registered earlier run later, and find them closed (PDE_ERR_STATE). Nothing of the host is
 * called any more, failures are told on standard error, and what other threads append meanwhile is refused
 * (PDE_ERR_STATE). Numbers in text use the point, whatever the locale. HDF5 is called from the calling thread
 * only, one call at a time: a program that uses HDF5 itself needs a thread-safe build of it, or must not call
 * it while another of its threads is inside this library.
 *
 * Numbers. The library computes with the settings of the floating-point unit that a program begins with.
 * Traps, a way of rounding or a flushing of denormals that the host has set change no result, and are there
 * again in callbacks (but not on the threads of option `parallel`) and after the call.
 *
 * Units. The library converts none: lengths, times and field values are in whatever units the caller works
 * in. Durations of real time are seconds; memory is in bytes.
 */
#ifndef PDE_BASE_H
#define PDE_BASE_H

#include <stdint.h>

/** Marks what the shared library exports. */
#if defined(__GNUC__)
#define PDE_API __attribute__((visibility("default")))
#else
#define PDE_API
#endif

/** States to C++ that no exception leaves a function; empty in C. */
#ifdef __cplusplus
#define PDE_NOEXCEPT noexcept
#else
#define PDE_NOEXCEPT
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** The outcome of a call: 0 success, negative failure, positive news. */
typedef int32_t pde_status;

enum {
  PDE_OK = 0,
  PDE_STOP = 1,  /**< news: end the loop, as t_end is reached or a tracker is satisfied */
  PDE_EMPTY = 2, /**< news: there is nothing to resume from */

  PDE_ERR_ARGUMENT = -1,     /**< a value in the call is wrong: NULL, not finite, unknown option, bad flag */
  PDE_ERR_HANDLE = -2,       /**< a handle that is stale, or of another type */
  PDE_ERR_STATE = -3,        /**< not now: closed, not started, already started, failed earlier */
  PDE_ERR_SHAPE = -4,        /**< a count, shape, grid or layout in memory differs from what is needed */
  PDE_ERR_DTYPE = -5,        /**< an element type that is unknown, differs, or would lose information */
  PDE_ERR_RANGE = -6,        /**< an index beyond the end, or a number too large to be represented */
  PDE_ERR_READONLY = -7,     /**< writing to something that was opened or lent for reading */
  PDE_ERR_NOT_FOUND = -8,    /**< no such file, label, key or name */
  PDE_ERR_EXISTS = -9,       /**< would write over something that the caller has not offered up */
  PDE_ERR_FORMAT = -10,      /**< a file or JSON text is not what it should be */
  PDE_ERR_IO = -11,          /**< the operating system refused; the message has path and cause */
  PDE_ERR_BUSY = -12,        /**< in use: by another writer, or by the call that runs this callback */
  PDE_ERR_MEMORY = -13,      /**< no memory; nothing has changed */
  PDE_ERR_UNSUPPORTED = -14, /**< meaningful, but this kind of object, version or build cannot do it */
  PDE_ERR_UNSOUND = -15,     /**< a tracker or the solver finds the state wrong, e.g. not finite */
  PDE_ERR_INTERNAL = -16,    /**< a defect in this library; please report the message */
  PDE_ERR_USER = -1000       /**< this and below: codes of callbacks, passed through unchanged */
};

/** Element types. The values are part of the ABI. */
enum {
  PDE_FLOAT64 = 1,
  PDE_FLOAT32 = 2,
  PDE_COMPLEX128 = 3, /**< real part, imaginary part: two float64 */
  PDE_COMPLEX64 = 4,  /**< real part, imaginary part: two float32 */
  PDE_INT64 = 5,
  PDE_INT32 = 6,
  PDE_INT16 = 7,
  PDE_INT8 = 8,
  PDE_UINT64 = 9,
  PDE_UINT32 = 10,
  PDE_UINT16 = 11,
  PDE_UINT8 = 12,
  PDE_BOOL = 13 /**< one byte, 0 or 1 */
};

/** Levels of log messages; the lower, the graver. */
enum { PDE_LOG_ERROR = 1, PDE_LOG_WARNING = 2, PDE_LOG_INFO = 3 };

/**
 * In place of a time: "you choose". -DBL_MAX, deliberately not a NaN: a solver that blew up must get an
 * error, not an invented time. As the time of a snapshot: last time + 1, or 0 for the first. As the start of
 * a schedule: that of the run.
 */
#define PDE_TIME_AUTO (-1.7976931348623157e308)

/**
 * Releases what `user` points to, when the library is done with the callback it came with. Runs exactly once,
 * on the thread whose call ends the use. It must not call the library with the handle that is going away.
 */
typedef void (*pde_destroy)(void *user);

/**
 * Receives log messages.
 *
 * Called on the thread that is inside the library, never on a worker, under no lock. It may call the library,
 * which may then log, too: mind the recursion. Several threads may be in it at the same time.
 *
 * @param level   PDE_LOG_ERROR, PDE_LOG_WARNING or PDE_LOG_INFO.
 * @param message one line without line break; lent for the call.
 * @param user    as given to pde_set_log_handler.
 */
typedef void (*pde_log_handler)(int32_t level, const char *message, void *user);

/**
 * The version of the library that is running, such as "0.1.0".
 *
 * @return never NULL; lives as long as the library is loaded.
 * @threads any.
 * @since 0.1
 */
PDE_API const char *pde_version_string(void) PDE_NOEXCEPT;

/**
 * The version of the library that is running as one number: 10000 * major + 100 * minor + patch.
 *
 * @threads any.
 * @since 0.1
 */
PDE_API int32_t pde_version_number(void) PDE_NOEXCEPT;

/**
 * The name of a status, such as "PDE_ERR_SHAPE".
 *
 * PDE_ERR_USER and everything below it is "PDE_ERR_USER"; a number without meaning is "PDE_UNKNOWN".
 *
 * @param status [in] any number.
 * @return never NULL; lives as long as the library is loaded.
 * @threads any.
 * @since 0.1
 */
PDE_API const char *pde_status_name(pde_status status) PDE_NOEXCEPT;

/**
 * What the last status other than PDE_OK on this thread was about.
 *
 * @return never NULL, "" if there was none. One buffer of fixed size per thread: the next such status on this
 *         thread writes over it, and a very long message is cut. Valid while the thread lives.
 * @threads any; each sees its own.
 * @since 0.1
 */
PDE_API const char *pde_error_message(void) PDE_NOEXCEPT;

/**
 * Set this thread's message. For callbacks: `return pde_error_set(PDE_ERR_USER - 7, "pump failed");`
 *
 * @param status  [in] any number; returned as it is. With PDE_OK the message stays as it was.
 * @param message [in] copied, cut if very long; or NULL: the name of the status.
 * @return `status`.
 * @threads any; each sets its own.
 * @since 0.1
 */
PDE_API pde_status pde_error_set(pde_status status, const char *message) PDE_NOEXCEPT;

/**
 * Choose who receives log messages, for the whole process.
 *
 * Without a handler, warnings and errors go to standard error and information goes nowhere. A failure that a
 * call reports through its status is not logged as well.
 *
 * @param handler [in] called for every message from now on; or NULL: back to the default.
 * @param user    [in] handed to `handler`; or NULL.
 * @param destroy [in] runs on `user` when the handler has been replaced and the last call of it is over; or
 *                NULL.
 * @return PDE_OK; only the failures that any function can give.
 * @threads any. A thread that is just logging may call the previous handler once more.
 * @since 0.1
 */
PDE_API pde_status pde_set_log_handler(pde_log_handler handler, void *user, pde_destroy destroy) PDE_NOEXCEPT;

/**
 * The size of one element.
 *
 * @param dtype [in] PDE_FLOAT64 ... PDE_BOOL.
 * @return bytes; 0 if there is no such dtype, which sets no message.
 * @threads any.
 * @since 0.1
 */
PDE_API int64_t pde_dtype_size(int32_t dtype) PDE_NOEXCEPT;

/**
 * numpy's name of an element type, such as "float64".
 *
 * @param dtype [in] PDE_FLOAT64 ... PDE_BOOL.
 * @return lives as long as the library is loaded; NULL if there is no such dtype, which sets no message.
 * @threads any.
 * @since 0.1
 */
PDE_API const char *pde_dtype_name(int32_t dtype) PDE_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
