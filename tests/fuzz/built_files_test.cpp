// Files built through HDF5 with hostile content, chosen at random, read and appended to in child processes.
//
// PDE_TEST_BUILT says how many files there are, PDE_TEST_SEED with which one it begins. What HDF5 writes
// where it should not, only AddressSanitizer finds at once: without it the crash comes later, and may seem to
// be ours. So it is always the same files here; scripts/campaign.sh files has others, with that sanitizer.
#include <gtest/gtest.h>
#include <hdf5.h>

#include <cstdio>
#include <random>
#include <vector>

#include "fuzz/fuzz.hpp"
#include "fuzz/hostile_hdf5.hpp"
#include "fuzz/in_child.hpp"
#include "fuzz/use_series.hpp"
#include "support/temporary_folder.hpp"

namespace test {
namespace {

/// From hardly any choice that is not the usual one to hardly any that is.
std::vector<uint8_t> any_choices(uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<uint8_t> choices(random() % 256);
  const uint64_t odd = 1 + random() % 16;
  for (uint8_t &choice : choices) choice = random() % 16 < odd ? static_cast<uint8_t>(random()) : 0;
  return choices;
}

ssize_t open_in_hdf5() {
  return H5Fget_obj_count(static_cast<hid_t>(H5F_OBJ_ALL), H5F_OBJ_ALL);
}

TEST(BuiltFiles, CrashNothingOfOurs) {
  constexpr uint64_t kBatch = 50;
  const uint64_t count = fuzz::number_from("PDE_TEST_BUILT", 200);
  const uint64_t first = fuzz::number_from("PDE_TEST_SEED", 1);
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  fuzz::Crashes crashes;
  fuzz::in_children(
      first, count, kBatch,
      [&](uint64_t seed) {
        const std::vector<uint8_t> bytes = any_choices(seed);
        fuzz::Choices choices(bytes.data(), bytes.size());
        fuzz::make_hostile_file(path, choices);
        // HDF5 may not be able to close a file like this: only what we leave open counts.
        const ssize_t before = open_in_hdf5();
        fuzz::use_hostile_file(path);
        PROMISE(open_in_hdf5() == before, "what is open in HDF5");
        folder.clear();
      },
      [&](uint64_t seed, const std::string &place) {
        crashes.add(seed, place, "built");
        folder.clear();
      });
  std::printf("%llu files built from seed %llu on; %llu crashes in HDF5\n",
              static_cast<unsigned long long>(count), static_cast<unsigned long long>(first),
              static_cast<unsigned long long>(crashes.count()));
  crashes.print();
}

}  // namespace
}  // namespace test
