/* Lesson 6: one run, several storages.
 *
 * The Allen-Cahn equation on a periodic grid of 64 by 64 unit cells, recorded three times over, each at its
 * own pace: every 1.0 into memory for a look right after the run, every 0.5 into backup.h5 for the archive,
 * every 0.1 into visualization.mp4 for the talk. The solver makes its steps so that it hits all of these
 * times.
 *
 * Usage: 06_many [end time, 10 if left out]
 */
#include <pde.h>
#include <stdio.h>
#include <stdlib.h>

#define TRY(call)                  \
  do {                             \
    status = (call);               \
    if (status < 0) goto clean_up; \
  } while (0)

enum { COUNT = 3 };

static const char *const uri[COUNT] = {"memory:", "backup.h5", "visualization.mp4"};
static const double interval[COUNT] = {1.0, 0.5, 0.1};
static const char *const settings[COUNT] = {"", "", "fps=10 vmin=-1 vmax=1"};

/* Opens one storage and makes the tracker that feeds it. */
static pde_status add(int k, pde_storage **out_storage, pde_tracker **out_tracker) {
  pde_status status = PDE_OK;
  pde_options *options = NULL;
  pde_schedule *schedule = NULL;
  TRY(pde_options_create(&options));
  TRY(pde_options_parse(options, settings[k]));
  TRY(pde_storage_open(uri[k], "truncate", options, out_storage));
  TRY(pde_schedule_create_constant(interval[k], PDE_TIME_AUTO, &schedule));
  TRY(pde_tracker_create_storage(*out_storage, schedule, NULL, NULL, NULL, NULL, NULL, out_tracker));
clean_up:
  pde_schedule_free(schedule);
  pde_options_free(options);
  return status;
}

int main(int argc, char **argv) {
  const double t_end = argc > 1 ? strtod(argv[1], NULL) : 10.0;
  const int64_t shape[2] = {64, 64};
  const int32_t periodic[2] = {1, 1};
  pde_status status = PDE_OK;
  pde_grid *grid = NULL;
  pde_equation *equation = NULL;
  pde_field *state = NULL, *a = NULL, *b = NULL;
  pde_storage *storages[COUNT] = {NULL, NULL, NULL};
  pde_tracker *trackers[COUNT] = {NULL, NULL, NULL};
  pde_controller *run = NULL;
  int64_t length[COUNT] = {0, 0, 0};

  TRY(pde_grid_create_unit(2, shape, periodic, &grid));
  TRY(pde_equation_create("allen-cahn", NULL, &equation));
  TRY(pde_field_create(grid, PDE_SCALAR, PDE_FLOAT64, "phase", &state));
  TRY(pde_field_fill_random(state, "uniform", 6, -1.0, 1.0));
  for (int k = 0; k < COUNT; ++k) TRY(add(k, &storages[k], &trackers[k]));

  /* One controller runs all trackers, in the order given, whenever one of them is due. */
  TRY(pde_controller_create(trackers, COUNT, NULL, &run));
  TRY(pde_solve(equation, state, 0.0, t_end, NULL, run, NULL));

  for (int k = 0; k < COUNT; ++k) {
    TRY(pde_storage_length(storages[k], &length[k]));
    printf("%-18s every %.1f: %4lld snapshots\n", uri[k], interval[k], (long long)length[k]);
  }

  /* Every snapshot in memory is in the file as well, where it has twice the number. */
  TRY(pde_storage_sample(storages[0], &a));
  TRY(pde_storage_sample(storages[1], &b));
  for (int64_t i = 0; i < length[0]; ++i) {
    double time[2] = {0.0, 0.0}, average[2] = {0.0, 0.0};
    TRY(pde_storage_times(storages[0], i, 1, &time[0]));
    TRY(pde_storage_times(storages[1], 2 * i, 1, &time[1]));
    TRY(pde_storage_read(storages[0], i, a));
    TRY(pde_storage_read(storages[1], 2 * i, b));
    TRY(pde_field_average(a, &average[0], 1));
    TRY(pde_field_average(b, &average[1], 1));
    printf("t = %4.1f  average %+.6f in memory, t = %4.1f  %+.6f in the file\n", time[0], average[0], time[1],
           average[1]);
  }

  for (int k = 0; k < COUNT; ++k) TRY(pde_storage_close(storages[k]));

clean_up:
  if (status < 0) fprintf(stderr, "06_many: %s\n", pde_error_message());
  pde_controller_free(run);
  for (int k = 0; k < COUNT; ++k) pde_tracker_free(trackers[k]);
  for (int k = 0; k < COUNT; ++k) pde_storage_close(storages[k]);
  pde_field_free(b);
  pde_field_free(a);
  pde_field_free(state);
  pde_equation_free(equation);
  pde_grid_free(grid);
  return status < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
