/**
 * @file
 * Option bags: everything beyond the two or three essentials that are plain arguments.
 *
 * A bag holds keys with values and knows nothing about their meaning. Whoever takes it (the consumer) copies
 * what it needs during that call and checks it against its own table; there, not here, an unknown key, a
 * wrong type, a value out of range or two names of one option set at once is PDE_ERR_ARGUMENT, with a message
 * that lists what is legal. So a bag may be changed, used again, or freed right after.
 *
 * A text converts to whatever type the table asks for ("9", "true", "0.5", "1,2.5"); a whole number also
 * serves as a real number, and 0 or 1 as a flag. Nothing else converts. Setting a key again replaces its
 * value.
 *
 * Keys are made of lower-case letters, digits and underscores; behind a colon there may be the side of a
 * grid, as in bc:x-. Numbers in text use the point, whatever the locale.
 */
#ifndef PDE_OPTIONS_H
#define PDE_OPTIONS_H

#include "pde/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A bag of options. One thread at a time; free with pde_options_free. */
typedef struct pde_options pde_options;

/**
 * Hears how far a long call has come, and may end it.
 *
 * Runs now and then during the call that took the option bag, on that thread, at most some ten times per
 * second of real time and once at the end. The handles that take part in the call answer PDE_ERR_BUSY
 * meanwhile.
 *
 * @param done  from 0 up to total, never falling; the function that takes the bag names the unit.
 * @param total at least 1.
 * @param user  as given to pde_options_set_progress.
 * @return PDE_OK to go on; PDE_STOP to end the call early, which pde_solve tells as PDE_STOP and every other
 *         function as PDE_ERR_STATE; a negative status to make it fail with that.
 */
typedef pde_status (*pde_progress)(int64_t done, int64_t total, void *user);

/**
 * Create an empty bag, which stands for all defaults, as does NULL in place of a bag.
 *
 * @param out_options [out] the bag; the caller's to free.
 * @return PDE_OK; only the failures that any function can give.
 * @threads any.
 * @since 0.1
 */
PDE_API pde_status pde_options_create(pde_options **out_options) PDE_NOEXCEPT;

/**
 * Set an option as text.
 *
 * @param options [in,out] borrowed for the call.
 * @param key     [in] name of the option.
 * @param value   [in] copied; or NULL: take the key out, that is back to the default.
 * @return PDE_OK; PDE_ERR_ARGUMENT (the key has other characters than keys have).
 * @threads one call at a time per bag.
 * @since 0.1
 */
PDE_API pde_status pde_options_set(pde_options *options, const char *key, const char *value) PDE_NOEXCEPT;

/**
 * Set an option to a whole number.
 *
 * @param options [in,out] borrowed for the call.
 * @param key     [in] name of the option.
 * @param value   [in] its range is checked by the consumer.
 * @return PDE_OK; PDE_ERR_ARGUMENT (the key has other characters than keys have).
 * @threads one call at a time per bag.
 * @since 0.1
 */
PDE_API pde_status pde_options_set_int(pde_options *options, const char *key, int64_t value) PDE_NOEXCEPT;

/**
 * Set an option to a real number.
 *
 * @param options [in,out] borrowed for the call.
 * @param key     [in] name of the option.
 * @param value   [in] its range is checked by the consumer, which never takes a NaN.
 * @return PDE_OK; PDE_ERR_ARGUMENT (the key has other characters than keys have).
 * @threads one call at a time per bag.
 * @since 0.1
 */
PDE_API pde_status pde_options_set_real(pde_options *options, const char *key, double value) PDE_NOEXCEPT;

/**
 * Set an option to true or false.
 *
 * @param options [in,out] borrowed for the call.
 * @param key     [in] name of the option.
 * @param value   [in] 0 or 1.
 * @return PDE_OK; PDE_ERR_ARGUMENT (another value; the key has other characters than keys have).
 * @threads one call at a time per bag.
 * @since 0.1
 */
PDE_API pde_status pde_options_set_bool(pde_options *options, const char *key, int32_t value) PDE_NOEXCEPT;

/**
 * Set an option to a list of real numbers, such as limits per field or values along a boundary.
 *
 * @param options [in,out] borrowed for the call.
 * @param key     [in] name of the option.
 * @param values  [in] [count] copied; may be NULL if count is 0.
 * @param count   [in] how many there are, at least 0. The consumer checks whether that fits.
 * @return PDE_OK; PDE_ERR_ARGUMENT (the key has other characters than keys have; count below 0).
 * @threads one call at a time per bag.
 * @since 0.1
 */
PDE_API pde_status pde_options_set_reals(pde_options *options, const char *key, const double *values,
                                         int64_t count) PDE_NOEXCEPT;

/**
 * Ask to hear how far a long call has come. In this version pde_solve listens to it; other consumers ignore
 * it.
 *
 * A consumer that keeps the bag's content beyond its call shares the callback, so `destroy` may run later
 * than the bag is freed.
 *
 * @param options  [in,out] borrowed for the call.
 * @param progress [in] replaces an earlier one; or NULL: none.
 * @param user     [in] handed to `progress`; or NULL.
 * @param destroy  [in] runs on `user` when the last holder of the callback is gone; or NULL.
 * @return PDE_OK; only the failures that any function can give.
 * @threads one call at a time per bag.
 * @since 0.1
 */
PDE_API pde_status pde_options_set_progress(pde_options *options, pde_progress progress, void *user,
                                            pde_destroy destroy) PDE_NOEXCEPT;

/**
 * Set several options from one text: `compression=gzip level=9 label='a b'`.
 *
 * Entries are separated by blanks or line breaks. A value with blanks stands in single or double quotes,
 * which cannot be escaped inside. All entries are taken, or none.
 *
 * @param options [in,out] borrowed for the call.
 * @param text    [in] may be empty.
 * @return PDE_OK; PDE_ERR_ARGUMENT (no `=`, a bad key, a quote that is not closed; the message says where).
 * @threads one call at a time per bag.
 * @since 0.1
 */
PDE_API pde_status pde_options_parse(pde_options *options, const char *text) PDE_NOEXCEPT;

/**
 * List the options of a consumer: the very table that it checks against.
 *
 * Each entry of the array is an object of texts: `key`, `type` ("bool", "int", "real", "text", "choice",
 * "reals"), `default` (or null), `range` ("0 9", where "-" is an open end; "none|gzip" for a choice; "" for
 * anything) and `doc`.
 *
 * @param consumer [in] "memory:", "hdf5:", "movie:", "custom:" (storages), "copy", "merge", "apply",
 *                 "check" (pde_storage_copy and so on), "plot" (pde_field_plot, pde_storage_plot),
 *                 "tracker:storage", "tracker:" and the name of one that pde_tracker_create makes, such as
 *                 "tracker:progress", "controller", "operator", "solve", or "equation:" and a name, such
 *                 as "equation:diffusion".
 * @param out_json [out] an array, lives as long as the library is loaded.
 * @return PDE_OK; PDE_ERR_NOT_FOUND (no such consumer; the message lists them).
 * @threads any.
 * @since 0.1
 */
PDE_API pde_status pde_options_describe(const char *consumer, const char **out_json) PDE_NOEXCEPT;

/**
 * Give a bag back. Whoever has taken options from it is not affected.
 *
 * @param options [in] NULL or a stale handle: nothing happens.
 * @threads any, but not while another thread uses the same handle.
 * @since 0.1
 */
PDE_API void pde_options_free(pde_options *options) PDE_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
