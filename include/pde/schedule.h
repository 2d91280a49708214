/**
 * @file
 * Schedules: when something is to be done.
 *
 * A schedule is an increasing series of due times. pde_schedule_first begins it, and after each handling
 * pde_schedule_next tells when it is due again. Due times are computed, not added up: the n-th of a constant
 * schedule is start + n * interval, correctly rounded once, however long the run. Due times that have passed
 * unhandled are skipped, none is ever given twice.
 *
 * A schedule has a place in its series, so it is used by one run at a time. Trackers take copies: what
 * happens in a run does not move the schedule they were made from.
 */
#ifndef PDE_SCHEDULE_H
#define PDE_SCHEDULE_H

#include "pde/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A schedule. One thread at a time; free with pde_schedule_free. */
typedef struct pde_schedule pde_schedule;

/**
 * Create a schedule with equal intervals: start, start + interval, start + 2 * interval, ...
 *
 * @param interval     [in] finite, above 0; user's time unit.
 * @param t_start      [in] finite; the first due time, unless the run begins later; user's time unit.
 *                     PDE_TIME_AUTO: where the run begins.
 * @param out_schedule [out] the schedule; the caller's to free.
 * @return PDE_OK; PDE_ERR_ARGUMENT (interval or t_start).
 * @threads any.
 * @since 0.1
 */
PDE_API pde_status pde_schedule_create_constant(double interval, double t_start,
                                                pde_schedule **out_schedule) PDE_NOEXCEPT;

/**
 * Create a schedule from a list of times.
 *
 * @param times        [in] [count] finite, strictly increasing; user's time unit. Copied; may be NULL if
 *                     count is 0.
 * @param count        [in] at least 0; with 0 the schedule is never due.
 * @param out_schedule [out] the schedule; the caller's to free.
 * @return PDE_OK; PDE_ERR_ARGUMENT (a time that is not finite or not above the one before it; count
 *         below 0).
 * @threads any.
 * @since 0.1
 */
PDE_API pde_status pde_schedule_create_list(const double *times, int64_t count,
                                            pde_schedule **out_schedule) PDE_NOEXCEPT;

/**
 * Create a schedule from its text. Times, intervals and scales are in the user's time unit.
 *
 *   "constant(0.1)", "constant(0.1, 5)"            equal intervals, and their start
 *   "list(0, 1, 2.5)"                              these times
 *   "geometric(1, 2)"                              scale * factor^n: 1, 2, 4, 8, …; scale > 0, factor > 1
 *   "logarithmic(1, 2)", "logarithmic(1, 2, 5)"    intervals that grow by a factor of 1 or more, and their start:
 *                                                  after 1, 2, 4, 8, …
 *   "steps(100)"                                   every 100th step of a run, its beginning included: what counts is
 *                                                  calls of pde_controller_handle, not time
 *   "0:30", "1 day, 2:00:00", "PT30S", "1h30m",    about once in so much wall-clock time; "realtime(30)" has the
 *   "realtime(30)", "realtime(30, 0.01)"           number of seconds, and a first guess of how far a run gets in
 *                                                  that time
 *
 * Those of the clock and those that count steps move no step of a run: pde_controller_start and
 * pde_controller_handle do not ask for a step to end at one of their times. The names, and what they mean, are those
 * of py-pde's interrupts.
 *
 * A bare number is refused, because py-pde takes a number as simulation time and a text as real time: say
 * which.
 *
 * @param text         [in] name and numbers; blanks do not matter. Numbers use the point, whatever the
 *                     locale.
 * @param out_schedule [out] the schedule; the caller's to free.
 * @return PDE_OK; PDE_ERR_ARGUMENT (an unknown name, a bare number, something that is no number, or numbers
 *         that the schedule does not take).
 * @threads any.
 * @since 0.1
 */
PDE_API pde_status pde_schedule_parse(const char *text, pde_schedule **out_schedule) PDE_NOEXCEPT;

/**
 * The text of a schedule, from which pde_schedule_parse makes the same one. Its place in the series is not
 * part of it.
 *
 * @param schedule [in] borrowed for the call.
 * @param out_text [out] valid until the next call on this handle.
 * @return PDE_OK; only the failures that any function can give.
 * @threads one call at a time per schedule.
 * @since 0.1
 */
PDE_API pde_status pde_schedule_text(const pde_schedule *schedule, const char **out_text) PDE_NOEXCEPT;

/**
 * Begin a series at a time, whatever has happened to the schedule before.
 *
 * @param schedule   [in,out] borrowed for the call.
 * @param t          [in] finite; where the run begins; user's time unit.
 * @param out_t_next [out] the first due time, t or later; +infinity: never. User's time unit.
 * @return PDE_OK; PDE_ERR_ARGUMENT (t).
 * @threads one call at a time per schedule.
 * @since 0.1
 */
PDE_API pde_status pde_schedule_first(pde_schedule *schedule, double t, double *out_t_next) PDE_NOEXCEPT;

/**
 * Tell a schedule that it was handled at a time, and ask when it is due again.
 *
 * @param schedule   [in,out] begun with pde_schedule_first.
 * @param t          [in] finite; when it was handled, at its due time or a little off; user's time unit.
 * @param out_t_next [out] the next due time, later than t; +infinity: never again. User's time unit.
 * @return PDE_OK; PDE_ERR_ARGUMENT (t); PDE_ERR_STATE (not begun).
 * @threads one call at a time per schedule.
 * @since 0.1
 */
PDE_API pde_status pde_schedule_next(pde_schedule *schedule, double t, double *out_t_next) PDE_NOEXCEPT;

/**
 * Give a schedule back. Trackers made from it have their own copies.
 *
 * @param schedule [in] NULL or a stale handle: nothing happens.
 * @threads any, but not while another thread uses the same handle.
 * @since 0.1
 */
PDE_API void pde_schedule_free(pde_schedule *schedule) PDE_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
