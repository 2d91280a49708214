/* Lesson 9: look at a series without reading it as a whole, and make others out of it.
 *
 * Heat spreads over a plate of 64 by 64 cells. From the file of the run we read what a probe in one corner of
 * the plate would have seen, and the snapshots of a window of time; then we compute the squared gradient of
 * every snapshot into a second file, merge both into one series of collections, and view its fields by name.
 *
 * Usage: 09_analysis [end time, 20 if left out]
 */
#include <pde.h>
#include <stdio.h>
#include <stdlib.h>

#define TRY(call)                  \
  do {                             \
    status = (call);               \
    if (status < 0) goto clean_up; \
  } while (0)

enum { N = 64 };

/* A hot square in the middle. */
static pde_status hot_square(const double *position, int64_t ndim, double *out_values, int64_t count,
                             void *user) {
  (void)ndim, (void)count, (void)user;
  out_values[0] = position[0] > 24 && position[0] < 40 && position[1] > 24 && position[1] < 40 ? 1.0 : 0.0;
  return PDE_OK;
}

/* Solves the equation and records a snapshot per unit of time. */
static pde_status record(const char *path, double t_end) {
  pde_status status = PDE_OK;
  pde_grid *grid = NULL;
  pde_field *state = NULL;
  pde_equation *equation = NULL;
  pde_storage *storage = NULL;
  pde_tracker *tracker = NULL;
  pde_controller *run = NULL;

  TRY(pde_grid_create_unit(2, (const int64_t[]){N, N}, NULL, &grid));
  TRY(pde_field_create(grid, PDE_SCALAR, PDE_FLOAT64, "temperature", &state));
  TRY(pde_field_fill_function(state, hot_square, NULL));
  TRY(pde_equation_create("diffusion", NULL, &equation));
  TRY(pde_storage_open(path, "truncate", NULL, &storage));
  TRY(pde_tracker_create_storage(storage, NULL, NULL, NULL, NULL, NULL, NULL, &tracker));
  TRY(pde_controller_create(&tracker, 1, NULL, &run));
  TRY(pde_solve(equation, state, 0.0, t_end, NULL, run, NULL));
  status = pde_storage_close(storage);
  storage = NULL;

clean_up:
  if (status < 0) fprintf(stderr, "09_analysis: recording: %s\n", pde_error_message());
  pde_controller_free(run);
  pde_tracker_free(tracker);
  if (storage) pde_storage_close(storage);
  pde_equation_free(equation);
  pde_field_free(state);
  pde_grid_free(grid);
  return status;
}

/* The squared gradient, by differences of neighbours. It may run on several threads at once, so it keeps
 * nothing from one call to the next. */
static pde_status squared_gradient(const pde_field *in, double time, pde_field *out, void *user) {
  const void *samples = NULL;
  void *results = NULL;
  (void)time, (void)user;
  pde_status status = pde_field_data_const(in, PDE_FLOAT64, &samples, NULL, 0);
  if (status == PDE_OK) status = pde_field_data(out, PDE_FLOAT64, &results);
  if (status != PDE_OK) return status;
  const double *u = samples;
  double *g = results;
  for (int i = 0; i < N; ++i) {
    const int up = i < N - 1 ? i + 1 : i, down = i > 0 ? i - 1 : i;
    for (int j = 0; j < N; ++j) {
      const int right = j < N - 1 ? j + 1 : j, left = j > 0 ? j - 1 : j;
      const double dx = (u[up * N + j] - u[down * N + j]) / 2, dy = (u[i * N + right] - u[i * N + left]) / 2;
      g[i * N + j] = dx * dx + dy * dy;
    }
  }
  return PDE_OK;
}

/* What a probe of 4 by 4 cells beside the hot square has seen: only these cells are read. */
static pde_status probe(pde_storage *storage) {
  double cells[64][4][4];
  int64_t length = 0;
  pde_status status = pde_storage_length(storage, &length);
  if (status < 0) return status;
  const int64_t lower[] = {44, 30}, shape[] = {4, 4}, count = length < 64 ? length : 64;
  status = pde_storage_read_box(storage, 0, count, 1, lower, shape, PDE_FLOAT64, cells, NULL);
  for (int64_t i = 0; status == PDE_OK && i < count; i += 5) {
    double sum = 0;
    for (int cell = 0; cell < 16; ++cell) sum += cells[i][cell / 4][cell % 4];
    printf("snapshot %2lld: %.4f at the probe\n", (long long)i, sum / 16);
  }
  return status;
}

/* The mean over space and time of one field of a series. */
static pde_status mean_of(pde_storage *series, const char *label) {
  pde_status status = PDE_OK;
  pde_storage *view = NULL;
  pde_field *snapshot = NULL;
  int64_t member = 0, length = 0;
  double mean = 0.0, sum = 0.0;

  TRY(pde_storage_find_member(series, label, &member));
  TRY(pde_storage_view_field(series, member, &view)); /* copies nothing */
  TRY(pde_storage_sample(view, &snapshot));
  TRY(pde_storage_length(view, &length));
  for (int64_t i = 0; i < length; ++i) {
    TRY(pde_storage_read(view, i, snapshot));
    TRY(pde_field_average(snapshot, &mean, 1));
    sum += mean;
  }
  printf("mean %s: %.6f\n", label, sum / (double)length);

clean_up:
  pde_field_free(snapshot);
  if (view) pde_storage_close(view);
  return status;
}

static pde_status analyse(const char *path) {
  pde_status status = PDE_OK;
  pde_storage *heat = NULL, *gradient = NULL, *both = NULL;
  pde_field *result = NULL;
  pde_grid *grid = NULL;
  pde_options *options = NULL;
  int64_t first = 0, count = 0;

  TRY(pde_storage_open(path, "readonly", NULL, &heat));
  TRY(pde_storage_check(heat, NULL)); /* reads and verifies everything */
  TRY(probe(heat));
  TRY(pde_storage_find_range(heat, 0.5, 1.5, &first, &count));
  printf("from t = 0.5 to 1.5: %lld from snapshot %lld on\n", (long long)count, (long long)first);

  /* The result has a label of its own, so a sample of it says so. */
  TRY(pde_storage_grid(heat, &grid));
  TRY(pde_field_create(grid, PDE_SCALAR, PDE_FLOAT64, "squared gradient", &result));
  TRY(pde_storage_open("gradient.h5", "truncate", NULL, &gradient));
  TRY(pde_options_create(&options));
  TRY(pde_options_set_bool(options, "parallel", 1));
  TRY(pde_storage_apply(heat, result, squared_gradient, NULL, gradient, options));

  TRY(pde_storage_open("memory:", NULL, NULL, &both));
  TRY(pde_storage_merge((pde_storage *const[]){heat, gradient}, 2, "heat", both, NULL));
  TRY(mean_of(both, "temperature"));
  TRY(mean_of(both, "squared gradient"));

clean_up:
  if (status < 0) fprintf(stderr, "09_analysis: %s\n", pde_error_message());
  if (both) pde_storage_close(both);
  if (gradient) pde_storage_close(gradient);
  if (heat) pde_storage_close(heat);
  pde_options_free(options);
  pde_field_free(result);
  pde_grid_free(grid);
  return status;
}

int main(int argc, char **argv) {
  const double t_end = argc > 1 ? strtod(argv[1], NULL) : 20.0;
  if (record("heat.h5", t_end) < 0 || analyse("heat.h5") < 0) return EXIT_FAILURE;
  return EXIT_SUCCESS;
}
