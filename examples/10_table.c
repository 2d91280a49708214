/* Lesson 10: numbers instead of snapshots.
 *
 * Often a few numbers about the state say more than the state itself. Here noise on a periodic square of 64
 * by 64 separates into two phases (Allen-Cahn): every 0.25 units of time a function measures how far that has
 * come. One tracker writes a row per measurement to phases.csv, which can be watched while the run goes on
 * (tail -f phases.csv); another keeps its rows in memory, and ends the run when one phase has won.
 *
 * Usage: 10_table [end time, 40 if left out]
 */
#include <pde.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define TRY(call)                  \
  do {                             \
    status = (call);               \
    if (status < 0) goto clean_up; \
  } while (0)

/* Mean, variance, smallest and largest value: one number per column, in the order of the columns' names. What
 * is returned is what becomes of the run: it goes on, or fails with the status and the message. */
static pde_status measure(const pde_field *state, double time, double *out_values, int64_t count,
                          void *user) {
  pde_status status = pde_field_average(state, &out_values[0], 1);
  if (status == PDE_OK) status = pde_field_statistic(state, "variance", &out_values[1], 1);
  if (status == PDE_OK) status = pde_field_statistic(state, "min", &out_values[2], 1);
  if (status == PDE_OK) status = pde_field_statistic(state, "max", &out_values[3], 1);
  (void)time, (void)count, (void)user;
  return status;
}

/* The share of cells with values above 0. A measurement may end the run, as a success: with PDE_STOP. */
static pde_status measure_share(const pde_field *state, double time, double *out_values, int64_t count,
                                void *user) {
  const void *data = NULL;
  const int64_t *cells = user;
  int64_t above = 0;
  const pde_status status = pde_field_data_const(state, PDE_FLOAT64, &data, NULL, 0);
  if (status != PDE_OK) return status;
  for (int64_t i = 0; i < *cells; ++i) above += ((const double *)data)[i] > 0.0;
  out_values[0] = (double)above / (double)*cells;
  (void)time, (void)count;
  return above == 0 || above == *cells ? PDE_STOP : PDE_OK;
}

int main(int argc, char **argv) {
  const double t_end = argc > 1 ? strtod(argv[1], NULL) : 40.0;
  const int64_t shape[2] = {64, 64}, cells = 64 * 64;
  const int32_t periodic[2] = {1, 1};
  pde_status status = PDE_OK;
  pde_grid *grid = NULL;
  pde_equation *equation = NULL;
  pde_field *state = NULL;
  pde_options *file = NULL;
  pde_schedule *often = NULL, *seldom = NULL;
  pde_tracker *trackers[2] = {NULL, NULL};
  pde_controller *run = NULL;
  double t = 0.0, row[2] = {0.0, 0.0};
  int64_t rows = 0;

  TRY(pde_grid_create_unit(2, shape, periodic, &grid));
  TRY(pde_equation_create("allen-cahn", NULL, &equation));
  TRY(pde_field_create(grid, PDE_SCALAR, PDE_FLOAT64, "c", &state));
  TRY(pde_field_fill_random(state, "uniform", 10, -0.5, 0.6));

  /* The ending of the path says which format it is: .csv, .jsonl or .json. Mode "truncate" drops the rows of
   * an earlier run; without it they would be an error, and "append" would go on behind them. */
  TRY(pde_options_create(&file));
  TRY(pde_options_parse(file, "path=phases.csv mode=truncate final=true"));
  TRY(pde_schedule_create_constant(0.25, PDE_TIME_AUTO, &often));
  TRY(pde_tracker_create_data("mean,variance,min,max", often, measure, NULL, NULL, file, &trackers[0]));

  /* Without a path the table stays in memory. */
  TRY(pde_schedule_create_constant(2.5, PDE_TIME_AUTO, &seldom));
  TRY(pde_tracker_create_data("share", seldom, measure_share, (void *)(intptr_t)&cells, NULL, NULL,
                              &trackers[1]));
  TRY(pde_controller_create(trackers, 2, NULL, &run));
  TRY(pde_solve(equation, state, 0.0, t_end, NULL, run, &t));

  TRY(pde_tracker_data_length(trackers[1], &rows));
  for (int64_t i = 0; i < rows; ++i) {
    TRY(pde_tracker_data_read(trackers[1], i, 1, row, 2)); /* the time comes first */
    printf("t = %5.2f  above 0: %.4f\n", row[0], row[1]);
  }
  printf("run ended at t = %g, see phases.csv\n", t);

clean_up:
  if (status < 0) fprintf(stderr, "10_table: %s\n", pde_error_message());
  pde_controller_free(run);
  for (int i = 0; i < 2; ++i) pde_tracker_free(trackers[i]);
  pde_schedule_free(seldom);
  pde_schedule_free(often);
  pde_options_free(file);
  pde_field_free(state);
  pde_equation_free(equation);
  pde_grid_free(grid);
  return status < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
