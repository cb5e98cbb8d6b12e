// SPDX-License-Identifier: Apache-2.0
//
// What has been a hole of libslirp, one test for each, built from the public description and named
// after it: dropped before libslirp sees it, made harmless, or borne. SECURITY.md has the table.
#include <gtest/gtest.h>

#include <array>
#include <initializer_list>

#include "os/netlink.hh"
#include "support/guest_tcp.hh"
#include "support/host_socket.hh"
#include "support/running_data_plane.hh"
#include "unit/os/in_namespaces.hh"

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

constexpr wire::Endpoint kAllDhcp{wire::IpAddress::v4(0xffffffff), 67};
constexpr wire::Endpoint kDhcpClient{wire::kAnyV4, 68};

// libslirp carries TCP, and the gateway is the host's loopback.
Config libslirp_config() {
  Config config = test::default_config();
  config.egress.allow_host_loopback = true;
  config.tcp_engine = TcpEngine::kLibslirp;
  return config;
}

class StackHoles : public testing::Test {
 protected:
  // Of `frames`, none was answered nor given to libslirp; `reason` counts them.
  void are_dropped(const std::vector<Frame>& frames, Counter reason) {
    for (const Frame& frame : frames) plane_.guest.sends(frame);
    plane_.has_sent_nothing_else();
    EXPECT_EQ(plane_.count(reason), frames.size());
    EXPECT_EQ(plane_.count(Counter::kSlirpFrames), kFenceFrames);
  }
  // libslirp answers pings of the gateway as before.
  void goes_on() { plane_.has_sent_nothing_else(); }

  // The ping that shows that everything before it has been looked at, and the address resolution
  // of libslirp that it leads to.
  static constexpr uint64_t kFenceFrames = 2;
  RunningDataPlane plane_;
};

Frame dhcp_message(std::initializer_list<uint8_t> options) {
  Frame message(236);
  message[0] = message[1] = std::byte{1};  // a request, over Ethernet
  message[2] = std::byte{6};
  for (const int byte : {0x63, 0x82, 0x53, 0x63}) message.push_back(std::byte(byte));
  for (const uint8_t byte : options) message.push_back(std::byte{byte});
  return message;
}

Frame dhcp_frame(base::Bytes message) {
  return test::udp_frame(kDhcpClient, kAllDhcp, message, wire::kBroadcastMac);
}

// An IP packet in a fragment that is not what it says.
Frame fragment(const Frame& whole, uint16_t flags_and_offset, base::Bytes payload) {
  const wire::Packet packet = wire::parse_frame(whole).packet;
  auto header = wire::load_header<wire::Ipv4Header>(packet.ip);
  header.total_length = static_cast<uint16_t>(sizeof header + payload.size());
  header.flags_and_offset = flags_and_offset;
  Frame result(sizeof header + payload.size());
  base::ByteWriter writer(result);
  writer.write(base::bytes_of(header));
  wire::set_ipv4_checksum(writer.written());
  writer.write(payload);
  return test::ethernet(wire::kEtherTypeIpv4, result);
}

// A datagram without an address or port to answer to.
TEST_F(StackHoles, CVE_2014_3640) {
  are_dropped({test::udp_frame({wire::kAnyV4, 0}, {ip("192.0.2.1"), 9}, bytes("x"))},
              Counter::kDroppedBadIp);
}

// A DHCP option that goes on behind the message.
TEST_F(StackHoles, CVE_2017_11434) {
  are_dropped({dhcp_frame(dhcp_message({53, 1, 1, 12, 200, 'a'})),
               dhcp_frame(dhcp_message({53, 1, 1, 50, 255})), dhcp_frame(dhcp_message({53})),
               dhcp_frame(dhcp_message({53, 1, 1}))},
              Counter::kDroppedUnfitForStack);
}

// A connection that ends while packets of it still wait for their way out.
TEST(StackHolesOfTcp, CVE_2017_13711) {
  RunningDataPlane plane(libslirp_config());
  for (uint16_t port = 4000; port < 4020; ++port) {
    const HostSocket server = HostSocket::bound(wire::Transport::kTcp);
    GuestTcp client(plane.guest, {kGuestV4, port}, {kGatewayV4, server.port()});
    EXPECT_TRUE(client.connects().tcp().has(wire::kTcpSyn));
    const HostSocket accepted = server.accepts();
    accepted.sends(std::string(30'000, 'x'));
    EXPECT_NE(client.receives(), "");  // more of it is under way
    client.resets();
  }
  // What was under way comes first.
  plane.guest.sends(test::ping_frame(kGuestV4, kGatewayV4));
  while (plane.guest.receives_traffic().packet().protocol == wire::kProtocolTcp) continue;
}

// Fragments whose sum is longer than the buffer of the first.
TEST_F(StackHoles, CVE_2018_11806) {
  const std::string payload(60'000, 'x');
  const Frame whole = test::ping_frame(kGuestV4, kGatewayV4, bytes(payload));
  for (const Frame& piece : test::fragments_of(whole, 1480)) plane_.guest.sends(piece);
  EXPECT_EQ(plane_.guest.receives_traffic().icmp().payload().size(), payload.size());
  EXPECT_EQ(plane_.count(Counter::kSlirpFrames), kFenceFrames);
}

// A first fragment that is longer than an ordinary buffer.
TEST_F(StackHoles, CVE_2019_14378) {
  const std::string payload(40'000, 'x');
  const Frame whole = test::ping_frame(kGuestV4, kGatewayV4, bytes(payload));
  for (const Frame& piece : test::fragments_of(whole, 32'000)) plane_.guest.sends(piece);
  EXPECT_EQ(plane_.guest.receives_traffic().icmp().payload().size(), payload.size());
  EXPECT_EQ(plane_.count(Counter::kSlirpFrames), kFenceFrames);
}

// Fragments that cover others, which are freed while they are put together.
TEST_F(StackHoles, CVE_2019_15890) {
  const Frame whole = test::ping_frame(kGuestV4, kGatewayV4, bytes(std::string(400, 'x')));
  plane_.guest.sends(fragment(whole, wire::kIpv4MoreFragments | 2, Frame(64)));
  plane_.guest.sends(fragment(whole, wire::kIpv4MoreFragments | 4, Frame(64)));
  plane_.guest.sends(fragment(whole, wire::kIpv4MoreFragments, Frame(320)));
  plane_.guest.sends(fragment(whole, 40, Frame(8)));
  goes_on();
  EXPECT_GE(plane_.count(Counter::kDroppedFragmentOverlap), 1U);
  EXPECT_EQ(plane_.count(Counter::kSlirpFrames), kFenceFrames);
}

// The same with a first fragment that comes last, a last one that comes twice, an empty one.
TEST_F(StackHoles, CVE_2020_1983) {
  const Frame whole = test::ping_frame(kGuestV4, kGatewayV4, bytes(std::string(400, 'x')));
  plane_.guest.sends(fragment(whole, 20, Frame(17)));
  plane_.guest.sends(fragment(whole, 20, Frame(9)));
  plane_.guest.sends(fragment(whole, wire::kIpv4MoreFragments | 1, {}));
  plane_.guest.sends(fragment(whole, wire::kIpv4MoreFragments, Frame(168)));
  goes_on();
  EXPECT_EQ(plane_.count(Counter::kSlirpFrames), kFenceFrames);
}

struct Emulated {
  const char* hole;
  uint16_t port;
  const char* said;
};

// The protocols in which libslirp would look for addresses and rewrite them, with lengths of its
// own, were it told to (tcp_emu).
const Emulated kEmulated[] = {
    {"CVE_2019_6778", 113, "1025 , 80\r\nand on and on and on without the end of a line"},
    {"CVE_2019_9824", 113, "1025, 80\r\n"},
    {"CVE_2020_7039", 6667, "DCC SEND a_file 167772772 1025 1\r\n"},
    {"CVE_2020_8608_Irc", 6667, "DCC SEND a_file_of_a_name_that_is_long 167772772 1025 1\r\n"},
    {"CVE_2020_8608_Ftp", 21, "PORT 10,0,2,100,4,1\r\n"},
};

class EmulatedProtocols : public testing::TestWithParam<Emulated> {};

INSTANTIATE_TEST_SUITE_P(StackHoles, EmulatedProtocols, testing::ValuesIn(kEmulated),
                         [](const auto& test) { return std::string(test.param.hole); });

std::string arrives_unchanged(const Emulated& emulated) {
  os::Netlink netlink;
  netlink.set_up(netlink.interface_index("lo"));
  const HostSocket server =
      HostSocket::bound(wire::Transport::kTcp, wire::kLoopbackV4, emulated.port);
  RunningDataPlane plane(libslirp_config());
  GuestTcp client(plane.guest, {kGuestV4, 4000}, {kGatewayV4, server.port()});
  client.connects();
  const HostSocket accepted = server.accepts();
  client.sends(bytes(emulated.said));
  const std::string received = accepted.receives();
  return received == emulated.said ? "" : "the server got " + received;
}

TEST_P(EmulatedProtocols, ArriveUnchanged) {
  NSRUN_NEEDS_USER_NAMESPACES();
  // Of its own, for the ports.
  EXPECT_EQ(os::in_namespaces(os::kUserAndNetwork, [] { return arrives_unchanged(GetParam()); }),
            "");
}

// TFTP: a path out of the served folder.
TEST_F(StackHoles, CVE_2020_7211) {
  using namespace std::string_view_literals;
  constexpr auto kRequest = "\0\1..\\..\\..\\secret\0octet\0"sv;
  plane_.guest.sends(test::udp_frame({kGuestV4, 4000}, {kGatewayV4, 69}, bytes(kRequest)));
  EXPECT_EQ(plane_.guest.receives().icmp().code(), wire::icmp_v4::kPortUnreachable);
  EXPECT_EQ(plane_.count(Counter::kSlirpFrames), 0U);
}

// An echo request that claims to be longer than the frame: the answer would hold our memory.
TEST_F(StackHoles, CVE_2020_10756) {
  Frame frame = test::ping_frame(kGuestV6, kGatewayV6, bytes("short"));
  constexpr size_t kPayloadLengthOffset = sizeof(wire::EthernetHeader) + 4;
  base::store_big_endian<uint16_t>(&frame[kPayloadLengthOffset], 1000);
  are_dropped({frame}, Counter::kDroppedBadIp);
}

// The same from the other side: a frame that is longer than its packet.
TEST_F(StackHoles, CVE_2020_10756_Padding) {
  Frame frame = test::ping_frame(kGuestV6, kGatewayV6, bytes("short"));
  frame.resize(frame.size() + 500, std::byte{'x'});
  plane_.guest.sends(frame);
  EXPECT_EQ(plane_.guest.receives_traffic().icmp().payload().size(), 5U);
}

// NC-SI, a protocol of network cards, in a frame that is too short for it.
TEST_F(StackHoles, CVE_2020_29129) {
  are_dropped({test::ethernet(0x88f8, {}), test::ethernet(0x88f8, Frame(3)),
               test::ethernet(0x88f8, Frame(16))},
              Counter::kDroppedUnknownEtherType);
}

// ARP that is shorter than ARP.
TEST_F(StackHoles, CVE_2020_29130) {
  const Frame whole = test::arp_request(kGuestV4, kGatewayV4);
  std::vector<Frame> frames;
  for (size_t length = sizeof(wire::EthernetHeader); length < whole.size(); ++length) {
    frames.emplace_back(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length));
  }
  are_dropped(frames, Counter::kDroppedUnfitForStack);
}

// A BOOTP request that is shorter than BOOTP: the answer would hold our memory.
TEST_F(StackHoles, CVE_2021_3592) {
  const Frame whole = dhcp_message({53, 1, 1, 255});
  std::vector<Frame> frames;
  for (const size_t length : std::initializer_list<size_t>{0, 1, 28, 235, 236, 239, 240, 243}) {
    frames.push_back(dhcp_frame(base::Bytes(whole).first(length)));
  }
  are_dropped(frames, Counter::kDroppedUnfitForStack);
}

// UDP that is shorter than UDP, over IPv6 and IPv4.
TEST_F(StackHoles, CVE_2021_3593) {
  are_dropped({test::ip_frame(kGuestV6, kGatewayV6, wire::kProtocolUdp, Frame(7)),
               test::ip_frame(kGuestV6, kGatewayV6, wire::kProtocolUdp, {})},
              Counter::kDroppedBadTransport);
}
TEST_F(StackHoles, CVE_2021_3594) {
  are_dropped({test::ip_frame(kGuestV4, kGatewayV4, wire::kProtocolUdp, Frame(7)),
               test::ip_frame(kGuestV4, kGatewayV4, wire::kProtocolUdp, Frame(8))},
              Counter::kDroppedBadTransport);
}

// TFTP that is shorter than TFTP.
TEST_F(StackHoles, CVE_2021_3595) {
  plane_.guest.sends(test::udp_frame({kGuestV6, 4000}, {kGatewayV6, 69}, bytes("x")));
  EXPECT_EQ(plane_.guest.receives().icmp().code(), wire::icmp_v6::kPortUnreachable);
  EXPECT_EQ(plane_.count(Counter::kSlirpFrames), 0U);
}

// Urgent data whose pointer does not fit what is there: libslirp would send its own memory.
TEST(StackHolesOfTcp, CVE_2026_9539) {
  RunningDataPlane plane(libslirp_config());
  const HostSocket server = HostSocket::bound(wire::Transport::kTcp);
  GuestTcp client(plane.guest, {kGuestV4, 4000}, {kGatewayV4, server.port()});
  EXPECT_TRUE(client.connects().tcp().has(wire::kTcpSyn));
  const HostSocket accepted = server.accepts();
  std::string expected;
  for (const uint16_t pointer : std::to_array<uint16_t>({0, 1, 5, 6, 1000, 0x7fff, 0xffff})) {
    client.sends_urgent(bytes("hello"), pointer);
    expected += "hello";
  }
  std::string received;
  while (received.size() < expected.size()) {
    const std::string piece = accepted.receives();
    if (piece.empty()) break;
    received += piece;
  }
  // In line, all of it, and nothing else.
  EXPECT_EQ(received, expected);
  char out_of_band = 0;
  EXPECT_LT(::recv(accepted.number(), &out_of_band, 1, MSG_OOB | MSG_DONTWAIT), 0);
}

// No hole so far: what libslirp's neighbour discovery and IP layers need not be trusted with.
TEST_F(StackHoles, InvalidDiscovery) {
  const wire::IpAddress router = ip("ff02::2");
  Frame solicitation(24);
  solicitation[0] = std::byte{wire::icmp_v6::kNeighborSolicitation};
  Frame endless(32);
  endless[0] = std::byte{wire::icmp_v6::kNeighborAdvertisement};
  Frame from_afar = test::ip_frame(kGuestV6, router, wire::kProtocolIcmpV6, solicitation);
  Frame cut =
      test::ip_frame(kGuestV6, router, wire::kProtocolIcmpV6, base::Bytes(solicitation).first(20));
  Frame bad_option = test::ip_frame(kGuestV6, router, wire::kProtocolIcmpV6, endless);
  constexpr size_t kHopLimitOffset = sizeof(wire::EthernetHeader) + 7;
  cut[kHopLimitOffset] = bad_option[kHopLimitOffset] = std::byte{255};
  are_dropped({from_afar, cut, bad_option}, Counter::kDroppedUnfitForStack);
}

TEST_F(StackHoles, IpOptions) {
  const Frame ping = test::ping_frame(kGuestV4, kGatewayV4);
  const wire::Packet packet = wire::parse_frame(ping).packet;
  auto header = wire::load_header<wire::Ipv4Header>(packet.ip);
  header.version_and_length = 0x46;
  header.total_length = static_cast<uint16_t>(packet.ip.size() + 4);
  header.checksum = uint16_t{0};
  Frame with_option(packet.ip.size() + 4);
  base::ByteWriter writer(with_option);
  writer.write(base::bytes_of(header));
  for (const int byte : {0x94, 0x04, 0x00, 0x00}) writer.write_u8(static_cast<uint8_t>(byte));
  wire::set_ipv4_checksum(writer.written());
  writer.write(packet.transport);
  are_dropped({test::ethernet(wire::kEtherTypeIpv4, with_option)}, Counter::kDroppedUnfitForStack);
}

// What real clients send gets through.
TEST_F(StackHoles, AProperDhcpRequestIsAnswered) {
  plane_.guest.sends(dhcp_frame(dhcp_message({53, 1, 1, 0, 0, 255})));
  const Arrival offer = plane_.guest.receives_traffic();
  EXPECT_EQ(offer.packet().protocol, wire::kProtocolUdp);
  EXPECT_EQ(offer.packet().destination_port, 68);
}

}  // namespace
}  // namespace nsrun::dataplane
