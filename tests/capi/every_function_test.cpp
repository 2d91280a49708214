// Every exported function with every bad pointer: NULL, a handle that was freed, one of another type, a
// number, an address. One table has a call of each function that works; from it the bad calls are made, one
// argument at a time. A function of capi/symbols.txt that is not in the table fails the test.
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <tuple>
#include <type_traits>

#include "user_program.hpp"

namespace test {
namespace {

constexpr const char *kLeftAlone = "the message of before";

// ---- the objects that calls are made with; new ones for each call, as many calls change or end them

pde_status look(const pde_field *, double, void *) {
  return PDE_OK;
}
pde_status double_it(const pde_field *in, double, pde_field *out, void *) {
  return pde_field_combine(out, 0, 2, in);
}
pde_status ones(const double *, int64_t, double *out_values, int64_t count, void *) {
  std::fill_n(out_values, count, 1.0);
  return PDE_OK;
}
pde_status go_on(int64_t, int64_t, void *) {
  return PDE_OK;
}
void ignore_line(int32_t, const char *, void *) {}
void do_nothing(void *) {}

pde_backend empty_backend() {
  pde_backend backend{};
  backend.size = sizeof backend;
  backend.length = [](int64_t *out_length, void *) { return *out_length = 0, pde_status{PDE_OK}; };
  backend.append = [](int32_t, const void *, int64_t, double, void *) { return pde_status{PDE_OK}; };
  backend.set_info = [](const char *, void *) { return pde_status{PDE_OK}; };
  return backend;
}

struct World {
  World() {
    grid = unit_grid({4});
    field = new_field(grid, PDE_SCALAR, PDE_FLOAT64, "u");
    EXPECT_OK(pde_field_fill(field, 1, 0));
    other_field = filled_field(grid, 2);
    storage = open_storage("memory:", nullptr);
    EXPECT_OK(pde_storage_append(storage, field, 0));
    EXPECT_OK(pde_storage_append(storage, field, 1));
    EXPECT_OK(pde_storage_finish(storage));
    writing = open_storage("memory:", nullptr);
    EXPECT_OK(pde_storage_start(writing, field, nullptr));
    EXPECT_OK(pde_options_create(options.out()));
    EXPECT_OK(pde_schedule_create_constant(1, 0, schedule.out()));
    double t;
    EXPECT_OK(pde_schedule_first(schedule, 0, &t));
    for (TrackerHandle *one : {&tracker, &other_tracker, &third_tracker})
      EXPECT_OK(pde_tracker_create_callback(schedule, look, nullptr, nullptr, one->out()));
    pde_tracker *list[] = {tracker};
    EXPECT_OK(pde_controller_create(list, 1, nullptr, controller.out()));
    EXPECT_OK(pde_controller_start(controller, field, 0, 5, &t));
    list[0] = other_tracker;
    EXPECT_OK(pde_controller_create(list, 1, nullptr, idle_controller.out()));
    EXPECT_OK(pde_equation_create("diffusion", nullptr, equation.out()));
  }

  GridHandle grid;
  FieldHandle field, other_field;
  StorageHandle storage, writing;  // between sessions; in one
  OptionsHandle options;
  ScheduleHandle schedule;
  TrackerHandle tracker, other_tracker, third_tracker;  // the third is free
  ControllerHandle controller, idle_controller;         // started; not started
  EquationHandle equation;
  double buffer[8] = {};
  TemporaryFolder folder;
  std::string picture = folder.file("picture.png");
};

template <class H>
void give_back(H *handle);
template <>
void give_back(pde_options *handle) {
  pde_options_free(handle);
}
template <>
void give_back(pde_grid *handle) {
  pde_grid_free(handle);
}
template <>
void give_back(pde_field *handle) {
  pde_field_free(handle);
}
template <>
void give_back(pde_storage *handle) {
  close_quietly(handle);
}
template <>
void give_back(pde_schedule *handle) {
  pde_schedule_free(handle);
}
template <>
void give_back(pde_tracker *handle) {
  pde_tracker_free(handle);
}
template <>
void give_back(pde_controller *handle) {
  pde_controller_free(handle);
}
template <>
void give_back(pde_equation *handle) {
  pde_equation_free(handle);
}

/// A handle whose object is gone.
template <class H>
H *stale() {
  World other;
  const auto of = [&]() {
    if constexpr (std::is_same_v<H, pde_options>) return other.options.release();
    if constexpr (std::is_same_v<H, pde_grid>) return other.grid.release();
    if constexpr (std::is_same_v<H, pde_field>) return other.field.release();
    if constexpr (std::is_same_v<H, pde_storage>) return other.storage.release();
    if constexpr (std::is_same_v<H, pde_schedule>) return other.schedule.release();
    if constexpr (std::is_same_v<H, pde_tracker>) return other.third_tracker.release();
    if constexpr (std::is_same_v<H, pde_controller>) return other.controller.release();
    if constexpr (std::is_same_v<H, pde_equation>) return other.equation.release();
  };
  H *handle = of();
  give_back(handle);
  return handle;
}

struct Impostor {
  const void *pointer;
  const char *what;
};

/// What is no handle of this type, for one reason or another. `live` is one that is.
template <class H>
std::vector<Impostor> impostors(World &world, H *live) {
  static H *const gone = stale<H>();
  static int64_t something[4] = {1, 2, 3, 4};
  const auto bits = reinterpret_cast<uintptr_t>(live);
  const auto number = [](uintptr_t n) { return reinterpret_cast<const void *>(n); };
  const void *another =
      std::is_same_v<H, pde_grid> ? static_cast<const void *>(world.field.get()) : world.grid.get();
  return {{gone, "freed"},
          {another, "of another type"},
          {number(1), "1"},
          {number(0xdeadbeef), "an odd number"},
          {number(0x1234567890), "an even number"},
          {number(UINTPTR_MAX), "all bits set"},
          {number(bits ^ 1), "a handle less one"},
          {number(bits ^ (uintptr_t{1} << 46)), "a handle of a generation to come"},
          {number(bits ^ (uintptr_t{1} << 26)), "a handle in a slot that does not exist"},
          {number(bits | uintptr_t{1} << 63), "a handle with a bit too many"},
          {something, "an address"},
          {reinterpret_cast<const char *>(something) + 1, "an odd address"}};
}

// ---- arguments: a value that works, and those that do not

template <class T>
struct Variant {
  T value;
  pde_status status;
  std::string what;
};

template <class T>
struct Argument {
  const char *name;
  T valid;
  std::vector<Variant<T>> variants = {};
  /// Looks at the outputs after a call that used the valid value.
  std::function<void(bool failed)> check = [](bool) {};
};

template <class T>
Argument<T> value(T v) {
  return {"", v};
}

template <class T>
Argument<T *> in(const char *name, T *pointer) {
  return {name, pointer, {{nullptr, PDE_ERR_ARGUMENT, "NULL"}}};
}
template <class T>
Argument<T *> in_or_null(const char *name, T *pointer) {
  return {name, pointer, {{nullptr, PDE_OK, "NULL"}}};
}
/// For functions: callbacks.
template <class R, class... A>
Argument<R (*)(A...)> callback(const char *name, R (*function)(A...), pde_status null_status) {
  return {name, function, {{nullptr, null_status, "NULL"}}};
}

template <class H>
Argument<H *> handle_or(World &world, const char *name, H *live, pde_status null_status) {
  Argument<H *> argument{name, live, {{nullptr, null_status, "NULL"}}};
  for (const Impostor &impostor : impostors(world, live)) {
    argument.variants.push_back(
        {const_cast<H *>(static_cast<const H *>(impostor.pointer)), PDE_ERR_HANDLE, impostor.what});
  }
  return argument;
}
template <class H>
Argument<H *> handle(World &world, const char *name, H *live) {
  return handle_or(world, name, live, PDE_ERR_ARGUMENT);
}

/// An array of one handle.
template <class H>
Argument<H *const *> handles(World &world, const char *name, H *live) {
  const auto holder = std::make_shared<std::vector<H *>>();  // the arrays: one after the other
  const std::vector<Impostor> bad = impostors(world, live);
  holder->push_back(live);
  holder->push_back(nullptr);
  for (const Impostor &impostor : bad)
    holder->push_back(const_cast<H *>(static_cast<const H *>(impostor.pointer)));
  Argument<H *const *> argument{name, holder->data(), {{nullptr, PDE_ERR_ARGUMENT, "NULL"}}};
  argument.variants.push_back({holder->data() + 1, PDE_ERR_ARGUMENT, "an array of NULL"});
  for (size_t i = 0; i < bad.size(); ++i)
    argument.variants.push_back(
        {holder->data() + 2 + i, PDE_ERR_HANDLE, std::string("an array of ") + bad[i].what});
  argument.check = [holder](bool) {};  // keeps the arrays
  return argument;
}

template <class T>
Argument<T *> out_or(const char *name, pde_status null_status, size_t count) {
  const auto bytes = std::make_shared<std::vector<unsigned char>>(count * sizeof(T), 0xa5);
  Argument<T *> argument{name, reinterpret_cast<T *>(bytes->data()), {{nullptr, null_status, "NULL"}}};
  argument.check = [bytes, name](bool failed) {
    if (!failed) return;
    for (unsigned char byte : *bytes) ASSERT_EQ(byte, 0xa5) << name << " was changed by a call that failed";
  };
  return argument;
}
template <class T>
Argument<T *> out(const char *name, size_t count = 1) {
  return out_or<T>(name, PDE_ERR_ARGUMENT, count);
}

template <class H>
Argument<H **> out_handle(const char *name) {
  const auto slot = std::make_shared<H *>(reinterpret_cast<H *>(uintptr_t{0x5a5a5a5a5a}));
  Argument<H **> argument{name, slot.get(), {{nullptr, PDE_ERR_ARGUMENT, "NULL"}}};
  argument.check = [slot, name](bool failed) {
    EXPECT_EQ(*slot == nullptr, failed) << name;
    if (!failed) give_back(*slot);
  };
  return argument;
}

// ---- calls

/// Makes one of the calls that can be made from a row of the table: number 0 is the one that works.
class Probe {
 public:
  explicit Probe(size_t number) : number_(number) {}
  bool more() const { return number_ + 1 < count_; }
  const std::string &name() const { return name_; }

  /// A function that answers with a status.
  template <class F, class... T>
  void call(const char *name, F *function, Argument<T>... arguments) {
    call_for(PDE_OK, name, function, std::move(arguments)...);
  }

  /// One whose good call gives news, or may not be possible in this build.
  template <class F, class... T>
  void call_for(pde_status good, const char *name, F *function, Argument<T>... arguments) {
    name_ = name;
    count_ = 1 + (0 + ... + arguments.variants.size());
    size_t at = 1;
    const auto choose = [&](auto &argument) {
      auto chosen = argument.valid;
      for (const auto &variant : argument.variants) {
        if (at++ != number_) continue;
        chosen = variant.value;
        refused_ = variant.status != PDE_OK;
        if (refused_) expected_ = variant.status;
        varied_ = argument.name;
        what_ = variant.what;
      }
      return chosen;
    };
    expected_ = good;
    const std::tuple<T...> chosen{choose(arguments)...};
    pde_error_set(PDE_ERR_USER, kLeftAlone);
    const pde_status status = std::apply(function, chosen);
    SCOPED_TRACE(text());
    check_status(status);
    const auto look_at = [&](auto &argument) {
      if (varied_ != argument.name) argument.check(status < 0);
    };
    (look_at(arguments), ...);
  }

  /// A function that gives a handle back, whatever it is given: it answers with nothing and changes nothing.
  template <class H>
  void release(World &world, const char *name, void (*function)(H *), H *live) {
    name_ = name;
    pde_error_set(PDE_ERR_USER, kLeftAlone);
    function(nullptr);
    for (const Impostor &impostor : impostors(world, live)) {
      if (std::strcmp(impostor.what, "of another type") != 0)
        function(const_cast<H *>(static_cast<const H *>(impostor.pointer)));
    }
    if constexpr (std::is_same_v<H, pde_grid>) {
      function(reinterpret_cast<pde_grid *>(world.field.get()));
    } else {
      function(reinterpret_cast<H *>(world.grid.get()));
    }
    int32_t number = 0;
    EXPECT_OK(pde_grid_ndim(world.grid, &number)) << name;
    EXPECT_OK(pde_field_rank(world.field, &number)) << name;
    function(live);
    function(live);
    EXPECT_STREQ(pde_error_message(), kLeftAlone) << name;
  }

  /// A function without anything to point at.
  void note(const char *name) { name_ = name; }
  /// One that leaves the message alone whatever happens.
  void says_nothing() { silent_ = true; }

 private:
  void check_status(pde_status status) const {
    EXPECT_EQ(pde_status_name(status), std::string(pde_status_name(expected_))) << pde_error_message();
    const std::string message = pde_error_message();
    if (status == PDE_OK || silent_) {
      EXPECT_EQ(message, kLeftAlone);
      return;
    }
    EXPECT_FALSE(message.empty());
    EXPECT_NE(message, kLeftAlone);
    if (refused_) {
      EXPECT_NE(message.find(varied_), std::string::npos) << '"' << message << '"';
    }
  }
  std::string text() const { return name_ + (varied_.empty() ? "" : " where " + varied_ + " is " + what_); }

  size_t number_, count_ = 1;
  std::string name_, varied_, what_;
  pde_status expected_ = PDE_OK;
  bool refused_ = false;  // what was varied
  bool silent_ = false;
};

// ---- the table, by header

using Row = void (*)(World &, Probe &);

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
             in("key", "chunk_shape"), in<const double>("values", w.buffer), value<int64_t>(2));
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
      static const int64_t shape[] = {3, 4};
      static const int32_t periodic[] = {0, 1};
      p.call("pde_grid_create_unit", pde_grid_create_unit, value<int32_t>(2), in("shape", shape),
             in_or_null("periodic", periodic), out_handle<pde_grid>("out_grid"));
    },
    [](World &, Probe &p) {
      static const double lower[] = {0, 0}, upper[] = {1, 2};
      static const int64_t shape[] = {3, 4};
      static const int32_t periodic[] = {0, 1};
      p.call("pde_grid_create_cartesian", pde_grid_create_cartesian, value<int32_t>(2), in("lower", lower),
             in("upper", upper), in("shape", shape), in_or_null("periodic", periodic),
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
      static const int64_t strides[] = {2};
      p.call("pde_field_wrap", pde_field_wrap, handle(w, "grid", w.grid.get()), value<int32_t>(PDE_SCALAR),
             value<int32_t>(PDE_FLOAT64), in_or_null("label", "c"), in<void>("data", w.buffer),
             in_or_null("strides", strides), out_handle<pde_field>("out_field"));
    },
    [](World &w, Probe &p) {
      FieldHandle wrapped;
      EXPECT_OK(pde_field_wrap(w.grid, PDE_SCALAR, PDE_FLOAT64, nullptr, w.buffer, nullptr, wrapped.out()));
      p.call("pde_field_rebind", pde_field_rebind, handle(w, "field", wrapped.get()),
             in<void>("data", w.buffer + 1));
    },
    [](World &w, Probe &p) {
      p.call("pde_field_stack", pde_field_stack, handles(w, "components", w.field.get()), value<int64_t>(1),
             value<int32_t>(PDE_VECTOR), in_or_null("label", "c"), out_handle<pde_field>("out_field"));
    },
    [](World &w, Probe &p) {
      p.call("pde_field_collection_create", pde_field_collection_create, handles(w, "fields", w.field.get()),
             value<int64_t>(1), in_or_null("label", "c"), out_handle<pde_field>("out_field"));
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
      const pde_status good = pde_field_plot(w.field, w.picture.c_str(), nullptr);
      p.call_for(good == PDE_ERR_UNSUPPORTED ? good : PDE_OK, "pde_field_plot", pde_field_plot,
                 handle(w, "field", w.field.get()), in("path", w.picture.c_str()),
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
             in<void>("out_data", w.buffer), value<int64_t>(8));
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
             value<int64_t>(0), value<int64_t>(2), value<int64_t>(1), in("lower", lower), in("shape", shape),
             value<int32_t>(PDE_FLOAT64), in<void>("out_data", w.buffer), in_or_null("strides", strides));
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
             in("members", members), value<int64_t>(1), out_handle<pde_storage>("out_view"));
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
             handles(w, "fields", w.field.get()), in_or_null("times", times), value<int64_t>(1),
             in_or_null("label", "v"), value<int32_t>(PDE_COMPLEX64), out_handle<pde_storage>("out_memory"));
    },
    [](World &w, Probe &p) {
      static const double times[] = {3};
      p.call("pde_storage_create_from_collection", pde_storage_create_from_collection,
             handle(w, "collection", w.field.get()), in_or_null("times", times), value<int64_t>(1),
             in_or_null("label", "v"), out_handle<pde_storage>("out_memory"));
    },
    [](World &w, Probe &p) {
      p.call("pde_storage_copy", pde_storage_copy, handle(w, "storage", w.storage.get()),
             handle(w, "into", w.writing.get()), handle_or(w, "options", w.options.get(), PDE_OK));
    },
    [](World &w, Probe &p) {
      StorageHandle fresh = open_storage("memory:", "truncate");
      p.call("pde_storage_merge", pde_storage_merge, handles(w, "storages", w.storage.get()),
             value<int64_t>(1), in_or_null("label", "c"), handle(w, "into", fresh.get()),
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
      const pde_status good = pde_storage_plot(w.storage, "evolution", w.picture.c_str(), nullptr);
      p.call_for(good == PDE_ERR_UNSUPPORTED ? good : PDE_OK, "pde_storage_plot", pde_storage_plot,
                 handle(w, "storage", w.storage.get()), in("kind", "evolution"),
                 in("path", w.picture.c_str()), handle_or(w, "options", w.options.get(), PDE_OK));
    },
    [](World &w, Probe &p) {
      static const pde_backend backend = empty_backend();
      p.call("pde_storage_create_custom", pde_storage_create_custom, in("backend", &backend),
             in_or_null<void>("user", &p), in_or_null("mode", "create"),
             handle_or(w, "options", w.options.get(), PDE_OK), out_handle<pde_storage>("out_storage"));
    },
};

const Row kSchedule[] = {
    [](World &, Probe &p) {
      p.call("pde_schedule_create_constant", pde_schedule_create_constant, value(1.0), value(0.0),
             out_handle<pde_schedule>("out_schedule"));
    },
    [](World &w, Probe &p) {
      w.buffer[1] = 1;
      p.call("pde_schedule_create_list", pde_schedule_create_list, in<const double>("times", w.buffer),
             value<int64_t>(2), out_handle<pde_schedule>("out_schedule"));
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
    [](World &w, Probe &p) { p.release(w, "pde_tracker_free", pde_tracker_free, w.third_tracker.get()); },
    [](World &w, Probe &p) {
      p.call("pde_controller_create", pde_controller_create, handles(w, "trackers", w.third_tracker.get()),
             value<int64_t>(1), handle_or(w, "options", w.options.get(), PDE_OK),
             out_handle<pde_controller>("out_controller"));
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
      p.call("pde_equation_create", pde_equation_create, in("name", "diffusion"),
             handle_or(w, "options", w.options.get(), PDE_OK), out_handle<pde_equation>("out_equation"));
    },
    [](World &w, Probe &p) {
      p.call("pde_equation_initial_state", pde_equation_initial_state,
             handle(w, "equation", w.equation.get()), handle(w, "grid", w.grid.get()), value<int64_t>(1),
             out_handle<pde_field>("out_field"));
    },
    [](World &w, Probe &p) { p.release(w, "pde_equation_free", pde_equation_free, w.equation.get()); },
    [](World &w, Probe &p) {
      p.call("pde_solve", pde_solve, handle(w, "equation", w.equation.get()),
             handle(w, "state", w.field.get()), value(0.0), value(0.1),
             handle_or(w, "options", w.options.get(), PDE_OK),
             handle_or(w, "controller", w.idle_controller.get(), PDE_OK), out_or<double>("out_t", PDE_OK, 1));
    },
};

std::vector<Row> table() {
  std::vector<Row> rows;
  const auto add = [&](const auto &part) { rows.insert(rows.end(), std::begin(part), std::end(part)); };
  add(kBase), add(kOptions), add(kGrid), add(kField), add(kStorage), add(kSchedule), add(kTracker),
      add(kSolver);
  return rows;
}

std::set<std::string> exported_names() {
  std::ifstream list(PDE_SYMBOLS);
  EXPECT_TRUE(list) << PDE_SYMBOLS;
  std::set<std::string> names;
  for (std::string line; std::getline(list, line);) {
    std::string name;
    if (std::istringstream(line) >> name && name[0] != '#') names.insert(name);
  }
  return names;
}

TEST(EveryFunction, AnswersEveryBadPointerWithItsStatusAndAMessage) {
  std::set<std::string> tried;
  size_t calls = 0;
  for (Row row : table()) {
    bool more = true;
    for (size_t number = 0; more; ++number, ++calls) {
      World world;
      Probe probe(number);
      row(world, probe);
      tried.insert(probe.name());
      more = probe.more();
      ASSERT_FALSE(HasFatalFailure()) << probe.name();
    }
  }
  EXPECT_EQ(tried, exported_names());
  std::printf("%zu functions, %zu calls\n", tried.size(), calls);
}

TEST(EveryFunction, CloseTakesAHandleOnlyOnce) {
  World world;
  pde_storage *storage = world.storage.release();
  EXPECT_OK(pde_storage_close(storage));
  EXPECT_FAILS(PDE_ERR_HANDLE, pde_storage_close(storage), "storage");
}

TEST(EveryFunction, ArraysOfNothingMayBeNull) {
  OptionsHandle options;
  ASSERT_OK(pde_options_create(options.out()));
  EXPECT_OK(pde_options_set_reals(options, "key", nullptr, 0));
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_options_set_reals(options, "key", nullptr, -1), "count", "-1");
  ScheduleHandle schedule;
  EXPECT_OK(pde_schedule_create_list(nullptr, 0, schedule.out()));
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_schedule_create_list(nullptr, -1, schedule.out()), "count", "-1");
  ControllerHandle controller;
  EXPECT_OK(pde_controller_create(nullptr, 0, nullptr, controller.out()));
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_controller_create(nullptr, -1, nullptr, controller.out()), "count",
               "-1");
  World world;
  EXPECT_OK(pde_storage_times(world.storage, 0, 0, nullptr));
  EXPECT_FAILS(PDE_ERR_ARGUMENT, pde_storage_times(world.storage, 0, -1, world.buffer), "count", "-1");
  EXPECT_OK(pde_storage_read_raw(world.storage, 0, 0, 1, PDE_FLOAT64, nullptr, 0));
  double total = 0;
  EXPECT_OK(pde_grid_volumes(world.grid, nullptr, 0, &total));
  EXPECT_EQ(total, 4);
  EXPECT_OK(pde_grid_volumes(world.grid, nullptr, 0, nullptr));
  const void *data = nullptr;
  EXPECT_OK(pde_field_data_const(world.field, PDE_FLOAT64, &data, nullptr, 0));
  EXPECT_NE(data, nullptr);
}

}  // namespace
}  // namespace test
