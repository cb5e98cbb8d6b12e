// SPDX-License-Identifier: Apache-2.0
//
// A published TCP port: the host's listener. Each accepted client becomes a flow towards the guest.
#pragma once

#include <optional>

#include "dataplane/local_clients.hh"
#include "dataplane/tcp_listener.hh"
#include "dataplane/tcp_relay.hh"

namespace nsrun::dataplane {

class TcpPort {
 public:
  // `listener`: from os::listen_on(), or with `guest_v4` one that somebody else has opened: that is
  // where its clients by IPv4 go, whichever its own family. `relay` must outlive the port, and
  // `local_clients` as well: who takes those that the guest sees as its gateway, or nullptr.
  TcpPort(loop::Loop& loop, TcpRelay& relay, LocalClients* local_clients, base::Fd listener,
          const wire::Endpoint& host, const wire::Endpoint& guest,
          const std::optional<wire::Endpoint>& guest_v4 = std::nullopt);

  const wire::Endpoint& host() const noexcept { return host_; }

  // New clients go there.
  void lead_to(const wire::Endpoint& guest) noexcept { guest_ = guest; }

 private:
  void take(base::Fd client, const wire::Endpoint& from) noexcept;

  TcpRelay& relay_;
  LocalClients* local_clients_;
  wire::Endpoint host_;
  wire::Endpoint guest_;
  std::optional<wire::Endpoint> guest_v4_;
  TcpListener listener_;
};

}  // namespace nsrun::dataplane
