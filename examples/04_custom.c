/* Lesson 4: a storage of your own.
 *
 * A storage is a handful of callbacks that keep arrays, times and one text; the library does the rest: modes,
 * checks of shape and time, metadata. This one keeps snapshots in memory, saves them to custom_data.shelf, a
 * file in a format of its own, loads them again, and is then read like any other storage.
 *
 * Usage: 04_custom [end time, 5 if left out]
 */
#include <pde.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS = 32, TEXT = 4096 };

/* What the callbacks get as `user`: one record per snapshot, and the text that says what the records mean. */
typedef struct record {
  double time, samples[CELLS];
} record;
typedef struct shelf {
  int64_t length;
  record *records;
  char info[TEXT];
} shelf;

static pde_status shelf_length(int64_t *out_length, void *user) {
  *out_length = ((shelf *)user)->length;
  return PDE_OK;
}

static pde_status shelf_times(int64_t first, int64_t count, double *out_times, void *user) {
  for (int64_t i = 0; i < count; ++i) out_times[i] = ((shelf *)user)->records[first + i].time;
  return PDE_OK;
}

/* The library asks only for snapshots that exist, and in the type and number that append was given. */
static pde_status shelf_read(int64_t index, int32_t dtype, void *out_data, int64_t count, void *user) {
  memcpy(out_data, ((shelf *)user)->records[index].samples, (size_t)(count * pde_dtype_size(dtype)));
  return PDE_OK;
}

/* A shelf has one size only and refuses what does not fit. The caller gets status and message as they are. */
static pde_status shelf_append(int32_t dtype, const void *data, int64_t count, double time, void *user) {
  shelf *self = user;
  if (dtype != PDE_FLOAT64 || count != CELLS) return pde_error_set(PDE_ERR_SHAPE, "a shelf takes 32 doubles");
  record *records = realloc(self->records, (size_t)(self->length + 1) * sizeof *records);
  if (records == NULL) return pde_error_set(PDE_ERR_MEMORY, "no memory for another record");
  self->records = records;
  records[self->length].time = time;
  memcpy(records[self->length].samples, data, sizeof records->samples);
  ++self->length; /* last, so that the series is as it was if anything before fails */
  return PDE_OK;
}

/* Called twice: with no room, to learn the length, and then with just that much. */
static pde_status shelf_get_info(char *out_text, int64_t size, int64_t *out_length, void *user) {
  *out_length = (int64_t)strlen(((shelf *)user)->info);
  if (size > 0) memcpy(out_text, ((shelf *)user)->info, (size_t)size);
  return PDE_OK;
}

static pde_status shelf_set_info(const char *json, void *user) {
  if (strlen(json) >= TEXT) return pde_error_set(PDE_ERR_MEMORY, "no room for the metadata");
  strcpy(((shelf *)user)->info, json);
  return PDE_OK;
}

/* Runs exactly once: when the storage is closed, or at once if its creation fails. */
static void shelf_destroy(void *user) {
  free(((shelf *)user)->records);
  free(user);
}

static const pde_backend backend = {.size = sizeof backend,
                                    .length = shelf_length,
                                    .times = shelf_times,
                                    .read = shelf_read,
                                    .append = shelf_append,
                                    .get_info = shelf_get_info,
                                    .set_info = shelf_set_info,
                                    .destroy = shelf_destroy};

/* The file: the shelf as it lies in memory, then its records. */
static pde_status shelf_save(const shelf *self, const char *path) {
  const size_t length = (size_t)self->length;
  FILE *file = fopen(path, "wb");
  if (file == NULL) return pde_error_set(PDE_ERR_IO, "cannot create the file of the shelf");
  const int written = fwrite(self, sizeof *self, 1, file) == 1 &&
                      fwrite(self->records, sizeof(record), length, file) == length;
  if (fclose(file) != 0 || !written) return pde_error_set(PDE_ERR_IO, "cannot write the file of the shelf");
  return PDE_OK;
}

static pde_status shelf_load(const char *path, shelf **out_shelf) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return pde_error_set(PDE_ERR_NOT_FOUND, "there is no file of a shelf");
  shelf *self = calloc(1, sizeof *self);
  int sound = self != NULL && fread(self, sizeof *self, 1, file) == 1 && self->length >= 0;
  if (self != NULL) self->records = NULL; /* an address in a file means nothing */
  if (sound) {
    const size_t length = (size_t)self->length;
    self->records = calloc(length + 1, sizeof(record));
    sound = self->records != NULL && fread(self->records, sizeof(record), length, file) == length;
  }
  fclose(file);
  if (!sound && self != NULL) shelf_destroy(self);
  if (!sound) return pde_error_set(PDE_ERR_FORMAT, "the file is not that of a shelf");
  *out_shelf = self;
  return PDE_OK;
}

#define TRY(call)                  \
  do {                             \
    status = (call);               \
    if (status < 0) goto clean_up; \
  } while (0)

int main(int argc, char **argv) {
  const double t_end = argc > 1 ? strtod(argv[1], NULL) : 5.0;
  const int64_t shape[1] = {CELLS};
  const int32_t periodic[1] = {1};
  pde_status status = PDE_OK;
  pde_grid *grid = NULL;
  pde_equation *equation = NULL;
  pde_field *state = NULL;
  pde_storage *recorded = NULL, *loaded = NULL;
  pde_tracker *tracker = NULL;
  pde_controller *run = NULL;
  int64_t length = 0;
  shelf *first = NULL, *second = NULL;

  TRY(pde_grid_create_unit(1, shape, periodic, &grid));
  TRY(pde_equation_create("diffusion", NULL, &equation));
  TRY(pde_field_create(grid, PDE_SCALAR, PDE_FLOAT64, "c", &state));
  TRY(pde_field_fill_random(state, "uniform", 4, 0.0, 1.0));

  /* From here on the shelf is the storage's to destroy. A tracker without schedule looks every 1.0. */
  first = calloc(1, sizeof *first);
  if (first == NULL) TRY(pde_error_set(PDE_ERR_MEMORY, "no memory for a shelf"));
  TRY(pde_storage_create_custom(&backend, first, "create", NULL, &recorded));
  TRY(pde_tracker_create_storage(recorded, NULL, NULL, NULL, NULL, NULL, NULL, &tracker));
  TRY(pde_controller_create(&tracker, 1, NULL, &run));
  TRY(pde_solve(equation, state, 0.0, t_end, NULL, run, NULL));
  TRY(shelf_save(first, "custom_data.shelf"));

  /* A shelf that is not empty becomes a storage with a series in it. */
  TRY(shelf_load("custom_data.shelf", &second));
  TRY(pde_storage_create_custom(&backend, second, "readonly", NULL, &loaded));
  TRY(pde_storage_length(loaded, &length));
  printf("loaded %lld snapshots\n", (long long)length);

  for (int64_t i = 0; i < length; ++i) {
    double time = 0.0, before[CELLS], after[CELLS];
    TRY(pde_storage_times(loaded, i, 1, &time));
    TRY(pde_storage_read_raw(recorded, i, 1, 1, PDE_FLOAT64, before, CELLS));
    TRY(pde_storage_read_raw(loaded, i, 1, 1, PDE_FLOAT64, after, CELLS));
    if (memcmp(before, after, sizeof before) != 0)
      TRY(pde_error_set(PDE_ERR_UNSOUND, "the snapshots differ"));
    printf("t = %g  from %.6f to %.6f, the same as recorded\n", time, after[0], after[CELLS - 1]);
  }
  TRY(pde_storage_close(recorded));
  TRY(pde_storage_close(loaded));

clean_up:
  if (status < 0) fprintf(stderr, "04_custom: %s\n", pde_error_message());
  pde_controller_free(run);
  pde_tracker_free(tracker);
  pde_storage_close(loaded);
  pde_storage_close(recorded);
  pde_field_free(state);
  pde_equation_free(equation);
  pde_grid_free(grid);
  return status < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
