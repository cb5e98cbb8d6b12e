// SPDX-License-Identifier: Apache-2.0
//
// The event loop of the data plane: epoll(7), timers, and messages from other threads. The clock is
// read once per wake-up and handed down. A Source or Timer ends its registration when it dies, also
// in the middle of a batch: an event that was reported for it is then never delivered.
// Callbacks never throw. All of it belongs to the loop's thread, save post() and stop().
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "base/fd.hh"
#include "base/time.hh"
#include "loop/posted_tasks.hh"

namespace nsrun::loop {

class Loop;

// One descriptor's interest. Derive and implement on_ready.
class Source {
 public:
  Source(Loop& loop, const char* name) noexcept : loop_(loop), name_(name) {}
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() { unwatch(); }

  const char* name() const noexcept { return name_; }
  // Watches `fd` for `events` (EPOLLIN, EPOLLOUT, EPOLLET...). The descriptor must stay open until
  // unwatch() or the end of this object. Throws SystemError.
  void watch(base::FdView fd, uint32_t events);
  void change(uint32_t events) noexcept;
  void unwatch() noexcept;
  // Closes the watched descriptor, which ends the watching without a system call of its own. There
  // must be no duplicate of it anywhere (epoll(7)).
  void close_watched(base::Fd& fd) noexcept;
  bool is_watching() const noexcept { return fd_.is_open(); }
  uint32_t events() const noexcept { return events_; }

  // `events`: what epoll_wait reported.
  virtual void on_ready(uint32_t events, base::Time now) noexcept = 0;

 protected:
  Loop& loop() const noexcept { return loop_; }

 private:
  friend class Loop;

  void stop_watching() noexcept;

  Loop& loop_;
  const char* name_;
  base::FdView fd_;
  uint32_t events_ = 0;
};

// By deadline; timers of one deadline in no order.
using TimerQueue = std::set<std::pair<base::Time, class Timer*>>;

class Timer {
 public:
  // Allocates all that it will ever need.
  Timer(Loop& loop, std::function<void(base::Time)> on_expiry);
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { cancel(); }

  // Replaces an earlier deadline. base::kNever cancels.
  void set(base::Time deadline) noexcept;
  void cancel() noexcept;
  base::Time deadline() const noexcept { return deadline_; }

 private:
  friend class Loop;
  Loop& loop_;
  std::function<void(base::Time)> on_expiry_;
  base::Time deadline_ = base::kNever;
  TimerQueue::node_type spare_node_;  // kept while idle
};

class Loop {
 public:
  // Throws SystemError.
  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Returns after stop().
  void run();
  // One wake-up: waits at most until `latest`, serves what is ready. For tests.
  void run_once(base::Time latest);

  // From any thread: ends run() soon; before run(), ends it as it begins.
  void stop();
  // From any thread: runs `task` in the loop's thread, in order.
  void post(std::function<void()> task);

  // The instant of this wake-up.
  base::Time now() const noexcept { return now_; }

  // Runs after every batch of ready sources and due timers, before sleeping.
  void set_batch_end(std::function<void(base::Time)> batch_end) {
    batch_end_ = std::move(batch_end);
  }

 private:
  friend class Source;
  friend class Timer;

  void serve(const epoll_event& event) noexcept;
  void forget_events_of(const Source& source) noexcept;
  void look_for_busy_wait() noexcept;
  void expire_timers() noexcept;
  int timeout_milliseconds(base::Time latest) const noexcept;

  base::Fd epoll_;
  PostedTasks posted_;  // registered with a null Source
  std::vector<epoll_event> ready_;
  size_t served_ = 0;       // of the current batch
  size_t ready_count_ = 0;  // in the current batch
  TimerQueue timers_;
  std::function<void(base::Time)> batch_end_;
  base::Time now_;
  bool stopping_ = false;

  const void* suspect_ = nullptr;  // a Source, perhaps gone: only compared
  unsigned suspect_wake_ups_ = 0;
};

}  // namespace nsrun::loop
