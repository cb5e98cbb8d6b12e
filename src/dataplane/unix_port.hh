// SPDX-License-Identifier: Apache-2.0
//
// A TCP port of the guest that is published as a Unix stream socket of the host. Its clients have
// no address: to the guest they are what clients at the host's loopback are, its gateway.
#pragma once

#include <string>

#include "dataplane/local_clients.hh"
#include "dataplane/tcp_listener.hh"
#include "dataplane/tcp_relay.hh"

namespace nsrun::dataplane {

class UnixPort {
 public:
  // `listener`: listens at `path` and does not block. `relay` and `local_clients`: as a TcpPort has
  // them. Throws SystemError.
  UnixPort(loop::Loop& loop, TcpRelay& relay, LocalClients* local_clients, base::Fd listener,
           std::string path, const wire::Endpoint& guest);

 private:
  void take(base::Fd client) noexcept;

  TcpRelay& relay_;
  LocalClients* local_clients_;
  wire::Endpoint guest_;
  TcpListener listener_;
};

}  // namespace nsrun::dataplane
