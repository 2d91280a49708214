/* A program outside the tree: records three snapshots to an HDF5 file and reads them back.
 *
 * Usage: recorder FILE [PICTURE]      with PICTURE it also draws one, for which the movie module has to be
 * found.
 */
#include <pde.h>
#include <stdio.h>
#include <string.h>

enum { NX = 6, NY = 4, CELLS = NX * NY, SNAPSHOTS = 3 };

#define TRY(call)                  \
  do {                             \
    status = (call);               \
    if (status < 0) goto clean_up; \
  } while (0)

static double sample(int snapshot, int cell) {
  return 100.0 * snapshot + cell / 3.0;
}

static pde_status record(const char *path, const char *picture) {
  const int64_t shape[2] = {NX, NY};
  const int32_t periodic[2] = {1, 0};
  pde_status status = PDE_OK;
  pde_grid *grid = NULL;
  pde_field *field = NULL;
  pde_storage *storage = NULL;
  double values[CELLS] = {0.0};

  TRY(pde_grid_create_unit(2, shape, periodic, &grid));
  TRY(pde_field_wrap(grid, PDE_SCALAR, PDE_FLOAT64, "c", values, NULL, &field));
  TRY(pde_storage_open(path, "truncate", NULL, &storage));
  TRY(pde_storage_start(storage, field, NULL));
  for (int k = 0; k < SNAPSHOTS; ++k) {
    for (int i = 0; i < CELLS; ++i) values[i] = sample(k, i);
    TRY(pde_storage_append(storage, field, 0.5 * k));
  }
  TRY(pde_storage_finish(storage));
  if (picture != NULL) TRY(pde_field_plot(field, picture, NULL));

clean_up:
  pde_grid_free(grid);
  pde_field_free(field);
  if (storage != NULL) {
    const pde_status closed = pde_storage_close(storage);
    if (status == PDE_OK) status = closed;
  }
  return status;
}

static pde_status check(const char *path) {
  pde_status status = PDE_OK;
  pde_storage *storage = NULL;
  int64_t length = 0;
  double times[SNAPSHOTS], values[SNAPSHOTS * CELLS];

  TRY(pde_storage_open(path, "readonly", NULL, &storage));
  TRY(pde_storage_length(storage, &length));
  if (length != SNAPSHOTS) TRY(pde_error_set(PDE_ERR_USER, "another number of snapshots"));
  TRY(pde_storage_times(storage, 0, SNAPSHOTS, times));
  TRY(pde_storage_read_raw(storage, 0, SNAPSHOTS, 1, PDE_FLOAT64, values, SNAPSHOTS * CELLS));
  for (int k = 0; k < SNAPSHOTS; ++k) {
    const double time = 0.5 * k;
    if (memcmp(&times[k], &time, sizeof time) != 0) TRY(pde_error_set(PDE_ERR_USER, "another time"));
    for (int i = 0; i < CELLS; ++i) {
      const double expected = sample(k, i);
      if (memcmp(&values[k * CELLS + i], &expected, sizeof expected) != 0) {
        TRY(pde_error_set(PDE_ERR_USER, "another value"));
      }
    }
  }

clean_up:
  if (storage != NULL) pde_storage_close(storage);
  return status;
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  pde_status status = record(argv[1], argc > 2 ? argv[2] : NULL);
  if (status == PDE_OK) status = check(argv[1]);
  if (status != PDE_OK) {
    fprintf(stderr, "%s: %s\n", pde_status_name(status), pde_error_message());
    return 1;
  }
  printf("pde %s\n", pde_version_string());
  return 0;
}
