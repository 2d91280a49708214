// What random sequences of operations are made of: a kind of snapshots, in random layouts, and where the seed
// comes from.
#pragma once

#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "support/layouts.hpp"

namespace test {

inline uint64_t number_from(const char *variable, uint64_t otherwise) {
  const char *text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// The fields of one series: what a snapshot is, and how to make one in some layout.
class RandomKind {
 public:
  explicit RandomKind(std::mt19937_64 &random) : random_(random), dtype_(kDtypes[random() % 13]) {
    std::vector<int64_t> shape(1 + random() % 3);
    std::vector<int32_t> periodic(shape.size());
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      shape[axis] = 1 + static_cast<int64_t>(random() % (shape.size() == 1 ? 40 : 6));
      periodic[axis] = static_cast<int32_t>(random() % 2);
    }
    if (shape.size() < 3 && random() % 2) {
      grid_ = round_grid(shape, periodic.back());
    } else if (random() % 2) {
      grid_ = unit_grid(shape, periodic);
    } else {
      std::vector<double> lower(shape.size()), upper(shape.size());
      for (size_t axis = 0; axis < shape.size(); ++axis) {
        lower[axis] = static_cast<double>(random() % 2000) / 100 - 10;
        upper[axis] = lower[axis] + static_cast<double>(1 + random() % 2000) / 100;
      }
      grid_ = cartesian_grid(lower, upper, shape, periodic);
    }
    collection_ = random() % 4 == 0;
    const size_t members = collection_ ? 1 + random() % 4 : 1;
    for (size_t i = 0; i < members; ++i) {
      ranks_.push_back(static_cast<int32_t>(random() % 3));
      labels_.push_back(random() % 3 == 0 ? "" : "label " + std::to_string(random() % 1000) + " \u00e4");
    }
    ndim_ = shape.size();
    const Made made = make();
    shape_ = shape_of(made.field);
  }

  /// A field in a random layout, and the arrays it lies in.
  struct Made {
    std::vector<std::unique_ptr<LaidOutField>> parts;
    FieldHandle field;

    void set(const Bytes &samples) {
      size_t at = 0;
      for (auto &part : parts) {
        const size_t bytes = part->get().size();
        part->set(Bytes(samples.begin() + static_cast<std::ptrdiff_t>(at),
                        samples.begin() + static_cast<std::ptrdiff_t>(at + bytes)));
        at += bytes;
      }
    }
    Bytes get() const {
      Bytes all;
      for (const auto &part : parts) {
        const Bytes one = part->get();
        all.insert(all.end(), one.begin(), one.end());
      }
      return all;
    }
    bool halo_untouched() const {
      for (const auto &part : parts) {
        if (!part->halo_untouched()) return false;
      }
      return true;
    }
  };
  Made make() {
    Made made;
    std::vector<pde_field *> members;
    for (size_t i = 0; i < ranks_.size(); ++i) {
      const size_t axes = static_cast<size_t>(ranks_[i]) + ndim_;
      made.parts.push_back(std::make_unique<LaidOutField>(grid_, ranks_[i], dtype_,
                                                          random_layout(random_, axes),
                                                          labels_[i].empty() ? nullptr : labels_[i].c_str()));
      members.push_back(*made.parts.back());
    }
    // A collection of one, too, so that `field` is always a handle of its own.
    if (collection_) {
      made.field = collection_of(members, "collection");
    } else {
      REQUIRE_OK(pde_field_member(members[0], 0, made.field.out()));
    }
    return made;
  }

  int32_t dtype() const { return dtype_; }
  int64_t count() const { return count_of(shape_); }
  const std::vector<int64_t> &shape() const { return shape_; }
  const pde_grid *grid() const { return grid_; }
  bool is_collection() const { return collection_; }
  /// Of the fields in a snapshot; "" stands for no label.
  const std::vector<int32_t> &ranks() const { return ranks_; }
  const std::vector<std::string> &labels() const { return labels_; }

 private:
  /// Polar or spherical on one axis, cylindrical on two; hollow in every second case.
  GridHandle round_grid(const std::vector<int64_t> &shape, int32_t periodic_z) {
    const double inner = random_() % 2 ? static_cast<double>(1 + random_() % 1000) / 100 : 0;
    const double outer = inner + static_cast<double>(1 + random_() % 1000) / 100;
    GridHandle grid;
    if (shape.size() == 2) {
      REQUIRE_OK(pde_grid_create_cylindrical(inner, outer, -outer, inner, shape[0], shape[1], periodic_z,
                                             grid.out()));
    } else if (random_() % 2) {
      REQUIRE_OK(pde_grid_create_polar(inner, outer, shape[0], grid.out()));
    } else {
      REQUIRE_OK(pde_grid_create_spherical(inner, outer, shape[0], grid.out()));
    }
    return grid;
  }

  std::mt19937_64 &random_;
  int32_t dtype_;
  GridHandle grid_;
  size_t ndim_ = 0;
  bool collection_ = false;
  std::vector<int32_t> ranks_;
  std::vector<std::string> labels_;
  std::vector<int64_t> shape_;
};

}  // namespace test
