// SPDX-License-Identifier: Apache-2.0
#include "launcher/flow_resets.hh"

#include <gtest/gtest.h>

#include <array>

#include "wire/checksum.hh"
#include "wire/packet.hh"
#include "wire/tcp.hh"

namespace nsrun::launcher {
namespace {

wire::Endpoint endpoint(const char* address, uint16_t port) {
  return {*wire::IpAddress::parse(address), port};
}

// As Linux 6.1 writes it: a listener, then connections in the states 1, 2, 3, 5, 6 and 8.
constexpr std::string_view kTable =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode                                                     \n"
    "   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 "
    "1017 1 000000003f1bd4c2 100 0 0 10 0                      \n"
    "   1: 6402000A:A1B2 020200C0:0050 01 00000000:00000000 00:00000000 00000000  1000        0 "
    "1018 1 000000001e1bd4c2 20 4 30 10 -1                     \n"
    "   2: 6402000A:A1B3 020200C0:0050 02 00000001:00000000 01:00000010 00000000  1000        0 "
    "1019 1 000000001e1bd4c2 20 4 30 10 -1                     \n"
    "   3: 6402000A:0050 020200C0:A1B4 03 00000000:00000000 01:00000010 00000000  1000        0 "
    "0 1 000000001e1bd4c2                     \n"
    "   4: 6402000A:A1B5 020200C0:0050 05 00000000:00000000 00:00000000 00000000  1000        0 "
    "1021 1 000000001e1bd4c2 20 4 30 10 -1                     \n"
    "   5: 6402000A:A1B6 020200C0:0050 06 00000000:00000000 03:00000010 00000000     0        0 "
    "0 3 000000001e1bd4c2                     \n"
    "   6: 6402000A:A1B7 020200C0:0050 08 00000000:00000000 00:00000000 00000000  1000        0 "
    "1022 1 000000001e1bd4c2 20 4 30 10 -1                     \n";

TEST(LiveFlows, AreThoseThatMayWaitInSilence) {
  const wire::Endpoint remote = endpoint("192.0.2.2", 80);
  EXPECT_EQ(parse_live_flows(kTable),
            (std::vector<LiveFlow>{{endpoint("10.0.2.100", 0xa1b2), remote},
                                   {endpoint("10.0.2.100", 0xa1b5), remote},
                                   {endpoint("10.0.2.100", 0xa1b7), remote}}));
}

TEST(LiveFlows, OfIpv6AndOfIpv4OnIpv6SocketsAreUnderstood) {
  EXPECT_EQ(parse_live_flows(
                "   0: 000000FD000000000000000000010000:A1B2 B80D0120000000000000000002000000:0050 "
                "01 00000000:00000000\n"
                "   1: 0000000000000000FFFF00006402000A:A1B2 0000000000000000FFFF0000020200C0:0050 "
                "01 00000000:00000000\n"),
            (std::vector<LiveFlow>{{endpoint("fd00::100", 0xa1b2), endpoint("2001:db8::2", 80)},
                                   {endpoint("10.0.2.100", 0xa1b2), endpoint("192.0.2.2", 80)}}));
}

TEST(LiveFlows, NonsenseIsLeftOut) {
  EXPECT_TRUE(parse_live_flows("").empty());
  for (const char* line : {"0:", "0: 6402000A:A1B2", "0: 6402000A:A1B2 020200C0:0050",
                           "0: 6402000A:A1B2 020200C0:0050 x", "0: 6402000A:A1B2F 020200C0:0050 01",
                           "0: 6402000G:A1B2 020200C0:0050 01", "0: 6402000A 020200C0:0050 01",
                           "0: 640A:A1B2 020200C0:0050 01", "0: :A1B2 020200C0:0050 01"}) {
    EXPECT_TRUE(parse_live_flows(line).empty()) << line;
  }
}

constexpr wire::MacAddress kGuest{{0x02, 0, 0, 0, 0, 0x42}};

TEST(Challenge, IsASynFromTheOtherSideWithAllChecksums) {
  for (const LiveFlow& flow :
       {LiveFlow{endpoint("10.0.2.100", 4321), endpoint("192.0.2.2", 80)},
        LiveFlow{endpoint("fd00::100", 4321), endpoint("2001:db8::2", 80)}}) {
    std::array<std::byte, 128> space;
    const size_t length = emit_challenge(space, kGuest, flow);
    const auto parsed = wire::parse_frame(base::Bytes(space).first(length));
    ASSERT_EQ(parsed.status, wire::ParseStatus::kIp);
    const wire::Packet& packet = parsed.packet;
    EXPECT_EQ(packet.ethernet.destination, kGuest);
    EXPECT_EQ(packet.source, flow.other.address);
    EXPECT_EQ(packet.destination, flow.own.address);
    const auto segment = wire::TcpView::parse(packet.transport);
    ASSERT_TRUE(segment);
    EXPECT_EQ(segment->source_port(), flow.other.port);
    EXPECT_EQ(segment->destination_port(), flow.own.port);
    EXPECT_EQ(segment->flags(), wire::kTcpSyn);
    EXPECT_TRUE(wire::has_valid_transport_checksum(packet.transport, packet.source,
                                                   packet.destination, wire::kProtocolTcp));
  }
}

TEST(Challenge, NeedsItsRoom) {
  std::array<std::byte, 53> space;
  EXPECT_EQ(
      emit_challenge(space, kGuest, {endpoint("10.0.2.100", 4321), endpoint("192.0.2.2", 80)}), 0U);
}

}  // namespace
}  // namespace nsrun::launcher
