// SPDX-License-Identifier: Apache-2.0
//
// Between the addresses that the guest sees and the host's: pure.
#pragma once

#include <functional>
#include <optional>

#include "rules/network_plan.hh"
#include "wire/address.hh"

namespace nsrun::dataplane {

// Of a connection on the host.
struct HostTarget {
  wire::Endpoint endpoint;
  uint32_t interface = 0;  // that leads there, where the address is link-local
};

// One of the addresses at which names are asked.
bool is_name_server(const rules::NetworkPlan& plan, const wire::IpAddress& address) noexcept;

// Where a connection to `destination`, as the guest names it, goes on the host: the gateway means
// the host's loopback, port 53 of a DNS address `dns_upstream`. nullopt: nobody is there
// (another port of a DNS address, or no upstream).
std::optional<wire::Endpoint> host_destination(const rules::NetworkPlan& plan,
                                               const wire::Endpoint& destination,
                                               const std::optional<wire::Endpoint>& dns_upstream);

// As whom the guest sees `client`, a client of a published port that leads to `guest`: under its
// real address, unless answers to that would not come back through the TAP (loopback, link-local,
// the guest's own prefixes, the other address family) or it is this host (`is_own_host`): then as
// the gateway.
wire::Endpoint shown_client(const rules::NetworkPlan& plan, const wire::Endpoint& client,
                            const wire::IpAddress& guest, bool is_own_host);

}  // namespace nsrun::dataplane
