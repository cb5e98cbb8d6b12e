// SPDX-License-Identifier: Apache-2.0
//
// The data plane as the helper sees it: one object, one thread, one epoll set. It owns the TAP, the
// stack, the flows, the forwards' host sockets and the counters. Build it before lock-down (nothing
// starts a thread), run it after.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/counters.hh"
#include "base/fd.hh"
#include "base/result.hh"
#include "base/time.hh"
#include "dns/forwarder.hh"
#include "os/tap.hh"
#include "rules/capture_filter.hh"
#include "rules/egress.hh"
#include "rules/network_plan.hh"
#include "rules/port_rule.hh"
#include "wire/address.hh"
#include "wire/flow_report.hh"
#include "wire/listener.hh"

namespace nsrun::dataplane {

// Who relays the guest's TCP: our own engine, or libslirp.
enum class TcpEngine : uint8_t { kAccelerated, kLibslirp };

struct Config {
  rules::NetworkPlan plan;
  rules::EgressPolicy egress;
  unsigned mtu = 1500;
  TcpEngine tcp_engine = TcpEngine::kAccelerated;
  // Clients of published TCP ports that the guest refuses are taken to its loopback; needs
  // connect_inside() and the accelerated engine.
  bool publish_loopback = false;
  // This host's clients of published TCP ports do not pass the TAP; needs connect_inside(), with a
  // process that makes sockets with foreign sources.
  bool splices_local_clients = false;
  bool dns = true;                           // answer at the DNS addresses
  std::vector<dns::Upstream> dns_upstreams;  // at start; see set_dns_upstreams
  dns::ForwarderOptions dns_options;
  std::optional<wire::IpAddress> outbound_v4;  // source address of outgoing flows
  std::optional<wire::IpAddress> outbound_v6;
};

class DataPlane {
 public:
  // Takes the TAP. Throws SystemError. No thread is started.
  DataPlane(const Config& config, os::Tap tap);
  ~DataPlane();

  // The body of the data plane's thread. Returns after stop(), or when the TAP is gone.
  void run();

  // From any thread.
  void stop();
  // From any thread, once nobody in the guest is left to send: stop() as soon as what was sent is
  // in the host's hands, at the latest after `patience`.
  void finish(base::Duration patience);
  // From any thread: runs `task` on the data plane's thread. Before run() it is kept until then.
  void post(std::function<void()> task);

  // The following only on the data plane's thread, or before run().

  // Binds and starts to forward. The error says why, for example "Address already in use".
  // An open `socket` is bound to the host's endpoint already (os/passed_sockets.hh).
  base::Result<rules::PortForward> add_forward(const rules::PortForward& forward,
                                               base::Fd socket = {});
  // False when there is no such forward.
  bool remove_forward(const rules::PortForward& forward);
  // Publishes a port of the guest as a Unix socket: `listener` listens at `path`. The error says
  // why not. Throws SystemError.
  std::optional<base::Error> publish_unix_socket(base::Fd listener, const std::string& path,
                                                 uint16_t guest_port);
  // --host-port: `listener` listens in the guest at `in_guest` (host_service.hh). Throws
  // SystemError.
  void add_host_service(base::Fd listener, const wire::Endpoint& in_guest,
                        std::vector<wire::Endpoint> targets);
  // The same for a service behind a Unix socket of the host (outside_words.hh).
  void add_host_socket(base::Fd listener, const wire::Endpoint& in_guest, uint32_t number);
  // The channel to the process inside (inside_client.hh). Throws SystemError.
  void connect_inside(base::Fd channel);
  // The channel to the process outside, for host sockets. Throws SystemError.
  void connect_outside(base::Fd channel);
  // What the guest listens on, several times a second from now on. `on_list` must not throw.
  void follow_listeners(std::function<void(const std::vector<wire::Listener>&)> on_list);
  // IPv6 ports can be forwarded: the guest's network has IPv6.
  bool has_v6() const noexcept;
  void set_dns_upstreams(const std::vector<dns::Upstream>& upstreams);
  const base::Counters& counters() const noexcept;
  // Some of the flows that the helper relays, from `from` on: 0, or a page's `next`. A page takes a
  // fraction of a millisecond; all flows that stay while they are asked for are on one of them,
  // perhaps on two.
  wire::FlowPage flows(uint32_t from) const;
  // Sends what crosses the TAP to `reader`, as captures.hh says. False: too many do so already.
  bool start_capture(base::Fd& reader, const rules::CaptureFilter& filter,
                     std::string_view greeting) noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace nsrun::dataplane
