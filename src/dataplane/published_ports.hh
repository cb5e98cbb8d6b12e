// SPDX-License-Identifier: Apache-2.0
//
// The published ports of a data plane, by whoever relays their protocol: our own relays, or the
// stack. Owns the TCP listeners.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hh"
#include "dataplane/tcp_port.hh"
#include "dataplane/udp_relay.hh"
#include "dataplane/unix_port.hh"
#include "rules/network_plan.hh"
#include "rules/port_rule.hh"
#include "slirp/engine.hh"

namespace nsrun::dataplane {

class PublishedPorts {
 public:
  // `tcp`: nullptr while the stack relays TCP. `local_clients`: nullptr when all clients pass the
  // TAP. All must outlive the ports.
  PublishedPorts(loop::Loop& loop, const rules::NetworkPlan& plan, TcpRelay* tcp,
                 LocalClients* local_clients, UdpRelay& udp, slirp::Engine& stack)
      : loop_(loop),
        plan_(plan),
        tcp_(tcp),
        local_clients_(local_clients),
        udp_(udp),
        stack_(stack),
        guest_v6_(plan.guest_v6) {}

  // Binds and starts to forward. The result has the guest's address filled in.
  // An open `socket` is bound already, and only led to the guest.
  base::Result<rules::PortForward> add(const rules::PortForward& forward, base::Fd socket = {});
  // `listener`: a Unix socket that listens at `path`.
  std::optional<base::Error> add_unix(base::Fd listener, const std::string& path,
                                      uint16_t guest_port);
  // False when there is no such port.
  bool remove(const rules::PortForward& forward);
  // The guest's own addresses, as far as they are known; others are those of a network behind it.
  const wire::IpAddress& guest_v4() const noexcept { return plan_.guest_v4; }
  const wire::IpAddress& guest_v6() const noexcept { return guest_v6_; }
  // Where the guest configures itself (SLAAC), its IPv6 address is only known by its frames: ports
  // without an address of their own follow it.
  void follow_guest_v6(const wire::IpAddress& address);

 private:
  wire::Endpoint guest_endpoint(const rules::PortForward& forward) const;
  wire::Endpoint guest_endpoint_v4(const rules::PortForward& forward) const;
  std::optional<base::Error> try_to_open(const rules::PortForward& forward, base::Fd socket = {});
  std::optional<base::Error> open(const rules::PortForward& forward, base::Fd socket);
  std::optional<base::Error> open_tcp(const rules::PortForward& forward, base::Fd socket);
  void close(const rules::PortForward& forward);
  void redirect(const rules::PortForward& forward);
  bool is_to_guest_itself(const rules::PortForward& forward) const noexcept;

  loop::Loop& loop_;
  const rules::NetworkPlan plan_;
  TcpRelay* tcp_;
  LocalClients* local_clients_;
  UdpRelay& udp_;
  slirp::Engine& stack_;
  wire::IpAddress guest_v6_;
  std::vector<rules::PortForward> forwards_;  // as they were asked for
  std::vector<std::unique_ptr<TcpPort>> listeners_;
  std::vector<std::unique_ptr<UnixPort>> unix_ports_;
};

}  // namespace nsrun::dataplane
