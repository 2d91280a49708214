/**
 * @file
 * libpde: record time series of PDE fields. This header includes all others; the rules that hold everywhere
 * stand at the top of pde/base.h.
 *
 * - pde/base.h: status, messages, element types, log
 * - pde/options.h: everything beyond plain arguments
 * - pde/grid.h: where a field lives
 * - pde/field.h: values on a grid
 * - pde/storage.h: time series of fields
 * - pde/backend.h: storages of your own
 * - pde/schedule.h: when
 * - pde/tracker.h: what to do then; a run
 * - pde/solver.h: equations and a time loop
 */
#ifndef PDE_H
#define PDE_H

#include "pde/backend.h"
#include "pde/base.h"
#include "pde/field.h"
#include "pde/grid.h"
#include "pde/options.h"
#include "pde/schedule.h"
#include "pde/solver.h"
#include "pde/storage.h"
#include "pde/tracker.h"

#endif
