// What a recording does to its files, in order, and the files as any part of it would have left them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "support/forwarding_ops.hpp"

namespace crash {

struct FileChange {
  enum class What { create, write, truncate, rename, unlink, sync, sync_folder };
  What what;
  int node = -1;            // the file, whatever its name is by now
  std::string name, other;  // within the folder
  int64_t offset = 0;       // or the size
  std::string bytes;
};

/// The system's operations, written down. Changes happen one at a time.
class FileLog final : public test::ForwardingOps {
 public:
  explicit FileLog(std::string folder) : folder_(std::move(folder)) {}

  int open(const std::string &path, int flags, unsigned permissions) override;
  int close(int fd) override;
  int64_t pwrite(int fd, const void *data, size_t size, int64_t offset) override;
  int truncate(int fd, int64_t size) override;
  int sync(int fd) override;
  int rename(const std::string &from, const std::string &to) override;
  int unlink(const std::string &path) override;

  size_t size() const { return changes_.size(); }
  const std::vector<FileChange> &changes() const { return changes_; }

 private:
  std::string name_of(const std::string &path) const;

  std::string folder_;
  std::mutex mutex_;
  std::map<int, int> nodes_;          // of open files
  std::map<std::string, int> names_;  // of the nodes that have one
  std::map<int, bool> folders_;       // which descriptors are the folder
  int last_node_ = -1;
  std::vector<FileChange> changes_;

 public:
  /// The files that are there when it begins.
  std::map<std::string, int> &names() { return names_; }
  int new_node() { return ++last_node_; }
};

/// Files in memory.
class FileState {
 public:
  std::map<int, std::string> contents;
  std::map<std::string, int> names;

  /// `most`: of a write, only so many of its bytes.
  void apply(const FileChange &change, size_t most = SIZE_MAX);
  /// Puts them into a folder, and nothing else.
  void store(const std::string &folder) const;
};

}  // namespace crash
