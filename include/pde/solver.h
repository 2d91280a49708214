/**
 * @file
 * The small solver: differential operators, a few well-known equations for one scalar field, equations of your
 * own for any field, and the time loop that drives trackers.
 *
 * With c the field, lap the Laplace operator (second order: central differences, and around a centre the
 * fluxes through the faces of cells), and defaults in brackets:
 *
 * - "diffusion": dc/dt = D lap c. Options: `diffusivity` D [1], `bc`, `noise` s [0]: each step of h adds
 *   sqrt(h s / volume) N(0, 1) to each cell.
 * - "allen-cahn": dc/dt = M (g lap c - c^3 + c). Options: `interface_width` g [1], `mobility` M [1], `bc`.
 * - "cahn-hilliard": dc/dt = lap m with m = c^3 - c - g lap c. Options: `interface_width` g [1], `bc_c`,
 *   `bc_mu`.
 * - "swift-hohenberg": dc/dt = (e - k^2) c - 2 k lap c - lap lap c + d c^2 - c^3. Options: `rate` e [0.1],
 *   `kc2` k [1], `delta` d [1], `bc`, `bc_lap` [as bc].
 *
 * Boundary conditions belong to what an operator acts on: `bc_c` to c, `bc_mu` to m, `bc_lap` to lap c, `bc`
 * to everything else, the input of a pde_operator among it. One condition says what holds at one side; v is
 * its value [0], d_n the derivative along the outward normal, for c or whatever the condition belongs to:
 *
 * - "value" or "dirichlet": c = v. "derivative" or "neumann": d_n c = v.
 * - "mixed" or "robin": d_n c + v c = b, with b from `const` [0]; v may be infinite.
 * - "curvature", "second_derivative" or "extrapolate": the second derivative is v; at least two cells.
 * - "periodic", "anti-periodic": along periodic axes, and nothing else there.
 * - "normal_value", "normal_derivative", "normal_mixed", "normal_curvature" (or "normal_dirichlet" …): the
 *   same for the component of a vector or tensor that is normal to the side (of the last index); the others
 *   are left open, which divergences do not mind.
 * - "auto_periodic_" and one of these, such as "auto_periodic_neumann", the default: periodic along periodic
 *   axes, and that elsewhere.
 *
 * The text of such an option is the name of a condition for the whole grid, or JSON: one condition with its
 * numbers, as {"value": 2} or {"type": "mixed", "value": 2, "const": 7}, or an object with conditions for
 * axes and sides:
 *
 *     {"x-": {"value": 1}, "right": "neumann", "y": {"low": "value", "high": "curvature"}, "*": "value"}
 *
 * Sides go by axis and sign ("x-", "x+"; on other grids "r-", "z+") or by name: left, right; bottom, top;
 * back, front along x, y, z; inner, outer along r; bottom, top along z of cylinders. A name goes before the
 * sign, the sign before the axis, and "*" stands for what is not mentioned. An axis takes one condition for
 * both sides, a pair, or low and high. Equations give sides that are not mentioned "auto_periodic_neumann";
 * for operators that is an error. For both it is one if a key fits no side of the grid.
 *
 * A value is a number; a list with one per component; or a list with one per component and point of the side
 * (for a scalar, one per point), nested in C order. Texts that are numbers count as such; expressions are
 * PDE_ERR_UNSUPPORTED. Long lists are better set with pde_options_set_reals under the name of the option, a
 * colon and the side or axis, as "bc:x-": they are the value of the condition that the text names there.
 */
#ifndef PDE_SOLVER_H
#define PDE_SOLVER_H

#include "pde/base.h"
#include "pde/field.h"
#include "pde/grid.h"
#include "pde/options.h"
#include "pde/tracker.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A differential operator on a grid. One thread at a time; free with pde_operator_free. */
typedef struct pde_operator pde_operator;

/** An equation with its parameters and boundary conditions. Immutable; free with pde_equation_free. */
typedef struct pde_equation pde_equation;

/**
 * Create a differential operator: names, formulas and defaults are those of py-pde.
 *
 * On all grids, from scalar to scalar unless it says otherwise:
 *
 * - "laplace". On two straight axes with option `corner_weight` w [0] the nine-point formula, which
 *   approximates it where cells are square. A corner comes from the other end of a periodic axis; without one
 *   it is the mean of the ghost cells beside it.
 * - "gradient": scalar to vector. "divergence": vector to scalar. "vector_gradient": vector to tensor, T_ij =
 *   d_j v_i. "tensor_divergence": tensor to vector, v_i = d_j T_ij.
 * - "gradient_squared": the square of the central difference, summed over axes; with option `central` [true]
 *   false the mean square of the differences to both sides.
 * - "d_dx", "d_dx_forward", "d_dx_backward", "d2_dx2" and the same for the other axes: y, z, r.
 *
 * On unit, Cartesian and cylindrical grids: "vector_laplace", vector to vector. On spherical grids:
 * "tensor_double_divergence", tensor to scalar.
 *
 * First derivatives are central differences. With option `method` ["central"] "forward" or "backward" they
 * are of first order, to one side: gradient, divergence, vector_gradient and tensor_divergence on unit and
 * Cartesian grids, gradient on polar ones, gradient, divergence and vector_gradient on spherical ones.
 *
 * On spherical grids option `conservative` chooses between fluxes through the faces of cells, which conserve
 * the integral, and plain differences; the default is true, for tensor_divergence false. Option `safe`
 * [true]: pde_operator_apply refuses a field whose result would depend on the angles (divergence: v_theta is
 * 0; vector_gradient: v_phi, too; the tensors: T_theta_theta = T_phi_phi and what its message names).
 *
 * Components are those of the grid: (x, y, z), (r, phi), (r, theta, phi), on cylinders (r, z, phi).
 *
 * @param grid    [in] kept alive by the operator.
 * @param name    [in] see above.
 * @param options [in] `bc` ["auto_periodic_neumann"] with the boundary conditions of the input, for all
 *                sides; and those above, where the operator has them; or NULL.
 * @param out_op  [out] the operator; the caller's to free.
 * @return PDE_OK; PDE_ERR_ARGUMENT (an unknown name, the message lists those of the grid; options; boundary
 *         conditions that do not fit the grid, or for normal components where others are looked at);
 *         PDE_ERR_UNSUPPORTED (a name that this kind of grid has not; an expression as boundary condition).
 * @threads any.
 * @since 0.2
 */
PDE_API pde_status pde_operator_create(const pde_grid *grid, const char *name, const pde_options *options,
                                       pde_operator **out_op) PDE_NOEXCEPT;

/**
 * Apply an operator: out = op(in).
 *
 * The first call takes memory for the components of both fields, which the operator keeps. Real and imaginary
 * parts are treated apart, and the numbers of boundary conditions are real; "gradient_squared" takes float64
 * only.
 *
 * @param op   [in,out] borrowed for the call.
 * @param in   [in] of the operator's grid and the rank that its name asks for, float64 or complex128, any
 *             layout. Its ghost cells come from the boundary conditions, not from around the array.
 * @param time [in] finite; for conditions that depend on it, of which there are none yet; user's time unit.
 * @param out  [in,out] of the operator's grid, the rank of the result, and the dtype of `in`, any layout. It
 *             must not share samples with `in`. Overwritten; after a failure it may be overwritten in part.
 * @return PDE_OK; PDE_ERR_SHAPE (grid or rank of a field); PDE_ERR_DTYPE; PDE_ERR_ARGUMENT (`time` is not
 *         finite; `in` lacks the symmetry that option `safe` asks for; `out` has samples of `in`);
 *         PDE_ERR_READONLY (`out`).
 * @threads one call at a time per operator and field.
 * @since 0.2
 */
PDE_API pde_status pde_operator_apply(pde_operator *op, const pde_field *in, double time,
                                      pde_field *out) PDE_NOEXCEPT;

/**
 * Give an operator back.
 *
 * @param op [in] NULL or a stale handle: nothing happens.
 * @threads any, but not while another thread uses the same handle.
 * @since 0.2
 */
PDE_API void pde_operator_free(pde_operator *op) PDE_NOEXCEPT;

/**
 * Create one of the equations that the library brings along.
 *
 * @param name         [in] "diffusion", "allen-cahn", "cahn-hilliard" or "swift-hohenberg".
 * @param options      [in] see above, numbers finite, those of D, g and M not below 0; or NULL.
 * @param out_equation [out] the equation; the caller's to free.
 * @return PDE_OK; PDE_ERR_ARGUMENT (an unknown name, the message lists them; options); PDE_ERR_UNSUPPORTED
 *         (an expression as boundary condition).
 * @threads any.
 * @since 0.1
 */
PDE_API pde_status pde_equation_create(const char *name, const pde_options *options,
                                       pde_equation **out_equation) PDE_NOEXCEPT;

/**
 * The right-hand side of an equation of your own: writes dc/dt of a state.
 *
 * It is called once or more in each step, on the thread that called pde_solve and before that returns, for
 * the state itself and for others near it. The equation and the state of pde_solve are in use meanwhile
 * (PDE_ERR_BUSY); every other handle may be used, operators too.
 *
 * @param state    [in] of the kind, grid, dtype and labels of the state that is solved, in C order
 *                 (pde_field_data_const with strides NULL); lent for the call.
 * @param time     [in] user's time unit. Some steppers ask for times a little before t_start.
 * @param out_rate [in,out] of the same kind, in C order (pde_field_data): holds anything, and is to be
 *                 written completely; user's unit of the state per time unit; lent for the call.
 * @param user     [in] as given to pde_equation_create_custom.
 * @return PDE_OK; a failure (best PDE_ERR_USER or below, with pde_error_set), which ends the run and is what
 *         pde_solve returns. News count as a failure, PDE_ERR_USER.
 */
typedef pde_status (*pde_rate)(const pde_field *state, double time, pde_field *out_rate, void *user);

/**
 * Create an equation from a function that computes its rate.
 *
 * Its states may be fields of any rank and collections, on any grid, float64 or complex128. Every stepper can
 * be used. The default is "rk45", which needs to know nothing about the rate; "rkc" is for rates whose
 * derivative has eigenvalues near the negative real axis, as diffusion and reactions have, and not for waves.
 * pde_equation_initial_state gives a scalar field for these, too. Options:
 *
 * - `name` ["custom"]: what files call the equation.
 * - `spectral_radius`, for "rkc": a bound on the moduli of the eigenvalues of the rate's derivative; per
 *   time. If left out it is estimated every 25 steps and after a rejected one, with some calls of `rate`.
 *
 * @param rate         [in] not NULL.
 * @param user         [in] handed to rate; or NULL.
 * @param destroy      [in] called once with user when the equation is gone, also if this fails; or NULL.
 * @param options      [in] see above; or NULL.
 * @param out_equation [out] the equation; the caller's to free.
 * @return PDE_OK; PDE_ERR_ARGUMENT (NULL; options).
 * @threads any.
 * @since 0.2
 */
PDE_API pde_status pde_equation_create_custom(pde_rate rate, void *user, pde_destroy destroy,
                                              const pde_options *options,
                                              pde_equation **out_equation) PDE_NOEXCEPT;

/**
 * Create a state to start from: small noise about the homogeneous state.
 *
 * The same equation, grid and seed give the same state on every machine.
 *
 * @param equation  [in] borrowed for the call.
 * @param grid      [in] kept alive by the field.
 * @param seed      [in] any number.
 * @param out_field [out] scalar, float64, without label; the caller's to free.
 * @return PDE_OK; PDE_ERR_RANGE (more bytes than an address can count); PDE_ERR_MEMORY.
 * @threads one call at a time per equation.
 * @since 0.1
 */
PDE_API pde_status pde_equation_initial_state(const pde_equation *equation, const pde_grid *grid,
                                              int64_t seed, pde_field **out_field) PDE_NOEXCEPT;

/**
 * Give an equation back.
 *
 * @param equation [in] NULL or a stale handle: nothing happens.
 * @threads any, but not while another thread uses the same handle.
 * @since 0.1
 */
PDE_API void pde_equation_free(pde_equation *equation) PDE_NOEXCEPT;

/**
 * Solve an equation from t_start to t_end, running the trackers of a controller. [+]
 *
 * This is the whole run: it starts the controller, handles its trackers and finishes it. Option `stepper`
 * names the method; all of them are explicit:
 *
 * | stepper           | order | fields | steps                                                     |
 * |-------------------|-------|--------|-----------------------------------------------------------|
 * | "rkc"             | 2     | 4      | follow the error; stable at long diffusive steps          |
 * | "rk45"            | 4     | 7      | follow the error, by py-pde's rules                       |
 * | "euler-adaptive"  | 1     | 4      | follow the error, by py-pde's rules                       |
 * | "euler"           | 1     | 2      | equal                                                     |
 * | "rk4"             | 4     | 4      | equal; "runge-kutta" is the same                          |
 * | "adams-bashforth" | 2     | 3      | equal; one rate in each step                              |
 *
 * The default is "rkc", for equations of your own "rk45". Fields are those of memory, besides the state;
 * "cahn-hilliard", "swift-hohenberg" and equations of your own need one more. Further options:
 *
 * - `dt`: for equal steps the step, which must be given. Otherwise the first step: for "rkc" found by itself
 *   if left out, for "rk45" and "euler-adaptive" 0.001. User's time unit.
 * - `tolerance` [1e-4], where steps follow the error: that which a step may make in any cell; user's unit for
 *   this field. For "rkc" it is relative to the value where that is above 1.
 * - `dt_min` [1e-10], `dt_max` [1e10] for "rk45" and "euler-adaptive": limits of their steps, except that the
 *   step to a due time may be shorter; user's time unit. If a step of dt_min is too long, the run fails.
 * - `step_rule` ["exact"]: steps end at due times and at t_end; equal steps are at most dt long, as few as
 *   lead there. "fixed", for equal steps: full steps only, as py-pde makes them, n = (t1 - t0) / dt rounded
 *   to the nearest (halves to even) and at least 1, so that due times are met to half a step.
 * - `seed` [0] of the noise of "diffusion", which goes with "euler" only. The noise of a cell in the n-th
 *   step of a run depends on the seed, n and the cell alone: a run can be repeated to the bit, and another
 *   run should have another seed.
 * - `catch_interrupt` [false]: while this runs, the first SIGINT of the process ends the run after the step
 *   in progress ("User interrupted simulation"); all is finished, and PDE_STOP comes back. A second one goes
 *   to the handler that was there before, which is back when this returns, whatever the outcome.
 *
 * "adams-bashforth" begins with the rate that a step backwards would have had, as in py-pde, and does so
 * again at every due time where steps end; the order stays the same.
 *
 * The progress callback of the options counts thousandths of the way from t_start to t_end (total: 1000).
 *
 * @param equation   [in] borrowed for the call.
 * @param state      [in,out] scalar, float64, any layout (equations of your own: any field, float64 or
 *                   complex128): the state at t_start, then that at *out_t; user's unit for this field. After
 *                   a failure the last state that was reached and is finite. Trackers see it read-only.
 * @param t_start    [in] finite; user's time unit.
 * @param t_end      [in] finite, not before t_start; user's time unit.
 * @param options    [in] see above; or NULL.
 * @param controller [in,out] not started before; or NULL: no trackers.
 * @param out_t      [out] where the run ended; user's time unit; or NULL.
 * @return PDE_OK (t_end is reached); PDE_STOP (a tracker, pde_controller_stop, the progress callback or a
 *         signal that was asked for ended the run early; all is finished nevertheless); PDE_ERR_ARGUMENT
 *         (times; options; boundary conditions that do not fit the grid); PDE_ERR_SHAPE (the state is no
 *         scalar field); PDE_ERR_DTYPE (the state is not float64); PDE_ERR_UNSUPPORTED (noise with another
 *         stepper than "euler"); PDE_ERR_READONLY (the state); PDE_ERR_STATE (the controller was started
 *         before); PDE_ERR_UNSOUND (the state is not finite any more, or no step is short enough for the
 *         tolerance); what a storage, a rate or another callback returned.
 * @threads one call at a time per equation, state and controller.
 * @since 0.1
 */
PDE_API pde_status pde_solve(const pde_equation *equation, pde_field *state, double t_start, double t_end,
                             const pde_options *options, pde_controller *controller,
                             double *out_t) PDE_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
