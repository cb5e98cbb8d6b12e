// SPDX-License-Identifier: Apache-2.0
//
// How many connections a second are opened, echo one byte and are closed (by the client: TIME-WAIT
// is its part, and its ports are spent after as many connections as it has ports), with some always
// on their way at once.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <unordered_map>

#include "base/fd.hh"
#include "base/time.hh"
#include "poller.hh"

namespace nsrun::bench {

struct ConnectRate {
  uint64_t completed = 0;
  uint64_t failed = 0;
  double per_second = 0;
};

class ConnectRateProbe {
 public:
  explicit ConnectRateProbe(const sockaddr_in& server) : server_(server) {}
  // Throws when nearly everything fails.
  ConnectRate measure(unsigned at_once, base::Duration duration);

 private:
  void open_one();
  void ask(int number);
  void finish(int number);

  sockaddr_in server_;
  Poller poller_;
  std::unordered_map<int, base::Fd> connections_;  // by descriptor number
  ConnectRate rate_;
};

}  // namespace nsrun::bench
