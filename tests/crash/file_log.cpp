#include "crash/file_log.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

namespace crash {

// ---- writing down

/// Empty for what lies elsewhere.
std::string FileLog::name_of(const std::string &path) const {
  const std::filesystem::path whole(path);
  return whole.parent_path() == folder_ ? whole.filename().string() : "";
}

int FileLog::open(const std::string &path, int flags, unsigned permissions) {
  const std::lock_guard lock(mutex_);
  const int fd = ForwardingOps::open(path, flags, permissions);
  if (fd < 0) return fd;
  if (path == folder_) folders_[fd] = true;
  const std::string name = name_of(path);
  if (name.empty()) return fd;
  if (!names_.contains(name)) {
    names_[name] = new_node();
    changes_.push_back({FileChange::What::create, names_[name], name, {}, 0, {}});
  }
  nodes_[fd] = names_[name];
  return fd;
}

int FileLog::close(int fd) {
  const std::lock_guard lock(mutex_);
  nodes_.erase(fd);
  folders_.erase(fd);
  return ForwardingOps::close(fd);
}

int64_t FileLog::pwrite(int fd, const void *data, size_t size, int64_t offset) {
  const std::lock_guard lock(mutex_);
  const int64_t done = ForwardingOps::pwrite(fd, data, size, offset);
  if (done > 0 && nodes_.contains(fd)) {
    changes_.push_back({FileChange::What::write,
                        nodes_[fd],
                        {},
                        {},
                        offset,
                        std::string(static_cast<const char *>(data), static_cast<size_t>(done))});
  }
  return done;
}

int FileLog::truncate(int fd, int64_t size) {
  const std::lock_guard lock(mutex_);
  const int result = ForwardingOps::truncate(fd, size);
  if (result >= 0 && nodes_.contains(fd))
    changes_.push_back({FileChange::What::truncate, nodes_[fd], {}, {}, size, {}});
  return result;
}

int FileLog::sync(int fd) {
  const std::lock_guard lock(mutex_);
  const int result = ForwardingOps::sync(fd);
  if (folders_.contains(fd)) changes_.push_back({FileChange::What::sync_folder, -1, {}, {}, 0, {}});
  if (nodes_.contains(fd)) changes_.push_back({FileChange::What::sync, nodes_[fd], {}, {}, 0, {}});
  return result;
}

int FileLog::rename(const std::string &from, const std::string &to) {
  const std::lock_guard lock(mutex_);
  const int result = ForwardingOps::rename(from, to);
  if (result < 0) return result;
  names_[name_of(to)] = names_[name_of(from)];
  names_.erase(name_of(from));
  changes_.push_back({FileChange::What::rename, names_[name_of(to)], name_of(from), name_of(to), 0, {}});
  return result;
}

int FileLog::unlink(const std::string &path) {
  const std::lock_guard lock(mutex_);
  const int result = ForwardingOps::unlink(path);
  if (result < 0) return result;
  changes_.push_back({FileChange::What::unlink, names_[name_of(path)], name_of(path), {}, 0, {}});
  names_.erase(name_of(path));
  return result;
}

// ---- as it would have been left

void FileState::apply(const FileChange &change, size_t most) {
  using What = FileChange::What;
  switch (change.what) {
    case What::create:
      names[change.name] = change.node;
      contents[change.node];
      return;
    case What::write: {
      std::string &bytes = contents[change.node];
      const size_t size = std::min(most, change.bytes.size());
      const auto offset = static_cast<size_t>(change.offset);
      if (size > 0 && bytes.size() < offset + size) bytes.resize(offset + size);
      std::copy_n(change.bytes.begin(), size, bytes.begin() + change.offset);
      return;
    }
    case What::truncate:
      contents[change.node].resize(static_cast<size_t>(change.offset));
      return;
    case What::rename:
      names.erase(change.name);
      names[change.other] = change.node;
      return;
    case What::unlink:
      names.erase(change.name);
      return;
    case What::sync:
    case What::sync_folder:
      return;
  }
}

void FileState::store(const std::string &folder) const {
  for (const auto &entry : std::filesystem::directory_iterator(folder)) std::filesystem::remove(entry.path());
  for (const auto &[name, node] : names) {
    std::ofstream stream(std::filesystem::path(folder) / name, std::ios::binary);
    const std::string &bytes = contents.at(node);
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
}

}  // namespace crash
