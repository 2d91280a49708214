// Callbacks: destroy runs exactly once, the handle whose call runs one is busy and all others are not, what a
// callback answers reaches the caller unchanged, and what it was lent goes stale.
#include <functional>

#include "user_program.hpp"

namespace test {
namespace {

constexpr pde_status kOwnCode = PDE_ERR_USER - 42;

/// What callbacks of these tests get: it counts, and does what a test asks for.
struct User {
  int calls = 0, destroyed = 0;
  pde_status answer = PDE_OK;
  const char *words = nullptr;
  std::function<void(const pde_field *)> act = [](const pde_field *) {};

  pde_status called(const pde_field *field) {
    ++calls;
    act(field);
    return words ? pde_error_set(answer, words) : answer;
  }
  static User &of(void *user) { return *static_cast<User *>(user); }
  static void destroy(void *user) { ++of(user).destroyed; }
  static pde_status progress(int64_t, int64_t, void *user) { return of(user).called(nullptr); }
  static pde_status callback(const pde_field *state, double, void *user) { return of(user).called(state); }
  static pde_status profile(const double *, int64_t, double *out_values, int64_t count, void *user) {
    std::fill_n(out_values, count, 3.0);
    return of(user).called(nullptr);
  }
  static pde_status transform(const pde_field *in, double, pde_field *out, void *user) {
    EXPECT_OK(pde_field_assign(out, in));
    return of(user).called(in);
  }
};

class Callbacks : public ::testing::Test {
 protected:
  /// A controller with one tracker that calls back at 0, 1, …
  ControllerHandle controller_of(TrackerHandle &tracker) {
    ControllerHandle run;
    pde_tracker *list[] = {tracker};
    EXPECT_OK(pde_controller_create(list, 1, nullptr, run.out()));
    return run;
  }
  TrackerHandle callback_tracker() {
    TrackerHandle tracker;
    EXPECT_OK(pde_tracker_create_callback(nullptr, User::callback, &user, User::destroy, tracker.out()));
    return tracker;
  }
  TrackerHandle transform_tracker() {
    TrackerHandle tracker;
    EXPECT_OK(pde_tracker_create_storage(storage, nullptr, field, User::transform, &user, User::destroy,
                                         nullptr, tracker.out()));
    return tracker;
  }

  User user;
  GridHandle grid = unit_grid({4});
  FieldHandle field = filled_field(grid, 1);
  StorageHandle storage = open_storage("memory:", nullptr);
  double t_next = 0;
};

// ---- destroy

TEST_F(Callbacks, OfProgressAreDestroyedOnce) {
  OptionsHandle options;
  ASSERT_OK(pde_options_create(options.out()));
  ASSERT_OK(pde_options_set_progress(options, User::progress, &user, User::destroy));
  EXPECT_EQ(user.destroyed, 0);
  ASSERT_OK(pde_options_set_progress(options, User::progress, &user, User::destroy));
  EXPECT_EQ(user.destroyed, 1);
  ASSERT_OK(pde_options_set_progress(options, nullptr, &user, User::destroy)) << "nothing to hand it to";
  EXPECT_EQ(user.destroyed, 3);
  ASSERT_OK(pde_options_set_progress(options, User::progress, &user, User::destroy));
  options.reset();
  EXPECT_EQ(user.destroyed, 4);
  EXPECT_STATUS(PDE_ERR_ARGUMENT, pde_options_set_progress(nullptr, User::progress, &user, User::destroy));
  EXPECT_EQ(user.destroyed, 5);
  EXPECT_EQ(user.calls, 0);
}

TEST_F(Callbacks, OfTrackersAreDestroyedOnceAlsoWhenCreatingFails) {
  TrackerHandle tracker = callback_tracker();
  EXPECT_EQ(user.destroyed, 0);
  tracker.reset();
  EXPECT_EQ(user.destroyed, 1);
  const pde_schedule *stale = reinterpret_cast<const pde_schedule *>(field.get());
  EXPECT_STATUS(PDE_ERR_ARGUMENT,
                pde_tracker_create_callback(nullptr, User::callback, &user, User::destroy, nullptr));
  EXPECT_STATUS(PDE_ERR_ARGUMENT,
                pde_tracker_create_callback(nullptr, nullptr, &user, User::destroy, tracker.out()));
  EXPECT_STATUS(PDE_ERR_HANDLE,
                pde_tracker_create_callback(stale, User::callback, &user, User::destroy, tracker.out()));
  EXPECT_EQ(user.destroyed, 4);
}

TEST_F(Callbacks, OfTransformsAreDestroyedOnceAlsoWhenCreatingFails) {
  TrackerHandle tracker = transform_tracker();
  tracker.reset();
  EXPECT_EQ(user.destroyed, 1);
  const auto create = [&](pde_storage *into, const pde_field *sample, pde_transform transform,
                          const pde_options *options, pde_tracker **out) {
    return pde_tracker_create_storage(into, nullptr, sample, transform, &user, User::destroy, options, out);
  };
  EXPECT_STATUS(PDE_ERR_ARGUMENT, create(storage, field, User::transform, nullptr, nullptr));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, create(storage, nullptr, User::transform, nullptr, tracker.out()));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, create(storage, field, nullptr, nullptr, tracker.out()));
  EXPECT_STATUS(PDE_ERR_ARGUMENT, create(nullptr, field, User::transform, nullptr, tracker.out()));
  EXPECT_STATUS(PDE_ERR_ARGUMENT,
                create(storage, field, User::transform, options_from("oops=1"), tracker.out()));
  EXPECT_STATUS(PDE_ERR_ARGUMENT,
                create(storage, field, User::transform, options_from("uri=memory:"), tracker.out()));
  EXPECT_STATUS(PDE_ERR_IO,
                create(nullptr, field, User::transform, options_from("uri=/dev/null/run.h5"), tracker.out()));
  EXPECT_EQ(user.destroyed, 8);
}

TEST_F(Callbacks, OfATrackerLiveAsLongAsItsController) {
  TrackerHandle tracker = callback_tracker();
  ControllerHandle run = controller_of(tracker);
  tracker.reset();
  EXPECT_EQ(user.destroyed, 0);
  ASSERT_OK(pde_controller_start(run, field, 0, 5, &t_next));
  EXPECT_EQ(user.calls, 1);
  run.reset();
  EXPECT_EQ(user.destroyed, 1);
}

// ---- while one runs

TEST_F(Callbacks, OfAControllerFindItBusyAndEverythingElseFree) {
  TrackerHandle tracker = callback_tracker();
  ControllerHandle run = controller_of(tracker), other;
  ASSERT_OK(pde_controller_create(nullptr, 0, nullptr, other.out()));
  user.act = [&](const pde_field *state) {
    double t = -7;
    int32_t due = 0;
    const char *json = nullptr;
    EXPECT_FAILS(PDE_ERR_BUSY, pde_controller_handle(run, state, 9, &t), "controller", "callback");
    EXPECT_STATUS(PDE_ERR_BUSY, pde_controller_start(run, state, 9, 10, &t));
    EXPECT_STATUS(PDE_ERR_BUSY, pde_controller_finish(run, state, 9));
    EXPECT_STATUS(PDE_ERR_BUSY, pde_controller_due(run, 9, &due));
    EXPECT_STATUS(PDE_ERR_BUSY, pde_controller_info(run, &json));
    EXPECT_STATUS(PDE_ERR_BUSY, pde_controller_set_step(run, 1));
    EXPECT_STATUS(PDE_ERR_BUSY, pde_controller_remove(run, tracker));
    EXPECT_EQ(t, -7);
    EXPECT_OK(pde_controller_stop(run)) << "never busy";
    EXPECT_OK(pde_controller_start(other, state, 0, 1, &t));
    EXPECT_OK(pde_storage_append(storage, state, PDE_TIME_AUTO));
    double average = 0;
    EXPECT_OK(pde_field_average(state, &average, 1));
    EXPECT_EQ(average, 1);
  };
  ASSERT_OK(pde_controller_start(run, field, 0, 5, &t_next) == PDE_STOP ? PDE_OK : PDE_ERR_STATE);
  EXPECT_EQ(user.calls, 1);
  EXPECT_EQ(length_of(storage), 1);
}

TEST_F(Callbacks, OfASolverFindItsHandlesBusy) {
  TrackerHandle tracker = callback_tracker();
  ControllerHandle run = controller_of(tracker);
  EquationHandle equation;
  ASSERT_OK(pde_equation_create("diffusion", nullptr, equation.out()));
  user.act = [&](const pde_field *) {
    double number = 0;
    EXPECT_FAILS(PDE_ERR_BUSY, pde_field_fill(field, 1, 0), "field");
    EXPECT_STATUS(PDE_ERR_BUSY, pde_field_average(field, &number, 1));
    EXPECT_STATUS(PDE_ERR_BUSY, pde_controller_handle(run, field, 1, &number));
    EXPECT_STATUS(PDE_ERR_BUSY, pde_solve(equation, field, 0, 1, nullptr, nullptr, nullptr));
    EXPECT_OK(pde_solve(equation, filled_field(grid, 1), 0, 1, nullptr, nullptr, nullptr));
  };
  ASSERT_OK(pde_solve(equation, field, 0, 2, nullptr, run, nullptr));
  EXPECT_EQ(user.calls, 3);
}

TEST_F(Callbacks, OfAFieldFindItBusy) {
  user.act = [&](const pde_field *) {
    double number = 0;
    EXPECT_STATUS(PDE_ERR_BUSY, pde_field_fill(field, 1, 0));
    EXPECT_STATUS(PDE_ERR_BUSY, pde_field_average(field, &number, 1));
    EXPECT_OK(pde_field_fill(filled_field(grid, 2), 1, 0));
  };
  ASSERT_OK(pde_field_fill_function(field, User::profile, &user));
  EXPECT_EQ(user.calls, 4);
}

TEST_F(Callbacks, MayFreeTheHandleWhoseCallRunsThem) {
  TrackerHandle tracker = callback_tracker();
  ControllerHandle run = controller_of(tracker);
  pde_controller *handle = run.release();
  user.act = [&](const pde_field *) {
    pde_controller_free(handle);
    EXPECT_STATUS(PDE_ERR_HANDLE, pde_controller_set_step(handle, 1));
    tracker.reset();
  };
  ASSERT_OK(pde_controller_start(handle, field, 0, 5, &t_next));
  EXPECT_EQ(user.destroyed, 1) << "when the call was over";
  EXPECT_STATUS(PDE_ERR_HANDLE, pde_controller_handle(handle, field, 1, &t_next));
}

TEST_F(Callbacks, MayUseTheStorageThatTheyTransformFor) {
  TrackerHandle tracker = transform_tracker();
  ControllerHandle run = controller_of(tracker);
  user.act = [&](const pde_field *) { EXPECT_EQ(length_of(storage), user.calls - 1); };
  ASSERT_OK(pde_controller_start(run, field, 0, 5, &t_next));
  ASSERT_OK(pde_controller_handle(run, field, 1, &t_next));
  EXPECT_EQ(length_of(storage), 2);
}

TEST_F(Callbacks, OfStoragesThatAreClosedEndTheRun) {
  TrackerHandle tracker = transform_tracker();
  ControllerHandle run = controller_of(tracker);
  ASSERT_OK(pde_controller_start(run, field, 0, 5, &t_next));
  ASSERT_OK(pde_storage_close(storage.release()));
  EXPECT_STATUS(PDE_ERR_STATE, pde_controller_handle(run, field, 1, &t_next));
  EXPECT_STATUS(PDE_ERR_STATE, pde_controller_handle(run, field, 2, &t_next)) << "over";
}

// ---- what they answer

TEST_F(Callbacks, PassTheirOwnStatusAndWordsOn) {
  user.answer = kOwnCode;
  user.words = "the pump has failed";
  TrackerHandle tracker = callback_tracker(), transforming = transform_tracker();
  ControllerHandle run = controller_of(tracker), second = controller_of(transforming);
  t_next = -7;
  EXPECT_FAILS(kOwnCode, pde_controller_start(run, field, 0, 5, &t_next), "the pump has failed");
  EXPECT_FAILS(kOwnCode, pde_controller_start(second, field, 0, 5, &t_next), "the pump has failed");
  EXPECT_EQ(t_next, -7);
  EXPECT_FAILS(kOwnCode, pde_field_fill_function(field, User::profile, &user), "the pump has failed");
  double average = 0;
  EXPECT_OK(pde_field_average(field, &average, 1));
  EXPECT_EQ(average, 1) << "not at all if one fails";
  OptionsHandle options;
  ASSERT_OK(pde_options_create(options.out()));
  ASSERT_OK(pde_options_set_progress(options, User::progress, &user, nullptr));
  EquationHandle equation;
  ASSERT_OK(pde_equation_create("diffusion", nullptr, equation.out()));
  EXPECT_FAILS(kOwnCode, pde_solve(equation, field, 0, 1, options, nullptr, nullptr), "the pump has failed");
}

TEST_F(Callbacks, WithoutWordsAreNamedInTheMessage) {
  user.answer = kOwnCode;
  TrackerHandle tracker = callback_tracker();
  ControllerHandle run = controller_of(tracker);
  EXPECT_FAILS(kOwnCode, pde_controller_start(run, field, 0, 5, &t_next), "callback",
               std::to_string(kOwnCode));
  EXPECT_FAILS(kOwnCode, pde_field_fill_function(field, User::profile, &user), "profile",
               std::to_string(kOwnCode));
}

TEST_F(Callbacks, AnyPositiveAnswerButStopCountsAsAFailure) {
  for (pde_status answer : {PDE_STOP + 0, PDE_EMPTY + 0, 77}) {
    SCOPED_TRACE(answer);
    user.answer = answer;
    TrackerHandle tracker = callback_tracker(), transforming = transform_tracker();
    ControllerHandle run = controller_of(tracker), second = controller_of(transforming);
    EXPECT_STATUS(answer == PDE_STOP ? PDE_STOP : PDE_ERR_USER,
                  pde_controller_start(run, field, 0, 5, &t_next));
    EXPECT_STATUS(PDE_ERR_USER, pde_controller_start(second, field, 0, 5, &t_next));
    EXPECT_STATUS(PDE_ERR_USER, pde_field_fill_function(field, User::profile, &user));
    OptionsHandle options;
    ASSERT_OK(pde_options_create(options.out()));
    ASSERT_OK(pde_options_set_progress(options, User::progress, &user, nullptr));
    EquationHandle equation;
    ASSERT_OK(pde_equation_create("diffusion", nullptr, equation.out()));
    EXPECT_STATUS(answer == PDE_STOP ? PDE_OK : PDE_ERR_USER,
                  pde_solve(equation, field, 0, 1, options, nullptr, nullptr));
    storage = open_storage("memory:", nullptr);
  }
}

// ---- what they are lent

TEST_F(Callbacks, AreLentFieldsForReadingThatGoStale) {
  const pde_field *kept = nullptr;
  FieldHandle copy, member;
  user.act = [&](const pde_field *state) {
    kept = state;
    pde_field *writable = const_cast<pde_field *>(state);
    void *data = nullptr;
    EXPECT_FAILS(PDE_ERR_READONLY, pde_field_fill(writable, 9, 0), "reading");
    EXPECT_STATUS(PDE_ERR_READONLY, pde_field_data(writable, PDE_FLOAT64, &data));
    EXPECT_STATUS(PDE_ERR_READONLY, pde_field_rebind(writable, &data));
    EXPECT_STATUS(PDE_ERR_READONLY, pde_field_assign(writable, field));
    EXPECT_STATUS(PDE_ERR_READONLY, pde_field_combine(writable, 2, 0, nullptr));
    EXPECT_OK(pde_field_copy(state, PDE_FLOAT64, nullptr, copy.out()));
    EXPECT_OK(pde_field_member(state, 0, member.out()));
    EXPECT_STATUS(PDE_ERR_READONLY, pde_field_fill(member, 9, 0));
    EXPECT_STATUS(PDE_ERR_READONLY, pde_field_fill(collection_of({member}), 9, 0));
  };
  TrackerHandle tracker = callback_tracker();
  ControllerHandle run = controller_of(tracker);
  ASSERT_OK(pde_controller_start(run, field, 0, 5, &t_next));
  int32_t rank = -7;
  EXPECT_STATUS(PDE_ERR_HANDLE, pde_field_rank(kept, &rank));
  EXPECT_EQ(rank, -7);
  EXPECT_OK(pde_field_fill(copy, 9, 0)) << "a copy is one's own";
  double average = 0;
  EXPECT_OK(pde_field_average(member, &average, 1)) << "so is a handle made from what was lent";
  EXPECT_EQ(average, 1);
}

TEST_F(Callbacks, MayFreeWhatTheyWereLentWithoutHarm) {
  user.act = [](const pde_field *state) { pde_field_free(const_cast<pde_field *>(state)); };
  TrackerHandle tracker = callback_tracker(), transforming = transform_tracker();
  ControllerHandle run = controller_of(tracker), second = controller_of(transforming);
  ASSERT_OK(pde_controller_start(run, field, 0, 5, &t_next));
  ASSERT_OK(pde_controller_start(second, field, 0, 5, &t_next));
  double average = 0;
  EXPECT_OK(pde_field_average(field, &average, 1));
  EXPECT_EQ(average, 1);
}

}  // namespace
}  // namespace test
