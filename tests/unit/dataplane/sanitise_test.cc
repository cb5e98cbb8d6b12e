// SPDX-License-Identifier: Apache-2.0
#include "dataplane/sanitise.hh"

#include <gtest/gtest.h>

#include "support/frames.hh"

namespace nsrun::dataplane {
namespace {

using test::Frame;
using test::ip;

const wire::Endpoint kGuest{ip("10.0.2.100"), 40000};
const wire::Endpoint kServer{ip("192.0.2.1"), 80};

wire::Packet parse(const Frame& frame) {
  const wire::ParsedFrame parsed = wire::parse_frame(frame);
  EXPECT_EQ(parsed.status, wire::ParseStatus::kIp);
  return parsed.packet;
}

Frame urgent_frame() {
  wire::TcpFields fields;
  fields.sequence = wire::Sequence(7);
  fields.acknowledgment = wire::Sequence(9);
  fields.flags = wire::kTcpAck | wire::kTcpUrg;
  fields.window = 1000;
  Frame frame = test::tcp_frame(kGuest, kServer, fields, test::bytes("hello"));
  const size_t tcp_offset = sizeof(wire::EthernetHeader) + sizeof(wire::Ipv4Header);
  const base::MutableBytes segment = base::MutableBytes(frame).subspan(tcp_offset);
  base::store_big_endian<uint16_t>(&segment[18], 5);
  wire::set_transport_checksum(segment, wire::kTcpChecksumOffset, kGuest.address, kServer.address,
                               wire::kProtocolTcp);
  return frame;
}

TEST(ClearUrgent, RemovesFlagAndPointerAndKeepsTheChecksumRight) {
  Frame frame = urgent_frame();
  clear_urgent({frame, {}}, parse(frame));
  const wire::Packet packet = parse(frame);
  const wire::TcpView segment = wire::TcpView::parse(packet.transport).value();
  EXPECT_EQ(segment.flags(), wire::kTcpAck);
  EXPECT_EQ(segment.header().urgent_pointer, 0);
  EXPECT_TRUE(wire::has_valid_transport_checksum(packet.transport, packet.source,
                                                 packet.destination, wire::kProtocolTcp));
}

TEST(ClearUrgent, LeavesAPartialChecksumAlone) {
  Frame frame = urgent_frame();
  const uint16_t before = wire::TcpView::parse(parse(frame).transport)->header().checksum;
  clear_urgent({frame, {.flags = wire::kVirtioNeedsChecksum}}, parse(frame));
  EXPECT_EQ(wire::TcpView::parse(parse(frame).transport)->header().checksum, before);
}

TEST(CompleteChecksum, FillsInWhatTheGuestLeftOut) {
  Frame frame = test::syn_frame(kGuest, kServer);
  const uint16_t right = wire::TcpView::parse(parse(frame).transport)->header().checksum;
  const size_t tcp_offset = sizeof(wire::EthernetHeader) + sizeof(wire::Ipv4Header);
  test::set_partial_checksum(base::MutableBytes(frame).subspan(tcp_offset),
                             wire::kTcpChecksumOffset, kGuest.address, kServer.address,
                             wire::kProtocolTcp);
  const wire::VirtioNetHeader virtio{.flags = wire::kVirtioNeedsChecksum,
                                     .checksum_start = static_cast<uint16_t>(tcp_offset),
                                     .checksum_offset = wire::kTcpChecksumOffset};
  EXPECT_TRUE(complete_checksum({frame, virtio}));
  EXPECT_EQ(wire::TcpView::parse(parse(frame).transport)->header().checksum, right);
}

TEST(CompleteChecksum, RefusesAFieldOutsideTheFrame) {
  Frame frame = test::syn_frame(kGuest, kServer);
  EXPECT_FALSE(
      complete_checksum({frame, {.flags = wire::kVirtioNeedsChecksum, .checksum_start = 60000}}));
}

struct SourceCase {
  const char* source;
  bool is_usable;
};

TEST(HasUsableSource, IsAboutWhetherAnAnswerCanBeSent) {
  for (const SourceCase& c :
       {SourceCase{"10.0.2.100", true}, SourceCase{"172.17.0.2", true},
        SourceCase{"0.0.0.0", false}, SourceCase{"127.0.0.1", false},
        SourceCase{"224.0.0.1", false}, SourceCase{"255.255.255.255", false},
        SourceCase{"16.0.0.0", false}, SourceCase{"fd00::100", true}, SourceCase{"fe80::1", true},
        SourceCase{"::", false}, SourceCase{"::1", false}, SourceCase{"ff02::1", false}}) {
    const bool is_v4 = ip(c.source).is_v4();
    const Frame frame = test::udp_frame(
        {ip(c.source), 1}, {ip(is_v4 ? "192.0.2.1" : "2001:db8::1"), 2}, test::bytes("x"));
    EXPECT_EQ(has_usable_source(parse(frame)), c.is_usable) << c.source;
  }
}

TEST(HasUsableSource, DhcpAndDiscoveryMayComeFromNowhere) {
  EXPECT_TRUE(has_usable_source(parse(
      test::udp_frame({ip("0.0.0.0"), 68}, {ip("255.255.255.255"), 67}, test::bytes("discover")))));
  Frame solicitation(8 + 16);
  solicitation[0] = std::byte{wire::icmp_v6::kNeighborSolicitation};
  EXPECT_TRUE(has_usable_source(parse(
      test::ip_frame(ip("::"), ip("ff02::1:ff00:100"), wire::kProtocolIcmpV6, solicitation))));
  solicitation[0] = std::byte{wire::icmp_v6::kEchoRequest};
  EXPECT_FALSE(has_usable_source(
      parse(test::ip_frame(ip("::"), ip("fd00::2"), wire::kProtocolIcmpV6, solicitation))));
}

}  // namespace
}  // namespace nsrun::dataplane
