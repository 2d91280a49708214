/* Lesson 13: a job that is killed, started again, and goes on as if nothing had happened.
 *
 * A chain of coupled pendulums is recorded for some time. The job runs in a process of its own that is killed
 * on the way, twice; whoever starts it again, a batch system or here main, calls the same program, and
 * pde_controller_resume finds the state to go on from in the file. In the end the file holds what one job
 * that was never killed has recorded, bit for bit.
 *
 * Usage: 13_resume [end time, 20 if left out]
 */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <pde.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRY(call)                  \
  do {                             \
    status = (call);               \
    if (status < 0) goto clean_up; \
  } while (0)

enum { N = 64, NEVER = -1 };

/* Angles and how fast they change: two fields, one state. */
typedef double chain[2][N];

static void initialise(chain u) {
  for (int i = 0; i < N; ++i) {
    u[0][i] = 2.0 * exp(-0.05 * (i - 20) * (i - 20));
    u[1][i] = 0.0;
  }
}

static void step(chain u, double dt) {
  double force[N];
  for (int i = 0; i < N; ++i) {
    const double left = u[0][(i + N - 1) % N], right = u[0][(i + 1) % N];
    force[i] = left - 2.0 * u[0][i] + right - sin(u[0][i]);
  }
  for (int i = 0; i < N; ++i) {
    u[1][i] += dt * force[i];
    u[0][i] += dt * u[1][i];
  }
}

/* The job: from where the file says, or from the beginning, to t_end. It is killed after so many steps. */
static pde_status job(const char *path, double t_end, int kill_after) {
  static chain u;
  const double dt_max = 0.01;
  const int64_t shape[1] = {N};
  const int32_t periodic[1] = {1};
  pde_status status = PDE_OK;
  pde_grid *grid = NULL;
  pde_field *parts[2] = {NULL, NULL}, *state = NULL;
  pde_options *options = NULL;
  pde_storage *storage = NULL;
  pde_schedule *schedule = NULL;
  pde_tracker *tracker = NULL;
  pde_controller *run = NULL;
  double t = 0.0, t_next = 0.0;

  TRY(pde_grid_create_unit(1, shape, periodic, &grid));
  TRY(pde_field_wrap(grid, PDE_SCALAR, PDE_FLOAT64, "angle", u[0], NULL, &parts[0]));
  TRY(pde_field_wrap(grid, PDE_SCALAR, PDE_FLOAT64, "velocity", u[1], NULL, &parts[1]));
  TRY(pde_field_collection_create(parts, 2, NULL, &state));

  /* Mode append is right for the first job and for all that follow. A job as short as this one has nothing
   * committed within a second; one that takes hours need not ask for it. */
  TRY(pde_options_create(&options));
  TRY(pde_options_set_int(options, "commit_every", 1));
  TRY(pde_storage_open(path, "append", options, &storage));
  TRY(pde_schedule_parse("geometric(0.1, 1.1)", &schedule));
  TRY(pde_tracker_create_storage(storage, schedule, NULL, NULL, NULL, NULL, NULL, &tracker));
  TRY(pde_controller_create(&tracker, 1, NULL, &run));

  /* Either the last state that was committed, with its time; or nothing, and it is for us to begin. */
  TRY(pde_controller_resume(run, storage, state, &t));
  if (status == PDE_EMPTY) initialise(u);
  printf("%s: from t = %g\n", path, t);
  fflush(stdout);

  status = pde_controller_start(run, state, t, t_end, &t_next);
  for (int steps = 0; status == PDE_OK; ++steps) {
    double dt = t_next - t, t_new = t_next;
    if (dt > dt_max) {
      dt = dt_max;
      t_new = t + dt;
    }
    if (steps == kill_after) raise(SIGKILL);
    step(u, dt);
    t = t_new;
    status = pde_controller_handle(run, state, t, &t_next);
  }
  if (status == PDE_STOP) status = pde_controller_finish(run, state, t);

clean_up:
  if (status < 0) fprintf(stderr, "13_resume: %s\n", pde_error_message());
  pde_controller_free(run);
  pde_tracker_free(tracker);
  pde_schedule_free(schedule);
  pde_storage_close(storage);
  pde_options_free(options);
  pde_field_free(state);
  pde_field_free(parts[1]);
  pde_field_free(parts[0]);
  pde_grid_free(grid);
  return status;
}

/* Whether two files hold the same times and the same states, bit for bit; how many, or a failure. */
static pde_status compare(const char *one, const char *other, int64_t *out_length, int *out_same) {
  const char *const paths[2] = {one, other};
  pde_storage *storages[2] = {NULL, NULL};
  double *contents[2] = {NULL, NULL};
  int64_t lengths[2] = {0, 0};
  pde_status status = PDE_OK;
  for (int i = 0; i < 2; ++i) {
    TRY(pde_storage_open(paths[i], "readonly", NULL, &storages[i]));
    TRY(pde_storage_length(storages[i], &lengths[i]));
    const int64_t count = lengths[i] * 2 * N;
    contents[i] = malloc((size_t)(count + lengths[i]) * sizeof(double));
    if (!contents[i]) TRY(PDE_ERR_MEMORY);
    TRY(pde_storage_read_raw(storages[i], 0, lengths[i], 1, PDE_FLOAT64, contents[i], count));
    TRY(pde_storage_times(storages[i], 0, lengths[i], contents[i] + count));
  }
  *out_length = lengths[0];
  *out_same = lengths[0] == lengths[1] &&
              memcmp(contents[0], contents[1], (size_t)lengths[0] * (2 * N + 1) * sizeof(double)) == 0;

clean_up:
  for (int i = 0; i < 2; ++i) {
    free(contents[i]);
    pde_storage_close(storages[i]);
  }
  return status;
}

int main(int argc, char **argv) {
  const double t_end = argc > 1 ? strtod(argv[1], NULL) : 20.0;
  const int kills[3] = {(int)(30.0 * t_end), (int)(40.0 * t_end), NEVER};
  int64_t length = 0;
  int same = 0;

  for (int i = 0; i < 3; ++i) {
    int how = 0;
    const pid_t child = fork();
    if (child == 0) exit(job("killed.h5", t_end, kills[i]) < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
    if (child < 0 || waitpid(child, &how, 0) != child) return EXIT_FAILURE;
    if (kills[i] == NEVER && !(WIFEXITED(how) && WEXITSTATUS(how) == EXIT_SUCCESS)) return EXIT_FAILURE;
    if (kills[i] != NEVER && !(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL)) return EXIT_FAILURE;
  }
  if (job("uncut.h5", t_end, NEVER) < 0) return EXIT_FAILURE;

  if (compare("killed.h5", "uncut.h5", &length, &same) < 0) {
    fprintf(stderr, "13_resume: %s\n", pde_error_message());
    return EXIT_FAILURE;
  }
  printf("%lld states in both files, %s\n", (long long)length,
         same ? "the same bit for bit" : "not the same");
  return same ? EXIT_SUCCESS : EXIT_FAILURE;
}
