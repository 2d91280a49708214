// Every exported function with every argument that is wrong in some way, one at a time: NULL, a handle that
// was freed, one of another type, a number, an address; numbers out of every range, texts that are none,
// arrays that hold such numbers. It answers with a status that its header tells of and a message, changes
// nothing, and all goes on.
#include <fstream>
#include <sstream>

#include "function_calls.hpp"

#if defined(__SANITIZE_ADDRESS__)
/// What is too large is refused, as it is by the system.
extern "C" __attribute__((visibility("default"))) const char *__asan_default_options();
extern "C" const char *__asan_default_options() {
  return "allocator_may_return_null=1";
}
#endif

namespace test {
namespace {

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

TEST(EveryFunction, IsInTheTable) {
  std::set<std::string> tried;
  for (Row row : table()) {
    World world;
    Probe probe(0);
    row(world, probe);
    tried.insert(probe.name());
  }
  EXPECT_EQ(tried, exported_names());
}

class EveryFunctionOf : public ::testing::TestWithParam<size_t> {};

TEST_P(EveryFunctionOf, AnswersEveryBadArgumentWithAStatusAndAMessage) {
  const Part &part = parts()[GetParam()];
  size_t calls = 0, odd = 0, refused = 0;
  for (Row row : part.rows) {
    bool more = true;
    for (size_t number = 0; more; ++number, ++calls) {
      World world;
      Probe probe(number);
      row(world, probe);
      more = probe.more();
      odd += probe.odd();
      refused += probe.status() < 0;
      ASSERT_FALSE(HasFatalFailure()) << probe.name();
      if (number > 0 && probe.status() < 0) world.expect_usable();
    }
  }
  std::printf("%zu functions, %zu calls, %zu with odd values, %zu refused\n", part.rows.size(), calls, odd,
              refused);
}

std::string header_name(const ::testing::TestParamInfo<size_t> &of) {
  return parts()[of.param].header;
}
INSTANTIATE_TEST_SUITE_P(In, EveryFunctionOf, ::testing::Range(size_t{0}, parts().size()), header_name);

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
