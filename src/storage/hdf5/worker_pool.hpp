// Worker threads that compress and write beside the solver: one pool for the process, one lane for each file.
//
// The pool starts with the first work that is handed to a lane with threads, has as many threads as the lane
// that asks for most, and ends with the last lane. A lane bounds how many of its jobs run at once, so that
// one file cannot take what another one has asked for. Workers make no HDF5 call, log nothing, and block all
// signals: those are for the threads of the host. A forked child has none of the workers of its parent: with
// the lanes that it inherits it does everything itself.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "pde/base.h"
#include "storage/hdf5/chunk_codec.hpp"

namespace pde {

/// Something to be done once, on a worker or on the thread that waits for it. What `run` throws is kept.
class Job {
 public:
  virtual ~Job() = default;

  bool finished() const { return state_.load(std::memory_order_acquire) == State::finished; }
  /// Why it failed; PDE_OK otherwise. Once finished.
  pde_status status() const { return status_; }
  const std::string &problem() const { return problem_; }

 protected:
  virtual void run(ChunkCodec &codec) = 0;
  /// Writes into the file: one at a time, in order, as the system lets no more of them in; and before
  /// anything else, as they set memory free.
  virtual bool writes() const { return false; }

 private:
  friend class WorkerLane;
  friend class WorkerPool;
  enum class State { waiting, running, finished };
  void execute(ChunkCodec &codec) noexcept;
  void failed(pde_status status, const char *problem) noexcept;

  std::atomic<State> state_ = State::waiting;  // changed under the mutex of the pool
  pde_status status_ = PDE_OK;
  std::string problem_;
};
using JobPtr = std::shared_ptr<Job>;

class WorkerPool;

/// The jobs of one file. Used by one thread at a time.
class WorkerLane {
 public:
  /// At most so many jobs on workers at once; 0: all run on the thread that hands them in.
  explicit WorkerLane(int threads);
  /// Forgets what no worker has begun and waits for the rest.
  ~WorkerLane();
  WorkerLane(const WorkerLane &) = delete;
  WorkerLane &operator=(const WorkerLane &) = delete;

  /// Where there is no memory to hand it in, it is run at once.
  void submit(const JobPtr &job);
  /// On this thread, at once; for a job that has not been handed in.
  void run(const JobPtr &job);
  /// Runs the next job that may begin, on this thread; false if there is none.
  bool help();
  /// Until a job that was handed in has run, which this thread does itself where no worker has begun it.
  void wait(const JobPtr &job);
  int threads() const { return owned() ? threads_ : 0; }

 private:
  friend class WorkerPool;
  bool owned() const;
  bool hand_in(const JobPtr &job);

  const int threads_;
  const pid_t owner_;
  WorkerPool *pool_ = nullptr;  // from the first job on
  ChunkCodec codec_;            // of the thread that uses the lane
  JobPtr next();
  JobPtr begin(const JobPtr &job);
  void run_unlocked(std::unique_lock<std::mutex> &lock, Job &job);
  void ended(Job &job);

  /// Under the mutex of the pool.
  struct Queue {
    std::deque<JobPtr> waiting, writes;
    bool writing = false;  // one of the writes is running
    int running = 0;       // jobs on workers
    std::condition_variable changed;
    Queue *left_before = nullptr;
  };
  static void leave_alone(Queue *queue);
  std::unique_ptr<Queue> queue_ = std::make_unique<Queue>();
};

}  // namespace pde
