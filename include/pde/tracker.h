/**
 * @file
 * Trackers, which do something with the state when a schedule says so, and the controller, which runs them.
 *
 * A controller sits in the time loop of a solver, here one that makes no step longer than dt_max:
 *
 *     status = pde_controller_resume(run, storage, state, &t);
 *     if (status == PDE_EMPTY) initialise(u);
 *     if (status >= 0) status = pde_controller_start(run, state, t, t_end, &t_next);
 *     while (status == PDE_OK) {
 *       double dt = t_next - t, t_new = t_next;
 *       if (dt > dt_max) { dt = dt_max; t_new = t + dt; }
 *       step(u, v, dt);  swap(&u, &v);  t = t_new;
 *       pde_field_rebind(state, &u[1][1]);
 *       status = pde_controller_handle(run, state, t, &t_next);
 *     }
 *     if (status == PDE_STOP) status = pde_controller_finish(run, state, t);
 *
 * Taking t_next itself as the new time, instead of t + dt, is what makes due times exact. pde_solve does all
 * this, but for the resuming, for the equations that the library brings along.
 *
 * What a tracker sees is read-only for the call. The trackers of a controller run in the order in which they
 * were given.
 */
#ifndef PDE_TRACKER_H
#define PDE_TRACKER_H

#include "pde/base.h"
#include "pde/field.h"
#include "pde/options.h"
#include "pde/schedule.h"
#include "pde/storage.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A schedule with something to do. One thread at a time; free with pde_tracker_free. */
typedef struct pde_tracker pde_tracker;

/** The trackers of one run and where it stands. One thread at a time; free with pde_controller_free. */
typedef struct pde_controller pde_controller;

/**
 * Looks at the state when it is due.
 *
 * @param state read-only; lent for the call.
 * @param time  that of the state; user's time unit.
 * @param user  as given to pde_tracker_create_callback.
 * @return PDE_OK; PDE_STOP: the run has reached its aim and ends, after the other trackers that are due; a
 *         negative status: the run fails with it.
 */
typedef pde_status (*pde_callback)(const pde_field *state, double time, void *user);

/**
 * Finds numbers about the state when it is due.
 *
 * @param state      read-only; lent for the call.
 * @param time       that of the state; user's time unit.
 * @param out_values [count] one per column; NaN before. User's units.
 * @param count      the number of columns.
 * @param user       as given to pde_tracker_create_data.
 * @return PDE_OK; PDE_STOP: the run has reached its aim and ends, with this row as the last; a negative
 *         status: the run fails with it, and there is no such row.
 */
typedef pde_status (*pde_measure)(const pde_field *state, double time, double *out_values, int64_t count,
                                  void *user);

/**
 * Computes how fast the state changes.
 *
 * @param state    read-only; lent for the call.
 * @param time     that of the state; user's time unit.
 * @param out_rate to be filled: like the state, but float64, or complex128 where that is complex, and in C
 *                 order; lent for the call. User's unit for this field per time.
 * @param user     as given along with the function.
 * @return PDE_OK; a negative status: the run fails with it.
 */
typedef pde_status (*pde_rate)(const pde_field *state, double time, pde_field *out_rate, void *user);

/* ---- trackers */

/**
 * Create one of the trackers that the library brings along.
 *
 * - "progress" shows on standard error how far the run has come: time, percent, and the real time that is
 *   left; one line that renews itself on a terminal, else plain lines. Default schedule: about once per
 *   second of real time.
 * - "print" prints a line "t=0.4, c=0.9±0.941": the mean of all samples and their standard deviation, all
 *   of them with the same weight. Default: "constant(1)".
 * - "plot" draws the state (pde_field_plot) into the file of option `path`, which is replaced each time,
 *   and complete at any moment; with {index} or {index:04} in the path each picture has a file of its own,
 *   numbered from 0. Options `title` ["Time: {time:g}"], `dpi`, `width`, `height`, `vmin`, `vmax`; limits
 *   that are not set are those of each picture. The last state is drawn, too, unless option `final` is
 *   false. Needs the movie module. Default: "realtime(3)". For movies see pde_tracker_create_storage.
 * - "consistency" fails the run with PDE_ERR_UNSOUND where a sample is not finite. Default: "realtime(1)".
 * - "material_conservation" fails the run with PDE_ERR_UNSOUND where the magnitude of a field
 *   (pde_field_statistic) is off by more than options `atol` + `rtol` times what it was at the start.
 *   Default: "constant(1)".
 * - "steady_state" ends the run as a success where no finite sample has changed by more than options
 *   `atol` + `rtol` times its size, per time, since it was looked at before. Keeps a copy of the state.
 *   With option `progress` it shows on standard error how near that is, on a logarithmic scale. Default:
 *   "realtime(1)". By a rate of your own: pde_tracker_create_steady_state.
 * - "runtime" ends the run as a success when it has taken option `max_runtime` of real time, a number of
 *   seconds or a duration as "1h30m", less option `before`. Default: "steps(1)".
 *
 * Names, parameters and what they say of the end of a run are py-pde's. A tracker that finds the state wrong
 * keeps those behind it from seeing it: put it before those that record.
 *
 * @param name        [in] one of these.
 * @param schedule    [in] copied; or NULL: the tracker's default.
 * @param options     [in] those of pde_options_describe("tracker:progress") and so on; or NULL. "runtime"
 *                    needs `max_runtime`, "plot" needs `path`.
 * @param out_tracker [out] the tracker; the caller's to free.
 * @return PDE_OK; PDE_ERR_ARGUMENT (an unknown name, the message lists them; options); PDE_ERR_UNSUPPORTED
 *         ("plot" in a build without the movie module).
 * @threads any.
 * @since 0.1
 */
PDE_API pde_status pde_tracker_create(const char *name, const pde_schedule *schedule,
                                      const pde_options *options, pde_tracker **out_tracker) PDE_NOEXCEPT;

/**
 * Create a tracker that appends the state, or what a function makes of it, to a storage.
 *
 * It begins the storage's session when the run starts, and ends it when the run is finished. One that it
 * opened itself it also closes then. The last state of a run is stored only if it is due, or if option
 * `final` is set.
 *
 * A movie of the run is a storage, too, "film.mp4" (pde_storage_open).
 *
 * @param storage     [in] kept alive, but not kept open, by the tracker; or NULL: opened from options `uri`
 *                    and `mode`.
 * @param schedule    [in] copied; or NULL: "constant(1)".
 * @param sample      [in] shows grid, kind, dtype and label of what `transform` makes; its values are not
 *                    used; or NULL if transform is.
 * @param transform   [in] fills a field like `sample` from the state; kept until the tracker is gone; or
 *                    NULL: the state itself.
 * @param user        [in] handed to `transform`; or NULL.
 * @param destroy     [in] runs on `user` when the tracker is gone, or at once if this fails; or NULL.
 * @param options     [in] `final` [false]: store the last state, too; `uri`, `mode` ["create"]: only without
 *                    `storage`; or NULL.
 * @param out_tracker [out] the tracker; the caller's to free.
 * @return PDE_OK; PDE_ERR_ARGUMENT (a transform without sample or the other way round; neither storage nor
 *         `uri`, or both; options); without `storage` all that pde_storage_open can give.
 * @threads any; not while another thread uses `storage`.
 * @since 0.1
 */
PDE_API pde_status pde_tracker_create_storage(pde_storage *storage, const pde_schedule *schedule,
                                              const pde_field *sample, pde_transform transform, void *user,
                                              pde_destroy destroy, const pde_options *options,
                                              pde_tracker **out_tracker) PDE_NOEXCEPT;

/**
 * Create a tracker that calls a function.
 *
 * @param schedule    [in] copied; or NULL: "constant(1)".
 * @param callback    [in] kept until the tracker is gone.
 * @param user        [in] handed to `callback`; or NULL.
 * @param destroy     [in] runs on `user` when the tracker is gone, or at once if this fails; or NULL.
 * @param out_tracker [out] the tracker; the caller's to free.
 * @return PDE_OK; only the failures that any function can give.
 * @threads any.
 * @since 0.1
 */
PDE_API pde_status pde_tracker_create_callback(const pde_schedule *schedule, pde_callback callback,
                                               void *user, pde_destroy destroy,
                                               pde_tracker **out_tracker) PDE_NOEXCEPT;

/**
 * Create a tracker that keeps a table: a row per time, with the numbers that a function finds in the state.
 *
 * The table goes to the file of option `path`, or stays in memory (pde_tracker_data_read).
 *
 * - CSV has a header ",time,mean,max" and a running index in front of each row, as py-pde writes it.
 * - JSON lines have one object per row: {"time": 0.5, "mean": 1.0, "max": 2.0}.
 * - JSON has one object per column, {"time": {"0": 0.0, "1": 0.5}, …}, as py-pde writes it.
 *
 * Numbers read back exactly. NaN is an empty cell in CSV, which has "inf" and "-inf"; in JSON all of them are
 * null.
 *
 * A row of CSV or JSON lines is in the file when the call that made it returns, so that others can follow it
 * and a kill loses none. JSON is written once, at the end of the run, to PATH.tmp, which then takes the name.
 * What a kill has left of a row is dropped when a later run goes on behind it.
 *
 * A row that cannot be written, or is earlier than the one before, fails the run.
 *
 * @param columns     [in] names of the values with commas between: "mean,max"; blanks around them do not
 *                    count. All different, none "time" or empty, without quotes, backslashes, line breaks.
 * @param schedule    [in] copied; or NULL: "constant(1)".
 * @param measure     [in] fills one value per column; kept until the tracker is gone.
 * @param user        [in] handed to `measure`; or NULL.
 * @param destroy     [in] runs on `user` when the tracker is gone, or at once if this fails; or NULL.
 * @param options     [in] `path`; `format` [by the ending of the path] csv|jsonl|json; `mode` ["create"],
 *                    in the words of pde_storage_open: "create" refuses a file that holds rows, "append"
 *                    goes on behind them, "truncate" drops them when the run starts; `final` [false]: the
 *                    last state, too; or NULL.
 * @param out_tracker [out] the tracker; the caller's to free.
 * @return PDE_OK; PDE_ERR_ARGUMENT (columns; options; an ending that tells no format); PDE_ERR_EXISTS (mode
 *         "create", and the file holds rows); PDE_ERR_FORMAT (mode "create" or "append", and the file holds
 *         something else, or other columns; it is left as it is); PDE_ERR_BUSY (another tracker writes to the
 *         file); PDE_ERR_IO (message has path and cause).
 * @threads any.
 * @since 0.2
 */
PDE_API pde_status pde_tracker_create_data(const char *columns, const pde_schedule *schedule,
                                           pde_measure measure, void *user, pde_destroy destroy,
                                           const pde_options *options,
                                           pde_tracker **out_tracker) PDE_NOEXCEPT;

/**
 * Create a tracker that ends the run where a function says that the state does not change any more.
 *
 * As "steady_state" of pde_tracker_create, but with the rate of change itself instead of the difference to
 * the state before: it needs no second look, and is exact. A sample whose state is finite and whose rate is
 * not keeps the run going.
 *
 * @param schedule    [in] copied; or NULL: "realtime(1)".
 * @param rate        [in] fills the rate of change of each sample; kept until the tracker is gone.
 * @param user        [in] handed to `rate`; or NULL.
 * @param destroy     [in] runs on `user` when the tracker is gone, or at once if this fails; or NULL.
 * @param options     [in] those of pde_options_describe("tracker:steady_state"); or NULL.
 * @param out_tracker [out] the tracker; the caller's to free.
 * @return PDE_OK; PDE_ERR_ARGUMENT (options).
 * @threads any.
 * @since 0.2
 */
PDE_API pde_status pde_tracker_create_steady_state(const pde_schedule *schedule, pde_rate rate, void *user,
                                                   pde_destroy destroy, const pde_options *options,
                                                   pde_tracker **out_tracker) PDE_NOEXCEPT;

/**
 * How many rows a table in memory has: those of the last run, or of the one that goes on.
 *
 * @param tracker    [in] of pde_tracker_create_data without option `path`.
 * @param out_length [out] rows.
 * @return PDE_OK; PDE_ERR_ARGUMENT (another tracker, or its table is in a file).
 * @threads one call at a time per tracker, and not while another thread runs its controller.
 * @since 0.2
 */
PDE_API pde_status pde_tracker_data_length(const pde_tracker *tracker, int64_t *out_length) PDE_NOEXCEPT;

/**
 * Read rows of a table in memory: (0, length) gives all, (-1, 1) the last.
 *
 * @param tracker  [in] of pde_tracker_create_data without option `path`.
 * @param first    [in] number of the first row; a negative one counts from the end.
 * @param count    [in] how many, at least 0.
 * @param out_rows [out] [count][1 + columns] the time and the values of each row; may be NULL if count is 0.
 * @param size     [in] length of out_rows: count * (1 + columns).
 * @return PDE_OK; PDE_ERR_ARGUMENT (another tracker, or its table is in a file; count below 0); PDE_ERR_RANGE
 *         (beyond either end; the message has the length); PDE_ERR_SHAPE (size).
 * @threads one call at a time per tracker, and not while another thread runs its controller.
 * @since 0.2
 */
PDE_API pde_status pde_tracker_data_read(const pde_tracker *tracker, int64_t first, int64_t count,
                                         double *out_rows, int64_t size) PDE_NOEXCEPT;

/**
 * Give a tracker handle back. A controller that has the tracker keeps it and goes on with it.
 *
 * @param tracker [in] NULL or a stale handle: nothing happens.
 * @threads any, but not while another thread uses the same handle.
 * @since 0.1
 */
PDE_API void pde_tracker_free(pde_tracker *tracker) PDE_NOEXCEPT;

/* ---- the controller */

/**
 * Create a controller for one run.
 *
 * @param trackers       [in] [count] in the order in which they are to run; shared, so the handles may be
 *                       freed. A tracker is in one controller at a time. May be NULL if count is 0.
 * @param count          [in] at least 0.
 * @param options        [in] none in this version; or NULL.
 * @param out_controller [out] the controller; the caller's to free.
 * @return PDE_OK; PDE_ERR_ARGUMENT (count below 0; the same tracker twice; options); PDE_ERR_STATE (a tracker
 *         that another controller has).
 * @threads any.
 * @since 0.1
 */
PDE_API pde_status pde_controller_create(pde_tracker *const *trackers, int64_t count,
                                         const pde_options *options,
                                         pde_controller **out_controller) PDE_NOEXCEPT;

/**
 * Go on with a run that was cut, by a kill or in good order, as if it had not been. [+]
 *
 * To be called before pde_controller_start, on a controller with the same trackers in the same order as
 * before, whose storages are open with mode "append" (one program can do so whether or not there is something
 * to go on from). It reads the last state that was committed with all output up to it, and drops what was
 * recorded later, in each storage that a tracker writes to: the run records that again. Start then with the
 * time that this gives: trackers that were handled at that time are not handled again, schedules go on where
 * they were, and the last state is that which is in the file, bit for bit. A loop that takes the same steps
 * from there leaves the same snapshots as one that was never cut.
 *
 * A kill takes the time since the last commit, and where snapshots come faster than they are written up to
 * two intervals between commits (option `commit_seconds`) more. A callback may see a time again that it saw
 * before the kill. A movie cannot be added to: it goes on in a second file, film-2.mp4 beside film.mp4, and a
 * warning says so. Trackers that keep something of their own go on with it, but "steady_state", which needs
 * one more look at the state unless it was due at that time, and "runtime", which counts anew.
 *
 * Of trackers that the run before did not have, at their place and with their schedule, schedules begin where
 * the run began; so do all in a series that other programs wrote, py-pde for instance, or that was appended
 * to since: then the last snapshot counts, and storages drop what is later than that.
 *
 * @param controller [in,out] not started before.
 * @param from       [in,out] where the states were recorded, without a transformation: a storage of one of
 * the trackers, or another one, which is then left as it is. Not being written.
 * @param state      [out] gets the state: grid, kind and dtype as stored, any layout, writable.
 * @param out_t      [out] its time, to start from; user's time unit. Not set with PDE_EMPTY.
 * @return PDE_OK; PDE_EMPTY (`from` holds no snapshot: begin afresh; nothing has been done);
 *         PDE_ERR_UNSUPPORTED (what is stored is not the state: rounded, narrowed or transformed; a movie; a
 *         view; a state of a later version of the library); PDE_ERR_SHAPE (`state` is of another grid or
 *         kind); PDE_ERR_STATE (started or resumed already; `from` is being written; the storage of a tracker
 *         is not the one that the run wrote to, or has a mode that starts anew); PDE_ERR_READONLY,
 *         PDE_ERR_EXISTS (the storage of a tracker, with mode "readonly" or "create"; or PDE_ERR_READONLY for
 *         the state); PDE_ERR_FORMAT (what is stored about the run makes no sense); PDE_ERR_BUSY (somebody
 *         writes to a storage); what a storage returned. After a failure nothing of what the run goes on from
 *         has been lost.
 * @threads one call at a time per controller, storage and field.
 * @since 0.2
 */
PDE_API pde_status pde_controller_resume(pde_controller *controller, pde_storage *from, pde_field *state,
                                         double *out_t) PDE_NOEXCEPT;

/**
 * Tell that the loop makes steps of a fixed length, which cannot hit due times.
 *
 * Trackers are then handled at the step nearest to the due time, at most half a step early or late, with the
 * time of that step; the run ends with the first step that reaches t_end. Without this a due time counts as
 * met when it is, up to rounding, and trackers are told the due time itself.
 *
 * @param controller [in,out] any time; holds from the next call on.
 * @param dt         [in] finite, above 0; or 0, the default: the loop hits due times. User's time unit.
 * @return PDE_OK; PDE_ERR_ARGUMENT (dt).
 * @threads one call at a time per controller.
 * @since 0.1
 */
PDE_API pde_status pde_controller_set_step(pde_controller *controller, double dt) PDE_NOEXCEPT;

/**
 * Start the run: begin all schedules and sessions, and handle the trackers that are due at t_start, but not
 * after pde_controller_resume. [+]
 *
 * @param controller [in,out] not started before.
 * @param state      [in] the state at t_start, with the grid, kind and dtype that it has throughout the run.
 *                   Borrowed for the call.
 * @param t_start    [in] finite; after pde_controller_resume the time that it gave. User's time unit.
 * @param t_end      [in] not before t_start; +infinity: until something else ends the run. User's time unit.
 * @param out_t_next [out] t_start < t_next <= t_end: call pde_controller_handle no later than at this time.
 *                   Not set with PDE_STOP.
 * @return PDE_OK; PDE_STOP (t_end is not after t_start, or a tracker is satisfied: finish); PDE_ERR_ARGUMENT
 *         (the times); PDE_ERR_STATE (started already; a storage was closed); what a storage or callback
 *         returned. After a failure the run is over.
 * @threads one call at a time per controller.
 * @since 0.1
 */
PDE_API pde_status pde_controller_start(pde_controller *controller, const pde_field *state, double t_start,
                                        double t_end, double *out_t_next) PDE_NOEXCEPT;

/**
 * Whether pde_controller_handle would look at the state. For loops that must collect or convert it first.
 * Changes nothing.
 *
 * @param controller [in] started.
 * @param t          [in] finite; user's time unit.
 * @param out_due    [out] 1 if a tracker is due at t, else 0.
 * @return PDE_OK; PDE_ERR_ARGUMENT (t); PDE_ERR_STATE (not started, or over).
 * @threads one call at a time per controller.
 * @since 0.1
 */
PDE_API pde_status pde_controller_due(pde_controller *controller, double t, int32_t *out_due) PDE_NOEXCEPT;

/**
 * Handle all trackers that are due. To be called once after each step. [+]
 *
 * @param controller [in,out] started.
 * @param state      [in] the state at t; borrowed for the call; or NULL if nothing is due.
 * @param t          [in] finite, later than in the call before; user's time unit.
 * @param out_t_next [out] t < t_next <= t_end: call again no later than at this time. Not set with PDE_STOP.
 * @return PDE_OK; PDE_STOP (t_end is reached, a tracker is satisfied, or pde_controller_stop was called:
 *         finish); PDE_ERR_ARGUMENT (t; state is NULL though a tracker is due); PDE_ERR_STATE (not started,
 *         or over; a storage was closed); PDE_ERR_SHAPE, PDE_ERR_DTYPE (the state is not like the one at the
 *         start); what a storage or callback returned. After a failure the run is over: the trackers after
 *         the one that failed have not been handled, and the sessions of all of them have ended.
 * @threads one call at a time per controller.
 * @since 0.1
 */
PDE_API pde_status pde_controller_handle(pde_controller *controller, const pde_field *state, double t,
                                         double *out_t_next) PDE_NOEXCEPT;

/**
 * Ask a run to end: the next pde_controller_handle handles what is due and answers PDE_STOP.
 *
 * It only sets a mark, takes no lock and no memory, and keeps errno, so a signal handler may call it. Unlike
 * all other functions it leaves the message alone, and it never answers PDE_ERR_BUSY.
 *
 * @param controller [in,out] borrowed for the call.
 * @return PDE_OK; PDE_ERR_ARGUMENT (NULL); PDE_ERR_HANDLE.
 * @threads any, also while another uses the controller, and in signal handlers.
 * @since 0.1
 */
PDE_API pde_status pde_controller_stop(pde_controller *controller) PDE_NOEXCEPT;

/**
 * Finish a run: let the trackers that asked for the last state have it, end the sessions of their storages,
 * write the report.
 *
 * No tracker gets a state twice: those that were handled at t are left out. All trackers are finished, even
 * if one fails; the first failure is returned.
 *
 * @param controller [in,out] started.
 * @param state      [in] the state at t; borrowed for the call.
 * @param t          [in] finite; where the run ended; user's time unit.
 * @return PDE_OK; PDE_ERR_ARGUMENT (t); PDE_ERR_STATE (not started, or over); what a storage or callback
 *         returned.
 * @threads one call at a time per controller.
 * @since 0.1
 */
PDE_API pde_status pde_controller_finish(pde_controller *controller, const pde_field *state,
                                         double t) PDE_NOEXCEPT;

/**
 * The report of a run as a JSON object; storages keep it in their metadata as `controller`.
 *
 * - `t_start`, `t_end` as given; user's time unit.
 * - `t_final` where the run ended; only after that; user's time unit.
 * - `successful` true if it reached t_end or a tracker was satisfied; only after the end.
 * - `stop_reason` in words; only after the end.
 * - `profiler` seconds spent in the loop (`solver`) and in trackers (`tracker`).
 *
 * Later versions may add entries.
 *
 * @param controller [in] borrowed for the call.
 * @param out_json   [out] valid until the next call on this handle.
 * @return PDE_OK; only the failures that any function can give.
 * @threads one call at a time per controller.
 * @since 0.1
 */
PDE_API pde_status pde_controller_info(pde_controller *controller, const char **out_json) PDE_NOEXCEPT;

/**
 * Take a tracker out of a run. If the run is going on, the session of its storage ends.
 *
 * @param controller [in,out] borrowed for the call.
 * @param tracker    [in] one of its trackers; the handle stays the caller's to free.
 * @return PDE_OK; PDE_ERR_NOT_FOUND (the controller does not have it); PDE_ERR_IO.
 * @threads one call at a time per controller.
 * @since 0.1
 */
PDE_API pde_status pde_controller_remove(pde_controller *controller, const pde_tracker *tracker) PDE_NOEXCEPT;

/**
 * Give a controller back. Without pde_controller_finish the run is abandoned: no last state, no report; what
 * was appended stays, and sessions end when their storages are closed.
 *
 * @param controller [in] NULL or a stale handle: nothing happens.
 * @threads any, but not while another thread uses the same handle.
 * @since 0.1
 */
PDE_API void pde_controller_free(pde_controller *controller) PDE_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
