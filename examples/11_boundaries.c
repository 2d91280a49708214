/* Lesson 10: say what holds at the sides of a grid, and look at a field with differential operators.
 *
 * A round rod, of which only radius and height matter, stands on a plate that is hot in the middle. Its
 * mantle loses heat in proportion to its temperature, its upper end is insulated. After some time the Laplace
 * operator tells how far from rest the rod still is, and the gradient how steep the temperature is along its
 * axis.
 *
 * Usage: 11_boundaries [end time, 100 if left out]
 */
#include <math.h>
#include <pde.h>
#include <stdio.h>
#include <stdlib.h>

#define TRY(call)                  \
  do {                             \
    status = (call);               \
    if (status < 0) goto clean_up; \
  } while (0)

enum { NR = 10, NZ = 20 };

int main(int argc, char **argv) {
  const double t_end = argc > 1 ? atof(argv[1]) : 100.0;
  pde_status status = PDE_OK;
  pde_options *options = NULL;
  pde_grid *grid = NULL;
  pde_field *temperature = NULL, *rate = NULL, *slope = NULL;
  pde_equation *equation = NULL;
  pde_operator *laplace = NULL, *gradient = NULL;
  double plate[NR], change;
  const void *samples = NULL;

  TRY(pde_grid_create_cylindrical(0, 1, 0, 4, NR, NZ, 0, &grid));
  TRY(pde_field_create(grid, PDE_SCALAR, PDE_FLOAT64, "temperature", &temperature));
  TRY(pde_field_create(grid, PDE_SCALAR, PDE_FLOAT64, "rate", &rate));
  TRY(pde_field_create(grid, PDE_VECTOR, PDE_FLOAT64, "slope", &slope));

  /* One condition per side; the values of that at the bottom, one per cell along r, come from an array. The
   * axis is no side: at r = 0 a condition has no effect. */
  TRY(pde_grid_coordinates(grid, 0, plate, NR));
  for (int i = 0; i < NR; ++i) plate[i] = 100.0 * exp(-4.0 * plate[i] * plate[i]);
  TRY(pde_options_create(&options));
  TRY(pde_options_set(options, "bc",
                      "{\"bottom\": \"value\", \"top\": \"neumann\", \"inner\": \"neumann\","
                      " \"outer\": {\"type\": \"mixed\", \"value\": 0.5}}"));
  TRY(pde_options_set_reals(options, "bc:bottom", plate, NR));

  /* The equation and the operator on its state take the same conditions. */
  TRY(pde_equation_create("diffusion", options, &equation));
  TRY(pde_solve(equation, temperature, 0.0, t_end, NULL, NULL, NULL));
  TRY(pde_operator_create(grid, "laplace", options, &laplace));
  TRY(pde_operator_apply(laplace, temperature, t_end, rate));
  TRY(pde_field_statistic(rate, "magnitude", &change, 1));
  printf("at t = %g the temperature changes by %.1e per unit of time\n", t_end, change);

  TRY(pde_operator_create(grid, "gradient", options, &gradient));
  TRY(pde_operator_apply(gradient, temperature, t_end, slope));
  TRY(pde_field_data_const(slope, PDE_FLOAT64, &samples, NULL, 0));
  const double *along_z = (const double *)samples + NR * NZ; /* components r, z, phi, one after the other */
  TRY(pde_field_data_const(temperature, PDE_FLOAT64, &samples, NULL, 0));
  for (int j = 0; j < NZ; j += 5) /* the cells at the axis */
    printf("height %.1f: %6.2f, %7.2f per unit of length\n", 0.2 * (j + 0.5), ((const double *)samples)[j],
           along_z[j]);

clean_up:
  if (status < 0) fprintf(stderr, "11_boundaries: %s\n", pde_error_message());
  pde_operator_free(gradient);
  pde_operator_free(laplace);
  pde_equation_free(equation);
  pde_field_free(slope);
  pde_field_free(rate);
  pde_field_free(temperature);
  pde_grid_free(grid);
  pde_options_free(options);
  return status < 0;
}
