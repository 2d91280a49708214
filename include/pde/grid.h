/**
 * @file
 * Grids: the box a field lives on and how it is cut into cells.
 *
 * A grid never changes after its creation, so one handle may be used by all threads at once and by any number
 * of fields. Values belong to cell centres. Along an axis with n cells on [lower, upper] the cell size is d =
 * (upper - lower) / n, and centre i lies at (i + 0.5) * d + lower.
 *
 * Axis 0 is x and varies slowest in memory: element [i][j] of an array belongs to (x_i, y_j).
 *
 * Polar, spherical and cylindrical grids are for what does not depend on angles: these are no axes, and the
 * grid has fewer axes (ndim) than space has dimensions. Vectors and tensors have all components nevertheless,
 * those along axes first:
 *
 * | grid            | axes    | dimension | components of a vector |
 * |-----------------|---------|-----------|------------------------|
 * | unit, Cartesian | x, y, z | ndim      | x, y, z                |
 * | polar           | r       | 2         | r, phi                 |
 * | spherical       | r       | 3         | r, theta, phi          |
 * | cylindrical     | r, z    | 3         | r, z, phi              |
 *
 * On cylindrical grids that is (r, z, phi), not (r, phi, z). Nothing here converts components or positions
 * from one system to another: they go in and come out as they are.
 */
#ifndef PDE_GRID_H
#define PDE_GRID_H

#include "pde/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A grid. Immutable; free each handle with pde_grid_free. */
typedef struct pde_grid pde_grid;

/**
 * Create a grid of unit cells: axis k covers [0, shape[k]].
 *
 * It is not equal to the Cartesian grid with the same cells, because files name the kind of grid.
 *
 * @param ndim     [in] number of axes, 1 to 3.
 * @param shape    [in] [ndim] cells along each axis, at least 1.
 * @param periodic [in] [ndim] flags, 1 where the axis wraps around; or NULL: none does.
 * @param out_grid [out] the grid; the caller's to free.
 * @return PDE_OK; PDE_ERR_ARGUMENT (ndim, a cell count below 1, a flag that is not 0 or 1); PDE_ERR_RANGE
 *         (more cells than an array can have).
 * @threads any.
 * @since 0.1
 */
PDE_API pde_status pde_grid_create_unit(int32_t ndim, const int64_t *shape, const int32_t *periodic,
                                        pde_grid **out_grid) PDE_NOEXCEPT;

/**
 * Create a Cartesian grid: a box with equal cells along each axis.
 *
 * As in py-pde, the upper bound becomes lower + (upper - lower) in floating point, which may differ from the
 * one given in the last bit. Only so do grids compare equal with those that py-pde has written.
 *
 * @param ndim     [in] number of axes, 1 to 3.
 * @param lower    [in] [ndim] lower bounds, finite; user's length unit.
 * @param upper    [in] [ndim] upper bounds, finite, above the lower ones; user's length unit.
 * @param shape    [in] [ndim] cells along each axis, at least 1.
 * @param periodic [in] [ndim] flags, 1 where the axis wraps around; or NULL: none does.
 * @param out_grid [out] the grid; the caller's to free.
 * @return PDE_OK; PDE_ERR_ARGUMENT (ndim, a bound that is not finite, an axis without extent or upside down,
 *         a cell count below 1, a flag that is not 0 or 1); PDE_ERR_RANGE (more cells than an array can have,
 *         an extent too large for a number).
 * @threads any.
 * @since 0.1
 */
PDE_API pde_status pde_grid_create_cartesian(int32_t ndim, const double *lower, const double *upper,
                                             const int64_t *shape, const int32_t *periodic,
                                             pde_grid **out_grid) PDE_NOEXCEPT;

/**
 * Create a polar grid: a disk or an annulus, cut into rings.
 *
 * The ring around radius r has the area pi (r + d/2)^2 - pi (r - d/2)^2, the grid pi r_outer^2 - pi
 * r_inner^2.
 *
 * @param r_inner  [in] radius of the hole, finite; 0: there is none; user's length unit.
 * @param r_outer  [in] finite, above r_inner; user's length unit.
 * @param count    [in] cells along r, at least 1.
 * @param out_grid [out] the grid, with the one axis r, which is not periodic; the caller's to free.
 * @return PDE_OK; PDE_ERR_ARGUMENT (radii, a count below 1); PDE_ERR_RANGE (more cells than an array can
 *         have).
 * @threads any.
 * @since 0.2
 */
PDE_API pde_status pde_grid_create_polar(double r_inner, double r_outer, int64_t count,
                                         pde_grid **out_grid) PDE_NOEXCEPT;

/**
 * Create a spherical grid: a ball or a shell, cut into shells.
 *
 * The shell around radius r has the volume 4/3 pi (r + d/2)^3 - 4/3 pi (r - d/2)^3, the grid 4/3 pi r_outer^3
 * - 4/3 pi r_inner^3.
 *
 * @param r_inner  [in] radius of the hole, finite; 0: there is none; user's length unit.
 * @param r_outer  [in] finite, above r_inner; user's length unit.
 * @param count    [in] cells along r, at least 1.
 * @param out_grid [out] the grid, with the one axis r, which is not periodic; the caller's to free.
 * @return PDE_OK; PDE_ERR_ARGUMENT (radii, a count below 1); PDE_ERR_RANGE (more cells than an array can
 *         have).
 * @threads any.
 * @since 0.2
 */
PDE_API pde_status pde_grid_create_spherical(double r_inner, double r_outer, int64_t count,
                                             pde_grid **out_grid) PDE_NOEXCEPT;

/**
 * Create a cylindrical grid: a cylinder, full or hollow, cut into rings.
 *
 * The ring around radius r has the volume 2 pi d_r r d_z, the grid pi (z_upper - z_lower) (r_outer^2 -
 * r_inner^2). Unlike those of a Cartesian grid the bounds stay exactly as they are given.
 *
 * @param r_inner    [in] radius of the hole, finite; 0: there is none; user's length unit.
 * @param r_outer    [in] finite, above r_inner; user's length unit.
 * @param z_lower    [in] finite; user's length unit.
 * @param z_upper    [in] finite, above z_lower; user's length unit.
 * @param count_r    [in] cells along r, which is axis 0; at least 1.
 * @param count_z    [in] cells along z, which is axis 1 and varies fastest in memory; at least 1.
 * @param periodic_z [in] flag: whether z wraps around. r never does.
 * @param out_grid   [out] the grid; the caller's to free.
 * @return PDE_OK; PDE_ERR_ARGUMENT (radii, bounds, a count below 1, a flag that is not 0 or 1); PDE_ERR_RANGE
 *         (more cells than an array can have, an extent too large for a number).
 * @threads any.
 * @since 0.2
 */
PDE_API pde_status pde_grid_create_cylindrical(double r_inner, double r_outer, double z_lower, double z_upper,
                                               int64_t count_r, int64_t count_z, int32_t periodic_z,
                                               pde_grid **out_grid) PDE_NOEXCEPT;

/**
 * Create a grid from its text, as pde_grid_text gives it and as files hold it.
 *
 * @param json     [in] an object with the key "class" and exactly the other keys that class asks for.
 *                 Accepted as well: whole numbers written as floats and floats as whole numbers, 0 and 1 for
 *                 booleans, one boolean for all axes, bounds of Cartesian axes in the wrong order, such a
 *                 bound given by its upper end alone (the lower is 0), and an inner radius of 0.
 * @param out_grid [out] the grid; the caller's to free.
 * @return PDE_OK; PDE_ERR_FORMAT (not JSON, an unknown class, a missing or further key, an impossible value);
 *         PDE_ERR_RANGE (more cells than an array can have, an extent too large for a number).
 * @threads any.
 * @since 0.1
 */
PDE_API pde_status pde_grid_parse(const char *json, pde_grid **out_grid) PDE_NOEXCEPT;

/**
 * The text of a grid: JSON, as in `{"shape": [5, 4], "periodic": [true, false], "class": "UnitGrid"}`.
 *
 * Equal grids have equal texts, and pde_grid_parse gives back an equal grid. All bounds and radii are floats,
 * 3.0, even those that were read as 3; to py-pde the two are equal. A cylinder that is hollow names both
 * radii; py-pde reads them, while its own files name the outer one alone.
 *
 * @param grid     [in] borrowed for the call.
 * @param out_json [out] lives as long as the handle.
 * @return PDE_OK; only the failures that any function can give.
 * @threads any, at the same time.
 * @since 0.1
 */
PDE_API pde_status pde_grid_text(const pde_grid *grid, const char **out_json) PDE_NOEXCEPT;

/**
 * The number of axes that are cut into cells: the length of pde_grid_shape.
 *
 * @param grid     [in] borrowed for the call.
 * @param out_ndim [out] 1 to 3.
 * @return PDE_OK; only the failures that any function can give.
 * @threads any, at the same time.
 * @since 0.1
 */
PDE_API pde_status pde_grid_ndim(const pde_grid *grid, int32_t *out_ndim) PDE_NOEXCEPT;

/**
 * The dimension of space: the number of components of a vector. Equal to ndim on unit and Cartesian grids; 2
 * on polar grids, 3 on spherical and cylindrical ones.
 *
 * @param grid          [in] borrowed for the call.
 * @param out_dimension [out] 1 to 3.
 * @return PDE_OK; only the failures that any function can give.
 * @threads any, at the same time.
 * @since 0.1
 */
PDE_API pde_status pde_grid_dimension(const pde_grid *grid, int32_t *out_dimension) PDE_NOEXCEPT;

/**
 * The number of cells along each axis.
 *
 * @param grid      [in] borrowed for the call.
 * @param out_shape [out] [ndim].
 * @param count     [in] ndim.
 * @return PDE_OK; PDE_ERR_SHAPE (count differs).
 * @threads any, at the same time.
 * @since 0.1
 */
PDE_API pde_status pde_grid_shape(const pde_grid *grid, int64_t *out_shape, int64_t count) PDE_NOEXCEPT;

/**
 * The bounds of each axis.
 *
 * @param grid      [in] borrowed for the call.
 * @param out_lower [out] [ndim] user's length unit.
 * @param out_upper [out] [ndim] user's length unit; see pde_grid_create_cartesian on its last bit.
 * @param count     [in] ndim, the length of each of the two.
 * @return PDE_OK; PDE_ERR_SHAPE (count differs).
 * @threads any, at the same time.
 * @since 0.1
 */
PDE_API pde_status pde_grid_bounds(const pde_grid *grid, double *out_lower, double *out_upper,
                                   int64_t count) PDE_NOEXCEPT;

/**
 * Which axes wrap around.
 *
 * @param grid         [in] borrowed for the call.
 * @param out_periodic [out] [ndim] 1 where the axis is periodic, else 0.
 * @param count        [in] ndim.
 * @return PDE_OK; PDE_ERR_SHAPE (count differs).
 * @threads any, at the same time.
 * @since 0.1
 */
PDE_API pde_status pde_grid_periodic(const pde_grid *grid, int32_t *out_periodic, int64_t count) PDE_NOEXCEPT;

/**
 * The cell centres along one axis, lowest first.
 *
 * @param grid        [in] borrowed for the call.
 * @param axis        [in] 0 to ndim - 1.
 * @param out_centres [out] [shape[axis]] user's length unit.
 * @param count       [in] shape[axis].
 * @return PDE_OK; PDE_ERR_RANGE (no such axis); PDE_ERR_SHAPE (count differs).
 * @threads any, at the same time.
 * @since 0.1
 */
PDE_API pde_status pde_grid_coordinates(const pde_grid *grid, int32_t axis, double *out_centres,
                                        int64_t count) PDE_NOEXCEPT;

/**
 * The volumes of the cells and of the whole grid (lengths in one dimension, areas in two).
 *
 * Cells of unit and Cartesian grids all have the same volume, those of other grids grow with the radius.
 *
 * @param grid      [in] borrowed for the call.
 * @param out_cells [out] one per cell in C order; user's length unit to the power of the dimension; or NULL.
 * @param count     [in] the number of cells; 0 if out_cells is NULL.
 * @param out_total [out] from the bounds, not the sum of the cells; same unit; or NULL.
 * @return PDE_OK; PDE_ERR_SHAPE (count differs).
 * @threads any, at the same time.
 * @since 0.1
 */
PDE_API pde_status pde_grid_volumes(const pde_grid *grid, double *out_cells, int64_t count,
                                    double *out_total) PDE_NOEXCEPT;

/**
 * Whether two grids are the same: kind, shape, periodicity and, bit for bit, the bounds.
 *
 * @param grid      [in] borrowed for the call.
 * @param other     [in] borrowed for the call; may be the same handle.
 * @param out_equal [out] 1 if they are, else 0.
 * @return PDE_OK; only the failures that any function can give.
 * @threads any, at the same time.
 * @since 0.1
 */
PDE_API pde_status pde_grid_equal(const pde_grid *grid, const pde_grid *other,
                                  int32_t *out_equal) PDE_NOEXCEPT;

/**
 * Give a grid handle back. Fields and storages that use the grid keep it alive.
 *
 * @param grid [in] NULL or a stale handle: nothing happens.
 * @threads any, but not while another thread uses the same handle.
 * @since 0.1
 */
PDE_API void pde_grid_free(pde_grid *grid) PDE_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
