// A scripted recording that is done once, with all that it does to its files and what holds after each step.
#pragma once

#include <vector>

#include "crash/file_log.hpp"
#include "crash/marks.hpp"
#include "crash/scenario.hpp"
#include "support/temporary_folder.hpp"

namespace crash {

struct RecordedRun {
  FileState before;  // what was there when it began
  std::vector<FileChange> changes;
  Marks marks;
};

inline RecordedRun record_once(const Scenario &scenario) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  RecordedRun run;
  const Series before = prepare(scenario, path);
  FileLog log(folder.path());
  if (!before.empty()) {
    const int node = log.new_node();
    log.names()["run.h5"] = run.before.names["run.h5"] = node;
    run.before.contents[node] = test::bytes_of_file(path);
  }
  {
    const test::WithOps with(&log);
    record(scenario, path, before, [&](const Mark &mark) { run.marks.add(log.size(), mark); });
  }
  run.changes = log.changes();
  return run;
}

}  // namespace crash
