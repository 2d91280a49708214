#include <pde.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 64 }; /* a ring of N cells of length 1, with a halo cell at each end */

static pde_status check(pde_status status) {
  if (status >= 0) return status;
  fprintf(stderr, "%s\n", pde_error_message());
  exit(EXIT_FAILURE);
}

int main(void) {
  static double a[N + 2], b[N + 2];
  double *u = a, *v = b, t = 0, t_next, mean;
  for (int i = 1; i <= N / 2; ++i) u[i] = 1;

  pde_grid *grid;
  pde_field *state;
  pde_storage *file;
  pde_tracker *tracker;
  pde_controller *run;
  check(pde_grid_create_unit(1, (int64_t[]){N}, (int32_t[]){1}, &grid));
  check(pde_field_wrap(grid, PDE_SCALAR, PDE_FLOAT64, "temperature", &u[1], NULL, &state));
  check(pde_storage_open("heat.h5", "truncate", NULL, &file));
  check(pde_tracker_create_storage(file, NULL, NULL, NULL, NULL, NULL, NULL, &tracker)); /* every 1.0 */
  check(pde_controller_create(&tracker, 1, NULL, &run));

  pde_status status = check(pde_controller_start(run, state, t, 100, &t_next));
  while (status == PDE_OK) {
    double dt = t_next - t, t_new = t_next, *swap = u;
    if (dt > 0.3) dt = 0.3, t_new = t + dt;
    u[0] = u[N], u[N + 1] = u[1];
    for (int i = 1; i <= N; ++i) v[i] = u[i] + dt * (u[i - 1] - 2 * u[i] + u[i + 1]);
    u = v, v = swap, t = t_new;
    check(pde_field_rebind(state, &u[1]));
    status = check(pde_controller_handle(run, state, t, &t_next));
  }
  check(pde_controller_finish(run, state, t));

  check(pde_storage_read(file, -1, state)); /* the last snapshot, back into the solver's array */
  check(pde_field_average(state, &mean, 1));
  printf("t = %g, mean temperature %g\n", t, mean);
  check(pde_storage_close(file));
  pde_controller_free(run), pde_tracker_free(tracker), pde_field_free(state), pde_grid_free(grid);
}
