/* Lesson 1: solve an equation and keep snapshots in memory.
 *
 * Diffusion on a ring of 32 cells, starting from random values. Every 0.5 units of time a snapshot goes into
 * a storage; afterwards we ask the storage what it holds, and draw all of it into evolution.png.
 *
 * Usage: 01_memory [end time, 5 if left out]
 */
#include <pde.h>
#include <stdio.h>
#include <stdlib.h>

/* Every call can fail. This leaves for the clean-up at the end of main as soon as one does. */
#define TRY(call)                  \
  do {                             \
    status = (call);               \
    if (status < 0) goto clean_up; \
  } while (0)

int main(int argc, char **argv) {
  const double t_end = argc > 1 ? strtod(argv[1], NULL) : 5.0;
  const int64_t shape[1] = {32};
  const int32_t periodic[1] = {1};
  pde_status status = PDE_OK;
  pde_grid *grid = NULL;
  pde_field *state = NULL, *snapshot = NULL;
  pde_options *options = NULL;
  pde_equation *equation = NULL;
  pde_storage *storage = NULL;
  pde_schedule *schedule = NULL;
  pde_tracker *tracker = NULL;
  pde_controller *run = NULL;
  int64_t length = 0;
  double *times = NULL;

  /* Where the field lives: 32 cells of length 1 that close to a ring. */
  TRY(pde_grid_create_unit(1, shape, periodic, &grid));

  /* The field itself, one number per cell, all zero at first. The seed makes every run start alike. */
  TRY(pde_field_create(grid, PDE_SCALAR, PDE_FLOAT64, "c", &state));
  TRY(pde_field_fill_random(state, "uniform", 1, 0.0, 1.0));

  /* dc/dt = 0.1 lap c. What is not an essential argument is an option, with a key and a default. */
  TRY(pde_options_create(&options));
  TRY(pde_options_set_real(options, "diffusivity", 0.1));
  TRY(pde_equation_create("diffusion", options, &equation));

  /* A schedule says when, a storage says where to; a tracker puts the two together, and a controller runs the
   * trackers. Each of them keeps what it needs, so handles may be freed at any time and in any order. */
  TRY(pde_storage_open("memory:", NULL, NULL, &storage));
  TRY(pde_schedule_create_constant(0.5, PDE_TIME_AUTO, &schedule));
  TRY(pde_tracker_create_storage(storage, schedule, NULL, NULL, NULL, NULL, NULL, &tracker));
  TRY(pde_controller_create(&tracker, 1, NULL, &run));

  TRY(pde_solve(equation, state, 0.0, t_end, NULL, run, NULL));

  /* What is in the storage now? Arrays are copied into memory of ours, whose length we state. */
  TRY(pde_storage_length(storage, &length));
  times = calloc((size_t)length, sizeof *times);
  if (times == NULL) {
    status = pde_error_set(PDE_ERR_MEMORY, "no memory for the times");
    goto clean_up;
  }
  TRY(pde_storage_times(storage, 0, length, times));
  printf("%lld snapshots\n", (long long)length);

  /* One field is enough to read them all. Diffusion keeps the average and wears the differences down. */
  TRY(pde_storage_sample(storage, &snapshot));
  for (int64_t i = 0; i < length; ++i) {
    double average = 0.0, variance = 0.0;
    TRY(pde_storage_read(storage, i, snapshot));
    TRY(pde_field_average(snapshot, &average, 1));
    TRY(pde_field_statistic(snapshot, "variance", &variance, 1));
    printf("t = %3.1f  average %.6f  variance %.6f\n", times[i], average, variance);
  }

  /* Pictures come from a part of the library that may be left out of a build. That is a status like any
   * other. */
  status = pde_storage_plot(storage, "evolution", "evolution.png", NULL);
  if (status == PDE_ERR_UNSUPPORTED) {
    printf("no picture: %s\n", pde_error_message());
    status = PDE_OK;
  }
  TRY(status);

  /* Closing is where a storage can still report that something went wrong, so its status counts. */
  TRY(pde_storage_close(storage));

clean_up:
  /* The message says which argument, which value, and what was expected. Handles that are NULL or gone do no
   * harm. */
  if (status < 0) fprintf(stderr, "01_memory: %s: %s\n", pde_status_name(status), pde_error_message());
  free(times);
  pde_controller_free(run);
  pde_tracker_free(tracker);
  pde_schedule_free(schedule);
  pde_storage_close(storage);
  pde_equation_free(equation);
  pde_options_free(options);
  pde_field_free(snapshot);
  pde_field_free(state);
  pde_grid_free(grid);
  return status < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
