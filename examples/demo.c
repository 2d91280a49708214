/* The demo: patterns out of noise, recorded three times over.
 *
 * Solves the Swift-Hohenberg equation on a periodic square, ten wavelengths wide, from a seeded random state,
 * and records it to memory, to an HDF5 file and to a movie, while a bar on standard error shows how far it
 * has come. Then it reads the file back, checks it against memory bit for bit, draws the last state, and
 * prints a table.
 *
 * Usage: demo [folder, build/demo if left out [end time, 100 if left out]]
 *
 * Writes pattern.h5, pattern.mp4 and pattern.png into the folder. Old ones are replaced.
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

enum { N = 128, MEMORY = 0, HDF5 = 1, MOVIE = 2, STORAGES = 3 };

static const char *const name[STORAGES] = {"memory", "file", "movie"};

/* The number behind a key of a flat JSON object. */
static double number(const char *json, const char *key) {
  char quoted[64];
  snprintf(quoted, sizeof quoted, "\"%s\":", key);
  const char *found = strstr(json, quoted);
  return found != NULL ? strtod(found + strlen(quoted), NULL) : 0.0;
}

/* Solves the equation from t = 0 to t_end; the storages get their snapshots. */
static pde_status record(double t_end, pde_storage *const storages[STORAGES], pde_field **out_state) {
  /* The pattern has a wavelength of about 2 pi, so ten waves fit into 20 pi = 62.83185307179586. */
  const double lower[2] = {0.0, 0.0}, upper[2] = {62.83185307179586, 62.83185307179586};
  const int64_t shape[2] = {N, N};
  const int32_t periodic[2] = {1, 1};
  pde_status status = PDE_OK;
  pde_grid *grid = NULL;
  pde_equation *equation = NULL;
  pde_schedule *when = NULL, *often = NULL;
  pde_tracker *trackers[STORAGES + 1] = {NULL, NULL, NULL, NULL};
  pde_controller *run = NULL;

  TRY(pde_grid_create_cartesian(2, lower, upper, shape, periodic, &grid));
  TRY(pde_equation_create("swift-hohenberg", NULL, &equation));
  TRY(pde_field_create(grid, PDE_SCALAR, PDE_FLOAT64, "c", out_state));
  TRY(pde_field_fill_random(*out_state, "normal", 2024, 0.0, 0.1));
  TRY(pde_schedule_create_constant(0.5, PDE_TIME_AUTO, &when));
  TRY(pde_schedule_create_constant(t_end > 0.0 ? t_end / 10 : 1.0, PDE_TIME_AUTO, &often));
  for (int k = 0; k < STORAGES; ++k) {
    TRY(pde_tracker_create_storage(storages[k], when, NULL, NULL, NULL, NULL, NULL, &trackers[k]));
  }
  TRY(pde_tracker_create("progress", often, NULL, &trackers[STORAGES]));
  TRY(pde_controller_create(trackers, STORAGES + 1, NULL, &run));
  TRY(pde_solve(equation, *out_state, 0.0, t_end, NULL, run, NULL));

clean_up:
  pde_controller_free(run);
  for (int k = 0; k <= STORAGES; ++k) pde_tracker_free(trackers[k]);
  pde_schedule_free(often);
  pde_schedule_free(when);
  pde_equation_free(equation);
  pde_grid_free(grid);
  return status;
}

/* Whether two series have the same times and samples, bit for bit. Prints a line for some of the snapshots.
 */
static pde_status compare(pde_storage *memory, pde_storage *file) {
  static double a[N * N], b[N * N];
  pde_status status = PDE_OK;
  pde_field *snapshot = NULL;
  int64_t length = 0, other = 0;

  TRY(pde_storage_length(memory, &length));
  TRY(pde_storage_length(file, &other));
  if (other != length)
    TRY(pde_error_set(PDE_ERR_UNSOUND, "the file has another number of snapshots than memory"));
  TRY(pde_storage_sample(file, &snapshot));
  printf("%8s %10s %10s %10s\n", "time", "mean", "min", "max");
  for (int64_t i = 0; i < length; ++i) {
    double time[2] = {0.0, 0.0}, mean = 0.0, low = 0.0, high = 0.0;
    TRY(pde_storage_times(memory, i, 1, &time[0]));
    TRY(pde_storage_times(file, i, 1, &time[1]));
    TRY(pde_storage_read_raw(memory, i, 1, 1, PDE_FLOAT64, a, N * N));
    TRY(pde_storage_read_raw(file, i, 1, 1, PDE_FLOAT64, b, N * N));
    if (memcmp(&time[0], &time[1], sizeof time[0]) != 0 || memcmp(a, b, sizeof a) != 0) {
      TRY(pde_error_set(PDE_ERR_UNSOUND, "the file differs from memory"));
    }
    if (i % 20 != 0 && i != length - 1) continue;
    TRY(pde_storage_read(file, i, snapshot));
    TRY(pde_field_average(snapshot, &mean, 1));
    TRY(pde_field_statistic(snapshot, "min", &low, 1));
    TRY(pde_field_statistic(snapshot, "max", &high, 1));
    printf("%8.1f %10.4f %10.4f %10.4f\n", time[1], mean, low, high);
  }
  printf("all %lld snapshots of the file equal those in memory, bit for bit\n\n", (long long)length);

clean_up:
  pde_field_free(snapshot);
  return status;
}

/* Snapshots, times, and what they take, of each storage. */
static pde_status print_table(pde_storage *const storages[STORAGES]) {
  pde_status status = PDE_OK;
  printf("%-8s %9s %7s %7s %12s %12s %7s\n", "storage", "snapshots", "from t", "to t", "bytes in",
         "bytes kept", "ratio");
  for (int k = 0; k < STORAGES; ++k) {
    const char *json = NULL;
    double first = 0.0, last = 0.0;
    TRY(pde_storage_times(storages[k], 0, 1, &first));
    TRY(pde_storage_times(storages[k], -1, 1, &last));
    TRY(pde_storage_statistics(storages[k], &json));
    printf("%-8s %9.0f %7.1f %7.1f %12.0f %12.0f %7.2f\n", name[k], number(json, "snapshots"), first, last,
           number(json, "bytes_in"), number(json, "bytes_stored"), number(json, "ratio"));
  }
clean_up:
  return status;
}

int main(int argc, char **argv) {
  const char *folder = argc > 1 ? argv[1] : "build/demo";
  const double t_end = argc > 2 ? strtod(argv[2], NULL) : 100.0;
  char file[1024], movie[1024], picture[1024], title[64];
  pde_status status = PDE_OK;
  pde_options *look = NULL;
  pde_storage *storages[STORAGES] = {NULL, NULL, NULL}, *reread = NULL;
  pde_field *state = NULL;

  snprintf(file, sizeof file, "%s/pattern.h5", folder);
  snprintf(movie, sizeof movie, "%s/pattern.mp4", folder);
  snprintf(picture, sizeof picture, "%s/pattern.png", folder);
  snprintf(title, sizeof title, "Swift-Hohenberg, t = %g", t_end);

  /* Colours as for the finished pattern: the noise at the beginning fades away in them, and the pattern comes
   * out. */
  TRY(pde_options_create(&look));
  TRY(pde_options_parse(look, "fps=25 vmin=-0.6 vmax=1.2 title='Swift-Hohenberg, t = {time}'"));
  TRY(pde_storage_open("memory:", NULL, NULL, &storages[MEMORY]));
  TRY(pde_storage_open(file, "truncate", NULL, &storages[HDF5]));
  TRY(pde_storage_open(movie, "truncate", look, &storages[MOVIE]));
  TRY(record(t_end, storages, &state));

  /* Read what is on the disk, not what the storage that wrote it may still know. */
  TRY(pde_storage_open(file, "readonly", NULL, &reread));
  TRY(compare(storages[MEMORY], reread));
  TRY(print_table(storages));

  TRY(pde_options_set(look, "fps", NULL));
  TRY(pde_options_set(look, "title", title));
  TRY(pde_field_plot(state, picture, look));
  for (int k = 0; k < STORAGES; ++k) TRY(pde_storage_close(storages[k]));
  printf("\nwrote %s, %s, %s\n", file, movie, picture);

clean_up:
  if (status < 0) fprintf(stderr, "demo: %s: %s\n", pde_status_name(status), pde_error_message());
  for (int k = 0; k < STORAGES; ++k) pde_storage_close(storages[k]);
  pde_storage_close(reread);
  pde_field_free(state);
  pde_options_free(look);
  return status < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
