#include "child.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace bench {
namespace {

/// The bytes that come until the other end is closed.
std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 4096> part;
  ssize_t got;
  while ((got = read(descriptor, part.data(), part.size())) > 0)
    text.append(part.data(), static_cast<size_t>(got));
  close(descriptor);
  return text;
}

}  // namespace

std::string output_of(const std::vector<std::string> &command) {
  std::vector<char *> arguments;
  for (const std::string &word : command) arguments.push_back(const_cast<char *>(word.c_str()));
  arguments.push_back(nullptr);
  int ends[2];
  if (pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  pid_t child;
  const int error = posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  const std::string text = read_all(ends[0]);
  if (error != 0) throw std::system_error(error, std::generic_category(), command[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) throw std::runtime_error(command[0] + " failed");
  return text;
}

std::string output_of_child(const std::vector<std::string> &arguments) {
  std::vector<std::string> command = {"/proc/self/exe", "--child"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return output_of(command);
}

int64_t peak_memory() {
  std::ifstream status("/proc/self/status");
  std::string key;
  int64_t kibibytes = 0;
  while (status >> key)
    if (key == "VmHWM:" && status >> kibibytes) return kibibytes * 1024;
  throw std::runtime_error("the kernel does not tell VmHWM");
}

void forget_peak() {
  std::ofstream("/proc/self/clear_refs") << 5;
}

}  // namespace bench
