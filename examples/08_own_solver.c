/* Lesson 8: a solver of your own, with its own arrays and its own time loop.
 *
 * A drop of dye on a periodic box of 3 by 2, carried by a steady wind and spread by diffusion. The solver has
 * two arrays with halo cells, one for the state and one for the next, and swaps them after each step. The
 * library looks at these arrays where they are; it only tells the loop how far it may go until somebody wants
 * to see the state.
 *
 * Usage: 08_own_solver [end time, 10 if left out: once round the box]
 */
#include <math.h>
#include <pde.h>
#include <stdio.h>
#include <stdlib.h>

#define TRY(call)                  \
  do {                             \
    status = (call);               \
    if (status < 0) goto clean_up; \
  } while (0)

enum { NX = 96, NY = 64 };

/* u[j][i] belongs to (x_i, y_j): x runs fastest, and a halo of one cell lies on each side. */
typedef double row[NX + 2];

static const double wind_x = 0.3, wind_y = 0.2, diffusivity = 0.005, width = 0.2, h = 1.0 / 32;
static row buffers[2][NY + 2];

/* The exact solution: a bell that moves and widens, and its images beyond the sides of the box. */
static double exact(double x, double y, double t) {
  const double spread = width * width + 2.0 * diffusivity * t;
  double sum = 0.0;
  for (int a = -3; a <= 3; ++a) {
    for (int b = -3; b <= 3; ++b) {
      const double dx = x - 1.5 - wind_x * t + 3.0 * a, dy = y - 1.0 - wind_y * t + 2.0 * b;
      sum += exp(-(dx * dx + dy * dy) / (2.0 * spread));
    }
  }
  return sum * width * width / spread;
}

static void fill_halo(row *u) {
  for (int j = 1; j <= NY; ++j) {
    u[j][0] = u[j][NX];
    u[j][NX + 1] = u[j][1];
  }
  for (int i = 0; i <= NX + 1; ++i) {
    u[0][i] = u[NY][i];
    u[NY + 1][i] = u[1][i];
  }
}

/* One step of explicit Euler with central differences: from u to v. */
static void step(row *u, row *v, double dt) {
  fill_halo(u);
  for (int j = 1; j <= NY; ++j) {
    for (int i = 1; i <= NX; ++i) {
      const double laplace =
          (u[j][i - 1] + u[j][i + 1] + u[j - 1][i] + u[j + 1][i] - 4.0 * u[j][i]) / (h * h);
      const double along = wind_x * (u[j][i + 1] - u[j][i - 1]) + wind_y * (u[j + 1][i] - u[j - 1][i]);
      v[j][i] = u[j][i] + dt * (diffusivity * laplace - along / (2.0 * h));
    }
  }
}

int main(int argc, char **argv) {
  const double t_end = argc > 1 ? strtod(argv[1], NULL) : 10.0, dt_max = 0.003;
  const double lower[2] = {0.0, 0.0}, upper[2] = {3.0, 2.0};
  const int64_t shape[2] = {NX, NY}, strides[2] = {1, NX + 2};
  const int32_t periodic[2] = {1, 1};
  row *u = buffers[0], *v = buffers[1];
  pde_status status = PDE_OK;
  pde_grid *grid = NULL;
  pde_field *state = NULL;
  pde_storage *storage = NULL;
  pde_schedule *schedule = NULL;
  pde_tracker *tracker = NULL;
  pde_controller *run = NULL;
  double t = 0.0, t_next = 0.0, error = 0.0, time = 0.0, mass = 0.0;
  int64_t steps = 0, length = 0;

  for (int j = 1; j <= NY; ++j) {
    for (int i = 1; i <= NX; ++i) u[j][i] = exact((i - 0.5) * h, (j - 0.5) * h, 0.0);
  }

  /* The grid names x first. How the array lies in memory is told by strides, in elements: one on for x, a
   * whole row with its two halo cells for y. The address is that of the first cell that is not halo. */
  TRY(pde_grid_create_cartesian(2, lower, upper, shape, periodic, &grid));
  TRY(pde_field_wrap(grid, PDE_SCALAR, PDE_FLOAT64, "dye", &u[1][1], strides, &state));

  TRY(pde_storage_open("own_solver.h5", "truncate", NULL, &storage));
  TRY(pde_schedule_create_constant(0.25, PDE_TIME_AUTO, &schedule));
  TRY(pde_tracker_create_storage(storage, schedule, NULL, NULL, NULL, NULL, NULL, &tracker));
  TRY(pde_controller_create(&tracker, 1, NULL, &run));

  /* The loop. t_next is when the state is wanted next; becoming t_next itself, rather than t + dt, makes the
   * recorded times exact. After the swap the field has to hear where the state is now. PDE_STOP is the way
   * out at t_end. */
  status = pde_controller_start(run, state, t, t_end, &t_next);
  while (status == PDE_OK) {
    double dt = t_next - t, t_new = t_next;
    if (dt > dt_max) {
      dt = dt_max;
      t_new = t + dt;
    }
    step(u, v, dt);
    row *swap = u;
    u = v;
    v = swap;
    t = t_new;
    ++steps;
    TRY(pde_field_rebind(state, &u[1][1]));
    status = pde_controller_handle(run, state, t, &t_next);
  }
  if (status == PDE_STOP) status = pde_controller_finish(run, state, t);
  TRY(status);

  for (int j = 1; j <= NY; ++j) {
    for (int i = 1; i <= NX; ++i) error = fmax(error, fabs(u[j][i] - exact((i - 0.5) * h, (j - 0.5) * h, t)));
  }
  TRY(pde_field_statistic(state, "integral", &mass, 1));
  printf("%lld steps to t = %g, largest error %.1e, amount of dye %.12f\n", (long long)steps, t, error, mass);

  /* The file holds the same, in the order of the grid. The array we wrapped serves to read into as well. */
  TRY(pde_storage_length(storage, &length));
  for (int64_t n = 0; n < length; n += 4) {
    double highest = 0.0;
    TRY(pde_storage_times(storage, n, 1, &time));
    TRY(pde_storage_read(storage, n, state));
    TRY(pde_field_statistic(state, "integral", &mass, 1));
    TRY(pde_field_statistic(state, "max", &highest, 1));
    printf("t = %5.2f  amount %.12f  highest %.4f\n", time, mass, highest);
  }
  TRY(pde_storage_close(storage));

clean_up:
  if (status < 0) fprintf(stderr, "08_own_solver: %s\n", pde_error_message());
  pde_controller_free(run);
  pde_tracker_free(tracker);
  pde_schedule_free(schedule);
  pde_storage_close(storage);
  pde_field_free(state);
  pde_grid_free(grid);
  return status < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
