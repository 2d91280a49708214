#include "storage/hdf5/writer_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/threads.hpp"

namespace pde {
namespace {

/// File systems without flock (some network mounts) say so with one of these.
bool unsupported(int result) {
  return result == -ENOLCK || result == -EOPNOTSUPP || result == -ENOSYS || result == -EINVAL;
}

int lock_now(FileOps &ops, int fd, int operation) {
  int result;
  do result = ops.lock(fd, operation | LOCK_NB);
  while (result == -EINTR);
  return result;
}

std::string read_header(FileOps &ops, int fd) {
  std::array<char, kJournalTextBytes> text{};
  const int64_t size = read_fully(ops, fd, text.data(), text.size(), 0);
  return std::string(text.data(), static_cast<size_t>(size > 0 ? size : 0));
}

/// Ours, or what a power cut has left of one before its text was on the disk.
bool is_journal(const std::string &header) {
  return header.starts_with(kJournalMagic) || header.find_first_not_of('\0') == header.npos;
}

/// The second line of the header: who holds the lock.
std::string holder(FileOps &ops, int fd) {
  const std::string text = read_header(ops, fd);
  if (!text.starts_with(kJournalMagic)) return "another process";
  const size_t end = text.find('\n', kJournalMagic.size());
  return text.substr(kJournalMagic.size(), end == text.npos ? text.npos : end - kJournalMagic.size());
}

/// Where another machine may have the same file; null on others.
const char *network_file_system(FileOps &ops, int fd) {
  FileSystem here{};
  if (ops.file_system(fd, &here) < 0) return nullptr;
  // linux/magic.h, and what those that are not in it say of themselves.
  constexpr std::pair<int64_t, const char *> kNames[] = {
      {0x6969, "NFS"},        {0xff534d42, "CIFS"},   {0xfe534d42, "SMB"},
      {0x517b, "SMB"},        {0x5346414f, "AFS"},    {0x6b414653, "AFS"},
      {0x00c36400, "Ceph"},   {0x0bd00bd0, "Lustre"}, {0x47504653, "GPFS"},
      {0x19830326, "BeeGFS"}, {0xaad7aaea, "PanFS"},  {0x01021997, "9P"},
      {0x7461636f, "OCFS2"},  {0x01161970, "GFS2"},   {0x65735546, "FUSE, which may be a network"}};
  for (const auto &[number, name] : kNames)
    if (number == here.kind) return name;
  return nullptr;
}

/// On file systems without flock the text of the journal is all there is: whether the process that wrote it
/// is alive shows on its own machine only.
bool is_held_by_a_living_process(const std::string &holder) {
  int pid = 0;
  std::array<char, 256> host{}, here{};
  if (std::sscanf(holder.c_str(), "process %d on %255s", &pid, host.data()) != 2 || pid <= 0) return false;
  ::gethostname(here.data(), here.size() - 1);
  if (std::strcmp(host.data(), here.data()) != 0 || pid == process_id()) return false;
  return ::kill(pid, 0) == 0 || errno == EPERM;
}

}  // namespace

WriterLock::WriterLock(FileOps &ops, const std::string &data_path, bool sync)
    : ops_(ops), data_path_(data_path), path_(data_path + ".journal"), sync_(sync), owner_(process_id()) {
  take();
}

void WriterLock::take() {
  do open_and_lock();
  while (!named());
  if (const char *network = network_file_system(ops_, file_.get())) {
    log_info(
        "{} is on a network file system ({}): a kill of this process loses nothing that is committed; that "
        "holds for a crash of this machine with fsync=true only, one writer at a time as far as flock "
        "reaches, and readers on other machines see commits late",
        data_path_, network);
  }
  FileStatus status;
  const bool regular = ops_.status(file_.get(), &status) == 0 && status.regular;
  const bool empty = regular && status.size == 0;
  try {
    // A file of this name that is not ours is noticed, and left alone.
    found_header_ = regular ? read_header(ops_, file_.get()) : "";
    if (!regular || (!empty && !is_journal(found_header_))) {
      fail(PDE_ERR_EXISTS, "{} exists and is no journal of libpde: move it away to write {}", path_,
           data_path_);
    }
    left_by_ = holder(ops_, file_.get());
    journal_.emplace(ops_, file_.get(), path_, sync_);
    write_holder();
  } catch (...) {
    if (empty || (journal_ && !journal_->pending())) ops_.unlink(path_);
    throw;
  }
}

void WriterLock::open_and_lock() {
  file_ = Descriptor(ops_, ops_.open(path_, O_RDWR | O_CREAT, 0666));
  if (!file_) {
    fail(PDE_ERR_IO, "cannot create {}, which is needed to write {}: {}", path_, data_path_,
         errno_text(-file_.get()));
  }
  const int result = lock_now(ops_, file_.get(), LOCK_EX);
  if (unsupported(result)) {
    const std::string before = holder(ops_, file_.get());
    if (is_held_by_a_living_process(before)) {
      fail(PDE_ERR_BUSY,
           "{} is being written by {}, as {} says, whose file system has no locks: one writer at a time",
           data_path_, before, path_);
    }
    log_warning("{} is on a file system without locks: make sure that nothing else writes to {}", path_,
                data_path_);
  } else if (result < 0) {
    fail(PDE_ERR_BUSY, "{} is being written by {}: one writer at a time", data_path_,
         result == -EWOULDBLOCK ? holder(ops_, file_.get()) : errno_text(-result));
  }
}

/// Whoever had the lock before us may have removed the file just before we got it: then ours has no name any
/// more.
bool WriterLock::named() const {
  FileStatus mine, named;
  return ops_.status(file_.get(), &mine) == 0 && ops_.path_status(path_, &named) == 0 &&
         mine.inode == named.inode && mine.device == named.device;
}

void WriterLock::write_holder() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc;
  gmtime_r(&now, &utc);
  std::string text = fmt::format("{}process {} on {} since {:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC\n",
                                 kJournalMagic, process_id(), host.data(), utc.tm_year + 1900, utc.tm_mon + 1,
                                 utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
  text.resize(kJournalTextBytes, '\0');
  const int64_t done = write_fully(ops_, file_.get(), text.data(), text.size(), 0);
  if (done < 0) fail(PDE_ERR_IO, "writing {}: {}", path_, errno_text(static_cast<int>(-done)));
}

std::string WriterLock::keep_aside() {
  constexpr int kMost = 99;
  std::string kept = path_ + ".kept";
  FileStatus status;
  for (int number = 2; number <= kMost && ops_.path_status(kept, &status) == 0; ++number)
    kept = fmt::format("{}.kept{}", path_, number);
  // As it was found: it tells who has left it.
  const int64_t restored = write_fully(ops_, file_.get(), found_header_.data(), found_header_.size(), 0);
  const int result = restored < 0 ? static_cast<int>(restored) : ops_.rename(path_, kept);
  if (result < 0) fail(PDE_ERR_IO, "renaming {} to {}: {}", path_, kept, errno_text(-result));
  journal_.reset();
  file_.reset();
  take();
  return kept;
}

WriterLock::~WriterLock() {
  // While the lock is held, so that nobody else's journal is removed.
  if (owned() && journal_ && !journal_->pending()) ops_.unlink(path_);
}

bool WriterLock::owned() const {
  return process_id() == owner_;
}

void lock_data_file(FileOps &ops, int fd, const std::string &path) {
  const int result = lock_now(ops, fd, LOCK_SH);
  if (result == -EWOULDBLOCK) {
    fail(PDE_ERR_BUSY, "another program has {} open for writing: close it there first", path);
  }
  if (result < 0 && !unsupported(result)) fail(PDE_ERR_IO, "locking {}: {}", path, errno_text(-result));
}

}  // namespace pde
