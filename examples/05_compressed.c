/* Lesson 5: choose how a file is compressed.
 *
 * The Cahn-Hilliard equation on a square of 20 by 20, cut into 200 by 200 cells: a mixture that begins to
 * come apart. Every 0.2 units of time a snapshot of 320 000 bytes goes into large_simulation.h5, compressed
 * as densely as deflate can. Nothing is lost by it: what is read is bit for bit what was given.
 *
 * Usage: 05_compressed [end time, 10 if left out]
 */
#include <pde.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRY(call)                  \
  do {                             \
    status = (call);               \
    if (status < 0) goto clean_up; \
  } while (0)

/* The number behind a key of a flat JSON object; enough for the statistics of a storage. */
static double number(const char *json, const char *key) {
  char quoted[64];
  snprintf(quoted, sizeof quoted, "\"%s\":", key);
  const char *found = strstr(json, quoted);
  return found != NULL ? strtod(found + strlen(quoted), NULL) : 0.0;
}

int main(int argc, char **argv) {
  const double t_end = argc > 1 ? strtod(argv[1], NULL) : 10.0;
  const double lower[2] = {0.0, 0.0}, upper[2] = {20.0, 20.0};
  const int64_t shape[2] = {200, 200};
  pde_status status = PDE_OK;
  pde_grid *grid = NULL;
  pde_equation *equation = NULL;
  pde_field *state = NULL;
  pde_options *dense = NULL;
  pde_storage *storage = NULL;
  pde_schedule *schedule = NULL;
  pde_tracker *tracker = NULL;
  pde_controller *run = NULL;
  const char *json = NULL;
  double average[2] = {0.0, 0.0}, low = 0.0, high = 0.0;

  TRY(pde_grid_create_cartesian(2, lower, upper, shape, NULL, &grid));
  /* An interface is about as wide as ten cells, so the explicit step is tiny: plain Euler would need some
   * three million of them, the stabilised stepper that is the default gets along with a few hundred. */
  TRY(pde_equation_create("cahn-hilliard", NULL, &equation));
  TRY(pde_equation_initial_state(equation, grid, 5, &state));
  TRY(pde_field_average(state, &average[0], 1));

  /* The filters are the two that every HDF5 library has: shuffle sorts the bytes of the numbers by
   * significance, so that signs and exponents stand side by side, and gzip packs them. Level 9 is the densest
   * and slowest; the default is 1, which gives away a few per cent of space for several times the speed. */
  TRY(pde_options_create(&dense));
  TRY(pde_options_set(dense, "compression", "gzip"));
  TRY(pde_options_set_int(dense, "level", 9));
  TRY(pde_options_set_bool(dense, "shuffle", 1));
  TRY(pde_storage_open("large_simulation.h5", "truncate", dense, &storage));

  TRY(pde_schedule_create_constant(0.2, PDE_TIME_AUTO, &schedule));
  TRY(pde_tracker_create_storage(storage, schedule, NULL, NULL, NULL, NULL, NULL, &tracker));
  TRY(pde_controller_create(&tracker, 1, NULL, &run));
  TRY(pde_solve(equation, state, 0.0, t_end, NULL, run, NULL));

  /* The noise smooths out and the mixture begins to come apart, but nothing of it gets lost. */
  TRY(pde_field_average(state, &average[1], 1));
  TRY(pde_field_statistic(state, "min", &low, 1));
  TRY(pde_field_statistic(state, "max", &high, 1));
  printf("average %.12f at first, %.12f at last, values from %.3f to %.3f\n", average[0], average[1], low,
         high);

  TRY(pde_storage_statistics(storage, &json));
  printf("%.0f snapshots: %.0f bytes of samples in a file of %.0f bytes, ratio %.2f\n",
         number(json, "snapshots"), number(json, "bytes_in"), number(json, "bytes_stored"),
         number(json, "ratio"));
  TRY(pde_storage_close(storage));

clean_up:
  if (status < 0) fprintf(stderr, "05_compressed: %s\n", pde_error_message());
  pde_controller_free(run);
  pde_tracker_free(tracker);
  pde_schedule_free(schedule);
  pde_storage_close(storage);
  pde_options_free(dense);
  pde_field_free(state);
  pde_equation_free(equation);
  pde_grid_free(grid);
  return status < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
