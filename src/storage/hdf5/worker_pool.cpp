#include "storage/hdf5/worker_pool.hpp"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "base/per_process.hpp"
#include "base/threads.hpp"

namespace pde {

// ---- the pool

class WorkerPool {
 public:
  void join(WorkerLane &lane);
  void leave(WorkerLane &lane);

  std::mutex mutex;
  std::condition_variable work;
  int idle = 0;

 private:
  /// Threads that end together.
  struct Crew {
    std::vector<std::thread> threads;
    bool dismissed = false;
  };
  void grow(int threads);
  void serve(const Crew &crew);
  JobPtr next(WorkerLane *&out_lane);

  std::vector<WorkerLane *> lanes_;
  size_t turn_ = 0;  // whose lane is asked first, so that all get some
  std::unique_ptr<Crew> crew_;
};

void WorkerPool::join(WorkerLane &lane) {
  const std::lock_guard lock(mutex);
  if (!crew_) crew_ = std::make_unique<Crew>();
  lanes_.push_back(&lane);
  grow(lane.threads_);
}

void WorkerPool::leave(WorkerLane &lane) {
  std::unique_ptr<Crew> dismissed;
  {
    std::unique_lock lock(mutex);
    lane.queue_->waiting.clear();
    lane.queue_->writes.clear();
    lane.queue_->changed.wait(lock, [&] { return lane.queue_->running == 0; });
    std::erase(lanes_, &lane);
    if (lanes_.empty()) {
      dismissed = std::move(crew_);
      dismissed->dismissed = true;
      work.notify_all();
    }
  }
  if (!dismissed) return;
  for (std::thread &thread : dismissed->threads) thread.join();
}

/// Fewer than asked for where the system gives no more; whoever hands in work does it then.
void WorkerPool::grow(int threads) {
  const SignalsBlocked blocked;
  try {
    while (static_cast<int>(crew_->threads.size()) < threads)
      crew_->threads.emplace_back([this, &crew = *crew_] { serve(crew); });
  } catch (const std::system_error &) {
  } catch (const std::bad_alloc &) {
  }
}

void WorkerPool::serve(const Crew &crew) {
  pthread_setname_np(pthread_self(), "pde-worker");
  // A batch thread that wakes up does not push the solver off its core in the middle of a step.
  const sched_param plain{};
  pthread_setschedparam(pthread_self(), SCHED_BATCH, &plain);
  ChunkCodec codec;
  std::unique_lock lock(mutex);
  while (true) {
    WorkerLane *lane = nullptr;
    if (JobPtr job = next(lane)) {
      ++lane->queue_->running;
      lock.unlock();
      job->execute(codec);
      lock.lock();
      --lane->queue_->running;
      lane->ended(*job);
      continue;
    }
    if (crew.dismissed) return;
    ++idle;
    work.wait(lock);
    --idle;
  }
}

JobPtr WorkerPool::next(WorkerLane *&out_lane) {
  for (size_t i = 0; i < lanes_.size(); ++i) {
    WorkerLane *lane = lanes_[(turn_ + i) % lanes_.size()];
    JobPtr job = lane->queue_->running < lane->threads_ ? lane->next() : nullptr;
    if (!job) continue;
    turn_ = (turn_ + i + 1) % lanes_.size();
    out_lane = lane;
    return job;
  }
  return nullptr;
}

void Job::execute(ChunkCodec &codec) noexcept {
  try {
    run(codec);
  } catch (const Error &error) {
    failed(error.code(), error.what());
  } catch (const std::bad_alloc &) {
    failed(PDE_ERR_MEMORY, "no memory");
  } catch (...) {
    failed(PDE_ERR_INTERNAL, "for no known reason");
  }
}

void Job::failed(pde_status status, const char *problem) noexcept {
  status_ = status;
  try {
    problem_ = problem;
  } catch (const std::bad_alloc &) {
    problem_ = "no memory";  // short enough to need none
  }
}

// ---- lanes

WorkerLane::WorkerLane(int threads) : threads_(threads), owner_(process_id()) {}

/// A worker of the parent may have been in the middle of it. Not lost, as far as anybody looks for memory
/// that is.
void WorkerLane::leave_alone(Queue *queue) {
  static std::atomic<Queue *> left{nullptr};
  queue->left_before = left.exchange(queue);
}

WorkerLane::~WorkerLane() {
  if (!owned()) {
    leave_alone(queue_.release());
  } else if (pool_) {
    pool_->leave(*this);
  }
}

bool WorkerLane::owned() const {
  return process_id() == owner_;
}

void WorkerLane::submit(const JobPtr &job) {
  if (threads() == 0 || !hand_in(job)) run(job);
}

bool WorkerLane::hand_in(const JobPtr &job) try {
  if (!pool_) {
    WorkerPool &pool = of_this_process<WorkerPool>();
    pool.join(*this);
    pool_ = &pool;
  }
  const std::lock_guard lock(pool_->mutex);
  (job->writes() ? queue_->writes : queue_->waiting).push_back(job);
  if (pool_->idle > 0) pool_->work.notify_one();
  return true;
} catch (const std::bad_alloc &) {
  return false;
}

/// Under the mutex: the next job, which is begun with that.
JobPtr WorkerLane::next() {
  std::deque<JobPtr> &queue = !queue_->writing && !queue_->writes.empty() ? queue_->writes : queue_->waiting;
  if (queue.empty()) return nullptr;
  JobPtr job = std::move(queue.front());
  queue.pop_front();
  if (job->writes()) queue_->writing = true;
  job->state_.store(Job::State::running, std::memory_order_relaxed);
  return job;
}

/// Under the mutex.
void WorkerLane::ended(Job &job) {
  job.state_.store(Job::State::finished, std::memory_order_release);
  if (job.writes()) {
    queue_->writing = false;
    if (!queue_->writes.empty() && pool_->idle > 0) pool_->work.notify_one();
  }
  queue_->changed.notify_all();
}

void WorkerLane::run(const JobPtr &job) {
  job->execute(codec_);
  job->state_.store(Job::State::finished, std::memory_order_release);
}

bool WorkerLane::help() {
  if (!pool_ || !owned()) return false;
  std::unique_lock lock(pool_->mutex);
  const JobPtr job = next();
  if (!job) return false;
  run_unlocked(lock, *job);
  return true;
}

/// A job that this thread has begun.
void WorkerLane::run_unlocked(std::unique_lock<std::mutex> &lock, Job &job) {
  lock.unlock();
  job.execute(codec_);
  lock.lock();
  ended(job);
}

void WorkerLane::wait(const JobPtr &job) {
  if (job->finished()) return;
  if (!owned()) return run(job);  // whoever had it is not in this process
  std::unique_lock lock(pool_->mutex);
  while (!job->finished()) {
    if (const JobPtr own = begin(job)) {
      run_unlocked(lock, *own);
    } else {
      queue_->changed.wait(lock);
    }
  }
}

/// Under the mutex: the job itself if nobody has begun it; of writes, the one whose turn it is.
JobPtr WorkerLane::begin(const JobPtr &job) {
  if (job->writes()) return queue_->writing || queue_->writes.empty() ? nullptr : next();
  const auto found = std::find(queue_->waiting.begin(), queue_->waiting.end(), job);
  if (found == queue_->waiting.end()) return nullptr;
  queue_->waiting.erase(found);
  return job;
}

}  // namespace pde
