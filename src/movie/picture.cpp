#include "picture.hpp"

#include <cairo-pdf.h>
#include <cairo-svg.h>

#include "movie_error.hpp"
#include "output_file.hpp"

namespace pde::movie {
namespace {

constexpr int finer_image =
    4;  // pixels of an image per figure pixel where the surface has none: viewers may blur them

/* Where Cairo's bytes go; the first error is kept. */
struct Sink {
  OutputFile file;
  int64_t size = 0;
  int error = 0;

  static cairo_status_t write(void *self, const unsigned char *data, unsigned int count) {
    auto &sink = *static_cast<Sink *>(self);
    if (sink.error == 0) sink.error = sink.file.write(data, count, sink.size);
    sink.size += count;
    return sink.error == 0 ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
  }
};

void draw_all(cairo_t *context, Figure &figure, const double *const *values, double time, int finer) {
  figure.draw_furniture(context);
  figure.draw_data(context, values, finer);
  figure.draw_title(context, figure.title(time, 0));
}

cairo_status_t write_pixels(Sink &sink, Figure &figure, const double *const *values, double time) {
  const Surface surface(
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, figure.spec().width, figure.spec().height));
  const Context context(cairo_create(surface.get()));
  draw_all(context.get(), figure, values, time, 1);
  const cairo_status_t status = cairo_status(context.get());
  return status != CAIRO_STATUS_SUCCESS
             ? status
             : cairo_surface_write_to_png_stream(surface.get(), Sink::write, &sink);
}

/* Sizes in points: a figure of 640 pixels at 100 dpi is 6.4 inches wide on paper. */
cairo_status_t write_shapes(Sink &sink, bool svg, Figure &figure, const double *const *values, double time) {
  const double point = 72 / figure.spec().dpi;
  const auto create = svg ? cairo_svg_surface_create_for_stream : cairo_pdf_surface_create_for_stream;
  const Surface surface(
      create(Sink::write, &sink, point * figure.spec().width, point * figure.spec().height));
  const Context context(cairo_create(surface.get()));
  cairo_scale(context.get(), point, point);
  draw_all(context.get(), figure, values, time, finer_image);
  cairo_show_page(context.get());
  const cairo_status_t status = cairo_status(context.get());
  cairo_surface_finish(surface.get());
  return status != CAIRO_STATUS_SUCCESS ? status : cairo_surface_status(surface.get());
}

}  // namespace

void check_picture_ending(const std::string &path) {
  const std::string ending = path_ending(path);
  if (ending == ".png" || ending == ".svg" || ending == ".pdf") return;
  throw MovieError(unsupported,
                   "'" + path + "': pictures end in .png, .svg or .pdf, not in '" + ending + "'");
}

void write_picture(const std::string &path, Figure &figure, const double *const *values, double time) {
  check_picture_ending(path);
  Sink sink{OutputFile(path)};
  const std::string ending = path_ending(path);
  const cairo_status_t status = ending == ".png" ? write_pixels(sink, figure, values, time)
                                                 : write_shapes(sink, ending == ".svg", figure, values, time);
  if (sink.error != 0) throw MovieError(io, cannot_write(path, sink.error));
  if (status == CAIRO_STATUS_NO_MEMORY) throw MovieError(memory, "no memory left for drawing '" + path + "'");
  if (status != CAIRO_STATUS_SUCCESS) {
    throw MovieError(internal, "drawing '" + path + "': " + cairo_status_to_string(status));
  }
  sink.file.publish();
}

}  // namespace pde::movie
