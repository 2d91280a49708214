#include "storage/hdf5/file_driver.hpp"

#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "storage/hdf5/h5.hpp"

namespace pde {
namespace {

/// HDF5's view of the file: its header first, as H5FD_t asks for.
struct H5File {
  H5FD_t header;
  std::shared_ptr<DriverFile> file;
  haddr_t end_of_allocation;
};

/// What travels in the file access property list.
struct DriverInfo {
  DriverFile *file;
};

H5File *cast(H5FD_t *file) {
  return reinterpret_cast<H5File *>(file);
}
const H5File *cast(const H5FD_t *file) {
  return reinterpret_cast<const H5File *>(file);
}

H5FD_t *driver_open(const char *name, unsigned flags, hid_t access, haddr_t) {
  const auto *info = static_cast<const DriverInfo *>(H5Pget_driver_info(access));
  // HDF5 asks the driver of a file for whatever an external link in it names, too.
  if (!info || !info->file->expects(name)) return nullptr;
  auto *file = new (std::nothrow) H5File{};
  if (!file) {
    info->file->refuse_for_memory();
    return nullptr;
  }
  file->file = info->file->shared_from_this();
  file->file->opened();
  if (flags & H5F_ACC_TRUNC) file->file->truncate(0);
  return &file->header;
}

herr_t driver_close(H5FD_t *file) {
  cast(file)->file->closed();
  delete cast(file);
  return 0;
}

int driver_compare(const H5FD_t *a, const H5FD_t *b) {
  // Two openings are two files: each storage sees what is committed, not the caches of another one.
  const DriverFile *x = cast(a)->file.get(), *y = cast(b)->file.get();
  return x == y ? 0 : std::less<const DriverFile *>()(x, y) ? -1 : 1;
}

herr_t driver_query(const H5FD_t *, unsigned long *flags) {
  // Small metadata share blocks; no metadata accumulator, so each write is a whole entry of HDF5.
  if (flags) *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_AGGREGATE_SMALLDATA;
  return 0;
}

/// Which part of the file HDF5 calls what. The headers of newer chunk indexes count as headers of objects,
/// which is as good: they lead to blocks that are written before.
Part part_of(H5FD_mem_t type) {
  switch (type) {
    case H5FD_MEM_SUPER:
      return Part::superblock;
    case H5FD_MEM_BTREE:
      return Part::tree;
    case H5FD_MEM_DRAW:
      return Part::samples;
    case H5FD_MEM_OHDR:
      return Part::header;
    default:
      return Part::other;
  }
}

haddr_t driver_get_eoa(const H5FD_t *file, H5FD_mem_t) {
  return cast(file)->end_of_allocation;
}

herr_t driver_set_eoa(H5FD_t *file, H5FD_mem_t, haddr_t address) {
  cast(file)->end_of_allocation = address;
  cast(file)->file->allocated(static_cast<int64_t>(address));
  return 0;
}

haddr_t driver_get_eof(const H5FD_t *file, H5FD_mem_t) {
  return static_cast<haddr_t>(cast(file)->file->end_of_file());
}

herr_t driver_read(H5FD_t *file, H5FD_mem_t type, hid_t, haddr_t address, size_t size, void *data) {
  if (type == H5FD_MEM_DRAW &&
      cast(file)->file->note(DriverFile::Noting::reads, static_cast<int64_t>(address), size))
    return 0;
  return cast(file)->file->read(data, size, static_cast<int64_t>(address)) < 0 ? -1 : 0;
}

herr_t driver_write(H5FD_t *file, H5FD_mem_t type, hid_t, haddr_t address, size_t size,
                    const void *data) try {
  if (type == H5FD_MEM_DRAW &&
      cast(file)->file->note(DriverFile::Noting::writes, static_cast<int64_t>(address), size)) {
    cast(file)->file->extend(static_cast<int64_t>(address + size));
    return 0;
  }
  if (type == H5FD_MEM_DRAW && cast(file)->file->samples_are_in_place()) {
    cast(file)->file->write_in_place(data, size, static_cast<int64_t>(address));
  } else {
    cast(file)->file->write(data, size, static_cast<int64_t>(address), part_of(type));
  }
  return 0;
} catch (const std::bad_alloc &) {
  cast(file)->file->fail_for_memory();
  return 0;
}

herr_t driver_truncate(H5FD_t *file, hid_t, hbool_t) {
  const auto wanted = static_cast<int64_t>(cast(file)->end_of_allocation);
  if (wanted != cast(file)->file->end_of_file()) cast(file)->file->truncate(wanted);
  return 0;
}

const H5FD_class_t &driver_class() {
  static const H5FD_class_t driver = [] {
    H5FD_class_t c;
    std::memset(&c, 0, sizeof c);
#if H5_VERSION_GE(1, 14, 0)
    c.version = H5FD_CLASS_VERSION;
    c.value =
        static_cast<H5FD_class_value_t>(600);  // the range for drivers outside the library is 256 to 65535
#endif
    c.name = "libpde";
    c.maxaddr = (haddr_t{1} << 62) - 1;
    c.fc_degree = H5F_CLOSE_STRONG;
    c.fapl_size = sizeof(DriverInfo);
    c.open = driver_open;
    c.close = driver_close;
    c.cmp = driver_compare;
    c.query = driver_query;
    c.get_eoa = driver_get_eoa;
    c.set_eoa = driver_set_eoa;
    c.get_eof = driver_get_eof;
    c.read = driver_read;
    c.write = driver_write;
    c.truncate = driver_truncate;
    const H5FD_mem_t free_lists[H5FD_MEM_NTYPES] = H5FD_FLMAP_DICHOTOMY;
    std::copy(std::begin(free_lists), std::end(free_lists), c.fl_map);
    return c;
  }();
  return driver;
}

}  // namespace

// ---- life

DriverFile::DriverFile(FileOps &ops, Descriptor descriptor, std::string path, Journal *journal)
    : ops_(ops),
      descriptor_(std::move(descriptor)),
      path_(std::move(path)),
      journal_(journal),
      owner_(process_id()) {}

DriverFile::~DriverFile() {
  shut();
}

void DriverFile::shut() {
  if (!descriptor_) return;
  settle_journal();
  // A child that has inherited the descriptor would keep the lock; one that lets go must not take it from us.
  if (owned()) ops_.lock(fd(), LOCK_UN);
  descriptor_.reset();
}

/// A record whose places may not be on the disk yet stays one to be replayed; now they can be brought there.
void DriverFile::settle_journal() {
  if (!journal_ || !owned() || !journal_->unsettled()) return;
  if (sync() >= 0) journal_->applied();
}

bool DriverFile::owned() const {
  return process_id() == owner_;
}

hid_t DriverFile::create() {
  return attach(true);
}
hid_t DriverFile::open() {
  return attach(false);
}

hid_t DriverFile::attach(bool create) {
  // Registered anew each time: a number kept from earlier may name an object of the host after its H5close().
  const H5Id driver(H5FDregister(&driver_class()), H5FDunregister);
  H5Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  const DriverInfo info{this};
  without_memory_ = false;
  if (!driver || !access || H5Pset_driver(access.get(), driver.get(), &info) < 0) return H5I_INVALID_HID;
  // New files have the oldest format that can hold them: any reader since HDF5 1.8 opens them. Files of
  // others are taken in whatever format they have.
  if (create) H5Pset_libver_bounds(access.get(), H5F_LIBVER_EARLIEST, H5F_LIBVER_V18);
  H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG);
  written_end_ = size();
  committed_end_ = create ? 0 : written_end_.load();
  expected_ = true;  // HDF5 may open, close and open again while it makes up its mind
  const hid_t file = create
                         ? H5Fcreate(path_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get())
                         : H5Fopen(path_.c_str(), writable() ? H5F_ACC_RDWR : H5F_ACC_RDONLY, access.get());
  expected_ = false;
  if (file < 0 && without_memory_) throw std::bad_alloc();
  if (file >= 0) {
    access_ = access.release();
    // What lies behind, a killed session may have left: nothing refers to it.
    if (!create) committed_end_ = std::min(committed_end_, end_of_allocation_);
  } else {
    refusal_ = h5_error_text();  // before anything else clears it
  }
  return file;
}

herr_t DriverFile::close(hid_t file) {
  expected_ = true;
  const herr_t result = H5Fclose(file);
  expected_ = false;
  if (committed_end_ > 0) commit(series_);
  // Only now: HDF5 1.10 gives up its hold on the driver just before it calls the driver's close, and what it
  // calls is gone if nobody else holds it. A file that did not close still needs it.
  if (result >= 0) H5Pclose(std::exchange(access_, H5I_INVALID_HID));
  return result;
}

// ---- bytes

void DriverFile::opened() {
  FileStatus status;
  const int64_t size = copies_ ? copies_->size() : ops_.status(fd(), &status) == 0 ? status.size : 0;
  end_of_file_ = std::max(size, held_.end());
}

void DriverFile::closed() {
  if (expected_) return;
  lost_ = true;  // what is held is dropped: the file is as the last commit has left it
}

bool DriverFile::dropping() const {
  return !descriptor_ || error_ != 0 || abandoned_ || lost_ || !writable() || !owned();
}

void DriverFile::die(std::string_view what, int error, int64_t offset) {
  error_ = error;
  failure_ = fmt::format("{} {} at byte {}: {}", what, path_, offset, errno_text(error));
}

std::string DriverFile::problem() const {
  if (error_ != 0) return failure_;
  if (lost_) return fmt::format("{} was closed by a call of H5close() outside of libpde", path_);
  if (writable() && !owned())
    return fmt::format("{} belongs to the process {} that opened it, not to its child", path_, owner_);
  return {};
}

void DriverFile::check_reads() const {
  if (failed_reads_ > 0) fail(PDE_ERR_IO, "{}", failure_);
}

int64_t DriverFile::size() const {
  FileStatus status;
  return ops_.status(fd(), &status) == 0 ? status.size : end_of_file_;
}

std::optional<int64_t> DriverFile::free_bytes() const {
  FileSystem here{};
  if (ops_.file_system(fd(), &here) < 0) return std::nullopt;
  return here.free_bytes;
}

int64_t DriverFile::read(void *data, size_t size, int64_t offset) {
  if (!descriptor_) return -EBADF;
  const std::span<std::byte> out(static_cast<std::byte *>(data), size);
  if (copies_ && copies_->serve(offset, out)) {
    held_.patch(offset, out);
    return static_cast<int64_t>(size);
  }
  const int64_t done = read_fully(ops_, fd(), data, size, offset);
  if (done < 0) {
    ++failed_reads_;
    if (failure_.empty())
      failure_ = fmt::format("reading {} at byte {}: {}", path_, offset, errno_text(static_cast<int>(-done)));
    return done;
  }
  std::memset(static_cast<char *>(data) + done, 0, size - static_cast<size_t>(done));
  held_.patch(offset, out);
  return static_cast<int64_t>(size);
}

int64_t DriverFile::read_beside(void *data, size_t size, int64_t offset) const {
  const int64_t done = read_fully(ops_, fd(), data, size, offset);
  if (done < 0 || held_bytes_ == 0) return done;
  const std::lock_guard lock(held_mutex_);
  return std::max(done, held_.patch(offset, {static_cast<std::byte *>(data), size}));
}

bool DriverFile::note(Noting which, int64_t offset, size_t size) {
  if (noting_ == which) noted_ = {offset, static_cast<int64_t>(size)};
  return noting_ == which;
}

int64_t DriverFile::write_beside(const void *data, size_t size, int64_t offset) const {
  if (dropping()) return static_cast<int64_t>(size);
  const int64_t done = write_fully(ops_, fd(), data, size, offset);
  note_written(offset + static_cast<int64_t>(size));
  // Now, while the solver computes, rather than all at once when the system runs out of memory. Where it
  // cannot be begun early nothing is lost.
  if (done >= 0) ops_.start_writeback(fd(), offset, done);
  return done;
}

void DriverFile::fail_write(const std::string &what, int error, int64_t offset) {
  if (!dropping()) die(what, error, offset);
}

void DriverFile::write(const void *data, size_t size, int64_t offset, Part part,
                       std::vector<uint32_t> before) {
  if (!holds(offset)) return write_now(data, size, offset);
  extend(offset + static_cast<int64_t>(size));
  if (dropping()) return;
  const std::lock_guard lock(held_mutex_);
  held_.put(offset, {static_cast<const std::byte *>(data), size}, part, std::move(before));
  held_bytes_ = held_.bytes();
}

void DriverFile::write_in_place(const void *data, size_t size, int64_t offset) {
  write_now(data, size, offset);
}

void DriverFile::write_now(const void *data, size_t size, int64_t offset) {
  extend(offset + static_cast<int64_t>(size));
  if (dropping()) return;
  const int64_t done = write_fully(ops_, fd(), data, size, offset);
  note_written(offset + static_cast<int64_t>(size));
  if (done < 0) die("writing", static_cast<int>(-done), offset);
}

/// Rather than to ask the system with each commit. Also of a write that has failed, which may have got so
/// far.
void DriverFile::note_written(int64_t end) const {
  int64_t most = written_end_;
  while (most < end && !written_end_.compare_exchange_weak(most, end)) {
  }
}

/// By a byte of its own rather than by a new size, which might cut off what somebody is writing beyond.
void DriverFile::reach(int64_t end) {
  if (written_end_ >= end) return;
  const std::byte zero{};
  write_now(&zero, 1, end - 1);
}

/// What is committed stays until the next commit.
void DriverFile::truncate(int64_t size) {
  end_of_file_ = size;
  if (dropping()) return;
  const int result = ops_.truncate(fd(), std::max(size, committed_end_));
  written_end_ = std::max(size, committed_end_);
  if (result < 0) die("resizing", -result, size);
}

// ---- commits

void DriverFile::lay_over(const JournalRecord &record) {
  record.lay_over(held_);
  held_bytes_ = held_.bytes();
}

void DriverFile::look_through(std::shared_ptr<Capture> copies) {
  const std::lock_guard lock(held_mutex_);
  held_.clear();
  held_bytes_ = 0;
  copies_ = std::move(copies);
}

void DriverFile::commit(const SeriesId &series, bool shortens) {
  if (dropping()) return;
  series_ = series;
  end_of_file_ = end_of_allocation_;
  reach(end_of_allocation_);  // HDF5 opens no file that is shorter than it says
  if (dropping()) return;
  if (journal_->syncs()) {
    const int result = sync();
    if (result < 0) return die("putting on the disk what was written to", -result, 0);
  }
  if (!commit_held({series, end_of_allocation_, shortens})) return;
  committed_end_ = end_of_allocation_;
  shrink();
}

/// Whether it has been done.
bool DriverFile::commit_held(const Journal::Commit &commit) {
  held_.drop(end_of_allocation_, held_.end());
  if (held_.empty()) return true;
  const auto old = [&](int64_t offset, std::span<std::byte> out) { return read_old(offset, out); };
  Journal::Failure failure = journal_->record(held_, commit, old);
  if (failure.error == 0) failure = journal_->apply(fd());
  // Where a power cut counts, the record stays until the file is on the disk, which the next commit begins
  // with. Samples of open chunks are written in place before that, and must not be taken for a stranger's.
  const bool wait = journal_->syncs() && failure.error == 0;
  if (wait && held_samples()) failure.error = -sync();
  if (failure.error == 0 && !(wait && !held_samples())) failure = journal_->applied();
  if (failure.error != 0) return die(failure, "writing"), false;
  remember_applied();
  const std::lock_guard lock(held_mutex_);
  held_.clear();
  held_bytes_ = 0;
  return true;
}

bool DriverFile::held_samples() const {
  return std::any_of(held_.pieces().begin(), held_.pieces().end(), [](const auto &piece) {
    return piece.second.part == Part::samples || piece.second.part == Part::sealed;
  });
}

int64_t DriverFile::read_old(int64_t offset, std::span<std::byte> out) const {
  if (applied_.copy(offset, out)) return static_cast<int64_t>(out.size());
  const int64_t done = read_fully(ops_, fd(), out.data(), out.size(), offset);
  if (done < 0) return done;
  std::fill(out.begin() + done, out.end(), std::byte{});
  return static_cast<int64_t>(out.size());
}

/// The few places that change with each commit need not be read from the file again. Never samples, which are
/// also written in place.
void DriverFile::remember_applied() try {
  constexpr int64_t kMost = 256 * 1024;
  constexpr size_t kSmall = 8192;
  applied_.drop(end_of_allocation_, applied_.end());
  for (const auto &[offset, piece] : held_.pieces()) {
    const bool samples = piece.part == Part::samples || piece.part == Part::sealed;
    if (samples || piece.bytes.size() > kSmall) {
      applied_.drop(offset, static_cast<int64_t>(piece.bytes.size()));
    } else {
      applied_.put(offset, piece.bytes, piece.part);
    }
  }
  if (applied_.bytes() > kMost) applied_.clear();
} catch (const std::bad_alloc &) {
  applied_.clear();
}

void DriverFile::shrink() {
  if (written_end_ <= committed_end_) return;
  const int result = ops_.truncate(fd(), committed_end_);
  written_end_ = committed_end_;
  if (result < 0) die("resizing", -result, committed_end_);
}

void DriverFile::die(const Journal::Failure &failure, std::string_view what_to_data) {
  if (failure.in_data) return die(what_to_data, failure.error, failure.offset);
  error_ = failure.error;
  failure_ = fmt::format("writing {} for {}: {}", journal_->path(), path_, errno_text(failure.error));
}

}  // namespace pde
