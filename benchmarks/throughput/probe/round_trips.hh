// SPDX-License-Identifier: Apache-2.0
//
// One byte there and back, one at a time: how long a round trip takes, and how many fit a second.
#pragma once

#include <netinet/in.h>

#include <cstdint>

#include "base/fd.hh"
#include "base/time.hh"

namespace nsrun::bench {

struct RoundTrips {
  uint64_t count = 0;
  uint64_t lost = 0;  // UDP only: no answer within the receive timeout
  double per_second = 0;
  double median_us = 0;
  double p99_us = 0;
};

// `socket` is connected to an EchoServer and blocks with a receive timeout. Throws when the server
// goes away, or answers nothing at all.
RoundTrips measure_round_trips(base::FdView socket, bool may_lose, base::Duration duration);

}  // namespace nsrun::bench
