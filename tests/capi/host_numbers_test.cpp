// A host that has set up its floating-point unit: traps, another way of rounding, denormals flushed to zero.
// The library computes as it always does, raises no signal, leaves all that as it was, and callbacks find it
// so.
#include <cfenv>
#include <cmath>
#include <cstring>
#include <limits>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "support/vector_backend.hpp"
#include "user_program.hpp"

namespace test {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN(),
                 kInf = std::numeric_limits<double>::infinity(),
                 kTiny = std::numeric_limits<double>::denorm_min(),
                 kHuge = std::numeric_limits<double>::max();

/// All that came out, in bytes.
class Results {
 public:
  void add(double number) { add_bytes(&number, sizeof number); }
  void add(const std::string &text) { add_bytes(text.data(), text.size()); }
  void add(const Bytes &bytes) { add_bytes(bytes.data(), bytes.size()); }
  void add(pde_status status) { add(std::string(pde_status_name(status))); }
  /// Results of a call, or that it failed and why.
  template <size_t n>
  void add(pde_status status, const double (&numbers)[n]) {
    add(status);
    if (status >= 0) add_bytes(numbers, sizeof numbers);
    if (status < 0) add(std::string(pde_error_message()));
  }
  bool operator==(const Results &) const = default;
  size_t size() const { return bytes_.size(); }
  size_t differ_at(const Results &other) const {
    return static_cast<size_t>(
        std::mismatch(bytes_.begin(), bytes_.end(), other.bytes_.begin(), other.bytes_.end()).first -
        bytes_.begin());
  }

 private:
  void add_bytes(const void *data, size_t size) { bytes_.append(static_cast<const char *>(data), size); }
  std::string bytes_;
};

/// Written byte by byte: the host's own arithmetic is not what is tried.
FieldHandle odd_field(const pde_grid *grid, int32_t dtype) {
  const FieldHandle source = new_field(grid, PDE_SCALAR, PDE_FLOAT64);
  static const double odd[] = {1.1,   -0.3,  kTiny, -kTiny, 3e-310,  kNan, kInf, -kInf, 0.0,  -0.0, 1e-40,
                               1e300, 1e-45, 0.1,   1e15,   1.0 / 3, 2.5,  3.5,  -2.5,  1e-5, 7e22, 1e38};
  void *data = nullptr;
  REQUIRE_OK(pde_field_data(source, PDE_FLOAT64, &data));
  std::memcpy(data, odd, sizeof odd);
  if (dtype != PDE_FLOAT64) static_cast<double *>(data)[11] = 1;  // 1e300 would be too large
  FieldHandle field;
  REQUIRE_OK(pde_field_copy(source, dtype, nullptr, field.out()));
  return field;
}
constexpr int64_t kOdd = 22;

void try_grids_and_fields(Results &results) {
  GridHandle grid = unit_grid({kOdd}), round;
  REQUIRE_OK(pde_grid_create_spherical(0.1, 2.7, 7, round.out()));
  double cells[7], total[1];
  results.add(pde_grid_coordinates(round, 0, cells, 7), cells);
  results.add(pde_grid_volumes(round, cells, 7, total), cells);
  results.add(
      pde_grid_create_cartesian(1, &kTiny, &kHuge, std::vector<int64_t>{3}.data(), nullptr, round.out()));
  for (const int32_t dtype : {PDE_FLOAT64, PDE_FLOAT32, PDE_COMPLEX128, PDE_COMPLEX64}) {
    FieldHandle field = odd_field(grid, dtype), copy;
    results.add(bytes_of(field));
    double number[2] = {};
    const int64_t parts = dtype == PDE_COMPLEX128 || dtype == PDE_COMPLEX64 ? 2 : 1;
    results.add(pde_field_average(field, number, parts), number);
    for (const char *name : {"integral", "variance", "fluctuations", "min", "max", "magnitude"}) {
      for (const int64_t count : {1, 2}) results.add(pde_field_statistic(field, name, number, count), number);
    }
    for (const int32_t to : {PDE_FLOAT64, PDE_FLOAT32, PDE_COMPLEX128, PDE_INT32, PDE_UINT8, PDE_BOOL}) {
      const pde_status status = pde_field_copy(field, to, nullptr, copy.out());
      results.add(status);
      if (status == PDE_OK) results.add(bytes_of(copy));
    }
    results.add(pde_field_combine(field, 0.7, 1e-3, odd_field(grid, dtype)));
    results.add(bytes_of(field));
    results.add(pde_field_combine(field, kHuge, kHuge, field));
    results.add(bytes_of(field));
    for (const double value : {kTiny, 0.1, kNan, kHuge}) {
      results.add(pde_field_fill(field, value, 0));
      results.add(bytes_of(field));
    }
    for (const char *kind : {"uniform", "normal", "harmonic"}) {
      results.add(pde_field_fill_random(field, kind, 7, 3, 1e-3 + 3));
      results.add(bytes_of(field));
    }
  }
}

void try_storages(Results &results, const std::string &folder) {
  const GridHandle grid = unit_grid({kOdd});
  int number = 0;
  for (const char *options :
       {"threads=0", "threads=2 chunk_bytes=400", "threads=0 keep_bits=12", "threads=2 tolerance_abs=1e-3",
        "threads=2 tolerance_rel=1e-4 checksum=true compression=none", "threads=0 nonfinite=refuse"}) {
    for (const int32_t dtype : {PDE_FLOAT64, PDE_FLOAT32, PDE_COMPLEX64}) {
      const std::string path = folder + "/" + std::to_string(number++) + ".h5";
      StorageHandle storage = open_storage(path, "truncate_once", options_from(options));
      const FieldHandle field = odd_field(grid, dtype);
      for (int i = 0; i < 6; ++i)
        results.add(pde_storage_append(storage, field, i == 0 ? 0.1 : PDE_TIME_AUTO));
      results.add(pde_storage_append(storage, field, kNan));
      results.add(pde_storage_append(storage, field, kTiny));
      const int64_t length = length_of(storage);
      results.add(static_cast<double>(length));
      REQUIRE_OK(pde_storage_close(storage.release()));
      if (length == 0) continue;  // refused
      storage = open_storage(path, "readonly");
      for (int64_t i = 0; i < 6; ++i) results.add(raw_snapshot(storage, i, PDE_COMPLEX128, kOdd));
      for (const double time : times_of(storage)) results.add(time);
      int64_t first = 0, count = 0;
      results.add(pde_storage_find_range(storage, -kInf, 3.1, &first, &count));
      results.add(static_cast<double>(count));
      results.add(pde_storage_find_nearest(storage, 2.6, &first));
      results.add(static_cast<double>(first));
      results.add(pde_storage_check(storage, nullptr));
    }
  }
}

void try_runs(Results &results) {
  for (const char *text : {"constant(0.1)", "constant(1e-3, 5)", "list(0, 1e-320, 1, 2.5)"}) {
    ScheduleHandle schedule;
    REQUIRE_OK(pde_schedule_parse(text, schedule.out()));
    const char *again = nullptr;
    REQUIRE_OK(pde_schedule_text(schedule, &again));
    results.add(std::string(again));
    double t[1] = {0};
    results.add(pde_schedule_first(schedule, 0.05, t), t);
    for (int i = 0; i < 40 && t[0] < 1e300; ++i) results.add(pde_schedule_next(schedule, t[0], t), t);
  }
  const GridHandle grid = cartesian_grid({0, 0}, {3.3, 2.7}, {12, 9}, {1, 0});
  for (const char *name : {"diffusion", "allen-cahn", "cahn-hilliard", "swift-hohenberg"}) {
    for (const char *options : {"tolerance=1e-5", "stepper=euler dt=1e-5"}) {
      EquationHandle equation;
      FieldHandle state;
      REQUIRE_OK(pde_equation_create(name, nullptr, equation.out()));
      REQUIRE_OK(pde_equation_initial_state(equation, grid, 3, state.out()));
      double t[1] = {0};
      results.add(pde_solve(equation, state, 0, 0.01, options_from(options), nullptr, t), t);
      results.add(bytes_of(state));
    }
    // One that blows up.
    EquationHandle equation;
    REQUIRE_OK(pde_equation_create(name, nullptr, equation.out()));
    const FieldHandle state = filled_field(grid, 1e200);
    results.add(pde_solve(equation, state, 0, 1, options_from("stepper=euler dt=0.1"), nullptr, nullptr));
  }
}

Results try_everything(const std::string &folder) {
  Results results;
  pde_set_log_handler([](int32_t, const char *, void *) {}, nullptr, nullptr);
  try_grids_and_fields(results);
  try_storages(results, folder);
  try_runs(results);
  pde_set_log_handler(nullptr, nullptr, nullptr);
  return results;
}

// ---- hosts

struct Host {
  const char *name;
  void (*set_up)();
};

void flush_denormals() {
#if defined(__SSE2__)
  _mm_setcsr(_mm_getcsr() | 0x8040);  // FTZ and DAZ
#endif
}

const Host kHosts[] = {
    {"TrapsWhatIsWrong", [] { feenableexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW); }},
    {"TrapsAll", [] { feenableexcept(FE_ALL_EXCEPT); }},
    {"FlushesDenormals", flush_denormals},
    {"RoundsUp", [] { std::fesetround(FE_UPWARD); }},
    {"RoundsTowardsZeroFlushesAndTraps",
     [] {
       std::fesetround(FE_TOWARDZERO);
       flush_denormals();
       feenableexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW | FE_UNDERFLOW);
     }},
};

/// What the host has set, but no flags that were raised.
struct Setting {
  int rounding = std::fegetround(), traps = fegetexcept();
#if defined(__SSE2__)
  unsigned control = _mm_getcsr() & ~0x3fU;
#endif
  bool operator==(const Setting &) const = default;
};

class HostNumbers : public ::testing::TestWithParam<size_t> {
 protected:
  const Host &host() const { return kHosts[GetParam()]; }
  TemporaryFolder folder;
};

TEST_P(HostNumbers, DoNotMatterForResultsAndAreLeftAsTheyWere) {
  const Results expected = try_everything(folder.path().string());
  ASSERT_GT(expected.size(), 10'000U);
  EXPECT_TRUE(exited_well(run_in_child([&] {
    host().set_up();
    const Setting before;
    const Results got = try_everything(folder.path().string());
    const bool same = before == Setting();
    std::fesetenv(FE_DFL_ENV);
    EXPECT_TRUE(same) << "the host's settings have changed";
    EXPECT_TRUE(got == expected) << "from byte " << got.differ_at(expected) << " of " << expected.size()
                                 << ", " << got.size();
    return HasFailure() ? 1 : 0;
  })));
}

/// How often callbacks ran, and how often they did not find what the host had set.
struct Seen {
  Setting host;
  int calls = 0, wrong = 0;
  pde_status look() {
    ++calls;
    wrong += !(Setting() == host);
    return PDE_OK;
  }
  static Seen &of(void *user) { return *static_cast<Seen *>(user); }
};

TEST_P(HostNumbers, AreWhatCallbacksFind) {
  EXPECT_TRUE(exited_well(run_in_child([&] {
    const GridHandle grid = unit_grid({4});
    const FieldHandle field = filled_field(grid, 1);
    StorageHandle source = open_storage("memory:", nullptr), into = open_storage("memory:", nullptr);
    for (int i = 0; i < 3; ++i) REQUIRE_OK(pde_storage_append(source, field, i));
    OptionsHandle options;
    REQUIRE_OK(pde_options_create(options.out()));
    EquationHandle equation;
    REQUIRE_OK(pde_equation_create("diffusion", nullptr, equation.out()));
    static Seen seen;
    host().set_up();
    seen.host = Setting();
    const pde_destroy destroy = [](void *user) { Seen::of(user).look(); };
    const auto step = [&](const char *what, int at_least) {
      const Seen now = std::exchange(seen, Seen{seen.host});
      if (now.calls >= at_least && now.wrong == 0) return;
      std::fesetenv(FE_DFL_ENV);
      ADD_FAILURE() << what << ": " << now.calls << " calls, " << now.wrong << " wrong";
    };
    const pde_profile profile = [](const double *, int64_t, double *out_values, int64_t count, void *user) {
      for (int64_t i = 0; i < count; ++i) out_values[i] = 1;
      return Seen::of(user).look();
    };
    REQUIRE_OK(pde_field_fill_function(field, profile, &seen));
    step("profile", 4);
    const pde_transform transform = [](const pde_field *in, double, pde_field *out, void *user) {
      const pde_status status = pde_field_assign(out, in);
      Seen::of(user).look();
      return status;
    };
    REQUIRE_OK(pde_options_set_progress(
        options, [](int64_t, int64_t, void *user) { return Seen::of(user).look(); }, &seen, destroy));
    REQUIRE_OK(pde_storage_apply(source, nullptr, transform, &seen, into, options));
    step("transform and progress", 4);
    TrackerHandle tracker;
    REQUIRE_OK(pde_tracker_create_callback(
        nullptr, [](const pde_field *, double, void *user) { return Seen::of(user).look(); }, &seen, destroy,
        tracker.out()));
    pde_tracker *list[] = {tracker};
    ControllerHandle run;
    REQUIRE_OK(pde_controller_create(list, 1, nullptr, run.out()));
    REQUIRE_OK(pde_solve(equation, field, 0, 2, options, run, nullptr));
    step("callback and progress", 4);
    run.reset(), tracker.reset(), options.reset();
    step("destroy", 2);
    pde_backend backend = VectorSeries::required_entries();
    backend.set_info = [](const char *, void *) { return seen.look(); };
    VectorSeries series;
    StorageHandle custom;
    REQUIRE_OK(pde_storage_create_custom(&backend, &series, nullptr, nullptr, custom.out()));
    REQUIRE_OK(pde_storage_append(custom, field, 0));
    REQUIRE_OK(pde_storage_close(custom.release()));
    step("entries of a backend", 2);
    REQUIRE_OK(pde_set_log_handler([](int32_t, const char *, void *user) { Seen::of(user).look(); }, &seen,
                                   destroy));
    void *data = nullptr;
    REQUIRE_OK(pde_field_data(field, PDE_FLOAT64, &data));
    std::memcpy(data, &kNan, sizeof kNan);
    REQUIRE_OK(pde_storage_append(into, field, 9));  // outside of its session, with a warning
    REQUIRE_OK(pde_set_log_handler(nullptr, nullptr, nullptr));
    step("log handler", 2);
    EXPECT_TRUE(seen.host == Setting());
    std::fesetenv(FE_DFL_ENV);
    return HasFailure() ? 1 : 0;
  })));
}

std::string host_name(const ::testing::TestParamInfo<size_t> &of) {
  return kHosts[of.param].name;
}
INSTANTIATE_TEST_SUITE_P(Of, HostNumbers, ::testing::Range(size_t{0}, std::size(kHosts)), host_name);

}  // namespace
}  // namespace test
