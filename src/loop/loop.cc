// SPDX-License-Identifier: Apache-2.0
#include "loop/loop.hh"

#include <unistd.h>

#include <algorithm>
#include <climits>

#include "base/error.hh"
#include "base/log.hh"

namespace nsrun::loop {
namespace {

// Served per epoll_wait. More would delay the timers, fewer would cost system calls.
constexpr size_t kBatch = 64;

// A descriptor that hangs up or has an error stays ready for ever; its source must drain or leave
// it. So many wake-ups for it alone mean that nobody does.
constexpr unsigned kBusyWaitWakeUps = 10'000;

}  // namespace

void Source::watch(base::FdView fd, uint32_t events) {
  NSRUN_CHECK(!is_watching());
  epoll_event event{};
  event.events = events;
  event.data.ptr = this;
  base::check("watch a descriptor",
              ::epoll_ctl(loop_.epoll_.number(), EPOLL_CTL_ADD, fd.number(), &event));
  fd_ = fd;
  events_ = events;
}

void Source::change(uint32_t events) noexcept {
  if (events == events_) return;
  epoll_event event{};
  event.events = events;
  event.data.ptr = this;
  NSRUN_CHECK(::epoll_ctl(loop_.epoll_.number(), EPOLL_CTL_MOD, fd_.number(), &event) == 0);
  events_ = events;
}

void Source::unwatch() noexcept {
  if (!is_watching()) return;
  ::epoll_ctl(loop_.epoll_.number(), EPOLL_CTL_DEL, fd_.number(), nullptr);
  stop_watching();
}

void Source::close_watched(base::Fd& fd) noexcept {
  fd.close();
  if (is_watching()) stop_watching();
}

void Source::stop_watching() noexcept {
  loop_.forget_events_of(*this);
  fd_ = {};
  events_ = 0;
}

Timer::Timer(Loop& loop, std::function<void(base::Time)> on_expiry)
    : loop_(loop), on_expiry_(std::move(on_expiry)) {
  TimerQueue made;
  spare_node_ = made.extract(made.emplace(base::kNever, this).first);
}

void Timer::set(base::Time deadline) noexcept {
  if (deadline == deadline_) return;
  cancel();
  if (deadline == base::kNever) return;
  spare_node_.value() = {deadline, this};
  loop_.timers_.insert(std::move(spare_node_));
  deadline_ = deadline;
}

void Timer::cancel() noexcept {
  if (deadline_ == base::kNever) return;
  spare_node_ = loop_.timers_.extract({deadline_, this});
  deadline_ = base::kNever;
}

Loop::Loop()
    : epoll_(base::check("make an epoll set", ::epoll_create1(EPOLL_CLOEXEC))),
      ready_(kBatch),
      now_(base::now()) {
  epoll_event event{};
  event.events = EPOLLIN;
  base::check("watch for posted tasks",
              ::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, posted_.fd().number(), &event));
}

void Loop::run() {
  while (!stopping_) run_once(base::kNever);
  stopping_ = false;
}

void Loop::run_once(base::Time latest) {
  const int count = ::epoll_wait(epoll_.number(), ready_.data(), static_cast<int>(ready_.size()),
                                 timeout_milliseconds(latest));
  if (count < 0 && errno != EINTR) base::throw_errno("wait for events");
  now_ = base::now();
  ready_count_ = count > 0 ? static_cast<size_t>(count) : 0;
  look_for_busy_wait();
  for (served_ = 0; served_ < ready_count_;) serve(ready_[served_++]);
  ready_count_ = 0;
  expire_timers();
  if (batch_end_) batch_end_(now_);
}

void Loop::stop() {
  post([this] { stopping_ = true; });
}

void Loop::post(std::function<void()> task) { posted_.post(std::move(task)); }

void Loop::serve(const epoll_event& event) noexcept {
  if (event.events == 0) return;  // its source went while the batch was served
  if (event.data.ptr == nullptr) {
    posted_.run();
  } else {
    static_cast<Source*>(event.data.ptr)->on_ready(event.events, now_);
  }
}

void Loop::forget_events_of(const Source& source) noexcept {
  for (size_t i = served_; i < ready_count_; ++i) {
    if (ready_[i].data.ptr == &source) ready_[i].events = 0;
  }
}

void Loop::look_for_busy_wait() noexcept {
  const epoll_event& first = ready_.front();
  const bool is_suspicious =
      ready_count_ == 1 && first.data.ptr != nullptr && (first.events & (EPOLLHUP | EPOLLERR)) != 0;
  if (!is_suspicious || first.data.ptr != suspect_) {
    suspect_ = is_suspicious ? first.data.ptr : nullptr;
    suspect_wake_ups_ = 0;
    return;
  }
  if (++suspect_wake_ups_ == kBusyWaitWakeUps) {
    base::log::warning("busy waiting for {} (events {:#x}): this is a bug",
                       static_cast<const Source*>(first.data.ptr)->name(),
                       static_cast<uint32_t>(first.events));
  }
}

void Loop::expire_timers() noexcept {
  // A timer that sets itself to an instant in the past waits for the next wake-up.
  for (size_t left = timers_.size(); left > 0 && !timers_.empty(); --left) {
    const auto [deadline, timer] = *timers_.begin();
    if (deadline > now_) return;
    timer->cancel();
    timer->on_expiry_(now_);
  }
}

int Loop::timeout_milliseconds(base::Time latest) const noexcept {
  if (!timers_.empty()) latest = std::min(latest, timers_.begin()->first);
  if (latest == base::kNever) return -1;
  // Rounded up: waking before the deadline would spin until it comes.
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(latest - base::now()).count();
  return static_cast<int>(std::clamp<int64_t>(wait, 0, INT_MAX));
}

}  // namespace nsrun::loop
