// SPDX-License-Identifier: Apache-2.0
#include "poller.hh"

#include <algorithm>

#include "base/error.hh"

namespace nsrun::bench {

Poller::Poller() : epoll_(base::check("create an epoll set", ::epoll_create1(EPOLL_CLOEXEC))) {}

void Poller::watch_input(base::FdView fd) { control(EPOLL_CTL_ADD, fd, EPOLLIN); }
void Poller::watch_output(base::FdView fd) { control(EPOLL_CTL_ADD, fd, EPOLLOUT); }
void Poller::watch_input_only(base::FdView fd) { control(EPOLL_CTL_MOD, fd, EPOLLIN); }

void Poller::control(int operation, base::FdView fd, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd.number();
  base::check("watch a socket", ::epoll_ctl(epoll_.number(), operation, fd.number(), &event));
}

std::span<const epoll_event> Poller::wait(base::Duration longest) {
  using std::chrono::milliseconds;
  const auto whole = std::chrono::ceil<milliseconds>(std::max(longest, base::Duration::zero()));
  const milliseconds::rep bounded = std::min<milliseconds::rep>(whole.count(), 60'000);
  const int count = ::epoll_wait(epoll_.number(), events_.data(), static_cast<int>(events_.size()),
                                 static_cast<int>(bounded));
  if (count < 0 && errno != EINTR) base::throw_errno("wait for sockets");
  return std::span(events_).first(static_cast<size_t>(std::max(count, 0)));
}

}  // namespace nsrun::bench
