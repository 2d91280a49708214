#include <gtest/gtest.h>

#include "base/json.hpp"
#include "support/expect_error.hpp"
#include "tracker/tracker_fixture.hpp"

namespace pde {
namespace {

Options parsed(const char *text) {
  Options options;
  options.parse(text);
  return options;
}

std::vector<double> times_of(Storage &storage) {
  std::vector<double> times(static_cast<size_t>(storage.length()));
  storage.times(0, storage.length(), times.data());
  return times;
}

TEST(StorageTracker, RecordsWhenDueAndReports) {
  const StoragePtr storage = open_storage("memory:", nullptr, Options());
  Controller controller({make_storage_tracker(storage, Schedule::parse("constant(0.5)"), {}, Options())},
                        Options());
  controller.set_solver_info(R"({"class": "Mine"})");
  const FieldPtr state = make_state();
  controller.start(state, 0, 1.2);
  for (double t : {0.5, 1.0, 1.2}) {
    state->fill(t, 0);
    controller.handle(state, t);
  }
  controller.finish(state, 1.2);
  EXPECT_EQ(times_of(*storage), (std::vector<double>{0, 0.5, 1}));
  const FieldPtr read = make_state();
  storage->read(-1, *read);
  EXPECT_EQ(*reinterpret_cast<const double *>(read->c_order_data()), 1);
  EXPECT_FALSE(storage->is_writing());
  EXPECT_EQ(json_parse(*storage->info().find("controller"), "info")["t_final"].GetDouble(), 1.2);
  EXPECT_EQ(json_text(json_parse(*storage->info().find("solver"), "info")["class"]), "Mine");
}

TEST(StorageTracker, RecordsOncePerTimeUnitUnlessTold) {
  const StoragePtr storage = open_storage("memory:", nullptr, Options());
  Controller controller({make_storage_tracker(storage, nullptr, {}, Options())}, Options());
  run_exactly(controller, make_state(), 0, 3.5, 0.5);
  EXPECT_EQ(times_of(*storage), (std::vector<double>{0, 1, 2, 3}));
}

TEST(StorageTracker, RecordsTheLastStateOnceIfAsked) {
  for (const double t_end : {1.2, 1.0}) {
    const StoragePtr storage = open_storage("memory:", nullptr, Options());
    Controller controller(
        {make_storage_tracker(storage, Schedule::parse("constant(0.5)"), {}, parsed("final=true"))},
        Options());
    run_exactly(controller, make_state(), 0, t_end, 0.25);
    EXPECT_EQ(times_of(*storage).size(), t_end == 1.2 ? 4u : 3u);
    EXPECT_EQ(times_of(*storage).back(), t_end);
  }
}

/// 0.1 added up ten times is just below 1: due time, end and last state are one.
TEST(StorageTracker, RecordsTheLastStateOnceDespiteRounding) {
  const StoragePtr storage = open_storage("memory:", nullptr, Options());
  Controller controller(
      {make_storage_tracker(storage, Schedule::parse("constant(0.5)"), {}, parsed("final=true"))}, Options());
  EXPECT_LT(run_fixed(controller, make_state(), 0, 1, 0.1), 1);
  EXPECT_EQ(times_of(*storage), (std::vector<double>{0, 0.5, 1}));
  EXPECT_EQ(json_parse(controller.info(), "info")["t_final"].GetDouble(), 1);
}

TEST(StorageTracker, RecordsWhatTheTransformMakes) {
  const StoragePtr storage = open_storage("memory:", nullptr, Options());
  const FieldPtr state = make_state();
  state->fill(3, 0);
  StorageTransform transform{state->description(), [](const StatePtr &in, double t, const FieldPtr &out) {
                               if (t > 1) fail(PDE_ERR_USER, "no more");
                               out->assign(*in);
                               out->combine(2, 0, nullptr);
                             }};
  transform.result.label = "twice";
  const auto tracker = make_storage_tracker(storage, nullptr, std::move(transform), Options());
  Controller controller({tracker}, Options());
  controller.start(state, 0, 5);
  controller.handle(state, 1);
  EXPECT_MESSAGE(PDE_ERR_USER, controller.handle(state, 2), "tracker \"storage memory:\"", "no more");
  EXPECT_FALSE(storage->is_writing());  // finished though the transform failed
  EXPECT_EQ(times_of(*storage), (std::vector<double>{0, 1}));
  EXPECT_EQ(storage->description().label, "twice");
  const FieldPtr read = make_state();
  storage->read(0, *read);
  EXPECT_EQ(*reinterpret_cast<const double *>(read->c_order_data()), 6);
  EXPECT_FALSE(json_parse(*storage->info().find("controller"), "info")["successful"].GetBool());
}

TEST(StorageTracker, EndsTheSessionThoughTheLastStateFails) {
  const StoragePtr storage = open_storage("memory:", nullptr, Options());
  const FieldPtr state = make_state();
  StorageTransform transform{state->description(), [](const StatePtr &, double t, const FieldPtr &) {
                               if (t > 1) fail(PDE_ERR_USER, "no more");
                             }};
  Controller controller({make_storage_tracker(storage, nullptr, std::move(transform), parsed("final=true"))},
                        Options());
  controller.start(state, 0, 1.5);
  controller.handle(state, 1);
  controller.handle(nullptr, 1.5);
  EXPECT_MESSAGE(PDE_ERR_USER, controller.finish(state, 1.5), "no more");
  EXPECT_FALSE(storage->is_writing());
  EXPECT_EQ(times_of(*storage), (std::vector<double>{0, 1}));
}

TEST(StorageTracker, OpensAndClosesAStorageOfItsOwn) {
  const StoragePtr witness = open_storage("memory:storage_tracker_test", "truncate", Options());
  {
    const auto tracker =
        make_storage_tracker(nullptr, nullptr, {}, parsed("uri=memory:storage_tracker_test mode=append"));
    Controller controller({tracker}, Options());
    run_exactly(controller, make_state(), 0, 2, 1);
  }
  EXPECT_EQ(open_storage("memory:storage_tracker_test", "readonly", Options())->length(), 3);
}

TEST(StorageTracker, SaysWhatIsWrongWithItsOptions) {
  const StoragePtr storage = open_storage("memory:", nullptr, Options());
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make_storage_tracker(nullptr, nullptr, {}, Options()), "uri",
                 "storage is NULL");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make_storage_tracker(storage, nullptr, {}, parsed("uri=x.h5")), "uri",
                 "memory:");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make_storage_tracker(storage, nullptr, {}, parsed("finale=1")), "finale",
                 "final");
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make_storage_tracker(nullptr, nullptr, {}, parsed("uri=memory: mode=rw")),
                 "mode", "append");
}

TEST(StorageTracker, HoldsTheStorageOnlyDuringItsOwnCalls) {
  const StoragePtr storage = open_storage("memory:", nullptr, Options());
  Controller controller({make_storage_tracker(storage, nullptr, {}, Options())}, Options());
  const FieldPtr state = make_state();
  controller.start(state, 0, 3);
  {
    StorageUse use(*storage);
    EXPECT_MESSAGE(PDE_ERR_BUSY, controller.handle(state, 1), "storage memory:");
  }
}

TEST(Trackers, AreMadeByName) {
  EXPECT_MESSAGE(PDE_ERR_ARGUMENT, make_tracker("plotter", nullptr, Options()), "plotter", "progress");
  EXPECT_TRUE(tracker_options("tracker:storage"));
  EXPECT_TRUE(tracker_options("tracker:progress"));
  EXPECT_TRUE(tracker_options("controller"));
  EXPECT_FALSE(tracker_options("tracker:storages"));
}

}  // namespace
}  // namespace pde
