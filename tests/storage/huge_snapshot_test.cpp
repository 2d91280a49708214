// A snapshot of more than 4 GiB: counted right on all ways, and recorded with little memory of our own.
//
// The array is address space that nobody has written to, which takes no memory, with a few marks in it.
#include <hdf5.h>
#include <sys/mman.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>

#include "capi/odd_files.hpp"
#include "capi/user_program.hpp"

namespace test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr const char *kTooSlow = "takes too long, and too much memory, under sanitizers";
#elif !defined(NDEBUG)
constexpr const char *kTooSlow = "takes too long without optimisation";
#else
constexpr const char *kTooSlow = nullptr;
#endif

constexpr int64_t kBytes = int64_t{17} << 28;  // 4.25 GiB

/// Address space that reads as zeros; null if there is none.
class Zeros {
 public:
  Zeros() {
    void *memory =
        ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory != MAP_FAILED) memory_ = static_cast<std::byte *>(memory);
  }
  ~Zeros() {
    if (memory_) ::munmap(memory_, kBytes);
  }
  Zeros(const Zeros &) = delete;
  Zeros &operator=(const Zeros &) = delete;
  std::byte *get() const { return memory_; }

 private:
  std::byte *memory_ = nullptr;
};

/// KiB, "VmHWM" for the most memory that this process has had.
int64_t status_of_process(const std::string &key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key + ":")) return std::atoll(line.c_str() + key.size() + 1);
  }
  return -1;
}

struct HugeKind {
  const char *name;
  int32_t dtype;
  hid_t (*type)();
  std::vector<int64_t> shape;
};

void PrintTo(const HugeKind &kind, std::ostream *stream) {
  *stream << kind.name;
}

/// Above 4 GiB, and for bytes above 2^32 samples.
const HugeKind kKinds[] = {
    {"float64", PDE_FLOAT64, [] { return H5T_NATIVE_DOUBLE; }, {2176, 512, 512}},
    {"uint8", PDE_UINT8, [] { return H5T_NATIVE_UINT8; }, {4352, 1024, 1024}},
};

class HugeSnapshot : public ::testing::TestWithParam<HugeKind> {
 protected:
  void SetUp() override {
    if (kTooSlow) GTEST_SKIP() << kTooSlow;
    if (!zeros_.get()) GTEST_SKIP() << "there are no 4.25 GiB of address space";
    struct statvfs disk {};
    if (::statvfs(folder_.path().c_str(), &disk) != 0 || disk.f_bavail * disk.f_frsize < 1u << 28)
      GTEST_SKIP() << "there are no 256 MiB of disk space for temporary files";
    const int64_t item = pde_dtype_size(GetParam().dtype), samples = kBytes / item;
    ASSERT_EQ(count_of(GetParam().shape), samples);
    // The ends, and what lies on both sides of 2 and 4 GiB.
    const int64_t two = (int64_t{2} << 30) / item, four = (int64_t{4} << 30) / item;
    unsigned char value = 1;
    for (const int64_t at : {int64_t{0}, two - 1, two, four - 1, four, samples - 1}) marks_[at] = value++;
    for (const auto &[at, mark] : marks_) set(at, mark);
  }

  void set(int64_t at, unsigned char mark) {
    if (GetParam().dtype == PDE_UINT8) {
      zeros_.get()[at] = std::byte{mark};
    } else {
      reinterpret_cast<double *>(zeros_.get())[at] = mark + 0.125;
    }
  }
  /// What is to be found at an index, as bytes of a sample.
  Bytes sample(int64_t at) const {
    const auto found = marks_.find(at);
    Bytes bytes(static_cast<size_t>(pde_dtype_size(GetParam().dtype)), std::byte{0});
    if (found == marks_.end()) return bytes;
    const double value = found->second + 0.125;
    if (GetParam().dtype == PDE_UINT8) return {std::byte{found->second}};
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
  }

  void record(int threads) const {
    FieldHandle field;
    const GridHandle grid = unit_grid(GetParam().shape);
    REQUIRE_OK(
        pde_field_wrap(grid, PDE_SCALAR, GetParam().dtype, nullptr, zeros_.get(), nullptr, field.out()));
    const std::string options = "queue_bytes=67108864 threads=" + std::to_string(threads);
    StorageHandle storage = open_storage(path_, nullptr, options_from(options));
    REQUIRE_OK(pde_storage_append(storage, field, 0.5));
    REQUIRE_OK(pde_storage_close(storage.release()));
  }

  /// The cells around a mark, and what they should hold.
  struct Box {
    std::vector<int64_t> lower, shape;
    Bytes expected;
  };
  Box around(int64_t at) const {
    const std::vector<int64_t> &whole = GetParam().shape;
    Box box{{}, {}, {}};
    for (const int64_t cell : {at / (whole[1] * whole[2]), at / whole[2] % whole[1], at % whole[2]}) {
      const int64_t most = whole[box.lower.size()];
      box.lower.push_back(std::max<int64_t>(cell - 1, 0));
      box.shape.push_back(std::min(cell + 2, most) - box.lower.back());
    }
    for (int64_t i = 0; i < box.shape[0]; ++i) {
      for (int64_t j = 0; j < box.shape[1]; ++j) {
        for (int64_t k = 0; k < box.shape[2]; ++k) {
          const Bytes one =
              sample(((box.lower[0] + i) * whole[1] + box.lower[1] + j) * whole[2] + box.lower[2] + k);
          box.expected.insert(box.expected.end(), one.begin(), one.end());
        }
      }
    }
    return box;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.file("huge.h5");
  Zeros zeros_;
  std::map<int64_t, unsigned char> marks_;
};

TEST_P(HugeSnapshot, IsRecordedInLittleMemoryAndReadInParts) {
  ASSERT_TRUE(exited_well(run_in_child([&] {
    const int64_t before = status_of_process("VmHWM");
    record(2);
    const int64_t grown = status_of_process("VmHWM") - before;
    EXPECT_GE(grown, 0);
    EXPECT_LT(grown, 192 << 10) << "KiB: the queue of 64 MiB, and what HDF5 and the workers need";
    return HasFailure() ? 1 : 0;
  })));
  EXPECT_LT(std::filesystem::file_size(path_), 64u << 20);

  for (const char *threads : {"threads=0", "threads=2"}) {
    StorageHandle storage = open_storage(path_, "readonly", options_from(threads));
    EXPECT_EQ(times_of(storage), std::vector<double>{0.5});
    for (const auto &[at, mark] : marks_) {
      const Box box = around(at);
      Bytes got(box.expected.size());
      ASSERT_OK(pde_storage_read_box(storage, 0, 1, 1, box.lower.data(), box.shape.data(), GetParam().dtype,
                                     got.data(), nullptr));
      EXPECT_TRUE(got == box.expected) << at;
    }
  }

  const Closing file(H5Fopen(path_.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  const Closing data(H5Dopen2(file, "data", H5P_DEFAULT), H5Dclose);
  const Closing space(H5Dget_space(data), H5Sclose);
  for (const auto &[at, mark] : marks_) {
    const Box box = around(at);
    std::vector<hsize_t> start{0}, count{1};
    start.insert(start.end(), box.lower.begin(), box.lower.end());
    count.insert(count.end(), box.shape.begin(), box.shape.end());
    const Closing memory(H5Screate_simple(4, count.data(), nullptr), H5Sclose);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
    Bytes got(box.expected.size());
    ASSERT_GE(H5Dread(data, GetParam().type(), memory, space, H5P_DEFAULT, got.data()), 0);
    EXPECT_TRUE(got == box.expected) << at;
  }
}

INSTANTIATE_TEST_SUITE_P(Of, HugeSnapshot, ::testing::ValuesIn(kKinds),
                         [](const auto &test) { return test.param.name; });

}  // namespace
}  // namespace test
