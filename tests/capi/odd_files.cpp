#include "odd_files.hpp"

#include <fstream>
#include <stdexcept>

#include "user_program.hpp"

namespace test {

void write_bytes(const std::string &path, const std::string &bytes) {
  std::ofstream stream(path, std::ios::binary);
  stream << bytes;
  if (!stream.flush()) throw std::runtime_error("cannot write " + path);
}

void write_hdf5(const std::string &path, const std::vector<OddDataset> &datasets) {
  const Closing file(H5Fcreate(path.c_str(), H5F_ACC_EXCL, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
  if (file < 0) throw std::runtime_error("cannot create " + path);
  const Closing scalar(H5Screate(H5S_SCALAR), H5Sclose);
  const Closing mark(H5Acreate2(file, "owner", H5T_STD_I32LE, scalar, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  const int number = 42;
  H5Awrite(mark, H5T_NATIVE_INT, &number);
  for (const OddDataset &dataset : datasets) {
    const Closing space(dataset.shape.empty() ? H5Screate(H5S_SCALAR)
                                              : H5Screate_simple(static_cast<int>(dataset.shape.size()),
                                                                 dataset.shape.data(), nullptr),
                        H5Sclose);
    const Closing made(
        H5Dcreate2(file, dataset.name, dataset.type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Dclose);
    if (made < 0) throw std::runtime_error(std::string("cannot create the dataset ") + dataset.name);
  }
}

void write_truncated_series(const std::string &path, double part) {
  const TemporaryFolder folder;
  const std::string whole = folder.file("whole.h5");
  record_file(whole, 3);
  const std::string bytes = bytes_of_file(whole);
  write_bytes(path, bytes.substr(0, static_cast<size_t>(part * static_cast<double>(bytes.size()))));
}

}  // namespace test
