// SPDX-License-Identifier: Apache-2.0
#include "dataplane/guest_addresses.hh"

namespace nsrun::dataplane {
namespace {

constexpr uint16_t kDnsPort = 53;

const wire::Prefix kLinkLocalV4(wire::IpAddress::v4(0xa9fe0000), 16);

}  // namespace

bool is_name_server(const rules::NetworkPlan& plan, const wire::IpAddress& address) noexcept {
  return address == plan.dns_v4 || (plan.has_v6 && address == plan.dns_v6);
}

std::optional<wire::Endpoint> host_destination(const rules::NetworkPlan& plan,
                                               const wire::Endpoint& destination,
                                               const std::optional<wire::Endpoint>& dns_upstream) {
  if (destination.address == plan.gateway_v4) {
    return wire::Endpoint{wire::kLoopbackV4, destination.port};
  }
  if (plan.has_v6 && destination.address == plan.gateway_v6) {
    return wire::Endpoint{wire::kLoopbackV6, destination.port};
  }
  if (is_name_server(plan, destination.address)) {
    return destination.port == kDnsPort ? dns_upstream : std::nullopt;
  }
  return destination;
}

wire::Endpoint shown_client(const rules::NetworkPlan& plan, const wire::Endpoint& client,
                            const wire::IpAddress& guest, bool is_own_host) {
  const wire::IpAddress& address = client.address;
  const bool is_elsewhere = address.is_v4() == guest.is_v4() && !is_own_host &&
                            !address.is_loopback() && !kLinkLocalV4.contains(address) &&
                            !address.is_link_local_v6() && !plan.v4.contains(address) &&
                            !(plan.has_v6 && plan.v6.contains(address));
  if (is_elsewhere) return client;
  return {guest.is_v4() ? plan.gateway_v4 : plan.gateway_v6, client.port};
}

}  // namespace nsrun::dataplane
