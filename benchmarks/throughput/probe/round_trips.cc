// SPDX-License-Identifier: Apache-2.0
#include "round_trips.hh"

#include <sys/socket.h>

#include <algorithm>
#include <vector>

#include "base/error.hh"

namespace nsrun::bench {
namespace {

// False when no answer came in time.
bool exchange_byte(base::FdView socket) {
  char byte = '!';
  base::check("send a byte", ::send(socket.number(), &byte, 1, MSG_NOSIGNAL));
  const ssize_t size = ::recv(socket.number(), &byte, 1, 0);
  if (size == 1) return true;
  if (size == 0) throw base::Failure("the echo server closed the connection");
  if (errno != EAGAIN) base::throw_errno("receive the answer");
  return false;
}

double percentile_us(std::vector<base::Duration>& times, double share) {
  const auto index = static_cast<ptrdiff_t>(share * static_cast<double>(times.size() - 1));
  std::nth_element(times.begin(), times.begin() + index, times.end());
  return std::chrono::duration<double, std::micro>(times[static_cast<size_t>(index)]).count();
}

}  // namespace

RoundTrips measure_round_trips(base::FdView socket, bool may_lose, base::Duration duration) {
  std::vector<base::Duration> times;
  times.reserve(1 << 20);
  RoundTrips result;
  const base::Time start = base::now();
  base::Time before = start;
  while (before - start < duration) {
    const bool answered = exchange_byte(socket);
    const base::Time after = base::now();
    if (answered) times.push_back(after - before);
    if (!answered && !may_lose) throw base::Failure("no answer within the receive timeout");
    result.lost += answered ? 0 : 1;
    before = after;
  }
  if (times.empty()) throw base::Failure("the echo server answered nothing");
  result.count = times.size();
  result.per_second =
      static_cast<double>(times.size()) / std::chrono::duration<double>(before - start).count();
  result.median_us = percentile_us(times, 0.5);
  result.p99_us = percentile_us(times, 0.99);
  return result;
}

}  // namespace nsrun::bench
