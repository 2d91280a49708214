#include "storage/hdf5/journal.hpp"

#include <fcntl.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <limits>
#include <tuple>
#include <utility>

#include "storage/hdf5/deflate_engine.hpp"

namespace pde {
namespace {

constexpr int64_t kStateOffset = static_cast<int64_t>(kJournalTextBytes);
constexpr size_t kStateBytes = 64;
constexpr int64_t kRecordOffset = kStateOffset + static_cast<int64_t>(kStateBytes);
constexpr std::string_view kStateMagic = "pdestate";

constexpr size_t kHeadBytes = 64, kEntryBytes = 24, kChecksumBytes = 4;
constexpr std::string_view kRecordMagic = "pdecommit 1     ";

uint32_t checksum(std::span<const std::byte> bytes) {
  return crc32_of(0, bytes);
}

// ---- numbers, little-endian

template <class T>
void put_number(std::byte *to, T number) {
  for (size_t i = 0; i < sizeof number; ++i)
    to[i] = static_cast<std::byte>(static_cast<uint64_t>(number) >> (8 * i));
}

template <class T>
T get_number(const std::byte *from) {
  uint64_t number = 0;
  for (size_t i = 0; i < sizeof(T); ++i) number |= std::to_integer<uint64_t>(from[i]) << (8 * i);
  return static_cast<T>(number);
}

void put_text(std::byte *to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
}

bool has_text(const std::byte *from, std::string_view text) {
  return std::memcmp(from, text.data(), text.size()) == 0;
}

// ---- sectors

/// Calls `f(begin, size)` for each part of these bytes that lies in one sector of the file, begin counted
/// from the first of them.
template <class F>
void for_sectors(int64_t offset, int64_t size, F &&f) {
  for (int64_t begin = 0; begin < size;) {
    const int64_t here = std::min(kSectorBytes - (offset + begin) % kSectorBytes, size - begin);
    f(begin, here);
    begin += here;
  }
}

void add_checksums(std::vector<uint32_t> &checksums, int64_t offset, std::span<const std::byte> bytes) {
  for_sectors(offset, static_cast<int64_t>(bytes.size()), [&](int64_t begin, int64_t size) {
    checksums.push_back(checksum(bytes.subspan(static_cast<size_t>(begin), static_cast<size_t>(size))));
  });
}

}  // namespace

int64_t sectors(int64_t offset, int64_t size) {
  return (offset + size - 1) / kSectorBytes - offset / kSectorBytes + 1;
}

std::vector<uint32_t> sector_checksums(int64_t offset, std::span<const std::byte> bytes) {
  std::vector<uint32_t> checksums;
  checksums.reserve(bytes.size() / static_cast<size_t>(kSectorBytes) + 2);
  add_checksums(checksums, offset, bytes);
  return checksums;
}

// ---- the state

std::optional<JournalState> read_journal_state(FileOps &ops, int fd, bool *out_damaged) {
  std::array<std::byte, kStateBytes> bytes{};
  const int64_t got = read_fully(ops, fd, bytes.data(), bytes.size(), kStateOffset);
  const bool valid = got == static_cast<int64_t>(bytes.size()) && has_text(bytes.data(), kStateMagic) &&
                     get_number<uint32_t>(&bytes[36]) == checksum({bytes.data(), 36});
  if (out_damaged) {
    *out_damaged =
        !valid && std::any_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte != std::byte{}; });
  }
  if (!valid) return std::nullopt;
  return JournalState{get_number<uint64_t>(&bytes[8]), get_number<int64_t>(&bytes[16]),
                      get_number<uint64_t>(&bytes[24]), get_number<uint32_t>(&bytes[32])};
}

// ---- a record that was found

std::optional<JournalRecord> JournalRecord::read(FileOps &ops, int fd, const JournalState &state) {
  FileStatus status;
  if (ops.status(fd, &status) < 0) return std::nullopt;
  if (state.record_bytes < static_cast<int64_t>(kHeadBytes) ||
      state.record_bytes > status.size - kRecordOffset)
    return std::nullopt;
  std::vector<std::byte> bytes(static_cast<size_t>(state.record_bytes));
  if (read_fully(ops, fd, bytes.data(), bytes.size(), kRecordOffset) < state.record_bytes)
    return std::nullopt;
  if (checksum(bytes) != state.checksum) return std::nullopt;
  return parse(std::move(bytes));
}

std::optional<JournalRecord> JournalRecord::parse(std::vector<std::byte> bytes) {
  std::optional<JournalRecord> record(std::in_place);
  record->storage_ = std::move(bytes);
  if (!record->parse()) record.reset();
  return record;
}

bool JournalRecord::parse() {
  std::span<const std::byte> rest(storage_);
  if (rest.size() < kHeadBytes || !has_text(rest.data(), kRecordMagic)) return false;
  size_ = get_number<int64_t>(&rest[16]);
  const auto count = get_number<uint64_t>(&rest[24]);
  std::memcpy(series_.data(), &rest[32], series_.size());
  rest = rest.subspan(kHeadBytes);
  if (size_ < 0 || count > rest.size() / kEntryBytes) return false;
  entries_.reserve(static_cast<size_t>(count));
  std::vector<uint64_t> sizes(static_cast<size_t>(count));
  for (uint64_t &size : sizes) {
    if (rest.size() < kEntryBytes) return false;
    Entry entry{get_number<int64_t>(&rest[0]), static_cast<Part>(get_number<uint8_t>(&rest[16])), {}, {}};
    size = get_number<uint64_t>(&rest[8]);
    rest = rest.subspan(kEntryBytes);
    // All of it has to be here, which bounds everything that is computed from it.
    if (entry.offset < 0 || size == 0 || size > storage_.size() || entry.part > Part::header) return false;
    if (entry.offset > std::numeric_limits<int64_t>::max() - static_cast<int64_t>(size)) return false;
    const auto checksums =
        kChecksumBytes * static_cast<size_t>(sectors(entry.offset, static_cast<int64_t>(size)));
    if (checksums > rest.size()) return false;
    entry.before = rest.first(checksums);
    rest = rest.subspan(checksums);
    entries_.push_back(entry);
  }
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (sizes[i] > rest.size()) return false;
    entries_[i].bytes = rest.first(static_cast<size_t>(sizes[i]));
    rest = rest.subspan(static_cast<size_t>(sizes[i]));
  }
  return rest.empty();
}

size_t JournalRecord::pieces(Part part) const {
  return static_cast<size_t>(std::count_if(entries_.begin(), entries_.end(),
                                           [&](const Entry &entry) { return entry.part == part; }));
}

size_t JournalRecord::largest(Part part) const {
  size_t largest = 0;
  for (const Entry &entry : entries_)
    if (entry.part == part) largest = std::max(largest, entry.bytes.size());
  return largest;
}

int64_t JournalRecord::bytes() const {
  int64_t bytes = 0;
  for (const Entry &entry : entries_) bytes += static_cast<int64_t>(entry.bytes.size());
  return bytes;
}

JournalRecord::Fit JournalRecord::fit(FileOps &ops, int data_fd) const {
  FileStatus status;
  if (ops.status(data_fd, &status) < 0) return Fit::unknown;
  if (status.size < size_) return Fit::foreign;
  // Each sector is as before or as after; but one in which a write was cut off may be neither, between those
  // that were written before it and those that were to come.
  bool open = false, in_order = true;
  int strangers = 0;
  std::vector<std::byte> now;
  for (const Entry &entry : entries_) {
    now.assign(entry.bytes.size(), std::byte{});
    if (read_fully(ops, data_fd, now.data(), now.size(), entry.offset) < 0) return Fit::unknown;
    const std::byte *before = entry.before.data();
    for_sectors(entry.offset, static_cast<int64_t>(now.size()), [&](int64_t begin, int64_t size) {
      const std::span<const std::byte> sector(now.data() + begin, static_cast<size_t>(size));
      const bool is_old =
          checksum(sector) == get_number<uint32_t>(std::exchange(before, before + kChecksumBytes));
      const bool is_new = std::memcmp(sector.data(), entry.bytes.data() + begin, sector.size()) == 0;
      if (!is_old && !is_new) {
        ++strangers;
        in_order = in_order && !open;
      } else if (is_new && !is_old) {
        in_order = in_order && strangers == 0;
      }
      open = open || !is_new;
    });
  }
  if (strangers > 1 || (strangers == 1 && !in_order)) return Fit::foreign;
  return open ? Fit::open : Fit::applied;
}

int JournalRecord::apply(FileOps &ops, int data_fd, int64_t *out_offset) const {
  for (const Entry &entry : entries_) {
    *out_offset = entry.offset;
    const int64_t done = write_fully(ops, data_fd, entry.bytes.data(), entry.bytes.size(), entry.offset);
    if (done < 0) return static_cast<int>(done);
  }
  *out_offset = size_;
  FileStatus status;
  const int result = ops.status(data_fd, &status);
  if (result < 0 || status.size == size_) return result;
  return ops.truncate(data_fd, size_);
}

void JournalRecord::lay_over(Overlay &overlay) const {
  for (const Entry &entry : entries_) overlay.put(entry.offset, entry.bytes, entry.part);
}

// ---- writing

namespace {

/// Larger pieces are samples, which hardly ever are what was there.
constexpr size_t kCompared = 64 * 1024;

/// Never one that an earlier journal of this name has had, for readers that have looked at that.
uint64_t first_sequence() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()) & ~1ull;
}

}  // namespace

Journal::Journal(FileOps &ops, int fd, std::string path, bool sync)
    : ops_(ops), fd_(fd), path_(std::move(path)), sync_(sync), sector_(kCompared) {
  if (const auto state = read_journal_state(ops_, fd_, &damaged_)) state_ = *state;
}

/// When each part is written, so that every reader finds each state in between right, or sees that it is not:
/// samples come before what leads to them, and the numbers of rows last, or first where rows are taken away.
uint8_t order_of(Part part, bool shortens) {
  if (!shortens) return static_cast<uint8_t>(part);
  switch (part) {
    case Part::superblock:
      return 0;
    case Part::other:
      return 1;
    case Part::header:
      return 2;
    case Part::samples:
      return 3;
    case Part::tree:
      return 4;
    case Part::sealed:
      return 5;
  }
  return 5;
}

Journal::Failure Journal::record(const Overlay &held, const Commit &commit, const ReadOld &read_old) {
  // What it says must not stand over a record that is no longer whole.
  if (const Failure failure = applied(); failure.error != 0) return failure;
  changes_.clear();
  checksums_.clear();
  for (const auto &[offset, piece] : held.pieces()) {
    const Failure failure = compare(offset, piece, commit.shortens, read_old);
    if (failure.error != 0) return failure;
  }
  if (changes_.empty()) return {};
  std::sort(changes_.begin(), changes_.end(), [](const Change &a, const Change &b) {
    return std::tuple(a.order, a.depth, a.place) < std::tuple(b.order, b.depth, b.place);
  });
  const JournalState before = state_;
  complete_ = false;
  write_table(commit);
  Failure failure;
  try {
    failure = write_record(commit.shortens);
  } catch (...) {
    state_ = before;
    throw;
  }
  if (failure.error != 0) state_ = before;  // nothing has been overwritten: there is nothing to complete
  constexpr size_t kSmall = size_t{1} << 20;
  if (buffer_.capacity() > kSmall) std::vector<std::byte>().swap(buffer_);
  return failure;
}

namespace {

std::string_view signature(std::span<const std::byte> node) {
  return {reinterpret_cast<const char *>(node.data()), std::min<size_t>(4, node.size())};
}

/// Of a leaf of an index of chunks that takes more of them at its end: so many bytes come after its entries,
/// as their number is there. 0: all of the node is written at once.
size_t late_head(std::span<const std::byte> node, std::span<const std::byte> old) {
  constexpr size_t kHead = 24;
  constexpr auto kChunks = std::byte{1}, kLeaf = std::byte{0};
  if (node.size() < kHead || signature(node) != "TREE" || node[4] != kChunks) return 0;
  if (node[5] != kLeaf || old[5] != kLeaf) return 0;
  return get_number<uint16_t>(&node[6]) >= get_number<uint16_t>(&old[6]) ? kHead : 0;
}

/// From the first byte that differs to behind the last; nothing: {0, 0}.
std::pair<size_t, size_t> difference(std::span<const std::byte> a, std::span<const std::byte> b) {
  const auto first = static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
  if (first == a.size()) return {0, 0};
  const auto same = static_cast<size_t>(std::mismatch(a.rbegin(), a.rend(), b.rbegin()).first - a.rbegin());
  return {first, a.size() - same};
}

}  // namespace

/// What of a piece differs from what the file has, which is zeros behind its end. Numbers in the headers of
/// HDF5 do not cross sectors, so what is written last is written at once.
Journal::Failure Journal::compare(int64_t offset, const Overlay::Piece &piece, bool shortens,
                                  const ReadOld &read_old) {
  const std::span<const std::byte> bytes(piece.bytes);
  if (bytes.size() > kCompared)
    return add_change(offset, bytes, piece, order_of(piece.part, shortens), read_old);
  old_.resize(bytes.size());
  const int64_t done = read_old(offset, old_);
  if (done < 0) return {static_cast<int>(-done), true, offset};
  const auto known = [&](int64_t at, std::span<std::byte> out) {
    std::memcpy(out.data(), old_.data() + (at - offset), out.size());
    return static_cast<int64_t>(out.size());
  };
  uint8_t order = order_of(piece.part, shortens);
  size_t head = 0;
  if (piece.part == Part::tree) {
    // To a node that was not there nothing leads yet.
    if (signature(bytes) != signature(old_)) order = order_of(Part::samples, shortens);
    head = late_head(bytes, old_);
  }
  for (const auto &[begin, end] : {std::pair(size_t{0}, head), std::pair(head, bytes.size())}) {
    const std::span<const std::byte> part = bytes.subspan(begin, end - begin);
    const auto [first, last] = difference(part, std::span(old_).subspan(begin, part.size()));
    if (first == last) continue;
    const Failure failure = add_change(offset + static_cast<int64_t>(begin + first),
                                       part.subspan(first, last - first), piece, order, known);
    if (failure.error != 0) return failure;
  }
  return {};
}

Journal::Failure Journal::add_change(int64_t offset, std::span<const std::byte> bytes,
                                     const Overlay::Piece &piece, uint8_t order, const ReadOld &read_old) {
  const Change change{
      offset,           bytes, piece.part, order, piece.depth, piece.part == Part::tree ? -offset : offset,
      checksums_.size()};
  const auto size = static_cast<int64_t>(bytes.size());
  if (bytes.size() == piece.bytes.size() && !piece.before.empty()) {
    checksums_.insert(checksums_.end(), piece.before.begin(), piece.before.end());
    changes_.push_back(change);
    return {};
  }
  for (int64_t begin = 0; begin < size;) {
    const int64_t here =
        std::min(static_cast<int64_t>(sector_.size()) - (offset + begin) % kSectorBytes, size - begin);
    const std::span<std::byte> old(sector_.data(), static_cast<size_t>(here));
    const int64_t done = read_old(offset + begin, old);
    if (done < 0) return {static_cast<int>(-done), true, offset + begin};
    add_checksums(checksums_, offset + begin, old);
    begin += here;
  }
  changes_.push_back(change);
  return {};
}

void Journal::write_table(const Commit &commit) {
  buffer_.assign(kStateBytes + kHeadBytes, std::byte{});
  std::byte *head = buffer_.data() + kStateBytes;
  put_text(head, kRecordMagic);
  put_number(head + 16, commit.size);
  put_number(head + 24, static_cast<uint64_t>(changes_.size()));
  std::memcpy(head + 32, commit.series.data(), commit.series.size());
  for (const Change &change : changes_) {
    const auto size = static_cast<int64_t>(change.bytes.size());
    const auto count = static_cast<size_t>(sectors(change.offset, size));
    const size_t entry = buffer_.size();
    buffer_.resize(entry + kEntryBytes + count * kChecksumBytes);
    put_number(&buffer_[entry], change.offset);
    put_number(&buffer_[entry + 8], size);
    put_number(&buffer_[entry + 16], static_cast<uint64_t>(change.part));
    for (size_t i = 0; i < count; ++i)
      put_number(&buffer_[entry + kEntryBytes + i * kChecksumBytes], checksums_[change.checksums + i]);
  }
}

/// A small record in one piece with its state, which the system then has entirely or not at all; a large one
/// before its state.
Journal::Failure Journal::write_record(bool shortens) {
  constexpr size_t kOnePage = 4096 - kJournalTextBytes;
  state_.record_bytes = static_cast<int64_t>(buffer_.size() - kStateBytes);
  state_.checksum = checksum(std::span<const std::byte>(buffer_).subspan(kStateBytes));
  for (const Change &change : changes_) {
    state_.record_bytes += static_cast<int64_t>(change.bytes.size());
    state_.checksum = crc32_of(state_.checksum, change.bytes);
  }
  const bool first = state_.sequence == 0;
  state_.sequence = (first ? first_sequence() : state_.sequence) + 1;
  // A journal before this one, which is gone, may have told of such a commit.
  if (shortens || first) state_.shortened = state_.sequence;
  write_state();
  const bool small = kStateBytes + static_cast<size_t>(state_.record_bytes) <= kOnePage;
  int error = 0;
  if (small) {
    for (const Change &change : changes_)
      buffer_.insert(buffer_.end(), change.bytes.begin(), change.bytes.end());
    error = put(buffer_.data(), buffer_.size(), kStateOffset);
  } else {
    int64_t offset = kRecordOffset + static_cast<int64_t>(buffer_.size() - kStateBytes);
    error = put(buffer_.data() + kStateBytes, buffer_.size() - kStateBytes, kRecordOffset);
    for (size_t i = 0; i < changes_.size() && error == 0; ++i) {
      error = put(changes_[i].bytes.data(), changes_[i].bytes.size(), offset);
      offset += static_cast<int64_t>(changes_[i].bytes.size());
    }
    if (error == 0) error = put(buffer_.data(), kStateBytes, kStateOffset);
  }
  if (error == 0 && sync_) error = -ops_.sync(fd_);
  if (error == 0 && sync_ && !std::exchange(folder_synced_, true)) {
    const Descriptor folder(
        ops_, ops_.open(std::filesystem::path(path_).parent_path().string(), O_RDONLY | O_DIRECTORY, 0));
    error = folder ? -ops_.sync(folder.get()) : -folder.get();
  }
  return {error, false, kRecordOffset};
}

int Journal::put(const void *bytes, size_t size, int64_t offset) {
  const int64_t done = write_fully(ops_, fd_, bytes, size, offset);
  return done < 0 ? static_cast<int>(-done) : 0;
}

/// Into the buffer's beginning.
void Journal::write_state() {
  std::byte *to = buffer_.data();
  put_text(to, kStateMagic);
  put_number(to + 8, state_.sequence);
  put_number(to + 16, state_.record_bytes);
  put_number(to + 24, state_.shortened);
  put_number(to + 32, state_.checksum);
  put_number(to + 36, checksum({to, 36}));
}

Journal::Failure Journal::apply(int data_fd) {
  for (const Change &change : changes_) {
    const int64_t done = write_fully(ops_, data_fd, change.bytes.data(), change.bytes.size(), change.offset);
    if (done < 0) return {static_cast<int>(-done), true, change.offset};
  }
  complete_ = true;
  return {};
}

Journal::Failure Journal::applied() {
  if (!state_.applying()) return {};
  buffer_.assign(kStateBytes, std::byte{});
  const JournalState before = state_;
  ++state_.sequence;
  write_state();
  const int error = put(buffer_.data(), kStateBytes, kStateOffset);
  if (error != 0) state_ = before;
  return {error, false, kStateOffset};
}

}  // namespace pde
