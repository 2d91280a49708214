/* Lesson 2: record into a file, and read it back.
 *
 * The Allen-Cahn equation on a square of 10 by 10, cut into 128 by 128 cells: from small noise, patches of
 * both signs grow, until one of them has taken all. Every 0.1 units of time a snapshot goes into
 * simulation_data.h5, an HDF5 file that py-pde, h5py, MATLAB and others read as it is. Then the file is
 * opened again, as another program would do it.
 *
 * Usage: 02_file [end time, 10 if left out]
 */
#include <pde.h>
#include <stdio.h>
#include <stdlib.h>

#define TRY(call)                  \
  do {                             \
    status = (call);               \
    if (status < 0) goto clean_up; \
  } while (0)

enum { N = 128 };

static const char path[] = "simulation_data.h5";

/* Solves the equation with one tracker that writes the file. */
static pde_status record(double t_end) {
  const double lower[2] = {0.0, 0.0}, upper[2] = {10.0, 10.0};
  const int64_t shape[2] = {N, N};
  pde_status status = PDE_OK;
  pde_grid *grid = NULL;
  pde_equation *equation = NULL;
  pde_field *state = NULL;
  pde_storage *storage = NULL;
  pde_schedule *schedule = NULL;
  pde_tracker *tracker = NULL;
  pde_controller *run = NULL;

  /* No axis is periodic, so the default boundary condition is: nothing flows through the sides. */
  TRY(pde_grid_create_cartesian(2, lower, upper, shape, NULL, &grid));
  TRY(pde_equation_create("allen-cahn", NULL, &equation));
  TRY(pde_equation_initial_state(equation, grid, 2, &state));

  /* Without a mode (NULL, which is "create") a storage never writes over what is there. "truncate" is the
   * word that gives an old file up, and even then it stays as it is until the first snapshots of the new one
   * are safe. */
  TRY(pde_storage_open(path, "truncate", NULL, &storage));
  TRY(pde_schedule_create_constant(0.1, PDE_TIME_AUTO, &schedule));
  TRY(pde_tracker_create_storage(storage, schedule, NULL, NULL, NULL, NULL, NULL, &tracker));
  TRY(pde_controller_create(&tracker, 1, NULL, &run));
  TRY(pde_solve(equation, state, 0.0, t_end, NULL, run, NULL));
  TRY(pde_storage_close(storage));

clean_up:
  pde_controller_free(run);
  pde_tracker_free(tracker);
  pde_schedule_free(schedule);
  pde_field_free(state);
  pde_equation_free(equation);
  pde_grid_free(grid);
  if (status < 0) fprintf(stderr, "02_file: recording: %s\n", pde_error_message());
  pde_storage_close(storage); /* gone already, unless something failed */
  return status;
}

/* Reads the first snapshot, the last, and all of them at once. */
static pde_status analyse(void) {
  pde_status status = PDE_OK;
  pde_storage *storage = NULL;
  pde_field *snapshot = NULL;
  double *all = NULL, *times = NULL;
  double first = 0.0, last = 0.0;
  int64_t length = 0;

  TRY(pde_storage_open(path, "readonly", NULL, &storage));

  /* The file knows its grid, kind of field and element type; a sample is a field to read into. */
  TRY(pde_storage_sample(storage, &snapshot));
  TRY(pde_storage_read(storage, 0, snapshot));
  TRY(pde_field_average(snapshot, &first, 1));
  TRY(pde_storage_read(storage, -1, snapshot)); /* negative numbers count from the end */
  TRY(pde_field_average(snapshot, &last, 1));
  printf("average: %+.6f at first, %+.6f at last\n", first, last);

  /* All at once, as one array [length][N][N]. We say how much room there is, so a mistake cannot overrun it.
   */
  TRY(pde_storage_length(storage, &length));
  times = calloc((size_t)length, sizeof *times);
  all = calloc((size_t)length * N * N, sizeof *all);
  if (times == NULL || all == NULL) {
    status = pde_error_set(PDE_ERR_MEMORY, "no memory for all snapshots");
    goto clean_up;
  }
  TRY(pde_storage_times(storage, 0, length, times));
  TRY(pde_storage_read_raw(storage, 0, length, 1, PDE_FLOAT64, all, length * N * N));
  printf("%lld snapshots from t = %g to %g\n", (long long)length, times[0], times[length - 1]);

  for (int64_t i = 0; i < length; i += 10) {
    const double *u = all + i * N * N;
    double sum = 0.0;
    int64_t above = 0;
    for (int64_t cell = 0; cell < N * N; ++cell) {
      sum += u[cell];
      above += u[cell] > 0.0;
    }
    printf("t = %4.1f  average %+.6f  cells above zero %4.1f %%\n", times[i], sum / (N * N),
           100.0 * (double)above / (N * N));
  }

clean_up:
  if (status < 0) fprintf(stderr, "02_file: reading: %s\n", pde_error_message());
  free(all);
  free(times);
  pde_field_free(snapshot);
  pde_storage_close(storage);
  return status;
}

int main(int argc, char **argv) {
  const double t_end = argc > 1 ? strtod(argv[1], NULL) : 10.0;
  if (record(t_end) < 0 || analyse() < 0) return EXIT_FAILURE;
  return EXIT_SUCCESS;
}
