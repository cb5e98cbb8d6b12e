// SPDX-License-Identifier: Apache-2.0
#include "wire/packet.hh"

#include <gtest/gtest.h>

#include <algorithm>

#include "hex.hh"
#include "support/frame_text.hh"
#include "vectors.hh"

namespace nsrun::wire {
namespace {

using nsrun::test::describe_frame;
using nsrun::test::describe_packet;
using test::from_hex;

class Frames : public testing::TestWithParam<test::Vector> {};

TEST_P(Frames, ReadLikeTheirTcpdumpLine) {
  EXPECT_EQ(describe_frame(from_hex(GetParam().hex)), GetParam().text);
}

TEST_P(Frames, AreNeverAcceptedTruncated) {
  const auto frame = from_hex(GetParam().hex);
  const ParsedFrame whole = parse_frame(frame);
  const bool is_ip = whole.status == ParseStatus::kIp;
  const size_t needed = sizeof(EthernetHeader) + (is_ip ? whole.packet.ip.size() : 0);
  for (size_t length = 0; length < needed; ++length) {
    // A copy of exactly this size lets the address sanitizer see a step too far.
    const std::vector<std::byte> piece(frame.begin(), frame.begin() + static_cast<long>(length));
    const ParseStatus status = parse_frame(piece).status;
    EXPECT_TRUE(drop_counter(status).has_value()) << length;
    EXPECT_EQ(status == ParseStatus::kTooShort, length <= sizeof(EthernetHeader)) << length;
    EXPECT_FALSE(describe_frame(piece).empty());
  }
}

TEST_P(Frames, MayBePadded) {
  auto frame = from_hex(GetParam().hex);
  const ParsedFrame before = parse_frame(frame);
  const size_t ip_bytes = before.packet.ip.size();
  const size_t transport_bytes = before.packet.transport.size();
  frame.resize(frame.size() + 20);
  const ParsedFrame after = parse_frame(frame);
  EXPECT_EQ(after.status, before.status);
  EXPECT_EQ(after.packet.ip.size(), ip_bytes);
  EXPECT_EQ(after.packet.transport.size(), transport_bytes);
}

INSTANTIATE_TEST_SUITE_P(Vectors, Frames, testing::ValuesIn(test::kVectors),
                         [](const auto& test_case) { return std::string(test_case.param.name); });

TEST(Packet, NamesEndpointsAndPositions) {
  const auto frame = from_hex(test::kTcpData.hex);
  const ParsedFrame parsed = parse_frame(frame);
  ASSERT_EQ(parsed.status, ParseStatus::kIp);
  const Packet& packet = parsed.packet;
  EXPECT_EQ(packet.source_endpoint().to_string(), "10.0.2.100:40000");
  EXPECT_EQ(packet.destination_endpoint().to_string(), "192.0.2.80:80");
  EXPECT_EQ(packet.ethernet.source.to_string(), "52:54:00:00:00:01");
  EXPECT_EQ(packet.ethernet.destination.to_string(), "52:55:0a:00:02:02");
  EXPECT_EQ(packet.frame.size(), frame.size());
  EXPECT_EQ(packet.transport_offset, 20U);
  EXPECT_EQ(packet.transport.size(), 27U);
  EXPECT_EQ(packet.hop_limit, 64);
  EXPECT_TRUE(packet.is_v4 && packet.dont_fragment && packet.is_flow());
}

TEST(Packet, OfIpv6SkipsExtensionHeaders) {
  const auto frame = from_hex(test::kUdp6BehindExtensions.hex);
  const Packet packet = parse_frame(frame).packet;
  EXPECT_EQ(packet.transport_offset, 56U);
  EXPECT_EQ(packet.source_endpoint().to_string(), "[fd00::100]:5000");
  EXPECT_EQ(packet.protocol, kProtocolUdp);
  EXPECT_FALSE(packet.is_v4);
}

TEST(Packet, FragmentSaysWhereItBelongs) {
  const auto first = from_hex(test::kFragment6First.hex);
  const auto last = from_hex(test::kFragment6Last.hex);
  const Packet packet = parse_frame(first).packet;
  const Packet later = parse_frame(last).packet;
  ASSERT_TRUE(packet.fragment && later.fragment);
  EXPECT_EQ(packet.fragment->identification, 0xabcdU);
  EXPECT_TRUE(packet.fragment->more_fragments);
  EXPECT_EQ(packet.fragment->header_length, 40U);
  EXPECT_EQ(packet.fragment->next_header_offset, 6U);
  EXPECT_EQ(later.fragment->offset_bytes, 16U);
  EXPECT_FALSE(later.fragment->more_fragments);
  EXPECT_FALSE(later.is_flow());
  EXPECT_EQ(later.source_port, 0);
}

TEST(Packet, WithoutEthernetReadsTheSame) {
  const auto frame = from_hex(test::kUdp.hex);
  const ParsedFrame parsed = parse_ip(base::Bytes(frame).subspan(sizeof(EthernetHeader)));
  EXPECT_EQ(parsed.status, ParseStatus::kIp);
  EXPECT_EQ(describe_packet(parsed.packet), test::kUdp.text);
  EXPECT_EQ(parse_ip({}).status, ParseStatus::kTooShort);
}

// Flips one byte and says which check must see it.
struct Damage {
  const char* name;
  test::Vector vector;
  size_t position;
  uint8_t value;
  ParseStatus status;
};

class DamagedFrames : public testing::TestWithParam<Damage> {};

TEST_P(DamagedFrames, AreRefusedForTheRightReason) {
  auto frame = from_hex(GetParam().vector.hex);
  frame[GetParam().position] = std::byte{GetParam().value};
  EXPECT_EQ(parse_frame(frame).status, GetParam().status);
}

INSTANTIATE_TEST_SUITE_P(
    Tables, DamagedFrames,
    testing::Values(
        Damage{"vlan_tag", test::kUdp, 12, 0x81, ParseStatus::kUnknownEtherType},
        Damage{"ipv4_named_ipv6", test::kTcp6SynAck, 12, 0x08, ParseStatus::kUnknownEtherType},
        Damage{"version_5", test::kUdp, 14, 0x55, ParseStatus::kBadIp},
        Damage{"short_header_length", test::kUdp, 14, 0x44, ParseStatus::kBadIp},
        Damage{"long_header_length", test::kUdp, 14, 0x4f, ParseStatus::kBadIp},
        Damage{"long_total_length", test::kUdp, 16, 0x01, ParseStatus::kBadIp},
        Damage{"ip_checksum", test::kUdp, 22, 0x3f, ParseStatus::kBadIp},
        Damage{"udp_length_beyond_packet", test::kUdp, 39, 14, ParseStatus::kBadTransport},
        Damage{"udp_length_7", test::kUdp, 39, 7, ParseStatus::kBadTransport},
        Damage{"tcp_offset_4", test::kTcpData, 46, 0x40, ParseStatus::kBadTransport},
        Damage{"tcp_offset_beyond_packet", test::kTcpData, 46, 0xf0, ParseStatus::kBadTransport},
        Damage{"ipv6_version", test::kTcp6SynAck, 14, 0x70, ParseStatus::kBadIp},
        Damage{"ipv6_length", test::kTcp6SynAck, 19, 25, ParseStatus::kBadIp},
        Damage{"extension_too_long", test::kUdp6BehindExtensions, 55, 9, ParseStatus::kBadIp}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

TEST(Packet, EtherTypeAndVersionMustAgree) {
  auto frame = from_hex(test::kUdp.hex);
  frame[12] = std::byte{0x86};
  frame[13] = std::byte{0xdd};
  EXPECT_EQ(parse_frame(frame).status, ParseStatus::kBadIp);
}

// Taken as a value, ::ffff:127.0.0.1 would equal 127.0.0.1.
TEST(Packet, V4MappedAddressesInIpv6AreRefused) {
  const auto mapped = from_hex("00000000000000000000ffff7f000001");
  for (const size_t position : {22U, 38U}) {
    auto frame = from_hex(test::kTcp6SynAck.hex);
    std::copy(mapped.begin(), mapped.end(), frame.begin() + static_cast<long>(position));
    EXPECT_EQ(parse_frame(frame).status, ParseStatus::kBadIp);
  }
}

// A superframe of segmentation offload: 64 KiB of IP, whatever the MTU.
TEST(Packet, MayBeAsLongAsIpAllows) {
  std::vector<std::byte> frame = from_hex(test::kTcpData.hex);
  frame.resize(sizeof(EthernetHeader) + 65535);
  auto header = load_header<Ipv4Header>(base::Bytes(frame).subspan(sizeof(EthernetHeader)));
  header.total_length = uint16_t{65535};
  const auto ip = base::MutableBytes(frame).subspan(sizeof(EthernetHeader));
  store_header(ip, header);
  set_ipv4_checksum(ip.first(sizeof(Ipv4Header)));
  const ParsedFrame parsed = parse_frame(frame);
  ASSERT_EQ(parsed.status, ParseStatus::kIp);
  EXPECT_EQ(parsed.packet.transport.size(), 65515U);
}

TEST(Packet, EveryRefusalHasACounter) {
  EXPECT_EQ(drop_counter(ParseStatus::kTooShort), base::Counter::kDroppedTooShort);
  EXPECT_EQ(drop_counter(ParseStatus::kBadIp), base::Counter::kDroppedBadIp);
  EXPECT_EQ(drop_counter(ParseStatus::kBadTransport), base::Counter::kDroppedBadTransport);
  EXPECT_EQ(drop_counter(ParseStatus::kUnknownEtherType), base::Counter::kDroppedUnknownEtherType);
  EXPECT_EQ(drop_counter(ParseStatus::kIp), std::nullopt);
  EXPECT_EQ(drop_counter(ParseStatus::kArp), std::nullopt);
}

}  // namespace
}  // namespace nsrun::wire
