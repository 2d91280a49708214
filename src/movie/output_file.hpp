/* A file that takes its final name only when there is something worth having.
 *
 * Everything is written to PATH.tmp; `publish` renames it over PATH. So a refused open, or a writer killed
 * before, leaves an existing file as it was. The open file holds an exclusive flock: a second writer is told
 * instead of two writers spoiling each other's work. Positions are explicit, so that several readers and
 * writers may share the descriptor. */
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace pde::movie {

class OutputFile {
 public:
  /* `replaced`: a published file of the same path that this one is to replace, whose lock is ours. */
  explicit OutputFile(const std::string &path, const OutputFile *replaced = nullptr);
  ~OutputFile();
  OutputFile(const OutputFile &) = delete;
  OutputFile &operator=(const OutputFile &) = delete;

  /* 0, or the errno. */
  int write(const void *data, std::size_t size, int64_t offset);
  int read(void *data, std::size_t size, int64_t offset, std::size_t *out_size);
  int64_t size() const;
  void publish();
  bool published() const { return published_; }
  const std::string &path() const { return path_; }

 private:
  void refuse_unfit() const;
  void refuse_busy() const;
  void open();

  std::string path_, temporary_;
  int descriptor_ = -1;
  bool published_ = false;
};

/* "cannot write 'film.mp4': No space left on device" */
std::string cannot_write(const std::string &path, int error);

/* The ending of a path from its last dot on, in lower case; empty if there is none. */
std::string path_ending(const std::string &path);

}  // namespace pde::movie
