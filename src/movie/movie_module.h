/* The seam between libpde and its movie module (libpde-movie.so): one C table with a size and a version.
 *
 * The core (src/storage/) loads the module at first use and calls through this table only; libav and Cairo
 * types never leave src/movie/. Both sides come from one build, but a stale module beside a new library must
 * be noticed: hence the version. Values travel as float64 in C order: [nx] for a line, [nx][ny] for an image,
 * x first. */
#ifndef PDE_MOVIE_MODULE_H
#define PDE_MOVIE_MODULE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PDE_MOVIE_MODULE_VERSION 1

/* One axes of a figure: an image with its colour bar (ndim 2), or curves over one axis (ndim 1). */
typedef struct pde_movie_panel {
  int32_t ndim;                    /* 1 or 2 */
  int64_t shape[2];                /* cells along x (and y) */
  double lower[2], upper[2];       /* bounds of the grid, user's length unit */
  const char *axis_name[2];        /* "x", "y", "r", ...; UTF-8 */
  const char *label;               /* of the field; UTF-8, or NULL */
  int64_t curve_count;             /* ndim 1: curves drawn at once; else 1 */
  const char *const *curve_labels; /* [curve_count] for the legend, or NULL: no legend */
} pde_movie_panel;

typedef struct pde_movie_settings {
  const char *path;      /* file to write */
  const char *title;     /* with the placeholders {time}, {time:g}, {index}, or NULL: none */
  double fps;            /* frames per second; movies only */
  double dpi;            /* pixels per inch: scales text and lines */
  int64_t width, height; /* of the figure in pixels */
  double vmin, vmax;     /* colour or line limits; NaN: from the first snapshot */
  int32_t threads;       /* of the encoder; 0: as many as the size is worth and cores are usable */
} pde_movie_settings;

/* What the module may call back into: log lines, on the calling thread only. */
typedef struct pde_movie_host {
  void (*log)(int32_t level, const char *message);
} pde_movie_host;

/* Where a function puts its words when it fails; zero-terminated, cut if need be. */
typedef struct pde_movie_message {
  char text[512];
} pde_movie_message;

/* Every function returns a pde_status as an int32_t; on failure `message` holds the words. No exception
 * crosses. */
typedef struct pde_movie_module {
  int64_t size;    /* sizeof(pde_movie_module) of the module's build */
  int32_t version; /* PDE_MOVIE_MODULE_VERSION of the module's build */
  int32_t (*movie_open)(const pde_movie_host *host, const pde_movie_panel *panels, int64_t count,
                        const pde_movie_settings *settings, void **out_movie, pde_movie_message *message);
  int32_t (*movie_append)(void *movie, const double *const *values /* [panel * curve] */, double time,
                          pde_movie_message *message);
  int32_t (*movie_close)(void *movie, pde_movie_message *message); /* writes the trailer; frees in any case */
  /* One picture: .png, .svg or .pdf by the path's ending. values: [panel * curve]. */
  int32_t (*plot)(const pde_movie_host *host, const pde_movie_panel *panels, int64_t count,
                  const double *const *values, double time, const pde_movie_settings *settings,
                  pde_movie_message *message);
} pde_movie_module;

/* The module's only exported name. */
const pde_movie_module *pde_movie_module_get(void);
typedef const pde_movie_module *(*pde_movie_module_getter)(void);

#ifdef __cplusplus
}
#endif
#endif
