// Snapshots of noise that are known by their numbers, recorded and found again through the core.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "storage/storage.hpp"

namespace test {

inline pde::FieldPtr random_snapshot(int64_t number, std::span<const int64_t> shape) {
  const std::vector<bool> periodic(shape.size(), false);
  pde::FieldPtr field =
      pde::Field::create({pde::Grid::unit(shape, periodic), PDE_SCALAR, PDE_FLOAT64, std::nullopt, {}});
  field->fill_random("normal", number, 0, 1);
  return field;
}

inline pde::StoragePtr open_with(const std::string &path, const char *mode, const std::string &options) {
  pde::Options parsed;
  parsed.parse(options);
  return pde::open_storage(path, mode, parsed);
}

/// Expects the snapshots 0, 1, … to be there at the times 0, 1, …, at least so many; says how many.
inline int64_t expect_random_snapshots(pde::Storage &storage, int64_t least, std::span<const int64_t> shape) {
  const pde::FieldPtr field = pde::Field::create(storage.description());
  EXPECT_GE(storage.length(), least);
  for (int64_t i = 0; i < storage.length(); ++i) {
    storage.read(i, *field);
    double time = -1;
    storage.times(i, 1, &time);
    EXPECT_EQ(time, static_cast<double>(i));
    EXPECT_EQ(std::memcmp(field->c_order_data(), random_snapshot(i, shape)->c_order_data(),
                          static_cast<size_t>(field->description().bytes())),
              0)
        << "snapshot " << i;
  }
  return storage.length();
}

}  // namespace test
