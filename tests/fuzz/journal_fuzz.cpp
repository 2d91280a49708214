// The journal beside a file: the input is the whole of it, as is and with its checksums put right.
#include "fuzz.hpp"
#include "journal_files.hpp"
#include "storage/hdf5/deflate_engine.hpp"
#include "storage/hdf5/journal.hpp"

namespace pde {
namespace {

constexpr int kJournal = 0, kData = 1;
constexpr size_t kState = kJournalTextBytes, kStateBytes = 64, kRecord = kState + kStateBytes;

/// Where nothing is put twice, what has been applied is there.
void apply(fuzz::MemoryFiles &files, const JournalRecord &record, const Overlay &seen) {
  int64_t offset = 0;
  if (record.apply(files, kData, &offset) < 0) return;
  PROMISE(static_cast<int64_t>(files.files[kData].size()) == record.size(), "size");
  const bool inside = seen.empty() || seen.end() <= record.size();
  if (seen.bytes() != record.bytes() || !inside) return;
  PROMISE(record.fit(files, kData) == JournalRecord::Fit::applied, "fit");
  for (const auto &[begin, piece] : seen.pieces())
    PROMISE(std::memcmp(files.files[kData].data() + begin, piece.bytes.data(), piece.bytes.size()) == 0,
            "bytes");
}

void use(fuzz::MemoryFiles &files, const JournalRecord &record) {
  size_t pieces = 0, largest = 0;
  for (const Part part :
       {Part::superblock, Part::samples, Part::other, Part::tree, Part::sealed, Part::header}) {
    pieces += record.pieces(part);
    largest = std::max(largest, record.largest(part));
  }
  PROMISE(pieces == record.pieces(), "pieces");
  PROMISE(static_cast<int64_t>(largest) <= record.bytes(), "largest");
  const JournalRecord::Fit fit = record.fit(files, kData);
  PROMISE(fit != JournalRecord::Fit::unknown, "fit");
  Overlay seen;
  record.lay_over(seen);
  PROMISE(seen.bytes() <= record.bytes(), "overlay");
  std::vector<std::byte> window(8192);
  seen.patch(0, window);
  // Only what fits is applied, so that no file is made larger than its commit says.
  if (fit != JournalRecord::Fit::foreign) apply(files, record, seen);
}

void read_journal(std::vector<std::byte> journal) {
  fuzz::MemoryFiles files;
  files.files = {std::move(journal), fuzz::data_file()};
  const auto state = read_journal_state(files, kJournal);
  if (!state) return;
  if (const auto record = JournalRecord::read(files, kJournal, *state)) use(files, *record);
  Journal continued(files, kJournal, "journal", false);
  continued.applied();
}

void put(std::vector<std::byte> &bytes, size_t offset, uint64_t number, size_t size) {
  for (size_t i = 0; i < size; ++i) bytes[offset + i] = static_cast<std::byte>(number >> (8 * i));
}

/// Else hardly an input would get further than the first checksum.
void put_right(std::vector<std::byte> &journal) {
  const std::span<const std::byte> all(journal);
  std::memcpy(journal.data() + kState, "pdestate", 8);
  put(journal, kState + 16, journal.size() - kRecord, 8);
  put(journal, kState + 32, crc32_of(0, all.subspan(kRecord)), 4);
  put(journal, kState + 36, crc32_of(0, all.subspan(kState, 36)), 4);
}

}  // namespace
}  // namespace pde

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const auto *bytes = reinterpret_cast<const std::byte *>(data);
  std::vector<std::byte> journal(bytes, bytes + size);
  pde::read_journal(journal);
  if (const auto record = pde::JournalRecord::parse(journal)) {
    fuzz::MemoryFiles files;
    files.files = {{}, fuzz::data_file()};
    pde::use(files, *record);
  }
  if (size <= pde::kRecord) return 0;
  pde::put_right(journal);
  pde::read_journal(std::move(journal));
  return 0;
}
