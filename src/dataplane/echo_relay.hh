// SPDX-License-Identifier: Apache-2.0
//
// Pings beyond the gateway, IPv4 and IPv6: the guest's echo requests leave through unprivileged
// ping sockets of the host (icmp(7)), whose kernel puts an identifier of its own in; the guest's
// comes back with the answer. ICMP errors are passed on. Bounded; RFC 5508 REQ-1: a query lives a
// minute.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/counters.hh"
#include "dataplane/frame_sink.hh"
#include "dataplane/link_pair.hh"
#include "dataplane/transport_engine.hh"
#include "loop/loop.hh"
#include "wire/flow_report.hh"
#include "wire/icmp.hh"
#include "wire/packet.hh"

namespace nsrun::dataplane {

class EchoRelay {
 public:
  // All references must outlive the relay.
  EchoRelay(loop::Loop& loop, FrameSink& sink, const std::optional<wire::IpAddress>& outbound_v4,
            const std::optional<wire::IpAddress>& outbound_v6);
  ~EchoRelay();

  // An echo request that the policy lets pass. What the guest is to be told when it cannot be sent.
  std::optional<wire::IcmpError> receive(const wire::Packet& request, base::Time now) noexcept;

  // All of them: they are few.
  void report_all(base::Time now, std::vector<wire::FlowReport>& reports) const;

 private:
  class Exchange;

  Exchange* exchange_for(const wire::Packet& request, uint16_t identifier, base::Time now) noexcept;
  std::optional<wire::IcmpError> explain(int error) noexcept;
  void make_room() noexcept;
  void expire(base::Time now) noexcept;

  loop::Loop& loop_;
  FrameSink& sink_;
  const std::optional<wire::IpAddress> outbound_v4_;
  const std::optional<wire::IpAddress> outbound_v6_;
  std::vector<std::unique_ptr<Exchange>> exchanges_;  // few: a linear search is the fastest
  std::vector<std::byte> received_;
  std::vector<std::byte> frame_;  // on its way to the guest
  loop::Timer expiry_;
  int last_error_ = 0;
  bool is_explained_ = false;
};

}  // namespace nsrun::dataplane
