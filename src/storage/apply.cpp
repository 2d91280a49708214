// A function of the user over all snapshots of a storage: one after the other, or, if asked for, on several
// threads with the results in order.
//
// Reading and writing stay on the caller's thread; threads only run the function.
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "base/numbers.hpp"
#include "base/progress.hpp"
#include "base/threads.hpp"
#include "storage/snapshot_stream.hpp"
#include "storage/transfer.hpp"

namespace pde {
namespace {

constexpr OptionSpec kApplyOptions[] = {
    {"parallel", OptionType::flag, "false", "",
     "call the function on several threads at once, none of which is the caller's"},
    {"threads", OptionType::integer, "0", "0 1024", "how many, if parallel; 0: usable cores"},
    kProgressOption,
};

/// Runs the function on one snapshot; failures say on which.
void transform_snapshot(const StorageTransform &transform, int64_t index, double time,
                        const std::shared_ptr<const Field> &in, const FieldPtr &out) {
  try {
    transform.call(in, time, out);
  } catch (const Error &error) {
    fail(error.code(), "snapshot {} (t = {}): {}", index, real_text(time), error.what());
  }
}

// ---- one thread

/// The function gets fields with memory of their own: parts of them that it keeps may outlive the call.
void apply_in_order(SnapshotReader &reader, const StorageTransform &transform, SnapshotWriter &writer,
                    Progress &progress) {
  FieldPtr in, out;
  for (int64_t i = 0; i < reader.length(); ++i) {
    if (!in) {
      in = Field::create(reader.field(i)->description());
      out = Field::create(transform.result);
    }
    in->assign(*reader.field(i));
    transform_snapshot(transform, i, reader.time(i), in, out);
    writer.append(*out, reader.time(i));
    progress.tell(i + 1);
  }
}

// ---- several threads

/// Threads that run jobs until they are told to stop; they leave all signals to the others.
class Crew {
 public:
  struct Job {
    int64_t index = 0;
    double time = 0;
    FieldPtr in, out;
    bool done = false;
    std::exception_ptr failure;
  };

  Crew(const StorageTransform &transform, int64_t threads) : transform_(transform) {
    const SignalsBlocked blocked;
    try {
      for (int64_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
    } catch (const std::exception &error) {
      // The system has no more of them to give; those that there are do the work.
      if (threads_.empty()) fail(PDE_ERR_MEMORY, "no thread could be started: {}", error.what());
    }
  }
  ~Crew() { dismiss(); }
  Crew(const Crew &) = delete;
  Crew &operator=(const Crew &) = delete;

  void give(Job &job) {
    std::lock_guard lock(mutex_);
    waiting_.push_back(&job);
    work_waits_.notify_one();
  }

  /// Waits for a job; throws what it failed with.
  void take(Job &job) {
    std::unique_lock lock(mutex_);
    job_done_.wait(lock, [&] { return job.done; });
    if (job.failure) std::rethrow_exception(job.failure);
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      work_waits_.wait(lock, [&] { return over_ || !waiting_.empty(); });
      if (over_) return;
      Job &job = *waiting_.front();
      waiting_.pop_front();
      lock.unlock();
      std::exception_ptr failure;
      try {
        transform_snapshot(transform_, job.index, job.time, job.in, job.out);
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      job.failure = failure;
      job.done = true;
      job_done_.notify_all();
    }
  }

  void dismiss() {
    {
      std::lock_guard lock(mutex_);
      over_ = true;
      work_waits_.notify_all();
    }
    for (std::thread &thread : threads_) thread.join();
  }

  const StorageTransform &transform_;
  std::mutex mutex_;
  std::condition_variable work_waits_, job_done_;
  std::deque<Job *> waiting_;
  bool over_ = false;
  std::vector<std::thread> threads_;
};

/// A ring of jobs: the oldest is taken before its place is used again, so results come in order and a failure
/// is that of the first snapshot that failed.
void apply_in_parallel(SnapshotReader &reader, const StorageTransform &transform, SnapshotWriter &writer,
                       Progress &progress, int64_t threads) {
  std::vector<Crew::Job> ring(static_cast<size_t>(std::min(2 * threads, reader.length())));
  const auto places = static_cast<int64_t>(ring.size());
  Crew crew(transform, threads);
  const auto take = [&](int64_t index) {
    Crew::Job &job = ring[static_cast<size_t>(index % places)];
    crew.take(job);
    writer.append(*job.out, job.time);
    progress.tell(index + 1);
  };
  for (int64_t i = 0; i < reader.length(); ++i) {
    if (i >= places) take(i - places);
    Crew::Job &job = ring[static_cast<size_t>(i % places)];
    if (!job.in) {
      job.in = Field::create(reader.field(i)->description());
      job.out = Field::create(transform.result);
    }
    job.in->assign(*reader.field(i));
    job.index = i;
    job.time = reader.time(i);
    job.done = false;
    crew.give(job);
  }
  for (int64_t i = std::max<int64_t>(0, reader.length() - places); i < reader.length(); ++i) take(i);
}

}  // namespace

void apply_to_storage(Storage &from, const StorageTransform &transform, Storage &into,
                      const Options &options) {
  const ResolvedOptions resolved(options, kApplyOptions, "apply");
  const int64_t wanted = resolved.integer("threads");
  const int64_t threads = wanted > 0 ? wanted : usable_cores();
  from.description();  // what the snapshots are must be known
  into.check_takes_times_of(from);
  SnapshotReader reader(from);
  reader.begin();
  Progress progress(resolved, "applying", reader.length());
  SnapshotWriter writer(into, transform.result, {});
  if (resolved.flag("parallel")) {
    apply_in_parallel(reader, transform, writer, progress, std::min(threads, reader.length()));
  } else {
    apply_in_order(reader, transform, writer, progress);
  }
  writer.finish();
}

OptionTable apply_options() {
  return kApplyOptions;
}

}  // namespace pde
