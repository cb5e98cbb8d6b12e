// SPDX-License-Identifier: Apache-2.0
#include "dataplane/route.hh"

#include "dataplane/guest_addresses.hh"
#include "wire/icmp.hh"
#include "wire/tcp.hh"

namespace nsrun::dataplane {
namespace {

using rules::Verdict;
using wire::IpAddress;

constexpr uint16_t kDnsPort = 53;
constexpr uint16_t kTftpPort = 69;
constexpr uint16_t kDhcpServerPort = 67;     // RFC 2131
constexpr uint16_t kDhcpV6ServerPort = 547;  // RFC 8415

constexpr IpAddress kLimitedBroadcast = IpAddress::v4(0xffffffff);
constexpr IpAddress kAllDhcpServers =  // ff02::1:2
    IpAddress::v6({0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2});
// fe80::2, libslirp's own name for the gateway: the source of its router advertisements.
constexpr IpAddress kStackLinkLocal =
    IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2});

bool is_gateway(const rules::NetworkPlan& plan, const IpAddress& address) noexcept {
  return address == plan.gateway_v4 || (plan.has_v6 && address == plan.gateway_v6);
}

bool is_icmp(const wire::Packet& packet) noexcept {
  return packet.protocol == (packet.is_v4 ? wire::kProtocolIcmp : wire::kProtocolIcmpV6);
}

uint8_t icmp_type(const wire::Packet& packet) noexcept {
  return static_cast<uint8_t>(packet.transport[0]);
}

bool is_echo_request(const wire::Packet& packet) noexcept {
  return is_icmp(packet) && icmp_type(packet) == (packet.is_v4 ? wire::icmp_v4::kEchoRequest
                                                               : wire::icmp_v6::kEchoRequest);
}

bool is_dhcp(const rules::NetworkPlan& plan, const wire::Packet& packet) noexcept {
  if (packet.protocol != wire::kProtocolUdp) return false;
  if (packet.is_v4) {
    return packet.destination_port == kDhcpServerPort &&
           (packet.destination == kLimitedBroadcast || packet.destination == plan.gateway_v4);
  }
  return packet.destination_port == kDhcpV6ServerPort && packet.destination == kAllDhcpServers;
}

// Router and neighbour discovery, from the guest's side (RFC 4861).
bool is_discovery(const wire::Packet& packet) noexcept {
  if (packet.is_v4 || packet.protocol != wire::kProtocolIcmpV6) return false;
  const uint8_t type = icmp_type(packet);
  return type == wire::icmp_v6::kRouterSolicitation ||
         type == wire::icmp_v6::kNeighborSolicitation ||
         type == wire::icmp_v6::kNeighborAdvertisement;
}

bool opens_connection(const wire::Packet& packet) noexcept {
  const auto segment = wire::TcpView::parse(packet.transport);
  return segment && segment->has(wire::kTcpSyn) && !segment->has(wire::kTcpAck);
}

Verdict judge(const RoutingRules& rules, const IpAddress& destination) noexcept {
  // libslirp takes every address of the IPv6 prefix for the host's loopback.
  const bool means_gateway = rules.plan.has_v6 && rules.plan.v6.contains(destination) &&
                             !is_name_server(rules.plan, destination);
  return rules::judge(rules.egress, rules.plan,
                      means_gateway ? rules.plan.gateway_v6 : destination);
}

Route route_flow(const RoutingRules& rules, const wire::Packet& packet) noexcept {
  const bool is_tcp = packet.protocol == wire::kProtocolTcp;
  if (is_name_server(rules.plan, packet.destination)) {
    if (!rules.dns || packet.destination_port != kDnsPort) return {Destination::kClosedPort};
    return {is_tcp ? Destination::kFlow : Destination::kNameServer};
  }
  // libslirp has a TFTP server there that nobody wants.
  if (!is_tcp && packet.destination_port == kTftpPort &&
      is_gateway(rules.plan, packet.destination)) {
    return {Destination::kClosedPort};
  }
  const Verdict verdict = judge(rules, packet.destination);
  if (verdict == Verdict::kAllow) return {Destination::kFlow};
  // A client of a published port may well be where the guest must not go by itself.
  if (is_tcp && verdict != Verdict::kNeverADestination && !opens_connection(packet)) {
    return {Destination::kFlow};
  }
  return {Destination::kDenied, verdict};
}

// An echo request that the stack does not answer itself.
bool leaves_link(const rules::NetworkPlan& plan, const IpAddress& destination) noexcept {
  return !is_gateway(plan, destination) && !is_name_server(plan, destination) &&
         destination != kStackLinkLocal;
}

Route route_echo(const RoutingRules& rules, const wire::Packet& packet) noexcept {
  const rules::NetworkPlan& plan = rules.plan;
  if (!leaves_link(plan, packet.destination)) return {Destination::kStack};
  const Verdict verdict = judge(rules, packet.destination);
  if (verdict == Verdict::kAllow) return {Destination::kPing};
  return {Destination::kDenied, verdict};
}

}  // namespace

Route route(const RoutingRules& rules, const wire::Packet& packet) noexcept {
  if (!packet.is_v4 && !rules.plan.has_v6) return {};
  if (is_dhcp(rules.plan, packet) || is_discovery(packet)) return {Destination::kStack};
  if (packet.is_flow()) return route_flow(rules, packet);
  if (is_echo_request(packet)) return route_echo(rules, packet);
  if (is_icmp(packet) || packet.destination.is_multicast_or_broadcast()) return {};
  const Verdict verdict = judge(rules, packet.destination);
  // Neither the stack nor a socket of ours speaks any other protocol.
  return verdict == Verdict::kAllow ? Route{Destination::kClosedPort}
                                    : Route{Destination::kDenied, verdict};
}

}  // namespace nsrun::dataplane
