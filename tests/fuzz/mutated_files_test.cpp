// Valid files with bytes changed at random, read and appended to in child processes.
//
// HDF5 itself does not survive every such file, so a child that crashes with HDF5's code innermost is counted
// and listed; one that crashes or hangs in ours is a failure. PDE_TEST_MUTATIONS says how many files there
// are, PDE_TEST_SEED with which one it begins; each file has a seed of its own, which is printed where it
// matters.
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>
#include <random>

#include "fuzz/use_series.hpp"
#include "support/capi_handles.hpp"
#include "support/temporary_folder.hpp"

// Of AddressSanitizer, where the program has it: the signals of children are taken here.
extern "C" {
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));
const char *__asan_default_options() {
  return "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_abort=0:handle_sigill=0";
}
}

namespace test {
namespace {

// ---- in the child

int verdict_fd = -1;

/// Whose code is innermost: "libhdf5 H5HL__fl_deserialize" or "libpde …".
std::string innermost() {
  void *frames[64];
  const int count = ::backtrace(frames, 64);
  for (int i = 0; i < count; ++i) {
    Dl_info info{};
    if (::dladdr(frames[i], &info) == 0 || !info.dli_fname) continue;
    for (const char *library : {"libhdf5", "libpde"}) {
      if (!std::strstr(info.dli_fname, library)) continue;
      const auto offset = static_cast<char *>(frames[i]) - static_cast<char *>(info.dli_fbase);
      char text[200];
      std::snprintf(text, sizeof text, "%s %s+%#tx", library, info.dli_sname ? info.dli_sname : "?", offset);
      return text;
    }
  }
  return "the test";
}

/// The child is lost anyway: what is not allowed in a handler of signals mostly works.
void say_where() {
  const std::string place = innermost();
  if (::write(verdict_fd, place.data(), place.size()) < 0) ::_exit(3);
}

void on_signal(int) {
  say_where();
  ::_exit(2);
}

void prepare_child() {
  void *unused[1];
  ::backtrace(unused, 1);  // loads what it needs
  static std::array<char, 1 << 16> stack;
  const stack_t other{stack.data(), 0, stack.size()};
  ::sigaltstack(&other, nullptr);
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_ONSTACK;
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM})
    ::sigaction(signal, &action, nullptr);
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit file{1 << 26, 1 << 26}, memory{rlim_t{4} << 30, rlim_t{4} << 30}, core{0, 0};
  ::setrlimit(RLIMIT_FSIZE, &file);
  ::setrlimit(RLIMIT_CORE, &core);
  if (__sanitizer_set_death_callback) {
    __sanitizer_set_death_callback(say_where);
  } else {
    ::setrlimit(RLIMIT_AS, &memory);
  }
  ::alarm(20);
}

/// How a child ended: nothing for well, else whose code was innermost.
std::string end_of_child(const std::string &path) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    verdict_fd = ends[1];
    prepare_child();
    fuzz::read_series(path);
    fuzz::append_to_series(path);
    fuzz::read_series(path);
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string place;
  char text[256];
  for (ssize_t got; (got = ::read(ends[0], text, sizeof text)) > 0;)
    place.append(text, static_cast<size_t>(got));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return place.empty() ? "nobody knows where (status " + std::to_string(status) + ")" : place;
}

// ---- the files

struct ValidFile {
  std::string name, bytes, journal;
};

uint32_t crc32(std::string_view bytes) {
  uint32_t crc = ~0u;
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

/// Makes a journal tell of a commit that was cut off, and its checksums fit what is in it.
void mend(std::string &journal) {
  constexpr size_t kState = 512, kRecord = 576;
  if (journal.size() < kRecord) return;
  const auto put = [&](size_t offset, uint32_t number) {
    std::memcpy(&journal[kState + offset], &number, 4);
  };
  journal[kState + 8] = static_cast<char>(journal[kState + 8] | 1);  // an odd number: not applied to its end
  put(24, crc32(std::string_view(journal).substr(kRecord)));
  put(28, crc32(std::string_view(journal).substr(kState, 28)));
}

/// The record of the last commit alone, without what longer ones have left behind it.
std::string last_record(std::string journal) {
  constexpr size_t kState = 512, kRecord = 576;
  uint64_t size = 0;
  if (journal.size() < kRecord) return {};
  std::memcpy(&size, &journal[kState + 16], sizeof size);
  journal.resize(std::min<size_t>(journal.size(), kRecord + size));
  return journal;
}

/// Snapshots committed one by one, so that the last chunk is a raw tail until the series is finished.
std::vector<ValidFile> valid_files() {
  std::vector<ValidFile> files;
  for (const char *settings : {"", "compression=none", "checksum=true chunk_shape='2,3'"}) {
    const TemporaryFolder folder;
    const std::string path = folder.file("run.h5"), journal = path + ".journal";
    const OptionsHandle options = options_from(std::string("commit_every=1 info='{\"a\": [1]}' ") + settings);
    StorageHandle storage;
    REQUIRE_OK(pde_storage_open(path.c_str(), "create", options, storage.out()));
    const GridHandle grid = unit_grid({40});
    const FieldHandle field = new_field(grid);
    for (int i = 0; i < 5; ++i) {
      REQUIRE_OK(pde_field_fill(field, i, 0));
      REQUIRE_OK(pde_storage_append_info(storage, field, i, "{\"step\": 1}"));
    }
    files.push_back({std::string("raw tail, ") + settings, bytes_of_file(path), {}});
    files.push_back(
        {std::string("journal, ") + settings, bytes_of_file(path), last_record(bytes_of_file(journal))});
    REQUIRE_OK(pde_storage_close(storage.release()));
    files.push_back({std::string("plain, ") + settings, bytes_of_file(path), {}});
  }
  return files;
}

/// Some bytes, mostly where HDF5 keeps its own: at the beginning.
void mutate(std::string &bytes, std::mt19937_64 &random) {
  const size_t changes = 1 + random() % 4;
  for (size_t i = 0; i < changes && !bytes.empty(); ++i) {
    const size_t range = random() % 2 == 0 ? std::min<size_t>(bytes.size(), 4096) : bytes.size();
    const size_t at = random() % range;
    switch (random() % 4) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
        break;
      case 1:
        bytes[at] = static_cast<char>(random());
        break;
      case 2:
        bytes.replace(at, std::min<size_t>(8, bytes.size() - at), std::min<size_t>(8, bytes.size() - at),
                      random() % 2 == 0 ? '\xff' : '\0');
        break;
      default:
        if (random() % 8 == 0) bytes.resize(at);
    }
  }
}

uint64_t number_from(const char *variable, uint64_t otherwise) {
  const char *text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

void write_file(const std::string &path, const std::string &bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

TEST(MutatedFiles, CrashNothingOfOurs) {
  const uint64_t count = number_from("PDE_TEST_MUTATIONS", 100);
  const uint64_t first = number_from("PDE_TEST_SEED", std::random_device()());
  const std::vector<ValidFile> files = valid_files();
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  std::map<std::string, uint64_t> in_hdf5;
  uint64_t crashes = 0;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    std::mt19937_64 random(seed);
    const ValidFile &file = files[random() % files.size()];
    std::string bytes = file.bytes, journal = file.journal;
    mutate(!journal.empty() && random() % 2 == 0 ? journal : bytes, random);
    mend(journal);
    write_file(path, bytes);
    if (!journal.empty()) write_file(path + ".journal", journal);
    const std::string place = end_of_child(path);
    for (const auto &entry : std::filesystem::directory_iterator(folder.path()))
      std::filesystem::remove(entry.path());
    if (place.empty()) continue;
    if (place.starts_with("libhdf5")) {
      ++crashes;
      ++in_hdf5[place];
    } else {
      ADD_FAILURE() << "seed " << seed << " (" << file.name << "): " << place;
    }
  }
  std::printf("%llu files from seed %llu on; %llu crashes in HDF5\n", static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(first), static_cast<unsigned long long>(crashes));
  for (const auto &[place, times] : in_hdf5)
    std::printf("  %llu in %s\n", static_cast<unsigned long long>(times), place.c_str());
}

}  // namespace
}  // namespace test
