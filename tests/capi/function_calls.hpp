// One working call of each exported function, and what can be made of it: calls with one argument that is
// wrong in some way, or any number of working ones at once.
#pragma once

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <tuple>
#include <type_traits>

#include "user_program.hpp"

namespace test {

// ---- what the headers say

/// A function as its header has it.
struct Documented {
  std::vector<std::string> parameters;
  std::set<pde_status> statuses;  // those that any function can give among them, PDE_ERR_INTERNAL not
};
/// All of them, by name.
const std::map<std::string, Documented> &documented();

/// What stands in the message before a call.
inline constexpr const char *kLeftAlone = "the message of before";

// ---- the objects that calls are made with; new ones for each call, as many calls change or end them

inline pde_status look(const pde_field *, double, void *) {
  return PDE_OK;
}
inline pde_status double_it(const pde_field *in, double, pde_field *out, void *) {
  return pde_field_combine(out, 0, 2, in);
}
inline pde_status find_mean(const pde_field *state, double, double *out_values, int64_t, void *) {
  return pde_field_average(state, out_values, 1);
}
inline pde_status ones(const double *, int64_t, double *out_values, int64_t count, void *) {
  std::fill_n(out_values, count, 1.0);
  return PDE_OK;
}
inline pde_status go_on(int64_t, int64_t, void *) {
  return PDE_OK;
}
inline void ignore_line(int32_t, const char *, void *) {}
inline void do_nothing(void *) {}

inline pde_backend empty_backend() {
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
    EXPECT_OK(
        pde_tracker_create_data("mean", schedule, find_mean, nullptr, nullptr, nullptr, table_tracker.out()));
    pde_tracker *list[] = {table_tracker};
    ControllerHandle over;
    EXPECT_OK(pde_controller_create(list, 1, nullptr, over.out()));
    EXPECT_EQ(pde_controller_start(over, field, 0, 0, &t), PDE_STOP);
    EXPECT_OK(pde_controller_finish(over, field, 0));
    list[0] = tracker;
    EXPECT_OK(pde_controller_create(list, 1, nullptr, controller.out()));
    EXPECT_OK(pde_controller_start(controller, field, 0, 5, &t));
    list[0] = other_tracker;
    EXPECT_OK(pde_controller_create(list, 1, nullptr, idle_controller.out()));
    EXPECT_OK(pde_equation_create("diffusion", nullptr, equation.out()));
    EXPECT_OK(pde_operator_create(grid, "laplace", nullptr, op.out()));
  }

  GridHandle grid;
  FieldHandle field, other_field;
  StorageHandle storage, writing;  // between sessions; in one
  OptionsHandle options;
  ScheduleHandle schedule;
  TrackerHandle tracker, other_tracker, third_tracker;  // the third is free
  TrackerHandle table_tracker;                          // in memory, with one row
  ControllerHandle controller, idle_controller;         // started; not started
  EquationHandle equation;
  OperatorHandle op;
  double buffer[8] = {};
  /// Where to draw.
  const char *picture() {
    std::call_once(drawn_, [&] { picture_ = folder_.emplace().file("picture.png"); });
    return picture_.c_str();
  }

  /// What was not given back can be used as before, and so can the library.
  void expect_usable() {
    int32_t number = 0;
    int64_t length = 0;
    double t = 0;
    const char *text = nullptr;
    EXPECT_OK(pde_grid_ndim(grid, &number));
    for (pde_field *one : {field.get(), other_field.get()}) EXPECT_OK(pde_field_fill(one, 1, 0));
    EXPECT_OK(pde_storage_length(storage, &length));
    EXPECT_OK(pde_options_set_int(options, "level", 1));
    EXPECT_OK(pde_schedule_first(schedule, 0, &t));
    for (pde_controller *one : {controller.get(), idle_controller.get()})
      EXPECT_OK(pde_controller_info(one, &text));
    const FieldHandle state = new_field(grid);
    EXPECT_OK(pde_solve(equation, state, 0, 0.1, nullptr, nullptr, &t));
    EXPECT_OK(pde_operator_apply(op, field, 0, state));
    const StorageHandle fresh = open_storage("memory:", nullptr);
    EXPECT_OK(pde_storage_append(fresh, state, 0));
    EXPECT_EQ(value_at(fresh, 0), 0);
  }

 private:
  std::optional<TemporaryFolder> folder_;
  std::string picture_;
  std::once_flag drawn_;
};

template <class H>
void give_back(H *handle);
template <>
inline void give_back(pde_options *handle) {
  pde_options_free(handle);
}
template <>
inline void give_back(pde_grid *handle) {
  pde_grid_free(handle);
}
template <>
inline void give_back(pde_field *handle) {
  pde_field_free(handle);
}
template <>
inline void give_back(pde_storage *handle) {
  close_quietly(handle);
}
template <>
inline void give_back(pde_schedule *handle) {
  pde_schedule_free(handle);
}
template <>
inline void give_back(pde_tracker *handle) {
  pde_tracker_free(handle);
}
template <>
inline void give_back(pde_controller *handle) {
  pde_controller_free(handle);
}
template <>
inline void give_back(pde_equation *handle) {
  pde_equation_free(handle);
}
template <>
inline void give_back(pde_operator *handle) {
  pde_operator_free(handle);
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
    if constexpr (std::is_same_v<H, pde_operator>) return other.op.release();
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
  std::optional<pde_status> status;  // nothing: any that is documented
  std::string what;
};

template <class T>
struct Argument {
  const char *name;  // "": as in the header
  T valid;
  std::vector<Variant<T>> variants = {};
  /// Looks at the outputs after a call that used the valid value.
  std::function<void(bool failed)> check = [](bool) {};
};

template <class T>
std::vector<T> odd_numbers() {
  if constexpr (std::is_floating_point_v<T>) {
    using Limits = std::numeric_limits<T>;
    return {Limits::quiet_NaN(),
            Limits::infinity(),
            -Limits::infinity(),
            Limits::max(),
            -Limits::max(),
            Limits::denorm_min(),
            Limits::min(),
            T(-0.0),
            T(-1),
            T(1e300),
            T(0.3)};
  } else if constexpr (sizeof(T) == 8) {
    constexpr T k1 = 1;
    return {INT64_MIN, INT64_MIN + 1, -(k1 << 32),   -2,       -1, 0, 1, 2, 3, k1 << 31, k1 << 32, k1 << 53,
            k1 << 60,  k1 << 62,      INT64_MAX - 1, INT64_MAX};
  } else {
    return {INT32_MIN, INT32_MIN + 1, -77, -2, -1, 0, 1, 2, 3, 4, 13, 14, 1 << 16, INT32_MAX - 1, INT32_MAX};
  }
}

template <class T>
std::string number_text(T number) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", static_cast<double>(number));
  return text;
}

/// A number with these others in its place, whatever comes of them.
template <class T>
Argument<T> value_among(T valid, const std::vector<T> &others) {
  Argument<T> argument{"", valid};
  for (T other : others) argument.variants.push_back({other, std::nullopt, number_text(other)});
  return argument;
}
template <class T>
Argument<T> value(T valid) {
  return value_among(valid, odd_numbers<T>());
}
/// How many entries the caller says that an array has: more than there are can only be noticed where no array
/// can have so many.
inline Argument<int64_t> chosen_count(int64_t valid) {
  return value_among<int64_t>(
      valid, {INT64_MIN, -1, 0, int64_t{1} << 60, int64_t{1} << 62, INT64_MAX - 1, INT64_MAX});
}

/// Texts that no caller means, alone and behind what it means.
std::vector<std::string> odd_texts(const std::string &valid);
template <class T>
void add_odd_texts(Argument<T *> &argument) {
  if constexpr (std::is_same_v<T, const char>) {
    const auto kept = std::make_shared<std::vector<std::string>>(odd_texts(argument.valid));
    for (const std::string &text : *kept) {
      argument.variants.push_back(
          {text.c_str(), std::nullopt, "odd text " + std::to_string(argument.variants.size())});
    }
    argument.check = [kept](bool) {};  // keeps the texts
  }
}

template <class T>
Argument<T *> in_or(const char *name, T *pointer, pde_status null_status) {
  Argument<T *> argument{name, pointer, {{nullptr, null_status, "NULL"}}};
  add_odd_texts(argument);
  return argument;
}
template <class T>
Argument<T *> in(const char *name, T *pointer) {
  return in_or(name, pointer, PDE_ERR_ARGUMENT);
}
template <class T>
Argument<T *> in_or_null(const char *name, T *pointer) {
  return in_or(name, pointer, PDE_OK);
}

/// An array of numbers, with others in its first place.
template <class T, size_t n>
Argument<const T *> array_among(const char *name, const T (&valid)[n], pde_status null_status,
                                const std::vector<T> &others) {
  const auto kept = std::make_shared<std::vector<std::vector<T>>>();
  for (T other : others) kept->emplace_back(valid, valid + n)[0] = other;
  kept->emplace_back(valid, valid + n);
  Argument<const T *> argument{name, kept->back().data(), {{nullptr, null_status, "NULL"}}};
  for (size_t i = 0; i < others.size(); ++i)
    argument.variants.push_back({(*kept)[i].data(), std::nullopt, "an array with " + number_text(others[i])});
  argument.check = [kept](bool) {};  // keeps the arrays
  return argument;
}
template <class T, size_t n>
Argument<const T *> array(const char *name, const T (&valid)[n]) {
  return array_among(name, valid, PDE_ERR_ARGUMENT, odd_numbers<T>());
}
template <class T, size_t n>
Argument<const T *> array_or_null(const char *name, const T (&valid)[n]) {
  return array_among(name, valid, PDE_OK, odd_numbers<T>());
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

/// With so many bytes before it and behind it: some arguments let a call write there.
template <class T>
Argument<T *> out_bytes(const char *name, pde_status null_status, size_t size, size_t margin = 0) {
  const auto bytes = std::make_shared<std::vector<unsigned char>>(size + 2 * margin, 0xa5);
  Argument<T *> argument{
      name, reinterpret_cast<T *>(bytes->data() + margin), {{nullptr, null_status, "NULL"}}};
  argument.check = [bytes, name](bool failed) {
    if (!failed) return;
    for (unsigned char byte : *bytes) ASSERT_EQ(byte, 0xa5) << name << " was changed by a call that failed";
  };
  return argument;
}
template <class T>
Argument<T *> out_or(const char *name, pde_status null_status, size_t count) {
  return out_bytes<T>(name, null_status, count * sizeof(T));
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

/// How a working call may end.
enum class Expect {
  success,  // well, as nobody else uses what it uses
  any,      // in any way that is documented, as others do the same at the same time
};

/// Makes one of the calls that can be made from a row of the table: number 0 is the one that works.
class Probe {
 public:
  explicit Probe(size_t number, Expect expect = Expect::success) : number_(number), expect_(expect) {}
  bool more() const { return number_ + 1 < count_; }
  const std::string &name() const { return name_; }
  pde_status status() const { return status_; }
  /// Whether the call was one with a value that stands for nothing in particular.
  bool odd() const { return varied_ && !expected_; }

  /// A function that answers with a status.
  template <class F, class... T>
  void call(const char *name, F *function, Argument<T>... arguments) {
    call_for(PDE_OK, name, function, std::move(arguments)...);
  }

  /// One whose good call gives news, or may not be possible in this build.
  template <class F, class... T>
  void call_for(pde_status good, const char *name, F *function, Argument<T>... arguments) {
    begin(name, {arguments.name...});
    count_ = 1 + (0 + ... + arguments.variants.size());
    size_t at = 1, position = 0;
    expected_ = good;
    const auto choose = [&](auto &argument) {
      auto chosen = argument.valid;
      for (const auto &variant : argument.variants) {
        if (at++ != number_) continue;
        chosen = variant.value;
        expected_ = variant.status == PDE_OK ? good : variant.status;
        varied_ = position;
        what_ = variant.what;
      }
      ++position;
      return chosen;
    };
    const std::tuple<T...> chosen{choose(arguments)...};
    pde_error_set(PDE_ERR_USER, kLeftAlone);
    status_ = std::apply(function, chosen);
    SCOPED_TRACE(text());
    check_status(good);
    position = 0;
    const auto look_at = [&](auto &argument) {
      if (varied_ != position++) argument.check(status_ < 0);
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
    if (expect_ == Expect::success) {
      EXPECT_OK(pde_field_rank(world.field, &number)) << name;
    }
    function(live);
    function(live);
    if (expect_ == Expect::success) {
      EXPECT_STREQ(pde_error_message(), kLeftAlone) << name;
    }
  }

  /// A function without anything to point at.
  void note(const char *name) { name_ = name; }
  /// One that leaves the message alone whatever happens.
  void says_nothing() { silent_ = true; }

 private:
  void begin(const char *name, const std::vector<std::string> &names);
  void check_status(pde_status good) const;
  std::string text() const;

  size_t number_, count_ = 1;
  Expect expect_;
  std::string name_, what_;
  std::vector<std::string> names_;
  std::optional<size_t> varied_;  // position of the argument that is not the valid one
  std::optional<pde_status> expected_;
  pde_status status_ = PDE_OK;
  bool silent_ = false;
};

/// The table, by header.
using Row = void (*)(World &, Probe &);
struct Part {
  const char *header;
  std::vector<Row> rows;
};
const std::vector<Part> &parts();
std::vector<Row> table();

}  // namespace test
