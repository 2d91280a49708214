// The table of calls; see function_calls.hpp. A function of capi/symbols.txt that is not here fails a test.
#include <algorithm>
#include <deque>

#include "function_calls.hpp"

namespace test {
namespace {

constexpr double kTimes[] = {0, 1};
constexpr size_t kLargestSample = 16;
/// Where the array that is read into has room: what lies further off only the caller can know.
const std::vector<int64_t> kNearStrides = {INT64_MIN, INT64_MIN + 1,    -2,       -1, 0, 1,
                                           3,         int64_t{1} << 62, INT64_MAX};
/// A run to a time further off takes its time.
const std::vector<double> kNearTimes = {NAN,  INFINITY, -INFINITY, std::numeric_limits<double>::denorm_min(),
                                        -0.0, -1,       1.5};

/// A table that can be written to, with sizes that it cannot have and entries that it needs.
Argument<const pde_backend *> backends(const char *name) {
  const auto kept = std::make_shared<std::deque<pde_backend>>(1, empty_backend());
  Argument<const pde_backend *> argument{name, &kept->front(), {{nullptr, PDE_ERR_ARGUMENT, "NULL"}}};
  const auto add = [&](const std::string &what, pde_status status, auto &&change) {
    change(kept->emplace_back(empty_backend()));
    argument.variants.push_back({&kept->back(), status, what});
  };
  constexpr int64_t right = sizeof(pde_backend);
  for (int64_t size : {INT64_MIN, int64_t{-8}, int64_t{-1}, int64_t{0}, int64_t{1}, int64_t{8}, right - 1,
                       right + 1, int64_t{1} << 40, INT64_MAX - 7, INT64_MAX}) {
    add("of size " + std::to_string(size), PDE_ERR_ARGUMENT, [&](pde_backend &it) { it.size = size; });
  }
  add("without length", PDE_ERR_ARGUMENT, [](pde_backend &it) { it.length = nullptr; });
  add("without append", PDE_ERR_ARGUMENT, [](pde_backend &it) { it.append = nullptr; });
  add("without set_info", PDE_ERR_ARGUMENT, [](pde_backend &it) { it.set_info = nullptr; });
  add("of zeros", PDE_ERR_ARGUMENT, [](pde_backend &it) { it = {}; });
  add("of a later version", PDE_OK, [](pde_backend &it) { it.size += 8; });
  argument.check = [kept](bool) {};  // keeps the tables
  return argument;
}

const Row kBase[] = {
    [](World &, Probe &p) {
      p.note("pde_version_string");
      EXPECT_STRNE(pde_version_string(), "");
    },
    [](World &, Probe &p) {
      p.note("pde_version_number");
      EXPECT_GT(pde_version_number(), 0);
    },
    [](World &, Probe &p) {
      p.note("pde_status_name");
      EXPECT_STREQ(pde_status_name(PDE_OK), "PDE_OK");
      EXPECT_STREQ(pde_status_name(PDE_ERR_UNSOUND), "PDE_ERR_UNSOUND");
      for (pde_status user : {-1000, -1001, INT32_MIN})
        EXPECT_STREQ(pde_status_name(user), "PDE_ERR_USER") << user;
      for (pde_status none : {3, 77, INT32_MAX, -17, -999})
        EXPECT_STREQ(pde_status_name(none), "PDE_UNKNOWN") << none;
    },
    [](World &, Probe &p) {
      p.note("pde_error_message");
      EXPECT_NE(pde_error_message(), nullptr);
    },
    [](World &, Probe &p) {
      p.note("pde_error_set");
      EXPECT_EQ(pde_error_set(-1234, "first"), -1234);
      EXPECT_STREQ(pde_error_message(), "first");
      EXPECT_EQ(pde_error_set(PDE_OK, "second"), PDE_OK);
      EXPECT_STREQ(pde_error_message(), "first");
      EXPECT_EQ(pde_error_set(PDE_ERR_IO, nullptr), PDE_ERR_IO);
      EXPECT_STREQ(pde_error_message(), "PDE_ERR_IO");
    },
    [](World &, Probe &p) {
      p.call("pde_set_log_handler", pde_set_log_handler, callback("handler", ignore_line, PDE_OK),
             in_or_null<void>("user", &p), callback("destroy", do_nothing, PDE_OK));
      EXPECT_OK(pde_set_log_handler(nullptr, nullptr, nullptr));
    },
    [](World &, Probe &p) {
      p.note("pde_dtype_size");
      EXPECT_EQ(pde_dtype_size(PDE_COMPLEX128), 16);
      for (int32_t none : {0, 14, -1, INT32_MIN, INT32_MAX}) EXPECT_EQ(pde_dtype_size(none), 0) << none;
    },
    [](World &, Probe &p) {
      p.note("pde_dtype_name");
      EXPECT_STREQ(pde_dtype_name(PDE_BOOL), "bool");
      for (int32_t none : {0, 14, -1, INT32_MIN, INT32_MAX}) EXPECT_EQ(pde_dtype_name(none), nullptr) << none;
    },
};

const Row kOptions[] = {
    [](World &, Probe &p) {
      p.call("pde_options_create", pde_options_create, out_handle<pde_options>("out_options"));
    },
    [](World &w, Probe &p) {
      p.call("pde_options_set", pde_options_set, handle(w, "options", w.options.get()), in("key", "level"),
             in_or_null("value", "9"));
    },
    [](World &w, Probe &p) {
      p.call("pde_options_set_int", pde_options_set_int, handle(w, "options", w.options.get()),
             in("key", "level"), value<int64_t>(9));
    },
    [](World &w, Probe &p) {
      p.call("pde_options_set_real", pde_options_set_real, handle(w, "options", w.options.get()),
             in("key", "fps"), value(9.5));
    },
    [](World &w, Probe &p) {
      p.call("pde_options_set_bool", pde_options_set_bool, handle(w, "options", w.options.get()),
             in("key", "shuffle"), value<int32_t>(1));
    },
    [](World &w, Probe &p) {
      p.call("pde_options_set_reals", pde_options_set_reals, handle(w, "options", w.options.get()),
             in("key", "chunk_shape"), array("values", kTimes), chosen_count(2));
    },
    [](World &w, Probe &p) {
      p.call("pde_options_set_progress", pde_options_set_progress, handle(w, "options", w.options.get()),
             callback("progress", go_on, PDE_OK), in_or_null<void>("user", &p),
             callback("destroy", do_nothing, PDE_OK));
    },
    [](World &w, Probe &p) {
      p.call("pde_options_parse", pde_options_parse, handle(w, "options", w.options.get()),
             in("text", "level=3"));
    },
    [](World &, Probe &p) {
      p.call("pde_options_describe", pde_options_describe, in("consumer", "hdf5:"),
             out<const char *>("out_json"));
    },
    [](World &w, Probe &p) { p.release(w, "pde_options_free", pde_options_free, w.options.get()); },
};

const Row kGrid[] = {
    [](World &, Probe &p) {
      static const int64_t shape[] = {3, 4, 1};
      static const int32_t periodic[] = {0, 1, 0};
      p.call("pde_grid_create_unit", pde_grid_create_unit, value<int32_t>(2), array("shape", shape),
             array_or_null("periodic", periodic), out_handle<pde_grid>("out_grid"));
    },
    [](World &, Probe &p) {
      static const double lower[] = {0, 0, 0}, upper[] = {1, 2, 3};
      static const int64_t shape[] = {3, 4, 1};
      static const int32_t periodic[] = {0, 1, 0};
      p.call("pde_grid_create_cartesian", pde_grid_create_cartesian, value<int32_t>(2), array("lower", lower),
             array("upper", upper), array("shape", shape), array_or_null("periodic", periodic),
             out_handle<pde_grid>("out_grid"));
    },
    [](World &, Probe &p) {
      p.call("pde_grid_create_polar", pde_grid_create_polar, value(0.5), value(2.0), value<int64_t>(4),
             out_handle<pde_grid>("out_grid"));
    },
    [](World &, Probe &p) {
      p.call("pde_grid_create_spherical", pde_grid_create_spherical, value(0.0), value(2.0),
             value<int64_t>(4), out_handle<pde_grid>("out_grid"));
    },
    [](World &, Probe &p) {
      p.call("pde_grid_create_cylindrical", pde_grid_create_cylindrical, value(0.5), value(2.0), value(-1.0),
             value(1.0), value<int64_t>(4), value<int64_t>(3), value<int32_t>(1),
             out_handle<pde_grid>("out_grid"));
    },
    [](World &, Probe &p) {
      p.call("pde_grid_parse", pde_grid_parse,
             in("json", R"({"shape": [4], "periodic": [true], "class": "UnitGrid"})"),
             out_handle<pde_grid>("out_grid"));
    },
    [](World &w, Probe &p) {
      p.call("pde_grid_text", pde_grid_text, handle(w, "grid", w.grid.get()), out<const char *>("out_json"));
    },
    [](World &w, Probe &p) {
      p.call("pde_grid_ndim", pde_grid_ndim, handle(w, "grid", w.grid.get()), out<int32_t>("out_ndim"));
    },
    [](World &w, Probe &p) {
      p.call("pde_grid_dimension", pde_grid_dimension, handle(w, "grid", w.grid.get()),
             out<int32_t>("out_dimension"));
    },
    [](World &w, Probe &p) {
      p.call("pde_grid_shape", pde_grid_shape, handle(w, "grid", w.grid.get()), out<int64_t>("out_shape"),
             value<int64_t>(1));
    },
    [](World &w, Probe &p) {
      p.call("pde_grid_bounds", pde_grid_bounds, handle(w, "grid", w.grid.get()), out<double>("out_lower"),
             out<double>("out_upper"), value<int64_t>(1));
    },
    [](World &w, Probe &p) {
      p.call("pde_grid_periodic", pde_grid_periodic, handle(w, "grid", w.grid.get()),
             out<int32_t>("out_periodic"), value<int64_t>(1));
    },
    [](World &w, Probe &p) {
      p.call("pde_grid_coordinates", pde_grid_coordinates, handle(w, "grid", w.grid.get()), value<int32_t>(0),
             out<double>("out_centres", 4), value<int64_t>(4));
    },
    [](World &w, Probe &p) {
      // Without cells there is none to count, so count alone would be wrong: PDE_ERR_SHAPE.
      p.call("pde_grid_volumes", pde_grid_volumes, handle(w, "grid", w.grid.get()),
             out_or<double>("out_cells", PDE_ERR_SHAPE, 4), value<int64_t>(4),
             out_or<double>("out_total", PDE_OK, 1));
    },
    [](World &w, Probe &p) {
      p.call("pde_grid_equal", pde_grid_equal, handle(w, "grid", w.grid.get()),
             handle(w, "other", w.grid.get()), out<int32_t>("out_equal"));
    },
    [](World &w, Probe &p) {
      const GridHandle grid = unit_grid({2});
      p.release(w, "pde_grid_free", pde_grid_free, grid.get());
    },
};

const Row kField[] = {
    [](World &w, Probe &p) {
      p.call("pde_field_create", pde_field_create, handle(w, "grid", w.grid.get()),
             value<int32_t>(PDE_SCALAR), value<int32_t>(PDE_FLOAT64), in_or_null("label", "c"),
             out_handle<pde_field>("out_field"));
    },
    [](World &w, Probe &p) {
      static const int64_t strides[] = {2, 1, 1, 1};
      p.call("pde_field_wrap", pde_field_wrap, handle(w, "grid", w.grid.get()), value<int32_t>(PDE_SCALAR),
             value<int32_t>(PDE_FLOAT64), in_or_null("label", "c"), in<void>("data", w.buffer),
             array_or_null("strides", strides), out_handle<pde_field>("out_field"));
    },
    [](World &w, Probe &p) {
      FieldHandle wrapped;
      EXPECT_OK(pde_field_wrap(w.grid, PDE_SCALAR, PDE_FLOAT64, nullptr, w.buffer, nullptr, wrapped.out()));
      p.call("pde_field_rebind", pde_field_rebind, handle(w, "field", wrapped.get()),
             in<void>("data", w.buffer + 1));
    },
    [](World &w, Probe &p) {
      p.call("pde_field_stack", pde_field_stack, handles(w, "components", w.field.get()), chosen_count(1),
             value<int32_t>(PDE_VECTOR), in_or_null("label", "c"), out_handle<pde_field>("out_field"));
    },
    [](World &w, Probe &p) {
      p.call("pde_field_collection_create", pde_field_collection_create, handles(w, "fields", w.field.get()),
             chosen_count(1), in_or_null("label", "c"), out_handle<pde_field>("out_field"));
    },
    [](World &w, Probe &p) {
      p.call("pde_field_copy", pde_field_copy, handle(w, "field", w.field.get()), value<int32_t>(PDE_FLOAT32),
             in_or_null("label", "c"), out_handle<pde_field>("out_field"));
    },
    [](World &w, Probe &p) {
      p.call("pde_field_assign", pde_field_assign, handle(w, "into", w.field.get()),
             handle(w, "from", w.other_field.get()));
    },
    [](World &w, Probe &p) {
      p.call("pde_field_grid", pde_field_grid, handle(w, "field", w.field.get()),
             out_handle<pde_grid>("out_grid"));
    },
    [](World &w, Probe &p) {
      p.call("pde_field_rank", pde_field_rank, handle(w, "field", w.field.get()), out<int32_t>("out_rank"));
    },
    [](World &w, Probe &p) {
      p.call("pde_field_dtype", pde_field_dtype, handle(w, "field", w.field.get()),
             out<int32_t>("out_dtype"));
    },
    [](World &w, Probe &p) {
      p.call("pde_field_label", pde_field_label, handle(w, "field", w.field.get()),
             out<const char *>("out_label"));
    },
    [](World &w, Probe &p) {
      p.call("pde_field_ndim", pde_field_ndim, handle(w, "field", w.field.get()), out<int32_t>("out_ndim"));
    },
    [](World &w, Probe &p) {
      p.call("pde_field_shape", pde_field_shape, handle(w, "field", w.field.get()), out<int64_t>("out_shape"),
             value<int64_t>(1));
    },
    [](World &w, Probe &p) {
      p.call("pde_field_members", pde_field_members, handle(w, "field", w.field.get()),
             out<int64_t>("out_count"));
    },
    [](World &w, Probe &p) {
      const FieldHandle labelled = new_field(w.grid, PDE_SCALAR, PDE_FLOAT64, "c");
      p.call("pde_field_find_member", pde_field_find_member, handle(w, "field", labelled.get()),
             in("label", "c"), out<int64_t>("out_member"));
    },
    [](World &w, Probe &p) {
      p.call("pde_field_member", pde_field_member, handle(w, "field", w.field.get()), value<int64_t>(0),
             out_handle<pde_field>("out_field"));
    },
    [](World &w, Probe &p) {
      p.call("pde_field_component", pde_field_component, handle(w, "field", w.field.get()), value<int64_t>(0),
             out_handle<pde_field>("out_scalar"));
    },
    [](World &w, Probe &p) {
      p.call("pde_field_data", pde_field_data, handle(w, "field", w.field.get()), value<int32_t>(PDE_FLOAT64),
             out<void *>("out_data"));
    },
    [](World &w, Probe &p) {
      // Without strides there is none to count, so count alone would be wrong: PDE_ERR_SHAPE.
      p.call("pde_field_data_const", pde_field_data_const, handle(w, "field", w.field.get()),
             value<int32_t>(PDE_FLOAT64), out<const void *>("out_data"),
             out_or<int64_t>("out_strides", PDE_ERR_SHAPE, 1), value<int64_t>(1));
    },
    [](World &w, Probe &p) {
      p.call("pde_field_fill", pde_field_fill, handle(w, "field", w.field.get()), value(1.0), value(0.0));
    },
    [](World &w, Probe &p) {
      p.call("pde_field_fill_random", pde_field_fill_random, handle(w, "field", w.field.get()),
             in("kind", "uniform"), value<int64_t>(1), value(0.0), value(1.0));
    },
    [](World &w, Probe &p) {
      p.call("pde_field_fill_function", pde_field_fill_function, handle(w, "field", w.field.get()),
             callback("profile", ones, PDE_ERR_ARGUMENT), in_or_null<void>("user", &p));
    },
    [](World &w, Probe &p) {
      p.call("pde_field_combine", pde_field_combine, handle(w, "field", w.field.get()), value(1.0),
             value(2.0), handle_or(w, "other", w.other_field.get(), PDE_OK));
    },
    [](World &w, Probe &p) {
      p.call("pde_field_average", pde_field_average, handle(w, "field", w.field.get()),
             out<double>("out_values"), value<int64_t>(1));
    },
    [](World &w, Probe &p) {
      p.call("pde_field_statistic", pde_field_statistic, handle(w, "field", w.field.get()), in("name", "max"),
             out<double>("out_values"), value<int64_t>(1));
    },
    [](World &w, Probe &p) {
      const pde_status good = pde_field_plot(w.field, w.picture(), nullptr);
      p.call_for(good == PDE_ERR_UNSUPPORTED ? good : PDE_OK, "pde_field_plot", pde_field_plot,
                 handle(w, "field", w.field.get()), in("path", w.picture()),
                 handle_or(w, "options", w.options.get(), PDE_OK));
    },
    [](World &w, Probe &p) { p.release(w, "pde_field_free", pde_field_free, w.other_field.get()); },
};

const Row kStorage[] = {
    [](World &w, Probe &p) {
      p.call("pde_storage_open", pde_storage_open, in("uri", "memory:"), in_or_null("mode", "create"),
             handle_or(w, "options", w.options.get(), PDE_OK), out_handle<pde_storage>("out_storage"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_start", pde_storage_start, handle(w, "storage", w.storage.get()),
             handle(w, "sample", w.field.get()), in_or_null("info_json", R"({"a": 1})"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_append", pde_storage_append, handle(w, "storage", w.storage.get()),
             handle(w, "field", w.field.get()), value(2.0));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_append_raw", pde_storage_append_raw, handle(w, "storage", w.writing.get()),
             value<int32_t>(PDE_FLOAT64), in<const void>("data", w.buffer), value<int64_t>(4), value(2.0));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_flush", pde_storage_flush, handle(w, "storage", w.writing.get()));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_finish", pde_storage_finish, handle(w, "storage", w.writing.get()));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_close", pde_storage_close, handle(w, "storage", w.writing.get()));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_is_writing", pde_storage_is_writing, handle(w, "storage", w.storage.get()),
             out<int32_t>("out_writing"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_length", pde_storage_length, handle(w, "storage", w.storage.get()),
             out<int64_t>("out_length"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_committed", pde_storage_committed, handle(w, "storage", w.storage.get()),
             out<int64_t>("out_length"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_times", pde_storage_times, handle(w, "storage", w.storage.get()), value<int64_t>(0),
             value<int64_t>(2), out<double>("out_times", 2));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_sample", pde_storage_sample, handle(w, "storage", w.storage.get()),
             out_handle<pde_field>("out_field"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_read", pde_storage_read, handle(w, "storage", w.storage.get()), value<int64_t>(-1),
             handle(w, "into", w.field.get()));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_read_raw", pde_storage_read_raw, handle(w, "storage", w.storage.get()),
             value<int64_t>(0), value<int64_t>(2), value<int64_t>(1), value<int32_t>(PDE_FLOAT64),
             out_bytes<void>("out_data", PDE_ERR_ARGUMENT, 8 * kLargestSample), value<int64_t>(8));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_info", pde_storage_info, handle(w, "storage", w.storage.get()),
             in_or_null("key", "field_attributes"), out<const char *>("out_json"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_set_info", pde_storage_set_info, handle(w, "storage", w.storage.get()),
             in("key", "a"), in_or_null("json", "[1, 2]"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_append_info", pde_storage_append_info, handle(w, "storage", w.storage.get()),
             handle(w, "field", w.field.get()), value(2.0), in("info_json", "{}"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_truncate_after", pde_storage_truncate_after, handle(w, "storage", w.storage.get()),
             value(0.5));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_clear", pde_storage_clear, handle(w, "storage", w.storage.get()),
             value<int32_t>(0));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_refresh", pde_storage_refresh, handle(w, "storage", w.storage.get()),
             out<int64_t>("out_length"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_find_range", pde_storage_find_range, handle(w, "storage", w.storage.get()),
             value(0.0), value(1.0), out<int64_t>("out_first"), out<int64_t>("out_count"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_find_nearest", pde_storage_find_nearest, handle(w, "storage", w.storage.get()),
             value(0.7), out<int64_t>("out_index"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_dtype", pde_storage_dtype, handle(w, "storage", w.storage.get()),
             out<int32_t>("out_dtype"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_ndim", pde_storage_ndim, handle(w, "storage", w.storage.get()),
             out<int32_t>("out_ndim"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_shape", pde_storage_shape, handle(w, "storage", w.storage.get()),
             out<int64_t>("out_shape", 2), value<int64_t>(2));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_grid", pde_storage_grid, handle(w, "storage", w.storage.get()),
             out_handle<pde_grid>("out_grid"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_has_collection", pde_storage_has_collection, handle(w, "storage", w.storage.get()),
             out<int32_t>("out_collection"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_find_member", pde_storage_find_member, handle(w, "storage", w.storage.get()),
             in("label", "u"), out<int64_t>("out_member"));
    },
    [](World &w, Probe &p) {
      static const int64_t lower[] = {1}, shape[] = {2}, strides[] = {2, 1};
      p.call("pde_storage_read_box", pde_storage_read_box, handle(w, "storage", w.storage.get()),
             value<int64_t>(0), value<int64_t>(2), value<int64_t>(1), array("lower", lower),
             array("shape", shape), value<int32_t>(PDE_FLOAT64),
             out_bytes<void>("out_data", PDE_ERR_ARGUMENT, 8 * kLargestSample, 64 * kLargestSample),
             array_among("strides", strides, PDE_OK, kNearStrides));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_data_const", pde_storage_data_const, handle(w, "storage", w.storage.get()),
             value<int64_t>(1), value<int32_t>(PDE_FLOAT64), out<const void *>("out_data"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_check", pde_storage_check, handle(w, "storage", w.storage.get()),
             handle_or(w, "options", w.options.get(), PDE_OK));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_view_field", pde_storage_view_field, handle(w, "storage", w.storage.get()),
             value<int64_t>(0), out_handle<pde_storage>("out_view"));
    },
    [](World &w, Probe &p) {
      static const int64_t members[] = {0};
      p.call("pde_storage_view_fields", pde_storage_view_fields, handle(w, "storage", w.storage.get()),
             array("members", members), chosen_count(1), out_handle<pde_storage>("out_view"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_view_range", pde_storage_view_range, handle(w, "storage", w.storage.get()),
             value<int64_t>(0), value<int64_t>(2), value<int64_t>(1), out_handle<pde_storage>("out_view"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_extract_field", pde_storage_extract_field, handle(w, "storage", w.storage.get()),
             value<int64_t>(0), in_or_null("label", "v"), out_handle<pde_storage>("out_memory"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_extract_time_range", pde_storage_extract_time_range,
             handle(w, "storage", w.storage.get()), value(0.0), value(0.5),
             out_handle<pde_storage>("out_memory"));
    },
    [](World &w, Probe &p) {
      static const double times[] = {3};
      p.call("pde_storage_create_from_fields", pde_storage_create_from_fields,
             handles(w, "fields", w.field.get()), array_or_null("times", times), chosen_count(1),
             in_or_null("label", "v"), value<int32_t>(PDE_COMPLEX64), out_handle<pde_storage>("out_memory"));
    },
    [](World &w, Probe &p) {
      static const double times[] = {3};
      p.call("pde_storage_create_from_collection", pde_storage_create_from_collection,
             handle(w, "collection", w.field.get()), array_or_null("times", times), value<int64_t>(1),
             in_or_null("label", "v"), out_handle<pde_storage>("out_memory"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_copy", pde_storage_copy, handle(w, "storage", w.storage.get()),
             handle(w, "into", w.writing.get()), handle_or(w, "options", w.options.get(), PDE_OK));
    },
    [](World &w, Probe &p) {
      StorageHandle fresh = open_storage("memory:", "truncate");
      p.call("pde_storage_merge", pde_storage_merge, handles(w, "storages", w.storage.get()), chosen_count(1),
             in_or_null("label", "c"), handle(w, "into", fresh.get()),
             handle_or(w, "options", w.options.get(), PDE_OK));
    },
    [](World &w, Probe &p) {
      StorageHandle fresh = open_storage("memory:", "truncate");
      p.call("pde_storage_apply", pde_storage_apply, handle(w, "storage", w.storage.get()),
             handle_or(w, "sample", w.field.get(), PDE_OK),
             callback("transform", double_it, PDE_ERR_ARGUMENT), in_or_null<void>("user", w.buffer),
             handle(w, "into", fresh.get()), handle_or(w, "options", w.options.get(), PDE_OK));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_snapshot_info", pde_storage_snapshot_info, handle(w, "storage", w.storage.get()),
             value<int64_t>(0), out<const char *>("out_json"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_statistics", pde_storage_statistics, handle(w, "storage", w.storage.get()),
             out<const char *>("out_json"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_uri", pde_storage_uri, handle(w, "storage", w.storage.get()),
             out<const char *>("out_uri"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_mode", pde_storage_mode, handle(w, "storage", w.storage.get()),
             out<const char *>("out_mode"));
    },
    [](World &w, Probe &p) {
      const pde_status good = pde_storage_plot(w.storage, "evolution", w.picture(), nullptr);
      p.call_for(good == PDE_ERR_UNSUPPORTED ? good : PDE_OK, "pde_storage_plot", pde_storage_plot,
                 handle(w, "storage", w.storage.get()), in("kind", "evolution"), in("path", w.picture()),
                 handle_or(w, "options", w.options.get(), PDE_OK));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_create_custom", pde_storage_create_custom, backends("backend"),
             in_or_null<void>("user", &p), in_or_null("mode", "create"),
             handle_or(w, "options", w.options.get(), PDE_OK), out_handle<pde_storage>("out_storage"));
    },
};

const Row kSchedule[] = {
    [](World &, Probe &p) {
      p.call("pde_schedule_create_constant", pde_schedule_create_constant, value(1.0), value(0.0),
             out_handle<pde_schedule>("out_schedule"));
    },
    [](World &, Probe &p) {
      p.call("pde_schedule_create_list", pde_schedule_create_list, array("times", kTimes), chosen_count(2),
             out_handle<pde_schedule>("out_schedule"));
    },
    [](World &, Probe &p) {
      p.call("pde_schedule_parse", pde_schedule_parse, in("text", "constant(1)"),
             out_handle<pde_schedule>("out_schedule"));
    },
    [](World &w, Probe &p) {
      p.call("pde_schedule_text", pde_schedule_text, handle(w, "schedule", w.schedule.get()),
             out<const char *>("out_text"));
    },
    [](World &w, Probe &p) {
      p.call("pde_schedule_first", pde_schedule_first, handle(w, "schedule", w.schedule.get()), value(0.0),
             out<double>("out_t_next"));
    },
    [](World &w, Probe &p) {
      p.call("pde_schedule_next", pde_schedule_next, handle(w, "schedule", w.schedule.get()), value(1.0),
             out<double>("out_t_next"));
    },
    [](World &w, Probe &p) { p.release(w, "pde_schedule_free", pde_schedule_free, w.schedule.get()); },
};

const Row kTracker[] = {
    [](World &w, Probe &p) {
      p.call("pde_tracker_create", pde_tracker_create, in("name", "progress"),
             handle_or(w, "schedule", w.schedule.get(), PDE_OK),
             handle_or(w, "options", w.options.get(), PDE_OK), out_handle<pde_tracker>("out_tracker"));
    },
    [](World &w, Probe &p) {
      p.call("pde_tracker_create_storage", pde_tracker_create_storage, handle(w, "storage", w.storage.get()),
             handle_or(w, "schedule", w.schedule.get(), PDE_OK), handle(w, "sample", w.field.get()),
             callback("transform", double_it, PDE_ERR_ARGUMENT), in_or_null<void>("user", &p),
             callback("destroy", do_nothing, PDE_OK), handle_or(w, "options", w.options.get(), PDE_OK),
             out_handle<pde_tracker>("out_tracker"));
    },
    [](World &w, Probe &p) {
      p.call("pde_tracker_create_callback", pde_tracker_create_callback,
             handle_or(w, "schedule", w.schedule.get(), PDE_OK), callback("callback", look, PDE_ERR_ARGUMENT),
             in_or_null<void>("user", &p), callback("destroy", do_nothing, PDE_OK),
             out_handle<pde_tracker>("out_tracker"));
    },
    [](World &w, Probe &p) {
      p.call("pde_tracker_create_data", pde_tracker_create_data, in("columns", "mean"),
             handle_or(w, "schedule", w.schedule.get(), PDE_OK),
             callback("measure", find_mean, PDE_ERR_ARGUMENT), in_or_null<void>("user", &p),
             callback("destroy", do_nothing, PDE_OK), handle_or(w, "options", w.options.get(), PDE_OK),
             out_handle<pde_tracker>("out_tracker"));
    },
    [](World &w, Probe &p) {
      p.call("pde_tracker_create_steady_state", pde_tracker_create_steady_state,
             handle_or(w, "schedule", w.schedule.get(), PDE_OK),
             callback("rate", double_it, PDE_ERR_ARGUMENT), in_or_null<void>("user", &p),
             callback("destroy", do_nothing, PDE_OK), handle_or(w, "options", w.options.get(), PDE_OK),
             out_handle<pde_tracker>("out_tracker"));
    },
    [](World &w, Probe &p) {
      p.call("pde_tracker_data_length", pde_tracker_data_length, handle(w, "tracker", w.table_tracker.get()),
             out<int64_t>("out_length"));
    },
    [](World &w, Probe &p) {
      p.call("pde_tracker_data_read", pde_tracker_data_read, handle(w, "tracker", w.table_tracker.get()),
             value<int64_t>(-1), value<int64_t>(1), out<double>("out_rows", 2), value<int64_t>(2));
    },
    [](World &w, Probe &p) { p.release(w, "pde_tracker_free", pde_tracker_free, w.third_tracker.get()); },
    [](World &w, Probe &p) {
      p.call("pde_controller_create", pde_controller_create, handles(w, "trackers", w.third_tracker.get()),
             chosen_count(1), handle_or(w, "options", w.options.get(), PDE_OK),
             out_handle<pde_controller>("out_controller"));
    },
    [](World &w, Probe &p) {
      p.call("pde_controller_resume", pde_controller_resume, handle(w, "controller", w.idle_controller.get()),
             handle(w, "from", w.storage.get()), handle(w, "state", w.field.get()), out<double>("out_t"));
    },
    [](World &w, Probe &p) {
      p.call("pde_controller_set_step", pde_controller_set_step, handle(w, "controller", w.controller.get()),
             value(0.5));
    },
    [](World &w, Probe &p) {
      p.call("pde_controller_start", pde_controller_start, handle(w, "controller", w.idle_controller.get()),
             handle(w, "state", w.field.get()), value(0.0), value(5.0), out<double>("out_t_next"));
    },
    [](World &w, Probe &p) {
      p.call("pde_controller_due", pde_controller_due, handle(w, "controller", w.controller.get()),
             value(1.0), out<int32_t>("out_due"));
    },
    [](World &w, Probe &p) {
      p.call("pde_controller_handle", pde_controller_handle, handle(w, "controller", w.controller.get()),
             handle(w, "state", w.field.get()), value(1.0), out<double>("out_t_next"));
    },
    [](World &w, Probe &p) {
      p.says_nothing();
      p.call("pde_controller_stop", pde_controller_stop, handle(w, "controller", w.controller.get()));
    },
    [](World &w, Probe &p) {
      p.call("pde_controller_finish", pde_controller_finish, handle(w, "controller", w.controller.get()),
             handle(w, "state", w.field.get()), value(0.5));
    },
    [](World &w, Probe &p) {
      p.call("pde_controller_info", pde_controller_info, handle(w, "controller", w.controller.get()),
             out<const char *>("out_json"));
    },
    [](World &w, Probe &p) {
      p.call("pde_controller_remove", pde_controller_remove, handle(w, "controller", w.controller.get()),
             handle(w, "tracker", w.tracker.get()));
    },
    [](World &w, Probe &p) { p.release(w, "pde_controller_free", pde_controller_free, w.controller.get()); },
};

const Row kSolver[] = {
    [](World &w, Probe &p) {
      p.call("pde_operator_create", pde_operator_create, handle(w, "grid", w.grid.get()),
             in("name", "gradient"), handle_or(w, "options", w.options.get(), PDE_OK),
             out_handle<pde_operator>("out_op"));
    },
    [](World &w, Probe &p) {
      p.call("pde_operator_apply", pde_operator_apply, handle(w, "op", w.op.get()),
             handle(w, "in", w.field.get()), value(0.5), handle(w, "out", w.other_field.get()));
    },
    [](World &w, Probe &p) { p.release(w, "pde_operator_free", pde_operator_free, w.op.get()); },
    [](World &w, Probe &p) {
      p.call("pde_equation_create", pde_equation_create, in("name", "diffusion"),
             handle_or(w, "options", w.options.get(), PDE_OK), out_handle<pde_equation>("out_equation"));
    },
    [](World &w, Probe &p) {
      p.call("pde_equation_create_custom", pde_equation_create_custom,
             callback("rate", double_it, PDE_ERR_ARGUMENT), in_or_null<void>("user", w.buffer),
             callback("destroy", do_nothing, PDE_OK), handle_or(w, "options", w.options.get(), PDE_OK),
             out_handle<pde_equation>("out_equation"));
    },
    [](World &w, Probe &p) {
      p.call("pde_equation_initial_state", pde_equation_initial_state,
             handle(w, "equation", w.equation.get()), handle(w, "grid", w.grid.get()), value<int64_t>(1),
             out_handle<pde_field>("out_field"));
    },
    [](World &w, Probe &p) { p.release(w, "pde_equation_free", pde_equation_free, w.equation.get()); },
    [](World &w, Probe &p) {
      p.call("pde_solve", pde_solve, handle(w, "equation", w.equation.get()),
             handle(w, "state", w.field.get()), value_among(0.0, kNearTimes), value_among(0.1, kNearTimes),
             handle_or(w, "options", w.options.get(), PDE_OK),
             handle_or(w, "controller", w.idle_controller.get(), PDE_OK), out_or<double>("out_t", PDE_OK, 1));
    },
};

}  // namespace

const std::vector<Part> &parts() {
  const auto part = [](const char *header, const auto &rows) {
    return Part{header, {std::begin(rows), std::end(rows)}};
  };
  static const std::vector<Part> all = {part("base", kBase),       part("options", kOptions),
                                        part("grid", kGrid),       part("field", kField),
                                        part("storage", kStorage), part("schedule", kSchedule),
                                        part("tracker", kTracker), part("solver", kSolver)};
  return all;
}

std::vector<Row> table() {
  std::vector<Row> rows;
  for (const Part &part : parts()) rows.insert(rows.end(), part.rows.begin(), part.rows.end());
  return rows;
}

}  // namespace test
