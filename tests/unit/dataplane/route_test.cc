// SPDX-License-Identifier: Apache-2.0
#include "dataplane/route.hh"

#include <gtest/gtest.h>

#include "support/frames.hh"

namespace nsrun::dataplane {
namespace {

using rules::Verdict;
using test::Frame;
using test::ip;

RoutingRules closed_rules() {
  return {rules::make_network_plan(rules::kDefaultCidr, rules::kDefaultCidr6).value(), {}, true};
}

wire::IpAddress guest_for(const wire::IpAddress& destination) {
  return ip(destination.is_v4() ? "10.0.2.100" : "fd00::100");
}

Route route_frame(const RoutingRules& rules, const Frame& frame) {
  const wire::ParsedFrame parsed = wire::parse_frame(frame);
  EXPECT_EQ(parsed.status, wire::ParseStatus::kIp);
  return route(rules, parsed.packet);
}

Route route_udp(const RoutingRules& rules, const char* destination, uint16_t port) {
  const wire::IpAddress address = ip(destination);
  return route_frame(
      rules, test::udp_frame({guest_for(address), 4000}, {address, port}, test::bytes("x")));
}

Route route_tcp(const RoutingRules& rules, const char* destination, uint16_t port,
                uint8_t flags = wire::kTcpSyn) {
  const wire::IpAddress address = ip(destination);
  wire::TcpFields fields;
  fields.flags = flags;
  return route_frame(rules, test::tcp_frame({guest_for(address), 4000}, {address, port}, fields));
}

Route route_ping(const RoutingRules& rules, const char* destination) {
  const wire::IpAddress address = ip(destination);
  return route_frame(rules, test::ping_frame(guest_for(address), address));
}

constexpr const char* kNeverDestinations[] = {
    "0.1.2.3",    "127.0.0.1", "127.255.0.1", "240.0.0.1", "224.0.0.1", "255.255.255.255",
    "10.0.2.255", "::",        "::1",         "ff02::1",   "ff05::2"};

TEST(Route, NeverGoesToAddressesThatAreNoDestination) {
  RoutingRules rules = closed_rules();
  rules.egress = {.allow_host_loopback = true, .allow_link_local = true};
  for (const char* destination : kNeverDestinations) {
    for (const Route& got :
         {route_tcp(rules, destination, 80), route_udp(rules, destination, 80),
          route_ping(rules, destination), route_tcp(rules, destination, 80, wire::kTcpAck)}) {
      EXPECT_EQ(got.destination, Destination::kDenied) << destination;
      EXPECT_EQ(got.verdict, Verdict::kNeverADestination) << destination;
    }
  }
}

TEST(Route, LinkLocalAndMetadataAreClosedUnlessAllowed) {
  RoutingRules rules = closed_rules();
  for (const char* destination : {"169.254.169.254", "fe80::99", "100.100.100.200"}) {
    rules.egress.allow_link_local = false;
    EXPECT_EQ(route_tcp(rules, destination, 80).verdict, Verdict::kLinkLocal) << destination;
    EXPECT_EQ(route_udp(rules, destination, 80).verdict, Verdict::kLinkLocal) << destination;
    EXPECT_EQ(route_ping(rules, destination).verdict, Verdict::kLinkLocal) << destination;
    rules.egress.allow_link_local = true;
    EXPECT_EQ(route_tcp(rules, destination, 80).destination, Destination::kFlow) << destination;
  }
}

TEST(Route, TheGatewayMeansHostLoopback) {
  RoutingRules rules = closed_rules();
  // fd00::77 is nobody, but libslirp would take it for the gateway.
  for (const char* destination : {"10.0.2.2", "fd00::2", "fd00::77"}) {
    rules.egress.allow_host_loopback = false;
    EXPECT_EQ(route_tcp(rules, destination, 80).verdict, Verdict::kHostLoopback) << destination;
    EXPECT_EQ(route_udp(rules, destination, 80).verdict, Verdict::kHostLoopback) << destination;
    rules.egress.allow_host_loopback = true;
    EXPECT_EQ(route_tcp(rules, destination, 80).destination, Destination::kFlow) << destination;
  }
}

TEST(Route, AConnectionFromOutsideMayBeAnswered) {
  const RoutingRules rules = closed_rules();
  for (const uint8_t flags :
       {wire::kTcpAck, wire::kTcpRst, uint8_t{wire::kTcpSyn | wire::kTcpAck}}) {
    EXPECT_EQ(route_tcp(rules, "10.0.2.2", 40000, flags).destination, Destination::kFlow);
  }
}

TEST(Route, TheNameServerListensOnPort53Only) {
  RoutingRules rules = closed_rules();
  for (const char* server : {"10.0.2.3", "fd00::3"}) {
    rules.dns = true;
    EXPECT_EQ(route_udp(rules, server, 53).destination, Destination::kNameServer);
    EXPECT_EQ(route_tcp(rules, server, 53).destination, Destination::kFlow);
    EXPECT_EQ(route_udp(rules, server, 54).destination, Destination::kClosedPort);
    EXPECT_EQ(route_tcp(rules, server, 22).destination, Destination::kClosedPort);
    rules.dns = false;
    EXPECT_EQ(route_udp(rules, server, 53).destination, Destination::kClosedPort);
    EXPECT_EQ(route_tcp(rules, server, 53).destination, Destination::kClosedPort);
  }
}

TEST(Route, TheStackAnswersPingsOfTheLink) {
  const RoutingRules rules = closed_rules();
  for (const char* own : {"10.0.2.2", "10.0.2.3", "fd00::2", "fd00::3", "fe80::2"}) {
    EXPECT_EQ(route_ping(rules, own).destination, Destination::kStack) << own;
  }
}

TEST(Route, OtherPingsLeaveTheLink) {
  for (const char* beyond : {"192.0.2.1", "2001:db8::1"}) {
    EXPECT_EQ(route_ping(closed_rules(), beyond).destination, Destination::kPing) << beyond;
  }
}

TEST(Route, ServicesOfTheLinkGoToTheStack) {
  const RoutingRules rules = closed_rules();
  EXPECT_EQ(route_udp(rules, "255.255.255.255", 67).destination, Destination::kStack);
  EXPECT_EQ(route_udp(rules, "10.0.2.2", 67).destination, Destination::kStack);
  EXPECT_EQ(route_udp(rules, "ff02::1:2", 547).destination, Destination::kStack);
  Frame message(8);
  message[0] = std::byte{wire::icmp_v6::kRouterSolicitation};
  EXPECT_EQ(route_frame(
                rules, test::ip_frame(ip("fe80::1"), ip("ff02::2"), wire::kProtocolIcmpV6, message))
                .destination,
            Destination::kStack);
}

TEST(Route, TheStacksTftpServerIsClosed) {
  RoutingRules rules = closed_rules();
  rules.egress.allow_host_loopback = true;
  EXPECT_EQ(route_udp(rules, "10.0.2.2", 69).destination, Destination::kClosedPort);
}

TEST(Route, ChatterOfTheLinkIsIgnored) {
  const RoutingRules rules = closed_rules();
  const Frame message(8);
  constexpr uint8_t kIgmp = 2;
  EXPECT_EQ(route_frame(rules, test::ip_frame(ip("10.0.2.100"), ip("224.0.0.22"), kIgmp, message))
                .destination,
            Destination::kIgnored);
  Frame listener_report(8);
  listener_report[0] = std::byte{143};
  EXPECT_EQ(route_frame(rules, test::ip_frame(ip("fe80::1"), ip("ff02::16"), wire::kProtocolIcmpV6,
                                              listener_report))
                .destination,
            Destination::kIgnored);
}

TEST(Route, OtherProtocolsAreRefused) {
  const RoutingRules rules = closed_rules();
  constexpr uint8_t kSctp = 132;
  const Frame message(12);
  EXPECT_EQ(route_frame(rules, test::ip_frame(ip("10.0.2.100"), ip("192.0.2.1"), kSctp, message))
                .destination,
            Destination::kClosedPort);
  EXPECT_EQ(route_frame(rules, test::ip_frame(ip("10.0.2.100"), ip("127.0.0.1"), kSctp, message))
                .destination,
            Destination::kDenied);
}

TEST(Route, Ipv6IsIgnoredWhileItIsOff) {
  RoutingRules rules = closed_rules();
  rules.plan = rules::make_network_plan(rules::kDefaultCidr, "").value();
  EXPECT_EQ(route_tcp(rules, "2001:db8::1", 80).destination, Destination::kIgnored);
}

}  // namespace
}  // namespace nsrun::dataplane
