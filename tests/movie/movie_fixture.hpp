/* What the tests of films share: a folder of their own, the module by its table, and the eyes of ffprobe and
 * ffmpeg. */
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

namespace movie_test {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "pde-movie-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string &name) const { return (path_ / name).string(); }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(path_), std::filesystem::directory_iterator()));
  }

 private:
  std::filesystem::path path_;
};

inline std::string contents(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline std::string output_of(const std::string &command) {
  std::string output;
  FILE *pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return output;
  std::array<char, 65536> buffer{};
  for (std::size_t count; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    output.append(buffer.data(), count);
  }
  ::pclose(pipe);
  return output;
}

/* The command line tools are needed by tests only; in CI their absence is a failure. */
inline bool has_tools() {
  return std::system("command -v ffprobe >/dev/null 2>&1 && command -v ffmpeg >/dev/null 2>&1") == 0;
}
#define NEEDS_FFMPEG()                                                           \
  if (!movie_test::has_tools()) {                                                \
    if (std::getenv("CI") != nullptr) FAIL() << "ffmpeg and ffprobe are needed"; \
    GTEST_SKIP() << "ffmpeg and ffprobe are not installed";                      \
  }

/* One entry of the video stream: "nb_frames", "duration", "avg_frame_rate", ... */
inline std::string probe(const std::string &path, const std::string &entry) {
  std::string text =
      output_of("ffprobe -v error -select_streams v -count_frames -show_entries stream=" + entry +
                " -of default=nw=1:nk=1 'file:" + path + "' 2>&1");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

struct Frame {
  int width = 0, height = 0;
  std::string rgb;
  std::array<int, 3> at(int x, int y) const {
    const auto offset =
        3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x));
    return {static_cast<unsigned char>(rgb.at(offset)), static_cast<unsigned char>(rgb.at(offset + 1)),
            static_cast<unsigned char>(rgb.at(offset + 2))};
  }
  /* Largest difference of a channel. */
  int distance(int x, int y, std::array<int, 3> color) const {
    int largest = 0;
    for (std::size_t i = 0; i < 3; ++i) largest = std::max(largest, std::abs(at(x, y)[i] - color[i]));
    return largest;
  }
};

/* Frame `index` of a film, or a picture. */
inline Frame decode(const std::string &path, int index = 0) {
  Frame frame;
  frame.width = std::atoi(probe(path, "width").c_str());
  frame.height = std::atoi(probe(path, "height").c_str());
  frame.rgb = output_of("ffmpeg -v error -i 'file:" + path + "' -vf 'select=eq(n\\," + std::to_string(index) +
                        ")' -vsync 0 -frames:v 1 -f rawvideo -pix_fmt rgb24 - 2>/dev/null");
  return frame;
}

}  // namespace movie_test
