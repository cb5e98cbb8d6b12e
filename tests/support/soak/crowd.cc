// SPDX-License-Identifier: Apache-2.0
#include "crowd.hh"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.hh"

namespace nsrun::soak {
namespace {

using namespace std::chrono_literals;

constexpr uint64_t kMistakesTold = 20;

}  // namespace

std::string Sums::text() const {
  return fmt::format(
      "clean {} killed_here {} killed_there {} unseen {} wrong {} sent {} compared {}", clean,
      killed_here, killed_there, unseen, wrong, sent_bytes, compared_bytes);
}

Crowd::Crowd()
    : epoll_(base::check("make an epoll set", epoll_create1(EPOLL_CLOEXEC))), next_look_{} {}

void Crowd::add(std::unique_ptr<Flow> flow) {
  const int number = flow->socket().number();
  epoll_event event{};
  event.data.fd = number;
  event.events = flow->events();
  base::check("watch a flow", epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, number, &event));
  flows_[number] = {std::move(flow), event.events};
}

void Crowd::watch(base::FdView fd, std::function<void()> on_ready) {
  epoll_event event{};
  event.data.fd = fd.number();
  event.events = EPOLLIN;
  base::check("watch", epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, fd.number(), &event));
  watched_[fd.number()] = std::move(on_ready);
}

void Crowd::forget(base::FdView fd) {
  epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, fd.number(), nullptr);
  watched_.erase(fd.number());
}

void Crowd::run_once() {
  const int wait_milliseconds = paused_.empty() ? 100 : 1;
  const int count = epoll_wait(epoll_.number(), ready_.data(), static_cast<int>(ready_.size()),
                               wait_milliseconds);
  if (count < 0 && errno != EINTR) base::throw_errno("wait for events");
  const base::Time now = base::now();
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = ready_[static_cast<size_t>(i)];
    if (const auto found = watched_.find(event.data.fd); found != watched_.end()) {
      const auto on_ready = found->second;  // it may forget itself
      on_ready();
    } else {
      serve(event.data.fd, event.events, now);
    }
  }
  end_pauses(now);
  look_for_stalled(now);
}

void Crowd::serve(int number, uint32_t events, base::Time now) {
  const auto found = flows_.find(number);
  if (found == flows_.end()) return;
  found->second.flow->proceed(events, now);
  settle(number);
}

void Crowd::end_pauses(base::Time now) {
  std::vector<int> due;
  std::erase_if(paused_, [&](int number) {
    const auto found = flows_.find(number);
    if (found != flows_.end() && found->second.flow->resumes_at() > now) return false;
    due.push_back(number);
    return true;
  });
  for (const int number : due) {
    const auto found = flows_.find(number);
    if (found == flows_.end()) continue;
    found->second.flow->end_pauses(now);
    settle(number);
  }
}

void Crowd::look_for_stalled(base::Time now) {
  if (now < next_look_) return;
  next_look_ = now + 1s;
  std::vector<int> stalled;
  for (const auto& [number, member] : flows_) {
    member.flow->end_if_stalled(now);
    if (member.flow->outcome() != Outcome::kRunning) stalled.push_back(number);
  }
  for (const int number : stalled) remove(number);
}

void Crowd::settle(int number) {
  Member& member = flows_.at(number);
  if (member.flow->outcome() != Outcome::kRunning) {
    remove(number);
    return;
  }
  if (member.flow->resumes_at() != base::kNever &&
      std::find(paused_.begin(), paused_.end(), number) == paused_.end()) {
    paused_.push_back(number);
  }
  const uint32_t events = member.flow->events();
  if (events == std::exchange(member.events, events)) return;
  epoll_event event{};
  event.data.fd = number;
  event.events = events;
  base::check("watch a flow", epoll_ctl(epoll_.number(), EPOLL_CTL_MOD, number, &event));
}

void Crowd::remove(int number) {
  const Flow& flow = *flows_.at(number).flow;
  sums_.sent_bytes += flow.sent();
  sums_.compared_bytes += flow.received();
  switch (flow.outcome()) {
    case Outcome::kClean:
      ++sums_.clean;
      break;
    case Outcome::kKilledHere:
      ++sums_.killed_here;
      break;
    case Outcome::kKilledThere:
      ++sums_.killed_there;
      break;
    case Outcome::kUnseen:
      ++sums_.unseen;
      break;
    default:
      if (++sums_.wrong <= kMistakesTold) fmt::print(stderr, "{}\n", flow.mistake());
  }
  flows_.erase(number);
}

}  // namespace nsrun::soak
