/* Lesson 10: an equation of your own.
 *
 * The rate is a function that reads a state and writes its change per time; the library steps, and runs the
 * trackers. Here it is the Brusselator, two substances that react and spread: du/dt = a - (1 + b) u + u^2 v +
 * lap u, dv/dt = b u - u^2 v + 0.1 lap v. Both are one collection, recorded in custom_rate_data.h5.
 *
 * Usage: 12_custom_rate [end time, 40 if left out]
 */
#include <pde.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 64 }; /* cells along both axes, which are periodic */

static const double A = 1, B = 3;

static void check(pde_status status, const char *what) {
  if (status >= 0) return;
  fprintf(stderr, "%s: %s: %s\n", what, pde_status_name(status), pde_error_message());
  exit(1);
}

/* The sum over the four neighbours, less four times the cell: the cells of a unit grid are 1 wide. */
static double laplace(const double *c, int i, int j) {
  const int up = (i + 1) % N, down = (i + N - 1) % N, right = (j + 1) % N, left = (j + N - 1) % N;
  return c[up * N + j] + c[down * N + j] + c[i * N + right] + c[i * N + left] - 4 * c[i * N + j];
}

/* Both fields come in C order: all of u, then all of v. A failure would end the run with its status. */
static pde_status brusselator(const pde_field *state, double time, pde_field *out_rate, void *user) {
  const void *in;
  void *out;
  pde_status status = pde_field_data_const(state, PDE_FLOAT64, &in, NULL, 0);
  if (status == PDE_OK) status = pde_field_data(out_rate, PDE_FLOAT64, &out);
  if (status != PDE_OK) return status;
  const double *u = in, *v = u + N * N;
  double *du = out, *dv = du + N * N;
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) {
      const int at = i * N + j;
      const double reaction = u[at] * u[at] * v[at];
      du[at] = A - (1 + B) * u[at] + reaction + laplace(u, i, j);
      dv[at] = B * u[at] - reaction + 0.1 * laplace(v, i, j);
    }
  }
  (void)time, ++*(long *)user;
  return PDE_OK;
}

int main(int argc, char **argv) {
  const double t_end = argc > 1 ? strtod(argv[1], NULL) : 40;
  const int64_t shape[] = {N, N};
  const int32_t periodic[] = {1, 1};
  pde_grid *grid;
  pde_field *fields[2], *state;
  pde_storage *storage;
  pde_tracker *trackers[1];
  pde_controller *run;
  pde_equation *equation;
  long calls = 0;
  double t, means[2];

  check(pde_grid_create_unit(2, shape, periodic, &grid), "grid");
  check(pde_field_create(grid, PDE_SCALAR, PDE_FLOAT64, "u", &fields[0]), "u");
  check(pde_field_create(grid, PDE_SCALAR, PDE_FLOAT64, "v", &fields[1]), "v");
  check(pde_field_fill(fields[0], A, 0), "u at rest");
  check(pde_field_fill_random(fields[1], "normal", 1, B / A, 0.1), "v nearly so");
  check(pde_field_collection_create(fields, 2, NULL, &state), "state");

  check(pde_storage_open("custom_rate_data.h5", "truncate", NULL, &storage), "storage");
  check(pde_tracker_create_storage(storage, NULL, NULL, NULL, NULL, NULL, NULL, &trackers[0]), "tracker");
  check(pde_controller_create(trackers, 1, NULL, &run), "controller");
  check(pde_equation_create_custom(brusselator, &calls, NULL, NULL, &equation), "equation");

  check(pde_solve(equation, state, 0, t_end, NULL, run, &t), "solving");
  check(pde_field_average(state, means, 2), "averages");
  printf("t = %g: mean u %.4f, mean v %.4f; the rate was computed %ld times\n", t, means[0], means[1], calls);

  check(pde_storage_close(storage), "closing");
  pde_equation_free(equation);
  pde_controller_free(run);
  pde_tracker_free(trackers[0]);
  pde_field_free(state);
  pde_field_free(fields[0]);
  pde_field_free(fields[1]);
  pde_grid_free(grid);
  return 0;
}
