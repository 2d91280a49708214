/**
 * @file
 * Storages of your own: a dozen callbacks that keep snapshots wherever you like.
 *
 * The library does everything that all storages have in common: modes, sessions, checks of shape, dtype, grid
 * and time, negative numbers, conversion, metadata. A backend keeps arrays, numbers and one text, and gives
 * them back.
 *
 * All callbacks run on the thread that calls the storage, one at a time per storage, under no lock of the
 * library. The storage answers PDE_ERR_BUSY meanwhile; every other handle may be used. A callback answers
 * with PDE_OK or a negative status, which the caller gets unchanged. After a failure of append, set_info,
 * truncate, start, flush or finish the storage writes no more.
 */
#ifndef PDE_BACKEND_H
#define PDE_BACKEND_H

#include "pde/base.h"
#include "pde/field.h"
#include "pde/options.h"
#include "pde/storage.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The callbacks of a storage. Fill it with zeros, set `size`, set what you have.
 *
 * Entries marked [r] are needed to read, those marked [w] to write; where one lacks, calls that need it
 * answer PDE_ERR_UNSUPPORTED. Later versions may append entries; the library reads no further than `size`,
 * and takes what lies beyond as NULL.
 */
typedef struct pde_backend {
  /** sizeof(pde_backend), in bytes. */
  int64_t size;

  /**
   * [r w] How many snapshots there are. Asked for when the storage is created and when a session begins; in
   * between the library counts by itself.
   */
  pde_status (*length)(int64_t *out_length, void *user);

  /** [r] The times of `count` snapshots from number `first` on, as append got them; all of them exist. */
  pde_status (*times)(int64_t first, int64_t count, double *out_times, void *user);

  /**
   * [r] Snapshot number `index`, which exists, into out_data: `count` elements of `dtype` in C order, both as
   * append got them.
   */
  pde_status (*read)(int64_t index, int32_t dtype, void *out_data, int64_t count, void *user);

  /**
   * [w] One more snapshot: `count` elements of `dtype` in C order, lent for the call, and its time. Only
   * within a session. If it fails, the series must be as it was.
   */
  pde_status (*append)(int32_t dtype, const void *data, int64_t count, double time, void *user);

  /**
   * [r] The text that set_info set last, byte for byte. Called with size 0 (out_text may be NULL then) to
   * learn its length, then with size equal to that length. out_length: bytes, without a zero at the end,
   * which is not asked for; 0 if no text has been set.
   */
  pde_status (*get_info)(char *out_text, int64_t size, int64_t *out_length, void *user);

  /**
   * [w] Keep this text: a JSON object with all that is needed to understand the snapshots, lent for the call.
   * Called before the first append of a session, and at its end. Metadata of single snapshots
   * (pde_storage_append_info) is the entry `pde_snapshot_info` of it.
   */
  pde_status (*set_info)(const char *json, void *user);

  /** Keep the first `length` snapshots only. NULL: whatever would drop snapshots answers PDE_ERR_UNSUPPORTED.
   */
  pde_status (*truncate)(int64_t length, void *user);

  /** A session begins; `sample` shows grid, kind and dtype of the snapshots, lent for the call. NULL: nothing
   * to do. */
  pde_status (*start)(const pde_field *sample, void *user);

  /** Commit: what was appended must not get lost any more. NULL: nothing to do. */
  pde_status (*flush)(void *user);

  /** A session ends, after the last set_info. NULL: nothing to do. */
  pde_status (*finish)(void *user);

  /** The storage is done with `user`: when it is closed, or at once if its creation fails; exactly once. Or
   * NULL. */
  pde_destroy destroy;
} pde_backend;

/**
 * Create a storage on callbacks of the caller.
 *
 * @param backend     [in] copied.
 * @param user        [in] handed to every callback; or NULL. From here on the library's to destroy, also if
 *                    this fails.
 * @param mode        [in] as in pde_storage_open; or NULL: "create".
 * @param options     [in] `info`, `time_order`, `nonfinite` as in pde_storage_open; or NULL.
 * @param out_storage [out] the storage; the caller's to close.
 * @return PDE_OK; PDE_ERR_ARGUMENT (`size` is no size of a pde_backend, or negative; neither the entries to
 *         read nor those to write are complete; an unknown mode; options); PDE_ERR_FORMAT (get_info gives a
 *         text that is not the storage's); what length or get_info returned.
 * @threads any.
 * @since 0.1
 */
PDE_API pde_status pde_storage_create_custom(const pde_backend *backend, void *user, const char *mode,
                                             const pde_options *options,
                                             pde_storage **out_storage) PDE_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
