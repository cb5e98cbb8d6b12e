// SPDX-License-Identifier: Apache-2.0
//
// A published TCP port: the host's listener. Each accepted client becomes a flow towards the guest.
#pragma once

#include "base/log.hh"
#include "dataplane/tcp_relay.hh"
#include "dataplane/transport_engine.hh"

namespace nsrun::dataplane {

class TcpPort final : public loop::Source {
 public:
  // `listener`: from os::listen_on(). `relay` and `links` must outlive the port.
  TcpPort(loop::Loop& loop, TcpRelay& relay, const LinkDirectory& links, base::Fd listener,
          const wire::Endpoint& host, const wire::Endpoint& guest);

  const wire::Endpoint& host() const noexcept { return host_; }

  // New clients go there.
  void lead_to(const wire::Endpoint& guest) noexcept { guest_ = guest; }

 private:
  void on_ready(uint32_t events, base::Time now) noexcept override;
  void pause(int error, base::Time now) noexcept;

  TcpRelay& relay_;
  const LinkDirectory& links_;
  base::Fd listener_;
  wire::Endpoint host_;
  wire::Endpoint guest_;
  loop::Timer resume_;
  base::log::RateLimit pause_log_{std::chrono::seconds(10)};
};

}  // namespace nsrun::dataplane
