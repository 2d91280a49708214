#include "encoder.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "movie_error.hpp"
#include "movie_fixture.hpp"

using namespace pde::movie;
using movie_test::Folder;
using movie_test::probe;

namespace {

const Log quiet = [](int32_t, const std::string &) {};

std::vector<uint32_t> flat(int width, int height, uint32_t color) {
  return std::vector<uint32_t>(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), color);
}

void write_frames(Encoder &encoder, int width, int height, int count, uint32_t color) {
  const auto pixels = flat(width, height, color);
  for (int i = 0; i < count; ++i) encoder.write(reinterpret_cast<const uint8_t *>(pixels.data()), 4 * width);
}

}  // namespace

class EveryCodec : public testing::TestWithParam<const char *> {};
INSTANTIATE_TEST_SUITE_P(Codecs, EveryCodec, testing::Values("libx264", "libvpx-vp9", "libaom-av1", "mpeg4"));

TEST_P(EveryCodec, writes_a_film_that_is_whole_and_silent) {
  NEEDS_FFMPEG();
  if (avcodec_find_encoder_by_name(GetParam()) == nullptr)
    GTEST_SKIP() << GetParam() << " is not in this libavcodec";
  const Folder folder;
  const std::string path = folder / "film.mp4";
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  {
    Encoder encoder({path, 66, 50, 10, 2, GetParam()}, quiet);
    write_frames(encoder, 66, 50, 23, 0xff2080c0);
    encoder.close();
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(probe(path, "nb_read_frames"), "23");
  EXPECT_NEAR(std::atof(probe(path, "duration").c_str()), 2.3, 1e-6);
  const auto frame = movie_test::decode(path, 22);
  EXPECT_LE(frame.distance(33, 25, {0x20, 0x80, 0xc0}), 6);
}

TEST(Encoder, keeps_colors_in_both_definitions) {
  NEEDS_FFMPEG();
  const Folder folder;
  for (const auto &[width, height] : {std::pair(64, 48), std::pair(1280, 720)}) {
    for (const uint32_t color :
         {0xffff0000U, 0xff00ff00U, 0xff0000ffU, 0xffffffffU, 0xff440154U, 0xfffde725U}) {
      const std::string path = folder / "color.mp4";
      {
        Encoder encoder({path, width, height, 10, 1, ""}, quiet);
        write_frames(encoder, width, height, 1, color);
        encoder.close();
      }
      const auto frame = movie_test::decode(path);
      const auto part = [color = color](unsigned shift) { return static_cast<int>(color >> shift & 0xffU); };
      EXPECT_LE(frame.distance(width / 2, height / 2, {part(16), part(8), part(0)}), 5) << std::hex << color;
      EXPECT_EQ(probe(path, "color_space"), height < 720 ? "smpte170m" : "bt709");
    }
  }
}

TEST(Encoder, keeps_fractional_frame_rates) {
  NEEDS_FFMPEG();
  const Folder folder;
  const std::vector<std::pair<double, std::string>> rates = {
      {29.97, "2997/100"}, {24, "24/1"}, {0.5, "1/2"}, {1.0 / 3, "1/3"}, {1000, "1000/1"}};
  for (const auto &[fps, text] : rates) {
    const std::string path = folder / "rate.mp4";
    Encoder encoder({path, 32, 32, fps, 1, ""}, quiet);
    write_frames(encoder, 32, 32, 9, 0xffffffff);
    encoder.close();
    EXPECT_EQ(probe(path, "avg_frame_rate"), text);
    EXPECT_EQ(probe(path, "nb_frames"), "9");
    EXPECT_NEAR(std::atof(probe(path, "duration").c_str()), 9 / fps, 1e-3 / fps);
  }
}

TEST(Encoder, puts_the_index_in_front) {
  const Folder folder;
  const std::string path = folder / "film.mp4";
  Encoder encoder({path, 64, 64, 25, 1, ""}, quiet);
  write_frames(encoder, 64, 64, 100, 0xff808080);
  encoder.close();
  const std::string bytes = movie_test::contents(path);
  EXPECT_EQ(bytes.substr(36, 4), "moov");
  EXPECT_EQ(bytes.find("moof"), std::string::npos);
  EXPECT_EQ(folder.files(), 1U);
}

/* A run is killed: the film plays what was there when its last fragment ended, but for the frames inside the
 * encoder. */
TEST(Encoder, leaves_a_film_that_plays_when_killed) {
  NEEDS_FFMPEG();
  const Folder folder;
  const std::string path = folder / "killed.mp4";
  for (const int after : {41, 48, 55}) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      Encoder encoder({path, 64, 64, 25, 1, ""}, quiet);
      for (uint32_t i = 0;; ++i) {
        if (i == 40) ::usleep(1100000);  // a fragment ends with the next frame
        write_frames(encoder, 64, 64, 1, 0xff000000U | i);
        if (::write(ends[1], "x", 1) != 1) ::_exit(1);
      }
    }
    char byte = 0;
    for (int i = 0; i < after; ++i) ASSERT_EQ(::read(ends[0], &byte, 1), 1);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ends[0]);
    ::close(ends[1]);
    EXPECT_GE(std::atoi(probe(path, "nb_read_frames").c_str()), 41 - 6);
    EXPECT_EQ(probe(path, "avg_frame_rate"), "25/1");
  }
}

TEST(Encoder, says_when_the_disk_is_full) {
  const Folder folder;
  const std::string path = folder / "full.mp4";
  const pid_t child = ::fork();
  if (child == 0) {  // a limit on the size of files stands in for the disk
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{20000, 20000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    testing::internal::CaptureStderr();
    bool told = false;
    try {
      Encoder encoder({path, 128, 128, 25, 1, ""}, quiet);
      auto pixels = flat(128, 128, 0);
      for (int i = 0; i < 500; ++i) {
        for (uint32_t &pixel : pixels)
          pixel = pixel * 1664525 + 1013904223 + static_cast<uint32_t>(&pixel - pixels.data());
        encoder.write(reinterpret_cast<const uint8_t *>(pixels.data()), 512);
      }
      encoder.close();
    } catch (const MovieError &error) {
      told =
          error.status() == io && std::string(error.what()) == "cannot write '" + path + "': File too large";
    }
    const bool silent = testing::internal::GetCapturedStderr().empty();
    ::_exit((told ? 0 : 1) + (silent ? 0 : 2));
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Encoder, keeps_the_old_film_until_there_is_a_new_one) {
  const Folder folder;
  const std::string path = folder / "film.mp4";
  std::ofstream(path) << "old";
  {
    Encoder encoder({path, 64, 64, 25, 1, ""}, quiet);
    EXPECT_EQ(movie_test::contents(path), "old");
    encoder.close();  // no frame
  }
  EXPECT_EQ(movie_test::contents(path), "old");
  EXPECT_EQ(folder.files(), 1U);
}

TEST(Encoder, refuses_a_second_writer) {
  const Folder folder;
  const std::string path = folder / "film.mp4";
  Encoder first({path, 64, 64, 25, 1, ""}, quiet);
  try {
    Encoder second({path, 64, 64, 25, 1, ""}, quiet);
    FAIL() << "two writers";
  } catch (const MovieError &error) {
    EXPECT_EQ(error.status(), busy);
  }
  write_frames(first, 64, 64, 3, 0xffffffff);
  first.close();
}
