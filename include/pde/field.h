/**
 * @file
 * Fields: values in the cells of a grid, with a kind, an element type and an optional label.
 *
 * Kinds. A scalar has rank 0, a vector rank 1, a tensor rank 2. With D the dimension of space, the array of a
 * field is [n_0]...[n_{d-1}] for a scalar, [D][n_0]... for a vector, and [D][D][n_0]... for a tensor (first
 * index: row). A collection holds scalars, vectors and tensors of one grid and one element type; its array is
 * [rows][n_0]..., where the rows of its members follow one another, those of a tensor row by row. Rows and
 * components count in that order.
 *
 * Memory. A field either owns its samples (pde_field_create, pde_field_copy), or looks at memory of the
 * caller (pde_field_wrap), or shares the samples of other fields (stack, collection, member, component).
 * Sharing never copies and never moves data, and what is shared lives as long as anyone uses it. Memory of
 * the caller must outlive every field that looks at it. Halo cells of a wrapped array are never touched.
 *
 * Reading only. Fields that the library lends to a callback as `const` are read-only, and so is all that is
 * made from them: what would write answers PDE_ERR_READONLY.
 *
 * Threads. One field by one thread at a time, where fields that share samples count as one. Reading the same
 * samples from several threads through different handles is fine.
 */
#ifndef PDE_FIELD_H
#define PDE_FIELD_H

#include "pde/base.h"
#include "pde/grid.h"
#include "pde/options.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A field, or a collection of fields. One thread at a time; free with pde_field_free. */
typedef struct pde_field pde_field;

/** Ranks: the number of component axes. */
enum {
  PDE_SCALAR = 0,
  PDE_VECTOR = 1,
  PDE_TENSOR = 2,
  PDE_COLLECTION = -1 /**< only returned: the members of a collection have a rank each */
};

/**
 * Gives the values of a field at one position; see pde_field_fill_function.
 *
 * @param position   [in] [ndim] the centre of the cell, one coordinate per axis; user's length unit.
 * @param ndim       [in] axes of the grid.
 * @param out_values [out] [count] one per component (collections: per row); complex: real and imaginary part
 *                   of each.
 * @param count      [in] length of out_values.
 * @param user       as given.
 * @return PDE_OK, or a negative status, which ends the filling.
 */
typedef pde_status (*pde_profile)(const double *position, int64_t ndim, double *out_values, int64_t count,
                                  void *user);

/**
 * Computes one field from another; see pde_tracker_create_storage.
 *
 * @param in   read-only; lent for the call.
 * @param time that of the state; user's time unit.
 * @param out  to be filled; has the kind of the sample given with the callback; lent for the call: fill it,
 *             do not free it.
 * @param user as given.
 * @return PDE_OK, or a negative status.
 */
typedef pde_status (*pde_transform)(const pde_field *in, double time, pde_field *out, void *user);

/* ---- making fields */

/**
 * Create a field that owns its samples, all zero, in C order.
 *
 * @param grid      [in] kept alive by the field.
 * @param rank      [in] PDE_SCALAR, PDE_VECTOR or PDE_TENSOR.
 * @param dtype     [in] any of PDE_FLOAT64 ... PDE_BOOL.
 * @param label     [in] name of the quantity, as in plots and files; or NULL: none.
 * @param out_field [out] the field; the caller's to free.
 * @return PDE_OK; PDE_ERR_ARGUMENT (rank); PDE_ERR_DTYPE (no such dtype); PDE_ERR_RANGE (more bytes than an
 *         address can count); PDE_ERR_MEMORY.
 * @threads any.
 * @since 0.1
 */
PDE_API pde_status pde_field_create(const pde_grid *grid, int32_t rank, int32_t dtype, const char *label,
                                    pde_field **out_field) PDE_NOEXCEPT;

/**
 * Create a field that looks at an array of the caller. Nothing is copied, now or later.
 *
 * For an array with halo cells, `data` points to the first cell that counts, and the strides step over the
 * rest: for `double u[ny + 2][nx + 2]` with x fastest and a grid of shape {nx, ny}, data is &u[1][1] and
 * strides are {1, nx + 2}.
 *
 * @param grid      [in] kept alive by the field.
 * @param rank      [in] PDE_SCALAR, PDE_VECTOR or PDE_TENSOR.
 * @param dtype     [in] of the samples.
 * @param label     [in] name of the quantity; or NULL: none.
 * @param data      [in] the sample with all indices 0; aligned as dtype needs. Borrowed until the field and
 *                  all that shares it is gone, or until pde_field_rebind.
 * @param strides   [in] [rank + ndim] elements from one index to the next, components first; may be negative;
 *                  or NULL: C order without gaps.
 * @param out_field [out] the field; the caller's to free.
 * @return PDE_OK; PDE_ERR_ARGUMENT (rank; a stride of 0 along an axis with more than one entry);
 *         PDE_ERR_DTYPE (no such dtype); PDE_ERR_RANGE (strides that no address can reach).
 * @threads any.
 * @since 0.1
 */
PDE_API pde_status pde_field_wrap(const pde_grid *grid, int32_t rank, int32_t dtype, const char *label,
                                  void *data, const int64_t *strides, pde_field **out_field) PDE_NOEXCEPT;

/**
 * Move a wrapped field to another address, as after swapping the two buffers of a solver.
 *
 * Dtype and strides stay. Collections, stacks and components that share the field follow.
 *
 * @param field [in,out] made by pde_field_wrap, or sharing one such field.
 * @param data  [in] where the field's sample with all indices 0 is now; borrowed as in pde_field_wrap.
 * @return PDE_OK; PDE_ERR_STATE (the field owns its samples, or shares several arrays: rebind each of those);
 *         PDE_ERR_READONLY.
 * @threads one call at a time per field and those that share it.
 * @since 0.1
 */
PDE_API pde_status pde_field_rebind(pde_field *field, void *data) PDE_NOEXCEPT;

/**
 * Make a vector or tensor out of scalar fields, whose samples it shares.
 *
 * @param components [in] [count] scalar fields with one grid and one dtype; a tensor takes them row by row.
 * @param count      [in] dimension of space to the power of rank.
 * @param rank       [in] PDE_VECTOR or PDE_TENSOR.
 * @param label      [in] name of the quantity; or NULL: none. Labels of the components are not used.
 * @param out_field  [out] the field; the caller's to free.
 * @return PDE_OK; PDE_ERR_ARGUMENT (rank; a component that is no scalar); PDE_ERR_SHAPE (count; grids that
 *         differ); PDE_ERR_DTYPE (dtypes that differ).
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_stack(pde_field *const *components, int64_t count, int32_t rank,
                                   const char *label, pde_field **out_field) PDE_NOEXCEPT;

/**
 * Make a collection out of fields, whose samples it shares. Members keep their labels.
 *
 * @param fields    [in] [count] with one grid and one dtype; no collections.
 * @param count     [in] at least 1.
 * @param label     [in] of the collection; or NULL: none.
 * @param out_field [out] the collection; the caller's to free.
 * @return PDE_OK; PDE_ERR_ARGUMENT (count below 1; a member that is a collection); PDE_ERR_SHAPE (grids that
 *         differ); PDE_ERR_DTYPE (dtypes that differ).
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_collection_create(pde_field *const *fields, int64_t count, const char *label,
                                               pde_field **out_field) PDE_NOEXCEPT;

/**
 * Copy a field into memory of its own, in C order, converting the samples.
 *
 * A value may be rounded to a shorter floating-point type, but not lose its nature: a number too large, a
 * fraction or a NaN for an integer, an integer with more digits than a floating-point type keeps (2^53 + 1 as
 * a float64), an imaginary part for a real type, or anything but 0 and 1 for a bool is refused. NaN and
 * infinities stay what they are between floating-point types, and the sign of a zero is kept.
 *
 * @param field     [in] any layout; a collection gives a collection.
 * @param dtype     [in] of the copy.
 * @param label     [in] of the copy; or NULL: that of `field`.
 * @param out_field [out] the copy, not read-only; the caller's to free.
 * @return PDE_OK; PDE_ERR_DTYPE (no such dtype); PDE_ERR_RANGE (a value that dtype cannot hold; the message
 *         names it).
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_copy(const pde_field *field, int32_t dtype, const char *label,
                                  pde_field **out_field) PDE_NOEXCEPT;

/**
 * Copy the values of one field into another, between any two layouts.
 *
 * @param into [in,out] same grid and kind as `from` (collections: the same members). Keeps its label and
 *             dtype.
 * @param from [in] may share samples with `into`.
 * @return PDE_OK; PDE_ERR_SHAPE (grids or kinds differ); PDE_ERR_DTYPE (`into` cannot hold every value of
 *         from's dtype: integers into shorter ones, complex into real, ...); PDE_ERR_READONLY.
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_assign(pde_field *into, const pde_field *from) PDE_NOEXCEPT;

/* ---- asking a field */

/**
 * The grid of a field.
 *
 * @param field    [in] borrowed for the call.
 * @param out_grid [out] a handle of its own; the caller's to free.
 * @return PDE_OK; only the failures that any function can give.
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_grid(const pde_field *field, pde_grid **out_grid) PDE_NOEXCEPT;

/**
 * The rank of a field.
 *
 * @param field    [in] borrowed for the call.
 * @param out_rank [out] PDE_SCALAR, PDE_VECTOR, PDE_TENSOR or PDE_COLLECTION.
 * @return PDE_OK; only the failures that any function can give.
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_rank(const pde_field *field, int32_t *out_rank) PDE_NOEXCEPT;

/**
 * The element type of a field.
 *
 * @param field     [in] borrowed for the call.
 * @param out_dtype [out] PDE_FLOAT64 ... PDE_BOOL.
 * @return PDE_OK; only the failures that any function can give.
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_dtype(const pde_field *field, int32_t *out_dtype) PDE_NOEXCEPT;

/**
 * The label of a field.
 *
 * @param field     [in] borrowed for the call.
 * @param out_label [out] valid until the next call on this handle; NULL if it has none.
 * @return PDE_OK; only the failures that any function can give.
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_label(const pde_field *field, const char **out_label) PDE_NOEXCEPT;

/**
 * The number of axes of a field's array: its rank plus the axes of the grid; for a collection 1 plus those.
 *
 * @param field    [in] borrowed for the call.
 * @param out_ndim [out] 1 to 5.
 * @return PDE_OK; only the failures that any function can give.
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_ndim(const pde_field *field, int32_t *out_ndim) PDE_NOEXCEPT;

/**
 * The shape of a field's array, components first.
 *
 * @param field     [in] borrowed for the call.
 * @param out_shape [out] [field ndim].
 * @param count     [in] what pde_field_ndim gives.
 * @return PDE_OK; PDE_ERR_SHAPE (count differs).
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_shape(const pde_field *field, int64_t *out_shape, int64_t count) PDE_NOEXCEPT;

/**
 * The number of fields in a collection; 1 for any other field.
 *
 * @param field     [in] borrowed for the call.
 * @param out_count [out] at least 1.
 * @return PDE_OK; only the failures that any function can give.
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_members(const pde_field *field, int64_t *out_count) PDE_NOEXCEPT;

/**
 * The first member with a label. A field that is no collection is its own only member.
 *
 * @param field      [in] borrowed for the call.
 * @param label      [in] must match exactly.
 * @param out_member [out] its number, from 0.
 * @return PDE_OK; PDE_ERR_NOT_FOUND (no member has this label).
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_find_member(const pde_field *field, const char *label,
                                         int64_t *out_member) PDE_NOEXCEPT;

/**
 * A member of a collection, sharing its samples. A field that is no collection is its own member 0.
 *
 * @param field     [in] borrowed for the call.
 * @param member    [in] 0 to members - 1.
 * @param out_field [out] read-only where `field` is; the caller's to free.
 * @return PDE_OK; PDE_ERR_RANGE (no such member).
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_member(const pde_field *field, int64_t member,
                                    pde_field **out_field) PDE_NOEXCEPT;

/**
 * A component as a scalar field without label, sharing its samples.
 *
 * @param field      [in] borrowed for the call.
 * @param component  [in] from 0; of a tensor: row * D + column; of a collection: the row of its array.
 * @param out_scalar [out] read-only where `field` is; the caller's to free.
 * @return PDE_OK; PDE_ERR_RANGE (no such component).
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_component(const pde_field *field, int64_t component,
                                       pde_field **out_scalar) PDE_NOEXCEPT;

/* ---- the samples */

/**
 * The samples for reading and writing, in C order without gaps.
 *
 * No layout is ever converted: a field that lies otherwise in memory is refused (use pde_field_component, or
 * pde_field_copy). Naming the dtype keeps a caller from computing on another type than it expects.
 *
 * @param field    [in,out] borrowed for the call.
 * @param dtype    [in] the field's.
 * @param out_data [out] [field shape]; user's unit for this field. Valid until the field, and all that shares
 *                 its samples, is gone, or until it is rebound.
 * @return PDE_OK; PDE_ERR_DTYPE (the field has another dtype); PDE_ERR_SHAPE (not in C order, or with gaps);
 *         PDE_ERR_READONLY.
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_data(pde_field *field, int32_t dtype, void **out_data) PDE_NOEXCEPT;

/**
 * The samples for reading, in the layout they have.
 *
 * Only samples at even steps can be handed out so: the members of a collection, or the components of a stack,
 * that lie anywhere in memory have no strides. Take them one by one with pde_field_member or
 * pde_field_component.
 *
 * @param field       [in] borrowed for the call.
 * @param dtype       [in] the field's.
 * @param out_data    [out] the sample with all indices 0; valid as long as that of pde_field_data.
 * @param out_strides [out] [field ndim] in elements, components first; or NULL: the caller takes C order
 *                    without gaps only.
 * @param count       [in] the field's ndim; 0 if out_strides is NULL.
 * @return PDE_OK; PDE_ERR_DTYPE (the field has another dtype); PDE_ERR_SHAPE (count; not in C order though
 *         out_strides is NULL; no strides describe it).
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_data_const(const pde_field *field, int32_t dtype, const void **out_data,
                                        int64_t *out_strides, int64_t count) PDE_NOEXCEPT;

/* ---- filling and computing */

/**
 * Set every sample to one value.
 *
 * @param field [in,out] borrowed for the call.
 * @param re    [in] the value, or its real part; user's unit for this field.
 * @param im    [in] imaginary part; 0 unless the field is complex.
 * @return PDE_OK; PDE_ERR_DTYPE (im is not 0 though the field is real); PDE_ERR_RANGE (a value that the
 *         field's dtype cannot hold); PDE_ERR_READONLY.
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_fill(pde_field *field, double re, double im) PDE_NOEXCEPT;

/**
 * Set every sample to a random number.
 *
 * - "uniform": independent numbers in [a, b).
 * - "normal": independent numbers of mean a and standard deviation b.
 * - "harmonic" (since 0.2): smooth, and periodic along each axis, for trying out operators. A component is b
 *   times the product over the axes of the sum over j = 1 to a of A_j * cos(2 pi j (i + 1/2) / n), where i is
 *   the cell along that axis, n the number of cells, and A_j drawn from [0, 1) for each component, axis and
 *   mode. So a = 3 modes and b = 1 give py-pde's random_harmonic, though for other draws.
 *
 * The same kind, seed, numbers, dtype and shape give the same samples on every machine, whatever the layout.
 * Complex fields draw real and imaginary part independently.
 *
 * @param field [in,out] in practice floating-point or complex.
 * @param kind  [in] one of the names above.
 * @param seed  [in] any number.
 * @param a     [in] finite; user's unit for this field; "harmonic": modes, a whole number from 1 to 1000000.
 * @param b     [in] finite; not below a for "uniform", at least 0 for "normal"; user's unit for this field.
 * @return PDE_OK; PDE_ERR_ARGUMENT (kind, a or b); PDE_ERR_RANGE (a number that the field's dtype cannot
 *         hold: integers take none but whole ones); PDE_ERR_READONLY.
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_fill_random(pde_field *field, const char *kind, int64_t seed, double a,
                                         double b) PDE_NOEXCEPT;

/**
 * Set every cell from a function of its position.
 *
 * The function runs once per cell, in C order. The field changes only after the last of these calls, and not
 * at all if one fails.
 *
 * @param field   [in,out] answers PDE_ERR_BUSY while the function runs.
 * @param profile [in] used during this call only.
 * @param user    [in] handed to `profile`; or NULL.
 * @return PDE_OK; PDE_ERR_RANGE (a value that the field's dtype cannot hold); PDE_ERR_READONLY; what
 *         `profile` returned.
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_fill_function(pde_field *field, pde_profile profile, void *user) PDE_NOEXCEPT;

/**
 * Compute field = a * field + b * other, sample by sample.
 *
 * Integers and bools are computed exactly, however large, if `field` and `other` hold nothing else and both
 * factors are whole numbers of at most 2^60. All else is computed in double precision. That tells whole
 * numbers apart up to 2^53, so where integers take part and a sample, a term or a sum is beyond, the call is
 * refused rather than a digit lost; an integer that a float64 holds exactly may still enter a field of
 * floating-point numbers. Results are rounded to a shorter floating-point type, never to an integer.
 *
 * @param field [in,out] borrowed for the call; unchanged if this fails.
 * @param a     [in] factor, without unit.
 * @param b     [in] factor; not used if `other` is NULL.
 * @param other [in] same grid and kind; may be `field` itself; or NULL: only scale.
 * @return PDE_OK; PDE_ERR_SHAPE (grids or kinds differ); PDE_ERR_DTYPE (`other` is complex, `field` is not);
 *         PDE_ERR_RANGE (a result that the field's dtype cannot hold, or that double precision cannot tell
 *         exactly though integers take part); PDE_ERR_READONLY.
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_combine(pde_field *field, double a, double b,
                                     const pde_field *other) PDE_NOEXCEPT;

/**
 * The average over space, weighted with the volumes of the cells.
 *
 * @param field      [in] any dtype and layout.
 * @param out_values [out] one per component (collections: per row); complex: real and imaginary part of each;
 *                   user's unit for this field.
 * @param count      [in] the number of components, twice that if complex.
 * @return PDE_OK; PDE_ERR_SHAPE (count differs).
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_average(const pde_field *field, double *out_values, int64_t count) PDE_NOEXCEPT;

/**
 * A number that sums up a field. One NaN among the samples makes the results it enters NaN.
 *
 * With u_i the sample in cell i of n, V_i the volume of that cell and V that of the grid:
 *
 * - "integral": sum of u_i * V_i, one per component; complex: real and imaginary part of each.
 * - "variance": sum of abs(u_i - m)^2 * V_i / V, with m the average (pde_field_average), one per component.
 * - "fluctuations" (since 0.2): the standard deviation of w_i = u_i * sqrt(V_i) over the cells, each counting
 *   the same: sqrt(sum of abs(w_i - (sum of w_j) / n)^2 / n), one per component. That of uncorrelated noise
 *   does not depend on how fine the grid is.
 * - "min", "max": smallest and largest sample, one per component; not for complex fields.
 * - "magnitude": abs(sum of abs(u_i) * V_i / V) with abs(u_i) the square root of the sum of the squares of
 *   the absolute values of all components, one per member (1 unless a collection). For a scalar, and for the
 *   one component of a real vector in one dimension, it is abs(m).
 *
 * Bools count as 0 and 1. Integers of 64 bits enter with all their digits; it is the result that is rounded
 * to a float64, so "min" and "max" beyond 2^53 may be off by that.
 *
 * The rows of a collection's array count as components.
 *
 * @param field      [in] any layout.
 * @param name       [in] one of the names above.
 * @param out_values [out] see above; user's unit for this field (integral: times volume; variance: squared;
 *                   fluctuations: times square root of volume).
 * @param count      [in] length of out_values.
 * @return PDE_OK; PDE_ERR_ARGUMENT (no such name); PDE_ERR_DTYPE ("min", "max" of complex numbers);
 *         PDE_ERR_SHAPE (count differs).
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_statistic(const pde_field *field, const char *name, double *out_values,
                                       int64_t count) PDE_NOEXCEPT;

/**
 * Draw a field into a picture file: a line over one axis, an image with its colour bar over two.
 *
 * An existing file is replaced. A collection gets one panel per member.
 *
 * @param field   [in] real scalars on grids of one or two axes.
 * @param path    [in] ends in .png, .svg or .pdf.
 * @param options [in] `dpi` [100], `width`, `height` (pixels; 0: from dpi), `vmin`, `vmax` [the field's own],
 *                `title`; or NULL.
 * @return PDE_OK; PDE_ERR_ARGUMENT (another ending; options); PDE_ERR_UNSUPPORTED (three axes, vectors,
 *         tensors, complex samples, or a build without the movie module); PDE_ERR_IO.
 * @threads one call at a time per field.
 * @since 0.1
 */
PDE_API pde_status pde_field_plot(const pde_field *field, const char *path,
                                  const pde_options *options) PDE_NOEXCEPT;

/**
 * Give a field handle back. Memory of the caller is not touched; samples that others share stay.
 *
 * @param field [in] NULL or a stale handle: nothing happens.
 * @threads any, but not while another thread uses the same handle.
 * @since 0.1
 */
PDE_API void pde_field_free(pde_field *field) PDE_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
