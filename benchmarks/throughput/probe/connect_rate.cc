// SPDX-License-Identifier: Apache-2.0
#include "connect_rate.hh"

#include <sys/socket.h>

#include "base/error.hh"
#include "sockets.hh"

namespace nsrun::bench {
namespace {

constexpr uint64_t kTooManyFailures = 1000;

}  // namespace

ConnectRate ConnectRateProbe::measure(unsigned at_once, base::Duration duration) {
  const base::Time start = base::now();
  const base::Time end = start + duration;
  for (unsigned i = 0; i < at_once; ++i) open_one();
  base::Time now = start;
  while (now < end) {
    for (const epoll_event& event : poller_.wait(end - now)) {
      (event.events & EPOLLOUT) != 0 ? ask(event.data.fd) : finish(event.data.fd);
    }
    now = base::now();
  }
  rate_.per_second =
      static_cast<double>(rate_.completed) / std::chrono::duration<double>(now - start).count();
  return rate_;
}

void ConnectRateProbe::open_one() {
  base::Fd connection = connect_tcp(server_, Blocking::kNo);
  poller_.watch_output(connection);
  const int number = connection.number();
  connections_.insert_or_assign(number, std::move(connection));
}

// Connected, or failed: then sending fails, and so does the receive that follows.
void ConnectRateProbe::ask(int number) {
  ::send(number, "?", 1, MSG_NOSIGNAL);
  poller_.watch_input_only(base::FdView(number));
}

void ConnectRateProbe::finish(int number) {
  char byte;
  const ssize_t size = ::recv(number, &byte, 1, 0);
  if (size < 0 && errno == EAGAIN) return;
  (size == 1 ? rate_.completed : rate_.failed) += 1;
  if (rate_.failed > kTooManyFailures) throw base::Failure("too many connections fail");
  connections_.erase(number);
  open_one();
}

}  // namespace nsrun::bench
