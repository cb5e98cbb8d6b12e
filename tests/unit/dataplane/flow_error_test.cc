// SPDX-License-Identifier: Apache-2.0
#include "dataplane/flow_error.hh"

#include <cerrno>

#include "support/relay_bench.hh"

namespace nsrun::dataplane {
namespace {

using test::ip;
using wire::IcmpError;

TEST(FlowError, SpeaksTheNetworksWords) {
  EXPECT_EQ(icmp_error_for(ENETUNREACH), IcmpError::kNetworkUnreachable);
  EXPECT_EQ(icmp_error_for(EAFNOSUPPORT), IcmpError::kNetworkUnreachable);
  EXPECT_EQ(icmp_error_for(EADDRNOTAVAIL), IcmpError::kNetworkUnreachable);
  EXPECT_EQ(icmp_error_for(EHOSTUNREACH), IcmpError::kHostUnreachable);
  EXPECT_EQ(icmp_error_for(EACCES), IcmpError::kAdministrativelyProhibited);
  EXPECT_EQ(icmp_error_for(ECONNREFUSED), std::nullopt);
  EXPECT_EQ(icmp_error_for(ETIMEDOUT), std::nullopt);
}

// A kernel looks for its socket by these.
TEST(FlowError, QuotesWhatTheGuestSent) {
  for (const bool is_v4 : {true, false}) {
    for (const wire::Transport transport : {wire::Transport::kTcp, wire::Transport::kUdp}) {
      const wire::FlowKey flow{transport,
                               {ip(is_v4 ? "10.0.2.100" : "fd00::100"), 40000},
                               {ip(is_v4 ? "198.51.100.1" : "2001:db8::1"), 443}};
      const wire::IpAddress router = ip(is_v4 ? "198.51.100.254" : "2001:db8::ff");
      test::FrameNotebook sink(true);
      send_flow_error(sink, {test::kGuestMac, test::kGatewayMac}, flow,
                      {IcmpError::kPacketTooBig, router, wire::Sequence(77), 1400});
      ASSERT_EQ(sink.frames.size(), 1U);
      const wire::Packet packet = sink.frames.front().packet();
      EXPECT_EQ(packet.source, router);
      EXPECT_EQ(packet.destination, flow.guest.address);
      const auto error = wire::IcmpView::parse(packet.transport);
      EXPECT_EQ(error->sequence(), 1400);  // where the MTU stands
      const wire::Packet quoted = wire::parse_ip(error->payload()).packet;
      EXPECT_EQ(quoted.protocol, static_cast<uint8_t>(transport));
      EXPECT_EQ(quoted.source_endpoint(), flow.guest);
      EXPECT_EQ(quoted.destination_endpoint(), flow.remote);
      if (transport == wire::Transport::kTcp) {
        EXPECT_EQ(wire::TcpView::parse(quoted.transport)->sequence().value(), 77U);
      }
    }
  }
}

}  // namespace
}  // namespace nsrun::dataplane
