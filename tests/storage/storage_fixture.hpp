// What the tests of all storages have in common: a series in its world, and the groups of kinds that tests
// run over.
#pragma once

#include <cmath>
#include <limits>
#include <random>

#include "storage/storage_world.hpp"
#include "support/json_values.hpp"
#include "support/layouts.hpp"

namespace test {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// A world with a scalar field of 6 cells in it.
class StorageTest : public ::testing::TestWithParam<StorageKind> {
 protected:
  /// `axes`: of the arrays that a test stores, if not those of the scalar field.
  explicit StorageTest(size_t axes = 2)
      : world_(GetParam(), axes),
        grid_(unit_grid({2, 3}, {1, 0})),
        field_(new_field(grid_, PDE_SCALAR, PDE_FLOAT64, "u")) {}

  /// The samples of snapshot number i.
  static Bytes samples(int i) {
    Bytes bytes(6 * sizeof(double));
    for (size_t k = 0; k < 6; ++k) {
      const double value = 100.0 * i + static_cast<double>(k) + 0.1;
      std::memcpy(bytes.data() + k * sizeof value, &value, sizeof value);
    }
    return bytes;
  }
  void fill(int i) {
    void *data = nullptr;
    REQUIRE_OK(pde_field_data(field_, PDE_FLOAT64, &data));
    std::memcpy(data, samples(i).data(), 6 * sizeof(double));
  }
  void append(pde_storage *storage, int i, double time) {
    fill(i);
    ASSERT_OK(pde_storage_append(storage, field_, time));
  }
  void append_info(pde_storage *storage, int i, double time, const char *info) {
    fill(i);
    ASSERT_OK(pde_storage_append_info(storage, field_, time, info));
  }
  /// Snapshots number 0 to count - 1, at these times, in one session.
  void record(pde_storage *storage, int count) {
    ASSERT_OK(pde_storage_start(storage, field_, nullptr));
    for (int i = 0; i < count; ++i) append(storage, i, i);
    ASSERT_OK(pde_storage_finish(storage));
  }
  void expect_snapshots(pde_storage *storage, const std::vector<int> &numbers) {
    ASSERT_EQ(static_cast<int64_t>(numbers.size()), length_of(storage));
    for (size_t i = 0; i < numbers.size(); ++i)
      EXPECT_EQ(samples(numbers[i]), raw_snapshot(storage, static_cast<int64_t>(i), PDE_FLOAT64, 6)) << i;
  }
  static bool is_writing(pde_storage *storage) {
    int32_t writing = -1;
    EXPECT_OK(pde_storage_is_writing(storage, &writing));
    return writing == 1;
  }
  static std::string mode_of(pde_storage *storage) {
    const char *mode = nullptr;
    EXPECT_OK(pde_storage_mode(storage, &mode));
    return mode;
  }
  static int64_t committed(pde_storage *storage) {
    int64_t length = -1;
    EXPECT_OK(pde_storage_committed(storage, &length));
    return length;
  }

  /// "(none)" where the snapshot has none.
  static std::string snapshot_info_of(pde_storage *storage, int64_t index) {
    const char *json = nullptr;
    EXPECT_OK(pde_storage_snapshot_info(storage, index, &json));
    return json ? json : "(none)";
  }

  StorageWorld world_;
  GridHandle grid_;
  FieldHandle field_;
};

class AnyStorage : public StorageTest {};
class LastingStorage : public StorageTest {};
class ExclusiveStorage : public StorageTest {};
class FileStorage : public StorageTest {};
class DroppingStorage : public StorageTest {};
class LastingDroppingStorage : public StorageTest {};
class KeepingStorage : public StorageTest {};

/// The tests of a group run over all kinds that `wanted` says yes to.
#define RUN_OVER(group, wanted) \
  INSTANTIATE_TEST_SUITE_P(Over, group, ::testing::ValuesIn(kinds(wanted)), kind_name)

inline bool is_any(const StorageKind &) {
  return true;
}
inline bool is_lasting(const StorageKind &kind) {
  return kind.lasts();
}
inline bool is_exclusive(const StorageKind &kind) {
  return kind.exclusive();
}
inline bool is_lasting_dropping(const StorageKind &kind) {
  return kind.lasts() && kind.truncates();
}
inline bool is_keeping(const StorageKind &kind) {
  return !kind.truncates();
}
inline bool is_file(const StorageKind &kind) {
  return kind.place == StorageKind::file;
}

}  // namespace test
