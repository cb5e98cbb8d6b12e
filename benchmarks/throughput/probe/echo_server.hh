// SPDX-License-Identifier: Apache-2.0
//
// The far end of every probe, one thread: echoes TCP and UDP on a port. It never closes first.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "base/fd.hh"
#include "poller.hh"

namespace nsrun::bench {

class EchoServer {
 public:
  explicit EchoServer(uint16_t port);
  // Serves until it is killed.
  [[noreturn]] void run();

 private:
  void accept_clients();
  void echo_datagrams();
  void echo_bytes(int client);

  base::Fd listener_;
  base::Fd datagrams_;
  Poller poller_;
  std::unordered_map<int, base::Fd> clients_;  // by descriptor number
};

}  // namespace nsrun::bench
