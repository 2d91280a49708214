// The benchmarks: rows of figures, each beside a baseline that was measured in the same process, taking
// turns.
//
//   pde_bench --folder FOLDER --out FILE [--quick] [--rounds N] [--length N] [--peak-bytes N] [ROW...]
//   pde_bench --list
//
// FOLDER should be on a memory file system; files there are removed as soon as they have been measured. FILE
// becomes a JSON array, one object per row. --quick only shows that everything runs. scripts/bench.sh calls
// this program.
#include <sys/prctl.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <set>

#include "rows.hpp"

namespace {

using bench::Report;
using bench::Settings;

struct Group {
  const char *name;
  void (*run)(const Settings &, Report &);
};

constexpr Group kGroups[] = {
    {"append", bench::append_rows}, {"felt", bench::felt_row},       {"raw", bench::raw_row},
    {"small", bench::small_row},    {"commits", bench::commits_row}, {"read", bench::read_rows},
    {"memory", bench::memory_rows}, {"length", bench::length_row},   {"idle", bench::idle_row},
    {"peak", bench::peak_rows},     {"load", bench::load_rows},      {"flatness", bench::flatness_rows},
};

struct Request {
  Settings settings;
  std::string out = "bench.json";
  std::set<std::string> rows;
};

[[noreturn]] void give_up(const std::string &why) {
  std::fprintf(stderr, "pde_bench: %s\n", why.c_str());
  std::exit(2);
}

bool is_group(const std::string &name) {
  return std::any_of(std::begin(kGroups), std::end(kGroups),
                     [&](const Group &group) { return group.name == name; });
}

/// Takes what follows --folder, --out and the like; gives whether there is such an option.
bool take_option(Request &request, const std::string &name, const std::string &value) {
  Settings &settings = request.settings;
  if (name == "--folder") return settings.folder = value, true;
  if (name == "--out") return request.out = value, true;
  if (name == "--rounds") return settings.rounds = std::stoi(value), true;
  if (name == "--length") return settings.length = std::stoll(value), true;
  if (name == "--peak-bytes") return settings.peak_bytes = std::stoll(value), true;
  return false;
}

Request parse(int argc, char **argv) {
  Request request;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--quick") {
      request.settings.quick = true;
      request.settings.rounds = 2;
    } else if (word.starts_with('-')) {
      if (i + 1 == argc || !take_option(request, word, argv[i + 1])) give_up("cannot use " + word);
      ++i;
    } else {
      if (!is_group(word)) give_up("there is no row " + word);
      request.rows.insert(word);
    }
  }
  return request;
}

bool run(const Group &group, const Settings &settings, Report &report) {
  try {
    group.run(settings, report);
    return true;
  } catch (const std::exception &problem) {
    std::fprintf(stderr, "row %s failed: %s\n", group.name, problem.what());
    return false;
  }
}

int run_child(const std::string &what, const std::string &folder, int64_t amount) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // no recording goes on when the one who waits for it has been killed
  try {
    return what.starts_with("growth") ? bench::print_growth(what, folder, amount)
                                      : bench::print_peak(what, folder, amount);
  } catch (const std::exception &problem) {
    std::fprintf(stderr, "%s: %s\n", what.c_str(), problem.what());
    return 1;
  }
}

}  // namespace

int main(int argc, char **argv) {
  if (argc == 5 && std::string(argv[1]) == "--child") return run_child(argv[2], argv[3], std::stoll(argv[4]));
  if (argc == 2 && std::string(argv[1]) == "--list") {
    for (const Group &group : kGroups) std::puts(group.name);
    return 0;
  }
  const Request request = parse(argc, argv);
  Report report(request.out);
  bool fine = true;
  for (const Group &group : kGroups)
    if (request.rows.empty() || request.rows.contains(group.name))
      fine = run(group, request.settings, report) && fine;
  return fine ? 0 : 1;
}
