// SPDX-License-Identifier: Apache-2.0
#include "dataplane/answer_frames.hh"

#include <gtest/gtest.h>

#include "support/frames.hh"
#include "wire/udp.hh"

namespace nsrun::dataplane {
namespace {

using test::bytes;
using test::Frame;
using test::ip;

const wire::Endpoint kGuest{ip("10.0.2.100"), 40000};
const wire::Endpoint kServer{ip("192.0.2.1"), 80};

Frame tcp_frame(uint8_t flags, base::Bytes payload = {}) {
  wire::TcpFields fields;
  fields.sequence = wire::Sequence(1000);
  fields.acknowledgment = wire::Sequence(2000);
  fields.flags = flags;
  return test::tcp_frame(kGuest, kServer, fields, payload);
}

// The answer to `frame`, empty when there is none.
Frame reset_for(const Frame& frame) {
  Frame answer(kLongestAnswerFrame);
  answer.resize(emit_reset(answer, wire::parse_frame(frame).packet));
  return answer;
}

wire::TcpView segment_of(const Frame& frame) {
  const wire::ParsedFrame parsed = wire::parse_frame(frame);
  EXPECT_EQ(parsed.status, wire::ParseStatus::kIp);
  EXPECT_EQ(parsed.packet.source_endpoint(), kServer);
  EXPECT_EQ(parsed.packet.destination_endpoint(), kGuest);
  EXPECT_EQ(parsed.packet.ethernet.destination, test::kGuestMac);
  EXPECT_TRUE(wire::has_valid_transport_checksum(parsed.packet.transport, kServer.address,
                                                 kGuest.address, wire::kProtocolTcp));
  return wire::TcpView::parse(parsed.packet.transport).value();
}

// RFC 9293 section 3.10.7.1
TEST(EmitReset, AcknowledgesASegmentWithoutAck) {
  const Frame answer = reset_for(tcp_frame(wire::kTcpSyn, bytes("data")));
  const wire::TcpView reset = segment_of(answer);
  EXPECT_EQ(reset.flags(), wire::kTcpRst | wire::kTcpAck);
  EXPECT_EQ(reset.sequence(), wire::Sequence(0));
  EXPECT_EQ(reset.acknowledgment(), wire::Sequence(1005));
}

TEST(EmitReset, TakesItsPlaceFromTheAcknowledgment) {
  const Frame answer = reset_for(tcp_frame(wire::kTcpAck));
  EXPECT_EQ(segment_of(answer).flags(), wire::kTcpRst);
  EXPECT_EQ(segment_of(answer).sequence(), wire::Sequence(2000));
}

TEST(EmitReset, NeverAnswersAReset) { EXPECT_TRUE(reset_for(tcp_frame(wire::kTcpRst)).empty()); }

TEST(EmitReset, AnswersOnlyWhatWasForOneHost) {
  EXPECT_TRUE(reset_for(test::syn_frame(kGuest, {ip("224.0.0.1"), 80})).empty());
  Frame broadcast = tcp_frame(wire::kTcpSyn);
  std::ranges::copy(base::bytes_of(wire::kBroadcastMac), broadcast.begin());
  EXPECT_TRUE(reset_for(broadcast).empty());
}

TEST(EmitRefusal, QuotesThePacketInTheReportersName) {
  const Frame offending = test::udp_frame(kGuest, kServer, bytes("hello"));
  Frame answer(kLongestAnswerFrame);
  answer.resize(emit_refusal(answer, wire::IcmpError::kPortUnreachable, ip("10.0.2.2"),
                             wire::parse_frame(offending).packet));
  const wire::Packet packet = wire::parse_frame(answer).packet;
  EXPECT_EQ(packet.source, ip("10.0.2.2"));
  EXPECT_EQ(packet.destination, kGuest.address);
  EXPECT_EQ(packet.ethernet.source, test::kGatewayMac);
  const auto icmp = wire::IcmpView::parse(packet.transport);
  EXPECT_EQ(icmp->code(), wire::icmp_v4::kPortUnreachable);
  EXPECT_TRUE(std::ranges::equal(icmp->payload(),
                                 base::Bytes(offending).subspan(sizeof(wire::EthernetHeader))));
}

struct DatagramCase {
  const char* source;
  const char* destination;
};

TEST(EmitDatagram, CarriesTheLongestPayloadInOneFrame) {
  const std::string payload(65507, 'x');
  for (const DatagramCase& c :
       {DatagramCase{"10.0.2.3", "10.0.2.100"}, DatagramCase{"fd00::3", "fd00::100"}}) {
    const wire::Endpoint source{ip(c.source), 53};
    const wire::Endpoint destination{ip(c.destination), 4000};
    Frame frame(kLongestAnswerFrame);
    frame.resize(emit_datagram(frame, {test::kGuestMac, test::kGatewayMac}, source, destination,
                               bytes(payload)));
    const wire::ParsedFrame parsed = wire::parse_frame(frame);
    ASSERT_EQ(parsed.status, wire::ParseStatus::kIp) << c.source;
    EXPECT_EQ(parsed.packet.source_endpoint(), source);
    EXPECT_EQ(wire::UdpView::parse(parsed.packet.transport)->payload().size(), payload.size());
    EXPECT_TRUE(wire::has_valid_transport_checksum(parsed.packet.transport, source.address,
                                                   destination.address, wire::kProtocolUdp));
  }
}

TEST(EmitDatagram, RefusesWhatNoPacketHolds) {
  const std::string payload(65508, 'x');
  Frame frame(kLongestAnswerFrame);
  EXPECT_EQ(emit_datagram(frame, {}, {ip("10.0.2.3"), 53}, kGuest, bytes(payload)), 0U);
}

}  // namespace
}  // namespace nsrun::dataplane
