// What dlopen of the library costs, beside an empty library with the same dependencies.
#include <dlfcn.h>
#include <hdf5.h>

#include <sstream>
#include <stdexcept>

#include "child.hpp"
#include "rows.hpp"

namespace bench {
namespace {

struct Loaded {
  double milliseconds, libraries;
};

Loaded load(const std::string &library) {
  std::istringstream line(output_of({PDE_BENCH_PROBE, library}));
  Loaded loaded;
  if (!(line >> loaded.milliseconds >> loaded.libraries))
    throw std::runtime_error("the probe printed no figures");
  return loaded;
}

std::string hdf5_library() {
  Dl_info info;
  if (dladdr(reinterpret_cast<const void *>(&H5open), &info) == 0)
    throw std::runtime_error("libhdf5 is not to be found");
  return info.dli_fname;
}

}  // namespace

void load_rows(const Settings &settings, Report &report) {
  Row time, libraries;
  time.turns = take_turns(
      4 * settings.rounds, [] { return load(PDE_BENCH_LIBRARY).milliseconds; },
      [] { return load(PDE_BENCH_EMPTY).milliseconds; });
  const std::string hdf5 = hdf5_library();
  libraries.turns = take_turns(
      settings.rounds, [] { return load(PDE_BENCH_LIBRARY).libraries; },
      [&] { return load(hdf5).libraries; });
  time.name = "dlopen: time";
  time.unit = "ms";
  time.how = "in a fresh process each time, against an empty library that names the same dependencies";
  time.wanted = 0.5;
  libraries.name = "dlopen: libraries over libhdf5";
  libraries.unit = "libraries in the process";
  libraries.how = "in a fresh process, against dlopen of libhdf5 alone";
  libraries.wanted = 5;
  for (Row *row : {&time, &libraries}) {
    row->compared = Compared::difference;
    row->at_least = false;
    report.add(std::move(*row));
  }
}

}  // namespace bench
