/**
 * @file
 * Storages: time series of fields, in memory, in a file, in a movie, or wherever the caller keeps them.
 *
 * A storage is opened, written in sessions, read at any time, and closed:
 *
 *     open -> ( start -> append ... append -> finish ) any number of times -> close
 *
 * The first session describes the series: grid, kind and dtype of its snapshots. Every snapshot then has
 * exactly these, so that nothing is converted, broadcast or rounded on the way in; what is read is bit for
 * bit what was given (movies excepted). Snapshots are numbered from 0; where a function says so, negative
 * numbers count from the end.
 *
 * Modes, given when a storage is opened, decide what a writing session does to what is already there:
 *
 * - "create", or NULL: it begins where nothing is stored yet, else PDE_ERR_EXISTS, and nothing is lost.
 * - "truncate_once": the first session of this handle begins with an empty series.
 * - "truncate", or "truncate_always": every session begins with an empty series.
 * - "append": it goes on at the end of the series.
 * - "readonly": PDE_ERR_READONLY.
 *
 * After the first session "create" and "truncate_once" become "append". Opening changes nothing that is
 * stored, in any mode, and reading works in all of them. But where the writer of a file was killed in the very
 * middle of a commit, any mode but "readonly" completes that commit in the file, as far as permissions allow;
 * "readonly" shows what it would be.
 *
 * Commit. An appended snapshot is committed when all of its data, and all that is needed to find it, has been
 * handed to the operating system: it then survives the end of the process. With option `fsync` it has reached
 * the disk as far as the operating system can tell. Commits happen by themselves (options `commit_seconds`,
 * `commit_every`), in pde_storage_flush, in pde_storage_finish, in pde_storage_close, and when the process
 * ends by exit() or at the end of main. A process that is killed leaves the last commit of a file, or the one
 * that was going on, whole; with option `fsync` a power cut does the same. Others that read the file through
 * this library meanwhile see one commit or the next one, never a mixture (docs/reliability.md).
 *
 * Storages are taken apart and put together by views, copying, merging and functions over all snapshots;
 * see there.
 *
 * Failure. When writing fails (a full disk, for instance), the session is over for good: what was committed
 * stays and can be read, later writing answers PDE_ERR_STATE with the first cause, and closing reports it
 * once more without trying again. A file is compressed and written beside the caller, so what fails there is
 * reported by the next call that writes, with the snapshots that it concerns.
 *
 * Threads. One storage, with its views, by one thread at a time; different storages at the same time, also
 * several that were opened on the same `memory:NAME`.
 */
#ifndef PDE_STORAGE_H
#define PDE_STORAGE_H

#include "pde/base.h"
#include "pde/field.h"
#include "pde/options.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A time series of fields. One thread at a time; given back with pde_storage_close, which reports. */
typedef struct pde_storage pde_storage;

/* ---- opening and writing */

/**
 * Open a storage.
 *
 * The address says what kind it is:
 *
 * - `memory:` in memory, for this handle alone.
 * - `memory:NAME` in memory, shared in this process while a handle to it lives.
 * - a path ending in .h5, .hdf5 or .hdf, or `hdf5:PATH`: an HDF5 file, which py-pde, h5py, MATLAB and others
 *   read without any plug-in.
 * - a path ending in .mp4, or `movie:PATH`: a movie of pictures. It is written, never read
 *   (PDE_ERR_UNSUPPORTED).
 *
 * A path that does not exist is an empty storage, unless the mode is "readonly". Missing folders are made
 * when the first session begins. A session that empties an HDF5 file writes beside it, to PATH.tmp, and takes
 * its place at the first commit; until then the old file stays as it is. Only an empty file, or one that
 * begins like an HDF5 file, is ever replaced so.
 *
 * Options of all kinds; defaults in brackets here and below:
 * - `info` a JSON object, the metadata of the series to begin with. What is stored already wins over it.
 *
 * - `time_order` ["nondecreasing"], "increasing" or "any": what the time of a snapshot must be to the one
 *   before. What is stored already may have any order.
 * - `nonfinite` ["warn"], "allow" or "refuse": what an append does with NaN and infinity: it takes them and
 *   logs the first of a session, takes them, or fails with PDE_ERR_UNSOUND.
 *
 * Options of HDF5:
 * - `grid` the text form of a grid (pde_grid_text), for files that do not say what their snapshots are: a
 *   scalar, vector or tensor field on it, by their shape.
 * - `compression` ["gzip"] or "none".
 * - `level` [1] 0 to 9, the denser the slower. `compression_opts` is the same.
 * - `shuffle` [true] sort the bytes of a chunk by significance before compressing them: smaller and faster.
 * - `keep_bits` [0] floating-point and complex samples keep so many bits of their mantissa, 1 to 52 (float32:
 *   23), rounded to nearest: off by no more than 2^-(keep_bits + 1) of their size. 0: all. What is dropped
 *   compresses to nothing.
 * - `tolerance_abs`, `tolerance_rel` samples keep as few bits as let them be off by no more than this, or by
 *   no more than this times their size. Several of the three at once: all bounds hold. They hold exactly and
 *   for every finite sample; NaN and infinity stay as they are. Near zero samples become zero with
 *   `tolerance_abs` alone, never otherwise. Another dtype is PDE_ERR_DTYPE.
 * - `checksum` [false] Fletcher-32 for each chunk, so that damage is noticed when reading.
 * - `chunk_bytes` [1048576] bytes of a chunk before compression, rounded down to whole snapshots. Larger
 *   chunks make other readers slow when they want single snapshots.
 * - `chunk_shape` instead of that: snapshots, components and cells in a chunk, "1,64,64".
 * - `threads` [the cores that the process may use] workers that compress, write and read beside the caller;
 *   0: none, everything is done by the calls. What the file holds does not depend on it. Workers block all
 *   signals, run in the batch class of the scheduler, and end with the last storage that needs them.
 * - `queue_bytes` [268435456] memory for snapshots on their way to the file. When it is used up an append
 *   compresses a chunk itself, or waits for the disk; a log line says so if the disk is slower than the
 *   recording. A few chunks are always allowed.
 * - `commit_seconds` [1] an append that comes this long after the last append commits before it returns, so
 *   that a slow recording loses nothing; one that comes this long after the last commit commits what has got
 *   through to the file by then, and waits for nothing. The first append of a session always commits. Seconds
 *   of real time.
 * - `commit_every` [0] every n-th append commits all. 1: each is committed when it returns; 0: by time alone.
 * - `fsync` [false] a commit waits for the disk.
 * - `max_length` [0] the series takes no more snapshots than this; 0: no limit.
 *
 * Options of movies:
 * - `fps` [10] snapshots shown per second.
 * - `dpi` [100] pixels per inch: the size of letters and lines.
 * - `width`, `height` [0] of the picture in pixels, made even; 0: from dpi.
 * - `vmin`, `vmax` limits of colours, or of the value axis. Left out: the range of the first snapshot,
 *   widened with a log message where later ones leave it far behind.
 * - `title` text above the picture, in which {time}, {time:g} and {index} are replaced.
 * - `threads` [0] of the encoder; 0: by the size of the picture, at most as many as there are usable cores.
 *
 * @param uri         [in] the address. PATH in UTF-8, relative to the working directory of this moment.
 * @param mode        [in] see above; or NULL: "create".
 * @param options     [in] those of its kind; or NULL.
 * @param out_storage [out] the storage; the caller's to close.
 * @return PDE_OK; PDE_ERR_ARGUMENT (an address without known kind, an unknown mode; options);
 *         PDE_ERR_NOT_FOUND ("readonly" and nothing there); PDE_ERR_FORMAT (neither HDF5 nor an empty file;
 *         HDF5 without a time series inside, unless the mode is "append", which puts one beside what is
 * there, or truncates; metadata that makes no sense); PDE_ERR_UNSUPPORTED ("append" or "readonly" of a movie;
 * movies ending in .webm, .mkv, .avi, .mov, .gif or .apng; a kind that was left out of this build; a series
 * of a dtype that this version does not have); PDE_ERR_IO (a directory, no permission, ...).
 * @threads any.
 * @since 0.1
 */
PDE_API pde_status pde_storage_open(const char *uri, const char *mode, const pde_options *options,
                                    pde_storage **out_storage) PDE_NOEXCEPT;

/**
 * Begin a writing session.
 *
 * An HDF5 file is locked against other writers from here until pde_storage_close. When a session continues an
 * existing series, that keeps its own labels.
 *
 * @param storage   [in,out] not in a session.
 * @param sample    [in] describes the snapshots to come: grid, kind, dtype, labels. Its values are not
 *                  stored.
 * @param info_json [in] JSON object, merged into the metadata of the series, over what is there; or NULL. The
 *                  entries `field_attributes` and `data_length` are the storage's own.
 * @return PDE_OK; PDE_ERR_STATE (already in a session, or failed earlier); PDE_ERR_READONLY; PDE_ERR_EXISTS
 *         (mode "create" and snapshots are there); PDE_ERR_SHAPE, PDE_ERR_DTYPE (the series goes on, but was
 *         described otherwise: another grid or kind, another dtype); PDE_ERR_ARGUMENT (info_json is not a
 *         JSON object; chunk_shape does not fit); PDE_ERR_BUSY (someone else writes this file, or this
 *         `memory:NAME`; the message names the holder of a file); PDE_ERR_UNSUPPORTED (a movie of what cannot
 *         be drawn; a series that says what its snapshots are in words that this version does not know, such
 *         as another dtype); PDE_ERR_IO.
 * @threads one call at a time per storage.
 * @since 0.1
 */
PDE_API pde_status pde_storage_start(pde_storage *storage, const pde_field *sample,
                                     const char *info_json) PDE_NOEXCEPT;

/**
 * Append one snapshot at the end of a time series.
 *
 * Outside a session it begins one, as pde_storage_start(storage, field, NULL) does. The samples are copied,
 * so the field may change at once. If this fails, the series is as it was before.
 *
 * @param storage [in,out] borrowed for the call.
 * @param field   [in] any layout; grid, kind and dtype must be those of the series.
 * @param time    [in] finite, in the order of option `time_order`; user's time unit. PDE_TIME_AUTO: last + 1,
 *                or 0.
 * @return PDE_OK; PDE_ERR_ARGUMENT (time not finite, or against the order); PDE_ERR_SHAPE (another grid or
 *         kind); PDE_ERR_DTYPE; PDE_ERR_RANGE (`max_length` snapshots are there); PDE_ERR_UNSOUND (NaN or
 *         infinity, with option `nonfinite` "refuse"; the message says where); PDE_ERR_STATE (failed
 *         earlier; another thread is ending the process); PDE_ERR_IO (the message has path and cause);
 * outside a session all that pde_storage_start can give.
 * @threads one call at a time per storage.
 * @since 0.1
 */
PDE_API pde_status pde_storage_append(pde_storage *storage, const pde_field *field, double time) PDE_NOEXCEPT;

/**
 * Append one snapshot with metadata of its own, which pde_storage_snapshot_info gives back.
 *
 * An HDF5 file keeps it in the group /snapshot_info, which is made when first used and which readers of time
 * series pass over. A custom storage gets it with its other metadata when the session ends.
 *
 * @param storage   [in,out] borrowed for the call.
 * @param field     [in] as in pde_storage_append.
 * @param time      [in] as in pde_storage_append.
 * @param info_json [in] any JSON value, commonly an object.
 * @return as pde_storage_append; also PDE_ERR_ARGUMENT (info_json is not JSON); PDE_ERR_UNSUPPORTED (a
 * movie).
 * @threads one call at a time per storage.
 * @since 0.2
 */
PDE_API pde_status pde_storage_append_info(pde_storage *storage, const pde_field *field, double time,
                                           const char *info_json) PDE_NOEXCEPT;

/**
 * Append one snapshot, given as a bare array, at the end of a time series.
 *
 * The samples are copied, so `data` may be reused at once. If this fails, the series is as it was before.
 *
 * @param storage [in,out] in a session.
 * @param dtype   [in] of `data`; must be that of the series.
 * @param data    [in] [field shape] in C order, components first; user's unit for this field. Borrowed for
 *                the call.
 * @param count   [in] elements in `data`: the product of that shape.
 * @param time    [in] as in pde_storage_append.
 * @return PDE_OK; PDE_ERR_ARGUMENT (time not finite, or against the order); PDE_ERR_SHAPE (count differs);
 *         PDE_ERR_DTYPE; PDE_ERR_RANGE (`max_length` snapshots are there); PDE_ERR_UNSOUND (option
 * `nonfinite`); PDE_ERR_READONLY; PDE_ERR_STATE (no session, or failed earlier); PDE_ERR_IO (the message has
 * path and cause).
 * @threads one call at a time per storage.
 * @since 0.1
 */
PDE_API pde_status pde_storage_append_raw(pde_storage *storage, int32_t dtype, const void *data,
                                          int64_t count, double time) PDE_NOEXCEPT;

/**
 * Commit all snapshots appended so far.
 *
 * Outside a session only metadata that has changed is written. A movie cannot commit half a stream: it keeps
 * going.
 *
 * @param storage [in,out] borrowed for the call.
 * @return PDE_OK; PDE_ERR_STATE (failed earlier); PDE_ERR_IO.
 * @threads one call at a time per storage.
 * @since 0.1
 */
PDE_API pde_status pde_storage_flush(pde_storage *storage) PDE_NOEXCEPT;

/**
 * End a writing session: commit, and write the metadata. The storage stays open for reading and for further
 * sessions.
 *
 * Outside a session there is nothing to do, which is PDE_OK.
 *
 * @param storage [in,out] borrowed for the call.
 * @return PDE_OK; PDE_ERR_STATE (failed earlier); PDE_ERR_IO.
 * @threads one call at a time per storage.
 * @since 0.1
 */
PDE_API pde_status pde_storage_finish(pde_storage *storage) PDE_NOEXCEPT;

/**
 * Close a storage: end a session that is still going on, release file and lock, and give the handle back.
 *
 * The handle is gone whatever this returns, except with PDE_ERR_BUSY, when nothing has happened. Trackers
 * that write to the storage, and views of it, answer PDE_ERR_STATE from then on.
 *
 * @param storage [in] neither NULL (PDE_ERR_ARGUMENT) nor stale (PDE_ERR_HANDLE).
 * @return PDE_OK; PDE_ERR_IO (the last snapshots or the metadata could not be written, or writing has failed
 *         before; the message has path and cause).
 * @threads any, but not while another thread uses the same storage.
 * @since 0.1
 */
PDE_API pde_status pde_storage_close(pde_storage *storage) PDE_NOEXCEPT;

/**
 * Drop what is later than a time: the first such snapshot and all behind it.
 *
 * Outside a session this is a short session of its own, after which the mode in force is "append" where it
 * was "create" or "truncate_once". When the call returns PDE_OK the rest is committed.
 *
 * @param storage [in,out] borrowed for the call.
 * @param time    [in] the last time to keep; user's time unit; not NaN.
 * @return PDE_OK, also if nothing is later; PDE_ERR_ARGUMENT (time is NaN); PDE_ERR_READONLY;
 *         PDE_ERR_EXISTS (mode "create", and the snapshots were there before); PDE_ERR_UNSUPPORTED (a movie;
 * a custom storage without `truncate`; a file that does not say what its snapshots are); PDE_ERR_BUSY
 *         (someone else writes it); PDE_ERR_STATE (failed earlier); PDE_ERR_IO.
 * @threads one call at a time per storage.
 * @since 0.2
 */
PDE_API pde_status pde_storage_truncate_after(pde_storage *storage, double time) PDE_NOEXCEPT;

/**
 * Drop all snapshots; the metadata stays.
 *
 * @param storage      [in,out] borrowed for the call.
 * @param forget_shape [in] 0: the series stays what it was described to be, a session that is going on goes
 *                     on, and a file stays, empty. 1: any field may come next; a session that is going on
 *                     ends, a file is removed, and its metadata waits for the next session.
 * @return PDE_OK; PDE_ERR_ARGUMENT (forget_shape is neither 0 nor 1); PDE_ERR_READONLY; PDE_ERR_EXISTS (mode
 *         "create", and the snapshots were there before); PDE_ERR_UNSUPPORTED (a movie; a custom storage
 *         without `truncate`; forget_shape 0, and the file does not say what its snapshots are); PDE_ERR_BUSY
 * (someone else writes it); PDE_ERR_STATE (failed earlier); PDE_ERR_IO.
 * @threads one call at a time per storage.
 * @since 0.2
 */
PDE_API pde_status pde_storage_clear(pde_storage *storage, int32_t forget_shape) PDE_NOEXCEPT;

/* ---- asking a storage */

/**
 * Whether a writing session is going on.
 *
 * @param storage     [in] borrowed for the call.
 * @param out_writing [out] 1 between start and finish, else 0.
 * @return PDE_OK; only the failures that any function can give.
 * @threads one call at a time per storage.
 * @since 0.1
 */
PDE_API pde_status pde_storage_is_writing(pde_storage *storage, int32_t *out_writing) PDE_NOEXCEPT;

/**
 * The number of snapshots, including those not yet committed.
 *
 * @param storage    [in] borrowed for the call.
 * @param out_length [out] at least 0.
 * @return PDE_OK; only the failures that any function can give.
 * @threads one call at a time per storage.
 * @since 0.1
 */
PDE_API pde_status pde_storage_length(pde_storage *storage, int64_t *out_length) PDE_NOEXCEPT;

/**
 * The number of committed snapshots: those that are there even if this process ends now.
 *
 * In memory that is none. A movie commits when its session ends.
 *
 * @param storage    [in] borrowed for the call.
 * @param out_length [out] at most the length.
 * @return PDE_OK; PDE_ERR_IO.
 * @threads one call at a time per storage.
 * @since 0.1
 */
PDE_API pde_status pde_storage_committed(pde_storage *storage, int64_t *out_length) PDE_NOEXCEPT;

/**
 * The times of some snapshots: (0, length) gives all, (-1, 1) the last.
 *
 * @param storage   [in] borrowed for the call.
 * @param first     [in] number of the first snapshot; a negative one counts from the end.
 * @param count     [in] how many, at least 0; the length of out_times.
 * @param out_times [out] [count] user's time unit; may be NULL if count is 0.
 * @return PDE_OK; PDE_ERR_ARGUMENT (count below 0); PDE_ERR_RANGE (beyond either end; the message has the
 *         length); PDE_ERR_UNSUPPORTED (a movie of an earlier session); PDE_ERR_IO.
 * @threads one call at a time per storage.
 * @since 0.1
 */
PDE_API pde_status pde_storage_times(pde_storage *storage, int64_t first, int64_t count,
                                     double *out_times) PDE_NOEXCEPT;

/**
 * See what others have written since: another process to the same file, or another handle.
 *
 * Views see it, too. While this handle writes, nobody else does, and there is nothing to do. Storages of one
 * `memory:NAME` see each other's snapshots without this.
 *
 * @param storage    [in,out] borrowed for the call.
 * @param out_length [out] the number of snapshots now.
 * @return PDE_OK; PDE_ERR_NOT_FOUND (mode "readonly", and the file is gone); PDE_ERR_FORMAT (it is no series
 *         any more); PDE_ERR_IO.
 * @threads one call at a time per storage.
 * @since 0.2
 */
PDE_API pde_status pde_storage_refresh(pde_storage *storage, int64_t *out_length) PDE_NOEXCEPT;

/**
 * The snapshots in a window of time; both ends belong to it.
 *
 * By bisection where times are in order, which is looked at once. Where they are not (option `time_order`,
 * files of others), the shortest range that has all snapshots of the window; it may have others, too.
 *
 * @param storage   [in] borrowed for the call.
 * @param t_start   [in] user's time unit; may be -infinity.
 * @param t_end     [in] at least t_start; may be infinity.
 * @param out_first [out] number of the first snapshot; where there is none, of the one that it would be.
 * @param out_count [out] how many; at least 0.
 * @return PDE_OK; PDE_ERR_ARGUMENT (t_end before t_start, or NaN); PDE_ERR_IO.
 * @threads one call at a time per storage.
 * @since 0.2
 */
PDE_API pde_status pde_storage_find_range(pde_storage *storage, double t_start, double t_end,
                                          int64_t *out_first, int64_t *out_count) PDE_NOEXCEPT;

/**
 * The snapshot whose time is nearest; of several the first.
 *
 * @param storage   [in] borrowed for the call.
 * @param time      [in] finite; user's time unit.
 * @param out_index [out] number of the snapshot.
 * @return PDE_OK; PDE_ERR_ARGUMENT (time is not finite); PDE_ERR_RANGE (no snapshots); PDE_ERR_IO.
 * @threads one call at a time per storage.
 * @since 0.2
 */
PDE_API pde_status pde_storage_find_nearest(pde_storage *storage, double time,
                                            int64_t *out_index) PDE_NOEXCEPT;

/**
 * The dtype of the samples.
 *
 * @param storage   [in] borrowed for the call.
 * @param out_dtype [out] PDE_FLOAT64 ...
 * @return PDE_OK; PDE_ERR_STATE (nothing has been stored or described yet).
 * @threads one call at a time per storage.
 * @since 0.2
 */
PDE_API pde_status pde_storage_dtype(pde_storage *storage, int32_t *out_dtype) PDE_NOEXCEPT;

/**
 * The axes of the series as one array: one for the snapshots, then those of a snapshot (pde_field_ndim).
 *
 * @param storage  [in] borrowed for the call.
 * @param out_ndim [out] at least 2.
 * @return PDE_OK; PDE_ERR_STATE (nothing has been stored or described yet).
 * @threads one call at a time per storage.
 * @since 0.2
 */
PDE_API pde_status pde_storage_ndim(pde_storage *storage, int32_t *out_ndim) PDE_NOEXCEPT;

/**
 * The shape of the series as one array: the number of snapshots, then the shape of each, components first.
 *
 * @param storage   [in] borrowed for the call.
 * @param out_shape [out] [count].
 * @param count     [in] the number from pde_storage_ndim.
 * @return PDE_OK; PDE_ERR_STATE (nothing has been stored or described yet); PDE_ERR_SHAPE (count differs).
 * @threads one call at a time per storage.
 * @since 0.2
 */
PDE_API pde_status pde_storage_shape(pde_storage *storage, int64_t *out_shape, int64_t count) PDE_NOEXCEPT;

/**
 * The grid of the snapshots.
 *
 * @param storage  [in] borrowed for the call.
 * @param out_grid [out] the caller's to free.
 * @return as pde_storage_sample.
 * @threads one call at a time per storage.
 * @since 0.2
 */
PDE_API pde_status pde_storage_grid(pde_storage *storage, pde_grid **out_grid) PDE_NOEXCEPT;

/**
 * Whether the snapshots are collections of fields.
 *
 * @param storage        [in] borrowed for the call.
 * @param out_collection [out] 1 or 0.
 * @return as pde_storage_sample.
 * @threads one call at a time per storage.
 * @since 0.2
 */
PDE_API pde_status pde_storage_has_collection(pde_storage *storage, int32_t *out_collection) PDE_NOEXCEPT;

/**
 * The position of a field in the collections of a series.
 *
 * @param storage    [in] borrowed for the call.
 * @param label      [in] of several fields with this label, the first is found.
 * @param out_member [out] from 0; for pde_storage_view_field and its like.
 * @return PDE_OK; PDE_ERR_NOT_FOUND (no such label); else as pde_storage_sample.
 * @threads one call at a time per storage.
 * @since 0.2
 */
PDE_API pde_status pde_storage_find_member(pde_storage *storage, const char *label,
                                           int64_t *out_member) PDE_NOEXCEPT;

/**
 * A field like the snapshots of a series, to read into: grid, kind, dtype and labels.
 *
 * It takes memory only when its data is first used.
 *
 * @param storage   [in] borrowed for the call.
 * @param out_field [out] all zero; the caller's to free. It does not need the storage.
 * @return PDE_OK; PDE_ERR_STATE (nothing has been stored or described yet); PDE_ERR_UNSUPPORTED (the file
 *         does not say what its numbers are, as after a crash of py-pde, or says it in words that this
 *         version does not know; pde_storage_read_raw still reads them).
 * @threads one call at a time per storage.
 * @since 0.1
 */
PDE_API pde_status pde_storage_sample(pde_storage *storage, pde_field **out_field) PDE_NOEXCEPT;

/* ---- reading */

/**
 * Read one snapshot into a field.
 *
 * @param storage [in] borrowed for the call.
 * @param index   [in] number of the snapshot; a negative one counts from the end.
 * @param into    [in,out] any layout; grid and kind of the series (pde_storage_sample makes one), and a dtype
 *                that holds every value of the stored one. Keeps its label.
 * @return PDE_OK; PDE_ERR_RANGE (no such snapshot; the message has the length); PDE_ERR_SHAPE (another grid
 *         or kind); PDE_ERR_DTYPE (would lose information); PDE_ERR_READONLY (`into`); PDE_ERR_UNSUPPORTED (a
 *         movie); PDE_ERR_FORMAT (damaged data); PDE_ERR_IO. After the last two `into` may hold anything.
 * @threads one call at a time per storage and field.
 * @since 0.1
 */
PDE_API pde_status pde_storage_read(pde_storage *storage, int64_t index, pde_field *into) PDE_NOEXCEPT;

/**
 * Read some snapshots into an array, one after the other: first, first + step, first + 2 * step, ...
 *
 * @param storage  [in] borrowed for the call.
 * @param first    [in] number of the first snapshot; a negative one counts from the end.
 * @param count    [in] how many snapshots, at least 0.
 * @param step     [in] at least 1.
 * @param dtype    [in] of out_data; must hold every value of the stored dtype.
 * @param out_data [out] [count][field shape] in C order, components first; user's unit for this field; may be
 *                 NULL if count is 0.
 * @param size     [in] elements of dtype in out_data: the product of that shape.
 * @return PDE_OK; PDE_ERR_ARGUMENT (count below 0, step below 1); PDE_ERR_RANGE (beyond either end; the
 *         message has the length); PDE_ERR_SHAPE (size differs); PDE_ERR_DTYPE (unknown, or would lose
 *         information); PDE_ERR_UNSUPPORTED (a movie); PDE_ERR_FORMAT (damaged data); PDE_ERR_IO. After the
 *         last two out_data may hold anything.
 * @threads one call at a time per storage.
 * @since 0.1
 */
PDE_API pde_status pde_storage_read_raw(pde_storage *storage, int64_t first, int64_t count, int64_t step,
                                        int32_t dtype, void *out_data, int64_t size) PDE_NOEXCEPT;

/**
 * Read a region of some snapshots into an array of any layout.
 *
 * A file reads only the chunks that the region touches. The array may be a part of a larger one, such as the
 * inner cells of an array with halo cells.
 *
 * @param storage  [in] borrowed for the call.
 * @param first    [in] number of the first snapshot; a negative one counts from the end.
 * @param count    [in] how many snapshots, at least 0.
 * @param step     [in] at least 1: every step-th snapshot.
 * @param lower    [in] [axes of a snapshot] where the region begins, components and cells; or NULL: all of
 * it.
 * @param shape    [in] [axes of a snapshot] its size, at least 1 along each axis; NULL where lower is.
 * @param dtype    [in] of out_data; must hold every value of the stored dtype.
 * @param out_data [out] [count][shape] user's unit for this field; the first element of the first snapshot;
 *                 may be NULL if count is 0.
 * @param strides  [in] [1 + axes of a snapshot] in elements of dtype, may be negative: snapshots, components,
 *                 cells; or NULL: C order.
 * @return PDE_OK; PDE_ERR_ARGUMENT (count below 0, step below 1; only one of lower and shape; a stride of 0
 *         along an axis of several entries); PDE_ERR_RANGE (snapshots or a region beyond what is there, or
 *         strides beyond the address space; the message says which axis);
 *         PDE_ERR_DTYPE (unknown, or would lose information); PDE_ERR_UNSUPPORTED (a movie);
 *         PDE_ERR_FORMAT (damaged data); PDE_ERR_IO. After the last two out_data may hold anything.
 * @threads one call at a time per storage.
 * @since 0.2
 */
PDE_API pde_status pde_storage_read_box(pde_storage *storage, int64_t first, int64_t count, int64_t step,
                                        const int64_t *lower, const int64_t *shape, int32_t dtype,
                                        void *out_data, const int64_t *strides) PDE_NOEXCEPT;

/**
 * The samples of a snapshot where they lie, without a copy. Only storages in memory have them, and views of
 * these whose rows lie side by side.
 *
 * @param storage  [in] borrowed for the call.
 * @param index    [in] number of the snapshot; a negative one counts from the end.
 * @param dtype    [in] must be that of the series.
 * @param out_data [out] [field shape] in C order; valid until snapshots are dropped or replaced, or the last
 *                 storage that shares them is closed. Appending does not move them.
 * @return PDE_OK; PDE_ERR_RANGE (no such snapshot); PDE_ERR_DTYPE (another dtype); PDE_ERR_UNSUPPORTED (not
 * in memory: use pde_storage_read).
 * @threads one call at a time per storage.
 * @since 0.2
 */
PDE_API pde_status pde_storage_data_const(pde_storage *storage, int64_t index, int32_t dtype,
                                          const void **out_data) PDE_NOEXCEPT;

/**
 * Read and verify everything: each sample, time and piece of metadata, and with option `checksum` of the file
 * its checksums.
 *
 * Options: `progress` [false] draw a bar on stderr; a progress callback counts snapshots.
 *
 * @param storage [in] borrowed for the call.
 * @param options [in] see above; or NULL.
 * @return PDE_OK; PDE_ERR_FORMAT (the message says in which snapshot, and what); PDE_ERR_IO;
 *         PDE_ERR_UNSUPPORTED (a movie); PDE_ERR_STATE (cancelled by the progress callback).
 * @threads one call at a time per storage.
 * @since 0.2
 */
PDE_API pde_status pde_storage_check(pde_storage *storage, const pde_options *options) PDE_NOEXCEPT;

/* ---- views: storages that show part of another one */

/**
 * View one field of the collections in a storage, as a storage of such fields.
 *
 * A view copies nothing and is only read. It grows with the storage it shows, counts with it as one handle
 * where threads and PDE_ERR_BUSY are concerned, and answers PDE_ERR_STATE once that is closed. Closing a view
 * closes the view. A view of a view shows the same storage.
 *
 * @param storage  [in] borrowed for the call.
 * @param member   [in] position in the collection (pde_storage_find_member); 0 where snapshots are single
 *                 fields.
 * @param out_view [out] the caller's to close.
 * @return PDE_OK; PDE_ERR_RANGE (no such field); PDE_ERR_UNSUPPORTED (a movie); else as pde_storage_sample.
 * @threads one call at a time per storage and its views.
 * @since 0.2
 */
PDE_API pde_status pde_storage_view_field(pde_storage *storage, int64_t member,
                                          pde_storage **out_view) PDE_NOEXCEPT;

/**
 * View several fields of the collections in a storage, as a storage of collections; otherwise as
 * pde_storage_view_field.
 *
 * @param storage  [in] borrowed for the call.
 * @param members  [in] [count] their positions, in the order wanted.
 * @param count    [in] at least 1.
 * @param out_view [out] the caller's to close.
 * @return as pde_storage_view_field; also PDE_ERR_ARGUMENT (count below 1).
 * @threads one call at a time per storage and its views.
 * @since 0.2
 */
PDE_API pde_status pde_storage_view_fields(pde_storage *storage, const int64_t *members, int64_t count,
                                           pde_storage **out_view) PDE_NOEXCEPT;

/**
 * View some snapshots of a storage: first, first + step, ... The view does not grow; otherwise as
 * pde_storage_view_field.
 *
 * @param storage  [in] borrowed for the call.
 * @param first    [in] number of the first snapshot; a negative one counts from the end.
 * @param count    [in] how many, at least 0.
 * @param step     [in] at least 1.
 * @param out_view [out] the caller's to close.
 * @return PDE_OK; PDE_ERR_ARGUMENT (count below 0, step below 1); PDE_ERR_RANGE (beyond either end);
 *         PDE_ERR_UNSUPPORTED (a movie).
 * @threads one call at a time per storage and its views.
 * @since 0.2
 */
PDE_API pde_status pde_storage_view_range(pde_storage *storage, int64_t first, int64_t count, int64_t step,
                                          pde_storage **out_view) PDE_NOEXCEPT;

/* ---- making storages out of storages and fields */

/**
 * Copy one field of the collections in a storage, with times and metadata, into a new storage in memory.
 *
 * @param storage    [in] borrowed for the call.
 * @param member     [in] as in pde_storage_view_field.
 * @param label      [in] of the field in the copy; or NULL: its own.
 * @param out_memory [out] the caller's to close.
 * @return as pde_storage_view_field; also PDE_ERR_FORMAT, PDE_ERR_IO, PDE_ERR_MEMORY.
 * @threads one call at a time per storage.
 * @since 0.2
 */
PDE_API pde_status pde_storage_extract_field(pde_storage *storage, int64_t member, const char *label,
                                             pde_storage **out_memory) PDE_NOEXCEPT;

/**
 * Copy the snapshots in a window of time, with metadata, into a new storage in memory. Both ends belong to
 * the window.
 *
 * @param storage    [in] borrowed for the call.
 * @param t_start    [in] user's time unit; may be -infinity.
 * @param t_end      [in] at least t_start; may be infinity.
 * @param out_memory [out] maybe without snapshots, but described; the caller's to close.
 * @return PDE_OK; PDE_ERR_ARGUMENT (t_end before t_start, or NaN); PDE_ERR_UNSUPPORTED (a movie);
 *         PDE_ERR_FORMAT; PDE_ERR_IO; PDE_ERR_MEMORY; else as pde_storage_sample.
 * @threads one call at a time per storage.
 * @since 0.2
 */
PDE_API pde_status pde_storage_extract_time_range(pde_storage *storage, double t_start, double t_end,
                                                  pde_storage **out_memory) PDE_NOEXCEPT;

/**
 * Make a storage in memory out of fields, each a snapshot.
 *
 * @param fields     [in] [count] on one grid, of one kind; their samples are copied.
 * @param times      [in] [count] user's time unit, in any order; or NULL: 0, 1, 2, ...
 * @param count      [in] at least 1.
 * @param label      [in] of the field in the storage; or NULL: that of the first field.
 * @param dtype      [in] of the samples in the storage; or 0: that of the first field, which all must have.
 * @param out_memory [out] the caller's to close.
 * @return PDE_OK; PDE_ERR_ARGUMENT (count below 1, a time that is not finite); PDE_ERR_SHAPE (another grid or
 *         kind; the message says which field); PDE_ERR_DTYPE (dtype is 0 and they differ; no such dtype);
 *         PDE_ERR_RANGE (a value that dtype cannot hold); PDE_ERR_MEMORY.
 * @threads one call at a time per field.
 * @since 0.2
 */
PDE_API pde_status pde_storage_create_from_fields(pde_field *const *fields, const double *times,
                                                  int64_t count, const char *label, int32_t dtype,
                                                  pde_storage **out_memory) PDE_NOEXCEPT;

/**
 * Make a storage in memory out of the fields of one collection, each a snapshot.
 *
 * @param collection [in] whose fields are all of one rank; their samples are copied.
 * @param times      [in] [count] user's time unit, in any order; or NULL: 0, 1, 2, ...
 * @param count      [in] the number of fields in the collection.
 * @param label      [in] of the field in the storage; or NULL: that of the first field.
 * @param out_memory [out] the caller's to close.
 * @return PDE_OK; PDE_ERR_SHAPE (count differs, fields of several ranks); PDE_ERR_ARGUMENT (a time that is
 * not finite); PDE_ERR_MEMORY.
 * @threads one call at a time per field.
 * @since 0.2
 */
PDE_API pde_status pde_storage_create_from_collection(const pde_field *collection, const double *times,
                                                      int64_t count, const char *label,
                                                      pde_storage **out_memory) PDE_NOEXCEPT;

/**
 * Copy all snapshots, times and metadata into another storage, of any kind: a movie out of a file is a copy.
 *
 * `into` is written in the session it is in, or in one of its own, which its mode allows or refuses. If this
 * fails halfway, what has been copied stays there. Metadata of single snapshots is left out where `into`
 * keeps none.
 *
 * Options: `progress` [false] draw a bar on stderr; a progress callback counts snapshots.
 *
 * @param storage [in] borrowed for the call.
 * @param into    [in,out] another storage, and no view; borrowed for the call.
 * @param options [in] see above; or NULL.
 * @return PDE_OK; PDE_ERR_ARGUMENT (`into` is the storage itself, a view of it, or of the same `memory:NAME`;
 *         the times are not in the order that `into` wants, which is looked at first); PDE_ERR_STATE (nothing
 *         described yet; cancelled by the progress callback); PDE_ERR_UNSUPPORTED (reading a movie);
 *         PDE_ERR_FORMAT, PDE_ERR_IO; what pde_storage_start and pde_storage_append give for `into`.
 * @threads one call at a time per storage.
 * @since 0.2
 */
PDE_API pde_status pde_storage_copy(pde_storage *storage, pde_storage *into,
                                    const pde_options *options) PDE_NOEXCEPT;

/**
 * Merge storages of equal times into one of collections: each of its snapshots has the fields of all.
 *
 * Times are those of the first storage; fields of collections are taken one by one. The dtype is the smallest
 * that holds all values of each. Of metadata with the same key the first counts; that of single snapshots is
 * not taken over. `into` is written as in pde_storage_copy.
 *
 * Options: `rtol` [1e-5], `atol` [1e-8]: a time t of the first storage and a time s of another one are equal
 * if |t - s| <= atol + rtol |s|. `progress` [false] draw a bar on stderr; a progress callback counts
 * snapshots.
 *
 * @param storages [in] [count] on one grid, of one length; views of one storage, or one of them twice, too.
 * @param count    [in] at least 1.
 * @param label    [in] of the collections; or NULL: none.
 * @param into     [in,out] another storage, and no view; borrowed for the call.
 * @param options  [in] see above; or NULL.
 * @return PDE_OK; PDE_ERR_ARGUMENT (count below 1; `into` is one of the storages, as in pde_storage_copy);
 *         PDE_ERR_SHAPE (different grids or lengths); PDE_ERR_RANGE (different times; the message says
 * where); PDE_ERR_DTYPE (no dtype holds all values); else as pde_storage_copy.
 * @threads one call at a time per storage.
 * @since 0.2
 */
PDE_API pde_status pde_storage_merge(pde_storage *const *storages, int64_t count, const char *label,
                                     pde_storage *into, const pde_options *options) PDE_NOEXCEPT;

/**
 * Apply a function to every snapshot and store the results, at the same times, in another storage.
 *
 * The function gets the snapshot and a field of the result's kind, which holds anything and which it fills.
 * If it fails, the call ends with its status, and the message says at which snapshot; earlier results stay in
 * `into`, which is written as in pde_storage_copy. Metadata is not taken over.
 *
 * Options:
 * - `parallel` [false] call the function on several threads at once, none of which is the caller's. Results
 *   come in order all the same, and of several failures the one of the first snapshot counts.
 * - `threads` [0] how many, if parallel; 0: as many as there are usable cores.
 * - `progress` [false] draw a bar on stderr; a progress callback counts snapshots.
 *
 * @param storage   [in] borrowed for the call.
 * @param sample    [in] what the results are: grid, kind, dtype, labels; or NULL: like the snapshots.
 * @param transform [in] called once per snapshot. Without `parallel` on this thread, in order.
 * @param user      [in] handed to `transform`; or NULL.
 * @param into      [in,out] another storage, and no view; borrowed for the call.
 * @param options   [in] see above; or NULL.
 * @return PDE_OK; what the function fails with; else as pde_storage_copy.
 * @threads one call at a time per storage.
 * @since 0.2
 */
PDE_API pde_status pde_storage_apply(pde_storage *storage, const pde_field *sample, pde_transform transform,
                                     void *user, pde_storage *into, const pde_options *options) PDE_NOEXCEPT;

/* ---- metadata and numbers about a storage */

/**
 * The metadata of a series, as it stands: what option `info`, pde_storage_start, pde_storage_set_info and
 * runs have put there.
 *
 * @param storage  [in] borrowed for the call.
 * @param key      [in] one entry; or NULL: all of them as one JSON object.
 * @param out_json [out] valid until the next call on this handle; NULL if there is no such entry.
 * @return PDE_OK; only the failures that any function can give.
 * @threads one call at a time per storage.
 * @since 0.1
 */
PDE_API pde_status pde_storage_info(pde_storage *storage, const char *key,
                                    const char **out_json) PDE_NOEXCEPT;

/**
 * Set or remove one entry of the metadata.
 *
 * It reaches a file when the session ends. Outside a session that is pde_storage_flush, the next session or
 * pde_storage_close, if the mode in force is "append" and the series is described; else the next session
 * takes it, and without one it is gone. The entries `field_attributes` and `data_length` are the storage's
 * own.
 *
 * @param storage [in,out] borrowed for the call.
 * @param key     [in] not empty, without slashes.
 * @param json    [in] any JSON value; or NULL: remove the entry, if there is one.
 * @return PDE_OK; PDE_ERR_ARGUMENT (an empty key, one with a slash, one of the storage's own, text that is
 *         not JSON); PDE_ERR_READONLY; PDE_ERR_EXISTS (mode "create" and snapshots are there); PDE_ERR_STATE
 *         (failed earlier); PDE_ERR_IO.
 * @threads one call at a time per storage.
 * @since 0.1
 */
PDE_API pde_status pde_storage_set_info(pde_storage *storage, const char *key, const char *json) PDE_NOEXCEPT;

/**
 * The metadata of one snapshot, as pde_storage_append_info was given it.
 *
 * @param storage  [in] borrowed for the call.
 * @param index    [in] number of the snapshot; a negative one counts from the end.
 * @param out_json [out] valid until the next call on this handle; NULL if it has none.
 * @return PDE_OK; PDE_ERR_RANGE (no such snapshot); PDE_ERR_UNSUPPORTED (a movie); PDE_ERR_FORMAT (the group
 *         /snapshot_info of the file makes no sense); PDE_ERR_IO.
 * @threads one call at a time per storage.
 * @since 0.2
 */
PDE_API pde_status pde_storage_snapshot_info(pde_storage *storage, int64_t index,
                                             const char **out_json) PDE_NOEXCEPT;

/**
 * Numbers about the writing, as a JSON object:
 *
 * - `snapshots` how many there are.
 * - `bytes_in` the samples of all snapshots, in bytes.
 * - `bytes_stored` bytes that they take; of a file: its size.
 * - `ratio` the second divided by the third; 0 while nothing is stored.
 * - `commits` since the storage was opened.
 * - `seconds_waited` for compression and for the disk, in appends and commits since the storage was opened.
 * - `queue_peak` the most bytes that were on their way to the file at once.
 * - `rounding` which snapshots of a file were rounded and how, [{"from": 0, "keep_bits": 20}]: those from
 *   number 0 on; null where none were.
 *
 * Later versions may add entries.
 *
 * @param storage  [in] borrowed for the call.
 * @param out_json [out] valid until the next call on this handle.
 * @return PDE_OK; only the failures that any function can give.
 * @threads one call at a time per storage.
 * @since 0.1
 */
PDE_API pde_status pde_storage_statistics(pde_storage *storage, const char **out_json) PDE_NOEXCEPT;

/**
 * The address a storage was opened with; "custom:" for one made by pde_storage_create_custom.
 *
 * @param storage [in] borrowed for the call.
 * @param out_uri [out] valid until the next call on this handle.
 * @return PDE_OK; only the failures that any function can give.
 * @threads one call at a time per storage.
 * @since 0.1
 */
PDE_API pde_status pde_storage_uri(pde_storage *storage, const char **out_uri) PDE_NOEXCEPT;

/**
 * The mode in force: "create", "truncate_once", "truncate", "append" or "readonly". It becomes "append" as
 * told at the top.
 *
 * @param storage  [in] borrowed for the call.
 * @param out_mode [out] valid until the next call on this handle.
 * @return PDE_OK; only the failures that any function can give.
 * @threads one call at a time per storage.
 * @since 0.1
 */
PDE_API pde_status pde_storage_mode(pde_storage *storage, const char **out_mode) PDE_NOEXCEPT;

/**
 * Draw a whole series into a picture file. An existing file is replaced.
 *
 * @param storage [in] with at least one snapshot.
 * @param kind    [in] "evolution": the snapshots as curves over one axis, some of them if there are many.
 * @param path    [in] ends in .png, .svg or .pdf.
 * @param options [in] those of pde_field_plot; or NULL.
 * @return PDE_OK; PDE_ERR_ARGUMENT (kind; another ending; options); PDE_ERR_RANGE (no snapshot);
 *         PDE_ERR_UNSUPPORTED (not a real scalar field on one axis; a movie; a build without the movie
 *         module); PDE_ERR_IO.
 * @threads one call at a time per storage.
 * @since 0.1
 */
PDE_API pde_status pde_storage_plot(pde_storage *storage, const char *kind, const char *path,
                                    const pde_options *options) PDE_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
