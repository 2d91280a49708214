/* Lesson 3: watch a run as a movie.
 *
 * The Swift-Hohenberg equation on a square of 10 by 10, cut into 64 by 64 cells: noise dies down, and waves
 * of length 2 pi come up. A movie is a storage like the others, except that nothing can be read from it. One
 * picture every 0.1 units of time, ten of them per second: pattern_formation.mp4 shows one unit of time per
 * second.
 *
 * Usage: 03_movie [end time, 20 if left out]
 */
#include <pde.h>
#include <stdio.h>
#include <stdlib.h>

#define TRY(call)                  \
  do {                             \
    status = (call);               \
    if (status < 0) goto clean_up; \
  } while (0)

int main(int argc, char **argv) {
  const double t_end = argc > 1 ? strtod(argv[1], NULL) : 20.0;
  const double lower[2] = {0.0, 0.0}, upper[2] = {10.0, 10.0};
  const int64_t shape[2] = {64, 64};
  pde_status status = PDE_OK;
  pde_grid *grid = NULL;
  pde_equation *equation = NULL;
  pde_field *state = NULL;
  pde_options *look = NULL;
  pde_storage *movie = NULL;
  pde_schedule *schedule = NULL;
  pde_tracker *trackers[2] = {NULL, NULL};
  pde_controller *run = NULL;
  int64_t frames = 0;
  double average = 0.0, t = 0.0;

  TRY(pde_grid_create_cartesian(2, lower, upper, shape, NULL, &grid));
  TRY(pde_equation_create("swift-hohenberg", NULL, &equation));
  TRY(pde_field_create(grid, PDE_SCALAR, PDE_FLOAT64, "c", &state));
  TRY(pde_field_fill_random(state, "normal", 3, 0.0, 2.0));

  /* Options can be set one by one, or from one text as here; pde_options_describe("movie:", ...) lists them
   * all. The limits of the colours are fixed, because the default, the range of the first picture, would be
   * that of the noise. */
  TRY(pde_options_create(&look));
  TRY(pde_options_parse(look, "fps=10 dpi=100 vmin=-0.7 vmax=1.1 title='t = {time}'"));
  TRY(pde_storage_open("pattern_formation.mp4", "truncate", look, &movie));

  /* The second tracker shows on standard error how far the run has come. */
  TRY(pde_schedule_create_constant(0.1, PDE_TIME_AUTO, &schedule));
  TRY(pde_tracker_create_storage(movie, schedule, NULL, NULL, NULL, NULL, NULL, &trackers[0]));
  TRY(pde_tracker_create("progress", NULL, NULL, &trackers[1]));
  TRY(pde_controller_create(trackers, 2, NULL, &run));
  TRY(pde_solve(equation, state, 0.0, t_end, NULL, run, &t));

  TRY(pde_storage_length(movie, &frames));
  TRY(pde_field_average(state, &average, 1));
  printf("%lld pictures up to t = %g, where the average is %.4f\n", (long long)frames, t, average);

  /* The run has finished the session, so the movie is complete; closing reports if it is not. */
  TRY(pde_storage_close(movie));
  printf("saved as pattern_formation.mp4\n");

clean_up:
  if (status < 0) fprintf(stderr, "03_movie: %s\n", pde_error_message());
  pde_controller_free(run);
  pde_tracker_free(trackers[0]);
  pde_tracker_free(trackers[1]);
  pde_schedule_free(schedule);
  pde_storage_close(movie);
  pde_options_free(look);
  pde_field_free(state);
  pde_equation_free(equation);
  pde_grid_free(grid);
  return status < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
