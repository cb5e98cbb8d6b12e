// SPDX-License-Identifier: Apache-2.0
//
// The data plane as its guest sees it: frames in, frames out, host sockets on loopback.
#include "dataplane/data_plane.hh"

#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "support/guest_tcp.hh"
#include "support/host_socket.hh"
#include "support/running_data_plane.hh"
#include "wire/dns.hh"
#include "wire/udp.hh"

namespace nsrun::dataplane {
namespace {

using base::Counter;
using test::Arrival;
using test::bytes;
using test::Frame;
using test::GuestTcp;
using test::HostSocket;
using test::ip;
using test::kGatewayV4;
using test::kGatewayV6;
using test::kGuestV4;
using test::kGuestV6;
using test::RunningDataPlane;
using wire::Endpoint;
using wire::Transport;

Config open_config() {
  Config config = test::default_config();
  config.egress.allow_host_loopback = true;
  return config;
}

class EitherFamily : public testing::TestWithParam<std::tuple<bool, TcpEngine>> {
 protected:
  Config with_engine(Config config) const {
    config.tcp_engine = std::get<TcpEngine>(GetParam());
    return config;
  }

  const bool is_v4_ = std::get<bool>(GetParam());
  const wire::IpAddress guest_ = is_v4_ ? kGuestV4 : kGuestV6;
  const wire::IpAddress gateway_ = is_v4_ ? kGatewayV4 : kGatewayV6;
  const wire::IpAddress dns_ = ip(is_v4_ ? "10.0.2.3" : "fd00::3");
  const wire::IpAddress loopback_ = is_v4_ ? wire::kLoopbackV4 : wire::kLoopbackV6;
  const wire::IpAddress any_ = is_v4_ ? wire::kAnyV4 : wire::kAnyV6;
  const Config closed_ = with_engine(test::default_config());
  const Config open_ = with_engine(open_config());
};

INSTANTIATE_TEST_SUITE_P(DataPlane, EitherFamily,
                         testing::Combine(testing::Bool(), testing::Values(TcpEngine::kAccelerated,
                                                                           TcpEngine::kLibslirp)),
                         [](const auto& test) {
                           const bool is_accelerated =
                               std::get<TcpEngine>(test.param) == TcpEngine::kAccelerated;
                           return std::string(std::get<bool>(test.param) ? "IPv4" : "IPv6") +
                                  (is_accelerated ? "" : "ByLibslirp");
                         });

TEST(DataPlane, AnswersArpForTheGateway) {
  RunningDataPlane plane;
  plane.guest.sends(test::arp_request(kGuestV4, kGatewayV4));
  const Arrival arrival = plane.guest.receives();
  ASSERT_EQ(arrival.parsed.status, wire::ParseStatus::kArp);
  const auto reply =
      wire::ArpView::parse(base::Bytes(arrival.bytes).subspan(sizeof(wire::EthernetHeader)));
  EXPECT_EQ(reply->operation(), wire::kArpReply);
  EXPECT_EQ(reply->sender_ip(), kGatewayV4);
  EXPECT_EQ(reply->sender_mac(), test::kGatewayMac);
}

TEST_P(EitherFamily, AnswersPingsOfTheGateway) {
  RunningDataPlane plane(closed_);
  plane.guest.sends(test::ping_frame(guest_, gateway_, bytes("payload")));
  const Arrival arrival = plane.guest.receives_traffic();
  EXPECT_EQ(arrival.icmp().type(), is_v4_ ? wire::icmp_v4::kEchoReply : wire::icmp_v6::kEchoReply);
  EXPECT_EQ(arrival.packet().source, gateway_);
  EXPECT_EQ(arrival.icmp().sequence(), 1);
}

TEST(DataPlane, WorksOnATapWithoutVirtioNetHeader) {
  RunningDataPlane plane(test::default_config(), {false, false});
  plane.has_sent_nothing_else();
}

TEST(DataPlane, OffersALeaseByDhcp) {
  RunningDataPlane plane;
  Frame discover(240 + 4);  // RFC 2131 section 2
  base::ByteWriter writer(discover);
  writer.write_be32(0x01010600);  // request, Ethernet
  writer.write_be32(0x12345678);
  writer.fill(20, std::byte{0});
  writer.write(base::bytes_of(test::kGuestMac));
  writer.fill(10 + 64 + 128, std::byte{0});
  writer.write_be32(0x63825363);
  writer.write_be32(0x350101ff);  // option 53, discover, end
  ASSERT_TRUE(writer.ok());
  plane.guest.sends(test::udp_frame({ip("0.0.0.0"), 68}, {ip("255.255.255.255"), 67}, discover,
                                    wire::kBroadcastMac));
  const Arrival offer = plane.guest.receives();
  EXPECT_EQ(offer.packet().source_port, 67);
  constexpr size_t kYourAddressOffset = sizeof(wire::UdpHeader) + 16;
  EXPECT_EQ(wire::IpAddress::from_bytes(offer.packet().transport.subspan(kYourAddressOffset, 4)),
            ip("10.0.2.15"));
}

TEST_P(EitherFamily, TheGatewayLeadsToHostLoopbackWhenAllowed) {
  const HostSocket listener = HostSocket::bound(Transport::kTcp, loopback_);
  RunningDataPlane plane(open_);
  GuestTcp connection(plane.guest, {guest_, 40000}, {gateway_, listener.port()});
  const Arrival answer = connection.connects();
  ASSERT_TRUE(answer.tcp().has(wire::kTcpSyn)) << test::describe_frame(answer.bytes);
  const HostSocket server = listener.accepts();
  connection.sends(bytes("from the guest"));
  EXPECT_EQ(server.receives(), "from the guest");
  server.sends("from the host");
  EXPECT_EQ(connection.receives(), "from the host");
}

TEST_P(EitherFamily, TakesSegmentsBeyondTheMtu) {
  const HostSocket listener = HostSocket::bound(Transport::kTcp, loopback_);
  RunningDataPlane plane(open_);
  GuestTcp connection(plane.guest, {guest_, 40000}, {gateway_, listener.port()});
  connection.connects();
  const HostSocket server = listener.accepts();
  std::string sent(60'000, '\0');
  for (size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 7);
  connection.sends_offloaded(bytes(sent), 1440);
  std::string got;
  while (got.size() < sent.size()) {
    const std::string piece = server.receives();
    ASSERT_FALSE(piece.empty());
    got += piece;
  }
  EXPECT_EQ(got, sent);
}

TEST_P(EitherFamily, AClosedHostPortIsRefused) {
  HostSocket listener = HostSocket::bound(Transport::kTcp, loopback_);
  const uint16_t port = listener.port();
  listener.closes();
  RunningDataPlane plane(open_);
  GuestTcp connection(plane.guest, {guest_, 40000}, {gateway_, port});
  EXPECT_TRUE(connection.connects().tcp().has(wire::kTcpRst));
}

TEST_P(EitherFamily, ClosedHostLoopbackIsUnreachable) {
  RunningDataPlane plane(closed_);
  GuestTcp connection(plane.guest, {guest_, 40000}, {gateway_, 80});
  const Arrival answer = connection.connects();
  EXPECT_EQ(answer.icmp().type(), is_v4_ ? wire::icmp_v4::kDestinationUnreachable
                                         : wire::icmp_v6::kDestinationUnreachable);
  EXPECT_EQ(answer.icmp().code(),
            is_v4_ ? wire::icmp_v4::kNetworkUnreachable : wire::icmp_v6::kNoRoute);
  EXPECT_EQ(answer.packet().source, gateway_);
  EXPECT_EQ(plane.count(Counter::kDeniedByPolicy), 1U);
}

TEST_P(EitherFamily, APublishedTcpPortLeadsToTheGuest) {
  RunningDataPlane plane(closed_);
  const uint16_t port = HostSocket::bound(Transport::kTcp, loopback_).port();
  const auto forward = plane.add_forward({Transport::kTcp, {loopback_, port}, {any_, 80}});
  ASSERT_TRUE(forward) << forward.error();
  EXPECT_EQ(forward->guest, (Endpoint{guest_, 80}));
  const HostSocket client = HostSocket::connected(Transport::kTcp, {loopback_, port});
  GuestTcp server = GuestTcp::accepts(plane.guest);
  EXPECT_EQ(server.own(), (Endpoint{guest_, 80}));
  EXPECT_EQ(server.peer().address, gateway_);
  client.sends("request");
  EXPECT_EQ(server.receives(), "request");
  server.sends(bytes("response"));
  EXPECT_EQ(client.receives(), "response");
}

// A virtual machine that has sent nothing yet. Its kernel takes nothing but this that was sent to
// everybody.
TEST(DataPlane, AGuestThatHasBeenSilentIsAskedForByArp) {
  RunningDataPlane plane;
  const uint16_t port = HostSocket::bound(Transport::kTcp, wire::kLoopbackV4).port();
  ASSERT_TRUE(plane.add_forward({Transport::kTcp, {wire::kLoopbackV4, port}, {kGuestV4, 80}}));
  const HostSocket client = HostSocket::connected(Transport::kTcp, {wire::kLoopbackV4, port});
  const Arrival arrival = plane.guest.receives();
  ASSERT_EQ(arrival.parsed.status, wire::ParseStatus::kArp) << test::describe_frame(arrival.bytes);
  EXPECT_EQ(arrival.parsed.packet.ethernet.destination, wire::kBroadcastMac);
  const auto request =
      wire::ArpView::parse(base::Bytes(arrival.bytes).subspan(sizeof(wire::EthernetHeader)));
  EXPECT_EQ(request->operation(), wire::kArpRequest);
  EXPECT_EQ(request->sender_ip(), kGatewayV4);
  EXPECT_EQ(request->sender_mac(), test::kGatewayMac);
  EXPECT_EQ(request->target_ip(), kGuestV4);
}

TEST_P(EitherFamily, AClientOfAPublishedUdpPortIsAnsweredAlsoOnLoopback) {
  RunningDataPlane plane(closed_);
  const uint16_t port = HostSocket::bound(Transport::kUdp, loopback_).port();
  ASSERT_TRUE(plane.add_forward({Transport::kUdp, {loopback_, port}, {any_, 53}}));
  const HostSocket client = HostSocket::connected(Transport::kUdp, {loopback_, port});
  client.sends("question");
  const Arrival question = plane.guest.receives_traffic();
  ASSERT_EQ(question.packet().protocol, wire::kProtocolUdp) << test::describe_frame(question.bytes);
  EXPECT_EQ(question.packet().destination_endpoint(), (Endpoint{guest_, 53}));
  plane.guest.sends(test::udp_frame(question.packet().destination_endpoint(),
                                    question.packet().source_endpoint(), bytes("answer")));
  EXPECT_EQ(client.receives(), "answer");
  // To nobody else on the host's loopback.
  Endpoint other = question.packet().source_endpoint();
  other.port = static_cast<uint16_t>(other.port ^ 1);
  plane.guest.sends(
      test::udp_frame(question.packet().destination_endpoint(), other, bytes("probe")));
  const Arrival refusal = plane.guest.receives_traffic();
  EXPECT_EQ(refusal.icmp().type(), is_v4_ ? wire::icmp_v4::kDestinationUnreachable
                                          : wire::icmp_v6::kDestinationUnreachable);
}

TEST(DataPlane, Ipv6ForwardsFollowTheAddressThatTheGuestUses) {
  RunningDataPlane plane;
  const wire::IpAddress own_choice = ip("fd00::5054:ff:fe12:3456");
  const uint16_t port = HostSocket::bound(Transport::kTcp, wire::kLoopbackV6).port();
  ASSERT_TRUE(plane.add_forward({Transport::kTcp, {wire::kLoopbackV6, port}, {wire::kAnyV6, 80}}));
  plane.guest.sends(test::ping_frame(own_choice, kGatewayV6));
  plane.guest.receives_traffic();
  const HostSocket client = HostSocket::connected(Transport::kTcp, {wire::kLoopbackV6, port});
  EXPECT_EQ(GuestTcp::accepts(plane.guest).own(), (Endpoint{own_choice, 80}));
}

// A bridge in the guest looks for an address of its own, as nobody yet.
TEST(DataPlane, WhoOnlyLooksForAnAddressDoesNotTakeTheGuestsPlace) {
  RunningDataPlane plane;
  const uint16_t port = HostSocket::bound(Transport::kTcp, wire::kLoopbackV6).port();
  ASSERT_TRUE(plane.add_forward({Transport::kTcp, {wire::kLoopbackV6, port}, {kGuestV6, 80}}));
  plane.guest.sends(test::ping_frame(kGuestV6, kGatewayV6));
  plane.guest.receives_traffic();
  plane.guest.sends(test::from_mac(
      test::kOtherMac, test::neighbor_solicitation(wire::kAnyV6, ip("fd00::4c99:3fff:fe7a:db7d"))));
  const HostSocket client = HostSocket::connected(Transport::kTcp, {wire::kLoopbackV6, port});
  const Arrival syn = plane.guest.receives_traffic();
  EXPECT_TRUE(syn.tcp().has(wire::kTcpSyn));
  EXPECT_EQ(syn.packet().ethernet.destination, test::kGuestMac);
}

TEST_P(EitherFamily, APortInUseCannotBePublished) {
  RunningDataPlane plane(closed_);
  for (const Transport transport : {Transport::kTcp, Transport::kUdp}) {
    const HostSocket holder = HostSocket::bound(transport, loopback_);
    const auto forward = plane.add_forward({transport, {loopback_, holder.port()}, {any_, 80}});
    ASSERT_FALSE(forward);
    EXPECT_EQ(forward.error(), "Address already in use");
  }
}

TEST(DataPlane, WildcardsOfBothFamiliesShareAPort) {
  RunningDataPlane plane;
  for (const Transport transport : {Transport::kTcp, Transport::kUdp}) {
    const uint16_t port = HostSocket::bound(transport, wire::kAnyV6).port();
    for (const wire::IpAddress& any : {wire::kAnyV4, wire::kAnyV6}) {
      const auto forward = plane.add_forward({transport, {any, port}, {any, 80}});
      EXPECT_TRUE(forward) << forward.error();
    }
  }
}

TEST_P(EitherFamily, ARemovedPortCanBePublishedAgainAtOnce) {
  RunningDataPlane plane(closed_);
  for (const Transport transport : {Transport::kTcp, Transport::kUdp}) {
    const uint16_t port = HostSocket::bound(transport, loopback_).port();
    const rules::PortForward forward{transport, {loopback_, port}, {any_, 80}};
    ASSERT_TRUE(plane.add_forward(forward));
    EXPECT_TRUE(plane.ask([&](DataPlane& p) { return p.remove_forward(forward); }));
    EXPECT_FALSE(plane.ask([&](DataPlane& p) { return p.remove_forward(forward); }));
    EXPECT_TRUE(plane.add_forward(forward));
  }
}

TEST(DataPlane, Ipv6PortsNeedAGuestWithIpv6) {
  Config config = test::default_config();
  config.plan = rules::make_network_plan(rules::kDefaultCidr, "").value();
  RunningDataPlane plane(config);
  EXPECT_FALSE(plane.add_forward({Transport::kTcp, {wire::kLoopbackV6, 8080}, {{}, 80}}));
}

Frame dns_query() {
  Frame message(sizeof(wire::DnsHeader) + 3 + 4);
  base::ByteWriter writer(message);
  writer.write(base::bytes_of(
      wire::DnsHeader{uint16_t{0x4242}, wire::kDnsRecursionDesired, uint16_t{1}, {}, {}, {}}));
  writer.write(bytes(std::string_view("\1a\0", 3)));
  writer.write_be32(0x00010001);  // A, IN
  return message;
}

TEST_P(EitherFamily, NamesAreAskedFromTheHostsServer) {
  const HostSocket upstream = HostSocket::bound(Transport::kUdp);
  Config config = closed_;
  config.dns_upstreams = {wire::kLoopbackV4};
  config.dns_options.upstream_port = upstream.port();
  RunningDataPlane plane(config);
  plane.guest.sends(test::udp_frame({guest_, 5353}, {dns_, 53}, dns_query()));
  upstream.answers([](std::string query) {
    query[2] = static_cast<char>(query[2] | 0x80);
    return query;
  });
  const Arrival answer = plane.guest.receives();
  EXPECT_EQ(answer.packet().source_endpoint(), (Endpoint{dns_, 53}));
  EXPECT_EQ(answer.packet().destination_endpoint(), (Endpoint{guest_, 5353}));
  EXPECT_EQ(answer.packet().ethernet.destination, test::kGuestMac);
  EXPECT_TRUE(wire::has_valid_transport_checksum(answer.packet().transport, dns_, guest_,
                                                 wire::kProtocolUdp));
  const auto message =
      wire::DnsView::parse(answer.packet().transport.subspan(sizeof(wire::UdpHeader)));
  EXPECT_EQ(message->id(), 0x4242);
  EXPECT_TRUE(message->is_response());
}

TEST_P(EitherFamily, OtherPortsOfTheNameServerAreClosed) {
  RunningDataPlane plane(open_);
  GuestTcp connection(plane.guest, {guest_, 40000}, {dns_, 22});
  EXPECT_TRUE(connection.connects().tcp().has(wire::kTcpRst));
  plane.guest.sends(test::udp_frame({guest_, 5353}, {dns_, 22}, bytes("x")));
  EXPECT_EQ(plane.guest.receives_traffic().icmp().code(),
            is_v4_ ? wire::icmp_v4::kPortUnreachable : wire::icmp_v6::kPortUnreachable);
}

TEST(DataPlane, EndsWhenTheTapIsGone) {
  RunningDataPlane plane;
  plane.guest.hangs_up();
  plane.ends();
}

}  // namespace
}  // namespace nsrun::dataplane
