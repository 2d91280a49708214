// The file backend, whose parts are file_storage.cpp (opening, writing), file_reading.cpp (what is there,
// reading) and live_reading.cpp (while others write).
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/backends.hpp"
#include "storage/hdf5/capture.hpp"
#include "storage/hdf5/chunk_reader.hpp"
#include "storage/hdf5/chunk_writer.hpp"
#include "storage/hdf5/file_ops.hpp"
#include "storage/hdf5/series_file.hpp"
#include "storage/hdf5/times_writer.hpp"
#include "storage/hdf5/writer_lock.hpp"

namespace pde {

class FileBackend final : public Backend {
 public:
  explicit FileBackend(const BackendRequest &request);
  ~FileBackend() override { release(); }

  std::string name() const override { return "the file " + path_; }
  Contents contents() override { return contents_; }
  Info info() override { return info_; }
  void refresh() override { inspect(); }

  void begin() override;
  void cancel() override;
  void start(const FieldDescription &sample, StartMode mode, const Info &info) override;
  void append(const Field &snapshot, double time, const std::string *info, bool *out_finite) override;
  bool looks_at_samples() const override { return true; }
  void truncate(int64_t length) override;
  void commit(Commit which) override;
  Commit commit_due() const override { return due_; }
  void set_run_state(std::string json) override { run_state_ = std::move(json); }
  std::string run_state() override;
  bool keeps_run_state() const override { return true; }
  bool rounded(int64_t index) override;
  void finish(const Info &info) override;
  void erase() override;
  void close() override;
  int64_t committed() override { return writing_ ? committed_ : length_; }
  bool usable() const override { return !broken_; }

  void times(int64_t first, int64_t count, double *out_times) override;
  void read(const Selection &selection, void *out_data) override;
  std::optional<std::string> snapshot_info(int64_t index) override;
  BackendStatistics statistics() override;

 private:
  using Clock = std::chrono::steady_clock;
  using SeriesPtr = std::unique_ptr<SeriesFile>;

  SeriesPtr open_series(bool writable);
  void inspect();
  void inspect_now();
  void learn(SeriesFile &series);
  void describe();

  void recover();
  void look_again();
  void start_new();
  void start_extending();
  void drop_infos_beyond();
  void write_info(const Info &info);
  void write_attribute(const std::string &key, const std::string &json);
  void begin_writing();
  void append_samples(const Field &snapshot, bool *out_finite);
  void append_row(const Field &snapshot);
  bool drop_row(hsize_t row);
  template <class F>
  void breaking(F &&step);
  void give_up();
  bool is_whole();
  bool chunk_moves() const;
  Commit due_after(Clock::time_point last_append);
  void write_run_state();
  void commit_series();
  void take_name();
  void check_alive();
  void check_not_lost(int64_t last);
  SeriesFile &readable_series();
  void open_again();
  void look_anew();
  void check_contents();
  void read_times(int64_t first, int64_t count, double *out_times);
  bool reads_direct(const SeriesFile &series, const Selection &selection) const;
  void read_part(const Selection &selection, void *out_data);

  void forget_look();
  void look_at(int fd);
  void look_through(DriverFile &driver);
  bool is_written();
  bool is_of_one_commit();
  bool chunks_stay();
  void steadily(const std::function<void()> &read);
  void read_steadily(const Selection &selection, void *out_data);

  void close_series(SeriesPtr &series);
  void leave_series();
  void release();

  FileOps &ops_ = file_ops();
  SeriesLayout layout_;
  double commit_seconds_;
  int64_t commit_every_;
  bool sync_;
  int threads_;
  int64_t queue_bytes_;
  RoundingSettings rounding_;
  Mode mode_;
  std::string path_;

  Contents contents_;  // as last looked at; the front counts on from there
  Info info_;
  std::map<std::string, std::string>
      stored_info_;  // attributes as the file has them: only changes are written

  FileStatus seen_{};         // of the file that contents_ tell of, when it was last looked at
  JournalState seen_commit_;  // at that time
  bool seen_just_written_ = false;
  bool seen_torn_ = false;           // a commit was going on, and could not be laid over it
  std::shared_ptr<Capture> copies_;  // for reading what others write faster than it can be read
  bool copied_ = false;              // they are of one moment
  bool read_beside_ = false;         // chunks, by reader_
  SeriesPtr series_;                 // what is read, or written
  SeriesPtr replaced_;               // the old file, kept open and locked until a new one has taken its name
  std::unique_ptr<ChunkWriter> writer_;  // of series_ while it is written; null where H5Dwrite is used
  std::unique_ptr<TimesWriter> times_;
  std::unique_ptr<ChunkReader> reader_;  // of series_, once something is read
  std::unique_ptr<WriterLock> lock_;
  bool locked_before_ = false;  // the session that begins has found the lock held
  std::string temporary_;       // where a new series lies before its first commit; else empty
  bool writing_ = false, broken_ = false;
  std::string problem_;   // why it is broken, if the driver said so
  bool touched_ = false;  // a file that was there before may have been changed by this session
  int64_t length_ = 0, committed_ = 0, commits_ = 0, snapshot_bytes_ = 0;
  bool committed_once_ = false;  // in this session
  Commit due_ = Commit::none;
  std::string run_state_, stored_run_state_;  // while writing
  Clock::time_point last_commit_{}, last_append_{};
  double seconds_waited_ = 0;  // in sessions that are over
  int64_t queue_peak_ = 0;
  std::vector<std::byte> scratch_;
};

}  // namespace pde
